"""The SQL of patrols, of what they covered, and of who read their tracks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from location_cloud.changes import Sent
from location_cloud.errors import Conflict
from location_cloud.patrols.model import Patrol, Read
from location_cloud.patrols.store import PATROLS, READS, ROSTERS
from location_cloud.spatial.cells.index_cell import index_cell_of
from location_cloud.storage.live import next_version, update_versioned
from location_cloud.storage.tenants import ALL_TENANTS

_PLAIN = [column for column in PATROLS.c if column.name != "detail"]
"""Lists do without the places."""


def insert_patrol(connection: Any, tenant: str, patrol: Patrol, sent: Sent) -> Patrol:
    """The patrol as stored, version 1. Raises Conflict if the person is on patrol already."""
    values = {"change": next_version(connection), **_values(patrol)}
    values |= {"request": sent.request or None, "digest": sent.digest or None}
    insert = PATROLS.insert().values(tenant=tenant, version=1, **values).returning(PATROLS)
    try:
        with connection.begin_nested():
            row = connection.execute(insert).one()
    except IntegrityError:
        found = find_open(connection, tenant, patrol.person)
        raise Conflict(
            f"{patrol.person} is on patrol already",
            hint="end that one first: POST /v1/patrols/{id}/end",
            patrol=None if found is None else found.id,
        ) from None
    return _as_patrol(row)


def change_patrol(connection: Any, tenant: str, patrol: Patrol) -> None:
    """Writes a patrol over the version that it was made from. Raises Conflict, NotFound."""
    values = {"change": next_version(connection), **_values(patrol)}
    update_versioned(connection, PATROLS, tenant, patrol.id, patrol.version, values)


def find_patrol(connection: Any, tenant: str, patrol_id: int) -> Patrol | None:
    """One patrol. Index: primary key."""
    statement = PATROLS.select().where(PATROLS.c.tenant == tenant, PATROLS.c.id == patrol_id)
    row = connection.execute(statement).one_or_none()
    return None if row is None else _as_patrol(row)


def find_open(connection: Any, tenant: str, person: str) -> Patrol | None:
    """The patrol that a person is on. Index: patrols_open."""
    c = PATROLS.c
    statement = PATROLS.select().where(c.tenant == tenant, c.person == person, c.ended.is_(None))
    row = connection.execute(statement).one_or_none()
    return None if row is None else _as_patrol(row)


def find_request(connection: Any, tenant: str, request: str) -> tuple[int, str | None] | None:
    """Id and digest of the patrol that was begun under an Idempotency-Key. Index: patrols_request."""
    c = PATROLS.c
    row = connection.execute(sa.select(c.id, c.digest).where(c.tenant == tenant, c.request == request)).one_or_none()
    return None if row is None else (row.id, row.digest)


def list_patrols(
    connection: Any,
    tenant: str,
    begin_s: float,
    end_s: float,
    person: str = "",
    beat: str = "",
    is_open: bool | None = None,
    after: int = 0,
    limit: int = 1_000_000,
) -> list[Patrol]:
    """Patrols begun from one time up to another, that excluded, by id, without their places. Index: patrols_begun,
    patrols_person, patrols_beat.
    """
    c = PATROLS.c
    statement = sa.select(*_PLAIN).where(c.tenant == tenant, c.begun >= begin_s, c.begun < end_s, c.id > after)
    if person:
        statement = statement.where(c.person == person)
    if beat:
        statement = statement.where(c.beat == beat)
    if is_open is not None:
        statement = statement.where(c.ended.is_(None) if is_open else c.ended.is_not(None))
    return [_as_patrol(row) for row in connection.execute(statement.order_by(c.id).limit(limit))]


def list_beside(connection: Any, tenant: str, patrol: Patrol, end_s: float, limit: int) -> list[Patrol]:
    """Patrols of other people that were under way at the same time. Index: patrols_begun."""
    c = PATROLS.c
    statement = sa.select(*_PLAIN).where(
        c.tenant == tenant,
        c.begun < end_s,
        c.begun > patrol.begun - 86_400.0,
        sa.or_(c.ended.is_(None), c.ended > patrol.begun),
        c.person != patrol.person,
    )
    return [_as_patrol(row) for row in connection.execute(statement.order_by(c.id).limit(limit))]


def list_due(connection: Any, now_s: float, oldest_s: float, limit: int) -> list[tuple[str, int]]:
    """Tenant and id of patrols of all tenants to be evaluated: ended after `oldest_s`, and never evaluated, or not yet
    since they settled. Index: patrols_ended.
    """
    c = PATROLS.c
    is_due = sa.or_(c.evaluated.is_(None), sa.and_(c.evaluated < c.ended + SETTLED_S, c.ended < now_s - SETTLED_S))
    statement = sa.select(c.tenant, c.id).where(c.ended.is_not(None), c.ended > oldest_s, is_due).order_by(c.id)
    rows = connection.execute(statement.limit(limit), execution_options=ALL_TENANTS)
    return [(row.tenant, row.id) for row in rows]


SETTLED_S = 86_400.0
"""After a day nobody waits for fixes any more: a patrol is evaluated a last time."""


def list_forgotten(
    connection: Any, now_s: float, grace_s: float, longest_s: float, limit: int
) -> list[tuple[str, int]]:
    """Tenant and id of patrols of all tenants that nobody ended. Index: patrols_open."""
    c = PATROLS.c
    is_over = sa.or_(c.planned_end < now_s - grace_s, c.begun < now_s - longest_s)
    statement = sa.select(c.tenant, c.id).where(c.ended.is_(None), is_over).order_by(c.id)
    rows = connection.execute(statement.limit(limit), execution_options=ALL_TENANTS)
    return [(row.tenant, row.id) for row in rows]


def put_result(
    connection: Any, tenant: str, patrol_id: int, evaluated: float, result: Mapping[str, Any], detail: bytes | None
) -> None:
    """What a patrol covered; no version of its own: nobody said anything."""
    values = {"evaluated": evaluated, "result": orjson.dumps(result), "detail": detail}
    values["change"] = next_version(connection)
    mine = PATROLS.c.tenant == tenant, PATROLS.c.id == patrol_id
    connection.execute(PATROLS.update().where(*mine).values(**values))


# --- privacy ---------------------------------------------------------------------------------------------------------


def append_read(connection: Any, tenant: str, patrol: Patrol, at: float, who: str, what: str) -> None:
    """A line about somebody who reads a track."""
    connection.execute(
        READS.insert().values(tenant=tenant, patrol=patrol.id, person=patrol.person, at=at, who=who, what=what)
    )


def list_reads(connection: Any, tenant: str, patrol_id: int, after: int, limit: int) -> list[Read]:
    """Who read a patrol's track, oldest first. Index: patrol_reads_patrol."""
    c = READS.c
    statement = READS.select().where(c.tenant == tenant, c.patrol == patrol_id, c.id > after).order_by(c.id)
    rows = connection.execute(statement.limit(limit))
    return [Read(row.id, row.patrol, row.person, row.at, row.who, row.what) for row in rows]


