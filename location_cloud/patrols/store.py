"""The tables of patrols: beats, rosters, patrols and who read them; and the SQL of the first two."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import orjson
import shapely
import sqlalchemy as sa

from location_cloud.capability import Migration
from location_cloud.patrols.model import Beat, NewBeat, Pattern, Post, Roster
from location_cloud.spatial.bbox import Bbox
from location_cloud.spatial.cells.index_cell import index_cell_of
from location_cloud.storage.live import Live, next_version, update_versioned

METADATA = sa.MetaData()


def _kept() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("change", sa.BigInteger, nullable=False),
    ]


def _beat_columns() -> list[sa.Column[Any]]:
    return [
        *_kept(),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("retired", sa.Float(53)),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("geometry", sa.LargeBinary, nullable=False),
        sa.Column("cells", sa.LargeBinary, nullable=False),
        sa.Column("seen", sa.LargeBinary, nullable=False),
        sa.Column("most", sa.Integer, nullable=False),
        sa.Column("cell", sa.BigInteger),
        sa.Column("west", sa.Float(53), nullable=False),
        sa.Column("south", sa.Float(53), nullable=False),
        sa.Column("east", sa.Float(53), nullable=False),
        sa.Column("north", sa.Float(53), nullable=False),
    ]


def _roster_columns() -> list[sa.Column[Any]]:
    return [
        *_kept(),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("person", sa.String(40), nullable=False),
        sa.Column("beat", sa.String(40), nullable=False),
        sa.Column("valid_from", sa.String(10), nullable=False),
        sa.Column("valid_to", sa.String(10)),
        sa.Column("content", sa.LargeBinary, nullable=False),
    ]


def _patrol_columns() -> list[sa.Column[Any]]:
    return [
        *_kept(),
        sa.Column("person", sa.String(40), nullable=False),
        sa.Column("beat", sa.String(40), nullable=False),
        sa.Column("roster", sa.String(40), nullable=False),
        sa.Column("device", sa.String(64), nullable=False),
        sa.Column("profile", sa.String(16), nullable=False),
        sa.Column("begun", sa.Float(53), nullable=False),
        sa.Column("ended", sa.Float(53)),
        sa.Column("planned_begin", sa.Float(53)),
        sa.Column("planned_end", sa.Float(53)),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("evaluated", sa.Float(53)),
        sa.Column("result", sa.LargeBinary),
        sa.Column("detail", sa.LargeBinary),
        sa.Column("cell", sa.BigInteger),
        sa.Column("request", sa.String(128)),
        sa.Column("digest", sa.String(32)),
    ]


def _read_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("patrol", sa.Integer, nullable=False),
        sa.Column("person", sa.String(40), nullable=False),
        sa.Column("at", sa.Float(53), nullable=False),
        sa.Column("who", sa.String(64), nullable=False),
        sa.Column("what", sa.String(16), nullable=False),
    ]


BEATS = sa.Table("patrol_beats", METADATA, *_beat_columns(), sqlite_autoincrement=True)
"""A row a code, also when it is retired: patrols name it. cells, seen: int64, little-endian, of `model.Beat`; a patrol
that is evaluated raises `seen` and `change`, not the version, which is of what people say."""

ROSTERS = sa.Table("patrol_rosters", METADATA, *_roster_columns(), sqlite_autoincrement=True)

PATROLS = sa.Table("patrols", METADATA, *_patrol_columns(), sqlite_autoincrement=True)
"""result: numbers of the evaluation, JSON; detail: what of it tells places, JSON, gone when tracks are. request: the
Idempotency-Key that it was begun with."""

READS = sa.Table("patrol_reads", METADATA, *_read_columns(), sqlite_autoincrement=True)
"""Only ever added to, until a track of that age would be gone."""


def _create(op: Any, live: Any) -> None:
    op.create_table("patrol_beats", *_beat_columns(), sqlite_autoincrement=True)
    op.create_index("patrol_beats_code", "patrol_beats", ["tenant", "code"], unique=True)
    op.create_index("patrol_beats_change", "patrol_beats", ["tenant", "change"])
    live.add_spatial_index(op, "patrol_beats")
    op.create_table("patrol_rosters", *_roster_columns(), sqlite_autoincrement=True)
    op.create_index("patrol_rosters_code", "patrol_rosters", ["tenant", "code"], unique=True)
    op.create_index("patrol_rosters_person", "patrol_rosters", ["tenant", "person"])
    op.create_table("patrols", *_patrol_columns(), sqlite_autoincrement=True)
    op.create_index("patrols_begun", "patrols", ["tenant", "begun"])
    op.create_index("patrols_person", "patrols", ["tenant", "person", "begun"])
    op.create_index("patrols_beat", "patrols", ["tenant", "beat", "begun"])
    op.create_index("patrols_request", "patrols", ["tenant", "request"], unique=True)
    running = sa.text("ended IS NULL")
    one = ["tenant", "person"]
    op.create_index("patrols_open", "patrols", one, unique=True, sqlite_where=running, postgresql_where=running)
    op.create_index("patrols_ended", "patrols", ["ended"])
    op.create_table("patrol_reads", *_read_columns(), sqlite_autoincrement=True)
    op.create_index("patrol_reads_patrol", "patrol_reads", ["tenant", "patrol", "id"])
    op.create_index("patrol_reads_at", "patrol_reads", ["at"])


MIGRATIONS = (Migration(1, "beats, rosters, patrols, and who read them", _create),)


# --- beats -----------------------------------------------------------------------------------------------------------


def find_beat(connection: Any, tenant: str, code: str) -> Beat | None:
    """The beat of a code, retired or not. Index: patrol_beats_code."""
    row = connection.execute(BEATS.select().where(BEATS.c.tenant == tenant, BEATS.c.code == code)).one_or_none()
    return None if row is None else _as_beat(row)


def list_beats(
    connection: Any,
    live: Live,
    tenant: str,
    codes: Sequence[str] = (),
    bbox: Bbox | None = None,
    after: str = "",
    limit: int = 1_000_000,
) -> list[Beat]:
    """Beats in force by code; only these codes (() = all), only those that meet a box. Index: patrol_beats_code or the
    spatial index.
    """
    c = BEATS.c
    statement = BEATS.select().where(c.tenant == tenant, c.retired.is_(None), c.code > after)
    if codes:
        statement = statement.where(c.code.in_(codes))
    if bbox is not None:
        statement = statement.where(live.in_bbox(BEATS, bbox))
    return [_as_beat(row) for row in connection.execute(statement.order_by(c.code).limit(limit))]


def list_changed_beats(connection: Any, tenant: str, since: int | None) -> list[Beat]:
    """Beats that changed after a live version, retired ones included; None = all in force.

    Index: patrol_beats_change.
    """
    c = BEATS.c
    statement = BEATS.select().where(c.tenant == tenant)
    statement = statement.where(c.retired.is_(None)) if since is None else statement.where(c.change > since)
    return [_as_beat(row) for row in connection.execute(statement.order_by(c.id))]


def find_bounds(connection: Any, tenant: str) -> tuple[float, float, float, float] | None:
    """The box around all beats in force. Index: patrol_beats_code."""
    c = BEATS.c
    columns = sa.func.min(c.west), sa.func.min(c.south), sa.func.max(c.east), sa.func.max(c.north)
    row = connection.execute(sa.select(*columns).where(c.tenant == tenant, c.retired.is_(None))).one()
    return None if row[0] is None else tuple(row)


def count_beats(connection: Any, tenant: str) -> int:
    """How many beats the tenant has in force. Index: patrol_beats_code."""
    c = BEATS.c
    statement = sa.select(sa.func.count()).where(c.tenant == tenant, c.retired.is_(None))
    return int(connection.execute(statement).scalar_one())


def put_beat(connection: Any, tenant: str, beat: Beat) -> None:
    """The beat, new (id 0) or in the place of the version that it was made from. Raises Conflict."""
    values = {"change": next_version(connection), **_beat_values(beat)}
    if beat.id:
        update_versioned(connection, BEATS, tenant, beat.id, beat.version, values)
    else:
        connection.execute(BEATS.insert().values(tenant=tenant, version=1, **values))


def put_seen(connection: Any, tenant: str, beat: Beat, seen: np.ndarray[Any, Any]) -> None:
    """When the cells of a beat were seen last; within the transaction that read the beat for it."""
    mine = BEATS.c.tenant == tenant, BEATS.c.id == beat.id
    values = {"seen": seen.astype("<i8").tobytes(), "change": next_version(connection)}
    connection.execute(BEATS.update().where(*mine).values(**values))


# --- rosters ---------------------------------------------------------------------------------------------------------


def find_roster(connection: Any, tenant: str, code: str) -> Roster | None:
    """The roster of a code. Index: patrol_rosters_code."""
    statement = ROSTERS.select().where(ROSTERS.c.tenant == tenant, ROSTERS.c.code == code)
    row = connection.execute(statement).one_or_none()
    return None if row is None else _as_roster(row)


def list_rosters(
    connection: Any, tenant: str, person: str = "", beat: str = "", after: str = "", limit: int = 1_000_000
) -> list[Roster]:
    """Rosters by code, of a person or a beat. Index: patrol_rosters_code, patrol_rosters_person."""
    c = ROSTERS.c
    statement = ROSTERS.select().where(c.tenant == tenant, c.code > after)
    if person:
        statement = statement.where(c.person == person)
    if beat:
        statement = statement.where(c.beat == beat)
    return [_as_roster(row) for row in connection.execute(statement.order_by(c.code).limit(limit))]


def count_rosters(connection: Any, tenant: str) -> int:
    """How many rosters the tenant has. Index: patrol_rosters_code."""
    return int(connection.execute(sa.select(sa.func.count()).where(ROSTERS.c.tenant == tenant)).scalar_one())


def put_roster(connection: Any, tenant: str, roster: Roster) -> None:
    """The roster, new (id 0) or in the place of the version that it was made from. Raises Conflict."""
    values = {"change": next_version(connection), **_roster_values(roster)}
    if roster.id:
        update_versioned(connection, ROSTERS, tenant, roster.id, roster.version, values)
    else:
        connection.execute(ROSTERS.insert().values(tenant=tenant, version=1, **values))


def delete_roster(connection: Any, tenant: str, roster: Roster) -> None:
    """Removes a roster. Raises Conflict if it was changed since it was read."""
    update_versioned(connection, ROSTERS, tenant, roster.id, roster.version, {"change": next_version(connection)})
    connection.execute(ROSTERS.delete().where(ROSTERS.c.tenant == tenant, ROSTERS.c.id == roster.id))


# --- rows ------------------------------------------------------------------------------------------------------------


def _beat_values(beat: Beat) -> dict[str, Any]:
    said = beat.said
    west, south, east, north = beat.shape.bounds
    content = {
        "name": said.name,
        "grids": said.grids,
        "roads": said.roads,
        "post": None if said.post is None else [*said.post.lonlat, said.post.radius_m],
        "geometry": None if said.geometry is None else shapely.to_wkb(said.geometry, hex=True),
        "profile": said.profile,
        "every_days": said.every_days,
        "note": said.note,
        "simulated": said.is_simulated,
    }
    return {
        "code": beat.code,
        "retired": beat.retired,
        "content": orjson.dumps(content),
        "geometry": shapely.to_wkb(beat.shape),
        "cells": beat.cells.astype("<i8").tobytes(),
        "seen": beat.seen.astype("<i8").tobytes(),
        "most": beat.most,
        "cell": index_cell_of((west + east) / 2, (south + north) / 2),
        "west": west,
        "south": south,
        "east": east,
        "north": north,
    }


def _as_beat(row: Any) -> Beat:
    content = orjson.loads(bytes(row.content))
    post = content["post"]
    said = NewBeat(
        content["name"],
        tuple((scheme, code) for scheme, code in content["grids"]),
        tuple(content["roads"]),
        None if content["geometry"] is None else shapely.from_wkb(content["geometry"]),
        None if post is None else Post((post[0], post[1]), post[2]),
        content["profile"],
        content["every_days"],
        content["note"],
        content["simulated"],
    )
    cells, seen = (np.frombuffer(bytes(each), "<i8").astype(np.int64) for each in (row.cells, row.seen))
    shape = shapely.from_wkb(bytes(row.geometry))
    return Beat(row.id, row.code, row.version, said, shape, cells, seen, row.most, row.retired, row.change)


def _roster_values(roster: Roster) -> dict[str, Any]:
    pattern = roster.pattern
    content = {
        "device": roster.device,
        "zone": pattern.zone,
        "week": pattern.week,
        "days": {day.isoformat(): spans for day, spans in pattern.days.items()},
        "late_min": pattern.late_min,
        "early_min": pattern.early_min,
        "note": roster.note,
    }
    return {
        "code": roster.code,
        "person": roster.person,
        "beat": roster.beat,
        "valid_from": roster.valid_from.isoformat(),
        "valid_to": None if roster.valid_to is None else roster.valid_to.isoformat(),
        "content": orjson.dumps(content),
    }


def _as_roster(row: Any) -> Roster:
    content = orjson.loads(bytes(row.content))
    pattern = Pattern(
        content["zone"],
        tuple(tuple((begin, end) for begin, end in day) for day in content["week"]),
        {date.fromisoformat(day): tuple((b, e) for b, e in spans) for day, spans in content["days"].items()},
        content["late_min"],
        content["early_min"],
    )
    until = None if row.valid_to is None else date.fromisoformat(row.valid_to)
    return Roster(
        row.id,
        row.code,
        row.version,
        row.person,
        row.beat,
        content["device"],
        pattern,
        date.fromisoformat(row.valid_from),
        until,
        content["note"],
        row.change,
    )
