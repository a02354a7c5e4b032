"""The roads nearest to a place: a packed grid over the pieces of all segments."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

from routing.errors import BadGraph, BadPoint, OffRoad
from routing.metric import E7, fractions_along, metres_per_degree
from routing.rows import as_read_only
from routing.shape import checked_shapes

CELL_M = 100.0
"""Grid cell: about a city block, so that the first look, four cells, mostly suffices and meets a few dozen pieces."""

METRES_PER_DEGREE = 111_195.0
"""Of latitude on a mean sphere; it sizes the cells only, distances use `routing.metric`."""

COLUMN_BITS = 32


@dataclass(frozen=True, eq=False)
class SegmentIndex:
    """Where each piece of road lies: the occupied cells only, row by row, so that open country costs nothing.

    Rows of cells have equal height in degrees; each has its own cell width, so that cells stay about square up to the
    poles. The cells of a row are neighbours in `cell_key`, so a window costs two binary searches for each row.

    cell_key (cells,) int64 row * 2^32 + column, rising; cell_start (cells + 1,) int32; entry_point, entry_segment
    (entries,) int32: the shape point at which a piece that touches the cell begins, and its segment.
    row_width_e7 (rows,) int64; corner_e7 (2,) int64: southern edge of row 0, height of a row.
    shape_start, shape_e7: the shapes indexed, not copied.
    """

    cell_key: NDArray[np.int64]
    cell_start: NDArray[np.int32]
    entry_point: NDArray[np.int32]
    entry_segment: NDArray[np.int32]
    row_width_e7: NDArray[np.int64]
    corner_e7: NDArray[np.int64]
    shape_start: NDArray[np.int32]
    shape_e7: NDArray[np.int32]

    @property
    def segments(self) -> int:
        """Number of segments indexed."""
        return len(self.shape_start) - 1

    def as_arrays(self) -> dict[str, NDArray[np.generic]]:
        """The index's own arrays by name, to be written to files beside the shapes."""
        return {name: getattr(self, name) for name in _OWN_ARRAYS}

    @classmethod
    def from_arrays(
        cls, arrays: dict[str, NDArray[np.generic]], shape_start: ArrayLike, shape_e7: ArrayLike
    ) -> "SegmentIndex":
        """The index whose `as_arrays` this is, over the same shapes; memory maps are not copied.

        Raises BadGraph if an array is missing, of another type, or points outside the shapes.
        """
        own: dict[str, NDArray[Any]] = {}
        for name, dtype in _OWN_ARRAYS.items():
            if name not in arrays:
                raise BadGraph(f"index array {name} is missing; build the index again")
            if arrays[name].dtype != dtype or arrays[name].ndim != 1:
                raise BadGraph(
                    f"{name} must be a {np.dtype(dtype)} column, not {arrays[name].dtype} {arrays[name].shape}"
                )
            own[name] = as_read_only(arrays[name], dtype)
        start, shape = checked_shapes(shape_start, shape_e7)
        index = cls(**own, shape_start=start, shape_e7=shape)
        cells, entries = len(index.cell_key), len(index.entry_point)
        fits = len(index.cell_start) == cells + 1 and len(index.entry_segment) == entries
        fits = fits and len(index.corner_e7) == 2 and bool(np.all(index.row_width_e7 > 0))
        if not fits or index.cell_start[0] != 0 or index.cell_start[-1] != entries:
            raise BadGraph("the index arrays do not fit each other; build the index again")
        if np.any(np.diff(index.cell_start) < 0) or np.any(np.diff(index.cell_key) <= 0):
            raise BadGraph("cell_start and cell_key must rise; build the index again")
        south, height = index.corner_e7.tolist()
        if height < 1 or len(index.row_width_e7) != _count_rows(shape, south, height):
            raise BadGraph("the index covers another area than the shapes; build it again")
        if entries and not _entries_fit(index.entry_point, index.entry_segment, index.shape_start):
            raise BadGraph("the index belongs to other shapes; build it again")
        return index


