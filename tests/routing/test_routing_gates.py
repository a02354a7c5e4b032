"""Gates and turn delays by themselves: what an alias is, what is refused, and drawn junctions to check by eye."""

import numpy as np
import pytest

from routing import query, search
from routing.cch import build_cch
from routing.customize import customize
from routing.errors import BadCost, BadGraph, BadPoint
from routing.gates import edge_costs, edges_of_roads, end_points, on_roads
from routing.graph import Graph, build_graph
from routing.restrictions import expand_restrictions
from routing.trip import CLOSED, EdgePoints, edge_points
from tests.draw import Network, draw_roads

CROSSROADS = """
         N
         |
     W---X-E
         |
         S
"""
NO_LEFT = ("no_left_turn", "WX", "X", "XN")
ONLY_RIGHT = ("only_right_turn", "WX", "X", "XS")
CHAIN = ([0, 1, 2], [1, 2, 3], 4)


def gated(network: Network, gate: list[int], gates: int, turns: dict[str, int] | None = None) -> Graph:
    """The graph of a drawing; turns are spelled "WXN"."""
    tail, head, nodes = network.edge_tail, network.edge_head, len(network.nodes)
    forbidden = expand_restrictions(tail, head, nodes, network.rules, gate)
    columns = forbidden.start, forbidden.edges, forbidden.gate, gates
    pairs = [network.drive(turn) for turn in turns or {}]
    return build_graph(tail, head, nodes, *columns, pairs, list((turns or {}).values()))


def drive(network: Network, graph: Graph, begin: str, end: str, shut: list[bool]) -> tuple[str, int]:
    """The junctions passed from the beginning of one edge to the end of another, and the cost in milliseconds."""
    cost_ms = edge_costs(graph, network.cost_ms, np.array(shut, bool))
    ends = edge_points(network.edge(end), 1.0)
    path = search.find_path(graph, cost_ms, edge_points(network.edge(begin)), end_points(graph, cost_ms, ends))
    return network.spell(on_roads(graph, cost_ms, path, ends).edges), path.cost_ms


def test_a_gated_turn_is_driven_while_its_gate_is_open() -> None:
    roads = draw_roads(CROSSROADS, restrictions=[NO_LEFT]).network()
    graph = gated(roads, [0], 1)
    assert drive(roads, graph, "WX", "XN", [False])[0] == "WXN"
    assert drive(roads, graph, "WX", "XN", [True])[0] == "WXEXN"


def test_a_turn_forbidden_by_two_gates_needs_both_open() -> None:
    roads = draw_roads(CROSSROADS, restrictions=[NO_LEFT, NO_LEFT]).network()
    graph = gated(roads, [0, 1], 2)
    driven = [drive(roads, graph, "WX", "XN", [a, b])[0] for a in (False, True) for b in (False, True)]
    assert driven == ["WXN", "WXEXN", "WXEXN", "WXEXN"]


def test_what_is_always_forbidden_has_no_alias_though_a_gate_forbids_it_too() -> None:
    roads = draw_roads(CROSSROADS, restrictions=[NO_LEFT, NO_LEFT]).network()
    graph = gated(roads, [0, -1], 1)
    assert graph.aliases == 0
    assert drive(roads, graph, "WX", "XN", [False])[0] == "WXEXN"


def test_a_gated_only_rule_binds_all_other_turns() -> None:
    roads = draw_roads(CROSSROADS, restrictions=[ONLY_RIGHT]).network()
    graph = gated(roads, [0], 1)
    assert [drive(roads, graph, "WX", end, [True])[0] for end in ("XN", "XS")] == ["WXSXN", "WXS"]
    assert [drive(roads, graph, "WX", end, [False])[0] for end in ("XN", "XS")] == ["WXN", "WXS"]


def test_only_rules_of_two_gates_bind_each_by_itself() -> None:
    roads = draw_roads(CROSSROADS, restrictions=[ONLY_RIGHT, ("only_left_turn", "WX", "X", "XN")]).network()
    graph = gated(roads, [0, 1], 2)
    assert drive(roads, graph, "WX", "XN", [False, True])[0] == "WXN"
    assert drive(roads, graph, "WX", "XS", [True, False])[0] == "WXS"


def test_a_rule_over_a_way_is_remembered_through_a_turn_with_an_open_gate() -> None:
    roads = draw_roads(
        """
        A---B---C-D
            |   |
            |   F
            E
        """,
        restrictions=[("no_straight_on", "AB", "B", "BC"), ("no_right_turn", "AB", ("BC",), "CF")],
    ).network()
    graph = gated(roads, [0, 1], 2)
    assert drive(roads, graph, "AB", "CF", [False, False])[0] == "ABCF"
    assert drive(roads, graph, "AB", "CF", [False, True])[0] == "ABCDCF"
    assert drive(roads, graph, "AB", "CF", [True, True])[0] == "ABEBCF"


