"""Reached roads drawn on a grid: which cells are touched within which limit, one bit for each limit."""

import math
from dataclasses import dataclass, replace

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

from routing.errors import BadCost, BadPoint
from routing.metric import E7, metres_per_degree
from routing.rows import as_read_only
from routing.scratch import borrow
from routing.shape import EdgeShapes
from routing.trip import CLOSED, EdgePoints, check_points

MOST_LIMITS = 16
"""One bit each of a cell."""

FINEST_CELL_M = 25.0
"""Half a narrow city block: finer cells draw the gaps between houses, not what is reached."""

GRID_CELLS = 120_000
"""A larger area gets larger cells, so that every answer takes about the same time: 15 minutes by car through a city
(14 km) are drawn with cells of 40 m, which the processor's second cache holds."""

MOST_CELLS = 4_000_000
"""With a cell size given: 8 MB for each of the few grids in work."""

SKETCH_M = 10.0
"""Well below half of the finest cell: what is drawn half a cell beside a road still holds the road inside its area."""

MARGIN = 6
"""Empty cells around what is drawn, more than the outline moves away from it."""


@dataclass(frozen=True, eq=False)
class Reach:
    """At what cost every edge is reached.

    entry_cost (edges,) int64: forward, the cost at which the edge's beginning is passed; backward, what is still to pay
    at its end. UNREACHED where it is not. cost (edges,) int32: of driving the whole edge, CLOSED = it cannot be.
    starts: where trips begin (backward: end); the rest of their edges (backward: what lies before) is reached as well.
    All in one unit: milliseconds or centimetres.
    """

    entry_cost: NDArray[np.int64]
    cost: NDArray[np.int32]
    starts: EdgePoints
    is_backward: bool = False


@dataclass(frozen=True, eq=False)
class Grid:
    """Cells touched within each limit, with empty ones around.

    bits (rows, columns) uint16: bit i = touched within limit i. Cell (row, column) has its centre at
    corner_e7 + (column * step_e7[0], row * step_e7[1]), lon and lat in 1e-7 degree. cell_m: its longer side at most.
    """

    bits: NDArray[np.uint16]
    corner_e7: tuple[int, int]
    step_e7: tuple[int, int]
    cell_m: float


@dataclass(frozen=True, eq=False)
class Sketch:
    """The segments' lines with the few points that a grid can show, to be kept beside the shapes.

    start (segments + 1,) int32; points_e7 (points, 2) int32; no place of a line is farther than 10 m from its sketch.
    """

    start: NDArray[np.int32]
    points_e7: NDArray[np.int32]


def build_sketch(shapes: EdgeShapes) -> Sketch:
    """The sketch of all segments. Takes 6 ms for 45,000 segments; leaves 44 % of the points."""
    start, points = _sketch(shapes.shape_start, shapes.shape_e7, SKETCH_M)
    return Sketch(start, points)


def checked_reach(shapes: EdgeShapes, reach: Reach) -> Reach:
    """The columns read-only and packed, and fitting the shapes. Raises BadCost, and BadPoint for starts elsewhere."""
    edges = len(shapes.edge_segment)
    for name, dtype in (("entry_cost", np.int64), ("cost", np.int32)):
        column = getattr(reach, name)
        if column.dtype != dtype or column.shape != (edges,):
            raise BadCost(f"{name} must be ({edges},) {np.dtype(dtype)}, not {column.shape} {column.dtype}")
    check_points(reach.starts, edges)
    return Reach(
        as_read_only(reach.entry_cost, np.int64), as_read_only(reach.cost, np.int32), reach.starts, reach.is_backward
    )


def checked_limits(limits: ArrayLike) -> NDArray[np.int64]:
    """Limits as (n,) int64. Raises BadPoint unless they are 1 to 16 integers >= 0 that rise."""
    column = np.atleast_1d(np.asarray(limits))
    if column.ndim != 1 or column.dtype.kind not in "iu" or not 1 <= len(column) <= MOST_LIMITS:
        raise BadPoint(f"limits must be 1..{MOST_LIMITS} integers, not {column.dtype} {column.shape}")
    rising = column.astype(np.int64)
    if rising[0] < 0 or np.any(np.diff(rising) <= 0):
        raise BadPoint(f"limits {rising.tolist()} must rise and be 0 or more")
    return rising


