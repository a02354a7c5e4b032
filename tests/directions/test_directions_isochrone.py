"""Isochrones on drawn and real roads: limits, directions, local roads, features."""

import json

import numpy as np
import orjson
import pytest
import shapely

from location_cloud.directions.isochrone import (
    as_contours,
    checked_limits,
    contour_features,
    contour_json,
    find_field,
    find_isochrone,
    find_outlines,
    find_reached,
    reached_features,
)
from location_cloud.directions.model import Snap
from location_cloud.directions.network import Family, Network
from location_cloud.errors import BadQuery, TooLarge
from routing.cch import build_cch
from routing.customize import customize
from routing.gates import edge_costs, end_points
from routing.graph import build_graph
from routing.local import enter_local, leave_local
from routing.query import find_cost
from routing.shape import build_edge_shapes, line_length_m, segment_lengths_m
from routing.trip import CLOSED, UNREACHED, edge_points
from tests.draw import draw_roads

ROADS = draw_roads(
    """
    A----B----C----D
         |    |
         E----F----G
    """,
    ways={"AB": {}, "BC": {"oneway": "yes"}, "CD": {}, "BE": {}, "EF": {}, "CF": {}, "FG": {}},
    grid_m=200.0,
).network()


class Town:
    """A drawn network as the directions slice sees it; `private` edges are local."""

    def __init__(self, drawn, private=(), turns=(), turn_ms=()):
        edges = {(s, b): e for e, (s, b) in enumerate(zip(drawn.edge_segment, drawn.edge_reversed))}
        number = {own: 2 * s + b for (s, b), own in edges.items()}
        roads = 2 * len(drawn.segments)
        tail, head = np.zeros(roads, np.int32), np.zeros(roads, np.int32)
        cost = np.full(roads, CLOSED, np.int32)
        for own, edge in number.items():
            tail[edge], head[edge] = drawn.edge_tail[own], drawn.edge_head[own]
            cost[edge] = drawn.costs[own]
            tail[edge ^ 1], head[edge ^ 1] = (
                (head[edge], tail[edge]) if cost[edge ^ 1] == CLOSED else (tail[edge ^ 1], head[edge ^ 1])
            )
        self.drawn, self.number = drawn, number
        hidden = [self.edge(name) for name in private]
        public = cost.copy()
        public[hidden] = CLOSED
        graph = build_graph(
            tail, head, len(drawn.nodes), turns=[[self.edge(a), self.edge(b)] for a, b in turns], turn_ms=turn_ms
        )
        lonlat = np.array([drawn.drawing.lonlat[name] for name in drawn.nodes])
        hierarchy = build_cch(graph, lonlat)
        every = np.arange(roads)
        self.shapes = build_edge_shapes(drawn.shape_start, drawn.shape_e7, every // 2, every % 2 == 1)
        metres = np.repeat(segment_lengths_m(drawn.shape_start, drawn.shape_e7), 2)
        length = np.where(public == CLOSED, CLOSED, np.rint(metres * 100)).astype(np.int32)
        self.lengths = customize(hierarchy, edge_costs(graph, length))
        none = np.zeros(roads // 2, np.int32)
        self.network = Network(
            Family("motor", graph, hierarchy, ()),
            "car",
            customize(hierarchy, edge_costs(graph, public)),
            edge_costs(graph, cost),
            none,
            none.astype(np.uint8) + 1,
            none.astype(np.uint8) + 1,
            "car-1",
            0.0,
        )

    def edge(self, name):
        return self.number[self.drawn.edge(name)]

    def snap(self, name, fraction):
        edge = self.edge(name)
        public = [
            (e, f) for e, f in ((edge, fraction), (edge ^ 1, 1 - fraction)) if self.network.metric.cost_ms[e] != CLOSED
        ]
        starts = edge_points([e for e, _ in public], [f for _, f in public])
        ends = end_points(self.network.graph, self.network.metric.cost_ms, starts)
        return Snap((0.0, 0.0), 0.0, edge // 2, fraction if edge % 2 == 0 else 1 - fraction, starts, ends)

    def field(self, snaps, most=3600, metric="time", direction="from"):
        return find_field(self.network, self.shapes, snaps, most, metric, direction, self.lengths)

    def isochrone(self, snaps, limits, metric="time", direction="from"):
        return find_isochrone(self.network, self.shapes, self.field(snaps, max(limits), metric, direction), limits)


@pytest.fixture(scope="module")
def town():
    return Town(ROADS)


def point(name):
    return shapely.Point(ROADS.drawing.lonlat[name])


def inside(contour):
    return "".join(sorted(name for name in ROADS.nodes if contour.geometry.covers(point(name))))


def test_a_larger_limit_reaches_further(town):
    contours = town.isochrone([town.snap("AB", 0.0)], [50, 120, 220])
    assert [contour.value for contour in contours] == [50.0, 120.0, 220.0]
    assert [inside(contour) for contour in contours] == ["A", "AB", "ABCE"]


def test_where_one_can_come_from_differs_where_streets_are_one_way(town):
    (away,), (back,) = (
        town.isochrone([town.snap("BE", 0.0)], [150], direction=direction) for direction in ("from", "to")
    )
    assert (inside(away), inside(back)) == ("ABCEF", "ABEF")


def test_distances_are_reached_by_length_not_by_time():
    slow = Town(draw_roads("A----B----C", ways={"AB": {"maxspeed": "6"}, "BC": {}}, grid_m=200.0).network())
    (contour,) = slow.isochrone([slow.snap("AB", 0.0)], [1100], "distance")
    assert contour.metric == "distance"
    assert contour.geometry.covers(shapely.Point(slow.drawn.drawing.lonlat["B"]))


def test_several_places_count_together(town):
    (contour,) = town.isochrone([town.snap("AB", 0.0), town.snap("FG", 1.0)], [20])
    assert inside(contour) == "AG"


@pytest.mark.parametrize("direction", ["from", "to"])
def test_the_field_agrees_with_routes_to_the_millisecond(direction):
    town = Town(ROADS, turns=[("AB", "BC"), ("BE", "EF")], turn_ms=[7000, 3000])
    here = town.snap("AB", 0.25)
    lines = find_reached(town.network, town.shapes, town.field([here], 900, direction=direction), 900)
    others = ~np.isin(lines.edge, here.starts.edge)  # on its own edge a trip also goes straight to the end
    assert others.sum() > 8
    for edge, begin, end in np.column_stack([lines.edge, lines.begin_cost, lines.end_cost])[others].tolist():
        hierarchy, metric, graph = town.network.hierarchy, town.network.metric, town.network.graph
        if direction == "from":
            ends = end_points(graph, metric.cost_ms, edge_points([edge], 1.0))
            assert find_cost(hierarchy, metric, here.starts, ends) == end
        else:
            assert find_cost(hierarchy, metric, edge_points([edge], 0.0), here.ends) == begin


def test_a_reached_road_ends_exactly_at_the_limit(town):
    lines = find_reached(town.network, town.shapes, town.field([town.snap("AB", 0.0)]), 120)
    cut = lines.line_start[np.flatnonzero(lines.edge == town.edge("BE"))[0] :]
    assert line_length_m(lines.line_e7[cut[0] : cut[1]]) == pytest.approx(200.0, abs=0.5)
    features = reached_features(lines)
    assert {feature["properties"]["end_s"] for feature in features} == {100.0, 120.0}


def test_a_place_on_a_private_road_lies_in_its_own_area():
    town = Town(ROADS, private=["CD", "DC"])
    snap = town.snap("CD", 0.5)
    out = town.edge("CF")
    ways = (np.array([town.edge("DC")], np.int32),)
    cost = int(town.network.local_ms[town.edge("CD")]) // 2
    starts = edge_points([out], 0.0, cost)
    local = Snap(snap.lonlat, 0.0, snap.segment, snap.fraction, starts, starts, ways, (), True)
    for metric, limit in (("time", 130), ("distance", 1300)):
        (contour,) = town.isochrone([local], [limit], metric)
        assert contour.geometry.covers(shapely.Point(np.mean([ROADS.drawing.lonlat[n] for n in "CD"], axis=0)))
        assert "C" in inside(contour)
        assert "B" not in inside(contour)


@pytest.mark.parametrize("direction", ["from", "to"])
def test_private_roads_at_the_far_end_are_reached_when_routes_reach_them(direction):
    private = ["CD", "DC", "CF", "FC", "FG", "GF"]
    town = Town(ROADS, private=private, turns=[("EF", "FG"), ("GF", "FE")], turn_ms=[7000, 3000])
    here, network = town.snap("AB", 0.25), town.network
    hierarchy, graph, cost_ms, local_ms = network.hierarchy, network.graph, network.metric.cost_ms, network.local_ms
    field = town.field([here], 900, direction=direction)
    for edge in map(town.edge, private):
        if direction == "from":
            exits = enter_local(graph, cost_ms, local_ms, edge_points([edge], 1.0)).exits
            cost = find_cost(hierarchy, network.metric, here.starts, end_points(graph, cost_ms, exits))
        else:
            exits = leave_local(graph, cost_ms, local_ms, edge_points([edge], 0.0)).exits
            cost = find_cost(hierarchy, network.metric, exits, here.ends)
        assert field.entry_cost[edge] + local_ms[edge] == cost < UNREACHED


@pytest.mark.parametrize("metric", ["time", "distance"])
def test_nobody_is_led_through_a_private_road(metric):
    """Beyond C and F lies what only private roads join to the place."""
    town = Town(ROADS, private=["BC", "BE", "EB"])
    (contour,) = town.isochrone([town.snap("AB", 0.0)], [3000], metric)
    assert inside(contour) == "ABCE"


def test_features_are_polygons_smallest_first(town):
    areas = find_outlines(town.network, town.shapes, town.field([town.snap("AB", 0.0)]), [300, 60])
    features = contour_features(areas)
    assert [feature["properties"]["value"] for feature in features] == [60.0, 300.0]
    texts = contour_features(areas, as_text=True)
    assert json.loads(orjson.dumps(texts)) == features
    for place, (feature, contour) in enumerate(zip(features, as_contours(areas))):
        assert json.loads(contour_json(areas, place)) == feature["geometry"]
        shape = shapely.geometry.shape(feature["geometry"])
        assert shape.is_valid
        assert shape.equals(contour.geometry)
        assert feature["properties"]["tolerance_m"] < 200


@pytest.mark.parametrize(
    ("values", "metric", "error"),
    [
        ([], "time", BadQuery),
        ([0], "time", BadQuery),
        ([-5.0], "distance", BadQuery),
        ([float("nan")], "time", BadQuery),
        ([60], "money", BadQuery),
        ([14401], "time", TooLarge),
        ([300_001], "distance", TooLarge),
        (range(1, 12), "time", TooLarge),
    ],
)
def test_limits_over_the_ceiling_are_refused(values, metric, error):
    with pytest.raises(error):
        checked_limits(list(values), metric)


def test_limits_come_back_in_order_and_once():
    assert checked_limits([300, 60, 300.0]) == (60.0, 300.0)


def test_an_unknown_direction_is_refused(town):
    with pytest.raises(BadQuery, match="direction"):
        town.field([town.snap("AB", 0.0)], direction="sideways")
