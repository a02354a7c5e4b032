from __future__ import annotations

import gzip
import importlib.resources
import multiprocessing
from dataclasses import replace

import mapbox_vector_tile
import numpy as np
import pytest
from live_streets import LEVELS, import_with_levels

from location_cloud.app import create_app
from location_cloud.errors import BadInput, NotReady
from location_cloud.live_values import (
    BELOW_SNAPSHOT,
    LiveTiles,
    LiveValues,
    load_live_set,
    remove_leftovers,
    save_live_set,
)
from location_cloud.maps import archives
from location_cloud.maps.service_archive_build import build
from location_cloud.maps.service_archives import add
from location_cloud.settings import Settings
from location_cloud.storage.snapshot import Snapshots
from location_cloud.tile_sets import TileAt
from tests.conftest import Silent, copy_home
from tiles.mercator import tiles_in_bbox

HERE = (24.9414, 60.1700)
SET = "simulated"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    home = tmp_path_factory.mktemp("levels")
    demo = importlib.resources.files("location_cloud.data") / "demo/helsinki-centre.osm.pbf"
    with importlib.resources.as_file(demo) as file:
        import_with_levels(home, file)
    return home


@pytest.fixture
def home(built, tmp_path):
    return copy_home(built, tmp_path)


@pytest.fixture
def client(home):
    app = create_app(Settings(home=home, log="off"))
    yield app.test_client()
    app.extensions["location_cloud"].close()


@pytest.fixture
def levels(home):
    live = LiveValues.open(folder_of(home), SET)
    yield live
    live.close()


def folder_of(home):
    snapshots = Snapshots(home)
    return snapshots.open(snapshots.current_id()).folder


def tile_at(z=14, lonlat=HERE):
    (tile,) = tiles_in_bbox(*lonlat, *lonlat, z).tiles()
    return tile


def path(z=14, name=SET, form="mvt"):
    return f"/tiles/{name}/{'/'.join(map(str, tile_at(z)))}.{form}"


def drawn(answer):
    return {each["id"]: each["properties"] for each in mapbox_vector_tile.decode(answer.data)["levels"]["features"]}


def publish(levels, ids, level):
    ids = np.array(ids, np.uint64)
    rows = levels.rows("levels", ids)
    return levels.publish("levels", rows, np.full(len(ids), level, np.uint8))


@pytest.mark.parametrize("z", [8, 12, 16])
def test_before_anything_is_published_every_value_is_the_first(client, z):
    assert {each["level"] for each in drawn(client.get(path(z))).values()} == {"unknown"}


def test_other_attributes_and_shapes_stay_as_they_are(client):
    kinds = {each["kind"] for each in drawn(client.get(path())).values()}
    assert {"footway", "primary"} <= kinds


def test_a_published_value_is_in_every_tile_of_every_zoom(client, levels):
    street = next(iter(drawn(client.get(path(8)))))
    assert publish(levels, [street], 3) > 5
    assert drawn(client.get(path(8)))[street]["level"] == "jammed"
    others = [each["level"] for one, each in drawn(client.get(path(8))).items() if one != street]
    assert set(others) == {"unknown"}


def test_all_features_can_take_every_value(client, levels):
    for level, name in enumerate(LEVELS):
        publish(levels, range(1, len(levels.values) + 1), level)
        assert {each["level"] for each in drawn(client.get(path())).values()} == {name}


def test_only_tiles_that_show_the_change_get_a_new_etag(client, levels):
    streets = {name: client.get(path(z)) for name, z in (("near", 14), ("deep", 16))}
    shown = drawn(streets["deep"]).keys()
    outside = next(one for one in drawn(streets["near"]) if one not in shown)
    publish(levels, [outside], 2)
    assert client.get(path(16), headers={"If-None-Match": streets["deep"].headers["ETag"]}).status_code == 304
    assert client.get(path(14), headers={"If-None-Match": streets["near"].headers["ETag"]}).status_code == 200


def test_publishing_what_is_so_already_changes_nothing(client, levels):
    publish(levels, [1, 2, 3], 2)
    before = client.get(path()).headers["ETag"]
    assert publish(levels, [1, 2, 3], 2) == 0
    assert client.get(path()).headers["ETag"] == before


def test_states_are_in_the_order_of_the_geometry_tile(client, levels):
    geometry = client.get(path(name=f"{SET}-geometry"))
    streets = list(drawn(geometry))
    publish(levels, streets[::2], 4)
    state = client.get(path(form="bin"))
    assert state.data[:8].hex() == geometry.headers["ETag"].strip('"').removesuffix("-gzip")
    assert list(state.data[8:]) == [4 if place % 2 == 0 else 0 for place in range(len(streets))]
    assert [each["level"] for each in drawn(client.get(path())).values()] == [LEVELS[code] for code in state.data[8:]]


@pytest.mark.parametrize("name", [SET, f"{SET}-geometry"])
def test_an_archive_holds_the_tiles_as_they_are_now(client, levels, tmp_path, name):
    publish(levels, list(drawn(client.get(path(8)))), 3)
    world = client.application.extensions["location_cloud"].worlds.current()
    build(world, "default", tmp_path / "now.pmtiles", name, Silent(), zooms=(8, 14))
    add(tmp_path / "other", "now", tmp_path / "now.pmtiles", Silent())
    tile = archives.offered(tmp_path / "other")["now"].read(TileAt(*tile_at()))
    assert gzip.decompress(tile.body) == client.get(path(name=name)).data


