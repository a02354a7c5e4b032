"""Incidents as Open511 road events, in its JSON and its XML form.

Source: Open511 version 1, open511.org/documentation/1.0, and its RELAX NG schema (open511.rnc): the JSON is the XML
with repeated elements as lists, links as "url", geography as GeoJSON.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from xml.etree import ElementTree

from location_cloud.incidents.fields import as_text
from location_cloud.incidents.gml import GML, as_gml
from location_cloud.incidents.model import Incident
from location_cloud.spatial.geojson import as_geojson

Json = dict[str, Any]

VERSION = "v1"

FEED = "/v1/incidents/feeds/open511"
"""Where everything of the jurisdiction is told: it has no other page."""

LINKS = {"url": "self", "jurisdiction_url": "jurisdiction"}
"""What links of the JSON are called in the XML; an event has these two and no others (its Schematron says so)."""

TYPES = {
    "accident": ("INCIDENT", "ACCIDENT"),
    "closure": ("INCIDENT", "OBSTRUCTION"),
    "roadworks": ("CONSTRUCTION", "ROAD_CONSTRUCTION"),
    "event": ("SPECIAL_EVENT", "PLANNED_EVENT"),
    "hazard": ("INCIDENT", "HAZARD"),
    "congestion": ("ROAD_CONDITION", None),
}
"""event_type and event_subtype of each kind; a jam has no subtype there."""

STATES = {"shuts": "CLOSED", "some": "SOME_LANES_CLOSED", "": "ALL_LANES_OPEN"}

CERTAINTY = {"reported": "POSSIBLE", "confirmed": "OBSERVED", "cleared": "OBSERVED", "cancelled": "UNKNOWN"}


def as_json(incidents: Sequence[Incident], jurisdiction: str, link: Callable[[str], str]) -> Json:
    """The document of some incidents. jurisdiction: a domain name, the first part of their ids. link: of a path."""
    events = [_event(incident, jurisdiction, link) for incident in incidents]
    return {
        "meta": {"version": VERSION, "url": link(FEED)},
        "events": events,
        "pagination": {"offset": 0},
    }


def as_xml(incidents: Sequence[Incident], jurisdiction: str, link: Callable[[str], str]) -> bytes:
    """The same as XML, UTF-8."""
    root = ElementTree.Element("open511", {"version": VERSION})
    events = ElementTree.SubElement(root, "events")
    for incident in incidents:
        event = ElementTree.SubElement(events, "event")
        for name, value in _event(incident, jurisdiction, link).items():
            _append(event, name, incident if name == "geography" else value)
    pagination = ElementTree.SubElement(root, "pagination")
    ElementTree.SubElement(pagination, "offset").text = "0"
    ElementTree.SubElement(root, "link", {"rel": "self", "href": link(f"{FEED}.xml")})
    ElementTree.register_namespace("gml", GML)
    return bytes(ElementTree.tostring(root, "UTF-8", xml_declaration=True))


def _event(incident: Incident, jurisdiction: str, link: Callable[[str], str]) -> Json:
    event_type, subtype = TYPES[incident.kind]
    path = f"/v1/incidents/{incident.id}"
    return {
        "url": link(path),
        "jurisdiction_url": link(FEED),
        "id": f"{jurisdiction}/{incident.id}",
        "status": "ACTIVE" if incident.is_open else "ARCHIVED",
        "headline": headline(incident),
        **({"description": incident.description} if incident.description else {}),
        "event_type": event_type,
        **({"event_subtypes": [subtype]} if subtype else {}),
        "severity": incident.severity.upper(),
        "certainty": CERTAINTY[incident.status],
        "created": as_text(incident.created_at),
        "updated": as_text(incident.updated_at),
        "geography": as_geojson(incident.geometry),
        "roads": [_road(incident, name) for name in incident.road_names or ("unnamed road",)],
        "timezone": "Etc/UTC",
        "schedule": {"intervals": [interval(incident)]},
    }


def headline(incident: Incident) -> str:
    """A few words: kind and road; what is simulated says so first."""
    words = "simulated " if incident.is_simulated else ""
    where = f": {incident.road_names[0]}" if incident.road_names else ""
    return f"{words}{incident.kind}{where}"


def interval(incident: Incident) -> str:
    """From when to when, minutes of UTC; nothing after the stroke = open end."""
    return f"{_minute(incident.starts_at)}/{'' if incident.ends_at is None else _minute(incident.ends_at)}"


def _minute(at: datetime) -> str:
    text = as_text(at)
    assert text is not None, "of a time"
    return text[:16]


def _road(incident: Incident, name: str) -> Json:
    closed, total = incident.lanes_closed, incident.lanes_total
    state = "shuts" if incident.is_closing else "some" if closed else ""
    road: Json = {"name": name, "direction": "BOTH" if incident.direction == "both" else "NONE", "state": STATES[state]}
    if state == "some" and incident.direction != "both":  # its Schematron wants lanes of one direction, in that state
        road["lanes_closed"] = closed
        if total is not None and closed is not None:
            road["lanes_open"] = total - closed
    if incident.speed_kmh is not None:
        road["restrictions"] = [{"restriction_type": "SPEED", "value": incident.speed_kmh}]
    return road


def _append(parent: ElementTree.Element, name: str, value: Any) -> None:
    if name in LINKS:
        ElementTree.SubElement(parent, "link", {"rel": LINKS[name], "href": value})
    elif isinstance(value, Incident):
        ElementTree.SubElement(parent, name).append(as_gml(value.geometry))
    elif isinstance(value, list):
        group = ElementTree.SubElement(parent, name)
        for part in value:
            _append(group, name.removesuffix("s"), part)
    elif isinstance(value, dict):
        group = ElementTree.SubElement(parent, name)
        for inner, part in value.items():
            _append(group, inner, part)
    else:
        ElementTree.SubElement(parent, name).text = str(value)
