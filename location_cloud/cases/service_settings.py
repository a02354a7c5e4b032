"""What counts for a tenant: classes, calendars, limits, routing rules, how incidents become cases; and setting it."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import orjson

from location_cloud.cases import store_settings as store
from location_cloud.cases.calendar import Calendar
from location_cloud.cases.calendar_form import parse_calendar
from location_cloud.cases.catalogue import CaseClass, merge_classes, parse_class
from location_cloud.cases.holidays import chinese_calendar, with_holidays
from location_cloud.cases.limits import Limit, parse_limit, shipped_limits
from location_cloud.cases.model import STAGES, Setting
from location_cloud.cases.rules import Rule
from location_cloud.cases.rules_form import parse_rules
from location_cloud.changes import check_version
from location_cloud.errors import BadQuery, NotFound, TooLarge, Unprocessable, VersionNeeded
from location_cloud.storage.live import next_version

if TYPE_CHECKING:
    from location_cloud.storage.live import Live

CLASS, CALENDAR, LIMIT, RULES, JOINING = "class", "calendar", "limit", "rules", "joining"

DEFAULT = "default"
"""Name of the calendar that counts where a limit names none. Without a tenant's own: office hours and holidays of
mainland China."""

WHOLE = "case"
"""The part of a limit's name that means the whole case; other parts are stages."""
TO_CLOSE = "to_close"
"""The work between a check and the closing of a case, as limits call it."""
HOTLINE = "hotline"
"""The part of a limit's name that means a band of the hotline: any.urgent.hotline."""
PARTS = (WHOLE, *STAGES, TO_CLOSE, HOTLINE)

MOST: Mapping[str, int] = {CLASS: 5000, CALENDAR: 100, LIMIT: 20_000}
"""Of a tenant."""

ROAD_CLOSED = "E0306"
"""Class of a case that an incident opens, unless a tenant names another."""

_LIMIT_NAME = re.compile(r"(any|[0-9A-Z]{2,12})\.([\w-]{1,32})\.(\w{1,16})")
_CALENDAR_NAME = re.compile(r"\w[\w.-]{0,63}")


@dataclass(frozen=True)
class Joining:
    """How incidents become cases. opens: whether they do. effects: those of incidents that do ("shuts", "slows").

    class_code: of such a case. at_end: what the end of an incident makes of its case: "check" = it is to be checked,
    "note" = it is written down.
    """

    opens: bool = True
    effects: tuple[str, ...] = ("shuts",)
    class_code: str = ROAD_CLOSED
    at_end: str = "check"


@dataclass(frozen=True)
class Terms:
    """All that counts for a tenant at a moment. own_limits: by name, with the calendar that they count on."""

    classes: Mapping[str, CaseClass]
    calendars: Mapping[str, Calendar]
    own_limits: Mapping[str, tuple[Limit, str]]
    rules: tuple[Rule, ...]
    joining: Joining

    def get_class(self, code: str) -> CaseClass:
        """The class of that code. Raises Unprocessable."""
        found = self.classes.get(code)
        if found is None:
            raise Unprocessable(f"class {code!r} is unknown", hint="GET /v1/classes lists them")
        return found

    def calendar(self, name: str = DEFAULT) -> Calendar:
        """The calendar of that name, or the default one where it is gone."""
        return self.calendars.get(name) or self.calendars[DEFAULT]

    def find_band(self, band: str) -> tuple[Limit, str] | None:
        """Within which time the hotline wants an answer in that band, and on which calendar; None = there is none."""
        if (found := self.own_limits.get(f"any.{band}.{HOTLINE}")) is not None:
            return found
        shipped = shipped_limits()[HOTLINE].get(band)
        return None if shipped is None else (shipped, DEFAULT)

    def bands(self) -> list[str]:
        """The bands of the hotline."""
        own = (name.split(".")[1] for name in self.own_limits if name.endswith(f".{HOTLINE}"))
        return list(dict.fromkeys((*shipped_limits()[HOTLINE], *own)))

    def case_limit(self, code: str, area_class: str, band: str = "") -> tuple[Limit, str]:
        """How long a whole case of a class may take where a place has that class, and on which calendar.

        band: of the hotline, whose time counts before that of the class.
        """
        if band and (of_band := self.find_band(band)) is not None:
            return of_band
        for area in (area_class, "any"):
            if (found := self.own_limits.get(f"{code}.{area}.{WHOLE}")) is not None:
                return found
        known = self.classes.get(code)
        limit = known.limit(area_class) if known is not None else shipped_limits()["events"]["any"]
        return limit, DEFAULT

    def stage_limit(self, code: str, area_class: str, part: str) -> tuple[Limit, str] | None:
        """How long a stage may take; None = as long as the case."""
        for whose in (code, "any"):
            for area in (area_class, "any"):
                if (found := self.own_limits.get(f"{whose}.{area}.{part}")) is not None:
                    return found
        shipped = shipped_limits()["stages"].get(part)
        return None if shipped is None else (shipped, DEFAULT)


