"""Our answers have the shape of real OSRM's and Valhalla's: the same questions on the same extract, key by key.

PEER_REQUESTS=1000 asks more than the usual 200.
"""

from __future__ import annotations

import importlib.resources
import json
import os
import random
import statistics
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from tests.parts.peers import PeersMissingError, start_osrm, start_valhalla

pytestmark = pytest.mark.parts

REQUESTS = int(os.environ.get("PEER_REQUESTS", "200"))
WEST, SOUTH, EAST, NORTH = 24.928, 60.160, 24.956, 60.176
"""Inside the demo extract of central Helsinki."""

Shape = set[tuple[str, str]]


@pytest.fixture(scope="module")
def extract() -> Iterator[Any]:
    demo = importlib.resources.files("location_cloud.data") / "demo/helsinki-centre.osm.pbf"
    with importlib.resources.as_file(demo) as file:
        yield file


@pytest.fixture(scope="module")
def osrm(extract, tmp_path_factory):
    try:
        with start_osrm(extract, tmp_path_factory.mktemp("osrm")) as url:
            yield url
    except PeersMissingError as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="module")
def valhalla(extract, tmp_path_factory):
    try:
        with start_valhalla(extract, tmp_path_factory.mktemp("vh")) as url:
            yield url
    except PeersMissingError as reason:
        pytest.skip(str(reason))


def points(count: int, seed: int) -> list[list[tuple[float, float]]]:
    """Random questions of so many places each."""
    dice = random.Random(seed)
    return [
        [(round(dice.uniform(WEST, EAST), 5), round(dice.uniform(SOUTH, NORTH), 5)) for _ in range(count)]
        for _ in range(REQUESTS)
    ]


def ask(url: str, body: Any = None) -> tuple[int, Any]:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def shape(value: Any, path: str = "") -> Shape:
    """Every path in a JSON value with the kind of what stands there; list items share one path."""
    if isinstance(value, dict):
        inner = [shape(each, f"{path}.{name}") for name, each in value.items()]
        return {(path, "object")}.union(*inner)
    if isinstance(value, list):
        return {(path, "array")}.union(*(shape(each, path + "[]") for each in value))
    kinds = {bool: "flag", int: "number", float: "number", str: "text"}
    return {(path, "null" if value is None else kinds[type(value)])}


def compare(pairs: Iterable[tuple[Any, Any]], lacking: Iterable[str] = (), extra: Iterable[str] = ()) -> None:
    """Ours has every key of theirs but `lacking`, with values of their kinds, and nothing more but `extra`."""
    ours: Shape = set()
    theirs: Shape = set()
    for own, other in pairs:
        ours |= shape(own)
        theirs |= shape(other)
    own_paths, their_paths = {path for path, _ in ours}, {path for path, _ in theirs}

    def unlike(paths: set[str], allowed: Iterable[str]) -> list[str]:
        return sorted(path for path in paths if not path.startswith(tuple(allowed)))

    assert unlike(their_paths - own_paths, lacking) == [], "theirs has what ours lacks"
    assert unlike(own_paths - their_paths, extra) == [], "ours has what theirs lacks"
    known = own_paths & their_paths
    assert sorted((path, kind) for path, kind in ours - theirs if path in known) == [], "another kind of value"


def answered(ours: str, theirs: str, questions: Iterable[tuple[str, Any]]) -> list[tuple[Any, Any]]:
    """The answers to questions that both could answer.

    Ours must answer whatever theirs does; theirs finds no way more often on an extract so small, as they turn round
    nowhere but at dead ends.
    """
    found = []
    for path, body in questions:
        (own_status, own), (status, other) = ask(ours + path, body), ask(theirs + path, body)
        assert own_status == 200 or status != 200, f"{path} {body}: {own}"
        if own_status == status == 200:
            found.append((own, other))
    assert found
    return found


def near(pairs: Iterable[tuple[float, float]], share: float = 0.05) -> None:
    """The median difference of distances: speeds differ between engines, and so do some of the ways."""
    shares = [abs(own - other) / other for own, other in pairs if other > 100]
    assert statistics.median(shares) < share


