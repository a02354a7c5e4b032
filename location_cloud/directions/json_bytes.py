"""Numbers, texts and lines written as JSON by compiled code, straight into bytes.

All kernels write at a place of a buffer and give the place behind what they wrote. They do not look how much room is
left: whoever calls them has made enough (POINT_ROOM bytes a point). Long-lived arrays are seen through plain pointers,
as numba counts references to every array that it hands to a function, and these are called per byte.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import carray, types  # type: ignore[attr-defined]  # numba has no types
from numba.extending import intrinsic

from kernels.caching import cached
from routing.packed import copy_bytes, pointer_to

uint8_pointer, int16_pointer, uint16_pointer = (pointer_to(item) for item in (types.uint8, types.int16, types.uint16))
int32_pointer, int64_pointer = pointer_to(types.int32), pointer_to(types.int64)
put_bytes: Any = copy_bytes

GEOJSON, POLYLINE, POLYLINE6 = range(3)
"""How lines are written: "[8.67,49.4],[8.68,49.4]" with six digits, or encoded."""

GEOMETRIES = ("geojson", "polyline", "polyline6")
"""Their names in OSRM's `geometries=` parameter."""

POINT_ROOM = 28
"""Bytes that a point takes at most, "[-179.9999999,-89.9999999],"."""

PAIRS = np.frombuffer("".join(f"{number:02}" for number in range(100)).encode(), np.uint8).copy()
"""The two digits of each number below 100, which most kernels need as `pairs`."""


