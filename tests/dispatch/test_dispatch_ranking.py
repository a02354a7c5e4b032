"""Units are ranked by the drives that /v1/route tells, and the reasons against them are told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from location_cloud.app import utc_now
from location_cloud.dispatch.model import Assignment
from location_cloud.dispatch.store_emergencies import insert_assignment
from tests.dispatch.conftest import FAR, SCENE, STATION


def route(desk, unit):
    """The drive that a ranking's link leads to; None without one."""
    answer = desk("GET", unit["route_id"] + "&steps=false&geometry=none")
    return answer.json["routes"][0] if answer.status_code == 200 else None


@pytest.mark.parametrize("seed", range(3))
def test_every_unit_takes_as_long_as_its_route_and_stands_in_that_order(desk, seed):
    *places, scene = desk.places(25, seed)
    for number, place in enumerate(places):
        desk.put(f"u{number:02}", place, turnout_s=float(number % 3) * 30)
    units = desk.rank(scene, k=100)["units"]
    reached = [unit for unit in units if unit["reachable"]]
    assert len(reached) > 15
    for unit in reached:
        drive = route(desk, unit)
        assert unit["drive_s"] == drive["duration_s"], unit["id"]
        assert unit["distance_m"] == drive["distance_m"]
        assert unit["eta_s"] == pytest.approx(unit["turnout_s"] + unit["drive_s"] + unit["walk_s"], abs=0.002)
    assert [(unit["eta_s"], unit["id"]) for unit in reached] == sorted((unit["eta_s"], unit["id"]) for unit in reached)


def test_who_is_not_reached_by_the_ranking_has_no_route_either(desk):
    *places, scene = desk.places(40, 11)
    for number, place in enumerate(places):
        desk.put(f"u{number}", place)
    for unit in desk.rank(scene, k=100)["units"]:
        if not unit["reachable"]:
            lon, lat = unit["position"]["lonlat"]
            address = f"/v1/route?from={lon},{lat}&to={scene[0]},{scene[1]}&profile=emergency&steps=false"
            assert desk("GET", address).status_code == 422
            assert unit["why_not"] in ("no_road", "unreachable")


@pytest.mark.parametrize(("siren", "profile"), [(True, "emergency"), (False, "truck")])
def test_the_siren_chooses_the_profile(desk, siren, profile):
    desk.put("a", profile="truck")
    unit = desk.unit("a", siren=siren)
    assert unit["profile"] == profile
    assert unit["drive_s"] == route(desk, unit)["duration_s"]


def test_units_of_several_profiles_are_ranked_together(desk):
    desk.put("walker", profile="foot", siren_profile="")
    desk.put("car")
    ranking = desk.rank()
    assert [unit["id"] for unit in ranking["units"]] == ["car", "walker"]
    assert len(ranking["metric_version"].split(",")) == 2
    assert all(unit["drive_s"] == route(desk, unit)["duration_s"] for unit in ranking["units"])


def test_winter_slows_as_the_route_in_winter_does(desk):
    desk.put("a", FAR, siren_profile="")
    winter = desk.unit("a", season="winter")
    assert winter["drive_s"] > desk.unit("a")["drive_s"]
    assert winter["drive_s"] == route(desk, winter)["duration_s"]


def test_told_weather_slows_drive_and_walk_and_is_told_with_its_source(desk):
    desk.put("a")
    usual = desk.unit("a")
    weather = {"drive_share": 0.5, "foot_share": 0.8, "source": "desk: heavy snow"}
    ranking = desk.rank(weather=weather)
    assert ranking["units"][0]["drive_s"] == pytest.approx(2 * usual["drive_s"], abs=0.001)
    assert ranking["units"][0]["walk_s"] == pytest.approx(usual["walk_s"] / 0.8, abs=0.001)
    assert ranking["conditions"]["weather"] == weather
    assert desk("POST", "/v1/dispatch/rank", {"at": SCENE, "weather": {"drive_share": 0.5}}).status_code == 400


def test_the_vehicle_stops_on_the_road_and_the_rest_is_walked(desk):
    desk.put("a")
    unit = desk.unit("a")
    stop = unit["staging_point"]
    assert stop["off_road_m"] > 0
    assert unit["walk_s"] > 0
    assert desk.unit("a", at=stop["lonlat"])["walk_s"] == pytest.approx(0, abs=0.1)


def test_nine_of_ten_take_longer_by_a_spread_that_says_where_it_comes_from(desk):
    desk.put("a")
    ranking = desk.rank()
    unit, share = ranking["units"][0], ranking["spread"]["p90_share"]
    assert unit["eta_p90_s"] == pytest.approx(unit["eta_s"] + (share - 1) * unit["drive_s"], abs=0.01)
    assert "assumed" in ranking["spread"]["source"]


def test_enough_ended_drives_of_the_centre_tell_the_spread(desk):
    desk.put("a")
    times = {"en_route": utc_now(), "on_scene": utc_now() + timedelta(seconds=150)}
    with desk.app.extensions["location_cloud"].live.write() as connection:
        for _ in range(30):
            insert_assignment(connection, desk.tenant, Assignment(1, "a", "released", times, predicted_s=100.0))
    ranking = desk.rank()
    assert ranking["spread"]["p90_share"] == pytest.approx(1.5, abs=0.01)
    assert "30 ended drives" in ranking["spread"]["source"]


