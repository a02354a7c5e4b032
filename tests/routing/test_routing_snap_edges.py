"""Ways of driving past a place, and many places at once, against a look at every piece of every road in turn."""

import math

import numpy as np
import pytest

from routing.errors import BadPoint
from routing.metric import metres_per_degree
from routing.snap import build_segment_index, nearest, nearest_many
from routing.snap_edges import ANY_SIDE, LEFT, ON_LINE_M, RIGHT, nearest_edges
from tests.draw import draw_roads

EAST, NORTH, WEST = 90.0, 0.0, 270.0


def turned(bearing, heading):
    return abs((bearing - heading + 180.0) % 360.0 - 180.0)


def brute_force(start, shape_e7, lonlat, allowed, heading, tolerance, side):
    """Edge -> least distance over its pieces that run as wished; sides by the piece alone, so only inside a piece."""
    scale, found = np.array(metres_per_degree(lonlat[1])), {}
    for segment in range(len(start) - 1):
        for p in range(start[segment], start[segment + 1] - 1):
            begin = (shape_e7[p] / 1e7 - lonlat) * scale
            step = (shape_e7[p + 1].astype(np.int64) - shape_e7[p]) / 1e7 * scale
            length2 = float(step @ step)
            part = min(max(-float(begin @ step) / length2, 0.0), 1.0) if length2 else 0.0
            distance = math.hypot(*(begin + part * step))
            across = float(step[0] * -begin[1] - step[1] * -begin[0]) / max(math.sqrt(length2), 1e-9)
            across = 0.0 if abs(across) <= ON_LINE_M else across
            for backward in (0, 1):
                edge = 2 * segment + backward
                bearing = math.degrees(math.atan2(*step)) + 180.0 * backward
                lies = -np.sign(across) * (1 - 2 * backward)
                if not allowed[edge] or (heading is not None and (not length2 or turned(bearing, heading) > tolerance)):
                    continue
                if side != ANY_SIDE and allowed[edge ^ 1] and lies == -side:
                    continue
                found[edge] = min(distance, found.get(edge, math.inf))
    return sorted(found.items(), key=lambda item: item[1])


def random_streets(random, bends):
    sizes = random.integers(2, bends + 1, 40)
    start = np.concatenate([[0], np.cumsum(sizes)])
    origin = random.uniform(-0.004, 0.004, (40, 2)).repeat(sizes, axis=0)
    walked = np.cumsum(random.normal(0, 0.0006, (start[-1], 2)), axis=0)
    shape = np.array((8.7, 49.4)) + origin + walked - walked[start[:-1]].repeat(sizes, axis=0)
    return start, np.rint(shape * 1e7).astype(np.int32)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("heading", [None, 33.0, -200.0])
def test_nearest_edges_equal_a_look_at_every_piece(seed, heading) -> None:
    random = np.random.default_rng(seed)
    start, shape = random_streets(random, 6)
    index, allowed = build_segment_index(start, shape), random.random(80) < 0.7
    for _ in range(15):
        lonlat = np.array((8.7, 49.4)) + random.uniform(-0.006, 0.006, 2)
        count, tolerance = int(random.integers(1, 20)), float(random.choice([10.0, 45.0, 180.0]))
        wanted = brute_force(start, shape, lonlat, allowed, heading, tolerance, ANY_SIDE)
        wanted = [(edge, metres) for edge, metres in wanted if metres <= 300.0][:count]
        found = nearest_edges(index, lonlat, count, 300.0, allowed, heading, tolerance)
        asked = f"seed {seed}, {lonlat}, heading {heading} +- {tolerance}"
        assert np.allclose(found.distance_m, [metres for _, metres in wanted], atol=1e-6), asked
        assert len(set(found.edge.tolist())) == len(found) == len(wanted), asked


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("side", [RIGHT, LEFT])
def test_nearest_edges_of_a_side_equal_a_look_at_every_straight_road(seed, side) -> None:
    random = np.random.default_rng(seed)
    start, shape = random_streets(random, 2)
    index, allowed = build_segment_index(start, shape), random.random(80) < 0.7
    for _ in range(15):
        lonlat = np.array((8.7, 49.4)) + random.uniform(-0.006, 0.006, 2)
        found = nearest_edges(index, lonlat, 5, 400.0, allowed, side=side)
        wanted = [d for _, d in brute_force(start, shape, lonlat, allowed, None, 0.0, side) if d <= 400.0][:5]
        assert np.allclose(found.distance_m, wanted, atol=1e-6), f"seed {seed}, {lonlat}"


STREET = draw_roads("A--------B")


