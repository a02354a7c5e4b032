"""What a tenant sets: classes, calendars, limits, rules; and what that makes of cases."""

from __future__ import annotations

from datetime import datetime

from tests.cases.conftest import PLACE, POTHOLE

OFFICE = {day: ["08:30-11:30", "13:30-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}

ICE = {
    "id": "ice",
    "when": {"class": [POTHOLE], "temperature_c": {"to": -20}},
    "then": {"department": "snow", "post": "night", "limit_factor": 0.5},
}
ROADS = {"id": "roads", "when": {"class": [POTHOLE]}, "then": {"department": "roads", "automatic": True}}


def seconds(case, since="filed_at"):
    begin, end = (datetime.fromisoformat(case[name]) for name in (since, "deadline"))
    return (end - begin).total_seconds()


def test_the_deadline_of_friday_afternoon_is_on_monday(centre):
    centre.ask("PUT", "/v1/calendars/plain", {"week": OFFICE})
    path = "/v1/calendars/plain/deadline?start=2026-11-20T16:30:00%2B08:00&limit=4%20work_hour"
    assert centre.ask("GET", path)["deadline"] == "2026-11-23T06:00:00Z"  # Monday 14:00 in Daqing


def test_a_calendar_says_which_years_have_no_holidays_yet(centre):
    shipped = centre.ask("GET", "/v1/calendars/default")
    assert shipped["public_holidays"]
    assert shipped["holidays_known_until"] >= "2025-12-31"
    path = "/v1/calendars/default/deadline?start=2150-01-04T08:00:00%2B08:00&limit=4%20work_hour"
    assert centre.ask("GET", path)["years_without_holidays"] == [2150]


def test_a_limit_of_the_tenants_own_counts_for_cases_from_then_on(centre):
    before = centre.walk(centre.report(), "accept", "file")
    centre.ask("PUT", f"/v1/limits/{POTHOLE}.any.case", {"limit": "2 hour"})
    after = centre.walk(centre.report(), "accept", "file")
    assert seconds(after) == 7200
    assert seconds(before) != 7200
    assert centre.get(before)["deadline"] == before["deadline"]


def test_changed_limits_are_applied_to_open_cases_when_somebody_asks(centre):
    case = centre.walk(centre.report(), "accept", "file")
    centre.ask("PUT", f"/v1/limits/{POTHOLE}.any.case", {"limit": "2 hour"})
    assert centre.ask("POST", "/v1/limits/all/apply", {"class": POTHOLE}) == {"changed": 1, "same": 0, "extended": 0}
    assert seconds(centre.get(case)) == 7200
    assert centre.timeline(case)[-1]["action"] == "limits"
    assert centre.ask("POST", "/v1/limits/all/apply", {"class": POTHOLE})["same"] == 1


def test_a_stage_has_its_own_clock(centre):
    centre.ask("PUT", f"/v1/limits/{POTHOLE}.any.reported", {"limit": "1 hour"})
    case = centre.report()
    begin, end = (datetime.fromisoformat(case[name]) for name in ("stage_since", "stage_deadline"))
    assert (end - begin).total_seconds() == 3600


def test_a_setting_is_changed_at_its_version_and_removed(centre):
    path = f"/v1/limits/{POTHOLE}.any.case"
    assert centre.ask("PUT", path, {"limit": "2 hour"})["version"] == 1
    centre.ask("PUT", path, {"limit": "3 hour"}, 428)
    centre.ask("PUT", path, {"limit": "3 hour"}, 409, If_Match='"7"')
    assert centre.ask("PUT", path, {"limit": "3 hour"}, If_Match='"1"')["version"] == 2
    centre.ask("DELETE", path, None, If_Match='"2"')
    assert centre.ask("GET", "/v1/limits")["limits"] == []
    centre.ask("DELETE", path, None, 404, If_Match="*")


def test_wrong_settings_are_refused_by_name(centre):
    assert "never" in centre.ask("PUT", "/v1/limits/E0112.any.never", {"limit": "2 hour"}, 400)["detail"]
    assert "any" in centre.ask("PUT", "/v1/limits/any.any.case", {"limit": "2 hour"}, 400)["hint"]
    assert "zone" in centre.ask("PUT", "/v1/calendars/x", {"zone": "Mars/Olympus", "week": OFFICE}, 400)["detail"]
    assert "no working time" in centre.ask("PUT", "/v1/calendars/x", {"week": {"mon": []}}, 400)["detail"]


def test_a_class_of_the_tenants_own_is_reported_like_a_shipped_one(centre, other_centre):
    body = {"kind": "event", "names": {"zh": "冰雕损坏", "en": "Broken ice sculpture"}, "department": "parks"}
    assert centre.ask("PUT", "/v1/classes/X0101", body)["version"] == 1
    assert centre.report(**{"class": "X0101"})["class"] == "X0101"
    other_centre.report(422, **{"class": "X0101"})
    centre.ask("PUT", f"/v1/classes/{POTHOLE}", {"is_active": False})
    centre.report(422)
    centre.ask("DELETE", f"/v1/classes/{POTHOLE}", None, If_Match="*")
    centre.report()


def test_classes_are_listed_by_kind_and_setting(centre):
    rural = centre.ask("GET", "/v1/classes?setting=rural")["classes"]
    assert {"V0102"} <= {each["code"] for each in rural}
    components = centre.ask("GET", "/v1/classes?kind=component")["classes"]
    assert all(each["kind"] == "component" and len(each["code"]) == 4 for each in components)
    assert centre.ask("GET", "/v1/classes?own=true")["classes"] == []


# --- rules -------------------------------------------------------------------------------------------------------


def test_a_trial_names_every_rule_that_fits_and_the_one_that_decided(centre):
    centre.ask("PUT", "/v1/rules", {"rules": [ICE, ROADS]})
    asked = {"class": POTHOLE, "at": PLACE, "weather": {"temperature_c": -30.0}}
    decision = centre.ask("POST", "/v1/rules/try", asked)
    assert (decision["department"], decision["decided_by"]) == ("snow", "ice")
    assert [(fit["rule"], fit["is_reached"]) for fit in decision["fits"]] == [("ice", True), ("roads", False)]
    without = centre.ask("POST", "/v1/rules/try", {**asked, "weather": {}})
    assert (without["department"], without["unsure"][0]["rule"]) == ("roads", "ice")
    assert centre.ask("GET", "/v1/cases")["cases"] == []


def test_rules_know_the_weather_that_is_told_for_the_roads(centre):
    slippery = {"id": "slippery", "when": {"weather": ["ice", "heavy_snow"]}, "then": {"department": "winter"}}
    centre.ask("PUT", "/v1/rules", {"rules": [slippery, ROADS]})
    centre.ask("PUT", "/v1/traffic/weather", {"condition": "heavy_snow", "simulated": True})
    sent = centre.act(centre.walk(centre.report(), "accept", "file"), "dispatch")
    assert (sent["department"], sent["rule"]) == ("winter", "slippery")
    centre.ask("DELETE", "/v1/traffic/weather")
    sent = centre.walk(centre.report(), "accept", "file")
    assert (sent["department"], sent["rule"]) == ("roads", "roads")


def test_rules_suggest_a_department_or_send_the_case_themselves(centre):
    centre.ask("PUT", "/v1/rules", {"rules": [{**ROADS, "then": {"department": "roads"}}]})
    case = centre.walk(centre.report(), "accept", "file")
    assert (case["stage"], case["department"]) == ("filed", "")
    sent = centre.act(case, "dispatch")
    assert (sent["department"], sent["rule"]) == ("roads", "roads")
    other = centre.act(centre.walk(centre.report(), "accept", "file"), "dispatch", department="parks")
    assert (other["department"], other["rule"]) == ("parks", "")
    centre.ask("PUT", "/v1/rules", {"rules": [ROADS]}, If_Match='"1"')
    automatic = centre.walk(centre.report(), "accept", "file")
    assert (automatic["stage"], automatic["department"], automatic["rule"]) == ("dispatched", "roads", "roads")
    assert [entry["role"] for entry in centre.timeline(automatic)][-2:] == ["leader", "system"]


def test_without_a_rule_a_department_must_be_named(centre):
    case = centre.walk(centre.report(), "accept", "file")
    assert "department" in centre.act(case, "dispatch", 409)["detail"]


def test_wrong_rules_are_refused_with_their_place(centre):
    bad = {**ROADS, "when": {"colour": ["red"]}}
    assert "rules[1]" in centre.ask("PUT", "/v1/rules", {"rules": [ICE, bad]}, 400)["detail"]


def test_only_administrators_set_anything(centre):
    key = centre.issue("cases:read", "cases:write", "cases:leader")
    key.ask("PUT", "/v1/rules", {"rules": []}, 403)
    key.ask("PUT", "/v1/calendars/x", {"week": OFFICE}, 403)
