"""What is made of drives: who is believed, how far it reaches, and what it is called."""

from __future__ import annotations

import numpy as np
import pytest

from location_cloud.traffic.model import FILLED, LIVE, NONE
from location_cloud.traffic.recent import PER_EDGE
from tests.traffic.driven_roads import NOW_S, Street, drives


@pytest.fixture
def street(tmp_path):
    return Street(tmp_path)


def test_nothing_is_known_where_nobody_drove(street):
    estimate = street.at()
    assert (estimate.source == NONE).all()
    assert np.isnan(estimate.kmh).all()
    assert (estimate.level == 0).all()


def test_a_road_that_a_vehicle_drove_is_live(street):
    street.drive("AB", street.free_s)
    estimate, edge = street.at(), street.edge("AB")
    assert estimate.source[edge] == LIVE
    assert estimate.samples[edge] == 1
    assert estimate.age_s[edge] == pytest.approx(10.0)
    assert street.share(estimate, "AB") == pytest.approx(1.0, abs=0.05)


def test_a_single_slow_vehicle_is_hardly_believed(street):
    street.drive("AB", 6 * street.free_s)
    street.drive("EF", 2.5 * street.free_s, vehicle=2)
    assert street.source("AB") != LIVE
    assert street.slower("EF") < 2.0


def test_vehicles_that_agree_are_believed(street):
    for vehicle in range(3):
        street.drive("AB", 4 * street.free_s, vehicle)
    assert 2.5 < street.slower("AB") < 4.2
    assert street.at().level[street.edge("AB")] == 4


def test_a_parked_vehicle_says_nothing(street):
    street.drive("AB", 600.0, vehicle=1)
    assert street.source("AB") != LIVE


def test_a_parked_vehicle_among_moving_ones_says_nothing(street):
    for vehicle in range(3):
        street.drive("AB", street.free_s, vehicle)
    street.drive("AB", 900.0, vehicle=9)
    assert street.slower("AB") == pytest.approx(1.0, abs=0.05)
    assert street.at().samples[street.edge("AB")] == 3


def test_a_vehicle_that_comes_twice_has_one_voice(street):
    for turn in range(5):
        street.drive("AB", 4 * street.free_s, vehicle=1, ago_s=10.0 + 200.0 * turn)
    assert street.at().samples[street.edge("AB")] == 1
    assert street.source("AB") != LIVE


def test_the_same_drive_told_twice_counts_once(street):
    for _ in range(2):
        street.drive("AB", 2 * street.free_s, vehicle=1)
        street.drive("AB", 2 * street.free_s, vehicle=2)
    once = street.slower("AB")
    assert street.at().samples[street.edge("AB")] == 2
    street.drive("AB", 2 * street.free_s, vehicle=2)
    assert street.slower("AB") == once


def test_pieces_of_one_drive_are_one(street):
    half = street.free_s
    street.drive("AB", half, ago_s=10.0 + half, part=(0.0, 0.5))
    street.drive("AB", half, ago_s=10.0, part=(0.5, 1.0))
    other = street.slower("AB")
    street.speeds.add(drives([(street.edge("CD"), 1, NOW_S - 10.0 - 2 * half, 2 * half, 0, 1)]))
    assert street.at().samples[street.edge("AB")] == 1
    assert other == pytest.approx(street.slower("CD"), rel=0.1)


def test_part_of_a_road_counts_as_that_part(street):
    for vehicle in range(3):
        street.drive("AB", street.free_s, vehicle, part=(0.0, 0.5))
        street.drive("EF", street.free_s, vehicle)
        street.drive("EF", 2 * street.free_s, 10 + vehicle, part=(0.0, 0.3))
    assert 1.4 < street.slower("AB") < 2.1
    assert street.slower("EF") < 2.0


def test_a_red_light_is_part_of_the_way_a_longer_stop_is_not(tmp_path):
    street = Street(tmp_path, nodes={"C": {"highway": "traffic_signals"}})
    for vehicle, wait_s in enumerate((0.0, 0.0, 35.0, 0.0)):
        street.drive("BC", street.seconds("BC") + wait_s, vehicle)
    assert 1.0 < street.slower("BC") < 1.25
    street.drive("BC", street.seconds("BC") + 200.0, vehicle=9)
    assert street.at().samples[street.edge("BC")] == 4


