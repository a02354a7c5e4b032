"""Tables between many places that may lie on any road, local ones too: put on roads, and joined, in compiled calls."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kernels.caching import cached
from routing.cch import Cch
from routing.customize import Metric
from routing.drive import COST, IS_CONNECTED, LOCAL, MOST_ENDS
from routing.graph import Graph
from routing.local import ALIAS_START, ARC_HEAD, ARC_TAIL, COPY_ARC, COPY_START, ENTRY_ARC, GRAPH, _longer
from routing.local_ends import _ends_at, _is_local, _starts_at
from routing.many import find_matrix
from routing.measure import Lengths
from routing.packed import Packed, int32s
from routing.places import Places
from routing.query import ROW_OF, _part, _thread_scratch
from routing.snap import INDEX, SegmentIndex, _nearest_one
from routing.trip import CLOSED, EdgePoints
from routing.weights import WEIGHTS

Int32s = NDArray[np.int32]
Int64s = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Stops:
    """Many places on the nearest road each, from which and to which a table is wanted; one row a place.

    segment (n,) int32, -1 = no road in the radius, or it is shut; place (n, 4) float64: distance in metres, fraction of
    the segment, lon, lat on the road. is_local (n,) bool.
    starts, ends: the points where trips begin and end; start_cm, end_cm (points,) int32: what of local roads is driven
    before or after each. out, home: (state, milliseconds, centimetres, place) columns of what is reached over local
    roads alone, out from a place on one or home to it.
    """

    segment: Int32s
    place: NDArray[np.float64]
    is_local: NDArray[np.bool_]
    starts: Places
    start_cm: Int32s
    ends: Places
    end_cm: Int32s
    out: tuple[Int32s, Int64s, Int32s, Int32s]
    home: tuple[Int32s, Int64s, Int32s, Int32s]

    def __len__(self) -> int:
        return len(self.segment)


def put_stops(
    index: SegmentIndex,
    graph: Graph,
    cch: Cch,
    metric: Metric,
    usable: Packed,
    places: NDArray[np.float64],
    radius_m: NDArray[np.float64],
    length_cm: Int32s | None = None,
    largest: NDArray[np.uint8] | None = None,
    is_moved: NDArray[np.bool_] | None = None,
) -> Stops:
    """Many places put on roads, those on local roads too.

    places (n, 2) lon, lat in degrees; radius_m (n,). length_cm (edges,) int32 if lengths are wanted as well.
    largest (segments,) uint8, is_moved (n,): the places that only these segments may serve; None = none.

    Takes 1 us a place, 50 us on local roads.
    """
    moved = np.zeros(len(places), np.bool_) if is_moved is None else is_moved
    columns = _put_stops(
        INDEX.pack(index).address, WEIGHTS.pack(metric).address, GRAPH.pack(graph).address, usable.address,
        _thread_scratch(cch).address, np.ascontiguousarray(places, np.float64), radius_m,
        np.empty(0, np.int32) if length_cm is None else length_cm, usable.columns[IS_CONNECTED],
        usable.columns[IS_CONNECTED] if largest is None else largest, moved,
    )  # fmt: skip
    segment, place, is_local, start_row, begin, end_row, end, out, home = columns
    return Stops(
        segment, place, is_local, Places(EdgePoints(*begin[:3]), start_row), begin[3],
        Places(EdgePoints(*end[:3]), end_row), end[3], out, home,
    )  # fmt: skip


def find_stop_table(
    graph: Graph,
    cch: Cch,
    metric: Metric,
    usable: Packed,
    sources: Stops,
    targets: Stops,
    lengths: Lengths | None,
) -> tuple[Int32s, Int32s | None]:
    """(milliseconds, centimetres or None) from every source to every target, CLOSED where no way leads.

    As `routing.many.find_matrix`, and with drives over local roads alone.
    """
    if lengths is None:
        times = find_matrix(cch, metric, sources.starts, targets.ends)
        metres, length_cm = np.empty((0, 0), np.int32), np.empty(0, np.int32)
    else:
        times, metres = find_matrix(
            cch, metric, sources.starts, targets.ends, lengths, sources.start_cm, targets.end_cm
        )
        length_cm = lengths.edge_cm
    if sources.is_local.any() or targets.is_local.any():
        local, packed = usable.columns[LOCAL], GRAPH.pack(graph).address
        points, ends = sources.starts.points, targets.ends.points
        out = _reached(
            packed, metric.cost_ms, length_cm, sources.is_local, sources.starts.start, points.edge, points.fraction,
            points.extra_ms, False, sources.out,
        )  # fmt: skip
        home = _reached(
            packed, metric.cost_ms, length_cm, targets.is_local, targets.ends.start, ends.edge, ends.fraction,
            ends.extra_ms, True, targets.home,
        )  # fmt: skip
        _join_local(
            metric.cost_ms, local, length_cm, sources.segment, sources.place, sources.is_local, out,
            targets.segment, targets.place, targets.is_local, home, times, metres,
        )  # fmt: skip
    return times, None if lengths is None else metres


@cached(nogil=True)
def _put_stops(  # type: ignore[no-untyped-def]  # kernels; the above are typed
    index, metric, graph, usable, scratch, places, radius, length_cm, allowed, largest, is_moved
):
    n = len(places)
    cost, local, row_of = int32s(metric, COST), int32s(usable, LOCAL), int32s(scratch, ROW_OF)
    alias_start = int32s(graph, ALIAS_START)
    roads = len(alias_start) - 1
    segments, place, is_local = np.full(n, -1, np.int32), np.empty((n, 4)), np.zeros(n, np.bool_)
    start_row, end_row = np.zeros(n + 1, np.int32), np.zeros(n + 1, np.int32)
    begin, end = _columns(2 * n), _columns(4 * n)
    out, home = _reached_columns(0), _reached_columns(0)
    starts = ends = outs = homes = 0
    for i in range(n):
        s, distance, fraction, lon, lat = _nearest_one(
            index, places[i, 0], places[i, 1], radius[i], largest if is_moved[i] else allowed
        )
        place[i, 0], place[i, 1], place[i, 2], place[i, 3] = distance, fraction, lon, lat
        if s >= 0 and _is_local(cost, local, s):
            segments[i], is_local[i] = s, True
            points, own, rows = _starts_at(graph, cost, local, row_of, s, fraction)
            cm = _row_cm(length_cm, rows, own, False)
            for k in range(len(points[0])):
                begin, starts = _add(begin, starts, points[0][k], points[1][k], points[2][k], _cm_of(cm, points[3][k]))
            for r in range(len(rows[0])):
                out, outs = _add_reached(out, outs, rows[0][r], rows[1][r], _cm_of(cm, r), i)
            points, own, rows = _ends_at(graph, cost, local, row_of, s, fraction)
            cm = _row_cm(length_cm, rows, own, True)
            for k in range(len(points[0])):
                end, ends = _add(end, ends, points[0][k], points[1][k], points[2][k], _cm_of(cm, points[3][k]))
            for r in range(len(rows[0])):
                home, homes = _add_reached(home, homes, rows[0][r], rows[1][r], _cm_of(cm, r), i)
        elif s >= 0:
            begin, end = _with_room(begin, starts), _with_room(end, ends)
            first = ends
            for side in range(2):
                e = 2 * s + side
                if cost[e] != CLOSED:
                    share = 1.0 - fraction if side else fraction
                    begin[0][starts], begin[1][starts], begin[2][starts], begin[3][starts] = e, share, 0, 0
                    end[0][ends], end[1][ends], end[2][ends], end[3][ends] = e, share, 0, 0
                    starts += 1
                    ends += 1
            is_there = ends > first
            for k in range(first, ends):
                e, share = end[0][k], end[1][k]
                whole = cost[e]
                for a in range(roads + alias_start[e], roads + alias_start[e + 1]):
                    if cost[a] == CLOSED:
                        continue
                    if ends - first == MOST_ENDS:
                        is_there = False
                        break
                    # See routing.gates: the delay is due in full from the beginning of the alias on.
                    extra = cost[a] - whole + _part(whole, share) - _part(cost[a], share)
                    end[0][ends], end[1][ends], end[2][ends], end[3][ends] = a, share, extra, 0
                    ends += 1
            if is_there:
                segments[i] = s
        start_row[i + 1], end_row[i + 1] = starts, ends
    return (
        segments, place, is_local, start_row, _cut(begin, starts), end_row, _cut(end, ends), _cut(out, outs),
        _cut(home, homes),
    )  # fmt: skip


@cached(nogil=True)
def _reached(  # type: ignore[no-untyped-def]
    graph, cost, length_cm, is_local, start, edge, share, extra, is_end, columns
):  # fmt: skip
    """The columns of places on local roads, and behind them those of all others: one edge on, or before."""
    arc_head, entry_arc = int32s(graph, ARC_HEAD), int32s(graph, ENTRY_ARC)
    arc_tail, copy_start, copy_arc = int32s(graph, ARC_TAIL), int32s(graph, COPY_START), int32s(graph, COPY_ARC)
    size = len(columns[0])
    for place in range(len(is_local)):
        if is_local[place]:
            continue
        for p in range(start[place], start[place + 1]):
            e = edge[p]
            part, cm = _part(cost[e], share[p]), np.int64(0)
            if len(length_cm):
                cm = _part(length_cm[e], share[p])
                cm = cm if is_end else length_cm[e] - cm
            if not is_end:
                columns, size = _add_reached(columns, size, arc_head[entry_arc[e]], cost[e] - part, cm, place)
                continue
            for c in range(copy_start[e], copy_start[e + 1]):
                columns, size = _add_reached(columns, size, arc_tail[copy_arc[c]], extra[p] + part, cm, place)
    return _cut(columns, size)


@cached(nogil=True)
def _join_local(  # type: ignore[no-untyped-def]
    cost, local, length_cm, segment, place, is_local, out, to_segment, to_place, to_is_local, home, times, metres
):  # fmt: skip
    """Puts drives over local roads alone into a table where they are not slower."""
    by_state = np.argsort(home[0], kind="mergesort")
    states = home[0][by_state]
    for r in range(len(out[0])):
        i = out[3][r]
        k = np.searchsorted(states, out[0][r])
        while k < len(states) and states[k] == out[0][r]:
            q = by_state[k]
            j = home[3][q]
            if is_local[i] or to_is_local[j]:
                _offer_direct(times, metres, i, j, out[1][r] + home[1][q], np.int64(out[2][r]) + home[2][q])
            k += 1
    by_segment = np.argsort(to_segment, kind="mergesort")
    segments = to_segment[by_segment]
    for i in range(len(segment)):
        if not is_local[i]:
            continue
        k = np.searchsorted(segments, segment[i])
        while k < len(segments) and segments[k] == segment[i]:
            j = by_segment[k]
            for side in range(2):
                e = 2 * np.int64(segment[i]) + side
                low, high = place[i, 1], to_place[j, 1]
                if side:
                    low, high = 1.0 - low, 1.0 - high
                if cost[e] == CLOSED and local[e] != CLOSED and high >= low:
                    cm = np.int64(0)
                    if len(length_cm):
                        cm = _part(length_cm[e], high) - _part(length_cm[e], low)
                    _offer_direct(times, metres, i, j, _part(local[e], high) - _part(local[e], low), cm)
            k += 1


@cached(nogil=True)
def _offer_direct(times, metres, i, j, ms, cm):  # type: ignore[no-untyped-def]
    """Keeps the quicker drive, of equally quick ones the shorter."""
    if ms < times[i, j] or (ms == times[i, j] and len(metres) and cm < metres[i, j]):
        times[i, j] = ms
        if len(metres):
            metres[i, j] = min(cm, np.int64(CLOSED - 1))


@cached(nogil=True)
def _row_cm(length_cm, rows, own, is_end):  # type: ignore[no-untyped-def]
    """The length driven between each row's state and the place; none if lengths are not wanted."""
    if not len(length_cm):
        return np.empty(0, np.int32)
    cm = np.empty(len(rows[0]), np.int32)
    for r in range(len(cm)):
        total, row, last = np.int64(0), np.int64(r), np.int64(r)
        while row >= 0:
            total += length_cm[rows[2][row]]
            last, row = row, np.int64(rows[3][row])
        whole = length_cm[rows[2][last]]
        part = _part(whole, own[1][-1 - row])
        total -= whole - part if is_end else part
        cm[r] = min(total, np.int64(CLOSED - 1))
    return cm


