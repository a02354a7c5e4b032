"""Map matching on drawn towns: what vehicles drove is found, and nothing that they cannot have driven."""

import numpy as np
import pytest

from routing.errors import BadGraph, BadPoint
from routing.graph import build_graph
from routing.match import match_tracks
from routing.match_model import MatchModel
from routing.match_network import build_match_network
from routing.match_result import OFF_ROAD
from routing.match_scratch import MatchScratch
from routing.scratch import own_desk
from routing.segment_index import build_segment_index
from tests.routing.match_town import GRID, Town


@pytest.fixture(scope="module")
def grid():
    return Town(GRID)


@pytest.fixture(scope="module")
def road():
    return Town("A----------B----------C")


def test_exact_fixes_give_the_drive_with_its_times(road):
    found = road.match(*road.drive("ABC")).traversals
    assert road.spell(found.edge) == "AB BC"
    np.testing.assert_allclose(found.enter_s, [0.0, 22.0], atol=0.1)
    np.testing.assert_allclose(found.leave_s, [22.0, 44.0], atol=0.1)
    np.testing.assert_allclose([found.from_fraction, found.to_fraction], [[0.0, 0.0], [1.0, 1.0]], atol=1e-4)
    assert found.point_before.tolist() in ([0, 21], [0, 22])
    assert found.part.tolist() == [0, 0]


def test_a_drive_begins_and_ends_inside_edges(road):
    times, lonlat = road.drive("AC")
    found = road.match(times[10:30], lonlat[10:30]).traversals
    np.testing.assert_allclose(found.from_fraction, [100 / 220, 0.0], atol=0.01)
    np.testing.assert_allclose(found.to_fraction, [1.0, 70 / 220], atol=0.01)


@pytest.mark.parametrize("seconds", [1.0, 5.0, 8.0])
@pytest.mark.parametrize("seed", range(4))
def test_noisy_fixes_give_the_drive(grid, seconds, seed):
    times, lonlat = grid.drive("FGLMHCDINO", seconds, noise_m=5.0, seed=seed)
    driven = grid.driven(times, lonlat)
    assert "FG GL LM MH HC CD DI IN" in driven, f"seed {seed}: {driven}"
    assert driven.count(" ") <= 11, f"seed {seed}: {driven}"


def test_every_fix_lies_on_the_path_or_is_told_off(grid):
    found = grid.match(*grid.drive("FGLMHCDINO", 1.0, noise_m=5.0))
    assert (found.snaps.part == 0).all()
    assert set(found.snaps.edge) <= set(found.traversals.edge)
    assert (found.snaps.distance_m < 25.0).all()
    assert (found.snaps.fraction >= 0.0).all()


def test_times_never_run_backwards(grid):
    found = grid.match(*grid.drive("FGLMHCDINO", 1.0, noise_m=8.0, seed=3)).traversals
    assert (found.leave_s >= found.enter_s).all()
    assert (found.enter_s[1:] == found.leave_s[:-1]).all()


def test_a_one_way_street_is_not_matched_backwards():
    town = Town("A-----B-----C", ways={"AB": {}, "BC": {"oneway": "yes"}})
    assert "CB" not in town.driven(*town.drive("CBA", noise_m=3.0))


def test_a_forbidden_turn_is_not_matched():
    ways = {name: {} for name in ("AB", "BC", "BD", "DE", "EC")}
    text = """
        A----B----C
             |    |
             D----E
    """
    town = Town(text, ways, [("no_right_turn", "AB", "B", "BD")])
    assert "AB BD" not in town.driven(*town.drive("ABD", 2.0, noise_m=3.0))
    assert "AB BD" in Town(text, ways).driven(*town.drive("ABD", 2.0, noise_m=3.0))


def test_turning_round_on_the_road_is_found(road):
    _times, lonlat = road.drive("AB")
    there = np.concatenate([lonlat[:15], lonlat[14::-1]])
    found = road.match(np.arange(len(there)), there).traversals
    assert road.spell(found.edge) == "AB BA"
    assert found.to_fraction[0] == pytest.approx(140 / 220, abs=0.05)
    assert found.from_fraction[1] == pytest.approx(80 / 220, abs=0.05)


def test_a_pause_ends_a_part(road):
    times, lonlat = road.drive("ABC")
    found = road.match(np.where(times > 20, times + 3600.0, times), lonlat)
    assert found.traversals.part.tolist() == [0, 1, 1]
    assert road.spell(found.traversals.edge) == "AB AB BC"
    assert found.stretches().first.tolist() == [0, 21]


def test_fixes_off_the_roads_are_a_stretch_of_their_own(road):
    times, lonlat = road.drive("ABC")
    times, lonlat = times * 4.0, lonlat.copy()
    lonlat[15:30] += (0.0, 0.003)
    stretches = road.match(times, lonlat).stretches()
    assert stretches.part.tolist() == [0, OFF_ROAD, 1]
    assert stretches.first.tolist() == [0, 15, 30]
    assert stretches.last.tolist() == [14, 29, 44]


def test_a_single_fix_far_off_is_left_out(road):
    times, lonlat = road.drive("ABC", 4.0)
    lonlat[5] += (0.0, 0.004)
    found = road.match(times, lonlat)
    assert road.spell(found.traversals.edge) == "AB BC"
    assert found.snaps.part[5] == OFF_ROAD


def test_a_fix_a_minute_may_be_far_off_and_ends_nothing(grid):
    times, lonlat = grid.drive("AEOTPK", 1.0)
    some = [0, 12, 24, 36, 48, 60, 72]
    lonlat[24] += (0.01, 0.0)
    found = grid.match(times[some] * 5.0, lonlat[some])
    assert found.snaps.part.tolist() == [0, 0, OFF_ROAD, 0, 0, 0, 0]