def test_too_fast_to_be_true_is_left_out(street):
    street.drive("AB", street.town.length_m("AB") / 100.0)
    assert street.source("AB") == NONE


def test_speed_is_the_mean_over_space(street):
    for vehicle, times in enumerate((1.0, 1.0, 1.4, 1.4)):
        street.drive("AB", times * street.free_s, vehicle, ago_s=1.0)
        street.drive("CD", 1.2 * street.free_s, vehicle, ago_s=1.0)
    assert street.slower("AB") == pytest.approx(street.slower("CD"), rel=0.02)


def test_older_drives_count_less_and_are_forgotten(street):
    street.drive("AB", street.free_s, ago_s=60.0)
    assert street.source("AB") == LIVE
    assert street.source("AB", NOW_S + 1200.0) != LIVE
    assert street.source("AB", NOW_S + 7200.0) == NONE
    assert not len(street.speeds._recent.drives)


def test_what_is_new_outweighs_what_was(street):
    for vehicle in range(3):
        street.drive("AB", 4 * street.free_s, vehicle, ago_s=1500.0)
        street.drive("AB", street.free_s, 10 + vehicle, ago_s=20.0)
    assert street.slower("AB") < 1.4


def test_more_drives_mean_less_variance(street):
    street.drive("AB", street.free_s)
    for vehicle in range(8):
        street.drive("EF", street.free_s, vehicle)
    variance = street.at().variance
    assert variance[street.edge("EF")] < 0.7 * variance[street.edge("AB")]


def test_simulated_drives_say_so(street):
    street.speeds.add(drives([(street.edge("AB"), 1, NOW_S - 40, 30.0, 0, 1)]), is_simulated=True)
    street.drive("EF", street.free_s, vehicle=2)
    estimate = street.at()
    assert estimate.is_simulated[street.edge("AB")]
    assert not estimate.is_simulated[street.edge("EF")]
    assert estimate.is_simulated[estimate.source == FILLED].all()


def _many(street, seed, count=600):
    chosen = np.random.default_rng(seed)
    edges = [street.edge(name) for name in ("AB", "BC", "CD", "DE", "EF", "BK", "BA")]
    rows = [
        (
            int(chosen.choice(edges)),
            int(chosen.integers(40)),
            NOW_S - 60.0 * int(chosen.integers(50)),
            20.0 + i % 37,
            0,
            1,
        )
        for i in range(count)
    ]
    return rows + rows[::5]


@pytest.mark.parametrize("seed", range(3))
def test_order_of_arrival_does_not_matter(tmp_path, seed):
    one, other = Street(tmp_path), Street(tmp_path)
    rows = _many(one, seed)
    one.speeds.add(drives(rows))
    shuffled = np.random.default_rng(seed + 100).permutation(len(rows))
    for piece in np.array_split(shuffled, 7):
        other.speeds.add(drives([rows[i] for i in piece]))
        other.at(now_s=NOW_S - 600.0)
    first, second = one.at(), other.at()
    np.testing.assert_array_equal(one.speeds._recent.drives, other.speeds._recent.drives)
    np.testing.assert_array_equal(first.kmh, second.kmh)
    np.testing.assert_array_equal(first.source, second.source)


def test_memory_is_bounded(street):
    for seed in range(20):
        street.speeds.add(drives(_many(street, seed)))
        street.at()
    assert len(street.speeds._recent.drives) <= 7 * PER_EDGE


def test_the_same_moment_gives_the_same_estimate(street):
    street.speeds.add(drives(_many(street, 5)))
    np.testing.assert_array_equal(street.at().kmh, street.at().kmh)


def test_edges_of_other_roads_and_broken_rows_are_passed_over(street):
    street.speeds.add(drives([(10_000, 1, NOW_S, 9.0, 0, 1), (-1, 1, NOW_S, 9.0, 0, 1), (0, 1, np.nan, 9.0, 0, 1)]))
    street.speeds.add(drives([(0, 1, NOW_S, -9.0, 0, 1), (0, 1, NOW_S, 9.0, 1, 0)]))
    assert (street.at().source == NONE).all()


def test_what_comes_later_says_nothing_of_now(street):
    street.drive("AB", street.free_s, ago_s=-600.0)
    assert street.source("AB") == NONE
    assert street.source("AB", NOW_S + 700.0) == LIVE
