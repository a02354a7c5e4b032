"""Features by page, box, time, value and coordinate system."""

from __future__ import annotations

from math import asinh, radians, tan

import pytest
from shapely.geometry import shape

from location_cloud.storage import feature_tables
from tests.features.populating import HYDRANTS

URI = "http://www.opengis.net/def/crs/"
ALL = [f"layers.{name}" for name in ("hydrants", "ponds")] + ["areas", "area-positions", "cases", "components"]


def mercator(lon, lat):
    """Metres of the sphere of EPSG:3857."""
    return 6378137 * radians(lon), 6378137 * asinh(tan(radians(lat)))


def path_of(link):
    return link["href"].partition("localhost")[2]


def pages(asked, path):
    """Every page from an address on."""
    while path:
        page = asked(path).json
        yield page
        following = [link for link in page["links"] if link["rel"] == "next"]
        path = path_of(following[0]) if following else ""


@pytest.mark.parametrize("name", [*ALL, "grids-unit", "incidents"])
def test_pages_give_every_feature_once_and_the_first_says_how_many(asked, name):
    whole = asked.ids(name, "?limit=10000")
    told = list(pages(asked, f"/ogc/collections/{name}/items?limit=5"))
    found = [each["id"] for page in told for each in page["features"]]
    assert found == whole
    assert len(set(whole)) == len(whole) == told[0]["numberMatched"]
    assert [page["numberReturned"] for page in told] == [len(page["features"]) for page in told]


@pytest.mark.parametrize("name", [*ALL, "grids-unit", "incidents"])
def test_a_feature_is_the_same_alone_and_on_its_page(asked, name):
    for feature in asked.items(name, "?limit=3")["features"]:
        alone = asked(f"/ogc/collections/{name}/items/{feature['id']}")
        assert alone.mimetype == "application/geo+json"
        assert {key: alone.json[key] for key in ("type", "id", "geometry", "properties")} == feature
        assert {link["rel"] for link in alone.json["links"]} == {"self", "alternate", "collection"}


def test_a_feature_that_is_not_there_is_not_found(asked):
    for name, id_ in (("layers.hydrants", "9999"), ("layers.hydrants", "x"), ("areas", "1"), ("cases", "9" * 30)):
        assert asked(f"/ogc/collections/{name}/items/{id_}").status_code == 404


def test_another_layers_feature_is_not_found(asked):
    pond = asked.ids("layers.ponds")[0]
    assert asked(f"/ogc/collections/layers.hydrants/items/{pond}").status_code == 404


def test_who_asks_for_too_many_gets_the_most(asked):
    assert len(asked.ids("layers.hydrants", "?limit=2000000000")) == HYDRANTS


@pytest.mark.parametrize(
    "query",
    [
        "nothing=1",
        "limit=0",
        "limit=x",
        "limit=1&limit=2",
        "bbox=1,2,3",
        "bbox=1,2,3,4,5",
        "bbox=a,b,c,d",
        "bbox=24,61,25,60",
        "bbox=24,60,25,91",
        "bbox=24,60,9,25,61,1",
        "datetime=yesterday",
        "datetime=2026-13-01T00:00:00Z",
        "datetime=2026-11-02/2026-11-01",
        "datetime=2026-11-01T00:00:00",
        "crs=EPSG:4326",
        "bbox-crs=http://www.opengis.net/def/crs/EPSG/0/1",
        "f=xml",
        "after=x",
        "after=WyJ4Il0x",
        "bar=much",
        "open=maybe",
        "name=" + "x" * 501,
    ],
)
def test_a_wrong_question_is_refused_in_words(asked, query):
    answer = asked(f"/ogc/collections/layers.hydrants/items?{query}")
    assert answer.status_code == 400, query
    assert answer.json["hint"]


def test_a_page_of_large_features_ends_earlier_and_leads_on(asked, monkeypatch):
    whole = asked.ids("layers.hydrants")
    monkeypatch.setattr(feature_tables, "MOST_BYTES", 200)
    monkeypatch.setattr(feature_tables, "READ_AT_ONCE", 2)
    told = list(pages(asked, "/ogc/collections/layers.hydrants/items?bbox=24.9,60,25,61"))
    assert [each["id"] for page in told for each in page["features"]] == whole
    assert len(told) > 3


