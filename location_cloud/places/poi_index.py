"""All points of interest in the order of a grid, with what is asked of many of them at once beside each other.

A search reads columns of neighbours from front to back; through the rows of `Places`, which stand in the order of the
import, a million points took 20 times as long.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from location_cloud.arrays import Texts, load_packed, save_packed
from location_cloud.places.compact import load_column, load_texts, save_column, save_texts
from location_cloud.places.grid import PackedGrid, build_grid

RANKS = 65_535
"""Importance 0 to 1 as a whole number."""

THING_IMPORTANCE = 0.2
"""Of things without a name: below everything that has one."""

_FILE = "pois.bin"
_COLUMNS = ("cell", "category", "rank", "area")
"""Of PoiIndex: they say little and are kept apart, see `compact`."""


@dataclass(frozen=True)
class ThingTable:
    """t things that have no name but are looked for by what they are: hydrants, pumps, chargers.

    category: "key=value". lonlat: (t, 2) degrees. osm: "n1". label: the number on its sign, "" = none.
    """

    category: Sequence[str]
    lonlat: NDArray[np.float64]
    osm: Sequence[str]
    label: Sequence[str]


@dataclass(frozen=True)
class PoiIndex:
    """p points of interest by cell of the grid; things without a name among them.

    cell: (p,) int64 ascending, as `grid.PackedGrid`. point: (p, 2) int32, 1e-7 degree. category: (p,) uint16 into
    `tags`. rank: (p,) uint16, importance * RANKS. area: (p,) int32 row of the areas section, -1 = none.
    row: (p,) int32 of Places; below 0 a thing, ~row. best: (p,) int32 positions, by falling rank, then row.
    tags: "key=value". counts: how many there are of each tag. thing_osm, thing_label: texts.
    """

    cell: NDArray[np.int64]
    point: NDArray[np.int32]
    category: NDArray[np.uint16]
    rank: NDArray[np.uint16]
    area: NDArray[np.int32]
    row: NDArray[np.int32]
    best: NDArray[np.int32]
    tags: tuple[str, ...]
    counts: NDArray[np.int64]
    thing_osm: Texts
    thing_label: Texts

    def __len__(self) -> int:
        return len(self.cell)


def save_poi_index(
    folder: Path,
    rows: NDArray[np.int32],
    lonlat: NDArray[np.float64],
    category: Sequence[str],
    importance: NDArray[np.float32],
    area: NDArray[np.int32],
    things: ThingTable,
    thing_area: NDArray[np.int32],
) -> None:
    """Writes the index below the folder. rows: of the named places; lonlat to area: of these; then the things."""
    called = [*category, *things.category]
    tags = sorted(set(called))
    number = {tag: place for place, tag in enumerate(tags)}
    every = np.concatenate([lonlat.reshape(-1, 2), things.lonlat.reshape(-1, 2)])
    grid = build_grid(every)
    count = len(things.category)
    weight = np.concatenate([importance, np.full(count, THING_IMPORTANCE, np.float32)])
    arrays = {
        "cell": grid.cell,
        "point": np.rint(every[grid.item] * 1e7).astype(np.int32),
        "category": np.fromiter(map(number.__getitem__, called), np.uint16, len(called))[grid.item],
        "rank": np.rint(np.clip(weight, 0, 1) * RANKS).astype(np.uint16)[grid.item],
        "area": np.concatenate([area, thing_area]).astype(np.int32)[grid.item],
        "row": np.concatenate([rows, ~np.arange(count, dtype=np.int32)]).astype(np.int32)[grid.item],
    }
    order = np.lexsort((arrays["row"].view(np.uint32), -arrays["rank"].astype(np.int32)))
    arrays["best"] = order.astype(np.int32)  # things stand behind the places: ~row read without its sign is large
    counts = np.bincount(arrays["category"], minlength=len(tags)).tolist()
    for name in _COLUMNS:
        save_column(folder, f"poi_{name}", arrays.pop(name))
    save_packed(folder / _FILE, arrays)
    save_texts(folder, "thing_osm", list(things.osm))
    save_texts(folder, "thing_label", list(things.label))
    (folder / "pois.json").write_bytes(orjson.dumps({"tags": tags, "counts": counts}))


def load_poi_index(folder: Path) -> PoiIndex:
    """The index that `save_poi_index` wrote, read-only."""
    meta = orjson.loads((folder / "pois.json").read_bytes())
    columns: dict[str, Any] = {name: load_texts(folder, name) for name in ("thing_osm", "thing_label")}
    columns.update(load_packed(folder / _FILE))
    columns.update((name, load_column(folder, f"poi_{name}")) for name in _COLUMNS)
    return PoiIndex(**columns, tags=tuple(meta["tags"]), counts=np.array(meta["counts"], np.int64))


def grid_of_places(index: PoiIndex) -> PackedGrid:
    """The points that are places, without the things: items are rows of Places. The columns themselves if no others."""
    is_place = index.row >= 0
    if is_place.all():
        return PackedGrid(index.cell, index.row)
    cell, row = index.cell[is_place], index.row[is_place]
    cell.flags.writeable = row.flags.writeable = False
    return PackedGrid(cell, row)


def read_things(index: PoiIndex) -> ThingTable:
    """The things of an index, in the order in which they were gathered."""
    at = np.flatnonzero(index.row < 0)
    at = at[np.argsort(~index.row[at], kind="stable")]
    tags = [index.tags[code] for code in index.category[at].tolist()]
    return ThingTable(tags, index.point[at] / 1e7, index.thing_osm.as_list(), index.thing_label.as_list())
