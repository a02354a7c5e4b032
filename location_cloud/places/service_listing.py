"""Points of interest as the interfaces of other providers list them: with their areas, address and direction."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from shapely.geometry.base import BaseGeometry

from location_cloud.areas.service import chain_at
from location_cloud.errors import BadQuery
from location_cloud.places import service_pois, service_reverse
from location_cloud.places.categories import Category, load_categories
from location_cloud.places.dataset import SECTION
from location_cloud.places.model import LEVEL_POI
from location_cloud.places.model_answer import Answer, Around
from location_cloud.places.nearby import nearest_house
from location_cloud.places.service_objects import find_area, find_objects, outline, search
from location_cloud.places.service_pois import Poi, Pois, PoiWish
from location_cloud.spatial.bbox import Bbox, around
from location_cloud.spatial.measure import bearing_deg
from location_cloud.storage.world import World

WORLD = Bbox(-180.0, -90.0, 180.0, 90.0)

AT_HOUSE_M = 30.0
"""A house this close lends its address to a thing that has none."""


@dataclass(frozen=True)
class Listed:
    """A page of points of interest. total: of how many; None = very many."""

    answers: tuple[Answer, ...]
    total: int | None


@dataclass(frozen=True)
class Look:
    """Which points of interest. words: names or kinds with | between them, "" = any. types: kinds, as in PoiWish."""

    words: str = ""
    types: str = ""
    by_distance: bool = True
    limit: int = 20
    offset: int = 0


def list_around(world: World, look: Look, at: tuple[float, float], radius_m: float) -> Listed:
    """Points of interest within metres of a position (degrees)."""
    return _listed(world, service_pois.find_around(world, at, radius_m, _wish(look)), at)


def list_in(world: World, look: Look, shape: BaseGeometry) -> Listed:
    """Points of interest in a polygon. Raises BadQuery for another geometry."""
    return _listed(world, service_pois.find_in_polygon(world, shape, _wish(replace(look, by_distance=False))), None)


def list_named(world: World, look: Look, adcode: str, at: tuple[float, float] | None = None) -> Listed:
    """Points of interest by name or kind, in the area of a code ("" = anywhere), the best known first.

    Where nothing is called so, what the words are understood to mean. at: where distances are measured from.
    """
    wish = _wish(replace(look, by_distance=False))
    area = find_area(world, adcode)
    if area is None:
        found = service_pois.find_in_box(world, WORLD, wish, at)
    else:
        shape = outline(world, area)
        if shape.geom_type in ("Polygon", "MultiPolygon"):
            found = service_pois.find_in_polygon(world, shape, wish, at)
        else:
            box = around(area.lonlat, min(area.accuracy_m, MOST_VAGUE_M))
            found = service_pois.find_in_box(world, box, wish, at)
    if found.pois or not look.words or look.types:
        return _listed(world, found, at)
    meant = search(world, look.words.replace("|", " "), limit=50, adcode=adcode)
    kept = tuple(each for each in meant if each.kind in ("poi", "settlement") and each.id)
    return Listed(kept[look.offset : look.offset + look.limit], len(kept))


MOST_VAGUE_M = 20_000.0


def find_pois(world: World, ids: tuple[str, ...]) -> tuple[Answer, ...]:
    """Places by their ids, with those that have no name; in their order, without unknown ones."""
    found = []
    for id_ in ids:
        named = find_objects(world, (id_,))
        if named:
            found += [_with_address(world, each) for each in named]
            continue
        index = world.section(SECTION).pois
        things = [at for at, osm in enumerate(index.thing_osm.as_list()) if osm == id_] if id_ else []
        for thing in things[:1]:
            place = int(np.flatnonzero(index.row == ~thing)[0])
            lon, lat = (index.point[place] / 1e7).tolist()
            here = service_pois.find_around(world, (lon, lat), 1.0, PoiWish(limit=50))
            found += [_answer(world, poi, None) for poi in here.pois if poi.id == f"osm:{id_}"][:1]
    return tuple(found)


def category_of(answer: Answer) -> Category:
    """The kind of a point of interest in our tree."""
    tree = load_categories()
    return tree.by_id[tree.of_tag(f"{answer.key}={answer.value}")]


def describe(world: World, at: tuple[float, float], radius_m: float) -> service_reverse.Dispatch:
    """What a position is told by, in Chinese."""
    return service_reverse.describe(world, at, max(radius_m, 1.0), 3, "zh-CN")


def _wish(look: Look) -> PoiWish:
    """Words that are a kind of the tree look for the kind, others for the name."""
    tree = load_categories()
    words = [word.strip() for word in look.words.split("|") if word.strip()]
    sort = "distance" if look.by_distance else "importance"
    types = "|".join(part.strip() for part in look.types.split("|") if part.strip())
    kinds = [word for word in words if tree.find(word)]
    if not types and kinds and len(kinds) == len(words):
        return PoiWish("|".join(kinds), "", sort, look.limit, look.offset)
    return PoiWish(_known(types), words[0] if words else "", sort, look.limit, look.offset)


def _known(types: str) -> str:
    """The kinds that the tree has; codes of Amap that none of ours has are left out.

    Raises BadQuery if none is left.
    """
    known = [part for part in types.split("|") if part and ("=" in part or load_categories().find(part))]
    if types and not known:
        raise BadQuery(f"types={types[:80]!r} are not known", hint="the kinds stand at /v1/pois/categories")
    return ",".join(known)


def _listed(world: World, found: Pois, at: tuple[float, float] | None) -> Listed:
    return Listed(tuple(_answer(world, poi, at) for poi in found.pois), found.total)


def _answer(world: World, poi: Poi, at: tuple[float, float] | None) -> Answer:
    bearing = None if at is None else round(float(bearing_deg([poi.lonlat], [at])[0]), 1) % 360.0
    named = find_objects(world, (poi.id.removeprefix("osm:"),)) if poi.name and poi.id else ()
    answer = named[0] if named and named[0].name == poi.name else _nameless(world, poi)
    return replace(_with_address(world, answer), distance_m=poi.distance_m, bearing_deg=bearing)


def _nameless(world: World, poi: Poi) -> Answer:
    key, _, value = poi.tag.partition("=")
    chain = tuple(Around(area.code, area.name, area.level) for area in chain_at(world, poi.lonlat))
    name = poi.name or f"{poi.category_name}{poi.label}"
    return Answer(
        poi.id.removeprefix("osm:"), 0, "poi", LEVEL_POI, key, value, name, poi.lonlat, 15.0, poi.importance, chain
    )


def _with_address(world: World, answer: Answer) -> Answer:
    if answer.street or answer.kind != "poi":
        return answer
    places = world.section(SECTION)
    near = nearest_house(places, answer.lonlat, AT_HOUSE_M)
    if near is None:
        return answer
    return replace(answer, street=places.name[near.row], housenumber=places.house_number[near.house_row])
