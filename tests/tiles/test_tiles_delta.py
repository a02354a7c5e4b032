import mapbox_vector_tile
import numpy as np
import pytest
import shapely

from tiles.delta import Feature, build_edited_layer, build_run

TILE = (12, 3470, 1447)  # of Daqing
WEST, SOUTH = 124.98, 46.56


def shape(random: np.random.Generator) -> shapely.Geometry:
    lon, lat = WEST + random.random() * 0.08, SOUTH + random.random() * 0.05
    point, line = shapely.Point(lon, lat), shapely.LineString([(lon, lat), (lon + 0.004, lat + 0.002)])
    return [point, line, point.buffer(0.002), shapely.GeometryCollection([point, line])][random.integers(4)]


def feature(number: int, random: np.random.Generator) -> Feature:
    return Feature(number, shape(random), {"name": f"n{number % 7}", "rank": number, "open": bool(number % 2)})


def drawn(body: bytes) -> list[int]:
    return [each["id"] for each in mapbox_vector_tile.decode(body)["own"]["features"]] if body else []


@pytest.mark.parametrize("seed", range(6))
def test_a_layer_gives_the_same_bytes_however_it_came_about(seed):
    random = np.random.default_rng(seed)
    now = {number: feature(number, random) for number in range(1, 120)}
    layer = build_edited_layer("own", list(now.values()))
    for _ in range(8):
        edits = {int(number): feature(int(number), random) for number in random.integers(1, 150, 5)}
        gone = {int(number): None for number in random.integers(1, 150, 3)}
        layer, _ = layer.edited({**edits, **gone})
        now = {number: each for number, each in {**now, **edits, **gone}.items() if each is not None}
    fresh = build_edited_layer("own", list(now.values()))
    for tile in (TILE, (11, 1735, 723), (14, 13881, 5790)):
        assert layer.encode(*tile).body == fresh.encode(*tile).body
    assert len(layer) == len(fresh) == len(now)


@pytest.mark.parametrize("seed", range(4))
def test_a_tile_outside_of_the_boxes_stays_as_it_was(seed):
    random = np.random.default_rng(seed)
    layer = build_edited_layer("own", [feature(number, random) for number in range(1, 60)])
    changed, boxes = layer.edited({7: feature(7, random), 8: None})
    for x in range(13878, 13884):
        for y in range(5787, 5793):
            west, north = (x << 14) - 300, (y << 14) - 300
            reached = any(
                west <= box[2] and west + 17000 >= box[0] and north <= box[3] and north + 17000 >= box[1]
                for box in boxes
            )
            if not reached:
                assert changed.encode(14, x, y).body == layer.encode(14, x, y).body


def test_features_come_by_rising_id_and_a_collection_once_for_each_kind():
    both = shapely.GeometryCollection([shapely.Point(125, 46.58), shapely.LineString([(125, 46.58), (125.01, 46.58)])])
    layer = build_edited_layer("own", [Feature(9, shapely.Point(125, 46.58)), Feature(3, both)])
    assert drawn(layer.encode(*TILE).body) == [3, 3, 9]


def test_fields_of_several_types_are_text():
    rows = [Feature(1, shapely.Point(125, 46), {"a": 1, "b": True}), Feature(2, shapely.Point(125, 46), {"a": "x"})]
    assert dict(build_run("own", rows).fields) == {"a": "String", "b": "Boolean"}


def test_a_full_tile_leaves_out_the_last_ids():
    layer = build_edited_layer(
        "own", [Feature(n, shapely.Point(125, 46.58), {"t": "x" * 50 + str(n)}) for n in range(1, 99)]
    )
    part = layer.encode(*TILE, most_bytes=2_000)
    assert not part.is_whole
    assert drawn(part.body) == list(range(1, len(part.ids) + 1))
    assert len(part.body) <= 2_050


def test_a_layer_without_features_has_empty_tiles():
    layer, boxes = build_edited_layer("own", []).edited({})
    assert (layer.encode(*TILE).body, len(layer), layer.grid_bounds, len(boxes)) == (b"", 0, None, 0)
