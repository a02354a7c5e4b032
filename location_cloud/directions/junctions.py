"""The junctions passed on a drive, as navigation shows them: roads by direction, which may be entered, lanes."""

from __future__ import annotations

import numpy as np

from kernels.caching import cached
from location_cloud.directions.look import ANGLE, BEARING, FIRST, LANES, OPEN, SIZE, TAKEN
from location_cloud.directions.manoeuvre_codes import (
    LEFT,
    RIGHT,
    SHARP_LEFT,
    SHARP_RIGHT,
    SLIGHT_LEFT,
    SLIGHT_RIGHT,
    STRAIGHT,
    UTURN,
)

J_AT, J_POINT, J_CAME, J_GOES, J_ARM, J_LANE = range(6)
"""Rows of the table of junctions: place in the path of the edge driven on; point of the line; arm that comes in and
that goes out (-1 = none); first row in the tables of arms and of lanes."""

MOST_LANES = 16


@cached(nogil=True)
def list_junctions(  # type: ignore[no-untyped-def]  # a kernel; guidance.guide_leg is typed
    places, arms, told_at, begins, first, last, depart_deg, arrive_deg, lane_start, lane_arrows
):
    """Every junction of three roads or more, those at which something is told, the departure and the arrival.

    told_at: places in the path, ascending. Gives (6, j + 1) int32, a closing column last; arms (2, a) int16 bearing and
    entry; lanes (2, l) uint16 arrows and whether they serve.
    """
    table = np.zeros((6, len(places) + 3), np.int32)
    ways = np.zeros((2, len(arms) + 2), np.int16)
    lanes = np.zeros((2, MOST_LANES * len(places)), np.uint16)
    table[J_CAME, 0], table[J_ARM, 1], ways[0, 0], ways[1, 0] = -1, 1, depart_deg, 1
    count, told = 1, 0
    for i in range(first, last):
        while told < len(told_at) and told_at[told] < i + 1:
            told += 1
        row, size, taken = places[i, FIRST], places[i, SIZE], places[i, TAKEN]
        if size < 3 and not (told < len(told_at) and told_at[told] == i + 1):
            continue
        table[J_AT, count], table[J_POINT, count], table[J_GOES, count] = i + 1, begins[i + 1], -1
        north = 0
        for k in range(size):
            if arms[row + k, BEARING] < arms[row + north, BEARING]:
                north = k
        arm, lane = table[J_ARM, count], table[J_LANE, count]
        for turn in range(size):
            k = (north - turn) % size
            ways[0, arm], ways[1, arm] = arms[row + k, BEARING], arms[row + k, OPEN]
            if k == 0:
                table[J_CAME, count] = turn
            if k == taken:
                table[J_GOES, count] = turn
            arm += 1
        painted = places[i, LANES]
        if painted and size > 2 and taken < size:
            arrows = lane_arrows[lane_start[painted] : lane_start[painted + 1]]
            serves = _serving(arrows, arms[row + taken, ANGLE])
            if serves:
                for arrow in arrows:
                    lanes[0, lane], lanes[1, lane] = arrow, (arrow & serves) != 0
                    lane += 1
        count += 1
        table[J_ARM, count], table[J_LANE, count] = arm, lane
    arm, lane = table[J_ARM, count], table[J_LANE, count]
    table[J_AT, count], table[J_POINT, count], table[J_GOES, count] = len(begins) - 1, begins[-1], -1
    ways[0, arm], ways[1, arm] = (arrive_deg + 180) % 360, 1
    table[J_ARM, count + 1], table[J_LANE, count + 1] = arm + 1, lane
    return table[:, : count + 2].copy(), ways[:, : arm + 1].copy(), lanes[:, :lane].copy()


_SERVES = np.zeros((8, 5), np.uint16)
for _word, _bits in {
    UTURN: (8, 3, 2),
    SHARP_LEFT: (2, 3, 4, 8),
    LEFT: (3, 4, 2),
    SLIGHT_LEFT: (4, 3, 1, 0),
    STRAIGHT: (1, 0, 4, 5),
    SLIGHT_RIGHT: (5, 6, 1, 0),
    RIGHT: (6, 5, 7),
    SHARP_RIGHT: (7, 6, 5, 8),
}.items():
    _SERVES[_word, : len(_bits)] = [1 << bit for bit in _bits]
"""Bits of star.INDICATIONS that serve a manoeuvre, the best first."""


@cached(nogil=True)
def _serving(arrows, angle):  # type: ignore[no-untyped-def]
    """The arrow that serves an angle best among those painted, 0 = none does."""
    word = UTURN
    for limit, other in (
        (1, UTURN),
        (60, SHARP_RIGHT),
        (140, RIGHT),
        (160, SLIGHT_RIGHT),
        (201, STRAIGHT),
        (221, SLIGHT_LEFT),
        (301, LEFT),
        (360, SHARP_LEFT),
    ):
        if angle < limit:
            word = other
            break
    for serves in _SERVES[word]:
        for arrow in arrows:
            if arrow & serves:
                return serves
    return 0
