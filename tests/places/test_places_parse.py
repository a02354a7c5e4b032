import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from location_cloud.places.numerals import number_of
from location_cloud.places.parse_address import AskedHouse, list_asked_houses
from location_cloud.places.parse_crossing import list_crossings
from location_cloud.places.parse_km_post import DOWN, UP, parse_km_post, route_names
from location_cloud.places.parse_noise import MAX_CHARS, read_question
from location_cloud.places.parse_offset import parse_offset
from location_cloud.places.parse_unit import parse_unit


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("团结大街202号", AskedHouse("团结大街", "202")),
        ("幸福五街二百五十七号", AskedHouse("幸福五街", "257")),
        ("团结大街甲202号", AskedHouse("团结大街", "甲202")),
        ("团结大街202-1号", AskedHouse("团结大街", "202-1")),
        ("团结大街202号之1", AskedHouse("团结大街", "202之1")),
        ("团结大街202号院3号楼", AskedHouse("团结大街", "202", (), "3号楼")),
        ("长宁路88弄12号", AskedHouse("长宁路", "88弄12号")),
        ("Mannerheimintie 12", AskedHouse("Mannerheimintie", "12")),
        ("Main St 12 a", AskedHouse("Main St", "12 a")),
        ("12 High Street", AskedHouse("High Street", "12")),
        ("No. 12 High Street", AskedHouse("High Street", "12")),
        ("221B Baker Street, London", AskedHouse("Baker Street", "221B", ("London",))),
        ("146 世纪巷, 龙凤区", AskedHouse("世纪巷", "146", ("龙凤区",))),
        ("Hauptstraße 5, 91207 Lauf", AskedHouse("Hauptstraße", "5", ("91207 Lauf",))),
        ("Straße des 17. Juni 135", AskedHouse("Straße des 17. Juni", "135")),
        ("Hauptstr. 5-7 Lauf", AskedHouse("Hauptstr.", "5-7", ("Lauf",))),
        ("mannerheimintie10", AskedHouse("mannerheimintie", "10")),
        ("Hauptstr.5a, Lauf", AskedHouse("Hauptstr.", "5a", ("Lauf",))),
        ("12, rue Grimaldi, 98000 Monaco", AskedHouse("rue Grimaldi", "12", ("98000 Monaco",))),
        ("12 bis rue Grimaldi", AskedHouse("rue Grimaldi", "12 bis")),
        ("Via Roma, 12", AskedHouse("Via Roma", "12")),
        ("tuanjiedajie 202 hao", AskedHouse("tuanjiedajie", "202")),
        ("团结大街10", AskedHouse("团结大街", "10")),
    ],
)
def test_house_is_read_in_chinese_and_western_order(text, asked):
    assert next(list_asked_houses(text)) == asked


def test_staircase_and_flat_are_no_house_number():
    assert AskedHouse("Mannerheimintie", "12 B", unit="B", room="34") in list_asked_houses("Mannerheimintie 12 B 34")


@pytest.mark.parametrize("text", ["书香小区3号楼", "5号井", "地铁10号线"])
def test_numbered_things_are_no_houses(text):
    assert not list(list_asked_houses(text))


@pytest.mark.parametrize(
    "text",
    [
        "K123+400 G10",
        "G10 K123.4",
        "G10k123+400",
        "G10 123公里400米",
        "G10一百二十三公里四百米处",
        "G10 km 123,4",
    ],
)
def test_kilometre_is_read_in_every_spelling(text):
    asked = parse_km_post(text)
    assert (asked.route, asked.metres) == ("G10", 123_400.0)


@pytest.mark.parametrize(
    ("text", "side"),
    [("ZK12+300 绥满高速", UP), ("绥满高速上行K12+300", UP), ("YK12+300", DOWN), ("绥满高速下行线12公里", DOWN)],
)
def test_side_of_the_road_is_read(text, side):
    assert parse_km_post(text).side == side


def test_heading_of_a_caller_is_no_part_of_the_road():
    asked = parse_km_post("大广高速往北京方向K520处")
    assert (asked.route, asked.heading) == ("大广高速", "北京")


@pytest.mark.parametrize("text", ["书香小区北侧2公里", "团结大街202号", "Main Street 12"])
def test_other_distances_are_no_kilometre_post(text):
    assert parse_km_post(text) is None


@pytest.mark.parametrize(
    ("route", "names"),
    [
        ("G10绥满高速", ["G10", "绥满高速", "G10绥满高速"]),
        ("203国道", ["G203", "203国道"]),
        ("省道201", ["S201", "省道201"]),
        ("绥满高速公路", ["绥满高速公路"]),
    ],
)
def test_route_is_looked_up_by_number_first(route, names):
    assert route_names(route) == names


