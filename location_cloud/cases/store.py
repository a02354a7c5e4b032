"""The tables of cases, of their timelines and of the work done on them: the only place that knows their SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from location_cloud.capability import Migration
from location_cloud.cases.model import Case, Entry, read_clock
from location_cloud.cases.model_stages import COUNTERS, StageRow
from location_cloud.cases.store_components import create_components
from location_cloud.cases.store_files import create_files
from location_cloud.cases.store_persons import create_persons
from location_cloud.cases.store_settings import create_settings
from location_cloud.cases.store_sums import add_sums, create_sums
from location_cloud.cases.store_tokens import create_tokens
from location_cloud.errors import Conflict
from location_cloud.storage.live import next_version, update_versioned
from location_cloud.storage.tenants import ALL_TENANTS

METADATA = sa.MetaData()


def _columns() -> list[sa.Column[Any]]:
    def text(name: str, size: int) -> sa.Column[Any]:
        return sa.Column(name, sa.String(size), nullable=False)

    return [
        sa.Column("id", sa.Integer, primary_key=True),
        text("tenant", 64),
        text("number", 32),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("change", sa.BigInteger, nullable=False),
        text("class", 12),
        text("stage", 12),
        sa.Column("is_open", sa.SmallInteger, nullable=False),
        sa.Column("role", sa.String(12)),
        text("source", 12),
        sa.Column("source_id", sa.String(128)),
        sa.Column("digest", sa.String(32)),
        sa.Column("lon", sa.Float(53), nullable=False),
        sa.Column("lat", sa.Float(53), nullable=False),
        sa.Column("cell", sa.BigInteger, nullable=False),
        *(sa.Column(side, sa.Float(53), nullable=False) for side in ("west", "south", "east", "north")),
        text("unit_grid", 32),
        text("manage_grid", 32),
        text("village_grid", 32),
        text("area", 32),
        text("district", 12),
        text("town", 12),
        text("department", 64),
        text("post", 64),
        text("assignee", 64),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("component", sa.String(32)),
        sa.Column("incident", sa.Integer),
        sa.Column("parent", sa.Integer),
        sa.Column("created", sa.Float(53), nullable=False),
        sa.Column("filed", sa.Float(53)),
        sa.Column("due", sa.Float(53)),
        sa.Column("warn", sa.Float(53)),
        sa.Column("stage_since", sa.Float(53), nullable=False),
        sa.Column("stage_due", sa.Float(53)),
        sa.Column("suspended_since", sa.Float(53)),
        sa.Column("until", sa.Float(53)),
        sa.Column("closed", sa.Float(53)),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("reworks", "returns", "extensions")),
        sa.Column("citizen", sa.SmallInteger, nullable=False),
        sa.Column("counted", sa.SmallInteger, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
    ]


def _log_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("case", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("change", sa.BigInteger, nullable=False),
        sa.Column("at", sa.Float(53), nullable=False),
        sa.Column("who", sa.String(64), nullable=False),
        sa.Column("role", sa.String(12), nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("stage_from", sa.String(12), nullable=False),
        sa.Column("stage_to", sa.String(12), nullable=False),
        sa.Column("fields", sa.LargeBinary, nullable=False),
        sa.Column("request", sa.String(128)),
        sa.Column("digest", sa.String(32)),
    ]


def _stage_columns() -> list[sa.Column[Any]]:
    sizes = {"class": 12, "source": 12, "stage": 12, "action": 16, "role": 12, "who": 64, "department": 64, "post": 64}
    grids = {"unit_grid": 32, "village_grid": 32, "area": 32}
    return [
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("case", sa.Integer, nullable=False),
        *(sa.Column(name, sa.String(size), nullable=False) for name, size in {**sizes, **grids}.items()),
        sa.Column("began", sa.Float(53), nullable=False),
        sa.Column("ended", sa.Float(53), nullable=False),
        sa.Column("due", sa.Float(53)),
        sa.Column("period", sa.String(7), nullable=False),
        *(sa.Column(name, sa.SmallInteger, nullable=False) for name in COUNTERS),
    ]


CASES = sa.Table("cases", METADATA, *_columns(), sqlite_autoincrement=True)
"""district, town: of `area`, each asked for by an index. source_id, digest: what its sender calls it and a digest of
what it said, so that it is added once. content: fields that no statement asks for by themselves."""

LOG = sa.Table("case_log", METADATA, *_log_columns(), sqlite_autoincrement=True)
"""Only ever added to. request: the key under which its sender sent it, so that it is done once."""

CASE_STAGES = sa.Table("case_stages", METADATA, *_stage_columns(), sqlite_autoincrement=True)
"""Only ever added to: work done. Every index of an evaluation is a sum over its counters."""


def _create(op: Any, live: Any) -> None:
    op.create_table("cases", *_columns(), sqlite_autoincrement=True)
    for name, columns in INDEXES.items():
        op.create_index(f"cases_{name}", "cases", ["tenant", *columns], unique=name == "source_id")
    late, suspended = sa.text("is_open = 1 AND counted = 0"), sa.text("until IS NOT NULL")
    op.create_index("cases_late", "cases", ["due"], sqlite_where=late, postgresql_where=late)
    op.create_index("cases_until", "cases", ["until"], sqlite_where=suspended, postgresql_where=suspended)
    live.add_spatial_index(op, "cases")
    op.create_table("case_log", *_log_columns(), sqlite_autoincrement=True)
    op.create_index("case_log_case", "case_log", ["tenant", "case", "id"])
    op.create_index("case_log_change", "case_log", ["tenant", "change"])
    op.create_index("case_log_request", "case_log", ["tenant", "request"], unique=True)
    op.create_table("case_stages", *_stage_columns(), sqlite_autoincrement=True)
    op.create_index("case_stages_case", "case_stages", ["tenant", "case", "id"])
    op.create_index("case_stages_period", "case_stages", ["tenant", "period", "unit_grid"])


INDEXES: Mapping[str, tuple[str, ...]] = {
    "id": ("id",),
    "stage": ("stage", "id"),
    "open": ("is_open", "id", "due", "warn", "lon", "lat", "district", "town"),
    "unit_grid": ("unit_grid", "id"),
    "village_grid": ("village_grid", "id"),
    "district": ("district", "id"),
    "town": ("town", "id"),
    "area": ("area", "id"),
    "class": ("class", "id"),
    "department": ("department", "stage", "id"),
    "source": ("source", "id"),
    "source_id": ("source", "source_id"),
    "cell": ("cell",),
    "component": ("component",),
    "incident": ("incident",),
    "parent": ("parent",),
    "created": ("created",),
    "change": ("change",),
}
"""Of cases, each below a tenant. Those that end with the id give a page in order without sorting."""

MIGRATIONS = (
    Migration(1, "cases, their timelines and the work done", _create),
    Migration(2, "classes, calendars, limits, rules of tenants", create_settings),
    Migration(3, "components", create_components),
    Migration(4, "files of cases", create_files),
    Migration(5, "who reported a case, and who read that", create_persons),
    Migration(6, "sums over the work done", create_sums),
    Migration(7, "requests of Open311 that wait for a place", create_tokens),
)


# --- cases -------------------------------------------------------------------------------------------------------


def insert_case(connection: Any, tenant: str, case: Case, day: str, digest: str = "") -> Case:
    """The case as stored, version 1. day: of its number, 20261123. digest: of what was said.

    Raises Conflict if another transaction adds one of that source and source_id at this moment.
    """
    change = next_version(connection)
    values = {"version": 1, "change": change, "digest": digest or None, "number": "", **_values(case)}
    try:
        new = connection.execute(CASES.insert().values(tenant=tenant, **values).returning(CASES.c.id)).scalar_one()
    except IntegrityError:
        raise Conflict(
            f"a case of {case.source} {case.source_id} is being added", hint="send it again; it is added once"
        ) from None
    number = f"{day}-{new}"
    mine = CASES.c.tenant == tenant, CASES.c.id == new
    connection.execute(CASES.update().where(*mine).values(number=number))
    return replace(case, id=new, number=number, version=1, change=change)


def change_case(connection: Any, tenant: str, case: Case) -> Case:
    """The case as stored, written over the version that it was made from. Raises Conflict, NotFound."""
    change = next_version(connection)
    version = update_versioned(connection, CASES, tenant, case.id, case.version, {"change": change, **_values(case)})
    return replace(case, version=version, change=change)


def find_case(connection: Any, tenant: str, case_id: int) -> Case | None:
    """The tenant's case. Index: primary key."""
    row = connection.execute(CASES.select().where(CASES.c.tenant == tenant, CASES.c.id == case_id)).one_or_none()
    return None if row is None else as_case(row)


