"""The kernel of matching while vehicles drive: what of each one's window is decided, whatever may follow."""

import math

from kernels.caching import cached
from routing.match_links import FULL
from routing.match_model import BEAM
from routing.match_path import trace_back, weigh_links
from routing.match_scratch import (
    ANCHOR,
    ANCHOR_CAND,
    ANCHOR_CHOSEN,
    ANCHOR_FIX,
    ANCHOR_WIDTH,
    CAND_BACK,
    CAND_EDGE,
    CAND_FLOAT,
    CAND_INT,
    CAND_WIDTH,
    FRACTION,
    LINK_FROM,
    LINK_INT,
    LINK_WIDTH,
    OMEGA,
    ROW_EDGE,
    ROW_ENTER,
    ROW_FLOAT,
    ROW_FROM,
    ROW_INT,
    ROW_INT_WIDTH,
    ROW_LEAVE,
    ROW_MASS,
    ROW_PART,
    ROW_POINT,
    ROW_TO,
    ROW_TRACK,
    ROW_WIDTH,
    SCORE,
)
from routing.match_track import NOWHERE, choose_path, last_of_part, write_part
from routing.packed import float64_rows, int32_rows

KNOWN_EDGE, OPEN_EDGE, OPEN_POINT, PARTS = range(4)
KNOWN_FRACTION, OPEN_FROM, OPEN_ENTER, OPEN_MASS = range(4)
"""What is decided of a vehicle: where it was at the first fix of its window (edge, fraction); the edge whose end it has
not reached, told when it has: from which fraction, since when, how sure, the fix before; how many parts are over."""


@cached(nogil=True)
def follow_many(  # type: ignore[no-untyped-def]  # kernels; the callers are typed
    net, scratch, model, start, number, lonlat, time_s, sigma, heading, speed, begin, end, is_ended, lag_s,
    known_int, known_float, keep, snap_edge, snap_float, snap_part,
):  # fmt: skip
    """Decides on vehicles begin..end - 1; writes their traversals, what is known now, and in keep the first fix still
    needed of each.

    Gives (vehicle that memory did not suffice for, rows).
    """
    row = 0
    for vehicle in range(begin, end):
        after = _follow(
            net, scratch, model, start[vehicle], start[vehicle + 1], number, lonlat, time_s, sigma, heading, speed,
            vehicle, row, is_ended, lag_s, known_int[vehicle], known_float[vehicle], keep, snap_edge, snap_float,
            snap_part,
        )  # fmt: skip
        if after < 0:
            return vehicle, row
        row = after
    return end, row


@cached(nogil=True)
def _follow(  # type: ignore[no-untyped-def]
    net, scratch, model, first, last, number, lonlat, time_s, sigma, heading, speed, vehicle, row, is_ended, lag_s,
    known_int, known_float, keep, snap_edge, snap_float, snap_part,
):  # fmt: skip
    """One vehicle; gives the row after its last. Nothing is changed if memory does not suffice (FULL)."""
    anchor, ints = int32_rows(scratch, ANCHOR, ANCHOR_WIDTH), int32_rows(scratch, CAND_INT, 2)
    floats, rows = float64_rows(scratch, CAND_FLOAT, CAND_WIDTH), int32_rows(scratch, ROW_INT, ROW_INT_WIDTH)
    anchors = choose_path(
        net, scratch, model, lonlat, time_s, sigma, heading, speed, first, last, known_int[KNOWN_EDGE],
        known_float[KNOWN_FRACTION], is_ended,
    )  # fmt: skip
    if anchors == FULL:
        return FULL
    now_int, now_float = known_int.copy(), known_float.copy()
    needed, begin = last, 0
    while begin < anchors:
        end = last_of_part(scratch, begin, anchors)
        is_over = is_ended or end + 1 < anchors
        trace_back(scratch, begin, end)
        decided = end if is_over else _last_decided(scratch, model, time_s, begin, end, time_s[last - 1] - lag_s)
        if not is_over:
            needed = anchor[max(decided, begin), ANCHOR_FIX]
        is_news = decided > begin or now_int[KNOWN_EDGE] == NOWHERE or is_over
        if decided < begin or not is_news:
            break  # all of it is looked at again when more is known
        weigh_links(scratch, begin, end)
        until = anchor[decided, ANCHOR_FIX] + 1
        if is_over:
            until = last if end + 1 == anchors else anchor[end + 1, ANCHOR_FIX]
        after = write_part(
            net, scratch, model, lonlat, time_s, sigma, first, begin, decided, until, vehicle, row, snap_edge,
            snap_float, snap_part,
        )  # fmt: skip
        if after < 0 or after + 1 >= len(rows):
            return FULL
        for at in range(row, after):
            rows[at, ROW_POINT], rows[at, ROW_PART] = number[rows[at, ROW_POINT]], now_int[PARTS]
        row = _join_open(scratch, row, after, vehicle, now_int, now_float)
        if is_over:
            now_int[PARTS] += 1
            now_int[KNOWN_EDGE] = now_int[OPEN_EDGE] = NOWHERE
        else:
            row -= 1  # the edge it is on is told when it leaves it
            _keep_open(scratch, row, now_int, now_float)
            chosen = anchor[decided, ANCHOR_CHOSEN]
            now_int[KNOWN_EDGE], now_float[KNOWN_FRACTION] = ints[chosen, CAND_EDGE], floats[chosen, FRACTION]
        begin = end + 1
    keep[vehicle] = needed
    known_int[:], known_float[:] = now_int, now_float
    return row


