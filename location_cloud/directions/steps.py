"""Joins the turns of a path as a driver sees them, and cuts the path into the steps between: a compiled pass."""

from __future__ import annotations

import numpy as np

from kernels.caching import cached
from location_cloud.directions.manoeuvre_codes import (
    ARRIVE,
    CONTINUE,
    END_OF_ROAD,
    LEFT,
    NEW_NAME,
    ON_FERRY,
    RIGHT,
    SHARP_LEFT,
    SHARP_RIGHT,
    SLIGHT_LEFT,
    SLIGHT_RIGHT,
    STRAIGHT,
    TURN,
    UTURN,
    WALKING,
)
from location_cloud.directions.turns import (
    AFTER,
    AT,
    BEFORE,
    EXIT,
    KIND,
    LEFT_AT,
    NAMED,
    PASSED,
    T_ANGLE,
    WORD,
)
from location_cloud.roads.model import FERRY
from routing.metric import metres_per_degree

(
    S_KIND,
    S_MODIFIER,
    S_EXIT,
    S_SIDE,
    S_MODE,
    S_ANGLE,
    S_BEFORE,
    S_AFTER,
    S_ROAD,
    S_FIRST_EDGE,
    S_LAST_EDGE,
    S_FIRST_POINT,
    S_LAST_POINT,
    S_LEAVE_EDGE,
    S_LEAVE_POINT,
    S_JUNCTION,
) = range(16)
"""Rows of the table of steps, see guidance.StepArrays."""

ONE_TURN_M = 30.0
"""Two manoeuvres so near each other are one. Source: OSRM guidance, MAX_COLLAPSE_DISTANCE."""

SHORT_NAME_M = 105.0
"""A name driven less than this is not told. Source: OSRM guidance, NAME_SEGMENT_CUTOFF_LENGTH."""

STAGGER_M = 12.0
"""Side streets so little apart are one crossing to a driver; ours (OSRM: 3 m)."""

WALK_M = 15.0
"""Turns of a walker nearer each other are one; ours: the width of a street."""

BESIDE_M = 5.0
"""An asked place so near the line lies on no side of it."""

LEAST_PASSED = 2
"""Junctions since the last step that make the end of a road worth its name. Source: OSRM guidance,
MIN_END_OF_ROAD_INTERSECTIONS."""

LOOK_M = 10.0
"""How far along the line a trip's first and last direction are taken."""


@cached(nogil=True)
def list_path_steps(  # type: ignore[no-untyped-def]  # a kernel; guidance.guide_leg is typed
    turns, last, path, duration_ms, line_e7, begins, along_m, asked, seg_flags, seg_name, seg_ref, mode
):
    """Steps of a path: (16, k) int32 rows S_..., (k,) int64 milliseconds, (k,) float64 metres; the arrival last."""
    kept = _join(turns, path, begins, along_m, seg_name, seg_ref, mode)
    count = len(kept) + 1
    steps = np.zeros((16, count), np.int32)
    lasting_ms, length_m = np.zeros(count, np.int64), np.zeros(count)
    for k in range(count - 1):
        turn = turns[:, kept[k]]
        from_edge = turn[AT] if k else 0
        to_edge = turns[AT, kept[k + 1]] if k + 2 < count else len(path)
        if turn[KIND] == END_OF_ROAD and turn[PASSED] - turns[PASSED, kept[k - 1]] < LEAST_PASSED:
            is_kept = (
                _is_one(path[turn[AT] - 1], path[turn[NAMED]], seg_name, seg_ref) and seg_name[path[turn[NAMED]] >> 1]
            )
            turn[KIND] = CONTINUE if is_kept else TURN
        steps[S_KIND, k], steps[S_MODIFIER, k], steps[S_EXIT, k] = turn[KIND], turn[WORD], turn[EXIT]
        steps[S_ANGLE, k], steps[S_BEFORE, k], steps[S_AFTER, k] = turn[T_ANGLE], turn[BEFORE], turn[AFTER]
        steps[S_ROAD, k] = path[turn[NAMED]]
        steps[S_MODE, k] = ON_FERRY if seg_flags[path[turn[NAMED]] >> 1] & FERRY else mode
        steps[S_FIRST_EDGE, k], steps[S_LAST_EDGE, k] = from_edge, to_edge
        steps[S_FIRST_POINT, k], steps[S_LAST_POINT, k] = begins[from_edge], begins[to_edge]
        steps[S_LEAVE_EDGE, k] = turn[LEFT_AT]
        steps[S_LEAVE_POINT, k] = begins[turn[LEFT_AT]] if turn[LEFT_AT] >= 0 else -1
        length_m[k] = along_m[begins[to_edge]] - along_m[begins[from_edge]]
        for edge in range(from_edge, to_edge):
            lasting_ms[k] += duration_ms[edge]
    k = count - 1
    steps[S_ANGLE, 0] = steps[S_ANGLE, k] = 180
    steps[S_KIND, k], steps[S_MODE, k] = ARRIVE, steps[S_MODE, k - 1]
    steps[S_ROAD, k], steps[S_LEAVE_EDGE, k], steps[S_LEAVE_POINT, k] = path[last], -1, -1
    steps[S_FIRST_EDGE, k] = steps[S_LAST_EDGE, k] = len(path)
    steps[S_FIRST_POINT, k] = steps[S_LAST_POINT, k] = len(line_e7) - 1
    steps[S_AFTER, 0] = _bearing(line_e7, along_m, 0, 1)
    steps[S_BEFORE, k] = (_bearing(line_e7, along_m, len(line_e7) - 1, -1) + 180) % 360
    steps[S_SIDE, 0] = _side(line_e7[0], steps[S_AFTER, 0], asked[0])
    steps[S_SIDE, k] = _side(line_e7[-1], steps[S_BEFORE, k], asked[1])
    for at in (0, k):
        steps[S_MODIFIER, at] = (STRAIGHT, LEFT, RIGHT)[steps[S_SIDE, at]]
    return steps, lasting_ms, length_m


