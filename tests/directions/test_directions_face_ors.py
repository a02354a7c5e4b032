from __future__ import annotations

from itertools import pairwise

import pytest

from location_cloud.directions.formats import decode_polyline

HERE, THERE, BESIDE = [24.9384, 60.1699], [24.9458, 60.1640], [24.9420, 60.1680]
AT_SEA = [25.30, 59.80]
PAIR = {"coordinates": [HERE, THERE]}
CAR, WALK = "driving-car", "foot-walking"


def ask(client, path, body, status=200):
    answer = client.post(f"/ors/{path}", json=body)
    assert answer.status_code == status, answer.get_data(as_text=True)
    return answer.get_json(force=True)


def test_way_points_number_the_line_through_all_segments(client):
    route = ask(client, f"v2/directions/{CAR}", {"coordinates": [HERE, BESIDE, THERE]})["routes"][0]
    points = len(decode_polyline(route["geometry"], 5))
    assert [route["way_points"][0], route["way_points"][-1]] == [0, points - 1]
    steps = [step for segment in route["segments"] for step in segment["steps"]]
    assert steps[-1]["way_points"] == [points - 1, points - 1]
    assert [steps[0]["type"], steps[-1]["type"]] == [11, 10]


def test_kilometres_are_a_thousandth(client):
    metres = ask(client, f"v2/directions/{CAR}", PAIR)["routes"][0]["summary"]["distance"]
    found = ask(client, f"v2/directions/{CAR}/json", {**PAIR, "units": "km"})["routes"][0]["summary"]
    assert found["distance"] == pytest.approx(metres / 1000, abs=0.001)


def test_the_short_form_answers_geojson(client):
    answer = client.get(f"/ors/v2/directions/{CAR}?start=24.9384,60.1699&end=24.9458,60.1640&api_key=x")
    assert answer.mimetype == "application/geo+json"
    assert answer.get_json(force=True)["features"][0]["geometry"]["type"] == "LineString"


def test_gpx_is_answered(client):
    assert client.post(f"/ors/v2/directions/{WALK}/gpx", json=PAIR).data.startswith(b"<?xml")


def test_extra_info_covers_the_whole_line_and_names_what_is_missing(client):
    wanted = {**PAIR, "extra_info": ["surface", "waytype", "steepness"]}
    route = ask(client, f"v2/directions/{WALK}", wanted)["routes"][0]
    runs = route["extras"]["waytypes"]["values"]
    assert [runs[0][0], runs[-1][1]] == route["way_points"]
    assert all(before[1] == after[0] for before, after in pairwise(runs))
    assert sum(part["amount"] for part in route["extras"]["surface"]["summary"]) == pytest.approx(100, abs=0.1)
    assert "steepness" in route["warnings"][0]["message"]


def test_an_avoided_polygon_is_not_driven_through(client):
    ring = [[24.9405, 60.1665], [24.9435, 60.1665], [24.9435, 60.1685], [24.9405, 60.1685], [24.9405, 60.1665]]
    options = {"avoid_polygons": {"type": "Polygon", "coordinates": [ring]}}
    found = ask(client, f"v2/directions/{CAR}/geojson", {**PAIR, "options": options})
    line = found["features"][0]["geometry"]["coordinates"]
    assert not any(24.9406 < lon < 24.9434 and 60.1666 < lat < 60.1684 for lon, lat in line)


def test_an_interval_makes_rings_of_each_place(client):
    asked = {"locations": [HERE, THERE], "range": [300], "interval": 150, "attributes": ["area"]}
    features = ask(client, f"v2/isochrones/{WALK}", asked)["features"]
    told = [(feature["properties"]["group_index"], feature["properties"]["value"]) for feature in features]
    assert told == [(0, 150.0), (0, 300.0), (1, 150.0), (1, 300.0)]


def test_a_matrix_has_only_the_asked_metrics_and_rows(client):
    asked = {"locations": [HERE, THERE, BESIDE], "sources": [1], "metrics": ["distance"], "resolve_locations": True}
    found = ask(client, f"v2/matrix/{WALK}/json", asked)
    assert "durations" not in found
    assert [len(found["distances"]), found["distances"][0][1]] == [1, 0]
    assert "name" in found["sources"][0]


def test_snap_answers_null_at_sea(client):
    found = ask(client, f"v2/snap/{CAR}", {"locations": [HERE, AT_SEA], "radius": 300})["locations"]
    assert found[0]["snapped_distance"] < 300
    assert found[1] is None


def test_health_and_status(client):
    assert client.get("/ors/v2/health").get_json() == {"status": "ready"}
    profiles = client.get("/ors/v2/status").get_json()["profiles"]
    assert "driving-hgv" in [profile["profiles"] for profile in profiles.values()]


