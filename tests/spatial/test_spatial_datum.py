"""GCJ-02 and BD-09: published vectors, exact inverses, and no shift where none is used."""

import numpy as np
import pytest

from location_cloud.spatial import datum
from location_cloud.spatial.china import is_in_china, uses_gcj02
from location_cloud.spatial.errors import BadCoordinate
from location_cloud.spatial.measure import distance_m

DAQING, TIANANMEN = (125.1031, 46.5893), (116.3912757, 39.906217)
# wgs84, gcj02, bd09: as gcoord 1.0.7 gives them.
VECTORS = [
    (DAQING, (125.1101534877, 46.5914039202), (125.1167926617, 46.5970873539)),
    (TIANANMEN, (116.3975167053, 39.9076182085), (116.4038906446, 39.9139619339)),
]
ABROAD = {
    "Seoul": (126.978, 37.5665),
    "Pyongyang": (125.7625, 39.0392),
    "Ulaanbaatar": (106.9057, 47.8864),
    "Hanoi": (105.8342, 21.0278),
    "Vladivostok": (131.8855, 43.1155),
    "Almaty": (76.9, 43.24),
    "Blagoveshchensk": (127.53, 50.28),
    "Khabarovsk": (135.07, 48.48),
    "Tokyo": (139.7, 35.7),
    "Kathmandu": (85.32, 27.7),
    "Delhi": (77.2, 28.6),
    "Manila": (120.98, 14.6),
    "New York": (-74.0, 40.7),
}
MAINLAND = {
    "Daqing": DAQING,
    "Heihe": (127.50, 50.245),
    "Mohe": (122.537, 52.973),
    "Fuyuan": (134.29, 48.36),
    "Dandong": (124.38, 40.125),
    "Hunchun": (130.366, 42.863),
    "Suifenhe": (131.15, 44.40),
    "Manzhouli": (117.43, 49.59),
    "Erenhot": (111.977, 43.653),
    "Horgos": (80.42, 44.21),
    "Ruili": (97.855, 24.013),
    "Dongxing": (107.97, 21.54),
    "Sanya": (109.51, 18.25),
    "Hong Kong": (114.169, 22.319),
    "Macao": (113.544, 22.199),
    # capitals of provinces and their like
    "Beijing": (116.41, 39.90),
    "Tianjin": (117.20, 39.08),
    "Shijiazhuang": (114.51, 38.04),
    "Taiyuan": (112.55, 37.87),
    "Hohhot": (111.75, 40.84),
    "Shenyang": (123.43, 41.81),
    "Changchun": (125.32, 43.82),
    "Harbin": (126.53, 45.80),
    "Shanghai": (121.47, 31.23),
    "Nanjing": (118.80, 32.06),
    "Hangzhou": (120.16, 30.27),
    "Hefei": (117.23, 31.82),
    "Fuzhou": (119.30, 26.07),
    "Nanchang": (115.86, 28.68),
    "Jinan": (117.12, 36.65),
    "Zhengzhou": (113.63, 34.75),
    "Wuhan": (114.31, 30.59),
    "Changsha": (112.94, 28.23),
    "Guangzhou": (113.26, 23.13),
    "Nanning": (108.37, 22.82),
    "Haikou": (110.20, 20.04),
    "Chongqing": (106.55, 29.56),
    "Chengdu": (104.07, 30.57),
    "Guiyang": (106.63, 26.65),
    "Kunming": (102.83, 24.88),
    "Lhasa": (91.11, 29.65),
    "Xian": (108.94, 34.34),
    "Lanzhou": (103.83, 36.06),
    "Xining": (101.78, 36.62),
    "Yinchuan": (106.23, 38.49),
    "Urumqi": (87.62, 43.82),
}
TAIPEI = (121.5654, 25.033)


