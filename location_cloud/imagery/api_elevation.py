"""Elevation over HTTP: heights of points, and the profile of a line."""

from __future__ import annotations

from typing import Any

import numpy as np

from location_cloud.capability import Cache, Call, Operation
from location_cloud.errors import BadQuery
from location_cloud.imagery import schema_elevation as schema
from location_cloud.imagery import service_elevation as service
from location_cloud.imagery.asking import asked_set
from location_cloud.imagery.model_look import Look
from location_cloud.imagery.service import mercator
from location_cloud.imagery.service_contours import Contour, find_contours
from location_cloud.imagery.service_elevation import Heights, Profile
from location_cloud.spatial.errors import SpatialError
from location_cloud.spatial.geojson import parse_geometry

DECIMALS = 6
"""Of degrees: 0.1 m."""

HINT = "points=lon,lat;lon,lat or line=lon,lat;lon,lat"


def get_elevation(call: Call, params: schema.InElevation, body: None) -> dict[str, Any]:
    """Heights of points, or along a line."""
    if (params.points is None) == (params.line is None):
        raise BadQuery("give points= or line=, one of the two", hint=HINT)
    if params.points is not None:
        return _points(call, params, np.array(params.points, np.float64))
    return _profile(call, params, np.array(params.line, np.float64))


def post_elevation(call: Call, params: schema.Sampled, body: schema.GeometryBody) -> dict[str, Any]:
    """The same for a Feature."""
    try:
        shape = parse_geometry(body.geometry, max_vertices=service.MAX_POINTS)
    except SpatialError as error:
        raise BadQuery(f"geometry: {error}", hint="a GeoJSON MultiPoint or LineString, lon,lat in degrees") from error
    if shape.is_empty or shape.geom_type not in ("Point", "MultiPoint", "LineString"):
        raise BadQuery(f"geometry: a {shape.geom_type} is neither points nor a line", hint="MultiPoint or LineString")
    if shape.geom_type == "LineString":
        return _profile(call, params, np.asarray(shape.coords, np.float64)[:, :2])
    parts = shape.geoms if shape.geom_type == "MultiPoint" else [shape]
    return _points(call, params, np.array([(part.x, part.y) for part in parts]))


def get_contours(call: Call, params: schema.InContours, body: None) -> dict[str, Any]:
    """Contour lines in a box."""
    if params.bbox.crosses_antimeridian:
        raise BadQuery("bbox goes over the antimeridian", hint="ask for the two halves")
    scenes = asked_set(call, params.set)
    look = Look(interval_m=params.interval_m, order=params.order)
    found = find_contours(scenes, look, mercator(params.bbox.as_tuple()), params.max_size)
    return {
        "type": "FeatureCollection",
        "features": [_as_feature(contour, params.interval_m) for contour in found],
        "attribution": scenes.attribution,
    }


def _as_feature(contour: Contour, interval_m: float) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": {
            "type": "MultiLineString",
            "coordinates": [line.round(DECIMALS).tolist() for line in contour.lines],
        },
        "properties": {
            "elevation_m": round(contour.elevation_m, 3),
            "is_index": round(contour.elevation_m / interval_m) % 5 == 0,
        },
    }


def _points(call: Call, params: schema.Sampled, lonlat: Any) -> dict[str, Any]:
    if params.step_m is not None:
        raise BadQuery("step_m= goes with a line", hint="leave out step_m=")
    heights = service.find_heights(call.live, call.tenant, call.home, lonlat, params.set)
    return {"points": _rows(heights, None), "attribution": _attribution(heights)}


def _profile(call: Call, params: schema.Sampled, lonlat: Any) -> dict[str, Any]:
    profile = service.find_profile(call.live, call.tenant, call.home, lonlat, params.step_m, params.set)
    return {
        "points": _rows(profile.heights, profile.distance_m.tolist()),
        "profile": _figures(profile),
        "attribution": _attribution(profile.heights),
    }


def _rows(heights: Heights, distances: list[float] | None) -> list[dict[str, Any]]:
    rows = [
        {
            "location": [round(lon, 7), round(lat, 7)],
            "elevation_m": None if source is None else round(metres, 2),
            "resolution_m": None if source is None else source.resolution_m,
            "set": None if source is None else source.set,
        }
        for (lon, lat), metres, source in zip(
            heights.lonlat.tolist(), heights.metres.tolist(), heights.sources, strict=True
        )
    ]
    for row, distance in zip(rows, distances or (), strict=False):
        row["distance_m"] = round(distance, 2)
    return rows


def _figures(profile: Profile) -> dict[str, Any]:
    known = profile.heights.metres[np.isfinite(profile.heights.metres)]
    return {
        "length_m": round(profile.length_m, 2),
        "step_m": round(profile.step_m, 3),
        "ascent_m": round(profile.ascent_m, 2),
        "descent_m": round(profile.descent_m, 2),
        "lowest_m": round(float(known.min()), 2) if len(known) else None,
        "highest_m": round(float(known.max()), 2) if len(known) else None,
    }


def _attribution(heights: Heights) -> str:
    return "; ".join(dict.fromkeys(source.attribution for source in heights.sources if source and source.attribution))


OPERATIONS = (
    Operation(
        "imagery.contours",
        "GET",
        "/imagery/{set}/contours",
        "Contour lines of a set of heights within a box.",
        get_contours,
        schema.InContours,
        schema.OutContours,
        "imagery:read",
        cost=4,
        cache=Cache.BRIEF,
        errors=(404, 413, 422, 501),
    ),
    Operation(
        "elevation.get",
        "GET",
        "/v1/elevation",
        "Heights of points, or along a line at equal distances.",
        get_elevation,
        schema.InElevation,
        schema.OutElevation,
        "imagery:read",
        cache=Cache.BRIEF,
        errors=(404, 413, 501),
    ),
    Operation(
        "elevation.post",
        "POST",
        "/v1/elevation",
        "The same for a GeoJSON Feature with many points or a long line.",
        post_elevation,
        schema.Sampled,
        schema.OutElevation,
        "imagery:read",
        Body=schema.GeometryBody,
        errors=(404, 413, 501),
        max_body_bytes=2_000_000,
    ),
)
