"""Who reported a case: kept encrypted, read in clear only with a line about who read it, forgotten in time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import orjson

from location_cloud.cases import store_persons as store
from location_cloud.cases.model import Read, Reporter
from location_cloud.cases.store import find_case
from location_cloud.errors import NotFound, NotReady
from location_cloud.secrecy import Secrecy
from location_cloud.storage.world import World

if TYPE_CHECKING:
    from location_cloud.storage.live import Live

FORGOTTEN_AT_ONCE = 500


def keep_reporter(world: World, connection: Any, tenant: str, case_id: int, reporter: Reporter, at: float) -> None:
    """Writes down who reported a case, within its transaction. Raises NotReady if the key is not here."""
    secrecy = secrecy_of(world)
    number = "".join(each for each in reporter.phone if each.isdigit())
    private = secrecy.seal(orjson.dumps(asdict(reporter)), _owner(tenant, case_id))
    store.insert_person(connection, tenant, case_id, at, private, secrecy.mark(number) if number else "")


def read_reporter(world: World, tenant: str, case_id: int, who: str, now: datetime) -> Reporter:
    """Who reported a case, in clear, after it is written down durably who read it. Raises NotFound."""
    secrecy = secrecy_of(world)
    with world.live.read() as connection:
        private = store.find_person(connection, tenant, case_id)
    if private is None:
        raise NotFound(f"nobody is known to have reported case {case_id}", hint="GET /v1/cases lists cases")
    with world.live.write() as connection:
        store.append_read(connection, tenant, case_id, now.timestamp(), who)
    return Reporter(**orjson.loads(secrecy.open(private, _owner(tenant, case_id))))


def list_reads(live: Live, tenant: str, case_id: int, after: int, limit: int) -> list[Read]:
    """Who read a case's reporter in clear, oldest first. Raises NotFound if there is no such case."""
    with live.read() as connection:
        if find_case(connection, tenant, case_id) is None:
            raise NotFound(f"there is no case {case_id}", hint="GET /v1/cases lists them")
        return store.list_reads(connection, tenant, case_id, after, limit)


def list_of_phone(world: World, tenant: str, phone: str, limit: int = 100) -> list[int]:
    """Cases that a phone number reported, the newest first."""
    number = "".join(each for each in phone if each.isdigit())
    with world.live.read() as connection:
        return store.list_of_mark(connection, tenant, secrecy_of(world).mark(number), limit) if number else []


def forget(live: Live, kept_days: float, now: datetime, should_stop: Callable[[], bool] = lambda: False) -> int:
    """Removes reporters who were told longer ago than they are kept, of all tenants; how many."""
    before, gone = (now - timedelta(days=kept_days)).timestamp(), 0
    while not should_stop():
        with live.write(counted=False) as connection:
            few = store.delete_before(connection, before, FORGOTTEN_AT_ONCE)
        gone += few
        if few < FORGOTTEN_AT_ONCE:
            break
    return gone


def _owner(tenant: str, case_id: int) -> str:
    return f"{tenant}/case/{case_id}"


def secrecy_of(world: World) -> Secrecy:
    """The keys of personal data. Raises NotReady if they are not here."""
    kept = world.overlay["cases"] if world.overlay else None
    if kept is None or kept.secrecy is None:
        raise NotReady("the key of personal data cannot be used", hint="the server's log says why (secret_key_file)")
    found: Secrecy = kept.secrecy
    return found
