"""Costs to or from everywhere: every node, and every edge for maps that are cut in mid-edge.

A sweep goes down over all ranks whose ancestors may be within the limit, each taking the least over its higher
neighbours; subtrees that can only be entered from beyond the limit are passed over.
Source: PHAST (Delling, Goldberg, Nowatzyk, Werneck 2011), restricted to subtrees in reach.
"""

import math

import numba
import numpy as np
from numpy.typing import NDArray

from routing.cch import Cch
from routing.customize import Metric
from routing.errors import BadPoint
from routing.packed import Layout, int32s, uint32s
from routing.query import check_fit
from routing.trip import CLOSED, UNREACHED, EdgePoints, check_points

Int32s = NDArray[np.int32]
Int64s = NDArray[np.int64]

HIERARCHY = Layout(
    "up_start", "up_head", "parent", "subtree_start", "rim_start", "rim", "entry_rank", "end_start", "end_rank",
    "rank_node",
)  # fmt: skip
UP_START, UP_HEAD, PARENT, SUBTREE_START, RIM_START, RIM, ENTRY_RANK, END_START, END_RANK, RANK_NODE = HIERARCHY.places
WEIGHTS = Layout("cost_ms", "up_ms", "down_ms")
COST, UP_WEIGHT, DOWN_WEIGHT = WEIGHTS.places


def reach(cch: Cch, metric: Metric, starts: EdgePoints, limit_ms: int = UNREACHED) -> Int64s:
    """The least cost to arrive at every node from one of the starts.

    limit_ms: nodes further away count as not reached; parts of the map beyond it are passed over.

    Gives (nodes,) int64 milliseconds, UNREACHED where no drive within the limit leads, or it takes 24.8 days and more
    beyond the cheapest extra. Else as `routing.search.reach`.
    Raises BadPoint and BadCost as `find_path`.
    """
    base, within, dist = _spread(cch, metric, starts, limit_ms, False)
    found: Int64s = _by_node(HIERARCHY.pack(cch).address, cch.nodes, base, within, dist)
    return found


def reach_back(cch: Cch, metric: Metric, ends: EdgePoints, limit_ms: int = UNREACHED) -> Int64s:
    """The least cost to get from every node to one of the ends: how long each needs that is there.

    Whoever is at a node has driven there, over the edge that leaves the most ways on; `reach_edges` tells it for each
    edge. Nodes that no drivable edge leads to count as not reached. Else as `reach`.
    """
    base, within, dist = _spread(cch, metric, ends, limit_ms, True)
    found: Int64s = _by_node(HIERARCHY.pack(cch).address, cch.nodes, base, within, dist)
    return found


def reach_edges(
    cch: Cch,
    metric: Metric,
    starts: EdgePoints,
    limit_ms: int = UNREACHED,
    backward: bool = False,
    base_edge: Int32s | None = None,
) -> Int64s:
    """The least cost at which the beginning of every edge is passed, having driven there from one of the starts.

    starts: of the trips; their ends if backward.
    backward: what remains to the ends when an edge has been driven to its head, instead: the cost from a point on
    it is this and the rest of the edge. Turns forbidden after the edge are respected, earlier ones forgotten.
    base_edge: (edges,) of the graph, to count an alias as the road edge that it drives; None = there are no aliases.

    Gives (roads,) int64 milliseconds, UNREACHED where no drive within the limit leads, and for closed edges. The
    edges of the starts have only costs of coming back to them: that a drive begins there is for the caller to add.
    A delay of an alias counts before its beginning. Raises BadPoint and BadCost as `find_path`.
    """
    if base_edge is not None and not (base_edge.dtype == np.int32 and base_edge.shape == (cch.edges,)):
        raise BadPoint(f"base_edge {base_edge.dtype} {base_edge.shape} must be an int32 column of {cch.edges} edges")
    base, within, dist = _spread(cch, metric, starts, limit_ms, backward)
    of_road = np.arange(cch.edges, dtype=np.int32) if base_edge is None else base_edge
    roads = int(of_road.max(initial=-1)) + 1
    if roads > cch.edges or of_road.min(initial=0) < 0:
        raise BadPoint(f"base_edge {of_road.min()}..{of_road.max()} points outside 0..{cch.edges - 1}")
    hierarchy, weights = HIERARCHY.pack(cch), WEIGHTS.pack(metric)
    find = _by_edge_driven if backward else _by_edge_entered
    found: Int64s = find(hierarchy.address, weights.address, of_road, roads, base, within, dist)
    return found


def _spread(
    cch: Cch, metric: Metric, starts: EdgePoints, limit_ms: int, is_backward: bool
) -> tuple[int, int, NDArray[np.uint32]]:
    """(least extra, limit beyond it, cost of each rank beyond it); costs beyond the limit mean nothing."""
    check_fit(cch, metric)
    check_points(starts, cch.edges)
    hierarchy, weights = HIERARCHY.pack(cch), WEIGHTS.pack(metric)
    dist = np.full(cch.states, CLOSED, np.uint32)
    base, within = _sweep(
        hierarchy.address, weights.address, starts.edge, starts.fraction, starts.extra_ms,
        min(int(limit_ms), UNREACHED), is_backward, dist,
    )  # fmt: skip
    return base, within, dist


