"""A real town, drawn by us and by PostGIS: the same features in the same tiles."""

import pathlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import mapbox_vector_tile
import numpy as np
import pytest
import shapely

from tests.parts.postgis import start_postgis
from tests.parts.postgis_tiles import PostgisTiles
from tests.tiles.tiles_town import read_ways, town_features
from tiles.encode import encode_tile, stack_layers
from tiles.features import LayerFeatures
from tiles.index import build_layer
from tiles.mercator import grid_from_lonlat, tiles_in_bbox

pytestmark = pytest.mark.parts

EXTRACTS = ("monaco-osrm.osm.pbf", "lauf-gh.osm.pbf")
FOLDER = pathlib.Path(__file__).parents[2].parent / "shared/data/osm"
ALIKE = 0.9995  # of the tile-features
TILES = 150  # a zoom, drawn by chance; all of them up to zoom 14
BOX = shapely.box(-64, -64, 4160, 4160)


class Compared(NamedTuple):
    """count: tile-features of PostGIS. differing: (layer, id, tile) that only one of both drew."""

    count: int
    differing: list[tuple[str, int, tuple[int, int, int]]]


@pytest.fixture(scope="module")
def postgis() -> Iterator[PostgisTiles]:
    with start_postgis() as url:
        opened = PostgisTiles(url)
        yield opened
        opened.connection.close()


def ids_in(data: bytes) -> set[tuple[str, int]]:
    layers = mapbox_vector_tile.decode(data) if data else {}
    return {(name, feature["id"]) for name, layer in layers.items() for feature in layer["features"]}


def compare(postgis: PostgisTiles, layers: Any) -> Compared:
    features = list(layers.values())
    stack = stack_layers([build_layer(layer) for layer in features])
    postgis.fill(features)
    lonlat = np.concatenate([shapely.get_coordinates(layer.geometries) for layer in features])
    generator = np.random.default_rng(5)
    count, differing = 0, []
    for z in range(10, 17):
        tiles = list(tiles_in_bbox(*lonlat.min(axis=0), *lonlat.max(axis=0), z).tiles())
        for number in generator.permutation(len(tiles))[:TILES]:
            theirs = ids_in(postgis.tile(*tiles[number]))
            count += len(theirs)
            differing += [(*one, tiles[number]) for one in theirs ^ ids_in(encode_tile(stack, *tiles[number]))]
    return Compared(count, differing)


def without_dust(layer: LayerFeatures) -> LayerFeatures:
    """Areas from the zoom where they cover three by three pixels of 512, but all of them from 14, as the base map."""
    on_grid = shapely.transform(layer.geometries, lambda lonlat: grid_from_lonlat(lonlat).astype(float))
    side = np.maximum(np.sqrt(shapely.area(shapely.make_valid(on_grid))), 1)
    zoom = np.clip(np.ceil(16 - np.log2(side / (3 * 4096 / 512))), layer.min_zoom, 14)
    return replace(layer, min_zoom=zoom.astype(np.uint8))


def is_hardly_there(geometry: Any, tile: tuple[int, int, int]) -> bool:
    """Whether what the buffered tile holds of it is nowhere wider or longer than two units: rounding decides there."""
    z, x, y = tile
    units = shapely.transform(geometry, lambda at: grid_from_lonlat(at) / 2.0 ** (16 - z) - np.array([x, y]) * 4096.0)
    held = shapely.make_valid(units).intersection(BOX)
    return bool(held.buffer(-1.0).is_empty if held.area else held.length < 2.0)


@pytest.mark.parametrize("extract", EXTRACTS)
def test_tiles_hold_the_features_that_postgis_puts_in(postgis: PostgisTiles, extract: str) -> None:
    if not (FOLDER / extract).exists():
        pytest.skip(f"{extract} is not on this machine")
    layers = town_features(read_ways(FOLDER / extract))
    layers |= {name: without_dust(layers[name]) for name in ("land", "buildings")}
    compared = compare(postgis, layers)
    assert compared.count > 10_000
    assert len(compared.differing) <= (1 - ALIKE) * compared.count, compared.differing[:20]
    shapes = {name: dict(zip(layer.ids.tolist(), layer.geometries)) for name, layer in layers.items()}
    unexplained = [one for one in compared.differing if not is_hardly_there(shapes[one[0]][one[1]], one[2])]
    assert unexplained == []
