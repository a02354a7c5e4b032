"""HTTP operations of components."""

from __future__ import annotations

from dataclasses import replace
from hashlib import blake2b
from typing import Any

from location_cloud.capability import Call, Operation, Reply
from location_cloud.cases import schema_components as schema
from location_cloud.cases import service_components as service
from location_cloud.cases.asked import ADMIN, READ, WRITE, actor_of
from location_cloud.cases.component_files import read_csv, read_geojson, read_told
from location_cloud.cases.fields import as_component
from location_cloud.cases.model import ChosenComponents
from location_cloud.errors import BadQuery
from location_cloud.http.preconditions import etag, get_version

Json = dict[str, Any]

MOST_FILE_BYTES = 20_000_000


def list_components(call: Call, params: schema.InComponents, body: None) -> Json:
    """A page of components."""
    chosen = ChosenComponents(params.bbox, tuple(params.class_code), params.state, params.owner, params.grid)
    found = service.list_components(call.live, call.tenant, chosen, params.after, params.limit)
    following = found[-1].id if len(found) == params.limit else None
    return {"components": [as_component(each) for each in found], "next_after": following}


def get_component(call: Call, params: schema.InComponent, body: None) -> Reply:
    """One component."""
    found = service.get_component(call.live, call.tenant, params.id)
    return Reply(as_component(found), headers=etag(found.version))


def add_component(call: Call, params: schema.InNew, body: schema.ComponentBody) -> Reply:
    """The new component, or the one of that id as it is told."""
    if body.place() is None:
        raise BadQuery("it lies nowhere", hint="give at (lon, lat) or geometry (GeoJSON)")
    plain = {name: value for name, value in body.said().items() if name not in ("id", "class_code", "simulated")}
    named = {"id": body.id, "class": body.class_code, "geometry": body.place(), "simulated": body.simulated}
    row = {**plain, **named}
    actor = actor_of(call, "components", body)
    added = service.add_components(call.world, call.tenant, read_told([row]), actor, params.county)
    found = service.get_component(call.live, call.tenant, added.ids[0] if added.ids else str(body.id))
    return Reply(as_component(found), 201, headers=etag(found.version, added.is_new))


def add_file(call: Call, params: schema.InNew, body: bytes) -> Reply:
    """What became of the components of a file."""
    if not isinstance(body, bytes) or not body.strip():
        raise BadQuery("the body is empty", hint="send CSV with class, lon, lat, or a GeoJSON FeatureCollection")
    told = read_geojson(body) if body.lstrip()[:1] == b"{" else read_csv(body)
    digest = blake2b(body + params.county.encode(), digest_size=16).hexdigest()
    actor = replace(actor_of(call, "components/batch"), digest=digest)
    added = service.add_components(call.world, call.tenant, told, actor, params.county, params.crs)
    told_back = {"added": len(added.ids), "changed": added.changed, "same": added.same, "ids": list(added.ids)}
    return Reply(told_back, headers={} if added.is_new else {"Idempotent-Replayed": "true"})


def change_component(call: Call, params: schema.InComponentVersion, body: schema.ComponentPatch) -> Reply:
    """The changed component."""
    actor, version = actor_of(call), get_version(call, params.version)
    place = body.place()
    told = None
    if place is not None:
        (told,) = read_told([{"class": params.id[6:10], "geometry": place}])
    found = service.change_component(call.world, call.tenant, params.id, told, body.said(), actor, version)
    return Reply(as_component(found), headers=etag(found.version))


_ALL, _ONE = "/v1/components", "/v1/components/{id}"

OPERATIONS = (
    Operation(
        "components.list",
        "GET",
        _ALL,
        "Components by box, class, state, owner and grid, page by page.",
        list_components,
        schema.InComponents,
        schema.OutComponents,
        READ,
    ),
    Operation(
        "components.add",
        "POST",
        _ALL,
        "Add a component; its id is the next of its county and class. Header Idempotency-Key: sent twice, added once.",
        add_component,
        schema.InNew,
        schema.OutComponent,
        WRITE,
        Body=schema.ComponentBody,
        status=201,
        errors=(404, 409, 413, 422, 507),
    ),
    Operation(
        "components.batch",
        "POST",
        f"{_ALL}/all/import",
        "Add or change the components of a file, CSV or GeoJSON, up to 20,000: all of them or none.",
        add_file,
        schema.InNew,
        schema.OutAdded,
        ADMIN,
        raw_body=("text/csv", "application/geo+json"),
        max_raw_bytes=MOST_FILE_BYTES,
        cost=20,
        deadline_s=60.0,
        errors=(404, 409, 413, 422, 507),
    ),
    Operation(
        "components.get",
        "GET",
        _ONE,
        "One component; its ETag is its version.",
        get_component,
        schema.InComponent,
        schema.OutComponent,
        READ,
        errors=(404,),
    ),
    Operation(
        "components.change",
        "PATCH",
        _ONE,
        "Change some fields of the version that If-Match names; one that is gone has the state removed.",
        change_component,
        schema.InComponentVersion,
        schema.OutComponent,
        WRITE,
        Body=schema.ComponentPatch,
        errors=(404, 409, 422, 428, 507),
    ),
)
