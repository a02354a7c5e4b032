"""The roads as a layer of their own whose level of traffic changes in place: one line for each driving direction."""

from __future__ import annotations

import numpy as np

from location_cloud.capability import Import, LiveAttribute, MapLayer
from location_cloud.directions.live import edge_keys
from location_cloud.roads.dataset import SECTION as ROADS
from location_cloud.roads.model import CLASSES
from location_cloud.traffic.drawing import (
    ATTRIBUTE,
    DEGREE_E7,
    LAYER,
    SET,
    drawn_edges,
    feature_ids,
    first_zooms,
    sides,
    vertices,
)
from location_cloud.traffic.model_picture import TILE_LEVELS
from tiles.features import CodedColumn, FlatGeometries, LayerFeatures


def traffic_features(import_: Import) -> LayerFeatures:
    """The layer. side: 1 to be drawn right of the line, -1 left of it, 0 on it (one way)."""
    roads = import_.load(ROADS)
    edges = drawn_edges(roads)
    vertex, start = vertices(roads, edges)
    return LayerFeatures(
        LAYER,
        feature_ids(edge_keys(roads)[edges]),
        "line",
        FlatGeometries(roads.shape_e7[vertex] / DEGREE_E7, start, np.arange(len(edges) + 1)),
        first_zooms(roads, edges),
        attributes={
            "kind": CodedColumn(roads.seg_class[edges >> 1].astype(np.int32), CLASSES),
            "side": sides(roads, edges),
        },
    )


LAYERS = (
    MapLayer(
        LAYER,
        SET,
        traffic_features,
        {"kind": "String", "side": "Number"},
        min_zoom=7,
        live=LiveAttribute(ATTRIBUTE, TILE_LEVELS),
    ),
)
