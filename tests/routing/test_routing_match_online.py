"""Matching while vehicles drive: the same edges as for whole tracks, whatever the pieces and the order they come in."""

import numpy as np
import pytest

from routing.errors import BadPoint
from routing.match import match_tracks
from routing.match_online import OnlineMatcher
from tests.routing.match_town import GRID, Town

ROUTES = ("FGLMHCDINO", "AEOTPK", "TSRMHGFA", "KLMNOJE", "PQRSTOJEDCBA")


@pytest.fixture(scope="module")
def grid():
    return Town(GRID)


def fixes_of(grid, seconds, noise_m, seed):
    """(vehicle, time, lonlat) rows of some drives at the same time."""
    drives = [grid.drive(route, seconds, noise_m, seed + number) for number, route in enumerate(ROUTES)]
    vehicle = np.repeat(np.arange(len(drives)) * 7 + 1000, [len(times) for times, _ in drives])
    times, lonlat = (np.concatenate([drive[place] for drive in drives]) for place in (0, 1))
    return vehicle, times, lonlat


def joined(matcher, answers):
    """The rows of several answers by vehicle: edge, from, to, enter, leave."""
    rows = [
        np.column_stack(
            [matcher.vehicles[one.track], one.edge, one.from_fraction, one.to_fraction, one.enter_s, one.leave_s]
        )
        for one in answers
    ]
    every = np.concatenate(rows)
    return {int(vehicle): every[every[:, 0] == vehicle][:, 1:] for vehicle in np.unique(every[:, 0])}


@pytest.mark.parametrize(
    ("seconds", "noise_m", "piece_s"), [(1.0, 5.0, 3.0), (1.0, 5.0, 20.0), (5.0, 8.0, 5.0), (8.0, 5.0, 30.0)]
)
@pytest.mark.parametrize("seed", range(3))
def test_pieces_give_what_whole_tracks_give(grid, seconds, noise_m, piece_s, seed):
    vehicle, times, lonlat = fixes_of(grid, seconds, noise_m, seed)
    matcher, answers = OnlineMatcher(grid.network, lag_s=1e9), []
    for begin in np.arange(0.0, times.max() + 1.0, piece_s):
        now = np.flatnonzero((times >= begin) & (times < begin + piece_s))
        now = np.random.default_rng(seed).permutation(now)
        answers.append(matcher.push(vehicle[now], lonlat[now], times[now]))
    online = joined(matcher, [*answers, matcher.flush()])
    for one in np.unique(vehicle).tolist():
        mine = vehicle == one
        whole = grid.match(times[mine], lonlat[mine]).traversals
        assert online[one][:, 0].tolist() == whole.edge.tolist(), f"seed {seed}, vehicle {one}"
        np.testing.assert_allclose(online[one][:, 1], whole.from_fraction, atol=1e-5)
        np.testing.assert_allclose(online[one][:, 2], whole.to_fraction, atol=1e-5)
        np.testing.assert_allclose(online[one][:, 3], whole.enter_s, atol=0.01)
        np.testing.assert_allclose(online[one][:, 4], whole.leave_s, atol=0.01)


@pytest.mark.parametrize("piece_s", [1.0, 7.0])
def test_of_ways_that_serve_alike_the_same_one_is_told(grid, piece_s):
    """Fixes without noise, as far from one street as from the next, each second."""
    times, lonlat = grid.drive("AEOTPK")
    lonlat -= (0.0, 20.0 / 111_200.0)
    matcher, answers = OnlineMatcher(grid.network, lag_s=1e9), []
    for begin in np.arange(0.0, times.max() + 1.0, piece_s):
        now = (times >= begin) & (times < begin + piece_s)
        answers.append(matcher.push(np.ones(now.sum(), int), lonlat[now], times[now]))
    online = joined(matcher, [*answers, matcher.flush()])
    assert online[1][:, 0].tolist() == grid.match(times, lonlat).traversals.edge.tolist()


def test_edges_come_before_the_drive_ends(grid):
    vehicle, times, lonlat = fixes_of(grid, 1.0, 3.0, 1)
    matcher = OnlineMatcher(grid.network)
    soon = times < 30.0
    first = matcher.push(vehicle[soon], lonlat[soon], times[soon])
    assert len(first) > 5
    assert first.leave_s.max() < 30.0


def test_fixes_that_come_twice_or_too_late_change_nothing(grid):
    vehicle, times, lonlat = fixes_of(grid, 1.0, 3.0, 2)
    once, again = OnlineMatcher(grid.network), OnlineMatcher(grid.network)
    plain = joined(once, [once.push(vehicle, lonlat, times), once.flush()])
    answers = [again.push(vehicle, lonlat, times), again.push(vehicle, lonlat, times), again.flush()]
    assert {one: rows.tolist() for one, rows in joined(again, answers).items()} == {
        one: rows.tolist() for one, rows in plain.items()
    }


