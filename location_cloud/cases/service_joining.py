"""Incidents and their cases: a closed road opens one, its opening puts it to check, both in one transaction."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from shapely.geometry.base import BaseGeometry

from location_cloud.cases.model import Case
from location_cloud.cases.service import join_case, place_case, system_actor, take_step
from location_cloud.cases.service_settings import ROAD_CLOSED, Joining, Terms, load_terms
from location_cloud.cases.store import list_of_incident
from location_cloud.incidents.model import Change, Incident
from location_cloud.incidents.service import link_case
from location_cloud.storage.world import World

TOLD = ("status", "effect", "ends_at")
"""What of an incident is written into the timeline of its case when it changes."""


def on_incident(world: World, connection: Any, tenant: str, change: Change) -> None:
    """Within the transaction of the change: the case is opened, told or put to check with it, or neither is."""
    terms = load_terms(connection, tenant)
    cases = [case for case in list_of_incident(connection, tenant, change.incident.id) if case.is_open]
    if cases:
        for case in cases:
            _tell(world, connection, tenant, terms.joining, case, change)
    elif change.after is not None and opens_case(terms.joining, change.after):
        _open(world, connection, tenant, terms, change.after, change)


def opens_case(joining: Joining, incident: Incident) -> bool:
    """Whether an incident is one that a tenant wants a case of."""
    return joining.opens and incident.is_open and incident.effect in joining.effects


def _open(world: World, connection: Any, tenant: str, terms: Terms, incident: Incident, change: Change) -> None:
    actor = system_actor(change.at, change.who)
    told = terms.classes.get(terms.joining.class_code)
    said = {
        # A class that was taken away meanwhile must not keep anybody from closing a road.
        "class": terms.joining.class_code if told is not None and told.is_active else ROAD_CLOSED,
        "lonlat": _point_of(incident.geometry),
        "source": "incident",
        "source_id": f"{incident.id}.{incident.version}",
        "description": incident.description,
        "address": ", ".join(incident.road_names)[:300],
        "incident": incident.id,
        "simulated": incident.is_simulated,
    }
    case = join_case(world, connection, tenant, place_case(world, tenant, said, actor), actor)
    link_case(connection, tenant, incident, case.id)


def _tell(world: World, connection: Any, tenant: str, joining: Joining, case: Case, change: Change) -> None:
    """Writes down what became of the incident; at its end the case is to be checked, if the tenant wants that."""
    actor = system_actor(change.at, change.who)
    incident = change.incident
    is_over = change.after is None or not incident.is_open
    if is_over and joining.at_end == "check" and case.stage != "to_check":
        how = "deleted" if change.after is None else incident.status
        said = {"text": f"incident {incident.id} is {how}"}
        take_step(world, connection, tenant, case, "request_check", said, actor)
        return
    before = change.before or replace(incident, status="reported")
    told = {name: getattr(incident, name) for name in TOLD if getattr(before, name) != getattr(incident, name)}
    if told or is_over:
        words = ", ".join(f"{name} {value or 'none'}" for name, value in told.items()) or "deleted"
        said = {"text": f"incident {incident.id}: {words}"}
        take_step(world, connection, tenant, case, "note", said, actor)


def _point_of(geometry: BaseGeometry) -> tuple[float, float]:
    """A point of a shape: the middle of a line, else one inside."""
    if geometry.geom_type == "LineString":
        point = geometry.interpolate(0.5, normalized=True)
    else:
        point = geometry if geometry.geom_type == "Point" else geometry.representative_point()
    return float(point.x), float(point.y)
