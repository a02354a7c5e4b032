"""Closures, speeds and matrix jobs on PostgreSQL: the same rows as on SQLite, a tenant's own only."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from location_cloud.directions import now, store, store_matrices
from location_cloud.directions.live import batch_from_words
from location_cloud.directions.model_matrices import DONE, RUNNING, WAITING, MatrixJob
from location_cloud.directions.store import Closure
from location_cloud.errors import Conflict
from location_cloud.incidents import store as incidents
from location_cloud.storage.live import Live, open_live

pytestmark = pytest.mark.parts

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgis"])
def live(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Live]:
    if request.param == "sqlite":
        yield from opened("", tmp_path)
        return
    server_url, name = request.getfixturevalue("postgis_url"), f"directions_{secrets.token_hex(4)}"
    with psycopg.connect(server_url, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        yield from opened(make_url(server_url).set(database=name).render_as_string(hide_password=False), tmp_path)
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def opened(url: str, home: Path) -> Iterator[Live]:
    store_of_test = open_live(url, home)
    store_of_test.migrate({"directions": store.MIGRATIONS, "incidents": incidents.MIGRATIONS})
    yield store_of_test
    store_of_test.close()


def test_a_closure_is_changed_only_at_its_version(live: Live, tmp_path: Path) -> None:
    closure = now.put_closure(live, tmp_path, "a", Closure("works", True, ("truck",), ("1:0:f",), b"area"), NOON)
    changed = now.put_closure(live, tmp_path, "a", closure, NOON)
    assert (changed.version, changed.profiles, changed.keys, changed.area) == (2, ("truck",), ("1:0:f",), b"area")
    with pytest.raises(Conflict):
        now.put_closure(live, tmp_path, "a", closure, NOON)
    with pytest.raises(Conflict):
        now.put_closure(live, tmp_path, "a", Closure("works", keys=("1:0:f",)), NOON)
    with live.read() as connection:
        assert store.list_closures(connection, "b") == []
        assert store.count_closures(connection, "a") == 1


def test_speeds_are_summed_by_source_and_taken_back(live: Live, tmp_path: Path) -> None:
    until = NOON + timedelta(hours=1)
    for source, speeds in (
        ("probe", {"1:0:f": 30.0}),
        ("probe", {"2:0:f": 30.0, "1:0:f": 20.0}),
        ("loops", {"3:0:f": 9}),
    ):
        now.put_speeds(live, tmp_path, "a", batch_from_words(speeds), source, until, NOON)
    with live.read() as connection:
        told = store.list_sources(connection, "a", NOON.timestamp())
        assert store.list_sources(connection, "a", until.timestamp()) == []
    assert [(each.name, each.batches, each.edges) for each in told] == [("loops", 1, 1), ("probe", 2, 3)]
    assert (now.drop_speeds(live, tmp_path, "b"), now.drop_speeds(live, tmp_path, "a")) == (0, 4)


def test_a_begun_matrix_comes_before_one_that_waits_longer(live: Live) -> None:
    def job(name: str, state: str, created: float) -> MatrixJob:
        return MatrixJob(name, "a", state, "car", 2, 3, True, created, "snapshot")

    with live.write(counted=False) as connection:
        for one in (job("old", WAITING, 1.0), job("begun", RUNNING, 2.0), job("done", DONE, 0.0)):
            store_matrices.insert_matrix(connection, one, one.id.encode())
    with live.write(counted=False) as connection:
        first = store_matrices.next_matrix(connection)
        assert first == job("begun", RUNNING, 2.0)
        assert store_matrices.read_question(connection, "a", "begun") == b"begun"
        assert store_matrices.read_question(connection, "b", "begun") is None
        assert store_matrices.change_matrix(connection, "a", "begun", {"state": DONE, "finished": 5.0})
        assert not store_matrices.change_matrix(connection, "b", "old", {"state": DONE})
        assert [each.id for each in store_matrices.list_matrices(connection, "a")] == ["begun", "old", "done"]
        assert store_matrices.delete_finished(connection, 6.0) == 1
        assert sorted(store_matrices.list_ids(connection)) == ["done", "old"]
