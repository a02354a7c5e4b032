"""What both databases promise. Every test runs on SQLite, and on PostGIS in make test-all."""

import contextlib
import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, Integer, column, delete, func, insert, select, table, text, update
from sqlalchemy.exc import DBAPIError

from location_cloud.capability import Migration
from location_cloud.errors import BadInput, Conflict, NotFound
from location_cloud.spatial.bbox import Bbox
from location_cloud.storage.live import Live, open_live, update_versioned
from tests.storage.tables import MIGRATIONS, NOTES, PLOTS, create_notes


def add_note(live: Live, note: int = 1, tenant: str = "a", text: str = "") -> None:
    with live.write() as connection:
        connection.execute(insert(NOTES).values(id=note, tenant=tenant, text=text))


def note_ids(live: Live, tenant: str = "a") -> list[int]:
    with live.read() as connection:
        return list(connection.execute(select(NOTES.c.id).where(NOTES.c.tenant == tenant).order_by("id")).scalars())


# --- transactions ---


def test_written_row_is_there_after_reopening(live, live_url, tmp_path):
    add_note(live, 7)
    again = open_live(live_url, tmp_path)
    assert note_ids(again) == [7]
    again.close()


def test_block_that_raises_leaves_no_trace(live):
    before = live.version()
    with contextlib.suppress(ZeroDivisionError), live.write() as connection:
        connection.execute(insert(NOTES).values(id=1, tenant="a"))
        raise ZeroDivisionError
    assert note_ids(live) == []
    assert live.version() == before


def test_version_grows_by_one_for_each_write(live):
    start = live.version()
    for note in range(5):
        add_note(live, note)
    assert live.version() == start + 5


def test_uncounted_write_leaves_the_version(live):
    start = live.version()
    with live.write(counted=False) as connection:
        connection.execute(insert(NOTES).values(id=1, tenant="a"))
    assert (live.version(), note_ids(live)) == (start, [1])


