"""Grids as GeoJSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import orjson
import shapely

from location_cloud.grids.model import Grid
from location_cloud.spatial.cells.index_cell import index_codes

Json = dict[str, Any]


def as_feature(grid: Grid) -> Json:
    """The grid as GeoJSON."""
    return as_features([grid])[0]


def as_features(grids: Sequence[Grid]) -> list[Json]:
    """Many at once: one by one the codes of their cells would take longer than all the rest."""
    cells = index_codes(np.array([grid.cell for grid in grids], np.int64))
    shapes = as_geometries(grids)
    return [_as_feature(grid, shape, cell) for grid, shape, cell in zip(grids, shapes, cells)]


def as_geometries(grids: Sequence[Grid]) -> list[Json]:
    """Their shapes."""
    shapes = np.empty(len(grids), object)
    shapes[:] = [grid.geometry for grid in grids]
    return [orjson.loads(text) for text in shapely.to_geojson(shapes)]


def _as_feature(grid: Grid, shape: Json, cell: str) -> Json:
    return {
        "type": "Feature",
        "id": grid.code,
        "geometry": shape,
        "properties": {
            "scheme": grid.scheme,
            "code": grid.code,
            "name": grid.name,
            "area_code": grid.area_code,
            "parent": grid.parent,
            "valid_from": grid.valid_from.isoformat(),
            "valid_to": None if grid.valid_to is None else grid.valid_to.isoformat(),
            "area_m2": round(grid.area_m2, 2),
            "households": grid.households,
            "land_use": grid.land_use,
            "management_class": grid.management_class,
            "responsible": [dict(each) for each in grid.responsible],
            "note": grid.note,
            "units": list(grid.units),
            "beidou": cell,
            "version": grid.version,
        },
    }
