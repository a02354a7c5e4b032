"""Expansions: edges in the order they are reached."""

import numpy as np
import pytest

from location_cloud.directions.expansion import as_columns, expansion_features, find_expansion
from location_cloud.errors import TooLarge
from routing.raster import Reach
from routing.shape import build_edge_shapes
from routing.trip import UNREACHED, edge_points
from tests.draw import draw_roads

ROADS = draw_roads("""
A----B----C
     |
     D
""").network()
SHAPES = build_edge_shapes(ROADS.shape_start, ROADS.shape_e7, ROADS.edge_segment, ROADS.edge_reversed)


def expansion(limit_ms, most_edges=100, fraction=0.5):
    """From the middle of AB: BC and BD are entered after 25 s, and take 50 s and 20 s."""
    entry = np.full(len(ROADS.names), UNREACHED, np.int64)
    before = np.full(len(ROADS.names), -1, np.int32)
    for name, cost, last in (("BC", 25_000, "AB"), ("BD", 25_000, "AB"), ("DB", 45_000, "BD"), ("CB", 75_000, "BC")):
        entry[ROADS.edge(name)], before[ROADS.edge(name)] = cost, ROADS.edge(last)
    reach = Reach(entry, ROADS.cost_ms, edge_points([ROADS.edge("AB")], fraction))
    return find_expansion(SHAPES, reach, before, limit_ms, most_edges=most_edges)


def test_edges_come_in_the_order_their_ends_are_reached():
    found = expansion(80_000)
    assert [ROADS.names[edge] for edge in found.edge] == ["AB", "BD", "DB", "BC"]
    assert found.duration_ms.tolist() == [25_000, 45_000, 65_000, 75_000]


def test_every_edge_names_the_one_before_and_the_length_so_far():
    found = expansion(80_000)
    assert found.predecessor.tolist() == [-1, 0, 1, 0]
    assert found.distance_m == pytest.approx([250, 450, 650, 750], abs=1.5)


def test_an_edge_whose_end_is_beyond_the_limit_is_left_out():
    assert [ROADS.names[edge] for edge in expansion(74_999).edge] == ["AB", "BD", "DB"]


def test_more_edges_than_the_ceiling_are_refused_with_their_number():
    with pytest.raises(TooLarge, match="4 edges"):
        expansion(80_000, most_edges=3)


def test_columns_and_features_say_the_same():
    found = expansion(80_000)
    columns, features = as_columns(found), expansion_features(found)
    assert columns["durations_s"] == [feature["properties"]["duration_s"] for feature in features]
    assert columns["predecessors"][:2] == [None, ROADS.edge("AB")]
    assert all(len(feature["geometry"]["coordinates"]) >= 2 for feature in features)
