"""Parameters and answers of grids."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, WithJsonSchema

from location_cloud.grids.model import MOST_AT_ONCE, FaultKind, Scheme
from location_cloud.http.parameters import BboxParameter, LonLat, Query
from location_cloud.spatial.geojson import json_schema_of

CODE = r"^[0-9A-Z-]+$"
DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
MOST_POINTS = 100_000
"""Of one question where points lie."""


def _day(value: Any) -> Any:
    """A date as it is written; pydantic alone takes seconds since 1970, too."""
    if isinstance(value, str) and not re.fullmatch(DAY, value):
        raise ValueError("a day is written 2026-11-01")
    if not isinstance(value, str | date):
        raise ValueError("a day is a text such as 2026-11-01")
    return value


Day: TypeAlias = Annotated[
    date,
    BeforeValidator(_day),
    WithJsonSchema({"type": "string", "format": "date", "pattern": DAY, "example": "2026-11-01"}),
]

Polygon: TypeAlias = Annotated[dict[str, Any], WithJsonSchema(json_schema_of("Polygon", "MultiPolygon"))]


class InScheme(Query):
    """One scheme."""

    scheme: Scheme = Field(description="unit, manage, evaluate, village or service grids")


class InList(InScheme):
    """Grids of a scheme."""

    at: Day | None = Field(None, description="grids that hold on this day; today if left out")
    bbox: BboxParameter | None = Field(None, description="only grids whose box meets west,south,east,north")
    area: str = Field("", max_length=16, pattern=r"^[0-9]*$", description="only grids in this area, by its code")
    parent: str = Field("", max_length=24, pattern=r"^[0-9A-Z-]*$", description="only grids directly below this code")
    cell: str = Field("", max_length=11, description="only grids filed under this BeiDou cell, level 1 to 5")
    name: str = Field("", max_length=200, description="only grids whose name or code has this in it")
    after: str = Field(
        "", max_length=24, pattern=r"^[0-9A-Z-]*$", description="only codes above this one: the next page"
    )
    limit: int = Field(100, ge=1, le=5000, description="grids a page")


class InGrid(InScheme):
    """One grid."""

    code: str = Field(max_length=24, pattern=CODE, description="code of the grid")
    at: Day | None = Field(None, description="as it was on this day; today if left out")


class InRetire(InScheme):
    """One grid that ends."""

    code: str = Field(max_length=24, pattern=CODE, description="code of the grid")
    valid_to: Day = Field(description="the first day on which it holds no longer")
    version: int | None = Field(None, ge=1, le=2**31 - 1, description="the version it was read at, instead of If-Match")


class InChange(InScheme):
    """One grid that is described anew."""

    code: str = Field(max_length=24, pattern=CODE, description="code of the grid")
    version: int | None = Field(None, ge=1, le=2**31 - 1, description="the version it was read at, instead of If-Match")


class InLocate(InScheme):
    """Where a point lies."""

    at: LonLat = Field(description="the point")
    on: Day | None = Field(None, description="on this day; today if left out")


class InChanges(Query):
    """What happened to grids."""

    since: int = Field(0, ge=0, le=2**62, description="only what came after this live version")
    limit: int = Field(1000, ge=1, le=10_000, description="entries a page; those of one change are not torn apart")


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Responsible(_Body):
    """Who answers for a grid: a team or a post, no person."""

    role: str = Field(max_length=40, description="of the national rule or your own, such as 网格长")
    name: str = Field(max_length=80, description="of the team or post")


class GridBody(_Body):
    """A grid as it is told."""

    code: str = Field(max_length=24, pattern=CODE, description="of the scheme's form")
    geometry: Polygon | None = Field(None, description="may be left out where units are named")
    units: list[Annotated[str, Field(pattern=r"^[0-9]{15}$")]] = Field(
        default_factory=list, max_length=5000, description="codes of the unit grids that it is the union of"
    )
    name: str = Field("", max_length=200)
    area_code: str = Field("", max_length=16, pattern=r"^[0-9]*$", description="of the area it lies in; found if empty")
    parent: str = Field("", max_length=24, pattern=r"^[0-9A-Z-]*$", description="code of the grid or community above")
    households: int | None = Field(None, ge=0, le=10_000_000)
    land_use: str = Field("", max_length=80)
    management_class: str = Field("", max_length=80)
    note: str = Field("", max_length=2000)
    responsible: list[Responsible] = Field(default_factory=list, max_length=50)


class AddBody(GridBody):
    """A new grid."""

    valid_from: Day = Field(description="the first day on which it holds")


class PatchBody(_Body):
    """What is said of a grid anew; its shape is changed by date: import it again from a day on."""

    name: str | None = Field(None, max_length=200)
    households: int | None = Field(None, ge=0, le=10_000_000)
    land_use: str | None = Field(None, max_length=80)
    management_class: str | None = Field(None, max_length=80)
    note: str | None = Field(None, max_length=2000)
    responsible: list[Responsible] | None = Field(None, max_length=50)


class CheckBody(_Body):
    """Grids that should cover an area once."""

    grids: list[GridBody] = Field(min_length=1, max_length=MOST_AT_ONCE)
    area: str = Field("", max_length=16, pattern=r"^[0-9]*$", description="code of the area that they should cover")
    repair: StrictBool = Field(False, description="give the repaired grids, too")
    tolerance_m: StrictFloat | StrictInt = Field(1.0, ge=0.01, le=10, description="widest gap or overlap to repair")


class ImportBody(_Body):
    """All grids of a scheme in an area from a day on."""

    grids: list[GridBody] = Field(max_length=MOST_AT_ONCE)
    valid_from: Day = Field(description="the first day on which they hold; those they replace retire on it")
    area: str = Field(
        "", max_length=16, pattern=r"^[0-9]*$", description="code of the area whose grids they are; empty = all"
    )
    repair: StrictBool = Field(False, description="take away slivers of gap and overlap, sharing vertices")
    tolerance_m: StrictFloat | StrictInt = Field(1.0, ge=0.01, le=10, description="widest gap or overlap to repair")
    allow_faults: StrictBool = Field(False, description="take them in though gaps or overlaps are left")


class PointsBody(_Body):
    """Many points."""

    coordinates: list[Annotated[list[StrictFloat], Field(min_length=2, max_length=2)]] = Field(
        max_length=MOST_POINTS, description="lon, lat in degrees"
    )
    on: Day | None = Field(None, description="on this day; today if left out")


class GridProperties(BaseModel):
    """What is known of a grid."""

    scheme: Scheme
    code: str
    name: str
    area_code: str
    parent: str
    valid_from: date
    valid_to: date | None
    area_m2: float
    households: int | None
    land_use: str
    management_class: str
    responsible: list[dict[str, Any]]
    note: str
    units: list[str] = Field(description="unit grids that it was made of; none = it was drawn")
    beidou: str = Field(description="level 5 cell of a point in it")
    version: int


class OutGrid(BaseModel):
    """One grid as GeoJSON. history: the spans of days of this code, the first one first."""

    type: Literal["Feature"]
    id: str
    geometry: Polygon
    properties: GridProperties
    history: list[dict[str, Any]] | None = None
    crs: str | None = None


class OutGrids(BaseModel):
    """Grids as GeoJSON."""

    type: Literal["FeatureCollection"]
    features: list[OutGrid]
    next_after: str | None = Field(description="`after` of the next page; null = this was the last")
    crs: str


class OutLocated(BaseModel):
    """Codes of the grids that hold points; null where none does."""

    codes: list[str | None]
    crs: str


class FaultOut(BaseModel):
    """One thing wrong."""

    kind: FaultKind
    codes: list[str]
    words: str
    area_m2: float
    lonlat: list[float] | None = Field(description="where, degrees")
    is_sliver: bool


class OutCheck(BaseModel):
    """What is wrong with grids. mended: what a repair changed, m2."""

    faults: list[FaultOut]
    mended: list[dict[str, Any]]
    grids: list[dict[str, Any]] | None = Field(None, description="repaired, as GeoJSON")
    crs: str


class OutImport(BaseModel):
    """What an import did."""

    added: int
    revised: int
    retired: int
    unchanged: int
    faults: list[FaultOut]
    mended: list[dict[str, Any]]
    crs: str


class OutChanges(BaseModel):
    """What happened, in order."""

    entries: list[dict[str, Any]]
    live_version: int
    crs: str
