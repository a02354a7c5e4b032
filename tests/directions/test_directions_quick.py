"""The compiled drive between two plain places is the one that the steps find."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from location_cloud.directions import quick
from location_cloud.directions.dataset import SECTION
from location_cloud.directions.legs import find_leg
from location_cloud.directions.model import Place
from location_cloud.directions.snapping import snap_all
from routing.metric import lengths_along_m
from routing.shape import path_shape
from routing.trip import CLOSED, UNREACHED


def drawn_places(directions: Any, count: int, seed: int) -> list[Place]:
    """Places up to 300 m from roads."""
    chance = random.Random(seed)
    points = directions.shapes.shape_e7 / 1e7
    found = []
    for _ in range(count):
        lon, lat = points[chance.randrange(len(points))]
        found.append(Place((lon + chance.uniform(-0.003, 0.003), lat + chance.uniform(-0.002, 0.002)), 2000.0))
    return found


@pytest.mark.parametrize("profile", ["car", "emergency", "foot"])
def test_the_quick_drive_is_the_one_of_the_steps(road_worlds: Any, profile: str) -> None:
    directions = road_worlds.of_city("helsinki").section(SECTION)
    network = directions.networks[profile]
    places = drawn_places(directions, 200, 11)
    quickly = 0
    for start, end in zip(places[::2], places[1::2]):
        one, other = snap_all(directions.index, directions.shapes, network, [start, end])
        leg = find_leg(network, one, other)
        found = quick.find_drive(directions.index, directions.shapes, network, [start, end])
        cost = quick.find_duration_ms(directions.index, network, [start, end])
        if found is None:
            assert leg is None or network.part[one.segment] != network.part[other.segment]
            continue
        quickly += 1
        (first, last), drive, shape = found
        assert leg is not None
        assert cost == drive.duration_ms == leg.duration_ms
        assert (first.lonlat, last.lonlat, first.segment) == (one.lonlat, other.lonlat, one.segment)
        line, begins = path_shape(directions.shapes, drive.edges, drive.first_fraction, drive.last_fraction)
        np.testing.assert_array_equal(shape.line_e7, line)
        np.testing.assert_array_equal(shape.begins, begins)
        np.testing.assert_array_equal(shape.along_m, lengths_along_m(line))
        if np.array_equal(drive.edges, leg.edges):
            np.testing.assert_array_equal(drive.edge_ms, leg.edge_ms)
    assert quickly > 30


@pytest.mark.parametrize("profile", ["car", "foot"])
def test_drives_within_and_out_of_local_roads_are_those_of_the_steps(road_worlds: Any, profile: str) -> None:
    directions = road_worlds.of_city("helsinki").section(SECTION)
    network = directions.networks[profile]
    is_local = (network.local_ms != CLOSED) & (network.metric.cost_ms != network.local_ms)
    locals_ = np.flatnonzero(is_local[: network.graph.roads]) // 2
    chance, quickly = random.Random(3), 0
    starts = directions.shapes.shape_e7[directions.index.shape_start[locals_]] / 1e7
    for lon, lat in [chance.choice(starts.tolist()) for _ in range(60)]:
        pair = [Place((lon + chance.uniform(-2e-4, 2e-4), lat)), Place((lon, lat + chance.uniform(-6e-4, 6e-4)))]
        for start, end in (pair, pair[::-1]):
            one, other = snap_all(directions.index, directions.shapes, network, [start, end])
            leg = find_leg(network, one, other)
            found = quick.find_drive(directions.index, directions.shapes, network, [start, end])
            if found is None:
                assert leg is None or network.part[one.segment] != network.part[other.segment]
                continue
            drive = found[1]
            assert leg is not None
            assert quick.find_duration_ms(directions.index, network, [start, end]) == leg.duration_ms
            assert drive.duration_ms == leg.duration_ms
            quickly += one.is_local or other.is_local
    assert quickly > 20


def test_many_durations_are_those_of_each_pair(road_worlds: Any) -> None:
    directions = road_worlds.of_city("helsinki").section(SECTION)
    network, places = directions.networks["car"], drawn_places(directions, 400, 5)
    asked = np.array([(*one.lonlat, *other.lonlat) for one, other in zip(places[::2], places[1::2])])
    found = quick.find_durations_ms(directions.index, network, asked, 2000.0).tolist()
    each = [quick.find_duration_ms(directions.index, network, pair) for pair in zip(places[::2], places[1::2])]
    assert found == [UNREACHED if cost is None else cost for cost in each]


def test_a_place_off_the_roads_is_left_to_the_steps(road_worlds: Any) -> None:
    directions = road_worlds.of_city("helsinki").section(SECTION)
    network = directions.networks["car"]
    ends = [Place((0.0, 0.0)), Place((24.94, 60.17))]
    assert quick.find_drive(directions.index, directions.shapes, network, ends) is None
    assert quick.find_duration_ms(directions.index, network, ends) is None
