"""Ridges and valleys are found where heights have them, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from location_cloud.searches.cells import grid_around
from location_cloud.searches.terrain_lines import terrain_lines

GRID = grid_around((0, 0), 1500, 25)
X, Y = (each + np.zeros(GRID.shape) for each in GRID.offsets_m((0.0, 0.0)))


def lines(height, catchment_m2=100_000.0):
    found = terrain_lines(GRID, height.astype(np.float32), catchment_m2)
    return found.ridges, found.valleys


def farthest_m(shapes, x_m):
    """How far long lines lie at the most from the nearest of some meridians, in the middle of the map."""
    middle = shapely.intersection(shapes[shapely.length(shapes) > 1000], shapely.box(-1500, -1000, 1500, 1000))
    points = shapely.get_coordinates(middle)
    assert len(points) >= 2 * len(x_m) - 2
    return np.abs(points[:, :1] - np.asarray(x_m)).min(axis=1).max()


def test_waves_have_ridges_on_their_crests_and_valleys_between():
    ridges, valleys = lines(300 + 60 * np.cos(2 * np.pi * (X - 12) / 1000) + 0.02 * Y)
    assert farthest_m(ridges, [-988, 12, 1012]) <= 40
    assert farthest_m(valleys, [-1488, -488, 512, 1512]) <= 40


def test_a_spur_between_two_brooks_that_meet_is_a_ridge():
    # Both valleys drain to the south by one outlet: no hollow tells them apart.
    height = 200 + 0.05 * Y + 80 * np.exp(-(((X - 12) / 120) ** 2)) * (Y > -500) + 60 * (np.abs(X) / 900) ** 4
    ridges, _ = lines(height, 300_000.0)
    on_spur = shapely.box(-60, -300, 90, 1200)
    assert shapely.length(shapely.intersection(ridges, on_spur)).sum() > 1000


def test_level_ground_has_no_lines():
    noise = np.random.default_rng(1).normal(0, 0.5, GRID.shape)
    assert [len(each) for each in lines(140 + noise)] == [0, 0]


def test_a_hollow_does_not_stop_a_valley():
    height = 300 + 60 * np.cos(2 * np.pi * (X - 12) / 1000) + 0.02 * Y - 30 * np.exp(-((X - 512) ** 2 + Y**2) / 1e4)
    _, valleys = lines(height)
    assert farthest_m(valleys, [-1488, -488, 512, 1512]) <= 75


def test_where_heights_are_not_known_there_is_nothing():
    height = 300 + 60 * np.cos(2 * np.pi * (X - 12) / 1000)
    height[:, : GRID.columns // 2] = np.nan
    ridges, valleys = lines(height)
    assert min(shapely.bounds(np.concatenate([ridges, valleys]))[:, 0]) >= -GRID.width_m
    assert [len(each) for each in lines(np.full(GRID.shape, np.nan))] == [0, 0]


@pytest.mark.parametrize("seed", range(3))
def test_all_drains_downhill_or_through_the_lowest_pass(seed):
    """Each cell's way out has no higher point than any other way: against a plain flood."""
    from heapq import heappop, heappush

    from location_cloud.searches.terrain_lines import _drained

    z = np.random.default_rng(seed).uniform(0, 100, (9, 11))
    flow = _drained(z, 25.0, 25.0)
    top = np.append(-np.inf, z.ravel()[flow.cell[1:]])
    for rank in range(1, flow.count):
        top[rank] = max(top[rank], top[flow.parent[rank]])
    level, queue = np.full(z.shape, np.inf), []
    for row, column in np.ndindex(z.shape):
        if row in (0, 8) or column in (0, 10):
            heappush(queue, (z[row, column], row, column))
    while queue:
        height, row, column = heappop(queue)
        if height >= level[row, column]:
            continue
        level[row, column] = height
        for r, c in np.ndindex(3, 3):
            at = row + r - 1, column + c - 1
            if 0 <= at[0] < 9 and 0 <= at[1] < 11:
                heappush(queue, (max(height, z[at]), *at))
    assert flow.on_map(top, z.shape) == pytest.approx(level), seed
