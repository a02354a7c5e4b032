"""A clock that is watched minute by minute, for what calendars are compared with."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from location_cloud.cases.calendar import Calendar


class Watched:
    """The slow obvious way: every minute of the years is looked up on the wall clock and in the calendar."""

    def __init__(self, calendar: Calendar, first: str, days: int) -> None:
        zone = ZoneInfo(calendar.zone)
        start = datetime.fromisoformat(first).replace(tzinfo=UTC)
        self.start_s = int(start.timestamp())
        self.is_open: list[int] = []
        self.day: list[date] = []
        intervals: dict[date, tuple[tuple[int, int], ...]] = {}
        for minute in range(days * 1440):
            if minute % 15 == 0:  # no zone of these years moves its clock within a quarter of an hour
                wall = (start + timedelta(minutes=minute)).astimezone(zone)
            clock = wall.hour * 60 + wall.minute + minute % 15
            day = wall.date()
            if day not in intervals:
                intervals[day] = calendar.intervals(day)
            self.is_open.append(any(begin <= clock < end for begin, end in intervals[day]))
            self.day.append(day)
        self.of_day: dict[date, int] = {}
        for day, is_open in zip(self.day, self.is_open):
            self.of_day[day] = self.of_day.get(day, 0) + is_open

    def worked_min(self, begin: int, end: int) -> int:
        return sum(self.is_open[begin:end])

    def hours_end(self, begin: int, hours: int) -> int:
        left, minute = hours * 60, begin
        while left:
            left -= self.is_open[minute]
            minute += 1
        return minute

    def days_end(self, begin: int, days: int) -> int:
        left, minute = Fraction(days), begin
        while left > 0:
            if self.is_open[minute]:
                left -= Fraction(1, self.of_day[self.day[minute]])
            minute += 1
        return minute
