from __future__ import annotations

import gzip
import hashlib
import math

import mapbox_vector_tile
import numpy as np
import pytest

from location_cloud.access.service import issue_key
from location_cloud.app import create_app
from location_cloud.maps.dataset import _core
from location_cloud.maps.service import find_set, find_view
from location_cloud.roads.dataset import SECTION as ROADS
from location_cloud.settings import Settings
from location_cloud.tile_sets import TileAt, TileSet
from tests.conftest import copy_home

LONLAT = (24.9414, 60.1700)


def tile_path(z, lonlat=LONLAT):
    lon, lat = lonlat
    x = int((lon + 180) / 360 * 2**z)
    y = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2**z)
    return f"/tiles/base/{z}/{x}/{y}.mvt"


def test_a_tile_of_the_city_has_streets_buildings_and_addresses(client):
    answer = client.get(tile_path(14))
    assert answer.mimetype == "application/vnd.mapbox-vector-tile"
    layers = mapbox_vector_tile.decode(answer.data)
    assert {"streets", "buildings", "addresses", "pois", "land"} <= layers.keys()
    names = {feature["properties"].get("name") for feature in layers["street_labels"]["features"]}
    assert "Mannerheimintie" in names


def test_a_far_view_leaves_small_things_out(client):
    layers = mapbox_vector_tile.decode(client.get(tile_path(9)).data)
    assert "buildings" not in layers
    kinds_seen = {feature["properties"]["kind"] for feature in layers["streets"]["features"]}
    assert "footway" not in kinds_seen


def test_an_empty_tile_is_204(client):
    answer = client.get("/tiles/base/14/0/0.mvt")
    assert (answer.status_code, answer.data) == (204, b"")


def test_an_unchanged_tile_is_304(client):
    etag = client.get(tile_path(14)).headers["ETag"]
    assert client.get(tile_path(14), headers={"If-None-Match": etag}).status_code == 304


