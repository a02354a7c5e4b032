"""A way around a tree: it passes every square of a connected set of blocks once, and none twice."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import depth_first_order, minimum_spanning_tree

from location_cloud.searches.cells import Bools, Ints


def cycle_around(blocks: Bools) -> Ints:
    """(4 x blocks, 2) rows and columns of squares, half a block a side, in the order of going round; it closes.

    blocks: (rows, columns) a set connected over sides, not empty. Long straight runs are preferred to turns.
    Source: Gabriely and Rimon 2001: around a spanning tree of the blocks, keeping it on one side.
    """
    rows, columns = blocks.shape
    is_east, is_north = _tree(blocks)
    # In each block its four squares form a ring; a branch of the tree opens two rings and joins them to one.
    east = np.zeros((2 * rows, 2 * columns), bool)  # whether a square goes on to the one east of it
    north = np.zeros((2 * rows, 2 * columns), bool)
    east[0::2, 0::2] = blocks & ~_before(is_north, 0)
    east[1::2, 0::2] = blocks & ~is_north
    north[0::2, 0::2] = blocks & ~_before(is_east, 1)
    north[0::2, 1::2] = blocks & ~is_east
    east[0::2, 1::2] = is_east
    east[1::2, 1::2] = is_east
    north[1::2, 0::2] = is_north
    north[1::2, 1::2] = is_north
    number = np.arange(east.size).reshape(east.shape)
    tail = np.concatenate([number[east], number[north]])
    head = np.concatenate([number[east] + 1, number[north] + 2 * columns])
    links = csr_array((np.ones(len(tail), np.int8), (tail, head)), shape=(east.size, east.size))
    first = int(tail.min())
    order = depth_first_order(links, first, directed=False, return_predecessors=False)
    return np.column_stack(np.divmod(order.astype(np.int64), 2 * columns))


def _tree(blocks: Bools) -> tuple[Bools, Bools]:
    """(rows, columns) each: whether a branch goes from a block to the one east, and north, of it."""
    columns = blocks.shape[1]
    number = np.arange(blocks.size).reshape(blocks.shape)
    pairs_east = number[:, :-1][blocks[:, :-1] & blocks[:, 1:]]
    pairs_north = number[:-1][blocks[:-1] & blocks[1:]]
    tail = np.concatenate([pairs_east, pairs_north])
    head = np.concatenate([pairs_east + 1, pairs_north + columns])
    weight = np.concatenate([np.full(len(pairs_east), 1.0), np.full(len(pairs_north), 2.0)])
    tree = minimum_spanning_tree(csr_array((weight, (tail, head)), shape=(blocks.size, blocks.size))).tocoo()
    is_east, is_north = np.zeros(blocks.size, bool), np.zeros(blocks.size, bool)
    low, high = np.minimum(tree.row, tree.col), np.maximum(tree.row, tree.col)
    one = high - low == 1
    # In a map one block wide, a step of one is a step north.
    is_east[low[one & (columns > 1)]] = True
    is_north[low[~one | (columns == 1)]] = True
    return is_east.reshape(blocks.shape), is_north.reshape(blocks.shape)


def _before(is_branch: Bools, axis: int) -> Bools:
    """The branches of the block before, along an axis."""
    moved = np.zeros_like(is_branch)
    if axis:
        moved[:, 1:] = is_branch[:, :-1]
    else:
        moved[1:] = is_branch[:-1]
    return moved
