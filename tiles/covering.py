"""Which tiles boxes on the grid reach into, and which of some tiles they reach."""

import numpy as np
from numpy.typing import NDArray

from tiles.mercator import BUFFER, EXTENT, GRID_ZOOM


def reach_of(z: int) -> int:
    """How far beyond its sides a tile of the zoom draws, in grid steps, rounded up."""
    return (BUFFER << (GRID_ZOOM - z)) // EXTENT + 1


def tiles_of_boxes(boxes: NDArray[np.int32], z: int) -> NDArray[np.int64]:
    """The tiles of a zoom whose buffered squares the boxes meet: (t, 2) x, y by row, then column; each one once.

    boxes: (n, 4) x_min, y_min, x_max, y_max on the grid. Work and memory grow with the covered tiles of each box; see
    `count_tiles` before.
    """
    low, high = _corners(boxes, z)
    width = high[:, 0] - low[:, 0] + 1
    count = width * (high[:, 1] - low[:, 1] + 1)
    box = np.repeat(np.arange(len(boxes)), count)
    step = np.arange(len(box)) - np.repeat(np.cumsum(count) - count, count)
    x, y = low[box, 0] + step % width[box], low[box, 1] + step // width[box]
    key = np.unique(y << 32 | x)
    return np.column_stack([key & 0xFFFFFFFF, key >> 32])


def count_tiles(boxes: NDArray[np.int32], z: int) -> int:
    """How many tiles `tiles_of_boxes` visits: each one as often as boxes meet it."""
    low, high = _corners(boxes, z)
    return int(((high - low) + 1).prod(axis=1).sum())


def tiles_met(tiles: NDArray[np.int64], boxes: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Which of (t, 3) tiles z, x, y draw anything of the (n, 4) boxes: (t,) bool."""
    met = np.zeros(len(tiles), bool)
    shift = GRID_ZOOM - tiles[:, 0]
    reach = (BUFFER << shift) // EXTENT + 1
    west, north = (tiles[:, 1] << shift) - reach, (tiles[:, 2] << shift) - reach
    side = (1 << shift) + 2 * reach
    for x_min, y_min, x_max, y_max in boxes.tolist():
        met |= (west <= x_max) & (west + side >= x_min) & (north <= y_max) & (north + side >= y_min)
    return met


def _corners(boxes: NDArray[np.int32], z: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """North-western and south-eastern tile of each box."""
    reach, last = reach_of(z), (1 << z) - 1
    low = np.clip((boxes[:, :2].astype(np.int64) - reach) >> (GRID_ZOOM - z), 0, last)
    high = np.clip((boxes[:, 2:].astype(np.int64) + reach) >> (GRID_ZOOM - z), 0, last)
    return low, high
