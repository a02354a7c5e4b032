"""The attributes of chosen OSM objects as coded columns: each distinct text once, a number an object."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from location_cloud.extract import TagColumns
from location_cloud.maps.kinds import Chosen, Layer, Word, holds
from tiles.features import CodedColumn, Value

NAMES = {"name": ("name",), "name_zh": ("name:zh-Hans", "name:zh"), "name_en": ("name:en",)}
"""Attribute -> keys, the first that an object has. `name` is as written there, so in Chinese in China."""


@dataclass(frozen=True)
class Objects:
    """What one kind of OSM object gives to a layer: its tags, and which of them were chosen."""

    columns: TagColumns
    chosen: Chosen


def list_attributes(layer: Layer, sources: list[Objects]) -> dict[str, CodedColumn]:
    """The layer's attributes of the chosen objects of all sources, one source after the other."""
    found: dict[str, CodedColumn] = {}
    kinds = _joined([_kind(layer, source) for source in sources])
    if any(feature.kind for feature in layer.features):
        found["kind"] = kinds
    for name, keys in (NAMES if layer.names else {}).items():
        found[name] = _joined([_first_text(source, keys) for source in sources])
    for name, key in layer.texts.items():
        found[name] = _joined([_first_text(source, (key,)) for source in sources])
    if layer.has_shields:
        found |= _shields(found["ref"])
    for name, key in layer.numbers.items():
        found[name] = _number(_joined([_first_text(source, (key,)) for source in sources]), kinds, layer)
    for name, conditions in layer.flags.items():
        found[name] = _joined([_flag(source, conditions) for source in sources])
    return found


def _kind(layer: Layer, source: Objects) -> CodedColumn:
    rows, line = source.chosen.rows, source.chosen.line
    codes, values = np.full(len(rows), -1, np.int32), list[Value]()
    for number in np.unique(line).tolist():
        kind = layer.features[number].kind
        here = np.flatnonzero(line == number)
        if kind.startswith("="):
            column = source.columns[kind[1:]]
            codes[here] = column.codes_at(rows[here]) + len(values)
            values += column.values
        elif kind:
            codes[here] = len(values)
            values.append(kind)
    return CodedColumn(codes, values)


def _first_text(source: Objects, keys: tuple[str, ...]) -> CodedColumn:
    codes, values = np.full(len(source.chosen.rows), -1, np.int32), list[Value]()
    for key in keys:
        column = source.columns[key]
        of_key = column.codes_at(source.chosen.rows)
        codes = np.where((codes < 0) & (of_key >= 0), of_key + len(values), codes).astype(np.int32)
        values += column.values
    return CodedColumn(codes, values)


def _flag(source: Objects, conditions: tuple[tuple[Word, ...], ...]) -> CodedColumn:
    rows = source.chosen.rows
    true = np.zeros(len(rows), bool)
    for words in conditions:
        true |= holds(words, source.columns, rows)
    return CodedColumn(true.astype(np.int32) - 1, [True])  # what is not so is left out: a fifth of a tile


def _shields(ref: CodedColumn) -> dict[str, CodedColumn]:
    """Road numbers one below the other, and how many lines and letters that takes."""
    texts = [str(value).replace("; ", "\n").replace(";", "\n") for value in ref.values]
    return {
        "ref": CodedColumn(ref.codes, texts),
        "ref_rows": CodedColumn(ref.codes, [text.count("\n") + 1 for text in texts]),
        "ref_cols": CodedColumn(ref.codes, [max(map(len, text.split("\n"))) for text in texts]),
    }


def _number(written: CodedColumn, kinds: CodedColumn, layer: Layer) -> CodedColumn:
    """Whole numbers; where none is written, or no number, the usual one of the kind."""
    usual = [layer.unknown.get(str(kind), -1) for kind in kinds.values]
    numbers = np.array([*map(_whole_number, written.values), -1], np.int64)[written.codes]
    missing = numbers < 0
    numbers[missing] = np.array([*usual, -1], np.int64)[kinds.codes[missing]]
    values, codes = np.unique(numbers, return_inverse=True)
    unknown = int(len(values) > 0 and values[0] < 0)
    return CodedColumn((codes - unknown).astype(np.int32), values[unknown:].tolist())


def _whole_number(text: Value) -> int:
    digits = str(text).replace(",", "").replace(" ", "")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 12 else -1


def _joined(columns: list[CodedColumn]) -> CodedColumn:
    if len(columns) == 1:
        return columns[0]
    values, codes = list[Value](), []
    for column in columns:
        codes.append(np.where(column.codes < 0, -1, column.codes + len(values)))
        values += column.values
    return CodedColumn(np.concatenate(codes).astype(np.int32), values)
