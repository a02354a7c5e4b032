"""The kernels that build a hierarchy from ranked arcs: its shortcuts, its tree, and what of it can ever be driven."""

import numpy as np

from kernels.caching import cached

UP, DOWN = range(2)

RIM_FROM = 16
"""Subtrees of so many ranks are worth a look whether a bounded search may leave them out."""


@cached(nogil=True)
def contract(start, higher):  # type: ignore[no-untyped-def]  # kernels; their callers are typed
    """(start, head, parent): every rank's higher neighbours when all lower ranks have been contracted, unsorted.

    They are its own and those of its children, as every shortcut made by a descendant is passed on by a child.
    Source: symbolic Cholesky factorization, George, Liu 1981.
    """
    states = len(start) - 1
    up_start = np.zeros(states + 1, np.int32)
    up_head = np.empty(2 * len(higher) + 16, np.int32)
    parent = np.full(states, -1, np.int32)
    child, sibling = np.full(states, -1, np.int32), np.full(states, -1, np.int32)
    seen = np.full(states, -1, np.int32)
    size = 0
    for x in range(states):
        begin = size
        if size + states - x > len(up_head):
            wider = np.empty(2 * len(up_head) + states, np.int32)
            wider[:size] = up_head[:size]
            up_head = wider
        seen[x] = x
        for i in range(start[x], start[x + 1]):
            if seen[higher[i]] != x:
                seen[higher[i]] = x
                up_head[size] = higher[i]
                size += 1
        c = child[x]
        while c >= 0:
            for i in range(up_start[c], up_start[c + 1]):
                if seen[up_head[i]] != x:
                    seen[up_head[i]] = x
                    up_head[size] = up_head[i]
                    size += 1
            c = sibling[c]
        up_start[x + 1] = size
        if size > begin:
            p = up_head[begin]
            for i in range(begin + 1, size):
                p = min(p, up_head[i])
            parent[x] = p
            sibling[x] = child[p]
            child[p] = x
    return up_start, up_head[:size], parent


@cached(nogil=True)
def postorder(parent):  # type: ignore[no-untyped-def]
    """(new rank of each rank, first descendant of each new rank): descendants come right before their ancestor.

    The shortcuts are those of the old numbers, as no rank passes an ancestor.
    """
    states = len(parent)
    size = np.ones(states, np.int32)
    for x in range(states):
        if parent[x] >= 0:
            size[parent[x]] += size[x]
    renumber, free = np.empty(states, np.int32), np.empty(states, np.int32)
    subtree_start = np.empty(states, np.int32)
    above = states
    for x in range(states - 1, -1, -1):
        p = parent[x]
        if p >= 0:
            renumber[x] = free[p]
            free[p] -= size[x]
        else:
            renumber[x] = above - 1
            above -= size[x]
        free[x] = renumber[x] - 1
        subtree_start[renumber[x]] = renumber[x] - size[x] + 1
    return renumber, subtree_start


@cached(nogil=True)
def sort_arcs(start, head, renumber):  # type: ignore[no-untyped-def]
    """Up and down arcs under their new ranks; two passes of a counting sort leave both ascending."""
    states, arcs = len(renumber), len(head)
    up_start, down_start = np.zeros(states + 1, np.int32), np.zeros(states + 1, np.int32)
    old = np.empty(states, np.int32)
    for x in range(states):
        old[renumber[x]] = x
        up_start[renumber[x] + 1] = start[x + 1] - start[x]
    for i in range(arcs):
        down_start[renumber[head[i]] + 1] += 1
    for x in range(states):
        up_start[x + 1] += up_start[x]
        down_start[x + 1] += down_start[x]
    down_tail, down_arc, up_head = np.empty(arcs, np.int32), np.empty(arcs, np.int32), np.empty(arcs, np.int32)
    place = down_start[:-1].copy()
    for x in range(states):
        for i in range(start[old[x]], start[old[x] + 1]):
            y = renumber[head[i]]
            down_tail[place[y]] = x
            place[y] += 1
    place[:] = up_start[:-1]
    for y in range(states):
        for i in range(down_start[y], down_start[y + 1]):
            arc = place[down_tail[i]]
            place[down_tail[i]] += 1
            down_arc[i] = arc
            up_head[arc] = y
    return up_start, up_head, down_start, down_tail, down_arc


