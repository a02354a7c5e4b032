"""Parameters and answers of emergencies, their units and their log."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field, model_validator

from location_cloud.callers.schema import LocateBody, OutEllipse
from location_cloud.dispatch.model import Category, EmergencyStatus, Role, Step
from location_cloud.dispatch.schema import Name, Position, Row, Skill, Strict, Versioned
from location_cloud.dispatch.schema_units import Moment, Text, rounded
from location_cloud.http.parameters import CellParameter, Query

_CLEAR = "words with their numbers in clear; needs the scope rescue:private and is written down"

_ROLE = "who acts: call_taker 接警员, dispatcher 调度员, responder 处警"


class IncidentBody(Strict):
    """The public incident that belongs to an emergency: what everybody may see, nothing else."""

    kind: Literal["accident", "closure", "roadworks", "event", "hazard", "congestion"] = "hazard"
    severity: Literal["unknown", "minor", "moderate", "major"] = "unknown"
    status: Literal["reported", "confirmed"] = "confirmed"
    description: Text = Field("", max_length=4000, description="public")
    lonlat: Position | None = Field(None, description="null = where the emergency is")
    ends_at: Moment | None = Field(None, description="null = when it is cleared")

    def said(self, lonlat: tuple[float, float], is_simulated: bool) -> dict[str, Any]:
        """The fields of incidents.model.Incident."""
        return {
            "kind": self.kind,
            "severity": self.severity,
            "status": self.status,
            "description": self.description,
            "geometry": {"type": "Point", "coordinates": list(self.lonlat or lonlat)},
            "ends_at": self.ends_at,
            "source": "dispatch",
            "is_simulated": is_simulated,
        }


class Told(Strict):
    """What somebody tells in a role."""

    role: Role = Field("dispatcher", description=_ROLE)


class EmergencyPatch(Told):
    """What changes; fields left out stay as they are."""

    category: Category = Field("110", description="police 110, fire 119, medical 120, traffic 122, water 12395")
    kind: Text = Field("", max_length=64, description="in the centre's own words")
    level: int = Field(4, ge=1, le=4, strict=True, description="一级 to 四级响应, 1 the gravest")
    status: EmergencyStatus = Field("open", description="it ends when no unit is on it any more")
    lonlat: Position = Field((0.0, 0.0), description="where")
    accuracy_m: float = Field(0.0, ge=0, le=100_000, strict=True, description="of the position, 95 %")
    address: Text = Field("", max_length=300)
    description: Text = Field("", max_length=8000)
    needs: list[Skill] = Field(default_factory=list, max_length=20, description="skills that units must have")
    duplicate_of: Row | None = Field(None, description="the emergency that it is")

    def said(self) -> dict[str, Any]:
        """The fields that were sent, as model.Emergency names them."""
        told = {name: getattr(self, name) for name in self.model_fields_set if name in EmergencyPatch.model_fields}
        told.pop("role", None)
        if told.get("lonlat") is None:
            told.pop("lonlat", None)
        else:
            told["lonlat"] = rounded(told["lonlat"])
        if "needs" in told:
            told["needs"] = tuple(dict.fromkeys(told["needs"]))
        return told


class EmergencyBody(EmergencyPatch):
    """A new emergency."""

    role: Role = Field("call_taker", description=_ROLE)
    category: Category = Field(description="police 110, fire 119, medical 120, traffic 122, water 12395")
    lonlat: Position | None = Field(None, description="where; null = where the fix says")  # type: ignore[assignment]  # a new one need not say it
    fix: LocateBody | None = Field(None, description="what its phone or the network says, as of /v1/fixes/locate")
    call: str = Field("", pattern=r"^[\w.:-]{0,64}$", description="id of the call that it began with")
    opened_at: Moment | None = Field(None, description="when the call came; null = now")
    simulated: bool = Field(False, strict=True, description="not of the real world; every answer says so")
    incident: IncidentBody | None = Field(None, description="a public incident, stored together with it or not at all")

    @model_validator(mode="after")
    def _placed(self) -> EmergencyBody:
        if (self.lonlat is None) == (self.fix is None):
            raise ValueError("say where it is: lonlat, or fix as of /v1/fixes/locate; one of them")
        if self.fix is not None and self.call:
            raise ValueError("a fix is kept as a call of its own; leave out call")
        return self

    def whole(self) -> dict[str, Any]:
        """The fields of model.Emergency."""
        told = {**self.said(), "is_simulated": self.simulated}
        if self.fix is None:
            told["call"] = self.call
        return told if self.opened_at is None else {**told, "opened_at": self.opened_at}


class AssignBody(Told):
    """Which unit is sent."""

    unit: Name
    siren: bool = Field(True, strict=True, description="of the drive that is predicted")


class StepBody(Told):
    """What a unit has reached."""

    role: Role = Field("responder", description=_ROLE)
    status: Step = Field(description="alerted, en_route, on_scene, transporting, at_hospital, released; or cancelled")
    hospital: str = Field("", pattern=r"^(\w[\w.:+-]{0,63})?$", description="where a patient is brought")


class NoteBody(Told):
    """A line for the log."""

    text: Text = Field(min_length=1, max_length=4000)


# --- parameters --------------------------------------------------------------------------------------------------


class InNothing(Query):
    """No parameters."""


class InEmergency(Query):
    """One emergency."""

    id: int = Field(ge=1, le=2**31 - 1, description="id of the emergency")


class InEmergencyVersion(InEmergency, Versioned):
    """One emergency at a version."""


class InEmergencyThen(InEmergency):
    """One emergency as it is, or was."""

    as_of: Moment | None = Field(None, description="as it was at that time (ISO 8601 with zone); empty = as it is")
    clear: bool = Field(False, description=_CLEAR)


class InAssignment(InEmergency):
    """A unit on an emergency."""

    unit: Name = Field(description="id of the unit")


class InAssignmentVersion(InAssignment, Versioned):
    """A unit on an emergency, at a version of its assignment."""


class InEmergencies(Query):
    """Which emergencies."""

    repeatable = frozenset({"status"})

    status: list[EmergencyStatus] = Field(default_factory=list, description="only these; may stand several times")
    cell: CellParameter | None = Field(None, description="only those in this BeiDou cell")
    after: int = Field(0, ge=0, le=2**31 - 1, description="only ids above this one: the next page")
    limit: int = Field(100, ge=1, le=500, description="emergencies a page")


class InReads(InEmergency):
    """A page of who read an emergency in clear."""

    after: int = Field(0, ge=0, le=2**31 - 1, description="only entries above this number: the next page")
    limit: int = Field(100, ge=1, le=1000, description="entries a page")


class InLog(InEmergency):
    """A page of an emergency's log."""

    clear: bool = Field(False, description=_CLEAR)

    after: int = Field(0, ge=0, le=2**31 - 1, description="only lines above this number: the next page")
    limit: int = Field(100, ge=1, le=1000, description="lines a page")


