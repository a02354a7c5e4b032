"""Bringing the live tables of every slice up to date: in number order, once, all or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, insert, inspect, select

from location_cloud.capability import Migration
from location_cloud.errors import BadInput
from location_cloud.storage.backend import Backend
from location_cloud.storage.tables import JOB_RUNS, LIVE_VERSION, METADATA, MIGRATIONS
from location_cloud.storage.tenants import ALL_TENANTS

if TYPE_CHECKING:
    from location_cloud.storage.live import Live

OWN = "storage"
"""Under this name the store's own tables are recorded."""


def run_migrations(live: Live, backend: Backend, migrations: Mapping[str, Sequence[Migration]]) -> None:
    """Take every step that the store has not seen, in one transaction that one process at a time is in.

    Raises BadInput if the store has seen a step that this code does not know, ValueError if the numbers of a slice
    are not 1, 2, 3 ...
    """
    steps = {OWN: OWN_MIGRATIONS, **migrations}
    for name, own in steps.items():
        if [step.number for step in own] != list(range(1, len(own) + 1)):
            raise ValueError(f"migrations of {name!r} must be numbered 1, 2, 3 ...: {[step.number for step in own]}")
    with backend.reader.connect() as connection:
        if not _pending(steps, _applied(connection)):  # the usual start takes no lock
            return
    with backend.migrating() as connection:
        _take_steps(live, backend, connection.execution_options(**ALL_TENANTS), steps)


def _take_steps(live: Live, backend: Backend, connection: Connection, steps: Mapping[str, Sequence[Migration]]) -> None:
    from alembic.operations import Operations  # heavy optional: 0.2 s, and only a changed schema needs it
    from alembic.runtime.migration import MigrationContext  # heavy optional: comes with the line above

    op = Operations(MigrationContext.configure(connection))
    for name, step in _pending(steps, _applied(connection)):  # asked again: another process may have been first
        if name == OWN and step.number == 1:
            backend.prepare(op)
        step.upgrade(op, live)
        connection.execute(insert(MIGRATIONS).values(slice=name, number=step.number, title=step.title))


def _applied(connection: Connection) -> dict[str, int]:
    """How far each slice is."""
    if not inspect(connection).has_table(MIGRATIONS.name):
        return {}
    rows = connection.execute(select(MIGRATIONS.c.slice, MIGRATIONS.c.number).order_by(MIGRATIONS.c.number))
    return {row.slice: row.number for row in rows}


def _pending(steps: Mapping[str, Sequence[Migration]], applied: Mapping[str, int]) -> list[tuple[str, Migration]]:
    for name, own in steps.items():
        if applied.get(name, 0) > len(own):
            raise BadInput(
                f"the live store is newer than this program: {name} is at step {applied[name]}, known are {len(own)};"
                " install the newer version again or restore a backup"
            )
    return [(name, step) for name, own in steps.items() for step in own[applied.get(name, 0) :]]


def _create_own_tables(op: Any, live: Live) -> None:
    METADATA.create_all(op.get_bind(), tables=[LIVE_VERSION, MIGRATIONS, JOB_RUNS], checkfirst=False)
    op.bulk_insert(LIVE_VERSION, [{"version": 0}])


OWN_MIGRATIONS = (Migration(1, "version, history and job runs", _create_own_tables),)
