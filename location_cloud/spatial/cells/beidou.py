"""The BeiDou grid location code, GB/T 39409-2020, two-dimensional, levels 0 to 10."""

from typing import ClassVar, Final

import numpy as np
import numpy.typing as npt

from location_cloud.spatial.cells.fill import Lattice
from location_cloud.spatial.cells.lattice_system import LatticeSystem, Letters, Parsed
from location_cloud.spatial.cells.letters import values_of
from location_cloud.spatial.cells.system import Codes
from location_cloud.spatial.errors import BadCode, BadCoordinate
from location_cloud.spatial.lonlat import Bools, Floats, Ints, as_lonlat

# The smallest cell, level 10, is 1/2048 of a second: 3600 * 2048 of them make a degree.
PER_DEGREE: Final = 7_372_800
# A coordinate this near the next cell (in smallest cells; 1.5e-8 m) is in it: decimal degrees on a border
# fall short of it by rounding. Exact for coordinates of up to 10 decimals, whose products stay 2.6e-6 apart.
SLACK: Final = 1e-6
POLE_DEG: Final = 88

# GB/T 39409-2020 clause 5, by level: children a parent has along longitude and latitude, and the way they are
# written. "zone": two digits and a letter; "pair": longitude symbol, latitude symbol; "z": 2 * latitude + longitude.
LON_PARTS: Final = (1, 60, 12, 2, 15, 15, 2, 8, 8, 8, 8)
LAT_PARTS: Final = (2, 22, 8, 3, 10, 15, 2, 8, 8, 8, 8)
STYLE: Final = ("side", "zone", "pair", "z", "pair", "pair", "z", "pair", "pair", "pair", "pair")
LENGTH: Final = (1, 4, 6, 7, 9, 11, 12, 14, 16, 18, 20)
# Side lengths in smallest cells; level 0 is a hemisphere up to 88 degrees.
WIDTH: Final = (*(2048 * second for second in (360 * 3600, 21600, 1800, 900, 60, 4, 2)), 512, 64, 8, 1)
HEIGHT: Final = (*(2048 * second for second in (88 * 3600, 14400, 1800, 600, 60, 4, 2)), 512, 64, 8, 1)
DIGITS: Final = "0123456789ABCDEF"
BANDS: Final = "ABCDEFGHIJKLMNOPQRSTUV"


