"""OSRM's route answers as bytes: a leg in one compiled call, and the plainest question whole, from coordinates on.

See `guided_path` for why.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence

import numpy as np
from numba import carray  # type: ignore[attr-defined]  # numba has no types
from numpy.typing import NDArray

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
    copy_points,
    put_decimal,
    put_name,
    put_points,
    put_polyline,
    put_tenths,
    put_text,
    uint8_pointer,
)
from location_cloud.directions.model import Leg, LegShape, Place
from location_cloud.directions.network import Network
from location_cloud.directions.osrm_bytes import (
    ARM_ROOM,
    JUNCTION_ROOM,
    LANE_ROOM,
    STEP_ROOM,
    TEXT,
    TEXT_START,
    name_bytes,
    put_steps,
)
from location_cloud.directions.overview import keep_seen
from location_cloud.directions.steps import S_ROAD
from routing.packed import Packed, int32s, int64s, uint8s
from routing.shape import EdgeShapes
from routing.snap import SegmentIndex
from routing.trip import UNREACHED

NO_OVERVIEW, FULL, SIMPLIFIED = range(3)
OVERVIEWS = {"false": NO_OVERVIEW, "full": FULL, "simplified": SIMPLIFIED}
"""How much of the line is told for the whole route: OSRM's `overview=`."""

HEAD_ROOM = 2000
"""Bytes of what an answer has once, names apart."""

_STEPS, _POINTS, _HINTS, _LEFT = 16, 32, 64, 128
"""Bits of what is wanted, above two bits each for geometry and overview."""

_TEXTS: Sequence[str] = (
    '{"code":"Ok","routes":[',
    '{"legs":[',
    '{"steps":',
    "[]",
    ',"summary":"',
    '","weight":',
    ',"duration":',
    ',"distance":',
    "]",
    ',"geometry":',
    '{"coordinates":[',
    '],"type":"LineString"}',
    ',"weight_name":"duration","weight":',
    "}",
    '],"waypoints":[',
    "{",
    '"hint":"",',
    '"location":[',
    '],"name":"',
    '","distance":',
    "]}",
    ", ",
    ",",
)
(
    _OPEN, _LEGS, _LEG, _NO_STEPS, _SUMMARY, _WEIGHT, _DURATION, _DISTANCE, _LEGS_END, _GEOMETRY, _LINE, _LINE_END,
    _ROUTE, _END, _WAYPOINTS, _WAYPOINT, _HINT, _LOCATION, _CALLED, _AWAY, _CLOSE, _AND, _COMMA,
) = range(len(_TEXTS))  # fmt: skip
_OWN = pack_texts(_TEXTS)
_WORDS = Packed(TEXT, TEXT_START, PAIRS, _OWN.data.copy(), _OWN.start.astype(np.int32))
_W_TEXT, _W_START, _W_PAIRS, _W_OWN, _W_OWN_START = range(5)


