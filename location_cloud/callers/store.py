"""The tables of calls and of who read them in clear: the only place that knows their SQL."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from location_cloud.callers.model import Read, Sealed
from location_cloud.capability import Migration
from location_cloud.errors import Conflict
from location_cloud.storage.tenants import ALL_TENANTS

METADATA = sa.MetaData()


def _columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("received", sa.Float(53), nullable=False),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("simulated", sa.Boolean, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("private", sa.LargeBinary, nullable=False),
        sa.Column("mark", sa.String(32)),
        sa.Column("request", sa.String(160)),
        sa.Column("digest", sa.String(32), nullable=False),
    ]


def _read_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("call", sa.Integer, nullable=False),
        sa.Column("at", sa.Float(53), nullable=False),
        sa.Column("who", sa.String(64), nullable=False),
    ]


CALLS = sa.Table("calls", METADATA, *_columns(), sqlite_autoincrement=True)
"""private: encrypted. mark: keyed hash of the number. request, digest: the key that its sender gave, and keyed hash of
what was said."""

READS = sa.Table("call_reads", METADATA, *_read_columns(), sqlite_autoincrement=True)
"""Only ever added to, until a call of that age would be forgotten."""


def _create(op: Any, live: Any) -> None:
    op.create_table("calls", *_columns(), sqlite_autoincrement=True)
    op.create_index("calls_tenant", "calls", ["tenant", "id"])
    op.create_index("calls_mark", "calls", ["tenant", "mark", "received"])
    op.create_index("calls_received", "calls", ["received"])
    op.create_index("calls_request", "calls", ["tenant", "request"], unique=True)
    op.create_table("call_reads", *_read_columns(), sqlite_autoincrement=True)
    op.create_index("call_reads_call", "call_reads", ["tenant", "call", "id"])
    op.create_index("call_reads_at", "call_reads", ["at"])


MIGRATIONS = (Migration(1, "calls and who read them", _create),)


def insert_call(connection: Any, tenant: str, call: Sealed, request: str | None, digest: str) -> int:
    """The id of the stored call. Raises Conflict if another transaction adds one under that request at this moment."""
    values = {
        "received": call.received_at.timestamp(),
        "source": call.source,
        "simulated": call.is_simulated,
        "content": orjson.dumps({"located": call.located, "warnings": call.warnings}),
        "private": call.private,
        "mark": call.mark or None,
        "request": request,
        "digest": digest,
    }
    try:
        statement = CALLS.insert().values(tenant=tenant, **values).returning(CALLS.c.id)
        return int(connection.execute(statement).scalar_one())
    except IntegrityError:
        raise Conflict(
            "a call is being added under this Idempotency-Key", hint="send it again; it is added once"
        ) from None


def find_request(connection: Any, tenant: str, request: str) -> tuple[int, str] | None:
    """The call added under a sender's key, and the digest of what was said. Index: calls_request."""
    statement = sa.select(CALLS.c.id, CALLS.c.digest).where(CALLS.c.tenant == tenant, CALLS.c.request == request)
    row = connection.execute(statement).one_or_none()
    return None if row is None else (row.id, row.digest)


def find_call(connection: Any, tenant: str, call_id: int) -> Sealed | None:
    """The tenant's call. Index: primary key."""
    row = connection.execute(CALLS.select().where(CALLS.c.tenant == tenant, CALLS.c.id == call_id)).one_or_none()
    return None if row is None else _as_call(row)


def list_calls(
    connection: Any, tenant: str, since: datetime | None, until: datetime | None, after: int, limit: int
) -> list[Sealed]:
    """Calls by rising id, those after an id. Index: calls_tenant."""
    c = CALLS.c
    statement = CALLS.select().where(c.tenant == tenant, c.id > after)
    if since is not None:
        statement = statement.where(c.received >= since.timestamp())
    if until is not None:
        statement = statement.where(c.received < until.timestamp())
    return [_as_call(row) for row in connection.execute(statement.order_by(c.id).limit(limit))]


def list_same_number(connection: Any, tenant: str, mark: str, first: datetime, last: datetime, limit: int) -> list[int]:
    """Ids of calls from a number between two times. Index: calls_mark."""
    c = CALLS.c
    within = c.received.between(first.timestamp(), last.timestamp())
    statement = sa.select(c.id).where(c.tenant == tenant, c.mark == mark, within).order_by(c.id).limit(limit)
    return [row.id for row in connection.execute(statement)]


def append_read(connection: Any, tenant: str, call_id: int, at: datetime, who: str) -> None:
    """Writes down that somebody read a call in clear."""
    connection.execute(READS.insert().values(tenant=tenant, call=call_id, at=at.timestamp(), who=who))


def list_reads(connection: Any, tenant: str, call_id: int, after: int, limit: int) -> list[Read]:
    """Who read a call in clear, oldest first. Index: call_reads_call."""
    mine = READS.c.tenant == tenant, READS.c.call == call_id, READS.c.id > after
    rows = connection.execute(READS.select().where(*mine).order_by(READS.c.id).limit(limit))
    return [Read(row.id, row.call, datetime.fromtimestamp(row.at, UTC), row.who) for row in rows]


def delete_before(connection: Any, before: datetime, limit: int) -> int:
    """Removes calls of all tenants that came before a time, and reads from before it; how many rows, at most 2 limit.

    Indexes: calls_received, call_reads_at.
    """
    gone = 0
    for table, time in ((CALLS, CALLS.c.received), (READS, READS.c.at)):
        old = sa.select(table.c.id).where(time < before.timestamp()).limit(limit)
        ids = [row.id for row in connection.execute(old, execution_options=ALL_TENANTS)]
        if ids:
            connection.execute(table.delete().where(table.c.id.in_(ids)), execution_options=ALL_TENANTS)
        gone += len(ids)
    return gone


def _as_call(row: Any) -> Sealed:
    content = orjson.loads(bytes(row.content))
    return Sealed(
        id=row.id,
        received_at=datetime.fromtimestamp(row.received, UTC),
        private=bytes(row.private),
        located=content["located"],
        warnings=tuple(content["warnings"]),
        source=row.source,
        is_simulated=row.simulated,
        mark=row.mark or "",
    )
