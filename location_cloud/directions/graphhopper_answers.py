"""GraphHopper's answers written: paths, areas in reach, matrices.

Source: GraphHopper web API documentation (docs/web/api-doc.md), version 11.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from location_cloud.directions.asked import Json, Stretch, join, line_box, list_stretches, lonlats
from location_cloud.directions.graphhopper import Question, Table
from location_cloud.directions.isochrone import as_contours
from location_cloud.directions.manoeuvre_codes import GRAPHHOPPER, graphhopper_sign
from location_cloud.directions.model import Matrix, Reached, Route, Snap, Step
from location_cloud.directions.wording import find_language, instruction
from location_cloud.roads.model import BRIDGE, CLASSES, FERRY, LINK, ROUNDABOUT, SURFACES, TOLL, TUNNEL, Roads
from location_cloud.spatial.polyline import encode_polyline
from routing.trip import CLOSED

SPOKEN_VERSION = "11.0"
"""The version of GraphHopper whose interface this is."""

_WAYPOINT = {"zh": "途经点 {number}", "en": "Waypoint {number}"}


def info(built: datetime) -> Json:
    """What every answer says of itself."""
    stamp = built.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"copyrights": ["location-cloud", "OpenStreetMap contributors"], "took": 0, "road_data_timestamp": stamp}


def as_paths(roads: Roads, asked: Question, routes: Sequence[Route], snaps: Sequence[Snap], driving_side: str) -> Json:
    """The paths of a route's answer."""
    snapped = np.rint(np.array([snap.lonlat for snap in snaps]) * 1e7).astype(np.int32)
    return {
        "hints": {"visited_nodes.sum": 0, "visited_nodes.average": 0.0},
        "paths": [_path(roads, asked, route, snapped, driving_side) for route in routes],
    }


def _path(roads: Roads, asked: Question, route: Route, snapped: NDArray[np.int32], driving_side: str) -> Json:
    stretches = list_stretches(route, asked.through)
    whole = join(stretches)
    line = whole.shape.line_e7
    path: Json = {
        "distance": round(whole.distance_m, 3),
        "weight": round(whole.duration_ms / 1000, 6),
        "time": whole.duration_ms,
        "transfers": 0,
        "points_encoded": asked.is_encoded,
        "legs": [],
        "ascend": 0.0,
        "descend": 0.0,
    }
    if asked.is_encoded:
        path["points_encoded_multiplier"] = asked.multiplier
    if asked.has_points:
        path |= {"bbox": line_box(line), "points": _line(asked, line)}
        if asked.has_instructions:
            path["instructions"] = _instructions(asked, stretches, driving_side)
        path["details"] = {name: _detail(roads, name, whole, stretches) for name in asked.details}
    return {**path, "snapped_waypoints": _line(asked, snapped)}


def _line(asked: Question, line_e7: NDArray[np.int32]) -> Any:
    if asked.is_encoded:
        return encode_polyline(line_e7, 6 if asked.multiplier == 1e6 else 5)
    return {"type": "LineString", "coordinates": lonlats(line_e7)}


def _instructions(asked: Question, stretches: Sequence[Stretch], driving_side: str) -> list[Json]:
    """Instructions of the whole path; a stop on the way is one of them and goes on as the departure after it."""
    language, found, begin = find_language(asked.language), [], 0
    for number, stretch in enumerate(stretches):
        is_last = number + 1 == len(stretches)
        for place, step in enumerate(stretch.steps if is_last else stretch.steps[:-1]):
            told = _instruction(step, begin, language, driving_side)
            if number and place == 0:
                text = _WAYPOINT["zh" if language.startswith("zh") else "en"].format(number=number)
                told |= {"sign": GRAPHHOPPER["via"], "text": text}
            found.append(told)
        begin += len(stretch.shape.line_e7) - 1
    return found


def _instruction(step: Step, begin: int, language: str, driving_side: str) -> Json:
    told: Json = {
        "distance": round(step.distance_m, 3),
        "sign": graphhopper_sign(step.kind, step.modifier, driving_side),
        "interval": [step.first_point + begin, step.last_point + begin],
        "text": instruction(step, language),
        "time": round(step.duration_s * 1000),
        "street_name": step.name,
    }
    if step.kind == "depart":
        told["heading"] = round(step.bearing_after_deg, 2)
    if step.kind == "arrive":
        told["last_heading"] = round(step.bearing_before_deg, 2)
    if step.exit:
        told |= {"exit_number": step.exit, "exited": True}
    optional = {"street_ref": step.ref, "street_destination": step.destinations}
    return told | {name: text for name, text in optional.items() if text}


def _detail(roads: Roads, name: str, whole: Stretch, stretches: Sequence[Stretch]) -> list[list[Any]]:
    """Runs along the line: first point, last point, value."""
    if name.startswith("leg_"):
        return _by_leg(name, stretches)
    values = _values(roads, name, whole)
    begins = whole.shape.begins.tolist()
    runs: list[list[Any]] = []
    for place, value in enumerate(values):
        first, last = begins[place], begins[place + 1]
        if runs and runs[-1][2] == value and name not in ("time", "distance", "weight"):
            runs[-1][1] = last
        elif first != last:
            runs.append([first, last, value])
    return runs


