"""Free flow and the usual speed at each hour of the week, from sums of history; where data are thin, from like roads.

Every road's week is its free flow times a curve of ratios. A road's own ratio of an hour is drawn to its own at that
hour of all such days (working days, or the others), that one to the ratio of its kind in that hour, by as many drives
as HOUR_DRIVES and PRIOR_DRIVES; the curve of a kind is drawn in turn to what its roads lose on such days at that hour,
by as much time as KIND_DAY_S and KIND_HOUR_S. So a road that few drive has the week of its kind, one that many drive
its own.

Free flow is the mean over space of the night, waits at signals included, as the speeds that are measured against it
are: a percentile of single drives, right for long stretches, lies far above every mean on an edge of twenty metres that
one passes or waits on, and would call an empty city jammed.

Source: empirical Bayes shrinkage, Efron & Morris 1975.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from location_cloud.directions.live import find_edges
from location_cloud.traffic.history import HOURS, NIGHT, Sums

NIGHT_ENOUGH = 20.0
"""Drives at night from which on free flow is read from them alone. Of fewer, drives of all hours count, each without
what its kind of road loses at that hour."""

FREE_PRIOR = 6.0
"""Drives that class and signs count in free flow. Ours."""

PRIOR_DRIVES = 6.0
"""Drives that a road's kind counts in an hour: single drives spread 0.25 about their mean, roads of a kind 0.1 about
their kind at one hour once free flow is their own: (0.25 / 0.1)^2."""

HOUR_DRIVES = 10.0
"""Drives that a road's hour of all such days counts in that of one day: days of a kind are much alike."""

KIND_DAY_S, KIND_HOUR_S = 3600.0, 600.0
"""Driving at free flow, in seconds, that like days count in a kind's hour of one day, and all hours in that of such
days: two trips are an hour, and strayed by a quarter each, days of a kind by 0.06 and hours by 0.2 about their mean.
Not counted in drives: one vehicle drives fifty edges of twenty metres in a minute, and its bad luck is one, not fifty.
"""

LEAST_RATIO, MOST_RATIO = 0.1, 1.15
"""Bounds of usual speeds beside free flow."""

DAYS = ((0, 1, 2, 3, 4), (5, 6))
"""Days that are alike, Monday = 0: a working week and a weekend, as in most cities."""


@dataclass(frozen=True, eq=False)
class Learned:
    """free_flow_kmh (edges,) float32, NaN where nothing was driven. usual_kmh (168, edges) float32, NaN where nothing
    is known of that kind of road. drives (edges,) float32 that were counted.
    """

    free_flow_kmh: NDArray[np.float32]
    usual_kmh: NDArray[np.float32]
    drives: NDArray[np.float32]


def learn_profile(
    sums: Sums,
    keys: NDArray[np.int64],
    kind: NDArray[np.int8],
    prior_kmh: NDArray[np.float32],
    length_m: NDArray[np.float64],
) -> Learned:
    """What sums of history say of a snapshot's roads.

    keys: (edges,) ascending lasting keys; kind: (edges,) kind of road, -1 = none; prior_kmh: (edges,) free flow by
    class and signs, NaN = no cars; length_m: (edges,). Roads that the snapshot does not have are passed over.
    """
    edges = len(keys)
    edge = find_edges(keys, sums.key)
    ours = edge >= 0
    edge, hour, count = edge[ours], sums.hour[ours], sums.count[ours]
    way, time = sums.way_m[ours], sums.time_s[ours]
    free, is_learned = _free_flow(edge, hour, count, way, time, kind, prior_kmh, length_m)
    # Pace beside free flow, as sums, so that a mean over many is a mean over their ways.
    with np.errstate(divide="ignore", invalid="ignore"):
        free_s = np.nan_to_num(way * 3.6 / free[edge])
    slower = _curves(kind[edge], hour, time, free_s, int(kind.max(initial=0)) + 1)
    drives = by_edge(edge, count, edges).astype(np.float32)
    usual = _weeks(edge, hour, count, time, free_s, slower, kind, free)
    return Learned(np.where(is_learned, free, np.nan).astype(np.float32), usual, drives)


def by_edge(edge: NDArray[np.int32], values: NDArray[np.float64], edges: int) -> NDArray[np.float64]:
    """The sum of the values of each edge: (edges,)."""
    return np.bincount(edge, values, minlength=edges).astype(np.float64)