# --- OSRM ----------------------------------------------------------------------------------------------------------


def joined(places: Iterable[tuple[float, float]]) -> str:
    return ";".join(f"{lon},{lat}" for lon, lat in places)


STEP = ".routes[].legs[].steps[]"


def test_osrm_routes_have_the_same_shape_and_length(served, osrm):
    options = "steps=true&annotations=true&overview=full&geometries=geojson"
    questions = [(f"/route/v1/car/{joined(pair)}?{options}", None) for pair in points(2, 1)]
    pairs = answered(f"{served}/osrm", osrm, questions)
    compare(pairs, lacking=OSRM_RARE, extra=OSRM_RARE)
    near((own["routes"][0]["distance"], other["routes"][0]["distance"]) for own, other in pairs)


OSRM_RARE = (
    f"{STEP}.ref",
    f"{STEP}.exits",
    f"{STEP}.destinations",
    f"{STEP}.rotary_name",
    f"{STEP}.maneuver.exit",
    f"{STEP}.maneuver.modifier",
    f"{STEP}.intersections[].lanes",
    f"{STEP}.intersections[].classes",
)
"""Told where there is something to tell: which ways are taken decides whether one of a few hundred has it."""


def test_osrm_polylines_and_alternatives_have_the_same_shape(served, osrm):
    questions = [
        (f"/route/v1/car/{joined(pair)}?alternatives=3&overview=simplified", None) for pair in points(2, 2)[:50]
    ]
    compare(answered(f"{served}/osrm", osrm, questions))


def test_osrm_tables_have_the_same_shape_and_lengths(served, osrm):
    options = "annotations=duration,distance"
    questions = [(f"/table/v1/car/{joined(four)}?{options}", None) for four in points(4, 3)[:50]]
    pairs = answered(f"{served}/osrm", osrm, questions)
    compare(pairs)
    near((own["distances"][0][1] or 0, other["distances"][0][1] or 0) for own, other in pairs)


def test_osrm_nearest_and_trip_have_the_same_shape(served, osrm):
    near_by = [(f"/nearest/v1/car/{joined(one)}?number=3", None) for one in points(1, 4)[:50]]
    compare(answered(f"{served}/osrm", osrm, near_by))
    trips = [(f"/trip/v1/car/{joined(four)}?steps=false&overview=full", None) for four in points(4, 5)[:30]]
    compare(answered(f"{served}/osrm", osrm, trips))


@pytest.mark.parametrize(
    "path",
    [
        "/route/v1/car/24.94,60.17",
        "/route/v1/car/24.94,60.17;x",
        "/route/v1/car/24.94,60.17;200,60",
        "/route/v1/car/24.94,60.17;24.95,60.17?steps=perhaps",
        "/route/v1/car/24.94,60.17;24.95,60.17?radiuses=1",
        "/route/v1/car/24.94,60.17;24.95,60.17?radiuses=0.01;0.01",
        "/table/v1/car/24.94,60.17;24.95,60.17?sources=7",
    ],
)
def test_osrm_errors_have_the_same_status_and_code(served, osrm, path):
    (own_status, own), (status, other) = ask(f"{served}/osrm{path}"), ask(osrm + path)
    assert (own_status, own["code"]) == (status, other["code"])
    assert shape(own) == shape(other)


# --- Valhalla ------------------------------------------------------------------------------------------------------


def located(places: Iterable[tuple[float, float]]) -> list[dict[str, float]]:
    return [{"lat": lat, "lon": lon} for lon, lat in places]


LEG = ".trip.legs[].maneuvers[]"
VALHALLA_RARE = (
    ".trip.warnings",
    ".trip.legs[].summary.level_changes",
    ".trip.locations[].side_of_street",
    f"{LEG}.street_names",
    f"{LEG}.begin_street_names",
    f"{LEG}.sign",
    f"{LEG}.rough",
    f"{LEG}.toll",
    f"{LEG}.highway",
    f"{LEG}.ferry",
    f"{LEG}.lanes",
    f"{LEG}.landmarks",
    f"{LEG}.roundabout_exit_count",
    f"{LEG}.roundabout_turn_degrees",
    f"{LEG}.verbal_multi_cue",
)


