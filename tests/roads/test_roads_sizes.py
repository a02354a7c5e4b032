"""Sizes, weights and slopes of signs; lanes and what signs over them name."""

from __future__ import annotations

import pytest

from location_cloud.roads.lanes import SignTexts, lane_counts, sign_texts
from location_cloud.roads.model import SMOOTHNESS, SURFACES, UNPAVED_FROM
from location_cloud.roads.sizes import (
    SizeLimits,
    parse_incline_percent,
    parse_length_cm,
    parse_level,
    parse_weight_kg,
    size_limits,
)
from location_cloud.roads.ways import WayReader
from tests.draw import draw_roads
from tests.roads.conftest import Builder


@pytest.mark.parametrize(
    ("value", "cm"),
    [
        ("3.8", 380),
        ("3,8", 380),
        ("3.8 m", 380),
        ("3.8m", 380),
        ("380 cm", 380),
        ("12'", 366),
        ("12'6\"", 381),
        ("12'6.5\"", 382),
        ("12 ft 6 in", 381),
        ("13ft", 396),
        ('90"', 229),
        ("3.8;4.2", 380),
        ("none", 0),
        ("default", 0),
        ("below_default", 0),
        ("", 0),
        ("-3", 0),
        ("9999", 0),
        ("tall", 0),
        ("9" * 400, 0),
    ],
)
def test_length_is_read(value: str, cm: int) -> None:
    assert parse_length_cm(value) == cm


@pytest.mark.parametrize(
    ("value", "kg"),
    [
        ("7.5", 7500),
        ("7,5 t", 7500),
        ("7.5t", 7500),
        ("3500 kg", 3500),
        ("5 st", 4536),
        ("10000 lbs", 4536),
        ("none", 0),
        ("unsigned", 0),
        ("7500", 0),  # forgotten kg: no road bears 7,500 t
        ("", 0),
    ],
)
def test_weight_is_read(value: str, kg: int) -> None:
    assert parse_weight_kg(value) == kg


@pytest.mark.parametrize(
    ("value", "percent"),
    [("8%", 8), ("-8 %", -8), ("8", 8), ("45°", 100), ("-10°", -18), ("300%", 100), ("up", 0), ("down", 0), ("", 0)],
)
def test_slope_is_read(value: str, percent: int) -> None:
    assert parse_incline_percent(value) == percent


@pytest.mark.parametrize(("value", "level"), [("2", 2), ("-1", -1), ("0;1", 0), ("1.5", 1), ("B", 0), ("", 0)])
def test_level_is_read(value: str, level: int) -> None:
    assert parse_level(value) == level


def test_smallest_of_several_limits_holds() -> None:
    tags = {
        "maxheight": "4",
        "maxheight:physical": "3.9",
        "maxweight": "none",
        "maxweight:hgv": "12",
        "maxaxleload": "8",
    }
    assert size_limits(tags) == SizeLimits(390, 0, 0, 12_000, 8_000)


@pytest.mark.parametrize(
    ("text", "open_", "lanes"),
    [
        ("lanes=2", "fb", (1, 1)),
        ("lanes=4", "fb", (2, 2)),
        ("lanes=3", "fb", (1, 1)),
        ("lanes=1", "fb", (1, 1)),
        ("lanes=5 lanes:both_ways=1", "fb", (2, 2)),
        ("lanes=3 lanes:forward=2", "fb", (2, 1)),
        ("lanes=3 lanes:backward=2", "fb", (1, 2)),
        ("lanes:forward=2", "fb", (2, 0)),
        ("lanes=3", "f", (3, 0)),
        ("lanes=3", "b", (0, 3)),
        ("turn:lanes=left|through|right", "f", (3, 0)),
        ("lanes=2;3", "f", (2, 0)),
        ("lanes=many", "f", (0, 0)),
        ("lanes=999", "f", (20, 0)),
        ("", "fb", (0, 0)),
    ],
)
def test_lanes_of_each_direction(text: str, open_: str, lanes: tuple[int, int]) -> None:
    tags = dict(part.split("=", 1) for part in text.split())
    assert lane_counts(tags, "f" in open_, "b" in open_) == lanes


