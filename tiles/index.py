"""A layer ready to be cut into tiles: flat read-only arrays that can be saved, memory-mapped and shared."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tiles.attributes import encode_attributes
from tiles.cells import build_cells
from tiles.errors import BadIndex
from tiles.features import KINDS, Kind, LayerFeatures
from tiles.importance import vertex_zooms
from tiles.mercator import GRID_SIZE, GRID_ZOOM, MAX_ZOOM, lonlat_from_grid
from tiles.shapes import GridShapes, grid_shapes
from tiles.soundness import sound_zooms

FORMAT = 2  # of the saved arrays; another number is refused


class Columns(NamedTuple):
    """All arrays of a layer: n features, p parts, v vertices, t tags, c cells. `_start` arrays have one entry more."""

    ids: NDArray[np.uint64]  # (n,)
    min_zoom: NDArray[np.uint8]  # (n,)
    max_zoom: NDArray[np.uint8]  # (n,)
    bbox: NDArray[np.int32]  # (n, 4) x_min, y_min, x_max, y_max on the grid
    feature_start: NDArray[np.int64]  # (n + 1,) into parts
    part_start: NDArray[np.int64]  # (p + 1,) into vertices
    is_hole: NDArray[np.uint8]  # (p,)
    xy: NDArray[np.int32]  # (v, 2) on the grid, rings without closing vertex
    vertex_zoom: NDArray[np.uint8]  # (v,) first zoom where the vertex is drawn
    sound_zooms: NDArray[np.uint32]  # (n,) of polygons: see `tiles.soundness`; 0 of others
    tag_start: NDArray[np.int64]  # (n + 1,) into tags
    tags: NDArray[np.int32]  # (t, 2) key number, value number
    key_start: NDArray[np.int64]
    key_bytes: NDArray[np.uint8]
    value_start: NDArray[np.int64]
    value_bytes: NDArray[np.uint8]
    cell_keys: NDArray[np.int64]  # (c,)
    cell_start: NDArray[np.int64]  # (c + 1,) into cell_rows
    cell_rows: NDArray[np.int32]


_TYPES: dict[str, tuple[type[np.generic], int]] = {  # of each column: item type and items a row (0: a flat array)
    "ids": (np.uint64, 0),
    "min_zoom": (np.uint8, 0),
    "max_zoom": (np.uint8, 0),
    "bbox": (np.int32, 4),
    "feature_start": (np.int64, 0),
    "part_start": (np.int64, 0),
    "is_hole": (np.uint8, 0),
    "xy": (np.int32, 2),
    "vertex_zoom": (np.uint8, 0),
    "sound_zooms": (np.uint32, 0),
    "tag_start": (np.int64, 0),
    "tags": (np.int32, 2),
    "key_start": (np.int64, 0),
    "key_bytes": (np.uint8, 0),
    "value_start": (np.int64, 0),
    "value_bytes": (np.uint8, 0),
    "cell_keys": (np.int64, 0),
    "cell_start": (np.int64, 0),
    "cell_rows": (np.int32, 0),
}
VARIANT_COLUMNS = frozenset({"xy", "bbox", "sound_zooms", "cell_keys", "cell_start", "cell_rows"})
"""What the same layer in other coordinates has of its own."""

Project = Callable[[NDArray[np.float64]], NDArray[np.int32]]
"""(n, 2) degrees -> (n, 2) grid points."""

_STARTS = {  # which array each array of starts cuts up, and which one it has a piece for (None: nothing else)
    "feature_start": ("is_hole", "ids"),
    "part_start": ("xy", "is_hole"),
    "tag_start": ("tags", "ids"),
    "key_start": ("key_bytes", None),
    "value_start": ("value_bytes", None),
    "cell_start": ("cell_rows", "cell_keys"),
}


@dataclass(frozen=True, eq=False)
class LayerIndex:
    """One layer of a tile set. Make it with `build_layer` or `LayerIndex.from_arrays`; it never changes."""

    name: str
    kind: Kind
    columns: Columns
    stacks: dict[tuple[int, ...], Any] = field(default_factory=dict, repr=False)  # `tiles.encode` keeps its own here

    def __len__(self) -> int:
        return len(self.columns.ids)

    @property
    def grid_bounds(self) -> tuple[int, int, int, int] | None:
        """x_min, y_min, x_max, y_max of all features on the grid; None if there are none."""
        bbox = self.columns.bbox
        if not len(bbox):
            return None
        x_min, y_min = bbox[:, :2].min(axis=0).tolist()
        x_max, y_max = bbox[:, 2:].max(axis=0).tolist()
        return x_min, y_min, x_max, y_max

    @cached_property
    def most_vertices(self) -> int:
        """Of one feature."""
        columns = self.columns
        return int(np.diff(columns.part_start[columns.feature_start]).max(initial=0))

    @cached_property
    def table_row(self) -> NDArray[np.int64]:
        """Address and rows of each column, kind, first zoom: what `tiles.table` reads; good while the layer lives."""
        columns = self.columns
        pairs = [(column.__array_interface__["data"][0], len(column)) for column in columns]
        first_zoom = int(columns.min_zoom.min()) if len(self) else MAX_ZOOM + 1
        return np.array([*(number for pair in pairs for number in pair), KINDS.index(self.kind), first_zoom], np.int64)

    def as_arrays(self) -> dict[str, NDArray[Any]]:
        """The whole index as named arrays, to be saved as .npy files and given to `from_arrays` later."""
        about: dict[str, NDArray[Any]] = {
            "format": np.array([FORMAT, GRID_ZOOM, KINDS.index(self.kind)], np.int64),
            "name": np.frombuffer(self.name.encode(), np.uint8),
        }
        return about | {name: getattr(self.columns, name) for name in Columns._fields}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "LayerIndex":
        """The index that `as_arrays` gave. Memory-mapped arrays are used in place; nothing is copied.

        Raises BadIndex if an array is missing, of another type or version, or points outside another one.
        """
        missing = sorted({"format", "name", *_TYPES} - arrays.keys())
        if missing:
            raise BadIndex(f"array {missing[0]!r} is missing; build the layer again")
        about = arrays["format"].tolist()
        if about[:2] != [FORMAT, GRID_ZOOM] or about[2:] not in ([kind] for kind in range(len(KINDS))):
            raise BadIndex(f"format={about} is not [{FORMAT}, {GRID_ZOOM}, kind]; build the layer again")
        columns = Columns(**{name: _column(name, arrays[name]) for name in _TYPES})
        _check(columns)
        return cls(bytes(arrays["name"]).decode(), KINDS[about[2]], columns)

    def variant_arrays(self) -> dict[str, NDArray[Any]]:
        """Of a layer that `build_variant` made: the arrays that it does not share, for `with_variant`."""
        return {name: getattr(self.columns, name) for name in VARIANT_COLUMNS}

    def with_variant(self, arrays: Mapping[str, NDArray[Any]]) -> "LayerIndex":
        """The layer with the arrays that `variant_arrays` gave, mapped or not. Raises BadIndex as `from_arrays`."""
        missing = sorted(VARIANT_COLUMNS - arrays.keys())
        if missing:
            raise BadIndex(f"array {missing[0]!r} of the variant is missing; build the layer again")
        columns = self.columns._replace(**{name: _column(name, arrays[name]) for name in VARIANT_COLUMNS})
        _check(columns)
        return LayerIndex(self.name, self.kind, columns)


def build_layer(features: LayerFeatures) -> LayerIndex:
    """The index of a layer's features. Slow: about 0.15 s for 20,000 buildings.

    Features are ordered by first zoom, then along a space-filling curve, and tiles keep that order: what is drawn
    earlier on comes first, which is the order in which renderers place labels. A feature without a shape is left out.
    Raises BadFeatures.
    """
    shapes = grid_shapes(features)
    bbox, present = _boxes(shapes)
    count = len(features.ids)
    min_zoom = np.broadcast_to(np.asarray(features.min_zoom, np.uint8), count)
    max_zoom = np.broadcast_to(np.asarray(features.max_zoom, np.uint8), count)
    rows = np.nonzero(present & (min_zoom <= max_zoom))[0]
    rows = rows[np.lexsort((features.ids[rows], _morton(bbox[rows]), min_zoom[rows]))]
    shapes = _reordered(shapes, rows)
    attributes = encode_attributes(features.attributes, rows)
    bbox, min_zoom, max_zoom = bbox[rows], min_zoom[rows], max_zoom[rows]
    vertex_zoom = vertex_zooms(shapes.xy, shapes.part_start, closed=features.kind == "polygon")
    columns = Columns(
        ids=features.ids[rows],
        min_zoom=min_zoom,
        max_zoom=max_zoom,
        bbox=bbox,
        vertex_zoom=vertex_zoom,
        sound_zooms=_sound_zooms(features.kind, shapes, vertex_zoom, bbox, min_zoom),
        **shapes._asdict(),
        **attributes._asdict(),
        **build_cells(bbox, min_zoom, max_zoom)._asdict(),
    )
    return LayerIndex(features.name, features.kind, _columns(columns._asdict()))


def build_variant(layer: LayerIndex, project: Project) -> LayerIndex:
    """The same layer in other coordinates: GCJ-02, BD-09, or another cut of the world such as EPSG:4490's.

    project: (v, 2) longitudes and latitudes in degrees -> (v, 2) int32 grid points; `tiles.mercator.grid_from_lonlat`
    after a shift of datum, or `degree_grid_from_lonlat` for tiles cut in degrees. It should be smooth: features keep
    their first zooms, vertices theirs. Ids, attributes, order and structure are shared with the layer, not copied; its
    own are the arrays of VARIANT_COLUMNS, about 8 bytes a vertex and 30 a feature. `encode_tile` takes it as any layer.
    Slow: a third of `build_layer`. Save `variant_arrays()` of what comes back; `layer.with_variant(arrays)` opens it.
    """
    shared = layer.columns
    xy = np.ascontiguousarray(project(lonlat_from_grid(shared.xy)), np.int32)
    shapes = GridShapes(shared.feature_start, shared.part_start, shared.is_hole, xy)
    bbox, _ = _boxes(shapes)
    own = {
        "xy": xy,
        "bbox": bbox,
        "sound_zooms": _sound_zooms(layer.kind, shapes, shared.vertex_zoom, bbox, shared.min_zoom),
        **build_cells(bbox, shared.min_zoom, shared.max_zoom)._asdict(),
    }
    return LayerIndex(layer.name, layer.kind, _columns(shared._asdict() | own))


def _sound_zooms(
    kind: Kind,
    shapes: GridShapes,
    vertex_zoom: NDArray[np.uint8],
    bbox: NDArray[np.int32],
    min_zoom: NDArray[np.uint8],
) -> NDArray[np.uint32]:
    if kind != "polygon":
        return np.zeros(len(bbox), np.uint32)
    return sound_zooms(
        shapes.feature_start, shapes.part_start, shapes.is_hole, shapes.xy, vertex_zoom, bbox, np.array(min_zoom)
    )


def _columns(arrays: Mapping[str, NDArray[Any]]) -> Columns:
    return Columns(
        **{name: _column(name, np.ascontiguousarray(arrays[name], kind)) for name, (kind, _) in _TYPES.items()}
    )


def _boxes(shapes: GridShapes) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """The box of each feature and whether it has any vertex."""
    first = shapes.part_start[shapes.feature_start]
    present = first[1:] > first[:-1]
    bbox = np.zeros((len(present), 4), np.int32)
    if present.any():
        # reduceat over the present ones only: an empty range would repeat the following feature's first vertex.
        begin = first[:-1][present]
        bbox[present, :2] = np.minimum.reduceat(shapes.xy, begin)
        bbox[present, 2:] = np.maximum.reduceat(shapes.xy, begin)
    return bbox, present


def _morton(bbox: NDArray[np.int32]) -> NDArray[np.int64]:
    """The position of each box's centre along the Z-order curve over the zoom-20 cells."""
    centre = (bbox[:, :2].astype(np.int64) + bbox[:, 2:]) // 2
    x, y = np.clip(centre, 0, GRID_SIZE - 1).T >> 8
    code = np.zeros(len(bbox), np.int64)
    for bit in range(20):
        code |= (x >> bit & 1) << 2 * bit | (y >> bit & 1) << 2 * bit + 1
    return code


