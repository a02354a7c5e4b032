"""Lines, lengths and bearings of drives."""

from itertools import pairwise

import numpy as np
import pyproj
import pytest

from routing.errors import BadGraph, BadPoint
from routing.metric import fractions_along, places_along
from routing.shape import build_edge_shapes, edge_bearings, line_length_m, path_shape, segment_lengths_m
from tests.draw import Network, draw_roads

WGS84 = pyproj.Geod(ellps="WGS84")
BENT = draw_roads("""
    A----b
         |
         |
         C----D
""").network()


def shapes_of(network: Network):
    return build_edge_shapes(network.shape_start, network.shape_e7, network.edge_segment, network.edge_reversed)


def e7(network: Network, names: str) -> list[list[int]]:
    return [[round(x * 1e7) for x in network.drawing.lonlat[name]] for name in names]


@pytest.mark.parametrize("names", ["ACD", "DCA", "ACA", "CD", "CA"])
def test_line_passes_the_signs_of_its_edges_in_driving_order(names) -> None:
    drive = BENT.drive(names)
    line, begins = path_shape(shapes_of(BENT), drive)
    bent = "".join(a + "b" * ({a, b} == {"A", "C"}) for a, b in pairwise(names)) + names[-1]
    assert line.tolist() == e7(BENT, bent)
    assert [line[i].tolist() for i in begins] == e7(BENT, names)


def test_line_is_cut_at_both_ends() -> None:
    line, begins = path_shape(shapes_of(BENT), BENT.drive("ACD"), 0.25, 0.5)
    assert line[1:-1].tolist() == e7(BENT, "bC")
    assert line_length_m(line) == pytest.approx(0.75 * 800 + 0.5 * 500, abs=1)
    assert begins.tolist() == [0, 2, 3]


@pytest.mark.parametrize("names", ["AC", "CA"])
def test_line_within_one_edge_is_cut_twice_in_driving_direction(names) -> None:
    line, begins = path_shape(shapes_of(BENT), [BENT.edge(names)], 0.25, 0.9)
    assert line_length_m(line) == pytest.approx(0.65 * 800, abs=1)
    assert WGS84.inv(*line[0] / 1e7, *BENT.drawing.lonlat[names[0]])[2] == pytest.approx(200, abs=1)
    assert (len(line), begins.tolist()) == (3, [0, 2])


