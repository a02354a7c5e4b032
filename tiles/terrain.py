"""Pictures of heights: shaded relief, slope, contour lines, and heights packed into colours."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from tiles.compiled import entry_point, kernel

Heights = NDArray[np.float32]
"""(rows + 2, columns + 2) metres: one pixel more on each side; NaN = void."""


@entry_point
def hillshade(
    heights: Heights,
    pixel_m: NDArray[np.float64],
    azimuth_deg: float,
    altitude_deg: float,
    exaggeration: float,
) -> NDArray[np.uint8]:
    """(rows, columns) brightness 0-255 of ground lit from azimuth (clockwise from north) and altitude above ground.

    pixel_m: (rows,) side of a pixel on the ground, metres, of each row. A void beside a pixel counts as level ground;
    a void itself is 0.
    Source: Horn 1981, "Hill shading and the reflectance map"; Burrough and McDonnell 1998, as in GDAL's gdaldem.
    """
    rows, columns = heights.shape[0] - 2, heights.shape[1] - 2
    shade = np.zeros((rows, columns), np.uint8)
    zenith = math.radians(90 - altitude_deg)
    towards = math.radians(azimuth_deg)
    up, sideways = math.cos(zenith), math.sin(zenith)
    light_x, light_y = math.sin(towards) * sideways, math.cos(towards) * sideways  # to the east, to the north
    for row in range(rows):
        scale = exaggeration / (8 * pixel_m[row])
        for column in range(columns):
            east, north = _rise(heights, row, column)
            if math.isnan(east):
                continue
            east, north = east * scale, north * scale
            light = (up - light_x * east - light_y * north) / math.sqrt(1 + east * east + north * north)
            shade[row, column] = np.uint8(max(0.0, min(light, 1.0)) * 254 + 1)
    return shade


@entry_point
def slope(heights: Heights, pixel_m: NDArray[np.float64]) -> NDArray[np.float32]:
    """(rows, columns) steepness in degrees, 0 = level; NaN at voids. Arguments and source as of `hillshade`."""
    rows, columns = heights.shape[0] - 2, heights.shape[1] - 2
    steep = np.empty((rows, columns), np.float32)
    for row in range(rows):
        scale = 1 / (8 * pixel_m[row])
        for column in range(columns):
            east, north = _rise(heights, row, column)
            steep[row, column] = math.degrees(math.atan(math.hypot(east, north) * scale))
    return steep


@entry_point
def contour_lines(heights: Heights, interval_m: float) -> NDArray[np.bool_]:
    """(rows, columns) whether a contour line passes between a pixel and the one to its east or south."""
    rows, columns = heights.shape[0] - 2, heights.shape[1] - 2
    lines = np.zeros((rows, columns), np.bool_)
    for row in range(rows):
        for column in range(columns):
            here = heights[row + 1, column + 1]
            east, south = heights[row + 1, column + 2], heights[row + 2, column + 1]
            step = math.floor(here / interval_m)
            # Comparisons with NaN are false: no line runs along a void.
            crosses_east = not math.isnan(east) and math.floor(east / interval_m) != step
            crosses_south = not math.isnan(south) and math.floor(south / interval_m) != step
            lines[row, column] = not math.isnan(here) and (crosses_east or crosses_south)
    return lines


def terrain_rgb(heights: NDArray[np.float32]) -> NDArray[np.uint8]:
    """(rows, columns, 3) colours that hold heights to 0.1 m: height = -10000 + (R 65536 + G 256 + B) / 10.

    Voids become 0 m: clients know no void. Source: Mapbox Terrain-RGB; "mapbox" of MapLibre's raster-dem.
    """
    return _as_colours(heights, 10_000.0, 10.0)


def terrarium(heights: NDArray[np.float32]) -> NDArray[np.uint8]:
    """(rows, columns, 3) colours that hold heights to 1/256 m: height = R 256 + G + B / 256 - 32768; voids are 0 m.

    Source: Mapzen terrarium; "terrarium" of MapLibre's raster-dem.
    """
    return _as_colours(heights, 32_768.0, 256.0)


@entry_point
def _as_colours(heights: NDArray[np.float32], below_m: float, steps_a_metre: float) -> NDArray[np.uint8]:
    """Heights as steps above a depth, in 24 bits, the highest first."""
    rows, columns = heights.shape
    colours = np.empty((rows, columns, 3), np.uint8)
    for row in range(rows):
        for column in range(columns):
            metres = heights[row, column]
            if math.isnan(metres):
                metres = np.float32(0)
            value = int(max(0.0, min((float(metres) + below_m) * steps_a_metre + 0.5, 16777215.0)))
            colours[row, column, 0] = value >> 16
            colours[row, column, 1] = value >> 8 & 255
            colours[row, column, 2] = value & 255
    return colours


@kernel
def _rise(heights: Heights, row: int, column: int) -> tuple[float, float]:
    """Eight pixel sides of rise towards east and towards north, by Horn's weights; NaN at a void."""
    here = heights[row + 1, column + 1]
    if math.isnan(here):
        return math.nan, math.nan
    east = north = 0.0
    for i in range(3):
        for j in range(3):
            height = heights[row + i, column + j]
            if math.isnan(height):
                height = here
            weight = 2.0 if i == 1 or j == 1 else 1.0
            east += (j - 1) * weight * height
            north += (1 - i) * weight * height
    return east, north
