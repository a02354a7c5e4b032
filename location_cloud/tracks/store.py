"""The tables of fixes and what a batch of them does there: the only place that knows the SQL of writing.

Statements with thousands of rows are text and go to the driver as they are: through SQLAlchemy's own expressions 10,000
fixes took three times as long. Each says for which tenant, which the guard of the live store checks in text, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

import numpy as np
import orjson
import sqlalchemy as sa

from location_cloud.capability import Migration
from location_cloud.tracks.model import ASKED, COLUMNS, KEPT, LAT, LON, NONE, REACH, REASON, TIME_MS, Ints, Known, Rows

METADATA = sa.MetaData()

FIX_KEY = ("device", "time_ms", "seq")

NOT_ROWID: dict[str, Any] = {"sqlite_with_rowid": False}
"""Rows lie in the order of their primary key: a device's fixes are neighbours on the disk."""


def _device_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("first_seen_ms", sa.BigInteger, nullable=False),
    ]


def _fix_columns() -> list[sa.Column[Any]]:
    tenant = sa.Column("tenant", sa.String(64), primary_key=True)
    rows = (
        sa.Column(name, sa.BigInteger, primary_key=name in FIX_KEY, autoincrement=False, nullable=False)
        for name in COLUMNS
    )
    return [tenant, *rows]


def _last_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("tenant", sa.String(64), primary_key=True),
        sa.Column("device", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("newest_ms", sa.BigInteger, nullable=False),
        sa.Column("time_ms", sa.BigInteger, nullable=False),
        sa.Column("lon_e7", sa.BigInteger, nullable=False),
        sa.Column("lat_e7", sa.BigInteger, nullable=False),
        sa.Column("last", sa.LargeBinary, nullable=False),
        sa.Column("tail", sa.LargeBinary, nullable=False),
    ]


def _number_columns() -> list[sa.Column[Any]]:
    return [sa.Column("tenant", sa.String(64), primary_key=True), sa.Column("number", sa.BigInteger, nullable=False)]


def _quarantine_columns() -> list[sa.Column[Any]]:
    names = ("device", "time_ms", "seq", "reason")
    return [
        sa.Column("tenant", sa.String(64), primary_key=True),
        *(sa.Column(name, sa.BigInteger, primary_key=True, autoincrement=False) for name in names),
        sa.Column("lon", sa.Float(53), primary_key=True),
        sa.Column("lat", sa.Float(53), primary_key=True),
        sa.Column("source", sa.Integer, nullable=False),
        sa.Column("received_ms", sa.BigInteger, nullable=False),
    ]


DEVICES = sa.Table("tracks_devices", METADATA, *_device_columns(), sqlite_autoincrement=True)
FIXES = sa.Table("tracks_fixes", METADATA, *_fix_columns(), **NOT_ROWID)
"""Every fix that may be true, jumps included: `reason` is revised as its neighbours arrive."""
LAST = sa.Table("tracks_last", METADATA, *_last_columns(), **NOT_ROWID)
"""A row a device that has fixes. newest_ms: of any of them. last: the newest kept one as a row of `model.Rows`, empty =
none; time_ms (NONE = none), lon_e7, lat_e7: of that. tail: the newest TAIL ones, jumps included: what the next fix is
judged by, most often without a look at the fixes themselves, which takes six times as long.
No index by place: it would change with every fix (an R*Tree takes 10 us), and a look through 10,000 rows takes 3 ms."""
NUMBERS = sa.Table("tracks_numbers", METADATA, *_number_columns(), **NOT_ROWID)
"""The highest number given in a tenant; who writes fixes of the tenant holds this row until the commit, so that whoever
has read up to a number has seen all fixes up to it."""
QUARANTINE = sa.Table("tracks_quarantine", METADATA, *_quarantine_columns(), **NOT_ROWID)
"""What no neighbour can make believable, as it was told."""


def _create(op: Any, _live: Any) -> None:
    op.create_table("tracks_devices", *_device_columns(), sqlite_autoincrement=True)
    op.create_index("tracks_devices_name", "tracks_devices", ["tenant", "name"], unique=True)
    op.create_table("tracks_fixes", *_fix_columns(), **NOT_ROWID)
    op.create_index("tracks_fixes_number", "tracks_fixes", ["tenant", "number"])
    op.create_table("tracks_last", *_last_columns(), **NOT_ROWID)
    op.create_table("tracks_numbers", *_number_columns(), **NOT_ROWID)
    op.create_table("tracks_quarantine", *_quarantine_columns(), **NOT_ROWID)


MIGRATIONS = (Migration(1, "devices, fixes, last positions, quarantine", _create),)


# --- the statements of a batch ------------------------------------------------------------------------------------

_ALL = ", ".join(("tenant", *COLUMNS))
_PLACES = ", ".join("?" * (1 + len(COLUMNS)))
_PUT = "{column} = excluded.{column}"

