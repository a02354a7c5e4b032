"""UTM and Gauss-Kruger coordinates as people write them: a zone and metres, or metres that carry the zone."""

from __future__ import annotations

import re
from typing import Final

from location_cloud.spatial.bbox import Bbox
from location_cloud.spatial.errors import BadCoordinate
from location_cloud.spatial.gauss_kruger import (
    PREFIX_M,
    SIX_DEGREE_ZONES,
    THREE_DEGREE_ZONES,
    gauss_kruger_strip,
    lonlat_from_gauss_kruger,
    zone_at,
)
from location_cloud.spatial.position import BY_CUSTOM, SURE, Form, Position
from location_cloud.spatial.position_tokens import Tokens
from location_cloud.spatial.utm import BANDS, band_range_deg, lonlat_from_utm

_METRES: Final = r"([0-9]{1,8}(?:\.[0-9]{1,6})?) ?m?"
_ZONE: Final = r"(?:zone ?)?([0-9]{1,2}) ?([c-hj-np-x]|north|south)"
_UTM: Final = re.compile(rf"(?:utm)?[ :]?{_ZONE}[ ,;:] ?(?:e[ :=]?)?{_METRES} ?e?[ ,;]? ?(?:n[ :=]?)?{_METRES} ?n?")
_UTM_ZONE_LAST: Final = re.compile(
    rf"(?:utm)?[ :]?(?:e[ :=]?)?{_METRES} ?e?[ ,;] ?(?:n[ :=]?)?{_METRES} ?n?[ ,;] ?{_ZONE}"
)

_NORTH_OF_CHINA_M: Final = 6_100_000.0
_SOUTH_OF_CHINA_M: Final = 300_000.0
"""Metres from the equator to 55 N and 3 N."""

_OWN_ZONE_NORTH_M: Final = 1_800_000.0
"""Without a strip's number two numbers must look more like it: mainland China and Hainan, from 16 N."""

_CHINA_LON: Final = (72.0, 137.0)


def read_utm(plain: str) -> Position | None:
    """The position of a text such as "51t 661111 5161483"; None if it is no UTM.

    plain: as `position_tokens.plain_text` gives it. "51s" is band S where its metres fit the band, else the south; the
    other one is then an alternative.
    """
    if found := _UTM.fullmatch(plain):
        zone, letter, east, north = found.groups()
    elif found := _UTM_ZONE_LAST.fullmatch(plain):
        east, north, zone, letter = found.groups()
    else:
        return None
    if len(east.partition(".")[0]) != 6:
        return None
    readings = []
    for is_south in _halves(letter):
        try:
            lonlat = lonlat_from_utm(int(zone), is_south, float(east), float(north))
        except BadCoordinate:
            continue
        readings.append((_fits_band(letter, lonlat[1]), lonlat))
    readings.sort(key=lambda each: not each[0])
    if not readings:
        return None
    name = f"{int(zone)}{letter[0].upper() if len(letter) == 1 else f' {letter}'} {east} {north}"
    confidence = SURE if len(readings) == 1 and readings[0][0] else BY_CUSTOM
    others = tuple(lonlat for _fits, lonlat in readings[1:])
    return Position(readings[0][1], "utm", "wgs84", name, _accuracy_m(east, north), confidence, alternatives=others)


def _halves(letter: str) -> tuple[bool, ...]:
    """Which half of the globe a letter may mean: S is a band of the north, and for many the south."""
    if letter in ("north", "south"):
        return (letter == "south",)
    return (False, True) if letter == "s" else (letter < "n",)


def _fits_band(letter: str, lat: float) -> bool:
    if len(letter) > 1 or letter.upper() not in BANDS:
        return True
    south, north = band_range_deg(letter.upper())
    # People write N for the north as well as for the band above the equator.
    return south - 0.5 <= lat <= north + 0.5 or (letter == "n" and lat >= 0.0)


def read_gauss_kruger(
    tokens: Tokens, near: tuple[float, float] | None = None, area: Bbox | None = None
) -> Position | None:
    """The position of two numbers that are metres in one of China's strips; None if they are not.

    The number with eight digits in front of the point goes east and carries the strip; without one (six digits) the
    strip is that of `near` or of the middle of `area` (degrees), 3 degrees wide, with 6 degrees as the alternative.
    """
    numbers = [token.text for token in tokens.items if token.kind == "number"]
    if len(numbers) != 2 or any(token.kind not in ("number", "axis", "comma", "space") for token in tokens.items):
        return None
    east, north = sorted(numbers, key=lambda text: len(text.partition(".")[0]) != 8)
    if len(east.partition(".")[0]) == 8:
        return _with_zone(east, north)
    return _without_zone(numbers, near or (area.centre if area else None), is_near=near is not None)


def _with_zone(east: str, north: str) -> Position | None:
    if not _SOUTH_OF_CHINA_M <= float(north) <= _NORTH_OF_CHINA_M:
        return None
    try:
        lonlat = lonlat_from_gauss_kruger(float(east), float(north))
    except BadCoordinate:
        return None
    zone = int(float(east) // PREFIX_M)
    if not 100_000.0 < float(east) % PREFIX_M < 900_000.0:
        return None
    name = f"zone {zone} ({'3' if zone in THREE_DEGREE_ZONES else '6'} degrees) X={north} Y={east}"
    return Position(lonlat, _FORM, "cgcs2000", name, _accuracy_m(east, north))


def _without_zone(numbers: list[str], at: tuple[float, float] | None, is_near: bool) -> Position | None:
    wholes = [len(text.partition(".")[0]) for text in numbers]
    if at is None or sorted(wholes) != [6, 7] or not _CHINA_LON[0] < at[0] < _CHINA_LON[1]:
        return None
    north, east = (text for _digits, text in sorted(zip(wholes, numbers), reverse=True))
    if not _OWN_ZONE_NORTH_M <= float(north) <= _NORTH_OF_CHINA_M:
        return None
    readings = []
    for zone, known in ((zone_at(at[0], 3), THREE_DEGREE_ZONES), (zone_at(at[0], 6), SIX_DEGREE_ZONES)):
        if zone in known:
            readings.append(gauss_kruger_strip(zone).unproject((float(east) + zone * PREFIX_M, float(north))))
    name = f"zone {zone_at(at[0])} (3 degrees, by the place asked about) X={north} Y={east}"
    if not readings:
        return None
    confidence = BY_CUSTOM if is_near else BY_CUSTOM - 5
    others = tuple(readings[1:])
    return Position(readings[0], _FORM, "cgcs2000", name, _accuracy_m(east, north), confidence, alternatives=others)


_FORM: Final[Form] = "gauss-kruger"


def _accuracy_m(east: str, north: str) -> float:
    """Half the diagonal of what the last digits cover, metres."""
    units = [10.0 ** -len(text.partition(".")[2]) for text in (east, north)]
    return round(float((units[0] ** 2 + units[1] ** 2) ** 0.5) / 2, 3)
