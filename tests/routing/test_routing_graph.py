"""The split graph as arrays: what is refused, what survives a memory map."""

import numpy as np
import pytest

from routing.errors import BadGraph
from routing.graph import Graph, build_graph
from routing.search import find_path
from routing.trip import edge_points

TRIANGLE = ([0, 1, 2], [1, 2, 0], 3)


def test_arrays_give_the_graph_back_from_read_only_maps(tmp_path) -> None:
    graph = build_graph(*TRIANGLE, [0, 2], [0, 1])
    for name, column in graph.as_arrays().items():
        np.save(tmp_path / name, column)
    mapped = Graph.from_arrays({name: np.load(tmp_path / f"{name}.npy", mmap_mode="r") for name in graph.as_arrays()})
    assert all(np.array_equal(mapped.as_arrays()[name], column) for name, column in graph.as_arrays().items())
    costs = np.array([1, 2, 3], np.int32)
    assert find_path(mapped, costs, edge_points(1), edge_points(0, 1.0)).cost_ms == 6


def test_every_array_of_a_graph_is_read_only() -> None:
    assert not any(column.flags.writeable for column in build_graph(*TRIANGLE).as_arrays().values())


def test_building_leaves_the_callers_arrays_writable() -> None:
    tail = np.array([0, 1, 2], np.int32)
    build_graph(tail, tail, 3)
    assert tail.flags.writeable


def test_graph_without_edges_or_nodes_is_a_graph() -> None:
    graph = build_graph([], [], 0)
    assert (graph.nodes, graph.edges, graph.arcs, graph.states) == (0, 0, 0, 0)


def test_arcs_in_and_out_are_the_same_arcs() -> None:
    graph = build_graph([0, 0, 1, 1, 1], [1, 1, 1, 0, 0], 2, [0, 2, 5], [0, 3, 2, 2, 4])
    out = {(int(t), int(h), int(e)) for t, h, e in zip(graph.arc_tail, graph.arc_head, graph.arc_edge)}
    into = {
        (int(graph.in_tail[i]), state, int(graph.in_edge[i]))
        for state in range(graph.states)
        for i in range(graph.in_start[state], graph.in_start[state + 1])
    }
    assert out == into


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (([0], [3], 3), "nodes are 0..2"),
        (([-1], [0], 3), "edge_tail holds -1"),
        (([0, 1], [0], 3), "two equal columns"),
        (([0.5], [1.0], 3), "must be integers"),
        (([0], [0], -1), "nodes=-1"),
        ((*TRIANGLE, [0, 1], [0]), "at least two edges"),
        ((*TRIANGLE, [0, 2], [0, 2]), "ends at node 1"),
        ((*TRIANGLE, [0, 2], [0, 9]), "names edge 9"),
        ((*TRIANGLE, [0, 3], [0, 1]), "must rise from 0 to 2"),
        ((*TRIANGLE, [1, 2], [0, 1]), "must rise from 0 to 2"),
        ((*TRIANGLE, [], []), "sequences \\+ 1"),
        ((*TRIANGLE, [0, 2], [0.0, 1.0]), "must be integers"),
    ],
)
def test_arrays_that_form_no_graph_are_refused(arguments: tuple, reason: str) -> None:
    with pytest.raises(BadGraph, match=reason):
        build_graph(*arguments)


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("arc_head", [1, 2, 5]),
        ("arc_edge", [0, 1, -1]),
        ("entry_arc", [0, 1, 3]),
        ("arc_start", [0, 2, 1, 3]),
        ("arc_start", [0, 1, 2]),
        ("in_tail", [0, 1]),
        ("node_count", [2]),
        ("node_count", []),
    ],
)
def test_damaged_arrays_are_refused_before_a_search_follows_them(name: str, column: list[int]) -> None:
    arrays = build_graph(*TRIANGLE).as_arrays() | {name: np.array(column, np.int32)}
    with pytest.raises(BadGraph):
        Graph.from_arrays(arrays)


def test_missing_array_is_named() -> None:
    arrays = build_graph(*TRIANGLE).as_arrays()
    del arrays["in_edge"]
    with pytest.raises(BadGraph, match="in_edge"):
        Graph.from_arrays(arrays)


def test_array_of_another_type_is_refused() -> None:
    arrays = build_graph(*TRIANGLE).as_arrays()
    arrays["arc_head"] = arrays["arc_head"].astype(np.int64)
    with pytest.raises(BadGraph, match="int64"):
        Graph.from_arrays(arrays)
