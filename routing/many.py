"""Costs from many places to many: matrices, with the lengths of the quickest ways, and the nearest of many places.

Where two drives meet is an ancestor of both ends, and the common ancestors of two ranks are the first so many of each
one's way down from the root. So each target leaves its costs in a table by depth, targets in the order of their ranks;
a source adds its own cost at a depth to the row of those targets that lie below the same ancestor, a range of
neighbouring columns. That is a plain loop over numbers side by side, which the processor runs eight at a time.

A cost with its length is one number, milliseconds in the upper half and centimetres in the lower: the least of these
is the shortest of the quickest. For one source the table is not worth its making: costs are pulled down to each
target, and kept for the next (lazy sweep).

Rejected: sweeping down from 16 sources at once (RPHAST), which looks at every ancestor of every target for each of
them: 1,000 x 1,000 on 131,000 states takes 21 ms this way, such sweeps were measured at 140 ms on a like graph.
Source: lazy sweeps, Strasser, Zeitz 2021, "A fast and tight heuristic for A* in road networks", section 3.
"""

import math
from typing import overload

import numba
import numpy as np
from numpy.typing import NDArray

from routing.cch import Cch
from routing.customize import Metric
from routing.errors import BadPoint
from routing.field import reach
from routing.measure import Lengths, check_lengths
from routing.packed import Layout, int32s, uint32s
from routing.places import Places, as_places, check_places
from routing.query import check_fit
from routing.trip import CLOSED, EdgePoints, check_points

__all__ = ["Places", "as_places", "find_matrix", "find_nearest", "find_nearest_sources", "reach"]

Int32s = NDArray[np.int32]

HIERARCHY = Layout(
    "up_start", "up_head", "parent", "subtree_start", "entry_rank", "end_start", "end_rank"
)  # fmt: skip
UP_START, UP_HEAD, PARENT, SUBTREE_START, ENTRY_RANK, END_START, END_RANK = HIERARCHY.places
WEIGHTS = Layout("cost_ms", "up_ms", "down_ms")
COST, UP_WEIGHT, DOWN_WEIGHT = WEIGHTS.places
LENGTHS = Layout("edge_cm", "up_cm", "down_cm")
EDGE_CM, UP_CM, DOWN_CM = LENGTHS.places

TABLE_BYTES = 1 << 22
"""A table of targets is kept within 4 MB, so that it stays near the processor."""


