"""From live data to the slots that every web worker reads: the overlay, and a metric for each profile it touches."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from datetime import datetime
from itertools import dropwhile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from location_cloud.directions.dataset import SECTION
from location_cloud.directions.feed import FEED, Feed
from location_cloud.directions.kept import number_of
from location_cloud.directions.measured import MeasuredCosts
from location_cloud.directions.metrics import OVERLAY, PRIVATE, SPEED_STEP_KMH, THREADS, WEIGHTS, Where, profile_bits
from location_cloud.directions.network import Network
from location_cloud.directions.now import Now
from location_cloud.directions.weigh import Weigher
from location_cloud.roads.dataset import SECTION as ROADS
from location_cloud.storage.live import Live
from location_cloud.storage.slots import Slots, create_slots
from location_cloud.storage.snapshot import Snapshot
from routing.customize import REPAIR_SHARE, customize, customize_together, empty_slot, repair
from routing.gates import edges_of_roads
from routing.trip import CLOSED

Arrays = Mapping[str, NDArray[np.int32]]
Edges = NDArray[np.int32]

FIRST = ("car", "truck", "emergency")
"""Profiles whose metrics are made first, in this order; most questions are about them."""

SETTLED_S = 30.0
"""After so long without a change the idle slots are brought up to the current ones. Where estimated speeds change all
ten seconds, that would be a fifth of all work, and spares an urgent closure 3 ms a profile."""

PER_EDGE = ("cost_ms", "local_ms")
"""Columns of a slot that hold a number for each edge; the others one for each arc."""


class Deriver:
    """Keeps the slots of one snapshot true to one tenant's live data; there is one in a home, in the worker process.

    networks: the snapshot's own. Whatever lies in the slots from an earlier process is replaced at the first change or
    the first call.
    """

    def __init__(self, networks: Mapping[str, Network], weigher: Weigher, where: Where) -> None:
        self._now = Now(weigher.roads, where.tenant)
        self._feed = Feed(where.home, where.snapshot_id, 2 * weigher.roads.segment_count)
        self._order = sorted(networks, key=lambda name: (FIRST.index(name) if name in FIRST else len(FIRST), name))
        self._overlay = _Overlay(2 * weigher.roads.segment_count, profile_bits(networks), where.slots / OVERLAY)
        self._profiles = {name: _Profile(networks[name], weigher, where.slots / name) for name in self._order}
        profiles = list(self._profiles.values())
        # All of a hierarchy together take a third less of the processor; where somebody waits, the first one is made by
        # itself: so it is there in half the time.
        self._together = _by_hierarchy(profiles)
        self._first_alone = [*_by_hierarchy(profiles[:1]), *_by_hierarchy(profiles[1:])]
        self._next_change_s = self._changed_s = 0.0
        self._digest: int | None = None

    def derive(self, live: Live, now: datetime) -> bool:
        """Publishes what has changed in the live store, in the feed, or because time has passed; whether anything has.

        Takes 0.1 ms if nothing has. Raises NotReady if the store is away.
        """
        now_s = now.timestamp()
        is_told, is_fed = self._now.refresh(live), self._feed.has_changed()
        if not (is_told or is_fed) and self._digest is not None and now_s < self._next_change_s:
            if not 0.0 <= now_s - self._changed_s < SETTLED_S:
                self._settle()
            return False
        fed = self._feed.at(now_s)
        self._next_change_s = min(self._now.next_change_s(now_s), fed.until_s)
        digest = self._now.digest(now)
        if fed.version:
            digest = number_of((digest, fed.version))
        if digest == self._digest:
            return False
        self._digest = None  # until all is published: whatever fails is tried again
        speeds_kmh = self._feed.joined(self._now.speeds_kmh(now_s))
        said = _Said(digest, now_s, speeds_kmh, self._now.shut_by_profile(now, self._order))
        groups = self._together if is_fed and not is_told else self._first_alone
        for group in groups[:1]:
            _publish(group, said)
        self._overlay.publish(said)
        for group in groups[1:]:
            _publish(group, said)
        self._digest, self._changed_s = digest, now_s
        return True

    def warm(self) -> None:
        """Compiles and loads what `derive` needs, so that the first change is as quick as the others."""
        for group in self._together:
            group[0].warm()
        for group in (*self._together, *self._first_alone):
            _customize(group, [profile.new_slot() for profile in group])

    def _settle(self) -> None:
        """Brings the idle slots up to the current ones, so that the next change finds them so."""
        for profile in self._profiles.values():
            profile.settle()


class _Said:
    """What holds at a moment. closed: edges by profile, ascending."""

    def __init__(
        self, digest: int, now_s: float, speeds_kmh: NDArray[np.float32] | None, closed: Mapping[str, Edges]
    ) -> None:
        self.digest, self.now_s, self.speeds_kmh, self.closed = digest, now_s, speeds_kmh, closed
        self._compared: tuple[NDArray[np.float32] | None, Edges] | None = None

    def changed_since(self, before: NDArray[np.float32] | None) -> Edges:
        """Edges whose speed is another than in an earlier column."""
        if self._compared is None or self._compared[0] is not before:
            self._compared = before, _differing(before, self.speeds_kmh)
        return self._compared[1]


def _differing(before: NDArray[np.float32] | None, after: NDArray[np.float32] | None) -> Edges:
    if before is after:
        return np.empty(0, np.int32)
    if before is None or after is None:
        known = after if before is None else before
        assert known is not None
        return np.flatnonzero(~np.isnan(known)).astype(np.int32)
    # As bits: of those that are not numbers there is but one, and it equals itself.
    return np.flatnonzero(before.view(np.int32) != after.view(np.int32)).astype(np.int32)


class _Overlay:
    """Speeds and closures themselves, of which web workers make the metrics of requests."""

    def __init__(self, edges: int, names: Sequence[str], folder: Path) -> None:
        self._bits = {name: 1 << bit for bit, name in enumerate(names)}
        self._slots = create_slots(folder, {"speed": edges, "closed_for": edges})
        self._speeds_kmh: NDArray[np.float32] | None = None
        self._steps = np.zeros(edges, np.int32)

    def publish(self, said: _Said) -> None:
        """Publishes both columns, unless nothing ever was said."""
        if said.digest == 0 and self._slots.current() is None:
            return
        changed = said.changed_since(self._speeds_kmh)
        kmh = np.zeros(len(changed), np.float32) if said.speeds_kmh is None else said.speeds_kmh[changed]
        kmh[np.isnan(kmh)] = 0.0
        self._steps[changed] = np.rint(kmh / np.float32(SPEED_STEP_KMH))
        self._speeds_kmh = said.speeds_kmh
        with self._slots.writing(said.digest, said.now_s) as arrays:
            arrays["speed"][:] = self._steps
            arrays["closed_for"][:] = 0
            for name, edges in said.closed.items():
                arrays["closed_for"][edges] |= self._bits[name]


class _Profile:
    """One profile's slots, and what was published there last."""

    def __init__(self, network: Network, weigher: Weigher, folder: Path) -> None:
        self.network = network
        self._folder = folder
        self._slots: Slots | None = None
        self._is_mine = False
        self._heeds_speeds = weigher.heeds_speeds(network.profile)
        self._speeds_kmh: NDArray[np.float32] | None = None
        self._open = MeasuredCosts(network, weigher)
        self._closed = np.empty(0, np.int32)
        self._changed: Edges | None = None
        # Edges and arcs in which the idle slot differs from the current one; None = not known.
        self._behind: tuple[Edges, Edges] | None = None

    def take(self, said: _Said) -> bool:
        """Weighs what is said; whether its metric is another than the published one, and is to be published."""
        speeds_kmh = said.speeds_kmh if self._heeds_speeds else None
        closed = said.closed[self.network.profile]
        if self._slots is None:
            if speeds_kmh is None and not len(closed) and not self._folder.exists():
                return False  # the snapshot's own metric serves
            lengths = {name: len(array) for name, array in self.network.metric.as_arrays().items()}
            self._slots = create_slots(self._folder, {**lengths, "local_ms": len(self.network.local_ms)})
        shut = np.setxor1d(closed, self._closed)
        told = said.changed_since(self._speeds_kmh) if self._heeds_speeds else np.empty(0, np.int32)
        if len(told):
            self._open.tell(speeds_kmh, told)
        self._speeds_kmh, self._closed = speeds_kmh, closed
        self._changed = None
        if self._is_mine and len(told) + len(shut) <= int(self.network.hierarchy.arcs * REPAIR_SHARE):
            self._changed = edges_of_roads(self.network.graph, np.union1d(told, shut))
            if not len(self._changed):
                return False
        self._is_mine = False  # until it is published
        return True

    @property
    def is_small(self) -> bool:
        """Whether what was taken may be repaired faster than customized."""
        return self._changed is not None

    def begin(self, said: _Said, stack: ExitStack) -> Arrays:
        """The idle slot, to be filled by `_customize`; published when the stack closes."""
        assert self._slots is not None, "taken before"
        self._behind = None
        return stack.enter_context(self._slots.writing(said.digest, said.now_s))

    def end(self) -> None:
        """Everything taken has been published."""
        self._is_mine = True

    def repair(self, said: _Said) -> bool:
        """Publishes what was taken by repairing the idle slot, which lags behind by no more than the last change.

        Whether that was less work than customizing; if not, nothing is published yet.
        """
        assert self._slots is not None, "taken before"
        assert self._changed is not None, "taken before"
        edges, behind, arcs = self._changed, self._behind, None
        self._changed = self._behind = None
        before = self._slots.current()
        assert before is not None, "published before"
        is_shut = np.isin(edges, self._shut())
        cost_ms, local_ms = (
            np.where(is_shut, CLOSED, column[edges]) for column in (self._open.cost_ms, self._open.local_ms)
        )
        with suppress(_TooMuch), self._slots.writing(said.digest, said.now_s) as arrays:
            _catch_up(arrays, before.arrays, behind)
            arcs = repair(self.network.hierarchy, arrays, edges, cost_ms)
            if arcs is None:
                raise _TooMuch
            arrays["local_ms"][edges] = local_ms
        if arcs is None:
            return False
        self._behind = edges, arcs
        self.end()
        return True

    def settle(self) -> None:
        """Brings the idle slot up to the current one, if it is not known how they differ."""
        if self._slots is None or not self._is_mine or self._behind is not None:
            return
        current = self._slots.current()
        assert current is not None, "published before"
        with self._slots.preparing() as arrays:
            _catch_up(arrays, current.arrays, None)
        self._behind = np.empty(0, np.int32), np.empty(0, np.int32)

    def fill(self, arrays: Arrays) -> None:
        """Writes the costs of all edges, as taken, into a slot."""
        shut = self._shut()
        for name, column in (("cost_ms", self._open.cost_ms), ("local_ms", self._open.local_ms)):
            arrays[name][:] = column
            arrays[name][shut] = CLOSED

    def new_slot(self) -> dict[str, NDArray[np.int32]]:
        """Arrays like those of a slot."""
        return {**empty_slot(self.network.hierarchy), "local_ms": np.empty(len(self.network.local_ms), np.int32)}

    def warm(self) -> None:
        """Customizes and repairs once for nothing."""
        slot = self.new_slot()
        customize(self.network.hierarchy, self._open.cost_ms, slot, THREADS)
        repair(self.network.hierarchy, slot, np.arange(min(1, self.network.hierarchy.edges)), CLOSED)

    def _shut(self) -> Edges:
        """The closed edges of the graph, aliases included."""
        return edges_of_roads(self.network.graph, self._closed)


