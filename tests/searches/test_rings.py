"""Distances at which people are found."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

from location_cloud.errors import BadQuery
from location_cloud.searches.cells import grid_around
from location_cloud.searches.rings import fit_ring, ring_map
from location_cloud.searches.subject_statistics import percentiles, shipped_distances

HIKER = [25, 50, 75, 95], [600, 1800, 3200, 9900]
TABLES = sorted({(row.category, row.ground) for row in shipped_distances()})


@pytest.mark.parametrize("table", TABLES)
def test_a_ring_is_exact_at_every_published_percentile_and_never_falls(table):
    percent, metres, _ = percentiles(shipped_distances(), *table)
    ring = fit_ring(percent, metres)
    assert ring.share_within(metres) == pytest.approx(percent / 100, abs=1e-12)
    assert (np.diff(ring.share_within(np.geomspace(1, 1e6, 2000))) >= 0).all()


def test_the_density_is_the_slope_of_the_share():
    ring = fit_ring(*HIKER)
    between = quad(ring.density_per_m, 500, 4000, points=[600, 1800, 3200])[0]
    assert between == pytest.approx(float(np.diff(ring.share_within([500, 4000]))[0]), abs=1e-7)


def test_nobody_is_found_within_nothing_and_all_within_the_world():
    ring = fit_ring(*HIKER)
    assert ring.share_within([0, 1e9]) == pytest.approx([0, 1], abs=1e-6)
    assert ring.density_per_m(0) == 0


def test_a_share_has_its_distance():
    assert fit_ring(*HIKER).distance_m(0.5) == pytest.approx(1800, abs=0.01)


def test_a_map_holds_the_percentiles_within_their_circles():
    grid = grid_around((0, 0), 10_000, 50)
    p = ring_map(grid, (0, 0), fit_ring(*HIKER))
    distance = grid.distance_m((0, 0))
    assert [p[distance <= each].sum() for each in HIKER[1]] == pytest.approx([0.25, 0.5, 0.75, 0.95], abs=0.004)


def test_what_lies_outside_the_map_is_missing_from_its_sum():
    grid = grid_around((0, 0), 3200, 50)
    inside = ring_map(grid, (0, 0), fit_ring(*HIKER)).sum()
    assert 0.75 < inside < 0.95


@pytest.mark.parametrize(
    ("percent", "metres"),
    [([50], [100]), ([25, 50], [100]), ([50, 25], [1, 2]), ([25, 50], [2, 1]), ([0, 50], [1, 2]), ([25, 100], [1, 2])],
)
def test_what_is_no_distribution_is_refused(percent, metres):
    with pytest.raises(BadQuery):
        fit_ring(percent, metres)
