"""What isochrones promise, on the streets of central Helsinki."""

from itertools import pairwise

import numpy as np
import pytest
import shapely

from location_cloud.capability import Import
from location_cloud.directions.isochrone import as_contours
from location_cloud.roads.dataset import SECTION as ROADS
from location_cloud.roads.edges import edge_access, edge_heads, edge_tails
from location_cloud.roads.model import FOOT
from location_cloud.storage.osm import read_osm
from routing.contour import find_areas
from routing.metric import metres_per_degree
from routing.raster import Reach
from routing.reached import find_lines
from routing.shape import build_edge_shapes
from routing.trip import CLOSED, UNREACHED, edge_points
from tests.conftest import ROOT
from tests.oracle import EdgeOracle

LIMITS = [180_000, 420_000, 900_000]
SCALE = np.array(metres_per_degree(60.17))


@pytest.fixture(scope="module")
def city(tmp_path_factory, silent):
    """Shapes, and the field of walking at 5 km/h from a street in the middle (distance of time 0 at its end)."""
    folder = tmp_path_factory.mktemp("city")
    osm, sources = read_osm([ROOT / "data/demo/helsinki-centre.osm.pbf"], None, silent)
    (folder / "roads").mkdir()
    ROADS.build(Import("test", osm, sources, folder, None, (), silent), folder / "roads")
    roads = ROADS.load(folder / "roads")
    edge = np.arange(2 * roads.segment_count)
    shapes = build_edge_shapes(roads.shape_start, roads.shape_e7, edge // 2, edge % 2 == 1)
    walked = np.rint(np.repeat(roads.seg_length_m, 2) * 720).astype(np.int32)
    cost = np.where(edge_access(roads) & FOOT != 0, walked, CLOSED).astype(np.int32)
    own = [None if each == CLOSED else each for each in cost.tolist()]
    oracle = EdgeOracle(zip(edge_tails(roads).tolist(), edge_heads(roads).tolist(), own))
    middle = np.abs(roads.shape_e7[roads.shape_start[:-1]] - np.median(roads.shape_e7, axis=0)).sum(axis=1)
    start = int(2 * np.argmin(middle + np.where(cost[::2] == CLOSED, 1e9, 0)))
    entry = np.full(len(edge), UNREACHED, np.int64)
    for number, begun in oracle.edge_costs([(start, 0.3, 0)]).items():
        entry[number] = begun
    return shapes, Reach(entry, cost, edge_points([start], 0.3))


def places_along(city, count=3000):
    """Random places on open edges: (cost of getting there, lonlat)."""
    shapes, reach = city
    chance = np.random.default_rng(5)
    edges = chance.choice(np.flatnonzero((reach.cost != CLOSED) & (reach.entry_cost != UNREACHED)), count)
    cost, lonlat = np.empty(count), np.empty((count, 2))
    for i, (edge, part) in enumerate(zip(edges.tolist(), chance.random(count).tolist())):
        segment = shapes.edge_segment[edge]
        line = shapes.shape_e7[shapes.shape_start[segment] : shapes.shape_start[segment + 1]] / 1e7
        shape = shapely.LineString((line[::-1] if shapes.edge_reversed[edge] else line) * SCALE)
        lonlat[i] = shapely.get_coordinates(shapely.line_interpolate_point(shape, part, normalized=True))[0] / SCALE
        cost[i] = reach.entry_cost[edge] + part * reach.cost[edge]
    return cost, lonlat


def test_places_within_the_limit_are_inside_and_those_far_beyond_are_outside(city):
    shapes, reach = city
    areas = find_areas(shapes, reach, LIMITS, hole_m2=0.0)
    cost, lonlat = places_along(city)
    for limit, contour in zip(LIMITS, as_contours(areas)):
        is_in = shapely.contains_xy(contour.geometry, *lonlat.T)
        assert is_in[cost < limit - 10].all()
        lines = find_lines(shapes, reach, limit)
        drawn = shapely.from_ragged_array(
            shapely.GeometryType.LINESTRING, lines.line_e7 / 1e7 * SCALE, (lines.line_start,)
        )
        away_m = shapely.STRtree(drawn).query_nearest(
            shapely.points(lonlat * SCALE), return_distance=True, all_matches=False
        )[1]
        assert not is_in[away_m > areas.tolerance_m].any()
        assert (cost[~is_in] > limit).all()


def test_contours_are_valid_and_lie_inside_each_other(city):
    contours = [contour.geometry for contour in as_contours(find_areas(*city, LIMITS))]
    assert shapely.is_valid(contours).all()
    assert all(larger.covers(smaller) for smaller, larger in pairwise(contours))
    assert contours[0].area > 0
