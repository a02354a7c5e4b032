"""Further ways that differ from the best: drives over another place that are good ways everywhere.

A *via* is an ancestor of both ends or of one: going up and then down again over its ancestors gives the exact cost
from the start to it and on to the end. A way over it is offered if it costs little more than the best, if it shares not
too much with the ways offered before, passes no place twice, and if the piece around the via is itself a best way
(local optimality): so it is no detour that one makes only to differ.
Source: Abraham, Delling, Goldberg, Werneck 2013, "Alternative routes in road networks", sections 3 and 4 (limited
sharing, local optimality by the T-test, ranking by cost and sharing).
"""

import math
import threading

import numba
import numpy as np
from numpy.typing import NDArray

from routing.cch import Cch
from routing.customize import Metric
from routing.errors import BadPoint
from routing.packed import Layout, Packed, int32_rows, int32s, int64s
from routing.query import edges_under, find_cost, find_path
from routing.trip import CLOSED, UNREACHED, EdgePoints, Path

Int32s = NDArray[np.int32]

MOST_READ = 6
"""So many candidates are spelled out in edges, 30 us each; the ranking puts good ones first: twice as many find another
way for 3 % more of all pairs."""

HIERARCHY = Layout("up_start", "up_head", "parent", "entry_rank", "end_start", "end_rank", "rank_node")
UP_START, UP_HEAD, PARENT, ENTRY_RANK, END_START, END_RANK, RANK_NODE = HIERARCHY.places
WEIGHTS = Layout("cost_ms", "up_ms", "down_ms")
COST, UP_WEIGHT, DOWN_WEIGHT = WEIGHTS.places
FORE, BACK, FORE_BEFORE, BACK_BEFORE, CLIMBED, STAMP, MARK, QUERIES = range(8)


def find_alternatives(
    cch: Cch,
    metric: Metric,
    starts: EdgePoints,
    ends: EdgePoints,
    count: int,
    max_stretch: float = 1.25,
    max_share: float = 0.7,
    local_optimality: float = 0.25,
    base_edge: Int32s | None = None,
) -> list[Path]:
    """The cheapest drive and up to `count` others that differ from it and from each other, best first; [] if none is.

    max_stretch: what another may cost, as a multiple of the cheapest. max_share: how much of the cost of the cheapest
    another may have in common with each one before it. local_optimality: a piece of this share of the cheapest's cost
    before and after the place over which another leads is a cheapest drive itself.
    base_edge: (edges,) of the graph, so that an alias is the same street as the edge it drives; None = no aliases.

    All are legal drives as `find_path` gives them. Takes 7 times as long as `find_path`: 0.3 ms for 77,000 states.
    Only places that are ancestors of an end are looked at: of streets beside each other without such a junction one is
    found. Of 3,000 random pairs in Heidelberg and around, 24 minutes apart on average, 61 % have another way, 21 % two.

    Raises BadPoint if a number is outside its range, and as `find_path`.
    """
    for name, value, least, most in (
        ("count", count, 0, 16),
        ("max_stretch", max_stretch, 1.0, 10.0),
        ("max_share", max_share, 0.0, 1.0),
        ("local_optimality", local_optimality, 0.0, 1.0),
    ):
        if not least <= value <= most:
            raise BadPoint(f"{name}={value:g} must lie in {least:g}..{most:g}")
    best = find_path(cch, metric, starts, ends)
    if best is None:
        return []
    chosen = [best]
    if count == 0 or len(best.edges) < 2:
        return chosen
    if base_edge is not None and base_edge.shape != (cch.edges,):
        raise BadPoint(f"base_edge {base_edge.shape} must be a column of {cch.edges} edges")
    own_ms = best.cost_ms - int(starts.extra_ms[best.start]) - int(ends.extra_ms[best.end])
    limit_ms, most_shared_ms = best.cost_ms + int(own_ms * (max_stretch - 1.0)), int(own_ms * max_share)
    hierarchy, weights, scratch = HIERARCHY.pack(cch), WEIGHTS.pack(metric), _thread_scratch(cch)
    vias = _find_vias(
        hierarchy.address, weights.address, scratch.address, starts.edge, starts.fraction, starts.extra_ms, ends.edge,
        ends.fraction, ends.extra_ms, limit_ms, most_shared_ms,
    )  # fmt: skip
    taken = [_as_taken(cch, best.edges, base_edge)]
    for via in vias[:MOST_READ].tolist():
        steps, first, last, up_to_ms = _read_steps(scratch.address, via)
        edges = np.concatenate(
            (starts.edge[first : first + 1], edges_under(cch, metric, steps), ends.edge[last : last + 1])
        )
        streets, streets_sorted, heads = _as_taken(cch, edges, base_edge)
        if _repeats(heads) > _repeats(taken[0][2]):
            continue
        first_fraction, last_fraction = float(starts.fraction[first]), float(ends.fraction[last])
        if any(
            _shared_ms(weights.address, edges, streets, other[1], first_fraction, last_fraction, most_shared_ms) < 0
            for other in taken
        ):
            continue
        middle_ms, around_ms = up_to_ms - int(starts.extra_ms[first]), int(own_ms * local_optimality)
        (low, begin, before_ms), (high, end, after_ms), (_, _, cost_ms) = (
            _place_at(weights.address, edges, first_fraction, last_fraction, wanted_ms)
            for wanted_ms in (middle_ms - around_ms, middle_ms + around_ms, UNREACHED)
        )
        if find_cost(cch, metric, _point(edges[low], begin), _point(edges[high], end)) < after_ms - before_ms:
            continue
        cost_ms += int(starts.extra_ms[first]) + int(ends.extra_ms[last])
        chosen.append(Path(edges, first_fraction, last_fraction, cost_ms, first, last))
        taken.append((streets, streets_sorted, heads))
        if len(chosen) > count:
            break
    return [best, *sorted(chosen[1:], key=lambda path: path.cost_ms)]


