"""The questions about maps: which tile sets there are, one tile, the style."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias
from urllib.parse import urlencode

from location_cloud.access.service import check_scope
from location_cloud.errors import BadQuery, NotFound
from location_cloud.maps.matrices import RASTER_FORMS, first_level, grid_size
from location_cloud.spatial.crs import from_wgs84
from location_cloud.tile_sets import NOTHING, WORLD, Box, Form, Matrix, StoredSets, Tile, TileAt, TileSet

if TYPE_CHECKING:
    from location_cloud.access.model import Caller
    from location_cloud.spatial.crs import Crs
    from location_cloud.storage.world import World

Link: TypeAlias = Callable[[str], str]
"""A path on this server -> its full address, with the caller's key if that came in an address."""

SCREEN_TILES = 2
"""A screen shows about two tiles of 512 pixels side by side."""

SHIFTED: frozenset[Crs] = frozenset(("gcj02", "bd09"))
"""Systems of map programs that draw on the Web Mercator grid only."""

WHOLE_EARTH: Box = (-180.0, -90.0, 180.0, 90.0)
"""What matrix "c" shows of the world."""


@dataclass(frozen=True)
class Variant:
    """Which of a set's tiles are meant: their form, how the world is cut, and what their coordinates pretend to be."""

    form: Form
    matrix: Matrix = "w"
    crs: Crs = "wgs84"
    scheme: Literal["xyz", "tms"] = "xyz"

    @property
    def parameters(self) -> dict[str, str]:
        """What an address of such tiles says after the question mark."""
        return {
            name: value
            for name, value, usual in (("crs", self.crs, "wgs84"), ("matrix", self.matrix, "w"))
            if value != usual
        }


def list_sets(world: World, tenant: str) -> dict[str, TileSet]:
    """Every tile set that the tenant can see, by name; of two with one name the first."""
    found: dict[str, TileSet] = {}
    for source in world.tile_sources:
        found = {**source(world, tenant), **found}
    return found


def find_set(world: World, tenant: str, name: str) -> TileSet | None:
    """The tile set, if there is one of that name."""
    for source in world.tile_sources:
        found = source(world, tenant).get(name)
        if found is not None:
            return found
    return None


def get_set(world: World, tenant: str, name: str) -> TileSet:
    """The tile set. Raises NotFound if there is none of that name."""
    found = find_set(world, tenant, name)
    if found is None:
        raise NotFound(f"there is no tile set {name!r}", hint=f"there are: {', '.join(list_sets(world, tenant))}")
    return found


def get_readable_set(world: World, caller: Caller, name: str) -> TileSet:
    """The caller's tile set. Raises NotFound if there is none, Denied if the caller's key does not carry its scope."""
    found = find_set(world, caller.tenant, name)
    if found is None:  # which there are would take long to tell, and not every key may know
        raise NotFound(f"there is no tile set {name!r}", hint="/tiles.json tells which there are")
    check_scope(caller, found.scope)
    return found


def find_readable_at_once(world: World, caller: Caller, name: str) -> TileSet | None:
    """The caller's tile set if that is known without asking a store, at least what reading its tiles needs of it.

    Raises Denied as `get_readable_set`.
    """
    found = None
    for source in world.tile_sources:
        sets = source(world, caller.tenant)
        found = sets.find_at_hand(name) if isinstance(sets, StoredSets) else sets.get(name)
        if found is not None:
            break
    if found is not None:
        check_scope(caller, found.scope)
    return found


def list_readable_sets(world: World, caller: Caller) -> list[TileSet]:
    """The tile sets that the caller's key opens, by name."""
    return [each for _, each in sorted(list_sets(world, caller.tenant).items()) if caller.may(each.scope)]


def get_tile(tile_set: TileSet, at: TileAt) -> Tile | None:
    """The tile, None where the set has nothing. Raises NotFound or BadQuery for what the set cannot have."""
    at = _checked(tile_set, at)
    return tile_set.read(at) if at.z >= tile_set.min_zoom else None


