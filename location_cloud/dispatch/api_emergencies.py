"""HTTP operations of emergencies: the call, the units on it, the log."""

from __future__ import annotations

from typing import Any

from location_cloud.capability import Call, Operation, Reply
from location_cloud.dispatch import schema_emergencies as schema
from location_cloud.dispatch import service_emergencies as service
from location_cloud.dispatch.asked_of import CREW, DESK, crew_key, etag, get_version, request_key, who
from location_cloud.dispatch.fields import as_assignment, as_duplicate, as_entry
from location_cloud.dispatch.model import Assignment, Emergency, Role
from location_cloud.dispatch.service import predict_drive_s
from location_cloud.dispatch.service_emergencies import Writer

Json = dict[str, Any]


def open_emergency(call: Call, params: schema.InNothing, body: schema.EmergencyBody) -> Reply:
    """The new emergency, and which open ones may be the same."""
    said = body.whole()
    incident = None if body.incident is None else body.incident.said(said["lonlat"], body.simulated)
    found, is_new = service.open_emergency(call.world, call.tenant, said, incident, _writer(call, body.role, True))
    return _emergency(call, found, 201, {} if is_new else {"Idempotent-Replayed": "true"})


def change_emergency(call: Call, params: schema.InEmergencyVersion, body: schema.EmergencyPatch) -> Reply:
    """The changed emergency."""
    writer = _writer(call, body.role)
    found = service.change_emergency(
        call.live, call.tenant, params.id, body.said(), get_version(call, params.version), writer
    )
    return _emergency(call, found)


def get_emergency(call: Call, params: schema.InEmergencyThen, body: None) -> Reply:
    """One emergency as it is, or was."""
    if params.as_of is not None:
        return Reply(service.read_emergency(call.live, call.tenant, params.id, params.as_of))
    return _emergency(call, service.get_emergency(call.live, call.tenant, params.id))


def list_emergencies(call: Call, params: schema.InEmergencies, body: None) -> Json:
    """A page of emergencies."""
    found = service.list_emergencies(call.live, call.tenant, tuple(params.status), params.after, params.limit)
    following = found[-1]["id"] if len(found) == params.limit else None
    return {"emergencies": found, "next_after": following}


def find_duplicates(call: Call, params: schema.InEmergency, body: None) -> Json:
    """Which open ones may be the same."""
    emergency = service.get_emergency(call.live, call.tenant, params.id)
    return {"duplicates": [as_duplicate(each) for each in service.find_duplicates(call.live, call.tenant, emergency)]}


def list_log(call: Call, params: schema.InLog, body: None) -> Json:
    """What happened."""
    found = service.list_log(call.live, call.tenant, params.id, params.after, params.limit)
    following = found[-1].number if len(found) == params.limit else None
    return {"entries": [as_entry(each) for each in found], "next_after": following}


def add_note(call: Call, params: schema.InEmergency, body: schema.NoteBody) -> Json:
    """The line."""
    writer = _writer(call, body.role, True)
    return as_entry(service.add_note(call.live, call.tenant, params.id, body.text, writer))


def assign_unit(call: Call, params: schema.InEmergency, body: schema.AssignBody) -> Reply:
    """The unit on its way."""
    predicted_s = predict_drive_s(call.world, call.tenant, params.id, body.unit, body.siren)
    writer = _writer(call, body.role, True)
    found, is_new = service.assign_unit(call.live, call.tenant, params.id, body.unit, predicted_s, writer)
    return _assignment(found, 201, {} if is_new else {"Idempotent-Replayed": "true"})


def get_assignment(call: Call, params: schema.InAssignment, body: None) -> Reply:
    """A unit's way through an emergency."""
    return _assignment(service.get_assignment(call.live, call.tenant, params.id, params.unit))


def step_assignment(call: Call, params: schema.InAssignmentVersion, body: schema.StepBody) -> Reply:
    """The step."""
    writer = _writer(call, body.role)
    found = service.step_assignment(
        call.live,
        call.tenant,
        params.id,
        params.unit,
        body.status,
        get_version(call, params.version),
        writer,
        body.hospital,
    )
    return _assignment(found)


def _writer(call: Call, role: Role, has_request: bool = False) -> Writer:
    return Writer(who(call), role, call.now, request_key(call) if has_request else "", crew_key(call))


def _emergency(call: Call, found: Emergency, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    told = service.read_emergency(call.live, call.tenant, found.id)
    told["duplicates"] = [as_duplicate(each) for each in service.find_duplicates(call.live, call.tenant, found)]
    return Reply(told, status, headers={**etag(told["version"]), **(headers or {})})


def _assignment(found: Assignment, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    return Reply(as_assignment(found), status, headers={**etag(found.version), **(headers or {})})


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
        "Open an emergency, with a public incident if it says one. Header Idempotency-Key: sent twice, opened once.",
        open_emergency,
        schema.InNothing,
        schema.OutEmergency,
        DESK,
        Body=schema.EmergencyBody,
        status=201,
        errors=(404, 409, 413, 422, 507),
    ),
    Operation(
        "emergencies.get",
        "GET",
        _ONE,
        "One emergency with the units on it, as it is or, with as_of, as its log tells that it was.",
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
        "Everything that happened to an emergency: who, when, in which role, what.",
        list_log,
        schema.InLog,
        schema.OutLog,
        DESK,
        errors=(404,),
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
