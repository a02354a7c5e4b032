"""Exact least-cost drives from points on edges to points on edges, in a customized hierarchy.

A shortest path can be taken as one that climbs to higher ranks and then descends. What can be climbed to from a state
are its ancestors: at most a few hundred, found by going from parent to parent, without a queue.
Source: elimination tree query, Dibbelt, Strasser, Wagner 2016, section 8.2.
"""

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from kernels.caching import cached
from routing.cch import Cch
from routing.customize import Metric
from routing.errors import BadCost, BadPoint
from routing.packed import Packed, int32_rows, int32s, int64_rows
from routing.places import Places, check_places
from routing.scratch import own_desk
from routing.trip import CLOSED, UNREACHED, EdgePoints, Path, check_points
from routing.unpack import (
    _arc_between,
    _broken,
    _unpack,
)
from routing.weights import (
    COST,
    DOWN_WEIGHT,
    END_RANK,
    END_START,
    ENTRY_RANK,
    HIERARCHY,
    OPEN_ARC,
    OPEN_RANK,
    PARENT,
    UP_HEAD,
    UP_START,
    UP_WEIGHT,
    check_fit,
    weights_of,
)

BROKEN, MISFIT, OUTSIDE = range(-1, -4, -1)
"""In place of a cost: a path has no edges under it; the metric is of another hierarchy; a point lies on none of its
edges."""

REACHED, WAITING, ROW_OF = range(3)

FORE, BACK, FORE_BEFORE, BACK_BEFORE = range(4)


def find_path(cch: Cch, metric: Metric, starts: EdgePoints, ends: EdgePoints) -> Path | None:
    """The cheapest drive from one of the starts to one of the ends, or None if there is none.

    It costs what `routing.search.find_path` finds; of equally cheap ways it may take another.
    A start pays the part of its edge that lies before it, an end the part up to it; the part of an edge up to a
    fraction is floor(cost * fraction). A way of 24.8 days and more between the ends may be missed.

    Any number of threads may ask at once; the interpreter lock is released.
    Raises BadPoint for an edge the hierarchy lacks, BadCost and BadGraph if metric and hierarchy do not fit.
    """
    hierarchy, weights, scratch = HIERARCHY.pack(cch), weights_of(cch, metric), _thread_scratch(cch)
    cost, start, end, edges = _ask_path(
        hierarchy.address, weights.address, scratch.address, starts.edge, starts.fraction, starts.extra_ms, ends.edge,
        ends.fraction, ends.extra_ms,
    )  # fmt: skip
    if cost < 0:
        _refuse(cost, cch, metric, starts, ends)
    if cost == UNREACHED:
        return None
    return Path(edges, float(starts.fraction[start]), float(ends.fraction[end]), cost, start, end)


def find_cost(cch: Cch, metric: Metric, starts: EdgePoints, ends: EdgePoints) -> int:
    """What the path of `find_path` costs, in milliseconds; UNREACHED if there is none. Takes a third of its time."""
    hierarchy, weights, scratch = HIERARCHY.pack(cch), weights_of(cch, metric), _thread_scratch(cch)
    cost: int = _ask_cost(
        hierarchy.address, weights.address, scratch.address, starts.edge, starts.fraction, starts.extra_ms, ends.edge,
        ends.fraction, ends.extra_ms,
    )  # fmt: skip
    if cost < 0:
        _refuse(cost, cch, metric, starts, ends)
    return cost


