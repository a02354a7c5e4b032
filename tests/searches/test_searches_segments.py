"""An area is cut along its lines; small faces join across the weakest one, large ones are cut."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from location_cloud.errors import TooLarge
from location_cloud.searches import segments
from location_cloud.searches.segments import Lines, cut_area

SQUARE = shapely.box(0, 0, 1000, 1000)


def lines(*drawn):
    """Lines of (strength, points)."""
    points = [np.array(each, float) for _, each in drawn]
    start = np.cumsum([0, *map(len, points)])
    xy = np.concatenate(points) if points else np.zeros((0, 2))
    return Lines(xy, start, np.array([strong for strong, _ in drawn], np.int64))


ROAD, STREAM = (4, [[500, -10], [500, 1010]]), (3, [[-10, 500], [1010, 500]])


def bounds(found):
    return sorted(tuple(each.bounds) for each in found)


def test_crossing_lines_cut_a_square_in_four():
    found = cut_area(SQUARE, lines(ROAD, STREAM), 250_000)
    assert bounds(found) == [(0, 0, 500, 500), (0, 500, 500, 1000), (500, 0, 1000, 500), (500, 500, 1000, 1000)]


def test_small_faces_join_across_the_weaker_line():
    found = cut_area(SQUARE, lines(ROAD, STREAM), 400_000)
    assert bounds(found) == [(0, 0, 500, 1000), (500, 0, 1000, 1000)]


def test_a_large_face_is_cut_though_nothing_on_the_ground_shows_it():
    found = cut_area(SQUARE, lines(), 250_000)
    assert shapely.area(found).tolist() == pytest.approx([250_000] * 4)


def test_lines_that_end_inside_do_not_leave_holes():
    found = cut_area(SQUARE, lines((4, [[500, 0], [500, 700]]), (2, [[200, 200], [300, 300]])), 250_000)
    assert shapely.union_all(found).equals(SQUARE)


@pytest.mark.parametrize("seed", range(4))
def test_segments_cover_any_area_once(seed):
    rng = np.random.default_rng(seed)
    some = lines(*((int(rng.integers(1, 6)), rng.uniform(-100, 1100, (4, 2))) for _ in range(15)))
    found = cut_area(SQUARE.buffer(100, 4), some, 60_000)
    assert shapely.union_all(found).area == pytest.approx(SQUARE.buffer(100, 4).area, rel=1e-9)
    assert shapely.area(found).sum() == pytest.approx(SQUARE.buffer(100, 4).area, rel=1e-9)
    assert (shapely.get_type_id(found) == shapely.GeometryType.POLYGON).all()


def test_too_many_points_are_refused(monkeypatch):
    monkeypatch.setattr(segments, "MOST_POINTS", 3)
    with pytest.raises(TooLarge):
        cut_area(SQUARE, lines(ROAD, STREAM), 250_000)
