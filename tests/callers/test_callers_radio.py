"""Cells and signal strengths: how wide their rings are, and whether what they claim holds."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from location_cloud.callers.cell_sector import place_sector, ring_width_m
from location_cloud.callers.estimate import Source, estimate
from location_cloud.callers.mesh import weights_on
from location_cloud.callers.model import Sector, Strength
from location_cloud.callers.rssi import Rings, find_ring
from location_cloud.errors import BadQuery

HERE = np.zeros(2)


def sector(rat="lte", ta=20, beam=65.0, azimuth=90.0, **more):
    return Sector((125.1, 46.6), azimuth, beam, ta, rat, **more)


def strength(rssi_dbm=-80.0, sigma_db=8.0, exponent=3.5):
    return Strength((125.1, 46.6), rssi_dbm, -10.0, 1.0, exponent, sigma_db)


@pytest.mark.parametrize(
    ("rat", "mu", "width_m"),
    [("gsm", None, 553.46), ("lte", None, 78.07), ("nr", 0, 78.07), ("nr", 1, 39.04), ("nr", 3, 9.76)],
)
def test_a_step_of_the_timing_advance_is_so_wide(rat, mu, width_m):
    assert ring_width_m(rat, mu) == pytest.approx(width_m, abs=0.005)


def test_a_sector_lies_in_front_of_its_antenna():
    found = estimate([Source("sector", place_sector(sector(), HERE))])
    assert found.at_m[0] == pytest.approx(1430, abs=20)
    assert abs(found.at_m[1]) < 1
    radii = np.linalg.norm(np.array(found.ground.exterior.coords), axis=1)
    assert 1500 < radii.min() < radii.max() < 1700


def test_all_around_the_middle_is_the_antenna():
    found = estimate([Source("sector", place_sector(sector("gsm", 3, 360.0), HERE))])
    assert np.linalg.norm(found.at_m) < 1
    assert len(found.ground.interiors) == 1
    assert found.ellipse.semi_major_m == pytest.approx(found.ellipse.semi_minor_m)


@pytest.mark.parametrize("asked", [sector(), sector("gsm", 0), sector("gsm", 4, 120.0), sector("nr", 100, 30.0, mu=1)])
def test_the_ellipse_and_the_ground_hold_95_of_100_of_those_in_the_cell(asked):
    cell = place_sector(asked, HERE)
    found = estimate([Source("sector", cell)])
    mesh = cell.mesh()
    weights = weights_on(mesh, cell.log_density(mesh.centres_m))
    axis = np.radians(found.ellipse.azimuth_deg)
    off = mesh.centres_m - found.at_m
    along, across = off @ [np.sin(axis), np.cos(axis)], off @ [np.cos(axis), -np.sin(axis)]
    inside = (along / found.ellipse.semi_major_m) ** 2 + (across / found.ellipse.semi_minor_m) ** 2 <= 1
    assert weights[inside].sum() == pytest.approx(0.95, abs=0.01)
    assert found.ground.is_valid
    assert weights[shapely.contains_xy(found.ground, mesh.centres_m)].sum() == pytest.approx(0.95, abs=0.02)


@pytest.mark.parametrize(
    "asked", [sector("gsm", 300), sector("lte", 1283), sector("nr", 5), sector("lte", 5, mu=1), sector(ta=None)]
)
def test_a_timing_advance_that_cannot_be_is_refused(asked):
    with pytest.raises(BadQuery, match="sector"):
        place_sector(asked, HERE)


def test_a_ring_has_the_log_distance_radius_and_its_error():
    ring = find_ring(strength(), HERE)
    assert ring.radius_m == pytest.approx(100.0)
    assert ring.factor == pytest.approx(10 ** (8 / 35))


def test_rings_of_simulated_phones_hold_95_of_100():
    chance = np.random.default_rng(7)
    sites = np.array([[0.0, 0.0], [800.0, 0.0], [400.0, 700.0], [-300.0, 500.0]])
    inside = 0
    for _ in range(200):
        phone = chance.uniform([-1500, -1500], [2000, 2000])
        distance = np.linalg.norm(sites - phone, axis=1)
        heard = -10 - 35 * np.log10(distance) + chance.normal(0, 8, 4)
        rings = Rings(tuple(find_ring(strength(float(dbm)), site) for dbm, site in zip(heard, sites, strict=True)))
        found = estimate([Source("rssi", rings)])
        axis = np.radians(found.ellipse.azimuth_deg)
        off = phone - found.at_m
        along, across = off @ [np.sin(axis), np.cos(axis)], off @ [np.cos(axis), -np.sin(axis)]
        inside += (along / found.ellipse.semi_major_m) ** 2 + (across / found.ellipse.semi_minor_m) ** 2 <= 1
    assert 0.88 <= inside / 200 <= 1


@pytest.mark.parametrize("asked", [strength(40.0), strength(-200.0, exponent=1.5)])
def test_a_strength_that_nobody_believes_is_refused(asked):
    with pytest.raises(BadQuery, match="rssi_dbm"):
        find_ring(asked, HERE)