def street():
    network = STREET.network()
    return build_segment_index(network.shape_start, network.shape_e7)


def beside(letter, east_m=0.0, north_m=0.0):
    lon, lat = STREET.lonlat[letter]
    lon_m, lat_m = metres_per_degree(lat)
    return lon + east_m / lon_m, lat + north_m / lat_m


def test_place_north_of_an_eastward_road_lies_left_and_right_of_the_way_back() -> None:
    found = nearest_edges(street(), beside("A", 400, 20), 2)
    assert (found.edge.tolist(), found.side.tolist()) == ([0, 1], [-1, 1])
    assert found.fraction.sum() == pytest.approx(1.0)


def test_place_on_the_line_lies_on_neither_side_and_serves_both() -> None:
    index, at = street(), beside("A", 400, 0.05)
    assert nearest_edges(index, at, 2).side.tolist() == [0, 0]
    assert len(nearest_edges(index, at, 2, side=RIGHT)) == 2


def test_kerb_side_leaves_the_direction_that_passes_it() -> None:
    index = street()
    assert nearest_edges(index, beside("A", 400, 20), 2, side=RIGHT).edge.tolist() == [1]
    assert nearest_edges(index, beside("A", 400, 20), 2, side=LEFT).edge.tolist() == [0]


def test_one_way_street_serves_both_its_kerbs() -> None:
    one_way = np.array([True, False])
    assert nearest_edges(street(), beside("A", 400, 20), 2, 500.0, one_way, side=RIGHT).edge.tolist() == [0]


@pytest.mark.parametrize(("heading", "edges"), [(EAST, [0]), (WEST, [1]), (WEST + 360, [1]), (NORTH, [])])
def test_heading_chooses_the_direction_driven(heading, edges) -> None:
    found = nearest_edges(street(), beside("A", 400, 20), 4, heading_deg=heading, tolerance_deg=60)
    assert found.edge.tolist() == edges


def test_heading_is_met_further_along_a_bending_road() -> None:
    drawing = draw_roads("""
        A---b
            |
            C
    """)
    network = drawing.network()
    index = build_segment_index(network.shape_start, network.shape_e7)
    found = nearest_edges(index, drawing.lonlat["A"], 2, 2000.0, heading_deg=180.0)
    assert found.lonlat[0] == pytest.approx(drawing.lonlat["b"], abs=1e-6)


def test_place_beyond_a_sharp_bend_lies_outside_of_it() -> None:
    shape = np.array([[0, 0], [1000, 10_000], [2000, 0]], np.int32)  # up, then sharply right and down again
    index = build_segment_index([0, 3], shape)
    found = nearest_edges(index, (2000e-7, 10_500e-7), 2)
    assert found.side.tolist() == [-1, 1]


@pytest.mark.parametrize("masked", [False, True])
def test_many_places_are_each_found_as_alone(masked) -> None:
    random = np.random.default_rng(4)
    start, shape = random_streets(random, 6)
    index = build_segment_index(start, shape)
    allowed = random.random(40) < 0.5 if masked else None
    places = np.array((8.7, 49.4)) + random.uniform(-0.01, 0.01, (200, 2))
    radius = random.choice([30.0, 200.0], 200)
    many = nearest_many(index, places, radius, allowed)
    for row, (lonlat, radius_m) in enumerate(zip(places, radius)):
        alone = nearest(index, lonlat, 1, radius_m, allowed)
        assert many.segment[row] == (alone.segment[0] if len(alone) else -1)
        if len(alone):
            assert (many.distance_m[row], many.fraction[row]) == (alone.distance_m[0], alone.fraction[0])
            assert many.lonlat[row].tolist() == alone.lonlat[0].tolist()


def test_no_places_are_found_at_none() -> None:
    assert len(nearest_many(street(), np.empty((0, 2)))) == 0


@pytest.mark.parametrize(
    ("places", "radius"),
    [([(181.0, 0.0)], 5.0), ([(0.0, 0.0), (float("nan"), 0.0)], 5.0), ([(0.0, 0.0)], 0.0), ([(0.0, 0.0)], math.inf)],
)
def test_one_place_of_many_that_is_none_is_refused(places, radius) -> None:
    with pytest.raises(BadPoint):
        nearest_many(street(), np.array(places), radius)


@pytest.mark.parametrize(
    "wishes",
    [{"heading_deg": math.nan}, {"heading_deg": 1.0, "tolerance_deg": 181.0}, {"side": 2}, {"count": 0}],
)
def test_wishes_out_of_range_are_refused(wishes) -> None:
    with pytest.raises(BadPoint):
        nearest_edges(street(), (125.1, 46.6), **wishes)
