"""In which order to contract the states of a road graph so that few shortcuts arise: nested dissection.

Parts of the graph are cut in two, again and again, where few roads cross; what lies on a cut is contracted after both
sides. A cut is found by inertial flow: the outer quarters of a part along some direction are the two banks, and the
least cut between the banks is the river.
"""

from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kernels.caching import cached
from routing.errors import BadGraph
from routing.peel import core_rows, neighbours, peel
from routing.restrictions import checked_ends
from routing.rows import as_read_only

Int32s = NDArray[np.int32]

DIRECTIONS = ((1, 0), (0, 1), (1, 1), (1, -1))
"""East and north parts of the directions tried. Eight cost twice the time for 1 % fewer shortcuts."""

BANK_SHARE = 0.25
"""The share of a part's states on each bank, thus the least share of the smaller side. Source: Schild, Sommer 2015."""

SMALL = 10
"""Up to so many states a part is ordered by least degree instead; with 24 there are 4-11 % more triangles."""

BLOCK = 30_000
"""A larger cell is a task of its own, to be cut once; up to so many states are dissected to the end by one thread,
within a processor's cache."""


@dataclass(frozen=True, eq=False)
class _Task:
    """Cells that take the positions from `begin` on, numbered from 0 here, with what is needed to dissect them.

    state (size,): the states at these positions. low, high (cells,): the cells, ranges of positions.
    first, last (size,): the half-arcs of each position; head, twin: where each leads, and the half-arc back.
    along (directions, size): the positions of each cell, sorted along each direction.
    """

    begin: int
    state: Int32s
    low: Int32s
    high: Int32s
    first: Int32s
    last: Int32s
    head: Int32s
    twin: Int32s
    along: Int32s


def dissection_order(tail: ArrayLike, head: ArrayLike, states: int, lonlat: ArrayLike, threads: int = 1) -> Int32s:
    """The rank at which each state is contracted, 0 first.

    tail, head: (arcs,) integers in [0, states); direction, loops and parallel arcs do not matter.
    lonlat: (states, 2) degrees; several states may share a place.

    threads: 1..64; the interpreter lock is released.

    Gives (states,) int32, the same for the same input on every machine and with any number of threads. Takes
    0.7 s for 174,000 states, 3.6 s for 696,000, 24 s for 2.8 million, 110 s for 7.4 million with one thread.
    Raises BadGraph for an index outside its range, for places that are not one finite pair for each state, and for
    threads outside theirs.
    Source: Schild, Sommer 2015, "On balanced separators in road networks"; flow by Ford, Fulkerson 1956, in rounds of
    searches in depth as Pothen, Fan 1990 do for matchings (Dinic's shortest ways differ in length, so that nearly each
    took a round of its own: 10 times slower for 3 million states); the states on a cut by König 1931; states of degree
    one and two first (they add no shortcut) as in Strasser, Wagner 2015.
    """
    tail_, head_ = checked_ends(tail, head, states)
    place = np.asarray(lonlat, np.float64)
    if place.shape != (states, 2) or not np.isfinite(place).all():
        raise BadGraph(f"lonlat must be {states} finite pairs, not {place.shape}; give a place for every state")
    if not 1 <= threads <= 64:
        raise BadGraph(f"threads={threads} must lie in 1..64")
    start, neighbour = neighbours(tail_, head_, states)
    rank, length, peeled = peel(start, neighbour)
    core = np.flatnonzero(rank < 0).astype(np.int32)
    if len(core):
        rows = core_rows(start, length, neighbour, rank, core)
        del start, neighbour, length  # of a country they are large
        cell = np.zeros(1, np.int32), np.full(1, len(core), np.int32)
        along = _sort_by_direction(place[core])
        tasks = [_Task(peeled, core, *cell, *rows, along)]
        del rows, along
        _dissect_all(tasks, rank, threads)
    return as_read_only(rank, np.int32)


