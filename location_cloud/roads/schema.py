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


class RoadLimits(BaseModel):
    """Signed limits of size and weight; null = no limit is known."""

    height_m: float | None
    width_m: float | None
    length_m: float | None
    weight_t: float | None
    axle_load_t: float | None


class RoadCondition(BaseModel):
    """What holds of a road at some times or for some vehicles only."""

    effect: Literal["closed", "open", "local", "speed", "max_weight"] = Field(
        description="local: only who begins or ends there may enter"
    )
    vehicles: list[str] = Field(description="whom it binds: car, hgv, bicycle, ...")
    value: float | None = Field(description="speed in km/h (255 = no limit) or weight in tonnes (0 = limit lifted)")
    when: str = Field(description="the condition as OpenStreetMap writes it; empty = always")
    is_understood: bool = Field(description="whether it can be evaluated")


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
    surface: str = Field(description="asphalt, paving_stones, gravel, ...; empty if not told")
    smoothness: str = Field(description="excellent to impassable; empty if not told")
    tracktype: str = Field(description="grade1 (solid) to grade5 (soft); empty if not told")
    lanes: int | None = Field(description="lanes in this direction; null if not told")
    turn_lanes: str = Field(description="arrows on the lanes from the left, as OpenStreetMap's turn:lanes")
    destination: str = Field(description="what signs name ahead, such as 'A 5: Heidelberg'")
    junction_ref: str = Field(description="number of the exit")
    limits: RoadLimits
    signals: int = Field(description="traffic signals met in this direction, the far end's included")
    stops: int = Field(description="stop and give-way signs met in this direction")
    crossings: int = Field(description="crossings on it")
    incline_percent: int = Field(description="rise in this direction, per cent; 0 = flat or not told")
    level: int = Field(description="storey, else layer; 0 = ground")
    width_m: float | None = Field(description="null if not told")
    conditions: list[RoadCondition] = Field(description="of several that hold together the later one counts")


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
