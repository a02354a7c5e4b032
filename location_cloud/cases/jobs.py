"""Background work of cases: suspensions end, deadlines are counted, lamps change, files without a case go."""

from __future__ import annotations

from typing import Any

from location_cloud.capability import Job
from location_cloud.cases.service_clock import background_world, count_overdue, resume_due, turn_lamps
from location_cloud.cases.service_files import remove_orphans
from location_cloud.cases.service_persons import forget
from location_cloud.cases.service_tokens import forget_tokens

CLOCK, LAMPS = "cases.clock", "cases.lamps"


def run_clock(context: Any) -> None:
    """Resumes what was suspended until now, and counts what should be closed by now."""
    count_overdue(context.live, context.clock())
    wanted = context.snapshots.current_id()
    if wanted is None:
        return
    world = context.memory.get(CLOCK)
    if world is None or world.snapshot.id != wanted:
        world = context.memory[CLOCK] = background_world(context.snapshots.open(wanted), context.live)
    resume_due(world, context.clock(), context.should_stop)


def run_lamps(context: Any) -> None:
    """Cases whose lamp changed since the last run are drawn anew."""
    now = context.clock()
    turn_lamps(context.live, context.memory.get(LAMPS, now), now)
    context.memory[LAMPS] = now


def clear_files(context: Any) -> None:
    """Bytes that no case names."""
    remove_orphans(context.live, context.settings.home, context.should_stop)


def forget_reporters(context: Any) -> None:
    """Who reported a case is kept as long as calls are."""
    forget(context.live, context.settings.calls_kept_days, context.clock(), context.should_stop)
    forget_tokens(context.live, context.settings.calls_kept_days, context.clock(), context.should_stop)


JOBS = (
    Job(CLOCK, 10.0, run_clock, "cases whose suspension or time is over"),
    Job(LAMPS, 60.0, run_lamps, "lamps of cases on the map"),
    Job("cases.files", 3600.0, clear_files, "files that belong to no case"),
    Job("cases.reporters", 3600.0, forget_reporters, "reporters of cases that were kept long enough"),
)
