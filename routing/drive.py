"""The quickest drive between two places in one compiled call: put on roads, searched, drawn and measured.

What `routing.snap`, `query` and `shape` do one after the other, without the thirty arrays that go to Python and back
in between: on a city of 90,000 edges those cost three times the search. Only the plain case is served here (see
`find_drive`); whoever asks falls back to the steps for the rest, which also know why there is no answer.
"""

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from routing.cch import Cch
from routing.customize import Metric
from routing.graph import Graph
from routing.metric import lengths_along_m, places_along
from routing.packed import Layout, Packed, int32_rows, int32s, uint8s
from routing.query import HIERARCHY, WEIGHTS, _ask_cost, _ask_path, _part, _thread_scratch
from routing.shape import EdgeShapes, _join
from routing.snap import INDEX, SHAPE_E7, SHAPE_START, SegmentIndex, _nearest_many
from routing.trip import CLOSED, UNREACHED, EdgePoints

GRAPH = Layout("base_edge", "alias_start", "delay_ms")
BASE_EDGE, ALIAS_START, DELAY = GRAPH.places
SHAPES = Layout("edge_segment", "edge_reversed")
EDGE_SEGMENT, EDGE_REVERSED = SHAPES.places
COST = WEIGHTS.places[0]
IS_CONNECTED, PART, LOCAL = range(3)

MOST_ENDS = 64
"""Points that one end may come to, aliases included; a road with more is left to the steps."""


@dataclass(frozen=True, eq=False)
class Drive:
    """A drive over road edges. edges (n,) int32, edge_ms (n,) int64, first_fraction, last_fraction: as in a trip.

    line_e7 (points, 2) int32, begins (n + 1,) int32: as `routing.shape.path_shape` gives them; along_m (points,)
    float64 metres. segment (2,) int32, place (2, 4) float64: distance in metres, fraction of the segment, lon, lat of
    both ends on the road.
    """

    edges: NDArray[np.int32]
    edge_ms: NDArray[np.int64]
    first_fraction: float
    last_fraction: float
    line_e7: NDArray[np.int32]
    begins: NDArray[np.int32]
    along_m: NDArray[np.float64]
    segment: NDArray[np.int32]
    place: NDArray[np.float64]


def pack_usable(is_connected: NDArray[np.uint8], part: NDArray[np.int32], local_ms: NDArray[np.int32]) -> Packed:
    """What `find_drive` must know of segments and local roads, as one table.

    is_connected (segments,) uint8: may be snapped to. part (segments,) int32: drives stay within one.
    local_ms (edges,) int32: where an edge is open here and CLOSED in the metric, trips need the steps.
    """
    return Packed(is_connected, part, local_ms)


def find_drive(
    index: SegmentIndex,
    shapes: EdgeShapes,
    graph: Graph,
    cch: Cch,
    metric: Metric,
    usable: Packed,
    ends: NDArray[np.float64],
    radius_m: NDArray[np.float64],
) -> Drive | None:
    """The quickest drive between two places, or None if there is none or the case is not plain.

    ends: (2, 2) lon, lat in degrees; radius_m: (2,). Not plain: no road in the radius, ends in different parts, a local
    road under one of them, a metric that is being rewritten.

    Equal to the drive that `nearest_many`, `end_points`, `find_path` and `path_shape` find. Takes 25 us on a city of
    90,000 edges. Any number of threads may ask at once.
    """
    tables = (INDEX.pack(index), HIERARCHY.pack(cch), WEIGHTS.pack(metric), GRAPH.pack(graph), SHAPES.pack(shapes))
    scratch = _thread_scratch(cch)
    at = [table.address for table in tables]
    cost, edges, edge_ms, fractions, segment, place, line, begins, along = _drive(
        at[0], at[1], at[2], at[3], at[4], usable.address, scratch.address, usable.columns[IS_CONNECTED], ends, radius_m
    )
    if cost < 0 or cost == UNREACHED:
        return None
    return Drive(edges, edge_ms, fractions[0], fractions[1], line, begins, along, segment, place)


def find_drive_cost(
    index: SegmentIndex,
    graph: Graph,
    cch: Cch,
    metric: Metric,
    usable: Packed,
    ends: NDArray[np.float64],
    radius_m: NDArray[np.float64],
) -> int:
    """Milliseconds of `find_drive`, UNREACHED where it gives None. Takes a third of its time."""
    tables = (INDEX.pack(index), HIERARCHY.pack(cch), WEIGHTS.pack(metric), GRAPH.pack(graph))
    scratch = _thread_scratch(cch)
    cost = _drive_cost(
        tables[0].address, tables[1].address, tables[2].address, tables[3].address, usable.address, scratch.address,
        usable.columns[IS_CONNECTED], ends, radius_m,
    )  # fmt: skip
    return UNREACHED if cost < 0 else int(cost)


