"""Which road or settlement each address belongs to, and the streets that only addresses know of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import shapely
from numpy.typing import NDArray

from location_cloud.places.fold import fold, fold_all
from location_cloud.places.houses import fold_number, number_value
from location_cloud.places.model import METRES_PER_DEGREE, ROAD, SETTLEMENT
from location_cloud.places.model_table import HouseTable, LineTable, PlaceTable

FAR_M = 1_500.0
"""A house further from every road of its street's name belongs to another street of that name, not in the data."""

DOOR_M = 50.0
"""A house without a street belongs to the named road this close; further away nobody knows."""

STREET_IMPORTANCE = 0.35

_PAIRS = 2_000_000
"""Houses x roads of one name compared at once: 100 MB."""


def assign_streets(
    houses: HouseTable,
    places: PlaceTable,
    lines: LineTable,
    area_of: Callable[[NDArray[np.float64]], NDArray[np.int32]],
) -> tuple[NDArray[np.int32], PlaceTable]:
    """(place of each house's street, -1 = none, and the streets to add because no road of that name is near).

    Rows continue behind `places` for the added ones. Of several roads of one name the nearest takes the house.
    area_of: the administrative area at points: streets of one name without a road are told apart by it.
    """
    spelt, name = _folded(houses.street)
    candidate, start = _candidates(spelt, places)
    street = np.full(len(houses), -1, np.int32)
    has_name = np.fromiter(map(bool, houses.street), bool, len(houses))
    shapes = _Shapes(places, lines)
    count = (start[1:] - start[:-1])[name] * has_name
    for chunk in _chunks(count):
        _take_nearest(chunk, count, start[name], candidate, houses.lonlat, shapes, street)
    _take_doors(np.flatnonzero(~has_name), houses.lonlat, places, lines, street)
    left = np.flatnonzero((street < 0) & has_name)
    return _add_streets(left, name, houses, area_of, street, len(places))


def with_guesses(houses: HouseTable) -> HouseTable:
    """The houses, those whose street nobody mapped as estimated: a corner house stands nearer to the other street."""
    is_nameless = np.fromiter((not text for text in houses.street), bool, len(houses))
    return replace(houses, is_estimated=houses.is_estimated | is_nameless)


def house_order(houses: HouseTable, street: NDArray[np.int32]) -> NDArray[np.int64]:
    """Rows of the houses by street, number, and how well it is known; the same number from one source once.

    Houses without a street are left out. An operator's own come before the same number of the import.
    """
    writings = _cached(houses.number, fold_number)
    values = np.array(_cached(houses.number, number_value), np.int64).reshape(-1)
    written = _ranks(writings)
    order = np.lexsort((np.arange(len(houses)), houses.is_estimated, -houses.set, written, values, street))
    order = order[street[order] >= 0]
    same = np.stack([street[order], written[order], np.asarray(houses.set)[order]])
    is_new = np.r_[True, (same[:, 1:] != same[:, :-1]).any(axis=0)] if len(order) else np.zeros(0, bool)
    # An estimated number gives way to a mapped one of any source.
    is_known = np.r_[True, (same[:2, 1:] != same[:2, :-1]).any(axis=0)] if len(order) else is_new
    return order[is_new & (is_known | ~houses.is_estimated[order])]


