"""The quickest drive between two places in one compiled call: put on roads, searched, drawn and measured.

What `routing.snap`, `query` and `shape` do one after the other, without the thirty arrays that go to Python and back
in between: on a city of 90,000 edges those cost three times the search. Places on local roads are served as others are.
Only the plain case is served (see `find_drive`); whoever asks falls back to the steps for the rest, which also know why
there is no answer.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kernels.caching import cached
from routing.cch import Cch
from routing.customize import Metric
from routing.gates import _list_delays
from routing.graph import Graph
from routing.local import ALIAS_START, ARC_EDGE, ARC_HEAD, ARC_START, BASE_EDGE, ENTRY_ARC
from routing.local import GRAPH as GRAPH
from routing.local_ends import _directly, _driven, _ends_at, _is_local, _starts_at
from routing.metric import lengths_along_m, places_along
from routing.packed import Layout, Packed, float64s, int32_rows, int32s, uint8s
from routing.query import BACK, FORE, MISFIT, ROW_OF, _ask_cost, _ask_path, _climb, _part, _set_out, _thread_scratch
from routing.shape import EdgeShapes, _join
from routing.snap import INDEX, SHAPE_E7, SHAPE_START, SegmentIndex, _nearest_many, _nearest_one
from routing.trip import CLOSED, UNREACHED, EdgePoints
from routing.weights import (
    DOWN_WEIGHT,
    END_RANK,
    END_START,
    ENTRY_RANK,
    HIERARCHY,
    UP_HEAD,
    UP_WEIGHT,
    WEIGHTS,
    weights_of,
)

SHAPES = Layout("edge_segment", "edge_reversed", "segment_m")
EDGE_SEGMENT, EDGE_REVERSED, SEGMENT_M = SHAPES.places
COST = 0
IS_CONNECTED, PART, LOCAL = range(3)

MOST_ENDS = 64
"""Points that one end may come to, aliases included; a road with more is left to the steps."""


@dataclass(frozen=True, eq=False)
class Drive:
    """A drive over road edges. edges (n,) int32, edge_ms (n,) int64, first_fraction, last_fraction: as in a trip;
    turn_ms (n,) int64: how much of edge_ms is the turn onto the edge.

    line_e7 (points, 2) int32, begins (n + 1,) int32: as `routing.shape.path_shape` gives them; along_m (points,)
    float64 metres. segment (2,) int32, place (2, 4) float64: distance in metres, fraction of the segment, lon, lat of
    both ends on the road.
    """

    edges: NDArray[np.int32]
    edge_ms: NDArray[np.int64]
    turn_ms: NDArray[np.int64]
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

    ends: (2, 2) lon, lat in degrees; radius_m: (2,). Not plain: no road in the radius, a road that is shut by
    now, ends in different parts, a metric that is being rewritten.

    Equal to the drive that `nearest_many`, `end_points`, `find_path` and `path_shape` find. Takes 25 us on a city of
    90,000 edges. Any number of threads may ask at once.
    """
    tables = (INDEX.pack(index), HIERARCHY.pack(cch), weights_of(cch, metric), GRAPH.pack(graph), SHAPES.pack(shapes))
    scratch = _thread_scratch(cch)
    at = [table.address for table in tables]
    cost, edges, edge_ms, turn_ms, fractions, segment, place, line, begins, along = _drive(
        at[0], at[1], at[2], at[3], at[4], usable.address, scratch.address, usable.columns[IS_CONNECTED], ends,
        radius_m, True,
    )  # fmt: skip
    if cost < 0 or cost == UNREACHED:
        return None
    return Drive(edges, edge_ms, turn_ms, fractions[0], fractions[1], line, begins, along, segment, place)