def points_in_china(count: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    points = np.column_stack([rng.uniform(73.0, 136.0, 4 * count), rng.uniform(18.0, 54.0, 4 * count)])
    return points[uses_gcj02(points)][:count]


@pytest.mark.parametrize(("wgs84", "gcj02", "bd09"), VECTORS)
def test_shift_equals_the_published_vectors(wgs84, gcj02, bd09):
    assert datum.gcj02_from_wgs84(wgs84)[0] == pytest.approx(gcj02, abs=1e-10)
    assert datum.bd09_from_wgs84(wgs84)[0] == pytest.approx(bd09, abs=1e-10)
    assert datum.bd09_from_gcj02(gcj02)[0] == pytest.approx(bd09, abs=1e-9)


@pytest.mark.parametrize(("wgs84", "gcj02", "bd09"), VECTORS)
def test_inverse_equals_the_published_vectors(wgs84, gcj02, bd09):
    assert datum.wgs84_from_gcj02(gcj02)[0] == pytest.approx(wgs84, abs=1e-9)
    assert datum.wgs84_from_bd09(bd09)[0] == pytest.approx(wgs84, abs=1e-9)
    assert datum.gcj02_from_bd09(bd09)[0] == pytest.approx(gcj02, abs=1e-9)


@pytest.mark.parametrize(
    ("there", "back"),
    [
        (datum.gcj02_from_wgs84, datum.wgs84_from_gcj02),
        (datum.bd09_from_wgs84, datum.wgs84_from_bd09),
    ],
)
def test_way_there_and_back_ends_within_a_micrometre(there, back):
    points = points_in_china(50_000, seed=1)
    assert distance_m(points, back(there(points))).max() < 1e-6


def test_both_shifts_at_once_are_the_two_shifts():
    points = np.vstack([points_in_china(100, seed=1), [[24.9, 60.2]]])
    gcj02, bd09 = datum.both_from_wgs84(points)
    assert (gcj02 == datum.gcj02_from_wgs84(points)).all()
    assert (bd09 == datum.bd09_from_wgs84(points)).all()


def test_gcj02_through_bd09_and_back_is_the_same_gcj02():
    shifted = datum.gcj02_from_wgs84(points_in_china(20_000, seed=2))
    assert distance_m(shifted, datum.gcj02_from_bd09(datum.bd09_from_gcj02(shifted))).max() < 1e-6


def test_way_there_and_back_holds_on_the_inner_side_of_the_border():
    dandong = np.array([124.38, 40.125])
    line = dandong + np.linspace(0.0, 0.2, 20_000)[:, None] * np.array([0.6, -0.8])
    inside = line[uses_gcj02(line)]
    assert 0 < len(inside) < len(line)
    assert distance_m(inside, datum.wgs84_from_gcj02(datum.gcj02_from_wgs84(inside))).max() < 1e-6


def test_shift_lies_between_19_and_750_metres():
    points = points_in_china(20_000, seed=3)
    shift_m = distance_m(points, datum.gcj02_from_wgs84(points))
    assert 10.0 < shift_m.min() < shift_m.max() < 750.0


@pytest.mark.parametrize("place", ABROAD)
@pytest.mark.parametrize(
    "change",
    [datum.gcj02_from_wgs84, datum.wgs84_from_gcj02, datum.bd09_from_wgs84, datum.wgs84_from_bd09],
)
def test_abroad_nothing_is_shifted(place, change):
    assert not is_in_china(ABROAD[place])[0]
    assert change(ABROAD[place])[0].tolist() == list(ABROAD[place])


def test_points_the_world_over_but_china_are_never_shifted():
    rng = np.random.default_rng(4)
    world = np.column_stack([rng.uniform(-180, 180, 20_000), rng.uniform(-90, 90, 20_000)])
    outside = world[~uses_gcj02(world)]
    assert (datum.gcj02_from_wgs84(outside) == outside).all()


@pytest.mark.parametrize("place", MAINLAND)
def test_cities_of_the_mainland_hong_kong_and_macao_are_shifted(place):
    assert is_in_china(MAINLAND[place])[0]
    assert uses_gcj02(MAINLAND[place])[0]


def test_taiwan_is_in_china_and_published_unshifted():
    assert is_in_china(TAIPEI)[0]
    assert datum.gcj02_from_wgs84(TAIPEI)[0].tolist() == list(TAIPEI)


def test_given_points_are_not_altered():
    points = np.array([DAQING])
    datum.gcj02_from_wgs84(points)
    assert points.tolist() == [list(DAQING)]


def test_no_points_give_no_points():
    assert datum.wgs84_from_bd09(np.empty((0, 2))).shape == (0, 2)


def test_point_off_the_globe_is_refused():
    with pytest.raises(BadCoordinate, match="is it lat,lon"):
        datum.gcj02_from_wgs84((46.6, 125.1))
