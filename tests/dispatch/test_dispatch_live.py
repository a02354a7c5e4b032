"""The tenant that the worker derives weights for: a closure is in the next ranking, as it is in the next route."""

from __future__ import annotations

from location_cloud.app import utc_now
from tests.directions.live_client import asked
from tests.directions.live_home import ABC, AD, CF, home_of_map

__all__ = ["asked", "home_of_map"]  # fixtures


def derive(asked):
    asked.city.clock.now = utc_now()
    asked.city.derive()


def ranked(asked):
    """The unit's drive, and the version of the weights."""
    ranking = asked("POST", "/v1/dispatch/rank", {"at": asked.place(CF, north=0.9)}).json
    return ranking["units"][0], ranking["metric_version"]


def test_a_closure_is_in_the_next_ranking_and_gone_when_it_is_cleared(asked):
    here = {"lonlat": asked.place(AD, north=0.9)}
    assert asked("PUT", "/v1/units/a", {"position": here, "siren_profile": ""}).status_code == 200
    before, version = ranked(asked)
    where = {"type": "Point", "coordinates": asked.place(ABC)}
    incident = asked("POST", "/v1/incidents", {"kind": "closure", "geometry": where}).json
    derive(asked)
    during, other_version = ranked(asked)
    assert during["drive_s"] > before["drive_s"]
    assert other_version != version
    route = asked("GET", during["route_id"] + "&steps=false").json["routes"][0]
    assert (route["duration_s"], route["distance_m"]) == (during["drive_s"], during["distance_m"])
    asked("DELETE", f"/v1/incidents/{incident['id']}?version=1")
    derive(asked)
    assert ranked(asked)[0]["drive_s"] == before["drive_s"]
