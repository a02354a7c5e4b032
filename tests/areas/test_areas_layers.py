import pytest

from location_cloud.areas.layers import LAYERS, boundary_features, label_features


def test_nine_districts_and_the_city_are_drawn(empty_import):
    features = boundary_features(empty_import)
    assert list(features.attributes["level"]).count("district") == 9
    assert len(features.ids) == 10


def test_every_known_position_is_labelled_once(empty_import):
    features = label_features(empty_import)
    levels = list(features.attributes["level"])
    assert {level: levels.count(level) for level in set(levels)} == {"city": 1, "district": 9, "town": 29}


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.name)
def test_layer_has_exactly_the_declared_fields(layer, empty_import):
    assert set(layer.features(empty_import).attributes) == set(layer.fields)
