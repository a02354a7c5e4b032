"""Nominatim's answers, as its manual ("API Reference", nominatim.org/release-docs) tells them."""

from __future__ import annotations

from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import fromstring
from shapely import from_wkt
from shapely.geometry import shape

STATION = {"lat": 60.1713, "lon": 24.9414}


@pytest.fixture
def ask(client):
    return lambda path, **asked: client.get(f"/nominatim/{path}", query_string=asked)


def xml(answer) -> Element:
    return fromstring(answer.get_data(as_text=True))


def test_house_of_the_demo_is_found_with_its_address(ask):
    (place,) = ask("search", q="Aleksanterinkatu 44", addressdetails=1).get_json()
    assert (place["osm_type"], place["osm_id"]) == ("node", 319515042)
    assert place["display_name"] == "44, Aleksanterinkatu, Helsinki"
    assert place["address"] == {"house_number": "44", "road": "Aleksanterinkatu", "city": "Helsinki"}


def test_positions_and_boxes_are_texts(ask):
    (place,) = ask("search", q="Aleksanterinkatu 44", format="json").get_json()
    south, north, west, east = map(float, place["boundingbox"])
    assert isinstance(place["lat"], str)
    assert south < float(place["lat"]) < north
    assert west < float(place["lon"]) < east


@pytest.mark.parametrize(("form", "name"), [("json", "class"), ("jsonv2", "category")])
def test_the_key_of_the_tag_has_the_name_of_the_format(ask, form, name):
    (place,) = ask("search", q="让胡路区", format=form).get_json()
    assert (place[name], place["type"]) == ("boundary", "administrative")


def test_address_in_parts_is_the_same_place(ask):
    (whole,) = ask("search", q="Aleksanterinkatu 44").get_json()
    (parts,) = ask("search", street="44 Aleksanterinkatu", city="Helsinki").get_json()
    assert parts["place_id"] == whole["place_id"]


def test_districts_of_daqing_have_their_outlines(ask):
    (place,) = ask("search", q="让胡路区", format="json", polygon_geojson=1).get_json()
    outline = shape(place["geojson"])
    south, north, west, east = map(float, place["boundingbox"])
    assert outline.bounds == pytest.approx((west, south, east, north), abs=1e-6)


@pytest.mark.parametrize(("form", "name"), [("text", "geotext"), ("svg", "svg"), ("kml", "geokml")])
def test_outlines_are_told_in_every_form(ask, form, name):
    (place,) = ask("search", q="让胡路区", **{f"polygon_{form}": 1}).get_json()
    assert len(place[name]) > 200


def test_outline_as_wkt_is_a_polygon(ask):
    (place,) = ask("search", q="让胡路区", polygon_text=1).get_json()
    assert from_wkt(place["geotext"]).geom_type == "Polygon"


def test_outline_is_simplified_where_asked(ask):
    sizes = [
        len(ask("search", q="让胡路区", polygon_text=1, polygon_threshold=degrees).get_json()[0]["geotext"])
        for degrees in (0, 0.05)
    ]
    assert sizes[0] > 3 * sizes[1]


def test_two_kinds_of_outlines_are_refused(ask):
    answer = ask("search", q="让胡路区", polygon_text=1, polygon_geojson=1)
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (400, 400)


def test_names_are_told_in_the_language_asked(ask):
    (place,) = ask("search", q="让胡路区", **{"accept-language": "en-GB,en;q=0.8"}).get_json()
    assert place["display_name"] == "Ranghulu, Daqing, Heilongjiang, China"


def test_importance_never_rises_along_the_list(ask):
    importances = [place["importance"] for place in ask("search", q="Mannerheimint", limit=20).get_json()]
    assert len(importances) > 1
    assert importances == sorted(importances, reverse=True)


def test_nothing_found_is_an_empty_list(ask):
    assert ask("search", q="qqqqwwww zzzz").get_json() == []


def test_country_leaves_out_places_of_others(ask):
    assert ask("search", q="让胡路区", countrycodes="de,fi").get_json() == []
    assert len(ask("search", q="让胡路区", countrycodes="cn").get_json()) == 1


def test_excluded_places_are_left_out(ask):
    first = ask("search", q="Aleksanterinkatu").get_json()[0]["place_id"]
    rest = ask("search", q="Aleksanterinkatu", exclude_place_ids=first).get_json()
    assert first not in [place["place_id"] for place in rest]


