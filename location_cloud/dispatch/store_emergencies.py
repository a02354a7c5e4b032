"""The tables of emergencies, of the units assigned to them, and of their log: the only place that knows their SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from location_cloud.dispatch.model import OVER, WORDS, Assignment, Emergency, Entry
from location_cloud.errors import Conflict
from location_cloud.spatial.bbox import Bbox
from location_cloud.spatial.cells.index_cell import index_cell_of
from location_cloud.storage.index_cells import POINT, add_index_cells, cell_column, filed_in
from location_cloud.storage.live import next_version, update_versioned

METADATA = sa.MetaData()

LEAST_DRIVEN_S = 10.0
"""Who tells two steps in less has told them both at the end: such a drive says nothing."""


def _emergency_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("change", sa.BigInteger, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("category", sa.String(8), nullable=False),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("lon", sa.Float(53), nullable=False),
        sa.Column("lat", sa.Float(53), nullable=False),
        sa.Column("incident", sa.Integer),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("opened", sa.Float(53), nullable=False),
        sa.Column("updated", sa.Float(53), nullable=False),
    ]


def _assignment_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("emergency", sa.Integer, nullable=False),
        sa.Column("unit", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("hospital", sa.String(64), nullable=False),
        sa.Column("times", sa.LargeBinary, nullable=False),
        sa.Column("predicted_s", sa.Float(53)),
        sa.Column("driven_s", sa.Float(53)),
    ]


def _log_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("emergency", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("at", sa.Float(53), nullable=False),
        sa.Column("who", sa.String(64), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("fields", sa.LargeBinary, nullable=False),
        sa.Column("request", sa.String(128)),
        sa.Column("digest", sa.String(32)),
    ]


def _private() -> sa.Column[Any]:
    """The column that a later migration adds (`store_privacy`)."""
    return sa.Column("private", sa.LargeBinary)


EMERGENCIES = sa.Table(
    "dispatch_emergencies", METADATA, *_emergency_columns(), _private(), cell_column(), sqlite_autoincrement=True
)
"""version: grows with every line of its log, those of its units included. private: address and description, encrypted;
NULL = they are in the content, as it was before.
"""

ASSIGNMENTS = sa.Table("dispatch_assignments", METADATA, *_assignment_columns(), sqlite_autoincrement=True)
"""driven_s: what the drive took, beside what was predicted: from these the spread of times is learned."""

LOG = sa.Table("dispatch_log", METADATA, *_log_columns(), _private(), sqlite_autoincrement=True)
"""Only ever added to, until its emergency is forgotten. request: the key under which its sender sent it, so that it is
done once; digest: of what it said. private: what people said, encrypted; empty = nothing; NULL = it is in the fields.
"""


def create_emergencies(op: Any, live: Any) -> None:
    """The tables, in a migration."""
    op.create_table("dispatch_emergencies", *_emergency_columns(), sqlite_autoincrement=True)
    op.create_index("dispatch_emergencies_status", "dispatch_emergencies", ["tenant", "status", "id"])
    op.create_index("dispatch_emergencies_opened", "dispatch_emergencies", ["tenant", "opened"])
    op.create_index("dispatch_emergencies_incident", "dispatch_emergencies", ["tenant", "incident"])
    op.create_table("dispatch_assignments", *_assignment_columns(), sqlite_autoincrement=True)
    op.create_index("dispatch_assignments_emergency", "dispatch_assignments", ["tenant", "emergency", "id"])
    op.create_index("dispatch_assignments_hospital", "dispatch_assignments", ["tenant", "status", "hospital"])
    op.create_index("dispatch_assignments_driven", "dispatch_assignments", ["tenant", "driven_s", "id"])
    op.create_table("dispatch_log", *_log_columns(), sqlite_autoincrement=True)
    op.create_index("dispatch_log_emergency", "dispatch_log", ["tenant", "emergency", "id"])
    op.create_index("dispatch_log_request", "dispatch_log", ["tenant", "request"], unique=True)


def file_by_cell(op: Any, live: Any) -> None:
    """The cell of each emergency, in a migration."""
    add_index_cells(op, "dispatch_emergencies", POINT)


# --- emergencies -------------------------------------------------------------------------------------------------


def insert_emergency(connection: Any, tenant: str, emergency: Emergency, now: datetime) -> Emergency:
    """The emergency as stored, version 1."""
    change = next_version(connection)
    values = {"version": 1, "change": change, **_values(emergency, now)}
    row = connection.execute(EMERGENCIES.insert().values(tenant=tenant, **values).returning(EMERGENCIES.c.id))
    return replace(emergency, id=row.scalar_one(), version=1, change=change, updated_at=now)


def change_emergency(connection: Any, tenant: str, emergency: Emergency, now: datetime) -> Emergency:
    """The emergency as stored, written over the version that it was made from. Raises Conflict, NotFound."""
    change = next_version(connection)
    values = {"change": change, **_values(emergency, now)}
    version = update_versioned(connection, EMERGENCIES, tenant, emergency.id, emergency.version, values)
    return replace(emergency, version=version, change=change, updated_at=now)


def find_emergency(connection: Any, tenant: str, emergency_id: int) -> Emergency | None:
    """The tenant's emergency. Index: primary key."""
    statement = EMERGENCIES.select().where(EMERGENCIES.c.tenant == tenant, EMERGENCIES.c.id == emergency_id)
    row = connection.execute(statement).one_or_none()
    return None if row is None else emergency_of(row)


