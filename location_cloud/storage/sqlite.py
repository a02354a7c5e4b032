"""The live store in one SQLite file: readers never wait (WAL), an acknowledged write is on the disk (FULL)."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    Alias,
    ColumnElement,
    Connection,
    Engine,
    FromClause,
    QueuePool,
    Select,
    column,
    create_engine,
    event,
    func,
    select,
    union_all,
)
from sqlalchemy import table as lightweight_table

from location_cloud.errors import BadInput, CloudError, Full, NotReady
from location_cloud.storage.backend import Box, unrolled

BUSY_S = 2.0
"""How long a writer waits for another; a request's deadline is 5 s."""

MIGRATION_WAIT_S = 60.0
"""How long a starting process waits for another one's migrations."""

WAL_LIMIT_BYTES = 64_000_000
"""The write-ahead log is cut to this after a checkpoint, or a burst of writes would keep its size for ever."""

BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
UNWRITABLE = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN}
UNREADABLE = {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


class SqliteBackend:
    """One SQLite file. Raises BadInput if its file system cannot share memory (a network share)."""

    dialect = "sqlite"
    driver_errors: tuple[type[Exception], ...] = (sqlite3.Error,)

    def __init__(self, file: Path) -> None:
        self.file = file
        _make_private(file)
        self.writer = _open_engine(file, "BEGIN IMMEDIATE", query_only=False)
        self.reader = _open_engine(file, "BEGIN", query_only=True)
        # A plain connection for the one statement of every request: 5 us, through SQLAlchemy it is 20 times that.
        self._plain: sqlite3.Connection | None = None
        self._plain_lock = threading.Lock()

    def version(self) -> int:
        """The live version."""
        with self._plain_lock:
            if self._plain is None:
                self._plain = sqlite3.connect(self.file, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
            return int(self._plain.execute("SELECT version FROM live_version").fetchone()[0])

    def tenant_tables(self) -> frozenset[str]:
        """Names of the tables that have a column `tenant`."""
        with self.reader.connect() as connection:
            rows = connection.exec_driver_sql(
                "SELECT m.name FROM sqlite_schema AS m JOIN pragma_table_info(m.name) AS c"
                " WHERE m.type = 'table' AND c.name = 'tenant'"
            )
            return frozenset(row[0] for row in rows)

    @contextlib.contextmanager
    def migrating(self) -> Iterator[Connection]:
        """A transaction that only one process at a time is in."""
        with self.writer.connect() as connection:
            plain: Any = connection.connection.dbapi_connection
            # Outside of a transaction, where SQLite allows it: to rebuild a table, alembic drops the old one, and
            # with foreign keys on that would delete the rows that refer to it.
            plain.execute("PRAGMA foreign_keys = OFF")
            plain.execute(f"PRAGMA busy_timeout = {MIGRATION_WAIT_S * 1000:.0f}")
            try:
                with connection.begin():
                    yield connection
                    _check_foreign_keys(connection)
            finally:
                plain.execute(f"PRAGMA busy_timeout = {BUSY_S * 1000:.0f}")
                plain.execute("PRAGMA foreign_keys = ON")

    def prepare(self, op: Any) -> None:
        """Nothing: the R*Tree is built in."""

    def add_spatial_index(self, op: Any, table: str) -> None:
        """An R*Tree beside the table, kept by triggers."""
        index = f"{table}_rtree"
        # REPLACE, because INSERT OR REPLACE into the table does not fire its delete trigger.
        put = (
            f"INSERT OR REPLACE INTO {index} (id, west, east, south, north) SELECT new.id, new.west,"
            " CASE WHEN new.west > new.east THEN new.east + 360 ELSE new.east END, new.south, new.north"
            " WHERE new.west IS NOT NULL;"
        )
        drop = f"DELETE FROM {index} WHERE id = old.id;"
        op.execute(f"CREATE VIRTUAL TABLE {index} USING rtree(id, west, east, south, north)")
        for name, when, action in (
            ("insert", "INSERT", put),
            ("update", "UPDATE OF id, west, south, east, north", drop + put),
            ("delete", "DELETE", drop),
        ):
            op.execute(f"CREATE TRIGGER {index}_{name} AFTER {when} ON {table} BEGIN {action} END")
        op.execute(
            f"INSERT INTO {index} (id, west, east, south, north) SELECT id, west,"
            f" CASE WHEN west > east THEN east + 360 ELSE east END, south, north FROM {table} WHERE west IS NOT NULL"
        )

    def may_overlap(self, table: FromClause, box: Box) -> ColumnElement[bool]:
        """Rows that the R*Tree finds."""
        return table.c.id.in_(union_all(*_found_in_boxes(table, box)))

    def count_in_box(self, connection: Connection, table: FromClause, box: Box, most: int) -> int:
        """How many the R*Tree finds, counted to `most`: SQLite itself takes every box for a small one."""
        found = union_all(*_found_in_boxes(table, box)).limit(most).subquery()
        return int(connection.execute(select(func.count()).select_from(found)).scalar_one())

    def find_failure(self, error: BaseException, writing: bool) -> CloudError | None:
        """What SQLite's result code means to a user."""
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the rest of the code only says where it happened
        if code in BUSY:
            return NotReady(f"another writer held the live store for {BUSY_S:.0f} s", hint="ask again in a second")
        if code in UNWRITABLE and writing:
            return Full(f"{self.file}: {error}", hint="free disk space or make the folder writable; reading goes on")
        if code in UNREADABLE:
            return NotReady(f"{self.file}: {error}", hint="location-cloud doctor")
        return None

    def close(self) -> None:
        """Give up all connections."""
        with self._plain_lock:
            if self._plain is not None:
                self._plain.close()
                self._plain = None
        self.reader.dispose()
        self.writer.dispose()


def _found_in_boxes(table: FromClause, box: Box) -> list[Select[Any]]:
    """Ids that the R*Tree of a table finds, a statement for each way round the globe."""
    named: Any = table.element if isinstance(table, Alias) else table
    index = lightweight_table(f"{named.name}_rtree", *map(column, ("id", "west", "east", "south", "north")))
    return [
        select(index.c.id).where(
            index.c.west <= east, index.c.east >= west, index.c.south <= north, index.c.north >= south
        )
        for west, south, east, north in unrolled(box)
    ]


def _make_private(file: Path) -> None:
    """Make the file if it is not there, for its owner alone; SQLite gives its mode to those that it makes beside it.

    An existing file is not even opened: closing it would give up the locks that this process holds on it.
    """
    with contextlib.suppress(OSError):  # there already; or SQLite, which fails on it too, says why
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _open_engine(file: Path, begin: str, query_only: bool) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(file)),
        # Connections are cheap here and a request must not wait for one: as many as there are threads.
        poolclass=QueuePool,
        pool_size=8,
        max_overflow=-1,
        connect_args={"timeout": BUSY_S, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def _connected(connection: sqlite3.Connection, _record: object) -> None:
        # Without this the driver begins transactions by its own rules, and none before a SELECT.
        connection.isolation_level = None
        mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        if mode != "wal":
            raise BadInput(
                f"{file.parent} is on a file system without shared memory; set LOCATION_CLOUD_HOME elsewhere"
            )
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA journal_size_limit = {WAL_LIMIT_BYTES}")
        connection.execute(f"PRAGMA query_only = {'ON' if query_only else 'OFF'}")

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _check_foreign_keys(connection: Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        raise BadInput(f"the migration would leave rows that refer to nothing: {broken[:3]}; nothing was changed")
