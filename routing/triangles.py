"""The kernels of a full customization: every arc weighed from its edges and lower triangles, for one metric or several.

One triangle is a load, an addition and a minimum of both directions at once: numba has no vector types, so they are
written in LLVM's. Several metrics of one hierarchy share the walk: six cost twice what one does.
"""

from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]  # comes without types
from numba.core import types
from numba.extending import intrinsic

from kernels.caching import cached
from routing.cch import DOWN, UP
from routing.trip import CLOSED

_I32, _I64 = ir.IntType(32), ir.IntType(64)


def _emit_pair(_typing: Any, best: Any, y: Any, to_low: Any, from_low: Any, up: Any, down: Any, arc: Any) -> Any:
    """best[y] = min(best[y], (to_low + up[arc], from_low + down[arc])), both at once. best: (n, 2) uint32."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        into, above, below = (context.make_array(signature.args[i])(context, builder, arguments[i]) for i in (0, 4, 5))
        reached = _vector(builder, arguments[2], arguments[3])
        step = _vector(builder, *(builder.load(builder.gep(each.data, [arguments[6]])) for each in (above, below)))
        _keep_less(builder, into.data, arguments[1], 2, builder.add(reached, step))
        return context.get_dummy_value()

    return types.void(best, y, to_low, from_low, up, down, arc), generate


def _emit_row(_typing: Any, best: Any, y: Any, weight: Any, low: Any, arc: Any, columns: Any) -> Any:
    """As _emit_pair for all metrics: best[y] = min(best[y], weight[low] with each pair swapped + weight[arc]).

    best, weight: (n, 2 * metrics) uint32. columns: a tuple of so many.
    """
    width = len(columns)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        into, weights = (context.make_array(signature.args[i])(context, builder, arguments[i]) for i in (0, 2))
        from_low, step = (_load(builder, weights.data, arguments[i], width)[1] for i in (3, 4))
        swapped = ir.Constant(ir.VectorType(_I32, width), [lane ^ 1 for lane in range(width)])
        to_low = builder.shuffle_vector(from_low, ir.Constant(from_low.type, ir.Undefined), swapped)
        _keep_less(builder, into.data, arguments[1], width, builder.add(to_low, step))
        return context.get_dummy_value()

    return types.void(best, y, weight, low, arc, columns), generate


def _vector(builder: Any, *lanes: Any) -> Any:
    vector = ir.Constant(ir.VectorType(_I32, len(lanes)), ir.Undefined)
    for place, lane in enumerate(lanes):
        vector = builder.insert_element(vector, lane, _I32(place))
    return vector


def _load(builder: Any, data: Any, row: Any, width: int) -> tuple[Any, Any]:
    """(pointer, value) of a row of so many numbers."""
    begin = builder.gep(data, [builder.mul(row, _I64(width))])
    pointer = builder.bitcast(begin, ir.VectorType(_I32, width).as_pointer())
    return pointer, builder.load(pointer, align=4)


def _keep_less(builder: Any, data: Any, row: Any, width: int, found: Any) -> None:
    pointer, before = _load(builder, data, row, width)
    less = builder.icmp_unsigned("<", found, before)
    builder.store(builder.select(less, found, before), pointer, align=4)


_keep_less_pair: Any = intrinsic(_emit_pair)
_keep_less_row: Any = intrinsic(_emit_row)


@cached(nogil=True)
def weigh_row(  # type: ignore[no-untyped-def]  # kernels from here on
    up_start, up_head, down_start, down_tail, down_arc, seed_start, seed_slot, seed_edge, cost, up, down, x, best
):  # fmt: skip
    """Leaves both weights of every arc of a rank in `best`, at the arc's higher rank: from edges and lower triangles.

    Unsigned indices spare numba's test for negative ones: a third of the time.
    """
    for a in range(up_start[x], up_start[x + 1]):
        best[up_head[a], UP] = CLOSED
        best[up_head[a], DOWN] = CLOSED
    for i in range(seed_start[x], seed_start[x + 1]):
        y = up_head[seed_slot[i] >> 1]
        side = seed_slot[i] & 1
        best[y, side] = min(best[y, side], np.uint32(cost[seed_edge[i]]))
    for i in range(down_start[x], down_start[x + 1]):
        low = np.uint64(down_arc[i])
        to_low, from_low = down[low], up[low]
        for a in range(low + np.uint64(1), np.uint64(up_start[down_tail[i] + 1])):
            _keep_less_pair(best, np.uint64(up_head[a]), to_low, from_low, up, down, a)


@cached(nogil=True)
def weigh_ranks(  # type: ignore[no-untyped-def]
    up_start, up_head, down_start, down_tail, down_arc, seed_start, seed_slot, seed_edge, cost, up, down, best,
    first, last,
):  # fmt: skip
    """Weighs the arcs of a range of ranks; those of all their descendants have been weighed. best: (states, 2)."""
    for x in range(first, last):
        weigh_row(
            up_start, up_head, down_start, down_tail, down_arc, seed_start, seed_slot, seed_edge, cost, up, down,
            x, best,
        )  # fmt: skip
        for a in range(up_start[x], up_start[x + 1]):
            up[a] = best[up_head[a], UP]
            down[a] = best[up_head[a], DOWN]


@cached(nogil=True)
def weigh_ranks_together(  # type: ignore[no-untyped-def]
    up_start, up_head, down_start, down_tail, down_arc, seed_start, seed_slot, seed_edge, costs, columns, weight, best,
    first, last,
):  # fmt: skip
    """As `weigh_ranks` for several metrics. costs: a tuple of columns, one a metric; columns: a tuple of twice as many,
    up and down of each. weight: (arcs, columns) uint32, the same numbers side by side. best: (states, columns).
    """
    width = len(columns)
    for x in range(first, last):
        for a in range(up_start[x], up_start[x + 1]):
            y = np.uint64(up_head[a])
            for lane in range(width):
                best[y, lane] = np.uint32(CLOSED)
        for i in range(seed_start[x], seed_start[x + 1]):
            y = np.uint64(up_head[seed_slot[i] >> 1])
            side, edge = np.uint64(seed_slot[i] & 1), np.uint64(seed_edge[i])
            for metric in range(len(costs)):
                column = np.uint64(2 * metric) + side
                best[y, column] = min(best[y, column], np.uint32(costs[metric][edge]))
        for i in range(down_start[x], down_start[x + 1]):
            low = np.uint64(down_arc[i])
            for a in range(low + np.uint64(1), np.uint64(up_start[down_tail[i] + 1])):
                _keep_less_row(best, np.uint64(up_head[a]), weight, low, a, columns)
        for a in range(up_start[x], up_start[x + 1]):
            y = np.uint64(up_head[a])
            for lane in range(width):
                weight[a, lane] = best[y, lane]
                columns[lane][a] = best[y, lane]


@cached(nogil=True)
def split_work(up_start, down_start, down_tail, down_arc, subtree_start, tasks):  # type: ignore[no-untyped-def]
    """(first, last, top): about so many subtrees of equal work, heaviest first, and the ranks above them, ascending."""
    states = len(subtree_start)
    work = np.zeros(states + 1, np.int64)
    for x in range(states):
        own = np.int64(4)
        for i in range(down_start[x], down_start[x + 1]):
            own += 2 + up_start[down_tail[i] + 1] - down_arc[i]
        work[x + 1] = work[x] + own
    limit = work[states] // tasks
    first, last, top = np.empty(states, np.int32), np.empty(states, np.int32), np.empty(states, np.int32)
    found, above, x = 0, 0, states - 1
    while x >= 0:
        if work[x + 1] - work[subtree_start[x]] > limit:
            top[above] = x
            above += 1
            x -= 1
        else:
            # Small neighbours become one task.
            joined = found > 0 and first[found - 1] == x + 1
            if joined and work[last[found - 1]] - work[subtree_start[x]] <= limit:
                first[found - 1] = subtree_start[x]
            else:
                first[found], last[found] = subtree_start[x], x + 1
                found += 1
            x = subtree_start[x] - 1
    heaviest = np.argsort(work[first[:found]] - work[last[:found]], kind="mergesort")
    return first[heaviest], last[heaviest], top[:above][::-1].copy()
