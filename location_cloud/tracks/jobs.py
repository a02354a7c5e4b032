"""Background work of tracks: fixes are kept as long and as exactly as the settings say."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from location_cloud.capability import Job
from location_cloud.tracks.service_keeping import Keeping, forget

NAME = "tracks.kept"

ROUNDED_EVERY = timedelta(days=1)
"""Finding what is exact reads all old fixes: too much for every hour."""


def forget_fixes(context: Any) -> None:
    """Removes or makes coarse what has become old."""
    settings, now, rounded = context.settings, context.clock(), context.memory.get(NAME)
    is_rounding = rounded is None or now - rounded >= ROUNDED_EVERY
    step_m = settings.tracks_rounded_m if is_rounding else 0.0
    keeping = Keeping(settings.tracks_kept_days, settings.tracks_exact_days, step_m)
    forget(context.live, keeping, now, context.should_stop)
    if is_rounding:
        context.memory[NAME] = now


JOBS = (Job(NAME, 3600.0, forget_fixes, "fixes that were kept, or kept exactly, long enough"),)
