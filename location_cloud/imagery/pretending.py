"""Tiles in other grids and datums, by inverse warp: where does each pixel of the tile lie, and what is drawn there."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from location_cloud.imagery.drawing import Picture, draw
from location_cloud.imagery.model import HALF_WORLD_M, TILE_PX
from location_cloud.imagery.model_look import Look
from location_cloud.imagery.model_mosaic import SceneSet
from location_cloud.spatial.crs import Crs, as_wgs84
from location_cloud.tile_sets import Matrix

Floats = NDArray[np.float64]

KNOTS = 17
"""Points a side that are converted exactly; between them the way is straight to a thousandth of a pixel from zoom 5."""

MOST_STRETCHED = 4
"""Rows of Web Mercator that are drawn for one row of a tile in degrees, at most: near the poles it stretches more."""

MAX_LATITUDE_DEG = 85.05112877980659


def draw_elsewhere(scenes: SceneSet, look: Look, z: int, x: int, y: int, matrix: Matrix, crs: Crs) -> Picture:
    """The picture of a tile whose grid or coordinates are not those of Web Mercator in WGS-84. Raises as `draw`."""
    at = (np.arange(KNOTS) * TILE_PX / (KNOTS - 1)) / TILE_PX
    lonlat = _lonlat_of(z, x + at, y + at, matrix)
    true = as_wgs84(lonlat.reshape(-1, 2), crs)
    latitude = np.clip(true[:, 1], -MAX_LATITUDE_DEG, MAX_LATITUDE_DEG)
    east = (true[:, 0] / 180 * HALF_WORLD_M).reshape(KNOTS, KNOTS)
    north = (np.arcsinh(np.tan(np.radians(latitude))) * HALF_WORLD_M / np.pi).reshape(KNOTS, KNOTS)
    east, north = _between(_between(east).T).T, _between(_between(north).T).T
    step = max((east.max() - east.min()) / TILE_PX, 1e-9)
    box = (east.min() - step, north.min() - step, east.max() + step, north.max() + step)
    columns = TILE_PX + 2
    rows = min(max(math.ceil((box[3] - box[1]) / step), 1), MOST_STRETCHED * TILE_PX)
    drawn = draw(scenes, look, box, columns, rows)
    column = np.clip((east - box[0]) / (box[2] - box[0]) * columns, 0, columns - 1).astype(np.intp)
    row = np.clip((box[3] - north) / (box[3] - box[1]) * rows, 0, rows - 1).astype(np.intp)
    return Picture(drawn.pixels[row, column], drawn.valid[row, column], drawn.palette)


def _lonlat_of(z: int, x: Floats, y: Floats, matrix: Matrix) -> Floats:
    """(len(y), len(x), 2) degrees of places in tile columns and rows."""
    side = 1 << z
    lon = x / side * 360 - 180
    # Set "c": 2^z columns and half as many rows of squares in degrees, from 90 N. Source: CH/Z 9011-2011.
    lat = 90 - y / side * 360 if matrix == "c" else np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * y / side))))
    return np.stack(np.meshgrid(lon, lat), axis=-1)


def _between(knots: Floats) -> Floats:
    """(256, n) values at the middles of pixels from (17, n) at the knots."""
    place = (np.arange(TILE_PX) + 0.5) / TILE_PX * (KNOTS - 1)
    low = place.astype(np.intp)
    part = (place - low)[:, None]
    found: Floats = knots[low] * (1 - part) + knots[low + 1] * part
    return found
