from __future__ import annotations

from datetime import UTC, datetime

import pytest

from location_cloud.access import service as access
from location_cloud.app import create_app
from location_cloud.layers import service
from location_cloud.settings import Settings

WELL = {
    "type": "Feature",
    "geometry": {"type": "Point", "coordinates": [125.1031, 46.5893]},
    "properties": {"name": "北2-丁4-56井"},
}


@pytest.fixture
def client(empty_app):
    return empty_app.test_client()


def add(client, feature=WELL, layer="wells", **options):
    return client.post(f"/v1/layers/{layer}/features", json=feature, **options)


def test_a_stored_feature_comes_back_as_it_was(client):
    added = add(client)
    assert added.status_code == 201
    found = client.get(f"/v1/layers/wells/features/{added.json['id']}").json
    assert found["geometry"]["coordinates"] == [125.1031, 46.5893]
    assert found["properties"] == WELL["properties"]
    assert found["version"] == 1


def test_features_are_found_by_box(client):
    add(client)
    inside = client.get("/v1/layers/wells/features?bbox=125,46,126,47").json["features"]
    outside = client.get("/v1/layers/wells/features?bbox=126,46,127,47").json["features"]
    assert (len(inside), len(outside)) == (1, 0)


def test_pages_follow_each_other_without_gap(client):
    ids = [add(client).json["id"] for _ in range(5)]
    first = client.get("/v1/layers/wells/features?limit=3").json
    second = client.get(f"/v1/layers/wells/features?limit=3&after={first['next_after']}").json
    assert [feature["id"] for feature in first["features"] + second["features"]] == ids
    assert second["next_after"] is None


@pytest.mark.parametrize(
    "empty", [{"type": "GeometryCollection", "geometries": []}, {"type": "Polygon", "coordinates": []}]
)
def test_a_feature_that_lies_nowhere_is_refused(client, empty):
    assert add(client, {**WELL, "geometry": empty}).status_code == 400


def test_a_change_made_from_an_old_version_is_a_conflict(client):
    path = f"/v1/layers/wells/features/{add(client).json['id']}"
    assert client.put(f"{path}?version=1", json=WELL).json["version"] == 2
    answer = client.put(f"{path}?version=1", json=WELL)
    assert answer.status_code == 409
    assert client.delete(f"{path}?version=1").status_code == 409
    assert client.delete(f"{path}?version=2").status_code == 200
    assert client.get(path).status_code == 404


def test_a_feature_of_another_layer_is_not_found(client):
    feature_id = add(client).json["id"]
    assert client.put(f"/v1/layers/other/features/{feature_id}?version=1", json=WELL).status_code == 404


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "Point", "coordinates": [46.5, 125.1]},
        {"type": "Point", "coordinates": []},
        {"type": "Blob", "coordinates": [1, 2]},
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]},
        {},
    ],
)
def test_a_wrong_geometry_is_refused(client, geometry):
    assert add(client, {**WELL, "geometry": geometry}).status_code == 400


def test_properties_over_the_ceiling_are_refused(client):
    assert add(client, {**WELL, "properties": {"note": "x" * 70_000}}).status_code == 413


def test_positions_in_another_coordinate_system_are_stored_once_converted(client):
    feature = {**WELL, "geometry": {"type": "Point", "coordinates": [125.1101534877, 46.5914039202]}}
    added = add(client, feature, query_string={"crs": "gcj02"}).json
    assert added["crs"] == "gcj02"
    assert added["geometry"]["coordinates"] == pytest.approx([125.1101534877, 46.5914039202], abs=1e-9)
    stored = client.get(f"/v1/layers/wells/features/{added['id']}").json
    assert stored["geometry"]["coordinates"] == pytest.approx([125.1031, 46.5893], abs=1e-8)


# --- tenants ----------------------------------------------------------------------------------------


@pytest.fixture
def two_tenants(tmp_path):
    """A client and the headers of two tenants with every scope."""
    app = create_app(Settings(home=tmp_path, keys="always", log="off"))
    system = app.extensions["location_cloud"]
    now = datetime.now(UTC)
    headers = [{"X-API-Key": access.issue_key(system.live, name, "", ("*",), now)[1]} for name in ("fire", "oil")]
    yield app.test_client(), *headers
    system.close()


def test_one_tenants_rows_never_leave_by_anothers_key(two_tenants):
    client, fire, oil = two_tenants
    feature_id = add(client, headers=fire).json["id"]
    path = f"/v1/layers/wells/features/{feature_id}"
    assert client.get(path, headers=fire).status_code == 200
    assert client.get(path, headers=oil).status_code == 404
    assert client.put(f"{path}?version=1", json=WELL, headers=oil).status_code == 404
    assert client.delete(f"{path}?version=1", headers=oil).status_code == 404
    assert client.get("/v1/layers", headers=oil).json["layers"] == []
    for query in ("", "?bbox=-180,-90,180,90", "?after=0&limit=1000"):
        assert client.get(f"/v1/layers/wells/features{query}", headers=oil).json["features"] == []
    assert client.get(path, headers=fire).json["version"] == 1


def test_a_foreign_row_looks_exactly_like_an_absent_one(two_tenants):
    client, fire, oil = two_tenants
    feature_id = add(client, headers=fire).json["id"]
    foreign = client.get(f"/v1/layers/wells/features/{feature_id}", headers=oil).json
    absent = client.get("/v1/layers/wells/features/999", headers=oil).json
    assert foreign["detail"].replace(str(feature_id), "N") == absent["detail"].replace("999", "N")


def test_a_tenant_has_no_more_layers_than_declared(client, monkeypatch):
    monkeypatch.setattr(service, "MAX_LAYERS", 2)
    assert [add(client, layer=name).status_code for name in ("a", "b", "c", "b")] == [201, 201, 413, 201]


def test_a_layer_whose_last_feature_is_gone_makes_room_for_another(client, monkeypatch):
    monkeypatch.setattr(service, "MAX_LAYERS", 1)
    client.delete(f"/v1/layers/a/features/{add(client, layer='a').json['id']}?version=1")
    assert [add(client, layer=name).status_code for name in ("b", "a")] == [201, 413]