@cached(nogil=True)
def _bearing(line_e7, along_m, point, step):  # type: ignore[no-untyped-def]
    """The direction of the line from one of its ends to some LOOK_M on, whole degrees."""
    lon_m, lat_m = metres_per_degree(line_e7[point, 1] / 1e7)
    at = point
    while 0 <= at + step < len(line_e7) and abs(along_m[at] - along_m[point]) < LOOK_M:
        at += step
    if at == point:
        return 0
    piece = abs(along_m[at] - along_m[at - step])
    share = min(1.0, (LOOK_M - abs(along_m[at - step] - along_m[point])) / piece) if piece > 0.0 else 1.0
    x = line_e7[at - step, 0] + share * (np.int64(line_e7[at, 0]) - line_e7[at - step, 0]) - line_e7[point, 0]
    y = line_e7[at - step, 1] + share * (np.int64(line_e7[at, 1]) - line_e7[at - step, 1]) - line_e7[point, 1]
    return round(np.degrees(np.arctan2(x * lon_m, y * lat_m))) % 360


@cached(nogil=True)
def _side(at_e7, bearing_deg, asked):  # type: ignore[no-untyped-def]
    """Place in SIDES: on which side of the direction of travel the asked place lies."""
    lon_m, lat_m = metres_per_degree(at_e7[1] / 1e7)
    x = (asked[0] - at_e7[0] / 1e7) * lon_m
    y = (asked[1] - at_e7[1] / 1e7) * lat_m
    bearing = np.radians(bearing_deg)
    right_m = x * np.cos(bearing) - y * np.sin(bearing)
    if abs(right_m) <= BESIDE_M:
        return 0
    return 2 if right_m > 0 else 1


# --- what a driver sees as one turn ----------------------------------------------------------------------------------


@cached(nogil=True)
def _join(turns, path, begins, along_m, seg_name, seg_ref, mode):  # type: ignore[no-untyped-def]
    """The turns that are told, in order; what they say is mended where several are one."""
    kept = np.zeros(turns.shape[1], np.int32)
    size = 1
    for t in range(1, turns.shape[1]):
        kept[size] = t
        size += 1
        while size > 2:
            shorter = _join_last(turns, kept, size, path, begins, along_m, seg_name, seg_ref, mode)
            if shorter == size:
                break
            size = shorter
        if size == 2 and turns[KIND, kept[1]] == NEW_NAME:
            # a name that begins within the first steps of the trip is the name it begins on
            gap = along_m[begins[turns[AT, kept[1]]]]
            old, new = path[turns[NAMED, 0]], path[turns[NAMED, kept[1]]]
            if gap < ONE_TURN_M or (seg_name[new >> 1] != 0 and _is_one(old, new, seg_name, seg_ref)):
                turns[NAMED, 0] = turns[NAMED, kept[1]]
                size = 1
    return kept[:size].copy()


