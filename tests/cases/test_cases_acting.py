"""A case from its report to its end, over HTTP."""

from __future__ import annotations

import pytest

from tests.cases.conftest import PLACE, POTHOLE, WAY

# --- reported ----------------------------------------------------------------------------------------------------


def test_a_report_gets_a_stage_a_cell_a_deadline_and_a_version(centre):
    answer = centre("POST", "/v1/cases", {"class": POTHOLE, "at": PLACE, "source": "inspector", "description": "hole"})
    case = answer.json
    assert answer.status_code == 201
    assert answer.headers["ETag"] == '"1"'
    assert (case["stage"], case["role"], case["version"], case["lamp"]) == ("reported", "acceptor", 1, "green")
    assert case["lonlat"] == PLACE
    assert case["beidou"] == centre.ask("GET", f"/v1/cases/{case['id']}")["beidou"] != ""
    assert case["created_at"] < case["warn_at"] < case["deadline"]
    assert case["number"].endswith(f"-{case['id']}")


def test_the_plain_way_leads_from_the_report_to_the_end(centre):
    case = centre.walk(centre.report(), *WAY)
    assert (case["stage"], case["version"], case["lamp"]) == ("closed", 9, "green")
    assert [entry["action"] for entry in centre.timeline(case)] == ["report", *WAY]
    assert [entry["stage_to"] for entry in centre.timeline(case)] == [
        "reported",
        "accepted",
        "filed",
        "dispatched",
        "handling",
        "feedback",
        "to_check",
        "to_check",
        "closed",
    ]


def test_a_step_that_is_none_is_refused_and_tells_what_is_possible(centre):
    refusal = centre.act(centre.report(), "close", 409)
    assert refusal["stage"] == "reported"
    assert {"accept", "reject", "note"} <= set(refusal["actions"])
    assert "possible now" in refusal["hint"]


def test_a_change_names_the_version_it_was_made_from(centre):
    case = centre.report()
    path = f"/v1/cases/{case['id']}/actions/accept"
    assert centre("POST", path, {}).status_code == 428
    assert centre.act(case, "accept", version=1)["version"] == 2
    assert centre.act(case, "file", 409, version=1)["version"] == 2


def test_the_same_request_sent_twice_is_done_once(centre):
    body = {"class": POTHOLE, "at": PLACE, "source": "inspector"}
    first, second = (centre("POST", "/v1/cases", body, Idempotency_Key="k1") for _ in range(2))
    assert first.json["id"] == second.json["id"]
    assert second.headers["Idempotent-Replayed"] == "true"
    assert centre("POST", "/v1/cases", {**body, "description": "x"}, Idempotency_Key="k1").status_code == 422
    path = f"/v1/cases/{first.json['id']}/actions/accept"
    steps = [centre("POST", path, {}, Idempotency_Key="k2", If_Match='"1"') for _ in range(2)]
    assert [step.json["version"] for step in steps] == [2, 2]
    assert len(centre.timeline(first.json)) == 2


def test_a_sources_number_is_taken_once(centre):
    said = {"source": "hotline", "source_id": "12345-7"}
    first = centre.report(**said)
    assert centre.report(**said)["id"] == first["id"]
    assert centre.report(409, **said, description="another")["case"] == first["id"]
    assert centre.report(source="sensor", source_id="12345-7")["id"] != first["id"]


def test_wrong_reports_are_refused_by_name(centre):
    assert "E9999" in centre.report(422, **{"class": "E9999"})["detail"]
    assert "2306020118000001" in centre.report(422, component="2306020118000001")["detail"]
    assert "incident" in centre.report(400, source="incident")["detail"]
    assert "future" in centre.report(400, reported_at="2199-01-01T00:00:00Z")["detail"]


# --- sideways ----------------------------------------------------------------------------------------------------


def test_a_return_goes_back_to_the_dispatcher_and_is_counted(centre):
    case = centre.walk(centre.report(), "accept", "file", "dispatch", "return")
    assert (case["stage"], case["role"], case["returns"], case["department"]) == ("filed", "dispatcher", 1, "")


def test_rework_goes_back_to_the_department_and_is_counted(centre):
    case = centre.walk(centre.report(), "accept", "file", "dispatch", "accept", "finish", "request_check")
    case = centre.act(case, "check", passed=False)
    assert (case["checked"], case["role"]) == (False, "leader")
    assert "close" not in case["actions"]
    case = centre.act(case, "rework", text="still there")
    assert (case["stage"], case["reworks"], case["department"], case["checked"]) == ("handling", 1, "roads", None)


