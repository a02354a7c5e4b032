"""Who stands on an edge tells of a jam before it is left, unless it is parked."""

from __future__ import annotations

import numpy as np
import pytest
from driving import NOW, Worker
from traffic_town import draw_town

from location_cloud.tracks.model import Arriving
from location_cloud.tracks.service import store_fixes
from location_cloud.traffic.model import LIVE
from tests.traffic.driven_roads import NOW_S, Street, drives


@pytest.fixture
def street(tmp_path):
    return Street(tmp_path)


def stand(street, *vehicles, seconds=400.0, place=0.5, begins=0.0, name="CD"):
    """Vehicles that came onto an edge so long ago and are on it now."""
    rows = [(street.edge(name), one, NOW_S - seconds, seconds, begins, place) for one in vehicles]
    street.speeds.stand(drives(rows))


def test_two_that_stand_are_a_jam(street):
    stand(street, 1, 2)
    estimate, edge = street.at(), street.edge("CD")
    assert (estimate.source[edge], estimate.level[edge], estimate.samples[edge]) == (LIVE, 4, 2)


def test_of_one_that_stands_nobody_knows_why(street):
    stand(street, 1)
    assert street.source("CD") != LIVE


def test_a_red_light_is_no_jam(street):
    stand(street, 1, 2, seconds=100.0)
    assert street.source("CD") != LIVE


def test_those_that_others_pass_are_parked(street):
    stand(street, 1, 2, 3)
    street.drive("CD", street.free_s, vehicle=9, ago_s=5.0)
    assert street.slower("CD") == pytest.approx(1.0, abs=0.1)


def test_who_passed_before_they_came_says_nothing_of_now(street):
    for vehicle in range(5, 9):
        street.drive("CD", street.free_s, vehicle, ago_s=420.0)
    stand(street, 1, 2)
    assert street.at().level[street.edge("CD")] == 4


def test_who_never_drove_there_is_parked(street):
    stand(street, 1, 2, begins=0.4)
    assert street.source("CD") != LIVE


def test_who_stands_for_hours_is_parked(street):
    stand(street, 1, 2, seconds=3 * 3600.0)
    assert street.source("CD") != LIVE


def test_who_left_is_told_by_the_finished_drive_alone(street):
    stand(street, 1, 2)
    street.speeds.stand(drives([]))
    assert street.source("CD") != LIVE


def test_the_road_behind_is_not_shut_with_it(street):
    stand(street, 1, 2)
    assert street.at().level[street.edge("FG")] < 4


def test_many_that_stand_fit_into_what_an_edge_keeps(street):
    stand(street, *range(40))
    assert street.at().level[street.edge("CD")] == 4


def send_standing(town, name, stands_s, is_simulated=False):
    """Fixes of a vehicle that drove from A over half the way to B, and has been standing there until NOW."""
    begin, end = (np.array(draw_town().lonlat[sign]) for sign in "AB")
    middle = begin + 0.6 * (end - begin)
    rolls_s = 0.6 * float(np.hypot(*((end - begin) * (76_500.0, 111_200.0)))) / 10.0
    seconds = np.arange(0.0, rolls_s + stands_s, 5.0)
    lonlat = begin + np.minimum(seconds / rolls_s, 1.0)[:, None] * (middle - begin)
    count, unknown = len(seconds), np.full(len(seconds), np.nan)
    times_ms = (1000 * (NOW.timestamp() - seconds[-1] + seconds)).astype(np.int64)
    claims = np.full(count, is_simulated), np.zeros(count, bool)
    device, seq, accuracy_m = np.zeros(count, np.int64), np.arange(count), np.full(count, 5.0)
    arriving = Arriving((name,), device, times_ms, seq, lonlat, unknown, unknown, accuracy_m, *claims, "http")
    assert store_fixes(town.live, town.home, "default", arriving, NOW).accepted == count


@pytest.mark.parametrize("is_simulated", [False, True])
def test_a_standing_jam_is_seen_while_it_stands(town, is_simulated):
    for name in ("one", "two"):
        send_standing(town, name, 300.0, is_simulated)
    worker = Worker(town)
    worker.run(1.0)
    worker.close()
    found = town.get("/v1/traffic/edges?bbox=125,46.5,125.3,46.7&source=live").json["features"]
    (told,) = [each["properties"] for each in found if each["id"] == town.key("AB")]
    assert (told["level"], told["samples"], told["simulated"]) == (4, 2, is_simulated)
    assert told["sample_age_s"] < 60
