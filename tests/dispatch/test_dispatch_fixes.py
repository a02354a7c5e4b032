"""One request with a phone's message opens an emergency where the phone is."""

from __future__ import annotations

import pytest

from tests.callers.aml_vectors import V1
from tests.dispatch.conftest import SCENE

FIX = {"point": SCENE, "accuracy_m": 30.0}


def open_at(desk, fix, status=201, key="", **more):
    headers = {"Idempotency_Key": key} if key else {}
    return desk.ask("POST", "/v1/emergencies", {"category": "120", "fix": fix, **more}, status, **headers)


def test_an_emergency_is_opened_where_its_phone_says_with_the_ellipse(desk):
    emergency = open_at(desk, FIX)
    located = desk.ask("POST", "/v1/fixes/locate", FIX)
    assert emergency["lonlat"] == pytest.approx(located["position"], abs=1e-7)
    assert emergency["ellipse"] == located["ellipse"]
    assert emergency["accuracy_m"] == located["ellipse"]["semi_major_m"]
    assert (emergency["method"], emergency["address"]) == ("point", located["address"]["words"])


def test_the_phones_message_is_kept_as_a_call_with_its_numbers_masked(desk):
    emergency = open_at(desk, {"aml": V1})
    call = desk.ask("GET", f"/v1/calls/{emergency['call']}?clear=true")
    assert (call["messages"], call["source"]) == ({"aml": V1}, "emergency")
    assert desk.ask("GET", f"/v1/calls/{emergency['call']}")["phone"]["imsi"].startswith("****")


def test_every_form_of_a_fix_serves(desk):
    sector = {"site": SCENE, "azimuth": 90.0, "beam": 120.0, "ta": 0, "rat": "lte"}
    assert open_at(desk, {"sector": sector})["method"] == "sector"
    assert open_at(desk, {"sector": sector, **FIX})["method"] == "point+sector"


def test_the_same_message_sent_twice_is_one_call_and_one_emergency(desk):
    first, second = (open_at(desk, FIX, key="f-1") for _ in range(2))
    assert (first["id"], first["call"]) == (second["id"], second["call"])
    assert len(desk.ask("GET", "/v1/calls")["calls"]) == 1


def test_a_message_that_tells_no_place_is_kept_and_opens_nothing(desk):
    refused = open_at(desk, {"sms": "救救我"}, 422)
    assert "nobody can tell" in refused["detail"]
    assert desk.ask("GET", f"/v1/calls/{refused['call']}")["located"] is None
    assert desk.ask("GET", "/v1/emergencies")["emergencies"] == []


def test_a_place_told_by_a_person_takes_the_ellipse_away(desk):
    emergency = open_at(desk, FIX)
    path = f"/v1/emergencies/{emergency['id']}"
    assert desk.ask("PATCH", path, {"level": 1}, If_Match="*")["ellipse"] is not None
    moved = desk.ask("PATCH", path, {"lonlat": [24.95, 60.17], "accuracy_m": 5.0}, If_Match="*")
    assert (moved["ellipse"], moved["method"], moved["accuracy_m"]) == (None, "", 5.0)


@pytest.mark.parametrize("body", [{}, {"lonlat": SCENE, "fix": FIX}, {"fix": FIX, "call": "7"}])
def test_the_place_is_said_once(desk, body):
    assert desk("POST", "/v1/emergencies", {"category": "120", **body}).status_code == 400


def test_a_public_incident_stands_where_the_phone_is(desk):
    emergency = open_at(desk, FIX, incident={"kind": "accident"})
    incident = desk.ask("GET", f"/v1/incidents/{emergency['incident']}")
    assert incident["geometry"]["coordinates"] == pytest.approx(emergency["lonlat"], abs=1e-6)


def test_a_fix_is_read_in_the_askers_coordinate_system(desk):
    told = desk.ask(
        "POST", "/v1/emergencies?crs=gcj02", {"category": "120", "fix": {**FIX, "point": [116.4, 39.9]}}, 201
    )
    assert told["lonlat"] == pytest.approx([116.4, 39.9], abs=1e-5)
    assert desk.ask("GET", f"/v1/emergencies/{told['id']}")["lonlat"] != pytest.approx([116.4, 39.9], abs=1e-3)
