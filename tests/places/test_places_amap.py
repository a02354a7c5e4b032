"""Amap's answers, as lbs.amap.com tells them: "地理/逆地理编码", "输入提示", "搜索POI" and "错误码说明".

All values are texts, what is missing is an empty list, positions are GCJ-02, and failures stand in the body.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from defusedxml.ElementTree import fromstring

from location_cloud.app import create_app
from location_cloud.settings import Settings
from location_cloud.spatial.crs import from_wgs84
from tests.conftest import import_city
from tests.places.drawn_towns import TOWN, osm_of

HOSPITAL, BOOKSHOP = (125.0030, 46.5010), (125.0100, 46.5060)
"""WGS-84, in the drawn town."""


@pytest.fixture(scope="module")
def town_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A caller of the product over the drawn town, which lies in 大庆's 红岗区."""
    home = tmp_path_factory.mktemp("amap")
    file: Path = home / "drawn.osm"
    file.write_text(osm_of(TOWN), encoding="utf-8")
    import_city(home, file)
    flask = create_app(Settings(home=home, log="off"))
    yield flask.test_client()
    flask.extensions["location_cloud"].close()


@pytest.fixture
def ask(town_client):
    return lambda path, **asked: town_client.get(f"/amap/{path}", query_string=asked).get_json()


def gcj02(lonlat: tuple[float, float]) -> str:
    ((lon, lat),) = from_wgs84([lonlat], "gcj02").tolist()
    return f"{lon:.6f},{lat:.6f}"


def leaves(value: Any) -> Iterator[Any]:
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for part in parts:
        yield from leaves(part) if isinstance(part, (dict, list)) else [part]


def test_house_is_found_in_gcj02_with_its_parts(ask):
    answer = ask("v3/geocode/geo", address="大庆市团结大街10号")
    (code,) = answer["geocodes"]
    assert (answer["status"], answer["info"], answer["infocode"], answer["count"]) == ("1", "OK", "10000", "1")
    assert (code["street"], code["number"], code["level"]) == ("团结大街", "10号", "门牌号")
    assert (code["province"], code["city"], code["citycode"]) == ("黑龙江省", "大庆市", "0459")
    assert code["location"] == gcj02((125.0050, 46.5003))


def test_all_values_are_texts_and_what_is_missing_an_empty_list(ask):
    for path, asked in (
        ("v3/geocode/geo", {"address": "让胡路区"}),
        ("v3/geocode/regeo", {"location": gcj02(HOSPITAL), "extensions": "all"}),
        ("v3/assistant/inputtips", {"keywords": "油田"}),
        ("v3/place/around", {"location": gcj02(HOSPITAL)}),
    ):
        answer = ask(path, **asked)
        assert all(isinstance(value, str) for value in leaves(answer))
    assert ask("v3/geocode/geo", address="让胡路区")["geocodes"][0]["street"] == []


def test_nothing_found_is_a_count_of_zero(ask):
    answer = ask("v3/geocode/geo", address="qqqqwwww")
    assert (answer["status"], answer["count"], answer["geocodes"]) == ("1", "0", [])


def test_many_addresses_are_answered_in_their_order(ask):
    codes = ask("v3/geocode/geo", address="红岗区|qqqqwwww|大同区", batch="true")["geocodes"]
    assert [code["district"] if code else [] for code in codes] == ["红岗区", [], "大同区"]


@pytest.mark.parametrize("city", ["大庆", "大庆市", "0459", "230600", "daqing"])
def test_city_is_named_by_name_pinyin_telephone_code_or_adcode(ask, city):
    assert ask("v3/geocode/geo", address="让胡路区", city=city)["count"] == "1"


def test_city_leaves_out_places_of_others(ask):
    assert ask("v3/geocode/geo", address="油田总医院", city="林甸县")["count"] == "0"


def test_position_becomes_an_address(ask):
    code = ask("v3/geocode/regeo", location=gcj02((125.0050, 46.5002)))["regeocode"]
    parts = code["addressComponent"]
    assert set(code) == {"formatted_address", "addressComponent"}
    assert parts["streetNumber"]["street"] == "团结大街"
    assert parts["streetNumber"]["number"] == "10号"
    assert parts["streetNumber"]["direction"] == "南"
    assert float(parts["streetNumber"]["distance"]) == pytest.approx(11, abs=2)
    assert (parts["city"], parts["adcode"][:4]) == ("大庆市", "2306")


def test_position_is_told_with_places_and_roads_where_asked(ask):
    code = ask("v3/geocode/regeo", location=gcj02(HOSPITAL), extensions="all", radius=500)["regeocode"]
    assert code["pois"][0]["name"] == "大庆市第一医院"
    assert code["roads"][0]["name"] == "团结大街"
    assert code["aois"] == []


def test_crossings_are_told_by_both_roads(client):
    answer = client.get("/amap/v3/geocode/regeo?location=24.9450,60.1689&extensions=all").get_json()
    crossing = answer["regeocode"]["roadinters"][0]
    assert crossing["first_name"] != crossing["second_name"]
    assert float(crossing["distance"]) > 0


