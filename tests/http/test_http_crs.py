from __future__ import annotations

import numpy as np
import pytest

from location_cloud.app import all_operations
from location_cloud.capabilities import CAPABILITIES
from location_cloud.http.parameters import IsBbox, IsLonLat, marked_fields
from location_cloud.spatial.crs import from_wgs84

DAQING = (125.1031, 46.5893)
POSITION_NAMES = {"from", "from_", "to", "at", "focus", "bbox"}
OTHERWISE = {("grids.list", "at"), ("grids.get", "at"), ("features.items", "bbox")}
"""Parameters that are called so and say when, or have a coordinate system of their own (`bbox-crs`)."""


def moved(crs, lonlat=DAQING):
    lon, lat = from_wgs84(np.array([lonlat]), crs)[0]
    return f"{lon:.9f},{lat:.9f}"


def test_every_parameter_that_is_a_position_is_converted():
    for operation in all_operations(CAPABILITIES):
        if operation.as_error is not None:  # of another engine, which says in what its numbers are
            continue
        named = {name for name in operation.In.model_fields if name in POSITION_NAMES}
        named -= {name for at, name in OTHERWISE if at == operation.name}
        assert named <= marked_fields(operation.In).keys(), operation.name


@pytest.mark.parametrize("crs", ["gcj02", "bd09", "cgcs2000"])
def test_the_same_place_is_the_same_district_in_every_system(client, crs):
    plain = client.get("/v1/areas?at=125.1031,46.5893").json["features"][0]
    other = client.get(f"/v1/areas?at={moved(crs)}&crs={crs}").json["features"][0]
    assert other["id"] == plain["id"]


def test_a_box_over_its_corners_holds_what_it_held(empty_app):
    client = empty_app.test_client()
    well = {"type": "Feature", "geometry": {"type": "Point", "coordinates": list(DAQING)}, "properties": {}}
    client.post("/v1/layers/wells/features", json=well)
    corners = moved("bd09", (125.102, 46.588)) + "," + moved("bd09", (125.104, 46.590))
    answer = client.get(f"/v1/layers/wells/features?crs=bd09&bbox={corners}")
    assert len(answer.json["features"]) == 1


def test_an_answer_is_shifted_once(client):
    route = "/v1/route?from=24.9384,60.1699&to=24.9458,60.1640"
    assert (
        client.get(route).json["routes"] == client.get(f"{route}&crs=gcj02").json["routes"]
    )  # outside China: no shift
    found = client.get("/v1/areas/230602?crs=gcj02").json["properties"]["lonlat"]
    plain = client.get("/v1/areas/230602").json["properties"]["lonlat"]
    assert found == pytest.approx(from_wgs84(np.array([plain]), "gcj02")[0], abs=1e-9)


def test_marks_tell_points_from_boxes():
    marks = {
        name: type(mark)
        for operation in all_operations(CAPABILITIES)
        for name, mark in marked_fields(operation.In).items()
    }
    assert (marks["at"], marks["bbox"]) == (IsLonLat, IsBbox)
