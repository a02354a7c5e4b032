"""Many cells at once equal one by one; shares and compact sets of cells against shapely; index cells; MGRS and H3."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Polygon

from location_cloud.spatial.cells import BEIDOU, GEOSOT, LATTICES, MGRS, QUADKEY, SHEETS, get_system
from location_cloud.spatial.cells.beidou_height import decode_height, encode_height
from location_cloud.spatial.cells.beidou_relative import refer, resolve
from location_cloud.spatial.cells.index_cell import NO_CELL, cell_range, index_cell, index_cell_of, index_code
from location_cloud.spatial.cells.shares import weighted
from location_cloud.spatial.errors import BadCode, BadCoordinate, BadGeometry, TooManyCells
from location_cloud.spatial.mgrs import mgrs_from_lonlat

DAQING = (125.1031, 46.5893)
RING = Polygon(
    [(125.0, 46.0), (125.4, 46.03), (125.36, 46.4), (125.02, 46.37)],
    [[(125.11, 46.12), (125.29, 46.1), (125.25, 46.28), (125.1, 46.26)]],
)
PAIR = MultiPolygon([RING, Polygon([(125.15, 46.15), (125.2, 46.15), (125.2, 46.2)])])


def points(count: int, south: float = -84, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.column_stack([rng.uniform(-180, 180, count), rng.uniform(south, 59, count)])


@pytest.mark.parametrize("name", LATTICES)
def test_codes_of_all_levels_are_read_together_as_one_by_one(name):
    system = LATTICES[name]
    some = points(20, 0 if system is SHEETS else -84)
    codes = [code for level in system.levels for code in system.encode_many(some, level).tolist()]
    read = list(zip(*(each.tolist() for each in system.parse_many(codes))))
    assert read == [system.parse(code) for code in codes]
    assert system.canonical(codes).tolist() == codes


@pytest.mark.parametrize("name", LATTICES)
@settings(max_examples=200)
@given(data=st.data())
def test_text_is_a_code_alone_where_it_is_one_among_many(name, data):
    system = LATTICES[name]
    code = system.encode(DAQING, data.draw(st.sampled_from(system.levels)))
    at = data.draw(st.integers(0, len(code)))
    text = code[:at] + data.draw(st.sampled_from("0A9GZ+é8x")) + code[at + data.draw(st.integers(0, 2)) :]
    outcomes = []
    for read in (system.parse, lambda each: tuple(int(x[0]) for x in system.parse_many([each]))):
        try:
            outcomes.append(read(text))
        except BadCode:
            outcomes.append(None)
    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize(("beidou", "geosot"), [(4, 15), (5, 19), (6, 20), (7, 23), (8, 26), (9, 29), (10, 32)])
def test_beidou_cells_are_geosot_cells(beidou, geosot):
    some = points(200)
    boxes = BEIDOU.boxes(BEIDOU.encode_many(some, beidou))
    assert (boxes == GEOSOT.boxes(GEOSOT.encode_many(some, geosot))).all()


def test_geosot_key_equals_the_published_vector():
    column, row = GEOSOT.index([(113.22, 40.1)], 12)
    assert GEOSOT.keys(column, row, 12).tolist() == [531496224285523968]


@pytest.mark.parametrize("level", [1, 9, 12, 19, 32])
def test_geosot_keys_sort_like_codes(level):
    column, row = GEOSOT.index(points(500), level)
    by_key = np.argsort(GEOSOT.keys(column, row, level), kind="stable")
    assert (GEOSOT.codes(column, row, level)[by_key] == np.sort(GEOSOT.codes(column, row, level))).all()


@pytest.mark.parametrize(
    ("name", "level"),
    [("beidou", 4), ("geosot", 13), ("geohash", 6), ("quadkey", 14), ("gbsheet", 5_000), ("pluscode", 6), ("mgrs", 1)],
)
@pytest.mark.parametrize("shape", [RING, PAIR], ids=["ring", "pair"])
def test_share_of_each_cell_is_the_part_of_it_inside(name, level, shape):
    shape = shape if shape.is_valid else shapely.union_all(list(shape.geoms))
    system = get_system(name)
    codes, share = weighted(system, shape, level)
    boxes = system.outlines(codes)
    inside = shapely.area(shapely.intersection(boxes, shape)) / shapely.area(boxes)
    assert share == pytest.approx(inside, abs=1e-9)
    assert (share * shapely.area(boxes)).sum() == pytest.approx(shape.area, rel=1e-9)


def test_shares_of_neighbours_add_up_to_whole_cells():
    west, east = (shapely.intersection(RING, shapely.box(x, 46, x + 0.21, 47)) for x in (124.99, 125.2))
    total: dict[str, float] = {}
    for part in (west, east):
        for code, share in zip(*weighted(BEIDOU, part, 5)):
            total[code] = total.get(code, 0.0) + share
    whole = dict(zip(*weighted(BEIDOU, RING, 5)))
    assert total == pytest.approx(whole, abs=1e-9)


def test_share_of_nothing_is_nothing():
    assert len(weighted(BEIDOU, Polygon(), 5)[0]) == 0


@pytest.mark.parametrize(("system", "level"), [(BEIDOU, 5), (GEOSOT, 16), (QUADKEY, 14)])
def test_compact_cells_cover_the_same_ground_with_whole_parents(system, level):
    spans = system.polyfill(RING, level)
    parts = system.compacted(spans)
    assert sum(part.count for part in parts) < spans.count / 2
    opened = []
    for part in parts:
        while part.level != level:
            part = system.finer_spans(part)
        opened += system.codes_of_spans(part).tolist()
    assert len(opened) == len(set(opened))
    assert set(opened) == set(system.codes_of_spans(spans).tolist())


def test_compact_form_leaves_no_complete_family():
    parts = BEIDOU.compacted(BEIDOU.polyfill(RING, 5))
    for part in parts:
        parents = BEIDOU.parents_of(BEIDOU.codes_of_spans(part), BEIDOU.coarser(part.level))
        assert np.unique(parents, return_counts=True)[1].max() < BEIDOU.radix(part.level)


@pytest.mark.parametrize("level", range(6))
def test_index_cells_below_a_code_are_its_range(level):
    some = points(3000)
    cells = index_cell(some[:, 0], some[:, 1])
    codes = BEIDOU.encode_many(some, level)
    for code in codes[:50]:
        low, high = cell_range(code)
        assert ((cells >= low) & (cells <= high) == (codes == code)).all()


def test_index_cell_names_its_level_5_code():
    cell = index_cell_of(*DAQING)
    assert index_code(cell) == "N51LA506525"
    assert cell_range("N51LA506525") == (cell, cell)
    assert index_cell_of(None, None) is None


def test_index_cell_at_the_poles_is_in_no_range():
    cells = index_cell([0, 10, 20], [88, -90, 87.9])
    assert cells[:2].tolist() == [NO_CELL, NO_CELL]
    assert cell_range("S")[0] > cell_range("N")[0] == 0
    assert cells[2] > 0


def test_code_finer_than_the_index_is_refused_with_what_to_use():
    with pytest.raises(BadCode, match="use N51LA506525"):
        cell_range("N51LA5065251")


@pytest.mark.parametrize(
    ("base", "reference"),
    [
        ("N50J47539B82", "N50J47539B82-00-55-34-61-52"),
        ("N50J4754909", "N50J4754909-DA-01-55-34-61-52"),
    ],
)
def test_reference_code_equals_the_published_vector(base, reference):
    assert refer("N50J47539B8255346152", base) == reference
    assert resolve(reference) == "N50J47539B8255346152"


@pytest.mark.parametrize(
    "lonlat", [(0.0, 0.0), (6.0, 4.0), (-6.0, 4.0), (-70.6, -33.4), (116.31, -39.99), (180.0, 12.0)]
)
def test_reference_codes_lead_back_in_all_quarters_and_across_their_borders(lonlat):
    rng = np.random.default_rng(3)
    base = BEIDOU.encode(lonlat, 5)
    for step in rng.uniform(-6.9, 6.9, (40, 2)) * 4 / 3600:
        lon = lonlat[0] - abs(step[0]) if lonlat[0] == 180 else lonlat[0] + step[0]
        code = BEIDOU.encode((lon, lonlat[1] + step[1]), int(rng.integers(5, 11)))
        assert resolve(refer(code, base)) == code


def test_reference_reaches_seven_cells():
    with pytest.raises(BadCode, match="reaches 7 each way"):
        refer(BEIDOU.encode((125.012, 46.5), 6), BEIDOU.encode((125.0, 46.5), 5))


@pytest.mark.parametrize(
    "text", ["N50J47539B8", "N50J47539B82-", "N50J47539B82-0H", "N50J475-00", "N50J47539B8-00-77", "-"]
)
def test_text_that_is_no_reference_code_is_refused(text):
    with pytest.raises(BadCode):
        resolve(text)


def test_height_code_equals_the_published_vector():
    assert encode_height(8848.86) == "000004801646"
    low, high = decode_height("000004801646")
    assert low <= 8848.86 < high
    assert high - low < 0.02


@given(st.floats(-11_000, 1e7), st.integers(1, 10))
def test_height_lies_in_the_range_of_its_code(height_m, level):
    code = encode_height(height_m, level)
    low, high = decode_height(code)
    assert low - 1e-6 <= height_m <= high + 1e-6
    assert encode_height(height_m).startswith(code)


@pytest.mark.parametrize("code", ["", "0", "2000", "0640", "0A0", "00002", "0000000000000"])
def test_text_that_is_no_height_is_refused(code):
    with pytest.raises(BadCode):
        decode_height(code)


def test_height_without_a_shell_is_refused():
    for height_m in (-7e6, float("nan"), 1e12):
        with pytest.raises(BadCoordinate):
            encode_height(height_m)


@pytest.mark.parametrize("level", MGRS.levels)
def test_mgrs_of_many_points_equals_one_by_one(level):
    some = [*points(60, -79).tolist(), (5.9, 60.0), (10.0, 75.0), (3.0, 56.0), (180.0, 10.0), (-180.0, -10.0)]
    assert MGRS.encode_many(some, level).tolist() == [mgrs_from_lonlat(tuple(p), level) for p in some]


@pytest.mark.parametrize("lonlat", [DAQING, (125.99999, 46.2), (-0.00001, -0.00001), (5.99, 60.0), (179.9999, 1.0)])
@pytest.mark.parametrize("level", [1, 3, 5])
def test_mgrs_square_holds_its_point_and_neighbours_are_mutual(lonlat, level):
    code = MGRS.encode(lonlat, level)
    assert shapely.Point(lonlat).distance(MGRS.outline(code)) < 1e-6
    neighbours = MGRS.neighbours(code)
    assert code not in neighbours
    assert len(neighbours) >= 5
    assert all(code in MGRS.neighbours(other) for other in neighbours)


def test_mgrs_children_tile_their_square_to_the_edge_of_the_zone():
    square = MGRS.encode((125.999, 46.2), 1)
    children = MGRS.children(square)
    assert 0 < len(children) < 100
    assert shapely.area(MGRS.outlines(children)).sum() == pytest.approx(MGRS.outline(square).area, rel=1e-3)
    assert {MGRS.parent(child) for child in children} == {square}


@pytest.mark.parametrize("shape", [RING, shapely.box(125.9, 46.1, 126.1, 46.25), shapely.box(-0.05, -0.05, 0.05, 0.05)])
def test_mgrs_squares_of_an_area_cover_it_and_those_inside_lie_in_it(shape):
    near, inside = (MGRS.filled(shape, 2, mode) for mode in ("intersects", "covers"))
    assert shapely.difference(shape, shapely.union_all(MGRS.outlines(near))).area < 1e-6 * shape.area
    assert set(inside.tolist()) < set(near.tolist())
    assert all(shape.buffer(1e-5).contains(each) for each in MGRS.outlines(inside))
    assert all(not shape.buffer(-1e-5).contains(each) for each in MGRS.outlines(sorted({*near} - {*inside})))


@pytest.mark.parametrize("code", ["", "51", "61TXM66", "51TXM666", "YZB12", "51TAA", "31XAA00"])
def test_text_that_is_no_mgrs_square_is_refused(code):
    with pytest.raises(BadCode):
        MGRS.outline(code)


def test_mgrs_ends_at_84_north():
    with pytest.raises(BadCoordinate, match="80 S to 84 N"):
        MGRS.encode((0.0, 85.0), 3)
    with pytest.raises(BadGeometry, match="80 S and 84 N"):
        MGRS.filled(shapely.box(0, 83, 1, 85), 1)
    assert MGRS.reaches([(0.0, 85.0), (0.0, 83.9)]).tolist() == [False, True]


@pytest.mark.parametrize(
    ("name", "wanted"), [("beidou", [True, False]), ("gbsheet", [True, False]), ("geohash", [True, True])]
)
def test_system_says_which_points_have_a_cell(name, wanted):
    assert get_system(name).reaches([(1.0, 2.0), (1.0, -89.0)]).tolist() == wanted
    assert get_system(name).reaches([(181.0, 2.0), (np.nan, 2.0)]).tolist() == [False, False]


def test_too_many_descendants_are_refused():
    assert len(BEIDOU.descendants("N51LA50", 5, 40_000)) == 150 * 225
    with pytest.raises(TooManyCells, match="are more than 1000"):
        BEIDOU.descendants("N51LA50", 6, 1000)
    with pytest.raises(BadCode, match="is not finer"):
        BEIDOU.descendants("N51LA50", 3)


# --- H3, where the package is there ---------------------------------------------------------------


@pytest.fixture(scope="module")
def h3():
    pytest.importorskip("h3")
    return get_system("h3")


def test_h3_cell_equals_the_published_vector(h3):
    assert h3.encode(DAQING, 9) == "8914b26226fffff"
    assert h3.level_of("8914B26226FFFFF") == 9


def test_h3_cell_holds_its_point_everywhere(h3):
    for lon, lat in [*points(100).tolist(), (179.999, 10.0), (-179.999, -10.0), (0.0, 89.99), (10.0, -89.99)]:
        shape = h3.outline(h3.encode((lon, lat), 3))
        assert shape.is_valid
        assert shapely.Point(lon, lat).distance(shape) < 0.5
        assert shape.bounds[0] >= -180
        assert shape.bounds[2] <= 180


def test_h3_family_and_neighbours(h3):
    code = h3.encode(DAQING, 8)
    assert len(h3.children(code)) == 7
    assert {h3.parent(child) for child in h3.children(code)} == {code}
    assert all(code in h3.neighbours(other) for other in h3.neighbours(code))
    assert len(h3.neighbours(code)) == 6


def test_h3_cells_of_an_area_by_mode(h3):
    modes = [set(h3.filled(RING, 6, mode).tolist()) for mode in ("covers", "centre", "intersects")]
    assert modes[0] < modes[1] < modes[2]
    with pytest.raises(TooManyCells):
        h3.filled(RING, 15, limit=1000)


def test_text_that_is_no_h3_cell_is_refused(h3):
    with pytest.raises(BadCode, match="no H3 cell"):
        h3.outline("8914b26226ffff")
