"""The tables of grids and of their log: the only place that knows their SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, TypeAlias

import orjson
import shapely
import sqlalchemy as sa

from location_cloud.capability import Migration
from location_cloud.changes import Sent
from location_cloud.grids.model import Grid, Line, NewGrid, Scheme
from location_cloud.grids.store_design import create_designs
from location_cloud.grids.store_indicators import create_indicators
from location_cloud.grids.store_people import create_people
from location_cloud.spatial.bbox import Bbox
from location_cloud.spatial.cells.index_cell import index_cell_of
from location_cloud.spatial.measure import area_m2
from location_cloud.storage.live import Live, next_version, update_versioned

METADATA = sa.MetaData()

Box: TypeAlias = tuple[float, float, float, float]


def _columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("change", sa.BigInteger, nullable=False),
        sa.Column("scheme", sa.String(16), nullable=False),
        sa.Column("code", sa.String(24), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("area_code", sa.String(16), nullable=False),
        sa.Column("parent", sa.String(24), nullable=False),
        sa.Column("valid_from", sa.String(10), nullable=False),
        sa.Column("valid_to", sa.String(10)),
        sa.Column("geometry", sa.LargeBinary, nullable=False),
        sa.Column("area_m2", sa.Float(53), nullable=False),
        sa.Column("households", sa.Integer),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("cell", sa.BigInteger),
        sa.Column("west", sa.Float(53), nullable=False),
        sa.Column("south", sa.Float(53), nullable=False),
        sa.Column("east", sa.Float(53), nullable=False),
        sa.Column("north", sa.Float(53), nullable=False),
    ]


def _log_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("change", sa.BigInteger, nullable=False),
        sa.Column("scheme", sa.String(16), nullable=False),
        sa.Column("code", sa.String(24), nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("at", sa.Float(53), nullable=False),
        sa.Column("who", sa.String(64), nullable=False),
        sa.Column("valid_from", sa.String(10), nullable=False),
        sa.Column("request", sa.String(128)),
        sa.Column("digest", sa.String(32)),
    ]


GRIDS = sa.Table("grids", METADATA, *_columns(), sqlite_autoincrement=True)
"""One row for each span of days of a grid. valid_from, valid_to: ISO dates, which sort as they are."""

LOG = sa.Table("grid_log", METADATA, *_log_columns(), sqlite_autoincrement=True)
"""Only ever added to. request: the Idempotency-Key, with the first line that was written under it."""


def _create(op: Any, live: Any) -> None:
    op.create_table("grids", *_columns(), sqlite_autoincrement=True)
    op.create_index("grids_code", "grids", ["tenant", "scheme", "code", "valid_from"], unique=True)
    op.create_index("grids_area", "grids", ["tenant", "scheme", "area_code"])
    op.create_index("grids_parent", "grids", ["tenant", "scheme", "parent"])
    op.create_index("grids_cell", "grids", ["tenant", "scheme", "cell"])
    op.create_index("grids_change", "grids", ["tenant", "change"])
    live.add_spatial_index(op, "grids")
    op.create_table("grid_log", *_log_columns(), sqlite_autoincrement=True)
    op.create_index("grid_log_change", "grid_log", ["tenant", "change"])
    op.create_index("grid_log_code", "grid_log", ["tenant", "scheme", "code", "id"])
    op.create_index("grid_log_request", "grid_log", ["tenant", "request"])


MIGRATIONS = (
    Migration(1, "grids and their log", _create),
    Migration(2, "designs and their grids", create_designs),
    Migration(3, "who answers for grids", create_people),
    Migration(4, "indicators of grids", create_indicators),
)


# --- read ------------------------------------------------------------------------------------------------------------


def find_grid(connection: Any, tenant: str, scheme: Scheme, code: str, day: date) -> Grid | None:
    """The grid of that code that holds on a day. Index: grids_code."""
    c = GRIDS.c
    statement = GRIDS.select().where(c.tenant == tenant, c.scheme == scheme, c.code == code, *_holds(day))
    row = connection.execute(statement).one_or_none()
    return None if row is None else _as_grid(row)


def list_spans(connection: Any, tenant: str, scheme: Scheme, code: str) -> list[Grid]:
    """All spans of days of a code, the first one first. Index: grids_code."""
    c = GRIDS.c
    statement = GRIDS.select().where(c.tenant == tenant, c.scheme == scheme, c.code == code).order_by(c.valid_from)
    return [_as_grid(row) for row in connection.execute(statement)]


def list_grids(
    connection: Any,
    live: Live,
    tenant: str,
    scheme: Scheme,
    day: date | None,
    bbox: Bbox | None = None,
    area_code: str = "",
    parent: str = "",
    cells: tuple[int, int] | None = None,
    after: str = "",
    limit: int = 1_000_000,
    name: str = "",
) -> list[Grid]:
    """Grids by rising code that hold on a day (None = any), meet a box, lie in an area, below a parent, in a range of
    index cells, have a text in their name or code. Index: grids_code, grids_area, grids_parent, grids_cell or the
    spatial index.
    """
    c = GRIDS.c
    statement = GRIDS.select().where(c.tenant == tenant, c.scheme == scheme, c.code > after)
    if day is not None:
        statement = statement.where(*_holds(day))
    if bbox is not None:
        statement = statement.where(live.in_bbox(GRIDS, bbox))
    if area_code:
        statement = statement.where(c.area_code >= area_code, c.area_code < area_code + ":")  # ":" follows "9"
    if parent:
        statement = statement.where(c.parent == parent)
    if cells is not None:
        statement = statement.where(c.cell.between(*cells))
    if name:
        statement = statement.where(
            sa.or_(c.name.contains(name, autoescape=True), c.code.contains(name, autoescape=True))
        )
    rows = connection.execute(statement.order_by(c.code, c.valid_from).limit(limit))
    return [_as_grid(row) for row in rows]


def list_changed(
    connection: Any, tenant: str, scheme: Scheme | None, since: int | None, day: date, limit: int = 1_000_000
) -> list[Grid]:
    """Grids of a scheme (None = of all) whose rows changed after a live version; for None, all that hold on a day.

    Index: grids_change.
    """
    c = GRIDS.c
    statement = GRIDS.select().where(c.tenant == tenant)
    statement = statement.where(*_holds(day)) if since is None else statement.where(c.change > since)
    if scheme is not None:
        statement = statement.where(c.scheme == scheme)
    return [_as_grid(row) for row in connection.execute(statement.order_by(c.id).limit(limit))]


def list_sizes(
    connection: Any, tenant: str, scheme: Scheme, day: date, area_code: str = ""
) -> list[tuple[str, str, float, int | None]]:
    """(code, area code, m2, households) of the grids that hold on a day. Index: grids_area or grids_code."""
    c = GRIDS.c
    statement = sa.select(c.code, c.area_code, c.area_m2, c.households).where(c.tenant == tenant, c.scheme == scheme)
    if area_code:
        statement = statement.where(c.area_code >= area_code, c.area_code < area_code + ":")
    return [tuple(row) for row in connection.execute(statement.where(*_holds(day)))]


def find_bounds(connection: Any, tenant: str) -> Box | None:
    """West, south, east, north of all that do not end, degrees; None without. Reads all of a tenant."""
    c = GRIDS.c
    corners = sa.func.min(c.west), sa.func.min(c.south), sa.func.max(c.east), sa.func.max(c.north)
    row = connection.execute(sa.select(*corners).where(c.tenant == tenant, c.valid_to.is_(None))).one()
    return None if row[0] is None else tuple(row)


def used_codes(connection: Any, tenant: str, scheme: Scheme, prefix: str) -> list[str]:
    """Codes that ever began so, each once, rising. Index: grids_code."""
    c = GRIDS.c
    statement = (
        sa.select(c.code)
        .distinct()
        .where(c.tenant == tenant, c.scheme == scheme, c.code >= prefix, c.code < prefix + "~")
    )
    return sorted(connection.execute(statement).scalars())


def list_log(connection: Any, tenant: str, since: int, limit: int) -> list[Line]:
    """What happened after a live version, in order. Index: grid_log_change."""
    statement = LOG.select().where(LOG.c.tenant == tenant, LOG.c.change > since).order_by(LOG.c.change, LOG.c.id)
    return [_as_line(row) for row in connection.execute(statement.limit(limit))]


def list_log_of(connection: Any, tenant: str, change: int) -> list[Line]:
    """What one change did. Index: grid_log_change."""
    statement = LOG.select().where(LOG.c.tenant == tenant, LOG.c.change == change).order_by(LOG.c.id)
    return [_as_line(row) for row in connection.execute(statement)]


def newest_change(connection: Any, tenant: str) -> int:
    """The live version of the tenant's last change of a grid, 0 = none yet. Index: grids_change."""
    statement = sa.select(sa.func.coalesce(sa.func.max(GRIDS.c.change), 0)).where(GRIDS.c.tenant == tenant)
    return int(connection.execute(statement).scalar_one())


