"""Between which two crossings a point of a road lies, with the metres to each along the road."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from location_cloud.places.model import CROSSING_M, METRES_PER_DEGREE, Places
from location_cloud.places.nearby_kernels import Floats, Ints, Rows, east_scale, share_of
from tiles.compiled import entry_point, kernel

MOST_ALONG_M = 10_000.0
"""How far a crossing is looked for along a road."""

AT_CROSSING_M = 15.0
"""A point this close to the middle of a crossing is at it, whatever the direction."""

PAST_M = 2 * CROSSING_M
"""How much further is looked once a crossing was met: a more important road may meet at the same place."""

SAME_PLACE_M = 10.0
"""Crossings this close along the road are one place; its best-known road names it."""

GAP_M = 60.0
"""Over a gap this long a road goes on: a roundabout or a square of another name."""

MOST_TURN = 0.3
"""Least cosine of the turn with which a road goes on over a gap."""


@dataclass(frozen=True)
class Crossing:
    """A meeting with another road. other: its row. lonlat: degrees. along_m: metres to it along the road."""

    other: int
    lonlat: tuple[float, float]
    along_m: float


def find_crossings(places: Places, segment: int, share: float) -> tuple[Crossing | None, Crossing | None]:
    """The crossings next to a point of a road: (behind it, ahead of it) as the road is drawn; None = none near.

    segment, share: where the point is, as in `nearby.Near`.
    """
    road = int(places.segment_road[segment])
    first, last = int(places.crossing_start[road]), int(places.crossing_start[road + 1])
    if first == last:
        return None, None
    found = np.zeros((2, 2))
    neighbours(
        places.vertex,
        places.segment_vertex,
        places.segment_road,
        segment,
        share,
        places.crossing_lonlat,
        places.crossing_other,
        places.importance,
        first,
        last,
        found,
    )
    behind, ahead = (
        Crossing(
            int(places.crossing_other[int(place)]),
            (float(places.crossing_lonlat[int(place), 0]), float(places.crossing_lonlat[int(place), 1])),
            round(along_m, 1),
        )
        if place >= 0
        else None
        for place, along_m in found.tolist()
    )
    return behind, ahead


@entry_point
def neighbours(
    vertex: Rows,
    segment_vertex: Rows,
    segment_road: Rows,
    segment: int,
    share: float,
    crossing_lonlat: Floats,
    crossing_other: Rows,
    importance: NDArray[np.float32],
    first_crossing: int,
    last_crossing: int,
    found: Floats,
) -> None:
    """Writes (place of the crossing or -1, metres along the road) of the one behind and of the one ahead.

    A crossing counts from where the way along the road comes nearest to it, so that one at the middle of two
    carriageways is met from either.
    """
    road = segment_road[segment]
    low, high = segment, segment + 1
    while low > 0 and segment_road[low - 1] == road:
        low -= 1
    while high < len(segment_road) and segment_road[high] == road:
        high += 1
    start = segment_vertex[segment]
    here = np.empty(2)
    for axis in range(2):
        here[axis] = vertex[start, axis] + share * (vertex[start + 1, axis] - vertex[start, axis])
    east_m = east_scale(here[1] * 1e-7)
    count = 0
    crossing = np.empty(last_crossing - first_crossing, np.int64)
    xy_m = np.empty((last_crossing - first_crossing, 2))
    for each in range(first_crossing, last_crossing):
        x = (crossing_lonlat[each, 0] - here[0] * 1e-7) * east_m
        y = (crossing_lonlat[each, 1] - here[1] * 1e-7) * METRES_PER_DEGREE
        if math.hypot(x, y) <= MOST_ALONG_M:
            crossing[count], xy_m[count, 0], xy_m[count, 1] = each, x, y
            count += 1
    met = -1
    for ahead in (1, 0):
        along_m = np.full(count, np.inf)
        if count:
            walk(vertex, segment_vertex, low, high, segment, here, ahead == 1, east_m, xy_m[:count], met, along_m)
        place = choose(along_m, crossing[:count], crossing_other, importance)
        found[ahead, 0] = crossing[place] if place >= 0 else -1
        found[ahead, 1] = along_m[place] if place >= 0 else 0.0
        if place >= 0 and along_m[place] == 0.0:
            met = place  # the point is at a crossing: the other side names the next one


@kernel
def choose(along_m: Floats, crossing: Ints, crossing_other: Rows, importance: NDArray[np.float32]) -> int:
    """The nearest crossing; of several at one place that of the best-known road; -1 = none."""
    best = -1
    least_m = np.inf
    for each in range(len(along_m)):
        least_m = min(least_m, along_m[each])
    if least_m == np.inf:
        return best
    for each in range(len(along_m)):
        if along_m[each] > least_m + SAME_PLACE_M:
            continue
        known = importance[crossing_other[crossing[each]]]
        if best < 0 or known > importance[crossing_other[crossing[best]]]:
            best = each
    return best


@kernel
def walk(
    vertex: Rows,
    segment_vertex: Rows,
    low: int,
    high: int,
    segment: int,
    here: Floats,
    is_ahead: bool,
    east_m: float,
    xy_m: Floats,
    left_out: int,
    along_m: Floats,
) -> None:
    """Writes the metres along the road to each crossing that it meets in one direction; inf = not met.

    low, high: the road's segments. here: 1e-7 degree. xy_m: crossings in metres from there.
    """
    count = len(along_m)
    off_m, nearest_m = np.empty(count), np.empty(count)
    for each in range(count):
        off_m[each] = math.hypot(xy_m[each, 0], xy_m[each, 1])
        nearest_m[each] = 0.0 if off_m[each] <= AT_CROSSING_M and each != left_out else np.inf
    ax, ay, walked_m, enough_m = 0.0, 0.0, 0.0, MOST_ALONG_M
    for each in range(count):
        if nearest_m[each] == 0.0:
            enough_m = 0.0
    for _ in range(high - low + 1):
        end = segment_vertex[segment] + (1 if is_ahead else 0)
        bx = (vertex[end, 0] - here[0]) * 1e-7 * east_m
        by = (vertex[end, 1] - here[1]) * 1e-7 * METRES_PER_DEGREE
        length_m = math.hypot(bx - ax, by - ay)
        for each in range(count):
            if each == left_out:
                continue
            share, apart_m = share_of(ax - xy_m[each, 0], ay - xy_m[each, 1], bx - xy_m[each, 0], by - xy_m[each, 1])
            if apart_m < off_m[each] - 1e-6 and nearest_m[each] != 0.0:
                off_m[each], nearest_m[each] = apart_m, walked_m + share * length_m
                if apart_m <= CROSSING_M:
                    enough_m = min(enough_m, nearest_m[each] + PAST_M)
        walked_m += length_m
        if walked_m > enough_m:
            break
        segment, is_ahead, gap_m = next_segment(vertex, segment_vertex, low, high, segment, is_ahead, east_m)
        if segment < 0:
            break
        walked_m += gap_m
        start = segment_vertex[segment] + (0 if is_ahead else 1)
        ax = (vertex[start, 0] - here[0]) * 1e-7 * east_m
        ay = (vertex[start, 1] - here[1]) * 1e-7 * METRES_PER_DEGREE
    for each in range(count):
        if off_m[each] <= CROSSING_M and nearest_m[each] < MOST_ALONG_M:
            along_m[each] = nearest_m[each]


@kernel
def next_segment(
    vertex: Rows, segment_vertex: Rows, low: int, high: int, segment: int, is_ahead: bool, east_m: float
) -> tuple[int, bool, float]:
    """(segment, whether it is gone through as drawn, metres of the gap before it) after one; segment -1 = the end.

    Where a line ends, the line of the same road goes on that turns least, at the same point or over a small gap.
    """
    step = 1 if is_ahead else -1
    following = segment + step
    if low <= following < high and segment_vertex[following] == segment_vertex[segment] + step:
        return following, is_ahead, 0.0
    start = segment_vertex[segment] + (0 if is_ahead else 1)
    end = segment_vertex[segment] + (1 if is_ahead else 0)
    dx, dy = direction(vertex, start, end, east_m)
    best, best_ahead, best_gap_m, best_cost = -1, True, 0.0, np.inf
    for other in range(low, high):
        begins = other == low or segment_vertex[other] != segment_vertex[other - 1] + 1
        ends = other == high - 1 or segment_vertex[other + 1] != segment_vertex[other] + 1
        for as_drawn in (True, False):
            if not (begins if as_drawn else ends) or (other == segment and as_drawn != is_ahead):
                continue
            from_ = segment_vertex[other] + (0 if as_drawn else 1)
            if from_ == end:
                continue
            gap_x = (vertex[from_, 0] - vertex[end, 0]) * 1e-7 * east_m
            gap_y = (vertex[from_, 1] - vertex[end, 1]) * 1e-7 * METRES_PER_DEGREE
            gap_m = math.hypot(gap_x, gap_y)
            if gap_m > GAP_M:
                continue
            to = segment_vertex[other] + (1 if as_drawn else 0)
            ox, oy = direction(vertex, from_, to, east_m)
            straight = dx * ox + dy * oy
            if gap_m > 0.0 and (straight < MOST_TURN or (gap_x * dx + gap_y * dy) < MOST_TURN * gap_m):
                continue
            cost = gap_m + GAP_M * (1.0 - straight)
            if cost < best_cost:
                best, best_ahead, best_gap_m, best_cost = other, as_drawn, gap_m, cost
    return best, best_ahead, best_gap_m


@kernel
def direction(vertex: Rows, start: int, end: int, east_m: float) -> tuple[float, float]:
    """The unit vector from one vertex to another, (east, north); zero between equal ones."""
    dx = (vertex[end, 0] - vertex[start, 0]) * east_m
    dy = (vertex[end, 1] - vertex[start, 1]) * METRES_PER_DEGREE
    length = math.hypot(dx, dy)
    return (dx / length, dy / length) if length > 0.0 else (0.0, 0.0)
