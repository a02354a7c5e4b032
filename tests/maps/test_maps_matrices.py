from __future__ import annotations

import numpy as np
import pytest

from location_cloud.errors import BadQuery
from location_cloud.maps.matrices import Limits, flipped_row, grid_size, limits_in, matrix_set, parse_quadkey, sets_of
from location_cloud.tile_sets import TileSet

DAQING = (125.03, 46.58, 125.03, 46.58)


# Scale denominators and cells of OGC 17-083r4, annex D.1 (registry/json/WebMercatorQuad.json).
@pytest.mark.parametrize(
    ("level", "scale_denominator", "cell"),
    [(0, 559082264.028717, 156543.033928041), (14, 34123.6733415964, 9.55462853564703), (24, 33.32389974, 0.00933069)],
)
def test_web_mercator_has_the_registered_numbers(level, scale_denominator, cell):
    cut = matrix_set("w")
    assert cut.scale_denominator(level) == pytest.approx(scale_denominator, rel=1e-9)
    assert cut.cell(level) == pytest.approx(cell, rel=1e-6)
    assert cut.corner == pytest.approx((-20037508.3427892, 20037508.3427892))


def test_tianditus_documents_tell_its_denominators():
    # Level 1 of vec_w and of vec_c: 2.958293554545656E8; halved from level to level.
    for matrix in ("w", "c"):
        cut = matrix_set(matrix)
        assert cut.scale_denominator(1, "tianditu") == pytest.approx(2.958293554545656e8, rel=1e-9)
        assert cut.scale_denominator(18, "tianditu") == pytest.approx(2257.0, rel=1e-3)


def test_degrees_have_the_denominators_of_ogc():
    # GoogleCRS84Quad, OGC 07-057r7 annex E.3: 2.795411320143589E8 where two tiles span the world.
    cut = matrix_set("c")
    assert cut.scale_denominator(1) == pytest.approx(279541132.0143589, rel=1e-12)
    assert (cut.cell(1), cut.first_level, grid_size("c", 1)) == (0.703125, 1, (2, 1))


@pytest.mark.parametrize(("matrix", "column", "row"), [("w", 13882, 5790), ("c", 13882, 1976)])
def test_daqing_lies_where_it_should(matrix, column, row):
    assert limits_in(matrix, 14, DAQING) == Limits(14, column, column, row, row)


def test_finer_tiles_have_matrix_sets_of_their_own():
    fine = matrix_set("w", 512)
    assert (fine.name, fine.ogc_name, fine.uri, fine.well_known) == ("w512", "WebMercatorQuad512", "", "")
    assert fine.cell(3) == matrix_set("w").cell(4)


def test_vector_tiles_are_listed_with_the_well_known_set():
    vector = TileSet("v", {}, ("mvt",), lambda at: None, tile_px=512)
    picture = TileSet("p", {}, ("png",), lambda at: None, tile_px=512, matrices=("w", "c"))
    assert [each.name for each in sets_of(vector)] == ["w"]
    assert [each.name for each in sets_of(picture)] == ["w512-14", "c512-14"]


def test_pictures_are_listed_first_with_a_set_that_ends_where_they_end():
    picture = TileSet("p", {}, ("png",), lambda at: None, tile_px=256, max_zoom=16)
    assert [(each.name, each.last_level) for each in sets_of(picture)] == [("w-16", 16), ("w", 18)]
    usual = TileSet("p", {}, ("png",), lambda at: None, tile_px=256, max_zoom=18)
    assert [each.name for each in sets_of(usual)] == ["w"]


def test_the_world_is_the_whole_grid():
    for matrix in ("w", "c"):
        columns, rows = grid_size(matrix, 5)
        assert limits_in(matrix, 5, (-180, -90, 180, 90)) == Limits(5, 0, columns - 1, 0, rows - 1)


def test_a_box_over_the_antimeridian_has_all_columns():
    found = limits_in("w", 3, (170, 0, -170, 10))
    assert (found.min_column, found.max_column) == (0, 7)


def test_every_point_of_a_box_lies_within_its_limits():
    chance = np.random.default_rng(5)
    for _ in range(200):
        west, south = chance.uniform([-180, -90], [179, 89])
        east, north = west + chance.uniform(0, 180 - west), south + chance.uniform(0, 90 - south)
        lon, lat = chance.uniform([west, south], [east, north])
        matrix, level = chance.choice(["w", "c"]), int(chance.integers(1, 20))
        outer, inner = (limits_in(matrix, level, box) for box in ((west, south, east, north), (lon, lat, lon, lat)))
        assert outer.min_column <= inner.min_column <= outer.max_column, (west, south, east, north)
        assert outer.min_row <= inner.min_row <= outer.max_row, (west, south, east, north)


def test_flipping_twice_gives_the_row_back():
    for matrix, level in (("w", 0), ("w", 7), ("c", 1), ("c", 7)):
        rows = grid_size(matrix, level)[1]
        for row in {0, rows // 2, rows - 1}:
            assert flipped_row(matrix, level, flipped_row(matrix, level, row)) == row
        with pytest.raises(BadQuery):
            flipped_row(matrix, level, rows)


def test_a_quadkey_is_read_digit_by_digit():
    assert parse_quadkey("213") == (3, 3, 5)  # the example of Bing Maps Tile System
    assert parse_quadkey("3" * 30) == (30, 2**30 - 1, 2**30 - 1)
