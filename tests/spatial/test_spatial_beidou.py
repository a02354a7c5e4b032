"""The BeiDou grid code against the standard's vectors and against exact arithmetic."""

from fractions import Fraction

import numpy as np
import pytest

from location_cloud.spatial.cells import BEIDOU
from location_cloud.spatial.errors import BadCode, BadCoordinate

SUMMER_PALACE = (116 + 18 / 60 + 45.37 / 3600, 39 + 59 / 60 + 35.38 / 3600)
DAQING = (125.1031, 46.5893)


def exact_code(lon_text: str, lat_text: str) -> str:
    """The level 10 code by fractions, written from the text of the standard and sharing no line with the codec."""
    lon, lat = abs(Fraction(lon_text)), abs(Fraction(lat_text))
    lon = min(lon, 180 - Fraction(1, 10**12))
    zone = lon // 6
    code = ("S" if lat_text.startswith("-") else "N") + f"{30 - zone if lon_text.startswith('-') else 31 + zone:02d}"
    code += "ABCDEFGHIJKLMNOPQRSTUV"[lat // 4]
    lon, lat = lon % 6, lat % 4
    second = Fraction(1, 3600)
    steps = [(1800, 1800, 0), (900, 600, 2), (60, 60, 0), (4, 4, 0), (2, 2, 2)]
    steps += [(Fraction(1, n), Fraction(1, n), 0) for n in (4, 32, 256, 2048)]
    for wide, high, z in steps:
        i, j = lon // (wide * second), lat // (high * second)
        code += f"{2 * j + i:X}" if z else f"{i:X}{j:X}"
        lon, lat = lon % (wide * second), lat % (high * second)
    return code


def decimal_points(count: int, seed: int, on_edges: bool) -> list[tuple[str, str]]:
    """Random points in all quarters as decimal text; on_edges puts both coordinates on borders of cells."""
    rng = np.random.default_rng(seed)
    texts = []
    for west, south in rng.integers(0, 2, (count, 2)):
        if on_edges:
            # 1/6400 degree takes 8 decimals and is 18 cells of level 8: always a border there, often of coarser ones.
            lon, lat = rng.integers(1, 180 * 6400) / 6400, rng.integers(1, 88 * 6400) / 6400
            text = (f"{lon:.10f}", f"{lat:.10f}")
        else:
            text = (f"{rng.uniform(0.1, 179.9):.9f}", f"{rng.uniform(0.1, 87.9):.9f}")
        texts.append(("-" * west + text[0], "-" * south + text[1]))
    return texts


@pytest.mark.parametrize(
    ("lonlat", "level", "code"),
    [
        (SUMMER_PALACE, 10, "N50J47539B8255346152"),
        (SUMMER_PALACE, 9, "N50J47539B82553461"),
        ((-SUMMER_PALACE[0], -SUMMER_PALACE[1]), 10, "S11J47539B8255346152"),
        ((116.3974, 39.9093), 6, "N50J47584C81"),
        ((116.315222, 39.910278), 4, "N50J47534"),
        (DAQING, 10, "N51LA506525145570277"),
        (DAQING, 5, "N51LA506525"),
        (DAQING, 0, "N"),
    ],
)
def test_code_equals_the_published_vector(lonlat, level, code):
    assert BEIDOU.encode(lonlat, level) == code


def test_box_equals_the_published_vector():
    box = BEIDOU.decode("N50I06033")
    assert box.as_tuple() == pytest.approx((114.05, 35.05, 114.0 + 4 / 60, 35.0 + 4 / 60), abs=1e-12)


def test_point_on_an_edge_where_floats_fail_is_placed_exactly():
    code = BEIDOU.encode((129.151875, -50.049189), 10)
    assert code == exact_code("129.151875", "-50.049189")
    assert code[10:20] == "E134020404"


@pytest.mark.parametrize("on_edges", [False, True])
def test_codes_equal_exact_arithmetic(on_edges):
    texts = decimal_points(4000, seed=7, on_edges=on_edges)
    codes = BEIDOU.encode_many(np.array(texts, dtype=np.float64), 10)
    wrong = [text for text, code in zip(texts, codes) if code != exact_code(*text)]
    assert wrong == []


def test_four_quarters_mirror_each_other():
    quarters = [BEIDOU.encode((x * DAQING[0], y * DAQING[1]), 10) for x, y in ((1, 1), (-1, 1), (1, -1), (-1, -1))]
    assert [q[:3] for q in quarters] == ["N51", "N10", "S51", "S10"]
    assert {q[3:] for q in quarters} == {quarters[0][3:]}


@pytest.mark.parametrize(
    ("lonlat", "start"),
    [
        ((180.0, 10.0), "N60CB6"),
        ((-180.0, 10.0), "N01CB6"),
        ((-6.0, 10.0), "N29C04"),
        ((6.0, 10.0), "N32C04"),
        ((0.0, 0.0), "N31A00"),
        ((-0.0, -0.0), "N31A00"),
        ((-1e-9, -1e-9), "S30A00"),
        ((0.0, 87.999999), "N31V07"),
    ],
)
def test_edges_of_the_globe_have_legal_codes(lonlat, start):
    start = start.replace("CB6", "CB4") if abs(lonlat[0]) == 180 else start
    code = BEIDOU.encode(lonlat, 10)
    assert code.startswith(start)
    assert BEIDOU.level_of(code) == 10


def test_zone_60_band_a_is_a_code():
    assert BEIDOU.decode("N60A").as_tuple() == (174.0, 0.0, 180.0, 4.0)


@pytest.mark.parametrize("lat", [88.0, -88.0, 89.5, 90.0])
def test_polar_cells_are_refused_by_name(lat):
    with pytest.raises(BadCoordinate, match="polar cells of GB/T 39409-2020"):
        BEIDOU.encode((0.0, lat), 5)


@pytest.mark.parametrize(
    "code",
    [
        "",
        "X",
        "N5",
        "N00A",
        "N61A",
        "N5xA",
        "N²0A",
        "N50W",
        "N50JC0",
        "N50J08",
        "N50J476",
        "N50J474F0",
        "N50J4740A",
        "N50J47534F0",
        "N50J47534004",
        "N50J475340008",
        "n50j",
    ],
)
def test_text_that_is_no_code_is_refused(code):
    with pytest.raises(BadCode):
        BEIDOU.decode(code)


@pytest.mark.parametrize("level", [-1, 11, True, 2.5])
def test_level_that_does_not_exist_is_refused(level):
    with pytest.raises(BadCode, match="does not exist in beidou"):
        BEIDOU.encode(DAQING, level)


def random_points(count: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.column_stack([rng.uniform(-180, 180, count), rng.uniform(-87.9, 87.9, count)])


@pytest.mark.parametrize("level", BEIDOU.levels)
def test_keys_lead_back_to_the_cells(level):
    column, row = BEIDOU.index(random_points(2000), level)
    back = BEIDOU.cells_of_keys(BEIDOU.keys(column, row, level), level)
    assert (back[0] == column).all()
    assert (back[1] == row).all()


@pytest.mark.parametrize("level", BEIDOU.levels)
def test_keys_sort_like_codes(level):
    points = random_points(2000)
    keys, codes = BEIDOU.encode_keys(points, level), BEIDOU.encode_many(points, level)
    assert (codes[np.argsort(keys, kind="stable")] == np.sort(codes)).all()


@pytest.mark.parametrize("level", BEIDOU.levels[1:])
def test_key_divided_by_the_radix_is_the_parents_key(level):
    points = random_points(2000)
    assert (BEIDOU.encode_keys(points, level) // BEIDOU.radix(level) == BEIDOU.encode_keys(points, level - 1)).all()


def test_number_that_is_no_key_is_refused():
    for key in (-1, 2640):
        with pytest.raises(BadCode, match=r"lie in 0..2639"):
            BEIDOU.cells_of_keys([key], 1)


def test_hemisphere_has_its_zones_as_children():
    assert len(BEIDOU.children("S")) == 60 * 22
    assert BEIDOU.parent("S11J") == "S"
    assert BEIDOU.decode("N").as_tuple() == (-180.0, 0.0, 180.0, 88.0)
