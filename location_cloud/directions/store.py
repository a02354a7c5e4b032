"""The tables of closures and live speeds: the only place that knows their SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from location_cloud.capability import Migration
from location_cloud.directions.store_matrices import create_matrices
from location_cloud.errors import Conflict
from location_cloud.storage.live import update_versioned

METADATA = sa.MetaData()


@dataclass(frozen=True)
class Closure:
    """Roads that are shut under a name.

    is_live: shut for everybody of the tenant; else only for who names it. profiles: whom it shuts out; () = all.
    valid_from, valid_until: when, with zone; None = open to that side. keys: lasting keys of road edges.
    area: polygon, WKB in WGS-84 degrees; every road that touches it is shut; b"" = none.
    version: grows by one at each change.
    """

    name: str
    is_live: bool = False
    profiles: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    area: bytes = b""
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    reason: str = ""
    id: int = 0
    version: int = 1

    def is_valid(self, at: datetime) -> bool:
        """Whether it holds at a time (with zone): from the first moment on, up to the last one, that excluded."""
        return (self.valid_from is None or self.valid_from <= at) and (
            self.valid_until is None or at < self.valid_until
        )


@dataclass(frozen=True)
class SpeedRow:
    """A stored batch of speeds without its content. digest: of its keys. edges: how many. valid_until: unix seconds."""

    id: int
    source: str
    digest: str
    edges: int
    valid_until: float


@dataclass(frozen=True)
class Source:
    """Who told speeds: in how many batches, of how many edges, when last, and until when they count (unix seconds)."""

    name: str
    batches: int
    edges: int
    stored: float
    valid_until: float


def _closure_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("is_live", sa.Integer, nullable=False),
        sa.Column("profiles", sa.LargeBinary, nullable=False),
        sa.Column("keys", sa.LargeBinary, nullable=False),
        sa.Column("area", sa.LargeBinary, nullable=False),
        sa.Column("valid_from", sa.Float(53)),
        sa.Column("valid_until", sa.Float(53)),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("updated", sa.Float(53), nullable=False),
    ]


def _speed_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(32), nullable=False),
        sa.Column("edges", sa.Integer, nullable=False),
        sa.Column("stored", sa.Float(53), nullable=False),
        sa.Column("valid_until", sa.Float(53), nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
    ]


CLOSURES = sa.Table("directions_closures", METADATA, *_closure_columns(), sqlite_autoincrement=True)


def _keys_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(32), nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
    ]


SPEEDS = sa.Table("directions_speeds", METADATA, *_speed_columns(), sqlite_autoincrement=True)
"""One row a call, its edges in one value: 335,000 rows took 1.6 s to write, one value of 5 MB takes 30 ms, and is as
durable. A later row counts more than an earlier one. content: records of live.STORED; or, for many edges that count
until `valid_until`, float32 km/h alone, whose keys lie in SPEED_KEYS: a feed names the same edges again and again, and
1.4 MB are written in a third of the time."""

SPEED_KEYS = sa.Table("directions_speed_keys", METADATA, *_keys_columns(), sqlite_autoincrement=True)
"""The keys of batches whose content is km/h alone: int64, by their digest."""

KEYS_APART = 1000
"""From so many edges on, keys are stored once for all batches about the same edges."""


def _create(op: Any, _live: Any) -> None:
    op.create_table("directions_closures", *_closure_columns(), sqlite_autoincrement=True)
    op.create_index("directions_closures_name", "directions_closures", ["tenant", "name"], unique=True)
    op.create_table("directions_speeds", *_speed_columns(), sqlite_autoincrement=True)
    op.create_index("directions_speeds_tenant", "directions_speeds", ["tenant", "id"])


def _create_keys(op: Any, _live: Any) -> None:
    op.create_table("directions_speed_keys", *_keys_columns(), sqlite_autoincrement=True)
    op.create_index("directions_speed_keys_digest", "directions_speed_keys", ["tenant", "digest"], unique=True)


MIGRATIONS = (
    Migration(1, "closures and live speeds", _create),
    Migration(2, "matrices made in the background", create_matrices),
    Migration(3, "keys of live speeds apart from the speeds", _create_keys),
)


# Statements of every new speed and of the background process's look at it, built once: with the rest of an incident's
# way, building them anew took as long as running them.
_OF_TENANT: sa.BindParameter[Any] = sa.bindparam("of")
_DELETE_SPEEDS = SPEEDS.delete().where(SPEEDS.c.tenant == _OF_TENANT, SPEEDS.c.digest == sa.bindparam("about"))
_INSERT_SPEEDS = SPEEDS.insert().inline()
_LIST_SPEEDS = (
    sa.select(SPEEDS.c.id, SPEEDS.c.source, SPEEDS.c.digest, SPEEDS.c.edges, SPEEDS.c.valid_until)
    .where(SPEEDS.c.tenant == _OF_TENANT)
    .order_by(SPEEDS.c.id)
)
_READ_SPEEDS = (
    sa.select(SPEEDS.c.content)
    .where(SPEEDS.c.tenant == _OF_TENANT, SPEEDS.c.id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(SPEEDS.c.id)
)
_COUNT_CHANGES = sa.select(sa.func.count(), sa.func.max(CLOSURES.c.id), sa.func.sum(CLOSURES.c.version)).where(
    CLOSURES.c.tenant == _OF_TENANT
)


# --- closures ----------------------------------------------------------------------------------------------------


def insert_closure(connection: Any, tenant: str, closure: Closure, now: datetime) -> Closure:
    """The closure as stored, version 1. Raises Conflict if the tenant has one of that name."""
    values = {"tenant": tenant, "version": 1, **_closure_values(closure, now)}
    try:
        row = connection.execute(CLOSURES.insert().values(values).returning(CLOSURES))
    except IntegrityError:
        raise Conflict(
            f"there is a closure named {closure.name!r} already", hint="choose another name, or change that one"
        ) from None
    return _as_closure(row.one())


def find_closure(connection: Any, tenant: str, name: str) -> Closure | None:
    """The tenant's closure of that name. Index: directions_closures_name."""
    statement = CLOSURES.select().where(CLOSURES.c.tenant == tenant, CLOSURES.c.name == name)
    row = connection.execute(statement).one_or_none()
    return None if row is None else _as_closure(row)


