"""Named places, roads and addresses of an OpenStreetMap extract."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from location_cloud.extract import WAY, OsmExtract, Tags
from location_cloud.places.model import METRES_PER_DEGREE, OSM_ACCURACY_M, POI, ROAD, SETTLEMENT, House, NamedPlace
from location_cloud.spatial.measure import distance_m

SETTLEMENTS = {
    "city": 0.9,
    "town": 0.8,
    "borough": 0.65,
    "suburb": 0.65,
    "quarter": 0.55,
    "village": 0.6,
    "neighbourhood": 0.5,
    "hamlet": 0.45,
    "isolated_dwelling": 0.35,
    "island": 0.5,
    "islet": 0.3,
    "square": 0.5,
    "locality": 0.35,
    "farm": 0.35,
}
"""Importance by place=*: the order in which OSM's own renderers drop them."""

SETTLEMENT_RADIUS_M = {"city": 10_000.0, "town": 4_000.0, "suburb": 2_000.0, "borough": 3_000.0, "village": 1_500.0}
"""Extent of a settlement that is only a node; others 600 m."""

POI_KEYS = (
    "railway",
    "aeroway",
    "healthcare",
    "amenity",
    "emergency",
    "public_transport",
    "tourism",
    "shop",
    "office",
    "leisure",
    "craft",
    "historic",
    "man_made",
    "natural",
    "waterway",
    "landuse",
    "building",
)
"""Keys that make a named thing a place to find; the first one present is its category."""

IMPORTANT = {
    "aeroway=aerodrome": 0.65,
    "railway=station": 0.65,
    "amenity=hospital": 0.6,
    "amenity=university": 0.58,
    "amenity=fire_station": 0.55,
    "amenity=police": 0.55,
    "amenity=townhall": 0.58,
    "tourism=museum": 0.5,
    "tourism=attraction": 0.5,
    "leisure=park": 0.48,
    "leisure=stadium": 0.48,
    "amenity=school": 0.42,
    "railway=halt": 0.5,
    "railway=tram_stop": 0.4,
    "highway=bus_stop": 0.36,
    "public_transport=platform": 0.34,
}
"""What people and crews ask for most; the rest has 0.3. A Wikipedia article adds 0.1."""

ROADS = {
    "motorway": 0.5,
    "trunk": 0.5,
    "primary": 0.48,
    "secondary": 0.46,
    "tertiary": 0.44,
    "residential": 0.4,
    "unclassified": 0.4,
    "living_street": 0.4,
    "pedestrian": 0.42,
}

NOT_ROADS = {"bus_stop", "platform", "proposed", "construction", "crossing", "elevator", "rest_area", "services"}

GAP_M = 250.0
"""Pieces of a road of one name this close are one road: carriageways, squares and bridges split them."""

_ROAD_NUMBER = re.compile(r"(?=.*[^\W\d_])(?=.*\d).+")
"""A letter and a digit: A 5, G10. A bare number is no name to find."""

_NAME_KEY = re.compile(r"(name|alt_name|old_name|short_name|official_name|loc_name|reg_name|int_name)(:[\w-]+)?$")


@dataclass(frozen=True)
class _Way:
    name: str
    aliases: tuple[str, ...]
    highway: str
    id: int
    points: NDArray[np.int64]


def list_places(osm: OsmExtract) -> list[NamedPlace]:
    """Named settlements and points of interest, from nodes, areas and open ways; every object once."""
    places = [place for place in (_place(*each) for each in _objects(osm)) if place]
    return _without_doubles(places)


def list_houses(osm: OsmExtract) -> list[House]:
    """Every mapped house number, one row for each number where an object carries several."""
    houses = []
    for tags, lonlat, _radius_m, name in _objects(osm):
        street = tags.get("addr:street") or tags.get("addr:place") or ""
        if not street or not tags.get("addr:housenumber"):
            continue
        town = tags.get("addr:city") or tags.get("addr:suburb") or tags.get("addr:district") or ""
        numbers = [number.strip() for number in re.split(r"[;,]", tags["addr:housenumber"])]
        postcode = tags.get("addr:postcode", "")
        houses += [House(street, number, town, postcode, lonlat, name) for number in numbers if number]
    return houses


