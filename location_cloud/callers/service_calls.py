"""The questions about calls: take one, list them, read one masked or in clear, who read it, forget the old ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import orjson

from location_cloud.callers import store
from location_cloud.callers.aml_form import check_signature, parse_form
from location_cloud.callers.masking import mask_text, masked, plain_number
from location_cloud.callers.model import SAME_NUMBER_H, Call, Located, Phone, Private, Read, Said, Sealed, Told
from location_cloud.callers.service import kept, locate
from location_cloud.callers.sources import phone_of, read_messages
from location_cloud.changes import Sent, check_repeated
from location_cloud.errors import BadQuery, Denied, NotFound, TooLarge, Unprocessable
from location_cloud.secrecy import Secrecy
from location_cloud.storage.world import World

if TYPE_CHECKING:
    from location_cloud.storage.live import Live

MESSAGES = ("aml", "aml_sms_hex", "aml_form", "sms")
"""What is said in messages, kept as it came."""

MOST_SAME_NUMBER = 20

FORGOTTEN_AT_ONCE = 500
"""In one transaction: nobody else writes meanwhile."""


def add_call(world: World, tenant: str, told: Told, sent: Sent) -> tuple[Call, bool]:
    """The call as stored, masked, and whether it is new; durable when this returns.

    A call whose place nobody can tell is kept all the same: `located` is None and its warnings say why. The same
    sent again under its Idempotency-Key gives the call that it made.

    Raises Denied for an AML form with a wrong HMAC, Unprocessable if the key was used for something else.
    """
    secrecy = kept(world).secrecy
    said = orjson.dumps(asdict(told), default=str, option=orjson.OPT_SORT_KEYS).decode()
    sent = replace(sent, digest=secrecy.mark(said))
    located, warnings = _located(world, told, told.received_at or sent.now)
    phone = located.phone if located is not None else _phone(told.said)
    private = Private(
        number=told.number or phone.number,
        words=told.words,
        phone=phone,
        sms=located.sms if located is not None else None,
        messages={name: text for name in MESSAGES if (text := getattr(told.said, name)) is not None},
    )
    number = plain_number(private.number)
    sealed = Sealed(
        received_at=told.received_at or sent.now,
        private=secrecy.seal(orjson.dumps(asdict(private)), tenant),
        located=None if located is None else _without_person(located),
        warnings=warnings,
        source=told.source,
        is_simulated=told.is_simulated,
        mark=secrecy.mark(number) if number else "",
    )
    with world.live.write() as connection:
        found = store.find_request(connection, tenant, sent.request) if sent.request else None
        if found is not None:
            call_id, digest = found
            check_repeated(f"call {call_id}", digest, sent)
        else:
            call_id = store.insert_call(connection, tenant, sealed, sent.request or None, sent.digest)
    return get_call(world, tenant, call_id), found is None


def take_form(world: World, tenant: str, told: Told, sent: Sent) -> tuple[Call, bool]:
    """A phone's AML form as a call, as `add_call`; only a proven one.

    Raises Denied for a wrong or missing HMAC and where no key was agreed, BadQuery for what is no form.
    """
    keys = kept(world).aml_keys
    if not keys:
        raise Denied("no AML form can be proven here: there is no key", hint="the operator sets aml_key_file")
    text = told.said.aml_form or ""
    check_signature(text, keys)
    parse_form(text)
    return add_call(world, tenant, told, sent)


def get_call(world: World, tenant: str, call_id: int) -> Call:
    """The call, masked. Raises NotFound if the tenant has none of that id."""
    call = _open(world, tenant, call_id)
    return replace(call, private=masked(call.private))


def read_in_clear(world: World, tenant: str, call_id: int, who: str, now: datetime) -> Call:
    """The call with its personal data, after it is written down durably who read it. Raises NotFound."""
    call = _open(world, tenant, call_id)
    with world.live.write() as connection:
        store.append_read(connection, tenant, call_id, now, who)
    return call


def list_calls(
    world: World, tenant: str, since: datetime | None, until: datetime | None, after: int, limit: int
) -> list[Call]:
    """Calls by rising id, masked."""
    secrecy = kept(world).secrecy
    with world.live.read() as connection:
        found = store.list_calls(connection, tenant, since, until, after, limit)
    opened = (_opened(secrecy, tenant, sealed) for sealed in found)
    return [replace(call, private=masked(call.private)) for call in opened]


def list_reads(live: Live, tenant: str, call_id: int, after: int, limit: int) -> list[Read]:
    """Who read a call in clear, oldest first; also after the call was forgotten."""
    with live.read() as connection:
        return store.list_reads(connection, tenant, call_id, after, limit)


def forget(live: Live, kept_days: float, now: datetime, should_stop: Callable[[], bool] = lambda: False) -> int:
    """Removes calls and reads that are older than they are kept, of all tenants; how many rows."""
    gone = 0
    while not should_stop():
        with live.write(counted=False) as connection:
            few = store.delete_before(connection, now - timedelta(days=kept_days), FORGOTTEN_AT_ONCE)
        gone += few
        if few < FORGOTTEN_AT_ONCE:
            break
    return gone


# --- parts -------------------------------------------------------------------------------------------------------


def _located(world: World, told: Told, at: datetime) -> tuple[Located | None, tuple[str, ...]]:
    said = told.said
    if said == Said():
        if not told.words:
            return None, ("nothing says a position",)
        said = Said(sms=told.words)
    try:
        return locate(world, said, now=at), ()
    except (BadQuery, TooLarge, Unprocessable) as error:  # the call is kept, whatever its phone sent
        return None, (mask_text(error.detail),)


def _phone(said: Said) -> Phone:
    """What messages tell of a phone that they do not place."""
    try:
        return phone_of([message for _, message in read_messages(said)])
    except BadQuery:
        return Phone()


def _without_person(located: Located) -> dict[str, Any]:
    told = asdict(located)
    del told["phone"], told["sms"]
    told["warnings"] = [mask_text(warning) for warning in located.warnings]
    plain: dict[str, Any] = orjson.loads(orjson.dumps(told, option=orjson.OPT_UTC_Z))
    return plain


def _open(world: World, tenant: str, call_id: int) -> Call:
    secrecy = kept(world).secrecy
    around = timedelta(hours=SAME_NUMBER_H)
    with world.live.read() as connection:
        sealed = store.find_call(connection, tenant, call_id)
        if sealed is None:
            raise NotFound(f"there is no call {call_id}", hint="GET /v1/calls lists them")
        first, last = sealed.received_at - around, sealed.received_at + around
        same = (
            store.list_same_number(connection, tenant, sealed.mark, first, last, MOST_SAME_NUMBER)
            if sealed.mark
            else []
        )
    return replace(_opened(secrecy, tenant, sealed), same_number=tuple(each for each in same if each != call_id))


def _opened(secrecy: Secrecy, tenant: str, sealed: Sealed) -> Call:
    told = orjson.loads(secrecy.open(sealed.private, tenant))
    told["phone"] = Phone(**told["phone"])
    return Call(
        id=sealed.id,
        received_at=sealed.received_at,
        private=Private(**told),
        located=sealed.located,
        warnings=sealed.warnings,
        source=sealed.source,
        is_simulated=sealed.is_simulated,
    )
