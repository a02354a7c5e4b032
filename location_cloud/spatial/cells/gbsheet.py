"""Sheets of the national map series, GB/T 13989-2012: 1:1,000,000 to 1:500, new numbering."""

from typing import ClassVar, Final

import numpy as np
import numpy.typing as npt

from location_cloud.spatial.cells.fill import Lattice
from location_cloud.spatial.cells.lattice_system import LatticeSystem, Letters, Parsed
from location_cloud.spatial.cells.letters import as_texts, values_of
from location_cloud.spatial.cells.system import Codes
from location_cloud.spatial.errors import BadCode, BadCoordinate
from location_cloud.spatial.lonlat import Bools, Floats, Ints, as_lonlat

# GB/T 13989-2012 clauses 4 and 5: the scale's denominator, its letter, and into how many rows and columns a sheet of
# 1:1,000,000 (6 x 4 degrees) is cut. Rows and columns are written with three digits, of 1:1,000 and 1:500 with four.
SCALES: Final = {
    1_000_000: ("", 1),
    500_000: ("B", 2),
    250_000: ("C", 4),
    100_000: ("D", 12),
    50_000: ("E", 24),
    25_000: ("F", 48),
    10_000: ("G", 96),
    5_000: ("H", 192),
    2_000: ("I", 576),
    1_000: ("J", 1152),
    500: ("K", 2304),
}
LETTERS: Final = "".join(letter for letter, _ in SCALES.values())
BANDS: Final = "ABCDEFGHIJKLMNO"
# From 60 degrees on sheets are joined in pairs, and the series has none south of the equator.
NORTH_DEG: Final = 60
WIDTH_DEG, HEIGHT_DEG = 6, 4
# The finest sheets are 9.375 x 6.25 seconds: 75 x 50 eighths of a second.
PER_DEGREE: Final = 3600 * 8
FINEST: Final = SCALES[500][1]
# A coordinate this near the next sheet (eighths of a second; 4e-6 m) is in it: decimals on a border fall short of it.
SLACK: Final = 1e-6


