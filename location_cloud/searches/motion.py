"""How a lost person's probability moves over ground with time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from location_cloud.errors import BadQuery, TooLarge
from location_cloud.searches.cells import Floats, Grid

NEIGHBOURS: Final = ((1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1))
"""Rows (to the north) and columns (to the east) of N, NE, E, SE, S, SW, W, NW."""
MOST_STEPS = 20_000
"""Of one call: a minute of work on 100,000 cells."""


@dataclass(frozen=True)
class Motion:
    """Chances of a step, the same at all times.

    stay: (rows, columns). step: (8, rows, columns) to `NEIGHBOURS`; all 9 add up to 1. Off the grid, they leave.
    step_s: seconds that a step stands for.
    """

    stay: Floats
    step: Floats
    step_s: float


def walking(
    grid: Grid,
    speed_m_s: NDArray[np.float32],
    moving: float = 0.3,
    attraction: NDArray[np.float32] | None = None,
    heading_deg: float | None = None,
    concentration: float = 1.0,
    step_s: float | None = None,
    view: float = 0.0,
    height_m: NDArray[np.float32] | None = None,
) -> Motion:
    """A Markov motion for each ground.

    speed_m_s: (rows, columns), 0 = not to be entered. moving: share of time that the subject walks (the rest: "staying
    put"). attraction: (rows, columns) how much a cell draws steps, 1 = not (roads 3: "route travelling"). heading_deg:
    direction kept ("direction travelling"), with that von Mises concentration; None = random. step_s: default so that
    two thirds at most leave the fastest cell in a step. view: share of the walk that goes to the highest of the cells
    around, and stays where none is higher ("view enhancing"); it needs height_m, (rows, columns), NaN = not known.

    Raises BadQuery for shapes that do not fit, shares out of range, or a step too long for the cells.
    Source: modes of reorientation after Hashimoto et al. 2022 (doi 10.1038/s41598-022-09502-4); of the six,
    "backtracking" is not here: it goes back by the way that was come, which a chain of places does not remember. The
    mean way of a step is speed x moving x step_s, less on summits.
    """
    speed = np.asarray(speed_m_s, np.float64)
    draw = np.ones(grid.shape) if attraction is None else np.asarray(attraction, np.float64)
    if speed.shape != grid.shape or draw.shape != grid.shape:
        raise BadQuery(f"speed_m_s and attraction must have the grid's shape, {grid.shape}")
    if not ((speed >= 0).all() and np.isfinite(speed).all() and (draw >= 0).all() and 0 <= moving <= 1):
        raise BadQuery(
            "speed and attraction must be 0 or more, moving in [0, 1]",
            hint="moving is a part of the time, 0.3 for instance",
        )
    if view > 0 and height_m is None:
        raise BadQuery("view needs heights", hint="import an elevation model, or leave view at 0")
    walks_m_s = speed * moving
    least_m = min(grid.width_m, grid.height_m)
    fastest = float(walks_m_s.max())
    each_s = step_s if step_s is not None else (0.667 * least_m / fastest if fastest else 3600.0)
    if not each_s > 0 or fastest * each_s > least_m:
        raise BadQuery(f"step_s={each_s} is too long for cells of {least_m} m", hint="leave it out")
    weight = np.zeros((8, *grid.shape))
    way_m = np.zeros(8)
    for k, (row, column) in enumerate(NEIGHBOURS):
        way_m[k] = np.hypot(row * grid.height_m, column * grid.width_m)
        there = _shifted(np.where(speed > 0, draw, 0.0), -row, -column, outside=1.0)
        bearing = np.arctan2(column * grid.width_m, row * grid.height_m)
        kept = 1.0 if heading_deg is None else np.exp(concentration * (np.cos(bearing - np.radians(heading_deg)) - 1))
        weight[k] = there * kept / way_m[k]
    total = weight.sum(axis=0)
    up = _highest(speed > 0, height_m) if view > 0 and height_m is not None else None
    with np.errstate(invalid="ignore", divide="ignore"):
        mean_m = np.tensordot(way_m, weight, 1) / total
        leaving = np.where(total > 0, np.minimum(walks_m_s * each_s / mean_m, 1.0), 0.0)
        step = np.where(total > 0, weight * (leaving / total), 0.0)
    if up is not None:
        each = np.minimum(walks_m_s * each_s / way_m[np.maximum(up, 0)], 1.0)
        step *= 1 - view
        step[np.maximum(up, 0), *np.indices(grid.shape)] += np.where((up >= 0) & (total > 0), view * each, 0.0)
    return Motion(1 - step.sum(axis=0), step, each_s)


def _highest(is_walked: NDArray[np.bool_], height_m: NDArray[np.float32]) -> NDArray[np.int64]:
    """(rows, columns) place in NEIGHBOURS of the highest cell around that can be walked; -1 = none is higher."""
    known = np.where(is_walked & np.isfinite(height_m), np.asarray(height_m, np.float64), -np.inf)
    around = np.stack([_shifted(known, -row, -column, outside=-np.inf) for row, column in NEIGHBOURS])
    own = np.where(np.isfinite(height_m), np.asarray(height_m, np.float64), np.inf)
    return np.where(around.max(axis=0) > own, around.argmax(axis=0), -1)


def forward(motion: Motion, p: Floats, time_s: float) -> tuple[Floats, float]:
    """(rows, columns) probability after a time, and the mass that left the area; together what p had.

    Steps are rounded to whole ones, at least one for a positive time. Raises BadQuery for a negative time or another
    shape, TooLarge over 20,000 steps.
    """
    now = np.asarray(p, np.float64).reshape(motion.stay.shape)
    begun = now.sum()
    for _ in range(_steps(motion, time_s)):
        after = now * motion.stay
        for step, (row, column) in zip(motion.step, NEIGHBOURS):
            there, here = _overlap(now.shape, row, column)
            after[there] += now[here] * step[here]
        now = after
    return now, max(float(begun - now.sum()), 0.0)


def backward(motion: Motion, worth: Floats, time_s: float) -> Floats:
    """(rows, columns) what a subject in each cell is worth, whose place after a time is worth so much; 0 outside.

    The transpose of `forward`: sum(worth * forward(p)) = sum(backward(worth) * p). Raises as `forward`.
    """
    now = np.asarray(worth, np.float64).reshape(motion.stay.shape)
    for _ in range(_steps(motion, time_s)):
        before = now * motion.stay
        for step, (row, column) in zip(motion.step, NEIGHBOURS):
            there, here = _overlap(now.shape, row, column)
            before[here] += now[there] * step[here]
        now = before
    return now


def _steps(motion: Motion, time_s: float) -> int:
    if not 0 <= time_s < np.inf:
        raise BadQuery(f"time_s={time_s} must be 0 or more", hint="give seconds")
    steps = max(round(time_s / motion.step_s), 1) if time_s else 0
    if steps > MOST_STEPS:
        raise TooLarge(f"{steps} steps are over {MOST_STEPS}", hint="take larger cells or a shorter time")
    return steps


def _overlap(shape: tuple[int, ...], row: int, column: int) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """The part of a map that is reached by a move, and the part that it is reached from."""
    there, here = [], []
    for size, by in zip(shape, (row, column)):
        there.append(slice(max(by, 0), size + min(by, 0)))
        here.append(slice(max(-by, 0), size + min(-by, 0)))
    return tuple(there), tuple(here)


def _shifted(values: Floats, row: int, column: int, outside: float) -> Floats:
    """The map moved by rows and columns."""
    moved = np.full_like(values, outside)
    there, here = _overlap(values.shape, row, column)
    moved[there] = values[here]
    return moved
