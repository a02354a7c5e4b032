"""The hierarchy's answers equal the oracle's on hundreds of small random graphs, the plain search's on larger ones."""

import numpy as np
import pytest

from routing import many, query, search, unpack
from routing.cch import Cch, build_cch
from routing.customize import Metric, customize, empty_slot, recustomize
from routing.graph import Graph, build_graph
from routing.restrictions import expand_restrictions
from routing.trip import CLOSED, UNREACHED, EdgePoints, edge_points
from tests.oracle import EdgeOracle
from tests.routing.test_routing_against_oracle import Case

SEEDS = range(300)


def hierarchy(case: Case) -> tuple[Graph, Cch]:
    """A random order, so that shapes of hierarchies appear that no good order gives; every other one knows middles."""
    graph = case.graph()
    rank = np.random.default_rng(case.seed).permutation(graph.states)
    cch = build_cch(graph, np.zeros((graph.nodes, 2)), rank=rank)
    return graph, unpack.with_middles(cch, customize(cch, case.cost_ms)) if case.seed % 2 else cch


@pytest.mark.parametrize("seed", SEEDS)
def test_least_cost_equals_the_oracles_and_the_path_obeys_and_costs_it(seed: int) -> None:
    case = Case(seed)
    _, cch = hierarchy(case)
    metric = customize(cch, case.cost_ms)
    for _ in range(8):
        starts, ends = case.points(), case.points()
        points = edge_points(*zip(*starts)), edge_points(*zip(*ends))
        path = query.find_path(cch, metric, *points)
        asked, expected = f"{starts} to {ends} on {case}", case.oracle.cost(starts, ends)
        assert (path and path.cost_ms) == expected, asked
        assert query.find_cost(cch, metric, *points) == (UNREACHED if expected is None else expected), asked
        if path:
            assert case.oracle.obeys(path.edges), asked
            assert case.oracle.path_cost(path.edges, starts[path.start], ends[path.end]) == path.cost_ms, asked
            assert (path.first_fraction, path.last_fraction) == (starts[path.start][1], ends[path.end][1]), asked
            assert (path.edges[0], path.edges[-1]) == (starts[path.start][0], ends[path.end][0]), asked


@pytest.mark.parametrize("seed", SEEDS)
def test_matrix_equals_the_oracles_pair_by_pair(seed: int) -> None:
    case = Case(seed)
    _, cch = hierarchy(case)
    sources, targets = [case.points() for _ in range(4)], [case.points() for _ in range(5)]
    places = [many.as_places([edge_points(*zip(*points)) for points in each]) for each in (sources, targets)]
    found = many.find_matrix(cch, customize(cch, case.cost_ms), *places)
    expected = [[case.oracle.cost(source, target) for target in targets] for source in sources]
    assert found.tolist() == [[CLOSED if cost is None else cost for cost in row] for row in expected], str(case)


@pytest.mark.parametrize("seed", SEEDS)
def test_costs_to_every_node_equal_the_oracles(seed: int) -> None:
    case = Case(seed)
    _, cch = hierarchy(case)
    starts = case.points()
    limit = case.random.choice([UNREACHED, 0, 20])
    arrivals = {node: cost for node, cost in case.oracle.node_arrivals(starts).items() if cost <= limit}
    found = many.reach(cch, customize(cch, case.cost_ms), edge_points(*zip(*starts)), limit)
    assert found.tolist() == [arrivals.get(node, UNREACHED) for node in range(case.nodes)], f"{starts} on {case}"


@pytest.mark.parametrize("seed", range(100))
def test_answers_follow_when_costs_change_and_edges_close(seed: int) -> None:
    case = Case(seed)
    _, cch = hierarchy(case)
    metric = customize(cch, case.cost_ms)
    for _ in range(3):
        edges = [(tail, head, case.random.choice([None, 0, 4, 9])) for tail, head, _ in case.edges]
        cost_ms = np.array([CLOSED if cost is None else cost for _, _, cost in edges], np.int32)
        changed = np.flatnonzero(cost_ms != metric.cost_ms)
        for edge in changed.tolist():  # one by one, so that each is a repair
            metric = recustomize(cch, metric, edge, cost_ms[edge])
        starts, ends = case.points(), case.points()
        found = query.find_path(cch, metric, edge_points(*zip(*starts)), edge_points(*zip(*ends)))
        assert (found and found.cost_ms) == EdgeOracle(edges, case.rules).cost(starts, ends), str(case)
        assert_same(metric, customize(cch, cost_ms), str(case))