@cached(nogil=True)
def _join_open(scratch, row, after, vehicle, known_int, known_float):  # type: ignore[no-untyped-def]
    """Joins the edge that was open with the first row of its continuation, or tells it before; gives the row after the
    last.
    """
    rows, values = int32_rows(scratch, ROW_INT, ROW_INT_WIDTH), float64_rows(scratch, ROW_FLOAT, ROW_WIDTH)
    edge = known_int[OPEN_EDGE]
    if edge == NOWHERE:
        return after
    has_left = known_int[KNOWN_EDGE] != edge
    if has_left and rows[row, ROW_EDGE] == known_int[KNOWN_EDGE]:
        values[row, ROW_FROM] = 0.0
    if rows[row, ROW_EDGE] != edge:
        if not has_left and known_float[KNOWN_FRACTION] <= known_float[OPEN_FROM]:
            return after  # nothing of it was driven
        for at in range(after, row, -1):
            rows[at], values[at] = rows[at - 1], values[at - 1]
        after += 1
        rows[row, ROW_TRACK], rows[row, ROW_EDGE], rows[row, ROW_PART] = vehicle, edge, known_int[PARTS]
        values[row, ROW_TO] = 1.0 if has_left else known_float[KNOWN_FRACTION]
        values[row, ROW_LEAVE], values[row, ROW_MASS] = values[row + 1, ROW_ENTER], 0.0
    rows[row, ROW_POINT] = known_int[OPEN_POINT]
    values[row, ROW_FROM], values[row, ROW_ENTER] = known_float[OPEN_FROM], known_float[OPEN_ENTER]
    values[row, ROW_TO] = max(values[row, ROW_TO], values[row, ROW_FROM])
    values[row, ROW_MASS] = max(values[row, ROW_MASS], known_float[OPEN_MASS])
    return after


@cached(nogil=True)
def _keep_open(scratch, row, known_int, known_float):  # type: ignore[no-untyped-def]
    rows, values = int32_rows(scratch, ROW_INT, ROW_INT_WIDTH), float64_rows(scratch, ROW_FLOAT, ROW_WIDTH)
    known_int[OPEN_EDGE], known_int[OPEN_POINT] = rows[row, ROW_EDGE], rows[row, ROW_POINT]
    known_float[OPEN_FROM], known_float[OPEN_ENTER] = values[row, ROW_FROM], values[row, ROW_ENTER]
    known_float[OPEN_MASS] = values[row, ROW_MASS]


@cached(nogil=True)
def _last_decided(scratch, model, time_s, first, last, before_s):  # type: ignore[no-untyped-def]
    """The last anchor of first..last that all chains which may still win pass at one candidate, or that is older than
    before_s. first - 1 = there is none.

    Costs are whole multiples of 1 / GRAIN, so chains of a window compare as those of the whole track do, ties included.
    """
    anchor, links = int32_rows(scratch, ANCHOR, ANCHOR_WIDTH), int32_rows(scratch, LINK_INT, LINK_WIDTH)
    ints, floats = int32_rows(scratch, CAND_INT, 2), float64_rows(scratch, CAND_FLOAT, CAND_WIDTH)
    lowest = math.inf
    for c in range(anchor[last, ANCHOR_CAND], anchor[last + 1, ANCHOR_CAND]):
        lowest = min(lowest, floats[c, SCORE])
    for a in range(last, first - 1, -1):
        alive = 0
        for c in range(anchor[a, ANCHOR_CAND], anchor[a + 1, ANCHOR_CAND]):
            if a == last:
                floats[c, OMEGA] = 1.0 if floats[c, SCORE] <= lowest + model[BEAM] else 0.0
            alive += floats[c, OMEGA] > 0.0
        if alive == 1 or time_s[anchor[a, ANCHOR_FIX]] < before_s:
            return a
        if a > first:
            for c in range(anchor[a - 1, ANCHOR_CAND], anchor[a, ANCHOR_CAND]):
                floats[c, OMEGA] = 0.0
            for c in range(anchor[a, ANCHOR_CAND], anchor[a + 1, ANCHOR_CAND]):
                if floats[c, OMEGA] > 0.0:
                    floats[links[ints[c, CAND_BACK], LINK_FROM], OMEGA] = 1.0
    return first - 1