def load_terms(connection: Any, tenant: str) -> Terms:
    """What counts for the tenant now. Kept in the process until something of it changes (one statement, 30 us)."""
    kept = _kept(connection.engine)
    state = store.settings_state(connection, tenant)
    found = kept.get(tenant)
    if found is None or found[0] != state:
        found = (state, _terms(store.list_settings(connection, tenant)))
        if len(kept) >= TENANTS_KEPT:
            kept.clear()
        kept[tenant] = found
    return found[1]


def read_terms(live: Live, tenant: str) -> Terms:
    """The same with a connection of its own."""
    with live.read() as connection:
        return load_terms(connection, tenant)


# --- set ---------------------------------------------------------------------------------------------------------


def list_settings(live: Live, tenant: str, kind: str) -> list[Setting]:
    """What the tenant has set of a kind, by name."""
    with live.read() as connection:
        return store.list_settings(connection, tenant, kind)


def find_setting(live: Live, tenant: str, kind: str, name: str) -> Setting | None:
    """The tenant's own of that name."""
    with live.read() as connection:
        return store.find_setting(connection, tenant, kind, name)


def put_setting(
    live: Live, tenant: str, kind: str, name: str, content: Mapping[str, Any], version: int | None, is_told: bool
) -> tuple[Setting, bool]:
    """As stored, and whether it is new; durable when this returns. Cases that are open keep their limits.

    version: that it was made from, None = whichever; is_told: whether one was named, which a change needs.

    Raises BadQuery for what cannot be, Conflict if somebody was faster, VersionNeeded, TooLarge over the ceiling.
    """
    _CHECKS[kind](name, content)
    with live.write() as connection:
        next_version(connection)
        before = store.find_setting(connection, tenant, kind, name)
        if before is None:
            if version is not None:
                raise NotFound(f"there is no {kind} {name} of your own", hint="send it without If-Match to add it")
            if kind in MOST and len(store.list_settings(connection, tenant, kind)) >= MOST[kind]:
                raise TooLarge(f"a tenant has up to {MOST[kind]:,} of {kind}", hint="remove those that are not used")
            return store.insert_setting(connection, tenant, kind, name, content), True
        if not is_told:
            raise VersionNeeded(
                f"{kind} {name} is there already", hint=f'send If-Match: "{before.version}" to change it, or *'
            )
        check_version(f"{kind} {name}", before.version, version)
        return store.change_setting(connection, tenant, before, content), False


def remove_setting(live: Live, tenant: str, kind: str, name: str, version: int | None) -> None:
    """Takes the tenant's own away; what is shipped counts again. Raises NotFound, Conflict if somebody was faster."""
    with live.write() as connection:
        next_version(connection)
        before = store.find_setting(connection, tenant, kind, name)
        if before is None:
            raise NotFound(f"there is no {kind} {name} of your own", hint="what is shipped cannot be removed")
        check_version(f"{kind} {name}", before.version, version)
        store.delete_setting(connection, tenant, before)


def limit_name(name: str) -> tuple[str, str, str]:
    """Class or "any", area class or "any", and part of the work of a limit's name. Raises BadQuery."""
    match = _LIMIT_NAME.fullmatch(name)
    if match is None or match[3] not in PARTS:
        raise BadQuery(
            f"{name[:60]!r} names no limit",
            hint=f"class.area_class.part, such as 0101.any.case or any.any.to_verify; parts are {', '.join(PARTS)}",
        )
    if match[3] == HOTLINE and match[1] != "any":
        raise BadQuery("bands of the hotline are set for all classes", hint="such as any.urgent.hotline")
    if match[3] == WHOLE and match[1] == "any":
        raise BadQuery("the limit of whole cases is set for a class", hint="such as 0101.any.case")
    return match[1], match[2], match[3]


