"""Public holidays and made-up working days that ship with the product, as marks of a calendar."""

from __future__ import annotations

import importlib.resources
import tomllib
from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from location_cloud.cases.calendar import HOLIDAY, WORK, Calendar, Mark

FILE = "cases/holidays.toml"


def chinese_calendar() -> Calendar:
    """Office hours with the holidays of mainland China. Where nothing is published yet, weekdays count."""
    return with_holidays(Calendar())


def with_holidays(calendar: Calendar) -> Calendar:
    """The calendar with the shipped holidays; what it says of a day itself counts before them."""
    days = {**dict(shipped_marks()), **dict(calendar.days)}
    return replace(calendar, days=tuple(sorted(days.items())), known_until=last_published())


@lru_cache(maxsize=1)
def shipped_marks() -> tuple[tuple[date, Mark], ...]:
    """Days and what they are instead of what the week says."""
    marks: dict[date, Mark] = {}
    for each in _content()["holiday"]:
        length = (each["to"] - each["from"]).days + 1
        marks |= dict.fromkeys((each["from"] + timedelta(number) for number in range(length)), HOLIDAY)
        marks |= dict.fromkeys(each["made_up"], WORK)
    return tuple(sorted(marks.items()))


def last_published() -> date:
    """The last day whose holidays are known."""
    return date(_content()["last_year"], 12, 31)


def unpublished_years(calendar: Calendar, from_day: date, to_day: date) -> list[int]:
    """The years between two days for which the calendar counts weekdays because no holidays are published yet."""
    if calendar.known_until is None:
        return []
    told = {day.year for day, _ in calendar.days}
    last = calendar.known_until.year
    return [year for year in range(from_day.year, to_day.year + 1) if year > last and year not in told]


@lru_cache(maxsize=1)
def _content() -> dict[str, Any]:
    text = (importlib.resources.files("location_cloud.data") / FILE).read_text("utf-8")
    return tomllib.loads(text)
