"""Exact least-cost searches on a split graph: from points on edges to points on edges, and to every node."""

import math
import threading

import numpy as np
from numpy.typing import NDArray

from kernels.caching import cached
from routing.errors import BadCost
from routing.graph import Graph
from routing.trip import CLOSED, UNREACHED, EdgePoints, Path, check_points, checked_costs

DIST, PARENT, EDGE, STAMP, PLACE = range(5)
"""A row of labels: cost so far; state before (-1 - i where point i begins); edge between; query; place in the heap.

One row for each state, as a column for each would cost five cache misses, and numba counts references to every array
it hands to a function: seven columns took four times as long on a city of 60,000 edges.
"""

KEY, STATE = range(2)
"""A row of the heap."""

Scratch = tuple[NDArray[np.int64], NDArray[np.int64]]


def find_path(graph: Graph, cost_ms: NDArray[np.int32], starts: EdgePoints, ends: EdgePoints) -> Path | None:
    """The cheapest drive from one of the starts to one of the ends, or None if there is none.

    cost_ms: (edges,) int32 milliseconds >= 0; CLOSED = not drivable. Not changed.
    A start pays the part of its edge that lies before it, an end the part up to it; the part of an edge up to a
    fraction is floor(cost * fraction). An end further along the start's edge is driven to directly, one behind it by
    going round. The first edge counts for turn rules like any other.

    Any number of threads may ask at once; the interpreter lock is released.
    Raises BadCost if the costs do not fit or one met on the way is negative, BadPoint for an edge the graph lacks.
    Source: bidirectional Dijkstra (Dantzig 1963, Nicholson 1966), stopping when both radii together reach the best.
    """
    costs = checked_costs(cost_ms, graph.edges)
    check_points(starts, graph.edges)
    check_points(ends, graph.edges)
    (forward, ahead), (backward, behind), query = _thread_scratch(graph.states)
    cost, start, end, edges = _search(
        graph.arc_start,
        graph.arc_tail,
        graph.arc_head,
        graph.arc_edge,
        graph.in_start,
        graph.in_tail,
        graph.in_edge,
        graph.copy_start,
        graph.copy_arc,
        graph.entry_arc,
        costs,
        starts.edge,
        starts.fraction,
        starts.extra_ms,
        ends.edge,
        ends.fraction,
        ends.extra_ms,
        forward,
        ahead,
        backward,
        behind,
        query,
    )
    if cost < 0:
        raise BadCost(f"cost_ms[{start}] = {costs[start]} is negative; the least cost is 0, CLOSED is {CLOSED}")
    if cost == UNREACHED:
        return None
    return Path(edges, float(starts.fraction[start]), float(ends.fraction[end]), cost, start, end)


def reach(graph: Graph, cost_ms: NDArray[np.int32], starts: EdgePoints, limit_ms: int = UNREACHED) -> NDArray[np.int64]:
    """The least cost to arrive at every node from one of the starts.

    cost_ms, starts: as for `find_path`. limit_ms: nodes further away count as not reached.

    Gives (nodes,) int64 milliseconds, UNREACHED where no drive within the limit leads.
    Raises BadCost and BadPoint as `find_path`.
    """
    costs = checked_costs(cost_ms, graph.edges)
    check_points(starts, graph.edges)
    (labels, heap), _, query = _thread_scratch(graph.states)
    cost: NDArray[np.int64]
    bad_edge, cost = _reach(
        graph.arc_start,
        graph.arc_head,
        graph.arc_edge,
        graph.entry_arc,
        graph.node_origin,
        graph.nodes,
        costs,
        starts.edge,
        starts.fraction,
        starts.extra_ms,
        min(int(limit_ms), UNREACHED),
        labels,
        heap,
        query,
    )
    if bad_edge >= 0:
        raise BadCost(f"cost_ms[{bad_edge}] = {costs[bad_edge]} is negative; the least cost is 0, CLOSED is {CLOSED}")
    return cost


_threads = threading.local()


