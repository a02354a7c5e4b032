"""Which roads one can drive round in."""

import numpy as np

from routing.components import find_components
from routing.graph import build_graph
from routing.restrictions import expand_restrictions
from routing.trip import CLOSED
from tests.draw import draw_roads


def components(network, costs=None):
    forbidden = expand_restrictions(network.edge_tail, network.edge_head, len(network.nodes), network.rules)
    graph = build_graph(network.edge_tail, network.edge_head, len(network.nodes), forbidden.start, forbidden.edges)
    return find_components(graph, network.cost_ms if costs is None else costs)


def test_largest_component_is_number_zero_and_sizes_count_junctions() -> None:
    network = draw_roads("A--B   C--D--E").network()
    found = components(network)
    assert found.size.tolist() == [3, 2]
    assert found.node_sizes().tolist() == [2, 2, 3, 3, 3]


def test_one_way_into_a_part_belongs_to_no_component() -> None:
    network = draw_roads("A--B--C--D", {"AB": {}, "BC": {"oneway": "yes"}, "CD": {}}).network()
    found = components(network)
    assert found.edge[network.edge("BC")] == -1
    assert found.edge[network.edge("AB")] != found.edge[network.edge("CD")]


def test_closed_road_divides() -> None:
    network = draw_roads("A--B--C").network()
    costs = network.cost_ms
    costs[[network.edge("AB"), network.edge("BA")]] = CLOSED
    found = components(network, costs)
    assert (found.size.tolist(), found.edge[network.edge("AB")]) == ([2, 1], -1)


def test_junction_behind_a_rule_keeps_its_component() -> None:
    network = draw_roads("A--B--C", restrictions=[("no_u_turn", "AB", "B", "BA")]).network()
    found = components(network)
    assert (found.size.tolist()[0], found.node.tolist(), set(found.edge)) == (3, [0, 0, 0], {0})


def test_road_one_cannot_leave_again_for_a_rule_belongs_to_no_component() -> None:
    network = draw_roads("A--B", restrictions=[("no_u_turn", "AB", "B", "BA")]).network()
    assert components(network).edge.tolist() == [-1, -1]


def test_graph_without_roads_has_lonely_nodes() -> None:
    graph = build_graph([], [], 2)
    assert find_components(graph, np.zeros(0, np.int32)).size.tolist() == [1, 1]


def test_empty_graph_has_no_component() -> None:
    assert find_components(build_graph([], [], 0), np.zeros(0, np.int32)).size.tolist() == []
