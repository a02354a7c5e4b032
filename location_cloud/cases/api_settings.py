"""HTTP operations of what a tenant sets: classes, calendars, limits, routing rules."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

from location_cloud.capability import Call, Operation, Reply
from location_cloud.cases import schema_settings as schema
from location_cloud.cases import service_limits
from location_cloud.cases import service_settings as service
from location_cloud.cases.asked import ADMIN, READ, actor_of
from location_cloud.cases.calendar import WEEKDAYS, Calendar
from location_cloud.cases.catalogue import CaseClass
from location_cloud.cases.clocks import start_clock
from location_cloud.cases.fields import as_text
from location_cloud.cases.holidays import unpublished_years
from location_cloud.cases.limits import parse_limit, shipped_limits
from location_cloud.cases.model import Setting
from location_cloud.cases.rules_form import parse_rules
from location_cloud.cases.schema import Nothing
from location_cloud.cases.service_deciding import try_rules
from location_cloud.errors import BadQuery, NotFound
from location_cloud.http.preconditions import etag, find_version, get_version

Json = dict[str, Any]


# --- classes -----------------------------------------------------------------------------------------------------


def list_classes(call: Call, params: schema.InClasses, body: None) -> Json:
    """Classes as they count for the tenant."""
    versions = _versions(call, service.CLASS)
    found = service.read_terms(call.live, call.tenant).classes.values()
    chosen = [
        each
        for each in found
        if params.kind in ("", each.kind)
        and params.group in ("", each.group)
        and params.setting in ("", each.setting if each.setting != "both" else params.setting)
        and (not params.own or each.code in versions)
    ]
    return {"classes": [_as_class(each, versions.get(each.code)) for each in chosen]}


def get_class(call: Call, params: schema.InClass, body: None) -> Reply:
    """One class."""
    found = service.read_terms(call.live, call.tenant).classes.get(params.code)
    if found is None:
        raise NotFound(f"there is no class {params.code}", hint="GET /v1/classes lists them")
    version = _versions(call, service.CLASS).get(params.code)
    return Reply(_as_class(found, version), headers=etag(version) if version else {})


def put_class(call: Call, params: schema.InClassVersion, body: schema.ClassBody) -> Reply:
    """The class as it counts from now on."""
    _put(call, service.CLASS, params.code, body.said(params.code), params.version)
    return get_class(call, params, None)


def remove_class(call: Call, params: schema.InClassVersion, body: None) -> Json:
    """What was removed."""
    return _remove(call, service.CLASS, params.code, params.version)


# --- calendars ---------------------------------------------------------------------------------------------------


def list_calendars(call: Call, params: Nothing, body: None) -> Json:
    """Calendars that count for the tenant."""
    own = {each.name: each for each in service.list_settings(call.live, call.tenant, service.CALENDAR)}
    found = service.read_terms(call.live, call.tenant).calendars
    return {"calendars": [_as_calendar(name, found[name], own.get(name)) for name in sorted(found)]}


def get_calendar(call: Call, params: schema.InCalendar, body: None) -> Reply:
    """One calendar."""
    own = service.find_setting(call.live, call.tenant, service.CALENDAR, params.name)
    calendar = _calendar(call, params.name)
    return Reply(_as_calendar(params.name, calendar, own), headers=etag(own.version) if own else {})


def put_calendar(call: Call, params: schema.InCalendarVersion, body: schema.CalendarBody) -> Reply:
    """The calendar as it counts from now on."""
    _put(call, service.CALENDAR, params.name, body.model_dump(mode="json"), params.version)
    return get_calendar(call, params, None)


def remove_calendar(call: Call, params: schema.InCalendarVersion, body: None) -> Json:
    """What was removed."""
    return _remove(call, service.CALENDAR, params.name, params.version)


def find_deadline(call: Call, params: schema.InDeadline, body: None) -> Json:
    """When a limit runs out."""
    calendar = _calendar(call, params.name)
    start = (params.start or call.now).timestamp()
    clock = start_clock(calendar, start, parse_limit(params.limit))
    days = [datetime.fromtimestamp(at, UTC).date() for at in (start, clock.due)]
    return {
        "start": as_text(start),
        "limit": params.limit,
        "deadline": as_text(clock.due),
        "warn_at": as_text(clock.warn),
        "years_without_holidays": unpublished_years(calendar, days[0], days[1]),
    }


# --- limits ------------------------------------------------------------------------------------------------------


def list_limits(call: Call, params: schema.InLimits, body: None) -> Json:
    """The tenant's limits, and what is shipped."""
    found = service.list_settings(call.live, call.tenant, service.LIMIT)
    own = [_as_limit(each) for each in found if not params.class_code or each.name.startswith(f"{params.class_code}.")]
    shipped = {table: {name: str(limit) for name, limit in rows.items()} for table, rows in shipped_limits().items()}
    return {"limits": own, "shipped": shipped}