def draw_reached(
    shapes: EdgeShapes, reach: Reach, limits: ArrayLike, cell_m: float | None = None, sketch: Sketch | None = None
) -> Grid | None:
    """Every cell that a road reached within a limit touches, or None if nothing is reached.

    limits: (n,) integers that rise, n <= 16, in the unit of the costs; what costs exactly the limit is reached.
    cell_m: side of a cell; None = 25 m, or more where the area has over 250,000 such cells.
    sketch: of the same shapes; saves up to a sixth of the time, and moves what is touched by at most 10 m.

    Raises BadCost and BadPoint as `checked_reach` and `checked_limits`, and BadPoint for cells so small that there
    would be over 4,000,000.
    """
    grid = draw_borrowed(shapes, reach, limits, cell_m, sketch)
    return None if grid is None else replace(grid, bits=grid.bits.copy())


def draw_borrowed(
    shapes: EdgeShapes, reach: Reach, limits: ArrayLike, cell_m: float | None = None, sketch: Sketch | None = None
) -> Grid | None:
    """As `draw_reached`, on memory of this thread that its next grid is drawn on as well."""
    reach = checked_reach(shapes, reach)
    rising = checked_limits(limits)
    if sketch is None or (cell_m is not None and cell_m < FINEST_CELL_M):
        sketch = Sketch(shapes.shape_start, shapes.shape_e7)
    elif len(sketch.start) != len(shapes.shape_start):
        raise BadPoint(f"the sketch has {len(sketch.start) - 1} segments, {len(shapes.shape_start) - 1} expected")
    columns = (
        as_read_only(sketch.start, np.int32),
        as_read_only(sketch.points_e7, np.int32),
        shapes.shape_start,
        shapes.shape_e7,
        shapes.edge_segment,
        shapes.edge_reversed,
        reach.entry_cost,
        reach.cost,
        reach.starts.edge,
        reach.starts.fraction,
        reach.starts.extra_ms,
        rising,
        reach.is_backward,
    )
    near = borrow("edges reached", len(reach.cost), np.int32)
    west, south, east, north, count = _list_reached(near, *columns)
    if west > east:
        return None
    widest_lat = 0.0 if south <= 0 <= north else min(abs(south), abs(north)) / E7
    lon_m, lat_m = (scale / E7 for scale in metres_per_degree(widest_lat))
    width_m, height_m = (east - west) * lon_m, (north - south) * lat_m
    side_m = max(FINEST_CELL_M, math.sqrt(width_m * height_m / GRID_CELLS)) if cell_m is None else float(cell_m)
    if not 1.0 <= side_m <= 10_000.0:
        raise BadPoint(f"cell_m={side_m:g} must lie in 1..10000")
    if cell_m is not None and width_m * height_m > MOST_CELLS * side_m * side_m:
        least = math.ceil(math.sqrt(width_m * height_m / MOST_CELLS))
        raise BadPoint(f"cell_m={side_m:g} is too fine for {width_m:.0f} x {height_m:.0f} m; use {least} or more")
    step = max(int(side_m / lon_m), 1), max(int(side_m / lat_m), 1)
    corner = west - MARGIN * step[0], south - MARGIN * step[1]
    shape = (north - south) // step[1] + 2 * MARGIN + 2, (east - west) // step[0] + 2 * MARGIN + 2
    bits = borrow("cells touched", shape[0] * shape[1], np.uint16).reshape(shape)
    bits.fill(0)
    _draw(bits, corner, step, near[:count], *columns)
    _raise(bits.reshape(-1), np.uint16((1 << len(rising)) - 1))
    return Grid(bits, corner, step, side_m)


@numba.njit(cache=True, nogil=True)
def _list_reached(  # type: ignore[no-untyped-def]  # kernels; the functions above are typed
    near, sketch_start, sketch_e7, shape_start, shape_e7, segment, is_reversed, entry, cost, start_edge, start_fraction,
    start_extra, limits, backward,
):  # fmt: skip
    """West, south, east, north of all edges that are reached, whole ones, and how many were listed in `near`."""
    last, count = limits[-1], 0
    for e in range(np.uint64(len(entry))):
        near[count] = e
        count += (entry[e] <= last) & (cost[e] != CLOSED)
    west, south, east, north = np.int32(2**31 - 1), np.int32(2**31 - 1), np.int32(-(2**31)), np.int32(-(2**31))
    seen = -1
    for i in range(count + len(start_edge)):
        s = segment[near[i] if i < count else start_edge[i - count]]
        if s == seen:
            continue  # the other direction mostly follows
        seen = s
        for p in range(np.uint64(sketch_start[s]), np.uint64(sketch_start[s + 1])):
            x, y = sketch_e7[p, 0], sketch_e7[p, 1]
            west, east = min(west, x), max(east, x)
            south, north = min(south, y), max(north, y)
    return np.int64(west), np.int64(south), np.int64(east), np.int64(north), count


