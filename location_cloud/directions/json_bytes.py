"""Numbers, texts and lines written as JSON by compiled code, straight into bytes.

All kernels write at a place of a buffer and give the place behind what they wrote. They do not look how much room is
left: whoever calls them has made enough (POINT_ROOM bytes a point). Long-lived arrays are seen through plain pointers,
as numba counts references to every array that it hands to a function, and these are called per byte.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numba import carray, types  # type: ignore[attr-defined]  # numba has no types

from routing.packed import copy_bytes, pointer_to

uint8_pointer, int16_pointer, uint16_pointer = (pointer_to(item) for item in (types.uint8, types.int16, types.uint16))
int32_pointer, int64_pointer = pointer_to(types.int32), pointer_to(types.int64)
put_bytes: Any = copy_bytes

GEOJSON, POLYLINE, POLYLINE6 = range(3)
"""How lines are written: "[8.67,49.4],[8.68,49.4]" with six digits, or encoded."""

GEOMETRIES = ("geojson", "polyline", "polyline6")
"""Their names in OSRM's `geometries=` parameter."""

POINT_ROOM = 26
"""Bytes that a point takes at most."""

PAIRS = np.frombuffer("".join(f"{number:02}" for number in range(100)).encode(), np.uint8).copy()
"""The two digits of each number below 100, which most kernels need as `pairs`."""


@numba.njit(cache=True, nogil=True)
def as_bytes(array):  # type: ignore[no-untyped-def]
    """Any array as the bytes it is made of, through a plain pointer."""
    return carray(uint8_pointer(array.ctypes.data), (array.size,))


@numba.njit(cache=True, nogil=True)
def put_place(out, size, begin, pairs, line_e7, p, geometry):  # type: ignore[no-untyped-def]
    """A point: copied from those put by `put_points` for GEOJSON, else written."""
    if geometry == GEOJSON:
        return copy_points(out, size, begin, p, p + 1)
    return put_point(out, size, pairs, line_e7, p)


@numba.njit(cache=True, nogil=True)
def copy_points(out, size, begin, first, last):  # type: ignore[no-untyped-def]
    """The text of points first..last - 1, which stands at the beginning, without its last comma."""
    low, length = np.int64(begin[first]), np.int64(begin[last] - 1 - begin[first])
    address = np.int64(out.ctypes.data)
    put_bytes(address + size, address + low, length)
    return size + length


@numba.njit(cache=True, nogil=True)
def put_polyline(out, size, line_e7, first, last, geometry):  # type: ignore[no-untyped-def]
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
def put_points(out, begin, pairs, line_e7, points):  # type: ignore[no-untyped-def]
    """Every point once, "[8.67,49.4]," and where each begins; steps copy their part."""
    size = 0
    for p in range(points):
        begin[p] = size
        size = put_point(out, size, pairs, line_e7, p)
        out[size] = 44
        size += 1
    begin[points] = size
    return size


@numba.njit(cache=True, nogil=True)
def put_point(out, size, pairs, line_e7, p):  # type: ignore[no-untyped-def]
    """Point p of a line, [8.672411,49.40268]."""
    out[size] = 91
    size = put_millionths(out, size + 1, pairs, _rounded(line_e7[p, 0], 10))
    out[size] = 44
    size = put_millionths(out, size + 1, pairs, _rounded(line_e7[p, 1], 10))
    out[size] = 93
    return size + 1


@numba.njit(cache=True, nogil=True)
def _rounded(value, unit):  # type: ignore[no-untyped-def]
    half = unit // 2
    whole = np.int64(value)
    return (whole + half) // unit if whole >= 0 else -((half - whole) // unit)


@numba.njit(cache=True, nogil=True)
def put_millionths(out, size, pairs, value):  # type: ignore[no-untyped-def]
    """A number of millionths below 4,294 whole ones, 8.67."""
    if value < 0:
        out[size] = 45
        size += 1
        value = -value
    rest = np.uint32(value)
    degrees = rest // np.uint32(1_000_000)
    rest -= degrees * np.uint32(1_000_000)
    size = put_whole(out, size, pairs, np.int64(degrees))
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
def put_tenths(out, size, pairs, value):  # type: ignore[no-untyped-def]
    """A number of 0 or more with one digit behind the point."""
    tenths = np.int64(value * 10.0 + 0.5)
    size = put_whole(out, size, pairs, tenths // 10)
    if tenths % 10:
        out[size] = 46
        out[size + 1] = 48 + tenths % 10
        size += 2
    return size


@numba.njit(cache=True, nogil=True)
def put_whole(out, size, pairs, value):  # type: ignore[no-untyped-def]
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
def put_text(out, size, texts, number):  # type: ignore[no-untyped-def]
    """Text `number` of a table (data, start)."""
    data, start = texts
    low = np.int64(start[number])
    length = np.int64(start[number + 1]) - low
    address = np.int64(data.ctypes.data)
    put_bytes(np.int64(out.ctypes.data) + size, address + low, length)
    return size + length


@numba.njit(cache=True, nogil=True)
def put_name(out, size, words, number):  # type: ignore[no-untyped-def]
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


@numba.njit(cache=True, nogil=True)
def put_decimal(out, size, pairs, value, unit):  # type: ignore[no-untyped-def]
    """A number to the nearest part of a unit: 1000 for three digits behind the point."""
    parts = np.int64(abs(value) * unit + 0.5)
    if value < 0.0:
        out[size] = 45
        size += 1
    size = put_whole(out, size, pairs, parts // unit)
    rest = parts % unit
    if rest == 0:
        return size
    out[size] = 46
    size += 1
    while rest:
        unit //= 10
        out[size] = 48 + rest // unit
        rest %= unit
        size += 1
    return size


@numba.njit(cache=True, nogil=True)
def put_e7(out, size, pairs, value):  # type: ignore[no-untyped-def]
    """Degrees in units of 1e-7, 8.6724112."""
    if value < 0:
        out[size] = 45
        size += 1
    parts = abs(np.int64(value))
    size = put_whole(out, size, pairs, parts // 10_000_000)
    rest = parts % 10_000_000
    if rest == 0:
        return size
    out[size] = 46
    for place in (6, 4, 2):
        two = rest % 100
        rest //= 100
        out[size + place] = pairs[2 * two]
        out[size + place + 1] = pairs[2 * two + 1]
    out[size + 1] = 48 + rest
    size += 7
    while out[size] == 48:
        size -= 1
    return size + 1


@numba.njit(cache=True, nogil=True)
def put_point_e7(out, size, pairs, line_e7, p):  # type: ignore[no-untyped-def]
    """Point p of a line with all its digits, [8.6724112,49.4026801]."""
    out[size] = 91
    size = put_e7(out, size + 1, pairs, line_e7[p, 0])
    out[size] = 44
    size = put_e7(out, size + 1, pairs, line_e7[p, 1])
    out[size] = 93
    return size + 1
