"""Background work of patrols: what nobody ended is ended, what is over is evaluated, places are kept as tracks are."""

from __future__ import annotations

from typing import Any

from location_cloud.capability import Job
from location_cloud.patrols.service_evaluating import evaluate_due
from location_cloud.patrols.service_patrols import end_forgotten
from location_cloud.patrols.service_privacy import forget


def evaluate_patrols(context: Any) -> None:
    """Ends forgotten patrols and evaluates those that are due."""
    end_forgotten(context.live, context.clock(), context.should_stop)
    evaluate_due(context.live, context.clock(), context.settings.tracks_kept_days, context.should_stop)


def forget_places(context: Any) -> None:
    """Removes places of patrols that have become old."""
    forget(context.live, context.settings.tracks_kept_days, context.clock(), context.should_stop)


JOBS = (
    Job("patrols.evaluated", 60.0, evaluate_patrols, "patrols that are over"),
    Job("patrols.kept", 3600.0, forget_places, "places of patrols that were kept long enough"),
)
