"""Tracks sent over HTTP: the roads driven come back, in our words, OSRM's and Valhalla's."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from location_cloud.directions.formats import decode_polyline
from location_cloud.spatial.crs import from_wgs84
from routing.metric import metres_per_degree

BEGIN = datetime(2026, 11, 23, 8, tzinfo=UTC)
STEP_S = 3


@pytest.fixture(scope="module")
def route(app):
    """A route through the demo city with its edges."""
    asked = {"from": "24.9384,60.1699", "to": "24.9458,60.1640", "profile": "car", "annotations": "true"}
    return app.test_client().get("/v1/route", query_string=asked).get_json()["routes"][0]


@pytest.fixture(scope="module")
def lonlats(route):
    """Fixes along it, 25 m apart, 3 m off."""
    line = np.array(route["geometry"]["coordinates"])
    scale = np.array(metres_per_degree(60.17))
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*(np.diff(line, axis=0) * scale).T))])
    at = np.arange(0.0, along[-1], 25.0)
    places = np.stack([np.interp(at, along, line[:, axis]) for axis in (0, 1)], axis=1)
    return (places + np.random.default_rng(1).normal(0.0, 3.0, places.shape) / scale).round(7).tolist()


@pytest.fixture(scope="module")
def points(lonlats):
    moments = [(BEGIN + timedelta(seconds=STEP_S * i)).isoformat() for i in range(len(lonlats))]
    return [{"lonlat": at, "time": moment, "accuracy_m": 4} for at, moment in zip(lonlats, moments)]


def send(client, body, status=200, **query):
    answer = client.post("/v1/match", json=body, query_string=query)
    assert answer.status_code == status, answer.get_data(as_text=True)
    return answer.get_json()


def test_the_driven_route_comes_back(client, points, route):
    found = send(client, {"points": points})
    (part,) = found["parts"]
    driven, keys = route["legs"][0]["annotations"]["road"], [edge["key"] for edge in part["edges"]]
    assert [key for key in keys if key in driven] == [key for key in driven if key in keys]
    assert len(set(driven) - set(keys)) <= 2  # short ones at the ends
    assert part["distance_m"] == pytest.approx(route["distance_m"], rel=0.03)
    assert part["confidence"] > 0.9
    assert found["off_road"] == []


def test_edges_are_driven_in_the_time_of_the_points(client, points):
    (part,) = send(client, {"points": points})["parts"]
    assert datetime.fromisoformat(part["begins_at"]) == BEGIN
    moments = [datetime.fromisoformat(edge[name]) for edge in part["edges"] for name in ("enters_at", "leaves_at")]
    assert moments == sorted(moments)


def test_every_point_lies_on_the_line(client, points):
    found = send(client, {"points": points}, edges="false")
    assert len(found["points"]) == len(points)
    assert max(point["distance_m"] for point in found["points"]) < 20.0
    assert found["parts"][0]["edges"] is None


def test_geojson_and_gpx_are_matched_as_points_are(client, points, lonlats):
    plain = send(client, {"points": [{"lonlat": p["lonlat"], "time": p["time"]} for p in points]})["parts"]
    times = [point["time"] for point in points]
    line = {"type": "LineString", "coordinates": lonlats}
    feature = {"type": "Feature", "geometry": line, "properties": {"coordTimes": times}}
    spots = [
        {"type": "Feature", "geometry": {"type": "Point", "coordinates": at}, "properties": {"time": time}}
        for at, time in zip(lonlats, times)
    ]
    rows = "".join(f'<trkpt lat="{b}" lon="{a}"><time>{time}</time></trkpt>' for (a, b), time in zip(lonlats, times))
    gpx = f'<gpx xmlns="http://www.topografix.com/GPX/1/1" version="1.1"><trk><trkseg>{rows}</trkseg></trk></gpx>'
    answer = client.post("/v1/match", data=gpx, content_type="application/gpx+xml")
    assert send(client, feature)["parts"] == plain
    assert send(client, {"type": "FeatureCollection", "features": spots})["parts"] == plain
    assert answer.get_json()["parts"] == plain


def test_a_line_without_times_is_matched_without_times(client, lonlats):
    (part,) = send(client, {"type": "LineString", "coordinates": lonlats})["parts"]
    assert part["begins_at"] is None
    assert part["confidence"] > 0.8


def test_points_may_come_in_another_coordinate_system(client, points):
    moved = from_wgs84(np.array([point["lonlat"] for point in points]), "gcj02").tolist()
    shifted = [{**point, "lonlat": at} for point, at in zip(points, moved)]
    there = send(client, {"points": shifted}, crs="gcj02")
    here = send(client, {"points": points})
    assert [edge["key"] for edge in there["parts"][0]["edges"]] == [edge["key"] for edge in here["parts"][0]["edges"]]
    assert there["crs"] == "gcj02"


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({}, 400, "give points"),
        ({"points": [{"lonlat": [24.9, 60.1]}]}, 400, "two are needed"),
        ({"points": [{"lonlat": [24.9, 60.1], "time": "now"}] * 2}, 400, "is no time"),
        ({"points": [{"lonlat": [24.9, 60.1], "time": 5}, {"lonlat": [24.9, 60.1], "time": 4}]}, 400, "earlier"),
        ({"points": [{"lonlat": [24.9, 60.1], "time": 5}, {"lonlat": [24.9, 60.1]}]}, 400, "has no time"),
        ({"points": [{"lonlat": [24.9, 60.1], "time": -5}] * 2}, 400, "is no time"),
        ({"points": [{"lonlat": [24.9, 60.1], "time": 1e12}] * 2}, 400, "is no time"),
        ({"points": [{"lonlat": [24.9, 60.1], "time": "0001-01-01T00:00:00+23:00"}] * 2}, 400, "is no time"),
        ({"points": [{"lonlat": [24.9, 60.1]}, {"lonlat": [24.93, 60.12]}] * 500}, 413, "in parts"),
        ({"points": [{"lonlat": [4.9, 50.1]}] * 2}, 422, "near a road"),
        ({"type": "LineString", "coordinates": [[1], [2]]}, 400, "no lon and lat"),
        ({"type": "Feature", "geometry": {"type": "Polygon", "coordinates": []}}, 400, "Polygon"),
        ({"points": [{"lonlat": [24.9, 60.1]}] * 10_001}, 400, "10001"),
    ],
)
def test_what_is_no_track_is_refused_with_a_reason(client, body, status, words):
    answer = send(client, body, status)
    assert words in json.dumps(answer)


@pytest.mark.parametrize(
    ("gpx", "words"),
    [
        ("no xml", "no GPX"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><gpx/>', "document type"),
        ("<gpx/>", "no <trkpt>"),
        ('<gpx><trkpt lat="x" lon="1"/></gpx>', "no lat and lon"),
    ],
)
def test_broken_gpx_is_refused_with_a_reason(client, gpx, words):
    answer = client.post("/v1/match", data=gpx, content_type="application/gpx+xml")
    assert answer.status_code == 400
    assert words in answer.get_data(as_text=True)


def test_osrm_match_gives_a_matching_and_every_tracepoint(client, lonlats):
    text = ";".join(f"{lon:.6f},{lat:.6f}" for lon, lat in lonlats[:60])
    stamps = ";".join(str(1_800_000_000 + STEP_S * i) for i in range(len(lonlats[:60])))
    query = {"timestamps": stamps, "overview": "full", "geometries": "geojson", "steps": "true"}
    found = client.get(f"/osrm/match/v1/driving/{text}", query_string=query).get_json()
    assert found["code"] == "Ok"
    for number, matching in enumerate(found["matchings"]):
        mine = [point["waypoint_index"] for point in found["tracepoints"] if point["matchings_index"] == number]
        assert mine == list(range(len(matching["legs"]) + 1))
        assert sum(leg["distance"] for leg in matching["legs"]) == pytest.approx(matching["distance"], abs=3.0)
        assert matching["confidence"] > 0.8


def test_osrm_match_of_a_track_at_sea_is_no_match(client):
    answer = client.get("/osrm/match/v1/driving/20,59;20.01,59")
    assert answer.status_code == 400
    assert answer.get_json()["code"] == "NoMatch"


def test_valhalla_trace_route_is_a_trip_along_the_track(client, lonlats, route):
    shape = [{"lon": lon, "lat": lat} for lon, lat in lonlats]
    answer = client.post("/valhalla/trace_route", json={"shape": shape, "costing": "auto", "shape_match": "map_snap"})
    trip = answer.get_json()["trip"]
    assert trip["summary"]["length"] == pytest.approx(route["distance_m"] / 1000.0, rel=0.03)
    assert trip["legs"][0]["maneuvers"][-1]["type"] in (4, 5, 6)


def test_valhalla_trace_attributes_names_ways_and_points(client, lonlats, route):
    shape = [{"lon": lon, "lat": lat} for lon, lat in lonlats]
    found = client.post("/valhalla/trace_attributes", json={"shape": shape, "costing": "auto"}).get_json()
    line = decode_polyline(found["shape"], 6)
    driven = {int(key.split(":")[0]) for key in route["legs"][0]["annotations"]["road"][2:-2]}
    assert driven <= {edge["way_id"] for edge in found["edges"]}
    assert found["edges"][-1]["end_shape_index"] == len(line) - 1
    assert all(point["type"] == "matched" for point in found["matched_points"])


def test_valhalla_filters_leave_only_what_is_asked(client, lonlats):
    shape = [{"lon": lon, "lat": lat} for lon, lat in lonlats]
    filters = {"attributes": ["edge.way_id", "shape"], "action": "include"}
    found = client.post("/valhalla/trace_attributes", json={"shape": shape, "costing": "auto", "filters": filters})
    assert set(found.get_json()) == {"units", "shape", "edges"}
    assert all(set(edge) == {"way_id"} for edge in found.get_json()["edges"])


def test_a_pause_of_weeks_is_no_reason_to_turn_round(client, points):
    late = [
        {**point, "time": f"2026-12-{23 + 5 * (i > 20) // 5:02}T08:{i // 20:02}:{3 * (i % 20):02}Z"}
        for i, point in enumerate(points)
    ]
    together = [
        edge["key"] for part in send(client, {"points": points}, gaps="ignore")["parts"] for edge in part["edges"]
    ]
    apart = [edge["key"] for part in send(client, {"points": late}, gaps="ignore")["parts"] for edge in part["edges"]]
    assert apart == together


def test_other_engines_forms_refuse_what_is_too_long_in_their_words(client):
    there_and_back = [[24.9, 60.1], [24.93, 60.12]] * 500
    line = ";".join(f"{lon},{lat}" for lon, lat in there_and_back)
    answer = client.get(f"/osrm/match/v1/driving/{line}")
    assert (answer.status_code, answer.get_json()["code"]) == (400, "TooBig")
    shape = [{"lon": lon, "lat": lat} for lon, lat in there_and_back]
    answer = client.post("/valhalla/trace_route", json={"shape": shape, "costing": "auto"})
    assert answer.status_code in (400, 413)
    assert "error_code" in answer.get_json()