def delete_person(connection: Any, tenant: str, person: str) -> int:
    """Removes the patrols and rosters of a person; how many rows. Index: patrols_person, patrol_rosters_person."""
    next_version(connection)
    gone = 0
    for table in (PATROLS, ROSTERS):
        gone += int(
            connection.execute(table.delete().where(table.c.tenant == tenant, table.c.person == person)).rowcount
        )
    return gone


def forget_places(connection: Any, before_s: float, limit: int) -> int:
    """Takes the places out of old patrols of all tenants, and removes reads of that age; how many rows of the first.
    Index: patrols_ended, patrol_reads_at.
    """
    c = PATROLS.c
    old = sa.select(c.tenant, c.id).where(c.ended < before_s, c.detail.is_not(None)).limit(limit)
    rows = connection.execute(old, execution_options=ALL_TENANTS).all()
    for row in rows:
        connection.execute(
            PATROLS.update().where(c.tenant == row.tenant, c.id == row.id).values(detail=None, cell=None)
        )
    connection.execute(READS.delete().where(READS.c.at < before_s), execution_options=ALL_TENANTS)
    return len(rows)


# --- rows ------------------------------------------------------------------------------------------------------------


def _values(patrol: Patrol) -> dict[str, Any]:
    content = {
        "begun_at": patrol.begun_at,
        "ended_at": patrol.ended_at,
        "late_min": patrol.late_min,
        "early_min": patrol.early_min,
        "forgotten": patrol.is_forgotten,
        "simulated": patrol.is_simulated,
        "note": patrol.note,
    }
    return {
        "person": patrol.person,
        "beat": patrol.beat,
        "roster": patrol.roster,
        "device": patrol.device,
        "profile": patrol.profile,
        "begun": patrol.begun,
        "ended": patrol.ended,
        "planned_begin": patrol.planned_begin,
        "planned_end": patrol.planned_end,
        "content": orjson.dumps(content),
        "cell": index_cell_of(*patrol.begun_at),
    }


def _as_patrol(row: Any) -> Patrol:
    content = orjson.loads(bytes(row.content))
    ended_at = content["ended_at"]
    detail = getattr(row, "detail", None)
    return Patrol(
        row.id,
        row.version,
        row.person,
        row.beat,
        row.roster,
        row.device,
        row.profile,
        row.begun,
        row.ended,
        row.planned_begin,
        row.planned_end,
        content["late_min"],
        content["early_min"],
        tuple(content["begun_at"]),
        None if ended_at is None else tuple(ended_at),
        content["forgotten"],
        content["simulated"],
        content["note"],
        row.evaluated,
        None if row.result is None else orjson.loads(bytes(row.result)),
        None if detail is None else bytes(detail),
        row.change,
    )
