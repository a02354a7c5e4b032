"""OpenStreetMap data as columns: what an import reads once and every section builds from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any, NamedTuple, TypeAlias, overload

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


class TagTable(Sequence[Tags]):
    """The tags of n objects as numbers of texts; an object's dict is made when it is asked for.

    start, length: (n,) where each object's tags begin in `code`, and how many they are. code: (t, 2) int32, key and
    value of each tag, positions in `text`. Of a key that an object has twice the last value counts.
    """

    def __init__(
        self, start: NDArray[np.int64], length: NDArray[np.int64], code: NDArray[np.int32], text: list[str]
    ) -> None:
        self.start = start
        self.length = length
        self.code = code
        self.text = text

    @classmethod
    def of(cls, tags: Sequence[Tags]) -> TagTable:
        """The same of dicts."""
        if isinstance(tags, TagTable):
            return tags
        number: dict[str, int] = {}
        words = chain.from_iterable(chain.from_iterable(map(dict.items, tags)))
        code = np.array([number.setdefault(word, len(number)) for word in words], np.int32).reshape(-1, 2)
        length = np.fromiter(map(len, tags), np.int64, len(tags))
        return cls(np.cumsum(length) - length, length, code, list(number))

    def picked(self, rows: NDArray[Any]) -> TagTable:
        """The same of some objects only: positions, or a mask."""
        return TagTable(self.start[rows], self.length[rows], self.code, self.text)

    def __len__(self) -> int:
        return len(self.start)

    def __iter__(self) -> Iterator[Tags]:
        text = self.text
        for first in range(0, len(self), _AT_ONCE):
            table = self.picked(np.arange(first, min(first + _AT_ONCE, len(self))))
            code = table.code[table.places].tolist()
            at = 0
            for length in table.length.tolist():
                yield {text[key]: text[value] for key, value in code[at : at + length]}
                at += length

    @overload
    def __getitem__(self, row: int) -> Tags: ...

    @overload
    def __getitem__(self, row: slice) -> TagTable: ...

    def __getitem__(self, row: int | slice) -> Tags | TagTable:
        if isinstance(row, slice):
            return self.picked(np.arange(len(self))[row])
        at = int(self.start[row])
        code = self.code[at : at + int(self.length[row])].tolist()
        return {self.text[key]: self.text[value] for key, value in code}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]  # as a list has none

    @property
    def places(self) -> NDArray[np.int64]:
        """Where the tags stand in `code`, object by object."""
        return np.repeat(self.start - (np.cumsum(self.length) - self.length), self.length) + np.arange(
            self.length.sum()
        )


_AT_ONCE = 4096
"""Objects whose codes are Python's numbers at once: fast enough, and no memory for all of a country's."""


class TagColumns:
    """The tags of n objects by key: questions about all of them cost a few array steps, not a dict each."""

    def __init__(self, tags: Sequence[Tags]) -> None:
        """Sorts the tags by key; values are read when their key is asked for."""
        table = TagTable.of(tags)
        self.count = len(table)
        self._text = table.text
        code = table.code[table.places]
        number, keys = _numbered(code[:, 0], len(table.text))
        # Numbers of 16 bits are sorted in one pass.
        order = np.argsort(number.astype(np.uint16) if len(keys) < 1 << 16 else number, kind="stable")
        bounds = np.searchsorted(number[order], np.arange(len(keys) + 1)).tolist()
        self._span = {self._text[key]: (bounds[at], bounds[at + 1]) for at, key in enumerate(keys.tolist())}
        self._row = np.repeat(np.arange(len(table)), table.length)[order]
        self._value = code[order, 1]
        self._known: dict[str, TagColumn] = {}

    @property
    def keys(self) -> list[str]:
        """Every key that any of the objects has."""
        return list(self._span)

    def __getitem__(self, key: str) -> TagColumn:
        """The column of a key; an empty one if nothing has the key."""
        if key not in self._known:
            begin, end = self._span.get(key, (0, 0))
            rows = self._row[begin:end]
            is_last = np.append(rows[1:] != rows[:-1], True)[: len(rows)]
            codes, values = _numbered(self._value[begin:end][is_last], len(self._text))
            self._known[key] = TagColumn(rows[is_last], codes, [self._text[value] for value in values.tolist()])
        return self._known[key]


def _numbered(codes: NDArray[np.int32], count: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """(codes numbered anew as they first occur, the code of each number). count: codes are below it."""
    at = np.arange(len(codes))
    # Only what is written is read again: a table of all texts is not cleared for each key.
    first = np.empty(count, np.int64)
    first[codes[::-1]] = at[::-1]  # of a code that occurs twice the last one written stays: its first place
    found = codes[first[codes] == at]
    number = np.empty(count, np.int32)
    number[found] = np.arange(len(found))
    return number[codes], found


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
    tags: Sequence[Tags]

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
    tags: Sequence[Tags]

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
    tags: Sequence[Tags]

    @cached_property
    def columns(self) -> TagColumns:
        """The tags by key."""
        return TagColumns(self.tags)


@dataclass(frozen=True)
class OsmAreas:
    """Closed ways and multipolygon relations with area tags, assembled to valid polygons.

    id: (n,) int64 of the way or relation. kind: (n,) int8, WAY or RELATION.
    geometry: (n,) object array of shapely Polygon or MultiPolygon, WGS-84 degrees.
    """

    id: NDArray[np.int64]
    kind: NDArray[np.int8]
    geometry: NDArray[np.object_]
    tags: Sequence[Tags]

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
