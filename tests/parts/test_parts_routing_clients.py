"""The clients of other routing engines, unmodified, work against the served product as against their own servers."""

from __future__ import annotations

from typing import Any

import openrouteservice
import osrm
import pytest
import routingpy
from openrouteservice.exceptions import ApiError as OrsError
from routingpy.exceptions import RouterApiError

pytestmark = pytest.mark.parts

HERE, THERE, BESIDE = [24.9384, 60.1699], [24.9458, 60.1640], [24.9420, 60.1680]
BOX = ((24.925, 60.155), (24.960, 60.180))
"""Central Helsinki: the demo."""

AT_SEA = [25.30, 59.80]
ENGINES = ("osrm", "valhalla", "ors", "graphhopper")
CAR = {"osrm": "car", "valhalla": "auto", "ors": "driving-car", "graphhopper": "car"}
FOOT = {"osrm": "foot", "valhalla": "pedestrian", "ors": "foot-walking", "graphhopper": "foot"}


def router(engine: str, url: str) -> Any:
    """routingpy's client of an engine, asking the product."""
    base = f"{url}/{engine}"
    quiet = {"retry_timeout": 1}
    if engine == "osrm":
        return routingpy.OSRM(base_url=base, **quiet)
    if engine == "valhalla":
        return routingpy.Valhalla(base_url=base, **quiet)
    if engine == "ors":
        return routingpy.ORS(base_url=base, **quiet)
    return routingpy.Graphhopper(base_url=base, **quiet)


def is_in_town(lon: float, lat: float) -> bool:
    (west, south), (east, north) = BOX
    return west < lon < east and south < lat < north


@pytest.mark.parametrize("engine", ENGINES)
def test_routingpy_reads_directions(engine, served):
    found = router(engine, served).directions([HERE, THERE], profile=CAR[engine])
    assert 500 < found.distance < 5000
    assert 60 < found.duration < 1200
    line = [point[:2] for point in found.geometry]
    lonlats = line if line[0][0] < 50 else [point[::-1] for point in line]
    assert all(is_in_town(*point) for point in lonlats)


@pytest.mark.parametrize("engine", ENGINES)
def test_all_four_tell_the_same_route(engine, served):
    expected = router("osrm", served).directions([HERE, THERE], profile="car")
    found = router(engine, served).directions([HERE, THERE], profile=CAR[engine])
    assert found.distance == pytest.approx(expected.distance, abs=2)
    assert found.duration == pytest.approx(expected.duration, abs=2)


@pytest.mark.parametrize("engine", ENGINES)
def test_routingpy_reads_a_matrix_that_agrees_with_the_route(engine, served):
    client = router(engine, served)
    route = client.directions([HERE, THERE], profile=FOOT[engine])
    extra = {"graphhopper": {"out_array": ["times", "distances"]}, "ors": {"metrics": ["duration", "distance"]}}
    found = client.matrix([HERE, THERE, BESIDE], profile=FOOT[engine], **extra.get(engine, {}))
    assert found.durations[0][1] == pytest.approx(route.duration, abs=2)
    assert found.distances[0][1] == pytest.approx(route.distance, abs=3)
    assert [found.durations[i][i] for i in range(3)] == [0, 0, 0]


@pytest.mark.parametrize("engine", ["valhalla", "ors"])
def test_routingpy_reads_isochrones(engine, served):
    found = router(engine, served).isochrones(HERE, profile=FOOT[engine], intervals=[120, 300])
    assert [isochrone.interval for isochrone in found] == [120, 300]
    assert all(len(isochrone.geometry) for isochrone in found)


def test_routingpy_reads_graphhoppers_isochrones(served):
    found = router("graphhopper", served).isochrones(HERE, profile="foot", intervals=[300], buckets=3)
    assert [isochrone.interval for isochrone in found] == [100, 200, 300]


def test_routingpy_reads_valhallas_expansion(served):
    found = router("valhalla", served).expansion(HERE, "auto", [60])
    assert len(list(found)) > 0


@pytest.mark.parametrize("engine", ENGINES)
def test_routingpy_raises_its_own_error_at_sea(engine, served):
    with pytest.raises(RouterApiError) as raised:
        router(engine, served).directions([HERE, AT_SEA], profile=CAR[engine])
    words = {"osrm": "NoSegment", "valhalla": "171", "ors": "2010", "graphhopper": "Cannot find point 1"}
    assert words[engine] in str(raised.value)


