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
from routing.field_local import add_local
from routing.graph import Graph
from routing.packed import Layout, Packed, int32_rows, int32s
from routing.query import COST, LIST_AFTER, OPEN_ARC, OPEN_RANK, check_fit, weights_of
from routing.rows import as_read_only, group_rows
from routing.scratch import borrow
from routing.trip import CLOSED, UNREACHED, EdgePoints, check_points

Int32s = NDArray[np.int32]
Int64s = NDArray[np.int64]

HIERARCHY = Layout("parent", "subtree_start", "rim_start", "rim", "entry_rank", "end_start", "end_rank", "rank_node")
PARENT, SUBTREE_START, RIM_START, RIM, ENTRY_RANK, END_START, END_RANK, RANK_NODE = HIERARCHY.places


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
    base, within, dist = _spread(cch, metric, starts, limit_ms, backward)
    of_road, roads = _roads_of(cch, base_edge)
    hierarchy, weights = HIERARCHY.pack(cch), weights_of(cch, metric, LIST_AFTER)
    if into is None:
        into = np.empty(roads, np.int64)
    elif into.dtype != np.int64 or into.shape != (roads,):
        raise BadPoint(f"into {into.dtype} {into.shape} must be an int64 column of {roads} edges")
    if backward:
        _by_edge_driven(hierarchy.address, weights.address, into, base, within, dist)
    else:
        _by_edge_entered(weights.address, _edges_entered(cch).address, of_road, into, base, within, dist)
    if local is not None:
        add_local(cch, local[0], metric.cost_ms, local[1], dist, base, within, backward, into)
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


def _edges_entered(cch: Cch) -> Packed:
    """The edges that may be driven onto from each rank, as rows; listed once (10 ms) and kept with the hierarchy."""
    kept: Packed | None = cch.__dict__.get("edges entered")
    if kept is None:
        edge_of_end = np.repeat(np.arange(cch.edges, dtype=np.int32), np.diff(cch.end_start))
        start, order = group_rows(cch.end_rank, cch.states)
        kept = Packed(as_read_only(start, np.int32), as_read_only(edge_of_end[order], np.int32))
        cch.__dict__["edges entered"] = kept
    return kept


def _spread(
    cch: Cch, metric: Metric, starts: EdgePoints, limit_ms: int, is_backward: bool
) -> tuple[int, int, NDArray[np.uint32]]:
    """(least extra, limit beyond it, cost of each rank beyond it); costs beyond the limit mean nothing."""
    check_fit(cch, metric)
    check_points(starts, cch.edges)
    hierarchy, weights = HIERARCHY.pack(cch), weights_of(cch, metric, LIST_AFTER)
    dist = borrow("field", cch.states, np.uint32)
    dist.fill(CLOSED)
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
    parent, subtree_start = int32s(cch, PARENT), int32s(cch, SUBTREE_START)
    rim_start, rim = int32s(cch, RIM_START), int32s(cch, RIM)
    entry_rank, end_start, end_rank = int32s(cch, ENTRY_RANK), int32s(cch, END_START), int32s(cch, END_RANK)
    cost, arc_of, arc = int32s(metric, COST), int32_rows(metric, OPEN_RANK, 4), int32_rows(metric, OPEN_ARC, 2)
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
            first, last = (arc_of[x, 1], arc_of[x + 1, 0]) if is_backward else (arc_of[x, 0], arc_of[x, 1])
            for a in range(np.uint64(first), np.uint64(last)):
                head = np.uint64(arc[a, 0])
                dist[head] = min(dist[head], np.uint32(own + np.uint32(arc[a, 1])))
    top = size - 1
    x = states - 1
    while x >= 0:
        least = dist[x]
        if top >= 0 and climbed[top] == x:
            top -= 1
        first, last = (arc_of[x, 0], arc_of[x, 1]) if is_backward else (arc_of[x, 1], arc_of[x + 1, 0])
        for a in range(np.uint64(first), np.uint64(last)):
            least = min(least, np.uint32(dist[np.uint64(arc[a, 0])] + np.uint32(arc[a, 1])))
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
def _by_edge_entered(metric, entered, base_edge, found, base, within, dist):  # type: ignore[no-untyped-def]
    cost, start, edge = int32s(metric, COST), int32s(entered, 0), int32s(entered, 1)
    found[:] = UNREACHED
    for x in range(len(dist)):
        if dist[x] > within:
            continue
        for i in range(start[x], start[x + 1]):
            e = edge[i]
            if cost[e] == CLOSED:
                continue
            road, arrived = base_edge[e], base + np.int64(dist[x])
            if road != e and cost[road] != CLOSED:
                arrived += cost[e] - cost[road]
            if arrived <= base + within:
                found[road] = min(found[road], arrived)


@numba.njit(cache=True, nogil=True)
def _by_edge_driven(cch, metric, found, base, within, dist):  # type: ignore[no-untyped-def]
    entry_rank, cost = int32s(cch, ENTRY_RANK), int32s(metric, COST)
    found[:] = UNREACHED
    for e in range(len(found)):
        if cost[e] != CLOSED and dist[entry_rank[e]] <= within:
            found[e] = base + np.int64(dist[entry_rank[e]])
