"""OSRM's match service: its question read from an address, its answer written; translation only.

Source: OSRM HTTP API v5.24, "Match service".
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import orjson

from location_cloud.directions import match_answers
from location_cloud.directions.formats import lonlat_list
from location_cloud.directions.matched import MatchedTrack, Piece, drive
from location_cloud.directions.model import Leg, LegShape, Place, Route
from location_cloud.directions.model_match import Track
from location_cloud.directions.network import Network
from location_cloud.directions.osrm import Question, read_question, route_json
from location_cloud.directions.osrm_writer import Writer
from location_cloud.directions.track_forms import as_track
from location_cloud.errors import BadQuery
from location_cloud.roads.model import Roads
from routing.shape import EdgeShapes


def read_match(coordinates: str, given: Mapping[str, str]) -> tuple[Question, Track, bool]:
    """(question, track, whether pauses end a matching). radiuses are standard deviations. Raises as `read_question`."""
    values = dict(given)
    timestamps, gaps = values.pop("timestamps", ""), values.pop("gaps", "split")
    radiuses = values.get("radiuses", "")
    if gaps not in ("split", "ignore"):
        raise _invalid(f"gaps={gaps[:20]!r} must be split or ignore")
    if values.pop("tidy", "false") not in ("true", "false"):
        raise _invalid("tidy must be true or false")
    asked = read_question("match", coordinates, values)
    count = len(asked.places)
    times: list[Any] = [None] * count
    if timestamps:
        if not all(one.isdigit() and len(one) <= 11 for one in timestamps.split(";")):
            raise _invalid("timestamps must be whole seconds since 1970")
        times = [float(one) for one in timestamps.split(";")]
        if len(times) != count:
            raise _invalid("Number of timestamps does not match number of coordinates")
    sigma = [float(one) if one and one != "unlimited" else None for one in (radiuses or ";" * (count - 1)).split(";")]
    heading = [place.heading_deg for place in asked.places]
    lonlats = [place.lonlat for place in asked.places]
    return asked, as_track(lonlats, times, sigma, heading, [None] * count), gaps == "split"


def matchings_bytes(
    writer: Writer, roads: Roads, network: Network, shapes: EdgeShapes, asked: Question, found: MatchedTrack
) -> bytes:
    """The answer: a route for each piece of the track on which two points or more lie, and every point's place."""
    lines: list[bytes] = []
    tracepoints = [b"null"] * len(found.fix_row)
    for piece in found.pieces:
        on_piece = (found.fix_row >= piece.first_row) & (found.fix_row <= piece.last_row)
        fixes = [number for number in np.flatnonzero(on_piece).tolist() if number not in asked.silent]
        if len(fixes) < 2:
            continue
        legs = _legs(network, shapes, found, piece, fixes)
        route = Route(tuple(leg for leg, _ in legs), tuple(shape for _, shape in legs))
        places = [Place(found.track.lonlat[fix].tolist()) for fix in fixes]
        line = route_json(writer, roads, asked, route, places)
        confidence = match_answers.mean_confidence(found, roads, piece.first_row, piece.last_row)
        for number, fix in enumerate(fixes):
            tracepoints[fix] = _tracepoint(roads, asked, found, fix, len(lines), number)
        lines.append(b'%b,"confidence":%b}' % (line[:-1], orjson.dumps(confidence)))
    if not lines:
        raise no_match("no two points lie on one road or on roads that follow each other")
    points = b",".join(tracepoints)
    return b'{"code":"Ok","matchings":[%b],"tracepoints":[%b]}' % (b",".join(lines), points)


def no_match(message: str) -> BadQuery:
    """A track that lies on no roads."""
    return BadQuery(message, hint="is it lon,lat? is it this city?", osrm="NoMatch")


def _legs(
    network: Network, shapes: EdgeShapes, found: MatchedTrack, piece: Piece, fixes: list[int]
) -> list[tuple[Leg, LegShape]]:
    """The drive from each point of a piece to the next; one that lies behind the one before is taken to stand."""
    rows, snaps = found.matched.traversals, found.matched.snaps
    legs, here = [], max(float(snaps.fraction[fixes[0]]), 0.0)
    for before, after in pairwise(fixes):
        first, last = int(found.fix_row[before]), int(found.fix_row[after])
        there = float(snaps.fraction[after])
        there = max(there, here) if first == last else there
        legs.append(drive(network, shapes, rows.edge[first : last + 1], here, there))
        here = there
    return legs


def _tracepoint(roads: Roads, asked: Question, found: MatchedTrack, fix: int, matching: int, number: int) -> bytes:
    snaps = found.matched.snaps
    told = {
        "alternatives_count": 0,
        "waypoint_index": number,
        "matchings_index": matching,
        "location": lonlat_list(np.rint(found.fix_lonlat[fix : fix + 1] * 1e6) * 10)[0],
        "name": roads.names[int(roads.seg_name[int(snaps.edge[fix]) >> 1])],
        "distance": round(float(snaps.distance_m[fix]), 6),
    }
    return orjson.dumps({"hint": "", **told} if asked.has_hints else told)


def _invalid(message: str) -> BadQuery:
    return BadQuery(message, hint="see OSRM's HTTP API, match service", osrm="InvalidValue")
