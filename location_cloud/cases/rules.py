"""Routing rules: who gets a case, decided by typed conditions over its facts, with the reason told.

Rules are read in their order. A rule whose condition holds fills what no rule before it has said, field by field, and
ends the reading where it says `stops`. A decision lists every rule that fits, also those behind a stop: a rule that was
not reached is then seen, not missed.
A fact that is not known (no weather told) makes a condition neither true nor false, also below `not`; such a rule does
not fit, and the decision names what was not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from location_cloud.cases.calendar import WEEKDAYS, Calendar, worked_s


@dataclass(frozen=True)
class Facts:
    """What is known of a case when it is routed; "" and None = not known.

    area: code of the deepest area. grid: of the unit grid; manage_grid, village_grid. class_code, group, kind: of its
    class. owner: of its component. weather: condition; temperature_c. lamp: of the whole case. severity: 1-5.
    at_s: when it is routed, POSIX seconds.
    """

    at_s: float
    area: str = ""
    grid: str = ""
    manage_grid: str = ""
    village_grid: str = ""
    class_code: str = ""
    group: str = ""
    kind: str = ""
    source: str = ""
    owner: str = ""
    weather: str = ""
    temperature_c: float | None = None
    lamp: str = ""
    severity: float | None = None


@dataclass(frozen=True)
class Prefix:
    """A code begins with one of these: what lies in an area or a community."""

    fact: str
    codes: tuple[str, ...]


@dataclass(frozen=True)
class OneOf:
    """A fact is one of these."""

    fact: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Band:
    """A number lies in [low, high)."""

    fact: str
    low: float
    high: float


@dataclass(frozen=True)
class Window:
    """The local time lies in [from, to), minutes of the day, on such a day; from > to goes on over midnight."""

    days: tuple[str, ...]
    from_min: int
    to_min: int


@dataclass(frozen=True)
class IsOpen:
    """The office works, or does not."""

    wanted: bool


@dataclass(frozen=True)
class All:
    """All of them hold; of none at all, too: a rule for everything."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class AnyOf:
    """At least one holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Not:
    """It does not hold."""

    part: Condition


Condition: TypeAlias = Prefix | OneOf | Band | Window | IsOpen | All | AnyOf | Not


@dataclass(frozen=True)
class Action:
    """Who gets the case. limit_factor: of the case's limit. automatic: without a dispatcher. None = not said."""

    department: str | None = None
    post: str | None = None
    assignee: str | None = None
    limit_factor: float | None = None
    automatic: bool | None = None


FIELDS = tuple(each.name for each in fields(Action))


@dataclass(frozen=True)
class Rule:
    """id: how decisions name it. stops: no rule behind it has a say where it fits."""

    id: str
    name: str
    when: Condition
    then: Action
    stops: bool = True
    is_active: bool = True


@dataclass(frozen=True)
class Fit:
    """A rule that fits. said: the fields that it decided. is_reached: False = a rule before it had stopped."""

    rule: str
    name: str
    said: tuple[str, ...]
    stops: bool
    is_reached: bool


@dataclass(frozen=True)
class Decision:
    """What the rules say together. decided_by: id of the rule that named the department, "" = none did.

    fits: every rule that fits, in order. unsure: rules that could not be decided, each with the facts not known.
    """

    action: Action
    decided_by: str
    fits: tuple[Fit, ...]
    unsure: tuple[tuple[str, tuple[str, ...]], ...]


def decide(rules: Iterable[Rule], facts: Facts, calendar: Calendar) -> Decision:
    """What the rules, in their order, say of a case."""
    now = _Now(facts, calendar)
    said: dict[str, Any] = {}
    fits, unsure, decided_by, is_reached = [], [], "", True
    for rule in rules:
        if not rule.is_active:
            continue
        now.missing.clear()
        holds = now.holds(rule.when)
        if holds is None:
            unsure.append((rule.id, tuple(sorted(now.missing))))
        if not holds:
            continue
        new = {name: value for name in FIELDS if (value := getattr(rule.then, name)) is not None and name not in said}
        if "department" not in new:
            new.pop("automatic", None)  # it belongs to whoever names the department
        if not is_reached:
            new = {}
        fits.append(Fit(rule.id, rule.name, tuple(new), rule.stops, is_reached))
        said |= new
        decided_by = decided_by or (rule.id if "department" in new else "")
        is_reached = is_reached and not rule.stops
    return Decision(Action(**said), decided_by, tuple(fits), tuple(unsure))


class _Now:
    """The facts of one case while its rules are read. missing: facts that the rule being read asked for in vain."""

    def __init__(self, facts: Facts, calendar: Calendar) -> None:
        self.facts, self.calendar = facts, calendar
        self.local = datetime.fromtimestamp(facts.at_s, ZoneInfo(calendar.zone))
        self.missing: set[str] = set()

    def holds(self, condition: Condition) -> bool | None:
        """Whether it does; None = a fact that it turns on is not known."""
        match condition:
            case All(parts):
                return _least([self.holds(each) for each in parts])
            case AnyOf(parts):
                inverse = _least([_inverse(self.holds(each)) for each in parts])
                return _inverse(inverse)
            case Not(part):
                return _inverse(self.holds(part))
            case Prefix(fact, codes):
                return str(value).startswith(codes) if (value := self._known(fact)) is not None else None
            case OneOf(fact, values):
                return value in values if (value := self._known(fact)) is not None else None
            case Band(fact, low, high):
                return low <= value < high if (value := self._known(fact)) is not None else None
            case Window():
                return self._in_window(condition)
            case IsOpen(wanted):
                return (worked_s(self.calendar, self.facts.at_s, self.facts.at_s + 1.0) > 0) == wanted

    def _known(self, fact: str) -> Any:
        value = getattr(self.facts, fact)
        if value is None or value == "":
            self.missing.add(fact)
            return None
        return value

    def _in_window(self, window: Window) -> bool:
        minute = self.local.hour * 60 + self.local.minute
        today = self._is_day(window.days, 0)
        if window.from_min < window.to_min:
            return today and window.from_min <= minute < window.to_min
        # Friday 22:00-06:00 is the night that begins on Friday.
        return (today and minute >= window.from_min) or (self._is_day(window.days, -1) and minute < window.to_min)

    def _is_day(self, days: tuple[str, ...], shift: int) -> bool:
        day = self.local.date() + timedelta(shift)
        kind = "workday" if self.calendar.intervals(day) else "day_off"
        return not days or kind in days or WEEKDAYS[day.weekday()] in days


def _least(values: Sequence[bool | None]) -> bool | None:
    """True if all are, False if one is false, else not known (Kleene's logic)."""
    if any(value is False for value in values):
        return False
    return None if None in values else True


def _inverse(value: bool | None) -> bool | None:
    return None if value is None else not value
