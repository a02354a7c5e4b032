from __future__ import annotations

import numpy as np
import pytest
import shapely
from maps.osm_of_tags import extract

from location_cloud.maps.ocean import find_ocean

STREET = ({"highway": "residential"}, [(x, y) for x in np.linspace(10.0, 10.1, 40) for y in (50.0, 50.1)])
COAST = {"natural": "coastline"}


def sea(*lines):
    return shapely.union_all(find_ocean(extract(ways=[STREET, *((COAST, line) for line in lines)])))


def test_without_coastline_all_is_land():
    assert find_ocean(extract(ways=[STREET])).size == 0


def test_water_lies_to_the_right_of_the_coast():
    eastward = [(9.0, 50.05), (11.0, 50.05)]
    assert shapely.intersects_xy(sea(eastward), 10.05, 50.04)
    assert not shapely.intersects_xy(sea(eastward), 10.05, 50.06)
    assert shapely.intersects_xy(sea(eastward[::-1]), 10.05, 50.06)


def test_an_island_is_left_out_of_the_sea():
    island = [(10.04, 50.02), (10.06, 50.02), (10.06, 50.03), (10.04, 50.03), (10.04, 50.02)]
    water = sea([(9.0, 50.05), (11.0, 50.05)], island)
    assert not shapely.intersects_xy(water, 10.05, 50.025)
    assert shapely.intersects_xy(water, 10.05, 50.01)


def test_an_island_alone_is_in_the_sea():
    island = [(10.02, 50.02), (10.08, 50.02), (10.08, 50.08), (10.02, 50.08), (10.02, 50.02)]
    assert shapely.intersects_xy(sea(island), 10.01, 50.01)


@pytest.mark.parametrize("end", [(10.1, 50.05), (10.09, 50.06)])
def test_coast_that_ends_in_the_city_is_led_out_of_it(end):
    water = sea([(9.0, 50.05), (10.03, 50.05)], [(10.03, 50.05), end])
    assert shapely.intersects_xy(water, 10.02, 50.0)
    assert not shapely.intersects_xy(water, 10.02, 50.1)
    assert water.is_valid
