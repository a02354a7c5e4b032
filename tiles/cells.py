"""Which features a tile may need: rows of a grid of cells, sparse and hierarchical, one for every two zooms."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tiles.compiled import kernel, leaf
from tiles.mercator import BUFFER, EXTENT, FULL_ZOOM, GRID_ZOOM, MAX_ZOOM
from tiles.ordering import find

_BAND_ZOOMS = (
    2  # a band serves its own zoom and the next one: half the memory of a grid a zoom, 4x the box tests at worst
)
_LEVEL_STEP = 3  # a feature too large for a band's cells is kept in cells 8 times as wide, and so on
_MAX_CELLS = 64  # of one feature at one level: bounds the index of a country by 64 rows, not by its area
MAX_CELLS_A_TILE = FULL_ZOOM // _LEVEL_STEP + 1
_BAND_BITS, _LEVEL_BITS, _AXIS_BITS = 40, 34, 17  # a cell's key: band, level, y, x


class CellIndex(NamedTuple):
    """Rows by cell, compressed: keys ascend, rows ascend within a cell."""

    cell_keys: NDArray[np.int64]  # (c,)
    cell_start: NDArray[np.int64]  # (c + 1,)
    cell_rows: NDArray[np.int32]


def build_cells(bbox: NDArray[np.int32], min_zoom: NDArray[np.uint8], max_zoom: NDArray[np.uint8]) -> CellIndex:
    """The index of features with the given boxes, (n, 4) grid x_min, y_min, x_max, y_max, and zooms."""
    keys, rows = [], []
    for band in range(0, FULL_ZOOM + 1, _BAND_ZOOMS):
        last = band + _BAND_ZOOMS - 1 if band < FULL_ZOOM else MAX_ZOOM
        row = np.nonzero((min_zoom <= last) & (max_zoom >= band))[0]
        reach = (
            BUFFER << (GRID_ZOOM - band)
        ) // EXTENT + 1  # the buffer of a tile of the band's first zoom, in grid steps
        for level in range(band, -1, -_LEVEL_STEP):
            corner = bbox[row].astype(np.int64) + np.array([-reach, -reach, reach, reach])
            cell = np.clip(corner >> (GRID_ZOOM - level), 0, (1 << level) - 1)
            width, height = cell[:, 2] - cell[:, 0] + 1, cell[:, 3] - cell[:, 1] + 1
            fits = (width * height <= _MAX_CELLS) | (level < _LEVEL_STEP)
            x, y, owner = _spread(cell[fits], width[fits], height[fits], row[fits])
            keys.append(band << _BAND_BITS | level << _LEVEL_BITS | y << _AXIS_BITS | x)
            rows.append(owner)
            row = row[~fits]
    all_keys, all_rows = np.concatenate(keys), np.concatenate(rows)
    order = np.lexsort((all_rows, all_keys))
    cell_keys, cell_start = np.unique(all_keys[order], return_index=True)
    return CellIndex(cell_keys, np.append(cell_start, len(order)).astype(np.int64), all_rows[order].astype(np.int32))


def _spread(
    cell: NDArray[np.int64], width: NDArray[np.int64], height: NDArray[np.int64], row: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """x, y and row of every cell that each box covers."""
    count = width * height
    box = np.repeat(np.arange(len(row)), count)
    step = np.arange(len(box)) - np.repeat(np.cumsum(count) - count, count)
    return cell[box, 0] + step % width[box], cell[box, 1] + step // width[box], row[box]


@kernel
def open_cells(
    cell_keys: NDArray[np.int64],
    cell_start: NDArray[np.int64],
    z: int,
    x: int,
    y: int,
    head: NDArray[np.int64],
    end: NDArray[np.int64],
) -> int:
    """How many cells hold rows that may reach into the buffered tile, MAX_CELLS_A_TILE at most.

    head, end: filled in with where each cell's rows begin and end in cell_rows; for `next_row`.
    """
    band = min(z, FULL_ZOOM) // _BAND_ZOOMS * _BAND_ZOOMS
    count = 0
    for level in range(band, -1, -_LEVEL_STEP):
        shift = z - level
        key = band << _BAND_BITS | level << _LEVEL_BITS | (y >> shift) << _AXIS_BITS | (x >> shift)
        cell = find(cell_keys, key)
        if cell >= 0:
            head[count], end[count] = cell_start[cell], cell_start[cell + 1]
            count += 1
    return count


@leaf
def next_row(cell_rows: NDArray[np.int32], head: NDArray[np.int64], end: NDArray[np.int64], count: int) -> int:
    """The least row not given yet of the opened cells, -1 after the last; no row is in two of them."""
    best, least = -1, 0
    for cell in range(count):
        if head[cell] < end[cell]:
            row = cell_rows[head[cell]]
            if best < 0 or row < least:
                best, least = cell, row
    if best < 0:
        return -1
    head[best] += 1
    return int(least)
