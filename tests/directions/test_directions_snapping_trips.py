"""Orders of visit against every permutation, and against what a better search cannot much improve."""

from itertools import pairwise, permutations

import numpy as np
import pytest

from location_cloud.directions.trips import find_trip
from location_cloud.errors import TooLarge
from routing.tour import find_tour
from routing.trip import CLOSED


def trip_ms(durations, order, roundtrip):
    stops = [*order, order[0]] if roundtrip else list(order)
    legs = [int(durations[a, b]) for a, b in pairwise(stops)]
    return None if CLOSED in legs else sum(legs)


def best_ms(durations, roundtrip, source_fixed, destination_fixed):
    n = len(durations)
    found = [
        trip_ms(durations, order, roundtrip)
        for order in permutations(range(n))
        if (not source_fixed or order[0] == 0) and (not destination_fixed or order[-1] == n - 1)
    ]
    return min((cost for cost in found if cost is not None), default=None)


@pytest.mark.parametrize("roundtrip", [True, False])
@pytest.mark.parametrize("source_fixed", [True, False])
@pytest.mark.parametrize("destination_fixed", [True, False])
@pytest.mark.parametrize("places", [2, 3, 4, 6])
def test_trip_is_the_best_permutation(roundtrip, source_fixed, destination_fixed, places) -> None:
    fixed = {"roundtrip": roundtrip, "source_fixed": source_fixed, "destination_fixed": destination_fixed}
    for seed in range(12):
        random = np.random.default_rng(seed)
        durations = random.integers(0, 1000, (places, places)).astype(np.int32)
        durations[random.random((places, places)) < random.choice([0.0, 0.4])] = CLOSED
        wanted, order = best_ms(durations, **fixed), find_trip(durations, **fixed)
        if order is None:
            assert wanted is None, seed
            continue
        assert trip_ms(durations, order, roundtrip) == wanted, seed
        assert sorted(order.tolist()) == list(range(places)), seed
        assert order[0] == 0 or not source_fixed
        assert order[-1] == places - 1 or not destination_fixed


@pytest.mark.parametrize("places", [14, 40, 100])
def test_round_of_many_places_is_a_ring_where_they_stand_in_one(places) -> None:
    random = np.random.default_rng(places)
    at = random.permutation(places)
    x, y = np.cos(at / places * 2 * np.pi), np.sin(at / places * 2 * np.pi)
    durations = np.rint(1e6 * np.hypot(x[:, None] - x, y[:, None] - y)).astype(np.int32)
    order = find_trip(durations)
    ring = np.argsort(at)
    assert trip_ms(durations, order, True) == trip_ms(durations, ring, True)


def test_one_way_ring_is_driven_the_right_way() -> None:
    n = 60
    durations = np.full((n, n), 100_000, np.int32)
    at = np.random.default_rng(3).permutation(n)
    durations[at, np.roll(at, -1)] = 1
    assert trip_ms(durations, find_trip(durations), True) == n


def test_same_question_gives_the_same_order() -> None:
    durations = np.random.default_rng(1).integers(1, 10**6, (50, 50)).astype(np.int32)
    assert find_trip(durations).tolist() == find_trip(durations).tolist()


def test_many_places_that_no_order_joins_give_none() -> None:
    durations = np.full((20, 20), 5, np.int32)
    durations[:, 7] = CLOSED
    assert find_trip(durations) is None


def test_search_beyond_the_exact_size_finds_what_the_exact_one_does() -> None:
    for seed in range(5):
        at = np.random.default_rng(seed).random((13, 2))
        costs = np.rint(1e6 * np.hypot(*(at[:, None] - at).transpose(2, 0, 1))).astype(np.int64)
        exact = find_tour(costs)[1]
        doubled = np.vstack([costs, costs[-1:]])  # one place twice: too many for the exact way
        assert find_tour(np.hstack([doubled, doubled[:, -1:]]))[1] == exact


def test_too_many_places_are_refused() -> None:
    with pytest.raises(TooLarge, match="101 places"):
        find_trip(np.zeros((101, 101), np.int32))
