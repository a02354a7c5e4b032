"""Which tiles the features of layers may be in, and which of some tiles boxes on the grid reach."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tiles.compiled import entry_point
from tiles.errors import TooManyTiles
from tiles.index import LayerIndex
from tiles.mercator import BUFFER, EXTENT, GRID_ZOOM, TileRange, whole_world

REMEMBERED = 1 << 12
"""Tiles visited last: neighbours in a layer lie beside each other, so most visits repeat one of these."""

MOST_TILES = 20_000_000
"""That anybody waits for."""

_X = 0xFFFFFFFF


def occupied_tiles(
    layers: Sequence[LayerIndex], z: int, within: TileRange | None = None, of_box: int = MOST_TILES
) -> NDArray[np.int64]:
    """(n, 3) z, x, y of the tiles whose buffered square some feature's box touches, by row, then column.

    No other tile holds anything; some of these may be empty. within: looks no further. of_box: features whose box
    touches more tiles are left out. Takes 20 ms for 900,000 features. Raises TooManyTiles over MOST_TILES.
    """
    area = within or whole_world(z)
    found = [np.zeros(0, np.int64)]
    for layer in layers:
        of = layer.columns
        keys, count = _visit(of.bbox, of.min_zoom, of.max_zoom, area, of_box, MOST_TILES)
        if count > MOST_TILES:
            raise TooManyTiles(
                f"zoom {z}: layer {layer.name!r} lies in more than {MOST_TILES:,} tiles; take fewer zooms"
            )
        found.append(np.unique(keys[:count]))
    keys = np.unique(np.concatenate(found))
    return np.column_stack([np.full(len(keys), z), keys & _X, keys >> 32])


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


def large_features(layer: LayerIndex, within: TileRange, of_box: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The rows that `occupied_tiles` leaves out; (n, 4) first column and row, last column and row of their tiles."""
    of, shift = layer.columns, GRID_ZOOM - within.z
    reach = (BUFFER << shift) // EXTENT + 1
    rows = np.flatnonzero((of.min_zoom <= within.z) & (of.max_zoom >= within.z))
    low = np.maximum(of.bbox[rows, :2].astype(np.int64) - reach >> shift, [within.x_min, within.y_min])
    high = np.minimum(of.bbox[rows, 2:].astype(np.int64) + reach >> shift, [within.x_max, within.y_max])
    is_large = (low <= high).all(axis=1) & ((high - low + 1).prod(axis=1) > of_box)
    return rows[is_large], np.concatenate([low, high], axis=1)[is_large]


@entry_point
def _visit(
    bbox: NDArray[np.int32],
    min_zoom: NDArray[np.uint8],
    max_zoom: NDArray[np.uint8],
    area: TileRange,
    of_box: int,
    most: int,
) -> tuple[NDArray[np.int64], int]:
    """A key (row << 32 | column) of each tile, some several times, and how many; stops behind `most`."""
    shift = GRID_ZOOM - area.z
    reach = (BUFFER << shift) // EXTENT + 1
    keys, count = np.empty(1 << 10, np.int64), 0
    remembered = np.full(REMEMBERED, -1, np.int64)
    for row in range(min_zoom.size):
        if min_zoom[row] > area.z:
            break  # rows are in order of their first zooms
        if max_zoom[row] < area.z:
            continue
        x0, y0 = max(bbox[row, 0] - reach >> shift, area.x_min), max(bbox[row, 1] - reach >> shift, area.y_min)
        x1, y1 = min(bbox[row, 2] + reach >> shift, area.x_max), min(bbox[row, 3] + reach >> shift, area.y_max)
        if x0 > x1 or y0 > y1 or (x1 - x0 + 1) * (y1 - y0 + 1) > of_box:
            continue
        for y in range(y0, y1 + 1):
            for x in range(x0, x1 + 1):
                key = y << 32 | x
                place = (x ^ y << 6) & (REMEMBERED - 1)
                if remembered[place] == key:
                    continue
                remembered[place] = key
                if count == keys.size:
                    larger = np.empty(2 * count, np.int64)
                    larger[:count] = keys
                    keys = larger
                keys[count] = key
                count += 1
            if count > most:
                return keys, count
    return keys, count
