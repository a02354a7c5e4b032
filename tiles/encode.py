"""One tile of any layers as Mapbox Vector Tile 2.1 bytes, made in one compiled pass over the layer's arrays."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tiles.attributes import put_varint
from tiles.cells import candidate_rows
from tiles.clip import HIGH, LOW
from tiles.compiled import entry_point, kernel
from tiles.features import KINDS
from tiles.geometry import Frame, Parts, write_lines, write_points, write_polygons
from tiles.index import Columns, DictionarySlots, LayerIndex
from tiles.mercator import EXTENT, EXTENT_BITS, GRID_ZOOM, check_tile
from tiles.ordering import longer
from tiles.varint import id_size, put_bytes, put_id, put_uint, uint_size, with_room

# Tags of the MVT 2.1 schema (vector_tile.proto): field number << 3 | wire type.
_TILE_LAYER = b"\x1a"
_LAYER_VERSION_2 = b"\x78\x02"
_LAYER_NAME = b"\x0a"
_LAYER_EXTENT = b"\x28"
_LAYER_FEATURE = 0x12
_FEATURE_ID, _FEATURE_TAGS, _FEATURE_TYPE, _FEATURE_GEOMETRY = 0x08, 0x12, 0x18, 0x22
_FEATURE_FIXED_BYTES = 40  # at most: all tags and lengths of a feature, its id and its type
_POINT, _LINE = KINDS.index("point"), KINDS.index("line")


def encode_tile(layers: Sequence[LayerIndex], z: int, x: int, y: int) -> bytes:
    """The MVT 2.1 tile (z, x, y) of the given layers in their order; b"" if nothing of them is in it.

    Extent 4096, buffer 64. The same layers give the same bytes on every machine. Threads may share the layers;
    the compiled part holds no GIL. Polygons are valid, shells with positive area. A line or area smaller than one
    unit of the tile may vanish. Raises BadTile.
    """
    check_tile(z, x, y)
    return b"".join(_encode_layer(layer, z, x, y) for layer in layers)


def _encode_layer(layer: LayerIndex, z: int, x: int, y: int) -> bytes:
    try:
        slots = layer.idle_slots.pop()  # atomic, so no two threads ever hold the same ones
    except IndexError:
        keys, values = len(layer.columns.key_start) - 1, len(layer.columns.value_start) - 1
        slots = DictionarySlots(np.full(keys, -1, np.int32), np.full(values, -1, np.int32))
    body, size = _encode_rows(layer.columns, KINDS.index(layer.kind), slots, z, x, y)
    layer.idle_slots.append(slots)
    if not size:
        return b""
    name = layer.name.encode()
    head = _LAYER_VERSION_2 + _LAYER_NAME + put_varint(len(name)) + name
    tail = _LAYER_EXTENT + put_varint(EXTENT)
    length = put_varint(len(head) + size + len(tail))
    return b"".join((_TILE_LAYER, length, head, body[:size].data, tail))


@entry_point
def _encode_rows(
    columns: Columns, kind: int, slots: DictionarySlots, z: int, x: int, y: int
) -> tuple[NDArray[np.uint8], int]:
    """The features, keys and values of a layer message, and their size in bytes; all slots are -1 again after."""
    out, at = np.empty(1 << 14, np.uint8), 0
    shift = GRID_ZOOM - z
    scale = 2.0 ** (EXTENT_BITS - shift)
    west, north = x << shift, y << shift
    frame = Frame(z, west, north, scale)
    parts = Parts(columns.part_start, columns.is_hole, columns.xy, columns.vertex_zoom)
    geometry = np.empty(1 << 12, np.uint8)
    used_keys, used_values = np.empty(16, np.int64), np.empty(64, np.int64)
    key_count, value_count = 0, 0
    for row in candidate_rows(columns.cell_keys, columns.cell_start, columns.cell_rows, z, x, y):
        if columns.min_zoom[row] > z or columns.max_zoom[row] < z:
            continue
        x_min, y_min = (columns.bbox[row, 0] - west) * scale, (columns.bbox[row, 1] - north) * scale
        x_max, y_max = (columns.bbox[row, 2] - west) * scale, (columns.bbox[row, 3] - north) * scale
        if x_min > HIGH or y_min > HIGH or x_max < LOW or y_max < LOW:
            continue
        inside = x_min >= LOW and y_min >= LOW and x_max <= HIGH and y_max <= HIGH
        first, end = columns.feature_start[row], columns.feature_start[row + 1]
        if kind == _POINT:
            geometry, size = write_points(parts, first, end, frame, geometry)
        elif kind == _LINE:
            geometry, size = write_lines(parts, first, end, frame, inside, geometry)
        else:
            geometry, size = write_polygons(parts, first, end, frame, inside, geometry)
        if size == 0:
            continue
        tags = columns.tags[columns.tag_start[row] : columns.tag_start[row + 1]]
        used_keys, used_values = (
            longer(used_keys, key_count + len(tags)),
            longer(used_values, value_count + len(tags)),
        )
        tag_bytes = 0
        for tag in range(len(tags)):
            key_count = _take_slot(slots.keys, tags[tag, 0], used_keys, key_count)
            value_count = _take_slot(slots.values, tags[tag, 1], used_values, value_count)
            tag_bytes += uint_size(slots.keys[tags[tag, 0]]) + uint_size(slots.values[tags[tag, 1]])
        out = with_room(out, at, size + tag_bytes + _FEATURE_FIXED_BYTES)
        at = _put_feature(out, at, columns.ids[row], kind, tags, slots, tag_bytes, geometry, size)
    out, at = _put_dictionary(out, at, used_keys, key_count, columns.key_start, columns.key_bytes, slots.keys)
    return _put_dictionary(out, at, used_values, value_count, columns.value_start, columns.value_bytes, slots.values)


@kernel
def _take_slot(slots: NDArray[np.int32], entry: int, used: NDArray[np.int64], count: int) -> int:
    """Gives the entry the next place in the tile's dictionary if it has none yet; gives the dictionary's new size."""
    if slots[entry] >= 0:
        return count
    slots[entry] = count
    used[count] = entry
    return count + 1


@kernel
def _put_feature(
    out: NDArray[np.uint8],
    at: int,
    feature_id: np.uint64,
    kind: int,
    tags: NDArray[np.int32],
    slots: DictionarySlots,
    tag_bytes: int,
    geometry: NDArray[np.uint8],
    size: int,
) -> int:
    """Writes one Feature message of section 4.2; gives the position behind it."""
    length = 1 + id_size(feature_id) + 2 + 1 + uint_size(size) + size
    if tag_bytes:
        length += 1 + uint_size(tag_bytes) + tag_bytes
    out[at] = _LAYER_FEATURE
    at = put_uint(out, at + 1, length)
    out[at] = _FEATURE_ID
    at = put_id(out, at + 1, feature_id)
    if tag_bytes:
        out[at] = _FEATURE_TAGS
        at = put_uint(out, at + 1, tag_bytes)
        for tag in range(len(tags)):
            at = put_uint(out, at, slots.keys[tags[tag, 0]])
            at = put_uint(out, at, slots.values[tags[tag, 1]])
    out[at] = _FEATURE_TYPE
    out[at + 1] = kind + 1  # GeomType: POINT 1, LINESTRING 2, POLYGON 3, in the order of KINDS
    out[at + 2] = _FEATURE_GEOMETRY
    at = put_uint(out, at + 3, size)
    return put_bytes(out, at, geometry, 0, size)


@kernel
def _put_dictionary(
    out: NDArray[np.uint8],
    at: int,
    used: NDArray[np.int64],
    count: int,
    start: NDArray[np.int64],
    source: NDArray[np.uint8],
    slots: NDArray[np.int32],
) -> tuple[NDArray[np.uint8], int]:
    """Appends the used entries in the order of their slots and empties the slots."""
    for number in range(count):
        entry = used[number]
        begin, end = start[entry], start[entry + 1]
        out = with_room(out, at, end - begin)
        at = put_bytes(out, at, source, begin, end)
        slots[entry] = -1
    return out, at
