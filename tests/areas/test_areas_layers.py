import pytest
import shapely

from location_cloud.areas.layers import LAYERS, _id, boundary_features, label_features, surface_features


def test_each_border_is_drawn_once_as_that_of_the_highest_area(empty_import):
    features = boundary_features(empty_import)
    levels = list(features.attributes["level"])
    assert set(levels) == {"city", "district"}
    assert shapely.length(features.geometries).sum() == pytest.approx(shapely.union_all(features.geometries).length)


def test_the_borders_are_those_of_the_surfaces(empty_import):
    borders = shapely.union_all(boundary_features(empty_import).geometries)
    rings = shapely.union_all(shapely.boundary(surface_features(empty_import).geometries))
    assert shapely.length(shapely.symmetric_difference(borders, rings)) == pytest.approx(0)


def test_an_area_has_its_code_as_id_on_every_layer(empty_import):
    for features in (surface_features(empty_import), label_features(empty_import)):
        codes = list(features.attributes["code"])
        assert features.ids.tolist() == [int(code) * 10 for code in codes]


def test_an_area_of_openstreetmap_has_the_number_of_its_relation():
    assert (_id("osm:r123"), _id("osm:w123"), _id("230602")) == (1233, 1232, 2306020)


def test_every_known_position_is_labelled_once(empty_import):
    features = label_features(empty_import)
    levels = list(features.attributes["level"])
    assert {level: levels.count(level) for level in set(levels)} == {"city": 1, "district": 9, "town": 29}


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.name)
def test_layer_has_exactly_the_declared_fields(layer, empty_import):
    assert set(layer.features(empty_import).attributes) == set(layer.fields)
