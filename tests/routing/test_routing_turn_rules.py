"""Each kind of turn rule, drawn: what may be driven after the rule is what the sign says."""

import pytest

from routing.errors import BadGraph
from routing.graph import build_graph
from routing.restrictions import expand_restrictions
from routing.search import find_path
from routing.trip import edge_points
from tests.draw import Network, draw_roads

CROSSROADS = """
         N
         |
         |
     W---X-E
         |
         |
         S
"""


def drive(network: Network, begin: str, end: str) -> str | None:
    """The junctions passed on the cheapest drive from the beginning of one edge to the end of another."""
    forbidden = expand_restrictions(network.edge_tail, network.edge_head, len(network.nodes), network.rules)
    graph = build_graph(network.edge_tail, network.edge_head, len(network.nodes), forbidden.start, forbidden.edges)
    starts, ends = edge_points(network.edge(begin), 0.0), edge_points(network.edge(end), 1.0)
    path = find_path(graph, network.cost_ms, starts, ends)
    return path and network.spell(path.edges)


def crossroads(*restrictions: tuple[str, str, str, str]) -> Network:
    return draw_roads(CROSSROADS, restrictions=restrictions).network()


def test_without_a_rule_the_turn_is_driven() -> None:
    assert drive(crossroads(), "WX", "XN") == "WXN"


def test_no_left_turn_is_driven_round_by_turning_back_further_on() -> None:
    assert drive(crossroads(("no_left_turn", "WX", "X", "XN")), "WX", "XN") == "WXEXN"


def test_no_left_turn_binds_only_those_who_come_that_way() -> None:
    assert drive(crossroads(("no_left_turn", "WX", "X", "XN")), "SX", "XN") == "SXN"


def test_no_left_turn_leaves_the_other_turns() -> None:
    assert drive(crossroads(("no_left_turn", "WX", "X", "XN")), "WX", "XS") == "WXS"


def test_only_straight_on_forbids_both_turns_and_the_u_turn() -> None:
    network = crossroads(("only_straight_on", "WX", "X", "XE"))
    assert [drive(network, "WX", end) for end in ("XN", "XS", "XW", "XE")] == ["WXEXN", "WXEXS", "WXEXW", "WXE"]


def test_two_only_rules_at_one_sign_allow_both() -> None:
    network = crossroads(("only_straight_on", "WX", "X", "XE"), ("only_right_turn", "WX", "X", "XS"))
    assert [drive(network, "WX", end) for end in ("XE", "XS", "XN")] == ["WXE", "WXS", "WXEXN"]


def test_no_and_only_at_one_sign_both_hold() -> None:
    network = crossroads(("only_straight_on", "WX", "X", "XE"), ("no_straight_on", "WX", "X", "XE"))
    assert drive(network, "WX", "XE") is None


def test_no_u_turn_is_driven_round_the_block() -> None:
    network = draw_roads("A---B---C", restrictions=[("no_u_turn", "AB", "B", "BA")]).network()
    assert drive(network, "AB", "BA") == "ABCBA"


def test_dead_end_with_no_u_turn_cannot_be_left() -> None:
    network = draw_roads("A---B", restrictions=[("no_u_turn", "AB", "B", "BA")]).network()
    assert drive(network, "AB", "BA") is None


def test_trip_begun_behind_the_sign_is_bound_by_it() -> None:
    network = crossroads(("no_left_turn", "WX", "X", "XN"))
    graph_rules = expand_restrictions(network.edge_tail, network.edge_head, len(network.nodes), network.rules)
    graph = build_graph(network.edge_tail, network.edge_head, len(network.nodes), graph_rules.start, graph_rules.edges)
    starts, ends = edge_points(network.edge("WX"), 1.0), edge_points(network.edge("XN"), 0.0)
    assert network.spell(find_path(graph, network.cost_ms, starts, ends).edges) == "WXEXN"


DUAL_CARRIAGEWAY = """
     A---B---C
         |
     D---E---F
"""


def dual(*restrictions: tuple[str, str, str, str]) -> Network:
    ways = {
        "CB": {"oneway": "yes"},
        "BA": {"oneway": "yes"},
        "DE": {"oneway": "yes"},
        "EF": {"oneway": "yes"},
        "BE": {},
    }
    return draw_roads(DUAL_CARRIAGEWAY, ways, restrictions).network()


def test_no_u_turn_over_a_via_way_forbids_the_whole_sequence() -> None:
    assert drive(dual(), "DE", "BA") == "DEBA"
    assert drive(dual(("no_u_turn", "DE", "EB", "BA")), "DE", "BA") == "DEBEBA"


def test_no_u_turn_over_a_via_way_leaves_its_parts() -> None:
    network = dual(("no_u_turn", "CB", "BE", "EF"))
    assert [drive(network, "CB", "BE"), drive(network, "BE", "EF")] == ["CBE", "BEF"]


def test_only_over_a_via_way_obliges_at_its_first_junction_too() -> None:
    network = dual(("only_u_turn", "CB", "BE", "EF"))
    assert [drive(network, "CB", "EF"), drive(network, "CB", "BA")] == ["CBEF", None]


def test_only_over_a_via_way_does_not_bind_who_starts_on_the_via() -> None:
    assert drive(dual(("only_u_turn", "CB", "BE", "EF")), "BE", "BA") == "BEBA"


def test_rules_that_overlap_are_each_kept() -> None:
    ladder = draw_roads(
        """
        A--B--C--D
           |  |
           E--F
        """,
        {"AB": {}, "BC": {}, "CD": {}, "BE": {"oneway": "yes"}, "EF": {}, "FC": {}},
        [("no_entry", "AB", "BC", "CD"), ("no_right_turn", "BC", "C", "CF")],
    ).network()
    assert drive(ladder, "AB", "CD") == "ABEFCD"
    assert drive(ladder, "AB", "CF") == "ABEFCF"
    assert drive(ladder, "BC", "CF") == "BCDCF"


def test_rule_over_two_via_ways_is_kept_across_both() -> None:
    square = draw_roads(
        """
        A--B--C
           |  |
        F--E--D
        """,
        restrictions=[("no_entry", "AB", ("BC", "CD"), "DE")],
    ).network()
    assert drive(square, "BC", "DE") == "BCDE"
    assert drive(square, "AB", "DE") == "ABEDE"


def test_junction_without_a_rule_is_not_split() -> None:
    network = crossroads(("no_left_turn", "WX", "X", "XN"))
    forbidden = expand_restrictions(network.edge_tail, network.edge_head, len(network.nodes), network.rules)
    graph = build_graph(network.edge_tail, network.edge_head, len(network.nodes), forbidden.start, forbidden.edges)
    assert graph.node_origin[graph.nodes :].tolist() == [network.nodes["X"]]


def test_repeated_rule_is_expanded_once() -> None:
    rules = [("no", [0, 1]), ("no", [0, 1])]
    assert expand_restrictions([0, 1], [1, 0], 2, rules).as_tuples() == [(0, 1)]


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        ([("never", [0, 1])], "'never' is unknown"),
        ([("no", [0])], "at least two edges"),
        ([("no", [0, 7])], "names edge 7"),
        ([("only", [0, -1])], "names edge -1"),
        ([("no", [0, 0])], "ends at node 1"),
    ],
)
def test_rule_that_cannot_be_driven_is_refused(rules: list, reason: str) -> None:
    with pytest.raises(BadGraph, match=reason):
        expand_restrictions([0, 1], [1, 0], 2, rules)
