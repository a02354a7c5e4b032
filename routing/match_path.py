"""From the cheapest chain of candidates to the path driven: its edges, their probability, and when each was entered."""

import math

from kernels.caching import cached
from routing.match_candidates import radius_of
from routing.match_network import ALONG_MM, EDGE_MS, SEGMENT_MM, SHAPE_E7, SHAPE_START
from routing.match_scratch import (
    ALPHA,
    ANCHOR,
    ANCHOR_CAND,
    ANCHOR_CHOSEN,
    ANCHOR_ELEMENT,
    ANCHOR_FIX,
    ANCHOR_LINK,
    ANCHOR_VIA,
    ANCHOR_WIDTH,
    CAND_BACK,
    CAND_EDGE,
    CAND_FLOAT,
    CAND_INT,
    CAND_WIDTH,
    DISTANCE,
    EL_BEGIN_MM,
    EL_FROM,
    EL_MASS,
    EL_TO,
    ELEMENT_FLOAT,
    ELEMENT_INT,
    ELEMENT_WIDTH,
    EMIT,
    FRACTION,
    KNOT_DECIDED,
    KNOT_FIX,
    KNOT_FLOAT,
    KNOT_INT,
    KNOT_INT_WIDTH,
    KNOT_MM,
    KNOT_SIZE,
    KNOT_WEIGHT,
    KNOT_WIDTH,
    LINK_COST,
    LINK_FLOAT,
    LINK_FROM,
    LINK_INT,
    LINK_MASS,
    LINK_ROUTE,
    LINK_TO,
    LINK_TURN,
    LINK_WIDTH,
    OMEGA,
    OUT,
    ROUTE,
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
    STATUS,
)
from routing.metric import metres_per_degree, to_piece
from routing.packed import float64_rows, int32_rows, int32s

TIE_MM = 1.0
"""Places along a path that are nearer to each other are one: sums round."""


@cached(nogil=True)
def trace_back(scratch, first, last):  # type: ignore[no-untyped-def]  # kernels; numba gives the types
    """Chooses the candidates of anchors first..last that make the cheapest chain."""
    anchor, ints = int32_rows(scratch, ANCHOR, ANCHOR_WIDTH), int32_rows(scratch, CAND_INT, 2)
    floats, links = float64_rows(scratch, CAND_FLOAT, CAND_WIDTH), int32_rows(scratch, LINK_INT, LINK_WIDTH)
    chosen = anchor[last, ANCHOR_CAND]
    for c in range(chosen, anchor[last + 1, ANCHOR_CAND]):
        if floats[c, SCORE] < floats[chosen, SCORE]:
            chosen = c
    for a in range(last, first - 1, -1):
        anchor[a, ANCHOR_CHOSEN], anchor[a, ANCHOR_VIA] = chosen, ints[chosen, CAND_BACK]
        if a > first:
            chosen = links[ints[chosen, CAND_BACK], LINK_FROM]


@cached(nogil=True)
def weigh_links(scratch, first, last):  # type: ignore[no-untyped-def]
    """The probability of every link and candidate of anchors first..last (forward-backward, Rabiner 1989).

    SCORE of a candidate is kept; ALPHA becomes the probability that the path passes it.
    """
    anchor = int32_rows(scratch, ANCHOR, ANCHOR_WIDTH)
    floats, links = float64_rows(scratch, CAND_FLOAT, CAND_WIDTH), int32_rows(scratch, LINK_INT, LINK_WIDTH)
    costs = float64_rows(scratch, LINK_FLOAT, 3)
    for a in range(first, last + 1):
        begin, end = anchor[a, ANCHOR_CAND], anchor[a + 1, ANCHOR_CAND]
        for c in range(begin, end):
            floats[c, ALPHA] = math.inf if a > first else floats[c, SCORE]
        if a > first:
            for k in range(anchor[a, ANCHOR_LINK], anchor[a + 1, ANCHOR_LINK]):
                c = links[k, LINK_TO]
                through = floats[links[k, LINK_FROM], ALPHA] + costs[k, LINK_COST] + floats[c, EMIT]
                floats[c, ALPHA] = _add(floats[c, ALPHA], through)
    total = math.inf
    for c in range(anchor[last, ANCHOR_CAND], anchor[last + 1, ANCHOR_CAND]):
        floats[c, OMEGA] = 0.0
        total = _add(total, floats[c, ALPHA])
    for a in range(last, first, -1):
        for c in range(anchor[a - 1, ANCHOR_CAND], anchor[a, ANCHOR_CAND]):
            floats[c, OMEGA] = math.inf
        for k in range(anchor[a, ANCHOR_LINK], anchor[a + 1, ANCHOR_LINK]):
            c, origin = links[k, LINK_TO], links[k, LINK_FROM]
            after = costs[k, LINK_COST] + floats[c, EMIT] + floats[c, OMEGA]
            costs[k, LINK_MASS] = math.exp(min(total - floats[origin, ALPHA] - after, 0.0))
            floats[origin, OMEGA] = _add(floats[origin, OMEGA], after)
    for c in range(anchor[first, ANCHOR_CAND], anchor[last + 1, ANCHOR_CAND]):
        floats[c, ALPHA] = math.exp(min(total - floats[c, ALPHA] - floats[c, OMEGA], 0.0))


