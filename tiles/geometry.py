"""The geometry of one feature in one tile, as MVT commands: simplified, clipped, rounded, cleaned."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tiles.clip import HIGH, LOW, clip_ring, clip_segment
from tiles.compiled import kernel, leaf
from tiles.mercator import EXTENT_BITS, FULL_ZOOM, GRID_ZOOM
from tiles.ordering import longer
from tiles.repair import repair_rings
from tiles.rings import close_ring, needs_repair, push_vertex, ring_area2, rounded, tidy_ring
from tiles.varint import BYTES_A_PATH, BYTES_A_VERTEX, put_path, put_points


class Parts(NamedTuple):
    """The parts of all features of a layer; the columns of the same names of `LayerIndex`."""

    part_start: NDArray[np.int64]
    is_hole: NDArray[np.uint8]
    xy: NDArray[np.int32]
    vertex_zoom: NDArray[np.uint8]


class Frame(NamedTuple):
    """A tile on the grid: its zoom, its north-western corner, and how many tile units one grid step is.

    up, down: the same as shifts of whole numbers, one of them 0; half: what rounds before the shift down.
    """

    z: int
    west: int
    north: int
    scale: float
    up: int
    down: int
    half: int


@kernel
def frame_of(z: int, west: int, north: int) -> Frame:
    """The frame of zoom z with this corner on the grid."""
    down, up = max(FULL_ZOOM - z, 0), max(z - FULL_ZOOM, 0)
    return Frame(z, west, north, 2.0 ** (EXTENT_BITS - GRID_ZOOM + z), up, down, (1 << down) >> 1)


@leaf
def put_point_feature(
    parts: Parts,
    first: int,
    end: int,
    frame: Frame,
    xs: NDArray[np.int64],
    ys: NDArray[np.int64],
    out: NDArray[np.uint8],
    at: int,
) -> int:
    """Writes parts first..end that lie within the buffered tile, edges included; gives the position behind them.

    xs, ys: scratch with a place for each vertex. out has room for BYTES_A_VERTEX each and BYTES_A_PATH.
    """
    count = 0
    for part in range(first, end):
        x, y = _in_tile(parts.xy, parts.part_start[part], frame)
        if LOW <= x <= HIGH and LOW <= y <= HIGH:
            xs[count], ys[count] = _unit_of(parts.xy, parts.part_start[part], frame)
            count += 1
    return put_points(out, at, xs, ys, count) if count else at


@leaf
def put_whole_line(
    parts: Parts,
    first: int,
    end: int,
    frame: Frame,
    xs: NDArray[np.int64],
    ys: NDArray[np.int64],
    out: NDArray[np.uint8],
    at: int,
) -> int:
    """The same for lines of which nothing is cut off; at itself if none reaches from one point to another."""
    cursor = (0, 0)
    for part in range(first, end):
        count = 0
        for vertex in range(parts.part_start[part], parts.part_start[part + 1]):
            if parts.vertex_zoom[vertex] <= frame.z:
                x, y = _unit_of(parts.xy, vertex, frame)
                count = _extend(xs, ys, count, x, y)
        if count > 1:
            at, cursor = put_path(out, at, xs, ys, 0, count, cursor, False, False)
    return at


@leaf
def put_sound_polygon(
    parts: Parts,
    first: int,
    end: int,
    frame: Frame,
    xs: NDArray[np.int64],
    ys: NDArray[np.int64],
    out: NDArray[np.uint8],
    at: int,
) -> int:
    """The same for rings of which nothing is cut off and which need no repair (`tiles.soundness`)."""
    cursor = (0, 0)
    shell_drawn = False
    for part in range(first, end):
        if parts.is_hole[part] and not shell_drawn:
            continue
        top = 0
        for vertex in range(parts.part_start[part], parts.part_start[part + 1]):
            if parts.vertex_zoom[vertex] <= frame.z:
                x, y = _unit_of(parts.xy, vertex, frame)
                top = push_vertex(xs, ys, 0, top, x, y)
        low, top = close_ring(xs, ys, 0, top)
        if not parts.is_hole[part]:
            shell_drawn = top > low
        if top > low:
            at, cursor = put_path(out, at, xs, ys, low, top, cursor, False, True)
    return at


@kernel
def put_cut_line(
    parts: Parts,
    first: int,
    end: int,
    frame: Frame,
    xs: NDArray[np.int64],
    ys: NDArray[np.int64],
    out: NDArray[np.uint8],
    at: int,
) -> int:
    """The same for lines that may leave the buffered tile; out has room for every segment as a piece of its own."""
    cursor = (0, 0)
    for part in range(first, end):
        begin, stop = parts.part_start[part], parts.part_start[part + 1]
        count = 0
        ax, ay = _in_tile(parts.xy, begin, frame)
        for vertex in range(begin + 1, stop):
            if parts.vertex_zoom[vertex] > frame.z:
                continue
            bx, by = _in_tile(parts.xy, vertex, frame)
            enter, leave = 1.0, 0.0
            west, north = ax < LOW and bx < LOW, ay < LOW and by < LOW
            if not (west or north or (ax > HIGH and bx > HIGH) or (ay > HIGH and by > HIGH)):
                enter, leave = clip_segment(ax, ay, bx, by)
            if enter <= leave:
                if enter > 0.0 or count == 0:
                    count = _extend(xs, ys, 0, rounded(ax + enter * (bx - ax)), rounded(ay + enter * (by - ay)))
                count = _extend(xs, ys, count, rounded(ax + leave * (bx - ax)), rounded(ay + leave * (by - ay)))
            if enter > leave or leave < 1.0:
                if count > 1:
                    at, cursor = put_path(out, at, xs, ys, 0, count, cursor, False, False)
                count = 0
            ax, ay = bx, by
        if count > 1:
            at, cursor = put_path(out, at, xs, ys, 0, count, cursor, False, False)
    return at


@kernel
def put_cut_polygon(
    parts: Parts, first: int, end: int, frame: Frame, inside: bool, out: NDArray[np.uint8], at: int
) -> int:
    """The same for any rings, as a valid (multi)polygon; nothing if rounding leaves no area. inside: nothing is cut.

    Gives how large out should be, negative, if it is too small: a repair may make more vertices than there were.
    """
    xs, ys, start, is_hole, rings = round_rings(parts, first, end, frame, inside)
    if rings == 0:
        return at
    if needs_repair(xs, ys, start, is_hole, rings):
        xs, ys, start, is_hole, rings = repair_rings(xs, ys, start, rings)
    most = at + BYTES_A_VERTEX * start[rings] + BYTES_A_PATH * (rings + 1)
    if most > out.size:
        return int(-most)
    cursor = (0, 0)
    for ring in range(rings):
        positive = ring_area2(xs, ys, start[ring], start[ring + 1]) > 0
        reverse = positive == (is_hole[ring] == 1)  # section 4.3.3.3: shells positive, holes negative
        at, cursor = put_path(out, at, xs, ys, start[ring], start[ring + 1], cursor, reverse, True)
    return at


@kernel
def round_rings(
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


@leaf
def _in_tile(xy: NDArray[np.int32], vertex: int, frame: Frame) -> tuple[float, float]:
    """A vertex in tile units. Exact: the scale is a power of two, and grid points have 29 bits."""
    return (xy[vertex, 0] - frame.west) * frame.scale, (xy[vertex, 1] - frame.north) * frame.scale


@leaf
def _unit_of(xy: NDArray[np.int32], vertex: int, frame: Frame) -> tuple[int, int]:
    """The same in whole units: `rounded` of what `_in_tile` gives, without leaving whole numbers."""
    x = (((xy[vertex, 0] - frame.west) << frame.up) + frame.half) >> frame.down
    y = (((xy[vertex, 1] - frame.north) << frame.up) + frame.half) >> frame.down
    return x, y


@leaf
def _extend(xs: NDArray[np.int64], ys: NDArray[np.int64], count: int, new_x: int, new_y: int) -> int:
    """Adds a vertex to a line unless it repeats the last one or only lengthens its last stretch."""
    if count > 0 and xs[count - 1] == new_x and ys[count - 1] == new_y:
        return count
    if count > 1:
        ux, uy = xs[count - 1] - xs[count - 2], ys[count - 1] - ys[count - 2]
        vx, vy = new_x - xs[count - 1], new_y - ys[count - 1]
        if ux * vy == uy * vx and ux * vx + uy * vy > 0:
            count -= 1
    xs[count], ys[count] = new_x, new_y
    return count + 1
