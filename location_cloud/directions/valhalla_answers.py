"""Valhalla's answers written: trips, matrices, contours, roads found.

Source: Valhalla API reference (valhalla.github.io/valhalla/api); shapes checked against Valhalla 3.9.1.
"""

from __future__ import annotations

import colorsys
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from location_cloud.directions.asked import Json, Stretch, join, line_box, list_stretches, lonlats
from location_cloud.directions.expansion import Expansion
from location_cloud.directions.isochrone import as_contours
from location_cloud.directions.manoeuvre_codes import valhalla_type
from location_cloud.directions.model import Matrix, Place, Reached, Route, Snap, Step
from location_cloud.directions.valhalla import Question
from location_cloud.directions.wording import find_language, instruction, spoken_distance
from location_cloud.roads.model import CLASSES, FERRY, TOLL, UNPAVED, Roads
from location_cloud.spatial.polyline import encode_polyline
from routing.shape import EdgeShapes, edge_bearings
from routing.trip import CLOSED

SPOKEN_VERSION = "3.9.1"
"""The version of Valhalla whose interface this is."""

ACTIONS = (
    "route",
    "locate",
    "sources_to_targets",
    "optimized_route",
    "isochrone",
    "trace_route",
    "trace_attributes",
    "expansion",
    "status",
)

IGNORED = 299
"""Code of a warning; ours."""

SOON_S = 12.0
"""Two manoeuvres so near each other are spoken together; ours."""

_MOTORWAYS = tuple(CLASSES.index(name) for name in ("motorway", "motorway_link"))
_TRAVEL = {
    "car": ("drive", "car"),
    "emergency": ("drive", "car"),
    "taxi": ("drive", "car"),
    "bus": ("drive", "bus"),
    "truck": ("drive", "truck"),
    "motorcycle": ("drive", "motorcycle"),
    "bicycle": ("bicycle", "hybrid"),
    "foot": ("pedestrian", "foot"),
    "wheelchair": ("pedestrian", "wheelchair"),
}
_PLACE = ("name", "street", "city", "state", "postal_code", "country", "phone", "url")
_TOLD = (*_PLACE, "heading", "display_lat", "waiting")
"""What Valhalla repeats of a location."""


def as_trip(roads: Roads, asked: Question, route: Route, driving_side: str, order: Sequence[int] = ()) -> Json:
    """A trip. order: numbers of the locations as they are visited, if not in the asked order."""
    through = [asked.through[place] for place in order] if order else asked.through
    stretches = list_stretches(route, through)
    whole = join(stretches)
    return {
        **warnings(asked),
        "locations": _locations(asked, route, stretches, order or range(len(asked.places))),
        "legs": [_leg(roads, asked, stretch, driving_side) for stretch in stretches],
        "summary": _summary(roads, asked, whole),
        "status_message": "Found route between points",
        "status": 0,
        "units": asked.units,
        "language": asked.language,
    }


def with_id(asked: Question, answer: Json) -> Json:
    """The answer with the id of the question, if it has one."""
    return {**answer, "id": asked.raw["id"]} if "id" in asked.raw else answer


def warnings(asked: Question) -> Json:
    """What of the question has no effect, if anything."""
    if not asked.ignored:
        return {}
    text = f"costing options without effect here: {', '.join(asked.ignored)}"
    return {"warnings": [{"code": IGNORED, "text": text}]}


def _locations(asked: Question, route: Route, stretches: Sequence[Stretch], order: Sequence[int]) -> list[Json]:
    sides = {0: ""}
    ends = [place for place in range(1, len(order)) if not asked.through[order[place]] or place == len(order) - 1]
    for place, stretch in zip(ends, stretches):
        sides[place] = stretch.steps[-1].side if stretch.steps else ""
    found = []
    for place, number in enumerate(order):
        given = asked.locations[number]
        lon, lat = asked.places[number].lonlat
        echoed = {name: given[name] for name in _TOLD if name in given}
        kind = given.get("type") if given.get("type") in ("through", "via", "break_through") else "break"
        side = {"side_of_street": sides[place]} if sides.get(place) else {}
        times = _time_of(asked, place, len(order))
        found.append({"type": kind, "lat": lat, "lon": lon, **echoed, **side, **times, "original_index": number})
    return found


