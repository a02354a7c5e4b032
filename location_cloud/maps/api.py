"""HTTP operations of maps: tiles by the addresses that map programs know, and what the sets hold."""

from __future__ import annotations

from typing import Any, cast

from location_cloud.capability import Bytes, Cache, Operation, Reply
from location_cloud.http.context import RequestCall
from location_cloud.maps import schema, service
from location_cloud.maps.asked import LANGUAGES, answer_tile, plain_tile, quick_tile, readable_set, readable_sets
from location_cloud.maps.matrices import flipped_row, parse_quadkey
from location_cloud.maps.service import Variant
from location_cloud.maps.service_styles import get_style as get_page_style
from location_cloud.maps.style import Language
from location_cloud.tile_sets import MEDIA_TYPES, TileAt, TileSet

MVT = MEDIA_TYPES["mvt"]

PICTURES = tuple(media_type for form, media_type in MEDIA_TYPES.items() if form != "mvt")


def get_tile(call: RequestCall, params: schema.InTile, body: None) -> Reply:
    """One tile; 204 where the set has nothing."""
    y = params.y if params.scheme == "xyz" else flipped_row(params.matrix, params.z, params.y)
    return answer_tile(call, params.set, TileAt(params.z, params.x, y, params.form, params.matrix, params.crs))


def get_tile_tms(call: RequestCall, params: schema.InTileTms, body: None) -> Reply:
    """The same with rows counted from the south."""
    y = flipped_row(params.matrix, params.z, params.y)
    return answer_tile(call, params.set, TileAt(params.z, params.x, y, params.form, params.matrix, params.crs))


def get_tile_by_quadkey(call: RequestCall, params: schema.InQuadkey, body: None) -> Reply:
    """The same by quadkey."""
    z, x, y = parse_quadkey(params.quadkey)
    return answer_tile(call, params.set, TileAt(z, x, y, params.form, params.matrix, params.crs))


def get_tilejson(call: RequestCall, params: schema.InSet, body: None) -> dict[str, Any]:
    """The set's TileJSON."""
    tile_set = readable_set(call, params.set)
    variant = Variant(params.form or tile_set.forms[0], params.matrix, params.crs, params.scheme)
    return service.tilejson(tile_set, call.link, variant, params.lang or call.language(LANGUAGES))


def list_tile_sets(call: RequestCall, params: schema.InSets, body: None) -> dict[str, Any]:
    """The tile sets that the caller may read, those that have the asked system and matrix."""
    language = params.lang or call.language(LANGUAGES)
    return {"sets": [_listed(call, each, params, language) for each in readable_sets(call) if _has(each, params)]}


def _has(tile_set: TileSet, params: schema.InSets) -> bool:
    drawn = service.drawn_in(tile_set, params.crs)
    return drawn is not None and params.matrix in drawn.matrices


def _listed(call: RequestCall, tile_set: TileSet, params: schema.InSets, language: str) -> dict[str, Any]:
    variant = Variant(tile_set.forms[0], params.matrix, params.crs)
    return {
        "name": tile_set.name,
        "title": service.title_of(tile_set, language),
        "url": service.with_parameters(call.link(f"/tiles/{tile_set.name}.json"), variant.parameters),
        "formats": list(tile_set.forms),
        "matrices": list(tile_set.matrices),
        "systems": list(tile_set.systems),
        "minzoom": tile_set.min_zoom,
        "maxzoom": tile_set.max_zoom,
        "bounds": list(service.bounds_of(tile_set)),
        "attribution": tile_set.attribution,
    }


def get_style(call: RequestCall, params: schema.InStyle, body: None) -> dict[str, Any]:
    """The style with its labels in the caller's language."""
    language = cast(Language, params.lang or call.language(LANGUAGES))
    return get_page_style(readable_sets(call), params.name, call.link, language)


OPERATIONS = (
    Operation(
        "maps.tile",
        "GET",
        "/tiles/{set}/{z}/{x}/{y}.{form}",
        "A tile: vector (MVT 2.1), picture or bytes.",
        get_tile,
        schema.InTile,
        Bytes(MVT),
        "maps:read",
        cache=Cache.SHORT,
        errors=(204, 404, 422),
        other_media=PICTURES,
        plain=plain_tile,
        quick=quick_tile,
    ),
    Operation(
        "maps.tile_tms",
        "GET",
        "/tiles/{set}/tms/{z}/{x}/{y}.{form}",
        "The same, rows counted from the south (TMS).",
        get_tile_tms,
        schema.InTileTms,
        Bytes(MVT),
        "maps:read",
        cache=Cache.SHORT,
        errors=(204, 404, 422),
        other_media=PICTURES,
    ),
    Operation(
        "maps.tile_by_quadkey",
        "GET",
        "/tiles/{set}/q/{quadkey}.{form}",
        "The same by quadkey.",
        get_tile_by_quadkey,
        schema.InQuadkey,
        Bytes(MVT),
        "maps:read",
        cache=Cache.SHORT,
        errors=(204, 404, 422),
        other_media=PICTURES,
    ),
    Operation(
        "maps.tile_sets",
        "GET",
        "/tiles.json",
        "The tile sets that the caller may read.",
        list_tile_sets,
        schema.InSets,
        schema.OutSets,
        "maps:read",
        cache=Cache.REVALIDATE,
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
