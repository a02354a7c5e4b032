"""Stored tiles handed out as they lie in the file: nothing is decoded, copied twice or asked of GDAL.

Our files are immutable and their blocks are tiles, so their tables of positions are read once and the file is mapped:
two million tiles/s. Not taken: `cog-tiles`, which hands out the same bytes, also of foreign files and over a network,
through an I/O thread at 50,000 tiles/s.
Source: TIFF 6.0, sections 2 and 22; BigTIFF; TIFF Technical Note 2 (tables that JPEG blocks share).
"""

from __future__ import annotations

import mmap
import struct
from pathlib import Path
from typing import Literal, NamedTuple

from location_cloud.imagery.model import Grid

WIDTH, TILE_OFFSETS, TILE_BYTE_COUNTS, JPEG_TABLES = 256, 324, 325, 347
SUBFILE_TYPE, MASK = 254, 4

_VALUES: dict[int, Literal["B", "H", "I", "Q"]] = {1: "B", 3: "H", 4: "I", 7: "B", 16: "Q"}
"""TIFF type -> struct letter, of the types that the tags above have."""


class Level(NamedTuple):
    """One resolution. starts, sizes: of each tile, row by row; 0 = empty. columns: tiles in a row."""

    starts: memoryview[int]
    sizes: memoryview[int]
    columns: int
    rows: int
    x: int
    y: int


class AlignedFile:
    """The tiles of one file of the store, of all its zooms. May be shared by threads."""

    def __init__(self, path: Path, grid: Grid) -> None:
        with path.open("rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._levels: dict[int, Level] = {}
        self._tables = b""
        for directory in _directories(self._map):
            zoom = grid.max_zoom - (grid.columns * 256 // directory[WIDTH][0]).bit_length() + 1
            if zoom in self._levels or (SUBFILE_TYPE in directory and directory[SUBFILE_TYPE][0] & MASK):
                continue
            up = grid.max_zoom - zoom
            self._levels[zoom] = Level(
                directory[TILE_OFFSETS],
                directory[TILE_BYTE_COUNTS],
                grid.columns >> up,
                grid.rows >> up,
                grid.x >> up,
                grid.y >> up,
            )
            if JPEG_TABLES in directory and not self._tables:
                self._tables = bytes(directory[JPEG_TABLES])[:-2]  # without its end-of-image mark

    def find(self, z: int, x: int, y: int) -> bytes | None:
        """The stored bytes of a tile: a whole WebP or JPEG file, or a deflated block. None if there is none."""
        level = self._levels.get(z)
        if level is None:
            return None
        column, row = x - level.x, y - level.y
        if not (0 <= column < level.columns and 0 <= row < level.rows):
            return None
        place = row * level.columns + column
        start, size = level.starts[place], level.sizes[place]
        if not size:
            return None
        if self._tables:
            return self._tables + self._map[start + 2 : start + size]  # without its start-of-image mark
        return self._map[start : start + size]


def _directories(data: mmap.mmap) -> list[dict[int, memoryview[int]]]:
    """The image file directories of a TIFF or BigTIFF as this machine writes it, the tags we need of each.

    Their values stay in the map: a scene of a million tiles opens as quickly as a small one.
    """
    is_big = data[2] == 43
    count_form, entry_form, next_form = ("<Q", "<HHQ8s", "<Q") if is_big else ("<H", "<HHI4s", "<I")
    (position,) = struct.unpack_from(next_form, data, 8 if is_big else 4)
    whole = memoryview(data)
    found: list[dict[int, memoryview[int]]] = []
    while position:
        (count,) = struct.unpack_from(count_form, data, position)
        position += struct.calcsize(count_form)
        tags: dict[int, memoryview[int]] = {}
        for _ in range(count):
            tag, kind, length, value = struct.unpack_from(entry_form, data, position)
            position += struct.calcsize(entry_form)
            if tag in (WIDTH, TILE_OFFSETS, TILE_BYTE_COUNTS, JPEG_TABLES, SUBFILE_TYPE):
                size = length * struct.calcsize(_VALUES[kind])
                where = int.from_bytes(value, "little")
                raw = memoryview(value)[:size] if size <= len(value) else whole[where : where + size]
                tags[tag] = raw.cast(_VALUES[kind])
        found.append(tags)
        (position,) = struct.unpack_from(next_form, data, position)
    return found
