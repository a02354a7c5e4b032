"""Itinero's map matching cases: two real tracks over a real extract, with the line expected of each."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest

from location_cloud.directions import service_match
from location_cloud.directions.track_forms import read_geojson
from routing.metric import metres_per_degree
from tests.conftest import SHARED

CASES = SHARED / "traces/itinero-car"

pytestmark = pytest.mark.skipif(not CASES.exists(), reason=f"the cases of Itinero are not in {CASES}")


@pytest.fixture(scope="module")
def world(road_worlds):
    return road_worlds.of_file(CASES / "test1-network.osm.pbf")


def off_m(line, others):
    """The farthest that a vertex or a middle of one line lies from the other, metres."""
    scale = np.array(metres_per_degree(51.26))
    dense = [
        np.stack([np.linspace(a[axis], b[axis], 50) for axis in (0, 1)], axis=1)
        for one in others
        for a, b in pairwise(one)
    ]
    there = np.concatenate(dense) * scale
    return max(float(np.hypot(*(there - at * scale).T).min()) for at in line)


@pytest.mark.parametrize("name", ["test1", "test2"])
def test_the_expected_line_is_matched(world, name):
    track = read_geojson(json.loads((CASES / f"{name}-track.geojson").read_text()))
    expected = np.array(json.loads((CASES / f"{name}.json").read_text())["expected"]["coordinates"])
    found = service_match.match_track(world, "car", track)
    lines = [piece.shape.line_e7 / 1e7 for piece in found.pieces]
    assert found.stretches_off_road() == []
    assert off_m(expected, lines) < 15.0
    assert max(off_m(line, [expected]) for line in lines) < 25.0
