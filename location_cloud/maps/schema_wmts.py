"""Parameters of the Web Map Tile Service."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from location_cloud.http.parameters import Query
from location_cloud.maps.schema import NAME
from location_cloud.spatial.crs import Crs
from location_cloud.tile_sets import Form


class InKvp(Query):
    """A question written as parameters, their names in any case; those that nobody knows are passed over."""

    model_config = ConfigDict(extra="allow")

    crs: Crs = Field("wgs84", description="what the tiles' coordinates are")

    @property
    def given(self) -> dict[str, str]:
        """The parameters as they came."""
        return {name: str(value) for name, value in (self.model_extra or {}).items()}


class InCapabilities(Query):
    """The capabilities document; clients that are given its address write SERVICE, REQUEST, VERSION behind it."""

    model_config = ConfigDict(extra="allow")

    crs: Crs = Field("wgs84", description="what the tiles' coordinates are; carried into their addresses")
    scale: Literal["ogc", "tianditu"] = Field(
        "ogc", description="scale denominators of 0.28 mm a pixel (ogc), or of 96 pixels an inch (tianditu)"
    )
    lang: Literal["zh-CN", "en", ""] = Field("", description="language of titles; empty = as the browser prefers")


class InRestTile(Query):
    """One tile by its address."""

    layer: str = Field(pattern=NAME, max_length=64, description="a tile set, e.g. base")
    style: Literal["default"] = Field(description="every layer has one style")
    matrix_set: str = Field(pattern=r"^[a-z0-9-]{1,16}$", description="w or c, or one of a size or depth, e.g. w512-19")
    level: int = Field(ge=0, le=30, description="tile matrix")
    row: int = Field(ge=0, le=2**30 - 1, description="tile row from the north")
    column: int = Field(ge=0, le=2**30 - 1, description="tile column from the west")
    form: Form = Field(description="what the tile is written as")
    crs: Crs = Field("wgs84", description="what the tiles' coordinates are")
