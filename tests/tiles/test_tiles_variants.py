"""The same layer in other coordinates: drawn elsewhere, with the same ids and attributes, and as valid."""

from typing import Any

import mapbox_vector_tile
import numpy as np
import pytest
import shapely
from tiles_town import Town, layer_features

from tiles.encode import encode_tile
from tiles.errors import BadIndex
from tiles.index import VARIANT_COLUMNS, LayerIndex, build_layer, build_variant
from tiles.mercator import degree_grid_from_lonlat, grid_from_lonlat

DAQING = (125.03, 46.58)


def shifted(lonlat: Any) -> Any:
    """About what GCJ-02 does: half a kilometre, a little bent."""
    bent = np.column_stack([np.sin(lonlat[:, 1] * 40), np.cos(lonlat[:, 0] * 37)])
    return grid_from_lonlat(lonlat + np.array([0.0062, 0.0021]) + 4e-4 * bent)


def decoded(layer: LayerIndex, *tile: int) -> list[Any]:
    data = encode_tile([layer], *tile)
    found: list[Any] = mapbox_vector_tile.decode(data, default_options={"y_coord_down": True})[layer.name]["features"]
    return found


def test_level_14_of_tianditu_has_daqing_in_column_13882_and_row_1976() -> None:
    layer = build_layer(layer_features("it", "point", [shapely.Point(DAQING)]))
    variant = build_variant(layer, degree_grid_from_lonlat)
    assert [len(encode_tile([variant], 14, 13882, y)) > 0 for y in (1976, 5790)] == [True, False]
    assert len(encode_tile([layer], 14, 13882, 5790)) > 0


def test_degrees_are_cut_from_the_north_pole_in_half_as_many_rows_as_columns() -> None:
    corners = np.array([[-180, 90], [180, -90], [0, 0]])
    assert degree_grid_from_lonlat(corners).tolist() == [[0, 0], [2**28, 2**27], [2**27, 2**26]]


def test_ids_and_attributes_are_shared_and_not_copied() -> None:
    layer = build_layer(layer_features("it", "point", [shapely.Point(DAQING)], ids=[77], attributes={"name": ["大庆"]}))
    variant = build_variant(layer, shifted)
    assert np.shares_memory(variant.columns.tags, layer.columns.tags)
    assert [(one["id"], one["properties"]) for one in decoded(variant, 0, 0, 0)] == [(77, {"name": "大庆"})]
    assert set(variant.variant_arrays()) == VARIANT_COLUMNS


def test_a_saved_variant_is_opened_over_its_layer() -> None:
    layer = build_layer(layer_features("it", "polygon", [shapely.Point(DAQING).buffer(0.01)]))
    variant = build_variant(layer, shifted)
    opened = layer.with_variant(variant.variant_arrays())
    assert encode_tile([opened], 12, 3470, 1447) == encode_tile([variant], 12, 3470, 1447) != b""
    assert encode_tile([opened], 14, 13882, 5790) != encode_tile([layer], 14, 13882, 5790)


def test_a_variant_of_another_layer_is_refused() -> None:
    one, two = (build_layer(layer_features("it", "point", [shapely.Point(DAQING)] * count)) for count in (1, 2))
    with pytest.raises(BadIndex, match="array"):
        one.with_variant(build_variant(two, shifted).variant_arrays())
    with pytest.raises(BadIndex, match="'xy' of the variant is missing"):
        one.with_variant({name: array for name, array in two.variant_arrays().items() if name != "xy"})


def test_a_variant_takes_less_than_nine_bytes_a_vertex_and_a_box_and_cells_a_feature(monaco: Town) -> None:
    land = build_variant(monaco.layers["buildings"], shifted)
    own = land.variant_arrays()
    cells = sum(own[name].nbytes for name in ("cell_keys", "cell_start", "cell_rows", "bbox", "sound_zooms"))
    assert own["xy"].nbytes == 8 * len(land.columns.xy)
    assert cells < 100 * len(land)


@pytest.mark.parametrize("project", [shifted, degree_grid_from_lonlat])
@pytest.mark.parametrize("z", [13, 15])
def test_areas_stay_valid_in_other_coordinates(monaco: Town, project: Any, z: int) -> None:
    variant = build_variant(monaco.layers["buildings"], project)
    x_min, y_min, x_max, y_max = (value >> (28 - z) for value in variant.grid_bounds or ())
    count = 0
    for x in range(x_min, x_max + 1):
        for y in range(y_min, y_max + 1):
            if encode_tile([variant], z, x, y):
                shapes = [shapely.geometry.shape(one["geometry"]) for one in decoded(variant, z, x, y)]
                assert shapely.is_valid(shapes).all(), (z, x, y)
                count += len(shapes)
    assert count > 1000
