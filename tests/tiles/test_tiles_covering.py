"""No tile that holds something is left out, and many tiles at once are the same as one by one."""

from typing import Any

import numpy as np
import pytest
import shapely
from tiles_town import Town, layer_features

from tiles import covering
from tiles.covering import large_features, occupied_tiles, tiles_met
from tiles.encode import encode_tile, encode_tiles, stack_layers
from tiles.errors import TooManyTiles
from tiles.index import build_layer
from tiles.mercator import TileRange, tiles_in_bbox, whole_world


def everywhere(town: Town, z: int) -> TileRange:
    """A rim of two tiles around the town's land, too."""
    x_min, y_min, x_max, y_max = (value >> (28 - z) for value in town.layers["land"].grid_bounds or ())
    return TileRange(z, x_min - 2, y_min - 2, x_max + 2, y_max + 2)


def all_at_once(layers: Any, tiles: Any) -> dict[tuple[int, ...], bytes]:
    body, start = encode_tiles(stack_layers(layers), tiles)
    made = {tuple(tile): body[start[at] : start[at + 1]].tobytes() for at, tile in enumerate(tiles.tolist())}
    return {tile: data for tile, data in made.items() if data}


@pytest.mark.parametrize("z", [8, 11, 13, 14])
def test_occupied_tiles_hold_all_there_is(monaco: Town, z: int) -> None:
    layers, around = list(monaco.layers.values()), everywhere(monaco, z)
    one_by_one = {tile: encode_tile(layers, *tile) for tile in around.tiles()}
    assert all_at_once(layers, occupied_tiles(layers, z, around)) == {
        at: data for at, data in one_by_one.items() if data
    }


def test_tiles_come_by_row_then_column_each_once(monaco: Town) -> None:
    tiles = [tuple(tile) for tile in occupied_tiles(list(monaco.layers.values()), 14).tolist()]
    assert tiles == sorted(set(tiles), key=lambda tile: (tile[2], tile[1]))


def test_the_world_is_not_walked_for_two_houses() -> None:
    far = [build_layer(layer_features("it", "point", [shapely.Point(-170, 60), shapely.Point(170, -60)], min_zoom=10))]
    assert len(occupied_tiles(far, 16)) == 2
    assert len(occupied_tiles(far, 9)) == 0
    assert len(occupied_tiles(far, 16, tiles_in_bbox(0, 0, 1, 1, 16))) == 0
    assert len(occupied_tiles([], 9)) == 0


def test_a_point_in_the_buffer_is_in_the_neighbours_too() -> None:
    middle = [build_layer(layer_features("it", "point", [shapely.Point(0, 0)]))]
    assert occupied_tiles(middle, 4)[:, 1:].tolist() == [[7, 7], [8, 7], [7, 8], [8, 8]]


def test_large_features_are_told_apart() -> None:
    shapes = [shapely.box(0, 0, 0.001, 0.001), shapely.box(10, 10, 40, 40)]
    layer = build_layer(layer_features("it", "polygon", shapes))
    assert len(occupied_tiles([layer], 10, None, 256)) == 4
    rows, corners = large_features(layer, whole_world(10), 256)
    assert len(rows) == 1
    assert (corners[:, 2:] - corners[:, :2] > 80).all()


def test_more_tiles_than_anybody_waits_for_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(covering, "MOST_TILES", 1_000)
    world = build_layer(layer_features("it", "polygon", [shapely.box(-170, -80, 170, 80)]))
    with pytest.raises(TooManyTiles, match="'it' lies in more than 1,000"):
        occupied_tiles([world], 9)


def test_boxes_meet_the_tiles_that_draw_them() -> None:
    tiles = np.array([[4, 7, 7], [4, 9, 7]])
    middle = np.array([[1 << 27, 1 << 27, 1 << 27, 1 << 27]], np.int32)
    assert tiles_met(tiles, middle).tolist() == [True, False]
    assert not tiles_met(tiles, np.empty((0, 4), np.int32)).any()


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
