"""An incident on the roads: what, where, for whom and how long; what it does to traffic follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

from shapely.geometry.base import BaseGeometry

from location_cloud.spatial.bbox import Bbox

Kind: TypeAlias = Literal["accident", "closure", "roadworks", "event", "hazard", "congestion"]
Status: TypeAlias = Literal["reported", "confirmed", "cleared", "cancelled"]
Severity: TypeAlias = Literal["unknown", "minor", "moderate", "major"]
"""As Open511 tells them (open511.org, "Road events")."""
Direction: TypeAlias = Literal["both", "forward", "backward"]
"""Which way of a road is meant: forward = as the line is drawn, or along `heading_deg` at a point."""
Action: TypeAlias = Literal["added", "changed", "expired", "deleted"]

OPEN: tuple[Status, ...] = ("reported", "confirmed")
"""Statuses of what is not over."""

SHUTS, SLOWS, NOTHING = "shuts", "slows", ""
"""What an incident does to the roads it touches, while it lasts."""

FACTORS: dict[Severity, float] = {"unknown": 0.7, "minor": 0.85, "moderate": 0.6, "major": 0.35}
"""Share of its usual speed that a road keeps beside an incident nobody measured. Our own defaults, in the order of the
capacities left in HCM 2000, exhibit 22-6; measured speeds count more."""

LEAST_FACTOR = 0.1


@dataclass(frozen=True)
class Incident:
    """One incident as it is at a version.

    geometry: WGS-84 degrees, as told; of told roads, their lines. heading_deg: clockwise from north, of a point's
    traffic; None = not told. roads: lasting keys as told; () = they follow from the geometry. edges: lasting keys of
    all road edges it touches (found at the commit). road_names: of these, a few.
    profiles: whom it concerns, () = all. lanes_total, lanes_closed: of the direction concerned; None = not told.
    speed_kmh: at most so fast past it; None = not told. ends_at: excluded; None = open end. source: who told.
    case: id of the case that it opened. version: grows by one a change. change: live version of the last one.
    """

    kind: Kind
    geometry: BaseGeometry
    starts_at: datetime
    ends_at: datetime | None = None
    status: Status = "confirmed"
    severity: Severity = "unknown"
    description: str = ""
    direction: Direction = "both"
    heading_deg: float | None = None
    roads: tuple[str, ...] = ()
    edges: tuple[str, ...] = ()
    edge_count: int = 0
    road_names: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    lanes_total: int | None = None
    lanes_closed: int | None = None
    speed_kmh: float | None = None
    source: str = ""
    is_simulated: bool = False
    case: int | None = None
    id: int = 0
    version: int = 1
    change: int = 0
    created_at: datetime | None = None
    updated_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether it is not over: neither cleared nor cancelled."""
        return self.status in OPEN

    @property
    def is_closing(self) -> bool:
        """Whether nobody gets past it: all lanes are closed; where lanes are not told, a closure closes all."""
        if self.lanes_total is not None and self.lanes_closed is not None:
            return self.lanes_closed >= self.lanes_total
        return self.kind == "closure"

    @property
    def effect(self) -> str:
        """SHUTS, SLOWS or NOTHING: what is only reported is shown, and changes no route until somebody confirms it."""
        if self.status != "confirmed":
            return NOTHING
        return SHUTS if self.is_closing else SLOWS

    @property
    def speed_factor(self) -> float:
        """Share of its usual speed that a road keeps past it: that of its open lanes, else FACTORS."""
        if self.lanes_total is not None and self.lanes_closed is not None:
            return max(LEAST_FACTOR, 1 - self.lanes_closed / self.lanes_total)
        return FACTORS[self.severity]


@dataclass(frozen=True)
class Change:
    """One change of an incident. before: None where it was added; after: None where it was deleted.

    who: id of the key that wrote, "local" for a caller on this machine, "clock" where its time was over.
    """

    action: Action
    before: Incident | None
    after: Incident | None
    who: str
    at: datetime

    @property
    def incident(self) -> Incident:
        """The incident as it is now, or as it was when it was deleted."""
        found = self.after or self.before
        assert found is not None, "one of them is there"
        return found


@dataclass(frozen=True)
class LogEntry:
    """One line of the log. number: rises with each. fields: what was written: each changed field's new value; size:
    bytes of them in the store.
    """

    number: int
    incident: int
    version: int
    change: int
    at: datetime
    who: str
    action: Action
    fields: dict[str, Any]
    size: int = 0


MOST_PAGE_BYTES = 4_000_000
"""Of the log: a page ends with the entry that reaches it. One that puts an area on 20,000 roads has 400 kB."""


def may_follow(page: Sequence[LogEntry], limit: int) -> bool:
    """Whether there may be more of the log after a page of at most so many entries."""
    return len(page) >= limit or sum(entry.size for entry in page) >= MOST_PAGE_BYTES


@dataclass(frozen=True)
class Chosen:
    """Which incidents are meant.

    cells: range of index cells of their middles. kinds, statuses: () = all. begins_before, ends_after: their window
    meets that time. valid_at: it is in their window, whose beginning counts and whose end does not.
    """

    bbox: Bbox | None = None
    kinds: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    begins_before: datetime | None = None
    ends_after: datetime | None = None
    valid_at: datetime | None = None
    cells: tuple[int, int] | None = None


@dataclass(frozen=True)
class Touching:
    """What an incident in force or to come does to roads, for those who weigh them.

    keys: lasting keys, () where `area` (WKB polygons, WGS-84 degrees; b"" = none) says it: every road that touches it.
    geometry: WKB of a point or line that keys were found from, b"" where they were told; with direction and heading_deg
    it finds them again on other roads (`snapping.find_edges_of`). profiles: () = all.
    valid_from, valid_until: with zone; the last moment excluded, None = open end.
    """

    id: int
    version: int
    keys: tuple[str, ...]
    area: bytes
    geometry: bytes
    direction: Direction
    heading_deg: float | None
    profiles: tuple[str, ...]
    valid_from: datetime
    valid_until: datetime | None


@dataclass(frozen=True)
class Shutting(Touching):
    """An incident that shuts its roads."""


@dataclass(frozen=True)
class Slowing(Touching):
    """An incident that slows its roads. factor: share of the usual speed that is left; cap_kmh: None = none."""

    factor: float
    cap_kmh: float | None


MOST_EDGES, MOST_ROADS = 20_000, 5_000
"""Edges that one incident touches, and roads that one is told by."""

MOST_OPEN, MOST_OPEN_BYTES = 10_000, 50_000_000
"""Incidents of a tenant that are not over, and bytes of their geometries and edges together: feeds tell all of them at
once. A usual one has 1 kB."""

MOST_POINTS, MOST_KM, MOST_KM2 = 10_000, 100.0, 10_000.0
"""Positions of a geometry, length of lines, size of areas."""

MOST_NAMES = 10
"""Of roads, kept with an incident."""
