"""Simulated traffic: real roads, one truth, the same at every run."""

from dataclasses import fields
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from location_cloud.roads.edges import edge_heads, edge_tails
from location_cloud.simulator.drives import simulate
from location_cloud.simulator.model import DUPLICATE, PARKED, Incident, Sensors, plain_sensors

MORNING = datetime(2026, 3, 2, 7, 0, tzinfo=UTC).timestamp()
"""A Monday."""

HOUR = 3600.0


@pytest.fixture(scope="module")
def drives(helsinki):
    return simulate(helsinki.roads, helsinki.network, vehicles=300, begin_s=MORNING, end_s=MORNING + HOUR, share=0.5)


def same(one, other):
    return all(np.array_equal(getattr(one, each.name), getattr(other, each.name), True) for each in fields(one))


def test_equal_arguments_give_equal_drives(helsinki, drives):
    again = simulate(helsinki.roads, helsinki.network, vehicles=300, begin_s=MORNING, end_s=MORNING + HOUR, share=0.5)
    assert same(again.fixes, drives.fixes)
    assert same(again.paths, drives.paths)
    assert same(again.truth, drives.truth)


def test_another_seed_gives_other_drives(helsinki, drives):
    other = simulate(
        helsinki.roads, helsinki.network, seed=2, vehicles=300, begin_s=MORNING, end_s=MORNING + HOUR, share=0.5
    )
    assert not np.array_equal(other.truth.kmh, drives.truth.kmh, True)
    assert not np.array_equal(other.paths.enter_s, drives.paths.enter_s)


def test_a_vehicle_drives_the_same_whichever_others_there_are(helsinki, drives):
    few = simulate(helsinki.roads, helsinki.network, vehicles=20, begin_s=MORNING, end_s=MORNING + HOUR, share=0.5)
    for vehicle in range(20):
        alone, among = few.paths.vehicle == vehicle, drives.paths.vehicle == vehicle
        assert np.array_equal(few.paths.enter_s[alone], drives.paths.enter_s[among])
        heard, heard_among = few.fixes.vehicle == vehicle, drives.fixes.vehicle == vehicle
        assert np.array_equal(few.fixes.lonlat[heard], drives.fixes.lonlat[heard_among])


def test_leaving_silent_vehicles_out_changes_no_fix(helsinki, drives):
    heard = simulate(
        helsinki.roads, helsinki.network, vehicles=300, begin_s=MORNING, end_s=MORNING + HOUR, share=0.5,
        probes_only=True,
    )  # fmt: skip
    assert np.array_equal(heard.fixes.lonlat, drives.fixes.lonlat)
    assert drives.reports[heard.paths.vehicle].all()


def test_each_edge_begins_where_the_one_before_it_ended(helsinki, drives):
    paths, tail, head = drives.paths, edge_tails(helsinki.roads), edge_heads(helsinki.roads)
    follows = paths.trip[1:] == paths.trip[:-1]
    assert (tail[paths.edge[1:]] == head[paths.edge[:-1]])[follows].all()
    assert (paths.enter_s[1:] == paths.leave_s[:-1])[follows].all()
    assert (paths.to_fraction[:-1][follows] == 1).all()
    assert follows.sum() > 10_000


def test_a_trip_begins_where_the_vehicle_parked(helsinki, drives):
    paths = drives.paths
    one = np.flatnonzero(paths.vehicle == np.bincount(paths.vehicle).argmax())
    new = np.flatnonzero(np.diff(paths.trip[one]))
    ends, begins = one[new], one[new + 1]
    place = [
        helsinki_place(helsinki.roads, paths.edge[rows], fraction[rows])
        for rows, fraction in ((ends, paths.to_fraction), (begins, paths.from_fraction))
    ]
    assert len(new) > 0
    assert np.abs(place[0] - place[1]).max() < 1e-5  # a metre


def helsinki_place(roads, edge, fraction):
    from routing.metric import places_along  # heavy optional: only here

    along = np.where(edge & 1, 1.0 - fraction, fraction).astype(np.float64)
    return places_along(roads.shape_start.astype(np.int32), np.asarray(roads.shape_e7), edge >> 1, along)[1] / 1e7


def test_the_mean_of_what_vehicles_took_is_the_truth(helsinki):
    drives = simulate(helsinki.roads, helsinki.network, vehicles=4000, begin_s=MORNING, end_s=MORNING + HOUR, share=0)
    paths, slot = drives.paths, drives.slot_of(drives.paths.enter_s)
    whole = (paths.from_fraction == 0) & (paths.to_fraction == 1) & (slot >= 0)
    own = (paths.leave_s - paths.enter_s - paths.turn_s)[whole]
    told = np.repeat(helsinki.roads.seg_length_m, 2)[paths.edge[whole]] * 3.6
    told = told / drives.truth.kmh[slot[whole], paths.edge[whole]]
    assert own.sum() == pytest.approx(told.sum(), rel=0.01)


