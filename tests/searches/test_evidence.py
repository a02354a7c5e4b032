"""What each kind of knowledge says about cells."""

from __future__ import annotations

import numpy as np
import pytest

from location_cloud.errors import BadQuery, Unprocessable
from location_cloud.searches.cells import grid_around
from location_cloud.searches.evidence import (
    about_direction,
    at_features,
    near_clue,
    near_lines,
    offset_m,
    phone_ellipse,
    phone_sector,
    within_time,
)
from location_cloud.searches.rings import fit_ring

GRID = grid_around((0, 0), 1000, 20)


def at(values, east_m, north_m):
    return values.flat[GRID.cells_of((east_m, north_m))[0]]


def test_half_get_as_far_as_the_time_allows_at_the_usual_pace():
    time_s = np.array([[0, 900, 3600, 7200, 1e6, np.inf]], np.float32)
    chance = within_time(time_s, 3600)[0]
    assert chance[[0, 2]] == pytest.approx([1, 0.5], abs=1e-3)
    assert chance[1] > 0.99
    assert chance[3] == pytest.approx(0.083, abs=0.002)
    assert chance[4:].tolist() == [0, 0]


def test_a_direction_is_likelier_than_its_opposite_and_says_nothing_on_average():
    values = about_direction(GRID, (0, 0), 90, 30)
    assert at(values, 500, 0) > 5 * at(values, -500, 0) > 0
    ring = np.abs(GRID.distance_m((0, 0)) - 700) < 40
    assert values[ring].mean() == pytest.approx(1, abs=0.02)


def test_directions_wrap_round_north():
    values = about_direction(GRID, (0, 0), 350, 20)
    assert at(values, 500 * np.sin(np.radians(10)), 500 * np.cos(np.radians(10))) == pytest.approx(
        at(values, 500 * np.sin(np.radians(-30)), 500 * np.cos(np.radians(-30))), rel=0.1
    )


def test_offset_is_the_distance_to_the_nearest_line():
    away = offset_m(GRID, [np.array([[-1010.0, 0], [1010, 0]])])
    assert away == pytest.approx(np.repeat(np.abs(GRID.y_m)[:, None], GRID.columns, axis=1))
    assert np.isinf(offset_m(GRID, [])).all()


def test_mass_beside_lines_follows_the_published_offsets():
    away = offset_m(GRID, [np.array([[-1010.0, 0], [1010, 0]])])
    values = near_lines(away, fit_ring([50, 75, 95], [100, 240, 600]))
    p = values / values.sum()
    assert [p[away < each].sum() for each in (110, 250, 610)] == pytest.approx([0.5, 0.75, 0.95], abs=0.04)


def test_each_kind_of_feature_gets_its_share_and_absent_ones_leave_theirs():
    feature = np.full((10, 10), -1, np.int8)
    feature[0], feature[1, :5] = 0, 1
    values = at_features(feature, {0: 0.3, 1: 0.2, 2: 0.5})
    p = values / values.sum()
    assert [p[feature == 0].sum(), p[feature == 1].sum(), p[feature == -1].sum()] == pytest.approx([0.6, 0.4, 0])
    trusted = at_features(feature, {0: 1.0}, trust=0.5)
    assert trusted[feature == -1] == pytest.approx(0.5)


def test_a_clue_counts_at_its_place_and_not_far_away():
    values = near_clue(GRID, (200, 0), 50, 8)
    assert [at(values, 200, 0), at(values, -900, 0)] == pytest.approx([8, 1], abs=1e-6)
    assert at(near_clue(GRID, (200, 0), 50, 0.1), 200, 0) == pytest.approx(0.1)


def test_an_ellipse_holds_its_level_of_the_mass():
    values = phone_ellipse(GRID, (100, 50), 400, 200, 30, level=0.95, trust=1.0)
    sin, cos = np.sin(np.radians(30)), np.cos(np.radians(30))
    east, north = GRID.offsets_m((100, 50))
    inside = ((east * sin + north * cos) / 400) ** 2 + ((east * cos - north * sin) / 200) ** 2 <= 1
    assert values[inside].sum() / values.sum() == pytest.approx(0.95, abs=0.004)


def test_a_fix_may_be_wrong():
    assert phone_ellipse(GRID, (0, 0), 50, 50, 0).min() == pytest.approx(0.05)


def test_a_sector_lies_in_its_beam_and_its_ring():
    values = phone_sector(GRID, (0, 0), 90, 65, 400, 600)
    assert at(values, 500, 0) > 20 * max(at(values, each, 0) for each in (200, 800, -500))
    assert at(values, 500 * np.cos(np.radians(32.5)), 500 * np.sin(np.radians(32.5))) == pytest.approx(
        0.5 * at(values, 500, 0), rel=0.15
    )


def test_an_antenna_to_all_sides_has_no_beam():
    values = phone_sector(GRID, (0, 0), 0, 360, 0, 500)
    assert at(values, 0, -300) == pytest.approx(at(values, 300, 0))
    assert at(values, 0, 0) == pytest.approx(at(values, 300, 0), rel=0.01)


@pytest.mark.parametrize(
    ("question", "error"),
    [
        (lambda: within_time(np.ones((1, 1), np.float32), 0), BadQuery),
        (lambda: about_direction(GRID, (0, 0), 0, 0), BadQuery),
        (lambda: about_direction(GRID, (0, 0), 0, 20, trust=2), BadQuery),
        (lambda: near_lines(np.full((2, 2), np.inf), fit_ring([25, 75], [1, 2])), Unprocessable),
        (lambda: at_features(np.zeros((2, 2), np.int8), {3: 1.0}), Unprocessable),
        (lambda: at_features(np.zeros((2, 2), np.int8), {0: -1.0}), BadQuery),
        (lambda: near_clue(GRID, (0, 0), 0, 2), BadQuery),
        (lambda: near_clue(GRID, (0, 0), 10, -1), BadQuery),
        (lambda: phone_ellipse(GRID, (0, 0), 0, 1, 0), BadQuery),
        (lambda: phone_ellipse(GRID, (1e7, 0), 10, 10, 0), Unprocessable),
        (lambda: phone_sector(GRID, (0, 0), 0, 65, 500, 400), BadQuery),
        (lambda: phone_sector(GRID, (0, 0), 0, 0, 0, 400), BadQuery),
    ],
)
def test_knowledge_out_of_range_is_refused(question, error):
    with pytest.raises(error):
        question()
