"""Numbers about grids: what is counted, for which period, and how grids add up."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, TypeAlias, get_args

from location_cloud.errors import BadQuery

Total: TypeAlias = Literal["sum", "mean"]
TOTALS: tuple[Total, ...] = get_args(Total)
"""How grids of an area add up: cases are summed, rates are averaged."""

Method: TypeAlias = Literal["quantile", "natural", "equal"]
"""How numbers are put into classes: as many grids in each, the least spread within each, the same width."""

MOST_CLASSES = 9
"""Of a map: no eye tells more colours of one row apart."""

OWN = {"area_m2": "m2", "households": "", "households_per_km2": "1/km2"}
"""Indicators that every grid has by itself, with their units."""

RESERVED = {*OWN, "scheme", "code", "name", "area_code", "parent", "id", "people"}
"""Names that an indicator may not have, because maps show them beside it."""

NAME = r"^[a-z][a-z0-9_]{0,39}$"
PERIOD = r"^[0-9]{4}(-(0[1-9]|1[0-2])(-[0-3][0-9])?|-Q[1-4]|-W[0-5][0-9])?$"

MOST_NAMES = 64
"""Indicators of a scheme: maps carry all of them."""


@dataclass(frozen=True)
class Kind:
    """How the values of an indicator are counted: the same in all grids and periods."""

    name: str
    unit: str
    total: Total


@dataclass(frozen=True)
class Value:
    """An indicator of a grid in a period. at: unix seconds when it was told. who: by which key."""

    code: str
    name: str
    period: str
    value: float
    unit: str
    total: Total
    source: str
    at: float
    who: str


@dataclass(frozen=True)
class Period:
    """An indicator in a period over all grids that have it. at: unix seconds of the last value that was told."""

    name: str
    period: str
    unit: str
    total: Total
    grids: int
    low: float
    high: float
    mean: float
    at: float


def last_day(period: str) -> date:
    """The last day of a year, quarter (2026-Q4), month (2026-11), ISO week (2026-W47) or day. Raises BadQuery."""
    try:
        return _last_day(period)
    except (ValueError, OverflowError):  # the year 0000 is none
        raise BadQuery(
            f"period={period[:20]!r} is none", hint="2026, 2026-Q4, 2026-11, 2026-W47 or 2026-11-24"
        ) from None


def _last_day(period: str) -> date:
    if not re.fullmatch(PERIOD, period):
        raise ValueError(period)
    year, rest = int(period[:4]), period[5:]
    if rest.startswith("W"):
        return date.fromisocalendar(year, int(rest[1:]), 7)
    if len(rest) == 5:
        return date.fromisoformat(period)
    month = 12 if not rest else int(rest[1:]) * 3 if rest.startswith("Q") else int(rest)
    following = date(year + month // 12, month % 12 + 1, 1) if year < 9999 or month < 12 else date.max
    return following - timedelta(days=following != date.max)


def newest(periods: list[str]) -> str:
    """The period that ends last; of those that end on a day the shortest."""
    return max(periods, key=lambda period: (last_day(period), len(period), period))
