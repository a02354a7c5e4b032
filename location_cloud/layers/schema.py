"""Parameters and answers of own layers."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from location_cloud.http.parameters import BboxParameter, CellParameter, Query

NAME = r"^[\w.-]+$"

SHAPES = ["Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon"]

Geometry: TypeAlias = Annotated[
    dict[str, Any],
    WithJsonSchema(
        {
            "description": "GeoJSON geometry in the coordinate system that crs names",
            "anyOf": [
                {
                    "type": "object",
                    "required": ["type", "coordinates"],
                    "properties": {"type": {"enum": SHAPES}, "coordinates": {"type": "array", "minItems": 1}},
                },
                {
                    "type": "object",
                    "required": ["type", "geometries"],
                    "properties": {
                        "type": {"const": "GeometryCollection"},
                        "geometries": {"type": "array", "minItems": 1, "items": {"type": "object"}},
                    },
                },
            ],
        }
    ),
]
"""A geometry; rings and positions are checked by `spatial.geojson`, which no JSON schema can do."""


class Nothing(Query):
    """No parameters."""


class InLayer(Query):
    """One layer."""

    layer: str = Field(pattern=NAME, max_length=64, description="name of the layer: letters, digits, '.', '-', '_'")


class InFeature(InLayer):
    """One feature."""

    id: int = Field(ge=1, le=2**63 - 1, description="id of the feature")


class InVersion(InFeature):
    """One feature at a version."""

    version: int = Field(ge=1, le=2**31 - 1, description="the version that the change was made from")


class InList(InLayer):
    """Features of a layer."""

    bbox: BboxParameter | None = Field(None, description="only features whose box meets west,south,east,north")
    cell: CellParameter | None = Field(
        None, description="only features the middle of whose box lies in this BeiDou cell"
    )
    after: int = Field(0, ge=0, le=2**63 - 1, description="only ids above this one: the next page")
    limit: int = Field(100, ge=1, le=1000, description="features a page")


class FeatureBody(BaseModel):
    """A GeoJSON Feature."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)

    type: Literal["Feature"]
    geometry: Geometry
    properties: dict[str, Any] | None = Field(None, description="free; at most 64,000 bytes as JSON; null = none")


class LayerSummary(BaseModel):
    """One layer."""

    name: str
    features: int


class OutLayers(BaseModel):
    """The caller's layers."""

    layers: list[LayerSummary]
    crs: str


class OutFeature(BaseModel):
    """One feature as GeoJSON."""

    type: Literal["Feature"]
    id: int
    geometry: Geometry
    properties: dict[str, Any]
    version: int
    updated: str
    crs: str | None = None


class OutFeatures(BaseModel):
    """Features as a GeoJSON FeatureCollection."""

    type: Literal["FeatureCollection"]
    features: list[OutFeature]
    next_after: int | None = Field(description="`after` of the next page; null = this was the last")
    crs: str


class OutNothing(BaseModel):
    """What is left of a deleted feature."""

    deleted: int
    crs: str
