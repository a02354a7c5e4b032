from __future__ import annotations

from contextlib import contextmanager

import mapbox_vector_tile
import pytest
import sqlalchemy as sa

from location_cloud.access.model import Caller
from location_cloud.access.service import anyone_here, issue_key
from location_cloud.app import create_app
from location_cloud.errors import Denied
from location_cloud.layers import attributes, store
from location_cloud.layers.tile_sets import LayerReader, set_name
from location_cloud.maps.service import find_readable_at_once, find_tile_at_hand
from location_cloud.settings import Settings
from location_cloud.tile_sets import NOTHING, TileAt
from tests.conftest import copy_home
from tiles.mercator import tiles_in_bbox

HERE, NEAR, FAR = (24.9414, 60.1700), (24.9420, 60.1703), (24.9714, 60.1900)


@pytest.fixture(scope="module")
def home(demo_home, tmp_path_factory):
    return copy_home(demo_home, tmp_path_factory.mktemp("layers"))


@pytest.fixture
def client(home, tmp_path):
    app = create_app(Settings(home=copy_home(home, tmp_path), log="off"))
    yield app.test_client()
    app.extensions["location_cloud"].close()


def feature(lonlat, **properties):
    return {"type": "Feature", "geometry": {"type": "Point", "coordinates": lonlat}, "properties": properties}


def add(client, lonlat, layer="wells", **properties):
    return client.post(f"/v1/layers/{layer}/features", json=feature(lonlat, **properties)).json["id"]


@contextmanager
def statements_of(live):
    """The SQL that the store runs meanwhile."""
    found = []

    def note(connection, cursor, statement, *rest):
        found.append(statement)

    with live.read() as connection:
        engine = connection.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    yield found
    sa.event.remove(engine, "before_cursor_execute", note)


def path(lonlat, z=14, name="layers-wells"):
    (tile,) = tiles_in_bbox(*lonlat, *lonlat, z).tiles()
    return f"/tiles/{name}/{'/'.join(map(str, tile))}.mvt"


def drawn(client, lonlat, z=14, name="layers-wells", query=""):
    answer = client.get(path(lonlat, z, name) + query)
    assert answer.status_code in (200, 204)
    layers = mapbox_vector_tile.decode(answer.data) if answer.data else {}
    return {each["id"]: each["properties"] for layer in layers.values() for each in layer["features"]}


def test_a_new_feature_is_on_the_next_tile(client):
    first = add(client, HERE, name="1")
    assert drawn(client, HERE) == {first: {"name": "1"}}
    second = add(client, NEAR, depth_m=3.5, open=True)
    assert drawn(client, HERE) == {first: {"name": "1"}, second: {"depth_m": 3.5, "open": True}}


def test_a_moved_feature_leaves_one_tile_and_enters_another(client):
    moved = add(client, HERE)
    assert drawn(client, HERE).keys() == {moved}
    client.put(f"/v1/layers/wells/features/{moved}?version=1", json=feature(FAR))
    assert (drawn(client, HERE).keys(), drawn(client, FAR).keys()) == (set(), {moved})


def test_a_removed_feature_is_gone_from_every_zoom(client):
    gone = add(client, HERE)
    assert all(drawn(client, HERE, z).keys() == {gone} for z in (0, 8, 14))
    client.delete(f"/v1/layers/wells/features/{gone}?version=1")
    assert all(drawn(client, HERE, z) == {} for z in (0, 8, 14))


def test_only_touched_tiles_get_a_new_etag(client):
    add(client, HERE)
    far = add(client, FAR)
    before = {place: client.get(path(place)).headers["ETag"] for place in (HERE, FAR)}
    client.put(f"/v1/layers/wells/features/{far}?version=1", json=feature(FAR, name="new"))
    assert client.get(path(HERE), headers={"If-None-Match": before[HERE]}).status_code == 304
    assert client.get(path(FAR), headers={"If-None-Match": before[FAR]}).status_code == 200


def test_two_processes_give_the_same_bytes_whatever_they_saw(client, tmp_path):
    added = [add(client, HERE, name=str(number % 3)) for number in range(10)]
    seen = client.get(path(HERE)).data
    for gone in added[::3]:
        client.delete(f"/v1/layers/wells/features/{gone}?version=1")
    seen = client.get(path(HERE))
    fresh = create_app(Settings(home=tmp_path, log="off"))
    other = fresh.test_client().get(path(HERE))
    assert (other.data, other.headers["ETag"]) == (seen.data, seen.headers["ETag"])
    fresh.extensions["location_cloud"].close()


