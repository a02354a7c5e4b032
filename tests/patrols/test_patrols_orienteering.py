"""The next round: never over the time, never under the nearest first, never over the bound, near the best of all."""

from __future__ import annotations

from itertools import pairwise, permutations

import numpy as np
import pytest

from location_cloud.patrols.orienteering import find_tour, nearest_first, upper_bound


def drawn(seed, count):
    """Times on a plane with detours, and gains."""
    chance = np.random.default_rng(seed)
    place = chance.random((count + 1, 2)) * 1000
    times = np.hypot(*(place[:, None] - place[None]).transpose(2, 0, 1)) * chance.uniform(
        1, 1.3, (count + 1, count + 1)
    )
    return times, np.r_[0.0, chance.integers(1, 30, count)].astype(float)


def spent(order, times, stop_s):
    way = [0, *order, 0]
    return sum(times[a, b] for a, b in pairwise(way)) + stop_s * len(order)


def best_of_all(times, gain, stop_s, budget_s):
    places = range(1, len(gain))
    return max(
        sum(gain[each] for each in order)
        for size in range(len(gain))
        for order in permutations(places, size)
        if spent(order, times, stop_s) <= budget_s
    )


@pytest.mark.parametrize("seed", range(12))
def test_a_small_round_gains_nearly_as_much_as_the_best_of_all(seed):
    times, gain = drawn(seed, 6)
    tour = find_tour(times.copy(), gain, 30.0, 1800.0, seed=1)
    best = best_of_all(times, gain, 30.0, 1800.0)
    assert 0.9 * best <= tour.gained <= best


@pytest.mark.parametrize("seed", range(6))
def test_a_round_keeps_its_time_and_lies_between_the_nearest_first_and_the_bound(seed):
    times, gain = drawn(seed, 60)
    tour = find_tour(times.copy(), gain, 20.0, 3000.0, seed=1)
    assert spent(tour.order, times, 20.0) == pytest.approx(tour.duration_s)
    assert tour.duration_s <= 3000.0
    assert len(set(tour.order)) == len(tour.order)
    assert gain[nearest_first(times.copy(), gain, 20.0, 3000.0)].sum() <= tour.gained <= tour.bound


@pytest.mark.parametrize("seed", range(8))
def test_no_round_gains_more_than_the_bound(seed):
    times, gain = drawn(seed, 6)
    travel = times + 30.0
    travel[:, 0] = times[:, 0]
    np.fill_diagonal(travel, np.inf)
    bound = upper_bound(travel, gain, gain > 0, 1500.0)
    assert bound >= best_of_all(times, gain, 30.0, 1500.0) - 1e-9


def test_the_same_question_gives_the_same_round():
    times, gain = drawn(3, 40)
    rounds = {tuple(find_tour(times.copy(), gain, 0.0, 2000.0, seed=5).order) for _ in range(2)}
    assert len(rounds) == 1


def test_places_without_a_way_there_or_back_are_left_out():
    times, gain = drawn(4, 8)
    times[0, 3] = times[5, 0] = np.inf
    times[:, 7] = np.inf
    order = find_tour(times.copy(), gain, 0.0, 5000.0, seed=1).order
    assert not {7} & set(order)
    assert np.isfinite(spent(order, times, 0.0))


@pytest.mark.parametrize("budget_s", [0.0, 1.0])
def test_where_nothing_is_in_reach_the_round_is_empty(budget_s):
    times, gain = drawn(5, 10)
    tour = find_tour(times, gain, 0.0, budget_s, seed=1)
    assert (tour.order, tour.gained, tour.duration_s) == ([], 0.0, 0.0)


def test_no_places_give_an_empty_round():
    assert find_tour(np.zeros((1, 1)), np.zeros(1), 0.0, 100.0, seed=1).order == []
