"""What came from a peer: taken once, whatever the order and however often it comes; what cannot be is refused with why.

A thing has one owner, who alone changes it; of two states of it the one with the higher number counts, and lines of a
timeline are added up. So every order of the same messages gives the same store.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from shapely.errors import ShapelyError
from shapely.geometry import shape

from location_cloud.cases import service_settings
from location_cloud.cases.model import OVER
from location_cloud.cases.service import writing
from location_cloud.changes import Sent
from location_cloud.errors import BadQuery, CloudError, Conflict, Denied, Full, NotReady
from location_cloud.federation import store_copies
from location_cloud.federation.contents import (
    CaseContent,
    ClassContent,
    GridContent,
    IndicatorsContent,
    read_content,
)
from location_cloud.federation.model import Copy, Message, Peer, Result
from location_cloud.federation.service_asking import take_answer, take_request
from location_cloud.federation.service_files import missing_of
from location_cloud.grids.model import NewGrid
from location_cloud.grids.service_taking import Span, take_spans
from location_cloud.storage.live import next_version
from location_cloud.storage.world import World

NEEDS: Mapping[str, tuple[str, str]] = {
    "case": ("takes", "cases"),
    "answer": ("takes", "cases"),
    "request": ("sends", "cases"),
    "class": ("takes", "classes"),
    "indicators": ("takes", "indicators"),
}
"""Kind of a message -> which side of the agreement must name what; grids by their scheme."""


def take(world: World, tenant: str, peer: Peer, messages: Sequence[Message], now: datetime) -> list[Result]:
    """What became of each message; those that are taken are durable when this returns."""
    return [_judged(world, tenant, peer, message, now) for message in messages]


def _judged(world: World, tenant: str, peer: Peer, message: Message, now: datetime) -> Result:
    fate, reason = "taken", ""
    try:
        _check_agreed(peer, message)
        fate, reason = _TAKES[message.kind](world, tenant, peer, message, now)
    except (NotReady, Full) as error:
        fate, reason = "later", error.detail
    except CloudError as error:
        fate, reason = "refused", f"{error.detail}{'; ' if error.hint else ''}{error.hint}"
    return Result(
        message.kind,
        message.object,
        message.number,
        fate,  # type: ignore[arg-type]  # a word of Fate
        reason[:500],
        message.through,
        message.more,
    )


def _check_agreed(peer: Peer, message: Message) -> None:
    if message.kind == "grid":
        side, name = "takes", f"grids.{message.object.partition('/')[0]}"
    elif message.kind in NEEDS:
        side, name = NEEDS[message.kind]
    else:
        raise BadQuery(
            f"kind {str(message.kind)[:16]!r} of messages is not known here", hint="is it of a later version?"
        )
    if name not in getattr(peer.agreement, side):
        raise Denied(f"it is not agreed here that this peer's {name} are {'taken' if side == 'takes' else 'told'}")


# --- each kind ---------------------------------------------------------------------------------------------------


def _take_case(world: World, tenant: str, peer: Peer, message: Message, now: datetime) -> tuple[str, str]:
    told = read_content(CaseContent, message.content)
    if str(told.case.id) != message.object:
        raise BadQuery(f"it tells of case {told.case.id}, not {message.object}")
    content = {"case": message.content["case"], "files": message.content["files"]}
    lon, lat = told.case.lonlat
    columns = {
        "stage": told.case.stage,
        "is_open": int(told.case.stage not in OVER),
        "class": told.case.class_,
        "area": told.case.area,
        "west": lon,
        "south": lat,
        "east": lon,
        "north": lat,
    }
    missing = len(missing_of(world.home, tenant, content))
    with writing(world.live) as connection:
        store_copies.add_entries(connection, tenant, peer.origin, message.object, message.content["entries"])
        _keep(connection, tenant, peer, message, content, columns, missing)
    return "taken", ""


def _take_indicators(world: World, tenant: str, peer: Peer, message: Message, now: datetime) -> tuple[str, str]:
    told = read_content(IndicatorsContent, message.content)
    if f"{told.scheme}/{told.period}" != message.object:
        raise BadQuery(f"it tells of {told.scheme}/{told.period}, not {message.object}")
    with writing(world.live) as connection:
        _keep(connection, tenant, peer, message, message.content)
    return "taken", ""


def _take_grid(world: World, tenant: str, peer: Peer, message: Message, now: datetime) -> tuple[str, str]:
    told = read_content(GridContent, message.content)
    if f"{told.scheme}/{told.code}" != message.object:
        raise BadQuery(f"it tells of {told.scheme}/{told.code}, not {message.object}")
    spans = [_span(told.code, each) for each in told.spans]
    with writing(world.live) as connection:
        is_known = store_copies.find_copy(connection, tenant, peer.origin, "grid", message.object) is not None
        if _keep(connection, tenant, peer, message, message.content):
            sent = Sent(f"peer:{peer.name}", now)
            take_spans(connection, tenant, told.scheme, told.code, spans, sent, is_known)
    return "taken", ""


def _take_class(world: World, tenant: str, peer: Peer, message: Message, now: datetime) -> tuple[str, str]:
    """The class counts here as one of the tenant's own. One that is set here by somebody else stays as it is."""
    told = read_content(ClassContent, message.content)
    live, code, kind = world.live, message.object, service_settings.CLASS
    with live.read() as connection:
        before = store_copies.find_copy(connection, tenant, peer.origin, "class", code)
    if before is not None and before.number >= message.number:
        return "taken", ""
    here = service_settings.find_setting(live, tenant, kind, code)
    if here is not None and before is None and told.class_ is not None and dict(here.content) != told.class_:
        raise Conflict(f"class {code} is set here by this side", hint="one side owns a class: remove it on the other")
    if told.class_ is not None:
        service_settings.put_setting(live, tenant, kind, code, told.class_, None, True)
    elif here is not None and before is not None:
        service_settings.remove_setting(live, tenant, kind, code, None)
    with writing(live) as connection:
        _keep(connection, tenant, peer, message, message.content)
    return "taken", ""