class Writer:
    """Writes routes of one profile on one snapshot as OSRM's route service does. Any number of threads may ask."""

    def __init__(self, streets: Streets, index: SegmentIndex, shapes: EdgeShapes) -> None:
        self._streets, self._index, self._shapes = streets, index, shapes
        self._left = _LEFT if streets.is_left_driving else 0

    def answer(
        self,
        network: Network,
        first: Place,
        last: Place,
        geometry: int,
        overview: int,
        with_steps: bool,
        with_waypoints: bool,
        with_hints: bool,
        others: int = 0,
    ) -> bytes | None:
        """The whole answer for a drive between two plain places and up to so many others; None where
        `routing.drive.find_drive` gives None.

        geometry: place in json_bytes.GEOMETRIES. overview: NO_OVERVIEW, FULL or SIMPLIFIED.
        """
        wants = geometry | overview << 2 | self._left
        wants |= (with_steps and _STEPS) | (with_waypoints and _POINTS) | (with_hints and _HINTS)
        streets, ends = self._streets, (*first.lonlat, float(first.radius_m), *last.lonlat, float(last.radius_m))
        tables, is_connected = drive_tables(self._index, self._shapes, network, others)

        def write(out: int, room: int) -> tuple[int, int]:
            found: tuple[int, int] = _answer(
                tables,
                is_connected,
                streets.tables,
                _WORDS.address,
                ends,
                others,
                streets.mode,
                streets.vehicles,
                wants,
                out,
                room,
            )
            return found

        text = written(write)
        return None if text is None else ctypes.string_at(*text[1:])

    def leg(
        self, leg: Leg, shape: LegShape, start: Place, end: Place, geometry: int, with_steps: bool
    ) -> tuple[bytes, bytes]:
        """A leg's object, and the coordinates of its line ("[8.67,49.4],[8.68,49.4]", for GEOJSON with steps only)."""
        streets, wants = self._streets, geometry | self._left | (with_steps and _STEPS)
        ends = np.array((start.lonlat, end.lonlat))

        def write(out: int, room: int) -> tuple[int, int]:
            found: tuple[int, int] = _leg(
                streets.tables, _WORDS.address, leg.edges, leg.edge_ms, shape.line_e7, shape.begins, shape.along_m,
                ends, streets.mode, streets.vehicles, wants, out, room,
            )  # fmt: skip
            return found

        text = written(write)
        assert text is not None
        out, begin, size = text
        return ctypes.string_at(begin, size), ctypes.string_at(out, max(begin - out - 1, 0))


def line_json(line_e7: NDArray[np.int32], geometry: int) -> bytes:
    """A line as OSRM writes it: a GeoJSON LineString, or an encoded polyline in quotes."""
    text = written(lambda out, room: _line(_WORDS.address, line_e7, geometry, out, room))
    assert text is not None
    out, begin, size = text
    return as_line(ctypes.string_at(out, begin - out - 1)) if geometry == GEOJSON else ctypes.string_at(begin, size)


def as_line(coordinates: bytes) -> bytes:
    """The GeoJSON LineString of coordinates as `Writer.leg` gives them."""
    return b'{"coordinates":[' + coordinates + b'],"type":"LineString"}'


# --- kernels -------------------------------------------------------------------------------------------------------


@cached(nogil=True)
def _has_points(wants):  # type: ignore[no-untyped-def]
    """Whether anything is written that copies the text of points."""
    return wants & 3 == GEOJSON and _is_drawn(wants)


@cached(nogil=True)
def _is_drawn(wants):  # type: ignore[no-untyped-def]
    return wants & _STEPS != 0 or (wants >> 2) & 3 != NO_OVERVIEW


@cached(nogil=True)
def _put_leg(  # type: ignore[no-untyped-def]
    out, size, begin, streets, words, edges, edge_ms, line, begins, along, ends, mode, vehicles, wants, duration_ms
):  # fmt: skip
    """The object of a leg whose points stand where `begin` says; gives the place behind it, or -room if it lacks."""
    points, geometry = len(line), wants & 3
    city, pairs, own = streets[0], uint8s(words, _W_PAIRS), (uint8s(words, _W_OWN), int32s(words, _W_OWN_START))
    need = size + HEAD_ROOM + 2 * POINT_ROOM * points
    if not wants & _STEPS:
        if need > len(out):
            return -need
        size = put_text(out, put_text(out, put_text(out, size, own, _LEG), own, _NO_STEPS), own, _SUMMARY)
    else:
        steps, lasting_ms, length_m, junctions, ways, lanes = guide_path(
            streets, edges, edge_ms, line, begins, along, ends, mode, vehicles
        )
        name, ref, signs, signs_back = (
            int32s(city, NAME),
            int32s(city, REF),
            int32s(city, SIGN),
            int32s(city, SIGN_BACK),
        )
        names, name_start = uint8s(city, NAMES), int64s(city, NAMES_START)
        count = len(length_m)
        need += 2 * (STEP_ROOM + 2 * POINT_ROOM) * count + JUNCTION_ROOM * (junctions.shape[1] + 2 * count)
        need += ARM_ROOM * ways.shape[1] + LANE_ROOM * lanes.shape[1]
        need += 6 * name_bytes(steps, name_start, name, ref, signs, signs_back)
        if need > len(out):
            return -need
        size = put_steps(
            out, put_text(out, size, own, _LEG), begin, uint8s(words, _W_TEXT), int32s(words, _W_START), pairs, names,
            name_start, name, ref, signs, signs_back, steps, lasting_ms, length_m, junctions, ways, lanes, edge_ms,
            line, along, geometry, wants & _LEFT != 0,
        )  # fmt: skip
        size = put_text(out, size, own, _SUMMARY)
        size = _put_summary(out, size, own, (names, name_start), name, ref, steps, length_m)
    size = _put_totals(out, put_text(out, size, own, _WEIGHT), pairs, own, duration_ms, along[points - 1])
    return put_text(out, size, own, _END)


