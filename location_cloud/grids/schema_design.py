"""Parameters and answers of designs of grids."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from location_cloud.grids.model_design import By, DesignScheme
from location_cloud.http.parameters import Query
from location_cloud.spatial.geojson import json_schema_of

MOST_POINTS, MOST_HOUSEHOLDS, MOST_COMMUNITIES = 5_000, 50_000, 2_000

Position: TypeAlias = tuple[
    Annotated[float, Field(ge=-180, le=180, strict=True)], Annotated[float, Field(ge=-85, le=85, strict=True)]
]
"""lon, lat in degrees."""

PolygonBody: TypeAlias = Annotated[dict[str, Any], WithJsonSchema(json_schema_of("Polygon", "MultiPolygon"))]
LineBody: TypeAlias = Annotated[dict[str, Any], WithJsonSchema(json_schema_of("LineString"))]

Id = Field(pattern=r"^[0-9a-f]{16}$", description="id of the design")


class Strict(BaseModel):
    """Base of bodies: nothing unknown, no NaN."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, frozen=True)


class Nothing(Query):
    """No parameters."""


class InDesign(Query):
    """One design."""

    id: str = Id


class InDesignVersion(InDesign):
    """One design, at a version."""

    version: int | None = Field(
        None, ge=1, le=2**31 - 1, description="the version that the change was made from, instead of If-Match"
    )


class InDesignGrids(Query):
    """A page of a design's grids."""

    id: str = Id
    after: int = Field(0, ge=0, le=2**31 - 1, description="only numbers after this one: the next page")
    limit: int = Field(1000, ge=1, le=5000, description="grids a page")


class CommunityBody(Strict):
    """Ground that no grid leaves."""

    code: str = Field(pattern=r"^[0-9A-Za-z:_-]{1,24}$", description="of the community, 12 digits for unit grids")
    name: str = Field("", max_length=200)
    geometry: PolygonBody


class TargetBody(Strict):
    """What each unit grid should have."""

    by: By = Field("area", description="area: square metres; households; patrol: metres of road to walk")
    amount: float = Field(10_000.0, ge=10, le=1e8, strict=True, description="of each grid")


class PlaceBody(Strict):
    """The place that a village grid is around."""

    at: Position


class HouseholdsBody(Strict):
    """How many households live somewhere."""

    at: Position
    count: float = Field(gt=0, le=100_000, strict=True)


class DesignBody(Strict):
    """What is to be designed."""

    scheme: DesignScheme = Field("unit", description="unit: along roads, by a target; village: around points, by road")
    area: str = Field("", max_length=24, description="code of the area whose grids they are: 230602")
    communities: list[CommunityBody] = Field(
        default_factory=list,
        max_length=MOST_COMMUNITIES,
        description="borders that no grid crosses; [] = those that are known of the area",
    )
    target: TargetBody = Field(default_factory=lambda: TargetBody.model_validate({}), description="of unit grids")
    open_times: float = Field(
        10.0,
        ge=1,
        le=100,
        strict=True,
        description="how many times as large grids of fields, woods and water may be (by area); 1 = like all others",
    )
    points: list[PlaceBody] = Field(default_factory=list, max_length=MOST_POINTS, description="places of villages")
    households: list[HouseholdsBody] = Field(
        default_factory=list, max_length=MOST_HOUSEHOLDS, description="[] = estimated from floors of buildings"
    )
    previous: str = Field(
        "",
        pattern=r"^([0-9a-f]{16})?$",
        description='design whose numbers stay with the grids that stay; "" = the registered grids',
    )

    @model_validator(mode="after")
    def _says_where(self) -> DesignBody:
        if not self.area and not self.communities:
            raise ValueError("say where: an area's code, or communities with their borders")
        if self.scheme == "village" and not self.points:
            raise ValueError("village grids are made around points: send some")
        return self


