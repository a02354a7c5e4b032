"""What devices report of a drive."""

from itertools import pairwise

import numpy as np
import pytest

from location_cloud.roads.edges import edge_line_e7
from location_cloud.simulator.city import build_city
from location_cloud.simulator.model import PARKED, Sensors, Traversals, plain_sensors
from location_cloud.simulator.sensing import build_devices, sense, tunnels
from routing.metric import metres_per_degree

START = 1_772_400_000.0


def column(values, dtype):
    return np.array(values, dtype)


def report(town, way, seconds, sensors, waits=0.0, stays_s=0.0, trips=1):
    """Fixes of a drive along some edges, each in so many seconds, from START on."""
    edges = [town.edges[a + b] for a, b in pairwise(way)]
    n, m = len(edges), len(edges) * trips
    enter = START + np.tile(np.arange(n) * seconds, trips)
    number = np.arange(trips, dtype=np.int32)
    driven = Traversals(
        np.repeat(number, n), np.repeat(number, n), column(edges * trips, np.int32), enter, enter + seconds,
        np.zeros(m, np.float32), np.ones(m, np.float32), np.zeros(m, np.float32), np.full(m, waits, np.float32),
    )  # fmt: skip
    return sense(
        driven, np.arange(trips + 1) * n, number, number, number.astype(np.uint64),
        np.full(trips, START + n * seconds + stays_s), build_devices(trips, sensors, 1), sensors,
        build_city(town.roads, town.network, 1), tunnels(town.roads),
    )  # fmt: skip


def metres(town, fixes, sign):
    """East and north of a sign of the drawing."""
    lon, lat = town.drawing.lonlat[sign]
    return (fixes.lonlat - (lon, lat)) * np.array(metres_per_degree(lat))


def test_a_fix_lies_where_the_vehicle_is_at_its_time(drawn_town):
    town = drawn_town("A---B---C")
    fixes = report(town, "ABC", 40.0, plain_sensors(10.0, 0.0))
    assert len(fixes) == 8
    assert np.allclose(metres(town, fixes, "A")[:, 0], (fixes.time_s - START) * 10.0, atol=0.1)
    assert np.allclose(fixes.speed_kmh, 36.0, atol=5.0)
    assert np.abs((fixes.heading_deg - 90.0 + 180.0) % 360.0 - 180.0).max() < 25.0


def test_driving_back_is_seen_from_the_other_end(drawn_town):
    town = drawn_town("A---B")
    fixes = report(town, "BA", 40.0, plain_sensors(10.0, 0.0))
    assert (np.diff(fixes.lonlat[:, 0]) < 0).all()
    assert (np.diff(fixes.fraction) > 0).all()


def test_bends_are_followed(drawn_town):
    town = drawn_town("""
        A---x
            |
            B
    """)
    fixes = report(town, "AB", 60.0, plain_sensors(1.0, 0.0))
    line = edge_line_e7(town.roads, town.edges["AB"]) / 1e7
    assert (fixes.lonlat[:, 1] <= line[0, 1] + 1e-6).all()
    assert np.abs(fixes.lonlat - line[1]).sum(axis=1).min() < 2e-4


def test_at_a_signal_it_stands_before_the_junction(drawn_town):
    town = drawn_town("A---B")
    fixes = report(town, "AB", 60.0, plain_sensors(1.0, 0.0), waits=20.0)
    standing = np.flatnonzero(np.abs(np.diff(fixes.fraction)) < 1e-6)
    assert 18 <= len(standing) <= 20
    assert 0.9 < fixes.fraction[standing[0]] < 1.0
    assert fixes.speed_kmh[standing[1]] < 2.0


def test_noise_has_the_deviation_asked_for(drawn_town):
    town = drawn_town("A---B")
    fixes = report(town, "AB", 40.0, plain_sensors(1.0, 8.0), trips=300)
    off = metres(town, fixes, "A")[:, 1]
    assert np.std(off) == pytest.approx(8.0, rel=0.03)
    assert abs(np.corrcoef(off[:-1], off[1:])[0, 1]) < 0.05


def test_correlated_noise_stays_for_a_while(drawn_town):
    town = drawn_town("A---B")
    fixes = report(town, "AB", 40.0, plain_sensors(1.0, 8.0, 0.8), trips=300)
    off = metres(town, fixes, "A")[:, 1]
    assert np.std(off) == pytest.approx(8.0, rel=0.1)
    assert np.corrcoef(off[:-1], off[1:])[0, 1] > 0.7


def test_nothing_is_heard_from_a_tunnel(drawn_town):
    town = drawn_town("A---B---C", ways={"AB": {}, "BC": {"tunnel": "yes"}})
    fixes = report(town, "ABC", 40.0, plain_sensors(1.0, 0.0))
    assert set(fixes.edge.tolist()) == {town.edges["AB"]}
    assert fixes.time_s.max() < START + 40.0


def test_who_waits_at_a_kerb_goes_on_reporting_from_there(drawn_town):
    town = drawn_town("A---B")
    fixes = report(town, "AB", 40.0, plain_sensors(10.0, 0.0), stays_s=60.0)
    parked = fixes.trip == PARKED
    assert parked.tolist() == [False] * 4 + [True] * 6
    assert (fixes.fraction[parked] == 1.0).all()
    assert np.isnan(fixes.heading_deg[parked]).all()


def test_an_outage_hands_its_fixes_over_at_its_end(drawn_town):
    town = drawn_town("A---B")
    sensors = Sensors(intervals_s=(1.0,), late_share=1.0, duplicate_share=0.0, delay_s=0.0)
    fixes = report(town, "AB", 3600.0, sensors)
    late = fixes.received_s - fixes.time_s
    held = late > 0.5
    assert 60 <= held.sum() <= 610
    assert np.ptp(fixes.received_s[held]) < 1.0


def test_a_duplicate_says_the_same_with_the_same_number_later(drawn_town):
    town = drawn_town("A---B")
    fixes = report(town, "AB", 600.0, Sensors(intervals_s=(1.0,), duplicate_share=0.2, late_share=0.0))
    again = np.flatnonzero(fixes.fault == 1)
    assert len(again) > 50
    assert (fixes.seq[again] == fixes.seq[again - 1]).all()
    assert (fixes.lonlat[again] == fixes.lonlat[again - 1]).all()
    assert (fixes.received_s[again] >= fixes.received_s[again - 1]).all()


def test_impossible_fixes_are_marked_and_far_away(drawn_town):
    town = drawn_town("A---B")
    fixes = report(town, "AB", 600.0, Sensors(intervals_s=(1.0,), jump_share=0.1, zero_share=0.1))
    off = np.hypot(*metres(town, fixes, "A").T)
    assert (off[fixes.fault == 2] > 4000).all()
    assert (off[fixes.fault == 0] < 1000).all()
    assert (fixes.lonlat[fixes.fault == 3] == 0).all()
    assert (fixes.fault == 2).sum() > 20 < (fixes.fault == 3).sum()


def test_some_devices_tell_neither_speed_nor_heading(drawn_town):
    town = drawn_town("A---B")
    fixes = report(town, "AB", 40.0, Sensors(told_share=0.5, intervals_s=(5.0,)), trips=100)
    tells = {vehicle: ~np.isnan(fixes.speed_kmh[fixes.vehicle == vehicle]) for vehicle in range(100)}
    assert all(each.all() or not each.any() for each in tells.values())
    assert 30 < sum(bool(each.all()) for each in tells.values()) < 70
