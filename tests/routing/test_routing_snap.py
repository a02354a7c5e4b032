"""Snapping against every piece of every road in turn, at all latitudes and scales; and what is refused."""

from itertools import pairwise

import numpy as np
import pyproj
import pytest

from routing.errors import BadGraph, BadPoint, OffRoad
from routing.metric import metres_per_degree
from routing.snap import SegmentIndex, build_segment_index, get_nearest, nearest
from tests.draw import draw_roads

WGS84 = pyproj.Geod(ellps="WGS84")


def brute_force(start, shape_e7, lonlat, count, radius_m, allowed=None):
    """(distance, segment) of the nearest segments, from every piece, nearest first."""
    scale = np.array(metres_per_degree(lonlat[1]))
    begin = (shape_e7[:-1] / 1e7 - lonlat) * scale
    step = (shape_e7[1:].astype(np.int64) - shape_e7[:-1]) / 1e7 * scale
    length2 = np.maximum((step**2).sum(axis=1), 1e-300)
    part = np.clip(-(begin * step).sum(axis=1) / length2, 0.0, 1.0)
    distance = np.hypot(*(begin + part[:, None] * step).T)
    found = sorted(
        (distance[a : b - 1].min(), segment)
        for segment, (a, b) in enumerate(pairwise(start))
        if allowed is None or allowed[segment]
    )
    return [pair for pair in found if pair[0] <= radius_m][:count]


def random_roads(random, count, centre, spread_deg):
    """Wandering segments of 2-6 points; some stand still, some are long."""
    sizes = random.integers(2, 7, count)
    start = np.concatenate([[0], np.cumsum(sizes)])
    steps = random.normal(0, spread_deg / random.choice([3, 30, 300], count).repeat(sizes)[:, None], (start[-1], 2))
    steps[random.random(start[-1]) < 0.1] = 0.0
    origin = (np.array(centre) + random.uniform(-spread_deg, spread_deg, (count, 2))).repeat(sizes, axis=0)
    walked = np.cumsum(steps, axis=0)
    shape = origin + walked - walked[start[:-1]].repeat(sizes, axis=0)
    return start, np.rint(np.clip(shape, [-180, -90], [180, 90]) * 1e7).astype(np.int32)


@pytest.mark.parametrize("centre", [(125.1, 46.6), (0.0, 0.0), (25.0, 69.9), (-179.9, -89.0), (179.95, 89.95)])
@pytest.mark.parametrize("spread_deg", [0.002, 0.1, 20.0])
@pytest.mark.parametrize("seed", range(4))
def test_nearest_equals_a_look_at_every_piece(centre, spread_deg, seed) -> None:
    random = np.random.default_rng(seed)
    start, shape = random_roads(random, 60, centre, spread_deg)
    index = build_segment_index(start, shape, cell_m=20_000.0 if spread_deg > 1 else 100.0)
    allowed = random.random(60) < 0.7
    for _ in range(15):
        lonlat = np.clip(np.array(centre) + random.uniform(-1.2, 1.2, 2) * spread_deg, [-180, -90], [180, 90])
        count, radius_m = int(random.integers(1, 9)), float(random.choice([5.0, 300.0, 20_000.0, 3e6]))
        for mask in (None, allowed):
            found = nearest(index, lonlat, count, radius_m, mask)
            wanted = brute_force(start, shape, lonlat, count, radius_m, mask)
            asked = f"seed {seed}, {lonlat}, count {count}, radius {radius_m}"
            assert np.allclose(found.distance_m, [d for d, _ in wanted], rtol=1e-9, atol=1e-6), asked
            assert len(set(found.segment.tolist())) == len(found) == len(wanted), asked
            assert all(found.distance_m[:-1] <= found.distance_m[1:]), asked


def index_of(network) -> SegmentIndex:
    return build_segment_index(network.shape_start, network.shape_e7)


CROSS = draw_roads("""
        B
        |
    A---+---C
        |
        D
""")


def test_fraction_is_by_length_around_the_bend() -> None:
    network = draw_roads("""
        A-----b
              |
              C
    """).network()
    found = nearest(index_of(network), network.drawing.lonlat["b"])
    assert found.fraction[0] == pytest.approx(0.75, abs=1e-4)
    assert found.lonlat[0] == pytest.approx(network.drawing.lonlat["b"], abs=1e-7)


