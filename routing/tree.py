"""How a search spreads: every edge with the edge that it is best entered from."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kernels.caching import cached
from routing.errors import BadCost
from routing.graph import Graph
from routing.rows import as_read_only
from routing.trip import CLOSED, UNREACHED, EdgePoints, check_points, checked_costs


@dataclass(frozen=True, eq=False)
class Tree:
    """Road edges by the way they are reached, aliases counted as what they drive.

    entry_cost (roads,) int64: at which the beginning of each edge is passed; backwards, what remains at its end;
    UNREACHED where it is not, as `routing.field.reach_edges` gives it.
    predecessor (roads,) int32: the edge driven just before; backwards, just after; -1 = none, it is not reached. Of a
    junction with turn rules an edge may tell a predecessor that is itself reached sooner by a way which may not go on.
    """

    entry_cost: NDArray[np.int64]
    predecessor: NDArray[np.int32]


def find_tree(
    graph: Graph,
    cost_ms: NDArray[np.int32],
    starts: EdgePoints,
    limit_ms: int = UNREACHED,
    backward: bool = False,
    most_edges: int | None = None,
    local_ms: NDArray[np.int32] | None = None,
) -> Tree | None:
    """The shortest ways from the starts to every road edge within a limit, or from every road edge to the ends.

    cost_ms: (edges,) int32 milliseconds >= 0, aliases included; CLOSED = not drivable. Not changed.
    starts: of the trips, their ends if backward. limit_ms: edges that are entered later count as not reached.
    most_edges: gives None as soon as more road edges are driven to their ends within the limit (those that a trip
    starts on not among them, unless it comes back); None = no such bound.
    local_ms: (edges,) int32, what roads cost that are open at the ends of trips only, as in
    `routing.field.reach_edges`: they are the last stretch (backward: the first); None = they count as closed.

    Of two predecessors that cost the same, either may be told. Takes 6 ms for 77,000 states, less within a limit.
    Raises BadCost if the costs do not fit or one is negative, BadPoint for an edge the graph lacks.
    Source: Dijkstra 1959.
    """
    costs = checked_costs(cost_ms, graph.edges)
    check_points(starts, graph.edges)
    if len(costs) and costs.min() < 0:
        edge = int(np.argmax(costs < 0))
        raise BadCost(f"cost_ms[{edge}] = {costs[edge]} is negative; the least cost is 0, CLOSED is {CLOSED}")
    weights = costs
    if local_ms is not None:
        local = checked_costs(local_ms, graph.edges)
        weights = as_read_only(np.where(costs == CLOSED, local, costs), np.int32)
    rows = (graph.in_start, graph.in_tail, graph.in_edge) if backward else (
        graph.arc_start, graph.arc_head, graph.arc_edge
    )  # fmt: skip
    found, before = _grow(
        *rows, graph.arc_tail, graph.arc_head, graph.arc_edge, graph.entry_arc, graph.copy_start, graph.copy_arc,
        graph.base_edge, graph.roads, costs, weights, starts.edge, starts.fraction, starts.extra_ms,
        min(int(limit_ms), UNREACHED), backward, graph.edges if most_edges is None else most_edges,
    )  # fmt: skip
    return Tree(found, before) if len(found) == graph.roads else None


@cached(nogil=True)
def _grow(  # type: ignore[no-untyped-def]  # kernels; the function above is typed
    start, other_end, edges, arc_tail, arc_head, arc_edge, entry_arc, copy_start, copy_arc, base_edge, roads, cost,
    weight, point_edge, point_fraction, point_extra, limit, is_backward, most,
):  # fmt: skip
    """(entry cost, predecessor) of the road edges; empty ones if more than `most` are driven to their ends.

    cost: of public roads; weight: of local ones as well. Places are states, and after them the same states once more
    for those who came on local roads, which they do not leave again.
    """
    is_driven, count = np.zeros(roads, np.bool_), 0
    states = len(start) - 1
    dist, driven = np.full(2 * states, UNREACHED, np.int64), np.full(2 * states, -1, np.int32)
    is_settled = np.zeros(2 * states, np.bool_)
    heap, size = np.empty((1024, 2), np.int64), 0
    for p in range(len(point_edge)):
        e = point_edge[p]
        if cost[e] == CLOSED:
            continue
        part = np.int64(math.floor(cost[e] * point_fraction[p]))
        own = point_extra[p] + (part if is_backward else cost[e] - part)
        for c in range(copy_start[e + 1] - copy_start[e] if is_backward else 1):
            state = arc_tail[copy_arc[copy_start[e] + c]] if is_backward else arc_head[entry_arc[e]]
            if own <= limit and own < dist[state]:
                dist[state], driven[state] = own, e
                heap, size = _push(heap, size, own, state)
    while size > 0:
        own, place = heap[0, 0], heap[0, 1]
        size = _pop(heap, size)
        if is_settled[place]:
            continue
        is_settled[place] = True
        state = place if place < states else place - states
        for i in range(start[state], start[state + 1]):
            e, to = edges[i], other_end[i]
            is_local = cost[e] == CLOSED
            if weight[e] == CLOSED or own + weight[e] > limit or (place >= states and not is_local):
                continue
            road = base_edge[e]
            entered = own if is_backward else own + _delay(cost, weight, e, road)
            is_one = (cost[road] == CLOSED) == is_local and weight[road] != CLOSED
            if is_backward:
                is_one = e == road and arc_head[entry_arc[road]] == state
            if is_one and not is_driven[road] and entered < limit:
                is_driven[road] = True
                count += 1
                if count > most:
                    return np.empty(0, np.int64), np.empty(0, np.int32)
            to += states if is_local else 0
            if own + weight[e] < dist[to]:
                dist[to], driven[to] = own + weight[e], e
                heap, size = _push(heap, size, dist[to], to)
    found, before = np.full(roads, UNREACHED, np.int64), np.full(roads, -1, np.int32)
    for arc in range(len(arc_edge)):
        e = arc_edge[arc]
        road = base_edge[e]
        if weight[e] == CLOSED or (is_backward and arc != entry_arc[road]):
            continue
        state = arc_head[arc] if is_backward else arc_tail[arc]
        for place in range(state, state + (states + 1 if cost[e] == CLOSED else 1), states):
            if dist[place] == UNREACHED:
                continue
            arrived = dist[place] + (0 if is_backward else _delay(cost, weight, e, road))
            if arrived <= limit and arrived < found[road]:
                found[road], before[road] = arrived, base_edge[driven[place]]
    return found, before


@cached(nogil=True)
def _delay(cost, weight, e, road):  # type: ignore[no-untyped-def]
    """What an alias costs more than its road, where that is open to the same trips."""
    is_alike = (cost[e] == CLOSED) == (cost[road] == CLOSED) and weight[road] != CLOSED
    return weight[e] - weight[road] if is_alike else 0


@cached(nogil=True)
def _push(heap, size, key, state):  # type: ignore[no-untyped-def]
    """Adds to a heap that may hold a state several times; gives (heap, its size)."""
    if size == len(heap):
        longer = np.empty((2 * size, 2), np.int64)
        longer[:size] = heap
        heap = longer
    place = size
    while place > 0 and heap[(place - 1) >> 1, 0] > key:
        heap[place, 0], heap[place, 1] = heap[(place - 1) >> 1, 0], heap[(place - 1) >> 1, 1]
        place = (place - 1) >> 1
    heap[place, 0], heap[place, 1] = key, state
    return heap, size + 1


@cached(nogil=True)
def _pop(heap, size):  # type: ignore[no-untyped-def]
    """Removes the least; gives the new size."""
    size -= 1
    key, state = heap[size, 0], heap[size, 1]
    place = 0
    while True:
        child = 2 * place + 1
        if child >= size:
            break
        if child + 1 < size and heap[child + 1, 0] < heap[child, 0]:
            child += 1
        if heap[child, 0] >= key:
            break
        heap[place, 0], heap[place, 1] = heap[child, 0], heap[child, 1]
        place = child
    heap[place, 0], heap[place, 1] = key, state
    return size
