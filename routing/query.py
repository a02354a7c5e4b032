"""Exact least-cost drives from points on edges to points on edges, in a customized hierarchy.

A shortest path can be taken as one that climbs to higher ranks and then descends. What can be climbed to from a state
are its ancestors: at most a few hundred, found by going from parent to parent, without a queue.
Source: elimination tree query, Dibbelt, Strasser, Wagner 2016, section 8.2.
"""

import math
import threading

import numba
import numpy as np
from numpy.typing import NDArray

from routing.cch import Cch
from routing.customize import Metric
from routing.errors import BadCost, BadGraph
from routing.trip import CLOSED, UNREACHED, EdgePoints, Path, check_points

BROKEN = -1
"""In place of a cost: a path has no edges under it."""


def find_path(cch: Cch, metric: Metric, starts: EdgePoints, ends: EdgePoints) -> Path | None:
    """The cheapest drive from one of the starts to one of the ends, or None if there is none.

    It costs what `routing.search.find_path` finds; of equally cheap ways it may take another.
    A start pays the part of its edge that lies before it, an end the part up to it; the part of an edge up to a
    fraction is floor(cost * fraction). A way of 24.8 days and more between the ends may be missed.

    Any number of threads may ask at once; the interpreter lock is released.
    Raises BadPoint for an edge the hierarchy lacks, BadCost and BadGraph if metric and hierarchy do not fit.
    """
    cost, start, end, edges = _ask(cch, metric, starts, ends, True)
    if cost == UNREACHED:
        return None
    return Path(edges, float(starts.fraction[start]), float(ends.fraction[end]), cost, start, end)


def find_cost(cch: Cch, metric: Metric, starts: EdgePoints, ends: EdgePoints) -> int:
    """What the path of `find_path` costs, in milliseconds; UNREACHED if there is none. Takes half its time."""
    return _ask(cch, metric, starts, ends, False)[0]


def check_fit(cch: Cch, metric: Metric) -> None:
    """Raises BadCost if the metric has other lengths than the hierarchy: the searches do not look again."""
    if len(metric.cost_ms) != cch.edges or not len(metric.up_ms) == len(metric.down_ms) == cch.arcs:
        raise BadCost(f"the metric is of another hierarchy: {len(metric.cost_ms)} edges, {cch.edges} expected")


def _ask(
    cch: Cch, metric: Metric, starts: EdgePoints, ends: EdgePoints, is_path_wanted: bool
) -> tuple[int, int, int, NDArray[np.int32]]:
    check_fit(cch, metric)
    check_points(starts, cch.edges)
    check_points(ends, cch.edges)
    dist, before, climbed, stamp, query = _thread_scratch(cch.states)
    cost, start, end, edges = _query(
        (cch.up_start, cch.up_head),
        (cch.down_start, cch.down_tail, cch.down_arc),
        (cch.seed_start, cch.seed_slot, cch.seed_edge),
        cch.parent,
        cch.entry_rank,
        cch.end_start,
        cch.end_rank,
        metric.cost_ms,
        metric.up_ms,
        metric.down_ms,
        starts.edge,
        starts.fraction,
        starts.extra_ms,
        ends.edge,
        ends.fraction,
        ends.extra_ms,
        dist,
        before,
        climbed,
        stamp,
        query,
        is_path_wanted,
    )
    if cost == BROKEN:
        raise BadGraph("a shortcut of the metric has no edges under it; customize this hierarchy again")
    return cost, start, end, edges


_threads = threading.local()

Scratch = tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32], NDArray[np.int64], int]


def _thread_scratch(states: int) -> Scratch:
    """Labels of both directions and a stamp that none carries; this thread's own, never cleared."""
    if getattr(_threads, "states", -1) < states:
        _threads.arrays = (
            np.empty((2, states), np.int64),  # cost
            np.empty((2, states, 2), np.int32),  # rank before and arc between; -1 - i where point i begins
            np.empty((2, states), np.int32),  # ancestors, ascending
            np.zeros((2, states), np.int64),  # the query that climbed there
        )
        _threads.states, _threads.query = states, 0
    _threads.query += 1
    return *_threads.arrays, _threads.query


@numba.njit(cache=True, nogil=True)
def _part(cost, fraction):  # type: ignore[no-untyped-def]  # kernels; the functions above are typed
    return np.int64(math.floor(cost * fraction))


