"""Steps and lines as OSRM's JSON, written by compiled code: dictionaries of 20 fields a step cost ten times the route.

Source of the shape: OSRM API documentation v5.24, "Result objects"; checked against real answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numba
import numpy as np
from numba import carray, types  # type: ignore[attr-defined]  # numba has no types
from numpy.typing import NDArray

from location_cloud.arrays import pack_texts
from location_cloud.directions.guidance import StepArrays
from location_cloud.directions.junctions import J_ARM, J_CAME, J_GOES, J_LANE, J_POINT
from location_cloud.directions.manoeuvre_codes import (
    ARRIVE,
    KINDS,
    MODES,
    MODIFIERS,
    NOTHING,
    ROTARY,
    ROUND,
)
from location_cloud.directions.model import Leg, LegShape
from location_cloud.directions.star import INDICATIONS
from location_cloud.directions.steps import (
    S_AFTER,
    S_BEFORE,
    S_EXIT,
    S_FIRST_EDGE,
    S_FIRST_POINT,
    S_JUNCTION,
    S_KIND,
    S_LAST_POINT,
    S_LEAVE_EDGE,
    S_LEAVE_POINT,
    S_MODE,
    S_MODIFIER,
    S_ROAD,
    S_SIDE,
)
from location_cloud.roads.model import Roads
from routing.packed import copy_bytes, pointer_to

uint8_pointer, int16_pointer, uint16_pointer = (pointer_to(item) for item in (types.uint8, types.int16, types.uint16))
int32_pointer, int64_pointer = pointer_to(types.int32), pointer_to(types.int64)
put_bytes: Any = copy_bytes

GEOJSON, POLYLINE, POLYLINE6 = range(3)
"""How OSRM is asked to write geometries: its `geometries=` parameter."""

GEOMETRIES = ("geojson", "polyline", "polyline6")

_EXIT_ROUND, _EXIT_ROTARY = len(KINDS), len(KINDS) + 1
_TEXTS: Sequence[str] = (
    *KINDS,
    "exit roundabout",
    "exit rotary",
    *MODIFIERS,
    *MODES,
    *INDICATIONS,
    '{"geometry":',
    '{"coordinates":[',
    '],"type":"LineString"}',
    ',"maneuver":{"bearing_after":',
    ',"bearing_before":',
    ',"location":',
    ',"modifier":"',
    ',"exit":',
    ',"type":"',
    '"},"mode":"',
    '","driving_side":"',
    '","name":"',
    '","ref":"',
    '","destinations":"',
    '","rotary_name":"',
    '","intersections":[',
    '{"out":',
    '"in":',
    '"entry":[',
    '],"bearings":[',
    '],"location":',
    ',"lanes":[',
    '{"valid":',
    ',"indications":["',
    '],"weight":',
    ',"duration":',
    ',"distance":',
    "left",
    "right",
    "true",
    "false",
    '","',
    '"]}',
)
_PACKED = pack_texts(_TEXTS)
_TEXT, _TEXT_START = _PACKED.data.copy(), _PACKED.start.astype(np.int32)
_MODIFIER = len(KINDS) + 2
_MODE = _MODIFIER + len(MODIFIERS)
_INDICATION = _MODE + len(MODES)
(
    _GEOMETRY, _LINE, _LINE_END, _AFTER, _BEFORE, _LOCATION, _MODIFIER_KEY, _EXIT, _TYPE, _MODE_KEY, _SIDE, _NAME, _REF,
    _DESTINATIONS, _ROTARY_NAME, _CROSSINGS, _OUT, _IN, _ENTRY, _BEARINGS, _AT, _LANES, _VALID, _ARROWS, _WEIGHT,
    _DURATION, _DISTANCE, _LEFT, _RIGHT, _TRUE, _FALSE, _NEXT_ARROW, _ARROWS_END,
) = range(_INDICATION + len(INDICATIONS), len(_TEXTS))  # fmt: skip

STEP_ROOM, POINT_ROOM, JUNCTION_ROOM, ARM_ROOM, LANE_ROOM = 600, 26, 140, 10, 140
"""Bytes that a step, a point, a junction and its parts take at most in JSON, names apart."""

_PAIRS = np.frombuffer("".join(f"{number:02}" for number in range(100)).encode(), np.uint8).copy()


def leg_json(
    roads: Roads, steps: StepArrays, leg: Leg, shape: LegShape, geometry: int, is_left_driving: bool = False
) -> tuple[bytes, bytes]:
    """The `steps` of a leg, a JSON array; and the coordinates of its line, "[8.67,49.4],[8.68,49.4]", for GEOJSON.

    geometry: GEOJSON, POLYLINE or POLYLINE6. Takes 25 us for 15 steps with 60 junctions and 200 points.
    """
    names = (
        roads.names.data, roads.names.start, roads.seg_name, roads.seg_ref, roads.seg_destination_forward,
        roads.seg_destination_backward,
    )  # fmt: skip
    arrays = (
        steps.steps, steps.duration_ms, steps.distance_m, steps.junctions, steps.arms, steps.lanes, leg.edge_ms,
        shape.line_e7, shape.along_m,
    )  # fmt: skip
    points = len(shape.line_e7)
    room = 64 + 2 * STEP_ROOM * len(steps) + 2 * POINT_ROOM * (points + 2 * len(steps))
    room += JUNCTION_ROOM * (steps.junctions.shape[1] + 2 * len(steps))
    room += ARM_ROOM * steps.arms.shape[1] + LANE_ROOM * steps.lanes.shape[1]
    room += 4 * int(_name_bytes(steps.steps, *names[1:]))
    out, begin = np.empty(room, np.uint8), np.empty(points + 1, np.int32)
    size = _leg(out, begin, _TEXT, _TEXT_START, _PAIRS, *names, *arrays, geometry, is_left_driving)
    lines = int(begin[-1])
    return out[lines:size].tobytes(), out[: max(lines - 1, 0)].tobytes()


def line_json(line_e7: NDArray[np.int32], geometry: int) -> bytes:
    """A line as OSRM writes it: a GeoJSON LineString, or an encoded polyline in quotes."""
    out, begin = np.empty(64 + POINT_ROOM * len(line_e7), np.uint8), np.empty(len(line_e7) + 1, np.int32)
    size = _line(out, begin, _PAIRS, line_e7, geometry)
    text = out[:size].tobytes()
    return as_line(text[:-1]) if geometry == GEOJSON else text


def as_line(coordinates: bytes) -> bytes:
    """The GeoJSON LineString of coordinates as `leg_json` gives them."""
    return b'{"coordinates":[' + coordinates + b'],"type":"LineString"}'


# --- kernels -------------------------------------------------------------------------------------------------------
# They write without looking how much room is left: `leg_json` has made enough. All arrays are seen through plain
# pointers, as numba counts references to every array that it hands to a function, and these are called per byte.


@numba.njit(cache=True, nogil=True)
def _name_bytes(steps, start, name, ref, destination, destination_back):  # type: ignore[no-untyped-def]  # kernels; typed above
    """Bytes of all names that the steps tell, each told up to four times."""
    size = 0
    for k in range(steps.shape[1]):
        segment = steps[S_ROAD, k] >> 1
        for number in (name[segment], name[segment], ref[segment], destination[segment], destination_back[segment]):
            size += start[number + 1] - start[number]
    return size


@numba.njit(cache=True, nogil=True)
def _line(out, begin, pairs, line_e7, geometry):  # type: ignore[no-untyped-def]
    out_, pairs_ = _bytes(out), _bytes(pairs)
    line_ = carray(int32_pointer(line_e7.ctypes.data), line_e7.shape)
    if geometry == GEOJSON:
        return _points(out_, begin, pairs_, line_, len(line_e7))
    return _polyline(out_, 0, line_, 0, len(line_e7), geometry)


@numba.njit(cache=True, nogil=True)
def _bytes(array):  # type: ignore[no-untyped-def]
    return carray(uint8_pointer(array.ctypes.data), (array.size,))


@numba.njit(cache=True, nogil=True)
def _points(out, begin, pairs, line_e7, points):  # type: ignore[no-untyped-def]
    """Every point once, "[8.67,49.4]," and where each begins; steps copy their part."""
    size = 0
    for p in range(points):
        begin[p] = size
        size = _point(out, size, pairs, line_e7, p)
        out[size] = 44
        size += 1
    begin[points] = size
    return size


@numba.njit(cache=True, nogil=True)
def _leg(  # type: ignore[no-untyped-def]
    out, begin, text, text_start, pairs, name_data, name_start, name, ref, destination, destination_back, steps,
    duration_ms, distance_m, junctions, arms, lanes, edge_ms, line_e7, along_m, geometry, is_left_driving,
):  # fmt: skip
    count, points, closing = len(distance_m), len(line_e7), max(junctions.shape[1] - 1, 0)
    out_, pairs_ = _bytes(out), _bytes(pairs)
    begin_ = carray(int32_pointer(begin.ctypes.data), (points + 1,))
    texts = _bytes(text), carray(int32_pointer(text_start.ctypes.data), (len(text_start),))
    words = _bytes(name_data), carray(int64_pointer(name_start.ctypes.data), (len(name_start),))
    signs = (
        carray(int32_pointer(name.ctypes.data), (len(name),)),
        carray(int32_pointer(ref.ctypes.data), (len(ref),)),
        carray(int32_pointer(destination.ctypes.data), (len(destination),)),
        carray(int32_pointer(destination_back.ctypes.data), (len(destination_back),)),
    )
    steps_ = carray(int32_pointer(steps.ctypes.data), (16, count))
    crossings = carray(int32_pointer(junctions.ctypes.data), (6, junctions.shape[1]))
    arms_ = carray(int16_pointer(arms.ctypes.data), (2, arms.shape[1]))
    lanes_ = carray(uint16_pointer(lanes.ctypes.data), (2, lanes.shape[1]))
    line_ = carray(int32_pointer(line_e7.ctypes.data), (points, 2))
    size = 0
    if geometry == GEOJSON:
        size = _points(out_, begin_, pairs_, line_, points)
    else:
        begin_[points] = 0
    out_[size] = 91
    size += 1
    for k in range(count):
        if k:
            out_[size] = 44
            size += 1
        first, last = steps_[S_FIRST_POINT, k], steps_[S_LAST_POINT, k]
        kind, leave = steps_[S_KIND, k], steps_[S_LEAVE_POINT, k]
        from_j = steps_[S_JUNCTION, k]
        until_j = steps_[S_JUNCTION, k + 1] if k + 1 < count else closing
        inside_ms, inside_m = np.int64(0), 0.0
        if kind in (ROUND, ROTARY) and leave > first and leave < last:
            # OSRM tells of leaving a roundabout in a step of its own.
            for e in range(steps_[S_FIRST_EDGE, k], steps_[S_LEAVE_EDGE, k]):
                inside_ms += edge_ms[e]
            inside_m = along_m[leave] - along_m[first]
            middle_j = from_j
            while middle_j < until_j and crossings[J_POINT, middle_j] < leave:
                middle_j += 1
            size = _step(
                out_, size, begin_, texts, pairs_, words, signs, steps_, k, kind, first, leave, from_j, middle_j,
                inside_ms, inside_m, crossings, arms_, lanes_, line_, geometry, is_left_driving,
            )  # fmt: skip
            out_[size] = 44
            size += 1
            kind = _EXIT_ROUND if kind == ROUND else _EXIT_ROTARY
            first, from_j = leave, middle_j
        size = _step(
            out_, size, begin_, texts, pairs_, words, signs, steps_, k, kind, first, last, from_j, until_j,
            duration_ms[k] - inside_ms, distance_m[k] - inside_m, crossings, arms_, lanes_, line_, geometry,
            is_left_driving,
        )  # fmt: skip
    out_[size] = 93
    return size + 1


@numba.njit(cache=True, nogil=True)
def _step(  # type: ignore[no-untyped-def]
    out, size, begin, texts, pairs, words, signs, steps, k, kind, first, last, from_j, until_j, duration_ms,
    distance_m, junctions, arms, lanes, line_e7, geometry, is_left_driving,
):  # fmt: skip
    road = steps[S_ROAD, k]
    segment = road >> 1
    size = _text(out, size, texts, _GEOMETRY)
    if geometry == GEOJSON:
        size = _text(out, size, texts, _LINE)
        size = _copy(out, size, begin, first, last + 1)
        if first == last:
            out[size] = 44
            size = _copy(out, size + 1, begin, first, last + 1)
        size = _text(out, size, texts, _LINE_END)
    else:
        size = _polyline(out, size, line_e7, first, last + 1, geometry)
    size = _text(out, size, texts, _AFTER)
    size = _whole(out, size, pairs, steps[S_AFTER, k] if kind != ARRIVE else 0)
    size = _text(out, size, texts, _BEFORE)
    size = _whole(out, size, pairs, steps[S_BEFORE, k])
    size = _text(out, size, texts, _LOCATION)
    size = _place(out, size, begin, pairs, line_e7, first, geometry)
    modifier = steps[S_MODIFIER, k]
    if kind == ARRIVE and steps[S_SIDE, k] > 0:
        size = _text(out, size, texts, _MODIFIER_KEY)
        size = _text(out, size, texts, _LEFT if steps[S_SIDE, k] == 1 else _RIGHT)
        out[size] = 34
        size += 1
    elif modifier != NOTHING and kind != 0 and kind != ARRIVE:
        size = _text(out, size, texts, _MODIFIER_KEY)
        size = _text(out, size, texts, _MODIFIER + modifier)
        out[size] = 34
        size += 1
    if steps[S_EXIT, k] > 0:
        size = _text(out, size, texts, _EXIT)
        size = _whole(out, size, pairs, steps[S_EXIT, k])
    size = _text(out, size, texts, _TYPE)
    size = _text(out, size, texts, kind)
    size = _text(out, size, texts, _MODE_KEY)
    size = _text(out, size, texts, _MODE + steps[S_MODE, k])
    size = _text(out, size, texts, _SIDE)
    size = _text(out, size, texts, _LEFT if is_left_driving else _RIGHT)
    size = _text(out, size, texts, _NAME)
    size = _name(out, size, words, signs[0][segment])
    if signs[1][segment] > 0:
        size = _text(out, size, texts, _REF)
        size = _name(out, size, words, signs[1][segment])
    signed = signs[3][segment] if road & 1 else signs[2][segment]
    if signed > 0:
        size = _text(out, size, texts, _DESTINATIONS)
        size = _name(out, size, words, signed)
    if kind in (ROTARY, _EXIT_ROTARY):
        size = _text(out, size, texts, _ROTARY_NAME)
        size = _name(out, size, words, signs[0][segment])
    size = _text(out, size, texts, _CROSSINGS)
    for j in range(from_j, until_j):
        if j > from_j:
            out[size] = 44
            size += 1
        size = _crossing(out, size, begin, texts, pairs, junctions, arms, lanes, j, line_e7, geometry)
    size = _text(out, size, texts, _WEIGHT)
    size = _tenths(out, size, pairs, duration_ms / 1000.0)
    size = _text(out, size, texts, _DURATION)
    size = _tenths(out, size, pairs, duration_ms / 1000.0)
    size = _text(out, size, texts, _DISTANCE)
    size = _tenths(out, size, pairs, distance_m)
    out[size] = 125
    return size + 1


@numba.njit(cache=True, nogil=True)
def _crossing(out, size, begin, texts, pairs, junctions, arms, lanes, j, line_e7, geometry):  # type: ignore[no-untyped-def]
    low, high = junctions[J_ARM, j], junctions[J_ARM, j + 1]
    if junctions[J_GOES, j] >= 0:
        size = _text(out, size, texts, _OUT)
        size = _whole(out, size, pairs, junctions[J_GOES, j])
        out[size] = 44
    else:
        out[size] = 123
    size += 1
    if junctions[J_CAME, j] >= 0:
        size = _text(out, size, texts, _IN)
        size = _whole(out, size, pairs, junctions[J_CAME, j])
        out[size] = 44
        size += 1
    size = _text(out, size, texts, _ENTRY)
    for a in range(low, high):
        if a > low:
            out[size] = 44
            size += 1
        size = _text(out, size, texts, _TRUE if arms[1, a] else _FALSE)
    size = _text(out, size, texts, _BEARINGS)
    for a in range(low, high):
        if a > low:
            out[size] = 44
            size += 1
        size = _whole(out, size, pairs, arms[0, a])
    size = _text(out, size, texts, _AT)
    size = _place(out, size, begin, pairs, line_e7, junctions[J_POINT, j], geometry)
    low, high = junctions[J_LANE, j], junctions[J_LANE, j + 1]
    if low < high:
        size = _text(out, size, texts, _LANES)
        for lane in range(low, high):
            if lane > low:
                out[size] = 44
                size += 1
            size = _lane(out, size, texts, lanes[0, lane], lanes[1, lane] != 0)
        out[size] = 93
        size += 1
    out[size] = 125
    return size + 1


@numba.njit(cache=True, nogil=True)
def _lane(out, size, texts, arrows, is_valid):  # type: ignore[no-untyped-def]
    size = _text(out, size, texts, _VALID)
    size = _text(out, size, texts, _TRUE if is_valid else _FALSE)
    size = _text(out, size, texts, _ARROWS)
    before = size
    for bit in range(9):
        if (arrows >> bit) & 1:
            if size > before:
                size = _text(out, size, texts, _NEXT_ARROW)
            size = _text(out, size, texts, _INDICATION + bit)
    if size == before:
        size = _text(out, size, texts, _INDICATION)
    return _text(out, size, texts, _ARROWS_END)


@numba.njit(cache=True, nogil=True)
def _place(out, size, begin, pairs, line_e7, p, geometry):  # type: ignore[no-untyped-def]
    if geometry == GEOJSON:
        return _copy(out, size, begin, p, p + 1)
    return _point(out, size, pairs, line_e7, p)


@numba.njit(cache=True, nogil=True)
def _copy(out, size, begin, first, last):  # type: ignore[no-untyped-def]
    """The text of points first..last - 1, which stands at the beginning, without its last comma."""
    low, length = np.int64(begin[first]), np.int64(begin[last] - 1 - begin[first])
    address = np.int64(out.ctypes.data)
    put_bytes(address + size, address + low, length)
    return size + length


@numba.njit(cache=True, nogil=True)
def _polyline(out, size, line_e7, first, last, geometry):  # type: ignore[no-untyped-def]
    """Points first..last - 1; a single one is written twice, as a line has two."""
    unit = 100 if geometry == POLYLINE else 10
    out[size] = 34
    size += 1
    lat = lon = np.int64(0)
    for q in range(first, max(last, first + 2)):
        p = min(q, last - 1)
        new_lat, new_lon = _rounded(line_e7[p, 1], unit), _rounded(line_e7[p, 0], unit)
        size = _chunks(out, size, new_lat - lat)
        size = _chunks(out, size, new_lon - lon)
        lat, lon = new_lat, new_lon
    out[size] = 34
    return size + 1


@numba.njit(cache=True, nogil=True)
def _chunks(out, size, step):  # type: ignore[no-untyped-def]
    """Source: Google, "Encoded polyline algorithm format". A backslash is escaped for JSON."""
    value = ~(step << 1) if step < 0 else step << 1
    while True:
        chunk = (value & 31) | (32 if value > 31 else 0)
        if chunk + 63 == 92:
            out[size] = 92
            size += 1
        out[size] = chunk + 63
        size += 1
        value >>= 5
        if value == 0:
            return size


@numba.njit(cache=True, nogil=True)
def _point(out, size, pairs, line_e7, p):  # type: ignore[no-untyped-def]
    out[size] = 91
    size = _millionths(out, size + 1, pairs, _rounded(line_e7[p, 0], 10))
    out[size] = 44
    size = _millionths(out, size + 1, pairs, _rounded(line_e7[p, 1], 10))
    out[size] = 93
    return size + 1


@numba.njit(cache=True, nogil=True)
def _rounded(value, unit):  # type: ignore[no-untyped-def]
    half = unit // 2
    whole = np.int64(value)
    return (whole + half) // unit if whole >= 0 else -((half - whole) // unit)


@numba.njit(cache=True, nogil=True)
def _millionths(out, size, pairs, value):  # type: ignore[no-untyped-def]
    if value < 0:
        out[size] = 45
        size += 1
        value = -value
    rest = np.uint32(value)
    degrees = rest // np.uint32(1_000_000)
    rest -= degrees * np.uint32(1_000_000)
    size = _whole(out, size, pairs, np.int64(degrees))
    if rest == 0:
        return size
    out[size] = 46
    for place in (5, 3, 1):
        two = rest % np.uint32(100)
        rest //= np.uint32(100)
        out[size + place] = pairs[2 * np.int64(two)]
        out[size + place + 1] = pairs[2 * np.int64(two) + 1]
    size += 6
    while out[size] == 48:
        size -= 1
    return size + 1


@numba.njit(cache=True, nogil=True)
def _tenths(out, size, pairs, value):  # type: ignore[no-untyped-def]
    tenths = np.int64(value * 10.0 + 0.5)
    size = _whole(out, size, pairs, tenths // 10)
    if tenths % 10:
        out[size] = 46
        out[size + 1] = 48 + tenths % 10
        size += 2
    return size


@numba.njit(cache=True, nogil=True)
def _whole(out, size, pairs, value):  # type: ignore[no-untyped-def]
    """A number of 0 or more."""
    if value < 10:
        out[size] = 48 + value
        return size + 1
    if value < 100:
        out[size] = pairs[2 * value]
        out[size + 1] = pairs[2 * value + 1]
        return size + 2
    digits, rest = 0, np.int64(value)
    while rest:
        digits += 1
        rest //= 10
    for i in range(digits - 1, -1, -1):
        out[size + i] = 48 + value % 10
        value //= 10
    return size + digits


@numba.njit(cache=True, nogil=True)
def _text(out, size, texts, number):  # type: ignore[no-untyped-def]
    data, start = texts
    low = np.int64(start[number])
    length = np.int64(start[number + 1]) - low
    address = np.int64(data.ctypes.data)
    put_bytes(np.int64(out.ctypes.data) + size, address + low, length)
    return size + length


@numba.njit(cache=True, nogil=True)
def _name(out, size, words, number):  # type: ignore[no-untyped-def]
    """A text of the map, escaped for JSON."""
    data, start = words
    for i in range(start[number], start[number + 1]):
        byte = data[i]
        if byte == 34 or byte == 92:
            out[size] = 92
            size += 1
        out[size] = byte if byte >= 32 else 32
        size += 1
    return size
