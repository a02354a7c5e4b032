"""A closed road and its case: stored together or not at all, and what becomes of one is told to the other."""

from __future__ import annotations

import pytest

from location_cloud.cases import service_joining
from location_cloud.errors import Conflict
from tests.cases.conftest import CLOSURE, PLACE

POINT = {"type": "Point", "coordinates": PLACE}


def close_road(centre, status=201, **more):
    return centre.ask("POST", "/v1/incidents", {"kind": "closure", "geometry": POINT, **more}, status)


def case_of(centre, incident):
    (found,) = centre.ask("GET", f"/v1/cases?incident={incident['id']}")["cases"]
    return found


def test_a_closure_opens_its_case_and_both_name_each_other(centre):
    incident = close_road(centre, description="burst main")
    case = case_of(centre, incident)
    assert (case["class"], case["source"], case["description"]) == (CLOSURE, "incident", "burst main")
    assert incident["case"] == case["id"]
    assert centre.ask("GET", f"/v1/incidents/{incident['id']}")["case"] == case["id"]
    (entry,) = centre.ask("GET", f"/v1/incidents/{incident['id']}/log")["entries"]
    assert entry["fields"]["case"] == case["id"]
    assert incident["version"] == 1


def test_what_closes_no_road_opens_no_case(centre):
    incident = centre.ask("POST", "/v1/incidents", {"kind": "hazard", "geometry": POINT}, 201)
    assert incident["case"] is None
    assert centre.ask("GET", "/v1/cases")["cases"] == []


def test_an_incident_that_comes_to_close_a_road_opens_its_case_then(centre):
    incident = centre.ask("POST", "/v1/incidents", {"kind": "closure", "status": "reported", "geometry": POINT}, 201)
    assert incident["case"] is None
    after = centre.ask("PATCH", f"/v1/incidents/{incident['id']}", {"status": "confirmed"}, If_Match='"1"')
    assert after["case"] == case_of(centre, incident)["id"]


@pytest.mark.parametrize("ending", ["PATCH", "DELETE"])
def test_the_end_of_an_incident_puts_its_case_to_check(centre, ending):
    incident = close_road(centre)
    body = {"status": "cleared"} if ending == "PATCH" else None
    centre.ask(ending, f"/v1/incidents/{incident['id']}", body, If_Match="*")
    case = case_of(centre, incident)
    assert (case["stage"], case["role"]) == ("to_check", "inspector")
    entry = centre.timeline(case)[-1]
    assert (entry["action"], entry["role"]) == ("request_check", "system")
    assert centre.walk(case, "check", "close")["stage"] == "closed"


def test_an_incident_that_begins_again_opens_another_case(centre):
    incident = close_road(centre)
    path = f"/v1/incidents/{incident['id']}"
    centre.ask("PATCH", path, {"status": "cleared"}, If_Match="*")
    centre.walk(case_of(centre, incident), "check", "close")
    again = centre.ask("PATCH", path, {"status": "confirmed"}, If_Match="*")
    assert again["case"] != incident["case"]


def test_what_cannot_be_leaves_neither(centre, monkeypatch):
    def fail(*_):
        raise Conflict("no")

    monkeypatch.setattr(service_joining, "link_case", fail)
    close_road(centre, 409)
    assert centre.ask("GET", "/v1/cases")["cases"] == []
    assert centre.ask("GET", "/v1/incidents")["incidents"] == []


def test_a_tenant_says_which_incidents_become_cases(centre):
    centre.ask("PUT", "/v1/rules/incidents", {"opens": True, "effects": ["slows"], "class": "E0110", "at_end": "note"})
    assert close_road(centre)["case"] is None
    slow = centre.ask("POST", "/v1/incidents", {"kind": "roadworks", "geometry": POINT}, 201)
    case = case_of(centre, slow)
    assert case["class"] == "E0110"
    centre.ask("PATCH", f"/v1/incidents/{slow['id']}", {"status": "cleared"}, If_Match="*")
    assert case_of(centre, slow)["stage"] == "reported"
    assert "cleared" in centre.timeline(case)[-1]["fields"]["text"]
    centre.ask("PUT", "/v1/rules/incidents", {"opens": False}, If_Match="*")
    assert centre.ask("POST", "/v1/incidents", {"kind": "roadworks", "geometry": POINT}, 201)["case"] is None
