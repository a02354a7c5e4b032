"""Costs to or from everywhere: every node, and every edge for maps that are cut in mid-edge.

A sweep goes down over all ranks whose ancestors may be within the limit, each taking the least over its higher
neighbours; subtrees that can only be entered from beyond the limit are passed over. From what it reaches, the local
roads that begin there are driven on: private and destination-only roads, as the last (or first) stretch of a trip. They
are never left for a public one, and all turn rules hold on them.
Source: PHAST (Delling, Goldberg, Nowatzyk, Werneck 2011), restricted to subtrees in reach.
"""

import math

import numpy as np
from numpy.typing import NDArray

from kernels.caching import cached
from routing.cch import Cch
from routing.customize import Metric
from routing.errors import BadPoint
from routing.field_rows import (
    ARC_ROWS,
    ENTRIES,
    ENTRY_START,
    FIRST_STRETCHES,
    NEXT_START,
    NEXT_STRETCHES,
    RANK_ROWS,
    SKIPS,
    entry_rows,
    sweep_rows,
)
from routing.graph import Graph
from routing.packed import Layout, int32_rows, int32s
from routing.rows import as_read_only
from routing.scratch import borrow
from routing.trip import CLOSED, UNREACHED, EdgePoints, check_points
from routing.weights import check_fit

Int32s = NDArray[np.int32]
Int64s = NDArray[np.int64]

HIERARCHY = Layout(
    "up_start", "up_head", "parent", "subtree_start", "rim_start", "rim", "entry_rank", "end_start", "end_rank",
    "rank_node",
)  # fmt: skip
UP_START, UP_HEAD, PARENT, SUBTREE_START, RIM_START, RIM, ENTRY_RANK, END_START, END_RANK, RANK_NODE = HIERARCHY.places
WEIGHTS = Layout("cost_ms", "up_ms", "down_ms")
COST, UP_WEIGHT, DOWN_WEIGHT = WEIGHTS.places

NEVER = np.uint32(CLOSED + 1)
"""Cost of a rank nobody came to. The sum of two costs up to it fits into 32 bits, so that no sum is looked at."""


def reach(cch: Cch, metric: Metric, starts: EdgePoints, limit_ms: int = UNREACHED) -> Int64s:
    """The least cost to arrive at every node from one of the starts.

    limit_ms: nodes further away count as not reached; parts of the map beyond it are passed over.

    Gives (nodes,) int64 milliseconds, UNREACHED where no drive within the limit leads, or it takes 24.8 days and more
    beyond the cheapest extra. Else as `routing.search.reach`.
    Raises BadPoint and BadCost as `find_path`.
    """
    found: Int64s = _by_node(HIERARCHY.pack(cch).address, cch.nodes, *_spread(cch, metric, starts, limit_ms, False))
    return found


def reach_back(cch: Cch, metric: Metric, ends: EdgePoints, limit_ms: int = UNREACHED) -> Int64s:
    """The least cost to get from every node to one of the ends: how long each needs that is there.

    Whoever is at a node has driven there, over the edge that leaves the most ways on; `reach_edges` tells it for each
    edge. Nodes that no drivable edge leads to count as not reached. Else as `reach`.
    """
    found: Int64s = _by_node(HIERARCHY.pack(cch).address, cch.nodes, *_spread(cch, metric, ends, limit_ms, True))
    return found


def reach_edges(
    cch: Cch,
    metric: Metric,
    starts: EdgePoints,
    limit_ms: int = UNREACHED,
    backward: bool = False,
    base_edge: Int32s | None = None,
    into: Int64s | None = None,
    local: tuple[Graph, Int32s] | None = None,
) -> Int64s:
    """The least cost at which the beginning of every edge is passed, having driven there from one of the starts.

    starts: of the trips; their ends if backward.
    backward: what remains to the ends when an edge has been driven to its head, instead: the cost from a point on
    it is this and the rest of the edge. Turns forbidden after the edge are respected, earlier ones forgotten.
    base_edge: (edges,) of the graph, to count an alias as the road edge that it drives; None = there are no aliases.
    into: (roads,) int64, where it is written; None = a new array.
    local: the graph and (edges,) int32 costs of roads open at the ends of trips only (`routing.local`), which are
    reached as well, as the last stretch (backward: the first); None = they count as closed.

    Gives (roads,) int64 milliseconds, UNREACHED where no drive within the limit leads, and for closed edges. The
    edges of the starts have only costs of coming back to them: that a drive begins there is for the caller to add.
    A delay of an alias counts before its beginning. Raises BadPoint and BadCost as `find_path`.
    """
    if base_edge is not None and not (base_edge.dtype == np.int32 and base_edge.shape == (cch.edges,)):
        raise BadPoint(f"base_edge {base_edge.dtype} {base_edge.shape} must be an int32 column of {cch.edges} edges")
    of_road, roads = _roads_of(cch, base_edge)
    if into is None:
        into = np.empty(roads, np.int64)
    elif into.dtype != np.int64 or into.shape != (roads,):
        raise BadPoint(f"into {into.dtype} {into.shape} must be an int64 column of {roads} edges")
    check_fit(cch, metric)
    entries = entry_rows(cch, metric, of_road, roads, local, backward)
    _enter(entries.address, into, cch.states, *_spread(cch, metric, starts, limit_ms, backward, entries.local_states))
    return into


