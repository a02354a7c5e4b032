"""Coverage read off tracks, against GEOS."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from location_cloud.errors import BadQuery
from location_cloud.searches.cells import Grid, grid_around
from location_cloud.searches.detection import pod
from location_cloud.searches.tracks_pod import length_in_cells, track_coverage

GRID = Grid(west_m=-30, south_m=-20, width_m=10, height_m=8, rows=6, columns=7)


def cut_by_geos(grid, lines):
    x, y = grid.west_m + np.arange(grid.columns) * grid.width_m, grid.south_m + np.arange(grid.rows) * grid.height_m
    x, y = np.meshgrid(x, y)
    cells = shapely.box(x, y, x + grid.width_m, y + grid.height_m)
    return shapely.length(shapely.intersection(cells, shapely.MultiLineString([*lines])))


@pytest.mark.parametrize("seed", range(5))
def test_length_in_every_cell_is_what_geos_cuts_out(seed):
    line = np.random.default_rng(seed).uniform(-60, 60, (30, 2))
    assert length_in_cells(GRID, [line]) == pytest.approx(cut_by_geos(GRID, [line]), abs=1e-9)


def test_lines_through_corners_and_along_borders_lose_no_length():
    lines = [np.array([[-30.0, -20], [40, 28]]), np.array([[-25.0, -12], [35, -12]]), np.array([[0.0, -19], [0, 27]])]
    assert length_in_cells(GRID, lines).sum() == pytest.approx(sum(np.hypot(*(b - a)) for a, b in lines))


def test_points_and_nothing_have_no_length():
    assert length_in_cells(GRID, [np.zeros((1, 2)), np.zeros((0, 2))]).sum() == 0
    assert track_coverage(GRID, [], 20).sum() == 0


def test_sweeping_even_lines_covers_as_width_over_spacing():
    grid = grid_around((0, 0), 500, 10)
    lines = [np.array([[x, -600.0], [x, 600]]) for x in np.arange(-600, 601, 40)]
    covered = track_coverage(grid, lines, 60.0)[20:-20, 20:-20]
    assert covered.mean() == pytest.approx(1.5, abs=0.02)
    assert covered.min() > 1.2


def test_swept_area_is_length_times_width_whatever_the_cells():
    line = np.array([[-200.0, -50], [150, 90], [100, -120]])
    length = np.hypot(*np.diff(line, axis=0).T).sum()
    for cell_m in (5, 20, 100):
        grid = grid_around((0, 0), 500, cell_m)
        assert (track_coverage(grid, [line], 45.0) * grid.cell_m2).sum() == pytest.approx(45 * length)


def test_no_coverage_lies_beyond_half_the_width():
    grid = grid_around((0, 0), 300, 5)
    covered = track_coverage(grid, [np.array([[-200.0, 0], [200, 0]])], 80.0)
    assert (covered[np.abs(grid.y_m) > 45] == 0).all()
    assert (covered[np.abs(grid.y_m) < 35, 60] > 0).all()


def test_a_second_pass_adds_to_coverage_not_to_pod():
    line = np.array([[-100.0, 3], [100, 3]])
    grid = grid_around((0, 0), 100, 20)
    once, twice = track_coverage(grid, [line], 20.0), track_coverage(grid, [line, line], 20.0)
    assert twice == pytest.approx(2 * once)
    assert pod(twice).max() < 2 * pod(once).max()


def test_width_may_differ_with_the_ground():
    grid = Grid(0, 0, 50, 50, 1, 2)
    covered = track_coverage(grid, [np.array([[0.0, 25], [100, 25]])], np.array([[30.0, 10.0]]))
    assert covered[0].tolist() == pytest.approx([0.6, 0.2])


def test_a_width_below_zero_is_refused():
    with pytest.raises(BadQuery):
        track_coverage(GRID, [np.zeros((2, 2))], -1.0)
