"""Photon's answers (komoot/photon, docs/api-v1.md) and Pelias's (pelias/documentation, response.md)."""

from __future__ import annotations

import pytest
from shapely.geometry import shape

HERE = {"lat": 60.1699, "lon": 24.9414}
AT_HERE = {"point.lat": 60.1699, "point.lon": 24.9414}


@pytest.fixture
def photon(client):
    return lambda path, **asked: client.get(f"/photon/{path}", query_string=asked)


@pytest.fixture
def pelias(client):
    return lambda path, **asked: client.get(f"/pelias/v1/{path}", query_string=asked)


def told(answer) -> list:
    return [feature["properties"] for feature in answer.get_json()["features"]]


@pytest.mark.parametrize("path", ["api", "api/"])
def test_photon_finds_a_house(photon, path):
    (feature,) = photon(path, q="Aleksanterinkatu 44", limit=1).get_json()["features"]
    assert feature["properties"]["osm_type"] == "N"
    assert (feature["properties"]["street"], feature["properties"]["housenumber"]) == ("Aleksanterinkatu", "44")
    assert shape(feature["geometry"]).geom_type == "Point"


def test_photon_answers_while_somebody_types(photon):
    assert told(photon("api", q="Aleksanterin"))[0]["name"] == "Aleksanterinkatu"


def test_photon_tells_the_extent_from_north_west_to_south_east(photon):
    west, north, east, south = told(photon("api", q="让胡路区"))[0]["extent"]
    assert west < east
    assert south < north


def test_photon_filters_by_tags(photon):
    asked = {"q": "Aleksanterinkatu"}
    assert {each["osm_key"] for each in told(photon("api", **asked, osm_tag="highway"))} == {"highway"}
    assert "highway" not in {each["osm_key"] for each in told(photon("api", **asked, osm_tag="!highway"))}
    assert {each["osm_value"] for each in told(photon("api", **asked, osm_tag=["railway:tram_stop"]))} == {"tram_stop"}


def test_photon_filters_by_layers(photon):
    assert {each["type"] for each in told(photon("api", q="Aleksanterinkatu", layer=["street", "city"]))} == {"street"}


def test_photon_gives_nothing_outside_the_box(photon):
    assert told(photon("api", q="让胡路区", bbox="24,60,25,61")) == []


def test_photon_reverse_gives_the_nearest_first(photon):
    names = [each.get("name") for each in told(photon("reverse", **HERE, limit=3))]
    assert names[0] == "lo stretto"
    assert len(names) == 3


@pytest.mark.parametrize(
    ("path", "asked", "status"),
    [
        ("api", {}, 400),
        ("api", {"q": "x", "limit": 0}, 400),
        ("api", {"q": "x", "bbox": "1,2,3"}, 400),
        ("reverse", {"lat": 91, "lon": 0}, 400),
        ("api", {"q": "x", "key": "unknown"}, 401),
    ],
)
def test_photon_tells_failures_in_its_words(photon, path, asked, status):
    answer = photon(path, **asked)
    assert answer.status_code == status
    assert set(answer.get_json()) == {"message"}


def test_photon_is_ok(photon):
    assert photon("status").get_json()["status"] == "Ok"


# --- Pelias ----------------------------------------------------------------------------------------------------------


def test_pelias_says_how_sure_an_address_is(pelias):
    (found,) = told(pelias("search", text="Aleksanterinkatu 44", size=1))
    assert (found["layer"], found["accuracy"], found["match_type"]) == ("address", "point", "exact")
    assert found["confidence"] == 1
    assert found["label"] == "Aleksanterinkatu 44, Helsinki"


def test_pelias_completes_what_is_typed_near_a_point(pelias):
    focus = {"focus.point.lat": 60.17, "focus.point.lon": 24.94}
    assert told(pelias("autocomplete", text="Aleksan", **focus))[0]["name"] == "Aleksanterinkatu"


def test_pelias_filters_by_layers(pelias):
    assert {each["layer"] for each in told(pelias("search", text="Aleksanterinkatu", layers="street"))} == {"street"}
    assert {each["layer"] for each in told(pelias("search", text="让胡路区", layers="coarse"))} == {"borough"}


def test_pelias_reads_an_address_in_parts(pelias):
    (found,) = told(pelias("search/structured", address="Aleksanterinkatu 44", locality="Helsinki", size=1))
    assert found["source_id"] == "node/319515042"


def test_pelias_reverse_tells_kilometres(pelias):
    (found,) = told(pelias("reverse", **AT_HERE, size=1))
    assert found["distance"] == 0.005
    assert found["confidence"] == 0.9


def test_pelias_finds_places_by_the_gids_it_gave(pelias):
    gids = [told(pelias("search", text=text, size=1))[0]["gid"] for text in ("Aleksanterinkatu 44", "让胡路区")]
    assert [each["gid"] for each in told(pelias("place", ids=",".join(gids)))] == gids


def test_pelias_gives_the_box_of_an_area(pelias):
    answer = pelias("search", text="让胡路区", size=1).get_json()
    west, south, east, north = answer["features"][0]["bbox"]
    assert west < east
    assert south < north
    assert answer["bbox"] == answer["features"][0]["bbox"]


def test_pelias_gives_nothing_outside_the_rectangle_or_circle(pelias):
    box = {
        f"boundary.rect.{name}": value
        for name, value in zip(("min_lon", "min_lat", "max_lon", "max_lat"), (1, 1, 2, 2))
    }
    circle = {"boundary.circle.lat": 1, "boundary.circle.lon": 1, "boundary.circle.radius": 10}
    assert told(pelias("search", text="让胡路区", **box)) == told(pelias("search", text="让胡路区", **circle)) == []


@pytest.mark.parametrize(
    ("path", "asked"), [("search", {}), ("search", {"text": "x", "size": 0}), ("place", {"ids": "x"}), ("reverse", {})]
)
def test_pelias_tells_failures_in_its_words(pelias, path, asked):
    answer = pelias(path, **asked)
    assert answer.status_code == 400
    assert answer.get_json()["geocoding"]["errors"]


def test_pelias_tells_an_unknown_key_as_its_gateway_does(pelias):
    answer = pelias("search", text="x", api_key="unknown")
    assert (answer.status_code, answer.get_json()["results"]["error"]["type"]) == (401, "KeyError")
