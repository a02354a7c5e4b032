"""The table of actions that one side asks of the other: the only place that knows its SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from location_cloud.errors import Conflict
from location_cloud.federation.model import Request

METADATA = sa.MetaData()


def _columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("peer", sa.String(32), nullable=False),
        sa.Column("way", sa.String(3), nullable=False),
        sa.Column("case", sa.Integer, nullable=False),
        sa.Column("turn", sa.Integer, nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("said", sa.LargeBinary, nullable=False),
        sa.Column("who", sa.String(64), nullable=False),
        sa.Column("at", sa.Float(53), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("answer", sa.LargeBinary, nullable=False),
        sa.Column("answered", sa.Float(53)),
        sa.Column("key", sa.String(128)),
        sa.Column("digest", sa.String(32)),
    ]


REQUESTS = sa.Table("federation_requests", METADATA, *_columns(), sqlite_autoincrement=True)
"""key, digest: the Idempotency-Key under which ours was asked, and a digest of what was said."""


def create_requests(op: Any, live: Any) -> None:
    """The table, in a migration."""
    op.create_table("federation_requests", *_columns(), sqlite_autoincrement=True)
    turn = ["tenant", "peer", "way", "case", "turn"]
    op.create_index("federation_requests_turn", "federation_requests", turn, unique=True)
    op.create_index("federation_requests_key", "federation_requests", ["tenant", "key"], unique=True)
    op.create_index("federation_requests_state", "federation_requests", ["tenant", "peer", "way", "state", "id"])


def insert_request(connection: Any, tenant: str, request: Request) -> Request:
    """The request as stored. Raises Conflict if its key is being used."""
    names = ("peer", "way", "case", "turn", "action", "who", "at", "state", "answered")
    values = {name: getattr(request, name) for name in names}
    values |= {"said": orjson.dumps(request.said), "answer": orjson.dumps(request.answer)}
    values |= {"key": request.key or None, "digest": request.digest or None}
    try:
        row = connection.execute(REQUESTS.insert().values(tenant=tenant, **values).returning(REQUESTS.c.id))
    except IntegrityError:
        raise Conflict("it is being asked at this moment", hint="send it again; it is asked once") from None
    return replace(request, id=row.scalar_one())


def answer_request(
    connection: Any, tenant: str, request: Request, state: str, answer: Mapping[str, Any], at: float
) -> None:
    """What became of it. Index: primary key."""
    mine = REQUESTS.c.tenant == tenant, REQUESTS.c.id == request.id
    values = {"state": state, "answer": orjson.dumps(answer), "answered": at}
    connection.execute(REQUESTS.update().where(*mine).values(**values))


def find_request(connection: Any, tenant: str, peer: str, way: str, case: int, turn: int) -> Request | None:
    """One request. Index: federation_requests_turn."""
    c = REQUESTS.c
    mine = c.tenant == tenant, c.peer == peer, c.way == way, c.case == case, c.turn == turn
    row = connection.execute(REQUESTS.select().where(*mine)).one_or_none()
    return None if row is None else _as_request(row)


def find_key(connection: Any, tenant: str, key: str) -> Request | None:
    """The request that was asked under an Idempotency-Key. Index: federation_requests_key."""
    row = connection.execute(REQUESTS.select().where(REQUESTS.c.tenant == tenant, REQUESTS.c.key == key)).one_or_none()
    return None if row is None else _as_request(row)


def last_turn(connection: Any, tenant: str, peer: str, way: str, case: int) -> int:
    """How many were asked of a case. Index: federation_requests_turn."""
    c = REQUESTS.c
    mine = c.tenant == tenant, c.peer == peer, c.way == way, c.case == case
    return int(connection.execute(sa.select(sa.func.max(c.turn)).where(*mine)).scalar_one() or 0)


def count_waiting(connection: Any, tenant: str, peer: str) -> int:
    """How many of ours the peer has not answered. Index: federation_requests_state."""
    c = REQUESTS.c
    mine = c.tenant == tenant, c.peer == peer, c.way == "out", c.state == "waiting"
    return int(connection.execute(sa.select(sa.func.count()).where(*mine)).scalar_one())


def list_requests(
    connection: Any, tenant: str, peer: str, way: str, case: int | None, state: str, after: int, limit: int
) -> list[Request]:
    """Requests by rising id. Indexes: federation_requests_turn, federation_requests_state."""
    c = REQUESTS.c
    statement = REQUESTS.select().where(c.tenant == tenant, c.peer == peer, c.way == way, c.id > after)
    if case is not None:
        statement = statement.where(c.case == case)
    if state:
        statement = statement.where(c.state == state)
    return [_as_request(row) for row in connection.execute(statement.order_by(c.id).limit(limit))]


def delete_requests(connection: Any, tenant: str, peer: str) -> None:
    """Forgets all that was asked of a peer or by it."""
    connection.execute(REQUESTS.delete().where(REQUESTS.c.tenant == tenant, REQUESTS.c.peer == peer))


def _as_request(row: Any) -> Request:
    names = ("id", "peer", "way", "case", "turn", "action", "who", "at", "state", "answered")
    return Request(
        **{name: getattr(row, name) for name in names},
        said=orjson.loads(bytes(row.said)),
        answer=orjson.loads(bytes(row.answer)),
        key=row.key or "",
        digest=row.digest or "",
    )