class GbSheet(LatticeSystem):
    """Map sheets between the equator and 60 N; the level is the scale's denominator, 1000000 to 500.

    Sheets are numbered from the north-west: J50G015010 is row 15, column 10 of 1:10,000 in the sheet J50. A border
    belongs to the sheet north and east of it; 180 E belongs to the last one.
    """

    name: ClassVar[str] = "gbsheet"
    levels: ClassVar[tuple[int, ...]] = tuple(SCALES)
    usual_level: ClassVar[int] = 10_000

    def lattice(self, level: int) -> Lattice:
        """Columns from 180 W, rows from the equator."""
        width, height = _size(level)
        most = SCALES[level][1]
        return Lattice(
            column_edges=lambda column: (column * width - 180 * PER_DEGREE) / PER_DEGREE,
            row_edges=lambda row: row * height / PER_DEGREE,
            column_at=lambda lon: np.floor((lon + 180.0) * (PER_DEGREE / width)).astype(np.int64),
            row_at=lambda lat: np.floor(lat * (PER_DEGREE / height)).astype(np.int64),
            first_column=0,
            last_column=60 * most - 1,
            first_row=0,
            last_row=NORTH_DEG // HEIGHT_DEG * most - 1,
        )

    def index(self, lonlat: npt.ArrayLike, level: int) -> tuple[Ints, Ints]:
        """Columns and rows; raises BadCoordinate south of the equator and from 60 N on."""
        points = as_lonlat(lonlat)
        lon, lat = points[:, 0], points[:, 1]
        x = np.floor(lon * PER_DEGREE + SLACK).astype(np.int64) + 180 * PER_DEGREE
        y = np.floor(lat * PER_DEGREE + SLACK).astype(np.int64)
        outside = (y < 0) | (y >= NORTH_DEG * PER_DEGREE)
        if outside.any():
            raise BadCoordinate(
                f"latitude {lat[int(np.argmax(outside))]:.10g} has no sheet of GB/T 13989; "
                "the series reaches from the equator to 60 N"
            )
        width, height = _size(level)
        return np.minimum(x, 360 * PER_DEGREE - 1) // width, y // height

    def _reaches(self, lat: Floats) -> Bools:
        y = np.floor(lat * PER_DEGREE + SLACK)
        return (y >= 0) & (y < NORTH_DEG * PER_DEGREE)

    def codes(self, column: Ints, row: Ints, level: int) -> Codes:
        """The numbers of sheets, all at once."""
        letter, most = SCALES[level]
        zone, across = np.divmod(np.asarray(column, dtype=np.int64), most)
        band, up = np.divmod(np.asarray(row, dtype=np.int64), most)
        digits = _digits(level)
        text = np.full((len(zone), 3 + (1 + 2 * digits if letter else 0)), ord("0"), dtype=np.uint32)
        text[:, 0], text[:, 1], text[:, 2] = _BAND[band], 48 + (zone + 1) // 10, 48 + (zone + 1) % 10
        if letter:
            text[:, 3] = ord(letter)
            for at in range(digits):
                power = 10 ** (digits - 1 - at)
                text[:, 4 + at] = 48 + (most - up) // power % 10
                text[:, 4 + digits + at] = 48 + (across + 1) // power % 10
        return as_texts(text)

    def parse(self, code: str) -> tuple[int, int, int]:
        """Column, row and scale of a sheet; raises BadCode."""
        letters = np.array([[ord(letter) for letter in code]], dtype=np.uint32).reshape(1, -1)
        column, row, level, known = self.parse_letters(letters)
        if not known[0]:
            raise BadCode(
                f"{code[:40]} is no map sheet: a band A-O, a zone 01-60 and, below 1:1,000,000, a letter B-K with row "
                "and column from 001, such as L51 or L51G034082"
            )
        return int(column[0]), int(row[0]), int(level[0])

    def parse_letters(self, letters: Letters) -> Parsed:
        """Columns, rows and scales of sheets whose numbers have one length."""
        n, length = letters.shape
        column, row, level = (np.zeros(n, dtype=np.int64) for _ in range(3))
        if length not in (3, 10, 12):
            return Parsed(column, row, level, np.zeros(n, dtype=np.bool_))
        band, numbers = values_of(letters[:, 0], BANDS), values_of(letters, "0123456789")
        zone = 10 * numbers[:, 1] + numbers[:, 2]
        known = (band >= 0) & (numbers[:, 1:3] >= 0).all(axis=1) & (zone >= 1) & (zone <= 60)
        if length == 3:
            return Parsed(zone - 1, band, np.full(n, 1_000_000), known)
        digits = (length - 4) // 2
        scale = values_of(letters[:, 3], LETTERS) + 1
        known &= (scale >= 1) & ((scale >= 9) == (digits == 4)) & (numbers[:, 4:] >= 0).all(axis=1)
        powers = 10 ** np.arange(digits - 1, -1, -1)
        down, across = numbers[:, 4 : 4 + digits] @ powers, numbers[:, 4 + digits :] @ powers
        most = np.array([most for _, most in SCALES.values()])[scale]
        known &= (down >= 1) & (down <= most) & (across >= 1) & (across <= most)
        level = np.array(self.levels)[scale]
        return Parsed((zone - 1) * most + across - 1, band * most + most - down, level, known)

    def children_block(self, column: int, row: int, level: int) -> tuple[range, range]:
        """Columns and rows at the next finer scale that tile the sheet."""
        cut = SCALES[self.finer(level)][1] // SCALES[level][1]
        return range(cut * column, cut * (column + 1)), range(cut * row, cut * (row + 1))

    def parent_index(self, column: Ints, row: Ints, level: int) -> tuple[Ints, Ints]:
        """Columns and rows at the next coarser scale."""
        cut = SCALES[level][1] // SCALES[self.coarser(level)][1]
        return column // cut, row // cut


_BAND: Final = np.array([ord(letter) for letter in BANDS], dtype=np.uint32)


def _size(level: int) -> tuple[int, int]:
    """Width and height of a sheet, eighths of a second; 4 degrees and 6 degrees divide by every cut."""
    return WIDTH_DEG * PER_DEGREE // SCALES[level][1], HEIGHT_DEG * PER_DEGREE // SCALES[level][1]


def _digits(level: int) -> int:
    return 4 if level <= 1_000 else 3