def test_the_geometry_tile_never_changes_and_may_be_kept_a_day(client, levels):
    before = client.get(path(name=f"{SET}-geometry"))
    publish(levels, range(1, 500), 4)
    after = client.get(path(name=f"{SET}-geometry"))
    assert (after.data, after.headers["ETag"]) == (before.data, before.headers["ETag"])
    assert "max-age=86400" in after.headers["Cache-Control"]


def test_the_tilejson_says_what_a_page_needs_to_apply_states(client):
    document = client.get(f"/tiles/{SET}.json").json
    assert document["state"]["geometry"] == f"{SET}-geometry"
    assert document["state"]["layers"] == {"levels": {"attribute": "level", "values": list(LEVELS)}}
    assert document["vector_layers"][0]["fields"] == {"kind": "String", "level": "String"}


@pytest.mark.parametrize("query", ["?matrix=c", "?crs=gcj02", "?crs=bd09"])
def test_other_grids_and_coordinates_show_the_same_values(client, levels, query):
    west, _, east, _ = client.get(f"/tiles/{SET}.json{query}").json["bounds"]
    publish(levels, range(1, len(levels.values) + 1), 2)
    columns = range(int((west + 180) / 360 * 512), int((east + 180) / 360 * 512) + 1)
    tiles = [client.get(f"/tiles/{SET}/9/{x}/{y}.mvt{query}") for x in columns for y in range(40, 180)]
    assert {each["level"] for tile in tiles if tile.data for each in drawn(tile).values()} == {"slow"}


def test_an_empty_tile_is_204_in_every_form(client):
    assert [client.get(f"/tiles/{SET}/14/0/0.{form}").status_code for form in ("mvt", "bin")] == [204, 204]


def test_values_outlive_the_process_that_published_them(client, home):
    first = LiveValues.open(folder_of(home), SET)
    publish(first, [1], 3)
    first.close()
    second = LiveValues.open(folder_of(home), SET)
    assert second.values[0] == 3
    second.close()


def test_two_publishers_are_one_too_many(home, levels):
    with pytest.raises(BadInput, match="one is enough"):
        LiveValues.open(folder_of(home), SET)


def test_a_value_beyond_the_table_is_refused(levels):
    with pytest.raises(BadInput, match="its table has 5"):
        publish(levels, [1], 5)


def test_features_that_the_map_does_not_show_are_passed_over(levels):
    assert publish(levels, [10**9], 3) == 0


def test_published_values_of_removed_snapshots_are_removed(home, levels):
    publish(levels, [1], 3)
    remove_leftovers(home, Snapshots(home).list_snapshots())
    assert list((home / "run/tiles").iterdir())
    remove_leftovers(home, [])
    assert not list((home / "run/tiles").iterdir())


def test_a_change_that_a_killed_publisher_left_half_done_is_finished(client, home):
    levels = LiveValues.open(folder_of(home), SET)
    patched = levels._writer.patched
    patched.generations[:] += 1
    patched.values[::2] = 1
    levels.close()
    before = client.get(path())
    LiveValues.open(folder_of(home), SET).close()
    after = client.get(path())
    assert after.data == before.data
    assert after.headers["ETag"] != before.headers["ETag"]


def test_damaged_places_are_noticed_before_anything_is_read_by_them(home):
    live = load_live_set(folder_of(home), SET)
    beyond = np.array(live.tiles.places)
    beyond[-1] = len(live.tiles.body)
    (folder_of(home) / BELOW_SNAPSHOT / f"{SET}.arrays").unlink()  # a hard link: others keep theirs
    save_live_set(folder_of(home), SET, replace(live, tiles=live.tiles._replace(places=beyond)))
    with pytest.raises(NotReady, match="import again"):
        LiveTiles(folder_of(home), SET)


def read_states(home, tile, failures, wanted):
    """Checks in a process of its own that every copy is of one moment and every ETag means one content."""
    tiles = LiveTiles(folder_of(home), SET)
    number, seen = tiles.find(*tile), {}
    while len(seen) < wanted:
        state = tiles.state(number)
        if state.etag and len(set(state.body[8:])) > 1:
            failures.put("a mixture of two moments")
            return
        for one in (state, tiles.now(number)):
            if one.etag and seen.setdefault(one.etag, one.body) != one.body:
                failures.put(f"{one.etag} means two contents")
                return


def test_readers_in_other_processes_never_see_a_mixture(home, levels):
    rows = np.arange(len(levels.values), dtype=np.int32)
    context = multiprocessing.get_context("spawn")
    failures = context.Queue()
    readers = [context.Process(target=read_states, args=(home, tile_at(), failures, 200)) for _ in range(2)]
    for reader in readers:
        reader.start()
    level = 0
    while any(reader.is_alive() for reader in readers):
        level = level % 4 + 1
        levels.publish("levels", rows, np.full(len(rows), level, np.uint8))
    assert failures.empty(), failures.get()
    assert [reader.exitcode for reader in readers] == [0, 0]
