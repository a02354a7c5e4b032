from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from location_cloud.directions.dataset import SECTION
from location_cloud.directions.formats import decode_polyline
from location_cloud.roads.dataset import SECTION as ROADS
from location_cloud.roads.model import BRIDGE
from routing.trip import CLOSED

HERE, THERE, BESIDE = [24.9384, 60.1699], [24.9458, 60.1640], [24.9420, 60.1680]
POINTS = "point=60.1699,24.9384&point=60.1640,24.9458"
THREE = "point=60.1699,24.9384&point=60.1680,24.9420&point=60.1640,24.9458"


def get(client, path, status=200):
    answer = client.get(f"/graphhopper/{path}")
    assert answer.status_code == status, answer.get_data(as_text=True)
    return answer.get_json()


def post(client, path, body, status=200):
    answer = client.post(f"/graphhopper/{path}", json=body)
    assert answer.status_code == status, answer.get_data(as_text=True)
    return answer.get_json()


def test_instructions_cover_the_line_and_tell_of_stops(client):
    path = get(client, f"route?{THREE}&profile=car")["paths"][0]
    last = len(decode_polyline(path["points"], 5)) - 1
    intervals = [told["interval"] for told in path["instructions"]]
    assert [intervals[0][0], intervals[-1]] == [0, [last, last]]
    assert all(before[1] == after[0] for before, after in pairwise(intervals))
    assert [told["sign"] for told in path["instructions"]].count(5) == 1
    assert path["instructions"][-1]["sign"] == 4


def test_address_and_body_ask_the_same(client):
    by_address = get(client, f"route?{POINTS}&profile=foot&points_encoded=false")["paths"]
    assert (
        post(client, "route", {"points": [HERE, THERE], "profile": "foot", "points_encoded": False})["paths"]
        == by_address
    )


def test_six_decimals_on_request(client):
    path = post(client, "route", {"points": [HERE, THERE], "points_encoded_multiplier": 1e6})["paths"][0]
    assert path["points_encoded_multiplier"] == 1e6
    assert decode_polyline(path["points"], 6)[0] / 1e7 == pytest.approx(HERE, abs=0.01)


def test_details_are_runs_along_the_whole_line(client):
    names = ["street_name", "time", "distance", "average_speed", "road_class", "surface", "max_speed", "leg_time"]
    path = post(client, "route", {"points": [HERE, THERE], "details": names, "points_encoded": False})["paths"][0]
    last = len(path["points"]["coordinates"]) - 1
    assert [path["details"][name][-1][1] for name in names] == [last] * len(names)
    assert sum(run[2] for run in path["details"]["time"]) == path["time"]


def test_without_instructions_and_points(client):
    path = get(client, f"route?{POINTS}&instructions=false&calc_points=false")["paths"][0]
    assert "instructions" not in path
    assert "points" not in path


def test_a_custom_model_closes_an_area(client):
    ring = [[24.9405, 60.1665], [24.9435, 60.1665], [24.9435, 60.1685], [24.9405, 60.1685], [24.9405, 60.1665]]
    area = {"type": "Feature", "id": "old_town", "geometry": {"type": "Polygon", "coordinates": [ring]}}
    model = {
        "priority": [{"if": "in_old_town || road_class == MOTORWAY", "multiply_by": "0"}],
        "areas": {"type": "FeatureCollection", "features": [area]},
    }
    asked = {"points": [HERE, THERE], "custom_model": model, "ch.disable": True, "points_encoded": False}
    line = post(client, "route", asked)["paths"][0]["points"]["coordinates"]
    assert not any(24.9406 < lon < 24.9434 and 60.1666 < lat < 60.1684 for lon, lat in line)


def test_buckets_divide_the_limit(client):
    found = get(client, "isochrone?point=60.1699,24.9384&profile=foot&time_limit=300&buckets=2")
    assert [polygon["properties"]["bucket"] for polygon in found["polygons"]] == [0, 1]
    geojson = get(client, "isochrone?point=60.1699,24.9384&profile=foot&distance_limit=300&type=geojson")
    assert geojson["type"] == "FeatureCollection"


def test_a_matrix_agrees_with_the_route(client):
    table = get(client, f"matrix?{POINTS}&profile=car&out_array=times&out_array=distances")
    path = get(client, f"route?{POINTS}&profile=car")["paths"][0]
    assert table["times"][0][1] == round(path["time"] / 1000)
    assert table["distances"][0][1] == pytest.approx(path["distance"], abs=2)


