import pathlib
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from tiles_town import layer_features

from tiles.cells import MAX_CELLS_A_TILE, build_cells, next_row, open_cells
from tiles.compiled import entry_point
from tiles.encode import encode_tile
from tiles.errors import BadFeatures, BadIndex
from tiles.features import LayerFeatures
from tiles.index import LayerIndex, build_layer
from tiles.mercator import GRID_SIZE

DAQING = shapely.Point(125.03, 46.58)
TILE = (12, 3470, 1447)


def daqing() -> LayerIndex:
    shapes = [DAQING.buffer(0.01), DAQING.buffer(0.02)]
    return build_layer(layer_features("土地", "polygon", shapes, attributes={"a": [1, "b"]}))


def test_a_saved_layer_is_mapped_and_draws_the_same(tmp_path: pathlib.Path) -> None:
    for name, array in daqing().as_arrays().items():
        np.save(tmp_path / f"{name}.npy", array)
    mapped = LayerIndex.from_arrays({file.stem: np.load(file, mmap_mode="r") for file in tmp_path.iterdir()})
    assert mapped.name == "土地"
    assert encode_tile([mapped], *TILE) == encode_tile([daqing()], *TILE) != b""
    assert isinstance(mapped.columns.xy.base, np.memmap)


def test_a_layer_without_features_can_be_saved() -> None:
    empty = LayerIndex.from_arrays(build_layer(layer_features("it", "line", [])).as_arrays())
    assert (len(empty), empty.grid_bounds) == (0, None)


def test_bounds_are_those_of_all_features() -> None:
    layer = build_layer(layer_features("it", "point", [shapely.Point(-180, 0), shapely.Point(0, 90)]))
    assert layer.grid_bounds == (0, 0, GRID_SIZE // 2, GRID_SIZE // 2)


def test_built_arrays_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        daqing().columns.xy[0] = 0


def broken(name: str, change: Any) -> dict[str, Any]:
    arrays = daqing().as_arrays()
    return arrays | {name: change(arrays[name].copy())}


def plus_one_last(array: Any) -> Any:
    array.flat[-1] += 1
    return array


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("format", plus_one_last),
        ("format", lambda array: array * 9),
        ("xy", lambda array: array.astype(np.int64)),
        ("xy", lambda array: array[:-1]),
        ("vertex_zoom", lambda array: array[:-1]),
        ("part_start", plus_one_last),
        ("part_start", lambda array: array[::-1].copy()),
        ("feature_start", lambda array: array[:0]),
        ("ids", lambda array: array[:-1]),
        ("bbox", lambda array: array[:-1]),
        ("tags", lambda array: array + 50),
        ("cell_rows", lambda array: array - 50),
    ],
)
def test_arrays_that_do_not_fit_together_are_refused(name: str, change: Any) -> None:
    arrays = broken(name, change)
    if name == "format" and arrays["format"][2] == 3:
        arrays["format"][2] = -1
    with pytest.raises(BadIndex, match=r"array|format"):
        LayerIndex.from_arrays(arrays)


def test_a_missing_array_is_named() -> None:
    arrays = daqing().as_arrays()
    del arrays["xy"]
    with pytest.raises(BadIndex, match="'xy' is missing"):
        LayerIndex.from_arrays(arrays)


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        ({"name": ""}, "no layer name"),
        ({"kind": "circle"}, "must be one of point, line, polygon"),
        ({"kind": "line"}, "row 0 of layer 'it' is a POINT; a line layer takes LINESTRING or MULTILINESTRING"),
        ({"ids": np.array([1, 2], np.uint64)}, "geometries of layer 'it' has 1 rows but there are 2 ids"),
        ({"attributes": {"a": [1, 2]}}, "attribute 'a' of layer 'it' has 2 rows"),
        ({"attributes": {"a": [b"x"]}}, "attribute 'a' holds b'x'"),
        ({"attributes": {"a": [2**64]}}, "attribute 'a' holds 18446744073709551616"),
        ({"min_zoom": 25}, "min_zoom of layer 'it' goes beyond 0 to 24"),
        ({"geometries": np.array([shapely.Point(46.6, 125.1)], object)}, "46.6,125.1, off the globe; is it lon,lat"),
        ({"geometries": np.array([shapely.Point(np.inf, 0)], object)}, "off the globe"),
    ],
)
def test_features_that_cannot_be_drawn_are_refused(rest: dict[str, Any], message: str) -> None:
    good: dict[str, Any] = {
        "name": "it",
        "ids": np.array([1], np.uint64),
        "kind": "point",
        "geometries": np.array([DAQING], object),
    }
    with pytest.raises(BadFeatures, match=message):
        build_layer(LayerFeatures(**(good | rest)))


def test_features_without_a_shape_are_left_out() -> None:
    nothing = [None, shapely.Point(), shapely.Polygon(), shapely.Polygon([(1, 1), (2, 2), (1, 1)])]
    assert len(build_layer(layer_features("it", "polygon", [nothing[0], *nothing[2:]]))) == 0
    assert len(build_layer(layer_features("it", "point", [DAQING, *nothing[:2]]))) == 1


def test_what_is_drawn_earlier_comes_first() -> None:
    three = layer_features("it", "point", [DAQING] * 3, ids=[5, 6, 7], min_zoom=np.array([3, 9, 0], np.uint8))
    assert build_layer(three).columns.ids.tolist() == [7, 5, 6]


@entry_point
def _candidates(keys: Any, start: Any, rows: Any, z: int, x: int, y: int) -> Any:
    head, end = np.empty(MAX_CELLS_A_TILE, np.int64), np.empty(MAX_CELLS_A_TILE, np.int64)
    count = open_cells(keys, start, z, x, y, head, end)
    found = [next_row(rows, head, end, count)]
    while found[-1] >= 0:
        found.append(next_row(rows, head, end, count))
    return np.array(found[:-1], np.int64)


@settings(max_examples=100)
@given(st.integers(0, 2**32), st.integers(0, 20))
def test_cells_give_each_feature_near_a_tile_once(seed: int, z: int) -> None:
    generator = np.random.default_rng(seed)
    low = generator.integers(0, GRID_SIZE, (60, 2))
    size = (2.0 ** generator.uniform(0, 28, (60, 2))).astype(np.int64)
    bbox = np.hstack([low, np.minimum(low + size, GRID_SIZE)]).astype(np.int32)
    first, last = np.sort(generator.integers(0, 25, (2, 60)), axis=0).astype(np.uint8)
    x, y = (low[0] >> (28 - z)).tolist()
    side = 2.0 ** (28 - z)
    box = np.array([x, y, x + 1, y + 1]) * side + np.array([-1, -1, 1, 1]) * side / 64
    near = (bbox[:, :2] <= box[2:]).all(axis=1) & (bbox[:, 2:] >= box[:2]).all(axis=1)
    cells = build_cells(bbox, first, last)
    found = _candidates(cells.cell_keys, cells.cell_start, cells.cell_rows, z, x, y).tolist()
    assert found == sorted(set(found))
    assert set(np.nonzero(near & (first <= z) & (last >= z))[0].tolist()) <= set(found)
