"""A bounded search from one candidate to all candidates of the next fix, on states, so that turn rules hold.

A* with one lower bound for all targets, the way to the circle in which they lie (Hart, Nilsson, Raphael 1968); what
cannot reach the circle within the limit is not entered, so that of a city only an ellipse is looked at.
"""

import math

import numpy as np

from kernels.caching import cached
from routing.match_network import (
    ARC_EDGE,
    ARC_HEAD,
    ARC_START,
    BASE_EDGE,
    COST_MM,
    EDGE_MS,
    ENTRY_ARC,
    LEAST_COST,
    SEGMENT_MM,
    STATE_E7,
)
from routing.match_scratch import (
    AHEAD,
    CAND_FLOAT,
    CAND_WIDTH,
    COST,
    COUNTER,
    EDGE,
    FOUND_INT,
    FRACTION,
    HEAP,
    KEY,
    LABEL,
    LABEL_WIDTH,
    LAYER,
    MM,
    MS,
    PARENT,
    QUERY,
    STAMP,
    STEPS,
    TARGET,
    TARGET_WIDTH,
)
from routing.metric import E7
from routing.packed import float64_rows, float64s, int32_rows, int32s, int64s
from routing.trip import CLOSED

BEGUN, TURNED = -1, -2
"""PARENT of a state that the first edge leads to: driven on, or turned round on."""

NOT_FOUND, ALONG, ROUND = -1, -2, -3
"""FOUND_STATE where no state comes before the target's edge: not reached; further along the same edge; on the other
side of the same road after turning round."""

FOUND_STATE, FOUND_COST, FOUND_MM, FOUND_MS = range(4)

BOUND = 0.998
"""Straight lines are measured in the plane at the fix: so much of them is a bound for kilometres around."""


