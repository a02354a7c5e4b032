"""Parameters and answers of the places' operations."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from location_cloud.http.parameters import BboxParameter, LonLat, Query


class _Where(Query):
    """Which places somebody wants."""

    focus: LonLat | None = Field(None, description="what is near this point comes first")
    bbox: BboxParameter | None = Field(None, description="nothing outside this box")
    adcode: str = Field("", max_length=40, description="code of an area, e.g. 230602; nothing outside it")
    kinds: str = Field(
        "",
        pattern=r"^$|^(area|settlement|road|poi)(,(area|settlement|road|poi)){0,3}$",
        description="only names of these kinds, separated by commas",
    )
    category: str = Field("", max_length=80, description="beginning of an OSM tag, e.g. amenity or amenity=hospital")

    def list_kinds(self) -> tuple[str, ...]:
        """The kinds one by one."""
        return tuple(self.kinds.split(",")) if self.kinds else ()


class SuggestQuery(_Where):
    """What somebody has typed so far."""

    q: str = Field(min_length=1, max_length=200, description="beginning of a name, its pinyin or its initials")
    limit: int = Field(10, ge=1, le=20, description="most answers")


class GeocodeQuery(_Where):
    """What is looked for, and where."""

    q: str = Field(
        min_length=1,
        max_length=200,
        description="name, address, crossing, kilometre post, place near another, coordinates or grid code",
    )
    limit: int = Field(10, ge=1, le=50, description="most answers")


class GeocodeLinesQuery(_Where):
    """What holds for every line that does not say it itself."""

    limit: int = Field(1, ge=1, le=50, description="most answers to each line")


class ParseQuery(Query):
    """What is to be read."""

    q: str = Field(min_length=1, max_length=200, description="the question")


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
    kind: Literal[
        "area",
        "settlement",
        "road",
        "poi",
        "address",
        "unit",
        "crossing",
        "km_post",
        "offset",
        "coordinates",
        "cell",
    ]
    level: str = Field(description="国家 省 市 区县 乡镇 村庄 道路 道路交叉路口 公里桩 门牌号 单元号 兴趣点 坐标 网格")
    name: str
    category: str = Field(description="OSM tag, or boundary=<level>; empty for positions")
    accuracy_m: float = Field(description="radius that holds the place with 95 %")
    precise: Literal[0, 1] = Field(description="1 = the thing itself, 0 = around it, estimated, or an extended thing")
    confidence: int = Field(ge=0, le=100, description="how sure it is that this was meant")
    comprehension: int = Field(ge=0, le=100, description="share of the question that was understood")
    matched: list[Matched]
    unmatched: str = Field(description="what of the question was not understood")
    ask: str = Field(description="of answers that are equally good: what to ask to tell them apart")
    street: str
    housenumber: str
    building: str = Field(description="building of a compound, as understood")
    unit: str = Field(description="unit or staircase, as understood")
    room: str = Field(description="room or flat, as understood")
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
    ask: str = Field("", description="what to ask the caller where several answers are equally good")
    crs: str = "wgs84"


class Part(BaseModel):
    """A part of the question, what it was read as, and where it stands in `text`; -1 where it is spelt otherwise."""

    text: str
    as_: str = Field(alias="as")
    start: int
    end: int


class ReadingLine(BaseModel):
    """One way to read the question."""

    form: Literal["position", "km_post", "crossing", "offset", "unit", "address", "area", "name"]
    parts: list[Part]
    unmatched: str = Field(description="what this reading leaves over")


class Readings(BaseModel):
    """Every way to read the question, the likeliest first."""

    query: str
    text: str = Field(description="the question in Unicode's compatibility form, whose characters the parts count")
    readings: list[ReadingLine]
    crs: str = "wgs84"
