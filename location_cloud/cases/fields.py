"""A case as plain values: what its timeline keeps, and what answers tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from location_cloud.cases.clocks import lamp_of
from location_cloud.cases.model import OVER, STAGE_TITLES, Case, Clock, Component, Entry, StoredFile
from location_cloud.spatial.cells import BEIDOU
from location_cloud.spatial.cells.index_cell import INDEX_LEVEL
from location_cloud.spatial.geojson import as_geojson


def as_fields(case: Case, code: str | None = None) -> dict[str, Any]:
    """Every field by the name that callers know it by, ready for JSON; what follows from the clock left out.

    code: of its cell, where it is known already.
    """
    return {
        "number": case.number,
        "class": case.class_code,
        "stage": case.stage,
        "role": case.role,
        "source": case.source,
        "source_id": case.source_id,
        "lonlat": [case.lonlat[0], case.lonlat[1]],
        "address": case.address,
        "beidou": codes_of([case.cell])[0] if code is None else code,
        "grid": case.unit_grid,
        "manage_grid": case.manage_grid,
        "village_grid": case.village_grid,
        "area": case.area,
        "area_class": case.area_class,
        "department": case.department,
        "post": case.post,
        "assignee": case.assignee,
        "description": case.description,
        "severity": case.severity,
        "component": case.component,
        "incident": case.incident,
        "parent": case.parent,
        "created_at": as_text(case.created),
        "filed_at": as_text(case.filed),
        "closed_at": as_text(case.closed),
        "deadline": as_text(case.due),
        "warn_at": as_text(None if case.clock is None else case.clock.warn),
        "limit": _limit(case.clock),
        "stage_since": as_text(case.stage_since),
        "stage_deadline": as_text(case.stage_due),
        "stage_warn_at": as_text(None if case.stage_clock is None else case.stage_clock.warn),
        "suspended_since": as_text(case.suspended_since),
        "suspended_until": as_text(case.until),
        "asked": dict(case.asked),
        "checked": case.checked,
        "reworks": case.reworks,
        "returns": case.returns,
        "extensions": case.extensions,
        "votes": case.votes,
        "files": case.files,
        "citizen": case.is_citizens,
        "rule": case.rule,
        "simulated": case.is_simulated,
        "attributes": dict(case.attributes),
        "media_url": case.media_url,
        "band": case.band,
    }


def as_cases(cases: Sequence[Case], now: float) -> list[dict[str, Any]]:
    """Cases for answers, with their lamps as of a moment. Cells are coded together: one by one they took most of it."""
    codes = codes_of([case.cell for case in cases])
    return [as_case(case, now, code) for case, code in zip(cases, codes, strict=True)]


def as_case(case: Case, now: float, code: str | None = None) -> dict[str, Any]:
    """A case for answers, with its lamps as of a moment."""
    at = _moment(case.closed, case.suspended_since, now)
    told = {"id": case.id, "version": case.version, **as_fields(case, code), "stage_title": STAGE_TITLES[case.stage]}
    lamp = lamp_of(case.clock, at)
    told["lamp"] = lamp
    told["stage_lamp"] = lamp_of(case.stage_clock, at) if case.is_open else ""
    told["overdue"] = lamp == "red"
    return told


def replayed(entries: Iterable[Entry], now: float) -> dict[str, Any]:
    """A case as its timeline alone tells that it was when the last of the lines was written, its lamps as of `now`."""
    told: dict[str, Any] = {}
    for entry in entries:
        told |= {name: value for name, value in entry.fields.items() if name in _NAMES}
        told |= {"id": entry.case, "version": entry.version}
    at = _moment(_seconds(told["closed_at"]), _seconds(told["suspended_since"]), now)
    is_open = told["stage"] not in OVER
    lamp = _lamp(told["deadline"], told["warn_at"], at)
    return {
        **told,
        "stage_title": STAGE_TITLES[told["stage"]],
        "lamp": lamp,
        "stage_lamp": _lamp(told["stage_deadline"], told["stage_warn_at"], at) if is_open else "",
        "overdue": lamp == "red",
    }


def as_entry(entry: Entry) -> dict[str, Any]:
    """A line of the timeline."""
    return {
        "number": entry.number,
        "case": entry.case,
        "version": entry.version,
        "live_version": entry.change,
        "at": as_text(entry.at),
        "who": entry.who,
        "role": entry.role,
        "action": entry.action,
        "stage_from": entry.stage_from,
        "stage_to": entry.stage_to,
        "fields": dict(entry.fields),
    }


def as_file(file: StoredFile) -> dict[str, Any]:
    """What is told of a photo or paper."""
    return {
        "id": file.id,
        "case": file.case,
        "name": file.name,
        "media_type": file.media,
        "size": file.size,
        "sha256": file.digest,
        "uploaded_at": as_text(file.at),
        "who": file.who,
        "stage": file.stage,
        "lonlat": None if file.lonlat is None else list(file.lonlat),
        "distance_m": None if file.distance_m is None else round(file.distance_m, 1),
        "taken_at": file.taken or None,
        "href": f"/v1/cases/{file.case}/files/{file.id}",
    }


def as_component(component: Component) -> dict[str, Any]:
    """A component for answers."""
    shape = component.geometry
    return {
        "id": component.id,
        "version": component.version,
        "class": component.class_code,
        "name": component.name,
        "owner": component.owner,
        "maintainer": component.maintainer,
        "supervisor": component.supervisor,
        "state": component.state,
        "grid": component.unit_grid,
        "area": component.area,
        "beidou": codes_of([component.cell])[0],
        "lonlat": list(component.lonlat),
        "geometry": {"type": "Point", "coordinates": list(component.lonlat)} if shape is None else as_geojson(shape),
        "first_seen": as_text(component.first_seen),
        "changed_at": as_text(component.changed),
        "source": component.source,
        "note": component.note,
        "simulated": component.is_simulated,
    }


def codes_of(cells: Sequence[int]) -> list[str]:
    """BeiDou codes of level 5 of index cells, "" for those of the poles."""
    keys = np.array([max(cell, 0) for cell in cells], np.int64)
    if not len(keys) or not (np.array(cells) >= 0).all():
        return [codes_of([cell])[0] if cell >= 0 else "" for cell in cells]
    found: list[str] = BEIDOU.codes(*BEIDOU.cells_of_keys(keys, INDEX_LEVEL), INDEX_LEVEL).tolist()
    return found


def changed_fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of the second that differ from the first."""
    return {name: value for name, value in after.items() if before.get(name, ...) != value}


def as_text(at: float | None) -> str | None:
    """A moment as RFC 3339 writes it, UTC."""
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")


def _limit(clock: Clock | None) -> str | None:
    return None if clock is None else str(clock.limit)


def _moment(closed: float | None, suspended: float | None, now: float) -> float:
    """The moment that a lamp is of: when the case ended, or its clock was stopped, or now."""
    return closed if closed is not None else suspended if suspended is not None else now


def _seconds(text: str | None) -> float | None:
    return None if text is None else datetime.fromisoformat(text).timestamp()


def _lamp(due: str | None, warn: str | None, at: float) -> str:
    last, first = _seconds(due), _seconds(warn)
    if last is None or first is None:
        return ""
    return "red" if at > last else "yellow" if at >= first else "green"


_NAMES = frozenset(as_fields(Case("", (0.0, 0.0)), ""))
