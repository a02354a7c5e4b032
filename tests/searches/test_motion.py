"""How probability walks."""

from __future__ import annotations

import numpy as np
import pytest

from location_cloud.errors import BadQuery, TooLarge
from location_cloud.searches.allocation_periods import allocate_periods
from location_cloud.searches.cells import grid_around
from location_cloud.searches.motion import backward, forward, walking
from location_cloud.searches.moving import make_walk

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


def test_what_a_place_is_worth_is_what_its_subject_brings_later():
    grid = grid_around((0, 0), 200, 50)
    random = np.random.default_rng(3)
    motion = walking(grid, random.uniform(0, 1.5, grid.shape).astype(np.float32))
    p, worth = random.random(grid.shape), random.random(grid.shape)
    later = (worth * forward(motion, p, 900)[0]).sum()
    assert later == pytest.approx((backward(motion, worth, 900) * p).sum())


@pytest.mark.parametrize("most_work", [4e7, 2e3])
def test_a_walks_operator_and_its_transpose_belong_together(most_work):
    grid = grid_around((0, 0), 500, 50)
    random = np.random.default_rng(3)
    speed = np.where(random.random(grid.shape) < 0.2, 0, 1.2).astype(np.float32)
    draw = np.ones(grid.shape, np.float32)
    move = make_walk(grid, speed, draw, 1800.0, 0.5, None, 1.0, most_work).operator()
    p, worth = random.random(grid.size), random.random(grid.size)
    assert worth @ move.rmatvec(p) == pytest.approx(move.matvec(worth) @ p)


def test_a_mover_is_planned_for_over_periods():
    grid = grid_around((0, 0), 200, 50)
    draw = np.ones(grid.shape, np.float32)
    move = make_walk(grid, draw, draw, 1800.0, 0.3, None, 1.0).operator()
    p = np.zeros(grid.size)
    p[40] = 1
    plan = allocate_periods(p, [np.ones(grid.size)] * 3, [2.0, 2.0, 2.0], move)
    assert plan.gap <= 1e-4
    assert 1 - np.exp(-2) < plan.pos < 1


def test_who_looks_for_a_view_comes_to_a_summit_and_stays():
    east, north = GRID.offsets_m((200.0, 300.0))
    hill = (500 - 0.1 * np.hypot(east, north)).astype(np.float32)
    p, _ = forward(walking(GRID, LEVEL, moving=1, view=1, height_m=hill), start(), 3 * 3600)
    assert p.flat[int(hill.argmax())] == pytest.approx(1, abs=1e-6)


def test_a_view_draws_by_its_share_and_all_chances_add_up():
    east = GRID.offsets_m((0.0, 0.0))[0] + np.zeros(GRID.shape)
    slope = (0.2 * east).astype(np.float32)
    shares = [0.0, 0.3, 0.9]
    motions = [walking(GRID, LEVEL, view=each, height_m=slope) for each in shares]
    for motion in motions:
        assert motion.stay + motion.step.sum(axis=0) == pytest.approx(np.ones(GRID.shape))
    means = [(forward(motion, start(), 900)[0] * east).sum() for motion in motions]
    assert abs(means[0]) < 1 < means[1] < means[2]


def test_the_highest_place_is_not_gone_to_over_water():
    speed, height = LEVEL.copy(), np.zeros(GRID.shape, np.float32)
    speed[:, 25:], height[:, 25:] = 0, 900
    p, _ = forward(walking(GRID, speed, view=0.5, height_m=height), start(), 3600)
    assert p[:, 25:].sum() == 0


def test_no_time_moves_nobody():
    assert forward(walking(GRID, LEVEL), start(), 0)[0].flat[MIDDLE] == 1


@pytest.mark.parametrize(
    ("question", "error"),
    [
        (lambda: walking(GRID, LEVEL[:3]), BadQuery),
        (lambda: walking(GRID, -LEVEL), BadQuery),
        (lambda: walking(GRID, LEVEL, moving=1.5), BadQuery),
        (lambda: walking(GRID, LEVEL, step_s=1000), BadQuery),
        (lambda: walking(GRID, LEVEL, view=0.5), BadQuery),
        (lambda: forward(walking(GRID, LEVEL), start(), -1), BadQuery),
        (lambda: forward(walking(GRID, LEVEL), start(), 1e9), TooLarge),
    ],
)
def test_motions_out_of_range_are_refused(question, error):
    with pytest.raises(error):
        question()