@numba.njit(cache=True, nogil=True)
def _query(  # type: ignore[no-untyped-def]
    arcs, lower, seeds, parent, entry_rank, end_start, end_rank, cost, up, down, start_edge, start_fraction,
    start_extra, end_edge, end_fraction, end_extra, dist, before, climbed, stamp, query, is_path_wanted,
):  # fmt: skip
    """(cost, start, end, edges); cost UNREACHED without a path, BROKEN if one has no edges."""
    best, meet, first, last = np.int64(UNREACHED), np.int64(-1), np.int64(-1), np.int64(-1)
    nothing = np.empty(0, np.int32)
    for s in range(len(start_edge)):
        e = start_edge[s]
        for t in range(len(end_edge)):
            if e == end_edge[t] and cost[e] != CLOSED and end_fraction[t] >= start_fraction[s]:
                direct = _part(cost[e], end_fraction[t]) - _part(cost[e], start_fraction[s])
                direct += start_extra[s] + end_extra[t]
                if direct < best:
                    best, first, last = direct, np.int64(s), np.int64(t)

    fore, back = dist[0], dist[1]
    ahead, behind = 0, 0
    for s in range(len(start_edge)):
        e = start_edge[s]
        if cost[e] != CLOSED:
            rest = start_extra[s] + cost[e] - _part(cost[e], start_fraction[s])
            ahead = _begin(parent, fore, before[0], climbed[0], stamp[0], query, ahead, entry_rank[e], rest, s)
    for t in range(len(end_edge)):
        e = end_edge[t]
        if cost[e] != CLOSED:
            part = end_extra[t] + _part(cost[e], end_fraction[t])
            for c in range(end_start[e], end_start[e + 1]):
                behind = _begin(parent, back, before[1], climbed[1], stamp[1], query, behind, end_rank[c], part, t)
    # Ranks that only one direction climbs to come before those of both: every higher one of these is of both as well.
    for i in range(ahead):
        x = climbed[0, i]
        if stamp[1, x] != query:
            _relax(arcs, up, fore, before[0], x, best)
    for i in range(behind):
        x = climbed[1, i]
        if stamp[0, x] != query:
            _relax(arcs, down, back, before[1], x, best)
    for i in range(ahead):
        x = climbed[0, i]
        if stamp[1, x] == query:
            if fore[x] != UNREACHED and back[x] != UNREACHED and fore[x] + back[x] < best:
                best, meet = fore[x] + back[x], np.int64(x)
            _relax(arcs, up, fore, before[0], x, best)
            _relax(arcs, down, back, before[1], x, best)

    if best == UNREACHED or not is_path_wanted:
        return best, first, last, nothing
    if meet < 0:
        return best, first, last, start_edge[first : first + 1].copy()
    return _read_path(arcs, lower, seeds, cost, up, down, before, best, meet, start_edge, end_edge)


@numba.njit(cache=True, nogil=True)
def _begin(parent, dist, before, climbed, stamp, query, size, rank, cost, point):  # type: ignore[no-untyped-def]
    """Offers a cost to a rank and adds its ancestors to those climbed to; gives how many these are now."""
    if stamp[rank] != query:
        # The new ones join the old ones at an ancestor: two ascending lists are merged from the top.
        new, x = 0, rank
        while x >= 0 and stamp[x] != query:
            stamp[x] = query
            dist[x] = UNREACHED
            climbed[size + new] = x
            new += 1
            x = parent[x]
        if size > 0:
            added = climbed[size : size + new].copy()
            i, j = size - 1, new - 1
            for place in range(size + new - 1, -1, -1):
                if j < 0:
                    break
                if i >= 0 and climbed[i] > added[j]:
                    climbed[place] = climbed[i]
                    i -= 1
                else:
                    climbed[place] = added[j]
                    j -= 1
        size += new
    if cost < dist[rank]:
        dist[rank] = cost
        before[rank, 0] = -1 - point
    return size


@numba.njit(cache=True, nogil=True)
def _relax(arcs, weight, dist, before, x, best):  # type: ignore[no-untyped-def]
    """Climbs over every arc of a rank, unless that cannot lead to less than the best.

    `arcs` is (up_start, up_head) in one argument: with two, a query took 29-36 instead of 15 us (numba 0.68, measured).
    """
    own = dist[x]
    if own >= best:
        return
    for a in range(np.uint64(arcs[0][x]), np.uint64(arcs[0][x + 1])):
        head = np.uint64(arcs[1][a])
        through = own + weight[a]
        if through < dist[head] and weight[a] != CLOSED:
            dist[head] = through
            before[head, 0] = x
            before[head, 1] = a


