"""Parameters and answers of directions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from location_cloud.http.parameters import LonLat, LonLatList, Query

ProfileName: TypeAlias = Annotated[
    str,
    Field(pattern=r"^[a-z][a-z0-9_-]{0,30}$", description="how one moves: a name of /v1/profiles", examples=["car"]),
]
Language = Literal["zh-CN", "en", ""]
Exclude = Literal["toll", "ferry", "unpaved", "motorway", "tunnel", "bridge"]
Shape = Literal["geojson", "polyline5", "polyline6", "none"]
Approach = Literal["unrestricted", "curb", "opposite"]
MOST_PLACES = 100
MOST_VIAS = MOST_PLACES - 2


def _words(value: Any) -> Any:
    return [part for part in value.split(",") if part] if isinstance(value, str) else value


def _at_most(most: int, mark: str = "") -> BeforeValidator:
    """Refuses too many before each of them is read."""

    def check(value: Any) -> Any:
        count = (
            value.count(mark) + 1 if mark and isinstance(value, str) else len(value) if isinstance(value, list) else 0
        )
        if count > most:
            raise ValueError(f"{count} are too many; at most {most}")
        return value

    return BeforeValidator(check)


def _moment(value: Any) -> Any:
    if value is not None and not isinstance(value, (str, datetime)):
        raise ValueError("give a time as ISO 8601 text, for example 2026-11-23T07:30:00+08:00")
    return value


def _in_calendar(value: datetime) -> datetime:
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValueError(f"a time must lie in the years {FIRST_YEAR} to {LAST_YEAR}")
    return value


FIRST_YEAR, LAST_YEAR = 1970, 2199
"""Calendars of signs and time zones mean nothing beyond."""

Moment: TypeAlias = Annotated[datetime, AfterValidator(_in_calendar), BeforeValidator(_moment)]

_KINDS = "(toll|ferry|unpaved|motorway|tunnel|bridge)"

ExcludeList: TypeAlias = Annotated[
    list[Exclude],
    BeforeValidator(_words),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^({_KINDS}(,{_KINDS})*)?$",
            "description": "kinds of road not to be used, separated by commas",
        }
    ),
]

PolygonBody: TypeAlias = Annotated[
    dict[str, Any],
    WithJsonSchema(
        {
            "type": "object",
            "required": ["type", "coordinates"],
            "properties": {
                "type": {"enum": ["Polygon", "MultiPolygon"]},
                "coordinates": {"type": "array", "minItems": 1},
            },
            "description": "GeoJSON Polygon or MultiPolygon",
        }
    ),
]

Position: TypeAlias = tuple[
    Annotated[float, Field(ge=-180, le=180)],
    Annotated[float, Field(ge=-90, le=90)],
]
"""lon, lat in a JSON body."""


class Strict(BaseModel):
    """Base of request bodies: nothing unknown, no NaN."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, frozen=True, populate_by_name=True)


# --- what changes a profile ---------------------------------------------------------------------------------------


class VehicleBody(Strict):
    """Sizes that signs speak of; 0 = as the profile has it."""

    height_m: float = Field(0.0, strict=True, ge=0, le=20)
    width_m: float = Field(0.0, strict=True, ge=0, le=20)
    length_m: float = Field(0.0, strict=True, ge=0, le=200)
    weight_t: float = Field(0.0, strict=True, ge=0, le=1000)
    axle_load_t: float = Field(0.0, strict=True, ge=0, le=100)
    hazmat: bool = Field(False, strict=True, description="carries dangerous goods")


class AvoidBody(Strict):
    """Where not to go."""

    areas: list[PolygonBody] = Field(default_factory=list, max_length=20, description="polygons to stay out of")
    closures: list[Annotated[str, Field(min_length=1, max_length=64)]] = Field(
        default_factory=list, max_length=50, description="names of stored closures (/v1/closures)"
    )
    roads: list[Annotated[str, Field(min_length=5, max_length=40)]] = Field(
        default_factory=list, max_length=1000, description="lasting keys of road edges"
    )


class Ask(Query):
    """What every question about ways may say in its address."""

    profile: ProfileName = Field("car", description="how one moves: a name of /v1/profiles")
    exclude: ExcludeList = Field(default_factory=list, description="kinds of road not to be used: toll,ferry,...")
    season: Literal["", "winter"] = Field("", description="winter: slower on snow and ice, by class of road")
    depart_at: Moment | None = Field(
        None, description="when one leaves (ISO 8601); without zone: the city's; empty = now, with live weights"
    )


class AskBody(Strict):
    """What every question about ways may say in its body."""

    profile: ProfileName = Field("car", description="how one moves: a name of /v1/profiles")
    exclude: list[Exclude] = Field(default_factory=list, description="kinds of road not to be used")
    avoid: AvoidBody = Field(default_factory=lambda: AvoidBody.model_validate({}))
    vehicle: VehicleBody = Field(default_factory=lambda: VehicleBody.model_validate({}))
    season: Literal["", "winter"] = ""
    depart_at: Moment | None = Field(None, description="when one leaves; empty = now, with live weights")
    radius_m: float = Field(
        1000, strict=True, gt=0, le=10_000, description="the farthest that a road may be from a point"
    )


class Nothing(Query):
    """No parameters."""


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
    via: Annotated[LonLatList, _at_most(MOST_VIAS, ";")] = Field(
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

    places: Annotated[list[PlaceBody], _at_most(MOST_PLACES)] = Field(
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
        return self


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

    sources: Annotated[list[Position], _at_most(1000)] = Field(min_length=1, max_length=1000)
    targets: Annotated[list[Position], _at_most(1000)] = Field(min_length=1, max_length=1000)
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
    crs: str


# --- trip, optimise -----------------------------------------------------------------------------------------------


class TripBody(AskBody):
    """Places to be visited in the best order."""

    places: Annotated[list[PlaceBody], _at_most(MOST_PLACES)] = Field(min_length=2, max_length=MOST_PLACES)
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


# --- profiles, closures, speeds -----------------------------------------------------------------------------------


class OutProfile(BaseModel):
    """A way of moving."""

    name: str
    title: dict[str, str]
    family: str


class OutProfiles(BaseModel):
    """Every way of moving."""

    profiles: list[OutProfile]
