"""New scenes show at once, tenants stay apart, and a missing library is said."""

from __future__ import annotations

import threading
from dataclasses import replace
from types import SimpleNamespace

import pytest
from imagery_places import pixel, tile_of
from imagery_scenes import Store, halves, plain, ramp, write_tiff

from location_cloud.errors import NotFound, NotInstalled, NotReady
from location_cloud.imagery import installed, service, service_adding, store
from location_cloud.imagery.tile_sets import tile_sets

HERE = (125.05, 46.55)


def offered(imagery, tenant="default"):
    return tile_sets(SimpleNamespace(live=imagery.live, home=imagery.home), tenant)


def test_another_process_sees_a_new_scene_with_its_next_question(imagery, tmp_path):
    reader = Store(imagery.home)  # a live store of its own, as another worker has
    assert offered(reader) == {}
    imagery.add(write_tiff(tmp_path / "a.tif", plain(200)), set="photo")
    before = offered(reader)["photo"]
    imagery.add(write_tiff(tmp_path / "b_20300101.tif", plain(0, 200)), set="photo")
    after = offered(reader)["photo"]
    at = tile_of(HERE, after.max_zoom, "png")
    assert pixel(before.read(at), HERE, at.z)[0] > 150
    assert pixel(after.read(at), HERE, at.z)[1] > 150
    reader.live.close()


def test_sets_are_the_same_objects_until_a_scene_changes(imagery, tmp_path):
    imagery.add(write_tiff(tmp_path / "a.tif", plain(200)), set="photo")
    first = offered(imagery)["photo"]
    with imagery.live.write():
        pass  # somebody else wrote something else
    assert offered(imagery)["photo"] is first


def test_a_new_scene_leaves_other_sets_and_scenes_the_objects_they_were(imagery, tmp_path):
    imagery.add(write_tiff(tmp_path / "a.tif", plain(200)), set="still")
    imagery.add(write_tiff(tmp_path / "b_20200101.tif", plain(200)), set="growing")
    still, growing = imagery.set("still"), imagery.set("growing")
    imagery.add(write_tiff(tmp_path / "c_20300101.tif", plain(0, 200)), set="growing")
    assert imagery.set("still") is still
    assert imagery.set("growing").scenes[1] is growing.scenes[0]
    service_adding.remove_scenes(imagery.live, imagery.home, "", "growing", growing.scenes[0].id)
    assert [scene.taken for scene in imagery.set("growing").scenes] == ["2030-01-01"]


def test_a_scene_that_is_stored_again_under_its_key_is_read_again(imagery, tmp_path):
    (scene,) = imagery.add(write_tiff(tmp_path / "a.tif", plain(200)), set="photo")
    assert imagery.set("photo").scenes == (scene,)
    with imagery.live.write() as connection:
        store.put_scene(connection, replace(scene, licence="CC0"))
    assert imagery.set("photo").scenes[0].licence == "CC0"


def test_a_tenant_does_not_get_scenes_of_another_by_name(imagery, tmp_path):
    imagery.add(write_tiff(tmp_path / "a.tif", plain(200)), set="secret", tenant="oil")
    with imagery.live.read() as connection:
        names = store.list_names(connection, "oil")
        assert len(store.get_scenes(connection, "oil", names)) == 1
        assert (store.list_names(connection, "fire"), store.get_scenes(connection, "fire", names)) == ([], {})


def test_a_stored_tile_is_at_hand_and_a_drawn_one_is_not(imagery, tmp_path):
    imagery.add(write_tiff(tmp_path / "a.tif", halves()), set="photo")
    photo = offered(imagery)["photo"]
    stored, drawn = (tile_of(HERE, photo.max_zoom, form) for form in ("webp", "png"))
    assert photo.at_hand(stored) == photo.read(stored)
    assert photo.at_hand(drawn) is None