def _time_of(asked: Question, place: int, count: int) -> Json:
    wish = asked.wish
    at = wish.depart if place == 0 else wish.arrive if place == count - 1 else None
    return {} if at is None else {"date_time": at.strftime("%Y-%m-%dT%H:%M")}


def _leg(roads: Roads, asked: Question, stretch: Stretch, driving_side: str) -> Json:
    leg: Json = {}
    if asked.narrative != "none":
        leg["maneuvers"] = [
            _maneuver(roads, asked, stretch, place, driving_side) for place in range(len(stretch.steps))
        ]
    leg["summary"] = _summary(roads, asked, stretch)
    line = stretch.shape.line_e7
    if asked.shape == "geojson":
        leg["shape"] = {"type": "LineString", "coordinates": lonlats(line)}
    elif asked.shape != "no_shape":
        leg["shape"] = encode_polyline(line, 5 if asked.shape == "polyline5" else 6)
    return leg


def _maneuver(roads: Roads, asked: Question, stretch: Stretch, place: int, driving_side: str) -> Json:
    step = stretch.steps[place]
    following = stretch.steps[place + 1] if place + 1 < len(stretch.steps) else None
    found: Json = {"type": valhalla_type(step.kind, step.modifier, step.side, driving_side)}
    found |= _spoken(asked, step, following)
    names = [name for name in (step.name, step.ref) if name]
    if names:
        found["street_names"] = names
    if step.kind != "depart":
        found["bearing_before"] = round(step.bearing_before_deg) % 360
    if step.kind != "arrive":
        found["bearing_after"] = round(step.bearing_after_deg) % 360
    if step.exit:
        found["roundabout_exit_count"] = step.exit
    if step.destinations or step.junction:
        found["sign"] = _sign(step)
    found |= _kind_of_road(roads, stretch.edges[step.first_edge : step.last_edge])
    seconds = round(step.duration_s, 3)
    mode, vehicle = _TRAVEL.get(asked.wish.profile, ("drive", "car"))
    return {
        **found,
        "time": seconds,
        "length": round(step.distance_m / 1000 * asked.km, 3),
        "cost": seconds,
        "begin_shape_index": step.first_point,
        "end_shape_index": step.last_point,
        "travel_mode": mode,
        "travel_type": vehicle,
    }


def _spoken(asked: Question, step: Step, following: Step | None) -> Json:
    if asked.narrative != "instructions":
        return {"instruction": ""}
    language = find_language(asked.language)
    said = instruction(step, language)
    found: Json = {"instruction": said}
    if step.kind != "depart":
        found["verbal_transition_alert_instruction"] = said
    if step.kind != "arrive":
        found["verbal_succinct_transition_instruction"] = said
    found["verbal_pre_transition_instruction"] = said
    if following is not None:
        found["verbal_post_transition_instruction"] = spoken_distance(step.distance_m, language)
        if step.duration_s < SOON_S:
            found["verbal_pre_transition_instruction"] = f"{said} {instruction(following, language)}"
            found["verbal_multi_cue"] = True
    return found


def _sign(step: Step) -> Json:
    sign: Json = {}
    if step.junction:
        sign["exit_number_elements"] = [{"text": step.junction}]
    if step.destinations:
        sign["exit_toward_elements"] = [{"text": text.strip()} for text in step.destinations.split(",")]
    return sign


def _kind_of_road(roads: Roads, edges: NDArray[np.int32]) -> Json:
    flags, classes = roads.seg_flags[edges >> 1], roads.seg_class[edges >> 1]
    found = {
        "toll": bool((flags & TOLL).any()),
        "highway": bool(len(edges)) and bool(np.isin(classes, _MOTORWAYS).all()),
        "ferry": bool((flags & FERRY).any()),
        "rough": bool(len(edges)) and bool((flags & UNPAVED).all()),
    }
    return {name: True for name, holds in found.items() if holds}


def _summary(roads: Roads, asked: Question, stretch: Stretch) -> Json:
    flags, classes = roads.seg_flags[stretch.edges >> 1], roads.seg_class[stretch.edges >> 1]
    west, south, east, north = line_box(stretch.shape.line_e7)
    seconds = stretch.duration_ms / 1000
    return {
        "has_time_restrictions": False,
        "has_toll": bool((flags & TOLL).any()),
        "has_highway": bool(np.isin(classes, _MOTORWAYS).any()),
        "has_ferry": bool((flags & FERRY).any()),
        "min_lat": south,
        "min_lon": west,
        "max_lat": north,
        "max_lon": east,
        "time": seconds,
        "length": round(stretch.distance_m / 1000 * asked.km, 3 if asked.units == "kilometers" else 4),
        "cost": seconds,
    }


