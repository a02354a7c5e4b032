"""Heights of points from a mosaic of elevation scenes: bilinear between the four nearest pixels."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from location_cloud.imagery import installed
from location_cloud.imagery.covering import EMPTY
from location_cloud.imagery.handles import COVERS, READERS
from location_cloud.imagery.model import HALF_WORLD_M, TILE_PX, Scene

Floats = NDArray[np.float64]

MOST_BLOCKS = 64
"""Decoded blocks that a process keeps: 17 MB."""


class Blocks:
    """Heights of stored tiles with one pixel more to the east and south, so that every point lies in one block."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, int, int], NDArray[np.float32]] = OrderedDict()

    def get(self, home: Path, scene: Scene, column: int, row: int) -> NDArray[np.float32]:
        """(257, 257) metres of the tile in that column and row of the scene's grid; NaN = void."""
        key = (scene.key, column, row)
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return found
        block = _read_block(home, scene, column, row)
        with self._lock:
            self._kept[key] = block
            if len(self._kept) > MOST_BLOCKS:
                self._kept.popitem(last=False)
        return block


BLOCKS = Blocks()


def heights_at(home: Path, scenes: Sequence[Scene], lonlat: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Heights in metres of (n, 2) points in degrees, NaN = unknown; and of each the scene that tells it, -1 = none.

    scenes: of heights, the best first; one asks the next where it has a void.
    """
    metres = np.full(len(lonlat), np.nan)
    told_by = np.full(len(lonlat), -1, np.int64)
    x = lonlat[:, 0] / 180 * HALF_WORLD_M
    with np.errstate(all="ignore"):  # at the poles the map ends
        y = np.arcsinh(np.tan(np.radians(lonlat[:, 1]))) * HALF_WORLD_M / np.pi
    for number, scene in enumerate(scenes):
        open_ones = np.flatnonzero(np.isnan(metres))
        if not len(open_ones):
            break
        found = _heights_in(home, scene, x[open_ones], y[open_ones])
        metres[open_ones] = found
        told_by[open_ones[~np.isnan(found)]] = number
    return metres, told_by


def _heights_in(home: Path, scene: Scene, x: Floats, y: Floats) -> Floats:
    west, south, east, north = scene.grid.bounds_m
    metres = np.full(len(x), np.nan)
    inside = np.flatnonzero((x >= west) & (x <= east) & (y >= south) & (y <= north))
    if not len(inside):
        return metres
    grid = scene.grid
    # In pixels between the middles of pixels; the outermost half pixel has the height of its middle.
    column = np.clip((x[inside] - west) / grid.pixel_m - 0.5, 0, grid.columns * TILE_PX - 1)
    row = np.clip((north - y[inside]) / grid.pixel_m - 0.5, 0, grid.rows * TILE_PX - 1)
    block_column, block_row = column.astype(np.int64) // TILE_PX, row.astype(np.int64) // TILE_PX
    blocks = block_row * grid.columns + block_column
    for block in np.unique(blocks).tolist():
        mine = np.flatnonzero(blocks == block)
        at_row, at_column = divmod(block, grid.columns)
        if COVERS.get(home, scene).state(grid.max_zoom, grid.x + at_column, grid.y + at_row) == EMPTY:
            continue
        values = BLOCKS.get(home, scene, at_column, at_row)
        metres[inside[mine]] = _bilinear(values, row[mine] - at_row * TILE_PX, column[mine] - at_column * TILE_PX)
    return metres


def _bilinear(values: NDArray[np.float32], row: Floats, column: Floats) -> Floats:
    """Between four pixels; beside a void, the nearest pixel's height, or NaN if that one is the void."""
    top, left = row.astype(np.int64), column.astype(np.int64)
    down, right = row - top, column - left
    upper = values[top, left] * (1 - right) + values[top, left + 1] * right
    lower = values[top + 1, left] * (1 - right) + values[top + 1, left + 1] * right
    between = upper * (1 - down) + lower * down
    nearest = values[top + (down >= 0.5), left + (right >= 0.5)]
    found: Floats = np.where(np.isnan(between), nearest, between).astype(np.float64)
    return found


def _read_block(home: Path, scene: Scene, column: int, row: int) -> NDArray[np.float32]:
    width = min(TILE_PX + 1, (scene.grid.columns - column) * TILE_PX)
    height = min(TILE_PX + 1, (scene.grid.rows - row) * TILE_PX)
    block = np.full((TILE_PX + 1, TILE_PX + 1), np.nan, np.float32)
    window = installed.rasterio().windows.Window(column * TILE_PX, row * TILE_PX, width, height)
    with READERS.borrow(home, scene) as dataset:
        found = dataset.read(1, window=window)
    block[:height, :width] = np.where(found == scene.nodata, np.float32(np.nan), found)
    return block