def test_who_is_on_the_road_already_needs_no_turnout(desk):
    desk.put("a", turnout_s=90.0, status="returning")
    assert desk.unit("a")["turnout_s"] == 0


def test_rankings_of_one_moment_are_identical_and_ties_stand_by_id(desk):
    for name in ("c", "a", "b"):
        desk.put(name)
    first, second = (desk.rank() for _ in range(2))
    assert [unit["id"] for unit in first["units"]] == ["a", "b", "c"]
    for ranking in (first, second):
        for unit in ranking["units"]:
            unit["position"].pop("age_s")
    assert first == second


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"status": "out_of_service"}, "out_of_service"),
        ({"status": "on_scene"}, "busy"),
        ({"skills": ["boat"]}, "missing_skill"),
        ({"at": [24.0, 60.0]}, "no_road"),
        ({"at": None}, "no_position"),
    ],
)
def test_a_unit_that_cannot_go_is_told_with_the_reason(desk, more, reason):
    desk.put("good", skills=["als"])
    desk.put("bad", **{"skills": ["als"], **more})
    units = desk.rank(need=["als"])["units"]
    assert [(unit["id"], unit["why_not"]) for unit in units] == [("good", None), ("bad", reason)]
    assert units[1]["why_not_text"]
    assert units[1]["missing"] == (["als"] if reason == "missing_skill" else [])


def test_an_old_position_is_no_position(desk):
    told_at = (utc_now() - timedelta(minutes=20)).isoformat()
    desk.ask("PUT", "/v1/units/a", {"position": {"lonlat": STATION, "told_at": told_at}})
    assert desk.unit("a")["why_not"] == "position_old"
    assert desk.unit("a", position_age_s=3600.0)["why_not"] is None


def test_who_is_off_shift_is_not_offered(desk):
    tomorrow = (utc_now() + timedelta(days=2)).isoweekday()
    desk.put("a", shifts=[{"days": [tomorrow], "begin": "08:00", "end": "09:00"}])
    unit = desk.unit("a")
    assert (unit["why_not"], unit["reachable"]) == ("off_shift", True)
    assert desk.ask("GET", "/v1/units/a")["on_shift"] is False


def test_k_units_are_offered_and_the_rest_counted(desk):
    for number in range(4):
        desk.put(f"u{number}")
    ranking = desk.rank(k=3)
    assert len(ranking["units"]) == 3
    assert ranking["more"] == 1


def test_only_units_of_a_kind_are_asked(desk):
    desk.put("a", kind="ambulance")
    desk.put("b", kind="engine")
    assert [unit["id"] for unit in desk.rank(kinds=["engine"])["units"]] == ["b"]


def test_a_move_changes_the_next_ranking(desk):
    desk.put("a", STATION)
    desk.put("b", FAR)
    before = [unit["id"] for unit in desk.rank(STATION)["units"]]
    desk.put("a", FAR)
    desk.put("b", STATION)
    assert [unit["id"] for unit in desk.rank(STATION)["units"]] == before[::-1]


def test_a_devices_fix_moves_its_unit(desk):
    desk.put("a", None, device="car-7", station={"lonlat": FAR})
    assert desk.unit("a")["why_not"] == "no_position"
    fix = {"device": "car-7", "time": utc_now().timestamp() - 5, "lon": STATION[0], "lat": STATION[1]}
    desk.ask("POST", "/v1/fixes", {"fixes": [{**fix, "simulated": True}]})
    unit = desk.unit("a")
    assert unit["position"]["source"] == "device"
    assert unit["position"]["lonlat"] == STATION
    assert unit["simulated"] is True


def test_a_closure_changes_the_next_ranking(desk):
    desk.put("a", FAR)
    before = desk.unit("a")
    middle = route_middle(desk, before)
    desk.ask("POST", "/v1/incidents", {"kind": "closure", "geometry": {"type": "Point", "coordinates": middle}}, 201)
    after = desk.unit("a")
    assert after["drive_s"] != before["drive_s"]
    assert after["drive_s"] == route(desk, after)["duration_s"]


def test_far_from_roads_each_unit_stops_where_its_crew_is_there_first(desk):
    desk.put("west", [24.9375, 60.1722])
    desk.put("east", [24.9480, 60.1722])
    east, west = desk.rank([24.9420, 60.1735])["units"]  # between the tracks of the railway station
    assert west["staging_point"]["lonlat"][0] < 24.940 < east["staging_point"]["lonlat"][0]
    assert west["staging_point"]["off_road_m"] > east["staging_point"]["off_road_m"] > 50
    for unit in (west, east):
        assert unit["drive_s"] == route(desk, unit)["duration_s"]
        assert unit["distance_m"] == route(desk, unit)["distance_m"]
    to_the_nearest = {**west, "route_id": east["route_id"].replace("24.9480000", "24.9375000")}
    assert west["drive_s"] + west["walk_s"] < route(desk, to_the_nearest)["duration_s"] + east["walk_s"]


