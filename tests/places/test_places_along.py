"""Metres along a road to the crossings next to a point, on roads as maps draw them."""

from types import SimpleNamespace

import numpy as np
import pytest

from location_cloud.places.along import find_crossings, neighbours
from location_cloud.places.nearby_kernels import east_scale

LAT = 46.5
EAST = east_scale.py_func(LAT)
NORTH = 111_195.0


def lonlat(x_m, y_m):
    return (125.0 + x_m / EAST, LAT + y_m / NORTH)


def drawn(*lines, crossings=()):
    """One road (row 0) of lines in metres, met by others (rows from 1) at the given points."""
    vertex, segment = [], []
    for line in lines:
        segment += range(len(vertex), len(vertex) + len(line) - 1)
        vertex += [lonlat(*point) for point in line]
    return SimpleNamespace(
        vertex=np.rint(np.array(vertex) * 1e7).astype(np.int32),
        segment_vertex=np.array(segment, np.int32),
        segment_road=np.zeros(len(segment), np.int32),
        crossing_start=np.array([0, len(crossings)]),
        crossing_other=np.arange(1, len(crossings) + 1).astype(np.int32),
        crossing_lonlat=np.array([lonlat(*point) for point in crossings]).reshape(-1, 2),
        importance=np.linspace(0.3, 0.5, len(crossings) + 1).astype(np.float32),
    )


def next_to(places, segment, share):
    """(row, metres) of the crossing behind and of the one ahead; None = none."""
    return tuple(each and (each.other, round(each.along_m)) for each in find_crossings(places, segment, share))


def test_both_neighbours_are_found_and_no_further_ones():
    places = drawn([(0, 0), (1000, 0), (2000, 0)], crossings=[(0, 0), (300, 0), (1000, 0), (2000, 0)])
    assert next_to(places, 0, 0.5) == ((2, 200), (3, 500))


def test_distance_is_measured_along_the_road_round_its_bends():
    places = drawn([(0, 0), (500, 0), (500, 500), (0, 500)], crossings=[(0, 0), (0, 500)])
    assert next_to(places, 1, 0.5) == ((1, 750), (2, 750))


def test_a_road_goes_on_where_its_next_way_begins_whatever_way_that_is_drawn():
    places = drawn([(0, 0), (400, 0)], [(900, 0), (400, 0)], crossings=[(900, 0), (100, 0)])
    assert next_to(places, 0, 0.5) == ((2, 100), (1, 700))


def test_a_road_goes_on_over_a_roundabout_of_another_name():
    places = drawn([(0, 0), (400, 0)], [(440, 3), (900, 3)], crossings=[(800, 3)])
    assert next_to(places, 0, 0.5) == (None, (1, 600))


def test_a_road_does_not_go_on_round_a_sharp_corner_over_a_gap():
    places = drawn([(0, 0), (400, 0)], [(400, 40), (0, 40)], crossings=[(100, 90)])
    assert next_to(places, 0, 0.9)[1] is None


def test_a_crossing_in_the_middle_of_two_carriageways_is_met_from_either():
    places = drawn([(0, 0), (1000, 0)], [(1000, 30), (0, 30)], crossings=[(200, 15), (800, 15)])
    assert next_to(places, 0, 0.5) == ((1, 300), (2, 300))
    assert next_to(places, 1, 0.5) == ((2, 300), (1, 300))


def test_at_a_crossing_the_other_side_names_the_next_one():
    places = drawn([(0, 0), (1000, 0)], crossings=[(500, 5), (900, 0)])
    behind, ahead = next_to(places, 0, 0.5)
    assert {behind, ahead} == {None, (1, 0)} or ahead == (1, 0)
    places = drawn([(0, 0), (1000, 0)], crossings=[(100, 0), (500, 5)])
    assert next_to(places, 0, 0.5) == ((1, 400), (2, 0))


def test_of_roads_that_meet_at_one_place_the_best_known_is_named():
    places = drawn([(0, 0), (1000, 0)], crossings=[(700, 0), (705, 0)])
    assert next_to(places, 0, 0.5)[1] == (2, 205)


def test_a_road_that_meets_nobody_has_no_crossings():
    assert next_to(drawn([(0, 0), (1000, 0)]), 0, 0.5) == (None, None)


def test_a_ring_is_gone_round_once():
    ring = [(500 * np.cos(angle), 500 * np.sin(angle)) for angle in np.linspace(0, 2 * np.pi, 37)]
    places = drawn(ring, crossings=[(-500, 0)])
    behind, ahead = next_to(places, 0, 0.0)
    assert (behind[0], ahead[0]) == (1, 1)
    assert behind[1] == pytest.approx(1570, abs=5)
    assert ahead[1] == pytest.approx(1570, abs=5)


@pytest.mark.parametrize("seed", range(8))
def test_along_a_straight_road_neighbours_are_those_of_the_sorted_list(seed):
    rng = np.random.default_rng(seed)
    at = np.sort(rng.choice(np.arange(0, 5000, 100), 12, replace=False)).astype(float)
    places = drawn([(x, 0) for x in range(0, 5001, 250)], crossings=[(x, 0) for x in at])
    where = float(rng.uniform(100, 4900)) // 100 * 100 + 50
    found = np.zeros((2, 2))
    neighbours(
        places.vertex,
        places.segment_vertex,
        places.segment_road,
        int(where // 250),
        where % 250 / 250,
        places.crossing_lonlat,
        places.crossing_other,
        places.importance,
        0,
        len(at),
        found,
    )
    expected = [at[at < where][-1:], at[at > where][:1]]
    for (place, along_m), wanted in zip(found.tolist(), expected):
        assert (at[int(place)] if place >= 0 else None) == (wanted[0] if len(wanted) else None)
        assert not len(wanted) or along_m == pytest.approx(abs(wanted[0] - where), abs=0.5)
