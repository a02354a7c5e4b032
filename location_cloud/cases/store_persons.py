"""The tables of who reported a case, encrypted, and of who read that in clear: the only place that knows their SQL."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from location_cloud.cases.model import Read
from location_cloud.storage.tenants import ALL_TENANTS

METADATA = sa.MetaData()


def _person_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("case", sa.Integer, nullable=False),
        sa.Column("at", sa.Float(53), nullable=False),
        sa.Column("mark", sa.String(32)),
        sa.Column("private", sa.LargeBinary, nullable=False),
    ]


def _read_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("case", sa.Integer, nullable=False),
        sa.Column("at", sa.Float(53), nullable=False),
        sa.Column("who", sa.String(64), nullable=False),
    ]


PERSONS = sa.Table("case_reporters", METADATA, *_person_columns(), sqlite_autoincrement=True)
"""private: encrypted. mark: keyed hash of the phone number."""

READS = sa.Table("case_reads", METADATA, *_read_columns(), sqlite_autoincrement=True)
"""Only ever added to."""


def create_persons(op: Any, live: Any) -> None:
    """The tables, in a migration."""
    op.create_table("case_reporters", *_person_columns(), sqlite_autoincrement=True)
    op.create_index("case_reporters_case", "case_reporters", ["tenant", "case"], unique=True)
    op.create_index("case_reporters_mark", "case_reporters", ["tenant", "mark"])
    op.create_index("case_reporters_at", "case_reporters", ["at"])
    op.create_table("case_reads", *_read_columns(), sqlite_autoincrement=True)
    op.create_index("case_reads_case", "case_reads", ["tenant", "case", "id"])


def insert_person(connection: Any, tenant: str, case_id: int, at: float, private: bytes, mark: str) -> None:
    """Writes down who reported a case."""
    values = {"case": case_id, "at": at, "private": private, "mark": mark or None}
    connection.execute(PERSONS.insert().values(tenant=tenant, **values))


def find_person(connection: Any, tenant: str, case_id: int) -> bytes | None:
    """Who reported a case, encrypted. Index: case_reporters_case."""
    c = PERSONS.c
    statement = sa.select(c.private).where(c.tenant == tenant, c.case == case_id)
    found = connection.execute(statement).scalar_one_or_none()
    return None if found is None else bytes(found)


def list_of_mark(connection: Any, tenant: str, mark: str, limit: int) -> list[int]:
    """Cases that a phone number reported, the newest first. Index: case_reporters_mark."""
    c = PERSONS.c
    statement = sa.select(c.case).where(c.tenant == tenant, c.mark == mark).order_by(c.case.desc()).limit(limit)
    return list(connection.execute(statement).scalars())


def append_read(connection: Any, tenant: str, case_id: int, at: float, who: str) -> None:
    """Writes down that somebody read a reporter in clear."""
    connection.execute(READS.insert().values(tenant=tenant, case=case_id, at=at, who=who))


def list_reads(connection: Any, tenant: str, case_id: int, after: int, limit: int) -> list[Read]:
    """Who read a case's reporter in clear, oldest first. Index: case_reads_case."""
    c = READS.c
    statement = READS.select().where(c.tenant == tenant, c.case == case_id, c.id > after)
    return [
        Read(row.id, row.case, row.at, row.who) for row in connection.execute(statement.order_by(c.id).limit(limit))
    ]


def delete_before(connection: Any, before: float, limit: int) -> int:
    """Removes reporters of all tenants that were told before a moment; how many. Index: case_reporters_at."""
    old = sa.select(PERSONS.c.id).where(PERSONS.c.at < before).limit(limit)
    ids = list(connection.execute(old, execution_options=ALL_TENANTS).scalars())
    if ids:
        connection.execute(PERSONS.delete().where(PERSONS.c.id.in_(ids)), execution_options=ALL_TENANTS)
    return len(ids)
