"""Contour lines of heights within a box, as lines and not as a picture."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from location_cloud.errors import BadQuery, TooLarge, Unprocessable
from location_cloud.imagery import installed
from location_cloud.imagery.drawing import read_heights
from location_cloud.imagery.model import HALF_WORLD_M, Box
from location_cloud.imagery.model_look import Look
from location_cloud.imagery.model_mosaic import SceneSet
from location_cloud.imagery.service import picture_size

MAX_SIDE = 1_024
"""Samples a side that lines are traced through."""

MAX_LEVELS = 100
MAX_POINTS = 200_000
"""Of all lines of an answer, about 5 MB of GeoJSON."""


class Contour(NamedTuple):
    """What lies at one height. lines: each (n, 2) lon and lat in degrees, closed where the first point comes again.

    Higher ground lies on the right of each line.
    """

    elevation_m: float
    lines: list[NDArray[np.float64]]


def find_contours(scenes: SceneSet, look: Look, box_m: Box, max_side: int) -> list[Contour]:
    """The lines at all multiples of look.interval_m, from the lowest on, in a box in metres of Web Mercator.

    max_side: samples a side at most; lines end at voids. look: what lies on top, and of which time, too.
    Raises BadQuery for a set that is no heights, Unprocessable where there are none, TooLarge over MAX_LEVELS (before
    lines are traced) or MAX_POINTS, NotInstalled.
    """
    if scenes.kind != "elevation":
        raise BadQuery(f"{scenes.name} has no heights: it is {scenes.kind}", hint="ask a set of kind elevation")
    contourpy = installed.contourpy()
    columns, rows = picture_size(scenes, box_m, max_side)
    heights = read_heights(scenes, look, box_m, columns, rows, 0)
    known = heights[np.isfinite(heights)]
    if min(columns, rows) < 2 or not len(known):
        raise Unprocessable(
            f"{scenes.name} has no heights there",
            hint=f"its bounds are {', '.join(f'{at:.5f}' for at in scenes.bounds)}",
        )
    levels = _levels(float(known.min()), float(known.max()), look.interval_m)
    tracer = contourpy.contour_generator(z=np.ma.masked_invalid(heights), name="serial", line_type="Separate")
    found, points = [], 0
    for level in levels:
        lines = tracer.lines(level)
        points += sum(map(len, lines))
        if points > MAX_POINTS:
            raise TooLarge(
                f"the lines up to {level:g} m have {points:,} points; the most is {MAX_POINTS:,}",
                hint="ask for a smaller box, a smaller max_size or a larger interval_m",
            )
        if lines:
            found.append(Contour(level, [_as_lonlat(line, box_m, columns, rows) for line in lines]))
    return found


def _levels(lowest_m: float, highest_m: float, interval_m: float) -> list[float]:
    first, last = math.ceil(lowest_m / interval_m), math.floor(highest_m / interval_m)
    if last - first >= MAX_LEVELS:
        raise TooLarge(
            f"heights from {lowest_m:.1f} to {highest_m:.1f} m have {last - first + 1:,} lines at "
            f"interval_m={interval_m:g}; the most is {MAX_LEVELS}",
            hint=f"interval_m={math.ceil((highest_m - lowest_m) / MAX_LEVELS)} or more",
        )
    return [number * interval_m for number in range(first, last + 1)]


def _as_lonlat(line: NDArray[np.float64], box_m: Box, columns: int, rows: int) -> NDArray[np.float64]:
    """Degrees of places counted in samples, whose middles heights are of. Source: EPSG method 1024, reversed."""
    west, south, east, north = box_m
    x = west + (line[:, 0] + 0.5) * (east - west) / columns
    y = north - (line[:, 1] + 0.5) * (north - south) / rows
    return np.column_stack([x / HALF_WORLD_M * 180, np.degrees(np.arctan(np.sinh(y / HALF_WORLD_M * np.pi)))])