def _dissect_all(tasks: list[_Task], rank: Int32s, threads: int) -> None:
    """Writes the rank of every state. Cells do not touch each other: who dissects them when does not matter.

    The latest task first: so few small ones exist at a time, and memory is given back in large pieces.
    """
    jobs: set[Future[list[_Task]]] = set()
    with ThreadPoolExecutor(threads) as pool:
        while tasks or jobs:
            while tasks and len(jobs) < threads:
                jobs.add(pool.submit(_dissect_some, tasks.pop(), rank))
            done, jobs = wait(jobs, return_when=FIRST_COMPLETED)
            while done:
                tasks += done.pop().result()


def _dissect_some(task: _Task, rank: Int32s) -> list[_Task]:
    """Writes the rank of the states of a task, final for all that lie in no cell any more; gives the tasks left."""
    depths = 1 if len(task.state) > BLOCK else len(task.state)
    rows = task.first, task.last, task.head, task.twin
    origin, low, high, first, last, head, twin = _dissect(task.low, task.high, *rows, task.along, depths)
    state = task.state[origin]
    rank[state] = np.arange(task.begin, task.begin + len(state), dtype=np.int32)
    tasks = []
    for i, k in _group(low.tolist(), high.tolist()):
        a, b = low[i], high[k - 1]
        c, d = first[a], last[b - 1]
        cells = low[i:k] - a, high[i:k] - a
        rows = first[a:b] - c, last[a:b] - c, head[c:d] - a, twin[c:d] - c
        tasks.append(_Task(task.begin + int(a), state[a:b].copy(), *cells, *rows, task.along[:, a:b] - a))
    return tasks


def _group(low: list[int], high: list[int]) -> list[tuple[int, int]]:
    """Neighbouring cells that make a task together, as ranges of cells: a graph may have very many small parts."""
    groups: list[tuple[int, int]] = []
    for cell in range(len(low)):
        if groups and high[cell] - low[groups[-1][0]] <= BLOCK:
            groups[-1] = groups[-1][0], cell + 1
        else:
            groups.append((cell, cell + 1))
    return groups


def _sort_by_direction(lonlat: NDArray[np.float64]) -> Int32s:
    """The states along each direction, (directions, states). Whole numbers, so that no rounding differs by machine."""
    shrink = round(1024 * float(np.cos(np.radians(np.median(lonlat[:, 1])))))
    east, north = np.rint(lonlat.T * 1e7).astype(np.int64) * np.array([[shrink], [1024]])
    return np.stack([np.argsort(a * east + b * north, kind="stable") for a, b in DIRECTIONS]).astype(np.int32)