@cached(nogil=True)
def _add(one, other):  # type: ignore[no-untyped-def]
    """The cost of either of two ways: -log(exp(-one) + exp(-other))."""
    if one == math.inf:
        return other
    if other == math.inf:
        return one
    return min(one, other) - math.log1p(math.exp(-abs(one - other)))


@cached(nogil=True)
def lay_path(net, scratch, model, lonlat, sigma, first, last):  # type: ignore[no-untyped-def]
    """Writes the path of the chosen candidates of anchors first..last as elements; gives how many.

    An element is an edge or a piece of it, from a fraction to another, with the millimetres of the path before it.
    Who turned round on a road came as far as the furthest fix between.
    """
    anchor, ints = int32_rows(scratch, ANCHOR, ANCHOR_WIDTH), int32_rows(scratch, CAND_INT, 2)
    floats, links = float64_rows(scratch, CAND_FLOAT, CAND_WIDTH), int32_rows(scratch, LINK_INT, LINK_WIDTH)
    costs, route = float64_rows(scratch, LINK_FLOAT, 3), int32s(scratch, ROUTE)
    edges, elements = int32_rows(scratch, ELEMENT_INT, 1), float64_rows(scratch, ELEMENT_FLOAT, ELEMENT_WIDTH)
    segment_mm = int32s(net, SEGMENT_MM)
    at, chosen = 0, anchor[first, ANCHOR_CHOSEN]
    _set_element(edges, elements, 0, ints[chosen, CAND_EDGE], floats[chosen, FRACTION], 0.0)
    elements[0, EL_MASS] = floats[chosen, ALPHA]
    anchor[first, ANCHOR_ELEMENT] = 0
    for a in range(first + 1, last + 1):
        chosen, via = anchor[a, ANCHOR_CHOSEN], anchor[a, ANCHOR_VIA]
        begin = links[via, LINK_ROUTE]
        entered, turn = at, costs[via, LINK_TURN]
        for place in range(begin + 2, begin + 1 + route[begin]):
            edge = edges[at, 0]
            start = 0.0
            if place == begin + 2 and turn >= 0.0:
                turn = max(turn, elements[at, EL_FROM])
                for fix in range(anchor[a - 1, ANCHOR_FIX] + 1, anchor[a, ANCHOR_FIX]):
                    turn = max(turn, _fraction_of(net, lonlat, fix, edge, radius_of(model, sigma[fix])))
                elements[at, EL_TO], start = turn, 1.0 - turn
            part = elements[at, EL_TO] - elements[at, EL_FROM]
            mm = elements[at, EL_BEGIN_MM] + part * segment_mm[edge >> 1]
            at += 1
            _set_element(edges, elements, at, route[place], start, mm)
        anchor[a, ANCHOR_ELEMENT] = at
        fraction = floats[chosen, FRACTION]
        if at == 0:
            elements[0, EL_FROM] = min(elements[0, EL_FROM], fraction)
        for element in range(entered, at + 1):
            mass = _mass_of(scratch, a, edges[element, 0])
            elements[element, EL_MASS] = max(elements[element, EL_MASS], mass)
    return at + 1