class Beidou(LatticeSystem):
    """BeiDou cells: 6 x 4 degrees at level 1, 85 x 124 m at level 5 in Daqing (the 万米 cell), 1 cm at level 10.

    All four quarters of the globe mirror each other: symbols count away from the equator and from the prime
    meridian, on |lon| and |lat|, zone and offsets alike. 180 degrees belongs to the last cell. From 88 degrees to
    the poles the standard has other cells, which this codec refuses. A point on a border belongs to the cell further
    from the equator and the meridian; latitude 0 is N, longitude 0 is E.
    """

    name: ClassVar[str] = "beidou"
    levels: ClassVar[tuple[int, ...]] = tuple(range(11))
    usual_level: ClassVar[int] = 5

    def lattice(self, level: int) -> Lattice:
        """Columns and rows from the meridian and the equator; level 0 has one column and two rows."""
        width, height = WIDTH[level], HEIGHT[level]
        origin = -180 * PER_DEGREE if level == 0 else 0
        half = 0 if level == 0 else 180 * PER_DEGREE // width
        rows = 1 if level == 0 else POLE_DEG * PER_DEGREE // height
        return Lattice(
            column_edges=lambda column: (column * width + origin) / PER_DEGREE,
            row_edges=lambda row: row * height / PER_DEGREE,
            column_at=lambda lon: np.floor((lon * PER_DEGREE - origin) / width).astype(np.int64),
            row_at=lambda lat: np.floor(lat * PER_DEGREE / height).astype(np.int64),
            first_column=-half,
            last_column=max(half - 1, 0),
            first_row=-rows,
            last_row=rows - 1,
        )

    def index(self, lonlat: npt.ArrayLike, level: int) -> tuple[Ints, Ints]:
        """Columns and rows; raises BadCoordinate from 88 degrees of latitude on."""
        points = as_lonlat(lonlat)
        lon, lat = points[:, 0], points[:, 1]
        x = np.floor(np.abs(lon) * PER_DEGREE + SLACK).astype(np.int64)
        y = np.floor(np.abs(lat) * PER_DEGREE + SLACK).astype(np.int64)
        np.minimum(x, 180 * PER_DEGREE - 1, out=x)
        polar = is_polar(lat)
        if polar.any():
            at = int(np.argmax(polar))
            raise BadCoordinate(
                f"latitude {lat[at]:.10g} has no BeiDou cell here: the polar cells of GB/T 39409-2020, from 88 degrees "
                "on, are not supported; use latitudes between -88 and 88"
            )
        if level == 0:
            return np.zeros_like(x), np.where(lat < 0.0, -1, 0)
        x //= WIDTH[level]
        y //= HEIGHT[level]
        # Cell k west of the meridian is column -1-k: ~k in two's complement.
        return np.where(lon < 0.0, ~x, x), np.where(lat < 0.0, ~y, y)

    def _reaches(self, lat: Floats) -> Bools:
        return ~is_polar(lat)

    def codes(self, column: Ints, row: Ints, level: int) -> Codes:
        """The texts of cells, all at once."""
        column, row = np.asarray(column, dtype=np.int64), np.asarray(row, dtype=np.int64)
        text = np.empty((len(column), LENGTH[level]), dtype=np.uint32)
        text[:, 0] = np.where(row < 0, ord("S"), ord("N"))
        x, y = np.where(column < 0, ~column, column), np.where(row < 0, ~row, row)
        for step in range(level, 1, -1):
            x, i = np.divmod(x, LON_PARTS[step])
            y, j = np.divmod(y, LAT_PARTS[step])
            end = LENGTH[step]
            if STYLE[step] == "z":
                text[:, end - 1] = _SYMBOL[2 * j + i]
            else:
                text[:, end - 2], text[:, end - 1] = _SYMBOL[i], _SYMBOL[j]
        if level > 0:
            zone = np.where(column < 0, 30 - x, 31 + x)
            text[:, 1], text[:, 2], text[:, 3] = _SYMBOL[zone // 10], _SYMBOL[zone % 10], _BAND[y]
        return np.ascontiguousarray(text).view(f"<U{LENGTH[level]}").ravel()

    def parse(self, code: str) -> tuple[int, int, int]:
        """Column, row and level of a code; raises BadCode. Capitals only, as the standard writes them."""
        if len(code) not in LENGTH or code[0] not in "NS":
            raise BadCode(
                f"{code[:40]} is not a BeiDou code: it starts with N or S "
                f"and has {', '.join(map(str, LENGTH))} characters"
            )
        level = LENGTH.index(len(code))
        south = code[0] == "S"
        if level == 0:
            return 0, -1 if south else 0, 0
        zone_text, band = code[1:3], code[3]
        zone = int(zone_text) if zone_text.isascii() and zone_text.isdigit() else 0
        if not 1 <= zone <= 60 or band not in BANDS:
            raise BadCode(f"{code[:40]} has no zone {zone_text}{band}; zones are 01-60, bands A-V")
        x, y = (30 - zone if zone <= 30 else zone - 31), BANDS.index(band)
        for step in range(2, level + 1):
            i, j = _parts(code, step)
            x, y = x * LON_PARTS[step] + i, y * LAT_PARTS[step] + j
        return (~x if zone <= 30 else x), (~y if south else y), level

    def parse_letters(self, letters: Letters) -> Parsed:
        """Columns, rows and levels of codes of one length."""
        n, length = letters.shape
        x = y = np.zeros(n, dtype=np.int64)
        if length not in LENGTH:
            return Parsed(x, y, x, np.zeros(n, dtype=np.bool_))
        south = letters[:, 0] == ord("S")
        known = south | (letters[:, 0] == ord("N"))
        level = LENGTH.index(length)
        if level == 0:
            return Parsed(x, np.where(south, -1, 0), x, known)
        tens, ones = values_of(letters[:, 1:3], DIGITS[:10]).T
        zone, y = 10 * tens + ones, values_of(letters[:, 3], BANDS)
        known &= (tens >= 0) & (ones >= 0) & (zone >= 1) & (zone <= 60) & (y >= 0)
        x = np.where(zone <= 30, 30 - zone, zone - 31)
        values = values_of(letters, DIGITS)
        for step in range(2, level + 1):
            nx, ny, end = LON_PARTS[step], LAT_PARTS[step], LENGTH[step]
            if STYLE[step] == "z":
                symbol = values[:, end - 1]
                known &= (symbol >= 0) & (symbol < nx * ny)
                i, j = symbol % 2, symbol // 2
            else:
                i, j = values[:, end - 2], values[:, end - 1]
                known &= (i >= 0) & (i < nx) & (j >= 0) & (j < ny)
            x, y = x * nx + i, y * ny + j
        return Parsed(np.where(zone <= 30, ~x, x), np.where(south, ~y, y), np.full(n, level), known)

    def children_block(self, column: int, row: int, level: int) -> tuple[range, range]:
        """Columns and rows at the next finer level that tile the cell."""
        if level == 0:
            return range(-30, 30), range(22) if row == 0 else range(-22, 0)
        nx, ny = LON_PARTS[level + 1], LAT_PARTS[level + 1]
        return range(column * nx, (column + 1) * nx), range(row * ny, (row + 1) * ny)

    def parent_index(self, column: Ints, row: Ints, level: int) -> tuple[Ints, Ints]:
        """Columns and rows at the next coarser level."""
        if level == 1:
            return np.zeros_like(column), np.where(row < 0, -1, 0)
        return column // LON_PARTS[level], row // LAT_PARTS[level]

    def encode_keys(self, lonlat: npt.ArrayLike, level: int) -> Ints:
        """The keys (n,) int64 of the cells that hold points (n, 2): see `keys`. Errors as `encode`."""
        return self.keys(*self.index(lonlat, self.checked_level(level)), level)

    def keys(self, column: Ints, row: Ints, level: int) -> Ints:
        """Whole numbers that sort like the codes, for joins and tables.

        A key says nothing of its level; store that beside it. The key of a parent is key // `radix(child level)`,
        so the cells below one are a run of numbers. Level 10 stays below 2**62.
        """
        x, y = np.where(column < 0, ~column, column), np.where(row < 0, ~row, row)
        key, weight = np.zeros(len(x), dtype=np.int64), 1
        for step in range(level, 1, -1):
            nx, ny = LON_PARTS[step], LAT_PARTS[step]
            x, old_x = x // nx, x
            y, old_y = y // ny, y
            i, j = old_x - x * nx, old_y - y * ny
            key += ((2 * j + i) if STYLE[step] == "z" else (i * ny + j)) * weight
            weight *= nx * ny
        if level > 0:
            zone = np.where(column < 0, 29 - x, 30 + x)
            key += (zone * 22 + y) * weight
            weight *= self.radix(1)
        return key + np.where(row < 0, weight, 0)

    def cells_of_keys(self, keys: npt.ArrayLike, level: int) -> tuple[Ints, Ints]:
        """Columns and rows (n,) of keys of one level. Raises BadCode for numbers that are no key of it."""
        key = np.asarray(keys, dtype=np.int64)
        most = 2 * int(np.prod([self.radix(step) for step in range(1, self.checked_level(level) + 1)], dtype=object))
        if len(key) and not (int(key.min()) >= 0 and int(key.max()) < most):
            raise BadCode(f"keys of level {level} lie in 0..{most - 1}, got {int(key.min())}..{int(key.max())}")
        x = y = np.zeros(len(key), dtype=np.int64)
        scale_x = scale_y = 1
        for step in range(level, 1, -1):
            nx, ny = LON_PARTS[step], LAT_PARTS[step]
            key, digit = np.divmod(key, nx * ny)
            i, j = (digit % 2, digit // 2) if STYLE[step] == "z" else (digit // ny, digit % ny)
            x, y = x + i * scale_x, y + j * scale_y
            scale_x, scale_y = scale_x * nx, scale_y * ny
        if level == 0:
            return x, -key
        side, digit = np.divmod(key, self.radix(1))
        zone, band = digit // 22, digit % 22
        west = zone < 30
        x = x + np.where(west, 29 - zone, zone - 30) * scale_x
        y = y + band * scale_y
        return np.where(west, ~x, x), np.where(side == 1, ~y, y)

    @staticmethod
    def radix(level: int) -> int:
        """How many cells of a level make up one of the level above."""
        return LON_PARTS[level] * LAT_PARTS[level]


def is_polar(lat: Floats) -> Bools:
    """Which latitudes, degrees, lie from 88 degrees on, where this codec has no cells."""
    polar: Bools = np.floor(np.abs(lat) * PER_DEGREE + SLACK) >= POLE_DEG * PER_DEGREE
    return polar


_SYMBOL: Final = np.array([ord(c) for c in DIGITS], dtype=np.uint32)
_BAND: Final = np.array([ord(c) for c in BANDS], dtype=np.uint32)


def _parts(code: str, step: int) -> tuple[int, int]:
    """The longitude and latitude offsets that a code gives at one level."""
    symbols = code[LENGTH[step - 1] : LENGTH[step]]
    values = [DIGITS.find(symbol) for symbol in symbols]
    if STYLE[step] == "z" and 0 <= values[0] < LON_PARTS[step] * LAT_PARTS[step]:
        return values[0] % 2, values[0] // 2
    if STYLE[step] == "pair" and 0 <= values[0] < LON_PARTS[step] and 0 <= values[1] < LAT_PARTS[step]:
        return values[0], values[1]
    raise BadCode(f"{code[:40]} has no level {step} symbol {symbols}; codes use capitals and digits of the standard")
