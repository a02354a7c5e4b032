from __future__ import annotations

import pytest
from shapely.geometry import box, mapping

from location_cloud.app import create_app
from location_cloud.settings import Settings
from tests.conftest import copy_home

ALL = "/v1/grids/unit"


@pytest.fixture(scope="module")
def registry(demo_home, tmp_path_factory):
    app = create_app(Settings(home=copy_home(demo_home, tmp_path_factory.mktemp("grids")), log="off"))
    yield app
    app.extensions["location_cloud"].close()


@pytest.fixture
def client(registry):
    return registry.test_client()


def body(number, column=0.0, wide=1.0, area="230602001001", day="2026-01-01", **said):
    west = 125.1 + 0.001 * column
    shape = mapping(box(west, 46.6, west + 0.001 * wide, 46.601))
    return {"code": f"230602001001{number:03d}", "geometry": shape, "area_code": area, "valid_from": day, **said}


def grids(*bodies):
    return [{key: value for key, value in each.items() if key != "valid_from"} for each in bodies]


def test_a_grid_is_added_read_and_located(client):
    added = client.post(ALL, json=body(1, 10, name="一号"))
    assert (added.status_code, added.headers["ETag"]) == (201, '"1"')
    found = client.get(f"{ALL}/locate?at=125.1105,46.6005").json
    assert (found["id"], found["properties"]["name"]) == ("230602001001001", "一号")
    assert found["properties"]["beidou"].startswith("N51")
    assert client.get(f"{ALL}/230602001001001?at=2025-12-31").status_code == 404


def test_the_answer_of_a_point_without_grid_says_what_to_do(client):
    answer = client.get(f"{ALL}/locate?at=0,0")
    assert answer.status_code == 422
    assert "no unit grid holds" in answer.json["detail"]


def test_a_change_needs_the_version_it_was_made_from(client):
    client.post(ALL, json=body(2, 20))
    path = f"{ALL}/230602001001002/description"
    assert client.patch(path, json={"name": "a"}).status_code == 428
    assert client.patch(path, json={"name": "a"}, headers={"If-Match": '"1"'}).json["properties"]["version"] == 2
    assert client.patch(path, json={"name": "b"}, headers={"If-Match": '"1"'}).status_code == 409


def test_an_import_with_an_overlap_is_refused_and_says_where(client):
    content = {"grids": grids(body(1), body(2, 0.5)), "valid_from": "2026-01-01"}
    answer = client.post("/v1/grids/manage/all/import", json=content)
    assert answer.status_code == 422
    assert answer.json["faults"][0]["kind"] == "overlap"
    allowed = client.post("/v1/grids/manage/all/import", json={**content, "allow_faults": True})
    assert allowed.json["added"] == 2


def test_an_import_says_what_it_did(client):
    path = "/v1/grids/village/all/import"
    first = client.post(path, json={"grids": grids(body(1), body(2, 1)), "valid_from": "2026-01-01"}).json
    second = client.post(path, json={"grids": grids(body(1), body(3, 1)), "valid_from": "2026-05-01"}).json
    told = ("added", "revised", "retired", "unchanged")
    assert [first[name] for name in told] == [2, 0, 0, 0]
    assert [second[name] for name in told] == [1, 0, 1, 1]
    assert [feature["id"][-3:] for feature in client.get("/v1/grids/village?at=2026-02-01").json["features"]] == [
        "001",
        "002",
    ]
    history = client.get("/v1/grids/village/230602001001002?at=2026-02-01").json["history"]
    assert [(span["valid_from"], span["valid_to"]) for span in history] == [("2026-01-01", "2026-05-01")]


def test_grids_are_checked_and_repaired_without_being_kept(client):
    gap = {**body(2, 1.002), "geometry": mapping(box(125.101002, 46.6, 125.102, 46.601))}
    ring = [body(1), gap, {**body(3), "geometry": mapping(box(125.1, 46.601, 125.102, 46.602))}]
    ring.append({**body(4), "geometry": mapping(box(125.1, 46.599, 125.102, 46.6))})
    ring = grids(*ring)
    asked = {"grids": ring}
    found = client.post("/v1/grids/manage/all/validate", json=asked).json["faults"]
    assert [(fault["kind"], fault["is_sliver"]) for fault in found] == [("gap", True)]
    mended = client.post("/v1/grids/manage/all/validate", json={**asked, "repair": True}).json
    assert mended["faults"] == []
    assert len(mended["mended"]) == 1
    assert len(mended["grids"]) == 4


def test_many_points_are_located_at_once(client):
    client.post("/v1/grids/evaluate", json=body(7, 30))
    points = {"coordinates": [[125.1305, 46.6005], [0, 0]]}
    assert client.post("/v1/grids/evaluate/locate", json=points).json["codes"] == ["230602001001007", None]
    assert client.post("/v1/grids/evaluate/locate", json={"coordinates": [[46.6, 125.1]]}).status_code == 400


def test_positions_are_read_and_written_in_the_callers_system(client):
    client.post("/v1/grids/service?crs=gcj02", json={**body(8, 40), "code": "0" * 17 + "008"})
    inside = client.get("/v1/grids/service/locate?at=125.1405,46.6005&crs=gcj02").json
    assert inside["crs"] == "gcj02"
    assert inside["geometry"]["coordinates"][0][0] == pytest.approx([125.141, 46.6], abs=2e-3)
    assert client.get("/v1/grids/service/locate?at=125.1405,46.6005").status_code == 422


def test_what_happened_is_listed_since_a_live_version(client):
    client.post("/v1/grids/unit", json=body(9, 50))
    entries = client.get("/v1/grids/feeds/changes?limit=10000").json
    last = entries["entries"][-1]
    assert (last["action"], last["code"]) == ("add", "230602001001009")
    assert client.get(f"/v1/grids/feeds/changes?since={entries['live_version']}").json["entries"] == []
