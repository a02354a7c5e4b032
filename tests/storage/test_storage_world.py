import contextlib
import shutil
import time
from dataclasses import replace

import pytest

from location_cloud.errors import NotReady
from location_cloud.storage.live import open_live
from location_cloud.storage.snapshot import Snapshots
from location_cloud.storage.world import Worlds
from tests.storage.victims import build, stamped

NEVER_S = 3600


@pytest.fixture
def follow(tmp_path):
    """Opens Worlds below tmp_path and closes them after the test."""
    opened, live = [], open_live("", tmp_path)

    def open_worlds(poll_s=NEVER_S, preload=()):
        opened.append(Worlds(Snapshots(tmp_path), live, poll_s, preload))
        return opened[-1]

    yield open_worlds
    for worlds in opened:
        worlds.close()
    live.close()


def wait_for(worlds, limit_s=10):
    until = time.monotonic() + limit_s
    while time.monotonic() < until:
        with contextlib.suppress(NotReady):
            return worlds.current()
        time.sleep(0.01)
    return worlds.current()


def test_before_the_first_import_the_answer_is_how_to_import(follow):
    with pytest.raises(NotReady) as caught:
        follow().current()
    assert caught.value.hint == "location-cloud import --demo"


def test_new_import_is_served_by_itself(follow, tmp_path):
    worlds = follow(poll_s=0.01)
    built = build(tmp_path)
    assert wait_for(worlds).snapshot.id == built.id


def test_request_keeps_its_world_while_the_next_one_is_published(follow, tmp_path):
    build(tmp_path, 1)
    worlds = follow()
    mine = worlds.current()
    build(tmp_path, 2)
    worlds.refresh()
    assert mine.section(stamped("areas"))["a"][0] == 1
    assert worlds.current().section(stamped("areas"))["a"][0] == 2


def test_mapped_snapshot_stays_readable_after_it_was_pruned(follow, tmp_path):
    build(tmp_path, 1)
    world = follow(preload=[stamped("areas")]).current()
    for stamp in range(2, 6):
        build(tmp_path, stamp)
    assert not world.snapshot.folder.exists()
    assert (world.section(stamped("areas"))["b"] == 1).all()


def test_world_is_the_same_object_until_the_pointer_changes(follow, tmp_path):
    build(tmp_path)
    worlds = follow()
    first = worlds.current()
    worlds.refresh()
    assert worlds.current() is first


def test_sections_are_loaded_before_the_world_is_served(follow, tmp_path):
    build(tmp_path)
    loaded = []
    section = replace(stamped("areas"), load=loaded.append)
    follow(preload=[section])
    assert len(loaded) == 1


def test_snapshot_from_before_a_capability_is_served(follow, tmp_path):
    build(tmp_path)
    assert follow(preload=[stamped("rescue")]).current()


@pytest.mark.parametrize("damage", ["manifest", "section", "pointer", "folder"])
def test_snapshot_that_cannot_be_opened_leaves_the_old_one_serving(follow, tmp_path, caplog, damage):
    old = build(tmp_path, 1)
    worlds = follow(preload=[stamped("areas")])
    new = build(tmp_path, 2)
    if damage == "folder":
        shutil.rmtree(new.folder)
    else:
        file = {"manifest": "manifest.json", "section": "areas/a.npy", "pointer": "../../current"}[damage]
        (new.folder / file).write_text("spoilt")
    worlds.refresh()
    worlds.refresh()
    assert worlds.current().snapshot.id == old.id
    assert len(caplog.records) == 1, "said once, not at every look"


def test_a_snapshot_that_cannot_be_read_is_named_with_the_way_out(tmp_path, follow):
    build(tmp_path)

    def refuse(_loaded):
        raise ValueError("no such array")

    worlds = follow(preload=[replace(stamped("areas"), warm=refuse)])
    with pytest.raises(NotReady, match="no such array") as caught:
        worlds.current()
    assert "--use" in caught.value.hint
