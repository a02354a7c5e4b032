"""Shapes over the 180th meridian: told from wide ones, and cut in two as RFC 7946 section 3.1.9 asks."""

import numpy as np
import shapely
from shapely.geometry import GeometryCollection, LineString, Polygon, box
from shapely.geometry.base import BaseGeometry

from location_cloud.spatial.errors import BadGeometry
from location_cloud.spatial.lonlat import Floats


def unwrapped(path: Floats) -> Floats:
    """The same path (n, 2) with longitudes made continuous, so that they may leave -180..180.

    A step of more than 180 and less than 360 degrees of longitude is read as the short way over the
    antimeridian; a step of exactly 360 stays, because it is how a box around the globe is written.
    """
    step = np.diff(path[:, 0])
    over = (np.abs(step) > 180.0) & (np.abs(step) < 360.0)
    if not over.any():
        return path
    result = path.copy()
    result[1:, 0] -= 360.0 * np.cumsum(np.where(over, np.sign(step), 0.0))
    return result


def unwrapped_polygon(rings: list[Floats]) -> Polygon:
    """The polygon of closed rings (outer first) with continuous longitudes, holes moved to their outer ring.

    Raises BadGeometry when a ring goes round a pole, where inside and outside cannot be told apart.
    """
    shell, *holes = [unwrapped(ring) for ring in rings]
    for ring in (shell, *holes):
        if abs(ring[0, 0] - ring[-1, 0]) > 1.0:
            raise BadGeometry("a ring goes round a pole; cut it along the antimeridian and the pole first")
    middle = (shell[:, 0].min() + shell[:, 0].max()) / 2.0
    for hole in holes:
        hole_middle = (hole[:, 0].min() + hole[:, 0].max()) / 2.0
        hole[:, 0] += 360.0 * np.round((middle - hole_middle) / 360.0)
    return Polygon(shell, holes)


def cut_antimeridian(geometry: BaseGeometry) -> BaseGeometry:
    """The same ground with all longitudes in -180..180: what lies beyond is cut off and moved round the globe.

    geometry: degrees, longitudes continuous and within -540..540. Shapes inside -180..180 come back as they are.
    """
    if geometry.is_empty:
        return geometry
    west, _, east, _ = geometry.bounds
    if west >= -180.0 and east <= 180.0:
        return geometry
    if geometry.geom_type == "Point":
        return shapely.transform(geometry, lambda c: np.column_stack([_wrapped(c[:, 0]), c[:, 1]]))
    if geometry.geom_type == "GeometryCollection":
        return GeometryCollection([cut_antimeridian(part) for part in geometry.geoms])
    parts: list[BaseGeometry] = []
    for shift in (-360.0, 0.0, 360.0):
        piece = shapely.intersection(geometry, box(-180.0 + shift, -90.0, 180.0 + shift, 90.0))
        moved = shapely.transform(piece, lambda c, by=shift: c - (by, 0.0))
        # Where a border only touches the antimeridian, the cut leaves lines and points: not part of the answer.
        parts += [p for p in _parts(moved) if shapely.get_dimensions(p) == shapely.get_dimensions(geometry)]
    return _gathered(parts)


def _wrapped(lon: Floats) -> Floats:
    return np.where(np.abs(lon) > 180.0, (lon + 180.0) % 360.0 - 180.0, lon)


def _parts(geometry: BaseGeometry) -> list[BaseGeometry]:
    return [part for part in shapely.get_parts(geometry) if not part.is_empty]


def _gathered(parts: list[BaseGeometry]) -> BaseGeometry:
    if len(parts) == 1:
        return parts[0]
    if isinstance(parts[0], Polygon):
        return shapely.multipolygons(parts)
    if isinstance(parts[0], LineString):
        return shapely.multilinestrings(parts)
    return shapely.multipoints(parts)
