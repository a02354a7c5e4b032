"""How far a geometry reaches from a point."""

from __future__ import annotations

import shapely
from shapely.geometry.base import BaseGeometry

from location_cloud.spatial.measure import distance_m


def radius_m(geometry: BaseGeometry, lonlat: tuple[float, float]) -> float:
    """Metres from a point (degrees) to the furthest corner of a geometry."""
    return float(distance_m(shapely.get_coordinates(geometry), lonlat).max())
