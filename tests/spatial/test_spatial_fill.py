"""Cells of a polygon: the scan-line against looking at every cell, and arithmetic of spans."""

import json
import pathlib

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

from location_cloud.spatial.cells import BEIDOU, GEOSOT, LATTICES, PLUSCODE, CellSpans
from location_cloud.spatial.errors import BadCode, BadGeometry

DISTRICTS = pathlib.Path(__file__).parents[2] / "data/daqing/daqing_districts_tianditu.geojson"
COMB = Polygon([(0, 0), (4, 0), (4, 3), (3, 3), (3, 1), (2.5, 1), (2.5, 3), (1, 3), (1, 1), (0, 3)])
RING = Polygon([(0, 0), (4, 0.3), (3.6, 4), (0.2, 3.7)], [[(1.1, 1.2), (2.9, 1), (2.5, 2.8), (1, 2.6)]])
PAIR = MultiPolygon([RING, shapely.transform(COMB, lambda c: c * 0.4 + [1.3, 1.4])])
patient = settings(max_examples=40)


def placed(shape, lon: float, lat: float, size: float):
    return shapely.transform(shape, lambda c: c * size / 4 + [lon, lat])


def every_cell(system, shape, level: int) -> tuple[np.ndarray, np.ndarray]:
    """Columns and rows of all cells around a shape, one beyond its bounds."""
    west, south, east, north = shape.bounds
    (c0, c1), (r0, r1) = system.index([(west, south), (east, north)], level)
    column, row = np.meshgrid(np.arange(c0 - 1, c1 + 2), np.arange(r0 - 1, r1 + 2))
    return column.ravel(), row.ravel()


def oracle(system, shape, level: int, mode: str) -> set[tuple[int, int]]:
    """The cells by asking shapely about each."""
    column, row = every_cell(system, shape, level)
    if mode == "centre":
        centres = system.centres(column, row, level)
        taken = shapely.contains_xy(shape, centres[:, 0], centres[:, 1])
    else:
        boxes = np.array([system.bbox(int(c), int(r), level).as_polygon() for c, r in zip(column, row)])
        shared = shapely.area(shapely.intersection(shape, boxes)) / shapely.area(boxes)
        taken = shared > 1e-12 if mode == "intersects" else shared > 1 - 1e-12
    return set(zip(column[taken].tolist(), row[taken].tolist()))


def as_set(spans: CellSpans) -> set[tuple[int, int]]:
    column, row = spans.cells()
    return set(zip(column.tolist(), row.tolist()))


LEVELS = {"beidou": 4, "geosot": 13, "geohash": 6, "quadkey": 14, "pluscode": 8, "gbsheet": 5_000}
SIZES = {"beidou": 0.4, "geosot": 1.6, "geohash": 0.15, "quadkey": 0.4, "pluscode": 0.06, "gbsheet": 0.8}


@pytest.mark.parametrize("name", LATTICES)
@pytest.mark.parametrize("mode", ["centre", "intersects", "covers"])
@pytest.mark.parametrize("shape", [COMB, RING, PAIR], ids=["comb", "ring", "pair"])
@pytest.mark.parametrize("at", [(125.1031, 46.5893), (-70.61803, -33.4123), (-0.1713, -0.2117)])
def test_cells_equal_asking_about_each(name, mode, shape, at):
    system, level = LATTICES[name], LEVELS[name]
    at = (at[0], abs(at[1])) if name == "gbsheet" else at
    shape = placed(shape, *at, SIZES[name])
    shape = shape if shape.is_valid else shapely.union_all(list(shape.geoms))
    spans = system.polyfill(shape, level, mode)
    assert as_set(spans) == oracle(system, shape, level, mode)
    assert spans.count > 50


@patient
@given(st.lists(st.tuples(st.floats(0, 0.3), st.floats(0, 0.3)), min_size=3, max_size=12))
def test_cells_by_centre_equal_the_point_test_for_any_polygon(corners):
    hull = shapely.make_valid(Polygon(corners)).buffer(0.001)
    shape = shapely.transform(hull, lambda c: c + np.array([125.0113, 46.5171]))
    assert as_set(BEIDOU.polyfill(shape, 4)) == oracle(BEIDOU, shape, 4, "centre")


@pytest.mark.parametrize("mode", ["centre", "intersects", "covers"])
@pytest.mark.parametrize("lonlat", [(125.1031, 46.5893), (-70.6, -33.4), (179.99999, 1.0), (-180.0, -1.0), (0.0, 0.0)])
@pytest.mark.parametrize("level", BEIDOU.levels[1:])
def test_box_of_a_cell_is_filled_by_that_cell_alone(mode, lonlat, level):
    code = BEIDOU.encode(lonlat, level)
    spans = BEIDOU.polyfill(BEIDOU.decode(code).as_polygon(), level, mode)
    assert BEIDOU.codes_of_spans(spans).tolist() == [code]