@dataclass(frozen=True, eq=False)
class Tables:
    """What drives over one network are found from but the weights, each as the address of a table.

    kept: the tables, alive as long as this is.
    """

    cch: Cch
    index: int
    hierarchy: int
    graph: int
    usable: int
    kept: tuple[object, ...]

    def find_cost(
        self, metric: Metric, lon: float, lat: float, radius_m: float, to_lon: float, to_lat: float, to_radius_m: float
    ) -> int:
        """Milliseconds of `find_drive`, UNREACHED where it gives None. Takes a third of its time.

        Two places are given as numbers: arrays would cost half as much as the drive.
        """
        cost: int = _drive_cost(
            self.index, self.hierarchy, weights_of(self.cch, metric).address, self.graph, self.usable,
            _thread_scratch(self.cch).address, lon, lat, radius_m, to_lon, to_lat, to_radius_m,
        )  # fmt: skip
        return UNREACHED if cost < 0 else cost

    def find_costs(self, metric: Metric, pairs: NDArray[np.float64], radius_m: float) -> NDArray[np.int64]:
        """As `find_cost` for each of many pairs: (n, 4) float64, lon and lat of the one and of the other.

        Gives (n,) int64 milliseconds. Takes 6 us a pair on a city of 90,000 edges.
        """
        found = np.empty(len(pairs), np.int64)
        _drive_costs(
            self.index, self.hierarchy, weights_of(self.cch, metric, len(pairs)).address, self.graph, self.usable,
            _thread_scratch(self.cch).address, np.ascontiguousarray(pairs, np.float64), float(radius_m), found,
        )  # fmt: skip
        return found


def tables_of(index: SegmentIndex, graph: Graph, cch: Cch, usable: Packed) -> Tables:
    """The tables of a network, to be kept by whoever asks often."""
    index_table, hierarchy, graph_table = INDEX.pack(index), HIERARCHY.pack(cch), GRAPH.pack(graph)
    kept = index_table, hierarchy, graph_table, usable
    return Tables(cch, index_table.address, hierarchy.address, graph_table.address, usable.address, kept)


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


@cached(nogil=True)
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


@cached(nogil=True)
def _points(metric, graph, usable, segment, fraction, is_end):  # type: ignore[no-untyped-def]  # kernels; typed above
    """(edges, fractions, extras, how many, -1 if not plain) of a place on a segment."""
    cost, local = int32s(metric, COST), int32s(usable, LOCAL)
    alias_start = int32s(graph, ALIAS_START)
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
                extra[size] = cost[roads + a] - cost[e] + _part(cost[e], share[i]) - _part(cost[roads + a], share[i])
                size += 1
    return edge, share, extra, size


@cached(nogil=True)
def _on_roads(index, usable, is_connected, ends, radius):  # type: ignore[no-untyped-def]
    """(segments, distances, fractions, places, whether both ends are in one part)."""
    segment, distance, fraction, lonlat = _nearest_many(index, ends, radius, is_connected)
    part = int32s(usable, PART)
    is_plain = segment[0] >= 0 and segment[1] >= 0 and part[segment[0]] == part[segment[1]]
    return segment, distance, fraction, lonlat, is_plain


@cached(nogil=True)
def _drive_costs(index, cch, metric, graph, usable, scratch, pairs, radius, found):  # type: ignore[no-untyped-def]
    for i in range(len(pairs)):
        cost = _drive_cost(
            index, cch, metric, graph, usable, scratch, pairs[i, 0], pairs[i, 1], radius, pairs[i, 2], pairs[i, 3],
            radius,
        )  # fmt: skip
        found[i] = UNREACHED if cost < 0 else cost