@cached(nogil=True)
def _dissect(cell_low, cell_high, first, last, head, twin, along, depths):  # type: ignore[no-untyped-def]
    """The state at every position, after so many depths: cell by cell and all cells of a depth before the next.

    Also gives the cells that are left and the rows by position; `along` is brought up to date in place.
    A cell is a range of positions; a cut moves its sides to the beginning of the range and the separator to the end,
    where it stays. Rows are rebuilt at every depth, so that a cell's rows lie together and hold no arc out of it.
    """
    states = len(first)
    origin = np.arange(states).astype(np.int32)  # the state that stands at a position
    moved = np.arange(states).astype(np.int32)
    cell_of = np.full(states, -1, np.int32)
    visited, rise, queue = np.zeros(states, np.int32), np.empty(states, np.int32), np.empty(states, np.int32)
    match = np.empty(states, np.int32)
    side = np.zeros(states, np.int8)
    stamp = 0
    path = np.empty(states + 1, np.int32)
    flow = np.zeros(len(head), np.int8)
    while len(cell_low) and depths > 0:
        depths -= 1
        new_low, new_high = np.empty(states, np.int32), np.empty(states, np.int32)
        cells = 0
        for cell in range(len(cell_low)):
            low, high = cell_low[cell], cell_high[cell]
            stamp += 1
            size = _collect(first, last, head, visited, stamp, queue, low, low, 0)
            if size < high - low:
                before, p = 0, low
                while True:
                    is_cell = size - before > 1
                    if is_cell:
                        new_low[cells], new_high[cells] = low + before, low + size
                        cells += 1
                    for i in range(low + before, low + size):
                        moved[queue[i]] = i
                        cell_of[i] = cells - 1 if is_cell else -1
                    before = size
                    while p < high and visited[p] == stamp:
                        p += 1
                    if p == high:
                        break
                    size = _collect(first, last, head, visited, stamp, queue, low, p, size)
                continue
            if high - low <= SMALL:
                _order_small(first, last, head, low, high, moved)
                for p in range(low, high):
                    cell_of[p] = -1
                continue
            stamp = _best_cut(first, last, head, twin, along, low, high, visited, stamp, queue, path, rise, side, flow)
            middle, top = _place(first, last, head, low, high, side, match, rise, queue, moved)
            for p in range(low, high):
                cell_of[p] = -1
            begin = np.int64(low)
            for end in (middle, top):
                if end - begin > 1:
                    new_low[cells], new_high[cells] = begin, end
                    cell_of[begin:end] = cells
                    cells += 1
                begin = np.int64(end)
        cell_low_before, cell_high_before = cell_low, cell_high
        cell_low, cell_high = new_low[:cells].copy(), new_high[:cells].copy()
        first, last, head, twin = _rebuild(
            first, last, head, twin, along, cell_low_before, cell_high_before, cell_low, cell_of, moved, origin
        )
    return origin, cell_low, cell_high, first, last, head, twin


@cached(nogil=True)
def _collect(first, last, head, visited, stamp, queue, low, root, size):  # type: ignore[no-untyped-def]
    """Adds the connected part of a root to the queue, which begins at `low`; gives its new length."""
    done = size
    queue[low + size] = root
    visited[root] = stamp
    size += 1
    while done < size:
        p = queue[low + done]
        done += 1
        for arc in range(first[p], last[p]):
            if visited[head[arc]] != stamp:
                visited[head[arc]] = stamp
                queue[low + size] = head[arc]
                size += 1
    return size


@cached(nogil=True)
def _rebuild(first, last, head, twin, along, old_low, old_high, cell_low, cell_of, moved, origin):  # type: ignore[no-untyped-def]
    """Everything at its new position, without the arcs that leave a cell."""
    new_first, new_last = np.zeros_like(first), np.zeros_like(last)
    back = np.empty(len(origin), np.int32)
    new_arc = np.full(len(head), -1, np.int32)
    states_before = origin.copy()
    for cell in range(len(old_low)):
        for p in range(old_low[cell], old_high[cell]):
            back[moved[p]] = p
            origin[moved[p]] = states_before[p]
    size = 0
    for cell in range(len(old_low)):
        for q in range(old_low[cell], old_high[cell]):
            new_first[q] = size
            if cell_of[q] >= 0:
                for arc in range(first[back[q]], last[back[q]]):
                    if cell_of[moved[head[arc]]] == cell_of[q]:
                        new_arc[arc] = size
                        size += 1
            new_last[q] = size
    new_head, new_twin = np.empty(size, np.int32), np.empty(size, np.int32)
    for arc in range(len(head)):
        if new_arc[arc] >= 0:
            new_head[new_arc[arc]] = moved[head[arc]]
            new_twin[new_arc[arc]] = new_arc[twin[arc]]
    place = np.empty(len(cell_low), np.int32)
    row = np.empty(len(origin), np.int32)
    for d in range(len(along)):
        place[:] = cell_low
        for cell in range(len(old_low)):
            for i in range(old_low[cell], old_high[cell]):
                q = moved[along[d, i]]
                child = cell_of[q]
                if child >= 0:
                    row[place[child]] = q
                    place[child] += 1
        for child in range(len(cell_low)):
            for i in range(cell_low[child], place[child]):
                along[d, i] = row[i]
    return new_first, new_last, new_head, new_twin


