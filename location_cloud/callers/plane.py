"""A local plane of metres around a point, in which positions are found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from location_cloud.spatial.measure import GEOD

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Plane:
    """Azimuthal equidistant around an origin, degrees: x east, y north.

    Distances from the origin are exact; between other points, r metres away from it, they are off by r^2 / (6 R^2):
    0.1 m at 30 km (Snyder 1987, Map Projections, section 25).
    """

    origin: tuple[float, float]

    def to_xy(self, lonlat: npt.ArrayLike) -> Floats:
        """(n, 2) metres of (n, 2) degrees."""
        points = np.asarray(lonlat, np.float64).reshape(-1, 2)
        lon, lat = (np.full(len(points), each) for each in self.origin)
        bearing, _, distance = GEOD.inv(lon, lat, points[:, 0].copy(), points[:, 1].copy())
        angle = np.radians(bearing)
        return np.column_stack([distance * np.sin(angle), distance * np.cos(angle)])

    def to_lonlat(self, xy_m: npt.ArrayLike) -> Floats:
        """(n, 2) degrees of (n, 2) metres."""
        xy = np.asarray(xy_m, np.float64).reshape(-1, 2)
        lon, lat = (np.full(len(xy), each) for each in self.origin)
        bearing = np.degrees(np.arctan2(xy[:, 0], xy[:, 1]))
        lon, lat, _ = GEOD.fwd(lon, lat, bearing, np.hypot(xy[:, 0], xy[:, 1]))
        return np.column_stack([lon, lat])