@cached(nogil=True)
def _drive_cost(  # type: ignore[no-untyped-def]
    index, cch, metric, graph, usable, scratch, lon, lat, radius, to_lon, to_lat, to_radius
):
    """Milliseconds between two places; below 0 if not plain."""
    if not (abs(lon) <= 180.0 and abs(lat) <= 90.0 and abs(to_lon) <= 180.0 and abs(to_lat) <= 90.0):
        return np.int64(-1)
    cost, local, part = int32s(metric, COST), int32s(usable, LOCAL), int32s(usable, PART)
    is_connected = uint8s(usable, IS_CONNECTED)
    segment, _, fraction, _, _ = _nearest_one(index, lon, lat, radius, is_connected)
    to_segment, _, to_fraction, _, _ = _nearest_one(index, to_lon, to_lat, to_radius, is_connected)
    if segment < 0 or to_segment < 0 or part[segment] != part[to_segment]:
        return np.int64(-1)
    if len(cost) != len(int32s(cch, ENTRY_RANK)) or not (
        len(int32s(metric, UP_WEIGHT)) == len(int32s(metric, DOWN_WEIGHT)) == len(int32s(cch, UP_HEAD))
    ):
        return np.int64(MISFIT)
    if _is_local(cost, local, segment) or _is_local(cost, local, to_segment):
        row_of = int32s(scratch, ROW_OF)
        begin, begin_points, begin_rows = _starts_at(graph, cost, local, row_of, segment, fraction)
        end, end_points, end_rows = _ends_at(graph, cost, local, row_of, to_segment, to_fraction)
        if len(begin_points[0]) == 0 or len(end_points[0]) == 0:
            return np.int64(-1)
        best, _, _ = _directly(cost, local, row_of, begin_points, begin_rows, end_points, end_rows)
        if len(begin[0]) and len(end[0]):
            public = _ask_cost(cch, metric, scratch, begin[0], begin[1], begin[2], end[0], end[1], end[2])
            if public < 0:
                return public
            best = min(best, public)
        return best
    return _public_cost(cch, metric, graph, scratch, cost, segment, fraction, to_segment, to_fraction)


@cached(nogil=True)
def _public_cost(cch, metric, graph, scratch, cost, segment, fraction, to_segment, to_fraction):  # type: ignore[no-untyped-def]
    """What `_ask_cost` gives between `_points` of both places, without their arrays."""
    entry_rank, end_start, end_rank = int32s(cch, ENTRY_RANK), int32s(cch, END_START), int32s(cch, END_RANK)
    alias_start = int32s(graph, ALIAS_START)
    roads, best, chains, is_open, is_open_there = len(alias_start) - 1, np.int64(UNREACHED), 0, False, False
    for side in range(2):
        e = 2 * np.int64(segment) + side
        if cost[e] != CLOSED:
            is_open = True
            before = _part(cost[e], 1.0 - fraction if side else fraction)
            chains = _set_out(scratch, chains, FORE, entry_rank[e], cost[e] - before, 0)
            if segment == to_segment:
                along = _part(cost[e], 1.0 - to_fraction if side else to_fraction)
                if to_fraction == fraction or (to_fraction < fraction) == (side == 1):
                    best = min(best, along - before)
    for side in range(2):
        e = 2 * np.int64(to_segment) + side
        if cost[e] != CLOSED:
            is_open_there = True
            part = _part(cost[e], 1.0 - to_fraction if side else to_fraction)
            for c in range(end_start[e], end_start[e + 1]):
                chains = _set_out(scratch, chains, BACK, end_rank[c], part, 0)
            for a in range(roads + alias_start[e], roads + alias_start[e + 1]):
                if cost[a] != CLOSED:
                    for c in range(end_start[a], end_start[a + 1]):
                        chains = _set_out(scratch, chains, BACK, end_rank[c], part + cost[a] - cost[e], 0)
    best, _ = _climb(cch, metric, scratch, chains, best)
    return best if is_open and is_open_there else np.int64(-1)


