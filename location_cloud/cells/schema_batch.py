"""Parameters, bodies and answers of the questions about many cells."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema, model_validator

from location_cloud.cells.schema import LEVEL, InSystem, System
from location_cloud.spatial.geojson import json_schema_of

MOST = 1_000_000
_PAIR = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}

# Checked by `forms` as arrays: pydantic would make a million objects.
Points = Annotated[Any, WithJsonSchema({"type": "array", "items": _PAIR, "maxItems": MOST})]
Codes = Annotated[
    Any,
    WithJsonSchema({"type": "array", "items": {"type": "string", "minLength": 1, "maxLength": 40}, "maxItems": MOST}),
]
Values = Annotated[
    Any, WithJsonSchema({"type": "array", "items": {"anyOf": [{"type": "number"}, {"type": "null"}]}, "maxItems": MOST})
]
Geometry = Annotated[Any, WithJsonSchema(json_schema_of("Polygon", "MultiPolygon"))]


class Body(BaseModel):
    """Base of bodies: nothing unknown."""

    model_config = ConfigDict(extra="forbid", strict=True)


class InEncodeMany(InSystem):
    """How points become codes."""

    level: int | None = Field(None, ge=0, le=1_000_000, description=LEVEL)
    bad: Literal["refuse", "null"] = Field(
        "refuse", description="null: points without a cell (poles, off the globe) give null instead of an error"
    )
    format: Literal["json", "csv", "ndjson", "keys"] = Field(
        "json", description="keys: 64-bit little-endian numbers that sort like the codes (beidou, geosot)"
    )


class PointsBody(Body):
    """Points; with text/csv the columns lon and lat, as application/octet-stream pairs of little-endian float64."""

    points: Points = Field(description="[lon, lat] each, in the coordinate system of crs=")


class InDecodeMany(InSystem):
    """How codes become places."""

    level: int | None = Field(None, ge=0, le=10, description="of the keys in a binary body (beidou)")
    format: Literal["json", "csv", "ndjson", "numbers"] = Field(
        "json", description="numbers: little-endian float64 lon and lat of each middle"
    )


class CodesBody(Body):
    """Codes; with text/csv the column code, as application/octet-stream 64-bit keys of one level."""

    codes: Codes = Field(description="of the system, of any levels")


class InFill(InSystem):
    """An area to fill."""


class FillBody(Body):
    """An area, and how its cells are told."""

    geometry: Geometry
    level: int | None = Field(None, ge=0, le=1_000_000, description=LEVEL)
    format: Literal["spans", "codes", "geojson", "count", "compact"] = Field(
        "codes", description="spans: runs of columns by row; compact: whole parents instead of their children"
    )
    mode: Literal["centre", "intersects", "covers", "weighted"] = Field(
        "centre",
        description="centre: neighbours share no cell; weighted: every cell that shares ground, and how much of it",
    )

    @model_validator(mode="after")
    def _can_be_told(self) -> FillBody:
        if self.mode == "weighted" and self.format in ("spans", "compact"):
            raise ValueError(f"mode weighted has a share for each cell and cannot be told as {self.format}; take codes")
        return self


class RollupBody(Body):
    """Values at codes or at points, to be summed up by larger cells."""

    level: int = Field(ge=0, le=1_000_000, description="of the cells that are answered")
    codes: Codes | None = Field(None, description="where each value belongs, of that level or finer")
    points: Points | None = Field(None, description="the same as [lon, lat], instead of codes")
    values: Values | None = Field(None, description="one for each code or point, null = none; left out = only counts")

    @model_validator(mode="after")
    def _one_of_both(self) -> RollupBody:
        if (self.codes is None) == (self.points is None):
            raise ValueError("give either codes or points")
        return self


class OutEncoded(BaseModel):
    """The codes of points, in their order."""

    system: System
    level: int
    count: int
    codes: list[str | None]


class OutDecodedMany(BaseModel):
    """Where codes lie, in their order; degrees in the asked coordinate system."""

    system: System
    count: int
    level: list[int]
    points: list[tuple[float, float]] = Field(description="the middles")
    bbox: list[tuple[float, float, float, float]] = Field(description="west, south, east, north of each")
    crs: str = "wgs84"


class CellSize(BaseModel):
    """A lattice in degrees: column c begins at west + c * width, row r at south + r * height."""

    west: float
    south: float
    width: float
    height: float


class OutFill(BaseModel):
    """The cells of an area; which lists there are depends on the format."""

    system: System
    level: int
    mode: str
    count: int = Field(description="cells of the level, however they are told")
    codes: list[str] | None = Field(None, description="codes, compact")
    share: list[float] | None = Field(None, description="weighted: how much of each cell lies inside, 0 to 1")
    area_cells: float | None = Field(None, description="weighted: the sum of the shares")
    row: list[int] | None = Field(None, description="spans: rows, from the south")
    first: list[int] | None = Field(None, description="spans: first column of each run")
    last: list[int] | None = Field(None, description="spans: last column of each run, included")
    cell_deg: CellSize | None = Field(
        None,
        description="spans: where columns and rows lie, where all are of one size: beidou, gbsheet, geohash, pluscode",
    )


class OutRollup(BaseModel):
    """A line a cell, in the order of the codes; null where no value was given."""

    system: System
    level: int
    cells: int
    codes: list[str]
    members: list[int] = Field(description="codes or points in each")
    count: list[int] = Field(description="values in each")
    sum: list[float]
    mean: list[float | None]
    min: list[float | None]
    max: list[float | None]
