"""HTTP operations of units and hospitals."""

from __future__ import annotations

from typing import Any

from location_cloud.capability import Call, Operation, Reply
from location_cloud.dispatch import schema_units as units
from location_cloud.dispatch import service_units
from location_cloud.dispatch.fields import as_hospital, as_unit
from location_cloud.dispatch.model import CREW, DESK, Hospital, Position, Unit
from location_cloud.dispatch.service_units import crew_key
from location_cloud.http.preconditions import etag, find_version, get_version

Json = dict[str, Any]


def put_unit(call: Call, params: units.InName, body: units.UnitBody) -> Reply:
    """The unit as registered."""
    said = body.said(call.now)
    unit = service_units.put_unit(call.world, call.tenant, params.id, said, find_version(call), call.now)
    return _unit_reply(call, unit, service_units.positions_of(call.live, call.tenant, [unit])[0])


def change_unit(call: Call, params: units.InNameVersion, body: units.UnitPatch) -> Reply:
    """The unit after what was told of it."""
    said = units.state_said(body.status, body.position, call.now)
    unit = service_units.change_unit(
        call.live, call.tenant, params.id, said, get_version(call, params.version), call.now, crew_key(call.caller)
    )
    return _unit_reply(call, unit, service_units.positions_of(call.live, call.tenant, [unit])[0])


def get_unit(call: Call, params: units.InName, body: None) -> Reply:
    """One unit."""
    return _unit_reply(call, *service_units.get_unit(call.live, call.tenant, params.id))


def list_units(call: Call, params: units.InList, body: None) -> Json:
    """A page of units."""
    found = service_units.list_units(call.live, call.tenant, params.after, params.limit)
    following = found[-1][0].id if len(found) == params.limit else None
    return {"units": [_unit(call, *each) for each in found], "next_after": following}


def remove_unit(call: Call, params: units.InNameVersion, body: None) -> Json:
    """What was removed."""
    service_units.remove_unit(call.live, call.tenant, params.id, get_version(call, params.version))
    return {"deleted": params.id}


def put_hospital(call: Call, params: units.InName, body: units.HospitalBody) -> Reply:
    """The hospital as registered."""
    said, version = body.said(), find_version(call)
    return _hospital_reply(service_units.put_hospital(call.live, call.tenant, params.id, said, version, call.now))


def get_hospital(call: Call, params: units.InName, body: None) -> Reply:
    """One hospital."""
    return _hospital_reply(service_units.get_hospital(call.live, call.tenant, params.id))


def list_hospitals(call: Call, params: units.InList, body: None) -> Json:
    """A page of hospitals."""
    found = service_units.list_hospitals(call.live, call.tenant, params.after, params.limit)
    following = found[-1].id if len(found) == params.limit else None
    return {"hospitals": [as_hospital(each) for each in found], "next_after": following}


def remove_hospital(call: Call, params: units.InNameVersion, body: None) -> Json:
    """What was removed."""
    service_units.remove_hospital(call.live, call.tenant, params.id, get_version(call, params.version))
    return {"deleted": params.id}


def _unit(call: Call, unit: Unit, position: Position | None) -> Json:
    return as_unit(unit, position, service_units.is_on_duty(call.world, unit, call.now), call.now)


def _unit_reply(call: Call, unit: Unit, position: Position | None) -> Reply:
    return Reply(_unit(call, unit, position), headers=etag(unit.version))


def _hospital_reply(hospital: Hospital) -> Reply:
    return Reply(as_hospital(hospital), headers=etag(hospital.version))


_UNITS, _UNIT = "/v1/units", "/v1/units/{id}"
_HOSPITALS, _HOSPITAL = "/v1/hospitals", "/v1/hospitals/{id}"

OPERATIONS = (
    Operation(
        "units.list",
        "GET",
        _UNITS,
        "Units by id, with status, shift and where each is.",
        list_units,
        units.InList,
        units.OutUnits,
        DESK,
    ),
    Operation(
        "units.get",
        "GET",
        _UNIT,
        "One unit; its ETag is its version.",
        get_unit,
        units.InName,
        units.OutUnit,
        DESK,
        errors=(404,),
    ),
    Operation(
        "units.put",
        "PUT",
        _UNIT,
        "Register a unit, or change it (If-Match: of that version only); status, position and task stay unless told.",
        put_unit,
        units.InName,
        units.OutUnit,
        DESK,
        Body=units.UnitBody,
        errors=(404, 409, 507),
    ),
    Operation(
        "units.change",
        "PATCH",
        _UNIT,
        "Tell status or position of the version that If-Match names; a crew (rescue:crew) of its own unit only.",
        change_unit,
        units.InNameVersion,
        units.OutUnit,
        CREW,
        Body=units.UnitPatch,
        errors=(404, 409, 428, 507),
    ),
    Operation(
        "units.remove",
        "DELETE",
        _UNIT,
        "Remove the version that If-Match names of a unit that is on no task.",
        remove_unit,
        units.InNameVersion,
        units.OutRemoved,
        DESK,
        errors=(404, 409, 428, 507),
    ),
    Operation(
        "hospitals.list",
        "GET",
        _HOSPITALS,
        "Hospitals by id, with free places and who is on the way.",
        list_hospitals,
        units.InList,
        units.OutHospitals,
        DESK,
    ),
    Operation(
        "hospitals.get",
        "GET",
        _HOSPITAL,
        "One hospital; its ETag is its version.",
        get_hospital,
        units.InName,
        units.OutHospital,
        DESK,
        errors=(404,),
    ),
    Operation(
        "hospitals.put",
        "PUT",
        _HOSPITAL,
        "Register a hospital, or tell how many it can take now.",
        put_hospital,
        units.InName,
        units.OutHospital,
        DESK,
        Body=units.HospitalBody,
        errors=(404, 409, 507),
    ),
    Operation(
        "hospitals.remove",
        "DELETE",
        _HOSPITAL,
        "Remove the version that If-Match names of a hospital that nobody is on the way to.",
        remove_hospital,
        units.InNameVersion,
        units.OutRemoved,
        DESK,
        errors=(404, 409, 428, 507),
    ),
)
