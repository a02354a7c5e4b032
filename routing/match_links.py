"""One step of the model: what it costs to come from each candidate of a fix to each of the next, and by which edges."""

import math

import numpy as np

from kernels.caching import cached
from routing.match_candidates import off_cost, radius_of, round_cost
from routing.match_model import (
    BACK_SIGMA,
    BEAM,
    BETA_M,
    BETA_M_S,
    BETA_SHARE,
    BETA_SIGMA,
    BETWEEN,
    DETOUR,
    HURRY,
    HURRY_SHARE,
    ROBUST,
    THETA_FREE,
    THETA_S,
    THETA_SHARE,
    TURN_END,
    TURN_ROUND,
)
from routing.match_network import COST_MM, EDGE_MS, SEGMENT_MM, SHAPE_E7, SHAPE_START
from routing.match_scratch import (
    ANCHOR,
    ANCHOR_CAND,
    ANCHOR_FIX,
    ANCHOR_LINK,
    ANCHOR_WIDTH,
    BETWEEN_COST,
    CAND_BACK,
    CAND_EDGE,
    CAND_FLOAT,
    CAND_INT,
    CAND_WIDTH,
    COUNTER,
    DISTANCE,
    EDGE,
    EMIT,
    FOUND_INT,
    FRACTION,
    GAP,
    LABEL,
    LABEL_WIDTH,
    LAYER,
    LINK_COST,
    LINK_FLOAT,
    LINK_FROM,
    LINK_INT,
    LINK_ROUTE,
    LINK_TO,
    LINK_TURN,
    LINK_WIDTH,
    MOST_BETWEEN,
    MOST_SLOTS,
    PARENT,
    ROUTE,
    SCORE,
    SLOT,
    SLOT_WIDTH,
    SLOTS,
    TARGET,
    TARGET_WIDTH,
)
from routing.match_search import (
    ALONG,
    FOUND_COST,
    FOUND_MM,
    FOUND_MS,
    FOUND_STATE,
    NOT_FOUND,
    ROUND,
    TURNED,
    search_from,
)
from routing.metric import metres_per_degree, to_piece
from routing.packed import float64_rows, int32_rows, int32s, int64s
from routing.trip import CLOSED

FULL = -1
"""Given when the memory for links or routes does not suffice."""

HURRY_S = 8.0
"""Delays at signals and turns that free flow counts and a green light spares."""

MOST_OFF = 12.0
"""One fix between two others says no more than this against a route: about 5 sigma."""


LONGEST_UNSEEN_S = 600.0
"""After so long without a fix a way may be any: a longer pause allows for no more, and searches no further."""


@cached(nogil=True)
def straight_m(lonlat, one, other):  # type: ignore[no-untyped-def]  # kernels; numba gives the types
    """Metres between two fixes, in the plane at the second."""
    lon_m, lat_m = metres_per_degree(lonlat[other, 1])
    return math.hypot((lonlat[one, 0] - lonlat[other, 0]) * lon_m, (lonlat[one, 1] - lonlat[other, 1]) * lat_m)


