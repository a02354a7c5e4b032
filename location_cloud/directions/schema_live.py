"""Parameters and answers of closures, live speeds, and matrices made in the background."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, Field, WithJsonSchema

from location_cloud.directions.schema_asks import AskBody, PolygonBody, ProfileName, Strict
from location_cloud.http.parameters import Query

NAME = r"^[\w.-]+$"

MOST_ROADS, MOST_SPEEDS, MOST_PLACES = 5_000, 20_000, 10_000


def _iso(value: Any) -> Any:
    if (isinstance(value, str) and "-" not in value) or isinstance(value, (int, float)):
        raise ValueError("write times as ISO 8601: 2026-11-23T07:30:00+08:00")
    return value


Moment: TypeAlias = Annotated[datetime, BeforeValidator(_iso)]
"""A time as text; a number would be seconds to some and milliseconds to others."""


class Nothing(Query):
    """No parameters."""


# --- closures ----------------------------------------------------------------------------------------------------


class InClosure(Query):
    """One closure."""

    name: str = Field(pattern=NAME, max_length=64, description="name of the closure: letters, digits, '.', '-', '_'")


class InClosureVersion(InClosure):
    """One closure at a version."""

    version: int = Field(ge=1, le=2**31 - 1, description="the version that the change was made from")


class InClosures(Query):
    """A page of closures."""

    after: str = Field("", max_length=64, description="only names after this one: the next page")
    limit: int = Field(100, ge=1, le=1000, description="closures a page")


class ClosureBody(Strict):
    """Roads that are shut."""

    everyone: bool = Field(
        True, strict=True, description="shut for every request; false: only for requests that name the closure"
    )
    profiles: list[ProfileName] = Field(default_factory=list, max_length=31, description="whom it shuts out; [] = all")
    roads: list[Annotated[str, Field(min_length=5, max_length=40)]] = Field(
        default_factory=list, max_length=MOST_ROADS, description="lasting keys of road edges"
    )
    area: PolygonBody | None = Field(None, description="every road that touches it is shut; null = none")
    valid_from: Moment | None = Field(None, description="when it begins; without zone: the city's; null = at once")
    valid_until: Moment | None = Field(None, description="when it ends, excluded; null = never")
    reason: str = Field("", max_length=1000)


class NewClosureBody(ClosureBody):
    """Roads that are shut under a name."""

    name: str = Field(pattern=NAME, max_length=64)


class OutClosure(BaseModel):
    """Roads that are shut under a name."""

    name: str
    version: int = Field(description="grows by one at each change")
    everyone: bool
    profiles: list[str]
    roads: list[str]
    area: dict[str, Any] | None
    valid_from: datetime | None
    valid_until: datetime | None
    reason: str
    edges: int | None = Field(description="how many edges of the present snapshot it shuts; null = not known yet")
    crs: str | None = None


class OutClosures(BaseModel):
    """The caller's closures, by name."""

    closures: list[OutClosure]
    next_after: str | None = Field(description="`after` of the next page; null = this was the last")
    crs: str


class OutDeleted(BaseModel):
    """What is left of something deleted."""

    deleted: str


# --- speeds ------------------------------------------------------------------------------------------------------

Source = Annotated[str, Field(pattern=r"^[\w.:-]*$", max_length=64, description="who measured them")]


class InSpeeds(Query):
    """Of a binary body, whose records have no room for it."""

    source: Source = ""
    until: Moment | None = Field(
        None, description="when they stop to count, at most a day ahead; without zone: the city's; empty = 15 minutes"
    )


class TakenBackSpeeds(Query):
    """Which speeds are taken back."""

    source: Source = Field("", description="only what this source told; empty = all")


class SpeedsBody(Strict):
    """Measured speeds."""

    speeds: dict[str, Annotated[float, Field(strict=True)]] = Field(
        min_length=1, max_length=MOST_SPEEDS, description="lasting key of an edge -> km/h, 1 to 300; 0 takes it back"
    )
    source: Source = ""
    until: Moment | None = Field(None, description="when they stop to count, at most a day ahead; null = 15 minutes")


