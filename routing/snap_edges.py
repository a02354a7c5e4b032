"""Edges near a place by direction and side: for places that are left or reached in one direction, or at one kerb."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kernels.caching import cached
from routing.errors import BadPoint
from routing.metric import E7, metres_per_degree, to_piece
from routing.packed import int32_rows, int32s
from routing.segment_index import SegmentIndex
from routing.snap import (
    ENTRY_POINT,
    ENTRY_SEGMENT,
    INDEX,
    SHAPE_E7,
    SHAPE_START,
    _as_columns,
    _cells,
    _checked_mask,
    _checked_place,
    _half_cell_m,
    _offer,
    _window,
)

ON_LINE_M = 0.1
"""So near to a road's line a place lies on neither side: positions of six decimals are off by up to 0.08 m."""

ANY_SIDE, RIGHT, LEFT = 0, 1, -1


@dataclass(frozen=True, eq=False)
class EdgeCandidates:
    """Ways of driving past a place, nearest first; of equally near ones the lower edge number first.

    edge (n,) int32: 2s drives segment s as drawn, 2s + 1 backward. distance_m (n,) float64; fraction (n,) float64 in
    [0, 1] of the edge's length, in driving direction; lonlat (n, 2) float64 degrees, the nearest place on each.
    side (n,) int8: +1 = the place lies right of the driving direction, -1 = left, 0 = on the line (ON_LINE_M).
    """

    edge: NDArray[np.int32]
    distance_m: NDArray[np.float64]
    fraction: NDArray[np.float64]
    lonlat: NDArray[np.float64]
    side: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.edge)


def nearest_edges(
    index: SegmentIndex,
    lonlat: Sequence[float] | NDArray[np.float64],
    count: int = 1,
    radius_m: float = 500.0,
    allowed_edges: NDArray[np.bool_] | NDArray[np.uint8] | None = None,
    heading_deg: float | None = None,
    tolerance_deg: float = 45.0,
    side: int = ANY_SIDE,
) -> EdgeCandidates:
    """The edges nearest to a place, each at the nearest point where it is driven as wished.

    allowed_edges: (2 * segments,) bool or uint8, 0 = pass over this edge; None = all serve.
    heading_deg: clockwise from north; only where the edge runs within tolerance_deg, 0..180, of it; None = anywhere.
    side: RIGHT or LEFT = only where the place lies on that side of the driving direction, or on the line. An edge
    whose other direction is not allowed serves from both sides: on a one-way street no traffic is crossed.
    Other values and errors: as for `nearest`.
    """
    lon, lat = _checked_place(lonlat, count, radius_m)
    if heading_deg is None:
        heading, tolerance = 0.0, 360.0
    elif math.isfinite(heading_deg) and 0.0 <= tolerance_deg <= 180.0:
        heading, tolerance = float(heading_deg), float(tolerance_deg)
    else:
        raise BadPoint(f"heading_deg={heading_deg} must be a number, tolerance_deg={tolerance_deg} lie in 0..180")
    if side not in (ANY_SIDE, RIGHT, LEFT):
        raise BadPoint(f"side={side} must be {RIGHT} (right), {LEFT} (left) or {ANY_SIDE} (any)")
    table, mask = INDEX.pack(index), _checked_mask(allowed_edges, 2 * index.segments)
    return EdgeCandidates(
        *_nearest_edges(table.address, lon, lat, count, float(radius_m), mask, heading, tolerance, side)
    )


@cached(nogil=True)
def _nearest_edges(index, lon, lat, count, radius, allowed, heading, tolerance, side):  # type: ignore[no-untyped-def]
    """The columns of EdgeCandidates."""
    best, part = np.empty(count), np.empty(count)
    edge, point = np.empty(count, np.int32), np.empty(count, np.int32)
    window = min(radius, _half_cell_m(index, lat))
    while True:
        size = _look_edges(index, lon, lat, window, allowed, heading, tolerance, side, best, edge, point, part)
        if window >= radius or (size == count and best[size - 1] <= window * window):
            break
        further = math.sqrt(best[size - 1]) * (1.0 + 1e-12) if size == count else 3.0 * window
        window = min(radius, further)
    while size > 0 and best[size - 1] > radius * radius:
        size -= 1
    _, distance, fraction, lonlat = _as_columns(index, size, best, edge >> 1, point, part)
    sides = np.empty(size, np.int8)
    for i in range(size):
        backward = edge[i] & 1
        sides[i] = _side(index, edge[i] >> 1, point[i], part[i], lon, lat) * (1 - 2 * backward)
        if backward:
            fraction[i] = 1.0 - fraction[i]
    return edge[:size].copy(), distance, fraction, lonlat, sides


