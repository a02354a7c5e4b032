"""What history teaches: free flow, the usual week, how fast the unusual fades."""

from __future__ import annotations

from datetime import UTC
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from location_cloud.traffic.history import (
    HOURS,
    SLOT_S,
    Days,
    Driven,
    add_sums,
    count_drives,
    decay_of,
    lag_sums,
    no_sums,
)
from location_cloud.traffic.learn import hours_of_week
from location_cloud.traffic.profile import learn_profile

KEYS = np.arange(10, 60, 10)
KIND = np.array([2, 2, 2, 2, -1], np.int8)
PRIOR = np.array([50, 50, 50, 50, np.nan], np.float32)
LENGTH_M = np.full(5, 100.0)
FREE_S = 7.2  # 100 m at 50 km/h


def _driven(rows):
    """Drives of (edge, hour of the week, seconds)."""
    edge, hour, seconds = np.array(rows, np.float64).reshape(-1, 3).T
    key, count = KEYS[edge.astype(int)], len(edge)
    return Driven(key, np.full(count, 100.0), seconds, np.ones(count), 3600.0 * hour, hour.astype(np.int16))


def _sums(rows):
    driven = _driven(rows)
    return count_drives(driven, np.full(len(driven.key), FREE_S))[0]


def _learn(rows):
    return learn_profile(_sums(rows), KEYS, KIND, PRIOR, LENGTH_M)


def test_free_flow_is_the_mean_over_space_of_the_night():
    learned = _learn([(0, 2, 5.0)] * 200 + [(0, 3, 15.0)] * 200 + [(0, 8, 30.0)] * 300)
    assert learned.free_flow_kmh[0] == pytest.approx(36.0, rel=0.03)
    assert np.isnan(learned.free_flow_kmh[1])


def test_a_road_that_nobody_drives_at_night_is_read_without_what_its_kind_loses_by_day():
    rows = [(0, 2, FREE_S)] * 300 + [(0, 8, 2 * FREE_S)] * 300 + [(1, 8, 4 * FREE_S)] * 300
    free = _learn(rows).free_flow_kmh
    assert free[1] < 0.8 * free[0]
    assert free[1] > 25.0


def test_few_drives_leave_free_flow_near_the_class():
    one, many = _learn([(0, 2, 4.0)]), _learn([(0, 2, 4.0)] * 60)
    assert 50 < one.free_flow_kmh[0] < 65 < many.free_flow_kmh[0] < 92


def test_an_empty_city_moves_at_free_flow_though_some_wait_at_signals():
    learned = _learn([(0, 2, seconds) for seconds in (4.0, 4.0, 30.0) for _ in range(100)])
    assert learned.usual_kmh[2, 0] / learned.free_flow_kmh[0] == pytest.approx(1.0, abs=0.05)


def test_usual_speed_is_the_mean_over_space():
    usual = _learn([(0, 8, 10.0)] * 200 + [(0, 8, 30.0)] * 200 + [(0, 2, FREE_S)] * 50).usual_kmh
    assert usual[8, 0] == pytest.approx(360.0 / 20.0, rel=0.06)


def test_an_hour_without_drives_follows_like_roads():
    rows = [(edge, 8, 3 * FREE_S) for edge in (0, 1) for _ in range(300)]
    rows += [(edge, hour, FREE_S) for edge in (0, 1, 2) for hour in (2, 26, 50) for _ in range(30)]
    usual = _learn(rows).usual_kmh
    assert usual[8, 2] < 0.75 * usual[2, 2]
    assert usual[8, 3] < 0.75 * usual[2, 3]


def test_a_road_with_drives_follows_its_own():
    rows = [(0, 8, 3 * FREE_S)] * 400 + [(1, 8, FREE_S)] * 400 + [(0, 2, FREE_S), (1, 2, FREE_S)] * 60
    usual = _learn(rows).usual_kmh
    assert usual[8, 0] == pytest.approx(17.0, abs=1.5)
    assert usual[8, 1] == pytest.approx(50.0, abs=3.5)


def test_working_days_lend_to_each_other_and_not_to_weekends():
    rows = [(0, 24 * day + 8, 3 * FREE_S) for day in (0, 1, 2) for _ in range(100)]
    rows += [(0, 24 * day + 8, FREE_S) for day in (5, 6) for _ in range(100)] + [(0, 2, FREE_S)] * 60
    usual = _learn(rows).usual_kmh
    assert usual[24 * 3 + 8, 0] < 22
    assert usual[24 * 5 + 8, 0] > 40