@cached(nogil=True)
def _drive(index, cch, metric, graph, shapes, usable, scratch, is_connected, ends, radius, is_drawn):  # type: ignore[no-untyped-def]
    """(cost, edges, edge_ms, turn_ms, fractions, segment, place, line, begins, along_m); cost < 0 if not plain.

    Not drawn: a line from the first place to the last, with the length of the whole way.
    """
    segment, distance, fraction, lonlat, is_plain = _on_roads(index, usable, is_connected, ends, radius)
    place = np.empty((2, 4))
    for i in range(2):
        place[i, 0], place[i, 1], place[i, 2], place[i, 3] = distance[i], fraction[i], lonlat[i, 0], lonlat[i, 1]
    best, edges = np.int64(-1), np.empty(0, np.int32)
    edge_ms, turn_ms = np.empty(0, np.int64), np.empty(0, np.int64)
    first_fraction = last_fraction = 0.0
    cost, local = int32s(metric, COST), int32s(usable, LOCAL)
    if is_plain and (_is_local(cost, local, segment[0]) or _is_local(cost, local, segment[1])):
        best, edges, first_fraction, last_fraction = _local_way(cch, metric, graph, usable, scratch, segment, fraction)
        if 0 <= best < UNREACHED:
            edge_ms, turn_ms = _spent(graph, cost, local, edges, first_fraction, last_fraction)
    elif is_plain:
        se, sf, sx, starts = _points(metric, graph, usable, segment[0], fraction[0], False)
        ee, ef, ex, stops = _points(metric, graph, usable, segment[1], fraction[1], True)
        if starts > 0 and stops > 0:
            best, first, last, edges = _ask_path(
                cch, metric, scratch, se[:starts], sf[:starts], sx[:starts], ee[:stops], ef[:stops], ex[:stops]
            )
            if 0 <= best < UNREACHED:
                first_fraction, last_fraction = sf[first], ef[last]
                edge_ms, turn_ms = _onto_roads(
                    cost, int32s(graph, BASE_EDGE), edges, sf[first], sx[first], ef[last], ex[last]
                )
    if best < 0 or best == UNREACHED:
        nothing, none = np.empty((0, 2), np.int32), np.empty(0, np.int32)
        return best, none, edge_ms, turn_ms, (0.0, 0.0), segment, place, nothing, none, np.empty(0)
    fractions = (first_fraction, last_fraction)
    if not is_drawn:
        line, along = np.empty((2, 2), np.int32), np.zeros(2)
        for i in range(2):
            line[i, 0], line[i, 1] = round(place[i, 2] * 1e7), round(place[i, 3] * 1e7)
        along[1] = _length_m(shapes, edges, first_fraction, last_fraction)
        begins = np.zeros(len(edges) + 1, np.int32)
        return best, edges, edge_ms, turn_ms, fractions, segment, place, line, begins, along
    line, begins = _draw(index, shapes, edges, first_fraction, last_fraction)
    return best, edges, edge_ms, turn_ms, fractions, segment, place, line, begins, lengths_along_m(line)


@cached(nogil=True)
def _onto_roads(cost, base_edge, edges, first_fraction, first_extra, last_fraction, last_extra):  # type: ignore[no-untyped-def]
    """(milliseconds on each edge of a drive over public roads, those of its turn); the edges become road edges."""
    n = len(edges)
    edge_ms, turn_ms = np.empty(n, np.int64), np.empty(n, np.int64)
    for i in range(n):
        edge_ms[i] = cost[edges[i]]
        turn_ms[i] = edge_ms[i] - cost[base_edge[edges[i]]]
    edge_ms[n - 1] += last_extra + _part(cost[edges[n - 1]], last_fraction) - cost[edges[n - 1]]
    edge_ms[0] += first_extra - _part(cost[edges[0]], first_fraction)
    for i in range(n):
        edges[i] = base_edge[edges[i]]
    return edge_ms, turn_ms


@cached(nogil=True)
def _length_m(shapes, edges, first_fraction, last_fraction):  # type: ignore[no-untyped-def]
    segment, length_m, last = int32s(shapes, EDGE_SEGMENT), float64s(shapes, SEGMENT_M), len(edges) - 1
    total = -length_m[segment[edges[0]]] * first_fraction - length_m[segment[edges[last]]] * (1.0 - last_fraction)
    for e in edges:
        total += length_m[segment[e]]
    return max(total, 0.0)


