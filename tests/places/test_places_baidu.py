"""Baidu's answers, as lbsyun.baidu.com tells them: "地理编码", "全球逆地理编码", "地点检索", "服务状态码".

Positions are BD-09 unless the caller names another system, and failures stand in the body.
"""

from __future__ import annotations

import pytest
from defusedxml.ElementTree import fromstring

from location_cloud.spatial.crs import from_wgs84

CAFE = "60.1699,24.9414"


@pytest.fixture
def ask(client):
    return lambda path, **asked: client.get(f"/baidu/{path}", query_string={"output": "json", **asked}).get_json()


def test_address_becomes_a_position_with_its_quality(ask):
    answer = ask("geocoding/v3/", address="Aleksanterinkatu 44")
    assert answer["status"] == 0
    assert answer["result"] == {
        "location": {"lng": 24.9459553, "lat": 60.1687974},
        "precise": 1,
        "confidence": 100,
        "comprehension": 100,
        "level": "门址",
    }


@pytest.mark.parametrize(
    ("name", "crs"), [("", "bd09"), ("bd09ll", "bd09"), ("gcj02ll", "gcj02"), ("wgs84ll", "wgs84")]
)
def test_position_is_told_in_the_asked_system(ask, name, crs):
    found = ask("geocoding/v3", address="让胡路区", ret_coordtype=name)["result"]["location"]
    ((lng, lat),) = from_wgs84([(124.86283, 46.64142)], crs).tolist()
    assert (found["lng"], found["lat"]) == pytest.approx((lng, lat), abs=1e-7)


def test_address_of_84_bytes_is_read_and_a_longer_one_refused(ask):
    assert ask("geocoding/v3", address="大" * 42)["status"] in (0, 1)
    assert ask("geocoding/v3", address="大" * 43)["status"] == 2


def test_nothing_found_is_status_1(ask):
    assert ask("geocoding/v3", address="qqqqwwww") == {
        "status": 1,
        "msg": "Internal Service Error:无相关结果",
        "results": [],
    }


def test_answer_is_xml_unless_asked_otherwise(client):
    root = fromstring(client.get("/baidu/geocoding/v3?address=让胡路区").get_data(as_text=True))
    assert (root.tag, root.findtext("result/level")) == ("GeocoderSearchResponse", "区县")


def test_callback_wraps_json(client):
    text = client.get("/baidu/geocoding/v3?address=让胡路区&output=json&callback=show").get_data(as_text=True)
    assert text.startswith('show({"status":0')


def test_position_becomes_an_address(ask):
    parts = ask("reverse_geocoding/v3/", location="46.602,125.01")["result"]["addressComponent"]
    assert (parts["province"], parts["city"], parts["district"]) == ("黑龙江省", "大庆市", "萨尔图区")
    assert (parts["adcode"], parts["country_code_iso2"]) == (230602, "CN")


def test_position_comes_back_as_it_was_asked(ask):
    found = ask("reverse_geocoding/v3", location="46.602,125.01")["result"]["location"]
    assert (found["lat"], found["lng"]) == pytest.approx((46.602, 125.01), abs=1e-6)


def test_places_and_roads_are_told_where_asked(ask):
    plain = ask("reverse_geocoding/v3", location=CAFE)["result"]
    full = ask("reverse_geocoding/v3", location=CAFE, extensions_poi=1, extensions_road="true")["result"]
    assert (plain["pois"], plain["roads"]) == ([], [])
    assert full["pois"][0]["name"] == "lo stretto"
    assert full["roads"][0]["name"] == "Marmorikuja"
    assert full["sematic_description"]


def test_direction_is_that_of_the_thing_seen_from_the_position(ask):
    house = ask("reverse_geocoding/v3", location=CAFE)["result"]["addressComponent"]
    assert (house["street_number"], house["direction"], house["distance"]) == ("6", "东北", "35")


def test_places_around_a_position(ask):
    answer = ask("place/v2/search", query="hey", location=CAFE, radius=500, scope=2)
    (place,) = answer["results"]
    assert (answer["status"], answer["message"], answer["total"]) == (0, "ok", 1)
    assert (place["name"], place["uid"], place["detail_info"]["distance"]) == ("hey poke", "n6326874994", 8)


def test_places_in_a_box(ask):
    names = [
        place["name"] for place in ask("place/v2/search", query="hey", bounds="60.16,24.93,60.18,24.95")["results"]
    ]
    assert "hey poke" in names


def test_pages_follow_each_other(ask):
    pages = [
        ask("place/v2/search", query="餐饮", location=CAFE, page_size=2, page_num=page)["results"] for page in (0, 1)
    ]
    assert len({place["uid"] for page in pages for place in page}) == 4


def test_details_are_those_of_the_list(ask):
    found = ask("place/v2/detail", uid="n6326874994")["result"]
    both = ask("place/v2/detail", uids="n6326874994,n6326873042")["result"]
    assert found["name"] == "hey poke"
    assert [place["name"] for place in both] == ["hey poke", "lo stretto"]


def test_suggestion_completes_what_is_typed(ask):
    assert ask("place/v2/suggestion", query="让胡", region="大庆市")["result"][0]["name"] == "让胡路区"


@pytest.mark.parametrize(
    ("path", "asked", "status"),
    [
        ("geocoding/v3", {}, 2),
        ("geocoding/v3", {"address": "大庆", "ret_coordtype": "bd09mc"}, 2),
        ("reverse_geocoding/v3", {"location": "91,0"}, 2),
        ("place/v2/search", {"query": "x"}, 2),
        ("place/v2/search", {"query": "x", "bounds": "1,2,0,1"}, 2),
        ("place/v2/detail", {}, 2),
        ("geocoding/v3", {"address": "大庆", "ak": "unknown"}, 200),
    ],
)
def test_failures_stand_in_the_body(client, path, asked, status):
    answer = client.get(f"/baidu/{path}", query_string=asked)
    assert (answer.status_code, answer.get_json()["status"]) == (200, status)
    assert answer.get_json()["message"]
