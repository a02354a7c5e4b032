"""The SQL of forgetting: incidents that were over long ago, and the log of those that are gone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from location_cloud.incidents.model import OPEN
from location_cloud.incidents.store import INCIDENTS, LOG
from location_cloud.storage.tenants import ALL_TENANTS


def list_old(connection: Any, before: datetime, limit: int) -> list[tuple[str, int]]:
    """Tenant and id of incidents that are over and were not changed since a time, of all tenants. Reads all that are
    over.
    """
    c = INCIDENTS.c
    old = c.status.not_in(OPEN), c.updated < before.timestamp()
    rows = connection.execute(sa.select(c.tenant, c.id).where(*old).limit(limit), execution_options=ALL_TENANTS)
    return [tuple(row) for row in rows]


def list_old_logs(connection: Any, before: datetime, limit: int) -> list[tuple[str, int]]:
    """Tenant and id of incidents that were deleted before a time and whose log is there, of all tenants. Reads the log
    as a whole: a million lines take 0.2 s.
    """
    c = LOG.c
    old = c.action == "deleted", c.at < before.timestamp()
    rows = connection.execute(sa.select(c.tenant, c.incident).where(*old).limit(limit), execution_options=ALL_TENANTS)
    return [tuple(row) for row in rows]


def delete_old(connection: Any, tenant: str, ids: Iterable[int], before: datetime) -> int:
    """Removes those of the incidents that are still over and unchanged since a time, with their logs, and the logs of
    those that are gone; how many logs. Indexes: primary key, incident_log_incident.
    """
    c, removed = INCIDENTS.c, 0
    for incident in ids:
        mine = c.tenant == tenant, c.id == incident
        connection.execute(INCIDENTS.delete().where(*mine, c.status.not_in(OPEN), c.updated < before.timestamp()))
        if connection.execute(sa.select(c.id).where(*mine)).scalar_one_or_none() is None:
            connection.execute(LOG.delete().where(LOG.c.tenant == tenant, LOG.c.incident == incident))
            removed += 1
    return removed