def test_what_staff_settles_on_the_spot_is_closed_at_once(centre):
    case = centre.act(centre.report(), "self_handle", text="swept")
    assert (case["stage"], case["role"]) == ("closed", None)
    assert centre.act(case, "reopen")["stage"] == "filed"


def test_a_merged_report_counts_for_the_other_and_both_keep_their_history(centre):
    first, second = centre.report(), centre.report(source="citizen")
    assert [each["id"] for each in second["similar"]] == [first["id"]]
    merged = centre.act(second, "merge", into=first["id"])
    assert (merged["stage"], merged["parent"]) == ("merged", first["id"])
    assert centre.get(first)["votes"] == 2
    assert centre.timeline(first)[-1]["fields"] == {"votes": 2, "merged": second["id"]}
    assert [entry["action"] for entry in centre.timeline(second)] == ["report", "merge"]
    assert centre.act(second, "reopen")["parent"] is None
    assert centre.get(first)["votes"] == 1


def test_a_case_is_not_merged_into_itself_or_into_one_that_is_over(centre):
    first, second = centre.report(), centre.report()
    assert centre.act(first, "merge", 409, into=first["id"])
    centre.act(second, "reject")
    assert centre.act(first, "merge", 409, into=second["id"])
    assert centre.act(first, "merge", 400)
    assert centre.get(first)["version"] == 1


def test_similar_are_of_the_class_within_its_radius(centre):
    first = centre.report()
    far = [PLACE[0] + 0.01, PLACE[1]]
    assert centre.report(at=far)["similar"] == []
    assert centre.report(**{"class": "E0101"})["similar"] == []
    found = centre.ask("GET", f"/v1/cases/all/similar?at={PLACE[0]},{PLACE[1]}&class={POTHOLE}")["similar"]
    assert [each["id"] for each in found] == [first["id"]]


def test_a_case_is_corrected_until_it_is_filed(centre):
    case = centre.report()
    path = f"/v1/cases/{case['id']}"
    fixed = centre.ask("PATCH", path, {"class": "E0401", "description": "deep"}, If_Match='"1"')
    assert (fixed["class"], fixed["description"], fixed["version"]) == ("E0401", "deep", 2)
    assert centre.timeline(case)[-1]["fields"]["class"] == "E0401"
    centre.walk(case, "accept", "file")
    centre.ask("PATCH", path, {"description": "x"}, 409, If_Match="*")


# --- clocks ------------------------------------------------------------------------------------------------------


def test_a_suspended_cases_clock_stands_and_goes_on_with_what_was_left(centre):
    case = centre.walk(centre.report(), "accept", "file", "dispatch", "accept")
    wish = centre.act(case, "suspend", role="department", text="no parts", until="2199-01-01T00:00:00Z")
    assert (wish["stage"], wish["role"], wish["asked"]["action"]) == ("handling", "leader", "suspend")
    still = centre.act(case, "suspend", role="leader")
    assert (still["stage"], still["suspended_until"][:4], still["asked"]) == ("suspended", "2199", {})
    assert still["deadline"] == case["deadline"]
    going = centre.act(case, "resume")
    assert going["stage"] == "handling"
    assert going["deadline"] >= case["deadline"]


def test_a_wish_may_be_refused(centre):
    case = centre.walk(centre.report(), "accept", "file", "dispatch", "accept")
    centre.act(case, "extend", role="department", limit="2 work_day")
    after = centre.act(case, "reject", role="dispatcher", text="no")
    assert (after["stage"], after["role"], after["asked"]) == ("handling", "department", {})
    assert after["deadline"] == case["deadline"]


def test_an_extension_gives_more_time(centre):
    case = centre.walk(centre.report(), "accept", "file", "dispatch", "accept")
    centre.act(case, "extend", role="department", limit="2 work_day")
    after = centre.act(case, "extend", role="leader")
    assert after["extensions"] == 1
    assert after["deadline"] > case["deadline"]
    assert centre.act(case, "extend", 400, role="leader")["detail"].startswith("how much")


# --- as it was ---------------------------------------------------------------------------------------------------