def put_limit(call: Call, params: schema.InLimit, body: schema.LimitBody) -> Reply:
    """The limit as it counts from now on."""
    stored = _put(call, service.LIMIT, params.name, body.model_dump(mode="json"), params.version)
    return Reply(_as_limit(stored), headers=etag(stored.version))


def remove_limit(call: Call, params: schema.InLimit, body: None) -> Json:
    """What was removed."""
    return _remove(call, service.LIMIT, params.name, params.version)


def apply_limits(call: Call, params: Nothing, body: schema.ApplyBody) -> Json:
    """What became of open cases."""
    return vars(service_limits.apply_limits(call.live, call.tenant, body.class_code, actor_of(call)))


# --- rules -------------------------------------------------------------------------------------------------------


def get_rules(call: Call, params: Nothing, body: None) -> Reply:
    """The rules in their order."""
    return _rules(service.find_setting(call.live, call.tenant, service.RULES, service.RULES))


def put_rules(call: Call, params: schema.InVersion, body: schema.RulesBody) -> Reply:
    """The rules that count from now on."""
    return _rules(_put(call, service.RULES, service.RULES, {"rules": body.rules}, params.version))


def decide(call: Call, params: Nothing, body: schema.TryBody) -> Json:
    """What rules say of a case, and why."""
    if body.case is None and (body.class_code is None or body.at is None):
        raise BadQuery("name a case, or describe one by class and at", hint='{"case": 12}, or {"class", "at"}')
    said = {"class": body.class_code, "lonlat": body.at, "source": body.source, "severity": body.severity}
    said["component"] = body.component
    actor = replace(actor_of(call), now=body.when or call.now)
    weather = None if body.weather is None else body.weather.model_dump()
    rules = None if body.rules is None else parse_rules(body.rules)
    routed = try_rules(call.world, call.tenant, body.case, said, actor, weather, rules)
    decision, action = routed.decision, routed.decision.action
    return {
        **asdict(action),
        "automatic": bool(action.automatic),
        "decided_by": decision.decided_by,
        "fits": [asdict(each) for each in decision.fits],
        "unsure": [{"rule": rule, "not_known": list(facts)} for rule, facts in decision.unsure],
        "facts": asdict(routed.facts),
    }


def get_joining(call: Call, params: Nothing, body: None) -> Reply:
    """How incidents become cases."""
    return _joining(service.find_setting(call.live, call.tenant, service.JOINING, service.JOINING))


def put_joining(call: Call, params: schema.InVersion, body: schema.JoiningBody) -> Reply:
    """How they do from now on."""
    content = body.model_dump(mode="json", by_alias=True)
    service.read_terms(call.live, call.tenant).get_class(body.class_code)
    return _joining(_put(call, service.JOINING, service.JOINING, content, params.version))


# --- parts -------------------------------------------------------------------------------------------------------


def _put(call: Call, kind: str, name: str, content: Json, told: int | None) -> Setting:
    version = find_version(call, told)
    is_told = bool(call.header("If-Match").strip()) or told is not None
    return service.put_setting(call.live, call.tenant, kind, name, content, version, is_told)[0]


