"""Times until crews are there: turnout, drive, the last stretch on foot, and how far they spread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from location_cloud.spatial.measure import distance_m

WALK_KMH = 5.037
"""On a path on flat ground. Source: Tobler 1993, "Three presentations on geographical analysis and modeling", NCGIA
technical report 93-1: 6 exp(-3.5 |slope + 0.05|) km/h at slope 0."""

OFF_PATH_SHARE = 0.6
"""Of that, off paths. Source: the same report."""

DOOR_M = 50.0
"""So far from the road the ground is a yard or a pavement, walked on as on a path; ours."""

FURTHER, APART_M, MOST_STOPS = 2.0, 150.0, 5
"""Other places to stop: at most so many times as far from the place as the nearest one (and APART_M), so far from each
other, so many; ours: each costs a search."""

USUAL_P90_SHARE = 1.38
"""Nine of ten drives take at most so many times the median, while too few drives of the centre's own are known: a
lognormal spread of 0.25, exp(1.2816 * 0.25). Ours: a placeholder, told as such in every answer that uses it."""

LEAST_DRIVES = 30
"""From so many ended drives on, the spread is their own."""

MOST_DRIVES = 500
"""The newest ended drives that it is taken from."""


@dataclass(frozen=True)
class Spread:
    """Shares of the predicted drive that half, and nine of ten, drives took. drives: how many were measured; 0 = none,
    then p90 is USUAL_P90_SHARE.
    """

    p50: float
    p90: float
    drives: int

    @property
    def source(self) -> str:
        """Where the shares come from."""
        if self.drives:
            return f"{self.drives} ended drives of this centre"
        return f"assumed: lognormal, sigma 0.25; measured from {LEAST_DRIVES} ended drives on"


def walk_s(off_road_m: NDArray[np.float64] | np.float64, share: float = 1.0) -> NDArray[np.float64]:
    """Seconds on foot from where the vehicle stops, straight on, the ground flat; share: of the usual speed."""
    path_m = np.minimum(off_road_m, DOOR_M)
    return np.asarray((path_m + (off_road_m - path_m) / OFF_PATH_SHARE) * 3.6 / (WALK_KMH * share))


def choose_stops(lonlat: NDArray[np.float64], off_m: NDArray[np.float64]) -> list[int]:
    """Which of some points on roads, nearest to the place first, vehicles may stop at: not much further from the place
    than the nearest one, and apart from each other. lonlat: (n, 2) degrees; off_m: (n,) from the place.
    """
    chosen: list[int] = []
    for at in np.flatnonzero(off_m <= FURTHER * off_m[0] + APART_M).tolist():
        metres = distance_m(lonlat[chosen], lonlat[[at]]) if chosen else np.array([np.inf])
        if metres.min() >= APART_M:
            chosen.append(at)
        if len(chosen) == MOST_STOPS:
            break
    return chosen


def find_spread(drives: Sequence[tuple[float, float]]) -> Spread:
    """The spread of (predicted, driven) seconds; the usual one for fewer than LEAST_DRIVES."""
    if len(drives) < LEAST_DRIVES:
        return Spread(1.0, USUAL_P90_SHARE, 0)
    predicted, driven = np.array(drives).T
    p50, p90 = np.quantile(driven / predicted, (0.5, 0.9))
    return Spread(float(p50), float(max(p90, p50)), len(drives))


def rank(eta_ms: Sequence[int | None], names: Sequence[str]) -> list[int]:
    """Places by rising time; without a time last; ties by name, so that the order is always the same."""
    return sorted(range(len(names)), key=lambda at: (eta_ms[at] is None, eta_ms[at] or 0, names[at]))
