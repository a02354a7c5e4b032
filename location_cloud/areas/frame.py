"""Daqing's frame as it ships: province, city, districts, towns and villages with what is openly known of them."""

from __future__ import annotations

import configparser
import csv
import importlib.resources
import io
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import orjson
import shapely
from shapely.geometry.base import BaseGeometry

from location_cloud.areas.extent import radius_m
from location_cloud.areas.model import RANKS, AreaRow
from location_cloud.capability import Source
from location_cloud.errors import BadInput
from location_cloud.spatial.measure import area_m2

DISTRICTS = "daqing/daqing_districts.csv"
POLYGONS = "daqing/daqing_districts_tianditu.geojson"
DIVISION = "daqing/daqing_division.json"
PLACES = "daqing/daqing_places_geonames.csv"

PLACE_ACCURACY_M = 3_000.0
"""GeoNames writes much of China to the arc minute (1.85 km) and means the built-up centre, not the whole town."""

PROVINCE_LONLAT, PROVINCE_RADIUS_M = (128.13, 48.49), 750_000.0
"""Middle and half diagonal of Heilongjiang's published extent, 121.18-135.08 E, 43.43-53.55 N; no polygon ships."""

TOWN_ENDINGS = ("街道", "镇", "乡")


def read_frame() -> list[AreaRow]:
    """All areas of Daqing's tree, parents before children, each with the best position that is openly known.

    Raises BadInput if the shipped files contradict each other.
    """
    upper = _upper_rows()
    division = orjson.loads(_text(DIVISION))
    places = _geonames()
    upper = [_seated(row, places) for row in upper]
    by_code = {row.code: row for row in upper}
    towns = _town_rows(division["streets"], by_code, places)
    by_code.update((row.code, row) for row in towns)
    villages = [_village_row(item, by_code) for item in division["villages"]]
    return [*upper, *towns, *villages]


def read_sources() -> dict[str, dict[str, str]]:
    """What `sources.cfg` says of every shipped file: title, origin, licence, attribution, date, url, note."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(_text("sources.cfg"))
    return {name: dict(parser[name]) for name in parser.sections()}


def frame_sources() -> tuple[Source, ...]:
    """The shipped sources of Daqing's frame, for the manifest."""
    known = read_sources()
    return tuple(
        Source(
            name=known[path]["title"],
            licence=known[path]["licence"],
            attribution=known[path]["attribution"],
            date=known[path]["date"],
            url=known[path]["url"],
        )
        for path in (POLYGONS, DIVISION, PLACES)
    )


def list_populated_places() -> list[dict[str, Any]]:
    """GeoNames' populated places of Daqing: names (tuple, Chinese, as listed), name_en, lonlat in degrees."""
    return [
        {
            "names": tuple(item["names_zh"].split(";")),
            "name_en": item["name"],
            "lonlat": (float(item["lon"]), float(item["lat"])),
        }
        for item in _table(PLACES)
    ]


def _text(path: str) -> str:
    return importlib.resources.files("location_cloud.data").joinpath(path).read_text(encoding="utf-8")


def _table(path: str) -> list[dict[str, str]]:
    lines = (line for line in _text(path).splitlines() if not line.startswith("#"))
    return list(csv.DictReader(io.StringIO("\n".join(lines))))


def _polygons() -> dict[str, BaseGeometry]:
    features = orjson.loads(_text(POLYGONS))["features"]
    return {
        str(feature["properties"]["adcode"]): shapely.from_geojson(orjson.dumps(feature["geometry"]).decode())
        for feature in features
    }


def _upper_rows() -> list[AreaRow]:
    polygons = _polygons()
    rows = []
    for item in _table(DISTRICTS):
        within = tuple(code for code in item["within"].split(";") if code)
        unknown = [code for code in within if code not in polygons]
        if unknown:
            raise BadInput(f"{DISTRICTS}: {item['code']} lies within {unknown}, which have no polygon in {POLYGONS}")
        geometry = polygons.get(item["code"])
        if item["level"] == "city":
            geometry = shapely.union_all(list(polygons.values()))
        row = AreaRow(
            code=item["code"],
            name=item["name"],
            name_en=item["name_en"],
            level=item["level"],
            rank=RANKS[item["level"]],
            parent=item["parent"],
            within=within,
            geometry=geometry,
            source=POLYGONS if geometry is not None else DIVISION,
        )
        rows.append(_placed(row, polygons))
    return rows


