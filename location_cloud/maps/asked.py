"""What every face of the maps asks for alike: a tile set that the caller may read, and a tile as it is sent."""

from __future__ import annotations

import re

from location_cloud.capability import PlainCall, Reply
from location_cloud.maps import service
from location_cloud.maps.packing import as_sent, takes_gzip
from location_cloud.tile_sets import MEDIA_TYPES, Tile, TileAt, TileSet

LANGUAGES = ("zh-CN", "en")


def answer_tile(call: PlainCall, name: str, at: TileAt) -> Reply:
    """The tile as every face sends it, 204 for none. Raises as `readable_set`, `service.get_tile`, `packing.unpack`."""
    tile_set = service.find_readable_at_once(call.world, call.caller, name) or readable_set(call, name)
    return _as_reply(call, tile_set, at, service.get_tile(tile_set, at))


def _as_reply(call: PlainCall, tile_set: TileSet, at: TileAt, tile: Tile | None) -> Reply:
    media_type = MEDIA_TYPES[at.form]
    headers = {"Cache-Control": tile_set.cache}
    if tile is None or not tile.body:
        return Reply(b"", 204, media_type, headers=headers)
    body, etag, encoding = as_sent(tile, takes_gzip(call.header("Accept-Encoding")))
    if tile.encoding:
        headers["Vary"] = "Accept-Encoding"
    if encoding:
        headers["Content-Encoding"] = encoding
    return Reply(body, 200, media_type, etag, headers)


def readable_set(call: PlainCall, name: str) -> TileSet:
    """The tile set. Raises NotFound if there is none of that name, Denied if the caller's key does not open it."""
    return service.get_readable_set(call.world, call.caller, name)


def readable_sets(call: PlainCall) -> list[TileSet]:
    """All tile sets that the caller may read, by name."""
    return service.list_readable_sets(call.world, call.caller)


_ADDRESS = re.compile(r"([a-z0-9_-]{1,64})/(\d{1,2})/(\d{1,10})/(\d{1,10})\.(mvt|png|jpg|webp|bin)")
"""What follows /tiles/ in the plainest address of a tile."""


def plain_tile(call: PlainCall, rest: str, query: str) -> Reply | None:
    """The tile of an address without parameters, however long it takes. Raises as `answer_tile`."""
    asked = _plain_address(rest, query)
    return None if asked is None else answer_tile(call, *asked)


def quick_tile(call: PlainCall, rest: str, query: str) -> Reply | None:
    """The same if set and tile are at hand. Raises as `answer_tile`."""
    asked = _plain_address(rest, query)
    if asked is None:
        return None
    name, at = asked
    tile_set = service.find_readable_at_once(call.world, call.caller, name)
    tile = None if tile_set is None else service.find_tile_at_hand(tile_set, at)
    return None if tile_set is None or tile is None else _as_reply(call, tile_set, at, tile)


def _plain_address(rest: str, query: str) -> tuple[str, TileAt] | None:
    found = _ADDRESS.fullmatch(rest)
    if found is None or query:
        return None
    name, z, x, y, form = found.groups()
    return name, TileAt(int(z), int(x), int(y), form)  # type: ignore[arg-type]  # the pattern knows the forms
