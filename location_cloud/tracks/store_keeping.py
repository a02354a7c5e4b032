"""The SQL of forgetting: fixes older than they are kept, positions made coarse, devices erased."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from location_cloud.storage.tenants import ALL_TENANTS
from location_cloud.tracks.store import DEVICES, FIXES, LAST, QUARANTINE, look_up


def list_all_devices(connection: Any, after: int, limit: int) -> list[tuple[int, str]]:
    """Id and tenant of every tenant's devices by rising id, those after an id. Index: primary key."""
    statement = sa.select(DEVICES.c.id, DEVICES.c.tenant).where(DEVICES.c.id > after).order_by(DEVICES.c.id)
    rows = connection.execute(statement.limit(limit).execution_options(**ALL_TENANTS))
    return [(row[0], row[1]) for row in rows]


def delete_before(connection: Any, tenant: str, device: int, time_ms: int, aside_ms: int) -> int:
    """Removes a device's fixes from before a time, its last position, and what was set aside before another; the device
    itself if nothing is left of it. How many rows. Indexes: primary keys.
    """
    old = FIXES.c.tenant == tenant, FIXES.c.device == device, FIXES.c.time_ms < time_ms
    gone: int = connection.execute(FIXES.delete().where(*old)).rowcount
    if gone:
        look_up(connection, tenant, device)
    aside = QUARANTINE.c.tenant == tenant, QUARANTINE.c.device == device, QUARANTINE.c.received_ms < aside_ms
    gone += connection.execute(QUARANTINE.delete().where(*aside)).rowcount
    if gone and not any(_has_row(connection, table, tenant, device) for table in (FIXES, QUARANTINE)):
        gone += connection.execute(DEVICES.delete().where(*_its(tenant, device))).rowcount
    return gone


def delete_device(connection: Any, tenant: str, device: int) -> int:
    """Removes all that is known of a device; how many fixes of it there were. Indexes: primary keys."""
    fixes = 0
    for table in (FIXES, QUARANTINE, LAST):
        mine = table.c.tenant == tenant, table.c.device == device
        gone = connection.execute(table.delete().where(*mine)).rowcount
        fixes += 0 if table is LAST else gone
    connection.execute(DEVICES.delete().where(*_its(tenant, device)))
    return fixes


def coarsen_before(connection: Any, tenant: str, device: int, time_ms: int, step_e7: int, accuracy_cm: int) -> int:
    """Puts a device's fixes from before a time on multiples of the step, towards 0, 0; how many moved.

    accuracy_cm: what they claim from then on. Index: primary key.
    """
    c = FIXES.c
    is_exact = sa.or_(c.lon_e7 % step_e7 != 0, c.lat_e7 % step_e7 != 0)
    its = FIXES.update().where(c.tenant == tenant, c.device == device, c.time_ms < time_ms, is_exact)
    coarse = {"lon_e7": c.lon_e7 - c.lon_e7 % step_e7, "lat_e7": c.lat_e7 - c.lat_e7 % step_e7}
    moved: int = connection.execute(its.values(**coarse, accuracy_cm=accuracy_cm)).rowcount
    if moved:
        look_up(connection, tenant, device)
    return moved


def _has_row(connection: Any, table: sa.Table, tenant: str, device: int) -> bool:
    mine = sa.select(table.c.time_ms).where(table.c.tenant == tenant, table.c.device == device)
    return connection.execute(mine.limit(1)).first() is not None


def _its(tenant: str, device: int) -> tuple[Any, ...]:
    return DEVICES.c.tenant == tenant, DEVICES.c.id == device