@dataclass(frozen=True, eq=False)
class OnRoads:
    """Many places on the nearest road each, one row a place.

    segment (n,) int32, -1 = none in the radius; place (n, 4) float64: distance in metres, fraction of the segment, lon,
    lat on the road. is_plain (n,) bool: starts and ends are given; else the place needs the steps.
    start_row, end_row (n + 1,) int32: place i has starts[start_row[i]:start_row[i + 1]]; starts, ends: points on
    edges, those of ends on aliases too.
    """

    segment: NDArray[np.int32]
    place: NDArray[np.float64]
    is_plain: NDArray[np.bool_]
    start_row: NDArray[np.int32]
    starts: EdgePoints
    end_row: NDArray[np.int32]
    ends: EdgePoints


def put_on_roads(
    index: SegmentIndex,
    graph: Graph,
    metric: Metric,
    usable: Packed,
    allowed: NDArray[np.uint8],
    places: NDArray[np.float64],
    radius_m: NDArray[np.float64],
) -> OnRoads:
    """Where trips from or to many places may begin and end, for places that may lie on any road from any side.

    places (n, 2) lon, lat in degrees; radius_m (n,); allowed (segments,) uint8: which may be snapped to.
    Takes 1.5 us a place.
    """
    tables = INDEX.pack(index), WEIGHTS.pack(metric), GRAPH.pack(graph)
    segment, place, is_plain, start_row, se, sf, sx, end_row, ee, ef, ex = _put_on_roads(
        tables[0].address, tables[1].address, tables[2].address, usable.address, allowed, places, radius_m
    )
    return OnRoads(segment, place, is_plain, start_row, EdgePoints(se, sf, sx), end_row, EdgePoints(ee, ef, ex))


@numba.njit(cache=True, nogil=True)
def _put_on_roads(index, metric, graph, usable, allowed, places, radius):  # type: ignore[no-untyped-def]  # kernels; typed above
    n = len(places)
    segment, distance, fraction, lonlat = _nearest_many(index, places, radius, allowed)
    place, is_plain = np.empty((n, 4)), np.zeros(n, np.bool_)
    start_row, end_row = np.zeros(n + 1, np.int32), np.zeros(n + 1, np.int32)
    se, sf, sx = np.empty(2 * n, np.int32), np.empty(2 * n), np.zeros(2 * n, np.int64)
    ee, ef, ex = np.empty(4 * n + 64, np.int32), np.empty(4 * n + 64), np.zeros(4 * n + 64, np.int64)
    starts = stops = 0
    for i in range(n):
        place[i, 0], place[i, 1], place[i, 2], place[i, 3] = distance[i], fraction[i], lonlat[i, 0], lonlat[i, 1]
        if segment[i] >= 0:
            edge, share, extra, own = _points(metric, graph, usable, segment[i], fraction[i], False)
            edge2, share2, extra2, other = _points(metric, graph, usable, segment[i], fraction[i], True)
            if own > 0 and other > 0:
                is_plain[i] = True
                for k in range(own):
                    se[starts], sf[starts], sx[starts] = edge[k], share[k], extra[k]
                    starts += 1
                if stops + other > len(ee):
                    longer = 2 * len(ee)
                    ee2, ef2, ex2 = np.empty(longer, np.int32), np.empty(longer), np.zeros(longer, np.int64)
                    ee2[:stops], ef2[:stops], ex2[:stops] = ee[:stops], ef[:stops], ex[:stops]
                    ee, ef, ex = ee2, ef2, ex2
                for k in range(other):
                    ee[stops], ef[stops], ex[stops] = edge2[k], share2[k], extra2[k]
                    stops += 1
        start_row[i + 1], end_row[i + 1] = starts, stops
    return (
        segment, place, is_plain, start_row, se[:starts].copy(), sf[:starts].copy(), sx[:starts].copy(), end_row,
        ee[:stops].copy(), ef[:stops].copy(), ex[:stops].copy(),
    )  # fmt: skip


@numba.njit(cache=True, nogil=True)
def _points(metric, graph, usable, segment, fraction, is_end):  # type: ignore[no-untyped-def]  # kernels; typed above
    """(edges, fractions, extras, how many, -1 if not plain) of a place on a segment."""
    cost, local = int32s(metric, COST), int32s(usable, LOCAL)
    alias_start, delay = int32s(graph, ALIAS_START), int32s(graph, DELAY)
    roads = len(alias_start) - 1
    edge, share, extra = np.empty(MOST_ENDS, np.int32), np.empty(MOST_ENDS), np.zeros(MOST_ENDS, np.int64)
    size = 0
    for side in range(2):
        e = 2 * segment + side
        if cost[e] == CLOSED:
            if local[e] != CLOSED:
                return edge, share, extra, -1
            continue
        edge[size], share[size] = e, 1.0 - fraction if side else fraction
        size += 1
    if is_end:
        for i in range(size):
            e = edge[i]
            for a in range(alias_start[e], alias_start[e + 1]):
                if cost[roads + a] == CLOSED:
                    continue
                if size == MOST_ENDS:
                    return edge, share, extra, -1
                edge[size], share[size] = roads + a, share[i]
                # See routing.gates: the delay is due in full from the beginning of the alias on.
                extra[size] = delay[a] + _part(cost[e], share[i]) - _part(cost[roads + a], share[i])
                size += 1
    return edge, share, extra, size


