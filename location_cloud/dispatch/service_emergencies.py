"""The questions about emergencies: open, change, send units and follow their steps, look up as it was at any time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from location_cloud.callers.masking import unmasked
from location_cloud.changes import Sent, check_repeated, check_version
from location_cloud.dispatch import store
from location_cloud.dispatch import store_emergencies as rows
from location_cloud.dispatch.fields import as_assignment, as_fields
from location_cloud.dispatch.model import (
    FREE,
    MOST_OPEN,
    OVER,
    STEPS,
    WORDS,
    Action,
    Assignment,
    Emergency,
    Entry,
    Role,
    Step,
    Unit,
)
from location_cloud.dispatch.service_privacy import Words, words_of
from location_cloud.dispatch.service_units import check_crew, no_hospital, no_unit, writing
from location_cloud.errors import Conflict, NotFound, TooLarge, Unprocessable
from location_cloud.incidents import service as incidents
from location_cloud.storage.wake import wake_worker

if TYPE_CHECKING:
    from location_cloud.storage.live import Live
    from location_cloud.storage.world import World

UNIT_STATUS: Mapping[Step, str] = {"released": "returning", "cancelled": "returning"}
"""What a step makes of its unit's status, where that is not the step itself."""


@dataclass(frozen=True)
class Writer(Sent):
    """Who writes, and in which role. crew_key: of the crew that writes; None = the desk."""

    role: Role = "dispatcher"
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
    words = words_of(world, tenant)
    writer = replace(writer, digest=words.mark(writer.digest))
    placed = None if incident is None else incidents.place_incident(world, incident, writer.now)
    with writing(world.live) as connection:
        if (sent := _sent_before(connection, tenant, writer)) is not None:
            return get_emergency_in(connection, tenant, sent.emergency), False
        if (count := rows.count_open(connection, tenant)) >= MOST_OPEN:
            raise TooLarge(
                f"{count:,} emergencies are open; the most is {MOST_OPEN:,}", hint="close those that are over"
            )
        emergency = Emergency(**{"opened_at": writer.now, **said})
        if placed is not None:
            added = incidents.join_incident(world, connection, tenant, placed, Sent(writer.who, writer.now))
            emergency = replace(emergency, incident=added.id)
        stored = rows.insert_emergency(connection, tenant, words.sealed(emergency), writer.now)
        _log(connection, tenant, stored, writer, "opened", as_fields(emergency), words)
    if placed is not None:
        wake_worker(world.home)
    return stored, True


def change_emergency(
    world: World, tenant: str, emergency_id: int, said: Mapping[str, Any], version: int | None, writer: Writer
) -> tuple[Emergency, bool]:
    """The emergency after the change, and whether the change is new. said: the fields that change, numbers in words may
    be masked as they were told; version: that it was made from, None = whichever.

    Raises Conflict if somebody was faster, or it is to end while units are on it; NotFound; Unprocessable if it is to
    be a duplicate of itself.
    """
    words = words_of(world, tenant)
    writer = replace(writer, digest=words.mark(writer.digest))
    with writing(world.live) as connection:
        kept = get_emergency_in(connection, tenant, emergency_id)
        before = words.opened(kept)
        if _sent_before(connection, tenant, writer) is not None:
            return kept, False
        check_version(f"emergency {emergency_id}", before.version, version)
        after = replace(before, **_restored(before, said))
        if after == before:
            return kept, True
        if after.lonlat != before.lonlat:
            after = replace(after, ellipse=None, method="")
        if after.duplicate_of is not None and after.duplicate_of != before.duplicate_of:
            if after.duplicate_of == emergency_id:
                raise Unprocessable("an emergency is no duplicate of itself", hint="name the other one")
            get_emergency_in(connection, tenant, after.duplicate_of)
        if after.status != "open" and before.status == "open":
            open_ = [each.unit for each in rows.list_assignments(connection, tenant, emergency_id) if not each.is_over]
            if open_:
                raise Conflict(f"units are still on it: {', '.join(open_[:10])}", hint="release them first")
        stored = rows.change_emergency(connection, tenant, words.sealed(after), writer.now)
        then, fields = as_fields(before), as_fields(after)
        changed = {name: value for name, value in fields.items() if value != then[name]}
        _log(connection, tenant, stored, writer, "changed", changed, words)
    return stored, True


def add_note(world: World, tenant: str, emergency_id: int, text: str, writer: Writer) -> Entry:
    """A line that somebody writes into the log, masked. Raises NotFound, Unprocessable for a used request key."""
    words = words_of(world, tenant)
    writer = replace(writer, digest=words.mark(writer.digest))
    with writing(world.live) as connection:
        if (sent := _sent_before(connection, tenant, writer)) is not None:
            return words.masked(sent)
        emergency = get_emergency_in(connection, tenant, emergency_id)
        stored = rows.change_emergency(connection, tenant, emergency, writer.now)
        return words.masked(_log(connection, tenant, stored, writer, "note", {"text": text}, words))


# --- units on it -------------------------------------------------------------------------------------------------