@cached(nogil=True)
def _join_last(turns, kept, size, path, begins, along_m, seg_name, seg_ref, mode):  # type: ignore[no-untyped-def]
    """Joins the last two of the kept turns if they are one; gives how many are left."""
    a, b, before = kept[size - 2], kept[size - 1], kept[size - 3]
    one, two = turns[KIND, a], turns[KIND, b]
    from_edge = max(turns[AT, a], turns[NAMED, a])
    gap = along_m[begins[turns[AT, b]]] - along_m[begins[from_edge]]
    old, middle, new = path[turns[NAMED, before]], path[turns[NAMED, a]], path[turns[NAMED, b]]
    near = WALK_M if mode == WALKING else ONE_TURN_M
    if two == NEW_NAME and seg_name[new >> 1] != 0 and _is_one(middle, new, seg_name, seg_ref):
        return size - 1  # the name was missing on a stretch
    if one == NEW_NAME:
        if gap < SHORT_NAME_M and two == NEW_NAME:
            return _drop(kept, size, a, b, _is_one(old, new, seg_name, seg_ref))
        if gap < near and _is_turn(two):
            if two == CONTINUE and not _is_one(old, new, seg_name, seg_ref):
                turns[KIND, b] = TURN
            kept[size - 2] = b
            return size - 1
        return size
    if two == NEW_NAME and gap < near and (_is_turn(one) or one >= 9):
        if one == CONTINUE and not _is_one(old, new, seg_name, seg_ref):
            turns[KIND, a] = TURN
        turns[NAMED, a] = turns[NAMED, b]
        return size - 1
    if not (_is_turn(one) and _is_turn(two)) or gap >= near:
        return size
    whole = (turns[BEFORE, a] + 180 - turns[AFTER, b]) % 360
    turn_a, turn_b = turns[T_ANGLE, a] - 180, turns[T_ANGLE, b] - 180
    is_one_side = (turn_a < 0) == (turn_b < 0)
    if is_one_side and abs(turn_a) > 45 and abs(turn_b) > 45:
        if not (whole < 30 or whole > 330):
            return size
        turns[WORD, a], turns[T_ANGLE, a] = UTURN, 0
        turns[KIND, a] = CONTINUE if _is_one(path[turns[AT, a] - 1], new, seg_name, seg_ref) else TURN
    elif abs(turn_b) <= 30:
        turns[T_ANGLE, a] = whole
        if _is_one(path[turns[AT, a] - 1], new, seg_name, seg_ref) != (turns[KIND, a] == CONTINUE) and one == CONTINUE:
            turns[KIND, a] = TURN
    elif not is_one_side and abs(whole - 180) < 30 and (gap < STAGGER_M or mode == WALKING):
        if _is_one(old, new, seg_name, seg_ref) or (mode == WALKING and seg_name[new >> 1] == 0):
            return size - 2
        turns[KIND, a], turns[WORD, a], turns[T_ANGLE, a] = NEW_NAME, STRAIGHT, whole
    elif mode == WALKING:
        turns[T_ANGLE, a], turns[WORD, a] = whole, _word(whole)
    else:
        return size
    turns[NAMED, a], turns[AFTER, a] = turns[NAMED, b], turns[AFTER, b]
    return size - 1


@cached(nogil=True)
def _drop(kept, size, a, b, both):  # type: ignore[no-untyped-def]
    """Leaves out the last but one, or both."""
    if both:
        return size - 2
    kept[size - 2] = b
    return size - 1


@cached(nogil=True)
def _is_turn(kind):  # type: ignore[no-untyped-def]
    return kind in (TURN, CONTINUE, END_OF_ROAD)


@cached(nogil=True)
def _is_one(one, other, name, ref):  # type: ignore[no-untyped-def]
    """Whether two edges bear one name, or one number where neither has a name."""
    a, b = one >> 1, other >> 1
    if name[a] != 0 or name[b] != 0:
        return name[a] == name[b]
    return ref[a] == ref[b]


@cached(nogil=True)
def _word(angle):  # type: ignore[no-untyped-def]
    for limit, word in ((60, SHARP_RIGHT), (140, RIGHT), (160, SLIGHT_RIGHT), (201, STRAIGHT), (221, SLIGHT_LEFT)):
        if angle < limit:
            return word
    return LEFT if angle <= 300 else SHARP_LEFT