def list_closures(connection: Any, tenant: str, after: str = "", limit: int = 1_000_000) -> list[Closure]:
    """The tenant's closures by name, those after a name. Index: directions_closures_name."""
    statement = (
        CLOSURES.select()
        .where(CLOSURES.c.tenant == tenant, CLOSURES.c.name > after)
        .order_by(CLOSURES.c.name)
        .limit(limit)
    )
    return [_as_closure(row) for row in connection.execute(statement)]


def closures_state(connection: Any, tenant: str) -> tuple[int | None, ...]:
    """Another one after every change of the tenant's closures: numbers of rows are not used again and versions only
    grow. Index: directions_closures_name.
    """
    return tuple(connection.execute(_COUNT_CHANGES, {"of": tenant}).one())


def count_closures(connection: Any, tenant: str) -> int:
    """How many closures the tenant has. Index: directions_closures_name."""
    count = sa.select(sa.func.count()).select_from(CLOSURES).where(CLOSURES.c.tenant == tenant)
    return int(connection.execute(count).scalar_one())


def change_closure(connection: Any, tenant: str, closure: Closure, now: datetime) -> int:
    """Writes over the version that `closure` was made from (its id and version); gives the new version.

    Raises Conflict if that is not the stored version, NotFound if the tenant has no such closure.
    """
    values = _closure_values(closure, now)
    return update_versioned(connection, CLOSURES, tenant, closure.id, closure.version, values)


def delete_closure(connection: Any, tenant: str, name: str, version: int | None = None) -> bool:
    """Whether a closure of that name (and version, if given) was there and is gone now."""
    condition = [CLOSURES.c.tenant == tenant, CLOSURES.c.name == name]
    if version is not None:
        condition.append(CLOSURES.c.version == version)
    return bool(connection.execute(CLOSURES.delete().where(*condition)).rowcount)


def _closure_values(closure: Closure, now: datetime) -> dict[str, Any]:
    return {
        "name": closure.name,
        "is_live": int(closure.is_live),
        "profiles": orjson.dumps(closure.profiles),
        "keys": orjson.dumps(closure.keys),
        "area": closure.area,
        "valid_from": None if closure.valid_from is None else closure.valid_from.timestamp(),
        "valid_until": None if closure.valid_until is None else closure.valid_until.timestamp(),
        "reason": closure.reason,
        "updated": now.timestamp(),
    }


