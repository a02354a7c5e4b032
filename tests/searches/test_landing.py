"""Where helicopters land."""

from __future__ import annotations

import numpy as np
import pytest

from location_cloud.errors import BadQuery
from location_cloud.searches.cells import grid_around
from location_cloud.searches.landing import landing_sites, slope_deg, suitable

GRID = grid_around((0, 0), 200, 5)
LEVEL = np.zeros(GRID.shape, np.float32)


def wood(*clearings):
    """Trees everywhere but in circles (x, y, radius)."""
    trees = np.ones(GRID.shape, bool)
    for x, y, radius in clearings:
        trees &= GRID.distance_m((x, y)) > radius
    return trees


def test_the_slope_of_a_plane_is_its_own_everywhere():
    plane = (GRID.x_m[None, :] * 0.1 + GRID.y_m[:, None] * 0.05).astype(np.float32)
    assert slope_deg(GRID, plane) == pytest.approx(np.degrees(np.arctan(np.hypot(0.1, 0.05))), rel=1e-5)


def test_the_largest_clearing_comes_first_and_a_small_one_not_at_all():
    found = landing_sites(GRID, LEVEL, wood((-100, 50, 40), (80, -60, 60), (100, 120, 10)))
    assert [each.xy_m for each in found][:2] == [(80, -60), (-100, 50)]
    assert [each.diameter_m for each in found] == sorted((each.diameter_m for each in found), reverse=True)
    assert found[0].diameter_m == pytest.approx(120, abs=8)


def test_the_nearest_comes_first_when_asked_near_a_place():
    found = landing_sites(GRID, LEVEL, wood((-100, 50, 40), (80, -60, 60)), near_m=(-120, 50))
    assert found[0].xy_m == (-100, 50)


def test_a_slope_is_no_landing_site():
    steep = (GRID.x_m[None, :] * 0.2).repeat(GRID.rows, 0).astype(np.float32)
    assert landing_sites(GRID, steep, wood((0, 0, 100))) == []
    assert suitable(GRID, steep, wood((0, 0, 100)), most_slope_deg=15).any()


def test_what_is_steep_beside_a_site_does_not_count_as_its_slope():
    coarse = grid_around((0, 0), 500, 50)
    knoll = (coarse.distance_m((0, 0)) * 0.3).astype(np.float32)
    knoll[coarse.distance_m((0, 0)) < 120] = 30
    found = landing_sites(coarse, knoll, np.zeros(coarse.shape, bool), diameter_m=25)
    assert found[0].xy_m == (0, 0)
    assert max(each.slope_deg for each in found) <= 5


def test_unknown_ground_is_no_landing_site():
    unknown = LEVEL.copy()
    unknown[:, 20:] = np.nan
    found = landing_sites(GRID, unknown, np.zeros(GRID.shape, bool))
    assert max(each.xy_m[0] + each.diameter_m / 2 for each in found) < -95


def test_sites_keep_a_diameter_apart_and_are_no_more_than_asked():
    found = landing_sites(GRID, LEVEL, wood((0, 0, 150)), diameter_m=30, most=5)
    xy = np.array([each.xy_m for each in found])
    apart = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    assert 1 <= len(found) <= 5
    assert apart[~np.eye(len(xy), dtype=bool)].min(initial=30) >= 30


@pytest.mark.parametrize(
    "question",
    [
        lambda: landing_sites(GRID, LEVEL[1:], wood()),
        lambda: landing_sites(GRID, LEVEL, wood()[1:]),
        lambda: landing_sites(GRID, LEVEL, wood(), diameter_m=0),
        lambda: landing_sites(GRID, LEVEL, wood(), most_slope_deg=90),
    ],
)
def test_landing_out_of_range_is_refused(question):
    with pytest.raises(BadQuery):
        question()
