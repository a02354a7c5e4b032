"""What receivers and roads do to a track: tunnels, ferries, roundabouts, car parks, wild noise; and what never ends."""

import numpy as np
import pytest

from routing.match_result import OFF_ROAD
from routing.match_scratch import MOST_KEPT_BYTES
from routing.scratch import own_desk
from tests.routing.match_town import GRID, M_S, Town


@pytest.fixture(scope="module")
def grid():
    return Town(GRID)


@pytest.fixture(scope="module")
def blocks():
    """Streets 200 and 100 m apart."""
    return Town(GRID, grid_m=50.0)


@pytest.fixture(scope="module")
def metropolis():
    """900 junctions, a street every 50 m."""
    return Town(lattice(30), grid_m=50.0)


def lattice(size: int) -> str:
    """A square of streets whose junctions are letters of many alphabets."""
    letters = iter(chr(code) for code in range(0x41, 0x30000) if chr(code).isalnum() and chr(code).isupper())
    rows = []
    for _ in range(size):
        rows += ["-".join(next(letters) for _ in range(size)), " ".join("|" * size)]
    return "\n".join(rows[:-1])


def still(lonlat, seconds, noise_m, seed=0):
    """Fixes of a vehicle that stands, one each second."""
    noise = np.random.default_rng(seed).normal(0.0, noise_m, (seconds, 2)) / (76_500.0, 111_200.0)
    return np.arange(float(seconds)), lonlat + noise


def test_nothing_is_heard_in_a_tunnel_and_the_way_through_is_known():
    town = Town(
        """
        A-----B-----------------C-----D
              |                 |
              E--F--G--H--I--J--K
        """
    )
    times, lonlat = town.drive("ABCD", 1.0, 4.0)
    heard = (times < 13.0) | (times > 47.0)
    assert town.driven(times[heard], lonlat[heard]) == "AB BC CD"


def test_of_parallel_roads_that_join_nowhere_else_the_driven_one_is_found():
    town = Town(
        """
        A---B---------------C---D
            e---------------f
        """,
        {"AB": {}, "BC": {}, "CD": {}, "Be": {}, "ef": {}, "fC": {}},
        grid_m=10.0,
    )
    for signs, roads in (("ABCD", "AB BC CD"), ("ABefCD", "AB Be ef fC CD")):
        assert town.driven(*town.drive(signs, 1.0, 3.0)) == roads


def test_a_roundabout_is_left_where_the_vehicle_left_it():
    town = Town(
        """
              B
              |
             bac
        A---d   e---C
             fgh
              |
              D
        """,
        {"Ad": {}, "Ba": {}, "Ce": {}, "Dg": {}, "dfghecabd": {"oneway": "yes"}},
        grid_m=10.0,
    )
    times, lonlat = town.drive("AdfgheC", 1.0, 2.0)
    assert town.driven(times, lonlat) == "Ad dg ge eC"
    times, lonlat = town.drive("AdfghecaB", 1.0, 2.0)
    assert town.driven(times, lonlat) == "Ad dg ge ea aB"


def test_a_dead_end_is_driven_in_and_out():
    town = Town(
        """
        A-----B-----C
              |
              D
        """
    )
    assert town.driven(*town.drive("ABDBC", 2.0, 3.0)) == "AB BD DB BC"


def test_a_ferry_is_one_slow_edge():
    town = Town("A----B--------------------C----D", {"AB": {}, "BC": {"maxspeed": "9"}, "CD": {}}, grid_m=50.0)
    times, lonlat = town.drive("ABCD", 5.0, 5.0)
    slow = np.interp(times, [0.0, 25.0, 130.0, 155.0], [0.0, 25.0, 445.0, 470.0])
    found = town.match(slow, lonlat).traversals
    assert town.spell(found.edge) == "AB BC CD"
    assert found.leave_s[1] - found.enter_s[1] > 380.0


