"""Cells as GeoJSON, for every answer that draws them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shapely.geometry.base import BaseGeometry

from location_cloud.spatial.geojson import as_feature


def cell_collection(
    system: str, codes: Sequence[str], shapes: Sequence[BaseGeometry], levels: Sequence[int], **columns: list[Any]
) -> dict[str, Any]:
    """Cells as a GeoJSON collection. columns: further properties, one value a cell."""
    features = []
    for at, (code, shape, level) in enumerate(zip(codes, shapes, levels)):
        told = {name: column[at] for name, column in columns.items()}
        features.append(as_feature(shape, {"system": system, "code": code, "level": level, **told}, code))
    return {"type": "FeatureCollection", "features": features}
