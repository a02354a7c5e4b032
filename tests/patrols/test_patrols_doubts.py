"""Doubts: each kind is found where it is drawn, none in an honest walk, and each says why and by what."""

from __future__ import annotations

import numpy as np
import pytest

from location_cloud.patrols.cleaning import clean
from location_cloud.patrols.suspicion import find_doubts, find_same
from tests.patrols.test_patrols_cells import START_S, walked, wander


def doubts(told, moving="foot"):
    return find_doubts(told, clean(told, 40.0 if moving == "foot" else 150.0), moving)


def kinds(told, moving="foot"):
    return {doubt.kind for doubt in doubts(told, moving)}


@pytest.mark.parametrize("seed", range(20))
def test_an_honest_walk_raises_none(seed):
    assert kinds(walked(wander(seed, count=720))) == set()


def test_a_lift_in_a_car_is_told_with_its_speed():
    way = wander(1)
    way[200:] += np.column_stack([np.minimum(np.arange(200), 20) * 75.0, np.zeros(200)])
    (doubt,) = [each for each in doubts(walked(way)) if each.kind == "speed"]
    assert doubt.measured == pytest.approx(54.0, abs=6.0)
    assert (doubt.limit, doubt.evidence["fixes"]) == (40.0, 21)
    assert "lift" in doubt.reason


def test_the_same_speed_by_car_is_none():
    way = wander(1)
    way[200:] += np.column_stack([np.minimum(np.arange(200), 20) * 75.0, np.zeros(200)])
    assert "speed" not in kinds(walked(way), "car")


def test_a_teleport_is_told_with_both_places():
    way = wander(2)
    way[200:] += 5_000.0
    (doubt,) = [each for each in doubts(walked(way)) if each.kind == "teleport"]
    assert doubt.measured == pytest.approx(7_071, abs=50)
    assert len(doubt.evidence["coordinates"]) == 2


def test_a_position_that_never_moves_is_told():
    way = wander(3, count=500)
    way[100:300] = way[100]
    (doubt,) = [each for each in doubts(walked(way)) if each.kind == "identical"]
    assert (doubt.measured, doubt.begin_s) == (995, START_S + 500.0)


def test_a_drawn_line_is_told():
    way = wander(4)
    way[100:200] = way[100] + np.column_stack([np.arange(100) * 6.0, np.arange(100) * 3.0])
    assert "straight" in kinds(walked(way))


def test_a_straight_street_walked_is_none():
    chance = np.random.default_rng(5)
    way = np.column_stack([np.arange(400) * 6.0, np.zeros(400)]) + chance.normal(0, 3.0, (400, 2))
    assert kinds(walked(way)) == set()


def test_a_program_walks_at_one_pace():
    turn = np.cumsum(np.random.default_rng(6).normal(0, 0.3, 200))
    way = np.cumsum(6.0 * np.column_stack([np.cos(turn), np.sin(turn)]), axis=0)
    (doubt,) = [each for each in doubts(walked(way)) if each.kind == "even_pace"]
    assert doubt.measured < 0.01
    assert doubt.evidence["kmh"] == pytest.approx(4.32)


@pytest.mark.parametrize(
    ("shift_s", "drift_s", "found"), [(0, 0, False), (-40, 0, True), (0, 60, True), (300, 0, False)]
)
def test_a_clock_that_is_ahead_or_wanders_is_told(shift_s, drift_s, found):
    told = walked(wander(7, count=1500))
    told.received_s[:] = told.time_s + 1.0 + shift_s + np.linspace(0, drift_s, len(told))
    assert ("clock" in kinds(told)) == found


def test_fixes_that_were_kept_back_say_nothing_of_clocks():
    told = walked(wander(8, count=1500))
    told.received_s[:] = told.time_s.max() + 4_000.0
    assert "clock" not in kinds(told)


def test_one_track_of_two_devices_is_told():
    way, chance = wander(9, count=600), np.random.default_rng(9)
    one, other = walked(way), walked(way + chance.normal(0, 2.0, way.shape), time_s=START_S + 2 + np.arange(600) * 5.0)
    doubt = find_same(one, other)
    assert doubt.kind == "same_track"
    assert doubt.measured > 0.9


@pytest.mark.parametrize("apart_m", [40.0, 500.0])
def test_two_who_walk_apart_are_two(apart_m):
    way = wander(10, count=600)
    assert find_same(walked(way), walked(way + apart_m)) is None


def test_two_who_sit_in_one_office_prove_nothing():
    chance = np.random.default_rng(11)
    one, other = (walked(chance.normal(0, 3.0, (600, 2))) for _ in range(2))
    assert find_same(one, other) is None


def test_a_short_meeting_proves_nothing():
    way = wander(12, count=200)
    assert find_same(walked(way), walked(way)) is None
