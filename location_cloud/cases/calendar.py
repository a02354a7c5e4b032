"""When a limit runs out, and how much of it is used: time that passes only while an office works.

A calendar is a table of openings, intervals of POSIX seconds; once they are summed, deadlines and worked time are
look-ups in it, for one case as for a million. Three units count: `hour` all around the clock, `work_hour` while open,
`work_day` with every day that is open at all as one, spread evenly over its working time: who begins halfway through
one day is due halfway through another, and where days are alike that is the same time of day.
Source: limits of emergency hours, working hours and working days are those of city management (GB/T 30428.8).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TypeAlias
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import ArrayLike, NDArray

from location_cloud.errors import BadQuery

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Intervals: TypeAlias = tuple[tuple[int, int], ...]
Mark: TypeAlias = str | Intervals

HOUR, WORK_HOUR, WORK_DAY = "hour", "work_hour", "work_day"
UNITS = (HOUR, WORK_HOUR, WORK_DAY)
HOLIDAY, WORK = "holiday", "work"

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

DAY_S = 86_400
MOST_AMOUNT = 10_000.0
"""Of a limit, in its unit: 10,000 days are a generation."""
MOST_YEARS = 60
"""That a deadline may lie ahead: 10,000 days of a calendar that is open four days a week."""
ROUND = 6
"""Digits of a second that count: doubles of this century hold a quarter of a microsecond."""

OFFICE: tuple[Intervals, ...] = (((510, 690), (810, 1020)),) * 5 + ((), ())
"""Mon-Fri 08:30-11:30 and 13:30-17:00, the hours of the example in every limit's documentation."""


@dataclass(frozen=True)
class Calendar:
    """The working time of an office.

    zone: IANA name. week: seven days from Monday, each intervals [from, to) in minutes of the local clock.
    days: what single days are instead: HOLIDAY, WORK (as `ordinary`), or intervals of their own.
    ordinary: intervals of a day made up for; () = those of the first day of the week that has any.
    known_until: the last day whose marks were known when it was made; None = no marks were looked for.
    """

    zone: str = "Asia/Shanghai"
    week: tuple[Intervals, ...] = OFFICE
    days: tuple[tuple[date, Mark], ...] = ()
    ordinary: Intervals = ()
    known_until: date | None = None
    _kept: dict[str, _Openings] = field(default_factory=dict, compare=False, repr=False)

    def openings(self, from_s: float, to_s: float) -> _Openings:
        """All openings of the years around the given times; kept, and made longer when needed."""
        kept = self._kept.get("")
        if kept is None or not kept.covers(from_s, to_s):
            first, last = _year(from_s) - 1, _year(to_s) + 2
            if kept is not None:
                first, last = min(first, kept.first), max(last, kept.last)
            kept = self._kept[""] = _openings(self, first, last)
        return kept

    def intervals(self, day: date) -> Intervals:
        """When that day is worked, minutes of the local clock."""
        mark = dict(self.days).get(day)
        return self._of(mark, day.weekday())

    def _of(self, mark: Mark | None, weekday: int) -> Intervals:
        if mark is None:
            return self.week[weekday]
        if mark == WORK:
            return self.ordinary or next((each for each in self.week if each), ())
        return () if isinstance(mark, str) else mark


def deadline(calendar: Calendar, start_s: float, amount: float, unit: str) -> float:
    """The moment at which the amount is used up, POSIX seconds; at the end of an opening rather than at the next one.

    Raises BadQuery for an amount below 0 or above 10,000, an unknown unit, a calendar that is hardly ever open.
    """
    return float(deadlines(calendar, [start_s], amount, unit)[0])


def worked_s(calendar: Calendar, start_s: float, end_s: float) -> float:
    """Seconds open between two moments; negative where the end comes first."""
    return float(worked(calendar, [start_s], [end_s])[0])


def spent(calendar: Calendar, start_s: float, end_s: float, unit: str) -> float:
    """The same in the unit of a limit: hours, working hours, working days. Raises BadQuery for an unknown unit."""
    return float(spent_many(calendar, [start_s], [end_s], unit)[0])


