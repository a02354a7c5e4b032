"""A line with as many points as a map that shows all of it needs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kernels.caching import cached

WIDTH_PX = 400.0
"""A simplified line is meant for a map so wide; points that move it by less than half a pixel are left out."""


def simplified(line_e7: NDArray[np.int32]) -> NDArray[np.int32]:
    """The line with as many points as a map that shows all of it needs. Source: Douglas, Peucker 1973."""
    kept: NDArray[np.bool_] = keep_seen(line_e7)
    return line_e7[kept]


@cached(nogil=True)
def keep_seen(line_e7):  # type: ignore[no-untyped-def]  # a kernel; typed above
    """Which points of a line those are, (points,) bool."""
    extent = 0.0
    for axis in range(2):
        low = high = np.int64(line_e7[0, axis])
        for p in range(len(line_e7)):
            low, high = min(low, line_e7[p, axis]), max(high, line_e7[p, axis])
        extent = max(extent, float(high - low))
    tolerance = extent / WIDTH_PX / 2
    kept = np.zeros(len(line_e7), np.bool_)
    kept[0] = kept[-1] = True
    stack = np.empty((len(line_e7), 2), np.int32)
    stack[0, 0], stack[0, 1] = 0, len(line_e7) - 1
    waiting = 1
    while waiting:
        waiting -= 1
        first, last = stack[waiting, 0], stack[waiting, 1]
        ax, ay = float(line_e7[first, 0]), float(line_e7[first, 1])
        dx, dy = line_e7[last, 0] - ax, line_e7[last, 1] - ay
        length2 = dx * dx + dy * dy
        farthest, most = -1, tolerance * tolerance
        for p in range(first + 1, last):
            x, y = line_e7[p, 0] - ax, line_e7[p, 1] - ay
            part = min(max((x * dx + y * dy) / length2, 0.0), 1.0) if length2 > 0 else 0.0
            x -= part * dx
            y -= part * dy
            if x * x + y * y > most:
                farthest, most = p, x * x + y * y
        if farthest >= 0:
            kept[farthest] = True
            stack[waiting, 0], stack[waiting, 1] = first, farthest
            stack[waiting + 1, 0], stack[waiting + 1, 1] = farthest, last
            waiting += 2
    return kept
