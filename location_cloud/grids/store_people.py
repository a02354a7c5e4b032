"""The tables of who answers for grids, and of who read their telephone numbers: the only place that knows their SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa

from location_cloud.grids.model import Scheme
from location_cloud.grids.model_people import PhoneRead, SealedPerson
from location_cloud.storage.tenants import ALL_TENANTS

METADATA = sa.MetaData()


def _columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("scheme", sa.String(16), nullable=False),
        sa.Column("code", sa.String(24), nullable=False),
        sa.Column("role", sa.String(40), nullable=False),
        sa.Column("team", sa.String(80), nullable=False),
        sa.Column("name", sa.LargeBinary, nullable=False),
        sa.Column("phone", sa.LargeBinary),
        sa.Column("valid_from", sa.String(10), nullable=False),
        sa.Column("valid_to", sa.String(10)),
        sa.Column("begun", sa.Integer, nullable=False),
        sa.Column("ended", sa.Integer, nullable=False),
    ]


def _read_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("scheme", sa.String(16), nullable=False),
        sa.Column("code", sa.String(24), nullable=False),
        sa.Column("at", sa.Float(53), nullable=False),
        sa.Column("who", sa.String(64), nullable=False),
    ]


PEOPLE = sa.Table("grid_people", METADATA, *_columns(), sqlite_autoincrement=True)
"""name, phone: encrypted. Rows are ended, never removed; only their phone is forgotten."""

READS = sa.Table("grid_people_reads", METADATA, *_read_columns(), sqlite_autoincrement=True)
"""Only ever added to."""


def create_people(op: Any, live: Any) -> None:
    """The tables, in a migration."""
    op.create_table("grid_people", *_columns(), sqlite_autoincrement=True)
    op.create_index("grid_people_code", "grid_people", ["tenant", "scheme", "code"])
    op.create_index("grid_people_valid_to", "grid_people", ["valid_to"])
    op.create_table("grid_people_reads", *_read_columns(), sqlite_autoincrement=True)
    op.create_index("grid_people_reads_code", "grid_people_reads", ["tenant", "scheme", "code", "id"])


def list_people(connection: Any, tenant: str, scheme: Scheme, code: str) -> list[SealedPerson]:
    """All who ever answered for a grid, in the order they were told. Index: grid_people_code."""
    c = PEOPLE.c
    statement = PEOPLE.select().where(c.tenant == tenant, c.scheme == scheme, c.code == code)
    return [_as_person(row) for row in connection.execute(statement.order_by(c.id))]


def insert_people(
    connection: Any,
    tenant: str,
    scheme: Scheme,
    code: str,
    people: Sequence[tuple[str, str, bytes, bytes | None]],
    valid_from: date,
    begun: int,
) -> None:
    """New rows. people: role, team, name and phone encrypted."""
    rows = [
        {
            "tenant": tenant,
            "scheme": scheme,
            "code": code,
            "role": role,
            "team": team,
            "name": name,
            "phone": phone,
            "valid_from": valid_from.isoformat(),
            "begun": begun,
            "ended": 0,
        }
        for role, team, name, phone in people
    ]
    if rows:
        connection.execute(PEOPLE.insert().values(tenant=tenant), rows)


def end_people(connection: Any, tenant: str, ids: Sequence[int], valid_to: date, ended: int) -> None:
    """These answer no longer from that day on."""
    c = PEOPLE.c
    statement = PEOPLE.update().where(c.tenant == tenant, c.id.in_(list(ids)))
    if ids:
        connection.execute(statement.values(valid_to=valid_to.isoformat(), ended=ended))


def count_people(connection: Any, tenant: str, scheme: Scheme, day: date) -> dict[str, int]:
    """How many answer for each grid on a day, by its code. Index: grid_people_code."""
    c, text = PEOPLE.c, day.isoformat()
    statement = (
        sa.select(c.code, sa.func.count())
        .where(c.tenant == tenant, c.scheme == scheme, c.valid_from <= text)
        .where(sa.or_(c.valid_to.is_(None), c.valid_to > text))
    )
    return {row[0]: int(row[1]) for row in connection.execute(statement.group_by(c.code))}


def forget_phones(connection: Any, day: date) -> int:
    """Removes phones of those of all tenants who answer no longer on a day; how many. Index: grid_people_valid_to."""
    c = PEOPLE.c
    statement = PEOPLE.update().where(c.valid_to <= day.isoformat(), c.phone.is_not(None)).values(phone=None)
    return int(connection.execute(statement, execution_options=ALL_TENANTS).rowcount)


def append_read(connection: Any, tenant: str, scheme: Scheme, code: str, at: float, who: str) -> None:
    """Writes down that somebody read the phones of a grid in clear."""
    connection.execute(READS.insert().values(tenant=tenant, scheme=scheme, code=code, at=at, who=who))


def list_reads(connection: Any, tenant: str, scheme: Scheme, code: str, after: int, limit: int) -> list[PhoneRead]:
    """Who read the phones of a grid in clear, oldest first. Index: grid_people_reads_code."""
    c = READS.c
    statement = READS.select().where(c.tenant == tenant, c.scheme == scheme, c.code == code, c.id > after)
    rows = connection.execute(statement.order_by(c.id).limit(limit))
    return [PhoneRead(row.id, row.code, row.at, row.who) for row in rows]


def _as_person(row: Any) -> SealedPerson:
    return SealedPerson(
        row.id,
        row.role,
        row.team,
        bytes(row.name),
        None if row.phone is None else bytes(row.phone),
        date.fromisoformat(row.valid_from),
        None if row.valid_to is None else date.fromisoformat(row.valid_to),
        row.begun,
        row.ended,
    )
