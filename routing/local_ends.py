"""The local ends of a drive for other kernels: what `routing.local` finds, for one place on one road."""

import numpy as np

from kernels.caching import cached
from routing.local import ALIAS_START, _enter, _leave, _longer
from routing.packed import int32s
from routing.trip import CLOSED, UNREACHED


@cached(nogil=True)
def _is_local(cost, local, segment):  # type: ignore[no-untyped-def]
    """Whether a direction of a segment is open at the ends of trips only."""
    e = 2 * np.int64(segment)
    return (cost[e] == CLOSED and local[e] != CLOSED) or (cost[e + 1] == CLOSED and local[e + 1] != CLOSED)


@cached(nogil=True)
def _starts_at(graph, cost, local, row_of, segment, fraction):  # type: ignore[no-untyped-def]
    """Where trips from a place on a segment begin, or come to public roads.

    ((edge, fraction, extra, row) of each point, row -1 on the segment itself; (edge, fraction, extra) of the points on
    the segment; (state, cost, edge, before) of the local drives).
    """
    edge, share, extra, row = np.empty(8, np.int32), np.empty(8), np.empty(8, np.int64), np.empty(8, np.int32)
    own_edge, own_share, own_extra = np.empty(2, np.int32), np.empty(2), np.zeros(2, np.int64)
    size = own = 0
    for side in range(2):
        e = 2 * np.int64(segment) + side
        if cost[e] != CLOSED or local[e] != CLOSED:
            own_edge[own], own_share[own] = e, 1.0 - fraction if side else fraction
            if cost[e] != CLOSED:
                edge[size], share[size], extra[size], row[size] = e, own_share[own], 0, -1
                size += 1
            own += 1
    own_edge, own_share, own_extra = own_edge[:own], own_share[:own], own_extra[:own]
    state, costs, edges, before, exit_edge, exit_ms, exit_row = _leave(
        graph, cost, local, own_edge, own_share, own_extra, row_of
    )
    for i in _cheapest_exits(exit_edge, exit_ms):
        if size == len(edge):
            edge, share, extra, row = _longer(edge), _longer(share), _longer(extra), _longer(row)
        edge[size], share[size], extra[size], row[size] = exit_edge[i], 0.0, exit_ms[i], exit_row[i]
        size += 1
    return (
        (edge[:size], share[:size], extra[:size], row[:size]), (own_edge, own_share, own_extra),
        (state, costs, edges, before),
    )  # fmt: skip


@cached(nogil=True)
def _ends_at(graph, cost, local, row_of, segment, fraction):  # type: ignore[no-untyped-def]
    """As `_starts_at`, where trips to a place end or leave public roads; points on aliases among them."""
    alias_start = int32s(graph, ALIAS_START)
    edge, share, extra, row = np.empty(16, np.int32), np.empty(16), np.empty(16, np.int64), np.empty(16, np.int32)
    own_edge, own_share, own_extra = np.empty(16, np.int32), np.empty(16), np.empty(16, np.int64)
    own_row = np.empty(16, np.int32)
    size = own = 0
    for side in range(2):
        e, part = 2 * np.int64(segment) + side, 1.0 - fraction if side else fraction
        if cost[e] != CLOSED:
            edge, share, extra, row, size = _add_end(alias_start, cost, edge, share, extra, row, size, e, part, 0, -1)
            own_edge, own_share, own_extra, own_row, own = _add_end(
                alias_start, cost, own_edge, own_share, own_extra, own_row, own, e, part, 0, -1
            )
        elif local[e] != CLOSED:
            own_edge, own_share, own_extra, own_row, own = _add_end(
                alias_start, local, own_edge, own_share, own_extra, own_row, own, e, part, 0, -1
            )
    own_edge, own_share, own_extra = own_edge[:own], own_share[:own], own_extra[:own]
    state, costs, edges, before, exit_edge, exit_ms, exit_row = _enter(
        graph, cost, local, own_edge, own_share, own_extra, row_of
    )
    for i in _cheapest_exits(exit_edge, exit_ms):
        edge, share, extra, row, size = _add_end(
            alias_start, cost, edge, share, extra, row, size, exit_edge[i], 1.0, exit_ms[i], exit_row[i]
        )
    return (
        (edge[:size], share[:size], extra[:size], row[:size]), (own_edge, own_share, own_extra),
        (state, costs, edges, before),
    )  # fmt: skip


