"""Areas that a trip stays out of: polygons checked when they come in, and the road segments that touch them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from location_cloud.errors import BadQuery, TooLarge
from location_cloud.roads.model import Roads
from location_cloud.spatial.measure import area_m2

MOST_AREAS, MOST_POINTS, MOST_KM2 = 20, 1000, 10_000
"""Polygons a request, points a polygon, square kilometres in all: what answers within the time of a request."""

CELLS, MANY = 32, 6000
"""Cells along each side of the raster that sorts out the segments of large areas, and from how many segments on it pays
(it costs 1-2 ms)."""

Ring = Sequence[Sequence[float]]


def avoid_areas(polygons: Sequence[Sequence[Ring]], name: str = "avoid_polygons") -> tuple[bytes, ...]:
    """The polygons of a request as Options.areas hold them: WKB, WGS-84 degrees, in a fixed order.

    polygons: coordinates as GeoJSON writes them, of each polygon its outer ring and its holes: closed rings of
    lon, lat. name: what the errors call them.

    Raises BadQuery for what is no valid polygon (not closed, crossing itself, not a number, off the globe), TooLarge
    over the limits of this module, both before any search.
    """
    if len(polygons) > MOST_AREAS:
        raise TooLarge(f"{name}: {len(polygons)} polygons", f"at most {MOST_AREAS}; join neighbours into one")
    shapes = [_polygon(f"{name}[{place}]", rings) for place, rings in enumerate(polygons)]
    km2 = sum(float(area_m2(shape)) for shape in shapes) / 1e6
    if km2 > MOST_KM2:
        raise TooLarge(f"{name}: {km2:.0f} km2 in all", f"at most {MOST_KM2} km2; draw them tighter")
    return tuple(sorted({shapely.to_wkb(shapely.normalize(shape)) for shape in shapes}))


def segments_in_areas(roads: Roads, areas: Sequence[bytes]) -> NDArray[np.bool_]:
    """Which segments touch an area, even with a corner: (segments,) bool. areas: as `avoid_areas` gives them.

    Exact for the segments' lines as straight in degrees. Time grows with the segments whose box meets an area's.
    """
    found = np.zeros(roads.segment_count, bool)
    for wkb in areas:
        polygon = _prepared(wkb)
        near = _in_box(roads.seg_box_e7, polygon)
        near = near[~found[near]]
        if len(near) > MANY:
            inside, outside = _by_cells(roads.seg_box_e7[near], polygon)
            found[near[inside]] = True
            near = near[~(inside | outside)]
        found[near[shapely.intersects(polygon, _lines(roads, near))]] = True
    return found


def _in_box(boxes_e7: NDArray[np.int32], polygon: BaseGeometry) -> NDArray[np.intp]:
    """Segments whose box meets the polygon's. One side after the other, each on what the last one left."""
    west, south, east, north = (round(degree * 1e7) for degree in polygon.bounds)
    near = np.flatnonzero(boxes_e7[:, 0] <= east)
    for column, bound in ((2, west), (1, north), (3, south)):
        side = boxes_e7[near, column]
        near = near[side <= bound if column == 1 else side >= bound]
    return near


