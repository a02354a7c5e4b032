"""Whatever the lane answers is what the framework answers, and it counts and checks the same."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from flask import Flask
from werkzeug.test import Client

from location_cloud.access.service import issue_key
from location_cloud.app import create_app, utc_now
from location_cloud.http.lane import Lane, _is_plain
from location_cloud.settings import Settings
from tests.conftest import copy_home

HERE, THERE, CORNER = "24.9384,60.1699", "24.9458,60.1640", "24.941,60.168"
ROUTE, TABLE = f"/osrm/route/v1/car/{HERE};{THERE}", f"/osrm/table/v1/foot/{HERE};{THERE};{CORNER}"
OURS = f"/v1/route?from={HERE}&to={THERE}"
OWN = {"X-Request-Id", "Server-Timing", "Date"}
"""Headers that differ between any two answers."""

GOOD = [
    ROUTE,
    f"{ROUTE}?overview=full&geometries=geojson&steps=true",
    f"{ROUTE}?overview=false",
    f"{ROUTE}?alternatives=2&annotations=true",
    f"{ROUTE}?steps=tru%65",
    f"/osrm/route/v1/driving/{HERE};{CORNER};{THERE}?geometries=polyline6&overview=simplified",
    f"/osrm/route/v1/bike/{HERE}%3B{THERE}",
    TABLE,
    f"{TABLE}?annotations=duration,distance&sources=0&destinations=1;2",
    f"{OURS}",
    f"{OURS}&profile=foot&lang=en&geometry=polyline6",
    f"{OURS}&geometry=none&steps=false",
    f"{OURS}&exclude=toll,ferry&season=winter&radius_m=500",
    f"/v1/isochrone?at={HERE}&minutes=2,5",
    f"/v1/isochrone?at={HERE}&metres=400&direction=to&output=edges&profile=foot",
]
BAD = [
    f"/osrm/route/v1/car/{HERE}",
    f"/osrm/route/v1/car/{HERE};{THERE}/",
    f"/osrm/route/v1/car/{HERE};nan,nan",
    f"/osrm/route/v1/car/{HERE};0,0",
    f"/osrm/route/v1/plane/{HERE};{THERE}",
    f"/osrm/route/v1/CAR/{HERE};{THERE}",
    "/osrm/route/v1/car/",
    "/osrm/route/v1/car",
    f"/osrm/route/v2/car/{HERE};{THERE}",
    f"{ROUTE}?nonsense=1",
    f"{ROUTE}?steps=perhaps",
    f"{ROUTE}?steps=true&steps=false",
    f"{ROUTE}?crs=bd09",
    f"{ROUTE}?key=lc_wrong",
    f"{ROUTE}?k%65y=lc_wrong",
    f"{ROUTE}?hints=" + "x" * 70_000,
    f"{TABLE}?sources=7",
    f"/osrm/table/v1/car/{HERE};{'1,1;' * 8000}{THERE}",
    f"{OURS}&lang=xx",
    f"{OURS}&crs=none",
    f"{OURS}&from=1,1",
    f"/v1/route?from={HERE}",
    "/v1/route?from=24.94&to=60.17,24.95,60.16",
    "/osrm/route/v1/car/24.94;60.17,24.95,60.16",
    f"/v1/isochrone?at={HERE}&minutes=500",
    f"/v1/route?from={HERE}&to=0,0",
]


@pytest.fixture(scope="module")
def flask(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    app = create_app(Settings(home=copy_home(demo_home, tmp_path_factory.mktemp("lane")), log="off"))
    yield app
    app.extensions["location_cloud"].close()


class Caller(Client):
    """Somebody on this machine, unless the test says otherwise."""

    def open(self, *parts, environ_overrides=None, **more):
        overrides = {"REMOTE_ADDR": "127.0.0.1", **(environ_overrides or {})}
        return super().open(*parts, environ_overrides=overrides, **more)


@pytest.fixture
def lane(flask: Flask) -> Client:
    """A caller of the whole product."""
    assert isinstance(flask.wsgi_app, Lane)
    return Caller(flask.wsgi_app)


@pytest.fixture
def framework(flask: Flask) -> Client:
    """A caller past the lane."""
    return Caller(flask.wsgi_app._inner)


def shown(answer):
    """What must be equal: status, headers, body."""
    headers = sorted(
        (name, sorted(value.split(", ")) if name == "Vary" else value)
        for name, value in answer.headers.items()
        if name not in OWN
    )
    if answer.status_code >= 400:  # its text names the request, in OSRM's form it does not
        body = {name: value for name, value in (answer.get_json() or {}).items() if name != "request_id"}
        return answer.status_code, [each for each in headers if each[0] != "Content-Length"], body
    data = answer.get_data()
    packed = "Content-Encoding" in answer.headers
    body = orjson.loads(gzip.decompress(data) if packed else data) if data else None
    # the lane writes 12 for 12.0
    return answer.status_code, [each for each in headers if each[0] != "Content-Length"], body


def took_the_lane(answer):
    """The framework also tells how long reading took."""
    return "read;dur" not in answer.headers["Server-Timing"]


@pytest.mark.parametrize("headers", [{}, {"Accept-Encoding": "gzip, br"}, {"Accept-Language": "en"}], ids=str)
@pytest.mark.parametrize("url", GOOD)
def test_plain_questions_get_the_framework_s_answer(url, headers, lane, framework):
    answer = lane.get(url, headers=headers)
    assert answer.status_code == 200
    assert took_the_lane(answer)
    assert shown(answer) == shown(framework.get(url, headers=headers))


@pytest.mark.parametrize("url", BAD)
def test_wrong_questions_get_the_framework_s_error(url, lane, framework):
    answer = lane.get(url)
    assert 400 <= answer.status_code < 500
    assert shown(answer) == shown(framework.get(url))


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://a.example"},
        {"X-Request-Id": "mine"},
        {"Range": "bytes=0-9"},
        {"Accept-Encoding": "gzip; q=0"},
        {"Accept-Encoding": "gzip;q=0.5"},
    ],
    ids=str,
)
def test_what_needs_more_than_a_plain_answer_is_left_to_the_framework(headers, lane, framework):
    url = f"{ROUTE}?steps=true"
    answer = lane.get(url, headers=headers)
    assert not took_the_lane(answer)
    assert shown(answer) == shown(framework.get(url, headers=headers))


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "POST", "DELETE"])
def test_other_methods_are_the_framework_s(method, lane, framework):
    assert shown(lane.open(ROUTE, method=method)) == shown(framework.open(ROUTE, method=method))


def test_a_small_answer_goes_out_as_it_is_and_a_large_one_packed(lane):
    small = lane.get(f"{ROUTE}?overview=false", headers={"Accept-Encoding": "gzip"})
    large = lane.get(f"{ROUTE}?steps=true", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in small.headers
    assert large.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(large.get_data()) == lane.get(f"{ROUTE}?steps=true").get_data()


def test_every_answer_is_counted(flask, lane):
    def counted():
        lines = lane.get("/metrics").get_data(as_text=True).splitlines()
        return sum(
            float(line.rsplit(" ", 1)[1]) for line in lines if 'osrm.route"' in line and "requests_total" in line
        )

    before = counted()
    lane.get(ROUTE)
    lane.get(f"{ROUTE}?nonsense=1")
    assert counted() - before == 2


def test_an_answer_names_its_snapshot_and_a_fresh_request(lane, flask):
    one, other = lane.get(ROUTE), lane.get(ROUTE)
    world = flask.extensions["location_cloud"].worlds.current()
    assert one.headers["Location-Cloud-Snapshot"] == world.snapshot.id
    assert one.headers["X-Request-Id"] != other.headers["X-Request-Id"]


# --- keys -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "environ"),
    [
        ({"X-Forwarded-For": "203.0.113.9"}, {}),
        ({"Forwarded": "for=203.0.113.9"}, {}),
        ({"Via": "1.1 proxy"}, {}),
        ({"Host": "rebound.example"}, {}),
        ({}, {"REMOTE_ADDR": "203.0.113.9"}),
        ({"X-API-Key": "lc_wrong"}, {}),
        ({"Authorization": "Bearer lc_wrong"}, {}),
        ({"Authorization": "Basic eDp5"}, {"REMOTE_ADDR": "203.0.113.9"}),
    ],
    ids=str,
)
def test_who_is_not_here_needs_a_key_in_the_lane_too(headers, environ, lane, framework):
    answer = lane.get(ROUTE, headers=headers, environ_overrides=environ)
    assert answer.status_code == 401
    assert shown(answer) == shown(framework.get(ROUTE, headers=headers, environ_overrides=environ))


def test_a_key_opens_the_lane_and_one_for_something_else_does_not(flask, lane):
    live = flask.extensions["location_cloud"].live
    away = {"REMOTE_ADDR": "203.0.113.9"}
    _, reading = issue_key(live, "default", "reading", ("directions:read",), utc_now())
    _, other = issue_key(live, "default", "other", ("layers:read",), utc_now())
    asked = [
        (ROUTE, {"X-API-Key": reading}),
        (ROUTE, {"Authorization": f"Bearer {reading}"}),
        (f"{ROUTE}?key={reading}&overview=false", {}),
    ]
    assert _is_plain("key=lc_98d4_a-b_c")
    for address, headers in asked:
        answer = lane.get(address, headers=headers, environ_overrides=away)
        assert answer.status_code == 200
        assert took_the_lane(answer)
    assert lane.get(ROUTE, headers={"X-API-Key": other}, environ_overrides=away).status_code == 403
    assert lane.get(f"{ROUTE}?key={other}", environ_overrides=away).status_code == 403


def test_an_answer_to_a_key_is_for_no_shared_cache(flask, lane, framework):
    live = flask.extensions["location_cloud"].live
    _, key = issue_key(live, "default", "maps", ("maps:read",), utc_now())
    for caller in (lane, framework):
        assert caller.get("/tiles/base/13/4663/2370.mvt").headers["Cache-Control"].startswith("public")
        for address, headers in (("", {"X-API-Key": key}), (f"?key={key}", {})):
            answer = caller.get(f"/tiles/base/13/4663/2370.mvt{address}", headers=headers)
            assert answer.headers["Cache-Control"].startswith("private")
