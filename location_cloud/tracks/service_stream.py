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


def events(live: Live, tenant: str, after: int | None, bbox: Bbox | None, crs: Crs, lasts_s: float) -> Iterator[bytes]:
    """Fixes with a higher number than `after` as they are kept, None = from now on; ends after a while.

    Each event is a GeoJSON FeatureCollection of the newest fix of each device that was heard of since the last one,
    within the box; its id the number up to which nothing is left out.
    """
    end = monotonic() + lasts_s
    try:
        number = last_number(live, tenant) if after is None else after
        yield f"retry: 1000\nid: {number}\n\n".encode()
        while monotonic() < end:
            fixes = read_after(live, tenant, number) if last_number(live, tenant) > number else None
            if fixes is None or not len(fixes):
                sleep(LOOK_S)
                continue
            number = int(fixes.number[-1])
            yield _as_event(number, _newest(fixes, bbox), crs)
    except NotReady:  # nothing may be raised once the first piece is out: the client comes again
        return


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
