"""Bodies and answers of what the ground, the water and the cold allow, and of statistics."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from location_cloud.http.parameters import Query
from location_cloud.searches.schema_fields import Number, Position, Strict
from location_cloud.searches.schema_layers import DriftBody

MOST_LOOKOUTS = 20


class LookoutBody(Strict):
    """Where somebody or something looks from."""

    location: Position
    eye_m: Number = Field(2.0, ge=0, le=10_000, description="above the ground, or above the sea")
    above_sea: bool = Field(False, strict=True, description="eye_m counts from sea level: a UAV")
    target_m: Number = Field(0.0, ge=0, le=100, description="how high above the ground is what is looked for")
    reach_m: Number | None = Field(None, ge=1, le=100_000, description="no further; null = to the map's rim")


class SeenBody(Strict):
    """Lookouts that watch together."""

    lookouts: list[LookoutBody] = Field(min_length=1, max_length=MOST_LOOKOUTS)


class LandingBody(Strict):
    """What a helicopter needs."""

    near: Position | None = Field(None, description="nearest first from here; null = largest first")
    helicopter: Literal["light", "medium", "heavy"] = Field("medium", description="safety circle of 23, 27 or 34 m")
    diameter_m: Number | None = Field(None, ge=5, le=500, description="of the clear circle instead")
    most_slope_deg: Number = Field(5.0, ge=0.5, le=20)
    limit: int = Field(20, ge=1, le=200, strict=True)


class DriftAsked(DriftBody):
    """As the layer of the same name."""


class ColdBody(Strict):
    """The weather that the subject is in."""

    air_c: Number = Field(ge=-70, le=60)
    wind_kmh: Number = Field(0.0, ge=0, le=250, description="at 10 m")
    water_c: Number | None = Field(None, ge=-2, le=40, description="the subject may be in water of this temperature")
    elapsed_s: Number | None = Field(None, ge=0, le=30 * 86_400, description="null = since subject.last_seen_at")


class InTable(Query):
    """One table of statistics."""

    table: Literal["distances", "find_features"] = Field(description="which one")


class TableBody(Strict):
    """A table as text, for whoever cannot send text/csv."""

    csv: str = Field(max_length=2_000_000, description="the same text")


class Nothing(Query):
    """No parameters."""


class OutSeen(BaseModel):
    """What lookouts see together, as a GeoJSON Feature; properties: seen_km2, poa, warnings."""

    type: Literal["Feature"]
    geometry: dict[str, Any] | None
    properties: dict[str, Any]
    crs: str


class OutSite(BaseModel):
    """A place to land."""

    location: list[float]
    diameter_m: float = Field(description="of the clear circle")
    slope_deg: float
    distance_m: float = Field(description="from `near`, else from the ipp")
    cover: str = Field(description="land cover in the middle; open = nothing is mapped there")


class OutLanding(BaseModel):
    """Places to land."""

    sites: list[OutSite]
    warnings: list[str]
    crs: str


class OutDrift(BaseModel):
    """Where something drifted to."""

    location: list[float] = Field(description="mean of the particles")
    spread_m: float = Field(description="standard deviation of one axis")
    in_cells: float = Field(description="share of the particles within the search's cells")
    features: list[dict[str, Any]] = Field(description="ellipses; properties: share")
    crs: str


class OutCold(BaseModel):
    """What the cold leaves."""

    wind_chill_c: float
    frostbite_min: float | None = Field(description="null = no frostbite within half an hour, as far as is known")
    immersion: dict[str, Any] | None
    urgency: str
    left_h: float | None = Field(description="hours left of the nearest limit; null = no limit by cold")
    reasons: list[str]


class OutTables(BaseModel):
    """Statistics in use, and the tenant's own finds."""

    distances: list[dict[str, Any]]
    find_features: list[dict[str, Any]]
    local: list[dict[str, Any]] = Field(description="percentiles of own finds by category, with 90 % intervals")


class OutTable(BaseModel):
    """A table taken."""

    table: str
    rows: int


class OutGone(BaseModel):
    """What is left of something removed."""

    deleted: str