def test_points_lines_and_areas_share_one_layer(client):
    shapes = [
        {"type": "Point", "coordinates": HERE},
        {"type": "LineString", "coordinates": [HERE, NEAR]},
        {"type": "Polygon", "coordinates": [[HERE, NEAR, (24.9414, 60.1712), HERE]]},
        {"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": NEAR}]},
    ]
    for shape in shapes:
        client.post("/v1/layers/wells/features", json={**feature(HERE), "geometry": shape})
    (layer,) = mapbox_vector_tile.decode(client.get(path(HERE)).data).values()
    kinds = [each["geometry"]["type"] for each in layer["features"]]
    assert kinds == ["Point", "LineString", "Polygon", "Point"]


def test_the_tilejson_names_the_fields_and_the_place(client):
    add(client, HERE, name="1", depth_m=2, open=False)
    document = client.get("/tiles/layers-wells.json").json
    assert document["vector_layers"][0]["fields"] == {"depth_m": "Number", "name": "String", "open": "Boolean"}
    assert document["bounds"] == pytest.approx([*HERE, *HERE], abs=1e-5)


def test_a_layer_with_other_letters_has_a_set_of_its_own(client):
    where = add(client, HERE, layer="水井")
    assert drawn(client, HERE, name=set_name("水井")).keys() == {where}
    assert set_name("水井") in {each["name"] for each in client.get("/tiles.json").json["sets"]}


def test_coordinates_pretend_to_be_what_is_asked_for(client):
    daqing = (125.1031, 46.5893)
    shifted = (125.1101534877, 46.5914039202)
    where = add(client, daqing)
    assert drawn(client, shifted, query="?crs=gcj02").keys() == {where}


def test_tiles_cut_in_degrees_show_it_where_tianditu_does(client):
    daqing = (125.03, 46.58)
    where = add(client, daqing)
    answer = client.get("/tiles/layers-wells/14/13882/1976.mvt?matrix=c")
    assert [each["id"] for each in mapbox_vector_tile.decode(answer.data)["wells"]["features"]] == [where]
    assert client.get("/tiles/layers-wells/14/13882/1976.mvt?matrix=c&crs=gcj02").status_code == 400


@pytest.mark.parametrize("name", ["layers-none", "layers--0011223344556677", "layers-", "layers-.."])
def test_a_layer_that_is_not_there_is_not_found(client, name):
    assert client.get(f"/tiles/{name}/0/0/0.mvt").status_code in (400, 404)


def test_what_no_tile_can_carry_is_written_as_text_or_left_out(client):
    where = add(client, HERE, note="x" * 5000, parts=[1, {"a": 2}], none=None)
    assert drawn(client, HERE)[where] == {"note": "x" * 1000, "parts": '[1,{"a":2}]'}


def test_changes_are_read_from_a_version_on(client):
    live = client.application.extensions["location_cloud"].live
    kept, gone = add(client, HERE), add(client, HERE)
    version = live.version()
    read = LayerReader(live, "default", "wells")
    assert not read(version).features
    client.delete(f"/v1/layers/wells/features/{gone}?version=1")
    client.put(f"/v1/layers/wells/features/{kept}?version=1", json=feature(FAR))
    changes = read(version)
    assert ([each.id for each in changes.features], changes.removed, changes.is_all) == ([kept], [gone], False)


def test_who_slept_too_long_reads_the_layer_anew(client, monkeypatch):
    live = client.application.extensions["location_cloud"].live
    add(client, HERE)
    monkeypatch.setattr(store, "KEPT_REMOVALS", 1)
    assert LayerReader(live, "default", "wells")(live.version() - 1).is_all


def test_a_layer_of_too_many_names_is_not_read_whole_for_each_change(client, monkeypatch):
    monkeypatch.setattr(attributes, "MAX_FIELDS", 2)
    live = client.application.extensions["location_cloud"].live
    read = LayerReader(live, "default", "wells")
    add(client, HERE, b=1, d=1)
    assert not read(read(None).version).is_all
    version = live.version()
    add(client, HERE, c=1, d=2)
    changes = read(version)
    assert (changes.is_all, [set(each.attributes) for each in changes.features]) == (True, [{"b"}, {"c"}])
    add(client, HERE, a=1, c=2)
    changes = read(changes.version)
    assert (changes.is_all, [set(each.attributes) for each in changes.features]) == (False, [{"c"}])


def test_to_list_the_sets_takes_one_statement_however_many_layers_there_are(client):
    system = client.application.extensions["location_cloud"]
    for number in range(5):
        add(client, HERE, f"layer{number}")
    with statements_of(system.live) as statements:
        client.get("/tiles.json")
    assert len([each for each in statements if "layer_" in each]) == 1


