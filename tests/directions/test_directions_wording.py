"""Steps in words, and the numbers that other engines give them."""

from __future__ import annotations

import dataclasses
import importlib.resources

import pytest

from location_cloud.directions.manoeuvre_codes import (
    GRAPHHOPPER,
    KINDS,
    MODIFIERS,
    ORS,
    VALHALLA,
    graphhopper_sign,
    ors_type,
    valhalla_type,
)
from location_cloud.directions.model import Step
from location_cloud.directions.wording import (
    LANGUAGES,
    SENTENCES,
    alert,
    find_language,
    instruction,
    parse_language,
    spoken_distance,
)
from location_cloud.errors import BadInput

STEP = Step("turn", "left", 0, "中山路", "", "", "", "", 0.0, 90.0, (125.1, 46.6), 100.0, 10.0, 0, 1, 0, 1)


def step(kind, modifier="straight", **others):
    return dataclasses.replace(STEP, kind=kind, modifier=modifier, **others)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (step("depart"), "沿中山路向东出发"),
        (step("depart", name=""), "向东出发"),
        (step("turn", "left"), "前方路口左转进入中山路"),
        (step("turn", "left", name=""), "前方路口左转"),
        (step("continue", "right"), "前方路口右转，继续沿中山路行驶"),
        (step("roundabout", "right", exit=2), "进入环岛，从第2个出口驶出，进入中山路"),
        (step("roundabout", "right", name=""), "进入环岛"),
        (step("on ramp", "slight right", name=""), "靠右行驶，进入匝道"),
        (step("off ramp", "slight right", junction="12", destinations="大庆"), "靠右行驶，从12出口驶出，往大庆方向"),
        (step("continue", "uturn", name=""), "请在合适位置掉头"),
        (step("end of road", "left"), "在道路尽头左转进入中山路"),
        (step("turn", "straight", mode="ferry", name=""), "乘坐轮渡"),
        (step("arrive", side="right"), "到达目的地，目的地在道路右侧"),
        (step("arrive"), "到达目的地"),
    ],
)
def test_a_step_is_said_in_chinese(told, words):
    assert instruction(told, "zh-CN") == words


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (step("depart"), "Head east on 中山路"),
        (step("turn", "left"), "Turn left onto 中山路"),
        (step("fork", "slight right", destinations="A 5: Basel"), "Keep right at the fork towards A 5: Basel"),
        (step("roundabout", "right", exit=3), "At the roundabout take exit 3 onto 中山路"),
        (step("arrive", side="left"), "You have arrived; your destination is on the left"),
    ],
)
def test_a_step_is_said_in_english(told, words):
    assert instruction(told, "en") == words


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_and_modifier_has_words_in_every_language(kind, language):
    for modifier in MODIFIERS:
        for name in ("", "中山路"):
            words = instruction(step(kind, modifier, name=name, exit=1), language)
            assert words
            assert "{" not in words


def test_a_road_name_with_braces_is_only_a_name():
    assert instruction(step("turn", "left", name="{road}"), "en") == "Turn left onto {road}"


def test_a_road_without_a_name_is_called_by_its_number():
    assert instruction(step("turn", "left", name="", ref="G45"), "en") == "Turn left onto G45"


@pytest.mark.parametrize(
    ("metres", "chinese", "english"),
    [
        (3, "10米", "10 m"),
        (123, "120米", "120 m"),
        (800, "800米", "800 m"),
        (812, "800米", "800 m"),
        (990, "1公里", "1 km"),
        (1240, "1.2公里", "1.2 km"),
        (2000, "2公里", "2 km"),
        (15_300, "15公里", "15 km"),
    ],
)
def test_distances_are_said_as_people_say_them(metres, chinese, english):
    assert spoken_distance(metres, "zh-CN") == chinese
    assert spoken_distance(metres, "en") == english


def test_an_alert_says_the_distance_first():
    assert alert(STEP, 800, "zh-CN") == "800米后，前方路口左转进入中山路"
    assert alert(STEP, 800, "en") == "In 800 m, turn left onto 中山路"


@pytest.mark.parametrize(
    ("tag", "language"), [("zh-Hans-CN", "zh-CN"), ("zh", "zh-CN"), ("en_GB", "en"), ("tlh", "en"), ("", "en")]
)
def test_an_unknown_language_is_english_and_a_near_one_itself(tag, language):
    assert find_language(tag) == language


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_file_without_a_sentence_is_refused(language):
    text = _file(language)
    lines = text.splitlines()
    for name in SENTENCES:
        cut = "\n".join(line for line in lines if not line.startswith(f"{name} = "))
        with pytest.raises(BadInput, match=name):
            parse_language("own.toml", cut)


def test_a_sentence_that_forgets_its_road_is_refused():
    with pytest.raises(BadInput, match="turn_onto uses"):
        parse_language("own.toml", _file("en").replace('"{turn} onto {road}"', '"{turn}"'))


def test_a_sentence_that_nothing_says_is_refused():
    with pytest.raises(BadInput, match="sing"):
        parse_language("own.toml", _file("en") + 'sing = "la"\n')


def _file(language):
    folder = importlib.resources.files("location_cloud.data") / "wording"
    return (folder / f"{language}.toml").read_text("utf-8")


# --- other engines' numbers ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("modifier", MODIFIERS)
def test_every_step_has_a_number_in_every_engine(kind, modifier):
    assert valhalla_type(kind, modifier) in VALHALLA.values()
    assert graphhopper_sign(kind, modifier) in GRAPHHOPPER.values()
    assert ors_type(kind, modifier) in ORS.values()


@pytest.mark.parametrize(
    ("kind", "modifier", "valhalla", "graphhopper", "ors"),
    [
        ("depart", "straight", 1, 0, 11),
        ("turn", "left", 15, -2, 0),
        ("turn", "sharp right", 11, 3, 3),
        ("turn", "uturn", 13, -8, 9),
        ("new name", "straight", 7, 0, 6),
        ("fork", "slight left", 24, -7, 12),
        ("roundabout", "right", 26, 6, 7),
        ("arrive", "straight", 4, 4, 10),
    ],
)
def test_well_known_numbers(kind, modifier, valhalla, graphhopper, ors):
    assert (valhalla_type(kind, modifier), graphhopper_sign(kind, modifier), ors_type(kind, modifier)) == (
        valhalla,
        graphhopper,
        ors,
    )


def test_left_driving_countries_turn_round_to_the_right():
    assert valhalla_type("turn", "uturn", driving_side="left") == 12
    assert graphhopper_sign("turn", "uturn", "left") == 8