@pytest.mark.parametrize(("costing", "share"), [("auto", 0.05), ("pedestrian", 0.05), ("bicycle", 0.15)])
def test_valhalla_routes_have_the_same_shape_and_length(served, valhalla, costing, share):
    questions = [("/route", {"locations": located(pair), "costing": costing}) for pair in points(2, 6)]
    pairs = answered(f"{served}/valhalla", valhalla, questions)
    compare(pairs, lacking=VALHALLA_RARE, extra=VALHALLA_RARE)
    lengths = ((own["trip"]["summary"]["length"], other["trip"]["summary"]["length"]) for own, other in pairs)
    near(((own * 1000, other * 1000) for own, other in lengths), share)


def test_valhalla_matrices_have_the_same_shape_but_for_headings(served, valhalla):
    questions = [
        ("/sources_to_targets", {"sources": located(four[:2]), "targets": located(four[2:]), "costing": "pedestrian"})
        for four in points(4, 7)[:50]
    ]
    lacking = (".sources_to_targets[][].begin_heading", ".sources_to_targets[][].end_heading")
    extra = [f".sources_to_targets[][].{end}_{axis}" for end in ("begin", "end") for axis in ("lat", "lon")]
    compare(answered(f"{served}/valhalla", valhalla, questions), lacking=lacking, extra=extra)
    plain = [(path, {**body, "verbose": False}) for path, body in questions[:10]]
    compare(answered(f"{served}/valhalla", valhalla, plain))


def test_valhalla_isochrones_have_the_same_shape(served, valhalla):
    asked = {"costing": "pedestrian", "contours": [{"time": 3}, {"time": 6}], "show_locations": True}
    for polygons in (True, False):
        questions = [
            ("/isochrone", {"locations": located(one), **asked, "polygons": polygons}) for one in points(1, 8)[:20]
        ]
        compare(answered(f"{served}/valhalla", valhalla, questions))


def test_valhalla_locate_and_optimised_routes_have_the_same_shape(served, valhalla):
    found = [("/locate", {"locations": located(one), "costing": "auto"}) for one in points(1, 9)[:30]]
    compare(answered(f"{served}/valhalla", valhalla, found), lacking=("[].nodes[]",))
    rounds = [
        ("/optimized_route", {"locations": located(five), "costing": "pedestrian"}) for five in points(5, 10)[:15]
    ]
    compare(answered(f"{served}/valhalla", valhalla, rounds), lacking=VALHALLA_RARE, extra=VALHALLA_RARE)


A, B = {"lat": 60.17, "lon": 24.94}, {"lat": 60.165, "lon": 24.945}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/route", {"locations": [A, {"lat": 61, "lon": 25}], "costing": "auto"}),
        ("/route", {"locations": [A, {"lat": 0, "lon": 0}], "costing": "auto"}),
        ("/route", {"locations": [A], "costing": "auto"}),
        ("/route", {"costing": "auto"}),
        ("/route", {"locations": [A, B]}),
        ("/route", {"locations": [A, B], "costing": "plane"}),
        ("/route", {"locations": [A, {"lat": 60}], "costing": "auto"}),
        ("/route", {"locations": [A, B], "costing": "auto", "date_time": {"type": 1}}),
        ("/route", {"locations": [A, B], "costing": "auto", "date_time": {"type": 1, "value": "tomorrow"}}),
        ("/isochrone", {"locations": [A], "costing": "auto"}),
        ("/isochrone", {"locations": [A], "costing": "auto", "contours": [{"time": 500}]}),
        ("/isochrone", {"locations": [A], "costing": "auto", "contours": [{"distance": 500}]}),
        ("/sources_to_targets", {"sources": [A], "costing": "auto"}),
        ("/height", {}),
    ],
)
def test_valhalla_errors_have_the_same_status_and_code(served, valhalla, path, body):
    (own_status, own), (status, other) = ask(f"{served}/valhalla{path}", body), ask(valhalla + path, body)
    assert (own_status, own["error_code"]) == (status, other["error_code"])
    assert shape(own) == shape(other)
