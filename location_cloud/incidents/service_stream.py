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
from location_cloud.incidents.model import LogEntry
from location_cloud.incidents.service import list_events

if TYPE_CHECKING:
    from location_cloud.storage.live import Live

LASTS_S = 30.0
"""A stream holds a thread of a web worker; ended now and then, it makes room for others."""

LOOK_S = 0.1
"""Between two looks at the live version, 5 us each."""

PAGE = 1000


def events(live: Live, tenant: str, since: int | None, lasts_s: float | None = None) -> Iterator[bytes]:
    """Every change after a live version as it is committed, None = from now on; ends after a while.

    Each event is a line of the log as /v1/incidents/feeds/changes tells it, its id the live version.
    lasts_s: None = LASTS_S.
    """
    end = monotonic() + (LASTS_S if lasts_s is None else lasts_s)
    looked = -1
    try:
        since = live.version() if since is None else since
        yield f"retry: 1000\nid: {since}\n\n".encode()
        while monotonic() < end:
            version = live.version()
            entries = list_events(live, tenant, since, PAGE) if version != looked else []
            for entry in entries:
                since = entry.change
                yield _as_event(entry)
            looked = version if len(entries) < PAGE else -1
            if not entries:
                sleep(LOOK_S)
    except NotReady:  # nothing may be raised once the first piece is out: the client comes again
        return


def _as_event(entry: LogEntry) -> bytes:
    return b"event: incident\nid: %d\ndata: %s\n\n" % (entry.change, orjson.dumps(as_entry(entry)))
