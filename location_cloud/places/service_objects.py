"""The questions of other geocoders' interfaces: search, an object by its id, its outline, what is at a position."""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from location_cloud.areas.dataset import SECTION as AREAS
from location_cloud.areas.model import LEVELS, Areas
from location_cloud.errors import Unprocessable
from location_cloud.places import service
from location_cloud.places.around import local_name, settlement_grid
from location_cloud.places.dataset import SECTION
from location_cloud.places.model import AREA, KINDS, LEVEL_ADDRESS, LEVEL_OF_AREA, LEVEL_POI, LEVEL_ROAD, ROAD, Places
from location_cloud.places.model_answer import Answer, Around, Beside
from location_cloud.places.nearby import FIRST_POI, HOUSE, ROAD_FOOT, Near, find_nearest, list_near, nearest_of
from location_cloud.places.osm_index import OsmIndex, build_osm_index
from location_cloud.spatial.bbox import Bbox, around, bounds_of
from location_cloud.storage.world import World

POSITION = 2**33
"""Numbers of positions that nobody mapped begin here, behind those of all rows."""

LARGEST_BOX_M = 5_000.0
"""Half of a side: where nothing is known of an area but that it is vague, its box shows the surroundings."""

LEVEL_OF_KIND = (LEVEL_OF_AREA["district"], LEVEL_OF_AREA["village"], LEVEL_ROAD, LEVEL_POI)


def search(
    world: World,
    text: str,
    focus: tuple[float, float] | None = None,
    bbox: Bbox | None = None,
    limit: int = 10,
    kinds: tuple[str, ...] = (),
    adcode: str = "",
    language: str = "",
    is_typing: bool = False,
) -> tuple[Answer, ...]:
    """Places that a text means, the best first; () where nothing is understood. Parameters as `service.geocode`.

    language: "zh", "en", or "" = names as they are written there. is_typing: the text may go on.
    Raises BadQuery for an unknown area.
    """
    if not any(char.isalnum() for char in text):
        return ()
    text = text[:MOST_LETTERS]
    try:
        if is_typing:
            found = service.suggest(world, text, focus, limit, kinds=kinds, adcode=adcode, bbox=bbox)
        else:
            found = service.geocode(world, text, focus, bbox, limit, kinds=kinds, adcode=adcode)
    except Unprocessable:
        return ()
    return tuple(_of_place(world, place, language) for place in found)


MOST_LETTERS = 200
"""As in our own interface; real addresses are shorter."""


def find_objects(world: World, ids: tuple[str, ...], language: str = "") -> tuple[Answer, ...]:
    """The places with these ids ("n12", "w3", "r4", or an area's code), in their order, without unknown ones."""
    places, areas = world.section(SECTION), world.section(AREAS)
    found = []
    for id_ in ids:
        row, house = _rows(places, areas, id_, is_house_first=False)
        if row >= 0:
            found.append(_of_rows(places, areas, row, house, language))
    return tuple(found)


def find_number(world: World, number: int, language: str = "") -> Answer | None:
    """The place with this number, as `Answer.number` gave it in the same snapshot."""
    places, areas = world.section(SECTION), world.section(AREAS)
    row, house = number - 1, number - 1 - len(places)
    if 0 <= row < len(places):
        return _of_rows(places, areas, row, -1, language)
    if 0 <= house < len(places.house_value):
        return _of_rows(places, areas, int(places.house_street[house]), house, language)
    return None


def beside(world: World, lonlat: tuple[float, float], radius_m: float, limit: int, language: str = "") -> Beside:
    """What is at a position (degrees): house, road and points of interest within metres, settlement and areas."""
    places, areas = world.section(SECTION), world.section(AREAS)
    things = list_near(places, find_nearest(places, np.array([lonlat]), radius_m, limit), 0)
    grid = settlement_grid(places)
    settlements = nearest_of(grid.cell, grid.item, places.lonlat, lonlat, max(radius_m, LARGEST_BOX_M), 1)

    def told(near: Near | None) -> Answer | None:
        if near is None:
            return None
        answer = _of_rows(places, areas, near.row, near.house_row, language)
        return replace(answer, lonlat=near.lonlat, distance_m=near.distance_m, bearing_deg=near.bearing_deg)

    deepest = areas.find_deepest_at(lonlat)
    chain = [deepest, *areas.ancestors(deepest)] if deepest >= 0 else []
    of_area = _place_of_area(places, areas)
    return Beside(
        told(things[HOUSE]),
        told(things[ROAD_FOOT]),
        tuple(answer for answer in map(told, things[FIRST_POI:]) if answer is not None),
        told(settlements[0]) if settlements else None,
        tuple(_of_rows(places, areas, int(of_area[row]), -1, language) for row in chain if of_area[row] >= 0),
    )


