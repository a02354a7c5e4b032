"""The block structure of an .osm.pbf file: where each block lies, and the first byte that is wrong.

Source: OSM wiki, "PBF Format" (fileformat.proto): length, BlobHeader, Blob, repeated to the end of the file.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from isal import isal_zlib

from location_cloud.errors import BadInput
from location_cloud.storage.pbf_decode import BlockDecoder, BlockObjects, DamagedBlock

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
"""Fields of a Blob packed otherwise; such files are rare."""


class _Wrong(ValueError):
    """A field that cannot be read, said without the place, which the caller knows."""


def read_blocks(path: Path, advance: Callable[[int], None]) -> Iterator[tuple[Block, BlockObjects | None]]:
    """Every block of a file, in order, with the objects that it holds; None of the header block, the first.

    advance: told the bytes of every block that is read. The objects last until the next block is asked for.

    Raises BadInput with file and byte offset of the first block that is cut off, damaged, too large or not OSM.
    """
    decoder = BlockDecoder()
    uncompressed = 0
    with path.open("rb") as file:
        size = path.stat().st_size
        if size == 0:
            raise BadInput(f"{path}: the file is empty; download it again")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            offset = 0
            while offset < size:
                try:
                    block, content = _read_block(data, offset, size)
                    uncompressed += len(content)
                    if uncompressed > min(max(FREE_BYTES, size * MAX_RATIO), MAX_UNCOMPRESSED_BYTES):
                        raise BadInput(f"{path}: byte {offset}: expands to over {uncompressed} bytes; this is no map")
                    if (block.kind == "OSMHeader") != (offset == 0):
                        raise BadInput(
                            f"{path}: byte {offset}: {block.kind} block out of place; is it an .osm.pbf file?"
                        )
                    objects = decoder.decode(content) if offset else None
                except (_Wrong, DamagedBlock) as wrong:
                    raise BadInput(f"{path}: byte {offset}: {wrong}; download it again") from wrong
                yield block, objects
                offset += block.size
                advance(block.size)


def list_blocks(path: Path, advance: Callable[[int], None]) -> list[Block]:
    """All blocks of a file, each decoded once to prove it whole; see `read_blocks`."""
    return [block for block, _ in read_blocks(path, advance)]


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


def _read_block(data: mmap.mmap, offset: int, size: int) -> tuple[Block, bytes]:
    """The block that starts at `offset`, and its content uncompressed."""
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
    return Block(kind, offset, 4 + header_size + blob_size), content


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
    unpacker = isal_zlib.decompressobj()
    try:
        content = unpacker.decompress(packed, MAX_BLOB_BYTES + 1)
    except isal_zlib.error as error:  # type: ignore[misc]  # its stub calls the class an instance
        raise _Wrong(f"damaged block: {error}") from error
    if not unpacker.eof or len(content) != declared:
        raise _Wrong(f"damaged block: {declared} bytes announced, {len(content)} found")
    return content


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
