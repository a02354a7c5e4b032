"""Rings of whole numbers: tidied after rounding, measured, and told apart from those that need a repair."""

import numpy as np
from numpy.typing import NDArray

from tiles.compiled import kernel, leaf
from tiles.ordering import order_of

_FEW = 48  # edges up to which comparing all pairs beats sorting them first


@kernel
def tidy_ring(
    from_x: NDArray[np.float64],
    from_y: NDArray[np.float64],
    size: int,
    xs: NDArray[np.int64],
    ys: NDArray[np.int64],
    begin: int,
) -> int:
    """Rounds a ring into xs[begin:], without repeated, straight-on and there-and-back vertices; gives its new size.

    0 if nothing with an area is left. xs needs `size` places.
    """
    top = begin
    for index in range(size):
        top = push_vertex(xs, ys, begin, top, rounded(from_x[index]), rounded(from_y[index]))
    low, top = close_ring(xs, ys, begin, top)
    if low > begin:
        for index in range(top - low):
            xs[begin + index], ys[begin + index] = xs[low + index], ys[low + index]
    return top - low


@leaf
def push_vertex(xs: NDArray[np.int64], ys: NDArray[np.int64], begin: int, top: int, x: int, y: int) -> int:
    """Adds a vertex to the ring that begins at `begin`, without those it makes idle; gives the position behind it."""
    while top >= begin + 2 and _turn(xs, ys, top - 2, top - 1, x, y) == 0:
        top -= 1
    if top > begin and xs[top - 1] == x and ys[top - 1] == y:
        return top
    xs[top], ys[top] = x, y
    return top + 1


@kernel
def close_ring(xs: NDArray[np.int64], ys: NDArray[np.int64], begin: int, top: int) -> tuple[int, int]:
    """The same around the seam of the ring begin..top; gives where it begins and ends, equal if no area is left."""
    low = begin
    while top - low >= 3:
        if _turn(xs, ys, top - 2, top - 1, xs[low], ys[low]) == 0:
            top -= 1
        elif _turn(xs, ys, top - 1, low, xs[low + 1], ys[low + 1]) == 0:
            low += 1
        else:
            return low, top
    return begin, begin


@leaf
def rounded(value: float) -> int:
    """The nearest whole number, halves upwards: towards the south-east in every tile.

    So a vertex comes out at the same spot of the map whichever tile it is seen from.
    """
    return int(np.floor(value + 0.5))


@leaf
def _turn(xs: NDArray[np.int64], ys: NDArray[np.int64], a: int, b: int, x: int, y: int) -> int:
    """Twice the area of the triangle a, b, (x, y): 0 if straight on, back, or on the spot."""
    return int((xs[b] - xs[a]) * (y - ys[a]) - (ys[b] - ys[a]) * (x - xs[a]))


@kernel
def ring_area2(xs: NDArray[np.int64], ys: NDArray[np.int64], begin: int, end: int) -> int:
    """Twice the ring's area by the surveyor's formula: positive if x turns towards y, MVT's sign of a shell."""
    area2 = 0
    x0, y0 = xs[end - 1], ys[end - 1]
    for index in range(begin, end):
        area2 += x0 * ys[index] - xs[index] * y0
        x0, y0 = xs[index], ys[index]
    return area2


@kernel
def point_in_ring(
    xs: NDArray[np.int64], ys: NDArray[np.int64], begin: int, end: int, x: int, y: int, scale: int
) -> bool:
    """Whether (x, y) / scale lies inside the ring; the point must not lie on it."""
    inside = False
    x0, y0 = scale * xs[end - 1], scale * ys[end - 1]
    for index in range(begin, end):
        x1, y1 = scale * xs[index], scale * ys[index]
        if (y0 > y) != (y1 > y):
            side = (x1 - x0) * (y - y0) - (y1 - y0) * (x - x0)
            if (side > 0) == (y1 > y0):
                inside = not inside
        x0, y0 = x1, y1
    return inside


@kernel
def needs_repair(
    xs: NDArray[np.int64], ys: NDArray[np.int64], start: NDArray[np.int64], is_hole: NDArray[np.uint8], rings: int
) -> bool:
    """Whether any two rings or edges touch, or a ring lies at another depth than its role says.

    False means a valid (multi)polygon whose holes follow their shells. Rings touching in one point are valid, too,
    but so rare that telling them apart is not worth it. The rings must be tidied.
    """
    if start[rings] <= _FEW:
        touching = _touch_by_pairs(xs, ys, start, rings)
    else:
        touching = _touch_by_sweep(xs, ys, start, rings)
    return touching or (rings > 1 and not _nested_as_told(xs, ys, start, is_hole, rings))


