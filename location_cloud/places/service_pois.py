"""The questions about points of interest: what is around, inside or along, of which kind, and which kinds there are."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from location_cloud.areas.dataset import SECTION as AREAS
from location_cloud.areas.model import Areas
from location_cloud.errors import BadQuery, NotFound, TooLarge, Unprocessable
from location_cloud.places.categories import Category, category_mask, kinds_of, load_categories
from location_cloud.places.dataset import SECTION
from location_cloud.places.find_pois import (
    PoiPage,
    Wanted,
    importance_of,
    pois_along,
    pois_around,
    pois_in_areas,
    pois_in_box,
    pois_in_polygon,
)
from location_cloud.places.model import Places, lasting_id
from location_cloud.spatial.bbox import Bbox
from location_cloud.spatial.measure import length_m
from location_cloud.storage.world import World

MAX_LINE_M = 1_000_000.0
"""A line is searched in stretches; 1,000 km of them take about a tenth of a second."""


@dataclass(frozen=True)
class PoiWish:
    """Which points of interest, and which part of the list.

    category: ids, Amap codes, names or tags of `categories`, with commas between; "" = all. name: what a name must
    hold. sort: "distance" (along a line: in the order of the way) or "importance".
    """

    category: str = ""
    name: str = ""
    sort: str = "distance"
    limit: int = 50
    offset: int = 0


@dataclass(frozen=True)
class Poi:
    """One point of interest.

    name: "" = it has none; label: the number on its sign. category: id in the tree. tag: "key=value" of OpenStreetMap.
    distance_m: from the point asked about. at_m, off_m, side: where along a line one passes it, how far off the line it
    is, and on which side; detour_m: there and back, at least. None where not asked.
    """

    id: str
    name: str
    label: str
    category: str
    category_name: str
    category_name_en: str
    tag: str
    lonlat: tuple[float, float]
    importance: float
    distance_m: float | None = None
    at_m: float | None = None
    off_m: float | None = None
    side: str | None = None
    detour_m: float | None = None


@dataclass(frozen=True)
class Pois:
    """A page of points of interest.

    total: None = more than find_pois.COUNTED, not counted. next_offset: of the next page, None = this was the last.
    """

    pois: tuple[Poi, ...]
    total: int | None
    next_offset: int | None


@dataclass(frozen=True)
class CategoryCount:
    """A kind of place, and how many of it and of what is below it there are here."""

    category: Category
    count: int


def find_around(world: World, at: tuple[float, float], radius_m: float, wish: PoiWish) -> Pois:
    """Points of interest within metres of a position (degrees, WGS-84). Raises BadQuery for an unknown category."""
    places = world.section(SECTION)
    return _page(places, pois_around(places, at, radius_m, _wanted(places, wish)), wish)


def find_in_box(world: World, box: Bbox, wish: PoiWish, at: tuple[float, float] | None = None) -> Pois:
    """Points of interest in a box. at: where distances are measured from. Errors as `find_around`."""
    places = world.section(SECTION)
    return _page(places, pois_in_box(places, box, _wanted(places, wish), at), wish)


def find_in_area(world: World, code: str, wish: PoiWish, at: tuple[float, float] | None = None) -> Pois:
    """Points of interest in an administrative area, by its code.

    Raises NotFound for a code that no area has, Unprocessable for an area whose boundary is not known, BadQuery.
    """
    places, areas = world.section(SECTION), world.section(AREAS)
    inside = _inside(areas, code)
    return _page(places, pois_in_areas(places, inside, _wanted(places, wish), at), wish)


def find_in_polygon(world: World, polygon: BaseGeometry, wish: PoiWish, at: tuple[float, float] | None = None) -> Pois:
    """Points of interest in a polygon or multipolygon (degrees). Raises BadQuery for another geometry or category."""
    if polygon.geom_type not in ("Polygon", "MultiPolygon"):
        raise BadQuery(f"the geometry is a {polygon.geom_type}", hint="send a Polygon or MultiPolygon, or a line=")
    places = world.section(SECTION)
    return _page(places, pois_in_polygon(places, polygon, _wanted(places, wish), at), wish)


def find_along(world: World, line: NDArray[np.float64], buffer_m: float, wish: PoiWish) -> Pois:
    """Points of interest within metres of a line (v, 2), in degrees, in the order in which one passes them.

    Raises BadQuery for fewer than two points or an unknown category, TooLarge for a line over MAX_LINE_M.
    """
    if len(line) < 2:
        raise BadQuery("a line needs two points or more", hint="send lon,lat;lon,lat")
    metres = length_m(line)
    if metres > MAX_LINE_M:
        raise TooLarge(
            f"the line is {metres / 1000:.0f} km long; the most is {MAX_LINE_M / 1000:.0f} km", hint="send it in parts"
        )
    places = world.section(SECTION)
    return _page(places, pois_along(places, line, buffer_m, _wanted(places, wish)), wish)


def list_categories(world: World) -> tuple[CategoryCount, ...]:
    """The tree of kinds, parents before their children, with how many there are of each in this snapshot."""
    pois = world.section(SECTION).pois
    counts: dict[str, int] = {}
    for kind, count in zip(kinds_of(pois.tags), pois.counts.tolist(), strict=True):
        steps = kind.split(".")
        for depth in range(1, len(steps) + 1):
            parent = ".".join(steps[:depth])
            counts[parent] = counts.get(parent, 0) + count
    return tuple(CategoryCount(each, counts.get(each.id, 0)) for each in load_categories().by_id.values())


def typical_addresses(world: World) -> tuple[str, ...]:
    """Everyday questions, one for each compiled search; the one that needs a body is asked at once."""
    places = world.section(SECTION)
    if not len(places.pois):
        return ()
    lon, lat = (places.pois.point[len(places.pois) // 2] / 1e7).tolist()
    box = Bbox(max(lon - 0.01, -180.0), max(lat - 0.01, -90.0), min(lon + 0.01, 180.0), min(lat + 0.01, 90.0))
    find_in_polygon(world, box.as_polygon(), PoiWish(limit=5))
    pois_in_areas(places, np.ones(1, np.bool_), Wanted(np.ones(len(places.pois.tags), np.bool_), "", False, 5, 0))
    at, corners = f"{lon:.5f},{lat:.5f}", ",".join(f"{edge:.5f}" for edge in box.as_tuple())
    return (
        f"/v1/pois?at={at}&limit=5",
        f"/v1/pois?bbox={corners}&sort=importance&category=food&limit=5",
        f"/v1/pois?along={at};{box.east:.5f},{box.north:.5f}&limit=5",
    )


def _wanted(places: Places, wish: PoiWish) -> Wanted:
    tags = places.pois.tags
    mask = category_mask(tags, wish.category) if wish.category else np.ones(len(tags), np.bool_)
    if mask is None:
        words = [word.strip() for word in wish.category.replace("|", ",").split(",")]
        unknown = next(word for word in words if category_mask(tags, word) is None)
        known = load_categories().by_id
        near = get_close_matches(unknown, [*known, *(each.rpartition(".")[2] for each in known)], 3)
        hint = f"is it {' or '.join(near)}? " if near else ""
        raise BadQuery(f"category={unknown[:60]!r} is not known", hint=f"{hint}the tree stands at /v1/pois/categories")
    # A copy of its own: compiled code takes arrays that must not be written for another kind, and compiles again.
    return Wanted(np.array(mask), wish.name, wish.sort == "distance", wish.limit, wish.offset)


def _inside(areas: Areas, code: str) -> NDArray[np.bool_]:
    """Which rows are the area or lie below it."""
    row = areas.row_of.get(code, -1)
    if row < 0:
        raise NotFound(f"no area has the code {code[:40]!r}", hint="codes are listed at /v1/areas")
    if areas.wkb_start[row + 1] == areas.wkb_start[row]:
        raise Unprocessable(
            f"the boundary of {areas.name[row]} is not known here",
            hint="ask around its position, with at= and radius_m=",
        )
    inside: NDArray[np.bool_] = np.arange(len(areas)) == row
    above = np.asarray(areas.parent, np.int64).copy()
    while (above >= 0).any():
        inside |= above == row
        above = np.where(above >= 0, areas.parent[above], -1)
    return inside


def _page(places: Places, page: PoiPage, wish: PoiWish) -> Pois:
    pois = tuple(_poi(places, page, at) for at in range(len(page.place)))
    behind = wish.offset + len(pois)
    has_more = len(pois) == wish.limit and (page.total < 0 or behind < page.total)
    return Pois(pois, page.total if page.total >= 0 else None, behind if has_more else None)


def _poi(places: Places, page: PoiPage, at: int) -> Poi:
    index, tree = places.pois, load_categories()
    place = int(page.place[at])
    row, tag = int(index.row[place]), index.tags[index.category[place]]
    kind = tree.by_id[tree.of_tag(tag)]
    lon, lat = (index.point[place] / 1e7).tolist() if row < 0 else places.lonlat[row].tolist()
    osm = index.thing_osm[~row] if row < 0 else places.osm[row]
    along = page.along[at].tolist() if page.along is not None else None
    return Poi(
        id=lasting_id(osm),
        name="" if row < 0 else places.name[row],
        label=index.thing_label[~row] if row < 0 else "",
        category=kind.id,
        category_name=kind.name,
        category_name_en=kind.name_en,
        tag=tag,
        lonlat=(round(lon, 7), round(lat, 7)),
        importance=importance_of(index, place),
        distance_m=None if np.isnan(page.metres[at]) else round(float(page.metres[at]), 1),
        at_m=round(along[0], 1) if along else None,
        off_m=round(along[1], 1) if along else None,
        side=("left" if along[2] < 0 else "right") if along else None,
        detour_m=round(2 * along[1], 1) if along else None,
    )