@pytest.mark.parametrize(
    "text",
    [
        "团结大街与世纪路交叉口",
        "团结大街和世纪路路口",
        "团结大街/世纪路",
        "团结大街世纪路交口",
        "团结大街世纪路口",
        "团结大街、世纪路十字路口",
        "团结大街 世纪路",
    ],
)
def test_crossing_is_read_in_every_spelling(text):
    assert ("团结大街", "世纪路") in list_crossings(text)


@pytest.mark.parametrize(
    "text",
    ["corner of Main Street and High St", "Main Street & High St", "Main Street / High St", "Main Street Ecke High St"],
)
def test_western_crossing_is_read(text):
    assert list(list_crossings(text)) == [("Main Street", "High St")]


@pytest.mark.parametrize("text", ["团结大街202号", "Hauptstr. 12/14", "大庆市第一医院", "Main Street 12, Springfield"])
def test_other_names_are_no_crossing(text):
    assert not list(list_crossings(text))


@pytest.mark.parametrize(
    ("text", "landmark", "bearing_deg", "distance_m"),
    [
        ("书香小区北侧200米", "书香小区", 0, 200),
        ("书香书店西南166米", "书香书店", 225, 166),
        ("距书香小区以北二百米处", "书香小区", 0, 200),
        ("书香小区往东走1.5公里", "书香小区", 90, 1500),
        ("书香书店对面", "书香书店", None, 0),
        ("200 m north of Central Station", "Central Station", 0, 200),
        ("100m nördlich vom Bahnhof", "Bahnhof", 0, 100),
        ("near Central Station", "Central Station", None, 0),
    ],
)
def test_place_near_another_is_read(text, landmark, bearing_deg, distance_m):
    asked = parse_offset(text)
    assert (asked.landmark, asked.bearing_deg, asked.distance_m) == (landmark, bearing_deg, distance_m)


def test_gate_is_on_its_side():
    asked = parse_offset("大庆市第一医院东门")
    assert (asked.landmark, asked.bearing_deg, asked.is_gate) == ("大庆市第一医院", 90, True)


@pytest.mark.parametrize(
    "text",
    [
        "书香小区3号楼2单元501室",
        "书香小区3栋2门501",
        "书香小区3-2-501",
        "书香小区三号楼二单元501",
        "书香小区3幢2单元501",
    ],
)
def test_building_unit_and_room_are_read(text):
    asked = parse_unit(text)
    assert (asked.place, asked.building, asked.unit, asked.room) == ("书香小区", "3", "2", "501")


def test_letters_name_buildings():
    assert parse_unit("万达A座1203室").building == "a"


@pytest.mark.parametrize("text", ["油田总医院 5床", "团结大街202号", "大庆市第一医院"])
def test_other_numbers_are_no_unit(text):
    assert parse_unit(text) is None


@pytest.mark.parametrize(
    ("text", "core"),
    [
        ("喂我在团结大街297号这边有人受伤了快来", "团结大街297号"),
        ("你好,着火了,地址是团结大街202号,快来!", "团结大街202号"),
        ("在水一方小区", "在水一方小区"),
        ("极速网吧", "极速网吧"),
        ("I am at Hauptstraße 5, Lauf please hurry", "Hauptstraße 5, Lauf"),
        ("Hilfe, ich bin in der Luisenstraße 600", "Luisenstraße 600"),
        ("喂", "喂"),
    ],
)
def test_callers_story_is_cut_off(text, core):
    assert read_question(text).core == core


@pytest.mark.parametrize(
    ("text", "value"), [("12.5", 12.5), ("二百五十七", 257), ("十", 10), ("二五〇", 250), ("两千零三", 2003)]
)
def test_numerals_have_a_value(text, value):
    assert number_of(text) == value


def read_all(text):
    question = read_question(text)
    for each in (question.core, question.text):
        parse_km_post(each)
        parse_offset(each)
        parse_unit(each)
        list(list_crossings(each))
        list(list_asked_houses(each))


@given(st.text(max_size=2 * MAX_CHARS))
def test_any_text_is_read_without_an_error(text):
    read_all(text)


PIECES = (
    "团结大街",
    "K",
    "+",
    "12",
    "号",
    "楼",
    "单元",
    "与",
    "路",
    "交叉口",
    "北侧",
    "米",
    "-",
    " ",
    "a",
    ",",
    "十",
    "一百",
    "公里",
    "门",
    "附近",
    "/",
    ".",
)


@pytest.mark.parametrize("seed", range(20))
def test_long_repetitions_are_read(seed):
    chance = random.Random(seed)
    text = "".join(chance.choice(PIECES[: chance.randrange(2, len(PIECES))]) for _ in range(120))[:MAX_CHARS]
    read_all(text)
