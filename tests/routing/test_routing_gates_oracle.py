"""Small random graphs with gates and turn delays: whichever gates are shut, the engine's answers are the oracle's."""

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pytest

from routing import many, query, search
from routing.cch import Cch, build_cch
from routing.customize import customize, recustomize
from routing.gates import edge_costs, edges_of_roads, end_points, on_roads
from routing.graph import Graph, build_graph
from routing.restrictions import expand_restrictions
from routing.trip import CLOSED, UNREACHED, EdgePoints, Path, edge_points
from tests.oracle import EdgeOracle, Point, Rule
from tests.routing.test_routing_against_oracle import Case

SEEDS = range(300)


class GatedCase(Case):
    """A random road graph whose rules bind always or by a gate, and whose turns may take time."""

    def __init__(self, seed: int, has_delays: bool = True) -> None:
        super().__init__(seed)
        self.gates = self.random.randint(2, 4)
        # The same rule may bind by several gates, and always as well; parts of rules are rules too.
        self.rules += self.random.choices(self.rules, k=self.random.randint(0, 4)) if self.rules else []
        self.rules += [part for rule in self.rules if (part := self._part(*rule))]
        self.gate = [self.random.choice([-1, *range(self.gates), *range(self.gates)]) for _ in self.rules]
        turns = [(a, b) for a, x in enumerate(self.edges) for b, y in enumerate(self.edges) if x[1] == y[0]]
        share = self.random.choice([0.2, 1.0]) if has_delays else 0.0
        chosen = [turn for turn in turns if self.random.random() < share]
        self.turn_ms = {turn: self.random.choice([0, 1, 1, 2, 7]) for turn in chosen}

    def question(self) -> tuple[list[Point], list[Point]]:
        """Starts and ends; half of the time the drive of a rule, which is the cheapest but for the rules it breaks."""
        if not self.rules or self.random.random() < 0.5:
            return self.points(), self.points()
        _, sequence = self.random.choice(self.rules)
        return [(sequence[0], 1.0, 0)], [(sequence[-1], self.random.choice([0.0, 0.5, 1.0]), 0)]

    def _part(self, kind: str, sequence: tuple[int, ...]) -> Rule | None:
        begin, end = sorted(self.random.choices(range(len(sequence) + 1), k=2))
        return (kind, sequence[begin:end]) if end - begin > 1 else None

    def graph(self) -> Graph:
        tail, head = [edge[0] for edge in self.edges], [edge[1] for edge in self.edges]
        forbidden = expand_restrictions(tail, head, self.nodes, self.rules, self.gate)
        columns = forbidden.start, forbidden.edges, forbidden.gate, self.gates
        return build_graph(tail, head, self.nodes, *columns, list(self.turn_ms), list(self.turn_ms.values()))

    def shut(self) -> Iterator[tuple[np.ndarray, EdgeOracle]]:
        """Each choice of shut gates, and the oracle that knows of the rules these make bind."""
        for count in range(self.gates + 1):
            for chosen in combinations(range(self.gates), count):
                is_shut = np.isin(np.arange(self.gates), chosen)
                yield is_shut, EdgeOracle(self.edges, self.rules, self.turn_ms, self.gate, chosen)

    def __str__(self) -> str:
        return f"{super().__str__()}, gates {self.gate} of {self.gates}, turns {self.turn_ms}"


def hierarchy(case: GatedCase, graph: Graph) -> Cch:
    rank = np.random.default_rng(case.seed).permutation(graph.states)
    return build_cch(graph, np.zeros((graph.nodes, 2)), rank=rank)


def check(oracle: EdgeOracle, path: Path | None, starts: list[Point], ends: list[Point], asked: str) -> None:
    assert (path and path.cost_ms) == oracle.cost(starts, ends), asked
    if path:
        assert oracle.obeys(path.edges), asked
        assert oracle.path_cost(path.edges, starts[path.start], ends[path.end]) == path.cost_ms, asked
        assert (path.edges[0], path.edges[-1]) == (starts[path.start][0], ends[path.end][0]), asked
        assert (path.first_fraction, path.last_fraction) == (starts[path.start][1], ends[path.end][1]), asked


