"""The published picture: in slots that web workers map, in the tiles of the traffic map, in routes."""

from __future__ import annotations

import contextlib
import threading
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from location_cloud.directions.feed import publish_feed
from location_cloud.directions.live import edge_keys
from location_cloud.live_values import LiveValues
from location_cloud.roads.model import Roads
from location_cloud.storage.mapped import FolderReader
from location_cloud.storage.slots import Slots, create_slots
from location_cloud.traffic.columns import column_lengths, read_columns, write_columns
from location_cloud.traffic.drawing import LAYER, SET, drawn_edges, feature_ids
from location_cloud.traffic.model import FILLED, LIVE
from location_cloud.traffic.model_picture import Picture, empty_picture

RUN = "run/traffic"
"""Folder of the slots below home, one sub-folder a snapshot."""


class Publisher:
    """The one writer of a snapshot's traffic, in the background process."""

    def __init__(self, roads: Roads, snapshot: Path) -> None:
        """snapshot: its folder. Raises BadInput if another process publishes, OSError if the disk is full."""
        self._home, self._id = snapshot.parents[1], snapshot.name
        self._slots = create_slots(self._home / RUN / self._id, column_lengths(2 * roads.segment_count))
        self._drawn = drawn_edges(roads)
        self._tiles: LiveValues | None = None
        with contextlib.suppress(FileNotFoundError):  # a snapshot whose map has no traffic layer
            self._tiles = LiveValues.open(snapshot, SET)
            self._rows = self._tiles.rows(LAYER, feature_ids(edge_keys(roads)[self._drawn]))

    def publish(self, picture: Picture) -> None:
        """Makes a picture visible to every web worker and in every tile. Takes 6 ms for 300,000 edges."""
        with self._slots.writing(picture.version, picture.estimate.at_s) as columns:
            write_columns(picture, columns)
        if self._tiles is not None:
            self._tiles.publish(LAYER, self._rows, picture.seen_level[self._drawn])

    def lead_routes(self, picture: Picture, step_kmh: float) -> None:
        """Lets routes drive at the speeds that were measured, or concluded from roads around, in whole steps."""
        estimate = picture.estimate
        is_known = (estimate.source == LIVE) | (estimate.source == FILLED)
        kmh = np.where(is_known, np.rint(estimate.kmh / step_kmh) * step_kmh, np.nan).astype(np.float32)
        publish_feed(self._home, self._id, kmh, estimate.at_s)

    def close(self) -> None:
        """Lets another process publish."""
        if self._tiles is not None:
            self._tiles.close()


class Pictures:
    """The newest picture of one snapshot. May be shared by all threads.

    tenant: whose fixes it is made from; others see an empty one, as what vehicles of one told is nobody else's.
    refresh_s: how often there is a new one. levels: file of thresholds, "" = those that are shipped.
    """

    def __init__(self, home: Path, snapshot_id: str, edges: int, tenant: str, refresh_s: float, levels: str) -> None:
        folder = home / RUN / snapshot_id
        self._reader: FolderReader[Slots] = FolderReader(folder, partial(Slots, folder))
        self._empty = empty_picture(edges)
        self._edges = edges
        self._tenant = tenant
        self._found: tuple[int, Slots, Picture] | None = None
        self._lock = threading.Lock()
        self.refresh_s, self.levels = refresh_s, levels
        self.kept: dict[str, Any] = {}
        """What services work out once of a snapshot, by what it is."""

    def now(self, tenant: str) -> Picture:
        """The newest picture; copied once for each publication (10 MB, 3 ms for 300,000 edges)."""
        slots = self._reader.find() if tenant in ("", self._tenant) else None
        current = slots.current() if slots is not None else None
        if slots is None or current is None or len(current.arrays["state"]) != self._edges:
            return self._empty
        found = self._found
        if found is not None and found[0] == current.version and found[1] is slots:
            return found[2]
        with self._lock:
            copied = slots.copy()
            if copied is None:
                return self._empty
            picture = read_columns(copied.arrays, copied.version, copied.as_of)
            self._found = copied.version, slots, picture
            return picture
