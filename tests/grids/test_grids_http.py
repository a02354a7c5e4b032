from __future__ import annotations

import pytest
from mapbox_vector_tile import decode
from shapely.geometry import box, mapping

from location_cloud.access.service import issue_key
from location_cloud.app import create_app, utc_now
from location_cloud.settings import Settings
from tests.conftest import copy_home

UNITS, BEATS = "/v1/grids/unit", "/v1/grids/manage"
TOWN = "230602001"
CHIEF = {"role": "网格长", "name": "张三", "team": "第一网格队", "phone": "138 0000 1234"}


def code(number, community="001"):
    return f"{TOWN}{community}{number:03d}"


def grid(number, community="001", **said):
    west = 125.1 + 0.001 * number + (0.1 if community == "002" else 0)
    shape = mapping(box(west, 46.6, west + 0.001, 46.601))
    return {"code": code(number, community), "geometry": shape, "area_code": f"{TOWN}{community}", **said}


@pytest.fixture(scope="module")
def registry(demo_home, tmp_path_factory):
    app = create_app(Settings(home=copy_home(demo_home, tmp_path_factory.mktemp("grids_http")), log="off"))
    grids = [grid(1, households=100), grid(2, households=200), grid(3), grid(1, "002", households=50)]
    client = app.test_client()
    taken = client.post(f"{UNITS}/all/import", json={"grids": grids, "valid_from": "2026-01-01"})
    assert taken.json["added"] == 4, taken.json
    yield app
    app.extensions["location_cloud"].close()


@pytest.fixture
def client(registry):
    return registry.test_client()


def put_people(client, number, people, version, day="2026-01-01"):
    body = {"valid_from": day, "people": people}
    return client.put(f"{UNITS}/{code(number)}/people", json=body, headers={"If-Match": f'"{version}"'})


def put_values(client, period="2026-11", scheme=UNITS, **values):
    body = {
        "indicator": "cases",
        "period": period,
        "values": {code(int(name[1:])): each for name, each in values.items()},
    }
    return client.put(f"{scheme}/all/values", json=body)


def test_who_answers_for_a_point_today(client):
    first = put_people(client, 1, [CHIEF], 0)
    assert (first.status_code, first.headers["ETag"]) == (200, '"1"')
    found = client.get(f"{UNITS}/all/answering?at=125.1015,46.6005").json
    assert (found["grid"]["id"], found["people"][0]["name"]) == (code(1), "张三")
    assert found["people"][0]["phone"] == "138****1234"
    assert client.get(f"{UNITS}/all/answering?at=0,0").status_code == 422


def test_people_are_changed_from_the_version_that_was_read(client):
    path = f"{UNITS}/{code(2)}/people"
    assert client.get(path).headers["ETag"] == '"0"'
    assert client.put(path, json={"valid_from": "2026-01-01", "people": []}).status_code == 428
    assert put_people(client, 2, [CHIEF], 0).status_code == 200
    refused = put_people(client, 2, [], 0, "2026-05-01")
    assert (refused.status_code, refused.json["version"]) == (409, 1)
    history = client.get(f"{path}?history=true").json["people"]
    assert [(each["valid_from"], each["valid_to"]) for each in history] == [("2026-01-01", None)]


def test_phones_in_clear_take_a_scope_and_are_written_down(registry, client):
    live = registry.extensions["location_cloud"].live
    scopes = {"reader": ("grids:read", "grids:write"), "head": ("grids:read", "grids:private")}
    keys = {name: issue_key(live, "keyed", name, some, utc_now())[1] for name, some in scopes.items()}
    asked = {name: {"headers": {"X-API-Key": key}} for name, key in keys.items()}
    client.post(UNITS, json={**grid(1), "valid_from": "2026-01-01"}, **asked["reader"])
    path = f"{UNITS}/{code(1)}/people"
    told = {"valid_from": "2026-01-01", "people": [CHIEF]}
    assert client.put(f"{path}?version=0", json=told, **asked["reader"]).status_code == 200
    assert client.get(f"{path}?clear=true", **asked["reader"]).status_code == 403
    found = client.get(f"{path}?clear=true", **asked["head"]).json
    assert (found["is_clear"], found["people"][0]["phone"]) == (True, CHIEF["phone"])
    assert len(client.get(f"{UNITS}/{code(1)}/reads", **asked["head"]).json["reads"]) == 1
    assert client.get(f"{UNITS}/{code(1)}/reads", **asked["reader"]).status_code == 403


