"""The tables of designs and of their grids: the only place that knows their SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
import shapely
import sqlalchemy as sa

from location_cloud.grids.model_design import RUNNING, WAITING, DesignGrid, DesignJob
from location_cloud.storage.tenants import ALL_TENANTS

METADATA = sa.MetaData()


def _job_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("scheme", sa.String(16), nullable=False),
        sa.Column("area", sa.String(24), nullable=False),
        sa.Column("created", sa.Float(53), nullable=False),
        sa.Column("snapshot", sa.String(64), nullable=False),
        sa.Column("started", sa.Float(53)),
        sa.Column("finished", sa.Float(53)),
        sa.Column("progress", sa.Float(53), nullable=False),
        sa.Column("grids", sa.Integer, nullable=False),
        sa.Column("starts", sa.Integer, nullable=False),
        sa.Column("accepted", sa.String(10), nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("hint", sa.Text, nullable=False),
        sa.Column("report", sa.LargeBinary, nullable=False),
        sa.Column("request", sa.String(128)),
        sa.Column("digest", sa.String(32)),
        sa.Column("question", sa.LargeBinary, nullable=False),
    ]


def _grid_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("design", sa.String(32), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("code", sa.String(24), nullable=False),
        sa.Column("community", sa.String(24), nullable=False),
        sa.Column("geometry", sa.LargeBinary, nullable=False),
        sa.Column("area_m2", sa.Float(53), nullable=False),
        sa.Column("size", sa.Float(53), nullable=False),
        sa.Column("kept", sa.Integer, nullable=False),
    ]


DESIGNS = sa.Table("grid_designs", METADATA, *_job_columns())
GRIDS = sa.Table("grid_design_grids", METADATA, *_grid_columns())

_HIDDEN = {"question", "request", "digest"}
_SHOWN = tuple(column for column in DESIGNS.c if column.name not in _HIDDEN)

AT_ONCE = 1000
"""Rows of one statement."""


def create_designs(op: Any, _live: Any) -> None:
    """Migration: the tables."""
    op.create_table("grid_designs", *_job_columns())
    op.create_index("grid_designs_tenant", "grid_designs", ["tenant", "created"])
    op.create_table("grid_design_grids", *_grid_columns())


# --- a tenant's own --------------------------------------------------------------------------------------------------


def insert_design(connection: Any, job: DesignJob, question: bytes, request: str, digest: str) -> None:
    """Adds a design. question: what was asked, for whoever makes it. request, digest: of `changes.Sent`."""
    values = {**vars(job), "report": orjson.dumps(job.report), "question": question}
    connection.execute(DESIGNS.insert().values(**values, request=request or None, digest=digest))


def find_request(connection: Any, tenant: str, request: str) -> tuple[str, str] | None:
    """The id and digest of the design that was asked under an Idempotency-Key. Index: grid_designs_tenant."""
    statement = sa.select(DESIGNS.c.id, DESIGNS.c.digest)
    row = connection.execute(statement.where(DESIGNS.c.tenant == tenant, DESIGNS.c.request == request)).first()
    return None if row is None else (row.id, row.digest)


def find_design(connection: Any, tenant: str, design: str) -> DesignJob | None:
    """The tenant's design of that id. Index: primary key."""
    row = connection.execute(sa.select(*_SHOWN).where(*_mine(tenant, design))).one_or_none()
    return None if row is None else _as_job(row)


def list_designs(connection: Any, tenant: str) -> list[DesignJob]:
    """The tenant's designs, newest first. Index: grid_designs_tenant."""
    statement = sa.select(*_SHOWN).where(DESIGNS.c.tenant == tenant).order_by(DESIGNS.c.created.desc(), DESIGNS.c.id)
    return [_as_job(row) for row in connection.execute(statement)]


def delete_design(connection: Any, tenant: str, design: str) -> bool:
    """Whether the tenant had such a design, which is gone now with its grids. Index: primary keys."""
    connection.execute(GRIDS.delete().where(GRIDS.c.tenant == tenant, GRIDS.c.design == design))
    return bool(connection.execute(DESIGNS.delete().where(*_mine(tenant, design))).rowcount)


def change_design(connection: Any, tenant: str, design: str, values: Mapping[str, Any]) -> bool:
    """Writes down how far a design is; False if it was cancelled. Index: primary key."""
    changed = {name: orjson.dumps(value) if name == "report" else value for name, value in values.items()}
    return bool(connection.execute(DESIGNS.update().where(*_mine(tenant, design)).values(changed)).rowcount)


def list_grids(connection: Any, tenant: str, design: str, after: int = 0, limit: int | None = None) -> list[DesignGrid]:
    """Grids of a design by rising number, those after one. Index: primary key."""
    c = GRIDS.c
    statement = GRIDS.select().where(c.tenant == tenant, c.design == design, c.number > after).order_by(c.number)
    return [_as_grid(row) for row in connection.execute(statement.limit(limit))]


def insert_grids(connection: Any, tenant: str, design: str, grids: Sequence[DesignGrid]) -> None:
    """Adds grids to a design."""
    rows = [
        {
            **vars(grid),
            "tenant": tenant,
            "design": design,
            "geometry": shapely.to_wkb(grid.geometry),
            "kept": int(grid.kept),
        }
        for grid in grids
    ]
    for first in range(0, len(rows), AT_ONCE):
        connection.execute(GRIDS.insert(), rows[first : first + AT_ONCE])


def delete_grids(connection: Any, tenant: str, design: str, numbers: Iterable[int]) -> None:
    """Removes some grids of a design. Index: primary key."""
    c = GRIDS.c
    connection.execute(GRIDS.delete().where(c.tenant == tenant, c.design == design, c.number.in_(list(numbers))))


# --- the background process, for all tenants -------------------------------------------------------------------------


def next_design(connection: Any) -> DesignJob | None:
    """The design to be worked on: one begun already, else the one that has waited longest. Some hundreds at most."""
    unfinished = sa.select(*_SHOWN).where(DESIGNS.c.state.in_((RUNNING, WAITING)))
    ordered = unfinished.order_by(DESIGNS.c.state == WAITING, DESIGNS.c.created, DESIGNS.c.id).limit(1)
    row = connection.execute(ordered.execution_options(**ALL_TENANTS)).one_or_none()
    return None if row is None else _as_job(row)


def read_question(connection: Any, tenant: str, design: str) -> bytes | None:
    """What was asked; None if the design is gone. Index: primary key."""
    found = connection.execute(sa.select(DESIGNS.c.question).where(*_mine(tenant, design))).scalar_one_or_none()
    return None if found is None else bytes(found)


def old_designs(connection: Any, before: float) -> list[tuple[str, str]]:
    """Tenants and ids of designs that ended before a time (unix seconds)."""
    statement = sa.select(DESIGNS.c.tenant, DESIGNS.c.id).where(DESIGNS.c.finished < before)
    return [(row.tenant, row.id) for row in connection.execute(statement.execution_options(**ALL_TENANTS))]


def _mine(tenant: str, design: str) -> tuple[sa.ColumnElement[bool], ...]:
    return DESIGNS.c.id == design, DESIGNS.c.tenant == tenant


def _as_job(row: Any) -> DesignJob:
    values = dict(row._mapping)
    return DesignJob(**{**values, "report": orjson.loads(values["report"])})


def _as_grid(row: Any) -> DesignGrid:
    shape = shapely.from_wkb(bytes(row.geometry))
    return DesignGrid(row.number, row.code, row.community, shape, row.area_m2, row.size, bool(row.kept))
