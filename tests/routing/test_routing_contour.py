"""Areas around reached roads: what must lie inside and outside, valid, inside each other."""

import random
from itertools import pairwise

import numpy as np
import pytest
import shapely

from routing.contour import find_areas
from routing.errors import BadCost, BadPoint
from routing.metric import metres_per_degree
from routing.raster import Reach, draw_reached
from routing.reached import find_lines
from routing.shape import build_edge_shapes
from routing.trip import CLOSED, UNREACHED, edge_points
from tests.draw import draw_roads
from tests.oracle import EdgeOracle

DAQING = (125.1, 46.6)


def shapes_of(network):
    return build_edge_shapes(network.shape_start, network.shape_e7, network.edge_segment, network.edge_reversed)


def reach_of(network, *starts, backward=False, cost=None):
    """The field of a drawn network by the oracle; a start is (edge, fraction, extra)."""
    cost = network.cost_ms if cost is None else cost
    edges = [
        (h, t, None if c == CLOSED else c) if backward else (t, h, None if c == CLOSED else c)
        for (t, h, _), c in zip(network.oracle_edges(), cost.tolist())
    ]
    turned = [(e, 1.0 - f, x) if backward else (e, f, x) for e, f, x in starts]
    entry = np.full(len(edges), UNREACHED, np.int64)
    for edge, begun in EdgeOracle(edges).edge_costs(turned).items():
        entry[edge] = begun
    return Reach(entry, cost, edge_points(*(list(column) for column in zip(*starts))), backward)


def polygons(areas):
    return shapely.from_ragged_array(
        shapely.GeometryType.MULTIPOLYGON,
        areas.points_e7 / 1e7,
        (areas.ring_start, areas.polygon_start, areas.limit_start),
    )


def in_metres(geometry, lat=DAQING[1]):
    return shapely.transform(geometry, lambda lonlat: lonlat * np.array(metres_per_degree(lat)))


