"""Parameters and answers of rankings, coverage and relocation."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

from location_cloud.http.parameters import Query

Position: TypeAlias = tuple[
    Annotated[float, Field(strict=True, ge=-180, le=180)],
    Annotated[float, Field(strict=True, ge=-90, le=90)],
]
"""lon, lat in a JSON body."""

Name: TypeAlias = Annotated[str, Field(pattern=r"^\w[\w.:+-]{0,63}$")]
Skill: TypeAlias = Annotated[str, Field(pattern=r"^[\w.:+-]{1,64}$", max_length=64)]
Row: TypeAlias = Annotated[int, Field(ge=1, le=2**31 - 1, strict=True)]

REASONS = "out_of_service, busy, off_shift, missing_skill, no_position, position_old, no_road, unreachable"


class Strict(BaseModel):
    """Base of bodies: nothing unknown, no NaN."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, frozen=True)


class Nothing(Query):
    """No parameters."""


class Versioned(Query):
    """The version of something that is changed."""

    version: int | None = Field(
        None, ge=1, le=2**31 - 1, description="the version that the change was made from, instead of If-Match"
    )


class WeatherBody(Strict):
    """What somebody says of the roads and the ground, until a forecast does."""

    drive_share: float = Field(1.0, ge=0.1, le=1.5, strict=True, description="share of the usual speed on roads")
    foot_share: float = Field(1.0, ge=0.1, le=1.5, strict=True, description="share of the usual speed on foot")
    source: str = Field(min_length=1, max_length=200, description="who says so; told with every answer")


class HowBody(Strict):
    """How crews move."""

    siren: bool = Field(True, strict=True, description="with siren, units that have one (their siren_profile)")
    season: Literal["", "winter"] = Field("", description="winter: slower on snow and ice, by class of road")
    weather: WeatherBody | None = Field(None, description="told by the desk; null = nothing is told")
    position_age_s: float = Field(900.0, gt=0, le=86_400, strict=True, description="older positions do not count")


class HospitalWish(Strict):
    """On to a hospital."""

    need: list[Skill] = Field(default_factory=list, max_length=20, description="what it must be able to treat")
    on_scene_s: float = Field(900.0, ge=0, le=86_400, strict=True, description="stay at the place before")


class KeepBody(Strict):
    """Several units, chosen so that coverage of what is left falls least."""

    count: int = Field(1, ge=1, le=20, strict=True, description="how many are sent")
    minutes: float = Field(10.0, gt=0, le=120, strict=True, description="what covered means")
    slack_s: float = Field(120.0, ge=0, le=3600, strict=True, description="so much later than the quickest may one be")


class RankBody(HowBody):
    """Where somebody is needed: a place, an emergency or a public incident."""

    at: Position | None = Field(None, description="lon, lat")
    incident: Row | None = Field(None, description="id of a public incident, instead of at")
    emergency: Row | None = Field(None, description="id of an emergency, instead of at; its needs are added")
    need: list[Skill] = Field(default_factory=list, max_length=20, description="skills or equipment a unit must have")
    kinds: list[Skill] = Field(default_factory=list, max_length=20, description="only these kinds of unit; [] = any")
    k: int = Field(5, ge=1, le=200, strict=True, description="how many to offer; others that could go are counted")
    radius_m: float = Field(5000.0, gt=0, le=10_000, strict=True, description="the farthest that a road may be")
    hospital: HospitalWish | None = Field(None, description="and on to a hospital; null = not asked")
    keep_coverage: KeepBody | None = Field(None, description="choose units so that the rest covers most")

    @model_validator(mode="after")
    def _one_place(self) -> RankBody:
        if sum(each is not None for each in (self.at, self.incident, self.emergency)) != 1:
            raise ValueError("give one of at, incident and emergency")
        return self


class CellsBody(Strict):
    """Which cells: one of both."""

    beidou_level: Literal[4, 5] | None = Field(None, description="4: 1 minute, 1.3 x 1.9 km in Daqing; 5: 4 seconds")
    size_m: float = Field(500.0, ge=100, le=20_000, strict=True, description="squares, if no level is given")