def test_one_slow_trip_is_no_jam_of_the_whole_city():
    rows = [(edge, 24 * day + 11, FREE_S) for day in (1, 2, 3, 4) for edge in (0, 1) for _ in range(30)]
    trip = [(edge, 11, 3 * FREE_S) for edge in (0, 1) for _ in range(30)]  # sixty roads one after the other, on Monday
    usual = _learn(rows + trip).usual_kmh
    assert usual[11, 2] > 0.8 * usual[24 + 11, 2]


def test_an_hour_that_many_drive_slowly_is_one_of_the_whole_city():
    rows = [(edge, 24 * day + 11, FREE_S) for day in (1, 2, 3, 4) for edge in (0, 1) for _ in range(3000)]
    slow = [(edge, 11, 3 * FREE_S) for edge in (0, 1) for _ in range(3000)]
    usual = _learn(rows + slow).usual_kmh
    assert usual[11, 2] < 0.5 * usual[24 + 11, 2]


def test_stops_are_no_travel_times():
    plain = _learn([(0, 8, FREE_S)] * 20)
    stopped = _learn([(0, 8, FREE_S)] * 20 + [(0, 8, 900.0)] * 5)
    np.testing.assert_array_equal(plain.usual_kmh, stopped.usual_kmh)


def test_nothing_learned_says_nothing():
    learned = learn_profile(no_sums(), KEYS, KIND, PRIOR, LENGTH_M)
    assert np.isnan(learned.usual_kmh).all()
    assert np.isnan(learned.free_flow_kmh).all()


def test_roads_that_are_gone_are_passed_over():
    sums = _sums([(0, 8, FREE_S)] * 9 + [(3, 8, FREE_S)] * 9)
    learned = learn_profile(sums, KEYS[1:], KIND[1:], PRIOR[1:], LENGTH_M[1:])
    assert learned.drives.tolist() == [0, 0, 9, 0]


def test_roads_without_cars_have_no_week():
    assert np.isnan(_learn([(0, hour, FREE_S) for hour in range(HOURS)]).usual_kmh[:, 4]).all()


@pytest.mark.parametrize("seed", range(3))
def test_sums_of_parts_are_the_sums_of_all(seed):
    chosen = np.random.default_rng(seed)
    rows = np.column_stack([chosen.integers(0, 4, 500), chosen.integers(0, HOURS, 500), chosen.uniform(5, 40, 500)])
    parts = [_sums(part) for part in np.array_split(chosen.permutation(rows), 7)]
    all_ = _sums(rows)
    for order in (parts, parts[::-1], [add_sums(parts[:3]), add_sums(parts[3:])]):
        added = add_sums(order)
        np.testing.assert_array_equal(added.key, all_.key)
        np.testing.assert_array_equal(added.hour, all_.hour)
        for name in ("count", "way_m", "time_s"):
            np.testing.assert_allclose(getattr(added, name), getattr(all_, name))


def _fading_days(tau_s, days=40):
    """Quarters of hours of one road whose deviation fades with tau."""
    chosen, slope, away, rows = np.random.default_rng(5), np.exp(-SLOT_S / tau_s), 0.0, []
    for _slot in range(96 * days):
        away = slope * away + chosen.normal(0, 0.1)
        rows.append(100.0 / (50 * np.exp(away)) * 3.6)
    count = len(rows)
    return Days(np.full(count, KEYS[0]), np.arange(count), np.full(count, 100.0), np.array(rows))


@pytest.mark.parametrize("tau_s", [1800.0, 3600.0, 7200.0])
def test_the_fading_is_learned(tau_s):
    days = _fading_days(tau_s)
    usual = np.full((HOURS, 5), 50.0, np.float32)
    hours = hours_of_week(days.slot * float(SLOT_S), UTC)
    lags = lag_sums(days, KEYS, KIND, usual, hours)
    assert decay_of(lags, 2400.0)[2] == pytest.approx(tau_s, rel=0.25)


def test_without_days_the_fading_is_the_assumed_one():
    assert decay_of(np.zeros((4, 2)), 2400.0) == pytest.approx(2400.0)


def test_hours_are_those_of_the_citys_clock():
    monday_s = 1_763_942_400.0  # 2025-11-24 00:00 UTC
    assert hours_of_week(np.array([monday_s]), UTC).tolist() == [0]
    assert hours_of_week(np.array([monday_s]), ZoneInfo("Asia/Shanghai")).tolist() == [8]
    assert hours_of_week(np.array([monday_s]), ZoneInfo("Asia/Kolkata")).tolist() == [5]
