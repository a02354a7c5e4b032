"""Drives on local roads, where a trip may begin and end but nobody is led through: from a place out, and in to one.

Private and destination-only roads are CLOSED in the costs of a hierarchy. A trip is local roads, then public ones, then
local ones; the first and the last stretch are searched here, by plain Dijkstra on the states of the graph, so that all
turn rules hold on them and at the border. The stretch between is left to any search that takes points on edges: the
*exits* found here are such points on public edges, with the cost of the local stretch as extra.

Points on edges have no history, so an exit must be a place where none is needed: outwards, a public edge that leads to
the state it leads to for a trip that starts on it; inwards, one all of whose copies lead to states from which the same
local stretch follows at the same cost. Where a turn rule is under way (it began on the local road, or ends on one), the
public edge is added to the stretch and the next ones are tried. So nothing is lost and nothing forbidden is allowed.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kernels.caching import cached
from routing.gates import end_points
from routing.graph import Graph
from routing.packed import Layout, int32s
from routing.scratch import own_desk
from routing.trip import CLOSED, EdgePoints, check_points, checked_costs

LIMIT_STATES = 5_000
"""States of local roads looked at: a large campus or camp has a few hundred (the Heidelberg extract's largest: 400)."""

ROUNDS = 16
"""Public edges added at most while a turn rule is under way: OSM's longest have a handful of members."""

GRAPH = Layout(
    "arc_start", "arc_head", "arc_edge", "in_start", "in_tail", "in_edge", "arc_tail", "copy_start", "copy_arc",
    "entry_arc", "base_edge", "alias_start",
)  # fmt: skip
(
    ARC_START, ARC_HEAD, ARC_EDGE, IN_START, IN_TAIL, IN_EDGE, ARC_TAIL, COPY_START, COPY_ARC, ENTRY_ARC, BASE_EDGE,
    ALIAS_START,
) = GRAPH.places  # fmt: skip


@dataclass(frozen=True, eq=False)
class LocalDrives:
    """The cheapest local drives from some points out (or, inwards, from all around to some points).

    points: those asked about; inwards with the aliases of their edges.
    state, edge, before (rows,) int32, cost_ms (rows,) int64: a row is a state driven to (inwards: from), the edge
    driven last (first) and the row before (after) it, -1 - i at point i.
    exits: public road edges and the extra cost of having left by them (fraction 0), or of entering from them (1).
    exit_row (exits,) int32.
    """

    points: EdgePoints
    state: NDArray[np.int32]
    cost_ms: NDArray[np.int64]
    edge: NDArray[np.int32]
    before: NDArray[np.int32]
    exits: EdgePoints
    exit_row: NDArray[np.int32]

    def edges_to(self, row: int) -> tuple[int, list[int]]:
        """The point of a row, and the edges between: from the point outwards (inwards: from the state to the point)."""
        edges = []
        while row >= 0:
            edges.append(int(self.edge[row]))
            row = int(self.before[row])
        return -1 - row, edges


@dataclass(frozen=True, eq=False)
class Direct:
    """A drive that no public search finds: cost_ms with both extras; edges as the graph's, aliases included.

    start, end: which points (of the two LocalDrives).
    """

    cost_ms: int
    edges: list[int]
    start: int
    end: int


def leave_local(
    graph: Graph, cost_ms: NDArray[np.int32], local_ms: NDArray[np.int32], points: EdgePoints
) -> LocalDrives:
    """Where trips that start at these points come to public roads.

    cost_ms, local_ms: (edges,) int32 (`routing.gates.edge_costs`): public roads, and public and local ones.
    points: on road edges; those on public edges lead nowhere from here, being starts already.

    Takes 10 us, and 0.1 us for each state of the local roads (at most LIMIT_STATES).
    Raises BadCost and BadPoint as `routing.gates.end_points`.
    """
    check_points(points, graph.roads)
    costs, locals_ = checked_costs(cost_ms, graph.edges), checked_costs(local_ms, graph.edges)
    table = GRAPH.pack(graph)
    found = _leave(
        table.address, costs, locals_, points.edge, points.fraction, points.extra_ms, _thread_rows(graph.states)
    )
    return _as_drives(points, found, 0.0)


def enter_local(
    graph: Graph, cost_ms: NDArray[np.int32], local_ms: NDArray[np.int32], points: EdgePoints
) -> LocalDrives:
    """From which public roads trips come to these points. Everything as for `leave_local`.

    The exits are on road edges: hand them through `routing.gates.end_points`.
    """
    check_points(points, graph.roads)
    costs, locals_ = checked_costs(cost_ms, graph.edges), checked_costs(local_ms, graph.edges)
    if graph.aliases:
        points = _with_aliases(graph, costs, locals_, points)
    table = GRAPH.pack(graph)
    found = _enter(
        table.address, costs, locals_, points.edge, points.fraction, points.extra_ms, _thread_rows(graph.states)
    )
    return _as_drives(points, found, 1.0)


def find_direct(
    cost_ms: NDArray[np.int32], local_ms: NDArray[np.int32], leaving: LocalDrives, entering: LocalDrives
) -> Direct | None:
    """The cheapest drive that does not pass from exit to exit: on local roads only, or where a rule is under way.

    cost_ms, local_ms: as given to `leave_local` and `enter_local`. A drive along one public edge is not looked for.
    """
    best: Direct | None = None
    for i, edge in enumerate(leaving.points.edge.tolist()):
        if cost_ms[edge] != CLOSED or local_ms[edge] == CLOSED:
            continue
        for j in np.flatnonzero(entering.points.edge == edge).tolist():
            begin, end = float(leaving.points.fraction[i]), float(entering.points.fraction[j])
            if end < begin:
                continue
            cost, extra = int(local_ms[edge]), int(leaving.points.extra_ms[i] + entering.points.extra_ms[j])
            whole = int(cost * end) - int(cost * begin) + extra
            if best is None or whole < best.cost_ms:
                best = Direct(whole, [edge], i, j)
    here, there = _meet(leaving.state, leaving.cost_ms, entering.state, entering.cost_ms)
    if here >= 0:
        cost = int(leaving.cost_ms[here] + entering.cost_ms[there])
        if best is None or cost < best.cost_ms:
            start, before = leaving.edges_to(here)
            end_point, after = entering.edges_to(there)
            best = Direct(cost, before[::-1] + after, start, end_point)
    return best


def _with_aliases(graph: Graph, costs: NDArray[np.int32], locals_: NDArray[np.int32], points: EdgePoints) -> EdgePoints:
    """The points with those on aliases of their edges, each at the costs of its kind of road."""
    is_public = costs[points.edge] != CLOSED
    parts = []
    for chosen, own in ((is_public, costs), (~is_public, locals_)):
        if chosen.any():
            some = EdgePoints(points.edge[chosen], points.fraction[chosen], points.extra_ms[chosen])
            parts.append(end_points(graph, own, some))
    if len(parts) < 2:
        return parts[0] if parts else points
    first, second = parts
    return EdgePoints(
        np.concatenate([first.edge, second.edge]),
        np.concatenate([first.fraction, second.fraction]),
        np.concatenate([first.extra_ms, second.extra_ms]),
    )


Rows = tuple[
    NDArray[np.int32],
    NDArray[np.int64],
    NDArray[np.int32],
    NDArray[np.int32],
    NDArray[np.int32],
    NDArray[np.int64],
    NDArray[np.int32],
]


def _as_drives(points: EdgePoints, found: Rows, fraction: float) -> LocalDrives:
    state, cost, edge, before, exit_edge, exit_ms, exit_row = found
    order = np.lexsort((exit_ms, exit_edge))
    first = np.ones(len(order), np.bool_)
    first[1:] = exit_edge[order][1:] != exit_edge[order][:-1]
    kept = order[first]
    exits = EdgePoints(exit_edge[kept], np.full(len(kept), fraction), exit_ms[kept])
    return LocalDrives(points, state, cost, edge, before, exits, exit_row[kept])


def _thread_rows(states: int) -> NDArray[np.int32]:
    """The row of each state, this desk's: 0 = none, else row + 1. A search leaves it as it found it."""
    desk = own_desk()
    rows: NDArray[np.int32] | None = desk.get("rows")
    if rows is None or len(rows) < states:
        rows = desk["rows"] = np.zeros(states, np.int32)
    return rows


@cached(nogil=True)
def _leave(graph, cost, local, point_edge, point_fraction, point_extra, row_of):  # type: ignore[no-untyped-def]  # kernels; the functions above are typed
    """The rows, then (edge, cost, row) of the exits."""
    arc_start, arc_head, arc_edge = int32s(graph, ARC_START), int32s(graph, ARC_HEAD), int32s(graph, ARC_EDGE)
    entry_arc, base_edge = int32s(graph, ENTRY_ARC), int32s(graph, BASE_EDGE)
    state, costs = np.empty(16, np.int32), np.empty(16, np.int64)
    edges, before = np.empty(16, np.int32), np.empty(16, np.int32)
    heap_cost, heap_row, heap_size = np.empty(16, np.int64), np.empty(16, np.int32), 0
    exit_edge, exit_ms, exit_row, exits = np.empty(8, np.int32), np.empty(8, np.int64), np.empty(8, np.int32), 0
    size = 0
    for i in range(len(point_edge)):
        e = point_edge[i]
        if cost[e] == CLOSED and local[e] != CLOSED:
            rest = point_extra[i] + local[e] - np.int64(local[e] * point_fraction[i])
            state, costs, edges, before, size, row = _label(
                state, costs, edges, before, row_of, size, arc_head[entry_arc[e]], rest, e, -1 - i
            )
            if row >= 0:
                heap_cost, heap_row, heap_size = _push(heap_cost, heap_row, heap_size, rest, row)
    while heap_size > 0 and size <= LIMIT_STATES:
        d, r = heap_cost[0], heap_row[0]
        heap_size = _pop(heap_cost, heap_row, heap_size)
        if d > costs[r]:
            continue
        for arc in range(arc_start[state[r]], arc_start[state[r] + 1]):
            a = arc_edge[arc]
            if cost[a] == CLOSED and local[a] != CLOSED:
                through = d + local[a]
                state, costs, edges, before, size, row = _label(
                    state, costs, edges, before, row_of, size, arc_head[arc], through, a, r
                )
                if row >= 0:
                    heap_cost, heap_row, heap_size = _push(heap_cost, heap_row, heap_size, through, row)
    low, high = 0, size
    for _ in range(ROUNDS):
        for r in range(low, high):
            row_of[state[r]] = 0
        for r in range(low, high):
            for arc in range(arc_start[state[r]], arc_start[state[r] + 1]):
                a = arc_edge[arc]
                if cost[a] == CLOSED:
                    continue
                road = base_edge[a]
                if arc_head[arc] == arc_head[entry_arc[road]] and cost[a] >= cost[road] and cost[road] != CLOSED:
                    if exits == len(exit_edge):
                        exit_edge, exit_row = _longer(exit_edge), _longer(exit_row)
                        exit_ms = _longer(exit_ms)
                    exit_edge[exits], exit_row[exits] = road, r
                    exit_ms[exits] = costs[r] + cost[a] - cost[road]
                    exits += 1
                else:
                    state, costs, edges, before, size, _row = _label(
                        state, costs, edges, before, row_of, size, arc_head[arc], costs[r] + cost[a], a, r
                    )
        low, high = high, size
        if low == high:
            break
    for r in range(low, high):
        row_of[state[r]] = 0
    for i in range(len(point_edge)):
        e = point_edge[i]
        if cost[e] != CLOSED:
            rest = point_extra[i] + cost[e] - np.int64(cost[e] * point_fraction[i])
            state, costs, edges, before, size, _row = _label(
                state, costs, edges, before, row_of, size, arc_head[entry_arc[e]], rest, e, -1 - i
            )
    for r in range(high, size):
        row_of[state[r]] = 0
    return (
        state[:size].copy(), costs[:size].copy(), edges[:size].copy(), before[:size].copy(),
        exit_edge[:exits].copy(), exit_ms[:exits].copy(), exit_row[:exits].copy(),
    )  # fmt: skip


@cached(nogil=True)
def _enter(graph, cost, local, point_edge, point_fraction, point_extra, row_of):  # type: ignore[no-untyped-def]
    """As `_leave`, against the driving direction."""
    in_start, in_tail, in_edge = int32s(graph, IN_START), int32s(graph, IN_TAIL), int32s(graph, IN_EDGE)
    arc_tail, copy_start, copy_arc = int32s(graph, ARC_TAIL), int32s(graph, COPY_START), int32s(graph, COPY_ARC)
    base_edge = int32s(graph, BASE_EDGE)
    state, costs = np.empty(16, np.int32), np.empty(16, np.int64)
    edges, before = np.empty(16, np.int32), np.empty(16, np.int32)
    heap_cost, heap_row, heap_size = np.empty(16, np.int64), np.empty(16, np.int32), 0
    exit_edge, exit_ms, exit_row, exits = np.empty(8, np.int32), np.empty(8, np.int64), np.empty(8, np.int32), 0
    size = 0
    for i in range(len(point_edge)):
        e = point_edge[i]
        if cost[e] == CLOSED and local[e] != CLOSED:
            part = point_extra[i] + np.int64(local[e] * point_fraction[i])
            for c in range(copy_start[e], copy_start[e + 1]):
                state, costs, edges, before, size, row = _label(
                    state, costs, edges, before, row_of, size, arc_tail[copy_arc[c]], part, e, -1 - i
                )
                if row >= 0:
                    heap_cost, heap_row, heap_size = _push(heap_cost, heap_row, heap_size, part, row)
    while heap_size > 0 and size <= LIMIT_STATES:
        d, r = heap_cost[0], heap_row[0]
        heap_size = _pop(heap_cost, heap_row, heap_size)
        if d > costs[r]:
            continue
        for arc in range(in_start[state[r]], in_start[state[r] + 1]):
            a = in_edge[arc]
            if cost[a] == CLOSED and local[a] != CLOSED:
                through = d + local[a]
                state, costs, edges, before, size, row = _label(
                    state, costs, edges, before, row_of, size, in_tail[arc], through, a, r
                )
                if row >= 0:
                    heap_cost, heap_row, heap_size = _push(heap_cost, heap_row, heap_size, through, row)
    low, high = 0, size
    for _ in range(ROUNDS):
        added, added_size = np.empty((8, 3), np.int64), 0
        for r in range(low, high):
            for arc in range(in_start[state[r]], in_start[state[r] + 1]):
                a = in_edge[arc]
                if cost[a] == CLOSED:
                    continue
                if cost[base_edge[a]] != CLOSED and _is_uniform(
                    graph, cost, base_edge[a], costs, edges, before, row_of, r
                ):
                    if exits == len(exit_edge):
                        exit_edge, exit_row = _longer(exit_edge), _longer(exit_row)
                        exit_ms = _longer(exit_ms)
                    exit_edge[exits], exit_row[exits], exit_ms[exits] = base_edge[a], r, costs[r]
                    exits += 1
                else:
                    if added_size == len(added):
                        longer = np.empty((2 * added_size, 3), np.int64)
                        longer[:added_size] = added
                        added = longer
                    added[added_size, 0], added[added_size, 1], added[added_size, 2] = in_tail[arc], a, r
                    added_size += 1
        for r in range(low, high):
            row_of[state[r]] = 0
        for i in range(added_size):
            tail, a, r = added[i, 0], added[i, 1], added[i, 2]
            state, costs, edges, before, size, _row = _label(
                state, costs, edges, before, row_of, size, tail, costs[r] + cost[a], a, r
            )
        low, high = high, size
        if low == high:
            break
    for r in range(low, high):
        row_of[state[r]] = 0
    for i in range(len(point_edge)):
        e = point_edge[i]
        if cost[e] != CLOSED:
            part = point_extra[i] + np.int64(cost[e] * point_fraction[i])
            for c in range(copy_start[e], copy_start[e + 1]):
                state, costs, edges, before, size, _row = _label(
                    state, costs, edges, before, row_of, size, arc_tail[copy_arc[c]], part, e, -1 - i
                )
    for r in range(high, size):
        row_of[state[r]] = 0
    return (
        state[:size].copy(), costs[:size].copy(), edges[:size].copy(), before[:size].copy(),
        exit_edge[:exits].copy(), exit_ms[:exits].copy(), exit_row[:exits].copy(),
    )  # fmt: skip


@cached(nogil=True)
def _is_uniform(graph, cost, road, costs, edges, before, row_of, wanted):  # type: ignore[no-untyped-def]
    """Whether, by whichever copy the road edge is driven, the stretch of a row follows at the same cost."""
    arc_head, copy_start, copy_arc = int32s(graph, ARC_HEAD), int32s(graph, COPY_START), int32s(graph, COPY_ARC)
    alias_start, base_edge = int32s(graph, ALIAS_START), int32s(graph, BASE_EDGE)
    roads = len(alias_start) - 1
    for i in range(alias_start[road] - 1, alias_start[road + 1]):
        e = road if i < alias_start[road] else roads + i
        if cost[e] == CLOSED:
            continue
        for c in range(copy_start[e], copy_start[e + 1]):
            row = row_of[arc_head[copy_arc[c]]] - 1
            if row < 0 or costs[row] != costs[wanted] or before[row] != before[wanted]:
                return False
            if base_edge[edges[row]] != base_edge[edges[wanted]]:
                return False
    return True


@cached(nogil=True)
def _label(state, costs, edges, before, row_of, size, x, cost, edge, parent):  # type: ignore[no-untyped-def]
    """Offers a state a cost; gives the columns, their length, and the row if it is new or better, else -1."""
    row = row_of[x] - 1
    if row >= 0 and costs[row] <= cost:
        return state, costs, edges, before, size, -1
    if row < 0:
        if size == len(state):
            state, edges, before = _longer(state), _longer(edges), _longer(before)
            costs = _longer(costs)
        row = size
        size += 1
        row_of[x] = row + 1
    state[row], costs[row], edges[row], before[row] = x, cost, edge, parent
    return state, costs, edges, before, size, row


@cached(nogil=True)
def _longer(column):  # type: ignore[no-untyped-def]
    longer = np.empty(2 * len(column), column.dtype)
    longer[: len(column)] = column
    return longer


@cached(nogil=True)
def _push(costs, rows, size, cost, row):  # type: ignore[no-untyped-def]
    if size == len(costs):
        costs, rows = _longer(costs), _longer(rows)
    place = size
    while place > 0 and costs[(place - 1) >> 1] > cost:
        above = (place - 1) >> 1
        costs[place], rows[place] = costs[above], rows[above]
        place = above
    costs[place], rows[place] = cost, row
    return costs, rows, size + 1


@cached(nogil=True)
def _pop(costs, rows, size):  # type: ignore[no-untyped-def]
    size -= 1
    cost, row, place = costs[size], rows[size], 0
    while 2 * place + 1 < size:
        child = 2 * place + 1
        if child + 1 < size and costs[child + 1] < costs[child]:
            child += 1
        if costs[child] >= cost:
            break
        costs[place], rows[place] = costs[child], rows[child]
        place = child
    costs[place], rows[place] = cost, row
    return size


@cached(nogil=True)
def _meet(state, cost, other_state, other_cost):  # type: ignore[no-untyped-def]
    """(row, row of the other) of the cheapest state that both have, or -1, -1."""
    best, here, there = np.int64(CLOSED) * CLOSED, -1, -1
    if len(state) == 0 or len(other_state) == 0:
        return here, there
    order, other_order = np.argsort(state), np.argsort(other_state)
    j = 0
    for i in order:
        while j < len(other_order) and other_state[other_order[j]] < state[i]:
            j += 1
        k = j
        while k < len(other_order) and other_state[other_order[k]] == state[i]:
            if cost[i] + other_cost[other_order[k]] < best:
                best, here, there = cost[i] + other_cost[other_order[k]], i, other_order[k]
            k += 1
    return here, there