def as_matrix(asked: Question, matrix: Matrix, is_verbose: bool) -> Json:
    """A matrix: a cell an object, or two plain tables. Units as asked, null = no way."""
    is_missing = matrix.durations_ms == CLOSED
    centimetres = matrix.durations_ms * 0 if matrix.distances_cm is None else matrix.distances_cm
    seconds = np.rint(matrix.durations_ms / 1000).astype(np.int64)
    lengths = np.round(centimetres / 100_000 * asked.km, 3)
    times = [[None if gap else s for s, gap in zip(*row)] for row in zip(seconds.tolist(), is_missing.tolist())]
    units = [[None if gap else m for m, gap in zip(*row)] for row in zip(lengths.tolist(), is_missing.tolist())]
    tail: Json = {**warnings(asked), "units": asked.units, "algorithm": "costmatrix"}
    if not is_verbose:
        return {"sources_to_targets": {"durations": times, "distances": units}, **tail}
    begins, ends = [_at(snap) for snap in matrix.sources], [_at(snap) for snap in matrix.targets]
    cells = [
        [_cell(i, j, times[i][j], units[i][j], begins[i], ends[j]) for j in range(len(ends))]
        for i in range(len(begins))
    ]
    return {"sources_to_targets": cells, "sources": begins, "targets": ends, **tail}


def _cell(i: int, j: int, seconds: Any, length: Any, begin: Json, end: Json) -> Json:
    cell = {"from_index": i, "to_index": j, "time": seconds, "distance": length, "cost": seconds}
    if seconds is None:
        return cell
    return {
        **cell,
        "begin_lat": begin["lat"],
        "begin_lon": begin["lon"],
        "end_lat": end["lat"],
        "end_lon": end["lon"],
    }


def _at(snap: Snap) -> Json:
    return {"lat": round(snap.lonlat[1], 6), "lon": round(snap.lonlat[0], 6)}


def as_contour_features(
    reached: Reached, limits: Sequence[tuple[float, str]], is_filled: bool, least_share: float
) -> list[Json]:
    """Features of one metric, the farthest first. limits: each with its colour, "" = none wished. least_share: parts
    smaller than this share of the largest are left out (Valhalla's denoise).
    """
    if reached.areas is None:
        return []
    features = []
    colours = dict(limits)
    for contour in as_contours(reached.areas, reached.metric)[::-1]:
        parts = sorted(getattr(contour.geometry, "geoms", ()), key=lambda part: -part.area)
        properties = {
            "color": colours.get(contour.value, ""),
            "contour": contour.value / (60 if contour.metric == "time" else 1000),
            "metric": contour.metric,
        }
        for part in (part for part in parts if part.area >= least_share * parts[0].area):
            rings = [np.round(ring.coords, 6).tolist() for ring in (part.exterior, *part.interiors)]
            line = {"coordinates": rings[0], "type": "LineString"}
            shape = {"coordinates": rings, "type": "Polygon"} if is_filled else line
            features.append({"properties": dict(properties), "geometry": shape, "type": "Feature"})
    return features


def paint(features: Sequence[Json]) -> None:
    """Gives contours their colours: the wished one, or one of a row from red to green."""
    for place, feature in enumerate(features):
        properties = feature["properties"]
        wished = properties["color"]
        colour = f"#{wished}" if wished else _hex(150 / 360 * place / len(features))
        properties |= {"fill-opacity": 0.33, "fillColor": colour, "opacity": 0.33}
        properties |= {"fill": colour, "fillOpacity": 0.33, "color": colour}


def location_features(place: Place, snap: Snap) -> list[Json]:
    """The location as asked and on the road (show_locations)."""
    points = (("snapped", (snap.lonlat[0], snap.lonlat[1])), ("input", place.lonlat))
    return [
        {
            "geometry": {"coordinates": [[round(lon, 6), round(lat, 6)]], "type": "MultiPoint"},
            "properties": {"location_index": 0, "type": kind},
            "type": "Feature",
        }
        for kind, (lon, lat) in points
    ]