def list_by_id(connection: Any, tenant: str, ids: Iterable[int]) -> list[Case]:
    """Those of the ids that are there; a thousand at most. Index: primary key."""
    statement = CASES.select().where(CASES.c.tenant == tenant, CASES.c.id.in_(list(ids)))
    return [as_case(row) for row in connection.execute(statement)]


def find_source(connection: Any, tenant: str, source: str, source_id: str) -> tuple[Case, str] | None:
    """The case that its source calls so, and the digest of what it said. Index: cases_source_id."""
    c = CASES.c
    mine = c.tenant == tenant, c.source == source, c.source_id == source_id
    row = connection.execute(CASES.select().where(*mine)).one_or_none()
    return None if row is None else (as_case(row), row.digest or "")


def list_of_incident(connection: Any, tenant: str, incident: int) -> list[Case]:
    """Cases that belong to an incident. Index: cases_incident."""
    c = CASES.c
    statement = CASES.select().where(c.tenant == tenant, c.incident == incident).order_by(c.id)
    return [as_case(row) for row in connection.execute(statement)]


def has_room(connection: Any, tenant: str, most: int) -> bool:
    """Whether fewer cases than so many are open. Only who has as high an id is counted: ids rise by one over all.

    Indexes: cases_id, cases_open.
    """
    c = CASES.c
    newest = connection.execute(sa.select(sa.func.max(c.id)).where(c.tenant == tenant)).scalar_one()
    if newest is None or newest < most:
        return True
    few = sa.select(c.id).where(c.tenant == tenant, c.is_open == 1).limit(most).subquery()
    return int(connection.execute(sa.select(sa.func.count()).select_from(few)).scalar_one()) < most


