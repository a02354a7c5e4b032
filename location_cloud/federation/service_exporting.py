"""What is shared with a peer as one text, the same on both sides once nothing waits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from location_cloud.federation import store_copies, store_queue
from location_cloud.federation.model import Kind, Peer
from location_cloud.federation.service_sending import as_message

if TYPE_CHECKING:
    from location_cloud.storage.live import Live

KINDS: tuple[Kind, ...] = ("case", "class", "grid", "indicators")

AT_ONCE = 1000


def export_own(live: Live, tenant: str, peer: Peer, now: datetime) -> bytes:
    """Everything of ours that the peer is to have, a line each: kind, name, content with names sorted."""
    lines = []
    for kind in KINDS:
        with live.read() as connection:
            rows = store_queue.list_objects(connection, tenant, peer.name, kind)
        for row in rows:
            if row.state == "dead":
                continue
            content = dict(as_message(live, tenant, peer, replace(row, known=0), now, 10**9).content)
            lines.append(_line(kind, row.object, content))
    return b"\n".join(sorted(lines))


def export_copies(live: Live, tenant: str, peer: Peer) -> bytes:
    """Everything that came from the peer, in the same form."""
    lines = []
    for kind in KINDS:
        for copy in _copies(live, tenant, peer, kind):
            content = dict(copy.content)
            if kind == "case":
                with live.read() as connection:
                    content["entries"] = store_copies.list_entries(
                        connection, tenant, copy.origin, copy.object, 0, 10**9
                    )
            lines.append(_line(kind, copy.object, content))
    return b"\n".join(sorted(lines))


def _copies(live: Live, tenant: str, peer: Peer, kind: Kind) -> Iterable[Any]:
    after = 0
    while True:
        with live.read() as connection:
            page = store_copies.list_copies(connection, live, tenant, peer.name, kind, after, AT_ONCE)
        yield from page
        if len(page) < AT_ONCE:
            return
        after = page[-1].id


def _line(kind: str, name: str, content: Mapping[str, Any]) -> bytes:
    return b" ".join((kind.encode(), name.encode(), store_copies.packed(content)))