def _by_cells(boxes_e7: NDArray[np.int32], polygon: BaseGeometry) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which boxes lie surely inside and which surely outside, by the cells of a raster that each of them covers.

    With prefix sums, four numbers tell of all cells under a box; inside cells are counted in the low 16 bits, outside
    ones in the high. A tenth of a large area is left to the exact test.
    """
    west, south, east, north = polygon.bounds
    kinds = _cell_kinds(polygon)
    sums = np.pad(kinds.cumsum(0).cumsum(1), ((1, 0), (1, 0))).ravel()
    # One unit of the coordinates wider, so that no rounding puts the end of a line into the wrong cell.
    first_x, last_x = ((boxes_e7[:, side] + wider - west * 1e7) * (CELLS / (east - west) / 1e7) for side, wider in _X)
    first_y, last_y = (
        (boxes_e7[:, side] + wider - south * 1e7) * (CELLS / (north - south) / 1e7) for side, wider in _Y
    )
    is_within = (first_x >= 0) & (first_y >= 0) & (last_x < CELLS) & (last_y < CELLS)
    left, right, low, high = (
        np.clip(each, 0, CELLS - 1).astype(np.int32) for each in (first_x, last_x, first_y, last_y)
    )
    covered = (right - left + 1) * (high - low + 1)
    low, high = low * (CELLS + 1), (high + 1) * (CELLS + 1)
    right += 1
    count = sums.take(high + right) - sums.take(low + right) - sums.take(high + left) + sums.take(low + left)
    return is_within & (count & 0xFFFF == covered), count >> 16 == covered


_X, _Y = ((0, -1.0), (2, 1.0)), ((1, -1.0), (3, 1.0))
"""Columns of a box along each axis, and one unit outwards."""


def _cell_kinds(polygon: BaseGeometry) -> NDArray[np.int64]:
    """Of each cell of the raster over a polygon (rows from south): 1 = inside, 1 << 16 = outside, 0 = on its edge."""
    west, south, east, north = polygon.bounds
    lon, lat = np.linspace(west, east, CELLS + 1), np.linspace(south, north, CELLS + 1)
    cells = shapely.box(lon[None, :-1], lat[:-1, None], lon[None, 1:], lat[1:, None])
    is_out = ~shapely.intersects(polygon, cells)
    kinds = np.where(is_out, np.int64(1 << 16), np.int64(0))
    kinds[~is_out] = shapely.contains(polygon, cells[~is_out])
    return kinds


def _lines(roads: Roads, segments: NDArray[np.intp]) -> NDArray[np.object_]:
    start, end = roads.shape_start[segments], roads.shape_start[segments + 1]
    count = end - start
    place = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    points = roads.shape_e7[np.repeat(start, count) + place] / 1e7
    lines: NDArray[np.object_] = shapely.linestrings(points, indices=np.repeat(np.arange(len(segments)), count))
    return lines


@lru_cache(maxsize=64)
def _prepared(wkb: bytes) -> BaseGeometry:
    polygon = shapely.from_wkb(wkb)
    shapely.prepare(polygon)
    return polygon


# --- what comes in -------------------------------------------------------------------------------------------------


def _polygon(name: str, rings: Sequence[Ring]) -> BaseGeometry:
    if not rings or not _is_list_of_lists(rings):
        raise BadQuery(f"{name} has no ring", "a polygon is a list of rings, the outer one first")
    points = sum(len(ring) for ring in rings)
    if points > MOST_POINTS:
        raise TooLarge(f"{name} has {points} points", f"at most {MOST_POINTS}; simplify it")
    for place, ring in enumerate(rings):
        _check_ring(f"{name}[{place}]", ring)
    shape = shapely.Polygon(rings[0], rings[1:])
    if not shapely.is_valid(shape):
        reason = shapely.is_valid_reason(shape)
        raise BadQuery(f"{name} is no valid polygon: {reason}", "draw its outline without crossing or touching itself")
    if shapely.area(shape) == 0.0:
        raise BadQuery(f"{name} has no area", "give at least three corners that are not on one line")
    return shape


def _check_ring(name: str, ring: Ring) -> None:
    if len(ring) < 4:
        raise BadQuery(f"{name} has {len(ring)} points", "a ring has at least four, the last one equal to the first")
    for place, point in enumerate(ring):
        if not _is_lonlat(point):
            raise BadQuery(f"{name}[{place}] = {str(point)[:40]} is no lon, lat", "give two finite numbers of degrees")
        lon, lat = point
        if not (-180.0 <= lon <= 180.0 and -90.0 <= lat <= 90.0):
            raise BadQuery(
                f"{name}[{place}] = {lon},{lat} is off the globe", "lon in -180..180, lat in -90..90, lon first"
            )
    if tuple(ring[0]) != tuple(ring[-1]):
        raise BadQuery(f"{name} is not closed", f"repeat its first point {list(ring[0])} at the end")


def _is_list_of_lists(rings: Any) -> bool:
    return isinstance(rings, (list, tuple)) and all(isinstance(ring, (list, tuple)) for ring in rings)


def _is_lonlat(point: Any) -> bool:
    if not isinstance(point, (list, tuple)) or len(point) != 2:
        return False
    return all(type(degree) in (int, float) and math.isfinite(degree) for degree in point)