# --- answers -----------------------------------------------------------------------------------------------------


class OutAssignment(BaseModel):
    """A unit's way through an emergency."""

    unit: str
    version: int
    status: Step
    times: dict[str, str]
    hospital: str
    predicted_s: float | None
    driven_s: float | None


class OutDuplicates(BaseModel):
    """Open emergencies that may be the same."""

    duplicates: list[dict[str, Any]]


class OutEmergency(BaseModel):
    """An emergency and the units on it."""

    id: int
    version: int
    category: Category
    kind: str
    level: int
    level_title: dict[str, str]
    status: EmergencyStatus
    lonlat: list[float]
    accuracy_m: float
    ellipse: OutEllipse | None = Field(description="that holds the place; null = a person told it")
    method: str = Field(description="what the place was found from, joined by +; empty = a person told it")
    address: str = Field(description="long numbers in it are masked")
    description: str = Field(description="long numbers in it are masked")
    needs: list[str]
    call: str
    incident: int | None
    duplicate_of: int | None
    simulated: bool
    opened_at: str
    assignments: list[OutAssignment]
    is_clear: bool = Field(False, description="whether words are in clear")
    duplicates: list[dict[str, Any]] | None = Field(None, description="open ones near and at about the same time")
    crs: str | None = None


class OutEmergencies(BaseModel):
    """Emergencies by rising id."""

    emergencies: list[OutEmergency]
    next_after: int | None
    crs: str


class OutEntry(BaseModel):
    """A line of the log."""

    number: int
    emergency: int
    version: int
    at: str
    who: str
    role: Role
    role_title: dict[str, str]
    action: str
    fields: dict[str, Any]


class OutLog(BaseModel):
    """What happened, oldest first."""

    entries: list[OutEntry]
    next_after: int | None
    crs: str


class OutRead(BaseModel):
    """Somebody read an emergency in clear."""

    number: int
    at: str
    who: str = Field(description="id of the key; local = a caller on this machine")


class OutReads(BaseModel):
    """Who read an emergency in clear, oldest first."""

    reads: list[OutRead]
    next_after: int | None = Field(description="`after` of the next page; null = this was the last")
