"""On which of the edges driven each fix of a track lies."""

import numpy as np

from location_cloud.directions.matched import rows_of_fixes
from routing.match_result import Matched, Snaps, Traversals


def matched(edges, point_before, fix_edges):
    """A track of one part that drives edges whole, one after the other, each entered after a fix."""
    rows, fixes = len(edges), len(fix_edges)
    zeros, ones = np.zeros(rows), np.ones(rows, np.float32)
    driven = Traversals(
        np.zeros(rows, np.int32), np.array(edges, np.int32), zeros, zeros, ones, ones, ones,
        np.array(point_before, np.int32), np.zeros(rows, np.int32),
    )  # fmt: skip
    part = np.where(np.array(fix_edges) < 0, -1, 0).astype(np.int32)
    half = np.full(fixes, 0.5, np.float32)
    return Matched(np.array([0, fixes]), driven, Snaps(np.array(fix_edges, np.int32), half, half, half, part))


def test_each_fix_lies_on_the_edge_driven_then():
    found = rows_of_fixes(matched([0, 2, 4, 0], [0, 0, 1, 2], [0, 2, 4, 0]))
    assert found.tolist() == [0, 1, 2, 3]


def test_a_fix_that_noise_puts_back_is_not_on_the_edge_when_it_is_driven_again():
    found = rows_of_fixes(matched([0, 2, 4, 6, 0], [0, 0, 2, 3, 4], [0, 2, 0, 4, 6, 0]))
    assert found.tolist() == [0, 1, -1, 2, 3, 4]


def test_a_fix_on_no_road_is_on_no_edge():
    assert rows_of_fixes(matched([0, 2], [0, 1], [0, -1, 2])).tolist() == [0, -1, 1]
