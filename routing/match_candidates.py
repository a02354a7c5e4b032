"""Which edges a fix may lie on, and what it costs to lie there."""

import math

import numpy as np

from kernels.caching import cached
from routing.match_model import (
    BEAM,
    GRAIN,
    HEADING_DEG,
    HEADING_KMH,
    HEADING_MOST,
    MOST_RADIUS_M,
    RADIUS_M,
    RADIUS_SIGMA,
    ROBUST,
)
from routing.match_network import (
    ALONG_MM,
    CELL_KEY,
    CELL_START,
    CORNER,
    COST_MM,
    ENTRY_POINT,
    ENTRY_SEGMENT,
    ROW_START,
    ROW_WIDTH,
    SEGMENT_MM,
    SHAPE_E7,
    SHAPE_START,
)
from routing.match_scratch import (
    CAND_EDGE,
    CAND_FLOAT,
    CAND_INT,
    CAND_WIDTH,
    DISTANCE,
    EMIT,
    FRACTION,
    MOST_CANDIDATES,
    MOST_SEEN,
    POINT,
    SEEN_D2,
    SEEN_EAST,
    SEEN_FLOAT,
    SEEN_INT,
    SEEN_NORTH,
    SEEN_T,
    SEEN_WIDTH,
    SEGMENT,
)
from routing.metric import E7, metres_per_degree, to_piece
from routing.packed import float64_rows, int32_rows, int32s, int64s
from routing.segment_index import COLUMN_BITS, first_cell
from routing.trip import CLOSED

ENDS = 1e-9
"""A fraction nearer than this to 0 is the edge's beginning: nothing of it has been driven."""


@cached(nogil=True)
def off_cost(distance_m, sigma_m, robust):  # type: ignore[no-untyped-def]  # kernels; numba gives the types
    """Cost of a fix so far from its road: Gauss, and linear from `robust` sigma on (Huber 1964)."""
    z = distance_m / sigma_m
    return 0.5 * z * z if z <= robust else robust * (z - 0.5 * robust)


@cached(nogil=True)
def round_cost(cost):  # type: ignore[no-untyped-def]
    """The nearest whole multiple of 1 / GRAIN."""
    return math.floor(cost * GRAIN + 0.5) / GRAIN


@cached(nogil=True)
def radius_of(model, sigma_m):  # type: ignore[no-untyped-def]
    """How far from a fix roads are looked for, metres."""
    return min(max(model[RADIUS_M], model[RADIUS_SIGMA] * sigma_m), model[MOST_RADIUS_M])


@cached(nogil=True)
def add_candidates(net, scratch, model, lon, lat, sigma, heading, speed_kmh, begin, is_first):  # type: ignore[no-untyped-def]
    """Writes a fix's candidates, cheapest first, from row `begin` on; gives the row after the last.

    heading, speed_kmh: NaN = not known. is_first: nothing is known of where it came from: beginnings of edges count.
    """
    ints, floats = int32_rows(scratch, CAND_INT, 2), float64_rows(scratch, CAND_FLOAT, CAND_WIDTH)
    cost_mm, segment_mm = int32s(net, COST_MM), int32s(net, SEGMENT_MM)
    along = int32s(net, ALONG_MM)
    seen, places = int32_rows(scratch, SEEN_INT, 2), float64_rows(scratch, SEEN_FLOAT, SEEN_WIDTH)
    radius = radius_of(model, sigma)
    size = _see(net, scratch, lon, lat, radius)
    moves = not math.isnan(heading) and (math.isnan(speed_kmh) or speed_kmh >= model[HEADING_KMH])
    end, best = begin, math.inf
    for i in range(size):
        s, p = seen[i, SEGMENT], seen[i, POINT]
        distance = math.sqrt(places[i, SEEN_D2])
        plain = off_cost(distance, sigma, model[ROBUST])
        if plain > best + model[BEAM]:
            continue
        mm = along[p] + places[i, SEEN_T] * (along[p + 1] - along[p])
        forward = mm / segment_mm[s] if segment_mm[s] > 0 else 0.0
        bearing = math.degrees(math.atan2(places[i, SEEN_EAST], places[i, SEEN_NORTH])) if moves else 0.0
        beyond = _beyond_bend(net, s, p, places[i, SEEN_T], lon, lat, bearing) if moves else 0.0
        for back in range(2):
            edge = 2 * s + back
            if cost_mm[edge] == CLOSED:
                continue
            fraction = 1.0 - forward if back else forward
            # Who has driven nothing of an edge is at the end of the one before: one of both is enough.
            if fraction < ENDS and not is_first:
                continue
            cost = plain
            if moves:
                off = min(_turn_deg(bearing + 180.0 * back, heading), _turn_deg(beyond + 180.0 * back, heading))
                cost += min(0.5 * (off / model[HEADING_DEG]) ** 2, model[HEADING_MOST])
            cost = round_cost(cost)
            if cost > best + model[BEAM]:
                continue
            best = min(best, cost)
            if end - begin == MOST_CANDIDATES:
                if cost >= floats[end - 1, EMIT]:
                    continue
                end -= 1
            at = end
            while at > begin and floats[at - 1, EMIT] > cost:
                ints[at, CAND_EDGE] = ints[at - 1, CAND_EDGE]
                for column in range(3):
                    floats[at, column] = floats[at - 1, column]
                at -= 1
            ints[at, CAND_EDGE] = edge
            floats[at, FRACTION], floats[at, EMIT], floats[at, DISTANCE] = fraction, cost, distance
            end += 1
    while end > begin and floats[end - 1, EMIT] > best + model[BEAM]:
        end -= 1
    return end


