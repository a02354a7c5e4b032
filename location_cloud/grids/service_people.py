"""Who answers for a grid: told by date, kept encrypted, phones masked; read in clear only with a line about who did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from location_cloud.changes import Sent, check_version
from location_cloud.errors import Conflict, NotFound, NotReady, TooLarge
from location_cloud.grids import service, store
from location_cloud.grids import store_people as people_store
from location_cloud.grids.model import Grid, Scheme
from location_cloud.grids.model_people import MOST_PEOPLE, NewPerson, People, Person, PhoneRead, SealedPerson
from location_cloud.secrecy import Secrecy
from location_cloud.storage.live import next_version

if TYPE_CHECKING:
    from location_cloud.storage.live import Live
    from location_cloud.storage.world import World

SHOWN_FIRST, SHOWN_LAST = 3, 4
"""Digits of a number that lists show, as those of calls: 138****1234."""


def get_people(world: World, tenant: str, scheme: Scheme, code: str, day: date | None) -> People:
    """Who answers for a grid on a day, masked; None = all who ever did, the first one first.

    Raises NotFound if there never was such a grid, NotReady if the key is not here.
    """
    with world.live.read() as connection:
        _check_known(connection, tenant, scheme, code)
        rows = people_store.list_people(connection, tenant, scheme, code)
    return _opened(_secrecy(world), tenant, code, rows, day, is_clear=False)


def get_in_clear(world: World, tenant: str, scheme: Scheme, code: str, day: date | None, sent: Sent) -> People:
    """The same with phones in clear, after it is written down durably who read them."""
    secrecy = _secrecy(world)
    with world.live.write(counted=False) as connection:
        _check_known(connection, tenant, scheme, code)
        people_store.append_read(connection, tenant, scheme, code, sent.now.timestamp(), sent.who)
        rows = people_store.list_people(connection, tenant, scheme, code)
    return _opened(secrecy, tenant, code, rows, day, is_clear=True)


def list_reads(live: Live, tenant: str, scheme: Scheme, code: str, after: int, limit: int) -> list[PhoneRead]:
    """Who read the phones of a grid in clear, oldest first. Raises NotFound."""
    with live.read() as connection:
        _check_known(connection, tenant, scheme, code)
        return people_store.list_reads(connection, tenant, scheme, code, after, limit)


def who_answers(
    world: World, tenant: str, scheme: Scheme, lonlat: tuple[float, float], day: date
) -> tuple[Grid, People] | None:
    """The grid that holds a point (degrees) on a day, and who answers for it then; None where there is no grid."""
    grid = service.locate(world.live, tenant, scheme, lonlat, day)
    return None if grid is None else (grid, get_people(world, tenant, scheme, grid.code, day))


def set_people(
    world: World,
    tenant: str,
    scheme: Scheme,
    code: str,
    version: int | None,
    told: Sequence[NewPerson],
    valid_from: date,
    sent: Sent,
) -> tuple[People, bool]:
    """(who answers for a grid from a day on, whether it was not sent before): these, and nobody else.

    Who is told again as they were goes on; others end on that day. version: of `People` that was read, None = any.

    Raises NotFound if no such grid holds on that day, Conflict for another version or a day before a change that is
    there already, TooLarge, NotReady if the key is not here.
    """
    if len(told) > MOST_PEOPLE:
        raise TooLarge(f"{len(told)} people of one grid; the most is {MOST_PEOPLE}", hint="name a team instead")
    secrecy, owner = _secrecy(world), _owner(tenant, code)
    sent = replace(sent, digest=secrecy.mark(sent.digest))  # a plain hash of a phone is found by trying all
    with world.live.write() as connection:
        next_version(connection)  # who changes them at the same moment waits here, and then sees this change
        service.get_of_day(connection, tenant, scheme, code, valid_from)
        rows = people_store.list_people(connection, tenant, scheme, code)
        is_new = not service.was_sent(connection, tenant, sent)
        if is_new:
            check_version(f"who answers for {scheme} grid {code}", _version(rows), version)
            ended, added = _compared(secrecy, owner, rows, told, valid_from)
            number = _version(rows) + 1
            sealed = [_sealed(secrecy, owner, each) for each in added]
            people_store.end_people(connection, tenant, ended, valid_from, number)
            people_store.insert_people(connection, tenant, scheme, code, sealed, valid_from, number)
            store.write_log(connection, tenant, scheme, [code], "people", valid_from, sent)
            rows = people_store.list_people(connection, tenant, scheme, code)
    return _opened(secrecy, tenant, code, rows, valid_from, is_clear=False), is_new


def forget_phones(live: Live, day: date) -> int:
    """Removes phones of those who answer no longer on a day, of all tenants; how many. Names and days stay."""
    with live.write(counted=False) as connection:
        return people_store.forget_phones(connection, day)


def _compared(
    secrecy: Secrecy, owner: str, rows: Sequence[SealedPerson], told: Sequence[NewPerson], day: date
) -> tuple[list[int], list[NewPerson]]:
    """(ids of rows that end on a day, people who begin on it). Raises Conflict if something changes later already."""
    later = [edge for row in rows for edge in (row.valid_from, row.valid_to) if edge is not None and edge > day]
    if later:
        raise Conflict(f"who answers changes on {max(later)} already", hint="say who answers from that day on or later")
    added, ended = list(told), []
    for row in rows:
        if row.answers_on(day):
            person = _open(secrecy, owner, row, is_clear=True)
            known = NewPerson(person.role, person.name, person.team, person.phone)
            if known in added:
                added.remove(known)
            else:
                ended.append(row.id)
    return ended, added


def _opened(
    secrecy: Secrecy, tenant: str, code: str, rows: Sequence[SealedPerson], day: date | None, is_clear: bool
) -> People:
    shown = [row for row in rows if row.valid_from != row.valid_to and (day is None or row.answers_on(day))]
    people = tuple(_open(secrecy, _owner(tenant, code), row, is_clear) for row in shown)
    return People(code, _version(rows), people)


def _open(secrecy: Secrecy, owner: str, row: SealedPerson, is_clear: bool) -> Person:
    name = secrecy.open(row.name, owner).decode()
    phone = "" if row.phone is None else secrecy.open(row.phone, owner).decode()
    return Person(row.role, name, row.team, phone if is_clear else _masked(phone), row.valid_from, row.valid_to)


def _sealed(secrecy: Secrecy, owner: str, person: NewPerson) -> tuple[str, str, bytes, bytes | None]:
    phone = secrecy.seal(person.phone.encode(), owner) if person.phone else None
    return person.role, person.team, secrecy.seal(person.name.encode(), owner), phone


def _masked(phone: str) -> str:
    digits = "".join(char for char in phone if char.isalnum())
    if len(digits) < SHOWN_FIRST + SHOWN_LAST + 2:
        return "*" * min(len(digits), 8)
    return f"{digits[:SHOWN_FIRST]}****{digits[-SHOWN_LAST:]}"


def _version(rows: Sequence[SealedPerson]) -> int:
    return max((max(row.begun, row.ended) for row in rows), default=0)


def _check_known(connection: Any, tenant: str, scheme: Scheme, code: str) -> None:
    if not store.list_spans(connection, tenant, scheme, code):
        raise NotFound(f"there is no {scheme} grid {code[:40]!r}", hint=f"list them: GET /v1/grids/{scheme}")


def _owner(tenant: str, code: str) -> str:
    return f"{tenant}/grid/{code}"


def _secrecy(world: World) -> Secrecy:
    kept = world.overlay["grids"] if world.overlay else None
    if kept is None or kept.secrecy is None:
        raise NotReady("the key of personal data cannot be used", hint="the server's log says why (secret_key_file)")
    found: Secrecy = kept.secrecy
    return found
