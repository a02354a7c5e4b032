"""From fixes of an archive to sums of history: put into tracks, matched to roads, counted by road and hour."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo

import numpy as np
from numpy.typing import NDArray

from location_cloud.traffic.archive import Told
from location_cloud.traffic.history import Driven, Part, add_sums, count_drives, join_days, no_sums
from routing.match import match_tracks
from routing.match_network import MatchNetwork
from routing.match_result import Traversals

HOUR_S = 3600


@dataclass(frozen=True, eq=False)
class City:
    """What drives are learned on. network: to match on. keys: (edges,) int64 lasting keys, ascending. length_m,
    expected_s: (edges,) float64 metres, seconds at free flow, NaN = no cars. kind: (edges,) int8 kind of road, -1 =
    none. zone: of the city's clocks.
    """

    network: MatchNetwork
    keys: NDArray[np.int64]
    length_m: NDArray[np.float64]
    expected_s: NDArray[np.float64]
    kind: NDArray[np.int8]
    zone: tzinfo


def learn_fixes(pieces: Iterable[Told], city: City, threads: int = 1) -> Part:
    """What the fixes of one file, or one span of the store, say. threads: that share the matching."""
    sums, days, fixes, drives, is_simulated = no_sums(), [], 0, 0, False
    for told in pieces:
        traversals = match_told(told, city.network, threads)
        driven, expected_s = as_driven(traversals, city)
        more, day = count_drives(driven, expected_s)
        sums = add_sums([sums, more])
        days.append(day)
        fixes, drives = fixes + len(told), drives + len(driven.key)
        is_simulated |= bool(told.is_simulated.any())
    return Part(sums, join_days(days), fixes, drives, is_simulated)


def match_told(told: Told, network: MatchNetwork, threads: int = 1) -> Traversals:
    """The edges that the vehicles drove; what cannot be a fix (no number, off the globe, at 0, 0) is left out."""
    device = np.unique(told.device, return_inverse=True)[1].reshape(-1)
    lonlat = told.lonlat
    with np.errstate(invalid="ignore"):
        counts = np.isfinite(told.time_s) & (np.abs(lonlat[:, 0]) <= 180) & (np.abs(lonlat[:, 1]) <= 90)
        counts &= (np.abs(lonlat) > 1e-6).any(axis=1)
    order = np.lexsort([told.time_s, device])
    order = order[counts[order]]
    device, time_s = device[order], told.time_s[order]
    again = np.zeros(len(order), bool)
    again[1:] = (device[1:] == device[:-1]) & (time_s[1:] == time_s[:-1])
    order, device = order[~again], device[~again]
    start = np.concatenate([np.flatnonzero(np.diff(device, prepend=-1)), [len(device)]])
    return match_tracks(
        network,
        start,
        lonlat[order],
        told.time_s[order],
        told.accuracy_m[order],
        told.heading_deg[order],
        told.speed_kmh[order],
        threads=threads,
    ).traversals


def as_driven(traversals: Traversals, city: City) -> tuple[Driven, NDArray[np.float64]]:
    """Matched drives by lasting key and the city's clock; and the seconds that each is expected to take."""
    edge = traversals.edge
    share = (traversals.to_fraction - traversals.from_fraction).astype(np.float64)
    usual_s = city.expected_s[edge]
    counts = (share > 0) & (usual_s > 0)
    edge, share, usual_s = edge[counts], share[counts], usual_s[counts]
    enter_s = traversals.enter_s[counts]
    driven = Driven(
        city.keys[edge],
        share * city.length_m[edge],
        traversals.leave_s[counts] - enter_s,
        share,
        enter_s,
        hours_of_week(enter_s, city.zone),
    )
    return driven, share * usual_s


def hours_of_week(time_s: NDArray[np.float64], zone: tzinfo) -> NDArray[np.int16]:
    """The hour of the week, Monday 00:00 = 0, on the clocks of a zone: (n,) int16.

    Each hour that occurs is looked up once; clocks of half an hour's offset change within one, so quarters are taken.
    """
    quarters, place = np.unique(np.floor(time_s / 900.0).astype(np.int64), return_inverse=True)
    moments = [datetime.fromtimestamp(int(quarter) * 900, zone) for quarter in quarters.tolist()]
    hours = np.array([moment.weekday() * 24 + moment.hour for moment in moments], np.int16)
    return hours[place.reshape(-1)] if len(hours) else np.empty(0, np.int16)
