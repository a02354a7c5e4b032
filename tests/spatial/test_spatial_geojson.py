"""GeoJSON from strangers: what is refused, what is mended, what is cut."""

import contextlib
import json
import math

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import GeometryCollection, LineString, MultiPoint, Point, Polygon, box

from location_cloud.spatial.antimeridian import cut_antimeridian
from location_cloud.spatial.errors import BadGeometry
from location_cloud.spatial.geojson import as_feature, as_geojson, normalised_geometry, parse_feature, parse_geometry

SQUARE = [[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]
HOLE = [[0.2, 0.2], [0.4, 0.2], [0.4, 0.4], [0.2, 0.4], [0.2, 0.2]]


def polygon(*rings: list) -> dict:
    return {"type": "Polygon", "coordinates": list(rings)}


@pytest.mark.parametrize(
    "value",
    [
        {"type": "Point", "coordinates": [125.1, 46.6]},
        {"type": "MultiPoint", "coordinates": [[1, 2], [3, 4]]},
        {"type": "LineString", "coordinates": [[1, 2], [3, 4]]},
        {"type": "MultiLineString", "coordinates": [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]},
        polygon(SQUARE, HOLE[::-1]),
        {"type": "MultiPolygon", "coordinates": [[SQUARE], [[[5, 5], [6, 5], [6, 6], [5, 5]]]]},
        {"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": [1, 2]}]},
    ],
)
def test_good_geometry_comes_back_as_it_was(value):
    assert shapely.equals(parse_geometry(value), shapely.from_geojson(json.dumps(value)))
    assert normalised_geometry(normalised_geometry(value)) == normalised_geometry(value)


def test_rings_are_turned_as_the_standard_asks():
    shape = parse_geometry(polygon(SQUARE[::-1], HOLE))
    assert shape.exterior.is_ccw
    assert not shape.interiors[0].is_ccw


def test_elevation_is_left_out():
    assert normalised_geometry({"type": "Point", "coordinates": [1, 2, 300]})["coordinates"] == [1.0, 2.0]


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (None, "must be a GeoJSON geometry object, not null"),
        ([], "must be a GeoJSON geometry object"),
        ({}, "is not a geometry type"),
        ({"type": "Circle"}, "type=Circle is not a geometry type"),
        ({"type": ["Point"]}, "is not a geometry type"),
        ({"type": "Point"}, r"coordinates must be \[longitude, latitude\], not null"),
        ({"type": "Point", "coordinates": [1]}, "list of another length"),
        ({"type": "Point", "coordinates": ["1", "2"]}, "must hold numbers, not text"),
        ({"type": "Point", "coordinates": [True, False]}, "not true or false"),
        ({"type": "Point", "coordinates": [math.nan, 0]}, "off the globe"),
        ({"type": "Point", "coordinates": [0, math.inf]}, "off the globe"),
        ({"type": "Point", "coordinates": [10**400, 0]}, "off the globe"),
        ({"type": "Point", "coordinates": [46.6, 125.1]}, "is it lat,lon"),
        ({"type": "LineString", "coordinates": [[1, 2]]}, "has 1 positions and needs at least 2"),
        ({"type": "LineString", "coordinates": {"a": 1}}, "must be a list, not an object"),
        ({"type": "MultiLineString", "coordinates": [[[1, 2], [3, "x"]]]}, r"coordinates\[0\]\[1\]"),
        (polygon(), "has no ring"),
        (polygon(SQUARE[:-1]), "is not closed"),
        (polygon([[0, 0], [1, 1], [0, 0]]), "needs at least 4"),
        (polygon([[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]), "not valid: Self-intersection"),
        (polygon(SQUARE, [[5, 5], [6, 5], [6, 6], [5, 5]]), "not valid: Hole lies outside"),
        ({"type": "MultiPolygon", "coordinates": []}, "has no polygon"),
        ({"type": "GeometryCollection", "geometries": {}}, "geometries must be a list"),
    ],
)
def test_malformed_geometry_is_refused_with_its_place(value, says):
    with pytest.raises(BadGeometry, match=says):
        parse_geometry(value)


