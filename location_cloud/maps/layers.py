"""The base map's layers, made from OpenStreetMap columns by the table of kinds; names after the Shortbread schema."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from location_cloud.capability import Import, MapLayer
from location_cloud.extract import WAY, OsmExtract, TagColumns
from location_cloud.maps.attributes import Objects, list_attributes
from location_cloud.maps.joined_lines import FIRST_ID, as_linestrings, join_lines
from location_cloud.maps.kinds import Chosen, Layer, base_layers, choose
from location_cloud.maps.ocean import OCEAN
from location_cloud.maps.osm_shapes import (
    WORLD_M,
    area_ids,
    area_sides,
    line_ids,
    line_lengths,
    node_ids,
    node_lonlat,
    points,
    surface_lonlat,
    way_lines,
    zoom_by_size,
)
from tiles.features import CodedColumn, Column, FlatGeometries, LayerFeatures
from tiles.mercator import MAX_ZOOM


def layer_features(layer: Layer, import_: Import) -> LayerFeatures:
    """The features of a layer of the table."""
    make = {"line": _lines, "polygon": _polygons, "point": _points}[layer.shape]
    return make(layer, import_.osm)


def _lines(layer: Layer, osm: OsmExtract) -> LayerFeatures:
    chosen = _chosen(layer, osm.ways.columns)
    if layer.of == "open ways":
        chosen = _only(chosen, ~np.isin(osm.ways.id[chosen.rows], osm.areas.id[osm.areas.kind == WAY]))
    lines, kept = way_lines(osm, chosen.rows)
    chosen = _only(chosen, kept)
    zoom = _zoom(layer, chosen, line_lengths(lines) if layer.px else None)
    attributes = list_attributes(layer, [Objects(osm.ways.columns, chosen)])
    ids = line_ids(osm.ways.id[chosen.rows])
    near = LayerFeatures(layer.name, ids, "line", lines, zoom, attributes=attributes)
    return near if layer.joined_to < 0 else _with_joined(layer, near, lines, chosen)


def _with_joined(layer: Layer, near: LayerFeatures, lines: FlatGeometries, chosen: Chosen) -> LayerFeatures:
    """The same features from zoom joined_to + 1 on, and up to there the lines that they are joined to."""
    first = np.array([feature.zoom for feature in layer.features])[chosen.line]
    group = chosen.line
    kept = ("kind", *layer.joined_by)
    columns = {name: column for name, column in near.attributes.items() if isinstance(column, CodedColumn)}
    for name in kept:
        group = group * (len(columns[name].values) + 1) + columns[name].codes + 1
    joined = join_lines(lines, np.where(first <= layer.joined_to, group, -1), layer.joined_to)
    numbers, example = np.unique(group, return_index=True)
    like = example[np.searchsorted(numbers, joined.group)]
    attributes = {}
    for name, column in columns.items():
        codes = column.codes[like] if name in kept else np.full(len(like), -1, np.int32)
        attributes[name] = CodedColumn(np.append(column.codes, codes), column.values)
    return LayerFeatures(
        near.name,
        np.append(near.ids, FIRST_ID + np.arange(len(like), dtype=np.uint64)),
        "line",
        np.concatenate([as_linestrings(lines), joined.shapes]),
        np.append(np.maximum(near.min_zoom, layer.joined_to + 1), first[like]).astype(np.uint8),
        np.append(np.full(len(near.ids), MAX_ZOOM), np.full(len(like), layer.joined_to)).astype(np.uint8),
        attributes,
    )


def _polygons(layer: Layer, osm: OsmExtract) -> LayerFeatures:
    areas = osm.areas
    chosen = _chosen(layer, areas.columns)
    sides = area_sides(areas, chosen.rows)
    attributes: dict[str, Column] = {**list_attributes(layer, [Objects(areas.columns, chosen)])}
    if layer.measured:
        attributes["way_area"] = _square_metres(sides)
    return LayerFeatures(
        layer.name,
        area_ids(areas, chosen.rows),
        "polygon",
        areas.geometry[chosen.rows],
        _zoom(layer, chosen, sides if layer.px else None),
        attributes=attributes,
    )


def _points(layer: Layer, osm: OsmExtract) -> LayerFeatures:
    """Points of tagged nodes, and of areas on their surface."""
    nodes = _chosen(layer, osm.nodes.columns) if layer.of == "places" else Chosen(_NONE, _NONE)
    areas = _chosen(layer, osm.areas.columns)
    sides = area_sides(osm.areas, areas.rows) if layer.px else None
    sources = [Objects(osm.nodes.columns, nodes), Objects(osm.areas.columns, areas)]
    attributes: dict[str, Column] = {**list_attributes(layer, sources)}
    if layer.measured and sides is not None:
        attributes["way_area"] = [*[None] * len(nodes.rows), *_square_metres(sides).tolist()]
    lonlat = np.concatenate([node_lonlat(osm, nodes.rows), surface_lonlat(osm.areas, areas.rows)])
    ids = np.concatenate([node_ids(osm.nodes.id[osm.nodes.tagged[nodes.rows]]), area_ids(osm.areas, areas.rows)])
    zoom = np.concatenate([_zoom(layer, nodes, None), _zoom(layer, areas, sides)])
    return LayerFeatures(layer.name, ids, "point", points(lonlat), zoom, attributes=attributes)


_NONE: NDArray[np.int64] = np.empty(0, np.int64)


def _chosen(layer: Layer, columns: TagColumns) -> Chosen:
    chosen = choose(layer, columns)
    for other in base_layers():
        if other.name in layer.without:
            chosen = _only(chosen, ~np.isin(chosen.rows, choose(other, columns).rows, assume_unique=True))
    return chosen


def _only(chosen: Chosen, kept: NDArray[np.bool_]) -> Chosen:
    return Chosen(chosen.rows[kept], chosen.line[kept])


def _zoom(layer: Layer, chosen: Chosen, size: NDArray[np.float64] | None) -> NDArray[np.uint8]:
    first = np.array([feature.zoom for feature in layer.features], np.uint8)[chosen.line]
    return first if size is None else zoom_by_size(size, layer.px, first, layer.all_from)


def _square_metres(sides: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.rint((sides * WORLD_M) ** 2).astype(np.int64)


LAYERS = (
    OCEAN,
    *(
        MapLayer(layer.name, "base", partial(layer_features, layer), layer.fields, layer.min_zoom)
        for layer in base_layers()
    ),
)