def test_routingpy_gets_alternatives(served):
    ors = router("ors", served).directions(
        [HERE, THERE],
        "driving-car",
        format="geojson",
        alternative_routes={"target_count": 2, "share_factor": 0.6, "weight_factor": 1.4},
    )
    graphhopper = router("graphhopper", served).directions([HERE, THERE], "car", algorithm="alternative_route")
    osrm_found = router("osrm", served).directions([HERE, THERE], "car", alternatives=3)
    assert min(len(ors), len(graphhopper), len(osrm_found)) >= 1


# --- py-osrm-client ------------------------------------------------------------------------------------------------


def test_py_osrm_client_reads_route_table_nearest_and_trip(served):
    here, there, beside = (tuple(point) for point in (HERE, THERE, BESIDE))
    with osrm.OsrmClient(base_url=f"{served}/osrm/", default_profile="car") as client:
        route = client.route([here, there], steps=True, annotations=True, overview="full")
        table = client.table([here, there, beside], annotations=["duration"])
        nearest = client.nearest(here, number=2)
        trip = client.trip([here, there, beside], steps=True)
    assert route.routes[0].legs[0].steps[-1].maneuver.type == "arrive"
    assert table.durations[0][1] == pytest.approx(route.routes[0].duration, abs=0.1)
    assert len(nearest.waypoints) == 2
    assert sorted(point.waypoint_index for point in trip.waypoints) == [0, 1, 2]


def test_py_osrm_client_reads_the_match_of_the_line_of_a_route(served):
    with osrm.OsrmClient(base_url=f"{served}/osrm/", default_profile="car") as client:
        route = client.route([tuple(HERE), tuple(THERE)], geometries="geojson", overview="full")
        driven = [tuple(point) for point in route.routes[0].geometry["coordinates"][::3]]
        found = client.match(driven)
    length_m = sum(matching.distance for matching in found.matchings)
    assert length_m == pytest.approx(route.routes[0].distance, rel=0.15)


# --- openrouteservice-py -------------------------------------------------------------------------------------------


@pytest.fixture
def ors(served):
    return openrouteservice.Client(base_url=f"{served}/ors", retry_timeout=1)


def test_openrouteservice_reads_directions_with_everything(ors):
    found = ors.directions(
        [HERE, BESIDE, THERE],
        profile="driving-hgv",
        format="json",
        extra_info=["surface", "waytype"],
        attributes=["avgspeed"],
        maneuvers=True,
        language="zh-cn",
        options={"avoid_features": ["ferries"], "profile_params": {"restrictions": {"height": 3.5}}},
    )
    route = found["routes"][0]
    line = openrouteservice.convert.decode_polyline(route["geometry"])["coordinates"]
    assert route["way_points"] == [0, route["way_points"][1], len(line) - 1]
    assert len(route["segments"]) == 2
    assert set(route["extras"]) == {"surface", "waytypes"}


def test_openrouteservice_reads_geojson(ors):
    found = ors.directions([HERE, THERE], profile="foot-walking", format="geojson")
    assert found["features"][0]["geometry"]["type"] == "LineString"


def test_openrouteservice_reads_isochrones_smallest_first(ors):
    found = ors.isochrones([HERE, THERE], profile="foot-walking", range=[300], interval=100, attributes=["area"])
    kinds = [(feature["properties"]["group_index"], feature["properties"]["value"]) for feature in found["features"]]
    assert kinds == [(0, 100.0), (0, 200.0), (0, 300.0), (1, 100.0), (1, 200.0), (1, 300.0)]
    areas = [feature["properties"]["area"] for feature in found["features"][:3]]
    assert areas == sorted(areas)


def test_openrouteservice_reads_a_matrix(ors):
    found = ors.distance_matrix([HERE, THERE, BESIDE], profile="driving-car", metrics=["distance"], sources=[0])
    assert len(found["distances"]) == 1
    assert found["distances"][0][0] == 0
    assert "durations" not in found


def test_openrouteservice_plans_rounds(ors):
    job = openrouteservice.optimization.Job
    vehicle = openrouteservice.optimization.Vehicle(1, profile="driving-car", start=HERE, end=HERE)
    found = ors.optimization(jobs=[job(1, location=THERE), job(2, location=BESIDE)], vehicles=[vehicle])
    assert sorted(step["id"] for step in found["routes"][0]["steps"] if step["type"] == "job") == [1, 2]


def test_openrouteservice_raises_its_own_error_at_sea(ors):
    with pytest.raises(OrsError) as raised:
        ors.directions([HERE, AT_SEA], profile="driving-car")
    assert raised.value.status == 404
    assert raised.value.message["error"]["code"] == 2010
