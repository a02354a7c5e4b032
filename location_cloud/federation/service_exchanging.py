"""One exchange with a peer, seen from both ends: who calls sends a batch and gets one back, until nothing waits.

Whatever is lost on the way, either end may be killed at any moment: what was not said to be taken is sent again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from location_cloud.errors import CloudError, Conflict, Denied, NotFound
from location_cloud.federation import store, store_copies
from location_cloud.federation.model import MOST_MESSAGES, MOST_ROUNDS, Agreement, Batch, Kept, LineError, Peer, Result
from location_cloud.federation.service import get_peer, keep_contact, own_origin
from location_cloud.federation.service_files import keep_copy, list_wanted, read_own, recount
from location_cloud.federation.service_sending import collect, offer, settle, waiting_s
from location_cloud.federation.service_taking import take
from location_cloud.federation.signing import WINDOW_S, Signed, check_signature
from location_cloud.federation.wire import read_batch, write_batch
from location_cloud.storage.world import World

if TYPE_CHECKING:
    from location_cloud.storage.live import Live

log = logging.getLogger(__name__)


class Line(Protocol):
    """The way to a peer that is called. Every method raises LineError where it is not reached or refuses."""

    def exchange(self, batch: bytes) -> bytes:
        """The peer's batch for ours."""

    def find_file(self, case: str, digest: str) -> bytes | None:
        """Bytes of a file of the peer's case; None where it has not got them either."""

    def send_file(self, case: str, digest: str, content: bytes) -> None:
        """Bytes of a file of ours for the peer's copy."""


@dataclass(frozen=True)
class Done:
    """What one exchange came to: messages that the peer took, and messages of its that were taken."""

    sent: int = 0
    taken: int = 0
    refused: int = 0
    files: int = 0


# --- who calls ---------------------------------------------------------------------------------------------------


def exchange(
    world: World,
    tenant: str,
    name: str,
    kept: Kept,
    line: Line,
    clock: Callable[[], datetime],
    chance: Callable[[], float],
    should_stop: Callable[[], bool] = lambda: False,
) -> Done:
    """Sends what waits for a peer and takes what it has, until nothing is left or it was enough for one time.

    chance: 0 to 1, by which waits differ. Raises LineError, NotFound; what was done until then is done.
    """
    live, done = world.live, Done()
    results: tuple[Result, ...] = ()
    origin = own_origin(live, tenant)
    peer = get_peer(live, tenant, name, kept)
    pushes, pulls = (peer.agreement.direction in (each, "both") for each in ("push", "pull"))
    for _ in range(MOST_ROUNDS):
        now = clock()
        collect(live, tenant, peer, kept, now)
        messages = tuple(offer(live, tenant, peer, now)) if pushes else ()
        wants = list_wanted(live, world.home, tenant, peer) if pulls else ()
        most = MOST_MESSAGES if pulls else 0
        batch = Batch(origin, now.timestamp(), messages, tuple(results), wants, most, peer.contact.schema)
        answer = _answer(line.exchange(write_batch(batch)))
        peer = _known(live, tenant, peer, answer.origin, origin, kept)
        sent = settle(live, tenant, peer, answer.results, clock(), chance())
        results = tuple(take(world, tenant, peer, answer.messages, clock()))
        files = _send_files(world, tenant, peer, answer, line, clock()) + _fetch_files(world, tenant, peer, line)
        taken = sum(result.fate == "taken" for result in results)
        refused = sum(result.fate == "refused" for result in (*results, *answer.results))
        done = Done(done.sent + sent, done.taken + taken, done.refused + refused, done.files + files)
        if should_stop() or not (sent or results or files):
            break
    return done


def attempt(
    world: World,
    tenant: str,
    name: str,
    kept: Kept,
    open_line: Callable[[Peer], Line],
    clock: Callable[[], datetime],
    chance: Callable[[], float],
    every_s: float,
    should_stop: Callable[[], bool] = lambda: False,
) -> str:
    """One exchange, written down with how it went and when the next one is due; what was wrong, "" = nothing."""
    peer = get_peer(world.live, tenant, name, kept)
    wrong = ""
    try:
        exchange(world, tenant, name, kept, open_line(peer), clock, chance, should_stop)
    except LineError as error:
        wrong = str(error)
    except CloudError as error:
        wrong = error.detail
    now = clock().timestamp()
    before = get_peer(world.live, tenant, name, kept).contact
    if wrong:
        wait = waiting_s(before.failures, chance())
        after = replace(before, failures=before.failures + 1, last_error=wrong[:500], next_attempt=now + wait)
    else:
        after = replace(before, failures=0, last_error="", next_attempt=now + every_s, last_contact=now)
    keep_contact(world.live, tenant, name, replace(after, last_attempt=now))
    return wrong


def _answer(text: bytes) -> Batch:
    try:
        return read_batch(text)
    except CloudError as error:
        raise LineError(f"its answer cannot be read: {error.detail}") from None


