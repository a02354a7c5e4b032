"""Reached roads drawn on a grid: which cells are touched within which limit, one bit for each limit."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kernels.caching import cached
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

STRIDE = 0.5
"""Cells between two places of a road that are looked at. The area holds a square of one cell to all sides of the centre
of every touched cell, and so all that lies between two places less than a cell apart; what is off the line by up to
(1 - STRIDE) / 2 cells as well."""

SKETCH_M = 6.0
"""Less than that of the finest cells."""

MOST_SKETCHED = 500_000
"""Segments; their sketch is 12 MB of each process, and saves a third of the drawing."""

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

    start (segments + 1,) int32; points_e7 (points, 2) int32; no place of a line is farther than 6 m from its sketch.
    """

    start: NDArray[np.int32]
    points_e7: NDArray[np.int32]


def sketch_of(shapes: EdgeShapes) -> Sketch:
    """The sketch of all segments, kept with the shapes; the shapes themselves where there are too many to keep another.

    Takes 6 ms for 45,000 segments the first time; leaves half of the points.
    """
    kept: Sketch | None = shapes.__dict__.get("sketch")
    if kept is None:
        columns = shapes.shape_start, shapes.shape_e7
        if len(shapes.shape_start) <= MOST_SKETCHED:
            columns = _sketch(*columns, SKETCH_M)
        kept = shapes.__dict__["sketch"] = Sketch(*(as_read_only(column, np.int32) for column in columns))
    return kept


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


def draw_reached(shapes: EdgeShapes, reach: Reach, limits: ArrayLike, cell_m: float | None = None) -> Grid | None:
    """The cells in which reached roads lie, or None if nothing is reached; in memory that the next grid is drawn on.

    Of each road places less than half a cell apart are looked at: what only grazes a cell's corner may leave it out.
    limits: (n,) integers that rise, n <= 16, in the unit of the costs; what costs exactly the limit is reached.
    cell_m: side of a cell; None = 25 m, or more where the area has over 120,000 such cells.

    Raises BadCost and BadPoint as `checked_reach` and `checked_limits`, and BadPoint for cells so small that there
    would be over 4,000,000.
    """
    reach = checked_reach(shapes, reach)
    rising = checked_limits(limits)
    start, points = shapes.shape_start, shapes.shape_e7
    if cell_m is None or cell_m >= FINEST_CELL_M:
        sketch = sketch_of(shapes)
        start, points = sketch.start, sketch.points_e7
    edges, starts = len(reach.cost), reach.starts
    reached, met = borrow("segments reached", edges, np.int32), borrow("edges met", edges, np.int32)
    whole = borrow("limits of whole segments", edges, np.uint16)
    segments, cut = _sort_out(shapes.edge_segment, reach.entry_cost, reach.cost, rising, reached, whole, met)
    west, south, east, north = _box(start, points, reached[:segments], shapes.edge_segment[starts.edge])
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
    scale = 1.0 / step[0], 1.0 / step[1], 0.5 - corner[0] / step[0], 0.5 - corner[1] / step[1]
    _draw_whole(bits, scale, start, points, reached[:segments], whole)
    _draw_parts(
        bits, scale, shapes.shape_start, shapes.shape_e7, shapes.edge_segment, shapes.edge_reversed, met[:cut],
        reach.entry_cost, reach.cost, starts.edge, starts.fraction, starts.extra_ms, rising, reach.is_backward,
    )  # fmt: skip
    _raise(bits.reshape(-1), np.uint16((1 << len(rising)) - 1))
    return Grid(bits, corner, step, side_m)


@cached(nogil=True)
def _sort_out(segment, entry, cost, limits, reached, whole, cut):  # type: ignore[no-untyped-def]  # kernels
    """Lists the segments reached, with the limits within which they are as a whole, and the edges that a limit cuts.

    Gives how many of each. Nothing is asked of one edge after the other that the processor would have to guess.
    """
    count, last, near = len(limits), limits[-1], 0
    every = (1 << count) - 1
    for each in range(np.uint64(len(entry))):
        cut[near] = each
        near += (entry[each] <= last) & (cost[each] != CLOSED)
    segments, edges, seen = -1, 0, -1
    for i in range(np.uint64(near)):
        e = np.uint64(cut[i])
        begun, s = entry[e], segment[e]
        left, first, stop = begun + cost[e], 0, 0
        for limit in limits:
            first += limit < begun
            stop += limit < left
        mask = (every >> stop) << stop
        mask |= whole[segments] if s == seen else 0  # the other direction mostly follows
        segments += s != seen
        reached[segments], whole[segments], seen = s, mask, s
        cut[edges] = e
        edges += stop > first
    return segments + 1, edges


