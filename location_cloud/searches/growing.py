"""A connected set of blocks that holds the most mass."""

from __future__ import annotations

import heapq

import numpy as np
from scipy.ndimage import label
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from location_cloud.searches.cells import Bools, Floats, Ints

HALVINGS = 14
"""Of the price of a block, to a part in 16,000 of the greatest mass."""
JOINS = 4
"""Rounds in which islands are joined to the main one."""


def grow(mass: Floats, count: int) -> Bools:
    """(rows, columns) a set connected over sides, of `count` blocks (or all), with as much mass as can be found.

    mass: (rows, columns) >= 0. A price for a block is looked for at which the blocks worth it, with the islands worth
    the bridge to them, are as many as wanted; then the best neighbours are added, and poor ends exchanged for them.
    The answer is not proven best: the problem (connected subgraph of greatest weight) is NP-hard.
    """
    count = min(count, mass.size)
    low, high = 0.0, float(mass.max())
    best = np.zeros(mass.shape, bool)
    best.flat[int(mass.argmax())] = True
    for _ in range(HALVINGS):
        price = (low + high) / 2
        chosen = _worth(mass, price)
        if chosen.sum() <= count:
            high = price
            if mass[chosen].sum() > mass[best].sum():
                best = chosen
        else:
            low = price
    return _exchanged(mass, _filled(mass, best, count))


def _worth(mass: Floats, price: float) -> Bools:
    """The main island of blocks above a price, and the islands that are worth the blocks of a bridge to them."""
    islands, many = label(mass > price)
    if not many:
        chosen = np.zeros(mass.shape, bool)
        chosen.flat[int(mass.argmax())] = True
        return chosen
    worth = np.asarray(np.bincount(islands.ravel(), (mass - price).ravel(), many + 1), np.float64)
    worth[0] = -1.0
    chosen = np.asarray(islands == worth.argmax())
    if many == 1:
        return chosen
    ways = _ways(np.maximum(price - mass, 0.0))
    for _ in range(JOINS):
        joined = _joined(islands, worth, chosen, ways)
        if joined.sum() == chosen.sum():
            break
        chosen = joined
    return chosen


def _joined(islands: Ints, worth: Floats, chosen: Bools, ways: csr_array) -> Bools:
    """The set with each island that is worth more than its bridge from it."""
    cost, before, _ = dijkstra(
        ways, indices=np.flatnonzero(chosen), min_only=True, return_predecessors=True, limit=float(worth.max())
    )
    joined = chosen.copy()
    nearest = np.full(len(worth), np.inf)
    np.minimum.at(nearest, islands.ravel(), cost)
    reached = np.flatnonzero(nearest < worth)
    of_island = np.argsort(islands, axis=None, kind="stable")
    begin = np.searchsorted(islands.ravel()[of_island], np.arange(len(worth) + 1))
    for island in reached[np.argsort(nearest[reached])].tolist():
        mine = of_island[begin[island] : begin[island + 1]]
        if joined.flat[mine].any():
            continue
        joined.flat[mine] = True
        at = int(mine[np.argmin(cost[mine])])
        while at >= 0 and not chosen.flat[at]:
            joined.flat[at] = True
            at = int(before[at])
    return joined


def _ways(cost: Floats) -> csr_array:
    """Steps between neighbouring blocks, each costing what its end costs."""
    number = np.arange(cost.size).reshape(cost.shape)
    tails = [number[:, :-1], number[:, 1:], number[:-1], number[1:]]
    heads = [number[:, 1:], number[:, :-1], number[1:], number[:-1]]
    tail, head = (np.concatenate([each.ravel() for each in ends]) for ends in (tails, heads))
    # A step that costs nothing would be taken for none at all.
    return csr_array((cost.ravel()[head] + 1e-15, (tail, head)), shape=(cost.size, cost.size))


def _filled(mass: Floats, chosen: Bools, count: int) -> Bools:
    """The set with the best of its neighbours added one by one until it has `count` blocks."""
    chosen = chosen.copy()
    rows, columns = mass.shape
    queue = [(-mass.flat[at], int(at)) for at in np.flatnonzero(_beside(chosen) & ~chosen)]
    heapq.heapify(queue)
    wanted = count - int(chosen.sum())
    while queue and wanted > 0:
        _, at = heapq.heappop(queue)
        if chosen.flat[at]:
            continue
        chosen.flat[at] = True
        wanted -= 1
        row, column = divmod(at, columns)
        for r, c in ((row + 1, column), (row - 1, column), (row, column + 1), (row, column - 1)):
            if 0 <= r < rows and 0 <= c < columns and not chosen[r, c]:
                heapq.heappush(queue, (-mass[r, c], r * columns + c))
    return chosen


def _exchanged(mass: Floats, chosen: Bools) -> Bools:
    """The set with its poorest blocks that hold nothing together exchanged for better neighbours."""
    for _ in range(400):
        loose = np.where(chosen & _is_loose(chosen), mass, np.inf)
        out = int(loose.argmin())
        if not np.isfinite(loose.flat[out]):
            break
        chosen.flat[out] = False
        beside = np.where(_beside(chosen) & ~chosen, mass, -1.0)
        into = int(beside.argmax())
        chosen.flat[into] = True
        if beside.flat[into] <= loose.flat[out]:
            chosen.flat[into], chosen.flat[out] = False, True
            break
    return chosen


def _beside(chosen: Bools) -> Bools:
    """Blocks with a chosen one at one of their sides."""
    wide = np.pad(chosen, 1)
    return np.asarray(wide[:-2, 1:-1] | wide[2:, 1:-1] | wide[1:-1, :-2] | wide[1:-1, 2:])


def _is_loose(chosen: Bools) -> Bools:
    """Blocks without which their neighbourhood stays connected over sides: one run of chosen ones round them."""
    wide = np.pad(chosen, 1)
    north, south, east, west = wide[2:, 1:-1], wide[:-2, 1:-1], wide[1:-1, 2:], wide[1:-1, :-2]
    corners = wide[2:, 2:], wide[:-2, 2:], wide[:-2, :-2], wide[2:, :-2]
    sides = north.astype(np.int8) + south + east + west
    joints = (north & corners[0] & east).astype(np.int8) + (east & corners[1] & south)
    joints += (south & corners[2] & west).astype(np.int8) + (west & corners[3] & north)
    return np.asarray((sides >= 1) & (sides - joints <= 1))
