"""HTTP operations of incidents."""

from __future__ import annotations

from typing import Any

from location_cloud.capability import Cache, Call, Operation, Reply
from location_cloud.http.preconditions import etag, get_version, sent_by, who
from location_cloud.incidents import schema, service
from location_cloud.incidents.fields import as_entry, as_fields, as_text
from location_cloud.incidents.model import Chosen, Incident, may_follow

Json = dict[str, Any]


def list_incidents(call: Call, params: schema.InIncidents, body: None) -> Json:
    """A page of incidents."""
    span = params.valid_until, params.valid_from, params.valid_at
    chosen = Chosen(params.bbox, tuple(params.kind), tuple(params.status), *span, params.cell)
    found = service.list_incidents(call.live, call.tenant, chosen, params.after, params.limit)
    following = found[-1].id if len(found) == params.limit else None
    return {"incidents": [_as_json(incident, False) for incident in found], "next_after": following}


def get_incident(call: Call, params: schema.InIncident, body: None) -> Reply:
    """One incident."""
    return _reply(service.get_incident(call.live, call.tenant, params.id))


def list_log(call: Call, params: schema.InLog, body: None) -> Json:
    """What happened to an incident."""
    found = service.list_log(call.live, call.tenant, params.id, params.after, params.limit)
    following = found[-1].number if may_follow(found, params.limit) else None
    return {"entries": [as_entry(entry) for entry in found], "next_after": following}


def list_changes(call: Call, params: schema.InEvents, body: None) -> Json:
    """What happened to all incidents."""
    found = service.list_events(call.live, call.tenant, params.since, params.limit)
    return {
        "entries": [as_entry(entry) for entry in found],
        "live_version": found[-1].change if found else params.since,
    }


def add_incident(call: Call, params: schema.Nothing, body: schema.IncidentBody) -> Reply:
    """The new incident."""
    sent = sent_by(call, "incidents", body)
    return _reply(*service.add_incident(call.world, call.tenant, body.said(), sent), status=201)


def preview_incident(call: Call, params: schema.Nothing, body: schema.IncidentBody) -> Json:
    """What it would do."""
    incident = service.place_incident(call.world, body.said(), call.now)
    fields = as_fields(incident)
    told = ("effect", "speed_kmh", "geometry", "road_names", "edge_count", "edges")
    return {"speed_factor": incident.speed_factor, **{name: fields[name] for name in told}}


def change_incident(call: Call, params: schema.InVersion, body: schema.PatchBody) -> Reply:
    """The changed incident."""
    version, said = get_version(call, params.version), body.said()
    return _reply(service.change_incident(call.world, call.tenant, who(call), params.id, version, said, call.now))


def remove_incident(call: Call, params: schema.InVersion, body: None) -> Json:
    """What was deleted."""
    version = get_version(call, params.version)
    service.remove_incident(call.world, call.tenant, who(call), params.id, version, call.now)
    return {"deleted": params.id}


def _reply(incident: Incident, is_new: bool = True, status: int = 200) -> Reply:
    headers = etag(incident.version, is_new)
    return Reply(_as_json(incident), status, etag=str(incident.version), headers=headers)


def _as_json(incident: Incident, with_edges: bool = True) -> Json:
    return {
        "id": incident.id,
        "version": incident.version,
        **as_fields(incident, with_edges),
        "created_at": as_text(incident.created_at),
        "updated_at": as_text(incident.updated_at),
    }


READ, WRITE = "incidents:read", "incidents:write"

_ALL, _ONE = "/v1/incidents", "/v1/incidents/{id}"

OPERATIONS = (
    Operation(
        "incidents.list",
        "GET",
        _ALL,
        "Incidents by box, time, kind and status, page by page.",
        list_incidents,
        schema.InIncidents,
        schema.OutIncidents,
        READ,
    ),
    Operation(
        "incidents.get",
        "GET",
        _ONE,
        "One incident with the roads it touches; its ETag is its version.",
        get_incident,
        schema.InIncident,
        schema.OutIncidentEdges,
        READ,
        cache=Cache.REVALIDATE,
        errors=(404,),
    ),
    Operation(
        "incidents.log",
        "GET",
        "/v1/incidents/{id}/log",
        "Every change of an incident: who, when, what; also after it was deleted.",
        list_log,
        schema.InLog,
        schema.OutLog,
        READ,
        errors=(404,),
    ),
    Operation(
        "incidents.changes",
        "GET",
        "/v1/incidents/feeds/changes",
        "Every change of all incidents after a live version.",
        list_changes,
        schema.InEvents,
        schema.OutEvents,
        READ,
    ),
    Operation(
        "incidents.add",
        "POST",
        _ALL,
        "Report an incident; in routes within a second. Header Idempotency-Key: sent twice, added once.",
        add_incident,
        schema.Nothing,
        schema.OutIncidentEdges,
        WRITE,
        Body=schema.IncidentBody,
        status=201,
        errors=(404, 409, 422, 507),
    ),
    Operation(
        "incidents.preview",
        "POST",
        "/v1/incidents/all/preview",
        "Which roads an incident would shut or slow, before it is reported; nothing is kept.",
        preview_incident,
        schema.Nothing,
        schema.OutPreview,
        READ,
        Body=schema.IncidentBody,
        cost=2,
        errors=(413, 422),
    ),
    Operation(
        "incidents.change",
        "PATCH",
        _ONE,
        "Change some fields of the version that If-Match names; 409 if somebody was faster, 428 without If-Match.",
        change_incident,
        schema.InVersion,
        schema.OutIncidentEdges,
        WRITE,
        Body=schema.PatchBody,
        errors=(404, 409, 422, 428, 507),
    ),
    Operation(
        "incidents.remove",
        "DELETE",
        _ONE,
        "Delete the version that If-Match names; its log stays. 409 if somebody was faster, 428 without If-Match.",
        remove_incident,
        schema.InVersion,
        schema.OutDeleted,
        WRITE,
        errors=(404, 409, 428, 507),
    ),
)
