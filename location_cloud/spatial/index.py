"""Which of many shapes lie within, touch, cover or come nearest: an R-tree in front of exact tests."""

import threading
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import rtree.index
import shapely
from shapely.geometry.base import BaseGeometry

from location_cloud.spatial.bbox import Bbox, around
from location_cloud.spatial.errors import BadCoordinate, BadGeometry
from location_cloud.spatial.lonlat import Bools, Floats, Ints, as_lonlat
from location_cloud.spatial.measure import GEOD


class GeometryIndex:
    """An unchanging collection of shapes in degrees, asked by place; answers are positions in the collection.

    The R-tree is loaded in one go (sort-tile-recursive packing) and answers with boxes; shapely refines with
    prepared shapes. libspatialindex shares buffers between queries and is not safe for threads, so each
    look-up of boxes takes a lock; the refinement runs outside it.

    geometries: shapely shapes, lon and lat in degrees. Empty ones and None are kept as positions, never found.
    Raises BadCoordinate when a shape lies off the globe.
    """

    def __init__(self, geometries: Iterable[BaseGeometry | None]) -> None:
        self.geometries: npt.NDArray[np.object_] = np.array(list(geometries), dtype=object)
        bounds = shapely.bounds(self.geometries) if len(self.geometries) else np.empty((0, 4))
        self._kept: Ints = np.flatnonzero(~np.isnan(bounds).any(axis=1)).astype(np.int64)
        lows, highs = bounds[self._kept, :2], bounds[self._kept, 2:]
        if len(self._kept):
            as_lonlat(lows)
            as_lonlat(highs)
        shapely.prepare(self.geometries[self._kept])
        self._lock = threading.Lock()
        self._tree: rtree.index.Index | None = None
        if len(self._kept):
            self._tree = rtree.index.Index((self._kept, lows.copy(), highs.copy()))

    def __len__(self) -> int:
        return len(self.geometries)

    def within(self, geometry: BaseGeometry) -> Ints:
        """Positions, ascending, of the shapes that lie in the given one (border allowed, as OGC `within`)."""
        found = self._in_boxes([Bbox(*geometry.bounds)]) if not geometry.is_empty else _none()
        shapely.prepare(geometry)
        hit: Bools = shapely.contains(geometry, self.geometries[found])
        return found[hit]

    def intersecting(self, where: BaseGeometry | Bbox) -> Ints:
        """Positions, ascending, of the shapes that share at least one point with a shape or box."""
        geometry = where.as_polygon() if isinstance(where, Bbox) else where
        if geometry.is_empty:
            return _none()
        boxes = where.split() if isinstance(where, Bbox) else [Bbox(*geometry.bounds)]
        found = self._in_boxes(boxes)
        shapely.prepare(geometry)
        hit: Bools = shapely.intersects(geometry, self.geometries[found])
        return found[hit]

    def covering(self, lonlat: tuple[float, float]) -> Ints:
        """Positions, ascending, of the shapes that hold the point (lon, lat), border included.

        Raises BadCoordinate for a point off the globe.
        """
        lon, lat = as_lonlat(lonlat)[0].tolist()
        found = self._in_boxes([Bbox(lon, lat, lon, lat)])
        hit: Bools = shapely.intersects_xy(self.geometries[found], lon, lat)
        return found[hit]

    def nearest(self, lonlat: tuple[float, float], k: int = 1, within_m: float = np.inf) -> tuple[Ints, Floats]:
        """The k shapes nearest to a point and their distances in metres, nearest first, ties by position.

        lonlat: (lon, lat) degrees.   k: how many at most, >= 1.   within_m: leave out what is further away.

        Gives (positions (m,) int64, distances (m,) float64), m <= k; a shape that holds the point is at 0 m.
        Distances are geodesic and exact for points; for lines and areas the foot is found on the tangent
        plane, which keeps the error below 1e-4 of the distance for edges shorter than 100 km.
        Raises BadCoordinate for a point off the globe, BadGeometry for k < 1.
        """
        if k < 1:
            raise BadGeometry(f"k={k} must be 1 or more")
        if not within_m >= 0.0:
            raise BadCoordinate(f"within_m={within_m} must be 0 or more metres")
        point = as_lonlat(lonlat)[0]
        reach_m = self._reach_m(point, k)
        # The R-tree ranks by degrees, in which a degree of longitude is as long as one of latitude. So its k
        # first only bound the radius: whatever truly is nearer must meet the box around that circle.
        box = around((float(point[0]), float(point[1])), min(reach_m, within_m) * 1.001 + 0.001)
        found = self._in_boxes(box.split())
        metres = self._distances_m(point, found)
        found, metres = found[metres <= within_m], metres[metres <= within_m]
        order = np.lexsort([found, metres])[:k]
        return found[order], metres[order]

    def _reach_m(self, point: Floats, k: int) -> float:
        """A distance within which at least k shapes lie, or all of them."""
        if self._tree is None:
            return 0.0
        with self._lock:
            first = np.array(list(self._tree.nearest((*point, *point), k)), dtype=np.int64)
        metres = np.sort(self._distances_m(point, first))
        return float(metres[min(k, len(metres)) - 1])

    def _in_boxes(self, boxes: Iterable[Bbox]) -> Ints:
        if self._tree is None:
            return _none()
        with self._lock:
            hits = [list(self._tree.intersection(box.as_tuple())) for box in boxes]
        return np.unique(np.array([hit for part in hits for hit in part], dtype=np.int64))

    def _distances_m(self, point: Floats, positions: Ints) -> Floats:
        """Metres from the point to each of the shapes."""
        if len(positions) == 0:
            return np.empty(0)
        scale = np.array([np.cos(np.radians(min(abs(point[1]), 89.9))), 1.0])

        def as_plane(lonlat: Floats) -> Floats:
            offset = lonlat - point
            offset[:, 0] = (offset[:, 0] + 180.0) % 360.0 - 180.0
            moved: Floats = offset * scale
            return moved

        flat = shapely.transform(self.geometries[positions], as_plane)
        link = shapely.shortest_line(shapely.Point(0.0, 0.0), flat)
        feet = shapely.get_coordinates(shapely.get_point(link, 1)) / scale + point
        lon = (feet[:, 0] + 180.0) % 360.0 - 180.0
        start = np.broadcast_to(point, feet.shape)
        metres = GEOD.inv(start[:, 0].copy(), start[:, 1].copy(), lon, feet[:, 1].copy())[2]
        # The foot of a point inside is the point itself, but for rounding on the way to the plane and back.
        return np.where(shapely.length(link) == 0.0, 0.0, metres)


def _none() -> Ints:
    return np.empty(0, dtype=np.int64)