def is_prevented(roads: Roads, segment: int, kinds: Sequence[str]) -> bool:
    """Whether a road is of one of these kinds (snap_preventions); fords are not known here."""
    flags, road_class = int(roads.seg_flags[segment]), CLASSES[int(roads.seg_class[segment])].removesuffix("_link")
    bits = {"ferry": FERRY, "tunnel": TUNNEL, "bridge": BRIDGE}
    return any(road_class == kind or flags & bits.get(kind, 0) for kind in kinds)


def _by_leg(name: str, stretches: Sequence[Stretch]) -> list[list[Any]]:
    runs: list[list[Any]] = []
    begin = 0
    for stretch in stretches:
        end = begin + len(stretch.shape.line_e7) - 1
        value: Any = round(stretch.distance_m, 3) if name == "leg_distance" else stretch.duration_ms
        runs.append([begin, end, value / 1000 if name == "leg_weight" else value])
        begin = end
    return runs


def _values(roads: Roads, name: str, whole: Stretch) -> list[Any]:
    """One value for each edge."""
    segments, flags = whole.edges >> 1, roads.seg_flags[whole.edges >> 1]
    if name in ("street_name", "street_ref"):
        return roads.names.take((roads.seg_name if name == "street_name" else roads.seg_ref)[segments].tolist())
    if name == "street_destination":
        signed = np.where(
            whole.edges & 1, roads.seg_destination_backward[segments], roads.seg_destination_forward[segments]
        )
        return roads.names.take(signed.tolist())
    if name == "road_class":
        return [CLASSES[kind].removesuffix("_link") for kind in roads.seg_class[segments].tolist()]
    if name == "surface":
        return [SURFACES[kind] or "missing" for kind in roads.seg_surface[segments].tolist()]
    if name == "max_speed":
        limits = np.where(
            whole.edges & 1, roads.seg_maxspeed_backward_kmh[segments], roads.seg_maxspeed_forward_kmh[segments]
        )
        return [None if limit in (0, 255) else float(limit) for limit in limits.tolist()]
    if name == "toll":
        return ["all" if toll else "no" for toll in (flags & TOLL).tolist()]
    if name == "road_environment":
        kinds = (("ferry", FERRY), ("tunnel", TUNNEL), ("bridge", BRIDGE))
        return [next((kind for kind, bit in kinds if flag & bit), "road") for flag in flags.tolist()]
    if name in ("roundabout", "road_class_link"):
        return ((flags & (ROUNDABOUT if name == "roundabout" else LINK)) > 0).tolist()  # type: ignore[no-any-return]
    if name in ("edge_id", "osm_way_id"):
        return (segments if name == "edge_id" else roads.seg_way[segments]).tolist()  # type: ignore[no-any-return]
    metres = np.diff(whole.shape.along_m[whole.shape.begins])
    if name == "distance":
        return np.round(metres, 3).tolist()  # type: ignore[no-any-return]
    if name == "average_speed":
        speed = np.divide(metres * 3600, whole.edge_ms, out=np.zeros(len(metres)), where=whole.edge_ms > 0)
        return np.round(speed, 2).tolist()  # type: ignore[no-any-return]
    return (whole.edge_ms if name == "time" else whole.edge_ms / 1000).tolist()  # type: ignore[no-any-return]


def as_polygons(reached: Reached) -> list[Json]:
    """One feature a bucket, the nearest first."""
    if reached.areas is None:
        return []
    features = []
    for bucket, contour in enumerate(as_contours(reached.areas, reached.metric)):
        largest = max(getattr(contour.geometry, "geoms", ()), key=lambda part: part.area)
        rings = [np.round(ring.coords, 6).tolist() for ring in (largest.exterior, *largest.interiors)]
        shape = {"type": "Polygon", "coordinates": rings}
        features.append({"type": "Feature", "properties": {"bucket": bucket}, "geometry": shape})
    return features


def as_table(asked: Table, matrix: Matrix) -> Json:
    """Times in seconds, distances in metres, weights; null = no way."""
    is_missing = matrix.durations_ms == CLOSED
    found: Json = {}
    seconds = np.rint(matrix.durations_ms / 1000).astype(np.int64)
    columns: dict[str, NDArray[Any]] = {"times": seconds, "weights": np.round(matrix.durations_ms / 1000, 3)}
    if matrix.distances_cm is not None:
        columns["distances"] = np.rint(matrix.distances_cm / 100).astype(np.int64)
    for name in asked.parts:
        rows = zip(columns[name].tolist(), is_missing.tolist())
        found[name] = [[None if gap else value for value, gap in zip(*row)] for row in rows]
    gaps = np.argwhere(is_missing).tolist()
    if gaps:
        found["hints"] = [
            {
                "message": "Connection between locations not found",
                "details": "com.graphhopper.util.exceptions.ConnectionNotFoundException",
                "point_pairs": gaps[:1000],
            }
        ]
    return found


def as_nearest(snap: Snap) -> Json:
    """A point on the road."""
    return {
        "coordinates": [round(degree, 6) for degree in snap.lonlat],
        "distance": round(snap.distance_m, 3),
        "type": "Point",
    }
