"""Costs from many places to many: matrices, the nearest of many targets, and the cost to every node.

Where two drives meet is an ancestor of both ends, and the common ancestors of two ranks are the first so many of each
one's way down from the root. So each target leaves its costs in a table by depth, targets in the order of their ranks;
a source adds its own cost at a depth to the row of those targets that lie below the same ancestor, a range of
neighbouring columns. That is a plain loop over numbers side by side, which the processor runs eight at a time.

Rejected: sweeping down from 16 sources at once (RPHAST), which looks at every ancestor of every target for each of
them: 1,000 x 1,000 on 131,000 states takes 21 ms this way, such sweeps were measured at 140 ms on a like graph.
Source: the sweep over all nodes is PHAST (Delling, Goldberg, Nowatzyk, Werneck 2011), restricted to subtrees in reach.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from routing.cch import Cch
from routing.customize import Metric
from routing.errors import BadPoint
from routing.query import check_fit
from routing.trip import CLOSED, UNREACHED, EdgePoints, check_points, edge_points

Int32s = NDArray[np.int32]

TABLE_CELLS = 1 << 20
"""A table of targets is kept within 4 MB, so that it stays near the processor."""


@dataclass(frozen=True, eq=False)
class Places:
    """Places of trips, each with the points on edges where one may begin or end there.

    points: all of them, place by place; start (places + 1,) int32: place i has points[start[i]:start[i + 1]].
    """

    points: EdgePoints
    start: Int32s

    def __len__(self) -> int:
        return len(self.start) - 1


def as_places(places: Sequence[EdgePoints]) -> Places:
    """The points of each place, packed."""
    start = np.zeros(len(places) + 1, np.int32)
    np.cumsum([len(place) for place in places], out=start[1:])
    if not places:
        return Places(edge_points([]), start)
    edge, fraction, extra_ms = (
        np.concatenate([getattr(place, name) for place in places]) for name in ("edge", "fraction", "extra_ms")
    )
    return Places(EdgePoints(edge, fraction, extra_ms), start)


def find_matrix(cch: Cch, metric: Metric, sources: Places, targets: Places) -> Int32s:
    """The least cost from every source to every target.

    Gives (sources, targets) int32 milliseconds, CLOSED where no drive leads or it takes 24.8 days and more, extras
    included. Equal to `routing.query.find_cost` of each pair. The interpreter lock is released.

    Time grows with the pairs, plus that of one climb for each place.
    Raises BadPoint and BadCost as `find_path`.
    """
    _check(cch, metric, sources)
    _check(cch, metric, targets)
    found = np.full((len(sources), len(targets)), CLOSED, np.int32)
    if not len(sources) or not len(targets):
        return found
    # Places beside each other in rank share most of their table.
    order = np.argsort(_first_ranks(cch.end_start, cch.end_rank, targets.points.edge, targets.start), kind="stable")
    columns = max(TABLE_CELLS // (int(cch.depth.max(initial=0)) + 1), 16)
    for begin in range(0, len(order), columns):
        _fill_matrix(
            cch.up_start,
            cch.up_head,
            cch.parent,
            cch.subtree_start,
            cch.entry_rank,
            cch.end_start,
            cch.end_rank,
            cch.depth,
            metric.cost_ms,
            metric.up_ms,
            metric.down_ms,
            sources.points.edge,
            sources.points.fraction,
            sources.points.extra_ms,
            sources.start,
            targets.points.edge,
            targets.points.fraction,
            targets.points.extra_ms,
            targets.start,
            order[begin : begin + columns].astype(np.int32),
            found,
        )
    return found


def find_nearest(
    cch: Cch, metric: Metric, starts: EdgePoints, targets: Places, count: int, limit_ms: int = CLOSED - 1
) -> tuple[Int32s, Int32s]:
    """The targets that are cheapest to reach from one of the starts: (their numbers, their costs), cheapest first.

    Of equally cheap ones the lower number comes first. Fewer than `count` if no more are within the limit.
    Raises BadPoint if count is below 1, and as `find_path`.
    """
    if count < 1:
        raise BadPoint(f"count={count} must be 1 or more")
    cost = find_matrix(cch, metric, as_places([starts]), targets)[0]
    near = np.flatnonzero(cost <= min(limit_ms, CLOSED - 1))
    if len(near) > count:
        near = near[cost[near] <= np.partition(cost[near], count - 1)[count - 1]]
    near = near[np.argsort(cost[near], kind="stable")][:count]
    return near.astype(np.int32), cost[near]


def reach(cch: Cch, metric: Metric, starts: EdgePoints, limit_ms: int = UNREACHED) -> NDArray[np.int64]:
    """The least cost to arrive at every node from one of the starts.

    limit_ms: nodes further away count as not reached; parts of the map beyond it are passed over.

    Gives (nodes,) int64 milliseconds, UNREACHED where no drive within the limit leads, or it takes 24.8 days and more
    beyond the cheapest extra. Else as `routing.search.reach`.
    Raises BadPoint and BadCost as `find_path`.
    """
    check_fit(cch, metric)
    check_points(starts, cch.edges)
    found: NDArray[np.int64] = _reach(
        cch.up_start,
        cch.up_head,
        cch.parent,
        cch.subtree_start,
        cch.rim_start,
        cch.rim,
        cch.entry_rank,
        cch.rank_node,
        cch.nodes,
        metric.cost_ms,
        metric.up_ms,
        metric.down_ms,
        starts.edge,
        starts.fraction,
        starts.extra_ms,
        min(int(limit_ms), UNREACHED),
    )
    return found


def _check(cch: Cch, metric: Metric, places: Places) -> None:
    check_fit(cch, metric)
    check_points(places.points, cch.edges)
    start = places.start
    if len(start) < 1 or start[0] != 0 or start[-1] != len(places.points) or np.any(np.diff(start) < 0):
        raise BadPoint("the rows of places do not rise to the number of points; make them with as_places")


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
def _offer(parent, dist, climbed, is_climbed, size, rank, cost):  # type: ignore[no-untyped-def]
    """Offers a cost to a rank and lists its ancestors, not yet in order; gives how many are listed."""
    x = rank
    while x >= 0 and not is_climbed[x]:
        is_climbed[x] = True
        dist[x] = CLOSED
        climbed[size] = x
        size += 1
        x = parent[x]
    dist[rank] = min(np.int64(dist[rank]), cost)
    return size


@numba.njit(cache=True, nogil=True)
def _climb(start, high, weight, dist, climbed, is_climbed, size, chains):  # type: ignore[no-untyped-def]
    """Final costs of the ancestors listed, and the list in ascending order."""
    if chains > 1:
        climbed[:size].sort()
    for i in range(size):
        x = climbed[i]
        is_climbed[x] = False
        own = dist[x]
        if own < CLOSED:
            for a in range(np.uint64(start[x]), np.uint64(start[x + 1])):
                head = np.uint64(high[a])
                dist[head] = min(dist[head], np.uint32(own + weight[a]))


@numba.njit(cache=True, nogil=True)
def _fill_matrix(  # type: ignore[no-untyped-def]
    up_start, up_head, parent, subtree_start, entry_rank, end_start, end_rank, depth, cost, up, down, source_edge,
    source_fraction, source_extra, source_start, target_edge, target_fraction, target_extra, target_start, order, found,
):  # fmt: skip
    """Fills the columns of the targets in `order`.

    A target whose ends have different ancestors has one column for the way down to its first end; the other ways
    down, from where they leave those before, are kept as loose (depth, rank, cost, target), sorted by depth and rank.
    """
    states, columns = len(depth), len(order)
    up, down = up.view(np.uint32), down.view(np.uint32)
    dist, climbed, is_climbed = np.empty(states, np.uint32), np.empty(states, np.int32), np.zeros(states, np.bool_)
    deepest = 0
    for i in range(columns):
        for p in range(target_start[order[i]], target_start[order[i] + 1]):
            for c in range(end_start[target_edge[p]], end_start[target_edge[p] + 1]):
                deepest = max(deepest, depth[end_rank[c]])
    table = np.full((deepest + 1, columns), CLOSED, np.uint32)
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
            ending = min(target_extra[p] + _part(cost[e], target_fraction[p]), np.int64(CLOSED))
            for c in range(end_start[e], end_start[e + 1]):
                if first < 0:
                    first = end_rank[c]
                before = size
                size = _offer(parent, dist, climbed, is_climbed, size, end_rank[c], ending)
                chains += size > before
        _climb(up_start, up_head, down, dist, climbed, is_climbed, size, chains)
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
            if not is_climbed[x] and dist[x] < CLOSED:
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
    loose_cost, loose_column = loose[by_key, 1].astype(np.uint32), place[loose[by_key, 2]]

    row = np.empty(columns, np.uint32)
    by_edge = np.argsort(target_edge, kind="mergesort")
    point_place, place_column = _columns_of_points(target_start, order, len(target_edge))
    for s in range(len(source_start) - 1):
        size, chains = 0, 0
        row[:] = CLOSED
        for p in range(source_start[s], source_start[s + 1]):
            e = source_edge[p]
            if cost[e] == CLOSED:
                continue
            before = size
            rest = min(source_extra[p] + cost[e] - _part(cost[e], source_fraction[p]), np.int64(CLOSED))
            size = _offer(parent, dist, climbed, is_climbed, size, entry_rank[e], rest)
            chains += size > before
            k = _first_place(target_edge, by_edge, e)
            while k < len(by_edge) and target_edge[by_edge[k]] == e:
                t = by_edge[k]
                k += 1
                column = place_column[point_place[t]]
                if column >= 0 and target_fraction[t] >= source_fraction[p]:
                    direct = _part(cost[e], target_fraction[t]) - _part(cost[e], source_fraction[p])
                    direct += source_extra[p] + target_extra[t]
                    row[column] = np.uint32(min(np.int64(row[column]), direct))
        _climb(up_start, up_head, up, dist, climbed, is_climbed, size, chains)
        for k in range(size):
            x = climbed[k]
            own = dist[x]
            if own >= CLOSED:
                continue
            d = depth[x]
            if d <= deepest:
                low = np.searchsorted(column_rank, subtree_start[x])
                high = np.searchsorted(column_rank, x, "right")
                _add_row(row, table, np.int64(d), own, low, high)
            if loose_size:
                key = np.int64(d) * states + x
                i = np.searchsorted(loose_key, key)
                while i < loose_size and loose_key[i] == key:
                    row[loose_column[i]] = min(row[loose_column[i]], np.uint32(own + loose_cost[i]))
                    i += 1
        for i in range(columns):
            found[s, order[i]] = row[i]


@numba.njit(cache=True, nogil=True)
def _add_row(row, table, d, own, low, high):  # type: ignore[no-untyped-def]
    """Offers the cost at one depth to a range of targets; no sum overflows, as both parts are below 2^31."""
    mine, theirs = row[low:high], table[d, low:high]
    for i in range(len(mine)):
        through = np.uint32(own + theirs[i])
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


@numba.njit(cache=True, nogil=True)
def _reach(  # type: ignore[no-untyped-def]
    up_start, up_head, parent, subtree_start, rim_start, rim, entry_rank, rank_node, nodes, cost, up, down,
    start_edge, start_fraction, start_extra, limit,
):  # fmt: skip
    """Climbs from the starts, then comes down over all ranks whose ancestors may be within the limit."""
    states = len(subtree_start)
    found = np.full(nodes, UNREACHED, np.int64)
    base = np.int64(UNREACHED)
    for s in range(len(start_edge)):
        if cost[start_edge[s]] != CLOSED:
            base = min(base, start_extra[s])
    if base == UNREACHED or limit < base:
        return found
    within = np.uint32(min(limit - base, np.int64(CLOSED - 1)))
    up, down = up.view(np.uint32), down.view(np.uint32)
    dist, climbed, is_climbed = np.empty(states, np.uint32), np.empty(states, np.int32), np.zeros(states, np.bool_)
    size, chains = 0, 0
    for s in range(len(start_edge)):
        e = start_edge[s]
        if cost[e] != CLOSED:
            before = size
            rest = min(start_extra[s] - base + cost[e] - _part(cost[e], start_fraction[s]), np.int64(CLOSED))
            size = _offer(parent, dist, climbed, is_climbed, size, entry_rank[e], rest)
            chains += size > before
    _climb(up_start, up_head, up, dist, climbed, is_climbed, size, chains)
    top = size - 1
    x = states - 1
    while x >= 0:
        if top >= 0 and climbed[top] == x:
            least = dist[x]
            top -= 1
        else:
            least = np.uint32(CLOSED)
        for a in range(np.uint64(up_start[x]), np.uint64(up_start[x + 1])):
            least = min(least, np.uint32(dist[np.uint64(up_head[a])] + down[a]))
        dist[x] = least
        if least <= within:
            node = rank_node[x]
            found[node] = min(found[node], base + np.int64(least))
        elif rim_start[x] < rim_start[x + 1] and (top < 0 or climbed[top] < subtree_start[x]):
            nearest = np.uint32(CLOSED)
            for i in range(rim_start[x], rim_start[x + 1]):
                nearest = min(nearest, dist[rim[i]])
            if nearest > within:
                x = subtree_start[x]
        x -= 1
    return found
