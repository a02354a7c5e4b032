"""Costs from many places to many: matrices, with the lengths of the quickest ways, and the nearest of many places.

Where two drives meet is a rank above both ends. So each source and each target climbs once, all of a side together
(`routing.lanes`), and a cell of a matrix is the least sum over the ranks above both.

A cost with its length is one number, milliseconds in the upper half and centimetres in the lower: the least of these
is the shortest of the quickest. For one source that is not worth its making: costs are pulled down to each target, and
kept for the next (lazy sweep).

Rejected: sweeping down from 16 sources at once (RPHAST), which looks at every ancestor of every target for each of
them: 1,000 x 1,000 on 94,000 states takes 6 ms this way, such sweeps were measured at 140 ms on a like graph.
Source: lazy sweeps, Strasser, Zeitz 2021, "A fast and tight heuristic for A* in road networks", section 3.
"""

import math
from typing import overload

import numpy as np
from numpy.typing import NDArray

from kernels.caching import cached
from routing import lanes
from routing.cch import Cch
from routing.customize import Metric
from routing.errors import BadPoint
from routing.field import reach
from routing.measure import Lengths, check_lengths
from routing.packed import Layout, int32s, uint32s
from routing.places import Places, as_places, check_places
from routing.trip import CLOSED, EdgePoints, check_points
from routing.weights import check_fit

__all__ = ["Places", "as_places", "find_matrix", "find_nearest", "find_nearest_sources", "reach"]

Int32s = NDArray[np.int32]

HIERARCHY = Layout("up_start", "up_head", "parent", "entry_rank", "end_start", "end_rank")
UP_START, UP_HEAD, PARENT, ENTRY_RANK, END_START, END_RANK = HIERARCHY.places
WEIGHTS = Layout("cost_ms", "up_ms", "down_ms")
COST, UP_WEIGHT, DOWN_WEIGHT = WEIGHTS.places

BLOCK = 4096
"""Places of a side that are joined at once: their rows take some MB."""


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
    shape = len(sources), len(targets)
    cost_ms, length_cm = np.empty(shape, np.int32), np.empty(shape if lengths is not None else (0, 0), np.int32)
    for column in range(0, len(targets), BLOCK):
        part, cm = _cut(targets, after_cm, column)
        below = lanes.climb_all(cch, metric, lengths, part, cm, False)
        for row in range(0, len(sources), BLOCK):
            part, cm = _cut(sources, before_cm, row)
            above = lanes.climb_all(cch, metric, lengths, part, cm, True)
            rows = slice(row, row + BLOCK)
            lanes.join_all(metric, lengths, above, below, column, cost_ms[rows], length_cm[rows])
    return cost_ms if lengths is None else (cost_ms, length_cm)


def _cut(places: Places, cm: Int32s, first: int) -> tuple[Places, Int32s]:
    """A block of places."""
    if len(places) <= BLOCK:
        return places, cm
    start = places.start[first : first + BLOCK + 1]
    low, high = int(start[0]), int(start[-1])
    points = places.points
    rows = EdgePoints(points.edge[low:high], points.fraction[low:high], points.extra_ms[low:high])
    return Places(rows, start - start[0]), cm[low:high]


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


@cached(nogil=True)
def _part(cost, fraction):  # type: ignore[no-untyped-def]  # kernels; the functions above are typed
    return np.int64(math.floor(cost * fraction))


@cached(nogil=True)
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
