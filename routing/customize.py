"""The costs of all shortcuts: computed from the costs of edges in one pass, or repaired where a few edges changed.

A weight is a uint32 of milliseconds, CLOSED = 2^31 - 1 where nothing leads. Two weights add up to less than 2^32 and a
sum is kept only if below CLOSED, so nothing overflows; what would take 24.8 days and more counts as closed.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kernels.caching import cached
from routing.cch import DOWN, UP, Cch
from routing.errors import BadCost
from routing.rows import as_read_only
from routing.scratch import at_desk, borrow, own_desk
from routing.triangles import split_work, weigh_ranks, weigh_ranks_together, weigh_row
from routing.trip import CLOSED, checked_costs

Int32s = NDArray[np.int32]
Uint32s = NDArray[np.uint32]
Slot = Mapping[str, Int32s]
"""Writable arrays that a metric is written into, by the names of its fields."""

TASKS_PER_THREAD = 8
"""Subtrees are made so small that threads wait little for the last one."""

REPAIR_SHARE = 1 / 100
"""A repair is given up when the weights of more arcs have changed: one takes 1 us, customizing 20 ns an arc."""

TOGETHER_MB = 256
"""Metrics are customized together as long as their weights side by side take no more memory."""


@dataclass(frozen=True, eq=False)
class Metric:
    """The costs of a hierarchy's edges and shortcuts: int32 milliseconds, read-only, CLOSED = not drivable.

    cost_ms (edges,); up_ms, down_ms (arcs,): from the lower to the higher rank of each arc, and back.
    """

    cost_ms: Int32s
    up_ms: Int32s
    down_ms: Int32s

    def as_arrays(self) -> dict[str, Int32s]:
        """Every array by name, to be written to files."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_arrays(cls, cch: Cch, arrays: Mapping[str, Int32s]) -> "Metric":
        """The metric whose `as_arrays` this is; the arrays may be read-only memory maps and are not copied.

        Only their form is checked, so that a slot can be opened at every change: wrong numbers give wrong costs (or
        BadCost when a path is read), never an index outside.
        Raises BadCost if an array is missing or does not fit the hierarchy.
        """
        return cls(*(as_read_only(_fitting(arrays, name, length), np.int32) for name, length in _lengths(cch)))


def empty_slot(cch: Cch) -> dict[str, Int32s]:
    """New arrays for a metric of this hierarchy, not filled."""
    return {name: np.empty(length, np.int32) for name, length in _lengths(cch)}


def customize(cch: Cch, cost_ms: Int32s, into: Slot | None = None, threads: int = 1) -> Metric:
    """The metric of these costs.

    cost_ms: (edges,) int32 milliseconds >= 0; CLOSED = not drivable. Not changed. Edges that the hierarchy was built
    without are closed at any cost.
    into: where it is written (see `empty_slot`; memory maps serve); nobody may read it meanwhile. None = new arrays.
    threads: 1..64. Two are worth it from 100,000 arcs on. The result does not depend on it.

    The interpreter lock is released. Takes 30 ms for 363,000 edges and 11.5 million triangles; grows with those.
    Raises BadCost if the costs or the slot do not fit, or a cost is negative.
    Source: Dibbelt, Strasser, Wagner 2016, section 7 (basic customization); one scratch row takes all triangles that
    end in arcs of one rank, so that no two arc lists are merged.
    """
    slot, costs = _begin(cch, cost_ms, into, threads)
    fixed = *_hierarchy(cch), costs, *_weights(slot)

    def weigh(best: Uint32s, first: int, last: int) -> None:
        weigh_ranks(*fixed, best, first, last)

    _run(cch, weigh, 2, threads)
    return Metric.from_arrays(cch, slot)


