"""Where units should stand so that as much as possible is near one: maximal covering, exact with a bound, or greedy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import scipy.sparse
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, linear_sum_assignment, milp

Bools: TypeAlias = NDArray[np.bool_]
Floats: TypeAlias = NDArray[np.float64]

MOST_SWAPS = 200
"""Exchanges of one site that the greedy way tries to improve by."""


@dataclass(frozen=True)
class Cover:
    """Chosen sites and the weight that they cover.

    status: optimal = nothing covers more; feasible = the time was over, nothing covers more than `bound`; heuristic =
    greedy with exchanges, `bound` is what all sites together cover, or the solver proved.
    """

    sites: tuple[int, ...]
    covered: float
    bound: float
    status: Literal["optimal", "feasible", "heuristic"]


def find_cover(covers: Bools, weight: Floats, count: int, seconds: float) -> Cover:
    """The `count` sites that cover the most weight. covers: (demands, sites). weight: (demands,) >= 0.

    seconds: that the exact way may take; what it has found by then is told, or the greedy way's where it found less.
    Source: Church, ReVelle 1974, "The maximal covering location problem", solved by HiGHS (scipy.optimize.milp).
    """
    sites = covers.shape[1]
    count = min(count, sites)
    reachable = np.flatnonzero(covers.any(axis=1) & (weight > 0))
    bound = float(weight[reachable].sum())
    if not count or not len(reachable):
        return Cover(tuple(range(count)), 0.0, 0.0, "optimal")
    # Demands that the same sites cover are one; that makes cells of a city a third.
    rows, group = np.unique(covers[reachable], axis=0, return_inverse=True)
    weights = np.bincount(group.ravel(), weight[reachable], len(rows)).astype(np.float64)
    greedy = _greedy(rows, weights, count)
    ground, open_ = len(rows), sites
    matrix = scipy.sparse.hstack([-scipy.sparse.eye(ground), scipy.sparse.csr_matrix(rows.astype(np.float64))])
    at_most = scipy.sparse.csr_matrix(np.concatenate([np.zeros(ground), np.ones(open_)])[None, :])
    found = milp(
        -np.concatenate([weights, np.zeros(open_)]),
        constraints=[LinearConstraint(matrix, 0.0, np.inf), LinearConstraint(at_most, 0.0, count)],
        integrality=np.concatenate([np.zeros(ground), np.ones(open_)]),
        bounds=Bounds(0.0, 1.0),
        options={"time_limit": seconds, "mip_rel_gap": 0.0},
    )
    if found.mip_dual_bound is not None and np.isfinite(found.mip_dual_bound):
        bound = min(bound, -float(found.mip_dual_bound))
    if found.x is None:
        return Cover(greedy, _covered(rows, weights, greedy), bound, "heuristic")
    chosen = tuple(np.flatnonzero(found.x[ground:] > 0.5).tolist())
    if found.status == 0:
        covered = _covered(rows, weights, chosen)
        return Cover(_filled(chosen, sites, count), covered, covered, "optimal")
    if _covered(rows, weights, greedy) >= _covered(rows, weights, chosen):
        return Cover(greedy, _covered(rows, weights, greedy), bound, "heuristic")
    return Cover(_filled(chosen, sites, count), _covered(rows, weights, chosen), bound, "feasible")


def find_greedy_cover(covers: Bools, weight: Floats, count: int) -> Cover:
    """The same by taking the site that adds most, again and again, then exchanging one as long as that helps."""
    chosen = _greedy(covers, weight, min(count, covers.shape[1]))
    bound = float(weight[covers.any(axis=1)].sum())
    return Cover(chosen, _covered(covers, weight, chosen), bound, "heuristic")


def choose_keeping(
    covers: Bools, weight: Floats, candidates: Sequence[int], count: int
) -> tuple[list[int], float, float]:
    """Which units to send so that what is left covers most: (their places, weight covered before, and after).

    covers: (demands, units) of all that are free. candidates: places of units that may be sent, the best first: of
    equal ones the earlier is taken. One after another, which for the few that are sent loses nothing that counts.
    """
    times = covers.sum(axis=1)
    before = float(weight[times > 0].sum())
    left, chosen = list(candidates), []
    for _ in range(min(count, len(left))):
        losses = [float(weight[covers[:, at] & (times == 1)].sum()) for at in left]
        at = left.pop(int(np.argmin(losses)))
        times = times - covers[:, at]
        chosen.append(at)
    return chosen, before, float(weight[times > 0].sum())


def assign(cost_s: Floats) -> list[tuple[int, int]]:
    """(unit, site) pairs of least total cost, (units, sites) seconds, inf = no way; one site a unit."""
    barred = np.where(np.isfinite(cost_s), cost_s, 1e9)
    rows, columns = linear_sum_assignment(barred)
    return [(row, column) for row, column in zip(rows.tolist(), columns.tolist()) if np.isfinite(cost_s[row, column])]


def _greedy(covers: Bools, weight: Floats, count: int) -> tuple[int, ...]:
    values = covers.astype(np.float64)
    times = np.zeros(len(covers), np.int64)
    chosen: list[int] = []
    for _ in range(count):
        gain = (weight * (times == 0)) @ values
        gain[chosen] = -1.0
        chosen.append(int(np.argmax(gain)))
        times += covers[:, chosen[-1]]
    for _ in range(MOST_SWAPS):
        best, exchange = 1e-9, None
        for place, site in enumerate(chosen):
            without = times - covers[:, site]
            gain = (weight * (without == 0)) @ values
            gain -= gain[site]
            gain[chosen] = -1.0
            other = int(np.argmax(gain))
            if gain[other] > best:
                best, exchange = float(gain[other]), (place, other)
        if exchange is None:
            break
        times += covers[:, exchange[1]].astype(np.int64) - covers[:, chosen[exchange[0]]]
        chosen[exchange[0]] = exchange[1]
    return tuple(sorted(chosen))


def _covered(covers: Bools, weight: Floats, chosen: Sequence[int]) -> float:
    return float(weight[covers[:, list(chosen)].any(axis=1)].sum()) if chosen else 0.0


def _filled(chosen: tuple[int, ...], sites: int, count: int) -> tuple[int, ...]:
    """Chosen sites, and the first of the others until there are enough: units that are not needed wait somewhere."""
    more = [site for site in range(sites) if site not in chosen]
    return tuple(sorted([*chosen, *more[: count - len(chosen)]]))
