"""Routing rules as a user writes them: read into typed conditions, refused where they are wrong."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from location_cloud.cases.calendar import WEEKDAYS
from location_cloud.cases.calendar_form import parse_minute
from location_cloud.cases.lamp import LAMPS
from location_cloud.cases.rules import (
    FIELDS,
    Action,
    All,
    AnyOf,
    Band,
    Condition,
    IsOpen,
    Not,
    OneOf,
    Prefix,
    Rule,
    Window,
)
from location_cloud.errors import BadQuery

MOST_RULES = 2_000
MOST_DEPTH = 6
"""Of all, any and not within each other."""
MOST_PARTS = 200
"""Conditions of one rule, counted all together."""
MOST_VALUES = 1_000
MOST_TEXT = 200
FACTORS = 0.1, 10.0
"""By how much a rule may shorten or lengthen the limit."""

DAYS = (*WEEKDAYS, "workday", "day_off")

PREFIXES = {"area": "area", "grid": "grid", "manage_grid": "manage_grid", "village_grid": "village_grid"}
LISTS = {
    "class": "class_code",
    "group": "group",
    "kind": "kind",
    "source": "source",
    "owner": "owner",
    "weather": "weather",
    "lamp": "lamp",
}
BANDS = {"temperature_c": (-90.0, 70.0), "severity": (1.0, 6.0)}
"""Numbers that a band may begin and end at. A band ends before its end: severity 5 is below 6."""

JOINS = ("all", "any", "not")
KNOWN = (*PREFIXES, *LISTS, *BANDS, "time", "open", *JOINS)

_CODE = re.compile(r"[0-9A-Za-z]{1,24}")
_ID = re.compile(r"[0-9A-Za-z_.-]{1,64}")


def parse_rules(told: Any) -> tuple[Rule, ...]:
    """Rules as a user writes them, in their order.

    [{"id": "ice", "name": "...", "when": {"class": ["E0111"], "temperature_c": {"to": -20}, "any": [{"area":
    ["230602"]}, {"time": {"days": ["workday"], "from": "22:00", "to": "06:00"}}]}, "then": {"department":
    "sanitation", "limit_factor": 0.5, "automatic": true}, "stops": true}]
    Several keys of one condition must all hold. Raises BadQuery that names the rule, the place in it and the value.
    """
    if not isinstance(told, Sequence) or isinstance(told, str | bytes) or len(told) > MOST_RULES:
        raise BadQuery(f"rules is a list of up to {MOST_RULES} rules", hint='such as [{"id", "when", "then"}]')
    rules = tuple(parse_rule(each, f"rules[{place}]") for place, each in enumerate(told))
    seen: set[str] = set()
    for rule in rules:
        if rule.id in seen:
            raise BadQuery(f"rules: the id {rule.id} stands twice", hint="decisions name a rule by its id")
        seen.add(rule.id)
    return rules


def parse_rule(told: Any, where: str = "rule") -> Rule:
    """One of them. Raises BadQuery."""
    _keys(told, where, {"id", "name", "when", "then", "stops", "is_active"}, {"id", "when", "then"})
    if not isinstance(told["id"], str) or not _ID.fullmatch(told["id"]):
        raise BadQuery(f"{where}.id: {told['id']!r} is no id", hint="up to 64 letters, digits, dots, dashes")
    name = told.get("name", "")
    if not isinstance(name, str) or len(name) > MOST_TEXT:
        raise BadQuery(f"{where}.name is a text of up to {MOST_TEXT} characters", hint="shorten it")
    return Rule(
        told["id"],
        name,
        _Reading(where).condition(told["when"], f"{where}.when", 1),
        _action(told["then"], f"{where}.then"),
        _flag(told.get("stops", True), f"{where}.stops"),
        _flag(told.get("is_active", True), f"{where}.is_active"),
    )


class _Reading:
    """One rule's conditions while they are read, counted."""

    def __init__(self, rule: str) -> None:
        self.rule, self.parts = rule, 0

    def condition(self, told: Any, where: str, depth: int) -> Condition:
        if depth > MOST_DEPTH:
            raise BadQuery(f"{where}: conditions lie more than {MOST_DEPTH} deep", hint="write several rules")
        _keys(told, where, set(KNOWN), set())
        parts = []
        for key, value in told.items():
            self.parts += 1
            if self.parts > MOST_PARTS:
                raise BadQuery(f"{self.rule} has over {MOST_PARTS} conditions", hint="write several rules")
            parts.append(self._part(key, value, f"{where}.{key}", depth))
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _part(self, key: str, value: Any, where: str, depth: int) -> Condition:
        if key in ("all", "any"):
            if not isinstance(value, list | tuple) or not value:
                raise BadQuery(
                    f"{where} is a list of conditions", hint=f'such as {{"{key}": [{{"class": ["E0102"]}}]}}'
                )
            inner = tuple(self.condition(each, f"{where}[{place}]", depth + 1) for place, each in enumerate(value))
            return All(inner) if key == "all" else AnyOf(inner)
        if key == "not":
            return Not(self.condition(value, where, depth + 1))
        if key in PREFIXES:
            return Prefix(PREFIXES[key], _texts(value, where, _CODE))
        if key in LISTS:
            return OneOf(LISTS[key], _texts(value, where, None, LAMPS if key == "lamp" else ()))
        if key in BANDS:
            return _band(key, value, where)
        if key == "time":
            return _window(value, where)
        return IsOpen(_flag(value, where))


