"""The roads nearest to a place, and the ways of driving past it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kernels.caching import cached
from routing.errors import BadPoint, OffRoad
from routing.metric import E7, fraction_along, fractions_along, metres_per_degree, to_piece
from routing.packed import Layout, int32_rows, int32s, int64s
from routing.rows import as_read_only
from routing.segment_index import COLUMN_BITS, first_cell
from routing.segment_index import SegmentIndex as SegmentIndex
from routing.segment_index import build_segment_index as build_segment_index

INDEX = Layout(
    "cell_key", "cell_start", "entry_point", "entry_segment", "row_width_e7", "corner_e7", "shape_start", "shape_e7",
    "row_start",
)  # fmt: skip
CELL_KEY, CELL_START, ENTRY_POINT, ENTRY_SEGMENT, ROW_WIDTH, CORNER, SHAPE_START, SHAPE_E7, ROW_START = INDEX.places


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


@dataclass(frozen=True, eq=False)
class Nearest:
    """The road nearest to each of many places, one row a place.

    segment (n,) int32, -1 = none within the radius; distance_m, fraction (n,) float64; lonlat (n, 2) float64 degrees:
    as in `Candidates`, not a number where there is none.
    """

    segment: NDArray[np.int32]
    distance_m: NDArray[np.float64]
    fraction: NDArray[np.float64]
    lonlat: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.segment)


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
    lon, lat = _checked_place(lonlat, count, radius_m)
    table, mask = INDEX.pack(index), _checked_mask(allowed, index.segments)
    return Candidates(*_nearest(table.address, lon, lat, count, float(radius_m), mask))


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


def nearest_many(
    index: SegmentIndex,
    lonlat: NDArray[np.float64],
    radius_m: ArrayLike = 500.0,
    allowed: NDArray[np.bool_] | NDArray[np.uint8] | None = None,
) -> Nearest:
    """The segment nearest to each of many places, as `nearest` finds it.

    lonlat: (n, 2) degrees. radius_m: metres, > 0, one for all or (n,). allowed: as for `nearest`.

    Takes 3 us a place in a city. Raises BadPoint as `nearest`, naming the first place that is wrong.
    """
    places = np.ascontiguousarray(lonlat, np.float64).reshape(-1, 2)
    radius = np.ascontiguousarray(np.broadcast_to(np.asarray(radius_m, np.float64), len(places)))
    if len(places) and not (
        bool((np.abs(places) <= (180.0, 90.0)).all()) and bool(((radius > 0.0) & (radius < math.inf)).all())
    ):
        for place, metres in zip(places.tolist(), radius.tolist()):
            _checked_place(place, 1, metres)
    table, mask = INDEX.pack(index), _checked_mask(allowed, index.segments)
    return Nearest(*_nearest_many(table.address, places, radius, mask))


def _checked_place(lonlat: Sequence[float] | NDArray[np.float64], count: int, radius_m: float) -> tuple[float, float]:
    lon, lat = float(lonlat[0]), float(lonlat[1])
    if not (-180.0 <= lon <= 180.0 and -90.0 <= lat <= 90.0):
        raise BadPoint(f"lonlat={lon},{lat} is off the globe; longitude comes first, in degrees")
    if not 1 <= count <= 1000 or not 0.0 < radius_m < math.inf:
        raise BadPoint(f"count={count} must lie in 1..1000, radius_m={radius_m} must be more than 0")
    return lon, lat


def _checked_mask(allowed: NDArray[np.bool_] | NDArray[np.uint8] | None, rows: int) -> NDArray[np.uint8]:
    if allowed is None:
        return _EVERY
    if allowed.shape != (rows,) or allowed.dtype not in (np.bool_, np.uint8):
        raise BadPoint(f"allowed must be ({rows},) bool or uint8, not {allowed.shape} {allowed.dtype}")
    return as_read_only(allowed.view(np.uint8), np.uint8)


_EVERY = as_read_only(np.empty(0), np.uint8)


@cached(nogil=True)
def _nearest(index, lon, lat, count, radius, allowed):  # type: ignore[no-untyped-def]  # kernels; the above are typed
    """(segment, distance, fraction, lonlat): the columns of Candidates."""
    best = np.empty(count)  # squared metres
    segment = np.empty(count, np.int32)
    point = np.empty(count, np.int32)
    part = np.empty(count)
    size = _search(index, lon, lat, radius, allowed, best, segment, point, part)
    return _as_columns(index, size, best, segment, point, part)


@cached(nogil=True)
def _nearest_many(index, places, radius, allowed):  # type: ignore[no-untyped-def]
    """The columns of Nearest."""
    segments = np.full(len(places), -1, np.int32)
    distance, fraction = np.full(len(places), np.nan), np.full(len(places), np.nan)
    lonlat = np.full((len(places), 2), np.nan)
    for i in range(len(places)):
        s, distance_m, along, lon, lat = _nearest_one(index, places[i, 0], places[i, 1], radius[i], allowed)
        if s >= 0:
            segments[i], distance[i], fraction[i], lonlat[i, 0], lonlat[i, 1] = s, distance_m, along, lon, lat
    return segments, distance, fraction, lonlat


@cached(nogil=True)
def _nearest_one(index, lon, lat, radius, allowed):  # type: ignore[no-untyped-def]
    """(segment, distance, fraction, lon, lat) of the nearest place on a road; the segment is -1 if none is so near.

    The cell of the place itself is looked through first: what is found there mostly leaves little else to look at.
    """
    key, row_start, start = int64s(index, CELL_KEY), int32s(index, ROW_START), int32s(index, CELL_START)
    row_width, corner = int64s(index, ROW_WIDTH), int64s(index, CORNER)
    shape = int32_rows(index, SHAPE_E7, 2)
    lon_m, lat_m = metres_per_degree(lat)
    lon_e7, lat_e7, rows = lon * E7, lat * E7, len(row_width)
    best, segment, point, part = math.inf, np.int32(-1), np.int32(-1), 0.0
    own_row, own_column, done = math.floor((lat_e7 - corner[0]) / corner[1]), np.int64(-1), np.int64(-1)
    if 0 <= own_row < rows:
        own_column = math.floor((lon_e7 + 180 * E7) / row_width[own_row])
        own = (own_row << COLUMN_BITS) + own_column
        done = first_cell(key, row_start[own_row], row_start[own_row + 1], own)
        if done < row_start[own_row + 1] and key[done] == own:
            best, segment, point, part = _look_through(
                index, start[done], start[done + 1], lon, lat, lon_m, lat_m, allowed, best, segment, point, part
            )
        else:
            done = np.int64(-1)
    window = min(radius, corner[1] / E7 * lat_m / 2.0)
    if segment >= 0:
        window = min(radius, math.sqrt(best) * (1.0 + 1e-12))
    while True:
        reach_y = window / lat_m * E7 + 1.0
        reach_x = min(window / lon_m * E7 + 1.0, 360.0 * E7) if lon_m > 0.0 else 360.0 * E7
        first = max(math.floor((lat_e7 - reach_y - corner[0]) / corner[1]), 0)
        last = min(math.floor((lat_e7 + reach_y - corner[0]) / corner[1]), rows - 1)
        for row in range(first, last + 1):
            width, base = row_width[row], np.int64(row) << COLUMN_BITS
            west = max(math.floor((lon_e7 - reach_x + 180 * E7) / width), 0)
            east = math.floor((lon_e7 + reach_x + 180 * E7 + 2) / width)
            if row == own_row and west == east == own_column:
                continue
            after = row_start[row + 1]
            cell = first_cell(key, row_start[row], after, base + west)
            while cell < after and key[cell] <= base + east:
                if cell != done:
                    best, segment, point, part = _look_through(
                        index, start[cell], start[cell + 1], lon, lat, lon_m, lat_m, allowed, best, segment, point, part
                    )
                cell += 1
        if window >= radius or (segment >= 0 and best <= window * window):
            break
        window = min(radius, math.sqrt(best) * (1.0 + 1e-12) if segment >= 0 else 3.0 * window)
    if segment < 0 or best > radius * radius:
        return np.int32(-1), 0.0, 0.0, 0.0, 0.0
    fraction = fraction_along(int32s(index, SHAPE_START), shape, segment, point, part)
    found_lon = (shape[point, 0] + part * (np.int64(shape[point + 1, 0]) - shape[point, 0])) / E7
    found_lat = (shape[point, 1] + part * (np.int64(shape[point + 1, 1]) - shape[point, 1])) / E7
    return segment, math.sqrt(best), fraction, found_lon, found_lat


@cached(nogil=True)
def _look_through(  # type: ignore[no-untyped-def]
    index, first, last, lon, lat, lon_m, lat_m, allowed, best, segment, point, part
):
    """The nearest so far, or a nearer one among some entries; of equally near ones the lower segment and point."""
    entry_segment, entry_point = int32s(index, ENTRY_SEGMENT), int32s(index, ENTRY_POINT)
    shape_e7 = int32_rows(index, SHAPE_E7, 2)
    for entry in range(np.uint64(first), np.uint64(last)):
        p = entry_point[entry]
        distance2, t, _, _ = to_piece(shape_e7, p, lon, lat, lon_m, lat_m)
        # Most pieces are further: only of nearer ones it is asked whose they are, and whether they serve.
        if distance2 <= best:
            s = entry_segment[entry]
            if len(allowed) and not allowed[s]:
                continue
            if distance2 < best or _before(distance2, s, p, best, segment, point):
                best, segment, point, part = distance2, s, p, t
    return best, segment, point, part


@cached(nogil=True)
def _as_columns(index, size, best, segment, point, part):  # type: ignore[no-untyped-def]
    shape_start, shape = int32s(index, SHAPE_START), int32_rows(index, SHAPE_E7, 2)
    lonlat = np.empty((size, 2))
    for i in range(size):
        for axis in range(2):
            step = np.int64(shape[point[i] + 1, axis]) - shape[point[i], axis]
            lonlat[i, axis] = (shape[point[i], axis] + part[i] * step) / E7
    segments = segment[:size].copy()
    fraction = fractions_along(shape_start, shape, segments, point[:size], part[:size])
    return segments, np.sqrt(best[:size]), fraction, lonlat


@cached(nogil=True)
def _half_cell_m(index, lat):  # type: ignore[no-untyped-def]
    return int64s(index, CORNER)[1] / E7 * metres_per_degree(lat)[1] / 2.0


@cached(nogil=True)
def _search(index, lon, lat, radius, allowed, best, segment, point, part):  # type: ignore[no-untyped-def]
    """Looks through growing windows until the last one must hold every segment that belongs in the answer."""
    count = len(best)
    window = min(radius, _half_cell_m(index, lat))
    while True:
        size = _look(index, lon, lat, window, allowed, best, segment, point, part)
        if window >= radius or (size == count and best[size - 1] <= window * window):
            break
        # A full list bounds the answer, so one more look at that distance is the last.
        further = math.sqrt(best[size - 1]) * (1.0 + 1e-12) if size == count else 3.0 * window
        window = min(radius, further)
    while size > 0 and best[size - 1] > radius * radius:
        size -= 1
    return size


@cached(nogil=True)
def _window(index, lon, lat, window):  # type: ignore[no-untyped-def]
    """(first row, last row, reach to the sides in 1e-7 degree) of the cells within `window` metres."""
    lon_m, lat_m = metres_per_degree(lat)
    corner, rows = int64s(index, CORNER), len(int64s(index, ROW_WIDTH))
    reach_y = window / lat_m * E7 + 1.0
    reach_x = min(window / lon_m * E7 + 1.0, 360.0 * E7) if lon_m > 0.0 else 360.0 * E7
    first = max(math.floor((lat * E7 - reach_y - corner[0]) / corner[1]), 0)
    last = min(math.floor((lat * E7 + reach_y - corner[0]) / corner[1]), rows - 1)
    return first, last, reach_x


@cached(nogil=True)
def _cells(index, row, lon, reach_x):  # type: ignore[no-untyped-def]
    """(first entry, entry after the last) of the cells of a row within reach: they are neighbours in the index."""
    key, width = int64s(index, CELL_KEY), int64s(index, ROW_WIDTH)[row]
    start = int32s(index, CELL_START)
    west = max(math.floor((lon * E7 - reach_x + 180 * E7) / width), 0)
    east = math.floor((lon * E7 + reach_x + 180 * E7 + 2) / width)
    base = np.int64(row) << COLUMN_BITS
    cell = np.searchsorted(key, base + west)
    after = cell
    while after < len(key) and key[after] <= base + east:
        after += 1
    return start[cell], start[after]


@cached(nogil=True)
def _look(index, lon, lat, window, allowed, best, segment, point, part):  # type: ignore[no-untyped-def]
    """Fills the list with the nearest segments of the cells within `window` metres; gives its length."""
    entry_segment, entry_point = int32s(index, ENTRY_SEGMENT), int32s(index, ENTRY_POINT)
    shape_e7 = int32_rows(index, SHAPE_E7, 2)
    lon_m, lat_m = metres_per_degree(lat)
    first_row, last_row, reach_x = _window(index, lon, lat, window)
    size = 0
    for row in range(first_row, last_row + 1):
        begin, end = _cells(index, row, lon, reach_x)
        for entry in range(begin, end):
            s, p = entry_segment[entry], entry_point[entry]
            if len(allowed) and not allowed[s]:
                continue
            distance2, t, _, _ = to_piece(shape_e7, p, lon, lat, lon_m, lat_m)
            size = _offer(best, segment, point, part, size, distance2, s, p, t)
    return size


@cached(nogil=True)
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


@cached(nogil=True)
def _before(d1, s1, p1, d2, s2, p2):  # type: ignore[no-untyped-def]
    if d1 != d2:
        return d1 < d2
    return s1 < s2 or (s1 == s2 and p1 < p2)
