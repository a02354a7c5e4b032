"""Reached roads as lines, cut where the limit is met."""

import numpy as np
import pytest

from routing.raster import Reach
from routing.reached import find_lines
from routing.shape import build_edge_shapes, line_length_m
from routing.trip import UNREACHED, edge_points
from tests.draw import draw_roads

BENT = draw_roads("""
A----b
     |
     C----D
""").network()
SHAPES = build_edge_shapes(BENT.shape_start, BENT.shape_e7, BENT.edge_segment, BENT.edge_reversed)


def reach(entries, start, backward=False):
    entry = np.full(len(BENT.names), UNREACHED, np.int64)
    for name, cost in entries.items():
        entry[BENT.edge(name)] = cost
    return Reach(entry, BENT.cost_ms, edge_points([BENT.edge(start[0])], start[1]), backward)


def line(lines, place):
    return lines.line_e7[lines.line_start[place] : lines.line_start[place + 1]]


def test_a_line_ends_where_the_limit_is_met():
    lines = find_lines(SHAPES, reach({"CD": 35_000}, ("AC", 0.5)), 45_000)
    assert BENT.spell(lines.edge[:1]) == "CD"
    assert (lines.begin_cost[0], lines.end_cost[0]) == (35_000, 45_000)
    assert line_length_m(line(lines, 0)) == pytest.approx(100.0, abs=0.1)


def test_the_edge_of_the_start_is_drawn_from_the_place_on():
    lines = find_lines(SHAPES, reach({}, ("AC", 0.5)), 60_000)
    assert (lines.begin_cost.tolist(), lines.end_cost.tolist()) == ([0], [35_000])
    assert line_length_m(line(lines, 0)) == pytest.approx(350.0, abs=0.5)
    assert line(lines, 0)[-1].tolist() == [round(x * 1e7) for x in BENT.drawing.lonlat["C"]]


def test_an_edge_driven_against_its_shape_is_drawn_in_driving_direction():
    lines = find_lines(SHAPES, reach({"DC": 0}, ("DC", 1.0)), 10_000)
    assert line(lines, 0)[0].tolist() == [round(x * 1e7) for x in BENT.drawing.lonlat["D"]]
    assert line_length_m(line(lines, 0)) == pytest.approx(100.0, abs=0.1)


def test_towards_a_place_the_last_part_of_an_edge_is_drawn():
    lines = find_lines(SHAPES, reach({"AC": 25_000}, ("CD", 0.5), backward=True), 45_000)
    assert (lines.begin_cost.tolist(), lines.end_cost.tolist()) == ([45_000, 25_000], [25_000, 0])
    assert line_length_m(line(lines, 0)) == pytest.approx(200.0, abs=0.1)
    assert line(lines, 0)[-1].tolist() == line(lines, 1)[0].tolist()


def test_what_is_beyond_the_limit_is_left_out():
    lines = find_lines(SHAPES, reach({"CD": 45_000, "DC": 50_000}, ("AC", 1.0)), 45_000)
    assert set(lines.edge.tolist()) <= {BENT.edge("AC")}
