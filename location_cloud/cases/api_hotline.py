"""HTTP operation of the hotline 12345: its orders become cases."""

from __future__ import annotations

from dataclasses import replace

from location_cloud.capability import Call, Operation, Reply
from location_cloud.cases import schema, service, service_hotline
from location_cloud.cases.asked import WRITE, actor_of
from location_cloud.cases.model import Reporter
from location_cloud.cases.schema_hotline import HotlineBody
from location_cloud.http.preconditions import etag


def add_order(call: Call, params: schema.Nothing, body: HotlineBody) -> Reply:
    """The case."""
    actor = actor_of(call, "cases/all/hotline", body)
    said = {
        "class": body.class_code,
        "lonlat": tuple(round(each, 7) for each in body.at),
        "source_id": body.order,
        "band": body.band,
        "description": body.description,
        "address": body.address,
        "simulated": body.simulated,
    }
    if body.received_at is not None:
        said["created"] = body.received_at.timestamp()
    if body.caller is not None:
        said["reporter"] = Reporter(**body.caller.model_dump())
    found, is_new = service_hotline.add_order(call.world, call.tenant, said, actor)
    told = service.read_case(call.live, call.tenant, found.id, replace(actor, departments=()))
    return Reply(told, 201, headers=etag(told["version"], is_new))


OPERATIONS = (
    Operation(
        "cases.add_order",
        "POST",
        "/v1/cases/all/hotline",
        "An order of the hotline 12345 becomes a case, once for its number, with the time of its band.",
        add_order,
        schema.Nothing,
        schema.OutCase,
        WRITE,
        Body=HotlineBody,
        status=201,
        errors=(404, 409, 413, 422, 507),
    ),
)
