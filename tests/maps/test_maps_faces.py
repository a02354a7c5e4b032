from __future__ import annotations

import gzip

import pytest

from location_cloud.access.service import issue_key
from location_cloud.maps.packing import takes_gzip
from location_cloud.spatial.crs import from_wgs84
from tests.conftest import copy_home
from tests.maps.drawn_tiles import PACKED, drawn_app

GZIP = {"Accept-Encoding": "gzip"}


@pytest.fixture(scope="module")
def drawn_home(demo_home, tmp_path_factory):
    return copy_home(demo_home, tmp_path_factory.mktemp("drawn"))


@pytest.fixture(scope="module")
def app(drawn_home):
    with drawn_app(drawn_home) as flask:
        yield flask


# --- one tile by every address --------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/tiles/far/5/26/11.mvt",
        "/tiles/far/5/26/20.mvt?scheme=tms",
        "/tiles/far/tms/5/26/20.mvt",
        "/tiles/far/q/13032.mvt",
        "/wmts/1.0.0/far/default/w/5/11/26.mvt",
        "/ogc/tiles/collections/far/tiles/WebMercatorQuad/5/11/26",
    ],
)
def test_a_tile_is_the_same_by_every_address(client, path):
    assert client.get(path).data == b"5/26/11"


def test_a_quadkey_names_the_tile_of_the_bing_example(client):
    # x=3, y=5, level 3 is "213". Source: Bing Maps Tile System.
    assert client.get("/tiles/far/q/0213.mvt").data == b"4/3/5"


def test_rows_of_the_degree_grid_are_flipped_within_its_half_height(client):
    from_north = client.get("/tiles/drawn/3/5/1.png?matrix=c")
    assert client.get("/tiles/drawn/tms/3/5/2.png?matrix=c").data == from_north.data


def test_a_picture_is_named_by_its_media_type_and_not_packed_again(client):
    picture = client.get("/tiles/drawn/5/26/11.png", headers=GZIP)
    assert picture.mimetype == "image/png"
    assert picture.data.startswith(b"\x89PNG")
    assert "Content-Encoding" not in picture.headers


def test_bytes_for_a_page_of_its_own_are_served_too(client):
    states = client.get("/tiles/states/5/26/11.bin")
    assert (states.data, states.mimetype) == (b"\x01\x02", "application/octet-stream")


# --- packed tiles, validators, caches -------------------------------------------------------------


def test_a_packed_tile_goes_as_it_is_to_whoever_takes_gzip(client):
    packed = client.get("/tiles/packed/3/1/1.mvt", headers=GZIP)
    assert (packed.data, packed.headers["Content-Encoding"]) == (PACKED, "gzip")
    assert packed.headers["ETag"] == '"abc"'
    assert "Accept-Encoding" in packed.headers["Vary"]


def test_a_packed_tile_is_unpacked_for_others_and_has_a_validator_of_its_own(client):
    plain = client.get("/tiles/packed/3/1/1.mvt")
    assert plain.data == gzip.decompress(PACKED)
    assert "Content-Encoding" not in plain.headers
    assert plain.headers["ETag"] == '"abc-plain"'
    assert "Accept-Encoding" in plain.headers["Vary"]


