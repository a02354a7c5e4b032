"""Records are found by the BeiDou cell that they are filed under, at every level, and only one's own."""

from __future__ import annotations

import pytest

from location_cloud.spatial.cells import BEIDOU

WELLS = {"near": (125.1031, 46.5893), "beside": (125.1045, 46.5893), "far": (-70.6, -33.4)}


@pytest.fixture(scope="module")
def wells(cells):
    ids = {}
    for name, lonlat in WELLS.items():
        feature = {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": lonlat},
            "properties": {"name": name},
        }
        ids[name] = cells.post("/v1/layers/filed/features", json=feature).json["id"]
    return ids


def found(cells, code: str) -> list[str]:
    listed = cells.get(f"/v1/layers/filed/features?cell={code}").json["features"]
    return [each["properties"]["name"] for each in listed]


@pytest.mark.parametrize("level", range(6))
def test_features_of_a_layer_are_listed_by_cell_of_every_level(cells, wells, level):
    code = BEIDOU.encode(WELLS["near"], level)
    wanted = [name for name, lonlat in WELLS.items() if BEIDOU.encode(lonlat, level) == code]
    assert found(cells, code) == wanted


def test_moved_feature_is_filed_anew(cells, wells):
    feature = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [10.0, 50.0]},
        "properties": {"name": "far"},
    }
    assert cells.put(f"/v1/layers/filed/features/{wells['far']}?version=1", json=feature).status_code == 200
    assert found(cells, BEIDOU.encode((10.0, 50.0), 5)) == ["far"]
    assert found(cells, "S") == []


@pytest.mark.parametrize("path", ["layers/filed/features", "incidents", "emergencies"])
@pytest.mark.parametrize("code", ["N51LA5065251", "N61A", "x"])
def test_code_that_no_index_knows_is_refused(cells, path, code):
    answer = cells.get(f"/v1/{path}?cell={code}")
    assert answer.status_code == 400
    assert "cell" in answer.json["detail"]
