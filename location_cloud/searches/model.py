"""A search as it is kept: whom for, from where, on which cells, how far it got; and what was written down of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias

from location_cloud.searches.lattice import Lattice

LonLat: TypeAlias = tuple[float, float]

DESK, CREW = "rescue:desk", "rescue:crew"
"""Scopes: of the duty desk, and of a team that tells what it searched. No key with "*:read" carries any of them."""

Status: TypeAlias = Literal["open", "found", "suspended"]
IppType: TypeAlias = Literal["LKP", "PLS"]
"""Initial planning point: the last known position, or the place last seen."""
Mobility: TypeAlias = Literal["able", "impaired", "immobile", "unknown"]
Season: TypeAlias = Literal["summer", "winter"]
Action: TypeAlias = Literal[
    "created", "segmented", "planned", "searched", "clue", "moved", "found", "suspended", "resumed"
]

LAND_COVERS: Final = (
    *("open", "built", "grass", "field", "scrub", "woodland", "sand", "rock", "wetland", "water"),
    *("path", "road", "barrier"),
)
"""Land cover by code; names as `terrain_speed` knows them. The snapshot's raster has the codes before "path"; roads and
paths are laid over it when a search begins. A code never changes its meaning: it is stored."""

ROAD, TRACK, PATH, DRAINAGE, RAIL, RIDGE, STRUCTURE, POWER = (1 << bit for bit in range(8))
"""What lies in a cell, besides its cover: bits of a mask."""

LAYERS: Final = ("distance", "travel_time", "direction", "track_offset", "find_features", "phone", "drift")
"""What a probability map is made of; clues come later, each an entry of the log."""

DriftObject: TypeAlias = Literal[
    "person_in_water",
    "person_vertical",
    "person_sitting",
    "person_survival_suit",
    "person_scuba",
    "person_deceased",
    "life_raft_no_ballast",
    "life_raft_shallow_ballast",
    "life_raft_deep_ballast",
    "kayak_with_person",
    "surfboard_with_person",
    "windsurfer",
    "skiff_runabout",
    "skiff_v_hull",
    "skiff_swamped",
    "sport_boat",
    "sport_fisher",
    "fishing_vessel",
    "sailboat",
    "sailing_dinghy",
    "oil_drum",
]
"""What drifts in water; `leeway.LEEWAY` has how."""

DETECTIONS: TypeAlias = Literal["random", "inverse_cube", "ideal"]


@dataclass(frozen=True)
class Subject:
    """Whom the search is for, without anything that names the person.

    category: of the statistics ("hiker", "dementia"). age: years. last_seen_at: None = not told. responsive: the chance
    that the subject answers calls; None = not told apart. is_vulnerable: a child, old, ill, lightly dressed.
    """

    category: str
    age: int | None = None
    mobility: Mobility = "unknown"
    last_seen_at: datetime | None = None
    responsive: float | None = None
    is_vulnerable: bool = False


@dataclass(frozen=True)
class LayerReport:
    """What became of a layer of the map.

    share: of the mass that would lie elsewhere without it. outside: mass that it puts outside the cells. source: of its
    numbers. why_not: why it is not in use, "" if it is.
    """

    name: str
    weight: float = 0.0
    share: float = 0.0
    outside: float = 0.0
    source: str = ""
    why_not: str = ""


@dataclass(frozen=True)
class Find:
    """Where and when the subject was found. mapscore: R of the map as it was drawn; mapscore_now: at the find."""

    at: datetime
    location: LonLat
    distance_m: float
    condition: str
    mapscore: float | None
    mapscore_now: float | None


@dataclass(frozen=True)
class Search:
    """One search as it is at a version.

    emergency, incident: what it belongs to; None = nothing. ground: of the statistics ("temperate_flat"). season:
    decides whether wetland and water are walked. pos: probability of success of all searches so far. rest_of_world:
    mass outside the cells. warnings: what its map does without, and what is doubtful. version: grows by one a change;
    change: live version of the last one.
    """

    title: str
    subject: Subject
    ipp: LonLat
    ipp_type: IppType
    lattice: Lattice
    season: Season
    ground: str = ""
    emergency: int | None = None
    incident: int | None = None
    status: Status = "open"
    pos: float = 0.0
    rest_of_world: float = 0.0
    layers: tuple[LayerReport, ...] = ()
    warnings: tuple[str, ...] = ()
    find: Find | None = None
    is_simulated: bool = False
    id: int = 0
    version: int = 1
    change: int = 0
    created_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True)
class LogEntry:
    """One line of the log, of which a search's state follows: whoever applies the lines again comes to the same map.

    number: rises with each. token: names the state after it. fields: what was written.
    """

    number: int
    search: int
    version: int
    change: int
    at: datetime
    who: str
    action: Action
    token: str
    fields: dict[str, Any] = field(default_factory=dict)


MOST_OPEN = 1_000
"""Searches of a tenant that are not over."""

MOST_ENTRIES = 5_000
"""Of one search's log."""

MOST_SEGMENTS, MOST_SEGMENT_POINTS = 2_000, 200_000
"""Of one search, and positions of all of them together."""

MOST_RESOURCES = 50
"""Of one plan."""

MOST_TRACK_POINTS = 50_000
"""Of one result."""

MOST_CLUE_POINTS = 2_000
"""Of a clue's area."""
