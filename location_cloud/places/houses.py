"""House numbers by street: which street each belongs to, and where a number that nobody mapped would be."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from location_cloud.places.fold import fold
from location_cloud.places.model import METRES_PER_DEGREE, OSM_ACCURACY_M, ROAD, SETTLEMENT, House, NamedPlace

FAR_M = 1_500.0
"""A house further from every road of its street's name belongs to another street of that name, not in the data."""

NUMBER_SPACING_M = 12.0
"""Frontage per number where no second neighbour tells: a narrow lot; only widens the stated radius."""

SLACK = 20
"""Numbers by which a house may lie outside the known ones even of a street with a single known number."""


@dataclass(frozen=True)
class FoundHouse:
    """Where a house number is. is_mapped: it is in the data; otherwise lonlat is estimated."""

    row: int
    lonlat: tuple[float, float]
    accuracy_m: float
    is_mapped: bool


def assign_streets(houses: Sequence[House], places: Sequence[NamedPlace]) -> tuple[list[int], list[NamedPlace]]:
    """(place of each house's street, the streets that had to be added because no road of that name is near).

    Positions continue behind `places` for the added ones. Of several roads of one name the nearest takes the house.
    """
    by_name: dict[str, list[int]] = defaultdict(list)
    for index, place in enumerate(places):
        if place.kind in (ROAD, SETTLEMENT):
            for name in {fold(name) for name in (place.name, *place.aliases)}:
                by_name[name].append(index)
    groups: dict[str, list[int]] = defaultdict(list)
    for index, house in enumerate(houses):
        groups[fold(house.street)].append(index)
    street = [-1] * len(houses)
    added: list[NamedPlace] = []
    for name, members in groups.items():
        _assign_group(members, by_name.get(name, []), houses, places, street, added)
    return street, added


def number_value(number: str) -> int:
    """The number that a house number begins with, 0 if none: 12a -> 12, 12-14 -> 12."""
    found = re.search(r"\d{1,6}", number)
    return int(found.group()) if found else 0


def fold_number(number: str) -> str:
    """A house number for comparison: no spaces, no 号, lower case; 12 A -> 12a."""
    return re.sub(r"[\s号號]|nr\.?|no\.?", "", number.casefold())


def find_house(
    number: str, written: Sequence[str], value: NDArray[np.int32], lonlat: NDArray[np.float64]
) -> FoundHouse | None:
    """Where a number is among the houses of one street, or would be.

    written: their numbers, folded. value: (n,) int32 ascending. lonlat: (n, 2) degrees.
    The same number with another letter is next door; otherwise the place between the two neighbours on the same side
    (same parity), in proportion. None if the street has no numbers, the number does not begin with digits, or it is
    further outside the known numbers than they reach: nobody knows then whether the street is that long.
    """
    wanted = number_value(number)
    if not len(value) or not wanted:
        return None
    low, high = np.searchsorted(value, (wanted, wanted + 1))
    for row in range(int(low), int(high)):
        if written[row] == number:
            return FoundHouse(row, _point(lonlat[row]), OSM_ACCURACY_M, True)
    for row in range(int(low), int(high)):
        if re.split(r"[-–/]", written[row])[0] == number:
            return FoundHouse(row, _point(lonlat[row]), 2 * OSM_ACCURACY_M, True)
    if low and _covers(written[low - 1], wanted):
        return FoundHouse(int(low) - 1, _point(lonlat[low - 1]), 2 * OSM_ACCURACY_M, True)
    if high > low:
        return FoundHouse(int(low), _point(lonlat[low]), 3 * OSM_ACCURACY_M, False)
    return None if _is_far(wanted, value) else _between(wanted, value, lonlat)


def _is_far(wanted: int, value: NDArray[np.int32]) -> bool:
    """Whether a number lies further from the known ones, ascending, than these span or than SLACK."""
    lowest, highest = int(value[min(int(np.searchsorted(value, 1)), len(value) - 1)]), int(value[-1])
    reach = max(highest - lowest, SLACK)
    return highest == 0 or not lowest - reach <= wanted <= highest + reach


