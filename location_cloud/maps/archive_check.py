"""Whether a PMTiles file is what it says, looked at tile by tile before anybody is served from it."""

from __future__ import annotations

import mmap
import os
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from location_cloud.capability import Progress
from location_cloud.maps.archive_writer import TILE_TYPES
from location_cloud.maps.packing import MAX_TILE_BYTES
from location_cloud.maps.picture_size import picture_px
from location_cloud.tile_sets import Box, Form
from tiles.errors import BadArchive, BadTile
from tiles.mercator import tile_lonlat_bounds
from tiles.packed import unpack
from tiles.pmtiles import (
    E7,
    GZIP,
    HEADER_BYTES,
    NO_COMPRESSION,
    UNKNOWN_COMPRESSION,
    Directory,
    Header,
    decode_header,
    expand_directories,
    tiles_of,
)

MAX_PACKED_BYTES = 8_000_000
"""Of a tile as it is stored."""

MAX_DIRECTORY_BYTES = 40_000_000
"""Of one unpacked directory; an entry has at most 36."""

MAX_METADATA_BYTES = 8_000_000
"""Of the unpacked metadata; tippecanoe's, with all its statistics, have up to 1 MB."""

MAX_LAYERS, MAX_FIELDS, MAX_TEXT = 1_000, 10_000, 4_000

CHUNK = 256
"""Tiles that a thread looks at in one go."""

_LAYER = 0x1A
"""Tag of a layer in a vector tile: field 3, with a length (vector_tile.proto)."""


@dataclass(frozen=True)
class Checked:
    """What the check found. entries: offsets from the beginning of the file; tiles of no bytes are left out.

    hashes: (entries,) of each tile as it is stored.
    """

    header: Header
    form: Form
    is_packed: bool
    entries: Directory
    hashes: NDArray[np.uint64]
    metadata: dict[str, Any]
    tile_px: int


def check_archive(data: mmap.mmap | bytes, progress: Progress) -> Checked:
    """The archive's parts, after every tile was unpacked and looked at. About 15,000 vector tiles/s on two cores.

    data: the whole file. Raises BadArchive with what is wrong.
    """
    size = len(data)
    header = decode_header(bytes(data[:HEADER_BYTES]), size)
    form = _form(header)
    if header.internal_compression not in (NO_COMPRESSION, GZIP):
        raise BadArchive(_other_compression("directories", header.internal_compression))
    if header.tile_compression not in (NO_COMPRESSION, GZIP, UNKNOWN_COMPRESSION):
        raise BadArchive(_other_compression("tiles", header.tile_compression))

    def get_bytes(offset: int, length: int) -> bytes:
        return bytes(data[offset : offset + length])

    def unpacked(part: bytes, most: int = MAX_DIRECTORY_BYTES) -> bytes:
        return unpack(part, most) if header.internal_compression == GZIP else part

    metadata = _metadata(unpacked(get_bytes(header.metadata_offset, header.metadata_length), MAX_METADATA_BYTES))
    entries = expand_directories(header, get_bytes, unpacked)
    _compare(header, entries)
    is_packed = header.tile_compression == GZIP
    entries = entries._replace(offsets=entries.offsets + header.data_offset)
    hashes, is_there = _look_at_all(data, entries, lambda part: _look_at(part, form, is_packed), progress)
    kept = Directory(*(column[is_there] for column in entries))
    if not kept.size:
        raise BadArchive("every tile in it is empty")
    first = bytes(data[int(kept.offsets[0]) : int(kept.offsets[0] + kept.lengths[0])])
    px = 512 if form == "mvt" else picture_px(unpack(first, MAX_TILE_BYTES) if is_packed else first, form)
    return Checked(header, form, is_packed, kept, hashes[is_there], metadata, px)


def bounds_of(checked: Checked) -> Box:
    """West, south, east, north in degrees: what the header says if it can be, else the deepest tiles' box."""
    header = checked.header
    box = header.west_e7 / E7, header.south_e7 / E7, header.east_e7 / E7, header.north_e7 / E7
    if -180 <= box[0] < box[2] <= 180 and -90 <= box[1] < box[3] <= 90:
        return box
    z, x, y = tiles_of(checked.entries.ids)
    deepest = z == z.max()
    zoom = int(z.max())
    west, _, _, north = tile_lonlat_bounds(zoom, int(x[deepest].min()), int(y[deepest].min()))
    _, south, east, _ = tile_lonlat_bounds(zoom, int(x[deepest].max()), int(y[deepest].max()))
    return west, south, east, north


def vector_layers(metadata: dict[str, Any], zooms: tuple[int, int]) -> tuple[tuple[str, dict[str, str], int, int], ...]:
    """Name, fields and zooms of each layer that the metadata tell of. Raises BadArchive if they are no such thing."""
    told = metadata.get("vector_layers") or []
    if not isinstance(told, list) or len(told) > MAX_LAYERS:
        raise BadArchive(f"its metadata have no list of at most {MAX_LAYERS:,} vector_layers")
    found = []
    for layer in told:
        fields = layer.get("fields") or {} if isinstance(layer, dict) else None
        if not isinstance(fields, dict) or not isinstance(layer.get("id"), str) or len(fields) > MAX_FIELDS:
            raise BadArchive("one of its vector_layers has no id, or no fields by name")
        lowest, deepest = (
            value if isinstance(value := layer.get(key), int) else usual
            for key, usual in zip(("minzoom", "maxzoom"), zooms, strict=True)
        )
        types = {str(name)[:MAX_TEXT]: str(kind)[:MAX_TEXT] for name, kind in fields.items()}
        lowest, deepest = max(lowest, zooms[0]), min(deepest, zooms[1])
        if lowest <= deepest:
            found.append((layer["id"][:MAX_TEXT], types, lowest, deepest))
    return tuple(found)