@cached(nogil=True)
def _add_end(alias_start, cost, edge, share, extra, row, size, e, part, ms, r):  # type: ignore[no-untyped-def]
    """Adds a point on a road edge and those on its open aliases (see routing.gates.end_points)."""
    roads = len(alias_start) - 1
    more = alias_start[e + 1] - alias_start[e]
    while size + more >= len(edge):
        edge, share, extra, row = _longer(edge), _longer(share), _longer(extra), _longer(row)
    edge[size], share[size], extra[size], row[size] = e, part, ms, r
    size += 1
    for a in range(alias_start[e], alias_start[e + 1]):
        whole = np.int64(cost[roads + a])
        if whole != CLOSED:
            edge[size], share[size], row[size] = roads + a, part, r
            # The delay of the turn is due in full from the beginning of the alias on.
            extra[size] = ms + whole - cost[e] + np.int64(cost[e] * part) - np.int64(whole * part)
            size += 1
    return edge, share, extra, row, size


@cached(nogil=True)
def _cheapest_exits(edge, ms):  # type: ignore[no-untyped-def]
    """Numbers of the exits, of several by one edge the cheapest."""
    kept, size = np.empty(len(edge), np.int64), 0
    for i in range(len(edge)):
        place = 0
        while place < size and edge[kept[place]] != edge[i]:
            place += 1
        if place == size:
            kept[size] = i
            size += 1
        elif ms[i] < ms[kept[place]]:
            kept[place] = i
    return kept[:size]


@cached(nogil=True)
def _directly(cost, local, row_of, from_points, from_rows, to_points, to_rows):  # type: ignore[no-untyped-def]
    """(cost, row there, row back) of the cheapest drive of `find_direct`; for one along a local edge that both places
    lie on, -1 - the number of each point. UNREACHED if there is none.
    """
    best, here, there = np.int64(UNREACHED), np.int64(-1), np.int64(-1)
    for i in range(len(from_points[0])):
        e = from_points[0][i]
        if cost[e] == CLOSED and local[e] != CLOSED:
            for j in range(len(to_points[0])):
                if to_points[0][j] == e and to_points[1][j] >= from_points[1][i]:
                    along = np.int64(local[e] * to_points[1][j]) - np.int64(local[e] * from_points[1][i])
                    along += from_points[2][i] + to_points[2][j]
                    if along < best:
                        best, here, there = along, np.int64(-1 - i), np.int64(-1 - j)
    state, costs, other_state, other_costs = from_rows[0], from_rows[1], to_rows[0], to_rows[1]
    for r in range(len(state)):
        known = row_of[state[r]] - 1
        if known < 0 or costs[r] < costs[known]:
            row_of[state[r]] = r + 1
    for r in range(len(other_state)):
        known = row_of[other_state[r]] - 1
        if known >= 0 and costs[known] + other_costs[r] < best:
            best, here, there = costs[known] + other_costs[r], np.int64(known), np.int64(r)
    for r in range(len(state)):
        row_of[state[r]] = 0
    return best, here, there


@cached(nogil=True)
def _driven(rows, row):  # type: ignore[no-untyped-def]
    """The edges between a point and the state of a row, from the state on; none for row -1."""
    edges, size = np.empty(16, np.int32), 0
    while row >= 0:
        if size == len(edges):
            edges = _longer(edges)
        edges[size] = rows[2][row]
        size += 1
        row = rows[3][row]
    return edges[:size]
