"""What each junction of a path asks of a driver: a compiled pass, junction by junction.

The rules for one junction are in turn_rules.py. What a driver sees as one turn is joined afterwards, in steps.py.
"""

from __future__ import annotations

import numpy as np

from kernels.caching import cached
from location_cloud.directions.look import (
    ANGLE,
    BEARING,
    COLUMNS,
    FIRST,
    FLAGS,
    MOST_ARMS,
    NAME,
    NODE,
    OPEN,
    SIZE,
    SLIP,
    TAKEN,
)
from location_cloud.directions.manoeuvre_codes import (
    CONTINUE,
    DEPART,
    DRIVING,
    EXIT_ROUND,
    NOTHING,
    ROTARY,
    ROUND,
    STRAIGHT,
    TURN,
    WALKING,
)
from location_cloud.directions.turn_rules import (
    GROUP_DEG,
    _direction,
    _is_one_name,
    _is_ramp,
    _is_simple,
    _off,
    _simplify,
    _turn,
)
from location_cloud.roads.model import FERRY, ROUNDABOUT

AT, KIND, WORD, EXIT, T_ANGLE, BEFORE, AFTER, NAMED, LEFT_AT, PASSED = range(10)
"""Rows of the table of turns: place in the path of the first edge driven after it; kind and modifier; exit; angle (90
right, 180 straight, 270 left); bearings before and after; places in the path of the edge that names the way on and of
the first edge behind a roundabout (-1 = none); junctions passed so far."""


@cached(nogil=True)
def list_turns(path, first, last, places, arms, seg_flags, text_data, text_start, mode):  # type: ignore[no-untyped-def]
    """The turns of a path, (10, turns) int32, the departure first."""
    turns = np.zeros((10, len(path) + 2), np.int32)
    turns[NAMED, 0], turns[LEFT_AT, 0], turns[KIND, 0], turns[WORD, 0] = first, -1, DEPART, STRAIGHT
    count, seen, done = 1, 0, first - 1
    felt = np.empty((MOST_ARMS, COLUMNS), np.int32)
    if mode != WALKING and seg_flags[path[first] >> 1] & ROUNDABOUT:
        done, exits = _ring(first, last, path, places, arms, seg_flags)
        if done <= last:
            _note(turns, count, done - 1, done - 1, EXIT_ROUND, places, arms)
            turns[EXIT, count], turns[WORD, count] = exits, _direction(turns[T_ANGLE, count])
            count += 1
        done -= 1
    for i in range(first, last):
        size, taken = places[i, SIZE], places[i, TAKEN]
        if i <= done or taken == size:
            continue
        here = arms[places[i, FIRST] : places[i, FIRST] + size]
        if size == 2 and taken == 1 and _runs_on(here, mode):
            continue
        seen += size > 2
        if mode != WALKING and here[taken, FLAGS] & ROUNDABOUT:
            kind, word = ROUND, _direction(here[taken, ANGLE])
            _note(turns, count, i, i, kind, places, arms)
            done, exits = _ring(i + 1, last, path, places, arms, seg_flags)
            is_named = here[taken, NAME] != 0 and here[taken, NAME] != here[0, NAME]
            if done <= last:
                _note(turns, count, i, done - 1, ROUND, places, arms)
                turns[EXIT, count], turns[LEFT_AT, count] = exits, done
                way_out = places[done - 1, FIRST] + places[done - 1, TAKEN]
                is_named = is_named and here[taken, NAME] != arms[way_out, NAME]
            if is_named:
                kind = ROTARY
            done -= 1
        else:
            if _is_simple(size, taken, here):
                kind, word = _turn(size, taken, here, text_data, text_start, mode)
            else:
                fewer, way = _simplify(size, taken, here, felt, mode)
                kind, word = _turn(fewer, way, felt, text_data, text_start, mode)
            slip = _slip(i, last, here, places, arms) if here[taken, SLIP] >= 0 and mode != WALKING else 0
            if slip:
                _note(turns, count, i, slip - 1, TURN, places, arms)
                way_on = places[slip - 1, FIRST] + places[slip - 1, TAKEN]
                is_kept = _is_one_name(arms, places[i, FIRST], way_on)
                kind, word = CONTINUE if is_kept else TURN, _direction(turns[T_ANGLE, count])
                done = slip - 1
            elif kind != NOTHING:
                _note(turns, count, i, i, kind, places, arms)
        if kind == NOTHING:
            continue
        turns[KIND, count], turns[WORD, count], turns[PASSED, count] = kind, word, seen
        count += 1
    return turns[:, :count].copy()


@cached(nogil=True)
def _runs_on(here, mode):  # type: ignore[no-untyped-def]
    """Whether the only way on is told nothing of, as at two of five places: what the rules below say, at once."""
    if here[1, SLIP] >= 0 or here[1, FLAGS] & ROUNDABOUT or (here[0, FLAGS] ^ here[1, FLAGS]) & FERRY:
        return False
    return _is_one_name(here, 0, 1) and not (mode == DRIVING and _is_ramp(here, 1) and not _is_ramp(here, 0))


@cached(nogil=True)
def _note(turns, count, i, j, kind, places, arms):  # type: ignore[no-untyped-def]
    """Writes a turn that begins at place i and ends at place j of the path."""
    before = (arms[places[i, FIRST], BEARING] + 180) % 360
    after = arms[places[j, FIRST] + places[j, TAKEN], BEARING]
    turns[AT, count], turns[KIND, count], turns[NAMED, count], turns[LEFT_AT, count] = i + 1, kind, j + 1, -1
    turns[EXIT, count], turns[T_ANGLE, count] = 0, (before + 180 - after) % 360
    turns[BEFORE, count], turns[AFTER, count] = before, arms[places[i, FIRST] + places[i, TAKEN], BEARING]
    if kind != ROUND:
        turns[AFTER, count] = after


@cached(nogil=True)
def _ring(i, last, path, places, arms, seg_flags):  # type: ignore[no-untyped-def]
    """The place in the path behind the roundabout that edge i drives, and how many exits that is."""
    exits = 0
    while i <= last and seg_flags[path[i] >> 1] & ROUNDABOUT:
        if i < last:
            for row in range(places[i, FIRST] + 1, places[i, FIRST] + places[i, SIZE]):
                if arms[row, OPEN] and not arms[row, FLAGS] & ROUNDABOUT:
                    exits += 1
                    break
        i += 1
    return i, exits


@cached(nogil=True)
def _slip(i, last, here, places, arms):  # type: ignore[no-untyped-def]
    """The place in the path behind the slip lane that begins behind place i, 0 = it is left on the way."""
    end = here[places[i, TAKEN], SLIP]
    for j in range(i + 1, min(i + 9, last)):
        if places[j, NODE] == end and places[j, TAKEN] < places[j, SIZE]:
            way_on = places[j, FIRST] + places[j, TAKEN]
            whole, angle = (here[0, BEARING] - arms[way_on, BEARING]) % 360, arms[way_on, ANGLE]
            is_one_side = (whole < 180) == (angle < 180) or _off(angle) < GROUP_DEG
            return j + 1 if 45 < _off(whole) < 135 and is_one_side else 0
    return 0
