"""Parameters and answers of directions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from location_cloud.directions.schema_asks import (
    MOST_PLACES,
    MOST_VIAS,
    Approach,
    Ask,
    AskBody,
    Language,
    Moment,
    Position,
    ProfileName,
    Shape,
    Strict,
    at_most,
)
from location_cloud.http.parameters import LonLat, LonLatList, Query

# --- route --------------------------------------------------------------------------------------------------------


class RouteShapeQuery(Query):
    """How a route is told."""

    steps: bool = Field(True, description="whether the turns are listed")
    geometry: Shape = Field("geojson", description="how the line is written")
    annotations: bool = Field(False, description="whether every edge is listed: way id, duration, speed, congestion")
    format: Literal["json", "geojson", "gpx", "kml"] = Field("json", description="form of the whole answer")
    lang: Language = Field("", description="language of the instructions; empty = as the caller prefers")


class InRoute(Ask, RouteShapeQuery):
    """From where, to where, how."""

    from_: LonLat = Field(alias="from", description="where it begins, lon,lat")
    to: LonLat = Field(description="where it ends, lon,lat")
    via: Annotated[LonLatList, at_most(MOST_VIAS, ";")] = Field(
        default_factory=list, max_length=MOST_VIAS, description="places on the way, in order"
    )
    radius_m: float = Field(1000, gt=0, le=10_000, description="the farthest that a road may be from any point, metres")
    alternatives: int = Field(0, ge=0, le=3, description="further ways that differ, at most")
    arrive_by: Moment | None = Field(None, description="when one must be there; not with depart_at")
    heading_deg: float | None = Field(None, ge=0, lt=360, description="direction in which one sets out")
    approach: Approach = Field("unrestricted", description="curb: stop on the side of the street where the place is")

    @model_validator(mode="after")
    def _one_time(self) -> InRoute:
        if self.depart_at and self.arrive_by:
            raise ValueError("give depart_at or arrive_by, not both")
        if self.alternatives and self.via:
            raise ValueError("alternatives are between two places; leave out via or alternatives")
        _check_apart([self.from_, *self.via, self.to])
        return self


class PlaceBody(Strict):
    """A place of a trip."""

    lonlat: Position = Field(description="lon, lat")
    heading_deg: float | None = Field(None, ge=0, lt=360, description="only roads driven in this direction")
    tolerance_deg: float = Field(45, gt=0, le=180, description="how far a road may turn from the heading")
    approach: Approach = Field("unrestricted", description="curb: on the side of the street where the place is")
    level: int | None = Field(None, ge=-20, le=200, description="storey of the road")
    stay_s: float = Field(0, ge=0, le=604_800, description="how long one stays there")
    radius_m: float | None = Field(None, gt=0, le=10_000)


class RouteBody(AskBody):
    """A route through places, with everything that may be said of it."""

    places: Annotated[list[PlaceBody], at_most(MOST_PLACES)] = Field(
        min_length=2, max_length=MOST_PLACES, description="in driving order"
    )
    alternatives: int = Field(0, ge=0, le=3)
    arrive_by: Moment | None = None

    @model_validator(mode="after")
    def _fits(self) -> RouteBody:
        if self.depart_at and self.arrive_by:
            raise ValueError("give depart_at or arrive_by, not both")
        if self.alternatives and len(self.places) > 2:
            raise ValueError("alternatives are between two places")
        _check_apart([place.lonlat for place in self.places])
        return self


def _check_apart(lonlats: Sequence[Sequence[float]]) -> None:
    """Raises ValueError for a point that follows itself: most likely a slip, and no way leads nowhere."""
    for number, (one, other) in enumerate(pairwise(lonlats), 1):
        if tuple(one) == tuple(other):
            raise ValueError(f"points {number} and {number + 1} are the same, {one[0]:.7g},{one[1]:.7g}; leave one out")


class OutStep(BaseModel):
    """One instruction and the stretch that follows it."""

    type: str = Field(
        description="depart, turn, new name, continue, merge, on ramp, off ramp, fork, end of road, roundabout, "
        "rotary, arrive (OSRM's vocabulary)"
    )
    modifier: str = Field(
        description="uturn, sharp left, left, slight left, straight, slight right, right, sharp right; or empty"
    )
    instruction: str
    name: str = Field(description="name of the road after the manoeuvre; empty if it has none")
    ref: str
    destinations: str = Field(description="as signed")
    exit: int = Field(description="exit of a roundabout, from 1; 0 elsewhere")
    side: str = Field(description="where the place lies on arrival: left, right or empty")
    lanes: list[dict[str, Any]] = Field(description="lanes before the manoeuvre, from left to right")
    distance_m: float
    duration_s: float
    bearing_deg: float = Field(description="direction after the manoeuvre, clockwise from north")
    location: list[float]
    points: list[int] = Field(description="first and last point of the stretch in the leg's part of the geometry")


class OutLeg(BaseModel):
    """The way between two of the asked places."""

    distance_m: float
    duration_s: float
    steps: list[OutStep]
    annotations: dict[str, Any] | None = Field(
        None,
        description="one entry for each road edge driven; congestion: low, moderate, heavy, severe, or unknown (no "
        "live or typical speed)",
    )
    stay_s: float = Field(0, description="how long one stays at its end")


class OutRouteLine(BaseModel):
    """One way."""

    distance_m: float
    duration_s: float = Field(description="driving time, without stays")
    geometry: dict[str, Any] | str | None = Field(description="GeoJSON LineString, encoded polyline, or nothing")
    legs: list[OutLeg]
    depart_at: Moment | None = None
    arrive_at: datetime | None = None


class OutWaypoint(BaseModel):
    """An asked place on the road."""

    location: list[float]
    name: str
    distance_m: float = Field(description="from the asked point to the road")


class Made(BaseModel):
    """What an answer was made from."""

    profile: str
    snapshot: str
    metric_version: str = Field(description="equal versions give equal answers")
    as_of: datetime = Field(description="when the weights were true")
    crs: str


class OutRoute(Made):
    """Ways, the quickest first."""

    routes: list[OutRouteLine]
    waypoints: list[OutWaypoint]


# --- matrix -------------------------------------------------------------------------------------------------------


class InMatrix(Query):
    """How a matrix is told."""

    format: Literal["json", "ndjson"] = Field("json", description="ndjson: one line a source, sent as they are written")


class MatrixBody(AskBody):
    """From each of these to each of those."""

    sources: Annotated[list[Position], at_most(1000)] = Field(min_length=1, max_length=1000)
    targets: Annotated[list[Position], at_most(1000)] = Field(min_length=1, max_length=1000)
    distances: bool = Field(True, strict=True, description="whether distances are answered too")


class OutMatrix(Made):
    """Rows by source, columns by target; null = no way."""

    durations_s: list[list[float | None]]
    distances_m: list[list[float | None]] | None
    source_waypoints: list[OutWaypoint]
    target_waypoints: list[OutWaypoint]


# --- isochrone, expansion, nearest --------------------------------------------------------------------------------


def _numbers(value: Any) -> Any:
    return [float(part) for part in value.split(",") if part] if isinstance(value, str) else value


def _limit_list(pattern: str, what: str) -> WithJsonSchema:
    return WithJsonSchema(
        {"type": "string", "pattern": pattern, "description": f"limits in {what}, with commas between"}
    )


Minutes: TypeAlias = Annotated[
    list[Annotated[float, Field(gt=0, le=240)]],
    BeforeValidator(_numbers),
    _limit_list(r"^[1-9][0-9]?(,[1-9][0-9]?){0,9}$", "minutes"),
]
Metres: TypeAlias = Annotated[
    list[Annotated[float, Field(gt=0, le=300_000)]],
    BeforeValidator(_numbers),
    _limit_list(r"^[1-9][0-9]{1,4}(,[1-9][0-9]{1,4}){0,9}$", "metres of way"),
]


class InIsochrone(Ask):
    """How far one gets from a point, or who gets to it."""

    at: LonLat = Field(description="lon,lat")
    minutes: Minutes | None = Field(None, max_length=10, description="limits in minutes, 10 at most")
    metres: Metres | None = Field(None, max_length=10, description="limits in metres of way, 10 at most")
    direction: Literal["from", "to"] = Field("from", description="from: one starts at the point; to: one comes to it")
    output: Literal["polygons", "edges"] = Field("polygons", description="areas, or the reached parts of roads")
    radius_m: float = Field(1000, gt=0, le=10_000, description="the farthest that a road may be")

    @model_validator(mode="after")
    def _one_limit(self) -> InIsochrone:
        if (self.minutes is None) == (self.metres is None):
            raise ValueError("give minutes= or metres=, one of them")
        return self


class IsochroneBody(AskBody):
    """As the address may say, with areas to avoid and sizes."""

    location: Position = Field(description="lon, lat")
    minutes: list[Annotated[float, Field(gt=0, le=240)]] | None = Field(None, min_length=1, max_length=10)
    metres: list[Annotated[float, Field(gt=0, le=300_000)]] | None = Field(None, min_length=1, max_length=10)
    direction: Literal["from", "to"] = Field("from", description="to: ways to the point instead of from it")
    output: Literal["polygons", "edges"] = "polygons"

    @model_validator(mode="after")
    def _one_limit(self) -> IsochroneBody:
        if (self.minutes is None) == (self.metres is None):
            raise ValueError("give minutes or metres, one of them")
        return self


class OutFeature(BaseModel):
    """A GeoJSON feature."""

    type: Literal["Feature"]
    geometry: dict[str, Any]
    properties: dict[str, Any]


class OutIsochrone(Made):
    """One polygon a contour, the smallest first; or one feature for each reached road part."""

    type: Literal["FeatureCollection"]
    features: list[OutFeature]


class InExpansion(Ask):
    """The search itself, edge by edge."""

    at: LonLat = Field(description="lon,lat")
    minutes: float = Field(5, gt=0, le=60, description="how far the search goes")
    direction: Literal["from", "to"] = Field("from", description="to: ways to the point instead of from it")
    limit: int = Field(20_000, ge=1, le=100_000, description="edges in the answer")
    radius_m: float = Field(1000, gt=0, le=10_000, description="the farthest that a road may be, metres")


class OutExpansion(Made):
    """Reached edges as features, in the order in which they were reached."""

    type: Literal["FeatureCollection"]
    features: list[OutFeature]


class InNearest(Query):
    """Which roads are near a point."""

    at: LonLat = Field(description="lon,lat")
    profile: ProfileName = Field("car", description="how one moves: a name of /v1/profiles")
    count: int = Field(1, ge=1, le=100, description="roads in the answer, the nearest first")
    radius_m: float = Field(1000, gt=0, le=10_000, description="the farthest that a road may be, metres")
    heading_deg: float | None = Field(None, ge=0, lt=360, description="only roads driven in this direction")
    tolerance_deg: float = Field(45, gt=0, le=180, description="how far a road may turn from the heading")
    approach: Approach = Field("unrestricted", description="curb: on the side of the street where the place is")
    level: int | None = Field(None, ge=-20, le=200, description="storey of the road")


class OutNear(BaseModel):
    """A road near the point."""

    location: list[float]
    distance_m: float
    name: str
    ref: str
    road: str = Field(description="lasting key of the edge")
    bearing_deg: float


class OutNearest(BaseModel):
    """Roads near the point, the nearest first."""

    roads: list[OutNear]
    profile: str
    snapshot: str
    metric_version: str
    as_of: datetime
    crs: str


# --- trip, optimise -----------------------------------------------------------------------------------------------


class TripBody(AskBody):
    """Places to be visited in the best order."""

    places: Annotated[list[PlaceBody], at_most(MOST_PLACES)] = Field(min_length=2, max_length=MOST_PLACES)
    roundtrip: bool = Field(True, strict=True, description="whether one comes back to the first place")
    source: Literal["any", "first"] = "first"
    destination: Literal["any", "last"] = "any"


class OutTrip(OutRoute):
    """The way through all places; order: numbers of the asked places as they are visited."""

    order: list[int]


class InOptimise(Ask):
    """How vehicles move that name no profile of their own."""


class OptimiseBody(BaseModel):
    """VROOM's JSON: vehicles, jobs, shipments."""

    model_config = ConfigDict(extra="allow", allow_inf_nan=False)

    vehicles: list[dict[str, Any]] = Field(min_length=1, max_length=50)
    jobs: list[dict[str, Any]] = Field(default_factory=list, max_length=200)
    shipments: list[dict[str, Any]] = Field(default_factory=list, max_length=100)


class OutOptimise(BaseModel):
    """VROOM's answer."""

    model_config = ConfigDict(extra="allow")

    code: int
    summary: dict[str, Any]
    unassigned: list[dict[str, Any]]
    routes: list[dict[str, Any]]
    profile: str
    snapshot: str
    metric_version: str
    as_of: datetime


# --- profiles, closures, speeds -----------------------------------------------------------------------------------


class OutProfile(BaseModel):
    """A way of moving."""

    name: str
    title: dict[str, str]
    family: str


class OutProfiles(BaseModel):
    """Every way of moving."""

    profiles: list[OutProfile]
