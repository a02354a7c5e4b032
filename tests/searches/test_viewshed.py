"""What is seen over ground, against a line of sight to each cell."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, map_coordinates

from location_cloud.errors import BadQuery
from location_cloud.searches.cells import grid_around
from location_cloud.searches.viewshed import EARTH_M, seen_by, viewshed

GRID = grid_around((0, 0), 2000, 50)
FLAT = np.zeros(GRID.shape, np.float32)


def hills(seed, grid=GRID):
    ground = gaussian_filter(np.random.default_rng(seed).normal(size=grid.shape), 4)
    return (ground / ground.std() * 40).astype(np.float32)


def slow(grid, ground, eye_m, target_m=0.0):
    """A line of sight to every cell, asked every tenth of a cell."""
    seen = np.zeros(grid.shape, bool)
    at = np.array([grid.rows // 2, grid.columns // 2])
    eye = ground[tuple(at)] + eye_m
    for row in range(grid.rows):
        for column in range(grid.columns):
            cells = max(abs(row - at[0]), abs(column - at[1]))
            far = np.hypot(row - at[0], column - at[1]) * grid.width_m
            share = np.arange(0.1, max(cells - 1, 0) + 0.05, 0.1) / max(cells, 1)
            heights = map_coordinates(
                ground, [at[0] + share * (row - at[0]), at[1] + share * (column - at[1])], order=1
            )
            drop = 0.87 * (share * far) ** 2 / (2 * EARTH_M)
            rise = (heights - drop - eye) / np.maximum(share * far, 1e-9)
            own = (ground[row, column] + target_m - 0.87 * far**2 / (2 * EARTH_M) - eye) / max(far, 1e-9)
            seen[row, column] = far == 0 or own >= rise.max(initial=-np.inf)
    return seen


@pytest.mark.parametrize("seed", range(3))
def test_nearly_every_cell_is_seen_or_hidden_as_its_own_line_of_sight_says(seed):
    ground = hills(seed)
    agree = (viewshed(GRID, ground, (0, 0), 10) == slow(GRID, ground, 10)).mean()
    assert agree > 0.99, seed


def test_all_of_a_plain_is_seen():
    assert viewshed(GRID, FLAT, (0, 0), 2).all()


def test_a_wall_hides_what_lies_behind_it_but_not_a_tower_there():
    ground = FLAT.copy()
    ground[:, 50] = 30
    seen = viewshed(GRID, ground, (0, 0), 2)
    assert seen[:, 50].all()
    assert not seen[40, 52:].any()
    assert viewshed(GRID, ground, (0, 0), 2, target_m=150)[40, 52:].all()


def test_the_earth_hides_what_lies_beyond_the_horizon():
    grid = grid_around((0, 0), 30_000, 1000)
    ground = np.zeros(grid.shape, np.float32)
    seen = viewshed(grid, ground, (0, 0), 20)
    horizon_m = np.sqrt(2 * EARTH_M * 20 / 0.87)
    distance = grid.distance_m((0, 0))
    assert seen[distance < horizon_m - 1500].all()
    assert not seen[distance > horizon_m + 2500].any()


def test_a_uav_sees_more_the_higher_it_flies():
    ground = hills(5)
    top = float(ground.max())
    shares = [viewshed(GRID, ground, (0, 0), top + each, is_above_sea=True).mean() for each in (5, 50, 500)]
    assert shares[0] < shares[1] < shares[2]
    assert shares[2] > 0.97


def test_nothing_is_seen_beyond_the_reach():
    assert not viewshed(GRID, FLAT, (0, 0), 50, reach_m=500)[GRID.distance_m((0, 0)) > 500].any()


def test_unknown_ground_is_not_seen_and_hides_nothing():
    ground = FLAT.copy()
    ground[:, 50] = np.nan
    seen = viewshed(GRID, ground, (0, 0), 2)
    assert not seen[:, 50].any()
    assert seen[:, 52:].all()


def test_lookouts_are_counted():
    masks = np.array([viewshed(GRID, FLAT, (0, 0), 2, reach_m=500), viewshed(GRID, FLAT, (300, 0), 2, reach_m=500)])
    assert [seen_by(masks).max(), seen_by(masks).min()] == [2, 0]


@pytest.mark.parametrize(
    "question",
    [
        lambda: viewshed(GRID, FLAT, (1e6, 0), 2),
        lambda: viewshed(GRID, FLAT[1:], (0, 0), 2),
        lambda: viewshed(GRID, FLAT, (0, 0), -1),
        lambda: viewshed(GRID, FLAT + 100, (0, 0), 50, is_above_sea=True),
        lambda: viewshed(GRID, FLAT * np.nan, (0, 0), 2),
        lambda: viewshed(GRID, FLAT, (0, 0), 2, reach_m=0),
    ],
)
def test_views_out_of_range_are_refused(question):
    with pytest.raises(BadQuery):
        question()
