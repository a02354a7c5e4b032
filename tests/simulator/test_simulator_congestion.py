"""True speeds by the hour."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from location_cloud.roads.model import CLASSES
from location_cloud.simulator.city import build_city
from location_cloud.simulator.congestion import LEAST_SHARE, Congestion, rush
from location_cloud.simulator.model import SLOT_S, Incident

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def city(helsinki):
    return build_city(helsinki.roads, helsinki.network, 1)


def share(city, at, incidents=()):
    """Speed as share of free flow, by edge."""
    slot_s = at.timestamp() // SLOT_S * SLOT_S
    return Congestion(city, 1, UTC, incidents).running_kmh(slot_s) / city.free_kmh


def test_rush_hours_are_slower_than_the_night(city):
    night, morning, evening = (np.nanmean(share(city, MONDAY + timedelta(hours=h))) for h in (3, 7.6, 17.6))
    assert night > 0.95 > 0.9 > max(morning, evening)


def test_days_off_have_no_morning_rush():
    assert rush(MONDAY + timedelta(days=5, hours=7.67))[0] == 0.0
    assert rush(MONDAY + timedelta(hours=7.67))[0] > 0.9


def test_main_roads_suffer_more_than_side_streets(city, helsinki):
    morning, of_class = share(city, MONDAY + timedelta(hours=7.6)), np.repeat(helsinki.roads.seg_class, 2)
    main, side = (np.nanmean(morning[of_class == CLASSES.index(name)]) for name in ("primary", "residential"))
    assert main < side - 0.1


def test_the_centre_suffers_more_than_the_edge(city, helsinki):
    morning, away = share(city, MONDAY + timedelta(hours=7.6)), np.repeat(np.hypot(*city.middle_m.T), 2)
    main = np.isin(np.repeat(helsinki.roads.seg_class, 2), [CLASSES.index(name) for name in ("primary", "secondary")])
    inner, outer = away < np.quantile(away[main], 0.3), away > np.quantile(away[main], 0.7)
    assert np.nanmean(morning[main & inner]) < np.nanmean(morning[main & outer])


def test_roads_into_the_centre_are_slow_in_the_morning_and_out_of_it_in_the_evening(city):
    into, out = city.inbound > 0.7, city.inbound < -0.7
    morning, evening = (share(city, MONDAY + timedelta(hours=h)) for h in (7.6, 17.6))
    assert np.nanmean(morning[into]) < np.nanmean(morning[out])
    assert np.nanmean(evening[into]) > np.nanmean(evening[out])


def test_a_hot_spot_is_a_place_and_not_the_whole_city(city):
    for seed in range(8):
        for spot in Congestion(city, seed, UTC).spots:
            assert 0 < len(spot.edges) <= 0.05 * len(city.free_kmh)


def test_traffic_never_stands_still_by_itself(city):
    for hour in range(24):
        assert np.nanmin(share(city, MONDAY + timedelta(hours=hour))) > LEAST_SHARE * 0.2


def test_a_slot_is_the_same_whenever_it_is_asked(city):
    at = (MONDAY + timedelta(hours=8)).timestamp()
    one, other = Congestion(city, 1, UTC), Congestion(city, 1, UTC)
    other.running_kmh(at + SLOT_S)
    assert np.array_equal(one.running_kmh(at), other.running_kmh(at), True)


def test_speeds_do_not_jump_from_slot_to_slot(city):
    shares = np.array([share(city, MONDAY + timedelta(minutes=15 * i)) for i in range(96)])
    assert np.nanmedian(np.abs(np.diff(shares, axis=0))) < 0.03


def test_an_incident_slows_its_edges_in_the_slots_that_it_touches(city):
    edge = int(np.flatnonzero(~np.isnan(city.free_kmh))[0])
    noon = MONDAY + timedelta(hours=12)
    accident = Incident("accident", (edge,), noon.timestamp() + 60, noon.timestamp() + 120, 0.3, "simulated accident")
    for minutes, factor in ((-15, 1.0), (0, 0.3), (15, 1.0)):
        at = noon + timedelta(minutes=minutes)
        assert share(city, at, [accident])[edge] == pytest.approx(share(city, at)[edge] * factor)


def test_waiting_at_a_signal_is_part_of_the_whole_speed(city):
    running = Congestion(city, 1, UTC).running_kmh(MONDAY.timestamp())
    whole = Congestion(city, 1, UTC).whole_kmh(running)
    waits = city.wait_s > 0
    drives = ~np.isnan(running)
    assert (waits & drives).sum() > 50
    assert (whole[waits & drives] < running[waits & drives]).all()
    assert np.allclose(whole[~waits & drives], running[~waits & drives], rtol=1e-5)
