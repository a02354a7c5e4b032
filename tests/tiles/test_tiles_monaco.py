"""A real town in every tile from zoom 10 to 16, read by an independent decoder and held against shapely."""

from typing import Any, NamedTuple

import mapbox_vector_tile
import numpy as np
import pytest
import shapely
from tiles_town import Town

from tiles.encode import encode_tile
from tiles.mercator import grid_from_lonlat

Address = tuple[int, int, int]
BOX = shapely.box(-64, -64, 4160, 4160)
KINDS = {"land": "polygon", "buildings": "polygon", "roads": "line", "names": "point"}


class Drawn(NamedTuple):
    """One layer of one tile."""

    tile: Address
    ids: Any  # (n,)
    shapes: Any  # (n,) shapely, tile units


def in_tile_units(geometries: Any, tile: Address) -> Any:
    z, x, y = tile
    unit = 2.0 ** (16 - z)
    return shapely.transform(geometries, lambda lonlat: grid_from_lonlat(lonlat) / unit - np.array([x, y]) * 4096.0)


def moved(geometries: Any, tiles_east: int, tiles_south: int) -> Any:
    return shapely.transform(geometries, lambda xy: xy + np.array([tiles_east, tiles_south]) * 4096)


def decode(data: bytes, name: str, tile: Address) -> Drawn:
    layers = mapbox_vector_tile.decode(data, default_options={"y_coord_down": True})
    features = layers.get(name, {"features": []})["features"]
    shapes = np.empty(len(features), object)
    for at, feature in enumerate(features):
        coordinates = feature["geometry"]["coordinates"]
        match feature["geometry"]["type"]:
            case "MultiPolygon":
                shapes[at] = shapely.MultiPolygon([(rings[0], rings[1:]) for rings in coordinates])
            case "Polygon":
                shapes[at] = shapely.Polygon(coordinates[0], coordinates[1:])
            case "MultiLineString":
                shapes[at] = shapely.MultiLineString(coordinates)
            case "LineString":
                shapes[at] = shapely.LineString(coordinates)
            case _:
                shapes[at] = shapely.MultiPoint(np.array(coordinates).reshape(-1, 2))
    return Drawn(tile, np.array([feature["id"] for feature in features], np.uint64), shapes)


def tiles_of(town: Town, name: str, z: int) -> list[Address]:
    bounds = town.layers[name].grid_bounds
    assert bounds is not None
    x_min, y_min, x_max, y_max = (value >> (28 - z) for value in bounds)
    return [(z, x, y) for y in range(y_min - 1, y_max + 2) for x in range(x_min - 1, x_max + 2)]


@pytest.fixture(scope="module")
def drawn(monaco: Town) -> Any:
    """name, zoom -> all tiles of the layer that are not empty; made once for each pair."""
    made: dict[tuple[str, int], list[Drawn]] = {}

    def of(name: str, z: int) -> list[Drawn]:
        if (name, z) not in made:
            tiles = [(tile, encode_tile([monaco.layers[name]], *tile)) for tile in tiles_of(monaco, name, z)]
            made[name, z] = [decode(data, name, tile) for tile, data in tiles if data]
        return made[name, z]

    return of


@pytest.mark.parametrize("z", range(10, 17))
@pytest.mark.parametrize("name", ["land", "buildings"])
def test_every_polygon_is_valid_in_every_tile(drawn: Any, name: str, z: int) -> None:
    count = 0
    for tile in drawn(name, z):
        valid = shapely.is_valid(tile.shapes) & ~shapely.is_empty(tile.shapes)
        assert valid.all(), (tile.tile, tile.ids[~valid])
        count += len(valid)
    assert count > 300