def _roads_of(cch: Cch, base_edge: Int32s | None) -> tuple[Int32s, int]:
    """What each edge drives, and how many roads there are; looked at once and kept with the hierarchy."""
    kept: tuple[Int32s | None, Int32s, int] | None = cch.__dict__.get("roads of edges")
    if kept is None or kept[0] is not base_edge:
        of_road = np.arange(cch.edges, dtype=np.int32) if base_edge is None else as_read_only(base_edge, np.int32)
        roads = int(of_road.max(initial=-1)) + 1
        if roads > cch.edges or of_road.min(initial=0) < 0:
            raise BadPoint(f"base_edge {of_road.min()}..{of_road.max()} points outside 0..{cch.edges - 1}")
        kept = cch.__dict__["roads of edges"] = (base_edge, of_road, roads)
    return kept[1:]


def _spread(
    cch: Cch, metric: Metric, starts: EdgePoints, limit_ms: int, is_backward: bool, more: int = 0
) -> tuple[int, int, NDArray[np.uint32], Int32s]:
    """(least extra, limit beyond it, cost of each rank beyond it, the ranks within the limit, some twice).

    Costs beyond the limit mean nothing. more: so many places after the ranks, not written to.
    """
    check_fit(cch, metric)
    check_points(starts, cch.edges)
    rows = sweep_rows(cch, metric, is_backward)
    dist = borrow("field", cch.states + more, np.uint32)
    reached = borrow("ranks reached", 2 * cch.states, np.int32)
    base, within, count = _sweep(
        HIERARCHY.pack(cch).address, WEIGHTS.pack(metric).address, rows.address, starts.edge, starts.fraction,
        starts.extra_ms, min(int(limit_ms), UNREACHED), is_backward, dist[: cch.states],
        borrow("ranks climbed", cch.states, np.int32), reached,
    )  # fmt: skip
    return base, within, dist, reached[:count]


@cached(nogil=True)
def _part(cost, fraction):  # type: ignore[no-untyped-def]  # kernels; the functions above are typed
    return np.int64(math.floor(cost * fraction))


@cached(nogil=True)
def _sweep(  # type: ignore[no-untyped-def]
    cch, metric, rows, start_edge, start_fraction, start_extra, limit, is_backward, dist, climbed, reached
):
    """Climbs from the starts, then comes down over all ranks whose ancestors may be within the limit."""
    subtree_start, rim_start, rim = int32s(cch, SUBTREE_START), int32s(cch, RIM_START), int32s(cch, RIM)
    ranks, arcs, skips = int32_rows(rows, RANK_ROWS, 2), int32_rows(rows, ARC_ROWS, 2), int32s(rows, SKIPS)
    dist[:] = NEVER
    cost = int32s(metric, COST)
    base = np.int64(UNREACHED)
    for s in range(len(start_edge)):
        if cost[start_edge[s]] != CLOSED:
            base = min(base, start_extra[s])
    if base == UNREACHED or limit < base:
        return np.int64(0), np.int64(-1), 0
    within = np.uint32(min(limit - base, np.int64(CLOSED - 1)))
    count = _climb(cch, metric, start_edge, start_fraction, start_extra, base, is_backward, dist, climbed)
    top, size = count - 1, 0
    one, row, stop = np.uint64(1), np.uint64(0), np.uint64(len(ranks) - 1)
    while row < stop:
        x = np.uint64(ranks[row, 0])
        least = dist[x]
        for a in range(np.uint64(ranks[row, 1]), np.uint64(ranks[row + one, 1])):
            least = min(least, np.uint32(dist[np.uint64(arcs[a, 0])] + np.uint32(arcs[a, 1])))
        dist[x], reached[size] = least, x
        size += least <= within
        if least > within and skips[row] > 0:
            while top >= 0 and climbed[top] >= x:
                top -= 1
            if top < 0 or climbed[top] < subtree_start[x]:
                nearest = NEVER
                for i in range(rim_start[x], rim_start[x + one]):
                    nearest = min(nearest, dist[rim[i]])
                if nearest > within:
                    row = np.uint64(skips[row])
                    continue
        row += one
    for i in range(count):  # few, and those that nothing leads down to are not among the rows
        reached[size] = climbed[i]
        size += dist[climbed[i]] <= within
    return base, np.int64(within), size