@pytest.mark.parametrize("seed", SEEDS)
def test_both_searches_find_the_oracles_least_cost_for_every_choice_of_shut_gates(seed: int) -> None:
    case = GatedCase(seed)
    graph = case.graph()
    cch = hierarchy(case, graph)
    for is_shut, oracle in case.shut():
        cost_ms = edge_costs(graph, case.cost_ms, is_shut)
        metric = customize(cch, cost_ms)
        for _ in range(4):
            starts, ends = case.question()
            asked = f"{starts} to {ends}, shut {np.flatnonzero(is_shut)}, on {case}"
            begin, arrive = edge_points(*zip(*starts)), edge_points(*zip(*ends))
            wider = end_points(graph, cost_ms, arrive)
            for path in (
                search.find_path(graph, cost_ms, begin, wider),
                query.find_path(cch, metric, begin, wider),
            ):
                check(oracle, path and on_roads(graph, cost_ms, path, arrive), starts, ends, asked)


@pytest.mark.parametrize("seed", SEEDS)
def test_costs_to_nodes_and_between_many_places_are_the_oracles(seed: int) -> None:
    case = GatedCase(seed)
    graph = case.graph()
    cch = hierarchy(case, graph)
    is_shut, oracle = case.random.choice(list(case.shut()))
    cost_ms = edge_costs(graph, case.cost_ms, is_shut)
    metric = customize(cch, cost_ms)
    sources, targets = [case.points() for _ in range(3)], [case.points() for _ in range(4)]
    begins = [edge_points(*zip(*points)) for points in sources]
    ends = [end_points(graph, cost_ms, edge_points(*zip(*points))) for points in targets]
    found = many.find_matrix(cch, metric, many.as_places(begins), many.as_places(ends))
    expected = [[oracle.cost(source, target) for target in targets] for source in sources]
    assert found.tolist() == [[CLOSED if cost is None else cost for cost in row] for row in expected], str(case)
    arrivals = oracle.node_arrivals(sources[0])
    expected_nodes = [arrivals.get(node, UNREACHED) for node in range(case.nodes)]
    assert many.reach(cch, metric, begins[0]).tolist() == expected_nodes, str(case)
    assert search.reach(graph, cost_ms, begins[0]).tolist() == expected_nodes, str(case)


@pytest.mark.parametrize("seed", range(100))
def test_with_every_gate_shut_or_none_costs_are_those_of_the_graph_with_these_rules_or_without(seed: int) -> None:
    case = GatedCase(seed, has_delays=False)
    graph = case.graph()
    tail, head = [edge[0] for edge in case.edges], [edge[1] for edge in case.edges]
    for is_shut in (True, False):
        rules = [(rule, gate) for rule, gate in zip(case.rules, case.gate) if is_shut or gate == -1]
        forbidden = expand_restrictions(tail, head, case.nodes, *zip(*rules)) if rules else None
        plain = build_graph(tail, head, case.nodes, *((forbidden.start, forbidden.edges) if forbidden else ()))
        starts = edge_points(*zip(*case.points()))
        cost_ms = edge_costs(graph, case.cost_ms, np.full(case.gates, is_shut))
        np.testing.assert_array_equal(
            search.reach(graph, cost_ms, starts), search.reach(plain, case.cost_ms, starts), str(case)
        )


