"""The tiles of a set made and packed on every processor, given in the order of their numbers."""

from __future__ import annotations

import itertools
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from location_cloud.capability import Progress
from location_cloud.tile_sets import Form, Tile, TileAt
from tiles.packed import pack
from tiles.pmtiles import Integers, tiles_of

PackedTiles: TypeAlias = tuple[list[int], list[bytes]]
"""Numbers and bodies of some tiles; bodies as an archive keeps them."""

MakeTiles: TypeAlias = Callable[[NDArray[np.int64]], Sequence[Tile | None]]
"""(n, 3) zoom, column, row of tiles of one zoom -> those tiles. Several threads may ask at once."""

CHUNK = 64
"""Tiles that a thread makes in one go."""

AHEAD = 4
"""Chunks under way for each processor: the writer never waits long, and memory stays below some megabytes."""


def one_by_one(read: Callable[[TileAt], Tile | None], form: Form) -> MakeTiles:
    """What makes tiles by asking a set for each."""
    return lambda places: [read(TileAt(z, x, y, form)) for z, x, y in places.tolist()]


def pack_tiles(make: MakeTiles, numbers: Integers, form: Form, progress: Progress) -> Iterator[PackedTiles]:
    """Those of the numbered tiles (rising) that hold anything: vector tiles as gzip, pictures as they are.

    What `make` raises is raised here.
    """
    z, x, y = tiles_of(numbers)
    places = np.stack([z, x, y], axis=1)

    def packed(begin: int, end: int) -> tuple[int, PackedTiles]:
        found: PackedTiles = [], []
        for number, tile in zip(numbers[begin:end].tolist(), make(places[begin:end]), strict=True):
            if tile is not None:
                found[0].append(number)
                found[1].append(pack(tile.body) if form == "mvt" and tile.encoding != "gzip" else tile.body)
        return end - begin, found

    threads = os.cpu_count() or 1
    waiting: deque[Future[tuple[int, PackedTiles]]] = deque()
    pool = ThreadPoolExecutor(threads)
    try:
        for begin, end in _chunks(z):
            waiting.append(pool.submit(packed, begin, end))
            if len(waiting) > threads * AHEAD:
                done, found = waiting.popleft().result()
                progress.advance(done)
                yield found
        while waiting:
            done, found = waiting.popleft().result()
            progress.advance(done)
            yield found
    finally:
        pool.shutdown(cancel_futures=True)


def _chunks(zooms: Integers) -> Iterator[tuple[int, int]]:
    """First and last row of runs of at most CHUNK tiles of one zoom."""
    borders = [0, *(np.flatnonzero(np.diff(zooms)) + 1).tolist(), len(zooms)]
    for first, last in itertools.pairwise(borders):
        for begin in range(first, last, CHUNK):
            yield begin, min(begin + CHUNK, last)
