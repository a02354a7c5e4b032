"""The snapshot section "places": named places, roads with their lines, house numbers, and the index of names."""

from __future__ import annotations

from collections.abc import Sequence, Sized
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from location_cloud.areas.dataset import SECTION as AREAS
from location_cloud.areas.model import Areas
from location_cloud.arrays import load_array
from location_cloud.capability import Built, Import, Progress, Section
from location_cloud.errors import BadInput
from location_cloud.places.compact import load_column, load_degrees, load_texts
from location_cloud.places.gather import Gathered, gather, with_sets
from location_cloud.places.grid import load_grid
from location_cloud.places.match import warm
from location_cloud.places.model import Places
from location_cloud.places.model_table import PlaceTable
from location_cloud.places.name_build import build_index
from location_cloud.places.names import ALIAS, NAME, load_index, save_index
from location_cloud.places.pinyin import PinyinTable, build_table
from location_cloud.places.poi_index import grid_of_places, load_poi_index
from location_cloud.places.routes import build_routes
from location_cloud.places.sets import OwnSet, load_sets
from location_cloud.places.writing import (
    read_origin,
    write_houses,
    write_lines,
    write_links,
    write_origin,
    write_places,
    write_pois,
    write_routes,
)

_TEXTS = (
    *("name", "osm", "other_name", "house_number", "house_written", "house_town", "house_postcode", "house_osm"),
    *("route_ref", "route_name", "part_number", "part_osm"),
)
_COLUMNS = (
    "kind",
    "category",
    "accuracy_m",
    "importance",
    "area",
    "house_start",
    "house_street",
    "house_value",
    "segment_vertex",
    "segment_road",
    "house_estimated",
    "other_start",
    "crossing_start",
    "crossing_other",
    "lrs_start",
    "lrs_m",
    "lrs_is_post",
    "lrs_side",
    "part_start",
    "access_start",
)
_DEGREES = ("lonlat", "house_lonlat", "crossing_lonlat", "lrs_lonlat", "part_lonlat", "access_lonlat")
_GRIDS = ("house_grid", "segment_grid")


def build(import_: Import, folder: Path) -> Built:
    """Gathers names, roads and addresses of the import and the operator's own, and writes the section."""
    import_.progress.step("places")
    areas = import_.load(AREAS)
    gathered = gather(import_.osm, areas, import_.progress)
    built = _write(gathered, load_sets(import_.home), areas, folder, import_.progress)
    return Built(built.counts, (*import_.osm_sources, *built.sources))


def rebuild(old: Path, areas: Areas, sets: Sequence[OwnSet], folder: Path, progress: Progress) -> Built:
    """The section again with other own lists, from its files as they are: the import's own are not needed.

    old: folder of the section. Its sources are those of the sets only.
    """
    return _write(read_origin(load(old), old), sets, areas, folder, progress)


def _write(gathered: Gathered, sets: Sequence[OwnSet], areas: Areas, folder: Path, progress: Progress) -> Built:
    progress.step("places: own lists")
    gathered = with_sets(gathered, sets, areas)
    places = gathered.places
    progress.step("places: write")
    categories = write_places(places, areas, folder)
    write_pois(places, gathered.things, areas, folder)
    write_houses(gathered.houses, gathered.house_street, len(places), folder)
    segments = write_lines(gathered.lines, folder)
    write_links(gathered.links, len(places), folder)
    routes = build_routes(gathered.numbered, gathered.posts)
    write_routes(routes, folder)
    write_origin(gathered, folder)
    progress.step("places: index of names")
    table = build_table()
    np.save(folder / "syllable.npy", table.syllable)
    (folder / "places.json").write_bytes(orjson.dumps({"syllables": table.syllables, "categories": categories}))
    keys = _write_index(places, table, folder)
    counts = {
        "places": len(places),
        "addresses": len(gathered.houses),
        "names": keys,
        "segments": segments,
        "crossings": len(gathered.links.crossing_road) // 2,
        "kilometre_posts": int(routes.is_post.sum()),
        "parts": len(gathered.links.parts),
        "entrances": len(gathered.links.access_place),
        "own": sum(sum(own.counts.values()) for own in sets),
    }
    return Built(counts, tuple(own.source for own in sets))


def load(folder: Path) -> Places:
    """The section as `build` wrote it, read-only; mapped but for the columns that `compact` unfolds."""
    meta = orjson.loads((folder / "places.json").read_bytes())
    columns: dict[str, Any] = {name: load_texts(folder, name) for name in _TEXTS}
    columns.update((name, load_column(folder, name)) for name in _COLUMNS)
    columns.update((name, load_degrees(folder, name)) for name in _DEGREES)
    columns.update((name, load_grid(folder, name)) for name in _GRIDS)
    table = PinyinTable(load_array(folder, "syllable"), meta["syllables"])
    pois = load_poi_index(folder)
    return Places(
        **columns,
        vertex=load_array(folder, "vertex"),
        pois=pois,
        poi_grid=grid_of_places(pois),
        index=load_index(folder, table, columns["kind"], columns["importance"], columns["lonlat"]),
        pinyin=table,
        categories=meta["categories"],
    )


def check(folder: Path) -> None:
    """Raises BadInput if columns differ in length or point outside each other."""
    places = load(folder)
    n, h = len(places), len(places.house_value)
    if {len(places.name), len(places.lonlat), len(places.area), len(places.house_start) - 1} != {n}:
        raise BadInput(f"{folder}: columns of places have different lengths; import again")
    if {len(places.house_lonlat), len(places.house_number), int(places.house_start[-1])} != {h}:
        raise BadInput(f"{folder}: columns of houses have different lengths; import again")
    linked: tuple[tuple[str, NDArray[np.int64], Sized], ...] = (
        ("other_name", places.other_start, places.other_name),
        ("crossing", places.crossing_start, places.crossing_other),
        ("crossing", places.crossing_start, places.crossing_lonlat),
        ("part", places.part_start, places.part_number),
        ("part", places.part_start, places.part_lonlat),
        ("access", places.access_start, places.access_lonlat),
    )
    for name, start, linked_column in linked:
        if len(start) != n + 1 or int(start[-1]) != len(linked_column):
            raise BadInput(f"{folder}: columns of {name} have different lengths; import again")
    index = load_index(folder, places.pinyin, places.kind, places.importance, places.lonlat)
    problem = index.problem(n)
    if problem:
        raise BadInput(f"{folder}: {problem}; import again")
    for name, column, end in (
        ("segment_road", places.segment_road, n),
        ("segment_vertex", places.segment_vertex, len(places.vertex) - 1),
        ("crossing_other", places.crossing_other, n),
    ):
        if len(column) and not 0 <= int(column.min()) <= int(column.max()) < end:
            raise BadInput(f"{folder}: {name} points outside 0..{end - 1}; import again")


def _write_index(places: PlaceTable, table: PinyinTable, folder: Path) -> int:
    """The index of names; the columns that it uses are written already."""
    names = [name for first, others in zip(places.name, places.other, strict=True) for name in (first, *others)]
    count = np.fromiter(map(len, places.other), np.int64, len(places)) + 1
    doc = np.repeat(np.arange(len(places)), count)
    form = np.full(len(names), ALIAS)
    form[np.cumsum(count) - count] = NAME
    kind, importance = load_column(folder, "kind"), load_column(folder, "importance")
    index = build_index(names, doc, form, table, kind, importance, load_degrees(folder, "lonlat"))
    save_index(folder, index)
    return len(index)


SECTION: Section[Places] = Section("places", build, check, load, needs=("areas",), warm=warm)
