"""What a field reads of a metric, as flat rows in the order in which they are read, made once for a metric.

Most ranks of a hierarchy cannot be come down to at all, as states stand for a road and a direction, and most roads are
closed to most profiles: a field reads only what is open.
"""

import numpy as np
from numpy.typing import NDArray

from kernels.caching import cached
from routing.cch import Cch
from routing.customize import Metric
from routing.graph import Graph
from routing.packed import Layout, Packed, int32s
from routing.rows import as_read_only
from routing.trip import CLOSED

Int32s = NDArray[np.int32]

HIERARCHY = Layout("up_start", "up_head", "subtree_start", "rim_start", "entry_rank", "end_start", "end_rank")
UP_START, UP_HEAD, SUBTREE_START, RIM_START, ENTRY_RANK, END_START, END_RANK = HIERARCHY.places
GRAPH = Layout("arc_start", "arc_head", "arc_edge", "in_start", "in_tail", "in_edge", "entry_arc", "base_edge")
ARC_START, ARC_HEAD, ARC_EDGE, IN_START, IN_TAIL, IN_EDGE, ENTRY_ARC, BASE_EDGE = GRAPH.places

RANK_ROWS, ARC_ROWS, SKIPS = range(3)
FIRST_STRETCHES, NEXT_START, NEXT_STRETCHES, ENTRY_START, ENTRIES = range(5)


def sweep_rows(cch: Cch, metric: Metric, is_backward: bool) -> Packed:
    """The ranks that can be come down to, the highest first, and their open arcs; kept with the metric.

    RANK_ROWS (n + 1, 2): the rank and its first arc. ARC_ROWS (arcs, 2): the higher rank that is come from, and the
    weight. SKIPS (n,): where the ranks go on after the descendants of one, if these have a rim; else 0.
    Takes 1 ms for 389,000 arcs.
    """
    key = "swept backward" if is_backward else "swept"
    kept: Packed | None = metric.__dict__.get(key)
    if kept is None:
        weight = metric.up_ms if is_backward else metric.down_ms
        columns = _list_down(HIERARCHY.pack(cch).address, as_read_only(weight, np.int32))
        kept = metric.__dict__[key] = Packed(*(as_read_only(column, np.int32) for column in columns))
    return kept


class Entries(Packed):
    """Where each road is entered, and the local roads around: see `entry_rows`."""

    __slots__ = ("local_states", "roads", "source")

    source: tuple[object, ...]
    local_states: int
    roads: int


def entry_rows(
    cch: Cch, metric: Metric, of_road: Int32s, roads: int, local: tuple[Graph, Int32s] | None, is_backward: bool
) -> Entries:
    """Where each road is entered from (backward: where it has led to, driven), and the local roads around; kept.

    of_road (edges,): the road each drives. local: the graph and (edges,) the costs of local roads, or None.

    Places are ranks, and after them the states of local roads (`local_states` of them) that can be got to.
    FIRST_STRETCHES (n, 3): a rank, a local state next to it, the cost between. NEXT_STRETCHES (n, 3): the same between
    local states, those near to public roads first. ENTRIES (n, 3): a place, the delay there, the road that is entered.
    Takes 2 ms for 156,000 edges with 17,000 local ones.
    """
    key = "entered backward" if is_backward else "entered"
    source = of_road, None if local is None else local[0], None if local is None else local[1]
    kept: Entries | None = metric.__dict__.get(key)
    if kept is None or any(one is not other for one, other in zip(kept.source, source)):
        hierarchy, cost = HIERARCHY.pack(cch), as_read_only(metric.cost_ms, np.int32)
        first = following = np.empty((0, 3), np.int32)
        size = 0
        entries = _list_entries(hierarchy.address, cost, of_road, roads, is_backward)
        if local is not None:
            graph, local_ms = local
            first, following, more, size = _list_local(
                GRAPH.pack(graph).address, _state_ranks(cch, graph), cost, as_read_only(local_ms, np.int32), is_backward
            )
            entries = np.concatenate([entries, more])
        columns = first, *_as_rows(following, cch.states, size), *_as_rows(entries, 0, cch.states + size)
        kept = Entries(*(as_read_only(column, np.int32) for column in columns))
        kept.source, kept.local_states, kept.roads = source, size, roads
        metric.__dict__[key] = kept
    return kept


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
        cch.__dict__["state ranks"] = kept = as_read_only(kept, np.int32)
    return kept


# Live metrics may be rewritten while they are read, and the answer is thrown away then: each number is looked at once,
# and what is written has room for all.


