"""Paths that gather probability."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, label

from location_cloud.errors import BadQuery, TooLarge
from location_cloud.searches.cells import grid_around
from location_cloud.searches.growing import grow
from location_cloud.searches.patterns import line_length_m
from location_cloud.searches.search_paths import gathered, plan_paths, seen
from location_cloud.searches.tree_cover import cycle_around

GRID = grid_around((0, 0), 3000, 30)


def hilly(seed=0, grid=GRID):
    hills = gaussian_filter(np.random.default_rng(seed).normal(size=grid.shape), 6)
    p = np.exp(2 * hills / hills.std() - (grid.distance_m((0, 0)) / 1500) ** 2)
    return p / p.sum()


def connected(shape, count, seed):
    return grow(np.random.default_rng(seed).random(shape), count)


@pytest.mark.parametrize(("shape", "count"), [((1, 1), 1), ((1, 6), 4), ((6, 1), 6), ((7, 9), 30), ((7, 9), 63)])
def test_a_way_around_passes_every_square_once_and_closes(shape, count):
    blocks = connected(shape, count, 1)
    way = cycle_around(blocks)
    assert len(way) == 4 * count == len({tuple(each) for each in way.tolist()})
    assert blocks[way[:, 0] // 2, way[:, 1] // 2].all()
    assert np.abs(np.diff(np.concatenate([way, way[:1]]), axis=0)).sum(axis=1).max() == 1


@pytest.mark.parametrize("seed", range(4))
def test_a_grown_set_is_connected_and_as_large_as_wanted(seed):
    mass = hilly(seed)[::4, ::4]
    chosen = grow(mass, 200)
    assert label(chosen)[1] == 1
    assert chosen.sum() == 200
    assert mass[chosen].sum() > 0.9 * np.sort(mass.ravel())[-200:].sum()


def test_an_island_is_joined_when_it_is_worth_the_bridge():
    mass = np.full((3, 20), 0.01)
    mass[1, :4] = mass[1, 14:18] = 1.0
    assert grow(mass, 18)[1, :18].all()
    assert not grow(mass, 5)[1, 14:18].any()


def test_a_cell_is_seen_when_its_middle_is_in_range():
    mask = seen(GRID, [np.array([[-300.0, 0], [300, 0]])], 65)
    east, north = GRID.offsets_m((0, 0))
    away = np.hypot(np.maximum(np.abs(east) - 300, 0), north)
    assert (mask == (away <= 65)).all()


def test_what_several_lines_see_counts_once():
    line = np.array([[-300.0, 0], [300, 0]])
    p = hilly()
    assert gathered(GRID, p, [line, line[::-1]], 65) == gathered(GRID, p, [line], 65)


@pytest.mark.parametrize("starts", [[None] * 3, [(0.0, 0.0)] * 3, [(-2000.0, 1000.0), None]])
@pytest.mark.parametrize("returns", [False, True])
def test_every_path_keeps_its_budget_and_its_start(starts, returns):
    found = plan_paths(GRID, hilly(), starts, 8000, 40, returns)
    assert len(found.lines_m) == len(starts)
    for start, line in zip(starts, found.lines_m):
        assert line_length_m(line) <= 8000 + 1e-6
        assert start is None or line[0].tolist() == [*start]
        assert not returns or line[-1].tolist() == line[0].tolist()


def test_free_paths_come_near_the_bound_that_nobody_can_pass():
    found = plan_paths(GRID, hilly(), [None] * 3, 15_000, 40)
    assert 0.85 * found.bound < found.gathered <= found.bound


def test_more_budget_gathers_more():
    masses = [plan_paths(GRID, hilly(), [None], each, 40).gathered for each in (1000, 5000, 20_000, 60_000)]
    assert (np.diff(masses) > 0).all()


def test_a_budget_for_the_whole_map_gathers_nearly_all_of_it():
    grid = grid_around((0, 0), 500, 20)
    assert plan_paths(grid, hilly(2, grid), [None] * 2, 50_000, 50).gathered > 0.95


def test_the_same_question_has_the_same_answer():
    one, other = (plan_paths(GRID, hilly(), [(0.0, 0.0)] * 2, 8000, 40) for _ in range(2))
    assert all((a == b).all() for a, b in zip(one.lines_m, other.lines_m))


@pytest.mark.parametrize(
    ("question", "error"),
    [
        (lambda: plan_paths(GRID, hilly(), [], 100, 40), BadQuery),
        (lambda: plan_paths(GRID, hilly(), [(1e6, 0)], 100, 40), BadQuery),
        (lambda: plan_paths(GRID, hilly(), [None], 0, 40), BadQuery),
        (lambda: plan_paths(GRID, hilly()[1:], [None], 100, 40), BadQuery),
        (lambda: plan_paths(GRID, hilly(), [None], 100, 1), TooLarge),
    ],
)
def test_paths_out_of_range_are_refused(question, error):
    with pytest.raises(error):
        question()