def _point(edge: np.int32, fraction: float) -> EdgePoints:
    return EdgePoints(np.array([edge]), np.array([fraction]), np.zeros(1, np.int64))


def _as_taken(cch: Cch, edges: Int32s, base_edge: Int32s | None) -> tuple[Int32s, Int32s, Int32s]:
    """(streets driven, the same sorted, sorted junctions passed)."""
    streets = edges if base_edge is None else base_edge[edges]
    return streets, np.sort(streets), np.sort(cch.rank_node[cch.entry_rank[edges[:-1]]])


_threads = threading.local()


def _thread_scratch(cch: Cch) -> Packed:
    """Labels of both directions and a stamp that none carries; this thread's own, never cleared."""
    states = len(cch.parent)
    if getattr(_threads, "states", -1) < states:
        _threads.scratch = Packed(
            np.empty(states, np.int64),  # cost from the starts
            np.empty(states, np.int64),  # cost to the ends
            np.empty((states, 2), np.int32),  # rank before and arc between; -1 - i where start i begins
            np.empty((states, 2), np.int32),  # rank after and arc between; -1 - i where end i is
            np.empty(states, np.int32),  # ancestors, ascending
            np.zeros(states, np.int64),  # the query that climbed there
            np.zeros((2, states), np.int64),  # the query whose best way leads over it: before the via, after it
            np.zeros(1, np.int64),  # how many queries there were
        )
        _threads.states = states
    scratch: Packed = _threads.scratch
    return scratch


@numba.njit(cache=True, nogil=True)
def _part(cost, fraction):  # type: ignore[no-untyped-def]  # kernels; the functions above are typed
    return np.int64(math.floor(cost * fraction))


