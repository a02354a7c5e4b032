"""Parameters and answers of the places' operations."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from location_cloud.http.parameters import BboxParameter, LonLat, Query


class SuggestQuery(Query):
    """What somebody has typed so far."""

    q: str = Field(min_length=1, max_length=200, description="beginning of a name, its pinyin or its initials")
    focus: LonLat | None = Field(None, description="what is near this point comes first")
    limit: int = Field(10, ge=1, le=20, description="most answers")


class GeocodeQuery(Query):
    """What is looked for, and where."""

    q: str = Field(min_length=1, max_length=200, description="name, address, coordinates or grid code")
    focus: LonLat | None = Field(None, description="what is near this point comes first")
    bbox: BboxParameter | None = Field(None, description="nothing outside this box")
    limit: int = Field(10, ge=1, le=50, description="most answers")


class ReverseQuery(Query):
    """Where, and how far to look."""

    at: LonLat = Field(description="the position to put into words")
    radius_m: float = Field(1000.0, ge=1, le=5000, description="how far to look, metres")
    limit: int = Field(3, ge=0, le=20, description="most points of interest")


class AreaLine(BaseModel):
    """An administrative area around a place."""

    code: str
    name: str
    name_en: str
    level: str


class PointGeometry(BaseModel):
    """A GeoJSON point."""

    type: Literal["Point"]
    coordinates: tuple[float, float]


class Matched(BaseModel):
    """A part of the question and what it was taken for."""

    text: str
    as_: str = Field(alias="as")


class PlaceProperties(BaseModel):
    """What was found, how well the question was understood, and how far the position may be off."""

    id: str = Field(description="area code or OSM object; empty for positions that were estimated")
    kind: Literal["area", "settlement", "road", "poi", "address", "coordinates", "cell"]
    level: str = Field(description="省 市 区县 乡镇 村庄 道路 门牌号 兴趣点 坐标 网格")
    name: str
    category: str = Field(description="OSM tag, or boundary=<level>; empty for positions")
    accuracy_m: float = Field(description="radius that holds the place with 95 %")
    precise: Literal[0, 1] = Field(description="1 = the thing itself, 0 = around it, estimated, or an extended thing")
    confidence: int = Field(ge=0, le=100, description="how sure it is that this was meant")
    matched: list[Matched]
    unmatched: str = Field(description="what of the question was not understood")
    street: str
    housenumber: str
    city: str
    postcode: str
    areas: list[AreaLine] = Field(description="administrative areas around it, the smallest first")


class PlaceFeature(BaseModel):
    """One place as a GeoJSON feature."""

    type: Literal["Feature"]
    geometry: PointGeometry
    properties: PlaceProperties


class PlaceCollection(BaseModel):
    """Places, the best first."""

    type: Literal["FeatureCollection"]
    features: list[PlaceFeature]
    query: str
    crs: str = "wgs84"


class NearProperties(BaseModel):
    """One thing near the position."""

    id: str
    kind: Literal["address", "road", "poi"]
    name: str
    category: str
    distance_m: float = Field(description="from the thing to the position")
    bearing_deg: float = Field(description="direction from the thing to the position, degrees from north")
    direction: str = Field(description="the same as one of N NE E SE S SW W NW; of a road: its side")
    street: str
    housenumber: str
    city: str
    postcode: str


class NearFeature(BaseModel):
    """One thing near the position; of a road, its nearest point."""

    type: Literal["Feature"]
    geometry: PointGeometry
    properties: NearProperties


class Cell(BaseModel):
    """The grid cell of the position; code is empty beyond 88 degrees of latitude."""

    system: Literal["beidou"]
    level: int
    code: str


class NearCollection(BaseModel):
    """Address, road, then points of interest, as far as there are any."""

    type: Literal["FeatureCollection"]
    features: list[NearFeature]
    location: tuple[float, float] = Field(description="the position that was asked for")
    areas: list[AreaLine] = Field(description="administrative areas around the position, the smallest first")
    cell: Cell
    crs: str = "wgs84"
