"""An emergency and its public incident: stored together or not at all, and told what becomes of it."""

from __future__ import annotations

from tests.dispatch.conftest import SCENE


def entries(desk, emergency):
    return desk.ask("GET", f"/v1/emergencies/{emergency['id']}/log")["entries"]


def test_an_emergency_and_its_public_incident_are_stored_together(desk):
    emergency = desk.open(description="private", incident={"kind": "accident", "description": "public"})
    incident = desk.ask("GET", f"/v1/incidents/{emergency['incident']}")
    assert (incident["kind"], incident["description"], incident["source"]) == ("accident", "public", "dispatch")
    assert incident["geometry"]["coordinates"] == SCENE


def test_an_incident_that_cannot_be_leaves_no_emergency(desk):
    body = {"category": "122", "lonlat": [10.0, 10.0], "incident": {"kind": "closure"}}
    assert desk("POST", "/v1/emergencies", body).status_code == 422
    assert desk.ask("GET", "/v1/emergencies")["emergencies"] == []
    assert desk.ask("GET", "/v1/incidents")["incidents"] == []


def test_sent_twice_both_are_there_once(desk):
    body = {"category": "122", "lonlat": SCENE, "incident": {}}
    for _ in range(2):
        desk.ask("POST", "/v1/emergencies", body, 201, Idempotency_Key="k")
    assert len(desk.ask("GET", "/v1/emergencies")["emergencies"]) == 1
    assert len(desk.ask("GET", "/v1/incidents")["incidents"]) == 1


def test_a_simulated_emergency_has_a_simulated_incident(desk):
    emergency = desk.open(simulated=True, incident={})
    assert desk.ask("GET", f"/v1/incidents/{emergency['incident']}")["simulated"] is True


def test_what_becomes_of_the_incident_is_in_the_emergencys_log(desk):
    emergency = desk.open(incident={})
    path = f"/v1/incidents/{emergency['incident']}"
    desk.ask("PATCH", path, {"status": "cleared"}, If_Match='"1"')
    desk.ask("DELETE", path, If_Match='"2"')
    told = [entry["fields"] for entry in entries(desk, emergency) if entry["action"] == "incident"]
    assert [(each["incident_action"], each["incident_status"]) for each in told] == [
        ("changed", "cleared"),
        ("deleted", "cleared"),
    ]


def test_nothing_of_an_emergency_is_in_public_feeds(desk):
    desk.open(description="secret words")
    for path in ("/v1/incidents", "/v1/incidents/feeds/changes", "/v1/incidents/feeds/open511/events"):
        answer = desk("GET", path)
        assert b"secret words" not in answer.data