@cached(nogil=True)
def _best_cut(first, last, head, twin, along, low, high, visited, stamp, queue, path, rise, best_side, flow):  # type: ignore[no-untyped-def]
    """Marks the sides (0 and 1) of the cut with the fewest arcs for the size of its smaller side; gives the last stamp.

    rise holds the place of each state along the direction at hand.
    """
    size = high - low
    bank = max(int(size * BANK_SHARE), 1)
    near_end, far_begin = low + bank, high - bank
    best_cut, best_small = np.int64(1) << 30, np.int64(1)
    for d in range(len(along)):
        for i in range(low, high):
            rise[along[d, i]] = i
        # A cut cannot be more balanced than halves: above this flow the direction cannot win.
        limit = best_cut * size // (2 * best_small)
        cut, near, stamp = _flow(
            first, last, head, twin, low, high, near_end, far_begin, visited, stamp, queue, path, rise, flow, limit
        )
        if cut < 0:
            continue
        near += bank
        for is_far in range(2):
            part = near
            if is_far:
                stamp += 1
                part = bank + _reach_back(first, last, head, low, high, far_begin, visited, stamp, queue, rise, flow)
            small = min(part, size - part)
            if cut * best_small < best_cut * small or (cut * best_small == best_cut * small and small > best_small):
                best_cut, best_small = cut, small
                for p in range(low, high):
                    if is_far:
                        best_side[p] = visited[p] == stamp or rise[p] >= far_begin
                    else:
                        best_side[p] = visited[p] != stamp and rise[p] >= near_end
    return stamp


@cached(nogil=True)
def _flow(  # type: ignore[no-untyped-def]
    first, last, head, twin, low, high, near_end, far_begin, visited, stamp, queue, path, rise, flow, limit
):  # fmt: skip
    """The greatest flow from the states below near_end to those from far_begin on, -1 if above the limit.

    Also gives how many more states the flow's source still reaches, and the stamp that marks them.
    Rounds of searches in depth, each step as far forward as can be; a round enters no state twice.
    """
    sources = 0
    for arc in range(first[low], last[high - 1]):
        flow[arc] = 0
    for p in range(low, high):
        if rise[p] < near_end:
            for arc in range(first[p], last[p]):
                if rise[head[arc]] >= near_end:
                    queue[low + sources] = p
                    sources += 1
                    break
    total = 0
    while True:
        stamp += 1
        before, reached = total, 0
        for i in range(sources):
            for door in range(first[queue[low + i]], last[queue[low + i]]):
                p = head[door]
                if flow[door] == 1 or rise[p] < near_end or visited[p] == stamp:
                    continue
                path[0] = door
                steps = 1
                while steps and rise[p] < far_begin:
                    if visited[p] != stamp:
                        visited[p] = stamp
                        reached += 1
                    on, on_rise = -1, near_end - 1
                    for arc in range(first[p], last[p]):
                        q = head[arc]
                        if rise[q] > on_rise and flow[arc] < 1 and visited[q] != stamp:
                            on, on_rise = arc, rise[q]
                    if on >= 0:
                        path[steps] = on
                        steps += 1
                        p = head[on]
                    else:
                        steps -= 1
                        p = head[twin[path[steps]]]
                if steps:
                    for k in range(steps):
                        flow[path[k]] += 1
                        flow[twin[path[k]]] -= 1
                    total += 1
                    if total > limit:
                        return -1, 0, stamp
        if total == before:
            return total, reached, stamp


