"""The live store: what people and devices change, in ordinary transactions, on SQLite or PostGIS behind one face."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, FromClause, Table, and_, or_, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionError

from location_cloud.capability import Migration
from location_cloud.errors import BadInput, Conflict, NotFound, NotReady
from location_cloud.storage.backend import Backend
from location_cloud.storage.migrations import run_migrations
from location_cloud.storage.publish import make_home
from location_cloud.storage.sqlite import SqliteBackend
from location_cloud.storage.tables import LIVE_VERSION
from location_cloud.storage.tenants import TenantGuard

if TYPE_CHECKING:
    from location_cloud.spatial.bbox import Bbox

LIVE_FILE = "live.sqlite"

_COUNT_WRITE = update(LIVE_VERSION).values(version=LIVE_VERSION.c.version + 1)


def open_live(url: str, home: Path) -> Live:
    """The live store that the settings name.

    url: "" = the SQLite file live.sqlite below home; or postgresql://user@host/database of a database with PostGIS.

    Raises BadInput if the url is neither or the driver is not installed, NotReady if the store cannot be opened.
    """
    if not url:
        make_home(home)
        return Live(SqliteBackend(home / LIVE_FILE))
    if not url.startswith(("postgresql://", "postgresql+psycopg://")):
        shown = url.partition(":")[0]  # the rest may hold a password
        raise BadInput(f"live store {shown}:... is not known; leave it empty (SQLite) or give postgresql://...")
    try:
        from location_cloud.storage.postgis import PostgisBackend  # heavy optional: psycopg is the extra [postgis]
    except ImportError as error:
        raise BadInput(f"no driver for PostgreSQL ({error}); pip install 'location-cloud[postgis]'") from error
    make_home(home)  # the run files lie there
    return Live(PostgisBackend(url))


class Live:
    """The live store of one home. May be shared by all threads; each process opens its own.

    dialect: "sqlite" or "postgresql", for a migration that must tell them apart.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self.dialect = backend.dialect
        self._failures: tuple[type[Exception], ...] = (DBAPIError, *backend.driver_errors)
        self._all_failures: tuple[type[Exception], ...] = (NoConnectionError, *self._failures)
        self._guard = TenantGuard(backend.reader, backend.writer)
        with self._translated(writing=True):
            self._guard.watch(backend.tenant_tables())

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one moment of the store, however many statements it runs; it cannot write.

        Never waits for a writer. Raises NotReady if the store cannot be reached.
        """
        with self._translated(writing=False), self._backend.reader.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def write(self, counted: bool = True) -> Iterator[Connection]:
        """A transaction: durable when the block ends, without trace when it raises.

        counted: the live version grows by one; False only for rows that no answer is made from (heartbeats).

        Raises NotReady if another writer holds the store for 2 s, Full if the disk takes no more.
        """
        with self._translated(writing=True), self._backend.writer.begin() as connection:
            yield connection
            if counted:
                # Last, because on PostgreSQL this row is where writers queue until the one before has committed.
                connection.execute(_COUNT_WRITE)

    def version(self) -> int:
        """How many writes were committed; an answer names it, so that it can be asked again."""
        try:
            return self._backend.version()
        except self._all_failures:  # with every request; a context manager would cost it 1 us
            with self._translated(writing=False):
                raise

    def migrate(self, migrations: Mapping[str, Sequence[Migration]]) -> None:
        """Bring the tables of every slice up to date, all or nothing; several processes may try at once.

        migrations: by name of the slice. Raises BadInput if the store was written by a newer version.
        """
        with self._translated(writing=True):
            run_migrations(self, self._backend, migrations)
            self._guard.watch(self._backend.tenant_tables())

    def add_spatial_index(self, op: Any, table: Table | str) -> None:
        """Keep a spatial index over a table, in a migration.

        table: has `id` INTEGER PRIMARY KEY, `west`, `south`, `east`, `north` DOUBLE (degrees, WGS-84; the geometry's
        box, west > east if it crosses the antimeridian; all four NULL = nowhere).
        """
        self._backend.add_spatial_index(op, table if isinstance(table, str) else table.name)

    def in_bbox(self, table: FromClause, bbox: Bbox) -> ColumnElement[bool]:
        """The condition that a row's box overlaps or touches the given one, by the spatial index.

        table: one with add_spatial_index, or an alias of it.
        """
        west, south, east, north = box = (bbox.west, bbox.south, bbox.east, bbox.north)
        c = table.c
        beside = or_(c.west <= east, c.east >= west)
        if west > east:
            longitude = or_(c.west > c.east, beside)
        else:
            longitude = or_(
                and_(c.west <= c.east, c.west <= east, c.east >= west),
                and_(c.west > c.east, beside),
            )
        # Both indexes keep 32-bit coordinates, rounded outward: they find a few too many, never too few.
        return and_(self._backend.may_overlap(table, box), c.south <= north, c.north >= south, longitude)

    def count_in_bbox(self, connection: Connection, table: FromClause, bbox: Bbox, most: int) -> int:
        """How many rows of all tenants the spatial index finds in a box, counted no further than `most`.

        For who has another way to find the rows of a wide box. 0 where the database's own planner chooses the way.
        """
        return self._backend.count_in_box(connection, table, (bbox.west, bbox.south, bbox.east, bbox.north), most)

    def close(self) -> None:
        """Give up all connections."""
        self._backend.close()

    @contextlib.contextmanager
    def _translated(self, writing: bool) -> Iterator[None]:
        """Turn the driver's errors that a user can do something about into ours."""
        try:
            yield
        except NoConnectionError as error:
            raise NotReady("all connections to the live store are in use", hint="ask again in a second") from error
        except self._failures as error:
            failure = self._backend.find_failure(getattr(error, "orig", None) or error, writing)
            if failure is None:
                raise
            raise failure from error


def next_version(connection: Connection) -> int:
    """The live version that this transaction will make, for a column that says when a row changed.

    Call it within `Live.write()` before the rows are changed: from then on no other transaction that calls it can
    commit before this one, so that whoever has seen version v has seen all changes up to v. SQLite has one writer
    at a time anyway.
    """
    found: int = connection.execute(select(LIVE_VERSION.c.version).with_for_update()).scalar_one()
    return found + 1


def seen_version(connection: Connection) -> int:
    """The live version that this transaction sees, the same however often it looks."""
    found: int = connection.execute(select(LIVE_VERSION.c.version)).scalar_one()
    return found


def update_versioned(
    connection: Connection, table: Table, tenant: str, row_id: int | str, version: int, values: Mapping[str, Any]
) -> int:
    """Change a row only if it still is as the caller read it; gives its new version.

    table: has columns tenant, id, version. version: what the caller read.

    Raises NotFound if this tenant has no such row, Conflict (with `version`, the one in the store) if it was changed.
    """
    mine = and_(table.c.tenant == tenant, table.c.id == row_id)
    changed = connection.execute(
        update(table).where(mine, table.c.version == version).values({**values, "version": version + 1})
    )
    if changed.rowcount == 1:
        return version + 1
    found = connection.execute(select(table.c.version).where(mine)).scalar_one_or_none()
    if found is None:
        raise NotFound(f"there is no {row_id!r} in {table.name}")
    raise Conflict(
        f"{table.name} {row_id!r} is at version {found}, you changed version {version}",
        hint="read it again and repeat your change",
        version=found,
    )
