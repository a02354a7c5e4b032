"""The questions about incidents: add, change, remove, look up, read the log; what shuts and slows roads now."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from location_cloud.changes import Sent, check_repeated, check_version
from location_cloud.errors import BadQuery, CloudError, NotFound, TooLarge, Unprocessable
from location_cloud.incidents import store
from location_cloud.incidents.fields import as_fields
from location_cloud.incidents.model import (
    MOST_EDGES,
    MOST_KM,
    MOST_KM2,
    MOST_NAMES,
    MOST_OPEN,
    MOST_OPEN_BYTES,
    MOST_POINTS,
    SHUTS,
    SLOWS,
    Action,
    Change,
    Chosen,
    Incident,
    LogEntry,
    Shutting,
    Slowing,
    Touching,
)
from location_cloud.incidents.snapping import find_edges_of, lines_of, names_of
from location_cloud.roads.dataset import SECTION as ROADS
from location_cloud.roads.edges import edge_key, find_edge
from location_cloud.spatial.errors import SpatialError
from location_cloud.spatial.geojson import parse_geometry
from location_cloud.spatial.measure import area_m2, length_m
from location_cloud.storage.wake import wake_worker
from location_cloud.storage.world import World

if TYPE_CHECKING:
    from location_cloud.roads.model import Roads
    from location_cloud.storage.live import Live
    from location_cloud.storage.snapshot import Snapshot
    from location_cloud.storage.world import OnIncident

T = TypeVar("T", bound=Touching)

LOG = logging.getLogger(__name__)

SHAPES = ("Point", "LineString", "MultiLineString", "Polygon", "MultiPolygon")
PLACE = frozenset({"geometry", "roads", "direction", "heading_deg"})
"""Fields that say where it is: its edges follow from them."""

MOST_EXPIRED = 1000
"""Incidents that are cleared in one run because their time is over."""

CLOCK = "clock"
"""Who changes an incident when its time is over."""


# --- written -----------------------------------------------------------------------------------------------------


def add_incident(world: World, tenant: str, said: Mapping[str, Any], sent: Sent) -> tuple[Incident, bool]:
    """The incident as stored and put on the roads, and whether it is new; durable when this returns.

    said: fields of model.Incident, geometry as GeoJSON in WGS-84. Sent again under the same Idempotency-Key, it gives
    the incident that it made.

    Raises BadQuery for what cannot be, Unprocessable if it shuts roads but none is near or the key was used for
    something else, TooLarge over a ceiling; whatever a hook of another slice raises undoes all of it.
    """
    if sent.request:  # before it is put on roads: they may be others than when it was sent first
        with world.live.read() as connection:
            if (found := store.find_request(connection, tenant, sent.request)) is not None:
                return _sent_before(connection, tenant, found, sent), False
    incident = place_incident(world, said, sent.now)
    with world.live.write() as connection:
        if sent.request and (found := store.find_request(connection, tenant, sent.request)) is not None:
            return _sent_before(connection, tenant, found, sent), False
        stored = join_incident(world, connection, tenant, incident, sent)
    wake_worker(world.home)
    return stored, True


def place_incident(world: World, said: Mapping[str, Any], now: datetime) -> Incident:
    """The incident that is said, checked and put on the roads, not stored. Raises as `add_incident`."""
    return _placed(world, replace(_EMPTY, starts_at=now), said)


def join_incident(world: World, connection: Any, tenant: str, incident: Incident, sent: Sent) -> Incident:
    """Stores a placed incident within somebody's transaction (`Live.write`), who wakes the worker after it.

    Raises TooLarge over the ceiling, and whatever a hook of another slice raises.
    """
    stored = store.insert_incident(connection, tenant, incident, sent.now)
    _check_room(connection, tenant, stored)
    stored = _told(world, connection, tenant, Change("added", None, stored, sent.who, sent.now))
    change = Change("added", None, stored, sent.who, sent.now)
    store.append_log(connection, tenant, change, stored.change, as_fields(stored), sent.request or None, sent.digest)
    return stored


def link_case(connection: Any, tenant: str, incident: Incident, case: int) -> None:
    """Names the case that an incident opened, within the incident's transaction; its log has it with that change."""
    store.link_case(connection, tenant, incident, case)


def change_incident(
    world: World, tenant: str, who: str, incident_id: int, version: int | None, said: Mapping[str, Any], now: datetime
) -> Incident:
    """The incident after the change. version: the one that the change was made from, None = whichever is there.

    said: the fields that change. Raises Conflict if somebody was faster, NotFound if there is none; else as
    `add_incident`.
    """
    before = get_incident(world.live, tenant, incident_id)
    check_version(f"incident {incident_id}", before.version, version)
    after = _placed(world, before, said)
    if after == before:
        return before
    with world.live.write() as connection:
        stored = _write(world, connection, tenant, "changed", before, after, who, now)
    wake_worker(world.home)
    return stored