def find_tile_at_hand(tile_set: TileSet, at: TileAt) -> Tile | None:
    """The tile, NOTHING where the set has none, if it is at hand; else None. Raises as `get_tile`."""
    at = _checked(tile_set, at)
    if at.z < tile_set.min_zoom:
        return NOTHING
    return None if tile_set.at_hand is None else tile_set.at_hand(at)


def _checked(tile_set: TileSet, at: TileAt) -> TileAt:
    """Where the set has the tile. Raises NotFound or BadQuery if it cannot have it."""
    at = replace(at, crs=check_variant(tile_set, Variant(at.form, at.matrix, at.crs)).crs)
    if at.z > tile_set.max_zoom:
        raise NotFound(
            f"z={at.z}: the deepest zoom is {tile_set.max_zoom}",
            hint=f"clients draw deeper views from zoom {tile_set.max_zoom}: maxzoom in the TileJSON",
        )
    if at.z < first_level(at.matrix):
        raise BadQuery(
            f"z={at.z}: the levels of matrix {at.matrix} begin with {first_level(at.matrix)}",
            hint="level 1 of matrix c has two tiles, the western and the eastern half of the world",
        )
    columns, rows = grid_size(at.matrix, at.z)
    if at.x >= columns or at.y >= rows:
        raise BadQuery(
            f"x={at.x}, y={at.y}: at zoom {at.z} x goes from 0 to {columns - 1}, y from 0 to {rows - 1}",
            hint="tiles are counted from the north-west corner of the world (XYZ); for TMS add scheme=tms",
        )
    return at


def check_variant(tile_set: TileSet, variant: Variant) -> Variant:
    """The variant as the set names it. Raises NotFound or BadQuery for what the set does not have.

    CGCS2000 is taken for WGS-84, as everywhere here: they differ by less than a metre (see `spatial.crs.as_wgs84`).
    """
    if variant.form not in tile_set.forms:
        raise NotFound(f"{tile_set.name} has no {variant.form} tiles", hint=f"there are: {', '.join(tile_set.forms)}")
    if variant.crs == "cgcs2000" and variant.crs not in tile_set.systems:
        variant = replace(variant, crs="wgs84")
    if variant.matrix == "c" and variant.crs in SHIFTED:
        raise BadQuery(
            f"crs={variant.crs} and matrix=c: a shifted system has no grid in degrees", hint="leave out one of them"
        )
    if variant.matrix not in tile_set.matrices or variant.crs not in tile_set.systems:
        raise BadQuery(
            f"{tile_set.name} has no tiles with matrix={variant.matrix} and crs={variant.crs}",
            hint=f"matrix is one of {', '.join(tile_set.matrices)}; crs one of {', '.join(tile_set.systems)}",
        )
    return variant


def drawn_in(tile_set: TileSet, crs: Crs) -> TileSet | None:
    """The set with the matrices that it has in a system; None if it has none."""
    if crs not in SHIFTED:
        return tile_set
    return replace(tile_set, matrices=("w",)) if crs in tile_set.systems and "w" in tile_set.matrices else None


def with_parameters(address: str, parameters: Mapping[str, str]) -> str:
    """The address with more parameters. Braces of templates stay as they are."""
    if not parameters:
        return address
    return f"{address}{'&' if '?' in address else '?'}{urlencode(parameters, safe='{}/')}"


def bounds_of(tile_set: TileSet, crs: Crs = "wgs84", matrix: Matrix = "w") -> Box:
    """West, south, east, north of the set in degrees of the system that its tiles pretend to be in."""
    box = tile_set.bounds
    if box is None:
        return WORLD if matrix == "w" else WHOLE_EARTH
    if crs == "wgs84":
        return box
    (west, south), (east, north) = from_wgs84([box[:2], box[2:]], crs).tolist()
    return west, south, east, north