def outline(world: World, answer: Answer) -> BaseGeometry:
    """The boundary of an area, the line of a road, the point of anything else; WGS-84."""
    places, areas = world.section(SECTION), world.section(AREAS)
    if answer.own_area is not None:
        shape = _boundary(areas, areas.row_of[answer.own_area.code])
        if shape is not None:
            return shape
    row = answer.number - 1
    if answer.kind == "road" and 0 <= row < len(places) and places.kind[row] == ROAD:
        lines = [line for line in _lines(places, row) if len(line) > 1]
        if lines:
            return shapely.line_merge(shapely.MultiLineString(lines))
    return shapely.Point(answer.lonlat)


def find_adcode(world: World, text: str) -> str:
    """The code of an area that a text names by its code or its name; "" = none.

    A telephone code is none: the snapshot does not know them.
    """
    areas = world.section(AREAS)
    text = text.strip()
    for code in (text, text.removesuffix("00"), text.removesuffix("0000")):
        if code and code in areas.row_of:
            return code
    folded = text.casefold()
    rows = areas.rows_with_prefix(folded) if folded else []
    rows = sorted(rows, key=lambda row: (int(areas.level[row]), len(areas.name[row]), row))
    return areas.code[rows[0]] if rows else ""


def find_area(world: World, code: str, language: str = "") -> Answer | None:
    """The area with a code, as a place."""
    return next(iter(find_objects(world, (code,), language)), None) if code else None


# --- from rows to answers ------------------------------------------------------------------------------------------


def _of_place(world: World, place: service.Place, language: str) -> Answer:
    places, areas = world.section(SECTION), world.section(AREAS)
    row, house = _rows(places, areas, place.id.removeprefix("osm:"), place.kind == "address")
    told: dict[str, Any] = {
        "kind": place.kind,
        "level": place.level,
        "lonlat": place.lonlat,
        "accuracy_m": place.accuracy_m,
        "precise": place.precise,
        "confidence": place.confidence,
        "comprehension": place.comprehension,
        "unmatched": place.unmatched,
    }
    if row >= 0:
        return replace(_of_rows(places, areas, row, house, language), **told)
    lon, lat = place.lonlat
    key, _, value = place.category.partition("=")
    is_address = place.kind == "address"
    return Answer(
        id="",
        number=POSITION + zlib.crc32(f"{place.name} {lon:.6f} {lat:.6f}".encode()),
        key="place" if is_address or not key else key,
        value="house" if is_address else value or place.kind,
        name="" if is_address else place.name,
        importance=0.0,
        areas=_chain(areas, areas.find_deepest_at(place.lonlat), language),
        bounds=around(place.lonlat, min(place.accuracy_m, LARGEST_BOX_M)),
        housenumber=place.housenumber,
        street=place.street,
        postcode=place.postcode,
        town=place.city,
        **told,
    )


def _of_rows(places: Places, areas: Areas, row: int, house: int, language: str) -> Answer:
    """A place, or with a house an address on it."""
    is_house = house >= 0
    kind = KINDS[places.kind[row]]
    area = int(places.area[row])
    lon, lat = (places.house_lonlat[house] if is_house else places.lonlat[row]).tolist()
    is_area = not is_house and places.kind[row] == AREA
    key, _, value = places.categories[places.category[row]].partition("=")
    if is_area:
        key, value = "boundary", "administrative"
    address = house if is_house else _own_house(places, places.osm[row])
    accuracy_m = float(places.accuracy_m[row])
    chain = _chain(areas, areas.find_deepest_at((lon, lat)) if is_house else area, language)
    osm = places.house_osm[house] if is_house else areas.osm[area] if is_area else places.osm[row]
    return Answer(
        id=areas.code[area] if is_area and not osm else osm,
        number=1 + (len(places) + house if is_house else row),
        kind="address" if is_house else kind,
        level=LEVEL_ADDRESS if is_house else _level(areas, area) if is_area else LEVEL_OF_KIND[places.kind[row]],
        key="place" if is_house else key,
        value="house" if is_house else value,
        name="" if is_house else chain[0].name if is_area else _name(places, row, language),
        lonlat=(lon, lat),
        accuracy_m=accuracy_m,
        importance=0.0 if is_house else float(places.importance[row]),
        areas=chain[1:] if is_area else chain,
        own_area=chain[0] if is_area else None,
        other_names=() if is_house else tuple(_other_names(places, row)),
        bounds=_bounds(places, areas, row, house, (lon, lat)),
        housenumber=places.house_number[address] if address >= 0 else "",
        street=_name(places, int(places.house_street[address]), language) if address >= 0 else "",
        postcode=places.house_postcode[address] if address >= 0 else "",
        town=places.house_town[address] if address >= 0 else "",
    )