@numba.njit(cache=True, nogil=True)
def _read_path(arcs, lower, seeds, cost, up, down, before, best, meet, start_edge, end_edge):  # type: ignore[no-untyped-def]
    steps, x = 0, meet
    while before[0, x, 0] >= 0:
        steps, x = steps + 1, np.int64(before[0, x, 0])
    first = np.int64(-1 - before[0, x, 0])
    turns, x = 0, meet
    while before[1, x, 0] >= 0:
        turns, x = turns + 1, np.int64(before[1, x, 0])
    last = np.int64(-1 - before[1, x, 0])
    # Arcs wait with the lower rank before their number, and its complement if driven downwards; the first on top.
    stack = np.empty((steps + turns + 128, 2), np.int64)
    x = meet
    for place in range(turns - 1, -1, -1):
        stack[place, 0], stack[place, 1] = before[1, x, 0], ~np.int64(before[1, x, 1])
        x = np.int64(before[1, x, 0])
    x = meet
    for place in range(turns, turns + steps):
        stack[place, 0], stack[place, 1] = before[0, x, 0], before[0, x, 1]
        x = np.int64(before[0, x, 0])
    edges = np.empty(256, np.int32)
    edges[0] = start_edge[first]
    edges, size = _unpack(arcs, lower, seeds, cost, up, down, stack, turns + steps, edges, 1)
    if size < 0:
        return np.int64(BROKEN), np.int64(-1), np.int64(-1), np.empty(0, np.int32)
    path = np.empty(size + 1, np.int32)
    path[:size] = edges[:size]
    path[size] = end_edge[last]
    return best, first, last, path


@numba.njit(cache=True, nogil=True)
def _unpack(arcs, lower, seeds, cost, up, down, stack, waiting, edges, size):  # type: ignore[no-untyped-def]
    """Appends the edges under the arcs that wait, top of the stack first; gives (edges, how many), -1 if some lack.

    No arc remembers what it stands for (that would double a metric): an edge or a lower triangle of its cost is looked
    for, and a triangle's arcs are of lower ranks, so that this ends.
    """
    up_start, up_head = arcs
    down_start, down_tail, down_arc = lower
    seed_start, seed_slot, seed_edge = seeds
    while waiting > 0:
        waiting -= 1
        x, arc = stack[waiting, 0], stack[waiting, 1]
        is_down = arc < 0
        if is_down:
            arc = ~arc
        weight = down[arc] if is_down else up[arc]
        slot = 2 * arc + is_down
        edge = -1
        for i in range(seed_start[x], seed_start[x + 1]):
            if seed_slot[i] == slot and cost[seed_edge[i]] == weight:
                edge = seed_edge[i]
                break
        if edge >= 0:
            if size == len(edges):
                longer = np.empty(2 * size, np.int32)
                longer[:size] = edges
                edges = longer
            edges[size] = edge
            size += 1
            continue
        y = up_head[arc]
        is_found = False
        for i in range(np.uint64(down_start[x]), np.uint64(down_start[x + 1])):
            to_x = np.uint64(down_arc[i])
            half = up[to_x] if is_down else down[to_x]
            if half > weight:
                continue
            v = np.uint64(down_tail[i])
            to_y, end = to_x, np.uint64(up_start[v + np.uint64(1)])
            while end - to_y > np.uint64(1):
                middle = (to_y + end) >> np.uint64(1)
                if up_head[middle] <= y:
                    to_y = middle
                else:
                    end = middle
            if up_head[to_y] == y and np.int64(half) + (down[to_y] if is_down else up[to_y]) == weight:
                is_found = True
                if waiting + 2 > len(stack):
                    deeper = np.empty((2 * len(stack), 2), np.int64)
                    deeper[: len(stack)] = stack
                    stack = deeper
                # Down to the middle first, then up.
                stack[waiting, 0], stack[waiting + 1, 0] = v, v
                stack[waiting, 1] = to_x if is_down else to_y
                stack[waiting + 1, 1] = ~np.int64(to_y if is_down else to_x)
                waiting += 2
                break
        if not is_found:
            return edges, -1
    return edges, size