def deadlines(calendar: Calendar, starts_s: ArrayLike, amounts: ArrayLike, unit: str) -> Floats:
    """`deadline` of many at once. starts_s: (n,) seconds. amounts: one, or (n,). Gives (n,) seconds; raises as it."""
    starts, wanted = np.broadcast_arrays(np.asarray(starts_s, np.float64), np.asarray(amounts, np.float64))
    if len(starts) == 0:
        return np.empty(0)
    if not (np.isfinite(starts).all() and (wanted >= 0).all() and (wanted <= MOST_AMOUNT).all()):
        raise BadQuery(f"a limit is from 0 to {MOST_AMOUNT:g} {unit}s, from a finite time", hint="choose another limit")
    if unit == HOUR:
        return starts + wanted * 3600.0
    _check_unit(unit)
    moves = _after_hours if unit == WORK_HOUR else _after_days
    first, last, years = float(starts.min()), float(starts.max()), 2
    while True:
        openings = calendar.openings(first, last + years * 365.25 * DAY_S)
        ends = moves(openings, starts, wanted)
        if ends is not None:
            return np.where(wanted == 0, starts, ends)
        if years >= MOST_YEARS:
            raise BadQuery(
                f"the calendar is open too rarely for {wanted.max():g} {unit}s within {MOST_YEARS} years",
                hint="give it working hours in a week",
            )
        years = min(2 * years, MOST_YEARS)


def worked(calendar: Calendar, starts_s: ArrayLike, ends_s: ArrayLike) -> Floats:
    """`worked_s` of many at once: (n,) and (n,) seconds give (n,) seconds."""
    starts, ends = np.asarray(starts_s, np.float64), np.asarray(ends_s, np.float64)
    if not len(starts):
        return np.empty(0)
    openings = calendar.openings(*_span(starts, ends))
    return np.round(openings.total_s(ends) - openings.total_s(starts), ROUND)


def spent_many(calendar: Calendar, starts_s: ArrayLike, ends_s: ArrayLike, unit: str) -> Floats:
    """`spent` of many at once. Raises BadQuery for an unknown unit."""
    _check_unit(unit)
    starts, ends = np.asarray(starts_s, np.float64), np.asarray(ends_s, np.float64)
    if not len(starts):
        return np.empty(0)
    if unit == HOUR:
        return (ends - starts) / 3600.0
    if unit == WORK_HOUR:
        return worked(calendar, starts, ends) / 3600.0
    openings = calendar.openings(*_span(starts, ends))
    if not len(openings.day_s):
        return np.zeros(len(starts))
    (day, within), (day_too, within_too) = openings.place(starts), openings.place(ends)
    shares = within_too / openings.day_s[day_too] - within / openings.day_s[day]
    return np.asarray((day_too - day) + shares, np.float64)


@dataclass(frozen=True)
class _Openings:
    """Openings of some years, sorted.

    first, last: the years. begins_s, ends_s: (n,) POSIX seconds; before_s: (n + 1,) seconds open before each.
    day_s: (days,) seconds open of each working day; day_before_s: (days,) those of all before it.
    """

    first: int
    last: int
    begins_s: Floats
    ends_s: Floats
    before_s: Floats
    day_s: Floats
    day_before_s: Floats

    def covers(self, from_s: float, to_s: float) -> bool:
        """Whether the years reach over both times, with a day to spare for zones."""
        return _year(from_s - 2 * DAY_S) >= self.first and _year(to_s + 2 * DAY_S) <= self.last

    def total_s(self, times_s: Floats) -> Floats:
        """Seconds open from the first opening to each time."""
        if not len(self.begins_s):
            return np.zeros(len(times_s))
        at = np.searchsorted(self.begins_s, times_s, side="right") - 1
        inside = np.clip(times_s - self.begins_s[at], 0.0, self.ends_s[at] - self.begins_s[at])
        return np.where(at < 0, 0.0, np.round(self.before_s[at] + inside, ROUND))

    def when(self, totals_s: Floats) -> Floats:
        """The first moment at which so many seconds were open."""
        at = np.clip(np.searchsorted(self.before_s[1:], totals_s, side="left"), 0, len(self.begins_s) - 1)
        return self.begins_s[at] + (totals_s - self.before_s[at])

    def place(self, times_s: Floats) -> tuple[Ints, Floats]:
        """The working day of each time and the seconds worked of it, above 0 where a day went before."""
        totals = self.total_s(times_s)
        day = np.clip(np.searchsorted(self.day_before_s, totals, side="left") - 1, 0, None)
        return day, totals - self.day_before_s[day]


def _after_hours(openings: _Openings, starts: Floats, hours: Floats) -> Floats | None:
    totals = np.round(openings.total_s(starts) + hours * 3600.0, ROUND)
    if not len(openings.begins_s) or totals.max() > openings.before_s[-1]:
        return None
    return np.maximum(openings.when(totals), starts)


