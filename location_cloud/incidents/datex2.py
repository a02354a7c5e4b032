"""Incidents as a DATEX II situation publication (XML).

Source: DATEX II version 3, schema of its situation, common and locationReferencing packages (docs.datex2.eu): the
elements used here, in the schema's order. It is the situation part only, and no profile of a country.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from xml.etree import ElementTree

import shapely
from shapely.geometry.base import BaseGeometry

from location_cloud.incidents.fields import as_text
from location_cloud.incidents.gml import positions
from location_cloud.incidents.model import Incident

NAMESPACES = {
    "d2": "http://datex2.eu/schema/3/d2Payload",
    "sit": "http://datex2.eu/schema/3/situation",
    "com": "http://datex2.eu/schema/3/common",
    "loc": "http://datex2.eu/schema/3/locationReferencing",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
}

SEVERITIES = {"unknown": "unknown", "minor": "low", "moderate": "medium", "major": "high"}

RECORDS = {
    "accident": ("Accident", "accidentType", "accident"),
    "closure": ("RoadOrCarriagewayOrLaneManagement", "roadOrCarriagewayOrLaneManagementType", "roadClosed"),
    "roadworks": ("MaintenanceWorks", "roadMaintenanceType", "roadworks"),
    "event": ("PublicEvent", "publicEventType", "other"),
    "hazard": ("GeneralObstruction", "obstructionType", "hazardsOnTheRoad"),
    "congestion": ("AbnormalTraffic", "abnormalTrafficType", "queuingTraffic"),
}
"""Type of record of each kind, and the element that says more, with its value."""

LANES_CLOSED = "laneClosures"


def as_publication(incidents: Sequence[Incident], country: str, publisher: str, language: str, now: datetime) -> bytes:
    """The publication, UTF-8. country: two letters, "" = not known. publisher: names who made it."""
    for prefix, name in NAMESPACES.items():
        ElementTree.register_namespace(prefix, name)
    root = ElementTree.Element(
        _name("d2:payload"), {_name("xsi:type"): "sit:SituationPublication", "lang": language, "modelBaseVersion": "3"}
    )
    if not incidents:  # else ElementTree declares the prefix, because elements have it, too
        root.set("xmlns:sit", NAMESPACES["sit"])
    _add(root, "com:publicationTime", as_text(now))
    creator = _add(root, "com:publicationCreator")
    _add(creator, "com:country", country.lower() or "other")
    _add(creator, "com:nationalIdentifier", publisher)
    for incident in incidents:
        _add_situation(root, incident, language)
    return bytes(ElementTree.tostring(root, "UTF-8", xml_declaration=True))


def _add_situation(root: ElementTree.Element, incident: Incident, language: str) -> None:
    situation = _add(root, "sit:situation", id=f"{incident.id}")
    _add(situation, "sit:overallSeverity", SEVERITIES[incident.severity])
    _add(situation, "sit:situationVersionTime", as_text(incident.updated_at))
    header = _add(situation, "sit:headerInformation")
    _add(header, "com:confidentiality", "noRestriction")
    _add(header, "com:informationStatus", "test" if incident.is_simulated else "real")
    _add_record(situation, incident, language)


def _add_record(situation: ElementTree.Element, incident: Incident, language: str) -> None:
    kind, detail, value = RECORDS[incident.kind]
    record = _add(situation, "sit:situationRecord", id=f"{incident.id}-1", version=str(incident.version))
    record.set(_name("xsi:type"), f"sit:{kind}")
    _add(record, "sit:situationRecordCreationTime", as_text(incident.created_at))
    _add(record, "sit:situationRecordVersionTime", as_text(incident.updated_at))
    _add(record, "sit:probabilityOfOccurrence", "certain" if incident.status == "confirmed" else "probable")
    _add(record, "sit:severity", SEVERITIES[incident.severity])
    if incident.source:
        _add_text(_add(_add(record, "sit:source"), "com:sourceName"), incident.source, language)
    _add_validity(record, incident)
    if incident.lanes_total is not None and incident.lanes_closed is not None:
        impact = _add(record, "sit:impact")
        _add(impact, "sit:numberOfLanesRestricted", str(incident.lanes_closed))
        _add(impact, "sit:numberOfOperationalLanes", str(incident.lanes_total - incident.lanes_closed))
    words = ("simulated; " if incident.is_simulated else "") + incident.description
    if words:
        comment = _add(record, "sit:generalPublicComment")
        _add_text(_add(comment, "sit:comment"), words, language)
    _add_location(record, incident.geometry)
    if kind in ("RoadOrCarriagewayOrLaneManagement", "MaintenanceWorks"):
        _add(record, "sit:operatorActionStatus", "implemented" if incident.status == "confirmed" else "requested")
    if kind == "RoadOrCarriagewayOrLaneManagement":
        _add(record, "sit:complianceOption", "mandatory")
        value = value if incident.is_closing else LANES_CLOSED
    _add(record, f"sit:{detail}", value)


def _add_validity(record: ElementTree.Element, incident: Incident) -> None:
    validity = _add(record, "sit:validity")
    _add(validity, "com:validityStatus", "definedByValidityTimeSpec" if incident.is_open else "suspended")
    times = _add(validity, "com:validityTimeSpecification")
    _add(times, "com:overallStartTime", as_text(incident.starts_at))
    if incident.ends_at is not None:
        _add(times, "com:overallEndTime", as_text(incident.ends_at))


def _add_location(record: ElementTree.Element, geometry: BaseGeometry) -> None:
    kind = geometry.geom_type
    location = _add(record, "sit:locationReference")
    parts = shapely.get_parts(geometry)
    if kind == "Point":
        location.set(_name("xsi:type"), "loc:PointLocation")
        place = _add(_add(location, "loc:pointByCoordinates"), "loc:pointCoordinates")
        _add(place, "loc:latitude", f"{geometry.y:.7f}")
        _add(place, "loc:longitude", f"{geometry.x:.7f}")
    elif "Polygon" in kind:
        location.set(_name("xsi:type"), "loc:AreaLocation")
        area = _add(location, "loc:gmlMultiPolygon")
        for polygon in parts:
            element = _add(area, "loc:gmlPolygon")
            for number, ring in enumerate(shapely.get_rings(polygon)):
                _add(_add(element, "loc:interior" if number else "loc:exterior"), "loc:posList", positions(ring))
    elif len(parts) == 1:
        _add_line(location, parts[0])
    else:
        location.set(_name("xsi:type"), "loc:ItineraryByIndexedLocations")
        for number, line in enumerate(parts):
            contained = _add(location, "loc:locationContainedInItinerary", index=str(number))
            _add_line(_add(contained, "loc:location"), line)


def _add_line(location: ElementTree.Element, line: BaseGeometry) -> None:
    location.set(_name("xsi:type"), "loc:LinearLocation")
    _add(_add(location, "loc:gmlLineString", srsName="WGS 84"), "loc:posList", positions(line))


def _add_text(parent: ElementTree.Element, text: str, language: str) -> None:
    value = _add(_add(parent, "com:values"), "com:value", text)
    value.set("lang", language)


def _add(parent: ElementTree.Element, name: str, text: str | None = None, **attributes: str) -> ElementTree.Element:
    element = ElementTree.SubElement(parent, _name(name), attributes)
    element.text = text
    return element


def _name(name: str) -> str:
    prefix, _, local = name.partition(":")
    return f"{{{NAMESPACES[prefix]}}}{local}"
