"""What an archive of drives says of every road and hour, as sums that add up whatever piece they were made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from location_cloud.traffic.evidence import LEAST_M, MOST_KMH

HOURS = 168
NIGHT = frozenset((22, 23, 0, 1, 2, 3, 4, 5))
"""Hours of the day with little traffic: what free flow is read from. Source: FHWA, Urban Congestion Report, which takes
weekends' days as well; those are busy in Chinese cities."""

SLOT_S = 900
"""How finely a day is followed to learn how fast the unusual fades."""

STOP_SHARE, STOP_S = 6.0, 45.0
"""A drive of more than six times what is expected at free flow, waits at signals included, and half a long cycle of
signals beyond, held a stop: an hour's mean over edges of twenty metres is made by the few who parked there."""


@dataclass(frozen=True, eq=False)
class Sums:
    """Sums by road and hour of the week, ascending, each pair once; n rows.

    key (n,) int64 lasting key of the edge (directions.live). hour (n,) int16, Monday 00:00 first.
    count (n,) float64 drives, each as the share of the edge that was driven; way_m, time_s (n,) float64.
    """

    key: NDArray[np.int64]
    hour: NDArray[np.int16]
    count: NDArray[np.float64]
    way_m: NDArray[np.float64]
    time_s: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Days:
    """The same by road and quarter of an hour since 1970: key (n,), slot (n,) int64, way_m, time_s (n,) float64."""

    key: NDArray[np.int64]
    slot: NDArray[np.int64]
    way_m: NDArray[np.float64]
    time_s: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Part:
    """What one file of an archive says. fixes: read; drives: counted; is_simulated: whether one of them was."""

    sums: Sums
    days: Days
    fixes: int
    drives: int
    is_simulated: bool


@dataclass(frozen=True, eq=False)
class Driven:
    """Matched drives, n rows: key (n,) int64; way_m, time_s, share (n,) float64, share of the edge; begin_s unix
    seconds; hour (n,) int16 of the week, on the city's clock.
    """

    key: NDArray[np.int64]
    way_m: NDArray[np.float64]
    time_s: NDArray[np.float64]
    share: NDArray[np.float64]
    begin_s: NDArray[np.float64]
    hour: NDArray[np.int16]


def count_drives(driven: Driven, expected_s: NDArray[np.float64]) -> tuple[Sums, Days]:
    """The sums of some drives. expected_s: (n,) seconds that each is expected to take at free flow.

    Drives that held a stop, and pieces too short or too fast to be true, are left out.
    """
    counts = (driven.way_m >= LEAST_M) & (driven.time_s > 0) & (driven.way_m * 3.6 <= driven.time_s * MOST_KMH)
    counts &= driven.time_s <= STOP_SHARE * expected_s + STOP_S
    key, hour = driven.key[counts], driven.hour[counts]
    way, time, share = driven.way_m[counts], driven.time_s[counts], driven.share[counts]
    sums = add_sums([Sums(key, hour, share, way, time)])
    slot = (driven.begin_s[counts] // SLOT_S).astype(np.int64)
    (day_key, day_slot), totals = _grouped((key, slot), [way, time])
    return sums, Days(day_key, day_slot, *totals)


def add_sums(parts: Sequence[Sums]) -> Sums:
    """The sums of all parts together: the same in whatever order and grouping they are added, but for rounding."""
    keys, hours = (np.concatenate([getattr(part, name) for part in parts]) for name in ("key", "hour"))
    values = [np.concatenate([getattr(part, name) for part in parts]) for name in ("count", "way_m", "time_s")]
    (key, hour), totals = _grouped((keys, hours), values)
    return Sums(key, hour, *totals)


def no_sums() -> Sums:
    """The sums of nothing."""
    none = np.empty(0)
    return Sums(np.empty(0, np.int64), np.empty(0, np.int16), none, none, none)


def join_days(days: Sequence[Days]) -> Days:
    """Several days as one; pieces of one quarter of an hour stay apart, where files were cut."""
    empty = Days(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0), np.empty(0))
    names = ("key", "slot", "way_m", "time_s")
    return Days(*(np.concatenate([getattr(day, name) for day in (empty, *days)]) for name in names))


def lag_sums(
    days: Days,
    keys: NDArray[np.int64],
    kind: NDArray[np.int8],
    usual_kmh: NDArray[np.float32],
    hours: NDArray[np.int16],
) -> NDArray[np.float64]:
    """How what is unusual in one quarter of an hour goes with the next: (kinds, 2) sums of d(t) d(t + 1) and d(t)^2.

    d = log(usual time / time). keys: (edges,) ascending; kind: (edges,); usual_kmh: (168, edges), NaN = not known;
    hours: (n,) hour of the week of each row of `days`. Add up over all parts, then `decay_of`.
    """
    edge = np.minimum(np.searchsorted(keys, days.key), max(len(keys) - 1, 0))
    totals = np.zeros((int(kind.max(initial=0)) + 1, 2))
    if not len(days.key):
        return totals
    usual = usual_kmh[hours, edge]
    away = np.log(days.way_m / days.time_s * 3.6 / usual)
    counts = (keys[edge] == days.key) & np.isfinite(away) & (kind[edge] >= 0)
    edge, slot, away = edge[counts], days.slot[counts], np.clip(away[counts], -2.0, 2.0)
    follows = np.flatnonzero((edge[1:] == edge[:-1]) & (slot[1:] == slot[:-1] + 1))
    kinds = kind[edge[follows]]
    for place, product in enumerate((away[follows] * away[follows + 1], away[follows] ** 2)):
        totals[:, place] = np.bincount(kinds, product, minlength=len(totals))
    return totals


def decay_of(lags: NDArray[np.float64], otherwise_s: float) -> NDArray[np.float64]:
    """The time in which the unusual fades to 1/e, by kind: (kinds,) seconds.

    The regression d(t + 1) = b d(t) through the origin gives b = exp(-SLOT_S / tau). Few samples are drawn to
    `otherwise_s`; noise of single drives makes b too small, so tau errs to the short side.
    Source: Box, Jenkins 1970, AR(1); ridge towards a prior: Hoerl, Kennard 1970.
    """
    before, prior = 5.0, np.exp(-SLOT_S / otherwise_s)
    slope = (lags[:, 0] + before * prior) / (lags[:, 1] + before)
    return np.asarray(-SLOT_S / np.log(np.clip(slope, 0.3, 0.95)))


def _grouped(
    names: tuple[NDArray[Any], NDArray[Any]], values: Sequence[NDArray[np.float64]]
) -> tuple[tuple[NDArray[Any], NDArray[Any]], list[NDArray[np.float64]]]:
    """Each pair of names once, ascending, with the sums of its values."""
    if not len(names[0]):
        return names, list(values)
    order = np.lexsort(names[::-1])
    one, other = names[0][order], names[1][order]
    begins = np.ones(len(one), bool)
    begins[1:] = (one[1:] != one[:-1]) | (other[1:] != other[:-1])
    first = np.flatnonzero(begins)
    return (one[first], other[first]), [np.add.reduceat(each[order], first) for each in values]
