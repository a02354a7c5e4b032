"""Polygons, lines and points put on the cells of a lattice, all of them at once."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from location_cloud.searches.cells import Bools, Floats, Ints
from location_cloud.searches.lattice import Lattice

AT_ONCE = 4_000_000
"""Crossings of edges with rows that are held at once: about 200 MB."""


@dataclass(frozen=True)
class Near:
    """Lines about a lattice. lonlat: (k, 2) degrees. start: (n + 1,). line: (n,) their places among all lines."""

    lonlat: Floats
    start: Ints
    line: Ints


def lines_near(
    lattice: Lattice, box_e7: NDArray[np.int32], start: Ints, line_e7: NDArray[np.int32], wanted: Bools
) -> Near:
    """The wanted ones of many lines whose box meets the lattice's.

    box_e7: (n, 4). start: (n + 1,). line_e7: (k, 2). All in 1e-7 degree, as sections of a snapshot keep them.
    """
    west, south, east, north = (round(each * 1e7) for each in lattice.bounds)
    near = (box_e7[:, 0] <= east) & (box_e7[:, 2] >= west) & (box_e7[:, 1] <= north) & (box_e7[:, 3] >= south)
    chosen = np.flatnonzero(near & wanted)
    length = start[chosen + 1] - start[chosen]
    begin = np.concatenate([[0], np.cumsum(length)]).astype(np.int64)
    place = np.arange(begin[-1]) + np.repeat(start[chosen] - begin[:-1], length)
    return Near(line_e7[place] / 1e7, begin, chosen)


def mask_of(lattice: Lattice, polygons: NDArray[np.object_]) -> Bools:
    """(rows, columns), the cells whose middle lies inside any of the polygons (degrees)."""
    edge, start, end = _edges(polygons)
    low, high = _rows_met(lattice, start, end)
    change = np.zeros(lattice.rows * (lattice.columns + 1), np.int32)
    for begin, stop in _chunks(high - low, edge):
        _, row, first, last = _spans(lattice, edge[begin:stop], start[begin:stop], end[begin:stop])
        at = row * (lattice.columns + 1)
        np.add.at(change, at + first, 1)
        np.add.at(change, at + last + 1, -1)
    depth = np.cumsum(change.reshape(lattice.rows, -1), axis=1, dtype=np.int32)
    return np.asarray(depth[:, :-1] > 0)


def labels_of(lattice: Lattice, polygons: NDArray[np.object_]) -> NDArray[np.int32]:
    """(rows, columns) number of the polygon (degrees) that holds each cell's middle, -1 = none; of several the last."""
    edge, start, end = _edges(polygons)
    labels = np.full(lattice.size, -1, np.int32)
    low, high = _rows_met(lattice, start, end)
    for begin, stop in _chunks(high - low, edge):
        which, row, first, last = _spans(lattice, edge[begin:stop], start[begin:stop], end[begin:stop])
        count = last - first + 1
        order = np.argsort(which, kind="stable")
        row, first, count, which = row[order], first[order], count[order], which[order]
        cells = np.repeat(row * lattice.columns + first - (np.cumsum(count) - count), count) + np.arange(count.sum())
        labels[cells] = np.repeat(which, count)
    return labels.reshape(lattice.shape)


