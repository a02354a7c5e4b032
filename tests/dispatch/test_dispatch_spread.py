"""Walking, the spread of drives, and the order of a ranking."""

from __future__ import annotations

import numpy as np
import pytest

from location_cloud.dispatch.ranking import LEAST_DRIVES, USUAL_P90_SHARE, choose_stops, find_spread, rank, walk_s


def test_a_walk_is_as_fast_as_tobler_says_and_slower_off_paths():
    assert walk_s(0.0) == 0.0
    assert walk_s(50.0) == pytest.approx(50 * 3.6 / 5.037)
    assert walk_s(250.0) == pytest.approx((50 + 200 / 0.6) * 3.6 / 5.037)
    assert walk_s(250.0, 0.5) == pytest.approx(2 * walk_s(250.0))


def test_stops_are_apart_from_each_other_and_not_much_further_than_the_nearest():
    lonlat = np.array([[125.1, 46.6], [125.1005, 46.6], [125.103, 46.6], [125.11, 46.6]])
    assert choose_stops(lonlat, np.array([100.0, 110.0, 200.0, 700.0])) == [0, 2]


def test_few_drives_leave_the_spread_as_assumed_and_say_so():
    spread = find_spread([(100.0, 500.0)] * (LEAST_DRIVES - 1))
    assert (spread.p50, spread.p90, spread.drives) == (1.0, USUAL_P90_SHARE, 0)
    assert "assumed" in spread.source


def test_enough_drives_tell_their_own_spread():
    drives = [(100.0, 50.0 + each) for each in range(101)]
    spread = find_spread(drives)
    assert (spread.p50, spread.p90) == (pytest.approx(1.0), pytest.approx(1.4))
    assert "101 ended drives" in spread.source


def test_ties_are_ranked_by_name_and_who_cannot_come_last():
    assert rank([7, None, 5, 7, None], ["b", "d", "z", "a", "c"]) == [2, 3, 0, 4, 1]