def find_request(connection: Any, tenant: str, request: str) -> tuple[str, str, str] | None:
    """(scheme, code, digest) of the first line written under an Idempotency-Key. Index: grid_log_request."""
    statement = LOG.select().where(LOG.c.tenant == tenant, LOG.c.request == request).order_by(LOG.c.id).limit(1)
    row = connection.execute(statement).one_or_none()
    return None if row is None else (row.scheme, row.code, row.digest)


# --- written ---------------------------------------------------------------------------------------------------------


def insert_grids(
    connection: Any, tenant: str, scheme: Scheme, grids: Sequence[NewGrid], valid_from: date, sent: Sent
) -> None:
    """New rows, version 1, and their lines in the log, action "add"."""
    change = next_version(connection)
    rows = [
        {"tenant": tenant, "scheme": scheme, "version": 1, "change": change, "valid_from": valid_from.isoformat()}
        | _values(grid)
        for grid in grids
    ]
    if rows:
        connection.execute(GRIDS.insert().values(tenant=tenant), rows)
    write_log(connection, tenant, scheme, [grid.code for grid in grids], "add", valid_from, sent)


def end_grids(connection: Any, tenant: str, grids: Iterable[Grid], valid_to: date) -> None:
    """These hold no longer from that day on. Raises Conflict if one was changed since it was read."""
    change = next_version(connection)
    for grid in grids:
        values = {"valid_to": valid_to.isoformat(), "change": change}
        update_versioned(connection, GRIDS, tenant, grid.id, grid.version, values)


