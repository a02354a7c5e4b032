"""openrouteservice's answers written: routes, areas in reach, matrices, places on roads.

Source: openrouteservice API documentation v2, "Routing Response", "Isochrones Response", "Instruction Types",
"Extra Info".
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from location_cloud import __version__
from location_cloud.directions.asked import Json, Stretch, join, line_box, list_stretches, lonlats
from location_cloud.directions.isochrone import as_contours
from location_cloud.directions.manoeuvre_codes import ors_type
from location_cloud.directions.model import Matrix, Reached, Route, Snap, Step
from location_cloud.directions.ors import Directions, Isochrones, Table
from location_cloud.directions.wording import find_language, instruction
from location_cloud.roads.model import CLASSES, SURFACES, TOLL, Roads
from location_cloud.spatial.polyline import encode_polyline
from routing.trip import CLOSED

SPOKEN_VERSION = "9.3.0"
"""The version of openrouteservice whose interface this is."""

_WAY_TYPES = {
    "motorway": 1,
    "trunk": 1,
    "primary": 1,
    "secondary": 2,
    "tertiary": 2,
    "unclassified": 2,
    "residential": 3,
    "living_street": 3,
    "service": 3,
    "road": 2,
    "path": 4,
    "bridleway": 4,
    "track": 5,
    "cycleway": 6,
    "footway": 7,
    "pedestrian": 7,
    "corridor": 7,
    "steps": 8,
    "ferry": 9,
}
"""Source: openrouteservice documentation, "Extra Info": 0 unknown, 1 state road, 2 road, 3 street, 4 path, 5 track,
6 cycleway, 7 footway, 8 steps, 9 ferry, 10 construction."""

_SURFACE_TYPES = {
    "paved": 1,
    "unpaved": 2,
    "asphalt": 3,
    "chipseal": 3,
    "concrete": 4,
    "concrete:lanes": 4,
    "concrete:plates": 4,
    "cobblestone": 5,
    "metal": 6,
    "metal_grid": 6,
    "wood": 7,
    "compacted": 8,
    "fine_gravel": 8,
    "gravel": 10,
    "pebblestone": 10,
    "dirt": 11,
    "clay": 11,
    "mud": 11,
    "ground": 12,
    "rock": 12,
    "ice": 13,
    "snow": 13,
    "paving_stones": 14,
    "bricks": 14,
    "sett": 5,
    "sand": 15,
    "woodchips": 16,
    "grass": 17,
    "grass_paver": 18,
}
"""Source: openrouteservice documentation, "Extra Info", surface; 0 = unknown."""

EXTRAS = ("waytype", "surface", "tollways", "osmid")
"""What `extra_info` is answered; the others need data that is not here."""


def metadata(service: str, profile: str, asked: Json, now: datetime, built: datetime) -> Json:
    """What every answer says of itself."""
    found: Json = {
        "attribution": "openrouteservice.org API spoken by location-cloud | OpenStreetMap contributors",
        "service": service,
        "timestamp": int(now.timestamp() * 1000),
        "query": {**asked, "profile": profile},
        "engine": engine(built),
    }
    return {**found, "id": asked["id"]} if "id" in asked else found


def engine(built: datetime) -> Json:
    """Which engine answered, from data of when."""
    day = built.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"version": SPOKEN_VERSION, "build_date": day, "graph_date": day, "location_cloud": __version__}


def as_routes(roads: Roads, asked: Directions, routes: Sequence[Route]) -> Json:
    """The JSON form: routes with encoded lines."""
    found = []
    for route in routes:
        whole, properties = _route(roads, asked, route)
        geometry = {"geometry": encode_polyline(whole.shape.line_e7)} if asked.has_geometry else {}
        found.append({**properties, "bbox": line_box(whole.shape.line_e7), **geometry})
    return {"bbox": _box(route["bbox"] for route in found), "routes": found}


def as_features(roads: Roads, asked: Directions, routes: Sequence[Route]) -> Json:
    """The GeoJSON form."""
    features = []
    for route in routes:
        whole, properties = _route(roads, asked, route)
        features.append(
            {
                "bbox": line_box(whole.shape.line_e7),
                "type": "Feature",
                "properties": properties,
                "geometry": {"coordinates": lonlats(whole.shape.line_e7), "type": "LineString"},
            }
        )
    return {"type": "FeatureCollection", "bbox": _box(feature["bbox"] for feature in features), "features": features}


def _route(roads: Roads, asked: Directions, route: Route) -> tuple[Stretch, Json]:
    stretches = list_stretches(route, [False] * len(asked.places))
    whole = join(stretches)
    ends = np.cumsum([0, *(len(stretch.shape.line_e7) - 1 for stretch in stretches)]).tolist()
    properties: Json = {
        "summary": {"distance": _length(asked, whole.distance_m), "duration": round(whole.duration_ms / 1000, 1)},
        "way_points": ends,
    }
    if asked.has_steps:
        properties["segments"] = [_segment(asked, stretch, begin) for stretch, begin in zip(stretches, ends[:-1])]
    wanted = [name for name in asked.extras if name in EXTRAS]
    if wanted:
        properties["extras"] = {_EXTRA_KEYS.get(name, name): _extra(roads, name, whole) for name in wanted}
    left_out = sorted(set(asked.extras) - set(EXTRAS))
    told = (("extra_info not available", left_out), ("without effect here", asked.ignored))
    if warnings := [{"code": 4, "message": f"{what}: {', '.join(names)}"} for what, names in told if names]:
        properties["warnings"] = warnings
    return whole, properties


_EXTRA_KEYS = {"waytype": "waytypes", "osmid": "osmId"}


def _segment(asked: Directions, stretch: Stretch, begin: int) -> Json:
    language = find_language(asked.language)
    metres, seconds = stretch.distance_m, stretch.duration_ms / 1000
    segment: Json = {
        "distance": _length(asked, metres),
        "duration": round(seconds, 1),
        "steps": [_step(asked, step, begin, language) for step in stretch.steps],
    }
    if "avgspeed" in asked.attributes:
        segment["avgspeed"] = round(metres / seconds * 3.6, 2) if seconds else 0.0
    if "detourfactor" in asked.attributes:
        segment["detourfactor"] = _detour(stretch)
    if "percentage" in asked.attributes:
        segment["percentage"] = 100.0
    return segment


def _step(asked: Directions, step: Step, begin: int, language: str) -> Json:
    found: Json = {
        "distance": _length(asked, step.distance_m),
        "duration": round(step.duration_s, 1),
        "type": ors_type(step.kind, step.modifier),
        "instruction": instruction(step, language),
        "name": step.name or step.ref or "-",
        "way_points": [step.first_point + begin, step.last_point + begin],
    }
    if step.exit:
        found["exit_number"] = step.exit
    if asked.has_maneuvers:
        found["maneuver"] = {
            "location": [round(degree, 6) for degree in step.lonlat],
            "bearing_before": round(step.bearing_before_deg) % 360,
            "bearing_after": round(step.bearing_after_deg) % 360,
        }
    return found


def _length(asked: Directions, metres: float) -> float:
    return round(metres / asked.unit_m, 1 if asked.unit_m == 1.0 else 3)


def _detour(stretch: Stretch) -> float:
    west, north = stretch.shape.line_e7[0] / 1e7
    east, south = stretch.shape.line_e7[-1] / 1e7
    direct = np.hypot((east - west) * np.cos(np.radians((north + south) / 2)), south - north) * 111_195
    return round(float(stretch.distance_m / direct), 2) if direct > 0 else 1.0


def _extra(roads: Roads, name: str, whole: Stretch) -> Json:
    """Runs of one value along the line: [first point, last point, value], and how much of the way each has."""
    segments = whole.edges >> 1
    values = _values(roads, name, segments)
    begins = whole.shape.begins
    cuts = np.flatnonzero(np.diff(values, prepend=values[0] - 1))
    last = np.append(cuts[1:], len(values))
    metres = whole.shape.along_m[begins[last]] - whole.shape.along_m[begins[cuts]]
    total = max(whole.distance_m, 1e-9)
    shares = {int(value): float(metres[values[cuts] == value].sum()) for value in np.unique(values)}
    return {
        "values": [[int(begins[first]), int(begins[end]), int(values[first])] for first, end in zip(cuts, last)],
        "summary": [
            {"value": float(value), "distance": round(part, 1), "amount": round(100 * part / total, 2)}
            for value, part in sorted(shares.items(), key=lambda item: -item[1])
        ],
    }


def _values(roads: Roads, name: str, segments: NDArray[np.int32]) -> NDArray[np.int64]:
    if name == "waytype":
        table = [_WAY_TYPES.get(kind.removesuffix("_link"), 0) for kind in CLASSES]
        return np.array(table)[roads.seg_class[segments]]
    if name == "surface":
        return np.array([_SURFACE_TYPES.get(surface, 0) for surface in SURFACES])[roads.seg_surface[segments]]
    if name == "tollways":
        return ((roads.seg_flags[segments] & TOLL) > 0).astype(np.int64)
    return np.asarray(roads.seg_way[segments])


def as_isochrones(asked: Isochrones, group: int, reached: Reached, snap: Snap) -> list[Json]:
    """Features of one location, the nearest first."""
    if reached.areas is None:
        return []
    features = []
    for contour, value in zip(as_contours(reached.areas, reached.metric), asked.as_asked):
        properties: Json = {
            "group_index": group,
            "value": value,
            "center": [round(degree, 6) for degree in snap.lonlat],
        }
        if "area" in asked.attributes:
            properties["area"] = round(_area_m2(contour.geometry, snap.lonlat[1]) / asked.area_unit_m2, 2)
        if "reachfactor" in asked.attributes and reached.metric == "distance":
            properties["reachfactor"] = round(
                _area_m2(contour.geometry, snap.lonlat[1]) / (np.pi * contour.value**2), 4
            )
        features.append({"type": "Feature", "properties": properties, "geometry": _polygon(contour.geometry)})
    return features


def as_collection(features: Sequence[Json]) -> Json:
    """Features with the box around all."""
    boxes = [_bounds(feature["geometry"]) for feature in features]
    return {"type": "FeatureCollection", "bbox": _box(boxes), "features": list(features)}


def _polygon(geometry: Any) -> Json:
    parts = list(geometry.geoms)
    rings = [
        [np.round(ring.coords, 6).tolist() for ring in (part.exterior, *part.interiors)]
        for part in sorted(parts, key=lambda part: -part.area)
    ]
    return (
        {"coordinates": rings[0], "type": "Polygon"}
        if len(rings) == 1
        else {"coordinates": rings, "type": "MultiPolygon"}
    )


def _bounds(geometry: Json) -> list[float]:
    west, south, east, north = shapely.geometry.shape(geometry).bounds
    return [west, south, east, north]


def _area_m2(geometry: Any, lat: float) -> float:
    degree_m = 111_195.0
    return float(geometry.area * degree_m * degree_m * np.cos(np.radians(lat)))


def as_table(asked: Table, matrix: Matrix, names: Sequence[str]) -> Json:
    """Times in seconds and distances in the asked unit; null = no way. names: of sources, then of targets."""
    is_missing = matrix.durations_ms == CLOSED
    found: Json = {}
    if "duration" in asked.metrics:
        found["durations"] = np.where(is_missing, np.nan, np.round(matrix.durations_ms / 1000, 2))
    if "distance" in asked.metrics and matrix.distances_cm is not None:
        found["distances"] = np.where(is_missing, np.nan, np.round(matrix.distances_cm / 100 / asked.unit_m, 2))
    rows = len(matrix.sources)
    found["destinations"] = [_near(asked.has_names, *pair) for pair in zip(matrix.targets, names[rows:])]
    found["sources"] = [_near(asked.has_names, *pair) for pair in zip(matrix.sources, names[:rows])]
    return found


def as_snapped(snap: Snap, name: str) -> Json:
    """A place on the road, with its name if the road has one."""
    return _near(bool(name), snap, name)


def snapped_feature(number: int, snap: Snap, name: str) -> Json:
    """The same as a GeoJSON feature."""
    found = as_snapped(snap, name)
    point = {"coordinates": found.pop("location"), "type": "Point"}
    return {"type": "Feature", "properties": {"source_id": number, **found}, "geometry": point}


def _near(has_name: bool, snap: Snap, name: str) -> Json:
    found: Json = {"location": [round(degree, 6) for degree in snap.lonlat]}
    if has_name:
        found["name"] = name
    return {**found, "snapped_distance": round(snap.distance_m, 2)}


def _box(boxes: Any) -> list[float]:
    every = np.array(list(boxes)) if not isinstance(boxes, np.ndarray) else boxes
    if not len(every):
        return []
    return [*every[:, :2].min(axis=0).tolist(), *every[:, 2:].max(axis=0).tolist()]
