"""Rings that cross or touch after rounding, rebuilt as valid polygons on whole numbers, exactly and without floats.

The area is the even-odd one: where an odd number of rings lies around a point. So runs that a clipped ring
takes twice along the tile's edge vanish, and parts that meet along an edge become one.

1. Node: wherever two edges meet between their ends, both get a vertex there, rounded to whole numbers, until no
   edges meet but at ends. An edge is only cut at the whole point nearest to a point between its ends and never at
   an end, hence both pieces are strictly shorter (|aP| <= |aX| + |XP| <= |aX| + |Xb|); squared lengths are
   whole numbers, so this ends. No crossing stays: if P is an end of both edges they share that end and cannot cross.
2. Edges that lie on each other an even number of times vanish; what is left bounds the even-odd area.
3. Trace: walk with the area on the left, at every vertex turning as sharply towards it as possible, and cut the walk
   where it comes to a vertex again. That gives simple rings, and each connected area exactly one shell.

Source: the idea is snap rounding (Hobby 1999; Halperin and Packer 2002) without hot pixels for nearby vertices,
which validity does not need.
"""

import numpy as np
from numpy.typing import NDArray

from tiles.compiled import kernel
from tiles.ordering import longer, order_of, sort
from tiles.rings import point_in_ring, ring_area2, segments_touch

_BITS = 15  # of one coordinate, two coordinates a point, two points an edge: 60 of 63
_OFFSET = 1 << (_BITS - 2)  # makes coordinates of a buffered tile positive
_POINT = 2 * _BITS
_MASK = (1 << _BITS) - 1


@kernel
def repair_rings(
    xs: NDArray[np.int64], ys: NDArray[np.int64], start: NDArray[np.int64], rings: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8], int]:
    """Rings of a valid multipolygon with the even-odd area of the given ones: xs, ys, starts, is_hole, number.

    Coordinates must lie in -8192..24575. Shells have positive area and are followed by their holes.
    """
    edges = _node(_edges_of(xs, ys, start, rings))
    if edges.size == 0:
        return xs, ys, np.zeros(1, np.int64), np.zeros(0, np.uint8), 0
    ring_x, ring_y, ring_start, walk, count = _trace(edges)
    return _shells_first(ring_x, ring_y, ring_start, walk, count)


@kernel
def _pack(x: int, y: int) -> int:
    return (x + _OFFSET) << _BITS | (y + _OFFSET)


@kernel
def _unpack(point: int) -> tuple[int, int]:
    return (point >> _BITS & _MASK) - _OFFSET, (point & _MASK) - _OFFSET


@kernel
def _edge(p: int, q: int) -> int:
    """An edge without direction: its western (then northern) end first, so that sorting is sorting by west."""
    return p << _POINT | q if p < q else q << _POINT | p


@kernel
def _ends(edge: int) -> tuple[int, int]:
    return edge >> _POINT, edge & ((1 << _POINT) - 1)


@kernel
def _edges_of(xs: NDArray[np.int64], ys: NDArray[np.int64], start: NDArray[np.int64], rings: int) -> NDArray[np.int64]:
    edges = np.empty(start[rings], np.int64)
    for ring in range(rings):
        before = _pack(xs[start[ring + 1] - 1], ys[start[ring + 1] - 1])
        for index in range(start[ring], start[ring + 1]):
            here = _pack(xs[index], ys[index])
            edges[index] = _edge(before, here)
            before = here
    return edges


@kernel
def _odd_only(edges: NDArray[np.int64]) -> NDArray[np.int64]:
    """The edges that occur an odd number of times, each once, in ascending order."""
    edges = sort(edges)
    kept = 0
    at = 0
    while at < edges.size:
        end = at
        while end < edges.size and edges[end] == edges[at]:
            end += 1
        if (end - at) % 2:
            edges[kept] = edges[at]
            kept += 1
        at = end
    return edges[:kept]


@kernel
def _node(edges: NDArray[np.int64]) -> NDArray[np.int64]:
    edges = _odd_only(edges)
    while True:
        owner, point, count = _cuts(edges)
        if count == 0:
            return edges
        edges = _odd_only(_cut(edges, owner[:count], point[:count]))


