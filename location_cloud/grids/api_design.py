"""HTTP operations of designs of grids."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from shapely.geometry.base import BaseGeometry

from location_cloud.capability import Call, Operation, Reply
from location_cloud.errors import BadQuery
from location_cloud.grids import schema_design as schema
from location_cloud.grids import service_design as service
from location_cloud.grids.model_design import DONE, Community, DesignAsk, DesignGrid, DesignJob
from location_cloud.http.preconditions import etag, get_version, sent_by
from location_cloud.spatial.errors import BadGeometry
from location_cloud.spatial.geojson import as_feature, parse_geometry

Json = dict[str, Any]

MOST_CORNERS = 50_000
"""Of one community's border."""

MOST_LINE_CORNERS = 500


def add_design(call: Call, params: schema.Nothing, body: schema.DesignBody) -> Reply:
    """The design in the queue."""
    communities = tuple(
        Community(each.code, each.name, _shape(each.geometry, "Polygon", MOST_CORNERS)) for each in body.communities
    )
    ask = DesignAsk(
        body.scheme,
        body.area,
        communities,
        body.target.by,
        body.target.amount,
        body.open_times,
        tuple(place.at for place in body.points),
        tuple((*each.at, each.count) for each in body.households),
        body.previous,
    )
    job, is_new = service.add_design(call.world, call.tenant, ask, sent_by(call, _ALL, body))
    return Reply(_as_json(call, job), 202, headers=etag(job.version, is_new))


def list_designs(call: Call, params: schema.Nothing, body: None) -> Json:
    """The caller's designs, newest first."""
    return {"designs": [_as_json(call, job) for job in service.list_designs(call.live, call.tenant)]}


def get_design(call: Call, params: schema.InDesign, body: None) -> Reply:
    """How far a design is."""
    job = service.get_design(call.live, call.tenant, params.id)
    return Reply(_as_json(call, job), etag=str(job.version) if job.state == DONE else "")


def list_grids(call: Call, params: schema.InDesignGrids, body: None) -> Json:
    """A page of a design's grids."""
    job, grids = service.list_design_grids(call.live, call.tenant, params.id, params.after, params.limit)
    return {
        "type": "FeatureCollection",
        "features": [_feature(grid) for grid in grids],
        "version": job.version,
        "next_after": grids[-1].number if len(grids) == params.limit else None,
    }


def edit_design(call: Call, params: schema.InDesignVersion, body: schema.EditBody) -> Reply:
    """The grids that a change by hand made."""
    edit: Json = {"action": body.action, "grids": body.grids}
    if body.line is not None:
        edit["line"] = _shape(body.line, "LineString", MOST_LINE_CORNERS)
    if body.corner is not None and body.to is not None:
        edit |= {"corner": body.corner.at, "to": body.to.at}
    job, changed, removed = service.edit_design(
        call.live, call.tenant, params.id, get_version(call, params.version), edit
    )
    answer = {
        "version": job.version,
        "grids": job.grids,
        "changed": [_feature(grid) for grid in changed],
        "removed": removed,
    }
    return Reply(answer, headers=etag(job.version))


def accept_design(call: Call, params: schema.InDesignVersion, body: schema.AcceptBody) -> Reply:
    """The design's grids, registered."""
    sent = sent_by(call, f"{_ALL}/{params.id}/accept", body)
    job, grids = service.accept_design(
        call.live, call.tenant, params.id, get_version(call, params.version), body.valid_from, sent
    )
    answer = {"id": job.id, "version": job.version, "accepted": job.accepted, "grids": len(grids)}
    return Reply(answer, headers=etag(job.version))


def remove_design(call: Call, params: schema.InDesign, body: None) -> Json:
    """What was cancelled or forgotten."""
    service.remove_design(call.live, call.tenant, params.id)
    return {"deleted": params.id}


def _shape(value: Json, kind: str, most_corners: int) -> BaseGeometry:
    """A GeoJSON line, or polygon or polygons. Raises BadQuery."""
    try:
        shape = parse_geometry(value, most_corners)
    except BadGeometry as error:
        raise BadQuery(str(error), hint=f"send a GeoJSON {kind}") from error
    if not shape.geom_type.endswith(kind) or shape.is_empty or (kind == "LineString" and shape.geom_type != kind):
        raise BadQuery(f"the geometry is a {shape.geom_type}", hint=f"send a GeoJSON {kind}")
    return shape


def _feature(grid: DesignGrid) -> Json:
    properties = {
        "number": grid.number,
        "code": grid.code,
        "community": grid.community,
        "area_m2": round(grid.area_m2, 1),
        "size": round(grid.size, 4),
        "kept": grid.kept,
    }
    return as_feature(grid.geometry, properties, grid.number)


def _as_json(call: Call, job: DesignJob) -> Json:
    return {
        "id": job.id,
        "state": job.state,
        "version": job.version,
        "scheme": job.scheme,
        "area": job.area,
        "progress": job.progress,
        "grids": job.grids,
        "created_at": _as_time(job.created),
        "started_at": _as_time(job.started),
        "finished_at": _as_time(job.finished),
        "snapshot": job.snapshot,
        "accepted": job.accepted or None,
        "error": job.error or None,
        "hint": job.hint or None,
        "report": dict(job.report) or None,
        "result": call.link(f"{_ALL}/{job.id}/grids") if job.state == DONE else None,
    }


def _as_time(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat()


READ, WRITE = "grids:read", "grids:write"

_ALL = "/v1/grids/design"
_ONE = "/v1/grids/design/{id}"

OPERATIONS = (
    Operation(
        "grids.add_design",
        "POST",
        _ALL,
        "Ask for grids along roads and water, or around villages, made in the background.",
        add_design,
        schema.Nothing,
        schema.OutDesign,
        WRITE,
        Body=schema.DesignBody,
        cost=50,
        status=202,
        errors=(404, 422, 507),
        max_body_bytes=20_000_000,
    ),
    Operation(
        "grids.designs",
        "GET",
        _ALL,
        "The caller's designs, newest first.",
        list_designs,
        schema.Nothing,
        schema.OutDesigns,
        READ,
    ),
    Operation(
        "grids.design",
        "GET",
        _ONE,
        "How far a design is, and how good: beside plain squares.",
        get_design,
        schema.InDesign,
        schema.OutDesign,
        READ,
        errors=(404,),
    ),
    Operation(
        "grids.design_grids",
        "GET",
        _ONE + "/grids",
        "The grids of a finished design as GeoJSON.",
        list_grids,
        schema.InDesignGrids,
        schema.OutDesignGrids,
        READ,
        errors=(404, 409, 422),
    ),
    Operation(
        "grids.edit_design",
        "PATCH",
        _ONE,
        "Change a design by hand: merge, split, move a border or a corner; never a gap or an overlap.",
        edit_design,
        schema.InDesignVersion,
        schema.OutEdited,
        WRITE,
        Body=schema.EditBody,
        cost=2,
        errors=(404, 409, 422, 428, 507),
    ),
    Operation(
        "grids.accept_design",
        "POST",
        _ONE + "/accept",
        "Make the grids of a design those of its area from a day on.",
        accept_design,
        schema.InDesignVersion,
        schema.OutAccepted,
        WRITE,
        Body=schema.AcceptBody,
        cost=20,
        deadline_s=60.0,
        errors=(404, 409, 422, 428, 507),
    ),
    Operation(
        "grids.remove_design",
        "DELETE",
        _ONE,
        "Cancel a design, or forget a finished one.",
        remove_design,
        schema.InDesign,
        schema.OutDeleted,
        WRITE,
        errors=(404, 507),
    ),
)
