"""The one question that only the console has: the same point in every coordinate system."""

from __future__ import annotations

from location_cloud.spatial.crs import CRS_NAMES, Crs, from_wgs84


def positions(lonlat: tuple[float, float]) -> dict[Crs, tuple[float, float]]:
    """Coordinate system -> (lon, lat) in degrees of one WGS-84 point.

    Raises spatial.errors.BadCoordinate off the globe.
    """
    return {crs: _position(lonlat, crs) for crs in CRS_NAMES}


def _position(lonlat: tuple[float, float], crs: Crs) -> tuple[float, float]:
    lon, lat = from_wgs84([lonlat], crs)[0]
    return float(lon), float(lat)
