"""What a driver sees at each junction of a path: a compiled pass that gathers the arms that the others judge.

Other compiled files have the columns below built in and notice no change of them: who renumbers them
clears __pycache__ (numba compares the text of a kernel's own file only).
"""

from __future__ import annotations

import numba
import numpy as np

CLOSED = 2**31 - 1
MOST_ARMS = 32
"""Arms of a junction that are looked at; the largest in OpenStreetMap have some 15."""

STUB_M = 1.0
"""Less than this of a trip's first or last edge is not driven to anybody's eyes."""

FIRST, SIZE, TAKEN, NODE, LANES = range(5)
"""Columns of the table of places: its first row in the table of arms and how many; which of them the path takes (SIZE =
none of those looked at); the road node; the row of painted lanes before it, 0 = none."""

ANGLE, OPEN, NAME, REF, CLASS, FLAGS, FAR, SLIP, BEARING, RANK, MINOR = range(11)
COLUMNS = 11
"""Columns of the table of arms. The first arm is the one by which the driver came, the others follow against the clock:
ANGLE 90 is a right turn, 180 straight on, 270 left, 0 back. OPEN: may be entered. NAME, REF: numbers of texts. FAR: the
node at its other end. SLIP: the node behind the slip lane that begins here, -1 = none. RANK, MINOR: see ranks.py."""


@numba.njit(cache=True, nogil=True)
def look_along(  # type: ignore[no-untyped-def]  # a kernel; guidance.guide_leg is typed
    path,
    begins,
    along_m,
    start,
    star_edge,
    bearing,
    place,
    ban_from,
    ban_to,
    ban_vehicles,
    slip_end,
    edge_lanes,
    seg_from,
    seg_to,
    seg_class,
    seg_flags,
    seg_name,
    seg_ref,
    rank,
    minor,
    cost_ms,
    vehicles,
):
    """The places between the edges of a path, (n - 1, 5) int32, their arms, (a, 11) int32, and the first and the last
    edge that are driven to anybody's eyes.
    """
    places = np.empty((len(path) - 1, 5), np.int32)
    room = 0
    for i in range(len(path) - 1):
        node = seg_from[path[i] >> 1] if path[i] & 1 else seg_to[path[i] >> 1]
        places[i, NODE], places[i, LANES] = node, edge_lanes[path[i]]
        room += min(start[node + 1] - start[node], MOST_ARMS)
    arms = np.empty((room, COLUMNS), np.int32)
    row = 0
    for i in range(len(path) - 1):
        came, out, node = path[i], path[i + 1], places[i, NODE]
        low, high, back = start[node], start[node + 1], place[came ^ 1]
        ban = np.searchsorted(ban_from, came)
        size, taken, ways_on = 0, -1, 0
        for k in range(high - low):
            arm = back - k
            if arm < low:
                arm += high - low
            edge = star_edge[arm]
            is_open = cost_ms[edge] != CLOSED
            if k and edge != out and ((not is_open and cost_ms[edge ^ 1] == CLOSED) or size == MOST_ARMS - 1):
                continue
            b = ban
            while is_open and b < len(ban_from) and ban_from[b] == came:
                is_open = ban_to[b] != edge or not ban_vehicles[b] & vehicles
                b += 1
            if edge == out:
                taken, is_open = size, True
            angle = (bearing[back] - bearing[arm]) % 360
            segment = edge >> 1
            at = row + size
            arms[at, OPEN], arms[at, BEARING] = is_open, bearing[arm]
            arms[at, ANGLE] = 0 if k == 0 else max(1, angle)
            arms[at, NAME], arms[at, REF] = seg_name[segment], seg_ref[segment]
            arms[at, CLASS], arms[at, FLAGS] = seg_class[segment], seg_flags[segment]
            arms[at, FAR] = seg_from[segment] if edge & 1 else seg_to[segment]
            arms[at, SLIP] = slip_end[edge]
            arms[at, RANK], arms[at, MINOR] = rank[seg_class[segment]], minor[seg_class[segment]]
            ways_on += k > 0 and is_open
            size += 1
        if ways_on and taken:
            arms[row, OPEN] = 0
        places[i, FIRST], places[i, SIZE], places[i, TAKEN] = row, size, taken if taken >= 0 else size
        row += size
    first, last = 0, len(path) - 1
    if first < last and along_m[begins[1]] < STUB_M:
        first += 1
    if first < last and along_m[-1] - along_m[begins[last]] < STUB_M:
        last -= 1
    return places, arms[:row], first, last
