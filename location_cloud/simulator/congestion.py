"""How fast traffic truly is on every edge in every quarter of an hour: rush hours, the centre, hot spots, incidents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

import numpy as np
from numpy.typing import NDArray

from kernels.caching import cached
from location_cloud.simulator.chance import as_unit, mix_in, uniform
from location_cloud.simulator.city import City
from location_cloud.simulator.model import SLOT_S, Incident

SPOTS_PER_EDGES = 1 / 4000
"""Places with trouble of their own, by edges of the city: 80 in one of 340,000. Ours."""

SPOT_RADIUS_M = (200.0, 900.0)
SPOT_HOURS = (0.5, 2.0)
SPOT_LOSS = (0.3, 0.7)
"""Within what distance, for how long to either side of its hour, and what share of the speed is lost. Ours."""

LARGEST_SPOT = 0.05
"""Of the city's roads in one spot: a kilometre around is all of a small town, which would stand as a whole."""

LEAST_SHARE = 0.08
"""Of free flow that traffic keeps at the worst."""

EDGE_NOISE, CELL_NOISE, DAY_NOISE = 0.04, 0.05, 0.1
"""How far speed strays from its usual course: of an edge by hour, of a neighbourhood by hour, of a day. Half width of
a triangular distribution. Ours."""

HOUR_S = 3600.0

_DAY, _SPOT = 201, 202


@dataclass(frozen=True, eq=False)
class Spot:
    """A hot spot. edges (n,) int32, loss (n,) float32 at its worst; hour: of the day; half_width_h: how long to either
    side; weekdays: Monday 0, those on which it is busy.
    """

    edges: NDArray[np.int32]
    loss: NDArray[np.float32]
    hour: float
    half_width_h: float
    weekdays: tuple[int, ...]


class Congestion:
    """True speeds of one city. zone: of its clocks. Everything follows from the seed."""

    def __init__(self, city: City, seed: int, zone: tzinfo, incidents: Sequence[Incident] = ()) -> None:
        self.city = city
        self._seed = seed
        self._zone = zone
        self._incidents = tuple(incidents)
        self.spots = _spots(city, seed)
        self._has_cars = ~np.isnan(city.free_kmh)
        self._length_m = np.repeat(city.length_m, 2)

    def running_kmh(self, slot_s: float) -> NDArray[np.float32]:
        """Speed while moving on each edge in the slot that begins then: (edges,) float32; 0 = shut, NaN = no cars.

        Takes 2 ms for 350,000 edges.
        """
        city, at = self.city, datetime.fromtimestamp(slot_s + SLOT_S / 2, self._zone)
        morning, evening, midday = rush(at)
        day = 1.0 + DAY_NOISE * float(_triangle(self._seed, _DAY, at.toordinal())[0])
        hour, part = divmod(slot_s / HOUR_S, 1.0)
        kmh: NDArray[np.float32] = _fill(
            city.free_kmh, city.suffering, city.inbound, city.cell, morning * day, evening * day, midday * day,
            self._seed, int(hour), part,
        )  # fmt: skip
        for spot in self.spots:
            if (strength := _strength(spot, at)) > 0.0:
                kmh[spot.edges] *= 1.0 - strength * spot.loss
        for incident in self._incidents:
            if incident.begin_s < slot_s + SLOT_S and incident.end_s > slot_s:
                kmh[list(incident.edges)] *= incident.speed_factor
        return kmh

    def whole_kmh(self, running_kmh: NDArray[np.float32]) -> NDArray[np.float32]:
        """Length over mean time from end to end, waiting at signals included: (edges,) float32 km/h."""
        with np.errstate(divide="ignore", invalid="ignore"):
            spent_h = self._length_m / 1000.0 / running_kmh + self.city.wait_s / HOUR_S
            return np.where(running_kmh > 0, self._length_m / 1000.0 / spent_h, running_kmh).astype(np.float32)


