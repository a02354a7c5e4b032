"""The questions about emergencies: open, change, send units and follow their steps, look up as it was at any time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import orjson

from location_cloud.dispatch import store
from location_cloud.dispatch import store_emergencies as rows
from location_cloud.dispatch.fields import as_assignment, as_emergency, as_fields, replayed
from location_cloud.dispatch.model import (
    FREE,
    MOST_OPEN,
    OVER,
    STEPS,
    Action,
    Assignment,
    Duplicate,
    Emergency,
    Entry,
    LonLat,
    Role,
    Step,
    Unit,
)
from location_cloud.dispatch.service_units import check_crew, no_hospital, no_unit, writing
from location_cloud.errors import Conflict, NotFound, TooLarge, Unprocessable
from location_cloud.incidents import service as incidents
from location_cloud.spatial.bbox import Bbox
from location_cloud.spatial.measure import destination, distance_m
from location_cloud.storage.wake import wake_worker

if TYPE_CHECKING:
    from location_cloud.storage.live import Live
    from location_cloud.storage.world import World

NEAR_M, NEAR_S = 500.0, 3600.0
"""So near and so soon after another a call may be of the same emergency; ours: a block, and the hour in which several
people call of one event. What is uncertain of the positions is added."""

MOST_DUPLICATES = 20

UNIT_STATUS: Mapping[Step, str] = {"released": "returning", "cancelled": "returning"}
"""What a step makes of its unit's status, where that is not the step itself."""


@dataclass(frozen=True)
class Writer:
    """Who writes, in which role, when; under which key of its own, so that it is done once. who: as in the log.

    crew_key: of the crew that writes; None = the desk.
    """

    who: str
    role: Role
    at: datetime
    request: str = ""
    crew_key: str | None = None


# --- emergencies -------------------------------------------------------------------------------------------------


def open_emergency(
    world: World, tenant: str, said: Mapping[str, Any], incident: Mapping[str, Any] | None, writer: Writer
) -> tuple[Emergency, bool]:
    """The emergency as stored, and whether it is new; durable when this returns, with its incident or not at all.

    said: fields of model.Emergency. incident: fields of incidents.model.Incident, geometry as GeoJSON, of a public
    incident that is added in the same transaction; None = none.

    Raises as `incidents.service.add_incident`, Unprocessable for a request key used for something else, TooLarge over
    the ceiling, NotFound if `said` names an incident that is none.
    """
    digest = _digest([said, incident])
    placed = None if incident is None else incidents.place_incident(world, incident, writer.at)
    with writing(world.live) as connection:
        if (sent := _sent_before(connection, tenant, writer, digest)) is not None:
            return _get(connection, tenant, sent.emergency), False
        if (count := rows.count_open(connection, tenant)) >= MOST_OPEN:
            raise TooLarge(
                f"{count:,} emergencies are open; the most is {MOST_OPEN:,}", hint="close those that are over"
            )
        emergency = Emergency(**{"opened_at": writer.at, **said})
        if placed is not None:
            added = incidents.join_incident(world, connection, tenant, writer.who, placed, writer.at)
            emergency = replace(emergency, incident=added.id)
        stored = rows.insert_emergency(connection, tenant, emergency, writer.at)
        _log(connection, tenant, stored, writer, "opened", as_fields(stored), digest)
    if placed is not None:
        wake_worker(world.home)
    return stored, True


def change_emergency(
    live: Live, tenant: str, emergency_id: int, said: Mapping[str, Any], version: int | None, writer: Writer
) -> Emergency:
    """The emergency after the change. said: the fields that change; version: that it was made from, None = whichever.

    Raises Conflict if somebody was faster, or it is to end while units are on it; NotFound; Unprocessable if it is to
    be a duplicate of itself.
    """
    with writing(live) as connection:
        before = _get(connection, tenant, emergency_id)
        _check_version(before, version)
        after = replace(before, **said)
        if after == before:
            return before
        if after.duplicate_of is not None and after.duplicate_of != before.duplicate_of:
            if after.duplicate_of == emergency_id:
                raise Unprocessable("an emergency is no duplicate of itself", hint="name the other one")
            _get(connection, tenant, after.duplicate_of)
        if after.status != "open" and before.status == "open":
            open_ = [each.unit for each in rows.list_assignments(connection, tenant, emergency_id) if not each.is_over]
            if open_:
                raise Conflict(f"units are still on it: {', '.join(open_[:10])}", hint="release them first")
        stored = rows.change_emergency(connection, tenant, after, writer.at)
        then, fields = as_fields(before), as_fields(stored)
        changed = {name: value for name, value in fields.items() if value != then[name]}
        _log(connection, tenant, stored, writer, "changed", changed)
    return stored


