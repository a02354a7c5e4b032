"""Metres east and north of a place: what a beat is small enough for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

M_PER_DEGREE = 111_195.0
"""Of a sphere of 6,371 km; within 0.4 % of the ellipsoid anywhere, 0.1 m on the 25 m of a look around."""


def as_plane(lonlat: NDArray[np.float64], origin: tuple[float, float]) -> NDArray[np.float64]:
    """(n, 2) metres of (n, 2) degrees, true around the origin (lon, lat); the short way round at the antimeridian."""
    turned = (lonlat[:, 0] - origin[0] + 180.0) % 360.0 - 180.0
    east = turned * np.cos(np.radians(origin[1])) * M_PER_DEGREE
    return np.column_stack([east, (lonlat[:, 1] - origin[1]) * M_PER_DEGREE])


def origin_of(lonlat: NDArray[np.float64]) -> tuple[float, float]:
    """A place amid some points, for `as_plane`."""
    lon, lat = lonlat[len(lonlat) // 2].tolist()
    return float(lon), float(lat)
