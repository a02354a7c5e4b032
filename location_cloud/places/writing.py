"""Writes the tables of an import as the files that `model.Places` maps, and reads them back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from location_cloud.areas.model import Areas
from location_cloud.places.compact import load_column, narrow, save_column, save_degrees, save_texts
from location_cloud.places.gather import Gathered
from location_cloud.places.grid import CELL_DEG, build_grid, save_grid
from location_cloud.places.houses import fold_number, number_value
from location_cloud.places.model import AREA, POI, Places
from location_cloud.places.model_table import (
    OWN,
    HouseTable,
    LineTable,
    Links,
    NumberedTable,
    PartTable,
    PlaceTable,
    PostTable,
    picked,
)
from location_cloud.places.packing import load_tables, save_tables, unpack_table
from location_cloud.places.poi_index import ThingTable, read_things, save_poi_index
from location_cloud.places.routes import Routes

ORIGIN = "origin.bin"
"""File of the lines and posts that linear references are made of."""


def write_places(places: PlaceTable, areas: Areas, folder: Path) -> list[str]:
    """The columns of every place; gives the categories that `category` counts."""
    number: dict[str, int] = {text: place for place, text in enumerate(sorted(set(places.category)))}
    category = np.fromiter(map(number.__getitem__, places.category), np.int32, len(places))
    deepest = areas.find_deepest(places.lonlat)
    save_column(folder, "area", np.where(places.area >= 0, places.area, deepest).astype(np.int32))
    save_degrees(folder, "lonlat", places.lonlat)
    save_column(folder, "kind", places.kind)
    save_column(folder, "category", category)
    save_column(folder, "accuracy_m", places.accuracy_m)
    save_column(folder, "importance", places.importance)
    save_column(folder, "place_set", places.set)
    save_texts(folder, "name", places.name)
    save_texts(folder, "osm", places.osm)
    counts = np.fromiter(map(len, places.other), np.int64, len(places))
    save_column(folder, "other_start", narrow(_starts_of(counts)))
    save_texts(folder, "other_name", [name for names in places.other for name in names])
    return list(number)


def write_pois(places: PlaceTable, things: ThingTable, areas: Areas, folder: Path) -> None:
    """The index of points of interest, with the things that have no name; after `write_places`."""
    rows = np.flatnonzero(places.kind == POI).astype(np.int32)
    called = [places.category[row] for row in rows.tolist()]
    area = load_column(folder, "area")[rows]
    thing_area = areas.find_deepest(things.lonlat)
    save_poi_index(folder, rows, places.lonlat[rows], called, places.importance[rows], area, things, thing_area)


def write_houses(houses: HouseTable, street: NDArray[np.int32], n_places: int, folder: Path) -> None:
    """The columns of the houses, which are sorted by street."""
    value = {text: number_value(text) for text in set(houses.number)}
    written = {text: fold_number(text) for text in value}
    save_column(folder, "house_start", _starts(street, n_places))
    save_column(folder, "house_street", street.astype(np.int32))
    save_column(folder, "house_value", np.array([value[text] for text in houses.number], np.int32))
    save_degrees(folder, "house_lonlat", houses.lonlat)
    save_column(folder, "house_estimated", houses.is_estimated)
    save_column(folder, "house_set", houses.set)
    save_texts(folder, "house_number", houses.number)
    save_texts(folder, "house_written", [written[text] for text in houses.number])
    save_texts(folder, "house_town", houses.town)
    save_texts(folder, "house_postcode", houses.postcode)
    save_texts(folder, "house_osm", houses.osm)
    save_grid(folder, "house_grid", build_grid(houses.lonlat))


def write_lines(lines: LineTable, folder: Path) -> int:
    """Road lines with no segment longer than a grid cell, so that a segment is near the cell of its middle."""
    vertex, start = _densified(lines.vertex, lines.start)
    is_last = np.zeros(len(vertex), bool)
    is_last[start[1:] - 1] = True
    segment = np.flatnonzero(~is_last).astype(np.int32)
    road = np.repeat(lines.road, np.maximum(np.diff(start) - 1, 0)).astype(np.int32)
    np.save(folder / "vertex.npy", vertex)
    save_column(folder, "segment_vertex", segment)
    save_column(folder, "segment_road", road)
    middle = (vertex[segment].astype(np.float64) + vertex[segment + 1 if len(segment) else segment]) / 2e7
    save_grid(folder, "segment_grid", build_grid(middle.reshape(-1, 2)))
    return len(segment)


def write_links(links: Links, n_places: int, folder: Path) -> None:
    """Crossings, parts, gates and entrances, each by the row of its place."""
    save_column(folder, "crossing_start", _starts(links.crossing_road, n_places))
    save_column(folder, "crossing_other", links.crossing_other)
    save_degrees(folder, "crossing_lonlat", links.crossing_lonlat)
    save_column(folder, "part_start", _starts(links.parts.place, n_places))
    save_degrees(folder, "part_lonlat", links.parts.lonlat)
    save_texts(folder, "part_number", links.parts.number)
    save_texts(folder, "part_osm", links.parts.osm)
    save_column(folder, "access_start", _starts(links.access_place, n_places))
    save_degrees(folder, "access_lonlat", links.access_lonlat)


def write_routes(routes: Routes, folder: Path) -> None:
    """The linear references."""
    save_texts(folder, "route_ref", routes.ref)
    save_texts(folder, "route_name", routes.name)
    save_degrees(folder, "lrs_lonlat", routes.lonlat)
    for name, column in (
        ("start", routes.start),
        ("m", routes.metres),
        ("is_post", routes.is_post),
        ("side", routes.side),
    ):
        save_column(folder, f"lrs_{name}", column)


def write_origin(gathered: Gathered, folder: Path) -> None:
    """What cannot be read back from the columns but is needed to build them again with other own lists."""
    own = picked(gathered.posts, np.flatnonzero(gathered.posts.set == OWN))
    save_tables(folder / ORIGIN, {"numbered": gathered.numbered, "posts": own})


def read_origin(places: Places, folder: Path) -> Gathered:
    """What the import itself knew of a section, without the operator's own lists.

    Lines have no nodes any more, and houses no street but the one they are sorted under.
    """
    arrays, _about = load_tables(folder / ORIGIN)
    count = int(np.count_nonzero(load_column(folder, "place_set") == OWN))
    house_set = load_column(folder, "house_set")
    table = _origin_places(places, count)
    houses = HouseTable(
        [""] * len(house_set),
        places.house_number.as_list(),
        places.house_town.as_list(),
        places.house_postcode.as_list(),
        np.array(places.house_lonlat),
        places.house_osm.as_list(),
        np.array(places.house_estimated),
        np.array(house_set),
    )
    own = np.flatnonzero(house_set == OWN)
    return Gathered(
        table,
        _origin_lines(places),
        picked(houses, own),
        np.array(places.house_street)[own],
        _origin_links(places, count),
        unpack_table(NumberedTable, arrays, "numbered"),
        unpack_table(PostTable, arrays, "posts"),
        read_things(places.pois),
    )


def _origin_places(places: Places, count: int) -> PlaceTable:
    others = places.other_name.as_list()
    start = places.other_start.tolist()
    return PlaceTable(
        name=places.name.take(range(count)),
        kind=np.array(places.kind[:count]),
        category=[places.categories[code] for code in places.category[:count].tolist()],
        lonlat=np.array(places.lonlat[:count]),
        accuracy_m=np.array(places.accuracy_m[:count]),
        importance=np.array(places.importance[:count]),
        osm=places.osm.take(range(count)),
        area=np.where(places.kind[:count] == AREA, places.area[:count], -1).astype(np.int32),
        other=[tuple(others[start[row] : start[row + 1]]) for row in range(count)],
        shape=np.full(count, -1, np.int32),
        set=np.full(count, OWN, np.int16),
    )


def _origin_lines(places: Places) -> LineTable:
    """The roads' lines, as dense as they are kept."""
    segment, road = places.segment_vertex.astype(np.int64), places.segment_road
    is_first = np.r_[True, (segment[1:] != segment[:-1] + 1)] if len(segment) else np.zeros(0, bool)
    start = np.append(segment[is_first], len(places.vertex)).astype(np.int64)
    vertex = np.array(places.vertex)
    return LineTable(np.array(road[is_first]), start, vertex, np.full(len(vertex), -1, np.int64))


