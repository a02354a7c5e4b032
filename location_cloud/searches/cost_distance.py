"""The time from a place to every cell on foot, over slope and land cover."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from location_cloud.errors import BadQuery
from location_cloud.searches.cells import Grid
from location_cloud.searches.terrain_speed import tobler_m_s
from tiles.compiled import entry_point

Float32s = NDArray[np.float32]

STEEPEST = 1.0
"""Slope (45 degrees) from which on a step is not walked."""
SLOPES = 2001
"""Entries of the table of paces over slopes from -STEEPEST to STEEPEST."""
SLOWEST = 0.02
"""Factors below this are barriers: it bounds the ring of buckets."""
STEPS = np.array(
    [
        *((0, 1), (1, 0), (0, -1), (-1, 0), (1, 1), (1, -1), (-1, -1), (-1, 1)),
        *((1, 2), (2, 1), (2, -1), (1, -2), (-1, -2), (-2, -1), (-2, 1), (-1, 2)),
    ],
    np.int64,
)
"""Rows and columns that a step goes: straight, diagonal, knight's."""


def walking_time_s(
    grid: Grid,
    xy_m: tuple[float, float],
    factor: NDArray[np.float32],
    elevation_m: NDArray[np.float32] | None = None,
    limit_s: float = np.inf,
) -> Float32s:
    """(rows, columns) seconds of the quickest way on foot from a point, inf = not reached within the limit.

    factor: (rows, columns) share of open-ground speed, below .02 = barrier (`terrain_speed.cover_factor`).
    elevation_m: the same shape, None = level ground, nan = unknown, taken as level. Steps go to 16 neighbours
    (knight's moves too): at most 2.8 % longer than straight. Speed on a step: Tobler on its own slope, up or down,
    times what the cells that it passes leave of it; nothing steeper than 45 degrees is walked.

    Raises BadQuery for a point outside the grid or shapes that do not fit. A point on a barrier is left all the same.
    Source: Dijkstra 1959 over Tobler's paces, with a ring of buckets (Dial 1969) as the queue. A million cells take .07
    to .15 s; scipy's Dijkstra took .3 s after 2.3 s for laying out the graph.
    """
    start = int(grid.cells_of(xy_m)[0])
    if start < 0:
        raise BadQuery(f"the point {xy_m} lies outside the grid", hint="choose a point on the map")
    if factor.shape != grid.shape or (elevation_m is not None and elevation_m.shape != grid.shape):
        raise BadQuery(f"factor and elevation_m must have the grid's shape, {grid.shape}", hint="draw the map again")
    with np.errstate(divide="ignore"):
        inverse = np.where(factor >= SLOWEST, 1 / factor, np.inf).astype(np.float32)
    inverse.flat[start] = min(inverse.flat[start], np.float32(1 / SLOWEST))
    height = np.zeros((0, 0), np.float32) if elevation_m is None else np.ascontiguousarray(elevation_m, np.float32)
    pace = (1 / tobler_m_s(np.linspace(-STEEPEST, STEEPEST, SLOPES))).astype(np.float32)
    way_m = np.hypot(STEPS[:, 0] * grid.height_m, STEPS[:, 1] * grid.width_m).astype(np.float32)
    fastest = float(way_m.min() * pace.min() * inverse.min(initial=1 / SLOWEST))
    longest = float(way_m.max() * pace.max() / SLOWEST)
    time_s = np.full(grid.size, np.inf, np.float32)
    _walk(start, inverse, height, pace, way_m, STEPS, fastest, int(longest / fastest) + 2, float(limit_s), time_s)
    return time_s.reshape(grid.shape)


@entry_point
def _walk(
    start: int,
    inverse: Float32s,
    height: Float32s,
    pace: Float32s,
    way_m: Float32s,
    steps: NDArray[np.int64],
    bucket_s: float,
    buckets: int,
    limit_s: float,
    time_s: Float32s,
) -> None:
    """Fills time_s; a cell is in one bucket at most, which is a list through `after` and `before`."""
    rows, columns = inverse.shape
    has_height = height.size > 0
    head = np.full(buckets, -1, np.int32)
    after = np.full(rows * columns, -1, np.int32)
    before = np.full(rows * columns, -2, np.int32)  # -2 = in no bucket, -1 = first of its bucket
    half = (len(pace) - 1) / 2.0
    time_s[start] = 0.0
    head[0] = start
    before[start] = -1
    waiting, now = 1, 0
    while waiting > 0:
        slot = now % buckets
        cell = head[slot]
        if cell < 0:
            now += 1
            continue
        head[slot] = after[cell]
        if after[cell] >= 0:
            before[after[cell]] = -1
        before[cell] = -2
        waiting -= 1
        row, column = cell // columns, cell % columns
        own, own_s = inverse[row, column], time_s[cell]
        for k in range(16):
            r, c = row + steps[k, 0], column + steps[k, 1]
            if r < 0 or r >= rows or c < 0 or c >= columns:
                continue
            to = r * columns + c
            there = inverse[r, c]
            if there == np.inf or time_s[to] <= own_s:
                continue
            if k < 4:
                ground = (own + there) * 0.5
            elif k < 8:
                if min(inverse[row, c], inverse[r, column]) == np.inf:
                    continue  # between two barriers that touch
                ground = (own + there) * 0.5
            else:
                dr, dc = steps[k, 0], steps[k, 1]
                if dr * dr == 1:  # over the two cells in the middle of a knight's move
                    ground = (own + there + inverse[row, column + dc // 2] + inverse[r, column + dc // 2]) * 0.25
                else:
                    ground = (own + there + inverse[row + dr // 2, column] + inverse[row + dr // 2, c]) * 0.25
                if ground == np.inf:
                    continue
            each_m = pace[(len(pace) - 1) // 2]
            if has_height:
                slope = (height[r, c] - height[row, column]) / way_m[k]
                if abs(slope) > 1.0:
                    continue
                if slope == slope:
                    each_m = pace[int((slope + 1.0) * half + 0.5)]
            arrives = own_s + way_m[k] * each_m * ground
            if arrives < time_s[to] and arrives <= limit_s:
                if before[to] == -1:
                    head[int(time_s[to] / bucket_s) % buckets] = after[to]
                elif before[to] >= 0:
                    after[before[to]] = after[to]
                if before[to] == -2:
                    waiting += 1
                elif after[to] >= 0:
                    before[after[to]] = before[to]
                time_s[to] = arrives
                slot = int(arrives / bucket_s) % buckets
                after[to], before[to] = head[slot], -1
                if head[slot] >= 0:
                    before[head[slot]] = to
                head[slot] = to