@pytest.mark.parametrize("z", [10, 13, 14, 16])
@pytest.mark.parametrize("name", KINDS)
def test_tiles_hold_the_features_that_an_exact_clip_gives(monaco: Town, drawn: Any, name: str, z: int) -> None:
    features = monaco.features[name]
    ids, min_zoom = features.ids, np.asarray(features.min_zoom)
    shapes = shapely.make_valid(in_tile_units(features.geometries, (z, 0, 0)))
    tree = shapely.STRtree(shapes)
    for tile in drawn(name, z):
        box = moved(BOX, *tile.tile[1:])
        near = tree.query(box, "intersects")
        near = near[min_zoom[near] <= z]
        # Simplified by up to a unit, a feature just outside may reach into the box.
        wider = tree.query(box, "dwithin", 1.1)
        assert np.isin(tile.ids, ids[wider[min_zoom[wider] <= z]]).all(), tile.tile
        missing = near[~np.isin(ids[near], tile.ids)]
        cut = shapely.intersection(shapes[missing], box)
        too_small = shapely.length(cut) < 4 if KINDS[name] == "line" else shapely.is_empty(shapely.buffer(cut, -1.0))
        assert too_small.all(), (tile.tile, ids[missing][~too_small])


@pytest.mark.parametrize("z", [13, 15])
def test_lines_meet_their_other_half_within_a_unit_at_the_edge_of_a_tile(drawn: Any, z: int) -> None:
    by_place = {tile.tile: tile for tile in drawn("roads", z)}
    edge = shapely.LineString([(4096, -32), (4096, 4128)])
    crossings = 0
    for (_, x, y), west in by_place.items():
        east = by_place.get((z, x + 1, y))
        at_edge = shapely.intersection(west.shapes, edge)
        for number in np.nonzero(~shapely.is_empty(at_edge))[0]:
            assert east is not None
            other = east.shapes[east.ids == west.ids[number]]
            gap = shapely.distance(moved(other, 1, 0), at_edge[number])
            assert gap.min() <= 1.0, ((z, x, y), west.ids[number])
            crossings += 1
    assert crossings > 50


@pytest.mark.parametrize("name", ["land", "buildings"])
def test_areas_meet_their_other_half_within_a_unit_at_the_edge_of_a_tile(drawn: Any, name: str) -> None:
    by_place = {tile.tile: tile for tile in drawn(name, 14)}
    strip = shapely.box(4096 - 8, -32, 4096 + 8, 4128)
    compared = 0
    for (z, x, y), west in by_place.items():
        east = by_place.get((z, x + 1, y))
        if east is None:
            continue
        for number, shape in zip(west.ids, shapely.intersection(west.shapes, strip)):
            other = moved(east.shapes[east.ids == number], 1, 0)
            if shape.is_empty or not len(other):
                continue
            differing = shape.symmetric_difference(other[0].intersection(strip))
            assert differing.buffer(-0.5).is_empty, ((z, x, y), number)  # nowhere wider than one unit
            compared += 1
    assert compared > 20


@pytest.mark.parametrize("name", ["land", "buildings"])
@pytest.mark.parametrize("z", [12, 14])
def test_tiles_without_their_buffers_cover_each_area_once(monaco: Town, drawn: Any, name: str, z: int) -> None:
    tiles = drawn(name, z)
    home = tiles[0].tile
    pieces: dict[int, list[Any]] = {}
    for tile in tiles:
        own = shapely.intersection(tile.shapes, shapely.box(0, 0, 4096, 4096))
        own = moved(own, tile.tile[1] - home[1], tile.tile[2] - home[2])
        for number, piece in zip(tile.ids.tolist(), own):
            pieces.setdefault(number, []).append(piece)
    originals = shapely.make_valid(in_tile_units(monaco.features[name].geometries, home))
    for number, original in zip(monaco.features[name].ids.tolist(), originals):
        together = shapely.union_all(pieces.get(number, []))
        # A unit of simplification, 0.71 of rounding: what differs is a band along the outline.
        assert original.symmetric_difference(together).buffer(-1.2).is_empty, number
        assert sum(piece.area for piece in pieces.get(number, [])) == pytest.approx(together.area)
