"""Grids made better: two neighbours put together and divided anew along another way through their atoms."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from location_cloud.grids.design_atoms import Atoms, Floats
from location_cloud.grids.design_merging import LOW, MOST, price_size

ROUNDS = 6
"""Passes over all pairs; after the third one hardly anything changes."""

LEAST_GAIN = 1e-6

Edges = list[tuple[int, float]]


class Trade:
    """Grids in the making. A grid is a set of atoms; every change leaves both sides in one piece.

    Source of the step: DeFord, Duchin, Solomon 2021, "Recombination: a family of Markov chains for redistricting"; here
    the tree is not random but joins first what a border would be dear between, and only what costs less is taken.
    """

    def __init__(self, atoms: Atoms, price: Floats, grid: NDArray[np.int64]) -> None:
        """Starts from a partition. grid: (n,) of each atom."""
        self.size: list[float] = atoms.size.tolist()
        self.grid: list[int] = grid.tolist()
        self.around: list[Edges] = [[] for _ in self.size]
        for (one, two), cost in zip(atoms.pair.tolist(), price.tolist()):
            self.around[one].append((two, cost))
            self.around[two].append((one, cost))
        self.atoms: dict[int, list[int]] = {}
        for atom, of in enumerate(self.grid):
            self.atoms.setdefault(of, []).append(atom)
        self.total = {of: sum(self.size[atom] for atom in atoms) for of, atoms in self.atoms.items()}

    def improve(self, first: set[int] | None = None, rounds: int = ROUNDS) -> NDArray[np.int64]:
        """The grid of each atom after the trades, (n,) by numbers from 0. first: grids to begin with; None = all."""
        changed = set(self.atoms) if first is None else first
        for _ in range(rounds):
            pairs = sorted({pair for of in changed if of in self.atoms for pair in self._pairs(of)})
            changed = set()
            for one, two in pairs:
                if one in self.atoms and two in self.atoms and self._trade(one, two):
                    changed |= {one, two}
            if not changed:
                break
        return np.asarray(np.unique(np.array(self.grid, np.int64), return_inverse=True)[1].ravel(), np.int64)

    def _pairs(self, of: int) -> set[tuple[int, int]]:
        others = {self.grid[other] for atom in self.atoms[of] for other, _ in self.around[atom]} - {of}
        return {(min(of, other), max(of, other)) for other in others}

    def _trade(self, one: int, two: int) -> bool:
        """Whether the two were divided better."""
        atoms = self.atoms[one] + self.atoms[two]
        if len(atoms) < 3:
            return False
        number = {atom: place for place, atom in enumerate(atoms)}
        edges = [
            (cost, place, number[other])
            for atom, place in number.items()
            for other, cost in self.around[atom]
            if other in number and number[other] > place
        ]
        first = len(self.atoms[one])
        now = price_size(self.total[one]) + price_size(self.total[two])
        now += sum(cost for cost, a, b in edges if (a < first) != (b < first))
        found = _best_division([self.size[atom] for atom in atoms], edges, now - LEAST_GAIN)
        if found is None:
            return False
        parts = (
            [atom for atom, left in zip(atoms, found) if left],
            [atom for atom, left in zip(atoms, found) if not left],
        )
        if len(set(parts[0]) & set(self.atoms[one])) < len(set(parts[1]) & set(self.atoms[one])):
            parts = parts[1], parts[0]
        for of, part in zip((one, two), parts):
            self.atoms[of] = sorted(part)
            self.total[of] = sum(self.size[atom] for atom in self.atoms[of])
            for atom in part:
                self.grid[atom] = of
        return True


def _best_division(size: list[float], edges: list[tuple[float, int, int]], below: float) -> list[bool] | None:
    """The side of each atom in the cheapest division that a spanning tree offers; None if none costs below a limit."""
    order, above = _tree(len(size), edges)
    whole = sum(size)
    if len(order) < len(size):
        return None
    under = size[:]
    inside: list[int] = [1 << row for row in range(len(size))]
    for row in reversed(order[1:]):
        under[above[row]] += under[row]
        inside[above[row]] |= inside[row]
    best, found = below, 0
    for row in order[1:]:
        part = under[row]
        if not (LOW <= part <= MOST or LOW <= whole - part <= MOST):
            continue
        cost = price_size(part) + price_size(whole - part)
        if cost >= best:
            continue
        mask = inside[row]
        cost += sum(price for price, a, b in edges if (mask >> a ^ mask >> b) & 1)
        if cost < best:
            best, found = cost, mask
    return None if not found else [bool(found >> row & 1) for row in range(len(size))]


def _tree(count: int, edges: list[tuple[float, int, int]]) -> tuple[list[int], list[int]]:
    """A spanning tree that takes the dearest borders first: rows from the root on, and what each one hangs on."""
    root = list(range(count))

    def find(row: int) -> int:
        while root[row] != row:
            root[row] = root[root[row]]
            row = root[row]
        return row

    links: list[list[int]] = [[] for _ in range(count)]
    for _, one, two in sorted(edges, key=lambda edge: (-edge[0], edge[1], edge[2])):
        a, b = find(one), find(two)
        if a != b:
            root[a] = b
            links[one].append(two)
            links[two].append(one)
    order, above = [0], [-1] * count
    for row in order:
        for other in links[row]:
            if other != above[row]:
                above[other] = row
                order.append(other)
    return order, above