@cached(nogil=True)
def search_from(  # type: ignore[no-untyped-def]  # a kernel; numba gives the types
    net, scratch, edge, fraction, lon, lat, lon_m, lat_m, reach_mm, limit_mm, turn_mm, end_mm, first, count
):
    """Finds the ways from a fraction of an edge to the candidates first .. first + count - 1 of the layer stamped last.

    Writes FOUND rows of targets: state before, cost, length, time; those found before are kept if they cost no more.
    turn_mm, end_mm: the price of turning round, on the first edge and at the end of one.
    Looks at nothing once COUNTER's STEPS, which it lessens, are used up.
    """
    arc_start, arc_head, arc_edge = int32s(net, ARC_START), int32s(net, ARC_HEAD), int32s(net, ARC_EDGE)
    entry_arc, base_edge = int32s(net, ENTRY_ARC), int32s(net, BASE_EDGE)
    cost_mm, edge_ms, segment_mm = int32s(net, COST_MM), int32s(net, EDGE_MS), int32s(net, SEGMENT_MM)
    state_e7, least = int32_rows(net, STATE_E7, 2), float64s(net, LEAST_COST)[0]
    label, heap = int32_rows(scratch, LABEL, LABEL_WIDTH), int64s(scratch, HEAP)
    target, counter = int32_rows(scratch, TARGET, TARGET_WIDTH), int64s(scratch, COUNTER)
    found = int32_rows(scratch, FOUND_INT, 4)
    floats = float64_rows(scratch, CAND_FLOAT, CAND_WIDTH)
    layer = counter[LAYER]
    counter[QUERY] += 1
    query = np.int32(counter[QUERY])
    lon_e7, lat_e7, x_mm, y_mm = lon * E7, lat * E7, lon_m / E7 * 1000.0 * BOUND, lat_m / E7 * 1000.0 * BOUND

    got, worst = _count_found(found, count)
    size, steps = 0, counter[STEPS]
    for way in range(2):
        seed = edge ^ way
        if cost_mm[seed] == CLOSED:
            continue
        part = 1.0 - fraction if way == 0 else fraction
        state = arc_head[entry_arc[seed]]
        begun = np.int64(part * cost_mm[seed]) + (turn_mm if way else 0)
        mm = np.int64(part * segment_mm[seed >> 1])
        east, north = (state_e7[state, 0] - lon_e7) * x_mm, (state_e7[state, 1] - lat_e7) * y_mm
        ahead = max(math.sqrt(east * east + north * north) - reach_mm, 0.0)
        if mm + ahead > limit_mm or (label[state, STAMP] == query and label[state, COST] <= begun):
            continue
        key = np.int64(begun + least * ahead)
        label[state, STAMP], label[state, KEY], label[state, COST] = query, key, begun
        label[state, MM], label[state, MS] = mm, np.int64(part * edge_ms[seed])
        label[state, PARENT], label[state, EDGE] = BEGUN - way, seed
        label[state, AHEAD] = np.int64(ahead)
        size = _push(heap, size, (key << 32) | state)

    while size > 0 and steps > 0:
        steps -= 1
        key, state = heap[0] >> 32, heap[0] & 0xFFFFFFFF
        size = _pop(heap, size)
        if label[state, KEY] != key:
            continue  # reached more cheaply since
        if got == count and key >= worst:
            break
        so_far, mm, ms = np.int64(label[state, COST]), np.int64(label[state, MM]), np.int64(label[state, MS])
        other_side = label[state, EDGE] ^ 1
        for arc in range(arc_start[state], arc_start[state + 1]):
            driven = arc_edge[arc]
            cost = np.int64(cost_mm[driven])
            if cost == CLOSED:
                continue
            road = base_edge[driven]
            if road == other_side:
                cost += end_mm
            length = segment_mm[road >> 1]
            if target[road, 0] == layer:
                j = target[road, 1]
                along = floats[first + j, FRACTION]
                there = so_far + cost - cost_mm[road] + np.int64(along * cost_mm[road])
                if found[j, FOUND_STATE] == NOT_FOUND or there < found[j, FOUND_COST]:
                    found[j, FOUND_STATE], found[j, FOUND_COST] = state, there
                    found[j, FOUND_MM] = mm + np.int64(along * length)
                    found[j, FOUND_MS] = ms + edge_ms[driven] - edge_ms[road] + np.int64(along * edge_ms[road])
                    got, worst = _count_found(found, count)
            if mm + length > limit_mm:
                continue
            following = arc_head[arc]
            through = so_far + cost
            if label[following, STAMP] == query:
                if label[following, COST] <= through:
                    continue
                ahead = float(label[following, AHEAD])
            else:
                east = (state_e7[following, 0] - lon_e7) * x_mm
                north = (state_e7[following, 1] - lat_e7) * y_mm
                ahead = max(math.sqrt(east * east + north * north) - reach_mm, 0.0)
            if mm + length + ahead > limit_mm:
                continue
            key = np.int64(through + least * ahead)
            label[following, STAMP], label[following, KEY], label[following, COST] = query, key, through
            label[following, MM], label[following, MS] = mm + length, ms + edge_ms[driven]
            label[following, PARENT], label[following, EDGE] = state, road
            label[following, AHEAD] = np.int64(ahead)
            if size < len(heap):
                size = _push(heap, size, (key << 32) | following)
    counter[STEPS] = steps


@cached(nogil=True)
def _count_found(found, count):  # type: ignore[no-untyped-def]
    """(how many targets are found, the highest cost of them)."""
    got, worst = 0, np.int32(0)
    for j in range(count):
        if found[j, FOUND_STATE] != NOT_FOUND:
            got += 1
            worst = max(worst, found[j, FOUND_COST])
    return got, worst


@cached(nogil=True)
def _push(heap, size, item):  # type: ignore[no-untyped-def]
    place = size
    while place > 0:
        above = (place - 1) >> 2
        if heap[above] <= item:
            break
        heap[place] = heap[above]
        place = above
    heap[place] = item
    return size + 1


@cached(nogil=True)
def _pop(heap, size):  # type: ignore[no-untyped-def]
    """Removes the least of a heap with four children a parent; gives its new size."""
    size -= 1
    item = heap[size]
    place = 0
    while True:
        child = 4 * place + 1
        if child >= size:
            break
        least = child
        for other in range(child + 1, min(child + 4, size)):
            if heap[other] < heap[least]:
                least = other
        if heap[least] >= item:
            break
        heap[place] = heap[least]
        place = least
    heap[place] = item
    return size
