"""The drawn line of a drive, and the directions in which its edges leave and arrive."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kernels.caching import cached
from routing.errors import BadGraph, BadPoint
from routing.metric import E7, lengths_m, metres_per_degree, places_along
from routing.prefetch import prefetch
from routing.rows import as_read_only

LOOK_M = 15.0
"""How far from a junction a bearing is taken: beyond the kerb radius (6-12 m in cities), before the next bend."""


@dataclass(frozen=True, eq=False)
class EdgeShapes:
    """The shapes of the segments, and which segment each edge drives in which direction.

    shape_start (segments + 1,) int32; shape_e7 (points, 2) int32, lon and lat in 1e-7 degree, two points or more each.
    edge_segment (edges,) int32; edge_reversed (edges,) bool: driven against the order of the shape's points.
    segment_m (segments,) float64: how long each is.
    """

    shape_start: NDArray[np.int32]
    shape_e7: NDArray[np.int32]
    edge_segment: NDArray[np.int32]
    edge_reversed: NDArray[np.bool_]
    segment_m: NDArray[np.float64]


def build_edge_shapes(
    shape_start: ArrayLike,
    shape_e7: ArrayLike,
    edge_segment: ArrayLike,
    edge_reversed: ArrayLike,
    segment_m: ArrayLike | None = None,
) -> EdgeShapes:
    """The columns as one value, memory maps included, every index checked. segment_m: None = measured here.

    Raises BadGraph.
    """
    start, shape = checked_shapes(shape_start, shape_e7)
    segment, reverse = np.asarray(edge_segment), np.asarray(edge_reversed)
    if segment.ndim != 1 or segment.shape != reverse.shape or reverse.dtype != np.bool_:
        raise BadGraph(f"edge_segment {segment.shape} needs edge_reversed of the same shape, bool, not {reverse.dtype}")
    if len(segment) and (segment.dtype.kind not in "iu" or segment.min() < 0 or segment.max() >= len(start) - 1):
        raise BadGraph(f"edge_segment must be integers in 0..{len(start) - 2}")
    length = np.asarray(segment_lengths_m(start, shape) if segment_m is None else segment_m)
    if length.shape != (len(start) - 1,):
        raise BadGraph(f"segment_m must be {len(start) - 1} lengths, not {length.shape}")
    return EdgeShapes(
        start,
        shape,
        as_read_only(segment, np.int32),
        as_read_only(reverse, np.bool_),
        as_read_only(length, np.float64),
    )


def path_shape(
    shapes: EdgeShapes, edges: ArrayLike, first_fraction: float = 0.0, last_fraction: float = 1.0
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The line driven along edges, from a fraction of the first one's length to a fraction of the last one's.

    edges: (n,) integers, n >= 1, in driving order.

    Gives line (points, 2) int32 lonlat_e7 of two points or more, without a point twice in a row (unless the drive has
    no length), and begins (n + 1,) int32: edge i runs from line[begins[i]] to line[begins[i + 1]].
    Raises BadPoint for an edge that does not exist, a fraction outside [0, 1], or no edge at all.
    """
    driven = _checked_edges(shapes, edges)
    if len(driven) == 0:
        raise BadPoint("a drive needs at least one edge")
    for fraction in (first_fraction, last_fraction):
        if not 0.0 <= fraction <= 1.0:
            raise BadPoint(f"fraction {fraction} must lie in 0..1 along the edge")
    ends = driven[[0, -1]]
    along = np.array([first_fraction, last_fraction])
    reverse = shapes.edge_reversed[ends]
    points, places = places_along(
        shapes.shape_start, shapes.shape_e7, shapes.edge_segment[ends], np.where(reverse, 1.0 - along, along)
    )
    line: NDArray[np.int32]
    line, begins = _join(
        shapes.shape_start, shapes.shape_e7, shapes.edge_segment[driven], shapes.edge_reversed[driven], points, places
    )
    return line, begins


