"""Parameters and answers of directions."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from location_cloud.http.parameters import LonLat, Query

ProfileName = Literal["car", "bicycle", "foot"]


class InRoute(Query):
    """From where, to where, how."""

    from_: LonLat = Field(alias="from", description="where it begins, lon,lat")
    to: LonLat = Field(description="where it ends, lon,lat")
    profile: ProfileName = Field("car", description="how one moves")
    radius_m: float = Field(
        1000, gt=0, le=10_000, description="the farthest that a road may be from either point, metres"
    )
    steps: bool = Field(True, description="whether the turns are listed")
    lang: Literal["zh-CN", "en", ""] = Field(
        "", description="language of the instructions; empty = as the caller prefers"
    )


class OutStep(BaseModel):
    """One instruction and the stretch that follows it."""

    type: Literal["depart", "turn", "continue", "roundabout", "arrive"]
    modifier: str = Field(
        description="straight, slight_left, left, sharp_left, uturn, slight_right, right, sharp_right"
    )
    instruction: str
    name: str = Field(description="name of the road after the manoeuvre; empty if it has none")
    ref: str
    exit: int = Field(description="exit of a roundabout, from 1; 0 elsewhere")
    distance_m: float
    duration_s: float
    bearing_deg: float = Field(description="direction after the manoeuvre, clockwise from north")
    location: list[float]
    points: list[int] = Field(description="first and last point of the stretch in the route's geometry")


class OutLeg(BaseModel):
    """The way between two of the asked points."""

    distance_m: float
    duration_s: float
    steps: list[OutStep]


class OutRouteLine(BaseModel):
    """One way."""

    distance_m: float
    duration_s: float
    geometry: dict[str, Any] = Field(description="GeoJSON LineString")
    legs: list[OutLeg]


class OutWaypoint(BaseModel):
    """An asked point on the road."""

    location: list[float]
    name: str
    distance_m: float = Field(description="from the asked point to the road")


class OutRoute(BaseModel):
    """The quickest way."""

    routes: list[OutRouteLine]
    waypoints: list[OutWaypoint]
    profile: ProfileName
    crs: str
