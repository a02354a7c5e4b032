"""When a condition holds: "Mo-Fr 07:00-09:00,16:00-18:00; Sa 10:00-12:00", "22:00-06:00", "Nov-Mar", "weight>7.5".

Source: OSM wiki, "Conditional restrictions"; the hours are a subset of "Key:opening_hours/specification" 0.7.2: months
and dates, weeks, weekdays (also the n-th of a month), PH and SH, times over midnight, open ends, sunrise and sunset.
A subset, because a rule that is read wrongly is worse than one that is not read: what is not understood is None.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

DAY_MIN = 1440
_SUN_MIN = {"dawn": 330, "sunrise": 360, "sunset": 1080, "dusk": 1110}
"""Fixed, minutes after midnight: 05:30, 06:00, 18:00, 18:30. The sun's own times would make a rule depend on place and
day for a difference that signs (headlights on, gates shut at dusk) do not have either."""

_DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class Limit:
    """A condition on the vehicle: quantity comparison value. Weights in tonnes, lengths in metres, counts."""

    quantity: str
    comparison: str
    value: float

    def holds(self, value: float) -> bool:
        """Whether a vehicle of that weight, length, ... is meant."""
        if self.comparison == "=":
            return value == self.value
        return (value > self.value if self.comparison[0] == ">" else value < self.value) or (
            value == self.value and self.comparison.endswith("=")
        )


@dataclass(frozen=True)
class Rule:
    """One rule of opening hours: on which days, from when to when.

    dates: ranges of (month, day) or (year, month, day), both ends included; empty = all year. weeks: ISO weeks.
    days: (weekday 0 = Monday, which of the month: 1.., -1 = last, 0 = each); with `holidays` empty = every day.
    holidays: "PH", "SH": also on those. times: minutes after midnight, the second above 1440 runs into the next day.
    is_open: False = the rule says when it does not hold. adds: it adds to the rules before instead of replacing them.
    """

    dates: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]
    weeks: tuple[tuple[int, int], ...]
    days: tuple[tuple[int, int], ...]
    holidays: frozenset[str]
    times: tuple[tuple[int, int], ...]
    is_open: bool
    adds: bool


@dataclass(frozen=True)
class Condition:
    """What must hold, all of it: each of `hours` (a list of rules), of `limits` and of `words` (wet, hgv, ...)."""

    hours: tuple[tuple[Rule, ...], ...] = ()
    limits: tuple[Limit, ...] = ()
    words: frozenset[str] = frozenset()

    @property
    def has_hours(self) -> bool:
        """Whether it depends on the time."""
        return bool(self.hours)


@lru_cache(maxsize=8192)
def parse_condition(text: str) -> Condition | None:
    """The condition that OSM's text means; None if any part of it is not understood. "" holds always."""
    hours: list[tuple[Rule, ...]] = []
    limits: list[Limit] = []
    words: set[str] = set()
    stripped = without_brackets(text.strip())
    if not stripped:
        return Condition()
    for part in re.split(r"\s+(?:AND|and)\s+|\s*&&\s*", stripped):
        clause = without_brackets(part.strip())
        if match := _LIMIT.fullmatch(clause):
            value = float(match[3].replace(",", ".")) * _UNITS[match[4].lower()]
            limits.append(Limit(_QUANTITIES.get(match[1].lower(), match[1].lower()), _SIGNS[match[2]], value))
        elif clause.lower() in _WORDS:
            words.add(clause.lower())
        elif rules := _parse_hours(clause):
            hours.append(rules)
        else:
            return None
    return Condition(tuple(hours), tuple(limits), frozenset(words))


def is_active(
    condition: Condition,
    local: datetime,
    holidays: Collection[date] = (),
    school_holidays: Collection[date] = (),
) -> bool:
    """Whether the hours of a condition hold at a local time; True if it names none. Limits and words are not asked.

    holidays, school_holidays: days on which PH and SH hold; unless given they never do.
    """
    return all(_is_on(rules, local, {"PH": holidays, "SH": school_holidays}) for rules in condition.hours)