@pytest.mark.parametrize("seed", range(100))
def test_a_changed_road_and_its_aliases_are_repaired_to_the_full_metric(seed: int) -> None:
    case = GatedCase(seed)
    graph = case.graph()
    cch = hierarchy(case, graph)
    is_shut = np.array([case.random.random() < 0.5 for _ in range(case.gates)])
    metric = customize(cch, edge_costs(graph, case.cost_ms, is_shut))
    road = case.random.randrange(graph.roads)
    road_ms = case.cost_ms.copy()
    road_ms[road] = case.random.choice([0, 3, 50, CLOSED])
    cost_ms = edge_costs(graph, road_ms, is_shut)
    changed = edges_of_roads(graph, road)
    repaired, full = recustomize(cch, metric, changed, cost_ms[changed]), customize(cch, cost_ms)
    for name, column in full.as_arrays().items():
        np.testing.assert_array_equal(repaired.as_arrays()[name], column, f"{name} of {case}")


@pytest.mark.parametrize("seed", range(100))
def test_arriving_by_a_delayed_turn_costs_the_delay_and_the_part_at_any_fraction(seed: int) -> None:
    chance = np.random.default_rng(seed)
    cost, delay = int(chance.integers(0, 10**8)), int(chance.integers(1, 10**7))
    fraction = float(chance.choice([0.0, 1.0, 1.0 - 2**-53, 2**-60, 1 / 3, chance.random()]))
    graph = build_graph([0, 1], [1, 2], 3, turns=[(0, 1)], turn_ms=[delay])
    cost_ms = edge_costs(graph, np.array([5, cost], np.int32))
    ends: EdgePoints = end_points(graph, cost_ms, edge_points(1, fraction, 9))
    assert (ends.extra_ms >= 0).all()
    found = search.find_path(graph, cost_ms, edge_points(0), ends)
    assert found.cost_ms == 5 + delay + int(np.floor(cost * fraction)) + 9


@pytest.mark.parametrize("seed", range(100))
def test_what_the_hierarchy_was_built_without_is_closed_with_its_aliases(seed: int) -> None:
    case = GatedCase(seed)
    graph = case.graph()
    is_drivable = np.array([case.random.random() < 0.7 for _ in case.edges])
    cch = build_cch(graph, np.zeros((graph.nodes, 2)), is_drivable)
    metric = customize(cch, edge_costs(graph, case.cost_ms))
    edges = [(tail, head, cost if is_drivable[i] else None) for i, (tail, head, cost) in enumerate(case.edges)]
    oracle = EdgeOracle(edges, case.rules, case.turn_ms, case.gate)
    starts, ends = case.points(), case.points()
    wider = end_points(graph, metric.cost_ms, edge_points(*zip(*ends)))
    found = query.find_path(cch, metric, edge_points(*zip(*starts)), wider)
    assert (found and found.cost_ms) == oracle.cost(starts, ends), str(case)


@pytest.mark.parametrize("seed", SEEDS)
def test_at_every_step_of_every_rules_drive_the_turns_open_and_their_delays_are_the_oracles(seed: int) -> None:
    case = GatedCase(seed)
    graph = case.graph()
    for is_shut, oracle in case.shut():
        cost_ms = edge_costs(graph, np.zeros(graph.roads, np.int32), is_shut)
        for _, sequence in case.rules:
            state = graph.arc_head[graph.entry_arc[sequence[0]]]
            for step in range(1, len(sequence) + 1):
                leaving = range(graph.arc_start[state], graph.arc_start[state + 1])
                arcs = {int(graph.base_edge[graph.arc_edge[arc]]): arc for arc in leaving}
                turns = {edge: int(cost_ms[graph.arc_edge[arc]]) for edge, arc in arcs.items()}
                came = sequence[:step]
                assert {edge: delay for edge, delay in turns.items() if delay != CLOSED} == {
                    edge: case.turn_ms.get((came[-1], edge), 0)
                    for edge in oracle.leaving.get(case.edges[came[-1]][1], ())
                    if oracle.may_follow(came, edge)
                }, f"after {came}, shut {np.flatnonzero(is_shut)}, on {case}"
                if step == len(sequence) or sequence[step] not in arcs:
                    break
                state = graph.arc_head[arcs[sequence[step]]]
