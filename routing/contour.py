"""The area reached within each limit: smooth polygons around the reached roads, valid and inside each other.

The reached roads are drawn on a grid (`routing.raster`), one bit of a cell for each limit, so that one pass of plain
bit arithmetic serves all limits: the touched cells grow by one, gaps up to a city block are closed, and a cell counts
as inside where the weighted sum over its neighbours passes one half. The outline is drawn between the centres of the
cells where that sum passes one half (marching squares) and then straightened: a corner may be left out if the straight
line still passes between the same pairs of centres. So nothing ever crosses: every polygon is valid, what was inside
stays inside, and a smaller limit's area lies within a larger one's.

What holds for every answer: a place on a road reached within the limit lies inside; a place farther than
`Areas.tolerance_m` from all of them lies outside (holes that were filled by `hole_m2` aside).

Rejected: the exact distance to the nearest reached road at each grid point (25 to 30 cells to be written for each piece
of road, here it is one or two); a union of buffers (each road a polygon of its own); hulls (cover rivers and quarters).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kernels.caching import cached
from routing.errors import BadPoint
from routing.metric import E7, metres_per_degree
from routing.raster import Reach, checked_limits, draw_reached
from routing.scratch import borrow
from routing.shape import EdgeShapes

TOLERANCE_CELLS = 6.5
"""How many cells a place inside may at most be away from every reached road: 1.1 from the nearest inner centre, 1 to a
closed cell, 3.6 to a touched one (grown by (1, 1), closed by (2, 1)), 0.7 within it; all in one direction, which never
happens. Measured in Heidelberg: outlines run 2.0 cells from the road in the median, 4.0 at most."""

HOLE_CELLS = 36.0
"""Holes below this many cells are filled unless asked otherwise: a square of 150 m at cells of 25 m."""

HALF = 7.5
"""Of 16 sixteenths; never met exactly, as the sum is a whole number, so that no outline passes through a centre."""

SLACK = 0.5
"""How far an outline may be moved between two centres when it is straightened, in cells."""

RIM = 1.0 / 64.0
"""How near a centre a straightened outline may pass, in cells."""


@dataclass(frozen=True, eq=False)
class Areas:
    """Polygons of one or more limits, the smallest first, as packed rows.

    points_e7 (points, 2) int32 lon and lat in 1e-7 degree; ring_start (rings + 1,), polygon_start (polygons + 1,) in
    rings, limit_start (limits + 1,) in polygons, all int32. Rings are closed; a polygon's first is its outer one,
    counter-clockwise, the others are holes, clockwise (RFC 7946).
    limits (limits,) int64. cell_m, tolerance_m: how fine the grid was, and how far from every reached road a place may
    be and still lie inside, metres.
    """

    points_e7: NDArray[np.int32]
    ring_start: NDArray[np.int32]
    polygon_start: NDArray[np.int32]
    limit_start: NDArray[np.int32]
    limits: NDArray[np.int64]
    cell_m: float
    tolerance_m: float

    def __len__(self) -> int:
        return len(self.limits)

    def rings(self, place: int) -> list[list[NDArray[np.int32]]]:
        """The polygons of one limit, each as its rings, (n, 2) int32."""
        first, last = self.limit_start[place], self.limit_start[place + 1]
        return [
            [
                self.points_e7[self.ring_start[ring] : self.ring_start[ring + 1]]
                for ring in range(self.polygon_start[polygon], self.polygon_start[polygon + 1])
            ]
            for polygon in range(first, last)
        ]


def find_areas(
    shapes: EdgeShapes,
    reach: Reach,
    limits: ArrayLike,
    cell_m: float | None = None,
    hole_m2: float | None = None,
    is_detailed: bool = False,
) -> Areas:
    """What lies around the roads reached within each limit.

    limits: (n,) integers that rise, n <= 16, in the unit of the costs. cell_m: see `routing.raster.draw_reached`.
    hole_m2: smaller holes are filled; 0 = none, None = below 36 cells. is_detailed: keeps every corner.

    Takes 1 ms for 15 minutes of Heidelberg (20,000 edges reached), a third of it to go round the outlines. Equal
    questions get equal answers to the last digit. With no start and nothing reached there are no polygons.
    Raises BadCost and BadPoint as `draw_reached`.
    """
    rising = checked_limits(limits)
    if hole_m2 is not None and not 0.0 <= hole_m2 <= 1e12:
        raise BadPoint(f"hole_m2={hole_m2:g} must lie in 0..1e12")
    grid = draw_reached(shapes, reach, rising, cell_m)
    if grid is None:
        none = np.zeros(1, np.int32)
        return Areas(np.empty((0, 2), np.int32), none, none, np.zeros(len(rising) + 1, np.int32), rising, 0.0, 0.0)
    cell_lon_m, cell_lat_m = _cell_sides_m(grid.corner_e7, grid.step_e7)
    filled = HOLE_CELLS if hole_m2 is None else hole_m2 / (cell_lon_m * cell_lat_m)
    cells = grid.bits.size
    closed, inside = borrow("cells closed", cells, np.uint16), borrow("cells inside", cells, np.uint16)
    _close(grid.bits.reshape(-1), grid.bits.shape[1], closed, inside)
    points, ring_start, ring_limit, ring_outer = _outline(
        closed, inside, grid.bits.shape[1], borrow("cells' outlines", cells, np.int32),
        borrow("cells crossed", cells, np.int32), len(rising), filled, 0.0 if is_detailed else SLACK, grid.corner_e7,
        grid.step_e7,
    )  # fmt: skip
    points, ring_start, polygon_start, limit_start = _pack(points, ring_start, ring_limit, ring_outer, len(rising))
    return Areas(points, ring_start, polygon_start, limit_start, rising, grid.cell_m, TOLERANCE_CELLS * grid.cell_m)


def _cell_sides_m(corner_e7: tuple[int, int], step_e7: tuple[int, int]) -> tuple[float, float]:
    lon_m, lat_m = metres_per_degree(corner_e7[1] / E7)
    return step_e7[0] * lon_m / E7, step_e7[1] * lat_m / E7


@cached(nogil=True)
def _pack(points, ring_start, ring_limit, ring_outer, limits):  # type: ignore[no-untyped-def]  # kernels; the functions above are typed
    """Rings sorted so that each outer one is followed by its holes, and the rows of polygons and limits.

    Rings come limit by limit, every outer one before its holes.
    """
    rings = len(ring_outer)
    holes_start = np.zeros(rings + 1, np.int32)
    for ring in range(rings):
        holes_start[ring_outer[ring] + 1] += 1
    for ring in range(rings):
        holes_start[ring + 1] += holes_start[ring]
    place, order = holes_start[:-1].copy(), np.empty(rings, np.int32)
    for ring in range(rings):
        outer = ring_outer[ring]
        order[place[outer]] = ring
        place[outer] += 1
    sorted_points, start = np.empty_like(points), np.zeros(rings + 1, np.int32)
    polygon_start, limit_start = np.zeros(rings + 1, np.int32), np.zeros(limits + 1, np.int32)
    polygons, size = 0, 0
    for i in range(rings):
        ring = order[i]
        if ring_outer[ring] == ring:
            polygon_start[polygons] = i
            polygons += 1
            limit_start[ring_limit[ring] + 1] += 1
        for p in range(ring_start[ring], ring_start[ring + 1]):
            sorted_points[size, 0], sorted_points[size, 1] = points[p, 0], points[p, 1]
            size += 1
        start[i + 1] = size
    polygon_start[polygons] = rings
    for limit in range(limits):
        limit_start[limit + 1] += limit_start[limit]
    return sorted_points, start, polygon_start[: polygons + 1], limit_start


@cached(nogil=True)
def _close(bits, columns, closed, inside):  # type: ignore[no-untyped-def]
    """Cells grown by one and closed over gaps, and cells whose weighted sum passes one half, each a bit for a limit.

    The gaps closed are those that an octagon of radius 2 does not fit into.
    """
    width = np.uint64(columns)
    rim = columns + 1  # not written by what follows
    closed[:rim], closed[len(closed) - rim :], inside[:rim], inside[len(inside) - rim :] = 0, 0, 0, 0
    _grow_square(bits, closed, width)
    _grow_cross(closed, inside, width)
    _grow_square(inside, closed, width)
    _shrink_square(closed, inside, width)
    _shrink_cross(inside, closed, width)
    _sum_up(closed, inside, width)


@cached(nogil=True)
def _grow_square(a, out, w):  # type: ignore[no-untyped-def]
    # Flat and unsigned: one loop that the processor runs 16 cells at a time (21 us for 260,000; signed: 600 us). The
    # rows' ends run into each other in the empty margin only.
    one = np.uint64(1)
    for n in range(w + one, np.uint64(len(a)) - w - one):
        below, level, above = a[n - w - one] | a[n - w], a[n - one] | a[n], a[n + w - one] | a[n + w]
        out[n] = below | a[n - w + one] | level | a[n + one] | above | a[n + w + one]


@cached(nogil=True)
def _grow_cross(a, out, w):  # type: ignore[no-untyped-def]
    one = np.uint64(1)
    for n in range(w + one, np.uint64(len(a)) - w - one):
        out[n] = a[n - w] | a[n - one] | a[n] | a[n + one] | a[n + w]


@cached(nogil=True)
def _shrink_square(a, out, w):  # type: ignore[no-untyped-def]
    one = np.uint64(1)
    for n in range(w + one, np.uint64(len(a)) - w - one):
        below, level, above = a[n - w - one] & a[n - w], a[n - one] & a[n], a[n + w - one] & a[n + w]
        out[n] = below & a[n - w + one] & level & a[n + one] & above & a[n + w + one]


@cached(nogil=True)
def _shrink_cross(a, out, w):  # type: ignore[no-untyped-def]
    one = np.uint64(1)
    for n in range(w + one, np.uint64(len(a)) - w - one):
        out[n] = a[n - w] & a[n - one] & a[n] & a[n + one] & a[n + w]


@cached(nogil=True)
def _sum_up(a, out, w):  # type: ignore[no-untyped-def]
    """Where a cell, weighing 4, its neighbours, 2 each, and those at its corners, 1 each, come to 8 or more.

    All limits are added at once, digit by digit, as adders made of gates do it. Half of the corners' number (at most
    2) plus the neighbours' (at most 4) plus twice the cell's own must come to 4.
    """
    one = np.uint64(1)
    for n in range(w + one, np.uint64(len(a)) - w - one):
        c0, c1, c2, c3 = a[n - w - one], a[n - w + one], a[n + w - one], a[n + w + one]
        d0, d1, d2, d3 = a[n - w], a[n + w], a[n - one], a[n + one]
        corner_2 = (c0 & c1) ^ (c2 & c3) ^ ((c0 ^ c1) & (c2 ^ c3))
        corner_4 = c0 & c1 & c2 & c3
        side_1 = d0 ^ d1 ^ d2 ^ d3
        side_2 = (d0 & d1) ^ (d2 & d3) ^ ((d0 ^ d1) & (d2 ^ d3))
        side_4 = d0 & d1 & d2 & d3
        carry = corner_2 & side_1
        sum_2 = corner_4 ^ side_2 ^ carry
        sum_4 = side_4 | (corner_4 & side_2) | (carry & (corner_4 ^ side_2))
        out[n] = sum_4 | (a[n] & sum_2)


@cached(nogil=True, inline="always")
def _weight(a, n, w, k):  # type: ignore[no-untyped-def]
    """The sum that `_sum_up` compares, of one limit, 0..16."""
    below, level, above = np.uint64(n - w), np.uint64(n), np.uint64(n + w)
    one, bit = np.uint64(1), np.uint16(k)
    corners = ((a[below - one] >> bit) & 1) + ((a[below + one] >> bit) & 1)
    corners += ((a[above - one] >> bit) & 1) + ((a[above + one] >> bit) & 1)
    sides = ((a[below] >> bit) & 1) + ((a[above] >> bit) & 1)
    sides += ((a[level - one] >> bit) & 1) + ((a[level + one] >> bit) & 1)
    return np.int64(corners + 2 * sides + 4 * ((a[level] >> bit) & 1))


@cached(nogil=True, inline="always")
def _crossing(a, left, right, w, k):  # type: ignore[no-untyped-def]
    """Where between an inner and an outer centre the outline passes, 0..1 from the inner one."""
    inner = _weight(a, left, w, k)
    return (inner - HALF) / (inner - _weight(a, right, w, k))


@cached(nogil=True)
def _list_crossings(inside, found):  # type: ignore[no-untyped-def]
    """How many cells have an eastern neighbour that is inside other limits; lists them, row by row."""
    size, four, one = 0, np.uint64(4), np.uint64(1)
    words = inside[: len(inside) // 4 * 4].view(np.uint64)
    for word in range(np.uint64(len(words))):
        n = four * word
        last = n + four
        if last >= len(inside):
            last = np.uint64(len(inside) - 1)
        elif words[word] == (words[word] >> np.uint64(16) | np.uint64(inside[last]) << np.uint64(48)):
            continue  # four neighbours alike, as nearly everywhere
        while n < last:
            found[size] = n
            size += inside[n] != inside[n + one]
            n += one
    return size


@cached(nogil=True)
def _outline(  # type: ignore[no-untyped-def]
    cells, is_in, width, ring_at, crossings, count, filled, slack, corner, step
):
    """(points, ring_start, limit of each ring, its outer ring or itself).

    Each row is read from west to east; an outline not met before is followed round, the inside on its left. The
    crossing before it tells what it lies in: an outer outline just entered, or a hole just left is in the same one.
    Source of that rule: Suzuki, Abe 1985.
    """
    crossings = crossings[: _list_crossings(is_in, crossings)]
    # In ring_at: 1 + the outline that crosses between a cell and its eastern neighbour.
    points = np.empty((4096, 2), np.int32)
    gates = np.empty((2048, 6))
    rings, kept, size = 0, 0, 0
    known = np.empty((256, 3), np.int32)  # of each outline: outer one in which it lies; is a hole; its number if kept
    ring_start = np.zeros(257, np.int32)
    ring_limit, ring_outer = np.empty(256, np.int32), np.empty(256, np.int32)
    for k in range(count):
        row_end, before = 0, -1
        for n in crossings:
            ring_at[n] = 0
        for n in crossings:
            if ((is_in[n] ^ is_in[n + 1]) >> k) & 1 == 0:
                continue
            if n >= row_end:
                row_end, before = (n // width + 1) * width, -1
            if ring_at[n] == 0:
                hole = (is_in[n] >> k) & 1
                if rings == len(known):
                    known = np.concatenate((known, np.empty_like(known)))
                gates, vertices, area = _follow(cells, is_in, ring_at, gates, n, width, k, count, rings + 1, slack)
                around = -1  # the outer outline of a hole; the hole around an outer one
                if before >= 0:
                    around = before if known[before, 1] != hole else known[before, 0]
                is_dropped = around >= 0 and known[around, 2] < 0
                known[rings, 0], known[rings, 1], known[rings, 2] = around, hole, -1
                if not is_dropped and (hole == 0 or -area >= filled):
                    if size + vertices > len(points):
                        longer = np.empty((2 * (size + vertices), 2), np.int32)
                        longer[:size] = points[:size]
                        points = longer
                    if kept == len(ring_limit):
                        ring_start = np.concatenate((ring_start, np.empty_like(ring_limit)))
                        ring_limit = np.concatenate((ring_limit, np.empty_like(ring_limit)))
                        ring_outer = np.concatenate((ring_outer, np.empty_like(ring_outer)))
                    size = _straighten(gates, vertices, points, size, corner, step)
                    known[rings, 2] = kept
                    ring_limit[kept] = k
                    ring_outer[kept] = known[around, 2] if hole else kept
                    kept += 1
                    ring_start[kept] = size
                rings += 1
            before = ring_at[n] - 1
    return points[:size], ring_start[: kept + 1], ring_limit[:kept], ring_outer[:kept]


@cached(nogil=True)
def _follow(cells, is_in, ring_at, gates, n, width, k, count, ring, slack):  # type: ignore[no-untyped-def]
    """Goes round an outline; gives (gates, how many with the first repeated, the area in cells, negative for a hole).

    A gate is a pair of neighbouring centres, the left one inside, between which the outline passes. Its row: the place
    it passes (x, y), and the ends between which it may be moved (x, y, x, y), the inner one first; not a number if not
    at all. The outlines of the limits before and after keep their half of a gate that they pass as well.
    """
    bit = np.uint16(1 << k)
    x, y = n % width, n // width
    if is_in[n] & bit:
        left, right, fx, fy = n, n + 1, 0, 1
    else:
        left, right, fx, fy = n + 1, n, 0, -1
        x += 1
    first_left, first_right, size, area = left, right, 0, 0.0
    inner, outer = _weight(cells, left, width, k), _weight(cells, right, width, k)
    while True:
        if size + 1 >= len(gates):
            longer = np.empty((2 * len(gates), 6))
            longer[:size] = gates[:size]
            gates = longer
        if fy != 0:
            ring_at[min(left, right)] = ring
        at = (inner - HALF) / (inner - outer)
        low, high = max(at - slack, RIM), min(at + slack, 1.0 - RIM)
        if k > 0 and (is_in[left] >> (k - 1)) & 1:
            low = max(low, (at + _crossing(cells, left, right, width, k - 1)) / 2 + RIM / 2)
        if k + 1 < count and (is_in[right] >> (k + 1)) & 1 == 0:
            high = min(high, (at + _crossing(cells, left, right, width, k + 1)) / 2 - RIM / 2)
        gates[size, 0], gates[size, 1] = x + at * fy, y - at * fx
        gates[size, 2], gates[size, 3] = x + low * fy, y - low * fx
        gates[size, 4], gates[size, 5] = x + high * fy, y - high * fx
        if low > high:
            gates[size, 2] = math.nan
        if size > 0:
            area += gates[size - 1, 0] * gates[size, 1] - gates[size, 0] * gates[size - 1, 1]
        size += 1
        ahead = fy * width + fx
        if is_in[left + ahead] & bit == 0:
            right = left + ahead
            fx, fy = -fy, fx
            outer = _weight(cells, right, width, k)
        elif is_in[right + ahead] & bit == 0:
            left, right = left + ahead, right + ahead
            x, y = x + fx, y + fy
            inner, outer = _weight(cells, left, width, k), _weight(cells, right, width, k)
        else:
            left = right + ahead
            x, y = x + fx + fy, y + fy - fx
            fx, fy = fy, -fx
            inner = _weight(cells, left, width, k)
        if left == first_left and right == first_right:
            break
    gates[size] = gates[0]
    area += gates[size - 1, 0] * gates[size, 1] - gates[size, 0] * gates[size - 1, 1]
    return gates, size + 1, area / 2


@cached(nogil=True)
def _straighten(gates, count, points, size, corner, step):  # type: ignore[no-untyped-def]
    """Writes an outline with as few corners as pass all its gates in order; gives the new number of points.

    From each corner the next is the last one seen through all gates between them (their common view narrows like a
    wedge), or the end of a straight run along the grid, which neighbouring limits may share.
    """
    at = 0
    while True:
        x, y = gates[at, 0], gates[at, 1]
        points[size, 0] = corner[0] + np.int64(np.rint(x * step[0]))
        points[size, 1] = corner[1] + np.int64(np.rint(y * step[1]))
        size += 1
        if at == count - 1:
            return size
        run = at + 1
        axis = 0 if gates[run, 0] == x else 1
        while run + 1 < count and gates[run, axis] == gates[at, axis] and gates[run + 1, axis] == gates[at, axis]:
            run += 1
        seen = at + 1
        left_x, left_y = gates[seen, 2] - x, gates[seen, 3] - y
        right_x, right_y = gates[seen, 4] - x, gates[seen, 5] - y
        while seen + 1 < count and not math.isnan(gates[seen, 2]):
            i = seen + 1
            dx, dy = gates[i, 0] - x, gates[i, 1] - y
            if left_x * dy - left_y * dx > 0.0 or right_x * dy - right_y * dx < 0.0:
                break
            seen = i
            lx, ly = gates[i, 2] - x, gates[i, 3] - y
            if left_x * ly - left_y * lx < 0.0:
                left_x, left_y = lx, ly
            rx, ry = gates[i, 4] - x, gates[i, 5] - y
            if right_x * ry - right_y * rx > 0.0:
                right_x, right_y = rx, ry
        at = max(run, seen)
