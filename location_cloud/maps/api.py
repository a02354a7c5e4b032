"""HTTP operations of maps."""

from __future__ import annotations

from typing import Any

from location_cloud.capability import Bytes, Cache, Call, Operation, Reply
from location_cloud.maps import schema, service
from location_cloud.tile_sets import MEDIA_TYPES, TileAt

MVT = MEDIA_TYPES["mvt"]


def get_tile(call: Call, params: schema.InTile, body: None) -> Reply:
    """One vector tile; 204 where the set has nothing."""
    tile_set = service.get_set(call.world, call.tenant, params.set)
    tile = service.get_tile(tile_set, TileAt(params.z, params.x, params.y))
    if tile is None:
        return Reply(b"", 204, MVT)
    return Reply(tile.body, 200, MVT, tile.etag)


def get_tilejson(call: Call, params: schema.InSet, body: None) -> dict[str, Any]:
    """The set's TileJSON."""
    return service.tilejson(service.get_set(call.world, call.tenant, params.set), call.link)


def get_style(call: Call, params: schema.InStyle, body: None) -> dict[str, Any]:
    """The style with its labels in the caller's language."""
    language = params.lang or call.language(("zh-CN", "en"))
    return service.style(call.world, call.tenant, params.name, call.link, language)


OPERATIONS = (
    Operation(
        "maps.tile",
        "GET",
        "/tiles/{set}/{z}/{x}/{y}.mvt",
        "A vector tile (MVT 2.1).",
        get_tile,
        schema.InTile,
        Bytes(MVT),
        "maps:read",
        cache=Cache.SHORT,
        errors=(204, 404),
    ),
    Operation(
        "maps.tilejson",
        "GET",
        "/tiles/{set}.json",
        "What a tile set holds, as TileJSON 3.",
        get_tilejson,
        schema.InSet,
        schema.OutTileJson,
        "maps:read",
        cache=Cache.REVALIDATE,
        errors=(404,),
    ),
    Operation(
        "maps.style",
        "GET",
        "/styles/{name}.json",
        "A MapLibre style for the base map.",
        get_style,
        schema.InStyle,
        schema.OutStyle,
        "maps:read",
        cache=Cache.REVALIDATE,
        errors=(404,),
    ),
)
