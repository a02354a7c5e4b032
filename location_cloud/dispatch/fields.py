"""Units, hospitals, emergencies and their log as plain values: what the log keeps, and what answers tell."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from location_cloud.dispatch.model import (
    LEVELS,
    ROLES,
    Assignment,
    Duplicate,
    Emergency,
    Entry,
    Hospital,
    Position,
    Read,
    Unit,
)

Json = dict[str, Any]


def as_unit(unit: Unit, position: Position | None, is_on_shift: bool, now: datetime) -> Json:
    """A unit with where it is."""
    station = None
    if unit.station_lonlat is not None:
        station = {"name": unit.station_name, "lonlat": list(unit.station_lonlat)}
    return {
        "id": unit.id,
        "version": unit.version,
        "title": unit.title,
        "kind": unit.kind,
        "skills": list(unit.skills),
        "equipment": list(unit.equipment),
        "shifts": [
            {"days": list(each.days), "begin": _clock(each.begin), "end": _clock(each.end)} for each in unit.shifts
        ],
        "on_shift": is_on_shift,
        "status": unit.status,
        "emergency": unit.emergency,
        "station": station,
        "profile": unit.profile,
        "siren_profile": unit.siren_profile,
        "turnout_s": unit.turnout_s,
        "device": unit.device,
        "crew_key": unit.crew_key,
        "position": None if position is None else as_position(position, now),
        "simulated": unit.is_simulated,
        "updated_at": as_text(unit.updated_at),
    }


def as_position(position: Position, now: datetime) -> Json:
    """Where a unit is, by whom it was told, and how old that is."""
    age_s = None if position.told_at is None else round((now - position.told_at).total_seconds(), 1)
    return {
        "lonlat": list(position.lonlat),
        "source": position.source,
        "told_at": as_text(position.told_at),
        "age_s": age_s,
        "simulated": position.is_simulated,
    }


def as_hospital(hospital: Hospital) -> Json:
    """A hospital and how many it can take."""
    return {
        "id": hospital.id,
        "version": hospital.version,
        "title": hospital.title,
        "lonlat": list(hospital.lonlat),
        "skills": list(hospital.skills),
        "free": hospital.free,
        "inbound": hospital.inbound,
        "open": hospital.is_open,
        "simulated": hospital.is_simulated,
        "updated_at": as_text(hospital.updated_at),
    }


def as_fields(emergency: Emergency) -> Json:
    """Every field of an emergency that its log keeps."""
    return {
        "category": emergency.category,
        "kind": emergency.kind,
        "level": emergency.level,
        "status": emergency.status,
        "lonlat": list(emergency.lonlat),
        "accuracy_m": emergency.accuracy_m,
        "ellipse": None if emergency.ellipse is None else dict(emergency.ellipse),
        "method": emergency.method,
        "address": emergency.address,
        "description": emergency.description,
        "needs": list(emergency.needs),
        "call": emergency.call,
        "incident": emergency.incident,
        "duplicate_of": emergency.duplicate_of,
        "simulated": emergency.is_simulated,
        "opened_at": as_text(emergency.opened_at),
    }


def as_assignment(assignment: Assignment) -> Json:
    """A unit's way through an emergency."""
    return {
        "unit": assignment.unit,
        "version": assignment.version,
        "status": assignment.status,
        "times": {step: as_text(at) for step, at in assignment.times.items()},
        "hospital": assignment.hospital,
        "predicted_s": assignment.predicted_s,
        "driven_s": assignment.driven_s,
    }


def as_emergency(number: int, version: int, fields: Json, assignments: list[Json]) -> Json:
    """An emergency as it is or was."""
    told = {"id": number, "version": version, "ellipse": None, "method": "", **fields}
    return {**told, "level_title": dict(LEVELS[int(fields["level"])]), "assignments": assignments}


def replayed(entries: list[Entry]) -> Json:
    """The emergency as it was after some lines of its log, from the first one on."""
    fields: Json = {}
    assignments: dict[int, Json] = {}
    for entry in entries:
        for name, value in entry.fields.items():
            if name == "assignment":
                assignments[value["id"]] = value["as"]
            elif entry.action in ("opened", "changed"):
                fields[name] = value
    last = entries[-1]
    return as_emergency(last.emergency, last.version, fields, [assignments[each] for each in sorted(assignments)])


def as_entry(entry: Entry) -> Json:
    """A line of the log."""
    return {
        "number": entry.number,
        "emergency": entry.emergency,
        "version": entry.version,
        "at": as_text(entry.at),
        "who": entry.who,
        "role": entry.role,
        "role_title": dict(ROLES[entry.role]),
        "action": entry.action,
        "fields": dict(entry.fields),
    }


def as_read(read: Read) -> Json:
    """Who read an emergency in clear."""
    return {"number": read.number, "at": as_text(read.at), "who": read.who}


def as_duplicate(found: Duplicate) -> Json:
    """An emergency that may be the same."""
    return {
        "id": found.id,
        "category": found.category,
        "distance_m": round(found.distance_m, 1),
        "seconds": round(found.seconds, 1),
    }


def as_text(at: datetime | None) -> str | None:
    """A time as RFC 3339 writes it, in UTC."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
