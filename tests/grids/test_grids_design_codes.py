import numpy as np
import pytest
import shapely

from location_cloud.errors import Unprocessable
from location_cloud.grids.design_codes import match_grids, number_grids, reading_order

NONE = np.empty(0, object), np.empty(0, np.int64)


def squares(columns, rows, side=100.0):
    return np.array(
        [shapely.box(x * side, y * side, (x + 1) * side, (y + 1) * side) for x in range(columns) for y in range(rows)],
        object,
    )


def test_numbers_run_from_west_to_east_in_rows_from_north_to_south():
    shapes = squares(3, 2)
    numbers = number_grids("a", shapes, *NONE, [])
    middle = shapely.get_coordinates(shapely.centroid(shapes))
    assert [tuple(middle[row]) for row in np.argsort(numbers)] == [
        (50, 150), (150, 150), (250, 150), (50, 50), (150, 50), (250, 50),
    ]  # fmt: skip
    assert sorted(numbers) == [1, 2, 3, 4, 5, 6]


def test_the_order_does_not_depend_on_how_grids_are_listed():
    shapes = squares(4, 4)
    mixed = np.random.default_rng(1).permutation(len(shapes))
    assert (mixed[reading_order(shapes[mixed])] == reading_order(shapes)).all()


def test_a_grid_that_stays_keeps_its_number_and_a_new_one_gets_none_that_was_used():
    before = squares(3, 1)
    after = np.array(
        [
            shapely.box(0, 0, 90, 100),
            shapely.box(90, 0, 200, 100),
            shapely.box(200, 0, 300, 40),
            shapely.box(200, 40, 300, 100),
        ],
        object,
    )
    numbers = number_grids("a", after, before, np.array([7, 8, 9]), used=[1, 2, 7, 8, 9])
    assert numbers[:2].tolist() == [7, 8]
    assert numbers[3] == 9  # it has more than half of the old one
    assert numbers[2] == 3


def test_no_two_grids_continue_the_same_one():
    after = np.array([shapely.box(0, 0, 50, 100), shapely.box(50, 0, 100, 100)], object)
    assert (match_grids(after, squares(1, 1)) == -1).all()


def test_more_grids_than_numbers_are_refused_with_what_to_do():
    with pytest.raises(Unprocessable, match="would have 3 new grids") as refused:
        number_grids("Ranghulu", squares(3, 1), *NONE, used=range(1, 998))
    assert "communities" in refused.value.hint