def _remove(call: Call, kind: str, name: str, told: int | None) -> Json:
    service.remove_setting(call.live, call.tenant, kind, name, get_version(call, told))
    return {"removed": name}


def _versions(call: Call, kind: str) -> dict[str, int]:
    return {each.name: each.version for each in service.list_settings(call.live, call.tenant, kind)}


def _calendar(call: Call, name: str) -> Calendar:
    found = service.read_terms(call.live, call.tenant).calendars.get(name)
    if found is None:
        raise NotFound(f"there is no calendar {name}", hint="GET /v1/calendars lists them")
    return found


def _as_class(each: CaseClass, version: int | None) -> Json:
    limits = {"any": str(each.limit()), **{area: str(limit) for area, limit in each.limits.items()}}
    names = ("names", "group_names", "filing")
    plain = (
        "code",
        "kind",
        "group",
        "setting",
        "department",
        "merge_radius_m",
        "needs_component",
        "source",
        "is_active",
        "is_public",
    )
    return {
        **{name: getattr(each, name) for name in plain},
        **{name: dict(getattr(each, name)) for name in names},
        "limits": limits,
        "attributes": [attribute.as_json() for attribute in each.attributes],
        "version": version,
    }


def _as_calendar(name: str, calendar: Calendar, own: Setting | None) -> Json:
    known = calendar.known_until
    days = {f"{day}": mark if isinstance(mark, str) else _intervals(mark) for day, mark in calendar.days}
    return {
        "name": name,
        "zone": calendar.zone,
        "week": {weekday: _intervals(hours) for weekday, hours in zip(WEEKDAYS, calendar.week, strict=True)},
        "days": days,
        "public_holidays": known is not None,
        "holidays_known_until": None if known is None else f"{known}",
        "version": None if own is None else own.version,
    }


def _intervals(hours: Any) -> list[str]:
    return [f"{begin // 60:02d}:{begin % 60:02d}-{end // 60:02d}:{end % 60:02d}" for begin, end in hours]


def _as_limit(setting: Setting) -> Json:
    return {"name": setting.name, "calendar": "default", "source": "", **setting.content, "version": setting.version}


def _rules(setting: Setting | None) -> Reply:
    if setting is None:
        return Reply({"rules": [], "version": None})
    return Reply({**setting.content, "version": setting.version}, headers=etag(setting.version))


def _joining(setting: Setting | None) -> Reply:
    joining = service.read_joining({} if setting is None else setting.content)
    told = {
        "opens": joining.opens,
        "effects": list(joining.effects),
        "class": joining.class_code,
        "at_end": joining.at_end,
        "version": None if setting is None else setting.version,
    }
    return Reply(told, headers={} if setting is None else etag(setting.version))


_CLASSES, _CALENDARS, _LIMITS, _RULES = "/v1/classes", "/v1/calendars", "/v1/limits", "/v1/rules"