def said(metadata: dict[str, Any], name: str) -> str:
    """A text of the metadata without control characters and angle brackets: pages show it."""
    value = metadata.get(name)
    return re.sub(r"[\x00-\x1f\x7f<>]", " ", value)[:MAX_TEXT].strip() if isinstance(value, str) else ""


_LINK = re.compile(r"""<a\s[^>]*?href\s*=\s*["'](https?://[^"'<>\s]+)["'][^>]*>([^<>]*)</a>""", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>?")


def safe_attribution(text: str) -> str:
    """The text with plain links to web pages and no other markup: clients put it into their page as it is."""
    parts = []
    last = 0
    for link in _LINK.finditer(text[:MAX_TEXT]):
        parts.append(_plain(text[last : link.start()]))
        parts.append(f'<a href="{link[1]}">{_plain(link[2])}</a>')
        last = link.end()
    return "".join([*parts, _plain(text[last:MAX_TEXT])]).strip()


def _plain(text: str) -> str:
    return _TAG.sub("", text).replace("<", "").replace(">", "")


# --- parts of the check ---------------------------------------------------------------------------


def _form(header: Header) -> Form:
    for form, code in TILE_TYPES.items():
        if code == header.tile_type:
            return form
    raise BadArchive(
        f"tile type {header.tile_type}; read are " + ", ".join(f"{n} ({c})" for n, c in TILE_TYPES.items())
    )


def _other_compression(what: str, code: int) -> str:
    name = {3: "brotli", 4: "zstd"}.get(code, f"compression {code}")
    return f"its {what} are packed with {name}; only gzip and none are read: convert it first"


def _metadata(text: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(text or b"{}")
    except orjson.JSONDecodeError as error:
        raise BadArchive(f"its metadata are no JSON: {error}") from error
    if not isinstance(found, dict):
        raise BadArchive("its metadata are no JSON object")
    return found


def _compare(header: Header, entries: Directory) -> None:
    for name, told, found in (
        ("tiles", header.addressed, int(entries.runs.sum())),
        ("directory entries", header.entries, entries.size),
    ):
        if told not in (0, found):
            raise BadArchive(f"its header says {told:,} {name}, its directories have {found:,}")
    largest = int(entries.lengths.max())
    if largest > MAX_PACKED_BYTES:
        raise BadArchive(f"a tile has {largest:,} bytes; the most is {MAX_PACKED_BYTES:,}")


def _look_at_all(
    data: mmap.mmap | bytes, entries: Directory, look_at: Callable[[bytes], bool], progress: Progress
) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
    """A hash of each entry's tile, and whether there is anything in it. Entries of one place are looked at once."""
    order = np.lexsort((entries.lengths, entries.offsets))
    offsets, lengths = entries.offsets[order], entries.lengths[order]
    is_new = np.concatenate([[True], (np.diff(offsets) != 0) | (np.diff(lengths) != 0)])
    first, of = order[is_new], np.empty(len(order), np.int64)
    of[order] = np.cumsum(is_new) - 1
    hashes, is_there = np.empty(len(first), np.uint64), np.empty(len(first), np.bool_)

    def look(rows: Sequence[int]) -> int:
        for row in rows:
            begin = int(entries.offsets[first[row]])
            body = bytes(data[begin : begin + int(entries.lengths[first[row]])])
            try:
                is_there[row] = look_at(body)
            except BadArchive as error:
                raise BadArchive(f"tile {_name(int(entries.ids[first[row]]))}: {error}") from error
            hashes[row] = int.from_bytes(blake2b(body, digest_size=8).digest(), "little")
        return len(rows)

    progress.step("check tiles", len(first))
    chunks = [range(begin, min(begin + CHUNK, len(first))) for begin in range(0, len(first), CHUNK)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            for done in pool.map(look, chunks):
                progress.advance(done)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return hashes[of], is_there[of]


def _name(number: int) -> str:
    try:
        z, x, y = (int(each[0]) for each in tiles_of(np.array([number])))
    except BadTile:
        return str(number)
    return f"{z}/{x}/{y}"


def _look_at(body: bytes, form: Form, is_packed: bool) -> bool:
    """Whether there is anything in the tile. Raises BadArchive if it is not what the archive says."""
    plain = unpack(body, MAX_TILE_BYTES) if is_packed else body
    if form != "mvt":
        picture_px(plain, form)
        return True
    at = 0
    while at < len(plain):
        if plain[at] != _LAYER:
            raise BadArchive("no vector tile (MVT)")
        length, at = _read_varint(plain, at + 1)
        at += length
        if not length or at > len(plain):
            raise BadArchive("a vector tile that is cut short")
    return bool(plain)


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    """A length and where it ends; 0 if it does not end within five bytes."""
    value = 0
    for step, octet in enumerate(data[at : at + 5]):
        value |= (octet & 127) << 7 * step
        if octet < 128:
            return value, at + step + 1
    return 0, at
