"""A search as plain values: what answers tell of it and of its log."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from location_cloud.searches.model import LogEntry, Search
from location_cloud.searches.model_plan import ASSIGNED, Plan, Way


def as_json(search: Search) -> dict[str, Any]:
    """A search as callers read it."""
    subject, find, lattice = search.subject, search.find, search.lattice
    width, height = lattice.grid.width_m, lattice.grid.height_m
    return {
        "id": search.id,
        "version": search.version,
        "status": search.status,
        "title": search.title,
        "simulated": search.is_simulated,
        "emergency": search.emergency,
        "incident": search.incident,
        "subject": {
            "category": subject.category,
            "age": subject.age,
            "mobility": subject.mobility,
            "last_seen_at": as_text(subject.last_seen_at),
            "responsive": subject.responsive,
            "vulnerable": subject.is_vulnerable,
        },
        "ipp": list(search.ipp),
        "ipp_type": search.ipp_type,
        "season": search.season,
        "ground": search.ground,
        "grid": {
            "rows": lattice.rows,
            "columns": lattice.columns,
            "bbox": list(lattice.bounds),
            "cell_m": [round(width, 2), round(height, 2)],
            "beidou_level": lattice.level,
        },
        "layers": [asdict(layer) for layer in search.layers],
        "pos": search.pos,
        "rest_of_world": search.rest_of_world,
        "warnings": list(search.warnings),
        "find": None if find is None else {**asdict(find), "at": as_text(find.at), "location": list(find.location)},
        "created_at": as_text(search.created_at),
        "updated_at": as_text(search.updated_at),
    }


def as_entry(entry: LogEntry) -> dict[str, Any]:
    """A line of the log as callers read it."""
    return {
        "number": entry.number,
        "search": entry.search,
        "version": entry.version,
        "live_version": entry.change,
        "at": as_text(entry.at),
        "who": entry.who,
        "action": entry.action,
        "fields": _told(entry.fields),
    }


def _told(fields: dict[str, Any]) -> dict[str, Any]:
    """The same without the points of tracks, which are thousands: how many there are."""
    if "lines" not in fields:
        return fields
    points = sum(map(len, fields["lines"]))
    return {**{name: value for name, value in fields.items() if name != "lines"}, "points": points}


def as_text(at: datetime | None) -> str | None:
    """A time as RFC 3339 writes it, UTC to the second or as exact as it is."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def as_plan(search_id: int, plan: Plan) -> dict[str, Any]:
    """A plan as callers read it."""
    return {
        "search": search_id,
        "version": plan.version,
        "assignments": [{name: each.get(name, 1) for name in ASSIGNED} for each in plan.assignments],
        "periods": plan.periods,
        "pos_total": plan.pos_total,
        "gap": plan.gap,
        "detection": plan.detection,
        "curve": [{"hours": hours, "pos": pos} for hours, pos in plan.curve],
        "warnings": list(plan.warnings),
    }


def as_way(way: Way, number: int) -> dict[str, Any]:
    """A line to follow as a GeoJSON feature."""
    told = {"number": number, "length_m": way.length_m, "coverage": way.coverage, "duration_s": way.duration_s}
    line = {"type": "LineString", "coordinates": way.lonlat.round(7).tolist()}
    return {"type": "Feature", "geometry": line, "properties": told}
