"""Maximal covering: exact against every choice, the greedy way named so, the rest kept covered."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from location_cloud.dispatch.covering import assign, choose_keeping, find_cover, find_greedy_cover


def best_of_all(covers, weight, count):
    """The most that any choice covers, by trying all."""
    choices = combinations(range(covers.shape[1]), min(count, covers.shape[1]))
    return max(float(weight[covers[:, list(each)].any(axis=1)].sum()) for each in choices)


def a_town(seed, demands=40, sites=9):
    chance = np.random.default_rng(seed)
    covers = np.hypot(*(chance.random((demands, 2))[:, None] - chance.random((sites, 2))).T).T < 0.25
    return covers, chance.integers(0, 10, demands).astype(float)


@pytest.mark.parametrize("seed", range(12))
def test_the_exact_choice_covers_as_much_as_the_best_of_all_choices(seed):
    covers, weight = a_town(seed)
    found = find_cover(covers, weight, 1 + seed % 4, 10.0)
    best = best_of_all(covers, weight, 1 + seed % 4)
    assert found.status == "optimal"
    assert found.covered == found.bound == best
    assert float(weight[covers[:, list(found.sites)].any(axis=1)].sum()) == best
    assert len(found.sites) == 1 + seed % 4


@pytest.mark.parametrize("seed", range(12))
def test_the_greedy_choice_is_named_so_and_never_beats_its_bound(seed):
    covers, weight = a_town(seed)
    found = find_greedy_cover(covers, weight, 3)
    assert found.status == "heuristic"
    assert 0.9 * best_of_all(covers, weight, 3) <= found.covered <= best_of_all(covers, weight, 3) <= found.bound


def test_without_time_the_greedy_choice_is_told_with_a_bound():
    covers, weight = a_town(3, 3000, 300)
    found = find_cover(covers, weight, 20, 1e-6)
    assert found.status in ("heuristic", "feasible", "optimal")
    assert found.covered <= found.bound
    assert len(found.sites) == 20


def test_more_units_than_sites_take_every_site():
    covers, weight = a_town(1)
    assert find_cover(covers, weight, 50, 5.0).sites == tuple(range(9))


def test_nothing_in_reach_is_covered_by_nobody():
    found = find_cover(np.zeros((5, 3), bool), np.ones(5), 2, 5.0)
    assert (found.covered, found.bound, found.status) == (0.0, 0.0, "optimal")


def test_the_unit_whose_ground_others_cover_too_is_sent():
    covers = np.array([[1, 1, 0], [1, 1, 0], [0, 0, 1]], bool)
    assert choose_keeping(covers, np.ones(3), [2, 1, 0], 1) == ([1], 3.0, 3.0)
    assert choose_keeping(covers, np.ones(3), [2, 1, 0], 2) == ([1, 2], 3.0, 2.0)


def test_of_equal_units_the_first_candidate_is_sent():
    covers = np.ones((2, 3), bool)
    assert choose_keeping(covers, np.ones(2), [1, 0, 2], 1)[0] == [1]


def test_units_are_assigned_to_sites_by_least_total_time_and_never_without_a_way():
    assert assign(np.array([[1.0, 2.0], [1.0, 9.0]])) == [(0, 1), (1, 0)]
    assert assign(np.array([[np.inf], [3.0]])) == [(1, 0)]
    assert assign(np.array([[np.inf]])) == []
