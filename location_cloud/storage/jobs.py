"""How the background jobs fare: written by the worker process, read by /health."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import insert, select, update

from location_cloud.storage.live import Live
from location_cloud.storage.tables import JOB_RUNS


@dataclass(frozen=True)
class JobRun:
    """One job's last run. Times are UTC; None = never.

    last_error: what the last failure said; kept after a later success, compare last_failed with last_ok.
    age_s: seconds since the last success; None = never succeeded.
    """

    name: str
    last_started: datetime | None
    last_ok: datetime | None
    last_failed: datetime | None
    last_error: str
    age_s: float | None


def record_started(live: Live, name: str, now: datetime) -> None:
    """Note that a job begins."""
    _record(live, name, last_started=now.timestamp())


def record_ok(live: Live, name: str, now: datetime) -> None:
    """Note that a job ended well."""
    _record(live, name, last_ok=now.timestamp())


def record_error(live: Live, name: str, now: datetime, message: str) -> None:
    """Note that a job failed, and what it said."""
    _record(live, name, last_failed=now.timestamp(), last_error=message)


def list_runs(live: Live, now: datetime) -> tuple[JobRun, ...]:
    """How each job fares, by name."""
    with live.read() as connection:
        rows = connection.execute(select(JOB_RUNS).order_by(JOB_RUNS.c.name)).all()
    return tuple(
        JobRun(
            name=row.name,
            last_started=_as_time(row.last_started),
            last_ok=_as_time(row.last_ok),
            last_failed=_as_time(row.last_failed),
            last_error=row.last_error or "",
            age_s=None if row.last_ok is None else max(0.0, now.timestamp() - row.last_ok),
        )
        for row in rows
    )


def _record(live: Live, name: str, **values: float | str) -> None:
    # Not counted: no answer is made from these rows, and a heartbeat must not age every cached answer.
    with live.write(counted=False) as connection:
        changed = connection.execute(update(JOB_RUNS).where(JOB_RUNS.c.name == name).values(values))
        if changed.rowcount == 0:
            connection.execute(insert(JOB_RUNS).values(name=name, **values))


def _as_time(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