def count_by(connection: Any, tenant: str, column: str, is_open: bool) -> dict[str, int]:
    """How many cases there are by stage, department or another short column. Index: cases_open."""
    by = CASES.c[column]
    mine = CASES.c.tenant == tenant, CASES.c.is_open == int(is_open)
    rows = connection.execute(sa.select(by, sa.func.count()).where(*mine).group_by(by))
    return {row[0] or "": int(row[1]) for row in rows}


def list_changed(connection: Any, tenant: str, since: int | None, limit: int) -> list[Case]:
    """Cases that changed after a live version; those that are open for None. Indexes: cases_change, cases_open."""
    c = CASES.c
    statement = CASES.select().where(c.tenant == tenant)
    statement = statement.where(c.is_open == 1) if since is None else statement.where(c.change > since)
    return [as_case(row) for row in connection.execute(statement.limit(limit))]


def find_bounds(connection: Any, tenant: str) -> tuple[float, float, float, float] | None:
    """West, south, east, north of open cases, degrees; None without. Index: cases_open alone."""
    c = CASES.c
    corners = sa.func.min(c.lon), sa.func.min(c.lat), sa.func.max(c.lon), sa.func.max(c.lat)
    row = connection.execute(sa.select(*corners).where(c.tenant == tenant, c.is_open == 1)).one()
    return None if row[0] is None else tuple(row)


# --- of all tenants, by the clock --------------------------------------------------------------------------------


