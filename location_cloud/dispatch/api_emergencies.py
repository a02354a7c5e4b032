"""HTTP operations of emergencies: the call, the units on it, the log."""

from __future__ import annotations

from typing import Any

from location_cloud.access.service import check_scope
from location_cloud.capability import Call, Operation, Reply
from location_cloud.changes import Sent
from location_cloud.dispatch import schema_emergencies as schema
from location_cloud.dispatch import service_emergencies as service
from location_cloud.dispatch import service_privacy
from location_cloud.dispatch import service_reading as reading
from location_cloud.dispatch.fields import as_assignment, as_duplicate, as_entry, as_read
from location_cloud.dispatch.model import CREW, DESK, PRIVATE, Assignment, Emergency
from location_cloud.dispatch.service import predict_drive_s
from location_cloud.dispatch.service_emergencies import Writer
from location_cloud.dispatch.service_fixes import locate_fix
from location_cloud.dispatch.service_units import crew_key
from location_cloud.http.preconditions import etag, get_version, sent_by, who

Json = dict[str, Any]


def open_emergency(call: Call, params: schema.InNothing, body: schema.EmergencyBody) -> Reply:
    """The new emergency, and which open ones may be the same."""
    said, writer = body.whole(), _writer(call, "emergencies", body)
    if body.fix is not None:
        said = {**locate_fix(call.world, call.tenant, body.fix.as_said(), body.simulated, writer), **said}
    incident = None if body.incident is None else body.incident.said(said["lonlat"], body.simulated)
    return _emergency(call, *service.open_emergency(call.world, call.tenant, said, incident, writer), status=201)


def change_emergency(call: Call, params: schema.InEmergencyVersion, body: schema.EmergencyPatch) -> Reply:
    """The changed emergency."""
    writer = _writer(call, f"emergency/{params.id}", body)
    version = get_version(call, params.version)
    return _emergency(call, *service.change_emergency(call.world, call.tenant, params.id, body.said(), version, writer))


def get_emergency(call: Call, params: schema.InEmergencyThen, body: None) -> Reply:
    """One emergency as it is, or was."""
    reader = _reader(call, params.clear)
    if params.as_of is not None:
        return Reply(reading.read_emergency(call.world, call.tenant, params.id, params.as_of, reader))
    return _emergency(call, service.get_emergency(call.live, call.tenant, params.id), reader=reader)


def list_emergencies(call: Call, params: schema.InEmergencies, body: None) -> Json:
    """A page of emergencies."""
    asked = tuple(params.status), params.after, params.limit, params.cell
    found = reading.list_emergencies(call.world, call.tenant, *asked)
    following = found[-1]["id"] if len(found) == params.limit else None
    return {"emergencies": found, "next_after": following}


def find_duplicates(call: Call, params: schema.InEmergency, body: None) -> Json:
    """Which open ones may be the same."""
    emergency = service.get_emergency(call.live, call.tenant, params.id)
    return {"duplicates": [as_duplicate(each) for each in reading.find_duplicates(call.live, call.tenant, emergency)]}


def list_log(call: Call, params: schema.InLog, body: None) -> Json:
    """What happened."""
    reader = _reader(call, params.clear)
    found = reading.list_log(call.world, call.tenant, params.id, params.after, params.limit, reader)
    following = found[-1].number if len(found) == params.limit else None
    return {"entries": [as_entry(each) for each in found], "next_after": following}


def list_reads(call: Call, params: schema.InReads, body: None) -> Json:
    """Who read an emergency in clear."""
    found = service_privacy.list_reads(call.live, call.tenant, params.id, params.after, params.limit)
    following = found[-1].number if len(found) == params.limit else None
    return {"reads": [as_read(each) for each in found], "next_after": following}


def add_note(call: Call, params: schema.InEmergency, body: schema.NoteBody) -> Json:
    """The line."""
    writer = _writer(call, f"log/{params.id}", body)
    return as_entry(service.add_note(call.world, call.tenant, params.id, body.text, writer))


def assign_unit(call: Call, params: schema.InEmergency, body: schema.AssignBody) -> Reply:
    """The unit on its way."""
    predicted_s = predict_drive_s(call.world, call.tenant, params.id, body.unit, body.siren)
    writer = _writer(call, f"assignments/{params.id}", body)
    assigned = service.assign_unit(call.live, call.tenant, params.id, body.unit, predicted_s, writer)
    return _assignment(*assigned, status=201)


def get_assignment(call: Call, params: schema.InAssignment, body: None) -> Reply:
    """A unit's way through an emergency."""
    return _assignment(service.get_assignment(call.live, call.tenant, params.id, params.unit))


def step_assignment(call: Call, params: schema.InAssignmentVersion, body: schema.StepBody) -> Reply:
    """The step."""
    writer = _writer(call, f"assignments/{params.id}/{params.unit}", body)
    version = get_version(call, params.version)
    stepped = service.step_assignment(
        call.live, call.tenant, params.id, params.unit, body.status, version, writer, body.hospital
    )
    return _assignment(*stepped)


