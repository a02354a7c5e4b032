"""One track after the other through the model: which fixes are decided on, where parts begin and end."""

import math

from kernels.caching import cached
from routing.match_candidates import add_candidates
from routing.match_links import FULL, link_anchors, straight_m
from routing.match_model import GAP_M, GAP_S, OFF_S, SKIPS, STILL_KMH, STILL_M, THIN_SIGMA
from routing.match_path import TIE_MM, lay_path, never_back, place_fixes, trace_back, weigh_links, write_rows
from routing.match_scratch import (
    ANCHOR,
    ANCHOR_CAND,
    ANCHOR_FIX,
    ANCHOR_LINK,
    ANCHOR_PART,
    ANCHOR_WIDTH,
    CAND_BACK,
    CAND_EDGE,
    CAND_FLOAT,
    CAND_INT,
    CAND_WIDTH,
    COUNTER,
    DISTANCE,
    EMIT,
    FRACTION,
    KNOT_FIX,
    KNOT_FLOAT,
    KNOT_INT,
    KNOT_INT_WIDTH,
    KNOT_MM,
    KNOT_WIDTH,
    MOST_CANDIDATES,
    OUT,
    ROW_EDGE,
    ROW_FLOAT,
    ROW_FROM,
    ROW_INT,
    ROW_INT_WIDTH,
    ROW_TO,
    ROW_WIDTH,
    SCORE,
    STATUS,
    STEPS,
    THINNED,
)
from routing.packed import float64_rows, int32_rows, int32s, int64s

NOWHERE = -1
"""In place of an edge: where the first fix lies is not decided yet."""

STEPS_AT_ALL, STEPS_A_FIX = 1_000_000, 2_000
"""States that the searches of a track may look at, 0.2 us each; when they are used up, nothing further is joined. Real
tracks take a few hundred a fix at a minute's interval, a thousand at two minutes'; ten thousand fixes that cross a city
each time would hold a core for minutes."""

FURTHER = 4.0
"""How much further than usual a way is looked for before a fix is left out."""


@cached(nogil=True)
def match_many(  # type: ignore[no-untyped-def]  # kernels; the callers are typed
    net, scratch, model, track_start, lonlat, time_s, sigma, heading, speed, begin, end, row,
    snap_edge, snap_float, snap_part,
):  # fmt: skip
    """Matches tracks begin..end - 1, writes snaps and traversals; gives (track that memory was too small for, rows)."""
    for track in range(begin, end):
        first, last = track_start[track], track_start[track + 1]
        anchors = choose_path(
            net, scratch, model, lonlat, time_s, sigma, heading, speed, first, last, NOWHERE, 0.0, True
        )
        if anchors < 0:
            return track, row
        after = write_track(
            net, scratch, model, lonlat, time_s, sigma, first, last, anchors, track, row, snap_edge, snap_float,
            snap_part,
        )  # fmt: skip
        if after < 0:
            return track, row
        row = after
    return end, row


@cached(nogil=True)
def choose_path(  # type: ignore[no-untyped-def]
    net, scratch, model, lonlat, time_s, sigma, heading, speed, first, last, known_edge, known_fraction, is_ended
):
    """Decides on fixes first..last - 1 and links them; gives the number of anchors, FULL if memory does not suffice.

    known_edge, known_fraction: where the first fix lies if that is decided already, else NOWHERE. is_ended: nothing
    follows: the last fix is decided on, however near to the one before it lies.
    """
    anchor, ints = int32_rows(scratch, ANCHOR, ANCHOR_WIDTH), int32_rows(scratch, CAND_INT, 2)
    floats, status = float64_rows(scratch, CAND_FLOAT, CAND_WIDTH), int32s(scratch, STATUS)
    anchor[0, ANCHOR_CAND], anchor[0, ANCHOR_LINK] = 0, 0
    int64s(scratch, COUNTER)[STEPS] = STEPS_AT_ALL + STEPS_A_FIX * (last - first)
    anchors, part, is_new, fix = 0, -1, True, first
    failed, fails, off, off_since = -1, 0, 0, 0.0
    while fix < last:
        is_forced = is_ended if fix + 1 == last else _is_gap(model, lonlat, time_s, fix)
        if not is_new and fix > first and failed < 0 and _is_gap(model, lonlat, time_s, fix - 1):
            is_new = True
        if not is_new and not is_forced and _is_near(model, lonlat, sigma, speed, anchor[anchors - 1, ANCHOR_FIX], fix):
            status[fix - first] = THINNED
            fix += 1
            continue
        if not is_new and off > model[SKIPS] and time_s[fix] - off_since > model[OFF_S]:
            is_new = True
        begin = anchor[anchors, ANCHOR_CAND]
        if begin + MOST_CANDIDATES > len(ints):
            return FULL
        if fix == first and known_edge != NOWHERE:
            end = begin + 1
            ints[begin, CAND_EDGE], floats[begin, FRACTION] = known_edge, known_fraction
            floats[begin, EMIT], floats[begin, DISTANCE] = 0.0, 0.0
        else:
            end = add_candidates(
                net, scratch, model, lonlat[fix, 0], lonlat[fix, 1], sigma[fix], heading[fix], speed[fix], begin, is_new
            )
        if end == begin:
            status[fix - first] = OUT
            off_since = off_since if off else time_s[fix]
            off += 1
            fix += 1
            continue
        anchor[anchors, ANCHOR_FIX], anchor[anchors + 1, ANCHOR_CAND] = fix, end
        if is_new:
            part += 1
            for c in range(begin, end):
                floats[c, SCORE], ints[c, CAND_BACK] = floats[c, EMIT], -1
            anchor[anchors + 1, ANCHOR_LINK] = anchor[anchors, ANCHOR_LINK]
        else:
            least = link_anchors(net, scratch, model, lonlat, time_s, sigma, anchors - 1, 1.0)
            if least == math.inf:
                least = link_anchors(net, scratch, model, lonlat, time_s, sigma, anchors - 1, FURTHER)
            if least == FULL:
                return FULL
            if least == math.inf:
                fails += 1
                failed = fix if fails == 1 else failed
                if fails <= model[SKIPS] and not is_forced:
                    status[fix - first] = OUT
                    fix += 1
                else:
                    is_new, fix, fails, failed = True, failed, 0, -1
                continue
        anchor[anchors, ANCHOR_PART] = part
        status[fix - first] = anchors
        anchors += 1
        is_new, fails, failed, off = False, 0, -1, 0
        fix += 1
    return anchors