def assign_unit(
    live: Live, tenant: str, emergency_id: int, unit_id: str, predicted_s: float | None, writer: Writer
) -> tuple[Assignment, bool]:
    """A unit sent to an emergency, and whether that is new. predicted_s: of its drive; None = not known.

    Raises NotFound if there is no such emergency or unit, Conflict if the unit is on another task or the emergency is
    over, Unprocessable for a used request key.
    """
    with writing(live) as connection:
        if (sent := _sent_before(connection, tenant, writer)) is not None:
            return get_assignment_in(connection, tenant, sent.emergency, unit_id), False
        emergency, unit = get_emergency_in(connection, tenant, emergency_id), _get_unit(connection, tenant, unit_id)
        if emergency.status != "open":
            raise Conflict(f"emergency {emergency_id} is {emergency.status}", hint='open it again: "status": "open"')
        if unit.emergency is not None or unit.status not in FREE:
            task = "" if unit.emergency is None else f" on emergency {unit.emergency}"
            raise Conflict(f"unit {unit_id} is {unit.status}{task}", hint="rank again: POST /v1/dispatch/rank")
        assignment = Assignment(emergency_id, unit_id, "alerted", {"alerted": writer.now}, predicted_s=predicted_s)
        stored = rows.insert_assignment(connection, tenant, assignment)
        store.change_unit(connection, tenant, replace(unit, status="alerted", emergency=emergency_id), writer.now)
        _log_step(connection, tenant, emergency, stored, writer, "assigned")
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
) -> tuple[Assignment, bool]:
    """The assignment after a step, and whether the step is new; its unit's status follows, and a hospital's free
    places when a patient is brought.

    hospital: where a patient is brought. Raises NotFound, Conflict if somebody was faster or the hospital is full,
    Unprocessable for a step that was passed already, Denied for a crew that is another unit's.
    """
    with writing(live) as connection:
        emergency, unit = get_emergency_in(connection, tenant, emergency_id), _get_unit(connection, tenant, unit_id)
        check_crew(unit, writer.crew_key)
        before = get_assignment_in(connection, tenant, emergency_id, unit_id)
        if _sent_before(connection, tenant, writer) is not None:
            return before, False
        check_version(f"unit {unit_id} on emergency {emergency_id}", before.version, version)
        _check_step(before, step)
        if hospital or step == "at_hospital":
            _bring(connection, tenant, before, step, hospital, writer.now)
        after = replace(
            before,
            status=step,
            times={**before.times, step: writer.now},
            hospital=hospital or before.hospital,
        )
        stored = rows.change_assignment(connection, tenant, after)
        status = UNIT_STATUS.get(step, step)
        task = None if stored.is_over else emergency_id
        store.change_unit(connection, tenant, replace(unit, status=status, emergency=task), writer.now)  # type: ignore[arg-type]  # every other step is a status of units
        _log_step(connection, tenant, emergency, stored, writer, "step")
    return stored, True


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
    """The emergency, its words sealed. Raises NotFound if the tenant has none of that id."""
    with live.read() as connection:
        return get_emergency_in(connection, tenant, emergency_id)


def get_emergency_in(connection: Any, tenant: str, emergency_id: int) -> Emergency:
    """The same in a transaction."""
    found = rows.find_emergency(connection, tenant, emergency_id)
    if found is None:
        raise NotFound(f"there is no emergency {emergency_id}", hint="GET /v1/emergencies lists them")
    return found


# --- parts -------------------------------------------------------------------------------------------------------


def write_incident(
    connection: Any, tenant: str, emergency: Emergency, fields: Mapping[str, Any], writer: Writer
) -> None:
    """Writes down in an emergency's log what became of its public incident, within that change's transaction."""
    stored = rows.change_emergency(connection, tenant, emergency, writer.now)
    _log(connection, tenant, stored, writer, "incident", fields)


def _restored(before: Emergency, said: Mapping[str, Any]) -> dict[str, Any]:
    """What is said with the numbers that its sender saw masked."""
    seen = {name: unmasked(said[name], getattr(before, name)) for name in WORDS if name in said}
    return {**said, **seen}


def _get_unit(connection: Any, tenant: str, unit_id: str) -> Unit:
    unit = store.find_unit(connection, tenant, unit_id)
    if unit is None:
        raise no_unit(unit_id)
    return unit


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
    words: Words | None = None,
) -> Entry:
    """words: with which what people said is sealed; None where the fields have nothing of it."""
    entry = Entry(0, emergency.id, emergency.version, writer.now, writer.who, writer.role, action, fields)
    entry = entry if words is None else words.sealed(entry)
    number = rows.append_log(connection, tenant, entry, writer.request or None, writer.digest)
    return replace(entry, number=number)


def _log_step(
    connection: Any,
    tenant: str,
    emergency: Emergency,
    assignment: Assignment,
    writer: Writer,
    action: Action,
) -> None:
    stored = rows.change_emergency(connection, tenant, emergency, writer.now)
    fields = {"assignment": {"id": assignment.id, "as": as_assignment(assignment)}}
    _log(connection, tenant, stored, writer, action, fields)


def _sent_before(connection: Any, tenant: str, writer: Writer) -> Entry | None:
    """The line that was written under this request key. Raises Unprocessable if that said something else."""
    found = rows.find_request(connection, tenant, writer.request) if writer.request else None
    if found is None:
        return None
    entry, digest = found
    check_repeated(f"emergency {entry.emergency}", digest, writer)
    return entry