def tilejson(tile_set: TileSet, link: Link, variant: Variant | None = None, language: str = "en") -> dict[str, Any]:
    """The TileJSON 3.0.0 document of a set's tiles, of its first form if none is said. Raises as `check_variant`."""
    asked = variant or Variant(tile_set.forms[0])
    check_variant(tile_set, asked)
    place = "tms/{z}/{x}/{y}" if asked.scheme == "tms" else "{z}/{x}/{y}"
    address = with_parameters(link(f"/tiles/{tile_set.name}/{place}.{asked.form}"), asked.parameters)
    lon, lat, zoom = find_view(tile_set)
    center = from_wgs84([(lon, lat)], asked.crs)[0].tolist() if asked.crs != "wgs84" else [lon, lat]
    return {
        "tilejson": "3.0.0",
        "name": tile_set.name,
        "description": describe(tile_set, asked, language),
        "tiles": [address],
        "scheme": asked.scheme,
        "minzoom": max(tile_set.min_zoom, first_level(asked.matrix)),
        "maxzoom": tile_set.max_zoom,
        "bounds": list(bounds_of(tile_set, asked.crs, asked.matrix)),
        "center": [*center, zoom],
        "attribution": tile_set.attribution,
        "vector_layers": [
            {"id": layer.name, "fields": dict(layer.fields), "minzoom": layer.min_zoom, "maxzoom": layer.max_zoom}
            for layer in tile_set.layers
        ],
        **({"tileSize": tile_set.tile_px} if asked.form in RASTER_FORMS else {}),
        "formats": list(tile_set.forms),
        "matrices": list(tile_set.matrices),
        "systems": list(tile_set.systems),
        **tile_set.extra,
    }


def title_of(tile_set: TileSet, language: str) -> str:
    """What the set is called in the language ("zh-CN" or "en"); its name if it has no title."""
    return tile_set.title.get(language) or next(iter(tile_set.title.values()), "") or tile_set.name


PRETENDED: Mapping[Crs, str] = {
    "gcj02": (
        "Drawn in GCJ-02, for maps of AMap and Tencent. AMap writes the address with square brackets: "
        "new AMap.TileLayer({tileUrl: '.../[z]/[x]/[y].png?crs=gcj02'}), "
        "new AMap.MapboxVectorTileLayer({url: '.../[z]/[x]/[y].mvt?crs=gcj02'})."
    ),
    "bd09": (
        "Drawn in BD-09 on the Web Mercator grid, for clients that place BD-09 longitudes and latitudes on it. "
        "Baidu's own maps count tiles in a grid of their own, which these are not."
    ),
    "cgcs2000": "CGCS2000 is taken for WGS-84: they differ by less than a metre.",
}
"""What a TileJSON says of coordinates that are not WGS-84."""

IN_DEGREES = "Cut in degrees (EPSG:4490) as Tianditu's matrix set c: 2^z by 2^(z-1) tiles, levels from 1."


def describe(tile_set: TileSet, variant: Variant, language: str) -> str:
    """The set's title, and what a client must know of coordinates and grid where they are not the usual ones."""
    notes = (PRETENDED.get(variant.crs, ""), IN_DEGREES if variant.matrix == "c" else "")
    return ". ".join(part.rstrip(".") for part in (title_of(tile_set, language), *notes) if part)


def find_view(tile_set: TileSet) -> tuple[float, float, int]:
    """Where a map opens: longitude and latitude in degrees, and the zoom at which the city's core fills a screen."""
    west, south, east, north = tile_set.core or tile_set.bounds or WORLD
    width_deg = max(east - west, (north - south) * 2, 1e-9)
    zoom = int(math.log2(360 * SCREEN_TILES / width_deg))
    return (west + east) / 2, (south + north) / 2, max(0, min(zoom, tile_set.max_zoom))