def _send_files(world: World, tenant: str, peer: Peer, answer: Batch, line: Line, now: datetime) -> int:
    sent = 0
    for case, digest in answer.wants:
        try:
            content = read_own(world.live, world.home, tenant, peer, int(case), digest, now)
        except CloudError as error:
            log.warning("peer %s wants file %s of case %s: %s", peer.name, digest, case, error)
            continue
        line.send_file(case, digest, content)
        sent += 1
    return sent


def _fetch_files(world: World, tenant: str, peer: Peer, line: Line) -> int:
    fetched = 0
    if peer.agreement.direction not in ("pull", "both"):
        return 0
    for case, digest in list_wanted(world.live, world.home, tenant, peer):
        content = line.find_file(case, digest)
        if content is not None:
            keep_copy(world.live, world.home, tenant, peer, int(case), digest, content)
            fetched += 1
            continue
        with world.live.read() as connection:
            copy = store_copies.find_copy(connection, tenant, peer.origin, "case", case)
        if copy is not None:
            recount(world.live, world.home, tenant, copy, frozenset({digest}))
    return fetched


# --- who is called -----------------------------------------------------------------------------------------------


def check_caller(
    live: Live, tenant: str, name: str, kept: Kept, signed: Signed, method: str, path: str, body: bytes, now: datetime
) -> Peer:
    """The peer that signed a request, once. Raises Denied, also for a peer that there is none of."""
    try:
        peer = get_peer(live, tenant, name, kept)
    except NotFound:
        peer = Peer(name, Agreement())  # without a key: refused as a wrong signature is
    nonce, at = check_signature(peer.keys, signed, method, path, body, now.timestamp())
    if not peer.agreement.is_active:
        raise Denied(f"the exchange with {name} is switched off here", hint="ask its operator")
    with live.write(counted=False) as connection:
        is_new = store.use_nonce(connection, tenant, name, nonce, at, now.timestamp() - 2 * WINDOW_S)
    if not is_new:
        raise Denied("this very request was sent before", hint="sign each one anew, with another nonce")
    return peer


def receive(world: World, tenant: str, peer: Peer, text: bytes, kept: Kept, now: datetime, chance: float) -> bytes:
    """Our batch for that of a peer who called; what it says is taken is durable.

    Raises BadQuery, Unprocessable for what cannot be read, Conflict for another instance than before.
    """
    live = world.live
    batch = read_batch(text)
    origin = own_origin(live, tenant)
    try:
        peer = _known(live, tenant, peer, batch.origin, origin, kept)
    except LineError as error:
        raise Conflict(str(error), hint="see GET /v1/federation/{peer} on both sides") from None
    settle(live, tenant, peer, batch.results, now, chance)
    results = tuple(take(world, tenant, peer, batch.messages, now))
    collect(live, tenant, peer, kept, now)
    messages = tuple(offer(live, tenant, peer, now, batch.most)) if batch.most else ()
    wants = list_wanted(live, world.home, tenant, peer)
    _note_contact(live, tenant, peer, kept, batch, now)
    return write_batch(Batch(origin, now.timestamp(), messages, results, wants, 0, batch.schema))


def _note_contact(live: Live, tenant: str, peer: Peer, kept: Kept, batch: Batch, now: datetime) -> None:
    before = get_peer(live, tenant, peer.name, kept).contact
    at = now.timestamp()
    after = replace(before, last_contact=at, skew_s=round(batch.now - at, 3), last_error="", failures=0)
    if peer.agreement.direction == "passive":
        after = replace(after, last_attempt=at)
    if before.last_contact is None or at - before.last_contact > 1.0 or before.last_error:
        keep_contact(live, tenant, peer.name, after)


def _known(live: Live, tenant: str, peer: Peer, origin: str, own: str, kept: Kept) -> Peer:
    """The peer, with the instance that it is; the first one that is heard is it. Raises LineError for another."""
    if origin == own:
        raise LineError("the peer is this very instance: its address leads back here")
    if peer.origin == origin:
        return peer
    if peer.origin:
        raise LineError(f"instance {origin} is not {peer.origin}, which peer {peer.name} was until now")
    with live.write() as connection:
        store.keep_origin(connection, tenant, peer.name, origin)
    return get_peer(live, tenant, peer.name, kept)


def due_peers(live: Live, kept: Kept, now: datetime) -> list[tuple[str, Peer]]:
    """Tenants and their peers that are to be called now."""
    with live.read() as connection:
        found = [
            (tenant, peer)
            for tenant in store.list_tenants(connection)
            for peer in store.list_peers(connection, tenant, kept)
        ]
    return [
        (tenant, peer)
        for tenant, peer in found
        if peer.agreement.is_active
        and peer.agreement.direction != "passive"
        and peer.contact.next_attempt <= now.timestamp()
    ]