@cached(nogil=True)
def _fraction_of(net, lonlat, fix, edge, reach_m):  # type: ignore[no-untyped-def]
    """The fraction of an edge at which a fix lies beside it; 0 if it lies further off than reach_m."""
    segment_mm, along = int32s(net, SEGMENT_MM), int32s(net, ALONG_MM)
    shape_start, shape = int32s(net, SHAPE_START), int32_rows(net, SHAPE_E7, 2)
    lon_m, lat_m = metres_per_degree(lonlat[fix, 1])
    best, part, s = reach_m * reach_m, 0.0, edge >> 1
    for p in range(shape_start[s], shape_start[s + 1] - 1):
        distance2, t, _, _ = to_piece(shape, p, lonlat[fix, 0], lonlat[fix, 1], lon_m, lat_m)
        if distance2 < best:
            best, part = distance2, (along[p] + t * (along[p + 1] - along[p])) / max(segment_mm[s], 1)
            part = 1.0 - part if edge & 1 else part
    return part


@cached(nogil=True)
def _set_element(edges, elements, at, edge, start, mm):  # type: ignore[no-untyped-def]
    edges[at, 0] = edge
    elements[at, EL_FROM], elements[at, EL_TO] = start, 1.0
    elements[at, EL_BEGIN_MM], elements[at, EL_MASS] = mm, 0.0


@cached(nogil=True)
def _mass_of(scratch, a, edge):  # type: ignore[no-untyped-def]
    """The probability of the links to an anchor whose routes contain an edge."""
    anchor, links = int32_rows(scratch, ANCHOR, ANCHOR_WIDTH), int32_rows(scratch, LINK_INT, LINK_WIDTH)
    costs, route = float64_rows(scratch, LINK_FLOAT, 3), int32s(scratch, ROUTE)
    mass = 0.0
    for k in range(anchor[a, ANCHOR_LINK], anchor[a + 1, ANCHOR_LINK]):
        if costs[k, LINK_MASS] < 1e-6:
            continue
        begin = links[k, LINK_ROUTE]
        for place in range(begin + 1, begin + 1 + route[begin]):
            if route[place] == edge:
                mass += costs[k, LINK_MASS]
                break
    return min(mass, 1.0)


@cached(nogil=True)
def place_fixes(net, scratch, model, lonlat, sigma, first, last, end, origin, snap_edge, snap_float):  # type: ignore[no-untyped-def]
    """Puts the fixes of anchors first..last, and thinned ones up to fix `end`, on the path; gives the number of knots.

    Writes the snaps (rows of fixes from the first one given) and KNOT rows: metres along the path, not yet sorted out.
    """
    anchor, ints = int32_rows(scratch, ANCHOR, ANCHOR_WIDTH), int32_rows(scratch, CAND_INT, 2)
    floats, status = float64_rows(scratch, CAND_FLOAT, CAND_WIDTH), int32s(scratch, STATUS)
    edges, elements = int32_rows(scratch, ELEMENT_INT, 1), float64_rows(scratch, ELEMENT_FLOAT, ELEMENT_WIDTH)
    knots, along = int32_rows(scratch, KNOT_INT, KNOT_INT_WIDTH), float64_rows(scratch, KNOT_FLOAT, KNOT_WIDTH)
    segment_mm = int32s(net, SEGMENT_MM)
    size = 0
    for a in range(first, last + 1):
        chosen, element = anchor[a, ANCHOR_CHOSEN], anchor[a, ANCHOR_ELEMENT]
        fix, fraction = anchor[a, ANCHOR_FIX], floats[chosen, FRACTION]
        snap_edge[fix], snap_float[fix, 0] = ints[chosen, CAND_EDGE], fraction
        snap_float[fix, 1], snap_float[fix, 2] = floats[chosen, DISTANCE], elements[element, EL_MASS]
        mm = elements[element, EL_BEGIN_MM]
        mm += (fraction - elements[element, EL_FROM]) * segment_mm[edges[element, 0] >> 1]
        knots[size, KNOT_FIX], knots[size, KNOT_DECIDED], along[size, KNOT_MM] = fix, 1, mm
        size += 1
        following = anchor[a + 1, ANCHOR_FIX] if a < last else end
        until = anchor[a + 1, ANCHOR_ELEMENT] if a < last else element
        for between in range(fix + 1, following):
            if status[between - origin] == OUT:
                continue
            reach_m = radius_of(model, sigma[between])
            mm = _place_between(net, scratch, lonlat, between, element, until, reach_m, snap_edge, snap_float)
            if mm >= 0.0:
                knots[size, KNOT_FIX], knots[size, KNOT_DECIDED], along[size, KNOT_MM] = between, 0, mm
                size += 1
    return size


