"""The snapshot section "places": named places, roads with their lines, house numbers, and the index of names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from location_cloud.areas.dataset import SECTION as AREAS
from location_cloud.areas.model import LEVELS, Areas
from location_cloud.arrays import load_array, load_texts, save_texts
from location_cloud.capability import Built, Import, Section
from location_cloud.errors import BadInput
from location_cloud.places.fold import fold_words
from location_cloud.places.gather import list_houses, list_places, list_roads
from location_cloud.places.grid import CELL_DEG, PackedGrid, build_grid, load_grid, save_grid
from location_cloud.places.houses import assign_streets, fold_number, number_value, sorted_houses
from location_cloud.places.model import AREA, POI, House, NamedPlace, Places
from location_cloud.places.names import (
    ALIAS,
    INITIALS,
    NAME,
    PINYIN,
    build_index,
    load_index,
    save_index,
)
from location_cloud.places.pinyin import PinyinTable, build_table, phrase_spelling

AREA_IMPORTANCE = {"country": 1.0, "province": 0.95, "city": 0.9, "district": 0.8, "town": 0.6, "village": 0.4}

SHORT_ENDINGS = ("街道", "社区居委会", "村委会", "蒙古族自治县", "区", "县", "市", "省", "镇", "乡")
"""Endings that people leave out: 萨尔图 is 萨尔图区, 红旗社区 is 红旗社区居委会."""

_TEXTS = ("name", "osm", "house_number", "house_written", "house_town", "house_postcode", "house_osm")
_ARRAYS = (
    "kind",
    "category",
    "lonlat",
    "accuracy_m",
    "importance",
    "area",
    "house_start",
    "house_street",
    "house_value",
    "house_lonlat",
    "vertex",
    "segment_vertex",
    "segment_road",
)
_GRIDS = ("poi_grid", "house_grid", "segment_grid")


def build(import_: Import, folder: Path) -> Built:
    """Gathers names, roads and addresses of the import and writes the section below the folder."""
    import_.progress.step("places")
    areas = import_.load(AREAS)
    places = [*_area_places(areas), *list_places(import_.osm), *list_roads(import_.osm)]
    street, added = assign_streets(houses := list_houses(import_.osm), places)
    places += added
    houses, street = sorted_houses(houses, street)
    _write_places(places, areas, folder)
    _write_houses(houses, street, len(places), folder)
    segments = _write_lines(places, folder)
    table = build_table()
    np.save(folder / "syllable.npy", table.syllable)
    categories = _categories(places)
    (folder / "places.json").write_bytes(orjson.dumps({"syllables": table.syllables, "categories": categories}))
    keys = _write_index(places, table, folder)
    counts = {"places": len(places), "addresses": len(houses), "names": keys, "segments": segments}
    return Built(counts, import_.osm_sources)


def load(folder: Path) -> Places:
    """The section as `build` wrote it, mapped read-only."""
    meta = orjson.loads((folder / "places.json").read_bytes())
    columns: dict[str, Any] = {name: load_texts(folder, name) for name in _TEXTS}
    columns.update((name, load_array(folder, name)) for name in _ARRAYS)
    columns.update((name, load_grid(folder, name)) for name in _GRIDS)
    return Places(
        **columns,
        index=load_index(folder),
        pinyin=PinyinTable(load_array(folder, "syllable"), meta["syllables"]),
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
    for name, column, end in (
        ("key_doc", places.index.key_doc, n),
        ("posting", places.index.posting, len(places.index.key)),
        ("segment_road", places.segment_road, n),
        ("segment_vertex", places.segment_vertex, len(places.vertex) - 1),
    ):
        if len(column) and not 0 <= int(column.min()) <= int(column.max()) < end:
            raise BadInput(f"{folder}: {name} points outside 0..{end - 1}; import again")


def _area_places(areas: Areas) -> list[NamedPlace]:
    places = []
    for row, name in enumerate(areas.name.as_list()):
        lon, lat = areas.lonlat[row]
        if np.isnan(lon):
            continue
        level = LEVELS[areas.level[row]]
        aliases = tuple(alias for alias in (areas.name_en[row], _short(name)) if alias)
        importance = AREA_IMPORTANCE[level]
        places.append(
            NamedPlace(
                name,
                AREA,
                f"boundary={level}",
                (float(lon), float(lat)),
                float(areas.accuracy_m[row]),
                importance,
                areas.osm[row].removeprefix("osm:"),
                aliases,
                area=row,
            )
        )
    return places


def _short(name: str) -> str:
    """A Chinese area's name without its kind, at least two characters; "" if there is none."""
    for ending in SHORT_ENDINGS:
        if name.endswith(ending) and len(name) > len(ending) + 1:
            return name[: -len(ending)]
    return ""


def _categories(places: Sequence[NamedPlace]) -> list[str]:
    return sorted({place.category for place in places})


