"""Points of interest over HTTP: around, inside, along, and the tree of kinds."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from location_cloud.capability import Cache, Call, Operation
from location_cloud.errors import BadQuery, TooLarge
from location_cloud.places import service_pois
from location_cloud.places.schema_pois import (
    MAX_LINE_POINTS,
    MAX_POLYGON_VERTICES,
    CategoriesQuery,
    CategoryList,
    PoiCollection,
    PoisBody,
    PoisBodyQuery,
    PoisQuery,
)
from location_cloud.spatial.crs import Crs, as_wgs84
from location_cloud.spatial.errors import SpatialError
from location_cloud.spatial.geojson import parse_geometry
from location_cloud.spatial.polyline import decode_polyline


def pois(call: Call, params: PoisQuery, _body: None) -> dict[str, Any]:
    """Points of interest around a point, in a box or an area, along a line."""
    wish = _wish(params)
    if params.along is not None:
        return _collection(service_pois.find_along(call.world, np.array(params.along), params.buffer_m, wish))
    if params.bbox is not None:
        return _collection(service_pois.find_in_box(call.world, params.bbox, wish, params.at))
    if params.area is not None:
        return _collection(service_pois.find_in_area(call.world, params.area, wish, params.at))
    return _collection(service_pois.find_around(call.world, params.at or (0.0, 0.0), params.radius_m, wish))


def pois_of_shape(call: Call, params: PoisBodyQuery, body: PoisBody) -> dict[str, Any]:
    """Points of interest in a polygon or along a line that comes in the body."""
    wish = _wish(params)
    try:
        if body.polygon is not None:
            polygon = parse_geometry(body.polygon, MAX_POLYGON_VERTICES)
            return _collection(service_pois.find_in_polygon(call.world, polygon, wish, params.at))
        line = _decoded(body, params.crs) if body.line is None else _coordinates(body.line)
    except SpatialError as error:
        raise BadQuery(str(error), hint="positions are [lon, lat] in degrees") from None
    return _collection(service_pois.find_along(call.world, line, params.buffer_m, wish))


def categories(call: Call, _params: CategoriesQuery, _body: None) -> dict[str, Any]:
    """The tree of kinds, with the codes of other systems and counts."""
    lines = []
    for each in service_pois.list_categories(call.world):
        kind = each.category
        codes = {"amap": kind.amap, "amap_checked": kind.amap_checked, "osm": list(kind.osm)}
        line = {"id": kind.id, "parent": kind.parent, "level": kind.level, "name": kind.name, "name_en": kind.name_en}
        lines.append({**line, "codes": codes, "count": each.count})
    return {"categories": lines}


def _wish(params: PoisQuery | PoisBodyQuery) -> service_pois.PoiWish:
    return service_pois.PoiWish(params.category, params.q, params.sort, params.limit, params.offset)


def _coordinates(value: dict[str, Any]) -> NDArray[np.float64]:
    line = parse_geometry(value, MAX_LINE_POINTS)
    if line.geom_type != "LineString":
        raise BadQuery(f"line is a {line.geom_type}", hint="send a LineString, such as the geometry of a route")
    return np.asarray(shapely.get_coordinates(line))


def _decoded(body: PoisBody, crs: Crs) -> NDArray[np.float64]:
    line = decode_polyline(body.polyline or "", body.precision) / 1e7
    if len(line) > MAX_LINE_POINTS:
        raise TooLarge(f"the polyline has {len(line)} points; the most is {MAX_LINE_POINTS}", hint="simplify it")
    return np.asarray(as_wgs84(line, crs))  # the web layer moves what stands as numbers in a body, not this text


def _collection(found: service_pois.Pois) -> dict[str, Any]:
    features = []
    for poi in found.pois:
        properties = asdict(poi)
        geometry = {"type": "Point", "coordinates": properties.pop("lonlat")}
        features.append({"type": "Feature", "geometry": geometry, "properties": properties})
    return {
        "type": "FeatureCollection",
        "features": features,
        "total": found.total,
        "next_offset": found.next_offset,
    }


OPERATIONS = (
    Operation(
        name="places.pois",
        method="GET",
        path="/v1/pois",
        summary="Points of interest around a point, in a box or an administrative area, or along a line",
        answer=pois,
        In=PoisQuery,
        Out=PoiCollection,
        scope="places:read",
        cache=Cache.SHORT,
        errors=(404, 413, 422),
        typical=service_pois.typical_addresses,
    ),
    Operation(
        name="places.pois_of_shape",
        method="POST",
        path="/v1/pois",
        summary="Points of interest in a polygon, or along a route's line, that comes in the body",
        answer=pois_of_shape,
        In=PoisBodyQuery,
        Out=PoiCollection,
        Body=PoisBody,
        scope="places:read",
        cost=3,
        errors=(413,),
        max_body_bytes=4_000_000,
    ),
    Operation(
        name="places.categories",
        method="GET",
        path="/v1/pois/categories",
        summary="The kinds of places: a tree in Chinese and English with Amap's codes and OpenStreetMap's tags",
        answer=categories,
        In=CategoriesQuery,
        Out=CategoryList,
        scope="places:read",
        cache=Cache.SHORT,
    ),
)
