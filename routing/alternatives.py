"""Further ways that differ from the best: drives over another place that are good ways everywhere.

A *via* is an ancestor of both ends or of one: going up and then down again over its ancestors gives the exact cost
from the start to it and on to the end. A way over it is offered if it costs little more than the best, if it shares not
too much with the ways offered before, passes no place twice, and if the piece around the via is itself a best way
(local optimality): so it is no detour that one makes only to differ.
Source: Abraham, Delling, Goldberg, Werneck 2013, "Alternative routes in road networks", sections 3 and 4 (limited
sharing, local optimality by the T-test, ranking by cost and sharing).
"""

import numpy as np
from numpy.typing import NDArray

from kernels.caching import cached
from routing.ancestors import CLIMBED, FAR, MARKS, PASSED, PIECES, REACHED, TAKEN, _forget, _grow, ways_scratch
from routing.cch import Cch
from routing.customize import Metric
from routing.errors import BadPoint
from routing.packed import Layout, int32_rows, int32s, int64_rows, uint8s
from routing.pieces import _cost_in_common, _edge_where, _read
from routing.query import (
    BACK,
    BACK_BEFORE,
    BROKEN,
    FORE,
    FORE_BEFORE,
    _climb,
    _part,
    _refuse,
    _set_out,
    _thread_scratch,
    _wrong,
)
from routing.trip import CLOSED, EdgePoints, Path
from routing.weights import COST, END_RANK, END_START, ENTRY_RANK, HIERARCHY, LIST_AFTER, weights_of

Int32s = NDArray[np.int32]

MAX_STRETCH, MAX_SHARE, LOCAL_OPTIMALITY = 1.25, 0.7, 0.25
"""What another way may cost and share, and how far around its via it is a best way, if nothing else is asked."""

MOST_READ = 6
"""So many candidates are looked at, 5 us each; the ranking puts good ones first: twice as many find another way for
3 % more of all pairs."""

MOST_WAYS = 16
"""Others that may be asked for: each has a bit of a street's mark."""

PLACES = Layout("rank_node")
(RANK_NODE,) = PLACES.places


