import threading
import time
from dataclasses import replace

import pytest

from location_cloud.capability import Section
from location_cloud.errors import NotFound, NotReady
from location_cloud.storage.snapshot import Snapshots
from tests.storage.victims import build, stamped


def test_before_the_first_import_there_is_no_current_snapshot(tmp_path):
    assert Snapshots(tmp_path).current_id() is None
    assert Snapshots(tmp_path).list_snapshots() == ()


def test_pointer_is_followed(tmp_path):
    snapshots = Snapshots(tmp_path)
    seen = [(build(tmp_path, stamp).id, snapshots.current_id()) for stamp in range(3)]
    assert all(built == current for built, current in seen)


def test_pointer_to_anything_but_a_snapshot_is_named(tmp_path):
    (tmp_path / "current").write_text("../../etc\n")
    with pytest.raises(NotReady, match=r"holds '\.\./\.\./etc'"):
        Snapshots(tmp_path).current_id()


@pytest.mark.parametrize("name", ["20200101T000000-abcdef", "..", "../snapshots", "", "x\0y"])
def test_unknown_snapshot_is_not_found(tmp_path, name):
    build(tmp_path)
    with pytest.raises(NotFound):
        Snapshots(tmp_path).open(name)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"format": 99}', b'{"format": 2, "id": 3}'])
def test_damaged_manifest_is_named(tmp_path, content):
    snapshot = build(tmp_path)
    (snapshot.folder / "manifest.json").write_bytes(content)
    with pytest.raises(NotReady, match=r"manifest\.json"):
        Snapshots(tmp_path).open(snapshot.id)


def test_reopened_manifest_equals_the_written_one(tmp_path):
    built = build(tmp_path)
    assert Snapshots(tmp_path).open(built.id).manifest == built.manifest


def test_earlier_snapshot_can_be_served_again(tmp_path):
    old, new = build(tmp_path, 1), build(tmp_path, 2)
    snapshots = Snapshots(tmp_path)
    snapshots.publish(old.id)
    assert snapshots.current_id() == old.id
    assert snapshots.list_snapshots() == (old.id, new.id)


def test_snapshot_that_is_not_there_cannot_be_served(tmp_path):
    current, snapshots = build(tmp_path).id, Snapshots(tmp_path)
    with pytest.raises(NotFound):
        snapshots.publish("20200101T000000-abcdef")
    assert snapshots.current_id() == current


def test_section_is_loaded_once_by_threads_that_come_together(tmp_path):
    loads = []

    def slow_load(folder):
        loads.append(folder)
        time.sleep(0.05)
        return "data"

    snapshot, section = build(tmp_path), replace(stamped("areas"), load=slow_load)
    threads = [threading.Thread(target=snapshot.section, args=(section,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert loads == [snapshot.folder / "areas"]
    assert snapshot.section(section) == "data"


def test_slow_section_does_not_hold_up_another(tmp_path):
    inside, go_on = threading.Event(), threading.Event()

    def slow_load(folder):
        inside.set()
        return go_on.wait(10)

    snapshot = build(tmp_path)
    thread = threading.Thread(target=snapshot.section, args=(replace(stamped("areas"), load=slow_load),))
    thread.start()
    inside.wait(10)
    assert snapshot.section(stamped("roads"))["a"][0] == 0
    go_on.set()
    thread.join()


def test_snapshot_built_without_a_section_says_so(tmp_path):
    with pytest.raises(NotReady, match="without the section 'rescue'"):
        build(tmp_path).section(stamped("rescue"))


def test_section_that_cannot_be_read_is_named(tmp_path):
    snapshot = build(tmp_path)
    (snapshot.folder / "roads/a.npy").write_bytes(b"short")
    with pytest.raises(NotReady, match="section 'roads' of snapshot"):
        snapshot.section(stamped("roads"))


def test_section_that_could_not_be_read_is_tried_again(tmp_path):
    answers = iter([OSError("busy"), "data"])

    def load(folder):
        answer = next(answers)
        if isinstance(answer, OSError):
            raise answer
        return answer

    snapshot, section = build(tmp_path), Section("areas", stamped("areas").build, print, load)
    with pytest.raises(NotReady):
        snapshot.section(section)
    assert snapshot.section(section) == "data"


def test_flipped_bit_is_found(tmp_path):
    snapshot = build(tmp_path)
    file = snapshot.folder / "areas/b.npy"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    assert snapshot.verify() == (f"{file} does not have the hash of the manifest",)
    assert snapshot.verify(full=False) == ()


def test_missing_short_and_strange_files_are_found_without_hashing(tmp_path):
    snapshot = build(tmp_path)
    (snapshot.folder / "areas/a.npy").unlink()
    (snapshot.folder / "areas/b.npy").write_bytes(b"x")
    (snapshot.folder / "stranger").write_bytes(b"x")
    missing, short, strange = snapshot.verify(full=False)
    assert "a.npy: No such file" in missing
    assert "b.npy has 1 bytes" in short
    assert "stranger is not in the manifest" in strange
