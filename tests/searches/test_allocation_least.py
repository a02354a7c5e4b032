"""Assignments of a least length, against all that there are."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from location_cloud.searches.allocation import allocate
from location_cloud.searches.allocation_least import allocate_least


def success(p, rate, effort):
    return float((p * -np.expm1(-(rate * effort).sum(axis=1))).sum())


def drawn(seed, cells, resources, hours=6.0):
    """Chances, rates and hours as of a real plan: a few likely segments, many that are not."""
    rng = np.random.default_rng(seed)
    p = rng.lognormal(0, 1.5, cells)
    return p / p.sum(), rng.uniform(0.05, 1.5, (cells, resources)), rng.uniform(hours / 2, hours, resources)


def best_of_all(p, rate, hours, least):
    """Every set of assignments, shared out as is best."""
    best = 0.0
    for sent in product((False, True), repeat=rate.size):
        sure = np.where(np.reshape(sent, rate.shape), least, 0.0)
        left = hours - sure.sum(axis=0)
        if (left < 0).any():
            continue
        beside = p * np.exp(-(rate * sure).sum(axis=1))
        effort = sure + allocate(beside, np.where(sure > 0, rate, 0.0), left).effort
        best = max(best, success(p, rate, effort))
    return best


@pytest.mark.parametrize("seed", range(6))
def test_it_is_nearly_the_best_of_all_sets_of_assignments(seed):
    p, rate, hours = drawn(seed, 4, 2)
    effort, gap = allocate_least(p, rate, hours, 1.5)
    found, best = success(p, rate, effort), best_of_all(p, rate, hours, 1.5)
    assert 0.99 * best <= found <= best + 1e-9
    assert best - found <= gap + 1e-9


@pytest.mark.parametrize("least", [0.25, 1.0, 3.0])
def test_no_assignment_is_shorter_and_no_hour_is_spent_twice(least):
    p, rate, hours = drawn(7, 60, 4)
    effort, _ = allocate_least(p, rate, hours, least)
    assert ((effort == 0) | (effort >= least - 1e-9)).all()
    assert effort.sum(axis=0) == pytest.approx(np.where(hours >= least, hours, 0), rel=1e-6)


def test_hours_spread_thin_are_gathered_where_they_are_worth_most():
    p, rate, hours = drawn(3, 200, 4)
    rate *= 20  # each segment is searched in minutes: the exact plan is all short assignments
    any_length = allocate(p, rate, hours)
    effort, gap = allocate_least(p, rate, hours, 1.0)
    assert (any_length.effort.max(axis=0) < 1).all()
    assert success(p, rate, effort) > 0.5 * any_length.pos
    assert gap == pytest.approx(any_length.pos - success(p, rate, effort), abs=2e-4)


def test_without_a_least_it_is_the_exact_plan():
    p, rate, hours = drawn(5, 30, 3)
    effort, gap = allocate_least(p, rate, hours, 0.0)
    assert effort == pytest.approx(allocate(p, rate, hours, 1e-4).effort)
    assert gap <= 1e-4


def test_who_has_less_than_the_least_stays():
    p, rate, _ = drawn(5, 30, 2)
    effort, _ = allocate_least(p, rate, np.array([0.5, 4.0]), 1.0)
    assert effort.sum(axis=0) == pytest.approx([0, 4.0])
