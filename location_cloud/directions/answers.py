"""Answers of directions as JSON: ways, tables, areas in reach."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from location_cloud.capability import Chunks, Reply
from location_cloud.directions import documents, expansion, formats, isochrone
from location_cloud.directions.matrix_files import as_block, line_pieces
from location_cloud.directions.model import Found, Leg, LegShape, Matrix, Near, Reached, Route, Snap, Step
from location_cloud.directions.rows_json import CM, MS, rows_json
from location_cloud.directions.tables import as_columns
from location_cloud.directions.wording import instruction
from location_cloud.roads.edges import edge_key
from location_cloud.roads.model import Roads
from location_cloud.spatial.polyline import encode_polyline
from routing.shape import EdgeShapes, edge_bearings
from routing.trip import CLOSED

Json = dict[str, Any]
DRIVEN_KMH_PER_M_PER_MS = 3600.0

CONGESTION = ("unknown", "low", "moderate", "heavy", "severe")
CONGESTED_FROM = (1.5, 1.8, 2.1)
"""Levels of an edge, and the driving times, as multiples of the free one, from which the last three hold: the bands of
light, medium and heavy congestion of the Chinese traffic performance index. Words: Mapbox's."""

ROUNDED_MS = 2
"""So much two costs of an edge may differ by rounding alone."""


def as_route(
    found: Found, roads: Roads, made: Json, geometry: str, free_ms: NDArray[np.int32] | None, language: str
) -> Json:
    """Ways, the quickest first.

    free_ms (edges,) int32: what edges cost without live speeds, CLOSED = unknown; None = edges are not listed.
    """
    return {
        "routes": [_route(route, roads, geometry, free_ms, language) for route in found.routes],
        "waypoints": [as_waypoint(snap, name) for snap, name in zip(found.snaps, found.names)],
        **made,
        **as_version(found.version, found.as_of),
    }


def as_waypoint(snap: Snap, name: str) -> Json:
    """A place on the road."""
    location = [round(degree, 7) for degree in snap.lonlat]
    return {"location": location, "name": name, "distance_m": round(snap.distance_m, 1)}


def as_matrix(matrix: Matrix, made: Json, roads: Roads) -> Json:
    """Rows by source, columns by target; null = no way."""
    metres, sources = matrix.distances_cm, _waypoints(matrix.sources, roads)
    return {
        "durations_s": orjson.Fragment(rows_json(matrix.durations_ms, MS)),
        "distances_m": None if metres is None else orjson.Fragment(rows_json(metres, CM)),
        "source_waypoints": sources,
        "target_waypoints": sources if matrix.targets is matrix.sources else _waypoints(matrix.targets, roads),
        **made,
        **as_version(matrix.version, matrix.as_of),
    }


def _waypoints(snaps: Sequence[Snap], roads: Roads) -> list[Json]:
    """As `as_waypoint`, of many places."""
    segment, place = as_columns(snaps)
    locations, metres = np.round(place[:, 2:], 7).tolist(), np.round(place[:, 0], 1).tolist()
    rows = zip(locations, roads.names.take(roads.seg_name[segment].tolist()), metres)
    return [{"location": location, "name": name, "distance_m": distance_m} for location, name, distance_m in rows]


def as_matrix_lines(matrix: Matrix, made: Json) -> Reply:
    """The same without the places: first a line with what it was made from, then one a source."""
    counts = {"sources": len(matrix.sources), "targets": len(matrix.targets)}
    head = {**counts, **made, **as_version(matrix.version, matrix.as_of)}
    blocks = [as_block(matrix.durations_ms, matrix.distances_cm)]
    return Reply(Chunks(line_pieces(head, blocks)), media_type="application/x-ndjson")


def _route(route: Route, roads: Roads, geometry: str, free_ms: NDArray[np.int32] | None, language: str) -> Json:
    steps = route.steps or ((),) * len(route.legs)
    return {
        "distance_m": round(route.distance_m, 1),
        "duration_s": route.duration_ms / 1000,
        "geometry": line_of(formats.route_line(route), geometry),
        "legs": [
            {
                "distance_m": round(float(shape.along_m[-1]), 1),
                "duration_s": leg.duration_ms / 1000,
                "steps": [_step(step, language) for step in leg_steps],
                "annotations": None if free_ms is None else _annotations(leg, shape, roads, free_ms),
                "stay_s": stay_s,
            }
            for leg, shape, leg_steps, stay_s in zip(route.legs, route.shapes, steps, route.waits_s)
        ],
        "depart_at": _time(route.depart_s),
        "arrive_at": _time(route.arrive_s),
    }


def line_of(line_e7: NDArray[np.int32], geometry: str) -> Any:
    """A line as GeoJSON, as encoded polyline, or nothing."""
    if geometry == "geojson":
        return {"type": "LineString", "coordinates": (line_e7 / 1e7).tolist()}
    if geometry == "none":
        return None
    return encode_polyline(line_e7, 5 if geometry == "polyline5" else 6)