def add_note(live: Live, tenant: str, emergency_id: int, text: str, writer: Writer) -> Entry:
    """A line that somebody writes into the log. Raises NotFound, Unprocessable for a used request key."""
    digest = _digest([emergency_id, text])
    with writing(live) as connection:
        if (sent := _sent_before(connection, tenant, writer, digest)) is not None:
            return sent
        emergency = _get(connection, tenant, emergency_id)
        stored = rows.change_emergency(connection, tenant, emergency, writer.at)
        return _log(connection, tenant, stored, writer, "note", {"text": text}, digest)


# --- units on it -------------------------------------------------------------------------------------------------


def assign_unit(
    live: Live, tenant: str, emergency_id: int, unit_id: str, predicted_s: float | None, writer: Writer
) -> tuple[Assignment, bool]:
    """A unit sent to an emergency, and whether that is new. predicted_s: of its drive; None = not known.

    Raises NotFound if there is no such emergency or unit, Conflict if the unit is on another task or the emergency is
    over, Unprocessable for a used request key.
    """
    digest = _digest([emergency_id, unit_id])
    with writing(live) as connection:
        if (sent := _sent_before(connection, tenant, writer, digest)) is not None:
            return get_assignment_in(connection, tenant, sent.emergency, unit_id), False
        emergency, unit = _get(connection, tenant, emergency_id), _get_unit(connection, tenant, unit_id)
        if emergency.status != "open":
            raise Conflict(f"emergency {emergency_id} is {emergency.status}", hint='open it again: "status": "open"')
        if unit.emergency is not None or unit.status not in FREE:
            task = "" if unit.emergency is None else f" on emergency {unit.emergency}"
            raise Conflict(f"unit {unit_id} is {unit.status}{task}", hint="rank again: POST /v1/dispatch/rank")
        assignment = Assignment(emergency_id, unit_id, "alerted", {"alerted": writer.at}, predicted_s=predicted_s)
        stored = rows.insert_assignment(connection, tenant, assignment)
        store.change_unit(connection, tenant, replace(unit, status="alerted", emergency=emergency_id), writer.at)
        _log_step(connection, tenant, emergency, stored, writer, "assigned", digest)
    return stored, True


def step_assignment(
    live: Live,
    tenant: str,
    emergency_id: int,
    unit_id: str,
    step: Step,
    version: int | None,
    writer: Writer,
    hospital: str = "",
) -> Assignment:
    """The assignment after a step; its unit's status follows, and a hospital's free places when a patient is brought.

    hospital: where a patient is brought. Raises NotFound, Conflict if somebody was faster or the hospital is full,
    Unprocessable for a step that was passed already, Denied for a crew that is another unit's.
    """
    with writing(live) as connection:
        emergency, unit = _get(connection, tenant, emergency_id), _get_unit(connection, tenant, unit_id)
        check_crew(unit, writer.crew_key)
        before = get_assignment_in(connection, tenant, emergency_id, unit_id)
        if version not in (None, before.version):
            raise Conflict(
                f"the assignment is at version {before.version}, not {version}",
                hint="read it again and repeat the step",
                version=before.version,
            )
        _check_step(before, step)
        if hospital or step == "at_hospital":
            _bring(connection, tenant, before, step, hospital, writer.at)
        after = replace(
            before,
            status=step,
            times={**before.times, step: writer.at},
            hospital=hospital or before.hospital,
        )
        stored = rows.change_assignment(connection, tenant, after)
        status = UNIT_STATUS.get(step, step)
        task = None if stored.is_over else emergency_id
        store.change_unit(connection, tenant, replace(unit, status=status, emergency=task), writer.at)  # type: ignore[arg-type]  # every other step is a status of units
        _log_step(connection, tenant, emergency, stored, writer, "step")
    return stored