@cached(nogil=True)
def _cm_of(cm, row):  # type: ignore[no-untyped-def]
    return cm[row] if row >= 0 and len(cm) else np.int32(0)


@cached(nogil=True)
def _columns(size):  # type: ignore[no-untyped-def]
    size += 2 * MOST_ENDS
    return np.empty(size, np.int32), np.empty(size), np.empty(size, np.int64), np.empty(size, np.int32)


@cached(nogil=True)
def _reached_columns(size):  # type: ignore[no-untyped-def]
    size += 16
    return np.empty(size, np.int32), np.empty(size, np.int64), np.empty(size, np.int32), np.empty(size, np.int32)


@cached(nogil=True)
def _with_room(columns, size):  # type: ignore[no-untyped-def]
    """The columns, twice as long if they may not hold another place."""
    if size + MOST_ENDS > len(columns[0]):
        columns = _longer(columns[0]), _longer(columns[1]), _longer(columns[2]), _longer(columns[3])
    return columns


@cached(nogil=True)
def _add(columns, size, edge, share, extra, cm):  # type: ignore[no-untyped-def]
    if size == len(columns[0]):
        columns = _longer(columns[0]), _longer(columns[1]), _longer(columns[2]), _longer(columns[3])
    columns[0][size], columns[1][size], columns[2][size], columns[3][size] = edge, share, extra, cm
    return columns, size + 1


@cached(nogil=True)
def _add_reached(columns, size, state, ms, cm, place):  # type: ignore[no-untyped-def]
    if size == len(columns[0]):
        columns = _longer(columns[0]), _longer(columns[1]), _longer(columns[2]), _longer(columns[3])
    columns[0][size], columns[1][size], columns[2][size], columns[3][size] = state, ms, cm, place
    return columns, size + 1


@cached(nogil=True)
def _cut(columns, size):  # type: ignore[no-untyped-def]
    return columns[0][:size].copy(), columns[1][:size].copy(), columns[2][:size].copy(), columns[3][:size].copy()