def without_brackets(text: str) -> str:
    """The text without brackets around the whole of it."""
    while text.startswith("(") and text.endswith(")") and _closes_at_end(text):
        text = text[1:-1].strip()
    return text


# --- asking ------------------------------------------------------------------------------------------------------


def _is_on(rules: tuple[Rule, ...], local: datetime, holidays: dict[str, Collection[date]]) -> bool:
    minute = 60 * local.hour + local.minute
    today = local.date()
    if any(start <= minute < end for start, end in _times(rules, today, holidays)):
        return True
    night = _times(rules, today - timedelta(days=1), holidays)
    return any(start <= minute + DAY_MIN < end for start, end in night)


def _times(rules: tuple[Rule, ...], day: date, holidays: dict[str, Collection[date]]) -> list[tuple[int, int]]:
    """The spans that begin on a day: those of the last rule that speaks of the day, and of those that add to it."""
    spans: list[tuple[int, int]] = []
    for rule in rules:
        if not _speaks_of(rule, day, holidays):
            continue
        if not rule.is_open:
            spans = [] if rule.times == ((0, DAY_MIN),) else [part for span in spans for part in _cut(span, rule.times)]
        elif rule.adds:
            spans += rule.times
        else:
            spans = list(rule.times)
    return spans


def _cut(span: tuple[int, int], holes: tuple[tuple[int, int], ...]) -> list[tuple[int, int]]:
    parts = [span]
    for first, last in holes:
        parts = [
            piece
            for start, end in parts
            for piece in ((start, min(end, first)), (max(start, last), end))
            if piece[0] < piece[1]
        ]
    return parts


def _speaks_of(rule: Rule, day: date, holidays: dict[str, Collection[date]]) -> bool:
    if rule.dates and not any(_in_dates(day, first, last) for first, last in rule.dates):
        return False
    if rule.weeks and not any(_in_ring(day.isocalendar().week, *span) for span in rule.weeks):
        return False
    if any(day in holidays[name] for name in rule.holidays):
        return True
    if not rule.days:
        return not rule.holidays
    nth = (day.day - 1) // 7 + 1
    from_last = -1 if (day + timedelta(days=7)).month != day.month else 0
    return any(day.weekday() == weekday and which in (0, nth, from_last or nth) for weekday, which in rule.days)


def _in_dates(day: date, first: tuple[int, ...], last: tuple[int, ...]) -> bool:
    if len(first) == 3:
        return first <= (day.year, day.month, day.day) <= last
    here = (day.month, day.day)
    return first <= here <= last if first <= last else here >= first or here <= last


def _in_ring(here: int, first: int, last: int) -> bool:
    return first <= here <= last if first <= last else here >= first or here <= last


# --- reading -----------------------------------------------------------------------------------------------------

_LIMIT = re.compile(
    r"(weight|weightrating|maxweight|maxweightrating|gvw|axleload|axles|height|width|length|occupants|draught|trailers)"
    r"\s*(<=|>=|=<|=>|==|[<>=≤≥])\s*(\d{1,6}(?:[.,]\d{1,4})?)\s*(t|kg|m|cm|st|lbs|ft|)",
    re.IGNORECASE,
)
_UNITS = {"": 1.0, "t": 1.0, "m": 1.0, "kg": 0.001, "cm": 0.01, "st": 0.90718474, "lbs": 0.00045359237, "ft": 0.3048}
_SIGNS = {"<": "<", "<=": "<=", "=<": "<=", "≤": "<=", ">": ">", ">=": ">=", "=>": ">=", "≥": ">=", "=": "=", "==": "="}
_QUANTITIES = {"weightrating": "weight", "maxweight": "weight", "maxweightrating": "weight", "gvw": "weight"}
"""The rated weight is taken for the weight: a vehicle is signed by what it may weigh."""

_WORDS = frozenset(
    (
        *("wet", "snow", "ice", "icy", "fog", "winter", "summer", "low_visibility", "traffic_jam", "snow_chains"),
        *("hgv", "goods", "bus", "coach", "tourist_bus", "psv", "taxi", "hov", "emergency", "motorcar", "moped"),
        *("motor_vehicle", "motorcycle", "bicycle", "agricultural", "forestry", "trailer", "caravan", "hazmat"),
        *("electric", "diesel", "winter_tyres", "disabled", "destination", "delivery", "customers", "residents"),
        *("private", "permit", "permit_holder", "employees", "visitors", "guests", "school", "loading", "unloading"),
        "charging",
    )
)
"""Words that a condition may consist of. Source: OSM wiki, "Conditional restrictions", and the test extracts."""