@pytest.mark.parametrize("seed", range(100))
def test_edges_left_out_are_closed_at_any_cost(seed: int) -> None:
    case = Case(seed)
    is_drivable = np.array([case.random.random() < 0.7 for _ in case.edges])
    cch = build_cch(case.graph(), np.zeros((case.nodes, 2)), is_drivable)
    metric = recustomize(cch, customize(cch, case.cost_ms), 0, 3)
    edges = [(tail, head, 3 if edge == 0 else cost) for edge, (tail, head, cost) in enumerate(case.edges)]
    edges = [(tail, head, cost if is_drivable[edge] else None) for edge, (tail, head, cost) in enumerate(edges)]
    starts, ends = case.points(), case.points()
    found = query.find_path(cch, metric, edge_points(*zip(*starts)), edge_points(*zip(*ends)))
    assert (found and found.cost_ms) == EdgeOracle(edges, case.rules).cost(starts, ends), str(case)


def assert_same(one: Metric, other: Metric, case: str) -> None:
    for name, column in one.as_arrays().items():
        np.testing.assert_array_equal(column, other.as_arrays()[name], f"{name} of {case}")


class Town:
    """Some 700 junctions in two parts, mostly streets of a bent grid, with loops, doubles, closures and turn rules."""

    def __init__(self, seed: int) -> None:
        self.chance = np.random.default_rng(seed)
        width = 26
        self.nodes = width * width
        node = np.arange(self.nodes).reshape(width, width)
        tail = np.concatenate([node[:, :-1].ravel(), node[:-1].ravel()])
        head = np.concatenate([node[:, 1:].ravel(), node[1:].ravel()])
        is_built = (self.chance.random(len(tail)) < 0.75) & ((tail % width == 9) == (head % width == 9))
        tail, head = tail[is_built], head[is_built]
        is_two_way = self.chance.random(len(tail)) < 0.85
        doubles = self.chance.integers(0, len(tail), 30)
        loops = self.chance.integers(0, self.nodes, 10)
        self.tail = np.concatenate([tail, head[is_two_way], tail[doubles], loops])
        self.head = np.concatenate([head, tail[is_two_way], head[doubles], loops])
        self.lonlat = np.stack([node.ravel() % width, node.ravel() // width], 1) * 1e-3
        self.lonlat += self.chance.uniform(-4e-4, 4e-4, self.lonlat.shape)
        rules = [rule for _ in range(200) if (rule := self._rule())]
        forbidden = expand_restrictions(self.tail, self.head, self.nodes, rules)
        self.graph = build_graph(self.tail, self.head, self.nodes, forbidden.start, forbidden.edges)
        self.cch = build_cch(self.graph, self.lonlat)

    def _rule(self) -> tuple[str, tuple[int, ...]] | None:
        sequence = [int(self.chance.integers(len(self.tail)))]
        for _ in range(int(self.chance.choice([1, 1, 2]))):
            following = np.flatnonzero(self.tail == self.head[sequence[-1]])
            if not len(following):
                return None
            sequence.append(int(self.chance.choice(following)))
        return str(self.chance.choice(["no", "no", "only"])), tuple(sequence)

    def costs(self) -> np.ndarray:
        cost_ms = self.chance.integers(0, 40_000, len(self.tail)).astype(np.int32)
        cost_ms[self.chance.random(len(cost_ms)) < 0.03] = CLOSED
        return cost_ms

    def points(self) -> EdgePoints:
        count = int(self.chance.integers(1, 5))
        return edge_points(
            self.chance.integers(0, len(self.tail), count), self.chance.random(count), self.chance.integers(0, 9, count)
        )


@pytest.fixture(params=range(4))
def town(request: pytest.FixtureRequest) -> Town:
    return Town(request.param)


def test_a_town_is_dissected_and_every_answer_is_the_plain_searches(town: Town) -> None:
    for _ in range(3):
        cost_ms = town.costs()
        metric = customize(town.cch, cost_ms)
        sources, targets = [town.points() for _ in range(15)], [town.points() for _ in range(20)]
        matrix = many.find_matrix(town.cch, metric, many.as_places(sources), many.as_places(targets))
        for i, source in enumerate(sources):
            np.testing.assert_array_equal(
                many.reach(town.cch, metric, source), search.reach(town.graph, cost_ms, source)
            )
            for j, target in enumerate(targets):
                path = search.find_path(town.graph, cost_ms, source, target)
                own = query.find_path(town.cch, metric, source, target)
                assert (own and own.cost_ms) == (path and path.cost_ms)
                assert matrix[i, j] == (path.cost_ms if path else CLOSED)


@pytest.mark.parametrize("limit_ms", [0, 1_000, 60_000, 200_000, CLOSED])
def test_a_bounded_search_is_the_unbounded_one_cut_off(town: Town, limit_ms: int) -> None:
    metric = customize(town.cch, town.costs())
    for _ in range(10):
        starts = town.points()
        every = many.reach(town.cch, metric, starts)
        found = many.reach(town.cch, metric, starts, limit_ms)
        np.testing.assert_array_equal(found, np.where(every <= limit_ms, every, UNREACHED))


def test_a_repaired_metric_is_the_full_one(town: Town) -> None:
    cost_ms = town.costs()
    metric = customize(town.cch, cost_ms)
    for _ in range(60):
        edge = town.chance.integers(0, len(cost_ms), 1)
        cost_ms[edge] = town.chance.choice([0, 5_000, 90_000, CLOSED, cost_ms[edge[0]]])
        metric = recustomize(town.cch, metric, edge, cost_ms[edge])
        assert_same(metric, customize(town.cch, cost_ms), f"edge {edge}")


@pytest.mark.parametrize("share", [0.0, 0.02, 1.0])
def test_many_changes_at_once_are_repaired_or_customized_to_the_same(
    town: Town, share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("routing.customize.REPAIR_SHARE", share)
    cost_ms = town.costs()
    metric = customize(town.cch, cost_ms)
    for count in (2, 10, 60, 400):
        edges = town.chance.choice(len(cost_ms), count, replace=False)
        cost_ms[edges] = np.where(town.chance.random(count) < 0.2, CLOSED, town.chance.integers(0, 60_000, count))
        metric = recustomize(town.cch, metric, edges, cost_ms[edges])
        assert_same(metric, customize(town.cch, cost_ms), f"{count} edges")


@pytest.mark.parametrize("threads", [2, 3])
def test_threads_give_the_same_metric(town: Town, threads: int) -> None:
    cost_ms = town.costs()
    assert_same(customize(town.cch, cost_ms, empty_slot(town.cch), threads), customize(town.cch, cost_ms), "threads")


def test_a_matrix_of_several_tables_is_that_of_one(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    metric = customize(town.cch, town.costs())
    places = many.as_places([town.points() for _ in range(70)])
    whole = many.find_matrix(town.cch, metric, places, places)
    monkeypatch.setattr(many, "BLOCK", 16)
    np.testing.assert_array_equal(many.find_matrix(town.cch, metric, places, places), whole)


def test_the_nearest_targets_are_the_cheapest_of_the_matrix(town: Town) -> None:
    metric = customize(town.cch, town.costs())
    start, targets = town.points(), many.as_places([town.points() for _ in range(40)])
    costs = many.find_matrix(town.cch, metric, many.as_places([start]), targets)[0]
    order = [i for i in np.argsort(costs, kind="stable").tolist() if costs[i] < CLOSED]
    for count in (1, 7, 100):
        number, cost = many.find_nearest(town.cch, metric, start, targets, count)
        assert number.tolist() == order[:count]
        assert cost.tolist() == costs[order[:count]].tolist()
    limit = int(np.median(costs))
    within = many.find_nearest(town.cch, metric, start, targets, 100, limit)[1]
    assert within.tolist() == [cost for cost in sorted(costs.tolist()) if cost <= limit and cost < CLOSED]
