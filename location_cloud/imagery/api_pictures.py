"""Imagery over HTTP: whole pictures, crops, values of a point, figures of an area."""

from __future__ import annotations

from typing import Any

from shapely.geometry.base import BaseGeometry

from location_cloud.capability import Bytes, Cache, Call, Operation, Reply
from location_cloud.errors import BadQuery
from location_cloud.imagery import schema, service
from location_cloud.imagery.asking import asked_look, asked_set
from location_cloud.imagery.service import mercator
from location_cloud.spatial.bbox import Bbox
from location_cloud.spatial.errors import SpatialError
from location_cloud.spatial.geojson import parse_geometry
from location_cloud.tile_sets import MEDIA_TYPES

SCOPE = "imagery:read"
MAX_VERTICES = 20_000
MAX_BODY_BYTES = 2_000_000
PNG = Bytes(MEDIA_TYPES["png"])
PICTURES = tuple(MEDIA_TYPES[form] for form in ("jpg", "webp"))


def get_preview(call: Call, params: schema.InPreview, body: None) -> Reply:
    """A picture of the whole set."""
    picture = service.preview(asked_set(call, params.set), asked_look(params), params.max_size, params.form)
    return Reply(picture, 200, MEDIA_TYPES[params.form])


def get_crop(call: Call, params: schema.InBox, body: None) -> Reply:
    """A picture of a box."""
    box_m = _box_m(params.bbox)
    picture = service.crop(asked_set(call, params.set), asked_look(params), box_m, params.max_size, params.form)
    return Reply(picture, 200, MEDIA_TYPES[params.form])


def crop_area(call: Call, params: schema.InPreview, body: schema.AreaBody) -> Reply:
    """A picture of an area, transparent around it."""
    scenes = asked_set(call, params.set)
    picture = service.crop_area(scenes, asked_look(params), _area(body), params.max_size, params.form)
    return Reply(picture, 200, MEDIA_TYPES[params.form])


def get_point(call: Call, params: schema.InPoint, body: None) -> dict[str, Any]:
    """The values of a point."""
    return service.values_at(asked_set(call, params.set), asked_look(params), params.at)


def get_statistics(call: Call, params: schema.InStatistics, body: None) -> dict[str, Any]:
    """Figures of the set or a box."""
    box_m = None if params.bbox is None else _box_m(params.bbox)
    scenes = asked_set(call, params.set)
    return {"statistics": service.statistics(scenes, asked_look(params), None, box_m, params.max_size, params.bins)}


def area_statistics(call: Call, params: schema.InStatistics, body: schema.AreaBody) -> dict[str, Any]:
    """Figures of an area."""
    if params.bbox is not None:
        raise BadQuery("bbox= cannot be joined with an area in the body", hint="leave out bbox=")
    scenes = asked_set(call, params.set)
    area = _area(body)
    return {"statistics": service.statistics(scenes, asked_look(params), area, None, params.max_size, params.bins)}


def _box_m(bbox: Bbox) -> tuple[float, float, float, float]:
    if bbox.crosses_antimeridian:
        raise BadQuery("bbox goes over the antimeridian", hint="ask for the two halves")
    return mercator(bbox.as_tuple())


def _area(body: schema.AreaBody) -> BaseGeometry:
    try:
        return parse_geometry(body.geometry, max_vertices=MAX_VERTICES)
    except SpatialError as error:
        raise BadQuery(f"geometry: {error}", hint="a GeoJSON Polygon or MultiPolygon, lon,lat in degrees") from error


OPERATIONS = (
    Operation(
        "imagery.preview",
        "GET",
        "/imagery/{set}/preview.{form}",
        "A picture of a whole set.",
        get_preview,
        schema.InPreview,
        PNG,
        SCOPE,
        cost=4,
        cache=Cache.BRIEF,
        errors=(404, 413, 422, 501),
        other_media=PICTURES,
    ),
    Operation(
        "imagery.crop",
        "GET",
        "/imagery/{set}/bbox.{form}",
        "A picture of a box, in Web Mercator.",
        get_crop,
        schema.InBox,
        PNG,
        SCOPE,
        cost=4,
        cache=Cache.BRIEF,
        errors=(404, 413, 422, 501),
        other_media=PICTURES,
    ),
    Operation(
        "imagery.crop_area",
        "POST",
        "/imagery/{set}/feature.{form}",
        "A picture of an area, transparent around it.",
        crop_area,
        schema.InPreview,
        PNG,
        SCOPE,
        Body=schema.AreaBody,
        cost=4,
        errors=(404, 413, 422, 501),
        max_body_bytes=MAX_BODY_BYTES,
        other_media=PICTURES,
    ),
    Operation(
        "imagery.point",
        "GET",
        "/imagery/{set}/point",
        "Values of a point in every scene there.",
        get_point,
        schema.InPoint,
        schema.OutPoint,
        SCOPE,
        cache=Cache.BRIEF,
        errors=(404, 422, 501),
    ),
    Operation(
        "imagery.statistics",
        "GET",
        "/imagery/{set}/statistics",
        "Figures of bands or formulas, of a set or a box.",
        get_statistics,
        schema.InStatistics,
        schema.OutStatistics,
        SCOPE,
        cost=4,
        cache=Cache.BRIEF,
        errors=(404, 413, 422, 501),
    ),
    Operation(
        "imagery.area_statistics",
        "POST",
        "/imagery/{set}/statistics",
        "Figures of bands or formulas within an area.",
        area_statistics,
        schema.InStatistics,
        schema.OutStatistics,
        SCOPE,
        Body=schema.AreaBody,
        cost=4,
        errors=(404, 413, 422, 501),
        max_body_bytes=MAX_BODY_BYTES,
    ),
)
