"""A tile as it is sent: packed ones go as they are to whoever takes gzip, and are unpacked for the others."""

from __future__ import annotations

import zlib

from location_cloud.errors import Unprocessable
from location_cloud.tile_sets import Tile

MAX_TILE_BYTES = 32_000_000
"""Of an unpacked tile. The largest that clients draw have about 1 MB; an archive's may be a bomb of a thousand times
its size.
"""

GZIP = zlib.MAX_WBITS | 16

UNPACKED_SUFFIX = "-plain"
"""A strong validator names bytes: the unpacked form needs its own."""


def as_sent(tile: Tile, takes_gzip: bool) -> tuple[bytes, str, str]:
    """Body, validator and Content-Encoding of a tile for a client. Raises Unprocessable as `unpack`."""
    if tile.encoding != "gzip":
        return tile.body, tile.etag, tile.encoding
    if takes_gzip:
        return tile.body, tile.etag, "gzip"
    return unpack(tile.body), tile.etag and tile.etag + UNPACKED_SUFFIX, ""


def unpack(body: bytes) -> bytes:
    """The bytes of a gzip member. Raises Unprocessable if it is damaged or holds more than MAX_TILE_BYTES."""
    stream = zlib.decompressobj(GZIP)
    try:
        plain = stream.decompress(body, MAX_TILE_BYTES)
    except zlib.error as error:
        raise Unprocessable(f"the tile is damaged: {error}", hint="build or import its archive again") from error
    if stream.unconsumed_tail or stream.unused_data:
        raise Unprocessable(f"the tile unpacks to more than {MAX_TILE_BYTES:,} bytes", hint="it is not a map's tile")
    if not stream.eof:
        raise Unprocessable("the tile is damaged: it ends early", hint="build or import its archive again")
    return plain


def takes_gzip(accept_encoding: str) -> bool:
    """Whether an Accept-Encoding header lets gzip through. Source: RFC 9110, 12.5.3."""
    by_star = False
    for part in accept_encoding.lower().split(","):
        name, _, rest = part.partition(";")
        is_wanted = _quality(rest) > 0
        if name.strip() in ("gzip", "x-gzip"):
            return is_wanted
        by_star = by_star or (name.strip() == "*" and is_wanted)
    return by_star


def _quality(parameters: str) -> float:
    """The weight, 1 if none is given, 0 for one that is no number."""
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