def customize_together(
    cch: Cch, cost_ms: Sequence[Int32s], into: Sequence[Slot | None], threads: int = 1
) -> list[Metric]:
    """The metrics of several costs: as `customize` gives them, in one walk over the triangles.

    Six take twice the time of one, and 8 bytes an arc for each while it lasts (TOGETHER_MB). Raises as `customize`.
    """
    most = max(1, int(TOGETHER_MB * 1e6 / (8 * max(cch.arcs, 1))))
    if len(cost_ms) > most:
        halves = [(cost_ms[at : at + most], into[at : at + most]) for at in range(0, len(cost_ms), most)]
        return [metric for costs, slots in halves for metric in customize_together(cch, costs, slots, threads)]
    if len(cost_ms) < 2:
        return [customize(cch, costs, slot, threads) for costs, slot in zip(cost_ms, into)]
    begun = [_begin(cch, costs, slot, threads) for costs, slot in zip(cost_ms, into)]
    columns = tuple(column for slot, _ in begun for column in _weights(slot))
    weight = np.empty((cch.arcs, len(columns)), np.uint32)
    fixed = *_hierarchy(cch), tuple(costs for _, costs in begun), columns, weight

    def weigh(best: Uint32s, first: int, last: int) -> None:
        weigh_ranks_together(*fixed, best, first, last)

    _run(cch, weigh, len(columns), threads)
    return [Metric.from_arrays(cch, slot) for slot, _ in begun]


def recustomize(cch: Cch, metric: Metric, edges: ArrayLike, cost_ms: ArrayLike, into: Slot | None = None) -> Metric:
    """The metric that `customize` would give after some edges have got new costs, found by repairing this one.

    metric: what `customize` or this gave for this hierarchy; not changed, readers may go on with it.

    edges: (n,) edge numbers, each once; cost_ms: (n,) their new costs, integers 0..CLOSED, or one for all.
    into: as for `customize`; other arrays than the metric's.

    Takes as long as `repair`, and the copy besides. Raises as `repair`.
    """
    numbers, new = _checked_changes(cch, edges, cost_ms)
    slot = _checked_slot(cch, into)
    for name, column in metric.as_arrays().items():
        slot[name][:] = column
    if _repair_slot(cch, slot, numbers, new) is None:
        costs = slot["cost_ms"].copy()
        costs[numbers] = new
        customize(cch, costs, slot)
    return Metric.from_arrays(cch, slot)


def repair(cch: Cch, slot: Slot, edges: ArrayLike, cost_ms: ArrayLike) -> Int32s | None:
    """Gives some edges new costs in a slot that holds a metric of this hierarchy; nobody may read it meanwhile.

    edges, cost_ms: as for `recustomize`.

    Gives the arcs whose weights changed, (n,) int32; None = so many (REPAIR_SHARE) that it was given up: the slot holds
    half of it and is to be customized, which takes less time.
    Takes 0.1 ms for one edge, 0.4 ms for 50 neighbouring ones, 1.5 ms for 50 far from each other, of 156,000.
    Raises BadCost if an edge is unknown or named twice, a cost is outside its range, or the slot does not fit.
    """
    numbers, new = _checked_changes(cch, edges, cost_ms)
    return _repair_slot(cch, _checked_slot(cch, slot), numbers, new)


def _repair_slot(cch: Cch, slot: dict[str, Int32s], edges: Int32s, cost_ms: Int32s) -> Int32s | None:
    changed = np.empty(int(cch.arcs * REPAIR_SHARE) + 1, np.int32)
    if len(edges) > len(changed):
        return None
    with at_desk():
        best = borrow("repair best", 2 * cch.states, np.uint32).reshape(-1, 2)
        queue = borrow("repair queue", cch.states, np.int32)
        is_queued, is_marked = _unmarked("repair ranks", cch.states), _unmarked("repair arcs", cch.arcs)
        count = _repair(
            *_hierarchy(cch), cch.edge_start, cch.edge_slot, edges, cost_ms, slot["cost_ms"], *_weights(slot),
            best, queue, is_queued, is_marked, changed,
        )  # fmt: skip
    return None if count < 0 else changed[:count].copy()


def _unmarked(name: str, size: int) -> NDArray[np.bool_]:
    """(size,) all False, to be left so: fresh pages took as long as a repair itself."""
    desk = own_desk()
    kept: NDArray[np.bool_] | None = desk.get(name)
    if kept is None or len(kept) < size:
        kept = desk[name] = np.zeros(size, np.bool_)
    return kept[:size]


