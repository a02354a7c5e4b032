"""Cells of a beat, cleaning, coverage, stops, gaps: each against a slow obvious way or a drawn case."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from location_cloud.errors import BadQuery, TooLarge
from location_cloud.patrols.beat_cells import boxes_of, cells_of, centres_of, codes_of, ground_of, shape_of
from location_cloud.patrols.cleaning import clean
from location_cloud.patrols.coverage import SIGHT_M, find_coverage
from location_cloud.patrols.model import Walked
from location_cloud.patrols.plane import as_plane
from location_cloud.patrols.stays import find_gaps, find_stays
from location_cloud.spatial.cells import BEIDOU

START_S = 1_790_000_000.0
EAST_M, NORTH_M = 1 / (111_195.0 * np.cos(np.radians(46.6))), 1 / 111_195.0
"""Degrees a metre in Daqing."""


def walked(xy_m, step_s=5.0, accuracy_m=np.nan, at=(125.1, 46.6), time_s=None):
    xy_m = np.asarray(xy_m, np.float64)
    time_s = START_S + np.arange(len(xy_m)) * step_s if time_s is None else np.asarray(time_s, np.float64)
    lonlat = np.asarray(at) + xy_m * (EAST_M, NORTH_M)
    return Walked(time_s, time_s + 1.0, lonlat, np.broadcast_to(accuracy_m, len(xy_m)).astype(np.float64))


def wander(seed, count=400, step_m=6.0):
    """A walk that turns slowly, scattered as a phone's."""
    chance = np.random.default_rng(seed)
    turn = np.cumsum(chance.normal(0, 0.15, count))
    way = np.cumsum(step_m * np.column_stack([np.cos(turn), np.sin(turn)]), axis=0)
    return way + chance.normal(0, 2.0, (count, 2))


# --- cells -----------------------------------------------------------------------------------------------------------


def test_beats_that_share_a_border_share_no_cell():
    west, east = shapely.box(125.1, 46.6, 125.11, 46.61), shapely.box(125.11, 46.6, 125.12, 46.61)
    both = cells_of([shapely.box(125.1, 46.6, 125.12, 46.61)])
    assert not np.intersect1d(cells_of([west]), cells_of([east])).size
    assert np.array_equal(np.union1d(cells_of([west]), cells_of([east])), both)


def test_a_yard_without_a_cells_middle_has_the_cells_that_it_meets():
    yard = shapely.box(125.10001, 46.60001, 125.10003, 46.60003)
    assert codes_of(cells_of([yard])) == [BEIDOU.encode((125.10002, 46.60002), 6)]


def test_a_road_has_the_cells_that_it_runs_through():
    line = shapely.LineString([(125.1, 46.6), (125.11, 46.605), (125.112, 46.6)])
    found = cells_of([line])
    assert all(shapely.intersects(line, shapely.box(*box.T)) for box in boxes_of(found))
    points = shapely.get_coordinates(shapely.line_interpolate_point(line, np.linspace(0, 1, 20_000), normalized=True))
    missed = np.setdiff1d(np.unique(BEIDOU.encode_keys(points, 6)), found)
    assert len(missed) <= 2, "only corners cut over less than a step"


@pytest.mark.parametrize("share", [0.1, 0.55, 0.9, 1.0])
def test_the_ground_of_cells_is_their_boxes_together_and_valid(share):
    keys = cells_of([shapely.Point(125.1, 46.6).buffer(0.004)])
    keys = keys[np.random.default_rng(1).random(len(keys)) < share]
    apart = shapely.union_all(shapely.box(*boxes_of(keys).T))
    found = shape_of(keys)
    assert found.is_valid
    assert found.equals(apart)
    assert shapely.geometry.shape(ground_of(keys)).equals(found)


def test_no_cells_have_no_ground():
    assert ground_of(np.empty(0, np.int64)) is None


def test_too_much_ground_is_refused_before_it_is_filled():
    with pytest.raises(TooLarge, match="cells"):
        cells_of([shapely.box(124, 46, 126, 48)])


def test_a_point_is_no_ground():
    with pytest.raises(BadQuery, match="Point"):
        cells_of([shapely.Point(125, 46)])


# --- cleaning --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("run", [1, 2, 3])
def test_up_to_three_wild_fixes_in_a_row_are_left_out(run):
    way = np.column_stack([np.arange(40) * 6.0, np.zeros(40)])
    way[20 : 20 + run] += 2_000.0
    track = clean(walked(way), 40.0)
    assert (track.wild, len(track)) == (run, 40 - run)
    assert track.part.max() == 0


def test_inaccurate_and_repeated_fixes_are_left_out_and_counted():
    way = np.zeros((6, 2))
    time_s = START_S + np.array([0, 5, 5, 10, 15, 20.0])
    accuracy = np.array([5, 5, 5, 500, np.nan, 5.0])
    track = clean(walked(way, accuracy_m=accuracy, time_s=time_s), 40.0)
    assert (track.inaccurate, track.repeated, len(track)) == (1, 1, 4)


