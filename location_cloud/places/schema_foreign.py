"""What the addresses of other geocoders' interfaces have in common."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BeforeValidator, ConfigDict, Field

from location_cloud.http.parameters import Query


class ForeignQuery(Query):
    """The address of another interface: options that nobody knows are passed over, as its server does."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False, frozen=True, populate_by_name=True)

    crs: Literal["wgs84"] = Field("wgs84", description="this protocol has its own coordinate system")


Text: TypeAlias = Annotated[str, Field(max_length=2000, description="as that protocol defines it")]
"""A text of a length that nobody needs more of."""


def _flag(value: object) -> object:
    return value.lower() in ("1", "true", "yes", "on") if isinstance(value, str) else value


Flag: TypeAlias = Annotated[bool, BeforeValidator(_flag), Field(description="1 or true switches it on")]
"""Switched on by 1, true, yes or on, and off by whatever else."""

Lon: TypeAlias = Annotated[float, Field(ge=-180, le=180, description="degrees east")]
Lat: TypeAlias = Annotated[float, Field(ge=-90, le=90, description="degrees north")]
