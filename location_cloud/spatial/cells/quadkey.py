"""Quadkeys: the web map's tiles as text (Bing Maps Tile System), zoom 1 to 30."""

from typing import ClassVar, Final

import numpy as np
import numpy.typing as npt

from location_cloud.spatial.cells.fill import Lattice, Reals
from location_cloud.spatial.cells.lattice_system import LatticeSystem, Letters, Parsed
from location_cloud.spatial.cells.letters import values_of
from location_cloud.spatial.cells.system import Codes
from location_cloud.spatial.errors import BadCode, BadCoordinate
from location_cloud.spatial.lonlat import Bools, Floats, Ints, as_lonlat

# Where spherical Mercator is as high as it is wide: atan(sinh(pi)), degrees.
MOST_LAT_DEG: Final = float(np.degrees(np.arctan(np.sinh(np.pi))))
_ZERO: Final = ord("0")


class Quadkey(LatticeSystem):
    """Web Mercator tiles. Rows count north from the equator here; `tile` gives the x and y of tile servers.

    Latitudes beyond 85.0511 degrees have no tile and are refused; 180 E belongs to the last one.
    """

    name: ClassVar[str] = "quadkey"
    levels: ClassVar[tuple[int, ...]] = tuple(range(1, 31))
    usual_level: ClassVar[int] = 17

    def lattice(self, level: int) -> Lattice:
        """Columns from 180 W, rows from the equator, their heights as in Mercator."""
        side = 1 << level
        return Lattice(
            column_edges=lambda column: column * (360.0 / side) - 180.0,
            row_edges=lambda row: _latitude(row * (2.0 / side)),
            column_at=lambda lon: np.floor((lon + 180.0) * (side / 360.0)).astype(np.int64),
            row_at=lambda lat: np.floor(_height(lat) * (side / 2.0)).astype(np.int64),
            first_column=0,
            last_column=side - 1,
            first_row=-side // 2,
            last_row=side // 2 - 1,
        )

    def index(self, lonlat: npt.ArrayLike, level: int) -> tuple[Ints, Ints]:
        """Columns and rows; raises BadCoordinate beyond 85.0511 degrees of latitude."""
        points, lattice = as_lonlat(lonlat), self.lattice(level)
        polar = np.abs(points[:, 1]) > MOST_LAT_DEG
        if polar.any():
            lat = points[int(np.argmax(polar)), 1]
            raise BadCoordinate(f"latitude {lat:.10g} has no map tile; tiles end at {MOST_LAT_DEG:.6f} degrees")
        return (
            np.minimum(lattice.column_at(points[:, 0]), lattice.last_column),
            np.clip(lattice.row_at(points[:, 1]), lattice.first_row, lattice.last_row),
        )

    def _reaches(self, lat: Floats) -> Bools:
        return np.abs(lat) <= MOST_LAT_DEG

    def codes(self, column: Ints, row: Ints, level: int) -> Codes:
        """The texts of cells, all at once."""
        y = (1 << level) // 2 - 1 - row
        text = np.empty((len(column), level), dtype=np.uint32)
        for at in range(level):
            shift = level - 1 - at
            text[:, at] = _ZERO + ((column >> shift) & 1) + 2 * ((y >> shift) & 1)
        return np.ascontiguousarray(text).view(f"<U{level}").ravel()

    def parse(self, code: str) -> tuple[int, int, int]:
        """Column, row and level of a quadkey; raises BadCode."""
        level = len(code)
        if not 1 <= level <= 30 or not set(code) <= set("0123"):
            raise BadCode(f"{code[:40]} is not a quadkey: 1 to 30 digits of 0, 1, 2, 3")
        column = int("".join("1" if c in "13" else "0" for c in code), 2)
        y = int("".join("1" if c in "23" else "0" for c in code), 2)
        return column, (1 << level) // 2 - 1 - y, level

    def parse_letters(self, letters: Letters) -> Parsed:
        """Columns, rows and levels of quadkeys of one length."""
        n, length = letters.shape
        column, y = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
        if length > 30:
            return Parsed(column, y, column, np.zeros(n, dtype=np.bool_))
        values = values_of(letters, "0123")
        for at in range(length):
            column, y = 2 * column + (values[:, at] & 1), 2 * y + (values[:, at] >> 1)
        return Parsed(column, (1 << length) // 2 - 1 - y, np.full(n, length), np.all(values >= 0, axis=1))

    def tile(self, code: str) -> tuple[int, int, int]:
        """Zoom, x and y (from the north) of a quadkey, as tile servers count. Raises BadCode."""
        column, row, level = self.parse(code)
        return level, column, (1 << level) // 2 - 1 - row

    def children_block(self, column: int, row: int, level: int) -> tuple[range, range]:
        """Columns and rows at the next finer level that tile the cell."""
        return range(2 * column, 2 * column + 2), range(2 * row, 2 * row + 2)

    def parent_index(self, column: Ints, row: Ints, level: int) -> tuple[Ints, Ints]:
        """Columns and rows at the next coarser level."""
        return column >> 1, row >> 1


def _latitude(height: Reals) -> Reals:
    """Degrees of latitude at a height of the Mercator square, -1 at the bottom, 1 at the top."""
    lat: Reals = np.degrees(np.arctan(np.sinh(height * np.pi)))
    return lat


def _height(lat: Floats) -> Floats:
    """The inverse of `_latitude`, held to the square."""
    held = np.radians(np.clip(lat, -MOST_LAT_DEG, MOST_LAT_DEG))
    return np.arcsinh(np.tan(held)) / np.pi