class _TooMuch(Exception):
    """A repair was given up; raised for the slot not to be published."""


def _publish(group: Sequence[_Profile], said: _Said) -> None:
    """Publishes the metrics of profiles that share a hierarchy, those that are other than the published ones."""
    taken = [profile for profile in group if profile.take(said)]
    # One after the other: on two threads they waited for the interpreter longer than they took.
    left = list(dropwhile(lambda profile: profile.is_small and profile.repair(said), taken))
    # Together as a whole group only: each number of metrics is compiled by itself, and `warm` did it for this one.
    for part in [left] if len(left) == len(group) else [[profile] for profile in left]:
        with ExitStack() as stack:
            _customize(part, [profile.begin(said, stack) for profile in part])
        for profile in part:
            profile.end()


def _customize(group: Sequence[_Profile], slots: Sequence[Arrays]) -> None:
    """Fills slots with the metrics of what profiles of one hierarchy have taken."""
    for profile, slot in zip(group, slots):
        profile.fill(slot)
    customize_together(group[0].network.hierarchy, [slot["cost_ms"] for slot in slots], slots, THREADS)


def _catch_up(arrays: Arrays, current: Arrays, behind: tuple[Edges, Edges] | None) -> None:
    """Makes the idle slot equal to the current one. behind: edges and arcs in which they differ; None = any."""
    edges, arcs = (slice(None), slice(None)) if behind is None else behind
    for name, column in current.items():
        places = edges if name in PER_EDGE else arcs
        arrays[name][places] = column[places]


def _by_hierarchy(profiles: Iterable[_Profile]) -> list[list[_Profile]]:
    """Profiles in groups that share a hierarchy, in the order of the first of each."""
    groups: dict[int, list[_Profile]] = {}
    for profile in profiles:
        groups.setdefault(id(profile.network.hierarchy), []).append(profile)
    return list(groups.values())


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
    for folder in (home / WEIGHTS, home / PRIVATE, home / FEED):
        for entry in folder.iterdir() if folder.is_dir() else ():
            if entry.name not in kept:
                shutil.rmtree(entry, ignore_errors=True)
            else:
                for hidden in entry.glob(".*"):
                    shutil.rmtree(hidden, ignore_errors=True)