class EditBody(Strict):
    """A change by hand."""

    action: Literal["merge", "split", "move_border", "move_corner"]
    grids: list[Annotated[int, Field(ge=1, le=2**31 - 1, strict=True)]] = Field(
        default_factory=list, max_length=2, description="numbers: two for merge and move_border, one for split"
    )
    line: LineBody | None = Field(None, description="split, move_border: the new border, right through")
    corner: PlaceBody | None = Field(None, description="move_corner: the corner that grids share")
    to: PlaceBody | None = Field(None, description="move_corner: where it goes")

    @model_validator(mode="after")
    def _is_whole(self) -> EditBody:
        wanted = {"merge": 2, "move_border": 2, "split": 1, "move_corner": 0}[self.action]
        if len(set(self.grids)) != wanted or len(self.grids) != wanted:
            raise ValueError(f"{self.action} takes {wanted} different grids, not {len(self.grids)}")
        if (self.line is not None) != (self.action in ("split", "move_border")):
            raise ValueError("split and move_border take a line, the others none")
        if (self.corner is not None and self.to is not None) != (self.action == "move_corner") or (
            (self.corner is None) != (self.to is None)
        ):
            raise ValueError("move_corner takes a corner and where it goes, the others neither")
        return self


def _iso_day(value: Any) -> Any:
    if not isinstance(value, str) or len(value) != 10:
        raise ValueError("write a day as 2026-12-01")
    return value


class AcceptBody(Strict):
    """From when on the grids hold."""

    valid_from: Annotated[date, BeforeValidator(_iso_day)] = Field(description="the first day")


# --- answers ---------------------------------------------------------------------------------------------------------


class OutQuality(BaseModel):
    """What a set of grids is like; shares are 0 to 1."""

    grids: int
    cover: float = Field(description="area of the grids by that of the ground")
    overlap_m2: float
    in_range: float = Field(description="share of grids of 0.5 to 1.5 targets")
    spread: float = Field(description="standard deviation of the sizes by their mean")
    on_road: float = Field(description="share of the borders inside communities that follows roads or water")
    on_line: float = Field(description="the same with railways, walls and edges of fields")
    buildings_cut: float | None = Field(description="share of the buildings that lie in two; null = none are known")


class OutSquares(OutQuality):
    """The same of plain squares; a border counts as on a road within 5 m there."""

    side_m: float


class OutReport(BaseModel):
    """How good a design is."""

    design: OutQuality
    squares: OutSquares | None = Field(description="squares as large as a grid; null for villages")
    kept: int = Field(description="grids that continue one that was there before, under its code")
    edited: bool = Field(description="changed by hand since; on_road, on_line and buildings_cut are from before")


class OutDesign(BaseModel):
    """How far a design is."""

    id: str
    state: Literal["waiting", "running", "done", "failed"]
    version: int
    scheme: DesignScheme
    area: str
    progress: float
    grids: int
    created_at: str
    started_at: str | None
    finished_at: str | None
    snapshot: str
    accepted: str | None = Field(description="the day from which its grids hold")
    error: str | None
    hint: str | None
    report: OutReport | None
    result: str | None = Field(description="where its grids are")


class OutDesigns(BaseModel):
    """Designs, newest first."""

    designs: list[OutDesign]


class OutGridProperties(BaseModel):
    """One grid of a design."""

    number: int
    code: str
    community: str
    area_m2: float
    size: float = Field(description="in targets; village grids: by the mean of all")
    kept: bool


class OutGrid(BaseModel):
    """A GeoJSON feature."""

    type: Literal["Feature"]
    id: int
    geometry: dict[str, Any]
    properties: OutGridProperties


class OutDesignGrids(BaseModel):
    """A GeoJSON feature collection."""

    type: Literal["FeatureCollection"]
    features: list[OutGrid]
    version: int
    next_after: int | None


class OutEdited(BaseModel):
    """What a change by hand made of a design."""

    version: int
    grids: int
    changed: list[OutGrid]
    removed: list[int]


class OutAccepted(BaseModel):
    """The design's grids as they are registered."""

    id: str
    version: int
    accepted: str
    grids: int


class OutDeleted(BaseModel):
    """What is gone."""

    deleted: str