@kernel
def segments_touch(ax: int, ay: int, bx: int, by: int, cx: int, cy: int, dx: int, dy: int) -> bool:
    """Whether the closed segments ab and cd have a point in common."""
    if max(ax, bx) < min(cx, dx) or max(cx, dx) < min(ax, bx) or max(ay, by) < min(cy, dy) or max(cy, dy) < min(ay, by):
        return False
    c = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    d = (bx - ax) * (dy - ay) - (by - ay) * (dx - ax)
    if (c > 0 and d > 0) or (c < 0 and d < 0):
        return False
    a = (dx - cx) * (ay - cy) - (dy - cy) * (ax - cx)
    b = (dx - cx) * (by - cy) - (dy - cy) * (bx - cx)
    return not ((a > 0 and b > 0) or (a < 0 and b < 0))


@kernel
def _touch_by_pairs(xs: NDArray[np.int64], ys: NDArray[np.int64], start: NDArray[np.int64], rings: int) -> bool:
    for ring in range(rings):
        first, end = start[ring], start[ring + 1]
        for i in range(first, end):
            i2 = i + 1 if i + 1 < end else first
            for other in range(ring, rings):
                first2, end2 = start[other], start[other + 1]
                for j in range(i + 1 if other == ring else first2, end2):
                    j2 = j + 1 if j + 1 < end2 else first2
                    # Neighbours in a tidied ring share one vertex and no more, as they are not in line.
                    if i2 == j or j2 == i:
                        continue
                    if segments_touch(xs[i], ys[i], xs[i2], ys[i2], xs[j], ys[j], xs[j2], ys[j2]):
                        return True
    return False


@kernel
def _touch_by_sweep(xs: NDArray[np.int64], ys: NDArray[np.int64], start: NDArray[np.int64], rings: int) -> bool:
    count = start[rings]
    following = np.empty(count, np.int64)
    west = np.empty(count, np.int64)
    for ring in range(rings):
        for i in range(start[ring], start[ring + 1]):
            following[i] = i + 1 if i + 1 < start[ring + 1] else start[ring]
            west[i] = min(xs[i], xs[following[i]])
    order = order_of(west)
    for at in range(count):
        i = order[at]
        i2 = following[i]
        east, north, south = max(xs[i], xs[i2]), min(ys[i], ys[i2]), max(ys[i], ys[i2])
        for later in range(at + 1, count):
            j = order[later]
            if west[j] > east:
                break
            j2 = following[j]
            if (ys[j] < north and ys[j2] < north) or (ys[j] > south and ys[j2] > south) or i2 == j or j2 == i:
                continue
            if segments_touch(xs[i], ys[i], xs[i2], ys[i2], xs[j], ys[j], xs[j2], ys[j2]):
                return True
    return False


@kernel
def _nested_as_told(
    xs: NDArray[np.int64], ys: NDArray[np.int64], start: NDArray[np.int64], is_hole: NDArray[np.uint8], rings: int
) -> bool:
    """Whether each hole lies in its shell and nowhere between, and each shell in holes only; rings must not touch."""
    depth = np.zeros(rings, np.int64)
    in_own_shell = np.zeros(rings, np.uint8)
    shell_of = np.empty(rings, np.int64)
    box = np.empty((rings, 4), np.int64)
    shell = 0
    for ring in range(rings):
        if not is_hole[ring]:
            shell = ring
        shell_of[ring] = shell
        first = start[ring]
        x_min, y_min, x_max, y_max = xs[first], ys[first], xs[first], ys[first]
        for index in range(first + 1, start[ring + 1]):
            x_min, y_min = min(x_min, xs[index]), min(y_min, ys[index])
            x_max, y_max = max(x_max, xs[index]), max(y_max, ys[index])
        box[ring, 0], box[ring, 1], box[ring, 2], box[ring, 3] = x_min, y_min, x_max, y_max
    for inner in range(rings):
        x, y = xs[start[inner]], ys[start[inner]]
        for outer in range(rings):
            if inner == outer or x <= box[outer, 0] or y <= box[outer, 1] or x >= box[outer, 2] or y >= box[outer, 3]:
                continue
            if point_in_ring(xs, ys, start[outer], start[outer + 1], x, y, 1):
                depth[inner] += 1
                if outer == shell_of[inner]:
                    in_own_shell[inner] = 1
    for ring in range(rings):
        if is_hole[ring]:
            # Rings that do not touch nest in a chain, so one deeper than the shell means: directly within it.
            if not in_own_shell[ring] or depth[ring] != depth[shell_of[ring]] + 1:
                return False
        elif depth[ring] % 2:
            return False
    return True
