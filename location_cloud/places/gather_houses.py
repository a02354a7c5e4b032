"""Addresses of an extract: on nodes, ways and areas, in street relations, and along interpolation ways."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from location_cloud.extract import NODE, WAY, OsmExtract
from location_cloud.places.gather_objects import LETTERS, NUMBER_KEYS, Objects
from location_cloud.places.model import METRES_PER_DEGREE
from location_cloud.places.model_table import OWN, HouseTable

STREET_RELATIONS = ("associatedStreet", "street")

MOST_BETWEEN = 500
"""Numbers between two ends of an interpolation way; more is a slip of the pen (1 to 10003)."""

_MANY = re.compile(r"\s*[;,，；、]\s*")
_NUMBER = re.compile(r"(\d{1,6})\s*([^\W\d_]?)")


def list_houses(osm: OsmExtract, objects: Objects) -> HouseTable:
    """Every mapped house number, one row for each number where an object carries several, then the estimated ones.

    A house without a street or place is kept with street "": its street is the road that it stands at.
    """
    of_relation = _streets_of_relations(osm)
    way_street = {
        int(osm.nodes.id[node]): tags.get("addr:street") or tags.get("addr:place") or ""
        for _way, tags, nodes in _interpolations(osm)
        for node in (nodes[0], nodes[-1])
    }
    number, street = _numbers(objects), objects.texts("addr:street", "addr:place")
    town = objects.texts("addr:city", "addr:town", "addr:suburb", "addr:district")
    postcode = objects.texts("addr:postcode")
    names = objects.names
    rows, numbers, streets = [], [], []
    for row in [row for row, text in enumerate(number) if text]:
        name, of = names[row], street[row]
        if not of:
            of = of_relation.get(name, "") or (way_street.get(int(name[1:]), "") if name[0] == "n" else "")
        for each in _MANY.split(number[row].strip()):
            if each:
                rows.append(row)
                numbers.append(each)
                streets.append(of)
    towns, postcodes = [town[row] for row in rows], [postcode[row] for row in rows]
    found = _Rows(streets, numbers, towns, postcodes, [names[row] for row in rows], rows)
    houses = found.table(objects.lonlat)
    return _with_interpolated(osm, houses)


@dataclass
class _Rows:
    street: list[str]
    number: list[str]
    town: list[str]
    postcode: list[str]
    osm: list[str]
    place: list[int]
    """Row of `lonlat` that each stands at."""

    def add(self, street: str, number: str, town: str, postcode: str, osm: str, place: int) -> None:
        self.street.append(street)
        self.number.append(number)
        self.town.append(town)
        self.postcode.append(postcode)
        self.osm.append(osm)
        self.place.append(place)

    def table(self, lonlat: NDArray[np.float64], first_estimated: int | None = None) -> HouseTable:
        count = len(self.street)
        is_estimated = np.arange(count) >= (count if first_estimated is None else first_estimated)
        places = np.array(self.place, np.int64)
        return HouseTable(
            self.street,
            self.number,
            self.town,
            self.postcode,
            lonlat[places].reshape(-1, 2),
            self.osm,
            is_estimated,
            np.full(count, OWN, np.int16),
        )


def _numbers(objects: Objects) -> list[str]:
    """What is written at each object's door; of a house with two numbers (Czechia) both."""
    number = objects.texts(*NUMBER_KEYS)
    rows, texts = objects.column("addr:streetnumber")
    for row, text in zip(rows.tolist(), texts, strict=True):
        if text not in _MANY.split(number[row]):
            number[row] = f"{number[row]};{text}"
    for row in np.flatnonzero(objects.is_any("addr:interpolation")).tolist():
        number[row] = ""
    return number


def _streets_of_relations(osm: OsmExtract) -> dict[str, str]:
    """Street by the OSM name of each house that a relation counts to it."""
    relations = osm.relations
    found: dict[str, str] = {}
    for place, tags in enumerate(relations.tags):
        if tags.get("type") not in STREET_RELATIONS:
            continue
        members = range(int(relations.member_start[place]), int(relations.member_start[place + 1]))
        street = tags.get("addr:street") or tags.get("name") or _street_member(osm, members)
        if not street:
            continue
        for member in members:
            if relations.member_role[member] in ("house", "address", "addr:houselink"):
                name = f"{LETTERS[relations.member_kind[member]]}{relations.member_id[member]}"
                found.setdefault(name, street)
    return found


