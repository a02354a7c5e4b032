"""How long incidents that are over are kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from location_cloud.incidents import store_keeping

if TYPE_CHECKING:
    from location_cloud.storage.live import Live

AT_ONCE = 200
"""In one transaction: nobody else writes meanwhile, some 20 ms."""


def forget(live: Live, kept_days: float, now: datetime, should_stop: Callable[[], bool] = lambda: False) -> int:
    """Removes incidents that are over, with their logs, when nobody changed them for so many days, and the logs of
    those that were deleted as long ago; how many. What is not over stays, and so does its log.

    The live version does not rise: what is over is in no feed, on no map and in no route.
    """
    before, removed = now - timedelta(days=kept_days), 0
    for list_ids in (store_keeping.list_old, store_keeping.list_old_logs):
        while not should_stop():
            with live.read() as connection:
                found = list_ids(connection, before, AT_ONCE)
            if not found:
                break
            with live.write(counted=False) as connection:
                for tenant in sorted({tenant for tenant, _ in found}):
                    ids = (number for owner, number in found if owner == tenant)
                    removed += store_keeping.delete_old(connection, tenant, ids, before)
    return removed
