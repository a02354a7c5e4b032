"""The block structure of an .osm.pbf file: where each block lies, and the first byte that is wrong.

Source: OSM wiki, "PBF Format" (fileformat.proto): length, BlobHeader, Blob, repeated to the end of the file.
"""

from __future__ import annotations

import mmap
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from location_cloud.errors import BadInput

MAX_HEADER_BYTES = 64 * 1024
MAX_BLOB_BYTES = 32 * 1024 * 1024
"""Ceilings of the format itself ("must be less than"), for a BlobHeader and for an uncompressed Blob."""

MAX_RATIO = 100
"""Uncompressed bytes per byte of file. Real extracts reach 2 to 4; zlib's own limit, which a bomb uses, is 1032."""

MAX_UNCOMPRESSED_BYTES = 64 * 1024**3
"""Ceiling of one file's uncompressed size: some thirty times the largest country extract that a city imports."""

FREE_BYTES = 64 * 1024**2
"""Uncompressed bytes that no ratio is asked of: a tiny file of equal nodes compresses well and harms nobody."""


@dataclass(frozen=True)
class Block:
    """One block: its type ("OSMHeader", "OSMData"), byte offset of its length field and size with that field."""

    kind: str
    offset: int
    size: int


_OTHER_PACKING = {4: "LZMA", 5: "bzip2", 6: "LZ4", 7: "zstd"}
"""Fields of a Blob packed otherwise. Their content could not be checked before osmium sees it."""


class _Wrong(ValueError):
    """A field that cannot be read, said without the place, which the caller knows."""


def list_blocks(path: Path, advance: Callable[[int], None]) -> list[Block]:
    """All blocks of a file, in order, each read and decompressed once to prove it whole.

    advance: told the bytes of every block when it is proven.

    Raises BadInput with file and byte offset of the first block that is cut off, damaged, too large or not OSM.
    """
    blocks: list[Block] = []
    uncompressed = 0
    with path.open("rb") as file:
        size = path.stat().st_size
        if size == 0:
            raise BadInput(f"{path}: the file is empty; download it again")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            offset = 0
            while offset < size:
                try:
                    block, length = _read_block(data, offset, size)
                except _Wrong as wrong:
                    raise BadInput(f"{path}: byte {offset}: {wrong}; download it again") from wrong
                uncompressed += length
                if uncompressed > min(max(FREE_BYTES, size * MAX_RATIO), MAX_UNCOMPRESSED_BYTES):
                    raise BadInput(f"{path}: byte {offset}: expands to over {uncompressed} bytes; this is no map")
                if (block.kind == "OSMHeader") != (not blocks):
                    raise BadInput(f"{path}: byte {offset}: {block.kind} block out of place; is it an .osm.pbf file?")
                blocks.append(block)
                offset += block.size
                advance(block.size)
    return blocks


def read_chunks(path: Path, blocks: list[Block], chunk_bytes: int) -> Iterator[tuple[list[Block], bytes]]:
    """The file in pieces that are each a complete .osm.pbf file: its header block and some data blocks.

    chunk_bytes: about so many bytes a piece; at least one data block. Gives the data blocks of the piece and its bytes.
    """
    with path.open("rb") as file:

        def raw(block: Block) -> bytes:
            file.seek(block.offset)
            return file.read(block.size)

        header = raw(blocks[0])
        chunk: list[Block] = []
        for block in blocks[1:]:
            chunk.append(block)
            if sum(part.size for part in chunk) >= chunk_bytes or block is blocks[-1]:
                yield chunk, header + b"".join(raw(part) for part in chunk)
                chunk = []


def _read_block(data: mmap.mmap, offset: int, size: int) -> tuple[Block, int]:
    """The block that starts at `offset` and the bytes it expands to."""
    if size - offset < 4:
        raise _Wrong(f"the file is cut off, {size - offset} of 4 bytes of a block length are left")
    header_size = int.from_bytes(data[offset : offset + 4], "big")
    if not 0 < header_size <= MAX_HEADER_BYTES:
        raise _Wrong(f"no PBF block: header of {header_size} bytes, 1..{MAX_HEADER_BYTES} allowed")
    start = offset + 4
    if start + header_size > size:
        raise _Wrong("the file is cut off in a block header")
    kind, blob_size = _read_blob_header(data[start : start + header_size])
    start += header_size
    if start + blob_size > size:
        raise _Wrong(f"the file is cut off, {size - start} of {blob_size} bytes of a block are left")
    content = _unpacked(data[start : start + blob_size])
    if kind == "OSMData":
        _check_strings(content)
    return Block(kind, offset, 4 + header_size + blob_size), len(content)


def _read_blob_header(header: bytes) -> tuple[str, int]:
    kind, size = "", -1
    for field, value in _fields(header):
        if field == 1 and isinstance(value, bytes):
            kind = value.decode("ascii", "replace")
        elif field == 3 and isinstance(value, int):
            size = value
    if kind not in ("OSMHeader", "OSMData") or size < 0:
        # The format lets readers skip unknown types; none exist, and a flipped bit would lose a block unseen.
        raise _Wrong(f"no PBF block: type {kind[:20]!r}, size {size}")
    if size > MAX_BLOB_BYTES:
        raise _Wrong(f"block of {size} bytes, at most {MAX_BLOB_BYTES} allowed")
    return kind, size


def _unpacked(blob: bytes) -> bytes:
    declared = -1
    for field, value in _fields(blob):
        if field == 1 and isinstance(value, bytes):
            return value
        if field == 2 and isinstance(value, int):
            declared = value
            if declared > MAX_BLOB_BYTES:
                raise _Wrong(f"block expands to {declared} bytes, at most {MAX_BLOB_BYTES} allowed")
        elif field == 3 and isinstance(value, bytes):
            return _inflated(value, declared)
        elif field in _OTHER_PACKING:
            raise _Wrong(f"{_OTHER_PACKING[field]} compression is not read here; convert it with `osmium cat`")
    raise _Wrong("damaged block: it holds no data")


def _inflated(packed: bytes, declared: int) -> bytes:
    unpacker = zlib.decompressobj()
    try:
        content = unpacker.decompress(packed, MAX_BLOB_BYTES + 1)
    except zlib.error as error:
        raise _Wrong(f"damaged block: {error}") from error
    if not unpacker.eof or len(content) != declared:
        raise _Wrong(f"damaged block: {declared} bytes announced, {len(content)} found")
    return content


def _check_strings(content: bytes) -> None:
    """No text of a data block may hold a zero byte: osmium ends strings there and would read beyond its memory."""
    for field, table in _fields(content):
        if field == 1 and isinstance(table, bytes):
            if table.count(0) == table.startswith(b"\n\0"):
                continue  # the usual case, told in one look: no zero but the length of the empty string in front
            if any(isinstance(text, bytes) and 0 in text for _, text in _fields(table)):
                raise _Wrong("damaged block: a text holds a zero byte")


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a protobuf message: numbers as int, everything with a length as bytes."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        wire = key & 7
        if wire == 0:
            value, at = _varint(message, at)
            yield key >> 3, value
        elif wire == 2:
            length, at = _varint(message, at)
            if at + length > len(message):
                raise _Wrong("damaged block: a field is longer than its block")
            yield key >> 3, message[at : at + length]
            at += length
        elif wire in (1, 5):
            at += 8 if wire == 1 else 4
        else:
            raise _Wrong(f"damaged block: unknown field type {wire}")


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(message):
            break
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise _Wrong("damaged block: a number does not end")