def list_roads(osm: OsmExtract) -> list[NamedPlace]:
    """Named or numbered roads: the ways of one name that touch, or nearly, are one road with all its lines.

    Of a named road its number, such as "B 3", is another name; a road without a name goes by its number.
    """
    ways = list(_named_ways(osm))
    if not ways:
        return []
    group = _joined(ways, osm.nodes.lonlat_e7)
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(group[order]) > 0])
    members = np.split(order, starts[1:])
    return [_road([ways[index] for index in part], osm.nodes.lonlat_e7) for part in members]


def _objects(osm: OsmExtract) -> Iterator[tuple[Tags, tuple[float, float], float, str]]:
    """(tags, lonlat, radius_m, id) of every tagged thing that may be a place; roads are left out."""
    for index, tags in zip(osm.nodes.tagged, osm.nodes.tags):
        lon, lat = osm.nodes.lonlat_e7[index] / 1e7
        yield tags, (float(lon), float(lat)), 0.0, f"n{osm.nodes.id[index]}"
    closed = set()
    for number, kind, geometry, tags in zip(osm.areas.id, osm.areas.kind, osm.areas.geometry, osm.areas.tags):
        if kind == WAY:
            closed.add(int(number))
        if "name" in tags or "addr:housenumber" in tags:
            point = shapely.point_on_surface(geometry)
            lonlat = (float(point.x), float(point.y))
            yield (
                tags,
                lonlat,
                float(distance_m(shapely.get_coordinates(geometry), lonlat).max()),
                f"{'w' if kind == WAY else 'r'}{number}",
            )
    for index, tags in enumerate(osm.ways.tags):
        number = int(osm.ways.id[index])
        is_wanted = ("name" in tags and "highway" not in tags) or "addr:housenumber" in tags
        refs = osm.ways.ref[osm.ways.ref_start[index] : osm.ways.ref_start[index + 1]]
        if is_wanted and number not in closed and len(refs):
            points = osm.nodes.lonlat_e7[refs] / 1e7
            lon, lat = points[len(points) // 2]
            radius_m = float(np.hypot(*(np.ptp(points, axis=0) / 2)) * METRES_PER_DEGREE)
            yield tags, (float(lon), float(lat)), radius_m, f"w{number}"


def _place(tags: Tags, lonlat: tuple[float, float], radius_m: float, osm: str) -> NamedPlace | None:
    name, aliases = _names(tags)
    if not name:
        return None
    bonus = 0.1 if "wikipedia" in tags or "wikidata" in tags else 0.0
    place = tags.get("place", "")
    if place in SETTLEMENTS:
        extent_m = radius_m or SETTLEMENT_RADIUS_M.get(place, 600.0)
        return NamedPlace(
            name, SETTLEMENT, f"place={place}", lonlat, extent_m, SETTLEMENTS[place] + bonus / 2, osm, aliases
        )
    if tags.get("boundary") == "administrative":
        return None
    category = next((f"{key}={tags[key]}" for key in POI_KEYS if tags.get(key, "no") != "no"), "")
    if tags.get("highway") == "bus_stop":
        category = "highway=bus_stop"
    if not category:
        return None
    importance = IMPORTANT.get(category, 0.3) + bonus
    return NamedPlace(name, POI, category, lonlat, radius_m + OSM_ACCURACY_M, importance, osm, aliases)


def _names(tags: Tags) -> tuple[str, tuple[str, ...]]:
    """(name, other names); an oil well without name goes by its number."""
    names: dict[str, None] = {}
    for key in ("name", "name:zh", "name:en", "official_name", "brand"):
        if tags.get(key):
            names[tags[key]] = None
    for key, value in tags.items():
        if _NAME_KEY.match(key):
            names.update((part.strip(), None) for part in value.split(";") if part.strip())
    if not names and tags.get("man_made") == "petroleum_well" and tags.get("ref"):
        names[tags["ref"]] = None
    first, *others = names or ("",)
    return first, tuple(others)


def _without_doubles(places: list[NamedPlace]) -> list[NamedPlace]:
    """The same name and category within 150 m is one place: a stop's platforms, a building and its node."""
    kept: list[NamedPlace] = []
    seen: dict[tuple[str, str], list[NamedPlace]] = {}
    for place in places:
        known = seen.setdefault((place.name, place.category), [])
        if not any(_apart_m(place.lonlat, other.lonlat) < 150 for other in known[-8:]):
            known.append(place)
            kept.append(place)
    return kept


def _apart_m(first: tuple[float, float], second: tuple[float, float]) -> float:
    east = (first[0] - second[0]) * np.cos(np.radians(first[1]))
    return float(np.hypot(east, first[1] - second[1]) * METRES_PER_DEGREE)


def _named_ways(osm: OsmExtract) -> Iterator[_Way]:
    for index, tags in enumerate(osm.ways.tags):
        highway = tags.get("highway", "")
        numbers = _road_numbers(tags)
        if not highway or highway in NOT_ROADS or not ("name" in tags or numbers):
            continue
        points = osm.ways.ref[osm.ways.ref_start[index] : osm.ways.ref_start[index + 1]]
        if len(points) > 1:
            name, aliases = _names(tags)
            name, *others = dict.fromkeys(part for part in (name, *aliases, *numbers) if part)
            yield _Way(name, tuple(others), highway.removesuffix("_link"), int(osm.ways.id[index]), points)


def _road_numbers(tags: Tags) -> list[str]:
    """The numbers that a road for cars goes by, as signposted: "B 37;B 45" are two."""
    if tags.get("highway", "").removesuffix("_link") not in ROADS:
        return []
    return [part.strip() for part in tags.get("ref", "").split(";") if _ROAD_NUMBER.fullmatch(part.strip())]


def _joined(ways: list[_Way], lonlat_e7: NDArray[np.int32]) -> NDArray[np.int32]:
    """Group of each way: same name and a shared node, or a gap of less than GAP_M."""
    names = {name: index for index, name in enumerate(dict.fromkeys(way.name for way in ways))}
    name_of = np.array([names[way.name] for way in ways], np.int64)
    # Metres on a plane through the middle of the extract; GAP_M needs no better.
    middle = np.radians(float(np.median(lonlat_e7[:, 1])) / 1e7)
    points = lonlat_e7[np.concatenate([way.points for way in ways])] / 1e7
    lines = shapely.linestrings(
        points * METRES_PER_DEGREE * (np.cos(middle), 1.0),
        indices=np.repeat(np.arange(len(ways)), [len(way.points) for way in ways]),
    )
    first, second = shapely.STRtree(lines).query(lines, predicate="dwithin", distance=GAP_M)
    same = name_of[first] == name_of[second]
    links = coo_array((np.ones(same.sum(), bool), (first[same], second[same])), shape=(len(ways), len(ways)))
    _count, group = connected_components(links, directed=False)
    return np.asarray(group, np.int32)


def _road(ways: list[_Way], lonlat_e7: NDArray[np.int32]) -> NamedPlace:
    lines = tuple(lonlat_e7[way.points] for way in ways)
    points = np.concatenate(lines) / 1e7
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    shrink = np.cos(np.radians(middle[1]))
    apart = np.hypot((points[:, 0] - middle[0]) * shrink, points[:, 1] - middle[1])
    lon, lat = points[int(np.argmin(apart))]
    reach = np.hypot((points[:, 0] - lon) * shrink, points[:, 1] - lat).max()
    main = max(ways, key=lambda way: (ROADS.get(way.highway, 0.3), -way.id))
    aliases = tuple(dict.fromkeys(alias for way in ways for alias in way.aliases if alias != main.name))
    return NamedPlace(
        main.name,
        ROAD,
        f"highway={main.highway}",
        (float(lon), float(lat)),
        float(reach * METRES_PER_DEGREE) + OSM_ACCURACY_M,
        ROADS.get(main.highway, 0.3),
        f"w{main.id}",
        aliases,
        lines=lines,
    )
