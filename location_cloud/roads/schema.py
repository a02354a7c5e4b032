"""Parameters and answers of the roads' operations."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from location_cloud.http.parameters import BboxParameter, Query


class OneRoadQuery(Query):
    """Which road."""

    key: str = Field(
        min_length=5, max_length=40, description="lasting key: way:position:f (as drawn) or way:position:b (backward)"
    )


class RoadsQuery(Query):
    """Which part of the map, and how many roads at most."""

    bbox: BboxParameter = Field(description="west,south,east,north; at most 0.25 square degrees")
    limit: int = Field(500, ge=1, le=2000, description="roads in one answer")


class RoadLine(BaseModel):
    """The line of a road in driving direction."""

    type: Literal["LineString"]
    coordinates: list[tuple[float, float]]


class RoadProperties(BaseModel):
    """What is known of one direction of a road segment."""

    opposite: str = Field(description="key of the other direction")
    way: int = Field(description="OpenStreetMap way id")
    road_class: str = Field(description="OpenStreetMap highway value, or ferry")
    service: str = Field(description="kind of a service road: driveway, alley, ...")
    name: str
    name_zh: str
    name_en: str
    ref: str = Field(description="road number, such as G10")
    length_m: float
    maxspeed_kmh: int | None = Field(description="as signed; null if no sign is known or there is no limit")
    unlimited: bool = Field(description="signed as without speed limit")
    access: list[str] = Field(description="who may use it in this direction: car, bicycle, foot, bus, taxi, ...")
    flags: list[str] = Field(description="roundabout, tunnel, bridge, toll, unpaved, private, destination, ...")
    from_node: int = Field(description="OpenStreetMap node where it starts")
    to_node: int = Field(description="OpenStreetMap node where it ends")


class RoadFeature(BaseModel):
    """One direction of a road segment as a GeoJSON feature; id is its lasting key."""

    type: Literal["Feature"]
    id: str
    geometry: RoadLine
    properties: RoadProperties
    crs: str = "wgs84"


class RoadCollection(BaseModel):
    """Road segments of a box as drawn (forward); total counts all of them."""

    type: Literal["FeatureCollection"]
    features: list[RoadFeature]
    total: int
    limit: int
    crs: str = "wgs84"
