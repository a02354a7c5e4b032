"""Lines in the forms that clients read: GeoJSON coordinates as finished text, encoded polylines, and back."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from location_cloud.directions.model import Route
from location_cloud.errors import BadQuery, TooLarge
from location_cloud.spatial import polyline
from location_cloud.spatial.errors import BadPolyline

MOST_POINTS = 100_000
"""Of one decoded line, as of a GeoJSON geometry."""


def decode_polyline(text: str, precision: int = 5, most_points: int = MOST_POINTS) -> NDArray[np.int32]:
    """The line of an encoded polyline, (n, 2) int32 lon and lat in 1e-7 degree; what was encoded comes back exactly.

    Raises BadQuery for what `spatial.polyline.decode_polyline` refuses, and TooLarge for over `most_points` places.
    """
    if len(text) > polyline.MOST_CHARACTERS * most_points:
        raise TooLarge(f"the polyline has {len(text)} characters, {most_points} places are the ceiling")
    try:
        line = polyline.decode_polyline(text, precision)
    except BadPolyline as error:
        hint = "is it cut off, escaped twice, or of another precision (polyline5, polyline6)?"
        raise BadQuery(str(error), hint=hint) from None
    if len(line) > most_points:
        raise TooLarge(
            f"the polyline has {len(line)} places, {most_points} is the ceiling", hint="send a part of the line"
        )
    return line


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