def test_what_is_undecided_for_too_long_is_decided(grid):
    vehicle, times, lonlat = fixes_of(grid, 5.0, 3.0, 3)
    matcher = OnlineMatcher(grid.network, lag_s=10.0)
    matcher.push(vehicle, lonlat, times)
    waiting_s = [np.ptp(times[vehicle == one][-4:]) for one in np.unique(vehicle)]
    assert len(matcher) <= 4 * len(waiting_s)


def test_a_parked_vehicle_fills_no_memory(grid):
    matcher, (_, lonlat) = OnlineMatcher(grid.network), grid.drive("FG")
    chance = np.random.default_rng(1)
    for minute in range(60):
        times = minute * 60.0 + np.arange(60)
        matcher.push(np.full(60, 5), lonlat[:1] + chance.normal(0.0, 2e-5, (60, 2)), times)
    assert len(matcher) <= 2 * matcher.most_waiting
    assert len(matcher.flush()) <= 2


def test_vehicles_that_are_gone_are_forgotten(grid):
    matcher, (times, lonlat) = OnlineMatcher(grid.network), grid.drive("FGHIJ")
    for vehicle in range(5):
        matcher.push(np.full(len(times), vehicle), lonlat, times + 1000.0 * vehicle)
    matcher.flush(before_s=3000.0)
    matcher.forget(before_s=3000.0)
    assert matcher.vehicles.tolist() == [3, 4]
    again = matcher.push(np.full(len(times), 0), lonlat, times + 9000.0)
    assert set(matcher.vehicles[np.concatenate([again.track, matcher.flush().track])].tolist()) == {0, 3, 4}


def test_flushing_ends_only_those_that_are_silent(grid):
    vehicle, times, lonlat = fixes_of(grid, 1.0, 3.0, 4)
    matcher = OnlineMatcher(grid.network)
    is_early = (vehicle != 1000) & (times < 20.0)
    matcher.push(vehicle[is_early], lonlat[is_early], times[is_early])
    mine = vehicle == 1000
    matcher.push(vehicle[mine], lonlat[mine], times[mine] + 500.0)
    found = matcher.flush(before_s=100.0)
    assert 1000 not in matcher.vehicles[found.track]
    assert len(matcher) > 0


def test_parts_go_on_counting(grid):
    times, lonlat = grid.drive("FGHIJ")
    matcher = OnlineMatcher(grid.network)
    found = [matcher.push(np.full(len(times), 1), lonlat, times + pause) for pause in (0.0, 1000.0, 2000.0)]
    assert np.unique(np.concatenate([one.part for one in [*found, matcher.flush()]])).tolist() == [0, 1, 2]


def test_a_lag_of_nothing_is_refused(grid):
    with pytest.raises(BadPoint, match="lag_s"):
        OnlineMatcher(grid.network, lag_s=0.0)


def test_answers_name_vehicles_as_they_came(grid):
    vehicle, times, lonlat = fixes_of(grid, 1.0, 3.0, 6)
    matcher = OnlineMatcher(grid.network, threads=2)
    found = [matcher.push(vehicle[::-1], lonlat[::-1], times[::-1]), matcher.flush()]
    rows = joined(matcher, found)
    assert sorted(rows) == np.unique(vehicle).tolist()
    whole = match_tracks(
        grid.network, [0, int((vehicle == 1000).sum())], lonlat[vehicle == 1000], times[vehicle == 1000]
    )
    assert rows[1000][:, 0].tolist() == whole.traversals.edge.tolist()


def standing(grid, route, stands_s):
    """A drive at 1 Hz that ends in the middle of an edge, and the fixes of standing there."""
    times, lonlat = grid.drive(route, 1.0, 3.0, 5)
    at = int(np.argmax(times > times[-1] - 4.0))
    times, lonlat = times[:at], lonlat[:at]
    more = times[-1] + 1.0 + np.arange(stands_s)
    noise = np.random.default_rng(1).normal(0.0, 2e-5, (stands_s, 2))
    return np.concatenate([times, more]), np.concatenate([lonlat, lonlat[-1] + noise])


def test_the_edge_that_a_vehicle_stands_on_is_told_before_it_leaves_it(grid):
    times, lonlat = standing(grid, "FGLM", 120)
    matcher = OnlineMatcher(grid.network, lag_s=10.0)
    left = matcher.push(np.full(len(times), 9), lonlat, times)
    on = matcher.still_on()
    assert matcher.vehicles[on.track].tolist() == [9]
    assert on.edge[0] not in left.edge
    assert on.enter_s[0] == pytest.approx(left.leave_s[-1], abs=0.01)
    assert (on.from_fraction[0], on.leave_s[0]) == (0.0, times[-1])
    assert 0.2 < on.to_fraction[0] <= 1.0


def test_whoever_fell_silent_is_on_no_edge_any_more(grid):
    times, lonlat = standing(grid, "FGLM", 20)
    matcher = OnlineMatcher(grid.network, lag_s=10.0)
    matcher.push(np.full(len(times), 9), lonlat, times)
    matcher.flush()
    assert len(matcher.still_on()) == 0