def _reordered(shapes: GridShapes, rows: NDArray[np.int64]) -> GridShapes:
    """The shapes of the chosen rows in their order."""
    parts, feature_start = _gather(shapes.feature_start, rows)
    vertices, part_start = _gather(shapes.part_start, parts)
    return GridShapes(feature_start, part_start, shapes.is_hole[parts], shapes.xy[vertices])


def _gather(start: NDArray[np.int64], rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The items of the chosen rows of a compressed list, and the starts of the new list."""
    size = start[rows + 1] - start[rows]
    new_start = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
    items = np.arange(new_start[-1]) + np.repeat(start[rows] - new_start[:-1], size)
    return items, new_start


def _column(name: str, array: NDArray[Any]) -> NDArray[Any]:
    """The array as a plain read-only one: one type for built and mapped layers, so compiled code is compiled once."""
    dtype, width = _TYPES[name]
    if array.dtype != dtype or array.shape[1:] != ((width,) if width else ()) or not array.flags.c_contiguous:
        raise BadIndex(f"array {name!r} is {array.dtype} {array.shape}, not {np.dtype(dtype)} rows of {width or 1}")
    plain = array.view(np.ndarray)
    plain.flags.writeable = False
    return plain


def _check(columns: Columns) -> None:
    """Raises BadIndex unless compiled code, which checks no bounds, stays inside every array."""
    arrays = columns._asdict()
    for name, (target, owner) in _STARTS.items():
        start = arrays[name]
        if not len(start) or start[0] != 0 or start[-1] != len(arrays[target]) or (np.diff(start) < 0).any():
            raise BadIndex(f"array {name!r} does not cut up {target!r}; build the layer again")
        if owner and len(start) != len(arrays[owner]) + 1:
            raise BadIndex(f"array {name!r} has {len(start)} entries for {len(arrays[owner])} of {owner!r}")
    for name in ("min_zoom", "max_zoom", "bbox", "sound_zooms"):
        if len(arrays[name]) != len(columns.ids):
            raise BadIndex(f"array {name!r} has {len(arrays[name])} rows for {len(columns.ids)} features")
    if len(columns.vertex_zoom) != len(columns.xy):
        raise BadIndex(f"array 'vertex_zoom' has {len(columns.vertex_zoom)} rows for {len(columns.xy)} vertices")
    limits = np.array([len(columns.key_start) - 1, len(columns.value_start) - 1])
    if ((columns.tags < 0) | (columns.tags >= limits)).any():
        raise BadIndex("array 'tags' names keys or values that are not there; build the layer again")
    if ((columns.cell_rows < 0) | (columns.cell_rows >= len(columns.ids))).any():
        raise BadIndex("array 'cell_rows' names features that are not there; build the layer again")