class _Shapes:
    """Lines or points of places in metres on a plane of their own, made when first asked for."""

    def __init__(self, places: PlaceTable, lines: LineTable) -> None:
        count = len(places)
        self._lonlat, self._lines = places.lonlat, lines
        self.east = np.cos(np.radians(places.lonlat[:, 1])) * METRES_PER_DEGREE
        self._first = np.searchsorted(lines.road, np.arange(count + 1))
        self._made: dict[int, object] = {}
        self.low, self.high = places.lonlat.copy(), places.lonlat.copy()
        if len(lines):
            owner = np.repeat(lines.road, np.diff(lines.start))
            begin = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]])
            self.low[owner[begin]] = np.minimum.reduceat(lines.vertex, begin) / 1e7
            self.high[owner[begin]] = np.maximum.reduceat(lines.vertex, begin) / 1e7

    def of(self, rows: NDArray[np.int32]) -> NDArray[np.object_]:
        """The shape of each row."""
        unique, inverse = np.unique(rows, return_inverse=True)
        for row in unique.tolist():
            if row not in self._made:
                self._made[row] = self._shape(row)
        shapes = np.empty(len(unique), object)
        shapes[:] = [self._made[row] for row in unique.tolist()]
        found: NDArray[np.object_] = shapes[inverse]
        return found

    def _shape(self, row: int) -> object:
        scale = np.array([self.east[row], METRES_PER_DEGREE])
        first, last = int(self._first[row]), int(self._first[row + 1])
        if first == last:
            return shapely.Point(self._lonlat[row] * scale)
        start = self._lines.start[first : last + 1]
        xy = self._lines.vertex[start[0] : start[-1]] / 1e7 * scale
        owner = np.repeat(np.arange(last - first), np.diff(start))
        return shapely.MultiLineString(list(shapely.linestrings(xy, indices=owner)))


def _folded(texts: Sequence[str]) -> tuple[list[str], NDArray[np.int64]]:
    """(distinct folded texts, which of them each text is)."""
    written = list(dict.fromkeys(texts))
    number: dict[str, int] = {}
    of = {text: number.setdefault("".join(words), len(number)) for text, words in zip(written, fold_all(written))}
    return list(number), np.fromiter(map(of.__getitem__, texts), np.int64, len(texts))


def _candidates(spelt: list[str], places: PlaceTable) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """CSR: rows of roads and settlements by position of their name, the first or another one, in `spelt`."""
    number = {text: place for place, text in enumerate(spelt)}
    rows = np.flatnonzero((places.kind == ROAD) | (places.kind == SETTLEMENT)).tolist()
    names = [name for row in rows for name in (places.name[row], *places.other[row])]
    owner = [row for row in rows for _ in range(1 + len(places.other[row]))]
    place = np.array([number.get("".join(words), -1) for words in fold_all(names)], np.int64)
    pair = np.unique(place[place >= 0] * len(places) + np.array(owner, np.int64)[place >= 0])
    start = np.searchsorted(pair, np.arange(len(spelt) + 1) * len(places))
    return (pair % max(len(places), 1)).astype(np.int32), start


