"""All that an import knows of places, as tables: areas, names, roads, addresses, and what links them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from location_cloud.areas.frame import list_populated_places
from location_cloud.areas.model import LEVELS, Areas
from location_cloud.capability import Progress
from location_cloud.extract import OsmExtract
from location_cloud.places.gather_crossings import list_crossings
from location_cloud.places.gather_houses import list_houses
from location_cloud.places.gather_objects import list_objects
from location_cloud.places.gather_parts import list_access, list_outlines, list_parts, name_gates
from location_cloud.places.gather_places import BY_NUMBER, SETTLEMENTS, list_places
from location_cloud.places.gather_posts import list_posts
from location_cloud.places.gather_roads import list_numbered, list_roads
from location_cloud.places.gather_things import list_things
from location_cloud.places.model import AREA, SETTLEMENT
from location_cloud.places.model_table import (
    OWN,
    HouseTable,
    LineTable,
    Links,
    NumberedTable,
    PlaceTable,
    PostTable,
    joined,
    picked,
)
from location_cloud.places.poi_index import ThingTable
from location_cloud.places.sets import OwnSet
from location_cloud.places.streets import assign_streets, house_order, with_guesses

AREA_IMPORTANCE = {"country": 1.0, "province": 0.95, "city": 0.9, "district": 0.8, "town": 0.6, "village": 0.4}

SHORT_ENDINGS = (
    *("街道办事处", "街道", "社区居民委员会", "社区居委会", "居委会", "社区", "村民委员会", "村委会", "村"),
    *("蒙古族自治县", "自治县", "特别行政区", "自治区", "区", "县", "市", "省", "镇", "乡"),
)
"""Endings that people leave out: 萨尔图 is 萨尔图区, 红旗社区 and 红旗 are 红旗社区居委会."""

_AUTONOMOUS = re.compile(
    "(?P<name>.{2,8}?)(?P<people>蒙古|满|回|朝鲜|土家|苗|彝|壮|瑶|侗|哈萨克|锡伯|达斡尔)族自治[县旗]"
)

POPULATED_RADIUS_M = 3_000.0
"""GeoNames writes much of China to the arc minute (1.85 km); `areas.frame` states the same for towns."""


@dataclass(frozen=True)
class Gathered:
    """Everything of an import; `houses` are sorted, house_street is the place of each.

    lines: of roads; only a first import has their nodes. numbered, posts: what linear references are made of.
    """

    places: PlaceTable
    lines: LineTable
    houses: HouseTable
    house_street: np.ndarray[tuple[int], np.dtype[np.int32]]
    links: Links
    numbered: NumberedTable
    posts: PostTable
    things: ThingTable


def gather(osm: OsmExtract, areas: Areas, progress: Progress) -> Gathered:
    """The tables of an extract."""
    progress.step("places: names")
    objects = list_objects(osm, BY_NUMBER)
    named = list_places(objects)
    progress.step("places: roads")
    roads, lines = list_roads(osm)
    first = [_area_places(areas), _populated_places(areas), named]
    before = sum(map(len, first))
    places: PlaceTable = joined([*first, roads])
    lines = LineTable((lines.road + before).astype(np.int32), lines.start, lines.vertex, lines.node)
    progress.step("places: addresses")
    houses = list_houses(osm, objects)
    street, added = assign_streets(houses, places, lines, areas.find_deepest)
    places, houses = joined([places, added]), with_guesses(houses)
    order = house_order(houses, street)
    progress.step("places: crossings, kilometre posts, buildings, gates")
    crossing_road, crossing_other, crossing_lonlat = list_crossings(osm, lines)
    rows, shapes = list_outlines(osm, places)
    access_place, access_lonlat, gates = list_access(osm, rows, shapes)
    name_gates(places, access_place, gates)
    parts = list_parts(objects, places, rows, shapes)
    links = Links(crossing_road, crossing_other, crossing_lonlat, parts, access_place, access_lonlat)
    return Gathered(
        places,
        lines,
        picked(houses, order),
        street[order],
        links,
        list_numbered(osm),
        list_posts(osm),
        list_things(osm, set(places.osm)),
    )


def with_sets(gathered: Gathered, sets: Sequence[OwnSet], areas: Areas) -> Gathered:
    """The same with the operator's own lists behind it; rows and links of the import keep their places."""
    if not sets:
        return gathered
    houses: HouseTable = with_guesses(joined([own.houses for own in sets]))
    places: PlaceTable = joined([gathered.places, *(own.places for own in sets)])
    street, added = assign_streets(houses, places, gathered.lines, areas.find_deepest)
    every: HouseTable = joined([gathered.houses, houses])
    streets = np.concatenate([gathered.house_street, street])
    order = house_order(every, streets)
    return replace(
        gathered,
        places=joined([places, added]),
        houses=picked(every, order),
        house_street=streets[order],
        posts=joined([gathered.posts, *(own.posts for own in sets)]),
    )


