"""Valhalla's trace_route and trace_attributes: questions read, answers written; translation only.

Source: Valhalla's documentation, "Map Matching service API reference".
"""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from location_cloud.directions.asked import Json, as_number
from location_cloud.directions.formats import decode_polyline
from location_cloud.directions.guidance import list_steps
from location_cloud.directions.match_answers import mean_confidence
from location_cloud.directions.matched import MatchedTrack
from location_cloud.directions.model import Place, Route
from location_cloud.directions.model_match import MOST_FIXES, Track
from location_cloud.directions.network import Network
from location_cloud.directions.profiles import Profile
from location_cloud.directions.star import Star
from location_cloud.directions.track_forms import as_track
from location_cloud.directions.valhalla import Question, fault, read_place, read_question
from location_cloud.roads.model import CLASSES, Roads
from location_cloud.spatial.polyline import encode_polyline

MATCHES = ("map_snap", "walk_or_snap", "edge_walk")


def read_trace(asked: Json) -> tuple[Question, Track]:
    """A trace's question, whose places are its ends, and the track. Raises BadQuery with Valhalla's code, TooLarge."""
    shape, encoded = asked.get("shape"), asked.get("encoded_polyline")
    told: list[Json] = []
    if isinstance(encoded, str):
        lonlats = (decode_polyline(encoded, 6, MOST_FIXES) / 1e7).tolist()
    elif isinstance(shape, list) and len(shape) >= 2:
        if len(shape) > MOST_FIXES:
            raise fault(150, str(MOST_FIXES))
        lonlats = [read_place(place).lonlat for place in shape]
        told = [place for place in shape if isinstance(place, dict)]
    else:
        raise fault(312)
    if len(lonlats) < 2:
        raise fault(312)
    if asked.get("shape_match", "walk_or_snap") not in MATCHES:
        raise fault(199, f"shape_match is one of {', '.join(MATCHES)}")
    count = len(lonlats)
    options = asked.get("trace_options")
    sigma = as_number(options.get("gps_accuracy")) if isinstance(options, dict) else None
    if len(told) == count and all("time" in place for place in told):
        times: list[Any] = [as_number(place["time"]) for place in told]
    else:
        times = _times(asked, count)
    places = told if len(told) == count else [{}] * count
    accuracy = [as_number(place.get("accuracy")) or sigma for place in places]
    headings = [as_number(place.get("heading")) for place in places]
    track = as_track(lonlats, times, accuracy, headings, [None] * count)
    ends = [{"lon": lon, "lat": lat} for lon, lat in (lonlats[0], lonlats[-1])]
    return read_question({**asked, "locations": ends, "alternates": 0}), track


def as_route(
    star: Star, profile: Profile, network: Network, roads: Roads, asked: Question, found: MatchedTrack
) -> tuple[Question, Route]:
    """The matched drive as a route with a leg for each piece, and the question with the places between them."""
    ends = [piece.shape.line_e7[-1] / 1e7 for piece in found.pieces]
    begin = found.pieces[0].shape.line_e7[0] / 1e7
    places = tuple(Place((float(lon), float(lat))) for lon, lat in (begin, *ends))
    pairs = zip(found.pieces, pairwise(places))
    steps = tuple(
        list_steps(roads, star, profile, network, piece.leg, piece.shape, one.lonlat, other.lonlat, False)
        for piece, (one, other) in pairs
    )
    route = Route(tuple(piece.leg for piece in found.pieces), tuple(piece.shape for piece in found.pieces), steps)
    locations = tuple({"lon": place.lonlat[0], "lat": place.lonlat[1]} for place in places)
    return replace(asked, places=places, locations=locations, through=(False,) * len(places)), route


def as_attributes(roads: Roads, asked: Question, found: MatchedTrack) -> Json:
    """The answer of trace_attributes; `filters` may leave out edges, matched points or the shape."""
    lines = [found.pieces[0].shape.line_e7, *(piece.shape.line_e7 for piece in found.pieces[1:])]
    starts = np.cumsum([0, *(len(line) for line in lines)]).tolist()
    edges: list[Json] = []
    first_edge: list[int] = []
    for piece, start in zip(found.pieces, starts):
        first_edge.append(len(edges))
        bounds = piece.shape.begins.tolist()
        metres = piece.shape.along_m
        for place, edge in enumerate(piece.leg.edges.tolist()):
            segment = edge >> 1
            length_m = float(metres[bounds[place + 1]] - metres[bounds[place]])
            seconds = max(float(piece.leg.along_ms[place]) / 1000.0, 1e-3)
            name = roads.names[int(roads.seg_name[segment])]
            edges.append(
                {
                    "way_id": int(roads.seg_way[segment]),
                    "id": edge,
                    "names": [name] if name else [],
                    "road_class": CLASSES[int(roads.seg_class[segment])],
                    "length": round(length_m / 1000.0 * asked.km, 4),
                    "speed": round(3.6 * length_m / seconds * asked.km),
                    "begin_shape_index": start + bounds[place],
                    "end_shape_index": start + bounds[place + 1],
                }
            )
    answer = {
        "units": asked.units,
        "shape": encode_polyline(np.concatenate(lines), 6),
        "edges": edges,
        "matched_points": _points(found, first_edge),
        "confidence_score": mean_confidence(found, roads, 0, len(found.matched.traversals) - 1),
        "raw_score": 0.0,
    }
    return _filtered(asked.raw.get("filters"), answer)


def _points(found: MatchedTrack, first_edge: list[int]) -> list[Json]:
    snaps = found.matched.snaps
    of_row = np.zeros(len(found.matched.traversals) + 1, np.int64)
    for piece, first in zip(found.pieces, first_edge):
        rows = np.arange(piece.first_row, piece.last_row + 1)
        of_row[rows] = first + rows - piece.first_row
    told = []
    for number, row in enumerate(found.fix_row.tolist()):
        lon, lat = found.track.lonlat[number].tolist()
        if row < 0:
            told.append({"lon": lon, "lat": lat, "type": "unmatched"})
            continue
        lon, lat = found.fix_lonlat[number].round(6).tolist()
        told.append(
            {
                "lon": lon,
                "lat": lat,
                "type": "matched",
                "edge_index": int(of_row[row]),
                "distance_along_edge": round(float(snaps.fraction[number]), 3),
                "distance_from_trace_point": round(float(snaps.distance_m[number]), 3),
            }
        )
    return told


def _filtered(filters: Any, answer: Json) -> Json:
    """What the filters leave: names as edge.length, matched.point, shape."""
    if not isinstance(filters, dict) or not isinstance(filters.get("attributes"), list):
        return answer
    named = {str(name) for name in filters["attributes"][:200]}
    includes = filters.get("action") == "include"

    def is_kept(name: str) -> bool:
        return (name in named) == includes

    kept = {
        name: value for name, value in answer.items() if name in ("units", "edges", "matched_points") or is_kept(name)
    }
    kept["edges"] = [{key: value for key, value in edge.items() if is_kept(f"edge.{key}")} for edge in answer["edges"]]
    if includes and not any(name.startswith("edge.") for name in named):
        del kept["edges"]
    if includes and not any(name.startswith("matched.") for name in named):
        del kept["matched_points"]
    return kept


def _times(asked: Json, count: int) -> list[Any]:
    durations = asked.get("durations")
    begin = as_number(asked.get("begin_time"))
    if not isinstance(durations, list) or len(durations) != count - 1:
        return [None] * count
    steps = [as_number(one) or 0.0 for one in durations]
    return list(accumulate(steps, initial=begin or 0.0))