def route_middle(desk, unit):
    line = desk.ask("GET", unit["route_id"] + "&steps=false")["routes"][0]["geometry"]["coordinates"]
    return line[len(line) // 2]


def test_an_incident_on_a_shut_road_is_reached_from_the_next_one(desk):
    desk.put("a", FAR)
    stop = desk.unit("a")["staging_point"]["lonlat"]
    desk.ask("POST", "/v1/incidents", {"kind": "closure", "geometry": {"type": "Point", "coordinates": stop}}, 201)
    unit = desk.unit("a")
    assert unit["staging_point"]["lonlat"] != stop
    assert unit["drive_s"] == route(desk, unit)["duration_s"]


def test_a_ranking_for_a_public_incident_is_one_for_its_place(desk):
    desk.put("a")
    where = {"type": "Point", "coordinates": SCENE}
    incident = desk.ask("POST", "/v1/incidents", {"kind": "hazard", "geometry": where}, 201)
    assert desk.rank(incident=incident["id"])["units"][0]["eta_s"] == desk.unit("a")["eta_s"]


def test_an_emergencys_needs_count(desk):
    desk.put("a")
    emergency = desk.open(needs=["boat"])
    ranking = desk.rank(emergency=emergency["id"])
    assert ranking["needs"] == ["boat"]
    assert ranking["units"][0]["why_not"] == "missing_skill"


def test_the_first_hospital_that_can_take_a_patient_is_the_second_leg(desk):
    desk.put("a")
    near, far = {"lonlat": SCENE, "free": 0}, {"lonlat": FAR, "free": 1, "skills": ["trauma"]}
    desk.ask("PUT", "/v1/hospitals/near", near)
    desk.ask("PUT", "/v1/hospitals/far", far)
    ranking = desk.rank(hospital={"need": ["trauma"], "on_scene_s": 600.0})
    assert [(each["id"], each["why_not"]) for each in ranking["hospitals"]] == [
        ("far", None),
        ("near", "missing_skill"),
    ]
    leg, unit = ranking["hospitals"][0], ranking["units"][0]
    assert leg["drive_s"] == route(desk, leg)["duration_s"]
    assert leg["distance_m"] == route(desk, leg)["distance_m"]
    assert unit["hospital_s"] == pytest.approx(unit["eta_s"] + 600 + leg["drive_s"], abs=0.002)
    assert desk.rank(hospital={})["hospitals"][1]["why_not"] == "full"


def test_without_hospitals_there_is_no_second_leg(desk):
    desk.put("a")
    ranking = desk.rank(hospital={})
    assert ranking["hospitals"] == []
    assert ranking["units"][0]["hospital_s"] is None


def test_units_are_kept_where_they_cover_most(desk):
    for name in ("a1", "a2"):
        desk.put(name, STATION)
    desk.put("b", FAR)
    kept = desk.rank(STATION, keep_coverage={"count": 1, "minutes": 3.0, "slack_s": 3600.0})["keep_coverage"]
    assert kept["units"] == ["a1"]
    assert kept["share_after"] == kept["share_before"] > 0


def test_where_nobody_is_free_nobody_is_kept(desk):
    desk.put("a", status="on_scene")
    ranking = desk.rank(keep_coverage={"count": 2})
    assert ranking["keep_coverage"] == {"units": [], "minutes": 10.0, "share_before": 0.0, "share_after": 0.0}
    assert ranking["units"][0]["eta_s"] > 0


def test_points_may_be_told_in_another_coordinate_system(desk):
    desk.put("a")
    assert desk.ask("POST", "/v1/dispatch/rank?crs=gcj02", {"at": SCENE})["units"][0]["id"] == "a"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"at": SCENE, "incident": 1}, 400),
        ({"at": [200, 0]}, 400),
        ({"at": SCENE, "k": 0}, 400),
        ({"at": SCENE, "colour": 1}, 400),
        ({"incident": 999}, 404),
        ({"emergency": 999}, 404),
        ({"at": [10.0, 10.0]}, 422),
    ],
)
def test_what_cannot_be_ranked_is_refused_with_the_reason(desk, body, status):
    desk.put("a")
    answer = desk("POST", "/v1/dispatch/rank", body)
    assert answer.status_code == status
    assert answer.json["detail"]
    assert answer.json["hint"]


def test_without_units_a_ranking_is_empty(desk):
    ranking = desk.rank()
    assert (ranking["units"], ranking["more"]) == ([], 0)


def test_another_tenants_units_are_not_ranked(desk, other_desk):
    desk.put("a")
    assert other_desk.rank()["units"] == []


def test_a_key_that_may_read_everything_else_may_not_rank(desk):
    assert desk.issue("*:read")("POST", "/v1/dispatch/rank", {"at": SCENE}).status_code == 403
    assert desk.issue("rescue:crew")("POST", "/v1/dispatch/rank", {"at": SCENE}).status_code == 403
    assert desk.issue("rescue:desk")("POST", "/v1/dispatch/rank", {"at": SCENE}).status_code == 200
