"""The tables of past traffic: speeds of all edges by slot of time, indexes by area. The only place with their SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from location_cloud.capability import Migration
from location_cloud.traffic.model import Weather

METADATA = sa.MetaData()


@dataclass(frozen=True)
class SlotRow:
    """The speeds of one slot. begin_s: unix seconds; length_s. keys: digest of the keys that content is in order of.

    content: `packed.unpack`. is_simulated: whether simulated drives counted.
    """

    begin_s: int
    length_s: int
    keys: str
    content: bytes
    is_simulated: bool


@dataclass(frozen=True)
class IndexRow:
    """An area's index in one slot. area: its code, "" = the city. measured: share of weight with live speeds."""

    begin_s: int
    length_s: int
    area: str
    index: float
    extra: float
    measured: float
    is_simulated: bool


def _slot_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("begin_s", sa.BigInteger, nullable=False),
        sa.Column("length_s", sa.Integer, nullable=False),
        sa.Column("digest", sa.String(32), nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("is_simulated", sa.Integer, nullable=False),
    ]


def _keys_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(32), nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
    ]


def _index_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("area", sa.String(64), nullable=False),
        sa.Column("begin_s", sa.BigInteger, nullable=False),
        sa.Column("length_s", sa.Integer, nullable=False),
        sa.Column("value", sa.Float(53), nullable=False),
        sa.Column("extra", sa.Float(53), nullable=False),
        sa.Column("measured", sa.Float(53), nullable=False),
        sa.Column("is_simulated", sa.Integer, nullable=False),
    ]


def _weather_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("condition", sa.String(32), nullable=False),
        sa.Column("since_s", sa.Float(53), nullable=False),
        sa.Column("until_s", sa.Float(53), nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("is_simulated", sa.Integer, nullable=False),
    ]


SLOTS = sa.Table("traffic_slots", METADATA, *_slot_columns(), sqlite_autoincrement=True)
"""One row a slot, a city in one value: 300,000 rows every quarter of an hour would be 29 million a day."""

KEYS = sa.Table("traffic_keys", METADATA, *_keys_columns(), sqlite_autoincrement=True)
"""The lasting keys that slots are in order of, int64, once for each road network."""

INDEXES = sa.Table("traffic_indexes", METADATA, *_index_columns(), sqlite_autoincrement=True)

WEATHER = sa.Table("traffic_weather", METADATA, *_weather_columns(), sqlite_autoincrement=True)
"""One row a tenant at most: the weather that was told last."""


def _create(op: Any, _live: Any) -> None:
    op.create_table("traffic_slots", *_slot_columns(), sqlite_autoincrement=True)
    op.create_index("traffic_slots_begin", "traffic_slots", ["tenant", "begin_s"], unique=True)
    op.create_table("traffic_keys", *_keys_columns(), sqlite_autoincrement=True)
    op.create_index("traffic_keys_digest", "traffic_keys", ["tenant", "digest"], unique=True)
    op.create_table("traffic_indexes", *_index_columns(), sqlite_autoincrement=True)
    op.create_index("traffic_indexes_area", "traffic_indexes", ["tenant", "area", "begin_s"], unique=True)


def _create_weather(op: Any, _live: Any) -> None:
    op.create_table("traffic_weather", *_weather_columns(), sqlite_autoincrement=True)
    op.create_index("traffic_weather_tenant", "traffic_weather", ["tenant"], unique=True)


MIGRATIONS = (Migration(1, "past speeds and indexes", _create), Migration(2, "weather as told", _create_weather))


def put_slot(connection: Any, tenant: str, slot: SlotRow, keys: bytes, indexes: Sequence[IndexRow]) -> None:
    """Writes a slot and its indexes over what was stored of it. keys: the content of the digest `slot.keys`.

    Index: traffic_slots_begin, traffic_keys_digest, traffic_indexes_area.
    """
    connection.execute(SLOTS.delete().where(SLOTS.c.tenant == tenant, SLOTS.c.begin_s == slot.begin_s))
    connection.execute(
        SLOTS.insert().values(
            tenant=tenant,
            begin_s=slot.begin_s,
            length_s=slot.length_s,
            digest=slot.keys,
            content=slot.content,
            is_simulated=int(slot.is_simulated),
        )
    )
    mine = KEYS.c.tenant == tenant, KEYS.c.digest == slot.keys
    if connection.execute(sa.select(KEYS.c.id).where(*mine)).scalar_one_or_none() is None:
        connection.execute(KEYS.insert().values(tenant=tenant, digest=slot.keys, content=keys))
    for row in indexes:
        same = INDEXES.c.tenant == tenant, INDEXES.c.area == row.area, INDEXES.c.begin_s == row.begin_s
        connection.execute(INDEXES.delete().where(*same))
        connection.execute(
            INDEXES.insert().values(
                tenant=tenant,
                area=row.area,
                begin_s=row.begin_s,
                length_s=row.length_s,
                value=row.index,
                extra=row.extra,
                measured=row.measured,
                is_simulated=int(row.is_simulated),
            )
        )


