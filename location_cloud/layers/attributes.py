"""What of a feature's free properties a tile can carry."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Value: TypeAlias = "str | int | float | bool"

MAX_TEXT = 1_000
"""Characters of one value; longer texts are cut. The whole text is a question to the feature itself."""

MAX_ATTRIBUTES = 64
"""Of one feature, the first ones by name."""

MAX_FIELDS = 256
"""Different names on one layer, the first ones by name: each takes 4 bytes a feature while a layer is indexed."""

MOST, LEAST = 2**64 - 1, -(2**63)
"""The integers that MVT 2.1 has a place for."""


def as_attributes(properties: Mapping[str, Any], fields: Collection[str] | None = None) -> dict[str, Value]:
    """The properties as plain values by rising name: lists and objects as JSON text, nothing for null.

    fields: only these.
    """
    chosen: dict[str, Value] = {}
    for name in sorted(properties if fields is None else properties.keys() & fields):
        value = _as_value(properties[name])
        if value is not None and len(chosen) < MAX_ATTRIBUTES:
            chosen[name[:MAX_TEXT]] = value
    return chosen


@dataclass(frozen=True)
class Names:
    """The names that a layer's tiles carry. is_cut: the layer has more than MAX_FIELDS, these are not all."""

    names: frozenset[str] = frozenset()
    is_cut: bool = False

    def with_more(self, rows: Iterable[Mapping[str, Any]]) -> Names:
        """These and those of more features, the first MAX_FIELDS by name; the same if they are cut already."""
        if self.is_cut:
            return self
        names, is_cut = set(self.names), False
        for row in rows:
            names.update(row)
            if len(names) > 2 * MAX_FIELDS:  # now and then: a layer may have millions of names
                names, is_cut = set(sorted(names)[:MAX_FIELDS]), True
        return Names(frozenset(sorted(names)[:MAX_FIELDS]), is_cut or len(names) > MAX_FIELDS)


def _as_value(value: Any) -> Value | None:
    match value:
        case None:
            return None
        case bool() | float():
            return value
        case int():
            return value if LEAST <= value <= MOST else str(value)
        case str():
            return value[:MAX_TEXT]
        case _:
            return json.dumps(value, ensure_ascii=False, separators=(",", ":"))[:MAX_TEXT]
