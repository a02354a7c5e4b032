"""MGRS: letters and digits of military and rescue maps, every precision from 100 km to 1 m, poles included."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from location_cloud.spatial.errors import BadCode, BadCoordinate
from location_cloud.spatial.ups import UPS
from location_cloud.spatial.utm import BANDS, NORTH_DEG, SOUTH_DEG, band_range_deg, utm_from_lonlat, utm_strip

COLUMNS: Final = ("ABCDEFGH", "JKLMNPQR", "STUVWXYZ")
"""Letters of 100 km columns from 100 km east on, by zone modulo 3 (NGA.SIG.0012 section 9)."""

ROWS: Final = "ABCDEFGHJKLMNPQRSTUV"
"""Letters of 100 km rows; even zones begin with F."""

SQUARE_M: Final = 100_000.0

# Universal polar stereographic: letters of columns and rows by pole and half, and the metres that the first one begins
# at (NGA.SIG.0012 section 10). West halves are A and Y, east halves B and Z.
_POLAR: Final = {
    "A": ("JKLPQRSTUXYZ", 800_000.0, "ABCDEFGHJKLMNPQRSTUVWXYZ", 800_000.0),
    "B": ("ABCFGHJKLPQR", 2_000_000.0, "ABCDEFGHJKLMNPQRSTUVWXYZ", 800_000.0),
    "Y": ("JKLPQRSTUXYZ", 800_000.0, "ABCDEFGHJKLMNP", 1_300_000.0),
    "Z": ("ABCFGHJ", 2_000_000.0, "ABCDEFGHJKLMNP", 1_300_000.0),
}


@dataclass(frozen=True, slots=True)
class MgrsSquare:
    """A square of the grid.

    centre, corners: (lon, lat) degrees; corners from the south-west, counter-clockwise. size_m: of its side.
    """

    centre: tuple[float, float]
    corners: tuple[tuple[float, float], ...]
    size_m: float


def mgrs_from_lonlat(lonlat: tuple[float, float], digits: int = 5) -> str:
    """The MGRS reference of the square that holds a position in degrees.

    digits: of each of the two numbers, 0 (100 km) to 5 (1 m).
    Raises BadCoordinate off the globe, BadCode for another number of digits.
    """
    if not 0 <= digits <= 5:
        raise BadCode(f"MGRS writes 0 to 5 digits for each direction, not {digits}")
    if not SOUTH_DEG <= lonlat[1] < NORTH_DEG:
        return _polar_from_lonlat(lonlat, digits)
    zone, band, east_m, north_m = utm_from_lonlat(lonlat)
    column = COLUMNS[(zone - 1) % 3][int(east_m // SQUARE_M) - 1]
    row = ROWS[(int(north_m // SQUARE_M) + (5 if zone % 2 == 0 else 0)) % 20]
    return f"{zone:02d}{band}{column}{row}{_digits(east_m, digits)}{_digits(north_m, digits)}"


def parse_mgrs(text: str) -> MgrsSquare:
    """The square of a reference, spaces left out and small letters allowed: 51TXM6111161483, 51T XM 61111 61483.

    Raises BadCode naming what is wrong with it.
    """
    code = "".join(text.split()).upper()
    zone_text = code[: len(code) - len(code.lstrip("0123456789"))]
    letters, numbers = code[len(zone_text) : len(zone_text) + 3], code[len(zone_text) + 3 :]
    if len(letters) != 3 or not letters.isalpha() or not letters.isascii():
        raise BadCode(f"{text[:40]} is no MGRS reference such as 51TXM6111161483")
    if len(numbers) % 2 or len(numbers) > 10 or (numbers and not (numbers.isascii() and numbers.isdigit())):
        raise BadCode(f"{text[:40]} ends in {len(numbers)} digits; MGRS has 0, 2, 4, 6, 8 or 10")
    half = len(numbers) // 2
    size_m = SQUARE_M / 10**half
    east_m, north_m = (int(part or 0) * size_m for part in (numbers[:half], numbers[half:]))
    if not zone_text:
        return _polar_square(text, letters, east_m, north_m, size_m)
    return _utm_square(text, zone_text, letters, east_m, north_m, size_m)


def _utm_square(text: str, zone_text: str, letters: str, east_m: float, north_m: float, size_m: float) -> MgrsSquare:
    zone = int(zone_text[:3])
    band, column, row = list(letters)
    if not 1 <= zone <= 60 or len(zone_text) > 2 or band not in BANDS:
        raise BadCode(f"{text[:40]} names no zone: they are 01 to 60 and C to X without I and O")
    columns = COLUMNS[(zone - 1) % 3]
    if column not in columns or row not in ROWS:
        raise BadCode(f"{text[:40]}: zone {zone} has no square {column}{row}")
    east_m += (columns.index(column) + 1) * SQUARE_M
    row_m = ((ROWS.index(row) - (5 if zone % 2 == 0 else 0)) % 20) * SQUARE_M + north_m
    strip = utm_strip(zone, band < "N")
    south, north = band_range_deg(band)
    # The rows' letters repeat every 2,000 km; a band of 8 or 12 degrees is shorter than that.
    lowest_m = strip.project((6.0 * zone - 183.0, south))[1] - 2 * SQUARE_M
    north_m = row_m + math.ceil((lowest_m - row_m) / 2_000_000.0) * 2_000_000.0
    square = _square(strip.unproject, east_m, north_m, size_m)
    lats = [lat for _lon, lat in square.corners]
    if max(lats) < south or min(lats) > north:
        raise BadCode(f"{text[:40]}: square {column}{row} of zone {zone} does not lie in band {band}")
    return square


def _polar_from_lonlat(lonlat: tuple[float, float], digits: int) -> str:
    lon, lat = lonlat
    if not (abs(lon) <= 180.0 and abs(lat) <= 90.0):
        raise BadCoordinate(f"{lon:.10g},{lat:.10g} is off the globe")
    east_m, north_m = UPS[lat < 0].project(lonlat)
    half = ("AB" if lat < 0 else "YZ")[east_m >= 2_000_000.0]
    columns, first_east_m, rows, first_north_m = _POLAR[half]
    column = columns[int((east_m - first_east_m) // SQUARE_M)]
    row = rows[int((north_m - first_north_m) // SQUARE_M)]
    return f"{half}{column}{row}{_digits(east_m, digits)}{_digits(north_m, digits)}"


def _polar_square(text: str, letters: str, east_m: float, north_m: float, size_m: float) -> MgrsSquare:
    half, column, row = list(letters)
    columns, first_east_m, rows, first_north_m = _POLAR.get(half, ("", 0.0, "", 0.0))
    if column not in columns or row not in rows:
        raise BadCode(f"{text[:40]} is no MGRS reference: it begins with a zone 01-60, or with A, B, Y, Z at the poles")
    east_m += first_east_m + columns.index(column) * SQUARE_M
    north_m += first_north_m + rows.index(row) * SQUARE_M
    pole = UPS[half in "AB"]
    return _square(pole.unproject, east_m, north_m, size_m)


def _square(
    unproject: Callable[[tuple[float, float]], tuple[float, float]], east_m: float, north_m: float, size_m: float
) -> MgrsSquare:
    steps = ((0.0, 0.0), (size_m, 0.0), (size_m, size_m), (0.0, size_m))
    corners = tuple(unproject((east_m + east, north_m + north)) for east, north in steps)
    return MgrsSquare(unproject((east_m + size_m / 2, north_m + size_m / 2)), corners, size_m)


def _digits(metres: float, digits: int) -> str:
    """The first digits of metres inside a 100 km square; references are cut off, never rounded."""
    return f"{int(metres % SQUARE_M):05d}"[:digits]
