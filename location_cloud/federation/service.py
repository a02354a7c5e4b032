"""The questions about peers: agree on an exchange, change it, see how it goes, exchange keys, end it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from location_cloud.cases.service import writing
from location_cloud.changes import check_version
from location_cloud.errors import BadQuery, Conflict, NotFound, NotReady, TooLarge, VersionNeeded
from location_cloud.federation import store, store_copies, store_queue, store_requests
from location_cloud.federation.model import MOST_KEYS, MOST_PEERS, Agreement, Contact, Kept, Key, Peer, Waiting
from location_cloud.federation.signing import name_of_secret
from location_cloud.storage.wake import wake_worker
from location_cloud.storage.world import World

if TYPE_CHECKING:
    from location_cloud.storage.live import Live

SENT_AGAIN = ("case", "class", "grid", "indicators")
"""Kinds that may be sent any number of times. What is asked and answered goes on from where it was."""


def kept_of(world: World) -> Kept:
    """What this process keeps. Raises NotReady if the key file cannot be used."""
    kept: Kept | None = world.overlay["federation"] if world.overlay else None
    if kept is None:
        raise NotReady("the key of peers' secrets cannot be used", hint="the server's log says why (secret_key_file)")
    return kept


def list_peers(live: Live, tenant: str, kept: Kept) -> list[Peer]:
    """The tenant's peers by name."""
    with live.read() as connection:
        return store.list_peers(connection, tenant, kept)


def get_peer(live: Live, tenant: str, name: str, kept: Kept) -> Peer:
    """The peer of that name. Raises NotFound."""
    with live.read() as connection:
        return get_in(connection, tenant, name, kept)


def get_in(connection: Any, tenant: str, name: str, kept: Kept) -> Peer:
    """The same within a transaction."""
    found = store.find_peer(connection, tenant, name, kept)
    if found is None:
        raise NotFound(f"there is no peer {name}", hint="GET /v1/federation lists them")
    return found


def own_origin(live: Live, tenant: str) -> str:
    """What this tenant of this installation is called among peers; made at the first question."""
    with live.read() as connection:
        found = store.find_origin(connection, tenant)
    if found is not None:
        return found
    with writing(live) as connection:
        found = store.find_origin(connection, tenant)
        if found is None:
            found = secrets.token_hex(8)
            store.insert_origin(connection, tenant, found)
    return found


def put_peer(
    live: Live,
    tenant: str,
    name: str,
    agreement: Agreement,
    kept: Kept,
    now: datetime,
    version: int | None = None,
    is_told: bool = False,
    secret: str | None = None,
) -> tuple[Peer, bool]:
    """The peer as stored, and whether it is new; durable when this returns. A new one gets a first key.

    secret: of that key, where the other side made it; None = a random one. version, is_told: as of settings: which one
    is changed, and whether that was named. Without api_key a change keeps the one that is there.

    Raises BadQuery for what cannot be, NotFound, Conflict, VersionNeeded, TooLarge over the ceiling.
    """
    check_agreement(agreement)
    with writing(live) as connection:
        before = store.find_peer(connection, tenant, name, kept)
        if before is None:
            if version is not None:
                raise NotFound(f"there is no peer {name}", hint="send it without If-Match to add it")
            if len(store.list_peers(connection, tenant, kept)) >= MOST_PEERS:
                raise TooLarge(f"a tenant has up to {MOST_PEERS:,} peers", hint="remove those that are not used")
            peer = Peer(name, agreement, (new_key(now, secret),))
            return store.insert_peer(connection, tenant, peer, kept), True
        if not is_told:
            raise VersionNeeded(f"peer {name} is there already", hint=f'send If-Match: "{before.version}", or *')
        check_version(f"peer {name}", before.version, version)
        agreement = replace(agreement, api_key=agreement.api_key or before.agreement.api_key)
        after = store.change_peer(connection, tenant, replace(before, agreement=agreement), kept)
        if _scope(before.agreement) != _scope(agreement):  # more may be shared from now on: look at everything again
            store.keep_seen(connection, tenant, name, 0, 0)
        store.keep_contact(connection, tenant, name, replace(before.contact, next_attempt=0.0))
    return after, False


def remove_peer(live: Live, tenant: str, name: str, version: int | None, kept: Kept) -> Peer:
    """The peer that was removed, with what waited for it and the copies of its things. Raises NotFound, Conflict."""
    with writing(live) as connection:
        before = get_in(connection, tenant, name, kept)
        check_version(f"peer {name}", before.version, version)
        store.delete_peer(connection, tenant, name)
        store_queue.delete_queue(connection, tenant, name)
        store_copies.delete_copies(connection, tenant, name, [before.origin])
        store_requests.delete_requests(connection, tenant, name)
    return before


def add_key(
    live: Live, tenant: str, name: str, kept: Kept, now: datetime, version: int | None, secret: str | None = None
) -> tuple[Peer, Key]:
    """The peer and its new key. The newest key signs; the one before stays valid until the next.

    secret: where the other side made it. Raises NotFound, Conflict.
    """
    with writing(live) as connection:
        before = get_in(connection, tenant, name, kept)
        check_version(f"peer {name}", before.version, version)
        key = new_key(now, secret)
        if any(each.id == key.id for each in before.keys):
            raise Conflict(f"peer {name} has that key", hint="each key is another")
        keys = (key, *before.keys)[:MOST_KEYS]
        return store.change_peer(connection, tenant, replace(before, keys=keys), kept), key