@numba.njit(cache=True, nogil=True)
def _find_vias(  # type: ignore[no-untyped-def]
    cch, metric, scratch, start_edge, start_fraction, start_extra, end_edge, end_fraction, end_extra, limit, most_shared
):  # fmt: skip
    """Vias of different ways within the limit that leave the best way early enough, the most promising first.

    What a way shares is taken from the trees of both searches: arcs of the hierarchy in common, a little less than
    edges in common. Leaves the labels of every via in the scratch, for `_read_steps`.
    """
    up_start, up_head, parent = int32s(cch, UP_START), int32s(cch, UP_HEAD), int32s(cch, PARENT)
    entry_rank, end_start, end_rank = int32s(cch, ENTRY_RANK), int32s(cch, END_START), int32s(cch, END_RANK)
    cost, up, down = int32s(metric, COST), int32s(metric, UP_WEIGHT), int32s(metric, DOWN_WEIGHT)
    fore, back, climbed = int64s(scratch, FORE), int64s(scratch, BACK), int32s(scratch, CLIMBED)
    fore_before, back_before = int32_rows(scratch, FORE_BEFORE, 2), int32_rows(scratch, BACK_BEFORE, 2)
    stamp, queries = int64s(scratch, STAMP), int64s(scratch, QUERIES)
    queries[0] += 1
    query, size = queries[0], 0
    for s in range(len(start_edge)):
        e = start_edge[s]
        if cost[e] != CLOSED:
            size = _climb(parent, fore, back, climbed, stamp, query, size, entry_rank[e])
            own = start_extra[s] + cost[e] - _part(cost[e], start_fraction[s])
            if own < fore[entry_rank[e]]:
                fore[entry_rank[e]], fore_before[entry_rank[e], 0] = own, -1 - s
    for t in range(len(end_edge)):
        e = end_edge[t]
        if cost[e] != CLOSED:
            own = end_extra[t] + _part(cost[e], end_fraction[t])
            for c in range(end_start[e], end_start[e + 1]):
                rank = end_rank[c]
                size = _climb(parent, fore, back, climbed, stamp, query, size, rank)
                if own < back[rank]:
                    back[rank], back_before[rank, 0] = own, -1 - t
    climbed[:size].sort()
    for i in range(size):
        x = climbed[i]
        ahead, behind = fore[x], back[x]
        for a in range(np.uint64(up_start[x]), np.uint64(up_start[x + 1])):
            head = np.uint64(up_head[a])
            if ahead <= limit and up[a] != CLOSED and ahead + up[a] < fore[head]:
                fore[head], fore_before[head, 0], fore_before[head, 1] = ahead + up[a], x, a
            if behind <= limit and down[a] != CLOSED and behind + down[a] < back[head]:
                back[head], back_before[head, 0], back_before[head, 1] = behind + down[a], x, a
    best, meet = np.int64(UNREACHED), np.int64(-1)
    for i in range(size - 1, -1, -1):
        x = climbed[i]
        ahead, behind = fore[x], back[x]
        for a in range(np.uint64(up_start[x]), np.uint64(up_start[x + 1])):
            head = np.uint64(up_head[a])
            if fore[head] <= limit and down[a] != CLOSED and fore[head] + down[a] < ahead:
                ahead, fore_before[x, 0], fore_before[x, 1] = fore[head] + down[a], head, a
            if back[head] <= limit and up[a] != CLOSED and back[head] + up[a] < behind:
                behind, back_before[x, 0], back_before[x, 1] = back[head] + up[a], head, a
        fore[x], back[x] = ahead, behind
        if ahead <= limit and behind <= limit and ahead + behind < best:
            best, meet = ahead + behind, np.int64(x)
    if meet < 0:
        return np.empty(0, np.int32)
    marks = int64s(scratch, MARK)
    states = len(marks) // 2
    fore_mark, back_mark = marks[:states], marks[states:]
    start, end = _mark(fore_before, fore_mark, query, meet), _mark(back_before, back_mark, query, meet)
    total, shared = np.empty(size, np.int64), np.empty(size, np.int64)
    found, count = np.empty(size, np.int32), 0
    for i in range(size):
        x = climbed[i]
        if fore[x] > limit or back[x] > limit or fore[x] + back[x] > limit:
            continue
        common = max(_shared(fore, fore_before, fore_mark, query, x) - start_extra[start], np.int64(0))
        common += max(_shared(back, back_before, back_mark, query, x) - end_extra[end], np.int64(0))
        if common <= most_shared:
            total[count], shared[count], found[count] = fore[x] + back[x], common, x
            count += 1
    # Vias of one cost are those of one way: between the first and the last of them lies its plateau. With one of a
    # tenth of the cost every eighth way is good, of a quarter two in five, without any one in a hundred (Heidelberg).
    order, vias, score, i, size = np.argsort(total[:count]), np.empty(count, np.int32), np.empty(count, np.int64), 0, 0
    while i < count:
        own, common, via = total[order[i]], np.int64(0), found[order[i]]
        low, high = fore[via], fore[via]
        while i < count and total[order[i]] == own:
            x = found[order[i]]
            low, high, common = min(low, fore[x]), max(high, fore[x]), max(common, shared[order[i]])
            i += 1
        vias[size], score[size] = via, own + common - 2 * min(high - low, best // 2)
        size += 1
    return vias[np.argsort(score[:size], kind="mergesort")]


@numba.njit(cache=True, nogil=True)
def _climb(parent, fore, back, climbed, stamp, query, size, rank):  # type: ignore[no-untyped-def]
    """Adds a rank and its ancestors to those climbed to, not yet in order; gives how many these are now."""
    x = rank
    while x >= 0 and stamp[x] != query:
        stamp[x] = query
        fore[x], back[x] = UNREACHED, UNREACHED
        climbed[size] = x
        size += 1
        x = parent[x]
    return size


@numba.njit(cache=True, nogil=True)
def _mark(before, mark, query, rank):  # type: ignore[no-untyped-def]
    """Marks the ranks of a way up to its point; gives the point's number."""
    x = np.int64(rank)
    mark[x] = query
    while before[x, 0] >= 0:
        x = np.int64(before[x, 0])
        mark[x] = query
    return -1 - before[x, 0]


@numba.njit(cache=True, nogil=True)
def _shared(dist, before, mark, query, rank):  # type: ignore[no-untyped-def]
    """The cost up to where a way leaves the marked one, 0 if it is another from its point on."""
    x = np.int64(rank)
    while mark[x] != query:
        if before[x, 0] < 0:
            return np.int64(0)
        x = np.int64(before[x, 0])
    return dist[x]


@numba.njit(cache=True, nogil=True)
def _read_steps(scratch, via):  # type: ignore[no-untyped-def]
    """(steps as routing.query.edges_under takes them, start, end, cost from the start to the via)."""
    before, after = int32_rows(scratch, FORE_BEFORE, 2), int32_rows(scratch, BACK_BEFORE, 2)
    ahead, x = 0, np.int64(via)
    while before[x, 0] >= 0:
        ahead, x = ahead + 1, np.int64(before[x, 0])
    start = np.int64(-1 - before[x, 0])
    behind, x = 0, np.int64(via)
    while after[x, 0] >= 0:
        behind, x = behind + 1, np.int64(after[x, 0])
    end = np.int64(-1 - after[x, 0])
    steps = np.empty((behind + ahead, 2), np.int64)
    x = np.int64(via)
    for place in range(behind - 1, -1, -1):
        other, arc = np.int64(after[x, 0]), np.int64(after[x, 1])
        steps[place, 0], steps[place, 1] = min(x, other), arc if other > x else ~arc
        x = other
    x = np.int64(via)
    for place in range(behind, behind + ahead):
        other, arc = np.int64(before[x, 0]), np.int64(before[x, 1])
        steps[place, 0], steps[place, 1] = min(x, other), ~arc if other > x else arc
        x = other
    return steps, start, end, int64s(scratch, FORE)[via]


@numba.njit(cache=True, nogil=True)
def _repeats(sorted_items):  # type: ignore[no-untyped-def]
    count = 0
    for i in range(1, len(sorted_items)):
        count += sorted_items[i] == sorted_items[i - 1]
    return count


@numba.njit(cache=True, nogil=True)
def _driven(cost, edges, i, first_fraction, last_fraction):  # type: ignore[no-untyped-def]
    """What edge i of a path costs, of the first and the last only the part that is driven."""
    own = np.int64(cost[edges[i]])
    part = _part(own, last_fraction) if i == len(edges) - 1 else own
    return part - _part(own, first_fraction) if i == 0 else part


@numba.njit(cache=True, nogil=True)
def _shared_ms(metric, edges, streets, sorted_streets, first_fraction, last_fraction, most):  # type: ignore[no-untyped-def]
    """The cost of a path's streets that another has as well; -1 if above `most`, or if none is new."""
    cost = int32s(metric, COST)
    shared, new = np.int64(0), np.int64(0)
    for i in range(len(edges)):
        own = _driven(cost, edges, i, first_fraction, last_fraction)
        place = np.searchsorted(sorted_streets, streets[i])
        if place < len(sorted_streets) and sorted_streets[place] == streets[i]:
            shared += own
        else:
            new += own
    return shared if shared <= most and new > 0 else np.int64(-1)


@numba.njit(cache=True, nogil=True)
def _place_at(metric, edges, first_fraction, last_fraction, wanted):  # type: ignore[no-untyped-def]
    """Where a path has cost so much: (place of the edge in the path, fraction of it, cost up to there)."""
    cost = int32s(metric, COST)
    total, last = np.int64(0), len(edges) - 1
    for i in range(last):
        driven = _driven(cost, edges, i, first_fraction, last_fraction)
        if total + driven >= wanted:
            own, base = np.int64(cost[edges[i]]), first_fraction if i == 0 else 0.0
            fraction = min(base + max(wanted - total, 0) / own, 1.0) if own > 0 else base
            return i, fraction, total + _part(own, fraction) - _part(own, base)
        total += driven
    own, driven = np.int64(cost[edges[last]]), _driven(cost, edges, last, first_fraction, last_fraction)
    if total + driven <= wanted:
        return last, last_fraction, total + driven
    fraction = (wanted - total) / own
    return last, fraction, total + _part(own, fraction)