_DAY = "|".join(_DAYS)
_MONTH = "|".join(_MONTHS)
_DATE = rf"(?:(?:\d{{4}}\s+)?(?:{_MONTH})(?:\s+\d{{1,2}}(?!\d|:))?)"
_DATES = re.compile(rf"({_DATE}(?:\s*-\s*(?:{_DATE}|\d{{1,2}}(?!\d|:)))?)(?:\s*,\s*(?={_DATE})|\s*:?\s*)")
_WEEK = r"\d{1,2}(?:\s*-\s*\d{1,2})?"
_WEEKS = re.compile(rf"week\s*({_WEEK}(?:\s*,\s*{_WEEK})*)\s*:?\s*")
_ONE_DAY = rf"(?:PH|SH|(?:{_DAY})(?:\[[-\d,]+\]|\s*-\s*(?:{_DAY}))?)"
_DAYS_PART = re.compile(rf"({_ONE_DAY}(?:\s*,\s*{_ONE_DAY})*)\s*:?\s*")
_CLOCK = r"(?:\d{1,2}[:.]\d{2}|\(?(?:sunrise|sunset|dawn|dusk)(?:[+-]\d{1,2}:\d{2})?\)?)"
_TIMES = re.compile(rf"({_CLOCK})\s*(?:-\s*({_CLOCK})(\+)?|(\+))\s*,?\s*")
_STATE = re.compile(r"(open|on|off|closed)?\s*(?:\"[^\"]*\")?\s*", re.IGNORECASE)
_ADDING = re.compile(rf",\s*(?=(?:{_DAY}|PH|SH|{_MONTH}|week)\b)")


def _closes_at_end(text: str) -> bool:
    depth = 0
    for place, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth == 0:
            return place == len(text) - 1
    return False


def _parse_hours(text: str) -> tuple[Rule, ...]:
    """The rules of opening hours; empty if one of them is not understood."""
    rules: list[Rule] = []
    for part in filter(None, (piece.strip() for piece in text.split(";"))):
        for number, piece in enumerate(_split_adding(part)):
            rule = _parse_rule(_capitals(without_brackets(piece.strip())), adds=number > 0)
            if rule is None:
                return ()
            rules.append(rule)
    # Only exceptions ("PH off"): it holds whenever they do not.
    if rules and not any(rule.is_open for rule in rules):
        rules.insert(0, _EVERY_TIME)
    return tuple(rules)


def _split_adding(text: str) -> list[str]:
    """Splits "Mo 08:00-10:00, Sa 09:00-12:00" in two: a comma after times begins a rule that adds to the first."""
    pieces = [""]
    at = 0
    for match in _ADDING.finditer(text):
        pieces[-1] += text[at : match.start()]
        at = match.end()
        if re.search(r"\d[:.]\d{2}\+?\s*$|(?:open|off|closed)\s*$", pieces[-1]):
            pieces.append("")
        else:
            pieces[-1] += ","
    pieces[-1] += text[at:]
    return pieces


def _capitals(text: str) -> str:
    """Months and days as the specification writes them: "MON" and "monday" do not, "mo-fr" does occur."""
    return re.sub(
        rf"\b(?:{_DAY}|{_MONTH}|PH|SH)\b",
        lambda match: match[0].upper() if match[0].lower() in ("ph", "sh") else match[0].capitalize(),
        text,
        flags=re.IGNORECASE,
    )


