"""What may stand in the address of the console's page and files, and what the console asks about a point."""

from __future__ import annotations

from pydantic import BaseModel, Field

from location_cloud.http.parameters import LonLat, Query
from location_cloud.spatial.crs import Crs


class PageQuery(Query):
    """The page's address; the language is applied in the browser."""

    lang: str = Field("", max_length=20, description="language of the page: zh-CN or en; empty = as chosen last")


class FileQuery(Query):
    """One file of the console."""

    path: str = Field(max_length=200, description="path of the file below /console/")
    v: str = Field("", max_length=40, description="release of the file; only tells caches apart")


class CoordinatesQuery(Query):
    """Which point."""

    at: LonLat = Field(description="the point, lon,lat in crs")


class Coordinates(BaseModel):
    """One point in every coordinate system."""

    positions: dict[Crs, tuple[float, float]] = Field(description="coordinate system -> lon,lat in degrees")
    crs: str = Field("wgs84", description="the system in which the point was given")