@numba.njit(cache=True, nogil=True)
def _on_roads(index, usable, is_connected, ends, radius):  # type: ignore[no-untyped-def]
    """(segments, distances, fractions, places, whether both ends are in one part)."""
    segment, distance, fraction, lonlat = _nearest_many(index, ends, radius, is_connected)
    part = int32s(usable, PART)
    is_plain = segment[0] >= 0 and segment[1] >= 0 and part[segment[0]] == part[segment[1]]
    return segment, distance, fraction, lonlat, is_plain


@numba.njit(cache=True, nogil=True)
def _drive_cost(index, cch, metric, graph, usable, scratch, is_connected, ends, radius):  # type: ignore[no-untyped-def]
    segment, _, fraction, _, is_plain = _on_roads(index, usable, is_connected, ends, radius)
    if not is_plain:
        return np.int64(-1)
    se, sf, sx, starts = _points(metric, graph, usable, segment[0], fraction[0], False)
    ee, ef, ex, stops = _points(metric, graph, usable, segment[1], fraction[1], True)
    if starts < 1 or stops < 1:
        return np.int64(-1)
    return _ask_cost(cch, metric, scratch, se[:starts], sf[:starts], sx[:starts], ee[:stops], ef[:stops], ex[:stops])


@numba.njit(cache=True, nogil=True)
def _drive(index, cch, metric, graph, shapes, usable, scratch, is_connected, ends, radius):  # type: ignore[no-untyped-def]
    segment, distance, fraction, lonlat, is_plain = _on_roads(index, usable, is_connected, ends, radius)
    place = np.empty((2, 4))
    for i in range(2):
        place[i, 0], place[i, 1], place[i, 2], place[i, 3] = distance[i], fraction[i], lonlat[i, 0], lonlat[i, 1]
    best, edges = np.int64(-1), np.empty(0, np.int32)
    first = last = np.int64(0)
    se, sf, sx, starts = _points(metric, graph, usable, max(segment[0], 0), fraction[0], False)
    ee, ef, ex, stops = _points(metric, graph, usable, max(segment[1], 0), fraction[1], True)
    if is_plain and starts > 0 and stops > 0:
        best, first, last, edges = _ask_path(
            cch, metric, scratch, se[:starts], sf[:starts], sx[:starts], ee[:stops], ef[:stops], ex[:stops]
        )
    if best < 0 or best == UNREACHED:
        nothing, none = np.empty((0, 2), np.int32), np.empty(0, np.int32)
        return best, none, np.empty(0, np.int64), (0.0, 0.0), segment, place, nothing, none, np.empty(0)
    cost, base_edge = int32s(metric, COST), int32s(graph, BASE_EDGE)
    n = len(edges)
    edge_ms = np.empty(n, np.int64)
    for i in range(n):
        edge_ms[i] = cost[edges[i]]
    edge_ms[n - 1] += ex[last] + _part(cost[edges[n - 1]], ef[last]) - cost[edges[n - 1]]
    edge_ms[0] += sx[first] - _part(cost[edges[0]], sf[first])
    edge_segment, edge_reversed = int32s(shapes, EDGE_SEGMENT), uint8s(shapes, EDGE_REVERSED)
    driven, back = np.empty(n, np.int32), np.empty(n, np.bool_)
    for i in range(n):
        edges[i] = base_edge[edges[i]]
        driven[i], back[i] = edge_segment[edges[i]], edge_reversed[edges[i]] != 0
    shape_start, shape_e7 = int32s(index, SHAPE_START), int32_rows(index, SHAPE_E7, 2)
    cut, along = np.empty(2, np.int32), np.empty(2)
    cut[0], cut[1] = driven[0], driven[n - 1]
    along[0] = 1.0 - sf[first] if back[0] else sf[first]
    along[1] = 1.0 - ef[last] if back[n - 1] else ef[last]
    points, places = places_along(shape_start, shape_e7, cut, along)
    line, begins = _join(shape_start, shape_e7, driven, back, points, places)
    return best, edges, edge_ms, (sf[first], ef[last]), segment, place, line, begins, lengths_along_m(line)
