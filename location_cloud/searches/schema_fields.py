"""Kinds of fields that bodies and parameters of searches share: times, numbers, positions, texts."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from location_cloud.spatial.geojson import json_schema_of

FIRST_YEAR, LAST_YEAR = 1970, 2200
"""Years of times that are believed."""


def _iso(value: Any) -> Any:
    if not isinstance(value, (str, datetime)) or (isinstance(value, str) and "-" not in value):
        raise ValueError("write times as ISO 8601 with a zone: 2026-11-23T07:30:00+08:00")
    return value.replace(" ", "+") if isinstance(value, str) else value  # an unquoted + in an address


def _believed(value: datetime) -> datetime:
    if not FIRST_YEAR < value.year < LAST_YEAR:
        raise ValueError(f"a time lies between {FIRST_YEAR} and {LAST_YEAR}")
    return value


Moment: TypeAlias = Annotated[AwareDatetime, BeforeValidator(_iso), AfterValidator(_believed)]
"""A time with its zone."""

_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
"""What XML 1.0 has no place for (section 2.2): texts are written to GPX and KML."""


def _printable(value: str) -> str:
    if _UNSEEN.search(value):
        raise ValueError("it has control characters")
    return value


Words: TypeAlias = Annotated[str, AfterValidator(_printable)]

Number: TypeAlias = Annotated[float, Field(strict=True)]
"""A number in a JSON body; true is none."""

Position: TypeAlias = tuple[Annotated[Number, Field(ge=-180, le=180)], Annotated[Number, Field(ge=-90, le=90)]]
"""lon, lat in a JSON body."""

PolygonBody: TypeAlias = Annotated[dict[str, Any], WithJsonSchema(json_schema_of("Polygon", "MultiPolygon"))]
"""A GeoJSON polygon; its rings are checked by `spatial.geojson`."""

Name: TypeAlias = Annotated[Words, Field(min_length=1, max_length=64)]

Weight: TypeAlias = Annotated[float, Field(ge=0, le=10, strict=True)]
Trust: TypeAlias = Annotated[float, Field(ge=0, le=1, strict=True)]


class Strict(BaseModel):
    """Base of bodies: nothing unknown, no NaN."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, frozen=True, populate_by_name=True)


class Walking(Strict):
    """How a subject walks on."""

    moving: Number = Field(0.3, ge=0, le=1, description="share of the time walked")
    attraction: Number = Field(3.0, ge=0.1, le=100, description="how much roads and paths draw, 1 = not")
    heading_deg: Number | None = Field(None, ge=0, lt=360, description="direction kept; null = none")
    concentration: Number = Field(1.0, ge=0, le=50, description="how firmly the direction is kept")
    view: Number = Field(0.0, ge=0, le=1, description="share of the walk that goes uphill for a view; needs elevation")
