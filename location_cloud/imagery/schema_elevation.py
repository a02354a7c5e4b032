"""Parameters and answers of elevation."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from location_cloud.http.parameters import BboxParameter, LonLatList, Query
from location_cloud.spatial.geojson import json_schema_of


class Sampled(Query):
    """Which heights, and how closely along a line."""

    set: str = Field("", pattern=r"^[a-z0-9_-]*$", max_length=80, description="only this set of heights; empty = all")
    step_m: float | None = Field(
        None, ge=0.1, le=100_000, description="metres between two samples of a line; 200 steps if absent"
    )


class InElevation(Sampled):
    """Points, or a line."""

    points: LonLatList | None = Field(None, description="lon,lat;lon,lat: the heights of these")
    line: LonLatList | None = Field(None, description="lon,lat;lon,lat: heights along this line")


class GeometryBody(BaseModel):
    """A GeoJSON Feature whose geometry is a Point, MultiPoint or LineString."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)

    type: Literal["Feature"]
    geometry: Annotated[dict[str, Any], WithJsonSchema(json_schema_of("Point", "MultiPoint", "LineString"))]


class InContours(Query):
    """Which lines, and where."""

    set: str = Field(pattern=r"^[a-z0-9_-]+$", max_length=80, description="name of a set of heights")
    bbox: BboxParameter = Field(description="west,south,east,north in degrees")
    interval_m: float = Field(10, ge=0.1, le=5000, description="metres between two lines; at most 100 lines are made")
    max_size: int = Field(512, ge=2, le=1024, description="traced through so many heights a side, at most")
    order: Literal["newest", "oldest", "finest"] = Field("newest", description="which scene lies on top")


class ContourProperties(BaseModel):
    """elevation_m: of the line. is_index: every fifth line, which maps draw stronger."""

    elevation_m: float
    is_index: bool


class ContourFeature(BaseModel):
    """All lines of one height; higher ground lies on their right."""

    type: Literal["Feature"]
    geometry: dict[str, Any]
    properties: ContourProperties


class OutContours(BaseModel):
    """Contour lines from the lowest to the highest, as a FeatureCollection of MultiLineStrings."""

    type: Literal["FeatureCollection"]
    features: list[ContourFeature]
    attribution: str
    crs: str


class PointHeight(BaseModel):
    """One point. elevation_m: null = void, or outside of all scenes."""

    location: list[float]
    elevation_m: float | None
    distance_m: float | None = Field(None, description="from the start of the line")
    resolution_m: float | None = Field(description="how far apart the heights lie that this one was made from")
    set: str | None


class LineFigures(BaseModel):
    """Figures of a line; ascent and descent are what all rises and falls add up to."""

    length_m: float
    step_m: float
    ascent_m: float
    descent_m: float
    lowest_m: float | None
    highest_m: float | None


class OutElevation(BaseModel):
    """Heights in metres as the data gives them (SRTM: above the EGM96 geoid), in the order asked."""

    points: list[PointHeight]
    profile: LineFigures | None = None
    attribution: str
    crs: str
