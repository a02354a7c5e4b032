"""When, where, of which class and from whom simulated cases come: by hour, weekday, season, weather and kind of place.

All weights are ours, chosen so that a month looks like the monthly bulletins of cities: most cases from inspectors, of
street appearance and street order, in office hours. They are for demonstrations and tests, not a forecast.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

import numpy as np
from numpy.typing import NDArray

from location_cloud.cases.catalogue import CaseClass
from location_cloud.simulator.chance import normal, uniform

RURAL = "rural"

GROUP_WEIGHTS = {
    "E01": 4.0, "E02": 1.2, "E03": 0.7, "E04": 0.15, "E05": 3.0, "E06": 0.8,
    "V01": 0.5, "V02": 4.0, "V03": 1.5, "V04": 0.7, "V05": 0.8,
}  # fmt: skip
"""How often each class of a group is reported, relative."""

WHEN_WET = {"E0110": 5.0, "E0405": 4.0, "E0407": 3.0, "V0103": 8.0, "V0203": 4.0, "E0302": 0.2, "V0102": 0.0}
WHEN_SNOW = {"E0111": 15.0, "V0304": 12.0, "V0308": 4.0, "E0404": 4.0, "E0506": 0.1}
WHEN_DRY = {"E0110": 0.05, "V0103": 0.02}
WHEN_WARM = {"E0111": 0.0, "V0304": 0.0, "V0106": 0.0, "V0308": 0.0, "E0404": 0.1}
WHEN_COLD = {"E0506": 0.2, "E0108": 0.3, "V0404": 0.0, "E0110": 0.3, "V0203": 0.3}
"""Factors on classes by the day's weather. warm, cold: of the season."""

STRAW_MONTHS, STRAW = (3, 4, 10, 11), "V0102"
"""Straw is burnt between harvest and sowing."""

COLD_MONTHS = (11, 12, 1, 2, 3)
WET_SHARE = (0.15, 0.12, 0.15, 0.2, 0.3, 0.42, 0.48, 0.42, 0.28, 0.2, 0.17, 0.18)
"""Share of days with rain or snow by month: north-eastern China, dry winters and a wet July. Ours, rounded."""

BY_HOUR = {
    "inspector": (0, 0, 0, 0, 0, 0, 0, 1, 6, 10, 10, 5, 2, 5, 9, 9, 6, 2, 1, 0, 0, 0, 0, 0),
    "patrol": (1, 1, 0, 0, 0, 0, 1, 2, 4, 4, 3, 2, 2, 3, 4, 4, 3, 2, 3, 4, 4, 3, 2, 2),
    "hotline": (1, 0, 0, 0, 0, 1, 3, 6, 9, 10, 9, 7, 6, 7, 8, 8, 7, 7, 7, 6, 5, 4, 2, 1),
    "citizen": (1, 0, 0, 0, 1, 2, 5, 7, 6, 5, 5, 6, 7, 6, 5, 5, 6, 8, 9, 9, 7, 5, 3, 1),
    "sensor": (4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4),
}
SOURCES = tuple(BY_HOUR)
SHARES = (0.70, 0.03, 0.14, 0.11, 0.02)
WEEKEND = (0.25, 1.0, 0.6, 1.1, 1.0)
"""In the order of SOURCES: their shares, and how many of each come on a Saturday or Sunday beside a weekday."""

HOT_SPREAD = 0.9
"""Standard deviation of the log of how much happens in a grid beside another one of as many households."""

_DAY, _SORT, _CLASS, _GRID, _X, _Y, _SECOND, _WET, _HOT = range(301, 310)


@dataclass(frozen=True, eq=False)
class Arrivals:
    """Cases to come, n rows by rising time. time_s: POSIX seconds. code: of the class. grid: row of the grid.

    part: (n, 2) where in its box, 0..1 each way.
    """

    time_s: NDArray[np.float64]
    code: tuple[str, ...]
    source: tuple[str, ...]
    grid: NDArray[np.int64]
    part: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.time_s)