def remove_incident(
    world: World, tenant: str, who: str, incident_id: int, version: int | None, now: datetime
) -> Incident:
    """Deletes the incident, which is given as it was; its log stays. Raises as `change_incident`."""
    before = get_incident(world.live, tenant, incident_id)
    check_version(f"incident {incident_id}", before.version, version)
    with world.live.write() as connection:
        live_version = store.delete_incident(connection, tenant, incident_id, before.version)
        change = Change("deleted", before, None, who, now)
        store.append_log(connection, tenant, change, live_version, {})
        _tell(world, connection, tenant, change)
    wake_worker(world.home)
    return before


def background_world(snapshot: Snapshot, live: Live, on_incident: tuple[OnIncident, ...]) -> World:
    """What the background process changes incidents in."""
    return World(snapshot, live, on_incident=on_incident)


def expire(world: World, now: datetime) -> int:
    """Clears the incidents of all tenants whose time is over; how many. Roads are free by the clock alone before."""
    with world.live.read() as connection:
        over = store.list_over(connection, now, MOST_EXPIRED)
    for tenant, incident_id in over:
        try:
            _expire(world, tenant, incident_id, now)
        except CloudError as error:  # of a slice that joins in; the others' time is over, too
            LOG.warning("incident %s of %s stays open: %s", incident_id, tenant, error)
    if over:
        wake_worker(world.home)
    return len(over)


# --- read --------------------------------------------------------------------------------------------------------


def get_incident(live: Live, tenant: str, incident_id: int) -> Incident:
    """The incident with its edges. Raises NotFound if the tenant has none of that id."""
    with live.read() as connection:
        found = store.find_incident(connection, tenant, incident_id)
    if found is None:
        raise NotFound(f"there is no incident {incident_id}", hint="GET /v1/incidents lists them")
    return found


def list_incidents(live: Live, tenant: str, chosen: Chosen, after: int = 0, limit: int = 1_000_000) -> list[Incident]:
    """Incidents by rising id, without their edges (`edge_count` says how many); those after an id."""
    with live.read() as connection:
        return store.list_incidents(connection, live, tenant, chosen, after, limit)


def list_log(live: Live, tenant: str, incident_id: int, after: int, limit: int) -> list[LogEntry]:
    """What happened to an incident, oldest first, also after it was deleted. Raises NotFound if there never was one."""
    with live.read() as connection:
        found = store.list_log(connection, tenant, incident_id, after, limit)
        if not found and not after:
            raise NotFound(f"there is no incident {incident_id}", hint="GET /v1/incidents lists them")
    return found


def list_events(live: Live, tenant: str, since: int, limit: int) -> list[LogEntry]:
    """What happened to all incidents after a live version, oldest first."""
    with live.read() as connection:
        return store.list_events(connection, tenant, since, limit)


def get_country(world: World) -> str:
    """Two letters of the country that the roads lie in, "" = not known."""
    return world.section(ROADS).country_code


# --- for those who weigh roads ------------------------------------------------------------------------------------


def shutting_state(connection: Any, tenant: str) -> tuple[int | None, ...]:
    """Another one after every change of what `shutting` gives; takes 50 us."""
    return store.effective_state(connection, tenant, SHUTS)


def shutting(connection: Any, tenant: str) -> list[Shutting]:
    """The confirmed incidents that shut roads, also those to come. connection: of `Live.read` or `Live.write`."""
    return [_touching(Shutting, incident) for incident in store.list_effective(connection, tenant, SHUTS)]


def slowing_state(connection: Any, tenant: str) -> tuple[int | None, ...]:
    """Another one after every change of what `slowing` gives."""
    return store.effective_state(connection, tenant, SLOWS)


def slowing(connection: Any, tenant: str) -> list[Slowing]:
    """The confirmed incidents that only slow roads, also those to come."""
    return [
        _touching(Slowing, incident, factor=incident.speed_factor, cap_kmh=incident.speed_kmh)
        for incident in store.list_effective(connection, tenant, SLOWS)
    ]


def _touching(kind: type[T], incident: Incident, **more: Any) -> T:
    is_area = not incident.roads and incident.geometry.geom_type in ("Polygon", "MultiPolygon")
    wkb = b"" if incident.roads else bytes(shapely.to_wkb(incident.geometry))
    return kind(
        id=incident.id,
        version=incident.version,
        keys=() if is_area else incident.roads or incident.edges,
        area=wkb if is_area else b"",
        geometry=b"" if is_area else wkb,
        direction=incident.direction,
        heading_deg=incident.heading_deg,
        profiles=incident.profiles,
        valid_from=incident.starts_at,
        valid_until=incident.ends_at,
        **more,
    )


# --- parts -------------------------------------------------------------------------------------------------------

_EMPTY = Incident("hazard", shapely.Point(), datetime.min)


def _expire(world: World, tenant: str, incident_id: int, now: datetime) -> None:
    with world.live.write() as connection:
        before = store.find_incident(connection, tenant, incident_id)
        if before is not None and before.is_open and before.ends_at is not None and before.ends_at <= now:
            _write(world, connection, tenant, "expired", before, replace(before, status="cleared"), CLOCK, now)


