"""Atoms joined to grids: the best pair first, until no two neighbours are better off as one."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from location_cloud.grids.design_atoms import Atoms, Floats

LOW, HIGH = 0.5, 1.5
"""What a grid may have, in targets."""

MOST = 1.48
"""What is put together at most: what rounding and a moved corner add must not lead beyond HIGH."""

EASY_LOW, EASY_HIGH = 0.6, 1.4
"""Sizes nearer to the limits than these leave no room for later changes, and cost a little."""


@dataclass(frozen=True)
class Prices:
    """What a border costs, a target's side long, beside what a grid of the wrong size costs (2).

    On roads a border is where everybody finds it. A building is cut only where nothing else is left: through costs so
    much up to most_through, less than a grid of the wrong size.
    """

    road: float = 0.02
    other: float = 0.4
    open: float = 0.5
    through: float = 8.0
    most_through: float = 0.8


PRICES = Prices()


def price_borders(atoms: Atoms, side_m: float, prices: Prices = PRICES) -> Floats:
    """(e,) What a border along each edge of the graph costs. side_m: of a square of one target."""
    metres = atoms.road_m * prices.road + atoms.other_m * prices.other + atoms.open_m * prices.open
    through = np.minimum(atoms.through_m * prices.through / side_m, prices.most_through)
    return np.asarray(metres / side_m + through, np.float64)


def price_size(size: float) -> float:
    """What a grid of that size, in targets, costs: 0.1 for one on the limits, from 2 upwards beyond."""
    cost = 0.1 * (size - 1.0) * (size - 1.0)
    if size < LOW:
        return cost + 2.0 + (LOW - size)
    if size > MOST:
        return cost + 2.0 + 4.0 * (size - MOST)
    if size < EASY_LOW:
        return cost + (EASY_LOW - size)
    return cost + max(size - EASY_HIGH, 0.0)


def merge_atoms(atoms: Atoms, price: Floats) -> NDArray[np.int64]:
    """The grid of each atom, (n,) by numbers from 0. price: (e,) of a border along each edge of the graph."""
    around = _neighbours(atoms, price)
    size: list[float] = atoms.size.tolist()
    made = [0] * len(size)
    parent = list(range(len(size)))
    heap: list[tuple[float, int, int, int, int]] = []

    def offer(one: int, two: int, saved: float) -> None:
        whole = size[one] + size[two]
        if whole <= MOST:
            gain = price_size(size[one]) + price_size(size[two]) - price_size(whole) + saved
            if gain > 0:
                first, second = min(one, two), max(one, two)
                heapq.heappush(heap, (-gain, first, second, made[first], made[second]))

    for (one, two), saved in zip(atoms.pair.tolist(), price.tolist()):
        offer(one, two, saved)
    while heap:
        _, one, two, was_one, was_two = heapq.heappop(heap)
        if (made[one], made[two]) != (was_one, was_two):
            continue
        size[one] += size[two]
        made[one] += 1
        made[two] = -1
        parent[two] = one
        del around[one][two]
        for other, saved in around.pop(two).items():
            if other != one:
                del around[other][two]
                around[one][other] = around[other][one] = around[one].get(other, 0.0) + saved
        for other, saved in around[one].items():
            offer(one, other, saved)
    return _rooted(parent)


def join_pockets(atoms: Atoms) -> NDArray[np.int64]:
    """The number of each atom's group, (n,): small ones that have one neighbour only belong to that.

    A yard behind a block, or an isle in it, can be part of no other grid; the block is to be split with it.
    """
    around: list[set[int]] = [set() for _ in atoms.size]
    for one, two in atoms.pair.tolist():
        around[one].add(two)
        around[two].add(one)
    size: list[float] = atoms.size.tolist()
    parent = list(range(len(size)))
    waiting = [row for row, others in enumerate(around) if len(others) == 1]
    while waiting:
        row = waiting.pop()
        if len(around[row]) != 1 or size[row] >= LOW:
            continue
        (other,) = around[row]
        around[row].clear()
        around[other].discard(row)
        parent[row] = other
        size[other] += size[row]
        if len(around[other]) == 1:
            waiting.append(other)
    return _rooted(parent)


def _neighbours(atoms: Atoms, price: Floats) -> dict[int, dict[int, float]]:
    around: dict[int, dict[int, float]] = {row: {} for row in range(len(atoms.size))}
    for (one, two), cost in zip(atoms.pair.tolist(), price.tolist()):
        around[one][two] = around[two][one] = cost
    return around


def _rooted(parent: list[int]) -> NDArray[np.int64]:
    """Numbers from 0 of the roots that each one hangs on."""
    root = np.array(parent, np.int64)
    while True:
        above = root[root]
        if (above == root).all():
            break
        root = above
    return np.asarray(np.unique(root, return_inverse=True)[1].ravel(), np.int64)
