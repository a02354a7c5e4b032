"""The tables of what came from peers: the only place that knows their SQL. Nothing here is changed but by its owner."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
import sqlalchemy as sa

from location_cloud.federation.model import ChosenCopies, Copy, Kind
from location_cloud.storage.live import Live

METADATA = sa.MetaData()


def _columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("peer", sa.String(32), nullable=False),
        sa.Column("origin", sa.String(16), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("object", sa.String(64), nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("change", sa.BigInteger, nullable=False),
        sa.Column("missing", sa.Integer, nullable=False),
        sa.Column("stage", sa.String(12)),
        sa.Column("is_open", sa.SmallInteger),
        sa.Column("class", sa.String(12)),
        sa.Column("area", sa.String(32)),
        *(sa.Column(side, sa.Float(53)) for side in ("west", "south", "east", "north")),
        sa.Column("content", sa.LargeBinary, nullable=False),
    ]


def _entry_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("origin", sa.String(16), nullable=False),
        sa.Column("object", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
    ]


COPIES = sa.Table("federation_copies", METADATA, *_columns(), sqlite_autoincrement=True)
"""content: JSON as it was sent, names sorted. stage to north: of cases, asked for by themselves; a case is a point."""

ENTRIES = sa.Table("federation_entries", METADATA, *_entry_columns(), sqlite_autoincrement=True)
"""Timelines of cases. number: the owner's of the line, by which it is kept once."""


def create_copies(op: Any, live: Any) -> None:
    """The tables, in a migration."""
    op.create_table("federation_copies", *_columns(), sqlite_autoincrement=True)
    op.create_index(
        "federation_copies_object", "federation_copies", ["tenant", "origin", "kind", "object"], unique=True
    )
    op.create_index("federation_copies_peer", "federation_copies", ["tenant", "peer", "kind", "id"])
    op.create_index("federation_copies_kind", "federation_copies", ["tenant", "kind", "object"])
    op.create_index("federation_copies_missing", "federation_copies", ["tenant", "peer", "missing"])
    op.create_index("federation_copies_change", "federation_copies", ["tenant", "change"])
    live.add_spatial_index(op, "federation_copies")
    op.create_table("federation_entries", *_entry_columns(), sqlite_autoincrement=True)
    op.create_index(
        "federation_entries_number", "federation_entries", ["tenant", "origin", "object", "number"], unique=True
    )


def find_copy(connection: Any, tenant: str, origin: str, kind: Kind, object_: str) -> Copy | None:
    """The copy of a thing. Index: federation_copies_object."""
    c = COPIES.c
    mine = c.tenant == tenant, c.origin == origin, c.kind == kind, c.object == object_
    row = connection.execute(COPIES.select().where(*mine)).one_or_none()
    return None if row is None else _as_copy(row)


def copied_objects(connection: Any, tenant: str, kind: Kind, objects: Iterable[str]) -> set[str]:
    """Which of these came from a peer, whichever: nothing is passed on. Index: federation_copies_kind."""
    c, wanted, found = COPIES.c, list(objects), set[str]()
    for start in range(0, len(wanted), 500):
        mine = c.tenant == tenant, c.kind == kind, c.object.in_(wanted[start : start + 500])
        found |= set(connection.execute(sa.select(c.object).where(*mine)).scalars())
    return found


def put_copy(connection: Any, tenant: str, copy: Copy, told: Mapping[str, Any] | None = None) -> None:
    """The copy over the one that is there. told: columns of a case. Within `writing`."""
    c = COPIES.c
    names = ("peer", "origin", "kind", "object", "number", "change", "missing")
    values = {name: getattr(copy, name) for name in names} | dict(told or {})
    values["content"] = packed(copy.content)
    if copy.id:
        connection.execute(COPIES.update().where(c.tenant == tenant, c.id == copy.id).values(**values))
    else:
        connection.execute(COPIES.insert().values(tenant=tenant, **values))


def set_missing(connection: Any, tenant: str, copy: Copy, missing: int, change: int) -> None:
    """How many files of a case are not here. Index: primary key."""
    mine = COPIES.c.tenant == tenant, COPIES.c.id == copy.id
    connection.execute(COPIES.update().where(*mine).values(missing=missing, change=change))


