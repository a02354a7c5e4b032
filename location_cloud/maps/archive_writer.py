"""A PMTiles file as it is written: tile by tile behind room for the root directory, the other directories last."""

from __future__ import annotations

import json
import mmap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from location_cloud import __version__
from location_cloud.tile_sets import WORLD, Box, Form
from tiles.errors import BadArchive
from tiles.packed import pack
from tiles.pmtiles import (
    E7,
    GZIP,
    JPEG,
    MVT,
    NO_COMPRESSION,
    PNG,
    ROOT_END,
    WEBP,
    Header,
    Integers,
    merge_runs,
    pack_directories,
    tiles_of,
)

TILE_TYPES: Mapping[Form, int] = {"mvt": MVT, "png": PNG, "jpg": JPEG, "webp": WEBP}
"""What archives may hold."""

GENERATOR = f"location-cloud {__version__}"
BUFFER_BYTES = 4 << 20


@dataclass(frozen=True)
class Caption:
    """What an archive says of its tiles. center: longitude, latitude, zoom; None = the middle of the bounds.

    metadata: the JSON object, with `vector_layers` for vector tiles.
    """

    form: Form
    is_packed: bool
    bounds: Box | None
    center: tuple[float, float, int] | None
    metadata: Mapping[str, Any]


class PmtilesWriter:
    """Writes one file; what is not finished is not an archive. Equal bodies are stored once.

    The tile data begin at 16 KiB and everything else is appended, which the format allows: no second copy of them.
    """

    def __init__(self, file: Path) -> None:
        """Raises FileExistsError if the file is there."""
        self._path = file
        self._file = file.open("xb", buffering=BUFFER_BYTES)
        self._file.write(bytes(ROOT_END))
        self._ids: list[int] = []
        self._lengths: list[int] = []
        self._offsets: list[int] = []
        self._known: dict[bytes, int] = {}
        self._size = 0

    def __enter__(self) -> PmtilesWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def add(self, numbers: Sequence[int], bodies: Sequence[bytes]) -> None:
        """Appends tiles as they shall be served; quickest by rising number."""
        for number, body in zip(numbers, bodies, strict=True):
            digest = blake2b(body, digest_size=16).digest()
            offset = self._known.setdefault(digest, self._size)
            if offset == self._size:
                self._file.write(body)
                self._size += len(body)
            self._ids.append(number)
            self._lengths.append(len(body))
            self._offsets.append(offset)

    def finish(self, caption: Caption) -> int:
        """Writes the directories and the header, and gives the number of tiles.

        Raises BadArchive if there is no tile, or one was added twice.
        """
        ids, lengths, offsets = (np.array(each, np.int64) for each in (self._ids, self._lengths, self._offsets))
        if not len(ids):
            raise BadArchive("there is no tile to write")
        if (np.diff(ids) <= 0).any():
            ids, lengths, offsets = self._sort(ids, lengths, offsets)
        entries = merge_runs(ids, lengths, offsets)
        root, leaves = pack_directories(entries, pack)
        metadata = pack(json.dumps(caption.metadata, ensure_ascii=False).encode())
        zooms, _, _ = tiles_of(ids[[0, -1]])
        west, south, east, north = caption.bounds or WORLD
        lon, lat, zoom = caption.center or ((west + east) / 2, (south + north) / 2, int(zooms[0]))
        header = Header(
            root_offset=127,
            root_length=len(root),
            metadata_offset=ROOT_END + self._size,
            metadata_length=len(metadata),
            leaf_offset=ROOT_END + self._size + len(metadata),
            leaf_length=len(leaves),
            data_offset=ROOT_END,
            data_length=self._size,
            addressed=len(ids),
            entries=entries.size,
            contents=len(self._known),
            clustered=1,
            internal_compression=GZIP,
            tile_compression=GZIP if caption.is_packed else NO_COMPRESSION,
            tile_type=TILE_TYPES[caption.form],
            min_zoom=int(zooms[0]),
            max_zoom=int(zooms[1]),
            west_e7=round(west * E7),
            south_e7=round(south * E7),
            east_e7=round(east * E7),
            north_e7=round(north * E7),
            center_zoom=zoom,
            center_lon_e7=round(lon * E7),
            center_lat_e7=round(lat * E7),
        )
        self._file.write(metadata)
        self._file.write(leaves)
        self._file.seek(0)
        self._file.write(header.encode())
        self._file.write(root)
        self._file.flush()
        return len(ids)

    def _sort(self, ids: Integers, lengths: Integers, offsets: Integers) -> tuple[Integers, Integers, Integers]:
        """The same tiles by rising number, and the tile data of the file in that order."""
        order = np.argsort(ids, kind="stable")
        ids, lengths, offsets = ids[order], lengths[order], offsets[order]
        twice = np.flatnonzero(np.diff(ids) == 0)
        if len(twice):
            z, x, y = (int(each[0]) for each in tiles_of(ids[twice[:1]]))
            raise BadArchive(f"tile {z}/{x}/{y} is there twice")
        self._file.close()
        aside = self._path.with_name(f"{self._path.name}.unsorted")
        self._path.rename(aside)
        try:
            moved = self._copy_in_order(aside, lengths, offsets)
        finally:
            aside.unlink()
        return ids, lengths, moved

    def _copy_in_order(self, aside: Path, lengths: Integers, offsets: Integers) -> Integers:
        self._file = self._path.open("xb", buffering=BUFFER_BYTES)
        self._file.write(bytes(ROOT_END))
        _, first, of = np.unique(offsets, return_index=True, return_inverse=True)
        sequence = np.argsort(first)
        begins = np.empty(len(first), np.int64)
        begins[sequence] = np.cumsum(lengths[first[sequence]]) - lengths[first[sequence]]
        with aside.open("rb") as source, mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ) as data:
            rows = first[sequence]
            for begin, length in zip((offsets[rows] + ROOT_END).tolist(), lengths[rows].tolist(), strict=True):
                self._file.write(data[begin : begin + length])
        moved: Integers = begins[of]
        return moved
