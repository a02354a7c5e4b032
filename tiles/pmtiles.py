"""PMTiles version 3: tile numbers along the Hilbert curve, directories and the header, as arrays and bytes.

Source of the format: https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tiles.errors import BadArchive, BadTile
from tiles.mercator import MAX_ZOOM, check_tile

Integers = NDArray[np.int64]

MAGIC = b"PMTiles\x03"
HEADER_BYTES = 127
ROOT_END = 16_384
"""The root directory ends within the first 16 KiB, so that a client gets it together with the header."""

MAX_ROOT_BYTES = ROOT_END - HEADER_BYTES

LEAF_ENTRIES = 4_096
"""Entries of a leaf directory to begin with, as in the reference writers; doubled until the root is small enough."""

MAX_DEPTH = 3
"""Directories below each other; the specification discourages more than two."""

MAX_ENTRIES = 20_000_000
"""Of an archive: what a country has down to zoom 15; 720 MB of arrays on the disk."""

MAX_DIRECTORY_ENTRIES = 1_000_000
"""Of one directory; the reference writers make leaves of some ten thousand for a whole planet."""

NO_COMPRESSION, GZIP = 1, 2
UNKNOWN_COMPRESSION = 0
MVT, PNG, JPEG, WEBP = 1, 2, 3, 4
"""Codes of the header, section 3.2."""

FIRST_ID: Integers = np.array([((1 << 2 * z) - 1) // 3 for z in range(MAX_ZOOM + 2)], np.int64)
"""The number of the first tile of each zoom, and of the zoom after the last."""


# --- tile numbers ---------------------------------------------------------------------------------


def tile_id(z: int, x: int, y: int) -> int:
    """The number of a tile: zoom by zoom, along the Hilbert curve within a zoom. Raises BadTile."""
    check_tile(z, x, y)
    number = ((1 << 2 * z) - 1) // 3
    for bit in range(z - 1, -1, -1):
        side = 1 << bit
        right, lower = x & side, y & side
        number += ((3 * right) ^ lower) << bit
        if not lower:
            if right:
                x, y = side - 1 - x, side - 1 - y
            x, y = y, x
    return number


def tile_ids(z: int, x: Integers, y: Integers) -> Integers:
    """The numbers of many tiles of one zoom, as `tile_id` gives them. Raises BadTile."""
    check_tile(z, 0, 0)
    x, y = np.array(x, np.int64), np.array(y, np.int64)
    if x.size and (min(x.min(), y.min()) < 0 or max(x.max(), y.max()) >> z):
        raise BadTile(f"columns and rows at z={z} go from 0 to {(1 << z) - 1}")
    number = np.full(x.shape, FIRST_ID[z])
    for bit in range(z - 1, -1, -1):
        side = 1 << bit
        right, lower = x & side, y & side
        number += ((3 * right) ^ lower) << bit
        turned = (lower == 0) & (right != 0)
        x, y = np.where(turned, side - 1 - x, x), np.where(turned, side - 1 - y, y)
        x, y = np.where(lower == 0, y, x), np.where(lower == 0, x, y)
    return number


def tiles_of(ids: Integers) -> tuple[Integers, Integers, Integers]:
    """Zoom, column and row of tile numbers. Raises BadTile for what is no number of a tile down to MAX_ZOOM."""
    ids = np.asarray(ids, np.int64)
    if ids.size and (ids.min() < 0 or ids.max() >= FIRST_ID[-1]):
        raise BadTile(f"tile numbers go from 0 to {FIRST_ID[-1] - 1}: zoom {MAX_ZOOM} is the deepest")
    z = np.searchsorted(FIRST_ID, ids, "right") - 1
    rest = ids - FIRST_ID[z]
    x, y = np.zeros_like(rest), np.zeros_like(rest)
    for bit in range(int(z.max(initial=0))):
        side = 1 << bit
        deeper = z > bit
        right = np.where(deeper, (rest >> 1) & 1, 0)
        lower = np.where(deeper, (rest ^ right) & 1, 0)
        swapped = deeper & (lower == 0)
        turned = swapped & (right == 1)
        x, y = np.where(turned, side - 1 - x, x), np.where(turned, side - 1 - y, y)
        x, y = np.where(swapped, y, x), np.where(swapped, x, y)
        x, y, rest = x + right * side, y + lower * side, rest >> 2
    return z, x, y


# --- directories ----------------------------------------------------------------------------------


class Directory(NamedTuple):
    """Entries by rising number: tiles ids..ids + runs - 1 are the same bytes; runs 0 = a leaf directory is there.

    offsets: from the start of the tile data, or of the leaf directories. lengths in bytes.
    """

    ids: Integers
    runs: Integers
    lengths: Integers
    offsets: Integers

    @property
    def size(self) -> int:
        """How many entries there are."""
        return len(self.ids)

    def rows(self, begin: int, end: int) -> "Directory":
        """Some of the entries."""
        return Directory(*(column[begin:end] for column in self))


def merge_runs(ids: Integers, lengths: Integers, offsets: Integers) -> Directory:
    """The directory of tiles by rising number, one entry for neighbours that are the same bytes."""
    if not len(ids):
        return Directory(*(np.zeros(0, np.int64),) * 4)
    goes_on = (np.diff(ids) == 1) & (np.diff(offsets) == 0)
    first = np.flatnonzero(np.concatenate([[True], ~goes_on]))
    return Directory(ids[first], np.diff(np.append(first, len(ids))), lengths[first], offsets[first])


def encode_directory(entries: Directory) -> bytes:
    """The directory as section 4.2 writes it, not yet compressed."""
    ends = entries.offsets + entries.lengths
    follows = np.concatenate([[False], entries.offsets[1:] == ends[:-1]])
    columns = (
        np.diff(entries.ids, prepend=0),
        entries.runs,
        entries.lengths,
        np.where(follows, 0, entries.offsets + 1),
    )
    return _encode_varints(np.concatenate([[entries.size], *columns]))


def decode_directory(data: bytes) -> Directory:
    """The entries of an uncompressed directory. Raises BadArchive unless they are whole and in order."""
    count = int(_decode_varints(data[: next((n + 1 for n, octet in enumerate(data[:9]) if octet < 128), 9)])[0])
    if not 0 < count <= MAX_DIRECTORY_ENTRIES:
        raise BadArchive(f"a directory says {count:,} entries; it may have 1 to {MAX_DIRECTORY_ENTRIES:,}")
    values = _decode_varints(data)
    if len(values) != 1 + 4 * count:
        raise BadArchive(f"a directory says {count:,} entries and holds {len(values) - 1:,} numbers instead of 4 each")
    steps, runs, lengths, written = values[1:].reshape(4, count)
    ids = np.cumsum(steps)
    # A sum that grows past 63 bits turns negative first, as no step alone is that large.
    if (ids < 0).any() or (steps[1:] == 0).any() or ids[-1] >= FIRST_ID[-1]:
        raise BadArchive(f"a directory's tile numbers do not rise within zooms 0 to {MAX_ZOOM}")
    if (np.minimum(runs, FIRST_ID[-1])[:-1] > np.diff(ids)).any() or runs[-1] > FIRST_ID[-1] - ids[-1]:
        raise BadArchive("a directory's runs of tiles reach into each other")
    if (lengths == 0).any() or (lengths >= 1 << 32).any():
        raise BadArchive("a directory has entries of no bytes, or of more than 4 GB")
    if written[0] == 0:
        raise BadArchive("a directory's first entry has no place")
    before = np.cumsum(lengths) - lengths
    anchor = np.maximum.accumulate(np.where(written > 0, np.arange(count), 0))
    offsets = written[anchor] - 1 + before - before[anchor]
    if (offsets < 0).any():
        raise BadArchive("a directory has entries beyond 2^63 bytes")
    return Directory(ids, runs, lengths, offsets)


def pack_directories(entries: Directory, pack: Callable[[bytes], bytes]) -> tuple[bytes, bytes]:
    """The root directory, at most MAX_ROOT_BYTES, and the leaf directories that it names; b"" if it needs none."""
    root = pack(encode_directory(entries)) if entries.size <= 4 * LEAF_ENTRIES else b""
    if root and len(root) <= MAX_ROOT_BYTES:
        return root, b""
    size = LEAF_ENTRIES
    while True:
        begins = range(0, entries.size, size)
        leaves = [pack(encode_directory(entries.rows(begin, begin + size))) for begin in begins]
        lengths = np.array([len(leaf) for leaf in leaves], np.int64)
        zeros = np.zeros_like(lengths)
        root = pack(encode_directory(Directory(entries.ids[::size], zeros, lengths, np.cumsum(lengths) - lengths)))
        if len(root) <= MAX_ROOT_BYTES:
            return root, b"".join(leaves)
        size *= 2


def expand_directories(
    header: "Header", get_bytes: Callable[[int, int], bytes], unpack: Callable[[bytes], bytes]
) -> Directory:
    """Every tile entry of an archive, leaf directories opened, by rising number.

    get_bytes: (offset, length) -> bytes of the archive; it is asked only for what lies within its sections.
    unpack: the inverse of the compression of directories. Raises BadArchive, and what these two raise.
    """
    root = decode_directory(unpack(get_bytes(header.root_offset, header.root_length)))
    found: list[Directory] = []
    total = 0
    waiting = [(root, 1, int(FIRST_ID[-1]))]
    while waiting:
        entries, depth, end = waiting.pop()
        total += entries.size
        if total > MAX_ENTRIES:
            raise BadArchive(f"more than {MAX_ENTRIES:,} directory entries")
        is_leaf = entries.runs == 0
        section = np.where(is_leaf, header.leaf_length, header.data_length)
        if (entries.offsets > section - entries.lengths).any():
            raise BadArchive("a directory points outside the archive's sections")
        if not is_leaf.any():
            found.append(entries)
            continue
        if depth == MAX_DEPTH:
            raise BadArchive(f"leaf directories lie more than {MAX_DEPTH} deep")
        cuts = np.flatnonzero(is_leaf)
        bounds = np.append(entries.ids[1:], end).tolist()
        below: list[tuple[Directory, int, int]] = []
        last = 0
        for row in cuts.tolist():
            if row > last:
                below.append((entries.rows(last, row), depth, bounds[row - 1]))
            last = row + 1
            leaf_at = header.leaf_offset + int(entries.offsets[row])
            leaf = decode_directory(unpack(get_bytes(leaf_at, int(entries.lengths[row]))))
            if leaf.ids[0] < entries.ids[row] or leaf.ids[-1] + max(int(leaf.runs[-1]), 1) > bounds[row]:
                raise BadArchive("a leaf directory holds tiles that the directory above it does not say")
            below.append((leaf, depth + 1, bounds[row]))
        if last < entries.size:
            below.append((entries.rows(last, entries.size), depth, end))
        waiting += reversed(below)
    return Directory(*(np.concatenate(columns) for columns in zip(*found, strict=True)))


def _encode_varints(values: Integers) -> bytes:
    widths = np.ones(len(values), np.int64)
    for step in range(1, 9):
        widths += values >= 1 << 7 * step
    starts = np.cumsum(widths) - widths
    out = np.empty(int(widths.sum()), np.uint8)
    for step in range(int(widths.max())):
        rows = np.flatnonzero(widths > step)
        more = np.where(widths[rows] > step + 1, 128, 0)
        out[starts[rows] + step] = (values[rows] >> 7 * step) & 127 | more
    return out.tobytes()


def _decode_varints(data: bytes) -> Integers:
    """Every number of the bytes. Raises BadArchive for one of more than 63 bits or without an end."""
    octets = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(octets < 128)
    if not len(ends) or ends[-1] != len(octets) - 1:
        raise BadArchive("a directory ends within a number")
    starts = np.concatenate([[0], ends[:-1] + 1])
    widths = ends - starts + 1
    if widths.max() > 9:
        raise BadArchive("a directory holds a number of more than 63 bits")
    shifts = 7 * (np.arange(len(octets)) - np.repeat(starts, widths))
    values: Integers = np.add.reduceat((octets & 127).astype(np.int64) << shifts, starts)
    return values


# --- the header -----------------------------------------------------------------------------------

_LAYOUT = struct.Struct("<8s11Q6B4iB2i")
E7 = 10_000_000
"""Degrees are written as whole ten-millionths."""


@dataclass(frozen=True)
class Header:
    """What the first 127 bytes say, in their order. Offsets and lengths in bytes, degrees in ten-millionths.

    addressed, entries, contents: how many tiles, directory entries and different tiles; 0 = not said.
    clustered: 1 if the tile data lie in the order of the tile numbers.
    """

    root_offset: int
    root_length: int
    metadata_offset: int
    metadata_length: int
    leaf_offset: int
    leaf_length: int
    data_offset: int
    data_length: int
    addressed: int
    entries: int
    contents: int
    clustered: int
    internal_compression: int
    tile_compression: int
    tile_type: int
    min_zoom: int
    max_zoom: int
    west_e7: int
    south_e7: int
    east_e7: int
    north_e7: int
    center_zoom: int
    center_lon_e7: int
    center_lat_e7: int

    def encode(self) -> bytes:
        """The 127 bytes."""
        return _LAYOUT.pack(MAGIC, *(getattr(self, field.name) for field in fields(self)))


def decode_header(data: bytes, size: int) -> Header:
    """The header of an archive of `size` bytes.

    Raises BadArchive unless it is version 3, each section lies within the archive and the zooms are in order.
    """
    if data[:7] != MAGIC[:7]:
        raise BadArchive(f"it begins with {data[:7]!r}, not with {MAGIC[:7].decode()!r}: no PMTiles archive")
    if data[7:8] != MAGIC[7:]:
        raise BadArchive(f"PMTiles version {data[7] if len(data) > 7 else '?'}; only version 3 is read")
    if len(data) < HEADER_BYTES:
        raise BadArchive(f"it ends within the header: {len(data)} of {HEADER_BYTES} bytes")
    header = Header(*_LAYOUT.unpack(data[:HEADER_BYTES])[1:])
    sections = (
        ("root directory", header.root_offset, header.root_length),
        ("metadata", header.metadata_offset, header.metadata_length),
        ("leaf directories", header.leaf_offset, header.leaf_length),
        ("tile data", header.data_offset, header.data_length),
    )
    for name, offset, length in sections:
        if length and not HEADER_BYTES <= offset <= size - length:
            raise BadArchive(f"the {name} ({length:,} bytes at {offset:,}) lie outside the archive of {size:,} bytes")
    if not header.root_length or header.root_offset + header.root_length > ROOT_END:
        raise BadArchive(f"the root directory does not lie within the first {ROOT_END:,} bytes")
    if not header.min_zoom <= header.max_zoom <= MAX_ZOOM:
        raise BadArchive(f"zooms {header.min_zoom} to {header.max_zoom} do not rise within 0 to {MAX_ZOOM}")
    return header
