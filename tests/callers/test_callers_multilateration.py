"""Arrival times: how far off, how honest, and which tower hears an echo."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from location_cloud.callers.estimate import Source, estimate
from location_cloud.callers.multilateration import multilaterate
from location_cloud.errors import Unprocessable
from tests.callers.simulated_fixes import NS_PER_M, is_inside, simulate

FIXES = 2000


def covered(late_m: float, ring: bool = True) -> tuple[float, float]:
    """Share of simulated fixes that their 95 % ellipse holds, and the 95th percentile of errors."""
    chance = np.random.default_rng(20261123)
    inside, off = 0, []
    for _ in range(FIXES):
        one = simulate(chance, late_m=late_m, ring=ring)
        found = multilaterate(one.sites_m, one.times_ns, one.sigma_ns).density
        mean, spread = found.moments()
        inside += is_inside(one.phone_m, mean, spread, found.reach(0.95))
        off.append(np.linalg.norm(one.phone_m - mean))
    return inside / FIXES, float(np.quantile(off, 0.95))


def test_the_ellipse_of_clean_fixes_holds_the_phone_in_95_of_100():
    share, p95_m = covered(0.0)
    assert 0.93 <= share <= 0.97
    assert p95_m < 50


@pytest.mark.parametrize("ring", [True, False])
def test_with_a_late_tower_it_still_does_in_90_of_100(ring):
    share, p95_m = covered(600.0, ring)
    assert share >= 0.90
    assert p95_m < (70 if ring else 300)


def test_a_late_tower_is_named():
    one = simulate(np.random.default_rng(1), late_m=1e-9)
    times = [*one.times_ns]
    times[3] += 900 * NS_PER_M
    found = multilaterate(one.sites_m, times, one.sigma_ns)
    assert [each.name for each in found.excluded] == ["tdoa[3]"]
    assert "late by about" in found.excluded[0].why
    assert np.linalg.norm(found.density.moments()[0] - one.phone_m) < 100


def test_nanoseconds_of_the_epoch_are_not_rounded():
    one = simulate(np.random.default_rng(2))
    epoch = 1_790_000_000_000_000_000
    late = [epoch + round(time) for time in one.times_ns]
    plain = multilaterate(one.sites_m, [round(time) for time in one.times_ns], one.sigma_ns)
    shifted = multilaterate(one.sites_m, late, one.sigma_ns)
    assert np.allclose(plain.density.mean_m, shifted.density.mean_m, atol=1e-6)


def test_a_late_clock_of_all_towers_changes_nothing():
    one = simulate(np.random.default_rng(3))
    moved = multilaterate(one.sites_m, [time + 5e6 for time in one.times_ns], one.sigma_ns)
    assert np.allclose(multilaterate(one.sites_m, one.times_ns, one.sigma_ns).density.mean_m, moved.density.mean_m)


def test_the_covariance_is_that_of_whitened_differences():
    one = simulate(np.random.default_rng(4))
    found = multilaterate(one.sites_m, one.times_ns, one.sigma_ns).density
    direction = found.mean_m[0] - one.sites_m
    direction /= np.linalg.norm(direction, axis=1)[:, None]
    lean = direction[1:] - direction[0]
    white = np.linalg.inv(30.0**2 * (np.eye(5) + 1))
    assert np.allclose(found.spread_m2[0], np.linalg.inv(lean.T @ white @ lean), rtol=2e-2)


def test_three_towers_leave_a_long_ellipse_that_holds_the_phone():
    sites = np.array([[0.0, 0.0], [2000.0, 300.0], [900.0, 1700.0]])
    phone = np.array([-900.0, -800.0])
    times = (np.linalg.norm(sites - phone, axis=1) * NS_PER_M).tolist()
    found = estimate([Source("tdoa", multilaterate(sites, times, np.full(3, 30 * NS_PER_M)).density)])
    assert found.ground.contains(shapely.Point(phone))


def test_three_towers_anywhere_hold_the_phone_in_95_of_100():
    chance = np.random.default_rng(3)
    inside = 0
    for _ in range(300):
        sites, phone = chance.uniform(-4000, 4000, (3, 2)), chance.uniform(-2500, 2500, 2)
        times = (np.linalg.norm(sites - phone, axis=1) + chance.normal(0, 30, 3)) * NS_PER_M
        found = multilaterate(sites, times.tolist(), np.full(3, 30 * NS_PER_M))
        inside += estimate([Source("tdoa", found.density)]).ground.contains(shapely.Point(phone))
    assert 0.92 <= inside / 300 <= 0.98


def test_both_places_that_three_towers_leave_are_told():
    sites = np.array([[0.0, 0.0], [3000.0, 0.0], [1500.0, 400.0]])
    one = np.array([1500.0, 2600.0])
    times = (np.linalg.norm(sites - one, axis=1) * NS_PER_M).tolist()
    found = multilaterate(sites, times, np.full(3, 20 * NS_PER_M))
    off = np.linalg.norm(sites[None] - found.density.mean_m[:, None], axis=2)
    differs = (off - off[:, :1]) - (np.linalg.norm(sites - one, axis=1) - np.linalg.norm(sites[0] - one))
    assert np.abs(differs[found.density.weights > 0.01]).max() < 150
    assert any("nothing tells" in each for each in found.warnings)


@pytest.mark.parametrize("sites", [[[0, 0], [1000, 0], [2000, 0]], [[0, 0], [0, 0], [2000, 0]]])
def test_three_towers_in_a_line_leave_both_sides(sites):
    phone = np.array([700.0, 900.0])
    times = (np.linalg.norm(np.array(sites, float) - phone, axis=1) * NS_PER_M).tolist()
    found = estimate([Source("tdoa", multilaterate(np.array(sites, float), times, np.full(3, 30 * NS_PER_M)).density)])
    assert found.ground.contains(shapely.Point(phone))
    assert found.ground.contains(shapely.Point(700, -900))


@pytest.mark.parametrize("sites", [[[0, 0], [1, 1]], [[5, 5]] * 4])
def test_towers_that_tell_nothing_are_refused(sites):
    with pytest.raises(Unprocessable, match="towers"):
        multilaterate(np.array(sites, float), [0.0] * len(sites), np.ones(len(sites)))


def test_seconds_in_place_of_nanoseconds_are_refused():
    one = simulate(np.random.default_rng(5))
    with pytest.raises(Unprocessable, match="between arrivals"):
        multilaterate(one.sites_m, [time * 1e6 for time in one.times_ns], one.sigma_ns)
