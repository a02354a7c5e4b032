"""Village grids: the ground nearest by road."""

import numpy as np
import pytest
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from location_cloud.errors import Unprocessable
from location_cloud.grids.design_voronoi import RoadNet, design_villages, nearest_places, net_of


def lattice(side=12, step=100.0):
    at = np.arange(side) * step
    lines = [shapely.LineString([(x, y) for y in at]) for x in at] + [
        shapely.LineString([(x, y) for x in at]) for y in at
    ]
    return net_of(np.array(lines, object))


def test_corners_that_lines_share_are_one_node():
    net = lattice(5)
    assert len(net.xy_m) == 25
    assert len(net.length_m) == 40


@pytest.mark.parametrize("seed", range(3))
def test_nodes_belong_to_the_place_that_is_nearest_by_road(seed):
    random = np.random.default_rng(seed)
    xy = random.uniform(0, 1000, (80, 2))
    ends = random.integers(0, 80, (160, 2))
    ends = ends[ends[:, 0] != ends[:, 1]]
    metres = random.uniform(1, 500, len(ends))
    places = random.uniform(0, 1000, (6, 2))
    found, distance = nearest_places(RoadNet(xy, ends[:, 0], ends[:, 1], metres), places)
    table = np.full((80, 80), np.inf)
    for (a, b), long in zip(ends, metres):
        table[a, b] = table[b, a] = min(table[a, b], long)
    away = np.hypot(*(xy[None] - places[:, None]).transpose(2, 0, 1))
    home = away.argmin(1)
    slow = dijkstra(csr_array(np.where(np.isinf(table), 0, table)))[home] + away.min(1)[:, None]
    assert np.allclose(distance, slow.min(0))
    reached = np.isfinite(distance)
    assert slow[found[reached], np.flatnonzero(reached)] == pytest.approx(distance[reached])
    assert (found[~reached] == -1).all()


def test_a_river_without_a_bridge_divides_villages_whatever_the_straight_line_says():
    banks = [shapely.LineString([(0, y), (1000, y)]) for y in (400, 600)]
    net = net_of(np.array(banks, object))
    district = np.array([shapely.box(0, 0, 1000, 1000)], object)
    shapes, _, place = design_villages(district, net, np.array([[100.0, 390.0], [900.0, 610.0]]))
    south = shapes[place == 0][0]
    assert south.contains(shapely.Point(950, 300))
    assert not south.contains(shapely.Point(50, 700))


def test_villages_cover_their_communities_once_each_of_one_piece():
    random = np.random.default_rng(2)
    communities = np.array([shapely.box(0, 0, 500, 1100), shapely.box(500, 0, 1100, 1100)], object)
    places = random.uniform(20, 1080, (14, 2))
    shapes, community, place = design_villages(communities, lattice(), places)
    assert shapely.coverage_is_valid(shapes)
    assert shapely.area(shapes).sum() == pytest.approx(1100 * 1100, rel=1e-9)
    assert (shapely.get_type_id(shapes) == 3).all()
    assert sorted(place) == list(range(14))
    for shape, at, of in zip(shapes, place, community):
        assert shape.buffer(15).contains(shapely.Point(places[at]))
        assert communities[of].buffer(1e-6).contains(shape)


def test_a_community_without_a_place_stays_whole_and_no_place_at_all_is_refused():
    communities = np.array([shapely.box(0, 0, 500, 500), shapely.box(500, 0, 1000, 500)], object)
    shapes, community, place = design_villages(communities, lattice(), np.array([[100.0, 100.0], [300.0, 100.0]]))
    assert place[community == 1].tolist() == [-1]
    assert len(shapes) == 3
    with pytest.raises(Unprocessable, match="none of the points"):
        design_villages(communities, lattice(), np.array([[5000.0, 100.0]]))
