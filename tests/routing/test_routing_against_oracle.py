"""Hundreds of small random road graphs with overlapping rules: the engine's answers equal the oracle's."""

import random

import numpy as np
import pytest

from routing.graph import Graph, build_graph
from routing.restrictions import expand_restrictions
from routing.search import find_path, reach
from routing.trip import CLOSED, UNREACHED, edge_points
from tests.oracle import EdgeOracle, Point, Rule, node_costs

SEEDS = range(400)


class Case:
    """A random road graph: loops, parallel edges, free and closed edges, rules that overlap and contain each other."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.seed = seed
        self.nodes = self.random.randint(1, 12)
        count = self.random.randint(1, 3 * self.nodes)
        self.edges = [self._edge() for _ in range(count)]
        self.rules = [rule for _ in range(self.random.randint(0, 14)) if (rule := self._rule())]
        self.oracle = EdgeOracle(self.edges, self.rules)
        self.cost_ms = np.array([CLOSED if cost is None else cost for _, _, cost in self.edges], np.int32)

    def _edge(self) -> tuple[int, int, int | None]:
        cost = self.random.choice([0, 1, 2, 5, 10, 10, 17, 33, None])
        return self.random.randrange(self.nodes), self.random.randrange(self.nodes), cost

    def _rule(self) -> Rule | None:
        sequence = [self.random.randrange(len(self.edges))]
        for _ in range(self.random.choice([1, 1, 1, 2, 2, 3, 4])):
            following = [e for e, (tail, _, _) in enumerate(self.edges) if tail == self.edges[sequence[-1]][1]]
            if not following:
                return None
            sequence.append(self.random.choice(following))
        return self.random.choice(["no", "no", "no", "only"]), tuple(sequence)

    def points(self) -> list[Point]:
        fractions = [0.0, 0.25, 1 / 3, 0.5, 0.9, 1.0, self.random.random()]
        return [
            (self.random.randrange(len(self.edges)), self.random.choice(fractions), self.random.choice([0, 0, 0, 3]))
            for _ in range(self.random.choice([1, 1, 2, 3]))
        ]

    def graph(self) -> Graph:
        tail, head = [edge[0] for edge in self.edges], [edge[1] for edge in self.edges]
        forbidden = expand_restrictions(tail, head, self.nodes, self.rules)
        return build_graph(tail, head, self.nodes, forbidden.start, forbidden.edges)

    def __str__(self) -> str:
        return f"seed {self.seed}: {self.nodes} nodes, edges {dict(enumerate(self.edges))}, rules {self.rules}"


@pytest.mark.parametrize("seed", SEEDS)
def test_least_cost_equals_the_oracles_and_the_path_obeys_and_costs_it(seed: int) -> None:
    case = Case(seed)
    graph = case.graph()
    for _ in range(8):
        starts, ends = case.points(), case.points()
        path = find_path(graph, case.cost_ms, edge_points(*zip(*starts)), edge_points(*zip(*ends)))
        asked = f"{starts} to {ends} on {case}"
        assert (path and path.cost_ms) == case.oracle.cost(starts, ends), asked
        if path:
            assert case.oracle.obeys(path.edges), asked
            assert case.oracle.path_cost(path.edges, starts[path.start], ends[path.end]) == path.cost_ms, asked
            assert (path.first_fraction, path.last_fraction) == (starts[path.start][1], ends[path.end][1]), asked
            assert (path.edges[0], path.edges[-1]) == (starts[path.start][0], ends[path.end][0]), asked


@pytest.mark.parametrize("seed", SEEDS)
def test_costs_to_every_node_equal_the_oracles(seed: int) -> None:
    case = Case(seed)
    starts = case.points()
    limit = case.random.choice([UNREACHED, 0, 20])
    arrivals = {node: cost for node, cost in case.oracle.node_arrivals(starts).items() if cost <= limit}
    found = reach(case.graph(), case.cost_ms, edge_points(*zip(*starts)), limit)
    assert found.tolist() == [arrivals.get(node, UNREACHED) for node in range(case.nodes)], f"{starts} on {case}"


@pytest.mark.parametrize("seed", range(50))
def test_without_rules_costs_are_those_of_the_plain_graph(seed: int) -> None:
    case = Case(seed)
    case.rules = []
    case.edges[0] = (*case.edges[0][:2], 7)
    case.cost_ms[0] = 7
    found = reach(case.graph(), case.cost_ms, edge_points(0, 1.0))
    plain = node_costs(case.edges, case.edges[0][1])
    assert found.tolist() == [plain.get(node, UNREACHED) for node in range(case.nodes)], str(case)


@pytest.mark.parametrize("seed", range(50))
def test_states_are_the_nodes_and_one_copy_for_each_rule_begun(seed: int) -> None:
    case = Case(seed)
    graph = case.graph()
    tail, head = [edge[0] for edge in case.edges], [edge[1] for edge in case.edges]
    forbidden = expand_restrictions(tail, head, case.nodes, case.rules).as_tuples()
    begun = {sequence[:length] for sequence in forbidden for length in range(1, len(sequence))}
    broken = {b for b in begun for f in forbidden if any(b[i : i + len(f)] == f for i in range(len(b)))}
    assert graph.states == case.nodes + len(begun - broken), str(case)
    assert sorted(graph.node_origin[case.nodes :]) == sorted(head[b[-1]] for b in begun - broken), str(case)


@pytest.mark.parametrize("seed", range(30))
def test_costs_may_change_under_an_unchanged_graph(seed: int) -> None:
    case = Case(seed)
    graph = case.graph()
    for _ in range(3):
        edges = [(tail, head, case.random.choice([None, 0, 4, 9])) for tail, head, _ in case.edges]
        cost_ms = np.array([CLOSED if cost is None else cost for _, _, cost in edges], np.int32)
        starts, ends = case.points(), case.points()
        path = find_path(graph, cost_ms, edge_points(*zip(*starts)), edge_points(*zip(*ends)))
        assert (path and path.cost_ms) == EdgeOracle(edges, case.rules).cost(starts, ends), str(case)