# --- where -----------------------------------------------------------------------------------------------------------


def test_a_box_gives_the_features_that_meet_it(asked):
    assert len(asked.ids("layers.hydrants", "?bbox=24.94575,60.1,24.94605,60.2")) == 3
    assert len(asked.ids("layers.hydrants", "?bbox=24.94575,60.1,-10,24.94605,60.2,900")) == 3


def test_a_shape_whose_own_box_alone_meets_the_box_is_left_out(asked):
    beside = asked.items("layers.ponds", "?bbox=25.09,60.29,25.2,60.4")
    assert (beside["features"], beside["numberMatched"]) == ([], 0)
    assert asked.items("layers.ponds", "?bbox=25.0,60.2,25.01,60.21")["numberMatched"] == 1


def test_a_box_in_another_order_of_axes_is_the_same_box(asked):
    plain = asked.ids("layers.hydrants", "?bbox=24.94575,60.1,24.94605,60.2")
    turned = f"?bbox=60.1,24.94575,60.2,24.94605&bbox-crs={URI}EPSG/0/4490"
    metres = f"?bbox=2776948,8400000,2776982,8500000&bbox-crs={URI}EPSG/0/3857"
    assert asked.ids("layers.hydrants", turned) == asked.ids("layers.hydrants", metres) == plain


def test_a_box_over_the_antimeridian_goes_round_the_globe(asked):
    assert len(asked.ids("layers.hydrants", "?bbox=24.9,60,-170,61")) == HYDRANTS
    assert asked.ids("layers.hydrants", "?bbox=25.5,60,-170,61") == []


def test_areas_are_found_by_what_they_cover(asked):
    assert "2306" in asked.ids("areas", "?bbox=125.0,46.5,125.01,46.51")
    assert asked.ids("areas", "?bbox=0,0,1,1") == []


def test_places_come_in_the_system_that_is_asked_for(asked):
    def first(system):
        answer = asked(f"/ogc/collections/layers.hydrants/items?limit=1&crs={system}")
        return answer.headers["Content-Crs"], answer.json["features"][0]["geometry"]["coordinates"]

    plain = first(f"{URI}OGC/1.3/CRS84")
    assert plain == (f"<{URI}OGC/1.3/CRS84>", [24.9458, 60.169])
    assert first(f"{URI}EPSG/0/4326") == (f"<{URI}EPSG/0/4326>", [60.169, 24.9458])
    assert first(f"{URI}EPSG/0/4490")[1] == [60.169, 24.9458]
    assert first(f"{URI}EPSG/0/3857")[1] == pytest.approx(mercator(24.9458, 60.169), abs=0.01)
    assert first("gcj02")[1] == pytest.approx(plain[1], abs=0.02)


def test_shifted_systems_shift_what_lies_in_china(asked):
    plain, shifted = (
        shape(asked.items("area-positions", f"?code=230602&crs={system}")["features"][0]["geometry"])
        for system in ("wgs84", "gcj02")
    )
    assert 0.003 < plain.distance(shifted) < 0.02


# --- when ------------------------------------------------------------------------------------------------------------


def test_grids_are_those_of_today_or_of_the_time_that_is_asked_for(asked):
    def codes(query=""):
        return [id_[12:] for id_ in asked.ids("grids-unit", query)]

    assert codes() == ["001.2026-01-01", "002.2026-01-01", "004.2026-05-01"]
    assert codes("?datetime=2026-02-01T00:00:00Z") == ["001.2026-01-01", "002.2026-01-01", "003.2026-01-01"]
    assert len(codes("?datetime=2026-01-01/2026-12-31")) == len(codes("?datetime=../..")) + 1 == 4
    assert len(codes("?datetime=2026-06-01/..")) == 3
    assert codes("?datetime=../2025-12-31") == []


def test_a_grids_code_alone_finds_that_of_today(asked):
    found = asked("/ogc/collections/grids-unit/items/230602001001004").json
    assert found["id"] == "230602001001004.2026-05-01"
    assert asked("/ogc/collections/grids-unit/items/230602001001003").status_code == 404
    gone = asked("/ogc/collections/grids-unit/items/230602001001003.2026-01-01").json
    assert gone["properties"]["valid_to"] == "2026-05-01"


