"""Small OpenStreetMap extracts made of tags, for tests of what the base map takes from them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import shapely

from location_cloud.capability import Import
from location_cloud.extract import WAY, OsmAreas, OsmExtract, OsmNodes, OsmRelations, OsmWays, TagColumns
from location_cloud.maps.kinds import base_layers, choose
from location_cloud.maps.layers import layer_features
from tiles.features import CodedColumn

LAYERS = {layer.name: layer for layer in base_layers()}
NONE = np.empty(0, np.int64)


def extract(ways=(), areas=(), nodes=()):
    """OSM objects numbered from 1 in their kind.

    ways: (tags, [(lon, lat), ...]); areas: (tags, polygon); nodes: (tags, (lon, lat)).
    """
    lonlat = [point for _, line in ways for point in line] + [point for _, point in nodes]
    used = sum(len(line) for _, line in ways)
    e7 = np.rint(np.array(lonlat, float).reshape(-1, 2) * 1e7).astype(np.int32)
    tagged = np.arange(used, len(lonlat))
    ids = np.arange(len(lonlat)) + 1_000
    ids[tagged] = np.arange(len(nodes)) + 1
    shapes = np.empty(len(areas), object)
    shapes[:] = [shape for _, shape in areas]
    start = np.concatenate([[0], np.cumsum([len(line) for _, line in ways])]).astype(np.int64)
    return OsmExtract(
        OsmNodes(ids, e7, tagged, [tags for tags, _ in nodes]),
        OsmWays(
            np.arange(1, len(ways) + 1), start, np.arange(used), np.arange(used, dtype=np.int32), [t for t, _ in ways]
        ),
        OsmRelations(NONE, np.zeros(1, np.int64), NONE.astype(np.int8), NONE, [], []),
        OsmAreas(np.arange(1, len(areas) + 1) + 100, np.full(len(areas), WAY, np.int8), shapes, [t for t, _ in areas]),
    )


def features(layer, **objects):
    """The features of a layer of the base map."""
    import_ = Import("drawn", extract(**objects), (), Path(), None, (), None)
    return layer_features(LAYERS[layer], import_)


def rows(made):
    """The attributes of features as dicts, absent ones left out."""
    columns = {name: _plain(column) for name, column in made.attributes.items()}
    return [
        {name: column[row] for name, column in columns.items() if column[row] is not None}
        for row in range(len(made.ids))
    ]


def _plain(column):
    if isinstance(column, CodedColumn):
        return [None if code < 0 else column.values[code] for code in column.codes.tolist()]
    return list(column)


def kind_of(layer, tags):
    """(kind as the table writes it, first zoom) of an object with these tags, None if the layer has it not."""
    chosen = choose(LAYERS[layer], TagColumns([tags]))
    if not len(chosen.rows):
        return None
    feature = LAYERS[layer].features[chosen.line[0]]
    return feature.kind, feature.zoom


def square(side_deg, lon=125.0, lat=46.5):
    """A square polygon around a place."""
    return shapely.box(lon - side_deg / 2, lat - side_deg / 2, lon + side_deg / 2, lat + side_deg / 2)
