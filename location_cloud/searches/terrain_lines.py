"""Ridges and valleys of the ground by its heights: the divides between catchments, and the lines that they drain by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.ndimage import binary_erosion, gaussian_filter
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, minimum_spanning_tree

from location_cloud.searches.cells import Bools, Floats, Grid, Ints

MOST_SAMPLES = 262_144
"""Heights that are looked at, 512 x 512, which take about a second; of more cells, every second one or fewer."""

LEAST_RELIEF_M = 15.0
"""Of a ridge above the line that its side drains by, of a valley below its ridges; ours: less is seen over."""

LEAST_CELLS = 4
"""Length of a line."""

NEXT = ((0, 1), (1, 0), (1, 1), (1, -1))
"""Rows and columns to half of the neighbours; the other half are the same pairs."""


@dataclass(frozen=True)
class TerrainLines:
    """Lines in metres, each an array of shapely LineStrings."""

    ridges: NDArray[np.object_]
    valleys: NDArray[np.object_]


def terrain_lines(grid: Grid, height_m: NDArray[np.float32], catchment_m2: float) -> TerrainLines:
    """Ridges between catchments of about that size, and valleys that so much ground drains by.

    height_m: (rows, columns), NaN = not known. Level ground has none.

    Source: channels where enough ground drains together, O'Callaghan and Mark 1984; each cell drains by the way whose
    highest point is lowest, which no hollow stops (least-cost drainage, Metz et al. 2011), of these by the steepest;
    relief above the drainage, Renno et al. 2008 (HAND).
    """
    step = int(np.ceil(np.sqrt(grid.size / MOST_SAMPLES)))
    z = _smoothed(height_m[::step, ::step].astype(np.float64))
    x_m, y_m = grid.x_m[::step], grid.y_m[::step]
    width_m, length_m = grid.width_m * step, grid.height_m * step
    if min(z.shape) < LEAST_CELLS or not np.isfinite(z).any():
        return TerrainLines(np.empty(0, object), np.empty(0, object))
    flow = _drained(z, width_m, length_m)
    is_channel = flow.sums(np.append(0.0, np.ones(flow.count - 1))) * width_m * length_m >= catchment_m2
    is_channel[0] = False
    label, relief = _catchments(flow, is_channel, z.ravel())
    grown = np.zeros(flow.count)
    np.maximum.at(grown, label, relief)
    tolerance_m = (width_m + length_m) / 2
    ridges = _divides(flow.on_map(label, z.shape), flow.on_map(relief, z.shape), x_m, y_m)
    drains = np.flatnonzero(is_channel & (flow.parent > 0) & (grown[label] >= LEAST_RELIEF_M))
    row, column = np.divmod(flow.cell[np.stack([drains, flow.parent[drains]], axis=1)], z.shape[1])
    valleys = np.stack([x_m[column], y_m[row]], axis=2)
    least_m = LEAST_CELLS * tolerance_m
    return TerrainLines(_merged(ridges, tolerance_m, least_m), _merged(valleys, tolerance_m, least_m))


@dataclass(frozen=True)
class _Flow:
    """Where each cell drains to, by rank: 0 = outside of the map, then cells by steps from there.

    cell: (n,) flat cell of each rank, -1 = outside. parent: (n,) rank that it drains to. levels: (begin, end) of ranks
    with as many steps.
    """

    cell: Ints
    parent: Ints
    levels: list[tuple[int, int]]

    @property
    def count(self) -> int:
        return len(self.cell)

    def sums(self, values: Floats) -> Floats:
        """(n,) each value with all that drain to it."""
        total = values.copy()
        for begin, end in reversed(self.levels[1:]):
            first, last = int(self.parent[begin]), int(self.parent[end - 1]) + 1
            total[first:last] += np.bincount(self.parent[begin:end] - first, total[begin:end], last - first)
        return total

    def spread(self, values: NDArray[np.generic], is_own: Bools) -> NDArray[np.generic]:
        """(n,) each value, where it is not its own that of what it drains to."""
        found = values.copy()
        for begin, end in self.levels[1:]:
            found[begin:end] = np.where(is_own[begin:end], found[begin:end], found[self.parent[begin:end]])
        return found

    def on_map(self, values: NDArray[np.generic], shape: tuple[int, int]) -> Floats:
        """(rows, columns) of values by rank; NaN where no height is known."""
        found = np.full(shape[0] * shape[1], np.nan)
        found[self.cell[1:]] = values[1:]
        return found.reshape(shape)


def _smoothed(z: Floats) -> Floats:
    """Without steps of single cells, which models have where they were interpolated."""
    known = np.isfinite(z)
    weight = gaussian_filter(known.astype(np.float64), 1.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        smooth = gaussian_filter(np.where(known, z, 0.0), 1.0) / weight
    return np.where(known, smooth, np.nan)


def _drained(z: Floats, width_m: float, length_m: float) -> _Flow:
    """A tree of drainage: the minimum spanning tree by the higher end of each step, the steepest step first."""
    known = np.isfinite(z)
    number = np.arange(1, z.size + 1).reshape(z.shape)
    base = float(np.nanmin(z)) - 1.0
    tails, heads, costs = [], [], []
    for row, column in NEXT:
        here, there = _pairs(z.shape, row, column)
        both = known[here] & known[there]
        one, other = z[here][both], z[there][both]
        slope = np.abs(one - other) / np.hypot(row * length_m, column * width_m)
        tails.append(number[here][both])
        heads.append(number[there][both])
        costs.append(np.maximum(one, other) - 1e-6 * slope)  # of steps with one higher end, the steepest is cheapest
    rim = known & ~binary_erosion(known)
    tails.append(np.zeros(int(rim.sum()), np.int64))
    heads.append(number[rim])
    costs.append(z[rim])
    ends = np.concatenate(tails), np.concatenate(heads)
    steps = csr_array((np.concatenate(costs) - base, ends), shape=(z.size + 1, z.size + 1))
    order, before = breadth_first_order(minimum_spanning_tree(steps), 0, directed=False)
    rank = np.zeros(z.size + 1, np.int64)
    rank[order] = np.arange(len(order))
    parent = np.append(0, rank[before[order[1:]]])
    return _Flow(order.astype(np.int64) - 1, parent, list(_levels(parent)))


def _levels(parent: Ints) -> Iterator[tuple[int, int]]:
    """Ranks with as many steps to the outside: parents of ranks in order never fall."""
    begin, end = 0, 1
    while begin < end:
        yield begin, end
        begin, end = end, 1 + int(np.searchsorted(parent[1:], end))


def _catchments(flow: _Flow, is_channel: Bools, z: Floats) -> tuple[Ints, Floats]:
    """(n,) what each rank drains by: the lower end of its channel, 0 = none; and metres above that channel."""
    joins = np.bincount(flow.parent[is_channel], minlength=flow.count)
    is_end = is_channel & ((flow.parent == 0) | (joins[flow.parent] > 1))
    label = flow.spread(np.where(is_end, np.arange(flow.count), 0), is_end)
    own = np.append(0.0, z[flow.cell[1:]])
    channel = flow.spread(own, is_channel | (flow.parent == 0))
    return np.asarray(label, np.int64), np.asarray(own - channel, np.float64)


def _divides(label: Floats, relief: Floats, x_m: Floats, y_m: Floats) -> Floats:
    """(sides, 2, 2) metres of sides between cells of different catchments that rise above their channels."""
    x, y = _edges(x_m), _edges(y_m)
    found = []
    for row, column in ((0, 1), (1, 0)):
        here, there = _pairs(label.shape, row, column)
        high = np.fmax(relief[here], relief[there]) >= LEAST_RELIEF_M
        at_row, at_column = np.nonzero((label[here] != label[there]) & high & np.isfinite(label[here] + label[there]))
        low = np.column_stack([x[at_column + column], y[at_row + row]])
        top = np.column_stack([x[at_column + 1], y[at_row + 1]])
        found.append(np.stack([low, top], axis=1))
    return np.concatenate(found)


def _edges(middles: Floats) -> Floats:
    half = (middles[1] - middles[0]) / 2
    return np.append(middles - half, middles[-1] + half)


def _merged(sides: Floats, tolerance_m: float, least_m: float) -> NDArray[np.object_]:
    """Lines put together from short ones, without their steps."""
    if not len(sides):
        return np.empty(0, object)
    whole = shapely.line_merge(shapely.multilinestrings(shapely.linestrings(sides)))
    lines = shapely.simplify(shapely.get_parts(whole), tolerance_m)
    return np.asarray(lines[shapely.length(lines) >= least_m], object)


def _pairs(shape: tuple[int, ...], row: int, column: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Where neighbours stand: cells that have one so many rows and columns on, and those."""
    rows, columns = shape
    here = slice(0, rows - row), slice(max(-column, 0), columns - max(column, 0))
    there = slice(row, rows), slice(max(column, 0), columns + min(column, 0))
    return here, there
