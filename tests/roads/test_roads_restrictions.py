"""Turn restrictions become sequences of edges."""

from __future__ import annotations

import pytest

from location_cloud.extract import Tags
from location_cloud.roads.edges import rules_for
from location_cloud.roads.model import BICYCLE, BUS, CAR, EVERYONE, HGV, NO_RULE, ONLY_RULE, WALKERS
from location_cloud.roads.restrictions import Statement, parse_statements
from tests.draw import draw_roads
from tests.roads.conftest import Builder

CROSS = """
        N
        |
    W---X---E
        |
        S
"""
ARMS = {"WX": {}, "XE": {}, "NX": {}, "XS": {}}


def relation(number: int, members: str, tags: str) -> str:
    """ "way:1:from node:2:via" and "restriction=no_left_turn" as a relation."""
    parts = (member.split(":") for member in members.split())
    inside = "".join(f'<member type="{kind}" ref="{ref}" role="{role}"/>' for kind, ref, role in parts)
    pairs = (pair.split("=", 1) for pair in ["type=restriction", *tags.split(" | ")])
    return f'<relation id="{number}">{inside}{"".join(f"""<tag k="{k}" v="{v}"/>""" for k, v in pairs)}</relation>'


def drawn_with(drawing, *relations: str) -> str:
    """The elements of a drawing and some more relations. Signs are nodes 1.. in alphabetical order."""
    xml = drawing.osm_xml()
    return xml[xml.index(">", xml.index("<osm")) + 1 : xml.index("</osm>")] + "".join(relations)


def test_no_turn_is_the_two_edges_over_the_via_node(build: Builder) -> None:
    city = build(draw_roads(CROSS, ways=ARMS, restrictions=[("no_left_turn", "WX", "X", "NX")]))
    assert city.rules() == {"no WXN"}


def test_only_turn_keeps_its_kind(build: Builder) -> None:
    city = build(draw_roads(CROSS, ways=ARMS, restrictions=[("only_straight_on", "WX", "X", "XE")]))
    assert city.rules() == {"only WXE"}


def test_rule_on_a_way_drawn_towards_or_away_is_the_same(build: Builder) -> None:
    city = build(draw_roads(CROSS, ways={**ARMS, "XW": {}, "WX": {}}, restrictions=[("no_left_turn", "NX", "X", "XE")]))
    assert city.rules() == {"no NXE"}


def test_u_turn_into_the_same_way_is_the_edge_and_its_reverse(build: Builder) -> None:
    city = build(draw_roads(CROSS, ways=ARMS, restrictions=[("no_u_turn", "WX", "X", "WX")]))
    assert city.rules() == {"no WXW"}


def test_u_turn_on_a_way_that_runs_on_binds_both_directions(build: Builder) -> None:
    city = build(draw_roads(CROSS, ways={"WXE": {}, "NXS": {}}, restrictions=[("no_u_turn", "WXE", "X", "WXE")]))
    assert city.rules() == {"no WXW", "no EXE"}


def test_way_that_runs_on_is_told_by_the_angle(build: Builder) -> None:
    city = build(
        draw_roads(CROSS, ways={"WX": {}, "XE": {}, "NXS": {}}, restrictions=[("no_left_turn", "WX", "X", "NXS")])
    )
    assert city.rules() == {"no WXN"}


def test_unclear_turn_forbids_nothing_and_is_counted(build: Builder) -> None:
    city = build(draw_roads(CROSS, ways={"WXE": {}, "NXS": {}}, restrictions=[("no_left_turn", "WXE", "X", "NXS")]))
    assert city.rules() == set()  # from the west or from the east?
    assert (city.built.counts["restrictions"], city.built.counts["restrictions_unresolved"]) == (1, 1)


def test_oneway_makes_it_clear_again(build: Builder) -> None:
    ways = {"WXE": {"oneway": "yes"}, "NXS": {}}
    city = build(draw_roads(CROSS, ways=ways, restrictions=[("no_left_turn", "WXE", "X", "NXS")]))
    assert city.rules() == {"no WXN"}


def test_via_node_in_the_middle_of_a_way_cuts_it(build: Builder) -> None:
    city = build(draw_roads("A--b--C", ways={"AbC": {}}, restrictions=[("no_u_turn", "AbC", "b", "AbC")]))
    assert city.rules() == {"no AbA", "no CbC"}


LADDER = """
    A---B---C
        |
    D---E---F
"""


def test_via_way_is_a_rule_of_three_edges(build: Builder) -> None:
    ways = {"AB": {}, "BC": {}, "BE": {}, "DE": {}, "EF": {}}
    city = build(draw_roads(LADDER, ways=ways, restrictions=[("no_u_turn", "AB", ("BE",), "DE")]))
    assert city.rules() == {"no ABED"}


def test_via_way_cut_by_a_junction_is_followed_through(build: Builder) -> None:
    text = "A---B\n    |\nG---H\n    |\nD---E"
    ways = {"AB": {}, "BHE": {}, "GH": {}, "DE": {}}
    city = build(draw_roads(text, ways=ways, restrictions=[("no_u_turn", "AB", ("BHE",), "DE")]))
    assert city.rules() == {"no ABHED"}


def test_two_via_ways_are_all_passed(build: Builder) -> None:
    text = "A---B---C\n        |\n    E---D"
    ways = {"AB": {}, "BC": {}, "CD": {}, "DE": {}}
    city = build(draw_roads(text, ways=ways, restrictions=[("only_u_turn", "AB", ("CD", "BC"), "DE")]))
    assert city.rules() == {"only ABCDE"}


