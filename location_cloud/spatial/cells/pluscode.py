"""Plus Codes: Open Location Code 1.0 (github.com/google/open-location-code, specification), full codes."""

from typing import ClassVar, Final

import numpy as np
import numpy.typing as npt

from location_cloud.spatial.cells.fill import Lattice
from location_cloud.spatial.cells.lattice_system import LatticeSystem, Letters, Parsed
from location_cloud.spatial.cells.letters import values_of
from location_cloud.spatial.cells.system import Codes
from location_cloud.spatial.errors import BadCode
from location_cloud.spatial.lonlat import Ints, as_lonlat

ALPHABET: Final = "23456789CFGHJMPQRVWX"
# The finest cells have 15 digits: ten in pairs of base 20, then five that each cut 4 columns x 5 rows.
FINEST_LON: Final = 8000 * 4**5
FINEST_LAT: Final = 8000 * 5**5
# A coordinate this near the next cell (in finest cells, 1e-12 m to 1e-9 m) is in it; undoes float rounding.
SLACK: Final = 1e-6
_SYMBOL: Final = np.array([ord(c) for c in ALPHABET], dtype=np.uint32)
SEPARATOR_AT: Final = 8


class PlusCode(LatticeSystem):
    """Plus Code cells; the level is the number of digits. 10 digits are 14 x 10 m in Daqing.

    180 degrees is -180, as the specification asks; 90 N belongs to the last row. Short codes need a place name to
    be understood and are refused.
    """

    name: ClassVar[str] = "pluscode"
    levels: ClassVar[tuple[int, ...]] = (2, 4, 6, 8, 10, 11, 12, 13, 14, 15)
    usual_level: ClassVar[int] = 10

    def lattice(self, level: int) -> Lattice:
        """Columns from 180 W, rows from the south pole."""
        # Widths in finest cells are whole numbers, so every edge is one division.
        width, height = _size(level)
        return Lattice(
            column_edges=lambda column: (column * width - 180 * FINEST_LON) / FINEST_LON,
            row_edges=lambda row: (row * height - 90 * FINEST_LAT) / FINEST_LAT,
            column_at=lambda lon: np.floor((lon + 180.0) * (FINEST_LON / width)).astype(np.int64),
            row_at=lambda lat: np.floor((lat + 90.0) * (FINEST_LAT / height)).astype(np.int64),
            first_column=0,
            last_column=360 * FINEST_LON // width - 1,
            first_row=0,
            last_row=180 * FINEST_LAT // height - 1,
        )

    def index(self, lonlat: npt.ArrayLike, level: int) -> tuple[Ints, Ints]:
        """Columns and rows of the cells that hold the points."""
        points = as_lonlat(lonlat)
        x = np.floor(points[:, 0] * FINEST_LON + SLACK).astype(np.int64) + 180 * FINEST_LON
        y = np.floor(points[:, 1] * FINEST_LAT + SLACK).astype(np.int64) + 90 * FINEST_LAT
        width, height = _size(level)
        return x % (360 * FINEST_LON) // width, np.minimum(y, 180 * FINEST_LAT - 1) // height

    def codes(self, column: Ints, row: Ints, level: int) -> Codes:
        """The texts of cells, all at once."""
        x, y = np.asarray(column, dtype=np.int64), np.asarray(row, dtype=np.int64)
        length = max(level, SEPARATOR_AT) + 1
        text = np.full((len(x), length), ord("0"), dtype=np.uint32)
        text[:, SEPARATOR_AT] = ord("+")
        for digit in range(level, 10, -1):
            x, i = np.divmod(x, 4)
            y, j = np.divmod(y, 5)
            text[:, digit] = _SYMBOL[4 * j + i]
        for digit in range(min(level, 10), 0, -2):
            x, i = np.divmod(x, 20)
            y, j = np.divmod(y, 20)
            at = digit - 2 + (digit > SEPARATOR_AT)
            text[:, at], text[:, at + 1] = _SYMBOL[j], _SYMBOL[i]
        return np.ascontiguousarray(text).view(f"<U{length}").ravel()

    def parse(self, code: str) -> tuple[int, int, int]:
        """Column, row and level of a full code, small letters allowed; raises BadCode."""
        wanted = f"{code[:40]} is not a full Plus Code such as 8QR7H4Q3+26"
        if code.find("+") != SEPARATOR_AT or code.count("+") != 1:
            raise BadCode(f"{wanted}: the + follows the eighth digit (short codes need the full form)")
        digits = code.upper().replace("+", "")
        if digits.endswith("0"):
            digits = digits.rstrip("0")
            if len(digits) not in (2, 4, 6) or len(code) != SEPARATOR_AT + 1:
                raise BadCode(f"{wanted}: zeros fill up 2, 4 or 6 digits to eight, and nothing follows the +")
        values = [ALPHABET.find(symbol) for symbol in digits]
        if len(values) not in self.levels or min(values) < 0:
            raise BadCode(f"{wanted}: {', '.join(map(str, self.levels))} digits of {ALPHABET}")
        if values[0] > 8 or values[1] > 17:
            raise BadCode(f"{wanted}: it lies beyond 90 degrees north or 180 degrees east")
        column = row = 0
        for at in range(0, min(len(values), 10), 2):
            row, column = row * 20 + values[at], column * 20 + values[at + 1]
        for value in values[10:]:
            row, column = row * 5 + value // 4, column * 4 + value % 4
        return column, row, len(values)

    def parse_letters(self, letters: Letters) -> Parsed:
        """Columns, rows and levels of full codes of one length; zeros at the end of short ones make them coarser."""
        n, length = letters.shape
        column, row, level = (np.zeros(n, dtype=np.int64) for _ in range(3))
        known = np.zeros(n, dtype=np.bool_)
        if length <= SEPARATOR_AT or length - 1 not in (8, *self.levels[4:]):
            return Parsed(column, row, level, known)
        values = values_of(np.delete(letters, SEPARATOR_AT, axis=1), ALPHABET, any_case=True)
        zeros = letters[:, :SEPARATOR_AT] == ord("0")
        # Filled up with zeros: digits, then zeros alone, in front of a + that ends the code.
        digits = np.where(zeros.any(axis=1), np.argmax(zeros, axis=1), length - 1)
        filled_up = zeros.any(axis=1)
        known = letters[:, SEPARATOR_AT] == ord("+")
        known &= ~filled_up | (zeros.sum(axis=1) == SEPARATOR_AT - digits) & (length == SEPARATOR_AT + 1)
        known &= np.isin(digits, self.levels)
        for at in range(0, min(length - 1, 10), 2):
            there = at < digits
            i, j = values[:, at + 1], values[:, at]
            known &= ~there | (i >= 0) & (j >= 0)
            row, column = np.where(there, row * 20 + j, row), np.where(there, column * 20 + i, column)
        for at in range(10, length - 1):
            known &= values[:, at] >= 0
            row, column = row * 5 + values[:, at] // 4, column * 4 + values[:, at] % 4
        return Parsed(column, row, digits, known & (values[:, 0] <= 8) & (values[:, 1] <= 17))

    def children_block(self, column: int, row: int, level: int) -> tuple[range, range]:
        """Columns and rows at the next finer level that tile the cell."""
        nx, ny = (20, 20) if level < 10 else (4, 5)
        return range(column * nx, (column + 1) * nx), range(row * ny, (row + 1) * ny)

    def parent_index(self, column: Ints, row: Ints, level: int) -> tuple[Ints, Ints]:
        """Columns and rows at the next coarser level."""
        nx, ny = (20, 20) if level <= 10 else (4, 5)
        return column // nx, row // ny


def _size(level: int) -> tuple[int, int]:
    """Width and height of a cell, in finest cells."""
    if level <= 10:
        shrink: int = 20 ** (level // 2 - 1)
        return 20 * FINEST_LON // shrink, 20 * FINEST_LAT // shrink
    return int(4 ** (15 - level)), int(5 ** (15 - level))
