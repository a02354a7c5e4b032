from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from location_cloud.directions import service
from location_cloud.directions.dataset import SECTION as DIRECTIONS
from location_cloud.directions.model import Ask, Leg, Place
from location_cloud.directions.timing import as_ms, retime, retime_back
from routing.trip import CLOSED
from tests.directions.plain import random_snaps
from tests.draw import draw_roads
from tests.oracle import part

BERLIN = ZoneInfo("Europe/Berlin")
MORNING = datetime(2026, 11, 23, 7, 50, tzinfo=BERLIN)
EDGES = 400


def traffic(seed, jump):
    """Costs of 400 edges that change every full hour by up to so many times."""

    def costs_at(at_ms):
        chance = np.random.default_rng([seed, at_ms // 3_600_000])
        return np.rint(
            np.random.default_rng(seed).integers(500, 20_000, EDGES) * chance.uniform(1, jump, EDGES)
        ).astype(np.int32)

    return costs_at


def as_time(ms):
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone(BERLIN)


def random_legs(seed, count=2):
    chance = np.random.default_rng(seed)
    return [
        Leg(chance.integers(0, EDGES, 60).astype(np.int32), *chance.random(2).tolist(), np.full(60, 1000))
        for _ in range(count)
    ]


def plain_retime(legs, stays_s, depart, costs_at):
    """Edge by edge."""
    now, times = depart.astimezone(UTC), []
    for leg, stay_s in zip(legs, stays_s):
        for place, edge in enumerate(leg.edges.tolist()):
            cost = int(costs_at(int(now.timestamp() * 1000))[edge])
            spent = cost
            if place == 0:
                spent -= part(cost, leg.first_fraction)
            if place == len(leg.edges) - 1:
                spent -= cost - part(cost, leg.last_fraction)
            if cost == CLOSED:
                spent = int(leg.edge_ms[place])
            times.append(spent)
            now += timedelta(milliseconds=spent)
        now += timedelta(seconds=stay_s)
    return times, now


@pytest.mark.parametrize("seed", range(20))
def test_each_edge_takes_what_it_takes_at_the_moment_it_is_entered(seed):
    legs, stays_s, costs_at = random_legs(seed), [600.0, 0.0], traffic(seed, 3)
    timed, there = retime(legs, stays_s, as_ms(MORNING), costs_at)
    expected, then = plain_retime(legs, stays_s, MORNING, costs_at)
    assert np.concatenate([leg.edge_ms for leg in timed]).tolist() == expected
    assert there == as_ms(then)


@pytest.mark.parametrize("minutes", [0, 9, 12, 300])
def test_a_drive_chosen_by_the_costs_that_hold_all_along_keeps_its_times(minutes):
    """Departures before 8, when costs change: found by looking at the hours or at each edge, the times are the same."""
    columns = {hour: traffic(5, 3)(hour * 3_600_000) for hour in range(24)}

    def costs_at(at_ms):
        return columns[as_time(at_ms).hour]

    depart_ms = as_ms(MORNING.replace(hour=7, minute=0) + timedelta(minutes=minutes))
    planned = [
        Leg(leg.edges[:20], 0.0, 1.0, costs_at(depart_ms)[leg.edges[:20]].astype(np.int64)) for leg in random_legs(5)
    ]
    quick, there_ms = retime(planned, [60.0, 0.0], depart_ms, costs_at, depart_ms)
    slow, then_ms = retime(planned, [60.0, 0.0], depart_ms, costs_at)
    assert there_ms == then_ms
    assert [leg.edge_ms.tolist() for leg in quick] == [leg.edge_ms.tolist() for leg in slow]


@pytest.mark.parametrize("seed", range(20))
def test_nobody_who_leaves_later_arrives_in_time(seed):
    legs, stays_s, costs_at = random_legs(seed), [120.5, 0.0], traffic(seed, 1.2)
    timed, depart_ms = retime_back(legs, stays_s, as_ms(MORNING), costs_at)
    depart = as_time(depart_ms)
    assert plain_retime(legs, stays_s, depart, costs_at)[1] <= MORNING
    assert sum(leg.duration_ms for leg in timed) == sum(plain_retime(legs, stays_s, depart, costs_at)[0])
    for later in range(1, 600, 7):
        there = plain_retime(legs, stays_s, depart + timedelta(seconds=later), costs_at)[1]
        assert there > MORNING, later


def test_a_jam_that_ends_at_the_full_hour_is_waited_for():
    """Leaving at 7:59:59 the edge takes an hour, at 8:00 ten minutes: who must be there at 8:10 leaves at 8:00."""
    leg = Leg(np.array([0], np.int32), 0.0, 1.0, np.array([0]))

    def costs_at(at_ms):
        hour = datetime.fromtimestamp(at_ms / 1000, BERLIN).hour
        return np.array([600_000 if hour >= 8 else 3_600_000], np.int32)

    by = MORNING.replace(hour=8, minute=10)
    assert retime_back([leg], [0.0], as_ms(by), costs_at)[1] == as_ms(MORNING.replace(hour=8, minute=0))
    early_ms = retime_back([leg], [0.0], as_ms(by) - 1, costs_at)[1]
    assert early_ms == as_ms(by) - 1 - 3_600_000


@pytest.mark.parametrize("midnight", [datetime(2027, 3, 28, 1, 30), datetime(2026, 10, 25, 2, 30)])
def test_the_night_of_summer_time_has_no_hour_too_many(midnight):
    leg = Leg(np.zeros(150, np.int32), 0.0, 1.0, np.zeros(150))
    depart = midnight.replace(tzinfo=BERLIN)
    _, there_ms = retime([leg], [0.0], as_ms(depart), lambda at: np.array([60_000], np.int32))
    assert there_ms - 1000 * depart.timestamp() == 150 * 60_000
    assert retime_back([leg], [0.0], there_ms, lambda at: np.array([60_000], np.int32))[1] == as_ms(depart)


def test_an_edge_closed_by_then_takes_what_was_planned():
    leg = Leg(np.array([0, 1, 2], np.int32), 0.0, 1.0, np.array([10, 20, 30]))
    timed, _ = retime([leg], [0.0], as_ms(MORNING), lambda at: np.array([5, CLOSED, 7], np.int32))
    assert timed[0].edge_ms.tolist() == [5, 20, 7]


# --- with the city's own signs --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def school_street(road_worlds, tmp_path_factory):
    """The short way past a school is closed from 7:30 to 8:30, and 20 km/h slow from 12 to 13."""
    road = {"highway": "residential", "maxspeed": "50"}
    drawing = draw_roads(
        """
        A--B--C
        |  |  |
        D  G  E
        |     |
        H-----I
        """,
        ways={
            "ABC": {
                **road,
                "motor_vehicle:conditional": "no @ (Mo-Fr 07:30-08:30)",
                "maxspeed:conditional": "20 @ (Mo-Fr 12:00-13:00)",
            },
            "ADH": road,
            "HI": road,
            "IEC": road,
            "BG": road,
        },
    )
    return drawing, road_worlds.of_drawing(tmp_path_factory.mktemp("school"), drawing)


def drive(school_street, hour, minute, second=0, **more):
    drawing, world = school_street
    at = datetime(2026, 11, 23, hour, minute, second, tzinfo=world.section(DIRECTIONS).zone)
    ends = [Place(drawing.lonlat["A"]), Place(drawing.lonlat["C"])]
    if more:
        return service.find_routes(world, Ask(), ends, arrive=at, with_steps=False).routes[0]
    return service.find_routes(world, Ask(at=at), ends, with_steps=False).routes[0]


@pytest.mark.parametrize(("hour", "minute", "metres"), [(7, 29, 600), (7, 30, 1400), (8, 29, 1400), (8, 30, 600)])
def test_a_closed_hour_closes_just_that_hour(hour, minute, metres, school_street):
    assert drive(school_street, hour, minute).distance_m == pytest.approx(metres, abs=1)


def test_a_speed_of_some_hours_holds_from_the_edge_entered_then(school_street):
    before, after = drive(school_street, 11, 59, 40), drive(school_street, 12, 1)
    free = drive(school_street, 11, 30)
    assert free.duration_ms < before.duration_ms < after.duration_ms
    assert before.arrive_s - before.depart_s == pytest.approx(before.duration_ms / 1000)


@pytest.mark.parametrize(("hour", "minute"), [(11, 58), (12, 0), (12, 20), (13, 0), (13, 1)])
def test_who_must_be_there_by_a_time_is_there(hour, minute, school_street):
    route = drive(school_street, hour, minute, arrive=True)
    _, world = school_street
    by = datetime(2026, 11, 23, hour, minute, tzinfo=world.section(DIRECTIONS).zone).timestamp()
    assert by - 1 < route.arrive_s <= by
    assert route.arrive_s - route.depart_s == pytest.approx(route.duration_ms / 1000)


def test_the_way_to_be_there_by_noon_is_that_of_before_noon(school_street):
    """At noon the school street is slow, and the way round would be the quicker one."""
    assert drive(school_street, 12, 0, arrive=True).distance_m == pytest.approx(600, abs=1)


def test_without_hours_of_signs_a_timed_route_is_the_static_one(road_worlds):
    world = road_worlds.of_city("krems")
    network = world.section(DIRECTIONS).networks["bicycle"]
    chance = random.Random(4)
    at = datetime(2026, 11, 23, 9, tzinfo=world.section(DIRECTIONS).zone)
    for start, end in zip(random_snaps(world, network, chance, 10), random_snaps(world, network, chance, 10)):
        if network.part[start.segment] == network.part[end.segment]:
            places = [Place(start.lonlat), Place(end.lonlat)]
            timed = service.find_routes(world, Ask("bicycle", at=at), places, with_steps=False).routes[0]
            static = service.find_routes(world, Ask("bicycle"), places, with_steps=False).routes[0]
            assert timed.legs[0].edge_ms.tolist() == static.legs[0].edge_ms.tolist()
