"""The times that an evaluation is of: months, quarters, years, or any days, and the one before each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from location_cloud.errors import BadQuery

FORM = re.compile(r"(20[0-9]{2})(?:-(?:(0[1-9]|1[0-2])|Q([1-4])))?")
FORM_TEXT = "^20[0-9]{2}(-(0[1-9]|1[0-2]|Q[1-4]))?$"
FIRST, LAST = date(2000, 1, 1), date(2100, 1, 1)
MOST_DAYS = 10 * 366


@dataclass(frozen=True)
class Span:
    """Days from `begin` up to, without, `end`. name: as it was asked for, "" = any days."""

    begin: date
    end: date
    name: str = ""

    def before(self) -> Span:
        """The one of the same kind before it: the month before a month, as many days before days."""
        if self.name:
            months = _months(self.begin, self.end)
            begin = _shifted(self.begin, -months)
            return _named(begin, months)
        return Span(self.begin - (self.end - self.begin), self.begin)

    def months(self) -> list[str]:
        """The whole months in it, "2026-11"."""
        first = self.begin if self.begin.day == 1 else _shifted(self.begin, 1)
        last = self.end.replace(day=1)
        return [f"{_shifted(first, number):%Y-%m}" for number in range(max(_months(first, last), 0))]

    def touched(self) -> list[str]:
        """The months that any day of it lies in."""
        first, last = self.begin.replace(day=1), (self.end - timedelta(1)).replace(day=1)
        return [f"{_shifted(first, number):%Y-%m}" for number in range(_months(first, last) + 1)]

    def edges(self) -> list[tuple[date, date]]:
        """The days that lie in no whole month of it: none, one or two stretches."""
        months = self.months()
        if not months:
            return [(self.begin, self.end)]
        first = date.fromisoformat(f"{months[0]}-01")
        last = _shifted(date.fromisoformat(f"{months[-1]}-01"), 1)
        return [(begin, end) for begin, end in ((self.begin, first), (last, self.end)) if begin < end]


def parse_span(period: str | None, begin: date | None, last: date | None, today: date) -> Span:
    """The span that is meant: a period ("2026-11", "2026-Q4", "2026"), or days from and to, both included.

    Without any, the month of today. Raises BadQuery for both at once, days the wrong way round, over ten years.
    """
    if period is not None:
        if begin is not None or last is not None:
            raise BadQuery("give period, or from and to", hint="period=2026-11, or from=2026-11-01&to=2026-11-15")
        match = FORM.fullmatch(period)
        if match is None:
            raise BadQuery(f"period={period[:20]} is none", hint="write 2026-11, 2026-Q4 or 2026")
        year, month, quarter = int(match[1]), match[2], match[3]
        first = date(year, int(month) if month else 3 * int(quarter) - 2 if quarter else 1, 1)
        return _named(first, 1 if month else 3 if quarter else 12)
    if begin is None and last is None:
        return _named(today.replace(day=1), 1)
    if begin is None or last is None or not FIRST <= begin <= last < LAST or (last - begin).days > MOST_DAYS:
        raise BadQuery(
            f"from={begin} to={last} are not the first and the last of some days",
            hint=f"both, from {FIRST} on, up to {MOST_DAYS} days",
        )
    return Span(begin, last + timedelta(1))


def trend_of(span: Span, count: int) -> list[Span]:
    """So many spans of the same kind, the given one last."""
    found = [span]
    while len(found) < count:
        found.append(found[-1].before())
    return found[::-1]


def midnight_s(day: date, zone: str) -> float:
    """When a day begins, POSIX seconds."""
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).timestamp()


def _named(begin: date, months: int) -> Span:
    end = _shifted(begin, months)
    if months == 12 and begin.month == 1:
        return Span(begin, end, f"{begin:%Y}")
    if months == 3 and begin.month % 3 == 1:
        return Span(begin, end, f"{begin:%Y}-Q{begin.month // 3 + 1}")
    return Span(begin, end, f"{begin:%Y-%m}")


def _shifted(day: date, months: int) -> date:
    """The first of the month so many later."""
    number = day.year * 12 + day.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


def _months(begin: date, end: date) -> int:
    return (end.year - begin.year) * 12 + end.month - begin.month