@cached(nogil=True)
def _reach_back(first, last, head, low, high, far_begin, visited, stamp, queue, rise, flow):  # type: ignore[no-untyped-def]
    """Marks the states between the banks that still reach the far one; gives how many."""
    size = 0
    for p in range(low, high):
        if rise[p] >= far_begin:
            for arc in range(first[p], last[p]):
                q = head[arc]
                if flow[arc] > -1 and visited[q] != stamp and rise[q] < far_begin:
                    visited[q] = stamp
                    queue[low + size] = q
                    size += 1
    done = 0
    while done < size:
        p = queue[low + done]
        done += 1
        for arc in range(first[p], last[p]):
            q = head[arc]
            if flow[arc] > -1 and visited[q] != stamp and rise[q] < far_begin:
                visited[q] = stamp
                queue[low + size] = q
                size += 1
    return size


@cached(nogil=True)
def _place(first, last, head, low, high, side, match, visited, queue, moved):  # type: ignore[no-untyped-def]
    """Moves side 0, side 1 and the separator (the fewest states on all cut arcs) behind each other; gives the bounds.

    The arcs of the cut join two sides; the fewest states that touch them all come from a largest matching.
    """
    for p in range(low, high):
        match[p] = -1
        visited[p] = -1
        moved[p] = -1  # the state from which a state of side 1 was found
    for p in range(low, high):
        if side[p] == 0:
            found = _seek(first, last, head, low, p, side, match, visited, queue, moved, p)
            while found >= 0:
                before = moved[found]
                found_next = match[before]
                match[before] = found
                match[found] = before
                found = found_next
    for p in range(low, high):
        visited[p] = -1
    for p in range(low, high):
        if side[p] == 0 and match[p] < 0 and visited[p] < 0:
            _seek(first, last, head, low, p, side, match, visited, queue, moved, low)
            visited[p] = low
    near, far = 0, 0
    for p in range(low, high):
        is_separator = match[p] >= 0 and (visited[p] < 0) == (side[p] == 0)
        if is_separator:
            moved[p] = -3
        elif side[p] == 0:
            moved[p] = -1
            near += 1
        else:
            moved[p] = -2
            far += 1
    bounds = low + near, low + near + far
    a, b, c = low, low + near, low + near + far
    for p in range(low, high):
        if moved[p] == -1:
            moved[p] = a
            a += 1
        elif moved[p] == -2:
            moved[p] = b
            b += 1
        else:
            moved[p] = c
            c += 1
    return bounds


@cached(nogil=True)
def _seek(first, last, head, low, root, side, match, visited, queue, before, stamp):  # type: ignore[no-untyped-def]
    """Walks alternating paths of the matching from a state of side 0; gives the first free state of side 1, or -1."""
    queue[low] = root
    size, done = 1, 0
    while done < size:
        p = queue[low + done]
        done += 1
        for arc in range(first[p], last[p]):
            q = head[arc]
            if side[q] == 1 and visited[q] != stamp:
                visited[q] = stamp
                before[q] = p
                if match[q] < 0:
                    return q
                visited[match[q]] = stamp
                queue[low + size] = match[q]
                size += 1
    return -1


@cached(nogil=True)
def _order_small(first, last, head, low, high, moved):  # type: ignore[no-untyped-def]
    """Puts the states of a small cell in the order of least degree, shortcuts counted."""
    size = high - low
    joined = np.zeros((size, size), np.bool_)
    degree = np.zeros(size, np.int32)
    for p in range(low, high):
        for arc in range(first[p], last[p]):
            joined[p - low, head[arc] - low] = True
        degree[p - low] = last[p] - first[p]
    for turn in range(size):
        least = -1
        for i in range(size):
            if degree[i] >= 0 and (least < 0 or degree[i] < degree[least]):
                least = i
        moved[low + least] = low + turn
        degree[least] = -1
        for i in range(size):
            if joined[least, i] and degree[i] >= 0:
                degree[i] -= 1
                joined[i, least] = False
                for k in range(size):
                    if k != i and degree[k] >= 0 and joined[least, k] and not joined[i, k]:
                        joined[i, k] = True
                        degree[i] += 1