def _action(told: Any, where: str) -> Action:
    _keys(told, where, set(FIELDS), set())
    if not told:
        raise BadQuery(f"{where} says nothing", hint=f"it has {', '.join(FIELDS)}")
    for name in ("department", "post", "assignee"):
        value = told.get(name)
        if value is not None and (not isinstance(value, str) or not value.strip() or len(value) > MOST_TEXT):
            raise BadQuery(f"{where}.{name} is a text of up to {MOST_TEXT} characters", hint="fill or shorten it")
    factor = told.get("limit_factor")
    if factor is not None:
        factor = _number(factor, f"{where}.limit_factor", *FACTORS)
    automatic = told.get("automatic")
    if automatic is not None:
        _flag(automatic, f"{where}.automatic")
    if automatic and not told.get("department"):
        raise BadQuery(f"{where}: automatic needs a department", hint="a case is sent to somebody")
    return Action(told.get("department"), told.get("post"), told.get("assignee"), factor, automatic)


def _band(key: str, told: Any, where: str) -> Band:
    low, high = BANDS[key]
    _keys(told, where, {"from", "to"}, set())
    if not told:
        raise BadQuery(f"{where} has from, to or both", hint='such as {"to": -20}')
    found = Band(
        key,
        _number(told["from"], f"{where}.from", low, high) if "from" in told else -math.inf,
        _number(told["to"], f"{where}.to", low, high) if "to" in told else math.inf,
    )
    if not found.low < found.high:
        raise BadQuery(f"{where}: from {found.low:g} is not below to {found.high:g}", hint="to itself is outside")
    return found


def _window(told: Any, where: str) -> Window:
    _keys(told, where, {"days", "from", "to"}, set())
    if not told:
        raise BadQuery(f"{where} has days, from and to", hint='such as {"from": "22:00", "to": "06:00"}')
    days = _texts(told["days"], f"{where}.days", None, DAYS) if "days" in told else ()
    begin, end = told.get("from", "00:00"), told.get("to", "24:00")
    window = Window(days, *(parse_minute(each, f"{where}.{name}") for name, each in (("from", begin), ("to", end))))
    if window.from_min == window.to_min:
        raise BadQuery(f"{where}: {begin} to {end} is no time at all", hint="the whole day is 00:00 to 24:00")
    return window


def _texts(told: Any, where: str, form: re.Pattern[str] | None, allowed: Sequence[str] = ()) -> tuple[str, ...]:
    if not isinstance(told, list | tuple) or not 1 <= len(told) <= MOST_VALUES:
        raise BadQuery(f"{where} is a list of 1 to {MOST_VALUES} texts", hint='such as ["230602"]')
    for value in told:
        if not isinstance(value, str) or not 1 <= len(value) <= MOST_TEXT or (form and not form.fullmatch(value)):
            raise BadQuery(f"{where}: {str(value)[:40]!r} cannot be meant", hint="codes have digits and letters only")
        if allowed and value not in allowed:
            raise BadQuery(f"{where}: {value[:40]!r} is unknown", hint=f"known are {', '.join(allowed)}")
    return tuple(dict.fromkeys(told))


def _keys(told: Any, where: str, allowed: set[str], needed: set[str]) -> None:
    if not isinstance(told, Mapping):
        raise BadQuery(f"{where} is an object, not {str(told)[:40]!r}", hint="it has " + ", ".join(sorted(allowed)))
    unknown = sorted(str(key) for key in set(told) - allowed)
    if unknown:
        raise BadQuery(f"{where}: {unknown[0][:40]!r} is unknown", hint=f"known are {', '.join(sorted(allowed))}")
    missing = sorted(needed - set(told))
    if missing:
        raise BadQuery(f"{where}: {missing[0]} is missing", hint=f"it needs {', '.join(sorted(needed))}")


def _flag(value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        raise BadQuery(f"{where}: {str(value)[:40]!r} is neither true nor false", hint="write true or false")
    return value


def _number(value: Any, where: str, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise BadQuery(f"{where}: {str(value)[:40]} is out of range", hint=f"from {low:g} to {high:g}")
    return float(value)
