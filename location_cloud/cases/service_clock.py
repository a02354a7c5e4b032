"""What happens to cases by the clock alone: suspensions end, deadlines pass, lamps change on the map."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from location_cloud.cases import store
from location_cloud.cases.service import system_actor, take_step, writing
from location_cloud.cases.service_settings import load_terms
from location_cloud.cases.stage_table import row_of_overdue
from location_cloud.errors import CloudError
from location_cloud.storage.world import World

if TYPE_CHECKING:
    from location_cloud.storage.live import Live
    from location_cloud.storage.snapshot import Snapshot

log = logging.getLogger(__name__)

AT_ONCE = 200
"""Cases in one run: some 100 ms."""


def background_world(snapshot: Snapshot, live: Live) -> World:
    """What the background process changes cases in."""
    return World(snapshot, live)


def resume_due(world: World, now: datetime, should_stop: Callable[[], bool] = lambda: False) -> int:
    """Resumes suspended cases whose time of suspension is over, of all tenants; how many."""
    with world.live.read() as connection:
        found = store.list_to_resume(connection, now.timestamp(), AT_ONCE)
    for tenant, case_id in found:
        if should_stop():
            break
        try:
            with writing(world.live) as connection:
                case = store.find_case(connection, tenant, case_id)
                if case is not None and case.stage == "suspended" and case.until is not None:
                    take_step(
                        world, connection, tenant, case, "resume", {"text": "its time is over"}, system_actor(now)
                    )
        except CloudError as error:
            log.warning("case %s of %s stays suspended: %s", case_id, tenant, error)
    return len(found)


def count_overdue(live: Live, now: datetime) -> int:
    """Writes into the stage table that filed cases should be closed by now, once for each; how many.

    So a case that nobody closes weighs on the month of its deadline, not on none.
    """
    with live.read() as connection:
        found = store.list_uncounted(connection, now.timestamp(), AT_ONCE)
    if not found:
        return 0
    with live.write(counted=False) as connection:
        for tenant, case_id in found:
            case = store.find_case(connection, tenant, case_id)
            if case is None or case.is_counted or not case.is_open or case.due is None:
                continue
            store.mark_counted(connection, tenant, case_id)
            zone = load_terms(connection, tenant).calendar().zone
            store.append_stages(connection, tenant, [row_of_overdue(replace(case, is_counted=True))], zone)
    return len(found)


def turn_lamps(live: Live, since: datetime, until: datetime) -> int:
    """Lets whoever follows cases see those whose lamp changed between two times, of all tenants; how many."""
    with live.read() as connection:
        tenants = store.list_tenants(connection)
    turned = 0
    for tenant in tenants:
        with live.read() as connection:
            ids = store.list_turned(connection, tenant, since.timestamp(), until.timestamp())
        if ids:
            with writing(live) as connection:
                store.touch(connection, tenant, ids)
            turned += len(ids)
    return turned
