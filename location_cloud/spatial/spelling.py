"""A position in every spelling that desks, crews and receivers use."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from location_cloud.spatial.cells import BEIDOU, GEOHASH, PLUSCODE, QUADKEY, CellSystem
from location_cloud.spatial.crs import from_wgs84
from location_cloud.spatial.errors import BadCoordinate
from location_cloud.spatial.field_squares import gars_from_lonlat, maidenhead_from_lonlat
from location_cloud.spatial.gauss_kruger import gauss_kruger_from_lonlat
from location_cloud.spatial.mgrs import mgrs_from_lonlat
from location_cloud.spatial.utm import utm_from_lonlat

DECIMALS: Final = 7
"""Of degrees: 1 cm, the finest that any receiver or grid here tells."""

SECOND_DECIMALS: Final = 2
"""Of seconds: 0.3 m."""

MINUTE_DECIMALS: Final = 4
"""Of minutes: 0.2 m."""

LEVELS: Final = {"plus_code": 11, "geohash": 10, "quadkey": 22}
"""Cells of about a metre by three, half by one, ten: fine enough to be told on, short enough to be said."""


@dataclass(frozen=True, slots=True)
class PlanePosition:
    """Plane coordinates, metres with two decimals.

    zone: of UTM with its band ("51T"), of Gauss-Kruger the strip's number. text: as people write them.
    """

    zone: str
    east_m: float
    north_m: float
    text: str


@dataclass(frozen=True, slots=True)
class Spellings:
    """One position, WGS-84, in every spelling; "" or None where a system does not reach.

    decimal: "lon,lat" as this API has it; lat_lon: the other order, as receivers and search boxes have it.
    dms, ddm: with N/S and E/W; dms_zh: 北纬 ... 东经 ... in 度分秒. gcj02, bd09, cgcs2000: (lon, lat) degrees.
    beidou_7, beidou_8: cells of 1/4 and 1/32 second (8 m and 1 m), beidou: of level 10 (1 cm). plus_code: 10 digits,
    plus_code_11 one more. gauss_kruger: 3-degree strip, gauss_kruger_6 6-degree strip, of CGCS2000.
    """

    lonlat: tuple[float, float]
    decimal: str
    lat_lon: str
    dms: str
    dms_zh: str
    ddm: str
    iso6709: str
    geo_uri: str
    utm: PlanePosition | None
    mgrs: str
    plus_code: str
    plus_code_11: str
    beidou: str
    beidou_7: str
    beidou_8: str
    geohash: str
    quadkey: str
    gcj02: tuple[float, float]
    bd09: tuple[float, float]
    cgcs2000: tuple[float, float]
    gauss_kruger: PlanePosition | None
    gauss_kruger_6: PlanePosition | None
    maidenhead: str
    gars: str


def spell_position(lonlat: tuple[float, float]) -> Spellings:
    """Every spelling of a position in degrees, WGS-84. Raises BadCoordinate off the globe."""
    gcj02, bd09 = (_pair(from_wgs84([lonlat], crs)[0].tolist()) for crs in ("gcj02", "bd09"))
    lon, lat = float(lonlat[0]), float(lonlat[1])
    shown_lon, shown_lat = _decimal(lon), _decimal(lat)
    return Spellings(
        lonlat=(lon, lat),
        decimal=f"{shown_lon},{shown_lat}",
        lat_lon=f"{shown_lat},{shown_lon}",
        dms=f"{_dms(lat, 'NS')} {_dms(lon, 'EW')}",
        dms_zh=f"{_dms_zh(lat, '北纬', '南纬')} {_dms_zh(lon, '东经', '西经')}",
        ddm=f"{_ddm(lat, 'NS')} {_ddm(lon, 'EW')}",
        iso6709=f"{lat:+0{DECIMALS + 4}.{DECIMALS}f}{lon:+0{DECIMALS + 5}.{DECIMALS}f}/",
        geo_uri=f"geo:{shown_lat},{shown_lon}",
        utm=_utm((lon, lat)),
        mgrs=mgrs_from_lonlat((lon, lat)),
        plus_code=PLUSCODE.encode((lon, lat), 10),
        plus_code_11=PLUSCODE.encode((lon, lat), LEVELS["plus_code"]),
        beidou=_code(BEIDOU, (lon, lat), 10),
        beidou_7=_code(BEIDOU, (lon, lat), 7),
        beidou_8=_code(BEIDOU, (lon, lat), 8),
        geohash=GEOHASH.encode((lon, lat), LEVELS["geohash"]),
        quadkey=_code(QUADKEY, (lon, lat), LEVELS["quadkey"]),
        gcj02=gcj02,
        bd09=bd09,
        cgcs2000=(round(lon, DECIMALS), round(lat, DECIMALS)),
        gauss_kruger=_gauss_kruger((lon, lat), 3),
        gauss_kruger_6=_gauss_kruger((lon, lat), 6),
        maidenhead=maidenhead_from_lonlat((lon, lat)),
        gars=gars_from_lonlat((lon, lat)),
    )


def _pair(lonlat: list[float]) -> tuple[float, float]:
    return round(lonlat[0], DECIMALS), round(lonlat[1], DECIMALS)


def _decimal(degrees: float) -> str:
    text = f"{degrees:.{DECIMALS}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _split(degrees: float, decimals: int, parts: int) -> tuple[int, int, float]:
    """Degrees, minutes and seconds (0 of two parts) of an angle's size, rounded once so that no part becomes 60."""
    unit = 60 ** (parts - 1)
    size = round(abs(degrees) * unit, decimals)
    whole, rest = divmod(size, unit)
    if parts == 2:
        return int(whole), 0, round(rest, decimals)
    minutes, seconds = divmod(rest, 60)
    seconds = round(seconds, decimals)
    if seconds >= 60.0:
        minutes, seconds = minutes + 1, 0.0
    return int(whole) + int(minutes // 60), int(minutes % 60), seconds


def _dms(degrees: float, sides: str) -> str:
    whole, minutes, seconds = _split(degrees, SECOND_DECIMALS, 3)
    return f"{whole}°{minutes:02d}′{seconds:0{3 + SECOND_DECIMALS}.{SECOND_DECIMALS}f}″{sides[_is_minus(degrees)]}"


def _dms_zh(degrees: float, plus: str, minus: str) -> str:
    whole, minutes, seconds = _split(degrees, SECOND_DECIMALS, 3)
    return f"{(plus, minus)[_is_minus(degrees)]}{whole}度{minutes}分{seconds:.{SECOND_DECIMALS}f}秒"


def _ddm(degrees: float, sides: str) -> str:
    whole, _none, minutes = _split(degrees, MINUTE_DECIMALS, 2)
    return f"{whole}°{minutes:0{3 + MINUTE_DECIMALS}.{MINUTE_DECIMALS}f}′{sides[_is_minus(degrees)]}"


def _is_minus(degrees: float) -> bool:
    return math.copysign(1.0, degrees) < 0 and degrees != 0.0


def _utm(lonlat: tuple[float, float]) -> PlanePosition | None:
    try:
        zone, band, east_m, north_m = utm_from_lonlat(lonlat)
    except BadCoordinate:
        return None
    text = f"{zone}{band} {east_m:.2f} {north_m:.2f}"
    return PlanePosition(f"{zone}{band}", round(east_m, 2), round(north_m, 2), text)


def _gauss_kruger(lonlat: tuple[float, float], width_deg: int) -> PlanePosition | None:
    try:
        east_m, north_m = gauss_kruger_from_lonlat(lonlat, 3 if width_deg == 3 else 6)
    except BadCoordinate:
        return None
    text = f"X={north_m:.2f} Y={east_m:.2f}"  # in China X goes north and Y goes east
    return PlanePosition(str(int(east_m // 1_000_000)), round(east_m, 2), round(north_m, 2), text)


def _code(system: CellSystem, lonlat: tuple[float, float], level: int) -> str:
    try:
        return system.encode(lonlat, level)
    except BadCoordinate:  # BeiDou cells end at 88 degrees, tiles at 85.05
        return ""
