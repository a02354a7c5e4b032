"""How probability walks."""

from __future__ import annotations

import numpy as np
import pytest

from location_cloud.errors import BadQuery, TooLarge
from location_cloud.searches.allocation_periods import allocate_periods
from location_cloud.searches.cells import grid_around
from location_cloud.searches.motion import as_matrix, forward, walking

GRID = grid_around((0, 0), 1000, 50)
LEVEL = np.full(GRID.shape, 1.0, np.float32)
MIDDLE = GRID.size // 2


def start():
    p = np.zeros(GRID.shape)
    p.flat[MIDDLE] = 1
    return p


def test_nobody_is_lost_and_nobody_made():
    p, left = forward(walking(GRID, LEVEL), start(), 7200)
    assert p.sum() + left == pytest.approx(1, abs=1e-12)
    assert left > 0
    assert (p >= 0).all()


def test_chances_of_a_step_add_up_to_one():
    motion = walking(GRID, LEVEL, attraction=np.random.default_rng(1).random(GRID.shape).astype(np.float32))
    assert motion.stay + motion.step.sum(axis=0) == pytest.approx(1, abs=1e-15)


def test_a_random_walk_stays_centred_and_widens_as_the_root_of_time():
    motion = walking(GRID, LEVEL)
    east, north = GRID.offsets_m((0, 0))
    spread = []
    for time_s in (900, 3600):
        p, _ = forward(motion, start(), time_s)
        assert (p * east).sum() == pytest.approx(0, abs=1e-9)
        spread.append((p * (east**2 + north**2)).sum())
    assert spread[1] / spread[0] == pytest.approx(4, rel=0.03)


def test_who_keeps_a_direction_gets_ahead():
    p, _ = forward(walking(GRID, LEVEL, heading_deg=90, concentration=8), start(), 1800)
    east, north = GRID.offsets_m((0, 0))
    assert (p * east).sum() > 300
    assert (p * north).sum() == pytest.approx(0, abs=1e-9)


def test_who_stays_put_stays():
    p, left = forward(walking(GRID, LEVEL, moving=0), start(), 7200)
    assert p.flat[MIDDLE] == 1
    assert left == 0


def test_water_is_not_entered():
    speed = LEVEL.copy()
    speed[:, 25:] = 0
    p, _ = forward(walking(GRID, speed), start(), 7200)
    assert p[:, 25:].sum() == 0


def test_roads_gather_walkers():
    roads = np.ones(GRID.shape, np.float32)
    roads[20] = 5
    p, _ = forward(walking(GRID, LEVEL, attraction=roads), start(), 3600)
    assert p[20].sum() > 2 * forward(walking(GRID, LEVEL), start(), 3600)[0][20].sum()


def test_a_matrix_moves_as_steps_do():
    grid = grid_around((0, 0), 200, 50)
    random = np.random.default_rng(3)
    motion = walking(grid, random.uniform(0, 1.5, grid.shape).astype(np.float32))
    p = random.random(grid.shape)
    by_matrix = p.ravel() @ as_matrix(motion, 900)
    assert by_matrix == pytest.approx(forward(motion, p, 900)[0].ravel(), abs=1e-6)


def test_a_mover_is_planned_for_over_periods():
    grid = grid_around((0, 0), 200, 50)
    move = as_matrix(walking(grid, np.ones(grid.shape, np.float32)), 1800)
    p = np.zeros(grid.size)
    p[40] = 1
    plan = allocate_periods(p, [np.ones(grid.size)] * 3, [2.0, 2.0, 2.0], move)
    assert plan.gap <= 1e-4
    assert 1 - np.exp(-2) < plan.pos < 1


def test_no_time_moves_nobody():
    assert forward(walking(GRID, LEVEL), start(), 0)[0].flat[MIDDLE] == 1


@pytest.mark.parametrize(
    ("question", "error"),
    [
        (lambda: walking(GRID, LEVEL[:3]), BadQuery),
        (lambda: walking(GRID, -LEVEL), BadQuery),
        (lambda: walking(GRID, LEVEL, moving=1.5), BadQuery),
        (lambda: walking(GRID, LEVEL, step_s=1000), BadQuery),
        (lambda: forward(walking(GRID, LEVEL), start(), -1), BadQuery),
        (lambda: forward(walking(GRID, LEVEL), start(), 1e9), TooLarge),
        (
            lambda: as_matrix(walking(*[(g := grid_around((0, 0), 1000, 9)), np.ones(g.shape, np.float32)]), 60),
            TooLarge,
        ),
    ],
)
def test_motions_out_of_range_are_refused(question, error):
    with pytest.raises(error):
        question()
