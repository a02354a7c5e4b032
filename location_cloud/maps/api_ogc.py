"""The maps as OGC API Tiles 1.0, below /ogc/tiles."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from pydantic import BaseModel

from location_cloud.capability import Bytes, Cache, Operation, Reply
from location_cloud.errors import NotFound
from location_cloud.http.context import RequestCall
from location_cloud.http.parameters import Query
from location_cloud.maps import ogc, schema_ogc, service
from location_cloud.maps.asked import LANGUAGES, answer_tile, readable_set, readable_sets
from location_cloud.maps.matrices import MatrixSet, matrix_set
from location_cloud.maps.ogc import Address, Kind
from location_cloud.maps.service import Variant
from location_cloud.spatial.crs import Crs
from location_cloud.tile_sets import MEDIA_TYPES, Form, TileAt, TileSet

ROOT = "/ogc/tiles"

TITLES = {"zh-CN": "位置云地图", "en": "Maps of the location cloud"}

Json = dict[str, Any]


def get_landing(call: RequestCall, params: schema_ogc.InDocument, body: None) -> Json:
    """The landing page."""
    return ogc.landing(TITLES[_language(call, params)], _address(call, params.crs), call.link)


def get_conformance(call: RequestCall, params: schema_ogc.InDocument, body: None) -> Json:
    """The conformance classes."""
    return {"conformsTo": list(ogc.CONFORMS_TO)}


def list_collections(call: RequestCall, params: schema_ogc.InDocument, body: None) -> Json:
    """The tile sets as collections."""
    address, language = _address(call, params.crs), _language(call, params)
    return {
        "links": [{"href": address("/collections"), "rel": "self", "type": "application/json"}],
        "collections": [_collection(each, params.crs, language, address) for each in _offered(call, params.crs)],
    }


def get_collection(call: RequestCall, params: schema_ogc.InCollection, body: None) -> Json:
    """One tile set as a collection."""
    return _collection(
        _drawn(call, params.set, params.crs), params.crs, _language(call, params), _address(call, params.crs)
    )


def _collection(tile_set: TileSet, crs: Crs, language: str, address: Address) -> Json:
    title = service.title_of(tile_set, language)
    return ogc.collection(tile_set, title, service.bounds_of(tile_set, crs), address)


def list_tilesets(kind: Kind, call: RequestCall, params: schema_ogc.InCollection, body: None) -> Json:
    """The tilesets of a kind of a collection."""
    tile_set = _drawn(call, params.set, params.crs, kind)
    title = service.title_of(tile_set, _language(call, params))
    return ogc.tilesets(tile_set, kind, title, _address(call, params.crs))


def get_tileset(kind: Kind, call: RequestCall, params: schema_ogc.InTileset, body: None) -> Json:
    """The metadata of a tileset."""
    tile_set = _drawn(call, params.set, params.crs, kind)
    cut = _cut(ogc.matrix_sets_of(tile_set, kind), params.matrix_set)
    variant = service.check_variant(tile_set, Variant(ogc.forms_of(tile_set, kind)[0], cut.matrix, params.crs))
    tilejson = service.with_parameters(
        call.link(f"/tiles/{tile_set.name}.json"), {"form": variant.form, **variant.parameters}
    )
    title = service.title_of(tile_set, _language(call, params))
    bounds = service.bounds_of(tile_set, params.crs, cut.matrix)
    return ogc.tileset(tile_set, kind, cut, title, bounds, _address(call, params.crs), tilejson)


def get_tile(kind: Kind, call: RequestCall, params: schema_ogc.InOgcTile, body: None) -> Reply:
    """One tile in the form that was asked for."""
    tile_set = _drawn(call, params.set, params.crs, kind)
    cut = _cut(ogc.matrix_sets_of(tile_set, kind), params.matrix_set)
    form = params.f or _accepted(ogc.forms_of(tile_set, kind), call.header("Accept"))
    if form not in ogc.forms_of(tile_set, kind):
        raise NotFound(
            f"{tile_set.name} has no {form} among its {kind} tiles",
            hint=f"there are: {', '.join(ogc.forms_of(tile_set, kind))}",
        )
    at = TileAt(params.level, params.column, params.row, form, cut.matrix, params.crs)
    reply = answer_tile(call, tile_set.name, at)
    if params.f is None:
        call.varies.add("Accept")
    return reply


def list_matrix_sets(call: RequestCall, params: schema_ogc.InDocument, body: None) -> Json:
    """The tile matrix sets that the caller's tile sets are cut by."""
    return ogc.matrix_set_list(_matrix_sets(call), _address(call, "wgs84"))


def get_matrix_set(call: RequestCall, params: schema_ogc.InMatrixSet, body: None) -> Json:
    """The definition of a tile matrix set."""
    return ogc.matrix_set_document(_cut(_matrix_sets(call), params.matrix_set))


