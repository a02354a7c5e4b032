"""Lengths of arcs are those of the edges read under them; lengths in a matrix are those of the paths."""

import numpy as np
import pytest

from routing import many, query, unpack
from routing.cch import Cch
from routing.customize import Metric, customize
from routing.errors import BadCost
from routing.measure import Lengths, measure
from routing.trip import CLOSED, EdgePoints, Path, edge_points
from tests.oracle import EdgeOracle
from tests.routing.test_routing_against_oracle import Case
from tests.routing.test_routing_cch_oracle import Town, hierarchy

SEEDS = range(200)


def assert_lengths_are_of_the_edges(cch: Cch, metric: Metric, lengths: Lengths, case: str) -> None:
    lower = np.repeat(np.arange(cch.states), np.diff(cch.up_start))
    for weight, found, is_down in ((metric.up_ms, lengths.up_cm, 0), (metric.down_ms, lengths.down_cm, 1)):
        for arc in range(cch.arcs):
            if weight[arc] == CLOSED:
                assert found[arc] == CLOSED, case
                continue
            edges = unpack.edges_under(cch, metric, np.array([[lower[arc], ~arc if is_down else arc]]))
            assert found[arc] == lengths.edge_cm[edges].sum(), f"arc {arc} down {is_down} on {case}"


def path_cm(length_cm: np.ndarray, path: Path) -> int:
    first, last = length_cm[path.edges[0]], length_cm[path.edges[-1]]
    return int(length_cm[path.edges[:-1]].sum() - int(first * path.first_fraction) + int(last * path.last_fraction))


@pytest.mark.parametrize("seed", SEEDS)
def test_an_arc_is_as_long_as_the_edges_a_path_reads_under_it_however_many_ways_are_as_quick(seed: int) -> None:
    case = Case(seed)
    _, cch = hierarchy(case)
    metric = customize(cch, case.cost_ms)
    length_cm = np.random.default_rng(seed).integers(0, 99, len(case.edges)).astype(np.int32)
    assert_lengths_are_of_the_edges(cch, metric, measure(cch, metric, length_cm), str(case))


@pytest.mark.parametrize("threads", [1, 3])
def test_lengths_of_a_towns_arcs_are_those_of_their_edges(threads: int) -> None:
    town = Town(5)
    cost_ms = np.where(town.costs() == CLOSED, CLOSED, town.chance.integers(0, 4, len(town.tail))).astype(np.int32)
    metric = customize(town.cch, cost_ms)
    length_cm = town.chance.integers(0, 5_000, len(cost_ms)).astype(np.int32)
    assert_lengths_are_of_the_edges(town.cch, metric, measure(town.cch, metric, length_cm, threads), "town")


@pytest.mark.parametrize("seed", range(3))
def test_matrix_lengths_are_those_of_the_paths_where_one_way_is_quickest(seed: int) -> None:
    town = Town(seed)
    cost_ms = town.costs()
    length_cm = town.chance.integers(0, 50_000, len(cost_ms)).astype(np.int32)
    metric = customize(town.cch, np.where(cost_ms == CLOSED, CLOSED, cost_ms * 1_000 + length_cm % 997))
    sources, targets = [one_point(town) for _ in range(25)], [one_point(town) for _ in range(25)]
    places = many.as_places(sources), many.as_places(targets)
    cost, cm = many.find_matrix(town.cch, metric, *places, measure(town.cch, metric, length_cm))
    np.testing.assert_array_equal(cost, many.find_matrix(town.cch, metric, *places))
    for i, source in enumerate(sources):
        for j, target in enumerate(targets):
            path = query.find_path(town.cch, metric, source, target)
            assert cm[i, j] == (CLOSED if path is None else path_cm(length_cm, path)), (i, j)


def one_point(town: Town) -> EdgePoints:
    return edge_points(int(town.chance.integers(0, len(town.tail))), float(town.chance.random()))