@overload
def find_matrix(cch: Cch, metric: Metric, sources: Places, targets: Places, lengths: None = None) -> Int32s: ...
@overload
def find_matrix(
    cch: Cch,
    metric: Metric,
    sources: Places,
    targets: Places,
    lengths: Lengths,
    source_cm: Int32s | None = None,
    target_cm: Int32s | None = None,
) -> tuple[Int32s, Int32s]: ...
def find_matrix(
    cch: Cch,
    metric: Metric,
    sources: Places,
    targets: Places,
    lengths: Lengths | None = None,
    source_cm: Int32s | None = None,
    target_cm: Int32s | None = None,
) -> Int32s | tuple[Int32s, Int32s]:
    """The least cost from every source to every target.

    lengths: of this metric (see `routing.measure`), to be told how long those ways are as well.
    source_cm, target_cm: (points,) int32 of each point, what was driven before or will be after; None = nothing.

    Gives (sources, targets) int32 milliseconds, CLOSED where no drive leads or it takes 24.8 days and more, extras
    included. Equal to `routing.query.find_cost` of each pair. The interpreter lock is released.
    With lengths also (sources, targets) int32 centimetres, CLOSED where the cost is: of the way of least cost; of
    several such, of the shortest that meets anywhere, each made of the arcs' own ways. The part of an edge up to a
    fraction is floor(length * fraction).

    Time grows with the pairs, plus that of one climb for each place; with lengths it takes twice as long.
    Raises BadPoint and BadCost as `find_path`, BadCost if the lengths do not fit.
    """
    check_fit(cch, metric)
    check_places(sources, cch.edges)
    check_places(targets, cch.edges)
    if lengths is not None:
        check_lengths(cch, lengths)
    before_cm = np.zeros(len(sources.points), np.int32) if source_cm is None else source_cm
    after_cm = np.zeros(len(targets.points), np.int32) if target_cm is None else target_cm
    if len(before_cm) != len(sources.points) or len(after_cm) != len(targets.points):
        raise BadPoint("source_cm and target_cm must have one length for each point")
    closed = np.uint32(CLOSED) if lengths is None else np.uint64(CLOSED << 32)
    found = np.full((len(sources), len(targets)), closed)
    if len(sources) and len(targets):
        # Places beside each other in rank share most of their table.
        order = np.argsort(_first_ranks(cch.end_start, cch.end_rank, targets.points.edge, targets.start), kind="stable")
        columns = max(TABLE_BYTES // found.itemsize // (int(cch.depth.max(initial=0)) + 1), 16)
        for begin in range(0, len(order), columns):
            _fill_matrix(
                HIERARCHY.pack(cch).address,
                cch.depth,
                WEIGHTS.pack(metric).address,
                None if lengths is None else LENGTHS.pack(lengths).address,
                closed,
                sources.points.edge,
                sources.points.fraction,
                sources.points.extra_ms,
                sources.start,
                before_cm,
                targets.points.edge,
                targets.points.fraction,
                targets.points.extra_ms,
                targets.start,
                after_cm,
                order[begin : begin + columns].astype(np.int32),
                found,
            )
    if lengths is None:
        return found.view(np.int32)
    cost_ms = (found >> np.uint64(32)).astype(np.int32)
    return cost_ms, np.where(cost_ms < CLOSED, found & np.uint64(CLOSED), CLOSED).astype(np.int32)


def find_nearest(
    cch: Cch, metric: Metric, starts: EdgePoints, targets: Places, count: int, limit_ms: int = CLOSED - 1
) -> tuple[Int32s, Int32s]:
    """The targets that are cheapest to reach from one of the starts: (their numbers, their costs), cheapest first.

    Of equally cheap ones the lower number comes first. Fewer than `count` if no more are within the limit.
    Raises BadPoint if count is below 1, and as `find_path`.
    """
    return _nearest(_costs_of_one(cch, metric, starts, targets, False), count, limit_ms)


def find_nearest_sources(
    cch: Cch, metric: Metric, sources: Places, ends: EdgePoints, count: int, limit_ms: int = CLOSED - 1
) -> tuple[Int32s, Int32s]:
    """The sources that get to one of the ends most cheaply: (their numbers, their costs), cheapest first.

    Else as `find_nearest`: which vehicles are there first.
    """
    return _nearest(_costs_of_one(cch, metric, ends, sources, True), count, limit_ms)


def _nearest(cost: Int32s, count: int, limit_ms: int) -> tuple[Int32s, Int32s]:
    if count < 1:
        raise BadPoint(f"count={count} must be 1 or more")
    near = np.flatnonzero(cost <= min(limit_ms, CLOSED - 1))
    if len(near) > count:
        near = near[cost[near] <= np.partition(cost[near], count - 1)[count - 1]]
    near = near[np.argsort(cost[near], kind="stable")][:count]
    return near.astype(np.int32), cost[near]


def _costs_of_one(cch: Cch, metric: Metric, one: EdgePoints, many: Places, is_backward: bool) -> Int32s:
    """The least cost from one place to many, or to it from many, (many,) int32: a row or a column of the matrix."""
    check_fit(cch, metric)
    check_points(one, cch.edges)
    check_places(many, cch.edges)
    cost: Int32s = _fill_row(
        HIERARCHY.pack(cch).address, WEIGHTS.pack(metric).address, one.edge, one.fraction, one.extra_ms,
        many.points.edge, many.points.fraction, many.points.extra_ms, many.start, is_backward,
    )  # fmt: skip
    return cost


@numba.njit(cache=True, nogil=True)
def _part(cost, fraction):  # type: ignore[no-untyped-def]  # kernels; the functions above are typed
    return np.int64(math.floor(cost * fraction))


@numba.njit(cache=True, nogil=True)
def _first_ranks(end_start, end_rank, edge, start):  # type: ignore[no-untyped-def]
    """The rank that a place is sorted by: that of its first point's first copy."""
    found = np.full(len(start) - 1, -1, np.int32)
    for place in range(len(found)):
        for i in range(start[place], start[place + 1]):
            if end_start[edge[i]] < end_start[edge[i] + 1]:
                found[place] = end_rank[end_start[edge[i]]]
                break
    return found


@numba.njit(cache=True, nogil=True)
def _fill_row(  # type: ignore[no-untyped-def]
    cch, metric, one_edge, one_fraction, one_extra, many_edge, many_fraction, many_extra, many_start, is_backward
):  # fmt: skip
    """Climbs from the one, then pulls costs down to each of the many along its ancestors, and no rank twice."""
    up_start, up_head, parent = int32s(cch, UP_START), int32s(cch, UP_HEAD), int32s(cch, PARENT)
    entry_rank, end_start, end_rank = int32s(cch, ENTRY_RANK), int32s(cch, END_START), int32s(cch, END_RANK)
    cost, up, down = int32s(metric, COST), uint32s(metric, UP_WEIGHT), uint32s(metric, DOWN_WEIGHT)
    if is_backward:
        up, down = down, up
    states = len(parent)
    dist, is_final = np.full(states, CLOSED, np.uint32), np.zeros(states, np.bool_)
    waiting, is_climbed = np.empty(states, np.int32), np.zeros(states, np.bool_)
    size, chains = 0, 0
    for p in range(len(one_edge)):
        e = one_edge[p]
        if cost[e] == CLOSED:
            continue
        part = _part(cost[e], one_fraction[p])
        own = np.uint32(min(one_extra[p] + (part if is_backward else cost[e] - part), np.int64(CLOSED)))
        for c in range(end_start[e + 1] - end_start[e] if is_backward else 1):
            rank = end_rank[end_start[e] + c] if is_backward else entry_rank[e]
            dist[rank] = min(dist[rank], own)
            x = rank
            chains += not is_climbed[x]
            while x >= 0 and not is_climbed[x]:
                is_climbed[x] = True
                waiting[size] = x
                size += 1
                x = parent[x]
    if chains > 1:
        waiting[:size].sort()
    for i in range(size):
        x = waiting[i]
        own = dist[x]
        if own < CLOSED:
            for a in range(np.uint64(up_start[x]), np.uint64(up_start[x + 1])):
                head = np.uint64(up_head[a])
                dist[head] = min(dist[head], np.uint32(own + up[a]))
    found = np.full(len(many_start) - 1, CLOSED, np.int32)
    for place in range(len(found)):
        best = np.int64(CLOSED)
        for p in range(many_start[place], many_start[place + 1]):
            e = many_edge[p]
            if cost[e] == CLOSED:
                continue
            part = _part(cost[e], many_fraction[p])
            own = many_extra[p] + (cost[e] - part if is_backward else part)
            for c in range(1 if is_backward else end_start[e + 1] - end_start[e]):
                rank = entry_rank[e] if is_backward else end_rank[end_start[e] + c]
                depth, x = 0, rank
                while x >= 0 and not is_final[x]:
                    waiting[depth] = x
                    depth += 1
                    x = parent[x]
                for i in range(depth - 1, -1, -1):
                    x = waiting[i]
                    least = dist[x]
                    for a in range(np.uint64(up_start[x]), np.uint64(up_start[x + 1])):
                        least = min(least, np.uint32(dist[np.uint64(up_head[a])] + down[a]))
                    dist[x] = least
                    is_final[x] = True
                best = min(best, np.int64(dist[rank]) + own) if dist[rank] < CLOSED else best
            for q in range(len(one_edge)):
                if one_edge[q] == e:
                    ahead = part - _part(cost[e], one_fraction[q])
                    is_ahead = many_fraction[p] >= one_fraction[q]
                    if is_backward:
                        ahead, is_ahead = -ahead, one_fraction[q] >= many_fraction[p]
                    if is_ahead:
                        best = min(best, ahead + one_extra[q] + many_extra[p])
        found[place] = best
    return found


@numba.njit(cache=True, nogil=True)
def _key(lengths, ms, cm):  # type: ignore[no-untyped-def]
    """A cost alone, or over its length; both are at most CLOSED, so that the sum of two keys carries nothing over."""
    if lengths is None:
        return np.uint32(ms)
    else:  # numba leaves the other branch out only of an if with an else
        return np.uint64(ms) << np.uint64(32) | np.uint64(cm)


@numba.njit(cache=True, nogil=True)
def _sum(lengths, one, other):  # type: ignore[no-untyped-def]
    if lengths is None:
        return np.uint32(one + other)
    else:  # as above
        return np.uint64(one + other)


@numba.njit(cache=True, nogil=True)
def _saturated(lengths, key):  # type: ignore[no-untyped-def]
    """A key whose length is at most CLOSED."""
    if lengths is None:
        return key
    else:  # as above
        length = min(key & np.uint64(2**32 - 1), np.uint64(CLOSED))
        return (key >> np.uint64(32)) << np.uint64(32) | length


@numba.njit(cache=True, nogil=True)
def _part_cm(lengths, edge, fraction):  # type: ignore[no-untyped-def]
    """The length of an edge up to a fraction; 0 where lengths are not asked for."""
    if lengths is None:
        return np.int64(0)
    else:  # as above
        return _part(int32s(lengths, EDGE_CM)[edge], fraction)


@numba.njit(cache=True, nogil=True)
def _offer(parent, dist, closed, climbed, is_climbed, size, rank, key):  # type: ignore[no-untyped-def]
    """Offers a cost to a rank and lists its ancestors, not yet in order; gives how many are listed."""
    x = rank
    while x >= 0 and not is_climbed[x]:
        is_climbed[x] = True
        dist[x] = closed
        climbed[size] = x
        size += 1
        x = parent[x]
    dist[rank] = min(dist[rank], key)
    return size


@numba.njit(cache=True, nogil=True)
def _climb(cch, metric, lengths, is_up, dist, closed, climbed, is_climbed, size, chains):  # type: ignore[no-untyped-def]
    """Final costs of the ancestors listed, and the list in ascending order."""
    up_start, up_head = int32s(cch, UP_START), int32s(cch, UP_HEAD)
    weight = uint32s(metric, UP_WEIGHT) if is_up else uint32s(metric, DOWN_WEIGHT)
    if chains > 1:
        climbed[:size].sort()
    for i in range(size):
        x = climbed[i]
        is_climbed[x] = False
        own = _saturated(lengths, dist[x])
        dist[x] = own
        if own < closed:
            if lengths is None:
                for a in range(np.uint64(up_start[x]), np.uint64(up_start[x + 1])):
                    head = np.uint64(up_head[a])
                    dist[head] = min(dist[head], np.uint32(own + weight[a]))
            else:
                length = uint32s(lengths, UP_CM) if is_up else uint32s(lengths, DOWN_CM)
                for a in range(np.uint64(up_start[x]), np.uint64(up_start[x + 1])):
                    head = np.uint64(up_head[a])
                    through = own + (np.uint64(weight[a]) << np.uint64(32) | np.uint64(length[a]))
                    dist[head] = min(dist[head], through)


@numba.njit(cache=True, nogil=True)
def _fill_matrix(  # type: ignore[no-untyped-def]
    cch, depth, metric, lengths, closed, source_edge, source_fraction, source_extra, source_start, source_cm,
    target_edge, target_fraction, target_extra, target_start, target_cm, order, found,
):  # fmt: skip
    """Fills the columns of the targets in `order`.

    A target whose ends have different ancestors has one column for the way down to its first end; the other ways
    down, from where they leave those before, are kept as loose (depth, rank, cost, target), sorted by depth and rank.
    """
    parent, subtree_start, cost = int32s(cch, PARENT), int32s(cch, SUBTREE_START), int32s(metric, COST)
    entry_rank, end_start, end_rank = int32s(cch, ENTRY_RANK), int32s(cch, END_START), int32s(cch, END_RANK)
    states, columns = len(depth), len(order)
    dist, climbed, is_climbed = np.full(states, closed), np.empty(states, np.int32), np.zeros(states, np.bool_)
    deepest = 0
    for i in range(columns):
        for p in range(target_start[order[i]], target_start[order[i] + 1]):
            for c in range(end_start[target_edge[p]], end_start[target_edge[p] + 1]):
                deepest = max(deepest, depth[end_rank[c]])
    table = np.full((deepest + 1, columns), closed)
    column_rank = np.empty(columns, np.int32)
    loose = np.empty((1024, 3), np.int64)  # (depth, rank) as one number, cost, column
    loose_size = 0
    for i in range(columns):
        size, chains = 0, 0
        first = np.int32(-1)
        for p in range(target_start[order[i]], target_start[order[i] + 1]):
            e = target_edge[p]
            if cost[e] == CLOSED:
                continue
            part = min(target_extra[p] + _part(cost[e], target_fraction[p]), np.int64(CLOSED))
            ending = _key(lengths, part, target_cm[p] + _part_cm(lengths, e, target_fraction[p]))
            for c in range(end_start[e], end_start[e + 1]):
                if first < 0:
                    first = end_rank[c]
                before = size
                size = _offer(parent, dist, closed, climbed, is_climbed, size, end_rank[c], ending)
                chains += size > before
        _climb(cch, metric, lengths, False, dist, closed, climbed, is_climbed, size, chains)
        column_rank[i] = first
        x, d = first, np.int64(-1)
        if first >= 0:
            d = np.int64(depth[first])
        while d >= 0:
            table[d, i] = dist[x]
            is_climbed[x] = True
            x = parent[x]
            d -= 1
        for k in range(size):
            x = climbed[k]
            if not is_climbed[x] and dist[x] < closed:
                if loose_size == len(loose):
                    longer = np.empty((2 * loose_size, 3), np.int64)
                    longer[:loose_size] = loose
                    loose = longer
                loose[loose_size, 0] = np.int64(depth[x]) * states + x
                loose[loose_size, 1] = dist[x]
                loose[loose_size, 2] = i
                loose_size += 1
            is_climbed[x] = False
    by_rank = np.argsort(column_rank, kind="mergesort")
    column_rank = column_rank[by_rank]
    order = order[by_rank]
    table = table[:, by_rank].copy()
    place = np.empty(columns, np.int64)
    for i in range(columns):
        place[by_rank[i]] = i
    loose_key = loose[:loose_size, 0].copy()
    by_key = np.argsort(loose_key, kind="mergesort")
    loose_key = loose_key[by_key]
    loose_cost, loose_column = np.full(loose_size, closed), place[loose[by_key, 2]]
    for i in range(loose_size):
        loose_cost[i] = loose[by_key[i], 1]

    row = np.full(columns, closed)
    by_edge = np.argsort(target_edge, kind="mergesort")
    point_place, place_column = _columns_of_points(target_start, order, len(target_edge))
    for s in range(len(source_start) - 1):
        size, chains = 0, 0
        row[:] = closed
        for p in range(source_start[s], source_start[s + 1]):
            e = source_edge[p]
            if cost[e] == CLOSED:
                continue
            before = size
            part_cm = _part_cm(lengths, e, source_fraction[p])
            part = min(source_extra[p] + cost[e] - _part(cost[e], source_fraction[p]), np.int64(CLOSED))
            rest = _key(lengths, part, source_cm[p] + _part_cm(lengths, e, 1.0) - part_cm)
            size = _offer(parent, dist, closed, climbed, is_climbed, size, entry_rank[e], rest)
            chains += size > before
            k = _first_place(target_edge, by_edge, e)
            while k < len(by_edge) and target_edge[by_edge[k]] == e:
                t = by_edge[k]
                k += 1
                column = place_column[point_place[t]]
                if column >= 0 and target_fraction[t] >= source_fraction[p]:
                    direct = _part(cost[e], target_fraction[t]) - _part(cost[e], source_fraction[p])
                    direct = min(direct + source_extra[p] + target_extra[t], np.int64(CLOSED))
                    direct_cm = _part_cm(lengths, e, target_fraction[t]) - part_cm + source_cm[p] + target_cm[t]
                    row[column] = min(row[column], _key(lengths, direct, direct_cm))
        _climb(cch, metric, lengths, True, dist, closed, climbed, is_climbed, size, chains)
        for k in range(size):
            x = climbed[k]
            own = dist[x]
            if own >= closed:
                continue
            d = depth[x]
            if d <= deepest:
                low = np.searchsorted(column_rank, subtree_start[x])
                high = np.searchsorted(column_rank, x, "right")
                _add_row(lengths, row, table, np.int64(d), own, low, high)
            if loose_size:
                key = np.int64(d) * states + x
                i = np.searchsorted(loose_key, key)
                while i < loose_size and loose_key[i] == key:
                    row[loose_column[i]] = min(row[loose_column[i]], _sum(lengths, own, loose_cost[i]))
                    i += 1
        for i in range(columns):
            found[s, order[i]] = _saturated(lengths, row[i])


@numba.njit(cache=True, nogil=True)
def _add_row(lengths, row, table, d, own, low, high):  # type: ignore[no-untyped-def]
    """Offers the cost at one depth to a range of targets; no sum overflows, as all parts are below 2^31."""
    mine, theirs = row[low:high], table[d, low:high]
    for i in range(len(mine)):
        through = _sum(lengths, own, theirs[i])
        mine[i] = through if through < mine[i] else mine[i]


@numba.njit(cache=True, nogil=True)
def _columns_of_points(target_start, order, points):  # type: ignore[no-untyped-def]
    """(place of each point, column of each place or -1)."""
    places = len(target_start) - 1
    point_place = np.empty(points, np.int32)
    for place in range(places):
        point_place[target_start[place] : target_start[place + 1]] = place
    column = np.full(places, -1, np.int64)
    for i in range(len(order)):
        column[order[i]] = i
    return point_place, column


@numba.njit(cache=True, nogil=True)
def _first_place(edge, by_edge, wanted):  # type: ignore[no-untyped-def]
    low, high = 0, len(by_edge)
    while low < high:
        middle = (low + high) >> 1
        if edge[by_edge[middle]] < wanted:
            low = middle + 1
        else:
            high = middle
    return low
