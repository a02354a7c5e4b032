"""Parameters and answers of the areas' operations."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from location_cloud.http.parameters import LonLat, Query

Level = Literal["country", "province", "city", "district", "town", "village"]
GeometryWish = Literal["full", "none"]


class OneAreaQuery(Query):
    """Which area."""

    code: str = Field(min_length=1, max_length=40, description="statistical code (230602) or osm:r<id>, osm:w<id>")
    geometry: GeometryWish = Field("full", description="none leaves the boundary out")


class ChildrenQuery(OneAreaQuery):
    """Which area's children, and which part of the list."""

    limit: int = Field(200, ge=1, le=1000, description="areas in one answer")
    offset: int = Field(0, ge=0, le=1_000_000, description="areas to leave out at the start")


class AreasQuery(Query):
    """Which areas; conditions are joined by and."""

    at: LonLat | None = Field(None, description="the areas around this point, the smallest first")
    parent: str = Field("", max_length=40, description="code of the area directly above")
    level: Level | None = Field(None, description="only this level")
    q: str = Field("", max_length=100, description="beginning of the name or of the English name")
    geometry: GeometryWish = Field("full", description="none leaves the boundaries out")
    limit: int = Field(100, ge=1, le=1000, description="areas in one answer")
    offset: int = Field(0, ge=0, le=1_000_000, description="areas to leave out at the start")


class AreaNameOut(BaseModel):
    """An area in one line."""

    code: str
    name: str
    name_en: str
    level: Level


class AreaSource(BaseModel):
    """Where the area's boundary, or its name if it has none, came from."""

    title: str
    attribution: str
    licence: str
    note: str


class AreaProperties(BaseModel):
    """What is known of an area beside its boundary."""

    code: str
    name: str
    name_en: str = Field(description="empty if unknown")
    level: Level
    admin_level: int | None = Field(description="as OpenStreetMap gives it; null for areas not from there")
    osm: str = Field(description="the OSM object that gives or confirms the boundary, else empty")
    lonlat: tuple[float, float] | None = Field(description="a position inside or near the area")
    accuracy_m: float = Field(description="radius around lonlat that holds the whole area")
    position: Literal["none", "boundary", "populated place", "surrounding area"] = Field(
        description="what lonlat was taken from"
    )
    geometry_note: str = Field(description="why there is no geometry, or what it may be used for")
    source: AreaSource
    within: list[AreaNameOut] = Field(description="areas that a unit without a boundary of its own lies in")
    chain: list[AreaNameOut] = Field(description="the area and all above it, the smallest first")
    children: dict[Level, int] = Field(description="how many areas of each level are directly below")


class AreaFeature(BaseModel):
    """One area as a GeoJSON feature."""

    type: Literal["Feature"]
    id: str
    geometry: dict[str, Any] | None
    properties: AreaProperties
    crs: str = "wgs84"


class AreaCollection(BaseModel):
    """Areas as a GeoJSON feature collection; total counts all that meet the conditions."""

    type: Literal["FeatureCollection"]
    features: list[AreaFeature]
    total: int
    limit: int
    offset: int
    crs: str = "wgs84"
