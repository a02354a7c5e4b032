"""Where a search's cells lie on the globe: a lattice in longitude and latitude, of metres or of BeiDou codes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from location_cloud.errors import BadQuery, TooLarge
from location_cloud.searches.cells import Floats, Grid, Ints
from location_cloud.spatial.cells import BEIDOU
from location_cloud.spatial.cells.beidou import HEIGHT, PER_DEGREE, WIDTH

Box = tuple[float, float, float, float]
"""West, south, east, north, degrees."""

MOST_CELLS = 4_000_000
"""Of one search: 100 km x 100 km at 50 m. A state of it is 32 MB."""

MOST_RADIUS_M = 100_000.0
"""Of an extent: beyond it, cells of one width in degrees differ by more than 2 % in metres."""

EQUATOR_M = 6_378_137.0
"""Semi-major axis of WGS-84."""

ECCENTRICITY2 = 6.694_379_990_14e-3
"""First eccentricity of WGS-84, squared."""

MOST_LATITUDE_DEG = 85.0
"""Beyond it, a degree of longitude changes too much across a grid."""


@dataclass(frozen=True)
class Lattice:
    """rows x columns cells of one size in degrees, row 0 in the south, column 0 in the west.

    west, south: its corner, degrees. cell_lon, cell_lat: sides of a cell, degrees. origin: the point (lon, lat) that
    metres are counted from. level: of the BeiDou code that the cells are cells of; None = cells in metres.
    """

    west: float
    south: float
    cell_lon: float
    cell_lat: float
    rows: int
    columns: int
    origin: tuple[float, float]
    level: int | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        return self.rows, self.columns

    @property
    def size(self) -> int:
        """How many cells."""
        return self.rows * self.columns

    @property
    def bounds(self) -> Box:
        """West, south, east, north, degrees."""
        east, north = self.west + self.columns * self.cell_lon, self.south + self.rows * self.cell_lat
        return self.west, self.south, east, north

    @property
    def grid(self) -> Grid:
        """The same cells in metres about the origin; of one size, that at the origin."""
        lon, lat = self.origin
        east, north = metres_per_degree(lat)
        corner = (self.west - lon) * east, (self.south - lat) * north
        return Grid(*corner, self.cell_lon * east, self.cell_lat * north, self.rows, self.columns)

    @property
    def lon(self) -> Floats:
        """(columns,) middles of the columns, degrees."""
        return np.asarray(self.west + (np.arange(self.columns) + 0.5) * self.cell_lon, np.float64)

    @property
    def lat(self) -> Floats:
        """(rows,) middles of the rows, degrees."""
        return np.asarray(self.south + (np.arange(self.rows) + 0.5) * self.cell_lat, np.float64)

    def xy_m(self, lonlat: Floats) -> Floats:
        """(n, 2) metres east and north of the origin in the frame of `grid`, of points in degrees."""
        east, north = metres_per_degree(self.origin[1])
        return np.asarray((lonlat - np.array(self.origin)) * np.array([east, north]))

    def lonlat(self, xy_m: Floats) -> Floats:
        """(n, 2) degrees of points in the frame of `grid`: the inverse of `xy_m`."""
        east, north = metres_per_degree(self.origin[1])
        return np.asarray(np.array(self.origin) + xy_m / np.array([east, north]))

    def cell_of(self, lonlat: Floats) -> Ints:
        """Flat numbers (n,) of the cells that hold points (n, 2), -1 outside."""
        row = np.floor((lonlat[:, 1] - self.south) / self.cell_lat)
        column = np.floor((lonlat[:, 0] - self.west) / self.cell_lon)
        inside = (row >= 0) & (row < self.rows) & (column >= 0) & (column < self.columns)
        return np.where(inside, row * self.columns + column, -1).astype(np.int64)

    def codes(self, cells: Ints) -> list[str]:
        """The BeiDou codes of cells by flat number; [] of a lattice in metres."""
        if self.level is None:
            return []
        first_column = round(self.west * PER_DEGREE / WIDTH[self.level])
        first_row = round(self.south * PER_DEGREE / HEIGHT[self.level])
        row, column = np.divmod(cells, self.columns)
        found: list[str] = BEIDOU.codes(first_column + column, first_row + row, self.level).tolist()
        return found


def metre_lattice(ipp: tuple[float, float], box: Box, cell_m: float) -> Lattice:
    """Cells of that side over a box, one of them with its middle at the point. Raises TooLarge over MOST_CELLS."""
    east, north = metres_per_degree(ipp[1])
    cell_lon, cell_lat = cell_m / east, cell_m / north
    west, south = int(np.ceil((ipp[0] - box[0]) / cell_lon - 0.5)), int(np.ceil((ipp[1] - box[1]) / cell_lat - 0.5))
    east_of, north_of = (
        int(np.ceil((box[2] - ipp[0]) / cell_lon - 0.5)),
        int(np.ceil((box[3] - ipp[1]) / cell_lat - 0.5)),
    )
    columns, rows = west + east_of + 1, south + north_of + 1
    _check(rows, columns, f"cell_m={cell_m:g}")
    corner = ipp[0] - (west + 0.5) * cell_lon, ipp[1] - (south + 0.5) * cell_lat
    return Lattice(*corner, cell_lon, cell_lat, rows, columns, ipp)


def beidou_lattice(ipp: tuple[float, float], box: Box, level: int) -> Lattice:
    """The BeiDou cells of a level (1 to 10) that a box touches.

    Raises BadQuery for a level that does not exist, TooLarge over MOST_CELLS.
    """
    if level not in BEIDOU.levels[1:]:
        raise BadQuery(f"beidou_level={level} does not exist", hint="1 to 10; 5 has cells of about 85 x 124 m")
    width, height = WIDTH[level] / PER_DEGREE, HEIGHT[level] / PER_DEGREE
    first, last = int(np.floor(box[0] / width)), int(np.ceil(box[2] / width))
    bottom, top = int(np.floor(box[1] / height)), int(np.ceil(box[3] / height))
    _check(top - bottom, last - first, f"beidou_level={level}")
    return Lattice(first * width, bottom * height, width, height, top - bottom, last - first, ipp, level)


def box_around(ipp: tuple[float, float], radius_m: float) -> Box:
    """The box around a circle."""
    east, north = metres_per_degree(ipp[1])
    across, up = radius_m / east, radius_m / north
    return ipp[0] - across, ipp[1] - up, ipp[0] + across, ipp[1] + up


def metres_per_degree(lat: float) -> tuple[float, float]:
    """Metres of a degree to the east and to the north at a latitude in degrees, on the WGS-84 ellipsoid.

    Source: radii of curvature in the prime vertical and in the meridian (Snyder 1987, eq. 4-18 to 4-20).
    """
    angle = np.radians(lat)
    root = 1 - ECCENTRICITY2 * np.sin(angle) ** 2
    vertical = EQUATOR_M / np.sqrt(root)
    meridian = EQUATOR_M * (1 - ECCENTRICITY2) / root**1.5
    return float(np.radians(vertical * np.cos(angle))), float(np.radians(meridian))


def _check(rows: int, columns: int, what: str) -> None:
    if rows < 1 or columns < 1:
        raise BadQuery("the extent is empty", hint="west < east and south < north, the IPP inside of it")
    if rows * columns > MOST_CELLS:
        raise TooLarge(
            f"{what} makes {rows:,} x {columns:,} cells; the most is {MOST_CELLS:,}",
            hint="take larger cells or a smaller extent",
        )
