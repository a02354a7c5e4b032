"""The tables of searches, of their log, their maps and an agency's statistics: the only place that knows their SQL."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from location_cloud.capability import Migration
from location_cloud.changes import Sent
from location_cloud.errors import Conflict
from location_cloud.searches.model import Action, LogEntry, Search
from location_cloud.searches.model_content import as_content, from_content
from location_cloud.storage.live import next_version, update_versioned

METADATA = sa.MetaData()


def _search_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("change", sa.BigInteger, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("category", sa.String(64), nullable=False),
        sa.Column("emergency", sa.BigInteger),
        sa.Column("incident", sa.BigInteger),
        sa.Column("found_m", sa.Float(53)),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("created", sa.Float(53), nullable=False),
        sa.Column("updated", sa.Float(53), nullable=False),
    ]


def _log_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("search", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("change", sa.BigInteger, nullable=False),
        sa.Column("at", sa.Float(53), nullable=False),
        sa.Column("who", sa.String(64), nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("token", sa.String(32), nullable=False),
        sa.Column("fields", sa.LargeBinary, nullable=False),
        sa.Column("request", sa.String(128)),
        sa.Column("digest", sa.String(32)),
    ]


def _blob_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("search", sa.Integer, nullable=False),
        sa.Column("name", sa.String(16), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
    ]


def _table_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("name", sa.String(16), nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.Column("updated", sa.Float(53), nullable=False),
    ]


SEARCHES = sa.Table("searches", METADATA, *_search_columns(), sqlite_autoincrement=True)
"""found_m: metres from the planning point to the find, what local statistics are made of."""

LOG = sa.Table("search_log", METADATA, *_log_columns(), sqlite_autoincrement=True)
"""Only ever added to. token: names the state of the map after the line. request, digest: the Idempotency-Key under
which a change was sent, and of what it said."""

BLOBS = sa.Table("search_blobs", METADATA, *_blob_columns(), sqlite_autoincrement=True)
"""Only ever added to: packed arrays of a search by name and the version they came with."""

TABLES = sa.Table("search_tables", METADATA, *_table_columns(), sqlite_autoincrement=True)
"""An agency's own statistics as it sent them, one row a table."""


def _create(op: Any, live: Any) -> None:
    op.create_table("searches", *_search_columns(), sqlite_autoincrement=True)
    op.create_index("searches_tenant", "searches", ["tenant", "id"])
    op.create_index("searches_found", "searches", ["tenant", "category", "found_m"])
    op.create_table("search_log", *_log_columns(), sqlite_autoincrement=True)
    op.create_index("search_log_search", "search_log", ["tenant", "search", "id"])
    op.create_index("search_log_request", "search_log", ["tenant", "request"], unique=True)
    op.create_table("search_blobs", *_blob_columns(), sqlite_autoincrement=True)
    op.create_index("search_blobs_search", "search_blobs", ["tenant", "search", "name", "version"])
    op.create_table("search_tables", *_table_columns(), sqlite_autoincrement=True)
    op.create_index("search_tables_name", "search_tables", ["tenant", "name"], unique=True)


MIGRATIONS = (Migration(1, "searches, their log and maps, an agency's statistics", _create),)


# --- searches ----------------------------------------------------------------------------------------------------


def insert_search(connection: Any, tenant: str, search: Search, now: datetime) -> Search:
    """The search as stored, version 1."""
    values = {"change": next_version(connection), "created": now.timestamp(), **_values(search, now)}
    row = connection.execute(SEARCHES.insert().values(tenant=tenant, version=1, **values).returning(SEARCHES)).one()
    return _as_search(row)


def change_search(connection: Any, tenant: str, search: Search, now: datetime) -> Search:
    """The search as stored, written over the version that it was made from (its id and version).

    Raises Conflict if that is not the stored version, NotFound if the tenant has no such search.
    """
    values = {"change": next_version(connection), **_values(search, now)}
    update_versioned(connection, SEARCHES, tenant, search.id, search.version, values)
    found = find_search(connection, tenant, search.id)
    assert found is not None, "written in this transaction"
    return found