def _as_closure(row: Any) -> Closure:
    return Closure(
        id=row.id,
        name=row.name,
        version=row.version,
        is_live=bool(row.is_live),
        profiles=tuple(orjson.loads(bytes(row.profiles))),
        keys=tuple(orjson.loads(bytes(row.keys))),
        area=bytes(row.area),
        valid_from=None if row.valid_from is None else datetime.fromtimestamp(row.valid_from, UTC),
        valid_until=None if row.valid_until is None else datetime.fromtimestamp(row.valid_until, UTC),
        reason=row.reason,
    )


# --- speeds ------------------------------------------------------------------------------------------------------


def insert_speeds(
    connection: Any,
    tenant: str,
    source: str,
    content: bytes,
    keys: bytes,
    edges: int,
    until: datetime,
    now: datetime,
    kmh: bytes | None = None,
) -> None:
    """Adds a batch and removes older ones about the same edges.

    content: records of live.STORED; keys: the bytes of their keys. kmh: the same as float32 alone, if all of them count
    until the whole second of `until`. Index: directions_speeds_tenant, directions_speed_keys_digest.
    """
    digest = blake2b(keys, digest_size=16).hexdigest()
    connection.execute(_DELETE_SPEEDS, {"of": tenant, "about": digest})
    if kmh is not None and edges >= KEYS_APART:
        content = kmh
        mine = SPEED_KEYS.c.tenant == tenant, SPEED_KEYS.c.digest == digest
        if connection.execute(sa.select(SPEED_KEYS.c.id).where(*mine)).scalar_one_or_none() is None:
            connection.execute(SPEED_KEYS.insert().values(tenant=tenant, digest=digest, content=keys))
    connection.execute(
        _INSERT_SPEEDS,
        {
            "tenant": tenant,
            "source": source,
            "digest": digest,
            "edges": edges,
            "stored": now.timestamp(),
            "valid_until": until.timestamp(),
            "content": content,
        },
    )


def find_keys(connection: Any, tenant: str, digest: str) -> bytes:
    """The keys of the tenant's batches of a digest. Index: directions_speed_keys_digest."""
    mine = SPEED_KEYS.c.tenant == tenant, SPEED_KEYS.c.digest == digest
    return bytes(connection.execute(sa.select(SPEED_KEYS.c.content).where(*mine)).scalar_one())


def list_speeds(connection: Any, tenant: str, source: str | None = None) -> list[SpeedRow]:
    """The tenant's batches, oldest first; those of one source, if named. Index: directions_speeds_tenant."""
    rows = connection.execute(_LIST_SPEEDS, {"of": tenant})
    return [SpeedRow(*row) for row in rows if source in (None, row.source)]


def list_sources(connection: Any, tenant: str, now_s: float) -> list[Source]:
    """Who told the tenant's batches that count at a time (unix seconds), by name. Index: directions_speeds_tenant."""
    columns = (
        SPEEDS.c.source,
        sa.func.count(),
        sa.func.sum(SPEEDS.c.edges),
        sa.func.max(SPEEDS.c.stored),
        sa.func.max(SPEEDS.c.valid_until),
    )
    mine = SPEEDS.c.tenant == tenant, SPEEDS.c.valid_until > now_s
    rows = connection.execute(sa.select(*columns).where(*mine).group_by(SPEEDS.c.source).order_by(SPEEDS.c.source))
    return [Source(row[0], row[1], int(row[2]), row[3], row[4]) for row in rows]


def read_speeds(connection: Any, tenant: str, ids: Sequence[int]) -> list[bytes]:
    """The contents of some of the tenant's batches, oldest first. Index: primary key."""
    return [bytes(row.content) for row in connection.execute(_READ_SPEEDS, {"of": tenant, "ids": ids})] if ids else []


def delete_speeds(connection: Any, tenant: str, ids: Sequence[int]) -> None:
    """Removes some of the tenant's batches, and keys that none is left of. Index: primary key."""
    connection.execute(SPEEDS.delete().where(SPEEDS.c.tenant == tenant, SPEEDS.c.id.in_(ids)))
    used = sa.select(SPEEDS.c.digest).where(SPEEDS.c.tenant == tenant)
    connection.execute(SPEED_KEYS.delete().where(SPEED_KEYS.c.tenant == tenant, SPEED_KEYS.c.digest.not_in(used)))
