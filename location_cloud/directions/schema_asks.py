"""What every question about ways may say: how one moves, when, and what to stay away from."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from location_cloud.directions.model import FIRST_YEAR, LAST_YEAR
from location_cloud.http.parameters import Query
from location_cloud.spatial.geojson import json_schema_of

ProfileName: TypeAlias = Annotated[
    str,
    Field(pattern=r"^[a-z][a-z0-9_-]{0,30}$", description="how one moves: a name of /v1/profiles", examples=["car"]),
]
Language = Literal["zh-CN", "en", ""]
Exclude = Literal["toll", "ferry", "unpaved", "motorway", "tunnel", "bridge", "steps"]
Shape = Literal["geojson", "polyline5", "polyline6", "none"]
Approach = Literal["unrestricted", "curb", "opposite"]
MOST_PLACES = 100
MOST_VIAS = MOST_PLACES - 2


def _words(value: Any) -> Any:
    return [part for part in value.split(",") if part] if isinstance(value, str) else value


def at_most(most: int, mark: str = "") -> BeforeValidator:
    """Refuses too many before each of them is read."""

    def check(value: Any) -> Any:
        count = (
            value.count(mark) + 1 if mark and isinstance(value, str) else len(value) if isinstance(value, list) else 0
        )
        if count > most:
            raise ValueError(f"{count} are too many; at most {most}")
        return value

    return BeforeValidator(check)


def _moment(value: Any) -> Any:
    if value is not None and not isinstance(value, (str, datetime)):
        raise ValueError("give a time as ISO 8601 text, for example 2026-11-23T07:30:00+08:00")
    return value


def _in_calendar(value: datetime) -> datetime:
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValueError(f"a time must lie in the years {FIRST_YEAR} to {LAST_YEAR}")
    return value


Moment: TypeAlias = Annotated[datetime, AfterValidator(_in_calendar), BeforeValidator(_moment)]

_KINDS = "(toll|ferry|unpaved|motorway|tunnel|bridge|steps)"

ExcludeList: TypeAlias = Annotated[
    list[Exclude],
    BeforeValidator(_words),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^({_KINDS}(,{_KINDS})*)?$",
            "description": "kinds of road not to be used, separated by commas",
        }
    ),
]

PolygonBody: TypeAlias = Annotated[dict[str, Any], WithJsonSchema(json_schema_of("Polygon", "MultiPolygon"))]

Position: TypeAlias = tuple[
    Annotated[float, Field(ge=-180, le=180)],
    Annotated[float, Field(ge=-90, le=90)],
]
"""lon, lat in a JSON body."""


class Strict(BaseModel):
    """Base of request bodies: nothing unknown, no NaN."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, frozen=True, populate_by_name=True)


# --- what changes a profile ---------------------------------------------------------------------------------------


def _walking_pace(value: float) -> float:
    if 0 < value < 1:
        raise ValueError("a top speed is at least 1 km/h")
    return value


class VehicleBody(Strict):
    """Sizes that signs speak of, and its top speed; 0 = as the profile has it."""

    height_m: float = Field(0.0, strict=True, ge=0, le=20)
    width_m: float = Field(0.0, strict=True, ge=0, le=20)
    length_m: float = Field(0.0, strict=True, ge=0, le=200)
    weight_t: float = Field(0.0, strict=True, ge=0, le=1000)
    axle_load_t: float = Field(0.0, strict=True, ge=0, le=100)
    hazmat: bool = Field(False, strict=True, description="carries dangerous goods")
    max_kmh: Annotated[float, AfterValidator(_walking_pace)] = Field(
        0.0, strict=True, ge=0, le=300, description="it goes no faster than this; from 1 on"
    )


class AvoidBody(Strict):
    """Where not to go."""

    areas: list[PolygonBody] = Field(default_factory=list, max_length=20, description="polygons to stay out of")
    closures: list[Annotated[str, Field(min_length=1, max_length=64)]] = Field(
        default_factory=list, max_length=50, description="names of stored closures (/v1/closures)"
    )
    roads: list[Annotated[str, Field(min_length=5, max_length=40)]] = Field(
        default_factory=list, max_length=1000, description="lasting keys of road edges"
    )


class SlowBody(Strict):
    """Roads that are slower than they are now: what would happen if."""

    roads: list[Annotated[str, Field(min_length=5, max_length=40)]] = Field(
        min_length=1, max_length=20_000, description="lasting keys of road edges"
    )
    share: float = Field(strict=True, ge=0.05, le=1, description="of its present speed that a road keeps")


class Ask(Query):
    """What every question about ways may say in its address."""

    profile: ProfileName = Field("car", description="how one moves: a name of /v1/profiles")
    exclude: ExcludeList = Field(default_factory=list, description="kinds of road not to be used: toll,ferry,...")
    season: Literal["", "winter"] = Field("", description="winter: slower on snow and ice, by class of road")
    depart_at: Moment | None = Field(
        None, description="when one leaves (ISO 8601); without zone: the city's; empty = now, with live weights"
    )


class AskBody(Strict):
    """What every question about ways may say in its body."""

    profile: ProfileName = Field("car", description="how one moves: a name of /v1/profiles")
    exclude: list[Exclude] = Field(default_factory=list, description="kinds of road not to be used")
    avoid: AvoidBody = Field(default_factory=lambda: AvoidBody.model_validate({}))
    slow: list[SlowBody] = Field(default_factory=list, max_length=5, description="roads that are slower, to try it out")
    vehicle: VehicleBody = Field(default_factory=lambda: VehicleBody.model_validate({}))
    season: Literal["", "winter"] = ""
    depart_at: Moment | None = Field(None, description="when one leaves; empty = now, with live weights")
    radius_m: float = Field(
        1000, strict=True, gt=0, le=10_000, description="the farthest that a road may be from a point"
    )


class Nothing(Query):
    """No parameters."""