@dataclass(frozen=True, eq=False)
class Candidates:
    """Roads near a place, nearest first; of equally near ones the lower segment number first.

    segment (n,) int32; distance_m (n,) float64; fraction (n,) float64 in [0, 1] of the segment's length;
    lonlat (n, 2) float64 degrees, the nearest place on each.
    """

    segment: NDArray[np.int32]
    distance_m: NDArray[np.float64]
    fraction: NDArray[np.float64]
    lonlat: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.segment)


_OWN_ARRAYS: dict[str, type[np.generic]] = {
    "cell_key": np.int64,
    "cell_start": np.int32,
    "entry_point": np.int32,
    "entry_segment": np.int32,
    "row_width_e7": np.int64,
    "corner_e7": np.int64,
}


def build_segment_index(shape_start: ArrayLike, shape_e7: ArrayLike, cell_m: float = CELL_M) -> SegmentIndex:
    """The index of segments given by their shapes.

    shape_start: (segments + 1,) integers; shape_e7: (points, 2) int32 lon and lat in 1e-7 degree, two points or more a
    segment, equal ones allowed. A shape across the antimeridian must come cut there, as in OSM.
    cell_m: metres, 1 to 100,000.

    Takes about 0.2 s for a million pieces.
    Raises BadGraph for shapes that are no shapes, or a cell size outside 1 m..100 km.
    """
    start, shape = checked_shapes(shape_start, shape_e7)
    if not 1.0 <= cell_m <= 100_000.0:
        raise BadGraph(f"cell_m={cell_m} must lie in 1..100000 metres")
    height = int(cell_m / METRES_PER_DEGREE * E7)
    south = int(shape[:, 1].min()) if len(shape) else 0
    rows = _count_rows(shape, south, height)
    middle_deg = (south + (np.arange(rows) + 0.5) * height) / E7
    # One cell round the globe at the pole itself, where a degree of longitude has no width.
    width = np.minimum(height / np.maximum(np.cos(np.radians(middle_deg)), 1e-9), 360 * E7).astype(np.int64)
    key, point, segment = _cover(start, shape, south, height, width)
    order = np.argsort(key, kind="stable")
    cell_key, first = np.unique(key[order], return_index=True)
    return SegmentIndex(
        as_read_only(cell_key, np.int64),
        as_read_only(np.append(first, len(key)), np.int32),
        as_read_only(point[order], np.int32),
        as_read_only(segment[order], np.int32),
        as_read_only(width, np.int64),
        as_read_only(np.array([south, height]), np.int64),
        start,
        shape,
    )


def nearest(
    index: SegmentIndex,
    lonlat: Sequence[float] | NDArray[np.float64],
    count: int = 1,
    radius_m: float = 500.0,
    allowed: NDArray[np.bool_] | NDArray[np.uint8] | None = None,
) -> Candidates:
    """The segments nearest to a place, each at its nearest point; none if no segment lies within the radius.

    lonlat: degrees. count: at most so many, 1..1000. radius_m: metres, > 0, included.
    allowed: (segments,) bool or uint8, 0 = pass over this segment; None = all serve.

    Distances are those of the plane that touches the ellipsoid at the place. They differ from the geodesic by at most
    about distance^2 * tan(latitude) / 12,700 km: 0.14 m in 1 km at 60 degrees. The antimeridian is not looked across.
    Raises BadPoint for a place off the globe, or a count, radius or mask outside these ranges.
    """
    lon, lat = float(lonlat[0]), float(lonlat[1])
    if not (-180.0 <= lon <= 180.0 and -90.0 <= lat <= 90.0):
        raise BadPoint(f"lonlat={lon},{lat} is off the globe; longitude comes first, in degrees")
    if not 1 <= count <= 1000 or not 0.0 < radius_m < math.inf:
        raise BadPoint(f"count={count} must lie in 1..1000, radius_m={radius_m} must be more than 0")
    if allowed is None:
        mask = _EVERY
    elif allowed.shape == (index.segments,) and allowed.dtype in (np.bool_, np.uint8):
        mask = as_read_only(allowed.view(np.uint8), np.uint8)
    else:
        raise BadPoint(f"allowed must be ({index.segments},) bool or uint8, not {allowed.shape} {allowed.dtype}")
    lon_m, lat_m = metres_per_degree(lat)
    distance, segment, point, part = _nearest(
        index.cell_key, index.cell_start, index.entry_point, index.entry_segment, index.row_width_e7, index.corner_e7,
        index.shape_e7, lon * E7, lat * E7, lon_m / E7, lat_m / E7, count, float(radius_m), mask,
    )  # fmt: skip
    begin = index.shape_e7[point] / E7
    end = index.shape_e7[point + 1] / E7
    return Candidates(
        segment,
        distance,
        fractions_along(index.shape_start, index.shape_e7, segment, point, part),
        begin + part[:, None] * (end - begin),
    )