_PUT_FIXES = (
    f"INSERT INTO tracks_fixes ({_ALL}) VALUES ({_PLACES}) ON CONFLICT (tenant, device, time_ms, seq) DO UPDATE SET "
    + ", ".join(_PUT.format(column=name) for name in COLUMNS if name not in FIX_KEY)
)

_PUT_LAST = (
    "INSERT INTO tracks_last (tenant, device, newest_ms, time_ms, lon_e7, lat_e7, last, tail)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (tenant, device) DO UPDATE SET "
    + ", ".join(_PUT.format(column=name) for name in ("newest_ms", "time_ms", "lon_e7", "lat_e7", "last", "tail"))
)

_PUT_QUARANTINE = (
    "INSERT INTO tracks_quarantine (tenant, device, time_ms, seq, reason, lon, lat, source, received_ms)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)

_AROUND = (
    "SELECT "
    + ", ".join(f"f.{name}" for name in COLUMNS)
    + " FROM {asked} CROSS JOIN tracks_fixes AS f WHERE f.tenant = ? AND f.device = asked.device"
    " AND f.time_ms >= coalesce((SELECT p.time_ms FROM tracks_fixes AS p WHERE p.tenant = ? AND p.device = asked.device"
    f" AND p.time_ms < asked.begins ORDER BY p.time_ms DESC LIMIT 1 OFFSET {REACH - 1}), -9000000000000000)"
    " AND f.time_ms <= coalesce((SELECT p.time_ms FROM tracks_fixes AS p WHERE p.tenant = ? AND p.device = asked.device"
    f" AND p.time_ms > asked.ends ORDER BY p.time_ms LIMIT 1 OFFSET {REACH + ASKED - 1}), 9000000000000000)"
)


def lock_numbers(connection: Any, tenant: str) -> int:
    """The highest number given in the tenant; nobody else gives one until this transaction ends."""
    held = sa.select(NUMBERS.c.number).where(NUMBERS.c.tenant == tenant).with_for_update()
    found = connection.execute(held).scalar_one_or_none()
    if found is None:
        _run(connection, "INSERT INTO tracks_numbers (tenant, number) VALUES (?, 0) ON CONFLICT DO NOTHING", (tenant,))
        found = connection.execute(held).scalar_one()
    return int(found)


def find_number(connection: Any, tenant: str) -> int:
    """The highest number given in the tenant. Index: primary key."""
    statement = sa.select(NUMBERS.c.number).where(NUMBERS.c.tenant == tenant)
    return int(connection.execute(statement).scalar_one_or_none() or 0)


def put_number(connection: Any, tenant: str, number: int) -> None:
    """Notes the highest number given."""
    connection.execute(NUMBERS.update().where(NUMBERS.c.tenant == tenant).values(number=number))


def count_devices(connection: Any, tenant: str) -> int:
    """How many devices the tenant has. Index: tracks_devices_name."""
    return int(connection.execute(sa.select(sa.func.count()).where(DEVICES.c.tenant == tenant)).scalar_one())


def device_ids(connection: Any, tenant: str, names: Sequence[str]) -> dict[str, int]:
    """Ids of those of the named devices that are known. Index: tracks_devices_name."""
    asked: Any
    if connection.dialect.name == "sqlite":
        sql, asked = "name IN (SELECT value FROM json_each(?))", orjson.dumps(names).decode()
    else:
        sql, asked = "name = ANY(?)", list(names)
    result = _run(connection, f"SELECT name, id FROM tracks_devices WHERE tenant = ? AND {sql}", (tenant, asked))
    return {row[0]: row[1] for row in result}


def add_devices(connection: Any, tenant: str, names: Iterable[str], now_ms: int) -> None:
    """Registers devices seen for the first time."""
    sql = "INSERT INTO tracks_devices (tenant, name, first_seen_ms) VALUES (?, ?, ?)"
    _run(connection, sql, [(tenant, name, now_ms) for name in names])


def list_around(connection: Any, tenant: str, clusters: Rows) -> Rows:
    """What is stored within some spans of devices' times, REACH rows before each and REACH + ASKED after. Rows may come
    twice. Index: primary key.

    clusters: as merging.clusters_of.
    """
    if not len(clusters):
        return np.empty((0, len(COLUMNS)), np.int64)
    if connection.dialect.name == "sqlite":
        asked = (
            "(SELECT json_extract(value, '$[0]') AS device, json_extract(value, '$[1]') AS begins,"
            " json_extract(value, '$[2]') AS ends FROM json_each(?)) AS asked"
        )
        spans: tuple[Any, ...] = (orjson.dumps(clusters.tolist()).decode(),)
    else:
        asked = "unnest(?::bigint[], ?::bigint[], ?::bigint[]) AS asked (device, begins, ends)"
        spans = tuple(column.tolist() for column in clusters.T)
    return _as_rows(_run(connection, _AROUND.format(asked=asked), (*spans, tenant, tenant, tenant)))


def put_fixes(connection: Any, tenant: str, rows: Rows) -> None:
    """Adds rows, or puts them in the place of those with the same key."""
    if len(rows):
        _run(connection, _PUT_FIXES, [(tenant, *row) for row in rows.tolist()])


def read_known(connection: Any, tenant: str, devices: Ints) -> Known:
    """What is known of devices' newest fixes, of those that have any; by rising id. Index: primary key.

    devices: ascending.
    """
    between = (tenant, int(devices.min(initial=0)), int(devices.max(initial=-1)))
    sql = "SELECT device, newest_ms, last, tail FROM tracks_last WHERE tenant = ? AND device BETWEEN ? AND ?"
    if devices.size and between[2] - between[1] > 4 * devices.size:  # few of many
        asked: Any = devices.tolist()
        if connection.dialect.name == "sqlite":
            sql, asked = f"{sql} AND device IN (SELECT value FROM json_each(?))", orjson.dumps(asked).decode()
        else:
            sql = f"{sql} AND device = ANY(?)"
        found = _run(connection, f"{sql} ORDER BY device", (*between, asked)).fetchall()
    else:
        found = _run(connection, f"{sql} ORDER BY device", between).fetchall()
    ids = np.array([row[0] for row in found], np.int64)
    is_asked = np.isin(ids, devices, assume_unique=True)
    chosen = [row for row, wanted in zip(found, is_asked.tolist()) if wanted]
    return Known(
        ids[is_asked],
        np.array([row[1] for row in chosen], np.int64),
        [bytes(row[2]) for row in chosen],
        [bytes(row[3]) for row in chosen],
    )


def put_known(connection: Any, tenant: str, known: Known) -> None:
    """Notes what is known of devices' newest fixes."""
    if not len(known.device):
        return
    last = rows_from(known.last)
    place = {device: number for number, device in enumerate(last[:, 0].tolist())}
    nowhere = (NONE, 0, 0)
    told = last[:, (TIME_MS, LON, LAT)].tolist()
    _run(
        connection,
        _PUT_LAST,
        [
            (tenant, device, newest_ms, *(told[place[device]] if last_row else nowhere), last_row, tail)
            for device, newest_ms, last_row, tail in zip(
                known.device.tolist(), known.newest_ms.tolist(), known.last, known.tail
            )
        ],
    )


def look_up(connection: Any, tenant: str, device: int) -> None:
    """Notes what is known of a device's newest fixes by looking at them. Index: primary key."""
    its = sa.select(*_ROW).where(FIXES.c.tenant == tenant, FIXES.c.device == device)
    newest_first = FIXES.c.time_ms.desc(), FIXES.c.seq.desc()
    tail = _as_rows(connection.execute(its.order_by(*newest_first).limit(REACH)))[::-1]
    kept = its.where(FIXES.c.reason == KEPT).order_by(*newest_first).limit(1)
    last = tail[tail[:, REASON] == KEPT][-1:]
    if not len(last):
        last = _as_rows(connection.execute(kept))
    if len(tail):
        put_known(
            connection,
            tenant,
            Known(np.array([device]), tail[-1:, TIME_MS], [last.tobytes()], [tail.tobytes()]),
        )
    else:
        connection.execute(LAST.delete().where(LAST.c.tenant == tenant, LAST.c.device == device))


def put_quarantine(connection: Any, tenant: str, rows: Sequence[tuple[Any, ...]]) -> int:
    """Adds what is set aside; how many of them were not there.

    rows: device, time_ms, seq, reason, lon, lat (degrees as told), source, received_ms.
    """
    if not rows:
        return 0
    return int(_run(connection, _PUT_QUARANTINE, [(tenant, *row) for row in rows]).rowcount)


def _run(connection: Any, sql: str, values: Any) -> Any:
    """Runs text: once with a tuple of values, or for each tuple of a list."""
    return connection.exec_driver_sql(sql if connection.dialect.name == "sqlite" else sql.replace("?", "%s"), values)


def _as_rows(result: Any) -> Rows:
    """The whole numbers that a statement found, as they come from the driver."""
    found = result.cursor.fetchall()
    result.close()
    flat = np.fromiter(chain.from_iterable(found), np.int64, len(found) * len(COLUMNS))
    return flat.reshape(len(found), len(COLUMNS))


def rows_from(contents: Iterable[bytes]) -> Rows:
    """Rows that are kept as bytes, one after the other."""
    return np.frombuffer(b"".join(contents), np.int64).reshape(-1, len(COLUMNS))


# --- reading ------------------------------------------------------------------------------------------------------

_ROW = [FIXES.c[name] for name in COLUMNS]


def list_after(connection: Any, tenant: str, number: int, limit: int) -> Rows:
    """Kept fixes with a higher number, by number. Index: tracks_fixes_number."""
    mine = FIXES.c.tenant == tenant, FIXES.c.number > number, FIXES.c.reason == 0
    return _as_rows(connection.execute(sa.select(*_ROW).where(*mine).order_by(FIXES.c.number).limit(limit)))


def list_history(connection: Any, tenant: str, device: int, begin_ms: int, end_ms: int, limit: int) -> Rows:
    """A device's kept fixes from one time up to another, that excluded, by time. Index: primary key."""
    mine = FIXES.c.tenant == tenant, FIXES.c.device == device, FIXES.c.reason == 0
    span = FIXES.c.time_ms >= begin_ms, FIXES.c.time_ms < end_ms
    ordered = sa.select(*_ROW).where(*mine, *span).order_by(FIXES.c.time_ms, FIXES.c.seq)
    return _as_rows(connection.execute(ordered.limit(limit)))


def list_last(
    connection: Any,
    tenant: str,
    devices: Sequence[int] | None,
    box_e7: tuple[int, int, int, int] | None,
    since_ms: int,
    after: int,
    limit: int,
) -> Rows:
    """Last positions by rising id of the device, those not older than a time. Index: primary key.

    devices: only these. box_e7: west, south, east, north in degrees * 10^7; west > east crosses the antimeridian.
    """
    statement = sa.select(LAST.c.last).where(
        LAST.c.tenant == tenant, LAST.c.device > after, LAST.c.time_ms >= since_ms, LAST.c.time_ms != NONE
    )
    if devices is not None:
        statement = statement.where(LAST.c.device.in_(devices))
    if box_e7 is not None:
        west, south, east, north = box_e7
        beside = sa.or_ if west > east else sa.and_
        statement = statement.where(LAST.c.lat_e7.between(south, north))
        statement = statement.where(beside(LAST.c.lon_e7 >= west, LAST.c.lon_e7 <= east))
    found = connection.execute(statement.order_by(LAST.c.device).limit(limit))
    return rows_from(bytes(row[0]) for row in found)


def device_names(connection: Any, tenant: str, ids: Ints) -> dict[int, str]:
    """Names of devices by id. Index: primary key."""
    wanted = np.unique(ids).tolist()
    mine = DEVICES.c.tenant == tenant
    if len(wanted) > 1000:  # a list of bound values that long costs more than all names
        rows = connection.execute(sa.select(DEVICES.c.id, DEVICES.c.name).where(mine))
    else:
        rows = connection.execute(sa.select(DEVICES.c.id, DEVICES.c.name).where(mine, DEVICES.c.id.in_(wanted)))
    return {row[0]: row[1] for row in rows}


def list_devices(connection: Any, tenant: str, after: str, limit: int) -> list[tuple[int, str, int]]:
    """Id, name and first sight (unix ms) of devices by name, those after a name. Index: tracks_devices_name."""
    columns = DEVICES.c.id, DEVICES.c.name, DEVICES.c.first_seen_ms
    mine = sa.select(*columns).where(DEVICES.c.tenant == tenant, DEVICES.c.name > after)
    return [(row[0], row[1], row[2]) for row in connection.execute(mine.order_by(DEVICES.c.name).limit(limit))]


def first_seen_ms(connection: Any, tenant: str, device: int) -> int:
    """When a device was first heard of. Index: primary key."""
    mine = DEVICES.c.tenant == tenant, DEVICES.c.id == device
    return int(connection.execute(sa.select(DEVICES.c.first_seen_ms).where(*mine)).scalar_one())


def list_quarantined(connection: Any, tenant: str, device: int, limit: int) -> list[tuple[int, ...]]:
    """A device's fixes that were set aside, newest first: time_ms, seq, reason, lon, lat, source, received_ms.

    Indexes: primary keys.
    """
    aside, fix = QUARANTINE.c, FIXES.c
    told = sa.select(
        aside.time_ms, aside.seq, aside.reason, aside.lon, aside.lat, aside.source, aside.received_ms
    ).where(aside.tenant == tenant, aside.device == device)
    degrees = sa.cast(fix.lon_e7, sa.Float(53)) / 1e7, sa.cast(fix.lat_e7, sa.Float(53)) / 1e7
    jumps = sa.select(fix.time_ms, fix.seq, fix.reason, *degrees, fix.source, fix.received_ms).where(
        fix.tenant == tenant, fix.device == device, fix.reason != 0
    )
    found = []
    for statement in (told, jumps):
        key = statement.selected_columns[0]
        found += [tuple(row) for row in connection.execute(statement.order_by(key.desc()).limit(limit))]
    return sorted(found, reverse=True)[:limit]
