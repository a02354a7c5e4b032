"""How long and how exactly fixes are kept: the rules of the settings, carried out device by device."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from location_cloud.tracks import store, store_keeping
from location_cloud.tracks.jumps import M_PER_DEG

if TYPE_CHECKING:
    from location_cloud.storage.live import Live

DEVICES_AT_ONCE = 200
"""In one transaction: nobody else writes meanwhile, and a day of 200 trackers is removed in 0.3 s."""


@dataclass(frozen=True)
class Keeping:
    """kept_days: older fixes are removed. exact_days: older ones are put on a grid of rounded_m metres; 0 = never."""

    kept_days: float
    exact_days: float
    rounded_m: float


def forget(live: Live, keeping: Keeping, now: datetime, should_stop: Callable[[], bool] = lambda: False) -> int:
    """Applies the rules to all devices of all tenants; how many rows were removed or made coarse.

    What is set aside holds positions as they were told: it goes as soon as they are to be exact no more. The grid is
    one of degrees: rounded_m from south to north, less from west to east by the cosine of the latitude.
    """
    oldest_ms = _ms(now - timedelta(days=keeping.kept_days))
    exact_ms = _ms(now - timedelta(days=keeping.exact_days))
    step_e7 = round(keeping.rounded_m / M_PER_DEG * 1e7)
    aside_ms = max(oldest_ms, exact_ms) if step_e7 else oldest_ms
    after = changed = 0
    while not should_stop():
        with live.read() as connection:
            devices = store_keeping.list_all_devices(connection, after, DEVICES_AT_ONCE)
        if not devices:
            break
        with live.write(counted=False) as connection:
            for tenant in sorted({tenant for _, tenant in devices}):
                store.lock_numbers(connection, tenant)
            for device, tenant in devices:
                changed += store_keeping.delete_before(connection, tenant, device, oldest_ms, aside_ms)
                if step_e7:
                    changed += store_keeping.coarsen_before(
                        connection, tenant, device, exact_ms, step_e7, round(keeping.rounded_m * 141)
                    )
        after = devices[-1][0]
    return changed


def _ms(time: datetime) -> int:
    return int(time.timestamp() * 1000)
