"""Parameters and answers of OGC API Tiles, named as the standard names them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from location_cloud.http.parameters import Query
from location_cloud.maps.schema import NAME
from location_cloud.spatial.crs import Crs
from location_cloud.tile_sets import Form


class InDocument(Query):
    """A document."""

    crs: Crs = Field("wgs84", description="what the tiles' coordinates are; carried into their addresses")
    f: Literal["json"] = Field("json", description="form of the document")
    lang: Literal["zh-CN", "en", ""] = Field("", description="language of titles; empty = as the browser prefers")


class InMatrixSet(InDocument):
    """A tile matrix set."""

    matrix_set: str = Field(pattern=r"^[A-Za-z0-9]{1,32}$", description="e.g. WebMercatorQuad or CGCS2000Quad")


class InCollection(InDocument):
    """A tile set."""

    set: str = Field(pattern=NAME, max_length=64, description="name of the tile set, e.g. base")


class InTileset(InCollection):
    """A tile set in one matrix set."""

    matrix_set: str = Field(pattern=r"^[A-Za-z0-9]{1,32}$", description="e.g. WebMercatorQuad or CGCS2000Quad")


class InOgcTile(Query):
    """One tile."""

    set: str = Field(pattern=NAME, max_length=64, description="name of the tile set, e.g. base")
    matrix_set: str = Field(pattern=r"^[A-Za-z0-9]{1,32}$", description="e.g. WebMercatorQuad or CGCS2000Quad")
    level: int = Field(ge=0, le=30, description="tile matrix")
    row: int = Field(ge=0, le=2**30 - 1, description="tile row from the north")
    column: int = Field(ge=0, le=2**30 - 1, description="tile column from the west")
    f: Form | None = Field(None, description="form of the tile; by default as Accept says, else the set's first")
    crs: Crs = Field("wgs84", description="what the tile's coordinates are")


class OutLinks(BaseModel):
    """Any document of this standard: it has links."""

    model_config = ConfigDict(extra="allow")

    links: list[dict[str, Any]]


class OutConformance(BaseModel):
    """The conformance classes."""

    conformsTo: list[str]  # noqa: N815  # the standard's name


class OutCollections(OutLinks):
    """The tile sets."""

    collections: list[dict[str, Any]]


class OutTilesets(OutLinks):
    """The ways in which a tile set is cut."""

    tilesets: list[dict[str, Any]]


class OutTileset(OutLinks):
    """Metadata of a tileset."""

    dataType: str  # noqa: N815  # the standard's name


class OutMatrixSets(OutLinks):
    """The tile matrix sets."""

    tileMatrixSets: list[dict[str, Any]]  # noqa: N815  # the standard's name


class OutMatrixSet(BaseModel):
    """The definition of a tile matrix set."""

    model_config = ConfigDict(extra="allow")

    id: str
    tileMatrices: list[dict[str, Any]]  # noqa: N815  # the standard's name
