"""The questions about units and hospitals: register, change, look up, remove; and where each unit is now."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from location_cloud.changes import check_version
from location_cloud.directions.dataset import SECTION as DIRECTIONS
from location_cloud.directions.service import get_profile, local_time
from location_cloud.dispatch import store
from location_cloud.dispatch.duty import choose_position, is_on_shift
from location_cloud.dispatch.model import DESK, MOST_HOSPITALS, MOST_UNITS, Hospital, Position, Unit
from location_cloud.dispatch.store_emergencies import count_inbound
from location_cloud.errors import Conflict, Denied, NotFound, TooLarge
from location_cloud.storage.live import next_version
from location_cloud.tracks.service import last_positions

if TYPE_CHECKING:
    from location_cloud.access.model import Caller
    from location_cloud.storage.live import Live
    from location_cloud.storage.world import World


@contextlib.contextmanager
def writing(live: Live) -> Iterator[Any]:
    """A transaction that reads what all before it have written: units, emergencies and their log change together, and
    on PostgreSQL, too, one change waits for the other instead of failing.
    """
    with live.write() as connection:
        next_version(connection)
        yield connection


# --- units -------------------------------------------------------------------------------------------------------


def put_unit(
    world: World, tenant: str, unit_id: str, said: Mapping[str, Any], version: int | None, now: datetime
) -> Unit:
    """The unit as registered; its status, position and task stay unless they are said.

    said: fields of model.Unit. version: that it must be at, None = whichever. Raises NotFound for an unknown profile,
    Conflict if it is at another version, TooLarge over the ceiling.
    """
    for profile in filter(None, (said.get("profile"), said.get("siren_profile"))):
        get_profile(world.section(DIRECTIONS), profile)
    with writing(world.live) as connection:
        before = store.find_unit(connection, tenant, unit_id)
        if before is None:
            if version is not None:
                raise NotFound(f"there is no unit {unit_id!r}", hint="leave out If-Match to register it")
            if (count := store.count_units(connection, tenant)) >= MOST_UNITS:
                raise TooLarge(f"{count:,} units; the most is {MOST_UNITS:,}", hint="DELETE /v1/units/{id}")
            return store.insert_unit(connection, tenant, replace(Unit(unit_id), **said), now)
        check_version(f"unit {unit_id}", before.version, version)
        kept = {name: getattr(before, name) for name in ("status", "told_lonlat", "told_at", "emergency")}
        row = {name: getattr(before, name) for name in ("number", "version")}
        _check_free(before, said)
        return store.change_unit(connection, tenant, replace(Unit(unit_id), **{**kept, **said, **row}), now)


def change_unit(
    live: Live,
    tenant: str,
    unit_id: str,
    said: Mapping[str, Any],
    version: int | None,
    now: datetime,
    crew_key: str | None = None,
) -> Unit:
    """The unit after the change. crew_key: the key of the crew that writes, None = the desk writes.

    Raises NotFound, Conflict if it is at another version or on a task that tells its status, Denied for a crew that is
    another unit's.
    """
    with writing(live) as connection:
        before = store.find_unit(connection, tenant, unit_id)
        if before is None:
            raise no_unit(unit_id)
        check_crew(before, crew_key)
        check_version(f"unit {unit_id}", before.version, version)
        _check_free(before, said)
        after = replace(before, **said)
        return before if after == before else store.change_unit(connection, tenant, after, now)


def remove_unit(live: Live, tenant: str, unit_id: str, version: int | None) -> None:
    """Removes a unit; what the log says of it stays. Raises as `change_unit`."""
    with writing(live) as connection:
        before = store.find_unit(connection, tenant, unit_id)
        if before is None:
            raise no_unit(unit_id)
        check_version(f"unit {unit_id}", before.version, version)
        if before.emergency is not None:
            raise Conflict(f"unit {unit_id} is on emergency {before.emergency}", hint="release it first")
        store.delete_unit(connection, tenant, before)


def get_unit(live: Live, tenant: str, unit_id: str) -> tuple[Unit, Position | None]:
    """The unit and where it is. Raises NotFound if the tenant has none of that id."""
    with live.read() as connection:
        unit = store.find_unit(connection, tenant, unit_id)
    if unit is None:
        raise no_unit(unit_id)
    return unit, positions_of(live, tenant, [unit])[0]


def list_units(live: Live, tenant: str, after: str = "", limit: int = MOST_UNITS) -> list[tuple[Unit, Position | None]]:
    """Units by id with where they are, those after an id."""
    with live.read() as connection:
        units = store.list_units(connection, tenant, after, limit)
    return list(zip(units, positions_of(live, tenant, units)))


def positions_of(live: Live, tenant: str, units: Sequence[Unit]) -> list[Position | None]:
    """Where each unit is: by its device's last believed fix, as told, or at its station."""
    devices = [unit.device for unit in units if unit.device]
    fixes: dict[str, Position] = {}
    if devices:
        found = last_positions(live, tenant, devices, limit=len(devices))
        rows = zip(found.device.tolist(), found.lonlat.tolist(), found.time_s.tolist(), found.is_simulated.tolist())
        for device, (lon, lat), time_s, is_simulated in rows:
            told_at = datetime.fromtimestamp(time_s, UTC)
            fixes[found.device_names[device]] = Position((lon, lat), "device", told_at, is_simulated)
    return [choose_position(unit, fixes.get(unit.device)) for unit in units]