def list_uncounted(connection: Any, now: float, limit: int) -> list[tuple[str, int]]:
    """Tenant and id of filed cases that should be closed by now and are not counted as such. Index: cases_late."""
    c = CASES.c
    one: sa.ColumnElement[int] = sa.literal_column("1")  # as the index says them
    zero: sa.ColumnElement[int] = sa.literal_column("0")
    late = c.is_open == one, c.counted == zero, c.due <= now, c.filed.is_not(None), c.stage != "suspended"
    rows = connection.execute(sa.select(c.tenant, c.id).where(*late).limit(limit), execution_options=ALL_TENANTS)
    return [tuple(row) for row in rows]


def list_to_resume(connection: Any, now: float, limit: int) -> list[tuple[str, int]]:
    """Tenant and id of suspended cases whose suspension is over. Index: cases_until."""
    c = CASES.c
    over = c.until <= now, c.stage == "suspended"
    rows = connection.execute(sa.select(c.tenant, c.id).where(*over).limit(limit), execution_options=ALL_TENANTS)
    return [tuple(row) for row in rows]


def list_tenants(connection: Any) -> list[str]:
    """Tenants that have cases. Index: cases_id."""
    return list(connection.execute(sa.select(CASES.c.tenant).distinct(), execution_options=ALL_TENANTS).scalars())


def list_turned(connection: Any, tenant: str, since: float, until: float) -> list[int]:
    """Open cases whose lamp changed between two moments. Index: cases_open."""
    c = CASES.c
    turned = sa.or_(sa.and_(c.due >= since, c.due < until), sa.and_(c.warn > since, c.warn <= until))
    mine = c.tenant == tenant, c.is_open == 1, c.stage != "suspended", turned
    return list(connection.execute(sa.select(c.id).where(*mine)).scalars())


def touch(connection: Any, tenant: str, ids: Sequence[int]) -> None:
    """Marks cases as changed for who follows them; their versions stay."""
    change = next_version(connection)
    for start in range(0, len(ids), 500):
        some = CASES.c.id.in_(ids[start : start + 500])
        connection.execute(CASES.update().where(CASES.c.tenant == tenant, some).values(change=change))


def mark_counted(connection: Any, tenant: str, case_id: int) -> None:
    """Remembers that the stage table says that a case should be closed; its version stays."""
    mine = CASES.c.tenant == tenant, CASES.c.id == case_id
    connection.execute(CASES.update().where(*mine).values(counted=1))


# --- timeline and work done --------------------------------------------------------------------------------------


def append_log(
    connection: Any, tenant: str, entry: Entry, request: str | None = None, digest: str | None = None
) -> int:
    """Writes a line within its transaction; gives its number. Raises Conflict if the request is being written."""
    values = asdict(entry)
    del values["number"]
    values |= {"fields": orjson.dumps(values["fields"]), "request": request or None, "digest": digest}
    try:
        return int(connection.execute(LOG.insert().values(tenant=tenant, **values).returning(LOG.c.id)).scalar_one())
    except IntegrityError:
        raise Conflict(
            "it is being written under this Idempotency-Key", hint="send it again; it is done once"
        ) from None


def find_request(connection: Any, tenant: str, request: str) -> tuple[Entry, str] | None:
    """The line written under a sender's key, and the digest of what was said. Index: case_log_request."""
    row = connection.execute(LOG.select().where(LOG.c.tenant == tenant, LOG.c.request == request)).one_or_none()
    return None if row is None else (_as_entry(row), row.digest)


def list_log(
    connection: Any, tenant: str, case_id: int, after: int = 0, limit: int = 1_000_000, until: float | None = None
) -> list[Entry]:
    """What happened to a case, oldest first; up to a moment, that included. Index: case_log_case."""
    statement = LOG.select().where(LOG.c.tenant == tenant, LOG.c.case == case_id, LOG.c.id > after)
    if until is not None:
        statement = statement.where(LOG.c.at <= until)
    return [_as_entry(row) for row in connection.execute(statement.order_by(LOG.c.id).limit(limit))]