@cached(nogil=True)
def _turn_deg(one, other):  # type: ignore[no-untyped-def]
    """Degrees between two directions, 0..180."""
    return abs((one - other + 540.0) % 360.0 - 180.0)


@cached(nogil=True)
def _beyond_bend(net, s, p, t, lon, lat, bearing):  # type: ignore[no-untyped-def]
    """The bearing of the piece that meets at the place nearest to a fix, if that is a bend: both pieces are as near."""
    start, other = int32s(net, SHAPE_START), np.int64(p)
    if t >= 1.0 and p + 2 < start[s + 1]:
        other += 1
    elif t <= 0.0 and p > start[s]:
        other -= 1
    else:
        return bearing
    lon_m, lat_m = metres_per_degree(lat)
    _, _, east_m, north_m = to_piece(int32_rows(net, SHAPE_E7, 2), other, lon, lat, lon_m, lat_m)
    return math.degrees(math.atan2(east_m, north_m))


@cached(nogil=True)
def _see(net, scratch, lon, lat, radius):  # type: ignore[no-untyped-def]
    """Lists the nearest MOST_SEEN segments within the radius, each at its nearest place; gives how many."""
    key, row_start, start = int64s(net, CELL_KEY), int32s(net, ROW_START), int32s(net, CELL_START)
    row_width, corner = int64s(net, ROW_WIDTH), int64s(net, CORNER)
    entry_segment, entry_point = int32s(net, ENTRY_SEGMENT), int32s(net, ENTRY_POINT)
    shape = int32_rows(net, SHAPE_E7, 2)
    seen, places = int32_rows(scratch, SEEN_INT, 2), float64_rows(scratch, SEEN_FLOAT, SEEN_WIDTH)
    lon_m, lat_m = metres_per_degree(lat)
    reach_y = radius / lat_m * E7 + 1.0
    reach_x = min(radius / lon_m * E7 + 1.0, 360.0 * E7) if lon_m > 0.0 else 360.0 * E7
    first = max(math.floor((lat * E7 - reach_y - corner[0]) / corner[1]), 0)
    last = min(math.floor((lat * E7 + reach_y - corner[0]) / corner[1]), len(row_width) - 1)
    most, size, worst = radius * radius, 0, 0
    for row in range(first, last + 1):
        width, base = row_width[row], np.int64(row) << COLUMN_BITS
        west = max(math.floor((lon * E7 - reach_x + 180 * E7) / width), 0)
        east = math.floor((lon * E7 + reach_x + 180 * E7 + 2) / width)
        after = row_start[row + 1]
        cell = first_cell(key, row_start[row], after, base + west)
        while cell < after and key[cell] <= base + east:
            for entry in range(start[cell], start[cell + 1]):
                p = entry_point[entry]
                distance2, t, east_m, north_m = to_piece(shape, p, lon, lat, lon_m, lat_m)
                if distance2 > most or (size == MOST_SEEN and distance2 >= places[worst, SEEN_D2]):
                    continue
                s = entry_segment[entry]
                at = size - 1
                while at >= 0 and seen[at, SEGMENT] != s:
                    at -= 1
                if at < 0:
                    at = worst if size == MOST_SEEN else size
                    size = min(size + 1, MOST_SEEN)
                elif distance2 >= places[at, SEEN_D2]:
                    continue
                seen[at, SEGMENT], seen[at, POINT] = s, p
                places[at, SEEN_D2], places[at, SEEN_T] = distance2, t
                places[at, SEEN_EAST], places[at, SEEN_NORTH] = east_m, north_m
                if size == MOST_SEEN:
                    worst = int(np.argmax(places[:, SEEN_D2]))
            cell += 1
    return size
