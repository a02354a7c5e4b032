"""The best effort over several periods for a subject who moves between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array, sparray
from scipy.sparse.linalg import LinearOperator, aslinearoperator

from location_cloud.errors import BadQuery
from location_cloud.searches.allocation import Allocation, allocate
from location_cloud.searches.cells import Floats, Ints


@dataclass(frozen=True)
class Plan:
    """An allocation for each period; pos is of all together, gap bounds what any other plan could add to it.

    The pos of a period is what it finds after those before it. undetected: (periods, cells) probability of being
    there, unfound, at each period's beginning.
    """

    periods: tuple[Allocation, ...]
    pos: float
    gap: float
    undetected: Floats


def allocate_periods(
    p: ArrayLike,
    rates: Sequence[ArrayLike],
    available: Sequence[ArrayLike],
    move: sparray | LinearOperator | Sequence[sparray | LinearOperator],
    gap: float = 1e-4,
    rounds: int = 100,
    place: Ints | None = None,
) -> Plan:
    """Effort for each period so that the chance of finding a moving subject in any of them is greatest.

    p: (cells,) at the first period's beginning. rates, available: for each period as of `allocate`, of the places that
    are searched. move: (cells, cells) sparse or a linear operator, row i = where a subject in cell i is one period
    later; one for all or one between each two; rows may add up to less than 1, the rest has left the area. gap:
    relative to the sum of p. rounds: forward-backward passes. place: (cells,) that each cell belongs to, whose coverage
    is the same all over it; -1 = none, nobody searches there; None = each cell is a place.

    Raises BadQuery for shapes that do not fit. Source: Brown 1980, Operations Research 28:1275; Washburn 1983 (FAB):
    each period in turn is allocated for reach x survive, what arrives unfound times what later periods would miss.
    """
    start = np.asarray(p, np.float64).ravel()
    count = len(rates)
    given = [move] * (count - 1) if isinstance(move, sparray | LinearOperator) else list(move)
    moves = [each if isinstance(each, LinearOperator) else aslinearoperator(csr_array(each)) for each in given]
    places = _Places(np.arange(len(start)) if place is None else np.asarray(place, np.int64))
    if not count or len(available) != count or len(moves) != count - 1:
        raise BadQuery(f"{count} periods need as many efforts and {count - 1} moves between them")
    if any(each.shape != (len(start), len(start)) for each in moves):
        raise BadQuery(f"a move must be a matrix of {len(start)} x {len(start)} cells")
    if len(places.of) != len(start):
        raise BadQuery(f"place names {len(places.of)} cells of {len(start)}")
    covered = np.zeros((count, len(start)))
    for _ in range(max(rounds, 1)):
        survive = _survive(covered, moves)
        reach = start
        done: list[Allocation] = []
        for period in range(count):
            chance = places.sums(reach * survive[period], len(np.asarray(rates[period])))
            found = allocate(chance, rates[period], available[period], gap / (1000 * count))
            done.append(found)
            covered[period] = places.spread(found.coverage)
            if period < count - 1:
                reach = moves[period].rmatvec(reach * np.exp(-covered[period]))
        plan = _told(start, rates, available, moves, done, places)
        if plan.gap <= gap * start.sum():
            break
    return plan


@dataclass(frozen=True)
class _Places:
    """Which place each cell belongs to, -1 = none."""

    of: Ints

    def sums(self, values: Floats, count: int) -> Floats:
        """(places,) sums over each place's cells. Raises BadQuery if there are not so many places."""
        if self.of.max(initial=-1) >= count:
            raise BadQuery(f"cells belong to {self.of.max() + 1} places, but there are rates of {count}")
        return np.asarray(np.bincount(self.of + 1, values, count + 1)[1:], np.float64)

    def spread(self, values: Floats) -> Floats:
        """(cells,) the value of each cell's place, 0 outside of them."""
        return np.append(values, 0.0)[self.of]


def _survive(covered: Floats, moves: Sequence[LinearOperator]) -> Floats:
    """(periods, cells) chance that a subject there in a period is missed by all later ones, or leaves."""
    survive = np.ones_like(covered)
    for period in range(len(covered) - 2, -1, -1):
        found = 1 - survive[period + 1] * np.exp(-covered[period + 1])  # who leaves is never found
        survive[period] = 1 - moves[period].matvec(found)
    return survive


def _told(
    start: Floats,
    rates: Sequence[ArrayLike],
    available: Sequence[ArrayLike],
    moves: Sequence[LinearOperator],
    found: Sequence[Allocation],
    places: _Places,
) -> Plan:
    covered = np.array([places.spread(each.coverage) for each in found])
    survive = _survive(covered, moves)
    reach, undetected, gap = start, [], 0.0
    periods = []
    for period, each in enumerate(found):
        undetected.append(reach)
        rate = np.asarray(rates[period], np.float64).reshape(len(each.coverage), -1)
        there_is = np.asarray(available[period], np.float64).ravel()
        gain = places.sums(reach * survive[period] * np.exp(-covered[period]), len(rate))[:, None] * rate
        marginal = gain.max(axis=0, initial=0.0)
        own = max(float((there_is * marginal).sum() - (gain * each.effort).sum()), 0.0)
        gap += own
        pos = float((reach * -np.expm1(-covered[period])).sum())
        periods.append(Allocation(each.effort, each.coverage, pos, own, marginal))
        if period < len(moves):
            reach = moves[period].rmatvec(reach * np.exp(-covered[period]))
    return Plan(tuple(periods), sum(each.pos for each in periods), gap, np.array(undetected))
