"""gzip by ISA-L: quick enough for whole pyramids, and never more out than was allowed."""

from typing import cast

from isal import igzip, isal_zlib

from tiles.errors import BadArchive

LEVEL = 2
"""0 to 3. Of a city's tiles, 2 and 3 take 69 % of their size, as zlib's quickest does in four times the time; zlib's
usual 6 takes 67 % in seven times.
"""

GZIP_MAGIC = b"\x1f\x8b"
_NotGzip = cast(type[Exception], isal_zlib.error)  # its stub says object
_GZIP_WINDOW = 31
"""zlib's wbits: the largest window, with the gzip header and its checksum."""


def pack(data: bytes) -> bytes:
    """The data as one gzip member; the same data give the same bytes at any time."""
    return igzip.compress(data, LEVEL, mtime=0)


def unpack(data: bytes, most: int) -> bytes:
    """What a gzip member holds.

    Raises BadArchive if that is more than `most` bytes, if checksum or size differ, or if anything follows.
    """
    reader = isal_zlib.decompressobj(_GZIP_WINDOW)
    try:
        found = reader.decompress(data, most + 1)
    except _NotGzip as error:
        raise BadArchive(f"not gzip: {error}") from error
    if len(found) > most:
        raise BadArchive(f"more than {most:,} bytes when unpacked")
    if not reader.eof:
        raise BadArchive("its gzip ends too soon")
    if reader.unused_data:
        raise BadArchive(f"{len(reader.unused_data):,} bytes follow its gzip")
    return bytes(found)