def test_a_case_is_read_as_it_was_at_any_time(centre):
    case = centre.walk(centre.report(description="hole"), *WAY[:5])
    entries = centre.timeline(case)
    seen = [centre.get(case, f"?as_of={entry['at']}") for entry in entries]
    assert [each["stage"] for each in seen] == [entry["stage_to"] for entry in entries]
    assert [each["version"] for each in seen] == [1, 2, 3, 4, 5, 6]
    now = centre.get(case)
    assert {**seen[-1], "actions": None} == {**now, "actions": None}
    centre.ask("GET", f"/v1/cases/{case['id']}?as_of=2000-01-01T00:00:00Z", None, 404)


# --- who may -----------------------------------------------------------------------------------------------------


def test_a_role_acts_where_it_may_and_nowhere_else(centre):
    case = centre.report()
    keys = {role: centre.issue("cases:read", "cases:write", f"cases:{role}") for role in ("inspector", "acceptor")}
    assert keys["inspector"].act(case, "accept", 403)["detail"].startswith("action accept")
    assert keys["acceptor"].act(case, "accept")["stage"] == "accepted"
    assert keys["acceptor"].act(case, "note", 403, role="leader")
    assert keys["acceptor"].get(case)["actions"] == ["request_verify", "merge", "note"]
    reader = centre.issue("cases:read")
    assert reader.get(case)["actions"] == []
    reader.act(case, "note", 403)


def test_a_departments_key_acts_for_its_department_alone(centre):
    case = centre.walk(centre.report(), "accept", "file", "dispatch")
    roads, parks = (
        centre.issue("cases:read", "cases:write", f"cases:department={name}") for name in ("roads", "parks")
    )
    parks.act(case, "accept", 404)
    assert parks.ask("GET", "/v1/cases")["cases"] == []
    assert [each["id"] for each in roads.ask("GET", "/v1/cases")["cases"]] == [case["id"]]
    assert roads.act(case, "accept")["stage"] == "handling"


def test_a_key_of_an_area_sees_and_reports_there_alone(centre):
    case = centre.report()
    elsewhere = centre.issue("cases:*", "cases:area=230602")
    elsewhere.report(403)
    assert elsewhere.ask("GET", "/v1/cases")["cases"] == []
    elsewhere.ask("GET", f"/v1/cases/{case['id']}", None, 404)
    assert elsewhere.ask("GET", "/v1/cases/feeds/changes")["entries"] == []


def test_tenants_never_see_each_others_cases(centre, other_centre):
    case = centre.report(component=None)
    other_centre.ask("GET", f"/v1/cases/{case['id']}", None, 404)
    other_centre.act(case, "accept", 404)
    mine = other_centre.report()
    other_centre.act(mine, "merge", 404, into=case["id"])
    assert [each["id"] for each in other_centre.ask("GET", "/v1/cases")["cases"]] == [mine["id"]]


# --- who reported ------------------------------------------------------------------------------------------------


def test_who_reported_is_encrypted_and_every_reading_is_written_down(centre, centre_app):
    case = centre.report(source="citizen", reporter={"name": "王芳", "phone": "13812345678"})
    assert "13812345678" not in str(centre.get(case)) + str(centre.timeline(case))
    stored = (centre_app.extensions["location_cloud"].settings.home / "live.sqlite").read_bytes()
    assert b"13812345678" not in stored
    centre.issue("cases:read", "*:read").ask("GET", f"/v1/cases/{case['id']}/reporter", None, 403)
    assert centre.ask("GET", f"/v1/cases/{case['id']}/reporter")["phone"] == "13812345678"
    assert len(centre.ask("GET", f"/v1/cases/{case['id']}/reads")["reads"]) == 1
    centre.ask("GET", f"/v1/cases/{centre.report()['id']}/reporter", None, 404)


@pytest.mark.parametrize("crs", ["gcj02", "bd09"])
def test_places_are_said_and_told_in_the_callers_coordinates(centre, crs):
    at = [125.1031, 46.5893]
    body = {"class": POTHOLE, "at": at, "source": "citizen"}
    case = centre.ask("POST", f"/v1/cases?crs={crs}", body, 201)
    assert case["lonlat"] == pytest.approx(at, abs=1e-6)
    assert centre.get(case)["lonlat"] != pytest.approx(at, abs=1e-4)
