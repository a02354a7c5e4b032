"""The cheapest round through all places: exact for few, a local search with kicks for many."""

import numpy as np
from numpy.typing import NDArray

from kernels.caching import cached
from routing.errors import BadCost

EXACT_PLACES = 13
"""Up to here every subset is looked at: 13 places take 1 ms, each further one doubles it."""

MOST_PLACES = 500

CLOSED_MS = 2**40
"""Above any sum of usable costs: 34 years. A round that costs so much uses what may not be used."""

LOOKS = 10_000_000
"""Moves looked at in all, which bounds the time (about 40 ms) without a clock: the answer is always the same."""

SEGMENT = 3
"""Places moved together. Source: Or 1976."""


def find_tour(cost_ms: NDArray[np.int64]) -> tuple[NDArray[np.int32], int]:
    """The cheapest order to visit all places and come back, and its cost.

    cost_ms: (n, n) int64 from each place (row) to each other >= 0, need not be symmetric; CLOSED_MS and more = no way.

    Gives order (n,) int32, beginning with place 0. Exact up to EXACT_PLACES places; beyond, mostly within 2 % of the
    best: of two constructions improved by moving up to three places and by turning stretches round, then of what
    kicks out of that lead to. The same question gives the same answer. Takes 40 ms at most for 100 places.
    Raises BadCost for other shapes, negative costs or more than MOST_PLACES places.
    Source: Held, Karp 1962; Or 1976; Martin, Otto, Felten 1991 (double bridge).
    """
    if cost_ms.ndim != 2 or cost_ms.shape[0] != cost_ms.shape[1] or not 1 <= len(cost_ms) <= MOST_PLACES:
        raise BadCost(f"cost_ms must be (n, n) for 1..{MOST_PLACES} places, not {cost_ms.shape}")
    costs = np.minimum(np.ascontiguousarray(cost_ms, np.int64), CLOSED_MS)
    if costs.min() < 0:
        raise BadCost(f"cost_ms holds {costs.min()}; the least cost is 0")
    order = _exact(costs) if len(costs) <= EXACT_PLACES else _search(costs, LOOKS)
    return order, int(_length(costs, order))


@cached(nogil=True)
def _length(cost, order):  # type: ignore[no-untyped-def]  # kernels; find_tour is typed
    total = cost[order[-1], order[0]]
    for i in range(len(order) - 1):
        total += cost[order[i], order[i + 1]]
    return total


@cached(nogil=True)
def _exact(cost):  # type: ignore[no-untyped-def]
    """The least cost of having been in each subset of places 1.. and standing at one of it, then backwards."""
    others = len(cost) - 1
    if others <= 0:
        return np.zeros(len(cost), np.int32)
    best = np.full((1 << others, others), np.int64(2) ** 62, np.int64)
    came = np.zeros((1 << others, others), np.int8)
    for i in range(others):
        best[1 << i, i] = cost[0, i + 1]
    for been in range(1, 1 << others):
        for i in range(others):
            if not been >> i & 1 or best[been, i] == np.int64(2) ** 62:
                continue
            for j in range(others):
                if not been >> j & 1:
                    through, more = best[been, i] + cost[i + 1, j + 1], been | 1 << j
                    if through < best[more, j]:
                        best[more, j] = through
                        came[more, j] = i
    everywhere, last = (1 << others) - 1, 0
    for i in range(1, others):
        if best[everywhere, i] + cost[i + 1, 0] < best[everywhere, last] + cost[last + 1, 0]:
            last = i
    order = np.zeros(others + 1, np.int32)
    for place in range(others, 0, -1):
        order[place] = last + 1
        everywhere, last = everywhere ^ 1 << last, came[everywhere, last]
    return order