def _free_flow(
    edge: NDArray[np.int32],
    hour: NDArray[np.int16],
    count: NDArray[np.float64],
    way_m: NDArray[np.float64],
    time_s: NDArray[np.float64],
    kind: NDArray[np.int8],
    prior_kmh: NDArray[np.float32],
    length_m: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Free flow of every edge, that of class and signs where nothing was driven; and where something was."""
    edges, prior = len(prior_kmh), prior_kmh.astype(np.float64)
    signed_s = np.nan_to_num(way_m * 3.6 / prior[edge])
    is_night, kinds = np.isin(hour % 24, list(NIGHT)), int(kind.max(initial=0)) + 1
    slower = _curves(kind[edge], hour, time_s, signed_s, kinds)
    group = np.maximum(kind[edge], 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        by_night = np.bincount(group, time_s * is_night, kinds) / np.bincount(group, signed_s * is_night, kinds)
        at_least = np.where(by_night > 0, by_night, np.nanmin(slower, axis=1, initial=np.inf))
    free_s = np.where(is_night, time_s, time_s * at_least[group] / slower[group, hour])
    at_night = by_edge(edge, count * is_night, edges)
    counts = (is_night | (at_night[edge] < NIGHT_ENOUGH)) & np.isfinite(free_s)
    way, time = (by_edge(edge[counts], each[counts], edges) for each in (way_m, free_s))
    is_learned = (way > 0) & ~np.isnan(prior)
    before_m = FREE_PRIOR * length_m
    found = 3.6 * (way + before_m) / (time + 3.6 * before_m / prior)
    return np.where(is_learned, found, prior), is_learned


def _curves(
    kind: NDArray[np.int8],
    hour: NDArray[np.int16],
    time_s: NDArray[np.float64],
    free_s: NDArray[np.float64],
    kinds: int,
) -> NDArray[np.float64]:
    """How many times the time at free flow each kind takes at each hour: (kinds, 168), NaN for a kind nobody drove."""
    counts = (kind >= 0) & (free_s > 0)
    place = kind[counts].astype(np.int32) * HOURS + hour[counts]
    time, free = (by_edge(place, each[counts], kinds * HOURS).reshape(kinds, 7, 24) for each in (time_s, free_s))
    slower = np.full((kinds, 7, 24), np.nan)
    with np.errstate(invalid="ignore"):
        in_all = (time.sum(axis=(1, 2)) / free.sum(axis=(1, 2)))[:, None]
    for days in (list(each) for each in DAYS):
        alike = _drawn_to(in_all, KIND_HOUR_S, time[:, days].sum(axis=1), free[:, days].sum(axis=1))
        slower[:, days] = _drawn_to(alike[:, None], KIND_DAY_S, time[:, days], free[:, days])
    return slower.reshape(kinds, HOURS)


def _drawn_to(
    mean: NDArray[np.float64], weight_s: float, time_s: NDArray[np.float64], free_s: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Time beside that at free flow where the mean ratio of their like counts as so many seconds at free flow."""
    return (time_s + weight_s * mean) / (free_s + weight_s)


def _weeks(
    edge: NDArray[np.int32],
    hour: NDArray[np.int16],
    count: NDArray[np.float64],
    time_s: NDArray[np.float64],
    free_s: NDArray[np.float64],
    slower: NDArray[np.float64],
    kind: NDArray[np.int8],
    free_kmh: NDArray[np.float64],
) -> NDArray[np.float32]:
    """The usual speeds: (168, edges), hour by hour, so that only one hour's columns are in memory as float64."""
    edges, group = len(kind), np.maximum(kind, 0)
    usual = np.empty((HOURS, edges), np.float32)
    order = np.argsort(hour, kind="stable")
    start = np.searchsorted(hour[order], np.arange(HOURS + 1))

    def totals(hours: Sequence[int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        rows = np.concatenate([order[start[each] : start[each + 1]] for each in hours])
        drives, spent, free = (by_edge(edge[rows], each[rows], edges) for each in (count, time_s, free_s))
        return drives, spent / np.maximum(free, 1e-9)

    for days in DAYS:
        for clock in range(24):
            alike = [24 * day + clock for day in days]
            alike_n, alike_ratio = totals(alike)
            for each in alike:
                mean = (alike_ratio * alike_n + slower[group, each] * PRIOR_DRIVES) / (alike_n + PRIOR_DRIVES)
                own_n, own_ratio = totals([each])
                ratio = (own_ratio * own_n + mean * HOUR_DRIVES) / (own_n + HOUR_DRIVES)
                share = np.clip(1.0 / ratio, LEAST_RATIO, MOST_RATIO)
                usual[each] = np.where(kind >= 0, free_kmh * share, np.nan)
    return usual
