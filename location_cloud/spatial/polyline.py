"""Encoded polylines: lines as short text. Source: Google, "Encoded Polyline Algorithm Format"."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kernels.caching import cached
from location_cloud.spatial.errors import BadPolyline

PRECISIONS = (5, 6)
"""Decimals of an encoded polyline. Source: Google, "Encoded Polyline Algorithm Format" (5); Valhalla and OSRM (6)."""

MOST_CHARACTERS = 14
"""Of one point: a step of 360 degrees takes 6 characters a number, of 2^31 units 7."""


def encode_polyline(line_e7: NDArray[np.int32], precision: int = 5) -> str:
    """The line as an encoded polyline (latitude first, as the format asks).

    line_e7: (n, 2) int32 lon and lat in 1e-7 degree. precision: 5 or 6 decimals, halves rounded away from zero.

    Raises BadPolyline for another precision.
    """
    text = np.empty(MOST_CHARACTERS * len(line_e7), np.uint8)
    line = np.ascontiguousarray(line_e7, np.int32).view(np.ndarray)
    line.flags.writeable = False  # mapped files are read-only: one kind of array, one compiled kernel
    return str(text[: _encode(line, _unit(precision), text)].tobytes(), "ascii")


def decode_polyline(text: str, precision: int = 5) -> NDArray[np.int32]:
    """The line of an encoded polyline, (n, 2) int32 lon and lat in 1e-7 degree; what was encoded comes back exactly.

    Raises BadPolyline, naming the place, for a character outside "?".."~", a number that breaks off or is too large, a
    latitude without longitude, or a place off the globe. Whoever has a ceiling of points refuses texts of more than
    MOST_CHARACTERS for each before, and counts afterwards.
    """
    unit = _unit(precision)
    try:
        letters = np.frombuffer(text.encode("ascii"), np.uint8)
    except UnicodeEncodeError as error:
        raise _bad_polyline(error.start, "is not a polyline's character") from None
    line = np.empty((len(text) // 2 + 1, 2), np.int32)
    points, place, wrong = _decode(letters, unit, line)
    if wrong:
        raise _bad_polyline(place, _WRONG[wrong])
    return line[:points].copy()


def _unit(precision: int) -> int:
    if precision not in PRECISIONS:
        raise BadPolyline(f"precision={precision} must be 5 or 6 decimals")
    return int(10 ** (7 - precision))


def _bad_polyline(place: int, what: str) -> BadPolyline:
    return BadPolyline(f"the polyline's character {place} {what}")


_WRONG = (
    "",
    "is not a polyline's character",
    "ends the text within a number",
    "belongs to a number that is too large",
    "ends the text after a latitude without longitude",
    "leads off the globe",
)


@cached(nogil=True)
def _rounded(value, unit):  # type: ignore[no-untyped-def]  # kernels; the functions above are typed
    """Halves away from zero."""
    half = unit >> 1
    return (value + half) // unit if value >= 0 else -((half - value) // unit)


@cached(nogil=True)
def _encode(line, unit, text):  # type: ignore[no-untyped-def]
    size, last_lat, last_lon = np.uint64(0), np.int64(0), np.int64(0)
    for i in range(np.uint64(len(line))):
        lat, lon = _rounded(np.int64(line[i, 1]), unit), _rounded(np.int64(line[i, 0]), unit)
        size = _encode_number(lat - last_lat, text, size)
        size = _encode_number(lon - last_lon, text, size)
        last_lat, last_lon = lat, lon
    return size


@cached(nogil=True)
def _encode_number(step, text, size):  # type: ignore[no-untyped-def]
    rest = np.uint64((step << 1) ^ (step >> 63))
    while rest >= np.uint64(0x20):
        text[size] = np.uint8((rest & np.uint64(0x1F)) + np.uint64(0x20 + 63))
        size += np.uint64(1)
        rest >>= np.uint64(5)
    text[size] = np.uint8(rest + np.uint64(63))
    return size + np.uint64(1)


@cached(nogil=True)
def _decode(letters, unit, line):  # type: ignore[no-untyped-def]
    """(points, place of what is wrong, what: number in _WRONG)."""
    points, i = 0, 0
    place = np.zeros(2, np.int64)
    while i < len(letters):
        for axis in (1, 0):
            if i == len(letters):
                return points, i - 1, 4
            value, shift = np.int64(0), 0
            while True:
                if i == len(letters):
                    return points, i - 1, 2
                letter = np.int64(letters[i]) - 63
                if letter < 0 or letter > 63:
                    return points, i, 1
                if shift > 30:
                    return points, i, 3
                value |= (letter & 0x1F) << shift
                shift += 5
                i += 1
                if letter < 0x20:
                    break
            place[axis] += ~(value >> 1) if value & 1 else value >> 1
            if abs(place[axis]) * unit > (900_000_000 if axis else 1_800_000_000):
                return points, i - 1, 5
        line[points, 0], line[points, 1] = place[0] * unit, place[1] * unit
        points += 1
    return points, 0, 0
