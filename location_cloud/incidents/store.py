"""The tables of incidents and of their log: the only place that knows their SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
import shapely
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from location_cloud.capability import Migration
from location_cloud.errors import Conflict
from location_cloud.incidents.model import MOST_PAGE_BYTES, OPEN, Change, Chosen, Incident, LogEntry
from location_cloud.storage.index_cells import BOX, add_index_cells, cell_column, cell_of_box, filed_in
from location_cloud.storage.live import Live, next_version, update_versioned
from location_cloud.storage.tenants import ALL_TENANTS

METADATA = sa.MetaData()


def _columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("change", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("effect", sa.String(8), nullable=False),
        sa.Column("starts", sa.Float(53), nullable=False),
        sa.Column("ends", sa.Float(53)),
        sa.Column("geometry", sa.LargeBinary, nullable=False),
        sa.Column("west", sa.Float(53), nullable=False),
        sa.Column("south", sa.Float(53), nullable=False),
        sa.Column("east", sa.Float(53), nullable=False),
        sa.Column("north", sa.Float(53), nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("edges", sa.LargeBinary, nullable=False),
        sa.Column("created", sa.Float(53), nullable=False),
        sa.Column("updated", sa.Float(53), nullable=False),
    ]


def _log_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("incident", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("change", sa.BigInteger, nullable=False),
        sa.Column("at", sa.Float(53), nullable=False),
        sa.Column("who", sa.String(64), nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("fields", sa.LargeBinary, nullable=False),
        sa.Column("request", sa.String(128)),
        sa.Column("digest", sa.String(32)),
    ]


INCIDENTS = sa.Table("incidents", METADATA, *_columns(), cell_column(), sqlite_autoincrement=True)
"""cell: that of the middle of the box. edges apart from the rest of the content: an area's are hundreds of kilobytes,
and lists do without."""

LOG = sa.Table("incident_log", METADATA, *_log_columns(), sqlite_autoincrement=True)
"""Only ever added to. request: the key that its sender gave a new incident, so that it is not added twice; digest: of
what it said. change: the live version, by which followers find what happened since."""


def _create(op: Any, live: Any) -> None:
    op.create_table("incidents", *_columns(), sqlite_autoincrement=True)
    op.create_index("incidents_tenant", "incidents", ["tenant", "id"])
    op.create_index("incidents_effect", "incidents", ["tenant", "effect", "change"])
    op.create_index("incidents_change", "incidents", ["tenant", "change"])
    op.create_index("incidents_over", "incidents", ["status", "ends"])
    live.add_spatial_index(op, "incidents")
    op.create_table("incident_log", *_log_columns(), sqlite_autoincrement=True)
    op.create_index("incident_log_incident", "incident_log", ["tenant", "incident", "id"])
    op.create_index("incident_log_change", "incident_log", ["tenant", "change"])
    op.create_index("incident_log_request", "incident_log", ["tenant", "request"], unique=True)


def _find_open(op: Any, live: Any) -> None:
    """What is over is kept for a year: nobody who asks for what is open should read it."""
    op.create_index("incidents_status", "incidents", ["tenant", "status", "id"])


def _file_by_cell(op: Any, live: Any) -> None:
    add_index_cells(op, "incidents", BOX)


MIGRATIONS = (
    Migration(1, "incidents and their log", _create),
    Migration(2, "open incidents are found without reading all", _find_open),
    Migration(3, "incidents by BeiDou cell", _file_by_cell),
)


# Asked at every change of the live store, before everything else: built once.
_OF_TENANT: sa.BindParameter[Any] = sa.bindparam("of")
_STATE = sa.select(sa.func.count(), sa.func.max(INCIDENTS.c.change)).where(
    INCIDENTS.c.tenant == _OF_TENANT, INCIDENTS.c.effect == sa.bindparam("does")
)
_PLAIN = [column for column in INCIDENTS.c if column.name != "edges"]


# --- incidents ---------------------------------------------------------------------------------------------------


def insert_incident(connection: Any, tenant: str, incident: Incident, now: datetime) -> Incident:
    """The incident as stored, version 1."""
    values = {"change": next_version(connection), "created": now.timestamp(), **_values(incident, now)}
    row = connection.execute(INCIDENTS.insert().values(tenant=tenant, version=1, **values).returning(INCIDENTS)).one()
    return _as_incident(row)


def change_incident(connection: Any, tenant: str, incident: Incident, now: datetime) -> Incident:
    """The incident as stored, written over the version that it was made from (its id and version).

    Raises Conflict if that is not the stored version, NotFound if the tenant has no such incident.
    """
    values = {"change": next_version(connection), **_values(incident, now)}
    update_versioned(connection, INCIDENTS, tenant, incident.id, incident.version, values)
    found = find_incident(connection, tenant, incident.id)
    assert found is not None, "written in this transaction"
    return found


def link_case(connection: Any, tenant: str, incident: Incident, case: int) -> None:
    """Names the case that an incident opened, within the transaction that wrote the incident: no version of its own."""
    content = orjson.dumps({name: getattr(incident, name) for name in CONTENT} | {"case": case})
    mine = INCIDENTS.c.tenant == tenant, INCIDENTS.c.id == incident.id
    connection.execute(INCIDENTS.update().where(*mine).values(content=content))


def find_linked(connection: Any, tenant: str, incident_id: int) -> int | None:
    """The case that an incident names. Index: primary key."""
    c = INCIDENTS.c
    content = connection.execute(sa.select(c.content).where(c.tenant == tenant, c.id == incident_id)).scalar_one()
    case: int | None = orjson.loads(bytes(content)).get("case")
    return case


def delete_incident(connection: Any, tenant: str, incident_id: int, version: int) -> int:
    """The live version that it is gone with. Raises Conflict if it is not at that version any more."""
    change = next_version(connection)
    mine = INCIDENTS.c.tenant == tenant, INCIDENTS.c.id == incident_id, INCIDENTS.c.version == version
    if not connection.execute(INCIDENTS.delete().where(*mine)).rowcount:
        raise Conflict(f"incident {incident_id} is not at version {version} any more", hint="read it again")
    return change


def find_incident(connection: Any, tenant: str, incident_id: int) -> Incident | None:
    """The tenant's incident. Index: primary key."""
    statement = INCIDENTS.select().where(INCIDENTS.c.tenant == tenant, INCIDENTS.c.id == incident_id)
    row = connection.execute(statement).one_or_none()
    return None if row is None else _as_incident(row)


