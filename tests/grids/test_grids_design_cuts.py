"""The straight cut and its bends, against shapes cut one by one."""

import numpy as np
import pytest
import shapely

from location_cloud.grids.design_cuts import LEAST, MOST, _scan, find_cut, segments_of
from location_cloud.grids.design_splitting import split_block

NOTHING = np.empty(0, object)


def blob(seed, corners=24):
    """A star-shaped polygon of about 100 m, with a hole."""
    random = np.random.default_rng(seed)
    angle = np.sort(random.uniform(0, 2 * np.pi, corners))
    reach = random.uniform(40, 120, corners)
    ring = np.stack([np.cos(angle) * reach, np.sin(angle) * reach], axis=1)
    return shapely.difference(shapely.Polygon(ring), shapely.Point(3, 4).buffer(15))


@pytest.mark.parametrize("seed", range(5))
def test_areas_and_lengths_beside_a_line_are_those_of_the_shape_cut_there(seed):
    block = blob(seed)
    angle = np.random.default_rng(seed).uniform(0, np.pi, 3)
    turn = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    offsets = np.tile(np.linspace(-90, 90, 19), (3, 1))
    area, length, _ = _scan(segments_of(block), turn, offsets)
    for way, (x, y) in enumerate(turn):
        along, across = np.array([x, y]) * 500, np.array([-y, x])
        for place, offset in enumerate(offsets[way]):
            ends = offset * across - along, offset * across + along
            below = shapely.Polygon([*ends, ends[1] - 500 * across, ends[0] - 500 * across])
            assert area[way, place] == pytest.approx(block.intersection(below).area, abs=1e-6)
            assert length[way, place] == pytest.approx(block.intersection(shapely.LineString(ends)).length, abs=1e-6)


def test_a_cut_takes_the_gap_between_two_buildings():
    block = shapely.box(0, 0, 200, 100)
    houses = np.array([shapely.box(10, 10, 95, 90), shapely.box(105, 10, 190, 90)], object)
    cut = find_cut(block, 2.0, segments_of(houses))
    assert cut is not None
    assert cut.cost_m == pytest.approx(100)
    assert not shapely.intersects(cut.line, houses).any()


def test_a_block_that_fits_is_not_cut_and_a_thin_neck_is_cut_before_a_wide_body():
    assert len(split_block(shapely.box(0, 0, 100, 100), 1.0, NOTHING)) == 1
    dumbbell = shapely.union_all(
        [shapely.box(0, 0, 100, 100), shapely.box(100, 45, 160, 55), shapely.box(160, 0, 260, 100)]
    )
    left, right = sorted(split_block(dumbbell, 2.06, NOTHING), key=lambda part: part.centroid.x)
    assert shapely.intersection(left, right).length == pytest.approx(10, abs=0.5)


@pytest.mark.parametrize("seed", range(4))
def test_pieces_of_a_block_cover_it_once_and_fit(seed):
    block = blob(seed).buffer(60)
    size = 3.0 + 2.5 * seed
    pieces = split_block(block, size, NOTHING)
    shares = shapely.area(pieces) / block.area * size
    assert shapely.area(pieces).sum() == pytest.approx(block.area, rel=1e-8)  # corners go to the next micrometre
    assert shapely.union_all(pieces).area == pytest.approx(block.area, rel=1e-8)
    assert shares.max() <= MOST
    assert np.median(shares) >= LEAST


def test_a_cut_goes_round_a_building_in_its_way():
    block = shapely.box(0, 0, 200, 100)
    house = np.array([shapely.box(60, 5, 130, 95)], object)
    pieces = split_block(block, 2.0, house)
    shared = shapely.area(shapely.intersection(pieces, house[0]))
    assert len(pieces) == 2
    assert min(shared) == pytest.approx(0, abs=1e-6)
