"""All tiles of a region, zoom by zoom, in pieces of bounded size: what archives are written from."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tiles.compiled import entry_point
from tiles.encode import Arena, LayerStack, encode_some, stack_layers
from tiles.index import LayerIndex
from tiles.mercator import BUFFER, EXTENT, GRID_ZOOM, TileRange

MOST_TILES = 1 << 26
"""Of one zoom in one piece: above, the rows of tiles are taken in several goes (4 bytes a tile)."""

PIECE_BYTES = 1 << 24
"""A piece ends where the next tile has no more room; a larger tile gets a piece of its own."""


class Piece(NamedTuple):
    """n tiles that are not empty. tiles: (n, 3) int64 z, x, y. arena: their bytes, in the same order."""

    tiles: NDArray[np.int64]
    arena: Arena


def pyramid(layers: LayerStack | Sequence[LayerIndex], ranges: Sequence[TileRange]) -> Iterator[Piece]:
    """Every tile of the ranges that holds something, range by range, row by row from the north-west.

    ranges: `tiles.mercator.tiles_in_bbox` of each zoom, or another cut of the world. The same bytes as `encode_tile`.
    Time grows with the features, hardly with empty tiles; memory with PIECE_BYTES.
    """
    stack = layers if isinstance(layers, LayerStack) else stack_layers(layers)
    out = np.empty(PIECE_BYTES, np.uint8)  # for all pieces: fresh memory costs as much as the tiles
    for one in ranges:
        for tiles in _occupied_in_goes(stack.layers, one):
            while len(tiles):
                arena, out = encode_some(stack, tiles, out)
                done = len(arena.start) - 1
                kept = np.diff(arena.start) > 0
                start = np.append(arena.start[:-1][kept], arena.start[-1])
                if kept.any():
                    yield Piece(tiles[:done][kept], Arena(arena.body.copy(), start))
                tiles = tiles[done:]


def occupied_tiles(layers: Sequence[LayerIndex], within: TileRange) -> NDArray[np.int64]:
    """(n, 3) z, x, y of the tiles whose buffered square some feature's box touches, row by row.

    No other tile holds anything; a few of these may be empty. within: at most MOST_TILES.
    """
    columns, rows = within.x_max - within.x_min + 1, within.y_max - within.y_min + 1
    # Corners of all boxes; their running sums are how many boxes lie over each tile (a summed-area table backwards).
    corners = np.zeros((rows + 1, columns + 1), np.int32)
    for layer in layers:
        of = layer.columns
        _mark(of.bbox, of.min_zoom, of.max_zoom, within.z, within.x_min, within.y_min, corners)
    over = corners.cumsum(axis=0, dtype=np.int32).cumsum(axis=1, dtype=np.int32)
    y, x = np.nonzero(over[:rows, :columns])
    return np.column_stack([np.full(len(x), within.z), x + within.x_min, y + within.y_min]).astype(np.int64)


@entry_point
def _mark(
    bbox: NDArray[np.int32],
    min_zoom: NDArray[np.uint8],
    max_zoom: NDArray[np.uint8],
    z: int,
    x_min: int,
    y_min: int,
    corners: NDArray[np.int32],
) -> None:
    """Adds the corners of each feature's range of tiles, cut to the rows and columns there are."""
    shift = GRID_ZOOM - z
    reach = (BUFFER << shift) // EXTENT + 1
    rows, columns = corners.shape[0] - 1, corners.shape[1] - 1
    for row in range(min_zoom.size):
        if min_zoom[row] > z:
            break  # rows are in order of their first zooms
        if max_zoom[row] < z:
            continue
        x0, y0 = max((bbox[row, 0] - reach >> shift) - x_min, 0), max((bbox[row, 1] - reach >> shift) - y_min, 0)
        x1 = min((bbox[row, 2] + reach >> shift) - x_min + 1, columns)
        y1 = min((bbox[row, 3] + reach >> shift) - y_min + 1, rows)
        if x0 < x1 and y0 < y1:
            corners[y0, x0] += 1
            corners[y0, x1] -= 1
            corners[y1, x0] -= 1
            corners[y1, x1] += 1


def _occupied_in_goes(layers: Sequence[LayerIndex], within: TileRange) -> Iterator[NDArray[np.int64]]:
    rows = max(1, MOST_TILES // (within.x_max - within.x_min + 1))
    for y in range(within.y_min, within.y_max + 1, rows):
        yield occupied_tiles(layers, within._replace(y_min=y, y_max=min(y + rows - 1, within.y_max)))
