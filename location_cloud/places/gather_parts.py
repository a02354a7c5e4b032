"""Numbered buildings of compounds (小区, campus, hospital), and the gates and entrances of places."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from location_cloud.extract import OsmExtract
from location_cloud.places.fold import fold, fold_all
from location_cloud.places.gather_objects import Objects
from location_cloud.places.model import METRES_PER_DEGREE, POI, SETTLEMENT
from location_cloud.places.model_table import PartTable, PlaceTable
from location_cloud.places.parts import split_part

COMPOUNDS = {
    "landuse": ("residential", "commercial", "retail", "industrial", "education", "institutional", "military"),
    "place": ("neighbourhood", "city_block", "quarter", "hamlet", "village", "farm"),
    "amenity": ("university", "college", "school", "hospital", "kindergarten", "prison", "social_facility", "clinic"),
    "leisure": ("park", "resort"),
    "tourism": ("hotel", "museum", "resort"),
    "office": (),
    "building": (),
}
"""Categories whose buildings have numbers; no values = any."""

LARGEST_M2 = 5e6
"""A larger area is a district, no compound with gates."""

CALLED_M = 1_000.0
"""A building called 书香小区3号楼 belongs to the 书香小区 this close."""

SAME_M = 60.0
"""The same number of one compound this close is one building: its outline and its node."""

LONGEST_GATE = 12
"""Characters of a name that means nothing without its place: 东门, Haupteingang; a longer one stands by itself."""

GATE_M, DOOR_M = 12.0, 3.0
"""How far from a place's outline its gates and its buildings' doors are drawn."""

PART_ENDS = frozenset("楼栋幢座#＃")
"""With one of these a building's number ends in Chinese; asked first, as it is asked of every name."""

GATES = ("gate", "lift_gate", "swing_gate", "sliding_gate", "entrance")


def list_outlines(osm: OsmExtract, places: PlaceTable) -> tuple[NDArray[np.int64], NDArray[np.object_]]:
    """(rows, polygons) of the places that are small enough to have gates and doors.

    A place that is only a node has the outline of the unnamed residential area around it, where no other does.
    """
    rows = np.flatnonzero((places.shape >= 0) & ((places.kind == POI) | (places.kind == SETTLEMENT)))
    shapes = osm.areas.geometry[places.shape[rows]]
    keep = _areas_m2(shapes) <= LARGEST_M2
    rows, shapes = rows[keep], shapes[keep]
    lent_rows, lent = _lent_outlines(osm, places)
    rows, shapes = np.concatenate([rows, lent_rows]), np.concatenate([shapes, lent])
    order = np.argsort(rows, kind="stable")
    return rows[order], shapes[order]


def list_parts(objects: Objects, places: PlaceTable, rows: NDArray[np.int64], shapes: NDArray[np.object_]) -> PartTable:
    """The numbered buildings of every compound, by compound and number.

    rows, shapes: of `list_outlines`. A building belongs to the place that its name begins with, else to that of
    addr:place, else to the smallest compound around it.
    """
    building, before, number = _numbered_buildings(objects)
    place = np.full(len(building), -1, np.int64)
    names = objects.names
    own = {names[row] for row in building.tolist()}
    inside = np.array(
        [_is_compound(places.category[row]) and places.osm[row] not in own for row in rows.tolist()], bool
    )
    _take_around(objects.lonlat[building], rows[inside], shapes[inside], place)
    of_place = objects.texts("addr:place")
    called = [before[each] or of_place[row] for each, row in enumerate(building.tolist())]
    _take_called(called, objects.lonlat[building], places, place)
    is_part = np.flatnonzero(place >= 0)
    order = is_part[np.lexsort((building[is_part], np.array(number)[is_part], place[is_part]))]
    kept = _each_once(order, place, number, objects.lonlat[building])
    return PartTable(
        place[kept].astype(np.int32),
        [number[each] for each in kept.tolist()],
        objects.lonlat[building[kept]].reshape(-1, 2),
        [names[row] for row in building[kept].tolist()],
    )


