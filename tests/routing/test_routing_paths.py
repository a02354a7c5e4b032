"""Many drives at once: the same as one by one."""

import numpy as np
import pytest

from routing.cch import build_cch
from routing.customize import customize
from routing.errors import BadPoint
from routing.graph import build_graph
from routing.paths import find_paths
from routing.places import as_places
from routing.query import find_path
from routing.trip import CLOSED, UNREACHED, edge_points
from tests.draw import draw_roads

DRAWN = draw_roads("""
    A---B---C
    |   |   |
    D---E---F   G---H
""").network()
GRAPH = build_graph(DRAWN.edge_tail, DRAWN.edge_head, len(DRAWN.nodes))
CCH = build_cch(GRAPH, np.array([DRAWN.drawing.lonlat[name] for name in DRAWN.nodes]))
METRIC = customize(CCH, DRAWN.cost_ms)


def ask(pairs, metric=METRIC):
    starts = [edge_points([DRAWN.edge(start)], 0.25) for start, _ in pairs]
    ends = [edge_points([DRAWN.edge(end)], 0.75) for _, end in pairs]
    return find_paths(CCH, metric, as_places(starts), as_places(ends)), list(zip(starts, ends))


def test_each_pair_gets_the_path_that_it_gets_alone():
    names = [name for name in DRAWN.names if "G" not in name]
    found, asked = ask([(one, other) for one in names for other in names])
    for i, (start, end) in enumerate(asked):
        alone = find_path(CCH, METRIC, start, end)
        edges = found.edges[found.start[i] : found.start[i + 1]]
        assert (found.cost_ms[i], edges.tolist()) == (alone.cost_ms, alone.edges.tolist())
        assert (found.first_fraction[i], found.last_fraction[i]) == (0.25, 0.75)


def test_a_pair_without_a_way_has_no_edges_and_the_next_one_has():
    found, _ = ask([("AB", "GH"), ("AB", "BC")])
    assert found.cost_ms[0] == UNREACHED
    assert np.diff(found.start).tolist() == [0, 2]


def test_closed_roads_are_not_driven():
    costs = DRAWN.cost_ms
    costs[DRAWN.edge("BC")] = CLOSED
    found, _ = ask([("AB", "CF")], customize(CCH, costs))
    assert DRAWN.spell(found.edges) == "ABEFCF"


def test_no_pairs_are_no_paths():
    found, _ = ask([])
    assert len(found) == 0


def test_sources_without_targets_are_refused():
    with pytest.raises(BadPoint, match="no pairs"):
        find_paths(CCH, METRIC, as_places([edge_points([0])]), as_places([]))
