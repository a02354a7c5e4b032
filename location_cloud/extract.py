"""OpenStreetMap data as columns: what an import reads once and every section builds from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Tags: TypeAlias = dict[str, str]

NODE, WAY, RELATION = 0, 1, 2
"""Member kinds of a relation."""


class TagColumn(NamedTuple):
    """One key of many objects: rows (m,) int64 ascending, those that have it; codes (m,) int32 into values."""

    rows: NDArray[np.int64]
    codes: NDArray[np.int32]
    values: list[str]

    def codes_at(self, rows: NDArray[np.int64]) -> NDArray[np.int32]:
        """The codes of the given rows, -1 for those that do not have the key."""
        if not len(self.rows):
            return np.full(len(rows), -1, np.int32)
        place = np.minimum(np.searchsorted(self.rows, rows), len(self.rows) - 1)
        return np.where(self.rows[place] == rows, self.codes[place], -1).astype(np.int32)


class TagColumns:
    """The tags of n objects by key: questions about all of them cost a few array steps, not a dict each."""

    def __init__(self, tags: list[Tags]) -> None:
        """Reads every key once; values are read when their key is asked for."""
        counts = np.fromiter(map(len, tags), np.int64, len(tags))
        self.count = len(tags)
        self._texts: list[str] = list(chain.from_iterable(map(dict.values, tags)))
        keys = list(chain.from_iterable(tags))
        numbers = {key: number for number, key in enumerate(dict.fromkeys(keys))}
        code = np.fromiter(map(numbers.__getitem__, keys), np.int32, len(keys))
        self._order = np.argsort(code, kind="stable")
        bounds = np.searchsorted(code[self._order], np.arange(len(numbers) + 1)).tolist()
        self._span = {key: (bounds[number], bounds[number + 1]) for key, number in numbers.items()}
        self._row = np.repeat(np.arange(len(tags)), counts)
        self._known: dict[str, TagColumn] = {}

    @property
    def keys(self) -> list[str]:
        """Every key that any of the objects has."""
        return list(self._span)

    def __getitem__(self, key: str) -> TagColumn:
        """The column of a key; an empty one if nothing has the key."""
        if key not in self._known:
            begin, end = self._span.get(key, (0, 0))
            places = self._order[begin:end]
            texts = [self._texts[place] for place in places]
            numbers = {text: number for number, text in enumerate(dict.fromkeys(texts))}
            codes = np.fromiter(map(numbers.__getitem__, texts), np.int32, len(texts))
            self._known[key] = TagColumn(self._row[places], codes, list(numbers))
        return self._known[key]


@dataclass(frozen=True)
class OsmNodes:
    """All nodes that a kept way uses or that carry tags.

    id: (n,) int64, ascending.
    lonlat_e7: (n, 2) int32, 1e-7 degree, the precision of OSM itself.
    tagged: (t,) int64, positions in `id` of the nodes with tags; tags: their t dicts.
    """

    id: NDArray[np.int64]
    lonlat_e7: NDArray[np.int32]
    tagged: NDArray[np.int64]
    tags: list[Tags]

    @cached_property
    def columns(self) -> TagColumns:
        """The tags by key."""
        return TagColumns(self.tags)


@dataclass(frozen=True)
class OsmWays:
    """All tagged ways.

    id: (n,) int64, ascending.
    ref_start: (n + 1,) int64; ref: (k,) int64 positions in OsmNodes, nodes absent from the files left out.
    position: (k,) int32, place of each ref in the way as OSM writes it (so gaps of absent nodes stay visible).
    """

    id: NDArray[np.int64]
    ref_start: NDArray[np.int64]
    ref: NDArray[np.int64]
    position: NDArray[np.int32]
    tags: list[Tags]

    @cached_property
    def columns(self) -> TagColumns:
        """The tags by key."""
        return TagColumns(self.tags)


@dataclass(frozen=True)
class OsmRelations:
    """All tagged relations with their members by OSM id.

    id: (n,) int64, ascending. member_start: (n + 1,) int64.
    member_kind: (k,) int8 of NODE, WAY, RELATION. member_id: (k,) int64. member_role: k strings.
    """

    id: NDArray[np.int64]
    member_start: NDArray[np.int64]
    member_kind: NDArray[np.int8]
    member_id: NDArray[np.int64]
    member_role: list[str]
    tags: list[Tags]


@dataclass(frozen=True)
class OsmAreas:
    """Closed ways and multipolygon relations with area tags, assembled to valid polygons.

    id: (n,) int64 of the way or relation. kind: (n,) int8, WAY or RELATION.
    geometry: (n,) object array of shapely Polygon or MultiPolygon, WGS-84 degrees.
    """

    id: NDArray[np.int64]
    kind: NDArray[np.int8]
    geometry: NDArray[np.object_]
    tags: list[Tags]

    @cached_property
    def columns(self) -> TagColumns:
        """The tags by key."""
        return TagColumns(self.tags)


@dataclass(frozen=True)
class OsmExtract:
    """One city's OpenStreetMap data, merged from all files of an import and clipped."""

    nodes: OsmNodes
    ways: OsmWays
    relations: OsmRelations
    areas: OsmAreas
