"""HTTP operations of requests that came by words for their place alone: listed, placed, discarded."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from location_cloud.capability import Call, Operation, Reply
from location_cloud.cases import schema_open311 as schema
from location_cloud.cases import service, service_tokens
from location_cloud.cases.asked import READ, WRITE, actor_of
from location_cloud.cases.fields import as_text
from location_cloud.cases.schema import OutCase
from location_cloud.cases.schema_settings import OutRemoved
from location_cloud.http.preconditions import etag

Json = dict[str, Any]


def list_waiting(call: Call, params: schema.InWaiting, body: None) -> Json:
    """A page of them."""
    found = [
        (each, call.world.find_place(each.said["address"]))
        for each in service_tokens.list_waiting(call.world, call.tenant, params.after, params.limit, actor_of(call))
    ]
    told = [
        {
            "id": each.id,
            "token": each.token,
            "reported_at": as_text(each.at),
            "class": each.class_code,
            **{name: each.said[name] for name in ("address", "description", "attributes", "media_url")},
            "suggested": None if place is None else asdict(place),
        }
        for each, place in found
    ]
    return {"requests": told, "next_after": found[-1][0].id if len(found) == params.limit else None}


def place(call: Call, params: schema.InOneWaiting, body: schema.PlaceBody) -> Reply:
    """The case that it becomes."""
    actor = actor_of(call, f"cases/all/unplaced/{params.token}", body)
    lonlat = (round(body.at[0], 7), round(body.at[1], 7))
    case, is_new = service_tokens.place(call.world, call.tenant, params.token, lonlat, actor)
    told = service.read_case(call.live, call.tenant, case.id, replace(actor, departments=()))
    return Reply(told, 201, headers=etag(told["version"], is_new))


def discard(call: Call, params: schema.InOneWaiting, body: None) -> Json:
    """What was removed."""
    service_tokens.discard(call.live, call.tenant, params.token, actor_of(call))
    return {"removed": params.token}


_ALL, _ONE = "/v1/cases/all/unplaced", "/v1/cases/all/unplaced/{token}"

OPERATIONS = (
    Operation(
        "cases.unplaced",
        "GET",
        _ALL,
        "Requests that were reported by an address alone and wait for a place, oldest first.",
        list_waiting,
        schema.InWaiting,
        schema.OutAllWaiting,
        READ,
    ),
    Operation(
        "cases.place",
        "POST",
        _ONE,
        "Say where such a request is: it becomes a case.",
        place,
        schema.InOneWaiting,
        OutCase,
        WRITE,
        Body=schema.PlaceBody,
        status=201,
        errors=(404, 409, 422, 507),
    ),
    Operation(
        "cases.discard",
        "DELETE",
        _ONE,
        "Remove such a request that is none.",
        discard,
        schema.InOneWaiting,
        OutRemoved,
        WRITE,
        errors=(404, 409, 507),
    ),
)
