"""Parameters and answers of patrols."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StrictBool

from location_cloud.directions.schema_asks import Position, Strict
from location_cloud.http.parameters import Query
from location_cloud.patrols.model import State
from location_cloud.patrols.schema import CODE, Code, Nothing, Profile, Text, Version
from location_cloud.tracks.schema import Moment

__all__ = ["Nothing"]

MOST_POINTS = 10_000


class InPatrol(Query):
    """One patrol."""

    id: int = Field(ge=1, le=2**31 - 1, description="number of the patrol")


class InEnd(InPatrol):
    """One patrol that ends."""

    version: Version | None = Field(None, description="the version it was read at, instead of If-Match")


class InCoverage(InPatrol):
    """What of its beat a patrol saw."""

    form: Literal["numbers", "codes", "geojson"] = Field(
        "numbers",
        description="numbers alone; seen and unseen ground; or each cell with the seconds in it (written down)",
    )


class InPatrols(Query):
    """Patrols."""

    person: str = Field("", max_length=40, pattern=r"^[A-Za-z0-9_.-]*$", description="only of this person")
    beat: str = Field("", max_length=40, pattern=r"^[A-Za-z0-9_.-]*$", description="only on this beat")
    begin: Moment | None = Field(None, description="only those begun from then on")
    end: Moment | None = Field(None, description="only those begun before")
    open: bool | None = Field(None, description="only those under way, or only those that are over")
    after: int = Field(0, ge=0, le=2**31 - 1, description="only numbers above: the next page")
    limit: int = Field(100, ge=1, le=1000, description="patrols a page")


class InReads(InPatrol):
    """Who read a track."""

    after: int = Field(0, ge=0, le=2**31 - 1, description="only entries above: the next page")
    limit: int = Field(100, ge=1, le=1000, description="entries a page")


class InPerson(Query):
    """One person."""

    person: str = Field(pattern=CODE, max_length=40, description="the person")


class BeginBody(Strict):
    """Somebody begins a patrol where he stands; the time is the server's."""

    person: Code
    at: Position = Field(description="where the person stands")
    accuracy_m: float = Field(0.0, ge=0, le=10_000, strict=True, description="as the phone says; 100 m of it count")
    beat: Annotated[str, Field(pattern=r"^([A-Za-z0-9][A-Za-z0-9_.-]{0,39})?$", max_length=40)] = Field(
        "", description="empty = that of the shift that is due"
    )
    device: str = Field(
        "",
        max_length=64,
        pattern=r"^[^/\x00-\x1f\x7f]*$",
        description="whose fixes are the track; empty = as the roster",
    )
    profile: Profile = Field("", description="foot, bicycle or car; empty = as the beat is patrolled")
    note: Text = Field("", max_length=500)
    simulated: StrictBool = Field(False, description="not of the real world; every answer says so")


class EndBody(Strict):
    """Somebody ends a patrol where he stands."""

    at: Position = Field(description="where the person stands")
    accuracy_m: float = Field(0.0, ge=0, le=10_000, strict=True, description="as the phone says; 100 m of it count")


class PointBody(Strict):
    """A fix of the phone."""

    time: Moment
    lonlat: Position
    accuracy_m: float | None = Field(None, ge=0, le=10_000, strict=True)
    speed_kmh: float | None = Field(None, ge=0, le=500, strict=True)
    heading_deg: float | None = Field(None, ge=0, le=360, strict=True)


class PointsBody(Strict):
    """Fixes; sent again they are counted once."""

    points: list[PointBody] = Field(min_length=1, max_length=MOST_POINTS)


class OutPatrol(BaseModel):
    """One patrol. Times are unix seconds. result: what it did, null while it is under way."""

    id: int
    version: int
    person: str
    beat: str
    roster: str
    device: str
    profile: str
    state: State
    begun: float
    ended: float | None
    planned_begin: float | None
    planned_end: float | None
    late_min: float
    early_min: float
    forgotten: bool
    simulated: bool
    note: str
    evaluated: float | None
    result: dict[str, Any] | None


class OutPatrols(BaseModel):
    """Patrols by number."""

    patrols: list[OutPatrol]
    next_after: int | None


class OutPoints(BaseModel):
    """What became of the fixes; on the disk now."""

    accepted: int
    duplicate: int
    quarantined: int = Field(description="not believed: kept apart and not counted")
    reasons: dict[str, int]


class OutCoverage(BaseModel):
    """What of its beat a patrol saw: cells of BeiDou level 6 within 25 m of its cleaned track."""

    patrol: int
    beat: str
    settled: bool = Field(description="a day after its end nothing is added any more")
    cells: int
    seen: int
    share: float
    entered: int = Field(description="cells that the track itself ran through")
    duration_s: int
    inside_s: int
    outside_s: int
    length_m: int
    fixes: int
    left_out: dict[str, int]
    gaps: int
    gap_s: int
    longest_gap_s: int
    stays: int
    stay_s: int
    codes: list[dict[str, Any]] | None = None
    ground: dict[str, Any] | None = None
    simulated: bool
    crs: str | None = None


class OutTrack(BaseModel):
    """The cleaned track as GeoJSON: lines with the times of their points, then stops; and when it fell silent."""

    type: Literal["FeatureCollection"]
    features: list[dict[str, Any]]
    gaps: list[dict[str, Any]]
    left_out: dict[str, int]
    simulated: bool
    crs: str | None = None


class OutDoubts(BaseModel):
    """What a person should look at. Nothing follows from a doubt by itself; each has causes that are no fault."""

    patrol: int
    person: str
    doubts: list[dict[str, Any]]
    simulated: bool
    crs: str | None = None


class OutReads(BaseModel):
    """Who read a person's track, oldest first."""

    reads: list[dict[str, Any]]
    next_after: int | None


class OutErased(BaseModel):
    """What was removed."""

    person: str
    rows: int
    fixes: int
