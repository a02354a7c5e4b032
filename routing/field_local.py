"""Local roads around a field: private and destination-only roads as the last, or the first, stretch of a trip.

A field spreads over public roads (`routing.field`); from every state that it reaches, the local roads that begin there
are driven on over the states of the graph, so that all turn rules hold, and never left for a public one. A queue does
instead of a heap: local roads are short.
"""

import numba
import numpy as np
from numpy.typing import NDArray

from routing.cch import Cch
from routing.graph import Graph
from routing.packed import Layout, Packed, int32_rows, int32s
from routing.rows import as_read_only
from routing.scratch import borrow
from routing.trip import CLOSED

Int32s = NDArray[np.int32]

GRAPH = Layout("arc_start", "arc_head", "arc_edge", "in_start", "in_tail", "in_edge", "entry_arc", "base_edge")
ARC_START, ARC_HEAD, ARC_EDGE, IN_START, IN_TAIL, IN_EDGE, ENTRY_ARC, BASE_EDGE = GRAPH.places
STATE_RANK, LOCAL_ARCS = range(2)

TAIL_RANK, ROAD, DELAY, COST, HEAD = range(5)
"""Columns of the table of local arcs, which most of are read for every field."""


def add_local(
    cch: Cch,
    graph: Graph,
    cost_ms: Int32s,
    local_ms: Int32s,
    dist: NDArray[np.uint32],
    base: int,
    within: int,
    is_backward: bool,
    found: NDArray[np.int64],
) -> None:
    """Fills in at what cost local roads are entered (or, backward, what remains when they have been driven).

    dist (states,) by rank, base, within: a field over public roads. cost_ms, local_ms (edges,): see
    `routing.local.leave_local`. found (roads,) int64: what `routing.field.reach_edges` gives; changed.
    Takes 0.1 ms for 8,000 local edges.
    """
    if within < 0:
        return
    soonest, is_waiting = borrow("local roads", graph.states, np.uint32), borrow("local states", graph.states, np.uint8)
    soonest.fill(CLOSED)
    is_waiting.fill(0)
    queue = borrow("local queue", graph.states + 1, np.int32)
    tables = _tables(cch, graph, cost_ms, local_ms)
    spread = _spread_back if is_backward else _spread_on
    spread(
        GRAPH.pack(graph).address, tables.address, cost_ms, local_ms, dist, base, np.uint32(within), soonest,
        is_waiting, queue, found,
    )  # fmt: skip


def _tables(cch: Cch, graph: Graph, cost_ms: Int32s, local_ms: Int32s) -> Packed:
    """The rank of each state and the local arcs; kept with the graph for the last costs asked."""
    kept: tuple[Int32s, Int32s, Packed] | None = graph.__dict__.get("local arcs")
    if kept is None or kept[0] is not cost_ms or kept[1] is not local_ms:
        rank = _state_ranks(cch, graph)
        arc = np.flatnonzero(((cost_ms == CLOSED) & (local_ms != CLOSED))[graph.arc_edge])
        edge = graph.arc_edge[arc]
        road = graph.base_edge[edge]
        delay = np.where(local_ms[road] == CLOSED, 0, local_ms[edge] - local_ms[road])
        table = np.stack([rank[graph.arc_tail[arc]], road, delay, local_ms[edge], graph.arc_head[arc]], 1)
        kept = cost_ms, local_ms, Packed(rank, as_read_only(table, np.int32))
        graph.__dict__["local arcs"] = kept
    return kept[2]


def _state_ranks(cch: Cch, graph: Graph) -> Int32s:
    """The rank of each state from which an edge can be driven onto, -1 for the others; kept with the hierarchy."""
    kept: Int32s | None = cch.__dict__.get("state ranks")
    if kept is None:
        is_driven = cch.is_drivable[graph.arc_edge] != 0
        is_entered = np.bincount(graph.arc_head[is_driven], minlength=graph.states) > 0
        tail = graph.arc_tail[graph.copy_arc]
        is_end = is_entered[tail] & is_driven[graph.copy_arc]
        kept = np.full(graph.states, -1, np.int32)
        kept[tail[is_end]] = cch.end_rank  # both in the order of edges and their copies
        cch.__dict__["state ranks"] = kept
    return kept


