"""Google's answers, as its pages "Geocoding request and response" and "Reverse geocoding" tell them."""

from __future__ import annotations

import pytest

from location_cloud.access.service import issue_key
from location_cloud.app import utc_now


@pytest.fixture
def ask(client):
    return lambda **asked: client.get("/google/maps/api/geocode/json", query_string=asked).get_json()


def test_house_is_a_rooftop_with_its_components(ask):
    answer = ask(address="Aleksanterinkatu 44")
    (result,) = answer["results"]
    names = {part["types"][0]: part["long_name"] for part in result["address_components"]}
    assert answer["status"] == "OK"
    assert names == {"street_number": "44", "route": "Aleksanterinkatu", "locality": "Helsinki"}
    assert (result["types"], result["geometry"]["location_type"]) == (["street_address"], "ROOFTOP")
    assert "partial_match" not in result


def test_what_was_not_understood_makes_a_partial_match(ask):
    assert ask(address="大庆市xyzzyqwv")["results"][0]["partial_match"] is True


def test_area_has_bounds_and_its_country(ask):
    (result,) = ask(address="让胡路区", language="zh-CN")["results"]
    corners = result["geometry"]["bounds"]
    assert corners["southwest"]["lat"] < result["geometry"]["location"]["lat"] < corners["northeast"]["lat"]
    assert result["formatted_address"] == "中国黑龙江省大庆市让胡路区"
    assert result["address_components"][-1]["short_name"] == "CN"


@pytest.mark.parametrize(
    ("components", "status"),
    [
        ("country:CN", "OK"),
        ("country:FI", "ZERO_RESULTS"),
        ("locality:大庆", "OK"),
        ("locality:哈尔滨", "ZERO_RESULTS"),
    ],
)
def test_components_filter(ask, components, status):
    assert ask(address="让胡路区", components=components)["status"] == status


def test_components_alone_are_a_question(ask):
    assert ask(components="locality:让胡路区")["results"][0]["place_id"] == "230604"


def test_position_is_told_from_the_house_to_the_province(ask):
    types = [result["types"][0] for result in ask(latlng="46.6,125.0")["results"]]
    assert types == ["sublocality_level_1", "locality", "administrative_area_level_1"]


def test_result_type_filters_what_is_at_a_position(ask):
    results = ask(latlng="60.1699,24.9414", result_type="street_address|route")["results"]
    assert [result["types"][0] for result in results] == ["street_address", "route"]
    assert ask(latlng="60.1699,24.9414", location_type="APPROXIMATE")["status"] == "ZERO_RESULTS"


def test_place_id_finds_the_place_again(ask):
    for text in ("Aleksanterinkatu 44", "让胡路区"):
        (result,) = ask(address=text)["results"]
        assert ask(place_id=result["place_id"])["results"][0]["formatted_address"] == result["formatted_address"]
    assert ask(place_id="unknown")["status"] == "NOT_FOUND"


@pytest.mark.parametrize("asked", [{}, {"latlng": "x"}, {"latlng": "91,0"}, {"address": "x", "bounds": "1,2"}])
def test_what_cannot_be_read_is_an_invalid_request(ask, asked):
    answer = ask(**asked)
    assert (answer["status"], answer["results"]) == ("INVALID_REQUEST", [])
    assert answer["error_message"]


def test_nothing_found_is_zero_results(ask):
    assert ask(address="qqqqwwww zzzz") == {"results": [], "status": "ZERO_RESULTS"}


def test_unknown_key_is_denied(ask):
    assert ask(address="让胡路区", key="AIza-unknown")["status"] == "REQUEST_DENIED"


def test_key_of_ours_opens_with_what_googles_client_wants_before_it(ask, app):
    live = app.extensions["location_cloud"].live
    _, key = issue_key(live, "default", "google", ("places:read",), utc_now())
    assert ask(address="让胡路区", key=f"AIza{key}")["status"] == ask(address="让胡路区", key=key)["status"] == "OK"
