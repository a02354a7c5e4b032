"""Emergencies as they are or were, told to the desk: numbers in words masked, in clear for who may; which are alike."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from location_cloud.changes import Sent
from location_cloud.dispatch import store_emergencies as rows
from location_cloud.dispatch.fields import as_assignment, as_emergency, as_fields, replayed
from location_cloud.dispatch.model import Duplicate, Emergency, Entry
from location_cloud.dispatch.service_emergencies import get_emergency_in
from location_cloud.dispatch.service_privacy import words_of, write_down
from location_cloud.errors import NotFound
from location_cloud.spatial.bbox import Bbox
from location_cloud.spatial.measure import destination, distance_m

if TYPE_CHECKING:
    from location_cloud.storage.live import Live
    from location_cloud.storage.world import World

T = TypeVar("T", Emergency, Entry)

NEAR_M, NEAR_S = 500.0, 3600.0
"""So near and so soon after another a call may be of the same emergency; ours: a block, and the hour in which several
people call of one event. What is uncertain of the positions is added."""

MOST_DUPLICATES = 20


def read_emergency(
    world: World, tenant: str, emergency_id: int, as_of: datetime | None = None, reader: Sent | None = None
) -> dict[str, Any]:
    """The emergency with its units, for answers; as_of: as it was at that time, told by its log alone.

    reader: who reads it in clear, which is written down durably first; None = masked. Raises NotFound if there is
    none, or was none then.
    """
    with world.live.read() as connection:
        emergency = get_emergency_in(connection, tenant, emergency_id)
        assignments = rows.list_assignments(connection, tenant, emergency_id)
        entries = [] if as_of is None else rows.list_log(connection, tenant, emergency_id, until=as_of)
    if as_of is not None and not entries:
        raise NotFound(f"there was no emergency {emergency_id} then", hint="its log tells when it was opened")
    if as_of is not None:
        told = replayed(_shown(world, tenant, emergency_id, entries, reader))
    else:
        (shown,) = _shown(world, tenant, emergency_id, [emergency], reader)
        told = as_emergency(emergency.id, emergency.version, as_fields(shown), [as_assignment(u) for u in assignments])
    return {**told, "is_clear": reader is not None}


def list_emergencies(
    world: World,
    tenant: str,
    statuses: tuple[str, ...],
    after: int,
    limit: int,
    cells: tuple[int, int] | None = None,
) -> list[dict[str, Any]]:
    """Emergencies by rising id, those after an id, with their units; masked. cells: range of index cells."""
    words = words_of(world, tenant)
    with world.live.read() as connection:
        found = rows.list_emergencies(connection, tenant, statuses, after, limit, cells)
        units = [rows.list_assignments(connection, tenant, each.id) for each in found]
    return [
        as_emergency(each.id, each.version, as_fields(words.masked(each)), [as_assignment(unit) for unit in assigned])
        for each, assigned in zip(found, units, strict=True)
    ]


def list_log(
    world: World, tenant: str, emergency_id: int, after: int, limit: int, reader: Sent | None = None
) -> list[Entry]:
    """What happened to an emergency, oldest first. reader: as of `read_emergency`. Raises NotFound if there is none."""
    with world.live.read() as connection:
        get_emergency_in(connection, tenant, emergency_id)
        found = rows.list_log(connection, tenant, emergency_id, after, limit)
    return _shown(world, tenant, emergency_id, found, reader)


def find_duplicates(live: Live, tenant: str, emergency: Emergency) -> list[Duplicate]:
    """Open emergencies near and at about the same time, the nearest first."""
    lonlat, at = emergency.lonlat, emergency.opened_at
    reach_m = NEAR_M + emergency.accuracy_m
    corners = destination([lonlat] * 4, [0.0, 90.0, 180.0, 270.0], [2 * reach_m] * 4)
    box = Bbox(float(corners[3, 0]), float(corners[2, 1]), float(corners[1, 0]), float(corners[0, 1]))
    around = timedelta(seconds=NEAR_S)
    with live.read() as connection:
        near = rows.list_near(connection, tenant, box, at - around, at + around, 1000)
    found = []
    for other in near:
        metres = float(distance_m([lonlat], [other.lonlat])[0])
        if other.id != emergency.id and metres <= reach_m + other.accuracy_m:
            seconds = abs((at - other.opened_at).total_seconds())
            found.append(Duplicate(other.id, other.category, metres, seconds))
    return sorted(found, key=lambda each: (each.distance_m, each.id))[:MOST_DUPLICATES]


def _shown(world: World, tenant: str, emergency_id: int, spoken: list[T], reader: Sent | None) -> list[T]:
    """The same masked, or in clear after that is written down."""
    words = words_of(world, tenant)
    show: Callable[[T], T] = words.masked
    if reader is not None:
        write_down(world.live, tenant, emergency_id, reader.who, reader.now)
        show = words.opened
    return [show(each) for each in spoken]
