"""Graphs of networkx and OSMnx: what they say is kept both ways, and their shortest paths cost what ours cost."""

import math
from itertools import pairwise
from pathlib import Path

import networkx
import numpy as np
import osmnx
import pytest
import shapely

from routing.cch import build_cch
from routing.convert import Converted, from_networkx, to_networkx
from routing.customize import customize
from routing.errors import BadCost, BadGraph, BadPoint
from routing.graph import build_graph
from routing.query import find_path
from routing.search import find_path as search_path
from routing.trip import CLOSED

FUTIAN = Path(__file__).parents[2].parent / "shared/data/china/shenzhen_futian.graphml"


def triangle(**edge: object) -> networkx.MultiDiGraph:
    """Three places near Daqing, a bent way, two parallel ones and a loop."""
    graph = networkx.MultiDiGraph(crs="epsg:4326")
    for name, x in (("a", 125.0), (7, 125.01), (("c", 1), 125.02)):
        graph.add_node(name, x=x, y=46.5)
    bent = shapely.LineString([(125.0, 46.5), (125.005, 46.51), (125.01, 46.5)])
    graph.add_edge("a", 7, 0, travel_time=12.3456, geometry=bent)
    graph.add_edge("a", 7, "twin", travel_time=9)
    graph.add_edge(7, ("c", 1), 0, travel_time=math.inf)
    graph.add_edge(7, 7, 0, **{"travel_time": 0.0, **edge})
    return graph


def grid(seed: int) -> networkx.MultiDiGraph:
    """A city of one-way and two-way streets with lengths in whole millimetres, some of them 0."""
    chance = np.random.default_rng(seed)
    graph = networkx.MultiDiGraph(crs="epsg:4326")
    for node in range(100):
        graph.add_node(1000 + node, x=125 + node % 10 * 1e-3, y=46 + node // 10 * 1e-3)
    for node in range(100):
        for other in (node + 1, node + 10, node - 1, node - 10, node + 1):
            if 0 <= other < 100 and chance.random() < 0.6:
                graph.add_edge(1000 + node, 1000 + other, length=int(chance.choice([0, *range(1, 90)])) / 1000 * 8)
    return graph


def test_nodes_edges_and_costs_keep_their_order_names_and_shapes() -> None:
    found = from_networkx(triangle())
    assert found.node_id == ("a", 7, ("c", 1))
    assert list(zip(found.edge_tail.tolist(), found.edge_head.tolist(), found.edge_key)) == [
        (0, 1, 0),
        (0, 1, "twin"),
        (1, 2, 0),
        (1, 1, 0),
    ]
    assert found.cost.tolist() == [12346, 9000, CLOSED, 0]
    assert np.diff(found.shape_start).tolist() == [3, 2, 2, 2]
    assert found.shape_e7[1].tolist() == [1250050000, 465100000]


def test_arrays_survive_the_way_to_networkx_and_back() -> None:
    first = from_networkx(triangle())
    second = from_networkx(to_networkx(first))
    for name in ("node_id", "edge_key"):
        assert getattr(first, name) == getattr(second, name)
    for name in ("lonlat", "edge_tail", "edge_head", "cost", "shape_start", "shape_e7"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name), name)


def test_lengths_that_osmnx_needs_are_measured_along_the_line() -> None:
    graph = to_networkx(from_networkx(triangle()))
    straight, bent = graph.edges["a", 7, "twin"]["length"], graph.edges["a", 7, 0]["length"]
    assert 766 < straight < 768 < 2 * 1000 < bent < 2400
    nodes, edges = osmnx.graph_to_gdfs(graph)
    assert (len(nodes), len(edges)) == (3, 4)


def test_a_graph_without_parallel_edges_is_read_as_well() -> None:
    found = from_networkx(networkx.DiGraph(triangle()))
    assert (len(found.edge_tail), set(found.edge_key)) == (3, {0})


