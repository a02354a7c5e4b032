"""The tables of the house itself: how often the live store changed, which migrations ran, how the jobs fare."""

from __future__ import annotations

from sqlalchemy import Column, Double, Integer, MetaData, Table, Text

METADATA = MetaData()
"""These tables belong to no tenant: they say nothing about anybody's data."""

LIVE_VERSION = Table("live_version", METADATA, Column("version", Integer, nullable=False))
"""One row: how many writes were committed."""

MIGRATIONS = Table(
    "migrations",
    METADATA,
    Column("slice", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("title", Text, nullable=False),
)
"""One row for each step that was taken."""

JOB_RUNS = Table(
    "job_runs",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("last_started", Double),
    Column("last_ok", Double),
    Column("last_failed", Double),
    Column("last_error", Text),
)
"""One row a job. Times are seconds since 1970 UTC: SQLite has no type for a time with zone."""
