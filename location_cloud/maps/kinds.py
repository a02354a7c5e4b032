"""What an OSM object is on the base map: the table of layers, and which objects its lines choose."""

from __future__ import annotations

import importlib.resources
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from location_cloud.extract import TagColumn, TagColumns

TABLE = "basemap/shortbread.toml"

KindOfShape = Literal["point", "line", "polygon"]


@dataclass(frozen=True)
class Word:
    """One condition on a key. values: what it may say, empty = anything but "no". negated: it must not be so."""

    key: str
    values: frozenset[str]
    negated: bool

    def holds(self, columns: TagColumns, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether it holds, for each of the rows."""
        column = columns[self.key]
        codes = column.codes_at(rows)
        fits = np.append(self._fitting(column), False)  # the last one answers for code -1
        return np.asarray(fits[codes] != self.negated, bool)

    def find(self, columns: TagColumns) -> NDArray[np.int64]:
        """All rows where a plain (not negated) condition holds."""
        column = columns[self.key]
        return column.rows[self._fitting(column)[column.codes]]

    def _fitting(self, column: TagColumn) -> NDArray[np.bool_]:
        if not self.values:
            return np.fromiter((value != "no" for value in column.values), bool, len(column.values))
        return np.fromiter((value in self.values for value in column.values), bool, len(column.values))


@dataclass(frozen=True)
class Feature:
    """One line of the table: objects that the words choose are of this kind, drawn from this zoom on.

    kind: a word; "=key" for the value of the key; "" for none.
    """

    kind: str
    zoom: int
    words: tuple[Word, ...]


@dataclass(frozen=True)
class Layer:
    """One layer of the table (its first lines say what the members mean)."""

    name: str
    shape: KindOfShape
    of: Literal["areas", "ways", "open ways", "places"]
    features: tuple[Feature, ...]
    names: bool
    px: float
    all_from: int
    texts: Mapping[str, str]
    numbers: Mapping[str, str]
    flags: Mapping[str, tuple[tuple[Word, ...], ...]]
    unknown: Mapping[str, int]
    measured: tuple[str, ...]
    without: tuple[str, ...]
    joined_to: int
    joined_by: tuple[str, ...]

    @property
    def min_zoom(self) -> int:
        """The first zoom where anything is drawn."""
        return min(feature.zoom for feature in self.features)

    @property
    def fields(self) -> dict[str, str]:
        """Attribute -> type, as a TileJSON names them."""
        kind = {"kind": "String"} if any(feature.kind for feature in self.features) else {}
        names = dict.fromkeys(("name", "name_zh", "name_en"), "String") if self.names else {}
        refs = {"ref_rows": "Number", "ref_cols": "Number"} if self.has_shields else {}
        texts, flags = dict.fromkeys(self.texts, "String"), dict.fromkeys(self.flags, "Boolean")
        return kind | names | texts | refs | dict.fromkeys((*self.numbers, *self.measured), "Number") | flags

    @property
    def has_shields(self) -> bool:
        """Whether numbers of roads are written one below the other, with rows and columns beside."""
        return self.shape == "line" and self.names and "ref" in self.texts


@dataclass(frozen=True)
class Chosen:
    """The objects of a layer, m of them.

    rows: (m,) int64 ascending. line: (m,) which line of the layer's features chose each.
    """

    rows: NDArray[np.int64]
    line: NDArray[np.int64]


@cache
def base_layers() -> tuple[Layer, ...]:
    """The layers of the base map in the order of the table. Raises ValueError if the table contradicts itself."""
    text = importlib.resources.files("location_cloud.data").joinpath(TABLE).read_text(encoding="utf-8")
    return tuple(_layer(name, table) for name, table in tomllib.loads(text).items())


def choose(layer: Layer, columns: TagColumns) -> Chosen:
    """The objects that the layer's lines choose; of several lines the first one decides."""
    line = np.full(columns.count, -1, np.int16)
    for number, feature in enumerate(layer.features):
        rows = feature.words[0].find(columns)
        rows = rows[line[rows] < 0]
        for word in feature.words[1:]:
            rows = rows[word.holds(columns, rows)]
        line[rows] = number
    rows = np.flatnonzero(line >= 0)
    return Chosen(rows, line[rows].astype(np.int64))


def holds(words: tuple[Word, ...], columns: TagColumns, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether all words hold, for each of the rows."""
    result = np.ones(len(rows), bool)
    for word in words:
        result &= word.holds(columns, rows)
    return result


def parse_words(text: str) -> tuple[Word, ...]:
    """The words of a condition: key, !key, key=a|b, key!=a|b; the first must not be negated. Raises ValueError."""
    words = tuple(_word(word) for word in text.split())
    if not words or words[0].negated:
        raise ValueError(f"condition {text!r} must begin with what an object has, such as highway=primary")
    return words


def _word(text: str) -> Word:
    key, equals, values = text.partition("=")
    negated = key.startswith("!") or key.endswith("!")
    key = key.strip("!")
    if not key or (equals and not values):
        raise ValueError(f"{text!r} is no condition; write key, !key, key=a|b or key!=a|b")
    return Word(key, frozenset(values.split("|")) if equals else frozenset(), negated)


def _either(conditions: str | list[str]) -> tuple[tuple[Word, ...], ...]:
    return tuple(parse_words(text) for text in ([conditions] if isinstance(conditions, str) else conditions))


def _layer(name: str, table: dict[str, Any]) -> Layer:
    left = set(table) - _MEMBERS
    if left:
        raise ValueError(f"{TABLE}: [{name}] has {sorted(left)}; known are {sorted(_MEMBERS)}")
    return Layer(
        name=name,
        shape=table["shape"],
        of=table["of"],
        features=tuple(Feature(kind, zoom, parse_words(words)) for kind, zoom, words in table["features"]),
        names=table.get("names", False),
        px=table.get("px", 0.0),
        all_from=table.get("all_from", 0),
        texts=table.get("texts", {}),
        numbers=table.get("numbers", {}),
        flags={flag: _either(conditions) for flag, conditions in table.get("flags", {}).items()},
        unknown=table.get("unknown", {}),
        measured=tuple(table.get("measured", ())),
        without=tuple(table.get("without", ())),
        joined_to=table.get("joined_to", -1),
        joined_by=tuple(table.get("joined_by", ())),
    )


_MEMBERS = {
    "shape",
    "of",
    "features",
    "names",
    "px",
    "all_from",
    "texts",
    "numbers",
    "flags",
    "unknown",
    "measured",
    "without",
    "joined_to",
    "joined_by",
}
