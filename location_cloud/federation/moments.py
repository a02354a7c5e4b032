"""Times of copied cases: as answers tell them, and the lamp that a deadline gives by the clock of whoever looks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from location_cloud.cases.fields import as_text


def lamp_of_copy(case: Mapping[str, Any], now: float) -> str:
    """green, yellow, red; "" without a deadline. A case that is over or suspended: as of then.

    now: POSIX seconds.
    """
    due, warn = _seconds(case["deadline"]), _seconds(case["warn_at"])
    if due is None or warn is None:
        return ""
    at = next((at for name in ("closed_at", "suspended_since") if (at := _seconds(case[name])) is not None), now)
    return "red" if at > due else "yellow" if at >= warn else "green"


def as_moment(at: float | None) -> str | None:
    """POSIX seconds as RFC 3339 writes them, UTC."""
    return as_text(at)


def _seconds(text: str | None) -> float | None:
    return None if text is None else datetime.fromisoformat(text).timestamp()
