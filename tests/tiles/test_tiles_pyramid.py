"""Many tiles at once are the same as one by one, and none that holds something is left out."""

from typing import Any

import numpy as np
import pytest
import shapely
from tiles_town import Town, layer_features

from tiles import pyramid as pyramid_module
from tiles.encode import encode_tile, encode_tiles, stack_layers
from tiles.index import build_layer
from tiles.mercator import TileRange
from tiles.pyramid import occupied_tiles, pyramid


def everywhere(town: Town, z: int) -> TileRange:
    """A rim of two tiles around the town's land, too."""
    x_min, y_min, x_max, y_max = (value >> (28 - z) for value in town.layers["land"].grid_bounds or ())
    return TileRange(z, x_min - 2, y_min - 2, x_max + 2, y_max + 2)


def one_by_one(layers: Any, ranges: list[TileRange]) -> dict[tuple[int, ...], bytes]:
    made = {tile: encode_tile(layers, *tile) for one in ranges for tile in one.tiles()}
    return {tile: data for tile, data in made.items() if data}


def all_at_once(layers: Any, ranges: list[TileRange]) -> dict[tuple[int, ...], bytes]:
    made = {}
    for tiles, arena in pyramid(layers, ranges):
        for number, tile in enumerate(tiles.tolist()):
            made[tuple(tile)] = arena.body[arena.start[number] : arena.start[number + 1]].tobytes()
    return made


def test_a_pyramid_holds_the_tiles_that_are_not_empty_and_no_others(monaco: Town) -> None:
    layers = list(monaco.layers.values())
    ranges = [everywhere(monaco, z) for z in (8, 11, 13, 14)]
    assert all_at_once(layers, ranges) == one_by_one(layers, ranges)


def test_small_pieces_make_the_same_pyramid(monaco: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    layers, ranges = [monaco.layers["roads"]], [everywhere(monaco, 13)]
    whole = all_at_once(layers, ranges)
    monkeypatch.setattr(pyramid_module, "PIECE_BYTES", 64)
    monkeypatch.setattr(pyramid_module, "MOST_TILES", 20)
    pieces = list(pyramid(layers, ranges))
    assert 1 < len(pieces) <= len(whole)
    assert all_at_once(layers, ranges) == whole


def test_a_range_without_features_gives_no_pieces(monaco: Town) -> None:
    assert list(pyramid([monaco.layers["roads"]], [TileRange(14, 0, 0, 200, 200)])) == []
    assert list(pyramid([], [TileRange(2, 0, 0, 3, 3)])) == []


def test_the_world_is_not_walked_for_two_houses() -> None:
    far = layer_features("it", "point", [shapely.Point(-170, 60), shapely.Point(170, -60)], min_zoom=10)
    tiles = occupied_tiles([build_layer(far)], TileRange(12, 0, 0, 4095, 4095))
    assert len(tiles) == 2
    assert len(occupied_tiles([build_layer(far)], TileRange(9, 0, 0, 511, 511))) == 0


def test_tiles_larger_than_any_room_are_whole() -> None:
    generator = np.random.default_rng(2)
    spots = [shapely.Point(*at) for at in generator.uniform(0, 1, (30_000, 2))]
    layer = build_layer(layer_features("it", "point", spots, attributes={"name": [f"at {k}" for k in range(30_000)]}))
    arena = encode_tiles([layer], np.array([[0, 0, 0], [8, 128, 127], [8, 128, 128], [0, 0, 0]]))
    pieces = [arena.body[a:b].tobytes() for a, b in zip(arena.start[:-1], arena.start[1:])]
    assert pieces[0] == pieces[3] == encode_tile(stack_layers([layer]), 0, 0, 0)
    assert len(pieces[0]) > 600_000
    assert pieces[1] == encode_tile([layer], 8, 128, 127)


def test_a_stack_that_gave_up_for_want_of_room_draws_the_next_tile_well() -> None:
    many = layer_features("it", "point", [shapely.Point(1, 1)] * 40_000, attributes={"n": list(range(40_000))})
    few = layer_features("other", "point", [shapely.Point(1, 1)], attributes={"n": [7]})
    both = stack_layers([build_layer(many), build_layer(few)])
    assert encode_tile(both, 3, 4, 3) == encode_tile(both, 3, 4, 3)
    assert encode_tile(both, 3, 4, 3).endswith(encode_tile([build_layer(few)], 3, 4, 3))