@numba.njit(cache=True, nogil=True)
def _spread_on(  # type: ignore[no-untyped-def]  # kernels; the functions above are typed
    graph, tables, cost, local, dist, base, within, soonest, is_waiting, queue, found
):
    arc_start, arc_head, arc_edge = int32s(graph, ARC_START), int32s(graph, ARC_HEAD), int32s(graph, ARC_EDGE)
    base_edge, arcs = int32s(graph, BASE_EDGE), int32_rows(tables, LOCAL_ARCS, 5)
    first = last = 0
    for i in range(len(arcs)):
        place = arcs[i, TAIL_RANK]
        if place < 0 or dist[place] > within:
            continue
        own, road = np.int64(dist[place]), arcs[i, ROAD]
        if own + arcs[i, DELAY] <= within:
            found[road] = min(found[road], base + own + arcs[i, DELAY])
        last = _come(arcs[i, HEAD], own + arcs[i, COST], within, soonest, is_waiting, queue, last)
    while first != last:
        state = queue[first]
        first = first + 1 if first + 1 < len(queue) else 0
        is_waiting[state] = 0
        own = np.int64(soonest[state])
        for arc in range(arc_start[state], arc_start[state + 1]):
            e = arc_edge[arc]
            if cost[e] != CLOSED or local[e] == CLOSED:
                continue
            road = base_edge[e]
            entered = own + local[e] - local[road] if local[road] != CLOSED else own
            if entered <= within:
                found[road] = min(found[road], base + entered)
            last = _come(arc_head[arc], own + local[e], within, soonest, is_waiting, queue, last)


@numba.njit(cache=True, nogil=True)
def _spread_back(  # type: ignore[no-untyped-def]
    graph, tables, cost, local, dist, base, within, soonest, is_waiting, queue, found
):
    in_start, in_tail, in_edge = int32s(graph, IN_START), int32s(graph, IN_TAIL), int32s(graph, IN_EDGE)
    arc_head, entry_arc, rank = int32s(graph, ARC_HEAD), int32s(graph, ENTRY_ARC), int32s(tables, STATE_RANK)
    arcs = int32_rows(tables, LOCAL_ARCS, 5)
    first = last = 0
    for i in range(len(arcs)):
        state = arcs[i, HEAD]
        if rank[state] >= 0 and dist[rank[state]] < soonest[state]:
            last = _come(state, np.int64(dist[rank[state]]), within, soonest, is_waiting, queue, last)
    while first != last:
        state = queue[first]
        first = first + 1 if first + 1 < len(queue) else 0
        is_waiting[state] = 0
        own = np.int64(soonest[state])
        for i in range(in_start[state], in_start[state + 1]):
            e = in_edge[i]
            if cost[e] == CLOSED and local[e] != CLOSED:
                last = _come(in_tail[i], own + local[e], within, soonest, is_waiting, queue, last)
    for i in range(len(arcs)):
        road = arcs[i, ROAD]
        head = arc_head[entry_arc[road]]
        if cost[road] == CLOSED and local[road] != CLOSED and soonest[head] <= within:
            found[road] = base + np.int64(soonest[head])


@numba.njit(cache=True, nogil=True)
def _come(state, own, within, soonest, is_waiting, queue, last):  # type: ignore[no-untyped-def]
    """Offers a cost to a state, which then waits to be gone on from; gives the end of the round queue."""
    if own > within or own >= soonest[state]:
        return last
    soonest[state] = own
    if is_waiting[state]:
        return last
    is_waiting[state] = 1
    queue[last] = state
    return last + 1 if last + 1 < len(queue) else 0
