"""When shifts are, and how those who came or stayed away are told of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from location_cloud.patrols.model import Patrol, Pattern, Roster, Shift, Span, State

EARLIEST_S = 7200.0
"""Who comes up to two hours before a shift comes for that shift."""

MOST_DAYS = 400
"""Of one question about shifts."""

DAY_MIN = 1440


def spans_on(pattern: Pattern, day: date) -> tuple[Span, ...]:
    """The shifts that begin on a day, minutes after its midnight."""
    return pattern.days.get(day, pattern.week[day.weekday()])


def list_shifts(rosters: Iterable[Roster], first: date, last: date) -> list[Shift]:
    """The shifts that begin on the days from the first to the last, both included; by beginning and person."""
    found = []
    for roster in rosters:
        day = max(first, roster.valid_from)
        end = last if roster.valid_to is None else min(last, roster.valid_to - timedelta(1))
        while day <= end:
            found += [_shift(roster, day, span) for span in spans_on(roster.pattern, day)]
            day += timedelta(1)
    return sorted(found, key=lambda shift: (shift.begin_s, shift.person))


def find_shift(rosters: Iterable[Roster], at_s: float) -> Shift | None:
    """The shift that somebody who comes at a time comes for: the one under way, else the next within EARLIEST_S."""
    found = []
    for roster in rosters:
        today = datetime.fromtimestamp(at_s, ZoneInfo(roster.pattern.zone)).date()
        found += list_shifts([roster], today - timedelta(1), today + timedelta(1))
    open_ = [shift for shift in found if shift.begin_s - EARLIEST_S <= at_s < shift.end_s]
    return min(open_, key=lambda shift: (shift.begin_s > at_s, abs(shift.begin_s - at_s)), default=None)


def state_of(patrol: Patrol) -> State:
    """How a patrol kept to its shift; one that is under way as far as is known."""
    if patrol.planned_begin is None:
        return "non-workday"
    if late_min(patrol) > patrol.late_min:
        return "late"
    return "early" if early_min(patrol) > patrol.early_min else "normal"


def late_min(patrol: Patrol) -> float:
    """Minutes after the beginning of the shift that it was begun."""
    return 0.0 if patrol.planned_begin is None else max(0.0, patrol.begun - patrol.planned_begin) / 60.0


def early_min(patrol: Patrol) -> float:
    """Minutes before the end of the shift that it was ended."""
    if patrol.planned_end is None or patrol.ended is None:
        return 0.0
    return max(0.0, patrol.planned_end - patrol.ended) / 60.0


def unattended(shifts: Sequence[Shift], patrols: Iterable[Patrol], now_s: float) -> list[tuple[Shift, State]]:
    """The shifts that nobody came for, each absent or, while it is not over, expected."""
    came = {(patrol.person, patrol.roster, patrol.planned_begin) for patrol in patrols}
    return [
        (shift, "absent" if shift.end_s <= now_s else "expected")
        for shift in shifts
        if (shift.person, shift.roster, shift.begin_s) not in came
    ]


def _shift(roster: Roster, day: date, span: Span) -> Shift:
    zone = ZoneInfo(roster.pattern.zone)
    begin, end = ((datetime.combine(day, datetime.min.time()) + timedelta(minutes=each)) for each in span)
    return Shift(
        roster.code,
        roster.person,
        roster.beat,
        day,
        begin.replace(tzinfo=zone).timestamp(),
        end.replace(tzinfo=zone).timestamp(),
        roster.pattern.late_min,
        roster.pattern.early_min,
    )