def test_a_round_is_planned(client):
    vehicles = [{"id": 1, "profile": CAR, "start": HERE, "end": HERE}]
    found = ask(client, "optimization", {"vehicles": vehicles, "jobs": [{"id": 7, "location": BESIDE}]})
    assert [step["type"] for step in found["routes"][0]["steps"]] == ["start", "job", "end"]
    assert ask(client, "optimization", {}, 400)["code"] == 2


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        (f"v2/directions/{CAR}", {}, 400, 2001),
        (f"v2/directions/{CAR}", {"coordinates": "x"}, 400, 2002),
        (f"v2/directions/{CAR}", {"coordinates": [HERE]}, 400, 2003),
        (f"v2/directions/{CAR}", {"coordinates": [HERE, [200, 0]]}, 400, 2003),
        ("v2/directions/flying", PAIR, 400, 2003),
        (f"v2/directions/{CAR}", {**PAIR, "units": "ly"}, 400, 2003),
        (f"v2/directions/{CAR}", {**PAIR, "options": {"avoid_features": ["hills"]}}, 400, 2003),
        (f"v2/directions/{CAR}", {"coordinates": [HERE] * 101}, 400, 2004),
        (f"v2/directions/{CAR}", {**PAIR, "skip_segments": [1]}, 400, 2006),
        (f"v2/directions/{CAR}", {"coordinates": [HERE, AT_SEA]}, 404, 2010),
        (f"v2/isochrones/{CAR}", {"locations": [HERE]}, 400, 3001),
        (f"v2/isochrones/{CAR}", {"locations": [HERE], "range": [0]}, 400, 3003),
        (f"v2/isochrones/{CAR}", {"locations": [HERE], "range": [300], "interval": 1}, 400, 3004),
        (f"v2/matrix/{CAR}", {"locations": [HERE], "metrics": ["cost"]}, 400, 6003),
        (f"v2/matrix/{CAR}", {"locations": [HERE], "sources": [4]}, 400, 6003),
        (f"v2/matrix/{CAR}", {"locations": [HERE, AT_SEA]}, 404, 6010),
        (f"v2/snap/{CAR}", {}, 400, 8001),
    ],
)
def test_errors_have_openrouteservices_form_status_and_code(client, path, body, status, code):
    error = ask(client, path, body, status)
    assert error["error"]["code"] == code
    assert error["error"]["message"]
    assert "engine" in error["info"]


def test_a_body_that_is_no_json_is_error_2000(client):
    answer = client.post(f"/ors/v2/directions/{CAR}", data="{", content_type="application/json")
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (400, 2000)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"elevation": True}, 2006),
        ({"preference": "shortest"}, 2006),
        ({"preference": "prettiest"}, 2003),
        ({"options": {"round_trip": {"length": 5000}}}, 2006),
        ({"options": {"avoid_borders": "all"}}, 2006),
        ({"options": {"avoid_features": "ferries"}}, 2002),
        ({"options": {"avoid_features": ["fords"]}}, 2006),
        ({"options": {"profile_params": 5}}, 2002),
        ({"options": "none"}, 2002),
        ({"maximum_speed": "fast"}, 2003),
        ({"radiuses": ["far", "far"]}, 2002),
        ({"bearings": [5, 5]}, 2002),
        ({"departure": "soon"}, 2002),
        ({"arrival": "9999-12-31T23:59"}, 2003),
    ],
)
def test_what_would_change_the_way_is_never_passed_over(more, code, client):
    assert ask(client, f"v2/directions/{CAR}", {**PAIR, **more}, 400)["error"]["code"] == code


def test_limits_that_only_a_profile_knows_are_told_to_have_no_effect(client):
    limits = {"profile_params": {"restrictions": {"maximum_incline": 3}}}
    route = ask(client, "v2/directions/wheelchair", {**PAIR, "options": limits})["routes"][0]
    assert route["warnings"] == [{"code": 4, "message": "without effect here: maximum_incline"}]


def test_who_may_not_go_fast_takes_longer(client):
    def seconds(**more):
        return ask(client, f"v2/directions/{CAR}", {**PAIR, **more})["routes"][0]["summary"]["duration"]

    assert seconds(maximum_speed=5) > 1.5 * seconds(departure="2026-11-23T08:00:00")


def test_a_plan_comes_with_lines_if_asked(client):
    plan = {"vehicles": [{"id": 1, "profile": CAR, "start": HERE, "end": HERE}], "jobs": [{"id": 7, "location": THERE}]}
    assert "geometry" not in ask(client, "optimization", plan)["routes"][0]
    line = ask(client, "optimization", {**plan, "options": {"g": True}})["routes"][0]["geometry"]
    assert (decode_polyline(line)[0] == decode_polyline(line)[-1]).all()
