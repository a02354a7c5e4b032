from __future__ import annotations

import random

import numpy as np
import pytest

from location_cloud.directions.dataset import SECTION as DIRECTIONS
from location_cloud.directions.dataset import all_rules
from location_cloud.directions.profiles import PROFILES
from location_cloud.roads.dataset import SECTION as ROADS
from location_cloud.roads.edges import topology
from location_cloud.roads.model import RULE_KINDS
from routing.query import find_path
from routing.trip import CLOSED, edge_points
from tests.conftest import ROOT, SHARED
from tests.oracle import EdgeOracle

CAR = PROFILES[0]
CITIES = {
    "helsinki": ROOT / "data/demo/helsinki-centre.osm.pbf",
    "monaco": SHARED / "osm/monaco-osrm.osm.pbf",
    "heidelberg": SHARED / "osm/heidelberg-ors.osm.pbf",
    "lauf": SHARED / "osm/lauf-gh.osm.pbf",
}


@pytest.fixture(scope="module", params=CITIES)
def city(request, road_world):
    file = CITIES[request.param]
    if not file.exists():
        pytest.skip(f"{file.name} is not on this machine")
    return road_world(file)


def oracle_of(city, profile, weights):
    roads = city.section(ROADS)
    costs = city.section(DIRECTIONS).networks[profile.name].cost_ms
    ends = topology(roads, profile.access)
    rules = all_rules(roads, profile, ends, costs)
    cost = [None if each == CLOSED else each for each in weights.tolist()]
    return EdgeOracle(zip(ends.tail.tolist(), ends.head.tolist(), cost), rules)


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_random_routes_cost_exactly_what_the_oracle_says(city, profile):
    """20 starts x 50 ends = 1,000 routes a city by car, 250 by the others, mid-edge at both ends."""
    network = city.section(DIRECTIONS).networks[profile.name]
    oracle = oracle_of(city, profile, network.weight_ms)
    chance = random.Random(7)
    usable = np.flatnonzero(network.cost_ms != CLOSED).tolist()
    found = 0
    starts = 20 if profile.name == "car" else 5
    for _ in range(starts):
        start = (chance.choice(usable), chance.random(), 0)
        begun = oracle.edge_costs([start])
        for _ in range(50):
            end = (chance.choice(usable), chance.random(), 0)
            path = find_path(network.hierarchy, network.metric, edge_points(*start), edge_points(*end))
            expected = oracle.cost([start], [end], begun)
            assert (None if path is None else path.cost_ms) == expected, (start, end)
            if path is not None:
                found += 1
                assert oracle.path_cost(path.edges.tolist(), start, end) == expected, (start, end)
                assert oracle.obeys(path.edges.tolist()), (start, end)
    assert found > 25 * starts


def test_every_turn_restriction_is_obeyed_by_the_route_that_would_break_it(city):
    """From the start of each restricted sequence to its end: the route never contains the sequence."""
    roads = city.section(ROADS)
    network = city.section(DIRECTIONS).networks["car"]
    tried = 0
    for rule in np.flatnonzero(roads.rule_vehicles & CAR.access):
        sequence = roads.rule_edges[roads.rule_start[rule] : roads.rule_start[rule + 1]].tolist()
        if any(network.cost_ms[edge] == CLOSED for edge in sequence) or RULE_KINDS[roads.rule_kind[rule]] == "only":
            continue
        tried += 1
        path = find_path(
            network.hierarchy, network.metric, edge_points(sequence[0], 0.0), edge_points(sequence[-1], 1.0)
        )
        driven = [] if path is None else path.edges.tolist()
        assert not any(driven[at : at + len(sequence)] == sequence for at in range(len(driven))), rule
    assert tried > 0
