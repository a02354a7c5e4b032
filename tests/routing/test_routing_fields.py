"""Costs to and from every node and edge, and the tree of predecessors, equal the oracle's on random graphs."""

import numpy as np
import pytest

from routing import field, many, query, search
from routing.customize import customize
from routing.tree import find_tree
from routing.trip import CLOSED, UNREACHED, edge_points
from tests.oracle import part
from tests.routing.test_routing_against_oracle import Case
from tests.routing.test_routing_cch_oracle import Town, hierarchy

SEEDS = range(250)


def entered(case: Case, starts: list, limit: int) -> list[int]:
    begun = {edge: cost for edge, cost in case.oracle.edge_costs(starts).items() if cost <= limit}
    return [begun.get(edge, UNREACHED) for edge in range(len(case.edges))]


def left_over(case: Case, ends: list, limit: int) -> list[int]:
    """What remains to the ends for one who has driven each edge, without turning back to a point on it."""
    found = []
    for edge, (_, _, cost) in enumerate(case.edges):
        begun = case.oracle.edge_costs([(edge, 1.0, 0)]) if cost is not None else {}
        costs = [begun[e] + part(case.edges[e][2], fraction) + extra for e, fraction, extra in ends if e in begun]
        least = min(costs, default=UNREACHED)
        found.append(least if least <= limit else UNREACHED)
    return found


@pytest.mark.parametrize("seed", SEEDS)
def test_costs_at_which_edges_are_entered_equal_the_oracles(seed: int) -> None:
    case = Case(seed)
    _, cch = hierarchy(case)
    starts, limit = case.points(), case.random.choice([UNREACHED, 0, 20])
    found = field.reach_edges(cch, customize(cch, case.cost_ms), edge_points(*zip(*starts)), limit)
    assert found.tolist() == entered(case, starts, limit), f"{starts} within {limit} on {case}"


@pytest.mark.parametrize("seed", SEEDS)
def test_what_remains_after_each_edge_equals_the_oracles(seed: int) -> None:
    case = Case(seed)
    _, cch = hierarchy(case)
    ends, limit = case.points(), case.random.choice([UNREACHED, 0, 20])
    found = field.reach_edges(cch, customize(cch, case.cost_ms), edge_points(*zip(*ends)), limit, backward=True)
    assert found.tolist() == left_over(case, ends, limit), f"{ends} within {limit} on {case}"


@pytest.mark.parametrize("seed", SEEDS)
def test_costs_from_every_node_are_the_least_over_the_edges_that_lead_there(seed: int) -> None:
    case = Case(seed)
    case.edges = [(tail, head, 3 if cost is None else cost) for tail, head, cost in case.edges]
    case.oracle.edges = case.edges
    case.cost_ms = np.array([cost for _, _, cost in case.edges], np.int32)
    _, cch = hierarchy(case)
    ends, limit = case.points(), case.random.choice([UNREACHED, 0, 20])
    expected = [UNREACHED] * case.nodes
    for (_, head, _), cost in zip(case.edges, left_over(case, ends, limit)):
        expected[head] = min(expected[head], cost)
    found = field.reach_back(cch, customize(cch, case.cost_ms), edge_points(*zip(*ends)), limit)
    assert found.tolist() == expected, f"{ends} within {limit} on {case}"


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_tree_has_the_same_costs_and_a_predecessor_that_leads_on_at_that_cost(seed: int, backward: bool) -> None:
    case = Case(seed)
    graph = case.graph()
    points, limit = case.points(), case.random.choice([UNREACHED, 0, 20])
    tree = find_tree(graph, case.cost_ms, edge_points(*zip(*points)), limit, backward)
    expected = (left_over if backward else entered)(case, points, limit)
    asked = f"{points} within {limit} on {case}"
    assert tree.entry_cost.tolist() == expected, asked
    for edge, (before, cost) in enumerate(zip(tree.predecessor.tolist(), tree.entry_cost.tolist())):
        assert (before < 0) == (cost == UNREACHED), asked
        if before < 0:
            continue
        first, second = (edge, before) if backward else (before, edge)
        assert case.oracle.obeys((first, second)), asked
        own = case.edges[before][2]
        direct = [e + (part(own, f) if backward else own - part(own, f)) for b, f, e in points if b == before]
        reached = [tree.entry_cost[before] + own] if tree.entry_cost[before] < UNREACHED else []
        assert cost >= min(direct + reached), asked


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_tree_stops_when_more_edges_are_driven_than_wanted(seed: int, backward: bool) -> None:
    case = Case(seed)
    asked = case.graph(), case.cost_ms, edge_points(*zip(*case.points())), 20, backward
    entry_cost = find_tree(*asked).entry_cost
    driven = int(((entry_cost < 20) & (entry_cost + case.cost_ms <= 20)).sum())
    assert find_tree(*asked, driven).entry_cost.tolist() == entry_cost.tolist(), str(case)
    assert driven == 0 or find_tree(*asked, driven - 1) is None, str(case)