def find_costs(cch: Cch, metric: Metric, sources: Places, targets: Places, threads: int = 1) -> NDArray[np.int64]:
    """The least cost of each pair: from the first source to the first target, from the second to the second and so on.

    threads: 1..64 share the pairs. Two take little over half the time from 1,000 pairs on if two processors are free,
    and save nothing if they are not.

    Gives (pairs,) int64 milliseconds, UNREACHED where no drive leads: what `find_cost` gives, pair by pair.
    Raises BadPoint if there are not as many sources as targets, BadCost for threads out of range, and as `find_path`.
    """
    check_fit(cch, metric)
    check_places(sources, cch.edges)
    check_places(targets, cch.edges)
    if len(sources) != len(targets):
        raise BadPoint(f"{len(sources)} sources and {len(targets)} targets are no pairs; give one target a source")
    if not 1 <= threads <= 64:
        raise BadCost(f"threads={threads} must lie in 1..64")
    found = np.empty(len(sources), np.int64)
    hierarchy, weights = HIERARCHY.pack(cch), weights_of(cch, metric, len(found))

    def ask(first: int, last: int) -> None:
        scratch = _thread_scratch(cch)
        _ask_costs(
            hierarchy.address, weights.address, scratch.address, sources.points.edge, sources.points.fraction,
            sources.points.extra_ms, sources.start, targets.points.edge, targets.points.fraction,
            targets.points.extra_ms, targets.start, first, last, found,
        )  # fmt: skip

    if threads == 1:
        ask(0, len(found))
        return found
    bounds = np.linspace(0, len(found), threads + 1).astype(int).tolist()
    with ThreadPoolExecutor(threads - 1) as pool:
        jobs = [pool.submit(ask, *bounds[i : i + 2]) for i in range(1, threads)]
        ask(*bounds[:2])
        for job in jobs:
            job.result()
    return found


def _refuse(reason: int, cch: Cch, metric: Metric, starts: EdgePoints, ends: EdgePoints) -> None:
    """Raises what a kernel's answer stands for; the looks at every point are only taken here."""
    check_fit(cch, metric)
    check_points(starts, cch.edges)
    check_points(ends, cch.edges)
    raise _broken()


def _thread_scratch(cch: Cch) -> Packed:
    """What is reached, and the chains that are climbed; this desk's. A search leaves it as it found it."""
    states, desk = len(cch.parent), own_desk()
    scratch: Packed | None = desk.get("search")
    if scratch is None or len(scratch.columns[ROW_OF]) < states:
        scratch = desk["search"] = Packed(
            # Costs from the starts and to the ends; the rank before each, or -1 - i at point i. All of a rank in one
            # line of the processor's memory.
            np.full((states, 4), UNREACHED, np.int64),
            np.empty(2 * states, np.int32),  # lowest rank not yet climbed of each chain of ancestors, descending
            np.zeros(states, np.int32),  # rows of local drives; zeros between them
        )
    return scratch


@cached(nogil=True)
def _part(cost, fraction):  # type: ignore[no-untyped-def]  # kernels; the functions above are typed
    return np.int64(math.floor(cost * fraction))


@cached(nogil=True)
def _ask_cost(  # type: ignore[no-untyped-def]
    cch, metric, scratch, start_edge, start_fraction, start_extra, end_edge, end_fraction, end_extra
):  # fmt: skip
    wrong = _wrong(cch, metric, start_edge, start_fraction, start_extra, end_edge, end_fraction, end_extra)
    if wrong < 0:
        return wrong
    best, _, _, _ = _meet(
        cch, metric, scratch, start_edge, start_fraction, start_extra, 0, len(start_edge), end_edge, end_fraction,
        end_extra, 0, len(end_edge),
    )  # fmt: skip
    return best


@cached(nogil=True)
def _ask_costs(  # type: ignore[no-untyped-def]
    cch, metric, scratch, start_edge, start_fraction, start_extra, start_row, end_edge, end_fraction, end_extra,
    end_row, first, last, found,
):  # fmt: skip
    for i in range(first, last):
        best, _, _, _ = _meet(
            cch, metric, scratch, start_edge, start_fraction, start_extra, np.int64(start_row[i]),
            np.int64(start_row[i + 1]), end_edge, end_fraction, end_extra, np.int64(end_row[i]),
            np.int64(end_row[i + 1]),
        )  # fmt: skip
        found[i] = best