def test_an_empty_graph_goes_both_ways() -> None:
    found = from_networkx(networkx.MultiDiGraph())
    assert len(found.cost) == 0
    assert len(to_networkx(found)) == 0


@pytest.mark.parametrize("weight", [None, "12", True, -1, math.nan, [1.0], 2_147_483.647])
def test_a_weight_that_is_no_cost_is_refused_by_edge(weight: object) -> None:
    with pytest.raises(BadCost, match=r"edge \(7, 7, 0\) has travel_time="):
        from_networkx(triangle(travel_time=weight))


def test_a_missing_weight_is_told_with_those_there_are() -> None:
    with pytest.raises(BadCost, match=r"no 'length', only \['geometry', 'travel_time'\].*add_edge_travel_times"):
        from_networkx(triangle(), "length")


def test_a_projected_or_undirected_graph_or_one_without_places_is_refused() -> None:
    with pytest.raises(BadGraph, match="to_latlong=True"):
        from_networkx(osmnx.project_graph(triangle()))
    with pytest.raises(BadGraph, match="to_directed"):
        from_networkx(triangle().to_undirected())
    with pytest.raises(BadGraph, match="node 8 is at x=None"):
        from_networkx(networkx.MultiDiGraph([(8, 9)]))


def test_a_node_that_is_not_there_is_named() -> None:
    with pytest.raises(BadPoint, match="'z' is not of this graph"):
        from_networkx(triangle()).points_from("z")


def test_arrays_of_different_lengths_become_no_graph() -> None:
    found = from_networkx(triangle())
    columns = {name: getattr(found, name) for name in Converted.__dataclass_fields__}
    with pytest.raises(BadGraph, match="as many"):
        to_networkx(Converted(**columns | {"cost": found.cost[:2]}))
    with pytest.raises(BadGraph, match="3 nodes"):
        to_networkx(Converted(**columns | {"lonlat": found.lonlat[:2]}))


@pytest.mark.parametrize("seed", range(20))
def test_networkx_finds_what_both_searches_find(seed: int) -> None:
    assert_same_costs(grid(seed), "length", seed, pairs=15)


@pytest.mark.skipif(not FUTIAN.exists(), reason="the graph of Futian is not on this machine")
def test_osmnx_finds_what_both_searches_find_in_futian() -> None:
    graph = osmnx.add_edge_travel_times(osmnx.add_edge_speeds(osmnx.load_graphml(FUTIAN)))
    for *_, data in graph.edges(data=True):  # whole milliseconds, so that costs can be equal and not only near
        data["travel_time"] = round(data["travel_time"], 3)
    assert_same_costs(graph, "travel_time", 3, pairs=25)


def assert_same_costs(graph: networkx.MultiDiGraph, weight: str, seed: int, pairs: int) -> None:
    chance = np.random.default_rng(seed)
    ours = from_networkx(graph, weight)
    split = build_graph(ours.edge_tail, ours.edge_head, len(ours.node_id))
    cch = build_cch(split, ours.lonlat)
    metric = customize(cch, ours.cost)
    steps = {(u, v): min(each[weight] for each in graph[u][v].values()) for u, v in graph.edges()}
    for i, j in chance.choice(len(ours.node_id), (pairs, 2)):
        begin, end = ours.node_id[i], ours.node_id[j]
        if begin == end:
            continue
        nodes = osmnx.shortest_path(graph, begin, end, weight=weight)
        cost = nodes and sum(round(steps[pair] * 1000) for pair in pairwise(nodes))
        points = ours.points_from(begin), ours.points_to(end)
        for path in (find_path(cch, metric, *points), search_path(split, ours.cost, *points)):
            assert (path and path.cost_ms) == cost, f"{begin} to {end}, seed {seed}"
            if path:
                passed = [ours.node_id[node] for node in (*ours.edge_tail[path.edges], ours.edge_head[path.edges[-1]])]
                assert (passed[0], passed[-1]) == (begin, end)
                assert networkx.is_path(graph, passed)