def list_access(
    osm: OsmExtract, rows: NDArray[np.int64], shapes: NDArray[np.object_]
) -> tuple[NDArray[np.int32], NDArray[np.float64], list[str]]:
    """(place, lonlat, OSM name) of the gates and entrances on the outlines, by place, main entrances first."""
    columns, nodes = osm.nodes.columns, osm.nodes
    entrance, barrier = columns["entrance"], columns["barrier"]
    doors = entrance.rows[[entrance.values[code] not in ("no", "emergency") for code in entrance.codes.tolist()]]
    gates = barrier.rows[[barrier.values[code] in GATES for code in barrier.codes.tolist()]]
    is_main = np.zeros(len(nodes.tags), bool)
    is_main[entrance.rows[[entrance.values[code] == "main" for code in entrance.codes.tolist()]]] = True
    found_place, found_node = [rows[:0]], [rows[:0]]
    outlines = shapely.boundary(shapes)
    for at, reach_m in ((doors, DOOR_M), (gates, GATE_M)):
        if not len(at) or not len(outlines):
            continue
        points = shapely.points(nodes.lonlat_e7[nodes.tagged[at]] / 1e7)
        # Degrees of latitude: to the east the reach is a little shorter, which is good enough for a fence.
        outline, point = shapely.STRtree(points).query(
            outlines, predicate="dwithin", distance=reach_m / METRES_PER_DEGREE
        )
        found_place.append(rows[outline])
        found_node.append(at[point])
    place, node = np.concatenate(found_place), np.concatenate(found_node)
    pair = np.unique(np.stack([place, ~is_main[node], node]), axis=1)
    place, node = pair[0], pair[2]
    names = [f"n{number}" for number in nodes.id[nodes.tagged[node]].tolist()]
    return place.astype(np.int32), nodes.lonlat_e7[nodes.tagged[node]] / 1e7, names


def name_gates(places: PlaceTable, access_place: NDArray[np.int32], access_osm: list[str]) -> None:
    """Gates that have a name of their own get that of their place before it: a city has a thousand 东门.

    Changes the names of the table; what is written at the gate stays another name.
    """
    place_of = dict(zip(reversed(access_osm), reversed(access_place.tolist()), strict=True))
    for row, category in enumerate(places.category):
        if category.startswith(("barrier=", "entrance=")) and places.osm[row] in place_of:
            name, whole = places.name[row], places.name[place_of[places.osm[row]]]
            if not name.startswith(whole) and len(name) <= LONGEST_GATE:
                gap = "" if "\u4e00" <= name[0] <= "\u9fff" else " "
                places.name[row] = f"{whole}{gap}{name}"
                places.other[row] = (name, *places.other[row])


def _numbered_buildings(objects: Objects) -> tuple[NDArray[np.int64], list[str], list[str]]:
    """(rows, what their names begin with, their numbers folded) of buildings that have a number of their own."""
    is_building = objects.is_any("building") & ~objects.is_any("building", ("no",))
    has_street = objects.is_any("addr:street")
    found: dict[int, tuple[str, str]] = {}
    for key, is_bare in (("addr:housename", False), ("addr:unit", True), ("ref", True), ("addr:housenumber", True)):
        rows, texts = objects.column(key)
        is_door = key == "addr:housenumber"
        for row, text in zip(rows.tolist(), texts, strict=True):
            # The number at a street's door is no building's number, except where it says so (3号楼).
            if (is_building[row] or is_door) and not (has_street[row] and is_door and text[-1:] not in PART_ENDS):
                before, number = split_part(text, is_bare)
                if number:
                    found[row] = (before, number)
    rows, texts = objects.column("name")
    for row, text in zip(rows.tolist(), texts, strict=True):
        if not is_building[row] and text[-1:] not in PART_ENDS:
            continue
        before, number = split_part(text)
        if number and (is_building[row] or before == ""):
            found[row] = (before, number)
    kept = sorted(found)
    return np.array(kept, np.int64), [found[row][0] for row in kept], [found[row][1] for row in kept]


def _is_compound(category: str) -> bool:
    key, _, value = category.partition("=")
    return key in COMPOUNDS and (not COMPOUNDS[key] or value in COMPOUNDS[key])


