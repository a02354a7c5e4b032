"""How ways become segments, and segments edges with lasting keys."""

from __future__ import annotations

import numpy as np
import pytest

from location_cloud.roads.edges import (
    edge_heads,
    edge_key,
    edge_limits_kmh,
    edge_line_e7,
    edge_tails,
    find_edge,
    topology,
)
from location_cloud.roads.model import BICYCLE, CAR, FOOT
from location_cloud.spatial.measure import length_m
from tests.draw import draw_roads
from tests.roads.conftest import Builder, City

CROSS = """
    A---B---C
        |
        D
"""


def test_way_is_cut_where_another_meets_it(build: Builder) -> None:
    city = build(draw_roads(CROSS, ways={"ABC": {}, "BD": {}}))
    assert {"AB", "BC", "BD"} <= city.open_to(CAR)
    assert city.roads.segment_count == 3


def test_way_is_not_cut_where_it_only_bends(build: Builder) -> None:
    city = build(draw_roads("A--b--C", ways={"AbC": {}}))
    assert city.roads.segment_count == 1
    assert len(city.roads.shape_e7) == 3


def test_way_is_cut_where_it_meets_itself(build: Builder) -> None:
    city = build(draw_roads("A--B--C\n   |  |\n   E--D", ways={"ABCDEB": {}}))
    assert "AB" in city.open_to(CAR)
    assert city.roads.seg_position.tolist() == [0, 1, 3]  # A-B, then the loop in two pieces


def test_no_segment_starts_where_it_ends(build: Builder) -> None:
    city = build(draw_roads("A--B\n|  |\nD--C", ways={"ABCDA": {}}))
    assert city.roads.segment_count == 2
    assert (city.roads.seg_from != city.roads.seg_to).all()


def test_node_written_twice_in_a_row_is_one(build: Builder) -> None:
    city = build(draw_roads("A--B--C", ways={"ABBC": {}}))
    assert city.roads.segment_count == 1
    assert city.roads.seg_length_m[0] == pytest.approx(600, abs=0.01)


def test_way_is_broken_at_an_absent_node(build: Builder) -> None:
    nodes = "".join(f'<node id="{n}" lat="46" lon="{125 + n / 100}"/>' for n in (1, 2, 4, 5))
    refs = "".join(f'<nd ref="{n}"/>' for n in (1, 2, 3, 4, 5))
    city = build(f'{nodes}<way id="7">{refs}<tag k="highway" v="residential"/></way>')
    assert city.roads.seg_position.tolist() == [0, 3]
    assert city.roads.node_osm_id.tolist() == [1, 2, 4, 5]


def test_lone_node_makes_no_segment(build: Builder) -> None:
    node = '<node id="1" lat="46" lon="125"/>'
    city = build(node + '<way id="7"><nd ref="1"/><nd ref="9"/><tag k="highway" v="path"/></way>')
    assert city.roads.segment_count == 0


def test_city_without_roads_is_empty_and_sound(build: Builder) -> None:
    city = build("")
    assert dict(city.built.counts) == {
        "segments": 0,
        "nodes": 0,
        "km": 0,
        "restrictions": 0,
        "restrictions_unresolved": 0,
        "named": 0,
        "conditions": 0,
        "conditions_unread": 0,
    }
    assert find_edge(city.roads, "1:0:f") is None


def test_length_is_measured_along_the_line(build: Builder) -> None:
    city = build(draw_roads("A--b\n   |\n   C", ways={"AbC": {}}))
    line = edge_line_e7(city.roads, 0) / 1e7
    assert city.roads.seg_length_m[0] == pytest.approx(length_m(line), abs=1e-6)
    assert city.roads.seg_length_m[0] == pytest.approx(500, abs=0.1)


def test_box_holds_the_whole_line(build: Builder) -> None:
    city = build(draw_roads("A-b\n  |\n  C", ways={"AbC": {}}))
    lons, lats = city.roads.shape_e7.T
    assert city.roads.seg_box_e7[0].tolist() == [lons.min(), lats.min(), lons.max(), lats.max()]


