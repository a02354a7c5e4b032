"""Boundaries, surfaces and names of the areas on the base map, under the Shortbread layer names."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from location_cloud.areas.dataset import SECTION
from location_cloud.areas.frame import PLACES, POLYGONS, read_sources
from location_cloud.areas.model import LEVELS, Areas
from location_cloud.capability import Import, MapLayer
from tiles.features import LayerFeatures

NAMED_MIN_ZOOM = {"country": 2, "province": 3, "city": 5, "district": 7, "town": 10, "village": 13}
"""First zoom at which an area of a level is drawn: about where it becomes 30 pixels wide."""

OSM_DIGITS = {"w": 2, "r": 3}
"""Last digit of the feature id of an area that OSM names; 0 = the national statistical code stands before it."""

ON_LINE_DEG = 1e-9


def boundary_features(import_: Import) -> LayerFeatures:
    """The lines between areas, each stretch once, as the border of the highest area that it bounds.

    A ring for each area drew shared borders two and three times, and dashes on dashes are no dashes.
    The ids are only numbers: a stretch belongs to two areas.
    """
    areas = import_.load(SECTION)
    rings = shapely.boundary(areas.shapes)
    stretches = shapely.get_parts(shapely.line_merge(shapely.union_all(rings)))
    middles = shapely.line_interpolate_point(stretches, 0.5, normalized=True)
    stretch, area = shapely.STRtree(rings).query(middles, predicate="dwithin", distance=ON_LINE_DEG)
    order = np.lexsort((areas.rank[areas.bounded[area]], stretch))
    found, first = np.unique(stretch[order], return_index=True)
    rows = areas.bounded[area[order[first]]]
    return LayerFeatures(
        name="boundaries",
        ids=np.arange(1, len(found) + 1, dtype=np.uint64),
        kind="line",
        geometries=stretches[found],
        min_zoom=_min_zoom(areas, rows),
        attributes={
            "admin_level": areas.rank[rows].astype(np.int64),
            "level": [LEVELS[level] for level in areas.level[rows]],
            "disputed": np.zeros(len(rows), bool),
        },
    )


def surface_features(import_: Import) -> LayerFeatures:
    """The surface of every bounded area, to be coloured by what is known of it."""
    areas = import_.load(SECTION)
    rows = areas.bounded
    return LayerFeatures(
        name="areas",
        ids=_ids(areas, rows),
        kind="polygon",
        geometries=np.asarray(areas.shapes, object),
        min_zoom=_min_zoom(areas, rows),
        attributes=_names(areas, rows),
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
        ids=_ids(areas, rows),
        kind="point",
        geometries=np.asarray(shapely.points(areas.lonlat[rows]), object),
        min_zoom=_min_zoom(areas, rows),
        attributes=_names(areas, rows) | {"way_area": np.round(square_km[rows] * 100)},
    )


def _names(areas: Areas, rows: NDArray[np.int64]) -> dict[str, Any]:
    return {
        "admin_level": areas.rank[rows].astype(np.int64),
        "code": areas.code.take(rows),
        "name": areas.name.take(rows),
        "name_en": [text or None for text in areas.name_en.take(rows)],
        "level": [LEVELS[level] for level in areas.level[rows]],
    }


def _ids(areas: Areas, rows: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Lasting numbers made of the codes: ten times the number in the code, and a digit for whose number it is."""
    return np.array([_id(code) for code in areas.code.take(rows)], np.uint64)


def _id(code: str) -> int:
    if code.startswith("osm:"):
        return abs(int(code[5:])) * 10 + OSM_DIGITS[code[4]]
    return int(code) * 10


def _min_zoom(areas: Areas, rows: NDArray[np.int64]) -> NDArray[np.uint8]:
    by_level = np.array([NAMED_MIN_ZOOM[level] for level in LEVELS], np.uint8)
    return by_level[areas.level[rows]]


NAMED = {"admin_level": "Number", "code": "String", "name": "String", "name_en": "String", "level": "String"}

DRAWN_BY, PLACED_BY = (read_sources()[file]["attribution"] for file in (POLYGONS, PLACES))

LAYERS = (
    MapLayer(
        name="boundaries",
        set="base",
        features=boundary_features,
        is_local=False,
        fields={"admin_level": "Number", "level": "String", "disputed": "Boolean"},
        attribution=DRAWN_BY,
    ),
    MapLayer("areas", "base", surface_features, NAMED, is_local=False, attribution=DRAWN_BY),
    MapLayer(
        name="boundary_labels",
        set="base",
        features=label_features,
        is_local=False,
        fields=NAMED | {"way_area": "Number"},
        attribution=PLACED_BY,
    ),
)
