"""Route, matrix, isochrone and expansion of one metric version tell the same times."""

from __future__ import annotations

import contextlib
import random

import numpy as np
import pytest

from location_cloud.directions import service
from location_cloud.directions.avoid import avoid_areas, segments_in_areas
from location_cloud.directions.dataset import SECTION as DIRECTIONS
from location_cloud.directions.model import Ask, Options, Place, Vehicle
from location_cloud.errors import Unprocessable
from location_cloud.roads.dataset import SECTION as ROADS
from location_cloud.roads.model import TUNNEL, UNPAVED
from routing.gates import end_points
from routing.query import find_cost
from routing.trip import CLOSED, UNREACHED, edge_points
from tests.directions.plain import PlainOracle, random_snaps
from tests.draw import draw_roads

CITY = "lauf"
SQUARE = [[[11.27, 49.505], [11.28, 49.505], [11.28, 49.51], [11.27, 49.51], [11.27, 49.505]]]
ASKS = {
    "car": Ask(),
    "truck": Ask("truck", Options(Vehicle(height_m=3.9, weight_t=18.0))),
    "unpaved excluded": Ask("car", Options(exclude=frozenset({"unpaved", "tunnel"}))),
    "area avoided": Ask("car", Options(areas=avoid_areas([SQUARE]))),
    "winter": Ask("bicycle", Options(season="winter")),
    "emergency": Ask("emergency"),
    "foot": Ask("foot"),
    "wheelchair": Ask("wheelchair"),
}


@pytest.fixture(scope="module")
def world(road_worlds):
    return road_worlds.of_city(CITY)


def places_of(world, profile, count, seed=5):
    network = world.section(DIRECTIONS).networks[profile]
    return [Place(snap.lonlat) for snap in random_snaps(world, network, random.Random(seed), count)]


@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)
def test_matrix_and_route_agree_to_the_millisecond_and_the_centimetre(ask, world):
    places = places_of(world, ask.profile, 9)
    table = service.find_matrix(world, ask, places, places, True)
    longer = 0
    for i, start in enumerate(places):
        for j, end in enumerate(places):
            if table.durations_ms[i, j] != CLOSED:
                found = service.find_routes(world, ask, [start, end], with_steps=False)
                assert found.version == table.version
                assert found.routes[0].duration_ms == table.durations_ms[i, j], (start, end)
                edges = len(found.routes[0].legs[0].edges)
                # Whole centimetres a road are what tables add up: half of one may be lost at each.
                longer += abs(found.routes[0].distance_m * 100 - table.distances_cm[i, j]) > 1 + edges / 2
    assert longer <= 1, "of ways that take the same milliseconds either may be told, which is rare"


def test_the_first_of_several_ways_is_the_route_and_the_others_are_slower(world):
    for start, end in zip(places_of(world, "car", 12, 1), places_of(world, "car", 12, 2)):
        alone = service.find_routes(world, Ask(), [start, end], with_steps=False).routes[0]
        ways = service.find_routes(world, Ask(), [start, end], alternatives=3, with_steps=False).routes
        times = [way.duration_ms for way in ways]
        assert ways[0].legs[0].edges.tolist() == alone.legs[0].edges.tolist()
        assert times == sorted(times)
        assert len({tuple(way.legs[0].edges.tolist()) for way in ways}) == len(ways)


def test_who_sets_out_from_a_private_drive_is_told_other_ways_too(road_worlds, tmp_path):
    drawing = draw_roads(
        """
           C--D
           |  |
        A--B  E--H
           |  |
           F--G
        """,
        ways={"AB": {"highway": "service", "access": "private"}, "BCDE": {}, "BFGE": {}, "EH": {}},
    )
    world = road_worlds.of_drawing(tmp_path, drawing)
    ends = [Place(drawing.lonlat["A"]), Place(drawing.lonlat["H"])]
    ways = service.find_routes(world, Ask(), ends, alternatives=3, with_steps=False).routes
    assert [round(way.distance_m) for way in ways] == [1300, 1300]
    assert ways[0].legs[0].edges[0] == ways[1].legs[0].edges[0]


@pytest.mark.parametrize("name", ["car", "truck", "emergency", "foot"])
def test_reached_roads_begin_when_the_oracle_passes_them(name, world):
    roads, directions = world.section(ROADS), world.section(DIRECTIONS)
    oracle = PlainOracle(roads, directions.profiles[name], directions.networks[name])
    for place in places_of(world, name, 3):
        reached = service.find_isochrone(world, Ask(name), place, "time", [240], False, True).lines
        snap = random_snap_of(world, name, place)
        begun = oracle.edge_costs(oracle.starts(snap))
        expected = {}
        for edge, cost in begun.items():
            if cost < 240_000:
                expected[edge % oracle.count] = min(cost, expected.get(edge % oracle.count, cost))
        entered = ~reached.is_start
        assert dict(zip(reached.edge[entered].tolist(), reached.begin_cost[entered].tolist())) == expected


