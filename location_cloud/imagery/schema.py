"""Parameters and answers of imagery. Names as TiTiler has them, where it has them."""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema

from location_cloud.http.parameters import BboxParameter, LonLat, Query
from location_cloud.spatial.geojson import json_schema_of

NAME = r"^[a-z0-9_-]+$"
MOMENT = r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?)?)?"
INTERVAL = rf"^({MOMENT}|\.\.)?(/({MOMENT}|\.\.)?)?$"
NUMBER = r"-?\d{1,12}(\.\d{1,9})?"
_RANGE = re.compile(rf"{NUMBER},{NUMBER}")

MAX_SIDE_PX = 4096

Form = Literal["png", "jpg", "webp"]


def _ranges(values: list[str]) -> list[str]:
    for value in values:
        if not _RANGE.fullmatch(value):
            raise ValueError("a range is written low,high: two numbers")
    return values


def _bands(values: list[str]) -> list[str]:
    for value in values:
        if not re.fullmatch(r"\d{1,3}", value, re.ASCII):
            raise ValueError("a band is a number from 1")
    return values


class OnTheMap(Query):
    """Pictures are drawn in Web Mercator of WGS-84; `/tiles/{set}` has them in other systems."""

    crs: Literal["wgs84"] = Field("wgs84", description="pictures are Web Mercator of WGS-84")


class InSets(OnTheMap):
    """No parameters."""


class InSet(OnTheMap):
    """One set."""

    set: str = Field(pattern=NAME, max_length=80, description="name of the set, e.g. ortho-2024")


class WithLook(BaseModel):
    """How it is drawn, or what is measured."""

    repeatable: ClassVar[frozenset[str]] = frozenset({"bidx", "rescale"})

    bidx: Annotated[list[str], AfterValidator(_bands)] = Field(
        [], max_length=64, description="bands by number from 1: one, or three as red, green, blue"
    )
    expression: str = Field("", max_length=500, description="arithmetic of bands, e.g. (b4-b1)/(b4+b1)")
    rescale: Annotated[list[str], AfterValidator(_ranges)] = Field(
        [], max_length=3, description="low,high drawn darkest and lightest: once, or once a channel"
    )
    colormap_name: str = Field("", max_length=40, description="colours of one channel, e.g. viridis, rdylgn, terrain_r")
    algorithm: Literal["", "hillshade", "slope", "contours", "terrainrgb", "terrarium"] = Field(
        "", description="what is drawn of heights; terrainrgb if nothing is said"
    )
    azimuth: float = Field(315, ge=0, le=360, description="hillshade: where the light comes from, degrees from north")
    angle_altitude: float = Field(45, ge=0, le=90, description="hillshade: height of the light, degrees")
    z_exaggeration: float = Field(1, ge=0.01, le=100, description="hillshade: heights are multiplied by this")
    increment: float = Field(10, ge=0.1, le=5000, description="contours: metres between lines")
    order: Literal["newest", "oldest", "finest"] = Field("newest", description="which scene lies on top")
    datetime: str = Field(
        "", pattern=INTERVAL, max_length=80, description="only scenes of a day or from/to, e.g. 2024-05-01/2024-09-30"
    )


class InTile(InSet, WithLook):
    """One tile, XYZ scheme."""

    repeatable: ClassVar[frozenset[str]] = WithLook.repeatable

    z: int = Field(ge=0, le=24, description="zoom")
    x: int = Field(ge=0, le=2**24 - 1, description="column from the west")
    y: int = Field(ge=0, le=2**24 - 1, description="row from the north")
    form: Form = Field(description="form of the picture")
    tilesize: Literal["256", "512"] = Field("256", description="side in pixels")


class InTileJson(InSet, WithLook):
    """The set, and how its tiles are drawn."""

    repeatable: ClassVar[frozenset[str]] = WithLook.repeatable

    format: Form | Literal[""] = Field("", description="form of the tiles; empty = as they are stored")


class InPreview(InSet, WithLook):
    """A picture of the whole set."""

    repeatable: ClassVar[frozenset[str]] = WithLook.repeatable

    form: Form = Field(description="form of the picture")
    max_size: int = Field(1024, ge=1, le=MAX_SIDE_PX, description="longer side in pixels, at most")


class InBox(InPreview):
    """A picture of a box."""

    bbox: BboxParameter = Field(description="west,south,east,north in degrees")


class InPoint(Query, WithLook):
    """Values of a point."""

    repeatable: ClassVar[frozenset[str]] = WithLook.repeatable

    set: str = Field(pattern=NAME, max_length=80, description="name of the set")
    at: LonLat = Field(description="lon,lat")


class InStatistics(InSet, WithLook):
    """Figures of a set, a box or (in the body) an area."""

    repeatable: ClassVar[frozenset[str]] = WithLook.repeatable

    bbox: BboxParameter | None = Field(None, description="only this box; west,south,east,north in degrees")
    max_size: int = Field(1024, ge=1, le=MAX_SIDE_PX, description="taken from so many pixels a side, at most")
    bins: int = Field(10, ge=1, le=256, description="bars of the histogram")


class AreaBody(BaseModel):
    """A GeoJSON Feature whose geometry is a Polygon or MultiPolygon."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)

    type: Literal["Feature"]
    geometry: Annotated[dict[str, Any], WithJsonSchema(json_schema_of("Polygon", "MultiPolygon"))]


class SetSummary(BaseModel):
    """One set in one line."""

    name: str
    kind: Literal["picture", "data", "classes", "elevation"]
    scenes: int
    bounds: list[float]
    minzoom: int
    maxzoom: int
    tilejson: str


class OutSets(BaseModel):
    """The sets that the caller sees."""

    sets: list[SetSummary]


class BandInfo(BaseModel):
    """One band with figures of a sample of its values; low and high: 2nd and 98th percentile."""

    name: str
    dtype: str
    minimum: float
    maximum: float
    mean: float
    low: float
    high: float


class OutInfo(SetSummary):
    """What a set holds."""

    bands: list[BandInfo]
    resolution_m: float
    taken: list[str | None] = Field(description="first and last date; null = undated")
    attribution: str
    licences: list[str]
    forms: list[str]


class OutTileJson(BaseModel):
    """TileJSON 3.0.0."""

    tilejson: str
    name: str
    tiles: list[str]
    scheme: str
    minzoom: int
    maxzoom: int
    bounds: list[float]
    center: list[float]
    attribution: str
    tileSize: int  # noqa: N815  # as clients of raster TileJSON name it
    encoding: str | None = None


class PointValues(BaseModel):
    """Values of one scene at a point."""

    scene: str
    taken: str | None
    bands: list[str]
    values: list[float]


class OutPoint(PointValues):
    """Values of the scene on top, and of all that lie there."""

    location: list[float]
    scenes: list[PointValues]
    crs: str


class OutStatistics(BaseModel):
    """Band or formula -> its figures."""

    statistics: dict[str, dict[str, Any]]
