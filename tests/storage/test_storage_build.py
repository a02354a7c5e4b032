import errno
import fcntl
import json
import random
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from shapely import box

from location_cloud.capability import Section
from location_cloud.errors import BadInput, Full
from location_cloud.storage.build import BadSections, check_home, order_sections
from location_cloud.storage.disk import Disk
from location_cloud.storage.snapshot import FORMAT, Snapshots
from tests.storage.victims import build, extract, nursery, stamped

KILLS = 30


class FailingDisk(Disk):
    """The real disk, except that one call fails, or all from that one on (as if the process were killed there)."""

    def __init__(self, failing: int, error: OSError, after: bool = False, last: int = 0) -> None:
        self.calls = 0
        self._failing, self._error, self._after, self._last = failing, error, after, last or failing

    def __getattribute__(self, name: str):
        found = super().__getattribute__(name)
        if name not in ("make_folder", "write", "sync_file", "sync_folder", "rename", "remove_tree"):
            return found

        def call(*arguments):
            self.calls += 1
            fails = self._failing <= self.calls <= self._last
            if fails and not self._after:
                raise self._error
            found(*arguments)
            if fails:
                raise self._error

        return call


def count_calls(folder: Path) -> int:
    disk = FailingDisk(0, OSError())
    for stamp in range(4):  # the fourth removes the first
        disk.calls = 0
        build(folder / "counted", stamp, disk)
    return disk.calls


def served_stamp(home: Path) -> int:
    """The stamp of the current snapshot, after proof that it is whole and of one build."""
    snapshots = Snapshots(home)
    snapshot = snapshots.open(snapshots.current_id() or "")
    stamps = {
        int(number)
        for name in ("areas", "roads")
        for numbers in snapshot.section(stamped(name)).values()
        for number in (numbers[0], numbers[-1])
    }
    assert snapshot.verify() == ()
    assert {snapshot.manifest.name} == {f"city {stamp}" for stamp in stamps}
    return stamps.pop()


def names(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir()}


def test_import_is_served_when_it_is_done(tmp_path):
    snapshot = build(tmp_path, 7)
    assert Snapshots(tmp_path).current_id() == snapshot.id
    assert served_stamp(tmp_path) == 7


def test_id_is_the_utc_second_and_a_hash_of_the_content(tmp_path):
    one, other = build(tmp_path / "one", 7), build(tmp_path / "other", 7)
    assert one.id == other.id
    assert one.id.startswith("20261122T171500-")
    assert build(tmp_path / "third", 8).id[-6:] != one.id[-6:]


def test_manifest_names_sources_counts_files_and_bounds(tmp_path):
    manifest = build(tmp_path).manifest
    assert [source.name for source in manifest.sources] == ["OpenStreetMap", "areas", "roads"]
    assert manifest.sections == {"areas": {"numbers": 2000}, "roads": {"numbers": 2000}}
    assert set(manifest.files) == {"areas/a.npy", "areas/b.npy", "roads/a.npy", "roads/b.npy"}
    assert manifest.bounds == (7.4, 43.7, 7.5, 43.8)
    assert manifest.created == datetime(2026, 11, 22, 17, 15, tzinfo=UTC)


def test_bounds_are_cut_to_the_clip(tmp_path):
    assert build(tmp_path, clip=box(7.45, 40, 8, 43.75)).manifest.bounds == (7.45, 43.7, 7.5, 43.75)


def test_import_of_nothing_has_no_bounds(tmp_path):
    assert build(tmp_path, osm=extract()).manifest.bounds is None


def test_last_three_snapshots_are_kept(tmp_path):
    built = [build(tmp_path, stamp).id for stamp in range(5)]
    assert list(Snapshots(tmp_path).list_snapshots()) == built[2:]
    assert names(tmp_path / "snapshots") == set(built[2:])


def test_clock_set_back_does_not_make_the_new_snapshot_older(tmp_path):
    old = build(tmp_path, 1)
    new = build(tmp_path, 2, clock=lambda: datetime(2026, 11, 22, 15, tzinfo=UTC))
    assert new.id > old.id
    assert served_stamp(tmp_path) == 2


def test_current_snapshot_is_never_pruned(tmp_path):
    build(tmp_path, 1, keep=1)
    only = build(tmp_path, 2, keep=1)
    assert Snapshots(tmp_path).list_snapshots() == (only.id,)


def test_sections_are_built_after_what_they_need():
    sections = [stamped("all", needs=("*",)), stamped("c", needs=("b",)), stamped("b", needs=("a",)), stamped("a")]
    assert [section.name for section in order_sections(sections)] == ["a", "b", "c", "all"]


def test_section_may_read_the_one_it_needs(tmp_path):
    def read(import_, folder):
        assert import_.load(stamped("areas"))["a"][0] == 3
        return stamped("x").build(import_, folder)

    reading = Section("x", read, lambda folder: None, lambda folder: None, ("areas",))
    build(tmp_path, sections=(reading, stamped("areas", 3)))


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ([stamped("a", needs=("b",)), stamped("b", needs=("a",))], "circle: a -> b -> a|circle: b -> a -> b"),
        ([stamped("a", needs=("moon",))], "'a' needs 'moon'"),
        ([stamped("a"), stamped("a")], "one name"),
        ([stamped("all", needs=("*",)), stamped("a", needs=("all",))], "circle"),
    ],
)
def test_sections_without_an_order_are_refused(sections, message):
    with pytest.raises(BadSections, match=message):
        order_sections(sections)


