"""The documents of OGC API Tiles: collections, tilesets, tile matrix sets, as plain values.

Sources: OGC 20-057, OGC API - Tiles - Part 1: Core 1.0; OGC 17-083r4, Two Dimensional Tile Matrix Set and Tile Set
Metadata 2.0; OGC 19-072, OGC API - Common - Part 1: Core 1.0; OGC 20-024, Part 2: Geospatial Data.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal, TypeAlias

from location_cloud.maps.matrices import PLAIN_PX, RASTER_FORMS, MatrixSet, limits_in, matrix_set
from location_cloud.tile_sets import MEDIA_TYPES, Box, Form, TileSet

Json: TypeAlias = dict[str, Any]

Address: TypeAlias = Callable[[str], str]
"""A path below /ogc/tiles -> its full address."""

Kind: TypeAlias = Literal["vector", "map"]

PLACES: Final[dict[Kind, str]] = {"vector": "tiles", "map": "map/tiles"}
"""Where a collection's tilesets of a kind are. Source: OGC 20-057, 9.2."""

LISTS: Final[dict[Kind, str]] = {
    "vector": "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector",
    "map": "http://www.opengis.net/def/rel/ogc/1.0/tilesets-map",
}

TILING_SCHEME: Final = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme"
TILING_SCHEMES: Final = "http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes"
GEODATA: Final = "http://www.opengis.net/def/rel/ogc/1.0/geodata"
DATA: Final = "http://www.opengis.net/def/rel/ogc/1.0/data"
CONFORMANCE: Final = "http://www.opengis.net/def/rel/ogc/1.0/conformance"
CRS84: Final = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"

CONFORMS_TO: Final = (
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/landing-page",
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/json",
    "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tileset",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tilesets-list",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/geodata-tilesets",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/mvt",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/png",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/jpeg",
    "http://www.opengis.net/spec/tms/2.0/conf/tilematrixset",
    "http://www.opengis.net/spec/tms/2.0/conf/tilematrixsetlimits",
    "http://www.opengis.net/spec/tms/2.0/conf/tilesetmetadata",
    "http://www.opengis.net/spec/tms/2.0/conf/json-tilematrixset",
    "http://www.opengis.net/spec/tms/2.0/conf/json-tilematrixsetlimits",
    "http://www.opengis.net/spec/tms/2.0/conf/json-tilesetmetadata",
)
"""Not "oas30": the interface is described in OpenAPI 3.1."""

DEEPEST: Final = 24
"""The last level of the registered WebMercatorQuad."""

SCHEMA_TYPES: Final = {"String": "string", "Number": "number", "Boolean": "boolean"}
"""TileJSON's names of types -> JSON Schema's."""


def kinds_of(tile_set: TileSet) -> tuple[Kind, ...]:
    """What the set's tiles are: vector, map (pictures), both, or none that a map program draws."""
    found: list[Kind] = []
    if "mvt" in tile_set.forms:
        found.append("vector")
    if RASTER_FORMS & set(tile_set.forms):
        found.append("map")
    return tuple(found)


def forms_of(tile_set: TileSet, kind: Kind) -> tuple[Form, ...]:
    """The forms of the set's tiles of a kind."""
    return tuple(form for form in tile_set.forms if (form == "mvt" if kind == "vector" else form in RASTER_FORMS))


def matrix_sets_of(tile_set: TileSet, kind: Kind) -> tuple[MatrixSet, ...]:
    """The matrix sets of tiles of a kind: vector tiles have no pixels and go by the well-known ones."""
    tile_px = tile_set.tile_px if kind == "map" else PLAIN_PX
    return tuple(matrix_set(each, tile_px) for each in tile_set.matrices)


# --- what there is --------------------------------------------------------------------------------


def landing(title: str, address: Address, server: Callable[[str], str]) -> Json:
    """The landing page. server: a path of the whole server -> its address."""
    return {
        "title": title,
        "description": "Tiles of every map set, vector and raster",
        "links": [
            _link(address(""), "self", "this document"),
            _link(
                server("/openapi.json"), "service-desc", "the interface", "application/vnd.oai.openapi+json;version=3.1"
            ),
            _link(server("/docs"), "service-doc", "the interface as a page", "text/html"),
            _link(address("/conformance"), "conformance", "what this conforms to"),
            _link(address("/conformance"), CONFORMANCE, "what this conforms to"),
            _link(address("/collections"), "data", "the tile sets"),
            _link(address("/collections"), DATA, "the tile sets"),
            _link(address("/tileMatrixSets"), TILING_SCHEMES, "how the world is cut"),
        ],
    }


def collection(tile_set: TileSet, title: str, bounds: Box, address: Address) -> Json:
    """A tile set as a collection. bounds: west, south, east, north, degrees."""
    place = f"/collections/{tile_set.name}"
    return {
        "id": tile_set.name,
        "title": title,
        "attribution": tile_set.attribution,
        "extent": {"spatial": {"bbox": [list(bounds)], "crs": CRS84}},
        "dataType": kinds_of(tile_set)[0],
        "links": [
            _link(address(place), "self", title),
            *(_link(address(f"{place}/{PLACES[kind]}"), LISTS[kind], f"{kind} tiles") for kind in kinds_of(tile_set)),
        ],
    }


