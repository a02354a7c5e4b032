"""The local plane that grids are designed in: metres, by a map that keeps straight lines of GeoJSON straight."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians, sin, sqrt
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

GRAIN_M = 1e-7
"""All corners lie on a raster of so many metres. With micrometres, the cover of 0.3 km2 was off by 3e-9; a double holds
places 500 km away to a thousandth of this."""

_AXIS_M, _SQUARE = 6378137.0, 0.00669437999014
"""Half axis and squared eccentricity of WGS-84 (NGA.STND.0036)."""


@dataclass(frozen=True)
class Plane:
    """Metres east and north of a place, as straight multiples of degrees.

    lonlat: where 0, 0 lies. scale: (2,) metres a degree east and north there.

    A projection that keeps areas bends edges of 5 km by half a metre, and what is cut along them leaves gaps in
    degrees; this one keeps every edge where GeoJSON says it is. Areas are right at the middle, 0.8 % off 50 km north.
    """

    lonlat: tuple[float, float]
    scale: tuple[float, float]

    def project(self, shapes: Any) -> Any:
        """Shapes in degrees, in metres."""
        return shapely.transform(shapes, lambda at: (at - self.lonlat) * self.scale)

    def unproject(self, shapes: Any) -> Any:
        """Shapes in metres, in degrees: the same ones for the same place of the raster, however it was found."""
        return shapely.transform(shapes, lambda at: np.round(at / GRAIN_M) * GRAIN_M / self.scale + self.lonlat)

    def xy_m(self, lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n, 2) metres of degrees."""
        return np.asarray((lonlat - np.array(self.lonlat)) * np.array(self.scale), np.float64)


def plane_at(lonlat: tuple[float, float]) -> Plane:
    """The plane around a place in degrees.

    Source: metres of a degree of the meridian and of the parallel at a latitude, by the radii of curvature.
    """
    latitude = radians(lonlat[1])
    bend = 1.0 - _SQUARE * sin(latitude) ** 2
    north = radians(_AXIS_M * (1.0 - _SQUARE) / (bend * sqrt(bend)))
    east = radians(_AXIS_M * cos(latitude) / sqrt(bend))
    return Plane(lonlat, (east, north))
