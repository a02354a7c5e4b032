"""Points in the order of a grid, so that the ones near a position are a few runs of a mapped array."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from location_cloud.arrays import load_array
from location_cloud.places.compact import load_column, save_column

CELL_DEG = 0.002
"""Side of a cell, degrees: 222 m of latitude; a city block or two."""

_COLUMNS = np.int64(1) << 20
"""More than the 180,000 columns around the globe."""


@dataclass(frozen=True)
class PackedGrid:
    """n points sorted by row and column of their cell.

    cell: (n,) int64 ascending. item: (n,) int32, what each point is. An R-tree took 40x longer to open.
    """

    cell: NDArray[np.int64]
    item: NDArray[np.int32]

    def find_near(self, lonlat: tuple[float, float], reach_deg: tuple[float, float]) -> NDArray[np.int32]:
        """Items in all cells that a box touches; the caller measures. Not across the antimeridian.

        reach_deg: half width and half height of the box, degrees.
        """
        corners = np.array([lonlat, lonlat]) + np.outer((-1, 1), reach_deg)
        (west, east), (south, north) = (limits.tolist() for limits in _column_row(corners.T))
        rows = np.arange(south, north + 1, dtype=np.int64) * _COLUMNS
        low = np.searchsorted(self.cell, rows + west)
        high = np.searchsorted(self.cell, rows + east, side="right")
        parts = [self.item[first:last] for first, last in zip(low, high) if last > first]
        return np.concatenate(parts) if parts else np.zeros(0, np.int32)


def build_grid(lonlat: NDArray[np.float64]) -> PackedGrid:
    """The grid of (n, 2) points in degrees; items are their positions."""
    column, row = _column_row(lonlat.T)
    cell = row * _COLUMNS + column
    order = np.argsort(cell, kind="stable")
    return PackedGrid(cell[order], order.astype(np.int32))


def save_grid(folder: Path, name: str, grid: PackedGrid) -> None:
    """Writes `<name>_cell.column` and `<name>_item.npy` below the folder."""
    save_column(folder, f"{name}_cell", grid.cell)
    np.save(folder / f"{name}_item.npy", grid.item)


def load_grid(folder: Path, name: str) -> PackedGrid:
    """The grid that `save_grid` wrote, read-only."""
    return PackedGrid(load_column(folder, f"{name}_cell"), load_array(folder, f"{name}_item"))


def _column_row(lonlat: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    column = np.floor((np.asarray(lonlat[0]) + 180.0) / CELL_DEG).astype(np.int64)
    row = np.floor((np.asarray(lonlat[1]) + 90.0) / CELL_DEG).astype(np.int64)
    return column, row
