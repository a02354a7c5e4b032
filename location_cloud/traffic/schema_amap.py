"""Amap's parameters of traffic (Web service API v3, "交通态势"); positions in them are GCJ-02."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from location_cloud.http.parameters import Query


class AmapQuery(Query):
    """What all its questions have in common: options that nobody knows are passed over, as its server does."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False, frozen=True, populate_by_name=True)

    crs: Literal["wgs84"] = Field("wgs84", description="this protocol has its own coordinate system")
    level: Literal["1", "2", "3", "4", "5", "6"] = Field(
        "5", description="roads up to this class: 1 motorways to 5 streets, 6 roads without name"
    )
    extensions: Literal["base", "all"] = Field("base", description="all: with the roads")
    output: Literal["JSON", "json", "XML", "xml"] = Field("JSON", description="how the answer is written")
    callback: str = Field("", max_length=80, pattern=r"^[A-Za-z_$][\w.$]*$|^$", description="JSONP function")


class RectangleQuery(AmapQuery):
    """A box."""

    rectangle: str = Field("", max_length=200, description="two opposite corners: lon,lat;lon,lat")


class CircleQuery(AmapQuery):
    """A circle."""

    location: str = Field("", max_length=100, description="its middle: lon,lat")
    radius: float = Field(1000.0, gt=0, le=5000, description="metres")


class RoadQuery(AmapQuery):
    """A road."""

    name: str = Field("", max_length=100, description="name of the road")
    city: str = Field("", max_length=100, description="read, but the roads are those of the imported city")
    adcode: str = Field("", max_length=20, description="read, but the roads are those of the imported city")