def _annotations(leg: Leg, shape: LegShape, roads: Roads, free_ms: NDArray[np.int32]) -> Json:
    metres = np.diff(shape.along_m[shape.begins])
    with np.errstate(divide="ignore", invalid="ignore"):
        kmh = np.where(leg.along_ms > 0, metres * DRIVEN_KMH_PER_M_PER_MS / leg.along_ms, 0.0)
    return {
        "road": [edge_key(roads, edge) for edge in leg.edges.tolist()],
        "way": roads.seg_way[leg.edges // 2].tolist(),
        "distance_m": np.round(metres, 1).tolist(),
        "duration_s": (leg.along_ms / 1000).tolist(),
        "turn_s": ((leg.edge_ms - leg.along_ms) / 1000).tolist(),
        "speed_kmh": np.round(kmh, 1).tolist(),
        "congestion": [CONGESTION[level] for level in _congestion(leg, free_ms).tolist()],
    }


def _congestion(leg: Leg, free_ms: NDArray[np.int32]) -> NDArray[np.intp]:
    """(edges,) place in CONGESTION of each edge driven."""
    share = np.ones(len(leg.edges))
    share[0] -= leg.first_fraction
    share[-1] -= 1.0 - leg.last_fraction
    free = free_ms[leg.edges] * share
    is_told = (free_ms[leg.edges] != CLOSED) & (np.abs(leg.along_ms - free) > ROUNDED_MS)
    ratio = np.divide(leg.along_ms, free, out=np.ones(len(free)), where=free > 0)
    return np.where(is_told, 1 + np.searchsorted(CONGESTED_FROM, ratio, side="right"), 0)


def _step(step: Step, language: str) -> Json:
    lanes = step.junctions[0].lanes if step.junctions else ()
    return {
        "type": step.kind,
        "modifier": step.modifier,
        "instruction": instruction(step, language),
        "name": step.name,
        "ref": step.ref,
        "destinations": step.destinations,
        "exit": step.exit,
        "side": step.side,
        "lanes": [{"indications": list(lane.indications), "valid": lane.valid} for lane in lanes],
        "distance_m": round(step.distance_m, 1),
        "duration_s": round(step.duration_s, 3),
        "bearing_deg": round(step.bearing_after_deg, 1),
        "location": list(step.lonlat),
        "points": [step.first_point, step.last_point],
    }


def as_version(version: str, as_of: float) -> Json:
    """Which metric an answer was made from."""
    return {"metric_version": version, "as_of": datetime.fromtimestamp(as_of, UTC)}


def _time(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def as_isochrone(reached: Reached, roads: Roads, made: Json, as_text: bool = False) -> Json:
    """One polygon a contour, the smallest first; or one feature for each reached road part, with its lasting key.

    as_text: polygons as finished JSON, for answers that stay in WGS-84.
    """
    features: list[Json] = []
    if reached.areas is not None:
        features = isochrone.contour_features(reached.areas, reached.metric, as_text)
    elif reached.lines is not None:
        features = isochrone.reached_features(reached.lines, reached.metric)
        for feature in features:
            feature["properties"]["road"] = edge_key(roads, feature["properties"].pop("edge"))
    return {"type": "FeatureCollection", "features": features, **made, **as_version(reached.version, reached.as_of)}


def as_expansion(found: expansion.Expansion, version: str, as_of: float, roads: Roads, made: Json) -> Json:
    """Reached edges as features, in the order in which they were reached."""
    features = expansion.expansion_features(found)
    for feature, before in zip(features, found.predecessor.tolist()):
        properties = feature["properties"]
        properties["road"] = edge_key(roads, properties.pop("edge"))
        properties["predecessor"] = features[before]["properties"]["road"] if before >= 0 else None
    return {"type": "FeatureCollection", "features": features, **made, **as_version(version, as_of)}


def as_nearest(near: Near, shapes: EdgeShapes, roads: Roads, made: Json) -> Json:
    """Roads near a point, the nearest first."""
    found = []
    for snap in near.snaps:
        edges = (snap.starts if len(snap.starts) else snap.ends).edge
        edge = int(edges[0]) if len(edges) and not snap.is_local else 2 * snap.segment
        leaving, _ = edge_bearings(shapes, np.array([edge]))
        found.append(
            {
                "location": [round(degree, 7) for degree in snap.lonlat],
                "distance_m": round(snap.distance_m, 2),
                "name": roads.names[int(roads.seg_name[snap.segment])],
                "ref": roads.names[int(roads.seg_ref[snap.segment])],
                "road": edge_key(roads, edge),
                "bearing_deg": round(float(np.nan_to_num(leaving[0])), 1),
            }
        )
    return {"roads": found, **made, **as_version(near.version, near.as_of)}


def as_file(found: Found, form: str, language: str) -> Reply:
    """Ways as GeoJSON, GPX or KML."""
    texts = [[instruction(step, language) for steps in route.steps for step in steps] for route in found.routes]
    if form == "gpx":
        return Reply(documents.route_gpx(found.routes, texts), media_type="application/gpx+xml")
    if form == "kml":
        return Reply(documents.route_kml(found.routes, texts), media_type="application/vnd.google-earth.kml+xml")
    features = [formats.route_feature(route) for route in found.routes]
    return Reply({"type": "FeatureCollection", "features": features, **as_version(found.version, found.as_of)})
