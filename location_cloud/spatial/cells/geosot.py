"""GeoSOT codes, GB/T 40087-2021: degrees, minutes and seconds each filled up to a power of two and interleaved."""

from typing import ClassVar, Final

import numpy as np
import numpy.typing as npt

from location_cloud.spatial.cells.beidou import PER_DEGREE, SLACK
from location_cloud.spatial.cells.fill import Lattice
from location_cloud.spatial.cells.lattice_system import LatticeSystem, Letters, Parsed
from location_cloud.spatial.cells.letters import as_texts, values_of
from location_cloud.spatial.cells.system import Codes
from location_cloud.spatial.errors import BadCode
from location_cloud.spatial.lonlat import Floats, Ints, as_lonlat

# A coordinate has a sign and 31 bits: 8 for whole degrees, 6 for minutes, 6 for seconds, 11 for 1/2048 seconds, so the
# 60 minutes of a degree stand in a space of 64 (GB/T 40087-2021; the same in GB/T 39409-2020, appendix A).
DEGREE_LEVEL: Final = 9
MINUTE_LEVEL: Final = 15
SECOND_LEVEL: Final = 21
FINEST_LEVEL: Final = 32
PER_MINUTE: Final = PER_DEGREE // 60
PER_SECOND: Final = 2048
EAST_DEG, NORTH_DEG = 180, 90


class Geosot(LatticeSystem):
    """GeoSOT cells, level 1 (a quarter of the globe) to 32 (1/2048 second); levels 15 to 32 hold the BeiDou cells.

    BeiDou levels 4 to 10 are the levels 15, 19, 20, 23, 26, 29 and 32 here. All quarters mirror each other. Cells that
    reach beyond 180 degrees, 90 degrees or the 60th minute or second end there. A border belongs to the cell further
    from the equator and the meridian; 180 degrees and the poles belong to the last cells.
    """

    name: ClassVar[str] = "geosot"
    levels: ClassVar[tuple[int, ...]] = tuple(range(1, FINEST_LEVEL + 1))
    usual_level: ClassVar[int] = 19

    def lattice(self, level: int) -> Lattice:
        """Columns and rows from the meridian and the equator."""
        columns, rows = _last(level, EAST_DEG), _last(level, NORTH_DEG)
        return Lattice(
            column_edges=lambda column: _edges(column, level, EAST_DEG),
            row_edges=lambda row: _edges(row, level, NORTH_DEG),
            column_at=lambda lon: _number_at(lon, level),
            row_at=lambda lat: _number_at(lat, level),
            first_column=-columns - 1,
            last_column=columns,
            first_row=-rows - 1,
            last_row=rows,
        )

    def index(self, lonlat: npt.ArrayLike, level: int) -> tuple[Ints, Ints]:
        """Columns and rows of the cells that hold the points."""
        points = as_lonlat(lonlat)
        found = []
        for degrees, most in ((points[:, 0], EAST_DEG), (points[:, 1], NORTH_DEG)):
            units = np.floor(np.abs(degrees) * PER_DEGREE + SLACK).astype(np.int64)
            number = _number(np.minimum(units, most * PER_DEGREE - 1), level)
            found.append(np.where(degrees < 0.0, ~number, number))
        return found[0], found[1]

    def codes(self, column: Ints, row: Ints, level: int) -> Codes:
        """The texts of cells: G, then a digit a level, 2 * latitude bit + longitude bit, signs first."""
        column, row = np.asarray(column, dtype=np.int64), np.asarray(row, dtype=np.int64)
        x, y = _bits(column, level), _bits(row, level)
        text = np.empty((len(column), level + 1), dtype=np.uint32)
        text[:, 0] = ord("G")
        text[:, 1] = _ZERO + 2 * (row < 0) + (column < 0)
        for at in range(2, level + 1):
            text[:, at] = _ZERO + 2 * ((y >> (level - at)) & 1) + ((x >> (level - at)) & 1)
        return as_texts(text)

    def parse(self, code: str) -> tuple[int, int, int]:
        """Column, row and level of a code; raises BadCode."""
        letters = np.array([[ord(letter) for letter in code]], dtype=np.uint32).reshape(1, -1)
        column, row, level, known = self.parse_letters(letters)
        if not known[0]:
            raise BadCode(
                f"{code[:40]} is no GeoSOT code: G and 1 to 32 digits of 0, 1, 2, 3 that name fewer than 180 (90) "
                "degrees, 60 minutes and 60 seconds, such as G001310322230230"
            )
        return int(column[0]), int(row[0]), int(level[0])

    def parse_letters(self, letters: Letters) -> Parsed:
        """Columns, rows and levels of codes of one length."""
        n, length = letters.shape
        level = length - 1
        x = y = np.zeros(n, dtype=np.int64)
        if not 1 <= level <= FINEST_LEVEL:
            return Parsed(x, y, x, np.zeros(n, dtype=np.bool_))
        digits = values_of(letters[:, 1:], "0123")
        known = (letters[:, 0] == ord("G")) & (digits >= 0).all(axis=1)
        for at in range(1, level):
            x, y = 2 * x + (digits[:, at] & 1), 2 * y + ((digits[:, at] >> 1) & 1)
        numbers = []
        for bits, most, negative in ((x, EAST_DEG, digits[:, 0] & 1), (y, NORTH_DEG, digits[:, 0] & 2)):
            raw = bits << (FINEST_LEVEL - level)
            degree, minute, second, part = raw >> 23, (raw >> 17) & 63, (raw >> 11) & 63, raw & 2047
            known &= (degree < most) & (minute < 60) & (second < 60)
            number = _number(degree * PER_DEGREE + minute * PER_MINUTE + second * PER_SECOND + part, level)
            numbers.append(np.where(negative != 0, ~number, number))
        return Parsed(numbers[0], numbers[1], np.full(n, level), known)

    def children_block(self, column: int, row: int, level: int) -> tuple[range, range]:
        """Columns and rows at the next finer level that tile the cell."""
        return _children(column, level, EAST_DEG), _children(row, level, NORTH_DEG)

    def parent_index(self, column: Ints, row: Ints, level: int) -> tuple[Ints, Ints]:
        """Columns and rows at the next coarser level."""
        return _parent(column, level, EAST_DEG), _parent(row, level, NORTH_DEG)

    def keys(self, column: Ints, row: Ints, level: int) -> npt.NDArray[np.uint64]:
        """The codes as 64-bit numbers: the bits of the digits from the left, then zeros. They sort like the codes."""
        x, y = (_bits(number, level) << (FINEST_LEVEL - level) for number in (column, row))
        x, y = x + np.where(column < 0, 1 << 31, 0), y + np.where(row < 0, 1 << 31, 0)
        return _spread(x) | (_spread(y) << np.uint64(1))


