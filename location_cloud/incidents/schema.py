"""Parameters and answers of incidents."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    model_validator,
)

from location_cloud.http.parameters import BboxParameter, CellParameter, Query
from location_cloud.incidents.model import MOST_ROADS, Action, Direction, Kind, Severity, Status

FIRST_YEAR, LAST_YEAR = 1970, 2200
"""Years of times that are believed."""

MOST_LANES = 30

SHAPES = ["Point", "LineString", "MultiLineString", "Polygon", "MultiPolygon"]

Geometry: TypeAlias = Annotated[
    dict[str, Any],
    WithJsonSchema(
        {
            "description": "GeoJSON geometry in the coordinate system that crs names",
            "type": "object",
            "required": ["type", "coordinates"],
            "properties": {"type": {"enum": SHAPES}, "coordinates": {"type": "array", "minItems": 1}},
        }
    ),
]
"""A geometry; rings and positions are checked by `spatial.geojson`, which no JSON schema can do."""


def _iso(value: Any) -> Any:
    if (isinstance(value, str) and "-" not in value) or isinstance(value, (int, float)):
        raise ValueError("write times as ISO 8601 with a zone: 2026-11-23T07:30:00+08:00")
    return value


def _believed(value: datetime) -> datetime:
    if not FIRST_YEAR < value.year < LAST_YEAR:
        raise ValueError(f"a time lies between {FIRST_YEAR} and {LAST_YEAR}")
    return value


Moment: TypeAlias = Annotated[AwareDatetime, BeforeValidator(_iso), AfterValidator(_believed)]
"""A time with its zone: without one, whoever sends it and whoever reads it may mean two."""


def _printable(value: str) -> str:
    if _NOT_XML.search(value):
        raise ValueError("it has control characters, which no feed can carry")
    return value


_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no place for (section 2.2)."""

Text: TypeAlias = Annotated[str, AfterValidator(_printable)]

Key: TypeAlias = Annotated[str, Field(pattern=r"^-?[0-9]{1,13}:[0-9]{1,7}:[fb]$", max_length=24)]
ProfileName: TypeAlias = Annotated[str, Field(pattern=r"^[\w.-]+$", max_length=64)]


class Strict(BaseModel):
    """Base of bodies: nothing unknown, no NaN."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Lanes(Strict):
    """Lanes of the direction concerned."""

    total: int = Field(ge=1, le=MOST_LANES, strict=True)
    closed: int = Field(ge=0, le=MOST_LANES, strict=True, description="all of them closed shuts the road")

    @model_validator(mode="after")
    def _fits(self) -> Lanes:
        if self.closed > self.total:
            raise ValueError(f"closed={self.closed} lanes of total={self.total}")
        return self


class PatchBody(Strict):
    """What changes; fields left out stay as they are."""

    kind: Kind = Field("hazard", description="closure: shut, unless lanes say that some stay open")
    geometry: Geometry | None = Field(None, description="where; null = the lines of the told roads")
    roads: list[Key] = Field(
        default_factory=list,
        max_length=MOST_ROADS,
        description="lasting keys of road edges; [] = found by the geometry",
    )
    starts_at: Moment | None = Field(None, description="when it begins; null = now")
    ends_at: Moment | None = Field(None, description="when it ends by itself; null = when it is cleared")
    status: Status = Field("confirmed", description="reported: shown, but changes no route until it is confirmed")
    severity: Severity = Field("unknown", description="slows by so much where lanes are not told")
    description: Text = Field("", max_length=4000)
    direction: Direction = Field("both", description="forward: as the line is drawn, or along heading_deg at a point")
    heading_deg: float | None = Field(None, ge=0, lt=360, strict=True, description="of traffic at a point; null = any")
    lanes: Lanes | None = Field(None, description="null = not told")
    speed_kmh: float | None = Field(None, ge=1, le=300, strict=True, description="at most so fast past it; null = none")
    profiles: list[ProfileName] = Field(default_factory=list, max_length=31, description="whom it concerns; [] = all")
    source: str = Field("", pattern=r"^[\w.:-]*$", max_length=64, description="who told")
    simulated: bool = Field(False, strict=True, description="not of the real world; every feed says so")

    def said(self) -> dict[str, Any]:
        """The fields that were sent, as model.Incident names them."""
        told = {name: getattr(self, name) for name in self.model_fields_set}
        for name in ("roads", "profiles"):
            if name in told:
                told[name] = tuple(dict.fromkeys(told[name]))
        if "lanes" in told:
            lanes = told.pop("lanes")
            told |= {"lanes_total": lanes and lanes.total, "lanes_closed": lanes and lanes.closed}
        if "simulated" in told:
            told["is_simulated"] = told.pop("simulated")
        if told.get("starts_at", 0) is None:
            del told["starts_at"]
        return told


class IncidentBody(PatchBody):
    """A new incident."""

    kind: Kind = Field(description="closure: shut, unless lanes say that some stay open")


# --- parameters --------------------------------------------------------------------------------------------------


class Nothing(Query):
    """No parameters."""


class InIncident(Query):
    """One incident."""

    id: int = Field(ge=1, le=2**31 - 1, description="id of the incident")


class InVersion(InIncident):
    """One incident at a version."""

    version: int | None = Field(
        None, ge=1, le=2**31 - 1, description="the version that the change was made from, instead of If-Match"
    )


class InLog(InIncident):
    """A page of an incident's log."""

    after: int = Field(0, ge=0, le=2**31 - 1, description="only entries above this number: the next page")
    limit: int = Field(100, ge=1, le=1000, description="entries a page")