def _matrix_sets(call: RequestCall) -> list[MatrixSet]:
    """The two of 256 pixels, whether a set has them or not, and those of other sizes that sets have."""
    used = [
        cut for each in _offered(call, "wgs84") for kind in ogc.kinds_of(each) for cut in ogc.matrix_sets_of(each, kind)
    ]
    return list(dict.fromkeys((matrix_set("w"), matrix_set("c"), *used)))


def _cut(offered: list[MatrixSet] | tuple[MatrixSet, ...], name: str) -> MatrixSet:
    for each in offered:
        if each.ogc_name == name:
            return each
    raise NotFound(f"there is no {name} here", hint=f"there are: {', '.join(each.ogc_name for each in offered)}")


def _offered(call: RequestCall, crs: Crs) -> list[TileSet]:
    drawn = (service.drawn_in(each, crs) for each in readable_sets(call) if ogc.kinds_of(each))
    return [each for each in drawn if each is not None]


def _drawn(call: RequestCall, name: str, crs: Crs, kind: Kind | None = None) -> TileSet:
    tile_set = service.drawn_in(readable_set(call, name), crs)
    if tile_set is None:
        raise NotFound(f"{name} has no tiles with crs={crs}", hint="its TileJSON says which systems it has")
    kinds = ogc.kinds_of(tile_set)
    if not kinds or (kind and kind not in kinds):
        raise NotFound(f"{name} has no {kind or 'vector or map'} tiles", hint=f"it has: {', '.join(tile_set.forms)}")
    return tile_set


def _accepted(forms: tuple[Form, ...], accept: str) -> Form:
    """The first form that the client names, the set's first where it names none."""
    return next((form for form in forms if MEDIA_TYPES[form] in accept), forms[0])


def _language(call: RequestCall, params: schema_ogc.InDocument) -> str:
    return params.lang or call.language(LANGUAGES)


def _address(call: RequestCall, crs: Crs) -> Address:
    carried: dict[str, str] = {} if crs == "wgs84" else {"crs": crs}

    def address(path: str) -> str:
        path, _, query = path.partition("?")
        name, _, value = query.partition("=")
        return service.with_parameters(call.link(ROOT + path), ({name: value} if query else {}) | carried)

    return address


def _document(
    name: str,
    path: str,
    summary: str,
    answer: Callable[..., Any],
    In: type[Query],
    Out: type[BaseModel],
) -> Operation:
    return Operation(
        f"ogc.{name}",
        "GET",
        ROOT + path,
        summary,
        answer,
        In,
        Out,
        "maps:read",
        cache=Cache.REVALIDATE,
        errors=(404,),
    )


def _of_kind(kind: Kind) -> tuple[Operation, ...]:
    place = "/collections/{set}/" + ogc.PLACES[kind]
    forms = ("mvt",) if kind == "vector" else ("png", "jpg", "webp")
    media_types = [media_type for form, media_type in MEDIA_TYPES.items() if form in forms]
    return (
        _document(
            f"{kind}_tilesets",
            place,
            f"The {kind} tilesets of a collection.",
            partial(list_tilesets, kind),
            schema_ogc.InCollection,
            schema_ogc.OutTilesets,
        ),
        _document(
            f"{kind}_tileset",
            place + "/{matrix_set}",
            f"The metadata of a {kind} tileset.",
            partial(get_tileset, kind),
            schema_ogc.InTileset,
            schema_ogc.OutTileset,
        ),
        Operation(
            f"ogc.{kind}_tile",
            "GET",
            ROOT + place + "/{matrix_set}/{level}/{row}/{column}",
            f"One {kind} tile.",
            partial(get_tile, kind),
            schema_ogc.InOgcTile,
            Bytes(media_types[0]),
            "maps:read",
            cache=Cache.SHORT,
            errors=(204, 404, 422),
            other_media=tuple(media_types[1:]),
        ),
    )


OPERATIONS = (
    _document("landing", "", "Landing page of OGC API Tiles.", get_landing, schema_ogc.InDocument, schema_ogc.OutLinks),
    _document(
        "conformance",
        "/conformance",
        "What OGC API Tiles is conformed to.",
        get_conformance,
        schema_ogc.InDocument,
        schema_ogc.OutConformance,
    ),
    _document(
        "collections",
        "/collections",
        "The tile sets as collections.",
        list_collections,
        schema_ogc.InDocument,
        schema_ogc.OutCollections,
    ),
    _document(
        "collection",
        "/collections/{set}",
        "One tile set as a collection.",
        get_collection,
        schema_ogc.InCollection,
        schema_ogc.OutLinks,
    ),
    *_of_kind("vector"),
    *_of_kind("map"),
    _document(
        "matrix_sets",
        "/tileMatrixSets",
        "How the world can be cut into tiles.",
        list_matrix_sets,
        schema_ogc.InDocument,
        schema_ogc.OutMatrixSets,
    ),
    _document(
        "matrix_set",
        "/tileMatrixSets/{matrix_set}",
        "The definition of a tile matrix set.",
        get_matrix_set,
        schema_ogc.InMatrixSet,
        schema_ogc.OutMatrixSet,
    ),
)
