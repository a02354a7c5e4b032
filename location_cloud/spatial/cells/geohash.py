"""Geohash: base-32 text of interleaved longitude and latitude bits (Niemeyer 2008), 1 to 12 characters."""

from typing import ClassVar, Final

import numpy as np
import numpy.typing as npt

from location_cloud.spatial.cells.fill import Lattice
from location_cloud.spatial.cells.lattice_system import LatticeSystem, Letters, Parsed
from location_cloud.spatial.cells.letters import values_of
from location_cloud.spatial.cells.system import Codes
from location_cloud.spatial.errors import BadCode
from location_cloud.spatial.lonlat import Ints, as_lonlat

ALPHABET: Final = "0123456789bcdefghjkmnpqrstuvwxyz"
_SYMBOL: Final = np.array([ord(c) for c in ALPHABET], dtype=np.uint32)


class Geohash(LatticeSystem):
    """Geohash cells; the level is the number of characters. 180 E and 90 N belong to the last cells."""

    name: ClassVar[str] = "geohash"
    levels: ClassVar[tuple[int, ...]] = tuple(range(1, 13))
    usual_level: ClassVar[int] = 7

    def lattice(self, level: int) -> Lattice:
        """Columns from 180 W, rows from the south pole."""
        nx, ny = _counts(level)
        return Lattice(
            column_edges=lambda column: column * (360.0 / nx) - 180.0,
            row_edges=lambda row: row * (180.0 / ny) - 90.0,
            column_at=lambda lon: np.floor((lon + 180.0) * (nx / 360.0)).astype(np.int64),
            row_at=lambda lat: np.floor((lat + 90.0) * (ny / 180.0)).astype(np.int64),
            first_column=0,
            last_column=nx - 1,
            first_row=0,
            last_row=ny - 1,
        )

    def index(self, lonlat: npt.ArrayLike, level: int) -> tuple[Ints, Ints]:
        """Columns and rows of the cells that hold the points."""
        points, lattice = as_lonlat(lonlat), self.lattice(level)
        return (
            np.minimum(lattice.column_at(points[:, 0]), lattice.last_column),
            np.minimum(lattice.row_at(points[:, 1]), lattice.last_row),
        )

    def codes(self, column: Ints, row: Ints, level: int) -> Codes:
        """The texts of cells, all at once."""
        text = np.empty((len(column), level), dtype=np.uint32)
        for at in range(level):
            symbol = np.zeros(len(column), dtype=np.int64)
            for bit in range(5 * at, 5 * at + 5):
                # Even bits, from the left, halve the longitude; odd ones the latitude.
                source, bits = (column, (5 * level + 1) // 2) if bit % 2 == 0 else (row, 5 * level // 2)
                symbol = symbol * 2 + ((source >> (bits - 1 - bit // 2)) & 1)
            text[:, at] = _SYMBOL[symbol]
        return np.ascontiguousarray(text).view(f"<U{level}").ravel()

    def parse(self, code: str) -> tuple[int, int, int]:
        """Column, row and level of a geohash, capitals allowed; raises BadCode."""
        values = [ALPHABET.find(symbol) for symbol in code.lower()]
        if not 1 <= len(values) <= 12 or min(values) < 0:
            raise BadCode(f"{code[:40]} is not a geohash: 1 to 12 of {ALPHABET}")
        column = row = 0
        for at, value in enumerate(values):
            for bit in range(5):
                one = (value >> (4 - bit)) & 1
                if (5 * at + bit) % 2 == 0:
                    column = column * 2 + one
                else:
                    row = row * 2 + one
        return column, row, len(values)

    def parse_letters(self, letters: Letters) -> Parsed:
        """Columns, rows and levels of geohashes of one length."""
        n, length = letters.shape
        column, row = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
        if length > 12:
            return Parsed(column, row, column, np.zeros(n, dtype=np.bool_))
        values = values_of(letters, ALPHABET, any_case=True)
        for bit in range(5 * length):
            one = (values[:, bit // 5] >> (4 - bit % 5)) & 1
            if bit % 2 == 0:
                column = column * 2 + one
            else:
                row = row * 2 + one
        return Parsed(column, row, np.full(n, length), np.all(values >= 0, axis=1))

    def children_block(self, column: int, row: int, level: int) -> tuple[range, range]:
        """Columns and rows at the next finer level that tile the cell."""
        nx, ny = _split(level)
        return range(column * nx, (column + 1) * nx), range(row * ny, (row + 1) * ny)

    def parent_index(self, column: Ints, row: Ints, level: int) -> tuple[Ints, Ints]:
        """Columns and rows at the next coarser level."""
        nx, ny = _split(level - 1)
        return column // nx, row // ny


def _counts(level: int) -> tuple[int, int]:
    """Cells around the globe and from pole to pole."""
    return 1 << ((5 * level + 1) // 2), 1 << (5 * level // 2)


def _split(level: int) -> tuple[int, int]:
    """Into how many columns and rows a cell of this level is cut for the next."""
    (nx, ny), (more_x, more_y) = _counts(level), _counts(level + 1)
    return more_x // nx, more_y // ny