def _origin_links(places: Places, count: int) -> Links:
    def owners(start: NDArray[np.int64]) -> NDArray[np.int32]:
        return np.repeat(np.arange(count), np.diff(start[: count + 1])).astype(np.int32)

    parts = PartTable(
        owners(places.part_start),
        places.part_number.as_list(),
        np.array(places.part_lonlat),
        places.part_osm.as_list(),
    )
    return Links(
        owners(places.crossing_start),
        np.array(places.crossing_other),
        np.array(places.crossing_lonlat),
        parts,
        owners(places.access_start),
        np.array(places.access_lonlat),
    )


def _starts(rows: NDArray[np.int32], count: int) -> NDArray[np.int32] | NDArray[np.int64]:
    """CSR starts of items that are sorted by row."""
    return narrow(_starts_of(np.bincount(rows, minlength=count)))


def _starts_of(counts: NDArray[np.int64] | Sequence[int]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def _densified(vertex: NDArray[np.int32], start: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """The lines with points put between vertices that are more than a grid cell apart."""
    if not len(vertex):
        return vertex.reshape(0, 2), start
    steps = np.abs(np.diff(vertex.astype(np.int64), axis=0)).max(axis=1)
    pieces = np.append(np.maximum(1, np.ceil(steps / (CELL_DEG * 1e7))), 1).astype(np.int64)
    pieces[start[1:] - 1] = 1
    place = np.repeat(np.arange(len(vertex)), pieces)
    new_start = _starts_of(pieces)[start]
    if len(place) == len(vertex):
        return vertex, start
    within = (np.arange(len(place)) - np.repeat(_starts_of(pieces)[:-1], pieces)) / pieces[place]
    following = vertex[np.minimum(place + 1, len(vertex) - 1)].astype(np.float64)
    dense = np.rint(vertex[place] + within[:, None] * (following - vertex[place])).astype(np.int32)
    return dense, new_start