def cells_of_lines(lattice: Lattice, lonlat: Floats, start: Ints) -> tuple[Ints, Ints]:
    """Cells (flat numbers) that lines run through, and the line of each; a cell may come several times.

    lonlat: (k, 2) degrees of all points. start: (n + 1,) where each line begins. Lines are asked every half cell, so a
    corner that they cut by less may be missed.
    """
    x = (lonlat[:, 0] - lattice.west) / lattice.cell_lon
    y = (lonlat[:, 1] - lattice.south) / lattice.cell_lat
    line = np.repeat(np.arange(len(start) - 1), np.diff(start))
    steps = np.maximum(np.abs(np.diff(x)), np.abs(np.diff(y)))
    steps = np.where(line[1:] == line[:-1], steps, 0.0)
    near = (np.minimum(x[:-1], x[1:]) < lattice.columns) & (np.maximum(x[:-1], x[1:]) >= 0)
    near &= (np.minimum(y[:-1], y[1:]) < lattice.rows) & (np.maximum(y[:-1], y[1:]) >= 0) & (line[1:] == line[:-1])
    leg = np.flatnonzero(near)
    count = np.ceil(steps[leg] * 2).astype(np.int64) + 1
    piece = np.repeat(np.arange(len(leg)), count)
    share = (np.arange(len(piece)) - np.repeat(np.cumsum(count) - count, count)) / np.maximum(count - 1, 1)[piece]
    from_, to = leg[piece], leg[piece] + 1
    column = np.floor(x[from_] + (x[to] - x[from_]) * share).astype(np.int64)
    row = np.floor(y[from_] + (y[to] - y[from_]) * share).astype(np.int64)
    inside = (column >= 0) & (column < lattice.columns) & (row >= 0) & (row < lattice.rows)
    return row[inside] * lattice.columns + column[inside], line[from_[inside]]


def _edges(polygons: NDArray[np.object_]) -> tuple[Ints, Floats, Floats]:
    """All edges of all rings: their polygon (rising), their southern and northern ends."""
    rings, owner = shapely.get_rings(polygons, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    joined = ring[1:] == ring[:-1]
    start, end = points[:-1][joined], points[1:][joined]
    falling = start[:, 1] > end[:, 1]
    start[falling], end[falling] = end[falling].copy(), start[falling].copy()
    return np.asarray(owner)[ring[:-1][joined]].astype(np.int64), start, end


def _rows_met(lattice: Lattice, start: Floats, end: Floats) -> tuple[Ints, Ints]:
    """First row whose middle is not below the edge's southern end, and the first one not below its northern end."""
    low = np.ceil((start[:, 1] - lattice.south) / lattice.cell_lat - 0.5)
    high = np.ceil((end[:, 1] - lattice.south) / lattice.cell_lat - 0.5)
    return np.clip(low, 0, lattice.rows).astype(np.int64), np.clip(high, 0, lattice.rows).astype(np.int64)


def _chunks(count: Ints, owner: Ints) -> list[tuple[int, int]]:
    """Ranges of edges of at most about AT_ONCE crossings; no polygon is cut."""
    total = np.concatenate([[0], np.cumsum(count)])
    bounds, at = [0], 0
    begins = np.append(np.flatnonzero(np.diff(owner, prepend=-1)), len(owner))
    while at < len(owner):
        reach = int(np.searchsorted(total, total[at] + AT_ONCE, "right")) - 1
        fit = int(begins[np.searchsorted(begins, reach, "right") - 1])
        at = fit if fit > at else int(begins[np.searchsorted(begins, at, "right")])
        bounds.append(at)
    return list(itertools.pairwise(bounds))


def _spans(lattice: Lattice, owner: Ints, start: Floats, end: Floats) -> tuple[Ints, Ints, Ints, Ints]:
    """Runs of cells inside: polygon, row, first and last column. Even-odd rule along the middle of each row."""
    low, high = _rows_met(lattice, start, end)
    count = np.maximum(high - low, 0)
    edge = np.repeat(np.arange(len(count)), count)
    row = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count) + low[edge]
    lat = lattice.south + (row + 0.5) * lattice.cell_lat
    a, b = start[edge], end[edge]
    x = (a[:, 0] + (lat - a[:, 1]) / (b[:, 1] - a[:, 1]) * (b[:, 0] - a[:, 0]) - lattice.west) / lattice.cell_lon
    order = np.lexsort([x, row, owner[edge]])
    x, row, which = x[order], row[order], owner[edge][order]
    first = np.clip(np.ceil(x[0::2] - 0.5), 0, lattice.columns).astype(np.int64)
    last = np.clip(np.ceil(x[1::2] - 0.5), 0, lattice.columns).astype(np.int64) - 1
    kept = last >= first
    return which[0::2][kept], row[0::2][kept], first[kept], last[kept]
