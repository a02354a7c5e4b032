"""The base map's layers, made from OpenStreetMap columns; names after the Shortbread schema."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import shapely

from location_cloud.capability import Import, MapLayer
from location_cloud.extract import Tags
from location_cloud.maps import kinds
from location_cloud.maps.osm_shapes import area_ids, columns, node_points, way_lines
from tiles.features import LayerFeatures

KindOf = Callable[[Tags], "tuple[str, int] | None"]

NAMES = {"name": "String", "name_zh": "String", "name_en": "String"}
KIND = {"kind": "String"}
STREET = {
    "link": "Boolean",
    "rail": "Boolean",
    "tunnel": "Boolean",
    "bridge": "Boolean",
    "oneway": "Boolean",
    "oneway_reverse": "Boolean",
    "surface": "String",
    "service": "String",
    "ref": "String",
}
ADDRESS = {"housenumber": "String", "housename": "String"}
POI = dict.fromkeys(kinds.POI_KEYS, "String")


def _row(tags: Tags, kind: str) -> dict[str, Any]:
    return {
        "kind": kind,
        **kinds.names(tags),
        **kinds.street_attributes(tags),
        **{key: tags.get(key) for key in kinds.POI_KEYS},
        "housenumber": tags.get("addr:housenumber"),
        "housename": tags.get("addr:housename"),
    }


def _chosen(tags: list[Tags], kind_of: KindOf) -> tuple[np.ndarray[Any, Any], list[tuple[str, int]]]:
    found = [(position, kind) for position, each in enumerate(tags) if (kind := kind_of(each)) is not None]
    return np.array([position for position, _ in found], np.int64), [kind for _, kind in found]


def _lines(name: str, kind_of: KindOf, fields: dict[str, str], import_: Import) -> LayerFeatures:
    osm = import_.osm
    chosen, found = _chosen(osm.ways.tags, kind_of)
    lines, ways = way_lines(osm, chosen)
    kind_at = dict(zip(chosen.tolist(), found))
    rows = [_row(osm.ways.tags[way], kind_at[way][0]) for way in ways.tolist()]
    min_zoom = np.array([kind_at[way][1] for way in ways.tolist()], np.uint8)
    ids = osm.ways.id[ways].astype(np.uint64)
    return LayerFeatures(name, ids, "line", lines, min_zoom, attributes=columns(rows, tuple(fields)))


def _polygons(name: str, kind_of: KindOf, fields: dict[str, str], import_: Import) -> LayerFeatures:
    areas = import_.osm.areas
    chosen, found = _chosen(areas.tags, kind_of)
    rows = [_row(areas.tags[position], kind) for position, (kind, _) in zip(chosen.tolist(), found)]
    min_zoom = np.array([zoom for _, zoom in found], np.uint8)
    return LayerFeatures(
        name,
        area_ids(areas, chosen),
        "polygon",
        areas.geometry[chosen],
        min_zoom,
        attributes=columns(rows, tuple(fields)),
    )


def _points(name: str, kind_of: KindOf, fields: dict[str, str], import_: Import) -> LayerFeatures:
    """Points of tagged nodes, and of areas on their surface."""
    osm = import_.osm
    nodes, node_kinds = _chosen(osm.nodes.tags, kind_of)
    areas, area_kinds = _chosen(osm.areas.tags, kind_of)
    surface = shapely.point_on_surface(osm.areas.geometry[areas])
    rows = [_row(osm.nodes.tags[position], kind) for position, (kind, _) in zip(nodes.tolist(), node_kinds)]
    rows += [_row(osm.areas.tags[position], kind) for position, (kind, _) in zip(areas.tolist(), area_kinds)]
    ids = np.concatenate([osm.nodes.id[osm.nodes.tagged[nodes]].astype(np.uint64), area_ids(osm.areas, areas)])
    points = np.concatenate([node_points(osm, nodes), np.asarray(surface, object)])
    min_zoom = np.array([zoom for _, zoom in (*node_kinds, *area_kinds)], np.uint8)
    return LayerFeatures(name, ids, "point", points, min_zoom, attributes=columns(rows, tuple(fields)))


def _named_street(tags: Tags) -> tuple[str, int] | None:
    found = kinds.street(tags)
    return (found[0], max(found[1] + 1, 10)) if found and ("name" in tags or "ref" in tags) else None


def _layer(name: str, make: Any, kind_of: KindOf, fields: dict[str, str], min_zoom: int) -> MapLayer:
    return MapLayer(name, "base", partial(make, name, kind_of, fields), fields, min_zoom)


LAYERS = (
    _layer("land", _polygons, kinds.land, KIND, 8),
    _layer("sites", _polygons, kinds.site, KIND, 13),
    _layer("water_polygons", _polygons, kinds.water_area, KIND | NAMES, 6),
    _layer("water_lines", _lines, kinds.water_line, KIND | NAMES, 9),
    _layer("buildings", _polygons, kinds.building, {}, 13),
    _layer("streets", _lines, kinds.street, KIND | STREET, 5),
    _layer("street_labels", _lines, _named_street, KIND | NAMES | {"ref": "String"}, 10),
    _layer("public_transport", _points, kinds.stop, KIND | NAMES, 10),
    _layer("pois", _points, kinds.poi, POI | NAMES, 14),
    _layer("addresses", _points, kinds.address, ADDRESS, 14),
    _layer("place_labels", _points, kinds.place, KIND | NAMES, 4),
)
