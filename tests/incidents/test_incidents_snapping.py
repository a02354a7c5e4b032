"""Which roads an incident is put on, on drawn maps."""

from __future__ import annotations

import pytest
import shapely

from location_cloud.incidents.snapping import find_edges_of, names_of
from tests.draw import draw_roads
from tests.roads.conftest import build

__all__ = ["build"]  # fixture

GRID = """
    A---B---C
    |   |   |
    D---E---F
"""
DUAL = """
    A-------B
    C-------D
"""
"""Carriageways 20 m apart, with `grid_m` 20."""


class Map:
    """A drawn city and its places: a sign, or a share of the way between two."""

    def __init__(self, drawing, city):
        self.drawing, self.city = drawing, city

    def place(self, ends, share=0.5, north_m=0.0):
        (x0, y0), (x1, y1) = (self.drawing.lonlat[sign] for sign in (ends[0], ends[-1]))
        return x0 + share * (x1 - x0), y0 + share * (y1 - y0) + north_m / 111_000

    def touched(self, geometry, direction="both", heading_deg=None):
        edges = find_edges_of(self.city.roads, geometry, direction, heading_deg)
        ends = self.city.ends()
        return {"".join(ends[edge]) for edge in edges.tolist()}


@pytest.fixture
def drawn_map(build):
    def draw(text, **more):
        drawing = draw_roads(text, **more)
        return Map(drawing, build(drawing))

    return draw


def test_a_point_touches_the_nearest_road_both_ways(drawn_map):
    grid = drawn_map(GRID)
    assert grid.touched(shapely.Point(grid.place("AB", north_m=-10))) == {"AB", "BA"}


def test_a_point_far_from_roads_touches_none(drawn_map):
    grid = drawn_map(GRID)
    assert grid.touched(shapely.Point(grid.place("AB", north_m=60))) == set()


@pytest.mark.parametrize(("heading_deg", "edge"), [(80.0, "AB"), (280.0, "BA")])
def test_a_point_with_a_heading_touches_the_direction_driven(drawn_map, heading_deg, edge):
    grid = drawn_map(GRID)
    assert grid.touched(shapely.Point(grid.place("AB")), "forward", heading_deg) == {edge}


def test_a_one_way_street_drawn_against_its_traffic_is_touched_alone(drawn_map):
    streets = drawn_map(DUAL, ways={"AB": {"oneway": "-1"}, "CD": {}}, grid_m=30)
    assert streets.touched(shapely.Point(streets.place("AB"))) == {"BA"}


def test_both_directions_of_a_dual_carriageway_are_two_roads_of_one_name(drawn_map):
    ways = {"BA": {"oneway": "yes", "name": "Ring"}, "CD": {"oneway": "yes", "name": "Ring"}}
    road = drawn_map(DUAL, ways=ways, grid_m=20)
    line = shapely.LineString([road.place("CD", 0.1), road.place("CD", 0.9)])
    assert road.touched(line) == {"CD", "BA"}
    assert road.touched(line, "forward") == {"CD"}
    assert road.touched(line, "backward") == {"BA"}


def test_a_street_behind_a_one_way_street_is_another_road(drawn_map):
    streets = drawn_map(DUAL, ways={"BA": {"oneway": "yes"}, "CD": {}}, grid_m=20)
    assert streets.touched(shapely.LineString([streets.place("AB", 0.1), streets.place("AB", 0.9)])) == {"BA"}


def test_a_line_touches_the_roads_along_it_and_none_that_it_crosses(drawn_map):
    grid = drawn_map(GRID)
    line = shapely.LineString([grid.place("AB", 0.2), grid.place("BC", 0.8)])
    assert grid.touched(line) == {"AB", "BA", "BC", "CB"}
    assert grid.touched(line, "forward") == {"AB", "BC"}
    assert grid.touched(line, "backward") == {"BA", "CB"}


def test_a_line_round_a_corner_touches_both_sides_of_it(drawn_map):
    grid = drawn_map(GRID)
    line = shapely.LineString([grid.place("AB", 0.3), grid.place("B"), grid.place("BE", 0.9)])
    assert grid.touched(line, "forward") == {"AB", "BE"}


def test_a_line_that_ends_a_little_past_a_crossing_leaves_the_next_block_alone(drawn_map):
    grid = drawn_map(GRID)
    assert grid.touched(shapely.LineString([grid.place("AB", 0.1), grid.place("BC", 0.03)]), "forward") == {"AB"}


def test_a_line_drawn_beside_its_road_is_put_on_it(drawn_map):
    grid = drawn_map(GRID)
    line = shapely.LineString([grid.place("AB", 0.1, north_m=15), grid.place("AB", 0.9, north_m=12)])
    assert grid.touched(line, "forward") == {"AB"}


def test_ways_drawn_above_one_another_are_touched_together(drawn_map):
    roads = drawn_map("A---B---C", ways={"ABC": {}, "AB": {"highway": "service"}})
    line = shapely.LineString([roads.place("AB", 0.1), roads.place("AB", 0.9)])
    edges = find_edges_of(roads.city.roads, line, "forward", None)
    assert len(edges) == 2
    assert roads.touched(line, "forward") == {"AB"}


def test_a_tunnel_below_a_street_is_another_road(drawn_map):
    roads = drawn_map("A---B---C", ways={"AB": {"highway": "service", "tunnel": "yes", "layer": "-1"}, "ABC": {}})
    line = shapely.LineString([roads.place("AB", 0.1), roads.place("AB", 0.9)])
    (edge,) = find_edges_of(roads.city.roads, line, "forward", None)
    assert roads.city.roads.seg_level[edge >> 1] == 0


def test_an_area_touches_every_road_that_meets_it_both_ways(drawn_map):
    grid = drawn_map(GRID)
    area = shapely.Point(grid.place("B")).buffer(1e-4)
    assert grid.touched(area) == {"AB", "BA", "BC", "CB", "BE", "EB"}


def test_a_path_is_touched_only_where_no_road_is_near(drawn_map):
    paths = drawn_map(DUAL, ways={"AB": {"highway": "footway"}, "CD": {}}, grid_m=20)
    assert paths.touched(shapely.Point(paths.place("AB", north_m=2))) == {"CD", "DC"}
    assert paths.touched(shapely.Point(paths.place("AB", north_m=40))) == {"AB", "BA"}


def test_names_come_by_how_much_of_a_road_is_touched(drawn_map):
    grid = drawn_map(GRID, ways={"ABC": {"name": "Long"}, "BE": {"name": "Side"}, "DEF": {}})
    edges = find_edges_of(grid.city.roads, shapely.Point(grid.place("B")).buffer(1e-4), "both", None)
    assert names_of(grid.city.roads, edges, 5) == ("Long", "Side")
    assert names_of(grid.city.roads, edges, 1) == ("Long",)
