"""How what was heard on one road reaches others."""

from __future__ import annotations

import numpy as np
import pytest

from location_cloud.traffic.fill import around_means, build_neighbours, spread_out
from location_cloud.traffic.model import FILLED, LIVE, NONE
from tests.traffic.driven_roads import Street


@pytest.fixture
def street(tmp_path):
    return Street(tmp_path)


def _jam(street, name, times=3.0, vehicles=4, ago_s=5.0):
    for vehicle in range(vehicles):
        street.drive(name, times * street.seconds(name), vehicle, ago_s)


def test_the_next_edge_of_a_road_is_filled(street):
    _jam(street, "CD", times=1.6)
    estimate = street.at()
    assert estimate.source[street.edge("DE")] == FILLED
    assert estimate.source[street.edge("BC")] == FILLED
    assert 1.1 < street.share(estimate, "DE") < street.share(estimate, "CD")


def test_filled_is_never_called_live_and_is_less_sure(street):
    _jam(street, "CD", times=1.6)
    estimate = street.at()
    filled, live = street.edge("DE"), street.edge("CD")
    assert estimate.samples[filled] == 0
    assert np.isnan(estimate.age_s[filled])
    assert (estimate.samples[estimate.source == LIVE] > 0).all()
    relative = estimate.variance / estimate.kmh**2
    assert relative[filled] > 1.5 * relative[live]


def test_what_was_heard_fades_with_distance(street):
    _jam(street, "BC", times=2.0)
    near, edges = street.speeds._near, [street.edge(name) for name in ("CD", "DE", "EF", "FG")]
    heard_at = np.full(len(near.cell), -1, np.int32)
    heard_at[street.edge("BC")] = 0
    one = np.ones(1)
    field, known, _ = spread_out(near, heard_at, one, one, np.zeros(len(near.cell_kind)), one)
    assert (np.diff(field[edges]) < 0).all()
    assert (np.diff(known[edges]) < 0).all()


def test_the_other_direction_hardly_follows(street):
    _jam(street, "CD", times=3.0)
    estimate = street.at()
    assert estimate.source[street.edge("DC")] in (NONE, FILLED)
    assert not street.share(estimate, "DC") > 1.0 + 0.5 * (street.share(estimate, "DE") - 1.0)


def test_another_kind_of_road_does_not_follow(street):
    _jam(street, "AB", times=3.0)
    _jam(street, "BC", times=3.0)
    assert street.source("BK") == NONE


def test_filled_speeds_keep_their_bounds(street):
    _jam(street, "CD", times=0.4)
    for name in ("BC", "DE"):
        assert street.share(street.at(), name) > 1 / 1.11
    _jam(street, "CD", times=60.0, vehicles=9, ago_s=1.0)
    estimate = street.at()
    assert (estimate.kmh[estimate.source == FILLED] >= 3.0).all()
    assert (estimate.kmh[estimate.source == LIVE] >= 1.0).all()


def test_a_jam_that_several_tell_of_is_not_smoothed_away(street):
    _jam(street, "CD", times=4.0, vehicles=4)
    for name in ("BC", "DE"):
        _jam(street, name, times=1.0, vehicles=4)
    estimate = street.at()
    assert street.share(estimate, "CD") > 3.0
    assert street.share(estimate, "DE") < 1.2


def test_neighbourhoods_with_few_voices_follow_the_city(street):
    near = street.speeds._near
    edge = np.array([street.edge("AB")])
    few, _ = around_means(near, edge, np.array([1.0]), np.array([0.1]))
    many, voices = around_means(near, np.repeat(edge, 50), np.ones(50), np.ones(50))
    cell = near.cell[edge[0]]
    assert few[cell] < 0.1
    assert many[cell] > 0.8
    assert voices[cell] == 50.0
    assert few[near.cell_kind != near.cell_kind[cell]] == pytest.approx(0.0)


@pytest.mark.parametrize("seed", range(3))
def test_the_field_is_the_least_squares_solution(street, seed):
    """Against a dense solution of the same normal equations, with single voices, which do not insist."""
    near, chosen = street.speeds._near, np.random.default_rng(seed)
    has_cars = near.cell >= 0
    heard = chosen.choice(np.flatnonzero(has_cars), 6, replace=False)
    heard_at = np.full(len(near.cell), -1, np.int32)
    heard_at[heard] = np.arange(6)
    mean, weight = chosen.normal(0.5, 0.3, 6), chosen.uniform(0.2, 3.0, 6)
    around = chosen.normal(0.2, 0.1, len(near.cell_kind))
    matrix, right = np.zeros((len(has_cars),) * 2), np.zeros(len(has_cars))
    for edge in np.flatnonzero(has_cars):
        matrix[edge, edge], right[edge] = 0.390625, 0.390625 * around[near.cell[edge]]
        for k in range(near.start[edge], near.start[edge + 1]):
            matrix[edge, edge] += near.weight[k]
            matrix[edge, near.other[k]] -= near.weight[k]
    matrix[heard, heard] += weight
    right[heard] += weight * mean
    exact = np.linalg.solve(matrix[np.ix_(has_cars, has_cars)], right[has_cars])
    field, known, _ = spread_out(near, heard_at, mean, weight, around, np.ones(6))
    assert np.abs(field[has_cars] - exact).max() < 0.04
    assert ((known >= 0) & (known <= 1)).all()


def test_neighbours_are_mutual(street):
    near = street.speeds._near
    pairs = {
        (edge, int(near.other[k])): float(near.weight[k])
        for edge in range(len(near.cell))
        for k in range(near.start[edge], near.start[edge + 1])
    }
    assert pairs
    assert all(pairs[other, edge] == weight for (edge, other), weight in pairs.items())


def test_roads_without_cars_have_no_neighbours(street):
    nobody = np.zeros(2 * street.town.roads.segment_count, bool)
    near = build_neighbours(street.town.roads, nobody, street.reference.kind)
    assert not len(near.other)
    assert (near.cell == -1).all()


def test_many_roads_of_a_kind_tell_of_the_others_around(street):
    near = street.speeds._near
    for name in ("AB", "BC", "CD", "BA", "CB", "DC", "DE", "ED", "EF", "FE"):
        _jam(street, name, times=2.0, vehicles=8)
    estimate, cell = street.at(), near.cell
    crowded = np.bincount(cell[estimate.source == LIVE], minlength=len(near.cell_kind)) >= 6
    around = np.flatnonzero((cell >= 0) & crowded[cell])
    assert len(around) > 6
    assert set(estimate.source[around].tolist()) <= {LIVE, FILLED}
    assert (estimate.kmh[around] < 0.85 * estimate.free_flow_kmh[around]).all()
    assert street.source("BK") == NONE
