"""Which tiles of a scene hold nothing, some data, or data only: known for every tile of every overview."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from location_cloud.imagery.model import Grid

EMPTY, PARTLY, FULL = 0, 1, 2


def build_cover(tiles: NDArray[np.uint8], grid: Grid) -> NDArray[np.uint8]:
    """The states of all tiles, level after level from the finest, row by row, in one array.

    tiles: (rows, columns) states at the finest level. A coarser tile is full or empty only if all four below are.
    """
    levels = [tiles]
    for _ in range(grid.levels - 1):
        rows, columns = levels[-1].shape
        four = levels[-1].reshape(rows // 2, 2, columns // 2, 2)
        lowest, highest = four.min(axis=(1, 3)), four.max(axis=(1, 3))
        levels.append(np.where(lowest == highest, lowest, PARTLY).astype(np.uint8))
    return np.concatenate([level.ravel() for level in levels])


def level_starts(grid: Grid) -> tuple[int, ...]:
    """Where each level begins in that array, finest first."""
    starts = [0]
    for up in range(grid.levels - 1):
        starts.append(starts[-1] + (grid.rows >> up) * (grid.columns >> up))
    return tuple(starts)


def state_of(cover: NDArray[np.uint8], grid: Grid, starts: tuple[int, ...], z: int, x: int, y: int) -> int:
    """EMPTY, PARTLY or FULL of a tile of a zoom that the scene has; tiles beside it are EMPTY."""
    up = grid.max_zoom - z
    column, row = x - (grid.x >> up), y - (grid.y >> up)
    columns = grid.columns >> up
    if not (0 <= column < columns and 0 <= row < grid.rows >> up):
        return EMPTY
    return int(cover[starts[up] + row * columns + column])
