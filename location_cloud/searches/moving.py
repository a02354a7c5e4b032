"""The map of a subject who went on walking, on cells joined to larger ones where the steps would be too many."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.linalg import LinearOperator

from location_cloud.searches.cells import Bools, Floats, Grid
from location_cloud.searches.motion import Motion, backward, forward, walking

MOST_WORK = 4e7
"""Cells times steps: about a second. Steps are two thirds of a cell, so joining f x f cells divides the work by f^3."""


@dataclass(frozen=True)
class Walk:
    """A time's walking over a map. motion: on cells joined to blocks of joined x joined. share: (rows, columns) of what
    a block holds, that lies in each of its cells: spread evenly over those that can be walked.
    """

    grid: Grid
    motion: Motion
    joined: int
    share: Floats
    duration_s: float

    def forward(self, p: Floats) -> tuple[Floats, float]:
        """(rows, columns) probability after the time, and what left the cells; together what p had."""
        after, left = forward(self.motion, _sums(p, self.joined), self.duration_s)
        return _spread(after, self.joined, self.grid) * self.share, left

    def operator(self) -> LinearOperator:
        """The same on flat maps, for `allocate_periods`: row i = where a subject of cell i is after the time."""

        def later(p: Floats) -> Floats:
            return self.forward(p.reshape(self.grid.shape))[0].ravel()

        def before(worth: Floats) -> Floats:
            blocks = _sums(worth.reshape(self.grid.shape) * self.share, self.joined)
            return _spread(backward(self.motion, blocks, self.duration_s), self.joined, self.grid).ravel()

        return LinearOperator((self.grid.size, self.grid.size), matvec=before, rmatvec=later, dtype=np.float64)


def make_walk(
    grid: Grid,
    speed_m_s: NDArray[np.float32],
    attraction: NDArray[np.float32],
    duration_s: float,
    moving: float,
    heading_deg: float | None,
    concentration: float,
    most_work: float = MOST_WORK,
    view: float = 0.0,
    height_m: NDArray[np.float32] | None = None,
) -> Walk:
    """How a subject walks on for a time. speed_m_s, attraction, view, height_m: as of `motion.walking`.

    most_work: cells times steps of walking once; cells are joined until it is no more.
    """
    joined = _joined(grid, float(speed_m_s.max()) * moving, duration_s, most_work)
    walked = (speed_m_s > 0).astype(np.float64)
    count = np.maximum(_sums(walked, joined), 1.0)
    speed = (_sums(np.asarray(speed_m_s, np.float64), joined) / count).astype(np.float32)
    draw = np.maximum(_sums(np.asarray(attraction, np.float64) * walked, joined) / count, 1e-3).astype(np.float32)
    wide = replace(
        grid,
        width_m=grid.width_m * joined,
        height_m=grid.height_m * joined,
        rows=speed.shape[0],
        columns=speed.shape[1],
    )
    heights = None if height_m is None else _heights(height_m, joined)
    motion = walking(wide, speed, moving, draw, heading_deg, concentration, view=view, height_m=heights)
    is_shut: Bools = _sums(walked, joined) == 0
    share = np.where(_spread(is_shut, joined, grid), 1.0, walked)
    return Walk(grid, motion, joined, share / _spread(_sums(share, joined), joined, grid), duration_s)


def _joined(grid: Grid, fastest_m_s: float, duration_s: float, most_work: float) -> int:
    steps = fastest_m_s * duration_s / (0.667 * min(grid.width_m, grid.height_m))
    return max(1, math.ceil(math.cbrt(grid.size * steps / most_work)))


def _heights(height_m: NDArray[np.float32], joined: int) -> NDArray[np.float32]:
    """Of blocks, the highest that is known in each."""
    known = np.where(np.isfinite(height_m), height_m, np.float32(-np.inf))
    rows = np.maximum.reduceat(known, np.arange(0, known.shape[0], joined), axis=0)
    found = np.maximum.reduceat(rows, np.arange(0, known.shape[1], joined), axis=1)
    return np.where(np.isfinite(found), found, np.float32(np.nan))


def _sums(values: Floats, joined: int) -> Floats:
    """Sums over blocks of joined x joined cells; blocks at the edge may be smaller."""
    rows = np.add.reduceat(values, np.arange(0, values.shape[0], joined), axis=0)
    return np.asarray(np.add.reduceat(rows, np.arange(0, values.shape[1], joined), axis=1))


def _spread(values: NDArray[np.generic], joined: int, grid: Grid) -> Floats:
    wide = values.repeat(joined, axis=0)[: grid.rows].repeat(joined, axis=1)[:, : grid.columns]
    return np.asarray(wide)
