"""The questions of Open311: which services there are, what they ask, report a request, look requests up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from location_cloud.cases import service, store_open311, store_tokens
from location_cloud.cases.attributes import read_answers
from location_cloud.cases.catalogue import COMPONENT, CaseClass
from location_cloud.cases.jurisdictions import Jurisdictions
from location_cloud.cases.model import MOST_NOTE, Actor, Case
from location_cloud.cases.model_open311 import MOST_A_DAY, MOST_NEAR, Step, Wanted
from location_cloud.cases.open311_answers import COMPONENT_CODE
from location_cloud.cases.open311_form import Reported, Updated
from location_cloud.cases.service_placing import local_day
from location_cloud.cases.service_settings import Terms, load_terms, read_terms
from location_cloud.cases.service_tokens import keep_waiting
from location_cloud.cases.store import find_request, list_log
from location_cloud.cases.store_components import find_component
from location_cloud.cases.store_settings import settings_state
from location_cloud.errors import BadQuery, NotFound, TooLarge
from location_cloud.grids import service as grids
from location_cloud.spatial.bbox import around
from location_cloud.spatial.measure import distance_m
from location_cloud.storage.world import World

if TYPE_CHECKING:
    from location_cloud.storage.live import Live

DAY_S = 86_400

SYSTEM = frozenset({"system"})
"""The role in which the product itself writes down what citizens say."""


def jurisdictions(world: World) -> Jurisdictions:
    """Who tells everybody of what, as the settings say."""
    found: Jurisdictions = world.overlay["cases"].open311
    return found


# --- services ----------------------------------------------------------------------------------------------------


def list_services(live: Live, tenant: str) -> list[CaseClass]:
    """What may be reported."""
    return [each for each in read_terms(live, tenant).classes.values() if each.is_active]


def classes_of(live: Live, tenant: str) -> Mapping[str, CaseClass]:
    """All classes by code, those that are not reported any more included."""
    return read_terms(live, tenant).classes


def get_service(live: Live, tenant: str, code: str) -> CaseClass:
    """The service of that code. Raises NotFound."""
    return _service(read_terms(live, tenant), code)


def services_state(live: Live, tenant: str) -> str:
    """Rises with every change of services, as text that sorts."""
    with live.read() as connection:
        return f"{settings_state(connection, tenant)[1]:012d}"


# --- requests ----------------------------------------------------------------------------------------------------


def list_requests(live: Live, tenant: str, wanted: Wanted) -> tuple[list[Case], Mapping[int, float]]:
    """A page of public requests, the newest first, and when each was changed last.

    Raises NotFound for an unknown service, TooLarge for a circle with too many.
    """
    with live.read() as connection:
        terms = load_terms(connection, tenant)
        for code in wanted.classes:
            _service(terms, code)
        wanted = replace(wanted, hidden=hidden_classes(terms))
        if wanted.near is not None and wanted.ids is None:
            wanted = _near(connection, live, tenant, wanted)
        found = store_open311.list_requests(connection, live, tenant, wanted)
        return found, store_open311.last_changes(connection, tenant, [case.id for case in found])


def get_request(live: Live, tenant: str, request_id: str, now: datetime) -> tuple[Case, Mapping[int, float]]:
    """One public request. Raises NotFound; those that are not public look like absent ones."""
    number = int(request_id) if request_id.isascii() and request_id.isdigit() and len(request_id) < 10 else 0
    wanted = Wanted(0.0, now.timestamp(), ids=(number,))
    found, changed = list_requests(live, tenant, wanted)
    if not found:
        raise NotFound(f"service_request_id {request_id[:40]} was not found", hint="GET requests lists them")
    return found[0], changed


def list_steps(live: Live, tenant: str, cases: Sequence[Case]) -> list[Step]:
    """When these went into which stage."""
    with live.read() as connection:
        return store_open311.list_steps(connection, tenant, [case.id for case in cases])


def list_updates(live: Live, tenant: str, wanted: Wanted) -> list[Step]:
    """What happened to public requests in a time, oldest first."""
    with live.read() as connection:
        wanted = replace(wanted, hidden=hidden_classes(load_terms(connection, tenant)))
        return store_open311.list_updates(connection, tenant, wanted.first, wanted.last, wanted)


def hidden_classes(terms: Terms) -> tuple[str, ...]:
    """Classes whose cases are told to nobody here."""
    return tuple(each.code for each in terms.classes.values() if not each.is_public)


# --- reported ----------------------------------------------------------------------------------------------------


def report(world: World, tenant: str, told: Reported, actor: Actor) -> tuple[Case | str, CaseClass, bool]:
    """The case, or the token of a request whose place somebody must find; its service; and whether it is new.

    Durable when this returns. Raises BadQuery, NotFound for an unknown service, TooLarge over a ceiling, and as
    `service.add_case`.
    """
    terms = read_terms(world.live, tenant)
    if not told.class_code:
        raise BadQuery("service_code is missing", hint="GET services lists them")
    found = _service(terms, told.class_code)
    said = _said(told, found)
    lonlat, component = _place(world, tenant, terms, told, actor)
    if lonlat is None and (place := world.find_place(told.address)) is not None and place.is_sure:
        lonlat = round(place.lonlat[0], 7), round(place.lonlat[1], 7)
    if component and not said.get("component") and found.kind == COMPONENT:
        said["component"] = component
    _brake(world.live, tenant, actor)
    if lonlat is None:
        token, is_new = keep_waiting(world, tenant, said, actor)
        return token, found, is_new
    case, is_new = service.add_case(world, tenant, {**said, "lonlat": lonlat}, actor)
    return case, found, is_new


def update(world: World, tenant: str, told: Updated, actor: Actor) -> int:
    """Writes what somebody adds to a public request into its timeline, where staff reads it; the number of that line.

    Sent again under the same update_id it is written once. Raises NotFound, TooLarge over the ceiling of a day,
    Unprocessable for an update_id that said something else.
    """
    case, _ = get_request(world.live, tenant, told.request_id, actor.now)
    _brake(world.live, tenant, actor)
    text = "\n".join(part for part in (told.description, told.media_url) if part)[:MOST_NOTE]
    request = f"open311:{told.update_id}" if told.update_id else actor.request
    said = replace(actor, request=request, roles=SYSTEM)
    stored, _ = service.act(world, tenant, case.id, "note", {"text": text}, said)
    with world.live.read() as connection:
        sent = find_request(connection, tenant, request) if request else None
        lines = [sent[0]] if sent else list_log(connection, tenant, stored.id)
    return next(line.number for line in lines if sent or line.version == stored.version)


def _said(told: Reported, found: CaseClass) -> dict[str, Any]:
    """What was reported, as `service.add_case` takes it, but for the place."""
    given = dict(told.attributes)
    said: dict[str, Any] = {
        "class": found.code,
        "source": "open311",
        "description": told.description,
        "address": told.address,
        "media_url": told.media_url,
        "reporter": told.reporter,
    }
    if found.kind == COMPONENT and (codes := [code for code in given.pop(COMPONENT_CODE, ()) if code]):
        said["component"] = codes[0]
    said["attributes"] = read_answers(found.attributes, given)
    return said


def _place(
    world: World, tenant: str, terms: Terms, told: Reported, actor: Actor
) -> tuple[tuple[float, float] | None, str]:
    """Where it is, None = only words say that; and the component that address_id names, "" = it names none."""
    if told.lonlat is None and not (told.address or told.address_id):
        raise BadQuery("the location is missing", hint="send lat and long, or address_string, or address_id")
    if not told.address_id:
        return told.lonlat, ""
    with world.live.read() as connection:
        component = find_component(connection, tenant, told.address_id)
    if component is not None:
        is_same = component.class_code == told.class_code and component.state != "removed"
        return told.lonlat or component.lonlat, component.id if is_same else ""
    if told.lonlat is not None:
        return told.lonlat, ""
    return _grid_place(world, tenant, told.address_id, local_day(terms, actor.now.timestamp())), ""


def _grid_place(world: World, tenant: str, code: str, day: date) -> tuple[float, float]:
    """A point in a unit grid. Raises BadQuery."""
    try:
        point = grids.get_grid(world.live, tenant, "unit", code, day).geometry.representative_point()
    except NotFound:
        raise BadQuery(
            f"address_id {code} is unknown",
            hint="it is the code of a component or of a unit grid; or send lat and long",
        ) from None
    return round(float(point.x), 7), round(float(point.y), 7)


def _brake(live: Live, tenant: str, actor: Actor) -> None:
    """Counts a report for its key. Raises TooLarge over the ceiling of a day."""
    with service.writing(live) as connection:
        count = store_tokens.count_one(connection, tenant, actor.who, int(actor.now.timestamp() // DAY_S))
        if count > MOST_A_DAY:
            raise TooLarge(f"this key has reported {MOST_A_DAY:,} requests today; that is the most", hint="tomorrow")


def _service(terms: Terms, code: str) -> CaseClass:
    found = terms.classes.get(code)
    if found is None or not found.is_active:
        raise NotFound(f"service_code {code[:40]} was not found", hint="GET services lists them")
    return found


def _near(connection: Any, live: Live, tenant: str, wanted: Wanted) -> Wanted:
    """The same question by ids, of the page of those within the circle."""
    assert wanted.near is not None
    at, radius_m = wanted.near
    box = replace(wanted, bbox=around(at, radius_m))
    rows = store_open311.list_places(connection, live, tenant, box)
    if len(rows) > MOST_NEAR:
        raise TooLarge(f"more than {MOST_NEAR:,} requests lie around that circle", hint="a smaller radius or time")
    if not rows:
        return replace(wanted, ids=())
    away = distance_m([at] * len(rows), [row[1:] for row in rows])
    inside = [row[0] for row, metres in zip(rows, away, strict=True) if metres <= radius_m]
    return replace(wanted, ids=tuple(inside[wanted.offset : wanted.offset + wanted.limit]), offset=0)