_ZERO: Final = ord("0")


def _number(units: Ints, level: int) -> Ints:
    """How many cells of a level lie between 0 and units (1/2048 second) away from it."""
    if level <= DEGREE_LEVEL:
        return (units // PER_DEGREE) >> (DEGREE_LEVEL - level)
    if level <= MINUTE_LEVEL:
        minutes = units // PER_MINUTE
        return minutes // 60 * _parts(MINUTE_LEVEL - level) + ((minutes % 60) >> (MINUTE_LEVEL - level))
    if level <= SECOND_LEVEL:
        seconds = units // PER_SECOND
        return seconds // 60 * _parts(SECOND_LEVEL - level) + ((seconds % 60) >> (SECOND_LEVEL - level))
    return units >> (FINEST_LEVEL - level)


def _units(number: Ints, level: int, most_deg: int) -> Ints:
    """Where a cell begins, away from 0, in 1/2048 seconds: the inverse of `_number`."""
    number = np.asarray(number, dtype=np.int64)
    if level <= DEGREE_LEVEL:
        degrees: Ints = np.minimum(number << (DEGREE_LEVEL - level), most_deg)
        return degrees * PER_DEGREE
    for own_level, unit in ((MINUTE_LEVEL, PER_MINUTE), (SECOND_LEVEL, PER_SECOND)):
        if level <= own_level:
            whole, part = np.divmod(number, _parts(own_level - level))
            found: Ints = (60 * whole + (part << (own_level - level))) * unit
            return found
    return number << (FINEST_LEVEL - level)


def _parts(shift: int) -> int:
    """Into how many cells of 2**shift minutes a degree is cut; the last may be short."""
    return -(-60 >> shift)


def _last(level: int, most_deg: int) -> int:
    return int(_number(np.array([most_deg * PER_DEGREE - 1]), level)[0])


def _edges(number: Ints, level: int, most_deg: int) -> Floats:
    """The lower sides, degrees, of columns or rows; mirrored below 0."""
    number = np.asarray(number, dtype=np.int64)
    edges: Floats = np.sign(number) * _units(np.abs(number), level, most_deg) / PER_DEGREE
    return edges


def _number_at(degrees: Floats, level: int) -> Ints:
    number = _number(np.floor(np.abs(degrees) * PER_DEGREE).astype(np.int64), level)
    return np.where(degrees < 0.0, ~number, number)


def _bits(number: Ints, level: int) -> Ints:
    """The level - 1 bits after the sign that a cell's code has."""
    number = np.asarray(number, dtype=np.int64)
    units = _units(np.where(number < 0, ~number, number), level, 256)
    seconds, part = np.divmod(units, PER_SECOND)
    minutes, second = np.divmod(seconds, 60)
    degree, minute = np.divmod(minutes, 60)
    bits: Ints = ((degree << 23) | (minute << 17) | (second << 11) | part) >> (FINEST_LEVEL - level)
    return bits


def _children(number: int, level: int, most_deg: int) -> range:
    away = ~number if number < 0 else number
    start, stop = _units(np.array([away, away + 1]), level, most_deg)
    first, last = _number(np.array([start, stop - 1]), level + 1)
    return range(~int(last), ~int(first) + 1) if number < 0 else range(int(first), int(last) + 1)


def _parent(number: Ints, level: int, most_deg: int) -> Ints:
    away = np.where(number < 0, ~number, number)
    parent = _number(_units(away, level, most_deg), level - 1)
    return np.where(number < 0, ~parent, parent)


def _spread(value: Ints) -> npt.NDArray[np.uint64]:
    """The 32 bits of a number with a zero in front of each (Morton 1966)."""
    spread = value.astype(np.uint64)
    for shift, mask in _MASKS:
        spread = (spread | (spread << np.uint64(shift))) & np.uint64(mask)
    return spread


_MASKS: Final = (
    (16, 0x0000_FFFF_0000_FFFF),
    (8, 0x00FF_00FF_00FF_00FF),
    (4, 0x0F0F_0F0F_0F0F_0F0F),
    (2, 0x3333_3333_3333_3333),
    (1, 0x5555_5555_5555_5555),
)
