"""Edits by hand leave a partition: no gap, no overlap, all corners shared."""

import numpy as np
import pytest
import shapely

from location_cloud.errors import BadQuery, Unprocessable
from location_cloud.grids.design_editing import merge_grids, move_border, move_corner, split_grid

OUTSIDE = shapely.box(0, 0, 300, 200).boundary


@pytest.fixture
def nine():
    """Six squares of 100 m, numbered by columns from the south-west."""
    return np.array([shapely.box(x, y, x + 100, y + 100) for x in (0, 100, 200) for y in (0, 100)], object)


def applied(shapes, changed):
    rows = dict(enumerate(shapes)) | changed
    return np.array([shape for shape in rows.values() if shape is not None], object)


def check(before, after):
    assert shapely.coverage_is_valid(after)
    assert shapely.is_valid(after).all()
    assert shapely.area(after).sum() == pytest.approx(shapely.area(before).sum(), abs=1e-6)
    assert shapely.union_all(after).area == pytest.approx(shapely.union_all(before).area, abs=1e-6)


def test_merged_grids_are_one(nine):
    after = applied(nine, merge_grids(nine, 0, 1))
    check(nine, after)
    assert len(after) == 5


def test_grids_that_only_touch_at_a_corner_are_not_merged(nine):
    with pytest.raises(Unprocessable):
        merge_grids(nine, 0, 3)


def test_a_split_gives_its_neighbours_the_new_corners(nine):
    changed = split_grid(nine, 2, shapely.LineString([(90, 30), (160, 35), (210, 60)]))
    after = applied(nine, changed)
    check(nine, after)
    assert len(after) == 7
    assert {0, 4} <= set(changed)
    assert changed[2].area > changed[6].area


@pytest.mark.parametrize("line", [[(110, 10), (190, 10)], [(90, 20), (210, 20), (210, 60), (90, 60)]])
def test_a_line_that_does_not_make_two_pieces_is_refused(nine, line):
    with pytest.raises(Unprocessable, match="pieces"):
        split_grid(nine, 2, shapely.LineString(line))


def test_a_moved_border_changes_both_sides_and_keeps_who_is_who(nine):
    changed = move_border(nine, 0, 2, shapely.LineString([(70, -10), (80, 50), (70, 110)]))
    after = applied(nine, changed)
    check(nine, after)
    assert changed[0].area < 10_000 < changed[2].area
    assert changed[0].centroid.x < changed[2].centroid.x


def test_a_shared_corner_moves_for_all(nine):
    changed = move_corner(nine, OUTSIDE, (100.5, 100.5), (110.0, 120.0))
    check(nine, applied(nine, changed))
    assert sorted(changed) == [0, 1, 2, 3]


def test_a_corner_on_the_border_of_a_community_stays(nine):
    with pytest.raises(Unprocessable, match="border of a community"):
        move_corner(nine, OUTSIDE, (100.0, 200.0), (110.0, 200.0))


def test_a_corner_does_not_move_across_another_border(nine):
    with pytest.raises(Unprocessable, match="cross"):
        move_corner(nine, OUTSIDE, (100.0, 100.0), (250.0, 30.0))


def test_where_there_is_no_corner_none_is_moved(nine):
    with pytest.raises(BadQuery, match="corner"):
        move_corner(nine, OUTSIDE, (150.0, 150.0), (160.0, 160.0))


def test_random_edits_never_leave_a_gap_or_an_overlap(nine):
    random = np.random.default_rng(4)
    shapes, refused = nine, 0
    for _ in range(40):
        grid, other = (int(row) for row in random.choice(max(len(shapes), 2), 2, replace=False))
        if max(grid, other) >= len(shapes):
            continue
        middle = np.array(shapes[grid].centroid.coords[0])
        way = random.uniform(0, np.pi)
        step = 400 * np.array([np.cos(way), np.sin(way)])
        try:
            if random.random() < 0.5:
                changed = split_grid(shapes, grid, shapely.LineString([middle - step, middle + step]))
            else:
                changed = merge_grids(shapes, grid, other)
        except Unprocessable:
            refused += 1
            continue
        shapes = applied(shapes, changed)
        check(nine, shapes)
    assert refused < 35