def _checked_changes(cch: Cch, edges: ArrayLike, cost_ms: ArrayLike) -> tuple[Int32s, Int32s]:
    """(edges, their new costs), checked."""
    numbers = np.atleast_1d(np.asarray(edges))
    if numbers.ndim != 1 or (len(numbers) and numbers.dtype.kind not in "iu"):
        raise BadCost(f"edges must be edge numbers in one column, not {numbers.dtype} {numbers.shape}")
    if len(numbers) and not (numbers.min() >= 0 and numbers.max() < cch.edges):
        raise BadCost(f"edges {numbers.min()}..{numbers.max()} are not all of this graph; edges are 0..{cch.edges - 1}")
    if len(np.unique(numbers)) != len(numbers):
        raise BadCost("an edge is named twice; give each changed edge once")
    try:
        new = np.broadcast_to(np.asarray(cost_ms), numbers.shape)
    except ValueError:
        raise BadCost(
            f"cost_ms {np.shape(cost_ms)} must be one cost, or one for each of {len(numbers)} edges"
        ) from None
    if len(new) and (new.dtype.kind not in "iu" or new.min() < 0 or new.max() > CLOSED):
        raise BadCost(f"cost_ms {new.dtype} must be integers in 0..{CLOSED}; {CLOSED} closes an edge")
    new = np.where(cch.is_drivable[numbers], new, CLOSED).astype(np.int32)
    return numbers.astype(np.int32), new


# --- all arcs ----------------------------------------------------------------------------------------------------


def _begin(cch: Cch, cost_ms: Int32s, into: Slot | None, threads: int) -> tuple[dict[str, Int32s], Int32s]:
    """(slot with its costs, costs), checked."""
    costs = checked_costs(cost_ms, cch.edges)
    if not 1 <= threads <= 64:
        raise BadCost(f"threads={threads} must lie in 1..64")
    _check_costs(costs)
    slot = _checked_slot(cch, into)
    slot["cost_ms"][:] = costs
    slot["cost_ms"][cch.is_drivable == 0] = CLOSED
    return slot, costs


def _run(cch: Cch, weigh: Callable[[Uint32s, int, int], None], width: int, threads: int) -> None:
    """Weighs all ranks, lowest first: subtrees beside each other, and the ranks above them at last."""
    tasks, top = _tasks(cch, threads) if threads > 1 else ((), ())
    if len(tasks) < 2:
        weigh(np.empty((cch.states, width), np.uint32), 0, cch.states)
        return
    left = list(reversed(tasks))  # heaviest first, each thread takes the next one when it is done

    def work() -> Uint32s:
        best = np.empty((cch.states, width), np.uint32)
        while left:
            try:
                first, last = left.pop()
            except IndexError:  # another thread was faster
                break
            weigh(best, first, last)
        return best

    # Python's threads: numba's own cannot be entered by two callers at once. They are made anew each time (0.1 ms), as
    # threads do not outlive a fork.
    with ThreadPoolExecutor(threads - 1) as pool:
        others = [pool.submit(work) for _ in range(threads - 1)]
        best = work()
        for other in others:
            other.result()
    for first, last in top:
        weigh(best, first, last)


def _tasks(cch: Cch, threads: int) -> tuple[tuple[tuple[int, int], ...], tuple[tuple[int, int], ...]]:
    """Ranges of ranks: subtrees, heaviest first; and runs of those above them, ascending. Kept with the hierarchy."""
    key = f"tasks {threads}"
    kept: tuple[tuple[tuple[int, int], ...], tuple[tuple[int, int], ...]] | None = cch.__dict__.get(key)
    if kept is None:
        first, last, top = split_work(
            cch.up_start, cch.down_start, cch.down_tail, cch.down_arc, cch.subtree_start, threads * TASKS_PER_THREAD
        )
        runs = np.split(top, np.flatnonzero(np.diff(top) != 1) + 1) if len(top) else []
        ranges = tuple((int(run[0]), int(run[-1]) + 1) for run in runs)
        kept = cch.__dict__[key] = tuple(zip(first.tolist(), last.tolist())), ranges
    return kept