@kernel
def _cuts(edges: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """The edges to cut and where: (edge number, packed point) pairs and their count."""
    owner, point = np.empty(16, np.int64), np.empty(16, np.int64)
    count = 0
    for i in range(edges.size):
        p, q = _ends(edges[i])
        (ax, ay), (bx, by) = _unpack(p), _unpack(q)
        north, south = min(ay, by), max(ay, by)
        for j in range(i + 1, edges.size):
            r, s = _ends(edges[j])
            (cx, cy), (dx, dy) = _unpack(r), _unpack(s)
            if cx > bx:
                break  # sorted by west: all later ones begin east of this one, too
            if (cy < north and dy < north) or (cy > south and dy > south):
                continue
            if not segments_touch(ax, ay, bx, by, cx, cy, dx, dy):
                continue
            if count + 4 > owner.size:
                owner, point = longer(owner, count + 4), longer(point, count + 4)
            a = (dx - cx) * (ay - cy) - (dy - cy) * (ax - cx)
            b = (dx - cx) * (by - cy) - (dy - cy) * (bx - cx)
            c = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
            d = (bx - ax) * (dy - ay) - (by - ay) * (dx - ax)
            if a != 0 and b != 0 and c != 0 and d != 0:
                x = _nearest(ax, bx, a, a - b)
                y = _nearest(ay, by, a, a - b)
                meeting = _pack(x, y)
                if meeting != p and meeting != q:
                    owner[count], point[count] = i, meeting
                    count += 1
                if meeting != r and meeting != s:
                    owner[count], point[count] = j, meeting
                    count += 1
                continue
            for end, off in ((r, c), (s, d)):
                if off == 0 and end != p and end != q and _within(end, p, q):
                    owner[count], point[count] = i, end
                    count += 1
            for end, off in ((p, a), (q, b)):
                if off == 0 and end != r and end != s and _within(end, r, s):
                    owner[count], point[count] = j, end
                    count += 1
    return owner, point, count


@kernel
def _nearest(low: int, high: int, numerator: int, denominator: int) -> int:
    """Low + (high - low) * numerator / denominator, rounded; exact in int64 because tile coordinates are small."""
    if denominator < 0:
        numerator, denominator = -numerator, -denominator
    return low + (2 * (high - low) * numerator + denominator) // (2 * denominator)


@kernel
def _within(point: int, p: int, q: int) -> bool:
    """Whether a point on the line through p and q lies in their box, so between them."""
    (x, y), (ax, ay), (bx, by) = _unpack(point), _unpack(p), _unpack(q)
    return min(ax, bx) <= x <= max(ax, bx) and min(ay, by) <= y <= max(ay, by)


@kernel
def _cut(edges: NDArray[np.int64], owner: NDArray[np.int64], point: NDArray[np.int64]) -> NDArray[np.int64]:
    """The edges with each of the given ones replaced by its pieces."""
    key = np.empty(owner.size, np.int64)
    for k in range(owner.size):
        p, q = _ends(edges[owner[k]])
        (ax, ay), (bx, by), (x, y) = _unpack(p), _unpack(q), _unpack(point[k])
        key[k] = owner[k] << 32 | ((x - ax) * (bx - ax) + (y - ay) * (by - ay))  # then along the edge; 0 <= it < 2^31
    order = order_of(key)
    pieces = np.empty(edges.size + owner.size, np.int64)
    count, at = 0, 0
    for i in range(edges.size):
        here, last = _ends(edges[i])
        while at < order.size and owner[order[at]] == i:
            following = point[order[at]]
            if following != here:
                pieces[count] = _edge(here, following)
                count += 1
                here = following
            at += 1
        if here != last:
            pieces[count] = _edge(here, last)
            count += 1
    return pieces[:count]


@kernel
def _trace(
    edges: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], int]:
    """Simple rings with the area on their left: xs, ys, starts, the walk each was cut from, and their number."""
    vertex, vertex_start, west, east, around = _graph(edges)
    ring_x, ring_y = np.empty(edges.size, np.int64), np.empty(edges.size, np.int64)
    ring_start, walk = np.zeros(edges.size + 1, np.int64), np.empty(edges.size, np.int64)
    stack, place = np.empty(edges.size + 1, np.int64), np.empty(vertex.size, np.int64)
    place[:] = -1
    used = np.zeros(edges.size, np.uint8)
    rings, walks = 0, 0
    for first in range(edges.size):
        if used[first]:
            continue
        eastward = not _area_north_of(edges, first)
        edge = first
        here = west[edge] if eastward else east[edge]
        depth = 0
        while True:
            if place[here] >= 0:  # a loop is closed: cut it off as a ring
                begin = place[here]
                at = ring_start[rings]
                for k in range(begin, depth):
                    ring_x[at], ring_y[at] = _unpack(vertex[stack[k]])
                    place[stack[k]] = -1
                    at += 1
                walk[rings] = walks
                rings += 1
                ring_start[rings] = at
                depth = begin
            if used[edge]:
                break
            place[here] = depth
            stack[depth] = here
            depth += 1
            used[edge] = 1
            there = east[edge] if here == west[edge] else west[edge]
            edge = _next_edge(vertex, vertex_start, west, east, around, edge, here, there)
            here = there
        walks += 1
    return ring_x, ring_y, ring_start, walk, rings


