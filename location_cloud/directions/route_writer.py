"""The answer of /v1/route to the plainest question, two places, from coordinates to bytes in compiled code.

Says what `answers.as_route` says; that one is for everything else.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence

import numpy as np
from numba import carray  # type: ignore[attr-defined]  # numba has no types

from kernels.caching import cached
from location_cloud.arrays import pack_texts
from location_cloud.directions.guided_path import (
    NAME,
    NAMES,
    NAMES_START,
    REF,
    SIGN,
    SIGN_BACK,
    Streets,
    drive_tables,
    drives,
    guide_path,
    way_of,
    written,
)
from location_cloud.directions.json_bytes import (
    GEOJSON,
    PAIRS,
    POINT_ROOM,
    POLYLINE,
    POLYLINE6,
    put_decimal,
    put_e7,
    put_name,
    put_point_e7,
    put_points_e7,
    put_polyline,
    put_tenths,
    put_text,
    put_whole,
    uint8_pointer,
)
from location_cloud.directions.junctions import J_LANE
from location_cloud.directions.manoeuvre_codes import KINDS, MODIFIERS, SIDES
from location_cloud.directions.model import Place
from location_cloud.directions.network import Network
from location_cloud.directions.osrm_bytes import name_bytes
from location_cloud.directions.star import INDICATIONS
from location_cloud.directions.steps import (
    S_AFTER,
    S_EXIT,
    S_FIRST_POINT,
    S_JUNCTION,
    S_KIND,
    S_LAST_POINT,
    S_MODIFIER,
    S_ROAD,
    S_SIDE,
)
from location_cloud.directions.wording_bytes import pack_language, put_instruction
from routing.packed import Packed, int32s, int64s, uint8s
from routing.shape import EdgeShapes
from routing.snap import SegmentIndex
from routing.trip import UNREACHED

NO_LINE = 3
LINES = {"geojson": GEOJSON, "polyline5": POLYLINE, "polyline6": POLYLINE6, "none": NO_LINE}
"""How the line is written: the parameter `geometry`."""

HEAD_ROOM, STEP_ROOM, LANE_ROOM = 2000, 1200, 140
"""Bytes of what an answer has once, of a step and of a lane, names apart."""

_STEPS = 4
"""Bit of what is wanted, above two bits for the geometry."""

_TEXTS: Sequence[str] = (
    *KINDS,
    *MODIFIERS,
    *SIDES,
    *INDICATIONS,
    '{"routes":[',
    '{"distance_m":',
    ',"duration_s":',
    ',"geometry":',
    '{"type":"LineString","coordinates":[',
    "]}",
    "null",
    ',"legs":[{"distance_m":',
    ',"steps":[',
    '],"annotations":null,"stay_s":0.0}],"depart_at":null,"arrive_at":null}',
    '],"waypoints":[',
    '{"type":"',
    '","modifier":"',
    '","instruction":"',
    '","name":"',
    '","ref":"',
    '","destinations":"',
    '","exit":',
    ',"side":"',
    '","lanes":[',
    '{"indications":["',
    '","',
    '"],"valid":true}',
    '"],"valid":false}',
    '],"distance_m":',
    ',"bearing_deg":',
    ',"location":',
    ',"points":[',
    '{"location":[',
    '],"name":"',
    '","distance_m":',
)
_MODIFIER = len(KINDS)
_SIDE = _MODIFIER + len(MODIFIERS)
_INDICATION = _SIDE + len(SIDES)
(
    _ROUTES, _ROUTE, _DURATION, _GEOMETRY, _LINE, _LINE_END, _NULL, _LEGS, _STEPS_BEGIN, _ROUTE_END, _WAYPOINTS, _TYPE,
    _TURN, _SAYS, _CALLED, _NUMBER, _TOWARDS, _EXIT, _ON, _LANES, _ARROWS, _ARROW, _VALID, _NOT_VALID, _LENGTH,
    _BEARING, _AT, _POINTS, _WAYPOINT, _WAYPOINT_NAME, _AWAY,
) = range(_INDICATION + len(INDICATIONS), len(_TEXTS))  # fmt: skip
_OWN = pack_texts(_TEXTS)
_WORDS = Packed(_OWN.data.copy(), _OWN.start.astype(np.int32), PAIRS)
_W_TEXT, _W_START, _W_PAIRS = range(3)


class Writer:
    """Writes routes of one profile on one snapshot as /v1/route does. Any number of threads may ask."""

    def __init__(self, streets: Streets, index: SegmentIndex, shapes: EdgeShapes) -> None:
        self._streets, self._index, self._shapes = streets, index, shapes

    def answer(
        self,
        network: Network,
        first: Place,
        last: Place,
        line: int,
        with_steps: bool,
        language: str,
        others: int = 0,
    ) -> bytes | None:
        """The answer for a drive between two plain places and up to so many others, up to its waypoints' end.

        line: one of LINES. None where `routing.drive.find_drive` gives None.
        """
        streets, wants = self._streets, line | (with_steps and _STEPS)
        tables, is_connected = drive_tables(self._index, self._shapes, network, others)
        words, ends = (
            pack_language(language),
            (*first.lonlat, float(first.radius_m), *last.lonlat, float(last.radius_m)),
        )

        def write(out: int, room: int) -> tuple[int, int]:
            found: tuple[int, int] = _answer(
                tables, is_connected, streets.tables, _WORDS.address, words.address, ends, others,
                streets.mode, streets.vehicles, wants, out, room,
            )  # fmt: skip
            return found

        text = written(write)
        return None if text is None else ctypes.string_at(*text[1:])


# --- kernels -------------------------------------------------------------------------------------------------------


@cached(nogil=True)
def _answer(  # type: ignore[no-untyped-def]  # kernels; typed above
    tables, is_connected, streets, own, language, asked, others, mode, vehicles, wants, out_address, room
):
    """As guided_path.written wants it."""
    found = drives(tables, is_connected, asked, others, wants & _STEPS != 0 or wants & 3 != NO_LINE)
    cost, rows, _, _, segment, place, _, _, _, ends = found
    if cost < 0 or cost == UNREACHED:
        return -1, 0
    city = streets[0]
    name, name_start = int32s(city, NAME), int64s(city, NAMES_START)
    pairs, texts = uint8s(own, _W_PAIRS), (uint8s(own, _W_TEXT), int32s(own, _W_START))
    names, need = (uint8s(city, NAMES), name_start), HEAD_ROOM
    for i in range(2):
        need += 2 * (name_start[name[segment[i]] + 1] - name_start[name[segment[i]]])
    if need > room:
        return -1, need
    out = carray(uint8_pointer(out_address), (room,))
    size = put_text(out, 0, texts, _ROUTES)
    for way in range(len(rows)):
        if way:
            out[size] = 44
            size += 1
        size = _put_route(
            out[: room - need], size, streets, pairs, texts, language, way_of(found, way), ends, mode, vehicles, wants
        )
        if size < 0:
            return -1, need - size
    size = put_text(out, size, texts, _WAYPOINTS)
    for i in range(2):
        if i:
            out[size] = 44
            size += 1
        size = put_text(out, size, texts, _WAYPOINT)
        size = put_e7(out, size, np.int64(np.rint(place[i, 2] * 1e7)))
        out[size] = 44
        size = put_e7(out, size + 1, np.int64(np.rint(place[i, 3] * 1e7)))
        size = put_name(out, put_text(out, size, texts, _WAYPOINT_NAME), names, name[segment[i]])
        size = put_tenths(out, put_text(out, size, texts, _AWAY), pairs, place[i, 0])
        out[size] = 125
        size += 1
    out[size] = 93
    return size + 1, 0


@cached(nogil=True)
def _put_route(  # type: ignore[no-untyped-def]
    out, size, streets, pairs, texts, language, way, ends, mode, vehicles, wants
):
    """One route; gives the place behind it, or -room if it takes more."""
    edges, edge_ms, line, begins, along, _ = way
    city, geometry, points = streets[0], wants & 3, len(line)
    name, name_start = int32s(city, NAME), int64s(city, NAMES_START)
    need = size + HEAD_ROOM + POINT_ROOM * points
    if need > len(out):
        return -need
    duration_s = edge_ms.sum() / 1000.0
    size = put_tenths(out, put_text(out, size, texts, _ROUTE), pairs, along[points - 1])
    size = put_decimal(out, put_text(out, size, texts, _DURATION), pairs, duration_s, 1000)
    size = put_text(out, size, texts, _GEOMETRY)
    if geometry == NO_LINE:
        size = put_text(out, size, texts, _NULL)
    elif geometry == GEOJSON:
        size = put_points_e7(out, put_text(out, size, texts, _LINE), line, points)
        size = put_text(out, size, texts, _LINE_END)
    else:
        size = put_polyline(out, size, line, 0, points, geometry)
    size = put_tenths(out, put_text(out, size, texts, _LEGS), pairs, along[points - 1])
    size = put_decimal(out, put_text(out, size, texts, _DURATION), pairs, duration_s, 1000)
    size = put_text(out, size, texts, _STEPS_BEGIN)
    if wants & _STEPS:
        steps, lasting_ms, length_m, junctions, _, lanes = guide_path(
            streets, edges, edge_ms, line, begins, along, ends, mode, vehicles
        )
        count, names = len(length_m), (uint8s(city, NAMES), name_start)
        signs, signs_back = int32s(city, SIGN), int32s(city, SIGN_BACK)
        need += size + STEP_ROOM * count + LANE_ROOM * lanes.shape[1]
        need += 6 * name_bytes(steps, name_start, name, int32s(city, REF), signs, signs_back)
        if need > len(out):
            return -need
        for k in range(count):
            if k:
                out[size] = 44
                size += 1
            size = _put_step(out, size, texts, pairs, names, language, city, steps, k, junctions, lanes, line)
            size = put_tenths(out, put_text(out, size, texts, _LENGTH), pairs, length_m[k])
            size = put_decimal(out, put_text(out, size, texts, _DURATION), pairs, lasting_ms[k] / 1000.0, 1000)
            size = put_whole(out, put_text(out, size, texts, _BEARING), pairs, steps[S_AFTER, k])
            size = put_point_e7(out, put_text(out, size, texts, _AT), line, steps[S_FIRST_POINT, k])
            size = put_whole(out, put_text(out, size, texts, _POINTS), pairs, steps[S_FIRST_POINT, k])
            out[size] = 44
            size = put_whole(out, size + 1, pairs, steps[S_LAST_POINT, k])
            out[size] = 93
            out[size + 1] = 125
            size += 2
    return put_text(out, size, texts, _ROUTE_END)


@cached(nogil=True)
def _put_step(out, size, texts, pairs, names, language, city, steps, k, junctions, lanes, line):  # type: ignore[no-untyped-def]
    """A step up to its lanes' end."""
    segment = steps[S_ROAD, k] >> 1
    signed = int32s(city, SIGN_BACK)[segment] if steps[S_ROAD, k] & 1 else int32s(city, SIGN)[segment]
    size = put_text(out, put_text(out, size, texts, _TYPE), texts, steps[S_KIND, k])
    size = put_text(out, put_text(out, size, texts, _TURN), texts, _MODIFIER + steps[S_MODIFIER, k])
    size = put_instruction(out, put_text(out, size, texts, _SAYS), language, city, pairs, steps, k)
    size = put_name(out, put_text(out, size, texts, _CALLED), names, int32s(city, NAME)[segment])
    size = put_name(out, put_text(out, size, texts, _NUMBER), names, int32s(city, REF)[segment])
    size = put_name(out, put_text(out, size, texts, _TOWARDS), names, signed)
    size = put_whole(out, put_text(out, size, texts, _EXIT), pairs, steps[S_EXIT, k])
    size = put_text(out, put_text(out, size, texts, _ON), texts, _SIDE + steps[S_SIDE, k])
    size = put_text(out, size, texts, _LANES)
    j = steps[S_JUNCTION, k]
    until = steps[S_JUNCTION, k + 1] if k + 1 < steps.shape[1] else junctions.shape[1] - 1
    if j < until:
        low, high = junctions[J_LANE, j], junctions[J_LANE, j + 1]
        for lane in range(low, high):
            if lane > low:
                out[size] = 44
                size += 1
            size = put_text(out, size, texts, _ARROWS)
            is_first = True
            for bit in range(len(INDICATIONS)):
                if (lanes[0, lane] >> bit) & 1:
                    if not is_first:
                        size = put_text(out, size, texts, _ARROW)
                    size = put_text(out, size, texts, _INDICATION + bit)
                    is_first = False
            size = put_text(out, size, texts, _VALID if lanes[1, lane] else _NOT_VALID)
    return size
