"""Further ways are legal, cost what they say, differ enough and are no detours."""

import numpy as np
import pytest

from routing import query
from routing.alternatives import find_alternatives
from routing.cch import Cch, build_cch
from routing.customize import Metric, customize
from routing.errors import BadPoint
from routing.graph import build_graph
from routing.trip import CLOSED, EdgePoints, Path, edge_points
from tests.oracle import part
from tests.routing.test_routing_against_oracle import Case
from tests.routing.test_routing_cch_oracle import Town, hierarchy


@pytest.mark.parametrize("seed", range(300))
def test_every_way_obeys_the_rules_and_costs_what_it_says(seed: int) -> None:
    case = Case(seed)
    _, cch = hierarchy(case)
    metric = customize(cch, case.cost_ms)
    for _ in range(4):
        starts, ends = case.points(), case.points()
        points = edge_points(*zip(*starts)), edge_points(*zip(*ends))
        ways = find_alternatives(cch, metric, *points, 5, 10.0, 1.0, 0.0)
        asked = f"{starts} to {ends} on {case}"
        assert (ways[0].cost_ms if ways else None) == case.oracle.cost(starts, ends), asked
        assert len({tuple(way.edges.tolist()) for way in ways}) == len(ways), asked
        for way in ways:
            assert case.oracle.obeys(way.edges), asked
            assert case.oracle.path_cost(way.edges, starts[way.start], ends[way.end]) == way.cost_ms, asked
            assert (way.first_fraction, way.last_fraction) == (starts[way.start][1], ends[way.end][1]), asked
            assert (way.edges[0], way.edges[-1]) == (starts[way.start][0], ends[way.end][0]), asked


def streets(lengths: list[list[int]]) -> tuple[Cch, Metric, EdgePoints, EdgePoints]:
    """Streets beside each other from one junction to another, each a row of edges with these costs, and a way in and
    out of 1 each. The junctions along streets are above the ends of all in the hierarchy: only such are looked at.
    """
    tail, head, cost, lonlat = [0, 2], [1, 3], [1, 1], [(0, 0), (1, 0), (9, 0), (10, 0)]
    for row, costs in enumerate(lengths):
        inner = list(range(len(lonlat), len(lonlat) + len(costs) - 1))
        lonlat += [(2 + i, row) for i in range(len(inner))]
        tail += [1, *inner]
        head += [*inner, 2]
        cost += costs
    cch = build_cch(build_graph(tail, head, len(lonlat)), np.array(lonlat, float), rank=np.arange(len(lonlat)))
    return cch, customize(cch, np.array(cost, np.int32)), edge_points(0), edge_points(1, 1.0)


def test_the_other_streets_are_found_up_to_the_stretch_cheapest_first() -> None:
    asked = streets([[50, 50], [40, 41, 39], [60, 63], [70, 80]])
    ways = find_alternatives(*asked, 5)
    assert [way.cost_ms for way in ways] == [102, 122, 125]
    assert [way.cost_ms for way in find_alternatives(*asked, 1)] == [102, 122]
    assert [way.cost_ms for way in find_alternatives(*asked, 0)] == [102]
    assert [way.cost_ms for way in find_alternatives(*asked, 5, max_stretch=2.0)] == [102, 122, 125, 152]


def test_a_way_that_shares_too_much_is_left_out() -> None:
    """After 100 in common there are two streets of 50 and 51."""
    cch, _, start, end = streets([[25, 25], [25, 26]])
    asked = cch, customize(cch, np.array([100, 1, 25, 25, 25, 26], np.int32)), start, end, 3
    assert [way.cost_ms for way in find_alternatives(*asked, max_share=0.6)] == [151]
    ways = find_alternatives(*asked, max_share=0.7, local_optimality=0.1)
    assert [way.cost_ms for way in ways] == [151, 152]


def test_a_detour_around_which_there_is_a_better_way_is_left_out() -> None:
    """Both streets are no dearer than the stretch allows; a piece of 37 each way spans the dearer one as a whole."""
    cch, _, start, end = streets([[25, 25], [25, 26]])
    asked = cch, customize(cch, np.array([100, 1, 25, 25, 25, 26], np.int32)), start, end, 3
    assert [way.cost_ms for way in find_alternatives(*asked, local_optimality=0.25)] == [151]


