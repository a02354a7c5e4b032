"""A calendar as a user writes it: read, refused where it is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from location_cloud.cases.calendar import HOLIDAY, WEEKDAYS, WORK, Calendar, Intervals, Mark
from location_cloud.errors import BadQuery

MOST_MARKS = 3660
MOST_INTERVALS = 12


def parse_calendar(told: Mapping[str, Any]) -> Calendar:
    """A calendar as a user writes it: {"zone", "week": {"mon": ["08:30-11:30", ...], ...}, "days": {"2026-10-01":
    "holiday" | "work" | ["09:00-12:00"]}}.

    Raises BadQuery that names the place and the value.
    """
    unknown = sorted(set(told) - {"zone", "week", "days", "ordinary"})
    if unknown:
        raise BadQuery(f"calendar: {unknown[0]!r} is unknown", hint="it has zone, week, days and ordinary")
    zone = told.get("zone", "Asia/Shanghai")
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, TypeError, OSError):
        raise BadQuery(f"calendar.zone: {zone!r} is no time zone", hint="write one such as Asia/Shanghai") from None
    week = told.get("week")
    if not isinstance(week, Mapping) or not set(week) <= set(WEEKDAYS):
        raise BadQuery(f"calendar.week has the days {', '.join(WEEKDAYS)}", hint='such as {"mon": ["08:30-17:00"]}')
    open_on = tuple(_intervals(week.get(name, ()), f"calendar.week.{name}") for name in WEEKDAYS)
    if not any(open_on):
        raise BadQuery("calendar.week has no working time", hint="a limit in working hours would never end")
    marks = told.get("days", {})
    if not isinstance(marks, Mapping) or len(marks) > MOST_MARKS:
        raise BadQuery(f"calendar.days has up to {MOST_MARKS} days", hint='such as {"2026-10-01": "holiday"}')
    days = tuple(sorted((_day(name), _mark(mark, f"calendar.days.{name}")) for name, mark in marks.items()))
    return Calendar(zone, open_on, days, _intervals(told.get("ordinary", ()), "calendar.ordinary"))


def parse_minute(told: Any, where: str, shown: Any = None) -> int:
    """The minute of the day that "08:30" is, "24:00" its end. shown: what an error quotes. Raises BadQuery."""
    hours, colon, minutes = told.partition(":") if isinstance(told, str) else ("", "", "")
    if colon and len(hours) == len(minutes) == 2 and (hours + minutes).isascii() and (hours + minutes).isdigit():
        at = int(hours) * 60 + int(minutes)
        if int(minutes) < 60 and at <= 24 * 60:
            return at
    raise BadQuery(f"{where}: {str(told if shown is None else shown)[:40]!r} is no time", hint="write times as 08:30")


def _day(text: Any) -> date:
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError):
        raise BadQuery(f"calendar.days: {text!r} is no day", hint="write it as 2026-10-01") from None


def _mark(mark: Any, where: str) -> Mark:
    if isinstance(mark, str):
        if mark not in (HOLIDAY, WORK):
            raise BadQuery(
                f"{where}: {mark!r} is unknown", hint='"holiday", "work" or intervals such as ["09:00-12:00"]'
            )
        return mark
    return _intervals(mark, where)


def _intervals(told: Any, where: str) -> Intervals:
    if not isinstance(told, Sequence) or isinstance(told, str) or len(told) > MOST_INTERVALS:
        raise BadQuery(f"{where} is a list of up to {MOST_INTERVALS} intervals", hint='such as ["08:30-11:30"]')
    found = sorted(_interval(text, where) for text in told)
    for one, other in pairwise(found):
        if other[0] < one[1]:
            raise BadQuery(f"{where}: intervals overlap at {other[0] // 60:02d}:{other[0] % 60:02d}", hint="join them")
    return tuple(found)


def _interval(text: Any, where: str) -> tuple[int, int]:
    begin, _, end = text.partition("-") if isinstance(text, str) else ("", "", "")
    from_min, to_min = parse_minute(begin, where, text), parse_minute(end, where, text)
    if from_min >= to_min:
        raise BadQuery(f"{where}: {text} ends before it begins", hint="write a night as 22:00-24:00 and 00:00-06:00")
    return from_min, to_min
