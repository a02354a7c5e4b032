"""The questions about maps: which tile sets there are, one tile, the style."""

from __future__ import annotations

import importlib.resources
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import orjson

from location_cloud.errors import BadQuery, NotFound
from location_cloud.tile_sets import WORLD, Tile, TileAt, TileSet

if TYPE_CHECKING:
    from location_cloud.storage.world import World

Link: TypeAlias = Callable[[str], str]
"""A path on this server -> its full address, with the caller's key if that came in an address."""

SCREEN_TILES = 2
"""A screen shows about two tiles of 512 pixels side by side."""

STYLES = ("light",)


def list_sets(world: World, tenant: str) -> dict[str, TileSet]:
    """Every tile set that the tenant can see, by name."""
    return {name: each for source in world.tile_sources for name, each in source(world, tenant).items()}


def get_set(world: World, tenant: str, name: str) -> TileSet:
    """The tile set. Raises NotFound if there is none of that name."""
    for source in world.tile_sources:
        found = source(world, tenant).get(name)
        if found is not None:
            return found
    raise NotFound(f"there is no tile set {name!r}", hint=f"there are: {', '.join(list_sets(world, tenant))}")


def get_tile(tile_set: TileSet, at: TileAt) -> Tile | None:
    """The tile, None where the set has nothing. Raises NotFound or BadQuery for what the set cannot have."""
    if at.form not in tile_set.forms:
        raise NotFound(f"{tile_set.name} has no {at.form} tiles", hint=f"there are: {', '.join(tile_set.forms)}")
    if at.matrix not in tile_set.matrices or at.crs not in tile_set.systems:
        raise BadQuery(
            f"{tile_set.name} has no tiles with matrix={at.matrix} and crs={at.crs}",
            hint=f"matrix is one of {', '.join(tile_set.matrices)}; crs one of {', '.join(tile_set.systems)}",
        )
    if at.z > tile_set.max_zoom:
        raise NotFound(
            f"z={at.z}: the deepest zoom is {tile_set.max_zoom}",
            hint=f"clients draw deeper views from zoom {tile_set.max_zoom}: maxzoom in the TileJSON",
        )
    columns = 1 << at.z
    rows = columns if at.matrix == "w" else columns >> 1
    if at.x >= columns or at.y >= rows:
        raise BadQuery(
            f"x={at.x}, y={at.y}: at zoom {at.z} x goes from 0 to {columns - 1}, y from 0 to {rows - 1}",
            hint="tiles are counted from the north-west corner of the world (XYZ, not TMS)",
        )
    return tile_set.read(at) if at.z >= tile_set.min_zoom else None


def tilejson(tile_set: TileSet, link: Link) -> dict[str, Any]:
    """The set's TileJSON 3.0.0 document."""
    return {
        "tilejson": "3.0.0",
        "name": tile_set.name,
        "tiles": [link(f"/tiles/{tile_set.name}/{{z}}/{{x}}/{{y}}.{tile_set.forms[0]}")],
        "scheme": "xyz",
        "minzoom": tile_set.min_zoom,
        "maxzoom": tile_set.max_zoom,
        "bounds": list(tile_set.bounds or WORLD),
        "center": [*find_view(tile_set)],
        "attribution": tile_set.attribution,
        "vector_layers": [
            {"id": layer.name, "fields": dict(layer.fields), "minzoom": layer.min_zoom, "maxzoom": layer.max_zoom}
            for layer in tile_set.layers
        ],
        **tile_set.extra,
    }


def find_view(tile_set: TileSet) -> tuple[float, float, int]:
    """Where a map opens: longitude and latitude in degrees, and the zoom at which the city's core fills a screen."""
    west, south, east, north = tile_set.core or tile_set.bounds or WORLD
    width_deg = max(east - west, (north - south) * 2, 1e-9)
    zoom = int(math.log2(360 * SCREEN_TILES / width_deg))
    return (west + east) / 2, (south + north) / 2, max(0, min(zoom, tile_set.max_zoom))


def style(world: World, tenant: str, name: str, link: Link, language: str) -> dict[str, Any]:
    """The MapLibre style, its source on this server and its labels in the language ("zh-CN" or "en")."""
    if name not in STYLES:
        raise NotFound(f"there is no style {name!r}", hint=f"there are: {', '.join(STYLES)}")
    text = (importlib.resources.files("location_cloud.maps") / f"style_{name}.json").read_bytes()
    document: dict[str, Any] = orjson.loads(text)
    document["sources"]["base"]["url"] = link("/tiles/base.json")
    tile_set = get_set(world, tenant, "base")
    lon, lat, zoom = find_view(tile_set)
    document["center"], document["zoom"] = [lon, lat], zoom
    preferred = "name_zh" if language == "zh-CN" else "name_en"
    for layer in document["layers"]:
        if layer.get("metadata", {}).get("label") == "name":
            layer["layout"]["text-field"] = ["coalesce", ["get", preferred], ["get", "name"]]
    return document
