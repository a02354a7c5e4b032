"""Where a track stood still, and where it fell silent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.ndimage import maximum_filter1d, minimum_filter1d

from location_cloud.patrols.cleaning import GAP_S, Track
from location_cloud.patrols.model import Floats
from location_cloud.patrols.plane import M_PER_DEGREE

STAY_S = 300.0
"""Who keeps within SPREAD_M for five minutes has stopped, and does not wait for a light."""

SPREAD_M = 60.0
"""East to west, and north to south: a stop under trees is spread out so far by its own fixes."""

STEP_S = 5.0


@dataclass(frozen=True)
class Stay:
    """A stop. Times in unix seconds; lonlat: the middle of its fixes, degrees."""

    begin_s: float
    end_s: float
    lonlat: tuple[float, float]


@dataclass(frozen=True)
class Gap:
    """A time of which the track does not tell. distance_m: from where it fell silent to where it went on; None at the
    beginning and at the end of a shift. kind: silence, or a jump within GAP_S.
    """

    begin_s: float
    end_s: float
    distance_m: float | None
    kind: Literal["silence", "jump"]


def find_stays(track: Track) -> list[Stay]:
    """Stops of at least STAY_S, in order. Takes 3 ms for a shift."""
    edges = np.flatnonzero(np.diff(track.part)) + 1
    begins, ends = np.r_[0, edges][: len(track)], np.r_[edges, len(track)]
    found: list[Stay] = []
    for begin, end in zip(begins.tolist(), ends.tolist()):
        time_s = track.walked.time_s[begin:end]
        if len(time_s) > 1 and time_s[-1] - time_s[0] >= STAY_S:
            found += _stays_of(time_s, track.xy_m[begin:end], track.origin)
    return found


def _stays_of(time_s: Floats, xy_m: Floats, origin: tuple[float, float]) -> list[Stay]:
    """As `find_stays` for one piece: wherever a window of STAY_S spreads no further than SPREAD_M, joined windows."""
    even_s = np.arange(time_s[0], time_s[-1], STEP_S)
    xy = np.column_stack([np.interp(even_s, time_s, xy_m[:, axis]) for axis in (0, 1)])
    size = int(STAY_S / STEP_S) + 1
    if len(xy) < size:
        return []
    spread = maximum_filter1d(xy, size, axis=0) - minimum_filter1d(xy, size, axis=0)
    half = size // 2
    is_middle = (spread <= SPREAD_M).all(axis=1)
    is_middle[:half] = is_middle[len(xy) - (size - 1 - half) :] = False  # windows that reach beyond the piece
    covered = np.zeros(len(xy) + 1, np.int64)
    middles = np.flatnonzero(is_middle)
    np.add.at(covered, middles - half, 1)
    np.add.at(covered, middles + size - half, -1)
    change = np.flatnonzero(np.diff(np.r_[0, np.cumsum(covered)[:-1] > 0, 0]))
    stays = []
    for first, after in zip(change[::2].tolist(), change[1::2].tolist()):
        east, north = xy[first:after].mean(axis=0).tolist()
        lat = origin[1] + north / M_PER_DEGREE
        lon = origin[0] + east / (M_PER_DEGREE * float(np.cos(np.radians(origin[1]))))
        stays.append(Stay(float(even_s[first]), float(even_s[after - 1]), ((lon + 180.0) % 360.0 - 180.0, lat)))
    return stays


def find_gaps(track: Track, begin_s: float, end_s: float) -> list[Gap]:
    """Times between two moments of which the track does not tell, in order."""
    time_s = track.walked.time_s
    if not len(track):
        return [Gap(begin_s, end_s, None, "silence")] if end_s - begin_s > GAP_S else []
    found = []
    if time_s[0] - begin_s > GAP_S:
        found.append(Gap(begin_s, float(time_s[0]), None, "silence"))
    for at in np.flatnonzero(~track.is_joined).tolist():
        before, after = float(time_s[at]), float(time_s[at + 1])
        kind: Literal["silence", "jump"] = "silence" if after - before > GAP_S else "jump"
        found.append(Gap(before, after, float(np.hypot(*(track.xy_m[at + 1] - track.xy_m[at]))), kind))
    if end_s - time_s[-1] > GAP_S:
        found.append(Gap(float(time_s[-1]), end_s, None, "silence"))
    return found
