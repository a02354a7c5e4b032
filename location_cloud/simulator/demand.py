"""When vehicles set off, and where to."""

from __future__ import annotations

from datetime import datetime, tzinfo

import numpy as np
from numpy.typing import NDArray

from location_cloud.simulator.chance import uniform
from location_cloud.simulator.city import City
from location_cloud.simulator.model import KINDS

KIND_SHARES = (0.55, 0.3, 0.15)
"""Of cars, taxis, delivery vans. Ours: probes of a city are taxis and fleets more than its traffic is."""

TRIPS_A_DAY = (4.0, 40.0, 25.0)
"""Of each kind on a working day. Ours: a car is there and back twice, a taxi has fares all day."""

_CAR = (1, 1, 1, 1, 2, 5, 20, 70, 60, 30, 28, 32, 38, 34, 32, 36, 55, 75, 60, 40, 25, 18, 10, 4)
_TAXI = (22, 15, 10, 8, 8, 12, 28, 50, 55, 48, 46, 48, 50, 48, 46, 48, 52, 58, 58, 54, 50, 46, 40, 30)
_VAN = (0, 0, 0, 0, 1, 4, 20, 45, 70, 80, 80, 70, 45, 60, 75, 75, 65, 45, 25, 12, 6, 2, 0, 0)
BY_HOUR = np.array([_CAR, _TAXI, _VAN], np.float64)
"""Trips by hour of the day, relative. Ours: cars to work and back, vans in shop hours, taxis always, least at 4."""

WEEKEND_SHARE = (0.75, 1.0, 0.4)
"""Trips of a day off, as share of a working day's."""

STAYS_ON = np.array([False, True, False])
"""Kinds that go on reporting while they stand at a kerb, waiting for the next trip."""

LEAST_STAY_S = 60.0

TYPICAL_TRIP_M = 3000.0
CANDIDATES = 6
"""Of so many places drawn, the first that is not too far is driven to: nearer ones are likelier, by e every 3 km."""

METRES_PER_DEGREE = 111_320.0
"""Of latitude, within 1 %: enough to say what is near."""

HOURS = 168
_KIND, _STAY, _PLACE, _WHERE, _NEAR = range(301, 306)


class Demand:
    """Where and when vehicles want to go. zone: of the city's clocks."""

    def __init__(self, city: City, seed: int, zone: tzinfo) -> None:
        self._city = city
        self._seed = seed
        self._zone = zone
        self._done = np.zeros((len(KINDS), HOURS + 1))
        for hour in range(HOURS):
            share = np.array(WEEKEND_SHARE) if hour >= 120 else 1.0
            rate = np.array(TRIPS_A_DAY) * share * BY_HOUR[:, hour % 24] / BY_HOUR.sum(axis=1)
            self._done[:, hour + 1] = self._done[:, hour] + np.maximum(rate, 1e-3)

    def kinds(self, vehicle: NDArray[np.int64]) -> NDArray[np.uint8]:
        """What each vehicle is, of KINDS."""
        bounds = np.cumsum(KIND_SHARES)[:-1]
        return np.searchsorted(bounds, uniform(self._seed, _KIND, vehicle), "right").astype(np.uint8)

    def next_s(
        self, vehicle: NDArray[np.int64], trip: NDArray[np.int64], kind: NDArray[np.uint8], now_s: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """When each vehicle, standing since then, sets off: a Poisson process that follows the hours of the week."""
        wanted = -np.log1p(-uniform(self._seed, _STAY, vehicle, trip))
        start = now_s + LEAST_STAY_S
        found = np.empty(len(now_s))
        hours = np.arange(HOURS + 1, dtype=np.float64)
        week_h = self._week_hour(start)
        for number in range(len(KINDS)):
            is_it = kind == number
            done = self._done[number]
            weeks, rest = np.divmod(np.interp(week_h[is_it], hours, done) + wanted[is_it], done[-1])
            found[is_it] = weeks * HOURS + np.interp(rest, done, hours)
        return start + (found - week_h) * 3600.0

    def place(self, vehicle: NDArray[np.int64], trip: NDArray[np.int64]) -> NDArray[np.float64]:
        """Anywhere where trips begin and end: (n, 2) lon, lat."""
        return self._drawn(vehicle, trip, 0)

    def destination(
        self, vehicle: NDArray[np.int64], trip: NDArray[np.int64], here: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Where to next from (n, 2) lon, lat: (n, 2) lon, lat. Nearer places are likelier."""
        chosen = self._drawn(vehicle, trip, 1)
        is_open = np.ones(len(vehicle), bool)
        metres = METRES_PER_DEGREE * np.stack([np.cos(np.radians(here[:, 1])), np.ones(len(here))], axis=1)
        for candidate in range(1, CANDIDATES + 1):
            drawn = self._drawn(vehicle, trip, candidate)
            away_m = np.hypot(*((drawn - here) * metres).T)
            takes = is_open & (uniform(self._seed, _NEAR, vehicle, trip, candidate) < np.exp(-away_m / TYPICAL_TRIP_M))
            chosen[takes] = drawn[takes]
            is_open &= ~takes
        return chosen

    def _drawn(self, vehicle: NDArray[np.int64], trip: NDArray[np.int64], which: int) -> NDArray[np.float64]:
        city = self._city
        at = uniform(self._seed, _PLACE, vehicle, trip, which) * city.ends_sum[-1]
        segment = np.searchsorted(city.ends_sum, at, "right")
        return city.place_on(segment, uniform(self._seed, _WHERE, vehicle, trip, which))

    def _week_hour(self, time_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Hours since Monday 00:00 on the city's clock; the clock's offset is that of the first time."""
        if not len(time_s):
            return time_s
        offset = datetime.fromtimestamp(float(time_s[0]), self._zone).utcoffset()
        shifted = time_s + (0.0 if offset is None else offset.total_seconds())
        return (shifted / 3600.0 + 72.0) % HOURS  # 1970-01-01 was a Thursday
