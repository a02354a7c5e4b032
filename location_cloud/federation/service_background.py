"""The exchange in the background process: each peer whose time has come is called, several at once, each once."""

from __future__ import annotations

import logging
import random
import threading
from typing import Any

from location_cloud.cases.service_clock import background_world
from location_cloud.errors import CloudError
from location_cloud.federation.model import Kept, Peer
from location_cloud.federation.service import keep_contact
from location_cloud.federation.service_exchanging import attempt, due_peers
from location_cloud.federation.service_line import HttpLine
from location_cloud.secrecy import find_secrecy

log = logging.getLogger(__name__)

MOST_AT_ONCE = 8
"""Peers that are called at the same time: calls mostly wait for the line."""

EXCHANGE = "federation.exchange"


class Calls:
    """Which peers are being called. A slow line holds up neither other peers nor other jobs."""

    def __init__(self) -> None:
        self._running: dict[tuple[str, str], threading.Thread] = {}

    def start(self, key: tuple[str, str], call: Any) -> bool:
        """Whether the call was started; not while that peer is being called, or as many as may be."""
        self._running = {name: thread for name, thread in self._running.items() if thread.is_alive()}
        if key in self._running or len(self._running) >= MOST_AT_ONCE:
            return False
        thread = threading.Thread(target=call, name=f"peer {key[1]}", daemon=True)  # a stop never waits for a line
        self._running[key] = thread
        thread.start()
        return True


def call_peers(context: Any) -> None:
    """Calls every peer whose time has come. context: as of jobs."""
    wanted = context.snapshots.current_id()
    if wanted is None:
        return
    kept = Kept(find_secrecy(context.settings.home, context.settings.secret_key_file))
    found = due_peers(context.live, kept, context.clock())
    if not found:
        return
    memory = context.memory.setdefault(EXCHANGE, {"calls": Calls(), "world": None})
    if memory["world"] is None or memory["world"].snapshot.id != wanted:
        memory["world"] = background_world(context.snapshots.open(wanted), context.live)
    for tenant, peer in found:
        memory["calls"].start((tenant, peer.name), _calling(context, memory["world"], tenant, peer, kept))


def _calling(context: Any, world: Any, tenant: str, peer: Peer, kept: Kept) -> Any:
    def note(known: Peer) -> None:
        keep_contact(context.live, tenant, known.name, known.contact)

    def open_line(peer: Peer) -> HttpLine:
        return HttpLine(peer, context.clock, note)

    def call() -> None:
        try:
            every_s = context.settings.federation_every_s
            chance = random.random  # not for secrets: how long to wait
            wrong = attempt(
                world, tenant, peer.name, kept, open_line, context.clock, chance, every_s, context.should_stop
            )
            if wrong and not peer.contact.failures:  # once, not at every attempt
                log.warning("peer %s of %s: %s", peer.name, tenant, wrong)
        except CloudError as error:
            log.warning("peer %s of %s: %s", peer.name, tenant, error)

    return call
