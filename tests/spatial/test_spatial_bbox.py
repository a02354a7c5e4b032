"""Boxes, the antimeridian, and the texts w,s,e,n and lon,lat."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from location_cloud.spatial.bbox import Bbox, around, bounds_of, parse_bbox, parse_lonlat
from location_cloud.spatial.errors import BadCoordinate
from location_cloud.spatial.measure import destination

FIJI = Bbox(177.0, -20.0, -178.0, -15.0)
patient = settings(max_examples=100)
# Tenths of a degree: corners and antimeridian come up often, and no number is too small to measure.
lons = st.integers(-1800, 1800).map(lambda tenths: tenths / 10)
lats = st.integers(-900, 900).map(lambda tenths: tenths / 10)
boxes = st.builds(lambda west, east, a, b: Bbox(west, min(a, b), east, max(a, b)), lons, lons, lats, lats)


def test_text_is_west_south_east_north():
    assert parse_bbox("124.5,46.1,125.5,47.0") == Bbox(124.5, 46.1, 125.5, 47.0)


@pytest.mark.parametrize("text", ["", "1,2,3", "1,2,3,4,5", "a,b,c,d", "nan,0,1,1", "1,0,inf,1"])
def test_text_that_is_not_four_numbers_is_refused(text):
    with pytest.raises(BadCoordinate, match="is not west,south,east,north"):
        parse_bbox(text)


def test_box_in_lat_lon_order_gets_a_hint():
    with pytest.raises(BadCoordinate, match="is it south,west,north,east"):
        parse_bbox("46.1,124.5,47.0,125.5")


def test_south_above_north_is_refused():
    with pytest.raises(BadCoordinate, match="south above north"):
        parse_bbox("1,5,2,4")
    with pytest.raises(BadCoordinate, match="south"):
        Bbox(1, 5, 2, 4)


def test_point_text_is_lon_lat():
    assert parse_lonlat("125.1, 46.6") == (125.1, 46.6)


def test_point_in_lat_lon_order_gets_a_hint():
    with pytest.raises(BadCoordinate) as refused:
        parse_lonlat("46.6,125.1", "to")
    assert str(refused.value) == "to=46.6,125.1 is off the globe; is it lat,lon?"


NOT_NUMBERS = ["1_0", "+1", "1e1", "nan", "inf", "-inf", ".5", "5.", "１", "١", "0x1", "--1", "1 0", ""]


@pytest.mark.parametrize("number", NOT_NUMBERS)
def test_only_plain_decimal_numbers_are_coordinates(number):
    with pytest.raises(BadCoordinate, match="is not lon,lat"):
        parse_lonlat(f"{number},2")
    with pytest.raises(BadCoordinate, match="is not west,south,east,north"):
        parse_bbox(f"1,2,3,{number}")


def test_minus_fraction_and_spaces_around_a_number_are_read():
    assert parse_lonlat(" -0.50 , -7") == (-0.5, -7.0)


@pytest.mark.parametrize("text", ["125.1", "125.1;46.6", "1,2,3", "nan,1", "1e999,1"])
def test_text_that_is_not_a_point_is_refused(text):
    with pytest.raises(BadCoordinate, match="from="):
        parse_lonlat(text, "from")


def test_box_over_the_antimeridian_holds_both_sides():
    inside = FIJI.contains([(178.4, -18.1), (-179.0, -17.0), (0.0, -17.0), (178.4, 0.0)])
    assert inside.tolist() == [True, True, False, False]


def test_box_over_the_antimeridian_splits_in_two():
    assert FIJI.split() == (Bbox(177, -20, 180, -15), Bbox(-180, -20, -178, -15))
    assert FIJI.width_deg == 5.0
    assert FIJI.centre == (179.5, -17.5)
    assert len(FIJI.as_polygon().geoms) == 2


def test_ordinary_box_does_not_split():
    box = Bbox(0, 0, 2, 1)
    assert box.split() == (box,)
    assert (box.width_deg, box.height_deg, box.centre) == (2.0, 1.0, (1.0, 0.5))


@patient
@given(boxes, boxes)
def test_boxes_intersect_exactly_when_a_corner_or_crossing_is_shared(a, b):
    shared = a.as_polygon().intersects(b.as_polygon())
    # shapely knows no antimeridian, so it may miss boxes that only meet there.
    assert a.intersects(b) == b.intersects(a)
    assert a.intersects(b) or not shared


def test_boxes_that_meet_on_the_antimeridian_intersect():
    assert Bbox(170, 0, 180, 1).intersects(Bbox(-180, 0, -170, 1))
    assert not Bbox(170, 0, 179, 1).intersects(Bbox(-180, 0, -170, 1))


def holds(box: Bbox, lon: float, lat: float) -> bool:
    """Whether the point, or its twin round the globe, is in the box to a tenth of a millimetre."""
    in_lat = box.south - 1e-9 <= lat <= box.north + 1e-9
    return in_lat and (lon - box.west + 1e-9) % 360.0 <= box.width_deg + 2e-9


@patient
@given(boxes, boxes)
def test_union_holds_the_corners_of_both(a, b):
    union = a.union(b)
    for box in (a, b):
        assert holds(union, box.west, box.south)
        assert holds(union, box.east, box.north)


def test_union_goes_the_short_way_round():
    assert Bbox(170, 0, 175, 1).union(Bbox(-175, 2, -170, 3)) == Bbox(170, 0, -170, 3)


@patient
@given(lons, lats, st.floats(0, 3_000_000), st.floats(0, 360))
def test_box_around_a_point_holds_the_whole_circle(lon, lat, radius_m, bearing):
    end = destination((lon, lat), bearing, radius_m)[0]
    assert holds(around((lon, lat), radius_m), end[0], end[1])


def test_box_around_a_pole_goes_round_the_globe():
    box = around((10.0, 89.9), 50_000)
    assert (box.west, box.east, box.north) == (-180.0, 180.0, 90.0)


@pytest.mark.parametrize("radius_m", [-1.0, float("nan"), float("inf")])
def test_impossible_radius_is_refused(radius_m):
    with pytest.raises(BadCoordinate, match="radius_m"):
        around((125.1, 46.6), radius_m)


def test_box_off_the_globe_is_refused():
    for corner in ((181, 0, 182, 1), (0, -91, 1, 1), (0, 0, float("nan"), 1)):
        with pytest.raises(BadCoordinate, match="off the globe"):
            Bbox(*corner)
    with pytest.raises(BadCoordinate, match="off the globe"):
        around((0, 91), 1)


def test_bounds_hold_all_points():
    assert bounds_of([(1, 2), (3, 0), (2, 5)]) == Bbox(1, 0, 3, 5)
    with pytest.raises(BadCoordinate, match="no point"):
        bounds_of(np.empty((0, 2)))