def _thread_scratch(states: int) -> tuple[Scratch, Scratch, int]:
    """Labels and heap of two search directions, and a stamp that no label carries; this thread's own.

    The stamp says which query wrote a label, so that nothing is cleared between queries.
    """
    if getattr(_threads, "states", -1) < states:
        # Zeroed pages become real memory when they are first written, not here.
        _threads.pair = tuple((np.zeros((states, 5), np.int64), np.zeros((states, 2), np.int64)) for _ in range(2))
        _threads.states, _threads.query = states, 0
    _threads.query += 1
    return *_threads.pair, _threads.query


@cached(nogil=True)
def part_ms(cost: int, fraction: float) -> int:
    """The cost of an edge from its beginning up to a fraction of it, rounded down."""
    return math.floor(cost * fraction)


@cached(nogil=True)
def _search(  # type: ignore[no-untyped-def]  # a kernel of 20 arrays; the callers above are typed
    arc_start, arc_tail, arc_head, arc_edge, in_start, in_tail, in_edge, copy_start, copy_arc, entry_arc, cost,
    start_edge, start_fraction, start_extra, end_edge, end_fraction, end_extra, forward, ahead, backward, behind,
    query,
):  # fmt: skip
    """(cost, start, end, edges); cost UNREACHED without a path; cost -1 with a negative edge in place of start."""
    best, meet, first, last = np.int64(UNREACHED), -1, -1, -1
    for s in range(len(start_edge)):
        e = start_edge[s]
        if cost[e] < 0:
            return np.int64(-1), np.int64(e), -1, np.empty(0, np.int32)
        for t in range(len(end_edge)):
            if e == end_edge[t] and cost[e] != CLOSED and end_fraction[t] >= start_fraction[s]:
                direct = part_ms(cost[e], end_fraction[t]) - part_ms(cost[e], start_fraction[s])
                direct += start_extra[s] + end_extra[t]
                if direct < best:
                    best, first, last = direct, s, t

    ahead_size, behind_size = 0, 0
    for s in range(len(start_edge)):
        e = start_edge[s]
        if cost[e] != CLOSED:
            rest = start_extra[s] + cost[e] - part_ms(cost[e], start_fraction[s])
            ahead_size = _label(forward, ahead, ahead_size, query, arc_head[entry_arc[e]], rest, -1 - s, e)
    for t in range(len(end_edge)):
        e = end_edge[t]
        if cost[e] < 0:
            return np.int64(-1), np.int64(e), -1, np.empty(0, np.int32)
        if cost[e] == CLOSED:
            continue
        part = end_extra[t] + part_ms(cost[e], end_fraction[t])
        for c in range(copy_start[e], copy_start[e + 1]):
            state = arc_tail[copy_arc[c]]
            behind_size = _label(backward, behind, behind_size, query, state, part, -1 - t, e)
            if forward[state, STAMP] == query and forward[state, DIST] + backward[state, DIST] < best:
                best, meet = forward[state, DIST] + backward[state, DIST], state

    while ahead_size > 0 and behind_size > 0 and ahead[0, KEY] + behind[0, KEY] < best:
        if ahead[0, KEY] <= behind[0, KEY]:
            ahead_size, best, meet = _settle(
                arc_start, arc_head, arc_edge, cost, forward, ahead, backward, query, ahead_size, best, meet
            )
        else:
            behind_size, best, meet = _settle(
                in_start, in_tail, in_edge, cost, backward, behind, forward, query, behind_size, best, meet
            )
        if best < 0:
            return np.int64(-1), np.int64(meet), -1, np.empty(0, np.int32)

    if best == UNREACHED:
        return best, -1, -1, np.empty(0, np.int32)
    if meet < 0:
        return best, np.int64(first), last, start_edge[first : first + 1].copy()
    return _read_path(forward, backward, best, meet, start_edge, end_edge)


@cached(nogil=True)
def _settle(start, other_end, edges, cost, mine, heap, theirs, query, size, best, meet):  # type: ignore[no-untyped-def]
    """Takes the nearest state off `mine` and labels its neighbours; gives the heap's size, the best cost, its state."""
    dist, state = heap[0, KEY], heap[0, STATE]
    size = _pop(mine, heap, size)
    for arc in range(start[state], start[state + 1]):
        edge = edges[arc]
        if cost[edge] == CLOSED:
            continue
        if cost[edge] < 0:
            return size, np.int64(-1), edge
        next_state = other_end[arc]
        through = dist + cost[edge]
        if through >= best:
            continue
        size = _label(mine, heap, size, query, next_state, through, state, edge)
        if theirs[next_state, STAMP] == query and through + theirs[next_state, DIST] < best:
            best, meet = through + theirs[next_state, DIST], next_state
    return size, best, meet


