"""Requests that were reported by words for their place alone: kept, placed by an acceptor, or discarded."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import orjson

from location_cloud.cases import store_tokens as store
from location_cloud.cases.model import Actor, Case, Reporter
from location_cloud.cases.model_open311 import MOST_WAITING, Waiting
from location_cloud.cases.service import get_in, join_case, place_case, writing
from location_cloud.cases.service_persons import secrecy_of
from location_cloud.cases.store import find_request
from location_cloud.cases.store_tokens import Row
from location_cloud.changes import check_repeated
from location_cloud.errors import Conflict, Denied, NotFound, TooLarge
from location_cloud.storage.wake import wake_worker
from location_cloud.storage.world import World

if TYPE_CHECKING:
    from location_cloud.storage.live import Live

FORGOTTEN_AT_ONCE = 500


def keep_waiting(world: World, tenant: str, said: Mapping[str, Any], actor: Actor) -> tuple[str, bool]:
    """The token of a request without a position, and whether it is new; durable when this returns.

    said: as `service.add_case` takes it, without lonlat. Raises TooLarge over the ceiling, Unprocessable for a used
    request key, NotReady if the key of personal data is not here.
    """
    token = secrets.token_hex(16)
    told = orjson.dumps({**said, "reporter": asdict(said["reporter"])})
    private = secrecy_of(world).seal(told, _owner(tenant, token))
    with writing(world.live) as connection:
        if actor.request:
            if (found := store.find_token_of_request(connection, tenant, actor.request)) is not None:
                check_repeated(f"token {found.token}", found.digest, actor)
                return found.token, False
            if (sent := find_request(connection, tenant, actor.request)) is not None:
                check_repeated(f"case {sent[0].case}", sent[1], actor)
        if store.count_waiting(connection, tenant) >= MOST_WAITING:
            raise TooLarge(f"{MOST_WAITING:,} requests wait for a place", hint="send lat and long")
        at = actor.now.timestamp()
        row = Row(0, token, at, actor.who, said["class"], None, actor.digest or None, private)
        store.insert_token(connection, tenant, row, actor.request)
    return token, True


def get_token(live: Live, tenant: str, token: str) -> int | None:
    """The case that a request became, None = it waits. Raises NotFound."""
    with live.read() as connection:
        found = store.find_token(connection, tenant, token)
    if found is None:
        raise NotFound(f"token {token[:40]} was not found", hint="it is what POST requests has answered with")
    return found.case


def list_waiting(world: World, tenant: str, after: int, limit: int, actor: Actor) -> list[Waiting]:
    """Requests without a place, oldest first. Raises Denied for who is neither acceptor nor leader."""
    _check_desk(actor)
    with world.live.read() as connection:
        rows = store.list_waiting(connection, tenant, after, limit)
    return [_waiting(world, tenant, row) for row in rows]


def place(world: World, tenant: str, token: str, lonlat: tuple[float, float], actor: Actor) -> tuple[Case, bool]:
    """The case that a request becomes there, and whether it did so now; durable when this returns.

    Raises Denied, NotFound, Conflict for one that lies elsewhere already, and as `service.place_case`.
    """
    _check_desk(actor)
    with world.live.read() as connection:
        row = _row(connection, tenant, token)
        if row.case is not None:
            return _placed(connection, tenant, row, lonlat), False
    waiting = _waiting(world, tenant, row)
    said = {**waiting.said, "lonlat": lonlat, "created": waiting.at, "source_id": token}
    reporter = Reporter(**said.pop("reporter"))
    case = place_case(world, tenant, said, actor)
    with writing(world.live) as connection:
        row = _row(connection, tenant, token)
        if row.case is not None:
            return _placed(connection, tenant, row, lonlat), False
        stored = join_case(world, connection, tenant, case, actor, reporter)
        store.set_case(connection, tenant, row.id, stored.id)
    wake_worker(world.home)
    return stored, True


def discard(live: Live, tenant: str, token: str, actor: Actor) -> None:
    """Removes a request that is none. Raises Denied, NotFound, Conflict for one that has become a case."""
    _check_desk(actor)
    with writing(live) as connection:
        row = _row(connection, tenant, token)
        if row.case is not None:
            raise Conflict(f"token {token} is case {row.case}", hint="reject the case instead", case=row.case)
        store.remove_token(connection, tenant, row.id)


def forget_tokens(live: Live, kept_days: float, now: datetime, should_stop: Callable[[], bool] = lambda: False) -> int:
    """Removes requests that waited longer than reporters are kept, of all tenants; how many."""
    before, gone = (now - timedelta(days=kept_days)).timestamp(), 0
    while not should_stop():
        with live.write(counted=False) as connection:
            few = store.delete_tokens_before(connection, before, FORGOTTEN_AT_ONCE)
        gone += few
        if few < FORGOTTEN_AT_ONCE:
            break
    return gone


def _row(connection: Any, tenant: str, token: str) -> Row:
    found = store.find_token(connection, tenant, token)
    if found is None:
        raise NotFound(f"there is no request {token}", hint="GET /v1/cases/all/unplaced lists them")
    return found


def _placed(connection: Any, tenant: str, row: Row, lonlat: tuple[float, float]) -> Case:
    """The case that a request is already, if it lies there. Raises Conflict."""
    assert row.case is not None
    case = get_in(connection, tenant, row.case)
    if case.lonlat != lonlat:
        raise Conflict(f"it is case {case.id} already, at {case.lonlat}", hint="correct the case", case=case.id)
    return case


def _waiting(world: World, tenant: str, row: Row) -> Waiting:
    said = orjson.loads(secrecy_of(world).open(row.private, _owner(tenant, row.token)))
    return Waiting(row.id, row.token, row.at, row.who, row.class_code, said, row.case)


def _check_desk(actor: Actor) -> None:
    if actor.roles.isdisjoint(("acceptor", "leader")) or actor.areas:
        raise Denied(
            "acceptors and leaders of the whole tenant place requests",
            hint="keys carry cases:acceptor or cases:leader, and no area",
        )


def _owner(tenant: str, token: str) -> str:
    return f"{tenant}/open311/{token}"