def _take_around(
    lonlat: NDArray[np.float64], rows: NDArray[np.int64], shapes: NDArray[np.object_], place: NDArray[np.int64]
) -> None:
    if not len(lonlat) or not len(shapes):
        return
    # "intersects" asks in the order of the tree: of the polygons that hold a point the smallest comes first below.
    point, shape = shapely.STRtree(shapes).query(shapely.points(lonlat), predicate="intersects")
    order = np.lexsort((rows[shape], shapely.area(shapes)[shape], point))
    taken, best = np.unique(point[order], return_index=True)
    place[taken] = rows[shape[order][best]]


def _take_called(called: list[str], lonlat: NDArray[np.float64], places: PlaceTable, place: NDArray[np.int64]) -> None:
    """Buildings with the name of a place go to the nearest place of that name."""
    wanted = {fold(text) for text in called if text} - {""}
    if not wanted:
        return
    rows = np.flatnonzero((places.kind == POI) | (places.kind == SETTLEMENT)).tolist()
    names = [name for row in rows for name in (places.name[row], *places.other[row])]
    owners = [row for row in rows for _ in range(1 + len(places.other[row]))]
    known: dict[str, list[int]] = {}
    for words, owner in zip(fold_all(names), owners, strict=True):
        text = "".join(words)
        if text in wanted:
            known.setdefault(text, []).append(owner)
    for each, text in enumerate(called):
        near = known.get(fold(text)) if text else None
        if near:
            scale = METRES_PER_DEGREE * np.array([np.cos(np.radians(lonlat[each, 1])), 1.0])
            apart_m = np.hypot(*((places.lonlat[near] - lonlat[each]) * scale).T)
            best = int(apart_m.argmin())
            if apart_m[best] <= CALLED_M:
                place[each] = near[best]


def _each_once(
    order: NDArray[np.int64], place: NDArray[np.int64], number: list[str], lonlat: NDArray[np.float64]
) -> NDArray[np.int64]:
    kept: list[int] = []
    for each in order.tolist():
        last = kept[-1] if kept else -1
        if last >= 0 and place[last] == place[each] and number[last] == number[each]:
            scale = METRES_PER_DEGREE * np.array([np.cos(np.radians(lonlat[each, 1])), 1.0])
            if np.hypot(*((lonlat[last] - lonlat[each]) * scale)) <= SAME_M:
                continue
        kept.append(each)
    return np.array(kept, np.int64)


def _lent_outlines(osm: OsmExtract, places: PlaceTable) -> tuple[NDArray[np.int64], NDArray[np.object_]]:
    columns = osm.areas.columns
    residential = columns["landuse"]
    is_one = np.array([value == "residential" for value in residential.values], bool)
    named = np.zeros(len(osm.areas.tags), bool)
    named[columns["name"].rows] = True
    areas = residential.rows[is_one[residential.codes]] if len(is_one) else residential.rows
    areas = areas[~named[areas]]
    rows = np.array(
        [
            row
            for row in np.flatnonzero((places.shape < 0) & (places.kind == SETTLEMENT)).tolist()
            if places.category[row] in ("place=neighbourhood", "place=city_block") and places.osm[row][0] == "n"
        ],
        np.int64,
    )
    shapes = osm.areas.geometry[areas]
    small = _areas_m2(shapes) <= LARGEST_M2 / 5
    shapes = shapes[small]
    if not len(rows) or not len(shapes):
        return rows[:0], shapes[:0]
    point, shape = shapely.STRtree(shapes).query(shapely.points(places.lonlat[rows]), predicate="intersects")
    only = np.bincount(shape, minlength=len(shapes))[shape] == 1
    point, shape = point[only], shape[only]
    taken, best = np.unique(point, return_index=True)
    return rows[taken], shapes[shape[best]]


def _areas_m2(shapes: NDArray[np.object_]) -> NDArray[np.float64]:
    """Areas on a plane at each shape's own latitude; 1 % is enough here."""
    bounds = shapely.bounds(shapes).reshape(-1, 4)
    east = np.cos(np.radians((bounds[:, 1] + bounds[:, 3]) / 2))
    return np.asarray(shapely.area(shapes) * east * METRES_PER_DEGREE**2, np.float64)
