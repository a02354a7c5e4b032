"""What holds of roads under a condition only, as rows beside them."""

from __future__ import annotations

import pytest

from location_cloud.roads.access import way_access
from location_cloud.roads.conditions import read_conditions, split_clauses
from location_cloud.roads.model import (
    BICYCLE,
    BUS,
    CAR,
    EVERYONE,
    HGV,
    MOTOR,
    NO_LIMIT_KMH,
    TAXI,
    VEHICLES,
    WALKERS,
    WHEN_KINDS,
    WHEN_MAX_WEIGHT,
    WHEN_OPEN,
    WHEN_SPEED,
)
from tests.draw import draw_roads
from tests.roads.conftest import Builder

WHEELED = EVERYONE & ~WALKERS
DIRECTIONS = {1: "forward", 2: "backward", 3: "both"}


def rows(tags: dict[str, str]) -> list[tuple[str, str, int, int, str]]:
    """The rows of a residential street as (effect, direction, vehicles, value, condition)."""
    tags = {"highway": "residential", **tags}
    found = read_conditions(tags, way_access(tags))
    return [(WHEN_KINDS[w.kind], DIRECTIONS[w.direction], w.vehicles, w.value, w.condition) for w in found]


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("no @ (Mo-Fr 07:00-09:00)", [("no", "Mo-Fr 07:00-09:00")]),
        ("no@22:00-06:00", [("no", "22:00-06:00")]),
        ("no @ (Mo; We); yes @ Sa", [("no", "Mo; We"), ("yes", "Sa")]),
        ("no @ Mo 07:00-09:00; Sa 10:00-12:00", [("no", "Mo 07:00-09:00; Sa 10:00-12:00")]),
        ("30 @ (22:00-06:00); 50 @ (wet);", [("30", "22:00-06:00"), ("50", "wet")]),
        ("no @ (weight>7.5 AND Mo)", [("no", "weight>7.5 AND Mo")]),
        ("no @ (Mo) AND (weight>7.5)", [("no", "(Mo) AND (weight>7.5)")]),
        ("no @ ((sunset-00:30)-06:00)", [("no", "(sunset-00:30)-06:00")]),
        ("no", []),
        ("", []),
        ("@", []),
    ],
)
def test_conditional_value_is_split(text: str, clauses: list[tuple[str, str]]) -> None:
    assert split_clauses(text) == clauses


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("access:conditional", "no @ (Mo)", ("closed", "both", EVERYONE, 0, "Mo")),
        ("motor_vehicle:conditional", "no @ (Mo)", ("closed", "both", MOTOR & ~VEHICLES["emergency"], 0, "Mo")),
        ("motor_vehicle:conditional", "delivery @ (Mo)", ("local", "both", MOTOR & ~VEHICLES["emergency"], 0, "Mo")),
        ("bicycle:conditional", "yes @ (Mo)", ("open", "both", BICYCLE, 0, "Mo")),
        ("hgv:conditional", "no @ (weight>7.5)", ("closed", "both", HGV, 0, "weight>7.5")),
        ("hgv:backward:conditional", "no @ Mo", ("closed", "backward", HGV, 0, "Mo")),
        ("psv:conditional", "yes @ (Mo)", ("open", "both", BUS | TAXI, 0, "Mo")),
        ("maxspeed:conditional", "30 @ (22:00-06:00)", ("speed", "both", WHEELED, 30, "22:00-06:00")),
        ("maxspeed:conditional", "none @ (Su)", ("speed", "both", WHEELED, NO_LIMIT_KMH, "Su")),
        ("maxspeed:forward:conditional", "30 @ wet", ("speed", "forward", WHEELED, 30, "wet")),
        ("maxspeed:hgv:conditional", "60 @ (weight>7.5)", ("speed", "both", HGV, 60, "weight>7.5")),
        ("maxspeed:hgv", "60", ("speed", "both", HGV, 60, "")),
        ("maxspeed:hgv:forward", "60", ("speed", "forward", HGV, 60, "")),
        ("maxweight:conditional", "3.5 @ (Mo)", ("max_weight", "both", WHEELED, 3500, "Mo")),
        ("maxweight:hgv:conditional", "none @ destination", ("max_weight", "both", HGV, 0, "destination")),
    ],
)
def test_tag_with_a_condition_is_a_row(key: str, value: str, expected: tuple[str, str, int, int, str]) -> None:
    assert rows({key: value}) == [expected]


