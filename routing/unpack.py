"""The edges under the arcs of a path in a hierarchy."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from kernels.caching import cached
from routing.cch import Cch
from routing.customize import Metric
from routing.errors import BadGraph
from routing.packed import int32s
from routing.prefetch import prefetch
from routing.rows import as_read_only
from routing.trip import CLOSED
from routing.weights import (
    COST,
    DOWN_ARC,
    DOWN_START,
    DOWN_TAIL,
    DOWN_WEIGHT,
    HIERARCHY,
    MIDDLE,
    SEED_EDGE,
    SEED_SLOT,
    SEED_START,
    UP_HEAD,
    UP_START,
    UP_WEIGHT,
    WEIGHTS,
    check_fit,
)


def with_middles(cch: Cch, metric: Metric) -> Cch:
    """The hierarchy with the middles that its shortcuts have in a metric: paths of metrics like this are found in half
    the time, and those of any other as before. Takes 50 ns an arc.
    """
    check_fit(cch, metric)
    middle = _list_middles(HIERARCHY.pack(cch).address, WEIGHTS.pack(metric).address)
    return replace(cch, middle=as_read_only(middle, np.int32))


def edges_under(cch: Cch, metric: Metric, steps: NDArray[np.int64]) -> NDArray[np.int32]:
    """The edges that a chain of arcs of the hierarchy stands for, in driving order.

    steps: (n, 2) int64, the last to be driven first: the lower rank of an arc and its number, ~number if driven down.

    Gives (edges,) int32. Raises BadGraph if an arc stands for none at this metric.
    """
    hierarchy, weights = HIERARCHY.pack(cch), WEIGHTS.pack(metric)
    edges: NDArray[np.int32]
    size, edges = _edges_under(hierarchy.address, weights.address, steps)
    if size < 0:
        raise _broken()
    return edges


def _broken() -> BadGraph:
    return BadGraph("a shortcut of the metric has no edges under it; customize this hierarchy again")


@cached(nogil=True)
def _edges_under(cch, metric, steps):  # type: ignore[no-untyped-def]
    stack = np.empty((len(steps) + 128, 2), np.int64)
    stack[: len(steps)] = steps
    edges, size = _unpack(cch, metric, stack, len(steps), np.empty(256, np.int32), 0)
    return size, edges[: max(size, 0)].copy()


@cached(nogil=True)
def _arc_between(cch, x, y):  # type: ignore[no-untyped-def]
    """The arc from a rank to a higher one."""
    up_start, up_head = int32s(cch, UP_START), int32s(cch, UP_HEAD)
    low, high = np.int64(up_start[x]), np.int64(up_start[x + 1])
    while high - low > 1:
        middle = (low + high) >> 1
        if up_head[middle] <= y:
            low = middle
        else:
            high = middle
    return low


@cached(nogil=True)
def _unpack(cch, metric, stack, waiting, edges, size):  # type: ignore[no-untyped-def]
    """Appends the edges under the arcs that wait, top of the stack first; gives (edges, how many), -1 if some lack.

    An arc waits with the lower rank before its number, and its complement if driven downwards. All are split at once,
    again and again, so that what each needs from memory can come while others are looked at.
    """
    cost, up, down = int32s(metric, COST), int32s(metric, UP_WEIGHT), int32s(metric, DOWN_WEIGHT)
    middle, up_start, seed_start = int32s(cch, MIDDLE), int32s(cch, UP_START), int32s(cch, SEED_START)
    heads, ups, downs = (
        np.int64(int32s(cch, UP_HEAD).ctypes.data),
        np.int64(up.ctypes.data),
        np.int64(down.ctypes.data),
    )
    slots, seeds = np.int64(int32s(cch, SEED_SLOT).ctypes.data), np.int64(int32s(cch, SEED_EDGE).ctypes.data)
    parts, count, left = np.empty((waiting, 2), np.int64), waiting, waiting
    for i in range(waiting):
        parts[i, 0], parts[i, 1] = stack[waiting - 1 - i, 0], stack[waiting - 1 - i, 1]
    while left > 0:
        over, row = np.empty(count, np.int64), np.empty(count, np.int64)
        for i in range(count):
            arc = parts[i, 1]
            over[i] = -1 if parts[i, 0] < 0 else middle[~arc * 2 + 1 if arc < 0 else 2 * arc]
        for i in range(count):
            if parts[i, 0] >= 0:
                row[i] = up_start[over[i]] if over[i] >= 0 else seed_start[parts[i, 0]]
        for i in range(count):
            if over[i] >= 0:
                for array in (heads, ups, downs):
                    prefetch(array + 4 * row[i])
                    prefetch(array + 4 * row[i] + 32)
            elif parts[i, 0] >= 0:
                prefetch(slots + 4 * row[i])
                prefetch(seeds + 4 * row[i])
        smaller, made, left = np.empty((count + left, 2), np.int64), 0, 0
        for i in range(count):
            x, arc = parts[i, 0], parts[i, 1]
            if x >= 0:
                is_down = arc < 0
                edge, v, first, second = _split(cch, cost, up, down, x, ~arc if is_down else arc, is_down)
                if edge >= 0:
                    smaller[made, 0], smaller[made, 1] = -1, edge
                    made += 1
                elif v >= 0:
                    smaller[made, 0], smaller[made, 1] = v, ~first
                    smaller[made + 1, 0], smaller[made + 1, 1] = v, second
                    made, left = made + 2, left + 2
                else:
                    return edges, -1
            else:
                smaller[made, 0], smaller[made, 1] = x, arc
                made += 1
        parts, count = smaller, made
    if size + count > len(edges):
        longer = np.empty(2 * (size + count), np.int32)
        longer[:size] = edges[:size]
        edges = longer
    for i in range(count):
        edges[size + i] = parts[i, 1]
    return edges, size + count


@cached(nogil=True)
def _split(cch, cost, up, down, x, arc, is_down):  # type: ignore[no-untyped-def]
    """What an arc above rank x stands for: (edge, ...), or (-1, lowest rank on the way, arc down to it, arc up from
    it); the rank is -1 if it stands for nothing.

    No metric remembers it (that would double a metric). The usual middle is tried first; else an edge or a lower
    triangle of its cost is looked for. A triangle's arcs are of lower ranks, so that splitting ends.
    """
    up_start, up_head = int32s(cch, UP_START), int32s(cch, UP_HEAD)
    weight, slot, y = down[arc] if is_down else up[arc], 2 * arc + is_down, up_head[arc]
    v = np.int64(int32s(cch, MIDDLE)[slot])
    if v >= 0:
        to_x = to_y = np.int64(-1)
        for a in range(up_start[v], up_start[v + 1]):
            if up_head[a] == x:
                to_x = np.int64(a)
            elif up_head[a] == y:
                to_y = np.int64(a)
                break
        if to_x >= 0 and to_y >= 0:
            if is_down and np.int64(down[to_y]) + up[to_x] == weight:
                return np.int64(-1), v, to_y, to_x
            if not is_down and np.int64(down[to_x]) + up[to_y] == weight:
                return np.int64(-1), v, to_x, to_y
    edge = _edge_under(cch, cost, x, slot, weight)
    if edge >= 0:
        return edge, np.int64(-1), np.int64(-1), np.int64(-1)
    v, to_x, to_y = _search_middle(cch, up, down, x, y, weight, is_down)
    return np.int64(-1), v, to_y if is_down else to_x, to_x if is_down else to_y


@cached(nogil=True)
def _edge_under(cch, cost, x, slot, weight):  # type: ignore[no-untyped-def]
    """The edge of that cost under an arc of rank x, -1 = none."""
    seed_start, seed_slot, seed_edge = int32s(cch, SEED_START), int32s(cch, SEED_SLOT), int32s(cch, SEED_EDGE)
    for i in range(seed_start[x], seed_start[x + 1]):
        if seed_slot[i] == slot and cost[seed_edge[i]] == weight:
            return np.int64(seed_edge[i])
    return np.int64(-1)


@cached(nogil=True)
def _search_middle(cch, up, down, x, y, weight, is_down):  # type: ignore[no-untyped-def]
    """(rank, arc to x, arc to y) of the first lower triangle that costs so much, -1 if there is none."""
    up_start, up_head = int32s(cch, UP_START), int32s(cch, UP_HEAD)
    down_start, down_tail, down_arc = int32s(cch, DOWN_START), int32s(cch, DOWN_TAIL), int32s(cch, DOWN_ARC)
    for i in range(np.uint64(down_start[x]), np.uint64(down_start[x + 1])):
        to_x = np.uint64(down_arc[i])
        half = up[to_x] if is_down else down[to_x]
        if half > weight:
            continue
        v = np.uint64(down_tail[i])
        to_y, end = to_x, np.uint64(up_start[v + np.uint64(1)])
        while end - to_y > np.uint64(1):
            middle = (to_y + end) >> np.uint64(1)
            if up_head[middle] <= y:
                to_y = middle
            else:
                end = middle
        if up_head[to_y] == y and np.int64(half) + (down[to_y] if is_down else up[to_y]) == weight:
            return np.int64(v), np.int64(to_x), np.int64(to_y)
    return np.int64(-1), np.int64(-1), np.int64(-1)


@cached(nogil=True)
def _list_middles(cch, metric):  # type: ignore[no-untyped-def]
    up_start, up_head = int32s(cch, UP_START), int32s(cch, UP_HEAD)
    cost, up, down = int32s(metric, COST), int32s(metric, UP_WEIGHT), int32s(metric, DOWN_WEIGHT)
    middle = np.full(2 * len(up), -1, np.int32)
    for x in range(len(up_start) - 1):
        for slot in range(2 * up_start[x], 2 * up_start[x + 1]):
            arc, is_down = slot >> 1, slot & 1 != 0
            weight = down[arc] if is_down else up[arc]
            if weight != CLOSED and _edge_under(cch, cost, x, slot, weight) < 0:
                middle[slot], _, _ = _search_middle(cch, up, down, x, up_head[arc], weight, is_down)
    return middle