def get_nearest(
    index: SegmentIndex,
    lonlat: Sequence[float] | NDArray[np.float64],
    count: int = 1,
    radius_m: float = 500.0,
    allowed: NDArray[np.bool_] | NDArray[np.uint8] | None = None,
) -> Candidates:
    """As `nearest`, but raises OffRoad if there is none."""
    found = nearest(index, lonlat, count, radius_m, allowed)
    if not len(found):
        raise OffRoad(
            f"no usable road within {radius_m:g} m of {float(lonlat[0]):.6f},{float(lonlat[1]):.6f}; "
            "is it lon,lat? Move the point or widen the radius"
        )
    return found


def _count_rows(shape_e7: NDArray[np.int32], south: int, height: int) -> int:
    return (int(shape_e7[:, 1].max()) - south) // height + 1 if len(shape_e7) else 0


_EVERY = as_read_only(np.empty(0), np.uint8)


@numba.njit(cache=True, nogil=True)
def _entries_fit(point, segment, shape_start):  # type: ignore[no-untyped-def]
    for i in range(len(point)):
        if not 0 <= segment[i] < len(shape_start) - 1:
            return False
        if not shape_start[segment[i]] <= point[i] < shape_start[segment[i] + 1] - 1:
            return False
    return True


@numba.njit(cache=True, nogil=True)
def _cover(shape_start, shape_e7, south, height, width):  # type: ignore[no-untyped-def]
    """(cell key, point, segment) of every piece in every cell it touches."""
    size = 0
    for fill in range(2):
        key = np.empty(size, np.int64)
        points = np.empty(size, np.int32)
        segments = np.empty(size, np.int32)
        size = 0
        for segment in range(len(shape_start) - 1):
            for point in range(shape_start[segment], shape_start[segment + 1] - 1):
                ax, ay = np.int64(shape_e7[point, 0]), np.int64(shape_e7[point, 1])
                bx, by = np.int64(shape_e7[point + 1, 0]), np.int64(shape_e7[point + 1, 1])
                if ay > by:
                    ax, ay, bx, by = bx, by, ax, ay
                for row in range((ay - south) // height, (by - south) // height + 1):
                    low, high = south + row * height, south + (row + 1) * height
                    if by == ay:
                        x0, x1 = min(ax, bx), max(ax, bx)
                    else:
                        # The piece within this row, one unit wider on both sides against rounding.
                        slope = (bx - ax) / (by - ay)
                        at_low = ax + (max(low, ay) - ay) * slope
                        at_high = ax + (min(high, by) - ay) * slope
                        x0 = np.int64(math.floor(min(at_low, at_high))) - 1
                        x1 = np.int64(math.ceil(max(at_low, at_high))) + 1
                    for column in range((x0 + 180 * E7 + 1) // width[row], (x1 + 180 * E7 + 1) // width[row] + 1):
                        if fill:
                            key[size] = (np.int64(row) << COLUMN_BITS) + column
                            points[size] = point
                            segments[size] = segment
                        size += 1
    return key, points, segments


@numba.njit(cache=True, nogil=True)
def _nearest(  # type: ignore[no-untyped-def]  # a kernel; nearest is typed
    cell_key, cell_start, entry_point, entry_segment, row_width, corner, shape_e7, lon, lat, lon_m, lat_m, count,
    radius, allowed,
):  # fmt: skip
    """Looks through growing windows until the last one must hold every segment that belongs in the answer."""
    best = np.empty(count)  # squared metres
    segment = np.empty(count, np.int32)
    point = np.empty(count, np.int32)
    part = np.empty(count)
    window = min(radius, corner[1] * lat_m / 2.0)
    while True:
        size = _look(
            cell_key, cell_start, entry_point, entry_segment, row_width, corner, shape_e7, lon, lat, lon_m, lat_m,
            window, allowed, best, segment, point, part,
        )  # fmt: skip
        if window >= radius or (size == count and best[size - 1] <= window * window):
            break
        # A full list bounds the answer, so one more look at that distance is the last.
        further = math.sqrt(best[size - 1]) * (1.0 + 1e-12) if size == count else 3.0 * window
        window = min(radius, further)
    while size > 0 and best[size - 1] > radius * radius:
        size -= 1
    return np.sqrt(best[:size]), segment[:size].copy(), point[:size].copy(), part[:size].copy()


@numba.njit(cache=True, nogil=True)
def _look(  # type: ignore[no-untyped-def]
    cell_key, cell_start, entry_point, entry_segment, row_width, corner, shape_e7, lon, lat, lon_m, lat_m, window,
    allowed, best, segment, point, part,
):  # fmt: skip
    """Fills the list with the nearest segments of the cells within `window` metres; gives its length."""
    size, rows = 0, len(row_width)
    reach_y = window / lat_m + 1.0
    reach_x = min(window / lon_m + 1.0, 360.0 * E7) if lon_m > 0.0 else 360.0 * E7
    first_row = max(math.floor((lat - reach_y - corner[0]) / corner[1]), 0)
    last_row = min(math.floor((lat + reach_y - corner[0]) / corner[1]), rows - 1)
    for row in range(first_row, last_row + 1):
        west = max(math.floor((lon - reach_x + 180 * E7) / row_width[row]), 0)
        east = math.floor((lon + reach_x + 180 * E7 + 2) / row_width[row])
        base = np.int64(row) << COLUMN_BITS
        cell = np.searchsorted(cell_key, base + west)
        while cell < len(cell_key) and cell_key[cell] <= base + east:
            for entry in range(cell_start[cell], cell_start[cell + 1]):
                s = entry_segment[entry]
                if len(allowed) and not allowed[s]:
                    continue
                p = entry_point[entry]
                ax = (shape_e7[p, 0] - lon) * lon_m
                ay = (shape_e7[p, 1] - lat) * lat_m
                dx = (np.int64(shape_e7[p + 1, 0]) - shape_e7[p, 0]) * lon_m
                dy = (np.int64(shape_e7[p + 1, 1]) - shape_e7[p, 1]) * lat_m
                length2 = dx * dx + dy * dy
                t = min(max(-(ax * dx + ay * dy) / length2, 0.0), 1.0) if length2 > 0.0 else 0.0
                x, y = ax + t * dx, ay + t * dy
                size = _offer(best, segment, point, part, size, x * x + y * y, s, p, t)
            cell += 1
    return size


@numba.njit(cache=True, nogil=True)
def _offer(best, segment, point, part, size, distance2, s, p, t):  # type: ignore[no-untyped-def]
    """Keeps the nearest place of each of the nearest segments, in order of (distance, segment, point)."""
    if size == len(best) and not _before(distance2, s, p, best[size - 1], segment[size - 1], point[size - 1]):
        return size
    place = size
    for i in range(size):
        if segment[i] == s:
            if not _before(distance2, s, p, best[i], s, point[i]):
                return size
            place = i
            break
    if place == size:
        if size == len(best):
            place -= 1
        else:
            size += 1
    while place > 0 and _before(distance2, s, p, best[place - 1], segment[place - 1], point[place - 1]):
        best[place], segment[place] = best[place - 1], segment[place - 1]
        point[place], part[place] = point[place - 1], part[place - 1]
        place -= 1
    best[place], segment[place], point[place], part[place] = distance2, s, p, t
    return size


@numba.njit(cache=True, nogil=True)
def _before(d1, s1, p1, d2, s2, p2):  # type: ignore[no-untyped-def]
    if d1 != d2:
        return d1 < d2
    return s1 < s2 or (s1 == s2 and p1 < p2)