def test_a_map_of_an_indicator_has_colours_and_a_legend(client):
    assert put_values(client, g1=3, g2=9).json["put"] == 2
    drawn = client.get(f"{UNITS}/choropleth?indicator=cases&classes=2").json
    assert (drawn["period"], len(drawn["legend"]), drawn["without_value"]) == ("2026-11", 2, 2)
    colours = {each["id"]: each["properties"]["colour"] for each in drawn["features"]}
    assert colours[code(1)] == drawn["legend"][0]["colour"]
    assert colours[code(3)] == drawn["no_value"]
    bare = client.get(f"{UNITS}/choropleth?indicator=cases&geometry=false").json
    assert bare["features"][0]["geometry"] is None
    assert client.get(f"{UNITS}/choropleth?indicator=noise").status_code == 404


def test_indicators_of_one_grid_are_told_and_listed_by_page(client):
    path = f"{UNITS}/{code(3)}/indicators"
    values = [{"indicator": "dust", "period": f"2026-0{month}", "value": month, "unit": "t"} for month in (1, 2, 3)]
    assert client.put(path, json={"values": values}).json["put"] == 3
    page = client.get(f"{path}?limit=2").json
    assert [each["value"] for each in page["values"]] == [1.0, 2.0]
    assert [each["value"] for each in client.get(f"{path}?limit=2&after={page['next_after']}").json["values"]] == [3.0]
    gone = [{**each, "value": None} for each in values]
    assert client.put(path, json={"values": gone}).json["removed"] == 3
    assert client.put(path, json={"values": [{**values[0], "value": "1"}]}).status_code == 400


def test_grids_add_up_by_village_town_and_county(client):
    put_values(client, period="2026-10", g1=3, g2=9)
    rows = client.get(f"{UNITS}/summary?by=village&indicator=cases&period=2026-10").json["rows"]
    assert [(row["code"], row["grids"], row["households"], row["value"]) for row in rows] == [
        (f"{TOWN}001", 3, 300, 12.0),
        (f"{TOWN}002", 1, 50, None),
    ]
    (county,) = client.get(f"{UNITS}/summary?by=county").json["rows"]
    assert (county["code"], county["grids"], county["with_households"]) == ("230602", 4, 3)
    assert county["name"]
    assert county["area_m2"] == pytest.approx(
        sum(row["area_m2"] for row in client.get(f"{UNITS}/summary").json["rows"])
    )


def test_a_beat_is_made_of_unit_grids_and_shows_them(client):
    body = {"code": "M-1", "units": [code(1), code(2)], "valid_from": "2026-01-01"}
    made = client.post(BEATS, json=body)
    assert (made.status_code, made.json["properties"]["units"]) == (201, [code(1), code(2)])
    assert client.get(f"{BEATS}/locate?at=125.1025,46.6005").json["id"] == "M-1"
    assert client.post(BEATS, json={"code": "M-2", "valid_from": "2026-01-01"}).status_code == 400
    wrong = client.post(BEATS, json={**body, "code": "M-3", "units": [code(999)]})
    assert (wrong.status_code, code(999) in wrong.json["detail"]) == (422, True)


def test_the_map_shows_grids_of_today_with_their_newest_values(client):
    put_values(client, period="2026-12", g1=7)
    west, _south, east, _north = client.get("/tiles/grids.json").json["bounds"]
    assert west < 125.1015 < east

    def features():
        tile = client.get("/tiles/grids/14/13885/5789.mvt")
        content = decode(tile.get_data())["grids"]["features"] if tile.status_code == 200 else []
        return {
            each["properties"]["code"]: each["properties"] for each in content if each["properties"]["scheme"] == "unit"
        }

    assert features()[code(1)]["cases"] == 7
    put_values(client, period="2026-12", g1=8)
    assert features()[code(1)]["cases"] == 8
    assert "cases" in client.get("/tiles/grids.json").json["vector_layers"][0]["fields"]


def test_a_broken_ring_is_told_with_its_grid_and_place(client):
    bow = {"type": "Polygon", "coordinates": [[[10, 10], [10.001, 10.001], [10.001, 10], [10, 10.001], [10, 10]]]}
    answer = client.post("/v1/grids/village/all/validate", json={"grids": [grid(1), {"code": "V-1", "geometry": bow}]})
    assert answer.status_code == 400
    assert "grids[1].geometry" in answer.json["detail"]
    assert "Self-intersection[10.0005 10.0005]" in answer.json["detail"]


def test_a_community_that_no_area_knows_is_told_and_hinders_nothing(client):
    unknown = {**grid(1), "code": "230602999001001", "area_code": ""}
    found = client.post(f"{UNITS}/all/validate", json={"grids": [unknown]}).json["faults"]
    assert [(fault["kind"], "230602999" in fault["words"]) for fault in found] == [("unknown", True)]


def test_grids_are_found_by_name(client):
    client.post(
        BEATS,
        json={"code": "M-9", "name": "Park 100%", "geometry": mapping(box(9, 9, 9.1, 9.1)), "valid_from": "2026-01-01"},
    )
    assert [each["id"] for each in client.get(f"{BEATS}?name=00%25").json["features"]] == ["M-9"]
    assert client.get(f"{BEATS}?name=P%25k").json["features"] == []
