"""Beats, rosters, patrols, and what a patrol has covered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]

Moving: TypeAlias = Literal["foot", "bicycle", "car"]

FASTEST_KMH: Mapping[Moving, float] = {"foot": 40.0, "bicycle": 60.0, "car": 150.0}
"""Faster than this nobody patrols so. 40 km/h on foot: rule of city grid platforms; the others allow for a descent, and
for the fastest road."""

State: TypeAlias = Literal["normal", "late", "early", "absent", "non-workday", "expected"]
"""normal: came and left in time. late, early: came late, left early (late wins; both are told in minutes). absent: did
not come. non-workday: worked where no shift was planned. expected: a shift that is not over, and nobody came yet."""

MOST_BEATS, MOST_ROSTERS = 5_000, 20_000
"""Of a tenant."""


@dataclass(frozen=True)
class Post:
    """Where a shift is begun and ended. lonlat: degrees. radius_m: of the fence around it."""

    lonlat: tuple[float, float]
    radius_m: float = 100.0


@dataclass(frozen=True)
class NewBeat:
    """A beat as somebody asks for it.

    grids: (scheme, code) of its grids. roads: lasting keys. geometry: further ground or lines, degrees; None = none.
    post: None = the fence is the beat itself. every_days: how often each cell of it is to be seen.
    """

    name: str = ""
    grids: tuple[tuple[str, str], ...] = ()
    roads: tuple[str, ...] = ()
    geometry: BaseGeometry | None = None
    post: Post | None = None
    profile: Moving = "foot"
    every_days: int = 7
    note: str = ""
    is_simulated: bool = False


@dataclass(frozen=True, eq=False)
class Beat:
    """A beat as kept.

    shape: the ground and lines of its grids, roads and geometry on the day it was registered. cells: (n,) int64 keys
    of its BeiDou cells (`beat_cells.LEVEL`), ascending; seen: (n,) unix seconds when each was last seen, 0 = never.
    most: the highest number of cells that it ever had. retired: unix seconds, None = in force.
    """

    id: int
    code: str
    version: int
    said: NewBeat
    shape: BaseGeometry
    cells: Ints
    seen: Ints
    most: int = 0
    retired: float | None = None
    change: int = 0


Span: TypeAlias = tuple[int, int]
"""Minutes after midnight from which and up to which a shift lasts; beyond 1440: on the next day."""


@dataclass(frozen=True)
class Pattern:
    """When shifts are. week: seven days from Monday. days: what single days are instead, () = no work.

    zone: IANA name. late_min, early_min: minutes of grace at the beginning and at the end.
    """

    zone: str
    week: tuple[tuple[Span, ...], ...]
    days: Mapping[date, tuple[Span, ...]] = field(default_factory=dict)
    late_min: float = 5.0
    early_min: float = 5.0


@dataclass(frozen=True)
class Roster:
    """Who walks which beat when. valid_to: the first day on which it holds no longer, None = until further notice."""

    id: int
    code: str
    version: int
    person: str
    beat: str
    device: str
    pattern: Pattern
    valid_from: date
    valid_to: date | None = None
    note: str = ""
    change: int = 0


@dataclass(frozen=True)
class Shift:
    """One planned shift, unix seconds."""

    roster: str
    person: str
    beat: str
    day: date
    begin_s: float
    end_s: float
    late_min: float
    early_min: float


@dataclass(frozen=True)
class Patrol:
    """A shift as it was, or is, worked. Times are unix seconds.

    device: whose fixes are its track, beside those sent to the patrol itself. planned_*: of the shift, None = none was
    planned. ended: None = under way. fence: how far outside the fence it was begun and ended, metres (0 = inside).
    is_forgotten: nobody ended it, so it was ended with its shift. result: what `evaluation` found, None = not yet;
    evaluated: when.
    """

    id: int
    version: int
    person: str
    beat: str
    roster: str
    device: str
    profile: Moving
    begun: float
    ended: float | None
    planned_begin: float | None
    planned_end: float | None
    late_min: float
    early_min: float
    begun_at: tuple[float, float]
    ended_at: tuple[float, float] | None = None
    is_forgotten: bool = False
    is_simulated: bool = False
    note: str = ""
    evaluated: float | None = None
    result: Mapping[str, Any] | None = None
    detail: bytes | None = None
    change: int = 0

    @property
    def own_device(self) -> str:
        """The device under which fixes sent to the patrol itself are kept: one a person."""
        return f"patrol.{self.person}"


@dataclass(frozen=True, eq=False)
class Walked:
    """Fixes of one patrol by rising time, n of them, as they were told.

    time_s: (n,) unix seconds of the device. received_s: of the server. lonlat: (n, 2) degrees. accuracy_m: (n,), NaN =
    not told.
    """

    time_s: Floats
    received_s: Floats
    lonlat: Floats
    accuracy_m: Floats

    def __len__(self) -> int:
        return len(self.time_s)

    def take(self, places: Any) -> Walked:
        """Some of them, by places or by a mask."""
        return Walked(self.time_s[places], self.received_s[places], self.lonlat[places], self.accuracy_m[places])


@dataclass(frozen=True)
class Read:
    """Somebody read a person's track: what of it, when (unix seconds), under which key."""

    id: int
    patrol: int
    person: str
    at: float
    who: str
    what: str