def test_equally_near_roads_come_in_their_order() -> None:
    network = draw_roads("A--B--C").network()
    found = nearest(index_of(network), network.drawing.lonlat["B"], count=5)
    assert found.segment.tolist() == [0, 1]


def test_road_seen_in_many_cells_is_found_once() -> None:
    network = draw_roads("A--------------------B").network()
    assert nearest(index_of(network), network.drawing.lonlat["A"], 10, 5000.0).segment.tolist() == [0]


def test_forbidden_road_is_passed_over_for_a_further_one() -> None:
    network = CROSS.network()
    at = network.drawing.lonlat["B"]
    nearer = nearest(index_of(network), at).segment[0]
    allowed = np.arange(len(network.segments)) != nearer
    assert nearest(index_of(network), at, allowed=allowed).segment.tolist() == [1 - nearer]


def test_segment_without_length_is_found_at_fraction_zero() -> None:
    index = build_segment_index([0, 2], np.array([[10, 10], [10, 10]], np.int32))
    found = nearest(index, (0.0, 0.0))
    assert (len(found), found.fraction[0], found.distance_m[0] < 1) == (1, 0.0, True)


def test_radius_is_a_limit_included() -> None:
    index = build_segment_index([0, 2], np.array([[0, 0], [0, 10_000_000]], np.int32))
    distance = nearest(index, (0.001, 0.5)).distance_m[0]
    assert len(nearest(index, (0.001, 0.5), radius_m=distance * (1 + 1e-12))) == 1
    assert len(nearest(index, (0.001, 0.5), radius_m=distance * 0.999)) == 0


def test_distance_is_that_of_the_geodesic() -> None:
    network = draw_roads("A--B", origin=(24.9, 60.2)).network()
    at = (24.9, 60.205)
    found = nearest(index_of(network), at, radius_m=1000.0)
    _, _, wanted = WGS84.inv(*at, *found.lonlat[0])
    assert found.distance_m[0] == pytest.approx(wanted, rel=1e-4)


def test_off_road_names_the_place_and_the_radius() -> None:
    with pytest.raises(OffRoad, match=r"within 500 m of 10\.000000,10\.000000"):
        get_nearest(index_of(CROSS.network()), (10.0, 10.0))


def test_index_without_roads_finds_none() -> None:
    index = build_segment_index([0], np.empty((0, 2), np.int32))
    assert len(nearest(index, (0.0, 0.0), 3, 1e7)) == 0


def test_index_survives_a_read_only_map(tmp_path) -> None:
    network = CROSS.network()
    index = index_of(network)
    for name, column in index.as_arrays().items():
        np.save(tmp_path / name, column)
    arrays = {name: np.load(tmp_path / f"{name}.npy", mmap_mode="r") for name in index.as_arrays()}
    mapped = SegmentIndex.from_arrays(arrays, network.shape_start, network.shape_e7)
    at = network.drawing.lonlat["D"]
    assert nearest(mapped, at, 2).distance_m.tolist() == nearest(index, at, 2).distance_m.tolist()


@pytest.mark.parametrize("name", ["entry_point", "entry_segment", "cell_start", "cell_key", "corner_e7"])
def test_index_of_other_roads_is_refused(name) -> None:
    network = CROSS.network()
    arrays = index_of(network).as_arrays()
    arrays[name] = arrays[name][::-1] - 1
    with pytest.raises(BadGraph):
        SegmentIndex.from_arrays(arrays, network.shape_start, network.shape_e7)


@pytest.mark.parametrize(
    "arguments",
    [
        ((181.0, 0.0),),
        ((0.0, 91.0),),
        ((float("nan"), 0.0),),
        ((0.0, 0.0), 0),
        ((0.0, 0.0), 1, 0.0),
        ((0.0, 0.0), 1, float("inf")),
        ((0.0, 0.0), 1, 500.0, np.ones(7, np.bool_)),
        ((0.0, 0.0), 1, 500.0, np.ones(2, np.float64)),
    ],
)
def test_question_off_the_globe_or_out_of_range_is_refused(arguments) -> None:
    with pytest.raises(BadPoint):
        nearest(index_of(CROSS.network()), *arguments)