def draw_arrivals(
    classes: Sequence[CaseClass],
    households: NDArray[np.float64],
    is_rural: NDArray[np.bool_],
    first: date,
    days: int,
    a_day: float,
    zone: tzinfo,
    seed: int,
) -> Arrivals:
    """The cases of some days from a local day on, about `a_day` each; the same ones for a seed.

    households, is_rural: of each grid, (grids,). classes: that are reported at all.
    """
    day_of, source_of = _days_and_sources(first, days, a_day, seed)
    row = np.arange(len(day_of))
    weight = households * np.exp(HOT_SPREAD * normal(seed, _HOT, np.arange(len(households))))
    grid = _drawn(weight, uniform(seed, _GRID, row))
    hours = np.array([_drawn(np.array(BY_HOUR[name], float), uniform(seed, _SORT, row)) for name in SOURCES])
    second = hours[source_of, row] * 3600.0 + uniform(seed, _SECOND, row) * 3600.0
    midnight = [_midnight(first + timedelta(days=day), zone) for day in range(days)]
    time_s = np.array(midnight, np.float64)[day_of] + second
    chance = uniform(seed, _CLASS, row)
    codes = np.empty(len(row), object)
    for day in range(days):
        on = first + timedelta(days=day)
        for rural in (False, True):
            known = [each for each in classes if each.setting in ("both", RURAL if rural else "urban")]
            mine = (day_of == day) & (is_rural[grid] == rural)
            if mine.any() and known:
                weights = np.array([_weight(each.code, on, is_wet(on, seed)) for each in known])
                codes[mine] = np.array([each.code for each in known], object)[_drawn(weights, chance[mine])]
    kept = np.flatnonzero(codes != None)  # noqa: E711  # an array of objects is compared one by one
    kept = kept[np.argsort(time_s[kept], kind="stable")]
    part = np.stack([uniform(seed, _X, kept), uniform(seed, _Y, kept)], axis=1)
    sources = tuple(SOURCES[each] for each in source_of[kept].tolist())
    return Arrivals(time_s[kept], tuple(codes[kept].tolist()), sources, grid[kept], part)


def is_wet(on: date, seed: int) -> bool:
    """Whether it rains or snows on a simulated day."""
    return bool(uniform(seed, _WET, on.toordinal())[0] < WET_SHARE[on.month - 1])


def _days_and_sources(first: date, days: int, a_day: float, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(day, source) of every case: each day has as many of a source as chance (Poisson, nearly) gives."""
    share = np.array(SHARES)
    weekend = np.array([(first + timedelta(days=day)).weekday() >= 5 for day in range(days)])
    mean = a_day * share * np.where(weekend[:, None], np.array(WEEKEND), 1.0)
    spread = normal(seed, _DAY, np.arange(mean.size)).reshape(mean.shape)
    count = np.maximum(np.rint(mean + np.sqrt(mean) * spread), 0).astype(np.int64)
    day, source = np.divmod(np.repeat(np.arange(mean.size), count.reshape(-1)), len(SOURCES))
    return day, source


def _weight(code: str, on: date, wet: bool) -> float:
    weight = GROUP_WEIGHTS.get(code[:3], 0.3)
    cold = on.month in COLD_MONTHS
    tables = [WHEN_COLD if cold else WHEN_WARM]
    tables += [WHEN_SNOW if cold else WHEN_WET] if wet else [WHEN_DRY]
    for table in tables:
        weight *= table.get(code, 1.0)
    return weight * (0.02 if code == STRAW and on.month not in STRAW_MONTHS else 1.0)


def _drawn(weights: NDArray[np.float64], chance: NDArray[np.float64]) -> NDArray[np.int64]:
    """(n,) Rows, each as often as its weight says."""
    sums = np.cumsum(weights)
    return np.asarray(np.minimum(np.searchsorted(sums, chance * sums[-1], side="right"), len(weights) - 1))


def _midnight(day: date, zone: tzinfo) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()
