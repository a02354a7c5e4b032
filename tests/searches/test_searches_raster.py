"""Polygons and lines on cells agree with slow, obvious ways of doing it."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from location_cloud.errors import TooLarge
from location_cloud.searches import raster
from location_cloud.searches.lattice import beidou_lattice, box_around, metre_lattice
from location_cloud.searches.level_areas import level_masks, outline
from location_cloud.searches.packing import pack, unpack
from location_cloud.spatial.cells import BEIDOU
from location_cloud.spatial.measure import distance_m

DAQING = (125.1031, 46.5893)


@pytest.fixture
def lattice():
    return metre_lattice(DAQING, box_around(DAQING, 1000), 50)


def drawn(seed, lattice, count=8):
    """Random triangles, stars and rings with holes around the lattice."""
    rng = np.random.default_rng(seed)
    west, south, east, north = lattice.bounds
    middles = rng.uniform((west, south), (east, north), (count, 2))
    shapes = [shapely.Point(at).buffer(size, 6) for at, size in zip(middles, rng.uniform(5e-4, 8e-3, count))]
    return np.array([each.difference(each.buffer(-4e-4)) if at % 2 else each for at, each in enumerate(shapes)], object)


def centres(lattice):
    lon, lat = np.meshgrid(lattice.lon, lattice.lat)
    return shapely.points(lon, lat)


@pytest.mark.parametrize("seed", range(5))
def test_a_mask_holds_the_cells_whose_middle_lies_inside(lattice, seed):
    shapes = drawn(seed, lattice)
    expected = shapely.contains(shapely.union_all(shapes), centres(lattice))
    assert (raster.mask_of(lattice, shapes) == expected).all()


@pytest.mark.parametrize("seed", range(5))
def test_of_several_polygons_the_last_one_labels_a_cell(lattice, seed):
    shapes = drawn(seed, lattice)
    expected = np.full(lattice.shape, -1)
    for number, each in enumerate(shapes):
        expected[shapely.contains(each, centres(lattice))] = number
    assert (raster.labels_of(lattice, shapes) == expected).all()


def test_large_pictures_are_painted_in_parts(lattice, monkeypatch):
    shapes = drawn(1, lattice, 30)
    whole = raster.mask_of(lattice, shapes), raster.labels_of(lattice, shapes)
    monkeypatch.setattr(raster, "AT_ONCE", 10)
    assert (raster.mask_of(lattice, shapes) == whole[0]).all()
    assert (raster.labels_of(lattice, shapes) == whole[1]).all()


def test_nothing_is_painted_of_nothing(lattice):
    assert not raster.mask_of(lattice, np.empty(0, object)).any()


def test_a_line_meets_the_cells_that_it_runs_through(lattice):
    west, south, east, north = lattice.bounds
    line = np.array([[west - 0.01, south], [east, north + 0.01], [west, north]])
    cells, owner = raster.cells_of_lines(lattice, line, np.array([0, 3]))
    assert set(owner.tolist()) == {0}
    boxes = cell_boxes(lattice)
    crossed = set(np.flatnonzero(shapely.length(shapely.intersection(boxes, shapely.LineString(line))) > 3e-4).tolist())
    assert crossed <= set(cells.tolist())
    assert shapely.intersects(boxes[np.unique(cells)], shapely.LineString(line).buffer(1e-9)).all()


def cell_boxes(lattice):
    row, column = np.divmod(np.arange(lattice.size), lattice.columns)
    west, south = lattice.west + column * lattice.cell_lon, lattice.south + row * lattice.cell_lat
    return shapely.box(west, south, west + lattice.cell_lon, south + lattice.cell_lat)


def test_the_planning_point_lies_in_the_middle_of_a_cell(lattice):
    (cell,) = lattice.cell_of(np.array([DAQING])).tolist()
    row, column = divmod(cell, lattice.columns)
    assert (lattice.lon[column], lattice.lat[row]) == pytest.approx(DAQING, abs=1e-9)


def test_cells_have_the_size_that_was_asked(lattice):
    steps = np.column_stack([lattice.lon[:2], lattice.lat[:2]])
    across = distance_m(steps[:1], [[steps[1, 0], steps[0, 1]]])[0]
    up = distance_m(steps[:1], [[steps[0, 0], steps[1, 1]]])[0]
    assert (across, up) == pytest.approx((50, 50), rel=3e-4)


def test_metres_and_degrees_turn_into_each_other(lattice):
    points = np.random.default_rng(3).uniform(-900, 900, (50, 2))
    assert lattice.xy_m(lattice.lonlat(points)) == pytest.approx(points, abs=1e-6)
    assert (lattice.grid.cells_of(points) == lattice.cell_of(lattice.lonlat(points))).all()


def test_beidou_cells_are_those_of_the_standard():
    lattice = beidou_lattice(DAQING, box_around(DAQING, 500), 6)
    cells = np.arange(lattice.size)
    row, column = np.divmod(cells, lattice.columns)
    expected = BEIDOU.encode_many(np.column_stack([lattice.lon[column], lattice.lat[row]]), 6)
    assert lattice.codes(cells) == expected.tolist()


def test_too_many_cells_are_refused_before_work():
    with pytest.raises(TooLarge):
        metre_lattice(DAQING, box_around(DAQING, 90_000), 5)


def test_an_outline_covers_its_cells_and_no_others(lattice):
    mask = np.random.default_rng(5).random(lattice.shape) < 0.3
    inside = shapely.contains(outline(lattice, mask), centres(lattice))
    assert (inside == mask).all()


def test_a_level_is_the_smallest_area_with_its_share():
    p = np.array([[0.4, 0.1], [0.3, 0.2]])
    assert [mask.tolist() for _, mask in level_masks(p, (0.5, 0.9))] == [
        [[True, False], [True, False]],
        [[True, False], [True, True]],
    ]


def test_packed_arrays_come_back_as_they_were():
    arrays = {"p": np.random.default_rng(1).random((3, 4)).astype(np.float32), "none": np.zeros((0, 2), np.int64)}
    found = unpack(pack(arrays))
    assert {name: each.dtype for name, each in found.items()} == {"p": np.float32, "none": np.int64}
    assert all((found[name] == each).all() for name, each in arrays.items())
