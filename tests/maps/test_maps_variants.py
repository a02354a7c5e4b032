from __future__ import annotations

import mapbox_vector_tile
import numpy as np
import pytest
from maps.osm_of_tags import features

from location_cloud.errors import BadQuery
from location_cloud.maps.dataset import StoredLayer, StoredSet
from location_cloud.maps.tile_sets import read_tile
from location_cloud.maps.variants import VARIANTS, build_variants, variant_of
from location_cloud.spatial.crs import as_wgs84, from_wgs84
from location_cloud.spatial.measure import distance_m
from location_cloud.tile_sets import TileAt
from tiles.index import build_layer
from tiles.mercator import GRID_SIZE, lonlat_from_grid

DAQING, HELSINKI = (125.1031, 46.5893), (24.9414, 60.17)
HOUSE = {"addr:housenumber": "1"}


def houses(lonlat, count=500):
    places = np.array(lonlat) + np.random.default_rng(7).uniform(-0.1, 0.1, (count, 2))
    return build_layer(features("addresses", nodes=[(HOUSE, tuple(place)) for place in places]))


def degrees_of(variant, xy):
    if variant == "c":
        return xy * (360 / GRID_SIZE) * np.array([1, -1]) + np.array([-180, 90])
    return lonlat_from_grid(xy)


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_point_comes_back_within_a_tenth_of_a_metre(variant):
    layer = houses(DAQING)
    moved = degrees_of(variant, build_variants(layer)[variant].columns.xy)
    back = moved if variant == "c" else as_wgs84(moved, variant)
    here = lonlat_from_grid(layer.columns.xy)
    assert np.asarray(distance_m(here, back)).max() < 0.1


def test_outside_china_nothing_is_stored_twice():
    assert set(build_variants(houses(HELSINKI))) == {"c"}


def test_a_variant_costs_eight_bytes_a_vertex_and_its_place_in_the_grid():
    layer = build_layer(features("streets", ways=[({"highway": "primary"}, [tuple(DAQING), (125.2, 46.6)])]))
    own = build_variants(layer)["gcj02"].variant_arrays()
    assert own["xy"].nbytes == 8 * len(layer.columns.xy)


@pytest.mark.parametrize(
    ("at", "name"),
    [
        (TileAt(10, 0, 0), ""),
        (TileAt(10, 0, 0, crs="cgcs2000"), ""),
        (TileAt(10, 0, 0, matrix="c", crs="cgcs2000"), "c"),
        (TileAt(10, 0, 0, crs="bd09"), "bd09"),
    ],
)
def test_a_tile_is_read_from_the_coordinates_that_it_asks_for(at, name):
    assert variant_of(at) == name


def test_degrees_are_not_shifted():
    with pytest.raises(BadQuery, match="matrix=c with crs=gcj02"):
        variant_of(TileAt(10, 0, 0, matrix="c", crs="gcj02"))


@pytest.fixture
def stored(tmp_path):
    index = houses(DAQING, 1)
    layer = StoredLayer("addresses", {}, 0, 16, index, tmp_path)
    layer.opened.update(build_variants(index))
    return StoredSet("base", (layer,), None, None, "")


def test_the_same_house_is_in_the_degree_tile_of_tianditu(stored):
    lon, lat = lonlat_from_grid(stored.layers[0].index.columns.xy)[0]
    at = TileAt(16, int((lon + 180) / 360 * 2**16), int((90 - lat) / 360 * 2**16), matrix="c", crs="cgcs2000")
    decoded = mapbox_vector_tile.decode(read_tile(stored, at).body)
    assert len(decoded["addresses"]["features"]) == 1


def test_a_shifted_tile_has_the_house_where_amap_has_it(stored):
    lonlat = lonlat_from_grid(stored.layers[0].index.columns.xy)
    lon, lat = from_wgs84(lonlat, "gcj02")[0]
    y = (1 - np.arcsinh(np.tan(np.radians(lat))) / np.pi) / 2 * 2**16
    x = (lon + 180) / 360 * 2**16
    tile = read_tile(stored, TileAt(16, int(x), int(y), crs="gcj02"))
    [house] = mapbox_vector_tile.decode(tile.body)["addresses"]["features"]
    along, up = house["geometry"]["coordinates"]
    assert along == pytest.approx((x % 1) * 4096, abs=1)
    assert 4096 - up == pytest.approx((y % 1) * 4096, abs=1)
