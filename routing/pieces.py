"""The edges under the arcs of ways in a hierarchy: all of them once, or only as many as a question needs."""

import numpy as np

from kernels.caching import cached
from routing.packed import int32s
from routing.query import BACK, BACK_BEFORE, FORE, FORE_BEFORE
from routing.unpack import _arc_between, _split, _unpack
from routing.weights import COST, DOWN_WEIGHT, UP_WEIGHT


@cached(nogil=True)
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


@cached(nogil=True)
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


@cached(nogil=True)
def _edge_where(cch, metric, tail, head, done, wanted):  # type: ignore[no-untyped-def]
    """(the first edge from a rank to the next on a way by whose end a cost is reached, what is done before it).

    The edge is -1 if there is none. Only the halves of arcs in which it lies are split: reading all edges takes six
    times as long.
    """
    cost, up, down = int32s(metric, COST), int32s(metric, UP_WEIGHT), int32s(metric, DOWN_WEIGHT)
    x, is_down = min(tail, head), tail > head
    arc = _arc_between(cch, x, max(tail, head))
    while True:
        edge, middle, first, second = _split(cch, cost, up, down, x, arc, is_down)
        if edge >= 0 or middle < 0:
            return edge, done
        half = np.int64(down[first])
        x, is_down = middle, done + half >= wanted
        arc = first if is_down else second
        if not is_down:
            done += half


@cached(nogil=True)
def _cost_in_common(cch, metric, tail, head, is_back, base_edge, taken, most, stack):  # type: ignore[no-untyped-def]
    """What the first edges from a rank to the next on a way cost that the best way drives too; is_back: the last ones.

    No more are looked at once they cost more than `most`; none behind what would need a larger stack.
    """
    cost, up, down = int32s(metric, COST), int32s(metric, UP_WEIGHT), int32s(metric, DOWN_WEIGHT)
    low = min(tail, head)
    arc = _arc_between(cch, low, max(tail, head))
    stack[0, 0], stack[0, 1] = low, ~arc if tail > head else arc
    waiting, total = 1, np.int64(0)
    while waiting > 0 and total <= most:
        waiting -= 1
        x, arc = stack[waiting, 0], stack[waiting, 1]
        is_down = arc < 0
        edge, middle, first, second = _split(cch, cost, up, down, x, ~arc if is_down else arc, is_down)
        if edge >= 0:
            if taken[base_edge[edge] if len(base_edge) > 0 else edge] & 1 == 0:
                break
            total += cost[edge]
            continue
        if middle < 0 or waiting + 2 > len(stack):
            break
        stack[waiting, 0], stack[waiting + 1, 0] = middle, middle
        stack[waiting, 1] = ~first if is_back else second
        stack[waiting + 1, 1] = second if is_back else ~first
        waiting += 2
    return total
