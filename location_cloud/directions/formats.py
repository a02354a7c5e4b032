"""Lines in the forms that clients read: encoded polylines, GeoJSON coordinates as finished text, and back."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from location_cloud.directions.model import Route
from location_cloud.errors import BadQuery, TooLarge
from routing.rows import as_read_only

PRECISIONS = (5, 6)
"""Decimals of an encoded polyline. Source: Google, "Encoded Polyline Algorithm Format" (5); Valhalla and OSRM (6)."""

MOST_POINTS = 100_000
"""Of one decoded line, as of a GeoJSON geometry."""


def encode_polyline(line_e7: NDArray[np.int32], precision: int = 5) -> str:
    """The line as an encoded polyline (latitude first, as the format asks).

    line_e7: (n, 2) int32 lon and lat in 1e-7 degree. precision: 5 or 6 decimals, halves rounded away from zero.

    Raises BadQuery for another precision. Source: Google, "Encoded Polyline Algorithm Format".
    """
    text = np.empty(14 * len(line_e7), np.uint8)  # a step of 360 degrees takes 6 characters, of 2^31 7
    return str(text[: _encode(as_read_only(line_e7, np.int32), _unit(precision), text)].tobytes(), "ascii")


def decode_polyline(text: str, precision: int = 5, most_points: int = MOST_POINTS) -> NDArray[np.int32]:
    """The line of an encoded polyline, (n, 2) int32 lon and lat in 1e-7 degree; what was encoded comes back exactly.

    Raises BadQuery, naming the place, for a character outside "?".."~", a number that breaks off or is too large, a
    latitude without longitude, or a place off the globe, and TooLarge for over `most_points` places.
    """
    unit = _unit(precision)
    if len(text) > 14 * most_points:
        raise TooLarge(f"the polyline has {len(text)} characters, {most_points} places are the ceiling")
    try:
        letters = np.frombuffer(text.encode("ascii"), np.uint8)
    except UnicodeEncodeError as error:
        raise _bad_polyline(error.start, "is not a polyline's character") from None
    line = np.empty((len(text) // 2 + 1, 2), np.int32)
    points, place, wrong = _decode(letters, unit, line)
    if wrong:
        raise _bad_polyline(place, _WRONG[wrong])
    if points > most_points:
        raise TooLarge(
            f"the polyline has {points} places, {most_points} is the ceiling", hint="send a part of the line"
        )
    return line[:points].copy()


def lonlat_list(line_e7: NDArray[np.int32]) -> list[list[float]]:
    """The line as GeoJSON coordinates in lists, for replies that are still to be changed (another crs)."""
    coordinates: list[list[float]] = (line_e7 / 1e7).tolist()
    return coordinates


def route_line(route: Route) -> NDArray[np.int32]:
    """The line of all legs, (n, 2) int32 lonlat_e7; where a leg ends and the next begins there is one point."""
    lines = [shape.line_e7 for shape in route.shapes]
    joined = [line[1:] if at and np.array_equal(lines[at - 1][-1], line[0]) else line for at, line in enumerate(lines)]
    return np.concatenate(joined)


def route_feature(route: Route, **properties: object) -> dict[str, Any]:
    """The route as a GeoJSON feature with its length and driving time beside the given properties."""
    return {
        "type": "Feature",
        "geometry": {"type": "LineString", "coordinates": lonlat_list(route_line(route))},
        "properties": {
            "distance_m": round(route.distance_m, 1),
            "duration_s": route.duration_ms / 1000,
            **properties,
        },
    }


def _unit(precision: int) -> int:
    if precision not in PRECISIONS:
        raise BadQuery(f"precision={precision} must be 5 or 6 decimals")
    return int(10 ** (7 - precision))


def _bad_polyline(place: int, what: str) -> BadQuery:
    return BadQuery(
        f"the polyline's character {place} {what}",
        hint="is it cut off, escaped twice, or of another precision (polyline5, polyline6)?",
    )


_WRONG = (
    "",
    "is not a polyline's character",
    "ends the text within a number",
    "belongs to a number that is too large",
    "ends the text after a latitude without longitude",
    "leads off the globe",
)


@numba.njit(cache=True, nogil=True)
def _rounded(value, unit):  # type: ignore[no-untyped-def]  # kernels; the functions above are typed
    """Halves away from zero."""
    half = unit >> 1
    return (value + half) // unit if value >= 0 else -((half - value) // unit)


@numba.njit(cache=True, nogil=True)
def _encode(line, unit, text):  # type: ignore[no-untyped-def]
    size, last_lat, last_lon = np.uint64(0), np.int64(0), np.int64(0)
    for i in range(np.uint64(len(line))):
        lat, lon = _rounded(np.int64(line[i, 1]), unit), _rounded(np.int64(line[i, 0]), unit)
        size = _encode_number(lat - last_lat, text, size)
        size = _encode_number(lon - last_lon, text, size)
        last_lat, last_lon = lat, lon
    return size


@numba.njit(cache=True, nogil=True)
def _encode_number(step, text, size):  # type: ignore[no-untyped-def]
    rest = np.uint64((step << 1) ^ (step >> 63))
    while rest >= np.uint64(0x20):
        text[size] = np.uint8((rest & np.uint64(0x1F)) + np.uint64(0x20 + 63))
        size += np.uint64(1)
        rest >>= np.uint64(5)
    text[size] = np.uint8(rest + np.uint64(63))
    return size + np.uint64(1)


@numba.njit(cache=True, nogil=True)
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
