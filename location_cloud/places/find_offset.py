"""Places around a known one, by direction and distance, beside it, or at its gate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from location_cloud.places.found import Found
from location_cloud.places.lookup import Lookup
from location_cloud.places.model import METRES_PER_DEGREE, OSM_ACCURACY_M
from location_cloud.places.parse_offset import Offset, parse_offset
from location_cloud.spatial.measure import bearing_deg

SHARE_OF_DISTANCE = 0.35
"""Of a distance that it and its direction, one of eight, may be off: half an eighth is 0.38 rad, 95 % of it 0.36."""

MAX_LANDMARKS = 4


def find_offsets(lookup: Lookup, text: str, find: Callable[[Lookup, str], list[Found]]) -> list[Found]:
    """Places that a text asks for by another one. find: how to find that one."""
    asked = parse_offset(text)
    if asked is None:
        return []
    return [_moved(lookup, each, asked) for each in find(lookup, asked.landmark)[:MAX_LANDMARKS]]


def _moved(lookup: Lookup, landmark: Found, asked: Offset) -> Found:
    lonlat, spread_m, is_gate = _where(lookup, landmark, asked)
    return replace(
        landmark,
        kind="offset" if asked.distance_m or not is_gate else "poi",
        name=landmark.name,
        lonlat=lonlat,
        accuracy_m=OSM_ACCURACY_M + spread_m,
        precise=is_gate and landmark.score >= 0.9,
        matched=(*landmark.matched, (asked.written, "gate" if asked.is_gate else "direction and distance")),
    )


def _where(lookup: Lookup, landmark: Found, asked: Offset) -> tuple[tuple[float, float], float, bool]:
    """(position, what the words leave open in metres, whether it is a mapped gate)."""
    places, row = lookup.places, landmark.row
    if asked.is_gate and row >= 0 and asked.bearing_deg is not None:
        gates = places.access_lonlat[int(places.access_start[row]) : int(places.access_start[row + 1])]
        if len(gates):
            off = [
                abs((float(bearing_deg(landmark.lonlat, gate)[0]) - asked.bearing_deg + 180) % 360 - 180)
                for gate in gates
            ]
            best = int(np.argmin(off))
            if off[best] <= 60:
                lon, lat = gates[best].tolist()
                return (lon, lat), 10.0, True
    extent_m = landmark.accuracy_m
    if asked.distance_m:
        return (
            _at(landmark.lonlat, asked.bearing_deg or 0.0, asked.distance_m),
            (extent_m + SHARE_OF_DISTANCE * asked.distance_m),
            False,
        )
    return landmark.lonlat, extent_m + asked.spread_m, False


def _at(lonlat: tuple[float, float], bearing: float, metres: float) -> tuple[float, float]:
    angle = np.radians(bearing)
    north = metres * np.cos(angle) / METRES_PER_DEGREE
    east = metres * np.sin(angle) / (METRES_PER_DEGREE * max(float(np.cos(np.radians(lonlat[1]))), 0.01))
    return float(lonlat[0] + east), float(np.clip(lonlat[1] + north, -90, 90))