def _weights(slot: Mapping[str, Int32s]) -> tuple[Uint32s, Uint32s]:
    return slot["up_ms"].view(np.uint32), slot["down_ms"].view(np.uint32)


def _hierarchy(cch: Cch) -> tuple[Int32s, Int32s, Int32s, Int32s, Int32s, Int32s, Int32s, Int32s]:
    return (
        cch.up_start,
        cch.up_head,
        cch.down_start,
        cch.down_tail,
        cch.down_arc,
        cch.seed_start,
        cch.seed_slot,
        cch.seed_edge,
    )


def _lengths(cch: Cch) -> tuple[tuple[str, int], ...]:
    return ("cost_ms", cch.edges), ("up_ms", cch.arcs), ("down_ms", cch.arcs)


def _checked_slot(cch: Cch, into: Slot | None) -> dict[str, Int32s]:
    if into is None:
        return empty_slot(cch)
    slot = {name: np.asarray(_fitting(into, name, length)) for name, length in _lengths(cch)}
    for name, column in slot.items():
        if not (column.flags.writeable and column.flags.c_contiguous):
            raise BadCost(f"{name} of the slot cannot be written; open it for writing")
    return slot


def _fitting(arrays: Mapping[str, Int32s], name: str, length: int) -> Int32s:
    if name not in arrays:
        raise BadCost(f"metric array {name} is missing; customize again")
    if arrays[name].dtype != np.int32 or arrays[name].shape != (length,):
        raise BadCost(
            f"{name} must be an int32 column of {length}, not {arrays[name].dtype} {arrays[name].shape}; "
            "the metric belongs to another hierarchy"
        )
    return arrays[name]


def _check_costs(costs: Int32s) -> None:
    if len(costs) and costs.min() < 0:
        edge = int(np.argmax(costs < 0))
        raise BadCost(f"cost_ms[{edge}] = {costs[edge]} is negative; the least cost is 0, CLOSED is {CLOSED}")


# --- some arcs ---------------------------------------------------------------------------------------------------


@cached(nogil=True)
def _repair(  # type: ignore[no-untyped-def]  # kernels from here on; the functions above are typed
    up_start, up_head, down_start, down_tail, down_arc, seed_start, seed_slot, seed_edge, edge_start, edge_slot,
    edges, new_cost, cost, up, down, best, queue, is_queued, is_marked, changed,
):  # fmt: skip
    """Weighs every arc again that a change may reach, lowest rank first, and goes on only from those that changed.

    A weight can only change if the way over a changed arc was the weight before or undercuts it now.
    best: (states, 2), queue: (states,), scratch; is_queued (states,), is_marked (arcs,): all False, and left so.

    Gives how many weights changed, their arcs in `changed`; -1 if they do not fit into it.
    """
    size, count = 0, 0
    for i in range(len(edges)):
        cost[edges[i]] = new_cost[i]
        for k in range(edge_start[edges[i]], edge_start[edges[i] + 1]):
            arc = edge_slot[k] >> 1
            is_marked[arc] = True
            size = _push(queue, size, is_queued, np.searchsorted(up_start, arc, "right") - 1)
    while size > 0:
        x = queue[0]
        size = _pop(queue, size)
        is_queued[x] = False
        marked = 0
        for arc in range(up_start[x], up_start[x + 1]):
            marked += is_marked[arc]
        # A row costs less at once than its arcs one by one, as soon as a few of them are to be weighed.
        is_row = 4 * marked >= up_start[x + 1] - up_start[x]
        if is_row:
            weigh_row(
                up_start, up_head, down_start, down_tail, down_arc, seed_start, seed_slot, seed_edge, cost, up, down,
                x, best,
            )  # fmt: skip
        for arc in range(up_start[x], up_start[x + 1]):
            if not is_marked[arc]:
                continue
            is_marked[arc] = False
            y = up_head[arc]
            if not is_row:
                best[y, UP], best[y, DOWN] = _weigh(
                    up_start, up_head, down_start, down_tail, down_arc, seed_start, seed_slot, seed_edge, cost, up,
                    down, x, arc,
                )  # fmt: skip
            old_up, old_down, new_up, new_down = up[arc], down[arc], best[y, UP], best[y, DOWN]
            if new_up == old_up and new_down == old_down:
                continue
            up[arc], down[arc] = new_up, new_down
            if count == len(changed):
                is_queued[:], is_marked[:] = False, False
                return -1
            changed[count] = arc
            count += 1
            for other in range(up_start[x], up_start[x + 1]):
                z = up_head[other]
                # The arc above is of the lower of y and z; forth is the way from y over x to z.
                forth_old, forth_new = np.uint32(old_down + up[other]), np.uint32(new_down + up[other])
                back_old, back_new = np.uint32(down[other] + old_up), np.uint32(down[other] + new_up)
                if other == arc or (forth_old == forth_new and back_old == back_new):
                    continue
                low, high = min(y, z), max(y, z)
                above = _find(up_start, up_head, low, high)
                if above < 0 or is_marked[above]:
                    continue
                to_z, to_y = (up[above], down[above]) if y < z else (down[above], up[above])
                is_forth = forth_old != forth_new and (forth_old == to_z or forth_new < to_z)
                if is_forth or (back_old != back_new and (back_old == to_y or back_new < to_y)):
                    is_marked[above] = True
                    size = _push(queue, size, is_queued, low)
    return count


