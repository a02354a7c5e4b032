"""Maidenhead locators of radio amateurs and GARS cells of air rescue: two simple codes for boxes in degrees."""

from __future__ import annotations

from typing import Final

from location_cloud.spatial.bbox import Bbox
from location_cloud.spatial.errors import BadCode, BadCoordinate
from location_cloud.spatial.lonlat import off_the_globe

_GARS_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Without I and O (NGA, Global Area Reference System)."""

_BASES: Final = (
    "ABCDEFGHIJKLMNOPQR",
    "0123456789",
    "ABCDEFGHIJKLMNOPQRSTUVWX",
    "0123456789",
    "ABCDEFGHIJKLMNOPQRSTUVWX",
)
"""Symbols of each pair of a locator, IARU Region 1 (1980): field, square, subsquare, and two finer ones."""


def parse_maidenhead(code: str) -> Bbox:
    """The box of a locator of 2, 4, 6, 8 or 10 characters: PN26NO. Raises BadCode."""
    text = code.upper()
    if len(text) not in (2, 4, 6, 8, 10):
        raise BadCode(f"{code[:40]} is no Maidenhead locator: 2 to 10 characters in pairs")
    west, south, width, height = -180.0, -90.0, 360.0, 180.0
    for symbols, east, north in zip(_BASES, text[::2], text[1::2]):
        if east not in symbols or north not in symbols:
            raise BadCode(f"{code[:40]} is no Maidenhead locator: {east}{north} are not both of {symbols}")
        width, height = width / len(symbols), height / len(symbols)
        west, south = west + symbols.index(east) * width, south + symbols.index(north) * height
    return Bbox(west, south, min(west + width, 180.0), min(south + height, 90.0))


def maidenhead_from_lonlat(lonlat: tuple[float, float], pairs: int = 5) -> str:
    """The locator of a position in degrees, of 1 to 5 pairs. Raises BadCoordinate off the globe."""
    lon, lat = lonlat
    _check(lon, lat)
    x, y = min((lon + 180.0) / 360.0, 1 - 1e-12), min((lat + 90.0) / 180.0, 1 - 1e-12)
    text = ""
    for symbols in _BASES[:pairs]:
        x, y = x * len(symbols), y * len(symbols)
        text += symbols[int(x)] + symbols[int(y)]
        x, y = x % 1.0, y % 1.0
    return text


def parse_gars(code: str) -> Bbox:
    """The box of a GARS cell of 5 (30'), 6 (15') or 7 (5') characters: 611NA16. Raises BadCode."""
    text = code.upper()
    lon_text, lat_text, quarter, key = text[:3], text[3:5], text[5:6], text[6:7]
    if not (5 <= len(text) <= 7 and lon_text.isascii() and lon_text.isdigit() and 1 <= int(lon_text) <= 720):
        raise BadCode(f"{code[:40]} is no GARS cell such as 611NA16: it begins with 001 to 720")
    rows = [_GARS_LETTERS.find(letter) for letter in lat_text]
    row = rows[0] * 24 + rows[1]
    if len(rows) != 2 or min(rows) < 0 or row >= 360 or quarter not in ("", *"1234") or key not in ("", *"123456789"):
        raise BadCode(f"{code[:40]} is no GARS cell such as 611NA16")
    west, south, size = (int(lon_text) - 1) / 2 - 180.0, row / 2 - 90.0, 0.5
    if quarter:
        size = 0.25
        west += size * ((int(quarter) - 1) % 2)
        south += size * (1 - (int(quarter) - 1) // 2)
    if key:
        size = 1 / 12
        west += size * ((int(key) - 1) % 3)
        south += size * (2 - (int(key) - 1) // 3)
    return Bbox(west, south, min(west + size, 180.0), min(south + size, 90.0))


def gars_from_lonlat(lonlat: tuple[float, float]) -> str:
    """The 5-minute GARS cell of a position in degrees. Raises BadCoordinate off the globe."""
    lon, lat = lonlat
    _check(lon, lat)
    # In whole cells of 5 minutes; the slack undoes rounding on their edges.
    x, y = min(int((lon + 180.0) * 12 + 1e-9), 4319), min(int((lat + 90.0) * 12 + 1e-9), 2159)
    row = y // 6
    quarter = 1 + x % 6 // 3 + 2 * (1 - y % 6 // 3)
    key = 1 + x % 3 + 3 * (2 - y % 3)
    return f"{x // 6 + 1:03d}{_GARS_LETTERS[row // 24]}{_GARS_LETTERS[row % 24]}{quarter}{key}"


def _check(lon: float, lat: float) -> None:
    if not (abs(lon) <= 180.0 and abs(lat) <= 90.0):
        raise BadCoordinate(off_the_globe(lon, lat))