def _after_days(openings: _Openings, starts: Floats, days: Floats) -> Floats | None:
    if not len(openings.day_s):
        return None
    day, within = openings.place(starts)
    whole = np.floor(days)
    share = within / openings.day_s[day] + (days - whole)
    # Seconds are rounded before days are compared: a share of a day that is a float away from its end is its end.
    carry = (share > 1.0 + 1e-12).astype(np.int64)
    target = day + whole.astype(np.int64) + carry
    if target.max() >= len(openings.day_s):
        return None
    plain = (days == whole) & (openings.day_s[target] == openings.day_s[day])
    seconds = np.where(plain, within, np.round((share - carry) * openings.day_s[target], ROUND))
    return np.maximum(openings.when(openings.day_before_s[target] + seconds), starts)


def _openings(calendar: Calendar, first: int, last: int) -> _Openings:
    """Openings from 1 January of the first year to 31 December of the last, by the local clock."""
    begin, end = date(first, 1, 1), date(last + 1, 1, 1)
    marks = {day: mark for day, mark in calendar.days if begin <= day < end}
    local_begins, local_ends, of_day = [], [], []
    for number in range((end - begin).days):
        day = begin + timedelta(number)
        for from_min, to_min in calendar._of(marks.get(day), day.weekday()):
            midnight = (day.toordinal() - _EPOCH) * DAY_S
            local_begins.append(midnight + from_min * 60)
            local_ends.append(midnight + to_min * 60)
            of_day.append(number)
    begins, ends, days = (np.array(each, np.float64) for each in (local_begins, local_ends, of_day))
    pieces = [_shifted(begins, ends, days, *piece) for piece in _pieces(ZoneInfo(calendar.zone), begin, end)]
    begins, ends, days = (np.concatenate([piece[part] for piece in pieces]) for part in range(3))
    _, day_of = np.unique(days, return_inverse=True)
    open_s = ends - begins
    before = np.concatenate(([0.0], np.cumsum(open_s)))
    day_s: Floats = np.bincount(day_of, open_s).astype(np.float64)
    day_before: Floats = np.cumsum(day_s) - day_s
    return _Openings(first, last, begins, ends, before, day_s, day_before)


def _shifted(
    begins: Floats, ends: Floats, days: Floats, from_s: float, to_s: float, offset_s: float
) -> tuple[Floats, Floats, Floats]:
    """The parts of openings by the local clock that lie in a piece of time with one offset, as POSIX seconds."""
    cut_begins = np.maximum(begins - offset_s, from_s)
    cut_ends = np.minimum(ends - offset_s, to_s)
    there = cut_ends > cut_begins
    return cut_begins[there], cut_ends[there], days[there]


def _pieces(zone: ZoneInfo, begin: date, end: date) -> list[tuple[float, float, float]]:
    """Stretches of time with one offset from UTC: (from, to, offset) in seconds.

    Looked for day by day, then to the second: an hour that summer time skips is not worked, one that it repeats is
    worked twice, as a clock on the wall tells.
    """
    last = (end.toordinal() - _EPOCH) * DAY_S + 2 * DAY_S
    at = (begin.toordinal() - _EPOCH) * DAY_S - 2 * DAY_S
    pieces, since, offset = [], at, _offset_s(zone, at)
    while at < last:
        ahead = at + DAY_S
        if _offset_s(zone, ahead) != offset:
            low, high = at, ahead
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if _offset_s(zone, middle) == offset else (low, middle)
            pieces.append((float(since), float(high), offset))
            since, offset = high, _offset_s(zone, high)
        at = ahead
    return [*pieces, (float(since), float(last), offset)]


def _offset_s(zone: ZoneInfo, at_s: int) -> float:
    offset = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=at_s)).astimezone(zone).utcoffset()
    return 0.0 if offset is None else offset.total_seconds()


_EPOCH = date(1970, 1, 1).toordinal()


def _year(at_s: float) -> int:
    """The year of a time; those that dates cannot name as the first and the last of them."""
    return int(np.clip(1970 + at_s / (365.2425 * DAY_S), 1900, 2400))


def _span(starts: Floats, ends: Floats) -> tuple[float, float]:
    return float(min(starts.min(), ends.min())), float(max(starts.max(), ends.max()))


def _check_unit(unit: str) -> None:
    if unit not in UNITS:
        raise BadQuery(f"unit {unit!r} is unknown", hint=f"limits are in {', '.join(UNITS)}")
