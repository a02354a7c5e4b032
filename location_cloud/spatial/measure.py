"""Lengths, areas, bearings and destinations on the WGS-84 ellipsoid, in metres and degrees."""

from typing import Final

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import Geod
from shapely.geometry.base import BaseGeometry

from location_cloud.spatial.errors import BadCoordinate
from location_cloud.spatial.lonlat import Floats, as_lonlat

GEOD: Final = Geod(ellps="WGS84")  # Karney 2013, as GeographicLib: error below 15 nanometres

WINDS: Final = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")
WINDS_ZH: Final = dict(zip(WINDS, ("北", "东北", "东", "东南", "南", "西南", "西", "西北")))


def distance_m(start: npt.ArrayLike, end: npt.ArrayLike) -> Floats:
    """Metres between points, along the shortest way over the ellipsoid.

    start, end: (n, 2) or (2,) degrees; a single point is measured against every point of the other.

    Gives (n,) float64. Raises BadCoordinate for points off the globe or arrays that do not match.
    """
    return _inverse(start, end)[1]


def bearing_deg(start: npt.ArrayLike, end: npt.ArrayLike) -> Floats:
    """The direction in which to leave each start to reach its end: degrees from north, clockwise, [0, 360).

    Shapes and errors as `distance_m`. The bearing between equal points is 180 by convention of GeographicLib.
    """
    return _inverse(start, end)[0] % 360.0


def destination(start: npt.ArrayLike, bearing_deg: npt.ArrayLike, distance_m: npt.ArrayLike) -> Floats:
    """Where one arrives: (n, 2) degrees.

    start: (n, 2) or (2,) degrees.   bearing_deg: degrees from north, clockwise.   distance_m: metres.

    Raises BadCoordinate for points off the globe, or bearings and distances that are not finite.
    """
    points = as_lonlat(start)
    bearing = np.asarray(bearing_deg, dtype=np.float64)
    metres = np.asarray(distance_m, dtype=np.float64)
    if not (np.isfinite(bearing).all() and np.isfinite(metres).all()):
        raise BadCoordinate("bearings (degrees) and distances (metres) must be finite numbers")
    lon, lat, bearing, metres = (
        np.array(a, dtype=np.float64).ravel()
        for a in np.broadcast_arrays(points[:, 0], points[:, 1], bearing.ravel(), metres.ravel())
    )
    end_lon, end_lat, _ = GEOD.fwd(lon, lat, bearing, metres)
    return np.column_stack([end_lon, end_lat])


def length_m(line: npt.ArrayLike | BaseGeometry) -> float:
    """Metres along a line: (n, 2) degrees, or a shape (of polygons, the length of all rings).

    Raises BadCoordinate for points off the globe. Fewer than two points measure 0.
    """
    if isinstance(line, BaseGeometry):
        return sum(_path_m(np.asarray(part.coords)[:, :2]) for part in _lines(line))
    return _path_m(line)


def area_m2(geometry: BaseGeometry) -> float:
    """Square metres of ground covered by a polygon or multipolygon, holes left out; 0 for points and lines.

    Edges are taken as geodesics. Raises BadCoordinate for vertices off the globe.
    """
    total = 0.0
    for part in shapely.get_parts(geometry):
        if part.geom_type in ("MultiPolygon", "GeometryCollection"):
            total += area_m2(part)
        elif part.geom_type == "Polygon" and not part.is_empty:
            total += _ring_m2(part.exterior) - sum(_ring_m2(hole) for hole in part.interiors)
    return total


def compass_point(bearing_deg: float) -> str:
    """The nearest of the 8 winds, "N", "NE", ... "NW", to a bearing in degrees; `WINDS_ZH` has the Chinese.

    Raises BadCoordinate when the bearing is not finite.
    """
    if not np.isfinite(bearing_deg):
        raise BadCoordinate(f"bearing_deg={bearing_deg} must be a finite number of degrees")
    return WINDS[int((bearing_deg % 360.0) / 45.0 + 0.5) % 8]


def _inverse(start: npt.ArrayLike, end: npt.ArrayLike) -> tuple[Floats, Floats]:
    a, b = as_lonlat(start), as_lonlat(end)
    if len(a) != len(b) and 1 not in (len(a), len(b)):
        raise BadCoordinate(f"cannot pair {len(a)} starts with {len(b)} ends; give one, or equally many")
    a, b = np.broadcast_arrays(a, b)
    # pyproj writes into the arrays it is given, so it gets copies.
    bearing, _, metres = GEOD.inv(a[:, 0].copy(), a[:, 1].copy(), b[:, 0].copy(), b[:, 1].copy())
    return np.asarray(bearing), np.asarray(metres)


def _path_m(line: npt.ArrayLike) -> float:
    points = as_lonlat(line)
    return float(distance_m(points[:-1], points[1:]).sum()) if len(points) > 1 else 0.0


def _ring_m2(ring: BaseGeometry) -> float:
    points = as_lonlat(np.asarray(ring.coords)[:, :2])
    return abs(float(GEOD.polygon_area_perimeter(points[:, 0], points[:, 1])[0]))


def _lines(geometry: BaseGeometry) -> list[BaseGeometry]:
    if geometry.geom_type in ("LineString", "LinearRing"):
        return [geometry]
    if geometry.geom_type == "Polygon":
        return [ring for ring in (geometry.exterior, *geometry.interiors) if not ring.is_empty]
    parts = getattr(geometry, "geoms", ())
    return [line for part in parts for line in _lines(part)]
