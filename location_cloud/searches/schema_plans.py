"""Bodies and answers of segments, plans, patterns and exports."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field, model_validator

from location_cloud.searches.model import DETECTIONS, MOST_RESOURCES, MOST_SEGMENTS
from location_cloud.searches.schema import InSearch
from location_cloud.searches.schema_fields import Name, Number, PolygonBody, Position, Strict, Walking, Words


class SegmentBody(Strict):
    """One segment that somebody drew."""

    id: Words = Field("", max_length=64, description="'' = its number in the list")
    geometry: PolygonBody


class SegmentsBody(Strict):
    """Segments: drawn along what the ground shows, or given."""

    target_km2: Number | None = Field(None, ge=0.0001, le=10_000, description="size of a segment; null = 0.25 or more")
    area: PolygonBody | None = Field(None, description="only this area; null = all cells")
    segments: list[SegmentBody] | None = Field(None, min_length=1, max_length=MOST_SEGMENTS, description="these")

    @model_validator(mode="after")
    def _one(self) -> SegmentsBody:
        if self.segments is not None and (self.area is not None or self.target_km2 is not None):
            raise ValueError("give segments, or area and target_km2 to have them drawn")
        return self


class CameraBody(Strict):
    """What a UAV sees straight down."""

    height_m: Number = Field(ge=1, le=5_000, description="above ground")
    fov_deg: Number = Field(ge=1, le=179, description="field of view across the track")
    overlap: Number = Field(0.2, ge=0, le=0.95, description="of neighbouring swaths")


class FlightBody(Strict):
    """What one battery allows."""

    speed_m_s: Number = Field(ge=0.1, le=100)
    battery_s: Number = Field(ge=10, le=86_400)
    reserve: Number = Field(0.2, ge=0, le=0.9, description="share kept for coming home")
    turn_s: Number = Field(5.0, ge=0, le=300)


class ResourceBody(Strict):
    """A team, a dog, a UAV."""

    id: Name
    W_m: Number | None = Field(None, ge=0.1, le=5_000, description="effective sweep width of one searcher")
    visibility: Literal["high", "medium", "low"] | None = Field(None, description="of the subject, with Rd_m")
    Rd_m: Number | None = Field(None, ge=0.1, le=5_000, description="mean range at which the subject is just detected")
    camera: CameraBody | None = Field(None, description="of a UAV: its swath is the sweep width")
    v_kmh: Number = Field(ge=0.1, le=300, description="speed while searching")
    hours: Number = Field(ge=0, le=72)
    searchers: int = Field(1, ge=1, le=500, strict=True, description="abreast: they sweep so many widths")
    team: Words = Field("", max_length=64, description="what to call it on the form")


class PeriodBody(Strict):
    """An operational period: all its hours are planned together with those of the others."""

    duration_h: Number = Field(ge=0.1, le=72, description="until the next one begins; the subject walks on meanwhile")
    resources: list[ResourceBody] | None = Field(
        None, min_length=1, max_length=MOST_RESOURCES, description="who can search then; null = those of the plan"
    )


class PlanBody(Strict):
    """Who can search; in one period, or in several for a subject who walks on."""

    resources: list[ResourceBody] = Field(min_length=1, max_length=MOST_RESOURCES)
    detection: DETECTIONS = Field("random", description="how coverage becomes a probability of detection")
    least_hours: Number = Field(0.0, ge=0, le=24, description="no assignment is shorter; 0 = the exact optimum")
    segments: list[Name] = Field(default_factory=list, max_length=MOST_SEGMENTS, description="only these; [] = all")
    periods: list[PeriodBody] | None = Field(
        None, min_length=2, max_length=12, description="several, the first begins now; null = one. Random detection"
    )
    motion: Walking = Field(Walking.model_validate({}), description="periods: how the subject walks on between them")

    @model_validator(mode="after")
    def _periods(self) -> PlanBody:
        if self.periods and (self.detection != "random" or self.least_hours):
            raise ValueError("several periods are planned for random detection, without least_hours")
        return self


class StartBody(Strict):
    """Where a searcher begins."""

    location: Position


class PatternBody(Strict):
    """A pattern to follow; each kind takes what it needs."""

    kind: Literal["area", "uav", "parallel", "creeping_line", "expanding_square", "sector", "paths"] = Field(
        description="paths: lines of several searchers through the most chance; the others: as in the IAMSAR manual"
    )
    segment: Name | None = Field(None, description="area, uav: over this segment")
    area: PolygonBody | None = Field(None, description="area, uav: over this polygon")
    location: Position | None = Field(None, description="datum or middle; uav: where it starts; null = the ipp")
    bearing_deg: Number | None = Field(None, ge=0, lt=360, description="of the legs; area, uav: null = fewest legs")
    spacing_m: Number | None = Field(None, ge=1, le=50_000, description="between legs; uav: follows from its camera")
    W_m: Number | None = Field(None, ge=0.1, le=50_000, description="sweep width: tells the coverage")
    length_m: Number | None = Field(None, ge=1, le=200_000, description="parallel, creeping_line: of the rectangle")
    width_m: Number | None = Field(None, ge=1, le=200_000)
    radius_m: Number | None = Field(None, ge=1, le=200_000, description="sector")
    sectors: int | None = Field(None, ge=3, le=100, strict=True)
    legs: int | None = Field(None, ge=1, le=2_000, strict=True, description="expanding_square")
    v_kmh: Number | None = Field(None, ge=0.1, le=300, description="tells the time it takes")
    starts: list[StartBody] = Field(default_factory=list, max_length=20, description="paths: one each; [] = the ipp")
    budget_m: Number | None = Field(None, ge=1, le=200_000, description="paths: length of each")
    Rd_m: Number | None = Field(None, ge=1, le=5_000, description="paths: range at which the subject is detected")
    returns: bool = Field(False, strict=True, description="paths: back to where they start")
    camera: CameraBody | None = Field(None, description="uav")
    flight: FlightBody | None = Field(None, description="uav")


class InSegments(InSearch):
    """The segments of a search."""


class InExport(InSearch):
    """A search for other tools, or on paper."""

    format: Literal["gpx", "kml", "geojson", "caltopo", "ics204"] = Field(
        description="gpx: lines to walk and points; caltopo: GeoJSON as CalTopo imports it; ics204: a form a team"
    )
    form: Literal["html", "pdf"] = Field("html", description="of ics204")
    team: str = Field("", max_length=64, description="ics204: only this team or resource; empty = all")
    lang: Literal["zh-CN", "en", ""] = Field("", description="of ics204; empty = Accept-Language")


class OutSegments(BaseModel):
    """Segments as a GeoJSON FeatureCollection; properties: id, area_m2, poa, density_km2, given."""

    type: Literal["FeatureCollection"]
    version: int
    features: list[dict[str, Any]]
    crs: str


class OutAssignment(BaseModel):
    """Who searches where for how long."""

    id: str = Field(description="results name it")
    period: int
    segment: str
    resource: str
    team: str
    hours: float
    coverage: float
    pod: float
    pos: float = Field(description="what it adds to the chance of success")
    W_m: float
    v_kmh: float


class OutCurve(BaseModel):
    """Chance of success by hours of all resources together."""

    hours: float
    pos: float


class OutPeriod(BaseModel):
    """What a period is worth. pos: what it finds after those before it."""

    number: int
    begins_h: float = Field(description="hours after the first one")
    pos: float


class OutPlan(BaseModel):
    """A plan."""

    search: int
    version: int
    assignments: list[OutAssignment]
    pos_total: float = Field(description="chance of success of the plan")
    gap: float = Field(description="no other plan of these resources adds more than this (random detection)")
    detection: str
    curve: list[OutCurve]
    periods: list[OutPeriod] = Field(description="[] = one")
    warnings: list[str]


class OutPattern(BaseModel):
    """Lines to follow as a GeoJSON FeatureCollection; properties: length_m, coverage, duration_s, number."""

    type: Literal["FeatureCollection"]
    features: list[dict[str, Any]]
    length_m: float
    duration_s: float | None
    gathered: float | None = Field(description="paths: chance that the lines see")
    bound: float | None = Field(description="paths: no lines of these lengths see more")
    crs: str
