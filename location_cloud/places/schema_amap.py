"""Amap's parameters (Web service API, v3 and v5); positions in them are GCJ-02."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from location_cloud.places.schema_foreign import Flag, ForeignQuery, Text


class AmapQuery(ForeignQuery):
    """How the answer is written."""

    output: Literal["JSON", "json", "XML", "xml"] = Field("JSON", description="how the answer is written")
    callback: str = Field("", max_length=80, pattern=r"^[A-Za-z_$][\w.$]*$|^$", description="JSONP function")


class GeoQuery(AmapQuery):
    """Addresses to positions."""

    address: Text = Field("", description="one, or 10 at most with | between them and batch=true")
    city: Text = ""
    batch: Flag = False


class RegeoQuery(AmapQuery):
    """Positions to addresses."""

    location: Text = Field("", description="lon,lat; 20 at most with | between them and batch=true")
    radius: float = Field(1000.0, ge=0, le=3000, description="metres")
    extensions: Literal["base", "all"] = Field("base", description="all: with what is around")
    poitype: Text = ""
    roadlevel: Literal["0", "1"] = Field("0", description="read, but all roads are told")
    batch: Flag = False


class TipsQuery(AmapQuery):
    """What somebody has typed so far."""

    keywords: Text = ""
    type: Text = ""
    location: Text = ""
    city: Text = ""
    citylimit: Flag = False
    datatype: Text = "all"


class _PlaceQuery(AmapQuery):
    """Points of interest."""

    keywords: Text = ""
    types: Text = ""
    location: Text = ""
    radius: float = Field(5000.0, ge=0, le=50_000, description="metres")
    sortrule: Literal["distance", "weight"] = Field("distance", description="order of the answers")
    polygon: Text = ""


class PlaceQuery(_PlaceQuery):
    """The same as v3 asks it."""

    city: Text = ""
    citylimit: Flag = False
    offset: int = Field(20, ge=1, le=50, description="records a page, 25 at most")
    page: int = Field(1, ge=1, le=100, description="number of the page")
    extensions: Literal["base", "all"] = Field("base", description="all: with what is around")

    @property
    def where(self) -> tuple[str, bool]:
        """The city, and whether nothing outside is wanted."""
        return self.city, self.citylimit

    @property
    def records(self) -> tuple[int, int]:
        """How many, and how many are left out before them."""
        size = min(self.offset, MOST_RECORDS)
        return size, size * (self.page - 1)


class PlaceQuery2(_PlaceQuery):
    """The same as v5 asks it."""

    region: Text = ""
    city_limit: Flag = False
    page_size: int = Field(10, ge=1, le=25, description="records a page")
    page_num: int = Field(1, ge=1, le=100, description="number of the page")
    show_fields: Text = ""

    @property
    def where(self) -> tuple[str, bool]:
        """As in v3."""
        return self.region, self.city_limit

    @property
    def records(self) -> tuple[int, int]:
        """As in v3."""
        return self.page_size, self.page_size * (self.page_num - 1)


MOST_RECORDS = 25


class PlaceDetailQuery(AmapQuery):
    """Points of interest by their ids, 10 at most with | between them."""

    id: Text = ""
    show_fields: Text = ""