@cached(nogil=True)
def link_anchors(net, scratch, model, lonlat, time_s, sigma, before, reach):  # type: ignore[no-untyped-def]
    """Links the candidates of anchor `before` to those of the next, and gives each of these its least cost.

    reach: how much further than usual is searched, 1 or more.
    Gives the least cost, inf if nothing leads there, FULL if memory does not suffice.
    """
    anchor = int32_rows(scratch, ANCHOR, ANCHOR_WIDTH)
    ints, floats = int32_rows(scratch, CAND_INT, 2), float64_rows(scratch, CAND_FLOAT, CAND_WIDTH)
    links, costs = int32_rows(scratch, LINK_INT, LINK_WIDTH), float64_rows(scratch, LINK_FLOAT, 3)
    found, counter = int32_rows(scratch, FOUND_INT, 4), int64s(scratch, COUNTER)
    target, route = int32_rows(scratch, TARGET, TARGET_WIDTH), int32s(scratch, ROUTE)
    cost_mm, segment_mm, edge_ms = int32s(net, COST_MM), int32s(net, SEGMENT_MM), int32s(net, EDGE_MS)
    begin, middle, end = anchor[before, ANCHOR_CAND], anchor[before + 1, ANCHOR_CAND], anchor[before + 2, ANCHOR_CAND]
    here, there = anchor[before, ANCHOR_FIX], anchor[before + 1, ANCHOR_FIX]
    count = end - middle

    lon_m, lat_m = metres_per_degree(lonlat[there, 1])
    straight, seconds = straight_m(lonlat, here, there), max(time_s[there] - time_s[here], 0.0)
    unseen_s = 0.0
    for fix in range(here, there):
        unseen_s = max(unseen_s, time_s[fix + 1] - time_s[fix])
    unseen_s = min(unseen_s, LONGEST_UNSEEN_S)
    noise = max(sigma[here], sigma[there])
    beta = model[BETA_M] + model[BETA_M_S] * unseen_s + model[BETA_SHARE] * straight + model[BETA_SIGMA] * noise
    theta = model[THETA_S] + model[THETA_SHARE] * unseen_s
    may_be_behind_mm = 1000.0 * model[BACK_SIGMA] * (sigma[here] + sigma[there])
    turn_mm, end_mm = np.int64(1000.0 * beta * model[TURN_ROUND]), np.int64(1000.0 * beta * model[TURN_END])

    counter[LAYER] += 1
    layer = np.int32(counter[LAYER])
    furthest, least_emit = 0.0, math.inf
    for j in range(count):
        road = ints[middle + j, CAND_EDGE]
        target[road, 0], target[road, 1] = layer, j
        furthest = max(furthest, floats[middle + j, DISTANCE])
        least_emit = min(least_emit, floats[middle + j, EMIT])
        floats[middle + j, SCORE] = math.inf
        ints[middle + j, CAND_BACK] = -1
    lowest = math.inf
    for i in range(begin, middle):
        lowest = min(lowest, floats[i, SCORE])
    looked, weight = _begin_between(scratch, here, there, model[BETWEEN])

    size = anchor[before + 1, ANCHOR_LINK]
    room = links[size - 1, LINK_ROUTE] + _route_length(route, links[size - 1, LINK_ROUTE]) if size > 0 else 0
    best, done = math.inf, -math.inf
    for _ in range(begin, middle):
        i = _next_source(floats, begin, middle, done)
        if i < 0:
            break
        score = floats[i, SCORE]
        done = score
        for same in range(i, middle):  # candidates of equal cost follow at once
            if floats[same, SCORE] != score or score > lowest + model[BEAM]:
                continue
            spare = model[DETOUR] if best == math.inf else min(best + model[BEAM] - score - least_emit, model[DETOUR])
            if spare < 0.0:
                continue
            e, f = ints[same, CAND_EDGE], floats[same, FRACTION]
            limit_mm = 1000.0 * reach * (straight + beta * spare)
            wanted = count
            for j in range(count):
                found[j, FOUND_STATE] = NOT_FOUND
            if target[e, 0] == layer:
                j = target[e, 1]
                ahead_mm = (floats[middle + j, FRACTION] - f) * segment_mm[e >> 1]
                if ahead_mm >= -may_be_behind_mm:
                    found[j, FOUND_STATE], found[j, FOUND_COST] = ALONG, 0
                    found[j, FOUND_MM] = np.int64(max(ahead_mm, 0.0))
                    found[j, FOUND_MS] = np.int64(max(floats[middle + j, FRACTION] - f, 0.0) * edge_ms[e])
                    wanted -= 1
            if cost_mm[e ^ 1] != CLOSED and target[e ^ 1, 0] == layer:
                j = target[e ^ 1, 1]
                part = abs(floats[middle + j, FRACTION] - (1.0 - f))
                found[j, FOUND_STATE], found[j, FOUND_COST] = ROUND, turn_mm + np.int64(part * cost_mm[e ^ 1])
                found[j, FOUND_MM] = np.int64(part * segment_mm[e >> 1])
                found[j, FOUND_MS] = np.int64(part * edge_ms[e ^ 1])
            if wanted:
                search_from(
                    net, scratch, e, f, lonlat[there, 0], lonlat[there, 1], lon_m, lat_m,
                    np.int64(1000.0 * furthest), np.int64(limit_mm), turn_mm, end_mm, middle, count,
                )  # fmt: skip
            for j in range(count):
                state = found[j, FOUND_STATE]
                if state == NOT_FOUND:
                    continue
                cost = abs(found[j, FOUND_MM] / 1000.0 - straight) / beta
                free_s = found[j, FOUND_MS] / 1000.0
                cost += max(free_s - model[THETA_FREE] * seconds, 0.0) / theta
                late = free_s - HURRY_S - model[HURRY] * seconds
                if late > 0.0:
                    cost += late / (1.0 + model[HURRY_SHARE] * seconds)
                total = score + cost + floats[middle + j, EMIT]
                if total > best + model[BEAM]:
                    continue
                if size >= len(links) or room + 4 >= len(route):
                    return float(FULL)
                length, is_turned = _write_route(scratch, room, e, state, ints[middle + j, CAND_EDGE])
                if length < 0:
                    return float(FULL)
                edges = route[room + 1 : room + 1 + length]
                cost += model[TURN_END] * _count_turns(edges)
                costs[size, LINK_TURN] = -1.0
                if is_turned:
                    cost += model[TURN_ROUND] - model[TURN_END]
                    costs[size, LINK_TURN] = max(f, 1.0 - floats[middle + j, FRACTION]) if state == ROUND else f
                if looked:
                    cost += weight * _between(net, scratch, model, lonlat, sigma, here, there, looked, edges)
                cost = round_cost(cost)
                total = score + cost + floats[middle + j, EMIT]
                if total > best + model[BEAM]:
                    continue
                links[size, LINK_FROM], links[size, LINK_TO], links[size, LINK_ROUTE] = same, middle + j, room
                costs[size, LINK_COST] = cost
                if total < floats[middle + j, SCORE]:
                    floats[middle + j, SCORE] = total
                    ints[middle + j, CAND_BACK] = size
                    best = min(best, total)
                size += 1
                room += 1 + length
    anchor[before + 2, ANCHOR_LINK] = size
    return best


