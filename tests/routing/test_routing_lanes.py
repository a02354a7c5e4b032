"""Matrices of many threads at once, of one thread after another size, and over weights that change meanwhile."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from routing import many, query
from routing.customize import customize
from routing.lanes import LANES
from routing.trip import CLOSED, UNREACHED
from tests.routing.test_routing_cch_oracle import Town


@pytest.fixture(scope="module")
def town() -> Town:
    return Town(5)


@pytest.mark.parametrize("count", [1, LANES - 1, LANES, LANES + 1, 5 * LANES])
def test_full_and_half_full_groups_cost_what_pairs_cost(town: Town, count: int) -> None:
    metric = customize(town.cch, town.costs())
    sources, targets = [town.points() for _ in range(count)], [town.points() for _ in range(3)]
    found = many.find_matrix(town.cch, metric, many.as_places(sources), many.as_places(targets))
    alone = [[query.find_cost(town.cch, metric, one, other) for other in targets] for one in sources]
    assert found.tolist() == [[CLOSED if cost == UNREACHED else cost for cost in row] for row in alone]


def test_threads_that_ask_at_once_get_their_own_matrices(town: Town) -> None:
    metric = customize(town.cch, town.costs())
    sides = [many.as_places([town.points() for _ in range(count)]) for count in (3, 90, 20, 40)]
    alone = [many.find_matrix(town.cch, metric, one, other) for one, other in pairwise(sides)]
    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(many.find_matrix, town.cch, metric, *sides[i % 3 : i % 3 + 2]) for i in range(120)]
    for number, job in enumerate(jobs):
        np.testing.assert_array_equal(job.result(), alone[number % 3])


def test_weights_that_change_meanwhile_do_no_harm(town: Town) -> None:
    open_, shut = customize(town.cch, town.costs()), customize(town.cch, np.full(town.cch.edges, CLOSED, np.int32))
    slot = {name: array.copy() for name, array in open_.as_arrays().items()}
    metric, places = replace(open_, **slot), many.as_places([town.points() for _ in range(60)])
    is_over = threading.Event()

    def rewrite() -> None:
        while not is_over.is_set():
            for other in (shut, open_):
                for name, array in other.as_arrays().items():
                    slot[name][:] = array

    writer = threading.Thread(target=rewrite)
    writer.start()
    for _ in range(300):
        many.find_matrix(town.cch, metric, places, places)
    is_over.set()
    writer.join()
    wanted = many.find_matrix(town.cch, open_, places, places)
    np.testing.assert_array_equal(many.find_matrix(town.cch, metric, places, places), wanted)