def test_neighbouring_districts_share_no_cell_and_leave_none_between():
    features = json.loads(DISTRICTS.read_text(encoding="utf-8"))["features"]
    shapes = [shapely.from_geojson(json.dumps(feature["geometry"])) for feature in features]
    city = BEIDOU.polyfill(shapely.union_all(shapes), 5)
    # Borders drawn twice differ by some metres, so a handful of centres fall between or in both.
    assert sum(BEIDOU.polyfill(shape, 5).count for shape in shapes) == pytest.approx(city.count, rel=1e-3)
    assert city.count > 1_900_000
    assert len(city) < 5_000


def test_halves_of_a_shape_share_no_cell():
    shape = placed(RING, 125.0, 46.5, 0.4)
    west, east = shape.intersection(box(125, 46, 125.2, 47)), shape.intersection(box(125.2, 46, 126, 47))
    parts = [BEIDOU.polyfill(part, 5) for part in (west, east)]
    assert parts[0].intersection(parts[1]).count == 0
    assert as_set(parts[0].union(parts[1])) == as_set(BEIDOU.polyfill(shape, 5))


def test_codes_of_spans_name_the_cells_that_hold_their_centres():
    spans = BEIDOU.polyfill(placed(COMB, -70.6, -33.4, 0.2), 4)
    column, row = spans.cells()
    centres = BEIDOU.centres(column, row, 4)
    assert BEIDOU.codes_of_spans(spans).tolist() == BEIDOU.encode_many(centres, 4).tolist()


def test_coarser_spans_hold_exactly_the_parents():
    for system, level in ((BEIDOU, 4), (PLUSCODE, 8), (GEOSOT, 13)):
        spans = system.polyfill(placed(COMB, -0.1, -0.1, 0.25), level)
        parents = set(system.parents_of(system.codes_of_spans(spans), system.coarser(level)).tolist())
        assert set(system.codes_of_spans(system.coarser_spans(spans)).tolist()) == parents


def test_shape_too_small_for_a_centre_takes_none():
    dot = Point(125.1031, 46.5893).buffer(1e-5)
    assert len(BEIDOU.polyfill(dot, 4)) == 0
    assert BEIDOU.polyfill(dot, 4, "intersects").count == 1
    assert BEIDOU.polyfill(Polygon(), 4).count == 0


@pytest.mark.parametrize(
    ("shape", "says"),
    [
        (LineString([(0, 0), (1, 1)]), "not a LineString"),
        (Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]), "not valid: Self-intersection"),
        (box(0, 80, 1, 89), "cells exist only for longitude -180..180 and latitude -88..88"),
        (box(179, 0, 181, 1), "cells exist only"),
    ],
)
def test_shape_that_cannot_be_filled_is_refused(shape, says):
    with pytest.raises(BadGeometry, match=says):
        BEIDOU.polyfill(shape, 4)


def test_level_too_fine_for_the_shape_is_refused():
    with pytest.raises(BadGeometry, match="take a coarser level"):
        BEIDOU.polyfill(box(124, 46, 126, 47), 10)
    teeth = [(x / 1000, y) for x in range(1000) for y in (0.5, 1.5)]
    with pytest.raises(BadGeometry, match="take a coarser level"):
        BEIDOU.polyfill(Polygon([(0, 0), *teeth, (1, 0)]), 7, "centre")


def test_unknown_mode_is_refused():
    with pytest.raises(BadGeometry, match="mode=touches"):
        BEIDOU.polyfill(COMB, 3, "touches")  # type: ignore[arg-type]


def test_long_listing_is_refused():
    spans = BEIDOU.polyfill(placed(COMB, 125, 46, 0.2), 5)
    with pytest.raises(BadCode, match="are more than 100"):
        BEIDOU.codes_of_spans(spans, limit=100)


runs = st.lists(st.tuples(st.integers(-3, 3), st.integers(-20, 20), st.integers(-2, 8)), max_size=15)


def spans_of(drawn: list[tuple[int, int, int]]) -> CellSpans:
    row, first, more = np.array(drawn, dtype=np.int64).reshape(-1, 3).T
    return CellSpans.merged(4, row, first, first + more)


def cells_of(drawn: list[tuple[int, int, int]]) -> set[tuple[int, int]]:
    return {(column, row) for row, first, more in drawn for column in range(first, first + more + 1)}


@given(runs, runs)
def test_spans_add_subtract_and_meet_like_sets(a, b):
    assert as_set(spans_of(a)) == cells_of(a)
    assert as_set(spans_of(a).union(spans_of(b))) == cells_of(a) | cells_of(b)
    assert as_set(spans_of(a).difference(spans_of(b))) == cells_of(a) - cells_of(b)
    assert as_set(spans_of(a).intersection(spans_of(b))) == cells_of(a) & cells_of(b)


@given(runs)
def test_spans_of_one_row_neither_overlap_nor_touch(drawn):
    spans = spans_of(drawn)
    same = spans.row[1:] == spans.row[:-1]
    assert (spans.first[1:][same] > spans.last[:-1][same] + 1).all()
    assert spans.count == len(cells_of(drawn))


def test_spans_of_different_levels_do_not_mix():
    with pytest.raises(ValueError, match="coarsen one first"):
        BEIDOU.polyfill(COMB, 2).union(BEIDOU.polyfill(COMB, 1))
