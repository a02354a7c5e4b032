"""Background work of dispatch: emergencies are kept as long as calls are, and what people say never in clear."""

from __future__ import annotations

from typing import Any

from location_cloud.capability import Job
from location_cloud.dispatch.service_privacy import forget, seal_old


def forget_emergencies(context: Any) -> None:
    """Removes what is over and has become old."""
    forget(context.live, context.settings.calls_kept_days, context.clock(), context.should_stop)


def seal_words(context: Any) -> None:
    """Encrypts what an older version kept in clear."""
    seal_old(context.live, context.settings.home, context.settings.secret_key_file, context.should_stop)


JOBS = (
    Job("dispatch.sealed", 3600.0, seal_words, "words of emergencies that were kept in clear"),
    Job("dispatch.kept", 3600.0, forget_emergencies, "emergencies that were kept long enough"),
)