_TAKES: Mapping[str, Callable[[World, str, Peer, Message, datetime], tuple[str, str]]] = {
    "case": _take_case,
    "indicators": _take_indicators,
    "grid": _take_grid,
    "class": _take_class,
    "request": take_request,
    "answer": take_answer,
}


# --- parts -------------------------------------------------------------------------------------------------------


def _keep(
    connection: Any,
    tenant: str,
    peer: Peer,
    message: Message,
    content: Mapping[str, Any],
    columns: Mapping[str, Any] | None = None,
    missing: int = 0,
) -> bool:
    """Puts the newest state in place of the one that is there; whether this is the newest."""
    before = store_copies.find_copy(connection, tenant, peer.origin, message.kind, message.object)
    if before is not None and before.number >= message.number:
        return False
    copy = Copy(
        id=0 if before is None else before.id,
        peer=peer.name,
        origin=peer.origin,
        kind=message.kind,
        object=message.object,
        number=message.number,
        content=content,
        change=next_version(connection),
        missing=missing,
    )
    store_copies.put_copy(connection, tenant, copy, columns)
    return True


def _span(code: str, told: Any) -> Span:
    try:
        geometry = shape(told.geometry)
        west, south, east, north = geometry.bounds
    except (ShapelyError, ValueError, TypeError, AttributeError, KeyError, IndexError) as error:
        raise BadQuery(f"grid {code}: its geometry cannot be read: {error}") from None
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise BadQuery(f"grid {code}: its geometry is off the globe", hint="lon,lat in degrees")
    new = NewGrid(
        code=code,
        geometry=geometry,
        name=told.name,
        area_code=told.area_code,
        parent=told.parent,
        households=told.households,
        land_use=told.land_use,
        management_class=told.management_class,
        note=told.note,
        responsible=tuple(told.responsible),
    )
    return Span(told.valid_from, told.valid_to, new)
