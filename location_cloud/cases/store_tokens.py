"""The tables of requests that wait for a place, and of how many a key reported in a day: their SQL."""

from __future__ import annotations

from typing import Any, NamedTuple

import sqlalchemy as sa

from location_cloud.storage.tenants import ALL_TENANTS

METADATA = sa.MetaData()


def _token_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("token", sa.String(32), nullable=False),
        sa.Column("at", sa.Float(53), nullable=False),
        sa.Column("who", sa.String(64), nullable=False),
        sa.Column("class", sa.String(12), nullable=False),
        sa.Column("case", sa.Integer),
        sa.Column("request", sa.String(128)),
        sa.Column("digest", sa.String(32)),
        sa.Column("private", sa.LargeBinary, nullable=False),
    ]


def _count_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("who", sa.String(64), nullable=False),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
    ]


TOKENS = sa.Table("open311_tokens", METADATA, *_token_columns(), sqlite_autoincrement=True)
"""private: what was said, encrypted. case: what it became. request, digest: as in `store.LOG`."""

COUNTS = sa.Table("open311_counts", METADATA, *_count_columns(), sqlite_autoincrement=True)
"""day: since 1970, UTC."""


def create_tokens(op: Any, live: Any) -> None:
    """The tables, in a migration."""
    op.create_table("open311_tokens", *_token_columns(), sqlite_autoincrement=True)
    op.create_index("open311_tokens_token", "open311_tokens", ["tenant", "token"], unique=True)
    op.create_index("open311_tokens_request", "open311_tokens", ["tenant", "request"], unique=True)
    waits = sa.text('"case" IS NULL')
    op.create_index(
        "open311_tokens_waiting", "open311_tokens", ["tenant", "id"], sqlite_where=waits, postgresql_where=waits
    )
    op.create_index("open311_tokens_at", "open311_tokens", ["at"])
    op.create_table("open311_counts", *_count_columns(), sqlite_autoincrement=True)
    op.create_index("open311_counts_who", "open311_counts", ["tenant", "who", "day"], unique=True)
    op.create_index("open311_counts_day", "open311_counts", ["day"])


class Row(NamedTuple):
    """A request that waits, as stored."""

    id: int
    token: str
    at: float
    who: str
    class_code: str
    case: int | None
    digest: str | None
    private: bytes


def insert_token(connection: Any, tenant: str, row: Row, request: str) -> int:
    """Writes down a request; gives its id."""
    values = {name: getattr(row, name) for name in ("token", "at", "who", "case", "digest", "private")}
    values |= {"class": row.class_code, "request": request or None}
    return int(connection.execute(TOKENS.insert().values(tenant=tenant, **values).returning(TOKENS.c.id)).scalar_one())


def find_token(connection: Any, tenant: str, token: str) -> Row | None:
    """The request of a token. Index: open311_tokens_token."""
    c = TOKENS.c
    return _row(connection.execute(TOKENS.select().where(c.tenant == tenant, c.token == token)).one_or_none())


def find_token_of_request(connection: Any, tenant: str, request: str) -> Row | None:
    """The request that was sent under a key. Index: open311_tokens_request."""
    c = TOKENS.c
    return _row(connection.execute(TOKENS.select().where(c.tenant == tenant, c.request == request)).one_or_none())


def list_waiting(connection: Any, tenant: str, after: int, limit: int) -> list[Row]:
    """Requests without a place, by rising id. Index: open311_tokens_waiting."""
    c = TOKENS.c
    statement = TOKENS.select().where(c.tenant == tenant, c.case.is_(None), c.id > after).order_by(c.id).limit(limit)
    return [found for row in connection.execute(statement) if (found := _row(row)) is not None]


def count_waiting(connection: Any, tenant: str) -> int:
    """How many have no place. Index: open311_tokens_waiting."""
    c = TOKENS.c
    count = sa.select(sa.func.count()).where(c.tenant == tenant, c.case.is_(None))
    return int(connection.execute(count).scalar_one())


def set_case(connection: Any, tenant: str, row_id: int, case_id: int) -> None:
    """Writes down what a request became; what was said is with the case from now on."""
    mine = TOKENS.c.tenant == tenant, TOKENS.c.id == row_id
    connection.execute(TOKENS.update().where(*mine).values(case=case_id, private=b""))


def remove_token(connection: Any, tenant: str, row_id: int) -> None:
    """Removes a request that is none."""
    connection.execute(TOKENS.delete().where(TOKENS.c.tenant == tenant, TOKENS.c.id == row_id))


def count_one(connection: Any, tenant: str, who: str, day: int) -> int:
    """How many a key has reported on a day, this one included; within a transaction that others wait for."""
    c = COUNTS.c
    mine = c.tenant == tenant, c.who == who, c.day == day
    found = connection.execute(sa.select(c.count).where(*mine)).scalar_one_or_none()
    if found is None:
        connection.execute(COUNTS.insert().values(tenant=tenant, who=who, day=day, count=1))
        return 1
    connection.execute(COUNTS.update().where(*mine).values(count=found + 1))
    return int(found) + 1


def delete_tokens_before(connection: Any, before: float, limit: int) -> int:
    """Removes requests and counts of all tenants from before a moment; how many. Indexes: open311_tokens_at, _day."""
    gone = 0
    for table, old in ((TOKENS, TOKENS.c.at < before), (COUNTS, COUNTS.c.day < int(before // 86_400))):
        few = sa.select(table.c.id).where(old).limit(limit)
        ids = list(connection.execute(few, execution_options=ALL_TENANTS).scalars())
        if ids:
            connection.execute(table.delete().where(table.c.id.in_(ids)), execution_options=ALL_TENANTS)
        gone += len(ids)
    return gone


def _row(row: Any) -> Row | None:
    if row is None:
        return None
    found = row._mapping
    return Row(
        found["id"],
        found["token"],
        found["at"],
        found["who"],
        found["class"],
        found["case"],
        found["digest"],
        bytes(found["private"]),
    )
