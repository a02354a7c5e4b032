"""Segments cover the map, plans share out hours over them, and both go out to other tools and on paper."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
import pytest
import shapely
from shapely.geometry import shape

from location_cloud.searches import planning

TEAMS = [
    {"id": "walkers", "W_m": 20, "v_kmh": 2, "hours": 3, "searchers": 5, "team": "第一组"},
    {"id": "dog", "visibility": "low", "Rd_m": 30, "v_kmh": 3, "hours": 2},
]
STARTS = [[24.9414, 60.1719], [24.945, 60.175]]
UAV = {"camera": {"height_m": 80, "fov_deg": 60}, "flight": {"speed_m_s": 10, "battery_s": 1200}}


@pytest.fixture(scope="module")
def planned(desk):
    """A search with segments and a plan."""
    search = desk.begin()
    desk.post(f"/{search}/segments", {"target_km2": 0.3}, If_Match="*")
    return search, desk.post(f"/{search}/plan", {"resources": TEAMS})


def polygons(desk, search):
    return np.array([shape(each["geometry"]) for each in desk.get(f"/{search}/segments")["features"]])


def test_drawn_segments_cover_the_map_once(desk, cut):
    found = polygons(desk, cut)
    west, south, east, north = desk.get(f"/{cut}")["grid"]["bbox"]
    whole = shapely.box(west, south, east, north)
    assert shapely.union_all(found).area == pytest.approx(whole.area, rel=1e-4)
    assert shapely.area(found).sum() == pytest.approx(shapely.union_all(found).area, rel=1e-6)


def test_drawn_segments_are_about_as_large_as_asked(desk, cut):
    sizes = np.array([each["properties"]["area_m2"] for each in desk.get(f"/{cut}/segments")["features"]])
    assert sizes.max() <= 2 * 0.3e6
    assert np.median(sizes) > 0.1e6


def test_segments_hold_all_of_the_maps_chance(desk, cut):
    shares = [each["properties"]["poa"] for each in desk.get(f"/{cut}/segments")["features"]]
    assert sum(shares) == pytest.approx(1 - desk.get(f"/{cut}/poa")["rest_of_world"], abs=1e-9)


def test_boundaries_follow_roads(desk, cut):
    inside = shapely.contains(polygons(desk, cut), shapely.Point(24.9414, 60.1719))
    assert inside.sum() == 1
    assert len(polygons(desk, cut)[inside][0].exterior.coords) > 8


def test_segments_may_be_drawn_in_a_part_of_the_map(desk, begun):
    area = shapely.box(24.935, 60.168, 24.945, 60.174)
    body = {"area": shapely.geometry.mapping(area), "target_km2": 0.05}
    desk.post(f"/{begun}/segments", body, If_Match="*")
    assert area.buffer(1e-6).contains(shapely.union_all(polygons(desk, begun)))


def test_given_segments_are_taken_as_they_are(desk, begun):
    one, two = shapely.box(24.935, 60.168, 24.94, 60.172), shapely.box(24.94, 60.168, 24.945, 60.172)
    given = [{"id": "甲", "geometry": shapely.geometry.mapping(one)}, {"geometry": shapely.geometry.mapping(two)}]
    answer = desk.post(f"/{begun}/segments", {"segments": given}, If_Match='"1"')
    assert [each["id"] for each in answer["features"]] == ["甲", "2"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"target_km2": 0.0002}, 413),
        ({"area": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}}, 422),
        ({"area": {"type": "Point", "coordinates": [24.9, 60.1]}}, 400),
        ({"segments": []}, 400),
    ],
)
def test_segments_that_cannot_be_are_refused(desk, begun, body, status):
    answer = desk("POST", f"/{begun}/segments", body, If_Match="*")
    assert (answer.status_code, bool(answer.json["hint"])) == (status, True)


def test_segments_need_the_version_that_they_are_made_from(desk, begun):
    assert desk("POST", f"/{begun}/segments", {}).status_code == 428
    assert desk("POST", f"/{begun}/segments", {}, If_Match='"7"').status_code == 409


def test_a_plan_spends_all_hours_and_proves_how_good_it_is(planned):
    _, plan = planned
    spent = {team["id"]: 0.0 for team in TEAMS}
    for each in plan["assignments"]:
        spent[each["resource"]] += each["hours"]
    assert spent == pytest.approx({"walkers": 3, "dog": 2})
    assert plan["pos_total"] == pytest.approx(sum(each["pos"] for each in plan["assignments"]))
    assert 0 <= plan["gap"] <= 1e-4


def test_sweep_widths_follow_from_what_is_told(planned):
    _, plan = planned
    widths = {each["resource"]: each["W_m"] for each in plan["assignments"]}
    assert widths == pytest.approx({"walkers": 100, "dog": 33})


def test_more_hours_find_more_likely_and_each_hour_less(planned):
    curve = planned[1]["curve"]
    gains = np.diff([point["pos"] for point in curve]) / np.diff([point["hours"] for point in curve])
    assert (gains > 0).all()
    assert (np.diff(gains) < 0).all()


def test_several_periods_are_planned_together_for_a_subject_who_walks_on(desk, planned):
    search, _ = planned
    later = [{**TEAMS[1], "id": "second dog"}]
    periods = [{"duration_h": 2}, {"duration_h": 4, "resources": later}, {"duration_h": 1}]
    body = {"resources": TEAMS, "periods": periods, "motion": {"moving": 0.2}}
    plan = desk.post(f"/{search}/plan", body)
    assert [each["begins_h"] for each in plan["periods"]] == [0, 2, 6]
    assert 0 <= plan["gap"] <= 1e-4
    for each in plan["periods"]:
        mine = [a for a in plan["assignments"] if a["period"] == each["number"]]
        assert each["pos"] == pytest.approx(sum(a["pos"] for a in mine))
        assert {a["resource"] for a in mine} <= ({"second dog"} if each["number"] == 2 else {"walkers", "dog"})
    assert plan["pos_total"] == pytest.approx(sum(each["pos"] for each in plan["periods"]))
    once = desk.post(f"/{search}/plan", {"resources": TEAMS})["pos_total"]
    assert once < plan["pos_total"] < 1
    assert desk.get(f"/{search}/plan")["assignments"] != plan["assignments"]


def test_a_subject_who_stays_is_planned_for_as_in_one_period(desk, planned):
    search, _ = planned
    twice = {"resources": TEAMS, "periods": [{"duration_h": 1}] * 2, "motion": {"moving": 0}}
    double = [{**team, "hours": 2 * team["hours"]} for team in TEAMS]
    found = [desk.post(f"/{search}/plan", body)["pos_total"] for body in (twice, {"resources": double})]
    assert found[0] == pytest.approx(found[1], abs=2e-4)


def test_a_plan_of_too_many_periods_is_refused_before_it_is_made(desk, planned, monkeypatch):
    monkeypatch.setattr(planning, "MOST_SHARED", 10)
    body = {"resources": TEAMS, "periods": [{"duration_h": 1}] * 2}
    assert desk("POST", f"/{planned[0]}/plan", body).status_code == 413


@pytest.mark.parametrize("more", [{"detection": "ideal"}, {"least_hours": 1}, {"periods": [{"duration_h": 1}]}])
def test_periods_are_planned_for_random_detection_only(desk, planned, more):
    body = {"resources": TEAMS, "periods": [{"duration_h": 1}] * 2, **more}
    assert desk("POST", f"/{planned[0]}/plan", body).status_code == 400


def test_no_assignment_is_shorter_than_the_least_hours(desk, planned):
    plan = desk.post(f"/{planned[0]}/plan", {"resources": TEAMS, "least_hours": 0.5})
    assert min(each["hours"] for each in plan["assignments"]) >= 0.5
    assert plan["gap"] >= 0


def test_an_assignments_result_adds_what_the_plan_promised(desk, planned):
    search, plan = planned
    best = max(plan["assignments"], key=lambda each: each["pos"])
    there = [each for each in plan["assignments"] if each["segment"] == best["segment"]]
    told = desk.post(f"/{search}/results", {"assignment": best["id"], "coverage": sum(a["coverage"] for a in there)})
    assert told["pos"] == pytest.approx(sum(each["pos"] for each in there), rel=1e-6)


def test_the_next_plan_goes_where_nobody_searched_yet(desk):
    search = desk.begin()
    desk.post(f"/{search}/segments", {"target_km2": 0.3}, If_Match="*")
    first = desk.post(f"/{search}/plan", {"resources": TEAMS[1:]})["assignments"][0]
    desk.post(f"/{search}/results", {"assignment": first["id"], "pod": 0.99})
    second = desk.post(f"/{search}/plan", {"resources": TEAMS[1:]})["assignments"]
    assert first["segment"] not in {each["segment"] for each in second}


def test_without_segments_there_is_no_plan(desk, begun):
    answer = desk("POST", f"/{begun}/plan", {"resources": TEAMS})
    assert (answer.status_code, "segments" in answer.json["hint"]) == (404, True)


@pytest.mark.parametrize(
    "resource",
    [
        {"id": "a", "v_kmh": 2, "hours": 1},
        {"id": "a", "v_kmh": 2, "hours": 1, "visibility": "low"},
        {"id": "a", "v_kmh": 0, "hours": 1, "W_m": 10},
    ],
)
def test_a_resource_without_sweep_width_or_speed_is_refused(desk, cut, resource):
    assert desk("POST", f"/{cut}/plan", {"resources": [resource]}).status_code == 400


# --- patterns ----------------------------------------------------------------------------------------------------


def test_flights_of_a_uav_fit_their_battery(desk, cut):
    answer = desk.post(f"/{cut}/patterns", {"kind": "uav", "segment": "1", **UAV})
    times = [each["properties"]["duration_s"] for each in answer["features"]]
    assert len(times) >= 2
    assert max(times) <= 0.8 * 1200
    assert answer["duration_s"] == pytest.approx(sum(times))


def test_a_battery_that_does_not_reach_is_told(desk, cut):
    far = {**UAV, "flight": {"speed_m_s": 10, "battery_s": 60}, "location": [25.0, 60.3]}
    assert desk("POST", f"/{cut}/patterns", {"kind": "uav", "segment": "1", **far}).status_code == 422


@pytest.mark.parametrize(
    "told",
    [
        {"kind": "area", "segment": "1", "spacing_m": 40},
        {"kind": "parallel", "spacing_m": 50, "length_m": 500, "width_m": 200, "W_m": 50},
        {"kind": "creeping_line", "spacing_m": 50, "length_m": 500, "width_m": 200},
        {"kind": "expanding_square", "spacing_m": 50, "legs": 9},
        {"kind": "sector", "radius_m": 300},
    ],
)
def test_every_pattern_is_a_line_with_its_time(desk, cut, told):
    answer = desk.post(f"/{cut}/patterns", {**told, "v_kmh": 3.6})
    (feature, *_) = answer["features"]
    assert len(feature["geometry"]["coordinates"]) > 3
    assert feature["properties"]["duration_s"] == pytest.approx(feature["properties"]["length_m"])


def test_paths_of_two_searchers_go_through_the_most_chance(desk, cut):
    told = {"kind": "paths", "starts": [{"location": at} for at in STARTS], "budget_m": 3000, "Rd_m": 20}
    answer = desk.post(f"/{cut}/patterns", told)
    assert len(answer["features"]) == 2
    assert max(each["properties"]["length_m"] for each in answer["features"]) <= 3000
    assert 0.6 * answer["bound"] < answer["gathered"] <= answer["bound"]


def test_a_pattern_names_what_it_lacks(desk, cut):
    answer = desk("POST", f"/{cut}/patterns", {"kind": "sector"})
    assert (answer.status_code, "radius_m" in answer.json["detail"]) == (400, True)


# --- exports -----------------------------------------------------------------------------------------------------


@pytest.fixture
def exported(desk, planned):
    def ask(query):
        answer = desk("GET", f"/{planned[0]}/export?{query}")
        assert answer.status_code == 200, answer.text
        return answer

    return ask


def test_gpx_has_the_point_all_segments_and_lines_to_walk(desk, planned, exported):
    root = ET.fromstring(exported("format=gpx").data)
    ns = {"g": "http://www.topografix.com/GPX/1/1"}
    names = [each.text for each in root.iterfind("g:trk/g:name", ns)]
    segments = len(desk.get(f"/{planned[0]}/segments")["features"])
    assert len(root.findall("g:wpt", ns)) == 1
    assert sum(name.startswith("Segment") for name in names) >= segments
    assert any("第一组" in name for name in names)


def test_kml_has_a_polygon_for_each_segment(desk, planned, exported):
    root = ET.fromstring(exported("format=kml").data)
    polygons_there = root.findall(".//{http://www.opengis.net/kml/2.2}Polygon")
    assert len(polygons_there) == len(desk.get(f"/{planned[0]}/segments")["features"])


def test_caltopo_gets_assignments_of_its_own_class(exported):
    features = exported("format=caltopo").get_json(force=True)["features"]
    numbers = {each["properties"].get("number") for each in features if each["properties"]["class"] == "Assignment"}
    assert numbers


def test_forms_have_a_sheet_for_each_team_in_the_callers_language(exported):
    page = exported("format=ics204&lang=zh-CN").text
    assert page.count("<section>") == 2
    assert "搜索任务单" in page
    assert "第一组" in page
    only = exported("format=ics204&lang=en&team=dog").text
    assert only.count("<section>") == 1


def test_forms_as_pdf_carry_a_font_with_chinese(exported):
    pytest.importorskip("skia")
    answer = exported("format=ics204&form=pdf&lang=zh-CN")
    assert answer.mimetype == "application/pdf"
    assert answer.data.startswith(b"%PDF")
    assert b"/ToUnicode" in answer.data
    assert answer.data.count(b"/Type /Page\n") == 2


@pytest.mark.parametrize("query", ["format=gpx", "format=kml", "format=geojson", "format=ics204", "format=caltopo"])
def test_an_exercise_is_called_simulated_everywhere(exported, query):
    assert "SIMULATED" in exported(query).text


def test_texts_of_strangers_stay_texts(desk):
    search = desk.begin(title="<script>alert(1)</script>")
    desk.post(f"/{search}/segments", {"target_km2": 1}, If_Match="*")
    desk.post(f"/{search}/plan", {"resources": [{**TEAMS[0], "team": "<b>x"}]})
    page = desk("GET", f"/{search}/export?format=ics204").text
    assert "<script>" not in page
    assert "<b>x" not in page


def test_forms_need_a_plan(desk, begun):
    assert desk("GET", f"/{begun}/export?format=ics204").status_code == 404
