"""Further ways that differ from the best: drives over another place that are good ways everywhere.

A *via* is an ancestor of both ends or of one: going up and then down again over its ancestors gives the exact cost
from the start to it and on to the end. A way over it is offered if it costs little more than the best, if it shares not
too much with the ways offered before, passes no place twice, and if the piece around the via is itself a best way
(local optimality): so it is no detour that one makes only to differ.
Source: Abraham, Delling, Goldberg, Werneck 2013, "Alternative routes in road networks", sections 3 and 4 (limited
sharing, local optimality by the T-test, ranking by cost and sharing).
"""

import numba
import numpy as np
from numpy.typing import NDArray

from routing.cch import Cch
from routing.customize import Metric
from routing.errors import BadPoint
from routing.packed import Layout, Packed, int32_rows, int32s, int64_rows, uint8s
from routing.query import (
    BACK,
    BACK_BEFORE,
    BROKEN,
    COST,
    END_RANK,
    END_START,
    ENTRY_RANK,
    FORE,
    FORE_BEFORE,
    HIERARCHY,
    LIST_AFTER,
    OPEN_ARC,
    OPEN_RANK,
    _arc_between,
    _climb,
    _part,
    _refuse,
    _relax_listed,
    _set_out,
    _unpack,
    _wrong,
    weights_of,
)  # fmt: skip
from routing.query import _thread_scratch as _search_scratch
from routing.scratch import own_desk
from routing.trip import CLOSED, EdgePoints, Path

Int32s = NDArray[np.int32]

MOST_READ = 6
"""So many candidates are looked at, 10 us each; the ranking puts good ones first: twice as many find another way for
3 % more of all pairs."""

MOST_WAYS = 16
"""Others that may be asked for: each has a bit of a street's mark."""

FAR = 1 << 61
"""The cost of an ancestor that is not reached yet; two of it and any weight are still an int64."""

NOT_CLIMBED = -1
"""The cost from the starts of what is no ancestor of an end, and of everything between two questions."""

PLACES = Layout("rank_node")
(RANK_NODE,) = PLACES.places
REACHED, CLIMBED, MARKS, PIECES, TAKEN, PASSED = range(6)


def find_alternatives(
    cch: Cch,
    metric: Metric,
    starts: EdgePoints,
    ends: EdgePoints,
    count: int,
    max_stretch: float = 1.25,
    max_share: float = 0.7,
    local_optimality: float = 0.25,
    base_edge: Int32s | None = None,
) -> list[Path]:
    """The cheapest drive and up to `count` others that differ from it and from each other, best first; [] if none is.

    max_stretch: what another may cost, as a multiple of the cheapest. max_share: how much of the cost of the cheapest
    another may have in common with each one before it. local_optimality: a piece of this share of the cheapest's cost
    before and after the place over which another leads is a cheapest drive itself.
    base_edge: (edges,) of the graph, so that an alias is the same street as the edge it drives; None = no aliases.

    All are legal drives as `find_path` gives them. Takes 4 times as long as `find_path`: 0.1 ms for 89,000 states.
    Only places that are ancestors of an end are looked at: of streets beside each other without such a junction one is
    found. Of 3,000 random pairs in Heidelberg and around, 24 minutes apart on average, 61 % have another way, 21 % two.

    Raises BadPoint if a number is outside its range, and as `find_path`.
    """
    if not (0 <= count <= MOST_WAYS and 1.0 <= max_stretch <= 10.0 and 0.0 <= max_share <= 1.0):
        _refuse_numbers(
            ("count", count, 0, MOST_WAYS), ("max_stretch", max_stretch, 1, 10), ("max_share", max_share, 0, 1)
        )
    if not 0.0 <= local_optimality <= 1.0:
        _refuse_numbers(("local_optimality", local_optimality, 0, 1))
    if base_edge is None:
        base_edge = np.empty(0, np.int32)
    elif base_edge.dtype != np.int32 or base_edge.shape != (cch.edges,):
        raise BadPoint(f"base_edge {base_edge.dtype} {base_edge.shape} must be an int32 column of {cch.edges} edges")
    hierarchy, places, weights = HIERARCHY.pack(cch), PLACES.pack(cch), weights_of(cch, metric, LIST_AFTER)
    scratch, search = _thread_scratch(cch), _search_scratch(cch)
    reason, rows, edges = _ask_ways(
        hierarchy.address, places.address, weights.address, scratch.address, search.address, starts.edge,
        starts.fraction, starts.extra_ms, ends.edge, ends.fraction, ends.extra_ms, base_edge, count, float(max_stretch),
        float(max_share), float(local_optimality),
    )  # fmt: skip
    if reason < 0:
        _refuse(reason, cch, metric, starts, ends)
    ways = [
        Path(edges[begin:stop], float(starts.fraction[start]), float(ends.fraction[end]), cost, start, end)
        for cost, start, end, begin, stop in rows.tolist()
    ]
    return [*ways[:1], *sorted(ways[1:], key=lambda way: way.cost_ms)]