@intrinsic
def _count_leading_zeros(typing_context, word):  # type: ignore[no-untyped-def]
    """How many bits of a word other than 0 are 0 before the first 1."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        return builder.ctlz(arguments[0], context.get_constant(types.boolean, False))

    return types.int64(types.uint64), generate


_leading_zeros: Any = _count_leading_zeros


@cached(nogil=True)
def as_bytes(array):  # type: ignore[no-untyped-def]
    """Any array as the bytes it is made of, through a plain pointer."""
    return carray(uint8_pointer(array.ctypes.data), (array.size,))


@cached(nogil=True)
def put_place(out, size, begin, line_e7, p, geometry):  # type: ignore[no-untyped-def]
    """A point: copied from those put by `put_points` for GEOJSON, else written."""
    if geometry == GEOJSON:
        return copy_points(out, size, begin, p, p + 1)
    address = np.int64(out.ctypes.data)
    return _point_at(address + size, line_e7[p, 0], line_e7[p, 1]) - address


@cached(nogil=True)
def copy_points(out, size, begin, first, last):  # type: ignore[no-untyped-def]
    """The text of points first..last - 1, which stands at the beginning, without its last comma."""
    low, length = np.int64(begin[first]), np.int64(begin[last] - 1 - begin[first])
    address = np.int64(out.ctypes.data)
    put_bytes(address + size, address + low, length)
    return size + length


@cached(nogil=True)
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


@cached(nogil=True)
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


@cached(nogil=True)
def put_points(out, begin, line_e7, points):  # type: ignore[no-untyped-def]
    """Every point once, "[8.67,49.4]," and where each begins; steps copy their part."""
    address = np.int64(out.ctypes.data)
    at = address
    for p in range(points):
        begin[p] = at - address
        at = _point_at(at, line_e7[p, 0], line_e7[p, 1]) + 1
    begin[points] = at - address
    return at - address


@cached(nogil=True)
def put_points_e7(out, size, line_e7, points):  # type: ignore[no-untyped-def]
    """Every point with all its digits, [8.6724112,49.4026801],[8.6724315,49.402681]."""
    address = np.int64(out.ctypes.data)
    at = address + size
    for p in range(points):
        at = _e7_at(_byte_at(at, 91), line_e7[p, 0])
        at = _byte_at(_byte_at(_e7_at(_byte_at(at, 44), line_e7[p, 1]), 93), 44)
    return at - address - 1


@cached(nogil=True)
def put_e7(out, size, value):  # type: ignore[no-untyped-def]
    """Degrees in units of 1e-7, 8.6724112."""
    address = np.int64(out.ctypes.data)
    return _e7_at(address + size, value) - address


@cached(nogil=True)
def put_point_e7(out, size, line_e7, p):  # type: ignore[no-untyped-def]
    """Point p of a line with all its digits, [8.6724112,49.4026801]."""
    return put_points_e7(out, size, line_e7[p : p + 1], 1)


@cached(nogil=True)
def _rounded(value, unit):  # type: ignore[no-untyped-def]
    half = unit // 2
    whole = np.int64(value)
    tens = np.int64(np.uint64(abs(whole) + half) // np.uint64(unit))
    return tens if whole >= 0 else -tens


@cached(nogil=True)
def put_tenths(out, size, pairs, value):  # type: ignore[no-untyped-def]
    """A number of 0 or more with one digit behind the point."""
    tenths = np.int64(value * 10.0 + 0.5)
    size = put_whole(out, size, pairs, tenths // 10)
    if tenths % 10:
        out[size] = 46
        out[size + 1] = 48 + tenths % 10
        size += 2
    return size


@cached(nogil=True)
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


@cached(nogil=True)
def put_text(out, size, texts, number):  # type: ignore[no-untyped-def]
    """Text `number` of a table (data, start)."""
    data, start = texts
    low = np.int64(start[number])
    length = np.int64(start[number + 1]) - low
    address = np.int64(data.ctypes.data)
    put_bytes(np.int64(out.ctypes.data) + size, address + low, length)
    return size + length


@cached(nogil=True)
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


@cached(nogil=True)
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


# --- coordinates -----------------------------------------------------------------------------------------------------
# A line has thousands, so they are written without a branch, eight bytes at once: behind the place that these give up
# to seven bytes are not what they were. They know addresses only; handing on arrays took two thirds of their time.


@cached(nogil=True)
def _point_at(at, lon_e7, lat_e7):  # type: ignore[no-untyped-def]
    """A point with six digits, [8.672411,49.40268], and a comma behind the place given."""
    at = _byte_at(_millionths_at(_byte_at(at, 91), lon_e7), 44)
    return _byte_at(_byte_at(_millionths_at(at, lat_e7), 93), 44) - 1


@cached(nogil=True)
def _millionths_at(at, e7):  # type: ignore[no-untyped-def]
    value = np.uint64(abs(np.int64(e7)) + 5) // np.uint64(10)
    whole = value // np.uint64(1_000_000)
    return _number_at(at, e7 < 0 and value > 0, whole, (value - whole * np.uint64(1_000_000)) * np.uint64(100))


@cached(nogil=True)
def _e7_at(at, e7):  # type: ignore[no-untyped-def]
    value = np.uint64(abs(np.int64(e7)))
    whole = value // np.uint64(10_000_000)
    return _number_at(at, e7 < 0, whole, (value - whole * np.uint64(10_000_000)) * np.uint64(10))


@cached(nogil=True)
def _number_at(at, is_negative, whole, rest):  # type: ignore[no-untyped-def]
    """A number below 1,000 and eight digits behind the point, without the zeros at their end.

    The digits are found in the lanes of one word: multiplying by 10,486 / 2^20 divides lanes below 10,000 by 100,
    by 103 / 2^10 lanes below 100 by 10.
    """
    if is_negative:
        at = _byte_at(at, 45)
    tens = whole // np.uint64(10)
    if tens >= 10:
        hundreds = tens // np.uint64(10)
        at = _byte_at(at, np.uint64(48) + hundreds)
        at = _byte_at(at, np.uint64(48) + tens - hundreds * np.uint64(10))
    elif tens > 0:
        at = _byte_at(at, np.uint64(48) + tens)
    at = _byte_at(at, np.uint64(48) + whole - tens * np.uint64(10))
    high = rest // np.uint64(10_000)
    lanes = high | (rest - high * np.uint64(10_000)) << np.uint64(32)
    high = (lanes * np.uint64(10_486)) >> np.uint64(20) & np.uint64(0x0000007F_0000007F)
    lanes = high | (lanes - high * np.uint64(100)) << np.uint64(16)
    high = (lanes * np.uint64(103)) >> np.uint64(10) & np.uint64(0x000F000F_000F000F)
    lanes = high | (lanes - high * np.uint64(10)) << np.uint64(8)
    if lanes == 0:
        return at
    carray(int64_pointer(_byte_at(at, 46)), (1,))[0] = np.int64(lanes | np.uint64(0x30303030_30303030))
    return at + 9 - (_leading_zeros(lanes) >> 3)


@cached(nogil=True)
def _byte_at(at, byte):  # type: ignore[no-untyped-def]
    carray(uint8_pointer(at), (1,))[0] = np.uint8(byte)
    return at + 1
