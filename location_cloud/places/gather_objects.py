"""The tagged nodes, areas and ways of an extract that may be places or addresses, as one table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray

from location_cloud.extract import NODE, WAY, OsmExtract, TagColumns
from location_cloud.places.model import METRES_PER_DEGREE

NUMBER_KEYS = ("addr:housenumber", "addr:streetnumber", "addr:conscriptionnumber")
"""Where a house number may stand; in Czechia and Slovakia a house has two, and often only one of them is mapped."""

FIRST_NAMES = ("name", "name:zh", "name:en", "official_name", "brand")
"""The first one present is the name of a thing."""

_NAME_KEY = re.compile(
    r"(name|alt_name|old_name|short_name|official_name|loc_name|reg_name|int_name|nat_name|alt_name_\d|name_\d)"
    r"(:[\w-]+)?$"
)

_NOT_A_NAME = re.compile(r"name:(pronunciation|etymology|source|signed|suffix|prefix|genitive|absent|note)\b")

LETTERS = "nwr"
"""What OSM calls nodes, ways and relations in short; a position is the kind of `extract`."""

_SPLIT = re.compile(r"\s*[;；]\s*")


@dataclass(frozen=True)
class _Part:
    """Objects of one kind of source: their tags by key, and where each stands in the table, -1 = left out."""

    columns: TagColumns
    place: NDArray[np.int64]


@dataclass(frozen=True)
class Objects:
    """n objects: nodes, then areas, then ways that are no areas, each in the order of the extract.

    kind: (n,) int8 of NODE, WAY, RELATION. id: (n,) int64. lonlat: (n, 2) degrees, inside the thing.
    radius_m: (n,) around lonlat that holds the thing. shape: (n,) int32 position in the extract's areas, -1 = none.
    """

    kind: NDArray[np.int8]
    id: NDArray[np.int64]
    lonlat: NDArray[np.float64]
    radius_m: NDArray[np.float64]
    shape: NDArray[np.int32]
    sources: tuple[_Part, ...]

    def __len__(self) -> int:
        return len(self.kind)

    @property
    def keys(self) -> list[str]:
        """Every key that any object of the extract has, each once."""
        return list(dict.fromkeys(key for part in self.sources for key in part.columns.keys))

    def column(self, key: str) -> tuple[NDArray[np.int64], list[str]]:
        """(rows ascending, their values) of one key."""
        rows, texts = [], []
        for part in self.sources:
            column = part.columns[key]
            place = part.place[column.rows]
            kept = place >= 0
            rows.append(place[kept])
            texts += [column.values[code] for code in column.codes[kept].tolist()]
        return np.concatenate(rows), texts

    def texts(self, *keys: str) -> list[str]:
        """The value of the first of the keys that a row has, for every row; "" = none."""
        values = [""] * len(self)
        for key in reversed(keys):
            rows, texts = self.column(key)
            for row, text in zip(rows.tolist(), texts, strict=True):
                values[row] = text
        return values

    def is_any(self, key: str, values: Iterable[str] | None = None) -> NDArray[np.bool_]:
        """(n,) whether a row has the key, with one of the values if any are given."""
        found = np.zeros(len(self), bool)
        wanted = None if values is None else frozenset(values)
        for part in self.sources:
            column = part.columns[key]
            good = np.array([wanted is None or value in wanted for value in column.values], bool)
            place = part.place[column.rows[good[column.codes]]] if len(column.values) else part.place[:0]
            found[place[place >= 0]] = True
        return found

    @cached_property
    def names(self) -> list[str]:
        """The OSM names of all rows: n17, w4, r9."""
        return [f"{LETTERS[kind]}{number}" for kind, number in zip(self.kind.tolist(), self.id.tolist(), strict=True)]


def list_objects(osm: OsmExtract, by_number: Iterable[tuple[str, str]]) -> Objects:
    """Everything with a name or a house number; of ways only those that are no road and no outline of an area.

    by_number: (key, value) of things that are found by their `ref` where they have no name. Numbered buildings are
    taken by their `ref`, too.
    """
    nodes, areas, ways = osm.nodes, osm.areas, osm.ways
    by_number = (*by_number, ("building", ""))
    node_rows = _wanted(nodes.columns, len(nodes.tags), by_number)
    area_rows = _wanted(areas.columns, len(areas.tags), by_number)
    is_open = _wanted_mask(ways.columns, len(ways.tags), by_number)
    is_open &= ~np.isin(ways.id, areas.id[areas.kind == WAY]) & (np.diff(ways.ref_start) > 0)
    is_road = np.zeros(len(ways.id), bool)
    is_road[ways.columns["highway"].rows] = True
    for key in NUMBER_KEYS:
        is_road[ways.columns[key].rows] = False
    is_open[ways.columns["addr:interpolation"].rows] = False
    way_rows = np.flatnonzero(is_open & ~is_road)
    shape_lonlat, shape_radius = _middles(areas.geometry[area_rows])
    way_lonlat, way_radius = _way_middles(osm, way_rows)
    return Objects(
        np.concatenate([np.full(len(node_rows), NODE), areas.kind[area_rows], np.full(len(way_rows), WAY)]).astype(
            np.int8
        ),
        np.concatenate([nodes.id[nodes.tagged[node_rows]], areas.id[area_rows], ways.id[way_rows]]),
        np.concatenate([nodes.lonlat_e7[nodes.tagged[node_rows]] / 1e7, shape_lonlat, way_lonlat]),
        np.concatenate([np.zeros(len(node_rows)), shape_radius, way_radius]),
        np.concatenate([np.full(len(node_rows), -1), area_rows, np.full(len(way_rows), -1)]).astype(np.int32),
        (
            _Part(nodes.columns, _places(len(nodes.tags), node_rows, 0)),
            _Part(areas.columns, _places(len(areas.tags), area_rows, len(node_rows))),
            _Part(ways.columns, _places(len(ways.tags), way_rows, len(node_rows) + len(area_rows))),
        ),
    )


def name_keys(keys: Iterable[str]) -> list[str]:
    """Those of the keys that hold names, the ones that name a thing first."""
    found = [key for key in keys if _NAME_KEY.match(key) and not _NOT_A_NAME.match(key)]
    return [*FIRST_NAMES, *(key for key in found if key not in FIRST_NAMES)]


def collect_names(
    count: int, columns: Iterable[tuple[NDArray[np.int64], Sequence[str]]]
) -> tuple[list[str], list[tuple[str, ...]]]:
    """(first name, other names) of `count` rows; "" = none.

    columns: (rows, values) by key, the naming keys first. A value may hold several names with ; between them, of which
    the first name keeps what is written.
    """
    names: list[dict[str, None] | None] = [None] * count
    for rows, texts in columns:
        for row, text in zip(rows.tolist(), texts, strict=True):
            known = names[row]
            if known is None:
                known = names[row] = {text.strip(): None}
                if ";" not in text:
                    continue
            if ";" in text or "；" in text:
                known.update(dict.fromkeys(part for part in _SPLIT.split(text.strip()) if part))
            else:
                known[text] = None
    first, others = [""] * count, [()] * count  # type: list[str], list[tuple[str, ...]]
    for row, known in enumerate(names):
        if known:
            first[row], *rest = known
            if rest:
                others[row] = tuple(rest)
    return first, others


def _wanted(columns: TagColumns, count: int, by_number: Iterable[tuple[str, str]]) -> NDArray[np.int64]:
    return np.flatnonzero(_wanted_mask(columns, count, by_number))


def _wanted_mask(columns: TagColumns, count: int, by_number: Iterable[tuple[str, str]]) -> NDArray[np.bool_]:
    wanted = np.zeros(count, bool)
    for key in (*name_keys(columns.keys), *NUMBER_KEYS):
        wanted[columns[key].rows] = True
    has_number = np.zeros(count, bool)
    has_number[columns["ref"].rows] = True
    for key, value in by_number:
        column = columns[key]
        if value and value not in column.values:
            continue
        rows = column.rows[column.codes == column.values.index(value)] if value else column.rows
        wanted[rows[has_number[rows]]] = True
    return wanted


def _places(count: int, rows: NDArray[np.int64], first: int) -> NDArray[np.int64]:
    place = np.full(count, -1, np.int64)
    place[rows] = np.arange(first, first + len(rows))
    return place


def _middles(shapes: NDArray[np.object_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(a point inside each shape, metres from it to the furthest corner)."""
    if not len(shapes):
        return np.zeros((0, 2)), np.zeros(0)
    lonlat = shapely.get_coordinates(shapely.point_on_surface(shapes))
    corner, owner = shapely.get_coordinates(shapes, return_index=True)
    return lonlat, _furthest_m(corner, owner, lonlat)


def _way_middles(osm: OsmExtract, rows: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    first, last = osm.ways.ref_start[rows], osm.ways.ref_start[rows + 1]
    lonlat = osm.nodes.lonlat_e7[osm.ways.ref[first + (last - first) // 2]] / 1e7
    count = last - first
    owner = np.repeat(np.arange(len(rows)), count)
    place = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count) + np.repeat(first, count)
    corner = osm.nodes.lonlat_e7[osm.ways.ref[place]] / 1e7
    return lonlat.reshape(-1, 2), _furthest_m(corner, owner, lonlat)


def _furthest_m(
    corner: NDArray[np.float64], owner: NDArray[np.int64], lonlat: NDArray[np.float64]
) -> NDArray[np.float64]:
    shrink = np.cos(np.radians(lonlat[:, 1]))
    offset = corner - lonlat[owner]
    away = np.hypot(offset[:, 0] * shrink[owner], offset[:, 1]) * METRES_PER_DEGREE
    furthest = np.zeros(len(lonlat))
    np.maximum.at(furthest, owner, away)
    return furthest