# --- edges -------------------------------------------------------------------------------------------------------


def test_backward_edge_runs_the_line_the_other_way(build: Builder) -> None:
    city = build(draw_roads("A--b--C", ways={"AbC": {}}))
    forward, backward = edge_line_e7(city.roads, 0), edge_line_e7(city.roads, 1)
    assert (forward == backward[::-1]).all()
    assert (edge_tails(city.roads) == edge_heads(city.roads)[[1, 0]]).all()


def test_key_names_way_position_and_direction(build: Builder) -> None:
    city = build(draw_roads(CROSS, ways={"ABC": {}, "BD": {}}))
    assert edge_key(city.roads, city.edge("BC")) == "1:1:f"
    assert edge_key(city.roads, city.edge("CB")) == "1:1:b"


def test_every_key_finds_its_edge(build: Builder) -> None:
    city = build(draw_roads(CROSS, ways={"ABC": {}, "BD": {}}))
    for edge in range(2 * city.roads.segment_count):
        assert find_edge(city.roads, edge_key(city.roads, edge)) == edge


@pytest.mark.parametrize("key", ["1:2:f", "9:0:f", "1:0:x", "1:0", "", "a:b:f", "1:0:f\n", "9" * 20 + ":0:f"])
def test_unknown_key_finds_nothing(build: Builder, key: str) -> None:
    city = build(draw_roads(CROSS, ways={"ABC": {}, "BD": {}}))
    assert find_edge(city.roads, key) is None


def test_limits_of_both_directions(build: Builder) -> None:
    ways = {"AB": {"maxspeed": "50", "maxspeed:backward": "30"}, "BC": {}, "BD": {"maxspeed": "none"}}
    city = build(draw_roads(CROSS, ways=ways))
    limits = edge_limits_kmh(city.roads)
    assert [limits[city.edge(name)] for name in ("AB", "BA", "BD")] == [50, 30, np.inf]
    assert np.isnan(limits[city.edge("BC")])


# --- barriers ----------------------------------------------------------------------------------------------------


def reaches(city: City, vehicle: int, start: str) -> set[str]:
    """Signs that are reached over open edges, by plain search."""
    net = topology(city.roads, vehicle)
    open_edges = [edge for edge, ends in enumerate(city.ends()) if "".join(ends) in city.open_to(vehicle)]
    seen = {node for node in range(net.nodes) if city.names[int(city.roads.node_osm_id[net.origin[node]])] == start}
    while more := {int(net.head[e]) for e in open_edges if int(net.tail[e]) in seen} - seen:
        seen |= more
    return {city.names[int(city.roads.node_osm_id[net.origin[node]])] for node in seen}


def test_bollard_cuts_the_road_for_cars_only(build: Builder) -> None:
    city = build(draw_roads("A--b--C", ways={"AbC": {}}, nodes={"b": {"barrier": "bollard"}}))
    assert reaches(city, CAR, "A") == {"A", "b"}
    assert reaches(city, BICYCLE, "A") == {"A", "b", "C"}
    assert reaches(city, FOOT, "C") == {"A", "b", "C"}


def test_barrier_between_two_ways_cuts_them_too(build: Builder) -> None:
    city = build(draw_roads("A--B--C", nodes={"B": {"barrier": "block"}}))
    assert reaches(city, CAR, "A") == {"A", "B"}


def test_gate_lets_pass_unless_it_is_shut(build: Builder) -> None:
    for tags, is_open in (({}, True), ({"access": "no"}, False), ({"locked": "yes"}, False)):
        city = build(draw_roads("A--B--C", nodes={"B": {"barrier": "gate", **tags}}))
        assert ("C" in reaches(city, CAR, "A")) is is_open, tags


def test_private_gate_is_passed_only_into_a_private_road(build: Builder) -> None:
    gate = {"barrier": "lift_gate", "access": "private"}
    for behind, is_open in (({}, False), ({"access": "private"}, True)):
        city = build(draw_roads("A--B--C", ways={"AB": {}, "BC": behind}, nodes={"B": gate}))
        assert ("C" in reaches(city, CAR, "A")) is is_open