def is_on_duty(world: World, unit: Unit, now: datetime) -> bool:
    """Whether one of a unit's shifts runs now, on the city's clocks."""
    here = local_time(world, now)
    assert here is not None, "a time was given"
    return is_on_shift(unit.shifts, here)


def crew_key(caller: Caller) -> str | None:
    """The key of a crew, which writes of its own unit only; None = the desk writes."""
    return None if caller.may(DESK) else str(caller.key_id)


def check_crew(unit: Unit, crew_key: str | None) -> None:
    """Raises Denied if a crew writes of another's unit. crew_key: None = the desk writes."""
    if crew_key is not None and crew_key != unit.crew_key:
        raise Denied(
            f"this key is not that of the crew of unit {unit.id}",
            hint="the desk names it as the unit's crew_key, or the operator issues a key with the scope rescue:desk",
        )


def no_unit(unit_id: str) -> NotFound:
    """What is raised where a tenant has no such unit."""
    return NotFound(f"there is no unit {unit_id!r}", hint="GET /v1/units lists them")


def _check_free(unit: Unit, said: Mapping[str, Any]) -> None:
    if unit.emergency is not None and said.get("status", unit.status) != unit.status:
        raise Conflict(
            f"unit {unit.id} is on emergency {unit.emergency}, which tells its status",
            hint=f"PATCH /v1/emergencies/{unit.emergency}/assignments/{unit.id}",
        )


# --- hospitals ---------------------------------------------------------------------------------------------------


def put_hospital(
    live: Live, tenant: str, hospital_id: str, said: Mapping[str, Any], version: int | None, now: datetime
) -> Hospital:
    """The hospital as registered. said: fields of model.Hospital. Raises as `put_unit`."""
    with writing(live) as connection:
        before = store.find_hospital(connection, tenant, hospital_id)
        if before is None:
            if version is not None:
                raise NotFound(f"there is no hospital {hospital_id!r}", hint="leave out If-Match to register it")
            if (count := store.count_hospitals(connection, tenant)) >= MOST_HOSPITALS:
                raise TooLarge(f"{count:,} hospitals; the most is {MOST_HOSPITALS:,}", hint="delete some")
            return store.insert_hospital(connection, tenant, Hospital(hospital_id, **said), now)
        check_version(f"hospital {hospital_id}", before.version, version)
        after = Hospital(hospital_id, number=before.number, version=before.version, **said)
        stored = store.change_hospital(connection, tenant, after, now)
        return replace(stored, inbound=count_inbound(connection, tenant).get(hospital_id, 0))


def remove_hospital(live: Live, tenant: str, hospital_id: str, version: int | None) -> None:
    """Removes a hospital. Raises NotFound, Conflict if it is at another version or somebody is on the way there."""
    with writing(live) as connection:
        before = store.find_hospital(connection, tenant, hospital_id)
        if before is None:
            raise no_hospital(hospital_id)
        check_version(f"hospital {hospital_id}", before.version, version)
        if inbound := count_inbound(connection, tenant).get(hospital_id):
            raise Conflict(f"{inbound} are on the way to hospital {hospital_id}", hint='say "open": false meanwhile')
        store.delete_hospital(connection, tenant, before)


def get_hospital(live: Live, tenant: str, hospital_id: str) -> Hospital:
    """The hospital with who is on the way there. Raises NotFound if the tenant has none of that id."""
    with live.read() as connection:
        found = store.find_hospital(connection, tenant, hospital_id)
        if found is None:
            raise no_hospital(hospital_id)
        return replace(found, inbound=count_inbound(connection, tenant).get(hospital_id, 0))


def list_hospitals(live: Live, tenant: str, after: str = "", limit: int = MOST_HOSPITALS) -> list[Hospital]:
    """Hospitals by id with who is on the way there, those after an id."""
    with live.read() as connection:
        found = store.list_hospitals(connection, tenant, after, limit)
        inbound = count_inbound(connection, tenant)
    return [replace(each, inbound=inbound.get(each.id, 0)) for each in found]


def no_hospital(hospital_id: str) -> NotFound:
    """What is raised where a tenant has no such hospital."""
    return NotFound(f"there is no hospital {hospital_id!r}", hint="GET /v1/hospitals lists them")
