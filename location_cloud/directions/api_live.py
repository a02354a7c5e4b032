"""HTTP operations of closures and live speeds."""

from __future__ import annotations

from typing import Any

from location_cloud.capability import Call, Operation
from location_cloud.directions import schema_live as schema
from location_cloud.directions import service_live as service
from location_cloud.directions.service_live import Shut, Wish

Json = dict[str, Any]


def list_closures(call: Call, params: schema.InClosures, body: None) -> Json:
    """The caller's closures, by name."""
    found = service.list_closures(call.world, call.tenant, params.after, params.limit)
    following = found[-1].closure.name if len(found) == params.limit else None
    return {"closures": [_as_json(shut) for shut in found], "next_after": following}


def get_closure(call: Call, params: schema.InClosure, body: None) -> Json:
    """One closure."""
    return _as_json(service.get_closure(call.world, call.tenant, params.name))


def add_closure(call: Call, params: schema.Nothing, body: schema.NewClosureBody) -> Json:
    """The new closure."""
    return _as_json(service.add_closure(call.world, call.tenant, body.name, _wish(body), call.now))


def change_closure(call: Call, params: schema.InClosureVersion, body: schema.ClosureBody) -> Json:
    """The changed closure."""
    return _as_json(service.change_closure(call.world, call.tenant, params.name, params.version, _wish(body), call.now))


def remove_closure(call: Call, params: schema.InClosureVersion, body: None) -> Json:
    """What was deleted."""
    service.remove_closure(call.world, call.tenant, params.name, params.version)
    return {"deleted": params.name}


def put_speeds(call: Call, params: schema.InSpeeds, body: schema.SpeedsBody | bytes) -> Json:
    """Measured speeds, as JSON or as records."""
    if isinstance(body, bytes):
        said: dict[str, float] | bytes = body
        source, until = params.source, params.until
    else:
        said, source, until = body.speeds, body.source or params.source, body.until or params.until
    told = service.put_speeds(call.world, call.tenant, said, source, until, call.now)
    return {"edges": told.edges, "unknown": told.unknown, "source": told.source, "until": told.until}


def get_speeds(call: Call, params: schema.Nothing, body: None) -> Json:
    """What is known of speeds now, and the version of each profile's weights."""
    state = service.get_speeds(call.world, call.tenant, call.now)
    return {
        "edges": state.edges,
        "sources": [
            {
                "source": source.name,
                "batches": source.batches,
                "edges": source.edges,
                "stored_at": service.as_time(source.stored),
                "until": service.as_time(source.valid_until),
            }
            for source in state.sources
        ],
        "metrics": [
            {"profile": profile, "metric_version": version, "as_of": service.as_time(as_of)}
            for profile, (version, as_of) in state.metrics.items()
        ],
        "snapshot": call.world.snapshot.id,
    }


def take_back_speeds(call: Call, params: schema.TakenBackSpeeds, body: None) -> Json:
    """How much was taken back."""
    return {"edges": service.take_back_speeds(call.world, call.tenant, params.source or None)}


def _wish(body: schema.ClosureBody) -> Wish:
    return Wish(body.everyone, body.profiles, body.roads, body.area, body.valid_from, body.valid_until, body.reason)


def _as_json(shut: Shut) -> Json:
    closure = shut.closure
    return {
        "name": closure.name,
        "version": closure.version,
        "everyone": closure.is_live,
        "profiles": list(closure.profiles),
        "roads": list(closure.keys),
        "area": service.area_of(closure),
        "valid_from": closure.valid_from,
        "valid_until": closure.valid_until,
        "reason": closure.reason,
        "edges": shut.edges,
    }


READ, WRITE = "directions:read", "directions:write"

_ONE = "/v1/closures/{name}"

OPERATIONS = (
    Operation(
        "directions.closures",
        "GET",
        "/v1/closures",
        "Roads that are shut, by name.",
        list_closures,
        schema.InClosures,
        schema.OutClosures,
        READ,
    ),
    Operation(
        "directions.closure",
        "GET",
        _ONE,
        "One closure.",
        get_closure,
        schema.InClosure,
        schema.OutClosure,
        READ,
        errors=(404,),
    ),
    Operation(
        "directions.add_closure",
        "POST",
        "/v1/closures",
        "Shut roads under a name, for everyone or for requests that name it.",
        add_closure,
        schema.Nothing,
        schema.OutClosure,
        WRITE,
        Body=schema.NewClosureBody,
        status=201,
        errors=(404, 409, 507),
    ),
    Operation(
        "directions.change_closure",
        "PUT",
        _ONE,
        "Change a closure, made from the version named; 409 if somebody was faster.",
        change_closure,
        schema.InClosureVersion,
        schema.OutClosure,
        WRITE,
        Body=schema.ClosureBody,
        errors=(404, 409, 507),
    ),
    Operation(
        "directions.remove_closure",
        "DELETE",
        _ONE,
        "Open the roads again; 409 if somebody changed the closure.",
        remove_closure,
        schema.InClosureVersion,
        schema.OutDeleted,
        WRITE,
        errors=(404, 409, 507),
    ),
    Operation(
        "directions.put_speeds",
        "POST",
        "/v1/speeds",
        "Measured speeds of some roads or of all: JSON, or binary records of 16 bytes.",
        put_speeds,
        schema.InSpeeds,
        schema.OutTold,
        WRITE,
        Body=schema.SpeedsBody,
        cost=2,
        errors=(507,),
        max_body_bytes=2_000_000,
        raw_body="application/octet-stream",
        max_raw_bytes=40_000_000,
    ),
    Operation(
        "directions.speeds",
        "GET",
        "/v1/speeds",
        "Which speeds are known, and the versions of the weights made from them.",
        get_speeds,
        schema.Nothing,
        schema.OutSpeeds,
        READ,
    ),
    Operation(
        "directions.take_back_speeds",
        "DELETE",
        "/v1/speeds",
        "Take back all speeds that were told, or those of one source.",
        take_back_speeds,
        schema.TakenBackSpeeds,
        schema.OutTakenBack,
        WRITE,
        errors=(507,),
    ),
)
