"""From fixes as they come in to drives over edges that will not change any more, vehicle by vehicle."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from location_cloud.tracks.model import Fixes
from routing.match_network import MatchNetwork
from routing.match_online import OnlineMatcher
from routing.match_result import Traversals

LAG_S = 10.0
"""After so long it is decided by what is likeliest where a vehicle was: a speed is on the map within that and a
refresh."""

GONE_S = 90.0
"""A vehicle whose newest fix is so old is told to its end: trackers send every minute at least where they drive."""


FORGOTTEN_S = 3600.0
"""Of a vehicle that was silent for so long nothing is kept: memory is that of those on their way."""


class Follower:
    """All vehicles of a tenant. Not for several threads at once; may be thrown away and fed the last minutes again."""

    def __init__(self, network: MatchNetwork) -> None:
        self._network = network
        self._matcher = OnlineMatcher(network, lag_s=LAG_S)

    def warm(self, lonlat: NDArray[np.float64]) -> Traversals:
        """Compiles and loads what the others need; lonlat: (n, 2), where a vehicle might drive. Nothing is kept."""
        count = len(lonlat)
        matcher = OnlineMatcher(self._network, lag_s=LAG_S)
        unknown = np.full(count, np.nan, np.float32)
        first = matcher.push(np.zeros(count, np.int64), lonlat, 10.0 * np.arange(count), unknown, unknown, unknown)
        last = matcher.flush(np.inf)
        return first if len(first) else last

    def take(self, fixes: Fixes) -> Traversals:
        """The drives that these fixes make final; track is the device's id. They may be late, doubled, out of order."""
        found = self._matcher.push(
            fixes.device, fixes.lonlat, fixes.time_s, fixes.accuracy_m, fixes.heading_deg, fixes.speed_kmh
        )
        return self._named(found)

    def still_on(self) -> Traversals:
        """The edges that vehicles are on and have not left, up to their newest fixes; track is the device's id."""
        return self._named(self._matcher.still_on())

    def end_silent(self, now_s: float) -> Traversals:
        """The drives of vehicles that have fallen silent, to their last fix."""
        found = self._named(self._matcher.flush(now_s - GONE_S))
        self._matcher.forget(now_s - FORGOTTEN_S)
        return found

    def _named(self, found: Traversals) -> Traversals:
        vehicles = self._matcher.vehicles
        return replace(found, track=vehicles[found.track].astype(np.int32)) if len(found) else found
