"""A layer whose features change one by one: a large index, a small one over it, and the ids that it hides."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import GeometryType

from tiles.encode import LayerStack, encode_tile, stack_layers
from tiles.features import KINDS, CodedColumn, LayerFeatures, Value
from tiles.index import LayerIndex, build_layer
from tiles.join import Joined, join_layers

_SIMPLE = {  # the kind of each geometry that is not a collection
    GeometryType.POINT: "point",
    GeometryType.MULTIPOINT: "point",
    GeometryType.LINESTRING: "line",
    GeometryType.LINEARRING: "line",
    GeometryType.MULTILINESTRING: "line",
    GeometryType.POLYGON: "polygon",
    GeometryType.MULTIPOLYGON: "polygon",
}
_MULTI = {"point": shapely.multipoints, "line": shapely.multilinestrings, "polygon": shapely.multipolygons}
_TYPES = {str: "String", bool: "Boolean", int: "Number", float: "Number"}


@dataclass(frozen=True)
class Feature:
    """One thing on a layer. geometry: shapely, of any kind, WGS-84 degrees, split at 180 degrees by the caller."""

    id: int
    geometry: Any
    attributes: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Run:
    """Features indexed together: one index for each kind of geometry among them.

    ids: (n,) ascending, each once. boxes: (n, 4) around each, on the grid. fields: attribute -> type, as in TileJSON.
    """

    indexes: tuple[LayerIndex, ...]
    ids: NDArray[np.uint64]
    boxes: NDArray[np.int32]
    fields: Mapping[str, str]

    @cached_property
    def stack(self) -> LayerStack:
        """The indexes ready to be drawn."""
        return stack_layers(self.indexes)

    def boxes_of(self, ids: Iterable[int]) -> NDArray[np.int32]:
        """The boxes of those of the ids that are here."""
        wanted = np.fromiter(ids, np.uint64)
        if not len(self.ids):
            return self.boxes
        at = np.minimum(np.searchsorted(self.ids, wanted), len(self.ids) - 1)
        found: NDArray[np.int32] = self.boxes[at[self.ids[at] == wanted]]
        return found


Edits: TypeAlias = Mapping[int, Feature | None]
"""id -> the feature as it is now, None if it is gone."""


@dataclass(frozen=True, eq=False)
class EditedLayer:
    """A layer after some edits; it never changes, `edited` gives the next one.

    base: features as they once were. edits: all changes since. recent: what edits put in their place.
    gone: (e,) ascending ids of base that edits hide.
    """

    name: str
    base: Run
    edits: Edits
    recent: Run
    gone: NDArray[np.uint64]

    def __len__(self) -> int:
        hidden = len(np.intersect1d(self.base.ids, self.gone, assume_unique=True))
        return len(self.base.ids) - hidden + len(self.recent.ids)

    @cached_property
    def fields(self) -> dict[str, str]:
        """Attribute -> "String", "Number" or "Boolean"; "String" where features differ."""
        return _united([self.base.fields, self.recent.fields])

    @cached_property
    def grid_bounds(self) -> tuple[int, int, int, int] | None:
        """x_min, y_min, x_max, y_max of what is here and was here since the base was made; None if nothing was."""
        boxes = np.concatenate([self.base.boxes, self.recent.boxes])
        if not len(boxes):
            return None
        (x_min, y_min), (x_max, y_max) = boxes[:, :2].min(axis=0).tolist(), boxes[:, 2:].max(axis=0).tolist()
        return x_min, y_min, x_max, y_max

    def edited(self, edits: Edits) -> tuple["EditedLayer", NDArray[np.int32]]:
        """The layer with more edits, and the (n, 4) boxes on the grid where it may look different now.

        Takes 2 ms and 20 us for each edit since the base: make a new base of a layer with many. Raises BadFeatures.
        """
        total = {**self.edits, **edits}
        recent = build_run(self.name, [feature for feature in total.values() if feature is not None])
        layer = EditedLayer(self.name, self.base, total, recent, np.array(sorted(total), np.uint64))
        before = [self.recent.boxes_of(edits), self.base.boxes_of(edits.keys() - self.edits.keys())]
        return layer, np.concatenate([*before, recent.boxes_of(edits)])

    def encode(self, z: int, x: int, y: int, most_bytes: int = 1 << 26) -> Joined:
        """The layer's tile, features by rising id, and what is in it; the same bytes whenever edits were made.

        most_bytes: features with the highest ids are left out of a larger tile. Raises BadTile.
        """
        older = encode_tile(self.base.stack, z, x, y) if self.base.indexes else b""
        newer = encode_tile(self.recent.stack, z, x, y) if self.recent.indexes else b""
        return join_layers(self.name, older, newer, self.gone, most_bytes=most_bytes)


def build_edited_layer(name: str, features: Sequence[Feature]) -> EditedLayer:
    """A layer without edits. Takes 10 us for each feature, and more for large ones. Raises BadFeatures."""
    return EditedLayer(name, build_run(name, features), {}, build_run(name, []), np.empty(0, np.uint64))


def build_run(name: str, features: Sequence[Feature]) -> Run:
    """The features, whose ids differ, as indexes by kind. Raises BadFeatures."""
    if not features:
        return Run((), np.empty(0, np.uint64), np.empty((0, 4), np.int32), {})
    indexes = tuple(build_layer(one) for one in _by_kind(name, features))
    ids = np.concatenate([index.columns.ids for index in indexes])
    boxes = np.concatenate([index.columns.bbox for index in indexes])
    order = np.argsort(ids, kind="stable")
    ids, boxes = ids[order], boxes[order]
    first = np.ones(len(ids), bool)
    first[1:] = ids[1:] != ids[:-1]  # a collection is in several indexes
    begin = np.nonzero(first)[0]
    merged = np.empty((len(begin), 4), np.int32)
    if len(begin):
        merged[:, :2] = np.minimum.reduceat(boxes[:, :2], begin)
        merged[:, 2:] = np.maximum.reduceat(boxes[:, 2:], begin)
    return Run(indexes, ids[first], merged, _fields(features))


def _by_kind(name: str, features: Sequence[Feature]) -> Iterable[LayerFeatures]:
    """The features as one layer a kind; a collection gives its parts to several."""
    geometries = np.array([feature.geometry for feature in features], object)
    kinds = shapely.get_type_id(geometries)
    pieces: dict[str, list[tuple[int, Any]]] = {kind: [] for kind in KINDS}
    for row, (geometry, kind) in enumerate(zip(geometries, kinds.tolist(), strict=True)):
        if kind == GeometryType.GEOMETRYCOLLECTION:
            for part_kind, part in _parts_by_kind(geometry):
                pieces[part_kind].append((row, part))
        elif kind >= 0:
            pieces[_SIMPLE[GeometryType(kind)]].append((row, geometry))
    for layer_kind in KINDS:
        if chosen := pieces[layer_kind]:
            rows = [row for row, _ in chosen]
            shapes = np.empty(len(chosen), object)
            shapes[:] = [shape for _, shape in chosen]
            ids = np.array([features[row].id for row in rows], np.uint64)
            yield LayerFeatures(name, ids, layer_kind, shapes, attributes=_columns([features[row] for row in rows]))


def _parts_by_kind(collection: Any) -> Iterable[tuple[str, Any]]:
    parts = shapely.get_parts(collection)
    while (inner := shapely.get_type_id(parts) >= GeometryType.MULTIPOINT).any():
        parts = np.concatenate([parts[~inner], shapely.get_parts(parts[inner])])
    kinds = np.array([_SIMPLE[GeometryType(kind)] for kind in shapely.get_type_id(parts).tolist()])
    for kind in KINDS:
        if len(chosen := parts[kinds == kind]):
            yield kind, _MULTI[kind](chosen)


def _columns(features: Sequence[Feature]) -> dict[str, CodedColumn]:
    """Attributes by rising name, each with the numbers of its values."""
    found: dict[str, tuple[NDArray[np.int32], dict[tuple[type, Value], int]]] = {}
    for row, feature in enumerate(features):
        for name, value in feature.attributes.items():
            if name not in found:
                found[name] = np.full(len(features), -1, np.int32), {}
            codes, numbers = found[name]
            codes[row] = numbers.setdefault((type(value), value), len(numbers))
    return {
        name: CodedColumn(codes, [value for _, value in numbers]) for name, (codes, numbers) in sorted(found.items())
    }


def _fields(features: Sequence[Feature]) -> dict[str, str]:
    seen: dict[str, set[str]] = {}
    for feature in features:
        for name, value in feature.attributes.items():
            seen.setdefault(name, set()).add(_TYPES[type(value)])
    return {name: types.pop() if len(types) == 1 else "String" for name, types in sorted(seen.items())}


def _united(all_fields: Sequence[Mapping[str, str]]) -> dict[str, str]:
    united: dict[str, str] = {}
    for fields in all_fields:
        for name, kind in fields.items():
            united[name] = kind if united.get(name, kind) == kind else "String"
    return united