def find_alternatives(
    cch: Cch,
    metric: Metric,
    starts: EdgePoints,
    ends: EdgePoints,
    count: int,
    max_stretch: float = MAX_STRETCH,
    max_share: float = MAX_SHARE,
    local_optimality: float = LOCAL_OPTIMALITY,
    base_edge: Int32s | None = None,
) -> list[Path]:
    """The cheapest drive and up to `count` others that differ from it and from each other, best first; [] if none is.

    max_stretch: what another may cost, as a multiple of the cheapest. max_share: how much of the cost of the cheapest
    another may have in common with each one before it. local_optimality: a piece of this share of the cheapest's cost
    before and after the place over which another leads is a cheapest drive itself.
    base_edge: (edges,) of the graph, so that an alias is the same street as the edge it drives; None = no aliases.

    All are legal drives as `find_path` gives them. Takes 4 times as long as `find_path`: 0.05 ms for 89,000 states.
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
    scratch, search = ways_scratch(cch), _thread_scratch(cch)
    reason, rows, edges = _ask_ways(
        hierarchy.address, places.address, weights.address, scratch.address, search.address, starts.edge,
        starts.fraction, starts.extra_ms, ends.edge, ends.fraction, ends.extra_ms, base_edge, count, float(max_stretch),
        float(max_share), float(local_optimality),
    )  # fmt: skip
    if reason < 0:
        _refuse(reason, cch, metric, starts, ends)
    return [
        Path(edges[begin:stop], float(starts.fraction[start]), float(ends.fraction[end]), cost, start, end)
        for cost, start, end, begin, stop in rows.tolist()
    ]


def _refuse_numbers(*numbers: tuple[str, float, int, int]) -> None:
    for name, value, least, most in numbers:
        if not least <= value <= most:
            raise BadPoint(f"{name}={value:g} must lie in {least}..{most}")


# --- kernels -------------------------------------------------------------------------------------------------------


@cached(nogil=True)
def _ask_ways(  # type: ignore[no-untyped-def]  # kernels; the functions above are typed
    cch, places, metric, scratch, search, start_edge, start_fraction, start_extra, end_edge, end_fraction, end_extra,
    base_edge, count, max_stretch, max_share, local_optimality,
):  # fmt: skip
    """(0 or why it is refused, a row (cost, start, end, first edge, edge after the last) for each way, edges).

    The best way first, then the others by cost.
    """
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
    vias, extras, is_broken = np.empty(0, np.int32), (start_extra[first], end_extra[last]), False
    if count > 0 and used > 1:
        vias = _rank_vias(reached, marks, climbed, size, limit, most_shared, best, extras)
    shared = np.empty(count + 1, np.int64)
    for via in vias[:MOST_READ]:
        if ways > count:
            break
        if _shares_more(reached, marks, via, ways, most_shared, start_extra, end_extra) or _shares_with_best(
            cch, metric, reached, marks, via, base_edge, taken, extras, most_shared, stack
        ):
            continue
        is_good = _is_good_around(
            cch, metric, search, reached, start_edge, start_fraction, start_extra, end_edge, end_fraction, end_extra,
            via, around,
        )  # fmt: skip
        if is_good == 0:
            continue
        if is_good > 0:
            pool, pooled, edges, stop, s, t = _read(
                cch, metric, reached, pieces, start_edge, end_edge, via, stack, pool, pooled, edges, used
            )
        if is_good < 0 or pooled < 0:
            is_broken = True
            break
        if (
            _differs(
                edges, used, stop, cost, start_fraction[s], end_fraction[t], base_edge, taken, ways, shared, most_shared
            )
            and _count_repeats(edges, used, stop, entry_rank, rank_node, passed) <= repeats
        ):
            place, own = ways, reached[via, FORE] + reached[via, BACK]
            while place > 1 and rows[place - 1, 0] > own:
                rows[place] = rows[place - 1]
                place -= 1
            rows[place, 0], rows[place, 1], rows[place, 2], rows[place, 3], rows[place, 4] = own, s, t, used, stop
            _mark(reached, marks, via, np.int32(1 << ways))
            _mark_streets(edges, used, stop, base_edge, taken, np.int32(1 << ways))
            used = stop
            ways += 1
    for e in edges[:used]:
        taken[base_edge[e] if len(base_edge) > 0 else e] = 0
    _forget(reached, climbed, size)
    return np.int64(BROKEN if is_broken else 0), rows[:ways], edges[:used].copy()


@cached(nogil=True)
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


@cached(nogil=True)
def _shared(reached, way, marks, bit, x):  # type: ignore[no-untyped-def]
    """The cost up to where a way leaves a marked one, 0 if it is another from its point on."""
    x = np.int64(x)
    while marks[x, way] & bit == 0:
        x = reached[x, way + 2]
        if x < 0:
            return np.int64(0)
    return reached[x, way]


@cached(nogil=True)
def _shares_more(reached, marks, via, ways, most_shared, start_extra, end_extra):  # type: ignore[no-untyped-def]
    """Whether arcs of the hierarchy alone tell that a way shares too much with one after the best."""
    for way in range(1, ways):
        common = _shared(reached, FORE, marks, 1 << way, via) + _shared(reached, BACK, marks, 1 << way, via)
        if common > most_shared + start_extra.max() + end_extra.max():
            return True
    return False


@cached(nogil=True)
def _shares_with_best(  # type: ignore[no-untyped-def]
    cch, metric, reached, marks, via, base_edge, taken, extras, most_shared, stack
):
    """Whether a way shares too much with the best one before they part and after they meet again, to the edge.

    Two of three ways that are good around their vias are left out here, before they are read.
    """
    common = np.int64(0)
    for way in range(2):
        x, beside = np.int64(via), np.int64(-1)
        while x >= 0 and marks[x, way] & 1 == 0:
            x, beside = reached[x, way + 2], x
        if x >= 0:
            common += max(reached[x, way] - extras[way], np.int64(0))
            if beside >= 0 and common <= most_shared:
                tail, head = (beside, x) if way == BACK else (x, beside)
                common += _cost_in_common(
                    cch, metric, tail, head, way == BACK, base_edge, taken, most_shared - common, stack
                )
    return common > most_shared


@cached(nogil=True)
def _mark(reached, marks, via, bit):  # type: ignore[no-untyped-def]
    for way in range(2):
        x = np.int64(via)
        while x >= 0:
            marks[x, way] |= bit
            x = reached[x, way + 2]


@cached(nogil=True)
def _mark_streets(edges, begin, stop, base_edge, taken, bit):  # type: ignore[no-untyped-def]
    for e in edges[begin:stop]:
        taken[base_edge[e] if len(base_edge) > 0 else e] |= bit


@cached(nogil=True)
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


@cached(nogil=True)
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


@cached(nogil=True)
def _is_good_around(  # type: ignore[no-untyped-def]
    cch, metric, search, reached, start_edge, start_fraction, start_extra, end_edge, end_fraction, end_extra, via,
    around,
):  # fmt: skip
    """Whether the piece of a way up to so much before and after its via is a best way (the T-test), or BROKEN."""
    if around <= 0:
        return 1
    cost = int32s(metric, COST)
    x, wanted = np.int64(via), reached[via, FORE] - around
    while reached[x, FORE_BEFORE] >= 0 and reached[reached[x, FORE_BEFORE], FORE] >= wanted:
        x = reached[x, FORE_BEFORE]
    before = reached[x, FORE_BEFORE]
    if before < 0:
        s = -1 - before
        low, begun, done = np.int64(start_edge[s]), start_fraction[s], start_extra[s]
    else:
        begun = 0.0
        low, done = _edge_where(cch, metric, before, x, reached[before, FORE], wanted)
        if low < 0:
            return BROKEN
    low_part = begun
    if cost[low] > 0:
        low_part = min(begun + max(wanted - done, np.int64(0)) / cost[low], 1.0)
    low_ms = done + _part(cost[low], low_part) - _part(cost[low], begun)

    total = reached[via, FORE] + reached[via, BACK]
    x, wanted = np.int64(via), reached[via, FORE] + around
    while reached[x, BACK_BEFORE] >= 0 and total - reached[reached[x, BACK_BEFORE], BACK] < wanted:
        x = reached[x, BACK_BEFORE]
    done, after, most = total - reached[x, BACK], reached[x, BACK_BEFORE], 1.0
    if after < 0:
        t = -1 - after
        high, most = np.int64(end_edge[t]), end_fraction[t]
    else:
        high, done = _edge_where(cch, metric, x, after, done, wanted)
        if high < 0:
            return BROKEN
    high_part = min((wanted - done) / cost[high], most) if cost[high] > 0 else most
    high_ms = done + _part(cost[high], high_part)
    return 0 if _is_shorter(cch, metric, search, low, low_part, high, high_part, high_ms - low_ms) else 1


@cached(nogil=True)
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
