from types import SimpleNamespace

import numpy as np
import pytest

from location_cloud.places import service_reverse
from location_cloud.places.api_reverse import reverse
from location_cloud.places.dataset import SECTION as PLACES
from location_cloud.places.grid import build_grid
from location_cloud.places.nearby import find_nearest, nearest_of
from location_cloud.places.nearby_kernels import VALUES, find_known, find_piece, measure
from location_cloud.places.schema_reverse import NearCollection, ReverseQuery
from location_cloud.spatial.measure import bearing_deg, distance_m

SAERTU = (125.0, 46.5)


def test_reverse_tells_address_road_side_and_landmark(town):
    here = service_reverse.reverse(town, (125.0052, 46.5004))
    assert here.address
    assert (here.address.name, here.address.distance_m) == ("团结大街 10", pytest.approx(19.0, abs=0.5))
    assert here.road
    assert (here.road.name, here.road.direction) == ("团结大街", "N")
    assert [poi.name for poi in here.pois][:2] == ["大庆市第一医院", "书香书店"]


def test_reverse_far_from_everything_still_tells_area_and_cell(town):
    here = service_reverse.reverse(town, (124.5, 45.8))
    assert (here.address, here.road, here.pois) == (None, None, ())
    assert [area.name for area in here.areas][-1] == "黑龙江省"
    assert len(here.cell) == 14


def test_reverse_near_the_pole_has_no_cell(town):
    assert service_reverse.reverse(town, (0.0, 89.9)).cell == ""


def test_many_positions_are_told_as_each_alone(town):
    asked = [(125.0052, 46.5004), (124.5, 45.8), (0.0, 89.9), SAERTU]
    assert list(service_reverse.reverse_many(town, asked, 1000.0, 3)) == [
        service_reverse.reverse(town, each) for each in asked
    ]


def test_plain_answer_is_what_the_document_says(town):
    answer = reverse(SimpleNamespace(world=town), ReverseQuery(at=SAERTU), None)
    assert NearCollection.model_validate(answer).dispatch is None


# --- the kernels beside slow obvious ones ------------------------------------------------------------------


def scattered(seed, n, spread_deg=0.05, middle=(125.0, 46.5)):
    return np.random.default_rng(seed).normal(middle, spread_deg, (n, 2))


@pytest.mark.parametrize("seed", range(5))
def test_nearest_points_are_the_nearest_of_all(seed):
    points, asked = scattered(seed, 400), scattered(100 + seed, 20, 0.1)
    grid = build_grid(points)
    for lon, lat in asked.tolist():
        apart_m = distance_m(points, (lon, lat))
        found = nearest_of(grid.cell, grid.item, points, (lon, lat), 50_000.0, 5)
        assert [near.distance_m for near in found] == pytest.approx(np.sort(apart_m)[:5], rel=0.01, abs=0.1)


@pytest.mark.parametrize("seed", range(5))
def test_nearest_piece_is_the_nearest_of_all(seed):
    start = scattered(seed, 300)
    step = np.random.default_rng(seed).uniform(-0.002, 0.002, start.shape)
    vertex = np.rint(np.stack([start, start + step], axis=1).reshape(-1, 2) * 1e7).astype(np.int32)
    piece = np.arange(0, len(vertex), 2).astype(np.int32)
    grid, at = build_grid((vertex[piece] / 2e7) + vertex[piece + 1] / 2e7), np.zeros(VALUES)
    share = np.linspace(0, 1, 201)[:, None, None]
    along = (vertex[piece] + share * (vertex[piece + 1] - vertex[piece])) / 1e7
    for lon, lat in scattered(50 + seed, 20, 0.1).tolist():
        find_piece(grid.cell, grid.item, vertex, piece, lon, lat, 50_000.0, at)
        assert at[2] == pytest.approx(distance_m(along.reshape(-1, 2), (lon, lat)).min(), rel=0.01, abs=1.0)


def test_what_lies_behind_the_antimeridian_is_near():
    points = np.array([(-179.999, -16.5), (179.0, -16.5)])
    grid = build_grid(points)
    found = nearest_of(grid.cell, grid.item, points, (179.999, -16.5), 20_000.0, 2)
    assert [near.row for near in found] == [0]
    assert found[0].distance_m == pytest.approx(213.5, abs=0.2)


def test_equal_distances_are_told_by_row():
    points = np.array([SAERTU] * 4)
    grid = build_grid(points)
    assert [near.row for near in nearest_of(grid.cell, grid.item, points, (125.001, 46.5), 500.0, 3)] == [0, 1, 2]


@pytest.mark.parametrize("lat", [0.0, 46.5, -60.0, 80.0])
def test_distances_and_bearings_are_those_of_the_ellipsoid(lat):
    rng = np.random.default_rng(int(lat) + 100)
    for east, north in rng.uniform(-0.05, 0.05, (50, 2)).tolist():
        to = (10.0 + east, lat + north)
        metres, bearing = measure.py_func(10.0, lat, *to)
        assert metres == pytest.approx(float(distance_m((10.0, lat), to)[0]), abs=0.1)
        assert (bearing - float(bearing_deg((10.0, lat), to)[0]) + 180) % 360 - 180 == pytest.approx(0, abs=0.01)


def test_what_is_well_known_is_told_before_what_is_near():
    points = np.array([(125.001, 46.5), (125.004, 46.5)])
    grid, importance = build_grid(points), np.array([0.3, 0.65], np.float32)
    row, at = np.full(2, -1), np.zeros((2, VALUES))
    find_known(grid.cell, grid.item, points, importance, *SAERTU, 1000.0, row, at)
    assert row.tolist() == [1, 0]


def test_nothing_is_near_where_there_is_nothing(town):
    places = town.section(PLACES)
    assert (find_nearest(places, np.array([(-30.0, -40.0)]), 100_000.0, 3).row == -1).all()