def test_bounded_box_holds_all_answers(ask):
    inside = {"viewbox": "24.94,60.168,24.95,60.17", "bounded": 1}
    assert ask("search", q="Aleksanterinkatu", **inside).get_json()
    assert ask("search", q="让胡路区", **inside).get_json() == []


def test_layer_and_feature_type_leave_out_the_others(ask):
    kinds = {place["category"] for place in ask("search", q="Aleksanterinkatu", layer="address").get_json()}
    assert kinds == {"highway"}
    assert ask("search", q="Aleksanterinkatu", featureType="city").get_json() == []


@pytest.mark.parametrize("form", ["geojson", "geocodejson"])
def test_collections_are_geojson(ask, form):
    answer = ask("search", q="Aleksanterinkatu 44", format=form).get_json()
    (feature,) = answer["features"]
    assert shape(feature["geometry"]).geom_type == "Point"
    assert "ODbL" in str(answer.get("licence") or answer["geocoding"])


def test_geocodejson_names_the_parts(ask):
    (feature,) = ask("search", q="Aleksanterinkatu 44", format="geocodejson").get_json()["features"]
    told = feature["properties"]["geocoding"]
    assert (told["type"], told["street"], told["housenumber"]) == ("house", "Aleksanterinkatu", "44")


def test_xml_is_well_formed_and_has_the_parts(ask):
    root = xml(ask("search", q="Aleksanterinkatu 44", format="xml", addressdetails=1))
    place = root.find("place")
    assert (root.tag, place.get("osm_id"), place.findtext("road")) == (
        "searchresults",
        "319515042",
        "Aleksanterinkatu",
    )


def test_reverse_is_xml_unless_asked_otherwise(ask):
    root = xml(ask("reverse", **STATION))
    assert root.tag == "reversegeocode"
    assert root.findtext("addressparts/road")


@pytest.mark.parametrize(("zoom", "rank"), [(18, 30), (17, 26), (16, 26)], ids=["house", "any street", "street"])
def test_zoom_sets_the_detail_of_reverse(ask, zoom, rank):
    assert ask("reverse", **STATION, zoom=zoom, format="jsonv2").get_json()["place_rank"] == rank


@pytest.mark.parametrize(("zoom", "name"), [(5, "黑龙江省"), (6, "大庆市"), (10, "萨尔图区"), (18, "萨尔图区")])
def test_zoom_sets_the_area_where_there_is_nothing_else(ask, zoom, name):
    assert ask("reverse", lat=46.6, lon=125.0, zoom=zoom, format="json").get_json()["name"] == name


def test_the_sea_cannot_be_geocoded_and_that_is_no_failure(ask):
    answer = ask("reverse", lat=-40, lon=0, format="json")
    assert (answer.status_code, answer.get_json()) == (200, {"error": "Unable to geocode"})


def test_lookup_finds_objects_by_their_ids_in_order(ask):
    places = ask("lookup", osm_ids="W25361147,N319515042,R1", format="json").get_json()
    assert [place["osm_id"] for place in places] == [25361147, 319515042]


def test_details_of_a_place_id_are_those_of_the_search(ask):
    (place,) = ask("search", q="Aleksanterinkatu 44").get_json()
    told = ask("details", place_id=place["place_id"]).get_json()
    assert (told["osm_type"], told["osm_id"]) == ("N", place["osm_id"])
    assert ask("details", osmtype="N", osmid=1).status_code == 404


def test_status_is_ok(ask):
    assert ask("status").get_data() == b"OK"
    assert ask("status", format="json").get_json()["status"] == 0


def test_callback_wraps_json(ask):
    text = ask("search", q="让胡路区", json_callback="show").get_data(as_text=True)
    assert text.startswith("show([")


@pytest.mark.parametrize(
    ("path", "asked", "status"),
    [
        ("search", {}, 400),
        ("search", {"q": "x", "limit": 0}, 400),
        ("search", {"q": "x", "viewbox": "1,2"}, 400),
        ("reverse", {"lat": 91, "lon": 0}, 400),
        ("lookup", {}, 400),
        ("lookup", {"osm_ids": ",".join(["N1"] * 51)}, 400),
        ("search", {"q": "x", "key": "unknown"}, 401),
    ],
)
def test_failures_are_told_in_nominatims_words(ask, path, asked, status):
    answer = ask(path, **asked)
    assert answer.status_code == status
    assert set(answer.get_json()["error"]) == {"code", "message"}
