import pytest

from location_cloud.places.schema import PlaceCollection, Readings
from location_cloud.places.schema_reverse import NearCollection


def test_address_of_the_demo_city_is_geocoded(client):
    answer = client.get("/v1/geocode", query_string={"q": "Aleksanterinkatu 44"}).get_json()
    place = PlaceCollection.model_validate(answer).features[0].properties
    assert (place.street, place.housenumber, place.precise) == ("Aleksanterinkatu", "44", 1)


def test_daqing_is_found_beside_the_demo_city(client):
    answer = client.get("/v1/geocode", query_string={"q": "让胡路区"}).get_json()
    assert answer["features"][0]["properties"]["id"] == "230604"


def test_position_comes_back_in_the_asked_coordinate_system(client):
    plain, shifted = (
        client.get("/v1/geocode", query_string={"q": "让胡路区", "crs": crs}).get_json() for crs in ("wgs84", "gcj02")
    )
    lon, lat = (
        shifted["features"][0]["geometry"]["coordinates"][axis] - plain["features"][0]["geometry"]["coordinates"][axis]
        for axis in (0, 1)
    )
    assert 0.005 < lon < 0.008
    assert 0.001 < lat < 0.003


@pytest.mark.parametrize("crs", ["wgs84", "cgcs2000", "gcj02", "bd09"])
def test_coordinates_in_words_are_in_the_asked_coordinate_system(client, crs):
    answer = client.get("/v1/geocode", query_string={"q": "125.11015349,46.59140392", "crs": crs}).get_json()
    assert answer["features"][0]["geometry"]["coordinates"] == pytest.approx([125.11015349, 46.59140392], abs=2e-7)
    assert answer["features"][0]["properties"]["name"] == "125.11015349,46.59140392"


def test_what_is_nothing_like_a_place_has_no_best_guess(client):
    answer = client.get("/v1/geocode", query_string={"q": "00100"})
    assert (answer.status_code, answer.get_json()["partial"]) == (422, None)


def test_candidates_are_told_by_falling_confidence(client):
    answer = client.get("/v1/geocode", query_string={"q": "Mannerheimint"}).get_json()
    confidences = [feature["properties"]["confidence"] for feature in answer["features"]]
    assert len(confidences) > 1
    assert confidences == sorted(confidences, reverse=True)


def test_house_is_found_without_the_space_before_its_number(client):
    answer = client.get("/v1/geocode", query_string={"q": "mannerheimintie10"}).get_json()
    assert answer["features"][0]["properties"]["name"] == "Mannerheimintie 10"


def test_latin_word_is_no_village_that_sounds_a_little_like_it(client):
    answer = client.get("/v1/suggest", query_string={"q": "sairaala"}).get_json()
    assert not any(feature["properties"]["kind"] == "area" for feature in answer["features"])


def test_what_nobody_understands_is_422_with_the_best_guess(client):
    answer = client.get("/v1/geocode", query_string={"q": "qqqq wwww zzzz"})
    assert answer.status_code == 422
    assert "partial" in answer.get_json()


def test_first_letters_are_suggested(client):
    answer = client.get("/v1/suggest", query_string={"q": "aleksant"}).get_json()
    assert answer["features"][0]["properties"]["name"].startswith("Aleksant")


def test_position_is_put_into_words(client):
    answer = client.get("/v1/reverse?at=24.9414,60.1699&radius_m=500").get_json()
    kinds = [feature.properties.kind for feature in NearCollection.model_validate(answer).features]
    assert kinds[:2] == ["address", "road"]
    assert len(answer["cell"]["code"]) == 14


def test_radius_over_the_ceiling_is_refused_with_the_range(client):
    answer = client.get("/v1/reverse?at=24.9,60.1&radius_m=9000")
    assert answer.status_code == 400
    assert "5000" in answer.get_data(as_text=True)


def test_what_was_not_understood_is_said_so(client):
    best = client.get("/v1/geocode", query_string={"q": "大庆市xyzzyqwv"}).get_json()["features"][0]["properties"]
    assert (best["name"], best["unmatched"]) == ("大庆市", "xyzzyqwv")
    assert best["matched"] == [{"text": "大庆市", "as": "area"}]


def test_readings_of_a_question_are_told(client):
    answer = client.get("/v1/parse", query_string={"q": "大庆市Aleksanterinkatu 44"}).get_json()
    forms = [reading.form for reading in Readings.model_validate(answer).readings]
    assert forms[0] == "address"


def test_unknown_area_or_kind_is_refused_with_a_hint(client):
    for wrong in ({"adcode": "999999"}, {"kinds": "house"}):
        answer = client.get("/v1/geocode", query_string={"q": "Aleksanterinkatu", **wrong})
        assert answer.status_code == 400


def test_area_filter_keeps_what_lies_in_it(client):
    inside = client.get("/v1/suggest", query_string={"q": "让胡路", "adcode": "230604"}).get_json()["features"]
    assert inside
    assert all("230604" in [area["code"] for area in place["properties"]["areas"]] for place in inside)
