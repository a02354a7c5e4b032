"""Places on their way into a section: the same facts as `model.Places`, as plain columns that are cheap to join."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

OWN = 0
"""Set number of what came with the import itself; an operator's sets count from 1."""

ROAD_POST, RAIL_POST = 0, 1

Table = TypeVar("Table", bound="_Columns")


@dataclass(frozen=True)
class _Columns:
    """Columns of one length each; arrays or lists."""

    def __len__(self) -> int:
        return len(getattr(self, fields(self)[0].name))


@dataclass(frozen=True)
class PlaceTable(_Columns):
    """n named places. A list of objects took 5x the memory and 10x the time at 1 M names.

    name, category, osm: n texts, as in `model.Places`; category "key=value". kind: int8. lonlat: (n, 2) degrees.
    accuracy_m, importance: float32. area: int32 row of the areas section that it is, -1 = none.
    other: n tuples of the other names, in any language. shape: int32 position of its outline in the extract's areas,
    -1 = none. set: int16, OWN or the number of the operator's set.
    """

    name: list[str]
    kind: NDArray[np.int8]
    category: list[str]
    lonlat: NDArray[np.float64]
    accuracy_m: NDArray[np.float32]
    importance: NDArray[np.float32]
    osm: list[str]
    area: NDArray[np.int32]
    other: list[tuple[str, ...]]
    shape: NDArray[np.int32]
    set: NDArray[np.int16]


@dataclass(frozen=True)
class HouseTable(_Columns):
    """h addresses: street (of addr:street or addr:place), number as written, town, postcode, "" = unknown.

    lonlat: (h, 2) degrees. osm: texts. is_estimated: bool, the number lies between two mapped ones, or its
    street is only the nearest. set: as above.
    """

    street: list[str]
    number: list[str]
    town: list[str]
    postcode: list[str]
    lonlat: NDArray[np.float64]
    osm: list[str]
    is_estimated: NDArray[np.bool_]
    set: NDArray[np.int16]


@dataclass(frozen=True)
class LineTable:
    """l lines of roads: road (l,) int32 place row ascending, start (l + 1,) int64 into the vertices.

    vertex: (v, 2) int32, 1e-7 degree. node: (v,) int64, the same number = the same crossing or bend.
    """

    road: NDArray[np.int32]
    start: NDArray[np.int64]
    vertex: NDArray[np.int32]
    node: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.road)


@dataclass(frozen=True)
class NumberedTable:
    """The lines that kilometre posts stand at: l ways with a number, as in `LineTable`.

    ref: l texts as tagged ("G10;G45"). name: l texts. network: (l,) int8, ROAD_POST or RAIL_POST.
    """

    ref: list[str]
    name: list[str]
    network: NDArray[np.int8]
    start: NDArray[np.int64]
    vertex: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.ref)


@dataclass(frozen=True)
class PostTable(_Columns):
    """k kilometre posts. ref: texts, the number or name of the road as written, "" = the road it stands at.

    chainage_m: float64 as written on it. lonlat: (k, 2). side: int8 as lrs_side. network: int8. set: int16.
    """

    ref: list[str]
    chainage_m: NDArray[np.float64]
    lonlat: NDArray[np.float64]
    side: NDArray[np.int8]
    network: NDArray[np.int8]
    set: NDArray[np.int16]


@dataclass(frozen=True)
class PartTable(_Columns):
    """b numbered buildings: place (b,) int32 row of the compound, number folded, lonlat (b, 2), osm."""

    place: NDArray[np.int32]
    number: list[str]
    lonlat: NDArray[np.float64]
    osm: list[str]


@dataclass(frozen=True)
class Links:
    """What stands under rows of places, sorted by row: crossings (road, other), parts, gates and entrances."""

    crossing_road: NDArray[np.int32]
    crossing_other: NDArray[np.int32]
    crossing_lonlat: NDArray[np.float64]
    parts: PartTable
    access_place: NDArray[np.int32]
    access_lonlat: NDArray[np.float64]


def joined(tables: Sequence[Table]) -> Table:
    """The rows of several tables of one type, one below the other."""
    first = tables[0]
    columns = {field.name: [getattr(table, field.name) for table in tables] for field in fields(first)}
    return type(first)(**{name: _one(parts) for name, parts in columns.items()})


def picked(table: Table, rows: NDArray[np.int64]) -> Table:
    """The given rows of a table, in that order."""
    columns = {}
    for field in fields(table):
        column = getattr(table, field.name)
        columns[field.name] = [column[row] for row in rows.tolist()] if isinstance(column, list) else column[rows]
    return type(table)(**columns)


def _one(parts: list[Any]) -> Any:
    if isinstance(parts[0], list):
        return [value for part in parts for value in part]
    return np.concatenate(parts)
