"""The R-tree index against the plain look at every shape."""

import threading

import numpy as np
import pytest
import shapely
from shapely.geometry import LineString, Point, Polygon, box

from location_cloud.spatial.bbox import Bbox
from location_cloud.spatial.errors import BadCoordinate, BadGeometry
from location_cloud.spatial.index import GeometryIndex
from location_cloud.spatial.measure import distance_m

DAQING = (125.1031, 46.5893)


def scattered_points(count: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.column_stack([rng.uniform(124, 126, count), rng.uniform(46, 47.5, count)])


def scattered_shapes(count: int, seed: int = 0) -> list:
    radii = np.random.default_rng(seed).uniform(0.005, 0.05, count)
    points = [Point(p) for p in scattered_points(count, seed)]
    return [
        p.buffer(r, 4) if i % 2 else LineString([(p.x, p.y), (p.x + r, p.y + r)])
        for i, (p, r) in enumerate(zip(points, radii))
    ]


def test_within_equals_looking_at_every_shape():
    shapes, area = scattered_shapes(500), Point(DAQING).buffer(0.4)
    expected = [i for i, shape in enumerate(shapes) if shape.within(area)]
    assert GeometryIndex(shapes).within(area).tolist() == expected
    assert 0 < len(expected) < 500


def test_intersecting_equals_looking_at_every_shape():
    shapes, area = scattered_shapes(500), Polygon([(124.2, 46.1), (125.9, 46.3), (124.5, 47.3)])
    expected = [i for i, shape in enumerate(shapes) if shape.intersects(area)]
    assert GeometryIndex(shapes).intersecting(area).tolist() == expected


def test_intersecting_takes_boxes_over_the_antimeridian():
    index = GeometryIndex([Point(179.5, 0), Point(-179.5, 0), Point(0, 0)])
    assert index.intersecting(Bbox(179, -1, -179, 1)).tolist() == [0, 1]


def test_covering_equals_looking_at_every_shape():
    shapes = scattered_shapes(500)
    index = GeometryIndex(shapes)
    for lonlat in scattered_points(50, seed=9).tolist():
        expected = [i for i, shape in enumerate(shapes) if shape.covers(Point(lonlat))]
        assert index.covering(tuple(lonlat)).tolist() == expected


def test_border_belongs_to_the_shape():
    assert GeometryIndex([box(0, 0, 1, 1), box(1, 0, 2, 1)]).covering((1.0, 0.5)).tolist() == [0, 1]


@pytest.mark.parametrize("k", [1, 5, 300])
def test_nearest_points_come_in_order_of_true_metres(k):
    points = scattered_points(300)
    metres = distance_m(DAQING, points)
    positions, distances = GeometryIndex(shapely.points(points)).nearest(DAQING, k)
    assert positions.tolist() == np.argsort(metres, kind="stable")[:k].tolist()
    assert distances == pytest.approx(np.sort(metres)[:k], abs=1e-6)


def test_nearest_counts_metres_and_not_degrees():
    # 0.013 degrees of longitude are 995 m at this latitude, 0.010 of latitude 1,112 m.
    east, north = Point(DAQING[0] + 0.013, DAQING[1]), Point(DAQING[0], DAQING[1] + 0.010)
    assert GeometryIndex([north, east]).nearest(DAQING, 1)[0].tolist() == [1]


def test_nearest_looks_across_the_antimeridian():
    positions, metres = GeometryIndex([Point(-179.99, 0), Point(179.0, 0)]).nearest((179.99, 0.0), 2)
    assert positions.tolist() == [0, 1]
    assert metres[0] == pytest.approx(0.02 * 111_319.49, rel=1e-6)


def test_nearest_road_is_measured_to_its_foot():
    road = LineString([(125.0, 46.6), (125.2, 46.6)])
    metres = GeometryIndex([road]).nearest(DAQING, 1)[1]
    assert metres[0] == pytest.approx(distance_m(DAQING, (DAQING[0], 46.6))[0], rel=1e-4)


def test_shape_that_holds_the_point_is_at_zero_metres():
    assert GeometryIndex([Point(DAQING).buffer(0.1)]).nearest(DAQING)[1].tolist() == [0.0]


def test_nearest_leaves_out_what_is_too_far():
    index = GeometryIndex([Point(DAQING[0], DAQING[1] + 0.01), Point(DAQING[0], DAQING[1] + 0.1)])
    assert index.nearest(DAQING, 5, within_m=2000.0)[0].tolist() == [0]


def test_nearest_at_the_pole_is_found():
    assert GeometryIndex([Point(0, 0), Point(170, 89)]).nearest((0.0, 90.0))[0].tolist() == [1]


def test_index_of_nothing_finds_nothing():
    index = GeometryIndex([])
    assert len(index) == 0
    assert index.covering(DAQING).size == index.nearest(DAQING)[0].size == index.within(box(0, 0, 1, 1)).size == 0


def test_empty_and_missing_shapes_keep_their_positions():
    index = GeometryIndex([None, Point(), Point(DAQING)])
    assert index.nearest(DAQING, 3)[0].tolist() == [2]
    assert index.intersecting(Point()).size == 0


def test_impossible_questions_are_refused():
    index = GeometryIndex([Point(DAQING)])
    with pytest.raises(BadGeometry, match="k=0"):
        index.nearest(DAQING, 0)
    with pytest.raises(BadCoordinate, match="within_m"):
        index.nearest(DAQING, 1, within_m=float("nan"))
    with pytest.raises(BadCoordinate, match="is it lat,lon"):
        index.covering(DAQING[::-1])
    with pytest.raises(BadCoordinate, match="off the globe"):
        GeometryIndex([Point(200, 0)])


def test_threads_may_ask_at_once():
    points = scattered_points(2000)
    index, wrong = GeometryIndex(shapely.points(points)), []

    def ask(first: int) -> None:
        asked = range(first, first + 100)
        wrong.extend(at for at in asked if index.nearest(tuple(points[at]), 3)[0][0] != at)

    threads = [threading.Thread(target=ask, args=(100 * n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_box_without_ground_still_finds_what_it_touches():
    index = GeometryIndex([box(0, 0, 2, 2), box(5, 5, 6, 6), LineString([(0, 1), (3, 1)])])
    assert index.intersecting(Bbox(1, 1, 1, 1)).tolist() == [0, 2]
    assert index.intersecting(Bbox(1, -1, 1, 3)).tolist() == [0, 2]
