"""Ways of moving: what may be used, how fast, and which turn rules bind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from location_cloud.roads.model import BICYCLE, CAR, DESTINATION, FOOT, PRIVATE, PRIVATE_BICYCLE, PRIVATE_FOOT

LIMIT_SHARE = 0.8
"""Driven speed as a share of a signed limit. Source: OSRM car profile, speed_reduction."""

ADVISED_KMH = 130
"""Where no limit is signed. Source: German Autobahn-Richtgeschwindigkeits-V, section 1."""

DESTINATION_WEIGHT = 4
"""Roads for residents and deliveries only count fourfold when ways are compared, so that nobody is led through one to
save a minute; the time shown is the real one."""

CAR_KMH = {
    "motorway": 90,
    "motorway_link": 45,
    "trunk": 85,
    "trunk_link": 40,
    "primary": 65,
    "primary_link": 30,
    "secondary": 55,
    "secondary_link": 25,
    "tertiary": 40,
    "tertiary_link": 20,
    "unclassified": 25,
    "residential": 25,
    "living_street": 10,
    "service": 15,
    "road": 25,
    "track": 8,
    "ferry": 5,
}
CAR_OTHER_KMH = 5
"""Source: OSRM car profile, table `speeds`; track, ferry, and walking pace where tags admit cars, are ours."""

BICYCLE_KMH = {"pedestrian": 6, "footway": 6, "path": 12, "track": 12, "steps": 2, "ferry": 5}
BICYCLE_OTHER_KMH = 15
"""Source: OSRM bicycle profile, default and walking speeds."""

FOOT_KMH = {"steps": 3, "ferry": 5}
FOOT_OTHER_KMH = 5
"""Source: Tobler 1993 gives 5.04 km/h on level ground."""


@dataclass(frozen=True)
class Profile:
    """One way of moving.

    access: the bit in the roads' access masks. kmh: speed by class of road; other_kmh: every other class.
    private, destination: the bits in the roads' flags of what is closed to it, and of what it should not pass through.
    obeys_limits: whether signed speed limits slow or speed it. may_turn_round: anywhere, not at dead ends only.
    """

    name: str
    access: int
    kmh: Mapping[str, float]
    other_kmh: float
    private: int
    destination: int
    obeys_limits: bool
    may_turn_round: bool


PROFILES = (
    Profile("car", CAR, MappingProxyType(CAR_KMH), CAR_OTHER_KMH, PRIVATE, DESTINATION, True, False),
    Profile("bicycle", BICYCLE, MappingProxyType(BICYCLE_KMH), BICYCLE_OTHER_KMH, PRIVATE_BICYCLE, 0, False, True),
    Profile("foot", FOOT, MappingProxyType(FOOT_KMH), FOOT_OTHER_KMH, PRIVATE_FOOT, 0, False, True),
)
