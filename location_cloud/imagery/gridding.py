"""Where a scene goes on the web's grid: its zoom, and the tiles that hold it and all its overviews."""

from __future__ import annotations

import math

from location_cloud.imagery.model import HALF_WORLD_M, MAX_ZOOM, TILE_PX, Box, Grid

MOST_TOP_TILES = 4
"""Tiles a side of the smallest overview. With 1 the empty margin that aligns overviews would be up to four times as
wide as the scene; the tables of tile positions would outgrow it."""


def grid_of(bounds_m: Box, resolution_m: float, is_finer: bool) -> Grid:
    """The grid of a scene.

    bounds_m: in metres of Web Mercator. resolution_m: side of its source's pixels there. is_finer: never coarser than
    the source (heights, so that nothing is flattened twice); else the nearest zoom, as GDAL chooses.
    """
    exact = math.log2(2 * HALF_WORLD_M / TILE_PX / resolution_m)
    # A source that lies on the grid already gives a whole number but for rounding: it must not go one deeper.
    zoom = math.ceil(exact - 1e-3) if is_finer else round(exact)
    zoom = max(0, min(zoom, MAX_ZOOM))
    side = 2 * HALF_WORLD_M / (1 << zoom)
    last = (1 << zoom) - 1
    hair = side / TILE_PX / 1000  # a thousandth of a pixel is no reason for another tile

    def tile(metres: float) -> int:
        return max(0, min(math.floor(metres / side), last))

    west, south, east, north = bounds_m
    x_min, x_max = tile(west + HALF_WORLD_M + hair), tile(east + HALF_WORLD_M - hair)
    y_min, y_max = tile(HALF_WORLD_M - north + hair), tile(HALF_WORLD_M - south - hair)
    up = 0
    while max((x_max >> up) - (x_min >> up), (y_max >> up) - (y_min >> up)) >= MOST_TOP_TILES:
        up += 1
    x, y = x_min >> up << up, y_min >> up << up
    columns, rows = ((x_max >> up) + 1 << up) - x, ((y_max >> up) + 1 << up) - y
    return Grid(zoom, zoom - up, x, y, columns, rows)