def short_names(name: str) -> list[str]:
    """A Chinese area's name without its kind, of at least two characters each, the longer first.

    >>> short_names("红旗社区居委会")
    ['红旗社区', '红旗']
    """
    found: list[str] = []
    if county := _AUTONOMOUS.fullmatch(name):  # 杜尔伯特蒙古族自治县 goes by 杜蒙县
        initials = f"{county['name'][0]}{county['people'][0]}"
        found += [f"{county['name']}县", f"{initials}县", initials]
    for ending in SHORT_ENDINGS:
        if name.endswith(ending) and len(name) > len(ending) + 1:
            short = name[: -len(ending)]
            if ending in ("社区居委会", "社区居民委员会"):
                found.append(f"{short}社区")
            if ending in ("村委会", "村民委员会") and not short.endswith("村"):
                found.append(f"{short}村")
            return [*found, short]
    return found


def _area_places(areas: Areas) -> PlaceTable:
    rows = np.flatnonzero(~np.isnan(areas.lonlat[:, 0]))
    names, english, osm = areas.name.take(rows), areas.name_en.take(rows), areas.osm.take(rows)
    levels = [LEVELS[level] for level in areas.level[rows].tolist()]
    return PlaceTable(
        name=names,
        kind=np.full(len(rows), AREA, np.int8),
        category=[f"boundary={level}" for level in levels],
        lonlat=areas.lonlat[rows],
        accuracy_m=areas.accuracy_m[rows],
        importance=np.array([AREA_IMPORTANCE[level] for level in levels], np.float32),
        osm=[text.removeprefix("osm:") for text in osm],
        area=rows.astype(np.int32),
        other=[tuple(part for part in (en, *short_names(name)) if part) for name, en in zip(names, english)],
        shape=np.full(len(rows), -1, np.int32),
        set=np.full(len(rows), OWN, np.int16),
    )


def _populated_places(areas: Areas) -> PlaceTable:
    """GeoNames' places that no area has taken its position from."""
    taken = {(float(lon), float(lat)) for lon, lat in areas.lonlat}
    found = [place for place in list_populated_places() if place["lonlat"] not in taken]
    names = [place["names"] for place in found]
    return PlaceTable(
        name=[each[0] for each in names],
        kind=np.full(len(found), SETTLEMENT, np.int8),
        category=["place=village"] * len(found),
        lonlat=np.array([place["lonlat"] for place in found], np.float64).reshape(-1, 2),
        accuracy_m=np.full(len(found), POPULATED_RADIUS_M, np.float32),
        importance=np.full(len(found), SETTLEMENTS["village"] - 0.1, np.float32),
        osm=[""] * len(found),
        area=np.full(len(found), -1, np.int32),
        other=[(*each[1:], place["name_en"]) for each, place in zip(names, found)],
        shape=np.full(len(found), -1, np.int32),
        set=np.full(len(found), OWN, np.int16),
    )