def rush(at: datetime) -> tuple[float, float, float]:
    """How much of their suffering roads feel at an hour of the city's clock: morning's, evening's, the day's share.

    Morning and evening are felt by whoever drives into and out of the centre. Ours: working days peak at 7:40 and
    17:40, days off have one flat hill in the afternoon, nights are free.
    """
    hour = at.hour + at.minute / 60.0 + at.second / 3600.0
    day = _hill(hour, 14.0, 4.5)
    if at.weekday() >= 5:
        return 0.0, 0.0, 0.45 * day
    friday = 1.1 if at.weekday() == 4 else 1.0
    return _hill(hour, 7.67, 0.8), friday * _hill(hour, 17.67, 1.1), 0.35 * day


def slot_begin(time_s: float) -> float:
    """When the slot of a time begins."""
    return float(np.floor(time_s / SLOT_S) * SLOT_S)


def _hill(hour: float, peak: float, width_h: float) -> float:
    return float(np.exp(-0.5 * ((hour - peak) / width_h) ** 2))


def _triangle(*what: int) -> NDArray[np.float64]:
    return uniform(1, *what) + uniform(2, *what) - 1.0


def _spots(city: City, seed: int) -> tuple[Spot, ...]:
    """Hot spots where trips end, each with its hour and days."""
    count = max(1, int(len(city.free_kmh) * SPOTS_PER_EDGES))
    if not len(city.ends_sum) or city.ends_sum[-1] <= 0:
        return ()
    number = np.arange(count)
    draws = [uniform(seed, _SPOT, which, number) for which in range(6)]
    most = min(max(1, int(LARGEST_SPOT * len(city.middle_m))), len(city.middle_m) - 1)
    place = np.searchsorted(city.ends_sum, draws[0] * city.ends_sum[-1], "right")
    found = []
    for i, segment in enumerate(place.tolist()):
        radius, half, loss = (
            low + (high - low) * float(draws[which][i])
            for which, (low, high) in enumerate((SPOT_RADIUS_M, SPOT_HOURS, SPOT_LOSS), 1)
        )
        away_m = np.hypot(*(city.middle_m - city.middle_m[segment]).T)
        radius = min(radius, float(np.partition(away_m, most)[most]))
        inside = np.flatnonzero(away_m < radius)
        edges = np.stack([2 * inside, 2 * inside + 1], axis=1).reshape(-1).astype(np.int32)
        by_edge = np.repeat(loss * (1.0 - (away_m[inside] / radius) ** 2), 2).astype(np.float32)
        works = draws[5][i] < 0.7
        days = (0, 1, 2, 3, 4) if works else (5, 6)
        found.append(Spot(edges, by_edge, 8.0 + 12.0 * float(draws[4][i]), half, days))
    return tuple(found)


def _strength(spot: Spot, at: datetime) -> float:
    if at.weekday() not in spot.weekdays:
        return 0.0
    hour = (at - at.replace(hour=0, minute=0, second=0, microsecond=0)) / timedelta(hours=1)
    return max(0.0, 1.0 - ((hour - spot.hour) / spot.half_width_h) ** 2)


@cached(nogil=True)
def _fill(free, suffering, inbound, cell, morning, evening, midday, seed, hour, part):  # type: ignore[no-untyped-def]
    n = len(free)
    kmh = np.empty(n, np.float32)
    before, after = mix_in(mix_in(np.uint64(0), seed), hour), mix_in(mix_in(np.uint64(0), seed), hour + 1)
    for e in range(n):
        loss = suffering[e] * (morning * (0.75 + 0.25 * inbound[e]) + evening * (0.75 - 0.25 * inbound[e]) + midday)
        strays = CELL_NOISE * _strayed(before, after, part, -1 - np.int64(cell[e])) + EDGE_NOISE * _strayed(
            before, after, part, e
        )
        kmh[e] = free[e] * min(max(1.0 - loss, LEAST_SHARE) * (1.0 + strays), 1.05)
    return kmh


@cached(nogil=True)
def _strayed(before, after, part, what):  # type: ignore[no-untyped-def]
    """A number in -1..1 that goes in straight lines from hour to hour."""
    one, other = mix_in(before, what), mix_in(after, what)
    first = as_unit(one) + as_unit(one << np.uint64(32)) - 1.0
    return first * (1.0 - part) + (as_unit(other) + as_unit(other << np.uint64(32)) - 1.0) * part