class CoverageBody(HowBody):
    """Which units, and up to which time."""

    units: list[Name] = Field(default_factory=list, max_length=2000, description="only these; [] = all that are free")
    minutes: float = Field(30.0, gt=0, le=120, strict=True, description="cells further away have no time")
    thresholds: list[Annotated[float, Field(gt=0, le=120, strict=True)]] = Field(
        default_factory=lambda: [8.0, 15.0], max_length=10, description="minutes within which the share is told"
    )
    cells: CellsBody = Field(default_factory=lambda: CellsBody.model_validate({}))
    format: Literal["geojson", "compact"] = Field("geojson", description="compact: columns of codes and seconds")


class DemandBody(Strict):
    """A place where help may be needed."""

    lonlat: Position
    weight: float = Field(1.0, ge=0, le=1e9, strict=True, description="how much it counts")


class RelocateBody(HowBody):
    """Which units may wait where."""

    units: list[Name] = Field(default_factory=list, max_length=2000, description="only these; [] = all that are free")
    sites: list[Position] = Field(default_factory=list, max_length=200, description="[] = the stations of all units")
    demand: list[DemandBody] = Field(default_factory=list, max_length=2000, description="[] = ground that has roads")
    minutes: float = Field(8.0, gt=0, le=120, strict=True, description="what covered means, without turnout")
    count: int | None = Field(None, ge=1, le=200, strict=True, description="how many sites; null = as many as units")


# --- answers -----------------------------------------------------------------------------------------------------


class OutStop(BaseModel):
    """Where the vehicle has to stop."""

    lonlat: list[float]
    off_road_m: float = Field(description="from there to the place, straight, on foot")


class OutOffer(BaseModel):
    """A unit and when it is there."""

    id: str
    title: str
    kind: str
    status: str
    eta_s: float | None = Field(description="until the crew is there: turnout, drive, on foot; null = no drive known")
    eta_p90_s: float | None = Field(description="nine of ten are there by then")
    turnout_s: float
    drive_s: float | None = Field(description="as /v1/route tells it, under what is told of the weather")
    walk_s: float | None
    distance_m: float | None = Field(description="of the drive; told of units that are offered")
    staging_point: OutStop | None = Field(description="where the vehicle has to stop")
    reachable: bool
    why_not: str | None = Field(description=f"why it is not offered: {REASONS}; null = it may go")
    why_not_text: str | None
    missing: list[str] = Field(description="skills or equipment that it lacks")
    profile: str
    route_id: str | None = Field(description="address of the drive: GET it")
    position: dict[str, Any] | None
    hospital_s: float | None = Field(None, description="until a patient is at the first hospital")
    simulated: bool


class OutHospitalLeg(BaseModel):
    """A hospital and the drive there."""

    id: str
    title: str
    drive_s: float | None
    distance_m: float | None = Field(description="told of the first")
    free: int
    inbound: int
    why_not: str | None = Field(description="closed, missing_skill, full, unreachable; null = it may take a patient")
    missing: list[str]
    route_id: str | None
    simulated: bool


class OutRank(BaseModel):
    """All units: those that may go first, by time, then the others."""

    lonlat: list[float] = Field(description="the place")
    needs: list[str]
    units: list[OutOffer]
    more: int = Field(description="units that could go, too, beyond k")
    hospitals: list[OutHospitalLeg] | None
    keep_coverage: dict[str, Any] | None = Field(description="units to send, share covered before and after")
    conditions: dict[str, Any] = Field(description="siren, season, and what was told of the weather by whom")
    spread: dict[str, Any] = Field(description="p90_share of the drive, from how many drives, source")
    metric_version: str
    as_of: str | None
    crs: str | None = None


class OutCoverage(BaseModel):
    """Cells that have roads and when the first unit is there."""

    model_config = ConfigDict(extra="allow")

    type: Literal["FeatureCollection"] | None = None
    units: list[str]
    covered: list[dict[str, Any]] = Field(description="share of the cells within each threshold")
    cell_count: int
    crs: str | None = None


class OutRelocation(BaseModel):
    """Where units should wait."""

    status: Literal["optimal", "feasible", "heuristic"]
    covered: float = Field(description="weight within the minutes of a chosen site")
    bound: float = Field(description="no choice covers more")
    now: float = Field(description="weight that the units cover where they are")
    total: float
    demand: dict[str, Any] = Field(description="count, source")
    sites: list[dict[str, Any]]
    moves: list[dict[str, Any]] = Field(description="unit, site, seconds of the drive")
    simulated: bool
    crs: str | None = None
