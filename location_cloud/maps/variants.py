"""The base map in other coordinates: cut in degrees (EPSG:4490), and shifted to GCJ-02 or BD-09."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from location_cloud.errors import BadQuery
from location_cloud.spatial.crs import Crs
from location_cloud.spatial.datum import both_from_wgs84
from location_cloud.spatial.lonlat import Floats
from location_cloud.tile_sets import Matrix, TileAt
from tiles.index import LayerIndex, build_variant
from tiles.mercator import degree_grid_from_lonlat, grid_from_lonlat, lonlat_from_grid

VARIANTS = ("c", "gcj02", "bd09")
"""Cut in degrees; shifted. A grid step is 0.10 m at 46 degrees: a point comes back within 0.08 m (c: 0.09 m)."""

MATRICES: tuple[Matrix, ...] = ("w", "c")
SYSTEMS: tuple[Crs, ...] = ("wgs84", "cgcs2000", "gcj02", "bd09")


def build_variants(layer: LayerIndex) -> dict[str, LayerIndex]:
    """The variants of a layer by name, those left out that would be the layer itself: outside China nothing is shifted.

    Each costs 8 bytes a vertex and about 30 a feature; what else a layer has is shared.
    """
    lonlat = lonlat_from_grid(layer.columns.xy)
    found = {"c": build_variant(layer, degree_grid_from_lonlat)}
    for name, moved in zip(("gcj02", "bd09"), both_from_wgs84(lonlat)):
        if not np.array_equal(moved, lonlat):
            found[name] = build_variant(layer, partial(_grid_of, moved))
    return found


def _grid_of(moved: Floats, lonlat: Floats) -> NDArray[np.int32]:
    return grid_from_lonlat(moved)


def variant_of(at: TileAt) -> str:
    """Which variant the tile is read from, "" for the layers as they are. Raises BadQuery for what is not made.

    CGCS2000 and WGS-84 are the same here: less than a metre apart (plate motion since epoch 2000.0).
    """
    if at.crs in ("wgs84", "cgcs2000"):
        return "c" if at.matrix == "c" else ""
    if at.matrix == "c":
        raise BadQuery(
            f"matrix=c with crs={at.crs} is not made",
            hint="matrix set c is EPSG:4490, that is crs=cgcs2000; maps of AMap, Tencent and Baidu use matrix w",
        )
    return at.crs
