"""What holds of roads and turns at some hours, in some weather or for some vehicles only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from location_cloud.directions.model import Vehicle
from location_cloud.directions.network import BARRIER, SIGN, TURN_ROUND, Gate
from location_cloud.directions.profiles import Profile
from location_cloud.roads.hours import Condition, is_active, parse_condition
from location_cloud.roads.model import (
    BACKWARD,
    FORWARD,
    HGV,
    VEHICLES,
    WHEN_CLOSED,
    WHEN_LOCAL,
    WHEN_MAX_WEIGHT,
    WHEN_OPEN,
    WHEN_SPEED,
    Roads,
)

WINTER_WORDS = frozenset(("winter", "snow", "ice"))
"""Conditions that hold while the season is winter. Others of weather ("wet") never do: nobody tells us."""

_SIZES = {
    "height": "height_m",
    "width": "width_m",
    "length": "length_m",
    "weight": "weight_t",
    "axleload": "axle_load_t",
}


@dataclass(frozen=True)
class Situation:
    """What conditions are judged by. vehicle: with the profile's sizes filled in. at: the city's wall clock, None =
    not told: conditions that name hours do not hold.
    """

    profile: Profile
    vehicle: Vehicle
    season: str = ""
    at: datetime | None = None


def holds(text: str, situation: Situation) -> bool:
    """Whether a condition as OSM writes it holds; "" always does, what cannot be read never."""
    condition = parse_condition(text)
    if condition is None or (condition.has_hours and situation.at is None):
        return False
    if not all(_word_holds(word, situation) for word in condition.words) or not _sizes_hold(condition, situation):
        return False
    return situation.at is None or is_active(condition, situation.at)


def shut_gates(gates: Sequence[Gate], situation: Situation) -> NDArray[np.bool_]:
    """Which gates of a family are shut: (gates,) bool."""
    return np.array([_is_shut(gate, situation) for gate in gates], bool)


@dataclass(frozen=True, eq=False)
class Active:
    """The rows of conditions that hold, by segment and side (0 forward, 1 backward), in the order in which later ones
    count. value: see roads.model, WHEN_... .
    """

    segment: NDArray[np.intp]
    side: NDArray[np.intp]
    kind: NDArray[np.uint8]
    value: NDArray[np.int32]

    def of(self, *kinds: int) -> Active:
        """The rows of some kinds."""
        chosen = np.isin(self.kind, kinds)
        return Active(self.segment[chosen], self.side[chosen], self.kind[chosen], self.value[chosen])

    @property
    def access(self) -> Active:
        """What closes and opens."""
        return self.of(WHEN_CLOSED, WHEN_OPEN, WHEN_LOCAL)

    @property
    def speed(self) -> Active:
        """What changes the signed speed."""
        return self.of(WHEN_SPEED)

    @property
    def weight(self) -> Active:
        """What changes the signed weight."""
        return self.of(WHEN_MAX_WEIGHT)


def active_rows(roads: Roads, situation: Situation) -> Active:
    """The rows of conditions that hold for the profile now."""
    rows = np.flatnonzero(roads.when_vehicles & situation.profile.access)
    texts, place = np.unique(roads.when_text[rows], return_inverse=True)
    is_held = np.array([holds(roads.names[text], situation) if text else True for text in texts.tolist()], bool)
    return _sides(roads, rows[is_held[place]])


def opening_rows(roads: Roads, profile: Profile) -> Active:
    """The rows that ever open a road to the profile, held or not."""
    is_opening = np.isin(roads.when_kind, (WHEN_OPEN, WHEN_LOCAL)) & (roads.when_vehicles & profile.access != 0)
    return _sides(roads, np.flatnonzero(is_opening))


def conditional_segments(roads: Roads, profile: Profile) -> NDArray[np.intp]:
    """Segments of which something holds for the profile under a condition only, ascending."""
    return np.unique(roads.when_segment[roads.when_vehicles & profile.access != 0]).astype(np.intp)


def part_of(roads: Roads, segments: NDArray[np.intp]) -> Roads:
    """The columns of some segments (numbers, ascending) and the rows of conditions that speak of them, renumbered;
    everything else as it was. For judging a few hundred segments anew, not for topology.
    """
    columns = {each.name: getattr(roads, each.name)[segments] for each in fields(Roads) if each.name.startswith("seg_")}
    rows = np.flatnonzero(np.isin(roads.when_segment, segments))
    columns |= {each.name: getattr(roads, each.name)[rows] for each in fields(Roads) if each.name.startswith("when_")}
    columns["when_segment"] = np.searchsorted(segments, columns["when_segment"])
    return replace(roads, **columns)


def _sides(roads: Roads, rows: NDArray[np.intp]) -> Active:
    found = [rows[roads.when_direction[rows] & bit != 0] for bit in (FORWARD, BACKWARD)]
    both = np.concatenate(found)
    side = np.repeat(np.arange(2), [len(each) for each in found])
    return Active(roads.when_segment[both].astype(np.intp), side, roads.when_kind[both], roads.when_value[both])


def _is_shut(gate: Gate, situation: Situation) -> bool:
    profile = situation.profile
    if not gate.vehicles & profile.access:
        return False
    if gate.kind == TURN_ROUND:
        return not profile.may_turn_round
    if gate.kind == SIGN:
        return profile.obeys_signs and (not gate.condition or holds(gate.condition, situation))
    assert gate.kind == BARRIER, gate
    return True


def _word_holds(word: str, situation: Situation) -> bool:
    if word in WINTER_WORDS:
        return situation.season == "winter"
    if word == "hazmat":
        return situation.vehicle.hazmat
    return bool(VEHICLES.get(word, 0) & situation.profile.access) or (
        word == "goods" and situation.profile.access == HGV
    )


def _sizes_hold(condition: Condition, situation: Situation) -> bool:
    vehicle = situation.vehicle
    return all(
        limit.quantity in _SIZES and limit.holds(getattr(vehicle, _SIZES[limit.quantity])) for limit in condition.limits
    )