def test_deep_collections_are_refused():
    value: dict = {"type": "Point", "coordinates": [0, 0]}
    for _ in range(3000):
        value = {"type": "GeometryCollection", "geometries": [value]}
    with pytest.raises(BadGeometry, match="nests more than 4"):
        parse_geometry(value)


@pytest.mark.parametrize(
    "value",
    [
        {"type": "MultiPoint", "coordinates": [["not looked at"]] * 11},
        {"type": "MultiPolygon", "coordinates": [[[["not looked at"]] * 6], [[["not looked at"]] * 6]]},
        {"type": "MultiPolygon", "coordinates": [[]] * 11},
        {"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": ["not looked at"]}] * 11},
    ],
)
def test_too_many_positions_are_refused_before_any_is_looked_at(value):
    with pytest.raises(BadGeometry, match="more than 10 positions"):
        parse_geometry(value, max_vertices=10)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.sampled_from(["type", "coordinates", "x"]), inner),
    max_leaves=20,
)


@settings(max_examples=300)
@given(
    st.sampled_from(["Point", "MultiPoint", "LineString", "Polygon", "MultiPolygon", "GeometryCollection"]), json_values
)
def test_whatever_is_sent_gives_a_shape_or_a_reason(kind, junk):
    with contextlib.suppress(BadGeometry):
        assert parse_geometry({"type": kind, "coordinates": junk, "geometries": junk}).is_valid


def test_line_over_the_antimeridian_is_cut():
    shape = parse_geometry({"type": "LineString", "coordinates": [[179, 0], [-179, 0]]})
    assert shapely.equals(shape, shapely.from_wkt("MULTILINESTRING((179 0,180 0),(-180 0,-179 0))"))


def test_polygon_over_the_antimeridian_is_cut_and_keeps_its_ground():
    shape = parse_geometry(
        polygon(
            [[178, 0], [-178, 0], [-178, 2], [178, 2], [178, 0]],
            [[-179.5, 1], [179.5, 1], [179.5, 1.5], [-179.5, 1.5], [-179.5, 1]],
        )
    )
    assert shape.bounds == (-180.0, 0.0, 180.0, 2.0)
    assert shape.area == pytest.approx(4 * 2 - 1 * 0.5)
    assert all(part.exterior.is_ccw for part in shape.geoms)


def test_box_round_the_whole_globe_is_not_cut():
    world = [[-180, -90], [180, -90], [180, 90], [-180, 90], [-180, -90]]
    assert parse_geometry(polygon(world)).area == 360 * 180


def test_ring_round_a_pole_is_refused():
    with pytest.raises(BadGeometry, match="goes round a pole"):
        parse_geometry(polygon([[0, 80], [120, 80], [-120, 80], [0, 80]]))


def test_shapes_written_beyond_180_degrees_are_cut_on_output():
    assert as_geojson(Point(190, 5)) == {"type": "Point", "coordinates": [-170.0, 5.0]}
    cut = cut_antimeridian(GeometryCollection([box(170, 0, 190, 1), MultiPoint([(181, 0), (0, 0)])]))
    assert cut.bounds == (-180.0, 0.0, 180.0, 1.0)
    assert as_geojson(box(185, 0, 186, 1))["coordinates"][0][0][0] < 0


def test_border_on_the_antimeridian_leaves_no_slivers():
    assert cut_antimeridian(Polygon([(180, 0), (190, 0), (190, 1), (180, 1)])).geom_type == "Polygon"
    assert cut_antimeridian(Point()).is_empty


def test_feature_gives_shape_and_properties():
    value = as_feature(LineString([(0, 0), (1, 1)]), {"name": "世纪大道"}, 7)
    shape, properties = parse_feature(value)
    assert value["id"] == 7
    assert shape is not None
    assert (shape.length, properties) == (math.sqrt(2), {"name": "世纪大道"})


def test_feature_without_place_is_allowed():
    assert parse_feature(as_feature(None, {})) == (None, {})


@pytest.mark.parametrize("value", [None, {"type": "Point"}, {"type": "Feature", "properties": []}])
def test_what_is_no_feature_is_refused(value):
    with pytest.raises(BadGeometry, match="feature"):
        parse_feature(value)
