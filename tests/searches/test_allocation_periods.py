"""Effort over several periods for a subject who moves."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.sparse import csr_array, eye_array

from location_cloud.errors import BadQuery
from location_cloud.searches.allocation import allocate
from location_cloud.searches.allocation_periods import allocate_periods


def walk(cells, stay=0.6):
    side = np.full(cells - 1, (1 - stay) / 2)
    return csr_array(np.diag(np.full(cells, stay)) + np.diag(side, 1) + np.diag(side, -1))


def test_one_period_is_the_plain_allocation():
    plan = allocate_periods([0.5, 0.3, 0.2], [[1, 2, 1]], [1.0], [])
    assert plan.pos == pytest.approx(allocate([0.5, 0.3, 0.2], [1, 2, 1], 1.0).pos)


def test_a_subject_who_stays_is_found_as_often_as_with_all_effort_at_once():
    p, rate = np.array([0.5, 0.3, 0.2]), np.array([1.0, 0.5, 2.0])
    plan = allocate_periods(p, [rate] * 3, [0.5, 0.7, 0.8], eye_array(3).tocsr(), gap=1e-7)
    assert plan.pos == pytest.approx(allocate(p, rate, 2.0).pos, abs=1e-6)


def test_a_mover_is_waited_for_where_everybody_comes_by():
    move = csr_array([[0, 0, 1.0], [0, 0, 1.0], [0, 0, 1.0]])
    plan = allocate_periods([0.5, 0.5, 0], [[1, 1, 1]] * 2, [1, 1], move)
    assert plan.periods[1].effort.ravel() == pytest.approx([0, 0, 1])


@pytest.mark.parametrize("seed", range(2))
def test_a_plan_is_as_good_as_a_general_solver_finds(seed):
    random = np.random.default_rng(seed)
    p, rate, move, effort = random.dirichlet(np.ones(4)), random.uniform(0.3, 1.5, 4), walk(4), [1.0, 1.5, 1.0]

    def missed(t):
        left = p
        for period, each in enumerate(t.reshape(3, 4)):
            left = left * np.exp(-rate * each)
            left = left @ move if period < 2 else left
        return left.sum() + gone(t)

    def gone(t):
        left, away = p, 0.0
        for each in t.reshape(3, 4)[:2]:
            left = left * np.exp(-rate * each)
            away += (left * (1 - move.sum(axis=1))).sum()
            left = left @ move
        return away

    limits = {"type": "ineq", "fun": lambda t: effort - t.reshape(3, 4).sum(axis=1)}
    oracle = minimize(missed, np.full(12, 0.3), bounds=[(0, None)] * 12, constraints=limits, options={"ftol": 1e-9})
    plan = allocate_periods(p, [rate] * 3, effort, move, gap=1e-6)
    assert plan.pos >= 1 - oracle.fun - 1e-6, seed
    assert plan.gap <= 1e-6


def test_a_place_of_several_cells_is_searched_all_over_alike():
    p, move, place = np.array([0.4, 0.1, 0.2, 0.3]), walk(4).toarray(), np.array([0, 0, 1, 1])
    plan = allocate_periods(p, [[1.0, 0.7]] * 2, [1.0, 1.2], csr_array(move), 1e-7, place=place)
    shares = np.linspace(0, 1, 101)
    found = []
    for first in shares:
        left = p * np.exp(-np.array([first, 0.7 * (1 - first)]))[place]
        later = left @ move
        for second in shares:
            missed = later * np.exp(-np.array([1.2 * second, 0.84 * (1 - second)]))[place]
            found.append(p.sum() - left.sum() + later.sum() - missed.sum())
    assert plan.gap <= 1e-7
    assert max(found) <= plan.pos + 1e-7 <= max(found) + 1e-4


def test_where_nobody_searches_nothing_is_found():
    plan = allocate_periods([0.5, 0.5], [[1.0]] * 2, [9.0, 9.0], eye_array(2).tocsr(), place=np.array([0, -1]))
    assert plan.pos == pytest.approx(0.5, abs=1e-3)


def test_what_is_found_missed_and_gone_adds_up():
    p, move = np.full(5, 0.2), walk(5)
    plan = allocate_periods(p, [np.ones((5, 2))] * 4, [[0.5, 0.5]] * 4, move)
    after = (plan.undetected[-1] * np.exp(-plan.periods[-1].coverage)).sum()
    gone = sum(
        (plan.undetected[k] * np.exp(-plan.periods[k].coverage) * (1 - move.sum(axis=1))).sum() for k in range(3)
    )
    assert plan.pos + after + gone == pytest.approx(1)


@pytest.mark.parametrize(
    "question",
    [
        lambda: allocate_periods([1.0], [], [], []),
        lambda: allocate_periods([1.0], [[1]] * 2, [1], walk(1)),
        lambda: allocate_periods([0.5, 0.5], [[1, 1]] * 2, [1, 1], walk(3)),
    ],
)
def test_periods_that_do_not_fit_together_are_refused(question):
    with pytest.raises(BadQuery):
        question()
