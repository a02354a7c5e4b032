"""Parameters and answers of maps."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from location_cloud.http.parameters import Query

NAME = r"^[a-z0-9_-]+$"


class OnTheMap(Query):
    """Whatever is drawn: not offered in other coordinate systems yet, and so refused there."""

    crs: Literal["wgs84"] = Field("wgs84", description="tiles are Web Mercator of WGS-84")


class InSet(OnTheMap):
    """One tile set."""

    set: str = Field(pattern=NAME, max_length=64, description="name of the tile set, e.g. base")


class InTile(InSet):
    """One tile, XYZ scheme."""

    z: int = Field(ge=0, le=30, description="zoom")
    x: int = Field(ge=0, le=2**30 - 1, description="column from the west")
    y: int = Field(ge=0, le=2**30 - 1, description="row from the north")


class InStyle(OnTheMap):
    """One style."""

    name: str = Field(pattern=NAME, max_length=64, description="name of the style, e.g. light")
    lang: Literal["zh-CN", "en", ""] = Field("", description="language of the labels; empty = as the browser prefers")


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
    vector_layers: list[dict[str, Any]]


class OutStyle(BaseModel):
    """A MapLibre style document."""

    version: int
    name: str
    sources: dict[str, Any]
    layers: list[dict[str, Any]]
