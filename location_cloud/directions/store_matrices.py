"""The table of matrices that are made in the background: the only place that knows its SQL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from location_cloud.directions.model_matrices import RUNNING, WAITING, MatrixJob
from location_cloud.storage.tenants import ALL_TENANTS

METADATA = sa.MetaData()


def _columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("profile", sa.String(64), nullable=False),
        sa.Column("rows", sa.Integer, nullable=False),
        sa.Column("columns", sa.Integer, nullable=False),
        sa.Column("has_distances", sa.Integer, nullable=False),
        sa.Column("created", sa.Float(53), nullable=False),
        sa.Column("snapshot", sa.String(64), nullable=False),
        sa.Column("started", sa.Float(53)),
        sa.Column("finished", sa.Float(53)),
        sa.Column("rows_done", sa.Integer, nullable=False),
        sa.Column("seconds_left", sa.Float(53)),
        sa.Column("metric_version", sa.String(128), nullable=False),
        sa.Column("as_of", sa.Float(53)),
        sa.Column("starts", sa.Integer, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("hint", sa.Text, nullable=False),
        sa.Column("question", sa.LargeBinary, nullable=False),
    ]


MATRICES = sa.Table("directions_matrices", METADATA, *_columns())

_SHOWN = tuple(column for column in MATRICES.c if column.name != "question")


def create_matrices(op: Any, _live: Any) -> None:
    """Migration: the table."""
    op.create_table("directions_matrices", *_columns())
    op.create_index("directions_matrices_tenant", "directions_matrices", ["tenant", "created"])


# --- a tenant's own ----------------------------------------------------------------------------------------------


def insert_matrix(connection: Any, job: MatrixJob, question: bytes) -> None:
    """Adds a job. question: what was asked, for whoever makes it."""
    connection.execute(MATRICES.insert().values(**vars(job), question=question))


def find_matrix(connection: Any, tenant: str, job_id: str) -> MatrixJob | None:
    """The tenant's job of that id. Index: primary key."""
    mine = MATRICES.c.id == job_id, MATRICES.c.tenant == tenant
    row = connection.execute(sa.select(*_SHOWN).where(*mine)).one_or_none()
    return None if row is None else _as_job(row)


def list_matrices(connection: Any, tenant: str) -> list[MatrixJob]:
    """The tenant's jobs, newest first. Index: directions_matrices_tenant."""
    statement = sa.select(*_SHOWN).where(MATRICES.c.tenant == tenant).order_by(MATRICES.c.created.desc(), MATRICES.c.id)
    return [_as_job(row) for row in connection.execute(statement)]


def delete_matrix(connection: Any, tenant: str, job_id: str) -> bool:
    """Whether the tenant had such a job, which is gone now. Index: primary key."""
    mine = MATRICES.c.id == job_id, MATRICES.c.tenant == tenant
    return bool(connection.execute(MATRICES.delete().where(*mine)).rowcount)


# --- the background process, for all tenants -----------------------------------------------------------------------


def next_matrix(connection: Any) -> MatrixJob | None:
    """The job to be worked on: one begun already, else the one that has waited longest. Some thousands at most."""
    unfinished = sa.select(*_SHOWN).where(MATRICES.c.state.in_((RUNNING, WAITING)))
    ordered = unfinished.order_by(MATRICES.c.state == WAITING, MATRICES.c.created, MATRICES.c.id).limit(1)
    row = connection.execute(ordered.execution_options(**ALL_TENANTS)).one_or_none()
    return None if row is None else _as_job(row)


def read_question(connection: Any, tenant: str, job_id: str) -> bytes | None:
    """What was asked; None if the job is gone. Index: primary key."""
    mine = MATRICES.c.id == job_id, MATRICES.c.tenant == tenant
    found = connection.execute(sa.select(MATRICES.c.question).where(*mine)).scalar_one_or_none()
    return None if found is None else bytes(found)


def change_matrix(connection: Any, tenant: str, job_id: str, values: Mapping[str, Any]) -> bool:
    """Writes down how far a job is; False if it was cancelled. Index: primary key."""
    mine = MATRICES.c.id == job_id, MATRICES.c.tenant == tenant
    return bool(connection.execute(MATRICES.update().where(*mine).values(dict(values))).rowcount)


def delete_finished(connection: Any, before: float) -> int:
    """Removes jobs that ended before a time (unix seconds); how many."""
    statement = MATRICES.delete().where(MATRICES.c.finished < before)
    return int(connection.execute(statement.execution_options(**ALL_TENANTS)).rowcount)


def list_ids(connection: Any) -> list[str]:
    """The ids of all jobs."""
    return list(connection.execute(sa.select(MATRICES.c.id).execution_options(**ALL_TENANTS)).scalars())


def _as_job(row: Any) -> MatrixJob:
    values = dict(row._mapping)
    return MatrixJob(**{**values, "has_distances": bool(values["has_distances"])})
