"""When vehicles set off, and where to."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from location_cloud.simulator.city import build_city
from location_cloud.simulator.demand import KIND_SHARES, TRIPS_A_DAY, Demand

MONDAY = datetime(2026, 3, 2, tzinfo=UTC).timestamp()
CARS = np.zeros(3000, np.uint8)
MANY = np.arange(3000)


@pytest.fixture(scope="module")
def demand(helsinki):
    return Demand(build_city(helsinki.roads, helsinki.network, 1), 1, UTC)


def trips_of_day(demand, begin_s, kind, vehicles=2000):
    """Departures of a day, unix seconds."""
    now, number = np.full(vehicles, begin_s), np.arange(vehicles)
    found = []
    for trip in range(200):
        now = demand.next_s(number, np.full(vehicles, trip), np.full(vehicles, kind, np.uint8), now)
        found.append(now[now < begin_s + 86400])
        if not len(found[-1]):
            break
    return np.concatenate(found)


def test_a_working_day_has_the_trips_of_each_kind(demand):
    for kind, wanted in enumerate(TRIPS_A_DAY):
        # Every stay lasts a minute at least, which costs a taxi one trip in forty.
        assert len(trips_of_day(demand, MONDAY, kind)) / 2000 == pytest.approx(wanted, rel=0.06)


def test_cars_set_off_in_the_morning_and_in_the_evening(demand):
    hours = np.bincount(((trips_of_day(demand, MONDAY, 0) - MONDAY) // 3600).astype(int), minlength=24)
    assert hours[7] > 1.5 * hours[11] < hours[17]
    assert hours[3] < 0.1 * hours[7]


def test_hours_are_those_of_the_city(helsinki):
    shanghai = Demand(build_city(helsinki.roads, helsinki.network, 1), 1, ZoneInfo("Asia/Shanghai"))
    hours = np.bincount(((trips_of_day(shanghai, MONDAY, 0) - MONDAY) // 3600).astype(int), minlength=24)
    assert hours[23] > hours[15]  # 23:00 UTC is 7:00 there


def test_nobody_sets_off_before_a_minute_is_over(demand):
    assert (demand.next_s(MANY, MANY, CARS, np.full(3000, MONDAY)) >= MONDAY + 60).all()


def test_kinds_have_their_shares(demand):
    assert np.bincount(demand.kinds(MANY)) / 3000 == pytest.approx(KIND_SHARES, abs=0.03)


def test_near_places_are_likelier_than_far_ones(helsinki, demand):
    here = demand.place(MANY, MANY)
    metres = np.array([55_700.0, 111_400.0])  # at 60 degrees north
    away = [np.hypot(*((there - here) * metres).T).mean() for there in (
        demand.destination(MANY, MANY, here), demand.place(MANY, MANY + 5000)
    )]  # fmt: skip
    assert away[0] < 0.98 * away[1]  # the extract is 1 km wide
