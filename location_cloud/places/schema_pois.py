"""Parameters and answers of the operations on points of interest."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from location_cloud.http.parameters import BboxParameter, LonLat, LonLatList, Query
from location_cloud.places.schema import PointGeometry

MAX_RADIUS_M = 50_000.0
MAX_BUFFER_M = 5_000.0
MAX_LIMIT = 200
MAX_OFFSET = 10_000
MAX_LINE_POINTS = 20_000
MAX_POLYGON_VERTICES = 20_000


class _ListQuery(Query):
    """Which kinds, and which part of the list."""

    category: str = Field(
        "",
        max_length=500,
        description="kinds with commas between: ids of /v1/pois/categories, Amap codes, names, or tags such as "
        "amenity=fuel; empty = all",
    )
    q: str = Field("", max_length=80, description="what a name must hold, in any of its languages")
    sort: Literal["distance", "importance"] = Field(
        "distance", description="distance needs at=; along a line it is the order of the way"
    )
    limit: int = Field(50, ge=1, le=MAX_LIMIT, description="places a page")
    offset: int = Field(0, ge=0, le=MAX_OFFSET, description="how many to leave out; `next_offset` says where to go on")


class PoisQuery(_ListQuery):
    """Where: around a point, in a box, in an administrative area, or along a line."""

    at: LonLat | None = Field(None, description="around this point; in a box or area: measure distances from it")
    radius_m: float = Field(1000.0, gt=0, le=MAX_RADIUS_M, description="how far around the point, metres")
    bbox: BboxParameter | None = Field(None, description="in this box")
    area: str | None = Field(None, max_length=20, description="in the administrative area with this code")
    along: LonLatList | None = Field(None, description="along this line; longer ones go into a body")
    buffer_m: float = Field(200.0, gt=0, le=MAX_BUFFER_M, description="how far off the line, metres")

    @model_validator(mode="after")
    def _one_place(self) -> PoisQuery:
        given = [name for name in ("bbox", "area", "along") if getattr(self, name) is not None]
        if len(given) > 1 or (not given and self.at is None) or (self.at is not None and self.along is not None):
            raise ValueError("give one of at=, bbox=, area= or along= (at= may stand beside bbox= and area=)")
        return self


class PoisBodyQuery(_ListQuery):
    """What does not lie in the body."""

    at: LonLat | None = Field(None, description="measure distances from this point")
    buffer_m: float = Field(200.0, gt=0, le=MAX_BUFFER_M, description="how far off the line, metres")


class PoisBody(BaseModel):
    """A polygon, or a line as GeoJSON or as an encoded polyline: one of them."""

    model_config = ConfigDict(extra="forbid")

    polygon: dict[str, Any] | None = Field(None, description="GeoJSON Polygon or MultiPolygon")
    line: dict[str, Any] | None = Field(None, description="GeoJSON LineString, such as a route's geometry")
    polyline: str | None = Field(None, max_length=14 * MAX_LINE_POINTS, description="an encoded polyline")
    precision: Literal[5, 6] = Field(5, description="decimals of the encoded polyline")

    @model_validator(mode="after")
    def _one_form(self) -> PoisBody:
        if sum(each is not None for each in (self.polygon, self.line, self.polyline)) != 1:
            raise ValueError("give one of polygon, line or polyline")
        return self


class PoiProperties(BaseModel):
    """One point of interest."""

    id: str
    name: str = Field(description="empty = it has none, as hydrants and pumps mostly")
    label: str = Field(description="the number on the sign of a thing without a name")
    category: str = Field(description="id in the tree of /v1/pois/categories")
    category_name: str
    category_name_en: str
    tag: str = Field(description="OpenStreetMap tag")
    importance: float
    distance_m: float | None = Field(description="from `at`")
    at_m: float | None = Field(description="metres along the line where one passes it")
    off_m: float | None = Field(description="metres off the line")
    side: Literal["left", "right"] | None
    detour_m: float | None = Field(description="there and back in straight lines: a way by road is no shorter")


class PoiFeature(BaseModel):
    """One point of interest as a GeoJSON feature."""

    type: Literal["Feature"]
    geometry: PointGeometry
    properties: PoiProperties


class PoiCollection(BaseModel):
    """A page of points of interest."""

    type: Literal["FeatureCollection"]
    features: list[PoiFeature]
    total: int | None = Field(description="how many there are; null = more than 20,000, not counted")
    next_offset: int | None = Field(description="`offset` of the next page; null = this was the last")
    crs: str = "wgs84"


class CategoryCodes(BaseModel):
    """The same kind in the field's other systems."""

    amap: str = Field(description="Amap typecode; empty = none known")
    amap_checked: bool = Field(description="whether it was compared with Amap's published pages")
    osm: list[str] = Field(description='OpenStreetMap tags; "key=*" takes what no other kind names')


class CategoryLine(BaseModel):
    """One kind of place."""

    id: str
    parent: str
    level: int
    name: str
    name_en: str
    codes: CategoryCodes
    count: int = Field(description="how many there are here, with all kinds below it")


class CategoryList(BaseModel):
    """The tree of kinds, parents before their children."""

    categories: list[CategoryLine]


class CategoriesQuery(Query):
    """Nothing to ask."""
