"""The layers that a new search's map may be made of, as they are asked for."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from location_cloud.searches.model import DriftObject
from location_cloud.searches.schema_fields import Moment, Number, Position, Strict, Trust, Weight


class LayerBody(Strict):
    """A layer that is on."""

    weight: Weight = Field(1.0, description="exponent in the product of layers; 0 = told, but without effect")


def _rising(percent: list[float], distance_m: list[float]) -> None:
    if len(percent) != len(distance_m):
        raise ValueError("percent and distance_m have as many numbers")
    if any(a >= b for numbers in (percent, distance_m) for a, b in pairwise(numbers)):
        raise ValueError("percent and distance_m rise")


class OffsetBody(LayerBody):
    """Distance from the nearest road, track, path, water line, rail, ridge."""

    percent: list[Annotated[Number, Field(ge=0.1, le=99.9)]] = Field(min_length=2, max_length=99, description="rising")
    distance_m: list[Annotated[Number, Field(ge=1, le=1e7)]] = Field(min_length=2, max_length=99, description="rising")

    trust: Trust = Field(1.0, description="share of the layer's mass that follows it; the rest is spread evenly")

    @model_validator(mode="after")
    def _fits(self) -> OffsetBody:
        _rising(self.percent, self.distance_m)
        return self


class DistanceBody(LayerBody):
    """Distance from the planning point; without percentiles, those of the category."""

    percent: list[Annotated[Number, Field(ge=0.1, le=99.9)]] = Field(
        default_factory=list, max_length=99, description="own percentiles instead of the category's, rising"
    )
    distance_m: list[Annotated[Number, Field(ge=1, le=1e7)]] = Field(
        default_factory=list, max_length=99, description="of these percentiles, metres, rising"
    )

    @model_validator(mode="after")
    def _fits(self) -> DistanceBody:
        _rising(self.percent, self.distance_m)
        if len(self.percent) == 1:
            raise ValueError("give two percentiles or more, or none")
        return self


class TravelBody(LayerBody):
    """Time on foot since last seen, over slope and land cover."""

    elapsed_s: Number | None = Field(None, ge=1, le=30 * 86400, description="null = since subject.last_seen_at")
    spread: Number = Field(0.5, ge=0.05, le=2, description="standard deviation of ln(pace): people differ, and rest")
    trust: Trust = Field(0.95, description="share of the layer's mass that follows it; the rest is spread evenly")


class DirectionBody(LayerBody):
    """Dispersion about the intended direction of travel."""

    bearing_deg: Number = Field(ge=0, lt=360, description="clockwise from north")
    sigma_deg: Number = Field(30.0, ge=1, le=180, description="standard deviation about it")
    trust: Trust = Field(0.8, description="how sure it is that this was the direction")


class FeaturesBody(LayerBody):
    """Kinds of place where people of the category are found."""

    trust: Trust = Field(0.8, description="share of the mass that goes by kinds of place; the rest is spread evenly")


class EllipseBody(Strict):
    """The ellipse of a fix, as /v1/fixes/locate tells it."""

    semi_major_m: Number = Field(ge=1, le=1e6)
    semi_minor_m: Number = Field(ge=1, le=1e6)
    azimuth_deg: Number = Field(ge=0, le=360, description="of the major axis, clockwise from north")
    level: Number = Field(0.95, ge=0.01, le=0.9999, description="chance that the ellipse holds the phone")


class SectorBody(Strict):
    """The sector of a cell with the ring of its timing advance."""

    azimuth_deg: Number = Field(ge=0, le=360, description="where the antenna points")
    beam_deg: Number = Field(ge=1, le=360, description="half-power width; 360 = all round")
    inner_m: Number = Field(ge=0, le=1e6)
    outer_m: Number = Field(ge=1, le=1e6)

    @model_validator(mode="after")
    def _fits(self) -> SectorBody:
        if self.inner_m > self.outer_m - 1:
            raise ValueError("inner_m is less than outer_m by a metre or more")
        return self


class PhoneBody(LayerBody):
    """A phone's fix: an ellipse about a location, or a sector about a site."""

    location: Position = Field(description="middle of the ellipse, or the site of the sector")
    ellipse: EllipseBody | None = None
    sector: SectorBody | None = None
    trust: Trust = Field(0.95, description="how sure it is that the phone is with the subject")

    @model_validator(mode="after")
    def _one(self) -> PhoneBody:
        if (self.ellipse is None) == (self.sector is None):
            raise ValueError("give one of ellipse and sector")
        return self


class WindBody(Strict):
    """The wind from a time on."""

    at: Moment
    speed_m_s: Number = Field(ge=0, le=100, description="at 10 m above the water")
    from_deg: Number = Field(ge=0, le=360, description="where it blows from, as weather reports tell it")


class CurrentBody(Strict):
    """The current from a time on."""

    at: Moment
    speed_m_s: Number = Field(ge=0, le=20)
    to_deg: Number = Field(ge=0, le=360, description="where it flows to")


class DriftBody(LayerBody):
    """Something that drifts in water by leeway and current."""

    location: Position = Field(description="where it entered the water")
    error_m: Number = Field(100.0, ge=0, le=50_000, description="standard deviation of that place")
    entered_at: Moment = Field(description="when, at the earliest")
    entered_within_s: Number = Field(0.0, ge=0, le=864_000, description="how much later it may have been")
    until: Moment = Field(description="for which time the map is")
    wind: list[WindBody] = Field(default_factory=list, max_length=500, description="times rising; [] = none")
    current: list[CurrentBody] = Field(default_factory=list, max_length=500, description="times rising; [] = none")
    current_spread_m_s: Number = Field(0.05, ge=0, le=5, description="standard deviation of the current's error")
    object: DriftObject = Field("person_in_water", description="whose leeway it has; person_in_water: state not known")
    particles: int = Field(5_000, ge=100, le=20_000, strict=True)


def _is_false(value: Any) -> Any:
    if value is not False:
        raise ValueError("false switches a layer off")
    return value


Off: TypeAlias = Annotated[
    Literal[False], BeforeValidator(_is_false), WithJsonSchema({"type": "boolean", "const": False})
]
"""A layer that is switched off."""


class LayersBody(Strict):
    """Layers by name: settings = on, false = off, null = on where there is something to make it of."""

    distance: DistanceBody | Off | None = None
    travel_time: TravelBody | Off | None = None
    direction: DirectionBody | Off | None = None
    track_offset: OffsetBody | Off | None = None
    find_features: FeaturesBody | Off | None = None
    phone: PhoneBody | Off | None = None
    drift: DriftBody | Off | None = None

    def wish(self) -> dict[str, Any]:
        """The layers that are told of, as plain values."""
        told = {name: getattr(self, name) for name in self.model_fields_set}
        return {
            name: each.model_dump() if isinstance(each, Strict) else each
            for name, each in told.items()
            if each is not None
        }