def _parse_rule(text: str, adds: bool) -> Rule | None:
    rest = text.strip()
    dates: list[tuple[tuple[int, ...], tuple[int, ...]]] = []
    weeks: list[tuple[int, int]] = []
    days: list[tuple[int, int]] = []
    holidays: frozenset[str] = frozenset()
    times: list[tuple[int, int]] = []
    if rest.startswith("24/7"):
        times, rest = [(0, DAY_MIN)], rest[4:].strip()
    while match := _DATES.match(rest):
        span = _parse_dates(match[1])
        if span is None:
            return None
        dates.append(span)
        rest = rest[match.end() :]
    if match := _WEEKS.match(rest):
        for piece in match[1].replace(" ", "").split(","):
            first, _, last = piece.partition("-")
            weeks.append((int(first), int(last or first)))
        rest = rest[match.end() :]
    if match := _DAYS_PART.match(rest):
        found = _parse_days(match[1])
        if found is None:
            return None
        days, holidays = found
        rest = rest[match.end() :]
    while match := _TIMES.match(rest):
        span_min = _parse_times(match)
        if span_min is None:
            return None
        times.append(span_min)
        rest = rest[match.end() :]
    says_nothing = not (dates or weeks or days or holidays or times)
    state = _STATE.fullmatch(rest)
    if says_nothing or not state:
        return None
    is_open = (state[1] or "open").lower() in ("open", "on")
    return Rule(tuple(dates), tuple(weeks), tuple(days), holidays, tuple(times) or ((0, DAY_MIN),), is_open, adds)


_EVERY_TIME = Rule((), (), (), frozenset(), ((0, DAY_MIN),), True, False)


def _parse_dates(text: str) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """First and last day of "Nov-Mar", "Nov 15-Mar 15", "Jan 01", "Apr 10-20", "2024 Apr 01-2024 May 01"."""
    first, _, last = (part.strip() for part in text.partition("-"))
    start = _parse_date(first, is_end=False)
    if last.isdigit():
        end = (*start[:-1], int(last))
    else:
        end = _parse_date(last or first, is_end=True)
    if len(start) == 3 and len(end) == 2:
        end = (start[0], *end)
    if len(start) != len(end) or not (1 <= start[-1] <= 31 and 1 <= end[-1] <= 31):
        return None
    return (start, end) if len(start) == 2 or start <= end else None


def _parse_date(text: str, is_end: bool) -> tuple[int, ...]:
    words = text.split()
    year = (int(words.pop(0)),) if words[0].isdigit() else ()
    month = _MONTHS.index(words[0]) + 1
    return (*year, month, int(words[1]) if len(words) > 1 else 31 if is_end else 1)


def _parse_days(text: str) -> tuple[list[tuple[int, int]], frozenset[str]] | None:
    days: list[tuple[int, int]] = []
    holidays: set[str] = set()
    for part in re.split(r"\s*,\s*(?=[A-Z])", text):
        if part in ("PH", "SH"):
            holidays.add(part)
        elif "[" in part:
            weekday = _DAYS.index(part[:2])
            for which in part[3:-1].split(","):
                if which not in ("1", "2", "3", "4", "5", "-1"):
                    return None
                days.append((weekday, int(which)))
        else:
            first, _, last = (name.strip() for name in part.partition("-"))
            begin, end = _DAYS.index(first), _DAYS.index(last or first)
            days += [(weekday % 7, 0) for weekday in range(begin, end + 1 + 7 * (end < begin))]
    return days, frozenset(holidays)


def _parse_times(match: re.Match[str]) -> tuple[int, int] | None:
    start = _minutes(match[1])
    if match[4]:  # "20:00+": with an open end, taken to midnight
        return (start, DAY_MIN) if 0 <= start < DAY_MIN else None
    end = _minutes(match[2])
    if not 0 <= start <= DAY_MIN or not 0 <= end <= 2 * DAY_MIN:
        return None
    return (start, end if end > start else end + DAY_MIN)


def _minutes(text: str) -> int:
    """Minutes after midnight of "07:30", "sunset", "(sunset+00:30)"; -1 for what no clock shows."""
    text = text.strip("()")
    for name, minute in _SUN_MIN.items():
        if text.startswith(name):
            offset = text[len(name) :]
            shift = _minutes(offset[1:]) if offset else 0
            return minute - shift if offset.startswith("-") else minute + shift
    hour, _, minute_text = text.replace(".", ":").partition(":")
    return 60 * int(hour) + int(minute_text) if int(minute_text) < 60 else -1
