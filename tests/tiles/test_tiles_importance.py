import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from tiles.importance import NEVER, vertex_zooms

Point = tuple[int, int]


def zooms(line: list[Point], *, closed: bool = False) -> list[int]:
    xy = np.array(line, np.int32).reshape(-1, 2)
    return vertex_zooms(xy, np.array([0, len(line)]), closed=closed).tolist()


def points(most: int, side: int) -> st.SearchStrategy[list[Point]]:
    return st.lists(st.tuples(st.integers(0, side), st.integers(0, side)), min_size=2, max_size=most, unique=True)


def test_ends_of_a_line_are_always_drawn() -> None:
    assert zooms([(0, 0), (50, 0), (100, 0)]) == [0, NEVER, 0]


def test_a_vertex_is_drawn_once_it_stands_out_by_more_than_a_unit() -> None:
    assert zooms([(0, 0), (50, 1), (100, 0)])[1] == 17
    assert zooms([(0, 0), (50, 2), (100, 0)])[1] == 16
    assert zooms([(0, 0), (500, 65), (1000, 0)])[1] == 10


def test_four_corners_of_a_ring_are_always_drawn() -> None:
    assert zooms([(0, 0), (9, 0), (9, 5), (0, 5)], closed=True) == [0, 0, 0, 0]


@settings(max_examples=200)
@given(points(40, 5000), st.integers(4, 16), st.booleans())
def test_left_out_vertices_lie_within_a_unit_of_the_drawn_line(line: list[Point], z: int, closed: bool) -> None:
    drawn = [point for point, zoom in zip(line, zooms(line, closed=closed)) if zoom <= z]
    if closed:
        drawn.append(drawn[0])
    shape = shapely.LineString(drawn) if len(drawn) > 1 else shapely.Point(drawn[0])
    assert shapely.distance(shapely.points(line), shape).max() <= 2.0 ** (16 - z) + 1e-9


@settings(max_examples=50)
@given(points(30, 300))
def test_parts_do_not_influence_each_other(line: list[Point]) -> None:
    xy = np.array([*line, *line], np.int32)
    start = np.array([0, len(line), 2 * len(line)])
    assert vertex_zooms(xy, start, closed=False).tolist() == 2 * zooms(line)


def test_a_saw_with_ever_longer_teeth_takes_no_square_time() -> None:
    side = np.arange(100_000)
    teeth = np.column_stack([side, np.where(side % 2, side, 0)]).astype(np.int32)
    assert (vertex_zooms(teeth, np.array([0, len(teeth)]), closed=False) <= 17).mean() > 0.99