def random_snap_of(world, name, place):
    return service.find_near(world, name, place, 1).snaps[0]


@pytest.mark.parametrize("name", ["car", "bicycle"])
def test_roads_that_lead_to_a_place_take_as_long_as_the_route_from_their_beginning(name, world):
    network = world.section(DIRECTIONS).networks[name]
    for place in places_of(world, name, 3):
        reached = service.find_isochrone(world, Ask(name), place, "time", [240], True, True).lines
        ends = random_snap_of(world, name, place).ends
        whole = np.flatnonzero(~reached.is_start & (network.metric.cost_ms[reached.edge] != CLOSED))
        for row in random.Random(1).sample(whole.tolist(), 40):
            edge, left = int(reached.edge[row]), int(reached.end_cost[row])
            from_end = find_cost(network.hierarchy, network.metric, edge_points(edge, 1.0), ends)
            assert from_end == left, edge


@pytest.mark.parametrize("is_back", [False, True])
def test_expansion_and_isochrone_agree_private_roads_included(is_back, world):
    network = world.section(DIRECTIONS).networks["car"]
    local = 0
    for place in places_of(world, "car", 3):
        grown, version, _ = service.find_expansion(world, Ask(), place, 180, is_back, 100_000)
        reached = service.find_isochrone(world, Ask(), place, "time", [180], is_back, True)
        lines = reached.lines
        far = lines.begin_cost if is_back else lines.end_cost
        spread, drawn = (
            set(zip(edge.tolist(), cost.tolist()))
            for edge, cost in ((grown.edge, grown.duration_ms), (lines.edge, far))
        )
        assert version == reached.version
        assert {(edge, cost) for edge, cost in drawn if cost < 180_000} <= spread <= drawn
        local += np.count_nonzero(network.metric.cost_ms[grown.edge] == CLOSED)
    assert local > 50