@cached(nogil=True)
def _ask_path(  # type: ignore[no-untyped-def]
    cch, metric, scratch, start_edge, start_fraction, start_extra, end_edge, end_fraction, end_extra
):  # fmt: skip
    """(cost, start, end, edges); cost UNREACHED without a path, negative for what is refused."""
    wrong = _wrong(cch, metric, start_edge, start_fraction, start_extra, end_edge, end_fraction, end_extra)
    if wrong < 0:
        return wrong, np.int64(-1), np.int64(-1), np.empty(0, np.int32)
    best, meet, first, last = _meet(
        cch, metric, scratch, start_edge, start_fraction, start_extra, 0, len(start_edge), end_edge, end_fraction,
        end_extra, 0, len(end_edge),
    )  # fmt: skip
    if best == UNREACHED:
        return best, first, last, np.empty(0, np.int32)
    if meet < 0:
        return best, first, last, start_edge[first : first + 1].copy()
    before = int64_rows(scratch, REACHED, 4)
    steps, x = 0, meet
    while before[x, FORE_BEFORE] >= 0:
        steps, x = steps + 1, before[x, FORE_BEFORE]
    first = -1 - before[x, FORE_BEFORE]
    turns, x = 0, meet
    while before[x, BACK_BEFORE] >= 0:
        turns, x = turns + 1, before[x, BACK_BEFORE]
    last = -1 - before[x, BACK_BEFORE]
    stack = np.empty((steps + turns + 128, 2), np.int64)
    x = meet
    for place in range(turns - 1, -1, -1):
        below = before[x, BACK_BEFORE]
        stack[place, 0], stack[place, 1] = below, ~_arc_between(cch, below, x)
        x = below
    x = meet
    for place in range(turns, turns + steps):
        below = before[x, FORE_BEFORE]
        stack[place, 0], stack[place, 1] = below, _arc_between(cch, below, x)
        x = below
    edges = np.empty(256, np.int32)
    edges[0] = start_edge[first]
    edges, size = _unpack(cch, metric, stack, turns + steps, edges, 1)
    if size < 0:
        return np.int64(BROKEN), np.int64(-1), np.int64(-1), np.empty(0, np.int32)
    path = np.empty(size + 1, np.int32)
    path[:size] = edges[:size]
    path[size] = end_edge[last]
    return best, first, last, path


@cached(nogil=True)
def _wrong(cch, metric, start_edge, start_fraction, start_extra, end_edge, end_fraction, end_extra):  # type: ignore[no-untyped-def]
    """Why these cannot be asked about, 0 if they can: no index is looked at again."""
    edges, arcs = len(int32s(cch, ENTRY_RANK)), len(int32s(cch, UP_HEAD))
    if (
        len(int32s(metric, COST)) != edges
        or len(int32s(metric, UP_WEIGHT)) != arcs
        or len(int32s(metric, DOWN_WEIGHT)) != arcs
    ):
        return np.int64(MISFIT)
    if not len(start_edge) == len(start_fraction) == len(start_extra):
        return np.int64(OUTSIDE)
    if not len(end_edge) == len(end_fraction) == len(end_extra):
        return np.int64(OUTSIDE)
    for e in start_edge:
        if e < 0 or e >= edges:
            return np.int64(OUTSIDE)
    for e in end_edge:
        if e < 0 or e >= edges:
            return np.int64(OUTSIDE)
    return np.int64(0)


@cached(nogil=True)
def _meet(  # type: ignore[no-untyped-def]
    cch, metric, scratch, start_edge, start_fraction, start_extra, start_begin, start_stop, end_edge, end_fraction,
    end_extra, end_begin, end_stop,
):  # fmt: skip
    """(cost, rank where both ways meet, start, end) for a range of the starts and one of the ends.

    The rank is -1 and start and end are set if the drive stays on one edge; cost UNREACHED if there is none.
    """
    entry_rank, cost = int32s(cch, ENTRY_RANK), int32s(metric, COST)
    end_start, end_rank = int32s(cch, END_START), int32s(cch, END_RANK)
    best, first, last = np.int64(UNREACHED), np.int64(-1), np.int64(-1)
    for s in range(start_begin, start_stop):
        e = start_edge[s]
        for t in range(end_begin, end_stop):
            if e == end_edge[t] and cost[e] != CLOSED and end_fraction[t] >= start_fraction[s]:
                direct = _part(cost[e], end_fraction[t]) - _part(cost[e], start_fraction[s])
                direct += start_extra[s] + end_extra[t]
                if direct < best:
                    best, first, last = direct, np.int64(s), np.int64(t)

    chains = 0
    for s in range(start_begin, start_stop):
        e = start_edge[s]
        if cost[e] != CLOSED:
            rest = start_extra[s] + cost[e] - _part(cost[e], start_fraction[s])
            chains = _set_out(scratch, chains, FORE, entry_rank[e], rest, s)
    for t in range(end_begin, end_stop):
        e = end_edge[t]
        if cost[e] != CLOSED:
            part = end_extra[t] + _part(cost[e], end_fraction[t])
            for c in range(end_start[e], end_start[e + 1]):
                chains = _set_out(scratch, chains, BACK, end_rank[c], part, t)
    cheaper, meet = _climb(cch, metric, scratch, chains, best)
    return cheaper, meet, first, last


