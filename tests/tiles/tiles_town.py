"""Layers to draw: from shapes given in a test, or from the ways of a real extract."""

import pathlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import osmium
import shapely

from tiles.features import Kind, LayerFeatures
from tiles.index import LayerIndex


class Way(NamedTuple):
    id: int
    tags: dict[str, str]
    lonlat: list[tuple[float, float]]


class Town(NamedTuple):
    """A real place: its features as given and as built."""

    features: dict[str, LayerFeatures]
    layers: dict[str, LayerIndex]


def layer_features(
    name: str, kind: Kind, shapes: Sequence[Any], ids: Sequence[int] | None = None, **rest: Any
) -> LayerFeatures:
    numbers = np.asarray(range(1, len(shapes) + 1) if ids is None else ids, np.uint64)
    geometries = np.empty(len(shapes), object)
    geometries[:] = shapes
    return LayerFeatures(name, numbers, kind, geometries, **rest)


def read_ways(path: pathlib.Path) -> list[Way]:
    found = []
    for way in osmium.FileProcessor(str(path)).with_locations():
        if isinstance(way, osmium.osm.Way) and len(way.nodes) > 1:
            lonlat = [(n.lon, n.lat) for n in way.nodes if n.location.valid()]
            found.append(Way(way.id, dict(way.tags), lonlat))
    return found


def town_features(ways: list[Way]) -> dict[str, LayerFeatures]:
    areas = [w for w in ways if len(w.lonlat) > 3 and w.lonlat[0] == w.lonlat[-1]]
    buildings = [w for w in areas if "building" in w.tags]
    land = [w for w in areas if {"landuse", "natural", "leisure", "place"} & w.tags.keys()]
    roads = [w for w in ways if "highway" in w.tags and len(w.lonlat) > 1]
    main = {"motorway", "trunk", "primary", "secondary", "tertiary"}
    named = [w for w in ways if "name" in w.tags and w.lonlat]
    spots = [shapely.Point(w.lonlat[0]) for w in named]

    def layer(name: str, kind: Kind, ways: list[Way], shapes: list[Any], min_zoom: list[int], keys: list[str]) -> Any:
        attributes = {key: [w.tags.get(key) for w in ways] for key in keys}
        zooms = np.array(min_zoom, np.uint8)
        return layer_features(name, kind, shapes, [w.id for w in ways], min_zoom=zooms, attributes=attributes)

    return {
        "land": layer("land", "polygon", land, [shapely.Polygon(w.lonlat) for w in land], [10] * len(land), ["name"]),
        "buildings": layer(
            "buildings",
            "polygon",
            buildings,
            [shapely.Polygon(w.lonlat) for w in buildings],
            [10] * len(buildings),
            ["building", "name"],
        ),
        "roads": layer(
            "roads",
            "line",
            roads,
            [shapely.LineString(w.lonlat) for w in roads],
            [8 if w.tags["highway"] in main else 13 for w in roads],
            ["highway", "name", "oneway"],
        ),
        "names": layer("names", "point", named, spots, [14] * len(named), ["name"]),
    }
