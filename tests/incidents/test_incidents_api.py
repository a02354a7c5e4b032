"""Incidents over HTTP: from the report to the route that it changes, and back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from location_cloud.app import utc_now
from location_cloud.incidents import model, service, store
from tests.directions.live_home import ABC, AD, CF, DEF, both_ways, key


@pytest.fixture
def trip(asked):
    """From near A to near C: along ABC, unless that is shut."""
    return asked.place(AD, north=0.9), asked.place(CF, north=0.9)


def on(asked, way=ABC, segment=0) -> dict[str, Any]:
    return {"type": "Point", "coordinates": asked.place(way, segment=segment)}


def report(asked, kind="closure", key="", answered=201, **more):
    where = {} if {"geometry", "roads"} & set(more) else {"geometry": on(asked)}
    answer = asked("POST", "/v1/incidents", {"kind": kind, **where, **more}, key)
    assert answer.status_code == answered, answer.json
    derive(asked)
    return answer.json


def derive(asked):
    asked.city.clock.now = utc_now()
    asked.city.derive()


def send(asked, method, path, json=None, **headers):
    return asked.app.test_client().open(f"/v1/incidents{path}", method=method, json=json, headers=headers)


def patch(asked, incident, version=None, **fields):
    answer = send(asked, "PATCH", f"/{incident['id']}", fields, **{"If-Match": f'"{version or incident["version"]}"'})
    derive(asked)
    return answer


def hours(count: float) -> str:
    return (utc_now() + timedelta(hours=count)).isoformat()


# --- tried out ---------------------------------------------------------------------------------------------------


def test_a_preview_tells_roads_and_effect_and_keeps_nothing(asked, trip):
    told = asked("POST", "/v1/incidents/all/preview", {"kind": "accident", "geometry": on(asked), "severity": "major"})
    assert told.status_code == 200, told.json
    assert set(told.json["edges"]) == set(both_ways(asked.city, ABC))
    assert (told.json["effect"], told.json["speed_factor"]) == ("slows", model.FACTORS["major"])
    assert asked("GET", "/v1/incidents").json["incidents"] == []
    assert ABC in asked.ways(*trip)


def test_a_preview_says_what_a_report_would_say(asked):
    nowhere = {"type": "Point", "coordinates": [0.0, 0.0]}
    for path in ("/v1/incidents/all/preview", "/v1/incidents"):
        answer = asked("POST", path, {"kind": "closure", "geometry": nowhere})
        assert (answer.status_code, answer.json["detail"]) == (422, "it shuts roads, but no road is near enough")


# --- routes ------------------------------------------------------------------------------------------------------


def test_a_closure_at_a_point_shuts_its_road_both_ways(asked, trip):
    assert ABC in asked.ways(*trip)
    incident = report(asked, description="burst main")
    assert (incident["version"], incident["effect"]) == (1, "shuts")
    assert set(incident["edges"]) == set(both_ways(asked.city, ABC))
    assert ABC not in asked.ways(*trip)


def test_a_cleared_closure_opens_the_road(asked, trip):
    incident = report(asked)
    assert patch(asked, incident, status="cleared").json["version"] == 2
    assert ABC in asked.ways(*trip)


def test_what_is_only_reported_changes_no_route_until_it_is_confirmed(asked, trip):
    incident = patch(asked, report(asked), status="reported").json
    assert ABC in asked.ways(*trip)
    patch(asked, incident, status="confirmed")
    assert ABC not in asked.ways(*trip)


def test_a_closure_with_an_open_lane_shuts_nothing(asked, trip):
    assert report(asked, lanes={"total": 2, "closed": 1})["effect"] == "slows"
    assert ABC in asked.ways(*trip)


def test_an_accident_on_all_lanes_shuts_the_road(asked, trip):
    report(asked, "accident", lanes={"total": 2, "closed": 2})
    assert ABC not in asked.ways(*trip)


def test_a_closure_for_trucks_leaves_cars_alone(asked, trip):
    report(asked, profiles=["truck"])
    assert ABC in asked.ways(*trip)
    assert ABC not in asked.ways(*trip, profile="truck")


def test_a_closure_of_tomorrow_is_not_one_of_today(asked, trip):
    report(asked, starts_at=hours(24))
    assert ABC in asked.ways(*trip)
    assert ABC not in asked.ways(*trip, depart_at=hours(30))


def test_a_closure_ends_by_the_clock_alone(asked, trip):
    report(asked, ends_at=hours(1))
    assert ABC not in asked.ways(*trip)
    asked.city.clock.now += timedelta(hours=2)
    assert asked.city.derive()
    assert ABC in asked.ways(*trip)


def test_told_roads_are_shut_in_the_told_direction_alone(asked, trip):
    ahead = [key(asked.city, ABC)]
    incident = report(asked, roads=ahead)
    assert incident["edges"] == incident["roads"] == ahead
    assert incident["geometry"]["type"] == "MultiLineString"
    assert ABC not in asked.ways(*trip)
    assert ABC in asked.ways(*reversed(trip))


def test_an_area_shuts_what_meets_it(asked, trip):
    lon, lat = asked.place(ABC)
    ring = [[lon + x / 1e5, lat + y / 1e5] for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))]
    report(asked, geometry={"type": "Polygon", "coordinates": [ring]})
    assert ABC not in asked.ways(*trip)


def test_another_tenants_closure_shuts_roads_for_itself_only(asked, trip):
    report(asked, key=asked.other)
    assert ABC in asked.ways(*trip)
    assert ABC not in asked.ways(*trip, key=asked.other)


# --- changes -----------------------------------------------------------------------------------------------------


def test_a_change_moves_an_incident_to_other_roads(asked, trip):
    moved = patch(asked, report(asked), geometry=on(asked, DEF)).json
    assert set(moved["edges"]) <= set(both_ways(asked.city, DEF))
    assert ABC in asked.ways(*trip)


def test_a_change_leaves_what_it_does_not_name(asked):
    incident = report(asked, description="burst main", severity="major")
    changed = patch(asked, incident, severity="minor").json
    assert (changed["description"], changed["severity"], changed["edges"]) == ("burst main", "minor", incident["edges"])


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_a_stale_version_is_a_409_that_names_the_present_one(asked, method):
    incident = report(asked)
    patch(asked, incident, severity="minor")
    answer = send(asked, method, f"/{incident['id']}", {"severity": "major"}, **{"If-Match": '"1"'})
    assert (answer.status_code, answer.json["version"]) == (409, 2)


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_a_change_without_version_is_a_428(asked, method):
    answer = send(asked, method, f"/{report(asked)['id']}", {"severity": "major"})
    assert answer.status_code == 428
    assert "If-Match" in answer.json["hint"]


@pytest.mark.parametrize("text", ['"1"', "1", 'W/"1"', '"1-gzip"', "*"])
def test_the_version_is_taken_as_caches_and_people_write_it(asked, text):
    assert send(asked, "DELETE", f"/{report(asked)['id']}", **{"If-Match": text}).json["deleted"] == 1


def test_the_version_may_stand_in_the_address(asked):
    path = f"/{report(asked)['id']}"
    assert send(asked, "PATCH", f"{path}?version=1", {"severity": "minor"}).json["version"] == 2
    assert send(asked, "DELETE", f"{path}?version=1").status_code == 409


def test_a_change_that_changes_nothing_makes_no_version(asked):
    incident = report(asked, severity="minor")
    assert patch(asked, incident, severity="minor", geometry=on(asked)).json == incident


def test_the_etag_of_an_incident_is_its_version(asked):
    incident = report(asked)
    answer = send(asked, "GET", f"/{incident['id']}")
    assert answer.headers["ETag"] == '"1"'
    assert send(asked, "GET", f"/{incident['id']}", **{"If-None-Match": '"1"'}).status_code == 304
    assert send(asked, "DELETE", f"/{incident['id']}", **{"If-Match": '"zero"'}).status_code == 400


def test_a_deleted_incident_is_gone_its_road_open_and_its_log_there(asked, trip):
    incident = report(asked)
    assert send(asked, "DELETE", f"/{incident['id']}", **{"If-Match": '"1"'}).status_code == 200
    derive(asked)
    assert ABC in asked.ways(*trip)
    assert send(asked, "GET", f"/{incident['id']}").status_code == 404
    entries = send(asked, "GET", f"/{incident['id']}/log").json["entries"]
    assert [entry["action"] for entry in entries] == ["added", "deleted"]


def test_the_log_says_who_changed_what_when(asked):
    incident = report(asked)
    patch(asked, incident, severity="major", ends_at=hours(1))
    added, changed = send(asked, "GET", f"/{incident['id']}/log").json["entries"]
    assert added["fields"]["edges"] == incident["edges"]
    assert set(changed["fields"]) == {"severity", "ends_at"}
    assert (changed["who"], changed["version"], changed["action"]) == ("local", 2, "changed")


def test_changes_of_all_incidents_follow_each_other_by_live_version(asked):
    first = report(asked)
    patch(asked, first, severity="major")
    found = send(asked, "GET", "/feeds/changes?limit=1").json
    rest = send(asked, "GET", f"/feeds/changes?since={found['live_version']}").json
    assert [each["version"] for each in found["entries"] + rest["entries"]] == [1, 2]
    assert send(asked, "GET", f"/feeds/changes?since={rest['live_version']}").json["entries"] == []


def test_what_is_over_is_cleared_and_the_log_says_so(asked):
    incident = report(asked, ends_at=hours(1))
    world = asked.app.extensions["location_cloud"].worlds.current()
    assert service.expire(world, utc_now()) == 0
    assert service.expire(world, utc_now() + timedelta(hours=2)) == 1
    assert send(asked, "GET", f"/{incident['id']}").json["status"] == "cleared"
    entry = send(asked, "GET", f"/{incident['id']}/log").json["entries"][-1]
    assert (entry["action"], entry["who"]) == ("expired", "clock")


# --- sent twice --------------------------------------------------------------------------------------------------


def test_an_incident_sent_twice_under_one_key_is_added_once(asked):
    body = {"kind": "hazard", "geometry": on(asked)}
    first, second = (send(asked, "POST", "", body, **{"Idempotency-Key": "a-1"}) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json == second.json
    assert second.headers["Idempotent-Replayed"] == "true"
    assert len(send(asked, "GET", "").json["incidents"]) == 1


def test_a_key_used_for_something_else_is_refused(asked):
    send(asked, "POST", "", {"kind": "hazard", "geometry": on(asked)}, **{"Idempotency-Key": "a-1"})
    answer = send(asked, "POST", "", {"kind": "accident", "geometry": on(asked)}, **{"Idempotency-Key": "a-1"})
    assert answer.status_code == 422


# --- lists -------------------------------------------------------------------------------------------------------


def test_incidents_are_listed_page_by_page_without_their_edges(asked):
    ids = [report(asked)["id"] for _ in range(3)]
    first = send(asked, "GET", "?limit=2").json
    second = send(asked, "GET", f"?limit=2&after={first['next_after']}").json
    assert [each["id"] for each in first["incidents"] + second["incidents"]] == ids
    assert "edges" not in first["incidents"][0]
    assert first["incidents"][0]["edge_count"] == 2


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("kind=closure", 1),
        ("kind=closure&kind=hazard", 2),
        ("status=reported", 1),
        ("status=cleared", 0),
        ("bbox=125,46,126,47", 2),
        ("bbox=1,2,3,4", 0),
    ],
)
def test_incidents_are_found_by_box_kind_and_status(asked, query, found):
    report(asked)
    patch(asked, report(asked, "hazard"), status="reported")
    assert len(send(asked, "GET", f"?{query}").json["incidents"]) == found


def test_incidents_are_found_by_time(asked):
    report(asked, starts_at=hours(1), ends_at=hours(2))
    for at, found in ((0.5, 0), (1.5, 1), (2.5, 0)):
        answer = asked.app.test_client().get("/v1/incidents", query_string={"valid_at": hours(at)})
        assert len(answer.json["incidents"]) == found


def test_another_tenant_sees_nothing_of_it(asked):
    incident = report(asked)
    assert asked("GET", "/v1/incidents", key=asked.other).json["incidents"] == []
    for path in ("", "/log"):
        assert asked("GET", f"/v1/incidents/{incident['id']}{path}", key=asked.other).status_code == 404
    assert asked("GET", "/v1/incidents/feeds/changes", key=asked.other).json["entries"] == []


def test_a_key_that_may_read_may_not_report(asked):
    body = {"kind": "hazard", "geometry": on(asked)}
    assert asked("POST", "/v1/incidents", body, asked.reader).status_code == 403
    assert asked("GET", "/v1/incidents", key=asked.reader).status_code == 200


# --- refusals ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"kind": "closure"}, 400, "nowhere"),
        ({"kind": "riot", "geometry": {"type": "Point", "coordinates": [1, 2]}}, 400, "kind"),
        ({"kind": "closure", "geometry": {"type": "Point", "coordinates": [8.6, 49.4]}}, 422, "no road"),
        ({"kind": "closure", "geometry": {"type": "Point", "coordinates": [8.6, 249.4]}}, 400, "off the globe"),
        ({"kind": "hazard", "geometry": {"type": "MultiPoint", "coordinates": [[1, 2]]}}, 400, "MultiPoint"),
        ({"kind": "hazard", "geometry": {"type": "LineString", "coordinates": [[0, 0], [9, 9]]}}, 413, "km"),
        (
            {"kind": "hazard", "geometry": {"type": "Polygon", "coordinates": [[[0, 0], [9, 0], [9, 9], [0, 0]]]}},
            413,
            "km2",
        ),
        ({"kind": "closure", "roads": ["nonsense"]}, 400, "roads"),
        ({"kind": "closure", "roads": ["77:0:f"]}, 422, "none of these roads"),
        ({"kind": "hazard", "roads": ["1:0:f"], "lanes": {"total": 1, "closed": 2}}, 400, "closed=2"),
        ({"kind": "hazard", "roads": ["1:0:f"], "starts_at": "2026-11-23T10:00:00"}, 400, "starts_at"),
        ({"kind": "hazard", "roads": ["1:0:f"], "ends_at": "1999-01-01T00:00:00Z"}, 400, "later"),
        ({"kind": "hazard", "roads": ["1:0:f"], "description": "\u0001"}, 400, "control"),
        ({"kind": "hazard", "roads": ["1:0:f"], "colour": "red"}, 400, "colour"),
        ({"kind": "closure", "roads": ["1:0:f"], "profiles": ["hovercraft"]}, 404, "hovercraft"),
    ],
)
def test_what_cannot_be_an_incident_is_refused_with_the_reason(asked, body, status, said):
    answer = asked("POST", "/v1/incidents", body)
    assert answer.status_code == status
    assert said in answer.json["detail"]
    assert answer.json["hint"]
    assert asked("GET", "/v1/incidents").json["incidents"] == []


def test_a_direction_at_a_point_needs_a_heading(asked):
    body = {"kind": "closure", "geometry": on(asked), "direction": "forward"}
    assert asked("POST", "/v1/incidents", body).status_code == 400
    incident = asked("POST", "/v1/incidents", {**body, "heading_deg": 90.0}).json
    assert [each[-1] for each in incident["edges"]] == ["f"]


def test_a_hazard_away_from_roads_touches_none(asked):
    assert report(asked, "hazard", geometry={"type": "Point", "coordinates": [125.0, 46.0]})["edges"] == []


def test_more_open_incidents_than_declared_are_refused(asked, monkeypatch):
    monkeypatch.setattr(service, "MOST_OPEN", 1)
    report(asked)
    assert "clear" in report(asked, answered=413)["hint"]


def test_positions_are_read_and_told_in_the_asked_coordinate_system(asked):
    body = {"kind": "hazard", "geometry": {"type": "Point", "coordinates": [125.1, 46.6]}}
    told = asked("POST", "/v1/incidents?crs=gcj02", body).json
    assert told["geometry"]["coordinates"] == pytest.approx([125.1, 46.6], abs=1e-6)
    plain = asked("GET", f"/v1/incidents/{told['id']}").json["geometry"]["coordinates"]
    assert abs(plain[0] - 125.1) > 1e-3


def test_more_of_open_incidents_than_declared_is_refused_and_undone(asked, monkeypatch):
    monkeypatch.setattr(service, "MOST_OPEN_BYTES", 300)
    line = {"type": "LineString", "coordinates": [[125.1 + step / 1e5, 46.6] for step in range(40)]}
    report(asked, "hazard", geometry=line, answered=413)
    assert asked("GET", "/v1/incidents").json["incidents"] == []
    report(asked, "hazard")


def test_what_is_over_is_not_opened_again_beyond_the_ceiling(asked, monkeypatch):
    over = report(asked, "hazard", status="cleared")
    report(asked, "hazard")
    monkeypatch.setattr(service, "MOST_OPEN", 1)
    answer = asked("PATCH", f"/v1/incidents/{over['id']}?version=1", {"status": "confirmed"})
    assert answer.status_code == 413
    assert asked("GET", f"/v1/incidents/{over['id']}").json["status"] == "cleared"


def test_an_incident_holds_from_its_first_moment_to_before_its_last(asked):
    report(asked, "hazard", starts_at="2026-11-23T08:00:00Z", ends_at="2027-11-23T08:00:00Z")
    count = [
        len(asked("GET", f"/v1/incidents?valid_at={at}").json["incidents"])
        for at in ("2026-11-23T07:59:59Z", "2026-11-23T08:00:00Z", "2027-11-23T07:59:59Z", "2027-11-23T08:00:00Z")
    ]
    assert count == [0, 1, 1, 0]


def test_a_page_of_the_log_ends_before_it_is_too_large(asked, monkeypatch):
    incident = report(asked, "hazard", description="0" * 3000)
    for version in (1, 2):
        patch(asked, incident, version, description=str(version) * 3000)
    for module in (model, store):
        monkeypatch.setattr(module, "MOST_PAGE_BYTES", 3500)
    seen, after = [], 0
    while after is not None:
        page = asked("GET", f"/v1/incidents/{incident['id']}/log?after={after}").json
        seen.append(len(page["entries"]))
        after = page["next_after"]
    assert sum(seen) == 3
    assert max(seen) <= 2