def edge_bearings(
    shapes: EdgeShapes, edges: ArrayLike, look_m: float = LOOK_M
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The direction in which each edge leaves its first node and the one in which it arrives at its last.

    look_m: the direction is that of the straight line to the point so far along the edge, at most to its middle.

    Gives two (n,) float64 columns, degrees clockwise from north in [0, 360); not a number where the edge has no length.
    Raises BadPoint for an edge that does not exist.
    """
    driven = _checked_edges(shapes, edges)
    segment, back = shapes.edge_segment[driven], shapes.edge_reversed[driven, None]
    start, shape = shapes.shape_start, shapes.shape_e7
    length = lengths_m(start, shape, segment)
    look = np.minimum(np.divide(look_m, length, out=np.full(len(driven), 0.5), where=length > 0.0), 0.5)
    _, after_begin = places_along(start, shape, segment, look)
    _, before_end = places_along(start, shape, segment, 1.0 - look)
    begin, end = shape[start[segment]], shape[start[segment + 1] - 1]
    leaving = _bearing(np.where(back, end, begin), np.where(back, before_end, after_begin))
    arriving = _bearing(np.where(back, after_begin, before_end), np.where(back, begin, end))
    return leaving, arriving


def segment_lengths_m(shape_start: ArrayLike, shape_e7: ArrayLike) -> NDArray[np.float64]:
    """The length of every segment, (segments,) float64 metres (see `routing.metric`). Raises BadGraph."""
    start, shape = checked_shapes(shape_start, shape_e7)
    return lengths_m(start, shape, np.arange(len(start) - 1, dtype=np.int32))


def line_length_m(line_e7: NDArray[np.int32]) -> float:
    """The length of one line, (points, 2) lonlat_e7, in metres (see `routing.metric`)."""
    return float(segment_lengths_m([0, len(line_e7)], line_e7)[0])


def checked_shapes(shape_start: ArrayLike, shape_e7: ArrayLike) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Segment shapes as read-only int32, each proved to have two points on the globe or more. Raises BadGraph."""
    start, shape = np.asarray(shape_start), np.asarray(shape_e7)
    if shape.ndim != 2 or shape.shape[1] != 2 or shape.dtype != np.int32:
        raise BadGraph(f"shape_e7 must be (points, 2) int32, not {shape.shape} {shape.dtype}")
    if len(shape) >= 2**31 - 1:
        raise BadGraph(f"shape_e7 has {len(shape)} points; an index of 32 bits counts fewer than {2**31 - 1}")
    if start.ndim != 1 or start.dtype.kind not in "iu" or len(start) == 0 or start[0] != 0 or start[-1] != len(shape):
        raise BadGraph(f"shape_start must be integers rising from 0 to {len(shape)} (the number of points)")
    if len(start) > 1 and (short := np.diff(start.astype(np.int64))).min() < 2:
        raise BadGraph(f"segment {int(short.argmin())} has {short.min()} shape points; two are needed")
    if len(shape) and (np.any(shape.min(axis=0) < -_GLOBE_E7) or np.any(shape.max(axis=0) > _GLOBE_E7)):
        raise BadGraph("shape_e7 leaves the globe; columns are lon and lat in 1e-7 degree")
    return as_read_only(start, np.int32), as_read_only(shape, np.int32)


_GLOBE_E7 = np.array([180 * E7, 90 * E7])


def _checked_edges(shapes: EdgeShapes, edges: ArrayLike) -> NDArray[np.intp]:
    driven = np.asarray(edges)
    if driven.ndim != 1 or (len(driven) and driven.dtype.kind not in "iu"):
        raise BadPoint(f"edges must be edge numbers in one column, not {driven.dtype} {driven.shape}")
    if len(driven) and (driven.min() < 0 or driven.max() >= len(shapes.edge_segment)):
        raise BadPoint(f"edges {driven.min()}..{driven.max()} exceed 0..{len(shapes.edge_segment) - 1}")
    return driven.astype(np.intp)


def _bearing(begin_e7: NDArray[np.int32], end_e7: NDArray[np.int32]) -> NDArray[np.float64]:
    step = (end_e7.astype(np.int64) - begin_e7) / E7
    scale = np.array([metres_per_degree(lat) for lat in (begin_e7[:, 1] / E7).tolist()]).reshape(-1, 2)
    metres = step * scale
    bearing = np.degrees(np.arctan2(metres[:, 0], metres[:, 1])) % 360.0
    return np.where(np.any(metres != 0.0, axis=1), bearing, np.nan)


@cached(nogil=True)
def _join(  # type: ignore[no-untyped-def]  # a kernel; path_shape is typed
    shape_start, shape_e7, segment, reverse, cut_point, cut_place
):
    """The line of segments driven one after the other, the first begun and the last ended at a cut."""
    room, shapes = 2, np.int64(shape_e7.ctypes.data)
    for s in segment:
        room += shape_start[s + 1] - shape_start[s]
        prefetch(shapes + 8 * np.int64(shape_start[s]))
        prefetch(shapes + 8 * np.int64(shape_start[s + 1]) - 8)
    line = np.empty((room, 2), np.int32)
    begins = np.zeros(len(segment) + 1, np.int32)
    size, last = _append(line, 0, cut_place, 0), len(segment) - 1
    for i in range(len(segment)):
        low, high = shape_start[segment[i]], shape_start[segment[i] + 1] - 1
        p, stop, step = (high, low, -1) if reverse[i] else (low, high, 1)
        if i == 0:
            p = cut_point[0] if reverse[i] else cut_point[0] + 1
        else:
            size = _append(line, size, shape_e7, p)
            begins[i] = size - 1
        if i == last:
            stop = cut_point[1] + 1 if reverse[i] else cut_point[1]
        while (stop - p) * step >= 0:
            size = _append(line, size, shape_e7, p)
            p += step
    size = _append(line, size, cut_place, 1)
    if size == 1:  # a drive without length is still a line
        line[1] = line[0]
        size = 2
    begins[-1] = size - 1
    return line[:size].copy(), begins


@cached(nogil=True)
def _append(line, size, points, p):  # type: ignore[no-untyped-def]
    lon, lat = points[p, 0], points[p, 1]
    if size > 0 and line[size - 1, 0] == lon and line[size - 1, 1] == lat:
        return size
    line[size, 0], line[size, 1] = lon, lat
    return size + 1
