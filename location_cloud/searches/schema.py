"""Parameters and answers of searches: begun, read, closed."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field, model_validator

from location_cloud.http.parameters import Query
from location_cloud.searches.model import Action, IppType, Mobility, Season, Status
from location_cloud.searches.schema_fields import Moment, Name, Number, Position, Strict, Words
from location_cloud.searches.schema_layers import LayersBody

# --- bodies ------------------------------------------------------------------------------------------------------


class SubjectBody(Strict):
    """Whom the search is for. Nothing that names the person belongs here."""

    category: Name = Field(description="of the statistics: GET /v1/searches/statistics tells them", examples=["hiker"])
    age: int | None = Field(None, ge=0, le=120, strict=True, description="years")
    mobility: Mobility = Field("unknown", description="how well the subject walks")
    last_seen_at: Moment | None = None
    responsive: Number | None = Field(
        None,
        ge=0.001,
        le=0.999,
        description="chance that the subject answers calls; null = not told apart",
    )
    vulnerable: bool = Field(False, strict=True, description="a child, old, ill, lightly dressed: cold hurries more")


class GridBody(Strict):
    """What cells the map has; without it, about 500 x 500."""

    cell_m: Number | None = Field(None, ge=1, le=5_000, description="side of a cell")
    beidou_level: int | None = Field(None, ge=1, le=10, strict=True, description="cells of the national grid code")

    @model_validator(mode="after")
    def _one(self) -> GridBody:
        if self.cell_m is not None and self.beidou_level is not None:
            raise ValueError("give one of cell_m and beidou_level")
        return self


class ExtentBody(Strict):
    """How far the map reaches; without it, to the published 95 % of the category, 2 to 15 km."""

    radius_m: Number | None = Field(None, ge=10, le=100_000, description="half the side of a square about the ipp")
    bbox: tuple[Number, Number, Number, Number] | None = Field(None, description="west, south, east, north")

    @model_validator(mode="after")
    def _one(self) -> ExtentBody:
        if (self.radius_m is None) == (self.bbox is None):
            raise ValueError("give one of radius_m and bbox")
        return self


class SearchBody(Strict):
    """A new search."""

    title: Words = Field("", max_length=200, description="what to call it; no personal data: it is exported")
    subject: SubjectBody
    ipp: Position = Field(description="initial planning point, [lon, lat]")
    ipp_type: IppType = Field("LKP", description="LKP: last known position; PLS: place last seen")
    grid: GridBody = GridBody(cell_m=None, beidou_level=None)
    extent: ExtentBody | None = None
    layers: LayersBody = Field(default_factory=LayersBody)
    season: Season | None = Field(None, description="winter: wetland and water bear; null = by date and latitude")
    ground: Words = Field("", max_length=64, description="of the statistics, 'temperate flat'; '' = by the relief")
    rest_of_world: Number = Field(0.05, ge=0.01, le=0.9, description="least chance that the subject is elsewhere")
    emergency: int | None = Field(None, ge=1, le=2**31 - 1, strict=True, description="of /v1/emergencies")
    incident: int | None = Field(None, ge=1, le=2**31 - 1, strict=True, description="of /v1/incidents")
    simulated: bool = Field(False, strict=True, description="an exercise; every answer and export says so")


class FindBody(Strict):
    """The subject was found."""

    location: Position
    found_at: Moment | None = Field(None, description="null = now")
    condition: Literal["well", "injured", "dead", "unknown"] = "unknown"


class StatusBody(Strict):
    """Suspended or taken up again."""

    status: Literal["open", "suspended"]
    reason: Words = Field("", max_length=2_000)


# --- parameters --------------------------------------------------------------------------------------------------


class Nothing(Query):
    """No parameters."""


class InSearch(Query):
    """One search."""

    id: int = Field(ge=1, le=2**31 - 1, description="id of the search")


class InVersion(InSearch):
    """One search at a version."""

    version: int | None = Field(
        None, ge=1, le=2**31 - 1, description="the version that the change was made from, instead of If-Match"
    )


class InSearches(Query):
    """Which searches."""

    repeatable = frozenset({"status"})

    status: list[Status] = Field(default_factory=list, description="only these; may stand several times")
    after: int = Field(0, ge=0, le=2**31 - 1, description="only ids above this one: the next page")
    limit: int = Field(100, ge=1, le=1000, description="searches a page")


class InLog(InSearch):
    """A page of a search's log."""

    after: int = Field(0, ge=0, le=2**31 - 1, description="only entries above this number: the next page")
    limit: int = Field(100, ge=1, le=500, description="entries a page")


class InPoa(InSearch):
    """A map, in some form."""

    format: Literal["json", "geojson", "png", "cog"] = Field(
        "json", description="json: summary and densest cells; geojson: levels; png: picture; cog: GeoTIFF of chances"
    )
    as_of: Moment | None = Field(None, description="the map as it was at this time; empty = now")
    by: Literal["levels", "cells"] = Field("levels", description="geojson: areas that hold 50-95 %, or single cells")
    limit: int = Field(1000, ge=1, le=20_000, description="json, and geojson by cells: the densest ones")
    max_side: int = Field(1024, ge=16, le=4096, description="png: pixels a side at most")


# --- answers -----------------------------------------------------------------------------------------------------


class OutGrid(BaseModel):
    """The cells."""

    rows: int
    columns: int
    bbox: list[float]
    cell_m: list[float] = Field(description="width and height at the ipp")
    beidou_level: int | None


class OutLayer(BaseModel):
    """What became of a layer."""

    name: str
    weight: float
    share: float = Field(description="of the chance that would lie elsewhere without it")
    outside: float = Field(description="chance that it puts outside of the cells")
    source: str
    why_not: str = Field(description="why it is not in use; empty = it is")


class OutSearch(BaseModel):
    """One search."""

    id: int
    version: int = Field(description="grows by one at each change; If-Match names it")
    status: Status
    title: str
    simulated: bool
    emergency: int | None
    incident: int | None
    subject: dict[str, Any]
    ipp: list[float]
    ipp_type: IppType
    season: Season
    ground: str
    grid: OutGrid
    layers: list[OutLayer]
    pos: float = Field(description="chance of success of all searches so far")
    rest_of_world: float = Field(description="chance that the subject is outside of the cells")
    warnings: list[str]
    find: dict[str, Any] | None
    created_at: str
    updated_at: str
    crs: str | None = None


class OutSearches(BaseModel):
    """Searches by id."""

    searches: list[OutSearch]
    next_after: int | None = Field(description="`after` of the next page; null = this was the last")
    crs: str


class OutLogEntry(BaseModel):
    """One change."""

    number: int
    search: int
    version: int
    live_version: int
    at: str
    who: str
    action: Action
    fields: dict[str, Any]


class OutLog(BaseModel):
    """What happened to a search, oldest first."""

    entries: list[OutLogEntry]
    next_after: int | None
    crs: str


class OutCell(BaseModel):
    """One cell."""

    location: list[float]
    code: str | None = Field(description="of the BeiDou grid; null of a grid in metres")
    poa: float
    density_km2: float = Field(description="chance on a square kilometre")


class OutLevel(BaseModel):
    """The smallest area that holds a share of the map's chance."""

    share: float
    area_km2: float


class OutPoa(BaseModel):
    """A map in numbers."""

    search: int
    version: int
    as_of: str | None
    simulated: bool
    grid: OutGrid
    rest_of_world: float
    responsive: float | None = Field(description="chance that the subject answers; null = not told apart")
    levels: list[OutLevel]
    cells: list[OutCell]
    crs: str