def forget_origin(live: Live, tenant: str, name: str, kept: Kept, version: int | None) -> Peer:
    """The peer, whose next contact may be from another instance than before, as after it was installed anew."""
    with writing(live) as connection:
        before = get_in(connection, tenant, name, kept)
        check_version(f"peer {name}", before.version, version)
        return store.change_peer(connection, tenant, replace(before, origin=""), kept)


def state_of(live: Live, tenant: str, peer: Peer, now: datetime) -> dict[str, Any]:
    """How the exchange with a peer goes: what waits, since when, what came, what failed."""
    with live.read() as connection:
        counts = store_queue.count_states(connection, tenant, peer.name)
        copies = store_copies.count_copies(connection, tenant, peer.name)
        asked = store_requests.count_waiting(connection, tenant, peer.name)
    waiting, since = counts.get("waiting", (0, now.timestamp()))
    return {
        **vars(peer.contact),
        "waiting": waiting,
        "lag_s": round(max(now.timestamp() - since, 0.0), 3) if waiting else 0.0,
        "dead": counts.get("dead", (0, 0.0))[0],
        "sent": counts.get("done", (0, 0.0))[0],
        "copies": copies,
        "unanswered": asked,
    }


def list_dead(live: Live, tenant: str, name: str, after: int, limit: int) -> list[Waiting]:
    """What the peer refused, or what cannot be sent, by rising number."""
    with live.read() as connection:
        return store_queue.list_state(connection, tenant, name, "dead", after, limit)


def try_again(live: Live, tenant: str, name: str, kept: Kept, number: int | None, now: datetime) -> int:
    """How many dead letters wait again: that one, or all for None. Raises NotFound if there is none of that number."""
    with writing(live) as connection:
        peer = get_in(connection, tenant, name, kept)
        chosen = [
            each
            for each in store_queue.list_state(connection, tenant, name, "dead", 0, 1_000_000)
            if number is None or each.number == number
        ]
        if number is not None and not chosen:
            raise NotFound(f"there is no dead letter {number}", hint=f"GET /v1/federation/{name}/dead lists them")
        for kind in dict.fromkeys(each.kind for each in chosen):
            marks = {each.object: each.digest for each in chosen if each.kind == kind}
            store_queue.mark(connection, tenant, name, kind, marks, now.timestamp())
        store.keep_contact(connection, tenant, name, replace(peer.contact, next_attempt=0.0))
    return len(chosen)


def send_again(live: Live, tenant: str, name: str, kept: Kept) -> int:
    """How many things are sent anew from the beginning, as after the peer lost its store."""
    with writing(live) as connection:
        peer = get_in(connection, tenant, name, kept)
        count = store_queue.send_again(connection, tenant, name, SENT_AGAIN)  # type: ignore[arg-type]  # kinds by name
        store.keep_contact(connection, tenant, name, replace(peer.contact, next_attempt=0.0))
    return count


def hurry(world: World, tenant: str, name: str) -> None:
    """The next exchange is tried at once, whatever failed before. Raises NotFound."""
    with writing(world.live) as connection:
        peer = get_in(connection, tenant, name, kept_of(world))
        store_queue.hurry(connection, tenant, name)
        store.keep_contact(connection, tenant, name, replace(peer.contact, next_attempt=0.0))
    wake_worker(world.home)


def keep_contact(live: Live, tenant: str, name: str, contact: Contact) -> None:
    """Writes down how the exchange goes; no answer is made from it that is asked by version."""
    with live.write(counted=False) as connection:
        store.keep_contact(connection, tenant, name, contact)


def check_agreement(agreement: Agreement) -> None:
    """Raises BadQuery for what cannot be agreed."""
    url = urlsplit(agreement.address)
    if agreement.direction == "passive":
        if agreement.address:
            raise BadQuery("a passive peer is not called", hint="leave address out, or choose push, pull or both")
    elif url.scheme not in ("http", "https") or not url.hostname or url.username or url.query or url.fragment:
        raise BadQuery(
            f"address={agreement.address[:80]!r} is no address of a server", hint="such as https://city.example.org"
        )
    elif not agreement.remote:
        raise BadQuery("remote is missing: our name at the peer", hint="the name under which the peer put us")
    both = set(agreement.sends) & set(agreement.takes) - {"cases", "indicators"}
    if both:
        raise BadQuery(
            f"{min(both)} goes both ways", hint="one side owns classes and each scheme of grids, and sends them"
        )


def new_key(now: datetime, secret: str | None = None) -> Key:
    """A key of 256 random bits, or of a secret that was agreed; its id tells nothing of it."""
    text = secret or secrets.token_urlsafe(32)
    return Key(name_of_secret(text), text, now.timestamp())


def _scope(agreement: Agreement) -> Mapping[str, Any]:
    return {name: getattr(agreement, name) for name in ("sends", "areas", "departments")}
