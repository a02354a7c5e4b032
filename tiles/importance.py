"""From which zoom each vertex matters: line simplification done once, so that a request only compares a byte."""

import numpy as np
from numpy.typing import NDArray

from tiles.compiled import entry_point
from tiles.mercator import FULL_ZOOM

NEVER = 255  # a vertex exactly on the line between its neighbours
_DEEP = 64  # how many lopsided cuts may follow each other before a range is halved: keeps 1 M vertices at n log n


def vertex_zooms(xy: NDArray[np.int32], part_start: NDArray[np.int64], *, closed: bool) -> NDArray[np.uint8]:
    """The first zoom at which each vertex is drawn, 255 for never.

    xy: (v, 2) grid points. part_start: (p + 1,). closed: the parts are rings without their closing vertex.

    Leaving out the vertices that come later moves the line by at most one tile unit. Ends of lines have zoom 0; so
    have four far corners of each ring, because a small building shall collapse by rounding, not by simplification.
    Source: Douglas and Peucker 1973, farthest vertex first; a vertex is never more important than the one
    that split its range, so that the vertices of a zoom are those of all lower zooms and some more.
    """
    distance = np.empty(len(xy))
    _rank(xy, part_start, closed, distance)
    with np.errstate(divide="ignore"):
        # Wanted: the smallest z with 2^(FULL_ZOOM - z) < distance, as one unit of zoom z is 2^(FULL_ZOOM - z) steps.
        zoom = np.floor(FULL_ZOOM - np.log2(distance)) + 1
    return np.where(distance > 0, np.clip(zoom, 0, NEVER - 1), NEVER).astype(np.uint8)


@entry_point
def _rank(xy: NDArray[np.int32], part_start: NDArray[np.int64], closed: bool, distance: NDArray[np.float64]) -> None:
    """Fills in how far, in grid steps, the line would move without each vertex; inf for those always kept."""
    stack = np.empty((64, 3), np.int64)  # the shorter half is done first, so log2 of the vertices is enough
    limit = np.empty(len(stack))
    for part in range(len(part_start) - 1):
        first, end = part_start[part], part_start[part + 1]
        size = end - first
        if size == 0:
            continue
        distance[first:end] = 0.0
        distance[first] = np.inf
        if not closed:
            distance[end - 1] = np.inf
        # Ranges run over first..first+size for rings; index first+size is the first vertex again.
        stop = size if closed else size - 1
        stack[0] = (0, stop, -2 if closed else 0)
        limit[0] = np.inf
        depth = 1
        while depth > 0:
            depth -= 1
            low, high, level = stack[depth]
            cap = limit[depth]
            if high - low < 2:
                continue
            ax, ay = float(xy[first + low, 0]), float(xy[first + low, 1])
            bx, by = float(xy[first + high % size, 0]), float(xy[first + high % size, 1])
            dx, dy = bx - ax, by - ay
            length2 = dx * dx + dy * dy
            best, at = -1.0, low + 1
            for index in range(low + 1, high):
                px, py = xy[first + index, 0] - ax, xy[first + index, 1] - ay
                along = min(max((px * dx + py * dy) / length2, 0.0), 1.0) if length2 > 0 else 0.0
                ex, ey = px - along * dx, py - along * dy
                away = ex * ex + ey * ey
                if away > best:
                    best, at = away, index
            away = min(np.sqrt(best), cap)
            if level < 0:
                away = np.inf  # the far corners of a ring
            elif level > _DEEP:
                at = (low + high) // 2  # its own distance is smaller: keeping it earlier than needed harms nothing
            distance[first + at] = away
            if at - low > high - at:
                stack[depth] = (low, at, level + 1)
                stack[depth + 1] = (at, high, level + 1)
            else:
                stack[depth] = (at, high, level + 1)
                stack[depth + 1] = (low, at, level + 1)
            limit[depth] = limit[depth + 1] = away
            depth += 2