@cached(nogil=True)
def _box(start, points, reached, begun):  # type: ignore[no-untyped-def]
    """West, south, east, north of segments; west of none is beyond their east."""
    west, south, east, north = np.int32(2**31 - 1), np.int32(2**31 - 1), np.int32(-(2**31)), np.int32(-(2**31))
    for segments in (reached, begun):
        for s in segments:
            for p in range(np.uint64(start[s]), np.uint64(start[s + 1])):
                x, y = points[p, 0], points[p, 1]
                west, east = min(west, x), max(east, x)
                south, north = min(south, y), max(north, y)
    return np.int64(west), np.int64(south), np.int64(east), np.int64(north)


@cached(nogil=True)
def _draw_whole(bits, scale, start, points, reached, whole):  # type: ignore[no-untyped-def]
    one = np.uint64(1)
    for i in range(np.uint64(len(reached))):
        s, mask = np.uint64(reached[i]), whole[i]
        if mask == 0:
            continue
        first = np.uint64(start[s])
        ax, ay = points[first, 0] * scale[0] + scale[2], points[first, 1] * scale[1] + scale[3]
        for p in range(first + one, np.uint64(start[s + one])):
            bx, by = points[p, 0] * scale[0] + scale[2], points[p, 1] * scale[1] + scale[3]
            _draw_piece(bits, ax, ay, bx, by, mask)
            ax, ay = bx, by


@cached(nogil=True)
def _draw_parts(  # type: ignore[no-untyped-def]
    bits, scale, shape_start, shape_e7, segment, is_reversed, met, entry, cost, start_edge, start_fraction,
    start_extra, limits, backward,
):  # fmt: skip
    """Draws the edges that a limit cuts, each up to there, and those that trips begin on."""
    for e in met:
        for k in range(len(limits)):
            if entry[e] <= limits[k] < entry[e] + cost[e]:
                part = (limits[k] - entry[e]) / cost[e]
                _draw_part(
                    bits, scale, shape_start, shape_e7, segment[e], is_reversed[e] != backward, 0.0, part, 1 << k
                )
    for i in range(len(start_edge)):
        e = start_edge[i]
        begin = 1.0 - start_fraction[i] if backward else start_fraction[i]
        for k in range(len(limits)):
            left = limits[k] - start_extra[i]
            if left < 0:
                continue
            end = begin
            if cost[e] != CLOSED:
                end = min(begin + left / cost[e], 1.0) if cost[e] > 0 else 1.0
            _draw_part(bits, scale, shape_start, shape_e7, segment[e], is_reversed[e] != backward, begin, end, 1 << k)


@cached(nogil=True)
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


@cached(nogil=True)
def _draw_part(bits, scale, shape_start, shape_e7, s, against, begin, end, mask):  # type: ignore[no-untyped-def]
    """Draws a segment between two fractions of its length, counted from its last point if `against` is set.

    Lengths are taken in cells, which are square on the ground to a few thousandths within a city.
    """
    if against:
        begin, end = 1.0 - end, 1.0 - begin
    first, last = np.uint64(shape_start[s]), np.uint64(shape_start[s + 1] - 1)
    one = np.uint64(1)
    total = 0.0
    for p in range(first, last):
        total += _piece_length(shape_e7, p, scale)
    begin_at, end_at, at = begin * total, end * total, 0.0
    for p in range(first, last):
        length = _piece_length(shape_e7, p, scale)
        if at + length >= begin_at:
            t0, t1 = 0.0, 1.0
            if length > 0.0:
                t0, t1 = max((begin_at - at) / length, 0.0), min((end_at - at) / length, 1.0)
            ax, ay = shape_e7[p, 0] * scale[0] + scale[2], shape_e7[p, 1] * scale[1] + scale[3]
            dx = shape_e7[p + one, 0] * scale[0] + scale[2] - ax
            dy = shape_e7[p + one, 1] * scale[1] + scale[3] - ay
            _draw_piece(bits, ax + t0 * dx, ay + t0 * dy, ax + t1 * dx, ay + t1 * dy, mask)
        at += length
        if at > end_at:
            break


@cached(nogil=True)
def _piece_length(shape_e7, p, scale):  # type: ignore[no-untyped-def]
    dx = (np.float64(shape_e7[p + np.uint64(1), 0]) - shape_e7[p, 0]) * scale[0]
    dy = (np.float64(shape_e7[p + np.uint64(1), 1]) - shape_e7[p, 1]) * scale[1]
    return math.sqrt(dx * dx + dy * dy)


@cached(nogil=True, inline="always")
def _draw_piece(bits, ax, ay, bx, by, mask):  # type: ignore[no-untyped-def]
    """The cells of places less than STRIDE apart along a straight piece, both its ends among them.

    Without a question where the next column begins: wrong guesses of the processor took four fifths of the time.
    """
    dx, dy = bx - ax, by - ay
    strides = np.int64(max(abs(dx), abs(dy)) * (1.0 / STRIDE)) + 1
    dx, dy = dx / strides, dy / strides
    bits[np.uint64(by), np.uint64(bx)] |= np.uint16(mask)
    for _ in range(strides):
        bits[np.uint64(ay), np.uint64(ax)] |= np.uint16(mask)
        ax, ay = ax + dx, ay + dy


@cached(nogil=True)
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