def test_the_order_of_arrival_does_not_matter():
    told = walked(wander(3))
    mixed = told.take(np.random.default_rng(3).permutation(len(told)))
    assert np.array_equal(clean(told, 40.0).xy_m, clean(mixed, 40.0).xy_m)


def test_a_silence_and_a_jump_cut_the_track_and_are_told():
    way = np.column_stack([np.arange(30) * 6.0, np.zeros(30)])
    way[20:] += 350.0
    time_s = START_S + np.arange(30) * 20.0
    time_s[10:] += 600.0
    track = clean(walked(way, time_s=time_s), 400.0)
    gaps = find_gaps(track, START_S - 200.0, float(time_s[-1]) + 60.0)
    assert track.part.max() == 2
    assert [(gap.kind, round(gap.end_s - gap.begin_s)) for gap in gaps] == [
        ("silence", 200),
        ("silence", 620),
        ("jump", 20),
    ]


def test_no_fixes_are_one_gap():
    track = clean(walked(np.empty((0, 2))), 40.0)
    assert len(find_gaps(track, 0.0, 3600.0)) == 1
    assert find_stays(track) == []


# --- coverage --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_a_cell_is_seen_if_the_track_comes_within_25_m_of_it(seed):
    cells = cells_of([shapely.box(125.098, 46.598, 125.106, 46.606)])
    track = clean(walked(wander(seed)), 40.0)
    found = find_coverage(cells, track)
    boxes = boxes_of(cells)
    low, high = as_plane(boxes[:, :2], track.origin), as_plane(boxes[:, 2:], track.origin)
    line = shapely.LineString(track.xy_m)
    slow = [line.distance(shapely.box(*a, *b)) <= SIGHT_M for a, b in zip(low, high)]
    assert found.is_seen.tolist() == slow


@pytest.mark.parametrize("seed", range(3))
def test_every_second_of_the_track_is_in_one_cell_or_outside(seed):
    cells = cells_of([shapely.box(125.098, 46.598, 125.106, 46.606)])
    told = walked(wander(seed))
    found = find_coverage(cells, clean(told, 40.0))
    assert found.stayed_s.sum() + found.outside_s == pytest.approx(np.ptp(told.time_s))
    is_entered = found.stayed_s > 0
    assert (found.is_seen[is_entered]).all()


def test_when_a_cell_was_seen_is_true_to_the_minute():
    cells = cells_of([shapely.box(125.1, 46.599, 125.12, 46.601)])
    way = np.column_stack([np.arange(200) * 6.0, np.zeros(200)])
    track = clean(walked(way), 40.0)
    found = find_coverage(cells, track)
    centre = as_plane(centres_of(cells), track.origin)
    expected = START_S + 5.0 * (centre[:, 0] - track.xy_m[0, 0]) / 6.0
    off = (found.seen_s - expected)[found.is_seen & (centre[:, 0] < track.xy_m[-1, 0] - 50)]
    assert np.abs(off).max() < 120.0


def test_a_fix_that_stands_alone_sees_where_it_is():
    cells = cells_of([shapely.box(125.098, 46.598, 125.102, 46.602)])
    track = clean(walked(np.zeros((1, 2))), 40.0)
    found = find_coverage(cells, track)
    assert 1 <= found.is_seen.sum() <= 4
    assert found.stayed_s.sum() == 0


def test_coverage_works_where_the_date_line_runs():
    ground = shapely.MultiPolygon([shapely.box(179.99, 10, 180, 10.01), shapely.box(-180, 10, -179.99, 10.01)])
    cells = cells_of([ground])
    lon = 179.995 + np.arange(200) * 5e-5
    lonlat = np.column_stack([(lon + 180) % 360 - 180, np.full(200, 10.005)])
    time_s = START_S + np.arange(200) * 5.0
    found = find_coverage(cells, clean(Walked(time_s, time_s, lonlat, np.full(200, np.nan)), 40.0))
    seen = centres_of(cells)[found.is_seen]
    assert (seen[:, 0] > 0).any()
    assert (seen[:, 0] < 0).any()
    assert found.outside_s == pytest.approx(0.0)


# --- stops -----------------------------------------------------------------------------------------------------------


def test_a_stop_is_found_with_its_place_and_time():
    chance = np.random.default_rng(1)
    go = np.column_stack([np.arange(100) * 6.0, np.zeros(100)])
    stand = np.repeat(go[-1:], 120, axis=0) + chance.normal(0, 4.0, (120, 2))
    way = np.concatenate([go, stand, go + go[-1]])
    (stay,) = find_stays(clean(walked(way), 40.0))
    assert stay.begin_s == pytest.approx(START_S + 100 * 5.0, abs=60.0)
    assert stay.end_s == pytest.approx(START_S + 220 * 5.0, abs=60.0)
    assert np.hypot(*as_plane(np.array([stay.lonlat]), (125.1, 46.6))[0] - go[-1]) < 10.0


def test_who_waits_for_a_light_does_not_stop():
    go = np.column_stack([np.arange(100) * 6.0, np.zeros(100)])
    way = np.concatenate([go, np.repeat(go[-1:], 24, axis=0), go + go[-1]])
    assert find_stays(clean(walked(way), 40.0)) == []
