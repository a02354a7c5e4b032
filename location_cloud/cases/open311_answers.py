"""Classes and cases as services and requests of Open311 GeoReport v2: what is told to everybody, and what is not.

Nothing of who reported is in an answer; numbers of phones and identity cards and e-mail addresses that somebody wrote
into a description are hidden.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from location_cloud import __version__
from location_cloud.cases.attributes import Attribute, in_language
from location_cloud.cases.catalogue import COMPONENT, CaseClass
from location_cloud.cases.fields import as_cases
from location_cloud.cases.model import OVER, STAGE_TITLES, Case
from location_cloud.cases.model_open311 import Step

Json = dict[str, Any]

SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
"""The token that the specification gives itself, not an address that is asked."""

COMPONENT_CODE, ABOUT_CODE = "component", "about"
"""Attributes of every class of components: which one it is; and of every class that says when a case is filed."""

HIDDEN = "***"

_PERSONAL = re.compile(
    r"[\w.+-]+@[\w-]+(\.[\w-]+)+"  # e-mail
    r"|\d{17}[\dXx]|\d{7,}"  # identity card (GB 11643), numbers of phones and accounts
    r"|(?<!\d)1[3-9]\d([ -]?\d{4}){2}"  # mobile phone in groups
    r"|(?<!\d)0\d{2,3}[ -]\d{3,4}[ -]?\d{4}"  # landline with its area code
    r"|\+\d[\d -]{6,}\d"
)

_AMOUNTS: Mapping[str, Mapping[str, str]] = {
    "zh": {"hour": "{} 小时内办结", "work_hour": "{} 个工作小时内办结", "work_day": "{} 个工作日内办结"},
    "en": {
        "hour": "To be settled within {} hours",
        "work_hour": "To be settled within {} working hours",
        "work_day": "To be settled within {} working days",
    },
}
_WORDS: Mapping[str, Mapping[str, str]] = {
    "zh": {
        "component": "部件的 16 位编码",
        "digits": "16 位数字",
        "simulated": "模拟数据",
        "waiting": "等待受理人员定位",
        "private": "已收到，不公开",
        "contact": "本服务器的运行单位",
        "key_service": "密钥由本服务器的运行单位发放",
    },
    "en": {
        "component": "Code of the component, 16 digits",
        "digits": "16 digits",
        "simulated": "simulated",
        "waiting": "Somebody will find the place of this address",
        "private": "Received; it is not published",
        "contact": "the operator of this server",
        "key_service": "The operator of this server issues keys",
    },
}
LANGUAGES = ("zh-CN", "en")


def word(name: str, language: str) -> str:
    """A phrase of this interface."""
    return _WORDS[language.split("-")[0]][name]


def discovery(url: str, state: str, contact: str, kind: str, language: str) -> Json:
    """Where the endpoint is, and who runs it. state: rises whenever services change."""
    changeset = f"{__version__}-{state}"
    endpoint = {
        "specification": SPECIFICATION,
        "url": url,
        "changeset": changeset,
        "type": kind,
        "formats": ["text/xml", "application/json"],
    }
    return {
        "changeset": changeset,
        "contact": contact or word("contact", language),
        "key_service": word("key_service", language),
        "endpoints": [endpoint],
    }


def as_service(found: CaseClass, language: str) -> Json:
    """A class as a service. Of cases that are not public no number is given: "blackbox"."""
    group = in_language(found.group_names, language)
    words = [*found.names.values(), *found.group_names.values()]
    keywords = dict.fromkeys(word.replace(",", " ") for word in words)
    return {
        "service_code": found.code,
        "service_name": in_language(found.names, language),
        "description": in_language(found.filing, language) or in_language(found.names, language),
        "metadata": bool(_attributes(found, language)),
        "type": "realtime" if found.is_public else "blackbox",
        "keywords": ", ".join(keywords),
        "group": group,
    }


def as_definition(found: CaseClass, language: str) -> Json:
    """What a service asks."""
    return {"service_code": found.code, "attributes": _attributes(found, language)}


def as_requests(
    cases: Sequence[Case], classes: Mapping[str, CaseClass], changed: Mapping[int, float], language: str
) -> list[Json]:
    """Cases as requests. changed: when something was last written about each, POSIX seconds."""
    return [_request(case, classes.get(case.class_code), changed.get(case.id), language) for case in cases]


def with_extensions(
    requests: Sequence[Json], cases: Sequence[Case], steps: Sequence[Step], now: float, language: str
) -> list[Json]:
    """The same with what the specification has no field for."""
    notes: dict[int, list[Json]] = {}
    for step in steps:
        title = STAGE_TITLES[step.stage][language]
        notes.setdefault(step.case, []).append({"datetime": as_w3c(step.at), "type": step.action, "description": title})
    return [
        {**request, "extended_attributes": _extended(told), "notes": notes.get(case.id, [])}
        for request, case, told in zip(requests, cases, as_cases(cases, now), strict=True)
    ]


def as_update(step: Step, language: str) -> Json:
    """A step as an update, as FixMyStreet's servicerequestupdates has it."""
    return {
        "update_id": str(step.number),
        "service_request_id": str(step.case),
        "status": "closed" if step.stage in OVER else "open",
        "description": STAGE_TITLES[step.stage][language],
        "updated_datetime": as_w3c(step.at),
        "media_url": None,
    }


