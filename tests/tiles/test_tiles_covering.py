import numpy as np
import pytest

from tiles.covering import count_tiles, tiles_met, tiles_of_boxes
from tiles.mercator import GRID_ZOOM


@pytest.mark.parametrize("z", [0, 3, 9, 16])
def test_covered_tiles_are_those_that_meet_the_box(z):
    random = np.random.default_rng(z)
    low = random.integers(0, 1 << GRID_ZOOM, (5, 2))
    boxes = np.hstack([low, np.minimum(low + (1 << GRID_ZOOM - z), (1 << GRID_ZOOM) - 1)]).astype(np.int32)
    covered = tiles_of_boxes(boxes, z)
    assert 5 <= len(covered) + 4 <= count_tiles(boxes, z) + 4
    tiles = np.column_stack([np.full(len(covered), z), covered])
    assert tiles_met(tiles, boxes).all()


def test_a_point_in_the_buffer_meets_the_neighbour_too():
    x = y = 1 << GRID_ZOOM - 1
    assert tiles_of_boxes(np.array([[x, y, x, y]], np.int32), 4).tolist() == [[7, 7], [8, 7], [7, 8], [8, 8]]


def test_no_boxes_meet_nothing():
    none = np.empty((0, 4), np.int32)
    assert len(tiles_of_boxes(none, 5)) == count_tiles(none, 5) == 0
    assert not tiles_met(np.array([[0, 0, 0]]), none).any()
