"""HTTP operations of what teams and clues tell of a search."""

from __future__ import annotations

from typing import Any

import numpy as np

from location_cloud.capability import Call, Operation, Reply
from location_cloud.errors import BadQuery
from location_cloud.http.preconditions import etag, find_version, get_version, sent_by
from location_cloud.searches import schema_results as schema
from location_cloud.searches import service_results as service
from location_cloud.searches.model import CREW, DESK, MOST_CLUE_POINTS, MOST_TRACK_POINTS
from location_cloud.searches.schema import InVersion
from location_cloud.searches.service_results import Changed
from location_cloud.spatial.errors import SpatialError
from location_cloud.spatial.geojson import as_geojson, parse_geometry


def add_result(call: Call, params: InVersion, body: schema.ResultBody) -> Reply:
    """The map after somebody looked and found nobody."""
    told = body.model_dump(exclude={"track"}) | _track(body)
    sent = sent_by(call, f"results/{params.id}", body)
    version = find_version(call, params.version)
    return _reply(call, service.add_result(call.world, call.tenant, params.id, version, told, sent), 201)


def add_clue(call: Call, params: InVersion, body: schema.ClueBody) -> Reply:
    """The map after a clue."""
    told = body.model_dump()
    if body.area is not None:
        told["area"] = as_geojson(_shape(body.area, ("Polygon", "MultiPolygon"), "area", MOST_CLUE_POINTS))
    sent = sent_by(call, f"clues/{params.id}", body)
    version = find_version(call, params.version)
    return _reply(call, service.add_clue(call.world, call.tenant, params.id, version, told, sent), 201)


def move_on(call: Call, params: InVersion, body: schema.MoveBody) -> Reply:
    """The map a while later."""
    sent = sent_by(call, f"move/{params.id}", body)
    version = get_version(call, params.version)
    return _reply(call, service.move_on(call.world, call.tenant, params.id, version, body.model_dump(), sent))


def _track(body: schema.ResultBody) -> dict[str, Any]:
    if body.track is None:
        return {}
    if isinstance(body.track, schema.DeviceTrack):
        return body.track.model_dump()
    shape = _shape(body.track, ("LineString", "MultiLineString"), "track", MOST_TRACK_POINTS)
    parts = getattr(shape, "geoms", [shape])
    return {"lines": [np.asarray(part.coords)[:, :2].tolist() for part in parts]}


def _shape(value: Any, kinds: tuple[str, ...], where: str, most: int) -> Any:
    try:
        shape = parse_geometry(value, max_vertices=most)
    except SpatialError as error:
        raise BadQuery(f"{where}: {error}", hint="GeoJSON, points lon,lat in degrees") from error
    if shape.geom_type not in kinds or shape.is_empty:
        raise BadQuery(f"{where}: {shape.geom_type} does not serve", hint=f"give one of {', '.join(kinds)}")
    return shape


def _reply(call: Call, changed: Changed, status: int = 200) -> Reply:
    search, outcome = changed.search, changed.outcome
    rest = outcome["rest_of_world"]
    answer = {
        "search": search.id,
        "version": search.version,
        "pos": outcome.get("pos"),
        "mean_coverage": outcome.get("mean_coverage"),
        "pos_total": outcome.get("pos_total", search.pos),
        "row": rest,
        "rest_of_world": rest,
        "responsive": service.answering(changed.belief),
        # A team is told what its own result came to; where the chance lies is the desk's.
        "segments": service.poa_of_segments(call.world, call.tenant, search, changed.belief)
        if call.caller.may(DESK)
        else [],
    }
    return Reply(answer, status, headers=etag(search.version, changed.is_new))


OPERATIONS = (
    Operation(
        "searches.result",
        "POST",
        "/v1/searches/{id}/results",
        "Tell what was searched without a find: a track, a coverage or a POD; the map is updated by Bayes' rule.",
        add_result,
        InVersion,
        schema.OutChanged,
        CREW,
        Body=schema.ResultBody,
        status=201,
        cost=2,
        max_body_bytes=4_000_000,
        errors=(404, 409, 413, 422, 507),
    ),
    Operation(
        "searches.clue",
        "POST",
        "/v1/searches/{id}/clues",
        "Add a clue with its likelihood ratio, about a place or inside an area.",
        add_clue,
        InVersion,
        schema.OutChanged,
        DESK,
        Body=schema.ClueBody,
        status=201,
        cost=2,
        errors=(404, 409, 413, 422, 507),
    ),
    Operation(
        "searches.move",
        "POST",
        "/v1/searches/{id}/move",
        "Let the subject walk on for a while, from the version that If-Match names: roads draw, barriers stop.",
        move_on,
        InVersion,
        schema.OutChanged,
        DESK,
        Body=schema.MoveBody,
        cost=10,
        errors=(404, 409, 413, 422, 428, 507),
    ),
)