def find_search(connection: Any, tenant: str, search_id: int) -> Search | None:
    """The tenant's search, None if there is none. Index: primary key."""
    statement = SEARCHES.select().where(SEARCHES.c.tenant == tenant, SEARCHES.c.id == search_id)
    row = connection.execute(statement).one_or_none()
    return None if row is None else _as_search(row)


def list_searches(connection: Any, tenant: str, statuses: tuple[str, ...], after: int, limit: int) -> list[Search]:
    """Searches by rising id. statuses: () = all. Index: searches_tenant."""
    statement = SEARCHES.select().where(SEARCHES.c.tenant == tenant, SEARCHES.c.id > after)
    if statuses:
        statement = statement.where(SEARCHES.c.status.in_(statuses))
    return [_as_search(row) for row in connection.execute(statement.order_by(SEARCHES.c.id).limit(limit))]


def count_open(connection: Any, tenant: str) -> int:
    """How many searches are open. Index: searches_tenant."""
    mine = SEARCHES.c.tenant == tenant, SEARCHES.c.status == "open"
    return int(connection.execute(sa.select(sa.func.count()).select_from(SEARCHES).where(*mine)).scalar_one())


def list_finds(connection: Any, tenant: str) -> list[tuple[str, float]]:
    """Category and metres to the find of every search that ended with one. Index: searches_found."""
    c = SEARCHES.c
    rows = connection.execute(sa.select(c.category, c.found_m).where(c.tenant == tenant, c.found_m.is_not(None)))
    return [(row.category, row.found_m) for row in rows]


def _values(search: Search, now: datetime) -> dict[str, Any]:
    return {
        "status": search.status,
        "category": search.subject.category,
        "emergency": search.emergency,
        "incident": search.incident,
        "found_m": search.find and search.find.distance_m,
        "content": orjson.dumps(as_content(search)),
        "updated": now.timestamp(),
    }


def _as_search(row: Any) -> Search:
    return from_content(
        orjson.loads(bytes(row.content)),
        id=row.id,
        version=row.version,
        change=row.change,
        status=row.status,
        emergency=row.emergency,
        incident=row.incident,
        created_at=datetime.fromtimestamp(row.created, UTC),
        updated_at=datetime.fromtimestamp(row.updated, UTC),
    )


# --- log ---------------------------------------------------------------------------------------------------------


def append_log(
    connection: Any, tenant: str, search: Search, action: Action, token: str, fields: dict[str, Any], sent: Sent
) -> None:
    """Writes down a change within its transaction; search: as it is after it.

    Raises Conflict if another transaction uses the sender's key at this moment.
    """
    statement = LOG.insert().values(
        tenant=tenant,
        search=search.id,
        version=search.version,
        change=search.change,
        at=sent.now.timestamp(),
        who=sent.who,
        action=action,
        token=token,
        fields=orjson.dumps(fields),
        request=sent.request or None,
        digest=sent.digest,
    )
    try:
        connection.execute(statement)
    except IntegrityError:
        raise Conflict(
            "a change is being written under this Idempotency-Key", hint="send it again; it is written once"
        ) from None


def find_request(connection: Any, tenant: str, request: str) -> LogEntry | None:
    """The line written under a sender's key. Index: search_log_request."""
    row = connection.execute(LOG.select().where(LOG.c.tenant == tenant, LOG.c.request == request)).one_or_none()
    return None if row is None else _as_entry(row)


def find_digest(connection: Any, tenant: str, request: str) -> str | None:
    """Digest of what was sent under a sender's key; None = nothing was. Index: search_log_request."""
    found = connection.execute(sa.select(LOG.c.digest).where(LOG.c.tenant == tenant, LOG.c.request == request))
    return found.scalar_one_or_none()  # type: ignore[no-any-return]  # a text column