def count_slots(connection: Any, tenant: str, since_s: float, until_s: float) -> int:
    """How many of the tenant's slots begin in a span. Index: traffic_slots_begin."""
    within = SLOTS.c.tenant == tenant, SLOTS.c.begin_s >= since_s, SLOTS.c.begin_s < until_s
    return int(connection.execute(sa.select(sa.func.count()).select_from(SLOTS).where(*within)).scalar_one())


def list_slots(connection: Any, tenant: str, since_s: float, until_s: float, limit: int) -> list[SlotRow]:
    """The tenant's slots that begin in a span, oldest first. Index: traffic_slots_begin."""
    columns = SLOTS.c.begin_s, SLOTS.c.length_s, SLOTS.c.digest, SLOTS.c.content, SLOTS.c.is_simulated
    within = SLOTS.c.tenant == tenant, SLOTS.c.begin_s >= since_s, SLOTS.c.begin_s < until_s
    rows = connection.execute(sa.select(*columns).where(*within).order_by(SLOTS.c.begin_s).limit(limit))
    return [SlotRow(row[0], row[1], row[2], bytes(row[3]), bool(row[4])) for row in rows]


def find_keys(connection: Any, tenant: str, digest: str) -> bytes:
    """The keys of a digest. Index: traffic_keys_digest."""
    mine = KEYS.c.tenant == tenant, KEYS.c.digest == digest
    return bytes(connection.execute(sa.select(KEYS.c.content).where(*mine)).scalar_one())


def list_indexes(connection: Any, tenant: str, area: str, since_s: float, until_s: float) -> list[IndexRow]:
    """An area's indexes of slots that begin in a span, oldest first. Index: traffic_indexes_area."""
    columns = [INDEXES.c[name] for name in ("begin_s", "length_s", "area", "value", "extra", "measured")]
    mine = INDEXES.c.tenant == tenant, INDEXES.c.area == area
    within = INDEXES.c.begin_s >= since_s, INDEXES.c.begin_s < until_s
    rows = connection.execute(
        sa.select(*columns, INDEXES.c.is_simulated).where(*mine, *within).order_by(INDEXES.c.begin_s)
    )
    return [IndexRow(row[0], row[1], row[2], row[3], row[4], row[5], bool(row[6])) for row in rows]


def forget_before(connection: Any, tenant: str, slots_s: float, indexes_s: float) -> None:
    """Removes slots and indexes that begin before these times, and keys that no slot is in order of any more.

    Index: traffic_slots_begin; traffic_indexes is read as a whole, some hundred rows a day.
    """
    connection.execute(SLOTS.delete().where(SLOTS.c.tenant == tenant, SLOTS.c.begin_s < slots_s))
    connection.execute(INDEXES.delete().where(INDEXES.c.tenant == tenant, INDEXES.c.begin_s < indexes_s))
    used = sa.select(SLOTS.c.digest).where(SLOTS.c.tenant == tenant)
    connection.execute(KEYS.delete().where(KEYS.c.tenant == tenant, KEYS.c.digest.not_in(used)))


def put_weather(connection: Any, tenant: str, weather: Weather | None) -> None:
    """Writes the weather over what was told before; None takes it away. Index: traffic_weather_tenant."""
    connection.execute(WEATHER.delete().where(WEATHER.c.tenant == tenant))
    if weather is not None:
        told = {**vars(weather), "is_simulated": int(weather.is_simulated)}
        connection.execute(WEATHER.insert().values(tenant=tenant, **told))


def find_weather(connection: Any, tenant: str) -> Weather | None:
    """The weather that was told last, over or not. Index: traffic_weather_tenant."""
    columns = [WEATHER.c[name] for name in ("condition", "since_s", "until_s", "source")]
    found = connection.execute(sa.select(*columns, WEATHER.c.is_simulated).where(WEATHER.c.tenant == tenant)).first()
    return None if found is None else Weather(found[0], found[1], found[2], found[3], bool(found[4]))
