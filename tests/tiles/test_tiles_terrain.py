"""Pictures of heights, compared with slow obvious formulas."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tiles.terrain import contour_lines, hillshade, slope, terrain_rgb, terrarium

GROUND_M = np.full(8, 10.0)


def plane(east: float, north: float) -> np.ndarray:
    """(10, 10) heights that rise by so many metres a pixel of 10 m."""
    rows, columns = np.mgrid[0:10, 0:10]
    return (500 + east * columns - north * rows).astype(np.float32)


@pytest.mark.parametrize(("east", "north", "degrees"), [(0, 0, 0), (10, 0, 45), (0, -10, 45), (3, 4, 26.5651)])
def test_slope_of_a_plane_is_its_angle(east, north, degrees):
    assert slope(plane(east, north), GROUND_M) == pytest.approx(degrees, abs=1e-3)


def test_level_ground_is_lit_by_the_sine_of_the_suns_height():
    shade = hillshade(plane(0, 0), GROUND_M, 315.0, 30.0, 1.0)
    assert shade == pytest.approx(254 * math.sin(math.radians(30)) + 1, abs=1)


def test_a_slope_towards_the_light_is_brighter_than_one_away_from_it():
    towards = hillshade(plane(0, -3), GROUND_M, 0.0, 45.0, 1.0)  # it falls to the north, where the light is
    away = hillshade(plane(0, 3), GROUND_M, 0.0, 45.0, 1.0)
    assert towards.min() > away.max()


def test_ground_that_faces_the_light_is_brightest():
    assert hillshade(plane(-10, 0), GROUND_M, 90.0, 45.0, 1.0) == pytest.approx(255, abs=1)


def test_relief_does_not_depend_on_how_it_is_cut():
    heights = np.random.default_rng(3).normal(200, 30, (40, 40)).astype(np.float32)
    whole = hillshade(heights, np.full(38, 12.0), 315.0, 45.0, 1.0)
    part = hillshade(heights[10:30, 10:30].copy(), np.full(18, 12.0), 315.0, 45.0, 1.0)
    assert np.array_equal(part, whole[10:28, 10:28])


def test_voids_are_dark_and_their_neighbours_still_drawn():
    heights = plane(2, 0)
    heights[5, 5] = np.nan
    shade = hillshade(heights, GROUND_M, 315.0, 45.0, 1.0)
    assert shade[4, 4] == 0
    assert (np.delete(shade.ravel(), 4 * 8 + 4) > 0).all()
    assert np.isnan(slope(heights, GROUND_M)[4, 4])


def test_contour_lines_stand_where_heights_pass_a_multiple():
    lines = contour_lines(plane(10, 0), 20.0)
    assert lines.any(axis=0).tolist() == [True, False] * 4
    assert not contour_lines(np.full((10, 10), np.nan, np.float32), 20.0).any()


@pytest.mark.parametrize("metres", [-418.0, 0.0, 0.1, 146.4, 8848.9])
def test_heights_come_back_from_colours(metres):
    heights = np.full((2, 2), metres, np.float32)
    red, green, blue = terrain_rgb(heights)[0, 0].tolist()
    assert -10000 + (red * 65536 + green * 256 + blue) / 10 == pytest.approx(metres, abs=0.051)
    red, green, blue = terrarium(heights)[0, 0].tolist()
    assert red * 256 + green + blue / 256 - 32768 == pytest.approx(metres, abs=0.003)


def test_voids_are_packed_as_sea_level():
    void = np.full((1, 1), np.nan, np.float32)
    assert terrain_rgb(void).tolist() == terrain_rgb(np.zeros((1, 1), np.float32)).tolist()
    assert terrarium(void).tolist() == [[[128, 0, 0]]]
