"""The speed feed: what the background process estimates of every edge's speed, beside what callers tell of some."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from location_cloud.directions.live import LEAST_KMH, MOST_KMH
from location_cloud.storage.mapped import FolderReader
from location_cloud.storage.slots import Slots, create_slots
from location_cloud.storage.wake import wake_worker

if TYPE_CHECKING:
    from pathlib import Path

FEED = "run/feed"
"""Folder below home, one for each snapshot in it."""

HOLDS_S = 900.0
"""A feed that nobody renews says nothing after so long, as speeds that callers tell (`service_live.USUAL`)."""

COLUMN = "kmh"
"""float32 seen as int32: slots hold nothing else."""


def publish_feed(home: Path, snapshot_id: str, kmh: NDArray[np.float32], as_of_s: float) -> None:
    """Puts estimated speeds into the routes of everybody of the settings' tenant; told speeds count more.

    kmh: (edges,) of that snapshot's roads, NaN = not known; clipped to what is believed (`live.LEAST_KMH`..). Equal
    speeds are equal metrics: round them, or every refresh weighs all roads anew. as_of_s: unix seconds; the feed holds
    for HOLDS_S from then. Takes 1 ms for 300,000 edges.

    Raises BadInput if another process publishes at the same moment, OSError if the disk is full.
    """
    column = np.clip(np.asarray(kmh, np.float32), np.float32(LEAST_KMH), np.float32(MOST_KMH))
    version = int.from_bytes(blake2b(column.tobytes(), digest_size=6).digest(), "big")
    slots = create_slots(home / FEED / snapshot_id, {COLUMN: len(column)})
    with slots.writing(version, as_of_s) as arrays:
        arrays[COLUMN][:] = column.view(np.int32)
    wake_worker(home)


@dataclass(frozen=True, eq=False)
class Fed:
    """The feed at a time. version: 0 = there is none, or it is too old. kmh: (edges,) float32, NaN = not known; None =
    of no edge. until_s: it holds so long, unix seconds.
    """

    version: int
    kmh: NDArray[np.float32] | None
    until_s: float


NOT_FED = Fed(0, None, np.inf)


class Feed:
    """The reader's side, of one snapshot. Not for several threads at once."""

    def __init__(self, home: Path, snapshot_id: str, edges: int) -> None:
        folder = home / FEED / snapshot_id
        self._slots: FolderReader[Slots] = FolderReader(folder, partial(Slots, folder))
        self._edges = edges
        self._fed = NOT_FED
        self._seen: tuple[int, float] | None = None
        self._joined: tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]] | None = None

    def has_changed(self) -> bool:
        """Whether something was published since `at` was asked last. Takes 3 us."""
        slots = self._slots.find()
        moment = None if slots is None else slots.current()
        return moment is not None and (moment.version, moment.as_of) != self._seen

    def at(self, now_s: float) -> Fed:
        """The feed at a time; the same column as long as it stays the same."""
        slots = self._slots.find()
        moment = None if slots is None else slots.current()
        self._seen = None if moment is None else (moment.version, moment.as_of)
        is_there = slots is not None and moment is not None and slots.lengths.get(COLUMN) == self._edges
        if slots is None or moment is None or not is_there or now_s >= moment.as_of + HOLDS_S:
            self._fed = NOT_FED
        elif moment.version == self._fed.version:
            self._fed = Fed(moment.version, self._fed.kmh, moment.as_of + HOLDS_S)
        elif (copied := slots.copy()) is not None:
            kmh = copied.arrays[COLUMN].view(np.float32)
            is_known = not np.isnan(kmh).all()
            self._fed = Fed(copied.version, kmh if is_known else None, copied.as_of + HOLDS_S)
        return self._fed

    def joined(self, told_kmh: NDArray[np.float32] | None) -> NDArray[np.float32] | None:
        """Told speeds, and those that `at` gave last where nothing is told; the same object until one changes."""
        fed = self._fed
        if fed.kmh is None or told_kmh is None:
            return fed.kmh if told_kmh is None else told_kmh
        before = self._joined
        if before is None or before[0] is not told_kmh or before[1] is not fed.kmh:
            both = np.where(np.isnan(told_kmh), fed.kmh, told_kmh)
            both.flags.writeable = False
            before = self._joined = told_kmh, fed.kmh, both
        return before[2]
