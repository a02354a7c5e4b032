"""Coordinate systems as OGC API Features names them, with the order of their axes.

Source: OGC 18-058r1, OGC API - Features - Part 2: Coordinate Reference Systems by Reference; EPSG registry.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray

from location_cloud.errors import Unprocessable
from location_cloud.features.model import CRS84, EPSG
from location_cloud.spatial.crs import CRS_NAMES, Crs, as_wgs84, from_wgs84, project, unproject
from location_cloud.spatial.errors import SpatialError

LATITUDE_FIRST: Final = frozenset({f"{EPSG}4326", f"{EPSG}4490"})

MERCATOR: Final = f"{EPSG}3857"

Points: TypeAlias = NDArray[np.float64]


def uri_of(system: str) -> str:
    """The address that names a system; the names of our own stay as they are."""
    return {"wgs84": CRS84, "cgcs2000": CRS84}.get(system, system)


def placed(shapes: NDArray[np.object_], system: str) -> NDArray[np.object_]:
    """Shapes in WGS-84 degrees moved into a system. Raises Unprocessable where it cannot show them."""
    if system in (CRS84, "wgs84", "cgcs2000"):
        return shapes
    try:
        return np.asarray(shapely.transform(shapes, lambda lonlat: _from_lonlat(lonlat, system)), object)
    except SpatialError as error:
        raise Unprocessable(f"crs={system}: {error}", hint=f"ask for {CRS84}") from error


def as_lonlat(points: Points, system: str) -> Points:
    """Positions of a system as degrees of WGS-84, longitude first. Raises SpatialError."""
    if system == MERCATOR:
        return unproject(points, 3857)
    if system in LATITUDE_FIRST:
        return points[:, ::-1]
    return as_wgs84(points, _own(system))


def _from_lonlat(lonlat: Points, system: str) -> Points:
    if system == MERCATOR:
        return project(lonlat, 3857)
    if system in LATITUDE_FIRST:
        return lonlat[:, ::-1]
    return from_wgs84(lonlat, _own(system))


def _own(system: str) -> Crs:
    return next((name for name in CRS_NAMES if name == system), "wgs84")
