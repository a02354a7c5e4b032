"""Climbs of many places at once: their costs side by side, eight to a vector of the processor.

Each place has a *lane*, and lanes lie in the order of the ranks where the places begin, in groups of LANES. What lies
below a rank is a range of lanes, so a rank keeps a row of the groups of those below it and of no others. At the bottom
that is one group, at the top all: what an arc adds there is added to eight places with a few instructions, and ranks
that many climb over, which are few and have most of the arcs, are climbed over once.

A place with several ends that are no ancestors of each other has one lane, and the ranks above any of them have room
for it: rows of a few ranks are then wider than need be.

Rejected: one climb for each place: 100 x 100 in a city of 94,000 states took 1.7 ms that way and 0.44 ms this way,
1,000 x 1,000 21 ms and 5.8 ms. Memory asked for some ranks ahead, and 16 lanes, were not quicker.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]  # comes without types
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from kernels.caching import cached
from routing.cch import Cch
from routing.customize import Metric
from routing.measure import Lengths
from routing.packed import Layout, int32s, uint32s
from routing.places import Places
from routing.scratch import borrow
from routing.trip import CLOSED
from routing.weights import (
    COST,
    DOWN_WEIGHT,
    END_RANK,
    END_START,
    ENTRY_RANK,
    HIERARCHY,
    PARENT,
    UP_HEAD,
    UP_START,
    UP_WEIGHT,
    WEIGHTS,
)

Int32s = NDArray[np.int32]

LENGTHS = Layout("edge_cm", "up_cm", "down_cm")
EDGE_CM, UP_CM, DOWN_CM = LENGTHS.places
RANK, LOW, HIGH, ORIGIN, ABOVE, TABLE_COLUMNS = 0, 1, 2, 3, 4, 8

LANES = 8
"""Places in a group: 32-bit costs fill a vector of 256 bits."""


@dataclass(frozen=True, eq=False)
class Climbed:
    """Places of one side with their lanes and rows, for `join_all`."""

    places: Places
    cm: Int32s
    lane: Int32s
    end_start: Int32s
    end_slot: Int32s
    table: Int32s
    size: int
    costs: NDArray[Any]


def climb_all(cch: Cch, metric: Metric, lengths: Lengths | None, places: Places, cm: Int32s, is_up: bool) -> Climbed:
    """The costs between places and the ranks above them; valid until the next call for that side in this thread.

    cm: (points,) int32, driven before or after each point. is_up: from the places up, else from above down to them.
    """
    side = "sources" if is_up else "targets"
    slot_of = borrow("slots", cch.states, np.int32)
    table = borrow(f"ranks of {side}", TABLE_COLUMNS * cch.states, np.int32).reshape(-1, TABLE_COLUMNS)
    known = HIERARCHY.pack(cch).address, WEIGHTS.pack(metric).address, _packed(lengths), _closed(lengths)
    points = places.points
    lane, end_start, end_slot, end_key, size, groups = _lay_out(
        *known, places.start, points.edge, points.fraction, points.extra_ms, cm, is_up, slot_of, table
    )
    name, kind = ("costs", np.uint32) if lengths is None else ("costs and lengths", np.uint64)
    costs = borrow(f"{name} of {side}", groups * LANES, kind)
    _climb(*known, is_up, lane, end_start, end_slot, end_key, slot_of, table, size, costs)
    return Climbed(places, cm, lane, end_start, end_slot, table, size, costs)


def join_all(
    metric: Metric, lengths: Lengths | None, above: Climbed, below: Climbed, first_column: int, cost_ms: Int32s,
    length_cm: Int32s,
) -> None:  # fmt: skip
    """Writes the matrix between both sides into columns from the first one on."""
    sides: list[Any] = []
    for side in (above, below):
        points = side.places.points
        sides += [
            side.places.start, points.edge, points.fraction, points.extra_ms, side.cm, side.lane, side.end_start,
            side.end_slot, side.table, side.size, side.costs,
        ]  # fmt: skip
    known = WEIGHTS.pack(metric).address, _packed(lengths), _closed(lengths)
    arguments: tuple[Any, ...] = *known, *sides, first_column, cost_ms, length_cm
    _join(*arguments)


def _closed(lengths: Lengths | None) -> Any:
    return np.uint32(CLOSED) if lengths is None else np.uint64(CLOSED << 32)


def _packed(lengths: Lengths | None) -> int | None:
    return None if lengths is None else LENGTHS.pack(lengths).address


def _emit_offer(count: int) -> Any:
    """An intrinsic (target, source address..., weight...): target = min(target, source + weight), lane by lane."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = context.get_value_type(signature.args[-1])
        vector = ir.VectorType(kind, LANES)
        align = kind.width // 8

        def pointer(address: Any) -> Any:
            return builder.inttoptr(address, vector.as_pointer())

        target = pointer(arguments[0])
        least = builder.load(target, align=align)
        for source, weight in zip(arguments[1 : 1 + count], arguments[1 + count :]):
            first = builder.insert_element(ir.Constant(vector, ir.Undefined), weight, ir.Constant(ir.IntType(32), 0))
            mask = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
            every = builder.shuffle_vector(first, ir.Constant(vector, ir.Undefined), mask)
            through = builder.add(builder.load(pointer(source), align=align), every)
            least = builder.select(builder.icmp_unsigned("<", through, least), through, least)
        builder.store(least, target, align=align)
        return context.get_dummy_value()

    return generate


