"""The table of what a tenant has set: its own classes, calendars, limits, rules, and how incidents become cases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from location_cloud.cases.model import Setting
from location_cloud.errors import Conflict
from location_cloud.storage.live import next_version, update_versioned

METADATA = sa.MetaData()


def _columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("change", sa.BigInteger, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
    ]


SETTINGS = sa.Table("case_settings", METADATA, *_columns(), sqlite_autoincrement=True)
"""Autoincrement: a version never comes again for one that was deleted."""


def create_settings(op: Any, live: Any) -> None:
    """The table, in a migration."""
    op.create_table("case_settings", *_columns(), sqlite_autoincrement=True)
    op.create_index("case_settings_name", "case_settings", ["tenant", "kind", "name"], unique=True)


def list_settings(connection: Any, tenant: str, kind: str = "") -> list[Setting]:
    """Those of a kind, or all, by kind and name. Index: case_settings_name."""
    c = SETTINGS.c
    statement = SETTINGS.select().where(c.tenant == tenant).order_by(c.kind, c.name)
    if kind:
        statement = statement.where(c.kind == kind)
    return [_as_setting(row) for row in connection.execute(statement)]


def find_setting(connection: Any, tenant: str, kind: str, name: str) -> Setting | None:
    """The one of that name. Index: case_settings_name."""
    c = SETTINGS.c
    statement = SETTINGS.select().where(c.tenant == tenant, c.kind == kind, c.name == name)
    row = connection.execute(statement).one_or_none()
    return None if row is None else _as_setting(row)


def settings_state(connection: Any, tenant: str) -> tuple[int, int]:
    """Another one after every change of what a tenant has set. Index: case_settings_name."""
    state = sa.select(sa.func.count(), sa.func.coalesce(sa.func.max(SETTINGS.c.change), 0))
    row = connection.execute(state.where(SETTINGS.c.tenant == tenant)).one()
    return int(row[0]), int(row[1])


def insert_setting(connection: Any, tenant: str, kind: str, name: str, content: Mapping[str, Any]) -> Setting:
    """As stored, version 1. Raises Conflict if one of that name is being added at this moment."""
    values = {"version": 1, "change": next_version(connection), "content": orjson.dumps(dict(content))}
    statement = SETTINGS.insert().values(tenant=tenant, kind=kind, name=name, **values).returning(SETTINGS.c.id)
    try:
        number = connection.execute(statement).scalar_one()
    except IntegrityError:
        raise Conflict(f"{kind} {name} is being added", hint="read it and send your change again") from None
    return Setting(kind, name, content, number)


def change_setting(connection: Any, tenant: str, setting: Setting, content: Mapping[str, Any]) -> Setting:
    """As stored over the version that it was made from. Raises Conflict, NotFound."""
    values = {"change": next_version(connection), "content": orjson.dumps(dict(content))}
    version = update_versioned(connection, SETTINGS, tenant, setting.id, setting.version, values)
    return Setting(setting.kind, setting.name, content, setting.id, version)


def delete_setting(connection: Any, tenant: str, setting: Setting) -> None:
    """Removes it at its version. Raises Conflict if it is not at that version any more."""
    c = SETTINGS.c
    next_version(connection)
    mine = c.tenant == tenant, c.id == setting.id, c.version == setting.version
    if not connection.execute(SETTINGS.delete().where(*mine)).rowcount:
        raise Conflict(
            f"{setting.kind} {setting.name} is not at version {setting.version} any more", hint="read it again"
        )


def _as_setting(row: Any) -> Setting:
    return Setting(row.kind, row.name, orjson.loads(bytes(row.content)), row.id, row.version)
