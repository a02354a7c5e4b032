"""What a driver sees at each junction of a path: a compiled pass that gathers the arms that the others judge.

Other compiled files have the columns below built in and notice no change of them: who renumbers them
clears __pycache__ (numba compares the text of a kernel's own file only).
"""

from __future__ import annotations

import numpy as np

from kernels.caching import cached
from location_cloud.directions.star import (
    A_EDGE,
    A_FAR,
    A_FLAGS,
    A_LANES,
    A_LOOKS,
    A_NAME,
    A_REF,
    A_SLIP,
    CLASS_AT,
    IS_BANNING,
)

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


@cached(nogil=True)
def look_along(  # type: ignore[no-untyped-def]  # a kernel; guidance.guide_leg is typed
    path, begins, along_m, start, place, star, ban_from, ban_to, ban_vehicles, rank, minor, cost_ms, vehicles
):
    """The places between the edges of a path, (n - 1, 5) int32, their arms, (a, 11) int32, and the first and the last
    edge that are driven to anybody's eyes.

    What lies far apart in memory is fetched in loops of its own, many at once.
    """
    size = len(path) - 1
    places, backs = np.empty((size, 5), np.int32), np.empty(size, np.int32)
    for i in range(size):
        backs[i], places[i, NODE] = place[path[i] ^ 1], place[path[i]]
    for i in range(size):
        places[i, NODE] = star[places[i, NODE], A_FAR]
    room = seen = 0
    for i in range(size):
        low, high = start[places[i, NODE]], start[places[i, NODE] + 1]
        places[i, FIRST], places[i, SIZE] = low, high - low
        room, seen = room + min(high - low, MOST_ARMS), seen + high - low
    opens, seen = np.empty(seen, np.uint8), 0
    for i in range(size):
        for arm in range(places[i, FIRST], places[i, FIRST] + places[i, SIZE]):
            edge = star[arm, A_EDGE]
            opens[seen] = (cost_ms[edge] != CLOSED) + 2 * (cost_ms[edge ^ 1] != CLOSED)
            seen += 1
    arms = np.empty((room, COLUMNS), np.int32)
    row = seen = 0
    for i in range(size):
        came, out, low, degree, back = path[i], path[i + 1], places[i, FIRST], places[i, SIZE], backs[i]
        ban = np.searchsorted(ban_from, came) if star[back, A_LOOKS] & IS_BANNING else len(ban_from)
        facing = star[back, A_LOOKS] % CLASS_AT
        count, taken, ways_on = 0, -1, 0
        for k in range(degree):
            arm = back - k
            if arm < low:
                arm += degree
            edge, state = star[arm, A_EDGE], opens[seen + arm - low]
            if k and edge != out and (state == 0 or count == MOST_ARMS - 1):
                continue
            is_open = state & 1 != 0
            b = ban
            while is_open and b < len(ban_from) and ban_from[b] == came:
                is_open = ban_to[b] != edge or not ban_vehicles[b] & vehicles
                b += 1
            if edge == out:
                taken, is_open = count, True
            bearing = star[arm, A_LOOKS] % CLASS_AT
            class_ = (star[arm, A_LOOKS] % IS_BANNING) // CLASS_AT
            at = row + count
            arms[at, OPEN], arms[at, BEARING] = is_open, bearing
            arms[at, ANGLE] = 0 if k == 0 else max(1, (facing - bearing) % 360)
            arms[at, NAME], arms[at, REF] = star[arm, A_NAME], star[arm, A_REF]
            arms[at, CLASS], arms[at, FLAGS] = class_, star[arm, A_FLAGS]
            arms[at, FAR], arms[at, SLIP] = star[arm, A_FAR], star[arm, A_SLIP]
            arms[at, RANK], arms[at, MINOR] = rank[class_], minor[class_]
            ways_on += k > 0 and is_open
            count += 1
        if ways_on and taken:
            arms[row, OPEN] = 0
        places[i, FIRST], places[i, SIZE], places[i, TAKEN] = row, count, taken if taken >= 0 else count
        places[i, LANES] = star[back, A_LANES]
        row, seen = row + count, seen + degree
    first, last = 0, size
    if first < last and along_m[begins[1]] < STUB_M:
        first += 1
    if first < last and along_m[-1] - along_m[begins[last]] < STUB_M:
        last -= 1
    return places, arms[:row], first, last
