"""Parameters and answers of the STAC catalogue."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from location_cloud.http.parameters import BboxParameter
from location_cloud.imagery.schema import INTERVAL, NAME, OnTheMap


class Nothing(OnTheMap):
    """No parameters."""


class InCollection(OnTheMap):
    """One collection, which is a set."""

    set: str = Field(pattern=NAME, max_length=80, description="name of the collection")


class InItem(InCollection):
    """One item, which is a scene."""

    scene: str = Field(min_length=1, max_length=100, description="id of the item")


class Paged(OnTheMap):
    """Which items."""

    bbox: BboxParameter | None = Field(None, description="only items whose footprint meets west,south,east,north")
    datetime: str = Field("", pattern=INTERVAL, max_length=80, description="a day, or from/to; .. = open")
    limit: int = Field(10, ge=1, le=1000, description="items a page")
    offset: int = Field(0, ge=0, le=1_000_000, description="items to leave out at the start")


class InItems(Paged, InCollection):
    """Items of one collection."""


class InSearch(Paged):
    """Items of all collections."""

    collections: str = Field("", max_length=2000, description="names of collections, separated by commas")
    ids: str = Field("", max_length=4000, description="ids of items, separated by commas")


class OutConformance(BaseModel):
    """What the catalogue conforms to."""

    conformsTo: list[str]  # noqa: N815  # OGC API's name


class OutCatalog(OutConformance):
    """A STAC Catalog."""

    type: Literal["Catalog"]
    stac_version: str
    id: str
    title: str
    description: str
    links: list[dict[str, Any]]


class OutCollection(BaseModel):
    """A STAC Collection."""

    type: Literal["Collection"]
    stac_version: str
    id: str
    title: str
    description: str
    license: str
    extent: dict[str, Any]
    links: list[dict[str, Any]]


class OutCollections(BaseModel):
    """All collections."""

    collections: list[OutCollection]
    links: list[dict[str, Any]]


class OutItem(BaseModel):
    """A STAC Item."""

    type: Literal["Feature"]
    stac_version: str
    id: str
    collection: str
    geometry: dict[str, Any]
    bbox: list[float]
    properties: dict[str, Any]
    assets: dict[str, Any]
    links: list[dict[str, Any]]


class OutItems(BaseModel):
    """A STAC ItemCollection."""

    type: Literal["FeatureCollection"]
    features: list[OutItem]
    numberMatched: int  # noqa: N815  # OGC API's names
    numberReturned: int  # noqa: N815
    links: list[dict[str, Any]]