def test_distances_in_reach_are_those_of_the_shortest_way(world):
    roads, network = world.section(ROADS), world.section(DIRECTIONS).networks["foot"]
    place = places_of(world, "foot", 1)[0]
    reached = service.find_isochrone(world, Ask("foot"), place, "distance", [800], False, True).lines
    length_cm = np.rint(roads.seg_length_m * 100).astype(int)
    assert reached.end_cost.max() <= 80_000
    spent = (reached.end_cost - reached.begin_cost)[~reached.is_start]
    whole = spent == length_cm[reached.edge[~reached.is_start] // 2]
    assert whole.mean() > 0.8
    assert (network.local_ms[reached.edge] != CLOSED).all()


# --- places ---------------------------------------------------------------------------------------------------------

STREET = {"highway": "residential"}
PRIVATE = {"highway": "service", "access": "private"}


@pytest.fixture(scope="module")
def estate(road_worlds, tmp_path_factory):
    """A ring road with a private estate in it, on which the short cut would be."""
    drawing = draw_roads(
        """
        A-----B-----C
        |     |     |
        |     P--Q  |
        |     |     |
        D-----E-----F
        """,
        ways={"ABC": STREET, "AD": STREET, "CF": STREET, "DEF": STREET, "BPE": PRIVATE, "PQ": PRIVATE},
    )
    return drawing, road_worlds.of_drawing(tmp_path_factory.mktemp("estate"), drawing)


def between(drawing, one, other, share):
    (lon, lat), (to_lon, to_lat) = drawing.lonlat[one], drawing.lonlat[other]
    return Place((lon + share * (to_lon - lon), lat + share * (to_lat - lat)))


def estate_places(drawing):
    spots = [("A", "B", 0.5), ("B", "C", 0.25), ("P", "Q", 0.5), ("B", "P", 0.4), ("P", "E", 0.7), ("D", "E", 0.9)]
    return [between(drawing, *spot) for spot in spots]


@pytest.mark.parametrize("profile", ["car", "truck", "foot"])
def test_places_on_private_roads_agree_too(profile, estate):
    drawing, world = estate
    places = estate_places(drawing)
    table = service.find_matrix(world, Ask(profile), places, places, True)
    for i, start in enumerate(places):
        for j, end in enumerate(places):
            route = service.find_routes(world, Ask(profile), [start, end], with_steps=False).routes[0]
            assert route.duration_ms == table.durations_ms[i, j], (i, j)
            assert route.distance_m * 100 == pytest.approx(table.distances_cm[i, j], abs=3), (i, j)


def test_nobody_is_led_through_an_estate_that_is_passed_from_within(estate):
    drawing, world = estate
    network = world.section(DIRECTIONS).networks["car"]
    oracle = PlainOracle(world.section(ROADS), world.section(DIRECTIONS).profiles["car"], network)
    for start in estate_places(drawing):
        for end in estate_places(drawing):
            first, last = random_snap_of(world, "car", start), random_snap_of(world, "car", end)
            leg = service.find_routes(world, Ask(), [start, end], with_steps=False).routes[0].legs[0]
            oracle.check(leg, oracle.cost(oracle.starts(first), oracle.points(last)))


def test_the_same_place_twice_is_no_way_at_all(estate):
    drawing, world = estate
    for place in estate_places(drawing):
        found = service.find_routes(world, Ask(), [place, place], with_steps=True).routes[0]
        table = service.find_matrix(world, Ask(), [place], [place], True)
        assert (found.duration_ms, found.distance_m) == (0, 0.0)
        assert (table.durations_ms[0, 0], table.distances_cm[0, 0]) == (0, 0)


@pytest.mark.parametrize(("start", "end"), [(0.2, 0.7), (0.7, 0.2)])
def test_two_places_on_one_road_are_as_far_apart_as_the_road_between_them(start, end, estate):
    drawing, world = estate
    places = [between(drawing, "A", "B", start), between(drawing, "A", "B", end)]
    found = service.find_routes(world, Ask(), places, with_steps=False).routes[0]
    assert found.distance_m == pytest.approx(300, abs=0.5)
    assert len(found.legs[0].edges) == 1


def test_an_end_on_an_alias_costs_what_the_road_costs(world):
    """The ends of a place count every alias of its road: arriving over a gated turn is the same arrival."""
    network = world.section(DIRECTIONS).networks["car"]
    graph = network.graph
    for edge in np.unique(graph.base_edge[graph.roads :]).tolist()[:40]:
        if network.metric.cost_ms[edge] == CLOSED:
            continue
        ends = end_points(graph, network.metric.cost_ms, edge_points(edge, 0.5))
        cost = find_cost(network.hierarchy, network.metric, edge_points(edge, 0.0), ends)
        assert cost != UNREACHED
        assert cost == network.metric.cost_ms[edge] // 2


# --- what must be avoided -------------------------------------------------------------------------------------------


def driven_segments(world, ask, count=10):
    for start, end in zip(places_of(world, ask.profile, count, 21), places_of(world, ask.profile, count, 22)):
        with contextlib.suppress(Unprocessable):
            for leg in service.find_routes(world, ask, [start, end], with_steps=False).routes[0].legs:
                yield from (leg.edges // 2).tolist()


def test_no_drive_touches_an_area_to_stay_out_of(world):
    ask = ASKS["area avoided"]
    inside = segments_in_areas(world.section(ROADS), ask.options.areas)
    assert inside.any()
    assert not inside[list(driven_segments(world, ask))].any()


def test_from_a_road_that_an_area_cuts_off_one_sets_out_on_the_next(road_worlds, tmp_path):
    drawing = draw_roads(
        """
        A--B--C
        |     |
        D-E-F-G
          |
          H
          |
          K
        """,
        ways={"ABC": STREET, "AD": STREET, "CG": STREET, "DEFG": STREET, "EH": STREET, "HK": STREET},
    )
    world = road_worlds.of_drawing(tmp_path, drawing)
    (lon, lat), (_, south) = drawing.lonlat["E"], drawing.lonlat["H"]
    ring = [(lon - 1e-4, lat - 1e-4), (lon + 1e-4, lat - 1e-4), (lon + 1e-4, south + 1e-4), (lon - 1e-4, south + 1e-4)]
    asked = Ask(options=Options(areas=avoid_areas([[[*ring, ring[0]]]])))
    ends = [Place(drawing.lonlat["K"]), Place(drawing.lonlat["B"])]
    found = service.find_routes(world, asked, ends, with_steps=False)
    assert [round(found.snaps[0].distance_m, -2), found.snaps[1].distance_m] == [400, 0]
    assert service.find_routes(world, Ask(), ends, with_steps=False).snaps[0].distance_m == 0


def test_no_high_vehicle_passes_a_low_sign(world):
    roads = world.section(ROADS)
    low = (roads.seg_max_height_cm > 0) & (roads.seg_max_height_cm < 390)
    heavy = (roads.seg_max_weight_kg > 0) & (roads.seg_max_weight_kg < 18_000)
    assert (low | heavy).any()
    assert not (low | heavy)[list(driven_segments(world, ASKS["truck"]))].any()


def test_no_drive_uses_what_is_excluded(world):
    roads = world.section(ROADS)
    excluded = roads.seg_flags & (UNPAVED | TUNNEL) != 0
    assert not excluded[list(driven_segments(world, ASKS["unpaved excluded"]))].any()