def _write_places(places: Sequence[NamedPlace], areas: Areas, folder: Path) -> None:
    category = {name: index for index, name in enumerate(_categories(places))}
    lonlat = np.array([place.lonlat for place in places], np.float64).reshape(-1, 2)
    own = np.array([place.area for place in places], np.int32)
    np.save(folder / "area.npy", np.where(own >= 0, own, areas.find_deepest(lonlat)).astype(np.int32))
    np.save(folder / "lonlat.npy", lonlat)
    np.save(folder / "kind.npy", np.array([place.kind for place in places], np.int8))
    np.save(folder / "category.npy", np.array([category[place.category] for place in places], np.int32))
    np.save(folder / "accuracy_m.npy", np.array([place.accuracy_m for place in places], np.float32))
    np.save(folder / "importance.npy", np.array([place.importance for place in places], np.float32))
    save_texts(folder, "name", [place.name for place in places])
    save_texts(folder, "osm", [place.osm for place in places])
    pois = np.array([index for index, place in enumerate(places) if place.kind == POI], np.int32)
    grid = build_grid(lonlat[pois])
    save_grid(folder, "poi_grid", PackedGrid(grid.cell, pois[grid.item]))


def _write_houses(houses: Sequence[House], street: Sequence[int], n_places: int, folder: Path) -> None:
    lonlat = np.array([house.lonlat for house in houses], np.float64).reshape(-1, 2)
    counts = np.bincount(np.array(street, np.int64), minlength=n_places)
    np.save(folder / "house_start.npy", np.r_[0, np.cumsum(counts)].astype(np.int64))
    np.save(folder / "house_street.npy", np.array(street, np.int32))
    np.save(folder / "house_value.npy", np.array([number_value(house.number) for house in houses], np.int32))
    np.save(folder / "house_lonlat.npy", lonlat)
    save_texts(folder, "house_number", [house.number for house in houses])
    save_texts(folder, "house_written", [fold_number(house.number) for house in houses])
    save_texts(folder, "house_town", [house.town for house in houses])
    save_texts(folder, "house_postcode", [house.postcode for house in houses])
    save_texts(folder, "house_osm", [house.osm for house in houses])
    save_grid(folder, "house_grid", build_grid(lonlat))


def _write_lines(places: Sequence[NamedPlace], folder: Path) -> int:
    """Road lines with no segment longer than a grid cell, so that a segment is near the cell of its middle."""
    vertices, starts, roads = [], [], []
    count = 0
    for index, place in enumerate(places):
        for line in place.lines:
            dense = _densified(line)
            vertices.append(dense)
            starts.append(np.arange(count, count + len(dense) - 1))
            roads.append(np.full(len(dense) - 1, index, np.int32))
            count += len(dense)
    vertex = np.concatenate(vertices) if vertices else np.zeros((0, 2), np.int32)
    segment = np.concatenate(starts).astype(np.int32) if starts else np.zeros(0, np.int32)
    np.save(folder / "vertex.npy", vertex)
    np.save(folder / "segment_vertex.npy", segment)
    np.save(folder / "segment_road.npy", np.concatenate(roads) if roads else np.zeros(0, np.int32))
    middle = (vertex[segment].astype(np.float64) + vertex[segment + 1 if len(segment) else segment]) / 2e7
    save_grid(folder, "segment_grid", build_grid(middle.reshape(-1, 2)))
    return len(segment)


def _densified(line: NDArray[np.int32]) -> NDArray[np.int32]:
    steps = np.abs(np.diff(line.astype(np.int64), axis=0)).max(axis=1)
    pieces = np.maximum(1, np.ceil(steps / (CELL_DEG * 1e7))).astype(np.int64)
    if (pieces == 1).all():
        return line
    along = np.r_[np.repeat(np.arange(len(pieces)), pieces), len(pieces)]
    within = np.r_[np.concatenate([np.arange(count) / count for count in pieces]), 0.0]
    positions = np.arange(len(line))
    columns = [np.interp(along + within, positions, line[:, axis]) for axis in (0, 1)]
    dense: NDArray[np.int32] = np.rint(np.stack(columns, axis=1)).astype(np.int32)
    return dense


def _write_index(places: Sequence[NamedPlace], table: PinyinTable, folder: Path) -> int:
    keys: list[str] = []
    docs: list[int] = []
    kinds: list[int] = []
    words: list[list[str]] = []

    def add(parts: list[str], doc: int, kind: int, seen: set[str]) -> None:
        text = "".join(parts)
        if text and text not in seen:
            seen.add(text)
            keys.append(text)
            docs.append(doc)
            kinds.append(kind)
            words.append(parts)

    for doc, place in enumerate(places):
        seen: set[str] = set()
        for kind, names in ((NAME, (place.name,)), (ALIAS, place.aliases)):
            for name in names:
                parts = fold_words(name)
                add(parts, doc, kind, seen)
                joined = "".join(parts)
                if not table.spell(joined)[0]:
                    continue
                for syllables, initials in (table.spell(joined), phrase_spelling(joined)):
                    add([syllables], doc, PINYIN, seen)
                    add([initials], doc, INITIALS, seen)
    save_index(folder, build_index(keys, docs, kinds, words.__getitem__))
    return len(keys)


SECTION: Section[Places] = Section("places", build, check, load, needs=("areas",))