def revise_grid(connection: Any, tenant: str, grid: Grid, new: NewGrid) -> None:
    """Other words about the same span of days. Raises Conflict if it was changed since it was read."""
    values = {"change": next_version(connection), **_values(new)}
    update_versioned(connection, GRIDS, tenant, grid.id, grid.version, values)


def write_log(
    connection: Any, tenant: str, scheme: Scheme, codes: Sequence[str], action: str, valid_from: date, sent: Sent
) -> None:
    """A line for each code; the Idempotency-Key is kept with all of them."""
    change = next_version(connection)
    rows = [
        {
            "tenant": tenant,
            "change": change,
            "scheme": scheme,
            "code": code,
            "action": action,
            "at": sent.now.timestamp(),
            "who": sent.who,
            "valid_from": valid_from.isoformat(),
            "request": sent.request or None,
            "digest": sent.digest or None,
        }
        for code in codes
    ]
    if rows:
        connection.execute(LOG.insert().values(tenant=tenant), rows)


# --- rows ------------------------------------------------------------------------------------------------------------


def _holds(day: date) -> tuple[sa.ColumnElement[bool], ...]:
    c, text = GRIDS.c, day.isoformat()
    return c.valid_from <= text, sa.or_(c.valid_to.is_(None), c.valid_to > text)


def _values(grid: NewGrid) -> dict[str, Any]:
    west, south, east, north = grid.geometry.bounds
    inside = grid.geometry.point_on_surface()
    content = {
        "land_use": grid.land_use,
        "management_class": grid.management_class,
        "responsible": [dict(each) for each in grid.responsible],
        "note": grid.note,
        "units": grid.units,
    }
    return {
        "code": grid.code,
        "name": grid.name,
        "area_code": grid.area_code,
        "parent": grid.parent,
        "geometry": shapely.to_wkb(grid.geometry),
        "area_m2": area_m2(grid.geometry),
        "households": grid.households,
        "content": orjson.dumps(content),
        "cell": index_cell_of(inside.x, inside.y),
        "west": west,
        "south": south,
        "east": east,
        "north": north,
    }


def _as_grid(row: Any) -> Grid:
    content = orjson.loads(bytes(row.content))
    return Grid(
        id=row.id,
        scheme=row.scheme,
        code=row.code,
        name=row.name,
        area_code=row.area_code,
        parent=row.parent,
        valid_from=date.fromisoformat(row.valid_from),
        valid_to=None if row.valid_to is None else date.fromisoformat(row.valid_to),
        geometry=shapely.from_wkb(bytes(row.geometry)),
        area_m2=row.area_m2,
        households=row.households,
        land_use=content["land_use"],
        management_class=content["management_class"],
        responsible=tuple(content["responsible"]),
        note=content["note"],
        version=row.version,
        change=row.change,
        cell=row.cell if row.cell is not None else -1,
        units=tuple(content.get("units", ())),
    )


def _as_line(row: Any) -> Line:
    day = date.fromisoformat(row.valid_from)
    return Line(row.id, row.scheme, row.code, row.action, row.at, row.who, day, row.change)