@cached(nogil=True)
def _weigh(  # type: ignore[no-untyped-def]
    up_start, up_head, down_start, down_tail, down_arc, seed_start, seed_slot, seed_edge, cost, up, down, x, arc
):  # fmt: skip
    """Both weights of one arc of a rank, as `weigh_row` finds them."""
    best_up, best_down = np.uint32(CLOSED), np.uint32(CLOSED)
    for i in range(seed_start[x], seed_start[x + 1]):
        if seed_slot[i] >> 1 == arc:
            if seed_slot[i] & 1 == UP:
                best_up = min(best_up, np.uint32(cost[seed_edge[i]]))
            else:
                best_down = min(best_down, np.uint32(cost[seed_edge[i]]))
    y = up_head[arc]
    for i in range(down_start[x], down_start[x + 1]):
        to_x = down_arc[i]
        if down[to_x] >= best_up and up[to_x] >= best_down:
            continue
        to_y = _find(up_start, up_head, down_tail[i], y)
        if to_y >= 0:
            best_up = min(best_up, np.uint32(down[to_x] + up[to_y]))
            best_down = min(best_down, np.uint32(down[to_y] + up[to_x]))
    return best_up, best_down


@cached(nogil=True)
def _find(up_start, up_head, x, y):  # type: ignore[no-untyped-def]
    """The arc of rank x to rank y, or -1."""
    a, b = up_start[x], up_start[x + 1]
    if a == b:
        return -1
    while b - a > 1:
        middle = (a + b) >> 1
        if up_head[middle] <= y:
            a = middle
        else:
            b = middle
    return a if up_head[a] == y else -1


@cached(nogil=True)
def _push(queue, size, is_queued, x):  # type: ignore[no-untyped-def]
    """Adds a rank to a heap once; gives its size. No rank comes back once taken, as ways lead to higher ones only."""
    if is_queued[x]:
        return size
    is_queued[x] = True
    place = size
    while place > 0 and queue[(place - 1) >> 1] > x:
        queue[place] = queue[(place - 1) >> 1]
        place = (place - 1) >> 1
    queue[place] = x
    return size + 1


@cached(nogil=True)
def _pop(queue, size):  # type: ignore[no-untyped-def]
    """Removes the lowest rank of a heap; gives its new size."""
    size -= 1
    moved = queue[size]
    place = 0
    while True:
        child = 2 * place + 1
        if child >= size:
            break
        if child + 1 < size and queue[child + 1] < queue[child]:
            child += 1
        if queue[child] >= moved:
            break
        queue[place] = queue[child]
        place = child
    queue[place] = moved
    return size
