"""Parameters and answers of the questions about positions."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from location_cloud.http.parameters import LonLat, Query
from location_cloud.places.schema import AreaLine, PointGeometry

Profile = Literal["plain", "dispatch"]
Language = Literal["zh-CN", "en"]
Wind = Literal["N", "NE", "E", "SE", "S", "SW", "W", "NW"]
Side = Literal["left", "right", "on"]


class ReverseQuery(Query):
    """Where, and how far to look."""

    at: LonLat = Field(description="the position to put into words")
    radius_m: float = Field(1000.0, ge=1, le=5000, description="how far to look, metres")
    limit: int = Field(3, ge=0, le=20, description="most points of interest")
    profile: Profile = Field("plain", description="dispatch: also what a crew is told")
    language: Language | None = Field(None, description="of the words; by Accept-Language if left out")


class ReverseLinesQuery(Query):
    """What holds for every line that does not say it itself."""

    radius_m: float = Field(1000.0, ge=1, le=5000, description="how far to look, metres")
    limit: int = Field(3, ge=0, le=20, description="most points of interest")
    profile: Profile = Field("plain", description="dispatch: also what a crew is told")
    language: Language | None = Field(None, description="of the words; by Accept-Language if left out")


class NearProperties(BaseModel):
    """One thing near the position."""

    id: str
    kind: Literal["address", "road", "poi"]
    name: str
    category: str
    distance_m: float = Field(description="from the thing to the position")
    bearing_deg: float = Field(description="direction from the thing to the position, degrees from north")
    direction: Wind = Field(description="the same as one of 8 winds; of a road: its side")
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


class Quality(BaseModel):
    """How good the words are."""

    level: str = Field(description="门牌号 道路交叉路口 公里桩 道路 兴趣点 村庄, or that of the smallest area")
    precise: Literal[0, 1] = Field(description="1 = the words lead to the thing itself")
    confidence: int = Field(ge=0, le=100, description="50 where accuracy_m is 500")
    accuracy_m: float = Field(description="radius around where the words lead that holds the position")


class Road(BaseModel):
    """The nearest named road."""

    id: str
    name: str
    local_name: str = Field(description="in the language of the words, where such a name is known")
    ref: str
    road_class: str = Field(description="OSM highway class")
    category: str
    lonlat: tuple[float, float] = Field(description="its nearest point")
    distance_m: float
    bearing_deg: float
    direction: Wind = Field(description="side of the road that the position is on")
    side: Side = Field(description="the same seen along the road as it is drawn; on = less than 3 m from its line")


class Crossing(BaseModel):
    """A crossing that the position lies next to."""

    id: str
    name: str = Field(description="of the road that crosses")
    local_name: str
    towards: Literal["behind", "ahead"] = Field(description="along the road as it is drawn")
    lonlat: tuple[float, float]
    distance_m: float = Field(description="along the road")


class House(BaseModel):
    """The nearest house."""

    id: str
    street: str
    housenumber: str
    city: str
    postcode: str
    lonlat: tuple[float, float]
    distance_m: float
    bearing_deg: float
    direction: Wind
    is_estimated: bool = Field(
        description="its number lies between two that were mapped, or its street is only the nearest one"
    )
    side: Side | None = Field(description="side of the road as it is drawn; null = it belongs to another road")
    is_same_side: bool | None = Field(description="whether the position is on that side, too")


class Landmark(BaseModel):
    """A place to tell the position by."""

    id: str
    kind: str
    name: str
    local_name: str
    category: str
    lonlat: tuple[float, float]
    distance_m: float = Field(description="from the place to the position")
    bearing_deg: float
    direction: Wind
    accuracy_m: float = Field(description="radius that holds the place")
    words: str = Field(description="书香书店西南166米")


class Post(BaseModel):
    """A kilometre post."""

    text: str
    chainage_m: float
    side: Literal["", "up", "down"]
    lonlat: tuple[float, float]
    distance_m: float


class Chainage(BaseModel):
    """The nearest point of a road with kilometre posts."""

    ref: str
    name: str
    text: str = Field(description="G10 K248+500")
    chainage_m: float
    side: Literal["", "up", "down"] = Field(description="carriageway: 上行, 下行; empty = only one, or not known")
    lonlat: tuple[float, float]
    distance_m: float
    nearest_post: Post | None


class Entrance(BaseModel):
    """Gate or entrance of the place that the position lies in."""

    place: str
    lonlat: tuple[float, float]
    distance_m: float


class Stop(BaseModel):
    """The nearest point of a road that cars may use."""

    road: str = Field(description="key of the road in /v1/roads")
    name: str
    ref: str
    road_class: str
    lonlat: tuple[float, float]


class Access(BaseModel):
    """How a crew gets there."""

    entrance: Entrance | None
    stop: Stop | None
    on_foot_m: float | None = Field(description="from the stop to the entrance, if any, and on to the position")


class Dispatch(BaseModel):
    """What a crew is told."""

    words: str
    address: str = Field(description="one line: 省市区 + 乡镇 + 路 + 号")
    language: Language
    quality: Quality
    road: Road | None
    crossings: list[Crossing] = Field(description="at most two: behind and ahead")
    house: House | None
    landmarks: list[Landmark]
    settlement: Landmark | None
    chainage: Chainage | None
    access: Access


class NearCollection(BaseModel):
    """Address, road, then points of interest, as far as there are any."""

    type: Literal["FeatureCollection"]
    features: list[NearFeature]
    location: tuple[float, float] = Field(description="the position that was asked for")
    areas: list[AreaLine] = Field(description="administrative areas around the position, the smallest first")
    cell: Cell
    dispatch: Dispatch | None = Field(None, description="with profile=dispatch")
    crs: str = "wgs84"
