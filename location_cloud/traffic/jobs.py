"""Background work of traffic: from fixes and incidents to what every edge is driven at."""

from __future__ import annotations

from typing import Any

from location_cloud.capability import Job
from location_cloud.traffic.deriving import Plan, Traffic, remove_leftovers

NAME = "traffic.picture"


def derive_traffic(context: Any) -> None:
    """Follows the current snapshot, the fixes and the incidents; called at every commit and each second."""
    wanted = context.snapshots.current_id()
    if wanted is None:
        return
    opened: tuple[str, Traffic | None] | None = context.memory.get(NAME)
    if opened is None or opened[0] != wanted:
        if opened is not None and opened[1] is not None:
            opened[1].close()
        context.memory.pop(NAME, None)  # if what follows fails, it is tried again
        remove_leftovers(context.settings.home, context.snapshots.list_snapshots())
        snapshot, settings = context.snapshots.open(wanted), context.settings
        plan = Plan(
            settings.tenant,
            settings.traffic_refresh_s,
            settings.traffic_slot_minutes,
            settings.traffic_history_days,
            settings.traffic_levels,
        )
        is_there = "traffic" in snapshot.manifest.sections  # else it is from before this capability
        opened = wanted, Traffic(snapshot, plan) if is_there else None
        context.memory[NAME] = opened
    if opened[1] is not None:
        opened[1].run(context.live, context.clock())


JOBS = (Job(NAME, 1.0, derive_traffic, "fixes and incidents into the picture of the traffic", on_commit=True),)
