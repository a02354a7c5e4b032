"""The questions about a position: what is there, and what a crew must be told to get there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from location_cloud.areas.dataset import SECTION as AREAS
from location_cloud.areas.service import AreaName, area_chain, chain_at
from location_cloud.errors import NotReady
from location_cloud.places import around
from location_cloud.places.dataset import SECTION
from location_cloud.places.in_words import (
    AT_CROSSING_M,
    FAR_M,
    NEAR_HOUSE_M,
    NEAR_ROAD_M,
    ON_NUMBERED_ROAD_M,
    OWN_HOUSE_M,
    in_words,
)
from location_cloud.places.model import (
    KINDS,
    LEVEL_ADDRESS,
    LEVEL_COORDINATE,
    LEVEL_OF_AREA,
    LEVEL_POI,
    LEVEL_ROAD,
    OSM_ACCURACY_M,
    Places,
    lasting_id,
)
from location_cloud.places.model_reverse import (
    LEVEL_CROSSING,
    LEVEL_POST,
    Access,
    ChainageHere,
    CrossingHere,
    HouseHere,
    Landmark,
    NearPlace,
    Quality,
    RoadHere,
)
from location_cloud.places.nearby import FIRST_POI, HOUSE, ROAD_FOOT, Near, find_nearest, list_near
from location_cloud.roads.dataset import SECTION as ROADS
from location_cloud.roads.model import Roads
from location_cloud.spatial.cells import BEIDOU
from location_cloud.spatial.errors import BadCoordinate
from location_cloud.storage.world import World

CELL_LEVEL = 7
"""BeiDou level of 1/4 second: about 8 m, one side of a street."""

CEILING_M = 100_000.0
"""How far a crew's nearest road, settlement, kilometre and stop are looked for, whatever the radius."""

WIND_SHARE = 0.38
"""Sine of half the 45 degrees that one of 8 winds covers: how far off a distance with a wind leads, per metre of it."""

CONFIDENT_M = 500.0
"""Radius at which confidence is half."""


@dataclass(frozen=True)
class Here:
    """What a position is in words: nearest address, road and places, areas around it, and its grid cell."""

    address: NearPlace | None
    road: NearPlace | None
    pois: tuple[NearPlace, ...]
    areas: tuple[AreaName, ...]
    cell: str


@dataclass(frozen=True)
class Dispatch:
    """What a crew is told of a position; the parts are described in `model_reverse`."""

    words: str
    address: str
    language: str
    quality: Quality
    road: RoadHere | None
    crossings: tuple[CrossingHere, ...]
    house: HouseHere | None
    landmarks: tuple[Landmark, ...]
    settlement: Landmark | None
    chainage: ChainageHere | None
    access: Access
    areas: tuple[AreaName, ...]
    cell: str


def reverse(world: World, lonlat: tuple[float, float], radius_m: float = 1000.0, limit: int = 3) -> Here:
    """What is at a position (degrees): the nearest address, named road and points of interest within a radius."""
    places = world.section(SECTION)
    things = list_near(places, find_nearest(places, np.array([lonlat]), radius_m, limit), 0)
    return _here(places, things, chain_at(world, lonlat), _cell(lonlat))


def reverse_many(world: World, lonlats: Sequence[tuple[float, float]], radius_m: float, limit: int) -> Iterator[Here]:
    """The same of many positions, in their order."""
    places, areas = world.section(SECTION), world.section(AREAS)
    lonlat = np.array(lonlats, np.float64).reshape(-1, 2)
    found = find_nearest(places, lonlat, radius_m, limit)
    deepest = areas.find_deepest(lonlat).tolist()
    cells = _cells(lonlat)
    for position, row in enumerate(deepest):
        yield _here(places, list_near(places, found, position), area_chain(areas, row), cells[position])


def describe(world: World, lonlat: tuple[float, float], radius_m: float, limit: int, language: str) -> Dispatch:
    """What a crew is told of a position (degrees).

    House and landmarks lie within the radius; road, settlement, kilometre and stop are told whatever their distance
    up to CEILING_M, and so is the nearest landmark where the radius holds none. language: one of the LANGUAGES.
    """
    places, roads = world.section(SECTION), _roads(world)
    nearest = find_nearest(places, np.array([lonlat]), CEILING_M, 0)
    house, road = list_near(places, nearest, 0)
    told_road = around.road_here(places, roads, road, language) if road else None
    crossings = around.crossings_here(places, road, language) if road and road.distance_m <= radius_m else ()
    told_house = around.house_here(places, house, road) if house and house.distance_m <= radius_m else None
    landmarks = around.landmarks_here(places, lonlat, radius_m, CEILING_M, limit, language)
    settlement = around.settlement_here(places, lonlat, CEILING_M, language)
    chainage = around.chainage_here(places, roads, lonlat, CEILING_M)
    areas = chain_at(world, lonlat)
    local = [(area.level, area.name) for area in reversed(areas)]
    chain = [(area.level, area.name_en or area.name) for area in reversed(areas)] if language == "en" else local
    cell = _cell(lonlat)
    words = in_words(language, chain, local, cell, told_road, crossings, told_house, landmarks, settlement, chainage)
    return Dispatch(
        words=words.words,
        address=words.address,
        language=language,
        quality=_quality(told_road, crossings, told_house, landmarks, settlement, chainage, areas),
        road=told_road,
        crossings=crossings,
        house=told_house,
        landmarks=landmarks,
        settlement=settlement,
        chainage=chainage,
        access=around.access_here(places, roads, lonlat, CEILING_M),
        areas=areas,
        cell=cell,
    )


