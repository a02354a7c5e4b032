"""UTM: the zone of a position, its metres east and north, and back."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final

from location_cloud.spatial.errors import BadCoordinate
from location_cloud.spatial.lonlat import off_the_globe
from location_cloud.spatial.transverse_mercator import WGS84, Strip

BANDS: Final = "CDEFGHJKLMNPQRSTUVWX"
"""Letters of 8 degrees of latitude each from 80 S, X of twelve; I and O would look like digits."""

SOUTH_DEG, NORTH_DEG = -80.0, 84.0
"""UTM ends here; beyond lies UPS, which has no zones."""

FALSE_SOUTH_M: Final = 10_000_000.0
"""Added to northings south of the equator (NGA.SIG.0012, section 7)."""


def utm_zone(lonlat: tuple[float, float]) -> tuple[int, str]:
    """Zone 1..60 and band of a position in degrees, with the wider zones of Norway and Svalbard.

    Raises BadCoordinate south of 80 S and north of 84 N, where UTM is not used.
    Source: NGA.SIG.0012 section 7-3.
    """
    lon, lat = lonlat
    if not (abs(lon) <= 180.0 and abs(lat) <= 90.0):
        raise BadCoordinate(off_the_globe(lon, lat))
    if not SOUTH_DEG <= lat <= NORTH_DEG:
        raise BadCoordinate(f"latitude {lat:.10g} has no UTM zone; they reach from 80 S to 84 N")
    zone = int((lon + 180.0) / 6.0) % 60 + 1
    band = BANDS[min(int((lat + 80.0) / 8.0), 19)]
    if band == "V" and zone == 31 and lon >= 3.0:
        zone = 32
    elif band == "X" and zone in (32, 34, 36):
        zone += 1 if lon >= 6.0 * zone - 183.0 else -1
    return zone, band


def utm_from_lonlat(lonlat: tuple[float, float]) -> tuple[int, str, float, float]:
    """(zone, band, metres east, metres north) of a position in degrees. Raises BadCoordinate beyond 80 S and 84 N."""
    zone, band = utm_zone(lonlat)
    east_m, north_m = utm_strip(zone, band < "N").project(lonlat)
    return zone, band, east_m, north_m


def lonlat_from_utm(zone: int, is_south: bool, east_m: float, north_m: float) -> tuple[float, float]:
    """The position in degrees of metres in a zone. Raises BadCoordinate for what lies in no zone."""
    if not 1 <= zone <= 60:
        raise BadCoordinate(f"UTM zone {zone} does not exist; zones are 1 to 60")
    # Neighbouring zones overlap by some kilometres in practice; 0..1,000 km holds every zone twice over.
    if not (0.0 < east_m < 1_000_000.0 and 0.0 <= north_m <= FALSE_SOUTH_M):
        raise BadCoordinate(f"UTM {east_m:.10g} E {north_m:.10g} N lies in no zone")
    lon, lat = utm_strip(zone, is_south).unproject((east_m, north_m))
    if not (math.isfinite(lat) and abs(lat) <= 85.0):
        raise BadCoordinate(f"UTM {east_m:.10g} E {north_m:.10g} N lies beyond 84 N or 80 S")
    return lon, lat


def band_range_deg(band: str) -> tuple[float, float]:
    """South and north edge of a band, degrees."""
    south = -80.0 + 8.0 * BANDS.index(band)
    return south, 84.0 if band == "X" else south + 8.0


@lru_cache(maxsize=120)
def utm_strip(zone: int, is_south: bool) -> Strip:
    """The projection of a zone: metres as UTM writes them."""
    return Strip(WGS84, 6.0 * zone - 183.0, 0.9996, 500_000.0, FALSE_SOUTH_M if is_south else 0.0)