def list_incidents(
    connection: Any, live: Live, tenant: str, chosen: Chosen, after: int = 0, limit: int = 1_000_000
) -> list[Incident]:
    """Incidents by rising id, without their edges. Index: incidents_tenant, incidents_status, or the spatial index with
    a box.
    """
    c = INCIDENTS.c
    statement = sa.select(*_PLAIN).where(c.tenant == tenant, c.id > after)
    if chosen.bbox is not None:
        statement = statement.where(live.in_bbox(INCIDENTS, chosen.bbox))
    if chosen.cells is not None:
        statement = statement.where(filed_in(INCIDENTS, chosen.cells))
    if chosen.kinds:
        statement = statement.where(c.kind.in_(chosen.kinds))
    if chosen.statuses:
        statement = statement.where(c.status.in_(chosen.statuses))
    if chosen.begins_before is not None:
        statement = statement.where(c.starts < chosen.begins_before.timestamp())
    if chosen.valid_at is not None:
        at = chosen.valid_at.timestamp()
        statement = statement.where(c.starts <= at, sa.or_(c.ends.is_(None), c.ends > at))
    if chosen.ends_after is not None:
        statement = statement.where(sa.or_(c.ends.is_(None), c.ends > chosen.ends_after.timestamp()))
    # Few are open among all that are kept: by the plain id SQLite would read through those that are over.
    few = bool(chosen.statuses) and set(chosen.statuses) <= set(OPEN)
    by_id = c.id + 0 if few else c.id
    return [_as_incident(row) for row in connection.execute(statement.order_by(by_id).limit(limit))]