@cached(nogil=True)
def _draw(index, shapes, edges, first_fraction, last_fraction):  # type: ignore[no-untyped-def]
    """As routing.shape.path_shape: (line, begins)."""
    n = len(edges)
    edge_segment, edge_reversed = int32s(shapes, EDGE_SEGMENT), uint8s(shapes, EDGE_REVERSED)
    driven, back = np.empty(n, np.int32), np.empty(n, np.bool_)
    for i in range(n):
        driven[i], back[i] = edge_segment[edges[i]], edge_reversed[edges[i]] != 0
    shape_start, shape_e7 = int32s(index, SHAPE_START), int32_rows(index, SHAPE_E7, 2)
    cut, along = np.empty(2, np.int32), np.empty(2)
    cut[0], cut[1] = driven[0], driven[n - 1]
    along[0] = 1.0 - first_fraction if back[0] else first_fraction
    along[1] = 1.0 - last_fraction if back[n - 1] else last_fraction
    points, places = places_along(shape_start, shape_e7, cut, along)
    return _join(shape_start, shape_e7, driven, back, points, places)


@cached(nogil=True)
def _local_way(cch, metric, graph, usable, scratch, segment, fraction):  # type: ignore[no-untyped-def]
    """(cost, road edges, first and last fraction) between two places one of which at least is on a local road."""
    cost, local, row_of = int32s(metric, COST), int32s(usable, LOCAL), int32s(scratch, ROW_OF)
    base_edge, none = int32s(graph, BASE_EDGE), np.empty(0, np.int32)
    begin, begin_points, begin_rows = _starts_at(graph, cost, local, row_of, segment[0], fraction[0])
    end, end_points, end_rows = _ends_at(graph, cost, local, row_of, segment[1], fraction[1])
    if len(begin_points[0]) == 0 or len(end_points[0]) == 0:
        return np.int64(-1), none, 0.0, 0.0
    best, here, there = _directly(cost, local, row_of, begin_points, begin_rows, end_points, end_rows)
    public, first, last, path = np.int64(UNREACHED), np.int64(-1), np.int64(-1), none
    if len(begin[0]) and len(end[0]):
        public, first, last, path = _ask_path(
            cch, metric, scratch, begin[0], begin[1], begin[2], end[0], end[1], end[2]
        )
        if public < 0:
            return public, none, 0.0, 0.0
    if best == UNREACHED and public == UNREACHED:
        return best, none, 0.0, 0.0
    if best <= public:
        if here < 0 and there < 0:
            path = begin_points[0][-1 - here : -here].copy()
            return best, path, begin_points[1][-1 - here], end_points[1][-1 - there]
        out, home, path = _driven(begin_rows, here), _driven(end_rows, there), none
    else:
        out, home = _driven(begin_rows, begin[3][first]), _driven(end_rows, end[3][last])
        best = public
    edges = np.empty(len(out) + len(path) + len(home), np.int32)
    for i in range(len(out)):
        edges[i] = base_edge[out[len(out) - 1 - i]]
    for i in range(len(path)):
        edges[len(out) + i] = base_edge[path[i]]
    for i in range(len(home)):
        edges[len(out) + len(path) + i] = base_edge[home[i]]
    first_fraction = 1.0 - fraction[0] if edges[0] & 1 else fraction[0]
    last_fraction = 1.0 - fraction[1] if edges[len(edges) - 1] & 1 else fraction[1]
    return best, edges, first_fraction, last_fraction


@cached(nogil=True)
def _spent(graph, cost, local, edges, first_fraction, last_fraction):  # type: ignore[no-untyped-def]
    """(milliseconds on each road edge of a drive with its turn, those of the turn alone)."""
    turn_ms = _list_delays(
        int32s(graph, ARC_START), int32s(graph, ARC_HEAD), int32s(graph, ARC_EDGE), int32s(graph, ENTRY_ARC),
        int32s(graph, BASE_EDGE), cost, local, edges,
    )  # fmt: skip
    edge_ms, n = np.empty(len(edges), np.int64), len(edges)
    for i in range(n):
        edge_ms[i] = cost[edges[i]] if cost[edges[i]] != CLOSED else local[edges[i]]
    first, last = edge_ms[0], edge_ms[n - 1]
    edge_ms[0] -= _part(first, first_fraction)
    edge_ms[n - 1] -= last - _part(last, last_fraction)
    return edge_ms + turn_ms, turn_ms
