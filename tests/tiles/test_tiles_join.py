import mapbox_vector_tile
import numpy as np
import pytest
import shapely

from tiles.encode import encode_tile
from tiles.errors import BadFeatures
from tiles.features import LayerFeatures
from tiles.index import LayerIndex, build_layer
from tiles.join import join_layers, split_layers
from tiles.patch import gather_tiles, seed_of, tile_key, with_live

TILE = (12, 3470, 1447)


def layer(name: str, ids: list[int], **attributes: list[object]) -> LayerIndex:
    points = shapely.points(np.linspace([125.0, 46.57], [125.04, 46.59], len(ids)))
    return build_layer(LayerFeatures(name, np.array(ids, np.uint64), "point", points, attributes=attributes))


def drawn(body: bytes, name: str) -> dict[int, dict[str, object]]:
    return {each["id"]: each["properties"] for each in mapbox_vector_tile.decode(body)[name]["features"]}


def test_joined_layers_share_keys_and_values():
    one = encode_tile([layer("a", [1, 2], k=["x", "y"], n=[1, 2])], *TILE)
    other = encode_tile([layer("b", [3], k=["y"], m=[True])], *TILE)
    body = join_layers("c", one, other).body
    assert drawn(body, "c") == {1: {"k": "x", "n": 1}, 2: {"k": "y", "n": 2}, 3: {"k": "y", "m": True}}
    assert body.count(b"y") == 1


def test_features_that_are_gone_are_left_out_of_the_older_tile_only():
    older, newer = (encode_tile([layer("a", [1, 2, 3], k=[text] * 3)], *TILE) for text in ("old", "new"))
    body = join_layers(
        "a", older, join_layers("a", newer, gone=np.array([1, 3], np.uint64)).body, np.array([2], np.uint64)
    )
    assert drawn(body.body, "a") == {1: {"k": "old"}, 2: {"k": "new"}, 3: {"k": "old"}}


def test_ids_of_64_bits_keep_their_order():
    ids = [2**64 - 1, 5, 2**63, 2**63 - 1]
    joined = join_layers("a", encode_tile([layer("a", ids)], *TILE))
    assert joined.ids.tolist() == sorted(ids)


def test_a_tile_is_taken_apart_by_layer():
    tile = encode_tile([layer("a", [1]), layer("道路", [2])], *TILE)
    assert [(name, drawn(body, name).keys()) for name, body in split_layers(tile)] == [("a", {1}), ("道路", {2})]


def test_a_live_attribute_stands_in_one_byte_a_feature():
    tile = encode_tile([layer("a", [5, 6], k=["low", "x"]), layer("b", [7])], *TILE)
    found = with_live(tile, {"a": seed_of("level", ("none", "low", "high"))})
    body = bytearray(found.body)
    for level, place in zip((2, 1), found.places.tolist(), strict=True):
        assert body[place] == 0
        body[place] = level
    assert {each["level"] for each in drawn(found.body, "a").values()} == {"none"}
    levels = dict(zip(found.ids.tolist(), ("high", "low"), strict=True))
    assert {one: each["level"] for one, each in drawn(bytes(body), "a").items()} == levels
    assert {each["k"] for each in drawn(bytes(body), "a").values()} == {"low", "x"}
    assert drawn(bytes(body), "b") == {7: {}}


@pytest.mark.parametrize("values", [(), ("a", "a"), tuple(range(129))])
def test_a_table_that_no_byte_can_number_is_refused(values):
    with pytest.raises(BadFeatures, match="1 to 128"):
        seed_of("level", values)


def test_gathered_tiles_know_where_every_row_stands():
    index, seeds = layer("a", [10, 20, 30]), {"a": seed_of("level", (0, 1))}
    tiles = [(11, 1735, 723), TILE, (12, 0, 0)]
    tiles.sort(key=lambda tile: tile_key(*tile))
    make = lambda z, x, y: with_live(encode_tile([index], z, x, y), seeds)  # noqa: E731
    rows = lambda tile: (tile.ids // np.uint64(10) - np.uint64(1)).astype(np.int32)  # noqa: E731
    found = gather_tiles(tiles, make, rows, 3)
    assert found.keys.tolist() == [tile_key(11, 1735, 723), tile_key(*TILE)]
    assert found.place_start.tolist() == [0, 3, 6]
    assert set(found.body[found.places].tolist()) == {0}
    assert [found.row_tiles[found.row_start[row] : found.row_start[row + 1]].tolist() for row in range(3)] == [
        [0, 1]
    ] * 3
