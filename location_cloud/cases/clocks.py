"""The clocks of a case: started, stopped while it is suspended, set going again, given more time.

A clock counts in the unit of its limit, so that 4 working hours stay 4 working hours over a suspension. Its lamp
follows from two moments that are found when it is set, not from the calendar at every reading: green before `warn`
(80 % used), yellow from then on, red after `due`.
"""

from __future__ import annotations

from dataclasses import replace

from location_cloud.cases.calendar import MOST_AMOUNT, Calendar, deadline, spent
from location_cloud.cases.lamp import WARNING
from location_cloud.cases.limits import Limit
from location_cloud.cases.model import Clock


def start_clock(calendar: Calendar, now: float, limit: Limit, name: str = "default") -> Clock:
    """A clock that runs from now on. Raises BadQuery for a calendar that is hardly ever open."""
    return _set(calendar, Clock(limit, now, now, now, calendar=name))


def stop_clock(calendar: Calendar, now: float, clock: Clock) -> Clock:
    """The clock, standing."""
    if clock.since is None:
        return clock
    return replace(clock, since=None, used=clock.used + max(spent(calendar, clock.since, now, clock.limit.unit), 0.0))


def go_on(calendar: Calendar, now: float, clock: Clock) -> Clock:
    """The clock, running on with what was left of it; one whose limit was over keeps the moment it was over at."""
    return clock if clock.since is not None else _set(calendar, replace(clock, since=now))


def give_more(calendar: Calendar, clock: Clock, more: Limit) -> Clock:
    """The clock with so much more time, which may be told in another unit."""
    amount = more.amount
    if more.unit != clock.limit.unit:
        amount = spent(calendar, clock.due, deadline(calendar, clock.due, more.amount, more.unit), clock.limit.unit)
    limit = Limit(min(clock.limit.amount + amount, MOST_AMOUNT), clock.limit.unit)
    return _set(calendar, replace(clock, limit=limit))


def with_limit(calendar: Calendar, clock: Clock, limit: Limit, name: str) -> Clock:
    """The clock against another limit, on that calendar, less what it has used; one that stands, as it goes on."""
    unit = limit.unit
    used = clock.used if unit == clock.limit.unit or clock.limit.amount == 0 else 0.0
    changed = replace(clock, limit=limit, used=used, calendar=name)
    if clock.since is None:
        return changed
    return _set(calendar, changed)


def lamp_of(clock: Clock | None, at: float) -> str:
    """Green, yellow or red at a moment, "" without a limit. at: when it was stopped, of a clock that stands."""
    if clock is None:
        return ""
    return "red" if at > clock.due else "yellow" if at >= clock.warn else "green"


def _set(calendar: Calendar, clock: Clock) -> Clock:
    """The clock with the moments that it will reach. One that stands keeps them until it goes on."""
    if clock.since is None:
        return clock
    amount, unit = clock.limit.amount, clock.limit.unit
    left, green = amount - clock.used, amount * WARNING - clock.used
    due = deadline(calendar, clock.since, left, unit) if left > 0 else min(clock.due, clock.since)
    warn = deadline(calendar, clock.since, green, unit) if green > 0 else min(clock.warn, clock.since)
    return replace(clock, due=due, warn=min(warn, due))
