"""Sources joined: what agrees is sharpened, what contradicts is told."""

from __future__ import annotations

import numpy as np
import pytest

from location_cloud.callers.cell_sector import place_sector
from location_cloud.callers.estimate import Source, estimate
from location_cloud.callers.mixture import Mixture, gaussian
from location_cloud.callers.model import Sector

SECTOR = place_sector(Sector((125.1, 46.6), 90, 65, 20, "lte"), np.zeros(2))


def fix(name, x, y, sigma):
    return Source(name, gaussian((x, y), sigma))


def test_one_fix_keeps_its_circle():
    found = estimate([fix("point", 10, 20, 20)])
    assert found.at_m.tolist() == [10, 20]
    assert found.ellipse.semi_major_m == pytest.approx(20 * np.sqrt(5.991), abs=0.02)
    assert found.ground.area == pytest.approx(np.pi * 400 * 5.991, rel=1e-3)


def test_two_fixes_that_agree_are_weighed_by_their_errors():
    found = estimate([fix("aml", 0, 0, 30), fix("point", 50, 0, 40)])
    assert found.at_m[0] == pytest.approx(50 * 900 / 2500, abs=0.2)
    assert found.ellipse.semi_major_m == pytest.approx(24 * np.sqrt(5.991), rel=0.01)
    assert found.used == ("aml", "point")


def test_a_contradiction_is_told_and_not_averaged():
    found = estimate([fix("aml", 0, 0, 20), fix("point", 2000, 0, 30)])
    assert found.at_m.tolist() == [0, 0]
    assert [each.name for each in found.excluded] == ["point"]
    assert "contradict" in found.warnings[0]


def test_of_contradicting_sources_those_that_agree_are_believed():
    found = estimate([fix("aml", 5000, 0, 5), fix("point", 1600, 50, 100), Source("sector", SECTOR)])
    assert found.used == ("point", "sector")
    assert [each.name for each in found.excluded] == ["aml"]


def test_a_fix_across_the_ring_is_drawn_onto_it():
    found = estimate([fix("point", 1500, 0, 100), Source("sector", SECTOR)])
    assert 1540 < found.at_m[0] < 1620
    assert found.ellipse.azimuth_deg in (pytest.approx(0, abs=1), pytest.approx(180, abs=1))
    assert found.ground.is_valid


def test_a_small_fix_in_a_large_ring_stays_as_sharp():
    found = estimate([Source("sector", SECTOR), fix("point", 1600, 0, 5)])
    assert found.ellipse.semi_major_m == pytest.approx(5 * np.sqrt(5.991), rel=0.1)


def test_of_places_far_apart_the_likelier_is_told_with_its_share():
    spread = np.repeat(100.0 * np.eye(2)[None], 2, axis=0)
    two = Mixture(np.array([[0.0, 0.0], [9000.0, 0.0]]), spread, np.array([0.7, 0.3]))
    found = estimate([Source("tdoa", two)])
    assert found.at_m.tolist() == [0, 0]
    assert found.ellipse.level == pytest.approx(0.665)
    assert found.ground.geom_type == "MultiPolygon"
    assert "9.0 km away (30%)" in found.warnings[0]


def test_another_source_decides_between_them():
    spread = np.repeat(100.0 * np.eye(2)[None], 2, axis=0)
    two = Mixture(np.array([[0.0, 0.0], [9000.0, 0.0]]), spread, np.array([0.7, 0.3]))
    found = estimate([Source("tdoa", two), fix("point", 8990, 0, 500)])
    assert found.at_m[0] == pytest.approx(9000, abs=5)
    assert not found.excluded


def test_the_azimuth_is_that_of_the_longer_axis_from_north():
    spread = np.array([[[100.0, 100.0], [100.0, 150.0]]])
    found = estimate([Source("tdoa", Mixture(np.zeros((1, 2)), spread, np.ones(1)))])
    assert 0 < found.ellipse.azimuth_deg < 45
    assert found.ellipse.semi_major_m > found.ellipse.semi_minor_m
