"""Geodesic lengths, areas, bearings and destinations."""

import numpy as np
import pytest
from shapely import from_wkt
from shapely.geometry import LineString, Point, Polygon, box

from location_cloud.spatial.errors import BadCoordinate
from location_cloud.spatial.measure import (
    WINDS_ZH,
    area_m2,
    bearing_deg,
    compass_point,
    destination,
    distance_m,
    length_m,
)

DAQING, HARBIN = (125.1031, 46.5893), (126.53, 45.80)


def test_degree_of_the_equator_is_a_known_length():
    # a * pi / 180 with a = 6378137 m
    assert distance_m((0, 0), (1, 0))[0] == pytest.approx(111_319.4908, abs=1e-4)


def test_quarter_meridian_is_a_known_length():
    assert distance_m((0, 0), (0, 90))[0] == pytest.approx(10_001_965.7293, abs=1e-3)


def test_one_point_is_measured_against_many():
    assert distance_m(DAQING, [DAQING, HARBIN]).tolist() == pytest.approx([0.0, 140_800], rel=0.01)


def test_numbers_of_points_must_match():
    with pytest.raises(BadCoordinate, match="cannot pair 2 starts with 3 ends"):
        distance_m([DAQING] * 2, [DAQING] * 3)


def test_destination_undoes_bearing_and_distance():
    rng = np.random.default_rng(0)
    starts = np.column_stack([rng.uniform(-180, 180, 200), rng.uniform(-80, 80, 200)])
    ends = np.column_stack([rng.uniform(-180, 180, 200), rng.uniform(-80, 80, 200)])
    arrived = destination(starts, bearing_deg(starts, ends), distance_m(starts, ends))
    assert distance_m(arrived, ends).max() < 1e-3


def test_one_start_leads_to_many_destinations():
    assert destination(DAQING, [0, 90, 180, 270], 1000.0).shape == (4, 2)


def test_endless_distance_is_refused():
    with pytest.raises(BadCoordinate, match="finite"):
        destination(DAQING, 0.0, np.inf)


def test_bearings_run_clockwise_from_north():
    ends = [(0, 1), (1, 0), (0, -1), (-1, 0)]
    assert bearing_deg((0, 0), ends).tolist() == pytest.approx([0, 90, 180, 270])


def test_length_adds_up_the_legs():
    path = [(0, 0), (1, 0), (2, 0)]
    assert length_m(path) == pytest.approx(2 * 111_319.4908, abs=1e-3)
    assert length_m(LineString(path)) == length_m(path)
    assert length_m(from_wkt("MULTILINESTRING((0 0,1 0),(5 0,6 0))")) == pytest.approx(length_m(path))


def test_length_of_fewer_than_two_points_is_zero():
    assert length_m([DAQING]) == 0.0
    assert length_m(Point(DAQING)) == 0.0


def test_length_of_a_polygon_is_all_its_rings():
    ring = Polygon([(0, 0), (3, 0), (3, 3), (0, 3)], [[(1, 1), (1, 2), (2, 2), (2, 1)]])
    assert length_m(ring) == pytest.approx(length_m(ring.exterior) + length_m(ring.interiors[0]))


def test_area_of_the_globe_is_known():
    assert 8 * area_m2(Polygon([(0, 0), (90, 0), (0, 90)])) == pytest.approx(510_065_621_724_089, rel=1e-9)


def test_area_ignores_ring_order_and_leaves_out_holes():
    outer, hole = [(0, 0), (3, 0), (3, 3), (0, 3)], [(1, 1), (2, 1), (2, 2), (1, 2)]
    whole, part = area_m2(Polygon(outer)), area_m2(Polygon(hole))
    for shell in (outer, outer[::-1]):
        for inner in (hole, hole[::-1]):
            assert area_m2(Polygon(shell, [inner])) == pytest.approx(whole - part)


def test_area_adds_up_parts_and_skips_lines():
    mixed = from_wkt(
        "GEOMETRYCOLLECTION(LINESTRING(0 0,1 1),MULTIPOLYGON(((0 0,1 0,1 1,0 1,0 0)),((2 0,3 0,3 1,2 1,2 0))))"
    )
    assert area_m2(mixed) == pytest.approx(2 * area_m2(box(0, 0, 1, 1)))


@pytest.mark.parametrize(
    ("bearing", "wind"),
    [(0, "N"), (22.4, "N"), (22.6, "NE"), (90, "E"), (225, "SW"), (338, "N"), (-45, "NW"), (720, "N")],
)
def test_compass_names_the_nearest_wind(bearing, wind):
    assert compass_point(bearing) == wind


def test_every_wind_has_a_chinese_name():
    assert WINDS_ZH[compass_point(225)] == "西南"


def test_endless_bearing_has_no_wind():
    with pytest.raises(BadCoordinate, match="bearing_deg=nan"):
        compass_point(float("nan"))