def test_incidents_are_chosen_by_when_they_last(asked):
    assert len(asked.ids("incidents", "?datetime=2026-11-15T08:00:00%2B08:00")) == 1
    assert asked.ids("incidents", "?datetime=2026-10-31") == []
    assert len(asked.ids("incidents", "?datetime=2026-10-31/2026-11-01")) == 1


def test_a_collection_without_time_gives_all_at_any_time(asked):
    assert len(asked.ids("layers.hydrants", "?datetime=1999-01-01")) == HYDRANTS


# --- which -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "query", "count"),
    [
        ("layers.hydrants", "open=true", 4),
        ("layers.hydrants", "open=false&bbox=24.9,60,25,61", 8),
        ("layers.hydrants", "bar=1.5", 1),
        ("layers.hydrants", "bar=2", 1),
        ("layers.hydrants", "name=hydrant%201", 1),
        ("layers.hydrants", "name=none", 0),
        ("layers.ponds", "name=三角池", 1),
        ("areas", "level=city", 1),
        ("area-positions", "level=district&parent=2306", 10),
        ("area-positions", "name=萨尔图区", 1),
        ("cases", "open=true", 3),
        ("cases", "open=true&overdue=true", 0),
        ("cases", "stage=reported&class=E0112", 3),
        ("cases", "stage=closed", 0),
        ("components", "owner=lighting", 3),
        ("components", "owner=water", 0),
        ("incidents", "kind=hazard&open=true", 1),
        ("incidents", "effect=shuts", 0),
        ("grids-unit", "code=230602001001004", 1),
    ],
)
def test_features_are_chosen_by_value(asked, name, query, count):
    found = asked.items(name, f"?{query}")
    assert len(found["features"]) == found["numberMatched"] == count


def test_what_was_asked_stays_in_the_link_to_the_next_page(asked):
    told = list(pages(asked, "/ogc/collections/layers.hydrants/items?open=false&limit=3&bbox=24.9,60,25,61"))
    assert [len(page["features"]) for page in told] == [3, 3, 2]


def test_a_case_tells_what_the_case_list_tells(asked):
    feature = asked.items("cases", "?limit=1")["features"][0]
    case = asked(f"/v1/cases/{feature['id']}").json
    for name in ("number", "class", "stage", "open", "beidou", "grid", "department", "deadline", "lamp", "created_at"):
        if name in case:
            assert feature["properties"][name] == case[name], name


# --- who -------------------------------------------------------------------------------------------------------------


def test_a_keys_scopes_decide_what_is_listed(asked):
    reader = asked.issue("features:read", "areas:read")
    assert {each["id"] for each in reader("/ogc/collections").json["collections"]} == {"areas", "area-positions"}
    assert reader("/ogc/collections/cases/items").status_code == 403
    assert asked.issue("areas:read")("/ogc/collections").status_code == 403


def test_tenants_never_see_each_others_features(asked):
    other = asked.issue("*", tenant="elsewhere")
    assert {each["id"] for each in other("/ogc/collections").json["collections"]} == {"areas", "area-positions"}
    assert other("/ogc/collections/layers.hydrants").status_code == 404
    assert other.items("cases")["features"] == []
    assert other(f"/ogc/collections/cases/items/{asked.ids('cases')[0]}").status_code == 404


def test_a_key_held_to_an_area_or_a_department_sees_no_other_cases(asked):
    assert len(asked.issue("features:read", "cases:read").ids("cases")) == 3
    held = asked.issue("features:read", "cases:read", "cases:area=230602")
    assert held.ids("cases") == []
    assert held("/ogc/collections/cases/items/1").status_code == 404
    assert asked.issue("features:read", "cases:read", "cases:department=roads").ids("cases") == []


def test_a_key_in_the_address_stays_in_the_links(asked):
    key = asked.issue("features:read", "layers:read").headers["X-API-Key"]
    told = list(pages(asked, f"/ogc/collections/layers.hydrants/items?limit=5&key={key}"))
    assert sum(len(page["features"]) for page in told) == HYDRANTS
    assert all(f"key={key}" in link["href"] for page in told for link in page["links"])
