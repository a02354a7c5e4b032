"""The table of photos and papers of cases: the only place that knows its SQL. Their bytes lie below the home folder."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from location_cloud.cases.model import StoredFile
from location_cloud.storage.tenants import ALL_TENANTS

METADATA = sa.MetaData()


def _columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("case", sa.Integer, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("media", sa.String(64), nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("at", sa.Float(53), nullable=False),
        sa.Column("who", sa.String(64), nullable=False),
        sa.Column("stage", sa.String(12), nullable=False),
        sa.Column("lon", sa.Float(53)),
        sa.Column("lat", sa.Float(53)),
        sa.Column("distance_m", sa.Float(53)),
        sa.Column("taken", sa.String(40), nullable=False),
    ]


FILES = sa.Table("case_files", METADATA, *_columns(), sqlite_autoincrement=True)


def create_files(op: Any, live: Any) -> None:
    """The table, in a migration."""
    op.create_table("case_files", *_columns(), sqlite_autoincrement=True)
    op.create_index("case_files_case", "case_files", ["tenant", "case", "id"])
    op.create_index("case_files_digest", "case_files", ["digest", "tenant", "case"])


def insert_file(connection: Any, tenant: str, file: StoredFile) -> StoredFile:
    """The file as stored."""
    lon, lat = file.lonlat or (None, None)
    names = ("case", "digest", "media", "size", "name", "at", "who", "stage", "distance_m", "taken")
    values = {**{name: getattr(file, name) for name in names}, "lon": lon, "lat": lat}
    row = connection.execute(FILES.insert().values(tenant=tenant, **values).returning(FILES.c.id))
    return replace(file, id=row.scalar_one())


def list_files(connection: Any, tenant: str, case_id: int) -> list[StoredFile]:
    """A case's files, oldest first. Index: case_files_case."""
    c = FILES.c
    statement = FILES.select().where(c.tenant == tenant, c.case == case_id).order_by(c.id)
    return [_as_file(row) for row in connection.execute(statement)]


def find_file(connection: Any, tenant: str, case_id: int, file_id: int) -> StoredFile | None:
    """One file of a case. Index: primary key."""
    c = FILES.c
    row = connection.execute(FILES.select().where(c.tenant == tenant, c.id == file_id, c.case == case_id)).one_or_none()
    return None if row is None else _as_file(row)


def find_digest(connection: Any, tenant: str, case_id: int, digest: str) -> StoredFile | None:
    """The file of a case that has these bytes. Index: case_files_digest."""
    c = FILES.c
    statement = FILES.select().where(c.tenant == tenant, c.digest == digest, c.case == case_id).order_by(c.id)
    row = connection.execute(statement.limit(1)).one_or_none()
    return None if row is None else _as_file(row)


def list_named(connection: Any, digests: Iterable[str]) -> set[str]:
    """Which of these bytes any tenant's case has. Reads the index of each; a few hundred at once."""
    c = FILES.c
    statement = sa.select(c.digest).where(c.digest.in_(list(digests)))
    return set(connection.execute(statement, execution_options=ALL_TENANTS).scalars())


def _as_file(row: Any) -> StoredFile:
    return StoredFile(
        id=row.id,
        case=row.case,
        digest=row.digest,
        media=row.media,
        size=row.size,
        name=row.name,
        at=row.at,
        who=row.who,
        stage=row.stage,
        lonlat=None if row.lon is None else (row.lon, row.lat),
        distance_m=row.distance_m,
        taken=row.taken,
    )