def test_no_way_gives_none_and_a_drive_on_one_edge_itself() -> None:
    cch, metric, start, end = streets([[5, 5]])
    assert find_alternatives(cch, metric, end, start, 3) == []
    (way,) = find_alternatives(cch, metric, start, edge_points(0, 0.5), 3)
    assert way.edges.tolist() == [0]


@pytest.mark.parametrize("wrong", [{"count": -1}, {"count": 2, "max_stretch": 0.9}, {"count": 2, "max_share": 1.5}])
def test_a_share_outside_its_range_is_refused(wrong: dict) -> None:
    with pytest.raises(BadPoint, match="must lie in"):
        find_alternatives(*streets([[5, 5]]), **wrong)


class Ways:
    """Alternatives of many pairs of places of a town without turn rules: any piece of a best way is a best way."""

    def __init__(self, seed: int) -> None:
        self.town = Town(seed)
        self.cch = build_cch(build_graph(self.town.tail, self.town.head, self.town.nodes), self.town.lonlat)
        self.cost = np.where(self.town.costs() == CLOSED, CLOSED, self.town.chance.integers(900, 1_100, self.cch.edges))
        self.metric = customize(self.cch, self.cost.astype(np.int32))
        self.found = []
        for _ in range(150):
            points = self.town.points(), self.town.points()
            self.found.append((points, find_alternatives(self.cch, self.metric, *points, 3)))

    def own(self, points: tuple[EdgePoints, EdgePoints], way: Path) -> int:
        return way.cost_ms - int(points[0].extra_ms[way.start]) - int(points[1].extra_ms[way.end])

    def driven(self, way: Path) -> dict[int, int]:
        costs = {int(edge): int(self.cost[edge]) for edge in way.edges}
        costs[int(way.edges[-1])] = part(int(self.cost[way.edges[-1]]), way.last_fraction)
        costs[int(way.edges[0])] -= part(int(self.cost[way.edges[0]]), way.first_fraction)
        return costs


@pytest.fixture(scope="module")
def ways() -> Ways:
    return Ways(3)


def test_a_town_has_further_ways_for_many_pairs(ways: Ways) -> None:
    numbers = [len(found) - 1 for _, found in ways.found if found]
    assert np.mean([number >= 1 for number in numbers]) > 0.4


def test_all_keep_to_the_stretch_and_are_in_order(ways: Ways) -> None:
    for points, found in ways.found:
        costs = [way.cost_ms for way in found[1:]]
        assert costs == sorted(costs)
        if found:
            own = ways.own(points, found[0])
            assert all(found[0].cost_ms <= cost <= found[0].cost_ms + 0.25 * own for cost in costs)


def test_all_differ_from_each_other_and_drive_no_edge_twice(ways: Ways) -> None:
    for points, found in ways.found:
        for i, way in enumerate(found[1:], 1):
            assert len(set(way.edges.tolist())) == len(way.edges)
            for other in found[:i]:
                shared = sum(cost for edge, cost in ways.driven(way).items() if edge in ways.driven(other))
                assert shared <= 0.7 * ways.own(points, found[0])


def test_short_pieces_of_every_way_are_best_ways(ways: Ways) -> None:
    """Pieces of a quarter of the cheapest: half as long as that tested around the via, so wherever they lie."""
    for points, found in ways.found:
        for way in found[1:]:
            cost = ways.cost[way.edges]
            reached = np.cumsum(cost)
            for low in range(1, len(way.edges) - 2):
                most = reached[low] + 0.25 * ways.own(points, found[0]) - cost[low]
                high = int(np.searchsorted(reached[:-1], most, "right")) - 1
                if high > low:
                    begin, end = edge_points(int(way.edges[low])), edge_points(int(way.edges[high]), 1.0)
                    assert query.find_cost(ways.cch, ways.metric, begin, end) == cost[low : high + 1].sum()