def _type_offer(typing_context, target, source, weight):  # type: ignore[no-untyped-def]  # numba calls it
    """Offers a group of costs, each with the same weight added, to another group. Addresses; no sum may overflow."""
    return types.void(types.int64, types.int64, weight), _emit_offer(1)


def _type_offer_four(typing_context, target, a, b, c, d, p, q, r, s):  # type: ignore[no-untyped-def]  # as above
    """`_offer` of four groups a..d with weights p..s."""
    return types.void(*(types.int64,) * 5, p, p, p, p), _emit_offer(4)


_offer: Any = intrinsic(_type_offer)
_offer_four: Any = intrinsic(_type_offer_four)


@cached(nogil=True)
def _lay_out(  # type: ignore[no-untyped-def]
    cch, metric, lengths, closed, start, edge, fraction, extra, before_cm, is_up, slot_of, table
):  # fmt: skip
    """Gives each place its lane, and lists the ranks above the places' ends, from the highest down, in `table`.

    slot_of (states,), any content: then ORIGIN of each rank listed. table: columns RANK, LOW, HIGH, ORIGIN, ABOVE.
    Gives (lane of each place, first end of each place, slot and cost of each end, ranks listed, groups of all rows).
    Costs of edges are read once, as a live metric may be rewritten at any moment.
    """
    parent, cost = int32s(cch, PARENT), int32s(metric, COST)
    entry_rank, end_start, end_rank = int32s(cch, ENTRY_RANK), int32s(cch, END_START), int32s(cch, END_RANK)
    places, count, most = len(start) - 1, 0, 0
    for p in range(len(edge)):
        most += 1 if is_up else end_start[edge[p] + 1] - end_start[edge[p]]
    begin, end_start_of, end_place = np.empty(most, np.int64), np.zeros(places + 1, np.int32), np.empty(most, np.int32)
    end_key, end_slot = np.full(most, closed), np.empty(most, np.int32)
    for place in range(places):
        for p in range(start[place], start[place + 1]):
            e = edge[p]
            whole = cost[e]
            if whole == CLOSED:
                continue
            part, part_cm = _part(whole, fraction[p]), _part_cm(lengths, e, fraction[p])
            if is_up:
                part, part_cm = whole - part, _part_cm(lengths, e, 1.0) - part_cm
            key = _key(lengths, min(extra[p] + part, np.int64(CLOSED)), before_cm[p] + part_cm)
            for c in range(1 if is_up else end_start[e + 1] - end_start[e]):
                begin[count] = np.int64(entry_rank[e] if is_up else end_rank[end_start[e] + c]) << 32 | count
                end_place[count], end_key[count] = place, key
                count += 1
        end_start_of[place + 1] = count
    begin = np.sort(begin[:count])
    lane, lanes, size = np.full(places, -1, np.int32), 0, 0
    for i in range(count - 1, -1, -1):
        # From the highest rank down: what is new above a rank lies below all that is listed.
        x, number = np.int32(begin[i] >> 32), begin[i] & np.int64(2**32 - 1)
        place = end_place[number]
        if lane[place] < 0:
            lane[place] = lanes
            lanes += 1
        group = lane[place] // LANES
        first = size
        while x >= 0:
            slot = np.int64(slot_of[x])
            if 0 <= slot < first and table[slot, RANK] == x:
                table[slot, LOW], table[slot, HIGH] = min(table[slot, LOW], group), max(table[slot, HIGH], group + 1)
                if size == first:
                    end_slot[number] = slot
                break
            table[size, RANK], table[size, LOW], table[size, HIGH] = x, group, group + 1
            size += 1
            x = parent[x]
        if size > first:
            end_slot[number] = size - 1
        for k in range((size - first) // 2):
            table[first + k, RANK], table[size - 1 - k, RANK] = table[size - 1 - k, RANK], table[first + k, RANK]
        for k in range(first, size):
            slot_of[table[k, RANK]] = k
    for place in range(places):
        if lane[place] < 0:
            lane[place] = lanes
            lanes += 1
    for k in range(size - 1, -1, -1):
        x = parent[table[k, RANK]]
        above = slot_of[x] if x >= 0 else np.int32(-1)
        table[k, ABOVE] = above
        if above >= 0:
            table[above, LOW] = min(table[above, LOW], table[k, LOW])
            table[above, HIGH] = max(table[above, HIGH], table[k, HIGH])
    groups = 0
    for k in range(size - 1, -1, -1):
        table[k, ORIGIN] = groups - table[k, LOW]
        slot_of[table[k, RANK]] = table[k, ORIGIN]
        groups += table[k, HIGH] - table[k, LOW]
    return lane, end_start_of, end_slot, end_key, size, groups


@cached(nogil=True)
def _climb(  # type: ignore[no-untyped-def]
    cch, metric, lengths, closed, is_up, lane, end_start, end_slot, end_key, origin_of, table, size, costs
):  # fmt: skip
    """Fills the rows: the least cost between each rank listed and each place below it."""
    up_start, up_head = int32s(cch, UP_START), int32s(cch, UP_HEAD)
    weight = uint32s(metric, UP_WEIGHT) if is_up else uint32s(metric, DOWN_WEIGHT)
    costs[:] = closed
    for place in range(len(lane)):
        for i in range(end_start[place], end_start[place + 1]):
            at = np.int64(table[end_slot[i], ORIGIN]) * LANES + lane[place]
            costs[at] = min(costs[at], end_key[i])
    address = np.int64(costs.ctypes.data)
    group_bytes = np.int64(costs.itemsize * LANES)
    for k in range(size - 1, -1, -1):
        x, low, high = table[k, RANK], np.int64(table[k, LOW]), np.int64(table[k, HIGH])
        mine = np.int64(table[k, ORIGIN])
        if lengths is not None:
            for i in range((mine + low) * LANES, (mine + high) * LANES):
                costs[i] = _saturated(lengths, costs[i])
        if high - low == 1:  # to look whether an arc is closed takes longer than to offer one group in vain
            own = address + (mine + low) * group_bytes
            for a in range(np.uint64(up_start[x]), np.uint64(up_start[x + 1])):
                theirs = np.int64(origin_of[np.uint64(up_head[a])]) + low
                _offer(address + theirs * group_bytes, own, _arc_key(lengths, is_up, weight, a))
            continue
        for a in range(np.uint64(up_start[x]), np.uint64(up_start[x + 1])):
            if weight[a] == CLOSED:
                continue
            key = _arc_key(lengths, is_up, weight, a)
            theirs = np.int64(origin_of[np.uint64(up_head[a])])
            for group in range(low, high):
                _offer(address + (theirs + group) * group_bytes, address + (mine + group) * group_bytes, key)


@cached(nogil=True)
def _join(  # type: ignore[no-untyped-def]
    metric, lengths, closed,
    source_start, source_edge, source_fraction, source_extra, source_cm, source_lane, source_ends, source_slot,
    source_table, source_size, source_costs,
    target_start, target_edge, target_fraction, target_extra, target_cm, target_lane, target_ends, target_slot,
    target_table, target_size, target_costs, first_column, cost_ms, length_cm,
):  # fmt: skip
    """Fills the matrix from the rows of both sides: the least sum over the ranks above both."""
    cost = int32s(metric, COST)
    targets = len(target_lane)
    columns = (targets + LANES - 1) // LANES * LANES
    row = np.full(columns, closed)
    seen = np.full(source_size, -1, np.int32)
    across = _slots_across(source_table, source_size, target_table, target_size)
    own, theirs = np.empty(source_size, row.dtype), np.empty(source_size, np.int64)
    low, high = np.empty(source_size, np.int64), np.empty(source_size, np.int64)
    by_edge = np.argsort(target_edge, kind="mergesort")
    sorted_edge, point_lane = target_edge[by_edge], np.empty(len(target_edge), np.int32)
    for place in range(targets):
        point_lane[target_start[place] : target_start[place + 1]] = target_lane[place]
    row_address, address = np.int64(row.ctypes.data), np.int64(target_costs.ctypes.data)
    group_bytes = np.int64(row.itemsize * LANES)
    for s in range(len(source_lane)):
        row[:] = closed
        for p in range(source_start[s], source_start[s + 1]):
            e = source_edge[p]
            whole = cost[e]
            if whole == CLOSED:
                continue
            k = np.searchsorted(sorted_edge, e)
            while k < len(sorted_edge) and sorted_edge[k] == e:
                t = by_edge[k]
                k += 1
                if target_fraction[t] >= source_fraction[p]:
                    direct = _part(whole, target_fraction[t]) - _part(whole, source_fraction[p])
                    direct = min(direct + source_extra[p] + target_extra[t], np.int64(CLOSED))
                    cm = _part_cm(lengths, e, target_fraction[t]) - _part_cm(lengths, e, source_fraction[p])
                    at = point_lane[t]
                    row[at] = min(row[at], _key(lengths, direct, cm + source_cm[p] + target_cm[t]))
        lane, size = np.int64(source_lane[s]), 0
        for i in range(source_ends[s], source_ends[s + 1]):
            slot = np.int64(source_slot[i])
            while slot >= 0 and seen[slot] != s:
                seen[slot] = s
                there = across[slot]
                if there >= 0:
                    here = source_costs[np.int64(source_table[slot, ORIGIN]) * LANES + lane]
                    if here < closed:
                        own[size], theirs[size] = here, target_table[there, ORIGIN]
                        low[size], high[size] = target_table[there, LOW], target_table[there, HIGH]
                        size += 1
                slot = np.int64(source_table[slot, ABOVE])
        k = 0
        while k < size:
            if k + 3 < size and _are_alike(low, k) and _are_alike(high, k):
                a, b = address + theirs[k] * group_bytes, address + theirs[k + 1] * group_bytes
                c, d = address + theirs[k + 2] * group_bytes, address + theirs[k + 3] * group_bytes
                w, x, y, z = own[k], own[k + 1], own[k + 2], own[k + 3]
                for group in range(low[k], high[k]):
                    at = group * group_bytes
                    _offer_four(row_address + at, a + at, b + at, c + at, d + at, w, x, y, z)
                k += 4
            else:
                for group in range(low[k], high[k]):
                    _offer(row_address + group * group_bytes, address + (theirs[k] + group) * group_bytes, own[k])
                k += 1
        if lengths is None:
            for j in range(targets):
                cost_ms[s, first_column + j] = row[target_lane[j]]
        else:
            for j in range(targets):
                key = row[target_lane[j]]
                ms = np.int32(key >> np.uint64(32))
                cost_ms[s, first_column + j] = ms
                cm = min(key & np.uint64(2**32 - 1), np.uint64(CLOSED))
                length_cm[s, first_column + j] = np.int32(cm) if ms < CLOSED else np.int32(CLOSED)


@cached(nogil=True)
def _slots_across(source_table, source_size, target_table, target_size):  # type: ignore[no-untyped-def]
    """Where each rank of the sources is listed among those of the targets; -1 = it is not."""
    found, there = np.full(source_size, -1, np.int64), 0
    for slot in range(source_size):
        rank = source_table[slot, RANK]
        while there < target_size and target_table[there, RANK] > rank:
            there += 1
        if there < target_size and target_table[there, RANK] == rank:
            found[slot] = there
    return found


@cached(nogil=True)
def _are_alike(values, k):  # type: ignore[no-untyped-def]
    return values[k] == values[k + 1] == values[k + 2] == values[k + 3]


@cached(nogil=True)
def _key(lengths, ms, cm):  # type: ignore[no-untyped-def]
    """A cost alone, or over its length; both are at most CLOSED, so that the sum of two keys carries nothing over."""
    if lengths is None:
        return np.uint32(ms)
    else:  # numba leaves the other branch out only of an if with an else
        return np.uint64(ms) << np.uint64(32) | np.uint64(cm)


@cached(nogil=True)
def _saturated(lengths, key):  # type: ignore[no-untyped-def]
    """A key whose length is at most CLOSED."""
    if lengths is None:
        return key
    else:  # as above
        length = min(key & np.uint64(2**32 - 1), np.uint64(CLOSED))
        return (key >> np.uint64(32)) << np.uint64(32) | length


@cached(nogil=True)
def _part_cm(lengths, edge, fraction):  # type: ignore[no-untyped-def]
    """The length of an edge up to a fraction; 0 where lengths are not asked for."""
    if lengths is None:
        return np.int64(0)
    else:  # as above
        return _part(int32s(lengths, EDGE_CM)[edge], fraction)


@cached(nogil=True)
def _arc_key(lengths, is_up, weight, arc):  # type: ignore[no-untyped-def]
    if lengths is None:
        return weight[arc]
    else:  # as above
        length = uint32s(lengths, UP_CM) if is_up else uint32s(lengths, DOWN_CM)
        return np.uint64(weight[arc]) << np.uint64(32) | np.uint64(length[arc])


@cached(nogil=True)
def _part(cost, fraction):  # type: ignore[no-untyped-def]
    return np.int64(math.floor(cost * fraction))
