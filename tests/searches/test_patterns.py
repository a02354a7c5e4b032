"""Search patterns and flights."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from location_cloud.errors import BadQuery, TooLarge, Unprocessable
from location_cloud.searches.cells import grid_around
from location_cloud.searches.patterns import area_legs, area_lines, creeping_line, expanding_square, parallel, sector
from location_cloud.searches.search_paths import seen
from location_cloud.searches.uav import Camera, Flight, duration_s, swath_m, uav_sorties


def star(corners, seed=None):
    """A polygon of spikes about the origin."""
    away = np.where(np.arange(corners) % 2, 400.0, 5.0)
    if seed is not None:
        away = np.random.default_rng(seed).uniform(50, 400, corners)
    turn = np.arange(corners) * 2 * np.pi / corners
    return np.column_stack([away * np.cos(turn), away * np.sin(turn)])


L_SHAPE = np.array([[0.0, 0], [1000, 0], [1000, 300], [300, 300], [300, 800], [0, 800]])
CAMERA = Camera(height_m=60, fov_deg=60)


def test_parallel_legs_lie_a_spacing_apart_and_half_a_spacing_inside():
    found = parallel((0, 0), length_m=1000, width_m=400, bearing_deg=0, spacing_m=100, sweep_width_m=50)
    assert found.line_m.tolist() == [
        [-150, -450], [-150, 450], [-50, 450], [-50, -450], [50, -450], [50, 450], [150, 450], [150, -450]
    ]  # fmt: skip
    assert (found.length_m, found.coverage) == (4 * 900 + 3 * 100, 0.5)


def test_parallel_legs_run_along_the_bearing():
    found = parallel((100, 200), 1000, 400, 90, 100)
    assert found.line_m[0] == pytest.approx([-350, 350])
    assert found.line_m[1] == pytest.approx([550, 350])


def test_a_creeping_line_has_short_legs_and_advances_along_the_bearing():
    found = creeping_line((0, 0), length_m=1000, width_m=400, bearing_deg=0, spacing_m=100)
    assert np.hypot(*(found.line_m[1] - found.line_m[0])) == pytest.approx(300)
    assert np.diff(found.line_m[::2, 1]) == pytest.approx(100)
    assert found.line_m[0, 1] == pytest.approx(-450)


def test_an_expanding_square_goes_1_1_2_2_3_3_always_to_the_right():
    found = expanding_square((0, 0), 0, 100, 6)
    assert np.hypot(*np.diff(found.line_m, axis=0).T) == pytest.approx([100, 100, 200, 200, 300, 300])
    assert found.line_m[1:4] == pytest.approx(np.array([[0, 100], [100, 100], [100, -100]]))


def test_a_sector_search_has_nine_equal_legs_and_crosses_its_datum():
    found = sector((50, 60), 0, 1000)
    assert np.hypot(*np.diff(found.line_m, axis=0).T) == pytest.approx(1000)
    assert found.length_m == pytest.approx(9000)
    assert shapely.LineString(found.line_m).distance(shapely.Point(50, 60)) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("bearing_deg", [None, 0, 37])
def test_lines_over_an_area_sweep_nearly_all_of_it(bearing_deg):
    found = area_lines(L_SHAPE, 40, bearing_deg)
    missed = shapely.Polygon(L_SHAPE).difference(shapely.LineString(found.line_m).buffer(20.01, cap_style="square"))
    assert missed.area < 0.02 * shapely.Polygon(L_SHAPE).area


@pytest.mark.parametrize("seed", range(5))
def test_legs_are_what_the_area_leaves_of_lines(seed):
    shape = shapely.Polygon(star(40, seed))
    west, south, east, north = shape.bounds
    count = int(np.ceil((east - west) / 15))
    x = west + (np.arange(count) + 0.5) * (east - west) / count
    lines = shapely.linestrings([[[each, south - 1], [each, north + 1]] for each in x])
    wanted = shapely.intersection(lines, shape)
    legs = shapely.linestrings(area_legs(star(40, seed), 15, 0.0))
    assert shapely.length(legs).sum() == pytest.approx(shapely.length(wanted).sum(), rel=1e-9)
    assert len(legs) == shapely.get_num_geometries(wanted).sum()
    assert shapely.MultiLineString([*legs]).hausdorff_distance(shapely.union_all(wanted)) < 1e-6


def test_spikes_without_end_are_refused_before_they_are_drawn():
    with pytest.raises(TooLarge, match="legs"):
        area_lines(star(9000), 0.5)


def test_lines_run_the_way_that_needs_fewest_legs():
    found = area_lines(np.array([[0.0, 0], [100, 100], [90, 110], [-10, 10]]), 5)
    assert len(found.line_m) == 2 * 3


def test_swath_is_what_the_camera_sees():
    assert swath_m(Camera(80, 45)) == pytest.approx(2 * 80 * np.tan(np.radians(22.5)))


def test_sorties_cover_the_area_and_come_home_within_the_battery():
    flight = Flight(speed_m_s=10, battery_s=600, reserve=0.25)
    home = (-100.0, -100.0)
    sorties = uav_sorties(L_SHAPE, home, CAMERA, flight)
    assert len(sorties) > 1
    for each in sorties:
        assert duration_s(each.line_m, flight) <= 450 + 1e-6
        assert each.line_m[[0, -1]].tolist() == [[*home], [*home]]
    grid = grid_around((500, 400), 600, 10)
    inside = shapely.contains_xy(shapely.Polygon(L_SHAPE), *np.meshgrid(grid.x_m, grid.y_m))
    mask = seen(grid, [each.line_m for each in sorties], swath_m(CAMERA) / 2)
    assert mask[inside].mean() > 0.98


@pytest.mark.parametrize(
    ("question", "error"),
    [
        (lambda: parallel((0, 0), 1000, 400, 0, 0), BadQuery),
        (lambda: parallel((0, 0), 1000, 1e9, 0, 1), TooLarge),
        (lambda: expanding_square((0, 0), 0, 100, 0), BadQuery),
        (lambda: sector((0, 0), 0, 100, sectors=2), BadQuery),
        (lambda: area_lines(L_SHAPE[:2], 10), BadQuery),
        (lambda: area_lines(np.array([[0.0, 0], [1, 1], [1, 0], [0, 1]]), 10), BadQuery),
        (lambda: swath_m(Camera(60, 180)), BadQuery),
        (lambda: uav_sorties(L_SHAPE, (0, 0), CAMERA, Flight(0, 600)), BadQuery),
        (lambda: uav_sorties(L_SHAPE, (90_000, 0), CAMERA, Flight(10, 600)), Unprocessable),
        (lambda: uav_sorties(L_SHAPE * 100, (0, 0), Camera(5, 20), Flight(20, 20_000)), TooLarge),
    ],
)
def test_patterns_out_of_range_are_refused(question, error):
    with pytest.raises(error):
        question()