@cached(nogil=True)
def write_track(  # type: ignore[no-untyped-def]
    net, scratch, model, lonlat, time_s, sigma, first, last, anchors, track, row, snap_edge, snap_float, snap_part
):
    """Writes snaps and traversals of what `choose_path` decided on; gives the row after the last, or FULL."""
    anchor = int32_rows(scratch, ANCHOR, ANCHOR_WIDTH)
    begin = 0
    while begin < anchors and row >= 0:
        end = last_of_part(scratch, begin, anchors)
        after = last if end + 1 == anchors else anchor[end + 1, ANCHOR_FIX]
        trace_back(scratch, begin, end)
        weigh_links(scratch, begin, end)
        row = write_part(
            net, scratch, model, lonlat, time_s, sigma, first, begin, end, after, track, row, snap_edge, snap_float,
            snap_part,
        )  # fmt: skip
        begin = end + 1
    return row


@cached(nogil=True)
def last_of_part(scratch, begin, anchors):  # type: ignore[no-untyped-def]
    """The last of `anchors` anchors that is of the same part as anchor `begin`."""
    anchor = int32_rows(scratch, ANCHOR, ANCHOR_WIDTH)
    end = begin
    while end + 1 < anchors and anchor[end + 1, ANCHOR_PART] == anchor[begin, ANCHOR_PART]:
        end += 1
    return end


@cached(nogil=True)
def write_part(  # type: ignore[no-untyped-def]
    net, scratch, model, lonlat, time_s, sigma, first, begin, end, after, track, row, snap_edge, snap_float, snap_part
):
    """Writes what was chosen of anchors begin..end, and of the fixes before `after`; gives the row after the last."""
    anchor = int32_rows(scratch, ANCHOR, ANCHOR_WIDTH)
    elements = lay_path(net, scratch, model, lonlat, sigma, begin, end)
    knots = place_fixes(net, scratch, model, lonlat, sigma, begin, end, after, first, snap_edge, snap_float)
    never_back(scratch, knots)
    part = anchor[begin, ANCHOR_PART]
    after_row = write_rows(net, scratch, time_s, elements, knots, track, part, row)
    if after_row > row:
        _tell_part(scratch, knots, part, row, after_row - 1, snap_edge, snap_float, snap_part)
    return after_row


@cached(nogil=True)
def _tell_part(scratch, knots_count, part, first, last, snap_edge, snap_float, snap_part):  # type: ignore[no-untyped-def]
    """Gives every fix on the path its part; those on a junction at its ends lie on an edge that was driven."""
    knots, along = int32_rows(scratch, KNOT_INT, KNOT_INT_WIDTH), float64_rows(scratch, KNOT_FLOAT, KNOT_WIDTH)
    rows, values = int32_rows(scratch, ROW_INT, ROW_INT_WIDTH), float64_rows(scratch, ROW_FLOAT, ROW_WIDTH)
    begin_mm, end_mm = along[0, KNOT_MM] + TIE_MM, along[knots_count - 1, KNOT_MM] - TIE_MM
    for k in range(knots_count):
        fix = knots[k, KNOT_FIX]
        snap_part[fix] = part
        if along[k, KNOT_MM] <= begin_mm and snap_edge[fix] != rows[first, ROW_EDGE]:
            snap_edge[fix], snap_float[fix, 0] = rows[first, ROW_EDGE], values[first, ROW_FROM]
        elif along[k, KNOT_MM] >= end_mm and snap_edge[fix] != rows[last, ROW_EDGE]:
            snap_edge[fix], snap_float[fix, 0] = rows[last, ROW_EDGE], values[last, ROW_TO]


@cached(nogil=True)
def _is_gap(model, lonlat, time_s, fix):  # type: ignore[no-untyped-def]
    """Whether too much lies between a fix and the next for anything to be known of the way."""
    if time_s[fix + 1] - time_s[fix] > model[GAP_S]:
        return True
    return straight_m(lonlat, fix, fix + 1) > model[GAP_M]


@cached(nogil=True)
def _is_near(model, lonlat, sigma, speed, one, other):  # type: ignore[no-untyped-def]
    """Whether a fix lies so near to the last anchor that it says little by itself; more so if its vehicle stands."""
    near_m = model[THIN_SIGMA] * max(sigma[one], sigma[other])
    if speed[other] < model[STILL_KMH]:
        near_m = max(near_m, model[STILL_M])
    return straight_m(lonlat, one, other) < near_m