def list_missing(connection: Any, tenant: str, peer: str, limit: int) -> list[Copy]:
    """Copies of cases with files that are not here. Index: federation_copies_missing."""
    c = COPIES.c
    statement = COPIES.select().where(c.tenant == tenant, c.peer == peer, c.missing > 0).order_by(c.change.desc())
    return [_as_copy(row) for row in connection.execute(statement.limit(limit))]


def list_copies(
    connection: Any,
    live: Live,
    tenant: str,
    peer: str,
    kind: Kind,
    after: int,
    limit: int,
    chosen: ChosenCopies | None = None,
) -> list[Copy]:
    """Copies from a peer by rising id. Index: federation_copies_peer or the spatial index."""
    c = COPIES.c
    statement = COPIES.select().where(c.tenant == tenant, c.peer == peer, c.kind == kind, c.id > after)
    for condition in _chosen(live, chosen or ChosenCopies()):
        statement = statement.where(condition)
    return [_as_copy(row) for row in connection.execute(statement.order_by(c.id).limit(limit))]


def count_copies(connection: Any, tenant: str, peer: str) -> dict[str, int]:
    """How many there are from a peer, by kind. Index: federation_copies_peer."""
    c = COPIES.c
    statement = sa.select(c.kind, sa.func.count()).where(c.tenant == tenant, c.peer == peer).group_by(c.kind)
    return {row[0]: int(row[1]) for row in connection.execute(statement)}


def add_entries(connection: Any, tenant: str, origin: str, object_: str, entries: Iterable[Mapping[str, Any]]) -> None:
    """Lines of a timeline that are not there yet. Within `writing`. Index: federation_entries_number."""
    told = {int(entry["number"]): entry for entry in entries}
    c = ENTRIES.c
    mine = c.tenant == tenant, c.origin == origin, c.object == object_
    there = set(connection.execute(sa.select(c.number).where(*mine, c.number.in_(list(told)))).scalars())
    rows = [
        {"origin": origin, "object": object_, "number": number, "content": packed(entry)}
        for number, entry in sorted(told.items())
        if number not in there
    ]
    if rows:
        connection.execute(ENTRIES.insert().values(tenant=tenant), rows)


def list_entries(
    connection: Any, tenant: str, origin: str, object_: str, after: int, limit: int
) -> list[dict[str, Any]]:
    """A case's timeline, oldest first. Index: federation_entries_number."""
    c = ENTRIES.c
    mine = c.tenant == tenant, c.origin == origin, c.object == object_, c.number > after
    rows = connection.execute(sa.select(c.content).where(*mine).order_by(c.number).limit(limit)).scalars()
    return [orjson.loads(bytes(row)) for row in rows]


def delete_copies(connection: Any, tenant: str, peer: str, origins: Sequence[str]) -> None:
    """Forgets all that came from a peer."""
    connection.execute(COPIES.delete().where(COPIES.c.tenant == tenant, COPIES.c.peer == peer))
    connection.execute(ENTRIES.delete().where(ENTRIES.c.tenant == tenant, ENTRIES.c.origin.in_(list(origins))))


def packed(content: Mapping[str, Any]) -> bytes:
    """JSON that is the same for the same content."""
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)


def _chosen(live: Live, chosen: ChosenCopies) -> list[sa.ColumnElement[bool]]:
    c = COPIES.c
    found: list[sa.ColumnElement[bool]] = []
    if chosen.stages:
        found.append(c.stage.in_(chosen.stages))
    if chosen.is_open is not None:
        found.append(c.is_open == int(chosen.is_open))
    if chosen.class_code:
        found.append(c["class"] == chosen.class_code)
    if chosen.area:
        found.append(sa.and_(c.area >= chosen.area, c.area < chosen.area + "~"))
    if chosen.areas:
        found.append(sa.or_(*(sa.and_(c.area >= area, c.area < area + "~") for area in chosen.areas)))
    if chosen.bbox is not None:
        found.append(live.in_bbox(COPIES, chosen.bbox))
    if chosen.since is not None:
        found.append(c.change > chosen.since)
    return found


def _as_copy(row: Any) -> Copy:
    names = ("id", "peer", "origin", "kind", "object", "number", "change", "missing")
    return Copy(**{name: getattr(row, name) for name in names}, content=orjson.loads(bytes(row.content)))