def _level(areas: Areas, area: int) -> str:
    return LEVEL_OF_AREA[LEVELS[areas.level[area]]]


def _name(places: Places, row: int, language: str) -> str:
    return local_name(places, row, {"zh": "zh-CN", "en": "en"}[language]) if language else places.name[row]


def _other_names(places: Places, row: int) -> list[str]:
    return places.other_name.take(range(int(places.other_start[row]), int(places.other_start[row + 1])))


def _chain(areas: Areas, row: int, language: str) -> tuple[Around, ...]:
    """The areas from a row upwards; () of -1."""
    if row < 0:
        return ()
    rows = [row, *areas.ancestors(row)]
    named = [(areas.name_en[each] if language == "en" else "") or areas.name[each] for each in rows]
    return tuple(Around(areas.code[each], name, LEVELS[areas.level[each]]) for each, name in zip(rows, named))


def _bounds(places: Places, areas: Areas, row: int, house: int, lonlat: tuple[float, float]) -> Bbox:
    if house < 0 and places.kind[row] == AREA:
        shape = _boundary(areas, int(places.area[row]))
        if shape is not None:
            return Bbox(*shape.bounds)
    if house < 0 and places.kind[row] == ROAD:
        lines = _lines(places, row)
        if lines:
            return bounds_of(np.concatenate(lines))
    accuracy_m = 0.0 if house >= 0 else float(places.accuracy_m[row])
    return around(lonlat, min(max(accuracy_m, LEAST_BOX_M), LARGEST_BOX_M))


LEAST_BOX_M = 6.0
"""Nominatim's boxes of points are 0.00005 degrees to each side."""


# --- tables that are made at the first question and kept with the places ---------------------------------------------


def _boundary(areas: Areas, row: int) -> BaseGeometry | None:
    """The boundary of an area, or that of all its parts where only theirs are known."""
    kept: dict[int, BaseGeometry | None] = _kept(areas, "boundary_of_row", dict)
    if row not in kept:
        shape = areas.geometry(row)
        if shape is None:
            parts = [part for child in areas.children(row).tolist() if (part := _boundary(areas, child)) is not None]
            has_all = bool(parts) and len(parts) >= len(areas.children(row)) / 2
            shape = shapely.union_all(parts) if has_all else None
        kept[row] = shape
    return kept[row]


def _rows(places: Places, areas: Areas, id_: str, is_house_first: bool) -> tuple[int, int]:
    """(row of the place, row of the house) of an id, -1 = none; of a house the place is its street."""
    if id_ in areas.row_of:
        return int(_place_of_area(places, areas)[areas.row_of[id_]]), -1
    row = _kept(places, "row_of_osm", lambda: build_osm_index(places.osm)).find(id_)
    house = _own_house(places, id_)
    if house >= 0 and (is_house_first or row < 0):
        return int(places.house_street[house]), house
    if row < 0 and id_ in _area_of_osm(areas):
        row = int(_place_of_area(places, areas)[_area_of_osm(areas)[id_]])
    return row, -1


def _own_house(places: Places, osm: str) -> int:
    index: OsmIndex = _kept(places, "house_of_osm", lambda: build_osm_index(places.house_osm))
    return index.find(osm)


def _area_of_osm(areas: Areas) -> dict[str, int]:
    table: dict[str, int] = _kept(
        areas, "row_of_osm", lambda: {osm: row for row, osm in enumerate(areas.osm.as_list()) if osm}
    )
    return table


def _place_of_area(places: Places, areas: Areas) -> NDArray[np.int64]:
    """(len(areas),) the place that each area is, -1 = none."""

    def build() -> NDArray[np.int64]:
        rows = np.flatnonzero(places.kind == AREA)
        table = np.full(len(areas), -1, np.int64)
        table[places.area[rows]] = rows
        return table

    table: NDArray[np.int64] = _kept(places, "place_of_area", build)
    return table


def _lines(places: Places, row: int) -> list[NDArray[np.float64]]:
    """The lines of a road, degrees; its segments stand together, and those of one line one behind the other."""
    low, high = np.searchsorted(places.segment_road, [row, row + 1]).tolist()
    first = np.asarray(places.segment_vertex[low:high], np.int64)
    breaks = np.flatnonzero(np.diff(first) != 1) + 1
    return [
        places.vertex[int(part[0]) : int(part[-1]) + 2].astype(np.float64) / 1e7
        for part in np.split(first, breaks)
        if len(part)
    ]


def _kept(section: Any, name: str, build: Any) -> Any:
    kept: dict[str, Any] = section.__dict__
    if name not in kept:
        kept[name] = build()
    return kept[name]