def _refuse_numbers(*numbers: tuple[str, float, int, int]) -> None:
    for name, value, least, most in numbers:
        if not least <= value <= most:
            raise BadPoint(f"{name}={value:g} must lie in {least}..{most}")


def _thread_scratch(cch: Cch) -> Packed:
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


@numba.njit(cache=True, nogil=True)
def _ask_ways(  # type: ignore[no-untyped-def]  # kernels; the functions above are typed
    cch, places, metric, scratch, search, start_edge, start_fraction, start_extra, end_edge, end_fraction, end_extra,
    base_edge, count, max_stretch, max_share, local_optimality,
):  # fmt: skip
    """(0 or why it is refused, a row (cost, start, end, first edge, edge after the last) for each way, edges)."""
    rows = np.empty((count + 1, 5), np.int64)
    nothing = np.empty(0, np.int32)
    wrong = _wrong(cch, metric, start_edge, start_fraction, start_extra, end_edge, end_fraction, end_extra)
    if wrong < 0:
        return wrong, rows[:0], nothing
    cost, entry_rank, rank_node = int32s(metric, COST), int32s(cch, ENTRY_RANK), int32s(places, RANK_NODE)
    best, first, last = np.int64(FAR), np.int64(-1), np.int64(-1)
    for s in range(len(start_edge)):
        e = start_edge[s]
        for t in range(len(end_edge)):
            if e == end_edge[t] and cost[e] != CLOSED and end_fraction[t] >= start_fraction[s]:
                direct = _part(cost[e], end_fraction[t]) - _part(cost[e], start_fraction[s])
                direct += start_extra[s] + end_extra[t]
                if direct < best:
                    best, first, last = direct, np.int64(s), np.int64(t)
    size, best, meet = _grow(
        cch, metric, scratch, start_edge, start_fraction, start_extra, end_edge, end_fraction, end_extra, best,
        max_stretch if count > 0 else 1.0,
    )  # fmt: skip
    if meet < 0:
        _forget(int64_rows(scratch, REACHED, 4), int32s(scratch, CLIMBED), size)
        if best == FAR:
            return np.int64(0), rows[:0], nothing
        rows[0, 0], rows[0, 1], rows[0, 2], rows[0, 3], rows[0, 4] = best, first, last, 0, 1
        return np.int64(0), rows[:1], start_edge[first : first + 1].copy()

    reached, climbed, pieces = int64_rows(scratch, REACHED, 4), int32s(scratch, CLIMBED), int32_rows(scratch, PIECES, 4)
    marks, taken, passed = int32_rows(scratch, MARKS, 2), int32s(scratch, TAKEN), uint8s(scratch, PASSED)
    for x in climbed[:size]:
        marks[x, FORE], marks[x, BACK], pieces[x, 1], pieces[x, 3] = 0, 0, 0, 0
    # The edges of all pieces that were read, and the ways made of them, one after the other.
    pool, edges, stack = np.empty(1024, np.int32), np.empty(1024, np.int32), np.empty((128, 2), np.int64)
    pool, pooled, edges, used, first, last = _read(
        cch, metric, reached, pieces, start_edge, end_edge, meet, stack, pool, np.int64(0), edges, np.int64(0)
    )
    if used < 0:
        _forget(reached, climbed, size)
        return np.int64(BROKEN), rows[:0], nothing
    rows[0, 0], rows[0, 1], rows[0, 2], rows[0, 3], rows[0, 4] = best, first, last, 0, used
    ways, own_ms = 1, best - start_extra[first] - end_extra[last]
    limit, most_shared = best + np.int64(own_ms * (max_stretch - 1.0)), np.int64(own_ms * max_share)
    around = np.int64(own_ms * local_optimality)
    _mark(reached, marks, meet, np.int32(1))
    repeats = _count_repeats(edges, 0, used, entry_rank, rank_node, passed)
    _mark_streets(edges, 0, used, base_edge, taken, np.int32(1))
    vias = np.empty(0, np.int32)
    if count > 0 and used > 1:
        extras = start_extra[first], end_extra[last]
        vias = _rank_vias(reached, marks, climbed, size, limit, most_shared, best, extras)
    shared = np.empty(count + 1, np.int64)
    for via in vias[:MOST_READ]:
        if ways > count:
            break
        if _shares_more(reached, marks, via, ways, most_shared, start_extra, end_extra):
            continue
        pool, pooled, is_good = _is_good_around(
            cch, metric, search, reached, pieces, start_edge, start_fraction, start_extra, end_edge, end_fraction,
            end_extra, via, around, stack, pool, pooled,
        )  # fmt: skip
        if is_good:
            pool, pooled, edges, stop, s, t = _read(
                cch, metric, reached, pieces, start_edge, end_edge, via, stack, pool, pooled, edges, used
            )
        if pooled < 0:
            break
        if (
            is_good
            and _differs(
                edges, used, stop, cost, start_fraction[s], end_fraction[t], base_edge, taken, ways, shared, most_shared
            )
            and _count_repeats(edges, used, stop, entry_rank, rank_node, passed) <= repeats
        ):
            rows[ways, 0], rows[ways, 1], rows[ways, 2] = reached[via, FORE] + reached[via, BACK], s, t
            rows[ways, 3], rows[ways, 4] = used, stop
            _mark(reached, marks, via, np.int32(1 << ways))
            _mark_streets(edges, used, stop, base_edge, taken, np.int32(1 << ways))
            used = stop
            ways += 1
    for e in edges[:used]:
        taken[base_edge[e] if len(base_edge) > 0 else e] = 0
    _forget(reached, climbed, size)
    return np.int64(BROKEN if pooled < 0 else 0), rows[:ways], edges[:used].copy()