class OutTold(BaseModel):
    """Speeds that were taken; durable now, and in every route some milliseconds later."""

    edges: int
    unknown: int = Field(description="edges among them that the present snapshot does not have")
    source: str
    until: datetime


class OutSource(BaseModel):
    """Who told speeds."""

    source: str
    batches: int
    edges: int = Field(description="in all its batches; one may count several times")
    stored_at: datetime
    until: datetime


class OutMetric(BaseModel):
    """The weights that answer requests now."""

    profile: str
    metric_version: str
    as_of: datetime


class OutSpeeds(BaseModel):
    """What is known of speeds now."""

    edges: int = Field(description="edges of the present snapshot whose speed is known")
    sources: list[OutSource]
    metrics: list[OutMetric]
    snapshot: str


class OutTakenBack(BaseModel):
    """What was taken back."""

    edges: int = Field(description="in all batches; one may count several times")


# --- matrices in the background ------------------------------------------------------------------------------------


def _points(value: Any) -> Any:
    """Positions of GeoJSON points, in order; anything else as it is."""
    if not isinstance(value, dict):
        return value
    if value.get("type") == "FeatureCollection" and isinstance(value.get("features"), list):
        found = [_points(feature) for feature in value["features"]]
        return [point for points in found if isinstance(points, list) for point in points]
    if value.get("type") == "Feature":
        return _points(value.get("geometry"))
    if value.get("type") == "Point":
        return [value.get("coordinates")]
    return value.get("coordinates") if value.get("type") == "MultiPoint" else value


StrictPosition: TypeAlias = tuple[
    Annotated[float, Field(strict=True, ge=-180, le=180)],
    Annotated[float, Field(strict=True, ge=-90, le=90)],
]

_POSITION = {
    "type": "array",
    "items": {"type": "number"},
    "minItems": 2,
    "maxItems": 2,
}

Points: TypeAlias = Annotated[
    list[StrictPosition],
    BeforeValidator(_points),
    Field(min_length=1, max_length=MOST_PLACES),
    WithJsonSchema(
        {
            "description": f"at most {MOST_PLACES} places: [lon, lat] each, or GeoJSON points",
            "anyOf": [
                {"type": "array", "items": _POSITION, "minItems": 1, "maxItems": MOST_PLACES},
                {
                    "type": "object",
                    "required": ["type", "coordinates"],
                    "properties": {
                        "type": {"const": "MultiPoint"},
                        "coordinates": {"type": "array", "items": _POSITION, "minItems": 1, "maxItems": MOST_PLACES},
                    },
                },
                {
                    "type": "object",
                    "required": ["type", "features"],
                    "properties": {
                        "type": {"const": "FeatureCollection"},
                        "features": {"type": "array", "minItems": 1, "maxItems": MOST_PLACES},
                    },
                },
            ],
        }
    ),
]


class MatrixJobBody(AskBody):
    """From each of these to each of those."""

    sources: Points
    targets: Points
    distances: bool = Field(True, strict=True, description="whether distances are made too")


class InMatrixJob(Query):
    """One matrix."""

    id: str = Field(pattern="^[0-9a-f]{16}$", description="id of the matrix")


class InMatrixResult(InMatrixJob):
    """One finished matrix."""

    format: Literal["npy", "ndjson"] = Field("npy", description="npy: numpy file of int32; ndjson: one line a source")
    part: Literal["durations_ms", "distances_cm"] = Field("durations_ms", description="what an npy file holds")


class OutMatrixJob(BaseModel):
    """How far a matrix is."""

    id: str
    state: Literal["waiting", "running", "done", "failed"]
    profile: str
    sources: int
    targets: int
    distances: bool
    rows_done: int
    progress: float = Field(description="0 to 1")
    seconds_left: float | None = Field(description="estimated; null = not known")
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    kept_until: datetime | None
    snapshot: str
    metric_version: str | None = Field(description="of the weights, fixed when it began; null before")
    as_of: datetime | None
    error: str | None = Field(description="why it failed")
    hint: str | None
    result: str | None = Field(description="where it can be fetched; null = not finished")


class OutMatrixJobs(BaseModel):
    """The caller's matrices, newest first."""

    jobs: list[OutMatrixJob]
