"""Judges one junction: which way on needs no telling, and what taking another is called.

The rules (what is obvious, a fork, the end of a road) follow those that OSRM's documentation and its answers show;
thresholds bear OSRM's values where it has one.
"""

from __future__ import annotations

from kernels.caching import cached
from location_cloud.directions.look import (
    ANGLE,
    CLASS,
    COLUMNS,
    FAR,
    FLAGS,
    MINOR,
    NAME,
    OPEN,
    RANK,
    REF,
    SLIP,
)
from location_cloud.directions.manoeuvre_codes import (
    CONTINUE,
    DRIVING,
    END_OF_ROAD,
    FORK,
    LEFT,
    MERGE,
    NEW_NAME,
    NOTHING,
    OFF_RAMP,
    ON_RAMP,
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
from location_cloud.roads.model import CLASSES, FERRY, ONEWAY

NARROW_DEG, FUZZY_DEG, GROUP_DEG, DISTINCT = 40, 25, 60, 2.0
"""Roads within NARROW of straight on compete; within FUZZY they look straight; GROUP apart they are two directions; a
way is distinct when others deviate DISTINCT times as much. Source: OSRM guidance constants."""

_MOTORWAY, _MOTORWAY_LINK = CLASSES.index("motorway"), CLASSES.index("motorway_link")
_TRUNK, _TRUNK_LINK = CLASSES.index("trunk"), CLASSES.index("trunk_link")


@cached(nogil=True)
def _is_simple(size, taken, here):  # type: ignore[no-untyped-def]
    """Whether `_simplify` would change nothing."""
    for k in range(1, size):
        if k != taken and (here[k, SLIP] >= 0 or here[k, FAR] == here[taken, FAR] or here[k, FAR] == here[0, FAR]):
            return False
        if k > 1 and here[k, FLAGS] & here[k - 1, FLAGS] & ONEWAY:
            return False
    return True


@cached(nogil=True)
def _simplify(size, taken, here, felt, mode):  # type: ignore[no-untyped-def]
    """The junction as it feels, written to `felt`; gives its size and the place of the way taken.

    Slip lanes that leave further off than the way taken do not compete with it. The two roadways of a divided road
    that begin at one junction are one road between them. A road drawn twice is one.
    """
    left, found = 0, taken
    for k in range(size):
        if k == taken:
            found = left
        elif k:
            is_slip = mode != WALKING and here[k, SLIP] >= 0 and _off(here[k, ANGLE]) > _off(here[taken, ANGLE])
            if is_slip or _is_double(here, k, taken) or _is_double(here, k, 0):
                continue
        for column in range(COLUMNS):
            felt[left, column] = here[k, column]
        if left > 1 and felt[left - 1, OPEN] != felt[left, OPEN]:
            one = left - 1
            is_near = felt[left, ANGLE] - felt[one, ANGLE] < GROUP_DEG and felt[one, CLASS] == felt[left, CLASS]
            if is_near and felt[one, FLAGS] & felt[left, FLAGS] & ONEWAY and _is_one_name(felt, one, left):
                angle = (felt[one, ANGLE] + felt[left, ANGLE]) // 2
                if felt[left, OPEN]:
                    felt[one] = felt[left]
                if found == left:
                    found = left - 1
                felt[left - 1, ANGLE] = angle
                left -= 1
        left += 1
    return left, found


@cached(nogil=True)
def _is_double(arms, one, other):  # type: ignore[no-untyped-def]
    """Whether two arms lead to one node in about one direction."""
    apart = abs(arms[one, ANGLE] - arms[other, ANGLE])
    return arms[one, FAR] == arms[other, FAR] and min(apart, 360 - apart) < 5


@cached(nogil=True)
def _off(angle):  # type: ignore[no-untyped-def]
    """How far a way is from straight on, degrees."""
    return abs(angle - 180)


@cached(nogil=True)
def _direction(angle):  # type: ignore[no-untyped-def]
    """The modifier for an angle. Source: OSRM, getTurnDirection."""
    if angle < 1 or angle > 359:
        return UTURN
    if angle <= 200:
        if angle < 60:
            return SHARP_RIGHT
        return RIGHT if angle < 140 else SLIGHT_RIGHT if angle < 160 else STRAIGHT
    return SLIGHT_LEFT if angle <= 220 else LEFT if angle <= 300 else SHARP_LEFT


@cached(nogil=True)
def _is_one_name(arms, one, other):  # type: ignore[no-untyped-def]
    """Whether two arms bear the same name, or the same number where neither has a name."""
    if arms[one, NAME] != 0 or arms[other, NAME] != 0:
        return arms[one, NAME] == arms[other, NAME]
    return arms[one, REF] != 0 and arms[one, REF] == arms[other, REF]


@cached(nogil=True)
def _holds(data, start, whole, part):  # type: ignore[no-untyped-def]
    """Whether a text is part of another."""
    length, most = start[part + 1] - start[part], start[whole + 1] - start[whole]
    for at in range(start[whole], start[whole] + most - length + 1):
        i = 0
        while i < length and data[at + i] == data[start[part] + i]:
            i += 1
        if i == length:
            return True
    return False


@cached(nogil=True)
def _is_told(arms, other, data, start):  # type: ignore[no-untyped-def]
    """Whether a driver who stays on the road must hear that it is called otherwise on another arm.

    Source: OSRM, its rules for names: a name that ends, or grows or loses a part, is no news.
    """
    ref, new_ref, name, new_name = arms[0, REF], arms[other, REF], arms[0, NAME], arms[other, NAME]
    is_ref_kept = ref == 0 or new_ref == 0 or ref == new_ref
    is_ref_kept = is_ref_kept or _holds(data, start, ref, new_ref) or _holds(data, start, new_ref, ref)
    if name == new_name:
        return not is_ref_kept or (name == 0 and ref == 0 and new_ref != 0)
    if new_name == 0 or name == 0:
        return name == 0 or not is_ref_kept
    return not (is_ref_kept and (_holds(data, start, name, new_name) or _holds(data, start, new_name, name)))


@cached(nogil=True)
def _is_plainer(arms, one, other):  # type: ignore[no-untyped-def]
    """Whether the class of the roads makes `one` the way on, rather than `other`. Source: OSRM, obviousByRoadClass."""
    if arms[one, CLASS] == arms[0, CLASS] and 1.75 * arms[one, RANK] < arms[other, RANK]:
        return True
    return not arms[one, MINOR] and not arms[0, MINOR] and arms[other, MINOR]


@cached(nogil=True)
def _is_ramp(arms, k):  # type: ignore[no-untyped-def]
    return arms[k, CLASS] == _MOTORWAY_LINK or arms[k, CLASS] == _TRUNK_LINK


@cached(nogil=True)
def _is_motorway(arms, k):  # type: ignore[no-untyped-def]
    return arms[k, CLASS] == _MOTORWAY or arms[k, CLASS] == _TRUNK


@cached(nogil=True)
def _obvious(size, arms):  # type: ignore[no-untyped-def]
    """The arm that needs no telling, 0 = none. Source: OSRM, findObviousTurn."""
    if size <= 2:
        return size - 1
    best, same, sames, narrow_sames, ways_on = 0, 0, 0, 0, 0
    for k in range(1, size):
        if not arms[k, OPEN]:
            continue
        ways_on += 1
        off, minor, minor_best = _off(arms[k, ANGLE]), arms[k, MINOR], arms[best, MINOR]
        if best == 0 or (minor_best and not minor) or (minor == minor_best and off < _off(arms[best, ANGLE])):
            best = k
        if _is_one_name(arms, 0, k):
            sames += 1
            narrow_sames += off < NARROW_DEG
            if same == 0 or _continues_better(arms, k, same):
                same = k
    if best == 0 or _off(arms[best, ANGLE]) >= 2 * NARROW_DEG:
        return 0
    if ways_on == 1 and _off(arms[best, ANGLE]) < GROUP_DEG:
        return best
    if _ignores_name(size, best, same, sames, narrow_sames, arms):
        return _distinct(size, best, arms)
    return same if _keeps_on(size, same, arms) else 0


@cached(nogil=True)
def _continues_better(arms, k, other):  # type: ignore[no-untyped-def]
    """Which of two arms of the road's own name continues it."""
    is_class, is_other_class = arms[k, CLASS] == arms[0, CLASS], arms[other, CLASS] == arms[0, CLASS]
    if not is_other_class and (is_class or arms[other, RANK] > arms[k, RANK]):
        return True
    return arms[other, RANK] == arms[k, RANK] and _off(arms[k, ANGLE]) < _off(arms[other, ANGLE])


@cached(nogil=True)
def _keeps_on(size, same, arms):  # type: ignore[no-untyped-def]
    """Whether the arm that keeps the road's name is the plain way on."""
    off_same = _off(arms[same, ANGLE])
    if off_same < 1:
        return True
    for k in range(1, size):
        if k == same or not arms[k, OPEN]:
            continue
        off, is_same = _off(arms[k, ANGLE]), _is_one_name(arms, 0, k)
        if _is_plainer(arms, same, k):
            if off > FUZZY_DEG or off_same < GROUP_DEG or arms[k, MINOR]:
                continue
            return False  # the road turns off, and another street runs straight on
        if _is_ramp(arms, k) and off_same < GROUP_DEG and not _is_ramp(arms, same):
            continue
        if off_same < NARROW_DEG / 2 and not is_same and not _is_plainer(arms, k, same):
            continue  # the road keeps its name and runs on almost straight
        if off < FUZZY_DEG or off < DISTINCT / 1.5 * off_same or (is_same and off < 1.5 * DISTINCT * off_same):
            return False
    return True


@cached(nogil=True)
def _ignores_name(size, best, same, sames, narrow_sames, arms):  # type: ignore[no-untyped-def]
    """Whether the plainest way is to be judged without regard to the road that keeps its name."""
    if same == 0 or (sames >= 2 and size >= 4 and narrow_sames < sames):
        return True
    off_best, off_same = _off(arms[best, ANGLE]), _off(arms[same, ANGLE])
    if sames >= 2 and off_same >= 2 * NARROW_DEG:
        return True
    if _is_plainer(arms, same, best):
        return False
    if _is_plainer(arms, best, same):
        return True
    if off_best >= off_same:
        return False
    if off_best < FUZZY_DEG and not _is_ramp(arms, best):
        return True
    return arms[0, CLASS] == arms[best, CLASS] and arms[same, RANK] > arms[best, RANK]


@cached(nogil=True)
def _distinct(size, best, arms):  # type: ignore[no-untyped-def]
    """The best way, if it stands out from its two neighbours; else 0."""
    off = _off(arms[best, ANGLE])
    left, right = (best + 1) % size, best - 1
    if off < 3 and min(_off(arms[left, ANGLE]), _off(arms[right, ANGLE])) > FUZZY_DEG:
        return best
    for k in (left, right):
        if k == 0 or _is_plainer(arms, best, k):
            continue
        off_k = _off(arms[k, ANGLE])
        if off_k <= FUZZY_DEG and (off > NARROW_DEG or arms[k, OPEN]):
            return 0
        ratio = DISTINCT
        if not arms[k, OPEN]:
            ratio *= 0.7
        elif arms[best, RANK] < arms[k, RANK]:
            ratio *= 0.8
        if off_k < ratio * off:
            return 0
    return best


@cached(nogil=True)
def _fork(size, arms):  # type: ignore[no-untyped-def]
    """The right one of two ways that part narrowly and alike (the left one is the next arm), 0 = no fork."""
    right, count = 0, 0
    for k in range(1, size):
        if _off(arms[k, ANGLE]) < NARROW_DEG:
            if not arms[k, OPEN]:
                return 0
            right = k if count == 0 else right
            count += 1
    if count != 2:
        return 0
    left = right + 1
    if arms[right, ANGLE] > 180 + FUZZY_DEG or arms[left, ANGLE] < 180 - FUZZY_DEG:
        return 0
    if arms[left, ANGLE] - arms[right, ANGLE] > GROUP_DEG or arms[left, MINOR] != arms[right, MINOR]:
        return 0
    is_uneven = _is_plainer(arms, right, left) or _is_plainer(arms, left, right)
    return 0 if is_uneven or _is_ramp(arms, left) != _is_ramp(arms, right) else right


@cached(nogil=True)
def _apart(size, taken, arms):  # type: ignore[no-untyped-def]
    """The modifier of an arm, told apart from another open one that would bear the same."""
    word = _direction(arms[taken, ANGLE])
    rival = -1
    for k in range(1, size):
        if k != taken and arms[k, OPEN] and _direction(arms[k, ANGLE]) == word:
            rival = k
    if rival < 0 or word == UTURN:
        return word
    if word == STRAIGHT:
        return SLIGHT_RIGHT if arms[taken, ANGLE] < arms[rival, ANGLE] else SLIGHT_LEFT
    off, rival_off = _off(arms[taken, ANGLE]), _off(arms[rival, ANGLE])
    if word in (RIGHT, LEFT):
        step = 1 if word == RIGHT else -1
        if off < rival_off and off < 75:
            return word - step
        if off > rival_off and off > 105 and rival_off >= 75:
            return word + step
    return word


@cached(nogil=True)
def _motorway_turn(size, taken, arms, data, start):  # type: ignore[no-untyped-def]
    """Kind and modifier on and off motorways; kind -2 = this is no motorway junction. Source: OSRM's motorway rules."""
    if not (_is_motorway(arms, taken) or _is_ramp(arms, taken)):
        return -2, STRAIGHT
    is_on, motorways, ways_on, rivals_right = _is_motorway(arms, 0), 0, 0, 0
    for k in range(1, size):
        if not arms[k, OPEN]:
            continue
        is_motorway = _is_motorway(arms, k)
        if _off(arms[k, ANGLE]) > GROUP_DEG or not (is_motorway or _is_ramp(arms, k)):
            return -2, STRAIGHT
        ways_on += 1
        motorways += is_motorway
        rivals_right += k < taken
    if not is_on and motorways == 0:
        return -2, STRAIGHT
    word = _direction(arms[taken, ANGLE])
    if ways_on == 1:
        if is_on or size == 2 or not _is_motorway(arms, taken):
            return -2, word
        if not _is_told(arms, taken, data, start):
            return NOTHING, word
        return MERGE, SLIGHT_LEFT if taken == 1 else SLIGHT_RIGHT
    side = SLIGHT_RIGHT if rivals_right == 0 else SLIGHT_LEFT
    if not _is_motorway(arms, taken):
        if not is_on or motorways == 0:
            return FORK, side
        return OFF_RAMP, word if word != STRAIGHT else side
    if motorways > 1 or not is_on:
        return FORK, side
    return NEW_NAME if _is_told(arms, taken, data, start) else NOTHING, word


@cached(nogil=True)
def _turn(size, taken, arms, data, start, mode):  # type: ignore[no-untyped-def]
    """Kind (NOTHING: needs no telling) and modifier of taking an arm. Source: OSRM, turn handler."""
    is_kept = _is_one_name(arms, 0, taken)
    if taken == 0:
        return CONTINUE if is_kept else TURN, UTURN
    word = _direction(arms[taken, ANGLE])
    if (arms[0, FLAGS] ^ arms[taken, FLAGS]) & FERRY:
        return NEW_NAME, word
    if mode == DRIVING:
        kind, motorway_word = _motorway_turn(size, taken, arms, data, start)
        if kind != -2:
            return kind, motorway_word
    basic = CONTINUE if is_kept else TURN
    is_ramp = mode == DRIVING and _is_ramp(arms, taken) and not _is_ramp(arms, 0)
    if is_ramp:
        basic = OFF_RAMP if _is_motorway(arms, 0) else ON_RAMP
    obvious = _obvious(size, arms)
    if obvious == taken:
        if is_ramp:
            return basic, word
        if is_kept or not _is_told(arms, taken, data, start):
            return NOTHING, word
        if _off(arms[taken, ANGLE]) >= FUZZY_DEG:
            for k in range(1, size):
                is_through = 150 < abs(arms[k, ANGLE] - arms[taken, ANGLE]) < 210
                if k != taken and is_through and _is_one_name(arms, k, taken):
                    return TURN, word
        return NEW_NAME, word
    if obvious == 0:
        fork = _fork(size, arms)
        if fork and (taken == fork or taken == fork + 1):
            return FORK, SLIGHT_RIGHT if taken == fork else SLIGHT_LEFT
        is_t = size == 3 and abs(arms[1, ANGLE] - 90) < NARROW_DEG and abs(arms[2, ANGLE] - 270) < NARROW_DEG
        if is_t and not is_ramp:
            return END_OF_ROAD, RIGHT if taken == 1 else LEFT
    elif word == STRAIGHT and _direction(arms[obvious, ANGLE]) == STRAIGHT:
        return basic, SLIGHT_RIGHT if taken < obvious else SLIGHT_LEFT
    return basic, _apart(size, taken, arms)
