"""New positions as they come, as server-sent events.

Source: WHATWG HTML, "Server-sent events": a client asks again by itself when a stream ends, and names the last id.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from time import monotonic, sleep
from typing import TYPE_CHECKING

import numpy as np
import orjson

from location_cloud.errors import NotReady
from location_cloud.spatial.crs import Crs, from_wgs84
from location_cloud.tracks.features import as_features
from location_cloud.tracks.model import Fixes
from location_cloud.tracks.service import last_number, read_after

if TYPE_CHECKING:
    from location_cloud.spatial.bbox import Bbox
    from location_cloud.storage.live import Live

LASTS_S = 30.0
"""A stream holds a thread of a web worker; ended now and then, it makes room for others."""

LOOK_S = 0.2
"""Between two looks at the store, 0.1 ms each."""

RETRY_MS, BRIEF_RETRY_MS = 1000, 2000
"""After how long a client asks again when a stream ended, and where it was told at once what there was."""

BEAT_S = 5.0
"""So often a silent stream says something, so that the end of a client that has gone is noticed."""


def events(
    live: Live,
    tenant: str,
    after: int | None,
    bbox: Bbox | None,
    crs: Crs,
    lasts_s: float | None = None,
    retry_ms: int = RETRY_MS,
) -> Iterator[bytes]:
    """Fixes with a higher number than `after` as they are kept, None = from now on; ends after a while.

    Each event is a GeoJSON FeatureCollection of the newest fix of each device that was heard of since the last one,
    within the box; its id the number up to which nothing is left out. lasts_s: None = LASTS_S; 0 = one look.
    """
    end = monotonic() + (LASTS_S if lasts_s is None else lasts_s)
    beat = monotonic() + BEAT_S
    try:
        number = last_number(live, tenant) if after is None else after
        yield f"retry: {retry_ms}\nid: {number}\n\n".encode()
        while True:
            fixes = read_after(live, tenant, number) if last_number(live, tenant) > number else None
            if fixes is not None and len(fixes):
                number, beat = int(fixes.number[-1]), monotonic() + BEAT_S
                yield _as_event(number, _newest(fixes, bbox), crs)
            elif monotonic() >= beat:
                beat = monotonic() + BEAT_S
                yield b":\n\n"
            if monotonic() >= end:
                return
            sleep(LOOK_S)
    except NotReady:  # nothing may be raised once the first piece is out: the client comes again
        return


def at_once(live: Live, tenant: str, after: int | None, bbox: Bbox | None, crs: Crs) -> bytes:
    """What there is, for a client for whom a stream has no room; it asks again soon."""
    return b"".join(events(live, tenant, after, bbox, crs, 0.0, BRIEF_RETRY_MS))


def _newest(fixes: Fixes, bbox: Bbox | None) -> Fixes:
    """The newest of each device by its own time, those within the box."""
    order = np.lexsort((fixes.seq, fixes.time_s, fixes.device))
    is_last = np.r_[np.diff(fixes.device[order]) != 0, True]
    chosen = np.sort(order[is_last])
    if bbox is not None:
        chosen = chosen[bbox.contains(fixes.lonlat[chosen])]
    return fixes.take(chosen)


def _as_event(number: int, fixes: Fixes, crs: Crs) -> bytes:
    if crs != "wgs84" and len(fixes):
        fixes = replace(fixes, lonlat=from_wgs84(fixes.lonlat, crs))
    collection = {"type": "FeatureCollection", "features": as_features(fixes), "crs": crs}
    return b"id: %d\nevent: positions\ndata: %s\n\n" % (number, orjson.dumps(collection))
