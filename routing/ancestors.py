"""Exact costs from the starts of a drive and to its ends at every ancestor of either: what ways over any of them cost.

Source: elimination tree query (see `routing.query`), followed by a sweep back down over the same ancestors.
"""

import numpy as np

from kernels.caching import cached
from routing.cch import Cch
from routing.packed import Packed, int32_rows, int32s, int64_rows
from routing.query import BACK, FORE, _part, _relax_listed
from routing.scratch import own_desk
from routing.trip import CLOSED
from routing.weights import COST, END_RANK, END_START, ENTRY_RANK, OPEN_ARC, OPEN_RANK

FAR = 1 << 61
"""The cost of an ancestor that is not reached yet; two of it and any weight are still an int64."""

NOT_CLIMBED = -1
"""The cost from the starts of what is no ancestor of an end, and of everything between two questions."""

REACHED, CLIMBED, MARKS, PIECES, TAKEN, PASSED = range(6)


def ways_scratch(cch: Cch) -> Packed:
    """Costs, ranks before and marks, all as a question has found them when it ends; this desk's."""
    states, edges, desk = len(cch.parent), len(cch.entry_rank), own_desk()
    scratch: Packed | None = desk.get("ways")
    if scratch is None or len(scratch.columns[CLIMBED]) < states or len(scratch.columns[TAKEN]) < edges:
        scratch = desk["ways"] = Packed(
            # Costs from the starts and to the ends; the rank before each, or -1 - i at point i.
            np.full((states, 4), NOT_CLIMBED, np.int64),
            np.empty(states, np.int32),  # ancestors, ascending
            np.empty((states, 2), np.int32),  # bit i: way i leads over the rank on its way to (from) its via
            # Edges from the rank before, and to the one after: where they begin and end in a pool, 0 = not read yet.
            np.empty((states, 4), np.int32),
            np.zeros(edges, np.int32),  # bit i: way i drives this street; zeros between questions
            np.zeros(states, np.uint8),  # junctions passed, by node; zeros between questions
        )
    return scratch


# --- kernels -------------------------------------------------------------------------------------------------------


@cached(nogil=True)
def _grow(  # type: ignore[no-untyped-def]
    cch, metric, scratch, start_edge, start_fraction, start_extra, end_edge, end_fraction, end_extra, best, stretch
):  # fmt: skip
    """Exact costs from the starts and to the ends at all their ancestors; (how many, least sum, where it is).

    Costs above `stretch` times the least sum are left as they come. The place is -1 if no sum is below `best`.
    """
    entry_rank, cost = int32s(cch, ENTRY_RANK), int32s(metric, COST)
    end_start, end_rank = int32s(cch, END_START), int32s(cch, END_RANK)
    rank, arc = int32_rows(metric, OPEN_RANK, 4), int32_rows(metric, OPEN_ARC, 2)
    reached, climbed = int64_rows(scratch, REACHED, 4), int32s(scratch, CLIMBED)
    size, meet, one = 0, np.int64(-1), np.uint64(1)
    for s in range(len(start_edge)):
        e = start_edge[s]
        if cost[e] != CLOSED:
            own = start_extra[s] + cost[e] - _part(cost[e], start_fraction[s])
            size = _add_end(rank, reached, climbed, size, FORE, entry_rank[e], own, s)
    for t in range(len(end_edge)):
        e = end_edge[t]
        if cost[e] != CLOSED:
            own = end_extra[t] + _part(cost[e], end_fraction[t])
            for c in range(end_start[e], end_start[e + 1]):
                size = _add_end(rank, reached, climbed, size, BACK, end_rank[c], own, t)
    climbed[:size].sort()
    limit = np.int64(FAR) if best == FAR else np.int64(best * stretch) + 2
    for i in range(size):
        x = np.uint64(climbed[i])
        ahead, behind = reached[x, FORE], reached[x, BACK]
        if ahead + behind < best:
            best, meet = ahead + behind, np.int64(x)
            limit = np.int64(best * stretch) + 2
        if ahead < limit:
            _relax_listed(arc, rank[x, 0], rank[x, 1], reached, FORE, x, ahead)
        if behind < limit:
            _relax_listed(arc, rank[x, 1], rank[x + one, 0], reached, BACK, x, behind)
    if meet < 0 or stretch == 1.0:
        return size, best, meet
    for i in range(size - 1, -1, -1):
        x = np.uint64(climbed[i])
        _pull(arc, rank[x, 1], rank[x + one, 0], reached, FORE, x, limit)
        _pull(arc, rank[x, 0], rank[x, 1], reached, BACK, x, limit)
    return size, best, meet


@cached(nogil=True)
def _add_end(rank, reached, climbed, size, way, x, cost, point):  # type: ignore[no-untyped-def]
    """Adds a rank and its ancestors to those climbed to, not yet in order; gives how many these are now."""
    y = np.int64(x)
    while y >= 0 and reached[y, FORE] == NOT_CLIMBED:
        reached[y, FORE], reached[y, BACK] = FAR, FAR
        climbed[size] = y
        size += 1
        y = np.int64(rank[y, 2])
    if cost < reached[x, way]:
        reached[x, way], reached[x, way + 2] = cost, -1 - point
    return size


@cached(nogil=True)
def _pull(arc, first, last, reached, way, x, limit):  # type: ignore[no-untyped-def]
    """Takes the least over the higher ends of some arcs, if below the limit, which else stands for all above."""
    way = np.uint64(way)
    least, before = min(reached[x, way], limit), reached[x, way + np.uint64(2)]
    for a in range(np.uint64(first), np.uint64(last)):
        head = np.uint64(arc[a, 0])
        through = reached[head, way] + arc[a, 1]
        before = np.int64(head) if through < least else before
        least = min(least, through)
    reached[x, way], reached[x, way + np.uint64(2)] = least, before


@cached(nogil=True)
def _forget(reached, climbed, size):  # type: ignore[no-untyped-def]
    for x in climbed[:size]:
        reached[x, FORE] = NOT_CLIMBED
