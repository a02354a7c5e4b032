"""Background work of tracks: fixes are kept as long and as exactly as the settings say."""

from __future__ import annotations

from typing import Any

from location_cloud.capability import Job
from location_cloud.tracks.service_keeping import Keeping, forget


def forget_fixes(context: Any) -> None:
    """Removes or makes coarse what has become old."""
    settings = context.settings
    keeping = Keeping(settings.tracks_kept_days, settings.tracks_exact_days, settings.tracks_rounded_m)
    forget(context.live, keeping, context.clock(), context.should_stop)


JOBS = (Job("tracks.kept", 3600.0, forget_fixes, "fixes that were kept, or kept exactly, long enough"),)
