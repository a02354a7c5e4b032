from __future__ import annotations

import numpy as np
import pytest
from maps.osm_of_tags import LAYERS, features, kind_of, rows, square

from location_cloud.extract import TagColumns
from location_cloud.maps.kinds import parse_words

LINE = [(125.0, 46.5), (125.01, 46.5)]


@pytest.mark.parametrize(
    ("layer", "tags", "found"),
    [
        ("streets", {"highway": "motorway"}, ("motorway", 5)),
        ("streets", {"highway": "primary_link"}, ("primary", 11)),
        ("streets", {"railway": "rail", "service": "yard"}, ("rail", 12)),
        ("streets", {"highway": "pedestrian", "area": "yes"}, None),
        ("streets", {"highway": "proposed"}, None),
        ("water_polygons", {"natural": "water", "water": "river"}, ("river", 4)),
        ("water_polygons", {"natural": "water", "water": "lake"}, ("water", 4)),
        ("land", {"natural": "wetland"}, ("wetland", 10)),
        ("buildings", {"building": "no"}, None),
        ("pois", {"man_made": "petroleum_well"}, ("", 12)),
        ("pois", {"amenity": "parking_space"}, None),
        ("place_labels", {"place": "city", "capital": "yes", "name": "北京市"}, ("capital", 4)),
        ("place_labels", {"place": "city"}, None),
        ("ferries", {"route": "ferry", "motor_vehicle": "no"}, ("ferry", 12)),
    ],
)
def test_the_first_line_that_fits_says_kind_and_zoom(layer, tags, found):
    assert kind_of(layer, tags) == found


def test_every_layer_of_shortbread_that_extracts_can_give_is_in_the_table():
    # Source: Shortbread schema 1.0; ocean, boundaries and boundary_labels are made elsewhere.
    surfaces = {"water_polygons", "dam_polygons", "pier_polygons", "land", "sites", "buildings", "street_polygons"}
    lines = {"water_lines", "dam_lines", "pier_lines", "streets", "aerialways", "ferries"}
    names = {"water_polygons_labels", "water_lines_labels", "street_labels", "streets_polygons_labels"}
    points = {"place_labels", "street_labels_points", "addresses", "public_transport", "pois"}
    assert set(LAYERS) >= {"bridges"} | surfaces | lines | names | points


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_has_exactly_the_declared_fields(layer):
    assert set(features(layer).attributes) == set(LAYERS[layer].fields)


@pytest.mark.parametrize("text", ["", "!highway", "highway=", "highway!=primary"])
def test_a_condition_begins_with_what_an_object_has(text):
    with pytest.raises(ValueError, match="condition"):
        parse_words(text)


def test_columns_tell_the_same_as_dicts():
    chance = np.random.default_rng(7)
    tags = [{f"k{k}": f"v{chance.integers(4)}" for k in chance.integers(0, 6, 3)} for _ in range(200)]
    columns = TagColumns(tags)
    for key in ("k0", "k3", "absent"):
        codes = columns[key].codes_at(np.arange(200))
        assert [None if code < 0 else columns[key].values[code] for code in codes] == [each.get(key) for each in tags]


def test_names_stand_in_chinese_english_and_as_written_there():
    tags = {"highway": "primary", "name": "世纪大道", "name:zh-Hans": "世纪大道", "name:en": "Shiji Avenue"}
    [row] = rows(features("street_labels", ways=[(tags, LINE)]))
    assert row == {"kind": "primary", "name": "世纪大道", "name_zh": "世纪大道", "name_en": "Shiji Avenue"}


def test_numbers_of_a_road_stand_one_below_the_other():
    [row] = rows(features("street_labels", ways=[({"highway": "trunk", "ref": "G45;S201"}, LINE)]))
    assert (row["ref"], row["ref_rows"], row["ref_cols"]) == ("G45\nS201", 2, 4)


@pytest.mark.parametrize(("written", "meant"), [("1,200,000", 1_200_000), ("about 300", 5_000), (None, 5_000)])
def test_population_falls_back_to_what_is_usual_for_the_kind(written, meant):
    tags = {"place": "town", "name": "A"} | ({"population": written} if written else {})
    [row] = rows(features("place_labels", nodes=[(tags, LINE[0])]))
    assert row["population"] == meant


def test_only_what_is_so_is_written():
    tags = {"highway": "primary", "bridge": "no", "oneway": "-1", "covered": "yes"}
    row = rows(features("streets", ways=[(tags, LINE)]))[0]
    assert row == {"kind": "primary", "oneway": True, "oneway_reverse": True, "tunnel": True}


def test_an_address_that_a_place_of_interest_carries_is_not_shown_twice():
    house, shop = {"addr:housenumber": "1"}, {"addr:housenumber": "2", "shop": "bakery"}
    nodes = [(house, LINE[0]), (shop, LINE[1])]
    assert features("addresses", nodes=nodes).ids.tolist() == [11]
    assert rows(features("pois", nodes=nodes))[0]["housenumber"] == "2"


def test_an_area_on_the_map_is_no_line_there():
    pier = {"man_made": "pier"}
    made = features("pier_lines", ways=[(pier, LINE)] * 101, areas=[(pier, square(0.001))])
    assert 101 not in made.ids
    assert len(made.ids) == 100
