"""The geometry of one feature in one tile, as MVT commands: simplified, clipped, rounded, cleaned."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tiles.clip import HIGH, LOW, clip_ring, clip_segment
from tiles.compiled import kernel
from tiles.ordering import longer
from tiles.repair import repair_rings
from tiles.rings import needs_repair, ring_area2, rounded, tidy_ring
from tiles.varint import BYTES_A_PATH, BYTES_A_VERTEX, put_path, put_points, with_room


class Parts(NamedTuple):
    """The parts of all features of a layer; the columns of the same names of `LayerIndex`."""

    part_start: NDArray[np.int64]
    is_hole: NDArray[np.uint8]
    xy: NDArray[np.int32]
    vertex_zoom: NDArray[np.uint8]


class Frame(NamedTuple):
    """A tile on the grid: its zoom, its north-western corner, and how many tile units one grid step is."""

    z: int
    west: int
    north: int
    scale: float


@kernel
def write_points(
    parts: Parts, first: int, end: int, frame: Frame, out: NDArray[np.uint8]
) -> tuple[NDArray[np.uint8], int]:
    """Parts first..end that lie within the buffered tile, edges included, written to out or a larger copy; its size."""
    xs, ys = np.empty(end - first, np.int64), np.empty(end - first, np.int64)
    count = 0
    for part in range(first, end):
        x, y = _in_tile(parts.xy, parts.part_start[part], frame)
        if LOW <= x <= HIGH and LOW <= y <= HIGH:
            xs[count], ys[count] = rounded(x), rounded(y)
            count += 1
    if count == 0:
        return out, 0
    out = with_room(out, 0, BYTES_A_PATH + BYTES_A_VERTEX * count)
    return out, put_points(out, xs, ys, count)


@kernel
def write_lines(
    parts: Parts, first: int, end: int, frame: Frame, inside: bool, out: NDArray[np.uint8]
) -> tuple[NDArray[np.uint8], int]:
    """The same for lines; size 0 if none reaches from one point to another. inside: none leaves the buffered tile."""
    longest = 0
    for part in range(first, end):
        longest = max(longest, parts.part_start[part + 1] - parts.part_start[part])
    xs, ys = np.empty(longest, np.int64), np.empty(longest, np.int64)  # of one piece; written before the next begins
    at, cursor = 0, (0, 0)
    for part in range(first, end):
        begin, stop = parts.part_start[part], parts.part_start[part + 1]
        out = with_room(out, at, (2 * BYTES_A_VERTEX + BYTES_A_PATH) * (stop - begin))  # every segment its own piece
        count = 0
        ax, ay = _in_tile(parts.xy, begin, frame)
        for vertex in range(begin, stop):
            if parts.vertex_zoom[vertex] > frame.z:
                continue
            bx, by = _in_tile(parts.xy, vertex, frame)
            if inside:
                count = _extend(xs, ys, count, bx, by)
            elif vertex > begin:
                enter, leave = clip_segment(ax, ay, bx, by)
                if enter <= leave:
                    if enter > 0.0 or count == 0:
                        count = _extend(xs, ys, 0, ax + enter * (bx - ax), ay + enter * (by - ay))
                    count = _extend(xs, ys, count, ax + leave * (bx - ax), ay + leave * (by - ay))
                if enter > leave or leave < 1.0:
                    if count > 1:
                        at, cursor = put_path(out, at, xs, ys, 0, count, cursor, False, False)
                    count = 0
            ax, ay = bx, by
        if count > 1:
            at, cursor = put_path(out, at, xs, ys, 0, count, cursor, False, False)
    return out, at


@kernel
def write_polygons(
    parts: Parts, first: int, end: int, frame: Frame, inside: bool, out: NDArray[np.uint8]
) -> tuple[NDArray[np.uint8], int]:
    """The same for rings, as a valid (multi)polygon; size 0 if rounding leaves no area."""
    xs, ys, start, is_hole, rings = _rounded_rings(parts, first, end, frame, inside)
    if rings == 0:
        return out, 0
    if needs_repair(xs, ys, start, is_hole, rings):
        xs, ys, start, is_hole, rings = repair_rings(xs, ys, start, rings)
    out = with_room(out, 0, BYTES_A_VERTEX * start[rings] + BYTES_A_PATH * rings)
    at, cursor = 0, (0, 0)
    for ring in range(rings):
        positive = ring_area2(xs, ys, start[ring], start[ring + 1]) > 0
        reverse = positive == (is_hole[ring] == 1)  # section 4.3.3.3: shells positive, holes negative
        at, cursor = put_path(out, at, xs, ys, start[ring], start[ring + 1], cursor, reverse, True)
    return out, at


@kernel
def _rounded_rings(
    parts: Parts, first: int, end: int, frame: Frame, inside: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8], int]:
    """The rings that have an area left: xs, ys, starts, is_hole, number. Holes of a vanished shell vanish, too."""
    total = parts.part_start[end] - parts.part_start[first]
    xs, ys = np.empty(total, np.int64), np.empty(total, np.int64)
    start, is_hole = np.empty(end - first + 1, np.int64), np.empty(end - first, np.uint8)
    fx, fy = np.empty(total, np.float64), np.empty(total, np.float64)
    start[0] = 0
    rings = 0
    shell_drawn = False
    for part in range(first, end):
        if parts.is_hole[part] and not shell_drawn:
            continue
        size = 0
        x_min, y_min, x_max, y_max = np.inf, np.inf, -np.inf, -np.inf
        for vertex in range(parts.part_start[part], parts.part_start[part + 1]):
            if parts.vertex_zoom[vertex] <= frame.z:
                x, y = _in_tile(parts.xy, vertex, frame)
                fx[size], fy[size] = x, y
                x_min, y_min, x_max, y_max = min(x_min, x), min(y_min, y), max(x_max, x), max(y_max, y)
                size += 1
        cut_x, cut_y = fx, fy
        if not inside and (x_min < LOW or y_min < LOW or x_max > HIGH or y_max > HIGH):
            if x_max < LOW or y_max < LOW or x_min > HIGH or y_min > HIGH:
                size = 0
            else:
                cut_x, cut_y, size = clip_ring(fx, fy, size)
        begin = start[rings]
        xs, ys = longer(xs, begin + size), longer(ys, begin + size)
        kept = tidy_ring(cut_x, cut_y, size, xs, ys, begin)
        if not parts.is_hole[part]:
            shell_drawn = kept > 0
        if kept > 0:
            is_hole[rings] = parts.is_hole[part]
            rings += 1
            start[rings] = begin + kept
    return xs, ys, start, is_hole, rings


@kernel
def _in_tile(xy: NDArray[np.int32], vertex: int, frame: Frame) -> tuple[float, float]:
    """A vertex in tile units. Exact: the scale is a power of two, and grid points have 29 bits."""
    return (xy[vertex, 0] - frame.west) * frame.scale, (xy[vertex, 1] - frame.north) * frame.scale


@kernel
def _extend(xs: NDArray[np.int64], ys: NDArray[np.int64], count: int, x: float, y: float) -> int:
    """Adds a rounded vertex to a line unless it repeats the last one or only lengthens its last stretch."""
    new_x, new_y = rounded(x), rounded(y)
    if count > 0 and xs[count - 1] == new_x and ys[count - 1] == new_y:
        return count
    if count > 1:
        ux, uy = xs[count - 1] - xs[count - 2], ys[count - 1] - ys[count - 2]
        vx, vy = new_x - xs[count - 1], new_y - ys[count - 1]
        if ux * vy == uy * vx and ux * vx + uy * vy > 0:
            count -= 1
    xs[count], ys[count] = new_x, new_y
    return count + 1