def test_a_tile_is_sent_compressed_to_whoever_takes_it(client):
    plain = client.get(tile_path(14))
    packed = client.get(tile_path(14), headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert packed.headers["Vary"] == "Accept-Encoding"
    assert len(packed.data) < len(plain.data) / 1.5


@pytest.mark.parametrize(("path", "status"), [("/tiles/base/14/99999/0.mvt", 400), ("/tiles/base/17/0/0.mvt", 404)])
def test_a_tile_off_the_grid_is_refused(client, path, status):
    assert client.get(path).status_code == status


@pytest.mark.parametrize("path", ["/tiles/none.json", "/tiles/none/1/0/0.mvt", "/styles/none.json"])
def test_an_unknown_set_or_style_is_named(client, path):
    answer = client.get(path)
    assert answer.status_code == 404
    assert "none" in answer.json["detail"]


def test_the_tilejson_says_where_the_tiles_are_and_what_they_hold(client):
    document = client.get("/tiles/base.json").json
    assert document["tilejson"] == "3.0.0"
    assert document["tiles"] == ["http://localhost/tiles/base/{z}/{x}/{y}.mvt"]
    west, south, east, north = document["bounds"]
    assert west < LONLAT[0] < east
    assert south < LONLAT[1] < north
    assert document["attribution"] == "© OpenStreetMap contributors; 天地图 Tianditu; GeoNames"
    assert {"streets", "boundaries"} <= {layer["id"] for layer in document["vector_layers"]}


def test_a_tile_holds_no_field_that_the_tilejson_does_not_name(client):
    fields = {layer["id"]: set(layer["fields"]) for layer in client.get("/tiles/base.json").json["vector_layers"]}
    for name, layer in mapbox_vector_tile.decode(client.get(tile_path(14)).data).items():
        assert set().union(*(feature["properties"] for feature in layer["features"])) <= fields[name]


def test_the_style_draws_only_layers_that_the_tiles_have(client):
    style = client.get("/styles/light.json").json
    known = {layer["id"] for layer in client.get("/tiles/base.json").json["vector_layers"]}
    assert {layer["source-layer"] for layer in style["layers"] if "source-layer" in layer} <= known
    assert "glyphs" not in style


@pytest.mark.parametrize(("language", "field"), [("zh-CN", "name_zh"), ("en", "name_en")])
def test_labels_follow_the_language(client, language, field):
    style = client.get("/styles/light.json", headers={"Accept-Language": language}).json
    label = next(layer for layer in style["layers"] if layer["id"] == "street-names")
    assert label["layout"]["text-field"] == ["coalesce", ["get", field], ["get", "name"]]


def test_daqings_districts_are_on_the_same_map(client):
    layers = mapbox_vector_tile.decode(client.get(tile_path(8, (125.1031, 46.5893))).data)
    names = {feature["properties"].get("name") for feature in layers["boundary_labels"]["features"]}
    assert "萨尔图区" in names


@pytest.fixture
def keyed(demo_home, tmp_path):
    """A client of a server that wants keys, and a key."""
    app = create_app(Settings(home=copy_home(demo_home, tmp_path), keys="always", log="off"))
    system = app.extensions["location_cloud"]
    yield app.test_client(), issue_key(system.live, "a", "", ("maps:read",), system.clock())[1]
    system.close()


def test_a_key_in_the_address_is_passed_on_to_the_tiles(keyed):
    client, key = keyed
    assert client.get("/tiles/base.json").status_code == 401
    style = client.get(f"/styles/light.json?key={key}").json
    document = client.get(style["sources"]["base"]["url"].removeprefix("http://localhost")).json
    template = document["tiles"][0].removeprefix("http://localhost")
    z, x, y = tile_path(14).removesuffix(".mvt").split("/")[-3:]
    tile = client.get(template.replace("{z}", z).replace("{x}", x).replace("{y}", y))
    assert tile.status_code == 200
    assert tile.headers["Cache-Control"].startswith("private")


@pytest.mark.parametrize("asked", ["crs=gcj02&matrix=c", "crs=utm", "matrix=x"])
def test_a_coordinate_system_that_tiles_do_not_have_is_refused(client, asked):
    assert client.get(f"/tiles/base/14/0/0.mvt?{asked}").status_code == 400


def test_a_street_on_the_map_has_the_way_of_its_road_edges_as_id(client, app):
    layers = mapbox_vector_tile.decode(client.get(tile_path(16)).data)
    drawn = {each["id"] for each in layers["streets"]["features"] if not each["properties"].get("rail")}
    ways = app.extensions["location_cloud"].worlds.current().section(ROADS).seg_way
    assert drawn
    assert drawn <= set(ways.tolist())


def test_daqing_lies_elsewhere_on_a_gcj02_map(client):
    path = tile_path(10, (125.1031, 46.5893))
    here, shifted = (
        mapbox_vector_tile.decode(client.get(path + asked).data)["boundary_labels"]["features"]
        for asked in ("", "?crs=gcj02")
    )
    moved = np.subtract(shifted[0]["geometry"]["coordinates"], here[0]["geometry"]["coordinates"])
    assert shifted[0]["id"] == here[0]["id"]
    # 538 m to the east, 234 m to the north in its middle, a tenth less elsewhere; a unit is 6.6 m at zoom 10.
    assert moved.tolist() == pytest.approx([82, 36], abs=8)


def test_a_map_opens_on_the_city_not_between_it_and_a_stray_way():
    city = np.random.default_rng(7).uniform([8.6, 49.3], [8.8, 49.5], (1000, 2))
    west, south, east, north = _core(np.vstack([city, [[2.0, 40.0]] * 20]))
    assert 8.6 <= west < east <= 8.8
    assert 49.3 <= south < north <= 49.5


def test_an_import_without_features_opens_on_the_world():
    assert _core(np.zeros((0, 2))) is None
    assert find_view(TileSet("base", {}, ("mvt",), lambda at: None)) == (0.0, 0.0, 1)


def test_every_way_to_a_tile_shares_the_bytes_that_were_made_once(app):
    base = readable_base(app)
    z, x, y = map(int, tile_path(14)[len("/tiles/base/") : -len(".mvt")].split("/"))
    made = [base.read(TileAt(z, x, y)), base.at_hand(TileAt(z, x, y)), base.read(TileAt(z, x, y, crs="cgcs2000"))]
    assert all(each is made[0] for each in made)
    assert made[0].etag == hashlib.blake2b(made[0].body, digest_size=12).hexdigest()


def test_tiles_of_other_grids_are_kept_apart(app):
    base = readable_base(app)
    found = [base.read(TileAt(8, 145, 74, matrix=matrix)) for matrix in ("w", "c", "w", "c")]  # c: far in the south
    assert [each is None for each in found] == [False, True, False, True]


def readable_base(app):
    return find_set(app.extensions["location_cloud"].worlds.current(), "default", "base")