def list_effective(connection: Any, tenant: str, effect: str) -> list[Incident]:
    """Incidents that do that to their roads, with their edges, also those to come. Index: incidents_effect."""
    rows = connection.execute(
        INCIDENTS.select().where(INCIDENTS.c.tenant == tenant, INCIDENTS.c.effect == effect).order_by(INCIDENTS.c.id)
    )
    return [_as_incident(row) for row in rows]


def effective_state(connection: Any, tenant: str, effect: str) -> tuple[int | None, ...]:
    """Another one after every change of what `list_effective` gives: who comes in has the newest live version.

    Index: incidents_effect.
    """
    return tuple(connection.execute(_STATE, {"of": tenant, "does": effect}).one())


def measure_open(connection: Any, tenant: str) -> tuple[int, int]:
    """How many incidents are not over, and how many bytes their geometries and edges take. Index: incidents_status."""
    c = INCIDENTS.c
    size = sa.func.length(c.geometry) + sa.func.length(c.edges)
    asked = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(size), 0))
    count, size_bytes = connection.execute(asked.where(c.tenant == tenant, c.status.in_(OPEN))).one()
    return int(count), int(size_bytes)


def list_over(connection: Any, now: datetime, limit: int) -> list[tuple[str, int]]:
    """Tenant and id of incidents whose time is over but that nobody cleared, of all tenants. Index: incidents_over."""
    statement = (
        sa.select(INCIDENTS.c.tenant, INCIDENTS.c.id)
        .where(INCIDENTS.c.status.in_(OPEN), INCIDENTS.c.ends <= now.timestamp())
        .order_by(INCIDENTS.c.ends)
        .limit(limit)
    )
    return [tuple(row) for row in connection.execute(statement, execution_options=ALL_TENANTS)]


def list_changed(connection: Any, tenant: str, since: int | None) -> list[Incident]:
    """Incidents that changed after a live version, without edges; all of them for None. Index: incidents_change."""
    statement = sa.select(*_PLAIN).where(INCIDENTS.c.tenant == tenant)
    if since is not None:
        statement = statement.where(INCIDENTS.c.change > since)
    else:
        statement = statement.where(INCIDENTS.c.status.in_(OPEN))
    return [_as_incident(row) for row in connection.execute(statement)]


def find_bounds(connection: Any, tenant: str) -> tuple[float, float, float, float] | None:
    """West, south, east, north of incidents that are not over, degrees; None without. Index: incidents_status."""
    c = INCIDENTS.c
    corners = sa.func.min(c.west), sa.func.min(c.south), sa.func.max(c.east), sa.func.max(c.north)
    row = connection.execute(sa.select(*corners).where(c.tenant == tenant, c.status.in_(OPEN))).one()
    return None if row[0] is None else tuple(row)


# --- log ---------------------------------------------------------------------------------------------------------


def append_log(
    connection: Any,
    tenant: str,
    change: Change,
    live_version: int,
    fields: dict[str, Any],
    request: str | None = None,
    digest: str | None = None,
) -> None:
    """Writes down a change, within its transaction. fields: each changed field's new value.

    request: the sender's key of a new incident, digest: of what it said. Raises Conflict if another transaction adds
    one under that key at this moment.
    """
    incident = change.incident
    statement = LOG.insert().values(
        tenant=tenant,
        incident=incident.id,
        version=incident.version,
        change=live_version,
        at=change.at.timestamp(),
        who=change.who,
        action=change.action,
        fields=orjson.dumps(fields),
        request=request,
        digest=digest,
    )
    try:
        connection.execute(statement)
    except IntegrityError:
        raise Conflict(
            "an incident is being added under this Idempotency-Key", hint="send it again; it is added once"
        ) from None


