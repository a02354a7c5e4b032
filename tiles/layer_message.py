"""One layer message of a tile: its features one after the other, then the keys and values that they use."""

import numpy as np
from numpy.typing import NDArray

from tiles.cells import next_row
from tiles.clip import HIGH, LOW
from tiles.compiled import kernel, leaf
from tiles.features import KINDS
from tiles.geometry import (
    Parts,
    frame_of,
    put_cut_line,
    put_cut_polygon,
    put_point_feature,
    put_sound_polygon,
    put_whole_line,
)
from tiles.index import Columns
from tiles.mercator import FULL_ZOOM, GRID_ZOOM
from tiles.scratch import Desk
from tiles.varint import BYTES_A_PATH, BYTES_A_VERTEX, close_length, put_bytes, put_id, put_short

# Tags of the MVT 2.1 schema (vector_tile.proto): field number << 3 | wire type.
_LAYER_FEATURE = 0x12
_FEATURE_ID, _FEATURE_TAGS, _FEATURE_TYPE, _FEATURE_GEOMETRY = 0x08, 0x12, 0x18, 0x22
_FEATURE_FIXED_BYTES = 48  # at most: all tags and lengths of a feature, its id and its type
_BYTES_A_TAG = 10
_POINT, _LINE = KINDS.index("point"), KINDS.index("line")


@kernel
def put_rows(columns: Columns, kind: int, desk: Desk, z: int, x: int, y: int, cells: int) -> int:
    """Writes features, keys and values of a layer message to desk.body; gives their size, or -(bytes needed)."""
    frame = frame_of(z, x << (GRID_ZOOM - z), y << (GRID_ZOOM - z))
    parts = Parts(columns.part_start, columns.is_hole, columns.xy, columns.vertex_zoom)
    sound_bit = 1 << z if z <= FULL_ZOOM else 0
    low, high = LOW << frame.down, HIGH << frame.down  # of the buffered tile, in units of the boxes below
    out = desk.body
    at, key_count, value_count = 0, 0, 0
    while True:
        row = next_row(columns.cell_rows, desk.head, desk.end, cells)
        if row < 0 or columns.min_zoom[row] > z:
            break  # rows are in order of their first zooms
        if columns.max_zoom[row] < z:
            continue
        x_min, y_min = columns.bbox[row, 0] - frame.west << frame.up, columns.bbox[row, 1] - frame.north << frame.up
        x_max, y_max = columns.bbox[row, 2] - frame.west << frame.up, columns.bbox[row, 3] - frame.north << frame.up
        if x_min > high or y_min > high or x_max < low or y_max < low:
            continue
        inside = x_min >= low and y_min >= low and x_max <= high and y_max <= high
        first, last = columns.feature_start[row], columns.feature_start[row + 1]
        vertices = columns.part_start[last] - columns.part_start[first]
        tag, tag_end = columns.tag_start[row], columns.tag_start[row + 1]
        most = BYTES_A_VERTEX * vertices + BYTES_A_PATH * (last - first)
        if kind == _LINE and not inside:
            most += (BYTES_A_VERTEX + BYTES_A_PATH) * vertices  # if every segment is a piece of its own
        most += _BYTES_A_TAG * (tag_end - tag) + _FEATURE_FIXED_BYTES
        if at + most > out.size:
            return _give_up(desk, key_count, value_count, at + most)
        # Lengths are written when what they count is there: each keeps one byte free, and makes more room if it must.
        keys_before, values_before = key_count, value_count
        out[at] = _LAYER_FEATURE
        out[at + 2] = _FEATURE_ID
        to = put_id(out, at + 3, columns.ids[row])
        if tag_end > tag:
            out[to] = _FEATURE_TAGS
            mark = to + 1
            to += 2
            while tag < tag_end:
                key, value = columns.tags[tag, 0], columns.tags[tag, 1]
                key_count = _take_slot(desk.keys, key, desk.used_keys, key_count)
                value_count = _take_slot(desk.values, value, desk.used_values, value_count)
                to = put_short(out, to, desk.keys[key])
                to = put_short(out, to, desk.values[value])
                tag += 1
            to = close_length(out, mark, to)
        out[to] = _FEATURE_TYPE
        out[to + 1] = kind + 1  # GeomType: POINT 1, LINESTRING 2, POLYGON 3, in the order of KINDS
        out[to + 2] = _FEATURE_GEOMETRY
        mark = to + 3
        to += 4
        if kind == _POINT:
            to = put_point_feature(parts, first, last, frame, desk.xs, desk.ys, out, to)
        elif kind == _LINE:
            if inside:
                to = put_whole_line(parts, first, last, frame, desk.xs, desk.ys, out, to)
            else:
                to = put_cut_line(parts, first, last, frame, desk.xs, desk.ys, out, to)
        elif inside and columns.sound_zooms[row] & sound_bit:
            to = put_sound_polygon(parts, first, last, frame, desk.xs, desk.ys, out, to)
        else:
            to = put_cut_polygon(parts, first, last, frame, inside, out, to)
            if to < 0:
                return _give_up(desk, key_count, value_count, _FEATURE_FIXED_BYTES - to)
        if to == mark + 1:
            key_count = _empty_slots(desk.keys, desk.used_keys, keys_before, key_count)
            value_count = _empty_slots(desk.values, desk.used_values, values_before, value_count)
            continue
        to = close_length(out, mark, to)
        at = close_length(out, at + 1, to)
    if at == 0:
        return 0
    used = at + _bytes_of(desk.used_keys, key_count, columns.key_start)
    used += _bytes_of(desk.used_values, value_count, columns.value_start)
    if used > out.size:
        return _give_up(desk, key_count, value_count, used)
    at = _put_dictionary(out, at, desk.used_keys, key_count, columns.key_start, columns.key_bytes, desk.keys)
    return _put_dictionary(
        out, at, desk.used_values, value_count, columns.value_start, columns.value_bytes, desk.values
    )


@leaf
def _take_slot(slots: NDArray[np.int32], entry: int, used: NDArray[np.int64], count: int) -> int:
    """Gives the entry the next place in the tile's dictionary if it has none yet; gives the dictionary's new size."""
    if slots[entry] >= 0:
        return count
    slots[entry] = count
    used[count] = entry
    return count + 1


@kernel
def _empty_slots(slots: NDArray[np.int32], used: NDArray[np.int64], count: int, taken: int) -> int:
    """Takes back all places from `count` on; gives `count`."""
    for number in range(count, taken):
        slots[used[number]] = -1
    return count


@kernel
def _give_up(desk: Desk, key_count: int, value_count: int, wanted: int) -> int:
    _empty_slots(desk.keys, desk.used_keys, 0, key_count)
    _empty_slots(desk.values, desk.used_values, 0, value_count)
    return -wanted


@kernel
def _bytes_of(used: NDArray[np.int64], count: int, start: NDArray[np.int64]) -> int:
    size = 0
    for number in range(count):
        size += start[used[number] + 1] - start[used[number]]
    return size


@kernel
def _put_dictionary(
    out: NDArray[np.uint8],
    at: int,
    used: NDArray[np.int64],
    count: int,
    start: NDArray[np.int64],
    source: NDArray[np.uint8],
    slots: NDArray[np.int32],
) -> int:
    """Appends the used entries in the order of their slots and empties the slots."""
    for number in range(count):
        entry = used[number]
        at = put_bytes(out, at, source, start[entry], start[entry + 1])
        slots[entry] = -1
    return at
