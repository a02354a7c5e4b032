"""Batches of pairs, and the nearest of many sources, equal single questions."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from routing import many, query, weights
from routing.customize import Metric, customize
from routing.errors import BadCost, BadPoint
from routing.places import as_places
from routing.trip import CLOSED, EdgePoints, edge_points
from tests.routing.test_routing_against_oracle import Case
from tests.routing.test_routing_cch_oracle import Town, hierarchy


@pytest.fixture(scope="module")
def town() -> Town:
    return Town(11)


@pytest.fixture(scope="module")
def metric(town: Town) -> Metric:
    return customize(town.cch, town.costs())


@pytest.mark.parametrize("threads", [1, 3])
def test_pairs_cost_what_each_costs_alone(town: Town, metric: Metric, threads: int) -> None:
    sources, targets = [town.points() for _ in range(90)], [town.points() for _ in range(90)]
    found = query.find_costs(town.cch, metric, as_places(sources), as_places(targets), threads)
    assert found.tolist() == [query.find_cost(town.cch, metric, *pair) for pair in zip(sources, targets)]


def test_no_pairs_cost_nothing_and_uneven_ones_are_refused(town: Town, metric: Metric) -> None:
    none, one = as_places([]), as_places([town.points()])
    assert query.find_costs(town.cch, metric, none, none).tolist() == []
    with pytest.raises(BadPoint, match="1 sources and 0 targets"):
        query.find_costs(town.cch, metric, one, none)
    with pytest.raises(BadCost, match="threads"):
        query.find_costs(town.cch, metric, one, one, 0)
    with pytest.raises(BadPoint, match="not of this graph"):
        query.find_costs(town.cch, metric, one, as_places([edge_points(town.cch.edges)]))


@pytest.mark.parametrize("seed", range(200))
def test_the_nearest_sources_and_targets_are_the_oracles(seed: int) -> None:
    case = Case(seed)
    _, cch = hierarchy(case)
    metric = customize(cch, case.cost_ms)
    one, others = case.points(), [case.points() for _ in range(5)]
    places = as_places([edge_points(*zip(*points)) for points in others])
    for ask, costs in (
        (many.find_nearest, [case.oracle.cost(one, other) for other in others]),
        (lambda *given: many.find_nearest_sources(*given[:2], given[3], given[2], *given[4:]),
         [case.oracle.cost(other, one) for other in others]),
    ):  # fmt: skip
        expected = sorted((cost, i) for i, cost in enumerate(costs) if cost is not None)
        number, cost = ask(cch, metric, edge_points(*zip(*one)), places, 3)
        assert list(zip(cost.tolist(), number.tolist())) == expected[:3], f"{one} and {others} on {case}"


def test_the_nearest_sources_are_the_cheapest_of_a_column(town: Town, metric: Metric) -> None:
    sources, end = as_places([town.points() for _ in range(60)]), town.points()
    column = many.find_matrix(town.cch, metric, sources, as_places([end]))[:, 0]
    number, cost = many.find_nearest_sources(town.cch, metric, sources, end, 100)
    order = [i for i in np.argsort(column, kind="stable").tolist() if column[i] < CLOSED]
    assert (number.tolist(), cost.tolist()) == (order, column[order].tolist())
    limit = int(np.median(column))
    within = many.find_nearest_sources(town.cch, metric, sources, end, 100, limit)[1]
    assert within.tolist() == [cost for cost in sorted(column.tolist()) if cost <= limit and cost < CLOSED]


def test_many_threads_ask_at_once_and_each_gets_its_own_answer(town: Town, metric: Metric) -> None:
    pairs = [(town.points(), town.points()) for _ in range(200)]
    alone = [query.find_cost(town.cch, metric, *pair) for pair in pairs]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda pair: query.find_cost(town.cch, metric, *pair), pairs)) == alone


def test_a_small_hierarchy_is_asked_after_a_large_one_and_back(town: Town, metric: Metric) -> None:
    case = Case(4)
    _, small = hierarchy(case)
    small_metric = customize(small, case.cost_ms)
    starts, ends = town.points(), town.points()
    before = query.find_cost(town.cch, metric, starts, ends)
    assert query.find_cost(small, small_metric, edge_points(0), edge_points(0, 1.0)) == case.edges[0][2]
    assert query.find_cost(town.cch, metric, starts, ends) == before


def test_points_of_uneven_columns_are_refused(town: Town, metric: Metric) -> None:
    uneven = EdgePoints(np.zeros(2, np.int32), np.zeros(1), np.zeros(2, np.int64))
    for ask in (query.find_cost, query.find_path):
        with pytest.raises(BadPoint, match="one length"):
            ask(town.cch, metric, uneven, edge_points(0))
        with pytest.raises(BadPoint, match="not of this graph"):
            ask(town.cch, metric, edge_points(0), edge_points(-1))


def test_who_asks_while_open_arcs_are_listed_gets_them_listed(
    town: Town, metric: Metric, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Searches over an area read the list: one that got weights without it read beyond their end."""
    list_open, met = weights._list_open, []

    def listed_meanwhile(*columns):
        if not met:
            met.append(None)
            met.append(weights.weights_of(town.cch, fresh, weights.LIST_AFTER))
        return list_open(*columns)

    fresh = Metric(metric.cost_ms, metric.up_ms, metric.down_ms)
    monkeypatch.setattr(weights, "_list_open", listed_meanwhile)
    first = weights.weights_of(town.cch, fresh, weights.LIST_AFTER)
    assert all(len(one.columns[-1]) for one in (first, met[1]))


def test_open_arcs_that_grow_more_while_they_are_listed_stay_within_their_list(town: Town, metric: Metric) -> None:
    """A live metric may be rewritten under its reader; here its counted arcs are fewer than those met."""

    shut = np.full_like(metric.up_ms, CLOSED)
    up_start, up_head, parent = town.cch.up_start, town.cch.up_head, town.cch.parent
    ranks, arcs = weights._list_open.py_func(up_start, up_head, parent, _Changing(shut, metric.up_ms), shut)
    assert len(arcs) == 0
    assert ranks[-1, 0] == 0


class _Changing:
    """A column that another process rewrites after it was read once from one end to the other."""

    def __init__(self, before, after) -> None:
        self._before, self._after, self._reads = before, after, 0

    def __len__(self) -> int:
        return len(self._before)

    def __getitem__(self, place):
        self._reads += 1
        return (self._before if self._reads <= len(self._before) else self._after)[place]
