"""Names of an extract: settlements, points of interest and whatever else is called something, roads aside."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from location_cloud.places.gather_objects import Objects, collect_names, name_keys
from location_cloud.places.model import METRES_PER_DEGREE, OSM_ACCURACY_M, POI, SETTLEMENT
from location_cloud.places.model_table import OWN, PlaceTable, picked

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
    "city_block": 0.4,
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
    "club",
    "historic",
    "military",
    "man_made",
    "power",
    "telecom",
    "aerialway",
    "natural",
    "waterway",
    "landuse",
    "entrance",
    "barrier",
    "building",
)
"""Keys that make a named thing a place to find; the first one present is its category."""

HIGHWAY_POIS = (
    "bus_stop",
    "milestone",
    "rest_area",
    "services",
    "emergency_access_point",
    "motorway_junction",
)
"""Values of highway=* that are places, no roads; they come before all other keys."""

BY_NUMBER = (("man_made", "petroleum_well"), ("man_made", "water_well"), ("highway", "emergency_access_point"))
"""Things that people call by the number on their sign."""

NUMBERED = {"man_made=petroleum_well", "man_made=water_well", "highway=emergency_access_point"}
"""Categories whose number (ref) is another name, whatever it looks like."""

NOT_THERE = {"no", "razed", "demolished", "proposed", "removed"}
"""Values that say that a thing is not there."""

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
    "landuse=residential": 0.4,
    "railway=halt": 0.5,
    "railway=tram_stop": 0.4,
    "highway=bus_stop": 0.36,
    "public_transport=platform": 0.34,
    "highway=milestone": 0.2,
    "highway=motorway_junction": 0.4,
}
"""What people and crews ask for most; the rest has 0.3. A Wikipedia article adds 0.1."""

DOUBLE_M = 150.0
"""The same name and category within it is one place: a stop's platforms, a building and its node."""

_SIGN = re.compile(r"(?=.*[^\W\d_])(?=.*\d)[\w .\-/#]{3,24}")
"""A number with a letter and a digit in it, as on signs; a bare "12" is no name to find."""


def list_places(objects: Objects) -> PlaceTable:
    """Named settlements and points of interest, every thing once."""
    keys = name_keys(objects.keys)
    names, others = collect_names(len(objects), [objects.column(key) for key in keys])
    category = _categories(objects)
    _add_signs(objects, category, names, others)
    is_settlement = objects.is_any("place", SETTLEMENTS)
    is_boundary = objects.is_any("boundary", ("administrative",)) & ~is_settlement
    is_place = np.fromiter(map(bool, names), bool, len(names)) & np.fromiter(map(bool, category), bool, len(names))
    rows = np.flatnonzero(is_place & ~is_boundary)
    bonus = np.where(objects.is_any("wikipedia") | objects.is_any("wikidata"), 0.1, 0.0)[rows]
    called = [category[row] for row in rows.tolist()]
    settled = is_settlement[rows]
    radius_m = objects.radius_m[rows]
    unknown_m = np.array([SETTLEMENT_RADIUS_M.get(each.removeprefix("place="), 600.0) for each in called])
    importance = np.array([SETTLEMENTS.get(each.removeprefix("place="), IMPORTANT.get(each, 0.3)) for each in called])
    ids = objects.names
    table = PlaceTable(
        name=[names[row] for row in rows.tolist()],
        kind=np.where(settled, SETTLEMENT, POI).astype(np.int8),
        category=called,
        lonlat=objects.lonlat[rows],
        accuracy_m=np.where(settled, np.where(radius_m > 0, radius_m, unknown_m), radius_m + OSM_ACCURACY_M).astype(
            np.float32
        ),
        importance=(importance + np.where(settled, bonus / 2, bonus)).astype(np.float32),
        osm=[ids[row] for row in rows.tolist()],
        area=np.full(len(rows), -1, np.int32),
        other=[others[row] for row in rows.tolist()],
        shape=objects.shape[rows],
        set=np.full(len(rows), OWN, np.int16),
    )
    return picked(table, _without_doubles(table))


def _categories(objects: Objects) -> list[str]:
    """By what each row is a place ("key=value"), "" = it is none."""
    platform = objects.is_any("highway", ("platform",)).tolist()
    category = ["highway=platform" if each else "" for each in platform]
    for key in reversed(POI_KEYS):
        rows, values = objects.column(key)
        for row, value in zip(rows.tolist(), values, strict=True):
            if value not in NOT_THERE:
                category[row] = f"{key}={value}"
    for key, known in (("highway", HIGHWAY_POIS), ("place", SETTLEMENTS)):
        rows, values = objects.column(key)
        for row, value in zip(rows.tolist(), values, strict=True):
            if value in known:
                category[row] = f"{key}={value}"
    return category


def _add_signs(objects: Objects, category: list[str], names: list[str], others: list[tuple[str, ...]]) -> None:
    """The number on a thing's sign is another of its names, or its only one."""
    for key in ("ref", "iata", "icao"):
        rows, values = objects.column(key)
        for row, value in zip(rows.tolist(), values, strict=True):
            is_sign = category[row] in NUMBERED or (names[row] and _is_sign(value, category[row]))
            if not value or not is_sign or value == names[row]:
                continue
            if not names[row]:
                names[row] = value
            elif value not in others[row]:
                others[row] = (*others[row], value)


def _is_sign(value: str, category: str) -> bool:
    return bool(_SIGN.fullmatch(value)) or (category == "highway=bus_stop" and len(value) > 2)


def _without_doubles(table: PlaceTable) -> NDArray[np.int64]:
    """Rows to keep of things of one name and category within DOUBLE_M of each other: the first of each."""
    number: dict[tuple[str, str], int] = {}
    group = np.fromiter(
        (number.setdefault(key, len(number)) for key in zip(table.name, table.category, strict=True)),
        np.int64,
        len(table),
    )
    order = np.argsort(group, kind="stable")
    start = np.searchsorted(group[order], np.arange(len(number) + 1))
    keep = np.ones(len(table), bool)
    for each in np.flatnonzero(np.diff(start) > 1).tolist():
        members = order[start[each] : start[each + 1]]
        points = table.lonlat[members] * (np.cos(np.radians(table.lonlat[members[0], 1])), 1.0)
        known: list[int] = []
        for place, member in enumerate(members.tolist()):
            if known and np.hypot(*(points[known[-8:]] - points[place]).T).min() * METRES_PER_DEGREE < DOUBLE_M:
                keep[member] = False
            else:
                known.append(place)
    return np.flatnonzero(keep)
