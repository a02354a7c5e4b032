"""A dispatcher: an address in Latin or Chinese becomes a position, that becomes words, and the crew gets its way."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request

import pytest

CITY_BOX = "24.935,60.164,24.954,60.180"


class Desk:
    """The dispatcher's questions."""

    def __init__(self, url: str) -> None:
        self.url = url

    def ask(self, path: str, **parameters: str):
        """Status and document."""
        address = f"{self.url}{path}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(address, timeout=10) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read())

    def locate(self, text: str, **parameters: str):
        """The best candidate."""
        status, found = self.ask("/v1/geocode", q=text, **parameters)
        assert status == 200, found
        return found["features"][0]


@pytest.fixture
def desk(served: str) -> Desk:
    return Desk(served)


def as_text(feature) -> str:
    return "{},{}".format(*feature["geometry"]["coordinates"])


def test_from_an_address_to_the_crews_way(desk):
    fire = desk.locate("Kaivokatu 6")
    station = desk.locate("Erottajan paloasema")
    assert fire["properties"]["precise"] == 1
    _, words = desk.ask("/v1/reverse", at=as_text(fire))
    assert words["features"][0]["properties"]["name"] == "Kaivokatu 6"
    status, way = desk.ask("/v1/route", **{"from": as_text(station)}, to=as_text(fire), profile="car")
    assert status == 200
    assert 0 < way["routes"][0]["duration_s"] < 900
    assert max(waypoint["distance_m"] for waypoint in way["waypoints"]) < 100


def test_a_city_is_found_by_its_chinese_name(desk):
    assert desk.locate("赫尔辛基")["properties"]["name"] == "Helsinki"


def test_a_district_of_daqing_is_found_by_its_chinese_name_and_says_how_far_it_may_be_off(desk):
    found = desk.locate("萨尔图区")["properties"]
    assert found["id"] == "230602"
    assert found["precise"] == 0
    assert found["accuracy_m"] > 1000


def test_instructions_come_in_the_callers_language(desk):
    ends = {"from": "24.9384,60.1699", "to": "24.9458,60.1640"}
    instructions = [
        desk.ask("/v1/route", **ends, lang=language)[1]["routes"][0]["legs"][0]["steps"][0]["instruction"]
        for language in ("zh-CN", "en")
    ]
    assert "出发" in instructions[0]
    assert "Head" in instructions[1]


def test_a_caller_with_a_chinese_map_reads_and_writes_its_own_coordinates(desk):
    plain = desk.locate("萨尔图区")["geometry"]["coordinates"]
    shifted = desk.locate("萨尔图区", crs="gcj02")["geometry"]["coordinates"]
    assert shifted != plain
    _, words = desk.ask("/v1/reverse", at="{},{}".format(*shifted), crs="gcj02")
    assert words["crs"] == "gcj02"
    assert words["location"] == pytest.approx(shifted, abs=1e-6)
    assert "230602" in {area["code"] for area in words["areas"]}


@pytest.mark.parametrize(
    ("path", "parameters", "status", "word"),
    [
        ("/v1/geocode", {"q": "zzzzqqq xxxxwww"}, 422, "zzzzqqq"),
        ("/v1/geocode", {"q": ""}, 400, "at least 1 character"),
        ("/v1/reverse", {"at": "60.17,224.94"}, 400, "off the globe"),
        ("/v1/route", {"from": "24.94,60.17", "to": "125.1,46.6"}, 422, "no road"),
        ("/v1/route", {"from": "24.94,60.17"}, 400, "to"),
        ("/v1/route", {"from": "24.94,60.17", "to": "24.95,60.17", "profile": "boat"}, 404, "boat"),
    ],
)
def test_a_question_without_an_answer_says_why_and_what_to_do(desk, path, parameters, status, word):
    answered, problem = desk.ask(path, **parameters)
    assert answered == status
    assert word in problem["detail"]
    assert problem["hint"]


def test_suggestions_follow_the_typing(desk):
    for typed in ("manner", "mannerheimint"):
        _, found = desk.ask("/v1/suggest", q=typed, focus="24.94,60.17")
        assert any("Mannerheim" in feature["properties"]["name"] for feature in found["features"])


def test_a_box_keeps_daqing_out_of_an_answer_for_the_city(desk):
    _, found = desk.ask("/v1/geocode", q="Kaivokatu 6", bbox=CITY_BOX)
    assert all(feature["geometry"]["coordinates"][0] < 25 for feature in found["features"])