@numba.njit(cache=True, nogil=True)
def _draw(  # type: ignore[no-untyped-def]
    bits, corner, step, near, sketch_start, sketch_e7, shape_start, shape_e7, segment, is_reversed, entry, cost,
    start_edge, start_fraction, start_extra, limits, backward,
):  # fmt: skip
    count = len(limits)
    every = (1 << count) - 1
    drawn = np.zeros(len(shape_start) - 1, np.uint16)  # limits within which a segment is drawn as a whole
    for e in near:
        s, leave, k = segment[e], entry[e] + cost[e], 0
        while limits[k] < entry[e]:
            k += 1
        while k < count and limits[k] < leave:
            part = (limits[k] - entry[e]) / cost[e]
            _draw_part(bits, corner, step, shape_start, shape_e7, s, is_reversed[e] != backward, 0.0, part, 1 << k)
            k += 1
        whole = (every >> k) << k
        if whole & ~drawn[s]:
            drawn[s] |= np.uint16(whole)
            _draw_whole(bits, corner, step, sketch_start, sketch_e7, s, whole)
    for i in range(len(start_edge)):
        e = start_edge[i]
        begin = 1.0 - start_fraction[i] if backward else start_fraction[i]
        for k in range(count):
            left = limits[k] - start_extra[i]
            if left < 0:
                continue
            end = begin
            if cost[e] != CLOSED:
                end = min(begin + left / cost[e], 1.0) if cost[e] > 0 else 1.0
            _draw_part(
                bits, corner, step, shape_start, shape_e7, segment[e], is_reversed[e] != backward, begin, end, 1 << k
            )


@numba.njit(cache=True, nogil=True)
def _raise(bits, every):  # type: ignore[no-untyped-def]
    """What is touched within a limit is within every larger one.

    Not so by itself: an edge cut at a limit is drawn along its line, and as a whole along its sketch.
    """
    for n in range(np.uint64(len(bits))):
        cell = bits[n]
        cell |= cell << np.uint16(1)
        cell |= cell << np.uint16(2)
        cell |= cell << np.uint16(4)
        bits[n] = (cell | (cell << np.uint16(8))) & every


@numba.njit(cache=True, nogil=True, inline="always")
def _draw_whole(bits, corner, step, shape_start, shape_e7, s, mask):  # type: ignore[no-untyped-def]
    per_x, per_y = 1.0 / step[0], 1.0 / step[1]
    from_x, from_y = corner[0] - 0.5 * step[0], corner[1] - 0.5 * step[1]
    first = np.uint64(shape_start[s])
    ax, ay = (shape_e7[first, 0] - from_x) * per_x, (shape_e7[first, 1] - from_y) * per_y
    bits[np.uint64(ay), np.uint64(ax)] |= np.uint16(mask)
    for p in range(first + np.uint64(1), np.uint64(shape_start[s + 1])):
        bx, by = (shape_e7[p, 0] - from_x) * per_x, (shape_e7[p, 1] - from_y) * per_y
        if np.int64(ax) != np.int64(bx) or np.int64(ay) != np.int64(by):
            _draw_piece(bits, ax, ay, bx, by, mask)
        ax, ay = bx, by


@numba.njit(cache=True, nogil=True)
def _draw_part(  # type: ignore[no-untyped-def]
    bits, corner, step, shape_start, shape_e7, s, against, begin, end, mask
):
    """Draws a segment between two fractions of its length, counted from its last point if `against` is set.

    Lengths are taken in cells, which are square on the ground to a few thousandths within a city.
    """
    if against:
        begin, end = 1.0 - end, 1.0 - begin
    per_x, per_y = 1.0 / step[0], 1.0 / step[1]
    from_x, from_y = corner[0] - 0.5 * step[0], corner[1] - 0.5 * step[1]
    first, last = np.uint64(shape_start[s]), np.uint64(shape_start[s + 1] - 1)
    one = np.uint64(1)
    total = 0.0
    for p in range(first, last):
        total += _piece_length(shape_e7, p, per_x, per_y)
    begin_at, end_at, at = begin * total, end * total, 0.0
    for p in range(first, last):
        length = _piece_length(shape_e7, p, per_x, per_y)
        if at + length >= begin_at:
            t0, t1 = 0.0, 1.0
            if length > 0.0:
                t0, t1 = max((begin_at - at) / length, 0.0), min((end_at - at) / length, 1.0)
            ax, ay = (shape_e7[p, 0] - from_x) * per_x, (shape_e7[p, 1] - from_y) * per_y
            dx, dy = (shape_e7[p + one, 0] - from_x) * per_x - ax, (shape_e7[p + one, 1] - from_y) * per_y - ay
            bx, by = ax + t1 * dx, ay + t1 * dy
            ax, ay = ax + t0 * dx, ay + t0 * dy
            bits[np.uint64(ay), np.uint64(ax)] |= np.uint16(mask)
            _draw_piece(bits, ax, ay, bx, by, mask)
        at += length
        if at > end_at:
            break


