"""Tracks of people: who read them is written down, places go when tracks do, a person may be erased."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from location_cloud.errors import NotFound
from location_cloud.patrols import store_patrols
from location_cloud.patrols.model import Read
from location_cloud.patrols.service import writing
from location_cloud.patrols.service_evaluating import patrol_in
from location_cloud.tracks import service as tracks

if TYPE_CHECKING:
    from location_cloud.storage.live import Live


def write_down(live: Live, tenant: str, patrol_id: int, who: str, what: str, now: datetime) -> None:
    """Writes down durably that somebody reads a person's track, before it is told. Raises NotFound."""
    with live.write() as connection:
        patrol = patrol_in(connection, tenant, patrol_id)
        store_patrols.append_read(connection, tenant, patrol, now.timestamp(), who, what)


def list_reads(live: Live, tenant: str, patrol_id: int, after: int, limit: int) -> list[Read]:
    """Who read a patrol's track, oldest first."""
    with live.read() as connection:
        return store_patrols.list_reads(connection, tenant, patrol_id, after, limit)


def erase_person(live: Live, tenant: str, person: str) -> tuple[int, int]:
    """Removes patrols, rosters and the own track of a person: (rows, fixes). Raises NotFound if there is nothing.

    Tracks of other devices that were named stay: DELETE /v1/devices/{device} removes them. Who read stays written down.
    """
    with writing(live) as connection:
        gone = store_patrols.delete_person(connection, tenant, person)
    try:
        fixes = tracks.erase_device(live, tenant, f"patrol.{person}")
    except NotFound:
        fixes = 0
    if not gone and not fixes:
        raise NotFound(f"nothing is known of {person!r}", hint="GET /v1/patrols?person= lists patrols")
    return gone, fixes


def forget(live: Live, kept_days: float, now: datetime, should_stop: Callable[[], bool] = lambda: False) -> int:
    """Takes the places out of patrols as old as tracks are kept; how many patrols. Their numbers stay."""
    before_s, gone, at_once = now.timestamp() - kept_days * 86_400.0, 0, 200
    while not should_stop():
        with live.write(counted=False) as connection:
            few = store_patrols.forget_places(connection, before_s, at_once)
        gone += few
        if few < at_once:
            break
    return gone
