"""Cells of a search area."""

from __future__ import annotations

import numpy as np
import pytest

from location_cloud.errors import BadQuery
from location_cloud.searches.cells import Grid, grid_around

GRID = Grid(west_m=-10, south_m=100, width_m=5, height_m=2, rows=3, columns=4)


def test_every_middle_lies_in_its_own_cell():
    assert GRID.cells_of(GRID.middles_m(np.arange(12))).tolist() == list(range(12))


def test_row_0_is_the_southernmost():
    assert GRID.y_m.tolist() == [101, 103, 105]
    assert GRID.x_m.tolist() == [-7.5, -2.5, 2.5, 7.5]


def test_points_beyond_the_edges_are_in_no_cell():
    assert GRID.cells_of([[-10.1, 101], [10, 101], [0, 99.9], [0, 106]]).tolist() == [-1] * 4


def test_distance_is_to_the_middles():
    assert GRID.distance_m((-7.5, 101))[2, 3] == pytest.approx(np.hypot(15, 4))


def test_a_grid_around_a_point_has_it_in_the_middle_of_a_cell():
    grid = grid_around((7, 9), 100, 30)
    assert grid.middles_m([grid.size // 2])[0].tolist() == [7, 9]
    assert grid.shape == (7, 7)


@pytest.mark.parametrize("question", [lambda: Grid(0, 0, 0, 1, 1, 1), lambda: grid_around((0, 0), -1, 5)])
def test_cells_without_size_are_refused(question):
    with pytest.raises(BadQuery):
        question()
