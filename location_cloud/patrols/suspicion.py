"""What in a track a person should look at: each doubt with its reason and evidence, never a verdict.

Every one of these happens to honest people, too - a lift in a car, a receiver that stands still, two who walk
together - so nothing follows from a doubt by itself: no state, no score, no refusal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, get_args

import numpy as np

from location_cloud.patrols.cleaning import GAP_S, Track
from location_cloud.patrols.model import FASTEST_KMH, Bools, Moving, Walked
from location_cloud.patrols.plane import as_plane, origin_of

Kind: TypeAlias = Literal["speed", "teleport", "identical", "straight", "even_pace", "clock", "same_track"]
KINDS: tuple[Kind, ...] = get_args(Kind)

SPEED_S = 30.0
"""A speed counts when it is kept for as long; single fixes lie by more."""
TELEPORT_M = 500.0
"""A step that is too fast for anybody and longer than what houses do to satellites."""
IDENTICAL_S = 600.0
"""Satellites give the same 1 cm for ten minutes to nobody, but receivers hold a position when they stand."""
STRAIGHT_M, STRAIGHT_FIXES, STRAIGHT_OFF_M = 300.0, 30, 0.5
"""So many fixes over so many metres within half a metre of one line: a tenth of what a phone's fixes scatter."""
EVEN_FIXES, EVEN_SHARE = 60, 0.01
"""Paces that differ by less than 1 % over so many steps; who walks differs by a tenth."""
DRIFT_S = 30.0
"""A phone's clock is set by its network; it does not wander for half a minute in a shift."""
SAME_M, SAME_S, SAME_SHARE = 10.0, 1800.0, 0.9
"""Two devices so near each other for nine tenths of the time that both tell of, half an hour at least."""


@dataclass(frozen=True)
class Doubt:
    """begin_s, end_s: unix seconds. measured, limit: in the unit of the kind. evidence: plain values."""

    kind: Kind
    reason: str
    begin_s: float
    end_s: float
    measured: float
    limit: float
    evidence: Mapping[str, Any] = field(default_factory=dict)


def find_doubts(told: Walked, track: Track, moving: Moving) -> list[Doubt]:
    """What is odd about one track, by time. told: the fixes as they came, by time; track: the same cleaned."""
    found = [
        *_speed(track, FASTEST_KMH[moving], moving),
        *_teleports(told, FASTEST_KMH[moving]),
        *_identical(told),
        *_straight(track),
        *_even_pace(track),
        *_clock(told),
    ]
    return sorted(found, key=lambda doubt: doubt.begin_s)


def find_same(one: Walked, other: Walked) -> Doubt | None:
    """Whether two tracks of different people are one: as good as together while both tell of themselves."""
    if len(one) < 2 or len(other) < 2:
        return None
    is_common = (one.time_s >= other.time_s[0]) & (one.time_s <= other.time_s[-1])
    place = np.clip(np.searchsorted(other.time_s, one.time_s), 1, len(other) - 1)
    is_common &= other.time_s[place] - other.time_s[place - 1] <= GAP_S
    time_s = one.time_s[is_common]
    common_s = float(np.minimum(np.diff(time_s), GAP_S).sum()) if len(time_s) > 1 else 0.0
    if common_s < SAME_S:
        return None
    origin = origin_of(one.lonlat)
    here, there = as_plane(one.lonlat[is_common], origin), as_plane(other.lonlat, origin)
    away = np.hypot(*(here[:, axis] - np.interp(time_s, other.time_s, there[:, axis]) for axis in (0, 1)))
    share = float((away <= SAME_M).mean())
    if share < SAME_SHARE or np.ptp(here, axis=0).max() < 10 * SAME_M:  # two who sit in one office prove nothing
        return None
    reason = "Two devices kept within 10 m of each other; two who walk together do, and one who carries both does."
    evidence = {"median_m": round(float(np.median(away)), 2), "together_s": round(common_s)}
    return Doubt("same_track", reason, float(time_s[0]), float(time_s[-1]), round(share, 3), SAME_SHARE, evidence)


def _speed(track: Track, most_kmh: float, moving: Moving) -> list[Doubt]:
    if len(track) < 2:
        return []
    step_s, step_m, joined, time_s = track.steps_s, track.steps_m, track.is_joined, track.walked.time_s
    is_fast = joined & (step_m * 3.6 > most_kmh * step_s)
    found = []
    for first, after in _runs(is_fast):
        seconds, metres = float(step_s[first:after].sum()), float(step_m[first:after].sum())
        if seconds >= SPEED_S:
            kmh = round(metres / seconds * 3.6, 1)
            reason = f"Faster than {most_kmh:g} km/h by {moving} for {seconds:.0f} s; a lift in a car looks so."
            evidence = {"distance_m": round(metres), "fixes": after - first + 1}
            found.append(Doubt("speed", reason, float(time_s[first]), float(time_s[after]), kmh, most_kmh, evidence))
    return found


def _teleports(told: Walked, most_kmh: float) -> list[Doubt]:
    if len(told) < 2:
        return []
    step_m = np.hypot(*np.diff(as_plane(told.lonlat, origin_of(told.lonlat)), axis=0).T)
    step_s = np.maximum(np.diff(told.time_s), 1e-3)
    far = np.flatnonzero((step_m > TELEPORT_M) & (step_m / step_s * 3.6 > most_kmh))
    reason = "From one place to another faster than anybody moves; a bad fix looks so, and a set position does."
    return [
        Doubt(
            "teleport",
            reason,
            float(told.time_s[at]),
            float(told.time_s[at + 1]),
            round(float(step_m[at])),
            TELEPORT_M,
            {"coordinates": told.lonlat[at : at + 2].tolist()},
        )
        for at in far.tolist()
    ]