@kernel
def _graph(
    edges: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Vertices (packed), where each one's edges begin, each edge's west and east vertex, and the edges by vertex."""
    half = np.empty(2 * edges.size, np.int64)
    for k in range(edges.size):
        p, q = _ends(edges[k])
        half[2 * k], half[2 * k + 1] = p << 32 | k, q << 32 | k
    half = sort(half)
    vertex, vertex_start = np.empty(half.size, np.int64), np.empty(half.size + 1, np.int64)
    west, east, around = np.empty(edges.size, np.int64), np.empty(edges.size, np.int64), np.empty(half.size, np.int64)
    count = 0
    for k in range(half.size):
        point, edge = half[k] >> 32, half[k] & 0xFFFFFFFF
        if count == 0 or vertex[count - 1] != point:
            vertex[count], vertex_start[count] = point, k
            count += 1
        around[k] = edge
        if _ends(edges[edge])[0] == point:
            west[edge] = count - 1
        else:
            east[edge] = count - 1
    vertex_start[count] = half.size
    return vertex[:count], vertex_start[: count + 1], west, east, around


@kernel
def _next_edge(
    vertex: NDArray[np.int64],
    vertex_start: NDArray[np.int64],
    west: NDArray[np.int64],
    east: NDArray[np.int64],
    around: NDArray[np.int64],
    edge: int,
    here: int,
    there: int,
) -> int:
    """The edge after `edge`, walked from `here` to `there`: the first one clockwise from the way back."""
    (hx, hy), (tx, ty) = _unpack(vertex[here]), _unpack(vertex[there])
    back_x, back_y = hx - tx, hy - ty
    best, best_x, best_y, best_half = -1, 0, 0, 0
    for k in range(vertex_start[there], vertex_start[there + 1]):
        other = around[k]
        if other == edge:
            continue
        ox, oy = _unpack(vertex[east[other] if west[other] == there else west[other]])
        dx, dy = ox - tx, oy - ty
        side = back_x * dy - back_y * dx
        half = 0 if side < 0 else (1 if side == 0 else 2)  # less than, exactly, more than half a turn clockwise
        if best < 0 or half < best_half or (half == best_half and dx * best_y - dy * best_x < 0):
            best, best_x, best_y, best_half = other, dx, dy, half
    return best


@kernel
def _area_north_of(edges: NDArray[np.int64], chosen: int) -> bool:
    """Whether the area lies on the smaller-y side of the edge (of an upright one: the larger-x side).

    That is the side to the right of walking from its west end to its east end. Counts the edges that a ray from the
    edge's middle meets; all in doubled coordinates, so that the middle is whole.
    """
    (ax, ay), (bx, by) = _unpack(_ends(edges[chosen])[0]), _unpack(_ends(edges[chosen])[1])
    upright = ax == bx
    mx, my = ax + bx, ay + by
    if upright:
        mx, my = my, -mx  # turned by a quarter, so that the ray to the larger x is one to the smaller y
    met = 0
    for k in range(edges.size):
        if k == chosen:
            continue
        (cx, cy), (dx, dy) = _unpack(_ends(edges[k])[0]), _unpack(_ends(edges[k])[1])
        if upright:
            cx, cy, dx, dy = cy, -cx, dy, -dx
        if cx > dx:
            cx, cy, dx, dy = dx, dy, cx, cy
        if 2 * cx <= mx < 2 * dx and (dx - cx) * (my - 2 * cy) - (dy - cy) * (mx - 2 * cx) > 0:
            met += 1
    return met % 2 == 1


@kernel
def _shells_first(
    xs: NDArray[np.int64], ys: NDArray[np.int64], start: NDArray[np.int64], walk: NDArray[np.int64], rings: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8], int]:
    """The same rings with every shell followed by its holes."""
    area2 = np.empty(rings, np.int64)
    shell_of_walk = np.empty(walk[rings - 1] + 1, np.int64)
    shell_of_walk[:] = -1
    for ring in range(rings):
        area2[ring] = ring_area2(xs, ys, start[ring], start[ring + 1])
        if area2[ring] > 0:
            shell_of_walk[walk[ring]] = ring
    shell, key = np.empty(rings, np.int64), np.empty(rings, np.int64)
    for ring in range(rings):
        shell[ring] = ring
        if area2[ring] < 0:
            shell[ring] = shell_of_walk[walk[ring]]
            if shell[ring] < 0:
                shell[ring] = _shell_around(xs, ys, start, area2, ring, rings)
        key[ring] = 2 * shell[ring] + (1 if area2[ring] < 0 else 0)
    order = order_of(key)
    out_x, out_y = np.empty(start[rings], np.int64), np.empty(start[rings], np.int64)
    out_start, is_hole = np.zeros(rings + 1, np.int64), np.empty(rings, np.uint8)
    for k in range(rings):
        ring = order[k]
        size = start[ring + 1] - start[ring]
        out_start[k + 1] = out_start[k] + size
        for at in range(size):
            out_x[out_start[k] + at], out_y[out_start[k] + at] = xs[start[ring] + at], ys[start[ring] + at]
        is_hole[k] = area2[ring] < 0
    return out_x, out_y, out_start, is_hole, rings


@kernel
def _shell_around(
    xs: NDArray[np.int64],
    ys: NDArray[np.int64],
    start: NDArray[np.int64],
    area2: NDArray[np.int64],
    hole: int,
    rings: int,
) -> int:
    """The smallest shell around a hole. The middle of an edge decides: other rings may touch the hole at vertices."""
    x = xs[start[hole]] + xs[start[hole] + 1]
    y = ys[start[hole]] + ys[start[hole] + 1]
    best = -1
    for ring in range(rings):
        smaller = area2[ring] > 0 and (best < 0 or area2[ring] < area2[best])
        if smaller and point_in_ring(xs, ys, start[ring], start[ring + 1], x, y, 2):
            best = ring
    return best