def service_notice(case: Case, language: str) -> str | None:
    """How long it may take."""
    if case.clock is None:
        return None
    limit = case.clock.limit
    return _AMOUNTS[language.split("-")[0]][limit.unit].format(f"{limit.amount:g}")


def masked(text: str) -> str:
    """A description without numbers that name a person. What somebody writes as a name stays."""
    return _PERSONAL.sub(HIDDEN, text)


def as_w3c(at: float | None) -> str | None:
    """A moment in UTC, whole seconds (W3C note datetime)."""
    return None if at is None else f"{datetime.fromtimestamp(math.floor(at), UTC):%Y-%m-%dT%H:%M:%SZ}"


def _request(case: Case, known: CaseClass | None, changed: float | None, language: str) -> Json:
    lon, lat = case.lonlat
    notes = STAGE_TITLES[case.stage][language]
    updated = case.closed if case.closed is not None else changed or case.stage_since
    return {
        "service_request_id": str(case.id),
        "status": "open" if case.is_open else "closed",
        "status_notes": f"{notes} ({word('simulated', language)})" if case.is_simulated else notes,
        "service_name": case.class_code if known is None else in_language(known.names, language),
        "service_code": case.class_code,
        "description": masked(case.description),
        "agency_responsible": case.department,
        "service_notice": service_notice(case, language),
        "requested_datetime": as_w3c(case.created),
        "updated_datetime": as_w3c(updated),
        "expected_datetime": as_w3c(case.due),
        "address": masked(case.address),
        "address_id": case.component or case.unit_grid,
        "zipcode": None,
        "lat": lat,
        "long": lon,
        "media_url": case.media_url,
    }


def _extended(told: Json) -> Json:
    names = ("number", "beidou", "stage", "lamp", "village_grid", "area", "votes", "parent", "simulated")
    return {"grid_code": told["grid"], **{name: told[name] for name in names}}


def _attributes(found: CaseClass, language: str) -> list[Json]:
    told: list[Json] = []
    if about := in_language(found.filing, language):
        told.append({"variable": False, "code": ABOUT_CODE, "datatype": "text", "description": about})
    if found.kind == COMPONENT:
        hint, question = word("digits", language), word("component", language)
        told.append(
            {
                "variable": True,
                "code": COMPONENT_CODE,
                "datatype": "string",
                "datatype_description": hint,
                "description": question,
            }
        )
    told += [_attribute(each, language) for each in found.attributes]
    return [_ordered(each, order) for order, each in enumerate(told, 1)]


def _attribute(each: Attribute, language: str) -> Json:
    values = [{"key": key, "name": in_language(name, language)} for key, name in each.values.items()]
    told = {
        "variable": True,
        "code": each.code,
        "datatype": each.datatype,
        "required": each.required,
        "datatype_description": in_language(each.hint, language),
        "description": in_language(each.description, language),
    }
    return {**told, "values": values} if values else told


def _ordered(told: Json, order: int) -> Json:
    names = ("variable", "code", "datatype", "required", "datatype_description")
    blank = {"required": False, "datatype_description": None}
    first = {name: told.get(name, blank.get(name)) for name in names}
    return {**first, "order": order, **{name: told[name] for name in ("description", "values") if name in told}}
