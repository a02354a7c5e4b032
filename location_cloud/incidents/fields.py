"""An incident as plain values: what the log keeps, what answers and feeds tell."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from location_cloud.incidents.model import Incident, LogEntry
from location_cloud.spatial.geojson import as_geojson

EDGES = "edges"


def as_fields(incident: Incident, with_edges: bool = True) -> dict[str, Any]:
    """Every field by the name that callers know it by, ready for JSON; id, version and times of writing left out.

    with_edges: the lasting keys of all edges, too; incidents of a list do not have them.
    """
    lanes = None
    if incident.lanes_total is not None:
        lanes = {"total": incident.lanes_total, "closed": incident.lanes_closed}
    fields = {
        "kind": incident.kind,
        "status": incident.status,
        "severity": incident.severity,
        "effect": incident.effect or "none",
        "starts_at": as_text(incident.starts_at),
        "ends_at": as_text(incident.ends_at),
        "description": incident.description,
        "geometry": as_geojson(incident.geometry),
        "direction": incident.direction,
        "heading_deg": incident.heading_deg,
        "roads": list(incident.roads),
        "road_names": list(incident.road_names),
        "edge_count": incident.edge_count,
        "profiles": list(incident.profiles),
        "lanes": lanes,
        "speed_kmh": incident.speed_kmh,
        "source": incident.source,
        "case": incident.case,
        "simulated": incident.is_simulated,
    }
    return {**fields, EDGES: list(incident.edges)} if with_edges else fields


def as_entry(entry: LogEntry) -> dict[str, Any]:
    """A line of the log."""
    return {
        "number": entry.number,
        "incident": entry.incident,
        "version": entry.version,
        "live_version": entry.change,
        "at": as_text(entry.at),
        "who": entry.who,
        "action": entry.action,
        "fields": entry.fields,
    }


def as_text(at: datetime | None) -> str | None:
    """A time as RFC 3339 writes it, UTC to the second or as exact as it is."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")
