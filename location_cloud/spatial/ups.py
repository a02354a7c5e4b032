"""Universal polar stereographic: plane coordinates round the poles, where UTM ends."""

from __future__ import annotations

import math
from typing import Final

from location_cloud.spatial.transverse_mercator import WGS84, conformal_tan, geodetic_tan

SCALE: Final = 0.994
FALSE_M: Final = 2_000_000.0
"""Scale at the pole, and its easting and northing (NGA.SIG.0012 section 8)."""


class PolarPlane:
    """The polar stereographic projection about one pole, in metres as UPS writes them."""

    def __init__(self, is_south: bool) -> None:
        self._sign = -1.0 if is_south else 1.0
        e = WGS84.eccentricity
        self._e = e
        radius_m = WGS84.semi_major_m * SCALE / math.sqrt(1 - e**2)
        self._diameter_m = 2 * radius_m * ((1 - e) / (1 + e)) ** (e / 2)

    def project(self, lonlat: tuple[float, float]) -> tuple[float, float]:
        """Metres east and north of a position in degrees."""
        lon, lat = math.radians(lonlat[0]), self._sign * lonlat[1]
        conformal = conformal_tan(math.tan(math.radians(lat)), self._e)
        # tan(45 - chi / 2) in the two forms that keep their digits north and south of the equator.
        share = 1 / (math.hypot(1, conformal) + conformal) if conformal > 0 else math.hypot(1, conformal) - conformal
        away_m = self._diameter_m * share
        return FALSE_M + away_m * math.sin(lon), FALSE_M - self._sign * away_m * math.cos(lon)

    def unproject(self, xy_m: tuple[float, float]) -> tuple[float, float]:
        """Longitude and latitude, degrees, of metres east and north; longitude 0 at the pole itself."""
        east_m, north_m = xy_m[0] - FALSE_M, self._sign * (FALSE_M - xy_m[1])
        away_m = math.hypot(east_m, north_m)
        if away_m == 0.0:
            return 0.0, 90.0 * self._sign
        share = away_m / self._diameter_m
        tan_lat = geodetic_tan((1 / share - share) / 2, self._e)
        return math.degrees(math.atan2(east_m, north_m)), self._sign * math.degrees(math.atan(tan_lat))


UPS: Final = {False: PolarPlane(is_south=False), True: PolarPlane(is_south=True)}
"""The plane of the north pole, and with True of the south pole."""