def list_emergencies(
    connection: Any,
    tenant: str,
    statuses: tuple[str, ...],
    after: int,
    limit: int,
    cells: tuple[int, int] | None = None,
) -> list[Emergency]:
    """Emergencies by rising id, those after an id. statuses: () = all. cells: range of index cells.

    Indexes: dispatch_emergencies_status, dispatch_emergencies_cell.
    """
    statement = EMERGENCIES.select().where(EMERGENCIES.c.tenant == tenant, EMERGENCIES.c.id > after)
    if statuses:
        statement = statement.where(EMERGENCIES.c.status.in_(statuses))
    if cells is not None:
        statement = statement.where(filed_in(EMERGENCIES, cells))
    return [emergency_of(row) for row in connection.execute(statement.order_by(EMERGENCIES.c.id).limit(limit))]


def count_open(connection: Any, tenant: str) -> int:
    """How many emergencies are open. Index: dispatch_emergencies_status."""
    mine = EMERGENCIES.c.tenant == tenant, EMERGENCIES.c.status == "open"
    return int(connection.execute(sa.select(sa.func.count()).select_from(EMERGENCIES).where(*mine)).scalar_one())


def list_near(connection: Any, tenant: str, box: Bbox, begin: datetime, end: datetime, limit: int) -> list[Emergency]:
    """Open emergencies in a box that were opened between two times. Index: dispatch_emergencies_opened."""
    c = EMERGENCIES.c
    between = c.opened.between(begin.timestamp(), end.timestamp())
    combined = sa.or_ if box.west > box.east else sa.and_
    beside = combined(c.lon >= box.west, c.lon <= box.east)
    inside = sa.and_(beside, c.lat.between(box.south, box.north))
    statement = EMERGENCIES.select().where(c.tenant == tenant, c.status == "open", between, inside)
    return [emergency_of(row) for row in connection.execute(statement.order_by(c.id).limit(limit))]


def list_of_incident(connection: Any, tenant: str, incident: int) -> list[Emergency]:
    """Emergencies that an incident belongs to. Index: dispatch_emergencies_incident."""
    c = EMERGENCIES.c
    statement = EMERGENCIES.select().where(c.tenant == tenant, c.incident == incident).order_by(c.id)
    return [emergency_of(row) for row in connection.execute(statement)]


# --- assignments -------------------------------------------------------------------------------------------------


def insert_assignment(connection: Any, tenant: str, assignment: Assignment) -> Assignment:
    """The assignment as stored, version 1."""
    values = {"emergency": assignment.emergency, "unit": assignment.unit, "version": 1, **_step_values(assignment)}
    row = connection.execute(ASSIGNMENTS.insert().values(tenant=tenant, **values).returning(ASSIGNMENTS.c.id))
    return replace(assignment, id=row.scalar_one(), version=1)


def change_assignment(connection: Any, tenant: str, assignment: Assignment) -> Assignment:
    """The assignment as stored, written over the version that it was made from. Raises Conflict, NotFound."""
    values = _step_values(assignment)
    version = update_versioned(connection, ASSIGNMENTS, tenant, assignment.id, assignment.version, values)
    return replace(assignment, version=version)


def list_assignments(connection: Any, tenant: str, emergency: int) -> list[Assignment]:
    """An emergency's assignments, oldest first. Index: dispatch_assignments_emergency."""
    c = ASSIGNMENTS.c
    statement = ASSIGNMENTS.select().where(c.tenant == tenant, c.emergency == emergency).order_by(c.id)
    return [_as_assignment(row) for row in connection.execute(statement)]


def count_inbound(connection: Any, tenant: str) -> dict[str, int]:
    """How many patients are on the way to each hospital. Index: dispatch_assignments_hospital."""
    c = ASSIGNMENTS.c
    statement = sa.select(c.hospital, sa.func.count()).where(c.tenant == tenant, c.status == "transporting")
    return {row[0]: row[1] for row in connection.execute(statement.group_by(c.hospital)) if row[0]}


