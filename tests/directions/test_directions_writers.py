"""The plainest route questions, answered in one compiled call, are told what the long way tells."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient

from location_cloud.access.model import Caller
from location_cloud.directions import api, api_osrm, guided_path, json_bytes, osrm, service
from location_cloud.directions.model import Ask
from location_cloud.directions.table_bytes import osrm_table_bytes
from location_cloud.directions.wording import LANGUAGES
from location_cloud.errors import BadQuery
from location_cloud.http.lane import PlainCall
from location_cloud.spatial.measure import distance_m
from routing import scratch
from routing.trip import CLOSED

SOUTH_WEST, NORTH_EAST = (24.935, 60.163), (24.955, 60.175)
PAIRS = 25


@pytest.fixture(scope="module")
def call(app: Flask) -> PlainCall:
    return PlainCall(app.extensions["location_cloud"].worlds.current(), Caller("default", frozenset()), {})


def addresses() -> list[str]:
    """The last one is of a place to itself."""
    points = np.random.default_rng(7).uniform(SOUTH_WEST, NORTH_EAST, (PAIRS, 2, 2)).round(6)
    points[-1, 1] = points[-1, 0]
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
@pytest.mark.parametrize("alternatives", ["0", "3"])
def test_osrm_is_told_in_the_lane_what_the_long_way_tells(
    call: PlainCall, profile: str, overview: str, geometries: str, alternatives: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = routes = 0
    for address, steps in itertools.product(addresses(), ("true", "false")):
        asked = {"overview": overview, "geometries": geometries, "steps": steps, "alternatives": alternatives}
        long = api_osrm.route_bytes(call, profile, address, asked)
        with monkeypatch.context() as patch:
            patch.setattr(api_osrm, "route_bytes", lambda *_: None)
            quick = api_osrm.plain_route(call, f"{profile}/{address}", "&".join(f"{k}={asked[k]}" for k in asked))
        if quick is not None:
            assert_alike(orjson.loads(quick), orjson.loads(long))
            plain += 1
            routes += len(orjson.loads(quick)["routes"])
    assert plain > PAIRS
    assert (routes > plain) == (alternatives == "3")


@pytest.mark.parametrize("profile", ["car", "bicycle", "foot"])
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("geometry", ["geojson", "polyline5", "polyline6", "none"])
@pytest.mark.parametrize("alternatives", [0, 3])
def test_our_own_route_is_told_in_the_lane_as_by_the_long_way(
    call: PlainCall, client: FlaskClient, profile: str, language: str, geometry: str, alternatives: int
) -> None:
    plain = 0
    for address, steps in itertools.product(addresses(), ("true", "false")):
        query = "from={}&to={}".format(*address.split(";"))
        query += f"&profile={profile}&lang={language}&geometry={geometry}&steps={steps}&alternatives={alternatives}"
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


@pytest.mark.parametrize("where", ["input", "snapped"])
def test_a_cell_without_a_way_is_guessed_along_the_straight_line_if_one_asks(call: PlainCall, where: str) -> None:
    options = {"fallback_speed": "10", "fallback_coordinate": where, "annotations": "duration,distance"}
    asked = osrm.read_question("table", addresses()[0], options)
    found = service.find_matrix(call.world, Ask("car"), asked.places, asked.places, True)
    cut = np.array([[0, CLOSED], [found.durations_ms[1, 0], 0]], np.int32)
    matrix = replace(found, durations_ms=cut, distances_cm=cut)
    answer = orjson.loads(osrm_table_bytes(service.get_roads(call.world), asked, matrix))
    ends = [snap.lonlat if where == "snapped" else place.lonlat for snap, place in zip(found.sources, asked.places)]
    away_m = distance_m(*ends)[0]
    assert answer["fallback_speed_cells"] == [[0, 1]]
    assert answer["durations"][0][1] == pytest.approx(away_m / 10.0, abs=0.06)
    assert answer["distances"][0][1] == pytest.approx(away_m, abs=0.06)


def test_a_table_leaves_out_places_and_guesses_nothing_unless_asked(call: PlainCall) -> None:
    answer = orjson.loads(api_osrm.plain_table(call, f"car/{addresses()[0]}", "skip_waypoints=true") or b"")
    assert answer.keys() == {"code", "durations"}
    with pytest.raises(BadQuery, match="fallback_speed"):
        osrm.read_question("table", addresses()[0], {"fallback_speed": "0"})


def test_who_asks_what_is_near_hears_what_the_answer_was_made_from(client: FlaskClient) -> None:
    answer = client.get("/v1/nearest?at=24.9384,60.1699").json
    route = client.get("/v1/route?from=24.9384,60.1699&to=24.9458,60.1640").json
    assert {answer[key] == route[key] for key in ("snapshot", "metric_version", "as_of")} == {True}


def test_a_long_answer_finds_room(call: PlainCall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guided_path, "FIRST_ROOM", 16)
    monkeypatch.setattr(scratch, "_free", [])
    answers = [
        api_osrm.plain_route(call, f"car/{address}", "overview=full&geometries=geojson&steps=true")
        for address in addresses()
    ]
    assert all(orjson.loads(answer or b"")["code"] == "Ok" for answer in answers)


def test_coordinates_are_written_to_the_digit() -> None:
    chance, out, begin = np.random.default_rng(3), np.zeros(1 << 16, np.uint8), np.empty(1001, np.int32)
    line = chance.integers((-1_800_000_000, -900_000_000), (1_800_000_001, 900_000_001), (1000, 2)).astype(np.int32)
    line[::3] //= 10_000_000 // 10 ** chance.integers(0, 8, (len(line[::3]), 1))
    line[:4] = [[0, 0], [-4, 4], [-5, 5], [-1_800_000_000, 900_000_000]]
    told = out[: json_bytes.put_points(out, begin, line, 1000) - 1].tobytes()
    millionths = np.sign(line) * ((np.abs(line.astype(np.int64)) + 5) // 10)
    assert orjson.loads(b"[%b]" % told) == (millionths / 1e6).tolist()
    told = out[: json_bytes.put_points_e7(out, 0, line, 1000)].tobytes()
    assert orjson.loads(b"[%b]" % told) == (line / 1e7).tolist()
