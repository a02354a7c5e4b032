"""Changes of incidents as server-sent events.

Source: WHATWG HTML, "Server-sent events": a client asks again by itself when a stream ends, and names the last id.
"""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic, sleep
from typing import TYPE_CHECKING

import orjson

from location_cloud.errors import NotReady
from location_cloud.incidents.fields import as_entry
from location_cloud.incidents.model import LogEntry, may_follow
from location_cloud.incidents.service import list_events

if TYPE_CHECKING:
    from location_cloud.storage.live import Live

LASTS_S = 30.0
"""A stream holds a thread of a web worker; ended now and then, it makes room for others."""

LOOK_S = 0.1
"""Between two looks at the live version, 5 us each."""

PAGE = 1000

RETRY_MS, BRIEF_RETRY_MS = 1000, 2000
"""After how long a client asks again when a stream ended, and where it was told at once what there was."""

BEAT_S = 5.0
"""So often a silent stream says something, so that the end of a client that has gone is noticed."""


def events(
    live: Live, tenant: str, since: int | None, lasts_s: float | None = None, retry_ms: int = RETRY_MS
) -> Iterator[bytes]:
    """Every change after a live version as it is committed, None = from now on; ends after a while.

    Each event is a line of the log as /v1/incidents/feeds/changes tells it, its id the live version.
    lasts_s: None = LASTS_S; 0 = one look.
    """
    end = monotonic() + (LASTS_S if lasts_s is None else lasts_s)
    beat, looked = monotonic() + BEAT_S, -1
    try:
        since = live.version() if since is None else since
        yield f"retry: {retry_ms}\nid: {since}\n\n".encode()
        while True:
            version = live.version()
            entries = list_events(live, tenant, since, PAGE) if version != looked else []
            for entry in entries:
                since, beat = entry.change, monotonic() + BEAT_S
                yield _as_event(entry)
            looked = -1 if may_follow(entries, PAGE) else version
            if monotonic() >= beat:
                beat = monotonic() + BEAT_S
                yield b":\n\n"
            if monotonic() >= end:
                return
            sleep(LOOK_S)
    except NotReady:  # nothing may be raised once the first piece is out: the client comes again
        return


def at_once(live: Live, tenant: str, since: int | None) -> bytes:
    """What there is, for a client for whom a stream has no room; it asks again soon."""
    return b"".join(events(live, tenant, since, 0.0, BRIEF_RETRY_MS))


def _as_event(entry: LogEntry) -> bytes:
    return b"event: incident\nid: %d\ndata: %s\n\n" % (entry.change, orjson.dumps(as_entry(entry)))