def _street_member(osm: OsmExtract, members: range) -> str:
    for member in members:
        if osm.relations.member_kind[member] == WAY and osm.relations.member_role[member] == "street":
            row = int(np.searchsorted(osm.ways.id, osm.relations.member_id[member]))
            if row < len(osm.ways.id) and osm.ways.id[row] == osm.relations.member_id[member]:
                name = osm.ways.tags[row].get("name", "")
                if name:
                    return name
    return ""


def _interpolations(osm: OsmExtract) -> list[tuple[int, dict[str, str], NDArray[np.int64]]]:
    """(row of the way, its tags, its nodes) of every way along which numbers are to be counted."""
    rows = osm.ways.columns["addr:interpolation"].rows
    start = osm.ways.ref_start
    found = [(row, osm.ways.tags[row], osm.ways.ref[start[row] : start[row + 1]]) for row in rows.tolist()]
    return [each for each in found if len(each[2]) > 1]


def _with_interpolated(osm: OsmExtract, houses: HouseTable) -> HouseTable:
    ways = _interpolations(osm)
    if not ways:
        return houses
    row_of = {name: row for row, name in reversed(list(enumerate(houses.osm))) if name[0] == LETTERS[NODE]}
    found = _Rows(
        [*houses.street],
        [*houses.number],
        [*houses.town],
        [*houses.postcode],
        [*houses.osm],
        list(range(len(houses))),
    )
    points: list[NDArray[np.float64]] = [houses.lonlat]
    count = len(houses)
    for way, tags, nodes in ways:
        rows = [(place, row_of.get(f"n{osm.nodes.id[node]}")) for place, node in enumerate(nodes)]
        numbered = [(place, row) for place, row in rows if row is not None]
        line = osm.nodes.lonlat_e7[nodes] / 1e7
        along = _along_m(line)
        for (begin, first), (end, last) in pairwise(numbered):
            between = numbers_between(houses.number[first], houses.number[last], tags["addr:interpolation"])
            if not between:
                continue
            share = np.arange(1, len(between) + 1) / (len(between) + 1)
            where = along[begin] + share * (along[end] - along[begin])
            points.append(np.stack([np.interp(where, along, line[:, axis]) for axis in (0, 1)], axis=1))
            street = houses.street[first] or tags.get("addr:street") or houses.street[last]
            for number in between:
                found.add(street, number, houses.town[first], houses.postcode[first], f"w{osm.ways.id[way]}", count)
                count += 1
    return found.table(np.concatenate(points), len(houses))


def numbers_between(first: str, last: str, rule: str) -> list[str]:
    """The numbers that lie between two ends by an `addr:interpolation` rule, without the ends, from the first on.

    rule: "even", "odd", "all", a step such as "4", or "alphabetic" (12a, 12b ...). Nothing where the ends do not fit.

    >>> numbers_between("2", "8", "even")
    ['4', '6']
    """
    low, high = _NUMBER.match(first.strip()), _NUMBER.match(last.strip())
    if low is None or high is None:
        return []
    if rule == "alphabetic":
        begin, end = low[2].lower() or "`", high[2].lower()
        if low[1] != high[1] or not ("`" <= begin <= "z" and "a" <= end <= "z"):
            return []
        step = 1 if begin <= end else -1
        return [f"{low[1]}{chr(code)}" for code in range(ord(begin) + step, ord(end), step) if code >= ord("a")]
    size = {"even": 2, "odd": 2, "all": 1}.get(rule) or (int(rule) if rule.isascii() and rule.isdigit() else 0)
    begin_value, end_value = int(low[1]), int(high[1])
    if not 1 <= size <= 100 or abs(end_value - begin_value) > size * MOST_BETWEEN:
        return []
    if rule in ("even", "odd") and begin_value % 2 != (rule == "odd"):
        begin_value += 1 if end_value >= begin_value else -1
        begin_value -= size if end_value >= begin_value else -size
    step = size if end_value >= begin_value else -size
    return [str(value) for value in range(begin_value + step, end_value, step)]


def _along_m(line: NDArray[np.float64]) -> NDArray[np.float64]:
    steps = np.diff(line, axis=0) * (np.cos(np.radians(line[0, 1])), 1.0) * METRES_PER_DEGREE
    return np.concatenate([[0.0], np.cumsum(np.hypot(steps[:, 0], steps[:, 1]))])