def test_waiting_counts_for_the_edge_waited_on(road):
    _times, lonlat = road.drive("ABC")
    wait = np.repeat(lonlat[20:21], 60, axis=0) + np.random.default_rng(1).normal(0.0, 2e-5, (60, 2))
    lonlat = np.concatenate([lonlat[:20], wait, lonlat[20:]])
    found = road.match(np.arange(len(lonlat)), lonlat).traversals
    assert road.spell(found.edge) == "AB BC"
    assert found.leave_s[0] - found.enter_s[0] > 75.0


def test_noise_at_a_halt_drives_no_side_street(grid):
    _times, lonlat = grid.drive("FGHIJ")
    wait = np.repeat(lonlat[8:9], 90, axis=0)
    lonlat = np.concatenate([lonlat[:8], wait, lonlat[8:]])
    lonlat = lonlat + np.random.default_rng(5).normal(0.0, 5e-5, lonlat.shape)
    assert "FG GH HI IJ" in grid.driven(np.arange(len(lonlat)), lonlat)


def test_two_minutes_between_fixes_are_bridged(grid):
    times, lonlat = grid.drive("AEOTPK", 1.0)
    some = [0, 20, 44, 64, 74]
    driven = grid.driven(times[some] * 5.0, lonlat[some])
    assert driven.startswith("AB BC CD")
    assert driven.endswith("OT TS SR RQ QP")


def test_a_heading_tells_the_carriageway():
    text = """
        A--------B--------C
        D--------E--------F
    """
    ways = {"CBA": {"oneway": "yes"}, "DEF": {"oneway": "yes"}}
    town = Town(text, ways, grid_m=10.0)
    times, lonlat = town.drive("ABC", 2.0)
    between = lonlat - (0.0, 0.00003)  # 3 m south of the northern one
    assert town.driven(times, between, heading_deg=np.full(len(times), 90.0)) == "DE EF"


def test_an_inaccurate_fix_is_not_followed(grid):
    times, lonlat = grid.drive("FGHIJ", 2.0)
    lonlat[14] += (0.0, -0.0005)
    accuracy = np.full(len(times), 4.0)
    accuracy[14] = 60.0
    assert grid.driven(times, lonlat, accuracy_m=accuracy) == "FG GH HI IJ"


def test_confidence_is_shared_between_roads_that_serve_alike():
    town = Town(
        """
        A---------B
        C---------D
        """
    )
    times, lonlat = town.drive("AB", 2.0)
    north = town.match(times, lonlat).traversals
    between = town.match(times, lonlat - (0.0, 0.00009)).traversals  # as far from one as from the other
    assert north.confidence.min() > 0.95
    np.testing.assert_allclose(between.confidence, 0.5, atol=0.1)


def test_many_tracks_are_matched_alike_alone_and_by_two_threads(grid):
    drives = [grid.drive("FGLMHCDINO", 3.0, 6.0, seed) for seed in range(12)]
    start = np.cumsum([0, *(len(times) for times, _ in drives)])
    times, lonlat = (np.concatenate([drive[place] for drive in drives]) for place in (0, 1))
    both = match_tracks(grid.network, start, lonlat, times, threads=2)
    assert len(np.unique(both.traversals.track)) == 12
    for number, drive in enumerate(drives):
        alone = grid.match(*drive)
        assert both.traversals.edge[both.traversals.track == number].tolist() == alone.traversals.edge.tolist()
        np.testing.assert_array_equal(both.snaps.edge[start[number] : start[number + 1]], alone.snaps.edge)


def test_memory_grows_until_a_track_fits(grid, monkeypatch):
    times, lonlat = grid.drive("AEOTPKAEOTPKAEOTPKA", 1.0, 15.0)
    wide = MatchModel(thin_sigma=0.5, radius_m=200.0, beam=60.0)
    monkeypatch.setitem(own_desk(), "match", MatchScratch(grid.network, 4))
    found = grid.match(times, lonlat, accuracy_m=np.full(len(times), 60.0), model=wide)
    assert own_desk()["match"].room > 1
    assert (found.snaps.part == 0).all()


def test_empty_and_single_tracks_are_matched(grid):
    assert len(match_tracks(grid.network, [0], np.empty((0, 2)), []).traversals) == 0
    times, lonlat = grid.drive("FG")
    found = match_tracks(grid.network, [0, 0, 1, 1], lonlat[2:3], times[2:3])
    assert found.snaps.part.tolist() == [0]
    assert found.traversals.track.tolist() == [1]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"lonlat": [[200.0, 0.0], [0.0, 0.0]]}, "off the globe"),
        ({"lonlat": [[np.nan, 0.0], [0.0, 0.0]]}, "off the globe"),
        ({"time_s": [1.0, 0.0]}, "sort by time"),
        ({"time_s": [0.0, np.inf]}, "no number"),
        ({"track_start": [0, 3]}, "track_start"),
        ({"accuracy_m": [1.0]}, "accuracy_m"),
        ({"model": MatchModel(beta_m=-1.0)}, "beta_m"),
    ],
)
def test_columns_that_do_not_fit_are_refused(grid, change, words):
    good = {"track_start": [0, 2], "lonlat": [[125.1, 46.6], [125.1, 46.6]], "time_s": [0.0, 1.0]}
    with pytest.raises(BadPoint, match=words):
        match_tracks(grid.network, **{**good, **change})


def test_a_network_of_other_roads_is_refused():
    graph = build_graph([0, 0, 0], [1, 1, 1], 2)
    index = build_segment_index([0, 2], np.array([[0, 0], [10, 0]], np.int32))
    with pytest.raises(BadGraph, match="do not fit"):
        build_match_network(graph, index, np.zeros(3, np.int32), np.ones(1))
