"""Lengths and places along road shapes, in metres of the local plane of the WGS-84 ellipsoid.

Over a piece of road the ellipsoid is a plane whose two scales depend on latitude alone. For pieces up to 1 km this
agrees with the geodesic to a millionth, up to 100 km and 70 degrees of latitude to a thousandth; a sphere (haversine)
is off by up to 0.5 % everywhere.
"""

import math

import numpy as np
from numpy.typing import NDArray

from kernels.caching import cached

E7 = 10_000_000
"""Units of a lonlat_e7 coordinate in one degree."""

EARTH_A_M = 6_378_137.0
"""Equatorial radius. Source: WGS 84, NIMA TR8350.2 table 3.1."""

EARTH_E2 = 0.006_694_379_990_14
"""First eccentricity squared. Source: WGS 84, NIMA TR8350.2 table 3.3."""


@cached(nogil=True)
def metres_per_degree(lat: float) -> tuple[float, float]:
    """Metres in one degree of longitude and in one degree of latitude at a latitude in degrees.

    Source: radii of curvature in the prime vertical and the meridian, Torge, Geodesy, section 4.1.2.
    """
    sine = math.sin(math.radians(lat))
    w2 = 1.0 - EARTH_E2 * sine * sine
    prime_vertical = EARTH_A_M / math.sqrt(w2)
    meridian = prime_vertical * (1.0 - EARTH_E2) / w2
    return math.radians(prime_vertical * math.cos(math.radians(lat))), math.radians(meridian)


@cached(nogil=True)
def piece_m(shape_e7: NDArray[np.int32], point: int) -> float:
    """Metres from a shape point to the next."""
    dlon = (np.int64(shape_e7[point + 1, 0]) - shape_e7[point, 0]) / E7
    dlat = (np.int64(shape_e7[point + 1, 1]) - shape_e7[point, 1]) / E7
    lon_m, lat_m = metres_per_degree((np.int64(shape_e7[point, 1]) + shape_e7[point + 1, 1]) / (2 * E7))
    return math.hypot(dlon * lon_m, dlat * lat_m)


@cached(nogil=True)
def to_piece(shape_e7, p, lon, lat, lon_m, lat_m):  # type: ignore[no-untyped-def]  # a kernel's part; numba gives the types
    """(squared metres from a place to the nearest of the piece after shape point p, its part of the piece, metres east
    and north along the piece), by the scales at the place.
    """
    x_m, y_m = lon_m / E7, lat_m / E7
    ax = (shape_e7[p, 0] - lon * E7) * x_m
    ay = (shape_e7[p, 1] - lat * E7) * y_m
    dx = (np.int64(shape_e7[p + 1, 0]) - shape_e7[p, 0]) * x_m
    dy = (np.int64(shape_e7[p + 1, 1]) - shape_e7[p, 1]) * y_m
    length2 = dx * dx + dy * dy
    t = min(max(-(ax * dx + ay * dy) / length2, 0.0), 1.0) if length2 > 0.0 else 0.0
    x, y = ax + t * dx, ay + t * dy
    return x * x + y * y, t, dx, dy


NEAR_DEG = 0.003
"""So far in latitude scales are carried on by their slopes: they are off by 2e-9 then, and cost a tenth."""


@cached(nogil=True)
def _scales_at(lat):  # type: ignore[no-untyped-def]  # a kernel's part; numba gives the types
    """(latitude, metres per degree of longitude and of latitude there, the slopes of both per degree of latitude).

    Source: as `metres_per_degree`; d(N cos lat) = -M sin lat, dM = 3 M e2 sin lat cos lat / w2.
    """
    lon_m, lat_m = metres_per_degree(lat)
    sine, cosine = math.sin(math.radians(lat)), math.cos(math.radians(lat))
    bend = 3.0 * EARTH_E2 * sine * cosine / (1.0 - EARTH_E2 * sine * sine)
    return lat, lon_m, lat_m, -math.radians(lat_m * sine), math.radians(lat_m * bend)


@cached(nogil=True)
def _scales_for(scales, shape_e7, point):  # type: ignore[no-untyped-def]
    """The scales as they are if they serve the piece after a shape point too, else new ones."""
    lat = (np.int64(shape_e7[point, 1]) + shape_e7[point + 1, 1]) / (2 * E7)
    return scales if abs(lat - scales[0]) <= NEAR_DEG else _scales_at(lat)