def test_a_turn_with_a_delay_is_avoided_if_the_way_round_is_shorter() -> None:
    roads = draw_roads(CROSSROADS).network()
    free = drive(roads, gated(roads, [], 0), "WX", "XN", [])
    assert drive(roads, gated(roads, [], 0, {"WXN": 5_000}), "WX", "XN", []) == ("WXN", free[1] + 5_000)
    assert drive(roads, gated(roads, [], 0, {"WXN": 90_000}), "WX", "XN", []) == ("WXEXN", free[1] + 40_000)


def test_a_trips_first_edge_has_no_turn_before_it() -> None:
    roads = draw_roads(CROSSROADS).network()
    assert drive(roads, gated(roads, [], 0, {"WXN": 5_000}), "XN", "XN", [])[1] == 20_000


def test_equal_turns_onto_an_edge_share_an_alias() -> None:
    graph = build_graph([0, 1, 2], [2, 2, 3], 4, turns=[(0, 2), (1, 2)], turn_ms=[7, 7])
    assert (graph.roads, graph.edges, graph.base_edge.tolist()) == (3, 4, [0, 1, 2, 2])
    graph = build_graph([0, 1, 2], [2, 2, 3], 4, turns=[(0, 2), (1, 2)], turn_ms=[7, 8])
    assert (graph.edges, graph.delay_ms.tolist()) == (5, [7, 8])


def test_a_turn_that_takes_no_time_needs_no_state() -> None:
    graph = build_graph(*CHAIN, turns=[(0, 1)], turn_ms=[0])
    assert (graph.states, graph.aliases) == (4, 0)


def test_costs_of_aliases_are_those_of_their_roads_and_their_delays() -> None:
    graph = build_graph(*CHAIN, [0, 2, 4], [0, 1, 1, 2], [0, 1], 2, [(0, 1)], [5])
    assert graph.base_edge.tolist() == [0, 1, 2, 1, 2]
    road_ms = np.array([10, 20, 30], np.int32)
    assert edge_costs(graph, road_ms).tolist() == [10, 20, 30, 25, 30]
    assert edge_costs(graph, road_ms, [False, True]).tolist() == [10, 20, 30, 25, CLOSED]
    closed = np.array([10, CLOSED, CLOSED - 1], np.int32)
    assert edge_costs(graph, closed).tolist() == [10, CLOSED, CLOSED - 1, CLOSED, CLOSED - 1]


def test_a_delay_that_takes_a_cost_beyond_the_longest_closes_the_turn() -> None:
    graph = build_graph(*CHAIN, turns=[(0, 1)], turn_ms=[5])
    assert edge_costs(graph, np.array([1, CLOSED - 5, 1], np.int32)).tolist()[3] == CLOSED
    assert edge_costs(graph, np.array([1, CLOSED - 6, 1], np.int32)).tolist()[3] == CLOSED - 1


def test_ends_come_before_their_aliases_and_shut_ones_are_left_out() -> None:
    graph = build_graph(*CHAIN, [0, 2, 4], [0, 1, 1, 2], [0, 1], 2, [(0, 1)], [5])
    cost_ms = edge_costs(graph, np.array([10, 20, 30], np.int32), [False, True])
    ends = end_points(graph, cost_ms, edge_points([2, 1], [0.5, 0.25], [0, 3]))
    assert (ends.edge.tolist(), ends.fraction.tolist()) == ([2, 1, 3], [0.5, 0.25, 0.25])
    assert ends.extra_ms.tolist() == [0, 3, 3 + 5 + 5 - 6]


def test_ends_without_aliases_are_the_points_themselves() -> None:
    graph = build_graph(*CHAIN, turns=[(0, 1)], turn_ms=[5])
    cost_ms = edge_costs(graph, np.array([10, 20, 30], np.int32))
    points = edge_points(2, 0.5)
    assert end_points(graph, cost_ms, points) is points


def test_a_changed_road_changes_with_its_aliases() -> None:
    graph = build_graph(*CHAIN, [0, 2, 4], [0, 1, 1, 2], [0, 1], 2)
    assert edges_of_roads(graph, [2, 0]).tolist() == [2, 0, 4]
    assert edges_of_roads(graph, 1).tolist() == [1, 3]
    assert edges_of_roads(graph, []).tolist() == []