@cached(nogil=True)
def _next_source(floats, begin, end, done):  # type: ignore[no-untyped-def]
    """The first candidate of the least cost above `done`; -1 = there is none."""
    at, least = -1, math.inf
    for i in range(begin, end):
        if done < floats[i, SCORE] < least:
            at, least = i, floats[i, SCORE]
    return at


@cached(nogil=True)
def _route_length(route, at):  # type: ignore[no-untyped-def]
    """Places that a route takes in ROUTE: how many edges, then the edges."""
    return 1 + route[at]


@cached(nogil=True)
def _write_route(scratch, at, first, state, last):  # type: ignore[no-untyped-def]
    """Writes the edges of a way found, from the first to the last; gives (how many or FULL, whether it turns round on
    the first).
    """
    label, route = int32_rows(scratch, LABEL, LABEL_WIDTH), int32s(scratch, ROUTE)
    if state == ALONG:
        route[at], route[at + 1] = 1, first
        return 1, False
    if state == ROUND:
        route[at], route[at + 1], route[at + 2] = 2, first, last
        return 2, True
    length, back, turned = 2, state, False
    while label[back, PARENT] >= 0:
        length += 1
        back = label[back, PARENT]
    if label[back, PARENT] == TURNED:
        turned = True
        length += 1
    if at + length + 4 >= len(route):
        return FULL, False
    route[at], route[at + 1], route[at + length] = length, first, last
    place, back = at + length - 1, state
    while place > at + 1:
        route[place] = label[back, EDGE]
        back = label[back, PARENT]
        place -= 1
    return length, turned


@cached(nogil=True)
def _count_turns(edges):  # type: ignore[no-untyped-def]
    """How often a way turns round."""
    turns = 0
    for i in range(1, len(edges)):
        turns += edges[i] == edges[i - 1] ^ 1
    return turns


@cached(nogil=True)
def _begin_between(scratch, here, there, most):  # type: ignore[no-untyped-def]
    """(how many of the fixes between two are looked at, how much each counts); forgets what was kept of others."""
    counter = int64s(scratch, COUNTER)
    counter[GAP] += 1
    counter[SLOTS] = 0
    fixes = there - here - 1
    looked = min(fixes, MOST_BETWEEN)
    return looked, min(float(fixes), most) / max(looked, 1)


@cached(nogil=True)
def _between(net, scratch, model, lonlat, sigma, here, there, looked, edges):  # type: ignore[no-untyped-def]
    """What it costs that the fixes between two lie beside a route: each counts its nearest road of it."""
    slot, kept = int32_rows(scratch, SLOT, SLOT_WIDTH), float64_rows(scratch, BETWEEN_COST, MOST_BETWEEN)
    counter = int64s(scratch, COUNTER)
    gap = np.int32(counter[GAP])
    for edge in edges:
        s = edge >> 1
        if slot[s, 0] != gap and counter[SLOTS] < MOST_SLOTS:
            slot[s, 0], slot[s, 1] = gap, counter[SLOTS]
            counter[SLOTS] += 1
            for number in range(looked):
                fix = here + 1 + (there - here - 1) * number // looked
                kept[slot[s, 1], number] = _off_segment(net, model, lonlat, sigma, fix, s)
    total = 0.0
    for number in range(looked):
        least = MOST_OFF
        for edge in edges:
            s = edge >> 1
            if slot[s, 0] == gap:
                least = min(least, kept[slot[s, 1], number])
            else:
                fix = here + 1 + (there - here - 1) * number // looked
                least = min(least, _off_segment(net, model, lonlat, sigma, fix, s))
        total += least
    return total


@cached(nogil=True)
def _off_segment(net, model, lonlat, sigma, fix, s):  # type: ignore[no-untyped-def]
    shape_start, shape = int32s(net, SHAPE_START), int32_rows(net, SHAPE_E7, 2)
    lon, lat = lonlat[fix, 0], lonlat[fix, 1]
    lon_m, lat_m = metres_per_degree(lat)
    best = radius_of(model, sigma[fix]) ** 2
    for p in range(shape_start[s], shape_start[s + 1] - 1):
        distance2, _, _, _ = to_piece(shape, p, lon, lat, lon_m, lat_m)
        best = min(best, distance2)
    return min(off_cost(math.sqrt(best), sigma[fix], model[ROBUST]), MOST_OFF)