@cached(nogil=True)
def _near_piece_m(scales, shape_e7, point):  # type: ignore[no-untyped-def]
    """`piece_m` by scales of a place near it."""
    off = (np.int64(shape_e7[point, 1]) + shape_e7[point + 1, 1]) / (2 * E7) - scales[0]
    x_m = (np.int64(shape_e7[point + 1, 0]) - shape_e7[point, 0]) / E7 * (scales[1] + off * scales[3])
    y_m = (np.int64(shape_e7[point + 1, 1]) - shape_e7[point, 1]) / E7 * (scales[2] + off * scales[4])
    return math.sqrt(x_m * x_m + y_m * y_m)


@cached(nogil=True)
def lengths_m(
    shape_start: NDArray[np.int32], shape_e7: NDArray[np.int32], segment: NDArray[np.int32]
) -> NDArray[np.float64]:
    """Length of each of some segments.

    shape_start: (segments + 1,) int32; shape_e7: (points, 2) int32, lon and lat in 1e-7 degree; segment: (n,) int32.

    Gives (n,) float64 metres.
    """
    length = np.zeros(len(segment))
    for i in range(len(segment)):
        for point in range(shape_start[segment[i]], shape_start[segment[i] + 1] - 1):
            length[i] += piece_m(shape_e7, point)
    return length


@cached(nogil=True)
def lengths_along_m(line_e7: NDArray[np.int32]) -> NDArray[np.float64]:
    """Length of a line from its beginning up to each of its points.

    line_e7: (points, 2) int32, lon and lat in 1e-7 degree.

    Gives (points,) float64 metres, 0 at the first.
    """
    length = np.zeros(len(line_e7))
    if len(line_e7) > 1:
        scales = _scales_at(line_e7[0, 1] / E7)
        for point in range(len(line_e7) - 1):
            scales = _scales_for(scales, line_e7, point)
            length[point + 1] = length[point] + _near_piece_m(scales, line_e7, point)
    return length


@cached(nogil=True)
def fractions_along(
    shape_start: NDArray[np.int32],
    shape_e7: NDArray[np.int32],
    segment: NDArray[np.int32],
    point: NDArray[np.int32],
    part: NDArray[np.float64],
) -> NDArray[np.float64]:
    """The fraction of each segment's length that lies before a place on one of its pieces.

    point: the shape point at which the piece begins; part: in [0, 1] along the piece. A segment without length gives 0.
    """
    fraction = np.zeros(len(segment))
    for i in range(len(segment)):
        fraction[i] = fraction_along(shape_start, shape_e7, segment[i], point[i], part[i])
    return fraction


@cached(nogil=True)
def fraction_along(shape_start, shape_e7, segment, point, part):  # type: ignore[no-untyped-def]  # a kernel's part
    """`fractions_along` of one segment."""
    begin, end = shape_start[segment], shape_start[segment + 1] - 1
    if end == begin + 1:
        is_point = shape_e7[begin, 0] == shape_e7[end, 0] and shape_e7[begin, 1] == shape_e7[end, 1]
        return 0.0 if is_point else part
    before, total = 0.0, 0.0
    scales = _scales_at(shape_e7[begin, 1] / E7)
    for p in range(begin, end):
        scales = _scales_for(scales, shape_e7, p)
        piece = _near_piece_m(scales, shape_e7, p)
        if p == point:
            before = total + part * piece
        total += piece
    return min(before / total, 1.0) if total > 0.0 else 0.0


@cached(nogil=True)
def places_along(
    shape_start: NDArray[np.int32],
    shape_e7: NDArray[np.int32],
    segment: NDArray[np.int32],
    fraction: NDArray[np.float64],
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The inverse of `fractions_along`: the piece on which a fraction of the length is reached, and the point there.

    Gives point (n,) int32, the shape point at which the piece begins, and place_e7 (n, 2) int32, rounded.
    """
    points = np.empty(len(segment), np.int32)
    places = np.empty((len(segment), 2), np.int32)
    for i in range(len(segment)):
        begin, last = shape_start[segment[i]], shape_start[segment[i] + 1] - 2
        total = 0.0
        scales = _scales_at(shape_e7[begin, 1] / E7)
        for p in range(begin, last + 1):
            scales = _scales_for(scales, shape_e7, p)
            total += _near_piece_m(scales, shape_e7, p)
        wanted, p = fraction[i] * total, begin
        scales = _scales_for(scales, shape_e7, p)
        piece = _near_piece_m(scales, shape_e7, p)
        while p < last and wanted > piece:
            wanted -= piece
            p += 1
            scales = _scales_for(scales, shape_e7, p)
            piece = _near_piece_m(scales, shape_e7, p)
        part = min(wanted / piece, 1.0) if piece > 0.0 else 0.0
        points[i] = p
        for axis in range(2):
            step = np.int64(shape_e7[p + 1, axis]) - shape_e7[p, axis]
            places[i, axis] = shape_e7[p, axis] + np.int64(np.rint(part * step))
    return points, places