@pytest.mark.parametrize(
    ("noise_m", "told"),
    [(5.0, {}), (15.0, {"accuracy_m": np.full(600, 15.0)}), (15.0, {"speed_kmh": np.zeros(600)})],
    ids=["as usual", "told inaccurate", "told still"],
)
@pytest.mark.parametrize("seed", range(4))
def test_ten_minutes_in_a_car_park_drive_no_street(blocks, noise_m, told, seed):
    times, lonlat = still(blocks.lonlat([[300.0, -215.0]])[0], 600, noise_m, seed)  # 15 m beside LM, half way
    found = blocks.match(times, lonlat, **told).traversals
    assert len(found) <= 3


def test_a_car_park_far_from_any_street_is_off_the_roads(grid):
    times, lonlat = still(grid.lonlat([[40.0, 500.0]])[0], 600, 10.0)
    found = grid.match(times, lonlat)
    assert len(found.traversals) == 0
    assert (found.snaps.part == OFF_ROAD).all()


def test_a_way_over_open_ground_lies_between_two_parts():
    town = Town("A---------B          C---------D", {"AB": {}, "CD": {}}, grid_m=30.0)
    times, lonlat = town.drive("ABCD", 3.0, 3.0)
    found = town.match(times, lonlat)
    assert town.spell(found.traversals.edge) == "AB CD"
    assert found.stretches().part.tolist() == [0, OFF_ROAD, 1]


@pytest.mark.parametrize("seed", range(5))
def test_fifty_metres_of_noise_leave_the_drive_in_sight(metropolis, seed):
    """Every second for four minutes, in streets 100 m apart: the track is thinned, and few of its streets are wrong."""
    times, lonlat = straight_drive(metropolis, seed)
    noisy = lonlat + np.random.default_rng(seed).normal(0.0, 50.0, lonlat.shape) / (76_500.0, 111_200.0)
    found = metropolis.match(times, noisy, accuracy_m=np.full(len(times), 50.0))
    true = set(metropolis.match(times, lonlat).traversals.edge.tolist())
    driven = found.traversals.edge.tolist()
    assert len(true.intersection(driven)) >= 0.5 * len(true)
    assert len(driven) <= 1.6 * len(true)


def straight_drive(town, seed):
    """Two turns across a lattice at 10 m a second: (times, lonlat)."""
    chance = np.random.default_rng(seed)
    corners = np.array([[0, 0], [8, 0], [8, 6], [20, 6]]) + chance.integers(0, 8)
    xy = np.array([[100.0 * x, -100.0 * y] for x, y in corners])
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    times = np.arange(0.0, along[-1] / M_S)
    places = np.stack([np.interp(times * M_S, along, xy[:, axis]) for axis in (0, 1)], axis=1)
    return times, town.lonlat(places)


STRANGE = {
    "from corner to corner each second": (1.0, 2800.0, 0.0, 5.0),
    "from corner to corner each two minutes": (120.0, 2800.0, 0.0, 5.0),
    "anywhere each minute, any accuracy": (60.0, 0.0, 2800.0, 200.0),
    "a step aside each second": (1.0, 100.0, 0.0, 2.0),
    "all at one moment": (0.0, 1000.0, 0.0, 5.0),
}
"""Seconds between fixes, metres to and fro, metres about, accuracy."""


@pytest.mark.parametrize("name", STRANGE)
def test_what_nobody_drove_is_matched_with_bounded_effort(metropolis, name):
    """benchmarks/matching/strange.py asks as much as one request may."""
    seconds, zig_m, about_m, sigma = STRANGE[name]
    number = np.arange(1000)
    xy = np.random.default_rng(1).uniform(0.0, 1.0, (len(number), 2)) * (about_m, -about_m)
    xy += np.outer(number % 2, (zig_m, -zig_m))
    found = metropolis.match(number * seconds, metropolis.lonlat(xy), accuracy_m=np.full(len(xy), sigma))
    assert len(found.snaps) == len(xy)
    assert (found.traversals.leave_s >= found.traversals.enter_s).all()
    assert "match" not in own_desk() or own_desk()["match"].size_bytes <= MOST_KEPT_BYTES