@cached(nogil=True)
def _set_out(scratch, chains, way, rank, cost, point):  # type: ignore[no-untyped-def]
    """Offers a cost to a rank, from which a chain of ancestors will be climbed; gives how many chains there are."""
    reached, waiting = int64_rows(scratch, REACHED, 4), int32s(scratch, WAITING)
    if cost < reached[rank, way]:
        if reached[rank, FORE] == UNREACHED and reached[rank, BACK] == UNREACHED:
            place = chains
            while place > 0 and waiting[place - 1] < rank:
                waiting[place] = waiting[place - 1]
                place -= 1
            waiting[place] = rank
            chains += 1
        reached[rank, way] = cost
        reached[rank, way + 2] = -1 - point
    return chains


@cached(nogil=True)
def _climb(cch, metric, scratch, chains, best):  # type: ignore[no-untyped-def]
    """(the least cost below `best`, the rank where both ways meet; else `best`, -1); everything is unreached again.

    All chains are climbed at once, lowest rank first; they join at common ancestors, in the end all in one. Every
    higher end of an arc is an ancestor of the lower, so that whatever is reached is come by.
    """
    parent, up_start, up_head = int32s(cch, PARENT), int32s(cch, UP_START), int32s(cch, UP_HEAD)
    up, down = int32s(metric, UP_WEIGHT), int32s(metric, DOWN_WEIGHT)
    rank, arc = int32_rows(metric, OPEN_RANK, 4), int32_rows(metric, OPEN_ARC, 2)
    reached, waiting = int64_rows(scratch, REACHED, 4), int32s(scratch, WAITING)
    is_listed, meet, one = len(rank) > 0, np.int64(-1), np.uint64(1)
    while chains > 0:
        chains -= 1
        x = np.uint64(waiting[chains])
        ahead, behind = reached[x, FORE], reached[x, BACK]
        reached[x, FORE] = reached[x, BACK] = UNREACHED
        if ahead < best and behind < best - ahead:
            best, meet = ahead + behind, np.int64(x)
        if is_listed:
            above = rank[x, 2]
            if ahead < best:
                _relax_listed(arc, rank[x, 0], rank[x, 1], reached, FORE, x, ahead)
            if behind < best:
                _relax_listed(arc, rank[x, 1], rank[x + one, 0], reached, BACK, x, behind)
        else:
            above = parent[x]
            if ahead < best:
                _relax(up_head, up, up_start[x], up_start[x + one], reached, FORE, x, ahead)
            if behind < best:
                _relax(up_head, down, up_start[x], up_start[x + one], reached, BACK, x, behind)
        if above >= 0:
            place = chains
            while place > 0 and waiting[place - 1] < above:
                place -= 1
            if place == 0 or waiting[place - 1] != above:
                for i in range(chains, place, -1):
                    waiting[i] = waiting[i - 1]
                waiting[place] = above
                chains += 1
    return best, meet


@cached(nogil=True)
def _relax(up_head, weight, first, last, reached, way, x, own):  # type: ignore[no-untyped-def]
    """Climbs over every arc of a rank. Without a branch: whether a way is the better one is hard to foresee."""
    way = np.uint64(way)
    for a in range(np.uint64(first), np.uint64(last)):
        head = np.uint64(up_head[a])
        through = own + weight[a] if weight[a] != CLOSED else UNREACHED
        known, before = reached[head, way], reached[head, way + np.uint64(2)]
        is_less = through < known
        reached[head, way] = through if is_less else known
        reached[head, way + np.uint64(2)] = np.int64(x) if is_less else before


@cached(nogil=True)
def _relax_listed(arc, first, last, reached, way, x, own):  # type: ignore[no-untyped-def]
    """The same over the open arcs alone."""
    way = np.uint64(way)
    for a in range(np.uint64(first), np.uint64(last)):
        head = np.uint64(arc[a, 0])
        through = own + arc[a, 1]
        known, before = reached[head, way], reached[head, way + np.uint64(2)]
        is_less = through < known
        reached[head, way] = through if is_less else known
        reached[head, way + np.uint64(2)] = np.int64(x) if is_less else before