@numba.njit(cache=True, nogil=True)
def _piece_length(shape_e7, p, per_x, per_y):  # type: ignore[no-untyped-def]
    dx = (np.float64(shape_e7[p + np.uint64(1), 0]) - shape_e7[p, 0]) * per_x
    dy = (np.float64(shape_e7[p + np.uint64(1), 1]) - shape_e7[p, 1]) * per_y
    return math.sqrt(dx * dx + dy * dy)


@numba.njit(cache=True, nogil=True, inline="always")
def _draw_piece(bits, ax, ay, bx, by, mask):  # type: ignore[no-untyped-def]
    """Every cell a straight piece passes after its first. Source: Amanatides, Woo 1987."""
    x, y, last_x, last_y = np.int64(ax), np.int64(ay), np.int64(bx), np.int64(by)
    if abs(last_x - x) + abs(last_y - y) <= 1:
        bits[np.uint64(last_y), np.uint64(last_x)] |= np.uint16(mask)
        return
    # How far the next column and the next row are, both times |dx dy|: no division.
    dx, dy = abs(bx - ax), abs(by - ay)
    step_x, step_y = (1 if bx > ax else -1), (1 if by > ay else -1)
    next_x = ((x + 1 - ax) if bx > ax else (ax - x)) * dy
    next_y = ((y + 1 - ay) if by > ay else (ay - y)) * dx
    for _ in range(abs(last_x - x) + abs(last_y - y)):
        # A rounded last step must not leave the row or column of the end.
        if y == last_y or (x != last_x and next_x <= next_y):
            x += step_x
            next_x += dy
        else:
            y += step_y
            next_y += dx
        bits[np.uint64(y), np.uint64(x)] |= np.uint16(mask)


@numba.njit(cache=True, nogil=True)
def _sketch(shape_start, shape_e7, tolerance_m):  # type: ignore[no-untyped-def]
    """(start, points): each line without the points that lie near the straight one. Source: Douglas, Peucker 1973."""
    kept = np.zeros(len(shape_e7), np.bool_)
    stack = np.empty((64, 2), np.int64)
    start = np.zeros(len(shape_start), np.int32)
    for s in range(len(shape_start) - 1):
        first, last = shape_start[s], shape_start[s + 1] - 1
        lon_m, lat_m = metres_per_degree(shape_e7[first, 1] / E7)
        kept[first], kept[last] = True, True
        stack[0, 0], stack[0, 1] = first, last
        size = 1
        while size > 0:
            size -= 1
            a, b = stack[size]
            dx = (np.float64(shape_e7[b, 0]) - shape_e7[a, 0]) / E7 * lon_m
            dy = (np.float64(shape_e7[b, 1]) - shape_e7[a, 1]) / E7 * lat_m
            length2, farthest2, cut = dx * dx + dy * dy, tolerance_m * tolerance_m, -1
            for p in range(a + 1, b):
                x = (np.float64(shape_e7[p, 0]) - shape_e7[a, 0]) / E7 * lon_m
                y = (np.float64(shape_e7[p, 1]) - shape_e7[a, 1]) / E7 * lat_m
                t = min(max((x * dx + y * dy) / length2, 0.0), 1.0) if length2 > 0.0 else 0.0
                away2 = (x - t * dx) ** 2 + (y - t * dy) ** 2
                if away2 > farthest2:
                    farthest2, cut = away2, p
            if cut >= 0:
                kept[cut] = True
                if size + 2 > len(stack):
                    longer = np.empty((2 * len(stack), 2), np.int64)
                    longer[:size] = stack[:size]
                    stack = longer
                stack[size, 0], stack[size, 1] = a, cut
                stack[size + 1, 0], stack[size + 1, 1] = cut, b
                size += 2
        count = 0
        for p in range(first, last + 1):
            count += kept[p]
        start[s + 1] = start[s] + count
    points = np.empty((start[-1], 2), np.int32)
    size = 0
    for p in range(len(shape_e7)):
        if kept[p]:
            points[size] = shape_e7[p]
            size += 1
    return start, points