def _placed(row: AreaRow, polygons: dict[str, BaseGeometry]) -> AreaRow:
    if row.level == "province":
        return replace(row, lonlat=PROVINCE_LONLAT, accuracy_m=PROVINCE_RADIUS_M, position="surrounding area")
    geometry = row.geometry
    position = "boundary"
    if geometry is None:
        geometry = shapely.union_all([polygons[code] for code in row.within])
        position = "surrounding area"
    point = shapely.point_on_surface(geometry)
    lonlat = (float(point.x), float(point.y))
    return replace(row, lonlat=lonlat, accuracy_m=radius_m(geometry, lonlat), position=position)


def _geonames() -> list[dict[str, Any]]:
    return [{**place, "names": set(place["names"])} for place in list_populated_places()]


def _seated(row: AreaRow, places: list[dict[str, Any]]) -> AreaRow:
    """A city or district positioned at its seat, where GeoNames knows one inside it: that is where people mean."""
    for name in (row.name, row.name[:-1]):  # 肇州县 is listed as 肇州 only
        for place in places:
            lonlat = place["lonlat"]
            if row.geometry is not None and name in place["names"] and shapely.intersects_xy(row.geometry, *lonlat):
                around_m = radius_m(row.geometry, lonlat)
                return replace(row, lonlat=lonlat, accuracy_m=around_m, position="populated place")
    return row


def _town_rows(
    streets: list[dict[str, str]], districts: dict[str, AreaRow], places: list[dict[str, Any]]
) -> list[AreaRow]:
    """Towns and streets, each with a GeoNames position if one of its name lies in its district.

    Two rows of GeoNames are called Longfeng: the full name (龙凤街道) takes its row first, and a row serves one
    town only, so 龙凤镇 gets the other.
    """
    siblings = Counter(street["areaCode"] for street in streets)
    seats: dict[str, dict[str, Any]] = {}
    free = list(places)
    for as_known in (lambda name: name, _stem):
        for street in streets:
            name, district = as_known(street["name"]), districts[street["areaCode"]]
            if street["code"] in seats or district.geometry is None:
                continue
            found = [
                place
                for place in free
                if name in place["names"] and shapely.intersects_xy(district.geometry, *place["lonlat"])
            ]
            if found:
                seats[street["code"]] = found[0]
                free.remove(found[0])
    return [
        _town_row(street, districts[street["areaCode"]], siblings[street["areaCode"]], seats.get(street["code"]))
        for street in streets
    ]


def _stem(name: str) -> str:
    for ending in TOWN_ENDINGS:
        if name.endswith(ending) and len(name) > len(ending) + 1:
            return name[: -len(ending)]
    return name


def _town_row(street: dict[str, str], district: AreaRow, siblings: int, seat: dict[str, Any] | None) -> AreaRow:
    row = AreaRow(
        code=street["code"],
        name=street["name"],
        level="town",
        rank=RANKS["town"],
        parent=street["areaCode"],
        source=DIVISION,
        lonlat=district.lonlat,
        accuracy_m=district.accuracy_m,
        position="surrounding area",
    )
    if seat is None or district.geometry is None:
        return row
    # No town polygon is open: twice the radius of an even share of the district's area should hold the town.
    share_m = 2 * float(np.sqrt(area_m2(district.geometry) / siblings / np.pi))
    is_district_seat = district.name in seat["names"]  # then its English name is the district's, not the town's
    return replace(
        row,
        name_en="" if is_district_seat and _stem(row.name) not in district.name else seat["name_en"],
        lonlat=seat["lonlat"],
        accuracy_m=max(PLACE_ACCURACY_M, share_m),
        position="populated place",
    )


def _village_row(item: dict[str, str], by_code: dict[str, AreaRow]) -> AreaRow:
    town = by_code.get(item["streetCode"])
    if town is None:
        raise BadInput(f"{DIVISION}: village {item['code']} lies in town {item['streetCode']}, which is not listed")
    return AreaRow(
        code=item["code"],
        name=item["name"],
        level="village",
        rank=RANKS["village"],
        parent=town.code,
        source=DIVISION,
        lonlat=town.lonlat,
        accuracy_m=town.accuracy_m,
        position="surrounding area",
    )