def find_request(connection: Any, tenant: str, request: str) -> tuple[int, str] | None:
    """The incident added under a sender's key, and the digest of what was said. Index: incident_log_request."""
    statement = sa.select(LOG.c.incident, LOG.c.digest).where(LOG.c.tenant == tenant, LOG.c.request == request)
    row = connection.execute(statement).one_or_none()
    return None if row is None else (row.incident, row.digest)


def list_log(connection: Any, tenant: str, incident_id: int, after: int, limit: int) -> list[LogEntry]:
    """What happened to an incident, oldest first; see model.MOST_PAGE_BYTES. Index: incident_log_incident."""
    mine = LOG.c.tenant == tenant, LOG.c.incident == incident_id, LOG.c.id > after
    return _page(connection.execute(LOG.select().where(*mine).order_by(LOG.c.id).limit(limit)))


def list_events(connection: Any, tenant: str, since: int, limit: int) -> list[LogEntry]:
    """What happened to the tenant's incidents after a live version, oldest first; see model.MOST_PAGE_BYTES.

    Index: incident_log_change.
    """
    mine = LOG.c.tenant == tenant, LOG.c.change > since
    return _page(connection.execute(LOG.select().where(*mine).order_by(LOG.c.change, LOG.c.id).limit(limit)))


def _page(rows: Iterable[Any]) -> list[LogEntry]:
    found, size = [], 0
    for row in rows:
        found.append(_as_entry(row))
        size += found[-1].size
        if size >= MOST_PAGE_BYTES:
            break
    return found


def list_removed(connection: Any, tenant: str, since: int) -> list[int]:
    """Ids of incidents that were deleted after a live version. Index: incident_log_change."""
    mine = LOG.c.tenant == tenant, LOG.c.change > since, LOG.c.action == "deleted"
    return [row[0] for row in connection.execute(sa.select(LOG.c.incident).where(*mine))]


# --- rows --------------------------------------------------------------------------------------------------------

CONTENT: Sequence[str] = (
    "severity",
    "description",
    "direction",
    "heading_deg",
    "roads",
    "edge_count",
    "road_names",
    "profiles",
    "lanes_total",
    "lanes_closed",
    "speed_kmh",
    "source",
    "is_simulated",
    "case",
)
"""Fields that no statement asks for by themselves."""

_LISTS = ("roads", "road_names", "profiles")


def _values(incident: Incident, now: datetime) -> dict[str, Any]:
    west, south, east, north = incident.geometry.bounds
    return {
        "kind": incident.kind,
        "status": incident.status,
        "effect": incident.effect,
        "starts": incident.starts_at.timestamp(),
        "ends": None if incident.ends_at is None else incident.ends_at.timestamp(),
        "geometry": shapely.to_wkb(incident.geometry),
        "west": west,
        "south": south,
        "east": east,
        "north": north,
        "cell": cell_of_box(west, south, east, north),
        "content": orjson.dumps({name: getattr(incident, name) for name in CONTENT}),
        "edges": orjson.dumps(incident.edges),
        "updated": now.timestamp(),
    }


def _as_incident(row: Any) -> Incident:
    content = orjson.loads(bytes(row.content))
    content |= {name: tuple(content[name]) for name in _LISTS}
    return Incident(
        id=row.id,
        version=row.version,
        change=row.change,
        kind=row.kind,
        status=row.status,
        geometry=shapely.from_wkb(bytes(row.geometry)),
        starts_at=_as_time(row.starts),
        ends_at=None if row.ends is None else _as_time(row.ends),
        edges=tuple(orjson.loads(bytes(row.edges))) if "edges" in row._fields else (),
        created_at=_as_time(row.created),
        updated_at=_as_time(row.updated),
        **content,
    )


def _as_entry(row: Any) -> LogEntry:
    return LogEntry(
        number=row.id,
        incident=row.incident,
        version=row.version,
        change=row.change,
        at=_as_time(row.at),
        who=row.who,
        action=row.action,
        fields=orjson.loads(bytes(row.fields)),
        size=len(row.fields),
    )


def _as_time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