@numba.njit(cache=True, nogil=True)
def _part(cost, fraction):  # type: ignore[no-untyped-def]  # kernels; the functions above are typed
    return np.int64(math.floor(cost * fraction))


@numba.njit(cache=True, nogil=True)
def _sweep(cch, metric, start_edge, start_fraction, start_extra, limit, is_backward, dist):  # type: ignore[no-untyped-def]
    """Climbs from the starts, then comes down over all ranks whose ancestors may be within the limit."""
    up_start, up_head, parent = int32s(cch, UP_START), int32s(cch, UP_HEAD), int32s(cch, PARENT)
    subtree_start, rim_start, rim = int32s(cch, SUBTREE_START), int32s(cch, RIM_START), int32s(cch, RIM)
    entry_rank, end_start, end_rank = int32s(cch, ENTRY_RANK), int32s(cch, END_START), int32s(cch, END_RANK)
    cost, up, down = int32s(metric, COST), uint32s(metric, UP_WEIGHT), uint32s(metric, DOWN_WEIGHT)
    if is_backward:
        up, down = down, up
    states = len(parent)
    base = np.int64(UNREACHED)
    for s in range(len(start_edge)):
        if cost[start_edge[s]] != CLOSED:
            base = min(base, start_extra[s])
    if base == UNREACHED or limit < base:
        return np.int64(0), np.int64(-1)
    within = np.uint32(min(limit - base, np.int64(CLOSED - 1)))
    climbed, is_climbed = np.empty(states, np.int32), np.zeros(states, np.bool_)
    size, chains = 0, 0
    for s in range(len(start_edge)):
        e = start_edge[s]
        if cost[e] == CLOSED:
            continue
        part = _part(cost[e], start_fraction[s])
        own = np.uint32(min(start_extra[s] - base + (part if is_backward else cost[e] - part), np.int64(CLOSED)))
        ends = end_start[e + 1] - end_start[e] if is_backward else 1
        for c in range(ends):
            rank = end_rank[end_start[e] + c] if is_backward else entry_rank[e]
            dist[rank] = min(dist[rank], own)
            x = rank
            chains += not is_climbed[x]
            while x >= 0 and not is_climbed[x]:
                is_climbed[x] = True
                climbed[size] = x
                size += 1
                x = parent[x]
    if chains > 1:
        climbed[:size].sort()
    for i in range(size):
        x = climbed[i]
        own = dist[x]
        if own < CLOSED:
            for a in range(np.uint64(up_start[x]), np.uint64(up_start[x + 1])):
                head = np.uint64(up_head[a])
                dist[head] = min(dist[head], np.uint32(own + up[a]))
    top = size - 1
    x = states - 1
    while x >= 0:
        least = dist[x]
        if top >= 0 and climbed[top] == x:
            top -= 1
        for a in range(np.uint64(up_start[x]), np.uint64(up_start[x + 1])):
            least = min(least, np.uint32(dist[np.uint64(up_head[a])] + down[a]))
        dist[x] = least
        if least > within and rim_start[x] < rim_start[x + 1] and (top < 0 or climbed[top] < subtree_start[x]):
            nearest = np.uint32(CLOSED)
            for i in range(rim_start[x], rim_start[x + 1]):
                nearest = min(nearest, dist[rim[i]])
            if nearest > within:
                x = subtree_start[x]
        x -= 1
    return base, np.int64(within)


@numba.njit(cache=True, nogil=True)
def _by_node(cch, nodes, base, within, dist):  # type: ignore[no-untyped-def]
    rank_node = int32s(cch, RANK_NODE)
    found = np.full(nodes, UNREACHED, np.int64)
    for x in range(len(dist)):
        if dist[x] <= within:
            node = rank_node[x]
            found[node] = min(found[node], base + np.int64(dist[x]))
    return found


@numba.njit(cache=True, nogil=True)
def _by_edge_entered(cch, metric, base_edge, roads, base, within, dist):  # type: ignore[no-untyped-def]
    end_start, end_rank, cost = int32s(cch, END_START), int32s(cch, END_RANK), int32s(metric, COST)
    found = np.full(roads, UNREACHED, np.int64)
    for e in range(len(base_edge)):
        if cost[e] == CLOSED:
            continue
        least = np.uint32(CLOSED)
        for c in range(end_start[e], end_start[e + 1]):
            least = min(least, dist[end_rank[c]])
        road = base_edge[e]
        arrived = base + np.int64(least)
        if road != e and cost[road] != CLOSED:
            arrived += cost[e] - cost[road]
        if least <= within and arrived <= base + within:
            found[road] = min(found[road], arrived)
    return found


@numba.njit(cache=True, nogil=True)
def _by_edge_driven(cch, metric, base_edge, roads, base, within, dist):  # type: ignore[no-untyped-def]
    entry_rank, cost = int32s(cch, ENTRY_RANK), int32s(metric, COST)
    found = np.full(roads, UNREACHED, np.int64)
    for e in range(roads):
        if cost[e] != CLOSED and dist[entry_rank[e]] <= within:
            found[e] = base + np.int64(dist[entry_rank[e]])
    return found