@cached(nogil=True)
def _list_down(cch, weight):  # type: ignore[no-untyped-def]  # kernels; the functions above are typed
    up_start, up_head, rim_start = int32s(cch, UP_START), int32s(cch, UP_HEAD), int32s(cch, RIM_START)
    subtree_start = int32s(cch, SUBTREE_START)
    states = len(subtree_start)
    ranks, arcs, count, size = np.empty((states + 1, 2), np.int32), np.empty((len(weight), 2), np.int32), 0, 0
    below = np.empty(states + 1, np.int32)  # how many rows there are of this rank and higher ones
    below[states] = 0
    for x in range(states - 1, -1, -1):
        begun = size
        for a in range(up_start[x], up_start[x + 1]):
            arcs[size, 0], arcs[size, 1] = up_head[a], weight[a]
            size += arcs[size, 1] != CLOSED
        if size > begun or rim_start[x] < rim_start[x + 1]:
            ranks[count, 0], ranks[count, 1] = x, begun
            count += 1
        below[x] = count
    ranks[count, 0], ranks[count, 1] = -1, size
    skips = np.zeros(count, np.int32)
    for i in range(count):
        x = ranks[i, 0]
        if rim_start[x] < rim_start[x + 1]:
            skips[i] = below[subtree_start[x]]
    return ranks[: count + 1].copy(), arcs[:size].copy(), skips


@cached(nogil=True)
def _list_entries(cch, cost, of_road, roads, is_backward):  # type: ignore[no-untyped-def]
    entry_rank, end_start, end_rank = int32s(cch, ENTRY_RANK), int32s(cch, END_START), int32s(cch, END_RANK)
    rows, size = np.empty((max(len(end_rank), roads), 3), np.int32), 0
    if is_backward:
        for road in range(roads):
            if cost[road] != CLOSED:
                rows[size, 0], rows[size, 1], rows[size, 2] = entry_rank[road], road, 0
                size += 1
        return rows[:size].copy()
    for e in range(len(of_road)):
        road, own = of_road[e], cost[e]
        if own == CLOSED:
            continue
        whole = cost[road]
        delay = 0 if whole == CLOSED else own - whole
        for i in range(end_start[e], end_start[e + 1]):
            rows[size, 0], rows[size, 1], rows[size, 2] = end_rank[i], road, delay
            size += 1
    return rows[:size].copy()


@cached(nogil=True)
def _list_local(graph, rank, cost, local, is_backward):  # type: ignore[no-untyped-def]
    """(first stretches, next ones, entries, how many states): spreads over all local roads from all public states."""
    if is_backward:
        start, other, edge = int32s(graph, IN_START), int32s(graph, IN_TAIL), int32s(graph, IN_EDGE)
    else:
        start, other, edge = int32s(graph, ARC_START), int32s(graph, ARC_HEAD), int32s(graph, ARC_EDGE)
    base_edge, entry_arc, arc_head = int32s(graph, BASE_EDGE), int32s(graph, ENTRY_ARC), int32s(graph, ARC_HEAD)
    states, room = len(rank), 0
    own = np.empty(len(base_edge), np.int32)
    for e in range(len(own)):
        own[e] = local[e] if cost[e] == CLOSED else CLOSED
    for e in edge:
        room += own[e] != CLOSED
    stretches, entries = np.empty((2 * room, 3), np.int32), np.empty((2 * room, 3), np.int32)
    number, queue = np.full(states, -1, np.int32), np.empty(states, np.int32)
    firsts, size, entered, count = 0, 0, 0, 0
    for turn in range(2):
        at = 0
        while at < (count if turn else states):
            state = queue[at] if turn else at
            place = states + at if turn else rank[state]
            at += 1
            if place < 0:
                continue
            for i in range(start[state], start[state + 1]):
                e, to = edge[i], other[i]
                if own[e] == CLOSED:
                    continue
                if number[to] < 0:
                    number[to], queue[count] = count, to
                    count += 1
                stretches[size, 0], stretches[size, 1], stretches[size, 2] = place, states + number[to], own[e]
                size += 1
                if not is_backward:
                    road = base_edge[e]
                    delay = 0 if own[road] == CLOSED else own[e] - own[road]
                    entries[entered, 0], entries[entered, 1], entries[entered, 2] = place, road, delay
                    entered += 1
        firsts = firsts if turn else size
    for road in range(len(entry_arc) if is_backward else 0):
        if own[road] != CLOSED and base_edge[road] == road:
            state = arc_head[entry_arc[road]]
            if rank[state] >= 0:
                entries[entered, 0], entries[entered, 1], entries[entered, 2] = rank[state], road, 0
                entered += 1
            if number[state] >= 0:
                entries[entered, 0], entries[entered, 1], entries[entered, 2] = states + number[state], road, 0
                entered += 1
    return stretches[:firsts].copy(), stretches[firsts:size].copy(), entries[:entered].copy(), count


@cached(nogil=True)
def _as_rows(table, first, rows):  # type: ignore[no-untyped-def]
    """(start, columns 1 and 2) of a table grouped by column 0, which counts rows from a first one on."""
    start, columns = np.zeros(rows + 1, np.int32), np.empty((len(table), 2), np.int32)
    for i in range(len(table)):
        start[table[i, 0] - first + 1] += 1
    for row in range(rows):
        start[row + 1] += start[row]
    place = start[:-1].copy()
    for i in range(len(table)):
        row = table[i, 0] - first
        columns[place[row], 0], columns[place[row], 1] = table[i, 1], table[i, 2]
        place[row] += 1
    return start, columns
