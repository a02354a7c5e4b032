"""Cells as areas: the outline of a mask, and the smallest areas that hold a share of the chance."""

from __future__ import annotations

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from location_cloud.searches.cells import Bools, Floats
from location_cloud.searches.lattice import Lattice

LEVELS = (0.5, 0.75, 0.9, 0.95)
"""Of the chance on the map: what planners draw."""

MOST_SIDE = 400
"""Cells a side that outlines are drawn from; finer maps are looked at in blocks, which moves a border by a cell."""


def outline(lattice: Lattice, mask: Bools) -> BaseGeometry:
    """The area of the cells of a mask, a polygon or several; an empty one for none. Over MOST_SIDE by blocks."""
    joined = max(1, -(-max(lattice.shape) // MOST_SIDE))
    if joined > 1:
        rows = np.add.reduceat(mask.astype(np.int32), np.arange(0, lattice.rows, joined), axis=0)
        mask = np.add.reduceat(rows, np.arange(0, lattice.columns, joined), axis=1) * 2 >= joined * joined
    padded = np.pad(mask.astype(np.int8), ((0, 0), (1, 1)))
    change = np.diff(padded, axis=1)
    row, first = np.nonzero(change == 1)
    last = np.nonzero(change == -1)[1]
    west = lattice.west + first * joined * lattice.cell_lon
    east = lattice.west + np.minimum(last * joined, lattice.columns) * lattice.cell_lon
    south = lattice.south + row * joined * lattice.cell_lat
    north = lattice.south + np.minimum((row + 1) * joined, lattice.rows) * lattice.cell_lat
    corners = (each.round(7) for each in (west, south, east, north))  # a centimetre
    return shapely.union_all(shapely.box(*corners))


def level_masks(p: Floats, shares: tuple[float, ...] = LEVELS) -> list[tuple[float, Bools]]:
    """(share, cells) of the smallest areas that hold at least these shares of the map's own mass, densest cells first.

    p: (rows, columns).
    """
    order = np.argsort(-p, axis=None, kind="stable")
    total = np.cumsum(p.ravel()[order])
    found = []
    for share in shares:
        count = int(np.searchsorted(total, share * total[-1])) + 1
        mask = np.zeros(p.size, bool)
        mask[order[:count]] = True
        found.append((share, mask.reshape(p.shape)))
    return found
