"""Two served products, a city and a village, exchange a case, a photo, grids and a request over HTTP."""

from __future__ import annotations

import base64
import json
import time
import urllib.error
import urllib.request

import pytest

from location_cloud.access.service import issue_key
from location_cloud.app import open_store, utc_now
from location_cloud.settings import Settings
from tests.conftest import Served, copy_home

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
PLACE = [24.9458, 60.1690]
FIELD = {"type": "Polygon", "coordinates": [[[24.94, 60.16], [24.95, 60.16], [24.95, 60.17], [24.94, 60.16]]]}


class System:
    """One served product and a key to all of it."""

    def __init__(self, home, **environment):
        live = open_store(Settings(home=home))
        self.key = issue_key(live, "default", "test", ("*",), utc_now())[1]
        self.line_key = issue_key(live, "default", "peer", ("federation:peer",), utc_now())[1]
        live.close()
        self.served = Served(
            home, "--workers", "1", LOCATION_CLOUD_KEYS="always", LOCATION_CLOUD_FEDERATION_EVERY_S="1", **environment
        )

    def ask(self, method, path, body=None, **headers):
        content = json.dumps(body).encode() if isinstance(body, dict) else body
        media = "application/json" if isinstance(body, dict) else "application/octet-stream"
        told = {"X-API-Key": self.key, "Content-Type": media, **{k.replace("_", "-"): v for k, v in headers.items()}}
        asked = urllib.request.Request(self.served.url + path, content, told, method=method)
        with urllib.request.urlopen(asked, timeout=20) as answer:
            text = answer.read()
            return json.loads(text) if "json" in answer.headers["Content-Type"] else text


def until(condition, seconds=30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if found := condition():
                return found
        except urllib.error.HTTPError as error:
            if error.code not in (404, 503):
                raise
        time.sleep(0.2)
    raise AssertionError("it did not come to be")


@pytest.fixture(scope="module")
def both(demo_home, tmp_path_factory):
    systems = [System(copy_home(demo_home, tmp_path_factory.mktemp(name))) for name in ("city", "village")]
    for system in systems:
        system.served.wait_until_ready()
    yield systems
    for system in systems:
        system.served.stop()


def test_city_and_village_exchange_over_http(both):
    city, village = both
    up, down = ["cases", "grids.village", "indicators"], ["cases", "classes"]
    body = {"sends": down, "takes": up, "roles": ["department"]}
    secret = city.ask("PUT", "/v1/federation/village", body)["secret"]
    body = {"sends": up, "takes": down, "roles": ["acceptor", "leader"], "secret": secret, "direction": "both"}
    line = {"address": city.served.url, "remote": "village", "api_key": city.line_key}
    village.ask("PUT", "/v1/federation/city", {**body, **line})

    case = village.ask("POST", "/v1/cases", {"class": "E0112", "at": PLACE, "source": "inspector"})["id"]
    village.ask("POST", f"/v1/cases/{case}/files", PIXEL)
    village.ask("POST", "/v1/grids/village", {"code": "V-1", "geometry": FIELD, "valid_from": "2026-01-01"})

    copy = until(lambda: city.ask("GET", f"/v1/federation/village/cases/{case}"))
    assert copy["case"]["lonlat"] == PLACE
    file = until(lambda: city.ask("GET", f"/v1/federation/village/cases/{case}")["files"])[0]
    assert until(lambda: city.ask("GET", file["href"])) == PIXEL
    assert until(lambda: city.ask("GET", "/v1/grids/village/V-1"))["properties"]["code"] == "V-1"

    asked = city.ask("POST", f"/v1/federation/village/cases/{case}/actions/accept", {"text": "go on"})
    assert asked["state"] == "waiting"
    city.ask("POST", f"/v1/federation/village/cases/{case}/actions/check", {})
    answers = until(
        lambda: (found := city.ask("GET", "/v1/federation/village/requests")["requests"])[-1]["answered_at"] and found
    )
    assert [each["state"] for each in answers] == ["done", "refused"]
    assert village.ask("GET", f"/v1/cases/{case}")["stage"] == "accepted"
    until(lambda: city.ask("GET", f"/v1/federation/village/cases/{case}")["case"]["stage"] == "accepted")
    entries = city.ask("GET", f"/v1/federation/village/cases/{case}/timeline")["entries"]
    assert [each["action"] for each in entries] == ["report", "file_added", "accept"]

    state = village.ask("GET", "/v1/federation/city")["state"]
    assert (state["failures"], state["dead"], state["last_error"]) == (0, 0, "")
