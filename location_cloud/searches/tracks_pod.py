"""What was searched, read off the tracks of the searchers: no segment has to be drawn for it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.fft import irfft2, next_fast_len, rfft2

from location_cloud.errors import BadQuery
from location_cloud.searches.cells import Floats, Grid, Ints

FINE = 11
"""Points a side in which a cell is measured against the width swept; odd, so that one is the middle."""


def track_coverage(grid: Grid, lines_m: Sequence[Floats], sweep_width_m: float | Floats) -> Floats:
    """Coverage of every cell by the walked lines: area swept in it over its area.

    lines_m: each (n, 2) metres, in pieces without silences. sweep_width_m: one width, or (rows, columns) by ground.
    A line sweeps half the width to either side, so cells much smaller than it share in a line beside them; the sum
    over the grid stays length x width but for what falls off the edge. Several passes add up.

    Gives (rows, columns) float64; `detection.pod` makes a POD of it. Raises BadQuery for a negative width.
    Source: Koopman 1946 (coverage is additive); the line integral is exact in every cell, see `length_in_cells`.
    """
    width = np.asarray(sweep_width_m, np.float64)
    if not (width >= 0).all() or width.shape not in ((), grid.shape):
        raise BadQuery("sweep_width_m must be 0 or more, one number or one for each cell", hint="give metres")
    length = length_in_cells(grid, lines_m)
    swept = length * width
    total = length.sum()
    if total == 0:
        return swept
    spread = _disc(grid, float(swept.sum() / total) / 2)
    return _spread(swept, spread) / grid.cell_m2


def length_in_cells(grid: Grid, lines_m: Sequence[Floats]) -> Floats:
    """(rows, columns) metres of the lines inside each cell, exact; what lies outside the grid is left out.

    lines_m: each (n, 2) metres; one point or none is a line of no length.
    """
    lines = [np.asarray(line, np.float64).reshape(-1, 2) for line in lines_m]
    lines = [line for line in lines if len(line) > 1]
    if not lines:
        return np.zeros(grid.shape)
    scale = np.array([grid.width_m, grid.height_m])
    origin = np.array([grid.west_m, grid.south_m])
    start = (np.concatenate([line[:-1] for line in lines]) - origin) / scale
    end = (np.concatenate([line[1:] for line in lines]) - origin) / scale
    leg_x, at_x = _crossings(start[:, 0], end[:, 0], grid.columns)
    leg_y, at_y = _crossings(start[:, 1], end[:, 1], grid.rows)
    every = np.arange(len(start))
    leg = np.concatenate([every, leg_x, leg_y, every])
    at = np.concatenate([np.zeros(len(start)), at_x, at_y, np.ones(len(start))])
    order = np.lexsort([at, leg])
    leg, at = leg[order], at[order]
    same = leg[1:] == leg[:-1]
    leg, begin, stop = leg[:-1][same], at[:-1][same], at[1:][same]
    middle = start[leg] + (end[leg] - start[leg]) * ((begin + stop) / 2)[:, None]
    column, row = np.floor(middle).astype(np.int64).T
    inside = (column >= 0) & (column < grid.columns) & (row >= 0) & (row < grid.rows)
    metres = np.hypot(*((end - start) * scale).T)[leg] * (stop - begin)
    cell = row[inside] * grid.columns + column[inside]
    return np.asarray(np.bincount(cell, metres[inside], grid.size), np.float64).reshape(grid.shape)


def _crossings(start: Floats, end: Floats, most: int) -> tuple[Ints, Floats]:
    """Where legs cross the lines 0, 1, ... most between cells: the leg, and the share of its way in [0, 1]."""
    low, high = np.minimum(start, end), np.maximum(start, end)
    first = np.clip(np.ceil(low), 0, most + 1).astype(np.int64)
    count = np.maximum(np.clip(np.floor(high), -1, most).astype(np.int64) - first + 1, 0)
    leg = np.repeat(np.arange(len(start)), count)
    line = np.arange(len(leg)) - np.repeat(np.cumsum(count) - count, count) + first[leg]
    way = (end - start)[leg]
    crosses = way != 0  # a leg along a line between cells crosses none
    leg, line, way = leg[crosses], line[crosses], way[crosses]
    return leg, np.clip((line - start[leg]) / way, 0.0, 1.0)


def _disc(grid: Grid, radius_m: float) -> Floats:
    """Share of a disc's area in each cell around the one in whose middle it lies; sums to 1."""
    east, north = (int(np.ceil(max(radius_m / size - 0.5, 0))) for size in (grid.width_m, grid.height_m))
    fine = (np.arange(FINE) - FINE // 2) / FINE
    x = (np.arange(-east, east + 1)[:, None] + fine).ravel() * grid.width_m
    y = (np.arange(-north, north + 1)[:, None] + fine).ravel() * grid.height_m
    inside = x[None, :] ** 2 + y[:, None] ** 2 <= radius_m**2
    share = inside.reshape(2 * north + 1, FINE, 2 * east + 1, FINE).sum(axis=(1, 3)).astype(np.float64)
    return np.asarray(share / share.sum())


def _spread(values: Floats, kernel: Floats) -> Floats:
    """The convolution of both, worked out only around what is not 0."""
    if kernel.size == 1:
        return values
    used_rows, used_columns = (np.flatnonzero(values.any(axis=axis)) for axis in (1, 0))
    north, east = (size // 2 for size in kernel.shape)
    part = (
        slice(max(used_rows[0] - north, 0), used_rows[-1] + north + 1),
        slice(max(used_columns[0] - east, 0), used_columns[-1] + east + 1),
    )
    spread = np.zeros_like(values)
    rows, columns = values[part].shape
    size = next_fast_len(rows + 2 * north, real=True), next_fast_len(columns + 2 * east, real=True)
    both = irfft2(rfft2(values[part], size) * rfft2(kernel, size), size)
    done = both[north : north + rows, east : east + columns]
    spread[part] = np.where(done > 1e-12 * done.max(), done, 0.0)  # the transform leaves noise where nothing is
    return spread