def test_nearest_info_and_health(client):
    assert get(client, "nearest?point=60.1699,24.9384")["type"] == "Point"
    assert {"name": "bike"} in get(client, "info")["profiles"]
    assert client.get("/graphhopper/health").data == b"OK"


@pytest.mark.parametrize(
    ("question", "message", "kind"),
    [
        ("", "You have to pass at least one point", "IllegalArgumentException"),
        ("point=60.17,24.94", "At least 2 points", "IllegalArgumentException"),
        ("point=60.17,24.94&point=x", "Cannot parse point 1", "IllegalArgumentException"),
        ("point=60.17,24.94&point=59.8,25.3", "Cannot find point 1", "PointNotFoundException"),
        (f"{POINTS}&profile=jet", "The requested profile 'jet' does not exist", "IllegalArgumentException"),
        (f"{POINTS}&details=colour", "Cannot find the path details", "IllegalArgumentException"),
        (f"{POINTS}&algorithm=round_trip", "round_trip", "IllegalArgumentException"),
        (f"{POINTS}&heading=1&heading=2&heading=3", "The number of 'headings'", "IllegalArgumentException"),
        (f"{POINTS}&heading=999", "Heading for point 0", "IllegalArgumentException"),
    ],
)
def test_errors_have_graphhoppers_form(client, question, message, kind):
    error = get(client, f"route?{question}", 400)
    assert message in error["message"]
    assert kind in error["hints"][0]["details"]


def test_a_point_off_all_roads_is_numbered(client):
    error = get(client, "route?point=60.17,24.94&point=59.8,25.3", 400)
    assert error["hints"][0]["point_index"] == 1


@pytest.mark.parametrize(
    "model",
    [
        "fast",
        {"distance_influence": 70},
        {"speed": ["x"]},
        {"speed": [{"if": "road_class == PRIMARY", "limit_to": "50"}]},
        {"priority": [{"if": "road_class == MOTORWAY", "multiply_by": "0.5"}]},
        {"priority": [{"if": "curvature < 0.5", "multiply_by": "0"}]},
    ],
)
def test_a_custom_model_that_cannot_be_obeyed_is_refused(client, model):
    error = post(client, "route", {"points": [HERE, THERE], "custom_model": model}, 400)
    assert error["message"].startswith("custom_model")


def test_a_route_comes_as_gpx(client):
    answer = client.get(f"/graphhopper/route?{POINTS}&profile=car&type=gpx&locale=zh_CN")
    assert answer.mimetype == "application/gpx+xml"
    assert "出发" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ("type=mvt", "Format"),
        ("elevation=true", "Elevation"),
        ("algorithm=magic", "magic"),
        ("block_area=60.1,24.9,100", "block_area"),
        ("weighting=shortest", "weighting"),
        ("snap_prevention=lava", "lava"),
        ("heading=north", "north"),
        ("algorithm=alternative_route&alternative_route.max_paths=x", "max_paths"),
    ],
)
def test_what_would_change_the_way_is_never_passed_over(options, word, client):
    assert word in get(client, f"route?{POINTS}&profile=car&{options}", 400)["message"]


@pytest.mark.parametrize("limit", ["time_limit=soon", "buckets=1e400", "distance_limit=nan"])
def test_a_limit_that_is_no_number_is_refused(limit, client):
    name = limit.split("=")[0]
    assert name in get(client, f"isochrone?point=60.1699,24.9384&profile=foot&{limit}", 400)["message"]


def test_a_model_may_limit_the_speed(client):
    def time(**more):
        return post(client, "route", {"points": [HERE, THERE], "profile": "car", **more})["paths"][0]["time"]

    assert time(custom_model={"speed": [{"if": "true", "limit_to": "5"}]}) > 1.5 * time()


def test_no_point_is_put_on_a_prevented_road(client, app):
    world = app.extensions["location_cloud"].worlds.current()
    roads, network = world.section(ROADS), world.section(SECTION).networks["car"]
    bridge = np.flatnonzero(
        (roads.seg_flags & BRIDGE != 0) & (network.metric.cost_ms[: network.graph.roads][::2] != CLOSED)
    )
    lon, lat = roads.shape_e7[roads.shape_start[bridge[0]] : roads.shape_start[bridge[0] + 1]].mean(axis=0) / 1e7
    asked = {"points": [[lon, lat], THERE], "profile": "car", "details": ["road_environment"]}
    free, held = (
        post(client, "route", {**asked, **more})["paths"][0] for more in ({}, {"snap_preventions": ["bridge"]})
    )
    assert [path["details"]["road_environment"][0][2] for path in (free, held)] == ["bridge", "road"]