def test_a_city_with_a_delay_for_every_turn_is_driven_alike_by_both_searches() -> None:
    width, chance = 14, np.random.default_rng(5)
    node = np.arange(width * width).reshape(width, width)
    one, other = (
        np.concatenate(ends)
        for ends in ((node[:, :-1].ravel(), node[:-1].ravel()), (node[:, 1:].ravel(), node[1:].ravel()))
    )
    tail, head = np.concatenate([one, other]), np.concatenate([other, one])
    left, driven = np.nonzero(head[:, None] == tail[None])
    turns, turn_ms = np.stack([left, driven], 1), chance.integers(0, 30_000, len(left))
    is_u_turn = tail[left] == head[driven]
    forbidden = turns[is_u_turn]
    gate = chance.integers(-1, 3, len(forbidden))
    graph = build_graph(
        tail, head, width * width, 2 * np.arange(len(forbidden) + 1), forbidden.ravel(), gate, 3, turns, turn_ms
    )
    cch = build_cch(graph, np.stack([node.ravel() % width, node.ravel() // width], 1) * 1e-3)
    for is_shut in ([True, True, True], [True, False, False]):
        cost_ms = edge_costs(graph, chance.integers(0, 40_000, len(tail)).astype(np.int32), is_shut)
        metric = customize(cch, cost_ms)
        for a, b in chance.integers(0, len(tail), (40, 2)):
            points = edge_points(a, chance.random()), end_points(graph, cost_ms, edge_points(b, chance.random()))
            path = search.find_path(graph, cost_ms, *points)
            assert query.find_cost(cch, metric, *points) == path.cost_ms


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"gate": [0, 0], "gates": 1}, "gate must be 1 integers"),
        ({"gate": [0.0], "gates": 1}, "gate must be 1 integers"),
        ({"gate": [1], "gates": 1}, "a gate is 0..gates-1"),
        ({"gate": [-2], "gates": 1}, "a gate is 0..gates-1"),
        ({"gates": -1}, "gates=-1"),
        ({"turns": [(0, 2)], "turn_ms": [5]}, r"turn \(0, 2\) with turn_ms 5 is no turn"),
        ({"turns": [(0, 3)], "turn_ms": [5]}, "edges are 0..2"),
        ({"turns": [(0, 1)], "turn_ms": [-1]}, "takes no delay in 0..2147483646 ms"),
        ({"turns": [(0, 1), (0, 1)], "turn_ms": [1, 2]}, "is given twice"),
        ({"turns": [(0, 1)], "turn_ms": [1, 2]}, "one number for each"),
        ({"turns": [(0, 1, 2)], "turn_ms": [1]}, r"must be rows \(from, to\)"),
        ({"turns": [(0, 1)], "turn_ms": [1.5]}, "must be integers"),
    ],
)
def test_gates_and_turns_that_do_not_fit_are_refused(arguments: dict, reason: str) -> None:
    with pytest.raises(BadGraph, match=reason):
        build_graph(*CHAIN, [0, 2], [0, 1], **arguments)


def test_rules_need_a_gate_each() -> None:
    with pytest.raises(BadGraph, match="2 entries for 1 rules"):
        expand_restrictions(*CHAIN, [("no", (0, 1))], [0, 1])


@pytest.mark.parametrize(
    ("road_ms", "is_shut", "reason"),
    [
        (np.zeros(4, np.int32), [False], "column of 3 edges"),
        (np.zeros(3, np.int64), [False], "column of 3 edges"),
        (np.zeros(3, np.int32), [False, False], "must be 1 booleans"),
        (np.zeros(3, np.int32), [1], "must be 1 booleans"),
    ],
)
def test_costs_that_do_not_fit_are_refused(road_ms: np.ndarray, is_shut: list, reason: str) -> None:
    graph = build_graph(*CHAIN, [0, 2], [0, 1], [0], 1)
    with pytest.raises(BadCost, match=reason):
        edge_costs(graph, road_ms, is_shut)


def test_ends_lie_on_road_edges_only() -> None:
    graph = build_graph(*CHAIN, [0, 2], [0, 1], [0], 1)
    cost_ms = edge_costs(graph, np.zeros(3, np.int32))
    with pytest.raises(BadPoint, match=r"edges are 0\.\.2"):
        end_points(graph, cost_ms, edge_points(3))
    with pytest.raises(BadPoint, match=r"road edges are 0\.\.2"):
        edges_of_roads(graph, [0, 3])
    with pytest.raises(BadCost, match="column of 4 edges"):
        end_points(graph, np.zeros(3, np.int32), edge_points(0))


def test_a_path_is_told_from_other_ends_than_its_own() -> None:
    graph = build_graph(*CHAIN, [0, 2], [0, 1], [0], 1)
    cost_ms = edge_costs(graph, np.ones(3, np.int32))
    ends: EdgePoints = edge_points([2, 1], 1.0)
    path = search.find_path(graph, cost_ms, edge_points(0), end_points(graph, cost_ms, ends))
    assert on_roads(graph, cost_ms, path, ends).end == 1
    with pytest.raises(BadPoint, match="give its own ends"):
        on_roads(graph, cost_ms, path, edge_points(2))


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("base_edge", [0, 1, 2, 0]),
        ("base_edge", [0, 2, 1, 1]),
        ("base_edge", [0, 1, 2]),
        ("alias_start", [0, 0, 0, 1]),
        ("alias_start", [0, 0, 2, 1]),
        ("gate_start", [0, 2]),
        ("gate", [1]),
        ("gate", [-1]),
        ("gate_count", [0]),
        ("gate_count", [-1]),
        ("road_count", [4]),
        ("road_count", [2]),
        ("road_count", []),
        ("delay_ms", [-1]),
        ("delay_ms", [1, 1]),
    ],
)
def test_damaged_aliases_are_refused_before_a_search_follows_them(name: str, column: list[int]) -> None:
    arrays = build_graph(*CHAIN, [0, 2], [0, 1], [0], 1).as_arrays()
    assert Graph.from_arrays(arrays).aliases == 1
    with pytest.raises(BadGraph):
        Graph.from_arrays(arrays | {name: np.array(column, np.int32)})
