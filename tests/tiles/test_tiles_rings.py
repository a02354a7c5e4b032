from typing import Any

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from tiles.compiled import entry_point
from tiles.repair import repair_rings
from tiles.rings import needs_repair, tidy_ring

Ring = list[tuple[int, int]]


@entry_point
def _repair(xs: Any, ys: Any, start: Any, is_hole: Any) -> Any:
    return needs_repair(xs, ys, start, is_hole, is_hole.size), repair_rings(xs, ys, start, is_hole.size)


@entry_point
def _tidy(from_x: Any, from_y: Any) -> Any:
    xs, ys = np.empty(from_x.size, np.int64), np.empty(from_x.size, np.int64)
    size = tidy_ring(from_x, from_y, from_x.size, xs, ys, 0)
    return xs[:size], ys[:size]


def tidied(ring: Ring) -> Ring:
    flat = np.array(ring, np.float64).reshape(-1, 2)
    return list(zip(*(axis.tolist() for axis in _tidy(flat[:, 0].copy(), flat[:, 1].copy()))))


def repaired(rings: list[Ring], holes: list[int] | None = None) -> tuple[bool, Any]:
    """Whether the rings need repair, and the repaired area as shapely sees it."""
    xs, ys = (np.array([p[axis] for ring in rings for p in ring], np.int64) for axis in (0, 1))
    start = np.cumsum([0] + [len(ring) for ring in rings])
    flags = np.array([0] + [1] * (len(rings) - 1) if holes is None else holes, np.uint8)
    needs, (xs, ys, start, is_hole, count) = _repair(xs, ys, start, flags)
    polygons: list[list[Any]] = []
    for ring in range(count):
        line = shapely.LinearRing(np.column_stack([xs, ys])[start[ring] : start[ring + 1]])
        assert line.is_ccw == (not is_hole[ring])
        if is_hole[ring]:
            polygons[-1].append(line)
        else:
            polygons.append([line])
    return needs, shapely.MultiPolygon([shapely.Polygon(rings[0], rings[1:]) for rings in polygons])


def inside_by_counting(rings: list[Ring], points: Any) -> Any:
    """Whether an odd number of edges lies east of each point; the points must not share a y with a vertex."""
    odd = np.zeros(len(points), bool)
    for ring in rings:
        for (ax, ay), (bx, by) in zip(ring, ring[1:] + ring[:1]):
            between = (ay > points[:, 1]) != (by > points[:, 1])
            share = (points[between, 1] - ay) / (by - ay)
            odd[between] ^= ax + share * (bx - ax) > points[between, 0]
    return odd


def rings_on(side: int, most: int) -> st.SearchStrategy[list[Ring]]:
    point = st.tuples(st.integers(0, side), st.integers(0, side))
    ring = st.lists(point, min_size=3, max_size=most).map(tidied).filter(len)
    return st.lists(ring, min_size=1, max_size=3)


def test_a_bow_tie_becomes_two_triangles() -> None:
    needs, area = repaired([[(0, 0), (4, 4), (4, 0), (0, 4)]])
    assert needs
    assert area.equals(shapely.MultiPolygon([[[(0, 0), (2, 2), (0, 4)]], [[(4, 0), (4, 4), (2, 2)]]]))


def test_a_run_taken_there_and_back_vanishes() -> None:
    needs, area = repaired([[(0, 0), (0, 1), (2, 1), (0, 1), (0, 9), (5, 9), (5, 6), (0, 6), (0, 3), (5, 3), (5, 0)]])
    assert needs
    assert shapely.get_num_geometries(area) == 2


def test_a_hole_on_the_edge_of_its_shell_becomes_a_bay() -> None:
    needs, area = repaired([[(0, 0), (9, 0), (9, 9), (0, 9)], [(0, 3), (0, 6), (3, 6), (3, 3)]])
    assert needs
    assert [len(polygon.interiors) for polygon in area.geoms] == [0]
    assert area.area == 72


def test_holes_that_touch_each_other_stay_holes_of_one_shell() -> None:
    square = [(0, 0), (9, 0), (9, 9), (0, 9)]
    lakes = [[(1, 1), (4, 1), (4, 4), (1, 4)], [(4, 4), (7, 4), (7, 7), (4, 7)]]
    _, area = repaired([square, *lakes])
    assert area.is_valid
    assert [len(polygon.interiors) for polygon in area.geoms] == [2]


def test_an_island_in_a_lake_is_a_polygon_of_its_own() -> None:
    square = [[(k, k), (20 - k, k), (20 - k, 20 - k), (k, 20 - k)] for k in (0, 3, 6, 8)]
    needs, area = repaired(square, [0, 1, 0, 1])
    assert not needs
    assert sorted(len(polygon.interiors) for polygon in area.geoms) == [1, 1]


def test_a_hole_outside_its_shell_is_noticed() -> None:
    assert repaired([[(0, 0), (9, 0), (9, 9), (0, 9)], [(20, 0), (29, 0), (25, 9)]])[0]


def test_a_ring_keeps_no_vertex_that_adds_no_area() -> None:
    spiked = [(0, 0), (2, 0), (2, 0), (4, 0), (4, 3), (9, 3), (4, 3), (4, 4), (0, 4)]
    assert tidied(spiked) == [(0, 0), (4, 0), (4, 4), (0, 4)]
    assert tidied([(0, 0), (5, 5), (0, 0), (3, 3)]) == []


@settings(max_examples=400)
@given(rings_on(5, 9))
def test_repair_of_a_tangle_on_few_points_is_valid(rings: list[Ring]) -> None:
    assert repaired(rings)[1].is_valid


@settings(max_examples=200)
@given(rings_on(60, 40))
def test_repair_keeps_the_even_odd_area_to_two_units(rings: list[Ring]) -> None:
    """Each crossing moves an edge by up to half a diagonal; close edges are cut several times."""
    _, area = repaired(rings)
    points = np.stack(np.meshgrid(np.arange(60) + 0.5, np.arange(60) + 0.5), axis=-1).reshape(-1, 2)
    edges = shapely.MultiLineString([[*ring, ring[0]] for ring in rings])
    clear = points[shapely.distance(shapely.points(points), edges) > 2]
    assert area.is_valid
    assert (shapely.contains_xy(area, clear) == inside_by_counting(rings, clear)).all()


@settings(max_examples=400)
@given(rings_on(7, 6), st.integers(0, 7))
def test_what_needs_no_repair_is_valid_as_it_is(rings: list[Ring], roles: int) -> None:
    holes = [0] + [roles >> at & 1 for at in range(1, len(rings))]
    needs, area = repaired(rings, holes)
    polygons: list[list[Ring]] = []
    for ring, hole in zip(rings, holes):
        if hole:
            polygons[-1].append(ring)
        else:
            polygons.append([ring])
    told = shapely.MultiPolygon([(rings[0], rings[1:]) for rings in polygons])
    assert needs or (told.is_valid and told.equals(area))


def test_many_edges_are_checked_like_few() -> None:
    angle = np.linspace(0, 2 * np.pi, 300, endpoint=False)
    circle = tidied(np.column_stack([2000 + 1900 * np.cos(angle), 2000 + 1900 * np.sin(angle)]).round().tolist())
    assert len(circle) > 200
    assert not repaired([circle])[0]
    assert repaired([[*circle[:100], circle[150], *circle[101:]]])[0]