def _identical(told: Walked) -> list[Doubt]:
    if len(told) < 2:
        return []
    is_same = (np.diff(np.rint(told.lonlat * 1e7), axis=0) == 0).all(axis=1) & (np.diff(told.time_s) <= GAP_S)
    reason = "The same position to the centimetre; a receiver that stands may hold it, and a set position does."
    found = []
    for first, after in _runs(is_same):
        seconds = float(told.time_s[after] - told.time_s[first])
        if seconds >= IDENTICAL_S:
            evidence = {"lonlat": told.lonlat[first].tolist(), "fixes": after - first + 1}
            begin_s, end_s = float(told.time_s[first]), float(told.time_s[after])
            found.append(Doubt("identical", reason, begin_s, end_s, round(seconds), IDENTICAL_S, evidence))
    return found


def _straight(track: Track) -> list[Doubt]:
    """Windows of STRAIGHT_FIXES fixes that lie on a line, joined where they overlap."""
    size, count = STRAIGHT_FIXES, len(track)
    if count < size:
        return []
    windows = np.lib.stride_tricks.sliding_window_view(track.xy_m, size, axis=0)
    middle = windows.mean(axis=2)
    xx, yy = (windows**2).mean(axis=2).T - (middle**2).T
    xy = (windows[:, 0] * windows[:, 1]).mean(axis=1) - middle[:, 0] * middle[:, 1]
    # Least variance in any direction: the smaller eigenvalue of the 2 x 2 covariance.
    across = (xx + yy) / 2 - np.sqrt(((xx - yy) / 2) ** 2 + xy**2)
    one_part = track.part[size - 1 :] == track.part[: count - size + 1]
    is_straight = one_part & (across <= STRAIGHT_OFF_M**2) & (xx + yy > 25.0**2)
    reason = "As straight as no satellite receiver draws; a drawn line looks so, and a track put on roads does."
    found = []
    for first, after in _runs(is_straight):
        last = after - 1 + size - 1
        metres = float(track.steps_m[first:last].sum())
        if metres >= STRAIGHT_M:
            evidence = {"fixes": last - first + 1, "off_m": round(float(np.sqrt(max(across[first:after].max(), 0))), 3)}
            begin_s, end_s = float(track.walked.time_s[first]), float(track.walked.time_s[last])
            found.append(Doubt("straight", reason, begin_s, end_s, round(metres), STRAIGHT_M, evidence))
    return found


def _even_pace(track: Track) -> list[Doubt]:
    size = EVEN_FIXES
    if len(track) <= size:
        return []
    speed = track.steps_m / track.steps_s
    windows = np.lib.stride_tricks.sliding_window_view(speed, size)
    mean, spread = windows.mean(axis=1), windows.std(axis=1)
    joined = np.lib.stride_tricks.sliding_window_view(track.is_joined, size).all(axis=1)
    is_even = joined & (mean > 0.3) & (spread < EVEN_SHARE * mean)
    reason = "Every step at the same pace; nobody walks so, a program does."
    found = []
    for first, after in _runs(is_even):
        last = after - 1 + size
        evidence = {"steps": last - first, "kmh": round(float(mean[first] * 3.6), 2)}
        share = round(float((spread[first:after] / mean[first:after]).max()), 5)
        begin_s, end_s = float(track.walked.time_s[first]), float(track.walked.time_s[last])
        found.append(Doubt("even_pace", reason, begin_s, end_s, share, EVEN_SHARE, evidence))
    return found


def _clock(told: Walked) -> list[Doubt]:
    """Fixes arrive after they were made; the quickest ones of each half hour tell how the clocks differ."""
    if len(told) < 20:
        return []
    delay_s = told.received_s - told.time_s
    bin_ = ((told.time_s - told.time_s[0]) // 1800.0).astype(np.int64)
    least = np.full(int(bin_[-1]) + 1, np.inf)
    np.minimum.at(least, bin_, delay_s)
    least = least[np.isfinite(least)]
    is_prompt = least < 600.0  # what was kept back for longer tells nothing of clocks
    if is_prompt.sum() < 2:
        return []
    ahead, drift = -float(least[is_prompt].min()), float(np.ptp(least[is_prompt]))
    span = float(told.time_s[0]), float(told.time_s[-1])
    evidence = {"ahead_s": round(ahead, 1), "drift_s": round(drift, 1)}
    if ahead > DRIFT_S:
        reason = "The device's clock is ahead of the server's; a clock set by hand looks so."
        return [Doubt("clock", reason, *span, round(ahead, 1), DRIFT_S, evidence)]
    if drift > DRIFT_S:
        reason = "The device's clock wanders against the server's; a slow network looks so, and a played track does."
        return [Doubt("clock", reason, *span, round(drift, 1), DRIFT_S, evidence)]
    return []


def _runs(holds: Bools) -> list[tuple[int, int]]:
    """(first, after) of each run of true ones."""
    change = np.flatnonzero(np.diff(np.r_[0, holds.astype(np.int8), 0]))
    return list(zip(change[::2].tolist(), change[1::2].tolist()))