@cached(nogil=True)
def _search(cost, looks):  # type: ignore[no-untyped-def]
    n, random = len(cost), np.uint64(88172645463325252)
    best = _insert_farthest(cost)
    looks = _improve(cost, best, looks)
    other = _follow_nearest(cost)
    looks = _improve(cost, other, looks)
    if _length(cost, other) < _length(cost, best):
        best = other
    best_cost = _length(cost, best)
    trial = best.copy()
    while looks > 0:
        # Two neighbouring stretches of a few places each change places: no turning round, near by, so soon improved.
        random ^= random << np.uint64(13)
        random ^= random >> np.uint64(7)
        random ^= random << np.uint64(17)
        reach = min(n - 1, 50)
        first = np.int64(random % np.uint64(n))
        one = 1 + np.int64((random >> np.uint64(20)) % np.uint64(reach // 2))
        two = 1 + np.int64((random >> np.uint64(40)) % np.uint64(reach // 2))
        for i in range(n):
            trial[i] = best[(first + i) % n]
        held = trial[1 : 1 + one].copy()
        trial[1 : 1 + two] = trial[1 + one : 1 + one + two].copy()
        trial[1 + two : 1 + one + two] = held
        looks = _improve(cost, trial, looks)
        length = _length(cost, trial)
        if length < best_cost:
            best_cost = length
            best[:] = trial
    at = 0
    for i in range(n):
        if best[i] == 0:
            at = i
    return np.concatenate((best[at:], best[:at]))


@cached(nogil=True)
def _follow_nearest(cost):  # type: ignore[no-untyped-def]
    n = len(cost)
    order, is_left = np.zeros(n, np.int32), np.ones(n, np.bool_)
    is_left[0] = False
    for place in range(1, n):
        here, nearest = order[place - 1], -1
        for i in range(n):
            if is_left[i] and (nearest < 0 or cost[here, i] < cost[here, nearest]):
                nearest = i
        order[place] = nearest
        is_left[nearest] = False
    return order


@cached(nogil=True)
def _insert_farthest(cost):  # type: ignore[no-untyped-def]
    """Source: farthest insertion, Rosenkrantz, Stearns, Lewis 1977."""
    n = len(cost)
    order, size = np.zeros(n, np.int32), 1
    away = np.minimum(cost[0], cost[:, 0])
    away[0] = -1
    while size < n:
        x = np.argmax(away)
        at, least = 0, np.int64(2) ** 62
        for i in range(size):
            a, b = order[i], order[(i + 1) % size]
            more = cost[a, x] + cost[x, b] - cost[a, b]
            if more < least:
                at, least = i + 1, more
        for i in range(size, at, -1):
            order[i] = order[i - 1]
        order[at] = x
        size += 1
        away[x] = -1
        for i in range(n):
            if away[i] >= 0:
                away[i] = min(away[i], cost[x, i], cost[i, x])
    return order


@cached(nogil=True)
def _improve(cost, order, looks):  # type: ignore[no-untyped-def]
    """Makes the best of the moves of each place until none helps; gives the looks that are left."""
    n = len(order)
    back = np.zeros(n + 1, np.int64)  # what it costs to drive the order from place 0 to i, the wrong way less the right
    helps = True
    while helps and looks > 0:
        helps = False
        for i in range(n - 1):
            back[i + 1] = back[i] + cost[order[i + 1], order[i]] - cost[order[i], order[i + 1]]
        for i in range(n):
            a, gain, kind, far = order[i], 0, 0, 0
            for j in range(i + 2, n):  # turn i+1..j round
                b = order[j + 1] if j + 1 < n else order[0]
                more = cost[a, order[j]] + cost[order[i + 1], b] - cost[a, order[i + 1]] - cost[order[j], b]
                more += back[j] - back[i + 1]
                if more < gain:
                    gain, kind, far = more, 1, j
            looks -= n - i
            for length in range(1, min(SEGMENT, n - 2) + 1):  # move i..i+length-1 between j and j+1
                last = i + length - 1
                if last >= n:
                    break
                before, after = order[i - 1] if i > 0 else order[n - 1], order[last + 1] if last + 1 < n else order[0]
                head, tail = order[i], order[last]
                out = cost[before, after] - cost[before, head] - cost[tail, after]
                inside = back[last] - back[i]
                looks -= n
                for j in range(n):
                    if i - 1 <= j <= last or (i == 0 and j == n - 1):
                        continue
                    c, d = order[j], order[j + 1] if j + 1 < n else order[0]
                    more = out + cost[c, head] + cost[tail, d] - cost[c, d]
                    if more < gain:
                        gain, kind, far = more, 2 * length, j
                    more = out + cost[c, tail] + cost[head, d] - cost[c, d] + inside
                    if more < gain:
                        gain, kind, far = more, 2 * length + 1, j
            if gain < 0:
                helps = True
                if kind == 1:
                    order[i + 1 : far + 1] = order[i + 1 : far + 1][::-1].copy()
                else:
                    _move(order, i, kind // 2, far, kind % 2 == 1)
                for k in range(n - 1):
                    back[k + 1] = back[k] + cost[order[k + 1], order[k]] - cost[order[k], order[k + 1]]
    return looks


@cached(nogil=True)
def _move(order, first, length, far, is_turned):  # type: ignore[no-untyped-def]
    """Puts a stretch between the places far and far + 1."""
    held = order[first : first + length].copy()
    if is_turned:
        held = held[::-1].copy()
    if far < first:
        for i in range(first - 1, far, -1):
            order[i + length] = order[i]
        order[far + 1 : far + 1 + length] = held
    else:
        for i in range(first + length, far + 1):
            order[i - length] = order[i]
        order[far + 1 - length : far + 1] = held