def _covers(written: str, wanted: int) -> bool:
    """Whether a range such as 12-16 holds a number of its side."""
    ends = re.fullmatch(r"(\d{1,6})[-–](\d{1,6})", written)
    return ends is not None and int(ends[1]) < wanted <= int(ends[2]) and (wanted - int(ends[1])) % 2 == 0


def _between(wanted: int, value: NDArray[np.int32], lonlat: NDArray[np.float64]) -> FoundHouse:
    same_side = np.flatnonzero(value % 2 == wanted % 2)
    rows = same_side if len(same_side) else np.arange(len(value))
    split = int(np.searchsorted(value[rows], wanted))
    if 0 < split < len(rows):
        below, above = rows[split - 1], rows[split]
        share = (wanted - value[below]) / (value[above] - value[below])
        point = lonlat[below] + share * (lonlat[above] - lonlat[below])
        apart_m = _distance_m(lonlat[below], lonlat[above])
        return FoundHouse(int(below), _point(point), OSM_ACCURACY_M + apart_m / 2, False)
    nearest = rows[-1] if split else rows[0]
    off_m = abs(wanted - int(value[nearest])) * NUMBER_SPACING_M
    return FoundHouse(int(nearest), _point(lonlat[nearest]), 2 * OSM_ACCURACY_M + off_m, False)


def _assign_group(
    members: list[int],
    candidates: list[int],
    houses: Sequence[House],
    places: Sequence[NamedPlace],
    street: list[int],
    added: list[NamedPlace],
) -> None:
    points = np.array([houses[index].lonlat for index in members])
    if candidates:
        distance = _distances_m(points, [places[index] for index in candidates])
        nearest = distance.argmin(axis=1)
        near = distance[np.arange(len(members)), nearest] <= FAR_M
    else:
        nearest, near = np.zeros(len(members), int), np.zeros(len(members), bool)
    towns: dict[str, list[int]] = defaultdict(list)
    for place, index in enumerate(members):
        if near[place]:
            street[index] = candidates[nearest[place]]
        else:
            towns[fold(houses[index].town)].append(index)
    for inhabitants in towns.values():
        for index in inhabitants:
            street[index] = len(places) + len(added)
        added.append(_street_of([houses[index] for index in inhabitants]))


def _street_of(houses: list[House]) -> NamedPlace:
    points = np.array([house.lonlat for house in houses])
    middle = points[np.hypot(*(points - np.median(points, axis=0)).T).argmin()]
    reach_m = max(_distance_m(middle, point) for point in points)
    return NamedPlace(houses[0].street, ROAD, "addr=street", _point(middle), reach_m + 50.0, 0.35, "")


def _distances_m(points: NDArray[np.float64], roads: list[NamedPlace]) -> NDArray[np.float64]:
    scale = METRES_PER_DEGREE * np.array([np.cos(np.radians(points[:, 1].mean())), 1.0])
    shapes = np.array([_shape(road, scale) for road in roads], object)
    return np.asarray(shapely.distance(shapely.points(points * scale)[:, None], shapes[None, :]))


def _shape(road: NamedPlace, scale: NDArray[np.float64]) -> BaseGeometry:
    if not road.lines:
        return shapely.Point(np.array(road.lonlat) * scale)
    return shapely.MultiLineString([line / 1e7 * scale for line in road.lines])


def _distance_m(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    east = (first[0] - second[0]) * np.cos(np.radians(first[1]))
    return float(np.hypot(east, first[1] - second[1]) * METRES_PER_DEGREE)


def _point(lonlat: NDArray[np.float64]) -> tuple[float, float]:
    return float(lonlat[0]), float(lonlat[1])


def sorted_houses(houses: Sequence[House], street: Sequence[int]) -> tuple[list[House], list[int]]:
    """Houses by street and number, the same number of one street once."""
    keyed = sorted(
        range(len(houses)),
        key=lambda index: (street[index], number_value(houses[index].number), fold_number(houses[index].number), index),
    )
    kept: list[int] = []
    seen: set[tuple[int, str]] = set()
    for index in keyed:
        key = (street[index], fold_number(houses[index].number))
        if key not in seen:
            seen.add(key)
            kept.append(index)
    return [houses[index] for index in kept], [street[index] for index in kept]
