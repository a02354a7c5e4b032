"""Sets with live attributes at import: every tile of every zoom finished, with the places of the values in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from location_cloud.capability import MapLayer
from location_cloud.errors import BadInput
from location_cloud.live_values import LiveLayer, LiveSet, save_live_set
from tiles.covering import occupied_tiles
from tiles.encode import encode_tile, stack_layers
from tiles.errors import TooManyTiles
from tiles.index import LayerIndex
from tiles.patch import PatchableTile, gather_tiles, seed_of, with_live

MAX_TILES = 2_000_000
"""Of a set, empty ones included: some minutes. A province's streets to zoom 14 have about as many."""


def build_live(
    snapshot: Path, layers: Sequence[MapLayer], index_of: Callable[[MapLayer], LayerIndex], max_zoom: int
) -> dict[str, int]:
    """Writes the tiles of each set with a live layer; gives counts for the manifest.

    snapshot: the folder that is being built. index_of: a layer's index. max_zoom: the last zoom of tiles.
    Takes 0.5 ms a tile. Raises BadInput if two features of a live layer have one id, or a set has too many tiles.
    """
    counts = {}
    for name, group in groupby(sorted(layers, key=lambda layer: layer.set), key=lambda layer: layer.set):
        own = list(group)
        if any(layer.live for layer in own):
            live = _build_set(own, [index_of(layer) for layer in own], max_zoom)
            save_live_set(snapshot, name, live)
            counts[f"{name} live tiles"] = len(live.tiles.keys)
    return counts


def _build_set(layers: Sequence[MapLayer], indexes: Sequence[LayerIndex], max_zoom: int) -> LiveSet:
    ids: list[NDArray[np.uint64]] = [np.empty(0, np.uint64)]
    described, seeds, first = [], {}, 0
    for layer, index in zip(layers, indexes, strict=True):
        if layer.live is not None:
            own = np.unique(index.columns.ids)
            if len(own) != len(index):
                raise BadInput(f"layer {layer.name!r} is live, but several of its features have one id")
            described.append(LiveLayer(layer.name, layer.live.name, layer.live.values, first, first + len(own)))
            seeds[layer.name] = seed_of(layer.live.name, layer.live.values)
            ids.append(own)
            first += len(own)
    stack = stack_layers(indexes)

    def make(z: int, x: int, y: int) -> PatchableTile:
        return with_live(encode_tile(stack, z, x, y), seeds)

    empty = LiveSet(tuple(described), np.concatenate(ids), gather_tiles([], make, lambda _: np.empty(0, np.int32), 0))
    tiles = gather_tiles(_tiles(indexes, max_zoom), make, empty.rows_of, first)
    return LiveSet(empty.layers, empty.row_ids, tiles)


def _tiles(indexes: Sequence[LayerIndex], max_zoom: int) -> Iterator[tuple[int, int, int]]:
    """Every tile that may hold anything, by zoom, column, row."""
    total = 0
    for z in range(max_zoom + 1):
        try:
            covered = occupied_tiles(indexes, z)
        except TooManyTiles as error:
            raise BadInput(f"live layers: {error}") from error
        total += len(covered)
        if total > MAX_TILES:
            raise BadInput(
                f"live layers would need more than {MAX_TILES:,} tiles to zoom {z}; draw them in fewer zooms"
            )
        for _, x, y in covered[np.lexsort((covered[:, 2], covered[:, 1]))].tolist():
            yield z, x, y
