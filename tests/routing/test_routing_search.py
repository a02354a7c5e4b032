"""Searches on drawn roads: ends in the middle of edges, closures, limits, threads, and what is refused."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from routing.errors import BadCost, BadPoint
from routing.graph import Graph, build_graph
from routing.search import find_path, reach
from routing.trip import CLOSED, UNREACHED, EdgePoints, edge_points, list_segment_edges, points_on_edges
from tests.draw import Network, draw_roads

SQUARE = """
    A----B
    |    |
    |    |
    C----D
"""


def graph_of(network: Network) -> Graph:
    return build_graph(network.edge_tail, network.edge_head, len(network.nodes))


@pytest.fixture(scope="module")
def square() -> Network:
    return draw_roads(SQUARE).network()


def test_end_ahead_on_the_same_edge_is_driven_to_directly(square) -> None:
    edge = square.edge("AB")
    path = find_path(graph_of(square), square.cost_ms, edge_points(edge, 0.2), edge_points(edge, 0.8))
    assert (path.edges.tolist(), path.cost_ms) == ([edge], 30_000)


def test_end_behind_on_the_same_edge_is_driven_to_round_the_block() -> None:
    network = draw_roads(SQUARE, {way: {"oneway": "yes"} for way in ("AB", "BD", "DC", "CA")}).network()
    edge = network.edge("AB")
    path = find_path(graph_of(network), network.cost_ms, edge_points(edge, 0.8), edge_points(edge, 0.2))
    assert (network.spell(path.edges), path.cost_ms) == ("ABDCAB", 10_000 + 30_000 + 50_000 + 30_000 + 10_000)


def test_same_point_costs_nothing_but_the_extras(square) -> None:
    path = find_path(graph_of(square), square.cost_ms, edge_points(0, 0.5, 7), edge_points(0, 0.5, 5))
    assert path.cost_ms == 12


def test_cheapest_pair_of_candidates_is_named(square) -> None:
    starts = edge_points([square.edge("BA"), square.edge("AB")], [0.5, 0.5])
    ends = edge_points([square.edge("CD"), square.edge("BD")], [0.5, 0.5], [0, 500])
    path = find_path(graph_of(square), square.cost_ms, starts, ends)
    assert (square.spell(path.edges), path.start, path.end, path.cost_ms) == ("ABD", 1, 1, 25_000 + 15_000 + 500)


def test_closed_edge_is_driven_round(square) -> None:
    costs = square.cost_ms
    costs[[square.edge("BD"), square.edge("DB")]] = CLOSED
    path = find_path(graph_of(square), costs, edge_points(square.edge("AB"), 0.9), edge_points(square.edge("CD"), 1.0))
    assert square.spell(path.edges) == "ABACD"


def test_nothing_starts_or_ends_on_a_closed_edge(square) -> None:
    costs = square.cost_ms
    costs[0] = CLOSED
    closed, other = edge_points(0, 0.5), edge_points(3, 0.5)
    assert find_path(graph_of(square), costs, closed, other) is None
    assert find_path(graph_of(square), costs, other, closed) is None
    assert find_path(graph_of(square), costs, closed, closed) is None


def test_no_road_between_two_parts_is_no_path() -> None:
    network = draw_roads("A--B   C--D").network()
    starts, ends = edge_points(network.edge("AB")), edge_points(network.edge("CD"))
    assert find_path(graph_of(network), network.cost_ms, starts, ends) is None


def test_no_candidates_is_no_path(square) -> None:
    assert find_path(graph_of(square), square.cost_ms, edge_points([]), edge_points(0)) is None


def test_one_way_street_is_not_driven_backwards() -> None:
    network = draw_roads(SQUARE, {"AB": {"oneway": "-1"}, "BD": {}, "DC": {}, "CA": {}}).network()
    path = find_path(
        graph_of(network), network.cost_ms, edge_points(network.edge("CA")), edge_points(network.edge("BD"))
    )
    assert network.spell(path.edges) == "CACDBD"


def test_sums_beyond_32_bits_are_exact() -> None:
    count = 5000
    graph = build_graph(np.arange(count), np.arange(count) + 1, count + 1)
    costs = np.full(count, CLOSED - 1, np.int32)
    assert find_path(graph, costs, edge_points(0), edge_points(count - 1, 1.0)).cost_ms == count * (CLOSED - 1)


def test_reach_stops_at_the_limit_included(square) -> None:
    found = reach(graph_of(square), square.cost_ms, edge_points(square.edge("AB"), 1.0), 50_000)
    assert {name: int(found[node]) for name, node in square.nodes.items()} == {
        "A": 50_000,
        "B": 0,
        "C": UNREACHED,
        "D": 30_000,
    }


def test_threads_asking_at_once_get_what_one_gets() -> None:
    random = np.random.default_rng(5)
    tail, head = random.integers(0, 3000, (2, 12_000))
    graph, costs = build_graph(tail, head, 3000), random.integers(0, 9000, 12_000).astype(np.int32)
    pairs = random.integers(0, 12_000, (300, 2)).tolist()

    def ask(pair: list[int]) -> tuple[int, list[int]] | None:
        path = find_path(graph, costs, edge_points(pair[0], 0.3), edge_points(pair[1], 0.6))
        return path and (path.cost_ms, path.edges.tolist())

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, pairs)) == [ask(pair) for pair in pairs]


def test_graphs_of_different_size_share_a_thread(square) -> None:
    small, large = draw_roads("A--B").network(), square
    for network in (small, large, small):
        path = find_path(graph_of(network), network.cost_ms, edge_points(0), edge_points(1, 1.0))
        assert network.spell(path.edges) == "ABA"


def test_negative_cost_met_on_the_way_is_refused(square) -> None:
    costs = square.cost_ms
    costs[square.edge("BD")] = -1
    with pytest.raises(BadCost, match="is negative"):
        find_path(graph_of(square), costs, edge_points(square.edge("AB")), edge_points(square.edge("CD")))
    with pytest.raises(BadCost, match="is negative"):
        reach(graph_of(square), costs, edge_points(square.edge("AB")))


@pytest.mark.parametrize("costs", [np.zeros(3, np.int32), np.zeros(8, np.int64), np.zeros((8, 1), np.int32)])
def test_costs_of_another_graph_are_refused(square, costs) -> None:
    with pytest.raises(BadCost, match="8 edges"):
        find_path(graph_of(square), costs, edge_points(0), edge_points(1))


@pytest.mark.parametrize("edge", [-1, 8, 2**31 - 1])
def test_edge_the_graph_lacks_is_refused(square, edge) -> None:
    with pytest.raises(BadPoint, match=r"edges are 0\.\.7"):
        find_path(graph_of(square), square.cost_ms, edge_points(0), edge_points(edge))


def test_points_of_uneven_columns_are_refused(square) -> None:
    uneven = EdgePoints(np.array([0, 1], np.int32), np.array([0.5]), np.array([0, 0]))
    with pytest.raises(BadPoint, match="one length"):
        find_path(graph_of(square), square.cost_ms, uneven, edge_points(0))


@pytest.mark.parametrize(
    "arguments",
    [
        (0, -0.1),
        (0, 1.1),
        (0, float("nan")),
        (0, 0.5, -1),
        (0, 0.5, 2**41),
        (0, 0.5, 0.5),
        (0.5,),
        ([0, 1], [0.5, 0.5, 0.5]),
        (2**40,),
    ],
)
def test_point_off_its_edge_is_refused(arguments: tuple) -> None:
    with pytest.raises(BadPoint):
        edge_points(*arguments)


def test_point_on_a_segment_lies_on_both_its_edges_from_their_own_beginnings() -> None:
    both = list_segment_edges(np.array([0, 1, 1]), np.array([False, False, True]), 2)
    points = points_on_edges(np.array([1, 0]), np.array([0.25, 0.5]), both, np.array([9, 4]))
    assert [points.edge.tolist(), points.fraction.tolist()] == [[1, 2, 0], [0.25, 0.75, 0.5]]
    assert points.extra_ms.tolist() == [9, 9, 4]