def test_only_a_share_reports_and_its_fixes_come_in_order_of_arrival(drives):
    assert 0.4 < drives.reports.mean() < 0.6
    assert drives.reports[drives.fixes.vehicle].all()
    assert (np.diff(drives.fixes.received_s) >= 0).all()
    assert (drives.fixes.received_s >= drives.fixes.time_s).all()
    assert len(np.unique(drives.paths.vehicle[~drives.reports[drives.paths.vehicle]])) > 20


def test_fixes_of_a_device_are_told_apart_by_their_number(drives):
    fixes = drives.fixes
    first = fixes.fault != DUPLICATE
    both = np.stack([fixes.vehicle[first], fixes.seq[first]])
    assert np.unique(both, axis=1).shape == both.shape
    for vehicle in np.unique(fixes.vehicle)[:20]:
        own = np.flatnonzero(first & (fixes.vehicle == vehicle))
        own = own[np.argsort(fixes.seq[own])]
        assert (np.diff(fixes.time_s[own]) >= drives.interval_s[vehicle]).all()


def test_waiting_taxis_go_on_reporting_and_parked_cars_do_not(drives):
    parked = drives.fixes.trip == PARKED
    assert parked.sum() > 100
    assert (drives.kind[drives.fixes.vehicle[parked]] == 1).all()


def test_a_closure_is_driven_around_and_nobody_enters_it(drawn_town):
    town = drawn_town("""
        A----B----C----D
             |    |
             E----F
    """, grid_m=150)  # fmt: skip
    shut = (town.edges["BC"], town.edges["CB"])
    closure = Incident("closure", shut, MORNING, MORNING + HOUR, 0.0, "simulated closure")
    day = {"vehicles": 300, "begin_s": MORNING, "end_s": MORNING + 2 * HOUR}
    before = simulate(town.roads, town.network, **day)
    after = simulate(town.roads, town.network, incidents=[closure], **day)
    is_on = np.isin(after.paths.edge, shut)
    assert np.isin(before.paths.edge, shut).sum() > 100
    entered = after.paths.enter_s[is_on & (after.paths.from_fraction == 0)]
    assert not ((entered >= MORNING) & (entered < MORNING + HOUR)).any()
    assert (entered >= MORNING + HOUR).any()
    assert (after.truth.kmh[:4, list(shut)] == 0).all()
    assert (after.truth.kmh[4:, list(shut)] > 0).all()
    ways = [(np.isin(each.paths.edge, [town.edges["EF"], town.edges["FE"]])).sum() for each in (before, after)]
    assert ways[1] > ways[0]


def test_probed_counts_whole_drives_of_probes_only(drives):
    probed, paths = drives.probed(), drives.paths
    slot = drives.slot_of(paths.enter_s)
    whole = (paths.from_fraction == 0) & (paths.to_fraction == 1) & (slot >= 0)
    assert probed.sum() == (whole & drives.reports[paths.vehicle]).sum() > 0


def test_rush_hour_comes_by_the_clock_of_the_city(helsinki):
    def mean_kmh(zone):
        quiet = simulate(helsinki.roads, helsinki.network, vehicles=1, begin_s=MORNING, end_s=MORNING + HOUR, zone=zone)
        return np.nanmean(quiet.truth.kmh)

    assert mean_kmh(UTC) < 0.95 * mean_kmh(ZoneInfo("Asia/Shanghai")) < mean_kmh(ZoneInfo("America/New_York"))


def test_plain_sensors_report_at_one_interval_where_the_vehicle_is(helsinki):
    drives = simulate(
        helsinki.roads, helsinki.network, vehicles=30, begin_s=MORNING, end_s=MORNING + HOUR,
        sensors=plain_sensors(10.0, 0.0),
    )  # fmt: skip
    fixes = drives.fixes
    own = fixes.lonlat - helsinki_place(helsinki.roads, fixes.edge, fixes.fraction)
    assert np.abs(own).max() < 2e-6
    assert (fixes.fault == 0).all()
    assert (fixes.received_s == fixes.time_s).all()


@pytest.mark.parametrize("wrong", [{"vehicles": 0}, {"share": 1.5}, {"end_s": MORNING}, {"vehicles": 10**9}])
def test_numbers_out_of_range_are_refused(helsinki, wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        simulate(helsinki.roads, helsinki.network, **{"begin_s": MORNING, "end_s": MORNING + HOUR, **wrong})


def test_roads_without_cars_are_refused(drawn_town):
    town = drawn_town("A---B", ways={"AB": {"highway": "footway"}})
    with pytest.raises(ValueError, match="no roads"):
        simulate(town.roads, town.network, begin_s=MORNING, end_s=MORNING + HOUR)


def test_sensors_have_each_of_the_faults(helsinki):
    faulty = Sensors(duplicate_share=0.05, jump_share=0.02, zero_share=0.02, late_share=0.5)
    fixes = simulate(
        helsinki.roads, helsinki.network, vehicles=200, begin_s=MORNING, end_s=MORNING + HOUR, sensors=faulty
    ).fixes
    assert np.bincount(fixes.fault, minlength=4).min() > 100
    assert (fixes.received_s - fixes.time_s > 60).sum() > 100
    assert (fixes.lonlat[fixes.fault == 3] == 0).all()
