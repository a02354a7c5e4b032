"""A patrol's fixes made fit to be counted: what cannot be true is left out, and where the track breaks is marked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from location_cloud.patrols.model import Bools, Floats, Ints, Walked
from location_cloud.patrols.plane import as_plane, origin_of

MOST_ACCURACY_M = 100.0
"""A fix that says it is off by more tells nothing of cells of 43 x 62 m."""

GAP_S = 120.0
"""A longer silence breaks the track: where somebody was meanwhile is not known. 24 fixes of a usual tracker."""

JUMP_M = 300.0
"""A longer step from one fix to the next breaks it, too: at walking pace it is a silence of four minutes."""

SPIKES = 3
"""Wild fixes in a row that are left out where the one after them goes on from the one before."""


@dataclass(frozen=True, eq=False)
class Track:
    """A cleaned track. part: (n,) number of the piece that a fix belongs to, rising. xy_m: (n, 2) on a plane around
    `origin`. inaccurate, repeated, wild: how many fixes were left out for what.
    """

    walked: Walked
    part: Ints
    xy_m: Floats
    origin: tuple[float, float]
    inaccurate: int = 0
    repeated: int = 0
    wild: int = 0

    def __len__(self) -> int:
        return len(self.walked)

    @property
    def is_joined(self) -> Bools:
        """(n - 1,) whether a fix and the next one are of one piece."""
        return np.asarray(self.part[1:] == self.part[:-1])

    @property
    def steps_s(self) -> Floats:
        """(n - 1,) seconds from each fix to the next."""
        return np.diff(self.walked.time_s)

    @property
    def steps_m(self) -> Floats:
        """(n - 1,) metres from each fix to the next."""
        step = np.diff(self.xy_m, axis=0)
        return np.hypot(step[:, 0], step[:, 1])

    @property
    def length_m(self) -> float:
        """Of all pieces."""
        return float(self.steps_m[self.is_joined].sum())


def clean(walked: Walked, most_kmh: float) -> Track:
    """The track without inaccurate, repeated and wild fixes, cut at gaps.

    walked: in any order. most_kmh: faster than that nobody moves; a fix is wild if it is only reached, and only left,
    faster, and those around it go on without it. Takes 2 ms for 6,000 fixes.
    """
    with np.errstate(invalid="ignore"):
        is_accurate = ~(walked.accuracy_m > MOST_ACCURACY_M)
    kept = walked.take(is_accurate)
    kept = kept.take(np.argsort(kept.time_s, kind="stable"))
    is_new = np.r_[True, np.diff(kept.time_s) > 0][: len(kept)]
    inaccurate, repeated = len(walked) - len(kept), int((~is_new).sum())
    kept = kept.take(is_new)
    before = len(kept)
    for run in range(1, SPIKES + 1):
        kept = kept.take(~_is_wild(kept, most_kmh / 3.6, run))
    origin = origin_of(kept.lonlat) if len(kept) else (0.0, 0.0)
    xy_m = as_plane(kept.lonlat, origin)
    part = np.zeros(len(kept), np.int64)
    if len(kept) > 1:
        step_m = np.hypot(*np.diff(xy_m, axis=0).T)
        part[1:] = np.cumsum((np.diff(kept.time_s) > GAP_S) | (step_m > JUMP_M))
    return Track(kept, part, xy_m, origin, inaccurate, repeated, before - len(kept))


def _is_wild(walked: Walked, most_mps: float, run: int) -> Bools:
    """Which fixes are of a run of so many wild ones."""
    count = len(walked)
    wild = np.zeros(count, np.bool_)
    if count < run + 2:
        return wild
    xy_m, time_s = as_plane(walked.lonlat, origin_of(walked.lonlat)), walked.time_s
    too_fast = np.hypot(*np.diff(xy_m, axis=0).T) > most_mps * np.diff(time_s)
    over = xy_m[run + 1 :] - xy_m[: -run - 1]
    goes_on = np.hypot(over[:, 0], over[:, 1]) <= most_mps * (time_s[run + 1 :] - time_s[: -run - 1])
    begins = too_fast[: count - run - 1] & too_fast[run:] & goes_on
    for each in range(run):
        wild[1 + each : 1 + each + len(begins)] |= begins
    return wild
