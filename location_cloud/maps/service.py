"""The questions about maps: which tile sets there are, one tile, the style."""

from __future__ import annotations

import importlib.resources
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import orjson

from location_cloud.errors import BadQuery, NotFound
from location_cloud.maps.dataset import MAX_ZOOM, SECTION, TileSet
from tiles.encode import encode_tile

if TYPE_CHECKING:
    from location_cloud.storage.world import World

Link: TypeAlias = Callable[[str], str]
"""A path on this server -> its full address, with the caller's key if that came in an address."""

WORLD = (-180.0, -85.05112877980659, 180.0, 85.05112877980659)
"""West, south, east, north of Web Mercator, degrees."""

SCREEN_TILES = 2
"""A screen shows about two tiles of 512 pixels side by side."""

STYLES = ("light",)


def get_set(world: World, name: str) -> TileSet:
    """The tile set. Raises NotFound if there is none of that name."""
    sets = world.section(SECTION).sets
    if name not in sets:
        raise NotFound(f"there is no tile set {name!r}", hint=f"there are: {', '.join(sets)}")
    return sets[name]


def get_tile(world: World, name: str, z: int, x: int, y: int) -> bytes:
    """The tile's MVT bytes, empty where the set has nothing. Raises NotFound or BadQuery for a tile off the grid."""
    tile_set = get_set(world, name)
    if z > MAX_ZOOM:
        raise NotFound(
            f"z={z}: the deepest zoom is {MAX_ZOOM}",
            hint="clients draw deeper views from zoom 14: maxzoom in the TileJSON",
        )
    if max(x, y) >= 1 << z:
        raise BadQuery(
            f"x={x}, y={y}: at zoom {z} tiles go from 0 to {(1 << z) - 1}",
            hint="tiles are counted from the north-west corner of the world (XYZ, not TMS)",
        )
    layers = [layer.index for layer in tile_set.layers if layer.min_zoom <= z <= layer.max_zoom]
    return encode_tile(layers, z, x, y)


def tilejson(world: World, name: str, link: Link) -> dict[str, Any]:
    """The set's TileJSON 3.0.0 document."""
    tile_set = get_set(world, name)
    bounds = tile_set.bounds or WORLD
    return {
        "tilejson": "3.0.0",
        "name": name,
        "tiles": [link(f"/tiles/{name}/{{z}}/{{x}}/{{y}}.mvt")],
        "scheme": "xyz",
        "minzoom": 0,
        "maxzoom": MAX_ZOOM,
        "bounds": list(bounds),
        "center": [*_view(tile_set)],
        "attribution": tile_set.attribution,
        "vector_layers": [
            {"id": layer.name, "fields": dict(layer.fields), "minzoom": layer.min_zoom, "maxzoom": layer.max_zoom}
            for layer in tile_set.layers
        ],
    }


def _view(tile_set: TileSet) -> tuple[float, float, int]:
    """Where a map opens: longitude and latitude in degrees, and the zoom at which the city's core fills a screen."""
    west, south, east, north = tile_set.core or tile_set.bounds or WORLD
    width_deg = max(east - west, (north - south) * 2, 1e-9)
    zoom = int(math.log2(360 * SCREEN_TILES / width_deg))
    return (west + east) / 2, (south + north) / 2, max(0, min(zoom, MAX_ZOOM))


def style(world: World, name: str, link: Link, language: str) -> dict[str, Any]:
    """The MapLibre style, its source on this server and its labels in the language ("zh-CN" or "en")."""
    if name not in STYLES:
        raise NotFound(f"there is no style {name!r}", hint=f"there are: {', '.join(STYLES)}")
    text = (importlib.resources.files("location_cloud.maps") / f"style_{name}.json").read_bytes()
    document: dict[str, Any] = orjson.loads(text)
    document["sources"]["base"]["url"] = link("/tiles/base.json")
    tile_set = get_set(world, "base")
    lon, lat, zoom = _view(tile_set)
    document["center"], document["zoom"] = [lon, lat], zoom
    preferred = "name_zh" if language == "zh-CN" else "name_en"
    for layer in document["layers"]:
        if layer.get("metadata", {}).get("label") == "name":
            layer["layout"]["text-field"] = ["coalesce", ["get", preferred], ["get", "name"]]
    return document
