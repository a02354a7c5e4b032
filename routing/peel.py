"""Road graphs as undirected rows, and the contraction of their dead ends and bends before anything else."""

import numpy as np
from numpy.typing import NDArray

from kernels.caching import cached

Int32s = NDArray[np.int32]


@cached(nogil=True)
def neighbours(tail: Int32s, head: Int32s, states: int) -> tuple[Int32s, Int32s]:
    """Undirected rows without loops and repetitions."""
    start = np.zeros(states + 1, np.int32)
    for arc in range(len(tail)):
        if tail[arc] != head[arc]:
            start[tail[arc] + 1] += 1
            start[head[arc] + 1] += 1
    for state in range(states):
        start[state + 1] += start[state]
    place = start[:-1].copy()
    found = np.empty(start[states], np.int32)
    for arc in range(len(tail)):
        a, b = tail[arc], head[arc]
        if a != b:
            found[place[a]] = b
            place[a] += 1
            found[place[b]] = a
            place[b] += 1
    seen = np.full(states, -1, np.int32)
    size, begin = 0, 0
    for state in range(states):
        end = start[state + 1]
        for i in range(begin, end):
            if seen[found[i]] != state:
                seen[found[i]] = state
                found[size] = found[i]
                size += 1
        begin = end
        start[state + 1] = size
    return start, found[:size].copy()


@cached(nogil=True)
def peel(start: Int32s, neighbour: Int32s) -> tuple[Int32s, Int32s, int]:
    """Contracts states with at most two neighbours; gives ranks (-1 = left), what is left of each row, how many.

    A round takes no two adjacent ones, so that a chain becomes a shallow tree of shortcuts and not a deep one.
    """
    states = len(start) - 1
    rank = np.full(states, -1, np.int32)
    length = start[1:] - start[:-1]
    touched = np.full(states, -1, np.int32)
    peeled, turn = 0, 0
    waiting = np.flatnonzero(length <= 2).astype(np.int32)
    while len(waiting):
        for i in range(len(waiting)):
            state = waiting[i]
            if touched[state] == turn:
                continue
            rank[state] = peeled
            peeled += 1
            row = start[state]
            if length[state] == 1:
                touched[neighbour[row]] = turn
                _drop(start, neighbour, length, neighbour[row], state)
            elif length[state] == 2:
                a, b = neighbour[row], neighbour[row + 1]
                touched[a] = turn
                touched[b] = turn
                if _has(start, neighbour, length, a, b):
                    _drop(start, neighbour, length, a, state)
                    _drop(start, neighbour, length, b, state)
                else:
                    _swap(start, neighbour, length, a, state, b)
                    _swap(start, neighbour, length, b, state, a)
        turn += 1
        waiting = np.flatnonzero((rank < 0) & (length <= 2)).astype(np.int32)
    return rank, length, peeled


@cached(nogil=True)
def _has(start, neighbour, length, state, wanted):  # type: ignore[no-untyped-def]
    for i in range(start[state], start[state] + length[state]):  # noqa: SIM110  # numba compiles no generator
        if neighbour[i] == wanted:
            return True
    return False


@cached(nogil=True)
def _swap(start, neighbour, length, state, old, new):  # type: ignore[no-untyped-def]
    for i in range(start[state], start[state] + length[state]):
        if neighbour[i] == old:
            neighbour[i] = new


@cached(nogil=True)
def _drop(start, neighbour, length, state, old):  # type: ignore[no-untyped-def]
    length[state] -= 1
    last = start[state] + length[state]
    for i in range(start[state], last):
        if neighbour[i] == old:
            neighbour[i] = neighbour[last]
            break


@cached(nogil=True)
def core_rows(
    start: Int32s, length: Int32s, neighbour: Int32s, rank: Int32s, core: Int32s
) -> tuple[Int32s, Int32s, Int32s, Int32s]:
    """Rows of the states left, numbered anew: first and last half-arc of each, its head, its half-arc back."""
    number = np.empty(len(rank), np.int32)
    size = 0
    for i in range(len(core)):
        number[core[i]] = i
        size += length[core[i]]
    first, last = np.empty(len(core), np.int32), np.empty(len(core), np.int32)
    head, tail = np.empty(size, np.int32), np.empty(size, np.int32)
    size = 0
    for i in range(len(core)):
        first[i] = size
        for k in range(start[core[i]], start[core[i]] + length[core[i]]):
            head[size], tail[size] = number[neighbour[k]], i
            size += 1
        last[i] = size
    twin = np.empty(size, np.int32)
    for arc in range(size):
        for back in range(first[head[arc]], last[head[arc]]):
            if head[back] == tail[arc]:
                twin[arc] = back
                break
    return first, last, head, twin
