"""A feature of an own layer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shapely.geometry.base import BaseGeometry

MAX_PROPERTIES_BYTES = 64_000
MAX_VERTICES = 100_000

MAX_LAYERS = 500
"""Of one tenant: whoever lists tile sets names all of them."""


@dataclass(frozen=True)
class LayerFeature:
    """One thing on an own layer: geometry in WGS-84 degrees, free properties, a version that grows by one a change."""

    id: int
    layer: str
    geometry: BaseGeometry
    properties: dict[str, Any]
    version: int
    updated: datetime
