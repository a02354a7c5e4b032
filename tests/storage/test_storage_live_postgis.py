"""What PostGIS adds to the promises: a server that goes away, locks of single rows, an index the planner may choose."""

import psycopg
import pytest
from sqlalchemy import insert, select

from location_cloud.errors import BadInput, Full, NotReady
from location_cloud.spatial.bbox import Bbox
from location_cloud.storage.live import open_live, update_versioned
from tests.storage.tables import MIGRATIONS, NOTES, PLOTS


@pytest.fixture
def live(postgis_database, tmp_path):
    store = open_live(postgis_database, tmp_path)
    store.migrate(MIGRATIONS)
    with store.write() as connection:
        connection.execute(insert(NOTES).values(id=1, tenant="a"))
    yield store
    store.close()


@pytest.mark.parts
def test_cut_connections_ask_to_come_again_and_then_work(live, postgis_database):
    live.version()
    with psycopg.connect(postgis_database, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    with pytest.raises(NotReady, match="cannot be reached"):
        live.version()
    assert live.version() == 1


@pytest.mark.parts
def test_server_that_is_not_there_is_named(tmp_path):
    with pytest.raises(NotReady, match="cannot be reached") as caught:
        open_live("postgresql://nobody:secret@127.0.0.1:9/none", tmp_path)
    assert "secret" not in str(caught.value)


@pytest.mark.parts
def test_writer_of_another_row_does_not_wait(live):
    with live.write(counted=False) as first, live.write(counted=False) as second:
        first.execute(insert(NOTES).values(id=2, tenant="a"))
        second.execute(insert(NOTES).values(id=3, tenant="a"))


@pytest.mark.parts
def test_writer_of_the_same_row_waits_two_seconds_and_asks_to_come_again(live):
    def change(connection):
        update_versioned(connection, NOTES, "a", 1, 1, {"text": "mine"})

    with live.write() as first:
        change(first)
        with pytest.raises(NotReady, match="held the same rows"), live.write() as second:
            change(second)


@pytest.mark.parts
def test_standby_refuses_writes_and_keeps_reads(live, postgis_database, tmp_path):
    with psycopg.connect(postgis_database, autocommit=True) as other:
        other.execute(f"ALTER DATABASE {other.info.dbname} SET default_transaction_read_only = on")
    standby = open_live(postgis_database, tmp_path)
    with pytest.raises(Full, match="read-only"), standby.write() as connection:
        connection.execute(insert(NOTES).values(id=2, tenant="a"))
    assert standby.version() == 1
    standby.close()


@pytest.mark.parts
def test_search_by_box_uses_the_gist_index(live):
    with live.write() as connection:
        rows = [{"id": i, "tenant": "a", "west": i / 50, "south": 1, "east": i / 50, "north": 1} for i in range(5000)]
        connection.execute(insert(PLOTS), rows)
        connection.exec_driver_sql("ANALYZE plots")
    query = select(PLOTS.c.id).where(PLOTS.c.tenant == "a", live.in_bbox(PLOTS, Bbox(1, 0, 1.5, 2)))
    with live.read() as connection:
        sql = str(query.compile(connection.engine, compile_kwargs={"literal_binds": True}))
        plan = "\n".join(row[0] for row in connection.exec_driver_sql(f"EXPLAIN {sql}"))
    assert "Index Scan on plots_box" in plan


def test_url_of_another_database_is_refused_without_its_password(tmp_path):
    with pytest.raises(BadInput, match="mysql") as caught:
        open_live("mysql://root:secret@host/db", tmp_path)
    assert "secret" not in str(caught.value)
