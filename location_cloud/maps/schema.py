"""Parameters and answers of maps."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, Field

from location_cloud.http.parameters import Query
from location_cloud.spatial.crs import Crs
from location_cloud.tile_sets import Form, Matrix

NAME = r"^[a-z0-9_-]+$"

Scheme: TypeAlias = Literal["xyz", "tms"]


class OnTheMap(Query):
    """Whatever is drawn: not offered in other coordinate systems yet, and so refused there."""

    crs: Literal["wgs84"] = Field("wgs84", description="tiles are Web Mercator of WGS-84")


class InTiles(Query):
    """What tiles are asked in: drawings that pretend to be in another system, and grids other than Web Mercator."""

    crs: Crs = Field("wgs84", description="what the tiles' coordinates are; TileJSON's `systems` says which a set has")
    matrix: Matrix = Field("w", description="w = Web Mercator (EPSG:3857), c = degrees (EPSG:4490, as Tianditu's)")


class InSet(InTiles):
    """One tile set."""

    set: str = Field(pattern=NAME, max_length=64, description="name of the tile set, e.g. base")
    form: Form | None = Field(None, description="ending of the tiles' addresses; by default the set's first")
    scheme: Scheme = Field("xyz", description="rows counted from the north (xyz) or from the south (tms)")
    lang: Literal["zh-CN", "en", ""] = Field("", description="language of titles; empty = as the browser prefers")


class InSets(InTiles):
    """All tile sets."""

    lang: Literal["zh-CN", "en", ""] = Field("", description="language of titles; empty = as the browser prefers")


class InNamed(InTiles):
    """Tiles of one set in one form."""

    set: str = Field(pattern=NAME, max_length=64, description="name of the tile set, e.g. base")
    form: Form = Field(description="what the tile is written as")


class InTileTms(InNamed):
    """One tile, rows from the south."""

    z: int = Field(ge=0, le=30, description="zoom")
    x: int = Field(ge=0, le=2**30 - 1, description="column from the west")
    y: int = Field(ge=0, le=2**30 - 1, description="row")


class InTile(InTileTms):
    """One tile."""

    scheme: Scheme = Field("xyz", description="rows counted from the north (xyz) or from the south (tms)")


class InQuadkey(InNamed):
    """One tile by its quadkey."""

    quadkey: str = Field(pattern=r"^[0-3]{1,30}$", description="a digit 0-3 for each zoom, e.g. 1202113")


class InStyle(OnTheMap):
    """One style."""

    name: str = Field(pattern=NAME, max_length=64, description="name of the style, e.g. light")
    lang: Literal["zh-CN", "en", "local", ""] = Field(
        "", description="language of the labels; empty = as the browser prefers"
    )


class OutTileJson(BaseModel):
    """TileJSON 3.0.0."""

    tilejson: str
    name: str
    description: str
    tiles: list[str]
    scheme: str
    minzoom: int
    maxzoom: int
    bounds: list[float]
    center: list[float]
    attribution: str
    vector_layers: list[dict[str, Any]]
    formats: list[str] = Field(description="what the tiles can be had as: endings of their addresses")
    matrices: list[str] = Field(description="values of `matrix` that the set has")
    systems: list[str] = Field(description="values of `crs` that the set has; cgcs2000 is taken for wgs84")


class OutSet(BaseModel):
    """A tile set in the list of all."""

    name: str
    title: str
    url: str = Field(description="address of its TileJSON")
    formats: list[str]
    matrices: list[str]
    systems: list[str]
    minzoom: int
    maxzoom: int
    bounds: list[float] = Field(description="west, south, east, north, WGS-84")
    attribution: str


class OutSets(BaseModel):
    """The tile sets that the caller may read."""

    sets: list[OutSet]


class OutStyle(BaseModel):
    """A MapLibre style document."""

    version: int
    name: str
    sources: dict[str, Any]
    layers: list[dict[str, Any]]
