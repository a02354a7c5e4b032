"""The best effort, against the vectors of SORAL, closed forms and a slow oracle."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from location_cloud.errors import BadQuery
from location_cloud.searches.allocation import allocate, duality_gap
from location_cloud.searches.cells import grid_around
from location_cloud.searches.drift import datum_map

SORAL = {
    1: ([8, 4, 1, 2], [1, 4, 12, 8], 0.05, [0, 0.0333333, 0, 0.0166667]),
    2: ([4, 2, 8, 1], [4, 1, 1, 12], 0.10, [0.09298013, 0, 0, 0.00701987]),
    3: ([2, 4, 2], [9, 3, 6], 0.20, [0.07322410, 0.08451727, 0.04225863]),
    4: ([1, 4, 20, 0], [8, 4, 0, 10], 0.50, [0.10890440, 0.39109560, 0, 0]),
    5: ([2, 6, 4], [6, 2, 3], 0.50, [1 / 12, 1 / 4, 1 / 6]),
    6: ([0, 7, 0, 5], [8, 0, 0, 0], 0.50, [0, 0, 0, 0]),
}
"""Case -> p, w, T, t. Source: SORAL's test cases (MIT); upstream misprints t of case 2 as .92980."""


@pytest.mark.parametrize("case", SORAL)
def test_one_resource_is_spent_as_soral_spends_it(case):
    p, w, available, effort = SORAL[case]
    assert allocate(p, w, available).effort.ravel() == pytest.approx(effort, abs=5e-8)


@pytest.mark.parametrize(("case", "pos"), [(1, 0.7489601), (2, 1.323153), (3, 2.309046)])
def test_one_resource_gains_what_soral_gains(case, pos):
    assert allocate(*SORAL[case][:3]).pos == pytest.approx(pos, abs=5e-6)


def test_two_resources_in_two_cells_are_spent_as_soral_spends_them():
    found = allocate([0.5, 0.5], [[0.1, 0.05], [0.02, 0.005]], [16.1, 13.9])
    assert found.effort == pytest.approx(np.array([[10.30364927, 13.9], [5.79635073, 0]]), abs=3e-7)
    assert found.pos == pytest.approx(0.46567587, abs=5e-9)


def test_three_resources_in_four_cells_are_spent_as_in_washburns_example():
    rate = [[1, 3, 0], [2, 2, 1], [3, 2, 0], [4, 1, 1]]
    found = allocate([1000, 1000, 2000, 2000], rate, [3, 2, 1])
    wanted = [[0, 1.229759, 0], [0.371665, 0.770241, 1], [1.460808, 0, 0], [1.167527, 0, 0]]
    assert found.effort == pytest.approx(np.array(wanted), abs=1e-6)
    assert found.pos == pytest.approx(5893.792263, abs=1e-6)


def test_sorals_testbed_is_searched_as_published():
    found = allocate([0.1935, 0.2581, 0.2903, 0.2581], 1 / np.array([28, 30, 14, 12]), 40)
    assert found.effort.ravel() == pytest.approx([1.4734, 8.1510, 16.1197, 14.2559], abs=5e-4)
    assert found.pos == pytest.approx(0.4493, abs=5e-5)


@pytest.mark.parametrize(("effort", "pos"), [(1, 0.26424), (4, 0.59399), (9, 0.80085)])
def test_a_circular_normal_is_searched_as_its_closed_form(effort, pos):
    sigma = 100.0
    grid = grid_around((0, 0), 600, 2)
    p, _ = datum_map(grid, (0, 0), sigma * np.sqrt(2 * np.log(2)))
    found = allocate(p, np.full(grid.size, 1 / grid.cell_m2), effort * np.pi * sigma**2)
    assert found.pos == pytest.approx(pos, abs=2e-5)


def drawn(seed, cells=7, resources=3):
    random = np.random.default_rng(seed)
    p = random.gamma(0.7, size=cells)
    rate = random.uniform(0.2, 2, (cells, resources)) * (random.random((cells, resources)) > 0.2)
    return p / p.sum(), rate, random.uniform(0.5, 4, resources)


@pytest.mark.parametrize("seed", range(4))
def test_several_resources_are_spent_as_well_as_a_general_solver_spends_them(seed):
    p, rate, available = drawn(seed)
    start = np.tile(available / len(p), (len(p), 1)).ravel()
    oracle = minimize(
        lambda t: (p * np.exp(-(rate * t.reshape(rate.shape)).sum(axis=1))).sum(),
        start,
        jac=lambda t: -((p * np.exp(-(rate * t.reshape(rate.shape)).sum(axis=1)))[:, None] * rate).ravel(),
        bounds=[(0, None)] * rate.size,
        constraints={"type": "ineq", "fun": lambda t: available - t.reshape(rate.shape).sum(axis=0)},
        options={"ftol": 1e-10},
    )
    found = allocate(p, rate, available)
    assert found.pos >= 1 - oracle.fun - 1e-8, seed
    assert found.gap <= 1e-9
    assert (found.effort.sum(axis=0) <= available * (1 + 1e-9)).all()


