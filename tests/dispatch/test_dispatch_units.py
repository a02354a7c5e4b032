"""Units and hospitals: registered, told of by desk and crew, kept apart by tenant."""

from __future__ import annotations

import pytest

from location_cloud.access.model import parse_key
from tests.dispatch.conftest import FAR, SCENE, STATION


def test_a_unit_is_registered_once_and_changed_after(desk):
    assert desk("PUT", "/v1/units/120-07", {"title": "急救一组"}).headers["ETag"] == '"1"'
    answer = desk("PUT", "/v1/units/120-07", {"title": "急救二组"})
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"2"')
    assert desk.ask("GET", "/v1/units/120-07")["title"] == "急救二组"


def test_all_that_was_said_of_a_unit_comes_back(desk):
    said = {
        "title": "云梯车",
        "kind": "engine",
        "skills": ["ladder", "hazmat"],
        "equipment": ["foam"],
        "shifts": [{"days": [1, 2, 3], "begin": "08:00", "end": "20:00"}],
        "station": {"name": "一中队", "lonlat": STATION},
        "profile": "truck",
        "siren_profile": "emergency",
        "turnout_s": 80.0,
        "device": "119-1",
        "crew_key": "abc",
        "simulated": True,
    }
    desk.ask("PUT", "/v1/units/119-01", said)
    found = desk.ask("GET", "/v1/units/119-01")
    assert {name: found[name] for name in said} == said


def test_registering_again_keeps_status_and_position(desk):
    desk.put("a", FAR, status="returning")
    desk.put("a", None, title="new")
    found = desk.ask("GET", "/v1/units/a")
    assert (found["status"], found["position"]["lonlat"], found["title"]) == ("returning", FAR, "new")


def test_a_change_names_the_version_it_was_made_from(desk):
    desk.put("a")
    assert desk("PATCH", "/v1/units/a", {"status": "out_of_service"}).status_code == 428
    assert desk("PATCH", "/v1/units/a", {"status": "out_of_service"}, If_Match='"9"').status_code == 409
    assert desk.ask("PATCH", "/v1/units/a", {"status": "out_of_service"}, If_Match='"1"')["version"] == 2
    assert desk("PUT", "/v1/units/a", {}, If_Match='"1"').status_code == 409
    assert desk("DELETE", "/v1/units/a").status_code == 428
    assert desk.ask("DELETE", "/v1/units/a", If_Match='"2"') == {"deleted": "a"}
    assert desk("GET", "/v1/units/a").status_code == 404


def test_a_crew_tells_of_its_own_unit_only(desk):
    crew = desk.issue("rescue:crew")
    desk.put("own", crew_key=parse_key(crew.key))
    desk.put("other")
    assert crew("PATCH", "/v1/units/own", {"position": {"lonlat": FAR}}, If_Match="*").status_code == 200
    assert crew("PATCH", "/v1/units/other", {"status": "returning"}, If_Match="*").status_code == 403
    assert crew("GET", "/v1/units").status_code == 403


def test_units_are_listed_page_by_page(desk):
    for name in ("c", "a", "b"):
        desk.put(name)
    first = desk.ask("GET", "/v1/units?limit=2")
    second = desk.ask("GET", f"/v1/units?limit=2&after={first['next_after']}")
    assert [unit["id"] for unit in first["units"] + second["units"]] == ["a", "b", "c"]


def test_another_tenant_sees_no_unit_and_no_hospital(desk, other_desk):
    desk.put("a")
    desk.ask("PUT", "/v1/hospitals/h", {"lonlat": SCENE})
    assert other_desk.ask("GET", "/v1/units")["units"] == []
    assert other_desk("GET", "/v1/units/a").status_code == 404
    assert other_desk("PATCH", "/v1/units/a", {"status": "returning"}, If_Match="*").status_code == 404
    assert other_desk("DELETE", "/v1/hospitals/h", If_Match="*").status_code == 404
    assert other_desk.ask("PUT", "/v1/units/a", {})["version"] == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"status": "asleep"}, 400),
        ({"turnout_s": -1.0}, 400),
        ({"skills": ["two words"]}, 400),
        ({"profile": "hovercraft"}, 404),
        ({"station": {"lonlat": [999, 0]}}, 400),
        ({"shifts": [{"begin": "8:00", "end": "20:00"}]}, 400),
        ({"position": {"lonlat": STATION, "told_at": "yesterday"}}, 400),
        ({"colour": "red"}, 400),
    ],
)
def test_what_cannot_be_a_unit_is_refused_with_the_reason(desk, body, status):
    answer = desk("PUT", "/v1/units/a", body)
    assert answer.status_code == status
    assert answer.json["hint"]
    assert desk.ask("GET", "/v1/units")["units"] == []


def test_a_position_from_the_future_counts_as_of_now(desk):
    desk.ask("PUT", "/v1/units/a", {"position": {"lonlat": STATION, "told_at": "2150-01-01T00:00:00Z"}})
    assert desk.ask("GET", "/v1/units/a")["position"]["age_s"] >= 0


def test_a_hospital_tells_how_many_it_can_take(desk):
    desk.ask("PUT", "/v1/hospitals/h", {"lonlat": SCENE, "free": 3, "skills": ["trauma"]})
    desk.ask("PUT", "/v1/hospitals/h", {"lonlat": SCENE, "free": 2}, If_Match='"1"')
    found = desk.ask("GET", "/v1/hospitals")["hospitals"][0]
    assert (found["free"], found["inbound"], found["version"]) == (2, 0, 2)
    assert desk("PUT", "/v1/hospitals/h", {"lonlat": SCENE}, If_Match='"1"').status_code == 409
    assert desk.ask("DELETE", "/v1/hospitals/h", If_Match='"2"') == {"deleted": "h"}
