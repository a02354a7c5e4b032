"""The plainest route questions, answered in one compiled call, are told what the long way tells."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient

from location_cloud.directions import api, api_osrm, guided_path
from location_cloud.directions.wording import LANGUAGES
from location_cloud.errors import BadQuery
from location_cloud.http.lane import PlainCall
from routing import scratch

SOUTH_WEST, NORTH_EAST = (24.935, 60.163), (24.955, 60.175)
PAIRS = 25


@pytest.fixture(scope="module")
def call(app: Flask) -> PlainCall:
    return PlainCall(app.extensions["location_cloud"].worlds.current(), "default")


def addresses() -> list[str]:
    points = np.random.default_rng(7).uniform(SOUTH_WEST, NORTH_EAST, (PAIRS, 2, 2)).round(6)
    return [";".join(f"{lon},{lat}" for lon, lat in pair) for pair in points.tolist()]


def assert_alike(one: Any, other: Any, at: str = "") -> None:
    """Equal but for the last digit of what is rounded to tenths."""
    if isinstance(one, int | float):
        assert one == pytest.approx(other, abs=0.1001), at
        return
    assert type(one) is type(other), at
    if isinstance(one, dict):
        assert one.keys() == other.keys(), at
        for key in one:
            assert_alike(one[key], other[key], f"{at}/{key}")
    elif isinstance(one, list):
        assert len(one) == len(other), at
        for place, pair in enumerate(zip(one, other)):
            assert_alike(*pair, f"{at}/{place}")
    else:
        assert one == other, at


@pytest.mark.parametrize("profile", ["car", "bike", "foot"])
@pytest.mark.parametrize("overview", ["false", "full", "simplified"])
@pytest.mark.parametrize("geometries", ["geojson", "polyline", "polyline6"])
def test_osrm_is_told_in_the_lane_what_the_long_way_tells(
    call: PlainCall, profile: str, overview: str, geometries: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = 0
    for address, steps in itertools.product(addresses(), ("true", "false")):
        asked = {"overview": overview, "geometries": geometries, "steps": steps}
        long = api_osrm.route_bytes(call, profile, address, asked)
        with monkeypatch.context() as patch:
            patch.setattr(api_osrm, "route_bytes", lambda *_: None)
            quick = api_osrm.plain_route(call, f"{profile}/{address}", "&".join(f"{k}={asked[k]}" for k in asked))
        if quick is not None:
            assert_alike(orjson.loads(quick), orjson.loads(long))
            plain += 1
    assert plain > PAIRS


@pytest.mark.parametrize("profile", ["car", "bicycle", "foot"])
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("geometry", ["geojson", "polyline5", "polyline6", "none"])
def test_our_own_route_is_told_in_the_lane_as_by_the_long_way(
    call: PlainCall, client: FlaskClient, profile: str, language: str, geometry: str
) -> None:
    plain = 0
    for address, steps in itertools.product(addresses(), ("true", "false")):
        query = "from={}&to={}".format(*address.split(";"))
        query += f"&profile={profile}&lang={language}&geometry={geometry}&steps={steps}"
        quick = api.plain_route(call, "", query)
        if quick is not None:
            assert_alike(orjson.loads(quick), client.get(f"/v1/route?{query}").json)
            plain += 1
    assert plain > PAIRS


@pytest.mark.parametrize(
    "query",
    [
        "",
        "from=24.94,60.17",
        "from=24.94,60.17&to=24.95",
        "from=24.94&to=60.17,24.95,60.16&lang=en",
        "from=2_4.94,60.17&to=24.95,60.16&lang=en",
        "from=24.94,60.17&to=24.95,nan&lang=en",
        "from=24.94,60.17&to=24.95,91&lang=en",
        "from=24.94,60.17&to=24.95,60.17&lang=fi",
        "from=24.94,60.17&to=24.95,60.17&lang=en&via=24.94,60.17",
        "from=24.94,60.17&to=24.95,60.17&lang=en&crs=gcj02",
    ],
)
def test_what_is_not_plain_is_left_to_the_long_way(call: PlainCall, query: str) -> None:
    assert api.plain_route(call, "", query) is None


@pytest.mark.parametrize("places", ["24.94;60.17,24.95,60.16", "24.94,60.17,24.95;60.16", "24.94,60.17;24.95,nan"])
def test_osrm_s_coordinates_are_read_in_the_lane_as_by_the_long_way(call: PlainCall, places: str) -> None:
    with pytest.raises(BadQuery):
        api_osrm.plain_route(call, f"car/{places}", "overview=false")


def test_waypoints_and_hints_may_be_left_out(call: PlainCall) -> None:
    path = f"car/{addresses()[0]}"
    assert "waypoints" not in orjson.loads(api_osrm.plain_route(call, path, "skip_waypoints=true") or b"")
    assert b'"hint"' not in (api_osrm.plain_route(call, path, "generate_hints=false") or b'"hint"')


def test_a_long_answer_finds_room(call: PlainCall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guided_path, "FIRST_ROOM", 16)
    monkeypatch.setattr(scratch, "_free", [])
    answers = [
        api_osrm.plain_route(call, f"car/{address}", "overview=full&geometries=geojson&steps=true")
        for address in addresses()
    ]
    assert all(orjson.loads(answer or b"")["code"] == "Ok" for answer in answers)
