"""What SQLite adds to the promises: one file, killed processes, a full disk."""

import os
import random
import sqlite3
import time

import pytest
from sqlalchemy import insert, select

from location_cloud.errors import Full, NotReady
from location_cloud.spatial.bbox import Bbox
from location_cloud.storage import sqlite
from location_cloud.storage.live import LIVE_FILE, Live, open_live
from location_cloud.storage.tenants import ALL_TENANTS
from tests.storage.tables import MIGRATIONS, NOTES, PLOTS
from tests.storage.victims import nursery

KILLS = 30


@pytest.fixture
def live(tmp_path):
    store = open_live("", tmp_path)
    store.migrate(MIGRATIONS)
    yield store
    store.close()


def add_note(live: Live, note: int = 1, text: str = "") -> None:
    with live.write() as connection:
        connection.execute(insert(NOTES).values(id=note, tenant="a", text=text))


def note_ids(live: Live) -> list[int]:
    with live.read() as connection:
        return list(connection.execute(select(NOTES.c.id).where(NOTES.c.tenant == "a")).scalars())


def test_kill_of_a_writer_loses_no_acknowledged_row(live, tmp_path):
    random_ = random.Random(20261122)
    acknowledged, killed = set(), 0
    with nursery("write", tmp_path) as victims:
        for _ in range(KILLS):
            acknowledged.update(victims.kill_one(random_.randrange(1, 5), random_.uniform(0, 0.01)))
            killed += 1
    unacknowledged = set(note_ids(live)) - acknowledged
    assert acknowledged <= set(note_ids(live))
    assert len(unacknowledged) <= killed, "at most the one in flight"
    assert live.version() == len(note_ids(live)), "every row is counted, whole"
    with sqlite3.connect(tmp_path / LIVE_FILE) as plain:
        assert plain.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    plain.close()


def test_busy_store_asks_to_come_again(live, monkeypatch, tmp_path):
    monkeypatch.setattr(sqlite, "BUSY_S", 0.05)
    impatient = open_live("", tmp_path)
    with live.write(), pytest.raises(NotReady, match="another writer") as caught, impatient.write():
        pass
    assert caught.value.hint == "ask again in a second"
    impatient.close()


def test_full_disk_refuses_writes_keeps_reads_and_recovers_alone(live):
    with live.write() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(Full, match="full"):
        add_note(live, 1, "x" * 100_000)
    assert note_ids(live) == []
    with live.write() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
    add_note(live, 2, "x" * 100_000)
    assert note_ids(live) == [2]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_folder_without_write_permission_is_named(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises((Full, NotReady), match=LIVE_FILE):
        open_live("", tmp_path)


def test_file_that_is_no_database_is_named(tmp_path):
    (tmp_path / LIVE_FILE).write_bytes(b"something else entirely" * 100)
    with pytest.raises(NotReady, match="not a database") as caught:
        open_live("", tmp_path)
    assert caught.value.hint == "location-cloud doctor"


def test_no_other_user_of_the_machine_reads_the_store(tmp_path):
    before = os.umask(0o022)
    store = open_live("", tmp_path / "var")
    store.migrate(MIGRATIONS)
    modes = {file.name: file.stat().st_mode & 0o777 for file in (tmp_path / "var").iterdir()}
    store.close()
    os.umask(before)
    assert modes == dict.fromkeys((LIVE_FILE, f"{LIVE_FILE}-shm", f"{LIVE_FILE}-wal"), 0o600)
    assert (tmp_path / "var").stat().st_mode & 0o777 == 0o700


def test_acknowledged_means_synced(live):
    with live.write() as connection:
        asked = ("journal_mode", "synchronous", "foreign_keys")
        found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in asked]
    assert found == ["wal", 2, 1]


def test_search_by_box_uses_the_r_tree_and_the_primary_key(live):
    query = select(PLOTS.c.id).where(PLOTS.c.tenant == "a", live.in_bbox(PLOTS, Bbox(0, 0, 1, 1)))
    with live.read() as connection:
        sql = str(query.compile(connection.engine, compile_kwargs={"literal_binds": True}))
        plan = "\n".join(row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}"))
    assert "VIRTUAL TABLE INDEX 2" in plan
    assert "SEARCH plots USING INTEGER PRIMARY KEY" in plan


def test_replaced_row_is_found_where_it_is_now(live):
    for west in (1, 50):
        with live.write() as connection:
            row = {"id": 1, "tenant": "a", "west": west, "south": 0, "east": west + 1, "north": 1}
            replace = insert(PLOTS).prefix_with("OR REPLACE").values(row)
            connection.execute(replace, execution_options=ALL_TENANTS)
    with live.read() as connection:
        mine = select(PLOTS.c.id).where(PLOTS.c.tenant == "a")
        assert connection.execute(mine.where(live.in_bbox(PLOTS, Bbox(0, 0, 3, 3)))).all() == []
        assert connection.execute(mine.where(live.in_bbox(PLOTS, Bbox(49, 0, 52, 3)))).all() == [(1,)]


def test_migrated_store_starts_without_the_write_lock(live, tmp_path):
    other = open_live("", tmp_path)
    with live.write():
        began = time.monotonic()
        other.migrate(MIGRATIONS)
        assert time.monotonic() - began < sqlite.BUSY_S
    other.close()


def test_foreign_keys_hold_again_after_a_migration(live):
    with live.write() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1
