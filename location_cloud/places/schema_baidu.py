"""Baidu's parameters (Web service API); positions are lat,lng in BD-09 unless the caller names another system."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from location_cloud.places.schema_foreign import Flag, ForeignQuery, Text


class BaiduQuery(ForeignQuery):
    """How the answer is written."""

    output: Literal["json", "xml"] = Field("xml", description="how the answer is written")
    callback: str = Field("", max_length=80, pattern=r"^[A-Za-z_$][\w.$]*$|^$", description="JSONP function")
    ret_coordtype: Text = Field("", description="bd09ll (default), gcj02ll, wgs84ll")


class BaiduGeoQuery(BaiduQuery):
    """An address to a position."""

    address: Text = Field("", description="84 bytes at most, two of each Chinese character")
    city: Text = ""


class BaiduRegeoQuery(BaiduQuery):
    """A position to an address."""

    location: Text = Field("", description="lat,lng")
    coordtype: Text = Field("bd09ll", description="bd09ll, gcj02ll, wgs84ll")
    extensions_poi: Flag = False
    extensions_road: Flag = False
    extensions_town: Flag = False
    poi_types: Text = ""
    radius: float = Field(1000.0, ge=0, description="metres; over 3000 as 3000")
    language: Text = ""


class BaiduPlaceQuery(BaiduQuery):
    """Points of interest in a city, around a position or in a box."""

    query: Text = ""
    tag: Text = ""
    type: Text = ""
    region: Text = ""
    city_limit: Flag = False
    location: Text = Field("", description="lat,lng")
    radius: float = Field(1000.0, ge=1, le=50_000, description="metres")
    radius_limit: Flag = False
    bounds: Text = Field("", description="lat,lng,lat,lng: south-west and north-east corner")
    coord_type: Literal["1", "2", "3", "4"] = Field("3", description="1 WGS-84, 2 GCJ-02, 3 BD-09")
    scope: Literal["1", "2"] = Field("1", description="2: with details")
    filter: Text = ""
    page_size: int = Field(10, ge=1, le=20, description="records a page")
    page_num: int = Field(0, ge=0, le=50, description="number of the page")


class BaiduDetailQuery(BaiduQuery):
    """Points of interest by their uids, 10 at most with commas between."""

    uid: Text = ""
    uids: Text = ""
    scope: Literal["1", "2"] = Field("1", description="2: with details")