def get_assignment(live: Live, tenant: str, emergency_id: int, unit_id: str) -> Assignment:
    """A unit's newest assignment to an emergency. Raises NotFound."""
    with live.read() as connection:
        return get_assignment_in(connection, tenant, emergency_id, unit_id)


def get_assignment_in(connection: Any, tenant: str, emergency_id: int, unit_id: str) -> Assignment:
    """The same in a transaction."""
    found = [each for each in rows.list_assignments(connection, tenant, emergency_id) if each.unit == unit_id]
    if not found:
        raise NotFound(
            f"unit {unit_id!r} is not on emergency {emergency_id}",
            hint=f"GET /v1/emergencies/{emergency_id} tells who is",
        )
    return found[-1]


# --- read --------------------------------------------------------------------------------------------------------


def get_emergency(live: Live, tenant: str, emergency_id: int) -> Emergency:
    """The emergency. Raises NotFound if the tenant has none of that id."""
    with live.read() as connection:
        return _get(connection, tenant, emergency_id)


def read_emergency(live: Live, tenant: str, emergency_id: int, as_of: datetime | None = None) -> dict[str, Any]:
    """The emergency with its units, for answers; as_of: as it was at that time, told by its log alone.

    Raises NotFound if there is none, or was none then.
    """
    with live.read() as connection:
        if as_of is not None:
            entries = rows.list_log(connection, tenant, emergency_id, until=as_of)
            if not entries:
                raise NotFound(f"there was no emergency {emergency_id} then", hint="its log tells when it was opened")
            return replayed(entries)
        emergency = _get(connection, tenant, emergency_id)
        assignments = rows.list_assignments(connection, tenant, emergency_id)
    found = [as_assignment(each) for each in assignments]
    return as_emergency(emergency.id, emergency.version, as_fields(emergency), found)


def list_emergencies(
    live: Live, tenant: str, statuses: tuple[str, ...], after: int, limit: int
) -> list[dict[str, Any]]:
    """Emergencies by rising id, those after an id, with their units."""
    with live.read() as connection:
        found = rows.list_emergencies(connection, tenant, statuses, after, limit)
        return [
            as_emergency(
                each.id,
                each.version,
                as_fields(each),
                [as_assignment(unit) for unit in rows.list_assignments(connection, tenant, each.id)],
            )
            for each in found
        ]


def list_log(live: Live, tenant: str, emergency_id: int, after: int, limit: int) -> list[Entry]:
    """What happened to an emergency, oldest first. Raises NotFound if there is none."""
    with live.read() as connection:
        _get(connection, tenant, emergency_id)
        return rows.list_log(connection, tenant, emergency_id, after, limit)


def find_duplicates(live: Live, tenant: str, emergency: Emergency) -> list[Duplicate]:
    """Open emergencies near and at about the same time, the nearest first."""
    return find_like(live, tenant, emergency.lonlat, emergency.accuracy_m, emergency.opened_at, emergency.id)


def find_like(
    live: Live, tenant: str, lonlat: LonLat, accuracy_m: float, at: datetime, except_id: int = 0
) -> list[Duplicate]:
    """The same of a call that is not yet an emergency."""
    reach_m = NEAR_M + accuracy_m
    corners = destination([lonlat] * 4, [0.0, 90.0, 180.0, 270.0], [2 * reach_m] * 4)
    box = Bbox(float(corners[3, 0]), float(corners[2, 1]), float(corners[1, 0]), float(corners[0, 1]))
    around = timedelta(seconds=NEAR_S)
    with live.read() as connection:
        near = rows.list_near(connection, tenant, box, at - around, at + around, 1000)
    found = []
    for other in near:
        metres = float(distance_m([lonlat], [other.lonlat])[0])
        if other.id != except_id and metres <= reach_m + other.accuracy_m:
            seconds = abs((at - other.opened_at).total_seconds())
            found.append(Duplicate(other.id, other.category, metres, seconds))
    return sorted(found, key=lambda each: (each.distance_m, each.id))[:MOST_DUPLICATES]