@cached(nogil=True)
def _read_path(forward, backward, best, meet, start_edge, end_edge):  # type: ignore[no-untyped-def]
    before, state = 0, meet
    while forward[state, PARENT] >= 0:
        before, state = before + 1, forward[state, PARENT]
    first = -1 - forward[state, PARENT]
    after, state = 0, meet
    while backward[state, PARENT] >= 0:
        after, state = after + 1, backward[state, PARENT]
    last = -1 - backward[state, PARENT]
    edges = np.empty(before + after + 2, np.int32)
    edges[0], edges[-1] = start_edge[first], end_edge[last]
    state = meet
    for place in range(before, 0, -1):
        edges[place], state = forward[state, EDGE], forward[state, PARENT]
    state = meet
    for place in range(before + 1, before + after + 1):
        edges[place], state = backward[state, EDGE], backward[state, PARENT]
    return best, np.int64(first), last, edges


@cached(nogil=True)
def _reach(  # type: ignore[no-untyped-def]  # a kernel; the callers above are typed
    arc_start, arc_head, arc_edge, entry_arc, node_origin, nodes, cost, start_edge, start_fraction, start_extra, limit,
    labels, heap, query,
):  # fmt: skip
    """(negative edge or -1, cost to each node)."""
    found = np.full(nodes, UNREACHED, np.int64)
    size = 0
    for s in range(len(start_edge)):
        e = start_edge[s]
        if cost[e] < 0:
            return np.int64(e), found
        rest = start_extra[s] + cost[e] - part_ms(cost[e], start_fraction[s])
        if cost[e] != CLOSED and rest <= limit:
            size = _label(labels, heap, size, query, arc_head[entry_arc[e]], rest, -1 - s, e)
    while size > 0:
        dist, state = heap[0, KEY], heap[0, STATE]
        size = _pop(labels, heap, size)
        node = node_origin[state]
        if dist < found[node]:
            found[node] = dist
        for arc in range(arc_start[state], arc_start[state + 1]):
            edge = arc_edge[arc]
            if cost[edge] < 0:
                return np.int64(edge), found
            if cost[edge] != CLOSED and dist + cost[edge] <= limit:
                size = _label(labels, heap, size, query, arc_head[arc], dist + cost[edge], state, edge)
    return np.int64(-1), found


@cached(nogil=True)
def _label(labels, heap, size, query, state, dist, parent, edge):  # type: ignore[no-untyped-def]
    """Offers a state a cost; gives the new size of the heap. No cost is negative: a settled state keeps its own."""
    if labels[state, STAMP] != query:
        labels[state, STAMP] = query
        place = size
        size += 1
    elif dist < labels[state, DIST]:
        place = labels[state, PLACE]
    else:
        return size
    labels[state, DIST] = dist
    labels[state, PARENT] = parent
    labels[state, EDGE] = edge
    while place > 0:
        above = (place - 1) >> 2
        if heap[above, KEY] <= dist:
            break
        moved = heap[above, STATE]
        heap[place, KEY] = heap[above, KEY]
        heap[place, STATE] = moved
        labels[moved, PLACE] = place
        place = above
    heap[place, KEY] = dist
    heap[place, STATE] = state
    labels[state, PLACE] = place
    return size


@cached(nogil=True)
def _pop(labels, heap, size):  # type: ignore[no-untyped-def]
    """Removes the least of a heap with four children a parent; gives its new size."""
    size -= 1
    key = heap[size, KEY]
    state = heap[size, STATE]
    place = 0
    while True:
        child = 4 * place + 1
        if child >= size:
            break
        least = child
        for other in range(child + 1, min(child + 4, size)):
            if heap[other, KEY] < heap[least, KEY]:
                least = other
        if heap[least, KEY] >= key:
            break
        moved = heap[least, STATE]
        heap[place, KEY] = heap[least, KEY]
        heap[place, STATE] = moved
        labels[moved, PLACE] = place
        place = least
    heap[place, KEY] = key
    heap[place, STATE] = state
    labels[state, PLACE] = place
    return size