# --- parts -------------------------------------------------------------------------------------------------------

TENANTS_KEPT = 200

_KEPT: WeakKeyDictionary[Any, dict[str, tuple[tuple[int, int], Terms]]] = WeakKeyDictionary()
_LOCK = threading.Lock()


def _kept(engine: Any) -> dict[str, tuple[tuple[int, int], Terms]]:
    with _LOCK:
        return _KEPT.setdefault(engine, {})


def _terms(settings: list[Setting]) -> Terms:
    by_kind: dict[str, dict[str, Mapping[str, Any]]] = {}
    for each in settings:
        by_kind.setdefault(each.kind, {})[each.name] = each.content
    own = (parse_class(content) for content in by_kind.get(CLASS, {}).values())
    calendars = {name: read_calendar(content) for name, content in by_kind.get(CALENDAR, {}).items()}
    limits = {
        name: (parse_limit(content["limit"]), content.get("calendar", DEFAULT))
        for name, content in by_kind.get(LIMIT, {}).items()
    }
    rules = by_kind.get(RULES, {}).get(RULES, {"rules": []})
    joining = read_joining(by_kind.get(JOINING, {}).get(JOINING, {}))
    classes = merge_classes(own)
    return Terms(classes, {DEFAULT: _shipped_calendar(), **calendars}, limits, parse_rules(rules["rules"]), joining)


@lru_cache(maxsize=1)
def _shipped_calendar() -> Calendar:
    return chinese_calendar()


def read_calendar(content: Mapping[str, Any]) -> Calendar:
    """A calendar as a tenant told it, its openings kept in the process. Raises BadQuery."""
    return _read_calendar(orjson.dumps(dict(content), option=orjson.OPT_SORT_KEYS))


@lru_cache(maxsize=500)
def _read_calendar(text: bytes) -> Calendar:
    told = orjson.loads(text)
    has_holidays = told.pop("public_holidays", False)
    calendar = parse_calendar(told)
    return with_holidays(calendar) if has_holidays else calendar


def read_joining(content: Mapping[str, Any]) -> Joining:
    """How incidents become cases, as a tenant told it. Raises BadQuery."""
    unknown = sorted(set(content) - {"opens", "effects", "class", "at_end"})
    if unknown:
        raise BadQuery(f"{unknown[0]!r} is unknown", hint="it has opens, effects, class and at_end")
    effects = tuple(content.get("effects", ("shuts",)))
    if not set(effects) <= {"shuts", "slows"}:
        raise BadQuery(f"effects are shuts and slows, not {effects}", hint='such as ["shuts"]')
    at_end = content.get("at_end", "check")
    if at_end not in ("check", "note"):
        raise BadQuery(f"at_end={at_end!r}: it is check or note", hint="check: the case is to be checked")
    return Joining(bool(content.get("opens", True)), effects, content.get("class", ROAD_CLOSED), at_end)


def _check_class(name: str, content: Mapping[str, Any]) -> None:
    if content.get("code") != name:
        raise BadQuery(
            f"the class says code {content.get('code')!r}, the address {name!r}", hint="say the same in both"
        )
    parse_class(content)


def _check_calendar(name: str, content: Mapping[str, Any]) -> None:
    if not _CALENDAR_NAME.fullmatch(name):
        raise BadQuery(f"{name[:60]!r} is no name of a calendar", hint="up to 64 letters, digits, dots and dashes")
    read_calendar(content)


def _check_limit(name: str, content: Mapping[str, Any]) -> None:
    limit_name(name)
    parse_limit(content["limit"], name)


_CHECKS: Mapping[str, Any] = {
    CLASS: _check_class,
    CALENDAR: _check_calendar,
    LIMIT: _check_limit,
    RULES: lambda _, content: parse_rules(content["rules"]),
    JOINING: lambda _, content: read_joining(content),
}
