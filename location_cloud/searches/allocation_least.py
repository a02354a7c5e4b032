"""Search effort in assignments that are worth the walk: none shorter than a least time, and as good as one finds so."""

from __future__ import annotations

import numpy as np

from location_cloud.searches.allocation import allocate, duality_gap
from location_cloud.searches.cells import Bools, Floats, Ints

SWEEPS = 3
"""Rounds over all resources, each shared out anew beside the others; a third adds some tenths of a percent."""

BETTER = 1e-5
"""In parts of the success so far: sweeps end where one adds less."""


def allocate_least(p: Floats, rate: Floats, available: Floats, least: float, gap: float = 1e-4) -> tuple[Floats, float]:
    """(cells, resources) effort, each 0 or at least `least`, whose chance of success is as great as this finds; and how
    much no other plan can add, of assignments of any length.

    p, rate, available, gap as of `allocation.allocate`. A resource that has less than `least` stays at 0. The exact
    optimum of whole assignments is NP-hard.
    """
    best = allocate(p, rate, available, gap)
    if not ((best.effort > 0) & (best.effort < least)).any():
        return best.effort, best.gap
    begun = [np.where(best.effort < least, 0.0, best.effort), np.zeros_like(rate)]
    found = [_polished(p, rate, available, least, gap, _swept(p, rate, available, least, each)) for each in begun]
    effort = max(found, key=lambda each: _success(p, rate, each))
    short = best.pos + best.gap - _success(p, rate, effort)
    return effort, max(min(short, duality_gap(p, rate, available, effort)), 0.0)


def _success(p: Floats, rate: Floats, effort: Floats) -> float:
    return float((p * -np.expm1(-(rate * effort).sum(axis=1))).sum())


def _swept(p: Floats, rate: Floats, available: Floats, least: float, begun: Floats) -> Floats:
    """Each resource in turn is shared out as is best beside the others, those that can do most first."""
    effort, success = begun.copy(), 0.0
    for _ in range(SWEEPS):
        for r in np.argsort(-(rate * p[:, None]).max(axis=0, initial=0.0) * available, kind="stable").tolist():
            effort[:, r] = 0.0
            beside = np.exp(-(rate * effort).sum(axis=1))
            effort[:, r] = _one(p * beside, rate[:, r], float(available[r]), least)
        found = _success(p, rate, effort)
        if found <= success * (1 + BETTER):
            break
        success = found
    return effort


def _polished(p: Floats, rate: Floats, available: Floats, least: float, gap: float, effort: Floats) -> Floats:
    """The best effort of all that have the same assignments: beyond its least, each is shared out as usual."""
    is_sent: Bools = effort > 0
    sure = np.where(is_sent, least, 0.0)
    left = p * np.exp(-(rate * sure).sum(axis=1))
    more = np.maximum(available - sure.sum(axis=0), 0.0)
    found: Floats = sure + allocate(left, np.where(is_sent, rate, 0.0), more, gap).effort
    return found if _success(p, rate, found) > _success(p, rate, effort) else effort


def _one(p: Floats, rate: Floats, available: float, least: float) -> Floats:
    """The effort of one resource: the cells where its first `least` is worth most, so many of them as is best."""
    worth = p * -np.expm1(-rate * least)
    ranked = np.argsort(-worth, kind="stable")[: np.count_nonzero(worth > 0)]
    most = min(len(ranked), int(available / least + 1e-9))
    if most == 0:
        return np.zeros_like(p)
    tried: dict[int, tuple[float, Floats]] = {}

    def success(count: int) -> float:
        if count not in tried:
            effort = _spread(p, rate, available, least, ranked[:count])
            tried[count] = float((p * -np.expm1(-rate * effort)).sum()), effort
        return tried[count][0]

    low, high = 1, most  # success rises with the count, and falls where cells are added that are worth less
    while high - low > 2:
        third = (high - low) // 3
        if success(low + third) < success(high - third):
            low += third
        else:
            high -= third
    return tried[max(range(low, high + 1), key=success)][1]


def _spread(p: Floats, rate: Floats, available: float, least: float, cells: Ints) -> Floats:
    """`least` for each of the cells, and what is left where it adds most."""
    effort = np.zeros_like(p)
    left = max(available - least * len(cells), 0.0)
    effort[cells] = least + allocate(p[cells] * np.exp(-rate[cells] * least), rate[cells], left).effort[:, 0]
    return effort
