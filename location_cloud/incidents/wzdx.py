"""Roadworks as a work zone feed, WZDx 4.2 (GeoJSON).

Source: Work Zone Data Exchange 4.2, usdot-jpo-ode/wzdx, schemas/4.2/WorkZoneFeed.json and RoadEventFeature.json.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from location_cloud.incidents.fields import as_text
from location_cloud.incidents.model import Incident
from location_cloud.incidents.open511 import headline
from location_cloud.spatial.geojson import as_geojson
from location_cloud.spatial.measure import bearing_deg

Json = dict[str, Any]

VERSION = "4.2"

UPDATE_S = 10
"""How often a reader need ask: changes are in the next answer."""

GUESSED = timedelta(days=1)
"""From now on, where an end is not known: the feed must name one, marked as not verified."""

HEADINGS = ("northbound", "eastbound", "southbound", "westbound")
OPPOSITE = {"northbound": "southbound", "eastbound": "westbound", "southbound": "northbound", "westbound": "eastbound"}


def as_feed(incidents: Sequence[Incident], publisher: str, now: datetime) -> Json:
    """The feed of those incidents that are roadworks, each direction of a road a feature of its own.

    publisher: who publishes. now: when. A licence is left out: the format knows CC0 only, and the data are the city's.
    """
    source = str(uuid5(NAMESPACE_URL, publisher))
    works = [incident for incident in incidents if incident.kind == "roadworks"]
    return {
        "type": "FeatureCollection",
        "feed_info": {
            "publisher": publisher,
            "version": VERSION,
            "update_date": as_text(now),
            "update_frequency": UPDATE_S,
            "data_sources": [
                {
                    "data_source_id": source,
                    "organization_name": publisher,
                    "update_date": as_text(now),
                    "update_frequency": UPDATE_S,
                }
            ],
        },
        "features": [feature for incident in works for feature in _features(incident, source, now)],
    }


def _features(incident: Incident, source: str, now: datetime) -> list[Json]:
    shape = _as_line(incident.geometry)
    heading = _heading(shape, incident.heading_deg)
    features = [(shape, heading)]
    if incident.direction == "backward":
        features = [(shape.reverse(), OPPOSITE.get(heading, heading))]
    elif incident.direction == "both" and heading in OPPOSITE:
        features.append((shape.reverse(), OPPOSITE[heading]))
    return [
        {
            "id": str(uuid5(NAMESPACE_URL, f"{source}/{incident.id}/{place}")),
            "type": "Feature",
            "geometry": as_geojson(line),
            "properties": _properties(incident, source, towards, now),
        }
        for place, (line, towards) in enumerate(features)
    ]


def _properties(incident: Incident, source: str, direction: str, now: datetime) -> Json:
    is_sure = incident.status == "confirmed" and not incident.is_simulated
    properties: Json = {
        "core_details": {
            "event_type": "work-zone",
            "data_source_id": source,
            "road_names": list(incident.road_names) or ["unnamed road"],
            "direction": direction,
            "name": headline(incident),
            "description": ("simulated; " if incident.is_simulated else "") + incident.description,
            "creation_date": as_text(incident.created_at),
            "update_date": as_text(incident.updated_at),
        },
        "start_date": as_text(incident.starts_at),
        "end_date": as_text(incident.ends_at or max(now, incident.starts_at) + GUESSED),
        "is_start_date_verified": is_sure and incident.starts_at <= now,
        "is_end_date_verified": False,
        "is_start_position_verified": False,
        "is_end_position_verified": False,
        "vehicle_impact": _impact(incident),
        "location_method": "unknown",
    }
    if incident.speed_kmh is not None:
        properties["reduced_speed_limit_kph"] = incident.speed_kmh
    if incident.lanes_total is not None and incident.lanes_closed == incident.lanes_total:
        properties["lanes"] = [
            {"order": order + 1, "type": "general", "status": "closed"} for order in range(incident.lanes_total)
        ]
    return properties


def _impact(incident: Incident) -> str:
    if incident.is_closing:
        return "all-lanes-closed"
    if incident.lanes_closed is None:
        return "unknown"
    return "some-lanes-closed" if incident.lanes_closed else "all-lanes-open"


def _as_line(geometry: BaseGeometry) -> BaseGeometry:
    """The geometry as a LineString, or as a MultiPoint of its corners: the feed has no others."""
    if geometry.geom_type == "MultiLineString":
        geometry = shapely.line_merge(geometry, directed=True)
    if geometry.geom_type == "LineString":
        return geometry
    return shapely.multipoints(shapely.get_coordinates(geometry))


def _heading(shape: BaseGeometry, heading_deg: float | None) -> str:
    if shape.geom_type == "LineString" and not shape.is_ring:
        ends = shapely.get_coordinates(shape)[[0, -1]]
        heading_deg = float(bearing_deg(ends[0], ends[1])[0])
    return "unknown" if heading_deg is None else HEADINGS[int(np.rint(heading_deg / 90.0)) % 4]
