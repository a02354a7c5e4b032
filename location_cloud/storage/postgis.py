"""The live store in PostgreSQL with PostGIS, for a city that outgrew one file or wants a standby."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import psycopg
from sqlalchemy import ColumnElement, Connection, FromClause, column, create_engine, event, func, or_, select, text

from location_cloud.errors import CloudError, Full, NotReady
from location_cloud.storage.backend import Box, unrolled
from location_cloud.storage.tables import LIVE_VERSION

SRID = 4326
"""WGS-84 longitude, latitude."""

BUSY_S = 2
"""How long a writer waits for a locked row; a request's deadline is 5 s."""

MIGRATION_WAIT_S = 60
"""How long a starting process waits for another one's migrations."""

MIGRATION_LOCK = 0x10CA710
"""Key of the advisory lock that starting processes queue at."""

POOL_SIZE = 10
"""Connections kept by each process and engine; as many again while it is busy."""

# SQLSTATE codes and classes: PostgreSQL 15 documentation, appendix A.
RETRY = {"55P03", "40001", "40P01"}  # lock not available, serialization failure, deadlock
FULL = {"53100", "25006"}  # disk full, read-only transaction (a standby)
NO_POSTGIS = {"0A000", "58P01", "42501"}  # extension not available, its file missing, no right to create it
UNREACHABLE_CLASSES = {"08", "53", "57"}  # connection, resources (too many connections), shutdown


class PostgisBackend:
    """One PostgreSQL database, with PostGIS or the right to add it.

    url: postgresql://user@host/database, as libpq reads it.
    """

    dialect = "postgresql"
    driver_errors: tuple[type[Exception], ...] = (psycopg.Error,)

    def __init__(self, url: str) -> None:
        address = url.replace("postgresql://", "postgresql+psycopg://", 1)
        engine = create_engine(address, pool_size=POOL_SIZE, max_overflow=POOL_SIZE, pool_timeout=BUSY_S)
        # One engine a role, because each keeps its own pool: a reader never waits for writers to give back theirs.
        self.writer = engine
        self.reader = create_engine(
            address,
            pool_size=POOL_SIZE,
            max_overflow=POOL_SIZE,
            pool_timeout=BUSY_S,
            isolation_level="REPEATABLE READ",
            execution_options={"postgresql_readonly": True},
        )

        @event.listens_for(engine, "begin")
        def _begun(connection: Connection) -> None:
            # For the transaction, not the session: behind pgbouncer the session is somebody else's next time.
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{BUSY_S}s'")

    def version(self) -> int:
        """The live version."""
        with self.reader.connect() as connection:
            return int(connection.execute(select(LIVE_VERSION.c.version)).scalar_one())

    def tenant_tables(self) -> frozenset[str]:
        """Names of the tables that have a column `tenant`."""
        with self.reader.connect() as connection:
            rows = connection.execute(
                text("SELECT table_name FROM information_schema.columns WHERE column_name = 'tenant'")
            )
            return frozenset(row.table_name for row in rows)

    @contextlib.contextmanager
    def migrating(self) -> Iterator[Connection]:
        """A transaction that only one process at a time is in."""
        with self.writer.begin() as connection:
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{MIGRATION_WAIT_S}s'")
            connection.execute(select(func.pg_advisory_xact_lock(MIGRATION_LOCK)))
            yield connection

    def prepare(self, op: Any) -> None:
        """PostGIS itself; somebody with the right may have added it before."""
        op.execute("CREATE EXTENSION IF NOT EXISTS postgis")

    def add_spatial_index(self, op: Any, table: str) -> None:
        """A generated column `box` with a GiST index."""
        op.execute(
            f"ALTER TABLE {table} ADD COLUMN box geometry(Polygon, {SRID}) GENERATED ALWAYS AS (ST_MakeEnvelope("
            f"west, south, CASE WHEN west > east THEN east + 360 ELSE east END, north, {SRID})) STORED"
        )
        op.execute(f"CREATE INDEX {table}_box ON {table} USING gist (box)")

    def may_overlap(self, table: FromClause, box: Box) -> ColumnElement[bool]:
        """Rows that the GiST index finds."""
        indexed: Any = column("box")
        indexed.table = table
        return or_(*(indexed.op("&&", is_comparison=True)(func.ST_MakeEnvelope(*part, SRID)) for part in unrolled(box)))

    def count_in_box(self, connection: Connection, table: FromClause, box: Box, most: int) -> int:
        """0: the planner knows from its statistics."""
        return 0

    def find_failure(self, error: BaseException, writing: bool) -> CloudError | None:
        """What PostgreSQL's SQLSTATE means to a user."""
        state = getattr(error, "sqlstate", None) or ""
        if state in RETRY:
            return NotReady("another writer held the same rows too long", hint="ask again in a second")
        if state in FULL and writing:
            return Full(f"PostgreSQL: {error}", hint="free disk space on the database server; reading goes on")
        if state in NO_POSTGIS:
            hint = "install PostGIS 3 on the server; as its superuser: CREATE EXTENSION postgis in this database"
            return NotReady(f"PostgreSQL: {error}", hint=hint)
        if state[:2] in UNREACHABLE_CLASSES or (not state and isinstance(error, psycopg.OperationalError)):
            return NotReady(f"PostgreSQL cannot be reached: {error}", hint="start the database; then ask again")
        return None

    def close(self) -> None:
        """Give up all connections."""
        self.reader.dispose()
        self.writer.dispose()
