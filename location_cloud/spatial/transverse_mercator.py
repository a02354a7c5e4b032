"""Plane coordinates of a transverse Mercator strip, both ways, for UTM and for Gauss-Kruger, without PROJ's start-up.

Source: C. F. F. Karney, Transverse Mercator with an accuracy of a few nanometers, Journal of Geodesy 85 (2011),
equations (7)-(12), (19)-(21), (35)-(36): Kruger's series to the sixth order. Within 3,000 km of the middle it errs by
less than 1e-8 m.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

__all__ = ["CGCS2000", "WGS84", "Ellipsoid", "Strip", "conformal_tan", "geodetic_tan"]


@dataclass(frozen=True, slots=True)
class Ellipsoid:
    """The figure of the earth: half of the equator's diameter in metres, and 1 / flattening."""

    semi_major_m: float
    inverse_flattening: float

    @property
    def eccentricity(self) -> float:
        """First eccentricity."""
        flattening = 1 / self.inverse_flattening
        return math.sqrt(flattening * (2 - flattening))

    @property
    def third_flattening(self) -> float:
        """(a - b) / (a + b), which the series run in."""
        flattening = 1 / self.inverse_flattening
        return flattening / (2 - flattening)


WGS84: Final = Ellipsoid(6_378_137.0, 298.257223563)  # EPSG:7030
CGCS2000: Final = Ellipsoid(6_378_137.0, 298.257222101)  # EPSG:1024, GB 22021-2008

# Karney's (35) and (36): row j holds the factors of n^j, n^(j+1), ... of the third flattening n.
_ALPHA: Final = (
    (1 / 2, -2 / 3, 5 / 16, 41 / 180, -127 / 288, 7891 / 37800),
    (13 / 48, -3 / 5, 557 / 1440, 281 / 630, -1983433 / 1935360),
    (61 / 240, -103 / 140, 15061 / 26880, 167603 / 181440),
    (49561 / 161280, -179 / 168, 6601661 / 7257600),
    (34729 / 80640, -3418889 / 1995840),
    (212378941 / 319334400,),
)
_BETA: Final = (
    (1 / 2, -2 / 3, 37 / 96, -1 / 360, -81 / 512, 96199 / 604800),
    (1 / 48, 1 / 15, -437 / 1440, 46 / 105, -1118711 / 3870720),
    (17 / 480, -37 / 840, -209 / 4480, 5569 / 90720),
    (4397 / 161280, -11 / 504, -830251 / 7257600),
    (4583 / 161280, -108847 / 3991680),
    (20648693 / 638668800,),
)
_ROUNDS: Final = 8
"""Newton's steps from the conformal to the geodetic latitude; three are enough on Earth's ellipsoid."""


class Strip:
    """A transverse Mercator projection about one meridian.

    ellipsoid: of the datum. meridian_deg: the middle of the strip. scale: on the middle meridian (UTM 0.9996,
    Gauss-Kruger 1). false_easting_m, false_northing_m: what is added to metres east of it and north of the equator.
    """

    def __init__(
        self,
        ellipsoid: Ellipsoid,
        meridian_deg: float,
        scale: float = 1.0,
        false_easting_m: float = 500_000.0,
        false_northing_m: float = 0.0,
    ) -> None:
        n = ellipsoid.third_flattening
        rectifying_m = ellipsoid.semi_major_m / (1 + n) * (1 + n**2 / 4 + n**4 / 64 + n**6 / 256)
        self._metres = scale * rectifying_m
        self._alpha = _series(_ALPHA, n)
        self._beta = _series(_BETA, n)
        self._e = ellipsoid.eccentricity
        self._meridian_deg = meridian_deg
        self._false_m = (false_easting_m, false_northing_m)

    def project(self, lonlat: tuple[float, float]) -> tuple[float, float]:
        """Metres east and north of a position in degrees, which lies less than 90 degrees from the meridian."""
        lon, lat = lonlat
        east_of = math.radians((lon - self._meridian_deg + 180.0) % 360.0 - 180.0)
        conformal = conformal_tan(math.tan(math.radians(max(-89.9999999, min(89.9999999, lat)))), self._e)
        xi = math.atan2(conformal, math.cos(east_of))
        eta = math.asinh(math.sin(east_of) / math.hypot(conformal, math.cos(east_of)))
        north, east = xi, eta
        for j, alpha in enumerate(self._alpha, start=1):
            north += alpha * math.sin(2 * j * xi) * math.cosh(2 * j * eta)
            east += alpha * math.cos(2 * j * xi) * math.sinh(2 * j * eta)
        return self._metres * east + self._false_m[0], self._metres * north + self._false_m[1]

    def unproject(self, xy_m: tuple[float, float]) -> tuple[float, float]:
        """Longitude and latitude, degrees, of metres east and north."""
        east, north = ((value - false) / self._metres for value, false in zip(xy_m, self._false_m))
        xi, eta = north, east
        for j, beta in enumerate(self._beta, start=1):
            xi -= beta * math.sin(2 * j * north) * math.cosh(2 * j * east)
            eta -= beta * math.cos(2 * j * north) * math.sinh(2 * j * east)
        conformal = math.sin(xi) / math.hypot(math.sinh(eta), math.cos(xi))
        lon = self._meridian_deg + math.degrees(math.atan2(math.sinh(eta), math.cos(xi)))
        lat = math.degrees(math.atan(geodetic_tan(conformal, self._e)))
        return (lon + 180.0) % 360.0 - 180.0, lat


def conformal_tan(tan_lat: float, eccentricity: float) -> float:
    """Tangent of the conformal latitude that belongs to the tangent of a latitude: Karney (7)-(9)."""
    sigma = math.sinh(eccentricity * math.atanh(eccentricity * tan_lat / math.hypot(1, tan_lat)))
    return tan_lat * math.hypot(1, sigma) - sigma * math.hypot(1, tan_lat)


def geodetic_tan(conformal: float, eccentricity: float) -> float:
    """Tangent of the latitude that belongs to the tangent of a conformal one: Newton's method, Karney (19)-(21)."""
    found = conformal
    flat = 1 - eccentricity**2
    for _ in range(_ROUNDS):
        at = conformal_tan(found, eccentricity)
        step = (conformal - at) / math.hypot(1, at) * (1 + flat * found**2) / (flat * math.hypot(1, found))
        found += step
        if abs(step) < 1e-15 * max(1.0, abs(found)):
            break
    return found


def _series(rows: tuple[tuple[float, ...], ...], n: float) -> tuple[float, ...]:
    return tuple(sum(term * n ** (power + k) for k, term in enumerate(row)) for power, row in enumerate(rows, start=1))