@pytest.mark.parametrize("headers", [{}, GZIP])
def test_an_unchanged_packed_tile_is_304(client, headers):
    first = client.get("/tiles/packed/3/1/1.mvt", headers=headers)
    again = client.get("/tiles/packed/3/1/1.mvt", headers=headers | {"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]


@pytest.mark.parametrize(("name", "says"), [("bomb", "more than"), ("torn", "damaged")])
def test_a_tile_that_does_not_unpack_is_refused(client, name, says):
    refused = client.get(f"/tiles/{name}/3/1/1.mvt")
    assert refused.status_code == 422
    assert says in refused.json["detail"]


@pytest.mark.parametrize(
    ("accepted", "is_taken"),
    [
        ("", False),
        ("gzip", True),
        ("br, gzip;q=0.5", True),
        ("gzip;q=0", False),
        ("*", True),
        ("*, gzip;q=0", False),
        ("identity;q=1, *;q=0", False),
        ("gzip;q=nonsense", False),
    ],
)
def test_gzip_is_sent_only_where_it_is_taken(accepted, is_taken):
    assert takes_gzip(accepted) is is_taken


@pytest.mark.parametrize(
    ("path", "cache"),
    [
        ("/tiles/packed/3/1/1.mvt", "no-cache"),
        ("/tiles/states/3/1/1.bin", "no-store"),
        ("/tiles/far/4/1/1.mvt", "public, max-age=60"),
    ],
)
def test_each_set_says_how_long_its_tiles_may_be_kept(client, path, cache):
    assert client.get(path).headers["Cache-Control"] == cache


def test_an_empty_tile_says_how_long_it_stays_empty(client):
    empty = client.get("/tiles/far/1/1/1.mvt")
    assert (empty.status_code, empty.headers["Cache-Control"]) == (204, "public, max-age=60")


@pytest.mark.parametrize("path", ["/tiles/drawn/5/26/11.png", "/tiles/packed/3/1/1.mvt", "/tiles/far/1/1/1.mvt"])
@pytest.mark.parametrize("headers", [{}, GZIP])
def test_head_tells_what_get_tells(client, path, headers):
    changing = {"Server-Timing", "X-Request-Id", "Date"}
    got, head = client.get(path, headers=headers), client.head(path, headers=headers)
    assert head.data == b""
    assert head.status_code == got.status_code
    told = [{name: value for name, value in each.headers.items() if name not in changing} for each in (got, head)]
    assert told[0] == told[1]


# --- systems and grids ----------------------------------------------------------------------------


@pytest.mark.parametrize("crs", ["wgs84", "gcj02", "bd09"])
def test_the_switch_reaches_the_set_and_the_addresses_in_its_tilejson(client, crs):
    template = client.get(f"/tiles/moved.json?crs={crs}").json["tiles"][0]
    tile = client.get(template.removeprefix("http://localhost").format(z=3, x=1, y=1))
    assert tile.data == crs.encode()


def test_cgcs2000_is_taken_for_wgs84(client):
    assert client.get("/tiles/moved/3/1/1.mvt?crs=cgcs2000").data == b"wgs84"


def test_bounds_and_centre_are_moved_with_the_tiles(client):
    plain, moved = client.get("/tiles/moved.json").json, client.get("/tiles/moved.json?crs=gcj02").json
    assert moved["bounds"][:2] == pytest.approx(from_wgs84([plain["bounds"][:2]], "gcj02")[0])
    assert moved["center"][:2] == pytest.approx(from_wgs84([plain["center"][:2]], "gcj02")[0])
    assert 0.003 < moved["center"][0] - plain["center"][0] < 0.01


def test_the_tilejson_tells_a_client_of_amap_how_to_write_the_address(client):
    assert "[z]/[x]/[y].mvt?crs=gcj02" in client.get("/tiles/moved.json?crs=gcj02").json["description"]


def test_the_degree_grid_is_carried_into_the_addresses(client):
    document = client.get("/tiles/drawn.json?matrix=c&lang=en").json
    assert document["tiles"] == ["http://localhost/tiles/drawn/{z}/{x}/{y}.png?matrix=c"]
    assert document["minzoom"] == 1
    assert "EPSG:4490" in document["description"]
    assert document["tileSize"] == 256


def test_a_tms_tilejson_counts_from_the_south(client):
    document = client.get("/tiles/drawn.json?scheme=tms").json
    assert document["scheme"] == "tms"
    assert document["tiles"] == ["http://localhost/tiles/drawn/tms/{z}/{x}/{y}.png"]


# --- what may be asked, and by whom ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/tiles/drawn/14/99999/0.png", 400),
        ("/tiles/drawn/14/0/99999.png", 400),
        ("/tiles/drawn/tms/14/0/99999.png", 400),
        ("/tiles/drawn/14/0/8192.png?matrix=c", 400),
        ("/tiles/drawn/0/0/0.png?matrix=c", 400),
        ("/tiles/drawn/17/0/0.png", 404),
        ("/tiles/drawn/14/0/0.mvt", 404),
        ("/tiles/drawn/14/0/0.gif", 400),
        ("/tiles/drawn/31/0/0.png", 400),
        ("/tiles/drawn/-1/0/0.png", 400),
        ("/tiles/drawn/1.5/0/0.png", 400),
        ("/tiles/drawn/1/0/NaN.png", 400),
        ("/tiles/drawn/1/0/0.png?crs=gcj02", 400),
        ("/tiles/far/1/0/0.mvt?matrix=c", 400),
        ("/tiles/moved/1/0/0.mvt?matrix=c&crs=gcj02", 400),
        ("/tiles/moved.json?matrix=c&crs=gcj02", 400),
        ("/ogc/tiles/collections/moved/tiles/CGCS2000Quad?crs=gcj02", 404),
        ("/ogc/tiles/collections/far?crs=gcj02", 404),
        ("/tiles/drawn/1/0/0.png?crs=mars", 400),
        ("/tiles/drawn/1/0/0.png?scheme=zyx", 400),
        ("/tiles/drawn/1/0/0.png?zoom=3", 400),
        ("/tiles/none/1/0/0.png", 404),
        ("/tiles/drawn/q/0124.png", 400),
        ("/tiles/drawn/q/" + "0" * 31 + ".png", 400),
        ("/tiles/drawn.json?form=mvt", 404),
    ],
)
def test_a_tile_that_cannot_be_is_refused_with_a_hint(client, path, status):
    refused = client.get(path)
    assert refused.status_code == status
    assert refused.json["detail"]
    assert refused.json["hint"]
    assert refused.headers["Cache-Control"] == "no-store"