@pytest.mark.parametrize(
    "tags",
    [
        {"maxspeed:forward": "50"},
        {"maxspeed:type": "DE:urban"},
        {"maxspeed:conditional": "soon @ (Mo)"},
        {"access:conditional": "no"},
        {"access:lanes:conditional": "no @ (Mo)"},
        {"overtaking:conditional": "no @ (Mo)"},
        {"maxweight:conditional": "heavy @ (Mo)"},
        {"maxspeed:snail:conditional": "1 @ (Mo)"},
    ],
)
def test_what_says_nothing_of_the_kind_gives_no_row(tags: dict[str, str]) -> None:
    assert rows(tags) == []


def test_closer_tag_that_always_holds_outweighs_a_condition() -> None:
    ((_, _, vehicles, _, _),) = rows({"access:conditional": "no @ (Mo)", "bicycle": "yes", "hgv": "no"})
    assert vehicles == EVERYONE & ~BICYCLE & ~HGV


def test_particular_conditions_come_after_general_ones() -> None:
    found = rows({"bicycle:conditional": "yes @ (Mo)", "access:conditional": "no @ (Mo)"})
    assert [(effect, vehicles & CAR) for effect, _, vehicles, _, _ in found] == [("closed", CAR), ("open", 0)]


def test_one_way_street_at_some_hours_is_closed_backward_then() -> None:
    assert rows({"oneway:conditional": "yes @ (Mo)"}) == [("closed", "backward", WHEELED, 0, "Mo")]


def test_one_way_street_is_opened_backward_at_some_hours() -> None:
    assert rows({"oneway": "yes", "oneway:conditional": "no @ (Mo)"}) == [("open", "backward", WHEELED, 0, "Mo")]


def test_one_way_rule_of_bicycles_stays_as_it_is() -> None:
    found = rows({"oneway:bicycle": "no", "oneway:conditional": "yes @ (Mo)"})
    assert found == [("closed", "backward", WHEELED & ~BICYCLE, 0, "Mo")]


def test_tidal_road_is_opened_one_way_at_a_time() -> None:
    found = rows({"oneway": "reversible", "oneway:conditional": "yes @ (06:00-12:00); -1 @ (12:00-20:00)"})
    assert [(effect, way, hours) for effect, way, _, _, hours in found] == [
        ("open", "forward", "06:00-12:00"),
        ("open", "backward", "12:00-20:00"),
    ]


# --- in the network ----------------------------------------------------------------------------------------------


def test_rows_stand_on_every_segment_of_the_way(build: Builder) -> None:
    ways = {"ABC": {"maxspeed:conditional": "30 @ (Mo)"}, "BD": {"maxspeed:hgv": "40"}}
    roads = build(draw_roads("A--B--C\n   |\n   D", ways=ways)).roads
    assert roads.when_segment.tolist() == [0, 1, 2]
    assert roads.when_value.tolist() == [30, 30, 40]
    assert [roads.names[text] for text in roads.when_text] == ["Mo", "Mo", ""]
    assert set(roads.when_kind.tolist()) == {WHEN_SPEED}


def test_road_that_is_closed_but_at_some_hours_is_kept(build: Builder) -> None:
    ways = {"AB": {"access": "no", "access:conditional": "yes @ (Sa)"}, "BC": {"access": "no"}}
    roads = build(draw_roads("A--B--C", ways=ways)).roads
    assert (roads.segment_count, roads.when_kind.tolist()) == (1, [WHEN_OPEN])
    assert roads.seg_access_forward.tolist() == [0]


def test_conditions_that_are_not_read_are_counted_and_kept(build: Builder) -> None:
    ways = {"AB": {"access:conditional": "no @ (full moon); no @ (Mo)", "maxweight:conditional": "3 @ (Tu)"}}
    city = build(draw_roads("A--B", ways=ways))
    assert (city.built.counts["conditions"], city.built.counts["conditions_unread"]) == (3, 1)
    assert city.roads.when_kind.tolist()[0] == WHEN_MAX_WEIGHT
