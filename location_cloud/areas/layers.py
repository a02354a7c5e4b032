"""Boundaries and names of the areas on the base map, under the Shortbread layer names."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from location_cloud.areas.dataset import SECTION
from location_cloud.areas.model import LEVELS, Areas
from location_cloud.capability import Import, MapLayer
from tiles.features import LayerFeatures

NAMED_MIN_ZOOM = {"country": 2, "province": 3, "city": 5, "district": 7, "town": 10, "village": 13}
"""First zoom at which an area of a level is drawn: about where it becomes 30 pixels wide."""


def boundary_features(import_: Import) -> LayerFeatures:
    """The lines around every bounded area, with name, code and admin_level."""
    areas = import_.load(SECTION)
    rows = areas.bounded
    lines = shapely.boundary(areas.shapes)
    return LayerFeatures(
        name="boundaries",
        ids=rows.astype(np.uint64) + np.uint64(1),
        kind="line",
        geometries=np.asarray(lines, object),
        min_zoom=_min_zoom(areas, rows),
        attributes={
            "admin_level": areas.rank[rows].astype(np.int64),
            "code": areas.code.take(rows),
            "name": areas.name.take(rows),
            "name_en": [text or None for text in areas.name_en.take(rows)],
            "level": [LEVELS[level] for level in areas.level[rows]],
            "disputed": np.zeros(len(rows), bool),
        },
    )


def label_features(import_: Import) -> LayerFeatures:
    """A point for the name of every area whose own position is known (boundary or populated place)."""
    areas = import_.load(SECTION)
    has_boundary = np.diff(areas.wkb_start) > 0
    is_seated = areas.position == 2
    rows = np.flatnonzero(has_boundary | is_seated)
    square_km = np.zeros(len(areas))
    shrink = np.cos(np.radians(areas.lonlat[areas.bounded, 1]))
    square_km[areas.bounded] = shapely.area(areas.shapes) * 111.195**2 * shrink
    return LayerFeatures(
        name="boundary_labels",
        ids=rows.astype(np.uint64) + np.uint64(1),
        kind="point",
        geometries=np.asarray(shapely.points(areas.lonlat[rows]), object),
        min_zoom=_min_zoom(areas, rows),
        attributes={
            "admin_level": areas.rank[rows].astype(np.int64),
            "code": areas.code.take(rows),
            "name": areas.name.take(rows),
            "name_en": [text or None for text in areas.name_en.take(rows)],
            "level": [LEVELS[level] for level in areas.level[rows]],
            "way_area": np.round(square_km[rows], 1),
        },
    )


def _min_zoom(areas: Areas, rows: NDArray[np.int64]) -> NDArray[np.uint8]:
    by_level = np.array([NAMED_MIN_ZOOM[level] for level in LEVELS], np.uint8)
    return by_level[areas.level[rows]]


LAYERS = (
    MapLayer(
        name="boundaries",
        set="base",
        features=boundary_features,
        is_local=False,
        fields={
            "admin_level": "Number",
            "code": "String",
            "name": "String",
            "name_en": "String",
            "level": "String",
            "disputed": "Boolean",
        },
    ),
    MapLayer(
        name="boundary_labels",
        set="base",
        features=label_features,
        is_local=False,
        fields={
            "admin_level": "Number",
            "code": "String",
            "name": "String",
            "name_en": "String",
            "level": "String",
            "way_area": "Number",
        },
    ),
)