@cached(nogil=True)
def _climb(  # type: ignore[no-untyped-def]
    cch, metric, start_edge, start_fraction, start_extra, base, is_backward, dist, climbed
):
    """Costs of all ancestors of the starts, which are listed in rising order; gives how many they are."""
    up_start, up_head, parent = int32s(cch, UP_START), int32s(cch, UP_HEAD), int32s(cch, PARENT)
    entry_rank, end_start, end_rank = int32s(cch, ENTRY_RANK), int32s(cch, END_START), int32s(cch, END_RANK)
    cost, weight = int32s(metric, COST), int32s(metric, DOWN_WEIGHT if is_backward else UP_WEIGHT)
    size, chains, closed = 0, 0, np.uint32(CLOSED)
    for s in range(len(start_edge)):
        e = start_edge[s]
        if cost[e] == CLOSED:
            continue
        part = _part(cost[e], start_fraction[s])
        own = np.uint32(min(start_extra[s] - base + (part if is_backward else cost[e] - part), np.int64(CLOSED)))
        ends = end_start[e + 1] - end_start[e] if is_backward else 1
        for c in range(ends):
            x = rank = end_rank[end_start[e] + c] if is_backward else entry_rank[e]
            chains += dist[x] == NEVER
            while x >= 0 and dist[x] == NEVER:
                dist[x], climbed[size] = closed, x
                size += 1
                x = parent[x]
            dist[rank] = min(dist[rank], own)
    if chains > 1:
        climbed[:size].sort()
    for i in range(size):
        x = climbed[i]
        own = dist[x]
        if own < closed:
            for a in range(np.uint64(up_start[x]), np.uint64(up_start[x + 1])):
                head = np.uint64(up_head[a])
                dist[head] = min(dist[head], np.uint32(own + np.uint32(weight[a])))
    return size


@cached(nogil=True)
def _by_node(cch, nodes, base, within, dist, reached):  # type: ignore[no-untyped-def]
    rank_node = int32s(cch, RANK_NODE)
    found = np.full(nodes, UNREACHED, np.int64)
    for x in reached:
        found[rank_node[x]] = min(found[rank_node[x]], base + np.int64(dist[x]))
    return found


@cached(nogil=True)
def _enter(rows, found, ranks, base, within, dist, reached):  # type: ignore[no-untyped-def]
    """Drives on over local roads, and writes at what cost each road is entered."""
    start, entries = int32s(rows, ENTRY_START), int32_rows(rows, ENTRIES, 2)
    found[:] = UNREACHED
    if len(reached) == 0:
        return
    _drive_local(rows, dist, ranks, np.uint32(within))
    one = np.uint64(1)
    for i in range(np.uint64(len(reached) + len(dist) - ranks)):
        x = np.uint64(reached[i] if i < len(reached) else i - len(reached) + ranks)
        own = np.int64(dist[x])
        if own > within:
            continue
        for k in range(np.uint64(start[x]), np.uint64(start[x + one])):
            road, arrived = np.uint64(entries[k, 0]), own + entries[k, 1]
            if arrived <= within:
                found[road] = min(found[road], base + arrived)


@cached(nogil=True)
def _drive_local(rows, dist, ranks, within):  # type: ignore[no-untyped-def]
    """Costs of the local states. A queue does instead of a heap: local roads are short."""
    firsts, following = int32_rows(rows, FIRST_STRETCHES, 3), int32_rows(rows, NEXT_STRETCHES, 2)
    start, states = int32s(rows, NEXT_START), len(dist) - ranks
    dist[ranks:] = NEVER
    for i in range(np.uint64(len(firsts))):
        to = np.uint64(firsts[i, 1])
        dist[to] = min(dist[to], np.uint32(dist[np.uint64(firsts[i, 0])] + np.uint32(firsts[i, 2])))
    queue, is_waiting = np.empty(states + 1, np.int32), dist[ranks:] <= within
    first = last = 0
    for state in range(states):
        queue[last] = state
        last += is_waiting[state]
    while first != last:
        state = queue[first]
        first = first + 1 if first < states else 0
        is_waiting[state] = False
        for i in range(np.uint64(start[state]), np.uint64(start[state + 1])):
            own, to = np.uint32(dist[ranks + state] + np.uint32(following[i, 1])), following[i, 0]
            if own <= within and own < dist[to]:
                dist[to] = own
                if not is_waiting[to - ranks]:
                    is_waiting[to - ranks] = True
                    queue[last] = to - ranks
                    last = last + 1 if last < states else 0