@pytest.mark.parametrize("fraction", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("names", ["AC", "CA"])
def test_drive_without_length_is_a_line_of_one_place_twice(names, fraction) -> None:
    line, begins = path_shape(shapes_of(BENT), [BENT.edge(names)], fraction, fraction)
    assert (line[0].tolist(), begins.tolist(), len(line)) == (line[1].tolist(), [0, 1], 2)


@pytest.mark.parametrize("ends", [(0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.5, 0.0)])
@pytest.mark.parametrize("names", ["ACD", "DCA", "ACA"])
def test_line_cut_at_a_junction_repeats_no_point(names, ends) -> None:
    line, begins = path_shape(shapes_of(BENT), BENT.drive(names), *ends)
    assert len(line) == 2 or np.all(np.any(np.diff(line, axis=0) != 0, axis=1))
    assert np.all(np.diff(begins) >= 0)
    assert begins[-1] == len(line) - 1


def test_place_at_a_fraction_has_that_fraction() -> None:
    shapes = shapes_of(BENT)
    fraction = np.linspace(0.0, 1.0, 23)
    segment = np.zeros(23, np.int32)
    point, place = places_along(shapes.shape_start, shapes.shape_e7, segment, fraction)
    begin, end = shapes.shape_e7[point], shapes.shape_e7[point + 1]
    part = np.hypot(*(place - begin).T) / np.hypot(*(end - begin).T)
    found = fractions_along(shapes.shape_start, shapes.shape_e7, segment, point, part)
    assert found == pytest.approx(fraction, abs=2e-5)  # a place is rounded to 1e-7 degree, 1 cm of 800 m


@pytest.mark.parametrize("lat", [-75.0, -33.0, 0.0, 46.6, 70.0])
@pytest.mark.parametrize(("step_deg", "tolerance"), [(1e-4, 1e-6), (1e-2, 1e-6), (0.5, 1e-3)])
def test_length_is_that_of_the_geodesic(lat, step_deg, tolerance) -> None:
    line = np.array([[125.1, lat], [125.1 + step_deg, lat + step_deg]])
    line_e7 = np.rint(line * 1e7).astype(np.int32)
    assert line_length_m(line_e7) == pytest.approx(WGS84.line_length(*(line_e7 / 1e7).T), rel=tolerance)


def test_lengths_of_drawn_segments_are_those_drawn() -> None:
    assert segment_lengths_m(BENT.shape_start, BENT.shape_e7) == pytest.approx([800, 500], abs=0.1)


def test_bearings_are_those_at_the_ends_and_turn_with_the_direction() -> None:
    edges = [BENT.edge("AC"), BENT.edge("CA")]
    leaving, arriving = edge_bearings(shapes_of(BENT), edges)
    assert leaving == pytest.approx([90, 0], abs=0.1) or leaving == pytest.approx([90, 360], abs=0.1)
    assert arriving == pytest.approx([180, 270], abs=0.1)


def test_bearing_looks_past_a_kink_at_the_junction() -> None:
    network = draw_roads("A\n \\\n  b----------C", {"AbC": {}}, grid_m=2.0).network()
    leaving, _ = edge_bearings(shapes_of(network), [0], look_m=0.5)
    further, _ = edge_bearings(shapes_of(network), [0], look_m=10.0)
    assert leaving[0] == pytest.approx(135, abs=2)
    assert 90 < further[0] < 125


def test_edge_without_length_has_no_bearing() -> None:
    shapes = build_edge_shapes([0, 2], np.zeros((2, 2), np.int32), [0], [False])
    assert np.isnan(edge_bearings(shapes, [0])).all()


def test_no_edges_have_no_bearings() -> None:
    assert [len(column) for column in edge_bearings(shapes_of(BENT), [])] == [0, 0]


@pytest.mark.parametrize(
    "arguments", [([],), ([9],), ([-1],), ([0], -0.1), ([0], 0.0, 1.1), ([0], float("nan")), ([0.5],)]
)
def test_drive_off_the_roads_is_refused(arguments) -> None:
    with pytest.raises(BadPoint):
        path_shape(shapes_of(BENT), *arguments)


@pytest.mark.parametrize(
    ("start", "shape"),
    [
        ([0, 1], [[0, 0]]),
        ([0, 2], [[0, 0], [0, 0], [0, 0]]),
        ([0, 2, 1, 4], [[0, 0]] * 4),
        ([], []),
        ([0, 2], [[0, 0], [0, 900_000_001]]),
        ([0, 2], [[0, 0], [-1_800_000_001, 0]]),
        ([0, 2], [[0, -(2**31)], [0, 0]]),
    ],
)
def test_shapes_that_are_no_lines_on_the_globe_are_refused(start, shape) -> None:
    with pytest.raises(BadGraph):
        segment_lengths_m(start, np.array(shape, np.int32).reshape(-1, 2))


def test_shapes_in_degrees_are_refused() -> None:
    with pytest.raises(BadGraph, match="int32"):
        segment_lengths_m([0, 2], [[125.1, 46.6], [125.2, 46.6]])


@pytest.mark.parametrize(("segment", "reverse"), [([1], [False]), ([-1], [False]), ([0, 0], [False]), ([0], [0])])
def test_edges_of_other_segments_are_refused(segment, reverse) -> None:
    with pytest.raises(BadGraph):
        build_edge_shapes([0, 2], np.zeros((2, 2), np.int32), segment, reverse)
