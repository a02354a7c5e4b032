from __future__ import annotations

import math
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
import shapely

from location_cloud.directions import avoid
from location_cloud.directions.avoid import avoid_areas, segments_in_areas
from location_cloud.errors import BadQuery, TooLarge
from tests.conftest import ROOT
from tests.directions.town import build_town, read_roads
from tests.draw import draw_areas

SQUARE = [[125.0, 46.0], [125.1, 46.0], [125.1, 46.1], [125.0, 46.1], [125.0, 46.0]]


@pytest.fixture
def town(tmp_path):
    return partial(build_town, tmp_path)


@pytest.fixture(scope="module")
def helsinki():
    return read_roads(ROOT / "data/demo/helsinki-centre.osm.pbf")


def met(roads, *polygons):
    return segments_in_areas(roads, tuple(shapely.to_wkb(each) for each in polygons))


def lines_of(roads):
    bounds = roads.shape_start.tolist()
    return [shapely.LineString(roads.shape_e7[a:b] / 1e7) for a, b in pairwise(bounds)]


def test_an_area_over_the_middle_of_a_road_is_met(town):
    road = town({"AB": {"highway": "residential"}})
    (west, south, east, _north) = (road.roads.seg_box_e7[0] / 1e7).tolist()
    middle = (west + east) / 2
    assert met(road.roads, shapely.box(middle, south - 1e-4, middle + 1e-5, south + 1e-4)).tolist() == [True]


def test_an_area_that_touches_the_box_of_a_road_and_not_its_line_is_not_met(town):
    road = town({"AbC": {"highway": "residential"}}, "A---b\n    |\n    C")
    west, south, east, north = (road.roads.seg_box_e7[0] / 1e7).tolist()
    assert met(road.roads, shapely.box(west, south, (west + east) / 2, (south + north) / 2)).tolist() == [False]


def test_an_area_that_clips_the_corner_of_a_road_is_met(town):
    road = town({"AbC": {"highway": "residential"}}, "A---b\n    |\n    C")
    _west, _south, east, north = (road.roads.seg_box_e7[0] / 1e7).tolist()
    assert met(road.roads, shapely.box(east - 2e-7, north - 2e-7, east + 1, north + 1)).tolist() == [True]
    assert met(road.roads, shapely.box(east + 2e-7, north + 2e-7, east + 1, north + 1)).tolist() == [False]


def test_a_road_in_the_hole_of_an_area_is_not_met(town):
    road = town({"AB": {"highway": "residential"}})
    west, south, east, north = (road.roads.seg_box_e7[0] / 1e7).tolist()
    ring = shapely.box(west - 1, south - 1, east + 1, north + 1)
    assert met(road.roads, ring - shapely.box(west - 0.1, south - 0.1, east + 0.1, north + 0.1)).tolist() == [False]
    assert met(road.roads, ring).tolist() == [True]


@pytest.mark.parametrize("many", [0, 10**9], ids=["by cells", "one by one"])
@pytest.mark.parametrize("seed", range(4))
def test_areas_meet_what_a_slow_search_says(helsinki, seed, many, monkeypatch):
    monkeypatch.setattr(avoid, "MANY", many)
    chance = np.random.default_rng(seed)
    west, south, east, north = (helsinki.shape_e7.min(0) / 1e7).tolist() + (helsinki.shape_e7.max(0) / 1e7).tolist()
    areas = []
    for _ in range(3):
        middle = chance.uniform((west, south), (east, north))
        angle = np.sort(chance.uniform(0, 2 * math.pi, 9))
        radius = chance.uniform(0.0005, 0.02, (9, 1))
        areas.append(shapely.Polygon(middle + radius * np.stack([np.cos(angle), np.sin(angle) / 2], axis=1)).buffer(0))
    lines = lines_of(helsinki)
    expected = [any(area.intersects(line) for area in areas) for line in lines]
    assert any(expected)
    assert met(helsinki, *areas).tolist() == expected


# --- what comes in -------------------------------------------------------------------------------------------------


def test_good_polygons_come_in_any_order_and_winding():
    hole = [[125.04, 46.04], [125.05, 46.04], [125.05, 46.05], [125.04, 46.04]]
    other = [[126.0, 46.0], [126.1, 46.0], [126.0, 46.1], [126.0, 46.0]]
    first = avoid_areas([[SQUARE, hole], [other]])
    assert first == avoid_areas([[other[::-1]], [SQUARE[::-1], hole]])
    assert len(first) == 2


def test_drawn_areas_come_in():
    (area,) = draw_areas("A").values()
    assert len(avoid_areas([shapely.geometry.mapping(area)["coordinates"]])) == 1


@pytest.mark.parametrize(
    ("polygon", "message", "hint"),
    [
        ([], r"avoid_polygons\[1\] has no ring", "outer one first"),
        ([SQUARE[:-1]], r"avoid_polygons\[1\]\[0\] is not closed", "repeat its first point"),
        ([SQUARE[:3]], r"avoid_polygons\[1\]\[0\] has 3 points", "at least four"),
        ([[SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3], SQUARE[0]]], "Self-intersection", "without crossing"),
        ([[SQUARE[0], SQUARE[1], SQUARE[1], SQUARE[0]]], r"avoid_polygons\[1\]", ""),
        ([[[125.0, math.nan], *SQUARE[1:]]], r"\[1\]\[0\]\[0\] = \[125\.0, nan\]", "finite"),
        ([[[125.0, 46.0, 3.0], *SQUARE[1:]]], r"is no lon, lat", "two finite numbers"),
        ([[[46.0, 125.0], *SQUARE[1:-1], [46.0, 125.0]]], r"46\.0,125\.0 is off the globe", "lon first"),
        ([SQUARE, [[126, 47], [127, 47], [127, 48], [126, 47]]], "Hole lies outside", "without crossing"),
    ],
)
def test_a_bad_polygon_is_named_with_what_to_do(polygon, message, hint):
    with pytest.raises(BadQuery, match=message) as caught:
        avoid_areas([[SQUARE], polygon])
    assert hint in caught.value.hint


def test_more_than_is_declared_is_refused_before_any_work():
    circle = [[125 + math.cos(a) / 99, 46 + math.sin(a) / 99] for a in np.linspace(0, 2 * math.pi, 1100)]
    for polygons, message in (
        ([[SQUARE]] * 21, "21 polygons"),
        ([[circle]], "has 1100 points"),
        ([[[[125, 46], [128, 46], [128, 48], [125, 46]]]], "km2 in all"),
    ):
        with pytest.raises(TooLarge, match=message):
            avoid_areas(polygons)
