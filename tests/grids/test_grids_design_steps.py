"""Whole designs over drawn towns."""

from itertools import pairwise

import numpy as np
import pytest
import shapely

from location_cloud.grids.design_blocks import Ground
from location_cloud.grids.design_codes import match_grids
from location_cloud.grids.design_quality import measure_grids, measure_squares
from location_cloud.grids.design_sizes import Wish
from location_cloud.grids.design_steps import design_grids

NOTHING = np.empty(0, object)


def town(seed=1, side=1200.0, streets=9, communities=2):
    """A town of crooked streets with houses along them, in metres."""
    random = np.random.default_rng(seed)
    steps = np.linspace(0, side, streets + 1)
    inner = np.zeros(streets + 1)
    inner[1:-1] = 25
    x, y = np.meshgrid(steps, steps, indexing="ij")
    x = x + random.uniform(-1, 1, x.shape) * inner[:, None]
    y = y + random.uniform(-1, 1, y.shape) * inner[None, :]
    knots = np.stack([x, y], axis=-1)
    roads = [shapely.LineString(line) for line in [*knots, *knots.transpose(1, 0, 2)]]
    middle = random.uniform(20, side - 20, (600, 2))
    houses = shapely.box(middle[:, 0] - 8, middle[:, 1] - 6, middle[:, 0] + 8, middle[:, 1] + 6)
    houses = houses[~shapely.dwithin(houses, shapely.union_all(roads), 3)]
    edges = np.linspace(0, side, communities + 1)
    borders = [shapely.box(west, 0, east, side) for west, east in pairwise(edges)]
    return Ground(np.array(borders, object), np.array(roads, object), NOTHING, houses, NOTHING, middle, np.ones(600))


def run(ground, wish):
    steps = design_grids(ground, wish)
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value


def measured(ground, grids):
    return measure_grids(
        grids.shapes, grids.community, grids.size, ground.communities, ground.roads, ground.others, ground.buildings
    )


@pytest.fixture(scope="module")
def ground():
    return town()


@pytest.fixture(scope="module")
def grids(ground):
    return run(ground, Wish("area", 10_000.0, 1.0))


def test_grids_cover_the_ground_once_and_have_the_size_that_was_asked(ground, grids):
    quality = measured(ground, grids)
    assert quality.cover == pytest.approx(1, abs=1e-9)
    assert quality.overlap_m2 == 0
    assert shapely.coverage_is_valid(grids.shapes)
    assert quality.in_range >= 0.97
    assert (shapely.get_type_id(grids.shapes) == 3).all()


def test_grids_follow_roads_and_spare_buildings_where_squares_do_not(ground, grids):
    quality, squares = (
        measured(ground, grids),
        measure_squares(ground.communities, 100.0, ground.roads, ground.buildings),
    )
    assert quality.on_road > 0.6 > squares.on_road
    assert quality.buildings_cut < 0.03 < squares.buildings_cut


def test_no_grid_crosses_the_border_of_a_community(ground, grids):
    for shape, community in zip(grids.shapes, grids.community):
        assert shapely.intersection(shape, ground.communities[1 - community]).area < 1e-6


def test_the_same_question_has_the_same_answer(ground, grids):
    again = run(ground, Wish("area", 10_000.0, 1.0))
    assert (shapely.to_wkb(again.shapes) == shapely.to_wkb(grids.shapes)).all()


def test_one_more_road_leaves_nearly_all_grids_as_they_were(ground, grids):
    road = shapely.LineString([(610, 290), (840, 430)])
    more = Ground(**{**vars(ground), "roads": np.append(ground.roads, road)})
    after = run(more, Wish("area", 10_000.0, 1.0))
    assert len(set(match_grids(after.shapes, grids.shapes)) - {-1}) >= 0.95 * len(grids.shapes)


def test_grids_by_households_have_so_many_each(ground):
    found = run(ground, Wish("households", 20.0))
    inside = [int(shapely.contains_xy(shape, *ground.places.T).sum()) for shape in found.shapes]
    assert sum(inside) == 600
    assert np.mean([10 <= count <= 30 for count in inside]) > 0.9


def test_grids_by_patrol_have_so_much_road_each(ground):
    found = run(ground, Wish("patrol", 700.0))
    roads = shapely.union_all(ground.roads)
    inner = shapely.union_all(ground.communities).buffer(-0.5)
    metres = [shapely.intersection(roads.intersection(inner), shape).length for shape in found.shapes]
    assert 450 < np.median(metres) < 1500
    assert len(found.shapes) > 10


def test_open_land_gets_larger_grids_than_the_town(ground):
    field = Ground(**{**vars(ground), "communities": np.array([shapely.box(0, 0, 1200, 2400)], object)})
    found = run(field, Wish("area", 10_000.0, 0.1))
    north = shapely.get_coordinates(shapely.centroid(found.shapes))[:, 1] > 1250
    area = shapely.area(found.shapes)
    assert np.median(area[north]) > 4 * np.median(area[~north])
    assert ((found.size >= 0.5) & (found.size <= 1.5)).all()


def test_ground_without_a_single_road_is_divided_all_the_same():
    bare = Ground(
        np.array([shapely.box(0, 0, 500, 400)], object),
        NOTHING,
        NOTHING,
        NOTHING,
        NOTHING,
        np.empty((0, 2)),
        np.empty(0),
    )
    found = run(bare, Wish("area", 10_000.0, 1.0))
    assert 14 <= len(found.shapes) <= 32
    assert shapely.area(found.shapes).sum() == pytest.approx(200_000)


def test_a_dead_end_becomes_part_of_a_border():
    square = np.array([shapely.box(0, 0, 200, 100)], object)
    spur = shapely.LineString([(100, 0), (100, 60)])
    ground = Ground(square, np.array([spur], object), NOTHING, NOTHING, NOTHING, np.empty((0, 2)), np.empty(0))
    found = run(ground, Wish("area", 10_000.0, 1.0))
    assert len(found.shapes) == 2
    assert shapely.intersection(found.shapes[0], found.shapes[1]).intersection(spur.buffer(0.01)).length > 59