def list_driven(connection: Any, tenant: str, limit: int) -> list[tuple[float, float]]:
    """(predicted, driven) seconds of drives that have ended, the newest first. Index: dispatch_assignments_driven."""
    c = ASSIGNMENTS.c
    known = c.tenant == tenant, c.driven_s >= LEAST_DRIVEN_S, c.predicted_s > 0, c.status.in_(OVER)
    statement = sa.select(c.predicted_s, c.driven_s).where(*known).order_by(c.id.desc()).limit(limit)
    return [(row[0], row[1]) for row in connection.execute(statement)]


# --- log ---------------------------------------------------------------------------------------------------------


def append_log(
    connection: Any, tenant: str, entry: Entry, request: str | None = None, digest: str | None = None
) -> int:
    """Writes a line within its transaction; gives its number. Raises Conflict if the request is being written."""
    values = {
        "emergency": entry.emergency,
        "version": entry.version,
        "at": entry.at.timestamp(),
        "who": entry.who,
        "role": entry.role,
        "action": entry.action,
        "fields": orjson.dumps(dict(entry.fields)),
        "private": None if not entry.sealed and any(name in entry.fields for name in WORDS) else entry.sealed,
        "request": request,
        "digest": digest,
    }
    try:
        return int(connection.execute(LOG.insert().values(tenant=tenant, **values).returning(LOG.c.id)).scalar_one())
    except IntegrityError:
        raise Conflict(
            "it is being written under this Idempotency-Key", hint="send it again; it is done once"
        ) from None


def find_request(connection: Any, tenant: str, request: str) -> tuple[Entry, str] | None:
    """The line written under a sender's key, and the digest of what was said. Index: dispatch_log_request."""
    row = connection.execute(LOG.select().where(LOG.c.tenant == tenant, LOG.c.request == request)).one_or_none()
    return None if row is None else (entry_of(row), row.digest)


def list_log(
    connection: Any, tenant: str, emergency: int, after: int = 0, limit: int = 1_000_000, until: datetime | None = None
) -> list[Entry]:
    """What happened to an emergency, oldest first; up to a time, that included. Index: dispatch_log_emergency."""
    mine = LOG.c.tenant == tenant, LOG.c.emergency == emergency, LOG.c.id > after
    statement = LOG.select().where(*mine)
    if until is not None:
        statement = statement.where(LOG.c.at <= until.timestamp())
    return [entry_of(row) for row in connection.execute(statement.order_by(LOG.c.id).limit(limit))]


# --- rows --------------------------------------------------------------------------------------------------------

_CONTENT = ("kind", "accuracy_m", "ellipse", "method", "needs", "call", "duplicate_of", "is_simulated")


def content_of(emergency: Emergency) -> bytes:
    """The fields that no statement asks for; of WORDS only what is not sealed."""
    names = _CONTENT if emergency.sealed else (*_CONTENT, "address", "description")
    return orjson.dumps({name: getattr(emergency, name) for name in names})


def _values(emergency: Emergency, now: datetime) -> dict[str, Any]:
    return {
        "status": emergency.status,
        "category": emergency.category,
        "level": emergency.level,
        "lon": emergency.lonlat[0],
        "lat": emergency.lonlat[1],
        "cell": index_cell_of(*emergency.lonlat),
        "incident": emergency.incident,
        "content": content_of(emergency),
        "private": emergency.sealed or None,
        "opened": emergency.opened_at.timestamp(),
        "updated": now.timestamp(),
    }


def emergency_of(row: Any) -> Emergency:
    """The emergency of a row."""
    content = orjson.loads(bytes(row.content))
    return Emergency(
        category=row.category,
        lonlat=(row.lon, row.lat),
        opened_at=_as_time(row.opened),
        level=row.level,
        status=row.status,
        incident=row.incident,
        id=row.id,
        version=row.version,
        change=row.change,
        updated_at=_as_time(row.updated),
        sealed=bytes(row.private or b""),
        **{**content, "needs": tuple(content["needs"])},
    )


def _step_values(assignment: Assignment) -> dict[str, Any]:
    return {
        "status": assignment.status,
        "hospital": assignment.hospital,
        "times": orjson.dumps({step: at.timestamp() for step, at in assignment.times.items()}),
        "predicted_s": assignment.predicted_s,
        "driven_s": assignment.driven_s,
    }


def _as_assignment(row: Any) -> Assignment:
    times: Mapping[str, float] = orjson.loads(bytes(row.times))
    return Assignment(
        emergency=row.emergency,
        unit=row.unit,
        status=row.status,
        times={step: _as_time(at) for step, at in times.items()},
        hospital=row.hospital,
        predicted_s=row.predicted_s,
        id=row.id,
        version=row.version,
    )


def entry_of(row: Any) -> Entry:
    """The line of a row."""
    return Entry(
        number=row.id,
        emergency=row.emergency,
        version=row.version,
        at=_as_time(row.at),
        who=row.who,
        role=row.role,
        action=row.action,
        fields=orjson.loads(bytes(row.fields)),
        sealed=bytes(row.private or b""),
    )


def _as_time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
