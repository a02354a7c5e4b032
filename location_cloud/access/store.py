"""The table of keys: the only place that knows its SQL. A key's tenant is what looking it up by its id finds out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from location_cloud.access.model import Key
from location_cloud.capability import Migration
from location_cloud.storage.tenants import ALL_TENANTS

METADATA = sa.MetaData()

KEYS = sa.Table(
    "access_keys",
    METADATA,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("tenant", sa.String(64), nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("scopes", sa.String(2000), nullable=False),
    sa.Column("secret_hash", sa.String(64), nullable=False),
    sa.Column("created", sa.String(40), nullable=False),
    sa.Column("expires", sa.String(40)),
    sa.Column("revoked", sa.String(40)),
)


def _create_keys(op: Any, live: Any) -> None:
    op.create_table(
        "access_keys",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("scopes", sa.String(2000), nullable=False),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("created", sa.String(40), nullable=False),
        sa.Column("expires", sa.String(40)),
        sa.Column("revoked", sa.String(40)),
    )
    op.create_index("access_keys_tenant", "access_keys", ["tenant"])


MIGRATIONS = (Migration(1, "keys", _create_keys),)


def insert_key(connection: Any, key: Key) -> None:
    """Stores a new key."""
    connection.execute(
        KEYS.insert().values(
            id=key.id,
            tenant=key.tenant,
            name=key.name,
            scopes=" ".join(key.scopes),
            secret_hash=key.secret_hash,
            created=_text(key.created),
            expires=_text(key.expires),
            revoked=_text(key.revoked),
        )
    )


def find_key(connection: Any, key_id: str) -> Key | None:
    """The key with that id, whatever its tenant. Index: primary key."""
    statement = KEYS.select().where(KEYS.c.id == key_id).execution_options(**ALL_TENANTS)
    row = connection.execute(statement).one_or_none()
    return None if row is None else _as_key(row)


def list_keys(connection: Any, tenant: str) -> list[Key]:
    """The tenant's keys, oldest first. Index: access_keys_tenant."""
    rows = connection.execute(KEYS.select().where(KEYS.c.tenant == tenant).order_by(KEYS.c.created, KEYS.c.id))
    return [_as_key(row) for row in rows]


def list_tenants(connection: Any) -> list[str]:
    """Every tenant that has a key."""
    statement = sa.select(KEYS.c.tenant).distinct().order_by(KEYS.c.tenant).execution_options(**ALL_TENANTS)
    return list(connection.execute(statement).scalars())


def revoke_key(connection: Any, key_id: str, now: datetime) -> bool:
    """Marks the key revoked; False if there is no such key or it was revoked before. Index: primary key."""
    statement = KEYS.update().where(KEYS.c.id == key_id, KEYS.c.revoked.is_(None)).values(revoked=_text(now))
    return bool(connection.execute(statement.execution_options(**ALL_TENANTS)).rowcount)


def _as_key(row: Any) -> Key:
    return Key(
        id=row.id,
        tenant=row.tenant,
        name=row.name,
        scopes=tuple(row.scopes.split()),
        secret_hash=row.secret_hash,
        created=datetime.fromisoformat(row.created),
        expires=_time(row.expires),
        revoked=_time(row.revoked),
    )


def _text(time: datetime | None) -> str | None:
    return None if time is None else time.astimezone(UTC).isoformat()


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
