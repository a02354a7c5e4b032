"""Amap's parameters (Web service API, v3 and v5); positions in them are GCJ-02."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from location_cloud.places.schema_foreign import Flag, ForeignQuery, Text


class AmapQuery(ForeignQuery):
    """How the answer is written."""

    output: Literal["JSON", "json", "XML", "xml"] = "JSON"
    callback: str = Field("", max_length=80, pattern=r"^[A-Za-z_$][\w.$]*$|^$")


class GeoQuery(AmapQuery):
    """Addresses to positions."""

    address: Text = Field("", description="one, or 10 at most with | between them and batch=true")
    city: Text = ""
    batch: Flag = False


class RegeoQuery(AmapQuery):
    """Positions to addresses."""

    location: Text = Field("", description="lon,lat; 20 at most with | between them and batch=true")
    radius: float = Field(1000.0, ge=0, le=3000)
    extensions: Literal["base", "all"] = "base"
    poitype: Text = ""
    roadlevel: Literal["0", "1"] = "0"
    batch: Flag = False


class TipsQuery(AmapQuery):
    """What somebody has typed so far."""

    keywords: Text = ""
    type: Text = ""
    location: Text = ""
    city: Text = ""
    citylimit: Flag = False
    datatype: Text = "all"


class PlaceQuery(AmapQuery):
    """Points of interest; names of v3 and of v5."""

    keywords: Text = ""
    types: Text = ""
    location: Text = ""
    radius: float = Field(5000.0, ge=0, le=50_000)
    sortrule: Literal["distance", "weight"] = "distance"
    polygon: Text = ""
    city: Text = ""
    citylimit: Flag = False
    region: Text = ""
    city_limit: Flag = False
    offset: int | None = Field(None, ge=1, le=50)
    page: int = Field(1, ge=1, le=100)
    page_size: int = Field(10, ge=1, le=25)
    page_num: int = Field(1, ge=1, le=100)
    extensions: Literal["base", "all"] = "base"
    show_fields: Text = ""


class PlaceDetailQuery(AmapQuery):
    """Points of interest by their ids, 10 at most with | between them."""

    id: Text = ""
    show_fields: Text = ""