def tilesets(tile_set: TileSet, kind: Kind, title: str, address: Address) -> Json:
    """The tilesets of a collection, one for each way to cut the world."""
    place = f"/collections/{tile_set.name}/{PLACES[kind]}"
    return {
        "links": [_link(address(place), "self", "this document")],
        "tilesets": [
            {
                **_tileset_head(each, kind, title),
                "links": [
                    _link(address(f"{place}/{each.ogc_name}"), "self", f"{title}: {each.ogc_name}"),
                    _link(address(f"/tileMatrixSets/{each.ogc_name}"), TILING_SCHEME, each.title),
                ],
            }
            for each in matrix_sets_of(tile_set, kind)
        ],
    }


def tileset(
    tile_set: TileSet, kind: Kind, cut: MatrixSet, title: str, bounds: Box, address: Address, tilejson: str
) -> Json:
    """The metadata of a tileset. tilejson: address of the same as TileJSON."""
    place = f"/collections/{tile_set.name}/{PLACES[kind]}/{cut.ogc_name}"
    levels = range(max(tile_set.min_zoom, cut.first_level), tile_set.max_zoom + 1)
    limits = [limits_in(cut.matrix, level, bounds) for level in levels]
    west, south, east, north = bounds
    return {
        **_tileset_head(cut, kind, title),
        "accessConstraints": "unclassified",
        "mediaTypes": [MEDIA_TYPES[form] for form in forms_of(tile_set, kind)],
        "boundingBox": {"lowerLeft": [west, south], "upperRight": [east, north], "crs": CRS84},
        "tileMatrixSetLimits": [
            {
                "tileMatrix": str(one.level),
                "minTileRow": one.min_row,
                "maxTileRow": one.max_row,
                "minTileCol": one.min_column,
                "maxTileCol": one.max_column,
            }
            for one in limits
        ],
        **({"layers": [_layer(layer) for layer in tile_set.layers]} if kind == "vector" and tile_set.layers else {}),
        "links": [
            _link(address(place), "self", "this document"),
            _link(tilejson, "alternate", "the same as TileJSON"),
            _link(address(f"/tileMatrixSets/{cut.ogc_name}"), TILING_SCHEME, cut.title),
            _link(address(f"/collections/{tile_set.name}"), GEODATA, title),
            *(_tile_link(address, place, form) for form in forms_of(tile_set, kind)),
        ],
    }


def _tile_link(address: Address, place: str, form: Form) -> Json:
    template = address(f"{place}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}?f={form}")
    return {**_link(template, "item", f"tiles as {form}", MEDIA_TYPES[form]), "templated": True}


def _tileset_head(cut: MatrixSet, kind: Kind, title: str) -> Json:
    return {
        "title": title,
        "dataType": kind,
        "crs": f"http://www.opengis.net/def/crs/EPSG/0/{cut.epsg}",
        **({"tileMatrixSetURI": cut.uri} if cut.uri else {}),
    }


def _layer(layer: Any) -> Json:
    return {
        "id": layer.name,
        "dataType": "vector",
        "minTileMatrix": str(layer.min_zoom),
        "maxTileMatrix": str(layer.max_zoom),
        "propertiesSchema": {
            "type": "object",
            "properties": {name: {"type": SCHEMA_TYPES.get(kind, "string")} for name, kind in layer.fields.items()},
        },
    }


# --- how the world is cut -------------------------------------------------------------------------


def matrix_set_list(found: list[MatrixSet], address: Address) -> Json:
    """The list of tile matrix sets."""
    return {
        "links": [_link(address("/tileMatrixSets"), "self", "this document")],
        "tileMatrixSets": [
            {
                "id": each.ogc_name,
                "title": each.title,
                **({"uri": each.uri} if each.uri else {}),
                "crs": f"http://www.opengis.net/def/crs/EPSG/0/{each.epsg}",
                "links": [_link(address(f"/tileMatrixSets/{each.ogc_name}"), "self", each.title)],
            }
            for each in found
        ],
    }


def matrix_set_document(cut: MatrixSet) -> Json:
    """The definition of a tile matrix set."""
    known = f"http://www.opengis.net/def/wkss/OGC/1.0/{cut.well_known}"
    return {
        "id": cut.ogc_name,
        "title": cut.title,
        **({"uri": cut.uri} if cut.uri else {}),
        "crs": f"http://www.opengis.net/def/crs/EPSG/0/{cut.epsg}",
        "orderedAxes": list(cut.axes),
        **({"wellKnownScaleSet": known} if cut.well_known else {}),
        "tileMatrices": [_tile_matrix(cut, level) for level in range(cut.first_level, DEEPEST + 1)],
    }


def _tile_matrix(cut: MatrixSet, level: int) -> Json:
    whole = limits_in(cut.matrix, level, (-180.0, -90.0, 180.0, 90.0))
    return {
        "id": str(level),
        "scaleDenominator": cut.scale_denominator(level),
        "cellSize": cut.cell(level),
        "cornerOfOrigin": "topLeft",
        "pointOfOrigin": list(cut.corner),
        "tileWidth": cut.tile_px,
        "tileHeight": cut.tile_px,
        "matrixWidth": whole.max_column + 1,
        "matrixHeight": whole.max_row + 1,
    }


def _link(href: str, rel: str, title: str, media_type: str = "application/json") -> Json:
    return {"href": href, "rel": rel, "type": media_type, "title": title}
