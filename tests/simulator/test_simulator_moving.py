"""What edges take a vehicle."""

from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pytest

from location_cloud.simulator.city import START_LOSS_S, build_city
from location_cloud.simulator.model import SLOT_S
from location_cloud.simulator.moving import PULL_UP_S, SET_OFF_S, Hours, move
from routing.paths import Paths

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC).timestamp()
ROAD = "A---B---C"


def drive(town, way, depart_s=NOON, turn_s=0.0, shut="", kmh=36.0, trips=1):
    """The same way for many trips."""
    edges = np.array([town.edges[a + b] for a, b in pairwise(way)] * trips, np.int32)
    start = np.arange(trips + 1, dtype=np.int64) * (len(way) - 1)
    paths = Paths(start, edges, np.zeros(trips), np.ones(trips), np.zeros(trips, np.int64))
    hours = Hours(2 * town.roads.segment_count, 3)
    speeds = np.full(2 * town.roads.segment_count, kmh, np.float32)
    if shut:
        speeds[town.edges[shut]] = 0.0
    for slot in range(3):
        hours.put(int(NOON // SLOT_S) + slot, speeds)
    number = np.arange(trips, dtype=np.int32)
    city = build_city(town.roads, town.network, 1)
    bases = town.network.graph.base_edge
    turns = np.full(len(edges), turn_s, np.float32)
    departs = np.full(trips, depart_s) if np.isscalar(depart_s) else depart_s
    return move(paths, bases, turns, departs, number.astype(np.uint64), number, number, city, hours)


def test_time_is_length_over_speed_on_average(drawn_town):
    driven, _, arrive_s, _ = drive(drawn_town(ROAD), "ABC", trips=2000)
    assert np.mean(arrive_s - NOON) == pytest.approx(80.0 + SET_OFF_S + PULL_UP_S, rel=0.01)
    assert np.std(arrive_s) > 3.0
    assert (driven.leave_s > driven.enter_s).all()


def test_turns_take_their_time(drawn_town):
    town = drawn_town(ROAD)
    straight, turned = drive(town, "ABC", trips=500), drive(town, "ABC", turn_s=10.0, trips=500)
    assert np.mean(turned[2] - straight[2]) == pytest.approx(20.0, rel=0.02)


def test_red_lights_are_waited_at_for_the_mean_time_that_truth_knows(drawn_town):
    town = drawn_town(ROAD, nodes={"B": {"highway": "traffic_signals"}})
    departs = NOON + np.linspace(0, 600, 3000)
    driven, _, _, _ = drive(town, "ABC", departs, trips=3000)
    city = build_city(town.roads, town.network, 1)
    on = driven.edge == town.edges["AB"]
    assert driven.wait_s[on].mean() == pytest.approx(city.wait_s[town.edges["AB"]], rel=0.08)
    assert driven.wait_s[on].max() <= city.red_s.max() + START_LOSS_S
    assert (driven.wait_s[~on] == 0).all()


def test_a_drive_ends_before_a_shut_road(drawn_town):
    driven, _start, arrive_s, is_stopped = drive(drawn_town(ROAD), "ABC", shut="BC")
    assert is_stopped.tolist() == [True]
    assert driven.edge.tolist() == [drawn_town(ROAD).edges["AB"]]
    assert arrive_s[0] == driven.leave_s[0]


def test_who_stands_on_a_road_when_it_is_shut_leaves_it(drawn_town):
    driven, _, _, is_stopped = drive(drawn_town(ROAD), "ABC", shut="AB")
    assert not is_stopped[0]
    assert len(driven) == 2


def test_the_speed_is_that_of_the_slot_in_which_an_edge_is_entered():
    hours = Hours(1, 2)
    for slot, kmh in enumerate((10.0, 20.0, 30.0), 5):
        hours.put(slot, np.array([kmh], np.float32))
    assert (hours.first, hours.next) == (6, 8)
    assert hours.rows[6 % 2, 0] == 20.0
    assert hours.rows[7 % 2, 0] == 30.0