def _write(
    world: World,
    connection: Any,
    tenant: str,
    action: Action,
    before: Incident,
    after: Incident,
    who: str,
    now: datetime,
) -> Incident:
    stored = store.change_incident(connection, tenant, after, now)
    _check_room(connection, tenant, stored)
    stored = _told(world, connection, tenant, Change(action, before, stored, who, now))
    then, fields = as_fields(before), as_fields(stored)
    changed = {name: value for name, value in fields.items() if value != then[name]}
    store.append_log(connection, tenant, Change(action, before, stored, who, now), stored.change, changed)
    return stored


def _told(world: World, connection: Any, tenant: str, change: Change) -> Incident:
    """The incident after other slices have joined the transaction: it may name a case now."""
    _tell(world, connection, tenant, change)
    stored = change.incident
    return replace(stored, case=store.find_linked(connection, tenant, stored.id)) if world.on_incident else stored


def _tell(world: World, connection: Any, tenant: str, change: Change) -> None:
    """Other slices join the transaction: whatever they raise undoes the change."""
    for hook in world.on_incident:
        hook(world, connection, tenant, change)


def _check_room(connection: Any, tenant: str, stored: Incident) -> None:
    """Undoes what is open beyond the ceilings."""
    if not stored.is_open:
        return
    count, size = store.measure_open(connection, tenant)
    if count > MOST_OPEN or size > MOST_OPEN_BYTES:
        raise TooLarge(
            f"{count:,} incidents of {size:,} bytes would not be over; the most are {MOST_OPEN:,} of "
            f"{MOST_OPEN_BYTES:,} bytes",
            hint="clear those that are over, or draw them with fewer points and roads",
        )


def _sent_before(connection: Any, tenant: str, found: tuple[int, str], sent: Sent) -> Incident:
    incident_id, digest = found
    check_repeated(f"incident {incident_id}", digest, sent)
    stored = store.find_incident(connection, tenant, incident_id)
    if stored is None:
        raise NotFound(
            f"incident {incident_id}, sent under this Idempotency-Key, was deleted", hint="choose a new key to add it"
        )
    return stored


def _placed(world: World, before: Incident, said: Mapping[str, Any]) -> Incident:
    """The incident with what is said, checked and put on the roads of the snapshot."""
    roads = world.section(ROADS)
    told = dict(said)
    if said.get("geometry") is not None:
        told["geometry"] = _geometry(said["geometry"])
    else:
        told.pop("geometry", None)
    incident = replace(before, **told)
    if incident.ends_at is not None and incident.ends_at <= incident.starts_at:
        raise BadQuery("ends_at must be later than starts_at", hint="leave ends_at out for an open end")
    if not before.id or said.keys() & PLACE:
        incident = _located(roads, incident, "geometry" in told)
    if incident.is_closing and not incident.edge_count:
        raise Unprocessable(
            "it shuts roads, but no road is near enough",
            hint="draw it on a road, or name roads: /v1/nearest tells them",
        )
    return incident


def _located(roads: Roads, incident: Incident, has_geometry: bool) -> Incident:
    if incident.roads:
        known = {edge for key in incident.roads if (edge := find_edge(roads, key)) is not None}
        edges = np.array(sorted(known), np.int32)
        if not len(edges):
            raise Unprocessable(
                "the present map has none of these roads",
                hint="lasting keys are told by /v1/roads?bbox= and /v1/nearest",
            )
        if not has_geometry:
            incident = replace(incident, geometry=lines_of(roads, edges))
    else:
        if incident.geometry.is_empty:
            raise BadQuery("it lies nowhere", hint="give a geometry (GeoJSON), or roads by their lasting keys")
        if incident.geometry.geom_type == "Point" and incident.direction != "both" and incident.heading_deg is None:
            raise BadQuery(
                f"direction={incident.direction} of a point says nothing without heading_deg",
                hint="give heading_deg, degrees clockwise from north, or draw a line",
            )
        edges = find_edges_of(roads, incident.geometry, incident.direction, incident.heading_deg)
    if len(edges) > MOST_EDGES:
        raise TooLarge(f"it touches {len(edges):,} road edges; the most is {MOST_EDGES:,}", hint="draw it tighter")
    keys = tuple(edge_key(roads, edge) for edge in edges.tolist())
    names = names_of(roads, edges, MOST_NAMES)
    return replace(incident, edges=keys, edge_count=len(keys), road_names=names)


def _geometry(value: Any) -> BaseGeometry:
    try:
        shape = parse_geometry(value, max_vertices=MOST_POINTS)
    except SpatialError as error:
        raise BadQuery(f"geometry: {error}", hint="GeoJSON, points lon,lat in degrees") from error
    if shape.geom_type not in SHAPES or shape.is_empty:
        raise BadQuery(f"geometry: {shape.geom_type} does not serve", hint=f"give one of {', '.join(SHAPES)}")
    if "Line" in shape.geom_type and (km := length_m(shape) / 1000) > MOST_KM:
        raise TooLarge(f"geometry: {km:,.0f} km; the most is {MOST_KM:g} km", hint="share it out among several")
    if "Polygon" in shape.geom_type and (km2 := float(area_m2(shape)) / 1e6) > MOST_KM2:
        raise TooLarge(f"geometry: {km2:,.0f} km2; the most is {MOST_KM2:,.0f} km2", hint="draw it tighter")
    return shape
