"""A traffic desk: an accident is reported, shuts a street for everybody, is on the map at once, and is over."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta

import mapbox_vector_tile
import pytest

START, END = "24.9384,60.1699", "24.9458,60.1640"


class Desk:
    """The desk's requests."""

    def __init__(self, url):
        self.url = url

    def ask(self, method, path, body=None, **headers):
        request = urllib.request.Request(f"{self.url}{path}", None if body is None else json.dumps(body).encode())
        request.method = method
        for name, value in {"Content-Type": "application/json", **headers}.items():
            request.add_header(name, value)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    def json(self, method, path, body=None, **headers):
        status, content = self.ask(method, path, body, **headers)
        assert status < 300, content
        return json.loads(content)

    def roads(self):
        """The lasting keys of the way, and what its weights were made from."""
        found = self.json("GET", f"/v1/route?from={START}&to={END}&annotations=true&steps=false")
        keys = [key for leg in found["routes"][0]["legs"] for key in leg["annotations"]["road"]]
        return keys, found["metric_version"]

    def until(self, is_so):
        """Returns when the way is so on every worker that is asked; the background process may still be starting."""
        begun, seen = time.monotonic(), 0
        while time.monotonic() < begun + 60:
            seen = seen + 1 if is_so(set(self.roads()[0])) else 0
            if seen == 8:
                return
        raise AssertionError("the way did not change within a minute")


@pytest.fixture
def desk(served):
    return Desk(served)


def test_from_the_call_to_the_clear_road(desk):
    before, version = desk.roads()
    middle = before[len(before) // 2]
    line = desk.json("GET", f"/v1/roads/{middle}")["geometry"]
    accident = desk.json(
        "POST",
        "/v1/incidents",
        {
            "kind": "accident",
            "geometry": line,
            "lanes": {"total": 1, "closed": 1},
            "description": "tram and van",
            "ends_at": (datetime.now(UTC) + timedelta(hours=1)).isoformat(),
        },
        **{"Idempotency-Key": "call-4711"},
    )
    assert middle in accident["edges"]
    desk.until(lambda way: not way & set(accident["edges"]))
    assert desk.roads()[1] != version
    shown = mapbox_vector_tile.decode(desk.ask("GET", "/tiles/incidents/8/145/74.mvt")[1])["incidents"]["features"]
    assert "tram and van" in [each["properties"]["description"] for each in shown]
    assert b"tram and van" in desk.ask("GET", "/v1/incidents/feeds/datex2")[1]

    path, first = f"/v1/incidents/{accident['id']}", {"If-Match": '"1"'}
    assert desk.json("PATCH", path, {"status": "cleared"}, **first)["version"] == 2
    assert desk.ask("PATCH", path, {"severity": "major"}, **first)[0] == 409
    desk.until(lambda way: way == set(before))
    entries = desk.json("GET", f"{path}/log")["entries"]
    assert [(each["action"], each["version"]) for each in entries] == [("added", 1), ("changed", 2)]


def test_an_incident_ends_by_itself(desk):
    before, _ = desk.roads()
    middle = before[len(before) // 2]
    ends_at = datetime.now(UTC) + timedelta(seconds=2.5)
    report = {"kind": "closure", "roads": [middle], "ends_at": ends_at.isoformat()}
    closure = desk.json("POST", "/v1/incidents", report)
    desk.until(lambda way: middle not in way)
    desk.until(lambda way: middle in way)
    assert datetime.now(UTC) >= ends_at
    time.sleep(2.5)  # the background process looks each second
    assert desk.json("GET", f"/v1/incidents/{closure['id']}")["status"] == "cleared"
