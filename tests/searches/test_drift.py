"""Drift on water and the circles about a datum."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from location_cloud.errors import BadQuery, TooLarge
from location_cloud.searches.cells import grid_around
from location_cloud.searches.drift import (
    circle_share,
    datum_map,
    drift,
    particles_map,
    square_share,
    total_error_m,
)
from location_cloud.searches.leeway import LEEWAY, Leeway
from location_cloud.searches.model import DriftObject

FACTORS = [1.1, 1.6, 2.0, 2.3, 2.5]
PERSON = LEEWAY["person_in_water"]


def sure(leeway):
    """The same without what is uncertain of it."""
    return Leeway(*(slope._replace(spread_m_s=0.0) for slope in (leeway.downwind, leeway.right, leeway.left)))


SURE = sure(PERSON)


def drifted(hours, wind, current=(0, 0), leeway=SURE, particles=4, **more):
    return drift(
        np.zeros((particles, 2)),
        np.zeros(particles),
        hours * 3600,
        np.array([0.0]),
        np.array([wind], float),
        np.array([current], float),
        leeway,
        np.random.default_rng(1),
        **more,
    )


def test_circles_hold_the_published_shares():
    assert circle_share(FACTORS) == pytest.approx([0.5677, 0.8304, 0.9375, 0.9744, 0.9869], abs=5e-5)


def test_squares_hold_the_published_shares():
    assert square_share(FACTORS) == pytest.approx([0.6476, 0.8844, 0.9633, 0.9865, 0.9935], abs=5e-5)


def test_errors_of_a_datum_add_as_squares():
    assert total_error_m(300, 400, 1200) == pytest.approx(1300)


def test_half_of_a_datums_map_lies_within_its_error():
    grid = grid_around((0, 0), 3000, 20)
    p, outside = datum_map(grid, (0, 0), 500)
    assert p[grid.distance_m((0, 0)) <= 500].sum() == pytest.approx(0.5, abs=0.003)
    assert p.sum() + outside == pytest.approx(1)


def test_every_kind_of_object_has_its_leeway():
    assert set(LEEWAY) == set(get_args(DriftObject))
    for name, leeway in LEEWAY.items():
        assert leeway.right.share >= 0 >= leeway.left.share, name
        assert all(slope.spread_m_s > 0 for slope in (leeway.downwind, leeway.right, leeway.left)), name


def test_a_boat_goes_further_than_a_person_and_left_is_not_as_right():
    wind = (10, 0)
    boat, person = (drifted(1, wind, leeway=sure(LEEWAY[name])) for name in ("sport_boat", "person_in_water"))
    assert boat[:, 0].min() > 6 * person[:, 0].max()
    suit = drifted(1, wind, leeway=sure(LEEWAY["person_survival_suit"]), particles=64)
    right, left = -suit[suit[:, 1] < 0, 1], suit[suit[:, 1] > 0, 1]  # wind to the east: right is south
    assert right == pytest.approx((1.36 * 10 - 3.30) * 36)
    assert left == pytest.approx((0.13 * 10 + 2.65) * 36)


def test_ten_metres_a_second_of_wind_drive_a_person_346_m_down_and_194_across():
    ends = drifted(1, (0, 10), particles=40)
    assert ends[:, 1] == pytest.approx(345.6)
    assert sorted(set(ends[:, 0].round(1))) == [-194.4, 194.4]


def test_current_carries_without_wind():
    assert drifted(2, (0, 0), (0.5, -0.25)) == pytest.approx(np.tile([3600, -1800], (4, 1)))


def test_the_spread_of_particles_is_that_of_the_object():
    ends = drifted(1, (10, 0), leeway=PERSON, particles=4000)
    assert ends[:, 0].std() == pytest.approx(0.12 * 3600, rel=0.05)
    assert np.abs(ends[:, 1]).mean() > 194


def test_who_falls_in_later_drifts_less():
    ends = drift(
        np.zeros((2, 2)), np.array([0.0, 1800]), 3600, np.array([0.0]), np.zeros((1, 2)), np.array([[1.0, 0]]), SURE,
        np.random.default_rng(1), step_s=700,
    )  # fmt: skip
    assert ends[:, 0] == pytest.approx([3600, 1800])


def test_current_that_turns_with_the_tide_is_followed():
    ends = drift(
        np.zeros((1, 2)), np.zeros(1), 7200, np.array([0.0, 7200]), np.zeros((2, 2)), np.array([[1.0, 0], [-1, 0]]),
        SURE, np.random.default_rng(1),
    )  # fmt: skip
    assert ends == pytest.approx(np.zeros((1, 2)), abs=1e-9)


def test_particles_make_a_map_that_knows_what_left_it():
    grid = grid_around((0, 0), 100, 20)
    p, outside = particles_map(grid, np.array([[0.0, 0], [0, 0], [40, 0], [1000, 0]]))
    assert [p[5, 5], p[5, 7], outside] == pytest.approx([0.5, 0.25, 0.25])
    smooth, _ = particles_map(grid, np.zeros((1, 2)), spread_m=20)
    assert 0.1 < smooth[5, 5] < 0.2


@pytest.mark.parametrize(
    ("question", "error"),
    [
        (lambda: drifted(1, (0, 0), step_s=0), BadQuery),
        (
            lambda: drift(
                np.zeros((1, 2)), np.zeros(1), 9, np.zeros(2), np.zeros((2, 2)), np.zeros((2, 2)), SURE, None
            ),
            BadQuery,
        ),
        (lambda: drifted(1e6, (0, 0), step_s=1e-3), TooLarge),
        (lambda: datum_map(grid_around((0, 0), 10, 1), (0, 0), 0), BadQuery),
    ],
)
def test_drift_out_of_range_is_refused(question, error):
    with pytest.raises(error):
        question()
