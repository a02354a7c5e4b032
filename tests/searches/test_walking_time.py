"""How long it takes to walk, against a slow search."""

from __future__ import annotations

import heapq

import numpy as np
import pytest

from location_cloud.errors import BadQuery
from location_cloud.searches.cells import Grid, grid_around
from location_cloud.searches.cost_distance import STEPS, walking_time_s
from location_cloud.searches.terrain_speed import cover_factor, impedance_factor, tobler_m_s

LEVEL_M_S = float(tobler_m_s(0.0))


def test_speed_by_slope_is_toblers():
    assert tobler_m_s([0, -0.05, 0.2]) * 3.6 == pytest.approx([5.037, 6.0, 2.501], abs=5e-4)


def test_impedance_slows_by_its_power():
    assert impedance_factor([0, 50]) == pytest.approx([1.0, np.exp(-1.06)])


def test_frozen_water_is_walked_and_open_water_is_not():
    cover = np.array([[0, 1]], np.int8)
    assert cover_factor(cover, ["grass", "water"], "summer")[0, 1] == 0
    assert cover_factor(cover, ["grass", "water"], "winter")[0, 1] > 0.5


@pytest.mark.parametrize(
    "question",
    [
        lambda: cover_factor(np.array([[0]]), ["moon"], "summer"),
        lambda: cover_factor(np.array([[0]]), ["grass"], "spring"),
        lambda: cover_factor(np.array([[1]]), ["grass"], "summer"),
    ],
)
def test_unknown_ground_is_refused(question):
    with pytest.raises(BadQuery):
        question()


def test_on_open_ground_ways_are_straight_to_three_percent():
    grid = grid_around((0, 0), 1000, 20)
    time_s = walking_time_s(grid, (0, 0), np.ones(grid.shape, np.float32))
    detour = time_s * LEVEL_M_S / np.maximum(grid.distance_m((0, 0)), 1e-9)
    assert detour[time_s > 0].min() > 0.999
    assert detour.max() < 1.028


def test_a_river_is_walked_round_over_its_bridge():
    grid = grid_around((0, 0), 200, 20)
    factor = np.ones(grid.shape, np.float32)
    factor[:, 14] = 0
    factor[0, 14] = 1
    time_s = walking_time_s(grid, (0, 0), factor)
    assert np.isinf(time_s[1:, 14]).all()
    assert time_s[10, 16] * LEVEL_M_S > 2 * np.hypot(200, 60)


def test_no_step_slips_between_barriers_that_touch_at_a_corner():
    grid = grid_around((0, 0), 100, 20)
    factor = np.ones(grid.shape, np.float32)
    np.fill_diagonal(factor[::-1], 0)
    factor[5, 4] = factor[4, 5] = 1
    start = (-40.0, -40.0)
    assert np.isinf(walking_time_s(grid, start, factor)[9, 9])


def test_up_takes_longer_than_down():
    grid = grid_around((0, 0), 500, 20)
    slope = np.repeat(grid.y_m[:, None] * 0.2, grid.columns, axis=1).astype(np.float32)
    time_s = walking_time_s(grid, (0, 0), np.ones(grid.shape, np.float32), slope)
    up, down = time_s[-1, 25], time_s[0, 25]
    assert [500 / up, 500 / down] == pytest.approx([float(tobler_m_s(0.2)), float(tobler_m_s(-0.2))], rel=0.003)


def test_a_cliff_is_not_walked():
    grid = grid_around((0, 0), 100, 20)
    cliff = np.where(grid.x_m > 30, 100, 0)[None, :].repeat(grid.rows, 0).astype(np.float32)
    assert np.isinf(walking_time_s(grid, (0, 0), np.ones(grid.shape, np.float32), cliff)[5, 9])


def test_nothing_beyond_the_limit_is_told():
    grid = grid_around((0, 0), 500, 20)
    time_s = walking_time_s(grid, (0, 0), np.ones(grid.shape, np.float32), limit_s=120)
    assert time_s[np.isfinite(time_s)].max() <= 120


def slow(grid, start, factor, height):
    """Dijkstra with a heap over the same steps."""
    found, queue = {}, [(0.0, start)]
    with np.errstate(divide="ignore"):
        inverse = 1 / factor.astype(float)
    while queue:
        time_s, (row, column) = heapq.heappop(queue)
        if (row, column) in found:
            continue
        found[row, column] = time_s
        for up, right in STEPS.tolist():
            r, c = row + up, column + right
            if not (0 <= r < grid.rows and 0 <= c < grid.columns):
                continue
            passed = [(row, column), (r, c)]
            if abs(up) == 2:
                passed += [(row + up // 2, column), (row + up // 2, c)]
            if abs(right) == 2:
                passed += [(row, column + right // 2), (r, column + right // 2)]
            if abs(up) == abs(right) == 1 and np.isinf(min(inverse[row, c], inverse[r, column])):
                continue
            way = np.hypot(up * grid.height_m, right * grid.width_m)
            slope = (height[r, c] - height[row, column]) / way
            ground = np.mean([inverse[each] for each in passed])
            if abs(slope) <= 1 and np.isfinite(ground):
                heapq.heappush(queue, (time_s + way * ground / float(tobler_m_s(slope)), (r, c)))
    return found


@pytest.mark.parametrize("seed", range(4))
def test_times_are_those_of_a_slow_search(seed):
    random = np.random.default_rng(seed)
    grid = Grid(0, 0, 20, 15, 20, 25)
    factor = random.choice(np.array([1, 0.6, 0.25, 0.0], np.float32), grid.shape, p=[0.4, 0.3, 0.2, 0.1])
    factor[3, 4] = 1
    height = np.cumsum(random.normal(0, 4, grid.shape), axis=1).astype(np.float32)
    wanted = np.full(grid.shape, np.inf)
    for (row, column), time_s in slow(grid, (3, 4), factor, height).items():
        wanted[row, column] = time_s
    found = walking_time_s(grid, tuple(grid.middles_m([3 * 25 + 4])[0]), factor, height)
    assert (np.isinf(found) == np.isinf(wanted)).all()
    assert found[np.isfinite(found)] == pytest.approx(wanted[np.isfinite(wanted)], rel=2e-3), seed


@pytest.mark.parametrize(
    ("at", "shape"),
    [((1e6, 0), (51, 51)), ((0, 0), (3, 3))],
)
def test_a_start_off_the_map_or_ground_of_another_shape_is_refused(at, shape):
    with pytest.raises(BadQuery):
        walking_time_s(grid_around((0, 0), 500, 20), at, np.ones(shape, np.float32))
