"""Background work of callers: calls are kept as long as the settings say."""

from __future__ import annotations

from typing import Any

from location_cloud.callers.service_calls import forget
from location_cloud.capability import Job


def forget_calls(context: Any) -> None:
    """Removes what has become old."""
    forget(context.live, context.settings.calls_kept_days, context.clock(), context.should_stop)


JOBS = (Job("callers.kept", 3600.0, forget_calls, "calls that were kept long enough"),)
