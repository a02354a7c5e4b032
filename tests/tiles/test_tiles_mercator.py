import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiles.errors import BadTile
from tiles.mercator import (
    GRID_SIZE,
    MAX_ZOOM,
    TileRange,
    grid_from_lonlat,
    lonlat_from_grid,
    quadkey,
    tile_from_quadkey,
    tile_lonlat_bounds,
    tiles_in_bbox,
    tms_row,
)

STEP_M = 40075016.686 / GRID_SIZE


def addresses() -> st.SearchStrategy[tuple[int, int, int]]:
    def of_zoom(z: int) -> st.SearchStrategy[tuple[int, int, int]]:
        return st.tuples(st.just(z), st.integers(0, 2**z - 1), st.integers(0, 2**z - 1))

    return st.integers(0, MAX_ZOOM).flatmap(of_zoom)


def test_corners_of_the_world_are_corners_of_the_grid() -> None:
    corners = grid_from_lonlat(np.array([[-180, 85.0511287798066], [180, -85.0511287798066], [0, 0]]))
    assert corners.tolist() == [[0, 0], [GRID_SIZE, GRID_SIZE], [GRID_SIZE // 2, GRID_SIZE // 2]]


def test_poles_are_put_on_the_edge_of_the_world() -> None:
    assert grid_from_lonlat(np.array([[0.0, 90.0], [0.0, -90.0]]))[:, 1].tolist() == [0, GRID_SIZE]


@given(st.floats(-180, 180), st.floats(-85, 85))
def test_a_grid_point_lies_within_a_step_of_its_degrees(lon: float, lat: float) -> None:
    back = lonlat_from_grid(grid_from_lonlat(np.array([[lon, lat]])))[0]
    assert abs(back[0] - lon) * 111320 <= STEP_M
    assert abs(back[1] - lat) * 111320 <= STEP_M


def test_daqing_lies_in_the_tile_that_the_maps_of_the_world_give_it() -> None:
    assert list(tiles_in_bbox(125.03, 46.58, 125.03, 46.58, 14).tiles()) == [(14, 13882, 5790)]


@given(addresses())
def test_the_middle_of_a_tile_lies_in_the_tile(tile: tuple[int, int, int]) -> None:
    west, south, east, north = tile_lonlat_bounds(*tile)
    middle = lonlat_from_grid((np.array([tile[1:]]) + 0.5) * 2.0 ** (28 - tile[0]))[0]
    assert west < middle[0] < east
    assert south < middle[1] < north


def test_a_box_gives_every_tile_it_touches() -> None:
    assert tiles_in_bbox(-180, -85, 180, 85, 1) == TileRange(1, 0, 0, 1, 1)
    assert tiles_in_bbox(-1, -1, 1, 1, 3) == TileRange(3, 3, 3, 4, 4)
    assert tiles_in_bbox(-1, -1, 1, 1, 3).tile_count == 4


@pytest.mark.parametrize("box", [(1, 0, 0, 1), (0, 1, 1, 0), (float("nan"), 0, 1, 1)])
def test_a_box_turned_round_is_refused(box: tuple[float, float, float, float]) -> None:
    with pytest.raises(BadTile, match="split it at 180"):
        tiles_in_bbox(*box, 5)


def test_quadkeys_are_those_of_the_published_example() -> None:
    assert quadkey(3, 3, 5) == "213"
    assert quadkey(0, 0, 0) == ""


@given(addresses())
def test_a_quadkey_leads_back_to_its_tile(tile: tuple[int, int, int]) -> None:
    assert tile_from_quadkey(quadkey(*tile)) == tile


@pytest.mark.parametrize("key", ["4", "01a", "٣", "0" * 25])
def test_what_is_no_quadkey_is_refused(key: str) -> None:
    with pytest.raises(BadTile, match="digits from 0 to 3"):
        tile_from_quadkey(key)


def test_tms_counts_rows_from_the_south() -> None:
    assert tms_row(3, 0) == 7
    assert tms_row(3, tms_row(3, 5)) == 5


@pytest.mark.parametrize("tile", [(-1, 0, 0), (25, 0, 0), (3, 8, 0), (3, 0, -1)])
def test_tiles_off_the_world_are_refused(tile: tuple[int, int, int]) -> None:
    with pytest.raises(BadTile, match="use 0 to"):
        tile_lonlat_bounds(*tile)
