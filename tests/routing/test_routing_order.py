"""Orders of contraction: the same however the work is dealt out, and close to what is known to be best."""

import numpy as np
import pytest

from routing import order
from routing.cch import build_cch
from routing.errors import BadGraph
from routing.graph import build_graph
from routing.order import dissection_order

WIDTH = 40


def town(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Tail, head and places of streets in a crooked grid, a fifth of them missing: some blocks stand alone."""
    chance = np.random.default_rng(seed)
    node = np.arange(WIDTH * WIDTH).reshape(WIDTH, WIDTH)
    tail = np.concatenate([node[:, :-1].ravel(), node[:-1].ravel()])
    head = np.concatenate([node[:, 1:].ravel(), node[1:].ravel()])
    is_there = chance.random(len(tail)) < 0.8
    places = np.stack([node.ravel() % WIDTH, node.ravel() // WIDTH], 1) + chance.random((WIDTH * WIDTH, 2))
    return tail[is_there], head[is_there], places * 1e-3


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("block", [1, 20, 300, 10_000])
def test_the_order_does_not_depend_on_threads_or_on_how_cells_are_dealt_out(
    monkeypatch: pytest.MonkeyPatch, block: int, threads: int
) -> None:
    tail, head, places = town(1)
    whole = dissection_order(tail, head, WIDTH * WIDTH, places)
    monkeypatch.setattr(order, "BLOCK", block)
    assert np.array_equal(whole, dissection_order(tail, head, WIDTH * WIDTH, places, threads))


def test_very_many_small_parts_are_few_tasks() -> None:
    low, high = list(range(0, 300_000, 3)), list(range(2, 300_002, 3))
    assert len(order._group(low, high)) == 10


def test_groups_of_cells_hold_each_cell_once_and_are_no_larger_than_a_block() -> None:
    sizes = np.random.default_rng(2).integers(2, 40_000, 100)
    high = np.cumsum(sizes + 1)
    low = high - sizes
    groups = order._group(low.tolist(), high.tolist())
    assert [cell for first, last in groups for cell in range(first, last)] == list(range(100))
    assert all(high[last - 1] - low[first] <= order.BLOCK or last == first + 1 for first, last in groups)


def test_the_cut_runs_through_the_narrow_pass_between_two_towns() -> None:
    """Three roads join two grids of 20 x 20: the last three ranks lie on them."""
    node = np.arange(400).reshape(20, 20)
    tail = np.concatenate([node[:, :-1].ravel(), node[:-1].ravel()])
    head = np.concatenate([node[:, 1:].ravel(), node[1:].ravel()])
    places = np.stack([node.ravel() % 20, node.ravel() // 20], 1) * 1e-3
    rows = np.array([4, 10, 15])
    rank = dissection_order(
        np.concatenate([tail, tail + 400, node[rows, 19]]),
        np.concatenate([head, head + 400, node[rows, 0] + 400]),
        800,
        np.concatenate([places, places + np.array([0.03, 0.0])]),
    )
    last = set(np.argsort(rank)[-3:].tolist())
    assert last <= {*node[rows, 19].tolist(), *(node[rows, 0] + 400).tolist()}


def test_the_hierarchy_is_the_same_with_any_number_of_threads() -> None:
    tail, head, places = town(3)
    graph = build_graph(tail, head, WIDTH * WIDTH)
    one, two = (build_cch(graph, places, threads=threads).as_arrays() for threads in (1, 2))
    assert all(np.array_equal(one[name], two[name]) for name in one)


@pytest.mark.parametrize("threads", [0, 65, -1])
def test_no_threads_or_too_many_are_refused(threads: int) -> None:
    with pytest.raises(BadGraph, match=r"threads=.* 1\.\.64"):
        dissection_order([0], [1], 2, np.zeros((2, 2)), threads)
