"""Gauss-Kruger plane coordinates of CGCS2000, as Chinese survey and planning desks write them.

Source: the EPSG registry, CGCS2000 / 3-degree Gauss-Kruger zone 25 to 45 (EPSG:4513-4533, middle at 3 x number) and
CGCS2000 / Gauss-Kruger zone 13 to 23 (EPSG:4491-4501, 6 degrees, middle at 6 x number - 3); scale 1, 500 km added to
the east, and the strip's number in front of it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, Literal

from location_cloud.spatial.errors import BadCoordinate
from location_cloud.spatial.transverse_mercator import CGCS2000, Strip

StripWidth = Literal[3, 6]

THREE_DEGREE_ZONES: Final = range(25, 46)
SIX_DEGREE_ZONES: Final = range(13, 24)
"""Numbers in use in China. The two do not overlap, so a number tells its width."""

PREFIX_M: Final = 1_000_000.0


def gauss_kruger_from_lonlat(lonlat: tuple[float, float], width_deg: StripWidth = 3) -> tuple[float, float]:
    """(metres east with the strip's number in front, metres north) of a position in degrees.

    Raises BadCoordinate outside the strips that China uses.
    """
    zone = zone_at(lonlat[0], width_deg)
    if zone not in (THREE_DEGREE_ZONES if width_deg == 3 else SIX_DEGREE_ZONES) or not 0.0 <= lonlat[1] <= 60.0:
        raise BadCoordinate(f"{lonlat[0]:.10g},{lonlat[1]:.10g} lies in none of China's {width_deg}-degree strips")
    return gauss_kruger_strip(zone).project(lonlat)


def lonlat_from_gauss_kruger(east_m: float, north_m: float) -> tuple[float, float]:
    """The position in degrees of metres east, with the strip's number in front, and metres north.

    Raises BadCoordinate for a number that no strip has.
    """
    zone = int(east_m // PREFIX_M)
    if zone not in THREE_DEGREE_ZONES and zone not in SIX_DEGREE_ZONES:
        raise BadCoordinate(f"{east_m:.10g} begins with no strip's number: 13-23 (6 degrees) or 24-45 (3 degrees)")
    return gauss_kruger_strip(zone).unproject((east_m, north_m))


def zone_at(lon: float, width_deg: StripWidth = 3) -> int:
    """The number of the strip that holds a longitude in degrees."""
    return int((lon + 1.5) // 3) if width_deg == 3 else int(lon // 6) + 1


@lru_cache(maxsize=64)
def gauss_kruger_strip(zone: int) -> Strip:
    """The projection of a strip, its number in front of the metres east."""
    meridian_deg = 3.0 * zone if zone in THREE_DEGREE_ZONES else 6.0 * zone - 3.0
    return Strip(CGCS2000, meridian_deg, 1.0, 500_000.0 + zone * PREFIX_M, 0.0)
