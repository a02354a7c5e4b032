"""Mean speeds of a slot of time, from the pictures that were made in it."""

from __future__ import annotations

import numpy as np

from location_cloud.traffic.model import FILLED, LIVE
from location_cloud.traffic.model_picture import Picture
from location_cloud.traffic.packed import SlotSpeeds


class SlotMeans:
    """The harmonic mean over time of every edge's speed: what a drive through the slot takes. begin_s: unix seconds."""

    def __init__(self, begin_s: int, edges: int) -> None:
        self.begin_s = begin_s
        self._pace = np.zeros(edges, np.float32)
        self._count = np.zeros(edges, np.uint16)
        self._is_live = np.zeros(edges, bool)
        self._is_simulated = np.zeros(edges, bool)

    def add(self, picture: Picture) -> None:
        """One more picture; what is only usual at this hour is nothing that was seen. Takes 2 ms for 300,000 edges."""
        estimate = picture.estimate
        seen = np.flatnonzero((estimate.source == LIVE) | (estimate.source == FILLED))
        self._pace[seen] += np.float32(1.0) / estimate.kmh[seen]
        self._count[seen] += 1
        self._is_live |= estimate.source == LIVE
        self._is_simulated |= estimate.is_simulated

    def mean(self) -> SlotSpeeds:
        """The means of what was seen."""
        with np.errstate(divide="ignore", invalid="ignore"):
            kmh = np.where(self._count > 0, self._count / self._pace, np.float32(np.nan)).astype(np.float32)
        return SlotSpeeds(kmh, self._is_live, self._is_simulated)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was seen of any edge."""
        return not self._count.any()