OPERATIONS = (
    Operation(
        "classes.list",
        "GET",
        _CLASSES,
        "Classes of components and events, as they count for the tenant.",
        list_classes,
        schema.InClasses,
        schema.OutClasses,
        READ,
    ),
    Operation(
        "classes.get",
        "GET",
        f"{_CLASSES}/{{code}}",
        "One class as it counts for the tenant.",
        get_class,
        schema.InClass,
        schema.OutClass,
        READ,
        errors=(404,),
    ),
    Operation(
        "classes.put",
        "PUT",
        f"{_CLASSES}/{{code}}",
        "Add a class of the tenant's own, or change one; If-Match where one is set already.",
        put_class,
        schema.InClassVersion,
        schema.OutClass,
        ADMIN,
        Body=schema.ClassBody,
        errors=(404, 409, 413, 428, 507),
    ),
    Operation(
        "classes.remove",
        "DELETE",
        f"{_CLASSES}/{{code}}",
        "Take the tenant's own class away; a shipped one counts again as it is shipped.",
        remove_class,
        schema.InClassVersion,
        schema.OutRemoved,
        ADMIN,
        errors=(404, 409, 428, 507),
    ),
    Operation(
        "calendars.list",
        "GET",
        _CALENDARS,
        "Working time as it counts for the tenant.",
        list_calendars,
        Nothing,
        schema.OutCalendars,
        READ,
    ),
    Operation(
        "calendars.get",
        "GET",
        f"{_CALENDARS}/{{name}}",
        "One calendar: hours of the week, holidays, days made up for.",
        get_calendar,
        schema.InCalendar,
        schema.OutCalendar,
        READ,
        errors=(404,),
    ),
    Operation(
        "calendars.deadline",
        "GET",
        f"{_CALENDARS}/{{name}}/deadline",
        "When a limit runs out on a calendar.",
        find_deadline,
        schema.InDeadline,
        schema.OutDeadline,
        READ,
        errors=(404,),
    ),
    Operation(
        "calendars.put",
        "PUT",
        f"{_CALENDARS}/{{name}}",
        "Add or change a calendar; cases that are open keep their deadlines.",
        put_calendar,
        schema.InCalendarVersion,
        schema.OutCalendar,
        ADMIN,
        Body=schema.CalendarBody,
        errors=(404, 409, 413, 428, 507),
    ),
    Operation(
        "calendars.remove",
        "DELETE",
        f"{_CALENDARS}/{{name}}",
        "Take the tenant's own calendar away; limits that name it count on the default one.",
        remove_calendar,
        schema.InCalendarVersion,
        schema.OutRemoved,
        ADMIN,
        errors=(404, 409, 428, 507),
    ),
    Operation(
        "limits.list",
        "GET",
        _LIMITS,
        "Limits that the tenant has set, and those that are shipped.",
        list_limits,
        schema.InLimits,
        schema.OutLimits,
        READ,
    ),
    Operation(
        "limits.put",
        "PUT",
        f"{_LIMITS}/{{name}}",
        "Set how long a class may take, or a stage of it; cases that are open keep theirs.",
        put_limit,
        schema.InLimit,
        schema.OutLimit,
        ADMIN,
        Body=schema.LimitBody,
        errors=(404, 409, 413, 428, 507),
    ),
    Operation(
        "limits.remove",
        "DELETE",
        f"{_LIMITS}/{{name}}",
        "Take a limit of the tenant's own away.",
        remove_limit,
        schema.InLimit,
        schema.OutRemoved,
        ADMIN,
        errors=(404, 409, 428, 507),
    ),
    Operation(
        "limits.apply",
        "POST",
        f"{_LIMITS}/all/apply",
        "Measure the open cases of a class by the limits of today.",
        apply_limits,
        Nothing,
        schema.OutApplied,
        ADMIN,
        Body=schema.ApplyBody,
        cost=20,
        deadline_s=60.0,
        errors=(413, 422, 507),
    ),
    Operation(
        "rules.get",
        "GET",
        _RULES,
        "Routing rules in their order.",
        get_rules,
        Nothing,
        schema.OutRules,
        READ,
    ),
    Operation(
        "rules.put",
        "PUT",
        _RULES,
        "Replace the routing rules; If-Match where some are set already.",
        put_rules,
        schema.InVersion,
        schema.OutRules,
        ADMIN,
        Body=schema.RulesBody,
        errors=(404, 409, 428, 507),
    ),
    Operation(
        "rules.try",
        "POST",
        f"{_RULES}/try",
        "What rules say of a case, which ones fit, and which one decided; nothing is changed.",
        decide,
        Nothing,
        schema.OutDecision,
        READ,
        Body=schema.TryBody,
        errors=(404, 422),
    ),
    Operation(
        "rules.incidents",
        "GET",
        f"{_RULES}/incidents",
        "How incidents become cases.",
        get_joining,
        Nothing,
        schema.OutJoining,
        READ,
    ),
    Operation(
        "rules.put_incidents",
        "PUT",
        f"{_RULES}/incidents",
        "Say how incidents become cases.",
        put_joining,
        schema.InVersion,
        schema.OutJoining,
        ADMIN,
        Body=schema.JoiningBody,
        errors=(404, 409, 422, 428, 507),
    ),
)