def test_signs_without_a_direction_speak_of_the_one_that_is_driven() -> None:
    tags = {"turn:lanes": "left|right", "destination": "Mannheim; Worms", "destination:ref": "A 5;A 6"}
    there = "A 5, A 6: Mannheim, Worms"
    assert sign_texts(tags, True, False) == SignTexts("left|right", "", there, "", "")
    assert sign_texts(tags, False, True) == SignTexts("", "left|right", "", there, "")
    assert sign_texts(tags, True, True) == SignTexts("", "", "", "", "")


def test_signs_with_directions_are_kept_apart() -> None:
    tags = {"turn:lanes:backward": "through", "destination:forward": "Bergheim", "destination:ref:backward": "B 3"}
    assert sign_texts(tags, True, True) == SignTexts("", "through", "Bergheim", "B 3", "")


def test_signs_are_numbered_in_the_network(build: Builder) -> None:
    tags = {"oneway": "yes", "turn:lanes": "left|right", "destination": "大庆东", "junction:ref": "12"}
    roads = build(draw_roads("A--B", ways={"AB": tags})).roads
    columns = (roads.seg_turn_lanes_forward, roads.seg_destination_forward, roads.seg_junction_ref)
    assert [roads.names[column[0]] for column in columns] == ["left|right", "大庆东", "12"]


def test_ramp_bears_the_number_of_the_exit_it_begins_at(build: Builder) -> None:
    exit_ = {"highway": "motorway_junction", "ref": "37"}
    ways = {"ABC": {"highway": "motorway"}, "BD": {"highway": "motorway_link", "oneway": "yes"}}
    city = build(draw_roads("A--B--C\n   |\n   D", ways=ways, nodes={"B": exit_}))
    numbers = {ends: city.roads.names[city.roads.seg_junction_ref[city.edge(ends) >> 1]] for ends in ("AB", "BC", "BD")}
    assert numbers == {"AB": "", "BC": "", "BD": "37"}


@pytest.mark.parametrize(
    ("value", "surface"),
    [
        ("asphalt", "asphalt"),
        ("concrete:plates", "concrete:plates"),
        ("paving_stones:30", "paving_stones"),
        ("unhewn_cobblestone", "cobblestone"),
        ("earth", "ground"),
        ("gravel;grass", "gravel"),
        ("tartan", "other"),
        ("", ""),
    ],
)
def test_surface_is_named(value: str, surface: str) -> None:
    read = WayReader().read({"highway": "path", "surface": value})
    assert read is not None
    assert SURFACES[read.numbers.surface] == surface


def test_unpaved_surfaces_come_after_the_paved_ones() -> None:
    assert {"paved", "asphalt", "cobblestone", "wood"} <= set(SURFACES[:UNPAVED_FROM])
    assert {"unpaved", "compacted", "gravel", "sand", "ice"} <= set(SURFACES[UNPAVED_FROM:])


def test_smoothness_grade_width_and_slope_are_kept(build: Builder) -> None:
    tags = {
        "highway": "track",
        "smoothness": "bad",
        "tracktype": "grade4",
        "width": "2.5",
        "incline": "-7%",
        "layer": "1",
    }
    roads = build(draw_roads("A--B", ways={"AB": tags})).roads
    assert SMOOTHNESS[roads.seg_smoothness[0]] == "bad"
    assert (roads.seg_tracktype[0], roads.seg_width_cm[0], roads.seg_incline_percent[0]) == (4, 250, -7)
    assert roads.seg_level[0] == 1


def test_limits_are_columns_of_the_network(build: Builder) -> None:
    tags = {"maxheight": "3.2", "maxwidth": "2.2", "maxlength": "9", "maxweight": "3.5", "maxaxleload": "2"}
    roads = build(draw_roads("A--B", ways={"AB": tags})).roads
    assert (roads.seg_max_height_cm[0], roads.seg_max_width_cm[0], roads.seg_max_length_cm[0]) == (320, 220, 900)
    assert (roads.seg_max_weight_kg[0], roads.seg_max_axle_kg[0]) == (3500, 2000)
