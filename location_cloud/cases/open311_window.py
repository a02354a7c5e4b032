"""Which time a question about requests is of: at most 90 days, the last ones if it says nothing.

Source: Open311 GeoReport v2, GET Service Requests.
"""

from __future__ import annotations

import math
from datetime import datetime

from location_cloud.errors import BadQuery

MOST_DAYS = 90
MOST_S = MOST_DAYS * 86_400.0


def window(start: datetime | None, end: datetime | None, now: datetime) -> tuple[float, float]:
    """From the first moment on, up to the second and not on it, POSIX seconds.

    Times are told in whole seconds, so the last second belongs to it whole. Raises BadQuery over 90 days.
    """
    if start is not None:
        first = start.timestamp()
        last = min(first + MOST_S, now.timestamp()) if end is None else end.timestamp()
    else:
        last = (now if end is None else end).timestamp()
        first = last - MOST_S
    if end is not None and first > last:
        raise BadQuery("start_date is after end_date", hint="the earliest time comes first")
    if last - first > MOST_S:
        raise BadQuery(
            f"start_date to end_date span more than {MOST_DAYS} days", hint=f"ask for {MOST_DAYS} days at a time"
        )
    return float(math.floor(first)), math.floor(last) + 1.0
