"""HTTP operations of map matching."""

from __future__ import annotations

from typing import Any

import numpy as np

from location_cloud.capability import Call, Operation
from location_cloud.directions import match_answers, schema_match, service, service_match
from location_cloud.directions.model_match import MOST_FIXES, Track
from location_cloud.directions.track_forms import read_geojson, read_gpx, read_points
from location_cloud.errors import BadQuery
from location_cloud.spatial.crs import as_wgs84

GPX = "application/gpx+xml"


def match(call: Call, params: schema_match.InMatch, body: schema_match.MatchBody | bytes) -> dict[str, Any]:
    """The roads of a track."""
    found = service_match.match_track(call.world, params.profile, _track(params, body), params.gaps == "split")
    made = {"profile": params.profile, "snapshot": call.world.snapshot.id}
    return match_answers.as_match(found, service.get_roads(call.world), params.edges, params.points, made)


def _track(params: schema_match.InMatch, body: schema_match.MatchBody | bytes) -> Track:
    if isinstance(body, bytes):
        track = read_gpx(body)
        lonlat = track.lonlat if params.crs == "wgs84" else np.asarray(as_wgs84(track.lonlat, params.crs))
        return Track(lonlat, track.time_s, track.accuracy_m, track.heading_deg, track.speed_kmh)
    if (body.points is None) == (body.type is None):
        raise BadQuery("give points, or GeoJSON with its type", hint="or a GPX file as application/gpx+xml")
    if body.points is not None:
        return read_points([point.model_dump() for point in body.points])
    return read_geojson(body.model_dump(exclude_none=True))


OPERATIONS = (
    Operation(
        "directions.match",
        "POST",
        "/v1/match",
        f"The roads that a vehicle drove, from its fixes: JSON, GeoJSON or GPX, at most {MOST_FIXES:,} points.",
        match,
        schema_match.InMatch,
        schema_match.OutMatch,
        "directions:read",
        Body=schema_match.MatchBody,
        cost=10,
        errors=(404, 413, 422),
        max_body_bytes=4_000_000,
        raw_body=GPX,
        max_raw_bytes=8_000_000,
    ),
)
