"""Units, hospitals and emergencies as plain values, and the words of their states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, TypeAlias

LonLat: TypeAlias = tuple[float, float]

DESK, CREW, PRIVATE = "rescue:desk", "rescue:crew", "rescue:private"
"""Scopes: of the duty desk, of a crew that tells of its own unit, of who reads words in clear. No key with "*:read"
carries any of them.
"""

UnitStatus: TypeAlias = Literal[
    "available",
    "alerted",
    "en_route",
    "on_scene",
    "transporting",
    "at_hospital",
    "returning",
    "out_of_service",
]

FREE: tuple[UnitStatus, ...] = ("available", "returning")
"""Statuses of a unit that may be sent."""

Step: TypeAlias = Literal["alerted", "en_route", "on_scene", "transporting", "at_hospital", "released", "cancelled"]

STEPS: tuple[Step, ...] = ("alerted", "en_route", "on_scene", "transporting", "at_hospital", "released")
"""What an assignment passes through, in this order; steps may be left out, none is taken back."""

OVER: tuple[Step, ...] = ("released", "cancelled")

Role: TypeAlias = Literal["call_taker", "dispatcher", "responder"]

ROLES: Mapping[Role, Mapping[str, str]] = {
    "call_taker": {"zh-CN": "接警员", "en": "Call taker"},
    "dispatcher": {"zh-CN": "调度员", "en": "Dispatcher"},
    "responder": {"zh-CN": "处警", "en": "Responder"},
}
"""Who acts at a merged 110/119/120/122 centre (三台合一)."""

LEVELS: Mapping[int, Mapping[str, str]] = {
    1: {"zh-CN": "一级响应", "en": "Level 1"},
    2: {"zh-CN": "二级响应", "en": "Level 2"},
    3: {"zh-CN": "三级响应", "en": "Level 3"},
    4: {"zh-CN": "四级响应", "en": "Level 4"},
}
"""Levels of response, 1 the gravest (突发事件应对法: 特别重大, 重大, 较大, 一般)."""

Category: TypeAlias = Literal["110", "119", "120", "122", "12395"]
"""Police, fire and rescue, medical, traffic police, rescue on water."""

EmergencyStatus: TypeAlias = Literal["open", "closed", "cancelled"]

Action: TypeAlias = Literal["opened", "changed", "assigned", "step", "note", "incident"]

WhyNot: TypeAlias = Literal[
    "out_of_service", "busy", "off_shift", "missing_skill", "no_position", "position_old", "no_road", "unreachable"
]

WORDS = ("address", "description", "text")
"""Fields of emergencies and their log with what people say: encrypted where they are kept, masked in answers."""

MOST_UNITS, MOST_HOSPITALS, MOST_OPEN = 2000, 500, 5000
"""Of a tenant: units, hospitals, emergencies that are open."""


@dataclass(frozen=True)
class Shift:
    """Hours of some days of the week on the city's clocks. days: 1 = Monday ... 7, on which it begins. begin, end:
    minutes from midnight; an end not after its begin lies on the next day.
    """

    days: tuple[int, ...]
    begin: int
    end: int


@dataclass(frozen=True)
class Unit:
    """A crew with its vehicle, as registered and as it is.

    id: the name its centre calls it by. profile: how it moves (a name of /v1/profiles), siren_profile: with siren, "" =
    it has none. turnout_s: from the alarm until it moves, when it waits at its station. shifts: () = always on duty.
    device: of `tracks`, "" = none. told_lonlat, told_at: position as somebody told it. crew_key: id of the API key that
    its crew writes with. emergency: that it is assigned to. number: of the row. version: grows by one a change.
    """

    id: str
    title: str = ""
    kind: str = ""
    skills: tuple[str, ...] = ()
    equipment: tuple[str, ...] = ()
    shifts: tuple[Shift, ...] = ()
    status: UnitStatus = "available"
    station_name: str = ""
    station_lonlat: LonLat | None = None
    profile: str = "car"
    siren_profile: str = "emergency"
    turnout_s: float = 60.0
    device: str = ""
    told_lonlat: LonLat | None = None
    told_at: datetime | None = None
    crew_key: str = ""
    is_simulated: bool = False
    emergency: int | None = None
    number: int = 0
    version: int = 1
    change: int = 0
    updated_at: datetime | None = None


@dataclass(frozen=True)
class Position:
    """Where a unit is. source: device, told or station. told_at: None for a station, which has no age."""

    lonlat: LonLat
    source: Literal["device", "told", "station"]
    told_at: datetime | None = None
    is_simulated: bool = False


@dataclass(frozen=True)
class Hospital:
    """Where patients are brought. free: places free as told last; inbound: of them, who is on the way there."""

    id: str
    lonlat: LonLat
    title: str = ""
    skills: tuple[str, ...] = ()
    free: int = 0
    is_open: bool = True
    is_simulated: bool = False
    inbound: int = 0
    number: int = 0
    version: int = 1
    change: int = 0
    updated_at: datetime | None = None


@dataclass(frozen=True)
class Emergency:
    """One response.

    level: 1-4. needs: skills that units must have. accuracy_m: of the position, 95 %. ellipse: that holds the place, as
    callers.model.Ellipse; None = a person told the place. method: what it was found from. call: id of the call it began
    with, incident: of the public incident that belongs to it, duplicate_of: of the emergency that it is. sealed:
    address and description as they are kept, which are empty then; b"" = they are here.
    """

    category: Category
    lonlat: LonLat
    opened_at: datetime
    level: int = 4
    kind: str = ""
    status: EmergencyStatus = "open"
    accuracy_m: float = 0.0
    ellipse: Mapping[str, float] | None = None
    method: str = ""
    address: str = ""
    description: str = ""
    needs: tuple[str, ...] = ()
    call: str = ""
    incident: int | None = None
    duplicate_of: int | None = None
    is_simulated: bool = False
    sealed: bytes = b""
    id: int = 0
    version: int = 1
    change: int = 0
    updated_at: datetime | None = None

    def words(self) -> dict[str, str]:
        """What people said."""
        return {"address": self.address, "description": self.description}

    def saying(self, words: Mapping[str, str], sealed: bytes = b"") -> Emergency:
        """The same with other words."""
        told = {name: words.get(name, "") for name in ("address", "description")}
        return replace(self, address=told["address"], description=told["description"], sealed=sealed)


@dataclass(frozen=True)
class Assignment:
    """A unit sent to an emergency. times: when each step was reached. predicted_s: of the drive, when it was sent."""

    emergency: int
    unit: str
    status: Step
    times: Mapping[str, datetime]
    hospital: str = ""
    predicted_s: float | None = None
    id: int = 0
    version: int = 1

    @property
    def is_over(self) -> bool:
        """Whether the unit is free again."""
        return self.status in OVER

    @property
    def driven_s(self) -> float | None:
        """Seconds from leaving to being there, if both were told."""
        begin, end = self.times.get("en_route"), self.times.get("on_scene")
        return None if begin is None or end is None else (end - begin).total_seconds()


@dataclass(frozen=True)
class Entry:
    """One line of an emergency's log. number: rises with each. fields: each changed field's new value; sealed: those of
    WORDS as they are kept, b"" = there are none, or they are in fields.
    """

    number: int
    emergency: int
    version: int
    at: datetime
    who: str
    role: Role
    action: Action
    fields: Mapping[str, Any]
    sealed: bytes = b""

    def words(self) -> dict[str, str]:
        """What people said."""
        return {name: value for name, value in self.fields.items() if name in WORDS}

    def saying(self, words: Mapping[str, str], sealed: bytes = b"") -> Entry:
        """The same with other words."""
        rest = {name: value for name, value in self.fields.items() if name not in WORDS}
        return replace(self, fields={**rest, **words}, sealed=sealed)


@dataclass(frozen=True)
class Read:
    """Somebody read an emergency's words in clear. who: id of the key, "local" for a caller on this machine."""

    number: int
    emergency: int
    at: datetime
    who: str


@dataclass(frozen=True)
class Duplicate:
    """An open emergency that may be the same. seconds: between the two."""

    id: int
    category: Category
    distance_m: float
    seconds: float
