"""Cells of a search area in a local metre frame, as plain rows and columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from location_cloud.errors import BadQuery

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Grid:
    """Equal cells; row 0 is the southernmost, column 0 the westernmost.

    west_m, south_m: the outer corner, metres east and north of the frame's origin. width_m, height_m: of a cell;
    they differ for cells cut in degrees (a level of the BeiDou grid), whose true size at the middle is taken.
    Maps over the grid are (rows, columns) arrays; a flat cell number is row * columns + column.
    """

    west_m: float
    south_m: float
    width_m: float
    height_m: float
    rows: int
    columns: int

    def __post_init__(self) -> None:
        if not (self.width_m > 0 and self.height_m > 0 and self.rows > 0 and self.columns > 0):
            raise BadQuery(
                f"{self.rows} x {self.columns} cells of {self.width_m} x {self.height_m} m are no grid",
                hint="give a size of cells above 0",
            )

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        return self.rows, self.columns

    @property
    def size(self) -> int:
        """How many cells."""
        return self.rows * self.columns

    @property
    def cell_m2(self) -> float:
        """Area of a cell."""
        return self.width_m * self.height_m

    @property
    def x_m(self) -> Floats:
        """(columns,) metres east of the columns' middles."""
        return np.asarray(self.west_m + (np.arange(self.columns) + 0.5) * self.width_m, np.float64)

    @property
    def y_m(self) -> Floats:
        """(rows,) metres north of the rows' middles, rising."""
        return np.asarray(self.south_m + (np.arange(self.rows) + 0.5) * self.height_m, np.float64)

    def offsets_m(self, xy_m: tuple[float, float]) -> tuple[Floats, Floats]:
        """Metres east (1, columns) and north (rows, 1) of every cell's middle from a point; they broadcast."""
        return (self.x_m - xy_m[0])[None, :], (self.y_m - xy_m[1])[:, None]

    def distance_m(self, xy_m: tuple[float, float]) -> Floats:
        """(rows, columns) metres from a point to every cell's middle."""
        east, north = self.offsets_m(xy_m)
        distance: Floats = np.sqrt(east * east + north * north)
        return distance

    def cells_of(self, xy_m: ArrayLike) -> Ints:
        """(n,) flat cell of each point of (n, 2) metres; -1 = outside."""
        points = np.asarray(xy_m, np.float64).reshape(-1, 2)
        column = np.floor((points[:, 0] - self.west_m) / self.width_m)
        row = np.floor((points[:, 1] - self.south_m) / self.height_m)
        inside = (column >= 0) & (column < self.columns) & (row >= 0) & (row < self.rows)
        cells: Ints = np.where(inside, row * self.columns + column, -1).astype(np.int64)
        return cells

    def middles_m(self, cells: ArrayLike) -> Floats:
        """(n, 2) middles of flat cells."""
        row, column = np.divmod(np.asarray(cells, np.int64), self.columns)
        return np.column_stack([self.x_m[column], self.y_m[row]])


def grid_around(xy_m: tuple[float, float], reach_m: float, cell_m: float) -> Grid:
    """Square cells that cover a square of half-side reach_m about a point, the point in the middle of a cell.

    Raises BadQuery when a size is not positive.
    """
    if not (cell_m > 0 and reach_m > 0):
        raise BadQuery(f"reach_m={reach_m} and cell_m={cell_m} must be positive", hint="give metres above 0")
    each_way = int(np.ceil(reach_m / cell_m - 0.5))
    half = (each_way + 0.5) * cell_m
    return Grid(xy_m[0] - half, xy_m[1] - half, cell_m, cell_m, 2 * each_way + 1, 2 * each_way + 1)