def test_a_layer_over_the_ceiling_is_refused(client, monkeypatch):
    monkeypatch.setattr("location_cloud.layers.tile_sets.MAX_FEATURES", 1)
    add(client, HERE)
    add(client, HERE)
    answer = client.get(path(HERE))
    assert (answer.status_code, answer.json["type"].partition("error-")[2]) == (413, "too-large")


def test_a_layer_over_the_ceiling_does_not_spoil_what_lists_all(client, monkeypatch):
    monkeypatch.setattr("location_cloud.layers.tile_sets.MAX_FEATURES", 0)
    add(client, HERE)
    assert client.get(path(HERE)).status_code == 413
    lists = ("/tiles.json", "/wmts/1.0.0/WMTSCapabilities.xml", "/ogc/tiles/collections", "/styles/light.json")
    assert [client.get(each).status_code for each in lists] == [200] * 4
    assert "layers-wells" in {each["name"] for each in client.get("/tiles.json").json["sets"]}


def test_many_edits_are_folded_without_a_visible_change(client, monkeypatch):
    monkeypatch.setattr("location_cloud.live_layers.FOLD_AT", 3)
    for number in range(8):
        add(client, HERE, name=str(number))
        assert len(drawn(client, HERE)) == number + 1


def test_one_tenants_layers_are_nobody_elses_tiles(home, tmp_path):
    app = create_app(Settings(home=copy_home(home, tmp_path), keys="always", log="off"))
    system = app.extensions["location_cloud"]
    fire, oil = ({"X-API-Key": issue_key(system.live, who, "", ("*",), system.clock())[1]} for who in ("fire", "oil"))
    client = app.test_client()
    client.post("/v1/layers/wells/features", json=feature(HERE), headers=fire)
    assert client.get(path(HERE), headers=fire).status_code == 200
    assert client.get(path(HERE), headers=oil).status_code == 404
    assert "layers-wells" not in {each["name"] for each in client.get("/tiles.json", headers=oil).json["sets"]}
    system.close()


@pytest.fixture
def at_hand(client):
    """What the thread at the port finds without waiting, as a program on this machine or whoever is named."""
    world = client.application.extensions["location_cloud"].worlds.current()

    def find(name, lonlat=HERE, caller=None):
        tile_set = find_readable_at_once(world, caller or anyone_here("default"), name)
        (place,) = tiles_in_bbox(*lonlat, *lonlat, 14).tiles()
        return None if tile_set is None else find_tile_at_hand(tile_set, TileAt(*place))

    return find


def test_the_thread_at_the_port_looks_for_no_layer(client, at_hand):
    add(client, HERE)
    assert (at_hand("base") is None, at_hand("layers-wells")) == (False, None)


@pytest.mark.parametrize("layer", ["wells", "水井"])
def test_a_tile_that_was_made_is_at_hand_until_an_edit(client, at_hand, layer):
    name = set_name(layer)
    add(client, HERE, layer)
    asked = client.get(path(HERE, name=name))
    assert (at_hand(name).body, at_hand(name).etag) == (asked.data, asked.headers["ETag"].strip('"'))
    add(client, FAR)
    assert at_hand(name) is None


def test_a_tile_at_hand_is_shown_to_no_other_tenant(client, at_hand):
    add(client, HERE)
    drawn(client, HERE)
    assert at_hand("layers-wells") is not None
    assert at_hand("layers-wells", caller=anyone_here("oil")) is None


def test_a_tile_at_hand_is_refused_to_who_may_not_read_layers(client, at_hand):
    add(client, HERE)
    drawn(client, HERE)
    with pytest.raises(Denied):
        at_hand("layers-wells", caller=Caller("default", frozenset({"maps:read"})))


def test_a_tile_that_was_found_empty_is_at_hand_without_body(client, at_hand):
    add(client, HERE)
    assert drawn(client, FAR) == {}
    assert at_hand("layers-wells", FAR) == NOTHING


def test_who_may_not_read_layers_is_not_told_their_names(home, tmp_path):
    app = create_app(Settings(home=copy_home(home, tmp_path), keys="always", log="off"))
    system = app.extensions["location_cloud"]
    all_of_it, maps = (
        {"X-API-Key": issue_key(system.live, "oil", "", (scope,), system.clock())[1]} for scope in ("*", "maps:read")
    )
    client = app.test_client()
    client.post("/v1/layers/wells/features", json=feature(HERE), headers=all_of_it)
    asked = ("/tiles/nosuch.json", "/wmts?SERVICE=WMTS&REQUEST=GetTile&LAYER=nosuch", "/ogc/tiles/collections/nosuch")
    assert not any("wells" in client.get(address, headers=maps).text for address in asked)
    system.close()