@pytest.mark.parametrize("seed", SEEDS)
def test_of_equally_quick_ways_a_matrix_tells_the_length_of_one_not_longer_than_the_path(seed: int) -> None:
    case = Case(seed)
    _, cch = hierarchy(case)
    metric = customize(cch, case.cost_ms)
    chance = np.random.default_rng(seed)
    length_cm = chance.integers(0, 99, len(case.edges)).astype(np.int32)
    both = [
        (tail, head, None if cost is None else cost * 100_000 + int(length_cm[edge]))
        for edge, (tail, head, cost) in enumerate(case.edges)
    ]
    oracle = EdgeOracle(both, case.rules)
    sources, targets = ([(int(edge), at, 0) for edge in chance.integers(0, len(both), 4)] for at in (0.0, 1.0))
    places = [many.as_places([edge_points(*point) for point in points]) for points in (sources, targets)]
    cost, cm = many.find_matrix(cch, metric, *places, measure(cch, metric, length_cm))
    for i, source in enumerate(sources):
        for j, target in enumerate(targets):
            path = query.find_path(cch, metric, edge_points(*source), edge_points(*target))
            least = oracle.cost([source], [target])
            if path is None or least is None:
                assert (path, least, cost[i, j], cm[i, j]) == (None, None, CLOSED, CLOSED), str(case)
                continue
            assert cost[i, j] == path.cost_ms == least // 100_000, str(case)
            assert least % 100_000 <= cm[i, j] <= path_cm(length_cm, path), f"{source} to {target} on {case}"


@pytest.mark.parametrize("count", [1, 3])
def test_lengths_with_several_points_and_tables_are_those_of_one(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    town = Town(2)
    metric = customize(town.cch, town.costs())
    lengths = measure(town.cch, metric, town.chance.integers(0, 9_000, len(town.tail)).astype(np.int32))
    places = many.as_places([town.points() for _ in range(70)])
    whole = many.find_matrix(town.cch, metric, places, places, lengths)
    np.testing.assert_array_equal(whole[0], many.find_matrix(town.cch, metric, places, places))
    monkeypatch.setattr(many, "BLOCK", count)
    np.testing.assert_array_equal(many.find_matrix(town.cch, metric, places, places, lengths), whole)


def test_very_long_ways_stay_at_the_greatest_length() -> None:
    case = Case(1)
    case.nodes, case.rules, case.edges = 6, [], [(i, i + 1, 1) for i in range(5)]
    case.cost_ms = np.ones(5, np.int32)
    _, cch = hierarchy(case)
    metric = customize(cch, case.cost_ms)
    lengths = measure(cch, metric, np.full(5, 2**30, np.int32))
    places = many.as_places([edge_points(0)]), many.as_places([edge_points(4, 1.0), edge_points(0, 0.5)])
    cost, cm = many.find_matrix(cch, metric, *places, lengths)
    assert (cost.tolist(), cm.tolist()) == ([[5, 0]], [[CLOSED, 2**29]])


def test_lengths_that_do_not_fit_are_refused() -> None:
    case = Case(1)
    _, cch = hierarchy(case)
    metric = customize(cch, case.cost_ms)
    with pytest.raises(BadCost, match="int32 column"):
        measure(cch, metric, np.zeros(len(case.edges), np.int64))
    with pytest.raises(BadCost, match="negative"):
        measure(cch, metric, np.full(len(case.edges), -1, np.int32))
    with pytest.raises(BadCost, match=r"1\.\.64"):
        measure(cch, metric, np.zeros(len(case.edges), np.int32), 0)
    arrays = measure(cch, metric, np.zeros(len(case.edges), np.int32)).as_arrays()
    assert Lengths.from_arrays(cch, arrays).as_arrays().keys() == arrays.keys()
    with pytest.raises(BadCost, match="missing"):
        Lengths.from_arrays(cch, {"up_cm": arrays["up_cm"]})
    with pytest.raises(BadCost, match="another hierarchy"):
        Lengths.from_arrays(cch, arrays | {"edge_cm": np.zeros(1 + len(case.edges), np.int32)})