@pytest.mark.parametrize("seed", range(3))
def test_a_towns_edges_are_reached_as_single_queries_say(seed: int) -> None:
    town = Town(seed)
    metric = customize(town.cch, town.costs())
    points = town.points()
    forth = field.reach_edges(town.cch, metric, points)
    back = field.reach_edges(town.cch, metric, points, backward=True)
    others = [edge for edge in town.chance.integers(0, len(forth), 150).tolist() if edge not in points.edge]
    for edge in others:
        is_open = metric.cost_ms[edge] != CLOSED
        assert forth[edge] == query.find_cost(town.cch, metric, points, edge_points(edge, 0.0)), edge
        assert back[edge] == query.find_cost(town.cch, metric, edge_points(edge, 1.0), points), edge
        assert is_open or forth[edge] == back[edge] == UNREACHED


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("limit_ms", [0, 30_000, 200_000])
def test_a_bounded_field_is_the_unbounded_one_cut_off(limit_ms: int, backward: bool) -> None:
    town = Town(7)
    metric = customize(town.cch, town.costs())
    for _ in range(8):
        starts = town.points()
        every = field.reach_edges(town.cch, metric, starts, backward=backward)
        found = field.reach_edges(town.cch, metric, starts, limit_ms, backward)
        np.testing.assert_array_equal(found, np.where(every <= limit_ms, every, UNREACHED))


def test_an_alias_counts_as_the_road_that_it_drives_its_delay_before_the_beginning() -> None:
    """0 -> 1 -> 2, where the edge 1 -> 2 is driven for 10, or as alias 2 with a delay of 4 after edge 3 from 5 -> 1."""
    case = Case(0)
    case.nodes, case.rules = 5, [("no", (3, 1)), ("no", (0, 2))]
    case.edges = [(0, 1, 7), (1, 2, 10), (1, 2, 14), (3, 1, 1), (4, 3, 1)]
    case.cost_ms = np.array([cost for _, _, cost in case.edges], np.int32)
    _, cch = hierarchy(case)
    base = np.array([0, 1, 1, 3, 4], np.int32)
    metric = customize(cch, case.cost_ms)
    assert field.reach_edges(cch, metric, edge_points(4), base_edge=base)[1] == 2 + 4
    assert field.reach_edges(cch, metric, edge_points(0), base_edge=base)[1] == 7
    assert field.reach_edges(cch, metric, edge_points(4), 5, base_edge=base)[1] == UNREACHED


def test_nothing_is_reached_from_closed_starts() -> None:
    case = Case(3)
    _, cch = hierarchy(case)
    metric = customize(cch, np.full(len(case.edges), CLOSED, np.int32))
    assert (field.reach_edges(cch, metric, edge_points(0)) == UNREACHED).all()
    assert (field.reach_back(cch, metric, edge_points(0)) == UNREACHED).all()
    assert (many.reach(cch, metric, edge_points(0)) == search.reach(case.graph(), metric.cost_ms, edge_points(0))).all()
