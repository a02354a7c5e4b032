"""Parameters and answers of map matching."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from location_cloud.directions.model_match import MOST_FIXES
from location_cloud.directions.schema import Made
from location_cloud.directions.schema_asks import Position, ProfileName, Strict, at_most
from location_cloud.http.parameters import Query


class InMatch(Query):
    """How a track is matched and told."""

    profile: ProfileName = Field("car", description="how one moved: a name of /v1/profiles")
    gaps: Literal["split", "ignore"] = Field(
        "split", description="whether nothing is said of the way during a pause of over three minutes"
    )
    points: bool = Field(True, description="whether it is told where each point lies")
    edges: bool = Field(True, description="whether every road edge is listed, with times and confidence")


class FixBody(Strict):
    """One fix."""

    lonlat: Position = Field(description="lon, lat")
    time: str | float | None = Field(None, description="ISO 8601 (without zone: UTC) or seconds since 1970")
    accuracy_m: float | None = Field(None, ge=0, le=1e5, description="standard deviation; empty = 5 m")
    heading_deg: float | None = Field(None, ge=-360, le=360, description="clockwise from north")
    speed_kmh: float | None = Field(None, ge=0, le=1e4)


class MatchBody(BaseModel):
    """A track: points, or GeoJSON (LineString, Feature, FeatureCollection of lines or of points)."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    points: Annotated[list[FixBody], at_most(MOST_FIXES)] | None = Field(
        None, max_length=MOST_FIXES, description="fixes in the order of their times"
    )
    type: Literal["LineString", "Feature", "FeatureCollection"] | None = Field(None, description="of GeoJSON")
    coordinates: list[Any] | None = Field(None, description="of a LineString")
    geometry: dict[str, Any] | None = Field(None, description="of a Feature: a LineString")
    features: list[dict[str, Any]] | None = Field(None, description="LineStrings, or Points with properties.time")
    properties: dict[str, Any] | None = Field(None, description="of a Feature: times or coordTimes, one a point")
    id: str | int | None = None
    bbox: list[float] | None = None


class OutEdge(BaseModel):
    """A road edge driven."""

    key: str = Field(description="lasting name of the edge: way:position:f or b")
    name: str
    from_fraction: float = Field(description="where on the edge it begins, 0..1 in driving direction")
    to_fraction: float
    enters_at: datetime | None = Field(description="interpolated between the fixes; null for a track without times")
    leaves_at: datetime | None
    confidence: float = Field(description="probability that it was driven then, under the model")


class OutPart(BaseModel):
    """A stretch of the track without a break."""

    geometry: dict[str, Any] = Field(description="GeoJSON LineString along the roads")
    distance_m: float
    free_flow_s: float = Field(description="what the same drive takes without traffic")
    begins_at: datetime | None
    ends_at: datetime | None
    first_point: int = Field(description="number of the first point of it, from 0")
    last_point: int
    confidence: float = Field(description="mean of its edges', by length")
    edges: list[OutEdge] | None


class OutPoint(BaseModel):
    """A point on the road."""

    location: list[float] | None = Field(description="nearest place of the matched road; null = on no road")
    edge: str | None = Field(description="lasting name of the edge")
    fraction: float | None
    distance_m: float | None = Field(description="from the point to that place")
    confidence: float
    part: int | None = Field(description="number of its part, from 0")


class OutStretch(BaseModel):
    """Points one after the other that lie on no road."""

    first_point: int
    last_point: int


class OutMatch(Made):
    """The roads that were driven."""

    parts: list[OutPart]
    off_road: list[OutStretch]
    points: list[OutPoint] | None
