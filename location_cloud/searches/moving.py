"""The map of a subject who went on walking, on cells joined to larger ones where the steps would be too many."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from location_cloud.searches.cells import Floats, Grid
from location_cloud.searches.motion import Motion, forward, walking

MOST_WORK = 4e7
"""Cells times steps: about a second. Steps are two thirds of a cell, so joining f x f cells divides the work by f^3."""


def walked_on(
    grid: Grid,
    p: Floats,
    speed_m_s: NDArray[np.float32],
    attraction: NDArray[np.float32],
    duration_s: float,
    moving: float,
    heading_deg: float | None,
    concentration: float,
) -> tuple[Floats, Floats]:
    """(states, rows, columns) probability after a time, and (states,) what left the cells; together what p had.

    p: (states, rows, columns). speed_m_s, attraction: (rows, columns), as of `motion.walking`. On joined cells, what a
    joined one holds is spread evenly over its cells that can be walked.
    """
    joined = _joined(grid, float(speed_m_s.max()) * moving, duration_s)
    wide = replace(
        grid,
        width_m=grid.width_m * joined,
        height_m=grid.height_m * joined,
        rows=-(-grid.rows // joined),
        columns=-(-grid.columns // joined),
    )
    if joined == 1:
        motion = walking(grid, speed_m_s, moving, attraction, heading_deg, concentration)
        return _forward(motion, p, duration_s)
    walked = (speed_m_s > 0).astype(np.float64)
    count = np.maximum(_sums(walked, joined), 1.0)
    speed = (_sums(np.asarray(speed_m_s, np.float64), joined) / count).astype(np.float32)
    draw = (_sums(np.asarray(attraction, np.float64) * walked, joined) / count).astype(np.float32)
    motion = walking(wide, speed, moving, np.maximum(draw, 1e-3), heading_deg, concentration)
    after, left = _forward(motion, np.stack([_sums(state, joined) for state in p]), duration_s)
    is_shut = _sums(walked, joined) == 0
    share = np.where(_spread(is_shut, joined, grid), 1.0, walked)
    share /= _spread(_sums(share, joined), joined, grid)
    return np.stack([_spread(state, joined, grid) * share for state in after]), left


def _joined(grid: Grid, fastest_m_s: float, duration_s: float) -> int:
    steps = fastest_m_s * duration_s / (0.667 * min(grid.width_m, grid.height_m))
    return max(1, math.ceil(math.cbrt(grid.size * steps / MOST_WORK)))


def _forward(motion: Motion, p: Floats, duration_s: float) -> tuple[Floats, Floats]:
    results = [forward(motion, state, duration_s) for state in p]
    return np.stack([after for after, _ in results]), np.array([left for _, left in results])


def _sums(values: Floats, joined: int) -> Floats:
    """Sums over blocks of joined x joined cells; blocks at the edge may be smaller."""
    rows = np.add.reduceat(values, np.arange(0, values.shape[0], joined), axis=0)
    return np.asarray(np.add.reduceat(rows, np.arange(0, values.shape[1], joined), axis=1))


def _spread(values: NDArray[np.generic], joined: int, grid: Grid) -> Floats:
    wide = values.repeat(joined, axis=0)[: grid.rows].repeat(joined, axis=1)[:, : grid.columns]
    return np.asarray(wide)