def _writer(call: Call, path: str, body: schema.Told) -> Writer:
    sent = sent_by(call, path, body)
    return Writer(sent.who, sent.now, sent.request, sent.digest, body.role, crew_key(call.caller))


def _reader(call: Call, is_clear: bool) -> Sent | None:
    """Who reads in clear; None = masked. Raises Denied if the key may not."""
    if not is_clear:
        return None
    check_scope(call.caller, PRIVATE)
    return Sent(who(call), call.now)


def _emergency(
    call: Call, found: Emergency, is_new: bool = True, status: int = 200, reader: Sent | None = None
) -> Reply:
    told = reading.read_emergency(call.world, call.tenant, found.id, reader=reader)
    told["duplicates"] = [as_duplicate(each) for each in reading.find_duplicates(call.live, call.tenant, found)]
    return Reply(told, status, headers=etag(told["version"], is_new))


def _assignment(found: Assignment, is_new: bool = True, status: int = 200) -> Reply:
    return Reply(as_assignment(found), status, headers=etag(found.version, is_new))


_ALL, _ONE = "/v1/emergencies", "/v1/emergencies/{id}"
_UNITS, _UNIT = f"{_ONE}/assignments", f"{_ONE}/assignments/{{unit}}"

OPERATIONS = (
    Operation(
        "emergencies.list",
        "GET",
        _ALL,
        "Emergencies with the units on them, page by page.",
        list_emergencies,
        schema.InEmergencies,
        schema.OutEmergencies,
        DESK,
    ),
    Operation(
        "emergencies.open",
        "POST",
        _ALL,
        "Open an emergency, where it is told or where its phone says (fix), with a public incident if it says one.",
        open_emergency,
        schema.InNothing,
        schema.OutEmergency,
        DESK,
        Body=schema.EmergencyBody,
        status=201,
        errors=(403, 404, 409, 413, 422, 507),
        max_body_bytes=60_000,
    ),
    Operation(
        "emergencies.get",
        "GET",
        _ONE,
        "One emergency with the units on it, as it is or was (as_of); masked, or with clear=true in clear.",
        get_emergency,
        schema.InEmergencyThen,
        schema.OutEmergency,
        DESK,
        errors=(404,),
    ),
    Operation(
        "emergencies.change",
        "PATCH",
        _ONE,
        "Change some fields of the version that If-Match names; 409 if somebody was faster, 428 without If-Match.",
        change_emergency,
        schema.InEmergencyVersion,
        schema.OutEmergency,
        DESK,
        Body=schema.EmergencyPatch,
        errors=(404, 409, 422, 428, 507),
    ),
    Operation(
        "emergencies.duplicates",
        "GET",
        f"{_ONE}/duplicates",
        "Open emergencies near and at about the same time, the nearest first.",
        find_duplicates,
        schema.InEmergency,
        schema.OutDuplicates,
        DESK,
        errors=(404,),
    ),
    Operation(
        "emergencies.log",
        "GET",
        f"{_ONE}/log",
        "All that happened to an emergency: who, when, in which role, what; masked, or with clear=true in clear.",
        list_log,
        schema.InLog,
        schema.OutLog,
        DESK,
        errors=(404,),
    ),
    Operation(
        "emergencies.reads",
        "GET",
        f"{_ONE}/reads",
        "Who read an emergency in clear, and when; also after it was forgotten.",
        list_reads,
        schema.InReads,
        schema.OutReads,
        DESK,
    ),
    Operation(
        "emergencies.note",
        "POST",
        f"{_ONE}/log",
        "Write a line into the log. Header Idempotency-Key: sent twice, written once.",
        add_note,
        schema.InEmergency,
        schema.OutEntry,
        DESK,
        Body=schema.NoteBody,
        status=201,
        errors=(404, 409, 422, 507),
    ),
    Operation(
        "emergencies.assign",
        "POST",
        _UNITS,
        "Send a unit; 409 if it is on another task. Header Idempotency-Key: sent twice, done once.",
        assign_unit,
        schema.InEmergency,
        schema.OutAssignment,
        DESK,
        Body=schema.AssignBody,
        status=201,
        errors=(404, 409, 422, 507),
    ),
    Operation(
        "emergencies.assignment",
        "GET",
        _UNIT,
        "A unit's way through an emergency; its ETag is its version.",
        get_assignment,
        schema.InAssignment,
        schema.OutAssignment,
        CREW,
        errors=(404,),
    ),
    Operation(
        "emergencies.step",
        "PATCH",
        _UNIT,
        "Tell the step that a unit has reached, or release it, of the version that If-Match names; a crew its own.",
        step_assignment,
        schema.InAssignmentVersion,
        schema.OutAssignment,
        CREW,
        Body=schema.StepBody,
        errors=(404, 409, 422, 428, 507),
    ),
)
