"""From live data to the slots that every web worker reads: the overlay, and a metric for each profile it touches."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from location_cloud.directions.costs import Costs
from location_cloud.directions.dataset import SECTION
from location_cloud.directions.metrics import OVERLAY, PRIVATE, SPEED_STEP_KMH, THREADS, WEIGHTS, Where, profile_bits
from location_cloud.directions.model import Options
from location_cloud.directions.network import Network
from location_cloud.directions.now import Now
from location_cloud.directions.weigh import Weigher, snapshot_costs
from location_cloud.roads.dataset import SECTION as ROADS
from location_cloud.storage.live import Live
from location_cloud.storage.slots import Slots, create_slots
from location_cloud.storage.snapshot import Snapshot
from routing.customize import REPAIR_SHARE, Metric, customize, recustomize
from routing.gates import edges_of_roads
from routing.trip import CLOSED

Arrays = Mapping[str, NDArray[np.int32]]

COLUMNS = ("cost_ms", "local_ms")

FIRST = ("car", "truck", "emergency")
"""Profiles whose metrics are made first, in this order; most questions are about them."""


class Deriver:
    """Keeps the slots of one snapshot true to one tenant's live data; there is one in a home, in the worker process.

    networks: the snapshot's own. Whatever lies in the slots from an earlier process is replaced at the first change or
    the first call.
    """

    def __init__(self, networks: Mapping[str, Network], weigher: Weigher, where: Where) -> None:
        self._networks = networks
        self._weigher = weigher
        self._where = where
        self._now = Now(weigher.roads, where.tenant)
        self._order = sorted(networks, key=lambda name: (FIRST.index(name) if name in FIRST else len(FIRST), name))
        self._bits = {name: 1 << bit for bit, name in enumerate(profile_bits(networks))}
        edges = 2 * weigher.roads.segment_count
        self._overlay = create_slots(where.slots / OVERLAY, {"speed": edges, "closed_for": edges})
        self._profiles = {name: _Profile(networks[name], weigher, where.slots / name) for name in self._order}
        self._next_change_s = 0.0
        self._digest: int | None = None
        self._speeds_kmh: NDArray[np.float32] | None = None

    def derive(self, live: Live, now: datetime) -> bool:
        """Publishes what has changed in the live store, or because time has passed; whether anything has.

        Takes 0.1 ms if nothing has. Raises NotReady if the store is away.
        """
        now_s = now.timestamp()
        if not self._now.refresh(live) and self._digest is not None and now_s < self._next_change_s:
            return False
        self._next_change_s = self._now.next_change_s(now_s)
        digest = self._now.digest(now)
        if digest == self._digest:
            return False
        self._digest = None  # until all is published: whatever fails is tried again
        speeds_kmh = self._now.speeds_kmh(now_s)
        closed = {name: np.unique(self._now.shut_at(now, name)) for name in self._order}
        self._publish_overlay(digest, now_s, speeds_kmh, closed)
        for name in self._order:
            self._profiles[name].publish(digest, now_s, speeds_kmh, closed[name])
        self._digest = digest
        return True

    def warm(self) -> None:
        """Compiles and loads what `derive` needs, so that the first change is as quick as the others."""
        first = next(iter(self._order), None)
        if first is not None:
            self._profiles[first].warm()

    def _publish_overlay(
        self, digest: int, now_s: float, speeds_kmh: NDArray[np.float32] | None, closed: Mapping[str, NDArray[np.int32]]
    ) -> None:
        before = self._overlay.current()
        if digest == 0 and before is None:
            return
        with self._overlay.writing(digest, now_s) as arrays:
            if speeds_kmh is None:
                arrays["speed"][:] = 0
            elif before is not None and speeds_kmh is self._speeds_kmh:
                arrays["speed"][:] = before.arrays["speed"]
            else:
                np.rint(np.nan_to_num(speeds_kmh) / SPEED_STEP_KMH, out=arrays["speed"], casting="unsafe")
            arrays["closed_for"][:] = 0
            for name, edges in closed.items():
                arrays["closed_for"][edges] |= self._bits[name]
        self._speeds_kmh = speeds_kmh


class _Profile:
    """One profile's slots, and what was published there last."""

    def __init__(self, network: Network, weigher: Weigher, folder: Path) -> None:
        self._network = network
        self._weigher = weigher
        self._folder = folder
        self._slots: Slots | None = None
        self._is_mine = False
        self._heeds_speeds = weigher.heeds_speeds(network.profile)
        self._speeds_kmh: NDArray[np.float32] | None = None
        self._open_ms = self._columns(snapshot_costs(network))
        self._closed = np.empty(0, np.int32)

    def publish(
        self, digest: int, now_s: float, speeds_kmh: NDArray[np.float32] | None, closed: NDArray[np.int32]
    ) -> None:
        """Publishes the metric of these speeds and closed roads, if it is another than the published one.

        speeds_kmh: the same object as the last time if nothing has changed.
        """
        if not self._heeds_speeds:
            speeds_kmh = None
        if self._slots is None:
            if speeds_kmh is None and not len(closed) and not self._folder.exists():
                return  # the snapshot's own metric serves
            lengths = {name: len(array) for name, array in self._network.metric.as_arrays().items()}
            self._slots = create_slots(self._folder, {**lengths, "local_ms": len(self._network.local_ms)})
        is_reweighed = speeds_kmh is not self._speeds_kmh
        if is_reweighed:
            self._open_ms = self._columns(self._costs(speeds_kmh))
            self._speeds_kmh = speeds_kmh
        before = self._slots.current() if self._is_mine else None
        changed = self._edges(np.setxor1d(closed, self._closed))
        if before is not None and not is_reweighed and not len(changed):
            return
        self._is_mine = False  # until it is published
        with self._slots.writing(digest, now_s) as arrays:
            if before is None or is_reweighed or len(changed) > self._network.hierarchy.edges * REPAIR_SHARE:
                self._customize(arrays, self._edges(closed))
            else:
                self._repair(arrays, before.arrays, changed, self._edges(closed))
        self._is_mine, self._closed = True, closed

    def warm(self) -> None:
        """Customizes once for nothing."""
        hierarchy = self._network.hierarchy
        metric = customize(hierarchy, self._open_ms["cost_ms"], threads=THREADS)
        recustomize(hierarchy, metric, np.arange(min(1, hierarchy.edges)), CLOSED)

    def _customize(self, arrays: Arrays, closed: NDArray[np.int32]) -> None:
        cost_ms = self._open_ms["cost_ms"].copy()
        cost_ms[closed] = CLOSED
        customize(self._network.hierarchy, cost_ms, into=arrays, threads=THREADS)
        arrays["local_ms"][:] = self._open_ms["local_ms"]
        arrays["local_ms"][closed] = CLOSED

    def _repair(self, arrays: Arrays, before: Arrays, changed: NDArray[np.int32], closed: NDArray[np.int32]) -> None:
        now_closed = np.isin(changed, closed)
        cost_ms, local_ms = (np.where(now_closed, CLOSED, self._open_ms[name][changed]) for name in COLUMNS)
        hierarchy = self._network.hierarchy
        recustomize(hierarchy, Metric.from_arrays(hierarchy, before), changed, cost_ms, into=arrays)
        arrays["local_ms"][:] = before["local_ms"]
        arrays["local_ms"][changed] = local_ms

    def _costs(self, speeds_kmh: NDArray[np.float32] | None) -> Costs:
        if speeds_kmh is None:
            return snapshot_costs(self._network)
        return self._weigher.road_costs(self._network.profile, Options(), None, speeds_kmh)

    def _columns(self, costs: Costs) -> Arrays:
        """Costs of the graph's edges, aliases included, with every road open."""
        name, options = self._network.profile, Options()
        return {each: self._weigher.graph_costs(name, getattr(costs, each), options, None) for each in COLUMNS}

    def _edges(self, roads: NDArray[np.int32]) -> NDArray[np.int32]:
        """The edges of the graph that drive some roads, aliases included."""
        return edges_of_roads(self._network.graph, roads)


def open_deriver(snapshot: Snapshot, home: Path, tenant: str) -> Deriver:
    """The deriver of a snapshot, ready to be quick. Raises NotReady if the snapshot has no directions."""
    directions = snapshot.section(SECTION)
    weigher = Weigher(snapshot.section(ROADS), directions.profiles, directions.networks)
    deriver = Deriver(directions.networks, weigher, Where(home, snapshot.id, tenant))
    deriver.warm()
    return deriver


def remove_leftovers(home: Path, snapshot_ids: Iterable[str]) -> None:
    """Removes slots and kept metrics of snapshots that are gone, and what killed processes left half written."""
    kept = set(snapshot_ids)
    for folder in (home / WEIGHTS, home / PRIVATE):
        for entry in folder.iterdir() if folder.is_dir() else ():
            if entry.name not in kept:
                shutil.rmtree(entry, ignore_errors=True)
            else:
                for hidden in entry.glob(".*"):
                    shutil.rmtree(hidden, ignore_errors=True)
