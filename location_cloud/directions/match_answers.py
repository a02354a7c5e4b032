"""What is told of a matched track, in our own words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from location_cloud.directions.answers import as_version
from location_cloud.directions.formats import lonlat_list
from location_cloud.directions.matched import MatchedTrack, Piece
from location_cloud.roads.edges import edge_key
from location_cloud.roads.model import Roads

Json = dict[str, Any]


def as_match(found: MatchedTrack, roads: Roads, with_edges: bool, with_points: bool, made: Json) -> Json:
    """Parts with their lines and edges, stretches off the roads, and where every point lies."""
    by_part: dict[int, list[Piece]] = {}
    for piece in found.pieces:
        by_part.setdefault(piece.part, []).append(piece)
    return {
        "parts": [_part(found, roads, pieces, with_edges) for pieces in by_part.values()],
        "off_road": [{"first_point": first, "last_point": last} for first, last in found.stretches_off_road()],
        "points": _points(found, roads) if with_points else None,
        **made,
        **as_version(found.version, found.as_of),
    }


def mean_confidence(found: MatchedTrack, roads: Roads, first_row: int, last_row: int) -> float:
    """The mean confidence of some traversals by their lengths."""
    rows = found.matched.traversals
    here = slice(first_row, last_row + 1)
    metres = roads.seg_length_m[rows.edge[here] >> 1] * (rows.to_fraction[here] - rows.from_fraction[here])
    total = float(metres.sum())
    weights = metres if total > 0.0 else np.ones(len(metres))
    return round(float(np.average(rows.confidence[here], weights=weights)), 4)


def _part(found: MatchedTrack, roads: Roads, pieces: Sequence[Piece], with_edges: bool) -> Json:
    rows, first, last = found.matched.traversals, pieces[0].first_row, pieces[-1].last_row
    lines = [pieces[0].shape.line_e7, *(piece.shape.line_e7[1:] for piece in pieces[1:])]
    fixes = np.flatnonzero(found.matched.snaps.part == pieces[0].part)
    has_times = found.track.time_s is not None
    return {
        "geometry": {"type": "LineString", "coordinates": lonlat_list(np.concatenate(lines))},
        "distance_m": round(sum(float(piece.shape.along_m[-1]) for piece in pieces), 1),
        "free_flow_s": sum(piece.leg.duration_ms for piece in pieces) / 1000,
        "begins_at": _time(rows.enter_s[first], has_times),
        "ends_at": _time(rows.leave_s[last], has_times),
        "first_point": int(fixes[0]),
        "last_point": int(fixes[-1]),
        "confidence": mean_confidence(found, roads, first, last),
        "edges": [_edge(found, roads, row, has_times) for row in range(first, last + 1)] if with_edges else None,
    }


def _edge(found: MatchedTrack, roads: Roads, row: int, has_times: bool) -> Json:
    rows = found.matched.traversals
    edge = int(rows.edge[row])
    return {
        "key": edge_key(roads, edge),
        "name": roads.names[int(roads.seg_name[edge >> 1])],
        "from_fraction": round(float(rows.from_fraction[row]), 5),
        "to_fraction": round(float(rows.to_fraction[row]), 5),
        "enters_at": _time(rows.enter_s[row], has_times),
        "leaves_at": _time(rows.leave_s[row], has_times),
        "confidence": round(float(rows.confidence[row]), 4),
    }


def _points(found: MatchedTrack, roads: Roads) -> list[Json]:
    snaps = found.matched.snaps
    places = found.fix_lonlat.round(7).tolist()
    columns = (snaps.edge, snaps.fraction, snaps.distance_m, snaps.confidence, snaps.part)
    return [
        {
            "location": place if edge >= 0 else None,
            "edge": edge_key(roads, edge) if edge >= 0 else None,
            "fraction": round(fraction, 5) if edge >= 0 else None,
            "distance_m": round(distance_m, 2) if edge >= 0 else None,
            "confidence": round(confidence, 4),
            "part": part if part >= 0 else None,
        }
        for place, edge, fraction, distance_m, confidence, part in zip(places, *(one.tolist() for one in columns))
    ]


def _time(seconds: float, is_known: bool) -> datetime | None:
    return datetime.fromtimestamp(float(seconds), UTC) if is_known else None
