"""Parameters and answers of units and hospitals."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, Field

from location_cloud.dispatch.model import Shift, UnitStatus
from location_cloud.dispatch.schema import Name, Position, Skill, Strict, Versioned
from location_cloud.http.parameters import Query

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def _printable(value: str) -> str:
    if _CONTROL.search(value):
        raise ValueError("it has control characters")
    return value


def _iso(value: Any) -> Any:
    if value is not None and (not isinstance(value, str) or "-" not in value):
        raise ValueError("write times as ISO 8601 with a zone: 2026-11-23T07:30:00+08:00")
    return value


def _believed(value: Any) -> Any:
    if value is not None and not 1970 < value.year < 2200:
        raise ValueError("a time lies between 1970 and 2200")
    return value


Text: TypeAlias = Annotated[str, AfterValidator(_printable)]
Moment: TypeAlias = Annotated[AwareDatetime, BeforeValidator(_iso), AfterValidator(_believed)]
Clock: TypeAlias = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["08:00"])]
ProfileName: TypeAlias = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,30}$")]


def _minute(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])


class ShiftBody(Strict):
    """Hours of duty on the city's clocks."""

    days: list[Annotated[int, Field(ge=1, le=7, strict=True)]] = Field(
        default_factory=lambda: [1, 2, 3, 4, 5, 6, 7], min_length=1, max_length=7, description="1 = Monday; it begins"
    )
    begin: Clock
    end: Clock = Field(description="not after its begin: on the next day")

    def said(self) -> Shift:
        """As the model has it."""
        return Shift(tuple(sorted(set(self.days))), _minute(self.begin), _minute(self.end))


class StationBody(Strict):
    """Where a unit waits."""

    name: Text = Field("", max_length=100)
    lonlat: Position


class ToldPosition(Strict):
    """A position as somebody tells it."""

    lonlat: Position
    told_at: Moment | None = Field(None, description="null = now")


class UnitBody(Strict):
    """A unit as it is registered."""

    title: Text = Field("", max_length=100)
    kind: str = Field("", pattern=r"^[\w.:+-]{0,64}$", description="ambulance, engine, patrol, tow, boat, team, ...")
    skills: list[Skill] = Field(default_factory=list, max_length=50)
    equipment: list[Skill] = Field(default_factory=list, max_length=50)
    shifts: list[ShiftBody] = Field(default_factory=list, max_length=50, description="[] = always on duty")
    status: UnitStatus | None = Field(None, description="null = as it is; a new one is available")
    station: StationBody | None = Field(None, description="where it waits; stands for its position if none is told")
    profile: ProfileName = Field("car", description="how it moves: a name of /v1/profiles")
    siren_profile: Annotated[str, Field(pattern=r"^([a-z][a-z0-9_-]{0,30})?$")] = Field(
        "emergency", description="how it moves with siren; empty = it has none"
    )
    turnout_s: float = Field(
        60.0, ge=0, le=3600, strict=True, description="from the alarm until it moves; 60 for medical, 80 for fire crews"
    )
    device: str = Field("", pattern=r"^[^\x00-\x1f\x7f]*$", max_length=64, description="whose fixes tell where it is")
    position: ToldPosition | None = Field(None, description="as told; null = as it was")
    crew_key: str = Field("", pattern=r"^[\w.-]{0,64}$", description="id of the API key that its crew writes with")
    simulated: bool = Field(False, strict=True, description="not of the real world; every answer says so")

    def said(self, now: Any) -> dict[str, Any]:
        """The fields of model.Unit."""
        told = {
            "title": self.title,
            "kind": self.kind,
            "skills": tuple(dict.fromkeys(self.skills)),
            "equipment": tuple(dict.fromkeys(self.equipment)),
            "shifts": tuple(each.said() for each in self.shifts),
            "station_name": self.station.name if self.station else "",
            "station_lonlat": rounded(self.station.lonlat) if self.station else None,
            "profile": self.profile,
            "siren_profile": self.siren_profile,
            "turnout_s": self.turnout_s,
            "device": self.device,
            "crew_key": self.crew_key,
            "is_simulated": self.simulated,
        }
        return {**told, **state_said(self.status, self.position, now)}


class UnitPatch(Strict):
    """What a crew or the desk tells of a unit as it is."""

    status: Literal["available", "returning", "out_of_service"] | None = Field(None, description="null = as it is")
    position: ToldPosition | None = Field(None, description="null = as it is")


class HospitalBody(Strict):
    """A hospital as it is registered, and how many it can take now."""

    title: Text = Field("", max_length=100)
    lonlat: Position
    skills: list[Skill] = Field(default_factory=list, max_length=50, description="what it can treat")
    free: int = Field(0, ge=0, le=100_000, strict=True, description="places that are free now")
    open: bool = Field(True, strict=True, description="whether it takes anybody")
    simulated: bool = Field(False, strict=True)

    def said(self) -> dict[str, Any]:
        """The fields of model.Hospital."""
        return {
            "title": self.title,
            "lonlat": rounded(self.lonlat),
            "skills": tuple(dict.fromkeys(self.skills)),
            "free": self.free,
            "is_open": self.open,
            "is_simulated": self.simulated,
        }


def state_said(status: str | None, position: ToldPosition | None, now: Any) -> dict[str, Any]:
    """What is told of a unit as it is, by the names of model.Unit."""
    told: dict[str, Any] = {} if status is None else {"status": status}
    if position is not None:
        told |= {"told_lonlat": rounded(position.lonlat), "told_at": min(position.told_at or now, now)}
    return told


def rounded(lonlat: tuple[float, float]) -> tuple[float, float]:
    """To a centimetre, as addresses of routes write it."""
    return round(lonlat[0], 7), round(lonlat[1], 7)


# --- parameters --------------------------------------------------------------------------------------------------


class InName(Query):
    """One unit or hospital."""

    id: Name = Field(description="its id")


class InNameVersion(InName, Versioned):
    """One unit or hospital at a version."""


class InList(Query):
    """A page."""

    after: str = Field("", max_length=64, description="only ids after this one: the next page")
    limit: int = Field(200, ge=1, le=2000, description="how many a page")


# --- answers -----------------------------------------------------------------------------------------------------


class OutUnit(BaseModel):
    """A unit and where it is."""

    id: str
    version: int
    title: str
    kind: str
    skills: list[str]
    equipment: list[str]
    shifts: list[dict[str, Any]]
    on_shift: bool
    status: UnitStatus
    emergency: int | None
    station: dict[str, Any] | None
    profile: str
    siren_profile: str
    turnout_s: float
    device: str
    crew_key: str
    position: dict[str, Any] | None = Field(description="lonlat, source (device, told, station), told_at, age_s")
    simulated: bool
    updated_at: str | None
    crs: str | None = None


class OutUnits(BaseModel):
    """Units by id."""

    units: list[OutUnit]
    next_after: str | None = Field(description="`after` of the next page; null = this was the last")
    crs: str


class OutHospital(BaseModel):
    """A hospital and who is on the way there."""

    id: str
    version: int
    title: str
    lonlat: list[float]
    skills: list[str]
    free: int
    inbound: int
    open: bool
    simulated: bool
    updated_at: str | None
    crs: str | None = None


class OutHospitals(BaseModel):
    """Hospitals by id."""

    hospitals: list[OutHospital]
    next_after: str | None
    crs: str


class OutRemoved(BaseModel):
    """What was removed."""

    deleted: str