def town(seed, size=12, grid_m=140.0):
    """A town of crooked streets: some one-way, some missing, each bent once."""
    chance = random.Random(seed)
    lon_m, lat_m = metres_per_degree(DAQING[1])
    xy = {
        (c, r): (c + chance.uniform(-0.3, 0.3), r + chance.uniform(-0.3, 0.3)) for c in range(size) for r in range(size)
    }
    points, start, edges = [], [0], []
    for (c, r), (x, y) in xy.items():
        for other in ((c + 1, r), (c, r + 1)):
            if other not in xy or chance.random() < 0.15:
                continue
            bend = (
                (x + xy[other][0]) / 2 + chance.uniform(-0.2, 0.2),
                (y + xy[other][1]) / 2 + chance.uniform(-0.2, 0.2),
            )
            points += [(x, y), bend, xy[other]]
            start.append(len(points))
            a, b = r * size + c, other[1] * size + other[0]
            ms = chance.randrange(5000, 40000)
            edges += [(a, b, ms), (b, a, None if chance.random() < 0.2 else ms)]
    scale = np.array([grid_m / lon_m, grid_m / lat_m])
    shape = np.rint((np.array(points) * scale + DAQING) * 1e7).astype(np.int32)
    number = np.arange(len(edges))
    shapes = build_edge_shapes(np.array(start), shape, number // 2, number % 2 == 1)
    return shapes, edges


def town_reach(edges, starts, backward=False):
    entry = np.full(len(edges), UNREACHED, np.int64)
    turned = [(h, t, c) if backward else (t, h, c) for t, h, c in edges]
    begun = EdgeOracle(turned).edge_costs([(e, 1 - f, x) if backward else (e, f, x) for e, f, x in starts])
    for edge, cost in begun.items():
        entry[edge] = cost
    cost = np.array([CLOSED if own is None else own for _, _, own in edges], np.int32)
    return Reach(entry, cost, edge_points(*(list(column) for column in zip(*starts))), backward)


def lines_of(lines):
    return shapely.from_ragged_array(shapely.GeometryType.LINESTRING, lines.line_e7 / 1e7, (lines.line_start,))


@pytest.fixture(params=range(6))
def case(request):
    seed = request.param
    shapes, edges = town(seed)
    chance = random.Random(seed)
    open_edges = [edge for edge, (_, _, cost) in enumerate(edges) if cost is not None]
    starts = [(chance.choice(open_edges), chance.random(), chance.choice([0, 30_000])) for _ in range(1 + seed % 3)]
    return shapes, town_reach(edges, starts, backward=seed % 2 == 1)


LIMITS = [60_000, 120_000, 121_000, 300_000]


@pytest.mark.parametrize("options", [{}, {"cell_m": 10}, {"hole_m2": 0.0}, {"is_detailed": True}, {"cell_m": 90}])
def test_areas_are_valid_and_lie_inside_each_other(case, options):
    areas = polygons(find_areas(*case, LIMITS, **options))
    assert shapely.is_valid(areas).all()
    assert all(larger.covers(smaller) for smaller, larger in pairwise(areas))


@pytest.mark.parametrize("options", [{}, {"cell_m": 10, "hole_m2": 0.0}, {"cell_m": 60}])
def test_every_place_reached_within_the_limit_lies_inside(case, options):
    shapes, reach = case
    for limit, area in zip(LIMITS, polygons(find_areas(shapes, reach, LIMITS, **options))):
        lines = lines_of(find_lines(shapes, reach, limit))
        assert len(lines)
        assert area.covers(lines).all(), limit


def farthest_m(area, lines):
    """How far a place inside may be from every line, looked at on a grid of 60 x 60 and along the outline."""
    west, south, east, north = area.bounds
    x, y = (axis.ravel() for axis in np.meshgrid(np.linspace(west, east, 60), np.linspace(south, north, 60)))
    is_in = shapely.contains_xy(area, x, y)
    places = [shapely.points(x[is_in], y[is_in]), shapely.points(shapely.get_coordinates(area))]
    return shapely.STRtree(lines).query_nearest(np.concatenate(places), return_distance=True)[1].max()


@pytest.mark.parametrize("cell_m", [10, 25, 60])
def test_no_place_beyond_the_tolerance_lies_inside_if_holes_are_kept(case, cell_m):
    shapes, reach = case
    areas = find_areas(shapes, reach, LIMITS, cell_m, hole_m2=0.0)
    for limit, area in zip(LIMITS, polygons(areas)):
        lines = in_metres(lines_of(find_lines(shapes, reach, limit)))
        assert cell_m < farthest_m(in_metres(area), lines) < areas.tolerance_m, limit


def test_outer_rings_turn_left_and_holes_right(case):
    for area in polygons(find_areas(*case, LIMITS, 10, 0.0)):
        for part in area.geoms:
            assert part.exterior.is_ccw
            assert not any(hole.is_ccw for hole in part.interiors)


def test_small_holes_are_filled_and_large_ones_kept(case):
    kept, some, none = (polygons(find_areas(*case, LIMITS, 10, hole_m2))[-1] for hole_m2 in (0.0, 5000.0, 1e9))
    sizes = [shapely.Polygon(hole).area for part in in_metres(some).geoms for hole in part.interiors]
    assert sizes
    assert min(sizes) > 4000
    assert len(sizes) < sum(len(part.interiors) for part in kept.geoms)
    assert not any(part.interiors for part in none.geoms)


def test_the_same_question_gets_the_same_answer(case):
    first, second = (find_areas(*case, LIMITS) for _ in range(2))
    assert first.points_e7.tobytes() == second.points_e7.tobytes()


def test_a_limit_is_drawn_the_same_alone_within_the_tolerance_of_straightening(case):
    alone, among = (polygons(find_areas(*case, limits, 25))[-1] for limits in ([300_000], LIMITS))
    assert in_metres(alone).symmetric_difference(in_metres(among)).area < 0.05 * in_metres(alone).area


STREET = draw_roads("A---------B---------C").network()  # 100 s and 100 s


def test_a_street_is_covered_up_to_the_limit_and_a_little_more():
    reach = reach_of(STREET, (STREET.edge("AB"), 0.0, 0))
    areas = find_areas(shapes_of(STREET), reach, [150_000])
    west, _, east, _ = in_metres(polygons(areas)[0]).bounds
    a, _ = (in_metres(shapely.Point(STREET.drawing.lonlat[name])).x for name in "AC")
    assert a - 60 < west < a - 20
    assert a + 1500 + 20 < east < a + 1500 + 60


def test_towards_a_place_the_street_before_it_is_covered():
    to = polygons(
        find_areas(shapes_of(STREET), reach_of(STREET, (STREET.edge("BC"), 0.5, 0), backward=True), [100_000])
    )
    away = polygons(find_areas(shapes_of(STREET), reach_of(STREET, (STREET.edge("BC"), 0.5, 0)), [40_000]))
    assert to[0].covers(shapely.LineString([STREET.drawing.lonlat["B"], shapely.Point(STREET.drawing.lonlat["B"])]))
    assert not away[0].covers(shapely.Point(STREET.drawing.lonlat["B"]))
    assert not to[0].covers(shapely.Point(STREET.drawing.lonlat["C"]))


def test_with_limit_zero_there_is_a_spot_around_the_place():
    area = polygons(find_areas(shapes_of(STREET), reach_of(STREET, (STREET.edge("AB"), 1.0, 0)), [0]))[0]
    assert area.covers(shapely.Point(STREET.drawing.lonlat["B"]))
    assert in_metres(area).area < 10_000


def test_several_starts_give_several_areas():
    reach = reach_of(STREET, (STREET.edge("AB"), 0.0, 0), (STREET.edge("BC"), 1.0, 0))
    assert find_areas(shapes_of(STREET), reach, [20_000, 500_000]).limit_start.tolist() == [0, 2, 3]


def test_nothing_reached_gives_no_polygon():
    reach = reach_of(STREET, (STREET.edge("AB"), 0.0, 9_000))
    areas = find_areas(shapes_of(STREET), reach, [1000, 2000])
    assert (len(areas), len(areas.points_e7), areas.limit_start.tolist()) == (2, 0, [0, 0, 0])


def test_a_closed_edge_is_no_part_of_the_area():
    cost = STREET.cost_ms
    cost[[STREET.edge("BC"), STREET.edge("CB")]] = CLOSED
    area = polygons(find_areas(shapes_of(STREET), reach_of(STREET, (STREET.edge("AB"), 0.5, 0), cost=cost), [10**6]))[0]
    assert not area.covers(shapely.Point(STREET.drawing.lonlat["C"]))


@pytest.mark.parametrize("limits", [[], [5, 5], [9, 3], [-1, 3], [1.5], list(range(17))])
def test_limits_that_do_not_rise_are_refused(limits):
    with pytest.raises(BadPoint, match="limits"):
        find_areas(shapes_of(STREET), reach_of(STREET, (0, 0.0, 0)), limits)


@pytest.mark.parametrize("cell_m", [0.0, -5.0, float("nan"), 1e6, 1.0])
def test_cells_out_of_range_are_refused(cell_m):
    shapes, edges = town(0, size=12, grid_m=600.0)
    with pytest.raises(BadPoint, match="cell_m"):
        find_areas(shapes, town_reach(edges, [(0, 0.0, 0)]), [10**7], cell_m)


def test_columns_of_another_size_are_refused():
    reach = reach_of(STREET, (0, 0.0, 0))
    with pytest.raises(BadCost, match="entry_cost"):
        find_areas(shapes_of(STREET), Reach(reach.entry_cost[1:], reach.cost, reach.starts), [5])


def test_every_place_reached_is_at_most_a_cell_from_the_centre_of_a_touched_one(case):
    shapes, reach = case
    grid = draw_reached(shapes, reach, LIMITS)
    for place, limit in enumerate(LIMITS):
        lines = find_lines(shapes, reach, limit)
        between = lines.line_e7[:-1] + np.linspace(0, 1, 50)[:, None, None] * np.diff(lines.line_e7, axis=0)
        inner = np.setdiff1d(np.arange(len(lines.line_e7) - 1), lines.line_start[1:-1] - 1)
        column, row = np.moveaxis((between[:, inner] - grid.corner_e7) / grid.step_e7, -1, 0)
        around = [
            (np.floor(row).astype(int) + up, np.floor(column).astype(int) + east) for up in (0, 1) for east in (0, 1)
        ]
        assert np.any([grid.bits[cell] >> place & 1 for cell in around], axis=0).all()
