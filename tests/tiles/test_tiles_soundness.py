"""Areas known to be sound are drawn without a test, and come out as with one."""

from typing import Any

import numpy as np
import pytest
import shapely
from tiles_town import Town, layer_features

from tiles.encode import encode_tile
from tiles.index import LayerIndex, build_layer
from tiles.mercator import lonlat_from_grid

CORNER = np.array([3470, 1447]) * 65536  # of a zoom-12 tile of Daqing, on the grid


def bits_of(*corners: tuple[int, int]) -> int:
    """Of an area given in grid steps."""
    area = shapely.transform(shapely.Polygon(corners), lambda xy: lonlat_from_grid(CORNER + xy))
    return int(build_layer(layer_features("it", "polygon", [area])).columns.sound_zooms[0])


def without_bits(layer: LayerIndex) -> LayerIndex:
    arrays = layer.as_arrays()
    return LayerIndex.from_arrays(arrays | {"sound_zooms": np.zeros_like(arrays["sound_zooms"])})


def test_a_square_is_sound_at_all_zooms() -> None:
    assert bits_of((0, 0), (400, 0), (400, 400), (0, 400)) == (1 << 17) - 1


def test_an_area_is_not_sound_where_rounding_closes_a_narrow_passage() -> None:
    bits = bits_of((0, 0), (4000, 0), (4000, 4000), (0, 4000), (0, 2500), (3999, 2048), (0, 1500))
    assert [bits >> z & 1 for z in (13, 14, 15, 16)] == [0, 0, 0, 1]


@pytest.mark.parametrize("name", ["land", "buildings"])
@pytest.mark.parametrize("z", [11, 13, 14, 16])
def test_tiles_are_the_same_with_and_without_the_knowledge(monaco: Town, name: str, z: int) -> None:
    layer = monaco.layers[name]
    asked: Any = without_bits(layer)
    x_min, y_min, x_max, y_max = (value >> (28 - z) for value in layer.grid_bounds or ())
    for x in range(x_min, min(x_max, x_min + 12) + 1):
        for y in range(y_min, min(y_max, y_min + 12) + 1):
            assert encode_tile([layer], z, x, y) == encode_tile([asked], z, x, y), (z, x, y)