def test_a_tenants_scenes_are_its_own(imagery, tmp_path):
    imagery.add(write_tiff(tmp_path / "a.tif", plain(200)), set="secret", tenant="oil")
    imagery.add(write_tiff(tmp_path / "b.tif", plain(200)), set="shared")
    assert set(offered(imagery, "fire")) == {"shared"}
    assert set(offered(imagery, "oil")) == {"secret", "shared"}
    with pytest.raises(NotFound):
        imagery.set("secret", "fire")
    assert service_adding.remove_scenes(imagery.live, imagery.home, "fire", "secret", None) == 0


def test_heights_are_offered_packed_and_shaded(imagery, tmp_path):
    imagery.add(write_tiff(tmp_path / "dem.tif", ramp()), set="dem")
    sets = offered(imagery)
    assert sets["dem"].extra == {"encoding": "mapbox"}
    at = tile_of(HERE, 12, "png")
    assert pixel(sets["dem-hillshade"].read(at), HERE, 12)[0] > 100


def test_every_form_matrix_and_system_that_is_offered_is_drawn(imagery, tmp_path):
    imagery.add(write_tiff(tmp_path / "a.tif", halves()), set="photo")
    imagery.add(write_tiff(tmp_path / "dem.tif", ramp()), set="dem")
    for each in offered(imagery).values():
        for form in each.forms:
            for crs in each.systems:
                assert each.read(tile_of(HERE, 12, form, crs=crs)).body
            row = int((90 - HERE[1]) / 360 * 2**12)
            assert each.read(tile_of(HERE, 12, form, matrix="c", y=row)).body


def test_removed_scenes_are_gone_and_a_late_reader_is_told(imagery, tmp_path):
    imagery.add(write_tiff(tmp_path / "gone.tif", halves()), set="photo")
    late = offered(imagery)["photo"]
    assert service_adding.remove_scenes(imagery.live, imagery.home, "", "photo", None) == 1
    assert offered(imagery) == {}
    with pytest.raises(NotReady, match="removed"):
        late.read(tile_of(HERE, 12, "png"))


def test_threads_read_one_file_at_once(imagery, tmp_path):
    imagery.add(write_tiff(tmp_path / "dem.tif", ramp()), set="dem")
    shaded, at = offered(imagery)["dem-hillshade"], tile_of(HERE, 12, "png")
    found: list[bytes] = []
    threads = [threading.Thread(target=lambda: found.extend(shaded.read(at).body for _ in range(10))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 80
    assert len(set(found)) == 1


def test_without_the_extra_a_question_is_answered_501(client, monkeypatch):
    def missing():
        raise NotInstalled("imagery needs rasterio, which is not installed here", hint=installed.HINT)

    monkeypatch.setattr(installed, "rasterio", missing)
    monkeypatch.setattr(service.installed, "rasterio", missing)
    answer = client.get("/imagery/heights/preview.png")
    assert answer.status_code == 501
    assert "location-cloud[imagery]" in answer.get_json()["hint"]
    assert client.get("/imagery").status_code == 200


def test_a_tenants_heights_hide_everybodys_picture_of_that_name(imagery, tmp_path):
    imagery.add(write_tiff(tmp_path / "dem.tif", ramp()), set="s", tenant="one", kind="elevation")
    imagery.add(write_tiff(tmp_path / "photo.tif", plain(200)), set="s")
    assert [scene.kind for scene in imagery.set("s", "one").scenes] == ["elevation"]
    assert [scene.kind for scene in imagery.set("s", "other").scenes] == ["picture"]


def test_a_set_says_which_scenes_it_holds(imagery, tmp_path):
    imagery.add(write_tiff(tmp_path / "a.tif", plain(200)), set="s")
    before = offered(imagery)["s"].extra["stamp"]
    imagery.add(write_tiff(tmp_path / "b.tif", plain(0, 200)), set="s")
    assert offered(imagery)["s"].extra["stamp"] != before