def list_events(connection: Any, tenant: str, since: int, limit: int) -> list[Entry]:
    """What happened to the tenant's cases after a live version, oldest first. Index: case_log_change."""
    statement = LOG.select().where(LOG.c.tenant == tenant, LOG.c.change > since)
    return [_as_entry(row) for row in connection.execute(statement.order_by(LOG.c.change, LOG.c.id).limit(limit))]


def append_stages(connection: Any, tenant: str, rows: Iterable[StageRow], zone: str) -> None:
    """Writes down work done, within the transaction of the step. zone: whose months count."""
    values = [{"tenant": tenant, **row.values(zone)} for row in rows]
    if values:
        connection.execute(CASE_STAGES.insert(), values)
        add_sums(connection, tenant, values)


def list_stages(connection: Any, tenant: str, case_id: int) -> list[dict[str, Any]]:
    """The work done on a case, oldest first. Index: case_stages_case."""
    c = CASE_STAGES.c
    statement = CASE_STAGES.select().where(c.tenant == tenant, c.case == case_id).order_by(c.id)
    return [dict(row) for row in connection.execute(statement).mappings()]


# --- rows --------------------------------------------------------------------------------------------------------

_CONTENT = (
    "address",
    "area_class",
    "asked",
    "checked",
    "reporter",
    "sent_by",
    "rule",
    "factor",
    "severity",
    "votes",
    "files",
    "is_simulated",
    "attributes",
    "media_url",
    "band",
)
_CLOCKS = ("clock", "stage_clock")
_PLAIN = (
    "stage",
    "role",
    "source",
    "cell",
    "unit_grid",
    "manage_grid",
    "village_grid",
    "area",
    "department",
    "post",
    "assignee",
    "description",
    "component",
    "incident",
    "parent",
    "created",
    "filed",
    "closed",
    "stage_since",
    "suspended_since",
    "until",
    "reworks",
    "returns",
    "extensions",
)
"""Fields that are columns of the same name."""


def _values(case: Case) -> dict[str, Any]:
    lon, lat = case.lonlat
    content = {name: getattr(case, name) for name in _CONTENT}
    content |= {name: None if (clock := getattr(case, name)) is None else clock.as_list() for name in _CLOCKS}
    return {
        **{name: getattr(case, name) for name in _PLAIN},
        "class": case.class_code,
        "is_open": int(case.is_open),
        "source_id": case.source_id or None,
        "lon": lon,
        "lat": lat,
        "west": lon,
        "south": lat,
        "east": lon,
        "north": lat,
        "district": case.area[:6] if case.area.isdigit() else "",
        "town": case.area[:9] if case.area.isdigit() and len(case.area) >= 9 else "",
        "due": case.due,
        "warn": None if case.clock is None else case.clock.warn,
        "stage_due": case.stage_due,
        "citizen": int(case.is_citizens),
        "counted": int(case.is_counted),
        "content": orjson.dumps(content),
    }


def case_values(case: Case) -> dict[str, Any]:
    """A case as columns, for who writes many at once."""
    return {"number": case.number, "version": case.version, "change": case.change, **_values(case)}


def as_case(row: Any) -> Case:
    """A row of CASES as a case."""
    found = row._mapping
    told: dict[str, Any] = {**{name: found[name] for name in _PLAIN}, **orjson.loads(bytes(found["content"]))}
    told |= {name: read_clock(told[name]) for name in _CLOCKS}
    return Case(
        id=found["id"],
        number=found["number"],
        version=found["version"],
        change=found["change"],
        class_code=found["class"],
        lonlat=(found["lon"], found["lat"]),
        source_id=found["source_id"] or "",
        is_counted=bool(found["counted"]),
        **told,
    )


def _as_entry(row: Any) -> Entry:
    return Entry(
        number=row.id,
        case=row.case,
        version=row.version,
        change=row.change,
        at=row.at,
        who=row.who,
        role=row.role,
        action=row.action,
        stage_from=row.stage_from,
        stage_to=row.stage_to,
        fields=orjson.loads(bytes(row.fields)),
    )