@cached(nogil=True)
def _leg(  # type: ignore[no-untyped-def]
    streets, words, edges, edge_ms, line, begins, along, ends, mode, vehicles, wants, out_address, room
):  # fmt: skip
    low, begin = HEAD_ROOM + POINT_ROOM * len(line), np.empty(len(line) + 1, np.int32)
    if low > room:
        return -1, low
    out = carray(uint8_pointer(out_address), (room,))
    low = put_points(out, begin, line, len(line)) if _has_points(wants) else 0
    size = _put_leg(
        out, low, begin, streets, words, edges, edge_ms, line, begins, along, ends, mode, vehicles, wants, edge_ms.sum()
    )
    return (size, low) if size > 0 else (-1, -size)


@cached(nogil=True)
def _answer(  # type: ignore[no-untyped-def]
    tables, is_connected, streets, words, asked, others, mode, vehicles, wants, out_address, room
):  # fmt: skip
    found = drives(tables, is_connected, asked, others, _is_drawn(wants))
    cost, rows, _, _, segment, place, line, _, _, ends = found
    if cost < 0 or cost == UNREACHED:
        return -1, 0
    city, pairs, own = streets[0], uint8s(words, _W_PAIRS), (uint8s(words, _W_OWN), int32s(words, _W_OWN_START))
    name_start, name = int64s(city, NAMES_START), int32s(city, NAME)
    need = 2 * HEAD_ROOM + POINT_ROOM * len(line)
    for i in range(2):
        need += 2 * (name_start[name[segment[i]] + 1] - name_start[name[segment[i]]])
    if need > room:
        return -1, need
    out, begin, size = carray(uint8_pointer(out_address), (room,)), np.empty(len(line) + 1, np.int32), 0
    if _has_points(wants):
        size = put_points(out, begin, line, len(line))
    low = size
    size = put_text(out, size, own, _OPEN)
    for way in range(len(rows)):
        if way:
            size = put_text(out, size, own, _COMMA)
        size = _put_route(
            out[: room - need], size, begin, streets, words, way_of(found, way), ends, mode, vehicles, wants
        )
        if size < 0:
            return -1, need - size
    if wants & _POINTS:
        size = put_text(out, size, own, _WAYPOINTS)
        for i in range(2):
            if i:
                size = put_text(out, size, own, _COMMA)
            size = put_text(out, size, own, _WAYPOINT)
            if wants & _HINTS:
                size = put_text(out, size, own, _HINT)
            size = put_decimal(out, put_text(out, size, own, _LOCATION), pairs, place[i, 2], 1_000_000)
            size = put_decimal(out, put_text(out, size, own, _COMMA), pairs, place[i, 3], 1_000_000)
            size = put_name(out, put_text(out, size, own, _CALLED), (uint8s(city, NAMES), name_start), name[segment[i]])
            size = put_decimal(out, put_text(out, size, own, _AWAY), pairs, place[i, 0], 1_000_000)
            size = put_text(out, size, own, _END)
    return put_text(out, size, own, _CLOSE), low


