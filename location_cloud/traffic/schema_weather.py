"""Parameters and answers of weather on the roads."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from location_cloud.traffic.schema import Moment

Condition: TypeAlias = Literal["light_rain", "heavy_rain", "light_snow", "heavy_snow", "ice", "fog"]


class WeatherBody(BaseModel):
    """Weather of the whole city."""

    model_config = ConfigDict(extra="forbid")

    condition: Condition = Field(description="the worse one if there are two")
    since: Moment | None = Field(None, description="with zone; now without it")
    until: Moment | None = Field(
        None, description="with zone, a week after since at most; six hours after it without it"
    )
    source: str = Field("", max_length=200, description="who says so, e.g. a weather service and its bulletin")
    simulated: StrictBool = Field(False, description="of a drill")


class OutWeather(BaseModel):
    """What was told."""

    condition: Condition
    since: datetime
    until: datetime
    source: str
    simulated: bool


class OutRemoved(BaseModel):
    """That nothing holds any more."""

    removed: bool