# Nodes of CROSS by alphabet: E1 N2 S3 W4 X5; ways as written: WX1 XE2 NX3 XS4.


def test_no_entry_from_several_ways_is_a_rule_for_each(build: Builder) -> None:
    text = relation(9, "way:1:from way:3:from node:5:via way:2:to", "restriction=no_entry")
    city = build(drawn_with(draw_roads(CROSS, ways=ARMS), text))
    assert city.built.counts["restrictions_unresolved"] == 0
    assert len(city.roads.rule_kind) == 2
    assert set(city.roads.rule_relation.tolist()) == {9}


def test_no_exit_to_several_ways_is_a_rule_for_each(build: Builder) -> None:
    text = relation(9, "way:1:from node:5:via way:2:to way:3:to way:4:to", "restriction=no_exit")
    assert len(build(drawn_with(draw_roads(CROSS, ways=ARMS), text)).roads.rule_kind) == 3


@pytest.mark.parametrize(
    "members",
    [
        "way:1:from way:2:to",
        "way:1:from node:5:via way:99:to",
        "way:1:from node:99:via way:2:to",
        "way:1:from node:5:via",
        "node:5:via",
        "way:1:from node:4:via node:5:via way:2:to",
        "node:1:from node:5:via node:2:to",
        "way:1:from relation:5:via way:2:to",
        "way:1:from way:99:via way:2:to",
    ],
)
def test_relation_that_cannot_be_laid_on_the_network_is_counted(build: Builder, members: str) -> None:
    text = relation(9, members, "restriction=no_left_turn")
    counts = build(drawn_with(draw_roads(CROSS, ways=ARMS), text)).built.counts
    assert (counts["restrictions"], counts["restrictions_unresolved"]) == (1, 1)


def test_rule_for_trucks_does_not_bind_cars(build: Builder) -> None:
    text = relation(9, "way:1:from node:5:via way:3:to", "restriction:hgv=no_left_turn")
    city = build(drawn_with(draw_roads(CROSS, ways=ARMS), text))
    assert city.roads.rule_vehicles.tolist() == [HGV]
    assert (len(rules_for(city.roads, CAR)), len(rules_for(city.roads, HGV))) == (0, 1)


def test_conditional_rule_is_kept_with_its_text_and_not_applied(build: Builder) -> None:
    tags = "restriction:conditional=no_left_turn @ (Mo-Fr 07:00-09:00)"
    city = build(drawn_with(draw_roads(CROSS, ways=ARMS), relation(9, "way:1:from node:5:via way:3:to", tags)))
    roads = city.roads
    assert len(roads.rule_kind) == 0
    assert roads.conditional_edges.tolist() == [0, 5]
    assert roads.names[roads.conditional_text[0]] == "(Mo-Fr 07:00-09:00)"


def test_rule_over_a_road_that_is_closed_to_cars_says_nothing_to_them(build: Builder) -> None:
    ways = {**ARMS, "XE": {"motor_vehicle": "no"}}
    city = build(draw_roads(CROSS, ways=ways, restrictions=[("only_straight_on", "WX", "X", "XE")]))
    assert (city.rules(CAR), city.rules(BICYCLE)) == (set(), {"only WXE"})


def test_rule_through_a_barrier_says_nothing_to_whom_it_stops(build: Builder) -> None:
    drawing = draw_roads(
        CROSS, ways=ARMS, restrictions=[("no_left_turn", "WX", "X", "NX")], nodes={"X": {"barrier": "bollard"}}
    )
    city = build(drawing)
    assert (city.rules(CAR), city.rules(BICYCLE)) == (set(), {"no WXN"})


VEHICLES = EVERYONE & ~WALKERS


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"restriction": "no_left_turn"}, Statement(NO_RULE, "left_turn", VEHICLES, "")),
        ({"restriction": "only_right_turn"}, Statement(ONLY_RULE, "right_turn", VEHICLES, "")),
        ({"restriction": "no_exit", "except": "bicycle"}, Statement(NO_RULE, "exit", VEHICLES & ~BICYCLE, "")),
        ({"restriction:bus": "no_u_turn"}, Statement(NO_RULE, "u_turn", BUS, "")),
        (
            {"restriction:hgv:conditional": "no_entry @ (weight>7.5)"},
            Statement(NO_RULE, "entry", HGV, "(weight>7.5)"),
        ),
        (
            {"restriction": "no_left_turn", "day_on": "Mo", "day_off": "Fr", "hour_on": "07:00", "hour_off": "09:00"},
            Statement(NO_RULE, "left_turn", VEHICLES, "Mo-Fr 07:00-09:00"),
        ),
    ],
)
def test_statement_is_read(tags: Tags, expected: Statement) -> None:
    assert parse_statements(tags) == [expected]


@pytest.mark.parametrize(
    "tags",
    [
        {"restriction": "no_right_turn_on_red"},
        {"restriction": "give_way"},
        {"restriction:caravan": "no_left_turn"},
        {"restriction": ""},
        {},
    ],
)
def test_what_is_no_turn_rule_says_nothing(tags: Tags) -> None:
    assert parse_statements(tags) == []


def test_exception_can_leave_nobody() -> None:
    assert parse_statements({"restriction:psv": "no_left_turn", "except": "psv; bicycle"}) == []