def test_section_that_contradicts_itself_is_not_published(tmp_path):
    build(tmp_path, 1)
    damaged = Section("x", stamped("x").build, lambda folder: stamped("x").check(_spoil(folder)), lambda folder: None)
    with pytest.raises(BadInput, match="a and b differ"):
        build(tmp_path, 2, sections=(damaged,))
    assert served_stamp(tmp_path) == 1
    assert len(names(tmp_path / "snapshots")) == 1


def _spoil(folder: Path) -> Path:
    content = (folder / "a.npy").read_bytes()
    (folder / "a.npy").write_bytes(content[:-1] + b"\x01")
    return folder


def test_ctrl_c_leaves_no_half_built_folder(tmp_path):
    def interrupt(import_, folder):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(tmp_path, sections=(Section("x", interrupt, lambda folder: None, lambda folder: None),))
    assert names(tmp_path / "snapshots") == set()


def test_second_import_at_once_is_refused(tmp_path):
    with (tmp_path / "import.lock").open("w") as lock:
        lock.write("4711")
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(BadInput, match=r"another import \(process 4711\) is running"):
            build(tmp_path)


def test_full_disk_is_named(tmp_path):
    with pytest.raises(Full, match="no room left below"):
        build(tmp_path, disk=FailingDisk(3, OSError(errno.ENOSPC, "No space left on device")))


def too_large(import_, folder):
    """NumPy counts the bytes that found no room, but does not say why."""
    np.zeros(100_000).tofile("/dev/full")


def test_full_disk_is_named_where_numpy_does_not_name_it(tmp_path):
    disk = FailingDisk(3, OSError(errno.ENOSPC, "No space left on device"))
    unlucky = Section("x", too_large, lambda folder: None, lambda folder: None)
    with pytest.raises(Full, match="no room left below"):
        build(tmp_path, 2, disk, sections=(unlucky,))
    assert names(tmp_path / "snapshots") == set()


def test_numpy_failing_on_a_disk_with_room_is_no_full_disk(tmp_path):
    unlucky = Section("x", too_large, lambda folder: None, lambda folder: None)
    with pytest.raises(OSError, match="section 'x' could not be written: 100000 requested and 0 written"):
        build(tmp_path, 2, sections=(unlucky,))


def test_every_section_is_asked_its_typical_question_before_it_is_published(tmp_path):
    asked = []

    def warm(loaded):
        asked.append(Snapshots(tmp_path).current_id())

    plain = stamped("x", 7)
    build(tmp_path, sections=(Section("x", plain.build, plain.check, plain.load, warm=warm),))
    assert asked == [None]


@pytest.mark.parametrize("wrong", [IndexError("no such row"), ValueError("no cost"), TypeError("None")])
def test_section_that_does_not_answer_is_not_published(tmp_path, wrong):
    def warm(loaded):
        raise wrong

    build(tmp_path, 1)
    plain = stamped("x", 2)
    with pytest.raises(BadInput, match=f"section 'x' does not answer.*{wrong}"):
        build(tmp_path, 2, sections=(Section("x", plain.build, plain.check, plain.load, warm=warm),))
    assert served_stamp(tmp_path) == 1


def test_home_is_made_for_its_owner_alone(tmp_path):
    build(tmp_path / "city" / "var")
    assert (tmp_path / "city" / "var").stat().st_mode & 0o777 == 0o700


def test_home_that_was_there_keeps_its_mode(tmp_path):
    tmp_path.chmod(0o755)
    build(tmp_path)
    assert tmp_path.stat().st_mode & 0o777 == 0o755


def test_home_is_checked_without_a_build(tmp_path):
    check_home(tmp_path / "var")
    with (tmp_path / "var/import.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(BadInput, match="another import"):
            check_home(tmp_path / "var")


def test_home_that_is_a_file_is_no_home(tmp_path):
    (tmp_path / "snapshots").touch()
    with pytest.raises(FileExistsError):
        check_home(tmp_path)


@pytest.mark.parametrize("after", [False, True], ids=["before its effect", "after its effect"])
@pytest.mark.parametrize("last", [0, 1000], ids=["one call fails", "all later calls fail too"])
def test_failing_call_leaves_the_old_snapshot_or_the_new_one(tmp_path, after, last):
    calls = count_calls(tmp_path)
    assert calls >= 20
    for failing in range(1, calls + 1):
        home = tmp_path / str(failing)
        for stamp in range(3):
            build(home, stamp)
        failed = _fails(home, FailingDisk(failing, OSError(errno.EIO, "Input/output error"), after, last))
        assert served_stamp(home) in ((2, 3) if failed else (3,)), f"call {failing}"
        build(home, 4)
        assert served_stamp(home) == 4
        assert len(names(home / "snapshots")) == 3, f"call {failing}"
        assert names(home) == {"snapshots", "current", "import.lock"}


def _fails(home: Path, disk: Disk) -> bool:
    try:
        build(home, 3, disk)
    except OSError:
        return True
    return False


def test_kill_at_any_point_leaves_a_whole_snapshot_serving(tmp_path):
    build(tmp_path, 0)
    random_ = random.Random(20261122)
    with nursery("build", tmp_path) as victims:
        for _ in range(KILLS):
            said = victims.kill_one(random_.randrange(3), random_.uniform(0, 0.02))
            served = served_stamp(tmp_path)
            assert not said or served >= said[-1], "a finished import is not lost"
    build(tmp_path, 1)
    assert served_stamp(tmp_path) == 1
    assert len(names(tmp_path / "snapshots")) == 3


def test_manifest_is_readable_without_this_program(tmp_path):
    snapshot = build(tmp_path)
    value = json.loads((snapshot.folder / "manifest.json").read_text())
    assert value["format"] == FORMAT
    assert value["sources"][0]["licence"] == "ODbL-1.0"
    assert len(value["files"]["areas/a.npy"]["sha256"]) == 64