class InFeed(Query):
    """Which incidents that are not over."""

    bbox: BboxParameter | None = Field(None, description="only incidents whose box meets west,south,east,north")


class InStream(Query):
    """From where on."""

    since: int | None = Field(None, ge=0, le=2**62, description="after this live version; empty = from now on")


class InEvents(Query):
    """What happened since."""

    since: int = Field(0, ge=0, le=2**62, description="only changes after this live version; 0 = all")
    limit: int = Field(100, ge=1, le=1000, description="entries an answer")


class InIncidents(Query):
    """Which incidents."""

    repeatable = frozenset({"kind", "status"})

    bbox: BboxParameter | None = Field(None, description="only incidents whose box meets west,south,east,north")
    cell: CellParameter | None = Field(None, description="only incidents whose middle lies in this BeiDou cell")
    kind: list[Kind] = Field(default_factory=list, description="only these kinds; may stand several times")
    status: list[Status] = Field(default_factory=list, description="only these statuses; may stand several times")
    valid_at: Moment | None = Field(None, description="only incidents whose time it is then")
    valid_from: Moment | None = Field(None, description="only incidents that end after this time")
    valid_until: Moment | None = Field(None, description="only incidents that begin before this time")
    after: int = Field(0, ge=0, le=2**31 - 1, description="only ids above this one: the next page")
    limit: int = Field(100, ge=1, le=1000, description="incidents a page")


# --- answers -----------------------------------------------------------------------------------------------------


class OutIncident(BaseModel):
    """One incident."""

    id: int
    version: int = Field(description="grows by one at each change; If-Match names it")
    kind: Kind
    status: Status
    severity: Severity
    effect: Literal["shuts", "slows", "none"] = Field(description="what it does to its roads while it lasts")
    starts_at: str
    ends_at: str | None
    description: str
    geometry: Geometry
    direction: Direction
    heading_deg: float | None
    roads: list[str] = Field(description="lasting keys as told")
    road_names: list[str] = Field(description="of roads it touches, a few")
    edge_count: int = Field(description="how many road edges it touches")
    profiles: list[str]
    lanes: Lanes | None
    speed_kmh: float | None
    source: str
    case: int | None = Field(description="id of the case that it opened: GET /v1/cases/{id}")
    simulated: bool
    created_at: str
    updated_at: str
    crs: str | None = None


class OutIncidentEdges(OutIncident):
    """One incident with the roads it touches."""

    edges: list[str] = Field(description="lasting keys of all road edges it touches, found when it was written")


class OutPreview(BaseModel):
    """What an incident would do; nothing is kept."""

    effect: Literal["shuts", "slows", "none"] = Field(description="what it would do to its roads while it lasts")
    speed_factor: float = Field(description="share of its usual speed that a road keeps that it only slows")
    speed_kmh: float | None = Field(description="at most so fast past it; null = none")
    geometry: Geometry
    road_names: list[str] = Field(description="of roads it would touch, a few")
    edge_count: int
    edges: list[str] = Field(description="lasting keys of the road edges it would touch: /v1/route takes them")
    crs: str


class OutIncidents(BaseModel):
    """Incidents by id."""

    incidents: list[OutIncident]
    next_after: int | None = Field(description="`after` of the next page; null = this was the last")
    crs: str


class OutFeature(BaseModel):
    """One incident as GeoJSON."""

    type: Literal["Feature"]
    id: int
    geometry: Geometry
    properties: dict[str, Any] = Field(description="as of one incident, without edges")


class OutFeatures(BaseModel):
    """Incidents that are not over as a GeoJSON FeatureCollection."""

    type: Literal["FeatureCollection"]
    features: list[OutFeature]
    crs: str


class OutLogEntry(BaseModel):
    """One change."""

    number: int
    incident: int
    version: int
    live_version: int
    at: str
    who: str = Field(description="id of the key; local = a caller on this machine; clock = its time was over")
    action: Action
    fields: dict[str, Any] = Field(description="each changed field's new value")


class OutLog(BaseModel):
    """What happened to an incident, oldest first."""

    entries: list[OutLogEntry]
    next_after: int | None = Field(description="`after` of the next page; null = this was the last")
    crs: str


class OutEvents(BaseModel):
    """What happened to incidents, oldest first."""

    entries: list[OutLogEntry]
    live_version: int = Field(description="`since` of the next question")
    crs: str


class OutDeleted(BaseModel):
    """What is left of something deleted."""

    deleted: int