def typical_addresses(world: World) -> tuple[str, ...]:
    """Everyday questions, see `Operation.typical`: at a house or a place of the import, else at an area."""
    places = world.section(SECTION)
    if not len(places):
        return ()
    points = places.house_lonlat if len(places.house_lonlat) else places.lonlat
    lon, lat = points[len(points) // 2].tolist()
    at = f"/v1/reverse?at={lon:.6f},{lat:.6f}"
    return at, f"{at}&profile=dispatch&language=en", f"{at}&profile=dispatch&language=zh-CN"


def _quality(
    road: RoadHere | None,
    crossings: tuple[CrossingHere, ...],
    house: HouseHere | None,
    landmarks: tuple[Landmark, ...],
    settlement: Landmark | None,
    chainage: ChainageHere | None,
    areas: tuple[AreaName, ...],
) -> Quality:
    """The level that the words go down to, and how far off they may lead: the best of what is told."""
    told: list[tuple[float, str, int]] = []
    if house is not None and house.distance_m <= NEAR_HOUSE_M:
        off_m = WIND_SHARE * house.distance_m + OSM_ACCURACY_M * (2 if house.is_estimated else 1)
        told.append((off_m, LEVEL_ADDRESS, int(house.distance_m <= OWN_HOUSE_M and not house.is_estimated)))
    if road is not None and road.distance_m <= NEAR_ROAD_M:
        at = [each for each in crossings if each.distance_m <= AT_CROSSING_M]
        if at and road.distance_m <= 2 * AT_CROSSING_M:
            told.append((road.distance_m + OSM_ACCURACY_M, LEVEL_CROSSING, 1))
        elif crossings:
            told.append((road.distance_m + OSM_ACCURACY_M, LEVEL_ROAD, 0))
    if chainage is not None and chainage.distance_m <= ON_NUMBERED_ROAD_M:
        told.append((chainage.distance_m + 2 * OSM_ACCURACY_M, LEVEL_POST, 1))
    for mark in (each for each in landmarks[:1] if each.distance_m <= FAR_M):
        is_in = mark.distance_m <= mark.accuracy_m
        off_m = mark.accuracy_m if is_in else WIND_SHARE * mark.distance_m + mark.accuracy_m
        told.append((off_m, LEVEL_POI, int(is_in)))
    if road is not None:
        told.append((max(WIND_SHARE * road.distance_m, NEAR_ROAD_M) + CONFIDENT_M, LEVEL_ROAD, 0))
    if settlement is not None:
        off_m = WIND_SHARE * settlement.distance_m + settlement.accuracy_m
        told.append((off_m, LEVEL_OF_AREA["village"], 0))
    if not told:
        return Quality(LEVEL_OF_AREA[areas[0].level] if areas else LEVEL_COORDINATE, 0, 0, CEILING_M)
    accuracy_m, level, precise = min(told)
    return Quality(level, precise, round(100 / (1 + accuracy_m / CONFIDENT_M)), round(accuracy_m, 1))


def _roads(world: World) -> Roads | None:
    try:
        return world.section(ROADS)
    except NotReady:  # a snapshot without roads still has names
        return None


def _cell(lonlat: tuple[float, float]) -> str:
    try:
        return BEIDOU.encode(lonlat, CELL_LEVEL)
    except BadCoordinate:  # around the poles the standard's plane grid has no cells
        return ""


def _cells(lonlat: NDArray[np.float64]) -> list[str]:
    try:
        codes: list[str] = BEIDOU.codes(*BEIDOU.index(lonlat, CELL_LEVEL), CELL_LEVEL).tolist()
        return codes
    except BadCoordinate:
        return [_cell((lon, lat)) for lon, lat in lonlat.tolist()]


def _here(places: Places, things: list[Near | None], areas: tuple[AreaName, ...], cell: str) -> Here:
    house, road = things[HOUSE], things[ROAD_FOOT]
    return Here(
        address=_near_place(places, house, "address") if house else None,
        road=_near_place(places, road, "road") if road else None,
        pois=tuple(_near_place(places, near, "poi") for near in things[FIRST_POI:] if near),
        areas=areas,
        cell=cell,
    )


def _near_place(places: Places, near: Near, kind: str) -> NearPlace:
    house = near.house_row
    street = places.name[near.row] if house >= 0 else ""
    number = places.house_number[house] if house >= 0 else ""
    return NearPlace(
        id=lasting_id(places.house_osm[house] if house >= 0 else places.osm[near.row]),
        kind=kind if kind in ("address", *KINDS) else "",
        name=f"{street} {number}" if house >= 0 else places.name[near.row],
        category=places.categories[places.category[near.row]] if house < 0 else "",
        lonlat=near.lonlat,
        distance_m=near.distance_m,
        bearing_deg=near.bearing_deg,
        direction=near.direction,
        street=street,
        housenumber=number,
        city=places.house_town[house] if house >= 0 else "",
        postcode=places.house_postcode[house] if house >= 0 else "",
    )
