"""The steps of a leg as OSRM's JSON, written by compiled code: dictionaries of 20 fields a step cost ten routes.

Source of the shape: OSRM API documentation v5.24, "Result objects"; checked against real answers.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import carray  # type: ignore[attr-defined]  # numba has no types

from kernels.caching import cached
from location_cloud.arrays import pack_texts
from location_cloud.directions.json_bytes import (
    GEOJSON,
    as_bytes,
    copy_points,
    int16_pointer,
    int32_pointer,
    int64_pointer,
    put_name,
    put_place,
    put_polyline,
    put_tenths,
    put_text,
    put_whole,
    uint16_pointer,
)
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
TEXT, TEXT_START = _PACKED.data.copy(), _PACKED.start.astype(np.int32)
_MODIFIER = len(KINDS) + 2
_MODE = _MODIFIER + len(MODIFIERS)
_INDICATION = _MODE + len(MODES)
(
    _GEOMETRY, _LINE, _LINE_END, _AFTER, _BEFORE, _LOCATION, _MODIFIER_KEY, _EXIT, _TYPE, _MODE_KEY, _SIDE, _NAME, _REF,
    _DESTINATIONS, _ROTARY_NAME, _CROSSINGS, _OUT, _IN, _ENTRY, _BEARINGS, _AT, _LANES, _VALID, _ARROWS, _WEIGHT,
    _DURATION, _DISTANCE, _LEFT, _RIGHT, _TRUE, _FALSE, _NEXT_ARROW, _ARROWS_END,
) = range(_INDICATION + len(INDICATIONS), len(_TEXTS))  # fmt: skip

STEP_ROOM, JUNCTION_ROOM, ARM_ROOM, LANE_ROOM = 600, 140, 10, 140
"""Bytes that a step, a junction and its parts take at most in JSON, names and points apart."""


@cached(nogil=True)
def name_bytes(steps, start, name, ref, destination, destination_back):  # type: ignore[no-untyped-def]  # kernels; typed above
    """Bytes of all names that the steps tell, each told up to four times."""
    size = 0
    for k in range(steps.shape[1]):
        segment = steps[S_ROAD, k] >> 1
        for number in (name[segment], name[segment], ref[segment], destination[segment], destination_back[segment]):
            size += start[number + 1] - start[number]
    return size


@cached(nogil=True)
def put_steps(  # type: ignore[no-untyped-def]
    out, size, begin, text, text_start, pairs, name_data, name_start, name, ref, destination, destination_back, steps,
    duration_ms, distance_m, junctions, arms, lanes, edge_ms, line_e7, along_m, geometry, is_left_driving,
):  # fmt: skip
    """The array of steps. For GEOJSON the points stand at the beginning of `out` already."""
    count, points, closing = len(distance_m), len(line_e7), max(junctions.shape[1] - 1, 0)
    out_, pairs_ = as_bytes(out), as_bytes(pairs)
    begin_ = carray(int32_pointer(begin.ctypes.data), (points + 1,))
    texts = as_bytes(text), carray(int32_pointer(text_start.ctypes.data), (len(text_start),))
    words = as_bytes(name_data), carray(int64_pointer(name_start.ctypes.data), (len(name_start),))
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


@cached(nogil=True)
def _step(  # type: ignore[no-untyped-def]
    out, size, begin, texts, pairs, words, signs, steps, k, kind, first, last, from_j, until_j, duration_ms,
    distance_m, junctions, arms, lanes, line_e7, geometry, is_left_driving,
):  # fmt: skip
    road = steps[S_ROAD, k]
    segment = road >> 1
    size = put_text(out, size, texts, _GEOMETRY)
    if geometry == GEOJSON:
        size = put_text(out, size, texts, _LINE)
        size = copy_points(out, size, begin, first, last + 1)
        if first == last:
            out[size] = 44
            size = copy_points(out, size + 1, begin, first, last + 1)
        size = put_text(out, size, texts, _LINE_END)
    else:
        size = put_polyline(out, size, line_e7, first, last + 1, geometry)
    size = put_text(out, size, texts, _AFTER)
    size = put_whole(out, size, pairs, steps[S_AFTER, k] if kind != ARRIVE else 0)
    size = put_text(out, size, texts, _BEFORE)
    size = put_whole(out, size, pairs, steps[S_BEFORE, k])
    size = put_text(out, size, texts, _LOCATION)
    size = put_place(out, size, begin, line_e7, first, geometry)
    modifier = steps[S_MODIFIER, k]
    if kind == ARRIVE and steps[S_SIDE, k] > 0:
        size = put_text(out, size, texts, _MODIFIER_KEY)
        size = put_text(out, size, texts, _LEFT if steps[S_SIDE, k] == 1 else _RIGHT)
        out[size] = 34
        size += 1
    elif modifier != NOTHING and kind != 0 and kind != ARRIVE:
        size = put_text(out, size, texts, _MODIFIER_KEY)
        size = put_text(out, size, texts, _MODIFIER + modifier)
        out[size] = 34
        size += 1
    if steps[S_EXIT, k] > 0:
        size = put_text(out, size, texts, _EXIT)
        size = put_whole(out, size, pairs, steps[S_EXIT, k])
    size = put_text(out, size, texts, _TYPE)
    size = put_text(out, size, texts, kind)
    size = put_text(out, size, texts, _MODE_KEY)
    size = put_text(out, size, texts, _MODE + steps[S_MODE, k])
    size = put_text(out, size, texts, _SIDE)
    size = put_text(out, size, texts, _LEFT if is_left_driving else _RIGHT)
    size = put_text(out, size, texts, _NAME)
    size = put_name(out, size, words, signs[0][segment])
    if signs[1][segment] > 0:
        size = put_text(out, size, texts, _REF)
        size = put_name(out, size, words, signs[1][segment])
    signed = signs[3][segment] if road & 1 else signs[2][segment]
    if signed > 0:
        size = put_text(out, size, texts, _DESTINATIONS)
        size = put_name(out, size, words, signed)
    if kind in (ROTARY, _EXIT_ROTARY):
        size = put_text(out, size, texts, _ROTARY_NAME)
        size = put_name(out, size, words, signs[0][segment])
    size = put_text(out, size, texts, _CROSSINGS)
    for j in range(from_j, until_j):
        if j > from_j:
            out[size] = 44
            size += 1
        size = _crossing(out, size, begin, texts, pairs, junctions, arms, lanes, j, line_e7, geometry)
    size = put_text(out, size, texts, _WEIGHT)
    size = put_tenths(out, size, pairs, duration_ms / 1000.0)
    size = put_text(out, size, texts, _DURATION)
    size = put_tenths(out, size, pairs, duration_ms / 1000.0)
    size = put_text(out, size, texts, _DISTANCE)
    size = put_tenths(out, size, pairs, distance_m)
    out[size] = 125
    return size + 1


@cached(nogil=True)
def _crossing(out, size, begin, texts, pairs, junctions, arms, lanes, j, line_e7, geometry):  # type: ignore[no-untyped-def]
    low, high = junctions[J_ARM, j], junctions[J_ARM, j + 1]
    if junctions[J_GOES, j] >= 0:
        size = put_text(out, size, texts, _OUT)
        size = put_whole(out, size, pairs, junctions[J_GOES, j])
        out[size] = 44
    else:
        out[size] = 123
    size += 1
    if junctions[J_CAME, j] >= 0:
        size = put_text(out, size, texts, _IN)
        size = put_whole(out, size, pairs, junctions[J_CAME, j])
        out[size] = 44
        size += 1
    size = put_text(out, size, texts, _ENTRY)
    for a in range(low, high):
        if a > low:
            out[size] = 44
            size += 1
        size = put_text(out, size, texts, _TRUE if arms[1, a] else _FALSE)
    size = put_text(out, size, texts, _BEARINGS)
    for a in range(low, high):
        if a > low:
            out[size] = 44
            size += 1
        size = put_whole(out, size, pairs, arms[0, a])
    size = put_text(out, size, texts, _AT)
    size = put_place(out, size, begin, line_e7, junctions[J_POINT, j], geometry)
    low, high = junctions[J_LANE, j], junctions[J_LANE, j + 1]
    if low < high:
        size = put_text(out, size, texts, _LANES)
        for lane in range(low, high):
            if lane > low:
                out[size] = 44
                size += 1
            size = _lane(out, size, texts, lanes[0, lane], lanes[1, lane] != 0)
        out[size] = 93
        size += 1
    out[size] = 125
    return size + 1


@cached(nogil=True)
def _lane(out, size, texts, arrows, is_valid):  # type: ignore[no-untyped-def]
    size = put_text(out, size, texts, _VALID)
    size = put_text(out, size, texts, _TRUE if is_valid else _FALSE)
    size = put_text(out, size, texts, _ARROWS)
    before = size
    for bit in range(9):
        if (arrows >> bit) & 1:
            if size > before:
                size = put_text(out, size, texts, _NEXT_ARROW)
            size = put_text(out, size, texts, _INDICATION + bit)
    if size == before:
        size = put_text(out, size, texts, _INDICATION)
    return put_text(out, size, texts, _ARROWS_END)