def _hex(hue: float) -> str:
    return "#" + "".join(f"{int(part * 255):02x}" for part in colorsys.hsv_to_rgb(hue, 2 / 3, 0.75))


def as_located(
    place: Place, near: Sequence[Snap], local_ms: NDArray[np.int32], shapes: EdgeShapes, roads: Roads, is_verbose: bool
) -> Json:
    """What is under a location: an entry for each direction of the nearest road. local_ms: of the way of moving; a
    private road is entered elsewhere, but it is there.
    """
    edges = []
    for snap in near:
        own = {2 * snap.segment, 2 * snap.segment + 1}
        if not snap.is_local:
            own &= set(snap.starts.edge.tolist())
        for edge in (edge for edge in sorted(own) if local_ms[edge] != CLOSED):
            along = snap.fraction if edge % 2 == 0 else 1.0 - snap.fraction
            found: Json = {
                "way_id": int(roads.seg_way[snap.segment]),
                "correlated_lat": round(snap.lonlat[1], 6),
                "correlated_lon": round(snap.lonlat[0], 6),
                "side_of_street": _side(place, snap, edge, shapes),
                "percent_along": round(along, 5),
            }
            edges.append({**found, **_about(snap, edge, shapes, roads)} if is_verbose else found)
    lon, lat = place.lonlat
    return {"input_lat": lat, "input_lon": lon, "edges": edges, "nodes": []}


def _side(place: Place, snap: Snap, edge: int, shapes: EdgeShapes) -> str:
    if snap.distance_m < 5.0:
        return "neither"
    leaving, _ = edge_bearings(shapes, np.array([edge]))
    east = (place.lonlat[0] - snap.lonlat[0]) * np.cos(np.radians(snap.lonlat[1]))
    to_place = np.degrees(np.arctan2(east, place.lonlat[1] - snap.lonlat[1]))
    return "right" if (to_place - float(leaving[0])) % 360 < 180 else "left"


def _about(snap: Snap, edge: int, shapes: EdgeShapes, roads: Roads) -> Json:
    segment = snap.segment
    first, last = int(roads.shape_start[segment]), int(roads.shape_start[segment + 1])
    line = roads.shape_e7[first:last] if edge % 2 == 0 else roads.shape_e7[first:last][::-1]
    names = [roads.names[int(column[segment])] for column in (roads.seg_name, roads.seg_ref) if column[segment]]
    leaving, _ = edge_bearings(shapes, np.array([edge]))
    limit = roads.seg_maxspeed_backward_kmh if edge % 2 else roads.seg_maxspeed_forward_kmh
    return {
        "distance": round(snap.distance_m, 1),
        "heading": round(float(np.nan_to_num(leaving[0])), 1),
        "edge_id": {"value": edge},
        "edge_info": {
            "way_id": int(roads.seg_way[segment]),
            "names": names,
            "shape": encode_polyline(np.ascontiguousarray(line), 6),
            "speed_limit": int(limit[segment]),
        },
        "edge": {
            "classification": {"classification": CLASSES[int(roads.seg_class[segment])]},
            "geo_attributes": {"length": round(float(roads.seg_length_m[segment]))},
        },
    }


def as_expansion(expansion: Expansion, wanted: Sequence[str]) -> Json:
    """Edges as features, in the order in which they were reached, with the wanted properties."""
    start = expansion.line_start.tolist()
    coordinates = lonlats(expansion.line_e7)
    before = np.append(expansion.edge, -1)[expansion.predecessor].tolist()
    columns: dict[str, list[Any]] = {
        "duration": np.rint(expansion.duration_ms / 1000).astype(int).tolist(),
        "distance": np.rint(expansion.distance_m).astype(int).tolist(),
        "cost": np.rint(expansion.duration_ms / 1000).astype(int).tolist(),
        "edge_status": ["s"] * len(expansion),
        "edge_id": expansion.edge.tolist(),
        "pred_edge_id": [None if edge < 0 else edge for edge in before],
    }
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "geometry": {"type": "LineString", "coordinates": coordinates[start[i] : start[i + 1]]},
                "properties": {name: columns[name][i] for name in columns if name in wanted},
            }
            for i in range(len(expansion))
        ],
        "properties": {"algorithm": "dijkstras"},
    }