@pytest.fixture
def keyed_app(demo_home, tmp_path):
    with drawn_app(copy_home(demo_home, tmp_path), keys="always") as flask:
        yield flask


def key_of(flask, *scopes):
    system = flask.extensions["location_cloud"]
    return {"X-API-Key": issue_key(system.live, "a", "", scopes, system.clock())[1]}


def test_a_set_opens_only_to_keys_with_its_scope(keyed_app):
    client, key = keyed_app.test_client(), key_of(keyed_app, "maps:read")
    assert client.get("/tiles/far/5/1/1.mvt", headers=key).status_code == 200
    refused = client.get("/tiles/closed/5/1/1.mvt", headers=key)
    assert refused.status_code == 403
    assert "roads:read" in refused.json["detail"]
    both = key_of(keyed_app, "maps:read", "roads:read")
    assert client.get("/tiles/closed/5/1/1.mvt", headers=both).data == b"closed"


@pytest.mark.parametrize(
    "path",
    [
        "/tiles/closed.json",
        "/tiles/closed/q/1.mvt",
        "/tiles/closed/tms/5/1/1.mvt",
        "/wmts/1.0.0/closed/default/w/5/1/1.mvt",
        "/wmts?service=WMTS&request=GetTile&layer=closed&format=tiles&tilematrixset=w&tilematrix=5&tilerow=1&tilecol=1",
        "/ogc/tiles/collections/closed",
        "/ogc/tiles/collections/closed/tiles/WebMercatorQuad/5/1/1",
    ],
)
def test_no_face_lets_a_closed_set_out(keyed_app, path):
    assert keyed_app.test_client().get(path, headers=key_of(keyed_app, "maps:read")).status_code == 403


@pytest.mark.parametrize("path", ["/tiles.json", "/wmts/1.0.0/WMTSCapabilities.xml", "/ogc/tiles/collections"])
def test_a_closed_set_is_not_listed_to_others(keyed_app, path):
    client = keyed_app.test_client()
    assert b"closed" not in client.get(path, headers=key_of(keyed_app, "maps:read")).data
    assert b"closed" in client.get(path, headers=key_of(keyed_app, "maps:read", "roads:read")).data


def test_a_key_in_the_address_is_carried_into_every_address(keyed_app):
    key = key_of(keyed_app, "maps:read")["X-API-Key"]
    client = keyed_app.test_client()
    document = client.get(f"/tiles/moved.json?crs=gcj02&key={key}").json
    assert document["tiles"] == [f"http://localhost/tiles/moved/{{z}}/{{x}}/{{y}}.mvt?key={key}&crs=gcj02"]
    capabilities = client.get(f"/wmts/1.0.0/WMTSCapabilities.xml?key={key}").text
    assert f"{{TileCol}}.mvt?key={key}" in capabilities
    assert f"/wmts?key={key}&amp;" in capabilities
    tileset = client.get(f"/ogc/tiles/collections/far/tiles/WebMercatorQuad?key={key}").json
    template = next(link["href"] for link in tileset["links"] if link["rel"] == "item")
    path = template.removeprefix("http://localhost").format(tileMatrix=5, tileRow=1, tileCol=2)
    assert client.get(path).data == b"5/2/1"


def test_the_list_names_sets_with_the_asked_grid(client):
    names = {each["name"] for each in client.get("/tiles.json?matrix=c").json["sets"]}
    assert {"drawn", "fine"} <= names
    assert "far" not in names


def test_titles_follow_the_language(client):
    titles = {
        language: {each["name"]: each["title"] for each in client.get(f"/tiles.json?lang={language}").json["sets"]}
        for language in ("zh-CN", "en")
    }
    assert titles["en"]["far"] == "The far map"
    assert titles["zh-CN"]["far"] == "far图"
