"""Emergencies from the call to the last unit's release, and as they were at any time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from location_cloud.app import utc_now
from tests.dispatch.conftest import FAR, SCENE, new_desk


def get(desk, emergency, query=""):
    return desk.ask("GET", f"/v1/emergencies/{emergency['id']}{query}")


def patch(desk, emergency, version, answered=200, **fields):
    return desk.ask("PATCH", f"/v1/emergencies/{emergency['id']}", fields, answered, If_Match=f'"{version}"')


def log(desk, emergency):
    return desk.ask("GET", f"/v1/emergencies/{emergency['id']}/log")["entries"]


def without_duplicates(found):
    return {name: value for name, value in found.items() if name != "duplicates"}


# --- opened and changed ------------------------------------------------------------------------------------------


def test_an_emergency_is_opened_with_its_level_and_role(desk):
    emergency = desk.open(level=2, kind="cardiac", address="团结大街202号", needs=["als"])
    assert (emergency["level"], emergency["level_title"]["zh-CN"]) == (2, "二级响应")
    (entry,) = log(desk, emergency)
    assert (entry["action"], entry["role_title"]["zh-CN"]) == ("opened", "接警员")
    assert entry["fields"]["needs"] == ["als"]


def test_the_same_request_sent_twice_opens_one(desk):
    body = {"category": "119", "lonlat": SCENE}
    first, second = (desk("POST", "/v1/emergencies", body, Idempotency_Key="k-1") for _ in range(2))
    assert first.json["id"] == second.json["id"]
    assert second.headers["Idempotent-Replayed"] == "true"
    assert desk("POST", "/v1/emergencies", {**body, "level": 1}, Idempotency_Key="k-1").status_code == 422
    assert len(desk.ask("GET", "/v1/emergencies")["emergencies"]) == 1


def test_a_change_names_the_version_it_was_made_from(desk):
    emergency = desk.open()
    assert desk("PATCH", f"/v1/emergencies/{emergency['id']}", {"level": 1}).status_code == 428
    assert patch(desk, emergency, 1, level=1)["version"] == 2
    assert patch(desk, emergency, 1, 409, level=3)["version"] == 2
    assert log(desk, emergency)[-1]["fields"] == {"level": 1}


def test_a_change_to_what_is_there_is_none(desk):
    emergency = desk.open(level=3)
    assert patch(desk, emergency, 1, level=3)["version"] == 1
    assert len(log(desk, emergency)) == 1


def test_notes_are_written_into_the_log(desk):
    emergency = desk.open()
    path = f"/v1/emergencies/{emergency['id']}/log"
    for _ in range(2):
        desk.ask("POST", path, {"text": "caller calls back", "role": "call_taker"}, 201, Idempotency_Key="n-1")
    assert [entry["fields"].get("text") for entry in log(desk, emergency)] == [None, "caller calls back"]


def test_a_change_sent_twice_under_one_key_is_made_once(desk):
    emergency = desk.open()
    path = f"/v1/emergencies/{emergency['id']}"
    first, second = (desk("PATCH", path, {"level": 1}, If_Match='"1"', Idempotency_Key="c-1") for _ in range(2))
    assert (first.json["version"], second.json["version"]) == (2, 2)
    assert second.headers["Idempotent-Replayed"] == "true"
    assert desk("PATCH", path, {"level": 2}, If_Match="*", Idempotency_Key="c-1").status_code == 422
    assert desk("PATCH", path, {"level": 2}, If_Match='"1"', Idempotency_Key="c-2").status_code == 409


# --- duplicates --------------------------------------------------------------------------------------------------


def test_a_second_call_from_nearby_is_suggested_as_the_same(desk):
    first = desk.open()
    second = desk.open(lonlat=[SCENE[0] + 0.002, SCENE[1]])
    assert [each["id"] for each in second["duplicates"]] == [first["id"]]
    assert second["duplicates"][0]["distance_m"] == pytest.approx(111, abs=2)


@pytest.mark.parametrize(
    "other",
    [
        {"lonlat": FAR},
        {"opened_at": (utc_now() - timedelta(hours=3)).isoformat()},
    ],
)
def test_what_is_far_or_long_ago_is_not_the_same(desk, other):
    desk.open(**other)
    assert desk.open()["duplicates"] == []


def test_uncertain_positions_reach_further(desk):
    first = desk.open(lonlat=FAR, accuracy_m=800.0)
    assert [each["id"] for each in desk.open()["duplicates"]] == [first["id"]]


def test_what_is_closed_as_a_duplicate_is_not_suggested_any_more(desk):
    first, second = desk.open(), desk.open()
    assert patch(desk, second, 1, 422, duplicate_of=second["id"])
    assert patch(desk, second, 1, 404, duplicate_of=99_999)
    patch(desk, second, 1, duplicate_of=first["id"], status="closed")
    assert get(desk, first)["duplicates"] == []


# --- units -------------------------------------------------------------------------------------------------------


def test_a_unit_goes_through_its_steps_and_is_free_again(desk):
    desk.put("a")
    emergency = desk.open()
    assert desk.assign(emergency, "a")["predicted_s"] > 0
    assert desk.ask("GET", "/v1/units/a")["emergency"] == emergency["id"]
    for step in ("en_route", "on_scene"):
        assert desk.step(emergency, "a", step)["status"] == step
        assert desk.ask("GET", "/v1/units/a")["status"] == step
    assert desk.unit("a")["why_not"] == "busy"
    desk.step(emergency, "a", "released")
    unit = desk.ask("GET", "/v1/units/a")
    assert (unit["status"], unit["emergency"]) == ("returning", None)


def test_a_step_sent_twice_under_one_key_is_taken_once(desk):
    desk.put("a")
    emergency = desk.open()
    desk.assign(emergency, "a")
    path = f"/v1/emergencies/{emergency['id']}/assignments/a"
    sent = [desk("PATCH", path, {"status": "en_route"}, If_Match='"1"', Idempotency_Key="s-1") for _ in range(2)]
    assert [(each.status_code, each.json["version"]) for each in sent] == [(200, 2)] * 2
    assert len(log(desk, emergency)) == 3


def test_a_unit_is_sent_to_one_emergency_only(desk):
    desk.put("a")
    first, second = desk.open(), desk.open()
    desk.assign(first, "a")
    assert "emergency" in desk.assign(second, "a", 409)["detail"]
    desk.step(first, "a", "cancelled")
    desk.assign(second, "a")


def test_the_same_assignment_sent_twice_is_one(desk):
    desk.put("a")
    path = f"/v1/emergencies/{desk.open()['id']}/assignments"
    for _ in range(2):
        desk.ask("POST", path, {"unit": "a"}, 201, Idempotency_Key="s-1")
    assert desk("POST", path, {"unit": "a"}).status_code == 409


def test_steps_go_forward_only_and_name_their_version(desk):
    desk.put("a")
    emergency = desk.open()
    desk.assign(emergency, "a")
    desk.step(emergency, "a", "on_scene")
    desk.step(emergency, "a", "en_route", 422)
    path = f"/v1/emergencies/{emergency['id']}/assignments/a"
    assert desk("PATCH", path, {"status": "released"}).status_code == 428
    assert desk("PATCH", path, {"status": "released"}, If_Match='"1"').status_code == 409
    desk.ask("PATCH", path, {"status": "released"}, If_Match='"2"')
    desk.step(emergency, "a", "cancelled", 409)


def test_an_emergency_ends_when_no_unit_is_on_it(desk):
    desk.put("a")
    emergency = desk.open()
    desk.assign(emergency, "a")
    assert "a" in patch(desk, emergency, 2, 409, status="closed")["detail"]
    desk.step(emergency, "a", "released")
    patch(desk, emergency, 3, status="closed")
    desk.assign(emergency, "a", 409)


def test_a_unit_on_a_task_is_neither_removed_nor_told_free(desk):
    desk.put("a")
    desk.assign(desk.open(), "a")
    assert desk("DELETE", "/v1/units/a", If_Match="*").status_code == 409
    assert desk("PATCH", "/v1/units/a", {"status": "available"}, If_Match="*").status_code == 409
    assert desk("PUT", "/v1/units/a", {"status": "available"}).status_code == 409
    assert desk("PATCH", "/v1/units/a", {"position": {"lonlat": FAR}}, If_Match="*").status_code == 200


def test_a_full_hospital_takes_nobody(desk):
    desk.ask("PUT", "/v1/hospitals/h", {"lonlat": FAR, "free": 1})
    emergency = desk.open()
    for name in ("a", "b"):
        desk.put(name)
        desk.assign(emergency, name)
    desk.step(emergency, "a", "transporting", hospital="h")
    assert desk.ask("GET", "/v1/hospitals/h")["inbound"] == 1
    desk.step(emergency, "b", "transporting", 409, hospital="h")
    desk.step(emergency, "b", "transporting", 404, hospital="none")
    desk.step(emergency, "a", "at_hospital")
    found = desk.ask("GET", "/v1/hospitals/h")
    assert (found["free"], found["inbound"]) == (0, 0)


# --- as it was ---------------------------------------------------------------------------------------------------


def test_an_emergency_is_told_as_it_was(desk):
    desk.put("a")
    emergency = desk.open(level=4)
    opened = log(desk, emergency)[0]["at"]
    patch(desk, emergency, 1, level=1)
    desk.assign(emergency, "a")
    assert get(desk, emergency, f"?as_of={opened}")["level"] == 4
    assert get(desk, emergency, f"?as_of={opened}")["assignments"] == []
    assert without_duplicates(get(desk, emergency, "?as_of=2100-01-01T00:00:00Z")) == without_duplicates(
        get(desk, emergency)
    )
    assert desk("GET", f"/v1/emergencies/{emergency['id']}?as_of=2001-01-01T00:00:00Z").status_code == 404


STEPS = st.sampled_from(["level", "assign", "en_route", "on_scene", "released", "cancelled", "note", "move", "close"])


@given(st.lists(st.tuples(STEPS, st.integers(0, 1)), max_size=10))
@settings(max_examples=15)
def test_whatever_happens_the_log_replays_to_what_is_there(desk_app, story):
    desk = new_desk(desk_app)
    units = ["a", "b"]
    for name in units:
        desk.put(name)
    emergency = desk.open()
    path = f"/v1/emergencies/{emergency['id']}"
    for step, number in story:
        if step == "assign":
            desk("POST", f"{path}/assignments", {"unit": units[number]})
        elif step == "note":
            desk("POST", f"{path}/log", {"text": "x"})
        elif step in ("level", "move", "close"):
            said = {"level": {"level": 1 + number}, "move": {"lonlat": FAR}, "close": {"status": "closed"}}[step]
            desk("PATCH", path, said, If_Match="*")
        else:
            desk("PATCH", f"{path}/assignments/{units[number]}", {"status": step}, If_Match="*")
        now = without_duplicates(get(desk, emergency))
        assert without_duplicates(get(desk, emergency, "?as_of=2100-01-01T00:00:00Z")) == now
        assert log(desk, emergency)[-1]["version"] == now["version"]
        free = {unit["id"]: unit["emergency"] for unit in desk.ask("GET", "/v1/units")["units"]}
        open_ = {each["unit"] for each in now["assignments"] if each["status"] not in ("released", "cancelled")}
        assert {name for name, task in free.items() if task is not None} == open_


# --- who may -----------------------------------------------------------------------------------------------------


def test_another_tenant_sees_nothing_of_it(desk, other_desk):
    emergency = desk.open()
    assert other_desk.ask("GET", "/v1/emergencies")["emergencies"] == []
    for path in ("", "/log", "/duplicates"):
        assert other_desk("GET", f"/v1/emergencies/{emergency['id']}{path}").status_code == 404
    assert other_desk("PATCH", f"/v1/emergencies/{emergency['id']}", {"level": 1}, If_Match="*").status_code == 404


def test_keys_that_read_everything_else_do_not_open_it(desk):
    emergency = desk.open()
    for scope in ("*:read", "incidents:*", "rescue:crew"):
        assert desk.issue(scope)("GET", f"/v1/emergencies/{emergency['id']}").status_code == 403


def test_emergencies_are_listed_by_status_page_by_page(desk):
    ids = [desk.open()["id"] for _ in range(3)]
    patch(desk, {"id": ids[0]}, 1, status="cancelled")
    first = desk.ask("GET", "/v1/emergencies?limit=1&status=open")
    second = desk.ask("GET", f"/v1/emergencies?status=open&after={first['next_after']}")
    assert [each["id"] for each in first["emergencies"] + second["emergencies"]] == ids[1:]


@pytest.mark.parametrize(
    "body",
    [
        {"category": "911"},
        {"level": 5},
        {"lonlat": [1, 999]},
        {"lonlat": None},
        {"description": "\u0001"},
        {"colour": "red"},
        {"incident": {"kind": "riot"}},
        {"opened_at": "now"},
    ],
)
def test_what_cannot_be_an_emergency_is_refused_with_the_reason(desk, body):
    answer = desk("POST", "/v1/emergencies", {"category": "110", "lonlat": SCENE, **body})
    assert answer.status_code == 400
    assert answer.json["hint"]
    assert desk.ask("GET", "/v1/emergencies")["emergencies"] == []