@cached(nogil=True)
def _put_route(out, size, begin, streets, words, way, ends, mode, vehicles, wants):  # type: ignore[no-untyped-def]
    """The object of a route of one leg; gives the place behind it, or -room if it takes more."""
    edges, edge_ms, line, begins, along, first = way
    overview, duration_ms, begin = (wants >> 2) & 3, edge_ms.sum(), begin[first:]
    pairs, own = uint8s(words, _W_PAIRS), (uint8s(words, _W_OWN), int32s(words, _W_OWN_START))
    size = _put_leg(
        out, put_text(out, size, own, _LEGS), begin, streets, words, edges, edge_ms, line, begins, along, ends, mode,
        vehicles, wants, duration_ms,
    )  # fmt: skip
    if size < 0:
        return size
    size = put_text(out, size, own, _LEGS_END)
    if overview != NO_OVERVIEW:
        size = _put_overview(out, put_text(out, size, own, _GEOMETRY), begin, own, line, wants & 3, overview)
    size = _put_totals(out, put_text(out, size, own, _ROUTE), pairs, own, duration_ms, along[len(line) - 1])
    return put_text(out, size, own, _END)


@cached(nogil=True)
def _line(words, line, geometry, out_address, room):  # type: ignore[no-untyped-def]
    need = HEAD_ROOM + POINT_ROOM * len(line)
    if need > room:
        return -1, need
    out = carray(uint8_pointer(out_address), (room,))
    if geometry == GEOJSON:
        begin = np.empty(len(line) + 1, np.int32)
        size = put_points(out, begin, line, len(line))
        return size, size
    return put_polyline(out, 0, line, 0, len(line), geometry), 0


@cached(nogil=True)
def _put_overview(out, size, begin, own, line, geometry, overview):  # type: ignore[no-untyped-def]
    """The line of the route, whole or as `overview.simplified` leaves it."""
    if overview == SIMPLIFIED:
        kept = np.flatnonzero(keep_seen(line))
        if geometry != GEOJSON:
            return put_polyline(out, size, line[kept], 0, len(kept), geometry)
        size = put_text(out, size, own, _LINE)
        for p in kept:
            size = copy_points(out, size, begin, p, p + 1)
            out[size] = 44
            size += 1
        return put_text(out, size - 1, own, _LINE_END)
    if geometry != GEOJSON:
        return put_polyline(out, size, line, 0, len(line), geometry)
    size = copy_points(out, put_text(out, size, own, _LINE), begin, 0, len(line))
    return put_text(out, size, own, _LINE_END)


@cached(nogil=True)
def _put_summary(out, size, own, names, name, ref, steps, length_m):  # type: ignore[no-untyped-def]
    """The names of the two longest stretches, in driving order."""
    count = len(length_m)
    number, metres = np.empty(count, np.int32), np.zeros(count)
    for k in range(count):
        segment = steps[S_ROAD, k] >> 1
        number[k] = name[segment] if name[segment] else ref[segment]
        at = 0
        while number[at] != number[k]:
            at += 1
        metres[at] += length_m[k]
    one = two = -1
    for k in range(count):
        if number[k] == 0 or metres[k] == 0.0:
            continue
        if one < 0 or metres[k] >= metres[one]:
            one, two = k, one
        elif two < 0 or metres[k] >= metres[two]:
            two = k
    if one < 0:
        return size
    if two >= 0:
        size = put_name(out, size, names, number[min(one, two)])
        size = put_text(out, size, own, _AND)
    return put_name(out, size, names, number[max(one, two)])


@cached(nogil=True)
def _put_totals(out, size, pairs, own, duration_ms, distance_m):  # type: ignore[no-untyped-def]
    size = put_tenths(out, size, pairs, duration_ms / 1000.0)
    size = put_tenths(out, put_text(out, size, own, _DURATION), pairs, duration_ms / 1000.0)
    return put_tenths(out, put_text(out, size, own, _DISTANCE), pairs, distance_m)