@cached(nogil=True)
def _place_between(net, scratch, lonlat, fix, first, last, reach_m, snap_edge, snap_float):  # type: ignore[no-untyped-def]
    """Millimetres along the path of a fix between two anchors, whose snap is written; -1 if it lies too far off."""
    edges, elements = int32_rows(scratch, ELEMENT_INT, 1), float64_rows(scratch, ELEMENT_FLOAT, ELEMENT_WIDTH)
    segment_mm, along = int32s(net, SEGMENT_MM), int32s(net, ALONG_MM)
    shape_start, shape = int32s(net, SHAPE_START), int32_rows(net, SHAPE_E7, 2)
    lon, lat = lonlat[fix, 0], lonlat[fix, 1]
    lon_m, lat_m = metres_per_degree(lat)
    best, mm = reach_m * reach_m, -1.0
    for element in range(first, last + 1):
        edge = edges[element, 0]
        s = edge >> 1
        for p in range(shape_start[s], shape_start[s + 1] - 1):
            distance2, t, _, _ = to_piece(shape, p, lon, lat, lon_m, lat_m)
            if distance2 < best:
                best = distance2
                part = (along[p] + t * (along[p + 1] - along[p])) / max(segment_mm[s], 1)
                part = 1.0 - part if edge & 1 else part
                part = min(max(part, elements[element, EL_FROM]), elements[element, EL_TO])
                mm = elements[element, EL_BEGIN_MM] + (part - elements[element, EL_FROM]) * segment_mm[s]
                snap_edge[fix], snap_float[fix, 0] = edge, part
                snap_float[fix, 2] = elements[element, EL_MASS]
    if mm >= 0.0:
        snap_float[fix, 1] = math.sqrt(best)
    return mm


@cached(nogil=True)
def never_back(scratch, size):  # type: ignore[no-untyped-def]
    """Moves the knots so little that none lies before the one before it (isotonic regression: Barlow et al. 1972).

    Those that are decided on give way only to each other, so that what lies between two depends on nothing else.
    """
    knots, along = int32_rows(scratch, KNOT_INT, KNOT_INT_WIDTH), float64_rows(scratch, KNOT_FLOAT, KNOT_WIDTH)
    low = along[0, KNOT_MM]
    for k in range(size):
        along[k, KNOT_MM], along[k, KNOT_WEIGHT] = max(along[k, KNOT_MM], low), 1.0
        if knots[k, KNOT_DECIDED]:
            low = along[k, KNOT_MM]
    high = math.inf
    for k in range(size - 1, -1, -1):
        if knots[k, KNOT_DECIDED]:
            high = along[k, KNOT_MM]
        along[k, KNOT_MM] = min(along[k, KNOT_MM], high)
    blocks = 0
    for k in range(size):
        mm, weight, count = along[k, KNOT_MM], along[k, KNOT_WEIGHT], 1
        while blocks > 0 and along[blocks - 1, KNOT_MM] >= mm:
            blocks -= 1
            both = weight + along[blocks, KNOT_WEIGHT]
            mm = (mm * weight + along[blocks, KNOT_MM] * along[blocks, KNOT_WEIGHT]) / both
            weight, count = both, count + knots[blocks, KNOT_SIZE]
        along[blocks, KNOT_MM], along[blocks, KNOT_WEIGHT], knots[blocks, KNOT_SIZE] = mm, weight, count
        blocks += 1
    k = size
    for block in range(blocks - 1, -1, -1):
        for _ in range(knots[block, KNOT_SIZE]):
            k -= 1
            along[k, KNOT_MM] = along[block, KNOT_MM]