# --- parts -------------------------------------------------------------------------------------------------------


def write_incident(
    connection: Any, tenant: str, emergency: Emergency, fields: Mapping[str, Any], writer: Writer
) -> None:
    """Writes down in an emergency's log what became of its public incident, within that change's transaction."""
    stored = rows.change_emergency(connection, tenant, emergency, writer.at)
    _log(connection, tenant, stored, writer, "incident", fields)


def _get(connection: Any, tenant: str, emergency_id: int) -> Emergency:
    found = rows.find_emergency(connection, tenant, emergency_id)
    if found is None:
        raise NotFound(f"there is no emergency {emergency_id}", hint="GET /v1/emergencies lists them")
    return found


def _get_unit(connection: Any, tenant: str, unit_id: str) -> Unit:
    unit = store.find_unit(connection, tenant, unit_id)
    if unit is None:
        raise no_unit(unit_id)
    return unit


def _check_version(found: Emergency, version: int | None) -> None:
    if version not in (None, found.version):
        raise Conflict(
            f"emergency {found.id} is at version {found.version}, not {version}",
            hint="read it again and repeat the change on what is there now",
            version=found.version,
        )


def _check_step(before: Assignment, step: Step) -> None:
    if before.is_over:
        raise Conflict(f"unit {before.unit} is {before.status}", hint="assign it anew")
    if step not in OVER and STEPS.index(step) <= STEPS.index(before.status):
        raise Unprocessable(
            f"unit {before.unit} is {before.status} already; {step} lies before it",
            hint=f"steps are {', '.join(STEPS)}; write a note for what was told wrongly",
        )


def _bring(connection: Any, tenant: str, before: Assignment, step: Step, hospital: str, now: datetime) -> None:
    """Checks that the hospital takes another patient, and counts one who is brought in."""
    name = hospital or before.hospital
    if not name:
        return
    found = store.find_hospital(connection, tenant, name)
    if found is None:
        raise no_hospital(name)
    inbound = rows.count_inbound(connection, tenant).get(name, 0) - (
        before.hospital == name and before.status == "transporting"
    )
    if step == "at_hospital":
        left = max(found.free - 1, 0)
        store.change_hospital(connection, tenant, replace(found, free=left), now)
    elif inbound >= found.free or not found.is_open:
        raise Conflict(
            f"hospital {name} has {found.free} free, {inbound} are on the way there", hint="GET /v1/hospitals"
        )


def _log(
    connection: Any,
    tenant: str,
    emergency: Emergency,
    writer: Writer,
    action: Action,
    fields: Mapping[str, Any],
    digest: str | None = None,
) -> Entry:
    entry = Entry(0, emergency.id, emergency.version, writer.at, writer.who, writer.role, action, fields)
    number = rows.append_log(connection, tenant, entry, writer.request or None, digest)
    return replace(entry, number=number)


def _log_step(
    connection: Any,
    tenant: str,
    emergency: Emergency,
    assignment: Assignment,
    writer: Writer,
    action: Action,
    digest: str | None = None,
) -> None:
    stored = rows.change_emergency(connection, tenant, emergency, writer.at)
    fields = {"assignment": {"id": assignment.id, "as": as_assignment(assignment)}}
    _log(connection, tenant, stored, writer, action, fields, digest)


def _sent_before(connection: Any, tenant: str, writer: Writer, digest: str) -> Entry | None:
    """The line that was written under this request key. Raises Unprocessable if that said something else."""
    found = rows.find_request(connection, tenant, writer.request) if writer.request else None
    if found is None:
        return None
    entry, said = found
    if said != digest:
        raise Unprocessable(
            f"the Idempotency-Key was used on emergency {entry.emergency} and said something else",
            hint="choose a new key for every new request",
        )
    return entry


def _digest(said: Any) -> str:
    text = orjson.dumps(said, default=str, option=orjson.OPT_SORT_KEYS)
    return blake2b(text, digest_size=16).hexdigest()