def test_the_order_of_cells_and_resources_does_not_matter():
    p, rate, available = drawn(3, 40, 5)
    cells, resources = np.random.default_rng(1).permutation(40), np.random.default_rng(2).permutation(5)
    found = allocate(p, rate, available)
    other = allocate(p[cells], rate[cells][:, resources], available[resources])
    assert other.coverage == pytest.approx(found.coverage[cells], abs=1e-7)
    assert other.pos == pytest.approx(found.pos, abs=1e-9)


def test_more_effort_never_finds_less():
    p, rate, available = drawn(4, 40, 4)
    found = [allocate(p, rate, available * factor).pos for factor in (0, 0.1, 0.5, 1, 2, 10)]
    assert (np.diff(found) > 0).all()


def test_equal_resources_do_as_well_as_one_that_has_all_their_effort():
    p, rate, _ = drawn(5, 30, 1)
    together = allocate(p, np.repeat(rate, 4, axis=1), [1.0, 1.0, 1.0, 1.0])
    assert together.pos == pytest.approx(allocate(p, rate, 4.0).pos, abs=1e-9)


def test_the_gap_of_a_poor_plan_covers_what_the_best_one_gains():
    p, rate, available = drawn(6)
    even = np.tile(available / len(p), (len(p), 1))
    gained = (p * -np.expm1(-(rate * even).sum(axis=1))).sum()
    assert gained < allocate(p, rate, available).pos <= gained + duality_gap(p, rate, available, even)


@pytest.mark.parametrize(
    ("p", "rate", "available"),
    [
        ([1, 2], [[1, 1], [1, 1]], [0, 0]),
        ([0, 0], [[1, 1], [1, 1]], [1, 1]),
        ([1, 2], [[0, 0], [0, 0]], [1, 1]),
        ([], np.zeros((0, 2)), [1, 1]),
    ],
)
def test_nothing_to_gain_spends_nothing(p, rate, available):
    found = allocate(p, rate, available)
    assert (found.effort == 0).all()
    assert (found.pos, found.gap) == (0, 0)


def test_a_resource_that_can_search_nowhere_stays_at_home():
    found = allocate([1, 1], [[1, 0, 0.5], [1, 0, 0.25]], [1, 5, 1])
    assert found.effort.sum(axis=0) == pytest.approx([1, 0, 1])


def test_numbers_of_very_different_size_are_solved_to_the_same_gap():
    random = np.random.default_rng(7)
    p = 10 ** random.uniform(-9, 0, 200)
    rate = 10 ** random.uniform(-4, 2, (200, 6))
    found = allocate(p, rate, 10 ** random.uniform(-2, 3, 6), gap=1e-6)
    assert found.gap <= 1e-6 * p.sum()


@pytest.mark.parametrize(
    ("p", "rate", "available"),
    [([1, 2], [1, 2, 3], 1), ([-1, 2], [1, 2], 1), ([1, 2], [1, np.nan], 1), ([1, 2], [1, 2], -1), ([1], [1], np.inf)],
)
def test_what_is_no_effort_problem_is_refused(p, rate, available):
    with pytest.raises(BadQuery):
        allocate(p, rate, available)


def test_effort_far_beyond_all_need_is_solved_without_leaving_the_range_of_numbers():
    random = np.random.default_rng(23)
    found = allocate(random.random(5), 10 ** random.uniform(-2, 3, (5, 4)), [1e3, 1e2, 1e-3, 1e4])
    assert np.isfinite(found.effort).all()
    assert found.gap <= 1e-9


def test_the_price_of_a_resource_is_what_a_little_more_of_it_gains():
    p, rate, available = drawn(2, 30, 3)
    found = allocate(p, rate, available, gap=1e-13)
    for r in range(3):
        more = allocate(p, rate, available + 1e-3 * (np.arange(3) == r), gap=1e-13)
        assert (more.pos - found.pos) / 1e-3 == pytest.approx(found.marginal[r], rel=1e-2)


def test_resources_of_no_effort_leave_the_gap_of_the_others_as_it_is():
    p, rate, available = drawn(1)
    available[1] = 0
    assert allocate(p, rate, available).gap <= 1e-9