def test_many_positions_are_answered_at_once(ask):
    both = f"{gcj02(HOSPITAL)}|{gcj02(BOOKSHOP)}"
    assert len(ask("v3/geocode/regeo", location=both, batch="true")["regeocodes"]) == 2
    assert "regeocode" in ask("v3/geocode/regeo", location=both)


def test_tips_complete_what_is_typed(ask):
    (tip,) = ask("v3/assistant/inputtips", keywords="油田总")["tips"]
    assert (tip["name"], tip["id"], tip["location"]) == ("油田总医院", "n32", gcj02((125.0180, 46.5010)))
    assert tip["typecode"].startswith("09")


@pytest.mark.parametrize("words", ["医院", "第一"])
def test_places_are_found_by_kind_or_by_part_of_a_name(ask, words):
    names = [poi["name"] for poi in ask("v3/place/text", keywords=words, city="大庆")["pois"]]
    assert "大庆市第一医院" in names


def test_places_around_are_told_with_metres_and_code(ask):
    answer = ask("v3/place/around", location=gcj02(HOSPITAL), types="090000", radius=3000)
    assert [(poi["name"], poi["distance"]) for poi in answer["pois"]] == [
        ("大庆市第一医院", "0"),
        ("油田总医院", "1152"),
    ]
    assert answer["count"] == "2"
    assert {poi["typecode"][:2] for poi in answer["pois"]} == {"09"}


def test_pages_of_v3_and_v5_follow_each_other(ask):
    where = {"location": gcj02(HOSPITAL), "types": "090000"}
    old = [ask("v3/place/around", **where, offset=1, page=page)["pois"][0]["id"] for page in (1, 2)]
    new = [ask("v5/place/around", **where, page_size=1, page_num=page)["pois"][0]["id"] for page in (1, 2)]
    assert old == new == ["n31", "n32"]


def test_places_in_a_polygon_or_a_box_of_two_corners(ask):
    corners = [gcj02(corner) for corner in ((125.0, 46.502), (125.01, 46.502), (125.01, 46.5), (125.0, 46.5))]
    ring = "|".join([*corners, corners[0]])
    box = f"{corners[0]}|{corners[2]}"
    for shape in (ring, box):
        assert [poi["id"] for poi in ask("v5/place/polygon", polygon=shape)["pois"]] == ["n31"]


def test_details_are_those_of_the_list(ask):
    (listed,) = ask("v3/place/text", keywords="书香书店")["pois"]
    (found,) = ask("v3/place/detail", id=listed["id"])["pois"]
    assert found["location"] == listed["location"] == gcj02(BOOKSHOP)


def test_v5_tells_more_only_where_asked(ask):
    plain = ask("v5/place/text", keywords="书香书店")["pois"][0]
    business = ask("v5/place/text", keywords="书香书店", show_fields="business")["pois"][0]
    assert set(business) - set(plain) == {"business"}
    assert "Fragrant Books" in business["business"]["alias"]


def test_things_without_a_name_are_told_by_their_kind(client):
    answer = client.get("/amap/v3/place/around?location=24.9414,60.1699&radius=3000&types=amenity=bicycle_rental")
    assert all(poi["name"] for poi in answer.get_json()["pois"])


@pytest.mark.parametrize(
    ("path", "asked", "infocode", "info"),
    [
        ("v3/geocode/geo", {}, "20001", "MISSING_REQUIRED_PARAMS"),
        ("v3/geocode/regeo", {"location": "x"}, "20000", "INVALID_PARAMS"),
        ("v3/geocode/regeo", {"location": "1,2", "radius": 3001}, "20000", "INVALID_PARAMS"),
        ("v3/place/text", {}, "20001", "MISSING_REQUIRED_PARAMS"),
        ("v5/place/polygon", {"polygon": "1,2"}, "20000", "INVALID_PARAMS"),
        ("v3/place/around", {"location": "1,2", "types": "999999"}, "20000", "INVALID_PARAMS"),
        ("v3/geocode/geo", {"address": "大庆", "key": "unknown"}, "10001", "INVALID_USER_KEY"),
    ],
)
def test_failures_stand_in_the_body(town_client, path, asked, infocode, info):
    answer = town_client.get(f"/amap/{path}", query_string=asked)
    assert answer.status_code == 200
    assert answer.get_json() == {"status": "0", "info": info, "infocode": infocode}


def test_answers_are_xml_or_jsonp_where_asked(town_client):
    asked = "/amap/v3/geocode/geo?address=让胡路区"
    root = fromstring(town_client.get(f"{asked}&output=XML").get_data(as_text=True))
    script = town_client.get(f"{asked}&callback=show").get_data(as_text=True)
    assert root.findtext("geocodes/geocode/district") == "让胡路区"
    assert script.startswith('show({"status":"1"')