@numba.njit(cache=True, nogil=True)
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


@numba.njit(cache=True, nogil=True)
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


@numba.njit(cache=True, nogil=True)
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


@numba.njit(cache=True, nogil=True)
def _forget(reached, climbed, size):  # type: ignore[no-untyped-def]
    for x in climbed[:size]:
        reached[x, FORE] = NOT_CLIMBED


@numba.njit(cache=True, nogil=True)
def _rank_vias(reached, marks, climbed, size, limit, most_shared, best, extras):  # type: ignore[no-untyped-def]
    """Vias of different ways within the limit that leave the best way early enough, the most promising first.

    What a way shares is taken from the trees of both searches: arcs of the hierarchy in common, a little less than
    edges in common.
    """
    total, shared = np.empty(size, np.int64), np.empty(size, np.int64)
    found, count = np.empty(size, np.int32), 0
    for i in range(size):
        x = climbed[i]
        if reached[x, FORE] + reached[x, BACK] > limit:
            continue
        common = max(_shared(reached, FORE, marks, 1, x) - extras[0], np.int64(0))
        common += max(_shared(reached, BACK, marks, 1, x) - extras[1], np.int64(0))
        if common <= most_shared:
            total[count], shared[count], found[count] = reached[x, FORE] + reached[x, BACK], common, x
            count += 1
    # Vias of one cost are those of one way: between the first and the last of them lies its plateau. With one of a
    # tenth of the cost every eighth way is good, of a quarter two in five, without any one in a hundred (Heidelberg).
    order, vias, score, i, size = np.argsort(total[:count]), np.empty(count, np.int32), np.empty(count, np.int64), 0, 0
    while i < count:
        own, common, via = total[order[i]], np.int64(0), found[order[i]]
        low, high = reached[via, FORE], reached[via, FORE]
        while i < count and total[order[i]] == own:
            x = found[order[i]]
            low, high = min(low, reached[x, FORE]), max(high, reached[x, FORE])
            common = max(common, shared[order[i]])
            i += 1
        vias[size], score[size] = via, own + common - 2 * min(high - low, best // 2)
        size += 1
    return vias[np.argsort(score[:size], kind="mergesort")]


@numba.njit(cache=True, nogil=True)
def _shared(reached, way, marks, bit, x):  # type: ignore[no-untyped-def]
    """The cost up to where a way leaves a marked one, 0 if it is another from its point on."""
    x = np.int64(x)
    while marks[x, way] & bit == 0:
        x = reached[x, way + 2]
        if x < 0:
            return np.int64(0)
    return reached[x, way]


@numba.njit(cache=True, nogil=True)
def _shares_more(reached, marks, via, ways, most_shared, start_extra, end_extra):  # type: ignore[no-untyped-def]
    """Whether arcs of the hierarchy alone tell that a way shares too much with one after the best."""
    for way in range(1, ways):
        common = _shared(reached, FORE, marks, 1 << way, via) + _shared(reached, BACK, marks, 1 << way, via)
        if common > most_shared + start_extra.max() + end_extra.max():
            return True
    return False


@numba.njit(cache=True, nogil=True)
def _mark(reached, marks, via, bit):  # type: ignore[no-untyped-def]
    for way in range(2):
        x = np.int64(via)
        while x >= 0:
            marks[x, way] |= bit
            x = reached[x, way + 2]


@numba.njit(cache=True, nogil=True)
def _read(  # type: ignore[no-untyped-def]
    cch, metric, reached, pieces, start_edge, end_edge, via, stack, pool, pooled, edges, begin
):
    """Writes the edges of the way over a via from a place of `edges` on.

    Gives (pool, its size, edges, place after the last, start, end); the place is -1 if an arc stands for no edges.
    """
    size, x = begin + 2, np.int64(via)
    while reached[x, FORE_BEFORE] >= 0:
        pool, pooled = _read_piece(cch, metric, reached, pieces, FORE, x, stack, pool, pooled)
        if pooled < 0:
            return pool, pooled, edges, pooled, x, x
        size += pieces[x, 1] - pieces[x, 0]
        x = reached[x, FORE_BEFORE]
    start, middle, x = -1 - reached[x, FORE_BEFORE], size - 1, np.int64(via)
    while reached[x, BACK_BEFORE] >= 0:
        pool, pooled = _read_piece(cch, metric, reached, pieces, BACK, x, stack, pool, pooled)
        if pooled < 0:
            return pool, pooled, edges, pooled, x, x
        size += pieces[x, 3] - pieces[x, 2]
        x = reached[x, BACK_BEFORE]
    end = -1 - reached[x, BACK_BEFORE]
    if size > len(edges):
        longer = np.empty(2 * size, np.int32)
        longer[:begin] = edges[:begin]
        edges = longer
    edges[begin], edges[size - 1] = start_edge[start], end_edge[end]
    place, x = middle, np.int64(via)
    while reached[x, FORE_BEFORE] >= 0:
        for i in range(pieces[x, 1] - 1, pieces[x, 0] - 1, -1):
            place -= 1
            edges[place] = pool[i]
        x = reached[x, FORE_BEFORE]
    place, x = middle, np.int64(via)
    while reached[x, BACK_BEFORE] >= 0:
        for i in range(pieces[x, 2], pieces[x, 3]):
            edges[place] = pool[i]
            place += 1
        x = reached[x, BACK_BEFORE]
    return pool, pooled, edges, size, start, end


@numba.njit(cache=True, nogil=True)
def _read_piece(cch, metric, reached, pieces, way, x, stack, pool, pooled):  # type: ignore[no-untyped-def]
    """Adds the edges between a rank and the one before it (after it, towards the ends) to the pool, if not yet there.

    Gives (pool, its size), -1 if there are no edges.
    """
    if pieces[x, 2 * way + 1] > 0:
        return pool, pooled
    y = reached[x, way + 2]
    is_up = (x < y) == (way == BACK)
    stack[0, 0], arc = min(x, y), _arc_between(cch, min(x, y), max(x, y))
    stack[0, 1] = arc if is_up else ~arc
    pool, stop = _unpack(cch, metric, stack, 1, pool, pooled)
    if stop < 0:
        return pool, np.int64(-1)
    pieces[x, 2 * way], pieces[x, 2 * way + 1] = pooled, stop
    return pool, np.int64(stop)


@numba.njit(cache=True, nogil=True)
def _mark_streets(edges, begin, stop, base_edge, taken, bit):  # type: ignore[no-untyped-def]
    for e in edges[begin:stop]:
        taken[base_edge[e] if len(base_edge) > 0 else e] |= bit


@numba.njit(cache=True, nogil=True)
def _count_repeats(edges, begin, stop, entry_rank, rank_node, passed):  # type: ignore[no-untyped-def]
    """How often a way comes to a junction that it has passed before."""
    count = 0
    for e in edges[begin : stop - 1]:
        node = rank_node[entry_rank[e]]
        count += passed[node]
        passed[node] = 1
    for e in edges[begin : stop - 1]:
        passed[rank_node[entry_rank[e]]] = 0
    return count


@numba.njit(cache=True, nogil=True)
def _differs(  # type: ignore[no-untyped-def]
    edges, begin, stop, cost, first_fraction, last_fraction, base_edge, taken, ways, shared, most_shared
):
    """Whether a way has little enough in common with each before it, and something new."""
    shared[:ways] = 0
    total = np.int64(0)
    for i in range(begin, stop):
        e = edges[i]
        own = _part(cost[e], last_fraction) if i == stop - 1 else np.int64(cost[e])
        if i == begin:
            own -= _part(cost[e], first_fraction)
        total += own
        bits = taken[base_edge[e] if len(base_edge) > 0 else e]
        if bits != 0:
            for way in range(ways):
                shared[way] += own * ((bits >> way) & 1)
    is_different = True
    for way in range(ways):
        is_different &= shared[way] <= most_shared and shared[way] < total
    return is_different


@numba.njit(cache=True, nogil=True)
def _is_good_around(  # type: ignore[no-untyped-def]
    cch, metric, search, reached, pieces, start_edge, start_fraction, start_extra, end_edge, end_fraction, end_extra,
    via, around, stack, pool, pooled,
):  # fmt: skip
    """(pool, its size, whether the piece of a way up to so much before and after its via is a best way): the T-test.

    Only the arcs of the hierarchy that the piece begins and ends on are read.
    """
    if around <= 0:
        return pool, pooled, True
    cost = int32s(metric, COST)
    x, wanted = np.int64(via), reached[via, FORE] - around
    while reached[x, FORE_BEFORE] >= 0 and reached[reached[x, FORE_BEFORE], FORE] >= wanted:
        x = reached[x, FORE_BEFORE]
    before = reached[x, FORE_BEFORE]
    if before < 0:
        s = -1 - before
        low, begun, done = np.int64(start_edge[s]), start_fraction[s], start_extra[s]
    else:
        pool, pooled = _read_piece(cch, metric, reached, pieces, FORE, x, stack, pool, pooled)
        if pooled < 0:
            return pool, pooled, False
        begun, done, i = 0.0, reached[before, FORE], np.int64(pieces[x, 0])
        while done + cost[pool[i]] < wanted:
            done += cost[pool[i]]
            i += 1
        low = np.int64(pool[i])
    low_part = begun
    if cost[low] > 0:
        low_part = min(begun + max(wanted - done, np.int64(0)) / cost[low], 1.0)
    low_ms = done + _part(cost[low], low_part) - _part(cost[low], begun)

    total = reached[via, FORE] + reached[via, BACK]
    x, wanted = np.int64(via), reached[via, FORE] + around
    while reached[x, BACK_BEFORE] >= 0 and total - reached[reached[x, BACK_BEFORE], BACK] < wanted:
        x = reached[x, BACK_BEFORE]
    done, most = total - reached[x, BACK], 1.0
    if reached[x, BACK_BEFORE] < 0:
        t = -1 - reached[x, BACK_BEFORE]
        high, most = np.int64(end_edge[t]), end_fraction[t]
    else:
        pool, pooled = _read_piece(cch, metric, reached, pieces, BACK, x, stack, pool, pooled)
        if pooled < 0:
            return pool, pooled, False
        i = np.int64(pieces[x, 2])
        while done + cost[pool[i]] < wanted:
            done += cost[pool[i]]
            i += 1
        high = np.int64(pool[i])
    high_part = min((wanted - done) / cost[high], most) if cost[high] > 0 else most
    high_ms = done + _part(cost[high], high_part)
    return pool, pooled, not _is_shorter(cch, metric, search, low, low_part, high, high_part, high_ms - low_ms)


@numba.njit(cache=True, nogil=True)
def _is_shorter(cch, metric, search, from_edge, from_fraction, to_edge, to_fraction, bound):  # type: ignore[no-untyped-def]
    """Whether a drive between two points costs less than `bound`, which keeps the search from climbing high."""
    entry_rank, cost = int32s(cch, ENTRY_RANK), int32s(metric, COST)
    end_start, end_rank = int32s(cch, END_START), int32s(cch, END_RANK)
    rest, part = cost[from_edge] - _part(cost[from_edge], from_fraction), _part(cost[to_edge], to_fraction)
    if from_edge == to_edge and to_fraction >= from_fraction and rest + part - cost[to_edge] < bound:
        return True
    chains = _set_out(search, 0, FORE, entry_rank[from_edge], rest, 0)
    for c in range(end_start[to_edge], end_start[to_edge + 1]):
        chains = _set_out(search, chains, BACK, end_rank[c], part, 0)
    return _climb(cch, metric, search, chains, bound)[1] >= 0
