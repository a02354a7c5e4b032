"""The SQL of what people say in emergencies: who read it in clear, what is old, what was written in clear before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson
import sqlalchemy as sa

from location_cloud.dispatch.model import Emergency, Entry, Read
from location_cloud.dispatch.store_emergencies import ASSIGNMENTS, EMERGENCIES, LOG, content_of, emergency_of, entry_of
from location_cloud.storage.tenants import ALL_TENANTS

METADATA = sa.MetaData()


def _read_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("emergency", sa.Integer, nullable=False),
        sa.Column("at", sa.Float(53), nullable=False),
        sa.Column("who", sa.String(64), nullable=False),
    ]


READS = sa.Table("dispatch_reads", METADATA, *_read_columns(), sqlite_autoincrement=True)
"""Only ever added to, until an emergency of that age would be forgotten."""


def create_privacy(op: Any, live: Any) -> None:
    """The columns and the table, in a migration."""
    for table in ("dispatch_emergencies", "dispatch_log"):
        op.add_column(table, sa.Column("private", sa.LargeBinary))
        unsealed = sa.text("private IS NULL")
        op.create_index(f"{table}_unsealed", table, ["tenant"], sqlite_where=unsealed, postgresql_where=unsealed)
    op.create_index("dispatch_emergencies_updated", "dispatch_emergencies", ["updated"])
    op.create_table("dispatch_reads", *_read_columns(), sqlite_autoincrement=True)
    op.create_index("dispatch_reads_emergency", "dispatch_reads", ["tenant", "emergency", "id"])
    op.create_index("dispatch_reads_at", "dispatch_reads", ["at"])


# --- who read ----------------------------------------------------------------------------------------------------


def append_read(connection: Any, tenant: str, emergency_id: int, at: datetime, who: str) -> None:
    """Writes down that somebody reads an emergency in clear."""
    connection.execute(READS.insert().values(tenant=tenant, emergency=emergency_id, at=at.timestamp(), who=who))


def list_reads(connection: Any, tenant: str, emergency_id: int, after: int, limit: int) -> list[Read]:
    """Who read an emergency in clear, oldest first. Index: dispatch_reads_emergency."""
    mine = READS.c.tenant == tenant, READS.c.emergency == emergency_id, READS.c.id > after
    rows = connection.execute(READS.select().where(*mine).order_by(READS.c.id).limit(limit))
    return [Read(row.id, row.emergency, datetime.fromtimestamp(row.at, UTC), row.who) for row in rows]


# --- what is old -------------------------------------------------------------------------------------------------


def delete_before(connection: Any, before: datetime, limit: int) -> int:
    """Removes emergencies of all tenants that are over and unchanged since a time, with their log and assignments, and
    reads from before it; how many emergencies and reads, at most 2 limit.

    Indexes: dispatch_emergencies_updated, dispatch_log_emergency, dispatch_assignments_emergency, dispatch_reads_at.
    """
    c, gone = EMERGENCIES.c, 0
    old = c.status != "open", c.updated < before.timestamp()
    found = connection.execute(sa.select(c.tenant, c.id).where(*old).limit(limit), execution_options=ALL_TENANTS)
    for tenant, emergency in found.all():
        gone += connection.execute(EMERGENCIES.delete().where(c.tenant == tenant, c.id == emergency, *old)).rowcount
        for table in (LOG, ASSIGNMENTS):
            connection.execute(table.delete().where(table.c.tenant == tenant, table.c.emergency == emergency))
    seen = sa.select(READS.c.id).where(READS.c.at < before.timestamp()).limit(limit)
    ids = [row.id for row in connection.execute(seen, execution_options=ALL_TENANTS)]
    if ids:
        connection.execute(READS.delete().where(READS.c.id.in_(ids)), execution_options=ALL_TENANTS)
    return gone + len(ids)


# --- what was written in clear -----------------------------------------------------------------------------------


def list_unsealed(connection: Any, limit: int) -> list[str]:
    """Tenants that have words in clear. Indexes: dispatch_emergencies_unsealed, dispatch_log_unsealed."""
    found: set[str] = set()
    for table in (EMERGENCIES, LOG):
        statement = sa.select(table.c.tenant).distinct().where(table.c.private.is_(None)).limit(limit)
        found |= {row.tenant for row in connection.execute(statement, execution_options=ALL_TENANTS)}
    return sorted(found)


def seal_rows(connection: Any, live: Any, tenant: str, sealed: Callable[[Any], Any], limit: int) -> int:
    """Writes a tenant's words again as `sealed` gives them, at most so many rows a table; how many. Versions stay.

    On SQLite, what they were is overwritten in the file, too. Digests of what was said go: without a key, few words are
    found from them by trying. Indexes: dispatch_emergencies_unsealed, dispatch_log_unsealed.
    """
    if live.dialect == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete = ON")
    done = 0
    for row in _unsealed(connection, EMERGENCIES, tenant, limit):
        emergency: Emergency = sealed(emergency_of(row))
        kept = {"content": content_of(emergency), "private": emergency.sealed}
        done += _write(connection, EMERGENCIES, tenant, row.id, kept)
    for row in _unsealed(connection, LOG, tenant, limit):
        entry: Entry = sealed(entry_of(row))
        values = {"fields": orjson.dumps(dict(entry.fields)), "private": entry.sealed, "digest": None}
        done += _write(connection, LOG, tenant, row.id, values)
    if live.dialect == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete = OFF")
    return done


def _unsealed(connection: Any, table: sa.Table, tenant: str, limit: int) -> list[Any]:
    statement = table.select().where(table.c.tenant == tenant, table.c.private.is_(None)).limit(limit)
    return list(connection.execute(statement))


def _write(connection: Any, table: sa.Table, tenant: str, row_id: int, values: dict[str, Any]) -> int:
    mine = table.c.tenant == tenant, table.c.id == row_id
    return int(connection.execute(table.update().where(*mine).values(values)).rowcount)
