"""Parameters and answers of OGC API Features, named as the standard names them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from location_cloud.features.model import BBOX, CRS84, System
from location_cloud.http.parameters import Query

NAME = r"^[\w.-]{1,80}$"

USUAL, MOST = 100, 10_000
"""Features of a page, if nothing is said and at most; who asks for more gets the most (OGC 17-069r4, 7.15.2)."""


class InDocument(Query):
    """A document."""

    f: Literal["json", "html", ""] = Field("", description="form of the answer; empty = as Accept says, else json")
    lang: Literal["zh-CN", "en", ""] = Field("", description="language of titles; empty = as the browser prefers")


class InApi(Query):
    """The interface."""

    f: Literal["json", ""] = Field("", description="form of the answer: json")
    lang: Literal["zh-CN", "en", ""] = Field("", description="language of titles; empty = as the browser prefers")


class InCollection(InDocument):
    """A collection."""

    collection: str = Field(pattern=NAME, description="id of the collection, e.g. cases, grids-unit or layers.hydrants")


class _InFeatures(InCollection):
    crs: System = Field(  # type: ignore[assignment]  # here systems have addresses and an order of axes
        CRS84, description="coordinate system of the answer, by its address; EPSG/0/4326 and 4490 have latitude first"
    )

    def in_wgs84(self) -> Query:
        """The same: what is in which system is said by bbox-crs, too."""
        return self


class InFeature(_InFeatures):
    """One feature."""

    feature: str = Field(min_length=1, max_length=200, description="id of the feature")


class InItems(_InFeatures):
    """Features of a collection; its queryables are parameters, too."""

    model_config = ConfigDict(extra="allow")

    limit: int = Field(USUAL, ge=1, le=2**31 - 1, description=f"features of a page; more than {MOST:,} means {MOST:,}")
    bbox: str = Field(
        "",
        max_length=200,
        pattern=f"{BBOX}|^$",
        description="only features whose geometry meets west,south,east,north; with heights six numbers",
    )
    bbox_crs: System | Literal["http://www.opengis.net/def/crs/OGC/0/CRS84h"] = Field(
        CRS84, alias="bbox-crs", description="coordinate system of bbox"
    )
    datetime: str = Field(
        "", max_length=80, description="only features of that time: a moment, a day, or two with / between; .. = open"
    )
    after: str = Field("", max_length=400, description="where a page begins, as the link next of the one before has it")


PARAMETERS = ("collection", "feature", "f", "lang", "crs", "limit", "bbox", "bbox-crs", "datetime", "after", "key")
"""What no queryable can be called."""


class OutDocument(BaseModel):
    """Any document of this standard: it has links."""

    model_config = ConfigDict(extra="allow")

    links: list[dict[str, Any]]


class OutCollections(OutDocument):
    """The collections."""

    collections: list[dict[str, Any]]


class OutQueryables(BaseModel):
    """What features are chosen by: a JSON Schema."""

    model_config = ConfigDict(extra="allow")

    properties: dict[str, Any]


class OutApi(BaseModel):
    """An OpenAPI 3.0 document."""

    model_config = ConfigDict(extra="allow")

    openapi: str
    paths: dict[str, Any]


class OutFeature(BaseModel):
    """A GeoJSON feature with links."""

    type: Literal["Feature"]
    id: str | int
    geometry: dict[str, Any] | None
    properties: dict[str, Any]
    links: list[dict[str, Any]]


class OutFeatures(OutDocument):
    """A page of features as GeoJSON."""

    type: Literal["FeatureCollection"]
    features: list[dict[str, Any]]
    timeStamp: str  # noqa: N815  # the standard's name
    numberReturned: int  # noqa: N815  # the standard's name
    numberMatched: int | None = None  # noqa: N815  # the standard's name
