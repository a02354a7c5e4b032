"""The table of what waits for peers: one row for each thing, however often it changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from location_cloud.federation.model import Kind, Waiting

METADATA = sa.MetaData()


def _columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("peer", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("object", sa.String(64), nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("known", sa.Integer, nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_at", sa.Float(53), nullable=False),
        sa.Column("since", sa.Float(53), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("digest", sa.String(32), nullable=False),
    ]


QUEUE = sa.Table("federation_queue", METADATA, *_columns(), sqlite_autoincrement=True)


def create_queue(op: Any, live: Any) -> None:
    """The table, in a migration."""
    op.create_table("federation_queue", *_columns(), sqlite_autoincrement=True)
    op.create_index("federation_queue_object", "federation_queue", ["tenant", "peer", "kind", "object"], unique=True)
    op.create_index("federation_queue_number", "federation_queue", ["tenant", "peer", "number"])
    op.create_index("federation_queue_state", "federation_queue", ["tenant", "peer", "state", "number"])


def mark(
    connection: Any, tenant: str, peer: str, kind: Kind, marks: Mapping[str, str], now: float, next_at: float = 0.0
) -> None:
    """Queues things, or queues them again in their newest state. Within `writing`, so that numbers rise with commits.

    marks: object -> digest of its content, "" where none is kept. Numbers follow the clock where it is ahead of them:
    those of a store that was restored are above all that it gave before.
    Indexes: federation_queue_object, federation_queue_number.
    """
    c = QUEUE.c
    if not marks:
        return
    mine = c.tenant == tenant, c.peer == peer
    last = connection.execute(sa.select(sa.func.max(c.number)).where(*mine)).scalar_one() or 0
    number = max(int(now * 1000), last)
    rows = _known(connection, tenant, peer, kind, list(marks))
    fresh = []
    for object_, digest in marks.items():
        number += 1
        values = {"number": number, "state": "waiting", "attempts": 0, "next_at": next_at, "reason": ""}
        values |= {"since": now, "digest": digest}
        if (known := rows.get(object_)) is None:
            fresh.append({"peer": peer, "kind": kind, "object": object_, "known": 0, **values})
            continue
        if known.state == "waiting":  # it waits as long as it did
            values |= {"since": known.since, "next_at": min(known.next_at, next_at) if next_at else known.next_at}
            values["attempts"] = known.attempts
        connection.execute(QUEUE.update().where(c.tenant == tenant, c.id == known.id).values(**values))
    if fresh:
        connection.execute(QUEUE.insert().values(tenant=tenant), fresh)


def list_due(connection: Any, tenant: str, peer: str, now: float, after: int, limit: int) -> list[Waiting]:
    """What waits and may be sent now, the oldest first. Index: federation_queue_state."""
    c = QUEUE.c
    mine = c.tenant == tenant, c.peer == peer, c.state == "waiting", c.number > after, c.next_at <= now
    rows = connection.execute(QUEUE.select().where(*mine).order_by(c.number).limit(limit))
    return [_as_waiting(row) for row in rows]


def list_state(connection: Any, tenant: str, peer: str, state: str, after: int, limit: int) -> list[Waiting]:
    """What is in a state, by rising number. Index: federation_queue_state."""
    c = QUEUE.c
    mine = c.tenant == tenant, c.peer == peer, c.state == state, c.number > after
    return [_as_waiting(row) for row in connection.execute(QUEUE.select().where(*mine).order_by(c.number).limit(limit))]


def find_waiting(connection: Any, tenant: str, peer: str, kind: str, object_: str) -> Waiting | None:
    """The row of a thing. Index: federation_queue_object."""
    return _known(connection, tenant, peer, kind, [object_]).get(object_)


def list_objects(connection: Any, tenant: str, peer: str, kind: Kind) -> list[Waiting]:
    """Everything of a kind that was ever queued. Index: federation_queue_object."""
    c = QUEUE.c
    mine = c.tenant == tenant, c.peer == peer, c.kind == kind
    return [_as_waiting(row) for row in connection.execute(QUEUE.select().where(*mine).order_by(c.object))]


def known_objects(connection: Any, tenant: str, peer: str, kind: Kind, objects: Iterable[str]) -> set[str]:
    """Which of these were ever queued. Index: federation_queue_object."""
    return set(_known(connection, tenant, peer, kind, list(objects)))


def settle(connection: Any, tenant: str, row: Waiting, **values: Any) -> None:
    """What became of it. Index: primary key."""
    connection.execute(QUEUE.update().where(QUEUE.c.tenant == tenant, QUEUE.c.id == row.id).values(**values))


def count_states(connection: Any, tenant: str, peer: str) -> dict[str, tuple[int, float]]:
    """State -> how many, and since when the oldest is in the queue. Index: federation_queue_state."""
    c = QUEUE.c
    statement = sa.select(c.state, sa.func.count(), sa.func.min(c.since)).where(c.tenant == tenant, c.peer == peer)
    return {row[0]: (int(row[1]), float(row[2])) for row in connection.execute(statement.group_by(c.state))}


def send_again(connection: Any, tenant: str, peer: str, kinds: tuple[Kind, ...]) -> int:
    """Everything of these kinds waits as if it had never been sent; how many."""
    c = QUEUE.c
    mine = c.tenant == tenant, c.peer == peer, c.kind.in_(kinds)
    values = {"state": "waiting", "known": 0, "attempts": 0, "next_at": 0.0, "reason": ""}
    return int(connection.execute(QUEUE.update().where(*mine).values(**values)).rowcount)


def hurry(connection: Any, tenant: str, peer: str) -> None:
    """What waits for a later attempt is tried at the next exchange."""
    c = QUEUE.c
    mine = c.tenant == tenant, c.peer == peer, c.state == "waiting"
    connection.execute(QUEUE.update().where(*mine).values(next_at=0.0))


def delete_queue(connection: Any, tenant: str, peer: str) -> None:
    """Forgets all that waits for a peer."""
    connection.execute(QUEUE.delete().where(QUEUE.c.tenant == tenant, QUEUE.c.peer == peer))


def _known(connection: Any, tenant: str, peer: str, kind: str, objects: list[str]) -> dict[str, Waiting]:
    c = QUEUE.c
    found: dict[str, Waiting] = {}
    for start in range(0, len(objects), 500):
        mine = c.tenant == tenant, c.peer == peer, c.kind == kind, c.object.in_(objects[start : start + 500])
        found |= {row.object: _as_waiting(row) for row in connection.execute(QUEUE.select().where(*mine))}
    return found


def _as_waiting(row: Any) -> Waiting:
    names = ("id", "peer", "kind", "object", "number", "known", "state", "attempts", "next_at", "since", "reason")
    return Waiting(**{name: getattr(row, name) for name in names}, digest=row.digest)
