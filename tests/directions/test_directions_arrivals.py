"""Drives between many vehicles and one place are those that routes of each pair tell."""

from __future__ import annotations

import numpy as np
import pytest

from location_cloud.directions.model import Ask, Options, Place
from location_cloud.directions.service import find_routes
from location_cloud.directions.service_arrivals import find_arrivals, find_reach, find_times
from location_cloud.errors import Unprocessable
from location_cloud.roads.dataset import SECTION as ROADS
from routing.trip import CLOSED, UNREACHED


@pytest.fixture
def world(app):
    return app.extensions["location_cloud"].worlds.current()


def places(world, count, seed, off=3e-4):
    """Places beside any roads, footpaths and yards included."""
    roads, chance = world.section(ROADS), np.random.default_rng(seed)
    points = roads.node_e7[chance.integers(0, roads.node_count, count)] / 1e7
    return [Place(tuple(each)) for each in (points + chance.normal(0, off, points.shape)).tolist()]


def drive_ms(world, ask, first, last):
    try:
        return find_routes(world, ask, [first, last], with_steps=False).routes[0].duration_ms
    except Unprocessable:
        return CLOSED


@pytest.mark.parametrize("is_leaving", [False, True])
@pytest.mark.parametrize(
    ("ask", "seed"),
    [(Ask("emergency"), 1), (Ask("car"), 2), (Ask("foot"), 3), (Ask("truck", Options(season="winter")), 4)],
)
def test_every_drive_is_that_of_the_pairs_route(world, ask, seed, is_leaving):
    *vehicles, first, second = places(world, 32, seed)
    for place, found in zip((first, second), find_arrivals(world, ask, vehicles, [first, second], is_leaving)):
        pairs = [(place, each) if is_leaving else (each, place) for each in vehicles]
        assert found.duration_ms.tolist() == [drive_ms(world, ask, *pair) for pair in pairs]
        assert (found.is_near_road | (found.duration_ms == CLOSED)).all()


def test_a_vehicle_far_from_roads_does_not_disturb_the_others(world):
    vehicle, place = places(world, 2, 5)
    found = find_arrivals(world, Ask("car"), [Place((0.0, 0.0)), vehicle], [place])[0]
    assert found.is_near_road.tolist() == [False, True]
    assert found.duration_ms.tolist() == [CLOSED, drive_ms(world, Ask("car"), vehicle, place)]


def test_a_place_far_from_roads_is_refused_and_no_vehicle_is_no_drive(world):
    (place,) = places(world, 1, 6)
    assert len(find_arrivals(world, Ask("car"), [], [place])[0].duration_ms) == 0
    with pytest.raises(Unprocessable):
        find_arrivals(world, Ask("car"), [place], [Place((0.0, 0.0))])


def test_times_are_those_of_drives_and_infinite_without_one(world):
    all_ = places(world, 20, 7)
    lonlat = np.array([each.lonlat for each in all_])
    times = find_times(world, Ask("car"), lonlat[:10], np.concatenate([lonlat[10:], [[0.0, 0.0]]]), 1000.0)
    assert np.isinf(times[:, 10]).all()
    arrivals = find_arrivals(world, Ask("car"), all_[10:], [all_[0]], is_leaving=True)[0]
    known = np.isfinite(times[0, :10])
    assert known.sum() >= 5
    assert (times[0, :10][known] * 1000).round().tolist() == arrivals.duration_ms[known].tolist()


def test_the_first_vehicle_to_pass_a_road_counts_its_delay(world):
    first, second = places(world, 2, 8)
    alone, _, _ = find_reach(world, Ask("car"), [first], [0.0], 600.0)
    late, _, _ = find_reach(world, Ask("car"), [first], [30.0], 630.0)
    both, _, _ = find_reach(world, Ask("car"), [first, second], [0.0, 0.0], 600.0)
    reached = alone != UNREACHED
    assert (late[reached] == alone[reached] + 30_000).all()
    assert (both <= alone).all()
