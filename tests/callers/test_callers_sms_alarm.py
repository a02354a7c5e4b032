"""SMS to 12110 by the published forms, and words that follow none."""

from __future__ import annotations

import pytest

from location_cloud.callers.sms_alarm import read_alarm


def test_at_home_the_parts_of_the_address_are_told():
    alarm = read_alarm("林甸县花园街道幸福小区3幢2单元(501),现有小偷")
    assert (alarm.template, alarm.where, alarm.what) == ("home", "林甸县花园街道幸福小区3幢2单元501", "现有小偷")
    assert alarm.parts == {
        "county": "林甸县", "town": "花园街道", "community": "幸福小区", "building": "3", "unit": "2", "room": "501"
    }  # fmt: skip


def test_in_a_bus_road_and_kilometre_are_told():
    alarm = read_alarm("大庆至哈尔滨的公交车有小偷（抢劫），现行驶在绥满高速公路248公里处")
    assert (alarm.template, alarm.where) == ("vehicle_km", "绥满高速公路248公里")
    assert alarm.parts == {
        "vehicle": "公交车", "from": "大庆", "to": "哈尔滨", "road": "绥满高速公路", "km": "248"
    }  # fmt: skip
    assert alarm.what == "有小偷(抢劫)"


def test_in_a_bus_a_landmark_stands_for_the_kilometre():
    alarm = read_alarm("龙凤开往东风新村的15路公交车有人抢劫,现行驶到龙凤隧道附近")
    assert (alarm.template, alarm.where, alarm.parts["line"]) == ("vehicle_landmark", "龙凤隧道", "15")
    assert (alarm.parts["from"], alarm.parts["to"]) == ("龙凤", "东风新村")


def test_a_report_of_a_message_tells_no_place():
    alarm = read_alarm("收到13800001111发来的一条诈骗短信，内容如下：恭喜中奖，请到团结大街1号")
    assert (alarm.template, alarm.where, alarm.parts["sender"]) == ("message", "", "13800001111")
    assert alarm.parts["content"].startswith("恭喜中奖")


@pytest.mark.parametrize("mark", ["L", " L", "。L", "l"])
def test_a_closing_letter_says_that_nobody_can_hear(mark):
    assert read_alarm(f"书香小区3号楼2单元有人受伤{mark}").is_hearing_impaired


def test_a_letter_of_a_word_says_nothing():
    assert not read_alarm("I am at the MALL").is_hearing_impaired


@pytest.mark.parametrize(
    ("text", "template", "where"),
    [
        ("G10绥满高速K248+500有车祸", "road_km", "G10绥满高速K248+500"),
        ("我在万达广场附近被人跟踪", "landmark", "万达广场"),
        ("团结大街297号有人受伤", "free", "团结大街297号有人受伤"),
        ("大庆市萨尔图区会战大街18号3栋2单元301室有人打架", "home", "大庆市萨尔图区会战大街18号3栋2单元301室"),
        ("", "free", ""),
    ],
)
def test_other_words_are_read_for_a_place(text, template, where):
    alarm = read_alarm(text)
    assert (alarm.template, alarm.where) == (template, where)