@cached(nogil=True)
def slots(up_start, up_head, tail, head):  # type: ignore[no-untyped-def]
    """Twice the arc of each edge, plus one where it is driven downwards."""
    slot = np.empty(len(tail), np.int32)
    for i in range(len(tail)):
        low, high = min(tail[i], head[i]), max(tail[i], head[i])
        a, b = up_start[low], up_start[low + 1]
        while b - a > 1:
            middle = (a + b) >> 1
            if up_head[middle] <= high:
                a = middle
            else:
                b = middle
        slot[i] = 2 * a + (tail[i] > head[i])
    return slot


@cached(nogil=True)
def needed_arcs(start, high, low_start, low, low_arc, slot):  # type: ignore[no-untyped-def]
    """Which arcs can be driven in some direction when every edge is open."""
    way = np.zeros((len(high), 2), np.bool_)
    for i in range(len(slot)):
        way[slot[i] >> 1, slot[i] & 1] = True
    can = np.zeros((len(start), 2), np.bool_)
    for x in range(len(start) - 1):
        for a in range(start[x], start[x + 1]):
            can[high[a], UP], can[high[a], DOWN] = way[a, UP], way[a, DOWN]
        for i in range(low_start[x], low_start[x + 1]):
            to_low, from_low = way[low_arc[i], DOWN], way[low_arc[i], UP]
            for a in range(low_arc[i] + 1, start[low[i] + 1]):
                can[high[a], UP] |= to_low & way[a, UP]
                can[high[a], DOWN] |= from_low & way[a, DOWN]
        for a in range(start[x], start[x + 1]):
            way[a, UP], way[a, DOWN] = can[high[a], UP], can[high[a], DOWN]
    return way[:, UP] | way[:, DOWN]


@cached(nogil=True)
def rims(start, high, subtree_start):  # type: ignore[no-untyped-def]
    """(rim_start, rim): the higher neighbours of the ranks with many descendants, needed or not."""
    rim_start = np.zeros_like(start)
    for x in range(len(subtree_start)):
        is_rim = x - subtree_start[x] >= RIM_FROM - 1
        rim_start[x + 1] = rim_start[x] + (start[x + 1] - start[x] if is_rim else 0)
    rim = np.empty(rim_start[-1], np.int32)
    for x in range(len(subtree_start)):
        if rim_start[x + 1] > rim_start[x]:
            rim[rim_start[x] : rim_start[x + 1]] = high[start[x] : start[x + 1]]
    return rim_start, rim


@cached(nogil=True)
def keep_needed(is_needed, start, high, low_start, low, low_arc, slot):  # type: ignore[no-untyped-def]
    """Moves the needed arcs together, in place, and names them by their new numbers; gives how many they are."""
    number = np.empty(len(high), np.int32)
    arcs = 0
    for arc in range(len(high)):
        number[arc] = arcs
        high[arcs] = high[arc]
        arcs += is_needed[arc]
    for i in range(len(slot)):
        slot[i] = 2 * number[slot[i] >> 1] + (slot[i] & 1)
    size, begin, arcs_before = 0, 0, len(high)
    for y in range(len(start) - 1):
        start[y] = number[start[y]] if start[y] < arcs_before else arcs
        end = low_start[y + 1]
        for i in range(begin, end):
            if is_needed[low_arc[i]]:
                low[size], low_arc[size] = low[i], number[low_arc[i]]
                size += 1
        begin = end
        low_start[y + 1] = size
    start[-1] = arcs
    return arcs


@cached(nogil=True)
def sort_rows(start, item, key):  # type: ignore[no-untyped-def]
    """Sorts the items of each row by their key, in place; those of one key keep their order. Rows are short."""
    for row in range(len(start) - 1):
        for i in range(start[row] + 1, start[row + 1]):
            one = item[i]
            k = i
            while k > start[row] and key[item[k - 1]] > key[one]:
                item[k] = item[k - 1]
                k -= 1
            item[k] = one
