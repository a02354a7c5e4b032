"""Parameters of pictures: icon sheets, finer tiles, static maps."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from location_cloud.http.parameters import BboxParameter, LonLat, Query
from location_cloud.maps.schema import NAME, OnTheMap
from location_cloud.spatial.crs import Crs

COLOR = r"^#?[0-9a-fA-F]{6}([0-9a-fA-F]{2})?$"

MOST_PX = 2048
"""Longest side of a static map, CSS pixels."""

MOST_MARKERS, MOST_PATHS, MOST_AREAS = 500, 100, 100

Color = Annotated[str, Field(pattern=COLOR, description="#rrggbb or #rrggbbaa, the # may be left out")]


class InSprite(OnTheMap):
    """One file of an icon sheet."""

    file: str = Field(pattern=r"^[a-z0-9_-]+(@2x)?\.(json|png)$", max_length=64, description="icons.json, icons@2x.png")


class InFineTile(Query):
    """A picture tile with two pixels for one."""

    set: str = Field(pattern=NAME, max_length=64, description="a set drawn from a style, e.g. light")
    z: int = Field(ge=0, le=30, description="zoom")
    x: int = Field(ge=0, le=2**30 - 1, description="column from the west")
    y: int = Field(ge=0, le=2**30 - 1, description="row from the north")
    form: Literal["png", "jpg", "webp"] = Field(description="what the tile is written as")


class InStaticMap(Query):
    """A static map in an address."""

    repeatable: ClassVar[frozenset[str]] = frozenset({"markers", "path", "area"})

    center: LonLat | None = Field(None, description="middle of the map; needs zoom")
    zoom: float | None = Field(None, ge=0, le=20, description="as MapLibre counts: the world is 512 pixels wide at 0")
    bbox: BboxParameter | None = Field(None, description="what must be on the map, instead of center and zoom")
    size: str = Field("600x400", pattern=r"^\d{1,5}x\d{1,5}$", description=f"WIDTHxHEIGHT, up to {MOST_PX}x{MOST_PX}")
    scale: int = Field(1, ge=1, le=3, description="picture pixels for each pixel of size")
    style: str = Field("light", pattern=NAME, max_length=64, description="light, dark, traffic or satellite")
    format: Literal["png", "jpg", "webp"] = Field("png", description="what the picture is written as")
    lang: Literal["zh-CN", "en", "local", ""] = Field(
        "", description="language of labels; empty = as the browser prefers"
    )
    markers: list[str] = Field(
        [],
        max_length=MOST_MARKERS,
        description="label:A|color:c4262e|icon:hospital|lon,lat|lon,lat ...; may be repeated",
    )
    path: list[str] = Field(
        [],
        max_length=MOST_PATHS,
        description="color:0b5cad|width:5|lon,lat|lon,lat ..., or enc:POLYLINE, enc6:POLYLINE last; may be repeated",
    )
    area: list[str] = Field(
        [], max_length=MOST_AREAS, description="fill:0b5cad33|color:0b5cad|width:2|lon,lat|lon,lat ...; may be repeated"
    )
    padding: int = Field(40, ge=0, le=500, description="room at the edges of a map that fits its contents, pixels")
    scale_bar: bool = Field(True, description="whether a scale bar is drawn")
    attribution: bool = Field(True, description="whether the data's origin is written on the map")


class InNothing(Query):
    """Only the coordinate system of the body."""

    crs: Crs = Field("wgs84", description="coordinate system of every point in the body")


class Strict(BaseModel):
    """Part of a body: nothing unknown."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, strict=True)


Position = Annotated[list[float], Field(min_length=2, max_length=2, description="lon, lat in degrees")]


class MarkerBody(Strict):
    """A pin."""

    location: Position
    label: str = Field("", max_length=4, description="in the pin's head")
    color: Color = "#c4262e"
    icon: str = Field("", max_length=32, description="a map icon instead of the label, e.g. hospital")


class PathBody(Strict):
    """A line: one of geometry and polyline."""

    geometry: dict[str, Any] | None = Field(None, description="GeoJSON LineString or MultiLineString")
    polyline: str = Field("", max_length=500_000, description="encoded polyline, in the crs of the question")
    precision: Literal[5, 6] = Field(5, description="decimals of the encoded polyline")
    color: Color = "#0b5cad"
    width: float = Field(5.0, gt=0, le=40, description="pixels")


class AreaBody(Strict):
    """A surface."""

    geometry: dict[str, Any] = Field(description="GeoJSON Polygon or MultiPolygon")
    fill: Color = "#0b5cad33"
    color: Color = "#0b5cad"
    width: float = Field(2.0, ge=0, le=40, description="pixels of the outline; 0 = none")


class StaticMapBody(Strict):
    """A static map in a body."""

    location: Position | None = Field(None, description="middle of the map; needs zoom")
    zoom: float | None = Field(None, ge=0, le=20)
    bbox: Annotated[list[float], Field(min_length=4, max_length=4)] | None = Field(
        None, description="west, south, east, north"
    )
    width: int = Field(600, ge=1, description=f"pixels, up to {MOST_PX}")
    height: int = Field(400, ge=1, description=f"pixels, up to {MOST_PX}")
    scale: int = Field(1, ge=1, le=3)
    style: str = Field("light", pattern=NAME, max_length=64)
    format: Literal["png", "jpg", "webp"] = "png"
    lang: Literal["zh-CN", "en", "local", ""] = ""
    markers: list[MarkerBody] = Field([], max_length=MOST_MARKERS)
    paths: list[PathBody] = Field([], max_length=MOST_PATHS)
    areas: list[AreaBody] = Field([], max_length=MOST_AREAS)
    padding: int = Field(40, ge=0, le=500)
    scale_bar: bool = True
    attribution: bool = True