@cached(nogil=True)
def write_rows(net, scratch, time_s, elements_count, size, track, part, row):  # type: ignore[no-untyped-def]
    """Writes a part's traversals from row `row` on; gives the row after the last, -1 if memory does not suffice."""
    edges, elements = int32_rows(scratch, ELEMENT_INT, 1), float64_rows(scratch, ELEMENT_FLOAT, ELEMENT_WIDTH)
    knots, along = int32_rows(scratch, KNOT_INT, KNOT_INT_WIDTH), float64_rows(scratch, KNOT_FLOAT, KNOT_WIDTH)
    ints, floats = int32_rows(scratch, ROW_INT, ROW_INT_WIDTH), float64_rows(scratch, ROW_FLOAT, ROW_WIDTH)
    segment_mm, edge_ms = int32s(net, SEGMENT_MM), int32s(net, EDGE_MS)
    begin_mm, end_mm = along[0, KNOT_MM], along[size - 1, KNOT_MM]
    first_row, k = row, 0
    enter = time_s[knots[0, KNOT_FIX]]
    for element in range(elements_count):
        edge = edges[element, 0]
        length = segment_mm[edge >> 1] * (elements[element, EL_TO] - elements[element, EL_FROM])
        low = elements[element, EL_BEGIN_MM]
        is_last = element == elements_count - 1 or elements[element + 1, EL_BEGIN_MM] >= end_mm
        if low + length <= begin_mm and not is_last:
            # It stood at the very end of this edge; how long is told by whatever told of the edge before.
            while k + 1 < size - 1 and along[k + 1, KNOT_MM] <= begin_mm + TIE_MM:
                k += 1
            enter = time_s[knots[k, KNOT_FIX]]
            continue
        if row >= len(ints):
            return -1
        scale = 1.0 / max(segment_mm[edge >> 1], 1)
        ints[row, ROW_TRACK], ints[row, ROW_EDGE] = track, edge
        ints[row, ROW_POINT], ints[row, ROW_PART] = knots[k, KNOT_FIX], part
        floats[row, ROW_FROM] = elements[element, EL_FROM] + max(begin_mm - low, 0.0) * scale
        floats[row, ROW_ENTER], floats[row, ROW_MASS] = enter, elements[element, EL_MASS]
        if is_last:
            floats[row, ROW_TO] = min(elements[element, EL_FROM] + max(end_mm - low, 0.0) * scale, 1.0)
            floats[row, ROW_LEAVE] = time_s[knots[size - 1, KNOT_FIX]]
            row += 1
            break
        floats[row, ROW_TO] = elements[element, EL_TO]
        high = low + length
        # Who waits at the end of an edge, as at a signal, is on it until he moves on.
        while k + 1 < size - 1 and along[k + 1, KNOT_MM] <= high + TIE_MM:
            k += 1
        floats[row, ROW_LEAVE] = enter = _time_at(
            elements, elements_count, element, knots, along, time_s, k, high, segment_mm, edge_ms, edges
        )
        row += 1
    for number in range(first_row, row):
        floats[number, ROW_FROM] = min(max(floats[number, ROW_FROM], 0.0), floats[number, ROW_TO])
    return row


@cached(nogil=True)
def _time_at(elements, count, element, knots, along, time_s, k, mm, segment_mm, edge_ms, edges):  # type: ignore[no-untyped-def]
    """When the end of an element, `mm` along the path, was passed: between knots k and k + 1, by time at free flow."""
    before, after = time_s[knots[k, KNOT_FIX]], time_s[knots[k + 1, KNOT_FIX]]
    so_far, rest, at = 0.0, 0.0, element
    while True:
        share = _free_ms(elements, segment_mm, edge_ms, edges, at, along[k, KNOT_MM], mm)
        so_far += share
        if at == 0 or elements[at, EL_BEGIN_MM] <= along[k, KNOT_MM]:
            break
        at -= 1
    at = element + 1
    while at < count and elements[at, EL_BEGIN_MM] < along[k + 1, KNOT_MM]:
        rest += _free_ms(elements, segment_mm, edge_ms, edges, at, mm, along[k + 1, KNOT_MM])
        at += 1
    whole = so_far + rest
    return before + (after - before) * (so_far / whole if whole > 0.0 else 0.5)


@cached(nogil=True)
def _free_ms(elements, segment_mm, edge_ms, edges, at, low, high):  # type: ignore[no-untyped-def]
    """Time at free flow on the part of an element between two places of the path."""
    edge = edges[at, 0]
    begin = elements[at, EL_BEGIN_MM]
    mm = float(segment_mm[edge >> 1])
    end = begin + mm * (elements[at, EL_TO] - elements[at, EL_FROM])
    driven = min(end, high) - max(begin, low)
    return max(driven, 0.0) / mm * edge_ms[edge] if mm > 0.0 else 0.0
