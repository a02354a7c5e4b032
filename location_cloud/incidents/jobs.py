"""Background work of incidents: those whose time is over are cleared, and forgotten some day."""

from __future__ import annotations

from typing import Any

from location_cloud.capability import Job
from location_cloud.incidents.service import background_world, expire
from location_cloud.incidents.service_keeping import forget

EXPIRE = "incidents.expire"


def clear_expired(context: Any) -> None:
    """Clears what is over; roads were free by the clock alone before, the map and the log follow."""
    wanted = context.snapshots.current_id()
    if wanted is None:
        return
    world = context.memory.get(EXPIRE)
    if world is None or world.snapshot.id != wanted:
        world = background_world(context.snapshots.open(wanted), context.live, context.on_incident)
        context.memory[EXPIRE] = world
    expire(world, context.clock())


def forget_old(context: Any) -> None:
    """Removes what was over long ago."""
    forget(context.live, context.settings.incidents_kept_days, context.clock(), context.should_stop)


JOBS = (
    Job(EXPIRE, 1.0, clear_expired, "incidents whose time is over are cleared"),
    Job("incidents.kept", 3600.0, forget_old, "incidents that were over long ago are removed"),
)