def _chunks(count: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Rows with candidates, in groups of about _PAIRS pairs."""
    rows = np.flatnonzero(count)
    ends = np.cumsum(count[rows])
    cuts = np.unique(np.searchsorted(ends, np.arange(_PAIRS, ends[-1] if len(ends) else 0, _PAIRS)))
    return [part for part in np.split(rows, cuts) if len(part)]


def _take_nearest(
    rows: NDArray[np.int64],
    count: NDArray[np.int64],
    first: NDArray[np.int64],
    candidate: NDArray[np.int32],
    lonlat: NDArray[np.float64],
    shapes: _Shapes,
    street: NDArray[np.int32],
) -> None:
    many = count[rows]
    house = np.repeat(rows, many)
    within = np.arange(len(house)) - np.repeat(np.cumsum(many) - many, many)
    place = candidate[first[house] + within]
    point = lonlat[house]
    beside = np.maximum(np.maximum(shapes.low[place] - point, point - shapes.high[place]), 0)
    near = np.hypot(beside[:, 0] * shapes.east[place], beside[:, 1] * METRES_PER_DEGREE) <= FAR_M
    house, place, point = house[near], place[near], point[near]
    xy = point * np.stack([shapes.east[place], np.full(len(place), METRES_PER_DEGREE)], axis=1)
    apart_m = shapely.distance(shapely.points(xy), shapes.of(place))
    order = np.lexsort((place, apart_m, house))
    order = order[apart_m[order] <= FAR_M]
    taken, best = np.unique(house[order], return_index=True)
    street[taken] = place[order][best]


def _take_doors(
    rows: NDArray[np.int64],
    lonlat: NDArray[np.float64],
    places: PlaceTable,
    lines: LineTable,
    street: NDArray[np.int32],
) -> None:
    """Houses without a street go to the nearest named road for cars or people at their door."""
    if not len(rows) or not len(lines):
        return
    middle = np.cos(np.radians(float(np.median(lonlat[rows, 1]))))
    scale = np.array([middle, 1.0]) * METRES_PER_DEGREE
    owner = np.repeat(np.arange(len(lines)), np.diff(lines.start))
    tree = shapely.STRtree(shapely.linestrings(lines.vertex / 1e7 * scale, indices=owner))
    house, line = tree.query_nearest(shapely.points(lonlat[rows] * scale), max_distance=DOOR_M)
    order = np.lexsort((lines.road[line], house))
    taken, best = np.unique(house[order], return_index=True)
    street[rows[taken]] = lines.road[line[order]][best]


def _add_streets(
    left: NDArray[np.int64],
    name: NDArray[np.int64],
    houses: HouseTable,
    area_of: Callable[[NDArray[np.float64]], NDArray[np.int32]],
    street: NDArray[np.int32],
    count: int,
) -> tuple[NDArray[np.int32], PlaceTable]:
    area = area_of(houses.lonlat[left])
    number: dict[tuple[int, str, int, int], int] = {}
    towns = {text: fold(text) for text in {houses.town[row] for row in left.tolist()}}
    for place, row in enumerate(left.tolist()):
        town = towns[houses.town[row]]
        key = (int(name[row]), town, -1 if town else int(area[place]), int(houses.set[row]))
        street[row] = count + number.setdefault(key, len(number))
    group = street[left] - count
    lonlat, reach_m = _middles(houses.lonlat[left], group, len(number))
    firsts = left[np.unique(group, return_index=True)[1]].tolist()
    added = PlaceTable(
        name=[houses.street[row] for row in firsts],
        kind=np.full(len(number), ROAD, np.int8),
        category=["addr=street"] * len(number),
        lonlat=lonlat,
        accuracy_m=(reach_m + DOOR_M).astype(np.float32),
        importance=np.full(len(number), STREET_IMPORTANCE, np.float32),
        osm=[""] * len(number),
        area=np.full(len(number), -1, np.int32),
        other=[()] * len(number),
        shape=np.full(len(number), -1, np.int32),
        set=houses.set[firsts] if firsts else np.zeros(0, np.int16),
    )
    return street, added


def _middles(
    lonlat: NDArray[np.float64], group: NDArray[np.int32], count: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(the house of each group that is nearest to the median of all, metres from it to the furthest)."""
    size = np.bincount(group, minlength=count)
    start = np.cumsum(size) - size
    median = np.stack([lonlat[np.lexsort((lonlat[:, axis], group)), axis][start + size // 2] for axis in (0, 1)], 1)
    east = np.cos(np.radians(median[:, 1]))[group]

    def away(centre: NDArray[np.float64]) -> NDArray[np.float64]:
        offset = (lonlat - centre[group]) * METRES_PER_DEGREE
        return np.asarray(np.hypot(offset[:, 0] * east, offset[:, 1]), np.float64)

    middle = lonlat[np.lexsort((away(median), group))[start]]
    furthest = np.zeros(count)
    np.maximum.at(furthest, group, away(middle))
    return middle, furthest


def _cached(texts: Sequence[str], function: Callable[[str], object]) -> list[object]:
    known = {text: function(text) for text in set(texts)}
    return [known[text] for text in texts]


def _ranks(texts: Sequence[object]) -> NDArray[np.int64]:
    """Place of each text among the distinct ones in order."""
    rank = {text: place for place, text in enumerate(sorted(set(texts)))}  # type: ignore[type-var]
    return np.fromiter((rank[text] for text in texts), np.int64, len(texts))