def list_log(connection: Any, tenant: str, search_id: int, after: int, limit: int) -> list[LogEntry]:
    """What happened to a search, oldest first. Index: search_log_search."""
    mine = LOG.c.tenant == tenant, LOG.c.search == search_id, LOG.c.id > after
    return [_as_entry(row) for row in connection.execute(LOG.select().where(*mine).order_by(LOG.c.id).limit(limit))]


def list_lines(connection: Any, tenant: str, search_id: int, after: int, until: int) -> list[LogEntry]:
    """Lines of a search's log after a number and up to another one. Index: search_log_search."""
    mine = LOG.c.tenant == tenant, LOG.c.search == search_id, LOG.c.id > after, LOG.c.id <= until
    return [_as_entry(row) for row in connection.execute(LOG.select().where(*mine).order_by(LOG.c.id))]


def list_tokens(connection: Any, tenant: str, search_id: int, until_s: float | None) -> list[tuple[int, str, int, str]]:
    """(number, action, version, token) of a search's lines up to a time, oldest first. Index: search_log_search."""
    c = LOG.c
    statement = sa.select(c.id, c.action, c.version, c.token).where(c.tenant == tenant, c.search == search_id)
    if until_s is not None:
        statement = statement.where(c.at <= until_s)
    return [tuple(row) for row in connection.execute(statement.order_by(c.id))]


def count_log(connection: Any, tenant: str, search_id: int) -> int:
    """Lines of a search's log. Index: search_log_search."""
    mine = LOG.c.tenant == tenant, LOG.c.search == search_id
    return int(connection.execute(sa.select(sa.func.count()).select_from(LOG).where(*mine)).scalar_one())


def _as_entry(row: Any) -> LogEntry:
    return LogEntry(
        number=row.id,
        search=row.search,
        version=row.version,
        change=row.change,
        at=datetime.fromtimestamp(row.at, UTC),
        who=row.who,
        action=row.action,
        token=row.token,
        fields=orjson.loads(bytes(row.fields)),
    )


# --- maps and tables ---------------------------------------------------------------------------------------------


def put_blob(connection: Any, tenant: str, search_id: int, name: str, version: int, data: bytes) -> None:
    """Keeps packed arrays of a search from this version on."""
    connection.execute(BLOBS.insert().values(tenant=tenant, search=search_id, name=name, version=version, data=data))


def find_blob(
    connection: Any, tenant: str, search_id: int, name: str, version: int | None = None
) -> tuple[int, bytes] | None:
    """Version and data of the newest blob of that name up to a version. Index: search_blobs_search."""
    c = BLOBS.c
    statement = sa.select(c.version, c.data).where(c.tenant == tenant, c.search == search_id, c.name == name)
    if version is not None:
        statement = statement.where(c.version <= version)
    row = connection.execute(statement.order_by(c.version.desc()).limit(1)).one_or_none()
    return None if row is None else (row.version, bytes(row.data))


def put_table(connection: Any, tenant: str, name: str, text: str, now: datetime) -> None:
    """Replaces an agency's table of that name."""
    connection.execute(TABLES.delete().where(TABLES.c.tenant == tenant, TABLES.c.name == name))
    connection.execute(TABLES.insert().values(tenant=tenant, name=name, data=text.encode(), updated=now.timestamp()))


def delete_table(connection: Any, tenant: str, name: str) -> int:
    """Removes an agency's table; how many there were."""
    found = connection.execute(TABLES.delete().where(TABLES.c.tenant == tenant, TABLES.c.name == name))
    return int(found.rowcount)


def find_table(connection: Any, tenant: str, name: str) -> str | None:
    """An agency's table as it was sent. Index: search_tables_name."""
    statement = sa.select(TABLES.c.data).where(TABLES.c.tenant == tenant, TABLES.c.name == name)
    data = connection.execute(statement).scalar_one_or_none()
    return None if data is None else bytes(data).decode()
