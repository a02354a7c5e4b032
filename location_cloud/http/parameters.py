"""Types for path and query parameters: points, boxes and the coordinate system they are written in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Annotated, Any, ClassVar, NamedTuple, TypeAlias, get_args, get_origin

import numpy as np
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, WithJsonSchema, field_validator
from pydantic.fields import FieldInfo

from location_cloud.spatial.bbox import Bbox, parse_bbox, parse_lonlat
from location_cloud.spatial.cells.index_cell import CellRange, cell_range
from location_cloud.spatial.crs import Crs, as_wgs84


class IsLonLat:
    """Marks a field whose value is a point in the caller's coordinate system."""

    def in_wgs84(self, value: tuple[float, float], crs: Crs) -> Any:
        """The same point in WGS-84."""
        return _converted([value], crs)[0]


class IsLonLatList:
    """Marks a field whose value is a list of points in the caller's coordinate system."""

    def in_wgs84(self, value: list[tuple[float, float]], crs: Crs) -> Any:
        """The same points in WGS-84."""
        return _converted(value, crs)


class IsBbox:
    """Marks a field whose value is a box in the caller's coordinate system."""

    def in_wgs84(self, value: Bbox, crs: Crs) -> Any:
        """The box around the four corners in WGS-84; the shift differs by centimetres between them."""
        corners = [(lon, lat) for lon in (value.west, value.east) for lat in (value.south, value.north)]
        (west, south), (west_too, north), (east, south_too), (east_too, north_too) = _converted(corners, crs)
        return Bbox(min(west, west_too), min(south, south_too), max(east, east_too), max(north, north_too))


Mark: TypeAlias = IsLonLat | IsLonLatList | IsBbox


def _lonlat(value: Any) -> Any:
    return parse_lonlat(value) if isinstance(value, str) else value


def _lonlats(value: Any) -> Any:
    return [parse_lonlat(part) for part in value.split(";")] if isinstance(value, str) else value


def _bbox(value: Any) -> Any:
    return parse_bbox(value) if isinstance(value, str) else value


def _cell(value: Any) -> Any:
    return cell_range(value) if isinstance(value, str) else value


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


CellParameter: TypeAlias = Annotated[
    CellRange,
    BeforeValidator(_cell),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": "^[NS]((0[1-9]|[1-5][0-9]|60)[A-V]([0-9AB][0-7]([0-5]([0-9A-E][0-9]([0-9A-E][0-9A-E])?)?)?)?)?$",
            "description": "BeiDou code of level 0 to 5",
            "example": "N51LA506525",
        }
    ),
]
"""A BeiDou code, as the range of index cells below it."""


class Query(BaseModel):
    """Base of every operation's parameters: nothing unknown, no NaN, and the coordinate system of points in and out."""

    model_config = ConfigDict(
        extra="forbid", allow_inf_nan=False, frozen=True, populate_by_name=True, arbitrary_types_allowed=True
    )

    repeatable: ClassVar[frozenset[str]] = frozenset()
    """Parameters that may stand several times in an address; their value is a list."""

    crs: Crs = Field("wgs84", description="coordinate system of every point in the question and in the answer")

    @field_validator("*", mode="before")
    @classmethod
    def _as_written(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuses what Python alone takes for a number: +1, 1_0, 1.0 for 1, spaces, digits of other scripts."""
        kind = numeric_fields(cls).get(info.field_name or "")
        if kind is None or not isinstance(value, str | list):
            return value
        texts = value if isinstance(value, list) else value.split(",") if kind.is_list else (value,)
        if all(kind.form.fullmatch(text) for text in texts if isinstance(text, str)):
            return value
        raise ValueError(kind.wanted)

    def in_wgs84(self) -> Query:
        """The same question with every marked point and box in WGS-84; `crs` stays, it shapes the answer.

        Called exactly once, by the web layer, so that no offset is ever applied twice.
        """
        if self.crs == "wgs84":
            return self
        changed = {
            name: mark.in_wgs84(getattr(self, name), self.crs)
            for name, mark in marked_fields(type(self)).items()
            if getattr(self, name) is not None
        }
        return self.model_copy(update=changed)


class Numeric(NamedTuple):
    """How a number is written in an address. is_list: several are, with commas between them."""

    form: re.Pattern[str]
    wanted: str
    is_list: bool


_FORMS = {
    int: (re.compile(r"-?[0-9]+"), "a whole number is needed, in plain digits such as 12"),
    float: (re.compile(r"-?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"), "a number is needed, such as 12 or 1.5"),
}


@cache
def numeric_fields(model: type[BaseModel]) -> dict[str, Numeric]:
    """The fields of a model that hold numbers; positions are read by their own rules."""
    found = {name: _numeric(info.annotation) for name, info in model.model_fields.items() if not any(_marks(info))}
    return {name: numeric for name, numeric in found.items() if numeric is not None}


def _numeric(annotation: Any) -> Numeric | None:
    if annotation in _FORMS:
        return Numeric(*_FORMS[annotation], is_list=False)
    inner = [numeric for part in get_args(annotation) if (numeric := _numeric(part)) is not None]
    return inner[0]._replace(is_list=inner[0].is_list or get_origin(annotation) is list) if inner else None


@cache
def marked_fields(model: type[BaseModel]) -> dict[str, Mark]:
    """The fields of a model that hold positions, optional ones included."""
    return {name: mark for name, info in model.model_fields.items() for mark in _marks(info)}


def _marks(info: FieldInfo) -> Iterator[Mark]:
    """The marks of a field; those of `LonLat | None` stand inside the union."""
    inner = [mark for part in get_args(info.annotation) for mark in getattr(part, "__metadata__", ())]
    return (mark for mark in (*info.metadata, *inner) if isinstance(mark, Mark))


def _converted(points: list[tuple[float, float]], crs: Crs) -> list[tuple[float, float]]:
    return [(float(lon), float(lat)) for lon, lat in as_wgs84(np.array(points, dtype=np.float64), crs)]