def test_versions_of_writers_that_run_together_are_all_counted(live):
    start = live.version()
    threads = [threading.Thread(target=add_note, args=(live, note)) for note in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert live.version() == start + 8
    assert note_ids(live) == list(range(8))


def test_reader_sees_one_moment_and_never_waits(live):
    add_note(live, 1)
    count = select(func.count()).where(NOTES.c.tenant == "a")
    with live.read() as reader:
        assert reader.execute(count).scalar_one() == 1
        with live.write() as writer:
            writer.execute(insert(NOTES).values(id=2, tenant="a"))
            assert reader.execute(count).scalar_one() == 1, "while the other writes"
        assert reader.execute(count).scalar_one() == 1, "after the other has committed"
        assert note_ids(live) == [1, 2], "a new reader sees it"


def test_answer_and_version_of_one_reader_belong_together(live):
    add_note(live, 1)
    with live.read() as reader:
        version = reader.execute(text("SELECT version FROM live_version")).scalar_one()
        add_note(live, 2)
        ids = list(reader.execute(select(NOTES.c.id).where(NOTES.c.tenant == "a")).scalars())
    assert (version, ids) == (live.version() - 1, [1])


def test_reader_cannot_write(live):
    with pytest.raises(DBAPIError, match=r"readonly|read-only"), live.read() as connection:
        connection.execute(insert(NOTES).values(id=1, tenant="a"))
    assert note_ids(live) == []


# --- lost updates ---


def change(live: Live, note: int, version: int, tenant: str = "a", text: str = "new") -> int:
    with live.write() as connection:
        return update_versioned(connection, NOTES, tenant, note, version, {"text": text})


def test_second_of_two_changes_to_one_version_is_a_conflict(live):
    add_note(live)
    assert change(live, 1, version=1) == 2
    with pytest.raises(Conflict) as caught:
        change(live, 1, version=1, text="lost")
    assert caught.value.extra == {"version": 2}


def test_refused_change_is_not_counted(live):
    add_note(live)
    before = live.version()
    with pytest.raises(Conflict):
        change(live, 1, version=9)
    assert live.version() == before


def test_change_to_a_row_of_another_tenant_is_not_found(live):
    add_note(live, tenant="b")
    with pytest.raises(NotFound):
        change(live, 1, version=1, tenant="a")


def test_of_many_changes_at_once_one_wins_and_the_others_conflict(live):
    add_note(live)
    outcomes = []

    def try_change():
        try:
            outcomes.append(change(live, 1, version=1))
        except Conflict:
            outcomes.append(None)

    threads = [threading.Thread(target=try_change) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes, key=str) == [2, *[None] * 5]


# --- tenants ---


def test_tenants_never_mix(live):
    rng = random.Random(5)
    tenants = {note: rng.choice("abc") for note in range(60)}
    for note, tenant in tenants.items():
        add_note(live, note, tenant)
    with live.write() as connection:
        connection.execute(update(NOTES).where(NOTES.c.tenant == "a").values(text="mine"))
        connection.execute(delete(NOTES).where(NOTES.c.tenant == "b", NOTES.c.id < 30))
    for tenant in "ac":
        assert note_ids(live, tenant) == [note for note, owner in tenants.items() if owner == tenant]
    with live.read() as connection:
        mine = connection.execute(select(NOTES.c.text).where(NOTES.c.tenant == "c")).scalars()
        assert set(mine) == {""}


def test_statement_without_a_tenant_does_not_run(live):
    with pytest.raises(AssertionError, match="notes"), live.write() as connection:
        connection.execute(update(NOTES).values(text="all of them"))


def test_text_without_a_tenant_does_not_run(live):
    with pytest.raises(AssertionError, match="notes"), live.read() as connection:
        connection.execute(text("SELECT * FROM notes"))
    with live.read() as connection:
        assert connection.execute(text("SELECT * FROM notes WHERE tenant = :t"), {"t": "a"}).all() == []


# --- boxes ---


def overlap(row: tuple[float, ...], asked: tuple[float, ...]) -> bool:
    """The slow way: cut both boxes at the antimeridian and compare every piece."""
    lat = row[1] <= asked[3] and row[3] >= asked[1]
    return lat and any(a[0] <= b[1] and a[1] >= b[0] for a in pieces(row) for b in pieces(asked))


def pieces(box: tuple[float, ...]) -> list[tuple[float, float]]:
    west, _, east, _ = box
    return [(west, east)] if west <= east else [(west, 180), (-180, east)]


def random_box(rng: random.Random) -> tuple[float, float, float, float]:
    west, south = rng.uniform(-180, 180), rng.uniform(-90, 80)
    east = west + rng.choice([0, 0.001, 1, 30, 200])
    return west, south, east - 360 if east > 180 else east, min(90, south + rng.choice([0, 0.001, 1, 30]))


def put_plots(live: Live, boxes: list[tuple[float, ...]]) -> None:
    sides = ("west", "south", "east", "north")
    with live.write() as connection:
        connection.execute(
            insert(PLOTS), [{"id": i, "tenant": "a", **dict(zip(sides, box))} for i, box in enumerate(boxes)]
        )


def plots_in(live: Live, asked: tuple[float, ...], tenant: str = "a") -> list[int]:
    query = select(PLOTS.c.id).where(PLOTS.c.tenant == tenant, live.in_bbox(PLOTS, Bbox(*asked))).order_by(PLOTS.c.id)
    with live.read() as connection:
        return list(connection.execute(query).scalars())


def test_search_by_box_equals_brute_force(live):
    rng = random.Random(11)
    boxes = [random_box(rng) for _ in range(400)]
    put_plots(live, boxes)
    for asked in [random_box(rng) for _ in range(150)]:
        assert plots_in(live, asked) == [i for i, box in enumerate(boxes) if overlap(box, asked)], asked


longitudes = st.sampled_from([-180.0, -179.9, -1.0, 0.0, 1e-9, 1.0, 179.9, 180.0])
latitudes = st.sampled_from([-90.0, 0.0, 1e-9, 90.0])
edge_boxes = st.tuples(longitudes, latitudes, longitudes, latitudes).map(
    lambda box: (box[0], min(box[1], box[3]), box[2], max(box[1], box[3]))
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(boxes=st.lists(edge_boxes, min_size=1, max_size=6), asked=edge_boxes)
def test_search_by_box_holds_at_poles_and_antimeridian(live, boxes, asked):
    with live.write() as connection:
        connection.execute(delete(PLOTS).where(PLOTS.c.tenant == "a"))
    put_plots(live, boxes)
    assert plots_in(live, asked) == [i for i, box in enumerate(boxes) if overlap(box, asked)]


def test_moved_and_deleted_rows_are_found_where_they_are(live):
    put_plots(live, [(1, 1, 2, 2), (1, 1, 2, 2), (1, 1, 2, 2)])
    with live.write() as connection:
        mine = PLOTS.c.tenant == "a"
        connection.execute(update(PLOTS).where(mine, PLOTS.c.id == 0).values(west=179, east=-179))
        connection.execute(delete(PLOTS).where(mine, PLOTS.c.id == 1))
    assert plots_in(live, (0, 0, 3, 3)) == [2]
    assert plots_in(live, (-179.5, 0, -179.2, 3)) == [0]


def test_row_without_a_place_is_in_no_box(live):
    with live.write() as connection:
        connection.execute(insert(PLOTS).values(id=1, tenant="a"))
    assert plots_in(live, (-180, -90, 180, 90)) == []
    with live.write() as connection:
        here = {"west": 1, "south": 1, "east": 2, "north": 2}
        connection.execute(update(PLOTS).where(PLOTS.c.tenant == "a").values(here))
    assert plots_in(live, (-180, -90, 180, 90)) == [1]


def test_search_by_box_keeps_to_the_tenant(live):
    put_plots(live, [(1, 1, 2, 2)])
    assert plots_in(live, (0, 0, 3, 3), tenant="b") == []


def test_search_by_box_works_on_an_alias(live):
    put_plots(live, [(1, 1, 2, 2), (5, 5, 6, 6)])
    here = PLOTS.alias("here")
    query = select(here.c.id).where(here.c.tenant == "a", live.in_bbox(here, Bbox(0, 0, 3, 3)))
    with live.read() as connection:
        assert connection.execute(query).scalars().all() == [0]


def test_index_over_a_table_with_rows_finds_them(live):
    def create(op, live):
        op.execute("CREATE TABLE old (id INTEGER PRIMARY KEY, west FLOAT, south FLOAT, east FLOAT, north FLOAT)")
        op.execute("INSERT INTO old VALUES (1, 179, 0, -179, 1), (2, 10, 0, 11, 1), (3, NULL, NULL, NULL, NULL)")
        live.add_spatial_index(op, "old")

    live.migrate({**MIGRATIONS, "old": (Migration(1, "old", create),)})
    old = table("old", *map(column, ("id", "west", "south", "east", "north")))
    with live.read() as connection:
        assert connection.execute(select(old.c.id).where(live.in_bbox(old, Bbox(-180, 0, -179, 1)))).all() == [(1,)]


# --- migrations ---


def counting(steps: int, taken: list[int]) -> dict[str, tuple[Migration, ...]]:
    return {
        "counting": tuple(
            Migration(number, "", lambda op, live, number=number: taken.append(number))
            for number in range(1, steps + 1)
        )
    }


def test_steps_are_taken_once_and_in_order(live):
    taken = []
    for steps in (2, 2, 4):
        live.migrate(counting(steps, taken))
    assert taken == [1, 2, 3, 4]


def test_store_of_a_newer_program_is_refused(live):
    live.migrate(counting(3, []))
    with pytest.raises(BadInput, match=r"newer than this program: counting is at step 3, known are 2"):
        live.migrate(counting(2, []))


def test_failed_step_takes_back_the_ones_before_it(live):
    def fail(op, live):
        op.execute("CREATE TABLE half (id INTEGER)")
        raise ZeroDivisionError

    steps = {
        "x": (Migration(1, "", lambda op, live: op.execute("CREATE TABLE x (id INTEGER)")), Migration(2, "", fail))
    }
    with pytest.raises(ZeroDivisionError):
        live.migrate(steps)
    taken = []
    live.migrate({"x": (steps["x"][0], Migration(2, "", lambda op, live: taken.append(2)))})
    assert taken == [2]


@pytest.mark.parametrize("numbers", [(2,), (1, 1), (1, 3), (0, 1)])
def test_wrongly_numbered_steps_are_refused(live, numbers):
    with pytest.raises(ValueError, match="must be numbered 1, 2, 3"):
        live.migrate({"x": tuple(Migration(number, "", create_notes) for number in numbers)})


def test_migration_may_rebuild_a_table_that_others_refer_to(live):
    def create(op, live):
        op.execute("CREATE TABLE parent (id INTEGER PRIMARY KEY)")
        op.execute("CREATE TABLE child (id INTEGER PRIMARY KEY, p INTEGER REFERENCES parent (id) ON DELETE CASCADE)")
        op.execute("INSERT INTO parent VALUES (1)")
        op.execute("INSERT INTO child VALUES (1, 1)")

    def rebuild(op, live):
        with op.batch_alter_table("parent", recreate="always" if live.dialect == "sqlite" else "auto") as batch:
            batch.add_column(Column("more", Integer))

    live.migrate({"x": (Migration(1, "", create), Migration(2, "", rebuild))})
    with live.read() as connection:
        assert connection.execute(text("SELECT p FROM child")).scalars().all() == [1]


START = """
import sys
from pathlib import Path
from location_cloud.storage.live import open_live
from tests.storage.tables import MIGRATIONS
live = open_live(sys.argv[1], Path(sys.argv[2]))
live.migrate(MIGRATIONS)
print(live.version())
live.close()
"""


def test_processes_that_start_together_migrate_once(live_url, tmp_path):
    root = Path(__file__).parents[2]
    processes = [
        subprocess.Popen([sys.executable, "-c", START, live_url, tmp_path], stdout=subprocess.PIPE, text=True, cwd=root)
        for _ in range(3)
    ]
    assert [process.communicate()[0] for process in processes] == ["0\n"] * 3
