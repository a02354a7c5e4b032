"""GCJ-02 and BD-09, the shifted coordinates of Chinese map services, both ways and exact to a micrometre."""

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

from location_cloud.spatial.china import is_in_china, uses_gcj02
from location_cloud.spatial.errors import BadCoordinate
from location_cloud.spatial.lonlat import Floats, as_lonlat

__all__ = [
    "bd09_from_gcj02",
    "bd09_from_wgs84",
    "both_from_wgs84",
    "gcj02_from_bd09",
    "gcj02_from_wgs84",
    "is_in_china",
    "wgs84_from_bd09",
    "wgs84_from_gcj02",
]

# Source of the formulas and constants: the publicly known form, as in the open library gcoord 1.0.7, with
# which the forward direction agrees to 1e-12 degree. The ellipsoid is Krasovsky 1940.
SEMI_MAJOR_M: Final = 6378245.0
ECCENTRICITY2: Final = 0.00669342162296594323
BD_ANGLE: Final = np.pi * 3000.0 / 180.0
BD_LON_DEG: Final = 0.0065
BD_LAT_DEG: Final = 0.006

# The shift changes by less than 3 % of a step, so every round gains 1.5 digits or more. A last step below 1e-10
# degree (1e-5 m) therefore leaves less than 3e-7 m; measured over China: 3e-9 m for GCJ-02, 6e-9 m for BD-09.
ROUNDS: Final = 12
STOP_DEG: Final = 1e-10


def gcj02_from_wgs84(lonlat: npt.ArrayLike) -> Floats:
    """GCJ-02 points (n, 2) of WGS-84 points (n, 2), degrees.

    Points where GCJ-02 is not in use (see `china.uses_gcj02`) come back unchanged.
    Raises BadCoordinate off the globe.
    """
    points = as_lonlat(lonlat).copy()
    inside = uses_gcj02(points)
    points[inside] = _gcj02(points[inside])
    return points


def wgs84_from_gcj02(lonlat: npt.ArrayLike) -> Floats:
    """WGS-84 points (n, 2) of GCJ-02 points (n, 2), degrees, to better than 1e-6 m.

    A point is moved exactly when the WGS-84 point it stands for lies where GCJ-02 is in use, so that
    every point inside, up to the very border, survives the way there and back. The price is a strip outside
    the border as wide as the shift (<= 711 m): what lies there is read as the shifted image of a point inside.
    Raises BadCoordinate off the globe.
    """
    points = as_lonlat(lonlat).copy()
    near = uses_gcj02(points, margin_deg=MARGIN_DEG)
    found = _inverse(_gcj02, points[near])
    points[near] = np.where(uses_gcj02(found)[:, None], found, points[near])
    return points


def bd09_from_gcj02(lonlat: npt.ArrayLike) -> Floats:
    """BD-09 points (n, 2) of GCJ-02 points (n, 2), degrees; unchanged where the original is not shifted.

    Raises BadCoordinate off the globe.
    """
    points = as_lonlat(lonlat).copy()
    inside = uses_gcj02(wgs84_from_gcj02(points))
    points[inside] = _bd09(points[inside])
    return points


def gcj02_from_bd09(lonlat: npt.ArrayLike) -> Floats:
    """GCJ-02 points (n, 2) of BD-09 points (n, 2), degrees, to better than 1e-6 m; errors as the others."""
    return gcj02_from_wgs84(wgs84_from_bd09(lonlat))


def bd09_from_wgs84(lonlat: npt.ArrayLike) -> Floats:
    """BD-09 points (n, 2) of WGS-84 points (n, 2), degrees; unchanged where GCJ-02 is not in use.

    Raises BadCoordinate off the globe.
    """
    points = as_lonlat(lonlat).copy()
    inside = uses_gcj02(points)
    points[inside] = _bd09(_gcj02(points[inside]))
    return points


def both_from_wgs84(lonlat: npt.ArrayLike) -> tuple[Floats, Floats]:
    """GCJ-02 and BD-09 points of WGS-84 points, as the two functions above give them, in half of their time."""
    gcj02 = as_lonlat(lonlat).copy()
    inside = uses_gcj02(gcj02)
    gcj02[inside] = _gcj02(gcj02[inside])
    bd09 = gcj02.copy()
    bd09[inside] = _bd09(gcj02[inside])
    return gcj02, bd09


def wgs84_from_bd09(lonlat: npt.ArrayLike) -> Floats:
    """WGS-84 points (n, 2) of BD-09 points (n, 2), degrees, to better than 1e-6 m.

    Decides as `wgs84_from_gcj02`; the strip is as wide as both shifts together (about 1.7 km).
    """
    points = as_lonlat(lonlat).copy()
    near = uses_gcj02(points, margin_deg=MARGIN_DEG)
    found = _inverse(_gcj02, _inverse(_bd09, points[near]))
    points[near] = np.where(uses_gcj02(found)[:, None], found, points[near])
    return points


# Wider than GCJ-02 and BD-09 together ever move a point in China (measured: 0.017 degrees).
MARGIN_DEG: Final = 0.05


def _gcj02(points: Floats) -> Floats:
    """The GCJ-02 formula itself, applied wherever the points are."""
    x, y = points[:, 0] - 105.0, points[:, 1] - 35.0
    root = np.sqrt(np.abs(x))
    wave = 20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north += (
        wave
        + 20.0 * np.sin(y * np.pi)
        + 40.0 * np.sin(y / 3.0 * np.pi)
        + 160.0 * np.sin(y / 12.0 * np.pi)
        + 320.0 * np.sin(y * np.pi / 30.0)
    ) * (2.0 / 3.0)
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east += (
        wave
        + 20.0 * np.sin(x * np.pi)
        + 40.0 * np.sin(x / 3.0 * np.pi)
        + 150.0 * np.sin(x / 12.0 * np.pi)
        + 300.0 * np.sin(x / 30.0 * np.pi)
    ) * (2.0 / 3.0)
    lat = np.radians(points[:, 1])
    magic = 1.0 - ECCENTRICITY2 * np.sin(lat) ** 2
    meridian_m = SEMI_MAJOR_M * (1.0 - ECCENTRICITY2) / (magic * np.sqrt(magic))
    parallel_m = SEMI_MAJOR_M / np.sqrt(magic) * np.cos(lat)
    return points + np.degrees(np.column_stack([east / parallel_m, north / meridian_m]))


def _bd09(points: Floats) -> Floats:
    """The BD-09 formula itself, applied to GCJ-02 points wherever they are."""
    x, y = points[:, 0], points[:, 1]
    radius = np.hypot(x, y) + 0.00002 * np.sin(y * BD_ANGLE)
    theta = np.arctan2(y, x) + 0.000003 * np.cos(x * BD_ANGLE)
    return np.column_stack([radius * np.cos(theta) + BD_LON_DEG, radius * np.sin(theta) + BD_LAT_DEG])


def _inverse(forward: Callable[[Floats], Floats], shifted: Floats) -> Floats:
    """The points that the forward formula takes to the given ones: x <- x + (shifted - forward(x))."""
    found = shifted.copy()
    for _ in range(ROUNDS):
        miss = shifted - forward(found)
        found += miss
        if len(miss) == 0 or np.abs(miss).max() < STOP_DEG:
            return found
    if np.abs(shifted - forward(found)).max() > STOP_DEG:
        raise BadCoordinate("the inverse of the shifted coordinates did not settle; are they in China?")
    return found