@cached(nogil=True)
def _look_edges(  # type: ignore[no-untyped-def]
    index, lon, lat, window, allowed, heading, tolerance, side, best, edge, point, part
):
    """As `_look`, for each direction of the pieces that runs as wished."""
    entry_segment, entry_point = int32s(index, ENTRY_SEGMENT), int32s(index, ENTRY_POINT)
    shape_e7 = int32_rows(index, SHAPE_E7, 2)
    lon_m, lat_m = metres_per_degree(lat)
    first_row, last_row, reach_x = _window(index, lon, lat, window)
    size = 0
    for row in range(first_row, last_row + 1):
        begin, end = _cells(index, row, lon, reach_x)
        for entry in range(begin, end):
            s, p = entry_segment[entry], entry_point[entry]
            goes, comes = not len(allowed) or allowed[2 * s], not len(allowed) or allowed[2 * s + 1]
            if not goes and not comes:
                continue
            is_two_way = goes and comes
            distance2, t, dx, dy = to_piece(shape_e7, p, lon, lat, lon_m, lat_m)
            if size == len(best) and distance2 > best[size - 1]:
                continue
            if tolerance < 180.0:
                if dx == 0.0 and dy == 0.0:
                    continue
                off = abs((math.degrees(math.atan2(dx, dy)) - heading + 180.0) % 360.0 - 180.0)
                # Whole directions (90 and 45 degrees) must not fall out for the last digit of an angle.
                goes, comes = goes and off <= tolerance + 1e-9, comes and off >= 180.0 - tolerance - 1e-9
            if side != ANY_SIDE and is_two_way:
                lies = _side(index, s, p, t, lon, lat)
                goes, comes = goes and lies != -side, comes and lies != side
            if goes:
                size = _offer(best, edge, point, part, size, distance2, 2 * s, p, t)
            if comes:
                size = _offer(best, edge, point, part, size, distance2, 2 * s + 1, p, t)
    return size


@cached(nogil=True)
def _side(index, s, p, t, lon, lat):  # type: ignore[no-untyped-def]
    """On which side of a segment, as drawn, a place lies whose nearest point is part t of piece p: 1 right, -1 left.

    At a bend the mean direction of both pieces decides: by one alone, places beyond a sharp one are on the wrong side.
    Source: pseudonormal test, Baerentzen, Aanaes 2005.
    """
    shape_start, shape_e7 = int32s(index, SHAPE_START), int32_rows(index, SHAPE_E7, 2)
    lon_m, lat_m = metres_per_degree(lat)
    px = (lon - (shape_e7[p, 0] + t * (np.int64(shape_e7[p + 1, 0]) - shape_e7[p, 0])) / E7) * lon_m
    py = (lat - (shape_e7[p, 1] + t * (np.int64(shape_e7[p + 1, 1]) - shape_e7[p, 1])) / E7) * lat_m
    begin, end = shape_start[s], shape_start[s + 1] - 1
    low, high = p, p + 1
    if t == 0.0:
        while low > begin and _is_same(shape_e7, low - 1, low):
            low -= 1
        low = max(low - 1, begin)
        high = p + 1
    if t == 1.0:
        while high < end and _is_same(shape_e7, high, high + 1):
            high += 1
        high = min(high + 1, end)
    ux, uy = 0.0, 0.0
    for q in range(low, high):
        dx = (np.int64(shape_e7[q + 1, 0]) - shape_e7[q, 0]) / E7 * lon_m
        dy = (np.int64(shape_e7[q + 1, 1]) - shape_e7[q, 1]) / E7 * lat_m
        length = math.hypot(dx, dy)
        if length > 0.0:
            ux += dx / length
            uy += dy / length
    length = math.hypot(ux, uy)
    across = (ux * py - uy * px) / length if length > 0.0 else 0.0
    if abs(across) <= ON_LINE_M:
        return 0
    return -1 if across > 0.0 else 1


@cached(nogil=True)
def _is_same(shape_e7, p, q):  # type: ignore[no-untyped-def]
    return shape_e7[p, 0] == shape_e7[q, 0] and shape_e7[p, 1] == shape_e7[q, 1]
