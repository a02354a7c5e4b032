"""Types for path and query parameters: points, boxes and the coordinate system they are written in."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

import numpy as np
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from location_cloud.spatial.bbox import Bbox, parse_bbox, parse_lonlat
from location_cloud.spatial.crs import Crs, as_wgs84


class IsLonLat:
    """Marks a field whose value is a point in the caller's coordinate system."""


class IsLonLatList:
    """Marks a field whose value is a list of points in the caller's coordinate system."""


class IsBbox:
    """Marks a field whose value is a box in the caller's coordinate system."""


def _lonlat(value: Any) -> Any:
    return parse_lonlat(value) if isinstance(value, str) else value


def _lonlats(value: Any) -> Any:
    return [parse_lonlat(part) for part in value.split(";")] if isinstance(value, str) else value


def _bbox(value: Any) -> Any:
    return parse_bbox(value) if isinstance(value, str) else value


_LON = r"-?(180(\.0+)?|(1[0-7][0-9]|[0-9]?[0-9])(\.[0-9]+)?)"
_LAT = r"-?(90(\.0+)?|[1-8]?[0-9](\.[0-9]+)?)"
_POINT = f"{_LON},{_LAT}"

LonLat: TypeAlias = Annotated[
    tuple[float, float],
    BeforeValidator(_lonlat),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^{_POINT}$",
            "description": "lon,lat in degrees",
            "example": "24.94,60.17",
        }
    ),
    IsLonLat(),
]
"""A point written `lon,lat` in degrees."""

LonLatList: TypeAlias = Annotated[
    list[tuple[float, float]],
    BeforeValidator(_lonlats),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^{_POINT}(;{_POINT})*$",
            "description": "points lon,lat in degrees, separated by semicolons",
        }
    ),
    IsLonLatList(),
]
"""Points written `lon,lat;lon,lat;...` in degrees."""

BboxParameter: TypeAlias = Annotated[
    Bbox,
    BeforeValidator(_bbox),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^{_POINT},{_POINT}$",
            "description": "west,south,east,north in degrees; west > east crosses the antimeridian",
            "example": "24.9,60.1,25.0,60.2",
        }
    ),
    IsBbox(),
]
"""A box written `west,south,east,north` in degrees."""


class Query(BaseModel):
    """Base of every operation's parameters: nothing unknown, no NaN, and the coordinate system of points in and out."""

    model_config = ConfigDict(
        extra="forbid", allow_inf_nan=False, frozen=True, populate_by_name=True, arbitrary_types_allowed=True
    )

    crs: Crs = Field("wgs84", description="coordinate system of every point in the question and in the answer")

    def in_wgs84(self) -> Query:
        """The same question with every marked point and box in WGS-84; `crs` stays, it shapes the answer.

        Called exactly once, by the web layer, so that no offset is ever applied twice.
        """
        if self.crs == "wgs84":
            return self
        changed: dict[str, Any] = {}
        for name, info in type(self).model_fields.items():
            value = getattr(self, name)
            if value is None:
                continue
            for mark in info.metadata:
                if isinstance(mark, IsLonLat):
                    changed[name] = _converted([value], self.crs)[0]
                elif isinstance(mark, IsLonLatList):
                    changed[name] = _converted(value, self.crs)
                elif isinstance(mark, IsBbox):
                    west_south, east_north = _converted(
                        [(value.west, value.south), (value.east, value.north)], self.crs
                    )
                    changed[name] = Bbox(*west_south, *east_north)
        return self.model_copy(update=changed)


def _converted(points: list[tuple[float, float]], crs: Crs) -> list[tuple[float, float]]:
    return [(float(lon), float(lat)) for lon, lat in as_wgs84(np.array(points, dtype=np.float64), crs)]
