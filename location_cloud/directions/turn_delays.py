"""What turning at a junction takes: the kinds of turns that a family's graph tells apart, a profile's delay for each.

Kinds are angles and what lies around, so they are built into the graph once; how long each takes is the profile's, and
comes in through its metric like every other cost.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import or_

import numpy as np
from numpy.typing import NDArray

from location_cloud.directions.profiles import Profile
from location_cloud.directions.star import Star
from location_cloud.roads.edges import Topology
from location_cloud.roads.model import ROUNDABOUT, Roads
from routing.rows import group_rows

STEP_DEG = 5
"""Angles are told apart so finely: where the delay rises fastest that is 0.7 s."""

LEAST_S = 0.1
"""Shorter delays are none: they would make an edge of its own of every bend that is called a junction."""

_STEPS = 180 // STEP_DEG
_ANGLES = 2 * _STEPS + 1
TURN_ROUND_KIND = 2 * _ANGLES + 1
KINDS = TURN_ROUND_KIND + 1
"""0 = no turn; 1.. the angles from -180 (left) to 180 (right), in roundabouts the same again, turning round."""


def turn_kinds(
    roads: Roads, star: Star, ends: Topology, is_open: NDArray[np.bool_], profiles: Sequence[Profile], driving_side: str
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The turns that take some of the profiles time: (n, 2) edge left and edge driven next; (n,) kinds from 1 on.

    is_open: (edges,) where any of them may drive. Where no more than two roads meet that are theirs by their signs,
    nobody turns, unless he turns round.
    """
    takes_time = np.zeros(KINDS, bool)
    for profile in profiles:
        takes_time |= turn_delays_ms(profile, driving_side) > 0
    if not takes_time.any():
        return np.empty((0, 2), np.int64), np.empty(0, np.int64)
    left, driven = _turns(ends, is_open)
    theirs = reduce(or_, (profile.access for profile in profiles))
    is_theirs = (roads.seg_access_forward | roads.seg_access_backward) & theirs != 0
    meeting = np.bincount(ends.tail[np.repeat(is_theirs, 2)], minlength=ends.nodes)
    is_round = driven == left ^ 1
    is_turn = is_round | (meeting[ends.head[left]] > 2)
    left, driven, is_round = left[is_turn], driven[is_turn], is_round[is_turn]
    bearing = np.empty(len(star.edge), np.int64)
    bearing[star.edge] = star.bearing_deg
    angle = (bearing[driven] - bearing[left ^ 1]) % 360 - 180  # back the way one came is the bearing of left ^ 1
    kind = 1 + _STEPS + np.rint(angle / STEP_DEG).astype(np.int64)
    is_circling = np.repeat(roads.seg_flags & ROUNDABOUT != 0, 2)
    kind[is_circling[left] | is_circling[driven]] += _ANGLES
    kind[is_round] = TURN_ROUND_KIND
    counts = takes_time[kind]
    return np.stack([left[counts], driven[counts]], axis=1), kind[counts]


def turn_delays_ms(profile: Profile, driving_side: str) -> NDArray[np.int32]:
    """(KINDS,) int32 milliseconds that a profile loses by each kind of turn.

    A sigmoid over the angle up to turn_s, turns towards the near side cheaper by turn_bias, those across the oncoming
    traffic dearer, and by up to across_s more, not so in roundabouts. Turning round takes u_turn_s besides.
    Source: OSRM car profile, process_turn; its numbers were fitted to samples of real drives.
    """
    delay = np.zeros(KINDS)
    degrees = np.arange(-_STEPS, _STEPS + 1) * STEP_DEG
    share, is_near = np.abs(degrees) / 180.0, degrees >= 0
    if driving_side == "left":
        is_near = degrees <= 0
    bias = np.where(is_near, profile.turn_bias, 1.0 / profile.turn_bias)
    plain = profile.turn_s / (1.0 + np.exp(6.5 * bias - 13.0 / bias * share))
    across = profile.across_s / (1.0 + np.exp(3.25 - 13.0 * share))
    delay[1 : 1 + _ANGLES] = plain + np.where(is_near, 0.0, across)
    delay[1 + _ANGLES : 1 + 2 * _ANGLES] = plain
    delay[TURN_ROUND_KIND] = plain[-1 if driving_side == "left" else 0] + profile.u_turn_s
    delay[delay < LEAST_S] = 0.0
    return np.rint(1000.0 * delay).astype(np.int32)


def _turns(ends: Topology, is_open: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Every edge with every edge that begins where it ends."""
    edges = np.flatnonzero(is_open)
    start, order = group_rows(ends.tail[edges], ends.nodes)
    begin = start[ends.head[edges]]
    count = start[ends.head[edges] + 1] - begin
    number = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return np.repeat(edges, count), edges[order[np.repeat(begin, count) + number]]
