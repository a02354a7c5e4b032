"""Flights of a UAV that cover an area, each within one battery."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from location_cloud.errors import BadQuery, TooLarge, Unprocessable
from location_cloud.searches.cells import Floats
from location_cloud.searches.patterns import Pattern, area_legs, line_length_m

MOST_SORTIES = 1_000


@dataclass(frozen=True)
class Camera:
    """What a UAV sees straight down: height above ground, full field of view across track, overlap of swaths [0, 1)."""

    height_m: float
    fov_deg: float
    overlap: float = 0.2


@dataclass(frozen=True)
class Flight:
    """What one battery allows: speed over ground, time in the air, share kept for coming home, time of a turn."""

    speed_m_s: float
    battery_s: float
    reserve: float = 0.2
    turn_s: float = 5.0


def swath_m(camera: Camera) -> float:
    """Width of ground in view, 2 h tan(fov / 2). Raises BadQuery for a height or view that is out of range."""
    if not (camera.height_m > 0 and 0 < camera.fov_deg < 180 and 0 <= camera.overlap < 1):
        raise BadQuery(
            "a camera needs a height above 0, a view in (0, 180) degrees and an overlap in [0, 1)",
            hint="height in metres, 60 degrees and 0.2 for instance",
        )
    return float(2 * camera.height_m * np.tan(np.radians(camera.fov_deg) / 2))


def duration_s(line_m: Floats, flight: Flight) -> float:
    """Seconds that a flight along (n, 2) metres takes, turns included."""
    return line_length_m(line_m) / flight.speed_m_s + max(len(line_m) - 2, 0) * flight.turn_s


def uav_sorties(
    polygon_m: Floats, home_m: tuple[float, float], camera: Camera, flight: Flight, bearing_deg: float | None = None
) -> list[Pattern]:
    """Flights that cover a polygon: each begins and ends at home and fits one battery with its reserve.

    Line spacing is the swath less the overlap; legs too long for a battery are cut. Raises BadQuery for values out of
    range, Unprocessable when a part of the area is out of reach of home and back, TooLarge over 1,000 sorties.
    """
    if not (flight.speed_m_s > 0 and flight.battery_s > 0 and 0 <= flight.reserve < 1 and flight.turn_s >= 0):
        raise BadQuery(
            "a flight needs a speed and battery above 0, a reserve in [0, 1) and turns of 0 s or more",
            hint="10 m/s, 1500 s, 0.2 and 5 s for instance",
        )
    swath = swath_m(camera)
    spacing = swath * (1 - camera.overlap)
    air_s = flight.battery_s * (1 - flight.reserve)
    home = np.asarray(home_m, np.float64)
    waiting = [*area_legs(polygon_m, spacing, bearing_deg)[::-1]]
    sorties: list[Pattern] = []
    points = [home]
    while waiting:
        leg = waiting.pop()
        line = np.array([*points, leg[0], leg[1], home])
        if duration_s(line, flight) <= air_s:
            points += [leg[0], leg[1]]
            continue
        share = _share_in_reach(points, leg, home, flight, air_s)
        # A piece is worth the way to it if it is a swath long; else the next battery begins with it.
        if share * line_length_m(leg) >= swath:
            middle = leg[0] + share * (leg[1] - leg[0])
            points += [leg[0], middle]
            waiting.append(np.array([middle, leg[1]]))
        elif len(points) == 1:
            raise Unprocessable(
                f"{leg[0].round()} is too far from home for a battery of {flight.battery_s:g} s",
                hint="start nearer, fly faster, or take a larger battery",
            )
        else:
            waiting.append(leg)
        sorties.append(_sortie(points, home, swath, spacing))
        points = [home]
        if len(sorties) > MOST_SORTIES:
            raise TooLarge(f"over {MOST_SORTIES} sorties", hint="fly higher or take a smaller area")
    return [*sorties, _sortie(points, home, swath, spacing)] if len(points) > 1 else sorties


def _share_in_reach(points: list[Floats], leg: Floats, home: Floats, flight: Flight, air_s: float) -> float:
    """The part of a leg after which home can still be reached, 0 if not even its beginning; by halving."""
    low, high = 0.0, 1.0
    for _ in range(30):
        middle = (low + high) / 2
        line = np.array([*points, leg[0], leg[0] + middle * (leg[1] - leg[0]), home])
        low, high = (middle, high) if duration_s(line, flight) <= air_s else (low, middle)
    return low


def _sortie(points: list[Floats], home: Floats, swath: float, spacing: float) -> Pattern:
    line = np.array([*points, home])
    return Pattern(line, line_length_m(line), swath / spacing)
